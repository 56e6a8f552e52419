"""Counts answered in bands: what the shares of the bands say, without guessing inside a band.

A band holds the whole numbers from its low to its high, both of them; the last one may have no
end. Bands stand in order, lows and highs never falling, and may leave gaps. Where it is not known
which of two bands a number was put in, both may hold it; what needs bands that do not overlap
says so. All that is known of a share, a mean or a quantile is then a range, with the standard error
of each end. Interpolation, which does guess, is one function of its own.

Shares run along the last axis; axes before it (waves, domains) broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import MethodError
from surveylib.stats import intervals
from surveylib.stats.banded import (
    check_bands,
    check_quantile,
    check_shares,
    checked,
    effective,
    reached,
    standard_error,
)
from surveylib.stats.intervals import plain

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


#: Shares, or differences of shares, up to here are the rounding of sums.
_NOBODY = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The lowest and highest value that a figure may have, each an estimate of its own.

    Args:
        low: Lowest; -inf where there is no limit.
        high: Highest; inf where there is no limit.
        low_standard_error: Of the lowest; inf where there is no limit.
        high_standard_error: Of the highest; likewise.
    """

    low: Any
    high: Any
    low_standard_error: Any
    high_standard_error: Any

    @property
    def exact(self) -> Any:
        """Whether the answers leave only one value."""
        return self.low == self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The band that a quantile is known to lie in, both ends in it; high is inf for no end."""

    low: Any
    high: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileBounds:
    """The band of a quantile, and the bands that its interval reaches into.

    Args:
        band: Where the quantile of the shares lies.
        low: The low of the first band that the interval reaches into.
        high: The high of the last one; inf for no end.
        confidence_level: Nominal coverage.
        method: A name in `intervals.METHODS`.
    """

    band: Band
    low: Any
    high: Any
    confidence_level: float
    method: str


def share_up_to(
    threshold: ArrayLike,
    lows: ArrayLike,
    highs: ArrayLike,
    shares: ArrayLike,
    *,
    covariance: ArrayLike,
) -> Bounds:
    """Bound the share of numbers up to a threshold, the threshold among them.

    At least the bands that end at or below it, at most those that begin at or below it; the same
    where no band holds numbers on both sides.

    Args:
        threshold: The number, which may be an array.
        lows: (B,) lowest whole number of each band.
        highs: (B,) highest; the last may be inf.
        shares: (..., B) shares that add up to 1.
        covariance: (..., B, B) their covariance, from the design or `simple_sample`.

    Raises:
        MethodError: Numbers that do not fit.

    Example:
        >>> from surveylib.stats.banded import simple_sample
        >>> known = simple_sample([50, 30, 20])
        >>> found = share_up_to(
        ...     [10, 20], [1, 11, 51], [10, 50, np.inf], known.estimate, covariance=known.covariance
        ... )
        >>> found.low, found.high, found.exact
        (array([0.5, 0.5]), array([0.5, 0.8]), array([ True, False]))
    """
    first, last = check_bands(lows, highs)
    p, spread = checked(shares, covariance, first.size)
    t = np.asarray(threshold, dtype=np.float64)[..., None]
    if np.isnan(t).any():
        raise MethodError("threshold is nan; wanted a number")
    sure, maybe = (last <= t).astype(np.float64), (first <= t).astype(np.float64)
    low = (sure * p).sum(axis=-1)
    return Bounds(
        low=plain(low),
        # The same sum and the rest: equal to the last digit where nobody is in between.
        high=plain(np.asarray(low + ((maybe - sure) * p).sum(axis=-1))),
        low_standard_error=plain(standard_error(sure, spread)),
        high_standard_error=plain(standard_error(maybe, spread)),
    )


def quantile(q: ArrayLike, lows: ArrayLike, highs: ArrayLike, shares: ArrayLike) -> Band:
    """Find the band of a quantile: of the lowest number up to which at least that share lies.

    Args:
        q: Share, above 0 and below 1; 0.5 for the median.
        lows: (B,) lowest whole number of each band.
        highs: (B,) highest; the last may be inf.
        shares: (..., B) shares that add up to 1.

    Raises:
        MethodError: Numbers that do not fit.

    Example:
        >>> quantile(0.5, [0, 1, 11], [0, 10, np.inf], [0.2, 0.5, 0.3])
        Band(low=1.0, high=10.0)
    """
    first, last = check_bands(lows, highs)
    place, _ = reached(check_quantile(q), check_shares(shares, first.size))
    return Band(low=plain(first[place]), high=plain(last[place]))


def quantile_bounds(
    q: ArrayLike,
    lows: ArrayLike,
    highs: ArrayLike,
    shares: ArrayLike,
    *,
    covariance: ArrayLike,
    n: ArrayLike,
    df: ArrayLike = np.inf,
    method: str = "wilson",
    confidence_level: float = 0.95,
) -> QuantileBounds:
    """Find the bands that a quantile may lie in, its sampling error among them.

    A band is left out where the interval of the share up to its high is wholly below q, or that
    of the share up to the band before it is not below q.

    Args:
        q: Share, above 0 and below 1.
        lows: (B,) lowest whole number of each band.
        highs: (B,) highest; the last may be inf.
        shares: (..., B) shares that add up to 1.
        covariance: (..., B, B) their covariance.
        n: Respondents in the base, not weighted.
        df: Degrees of freedom of the design; infinite for a simple sample.
        method: A name in `intervals.METHODS`.
        confidence_level: Nominal coverage.

    Raises:
        MethodError: Numbers that do not fit, or no such method.
    """
    first, last = check_bands(lows, highs)
    p, spread = checked(shares, covariance, first.size)
    wanted = check_quantile(q)
    place, summed = reached(wanted, p)
    steps = np.tril(np.ones((first.size, first.size)))
    variance = standard_error(steps, spread[..., None, :, :]) ** 2
    limits = intervals.design_proportion(
        summed,
        np.asarray(n, dtype=np.float64)[..., None],
        n_effective=effective(summed, variance),
        df=np.asarray(df, dtype=np.float64)[..., None],
        method=method,
        confidence_level=confidence_level,
    )
    target = wanted[..., None]
    start = np.argmax(limits.high >= target, axis=-1)
    # The band after the last of which it is open whether so many lie up to its high.
    below = np.asarray(limits.low) < target
    below[..., -1] = False
    end = below.shape[-1] - np.argmax(below[..., ::-1], axis=-1)
    end = np.where(below.any(axis=-1), end, 0)
    return QuantileBounds(
        band=Band(low=plain(first[place]), high=plain(last[place])),
        low=plain(first[np.minimum(start, place)]),
        high=plain(last[np.maximum(end, place)]),
        confidence_level=confidence_level,
        method=method,
    )


def median_bounds(
    lows: ArrayLike,
    highs: ArrayLike,
    shares: ArrayLike,
    *,
    covariance: ArrayLike,
    n: ArrayLike,
    df: ArrayLike = np.inf,
    method: str = "wilson",
    confidence_level: float = 0.95,
) -> QuantileBounds:
    """Find the bands that the median may lie in: `quantile_bounds` at 0.5.

    Example:
        >>> from surveylib.stats.banded import simple_sample
        >>> known = simple_sample([40, 90, 20])
        >>> found = median_bounds(
        ...     [0, 1, 11], [0, 10, np.inf], known.estimate, covariance=known.covariance, n=150
        ... )
        >>> found.band, found.low, found.high
        (Band(low=1.0, high=10.0), 1.0, 10.0)
    """
    return quantile_bounds(
        0.5,
        lows,
        highs,
        shares,
        covariance=covariance,
        n=n,
        df=df,
        method=method,
        confidence_level=confidence_level,
    )


def mean_bounds(
    lows: ArrayLike,
    highs: ArrayLike,
    shares: ArrayLike,
    *,
    covariance: ArrayLike,
    cap: float | None = None,
) -> Bounds:
    """Bound the mean: everybody at the low of their band, everybody at its high.

    Args:
        lows: (B,) lowest whole number of each band.
        highs: (B,) highest; the last may be inf.
        shares: (..., B) shares that add up to 1.
        covariance: (..., B, B) their covariance.
        cap: The highest number that anybody in a band without an end can have; None for no such
            number, and then the mean has no upper limit where anybody is in that band.

    Raises:
        MethodError: Numbers that do not fit, or a cap that nothing needs or that is too low.

    Example:
        >>> from surveylib.stats.banded import simple_sample
        >>> known = simple_sample([20, 50, 30])
        >>> bands = [0, 1, 11], [0, 10, np.inf]
        >>> found = mean_bounds(*bands, known.estimate, covariance=known.covariance)
        >>> found.low, found.high
        (3.8, inf)
        >>> mean_bounds(*bands, known.estimate, covariance=known.covariance, cap=50).high
        20.0
    """
    first, last = check_bands(lows, highs)
    last = capped(first, last, cap)
    p, spread = checked(shares, covariance, first.size)
    return bounds(first, last, p, spread)


def bounds(lowest: Floats, highest: Floats, shares: Floats, covariance: Floats) -> Bounds:
    """Bounds that are sums of shares times coefficients; infinite ones limit nothing."""
    low, low_error = _limit(lowest, shares, covariance)
    high, high_error = _limit(highest, shares, covariance)
    return Bounds(
        low=plain(low),
        high=plain(high),
        low_standard_error=plain(low_error),
        high_standard_error=plain(high_error),
    )


def _limit(coefficients: Floats, shares: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """One bound and its standard error, both infinite where an infinite coefficient counts."""
    without = np.isinf(coefficients)
    finite = np.where(without, 0.0, coefficients)
    some = np.where(np.abs(shares) > _NOBODY, np.sign(shares), 0.0)
    beyond = np.where(without, np.sign(coefficients) * some, 0.0).sum(axis=-1)
    value = np.where(beyond == 0, (finite * shares).sum(axis=-1), np.copysign(np.inf, beyond))
    return value, np.where(beyond == 0, standard_error(finite, covariance), np.inf)


def capped(first: Floats, last: Floats, cap: float | None) -> Floats:
    """The highs, with the cap for the end that there is none of."""
    if cap is None:
        return last
    if np.isfinite(last[-1]):
        raise MethodError(f"cap is {cap:g}, and every band has an end; wanted no cap")
    if not first[-1] <= cap < np.inf:
        raise MethodError(f"cap is {cap:g}; wanted a number from {first[-1]:g}, its band's low")
    return np.append(last[:-1], cap)
