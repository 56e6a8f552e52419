"""Trends over three waves or more: the test of Cochran and Armitage, and the table of all tests.

Waves are independent simple samples here, or stand for such by their effective counts. Designs
have `trends_fits.least_squares`, which takes any estimates with their covariance.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import MethodError, no_method
from surveylib.stats import (
    trends_exact,
    trends_fits,
    trends_ordered,
    trends_scores,
    trends_series,
    trends_slopes,
)
from surveylib.stats.intervals import check_counts, check_level, plain, wilson_at
from surveylib.stats.trends_exact import Question
from surveylib.stats.trends_scores import ChiSquared, MonteCarlo, Slope, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from surveylib.stats.trends_exact import Distribution, Maker

    Floats = NDArray[np.float64]
    Limits = Callable[[Floats, Floats, Floats, float], tuple[Floats, Floats]]


# Without ==: arrays do not answer it with one yes or no.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trend:
    """A trend of the shares of one answer. Floats, or arrays where there are several series.

    Args:
        statistic: z, above 0 for an increase; with N, not N - 1, in its variance. 0 where nobody
            or everybody gave the answer.
        p_value: Of the method; 1 where nobody or everybody gave the answer.
        slope: Change of the share per unit of score. Its interval does not rest on the test, and
            may disagree with it at the border.
        lack_of_fit: Whether a straight line leaves more than chance, K - 2 degrees of freedom.
        omnibus: Whether the shares differ in any way, K - 1 degrees of freedom.
        scores: The scores of the waves that were used.
        alternative: A name in ALTERNATIVES.
        method: A name in METHODS.
        two_sided: A name in TWO_SIDED; None where the p-value is one-sided or asymptotic.
        continuity: Whether the statistic is corrected for continuity.
        monte_carlo: The draws behind the p-value; None where there are none.
    """

    statistic: Any
    p_value: Any
    slope: Slope
    lack_of_fit: ChiSquared
    omnibus: ChiSquared
    scores: Floats
    alternative: str
    method: str
    two_sided: str | None
    continuity: bool
    monte_carlo: MonteCarlo | None


class TrendTest(NamedTuple):
    """A test of a trend.

    Args:
        function: What carries it out.
        needs: What it is given, in the order of its arguments.
        summary: What it is for, in one line.
    """

    function: Callable[..., Any]
    needs: tuple[str, ...]
    summary: str


def cochran_armitage(
    counts: ArrayLike,
    n: ArrayLike,
    scores: ArrayLike | str | None = None,
    *,
    alternative: str = "two-sided",
    method: str = "asymptotic",
    continuity: bool = False,
    two_sided: str | None = None,
    interval: str = "newcombe",
    confidence_level: float = 0.95,
    replicates: int | None = None,
    seed: int | None = None,
) -> Trend:
    """Test whether the share of an answer rises or falls with the scores of the waves.

    T = Σ s (x - n p̄), with p̄ of all waves together, over √(p̄ (1 - p̄) Σ n (s - s̄)²). Where the
    scores start and in which unit they are does not matter; their spacing does.

    Args:
        counts: (..., K) respondents with the answer in each wave; other axes are other series.
        n: (..., K) respondents in each wave.
        scores: (K,) numbers, such as the dates of the waves in years; 'midranks', for which the
            waves have to be in order; None for 1, 2, … K.
        alternative: A name in ALTERNATIVES.
        method: A name in METHODS. 'exact' and 'permutation' take whole counts.
        continuity: Move T by half a step of its scores towards no trend, to match old tables.
        two_sided: A name in TWO_SIDED, for a two-sided p-value that is not asymptotic.
        interval: A name in INTERVALS, for the slope.
        confidence_level: Nominal coverage of the interval, above 0 and below 1.
        replicates: Tables to draw, for 'permutation'; 10,000 if None.
        seed: What the draws start from, for 'permutation'; 1 if None. Every series starts there.

    Raises:
        MethodError: Fewer than three waves or different scores, no such name, numbers outside
            their range, too large a table for 'exact', or an argument that the method ignores.

    Example:
        The data set Pain of SAS's PROC FREQ: Z 4.7918, exact p-values 7.237E-07 and 1.324E-06.

        >>> yes, asked = [6, 7, 9, 14, 23], [32, 33, 32, 32, 32]
        >>> found = cochran_armitage(yes, asked, method="exact")
        >>> round(found.statistic, 4), f"{found.p_value:.3e}"
        (4.7918, '1.324e-06')
    """
    asked = Question(alternative, method, continuity, two_sided, replicates, seed)
    asked.check("Cochran-Armitage", METHODS)
    if interval not in INTERVALS:
        raise MethodError(no_method("slope interval", interval, INTERVALS))
    check_level(confidence_level)
    found, sizes, used = _checked(counts, n, scores)
    z, omnibus = _z(found, sizes, used), _omnibus(found, sizes)
    statistic = _z(found, sizes, used, corrected=alternative) if continuity else z
    maker, count = METHODS[method], sizes.shape[-1]
    rows = [part.reshape(-1, count) for part in (found, sizes, used)]
    p_value, draws = asked.answer(statistic, maker, *rows)
    all_same = _spread(found, sizes)[1] == 0
    return Trend(
        statistic=plain(statistic),
        p_value=plain(np.where(all_same, 1.0, p_value)),
        slope=_slope(found, sizes, used, interval, confidence_level),
        lack_of_fit=trends_scores.chi_squared(omnibus - z**2, count - 2),
        omnibus=trends_scores.chi_squared(omnibus, count - 1),
        scores=_told(used),
        alternative=alternative,
        method=method,
        two_sided=asked.definition(counted=maker is not None),
        continuity=continuity,
        monte_carlo=draws,
    )


def _checked(
    counts: ArrayLike, n: ArrayLike, scores: ArrayLike | str | None
) -> tuple[Floats, Floats, Floats]:
    """Counts, sizes and scores as arrays of one shape."""
    found, sizes = check_counts(counts, n)
    if found.ndim == 0:
        raise MethodError("one count of one wave; a trend needs three waves; use the change")
    used = trends_scores.wave_scores(scores, sizes)
    return found, sizes, np.broadcast_to(used, found.shape)


def _told(scores: Floats) -> Floats:
    """One row of scores, where it is the same for all series."""
    first = scores.reshape(-1, scores.shape[-1])[0]
    return first if (scores == first).all() else scores


def _centred(sizes: Floats, scores: Floats) -> tuple[Floats, Floats]:
    """Scores less their mean over all respondents, and Σ n (s - s̄)²."""
    total = sizes.sum(axis=-1, keepdims=True)
    # Twice, because the first mean of dates such as 2019.5 leaves rounding.
    away = scores - (sizes * scores).sum(axis=-1, keepdims=True) / total
    away = away - (sizes * away).sum(axis=-1, keepdims=True) / total
    return away, (sizes * away**2).sum(axis=-1)


def _spread(counts: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    """The share of all waves together, p̄, and p̄ (1 - p̄)."""
    share = np.asarray(counts.sum(axis=-1) / sizes.sum(axis=-1))
    return share, share * (1 - share)


def _z(counts: Floats, sizes: Floats, scores: Floats, *, corrected: str | None = None) -> Floats:
    """T over its standard error; 0 where nobody or everybody gave the answer.

    For an alternative, T is corrected for continuity.
    """
    away, squares = _centred(sizes, scores)
    departure: Floats = np.asarray((away * counts).sum(axis=-1))
    if corrected is not None:
        half = np.apply_along_axis(lambda row: trends_scores.steps(row)[1] / 2, -1, scores)
        departure = trends_scores.CORRECTIONS[corrected](departure, half)
    error: Floats = np.sqrt(_spread(counts, sizes)[1] * squares)
    return np.divide(departure, error, out=np.zeros(error.shape), where=error > 0)


def _omnibus(counts: Floats, sizes: Floats) -> Floats:
    """Pearson's statistic of waves × (answer, no answer)."""
    share, spread = _spread(counts, sizes)
    squares: Floats = np.asarray((sizes * (counts / sizes - share[..., None]) ** 2).sum(axis=-1))
    return np.divide(squares, spread, out=np.zeros(squares.shape), where=spread > 0)


def _slope(
    counts: Floats, sizes: Floats, scores: Floats, interval: str, confidence_level: float
) -> Slope:
    """T / Σ n (s - s̄)², which is the slope of the shares weighted by the sizes."""
    away, squares = _centred(sizes, scores)
    factors = sizes * away / squares[..., None]
    z = float(special.ndtri(1 - (1 - confidence_level) / 2))
    low, high = INTERVALS[interval](counts, sizes, factors, z)
    estimate, error = _contrast(counts, sizes, factors)
    return Slope(
        estimate=plain(estimate),
        standard_error=plain(error),
        low=plain(low),
        high=plain(high),
        confidence_level=confidence_level,
        method=interval,
    )


def _contrast(counts: Floats, sizes: Floats, factors: Floats) -> tuple[Floats, Floats]:
    """Σ c p of independent shares, and its standard error with each share's own variance."""
    shares = counts / sizes
    variance = (factors**2 * shares * (1 - shares) / sizes).sum(axis=-1)
    return np.asarray((factors * shares).sum(axis=-1)), np.asarray(np.sqrt(variance))


def newcombe(counts: Floats, sizes: Floats, factors: Floats, z: float) -> tuple[Floats, Floats]:
    """Square and add the distances to Wilson's limits. Zou, Huang and Zhang (2009).

    Of two shares it is Newcombe's interval of their difference (1998, method 10).
    """
    parts = factors * counts / sizes
    lower, upper = wilson_at(counts, sizes, z), 1 - wilson_at(sizes - counts, sizes, z)
    down = parts - np.minimum(factors * lower, factors * upper)
    up = np.maximum(factors * lower, factors * upper) - parts
    estimate = parts.sum(axis=-1)
    low = estimate - np.sqrt((down**2).sum(axis=-1))
    return np.asarray(low), np.asarray(estimate + np.sqrt((up**2).sum(axis=-1)))


def wald(counts: Floats, sizes: Floats, factors: Floats, z: float) -> tuple[Floats, Floats]:
    """Add and subtract z standard errors, with each share's own variance: to match others."""
    estimate, error = _contrast(counts, sizes, factors)
    if (error == 0).any():
        message = "wald has no interval where every share is 0 or 1; choose 'newcombe'"
        raise MethodError(message)
    return estimate - z * error, estimate + z * error


def exact(_asked: Question, counts: Floats, sizes: Floats, scores: Floats) -> Distribution:
    """Sum over all tables with the same margins. SAS PROC FREQ, EXACT TREND."""
    return trends_exact.conditional(whole("counts", counts), whole("n", sizes), scores)


def permutation(asked: Question, counts: Floats, sizes: Floats, scores: Floats) -> Distribution:
    """Draw tables with the same margins."""
    number, seed = trends_scores.check_draws(asked.replicates, asked.seed)
    found, people = whole("counts", counts), whole("n", sizes)
    return trends_exact.drawn(found, people, scores, replicates=number, seed=seed)


#: Where the p-value comes from: a distribution; None where z is taken for normal (Cochran, 1954;
#: Armitage, 1955; R prop.trend.test).
METHODS: Mapping[str, Maker | None] = MappingProxyType(
    {"asymptotic": None, "exact": exact, "permutation": permutation}
)

#: Intervals for the slope.
INTERVALS: Mapping[str, Limits] = MappingProxyType({"newcombe": newcombe, "wald": wald})

#: Every test of a trend.
TESTS: Mapping[str, TrendTest] = MappingProxyType(
    {
        "cochran-armitage": TrendTest(
            cochran_armitage,
            ("counts", "n", "scores"),
            "Does the share of one answer rise or fall with time, in simple samples?",
        ),
        "linear-by-linear": TrendTest(
            trends_ordered.linear_by_linear,
            ("table", "row_scores", "column_scores"),
            "Does the mean score of ordered answers move with time, in simple samples?",
        ),
        "jonckheere-terpstra": TrendTest(
            trends_ordered.jonckheere_terpstra,
            ("table",),
            "Do ordered answers move up or down from wave to wave, without scores?",
        ),
        "mann-kendall": TrendTest(
            trends_series.mann_kendall,
            ("values", "times"),
            "Do printed figures mostly rise or mostly fall, whatever their sizes?",
        ),
        "sen-slope": TrendTest(
            trends_slopes.sen_slope,
            ("values", "times"),
            "How much do printed figures change per unit of time, in the median of all pairs?",
        ),
        "least-squares": TrendTest(
            trends_fits.least_squares,
            ("estimates", "covariance", "times"),
            "Which line or curve of time fits estimates with a covariance, and does it fit?",
        ),
        "homogeneity": TrendTest(
            trends_fits.homogeneity,
            ("estimates", "covariance"),
            "Do estimates with a covariance differ between waves in any way?",
        ),
    }
)
