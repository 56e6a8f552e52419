"""Figures as they would be if the groups had a fixed mix: direct standardisation.

Two waves weighted to the same mix differ by what changed inside the groups, not by who answered.
K stands for groups; arrays of more dimensions hold several figures, with groups in the last one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from surveylib.errors import MethodError, NotEstimableError, listed, show
from surveylib.stats.intervals import check_counts, check_level, plain
from surveylib.stats.standardise_tables import CommonDifference, common_difference
from surveylib.stats.weighting import Margin, Weighting, post_stratify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

__all__ = [
    "CommonDifference",
    "Rate",
    "Standardised",
    "common_difference",
    "mix",
    "of_counts",
    "of_events",
    "standardise",
    "weights_of",
]

#: How far parts of a mix may be from adding up to 1.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Standardised:
    """A figure under a fixed mix of groups; floats, or arrays where arrays were given.

    Args:
        estimate: Σ W p.
        standard_error: Its standard error.
        n_effective: For shares: p (1 - p) over the variance, infinite where the variance is 0, for
            `design_proportion`; None for other figures.
        n: Respondents of a simple sample that are worth as much: 1 / Σ W² / n, at most all; None
            where sizes are not known.
    """

    estimate: Any
    standard_error: Any
    n_effective: Any
    n: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A standardised rate with its limits; floats, or arrays where arrays were given.

    Args:
        estimate: Events for each one at risk.
        standard_error: For events that happen independently.
        low: Lower limit.
        high: Upper limit.
        confidence_level: Nominal coverage, such as 0.95.
    """

    estimate: Any
    standard_error: Any
    low: Any
    high: Any
    confidence_level: float


def mix(parts: ArrayLike, *, names: Sequence[str] = ()) -> Floats:
    """Turn counts or parts of a standard into a mix that adds up to 1.

    Args:
        parts: (K,) people of each group in the standard, or parts of it.
        names: (K,) names of the groups, for messages.

    Raises:
        MethodError: A negative number, one that is not finite, or nobody at all.

    Example:
        >>> mix([30, 50, 20])
        array([0.3, 0.5, 0.2])
    """
    found = np.asarray(parts, dtype=np.float64)
    if found.ndim != 1 or not len(found):
        raise MethodError(f"a mix of shape {found.shape}; wanted one number for each group")
    wrong = np.flatnonzero(~(np.isfinite(found) & (found >= 0)))
    if len(wrong):
        called = listed(names[int(place)] if names else str(place) for place in wrong)
        raise MethodError(f"the mix has {found[wrong[0]]:g} for group {called}; wanted 0 or more")
    if not found.any():
        raise MethodError("the mix has nobody in any group")
    return np.asarray(found / found.sum())


def standardise(
    estimates: ArrayLike,
    standard: ArrayLike,
    *,
    covariance: ArrayLike,
    shares: bool = True,
    names: Sequence[str] = (),
) -> Standardised:
    """Standardise the groups' figures from a design, with any covariance between groups.

    The same as R survey's svystandardize, then svymean or svyby: weights that bring the mix about
    give this estimate, and their residuals this variance.

    Args:
        estimates: (..., K) share or mean of each group.
        standard: (K,) the mix, adding up to 1; see `mix`.
        covariance: (..., K, K) covariance of the groups' figures; a diagonal where groups share no
            sampling units.
        shares: Whether figures are shares, which have an effective n.
        names: (K,) names of the groups, for messages.

    Raises:
        MethodError: Shapes that do not fit, or numbers outside their range.
        NotEstimableError: A group that the mix has, without a figure.

    Example:
        >>> found = standardise([0.2, 0.6], [0.5, 0.5], covariance=[[0.004, 0], [0, 0.006]])
        >>> found.estimate, found.standard_error, round(found.n_effective, 6)
        (0.4, 0.05, 96.0)
    """
    parts, p, spread = _checked(estimates, standard, covariance, names)
    some = parts > 0
    estimate = np.asarray(p[..., some] @ parts[some])
    within = spread[..., some, :][..., some]
    variance = np.maximum(parts[some] @ within @ parts[some], 0.0)
    return Standardised(
        estimate=plain(estimate),
        standard_error=plain(np.sqrt(variance)),
        n_effective=plain(_effective(estimate, variance)) if shares else None,
        n=None,
    )


def of_counts(
    counts: ArrayLike, ns: ArrayLike, standard: ArrayLike, *, names: Sequence[str] = ()
) -> Standardised:
    """Standardise shares of simple samples, or printed shares of which only the bases are known.

    V = Σ W² p (1 - p) / n. Where all or nobody of every group gave the answer, that is 0, and only
    `n` says what the figure is worth.

    Args:
        counts: (..., K) respondents of each group with the answer; a printed share times n.
        ns: (..., K) respondents of each group.
        standard: (K,) the mix, adding up to 1; see `mix`.
        names: (K,) names of the groups, for messages.

    Raises:
        MethodError: Shapes that do not fit, or numbers outside their range.
        NotEstimableError: A group that the mix has, without respondents.

    Example:
        >>> found = of_counts([20, 30], [100, 50], [0.5, 0.5])
        >>> found.estimate, round(found.standard_error, 6), round(found.n, 1)
        (0.4, 0.04, 133.3)
    """
    parts, sizes = _mix_of(standard), np.asarray(ns, np.float64)
    _check_groups(sizes.shape, parts)
    _refuse_absent(~(sizes > 0), parts, names)
    some = parts > 0
    x, n = check_counts(np.asarray(counts, np.float64)[..., some], sizes[..., some])
    p, weight = x / n, parts[some]
    estimate = np.asarray(p @ weight)
    variance = (p * (1 - p) / n) @ weight**2
    return Standardised(
        estimate=plain(estimate),
        standard_error=plain(np.sqrt(variance)),
        n_effective=plain(_effective(estimate, variance)),
        n=plain(np.asarray(1 / ((1 / n) @ weight**2))),
    )


def of_events(
    events: ArrayLike,
    exposures: ArrayLike,
    standard: ArrayLike,
    *,
    confidence_level: float = 0.95,
    names: Sequence[str] = (),
) -> Rate:
    """Standardise rates of events that are rare, with limits of the gamma distribution.

    Fay and Feuer (1997, Statistics in Medicine 16:791); R epitools's ageadjust.direct.

    Args:
        events: (..., K) events of each group, 0 or more.
        exposures: (..., K) people at risk in each group, or the time that they were.
        standard: (K,) the mix, adding up to 1; see `mix`.
        confidence_level: Nominal coverage, above 0 and below 1.
        names: (K,) names of the groups, for messages.

    Raises:
        MethodError: Shapes that do not fit, or numbers outside their range.
        NotEstimableError: A group that the mix has, without anybody at risk.

    Example:
        >>> rate = of_events([0, 0], [1000, 1000], [0.5, 0.5])
        >>> rate.low, round(rate.high, 6)  # 3.688879 of 2,000: exact, as the mix is that at risk
        (0.0, 0.001844)
    """
    check_level(confidence_level)
    parts, at_risk = _mix_of(standard), np.asarray(exposures, np.float64)
    _check_groups(at_risk.shape, parts)
    _refuse_absent(~(at_risk > 0), parts, names)
    some = parts > 0
    x, there = np.broadcast_arrays(np.asarray(events, np.float64)[..., some], at_risk[..., some])
    if not (np.isfinite(x) & (x >= 0) & np.isfinite(there)).all():
        raise MethodError("events or exposures are negative or not finite; wanted 0 or more")
    weight = parts[some] / there
    rate = np.asarray((weight * x).sum(axis=-1))
    variance = np.asarray((weight**2 * x).sum(axis=-1))
    alpha, most = 1 - confidence_level, weight.max(axis=-1)
    low = _gamma(rate, variance, alpha / 2)
    high = _gamma(rate + most, variance + most**2, 1 - alpha / 2)
    return Rate(
        estimate=plain(rate),
        standard_error=plain(np.sqrt(variance)),
        low=plain(low),
        high=plain(high),
        confidence_level=confidence_level,
    )


def weights_of(
    weights: ArrayLike,
    group: Margin,
    over: ArrayLike,
    over_names: Sequence[str],
    *,
    replicates: ArrayLike | None = None,
) -> Weighting:
    """Weight so that the groups have the same mix within every wave, or every other domain.

    R survey's svystandardize: post-stratification to domain times group, each domain keeping the
    weight it has. Any estimate can follow, with `residuals` for its variance.

    Args:
        weights: (N,) weights before, 0 or more.
        group: Each respondent's group; totals are the mix, in any unit.
        over: (N,) place of each respondent's domain, from 0; all 0 for a single one.
        over_names: Names of the domains, for messages.
        replicates: (N, R) weights of each replicate; their domains keep the weight that they have
            with the main weights.

    Raises:
        MethodError: Arrays that do not fit.
        DesignError: A group that the mix has and a domain has not, or the other way round; with
            everything found.

    Example:
        >>> sizes = Margin(
        ...     name="size",
        ...     category=np.array([0, 0, 0, 1, 0, 1]),
        ...     categories=("small", "large"),
        ...     totals=np.array([0.5, 0.5]),
        ... )
        >>> found = weights_of(np.ones(6), sizes, [0, 0, 0, 0, 1, 1], ["first", "second"])
        >>> found.weights.round(6)
        array([0.666667, 0.666667, 0.666667, 2.      , 1.      , 1.      ])
    """
    parts = mix(np.nan_to_num(group.totals), names=group.categories)
    domain, many = np.asarray(over), len(over_names)
    main = np.asarray(weights, dtype=np.float64)
    if domain.shape != main.shape or not np.issubdtype(domain.dtype, np.integer):
        raise MethodError(f"over has shape {domain.shape}; wanted {len(main)} whole numbers")
    if len(domain) and not 0 <= domain.min() <= domain.max() < many:
        got = f"over has {domain.min()} to {domain.max()}"
        raise MethodError(f"{got}; wanted 0 to {many - 1}, one for each name")
    if len(group.category) != len(main):
        got = f"category of {show(group.name)} has {len(group.category)} entries"
        raise MethodError(f"{got}; wanted {len(main)}, one for each respondent")
    size = np.bincount(domain, main, many)
    known = group.category >= 0
    cells = Margin(
        name=group.name,
        category=np.where(known, domain * len(parts) + group.category, -1),
        categories=tuple(f"{where}, {name}" for where in over_names for name in group.categories),
        totals=np.outer(size, np.where(np.isnan(group.totals), np.nan, parts)).ravel(),
    )
    return post_stratify(main, cells, replicates=replicates)


def _effective(estimate: Floats, variance: Floats) -> Floats:
    """What a share is worth; infinite where nothing varies."""
    top = np.asarray(estimate * (1 - estimate))
    found = np.full(np.broadcast(top, variance).shape, np.inf)
    some = np.asarray(variance) > 0
    return np.asarray(np.divide(np.maximum(top, 0.0), variance, out=found, where=some))


def _gamma(mean: Floats, variance: Floats, probability: float) -> Floats:
    """Quantile of the gamma distribution with this mean and variance; 0 where the mean is 0."""
    some = mean > 0
    size = np.divide(variance, mean, out=np.ones_like(mean), where=some)
    shape = np.divide(mean, size, out=np.ones_like(mean), where=some)
    return np.asarray(np.where(some, size * special.gammaincinv(shape, probability), 0.0))


def _mix_of(standard: ArrayLike) -> Floats:
    """A mix that adds up to 1."""
    parts = np.asarray(standard, dtype=np.float64)
    if parts.ndim != 1 or not (np.isfinite(parts).all() and (parts >= 0).all()):
        raise MethodError(f"standard of shape {parts.shape}; wanted (K,) numbers, 0 or more")
    if not abs(parts.sum() - 1) <= _ROUNDING:
        raise MethodError(f"the standard adds up to {parts.sum():.12g}; wanted 1: see `mix`")
    return parts


def _check_groups(shape: tuple[int, ...], parts: Floats) -> None:
    """Refuse figures of another number of groups."""
    if not shape or shape[-1] != len(parts):
        raise MethodError(f"figures of shape {shape}; wanted {len(parts)} groups in the last place")


def _refuse_absent(absent: NDArray[np.bool_], parts: Floats, names: Sequence[str]) -> None:
    """Stop where the mix has a group of which nothing is known."""
    gone = np.flatnonzero((absent & (parts > 0)).reshape(-1, len(parts)).any(axis=0))
    if len(gone):
        called = listed(names[int(place)] if names else str(place) for place in gone)
        message = f"the standard has group {called}, of which there is nobody: no figure for it"
        raise NotEstimableError(f"{message}; leave it out of the standard, or put groups together")


def _checked(
    estimates: ArrayLike, standard: ArrayLike, covariance: ArrayLike, names: Sequence[str]
) -> tuple[Floats, Floats, Floats]:
    """A mix, figures and covariances that belong together."""
    parts, p = _mix_of(standard), np.asarray(estimates, np.float64)
    _check_groups(p.shape, parts)
    _refuse_absent(~np.isfinite(p), parts, names)
    spread = np.asarray(covariance, np.float64)
    if spread.shape != (*p.shape, len(parts)):
        raise MethodError(f"covariance of {spread.shape}; wanted {(*p.shape, len(parts))}")
    some = parts > 0
    if not np.isfinite(spread[..., some, :][..., some]).all():
        raise MethodError("covariance holds a number that is not finite")
    return parts, p, spread
