"""Trends of straight stretches that join: at times that were given, or that a search found."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from surveylib.analysis.series.model_sums import model_sums
from surveylib.analysis.series.models import columns_of, logistic_on_time
from surveylib.analysis.series.run import Run
from surveylib.analysis.series.saying import verdict
from surveylib.analysis.series.tested import Tested, straight
from surveylib.analysis.trends import Segment
from surveylib.errors import NotEstimableError
from surveylib.stats import joinpoint, logistic, segments, trends_bent
from surveylib.stats.regression import Model, Wald

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.series.run import Numbers
    from surveylib.analysis.series.tested import Asking

    Floats = NDArray[np.float64]

#: What is told of joints that an analyst names.
_GIVEN = (
    "Joints were given: the p-values of stretches and bends hold if they were chosen before the "
    "shares were seen."
)
#: What is told of joints that a search finds.
_FOUND = "The p-value is that of no joint against the most that were looked for."
_REFITTED = (
    "Joints were found on the shares; slopes and their tests come from a logistic regression of "
    "single answers with these joints. It takes the joints as known, which the data chose: "
    "their p-values are too small, and how many there are was tested by permutation."
)
#: What is told of stretches of a logistic regression.
_ODDS = (
    "The p-value of a stretch belongs to its odds ratio; the interval in points is of the fitted "
    "shares, and at the border the two can differ."
)
_PRINTED = "Joints and slopes are both of the printed shares: there are no single answers to fit."
_NONE = "No joint is shown; the p-value is that of the slope{}."


class Pieces(NamedTuple):
    """A regression with joints: its stretches, and tests that none bends and that none moves."""

    segments: tuple[Segment, ...]
    bends: Wald
    moves: Wald


def logistic_with_joints(run: Run, asking: Asking) -> Tested:
    """The odds of one answer on time, with a slope of their own between each two joints.

    Args:
        run: The waves.
        asking: The joints, the level and the composition.

    Raises:
        MethodError: Joints that the waves cannot bear.
        NotEstimableError: A design that the model does not read, or separation.
    """
    found = pieces(run, asking, asking.joints)
    told = _tested(run, asking, found.segments, (found.moves, found.bends))
    return replace(told, notes=(*told.notes, _ODDS))


def least_squares_with_joints(run: Numbers, asking: Asking) -> Tested:
    """Straight stretches through the shares, with their covariance.

    Args:
        run: The waves.
        asking: The joints and the level.

    Raises:
        MethodError: Joints that the waves cannot bear.
        NotEstimableError: A wave without variance, or too few degrees of freedom.
    """
    found = trends_bent.bent_line(
        run.column("estimate"),
        run.covariance,
        run.times,
        asking.joints,
        df=run.fewest_df,
        confidence_level=asking.confidence_level,
    )
    parts, turns = [_of_shares(part, asking) for part in found.segments], found.changes
    for place in range(1, len(parts)):
        parts[place] = replace(
            parts[place],
            bend=float(turns.estimate[place - 1]),
            bend_low=float(turns.low[place - 1]),
            bend_high=float(turns.high[place - 1]),
            bend_p_value=float(turns.p_value[place - 1]),
        )
    told = _tested(run, asking, tuple(parts), (found.moves, found.bends))
    return replace(told, lack_of_fit=float(found.lack_of_fit.p_value))


def joinpoint_search(run: Numbers, asking: Asking) -> Tested:
    """Look for joints on the shares; where there are single answers, fit the slopes to them.

    As the Centers for Disease Control and Prevention do for the Youth Risk Behavior Survey: the
    shares say where the trend bends, and the records how steep it is.

    Args:
        run: The waves, or printed figures.
        asking: The level, and the draws.

    Raises:
        NotEstimableError: Fewer than seven waves, or shares that cannot vary.
    """
    found = joinpoint.joinpoint(
        run.column("estimate"),
        run.covariance,
        run.times,
        df=run.df,
        significance=1 - asking.confidence_level,
        confidence_level=asking.confidence_level,
        draws=asking.draws,
        seed=asking.seed,
    )
    parts = tuple(_of_shares(part, asking) for part in found.segments)
    last, notes = found.segments[-1], [_PRINTED]
    line = Tested(
        statistic=0.0,
        statistic_name="joints",
        p_value=float(last.p_value),
        up=float(last.value),
        slope=(float(last.value), float(last.low), float(last.high)),
    )
    if isinstance(run, Run):
        try:
            if found.knots:
                parts, notes = pieces(run, asking, found.knots).segments, [_REFITTED, _ODDS]
            else:
                line, notes = logistic_on_time(run, asking), []
        except NotEstimableError as error:
            notes = [f"Slopes are those of the shares, not fitted to single answers: {error}."]
    if not found.knots:
        how = " of a logistic regression of single answers" if not notes else ""
        return replace(line, statistic=0.0, statistic_name="joints", df=None,
                       notes=(_NONE.format(how), *notes))  # fmt: skip
    return Tested(
        statistic=float(len(found.knots)),
        statistic_name="joints",
        p_value=float(found.steps[0].p_value),
        slope=straight(run, asking),
        segments=parts,
        notes=(_FOUND, *notes, *_as_good(found)),
    )


def _as_good(found: joinpoint.Joinpoint) -> list[str]:
    """Other joints that the shares are as near to."""
    near = found.tried[len(found.knots)].near
    others = [", ".join(f"{knot:g}" for knot in row) for row in near[1:6]]
    return [f"Joints that fit as well: {'; '.join(others)}."] if others else []


def _of_shares(part: segments.Segment, asking: Asking) -> Segment:
    """A stretch of a line through the shares."""
    return Segment(
        from_time=float(part.start),
        to_time=float(part.end),
        slope=float(part.value),
        slope_low=float(part.low),
        slope_high=float(part.high),
        p_value=float(part.p_value),
        verdict=verdict(float(part.p_value), float(part.value), asking),
    )


def _tested(
    run: Numbers, asking: Asking, parts: tuple[Segment, ...], tests: tuple[Wald, Wald]
) -> Tested:
    """The tests of joints that were given: whether anything moves, and whether anything bends."""
    moves, bends = tests
    simple = math.isinf(moves.df_denominator)
    return Tested(
        statistic=moves.statistic * (moves.df_numerator if simple else 1),
        statistic_name="chi-squared" if simple else "F",
        p_value=moves.p_value,
        df=float(moves.df_numerator),
        df_denominator=None if simple else float(moves.df_denominator),
        curved=bends.p_value,
        slope=straight(run, asking),
        segments=parts,
        notes=(_GIVEN,),
    )


def pieces(run: Run, asking: Asking, knots: Sequence[float]) -> Pieces:
    """The stretches of a logistic regression of single answers, under the design.

    A stretch's slope in points is that of the fitted shares between its ends; in a composition, of
    the shares of its cells, each weighing as it does in all waves together (a known number).

    Args:
        run: The waves.
        asking: The level and the composition.
        knots: Times of the joints.

    Raises:
        MethodError: Joints that the waves cannot bear.
        NotEstimableError: A design that the model does not read, or separation.
    """
    segments.check_knots(run.times, knots)
    sums, many = model_sums(run), len(knots) + 1
    names = ["time", *(f"time after {knot:g}" for knot in knots)]
    columns = segments.spline(run.times, knots).T
    time = dict(zip(names, columns, strict=True))
    x, named = columns_of(run, asking, time, constant=True)
    model = logistic.logistic(sums, x, df=run.df, names=named)
    edges = [float(run.times[0]), *map(float, knots), float(run.times[-1])]
    parts = segments.segments(
        model.coefficients[1 : 1 + many],
        model.covariance[1 : 1 + many, 1 : 1 + many],
        knots,
        start=edges[0],
        end=edges[-1],
        df=model.df,
        confidence_level=asking.confidence_level,
    )
    weights = np.bincount(sums.cell, sums.weight, len(x)).reshape(-1, len(run.times)).sum(axis=1)
    points = _points(model, edges, asking, weights / weights.sum())
    found = [_piece(*one, asking) for one in zip(parts, points, strict=True)]
    each = model.each(confidence_level=asking.confidence_level)
    for place in range(1, many):  # the column of a joint comes after the constant and time
        found[place] = replace(
            found[place],
            odds_bend=math.exp(each.estimate[1 + place]),
            odds_bend_low=math.exp(each.low[1 + place]),
            odds_bend_high=math.exp(each.high[1 + place]),
            bend_p_value=float(each.p_value[1 + place]),
        )
    return Pieces(tuple(found), model.test(range(2, 1 + many)), model.test(range(1, 1 + many)))


def _points(
    model: Model, edges: Sequence[float], asking: Asking, weights: Floats
) -> list[tuple[float, float, float]]:
    """Slopes of the fitted shares in each stretch with their limits, by the delta method."""
    cells = np.array(asking.composition or [()], np.float64).reshape(len(weights), -1)
    time, years = segments.spline(edges, edges[1:-1]), np.diff(edges)
    values, gradient = np.zeros(len(years)), np.zeros((len(years), len(model.coefficients)))
    for cell, weight in zip(cells, weights, strict=True):
        x = np.column_stack([np.ones(len(edges)), time, np.tile(cell, (len(edges), 1))])
        share = special.expit(x @ model.coefficients)
        moved = (share * (1 - share))[:, None] * x
        values += weight * np.diff(share) / years
        gradient += weight * np.diff(moved, axis=0) / years[:, None]
    slopes = Model(
        coefficients=values, covariance=gradient @ model.covariance @ gradient.T, df=model.df
    )
    each = slopes.each(confidence_level=asking.confidence_level)
    return list(zip(each.estimate.tolist(), each.low.tolist(), each.high.tolist(), strict=True))


def _piece(odds: segments.Segment, points: tuple[float, float, float], asking: Asking) -> Segment:
    """A stretch of a logistic regression: in points, and in odds."""
    slope, low, high = points
    return Segment(
        from_time=odds.start,
        to_time=odds.end,
        slope=slope,
        slope_low=low,
        slope_high=high,
        p_value=odds.p_value,
        verdict=verdict(odds.p_value, odds.value, asking),
        odds_ratio=math.exp(odds.value),
        odds_low=math.exp(odds.low),
        odds_high=math.exp(odds.high),
    )
