"""Estimates that add up over sampling units → their variances and covariances under a design."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self, TypeVar

import numpy as np

from surveylib.analysis.calibrated import Residual, cells, each_alone, explained
from surveylib.stats import replicates, variance

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from surveylib.stats.answer_moments import AnswerMoments
    from surveylib.stats.weighting_residuals import Auxiliaries
    from surveylib.wave.design import Design
    from surveylib.wave.design_units import Stage, Units

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

#: Estimates up to which the whole covariance is kept; above, that within each group.
MOST_TOGETHER = 3_000
#: Numbers that products of all strata may take at once.
_ROOM = 20_000_000
#: Respondents who take as much room one by one as a stratum does with its products.
_UNITS_AT_ONCE = 100


class Linear(Protocol):
    """D groups of K estimates whose linearised values add up over the lines of a collapsed table.

    `estimates` is (D, K), with NaN where there is nobody to estimate from.
    """

    estimates: Floats

    def only(self, groups: Sequence[int]) -> Self:
        """The estimates of some groups."""

    def replicated(self) -> Floats:
        """(R, D*K) the estimates by each replicate weight, of which lines have sums."""

    def linearised(self, units: int) -> Floats:
        """(U, D*K) totals of the linearised values over each first-stage unit."""

    def sizes(self, units: int) -> Floats | None:
        """(U, D*K) the same without signs, where rounding is a part of that; None where of them."""

    def moments(self, n: Whole) -> variance.Moments | variance.UnitTotals | AnswerMoments:
        """Their sums by stratum, where every respondent is a unit; `n` (H,) respondents of each."""


L = TypeVar("L", bound=Linear)


class Spread(NamedTuple):
    """Variances (Q,) of estimates, group by group, and their covariance (Q, Q) where kept.

    They are not a number where a set of replicate weights leaves nobody to estimate from.
    """

    variances: Floats
    covariance: Floats | None


def drawn(units: Units) -> tuple[Whole, int]:
    """The unit of each respondent that was drawn first, or their stratum where they were drawn.

    Args:
        units: Strata and sampling units.

    Returns:
        The places (n,), and how many units there are.
    """
    clustered = len(units.psu_stratum) > 0
    unit = units.psu if clustered else units.stratum
    return np.asarray(unit, np.int64), len(units.psu_stratum) if clustered else len(units.strata)


def spread_of_lines(
    whole: Linear, units: Units, design: Design, inner: Linear | None = None
) -> Spread:
    """Variances by linearisation over the units that were drawn first, or by replicates.

    Args:
        whole: The estimates.
        units: Strata and sampling units; its respondents are not looked at.
        design: What is done with strata of one unit, and how replicates become a variance.
        inner: The same estimates, where there is a second stage: their lines are of its units or,
            where respondents were drawn there, of those of the first.

    Raises:
        NotEstimableError: A stratum has one unit, and nothing says what to do about it.
    """
    if design.replication is not None:
        return _of_replicates(whole, whole.replicated(), design)
    if inner is not None and units.second is not None:
        return _of_stages(whole, inner, units, units.second, design.lonely)
    return _together(whole, lambda part: _first(part, units, design.lonely), len(units.strata))


def spread_of_rows(
    make: Callable[[Whole, int, Floats], L], units: Units, design: Design
) -> tuple[L, Spread]:
    """Estimates of single rows and their variances: linearised, of two stages, or by replicates.

    Args:
        make: From the unit of each row (n,), the number of units and weights (n,) to estimates.
        units: Weights, strata and sampling units of every row of the sample.
        design: What is done with strata of one unit, and how replicates become a variance.

    Raises:
        NotEstimableError: A stratum has one unit, and nothing says what to do about it.
    """
    unit, many = drawn(units)
    whole = make(unit, many, units.weights)
    if units.replicates is not None:
        nowhere = np.zeros(len(unit), np.int64)
        each = [make(nowhere, 1, column).estimates.ravel() for column in units.replicates.T]
        return whole, _of_replicates(whole, np.stack(each), design)
    if units.auxiliaries is not None:
        return whole, _of_residuals(make, whole, units, units.auxiliaries, design)
    if units.second is None:
        return whole, spread_of_lines(whole, units, design)
    stage = units.second
    people = not len(stage.group)
    inner = make(
        np.asarray(units.psu if people else stage.unit, np.int64),
        len(units.psu_stratum) if people else len(stage.group),
        units.weights,
    )
    return whole, spread_of_lines(whole, units, design, inner)


def _of_residuals(
    make: Callable[[Whole, int, Floats], L],
    whole: L,
    units: Units,
    kept: Auxiliaries,
    design: Design,
) -> Spread:
    """Covariance by linearisation of what the targets of a weighting leave."""
    fitted, alone = explained(make, whole, kept), each_alone(units)

    def left(unit: Whole, many: int) -> Residual:
        inner = make(unit, many, units.weights)
        return Residual(inner, fitted, cells(unit, many, units.weights, kept))

    unit, many = drawn(alone)
    first, stage = left(unit, many), alone.second
    if stage is None:
        return _by_groups(
            first,
            lambda groups: _first(first.only(groups), alone, design.lonely),
            max(len(units.strata), many // _UNITS_AT_ONCE),
        )
    second = left(np.asarray(stage.unit, np.int64), len(stage.group))
    return _of_stages(first, second, alone, stage, design.lonely)


def _of_stages(whole: Linear, inner: Linear, units: Units, stage: Stage, lonely: str) -> Spread:
    """Covariance by linearisation over the units of two stages."""
    people, many = not len(stage.group), len(units.psu_stratum)
    first = units.fraction[units.psu_stratum]

    def both(groups: Sequence[int]) -> Floats:
        part = inner.only(groups)
        within: variance.Moments | variance.UnitTotals | AnswerMoments
        within = part.moments(stage.sampled) if people else _of_units(part, stage.group, many)
        return _first(whole.only(groups), units, lonely) + variance.second_stage(
            within, fraction=stage.fraction, first=first, lonely=lonely
        )

    return _by_groups(whole, both, max(many, len(units.strata)))


def _first(part: Linear, units: Units, lonely: str) -> Floats:
    """Covariance by linearisation over first-stage units."""
    moments: variance.Moments | variance.UnitTotals | AnswerMoments
    if len(units.psu_stratum):
        moments = _of_units(part, units.psu_stratum, len(units.strata))
    else:
        moments = part.moments(units.sampled)
    return variance.covariance(moments, fraction=units.fraction, lonely=lonely, names=units.strata)


def _of_units(part: Linear, group: NDArray[Any], groups: int) -> variance.UnitTotals:
    many = len(group)
    return variance.moments(part.linearised(many), group, groups, size=part.sizes(many))


def _together(whole: Linear, covariance: Callable[[Linear], Floats], strata: int) -> Spread:
    return _by_groups(whole, lambda groups: covariance(whole.only(groups)), strata)


def _by_groups(whole: Linear, covariance: Callable[[Sequence[int]], Floats], strata: int) -> Spread:
    """The covariance, put together from blocks of groups that have room in memory."""
    d, k = whole.estimates.shape
    if not d * k:
        return Spread(np.zeros(0), np.zeros((0, 0)))
    fits = int((_ROOM / max(strata, 1)) ** 0.5)
    if d * k <= min(fits, MOST_TOGETHER):
        found = covariance(range(d))
        return Spread(np.diag(found).copy(), found)
    step = max(fits // (2 * k), 1)
    blocks = [range(start, min(start + step, d)) for start in range(0, d, step)]
    places = [np.arange(block.start * k, block.stop * k) for block in blocks]
    if d * k > MOST_TOGETHER:
        return Spread(np.concatenate([np.diag(covariance(block)) for block in blocks]), None)
    whole_found = np.zeros((d * k, d * k))
    for i, one in enumerate(blocks):
        for j in range(i + 1):
            both = [*blocks[j], *one] if j < i else list(one)
            found = covariance(both)
            where = np.concatenate([places[j], places[i]]) if j < i else places[i]
            whole_found[np.ix_(where, where)] = found
    return Spread(np.diag(whole_found).copy(), whole_found)


def _of_replicates(whole: Linear, found: Floats, design: Design) -> Spread:
    """Covariance from the estimates (R, D*K) that each set of replicate weights gives."""
    full = whole.estimates.ravel()
    # A group without anybody has no share; one that a replicate leaves empty has no variance.
    here = np.isfinite(full) & np.isfinite(found).all(axis=0)
    scale, factors = _scaling(design, len(found))
    step = max(MOST_TOGETHER, 1) if len(full) > MOST_TOGETHER else max(len(full), 1)
    variances, covariance = np.full(len(full), np.nan), None
    for start in range(0, max(len(full), 1), step):
        block = np.flatnonzero(here[start : start + step]) + start
        part = replicates.covariance(
            found[:, block], full[block], scale=scale, factors=factors, centre=design.centre
        )
        variances[block] = np.diag(part)
        if len(full) <= MOST_TOGETHER:
            covariance = np.full((len(full), len(full)), np.nan)
            covariance[np.ix_(block, block)] = part
    return Spread(variances, covariance)


def _scaling(design: Design, count: int) -> tuple[float, Floats]:
    """Scale and factors: as published with the data, or as the kind of replicates has them."""
    if design.replicate_scale is not None or design.replicate_factors:
        published = np.array(design.replicate_factors or [1.0], np.float64)
        scale = 1.0 if design.replicate_scale is None else design.replicate_scale
        return scale, np.broadcast_to(published, (count,))
    made = replicates.scaling(str(design.replication), count, rho=design.rho)
    return made.scale, made.factors
