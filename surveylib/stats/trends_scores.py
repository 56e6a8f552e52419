"""What every trend test shares: scores of the waves, directions, and the parts of its result.

K stands for waves. Two waves have a change and no trend, so no test here takes fewer than three.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from surveylib.errors import MethodError, no_method, show
from surveylib.stats.intervals import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

#: Scores are taken for fractions of their range with at most this denominator: dates by the day
#: as fractions of years of 365 and 366 days have it over ten years and more.
_DENOMINATOR = 2_000_000
#: More steps than this between the lowest and the highest score are no common step.
_MOST_STEPS = 10**9


# Without ==: arrays do not answer it with one yes or no.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChiSquared:
    """A test whose statistic is chi-squared, or over its degrees of freedom F.

    Args:
        statistic: The sum of squares; a float, or an array.
        df: Its degrees of freedom.
        df_denominator: Those of the covariance: if finite, statistic / df is taken for F.
        p_value: Probability of a statistic as large where the hypothesis is true.
    """

    statistic: Any
    df: int
    df_denominator: float
    p_value: Any


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slope:
    """A change per unit of score, with its interval.

    Args:
        estimate: Per unit of score or time; a float, or an array.
        standard_error: Its standard error.
        low: Lower limit.
        high: Upper limit.
        confidence_level: Nominal coverage, such as 0.95.
        method: How the interval is made.
    """

    estimate: Any
    standard_error: Any
    low: Any
    high: Any
    confidence_level: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MonteCarlo:
    """Where a p-value comes from draws at random.

    Args:
        replicates: How many draws.
        seed: What they start from: the same seed gives the same draws.
        error: Standard error of the p-value that is due to their number.
    """

    replicates: int
    seed: int
    error: Any


def chi_squared(statistic: Floats, df: int, df_denominator: float = np.inf) -> ChiSquared:
    """Find the p-value of a sum of squares; what rounding leaves below 0 is 0."""
    found = np.maximum(statistic, 0.0)
    if np.isinf(df_denominator):
        p_value = special.chdtrc(df, found)
    else:
        p_value = special.fdtrc(df, df_denominator, found / df)
    return ChiSquared(
        statistic=plain(found), df=df, df_denominator=df_denominator, p_value=plain(p_value)
    )


def check_waves(count: int) -> None:
    """Refuse fewer than three waves."""
    if count < 3:
        raise MethodError(f"waves: {count}; a trend needs three waves; use the change")


def numbers(name: str, values: ArrayLike, count: int | None = None) -> Floats:
    """A list of finite numbers, of a given length if there is one."""
    found = np.asarray(values, dtype=np.float64)
    length = "a list of" if count is None else f"{count}"
    if found.ndim != 1 or (count is not None and found.size != count):
        raise MethodError(f"{name} of the shape {found.shape}; wanted {length} numbers")
    if not np.isfinite(found).all():
        message = f"{name} hold {show(found[~np.isfinite(found)][0])}; wanted finite numbers"
        raise MethodError(message)
    return found


def whole(name: str, values: Floats) -> Whole:
    """Counts of respondents as whole numbers."""
    wrong = values[values != np.rint(values)]
    if wrong.size:
        raise MethodError(f"{name} hold {wrong[0]:g}; this method wants whole numbers")
    return values.astype(np.int64)


def wave_scores(scores: ArrayLike | str | None, sizes: Floats) -> Floats:
    """Scores of waves, of which at least three differ.

    Args:
        scores: (K,) numbers; a name in NAMED_SCORES; None for 1, 2, … K.
        sizes: (..., K) respondents of each wave.

    Returns:
        (K,) scores, or (..., K) where they depend on the sizes.
    """
    count = sizes.shape[-1]
    check_waves(count)
    found = answer_scores(scores, sizes, "scores")
    different = np.unique(found).size if found.ndim == 1 else count
    if different < 3:
        message = f"scores differ {different} times; a trend needs three waves; use the change"
        raise MethodError(message)
    return found


def answer_scores(scores: ArrayLike | str | None, sizes: Floats, name: str) -> Floats:
    """Scores of answers (or of anything in order) with these (..., K) sizes."""
    if isinstance(scores, str):
        if scores not in NAMED_SCORES:
            raise MethodError(no_method("score", scores, NAMED_SCORES))
        return NAMED_SCORES[scores](sizes)
    if scores is None:
        return np.arange(1.0, sizes.shape[-1] + 1)
    return numbers(name, scores, sizes.shape[-1])


def midranks(sizes: Floats) -> Floats:
    """The mean rank of each group, all respondents ranked together.

    >>> midranks(np.array([4.0, 2.0, 10.0]))
    array([ 2.5,  5.5, 11.5])
    """
    return np.asarray(np.cumsum(sizes, axis=-1) - (sizes - 1) / 2)


#: Scores that have a name: what they are for these sizes.
NAMED_SCORES: Mapping[str, Callable[[Floats], Floats]] = MappingProxyType({"midranks": midranks})


def steps(scores: Floats) -> tuple[Whole, float]:
    """Scores as whole steps above the lowest one, and the length of a step, the longest possible.

    Raises:
        MethodError: The scores are not multiples of one step.

    Example:
        >>> steps(np.array([2015, 2016.5, 2018]))
        (array([0, 1, 2]), 1.5)
    """
    away = scores - scores.min()
    span = float(away.max())
    if (away == np.rint(away)).all() and span <= _MOST_STEPS:
        whole_steps = away.astype(np.int64)
        common = int(np.gcd.reduce(whole_steps))
        return whole_steps // common, float(common)
    parts = [Fraction(part).limit_denominator(_DENOMINATOR) for part in (away / span).tolist()]
    total = math.lcm(*(part.denominator for part in parts))
    rounding = 8 * np.finfo(np.float64).eps * (float(np.abs(scores).max()) / span + 1)
    off = max(abs(float(part) - at) for part, at in zip(parts, (away / span).tolist(), strict=True))
    if total > _MOST_STEPS or off > rounding:
        message = (
            "scores are no multiples of one step, which this method needs; "
            "round them, or choose 'permutation' or no continuity correction"
        )
        raise MethodError(message)
    return np.array([int(part * total) for part in parts], dtype=np.int64), span / total


def check_unused(method: str, given: Mapping[str, object]) -> None:
    """Refuse arguments that a method would ignore."""
    for name, value in given.items():
        if value is not None:
            message = f"{name} means nothing to {show(method)}; leave it out"
            raise MethodError(message)


def check_draws(replicates: int | None, seed: int | None) -> tuple[int, int]:
    """How many draws, and from which seed; the usual ones where none are given."""
    number, start = 10_000 if replicates is None else replicates, 1 if seed is None else seed
    if not (isinstance(number, int) and number >= 100 and isinstance(start, int) and start >= 0):
        got = f"replicates is {show(number)}, seed is {show(start)}"
        raise MethodError(f"{got}; wanted whole numbers, of at least 100 and of at least 0")
    return number, start


def monte_carlo(p_value: Floats, replicates: int | None, seed: int | None) -> MonteCarlo:
    """Say where a p-value comes from."""
    number, start = check_draws(replicates, seed)
    error = np.asarray(np.sqrt(p_value * (1 - p_value) / number))
    return MonteCarlo(replicates=number, seed=start, error=plain(error))


def check_alternative(alternative: str) -> None:
    """Refuse a direction that does not exist."""
    if alternative not in ALTERNATIVES:
        raise MethodError(no_method("alternative", alternative, ALTERNATIVES))


def _two_sided(z: Floats) -> Floats:
    return np.asarray(2 * special.ndtr(-np.abs(z)))


def _increasing(z: Floats) -> Floats:
    return np.asarray(special.ndtr(-z))


def _decreasing(z: Floats) -> Floats:
    return np.asarray(special.ndtr(z))


#: What may be claimed against "no trend", and the p-value of a z above 0 for an increase.
ALTERNATIVES: Mapping[str, Callable[[Floats], Floats]] = MappingProxyType(
    {"two-sided": _two_sided, "increasing": _increasing, "decreasing": _decreasing}
)


def _towards_0(departure: Floats, half: Floats) -> Floats:
    return np.asarray(np.sign(departure) * np.maximum(np.abs(departure) - half, 0.0))


#: Corrections for continuity: half a step towards no trend, or of a one-sided claim against it.
CORRECTIONS: Mapping[str, Callable[[Floats, Floats], Floats]] = MappingProxyType(
    {"two-sided": _towards_0, "increasing": np.subtract, "decreasing": np.add}
)
