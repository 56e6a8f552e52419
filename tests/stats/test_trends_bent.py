"""Lines that bend at joints: a regression by hand, least squares of one line, joints refused."""

import numpy as np
import pytest
from scipy import stats

from surveylib.errors import MethodError
from surveylib.stats.segments import check_knots, known_break
from surveylib.stats.trends_bent import bent_line

YEARS = np.array([2010.0, 2012, 2013, 2015, 2016, 2018, 2019, 2021])
SHARES = np.array([0.30, 0.33, 0.36, 0.41, 0.40, 0.37, 0.36, 0.31])
SPREAD = np.diag(np.linspace(0.010, 0.016, 8) ** 2)


def by_hand(knots):
    """Weighted least squares with hinges: coefficients, their covariance, and what is left."""
    x = np.column_stack([np.ones(8), YEARS, *(np.maximum(YEARS - knot, 0) for knot in knots)])
    inverse = np.linalg.inv(SPREAD)
    covariance = np.linalg.inv(x.T @ inverse @ x)
    found = covariance @ x.T @ inverse @ SHARES
    away = SHARES - x @ found
    return found[1:], covariance[1:, 1:], away @ inverse @ away


@pytest.mark.parametrize("knots", [[2015], [2014.5], [2012.5, 2017]])
def test_slopes_and_tests_are_those_of_weighted_least_squares(knots):
    found = bent_line(SHARES, SPREAD, YEARS, knots)
    slopes, covariance, left = by_hand(knots)
    assert [part.value for part in found.segments] == pytest.approx(np.cumsum(slopes), rel=1e-7)
    errors = np.sqrt(np.diag(covariance))[1:]
    assert found.changes.standard_error == pytest.approx(errors, rel=1e-7)
    assert found.changes.p_value == pytest.approx(
        2 * stats.norm.sf(np.abs(slopes[1:] / errors)), rel=1e-6
    )
    moved = slopes @ np.linalg.solve(covariance, slopes)
    assert found.moves.p_value == pytest.approx(stats.chi2.sf(moved, len(slopes)), rel=1e-6)
    assert found.lack_of_fit.p_value == pytest.approx(
        stats.chi2.sf(left, 8 - 2 - len(knots)), rel=1e-6
    )


def test_one_joint_is_a_known_break():
    one = known_break(SHARES, SPREAD, YEARS, 2015, df=40)
    other = bent_line(SHARES, SPREAD, YEARS, [2015], df=40, weights="known")
    assert other.segments == (one.before, one.after)
    assert other.changes.p_value[0] == pytest.approx(one.change.p_value, rel=1e-12)
    assert other.bends.p_value == pytest.approx(one.change.p_value, rel=1e-9)


def test_weights_that_are_estimated_widen_every_interval():
    known, estimated = (
        bent_line(SHARES, SPREAD, YEARS, [2015], df=30, weights=weights)
        for weights in ("known", "estimated")
    )
    # Rao (1967), as for growth curves: five waves less are left than degrees of freedom.
    grown = (1 + by_hand([2015])[2] / 30) * 30 / 25
    assert estimated.df == 25
    for one, other in zip(known.segments, estimated.segments, strict=True):
        assert other.standard_error == pytest.approx(one.standard_error * grown**0.5, rel=1e-7)


@pytest.mark.parametrize(
    ("knots", "message"),
    [
        ([2010], r"joint at 2010; wanted a time after 2010, the first wave, and before 2021"),
        ([2030], r"joint at 2030; wanted a time after 2010"),
        ([2012], r"joints leave one wave before 2012; wanted 2 or more"),
        ([2011], r"joints leave one wave before 2011"),
        ([2019], r"joints leave one wave after 2019"),
        ([2013, 2016], r"joints leave one wave after 2013 and before 2016"),
        ([2014, 2014.5], r"joints leave no wave after 2014 and before 2014\.5"),
        ([2016, 2013], r"joints at 2016 and 2013; wanted times that rise"),
    ],
)
def test_joints_without_two_waves_on_either_side_are_refused(knots, message):
    with pytest.raises(MethodError, match=message):
        bent_line(SHARES, SPREAD, YEARS, knots)


def test_waves_at_joints_do_not_count_for_either_side():
    check_knots([2010, 2011, 2012, 2013, 2014], [2012])
    check_knots([2010, 2011, 2012, 2013], [2011.5])
    with pytest.raises(MethodError, match="joints leave one wave before 2011"):
        check_knots([2010, 2011, 2012, 2013], [2011])
