"""Quantiles of counts answered in bands, as if answers spread evenly inside a band."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import NotEstimableError
from surveylib.stats import intervals, sizes
from surveylib.stats.banded import (
    check_bands,
    check_quantile,
    checked,
    effective,
    reached,
    standard_error,
)
from surveylib.stats.intervals import plain
from surveylib.stats.ordered import Band

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpolatedQuantile:
    """A quantile under the guess that answers spread evenly inside each band.

    Args:
        estimate: The interpolated value; it need not be whole.
        standard_error: The length of the interval over twice the quantile of t; inf with it.
        low: Lower limit.
        high: Upper limit; inf where the interval reaches into a band without an end.
        band: What is known without a guess.
        confidence_level: Nominal coverage.
        method: A name in `intervals.METHODS`.
    """

    estimate: Any
    standard_error: Any
    low: Any
    high: Any
    band: Band
    confidence_level: float
    method: str


def interpolated_quantile(
    q: ArrayLike,
    lows: ArrayLike,
    highs: ArrayLike,
    shares: ArrayLike,
    *,
    covariance: ArrayLike,
    n: ArrayLike,
    df: ArrayLike = np.inf,
    continuous: bool = False,
    method: str = "wilson",
    confidence_level: float = 0.95,
) -> InterpolatedQuantile:
    """Interpolate a quantile inside its band, as if answers spread evenly there.

    A whole number stands for all that is rounded to it: a band reaches from its low - 0.5 to its
    high + 0.5, and a quantile may come out that far outside it. The interval is that of Woodruff
    (1952): of the share up to the quantile, whose variance is the design's, both limits turned
    back into numbers.

    Args:
        q: Share, above 0 and below 1.
        lows: (B,) low of each band; bands must not overlap.
        highs: (B,) high; the last may be inf.
        shares: (..., B) shares that add up to 1.
        covariance: (..., B, B) their covariance.
        n: Respondents in the base, not weighted.
        df: Degrees of freedom of the design; infinite for a simple sample.
        continuous: Whether lows and highs are themselves where bands end, and need not be whole.
        method: A name in `intervals.METHODS`.
        confidence_level: Nominal coverage.

    Raises:
        MethodError: Numbers that do not fit, or no such method.
        NotEstimableError: The quantile lies in a band without an end.

    Example:
        >>> from surveylib.stats.banded import simple_sample
        >>> known = simple_sample([25, 50, 25])
        >>> found = interpolated_quantile(
        ...     0.5, [0, 1, 11], [0, 10, np.inf], known.estimate, covariance=known.covariance, n=100
        ... )
        >>> found.estimate, round(found.low, 3), round(found.high, 3)
        (5.5, 3.577, 7.423)
    """
    first, last = check_bands(lows, highs, apart=True, whole=not continuous)
    p, spread = checked(shares, covariance, first.size)
    wanted = check_quantile(q)
    place, _ = reached(wanted, p)
    _refuse_open(wanted, place, first, last)
    slack = 0.0 if continuous else 0.5
    edges = first - slack, last + slack
    error = _error_at(wanted, p, spread)
    limits = intervals.design_proportion(
        wanted,
        n,
        n_effective=effective(wanted, error**2),
        df=df,
        method=method,
        confidence_level=confidence_level,
    )
    low, high = (_number(np.asarray(share), p, edges) for share in (limits.low, limits.high))
    t = sizes.quantile(np.asarray(df, dtype=np.float64), 1 - confidence_level)
    return InterpolatedQuantile(
        estimate=plain(_number(wanted, p, edges)),
        standard_error=plain((high - low) / (2 * t)),
        low=plain(low),
        high=plain(high),
        band=Band(low=plain(first[place]), high=plain(last[place])),
        confidence_level=confidence_level,
        method=method,
    )


def _error_at(q: Floats, shares: Floats, covariance: Floats) -> Floats:
    """Standard error of the share up to a quantile: the bands below it and a part of its own."""
    place, summed = reached(q, shares)
    at = np.arange(shares.shape[-1]) - place[..., None]
    inside = (at == 0) * _part(q, place, shares, summed)[..., None]
    return standard_error((at < 0) + inside, covariance)


def _refuse_open(q: Floats, place: NDArray[np.intp], first: Floats, last: Floats) -> None:
    """Refuse a quantile in the band without an end, with what is known of it."""
    inside = np.isinf(last[place])
    if inside.any():
        name = f"{np.broadcast_to(q, place.shape)[inside].flat[0]:g}"
        raise NotEstimableError(
            f"the {name} quantile lies in a band without an end: it is {first[-1]:g} or more, and "
            "nothing can be interpolated there; take quantile_bounds"
        )


def _part(q: Floats, place: NDArray[np.intp], shares: Floats, summed: Floats) -> Floats:
    """How far into its band a quantile lies, 0 to 1."""
    shape = np.broadcast_shapes(place.shape, shares.shape[:-1])
    places = np.broadcast_to(place, shape)[..., None]

    def at(values: Floats) -> Floats:
        every = np.broadcast_to(values, (*shape, values.shape[-1]))
        return np.take_along_axis(every, places, axis=-1)[..., 0]

    held = at(shares)
    before = at(np.concatenate([np.zeros((*summed.shape[:-1], 1)), summed[..., :-1]], axis=-1))
    return np.clip((q - before) / held, 0.0, 1.0)


def _number(q: Floats, shares: Floats, edges: tuple[Floats, Floats]) -> Floats:
    """The number up to which a share of q lies; inf in the band without an end."""
    place, summed = reached(q, shares)
    low, high = edges[0][place], edges[1][place]
    open_band = np.isinf(high)
    width = np.where(open_band, 0.0, high) - np.where(open_band, 0.0, low)
    return np.where(open_band, np.inf, low + _part(q, place, shares, summed) * width)
