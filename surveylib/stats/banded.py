"""Bands of whole numbers and the shares of them: what both must be, and sums of shares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import MethodError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: How far from 1 shares may add up: the rounding of their sum.
_ADDS_UP = 1e-9
#: How far from 0 rows of a covariance may add up, and from symmetry it may be, for each unit of
#: its largest variance.
_EVEN = 1e-6
#: A cumulative share this close below a quantile, relative to it, has reached it: what is
#: missing is the rounding of the sum.
_REACHED = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Shares of bands, or cumulative shares, and how sure they are.

    Args:
        estimate: (..., B) shares in [0, 1].
        covariance: (..., B, B) their covariance.
    """

    estimate: Any
    covariance: Any


def simple_sample(counts: ArrayLike, *, n_effective: ArrayLike | None = None) -> Shares:
    """Compute the shares of counts with the covariance that they have in a simple sample.

    Args:
        counts: (..., B) respondents in each band, or sums of their weights.
        n_effective: What the sample is worth; None for the sum of the counts, which is right
            only where they are not weighted.

    Raises:
        MethodError: Counts below 0, or nobody at all.

    Example:
        >>> simple_sample([2, 8]).covariance
        array([[ 0.016, -0.016],
               [-0.016,  0.016]])
    """
    numbers = np.atleast_1d(np.asarray(counts, dtype=np.float64))
    total = numbers.sum(axis=-1)
    if not (np.isfinite(numbers).all() and (numbers >= 0).all() and (total > 0).all()):
        raise MethodError("counts are below 0, not finite or all 0; wanted somebody in some band")
    size = np.asarray(total if n_effective is None else n_effective, dtype=np.float64)
    if not (size > 0).all():
        raise MethodError(f"n_effective is {size.min():g}; wanted a number above 0")
    p = numbers / total[..., None]
    spread = p[..., None] * (np.eye(p.shape[-1]) - p[..., None, :])
    return Shares(estimate=p, covariance=spread / size[..., None, None])


def check_bands(
    lows: ArrayLike, highs: ArrayLike, *, apart: bool = False, whole: bool = True
) -> tuple[Floats, Floats]:
    """Lows and highs as arrays of floats.

    Args:
        lows: (B,) lows.
        highs: (B,) highs.
        apart: Refuse bands that overlap.
        whole: Refuse ends that are not whole numbers; without it, ends may touch.

    Raises:
        MethodError: Not such bands.
    """
    first, last = (np.asarray(ends, dtype=np.float64) for ends in (lows, highs))
    if first.ndim != 1 or first.shape != last.shape or not first.size:
        raise MethodError(f"lows of {first.shape}, highs of {last.shape}; wanted two of one length")
    if not np.isfinite(first).all() or np.isnan(last).any() or np.isinf(last[:-1]).any():
        raise MethodError("a band has no low, or one that is not the last has no high")
    ends = np.concatenate([first, last[np.isfinite(last)]])
    if whole and (ends != np.rint(ends)).any():
        raise MethodError(
            f"a band ends at {ends[ends != np.rint(ends)][0]:g}; wanted whole numbers"
        )
    if (last < first).any():
        wrong = int(np.argmax(last < first))
        raise MethodError(
            f"a band goes from {first[wrong]:g} to {last[wrong]:g}; wanted low to high"
        )
    # Ends that touch share nobody where numbers are not whole.
    overlap = first[1:] <= last[:-1] if whole else first[1:] < last[:-1]
    disordered = overlap if apart else (first[1:] < first[:-1]) | (last[1:] < last[:-1])
    if disordered.any():
        wrong = int(np.argmax(disordered))
        pair = f"{first[wrong]:g} to {last[wrong]:g}, then {first[wrong + 1]:g}"
        wanted = "bands in order that do not overlap" if apart else "bands in order"
        raise MethodError(f"bands go from {pair} to {last[wrong + 1]:g}; wanted {wanted}")
    return first, last


def check_shares(shares: ArrayLike, bands: int) -> Floats:
    """Shares as floats that add up to 1 along the last axis.

    Raises:
        MethodError: They do not, or there is not one for each band.
    """
    p = np.asarray(shares, dtype=np.float64)
    if p.ndim == 0 or p.shape[-1] != bands:
        raise MethodError(f"shares of {p.shape} for {bands} bands; wanted one for each band")
    if not (np.isfinite(p).all() and (p >= 0).all()):
        raise MethodError("a share is below 0 or not a finite number; wanted shares in [0, 1]")
    sums = p.sum(axis=-1)
    if (np.abs(sums - 1) > _ADDS_UP).any():
        first = sums[np.abs(sums - 1) > _ADDS_UP].flat[0]
        raise MethodError(f"shares add up to {first:g}; wanted 1: divide counts by their sum")
    return np.asarray(p / sums[..., None])


def checked(shares: ArrayLike, covariance: ArrayLike, bands: int) -> tuple[Floats, Floats]:
    """Shares as `check_shares` has them, and their covariance.

    Raises:
        MethodError: Not the covariance of so many shares that add up to 1.
    """
    return check_shares(shares, bands), check_covariance("covariance", covariance, bands)


def check_covariance(
    name: str, covariance: ArrayLike, size: int, *, adds_up: bool = True
) -> Floats:
    """A covariance as floats: symmetric, and of shares that add up to 1 if it is said so."""
    spread = np.asarray(covariance, dtype=np.float64)
    if spread.shape[-2:] != (size, size):
        raise MethodError(f"{name} of {spread.shape}; wanted {size} by {size}, one for each share")
    if not np.isfinite(spread).all():
        raise MethodError(f"{name} holds what is not a finite number")
    variances = np.diagonal(spread, axis1=-2, axis2=-1)
    near = _EVEN * np.abs(variances).max(axis=-1)
    uneven = np.abs(spread - np.swapaxes(spread, -1, -2)).max(axis=(-1, -2)) > near
    if (variances < 0).any() or uneven.any():
        raise MethodError(f"{name} is not symmetric, or a variance in it is below 0")
    if adds_up and (np.abs(spread.sum(axis=-1)).max(axis=-1) > size * near).any():
        raise MethodError(
            f"rows of {name} do not add up to 0, as those of shares that add up to 1 do; "
            "wanted the covariance of the shares, not of totals and not their variances alone"
        )
    return spread


def check_quantile(q: ArrayLike) -> Floats:
    """Refuse what is not between 0 and 1."""
    wanted = np.asarray(q, dtype=np.float64)
    wrong = ~((wanted > 0) & (wanted < 1))
    if wrong.any():
        raise MethodError(f"q is {wanted[wrong].flat[0]:g}; wanted a share between 0 and 1")
    return wanted


def reached(q: Floats, shares: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The first band with which the shares reach q, and all cumulative shares."""
    summed = np.cumsum(shares, axis=-1)
    summed /= summed[..., -1:]  # the last one is 1 to the last digit, and so may some before it be
    # Above 0, so that a band of nobody at the lowest end is never the one.
    least = np.maximum(q * (1 - _REACHED), np.finfo(np.float64).tiny)
    return np.argmax(summed >= least[..., None], axis=-1), summed


def standard_error(coefficients: Floats, covariance: Floats) -> Floats:
    """Standard error of a sum of shares times coefficients."""
    product = np.einsum("...i,...ij,...j->...", coefficients, covariance, coefficients)
    return np.asarray(np.sqrt(np.maximum(product, 0.0)))


def effective(share: Floats, variance: Floats) -> Floats:
    """The size of the simple sample in which a share has this variance; inf for none."""
    top = np.broadcast_to(share * (1 - share), np.broadcast_shapes(share.shape, variance.shape))
    found: Floats = np.divide(top, variance, out=np.full(top.shape, np.inf), where=variance > 0)
    return found
