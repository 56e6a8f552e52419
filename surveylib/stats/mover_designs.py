"""Changes of shares from weighted, stratified or clustered samples, by the limits of both waves.

`surveylib.stats.mover` has them as `designed`, `designed_ratio` and `designed_odds_ratio`. Always
later minus earlier, later over earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import MethodError, NotEstimableError, no_method
from surveylib.stats import sizes
from surveylib.stats.intervals import check_level, plain
from surveylib.stats.mover_limits import (
    DEGREES,
    METHODS,
    Method,
    Waves,
    between,
    broadcast,
    check_correlation,
    difference_limits,
    p_value,
    quotient,
    ratio_limits,
    variance,
)
from surveylib.stats.mover_odds import difference_of_odds, ratio_of_odds

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Pair = tuple[Floats, Floats]
    Design = tuple[ArrayLike, ArrayLike, ArrayLike, ArrayLike]


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignDifference:
    """A difference of two shares from designs; floats, or arrays where arrays were given.

    Args:
        estimate: Later minus earlier share, in [-1, 1].
        low: Lower limit.
        high: Upper limit.
        p_value: Two-sided: 1 minus the highest level at which the interval leaves 0 out.
        standard_error: Of the difference, by the effective sizes as they were given.
        df: Degrees of freedom of the difference; infinite for simple samples.
        confidence_level: Nominal coverage, such as 0.95.
        method: A name in METHODS.
    """

    estimate: Any
    low: Any
    high: Any
    p_value: Any
    standard_error: Any
    df: Any
    confidence_level: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignRatio:
    """A ratio of two shares, or of their odds, from designs; floats, or arrays where given.

    Args:
        estimate: Later over earlier; infinite over 0.
        low: Lower limit, at least 0.
        high: Upper limit; infinite where nothing bounds the ratio.
        p_value: Two-sided: 1 minus the highest level at which the interval leaves 1 out.
        df: Degrees of freedom; infinite for simple samples.
        confidence_level: Nominal coverage, such as 0.95.
        method: A name in METHODS.
    """

    estimate: Any
    low: Any
    high: Any
    p_value: Any
    df: Any
    confidence_level: float
    method: str


def difference(  # noqa: PLR0917 - the numbers of each wave, in the order of time
    share_from: ArrayLike,
    n_from: ArrayLike,
    n_effective_from: ArrayLike,
    df_from: ArrayLike,
    share_to: ArrayLike,
    n_to: ArrayLike,
    n_effective_to: ArrayLike,
    df_to: ArrayLike,
    *,
    correlation: ArrayLike = 0.0,
    df: str | ArrayLike = "sum",
    method: str = "wilson",
    confidence_level: float = 0.95,
) -> DesignDifference:
    """Compare two shares from weighted, stratified or clustered samples; arrays broadcast.

    Each wave's limits rest on its effective size, at most n, as in `design_proportion`; what few
    degrees of freedom cost is counted once, for the difference. `wilson` takes the size times
    (t(n_from + n_to - 2) / t(df))², never more than the size; `logit` takes the quantile of t,
    and for a share of 0 or 1 the limits of Clopper and Pearson. With simple samples and no
    correlation, `wilson` is Newcombe's interval to the last digit.

    Args:
        share_from: Weighted shares of the earlier wave, in [0, 1].
        n_from: Respondents in its base, not weighted.
        n_effective_from: p(1 - p) / variance; not read where the share is 0 or 1.
        df_from: Degrees of freedom of its design, at least 1; infinite for a simple sample.
        share_to: Of the later wave, likewise.
        n_to: Of the later wave.
        n_effective_to: Of the later wave.
        df_to: Of the later wave.
        correlation: Of the two shares, covariance / (se × se); 0 where the waves share neither
            people nor sampling units.
        df: `sum`, df_from + df_to, as one design that holds both waves as its parts has;
            `satterthwaite`, fewer where the wave with the larger variance has few; or a number,
            as for waves that share their sampling units.
        method: A name in METHODS.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: No such method, or numbers outside their range.

    Example:
        >>> change = difference(0.30, 400, 250, 38, 0.38, 420, 260, 40)
        >>> round(change.low, 4), round(change.high, 4), round(change.p_value, 3), change.df
        (-0.0034, 0.1617, 0.06, 78.0)
    """
    waves, variances = _check(
        (share_from, n_from, n_effective_from, df_from),
        (share_to, n_to, n_effective_to, df_to),
        correlation=correlation,
        df=df,
    )
    chosen = _chosen(method, confidence_level)
    low, high = between(chosen, waves, 1 - confidence_level, difference_limits)
    v1, v2 = variances
    variance_of_both = v1 + v2 - 2 * waves.correlation * np.sqrt(v1 * v2)
    return DesignDifference(
        estimate=plain(waves.share_to - waves.share_from),
        low=plain(np.clip(low, -1.0, 1.0)),
        high=plain(np.clip(high, -1.0, 1.0)),
        p_value=plain(p_value(chosen, waves, difference_limits)),
        standard_error=plain(np.sqrt(np.maximum(variance_of_both, 0.0))),
        df=plain(waves.df),
        confidence_level=confidence_level,
        method=method,
    )


def ratio(  # noqa: PLR0917 - the numbers of each wave, in the order of time
    share_from: ArrayLike,
    n_from: ArrayLike,
    n_effective_from: ArrayLike,
    df_from: ArrayLike,
    share_to: ArrayLike,
    n_to: ArrayLike,
    n_effective_to: ArrayLike,
    df_to: ArrayLike,
    *,
    correlation: ArrayLike = 0.0,
    df: str | ArrayLike = "sum",
    method: str = "wilson",
    confidence_level: float = 0.95,
) -> DesignRatio:
    """Compare two shares from designs as a ratio; arrays broadcast. Donner and Zou (2012).

    The ratios R at which the interval of later - R × earlier holds 0, with each wave's limits as
    in `designed`, whose p-value is also that of the ratio 1. With simple samples and `wilson` it
    is the method `mover` of `surveylib.stats.ratios`.

    Args:
        share_from: As for `designed`, and so are all others.
        n_from: Respondents of the earlier wave.
        n_effective_from: Effective size of the earlier wave.
        df_from: Degrees of freedom of the earlier wave.
        share_to: Of the later wave, likewise.
        n_to: Of the later wave.
        n_effective_to: Of the later wave.
        df_to: Of the later wave.
        correlation: Of the two shares.
        df: `sum`, `satterthwaite` or a number.
        method: A name in METHODS.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: No such method, or numbers outside their range.
        NotEstimableError: Both shares are 0.

    Example:
        Fagerland and Newcombe (2013): 7 of 18 over 1 of 18, a simple sample each.

        >>> simple = float("inf")
        >>> change = ratio(1 / 18, 18, 18, simple, 7 / 18, 18, 18, simple)
        >>> round(change.low, 3), round(change.high, 3)
        (1.277, 40.751)
    """
    waves, _ = _check(
        (share_from, n_from, n_effective_from, df_from),
        (share_to, n_to, n_effective_to, df_to),
        correlation=correlation,
        df=df,
    )
    chosen = _chosen(method, confidence_level)
    if ((waves.share_from == 0) & (waves.share_to == 0)).any():
        message = "both shares are 0: 0 / 0 is no ratio; compare by a difference"
        raise NotEstimableError(message)
    low, high = between(chosen, waves, 1 - confidence_level, ratio_limits)
    return DesignRatio(
        estimate=plain(quotient(waves.share_to, waves.share_from)),
        low=plain(low),
        high=plain(high),
        p_value=plain(p_value(chosen, waves, difference_limits)),
        df=plain(waves.df),
        confidence_level=confidence_level,
        method=method,
    )


def odds_ratio(  # noqa: PLR0917 - the numbers of each wave, in the order of time
    share_from: ArrayLike,
    n_from: ArrayLike,
    n_effective_from: ArrayLike,
    df_from: ArrayLike,
    share_to: ArrayLike,
    n_to: ArrayLike,
    n_effective_to: ArrayLike,
    df_to: ArrayLike,
    *,
    correlation: ArrayLike = 0.0,
    df: str | ArrayLike = "sum",
    method: str = "wilson",
    confidence_level: float = 0.95,
) -> DesignRatio:
    """Compare two shares from designs by their odds; arrays broadcast.

    Fagerland and Newcombe (2013), method 4, with each wave's limits as in `designed`. With simple
    samples and `wilson` it is the method `mover` of `surveylib.stats.odds`. Correlated shares are
    combined on the log odds (Zou and Donner 2008): on the odds the upper limit of one wave would
    outweigh what both have in common.

    Args:
        share_from: As for `designed`, and so are all others.
        n_from: Respondents of the earlier wave.
        n_effective_from: Effective size of the earlier wave.
        df_from: Degrees of freedom of the earlier wave.
        share_to: Of the later wave, likewise.
        n_to: Of the later wave.
        n_effective_to: Of the later wave.
        df_to: Of the later wave.
        correlation: Of the two shares.
        df: `sum`, `satterthwaite` or a number.
        method: A name in METHODS.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: No such method, numbers outside their range, or a share of 0 against one of 1,
            of which the method has no interval.
        NotEstimableError: Both shares are 0, or both are 1.

    Example:
        Fagerland and Newcombe (2013, Table III): 7 of 18 and 1 of 18, a simple sample each.

        >>> simple = float("inf")
        >>> change = odds_ratio(1 / 18, 18, 18, simple, 7 / 18, 18, 18, simple)
        >>> round(change.low, 3), round(change.high, 3)
        (1.395, 75.89)
    """
    waves, _ = _check(
        (share_from, n_from, n_effective_from, df_from),
        (share_to, n_to, n_effective_to, df_to),
        correlation=correlation,
        df=df,
    )
    chosen = _chosen(method, confidence_level)
    _check_odds(waves.share_from, waves.share_to)
    estimate = quotient(
        waves.share_to * (1 - waves.share_from), waves.share_from * (1 - waves.share_to)
    )
    waves = _turned(waves)
    low, high = between(chosen, waves, 1 - confidence_level, ratio_of_odds)
    return DesignRatio(
        estimate=plain(estimate),
        low=plain(low),
        high=plain(high),
        p_value=plain(p_value(chosen, waves, difference_of_odds)),
        df=plain(waves.df),
        confidence_level=confidence_level,
        method=method,
    )


def _check_odds(earlier: Floats, later: Floats) -> None:
    """Refuse 0 / 0, and an odds ratio without an interval."""
    ends = ((earlier == 0) | (earlier == 1)) & ((later == 0) | (later == 1))
    same = ends & (earlier == later)
    if same.any():
        message = (
            f"both shares are {earlier[same].flat[0]:g}: the odds ratio is 0 / 0; compare by a "
            "difference"
        )
        raise NotEstimableError(message)
    if ends.any():
        message = "one share is 0 and the other 1: their odds ratio has no interval of this kind"
        raise MethodError(message)


def _turned(waves: Waves) -> Waves:
    """The shares of no with the waves swapped, where an odds has no end: the same odds ratio."""
    endless = (waves.share_from == 1) | (waves.share_to == 1)

    def turn(own: Floats, other: Floats) -> Floats:
        return np.where(endless, other, own)

    return waves._replace(
        share_from=turn(waves.share_from, 1 - waves.share_to),
        count_from=turn(waves.count_from, waves.size_to - waves.count_to),
        size_from=turn(waves.size_from, waves.size_to),
        share_to=turn(waves.share_to, 1 - waves.share_from),
        count_to=turn(waves.count_to, waves.size_from - waves.count_from),
        size_to=turn(waves.size_to, waves.size_from),
    )


def _chosen(method: str, confidence_level: float) -> Method:
    """A method by name, and a level that is one."""
    chosen = METHODS.get(method)
    if chosen is None:
        raise MethodError(no_method("design difference", method, METHODS))
    check_level(confidence_level)
    return chosen


def _check(
    earlier: Design, later: Design, *, correlation: ArrayLike, df: str | ArrayLike
) -> tuple[Waves, Pair]:
    """Two waves as arrays of one shape, and the variances of their shares."""
    first, second = sizes.check_design(*earlier), sizes.check_design(*later)
    p1, n1, e1, d1, p2, n2, e2, d2, r = broadcast(*first, *second, check_correlation(correlation))
    v1, v2 = variance(p1, e1), variance(p2, e2)
    freedom = _degrees(df, v1, d1, v2, d2)
    s1, s2 = sizes.truncated(p1, n1, e1), sizes.truncated(p2, n2, e2)
    c1, c2 = sizes.counts(p1, s1), sizes.counts(p2, s2)
    simple_df = np.maximum(n1 + n2 - 2, 1.0)
    return Waves(p1, c1, s1, p2, c2, s2, r, freedom, simple_df), (v1, v2)


def _degrees(df: str | ArrayLike, v1: Floats, d1: Floats, v2: Floats, d2: Floats) -> Floats:
    """Degrees of freedom of a difference, by a name in DEGREES or as they were given."""
    if isinstance(df, str):
        rule = DEGREES.get(df)
        if rule is None:
            raise MethodError(no_method("degrees of freedom", df, DEGREES))
        return rule(v1, d1, v2, d2)
    given = np.asarray(df, dtype=np.float64)
    wrong = ~(given >= 1)
    if wrong.any():
        message = (
            f"df is {given[wrong].flat[0]:g}; wanted at least 1, or infinity for simple samples"
        )
        raise MethodError(message)
    return broadcast(given, v1)[0]
