"""Calibration: the weights that reach totals of numbers and are closest to those before.

Deville and Särndal (1992): each weight is multiplied by F(x'λ), where x are the respondent's
numbers, λ is chosen so that all totals are met, and F belongs to the distance. N stands for
respondents, Q for numbers, J for groups of respondents with the same numbers, R for replicates.
`surveylib.stats.weighting` has all of this under its name.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import DesignError, Fault, MethodError, listed, no_method
from surveylib.stats.weighting_residuals import Auxiliaries, by_group
from surveylib.stats.weighting_result import (
    Farthest,
    Weighting,
    check_stop,
    finished,
    numbers,
    stop_unless_reached,
    together,
)
from surveylib.stats.weighting_targets import check_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: Singular values below this part of the largest one are those of columns that follow from others.
_DEPENDENT = 1e-10
#: How far totals of such columns may be from what follows, as a part of them.
_SAME_TOTAL = 1e-8
#: What is added to a slope that bounds make flat, as a part of the slope without bounds.
_FLAT = 1e-6
#: Gaps below this part of the largest total are the rounding of sums.
_NEAREST = 1e-13
#: A step is halved so often before none is found that leads nearer.
_HALVINGS = 60


class Curve(NamedTuple):
    """How weights are multiplied: F, its slope, and the area under it, all of u = x'λ."""

    factor: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    area: Callable[[Floats], Floats]


class Distance(NamedTuple):
    """A way of being close to the weights before.

    Args:
        curve: From the lowest and highest factor to the curve.
        bounds: Whether it needs them.
    """

    curve: Callable[[float, float], Curve]
    bounds: bool


def calibrate(
    weights: ArrayLike,
    columns: ArrayLike,
    totals: ArrayLike,
    *,
    distance: str = "linear",
    bounds: tuple[float, float] | None = None,
    names: Sequence[str] = (),
    replicates: ArrayLike | None = None,
    negative: bool = False,
    tolerance: float = 1e-10,
    most_steps: int = 200,
) -> Weighting:
    """Find the weights that reach totals and are closest to those before.

    R survey's calibrate.

    Args:
        weights: (N,) weights before, 0 or more.
        columns: (N, Q) numbers of each respondent: 1 for a total of people, 1 or 0 for a category,
            or any number whose total is known. They may follow from each other.
        totals: (Q,) what weights times numbers shall add up to.
        distance: A name in DISTANCES: `linear`, `raking` (factors above 0) or `logit` (needs
            bounds).
        bounds: Lowest and highest factor, below and above 1.
        names: (Q,) what the columns are, for messages.
        replicates: (N, R) weights of each replicate, to be weighted likewise.
        negative: Whether weights below 0, which only `linear` may give, are let through.
        tolerance: Part of a total by which weights may miss it.
        most_steps: How many steps to take.

    Raises:
        MethodError: No such distance, weights that cannot be weighted again, or other arguments
            that do not fit.
        DesignError: Totals that no weights reach, or none within bounds, or weights below 0.

    Example:
        >>> columns = [[1, 10], [1, 20], [1, 30]]
        >>> calibrate([1.0, 1.0, 1.0], columns, [6, 130]).weights.round(3)
        array([1.5, 2. , 2.5])
        >>> calibrate([1.0, 1.0, 1.0], columns, [6, 130], distance="raking").weights.round(3)
        array([1.521, 1.958, 2.521])
    """
    curve = _curve(distance, bounds)
    check_stop(tolerance, most_steps)
    main, others = numbers(weights, replicates)
    check_weights(main, others)
    x, wanted, called = _checked(columns, totals, names, len(main))
    rows, group = np.unique(x, axis=0, return_inverse=True)
    group = group.reshape(-1).astype(np.int64)
    sums = by_group(group, together(main, others), len(rows))
    found = [_solved(rows, base, wanted, called, curve, most_steps) for base in sums.T]
    farthest = _farthest([one.away for one in found], called)
    most = max(one.steps for one in found)
    stop_unless_reached(farthest, tolerance, most, "calibration")
    after = together(main, others) * np.stack([one.factors for one in found], axis=1)[group]
    if not negative:
        _refuse_negative(after)
    return finished(
        main,
        after,
        replicates=others is not None,
        auxiliaries=Auxiliaries(group=group, columns=rows, weights=main),
        method=f"calibration, {distance}",
        steps=found[0].steps,
        farthest=farthest,
    )


class _Found(NamedTuple):
    """Factors (J,), how many steps they took, and how far (Q,) totals are away."""

    factors: Floats
    steps: int
    away: Floats


def _checked(
    columns: ArrayLike, totals: ArrayLike, names: Sequence[str], n: int
) -> tuple[Floats, Floats, list[str]]:
    """Columns, totals and names that belong together."""
    x, wanted = np.asarray(columns, np.float64), np.asarray(totals, np.float64)
    if x.ndim != 2 or len(x) != n or not x.shape[1] or not np.isfinite(x).all():
        raise MethodError(f"columns of {x.shape}; wanted finite numbers, ({n}, Q)")
    if wanted.shape != x.shape[1:] or not np.isfinite(wanted).all():
        raise MethodError(f"totals of {wanted.shape}; wanted {x.shape[1]} finite numbers")
    if len(names) not in {0, len(wanted)}:
        raise MethodError(f"names has {len(names)} entries; wanted {len(wanted)}, one each")
    return x, wanted, [*names] or [f"column {place}" for place in range(len(wanted))]


def _curve(distance: str, bounds: tuple[float, float] | None) -> Curve:
    """The curve of a distance within bounds."""
    if distance not in DISTANCES:
        raise MethodError(no_method("distance", distance, DISTANCES))
    row = DISTANCES[distance]
    if bounds is None and row.bounds:
        raise MethodError(f"the distance '{distance}' needs bounds, such as (0.3, 3)")
    low, high = (-np.inf, np.inf) if bounds is None else bounds
    wrong = row.bounds and not np.isfinite([low, high]).all()
    if not low < 1 < high or wrong:
        raise MethodError(f"bounds are {low:g} and {high:g}; wanted below 1 and above 1")
    return row.curve(low, high)


def _solved(  # noqa: PLR0917 - one set of weights and what all sets share
    rows: Floats,
    base: Floats,
    wanted: Floats,
    names: Sequence[str],
    curve: Curve,
    most_steps: int,
) -> _Found:
    """Newton's method for λ, in columns that are made independent of each other first."""
    size = np.maximum(base @ np.abs(rows), np.abs(wanted))
    scale = np.where(size > 0, size, 1.0)
    x, t = rows / scale, wanted / scale
    # Rows of zeros, so that there are as many directions as columns.
    more = np.zeros((max(len(wanted) - len(rows), 0), len(wanted)))
    tall = np.concatenate([np.sqrt(base)[:, None] * x, more])
    _, singular, turned = np.linalg.svd(tall, full_matrices=False)
    some = singular > _DEPENDENT * singular.max(initial=0.0)
    _check_dependent(turned, some, t, names)
    back = turned[some].T / singular[some]
    z, goal = x @ back, t @ back
    place, steps = np.zeros(some.sum()), 0
    gap = goal - z.T @ base
    with np.errstate(over="ignore", invalid="ignore"):
        while steps < most_steps and np.abs(gap).max() > _NEAREST * np.abs(goal).max():
            moved = _step(z, base, goal, curve, place)
            if moved is None:
                break
            steps += 1
            place = moved
            gap = goal - z.T @ (base * curve.factor(z @ place))
        factors = curve.factor(z @ place)
    return _Found(factors, steps, np.abs(t - x.T @ (base * factors)))


def _step(z: Floats, base: Floats, goal: Floats, curve: Curve, place: Floats) -> Floats | None:
    """Where a step leads that is nearer to the totals; None if none does."""
    u = z @ place
    gap = goal - z.T @ (base * curve.factor(u))
    slope = curve.slope(u)
    steep = z.T @ ((base * slope)[:, None] * z)
    if (slope[base > 0] <= 0).any():
        steep += _FLAT * np.eye(len(steep))  # the slope without bounds is 1 in these columns
    direction = np.linalg.lstsq(steep, gap, rcond=None)[0]
    height = base @ curve.area(u) - place @ goal
    length = 1.0
    for _ in range(_HALVINGS):
        there = place + length * direction
        v = z @ there
        left = goal - z.T @ (base * curve.factor(v))
        lower = base @ curve.area(v) - there @ goal
        fall = height - lower
        enough = fall >= 1e-4 * length * (gap @ direction) and fall > 0
        # Near the end heights differ by rounding only: there the totals themselves decide.
        if np.isfinite(left).all() and (enough or left @ left <= gap @ gap / 4):
            return np.asarray(there)
        length /= 2
    return None


def _check_dependent(
    turned: Floats, some: NDArray[np.bool_], totals: Floats, names: Sequence[str]
) -> None:
    """Refuse totals of columns that follow from each other, where the totals do not."""
    faults = []
    for direction in turned[~some]:
        if abs(direction @ totals) <= _SAME_TOTAL * np.abs(totals).max(initial=0.0):
            continue
        concerned = [
            name for name, part in zip(names, direction, strict=True) if abs(part) > _SAME_TOTAL
        ]
        one = len(concerned) == 1
        faults.append(
            Fault(
                code="TARGET-EMPTY" if one else "WEIGHTING-COLUMNS",
                what=f"nobody has {listed(concerned)}, so that no weight reaches its total"
                if one
                else f"columns {listed(concerned)} follow from each other in every respondent, "
                "and their totals do not",
                todo="leave it out" if one else "correct a total, or leave one of them out",
            )
        )
    if faults:
        raise DesignError(faults)


def _farthest(aways: Sequence[Floats], names: Sequence[str]) -> Farthest:
    """The largest of all distances, main weights first."""
    which = int(np.argmax([np.nan_to_num(away, nan=np.inf).max() for away in aways]))
    worst = int(np.nan_to_num(aways[which], nan=np.inf).argmax())
    return Farthest(
        distance=float(aways[which][worst]),
        margin="",
        category=names[worst],
        replicate=which - 1 if which else None,
    )


def _refuse_negative(after: Floats) -> None:
    """Stop with weights below 0, which are nobody's."""
    below = after < 0
    if not below.any():
        return
    sets = np.flatnonzero(below.any(axis=0))
    where = "" if sets[0] == 0 else f" in {len(sets)} replicates"
    raise DesignError(
        [
            Fault(
                code="WEIGHTING-NEGATIVE",
                what=f"calibration gives weights below 0{where}",
                got=f"{int(below.any(axis=1).sum()):,} respondents, lowest {after.min():.6g}",
                wanted="0 or more",
                todo="choose the distance 'raking' or 'logit', or give bounds whose lower one is "
                "0 or more",
            )
        ]
    )


def _between(curve: Curve, low: float, high: float, ends: tuple[float, float]) -> Curve:
    """A curve that is flat where factors would leave their bounds; ends are where it begins."""
    first, last = ends

    def area(u: Floats) -> Floats:
        inside = curve.area(np.clip(u, first, last))
        below = low * np.minimum(u - first, 0.0) if np.isfinite(first) else 0.0
        above = high * np.maximum(u - last, 0.0) if np.isfinite(last) else 0.0
        return np.asarray(inside + below + above)

    return Curve(
        factor=lambda u: np.clip(curve.factor(u), low, high),
        slope=lambda u: np.where((u > first) & (u < last), curve.slope(u), 0.0),
        area=area,
    )


def _linear(low: float, high: float) -> Curve:
    """Squared distances; the regression estimator where nothing bounds it."""
    free = Curve(
        factor=lambda u: 1 + u,
        slope=np.ones_like,
        area=lambda u: u + u**2 / 2,
    )
    return _between(free, low, high, (low - 1, high - 1))


def _raking(low: float, high: float) -> Curve:
    """The distance that raking of margins minimises."""
    first = float(np.log(low)) if low > 0 else -np.inf
    free = Curve(factor=np.exp, slope=np.exp, area=np.exp)
    return _between(free, max(low, 0.0), high, (first, float(np.log(high))))


def _logit(low: float, high: float) -> Curve:
    """Factors that come close to bounds and never reach them. Deville and Särndal (1992), 6."""
    wide, a, b = high - low, high - 1, 1 - low
    rate, start = wide / (a * b), float(np.log(b / a))

    def part(u: Floats) -> Any:
        return special.expit(rate * u + start)

    return Curve(
        factor=lambda u: low + wide * part(u),
        slope=lambda u: wide * rate * part(u) * (1 - part(u)),
        area=lambda u: low * u + a * b * np.logaddexp(0.0, rate * u + start),
    )


#: Ways of being close to the weights before.
DISTANCES: Mapping[str, Distance] = MappingProxyType(
    {
        "linear": Distance(_linear, bounds=False),
        "raking": Distance(_raking, bounds=False),
        "logit": Distance(_logit, bounds=True),
    }
)
