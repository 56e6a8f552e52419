"""Intervals for one proportion. A method is its lower limit; the upper one is its mirror image.

Counts need not be whole: a printed share times its base, or an effective count, may stand in.
Designs come in by one effective size, or by the quantile of t: see `design_proportion`.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from surveylib.errors import MethodError, no_method
from surveylib.stats import sizes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Lower = Callable[[Floats, Floats, float], Floats]
    LowerAt = Callable[[Floats, Floats, Floats], Floats]


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
    lower = _lower(method)
    check_level(confidence_level)
    counts, ns = check_counts(count, n)
    alpha = 1 - confidence_level
    low = np.clip(lower(counts, ns, alpha), 0.0, 1.0)
    high = np.clip(1 - lower(ns - counts, ns, alpha), 0.0, 1.0)
    return Interval(
        low=plain(low), high=plain(high), confidence_level=confidence_level, method=method
    )


def design_proportion(
    estimate: ArrayLike,
    n: ArrayLike,
    *,
    n_effective: ArrayLike,
    df: ArrayLike,
    method: str = "wilson",
    confidence_level: float = 0.95,
) -> Interval:
    """Compute an interval for a proportion from a weighted, stratified or clustered sample.

    Every method rests on one size: the effective n, but never more than n (the rule of Parker
    and others, 2017), and n itself where the estimate is 0 or 1, or its variance is 0.

    - `wilson`, `clopper-pearson`, `korn-graubard`, `jeffreys`, `agresti-coull` and `mid-p` take
      that size times (t(n - 1) / t(df))², as Korn and Graubard (1998) do, again at most n, as
      their n, and the estimate times it as their count. So Clopper–Pearson and Korn–Graubard are
      the same interval. A df above n - 1 makes the size larger.
    - `logit`, `arcsine`, `likelihood` and `wald` take that size as it is, which is to say the
      standard error √(p(1 - p) / size), and the quantile of t with df degrees of freedom.
      Where they have no interval of their own, the method in FALLBACKS stands.

    An infinite df adjusts nothing: with an effective n of n, the interval is that of
    `proportion` to the last digit.

    Args:
        estimate: Weighted shares, in [0, 1].
        n: Respondents in the base, not weighted, above 0.
        n_effective: p(1 - p) / variance, above 0; may be above n, and infinite where the
            variance is 0. Not read where the estimate is 0 or 1: nan may stand there.
        df: Degrees of freedom of the design, at least 1; infinite for a simple sample.
        method: A name in METHODS.
        confidence_level: Nominal coverage, above 0 and below 1.

    Returns:
        The interval, inside [0, 1] and never a single point; arrays broadcast.

    Raises:
        MethodError: No such method, or numbers outside their range.

    Example:
        >>> interval = design_proportion(0.3, 200, n_effective=120, df=38)
        >>> round(interval.low, 4), round(interval.high, 4)
        (0.2235, 0.3896)
        >>> nobody = design_proportion(0, 10, n_effective=float("nan"), df=float("inf"))
        >>> nobody.low, round(nobody.high, 3)
        (0.0, 0.278)
    """
    lower = _lower(method)
    check_level(confidence_level)
    shares, ns, effective, dfs = sizes.check_design(estimate, n, n_effective, df)
    alpha = 1 - confidence_level
    size = sizes.truncated(shares, ns, effective)
    star = sizes.adjusted(size, ns, dfs, alpha)
    if method in BY_STANDARD_ERROR:
        count, t = sizes.counts(shares, size), sizes.quantile(dfs, alpha)
        low = _or_fallback(method, count, size, t, star=star, alpha=alpha)
        high = 1 - _or_fallback(method, size - count, size, t, star=star, alpha=alpha)
    else:
        count = sizes.counts(shares, star)
        low, high = lower(count, star, alpha), 1 - lower(star - count, star, alpha)
    return Interval(
        low=plain(np.clip(low, 0.0, 1.0)),
        high=plain(np.clip(high, 0.0, 1.0)),
        confidence_level=confidence_level,
        method=method,
    )


def _lower(method: str) -> Lower:
    """The lower limit of a method by name."""
    lower = METHODS.get(method)
    if lower is None:
        raise MethodError(no_method("interval", method, METHODS))
    return lower


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


def korn_graubard(count: Floats, n: Floats, alpha: float) -> Floats:
    """Take Clopper and Pearson's limits with the effective n. Korn and Graubard (1998)."""
    return clopper_pearson(count, n, alpha)


def jeffreys(count: Floats, n: Floats, alpha: float) -> Floats:
    """Take Beta(1/2, 1/2) as prior; 0 for a count of 0. Brown, Cai and DasGupta (2001), 3.1.3."""
    low: Floats = special.betaincinv(count + 0.5, n - count + 0.5, alpha / 2)
    # Below one respondent the prior weighs more than the answers, and its quantile passes the
    # share itself; between 0, where the paper sets the limit to 0, and that place it is the share.
    return np.minimum(low, count / n)


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


def logit(count: Floats, n: Floats, alpha: float) -> Floats:
    """Take the standard error of the log odds. Brown, Cai and DasGupta (2001), section 4.

    Nobody and all have no log odds: `FALLBACKS` says what stands there.
    """
    return _simple("logit", count, n, alpha)


def logit_at(count: Floats, n: Floats, t: Floats) -> Floats:
    """The log odds minus t standard errors, as a share; no limit for a count of 0 or n."""
    rest = n - count
    # Roots first: their product does not leave the range of a float.
    error = np.sqrt(n) / np.sqrt(count) / np.sqrt(rest)
    return np.asarray(special.expit(np.log(count / rest) - t * error))


def arcsine(count: Floats, n: Floats, alpha: float) -> Floats:
    """Take the angle whose squared sine is the share. Brown, Cai and DasGupta (2001), section 4."""
    return _simple("arcsine", count, n, alpha)


def arcsine_at(count: Floats, n: Floats, t: Floats) -> Floats:
    """The angle minus t standard errors, at least 0, as a share.

    Without the cut the sine would turn round at 0, and a limit rise again (R's svyciprop does).
    """
    angle = np.arcsin(np.sqrt(count / n)) - t / (2 * np.sqrt(n))
    return np.asarray(np.sin(np.maximum(angle, 0.0)) ** 2)


def likelihood(count: Floats, n: Floats, alpha: float) -> Floats:
    """Invert the likelihood-ratio test. Brown, Cai and DasGupta (2001), section 4."""
    return _simple("likelihood", count, n, alpha)


def likelihood_at(count: Floats, n: Floats, t: Floats) -> Floats:
    """The smaller share whose log likelihood is t²/2 below the greatest one."""
    share, rest = count / n, (n - count) / n
    some = np.where(share > 0, share, 1.0)
    others = np.where(rest > 0, rest, 1.0)

    def excess(low: Floats) -> Floats:
        # p log(p/low) + q log(q/(1-low)) in two parts that are both positive and of second order:
        # the plain sum would lose its digits where n is large and low is close to p.
        down = share - low
        yes = -down - special.xlog1py(share, -down / some)
        no = down - special.xlog1py(rest, down / others)
        return np.asarray(t**2 - 2 * n * (yes + no), dtype=np.float64)

    return rising_root(excess, np.zeros(n.shape), share)


def wald(count: Floats, n: Floats, alpha: float) -> Floats:
    """Take the standard error of the share itself, cut at 0 and 1. Newcombe (1998), method 1.

    For teaching, and to match a report that used it. Its interval for nobody and all would be a
    point: `FALLBACKS` says what stands there.
    """
    return _simple("wald", count, n, alpha)


def wald_at(count: Floats, n: Floats, t: Floats) -> Floats:
    """The share minus t standard errors; a point for a count of 0 or n."""
    return np.asarray(count / n - t * np.sqrt(count / n * ((n - count) / n)) / np.sqrt(n))


def _simple(method: str, count: Floats, n: Floats, alpha: float) -> Floats:
    """The lower limit of a method with a standard error in a simple sample."""
    z = sizes.quantile(np.asarray(np.inf), alpha)
    return _or_fallback(method, count, n, z, star=n, alpha=alpha)


def _or_fallback(
    method: str, count: Floats, n: Floats, t: Floats, *, star: Floats, alpha: float
) -> Floats:
    """The lower limit of a method with a standard error; its fallback's, with the size `star`."""
    at = BY_STANDARD_ERROR[method]
    if method not in FALLBACKS:
        return at(count, n, t)
    # By the quotients and not the count: a share may be too small to show in n - count.
    none_or_all = (count / n <= 0) | ((n - count) / n <= 0)
    counted = np.where(count > 0, star, 0.0)
    instead = METHODS[FALLBACKS[method]](counted, star, alpha)
    return np.where(none_or_all, instead, at(np.where(none_or_all, n / 2, count), n, t))


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
        "korn-graubard": korn_graubard,
        "logit": logit,
        "arcsine": arcsine,
        "likelihood": likelihood,
        "wald": wald,
    }
)

#: The methods that take a design by its standard error and t; the others take its effective n.
BY_STANDARD_ERROR: Mapping[str, LowerAt] = MappingProxyType(
    {"logit": logit_at, "arcsine": arcsine_at, "likelihood": likelihood_at, "wald": wald_at}
)

#: Methods that have no interval where the share is 0 or 1, and the one that stands there.
FALLBACKS: Mapping[str, str] = MappingProxyType(
    {"logit": "clopper-pearson", "wald": "clopper-pearson"}
)
