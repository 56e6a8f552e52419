"""Differences of two independent proportions, always the later minus the earlier one.

The p-value belongs to the interval: it is 1 minus the highest confidence level at which the
interval leaves 0 out. So a table, an interval and a verdict never contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import MethodError, no_method
from surveylib.stats.intervals import (
    check_counts,
    check_level,
    plain,
    rising_root,
    wilson_at,
)
from surveylib.stats.mover_limits import reach

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Limits = Callable[[Floats, Floats, Floats, Floats, float], tuple[Floats, Floats]]
    Reach = Callable[[Floats, Floats, Floats, Floats], Floats]

#: Beyond this many standard errors a two-sided p-value is below what a float can hold.
_FARTHEST = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A difference of two proportions with its interval.

    Args:
        estimate: Later minus earlier proportion, in [-1, 1]; a float, or an array.
        low: Lower limit.
        high: Upper limit.
        p_value: Two-sided, of the test that the interval inverts.
        confidence_level: Nominal coverage, such as 0.95.
        method: A name in METHODS.
    """

    estimate: Any
    low: Any
    high: Any
    p_value: Any
    confidence_level: float
    method: str


class Method(NamedTuple):
    """Limits at a normal quantile z, and the z at which they reach 0."""

    limits: Limits
    reach: Reach


def independent(
    count_from: ArrayLike,
    n_from: ArrayLike,
    count_to: ArrayLike,
    n_to: ArrayLike,
    *,
    method: str = "newcombe",
    confidence_level: float = 0.95,
) -> Difference:
    """Compare two proportions from samples that share nobody; arrays broadcast.

    Args:
        count_from: Respondents with the answer in the earlier sample; need not be whole.
        n_from: Size of the earlier sample; may be an effective n.
        count_to: Respondents with the answer in the later sample.
        n_to: Size of the later sample.
        method: A name in METHODS.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: No such method, numbers outside their range, or a method that has no
            interval for these counts (Wald where both proportions are 0 or 1).

    Example:
        Newcombe (1998, Statistics in Medicine 17:873, Table II, example a).

        >>> change = independent(48, 80, 56, 70)
        >>> round(change.estimate, 4), round(change.low, 4), round(change.high, 4)
        (0.2, 0.0524, 0.3339)
    """
    chosen = METHODS.get(method)
    if chosen is None:
        raise MethodError(no_method("difference", method, METHODS))
    check_level(confidence_level)
    first = check_counts(count_from, n_from)
    second = check_counts(count_to, n_to)
    x1, n1, x2, n2 = np.broadcast_arrays(*first, *second)
    z = float(special.ndtri(1 - (1 - confidence_level) / 2))
    low, high = chosen.limits(x1, n1, x2, n2, z)
    p_value = 2 * special.ndtr(-np.abs(chosen.reach(x1, n1, x2, n2)))
    return Difference(
        estimate=plain(x2 / n2 - x1 / n1),
        low=plain(np.clip(low, -1.0, 1.0)),
        high=plain(np.clip(high, -1.0, 1.0)),
        p_value=plain(np.asarray(p_value)),
        confidence_level=confidence_level,
        method=method,
    )


def newcombe(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: Floats | float
) -> tuple[Floats, Floats]:
    """Square and add the distances to Wilson's limits. Newcombe (1998), method 10."""
    p1, p2 = x1 / n1, x2 / n2
    down = np.hypot(p2 - wilson_at(x2, n2, z), 1 - wilson_at(n1 - x1, n1, z) - p1)
    up = np.hypot(1 - wilson_at(n2 - x2, n2, z) - p2, p1 - wilson_at(x1, n1, z))
    return p2 - p1 - down, p2 - p1 + up


def _newcombe_reach(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    """Find the z at which the limit nearer to 0 is 0; the distance grows with z."""
    return _reach(newcombe, x1, n1, x2, n2)


def newcombe_continuity(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: Floats | float
) -> tuple[Floats, Floats]:
    """As `newcombe`, with the limits of `wilson_continuity_at`. Newcombe (1998), method 11."""
    p1, p2 = x1 / n1, x2 / n2
    low_from, low_to = wilson_continuity_at(x1, n1, z), wilson_continuity_at(x2, n2, z)
    high_from = 1 - wilson_continuity_at(n1 - x1, n1, z)
    high_to = 1 - wilson_continuity_at(n2 - x2, n2, z)
    down, up = np.hypot(p2 - low_to, high_from - p1), np.hypot(high_to - p2, p1 - low_from)
    return p2 - p1 - down, p2 - p1 + up


def wilson_continuity_at(count: Floats, n: Floats, z: Floats | float) -> Floats:
    """Wilson's lower limit with continuity correction, at least 0. Newcombe (1998), method 4.

    The score test is inverted with half a respondent taken off; at z = 0 that is what is left.
    """
    p, q = count / n, (n - count) / n
    inside = np.maximum(z**2 - 2 - 1 / n + 4 * p * (n * q + 1), 0.0)
    low = (2 * count + z**2 - 1 - z * np.sqrt(inside)) / (2 * (n + z**2))
    return np.asarray(np.clip(low, 0.0, p))


def _newcombe_continuity_reach(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    """As for `newcombe`; 0 where half a respondent in each sample already reaches 0."""
    return _reach(newcombe_continuity, x1, n1, x2, n2)


def _reach(limits: Any, x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    """Find where limits that move outwards with z reach 0, with the sign of the difference."""
    difference = x2 / n2 - x1 / n1
    farthest = np.full(x1.shape, _FARTHEST)
    found = reach(lambda z: limits(x1, n1, x2, n2, z), difference, farthest=farthest)
    return np.where(difference >= 0, found, -found)


def _wald_parts(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> tuple[Floats, Floats]:
    p1, p2 = x1 / n1, x2 / n2
    error = np.sqrt(p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2)
    if (error == 0).any():
        message = (
            "wald has no interval where both proportions are 0 or 1; "
            "choose 'newcombe' or 'miettinen-nurminen'"
        )
        raise MethodError(message)
    return p2 - p1, error


def wald(x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: float) -> tuple[Floats, Floats]:
    """Add and subtract z unpooled standard errors. Newcombe (1998), method 1: to match others."""
    difference, error = _wald_parts(x1, n1, x2, n2)
    return difference - z * error, difference + z * error


def _wald_reach(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    difference, error = _wald_parts(x1, n1, x2, n2)
    return difference / error


def agresti_caffo(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: float
) -> tuple[Floats, Floats]:
    """Add one success and one failure to each sample, then Wald. Agresti and Caffo (2000)."""
    return wald(x1 + 1, n1 + 2, x2 + 1, n2 + 2, z)


def _agresti_caffo_reach(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    return _wald_reach(x1 + 1, n1 + 2, x2 + 1, n2 + 2)


def _restricted(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, delta: Floats
) -> tuple[Floats, Floats]:
    """Most likely proportions among those that differ by delta.

    The root of a cubic in closed form. Miettinen and Nurminen (1985), appendix I, with their
    group 0 the earlier sample.
    """
    total, cases = n1 + n2, x1 + x2
    l3 = total
    l2 = (n2 + 2 * n1) * delta - total - cases
    l1 = (n1 * delta - total - 2 * x1) * delta + cases
    l0 = x1 * delta * (1 - delta)
    centre = l2 / (3 * l3)
    q = centre**3 - l1 * l2 / (6 * l3**2) + l0 / (2 * l3)
    radius = np.sqrt(np.maximum(centre**2 - l1 / (3 * l3), 0.0))
    p = np.where(q >= 0, radius, -radius)
    cosine = np.divide(q, p**3, out=np.zeros(q.shape), where=p != 0)
    angle = (np.pi + np.arccos(np.clip(cosine, -1.0, 1.0))) / 3
    earlier = np.clip(2 * p * np.cos(angle) - centre, np.maximum(0.0, -delta), 1.0)
    earlier = np.minimum(earlier, 1 - np.maximum(delta, 0.0))
    return earlier, np.clip(earlier + delta, 0.0, 1.0)


def _score_variance(x1: Floats, n1: Floats, x2: Floats, n2: Floats, delta: Floats) -> Floats:
    earlier, later = _restricted(x1, n1, x2, n2, delta)
    return earlier * (1 - earlier) / n1 + later * (1 - later) / n2


def _score_limits(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, z2: Floats
) -> tuple[Floats, Floats]:
    """Differences at which the squared score statistic is z²: one on each side of the estimate."""
    estimate = x2 / n2 - x1 / n1

    def beyond(delta: Floats) -> Floats:
        return (delta - estimate) ** 2 - z2 * _score_variance(x1, n1, x2, n2, delta)

    high = rising_root(beyond, estimate, np.ones(x1.shape))
    low = -rising_root(lambda mirrored: beyond(-mirrored), -estimate, np.ones(x1.shape))
    return low, high


def mee(x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: float) -> tuple[Floats, Floats]:
    """Invert the score test. Mee (1984); Newcombe (1998), method 5."""
    return _score_limits(x1, n1, x2, n2, np.full(x1.shape, z**2))


def _mee_reach(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    difference = x2 / n2 - x1 / n1
    pooled = (x1 + x2) / (n1 + n2)
    error = np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return np.divide(difference, error, out=np.zeros(x1.shape), where=error > 0)


def miettinen_nurminen(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: float
) -> tuple[Floats, Floats]:
    """Invert the score test with variance × N/(N-1). Miettinen and Nurminen (1985), eq. 8 and 9."""
    return _score_limits(x1, n1, x2, n2, z**2 / shrinkage(n1 + n2))


def _miettinen_nurminen_reach(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    return _mee_reach(x1, n1, x2, n2) * np.sqrt(shrinkage(n1 + n2))


def shrinkage(total: Floats) -> Floats:
    """(N-1)/N; as good as 0 for samples worth one respondent or less, which show nothing.

    Args:
        total: Respondents of both samples.
    """
    return np.asarray(np.maximum(1 - 1 / total, 1e-12))


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "newcombe": Method(newcombe, _newcombe_reach),
        "newcombe-continuity": Method(newcombe_continuity, _newcombe_continuity_reach),
        "miettinen-nurminen": Method(miettinen_nurminen, _miettinen_nurminen_reach),
        "mee": Method(mee, _mee_reach),
        "agresti-caffo": Method(agresti_caffo, _agresti_caffo_reach),
        "wald": Method(wald, _wald_reach),
    }
)
