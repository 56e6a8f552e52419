"""Slopes of printed figures that one figure off the line does not move: medians over pairs.

Without standard errors few waves cannot show much: four have no 95 % interval. K stands for waves.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import MethodError, no_method
from surveylib.stats.intervals import check_level
from surveylib.stats.trends_scores import MonteCarlo, check_draws, monte_carlo
from surveylib.stats.trends_series import (
    Series,
    check_few,
    checked,
    distribution,
    moments,
    refuse_errors,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: As many slopes are drawn at once: 64 MB.
_AT_ONCE = 8_000_000
#: Why there is no interval where it would be a single point.
_ALL_SAME = "the limits are the same slope; only standard errors can say how sure it is"
#: Sums of weights, and levels, that differ by less are the same.
_SAME = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class SenSlope:
    """The median of the slopes of all pairs of waves.

    Args:
        estimate: Change per unit of time.
        intercept: The median of the figures less what the slope adds to them since time 0.
        low: Lower limit; None where so few waves have none, or where both would be the same.
        high: Upper limit; likewise.
        standard_error: Of a weighted median; None without standard errors.
        p_value: Two-sided, of a weighted median; None without standard errors, where
            `mann_kendall` has the one that belongs to the exact interval.
        confidence_level: Nominal coverage.
        attained_level: The coverage of an exact interval, at least the level; None otherwise.
        method: A name in INTERVALS: which median, and which interval.
        note: What a reader has to be told, in words; empty if nothing.
        monte_carlo: The draws behind the interval and the p-value, with the error of the latter;
            None where there are none.
    """

    estimate: float
    intercept: float
    low: float | None
    high: float | None
    standard_error: float | None
    p_value: float | None
    confidence_level: float
    attained_level: float | None
    method: str
    note: str
    monte_carlo: MonteCarlo | None


class Limits(NamedTuple):
    """What a method says of a slope besides the estimate itself."""

    estimate: float
    low: float | None
    high: float | None
    standard_error: float | None = None
    p_value: float | None = None
    attained_level: float | None = None
    note: str = ""
    monte_carlo: MonteCarlo | None = None


def sen_slope(
    values: ArrayLike,
    times: ArrayLike,
    *,
    standard_errors: ArrayLike | None = None,
    method: str = "exact",
    confidence_level: float = 0.95,
    replicates: int | None = None,
    seed: int | None = None,
) -> SenSlope:
    """Find the median of the slopes of all pairs of waves, and how sure it is.

    - 'exact': the limits are slopes of pairs, as many from either end as the exact distribution
      of S allows (Hollander and Wolfe, 1999, section 9.3): where 0 is outside, the exact
      two-sided p-value of `mann_kendall` is below 1 less the level. Few waves have no interval.
    - 'asymptotic': the same with a normal S, between two slopes if need be (Gilbert, 1987, 16.5).
    - 'weighted': each slope weighs by its inverse variance, (t - u)² / (e² + f²) for standard
      errors e and f at times t and u. A straight line added to the figures is added to this
      median, so its error has the distribution of the median of pure noise with these standard
      errors, whatever the line; it is drawn, and the limits are as far from the estimate as the
      level asks. That holds for any number of waves if the figures are normal around a line.

    Args:
        values: (K,) figures, one for each wave.
        times: (K,) of the waves, all different.
        standard_errors: (K,) of the figures, above 0, for 'weighted'.
        method: A name in INTERVALS.
        confidence_level: Nominal coverage, above 0 and below 1.
        replicates: Series to draw, for 'weighted'; 10,000 if None.
        seed: What the draws start from, for 'weighted'; 1 if None.

    Raises:
        MethodError: Fewer than three waves, no such name, numbers that do not fit, or an argument
            that the method ignores.

    Example:
        >>> found = sen_slope([31, 35, 38, 44, 45], [2015, 2016, 2018, 2019, 2021])
        >>> round(found.estimate, 3), found.low, found.high, round(found.attained_level, 3)
        (2.333, 0.5, 6.0, 0.983)
    """
    if method not in INTERVALS:
        raise MethodError(no_method("Sen slope", method, INTERVALS))
    check_level(confidence_level)
    series = checked(values, times, standard_errors, replicates, seed)
    if method != "weighted":
        refuse_errors(method, series)
    elif not series.known:
        raise MethodError("weighted needs standard_errors; choose 'exact' or 'asymptotic'")
    found = INTERVALS[method](series, confidence_level)
    return SenSlope(
        intercept=float(np.median(series.values - found.estimate * series.times)),
        confidence_level=confidence_level,
        method=method,
        **found._asdict(),
    )


def _slopes(values: Floats, times: Floats) -> Floats:
    """Slopes of all pairs of each row."""
    first, second = np.triu_indices(times.size, 1)
    return np.asarray((values[:, second] - values[:, first]) / (times[second] - times[first]))


def _exact_limits(series: Series, confidence_level: float) -> Limits:
    slopes = np.sort(_slopes(series.values[None], series.times)[0])
    check_few(series)
    values, chances = distribution([1] * series.values.size)
    # P(S >= K) for each K: beyond the m-th slope from the end there are m - 1 or fewer.
    above = np.cumsum(chances[::-1])[::-1]
    levels = 1 - 2 * above[::-1]
    allowed = np.flatnonzero(levels >= confidence_level - _SAME)
    estimate = float(np.median(slopes))
    if not allowed.size:
        return Limits(estimate, None, None, note=_too_few(series, confidence_level, levels[0]))
    place = int(allowed[-1])
    low, high = float(slopes[place]), float(slopes[values.size - 2 - place])
    if _is_point(series, low, high):
        return Limits(estimate, None, None, note=_ALL_SAME)
    return Limits(estimate, low, high, attained_level=float(levels[place]))


def _asymptotic_limits(series: Series, confidence_level: float) -> Limits:
    slopes = np.sort(_slopes(series.values[None], series.times)[0])
    z = special.ndtri(1 - (1 - confidence_level) / 2)
    width = z * np.sqrt(moments(series.values)[0])
    # Gilbert's M1-th and (M2 + 1)-th slope, counted from 0.
    first = (slopes.size - width) / 2 - 1
    estimate = float(np.median(slopes))
    if first < 0:
        return Limits(estimate, None, None, note=_too_few(series, confidence_level, None))
    places = np.arange(slopes.size)
    low, high = np.interp([first, slopes.size - 1 - first], places, slopes).tolist()
    if _is_point(series, low, high):
        return Limits(estimate, None, None, note=_ALL_SAME)
    return Limits(estimate, low, high)


def _is_point(series: Series, low: float, high: float) -> bool:
    """Whether limits are apart by rounding only, as where all figures are on one line."""
    rounding = 8 * np.finfo(np.float64).eps * float(np.abs(series.values).max())
    return bool(high - low <= rounding / np.diff(series.times).min())


def _too_few(series: Series, confidence_level: float, most: float | None) -> str:
    """Why there is no interval."""
    reached = "" if most is None else f": at most {100 * most:.1f}%"
    wanted = f"{100 * confidence_level:g}%"
    return f"{series.values.size} waves without standard errors have no {wanted} interval{reached}"


def _weighted_limits(series: Series, confidence_level: float) -> Limits:
    errors = series.errors
    first, second = np.triu_indices(errors.size, 1)
    gaps = series.times[second] - series.times[first]
    weights = gaps**2 / (errors[first] ** 2 + errors[second] ** 2)
    estimate = float(_weighted_medians(_slopes(series.values[None], series.times), weights)[0])
    number, seed = check_draws(series.replicates, series.seed)
    generator = np.random.default_rng(seed)
    noise = generator.normal(0, errors, (number, errors.size))
    parts = np.array_split(noise, max(1, number * weights.size // _AT_ONCE))
    medians = [_weighted_medians(_slopes(part, series.times), weights) for part in parts]
    away = np.sort(np.abs(np.concatenate(medians)))
    half = float(away[min(int(np.ceil(confidence_level * (number + 1))), number) - 1])
    p_value = float((1 + np.count_nonzero(away >= abs(estimate))) / (number + 1))
    return Limits(
        estimate,
        estimate - half,
        estimate + half,
        standard_error=float(np.sqrt((away**2).mean())),
        p_value=p_value,
        note="the interval takes the figures for normal around a straight line",
        monte_carlo=monte_carlo(np.asarray(p_value), number, seed),
    )


def _weighted_medians(slopes: Floats, weights: Floats) -> Floats:
    """The slope with half of the weight on either side; between two where that is a gap."""
    order = np.argsort(slopes, axis=1, kind="stable")
    ordered = np.take_along_axis(slopes, order, axis=1)
    sums = np.cumsum(weights[order], axis=1) / weights.sum()
    low = np.argmax(sums >= 0.5 - _SAME, axis=1)
    high = np.argmax(sums > 0.5 + _SAME, axis=1)
    rows = np.arange(len(slopes))
    return np.asarray((ordered[rows, low] + ordered[rows, high]) / 2)


#: Medians and intervals.
INTERVALS: Mapping[str, Callable[[Series, float], Limits]] = MappingProxyType(
    {
        "exact": _exact_limits,
        "asymptotic": _asymptotic_limits,
        "weighted": _weighted_limits,
    }
)
