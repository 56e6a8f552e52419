"""The search for the times at which a trend bends.

k stands for waves, m for joints.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.errors import MethodError, NotEstimableError, no_method
from surveylib.stats.intervals import check_level
from surveylib.stats.joinpoint_search import Draws, Search, by_bootstrap, by_permutation
from surveylib.stats.segments import SCALES, Segment, checked, fitted_with, lack_of_fit, segments

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from surveylib.stats.joinpoint_search import Test
    from surveylib.stats.regression import Wald
    from surveylib.stats.segments import Trend

    Floats = NDArray[np.float64]

#: Below so many waves there is no search.
FEWEST_WAVES = 7
#: Of so many waves beyond the second, one may be a joint, and so many joints are tried at most.
_WAVES_FOR_A_JOINT, _MOST_JOINTS = 5, 5
#: χ² of one degree of freedom at 95 %: fits no farther than this from the best are told.
NEAR = 3.84


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tried:
    """The best fit with some number of joints, and those that are as good as that.

    Args:
        knots: (m,) times of the joints.
        distance: Squared distance of the estimates from the fit, weighed by their covariance.
        lack_of_fit: Test that the estimates are on such a trend; the knots count as estimated.
        bic: distance + (2 + 2 m) log k; the lower, the better.
        near: (N, m) all knots whose distance is within 3.84 of the best, the nearest first.
        near_distances: (N,) their distances.
    """

    knots: tuple[float, ...]
    distance: float
    lack_of_fit: Wald
    bic: float
    near: Floats
    near_distances: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A test of fewer against more joints.

    Args:
        fewer: Joints under the hypothesis.
        more: Joints otherwise.
        statistic: The part of the distance that more joints explain (permutation), or by how much
            they lessen it (bootstrap).
        p_value: The share of draws, with the data as one of them, that are not below.
        monte_carlo_error: Standard error of the p-value that the number of draws leaves.
        significance: The p-value up to which `fewer` is ruled out.
    """

    fewer: int
    more: int
    statistic: float
    p_value: float
    monte_carlo_error: float
    significance: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joinpoint:
    """A trend of straight segments.

    Args:
        knots: (m,) times of the joints that were chosen.
        segments: m + 1 straight parts. Their standard errors take the knots as known: where
            several are near, look at them too.
        fitted: (k,) the trend at each wave, on the scale of the estimates.
        tried: The best fits with 0, 1, … joints.
        steps: The tests that led there, in their order; none with 'bic'.
        scale: A name in SCALES.
        choose: A name in CHOICES.
        seed: What the draws follow from.
        draws: How many there were in each test.
    """

    knots: tuple[float, ...]
    segments: tuple[Segment, ...]
    fitted: Floats
    tried: tuple[Tried, ...]
    steps: tuple[Step, ...]
    scale: str
    choose: str
    seed: int
    draws: int


def joinpoint(
    estimates: ArrayLike,
    covariance: ArrayLike,
    times: ArrayLike,
    *,
    most: int | None = None,
    scale: str = "identity",
    choose: str = "permutation",
    between: int = 0,
    df: float = np.inf,
    significance: float = 0.05,
    confidence_level: float = 0.95,
    draws: int = 4_499,
    seed: int = 0,
) -> Joinpoint:
    """Search for the times at which a trend bends.

    Every set of knots of a grid is fitted by generalised least squares (Lerman 1980, Applied
    Statistics 29:77). How many joints there are is chosen by tests of few against many, each at
    significance / (most - few), so that too many are found no more often than that (Kim, Fay,
    Feuer and Midthune 2000, Statistics in Medicine 19:335; the Joinpoint program); or by BIC.
    Two waves at least lie between joints and at both ends, as in Joinpoint.

    'permutation' lets the residuals tell how much waves vary, 'bootstrap' and 'bic' take the
    covariance as all that varies. Joinpoint's BIC is that of a variance that is not known.

    Args:
        estimates: (k,) of the waves; shares, for the scale logit.
        covariance: (k, k) of the estimates.
        times: (k,) real times, rising.
        most: Joints to look for at most; None for one of five waves beyond the second, up to 5.
        scale: A name in SCALES.
        choose: A name in CHOICES.
        between: Places where a joint may be between two waves; 0 for the waves only.
        df: Degrees of freedom of the covariance; infinity where it is known.
        significance: How often too many joints may be found.
        confidence_level: Nominal coverage of each slope's interval.
        draws: Draws in each test.
        seed: The same seed gives the same draws.

    Raises:
        MethodError: No such scale or choice, or numbers outside their range.
        NotEstimableError: Fewer than 7 waves, or estimates that the scale or the covariance
            leaves no room to vary.

    Example:
        A rise of one point a year that stops in 2018.

        >>> years = range(2014, 2024)
        >>> shares = [0.30, 0.31, 0.32, 0.33, 0.34, 0.34, 0.34, 0.34, 0.34, 0.34]
        >>> found = joinpoint(shares, np.eye(10) * 1e-6, years, draws=199)
        >>> found.knots, [f"{part.value:.3f}" for part in found.segments[:1]]
        ((2018.0,), ['0.010'])
    """
    trend = checked(estimates, covariance, times, scale=scale, df=df)
    check_level(confidence_level)
    if choose not in CHOICES:
        raise MethodError(no_method("choice", choose, CHOICES))
    most = _most(most, len(trend.times), between=between, draws=draws)
    asked = _asked(significance, Draws(draws, np.random.default_rng(seed), trend.df))
    search = Search(trend.times, trend.root, most, between)
    tried = _tried(search, trend)
    joints, steps = CHOICES[choose](search, trend, tried, asked)
    knots = tried[joints].knots
    parts, fitted = _described(trend, knots, confidence_level)
    return Joinpoint(
        knots=knots,
        segments=parts,
        fitted=SCALES[scale].back(fitted),
        tried=tried,
        steps=steps,
        scale=scale,
        choose=choose,
        seed=seed,
        draws=draws,
    )


def _most(most: int | None, many: int, *, between: int, draws: int) -> int:
    """How many joints to look for, after a look at all that is counted."""
    if many < FEWEST_WAVES:
        raise NotEstimableError(f"{many} waves; joints are looked for in {FEWEST_WAVES} and more; a"
                                " break at a time known beforehand has a test")  # fmt: skip
    usual = min((many - 2) // _WAVES_FOR_A_JOINT, _MOST_JOINTS)
    found = usual if most is None else most
    for name, value, least in (("most", found, 1), ("between", between, 0), ("draws", draws, 99)):
        if value < least or value != int(value):
            raise MethodError(f"{name} is {value}; wanted a whole number of at least {least}")
    return int(found)


def _described(
    trend: Trend, knots: tuple[float, ...], confidence_level: float
) -> tuple[tuple[Segment, ...], Floats]:
    """The segments of the chosen fit, and the (k,) trend."""
    found, spread, fitted = fitted_with(trend, knots)
    parts = segments(
        found[1:],
        spread[1:, 1:],
        knots,
        start=float(trend.times[0]),
        end=float(trend.times[-1]),
        df=trend.df,
        confidence_level=confidence_level,
    )
    return parts, fitted


class _Asked(NamedTuple):
    """How tests are made."""

    significance: float
    draws: Draws


def _asked(significance: float, draws: Draws) -> _Asked:
    if not 0 < significance < 1:
        raise MethodError(f"significance is {significance}; wanted a number between 0 and 1")
    return _Asked(significance, draws)


def _tried(search: Search, trend: Trend) -> tuple[Tried, ...]:
    """The best fits with each number of joints."""
    found, many = [], len(trend.times)
    white = trend.white(trend.values)
    for joints, sets in enumerate(search.sets):
        distances = search.distances(white, joints)
        order = np.argsort(distances, kind="stable")
        near = order[distances[order] <= distances[order[0]] + NEAR]
        knots, best = search.grid[sets.places[near]], float(distances[order[0]])
        parameters = 2 + 2 * joints
        found.append(
            Tried(
                knots=tuple(knots[0].tolist()),
                distance=best,
                lack_of_fit=lack_of_fit(best, many - parameters, trend.df),
                bic=best + parameters * float(np.log(many)),
                near=knots,
                near_distances=distances[near],
            )
        )
    return tuple(found)


def _by_tests(
    test: Test, search: Search, trend: Trend, asked: _Asked
) -> tuple[int, tuple[Step, ...]]:
    """Test the fewest against the most joints, and close in on one number from both ends."""
    steps: list[Step] = []
    fewer, more = 0, len(search.sets) - 1
    most, white = more, trend.white(trend.values)
    while fewer < more:
        statistic, p_value = test(search, white, (fewer, more), asked.draws)
        steps.append(
            Step(
                fewer=fewer,
                more=more,
                statistic=statistic,
                p_value=p_value,
                monte_carlo_error=float(np.sqrt(p_value * (1 - p_value) / (asked.draws.many + 1))),
                significance=asked.significance / (most - fewer),
            )
        )
        if p_value <= steps[-1].significance:
            fewer += 1
        else:
            more -= 1
    return fewer, tuple(steps)


def permutation(
    search: Search, trend: Trend, _tried: tuple[Tried, ...], asked: _Asked
) -> tuple[int, tuple[Step, ...]]:
    """Tests by residuals in another order. Kim, Fay, Feuer and Midthune (2000)."""
    return _by_tests(by_permutation, search, trend, asked)


def bootstrap(
    search: Search, trend: Trend, _tried: tuple[Tried, ...], asked: _Asked
) -> tuple[int, tuple[Step, ...]]:
    """Tests by trends drawn from the fit and the covariance."""
    return _by_tests(by_bootstrap, search, trend, asked)


def bic(
    _search: Search, _trend: Trend, tried: tuple[Tried, ...], _asked: _Asked
) -> tuple[int, tuple[Step, ...]]:
    """The number of joints with the lowest BIC of a known covariance. Schwarz (1978)."""
    return int(np.argmin([one.bic for one in tried])), ()


#: How the number of joints is chosen.
CHOICES: Mapping[
    str,
    Callable[[Search, Trend, tuple[Tried, ...], _Asked], tuple[int, tuple[Step, ...]]],
] = MappingProxyType({"permutation": permutation, "bootstrap": bootstrap, "bic": bic})
