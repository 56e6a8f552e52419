"""Weights that add up to known totals: post-stratification, raking, calibration and trimming.

Every scheme says what it did, keeps what variances need (see `residuals`), treats the weights of
replicates as it does the main ones, and stops rather than return weights that miss their targets.
N stands for respondents, R for replicates, C for categories, J for groups of respondents whose
categories are all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.errors import DesignError, Fault, MethodError
from surveylib.stats.weighting_calibration import DISTANCES, calibrate
from surveylib.stats.weighting_residuals import RESIDUALS, Auxiliaries, by_group, residuals
from surveylib.stats.weighting_result import (
    Farthest,
    Weighting,
    check_stop,
    finished,
    numbers,
    stop_unless_reached,
    together,
)
from surveylib.stats.weighting_targets import (
    PROBLEMS,
    Margin,
    Problem,
    check_targets,
    check_weights,
    refuse,
)
from surveylib.stats.weighting_trimming import SHARES, Trimmed, trim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = [
    "DISTANCES",
    "PROBLEMS",
    "RESIDUALS",
    "SHARES",
    "Auxiliaries",
    "Farthest",
    "Margin",
    "Problem",
    "Trimmed",
    "Weighting",
    "calibrate",
    "check_targets",
    "post_stratify",
    "rake",
    "rake_trimmed",
    "residuals",
    "trim",
]


def post_stratify(
    weights: ArrayLike, margin: Margin, *, replicates: ArrayLike | None = None
) -> Weighting:
    """Weight respondents of each category by one factor, so that they add up to its target.

    R survey's postStratify. For several questions at once, let the categories be combinations.

    Args:
        weights: (N,) weights before, 0 or more; all 1 where there are none.
        margin: Categories and their targets.
        replicates: (N, R) weights of each replicate, to be weighted likewise.

    Raises:
        MethodError: Weights that cannot be weighted again, or arrays that do not fit.
        DesignError: Targets that do not fit the respondents; with everything found.

    Example:
        >>> sizes = Margin(
        ...     name="size",
        ...     category=np.array([0, 0, 1]),
        ...     categories=("small", "large"),
        ...     totals=np.array([60.0, 40.0]),
        ... )
        >>> post_stratify(np.ones(3), sizes).weights
        array([30., 30., 40.])
    """
    found = _raked(weights, [margin], replicates, _Stop(tolerance=1e-10, most_steps=1))
    return found.made("post-stratification", margins=False)


def rake(
    weights: ArrayLike,
    margins: Sequence[Margin],
    *,
    replicates: ArrayLike | None = None,
    tolerance: float = 1e-10,
    most_steps: int = 1000,
) -> Weighting:
    """Adjust weights to one margin after the other, until they add up to all of them.

    Deming and Stephan (1940). R survey's rake, which stops much earlier.

    Args:
        weights: (N,) weights before, 0 or more; all 1 where there are none.
        margins: One or more, whose totals add up to the same number of people.
        replicates: (N, R) weights of each replicate, to be weighted likewise.
        tolerance: Part of a target by which weights may miss it.
        most_steps: How often to go over all margins.

    Raises:
        MethodError: Weights that cannot be weighted again, or arguments outside their range.
        DesignError: Targets that do not fit the respondents or each other, with everything found;
            or targets that are not reached, with the farthest one.

    Example:
        >>> sizes = Margin(
        ...     name="size",
        ...     category=np.array([0, 0, 1, 1]),
        ...     categories=("small", "large"),
        ...     totals=np.array([60.0, 40.0]),
        ... )
        >>> places = Margin(
        ...     name="place",
        ...     category=np.array([0, 1, 0, 1]),
        ...     categories=("north", "south"),
        ...     totals=np.array([50.0, 50.0]),
        ... )
        >>> rake(np.ones(4), [sizes, places]).weights
        array([30., 30., 20., 20.])
    """
    stop = _Stop(tolerance=tolerance, most_steps=most_steps)
    return _raked(weights, margins, replicates, stop).made("raking", margins=True)


def rake_trimmed(
    weights: ArrayLike,
    margins: Sequence[Margin],
    *,
    low: float,
    high: float,
    replicates: ArrayLike | None = None,
    slack: float = 1e-6,
    most_rounds: int = 200,
) -> Weighting:
    """Rake, cut weights to limits, and rake again, until both hold.

    Args:
        weights: (N,) weights before, 0 or more.
        margins: As for `rake`.
        low: Lowest weight after, of those who have one.
        high: Highest weight after.
        replicates: (N, R) weights of each replicate, to be treated likewise.
        slack: Part of a limit by which weights may be beyond it; targets are met as by `rake`.
        most_rounds: How often to cut.

    Raises:
        MethodError: Weights that cannot be weighted again, or limits that are none.
        DesignError: As `rake`; or limits within which targets are not reached.

    Example:
        >>> sizes = Margin(
        ...     name="size",
        ...     category=np.array([0, 0, 1, 1]),
        ...     categories=("small", "large"),
        ...     totals=np.array([60.0, 40.0]),
        ... )
        >>> rake_trimmed([9.0, 1.0, 1.0, 1.0], [sizes], low=5, high=40).weights.round(3)
        array([40., 20., 20., 20.])
    """
    if not 0 <= low < high:
        raise MethodError(f"limits are {low:g} and {high:g}; wanted 0 <= low < high")
    main, others = numbers(weights, replicates)
    whole = rake(main, margins, replicates=others)
    columns = together(whole.weights, whole.replicates)
    done, rounds = [], []
    for place, column in enumerate(columns.T):
        which = None if place == 0 else place - 1
        after, count = _within(column, margins, low, high, _Cut(slack, most_rounds, which))
        done.append(after)
        rounds.append(count)
    return finished(
        main,
        np.column_stack(done),
        replicates=others is not None,
        auxiliaries=whole.auxiliaries,
        method="raking with trimming",
        steps=whole.steps + rounds[0],
        farthest=whole.farthest,
    )


class _Cut(NamedTuple):
    """When cutting and raking is done."""

    slack: float
    most_rounds: int
    replicate: int | None


def _within(
    raked: Floats, margins: Sequence[Margin], low: float, high: float, cut: _Cut
) -> tuple[Floats, int]:
    """Weights within limits that still add up, and how often they were cut."""
    current = raked
    some = raked > 0
    beyond = 0.0
    for rounds in range(cut.most_rounds + 1):
        inside = np.clip(current[some], low, high)
        beyond = float(np.abs(current[some] / inside - 1).max(initial=0.0))
        if beyond <= cut.slack:
            return current, rounds
        clipped = current.copy()
        clipped[some] = inside
        current = rake(clipped, margins).weights
    where = "" if cut.replicate is None else f" of replicate {cut.replicate} (from 0)"
    raise DesignError(
        [
            Fault(
                code="WEIGHTING-LIMITS",
                what=f"no weights{where} between {low:g} and {high:g} were found that add up to "
                f"the targets, in {cut.most_rounds} rounds",
                got=f"a weight {beyond:.3g} of its limit beyond it",
                wanted=f"{cut.slack:.3g} or less",
                todo="widen the limits, or put categories together that few respondents are in",
            )
        ]
    )


class _Stop(NamedTuple):
    """When raking ends."""

    tolerance: float
    most_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raked:
    """What raking found, before it is put together."""

    before: Floats
    replicates: Floats | None
    group: Whole
    places: tuple[Whole, ...]
    columns: Floats
    factors: Floats
    steps: int
    farthest: Farthest

    def made(self, method: str, *, margins: bool) -> Weighting:
        """The result; one margin alone has a target for each group."""
        several = margins and len(self.places) > 1
        return finished(
            self.before,
            together(self.before, self.replicates) * self.factors[self.group],
            replicates=self.replicates is not None,
            auxiliaries=Auxiliaries(
                group=self.group,
                columns=self.columns if several else None,
                weights=self.before,
                margins=self.places if margins else (),
            ),
            method=method,
            steps=self.steps,
            farthest=self.farthest,
        )


def _raked(
    weights: ArrayLike, margins: Sequence[Margin], replicates: ArrayLike | None, stop: _Stop
) -> _Raked:
    """Rake groups instead of respondents: all of a group have the same factor."""
    if not margins:
        raise MethodError("there is no margin to weight to")
    check_stop(stop.tolerance, stop.most_steps)
    main, others = numbers(weights, replicates)
    check_weights(main, others)
    refuse(check_targets(main, margins, replicates=others))
    group, places = _joint(margins)
    sums = by_group(group, together(main, others), len(places[0]))
    factors, steps, farthest = _fit(sums, margins, places, stop)
    name = "raking" if len(margins) > 1 else "post-stratification"
    stop_unless_reached(farthest, stop.tolerance, steps, name)
    return _Raked(
        before=main,
        replicates=others,
        group=group,
        places=places,
        columns=_indicators(margins, places),
        factors=factors,
        steps=steps,
        farthest=farthest,
    )


def _joint(margins: Sequence[Margin]) -> tuple[Whole, tuple[Whole, ...]]:
    """The group of each respondent (N,), and each margin's category of every group (J,)."""
    group = np.zeros(len(margins[0].category), np.int64)
    for margin in margins:
        # Somebody without weight may be in no category; it makes no difference where they are put.
        category = np.maximum(margin.category, 0)
        # Numbered again each time, so that products of many margins stay small.
        group = np.unique(group * len(margin.categories) + category, return_inverse=True)[1]
        group = group.reshape(-1).astype(np.int64)
    first = np.unique(group, return_index=True)[1]
    return group, tuple(np.maximum(margin.category, 0)[first] for margin in margins)


def _indicators(margins: Sequence[Margin], places: tuple[Whole, ...]) -> Floats:
    """(J, Q) which categories a group is in."""
    found = [
        (place[:, None] == np.arange(len(margin.categories))) * 1.0
        for margin, place in zip(margins, places, strict=True)
    ]
    return np.concatenate(found, axis=1)


def _fit(
    sums: Floats, margins: Sequence[Margin], places: tuple[Whole, ...], stop: _Stop
) -> tuple[Floats, int, Farthest]:
    """(J, 1 + R) factors, how often the main weights went over the margins, what is left."""
    factors = np.ones_like(sums)
    # Those that are there already stay: main weights do not depend on how many replicates follow.
    active = np.ones(sums.shape[1], dtype=bool)
    taken = 0
    distances: list[Floats] = []
    for step in range(1, stop.most_steps + 1):
        taken = step if active[0] else taken
        part = factors[:, active]
        for margin, place in zip(margins, places, strict=True):
            now = by_group(place, sums[:, active] * part, len(margin.categories))
            wanted = np.broadcast_to(margin.totals[:, None], now.shape)
            part *= np.divide(wanted, now, out=np.ones_like(now), where=now > 0)[place]
        factors[:, active] = part
        distances = [_distance(sums * factors, *pair) for pair in zip(margins, places, strict=True)]
        active = np.max([found.max(axis=0) for found in distances], axis=0) > stop.tolerance
        if not active.any():
            break
    return factors, taken, _farthest(distances, margins)


def _distance(weights: Floats, margin: Margin, place: Whole) -> Floats:
    """(C, 1 + R) distances to targets, as parts of them; 0 for targets of 0, which nobody is in."""
    now = by_group(place, weights, len(margin.categories))
    target = np.nan_to_num(margin.totals)[:, None]
    away = np.abs(now - target)
    return np.divide(away, target, out=np.zeros_like(away), where=target > 0)


def _farthest(distances: Sequence[Floats], margins: Sequence[Margin]) -> Farthest:
    """The largest of all distances."""
    which = int(np.argmax([found.max() for found in distances]))
    category, column = np.unravel_index(int(distances[which].argmax()), distances[which].shape)
    return Farthest(
        distance=float(distances[which][category, column]),
        margin=margins[which].name,
        category=margins[which].categories[int(category)],
        replicate=int(column) - 1 if column else None,
    )
