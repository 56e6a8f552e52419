"""Ratios of two independent proportions, always the later over the earlier one.

The p-value belongs to the interval: it is 1 minus the highest confidence level at which the
interval leaves 1 out. The ratio is 1 where the difference is 0, so that the score methods and
`mover` share their p-value with a method for the difference.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import MethodError, NotEstimableError, no_method
from surveylib.stats import differences
from surveylib.stats.intervals import check_counts, check_level, plain, rising_root, wilson_at
from surveylib.stats.mover_limits import Enclosed, quotient, ratio_limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Limits = Callable[[Floats, Floats, Floats, Floats, float], tuple[Floats, Floats]]
    PValue = Callable[[Floats, Floats, Floats, Floats], Any]

#: Logarithms of the ratios among which limits are looked for.
FARTHEST_LOG = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A ratio of two proportions with its interval; floats, or arrays where arrays were given.

    Args:
        estimate: Later over earlier proportion; infinite where the earlier one is 0.
        low: Lower limit, at least 0.
        high: Upper limit; infinite where the earlier proportion may be 0.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PercentChange(Ratio):
    """A ratio as a change in percent of the earlier proportion: 100 (ratio - 1)."""


class Method(NamedTuple):
    """Limits at a normal quantile, and the p-value of the ratio 1."""

    limits: Limits
    p_value: PValue


def independent(
    count_from: ArrayLike,
    n_from: ArrayLike,
    count_to: ArrayLike,
    n_to: ArrayLike,
    *,
    method: str = "koopman",
    confidence_level: float = 0.95,
) -> Ratio:
    """Compare two proportions from samples that share nobody, as a ratio; arrays broadcast.

    Args:
        count_from: Respondents with the answer in the earlier sample; need not be whole.
        n_from: Size of the earlier sample; may be an effective n.
        count_to: Respondents with the answer in the later sample.
        n_to: Size of the later sample.
        method: A name in METHODS.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: No such method, numbers outside their range, or a method that has no
            interval for these counts (Katz where a count is 0, or everybody gave the answer).
        NotEstimableError: Nobody gave the answer in either sample: 0 / 0.

    Example:
        Koopman (1984, Biometrics 40:513): 36 of 40 over 16 of 80.

        >>> found = independent(16, 80, 36, 40)
        >>> round(found.estimate, 2), round(found.low, 2), round(found.high, 2)
        (4.5, 2.94, 7.15)
        >>> independent(0, 20, 5, 20).high
        inf
    """
    chosen = METHODS.get(method)
    if chosen is None:
        raise MethodError(no_method("ratio", method, METHODS))
    check_level(confidence_level)
    first = check_counts(count_from, n_from)
    second = check_counts(count_to, n_to)
    x1, n1, x2, n2 = np.broadcast_arrays(*first, *second)
    nobody = (x1 == 0) & (x2 == 0)
    if nobody.any():
        sizes = f"0 of {n2[nobody].flat[0]:g} over 0 of {n1[nobody].flat[0]:g}"
        message = f"{sizes} is no ratio: nobody gave the answer; compare by a difference"
        raise NotEstimableError(message)
    z = float(special.ndtri(1 - (1 - confidence_level) / 2))
    low, high = chosen.limits(x1, n1, x2, n2, z)
    return Ratio(
        estimate=plain(quotient(x2 / n2, x1 / n1)),
        low=plain(low),
        high=plain(high),
        p_value=plain(np.asarray(chosen.p_value(x1, n1, x2, n2))),
        confidence_level=confidence_level,
        method=method,
    )


def percent_change(ratio: Ratio) -> PercentChange:
    """Express a ratio as a change in percent of the earlier proportion.

    Args:
        ratio: As `independent` returns it. An infinite limit stays infinite; -100 is a fall to 0.

    Example:
        >>> rise = percent_change(independent(16, 80, 36, 40))
        >>> round(rise.estimate), round(rise.low), round(rise.high)
        (350, 194, 615)
    """
    return PercentChange(
        estimate=100 * (ratio.estimate - 1),
        low=100 * (ratio.low - 1),
        high=100 * (ratio.high - 1),
        p_value=ratio.p_value,
        confidence_level=ratio.confidence_level,
        method=ratio.method,
    )


def _score_lower(x1: Floats, n1: Floats, x2: Floats, n2: Floats, z2: Floats | float) -> Floats:
    """The smallest ratio that the score test does not reject; 0 if nobody is in the later count.

    The most likely proportions with a ratio are roots of a quadratic; what is under its square
    root is written as a sum of squares. Koopman (1984), section 2.
    """
    some = x2 > 0
    # Where nobody is, the search runs on other numbers and its result is not used.
    x2 = np.where(some, x2, n2)
    all_in = x1 + x2

    def beyond(log: Floats) -> Floats:
        ratio = np.exp(log)
        half, apart = n1 + x2 + ratio * (n2 + x1), n1 + x2 - ratio * (n2 + x1)
        root = np.sqrt(apart**2 + 4 * ratio * (n1 - x1) * (n2 - x2))
        earlier = np.minimum(2 * all_in / (half + root), 1.0)
        later = np.minimum(ratio * earlier, 1.0)
        variance = later * (1 - later) / n2 + ratio**2 * earlier * (1 - earlier) / n1
        return np.asarray(z2 * variance - (x2 / n2 - ratio * x1 / n1) ** 2)

    end = np.minimum(np.log(quotient(x2 / n2, x1 / n1)), FARTHEST_LOG)
    log = rising_root(beyond, np.full(x1.shape, -FARTHEST_LOG), end)
    return np.where(some, np.exp(log), 0.0)


def _score_limits(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, z2: Floats | float
) -> tuple[Floats, Floats]:
    """The upper limit is 1 over the lower one of the samples swapped."""
    low = _score_lower(x1, n1, x2, n2, z2)
    return low, quotient(np.ones(x1.shape), _score_lower(x2, n2, x1, n1, z2))


def koopman(x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: float) -> tuple[Floats, Floats]:
    """Invert the score test. Koopman (1984)."""
    return _score_limits(x1, n1, x2, n2, z**2)


def miettinen_nurminen(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: float
) -> tuple[Floats, Floats]:
    """Invert the score test with variance × N/(N-1). Miettinen and Nurminen (1985), eq. 10."""
    return _score_limits(x1, n1, x2, n2, unbiased(z, n1 + n2))


def unbiased(z: float, total: Floats) -> Floats:
    """Return z² × N/(N-1); as good as infinite where both samples are worth one respondent."""
    return np.asarray(z**2 / differences.shrinkage(total))


def mover(x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: float) -> tuple[Floats, Floats]:
    """Combine two Wilson intervals. Donner and Zou (2012); Fagerland and Newcombe (2013)."""
    first, second = (
        Enclosed(x / n, wilson_at(x, n, z), 1 - wilson_at(n - x, n, z))
        for x, n in ((x1, n1), (x2, n2))
    )
    return ratio_limits(first, second, np.zeros(x1.shape))


def _log_parts(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> tuple[Floats, Floats]:
    """The logarithm of the ratio and its standard error."""
    if ((x1 == 0) | (x2 == 0) | ((x1 == n1) & (x2 == n2))).any():
        message = (
            "katz has no interval where a count is 0, or where everybody in both samples gave the "
            "answer; choose 'koopman' or 'miettinen-nurminen'"
        )
        raise MethodError(message)
    error = np.sqrt((n1 - x1) / (x1 * n1) + (n2 - x2) / (x2 * n2))
    return np.log(x2 / n2 / (x1 / n1)), error


def katz(x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: float) -> tuple[Floats, Floats]:
    """Add and subtract z standard errors of the logarithm. Katz and others (1978)."""
    log, error = _log_parts(x1, n1, x2, n2)
    return np.exp(log - z * error), np.exp(log + z * error)


def _katz_p(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    log, error = _log_parts(x1, n1, x2, n2)
    return np.asarray(2 * special.ndtr(-np.abs(log) / error))


def p_of_difference(method: str) -> PValue:
    """Take the p-value of a method for the difference, which inverts the same test of no change."""

    def p_value(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Any:
        return differences.independent(x1, n1, x2, n2, method=method).p_value

    return p_value


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "koopman": Method(koopman, p_of_difference("mee")),
        "miettinen-nurminen": Method(miettinen_nurminen, p_of_difference("miettinen-nurminen")),
        "mover": Method(mover, p_of_difference("newcombe")),
        "katz": Method(katz, _katz_p),
    }
)
