"""Intervals for several shares that shall all hold at once.

Only answers of which each respondent gives exactly one are multinomial. Options of which several
may be ticked are not: use `bonferroni` with their shares, or each option's own interval.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import fft, special

from surveylib.errors import MethodError, no_method, show
from surveylib.stats.intervals import check_level, design_proportion, wilson_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Limits = Callable[[Floats, float], tuple[Floats, Floats]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Intervals that hold together.

    Args:
        low: Lower limits in [0, 1], one for each share.
        high: Upper limits, likewise.
        confidence_level: Nominal coverage of all intervals of one question at once.
        method: A name in METHODS, or for `bonferroni` the name of the method for one proportion.
    """

    low: Any
    high: Any
    confidence_level: float
    method: str


def multinomial(
    counts: ArrayLike, *, method: str = "goodman", confidence_level: float = 0.95
) -> Intervals:
    """Compute intervals for the shares of exclusive answers.

    Args:
        counts: Respondents with each answer along the last axis, at least two answers, of which
            each respondent gave exactly one; zeros count as answers too. Other axes are other
            samples. Whole numbers for `sison-glaz`.
        method: A name in METHODS.
        confidence_level: Nominal coverage of all intervals of a sample at once.

    Returns:
        Limits in the shape of counts.

    Raises:
        MethodError: No such method, counts outside their range, or counts for which
            `sison-glaz` has no interval.

    Example:
        Sison and Glaz (1995, Journal of the American Statistical Association 90:366, example 1).

        >>> shares = multinomial([56, 72, 73, 59, 62, 87, 58])
        >>> shares.low.round(3), shares.high.round(3)
        (array([0.085, 0.115, 0.116, 0.091, 0.096, 0.143, 0.089]),
         array([0.166, 0.204, 0.207, 0.173, 0.181, 0.239, 0.171]))
    """
    limits = METHODS.get(method)
    if limits is None:
        raise MethodError(no_method("simultaneous", method, METHODS))
    check_level(confidence_level)
    low, high = limits(_check_answers(counts), 1 - confidence_level)
    return Intervals(
        low=np.clip(low, 0.0, 1.0),
        high=np.clip(high, 0.0, 1.0),
        confidence_level=confidence_level,
        method=method,
    )


def bonferroni(
    estimates: ArrayLike,
    n: ArrayLike,
    *,
    n_effective: ArrayLike,
    df: ArrayLike,
    method: str = "wilson",
    confidence_level: float = 0.95,
) -> Intervals:
    """Compute intervals for several shares from a design, each at the level 1 - α/k.

    They hold for exclusive answers, for options of which several may be ticked, and for any other
    k shares, however these depend on each other.

    Args:
        estimates: Weighted shares in [0, 1], k of them along the last axis.
        n: Respondents in the base of each, not weighted.
        n_effective: As for `design_proportion`.
        df: Degrees of freedom of the design; infinite for a simple sample.
        method: A name in `surveylib.stats.intervals.METHODS`.
        confidence_level: Nominal coverage of all k intervals at once.

    Raises:
        MethodError: No such method, or numbers outside their range.

    Example:
        >>> both = bonferroni([0.3, 0.6], 200, n_effective=[120, 150], df=38)
        >>> both.low.round(3), both.high.round(3)
        (array([0.213, 0.505]), array([0.404, 0.688]))
    """
    check_level(confidence_level)
    shares = np.asarray(estimates, dtype=np.float64)
    if shares.ndim == 0 or shares.shape[-1] == 0:
        message = f"estimates is {show(str(estimates))}; wanted a list of shares"
        raise MethodError(message)
    alpha = (1 - confidence_level) / shares.shape[-1]
    found = design_proportion(
        shares, n, n_effective=n_effective, df=df, method=method, confidence_level=1 - alpha
    )
    return Intervals(
        low=found.low, high=found.high, confidence_level=confidence_level, method=method
    )


def _check_answers(counts: ArrayLike) -> Floats:
    """Counts of exclusive answers as an array of floats.

    Raises:
        MethodError: Fewer than two answers, a count that is negative or not finite, or nobody.
    """
    answers = np.asarray(counts, dtype=np.float64)
    if answers.ndim == 0 or answers.shape[-1] < 2:
        message = f"counts has the shape {answers.shape}; wanted counts of two or more answers"
        raise MethodError(message)
    wrong = ~((answers >= 0) & np.isfinite(answers))
    if wrong.any():
        message = f"a count is {answers[wrong].flat[0]:g}; wanted a number of at least 0"
        raise MethodError(message)
    if (answers.sum(axis=-1) <= 0).any():
        message = "counts are all 0; wanted at least one respondent"
        raise MethodError(message)
    return answers


def goodman(counts: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Invert the score test of each answer at the level 1 - α/k. Goodman (1965)."""
    return _score(counts, -special.ndtri(alpha / (2 * counts.shape[-1])))


def quesenberry_hurst(counts: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Invert the χ² test of all answers, k - 1 degrees of freedom. Quesenberry and Hurst (1964)."""
    return _score(counts, np.sqrt(special.chdtri(counts.shape[-1] - 1, alpha)))


def _score(counts: Floats, z: float) -> tuple[Floats, Floats]:
    """Wilson's limits of each answer at a normal quantile."""
    n = counts.sum(axis=-1, keepdims=True)
    return wilson_at(counts, n, z), 1 - wilson_at(n - counts, n, z)


def sison_glaz(counts: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Take the smallest box of counts that a sample like this falls into. Sison and Glaz (1995).

    With the exact probability of a box in place of their approximation, which may pass 1 where
    answers are rare. The upper limits lie 2γ/n farther out than the lower ones: that is the
    method, which is not symmetric. Where γ reaches 1 both limits move down by a count, so that at
    a higher level an interval is wider, and yet its upper limit can be lower.
    """
    if (counts != np.rint(counts)).any():
        message = (
            f"sison-glaz: a count is {counts[counts != np.rint(counts)].flat[0]:g}; wanted whole "
            "counts; for weighted shares use bonferroni"
        )
        raise MethodError(message)
    samples = counts.reshape(-1, counts.shape[-1])
    both = np.array([_sison_glaz_one(sample, alpha) for sample in samples])
    low, high = both[:, 0].reshape(counts.shape), both[:, 1].reshape(counts.shape)
    return low, high


def _sison_glaz_one(counts: Floats, alpha: float) -> tuple[Floats, Floats]:
    """The limits of one sample: counts ± c, and γ between c and c + 1."""
    n = counts.sum()
    inside, reached = 0, box_probability(counts, 0)
    if reached >= 1 - alpha:
        message = (
            f"sison-glaz has no interval here: of samples with these shares, "
            f"{reached * 100:.3g} % have these very counts; choose goodman"
        )
        raise MethodError(message)
    # Doubled and then halved: a box is worth computing only up to the size that is wanted.
    outside, passed = 1, box_probability(counts, 1)
    while passed < 1 - alpha:
        inside, reached = outside, passed
        outside = min(2 * outside, int(n))
        passed = box_probability(counts, outside)
    while outside - inside > 1:
        middle = (inside + outside) // 2
        probability = box_probability(counts, middle)
        if probability < 1 - alpha:
            inside, reached = middle, probability
        else:
            outside, passed = middle, probability
    gamma = (1 - alpha - reached) / (passed - reached)
    return (counts - inside) / n, (counts + inside + 2 * gamma) / n


def box_probability(counts: Floats, c: int) -> float:
    """How often a sample with these shares has every count within c of these.

    Counts of answers are Poisson numbers given their sum, so that the probability is that of the
    sum of truncated Poisson numbers. Sison and Glaz (1995), formula 1, whose last factor, the
    distribution of that sum, is computed here by Fourier transforms and not approximated.

    Args:
        counts: Respondents with each answer.
        c: Half the side of the box, a whole number.
    """
    n = counts.sum()
    if c >= n:
        return 1.0
    lowest = np.maximum(counts - c, 0)
    highest = np.minimum(counts + c, n)
    length = int((highest - lowest).sum()) + 1
    size = fft.next_fast_len(length, real=True)
    product = np.ones(size // 2 + 1, dtype=np.complex128)
    for count, low, high in zip(counts, lowest, highest, strict=True):
        product *= fft.rfft(_poisson(np.arange(low, high + 1), count), size)
    total = fft.irfft(product, size)[int(n - lowest.sum())]
    return float(np.clip(total / _poisson(n, n), 0.0, 1.0))


def _poisson(number: Floats, mean: Floats) -> Floats:
    """The probability of a number of a Poisson variable."""
    log = special.xlogy(number, mean) - mean - special.gammaln(number + 1)
    return np.asarray(np.exp(log))


METHODS: Mapping[str, Limits] = MappingProxyType(
    {
        "goodman": goodman,
        "sison-glaz": sison_glaz,
        "quesenberry-hurst": quesenberry_hurst,
    }
)
