"""Regressions of shares against R survey, and against algebra where R cannot tell."""

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.logistic import LINKS, logistic
from surveylib.stats.regression import Sums
from tests.stats.schools import Schools, rows, simple

#: What R's last step leaves of its estimates.
CLOSE = 1e-8
#: The terms that R tests together, and the places of their columns.
TERMS = {"curved": [2, 3], "stype": [4, 5]}

every_link = pytest.mark.parametrize("link", LINKS)


def cases():
    keys = ("design", "base", "lonely", "link")
    groups = groupby(rows("logistic.csv"), key=lambda row: tuple(row[key] for key in keys))
    return [pytest.param(*key, list(group), id=" ".join(key)) for key, group in groups]


@pytest.mark.parametrize(("design", "base", "lonely", "link", "expected"), cases())
def test_coefficients_covariances_and_tests_are_those_of_r(design, base, lonely, link, expected):
    schools = Schools(design, base, lonely)
    sums = schools.sums((schools.text["awards"] == "Yes") * 1)
    value = {
        (row["value_of"], int(row["row"]), int(row["column"])): float(row["value"])
        for row in expected
    }
    found = logistic(
        sums,
        schools.columns("linear", "quadratic", "cubic"),
        df=value["design_df", 0, 0],
        link=link,
    )
    each = found.each()
    ours = {("df", 0, 0): found.df, ("design_df", 0, 0): found.df + 5}
    for i in range(6):
        ours["coefficient", i, 0] = found.coefficients[i]
        ours["p_value", i, 0] = each.p_value[i]
        for j in range(i + 1):
            ours["covariance", i, j] = found.covariance[i, j]
    for name, places in TERMS.items():
        test = found.test(places)
        ours[f"F_{name}", 0, 0], ours[f"p_{name}", 0, 0] = test.statistic, test.p_value
    assert ours == pytest.approx(value, rel=CLOSE, abs=1e-13)


@every_link
def test_two_waves_alone_give_back_their_shares(link):
    found = logistic(simple([[30, 10], [12, 28]]), [[1, 0], [1, 1]], df=79, link=link)
    assert found.fitted == pytest.approx([0.25, 0.7], rel=1e-12)


def test_the_log_odds_of_two_groups_have_woolfs_variance():
    found = logistic(simple([[30, 10], [12, 28]]), [[1, 0], [1, 1]], df=79)
    # The design divides by n - 1 where a likelihood divides by n.
    woolf = (1 / 30 + 1 / 10 + 1 / 12 + 1 / 28) * 80 / 79
    assert found.coefficients[1] == pytest.approx(np.log(28 / 12 * 30 / 10), rel=1e-12)
    assert found.covariance[1, 1] == pytest.approx(woolf, rel=1e-12)


@settings(deadline=None, max_examples=30)
@given(start=st.floats(-3000, 3000), width=st.floats(0.5, 100), link=st.sampled_from(sorted(LINKS)))
def test_where_time_begins_and_its_unit_change_no_fitted_share(start, width, link):
    counts, times = [[30, 10], [25, 15], [18, 22], [20, 20]], np.array([0.0, 1.0, 3.0, 4.0])
    plain = logistic(simple(counts), np.vander(times, 3), df=159, link=link)
    moved = logistic(simple(counts), np.vander(start + width * times, 3), df=159, link=link)
    assert moved.fitted == pytest.approx(plain.fitted, rel=1e-5)
    again = logistic(simple(counts), np.vander(width * times, 3), df=159, link=link)
    assert again.coefficients * [width**2, width, 1] == pytest.approx(plain.coefficients, rel=1e-8)


def test_exchanging_yes_and_no_turns_the_coefficients():
    x = [[1, 0], [1, 1], [1, 2]]
    one = logistic(simple([[30, 10], [12, 28], [9, 9]]), x, df=97)
    other = logistic(simple([[10, 30], [28, 12], [9, 9]]), x, df=97)
    assert other.coefficients == pytest.approx(-one.coefficients, rel=1e-10)
    assert other.covariance == pytest.approx(one.covariance, rel=1e-10)


def test_influence_adds_up_to_nothing_over_the_sample():
    counts = np.array([[30, 10], [12, 28], [9, 9]])
    found = logistic(simple(counts), [[1, 0], [1, 1], [1, 2]], df=97)
    total = np.einsum("ck,ckq->q", counts, found.influence)
    assert total == pytest.approx([0, 0], abs=1e-12)


def test_units_of_one_respondent_each_vary_as_respondents_that_were_drawn():
    counts = np.array([[3, 2], [1, 4]])
    x = [[1, 0], [1, 1]]
    cell, answer = (np.repeat(part, counts.ravel()) for part in np.indices((2, 2)).reshape(2, -1))
    single = Sums(
        unit=np.arange(10),
        cell=cell,
        answer=answer,
        weight=np.ones(10),
        strata=["all"],
        stratum=np.zeros(10, int),
    )
    one = logistic(single, x, df=9)
    other = logistic(simple(counts), x, df=9)
    assert one.covariance == pytest.approx(other.covariance, rel=1e-12)


def test_a_cell_without_anybody_has_a_fitted_share():
    x = [[1, 0], [1, 1], [1, 2]]
    found = logistic(simple([[30, 10], [20, 20], [0, 0]]), x, df=79)
    assert found.fitted[2] == pytest.approx(0.75, rel=1e-12)  # the odds go 1/3, 1, 3


@pytest.mark.parametrize(
    ("counts", "links"),
    [
        ([[30, 10], [12, 0], [9, 9]], ["logit", "log"]),  # nobody said yes
        ([[30, 10], [0, 12], [9, 9]], ["logit"]),  # everybody did
    ],
)
def test_a_wave_in_which_all_answer_alike_is_refused_by_its_column(counts, links):
    x = np.column_stack([np.ones(3), np.eye(3)[:, 1:]])
    for link in links:
        with pytest.raises(NotEstimableError, match="column 'wave 2019' tells from the others"):
            logistic(
                simple(counts), x, df=99, link=link, names=["constant", "wave 2019", "wave 2021"]
            )
    for link in set(LINKS) - set(links):
        shares = [part[1] / sum(part) for part in counts]
        assert logistic(simple(counts), x, df=99, link=link).fitted == pytest.approx(shares)


def test_a_wave_in_which_all_answer_alike_does_not_stop_a_straight_line():
    found = logistic(simple([[30, 10], [12, 0], [9, 9]]), [[1, 0], [1, 1], [1, 2]], df=69)
    assert 0 < found.fitted[1] < 1


def test_answers_that_change_sides_once_along_time_are_refused():
    with pytest.raises(NotEstimableError, match="column '0', '1' tells from the others"):
        logistic(simple([[30, 0], [12, 0], [0, 9]]), [[1, 0], [1, 1], [1, 2]], df=50)
    with pytest.raises(NotEstimableError, match="column '0', '1' tells from the others"):
        logistic(simple([[30, 0], [12, 4], [0, 9]]), [[1, 0], [1, 1], [1, 2]], df=54)


@every_link
def test_nobody_saying_yes_is_refused_where_its_limit_is_infinite(link):
    counts, x = [[30, 0], [12, 0]], [[1, 0], [1, 1]]
    if not LINKS[link].falls:
        assert logistic(simple(counts), x, df=41, link=link).fitted == pytest.approx([0, 0])
        return
    with pytest.raises(NotEstimableError, match="nobody, or everybody, said yes"):
        logistic(simple(counts), x, df=41, link=link)


def test_no_room_to_vary_is_no_test():
    found = logistic(simple([[30, 0], [12, 0]]), [[1, 0], [1, 1]], df=41, link="identity")
    with pytest.raises(NotEstimableError, match="coefficient 0 has a variance of 0"):
        found.each()


def test_a_column_made_of_others_is_named():
    with pytest.raises(NotEstimableError, match="column 'men' is made of the others"):
        logistic(
            simple([[3, 1], [2, 2], [2, 5]]),
            [[1, 0, 1], [1, 1, 0], [1, 1, 0]],
            df=14,
            names=["constant", "women", "men"],
        )


def test_more_columns_than_sampling_units_are_refused():
    with pytest.raises(NotEstimableError, match="2 columns leave 0 degrees of freedom"):
        logistic(simple([[3, 1], [2, 2]]), [[1, 0], [1, 1]], df=1)


def test_a_link_that_does_not_exist_is_answered_with_those_that_do():
    with pytest.raises(MethodError, match="did you mean 'logit'"):
        logistic(simple([[3, 1], [2, 2]]), [[1, 0], [1, 1]], df=7, link="logits")
