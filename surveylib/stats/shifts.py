"""What two waves of counts answered in bands say of a shift: cut by cut, and of the mean.

Everything is the later minus the earlier wave; up means that the later numbers are higher.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.banded import Shares, check_bands, check_covariance, checked
from surveylib.stats.ordered import Bounds, bounds, capped

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: Differences of cumulative shares up to here are the rounding of sums.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Dominance:
    """Whether numbers shifted up or down from one wave to another, at every cut.

    Args:
        z: (C,) earlier minus later share up to the cut over its standard error: above 0 where
            the later numbers are higher; 0 where nobody is on one side of the cut in both.
        p_values: (C,) two-sided.
        holm: (C,) the same, adjusted for the number of cuts that somebody is on both sides of.
        strict_p_value: Of the claim that the later numbers are higher (or lower) at every cut:
            the largest p-value where all z have one sign, and 1 otherwise.
        alpha: What a p-value of a claim must be below.
        verdict: "shifted up" or "shifted down": no z has the other sign, and the smallest Holm
            p-value is below alpha. "crosses": Holm p-values below alpha on both sides.
            "not shown": neither.
    """

    z: Floats
    p_values: Floats
    holm: Floats
    strict_p_value: float
    alpha: float
    verdict: str

    @property
    def strict(self) -> bool:
        """Whether it is shown for every single cut."""
        return self.strict_p_value < self.alpha


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanChange:
    """What a change of a mean may be.

    Args:
        free: With nothing known about the answers inside a band.
        same_means: If the mean of the answers inside each band, whatever it is, did not change.
    """

    free: Bounds
    same_means: Bounds


def cumulative(
    cuts: ArrayLike,
    lows: ArrayLike,
    highs: ArrayLike,
    shares: ArrayLike,
    *,
    covariance: ArrayLike,
) -> Shares:
    """Compute the shares up to several cuts with their covariance, for `dominance`.

    Args:
        cuts: (C,) numbers that no band holds on both sides.
        lows: (B,) lowest whole number of each band.
        highs: (B,) highest; the last may be inf.
        shares: (..., B) shares that add up to 1.
        covariance: (..., B, B) their covariance.

    Returns:
        (..., C) cumulative shares and their (..., C, C) covariance.

    Raises:
        MethodError: Numbers that do not fit, or a cut inside a band.
    """
    first, last = check_bands(lows, highs)
    p, spread = checked(shares, covariance, first.size)
    t = np.atleast_1d(np.asarray(cuts, dtype=np.float64))[:, None]
    sure = last <= t
    if ((first <= t) & ~sure).any():
        cut, band = np.argwhere((first <= t) & ~sure)[0]
        name = f"{first[band]:g} to {last[band]:g}"
        raise MethodError(
            f"the cut at {t[cut, 0]:g} is inside the band {name}; wanted cuts at ends"
        )
    steps = sure * 1.0
    return Shares(estimate=p @ steps.T, covariance=steps @ spread @ steps.T)


def dominance(
    cumulative_from: ArrayLike,
    cumulative_to: ArrayLike,
    *,
    covariance_from: ArrayLike,
    covariance_to: ArrayLike,
    between: ArrayLike | None = None,
    df: float = np.inf,
    alpha: float = 0.05,
) -> Dominance:
    """Test at every common cut whether numbers shifted.

    A shift is claimed when no cut shows the other direction and one shows it beyond what the
    best of so many would show by chance (Holm). That it holds at every cut is a stronger claim,
    whose test is the intersection of all: its p-value is the largest (Kaur, Rao and Singh, 1994;
    Howes, 1993). Both are two-sided, because the direction is not named before.

    Args:
        cumulative_from: (C,) earlier shares up to each cut that both waves have, below the last
            one, which is always 1; see `cumulative`.
        cumulative_to: (C,) later shares.
        covariance_from: (C, C) covariance of the earlier shares.
        covariance_to: (C, C) covariance of the later shares.
        between: (C, C) covariance of each earlier (row) with each later share (column), where
            the waves share sampling units; None for independent samples.
        df: Degrees of freedom of both designs together; infinite for simple samples.
        alpha: Level of the claims.

    Raises:
        MethodError: Numbers that do not fit.
        NotEstimableError: A cut with a difference and no variance: everybody on one side of it
            before, on the other after.

    Example:
        >>> from surveylib.stats.banded import simple_sample
        >>> lists = [0, 1, 11], [0, 10, np.inf]
        >>> waves = [simple_sample([60, 30, 10]), simple_sample([35, 45, 20])]
        >>> first, second = [
        ...     cumulative([0, 10], *lists, wave.estimate, covariance=wave.covariance)
        ...     for wave in waves
        ... ]
        >>> found = dominance(
        ...     first.estimate,
        ...     second.estimate,
        ...     covariance_from=first.covariance,
        ...     covariance_to=second.covariance,
        ... )
        >>> found.verdict, found.z.round(2), round(found.strict_p_value, 3)
        ('shifted up', array([3.66, 2.  ]), 0.046)
    """
    earlier, later = _check_cumulative(cumulative_from), _check_cumulative(cumulative_to)
    if earlier.shape != later.shape:
        raise MethodError(f"{earlier.size} and {later.size} cuts; wanted the same cuts in both")
    if not (0 < alpha < 1 and df >= 1):
        raise MethodError(f"alpha is {alpha:g}, df is {df:g}; wanted 0 < alpha < 1 and df >= 1")
    size = earlier.size
    spread = _of_change(covariance_from, covariance_to, between, size, adds_up=False)
    error = np.sqrt(np.maximum(np.diagonal(spread), 0.0))
    difference = earlier - later
    difference[np.abs(difference) <= _ROUNDING] = 0.0
    known = error > _ROUNDING
    if (difference[~known] != 0).any():
        raise NotEstimableError(
            f"cut {int(np.argmax(~known & (difference != 0))) + 1} has a difference and no variance"
            ": nobody was on its one side before, nobody on the other after"
        )
    z = np.divide(difference, error, out=np.zeros(size), where=known)
    p = 2 * (special.ndtr(-np.abs(z)) if np.isinf(df) else special.stdtr(df, -np.abs(z)))
    holm = np.ones(size)
    holm[known] = _holm(p[known])
    one_sign = (z > 0).all() or (z < 0).all()
    return Dominance(
        z=z,
        p_values=p,
        holm=holm,
        strict_p_value=float(p.max()) if one_sign else 1.0,
        alpha=alpha,
        verdict=_verdict(z, holm < alpha),
    )


def _check_cumulative(shares: ArrayLike) -> Floats:
    """Shares up to cuts: in order, from 0 to 1."""
    found = np.asarray(shares, dtype=np.float64)
    if found.ndim != 1 or not found.size:
        raise MethodError(f"cumulative shares of {found.shape}; wanted one for each of some cuts")
    steps = np.diff(found, prepend=0.0, append=1.0)
    if not (steps >= -_ROUNDING).all():
        raise MethodError("cumulative shares fall, or leave [0, 1]; wanted cuts from low to high")
    return found


def _of_change(
    earlier: ArrayLike, later: ArrayLike, between: ArrayLike | None, size: int, *, adds_up: bool
) -> Floats:
    """The covariance of later minus earlier shares."""
    first = check_covariance("covariance_from", earlier, size, adds_up=adds_up)
    second = check_covariance("covariance_to", later, size, adds_up=adds_up)
    shared, turned = _both_ways(between, size)
    return first + second - shared - turned


def _both_ways(between: ArrayLike | None, size: int) -> tuple[Floats, Floats]:
    """The covariance of earlier with later shares, and of later with earlier ones."""
    shared = np.zeros((size, size)) if between is None else np.asarray(between, dtype=np.float64)
    if shared.shape[-2:] != (size, size) or not np.isfinite(shared).all():
        raise MethodError(f"between of {shared.shape}; wanted {size} by {size} finite numbers")
    return shared, np.swapaxes(shared, -1, -2)


def _holm(p: Floats) -> Floats:
    """Adjust p-values for their number, step by step. Holm (1979)."""
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    adjusted = np.empty(p.size)
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted


def _verdict(z: Floats, shown: NDArray[np.bool_]) -> str:
    """What the cuts say together."""
    up, down = bool((shown & (z > 0)).any()), bool((shown & (z < 0)).any())
    if up and down:
        return "crosses"
    if up and (z >= 0).all():
        return "shifted up"
    if down and (z <= 0).all():
        return "shifted down"
    return "not shown"


def mean_change(
    lows: ArrayLike,
    highs: ArrayLike,
    shares_from: ArrayLike,
    shares_to: ArrayLike,
    *,
    covariance_from: ArrayLike,
    covariance_to: ArrayLike,
    between: ArrayLike | None = None,
    cap: float | None = None,
) -> MeanChange:
    """Bound the change of a mean, with nothing known inside the bands and with one assumption.

    Args:
        lows: (B,) lowest whole number of each band, in both waves.
        highs: (B,) highest; the last may be inf.
        shares_from: (..., B) earlier shares that add up to 1.
        shares_to: (..., B) later shares.
        covariance_from: (..., B, B) covariance of the earlier shares.
        covariance_to: (..., B, B) covariance of the later shares.
        between: (..., B, B) covariance of each earlier (row) with each later share (column),
            where the waves share sampling units; None for independent samples.
        cap: The highest number that anybody in a band without an end can have; None for no such
            number.

    Raises:
        MethodError: Numbers that do not fit, or a cap that nothing needs or that is too low.

    Example:
        >>> from surveylib.stats.banded import simple_sample
        >>> first, second = simple_sample([50, 50]), simple_sample([40, 60])
        >>> found = mean_change(
        ...     [1, 11],
        ...     [10, 20],
        ...     first.estimate,
        ...     second.estimate,
        ...     covariance_from=first.covariance,
        ...     covariance_to=second.covariance,
        ... )
        >>> round(found.free.low, 9), round(found.free.high, 9)
        (-8.0, 10.0)
        >>> round(found.same_means.low, 9), round(found.same_means.high, 9)
        (0.1, 1.9)
    """
    first, last = check_bands(lows, highs)
    last = capped(first, last, cap)
    earlier, spread_from = checked(shares_from, covariance_from, first.size)
    later, spread_to = checked(shares_to, covariance_to, first.size)
    shared, turned = _both_ways(between, first.size)
    # One row of shares, the earlier ones first, and its covariance.
    both = np.concatenate(np.broadcast_arrays(earlier, later), axis=-1)
    blocks = np.broadcast_arrays(spread_from, shared, turned, spread_to)
    rows = [np.concatenate(blocks[half], axis=-1) for half in (slice(0, 2), slice(2, 4))]
    spread = np.concatenate(rows, axis=-2)
    change = later - earlier
    spread_of_change = spread_from + spread_to - shared - turned
    rises = change > 0
    return MeanChange(
        free=bounds(np.concatenate([-last, first]), np.concatenate([-first, last]), both, spread),
        same_means=bounds(
            np.where(rises, first, last), np.where(rises, last, first), change, spread_of_change
        ),
    )
