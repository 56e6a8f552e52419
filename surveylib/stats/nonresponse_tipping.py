"""The share of yes among those who did not answer that would undo a finding.

`surveylib.stats.nonresponse` has all of this under its name. S stands for shares that are tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import optimize

from surveylib.errors import MethodError, no_method
from surveylib.stats.nonresponse_waves import Asked, Pair, assumed, check, chosen, quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tipping:
    """A finding under every share of yes among those who did not answer.

    Args:
        claim: A name in CLAIMS.
        threshold: What the share or the change is claimed to be above or below.
        among_missing: (S,) shares of yes among those who did not answer.
        estimates: (S,) share among all who were asked, or the change of it.
        lows: (S,) lower limits.
        highs: (S,) upper limits.
        holds: (S,) whether the whole interval is on the claimed side.
        estimate_tips: The share at which the estimate is at the threshold; None if at none.
        finding_tips: The share at which the nearer limit is; None if at none.
        verdict: "holds for every share", "holds for no share" or "depends on the share".
        confidence_level: Of the intervals.
    """

    claim: str
    threshold: float
    among_missing: Floats
    estimates: Floats
    lows: Floats
    highs: Floats
    holds: NDArray[np.bool_]
    estimate_tips: float | None
    finding_tips: float | None
    verdict: str
    confidence_level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTipping:
    """A finding of a change under every share of yes among those who did not answer.

    Args:
        same: If the share is the same in both waves.
        among_missing: (S,) shares of yes among those who did not answer.
        estimates: (S, S) changes, by the share in the earlier (row) and in the later wave (column).
        holds: (S, S) whether the whole interval is on the claimed side.
        earlier_tips: If those missing in the later wave are like those who answered it: the share
            among those missing in the earlier wave at which the finding is undone; None if none.
        later_tips: Likewise for the later wave, those of the earlier being like their answers.
        verdict: As in `Tipping`, for any two shares.
    """

    same: Tipping
    among_missing: Floats
    estimates: Floats
    holds: NDArray[np.bool_]
    earlier_tips: float | None
    later_tips: float | None
    verdict: str


def tipping_share(
    wave: Asked,
    threshold: float,
    *,
    claim: str,
    steps: int = 11,
    method: str = "wilson",
    confidence_level: float = 0.95,
) -> Tipping:
    """Find what would undo the finding that a share is above or below a threshold.

    Args:
        wave: From `of_counts`, or from a design.
        threshold: Such as 0.5 for a majority.
        claim: A name in CLAIMS.
        steps: How many shares from 0 to 1 to show.
        method: A name in `nonresponse.METHODS`.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: No such claim or method, or numbers outside their range.

    Example:
        A quarter did not answer.

        >>> from surveylib.stats.nonresponse import of_counts
        >>> found = tipping_share(of_counts(450, 600, 800), 0.5, claim="above")
        >>> found.estimate_tips, found.finding_tips, found.verdict
        (None, None, 'holds for every share')
        >>> found = tipping_share(of_counts(330, 600, 800), 0.5, claim="above")
        >>> round(found.estimate_tips, 3), round(found.finding_tips, 3), found.verdict
        (0.35, 0.489, 'depends on the share')
    """
    limits, beyond = chosen(method, confidence_level), _claimed(claim, steps)
    check(wave)
    if not 0 < threshold < 1:
        raise MethodError(f"threshold is {threshold:g}; wanted a share above 0 and below 1")
    c = quantile(1 - (1 - confidence_level) / 2, wave.df)

    def at(share: ArrayLike) -> _Interval:
        end = assumed(wave, share)
        return _Interval(end.share, *limits.share(wave, end, c))

    return _tipping(at, claim, threshold, beyond, _Shown(steps, confidence_level))


def tipping_change(
    earlier: Asked,
    later: Asked,
    *,
    claim: str,
    threshold: float = 0.0,
    between: ArrayLike | None = None,
    df: float | None = None,
    steps: int = 11,
    method: str = "wilson",
    confidence_level: float = 0.95,
) -> ChangeTipping:
    """Find what would undo the finding that a share rose or fell.

    Args:
        earlier: The earlier wave.
        later: The later wave.
        claim: A name in CLAIMS: `above` for a rise, `below` for a fall.
        threshold: What the change is claimed to be above or below; 0 for any change.
        between: (2, 2) covariance of yes and missing of the earlier wave (rows) with those of the
            later (columns); None for independent samples.
        df: Degrees of freedom of the change; None for those of both waves together.
        steps: How many shares from 0 to 1 to show.
        method: A name in `nonresponse.METHODS`.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: No such claim or method, or numbers outside their range.

    Example:
        >>> from surveylib.stats.nonresponse import of_counts
        >>> waves = of_counts(200, 500, 600), of_counts(270, 500, 600)
        >>> found = tipping_change(*waves, claim="above", steps=3)
        >>> found.same.verdict, found.verdict
        ('holds for every share', 'depends on the share')
        >>> found.holds.tolist()
        [[True, True, True], [False, True, True], [False, False, True]]
    """
    limits, beyond = chosen(method, confidence_level), _claimed(claim, steps)
    if not -1 < threshold < 1:
        raise MethodError(f"threshold is {threshold:g}; wanted a change above -1 and below 1")
    pair = Pair.of(earlier, later, between, df)
    c = quantile(1 - (1 - confidence_level) / 2, pair.df)

    def at(before: ArrayLike, after: ArrayLike) -> _Interval:
        end = pair.at(before, after)
        return _Interval(end.change, *limits.change(pair, end, c))

    def finding(before: float, after: float) -> float:
        return float(beyond(at(before, after), threshold))

    shown = _Shown(steps, confidence_level)
    grid = np.linspace(0, 1, steps)
    table = at(grid[:, None], grid)
    holds = beyond(table, threshold) > 0
    before, after = earlier.answered, later.answered
    return ChangeTipping(
        same=_tipping(lambda share: at(share, share), claim, threshold, beyond, shown),
        among_missing=grid,
        estimates=table.estimate,
        holds=holds,
        earlier_tips=None if after is None else _root(lambda share: finding(share, after)),
        later_tips=None if before is None else _root(lambda share: finding(before, share)),
        verdict=_verdict(holds),
    )


class _Interval(NamedTuple):
    """Intervals: arrays of one shape."""

    estimate: Floats
    low: Floats
    high: Floats


class _Shown(NamedTuple):
    """What to show."""

    steps: int
    confidence_level: float


def _tipping(
    at: Callable[[ArrayLike], _Interval],
    claim: str,
    threshold: float,
    beyond: Callable[[_Interval, float], Floats],
    shown: _Shown,
) -> Tipping:
    """One row for each share, and where the finding is undone."""
    grid = np.linspace(0, 1, shown.steps)
    found = at(grid)
    holds = beyond(found, threshold) > 0
    return Tipping(
        claim=claim,
        threshold=threshold,
        among_missing=grid,
        estimates=found.estimate,
        lows=found.low,
        highs=found.high,
        holds=holds,
        estimate_tips=_root(lambda share: float(at(share).estimate) - threshold),
        finding_tips=_root(lambda share: float(beyond(at(share), threshold))),
        verdict=_verdict(holds),
        confidence_level=shown.confidence_level,
    )


def _claimed(claim: str, steps: int) -> Callable[[_Interval, float], Floats]:
    if claim not in CLAIMS:
        raise MethodError(no_method("claim", claim, CLAIMS))
    if steps < 2:
        raise MethodError(f"steps is {steps}; wanted 2 or more, for 0 and 1")
    return CLAIMS[claim]


def _root(function: Callable[[float], float]) -> float | None:
    """Where a function that has one sign at 0 and the other at 1 is 0; None where it has one."""
    ends = function(0.0), function(1.0)
    if ends[0] == ends[1] or (ends[0] > 0) == (ends[1] > 0):
        return None
    return float(optimize.brentq(function, 0.0, 1.0, xtol=1e-12))


def _verdict(holds: NDArray[np.bool_]) -> str:
    if holds.all():
        return "holds for every share"
    return "depends on the share" if holds.any() else "holds for no share"


#: What is claimed: how far the nearer limit is beyond the threshold.
CLAIMS: Mapping[str, Callable[[_Interval, float], Floats]] = MappingProxyType(
    {
        "above": lambda found, threshold: found.low - threshold,
        "below": lambda found, threshold: threshold - found.high,
    }
)
