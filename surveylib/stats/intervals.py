"""Intervals for one proportion. A method is its lower limit; the upper one is its mirror image.

Counts need not be whole: a printed share times its base, or an effective count, may stand in.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from surveylib.errors import MethodError, no_method

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Lower = Callable[[Floats, Floats, float], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An interval for a proportion.

    Args:
        low: Lower limit in [0, 1]; a float, or an array where arrays were given.
        high: Upper limit, likewise.
        confidence_level: Nominal coverage, such as 0.95.
        method: A name in METHODS.
    """

    low: Any
    high: Any
    confidence_level: float
    method: str


def proportion(
    count: ArrayLike,
    n: ArrayLike,
    *,
    method: str = "wilson",
    confidence_level: float = 0.95,
) -> Interval:
    """Compute an interval for a proportion; arrays broadcast.

    Args:
        count: Respondents with the answer, 0 to n; need not be whole.
        n: Respondents asked, above 0; may be an effective n.
        method: A name in METHODS.
        confidence_level: Nominal coverage, above 0 and below 1.

    Returns:
        The interval, inside [0, 1] and never a single point.

    Raises:
        MethodError: No such method, or numbers outside their range.

    Example:
        Newcombe (1998, Statistics in Medicine 17:857, Table I): 81 of 263.

        >>> interval = proportion(81, 263)
        >>> round(interval.low, 4), round(interval.high, 4)
        (0.2553, 0.3662)
        >>> proportion([0, 10], 10).high.round(3)
        array([0.278, 1.   ])
    """
    lower = METHODS.get(method)
    if lower is None:
        raise MethodError(no_method("interval", method, METHODS))
    check_level(confidence_level)
    counts, ns = check_counts(count, n)
    alpha = 1 - confidence_level
    low = np.clip(lower(counts, ns, alpha), 0.0, 1.0)
    high = np.clip(1 - lower(ns - counts, ns, alpha), 0.0, 1.0)
    return Interval(
        low=plain(low), high=plain(high), confidence_level=confidence_level, method=method
    )


def check_level(confidence_level: float) -> None:
    """Refuse a confidence level outside (0, 1); 95 is not 0.95."""
    if not 0 < confidence_level < 1:
        message = f"confidence_level is {confidence_level}; wanted a number such as 0.95"
        raise MethodError(message)


def check_counts(count: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """Counts and sizes as broadcast arrays of floats.

    Raises:
        MethodError: Not finite, n not above 0, or a count outside 0 to n.
    """
    counts, ns = np.broadcast_arrays(
        np.asarray(count, dtype=np.float64), np.asarray(n, dtype=np.float64)
    )
    if not (np.isfinite(counts).all() and np.isfinite(ns).all()):
        message = "a count or an n is not a finite number"
        raise MethodError(message)
    if (ns <= 0).any():
        message = f"n is {ns[ns <= 0].flat[0]:g}; wanted at least one respondent"
        raise MethodError(message)
    wrong = (counts < 0) | (counts > ns)
    if wrong.any():
        first = f"{counts[wrong].flat[0]:g} of {ns[wrong].flat[0]:g}"
        message = f"count is {first}; wanted a count from 0 to n"
        raise MethodError(message)
    return counts, ns


def plain(values: Floats) -> float | Floats:
    """A float for a single value, the array otherwise."""
    return float(values) if values.ndim == 0 else values


def wilson(count: Floats, n: Floats, alpha: float) -> Floats:
    """Invert the score test. Wilson (1927); Newcombe (1998), method 3."""
    return wilson_at(count, n, float(special.ndtri(1 - alpha / 2)))


def wilson_at(count: Floats, n: Floats, z: Floats | float) -> Floats:
    """Wilson's lower limit at a normal quantile, which may differ from place to place.

    The smaller root is written as a quotient, so that it is exactly 0 for a count of 0 and keeps
    its digits near 0.
    """
    root = z * np.sqrt(z**2 + 4 * count * (n - count) / n)
    weight = np.maximum(2 * count + z**2 + root, np.finfo(np.float64).tiny)
    return np.asarray(2 * count**2 / n / weight)


def clopper_pearson(count: Floats, n: Floats, alpha: float) -> Floats:
    """Invert two one-sided exact tests. Clopper and Pearson (1934); Newcombe (1998), method 5."""
    some = np.where(count > 0, count, 1.0)
    low: Floats = special.betaincinv(some, np.maximum(n - some, 0.0) + 1, alpha / 2)
    return _zero_at_zero(count, low)


def jeffreys(count: Floats, n: Floats, alpha: float) -> Floats:
    """Take Beta(1/2, 1/2) as prior; 0 for a count of 0. Brown, Cai and DasGupta (2001), 3.1.3."""
    low: Floats = special.betaincinv(count + 0.5, n - count + 0.5, alpha / 2)
    return _zero_at_zero(count, low)


def _zero_at_zero(count: Floats, low: Floats) -> Floats:
    """A lower limit that is 0 where nobody gave the answer."""
    return np.asarray(np.where(count > 0, low, 0.0), dtype=np.float64)


def agresti_coull(count: Floats, n: Floats, alpha: float) -> Floats:
    """Add z²/2 to both counts, then Wald, cut at 0. Agresti and Coull (1998), section 2."""
    z2 = special.ndtri(1 - alpha / 2) ** 2
    n_tilde = n + z2
    p_tilde = (count + z2 / 2) / n_tilde
    low: Floats = p_tilde - np.sqrt(z2 * p_tilde * (1 - p_tilde) / n_tilde)
    return np.maximum(low, 0.0)


def mid_p(count: Floats, n: Floats, alpha: float) -> Floats:
    """Count half of the observed outcome. Berry and Armitage (1995); Newcombe (1998), method 6.

    With binomial tails as incomplete beta functions, which also exist between whole counts.
    """
    some = np.where(count > 0, count, 1.0)
    rest = np.maximum(n - some, 0.0)

    def excess(p: Floats) -> Floats:
        # P(X >= count) and P(X > count); the latter is 0 where every respondent gave the answer.
        reached = special.betainc(some, rest + 1, p)
        passed = np.where(rest > 0, special.betainc(some + 1, np.where(rest > 0, rest, 1.0), p), 0)
        return np.asarray(reached + passed - alpha, dtype=np.float64)

    low = rising_root(excess, np.zeros(n.shape), np.ones(n.shape))
    return _zero_at_zero(count, low)


def rising_root(function: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Where a rising function crosses 0, by halving until neighbouring floats are reached."""
    for _ in range(80):
        middle = (low + high) / 2
        above = function(middle) > 0
        high = np.where(above, middle, high)
        low = np.where(above, low, middle)
    return (low + high) / 2


METHODS: Mapping[str, Lower] = MappingProxyType(
    {
        "wilson": wilson,
        "clopper-pearson": clopper_pearson,
        "jeffreys": jeffreys,
        "agresti-coull": agresti_coull,
        "mid-p": mid_p,
    }
)
