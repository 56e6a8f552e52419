"""Odds ratios of two independent proportions, always the later over the earlier odds.

The p-value belongs to the interval: it is 1 minus the highest confidence level at which the
interval leaves 1 out. `fisher` gives the exact test by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import MethodError, NotEstimableError, no_method
from surveylib.stats import odds_exact
from surveylib.stats.intervals import check_counts, check_level, plain, rising_root, wilson_at
from surveylib.stats.mover_limits import Enclosed, difference_limits, quotient, ratio_limits, reach
from surveylib.stats.ratios import FARTHEST_LOG, p_of_difference, unbiased

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Limits = Callable[[Floats, Floats, Floats, Floats, float], tuple[Floats, Floats]]
    Value = Callable[[Floats, Floats, Floats, Floats], Any]

#: What stands for a count too small for a float: nothing divides by 0.
_TINY = np.finfo(np.float64).tiny


@dataclass(frozen=True, slots=True, kw_only=True)
class OddsRatio:
    """An odds ratio with its interval; floats, or arrays where arrays were given.

    Args:
        estimate: Later over earlier odds, of the method: `exact` and `mid-p` have the most likely
            ratio given the margins, `woolf-adjusted` that of the counts plus 1/2, the others that
            of the sample. Infinite where the earlier odds are 0 or the later ones infinite.
        low: Lower limit, at least 0.
        high: Upper limit; may be infinite.
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
class Fisher:
    """Fisher's exact test; floats, or arrays where arrays were given.

    Args:
        p_value: Two-sided: how often a table with these margins is no likelier than this one.
        mid_p: The same with half of the tables that are just as likely as this one.
    """

    p_value: Any
    mid_p: Any


class Method(NamedTuple):
    """Limits at an alpha, the p-value of the ratio 1, and the estimate inside the limits."""

    limits: Limits
    p_value: Value
    estimate: Value


def independent(
    count_from: ArrayLike,
    n_from: ArrayLike,
    count_to: ArrayLike,
    n_to: ArrayLike,
    *,
    method: str = "miettinen-nurminen",
    confidence_level: float = 0.95,
) -> OddsRatio:
    """Compare two proportions from samples that share nobody, by their odds; arrays broadcast.

    Args:
        count_from: Respondents with the answer in the earlier sample; need not be whole, except
            for `exact` and `mid-p`.
        n_from: Size of the earlier sample; may be an effective n.
        count_to: Respondents with the answer in the later sample.
        n_to: Size of the later sample.
        method: A name in METHODS.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: No such method, numbers outside their range, or a method that has no
            interval for these counts (Woolf where nobody or all of a sample gave the answer,
            `mover` where that is nobody of one and all of the other).
        NotEstimableError: Nobody gave the answer in either sample, or all did in both: the odds
            ratio is 0 / 0. `woolf-adjusted` has one.

    Example:
        Fagerland and Newcombe (2013, Statistics in Medicine 32:2823): 24 of 73 and 53 of 65.

        >>> found = independent(53, 65, 24, 73)
        >>> round(found.low, 3), round(found.high, 3)
        (0.05, 0.245)
        >>> round(independent(1, 18, 7, 18, method="mover").high, 3)
        75.89
    """
    chosen = METHODS.get(method)
    if chosen is None:
        raise MethodError(no_method("odds ratio", method, METHODS))
    check_level(confidence_level)
    first = check_counts(count_from, n_from)
    second = check_counts(count_to, n_to)
    x1, n1, x2, n2 = np.broadcast_arrays(*first, *second)
    if method != "woolf-adjusted":
        _check_odds(x1, n1, x2, n2)
    low, high = chosen.limits(x1, n1, x2, n2, 1 - confidence_level)
    return OddsRatio(
        estimate=plain(np.asarray(chosen.estimate(x1, n1, x2, n2))),
        low=plain(low),
        high=plain(high),
        p_value=plain(np.asarray(chosen.p_value(x1, n1, x2, n2))),
        confidence_level=confidence_level,
        method=method,
    )


def fisher(
    count_from: ArrayLike, n_from: ArrayLike, count_to: ArrayLike, n_to: ArrayLike
) -> Fisher:
    """Test whether two independent proportions are the same, given the margins; arrays broadcast.

    Its p-values sum tables by their probability, as R's fisher.test does; the interval `exact`
    doubles the smaller tail instead, so that both can disagree at the border. The mid-p is that of
    Lydersen, Fagerland and Laake (2009).

    Args:
        count_from: Respondents with the answer in the earlier sample, whole.
        n_from: Size of the earlier sample, whole.
        count_to: Respondents with the answer in the later sample, whole.
        n_to: Size of the later sample, whole.

    Raises:
        MethodError: Numbers that are not whole or outside their range.

    Example:
        Fisher's (1935) tea: 3 of 4 cups told right, and 1 of 4 wrong.

        >>> round(fisher(1, 4, 3, 4).p_value, 4)
        0.4857
    """
    first = check_counts(count_from, n_from)
    second = check_counts(count_to, n_to)
    x1, n1, x2, n2 = np.broadcast_arrays(*first, *second)
    p_value, mid_p = odds_exact.fisher(x1, n1, x2, n2)
    return Fisher(p_value=plain(p_value), mid_p=plain(mid_p))


def _check_odds(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> None:
    """Refuse 0 / 0."""
    none, all_of_them = (x1 == 0) & (x2 == 0), (x1 == n1) & (x2 == n2)
    if (none | all_of_them).any():
        who = "nobody" if none.any() else "everybody"
        message = (
            f"{who} gave the answer in both samples: the odds ratio is 0 / 0; compare by a "
            "difference, or choose 'woolf-adjusted'"
        )
        raise NotEstimableError(message)


def _of_sample(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    """The odds ratio of the counts."""
    return quotient(x2 * (n1 - x1), x1 * (n2 - x2))


def _fitted(odds: Floats, row: Floats, column: Floats, total: Floats) -> Floats:
    """The count in a cell of a table with this odds ratio and these margins.

    The root of a quadratic, written as the quotient, or the sum, that keeps its digits.
    """
    rest = total - row - column
    half = rest + odds * (row + column)
    inside = row * (total - row) + column * (total - column)
    root = np.sqrt(rest**2 + 2 * odds * inside + odds**2 * (row - column) ** 2)
    smooth = half >= 0
    # A negative half has odds below 1: then the sum stands above.
    below = np.where(smooth, half + root, 2 * (1 - odds))
    return np.asarray(np.where(smooth, 2 * odds * row * column, root - half) / below)


def _score_lower(x1: Floats, n1: Floats, x2: Floats, n2: Floats, z2: Floats | float) -> Floats:
    """The smallest odds ratio that the score test does not reject; 0 if the sample's is."""
    some = (x2 > 0) & (x1 < n1)
    # Where the ratio is 0, the search runs on other numbers and its result is not used.
    x1, x2 = np.where(some, x1, 0.0), np.where(some, x2, n2)
    yes, total = x1 + x2, n1 + n2

    seen = np.array([x2, n2 - x2, x1, n1 - x1])

    def beyond(log: Floats) -> Floats:
        odds = np.exp(log)
        fitted = np.array(
            [
                _fitted(odds, n2, yes, total),
                _fitted(1 / odds, n2, total - yes, total),
                _fitted(1 / odds, n1, yes, total),
                _fitted(odds, n1, total - yes, total),
            ]
        )
        # All four miss by the same; the smallest shows it best.
        smallest = fitted.argmin(axis=0)[np.newaxis]
        missed = np.take_along_axis(seen - fitted, smallest, 0)[0]
        return np.asarray(z2 - missed**2 * (1 / np.maximum(fitted, _TINY)).sum(axis=0))

    end = np.minimum(np.log(_of_sample(x1, n1, x2, n2)), FARTHEST_LOG)
    log = rising_root(beyond, np.full(x1.shape, -FARTHEST_LOG), end)
    return np.where(some, np.exp(log), 0.0)


def _score_limits(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, z2: Floats | float
) -> tuple[Floats, Floats]:
    """The upper limit is 1 over the lower one of the samples swapped."""
    low = _score_lower(x1, n1, x2, n2, z2)
    return low, quotient(np.ones(x1.shape), _score_lower(x2, n2, x1, n1, z2))


def _z(alpha: float) -> float:
    return float(special.ndtri(1 - alpha / 2))


def cornfield(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, alpha: float
) -> tuple[Floats, Floats]:
    """Invert the score test, without continuity correction. Cornfield (1956)."""
    return _score_limits(x1, n1, x2, n2, _z(alpha) ** 2)


def miettinen_nurminen(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, alpha: float
) -> tuple[Floats, Floats]:
    """Invert the score test with variance × N/(N-1). Miettinen and Nurminen (1985), eq. 13."""
    return _score_limits(x1, n1, x2, n2, unbiased(_z(alpha), n1 + n2))


def _log_parts(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> tuple[Floats, Floats]:
    """The logarithm of the odds ratio and its standard error."""
    cells = (x1, n1 - x1, x2, n2 - x2)
    if any((cell <= 0).any() for cell in cells):
        message = (
            "woolf has no interval where nobody or everybody of a sample gave the answer; choose "
            "'miettinen-nurminen' or 'woolf-adjusted'"
        )
        raise MethodError(message)
    error = np.sqrt(sum(1 / cell for cell in cells))
    return np.log(_of_sample(x1, n1, x2, n2)), error


def woolf(x1: Floats, n1: Floats, x2: Floats, n2: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Add and subtract z standard errors of the logarithm. Woolf (1955)."""
    log, error = _log_parts(x1, n1, x2, n2)
    return np.exp(log - _z(alpha) * error), np.exp(log + _z(alpha) * error)


def _woolf_p(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    log, error = _log_parts(x1, n1, x2, n2)
    return np.asarray(2 * special.ndtr(-np.abs(log) / error))


def woolf_adjusted(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, alpha: float
) -> tuple[Floats, Floats]:
    """Add 1/2 to each count, then Woolf. Haldane (1956); Anscombe (1956); Gart (1966)."""
    return woolf(x1 + 0.5, n1 + 1, x2 + 0.5, n2 + 1, alpha)


def _woolf_adjusted_p(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    return _woolf_p(x1 + 0.5, n1 + 1, x2 + 0.5, n2 + 1)


def _of_adjusted(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    return _of_sample(x1 + 0.5, n1 + 1, x2 + 0.5, n2 + 1)


def mover(x1: Floats, n1: Floats, x2: Floats, n2: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Combine Wilson's limits as odds. Fagerland and Newcombe (2013), method 4 and Table III."""
    first, second = _odds(x1, n1, x2, n2, _z(alpha))
    return ratio_limits(first, second, np.zeros(x1.shape))


def _odds(
    x1: Floats, n1: Floats, x2: Floats, n2: Floats, z: Floats | float
) -> tuple[Enclosed, Enclosed]:
    """Odds with Wilson's limits; those of no, with the samples swapped, where an odds has no end.

    That is the same odds ratio, and finite as long as nobody does not stand against everybody.
    """
    turned = (x1 == n1) | (x2 == n2)
    x1, n1, x2, n2 = (
        np.where(turned, other, own)
        for own, other in ((x1, n2 - x2), (n1, n2), (x2, n1 - x1), (n2, n1))
    )
    if ((x1 == n1) | (x2 == n2)).any():
        message = (
            "mover has no interval where nobody of one sample and everybody of the other gave the "
            "answer; choose 'miettinen-nurminen'"
        )
        raise MethodError(message)
    sides = []
    for x, n in ((x1, n1), (x2, n2)):
        low, other = wilson_at(x, n, z), wilson_at(n - x, n, z)
        sides.append(Enclosed(x / (n - x), low / (1 - low), (1 - other) / other))
    return sides[0], sides[1]


def _mover_p(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    """Of the difference of the odds: its interval holds 0 where that of the ratio holds 1."""
    first, second = _odds(x1, n1, x2, n2, np.zeros(x1.shape))
    none = np.zeros(x1.shape)
    z = reach(
        lambda q: difference_limits(*_odds(x1, n1, x2, n2, q), none),
        second.estimate - first.estimate,
        farthest=np.full(x1.shape, 40.0),
    )
    return np.asarray(2 * special.ndtr(-z))


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "miettinen-nurminen": Method(
            miettinen_nurminen, p_of_difference("miettinen-nurminen"), _of_sample
        ),
        "cornfield": Method(cornfield, p_of_difference("mee"), _of_sample),
        "woolf": Method(woolf, _woolf_p, _of_sample),
        "woolf-adjusted": Method(woolf_adjusted, _woolf_adjusted_p, _of_adjusted),
        "mover": Method(mover, _mover_p, _of_sample),
        "exact": Method(odds_exact.exact, odds_exact.exact_p, odds_exact.most_likely),
        "mid-p": Method(odds_exact.mid_p, odds_exact.mid_p_p, odds_exact.most_likely),
    }
)
