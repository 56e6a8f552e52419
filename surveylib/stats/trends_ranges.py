"""What a trend of counts known as ranges may be: a printed 85 % is one of several whole counts.

The extremes are over all whole counts, not over the corners of their ranges. K stands for waves,
X for the people with the answer in all waves, of whom there are as many as N at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.errors import MethodError
from surveylib.stats.intervals import check_counts
from surveylib.stats.trends_scores import (
    ALTERNATIVES,
    check_alternative,
    check_waves,
    numbers,
    wave_scores,
    whole,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

#: More different sums than this are not listed to find the one nearest to no trend.
_MOST = 10_000_000
#: Sums of centred scores that differ by less, as a part of the largest possible, are the same.
_SAME = 1e-11


# Without ==: arrays do not answer it with one yes or no.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrendRange:
    """The lowest and the highest trend that counts within their ranges may have.

    Args:
        z_low: Lowest z of `trends.cochran_armitage`.
        z_high: Highest z.
        p_low: Lowest p-value.
        p_high: Highest p-value.
        p_high_exact: Whether some counts have p_high; otherwise it is 1, where some counts have a
            z on either side of 0 and too many others would have to be tried.
        slope_low: Lowest change of the share per unit of score.
        slope_high: Highest.
        counts_low: (K,) counts with the lowest z.
        counts_high: (K,) counts with the highest z.
        scores: (K,) scores of the waves that were used.
        alternative: A name in ALTERNATIVES.
    """

    z_low: float
    z_high: float
    p_low: float
    p_high: float
    p_high_exact: bool
    slope_low: float
    slope_high: float
    counts_low: Whole
    counts_high: Whole
    scores: Floats
    alternative: str


class Highest(NamedTuple):
    """The highest z and counts that have it, and what p-values come from."""

    z: float
    counts: Whole
    known: Floats  # (1,) the highest z of somebody and not everybody; (0,) where there is none
    nothing: bool  # whether nobody or everybody may have given the answer


def trend_range(
    lows: ArrayLike,
    highs: ArrayLike,
    n: ArrayLike,
    scores: ArrayLike | str | None = None,
    *,
    alternative: str = "two-sided",
) -> TrendRange:
    """Find the range of the test of Cochran and Armitage over all counts within their ranges.

    Given X, z rises with Σ s x alone, which is largest where the waves with the highest scores are
    filled first; so trying every X finds the extremes.

    Args:
        lows: (K,) lowest whole count of each wave; see `counts.possible_counts`.
        highs: (K,) highest.
        n: (K,) whole respondents of each wave.
        scores: As for `trends.cochran_armitage`.
        alternative: A name in ALTERNATIVES.

    Raises:
        MethodError: Fewer than three waves or different scores, or numbers outside their range.

    Example:
        40 %, 43 % and 46 % of 500, printed without decimals, and half a percent is ±2 people.

        >>> found = trend_range([198, 213, 228], [202, 217, 232], [500, 500, 500])
        >>> round(found.z_low, 2), round(found.z_high, 2)
        (1.66, 2.17)
        >>> found.counts_high
        array([198, 213, 232])
    """
    check_alternative(alternative)
    least, most, sizes = _checked(lows, highs, n)
    used = wave_scores(scores, sizes.astype(np.float64))
    away = used - (sizes @ used) / sizes.sum()
    squares = float(sizes @ away**2)
    up, down = _highest(least, most, sizes, away), _highest(least, most, sizes, -away)
    p_values = ALTERNATIVES[alternative](np.append(up.known, -down.known))
    if up.nothing:
        # Nobody or everybody: there is one table only.
        p_values = np.append(p_values, 1.0)
    p_high, exact = float(p_values.max()), True
    if alternative == "two-sided" and -down.z < 0 < up.z:
        nearest = _nearest(least, most, sizes, away)
        exact = nearest is not None
        p_high = float(ALTERNATIVES[alternative](np.array(nearest or 0.0)))
    return TrendRange(
        z_low=-down.z,
        z_high=up.z,
        p_low=float(p_values.min()),
        p_high=p_high,
        p_high_exact=exact,
        slope_low=float(np.where(away > 0, least, most) @ away) / squares,
        slope_high=float(np.where(away > 0, most, least) @ away) / squares,
        counts_low=down.counts,
        counts_high=up.counts,
        scores=used,
        alternative=alternative,
    )


def _checked(lows: ArrayLike, highs: ArrayLike, n: ArrayLike) -> tuple[Whole, Whole, Whole]:
    """Whole counts of each wave in order, and whole sizes."""
    least = numbers("lows", lows)
    check_waves(least.size)
    most, sizes = numbers("highs", highs, least.size), numbers("n", n, least.size)
    check_counts(least, sizes)
    check_counts(most, sizes)
    wrong = np.flatnonzero(least > most)
    if wrong.size:
        first = f"{least[wrong[0]]:g} to {most[wrong[0]]:g}"
        raise MethodError(f"the counts of wave {wrong[0] + 1} are {first}; wanted low to high")
    return whole("lows", least), whole("highs", most), whole("n", sizes)


def _errors(totals: Whole, sizes: Whole, away: Floats) -> Floats:
    """The standard error of T for each X; 1 for nobody and everybody, whose T is 0."""
    share = totals / sizes.sum()
    variance = share * (1 - share) * float(sizes @ away**2)
    return np.where(variance > 0, np.sqrt(variance), 1.0)


def _highest(least: Whole, most: Whole, sizes: Whole, away: Floats) -> Highest:
    """The highest z, and counts that have it."""
    room, order = most - least, np.argsort(-away, kind="stable")
    totals = np.arange(least.sum(), most.sum() + 1)
    more = (totals - least.sum())[:, None]
    filled = room[order]
    added = np.clip(more - (np.cumsum(filled) - filled), 0, filled)
    nothing = (totals == 0) | (totals == sizes.sum())
    departures = least @ away + added @ away[order]
    # The algebra gives exactly 0 for nobody and everybody; rounding leaves something.
    z = np.where(nothing, 0.0, departures / _errors(totals, sizes, away))
    best = int(np.argmax(z))
    counts = least.copy()
    counts[order] += added[best]
    known = z[~nothing]
    return Highest(
        float(z[best]), counts, known[known == known.max(initial=-np.inf)][:1], nothing.any()
    )


def _nearest(least: Whole, most: Whole, sizes: Whole, away: Floats) -> float | None:
    """The z nearest to 0, by all sums that differ, wave by wave; None if there are too many."""
    totals, sums = np.array([least.sum()]), np.array([float(least @ away)])
    scale = _SAME * float(np.abs(away) @ sizes)
    for room, each in zip((most - least).tolist(), away.tolist(), strict=True):
        if totals.size * (room + 1) > _MOST:
            return None
        more = np.arange(room + 1)
        totals = (totals[:, None] + more).ravel()
        sums = (sums[:, None] + more * each).ravel()
        # One sum of those that only rounding parts: pairs as one number, ordered by both.
        _, kept = np.unique(totals + 1j * np.rint(sums / scale), return_index=True)
        totals, sums = totals[kept], sums[kept]
    z = np.abs(sums) / _errors(totals, sizes, away)
    return float(np.where(np.abs(sums) <= scale, 0.0, z).min())
