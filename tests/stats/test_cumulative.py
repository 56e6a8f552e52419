"""Regressions of ordered answers against R's survey and ordinal, and against algebra."""

from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.cumulative import by_cut, cumulative
from surveylib.stats.logistic import logistic
from tests.stats.schools import Schools, rows, simple

#: What R leaves: clm and svyglm of their last step; svyolr of derivatives from differences.
CLOSE = {"proportional": 1e-8, "separate": 1e-8, "svyolr": 1e-5}


def cases(*models):
    keys = ("design", "base", "lonely", "model")
    some = [row for row in rows("cumulative.csv") if row["model"] in models]
    groups = groupby(some, key=lambda row: tuple(row[key] for key in keys))
    return [pytest.param(*key, list(group), id=" ".join(key)) for key, group in groups]


def sums_of(design, base, lonely):
    """Sums of the classes of schools, and the columns: years since 2015 and the kind of school."""
    schools = Schools(design, base, lonely)
    columns = schools.columns("wave")[:, 1:]
    return schools.sums(schools.text["level"].astype(int) - 1), columns - [2015, 0, 0]


def values(expected):
    return {
        (row["value_of"], int(row["row"]), int(row["column"])): float(row["value"])
        for row in expected
    }


def with_covariances(coefficients, covariance):
    ours = {("coefficient", i, 0): one for i, one in enumerate(coefficients)}
    return ours | {
        ("covariance", i, j): covariance[i, j]
        for i in range(len(coefficients))
        for j in range(i + 1)
    }


@pytest.mark.parametrize(
    ("design", "base", "lonely", "model", "expected"), cases("proportional", "svyolr")
)
def test_slopes_thresholds_and_their_covariances_are_those_of_r(
    design, base, lonely, model, expected
):
    sums, x = sums_of(design, base, lonely)
    wanted = values(expected)
    degrees = wanted.get(("design_df", 0, 0), 100)
    found = cumulative(sums, x, answers=4, df=degrees)
    ours = with_covariances([*found.coefficients, *found.thresholds], found.joint)
    if model == "svyolr":
        ours |= {("design_df", 0, 0): degrees, ("df", 0, 0): found.df}
    assert ours == pytest.approx(wanted, rel=CLOSE[model], abs=1e-7)
    assert (found.covariance == found.joint[:3, :3]).all()


@pytest.mark.parametrize(("design", "base", "lonely", "model", "expected"), cases("separate"))
def test_slopes_of_each_cut_and_brants_test_are_those_of_r(design, base, lonely, model, expected):
    sums, x = sums_of(design, base, lonely)
    wanted = values(expected)
    df = next(
        float(row["value"])
        for row in rows("cumulative.csv")
        if (row["design"], row["base"], row["lonely"]) == (design, base, lonely)
        and row["value_of"] == "design_df"
    )
    x = np.column_stack([x[:, 0], x[:, 1:].sum(axis=1)])  # primary schools, and all others
    found = by_cut(sums, x, answers=4, df=df)
    ours = with_covariances(found.coefficients.ravel(), found.covariance)
    for name, columns in (("all", []), ("time", [0])):
        test = found.test(columns)
        ours[f"F_{name}", 0, 0], ours[f"p_{name}", 0, 0] = test.statistic, test.p_value
    assert ours == pytest.approx(wanted, rel=CLOSE[model], abs=1e-12)


counts = st.lists(st.lists(st.integers(1, 30), min_size=4, max_size=4), min_size=2, max_size=5).map(
    np.array
)
laws = settings(deadline=None, max_examples=30)


@laws
@given(counts)
def test_answers_in_reverse_turn_the_slopes(table):
    x, df = np.arange(len(table))[:, None], table.sum() - 1
    one = cumulative(simple(table), x, answers=4, df=df)
    other = cumulative(simple(table[:, ::-1]), x, answers=4, df=df)
    assert other.coefficients == pytest.approx(-one.coefficients, rel=1e-8, abs=1e-10)
    assert other.thresholds == pytest.approx(-one.thresholds[::-1], rel=1e-8, abs=1e-10)
    assert other.covariance == pytest.approx(one.covariance, rel=1e-8)


@laws
@given(counts)
def test_two_answers_are_a_logistic_regression(table):
    table = table[:, :2]
    times, df = np.arange(len(table)), table.sum() - 1
    one = cumulative(simple(table), times[:, None], answers=2, df=df)
    other = logistic(simple(table), np.vander(times, 2), df=df)
    assert one.coefficients == pytest.approx(other.coefficients[:1], rel=1e-8, abs=1e-10)
    assert one.covariance == pytest.approx(other.covariance[:1, :1], rel=1e-8)
    assert one.df == other.df
    assert one.fitted[:, 1] == pytest.approx(other.fitted, rel=1e-8)


@laws
@given(counts, st.integers(0, 3))
def test_an_answer_that_nobody_gave_changes_nothing(table, place):
    x, df = np.arange(len(table))[:, None], table.sum() - 1
    one = cumulative(simple(table), x, answers=4, df=df)
    wider = simple(np.insert(table, place, 0, axis=1))
    other = cumulative(wider, x, answers=5, df=df)
    assert other.answers == tuple(k for k in range(5) if k != place)
    assert other.coefficients == pytest.approx(one.coefficients, rel=1e-9, abs=1e-12)
    assert other.fitted[:, place].tolist() == [0] * len(table)
    assert by_cut(wider, x, answers=5, df=df).coefficients == pytest.approx(
        by_cut(simple(table), x, answers=4, df=df).coefficients, rel=1e-9, abs=1e-12
    )


@laws
@given(counts)
def test_influence_adds_up_to_nothing_over_the_sample(table):
    x, df = np.arange(len(table))[:, None], table.sum() - 1
    found = cumulative(simple(table), x, answers=4, df=df)
    assert np.einsum("ck,ckq->q", table, found.influence) == pytest.approx([0], abs=1e-10)


@laws
@given(counts)
def test_the_slope_of_the_likelihood_is_0_where_it_is_said_to_be_highest(table):
    assume(len(table) > 2)
    x = np.arange(len(table))[:, None]
    found = cumulative(simple(table), x, answers=4, df=table.sum() - 1)

    def likelihood(slope, thresholds):
        above = 1 / (1 + np.exp(-(x * slope - thresholds)))
        edges = np.pad(above, ((0, 0), (1, 1)), constant_values=((0, 0), (1, 0)))
        return (table * np.log(edges[:, :-1] - edges[:, 1:])).sum()

    best = likelihood(found.coefficients[0], found.thresholds)
    for place in range(4):
        for step in (-1e-3, 1e-3):
            moved = np.append(found.coefficients, found.thresholds)
            moved[place] += step
            assert likelihood(moved[0], moved[1:]) < best


def test_odds_that_are_exactly_proportional_fit_and_are_not_refuted():
    # Cuts at 1/4 and 3/4; then odds three times as high at both: 1/2 and 9/10 are above.
    table = np.array([[100, 200, 100], [40, 160, 200]])
    found = cumulative(simple(table), [[0], [1]], answers=3, df=799)
    assert np.exp(found.coefficients) == pytest.approx([3])
    assert found.fitted == pytest.approx(table / 400)
    test = by_cut(simple(table), [[0], [1]], answers=3, df=799).test()
    assert test.statistic == pytest.approx(0, abs=1e-12)
    assert test.p_value == pytest.approx(1, abs=1e-6)


def test_slopes_that_run_against_each_other_are_refuted():
    table = np.array([[100, 200, 100], [200, 50, 150]])
    test = by_cut(simple(table), [[0], [1]], answers=3, df=799).test([0])
    assert (test.df_numerator, test.df_denominator) == (1, 798)
    assert test.p_value < 1e-9


def test_a_wave_with_only_the_lowest_answer_is_refused_by_its_column():
    table = np.array([[5, 5, 5], [9, 0, 0], [4, 5, 6]])
    with pytest.raises(NotEstimableError, match="column 'wave 2019' tells from the others"):
        cumulative(
            simple(table), np.eye(3)[:, 1:], answers=3, df=38, names=["wave 2019", "wave 2021"]
        )


def test_answers_that_time_sorts_completely_are_refused():
    table = np.array([[5, 0, 0], [9, 0, 0], [0, 5, 0], [0, 0, 6]])
    with pytest.raises(NotEstimableError, match="a coefficient is infinite"):
        cumulative(simple(table), [[0], [1], [2], [3]], answers=3, df=24)


def test_a_cut_that_cannot_be_fitted_is_named():
    table = np.array([[5, 5, 5], [9, 3, 0], [4, 5, 6]])
    with pytest.raises(NotEstimableError, match=r"above answer 1 .*column '0' tells"):
        by_cut(simple(table), np.eye(3)[:, 1:], answers=3, df=41)


def test_a_constant_beside_the_thresholds_is_refused():
    with pytest.raises(NotEstimableError, match="column 'one' is made of the others"):
        cumulative(
            simple([[5, 5], [9, 3]]), [[0, 1], [1, 1]], answers=2, df=21, names=["time", "one"]
        )


def test_one_answer_in_all_is_refused():
    with pytest.raises(NotEstimableError, match="everybody gave answer 1"):
        cumulative(simple([[0, 5], [0, 3]]), [[0], [1]], answers=2, df=7)


def test_one_cut_has_no_slopes_to_compare():
    found = by_cut(simple([[5, 5], [9, 3]]), [[0], [1]], answers=2, df=21)
    with pytest.raises(NotEstimableError, match="there is no slope to compare"):
        found.test()
    with pytest.raises(MethodError, match=r"columns are \[1\]; wanted different ones of 0 to 0"):
        found.test([1])


def test_an_answer_out_of_range_is_refused():
    sums = replace(simple([[5, 5], [9, 3]]), answer=[0, 1, 2, 3])
    with pytest.raises(MethodError, match="answer has 0 to 3; wanted places from 0, below 2"):
        cumulative(sums, [[0], [1]], answers=2, df=21)
