"""The smallest changes that samples are likely to show, for thousands of pairs of waves at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from surveylib.errors import MethodError
from surveylib.stats.intervals import check_level

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: Halvings of the unit interval, after which a float has no digit left to give.
_HALVINGS = 60


def detectable_changes(
    share: ArrayLike,
    n_from: ArrayLike,
    n_to: ArrayLike,
    *,
    correlation: ArrayLike = 0.0,
    power: float = 0.8,
    confidence_level: float = 0.95,
) -> tuple[Floats, Floats]:
    """Find the smallest rise and the smallest fall that are shown as often as the power says.

    |d| = z(1 - α/2) √V0 + z(power) √V1, with V0 the variance of the difference where both shares
    are the pooled one and V1 where they are d apart (Fleiss, Levin and Paik 2003, section 4.3,
    without continuity); a correlation of the two estimates takes 2 r √(v1 v2) away.
    `planning.detectable` is the same of one pair.

    Args:
        share: Shares in the earlier wave, in [0, 1].
        n_from: Effective numbers of respondents of the earlier wave.
        n_to: Of the later wave.
        correlation: Of the two estimates.
        power: How often such a change shall be found, above 1/2.
        confidence_level: Of the two-sided test.

    Returns:
        Rises, above 0, and falls, below 0; not a number where even a share of 1, or 0, is too near.

    Raises:
        MethodError: A power or a level outside its range.

    Example:
        R: power.prop.test(n = 50, p1 = .5, power = .90) says p2 = 0.8026141.

        >>> up, down = detectable_changes([0.5], [50], [50], power=0.9)
        >>> up.round(4).tolist(), down.round(4).tolist()
        ([0.3026], [-0.3026])
    """
    check_level(confidence_level)
    if not 0.5 < power < 1:
        raise MethodError(f"power is {power:g}; wanted a number above 0.5 and below 1")
    parts = (np.asarray(part, dtype=np.float64) for part in (share, n_from, n_to, correlation))
    p, n1, n2, r = np.broadcast_arrays(*parts)
    of_test = -special.ndtri((1 - confidence_level) / 2)
    of_power = special.ndtri(power)

    def excess(later: Floats) -> Floats:
        pooled = (n1 * p + n2 * later) / (n1 + n2)
        same = _error(pooled, pooled, n1, n2, r)
        needed = of_test * same + of_power * _error(p, later, n1, n2, r)
        return np.asarray(np.abs(later - p) - needed)

    return _nearest(p, np.ones_like(p), excess), _nearest(p, np.zeros_like(p), excess)


def _error(p1: Floats, p2: Floats, n1: Floats, n2: Floats, r: Floats) -> Floats:
    v1, v2 = p1 * (1 - p1) / n1, p2 * (1 - p2) / n2
    return np.sqrt(np.maximum(v1 + v2 - 2 * r * np.sqrt(v1 * v2), 0.0))


def _nearest(share: Floats, end: Floats, excess: Callable[[Floats], Floats]) -> Floats:
    """Halve the way from a share to an end until the change begins to show."""
    hidden, seen = share.copy(), end.copy()
    found = excess(seen) >= 0
    for _ in range(_HALVINGS):
        middle = (hidden + seen) / 2
        shown = excess(middle) >= 0
        seen, hidden = np.where(shown, middle, seen), np.where(shown, hidden, middle)
    return np.where(found & (share != end), seen - share, np.nan)
