"""Trends with joints: those of R survey on single answers, those that are given, those refused."""

import csv
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import surveylib as sl
from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.logistic import logistic
from surveylib.stats.regression import Sums

REFERENCES = Path(__file__).parents[1] / "references"
SHARED = sl.Design(weights="w", strata="s", psu="unit")
DRAWN = sl.Design(weights="w", strata="s", psu="unit", population="size")
DESIGNS = {
    "independent": {"design": DRAWN, "reused_ids": True},
    "shared": {"design": SHARED, "samples": "shared-psu"},
}
ALL = pytest.mark.parametrize("name", DESIGNS)
JOINT = 2019.5


def expected(test, design):
    """Values of R: answer → what → value."""
    found = {}
    with (REFERENCES / "trend.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if (row["test"], row["design"]) == (test, design):
                found.setdefault(row["answer"], {})[row["what"]] = float(row["value"])
    return found


def people(counts, n=400):
    """Rows of people of whom so many said yes in each year from 2010."""
    return pd.concat(
        [
            pd.DataFrame({"year": 2010 + place, "met": ["yes"] * yes + ["no"] * (n - yes)})
            for place, yes in enumerate(counts)
        ],
        ignore_index=True,
    )


TURNING = [80, 96, 112, 128, 144, 128, 112, 96, 80]
LEVEL = [100, 103, 98, 101, 99, 102, 97, 100, 101]


# --- against R --------------------------------------------------------------------------------


@ALL
@pytest.mark.parametrize("held", [(), "g"])
def test_stretches_are_those_of_svyglm_with_hinges(sample, name, held):
    values = expected("logistic-joints-adjusted" if held else "logistic-joints", name)
    rows = sl.trend(sample, "q", wave="year", joints=[JOINT], adjust_for=held, **DESIGNS[name]).rows
    assert [row.test for row in rows] == ["logistic"] * 3
    for row in rows:
        value, (first, second) = values[row.answer], row.segments
        assert (first.from_time, first.to_time, second.to_time) == (2016, JOINT, 2024)
        for part, number in ((first, "1"), (second, "2")):
            assert math.log(part.odds_ratio) == pytest.approx(value[f"odds{number}"], rel=1e-8)
            assert math.log(part.odds_low) == pytest.approx(value[f"odds{number}_low"], rel=1e-8)
            assert part.p_value == pytest.approx(value[f"p{number}"], rel=1e-8)
            assert part.slope == pytest.approx(value[f"slope{number}"], rel=1e-8)
            assert part.slope_low == pytest.approx(value[f"slope{number}_low"], rel=1e-8)
        assert math.log(second.odds_bend) == pytest.approx(value["bend"], rel=1e-7)
        assert math.log(second.odds_bend_low) == pytest.approx(value["bend_low"], rel=1e-8)
        assert second.bend_p_value == pytest.approx(value["bend_p"], rel=1e-8)
        assert (first.bend_p_value, first.odds_bend, second.bend) == (None, None, None)
        assert row.statistic == pytest.approx(value["moves"], rel=1e-8)
        assert row.p_value == pytest.approx(value["moves_p"], rel=1e-7)
        assert row.curved == pytest.approx(value["bend_p"], rel=1e-7)


def test_stretches_through_shares_are_least_squares_on_the_covariance_of_r(sample):
    value = expected("least-squares-joints", "independent")["high"]
    (row,) = sl.trend(
        sample,
        "q/high",
        wave="year",
        test="least-squares",
        joints=[JOINT],
        **DESIGNS["independent"],
    ).rows
    assert [part.slope for part in row.segments] == pytest.approx(
        [value["slope1"], value["slope2"]], rel=1e-8
    )
    second = row.segments[1]
    assert second.bend == pytest.approx(value["slope2"] - value["slope1"], rel=1e-8)
    # R takes the weights for known; ours are estimated, so that the test says less.
    assert second.bend_p_value > 2 * stats.norm.sf(value["statistic"])
    assert second.odds_ratio is None


def test_joints_of_a_search_are_fitted_to_single_answers_as_by_svyglm():
    counts = pd.read_csv(REFERENCES / "gss.csv")
    answers = counts.loc[counts.index.repeat(counts.n)].drop(columns="n")
    (row,) = sl.trend(answers, "educGroup/<12 yrs", wave="year", test="joinpoint", draws=199).rows
    value, z = expected("joinpoint", "gss")["<12 yrs"], stats.norm.ppf(0.975)
    assert [part.to_time for part in row.segments] == [1996, 2016]
    for part, number in zip(row.segments, "12", strict=True):
        error = value[f"odds_error{number}"]
        assert math.log(part.odds_ratio) == pytest.approx(value[f"odds{number}"], rel=1e-8)
        assert math.log(part.odds_high / part.odds_low) == pytest.approx(2 * z * error, rel=1e-8)
        assert part.slope == pytest.approx(value[f"slope{number}"], rel=1e-8)
        width = part.slope_high - part.slope_low
        assert width == pytest.approx(2 * z * value[f"error{number}"], rel=1e-8)
        assert part.verdict == "falling"
    assert (row.verdict, row.statistic) == ("changing", 1)
    assert any(note.startswith("Joints were found on the shares; slopes") for note in row.notes)


# --- from every kind of source ----------------------------------------------------------------


def test_sums_give_the_stretches_of_rows(sample):
    sums = sl.collapse(sample, "q", wave="year", design=SHARED)
    options = {"samples": "shared-psu", "joints": [2019]}
    rows = sl.trend(sample, "q", wave="year", design=SHARED, **options).rows
    for one, other in zip(rows, sl.trend(sums, "q", **options).rows, strict=True):
        for part, same in zip(one.segments, other.segments, strict=True):
            assert same.slope == pytest.approx(part.slope, rel=1e-9)
            assert same.slope_low == pytest.approx(part.slope_low, rel=1e-9)
            assert (same.from_time, same.verdict) == (part.from_time, part.verdict)
        assert other.curved == pytest.approx(one.curved, rel=1e-8)


def test_a_wave_is_a_joint_by_its_name_or_its_number_and_a_time_by_its_date(sample):
    options = {"wave": "year", "test": "logistic"}
    named, number, date = (
        sl.trend(sample, "q/high", joints=joints, **options).rows[0]
        for joints in (["2019"], [np.int64(2019)], ["2019-01-01"])
    )
    assert named.segments == number.segments == date.segments
    middle = sl.trend(sample, "q/high", joints=["2020-Q1"], **options).rows[0]
    assert middle.segments[0].to_time == 2020


def test_joints_are_on_the_scale_of_the_scores(sample):
    options = {"wave": "year", "scores": [1, 2, 3, 4, 5, 6]}
    named, time = (
        sl.trend(sample, "q/high", joints=joints, **options).rows[0] for joints in (["2019"], [3.0])
    )
    assert named.segments == time.segments
    assert named.segments[0].to_time == 3


def test_joints_need_not_be_given_in_their_order():
    rows = people([80, 90, 100, 110, 100, 90, 80, 90, 100, 110])
    one, other = (
        sl.trend(rows, "met/yes", wave="year", joints=joints).rows[0]
        for joints in ([2013, 2016], [2016, 2013])
    )
    assert one == other
    assert len(one.segments) == 3


# --- what is said -----------------------------------------------------------------------------


@pytest.mark.parametrize("test", ["logistic", "least-squares"])
def test_a_turn_that_was_known_is_told_as_two_stretches_and_their_bend(test):
    (row,) = sl.trend(people(TURNING), "met/yes", wave="year", test=test, joints=[2014]).rows
    assert [part.verdict for part in row.segments] == ["rising", "falling"]
    assert [part.slope for part in row.segments] == pytest.approx([0.04, -0.04], abs=2e-3)
    assert row.segments[1].bend_p_value < 1e-6
    assert (row.verdict, row.statistic_name, row.df) == ("changing", "chi-squared", 2)
    assert row.slope == pytest.approx(0, abs=1e-9)
    found = sl.trend(people(TURNING), "met/yes", wave="year", test=test, joints=[2014])
    for shown in (str(found), found.explain(), found._repr_html_()):
        assert "2010 to 2014: +" in shown
        assert "; bend in 2014: " in shown
    (line,) = [line for line in str(found).splitlines() if line.startswith("yes ")]
    assert "+4." in line
    assert " 0.00 " not in line
    frame = found.segments_frame()
    assert frame.answer.tolist() == ["yes", "yes"]
    assert frame.slope.tolist() == [part.slope for part in row.segments]
    (stored,) = found.to_dict()["rows"]
    assert stored["segments"][1]["bend_p_value"] == row.segments[1].bend_p_value


def test_shares_that_stay_where_they_are_show_no_stretch():
    (row,) = sl.trend(people(LEVEL), "met/yes", wave="year", joints=[2014]).rows
    assert [part.verdict for part in row.segments] == ["no trend shown"] * 2
    assert row.verdict == "no trend shown"


def test_a_slope_is_that_of_the_fitted_shares_between_the_ends():
    rows = people(TURNING)
    (row,) = sl.trend(rows, "met/yes", wave="year", joints=[2014]).rows
    years = np.arange(9)
    hinge = np.column_stack([np.ones(9), years, np.maximum(years - 4, 0)])
    sums = Sums(
        unit=np.zeros(18, int), cell=np.tile(years, 2), answer=np.repeat([0, 1], 9),
        weight=np.concatenate([400 - np.array(TURNING), TURNING]),
        square=np.concatenate([400 - np.array(TURNING), TURNING]), n=[3600], strata=["all"],
    )  # fmt: skip
    fitted = logistic(sums, hinge, df=math.inf).fitted
    slopes = [(fitted[4] - fitted[0]) / 4, (fitted[8] - fitted[4]) / 4]
    assert [part.slope for part in row.segments] == pytest.approx(slopes, rel=1e-9)


def test_no_joint_leaves_the_test_of_a_logistic_regression():
    rows = people([80, 84, 88, 92, 96, 100, 104, 108, 112])
    (line,) = sl.trend(rows, "met/yes", wave="year", test="logistic").rows
    (row,) = sl.trend(rows, "met/yes", wave="year", test="joinpoint", draws=199).rows
    assert (row.statistic, row.statistic_name, row.segments) == (0, "joints", ())
    assert (row.p_value, row.slope, row.verdict) == (line.p_value, line.slope, "rising")
    assert any("slope of a logistic regression of single answers" in note for note in row.notes)


def test_waves_that_a_model_does_not_read_keep_the_slopes_of_their_shares():
    rows = people(TURNING)
    ids = np.concatenate([np.random.default_rng(year).permutation(400) for year in range(9)])
    options = {"wave": "year", "samples": "panel", "ids": "id", "test": "joinpoint", "draws": 199}
    (row,) = sl.trend(rows.assign(id=ids), "met/yes", **options).rows
    assert [part.verdict for part in row.segments] == ["rising", "falling"]
    assert [part.odds_ratio for part in row.segments] == [None, None]
    assert any("not fitted to single answers: the waves have people" in note for note in row.notes)


# --- printed figures --------------------------------------------------------------------------


def test_joints_of_printed_figures_are_fitted_to_the_shares(netclean):
    # Four waves bear one joint, between the second and the third.
    (row,) = sl.trend(netclean, "region/usa", joints=[2019.0]).rows
    assert row.test == "least-squares"
    assert len(row.segments) == 2
    with pytest.raises(MethodError, match=r"joints leave one wave after 2019\.49"):
        sl.trend(netclean, "region/usa", joints=["2019"])
    with pytest.raises(MethodError, match="'logistic' needs single answers"):
        sl.trend(netclean, "region/usa", joints=[2019], test="logistic")


# --- refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("joints", "message"),
    [
        ([2010], r"joint at 2010; wanted a time after 2016, the first wave, and before 2024"),
        ([2016], r"joint at 2016; wanted a time after 2016"),
        (["2024"], r"joint at 2024; wanted a time after 2016, .*before 2024, the last"),
        ([2018], r"joints leave one wave before 2018; wanted 2 or more between joints and on"),
        ([2022.5], r"joints leave one wave after 2022.5; wanted 2 or more"),
        ([2019, 2021], r"joints leave no wave after 2019 and before 2021"),
        ([2019.0, "2019"], r"joints has the time 2019 twice; wanted each once"),
        (["spring"], r"joints has 'spring', which is no wave and no date: the waves are '2016'"),
        ("2019", r"joints is '2019'; wanted times or names of waves in a list"),
        (2019, r"joints is '2019'; wanted times or names of waves in a list, such as \[2012"),
        ([True], r"joints has 'True'; wanted times or names"),
        ([math.nan], r"joints has 'nan'; wanted times or names"),
        ([None], r"joints has 'None'; wanted times or names"),
    ],
)
def test_joints_that_the_waves_do_not_bear_are_refused(sample, joints, message):
    with pytest.raises(MethodError, match=message):
        sl.trend(sample, "q", wave="year", joints=joints)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"test": "joinpoint"}, r"'joinpoint' looks for joints itself: leave joints out, or take"),
        ({"test": "mann-kendall"}, r"'mann-kendall' has no joints: .*one of 'logistic', 'least-sq"),
        ({"test": "logistic", "degree": 2}, r"joints stand in place of a curve: leave out joints"),
        ({"degree": 3}, r"joints stand in place of a curve: .*degree=3"),
    ],
)
def test_joints_and_what_does_not_go_with_them_are_refused(sample, options, message):
    with pytest.raises(MethodError, match=message):
        sl.trend(sample, "q", wave="year", joints=[2019], **options)


def test_a_series_that_does_not_bear_the_joints_does_not_stop_another(sample):
    late = sample.assign(late=sample.q.where(sample.year > 2018))
    found = sl.trend(late, ["q/high", "late/high"], wave="year", joints=[2019.5])
    assert [row.question for row in found.rows] == ["q"]
    (refused,) = found.refused
    assert refused.reason.startswith("these waves do not bear the joints: joints leave one wave")
    two = sample[sample.year < 2019]
    with pytest.raises(NotEstimableError, match="two waves; a trend needs three"):
        sl.trend(two, "q", wave="year", joints=[2017])
