"""What regressions have in common: sums that do not fit are refused, tests follow algebra."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.logistic import logistic
from surveylib.stats.regression import Model, Sums, maximum, receding, wald, weights_of
from tests.stats.schools import simple

SUMS = simple([[3, 1], [2, 2]])
CLUSTERS = Sums(
    unit=[0, 0, 1, 1, 2],
    cell=[0, 1, 0, 1, 1],
    answer=[0, 1, 1, 0, 1],
    weight=[1.0, 2.0, 1.5, 1.0, 3.0],
    strata=["all"],
    stratum=[0, 0, 0],
)


def test_weights_are_summed_by_cell_and_answer():
    assert weights_of(CLUSTERS, 2, 2).tolist() == [[1.0, 1.5], [1.0, 5.0]]


@pytest.mark.parametrize(
    ("sums", "message"),
    [
        (replace(SUMS, square=None), "wanted stratum where first-stage units were drawn, or"),
        (replace(SUMS, n=None), "wanted stratum where first-stage units were drawn, or"),
        (replace(CLUSTERS, n=[5]), "wanted stratum where first-stage units were drawn, or"),
        (replace(SUMS, unit=[0, 0, 0, 1]), "unit has 0 to 1; wanted places from 0, below 1"),
        (replace(SUMS, cell=[0, 0, -1, 1]), "cell has -1 to 1; wanted places from 0, below 2"),
        (replace(SUMS, answer=[0, 1, 0, 2]), "answer has 0 to 2; wanted places from 0, below 2"),
        (replace(SUMS, answer=[0.0, 1.0, 0.0, 1.0]), r"answer of shape \(4,\); wanted whole"),
        (replace(SUMS, cell=[0, 0, 1]), r"cell of shape \(3,\); wanted whole numbers"),
        (replace(SUMS, weight=[1, 1, -1, 1]), r"weight of shape \(4,\); wanted .* from 0 on"),
        (replace(SUMS, square=[1, 1, np.nan, 1]), r"square of shape \(4,\); wanted .* from 0 on"),
        (replace(SUMS, n=[5, 5]), "moments have shapes"),
        (replace(CLUSTERS, stratum=[0, 0, 1]), "stratum has 0 to 1; wanted below 1"),
        (replace(CLUSTERS, lonely="carefully"), "no lonely method called 'carefully'"),
        (replace(CLUSTERS, fraction=[1.5]), "fraction is 1.5"),
    ],
)
def test_sums_that_do_not_fit_are_refused(sums, message):
    with pytest.raises(MethodError, match=message):
        logistic(sums, [[1.0], [1.0]], df=9)


@pytest.mark.parametrize(
    ("x", "names", "message"),
    [
        ([1.0, 1.0], [], r"x of shape \(2,\); wanted finite numbers, a row for each cell"),
        ([[1.0], [np.inf]], [], r"x of shape \(2, 1\); wanted finite numbers"),
        ([[1.0], [1.0]], ["a", "b"], "names has 2 entries; wanted 1"),
        ([[1.0]], [], "cell has 0 to 1; wanted places from 0, below 1"),
    ],
)
def test_columns_that_do_not_fit_are_refused(x, names, message):
    with pytest.raises(MethodError, match=message):
        logistic(SUMS, x, df=9, names=names)


def test_nobody_is_refused():
    with pytest.raises(NotEstimableError, match="no respondents, or no weight"):
        logistic(replace(SUMS, weight=[0, 0, 0, 0]), [[1.0], [1.0]], df=9)


def test_a_stratum_of_one_unit_is_named():
    alone = replace(CLUSTERS, strata=["north", "south"], stratum=[0, 0, 1])
    with pytest.raises(NotEstimableError, match=r"only one sampling unit.*'south'"):
        logistic(alone, [[1.0], [1.0]], df=1)


def test_degrees_of_freedom_that_are_none_are_refused():
    with pytest.raises(MethodError, match="df is nan; wanted degrees of freedom"):
        logistic(SUMS, [[1.0], [1.0]], df=float("nan"))


MODEL = Model(
    coefficients=np.array([1.0, -2.0]), covariance=np.array([[0.5, 0.1], [0.1, 0.8]]), df=12.0
)


def test_one_coefficient_has_the_same_p_value_in_both_tests():
    each = MODEL.each()
    for place in (0, 1):
        test = MODEL.test([place])
        assert test.statistic == pytest.approx(MODEL.coefficients[place] ** 2
                                               / MODEL.covariance[place, place])  # fmt: skip
        assert test.p_value == pytest.approx(each.p_value[place], rel=1e-10)


def test_limits_and_p_values_agree():
    level = 1 - float(MODEL.each().p_value[0])
    assert MODEL.each(confidence_level=level).low[0] == pytest.approx(0, abs=1e-9)
    reach = stats.t.ppf(0.95, 12) * np.sqrt(0.5)
    assert MODEL.each(confidence_level=0.9).high[0] == pytest.approx(1 + reach)


@pytest.mark.parametrize("columns", [[], [2], [0, 0], [-1]])
def test_columns_that_do_not_exist_have_no_test(columns):
    with pytest.raises(MethodError, match="wanted different ones of 0 to 1"):
        MODEL.test(columns)


def test_a_known_covariance_makes_f_a_chi_squared():
    test = wald([2.0, 1.0], [[2.0, 0.5], [0.5, 1.0]], df=float("inf"))
    squares = np.array([2, 1]) @ np.linalg.solve([[2.0, 0.5], [0.5, 1.0]], [2, 1])
    assert test.statistic * 2 == pytest.approx(squares)
    assert test.p_value == pytest.approx(stats.chi2.sf(squares, 2))


@pytest.mark.parametrize(
    ("spread", "df", "message"),
    [
        ([[1.0, 1.0], [1.0, 1.0]], 9, "the covariance is singular"),
        ([[1.0, 0.0], [0.0, 0.0]], 9, "cannot vary: nothing to test"),
        ([[1.0, 0.0], [0.0, 1.0]], 1, "2 numbers to test and 1 degrees of freedom"),
    ],
)
def test_what_cannot_vary_has_no_test(spread, df, message):
    with pytest.raises(NotEstimableError, match=message):
        wald([1.0, 2.0], spread, df=df)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(st.integers(-3, 3), min_size=2, max_size=2), min_size=3, max_size=6))
def test_a_direction_is_found_where_one_of_many_tried_does(rows):
    above = np.array(rows, float)
    if np.linalg.matrix_rank(above) < 2:
        return
    # Where a cone of directions in the plane is not empty, an edge of it is beside a row.
    turned = np.concatenate([above @ [[0, 1], [-1, 0]], above @ [[0, -1], [1, 0]]])
    there = any((above @ d >= 0).all() and (above @ d).max() > 0 for d in turned)
    way = receding(np.zeros((0, 2)), above)
    assert (way is not None) == there
    if way is not None:
        assert (above @ way).min() >= -1e-6


def test_a_function_without_curvature_has_no_maximum_that_can_be_found():
    with pytest.raises(NotEstimableError, match="no maximum that can be found"):
        maximum(lambda at: (float(at.sum()), np.ones(2), np.zeros((2, 2))), np.zeros(2))
