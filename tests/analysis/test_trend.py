"""Trends at the front door: the tests of R on the same waves, printed figures, wrong questions."""

import csv
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import surveylib as sl
from surveylib.analysis.series.trending import TESTS
from surveylib.errors import MethodError, NotEstimableError, UnknownNameError
from surveylib.stats.multiplicity import METHODS as ADJUSTMENTS
from surveylib.stats.trends import cochran_armitage
from surveylib.stats.trends_ranges import trend_range

HERE = Path(__file__).parent / "references"
ORDER = ["low", "middle", "high"]
SHARED = sl.Design(weights="w", strata="s", psu="unit")
DRAWN = sl.Design(weights="w", strata="s", psu="unit", population="size")
DESIGNS = {
    "independent": {"design": DRAWN, "reused_ids": True},
    "shared": {"design": SHARED, "samples": "shared-psu"},
}
ALL = pytest.mark.parametrize("name", DESIGNS)


@pytest.fixture(scope="module")
def sample():
    return pd.read_csv(HERE / "change_data.csv", dtype={"q": "string"})


def expected(test, design):
    """Values of R: answer → what → value."""
    found = {}
    with (HERE / "trend.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if (row["test"], row["design"]) == (test, design):
                found.setdefault(row["answer"], {})[row["what"]] = float(row["value"])
    return found


def odds(row):
    """The odds ratio and its limits in the words of a row."""
    words = row.effect.replace("(", " ").replace(")", " ").split()
    return [float(word) for word in words if word.replace(".", "").isdigit()]


def table(sample):
    """Counts of each answer in each wave (W, 3), of those who answered, and the years."""
    counts = pd.crosstab(sample.year, sample.q)[ORDER]
    return counts.to_numpy(), counts.index.to_numpy(dtype=float)


# --- simple samples ---------------------------------------------------------------------------


def test_the_usual_test_of_simple_samples_is_prop_trend_test(sample):
    values = expected("cochran-armitage", "simple")
    rows = sl.trend(sample, "q", wave="year").rows
    assert len(rows) == 3
    for row in rows:
        value = values[row.answer]
        assert row.test == "cochran-armitage"
        assert row.statistic**2 == pytest.approx(value["squared"], rel=1e-8)
        assert row.p_value == pytest.approx(value["p_value"], rel=1e-8)
        assert row.times == (2016, 2018, 2019, 2021, 2022, 2024)
        assert row.verdict == ("rising" if row.answer == "high" else "falling")
        assert (row.p_value_low, row.p_value_high) == (row.p_value, row.p_value)


def test_scores_stand_for_times_by_wave_or_in_order(sample):
    values = expected("cochran-armitage", "scores")
    named = {year: place for place, year in enumerate(sorted(sample.year.unique()), 1)}
    for scores in ([1, 2, 3, 4, 5, 6], named, {str(year): one for year, one in named.items()}):
        for row in sl.trend(sample, "q", wave="year", scores=scores).rows:
            assert row.p_value == pytest.approx(values[row.answer]["p_value"], rel=1e-8)
            assert row.times == (1, 2, 3, 4, 5, 6)


def test_the_slope_is_that_of_the_straight_line_through_the_shares(sample):
    counts, years = table(sample)
    n = counts.sum(axis=1)
    for row in sl.trend(sample, "q", wave="year").rows:
        share = counts[:, ORDER.index(row.answer)] / n
        slope, _ = np.polyfit(years, share, 1, w=np.sqrt(n))
        assert row.slope == pytest.approx(slope, rel=1e-9)
        assert row.slope_low < row.slope < row.slope_high
        assert [point.estimate for point in row.points] == pytest.approx(share)


def test_the_order_of_the_shares_alone_is_that_of_cor_test(sample):
    values = expected("mann-kendall", "simple")
    for row in sl.trend(sample, "q", wave="year", test="mann-kendall").rows:
        assert row.p_value == pytest.approx(values[row.answer]["p_value"], rel=1e-8)


def test_ordered_answers_of_simple_samples_have_the_tests_of_r(sample):
    options = {"wave": "year", "order": ORDER}
    (moved,) = sl.trend(sample, "q", test="jonckheere-terpstra", **options).rows
    value = expected("jonckheere-terpstra", "simple")[""]
    assert moved.statistic == pytest.approx(value["statistic"], rel=1e-8)
    assert moved.p_value == pytest.approx(value["p_value"], rel=1e-8)
    assert (moved.answer, moved.points, moved.slope) == ("", (), None)
    (linear,) = sl.trend(sample, "q", test="linear-by-linear", **options).rows
    value = expected("linear-by-linear", "simple")[""]
    assert linear.statistic == pytest.approx(value["statistic"], rel=1e-8)
    assert linear.verdict == "rising"
    (any_way,) = sl.trend(sample, "q", test="homogeneity", **options).rows
    value = expected("homogeneity", "simple")[""]
    assert any_way.p_value == pytest.approx(value["p_value"], rel=1e-4)
    assert any_way.verdict == "changing"


def test_answers_in_the_opposite_order_move_the_opposite_way(sample):
    up = sl.trend(sample, "q", wave="year", test="jonckheere-terpstra", order=ORDER).rows[0]
    down = sl.trend(sample, "q", wave="year", test="jonckheere-terpstra", order=ORDER[::-1]).rows[0]
    assert down.statistic == pytest.approx(-up.statistic)
    assert (up.verdict, down.verdict) == ("rising", "falling")


def test_the_exact_test_counts_every_table(sample):
    few = sample.groupby(["year", "q"]).head(3)
    counts, years = table(few[few.year < 2021])
    (row,) = sl.trend(
        few[few.year < 2021], "q/high", wave="year", test="cochran-armitage-exact"
    ).rows
    exact = cochran_armitage(counts[:, 2], counts.sum(axis=1), years, method="exact")
    assert row.p_value == pytest.approx(float(exact.p_value), rel=1e-12)


def test_draws_start_from_the_seed(sample):
    options = {"wave": "year", "test": "cochran-armitage-permutation", "draws": 999}
    one, same, other = (
        sl.trend(sample, "q/middle", seed=seed, **options).rows[0].p_value for seed in (1, 1, 2)
    )
    assert one == same
    assert other == pytest.approx(one, abs=0.01)


@pytest.mark.parametrize("answer", ORDER)
def test_one_direction_has_half_of_the_two_sided_p_value(sample, answer):
    options = {"wave": "year"}
    both, up, down = (
        sl.trend(sample, f"q/{answer}", alternative=side, **options).rows[0]
        for side in ("two-sided", "increasing", "decreasing")
    )
    assert min(up.p_value, down.p_value) == pytest.approx(both.p_value / 2, rel=1e-6)
    assert up.p_value + down.p_value == pytest.approx(1)
    assert (up.alternative, down.alternative) == ("increasing", "decreasing")


# --- designs ----------------------------------------------------------------------------------


@ALL
def test_the_usual_test_of_designs_is_svyglm_on_time(sample, name):
    values = expected("logistic", name)
    rows = sl.trend(sample, "q", wave="year", **DESIGNS[name]).rows
    assert len(rows) == 3
    for row in rows:
        value = values[row.answer]
        assert row.test == "logistic"
        assert row.statistic == pytest.approx(value["statistic"], rel=1e-8)
        assert row.p_value == pytest.approx(value["p_value"], rel=1e-6)
        assert row.df == value["df"]
        assert odds(row)[0] == pytest.approx(math.exp(value["odds"]), abs=5e-4)


@ALL
def test_a_composition_is_held_constant_as_by_svyglm(sample, name):
    values = expected("logistic-adjusted", name)
    for row in sl.trend(sample, "q", wave="year", adjust_for="g", **DESIGNS[name]).rows:
        value = values[row.answer]
        assert row.statistic == pytest.approx(value["statistic"], rel=1e-8)
        assert row.df == value["df"]
        assert row.curved is None


@ALL
def test_a_bend_is_tested_beside_the_line_as_by_regtermtest(sample, name):
    line, bent = (expected(test, name) for test in ("logistic-adjusted", "logistic-adjusted"))
    rows = sl.trend(sample, "q", wave="year", adjust_for=["g"], degree=2, **DESIGNS[name]).rows
    for row in rows:
        assert row.curved == pytest.approx(bent[row.answer]["curved"], rel=1e-7)
        assert row.statistic == pytest.approx(line[row.answer]["statistic"], rel=1e-8)


@ALL
def test_ordered_answers_of_designs_have_the_odds_of_svyolr(sample, name):
    (row,) = sl.trend(
        sample, "q", wave="year", test="cumulative-link", order=ORDER, **DESIGNS[name]
    ).rows
    value = expected("cumulative-link", name)[""]
    # svyolr takes second derivatives from differences and stops early.
    assert row.statistic == pytest.approx(value["statistic"], rel=1e-5)
    assert odds(row)[0] == pytest.approx(math.exp(value["odds"]), abs=5e-4)
    assert row.lack_of_fit > 0.05


def test_least_squares_is_that_on_the_covariance_of_r(sample):
    value = expected("least-squares", "independent")["high"]
    (row,) = sl.trend(
        sample, "q/high", wave="year", test="least-squares", **DESIGNS["independent"]
    ).rows
    assert row.slope == pytest.approx(value["slope"], rel=1e-8)
    # R takes the weights for known. They are estimated, as growth curves are (Rao 1967): with the
    # degrees of freedom of the wave that has the fewest, less those of what the line leaves.
    share = np.array([point.estimate for point in row.points])
    weight = np.array([point.standard_error for point in row.points]) ** -2.0
    away = np.array(row.times) - np.average(row.times, weights=weight)
    line = np.average(share, weights=weight) + value["slope"] * away
    q, df = float(weight @ (share - line) ** 2), min(point.df for point in row.points)
    grown = (1 + q / df) * df / (df - len(share) + 2)
    assert row.statistic == pytest.approx(value["statistic"] / grown**0.5, rel=1e-8)
    assert row.df == df - len(share) + 2
    # Where waves share some units, R's variances are of all waves stacked and ours each wave's own.
    shared = expected("least-squares", "shared")["high"]
    (row,) = sl.trend(sample, "q/high", wave="year", test="least-squares", **DESIGNS["shared"]).rows
    assert row.slope == pytest.approx(shared["slope"], rel=0.01)


@pytest.mark.parametrize("name", ["independent", "three"])
def test_whether_answers_differ_in_any_way_is_asked_as_by_svychisq(sample, name):
    # Of three waves all units are in each, so that R's variances are those of each wave.
    rows = sample[sample.year < 2021] if name == "three" else sample
    options = DESIGNS["shared" if name == "three" else name]
    (row,) = sl.trend(rows, "q", wave="year", test="homogeneity", order=ORDER, **options).rows
    value = expected("homogeneity", name)[""]
    assert row.statistic == pytest.approx(value["statistic"], rel=1e-8)
    assert row.df == pytest.approx(value["df"], rel=1e-8)
    assert row.verdict == "changing"


def test_waves_that_share_some_units_can_be_tested_for_any_difference(sample):
    (row,) = sl.trend(
        sample, "q", wave="year", test="homogeneity", order=ORDER, **DESIGNS["shared"]
    ).rows
    value = expected("homogeneity", "shared")[""]
    assert row.statistic == pytest.approx(value["statistic"], rel=0.05)
    assert row.df == pytest.approx(value["df"], rel=0.05)


def test_people_who_answered_twice_are_not_taken_for_others(sample):
    early = sample[sample.year < 2021]
    apart = sl.trend(early, "q", wave="year", test="least-squares").rows
    together = sl.trend(
        early, "q", wave="year", test="least-squares", samples="rotating", ids="id"
    ).rows
    for one, other in zip(apart, together, strict=True):
        assert other.statistic != pytest.approx(one.statistic, rel=1e-3)
    default = sl.trend(early, "q", wave="year", samples="rotating", ids="id").rows
    assert default == together
    options = {"wave": "year", "samples": "rotating", "ids": "id"}
    message = r"people who answered twice.*take test='least-squares'"
    with pytest.raises(NotEstimableError, match=message):
        sl.trend(early, "q", test="logistic", **options)
    with pytest.raises(MethodError, match="simple samples that share nobody"):
        sl.trend(early, "q", test="cochran-armitage", **options)


def test_a_trend_needs_to_know_what_samples_share(sample):
    with pytest.raises(MethodError, match=r"samples is 'unknown': take sl\.change"):
        sl.trend(sample, "q", wave="year", samples="unknown")


# --- many waves -------------------------------------------------------------------------------


def bent():
    """Nine waves: five that rise by 4 points a year, then as far down."""
    yes = [200, 240, 280, 320, 360, 320, 280, 240, 200]
    parts = [
        pd.DataFrame({"year": 2010 + place, "q": ["yes"] * one + ["no"] * (1000 - one)})
        for place, one in enumerate(yes)
    ]
    return pd.concat(parts, ignore_index=True)


def test_a_joint_is_found_where_the_trend_turns():
    (row,) = sl.trend(bent(), "q/yes", wave="year", test="joinpoint", draws=199).rows
    assert [(part.from_time, part.to_time) for part in row.segments] == [(2010, 2014), (2014, 2018)]
    assert [part.slope for part in row.segments] == pytest.approx([0.04, -0.04], abs=1e-3)
    assert row.p_value < 0.05
    (line,) = sl.trend(bent(), "q/yes", wave="year").rows
    assert line.verdict == "no trend shown"
    assert line.lack_of_fit < 1e-6


def test_a_curve_through_a_turn_bends_where_the_line_is_level():
    for test in ("logistic", "least-squares"):
        (row,) = sl.trend(bent(), "q/yes", wave="year", test=test, degree=2).rows
        assert row.slope == pytest.approx(0, abs=1e-9)
        assert row.curved < 1e-6


# --- runs of waves ----------------------------------------------------------------------------


def test_two_waves_are_told_that_a_trend_needs_three(sample):
    two = sample[sample.year < 2019]
    with pytest.raises(NotEstimableError, match=r"two waves; a trend needs three .*sl\.change"):
        sl.trend(two, "q", wave="year")
    with pytest.raises(NotEstimableError, match=r"in one wave only \(2016\)"):
        sl.trend(sample[sample.year == 2016], "q", wave="year")


def test_a_wave_that_did_not_ask_is_a_gap_and_times_are_the_real_ones(sample):
    gap = sample.copy()
    gap.loc[gap.year == 2019, "q"] = pd.NA
    for row in sl.trend(gap, "q", wave="year").rows:
        assert row.waves == ("2016", "2018", "2021", "2022", "2024")
        assert row.times == (2016, 2018, 2021, 2022, 2024)
        assert "Not asked in 2019: times are the real ones." in row.notes


def test_too_few_waves_for_a_bend_are_refused_and_five_are_told_to_be_few(sample):
    three = sample[sample.year < 2021]
    with pytest.raises(NotEstimableError, match="3 waves cannot tell a bend of degree 2"):
        sl.trend(three, "q", wave="year", test="logistic", degree=2)
    five = sl.trend(sample[sample.year < 2024], "q", wave="year", test="logistic", degree=2)
    assert "5 waves are few for a bend: six or more are usual." in five.rows[0].notes


def test_waves_without_times_are_told_to_have_scores(sample):
    named = sample.assign(year=sample.year.map(lambda year: f"wave {year}"))
    with pytest.raises(MethodError, match=r"'wave 2016'.* are no numbers or dates.*give scores"):
        sl.trend(named, "q", wave="year")
    names = sorted(set(named.year))
    found = sl.trend(named, "q", wave="year", scores={one: k for k, one in enumerate(names, 1)})
    values = expected("cochran-armitage", "scores")
    for row in found.rows:
        assert row.p_value == pytest.approx(values[row.answer]["p_value"], rel=1e-8)


def test_scores_in_order_are_not_taken_for_waves_of_that_name(sample):
    places = {year: place for place, year in enumerate(sorted(sample.year.unique()), 1)}
    numbered = sample.assign(year=sample.year.map(places))
    for row in sl.trend(numbered, "q", wave="year", scores=[10, 20, 30, 40, 50, 60]).rows:
        assert row.times == (10, 20, 30, 40, 50, 60)


def test_an_answer_that_nobody_gave_in_a_wave_does_not_stop_the_others(sample):
    rows = sample[(sample.year != 2019) | (sample.q != "low")]
    found = sl.trend(rows, "q", wave="year", test="mann-kendall")
    assert [row.answer for row in found.rows] == ["high", "middle"]
    (refused,) = found.refused
    assert refused.answer == "low"
    assert "no variance" in refused.reason


def test_dates_are_times(sample):
    dated = sample.assign(year=sample.year.map(lambda year: f"{year}-07-02"))
    for row in sl.trend(dated, "q", wave="year").rows:
        assert row.times == pytest.approx(
            (2016.5, 2018.5, 2019.5, 2021.5, 2022.5, 2024.5), abs=0.01
        )


# --- groups and families ----------------------------------------------------------------------


def test_groups_have_trends_of_their_own(sample):
    found = sl.trend(sample, "q", wave="year", by="g")
    assert {row.domain for row in found.rows} == {"g=town", "g=village"}
    for group in ("town", "village"):
        alone = sl.trend(sample[sample.g == group], "q", wave="year").rows
        rows = [row for row in found.rows if row.domain == f"g={group}"]
        where = sl.trend(sample, "q", wave="year", where=f"g={group}").rows
        for one, other, third in zip(alone, rows, where, strict=True):
            assert other.statistic == pytest.approx(one.statistic)
            assert third.statistic == pytest.approx(one.statistic)


@pytest.mark.parametrize("adjust", ADJUSTMENTS)
def test_trends_of_one_question_are_counted_together(sample, adjust):
    found = sl.trend(sample, "q", wave="year", by="g", adjust=adjust)
    for row in found.rows:
        assert row.p_adjusted >= row.p_value
        assert row.family.startswith(f"{adjust}, 3 tests")
    whole = sl.trend(sample, "q", wave="year", by="g", adjust=adjust, family="all")
    assert whole.rows[0].family.startswith(f"{adjust}, 6 tests")


# --- printed figures --------------------------------------------------------------------------


def test_printed_figures_have_the_test_at_the_shares_as_printed(netclean):
    (row,) = sl.trend(netclean, "region/usa").rows
    counts = [point.estimate * point.n for point in row.points]
    n = [point.n for point in row.points]
    assert [point.estimate for point in row.points] == [0.611, 0.544, 0.464, 0.44]
    by_hand = cochran_armitage(counts, n, row.times)
    assert row.p_value == pytest.approx(float(by_hand.p_value))
    assert (row.verdict, row.samples) == ("falling", "independent")
    assert row.p_value_low <= row.p_value <= row.p_value_high < 0.05


def test_the_range_of_p_values_is_over_every_count_that_a_figure_may_be(netclean):
    (row,) = sl.trend(netclean, "region/usa").rows
    n = np.array([point.n for point in row.points])
    # Printed to a tenth of a percent, or to a whole one: every count that rounds to it.
    digits = [len(point.read_as.partition(".")[2]) for point in row.points]
    low, high = [], []
    for share, size, places in zip([61.1, 54.4, 46.4, 44], n, digits, strict=True):
        fits = [one for one in range(size + 1) if round(100 * one / size, places) == share]
        low.append(min(fits))
        high.append(max(fits))
    ends = trend_range(np.array(low), np.array(high), n, np.array(row.times))
    assert (row.p_value_low, row.p_value_high) == pytest.approx((ends.p_low, ends.p_high), rel=1e-9)


@pytest.mark.parametrize("test", [name for name, one in TESTS.items() if not one.printed])
def test_tests_of_single_answers_cannot_be_made_of_printed_figures(netclean, test):
    with pytest.raises(MethodError, match=f"'{test}' needs single answers; of printed figures"):
        sl.trend(netclean, "region/usa", test=test)


@pytest.mark.parametrize("test", ["least-squares", "mann-kendall"])
def test_other_tests_of_printed_figures_go_the_same_way(netclean, test):
    (row,) = sl.trend(netclean, "region/usa", test=test).rows
    assert row.slope < 0
    assert row.statistic < 0


def test_groups_of_printed_figures_are_refused(netclean):
    with pytest.raises(MethodError, match="leave out 'by'"):
        sl.trend(netclean, "region/usa", by="region")


def test_a_printed_series_of_two_waves_is_told_to_be_too_short(demo):
    message = "2 waves with a figure that may be compared; a trend needs three: take sl.change"
    with pytest.raises(NotEstimableError, match=message):
        sl.trend(demo.load(), "pets")


# --- asked wrongly ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"test": "armitage"}, r"no trend test method called 'armitage'"),
        ({"alternative": "up"}, r"alternative is 'up'; choose one of 'two-sided', 'increasing'"),
        ({"test": "logistic", "alternative": "increasing"}, r"'logistic' is two-sided"),
        (
            {"degree": 2, "test": "cochran-armitage"},
            r"degree is 2; 'cochran-armitage' takes 1 to 1",
        ),
        ({"degree": 4, "test": "logistic"}, r"degree is 4; 'logistic' takes 1 to 3"),
        ({"adjust_for": "g", "test": "mann-kendall"}, r"adjust_for belongs to models"),
        ({"adjust": "bonferoni"}, r"no adjustment method called 'bonferoni'"),
        ({"adjust": "holm", "family": "each"}, r"no family method called 'each'"),
        ({"samples": "same"}, r"samples is 'same'; choose one of"),
        ({"confidence_level": 95}, r"confidence_level is 95"),
        ({"scores": {"2016": 1}}, r"scores has none for wave 2018; wanted one for each wave"),
        (
            {"scores": [3, 2, 1, 4, 5, 6]},
            r"times of waves are \[3\.0, 2\.0.*wanted times that rise",
        ),
        ({"wave": None}, r"a data frame needs wave="),
        (
            {"test": "jonckheere-terpstra", "order": ["low", "high", "low"]},
            r"the order has 'low' twice",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_with_what_does(sample, options, message):
    with pytest.raises(MethodError, match=message):
        sl.trend(sample, "q", **{"wave": "year", **options})


def test_a_test_of_simple_samples_is_not_made_of_designs(sample):
    for test in [name for name, one in TESTS.items() if one.simple]:
        with pytest.raises(MethodError, match="is for simple samples"):
            sl.trend(sample, "q", wave="year", test=test, order=ORDER, **DESIGNS["independent"])


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("quality", {}, r"no column called 'quality'"),
        ("q/hihg", {}, r"no value called 'hihg' in column 'q'; did you mean 'high'\?"),
        ("q", {"test": "jonckheere-terpstra", "order": ["low", "medium"]}, r"called 'medium'"),
        ("q", {"test": "logistic", "adjust_for": "gender"}, r"no column called 'gender'"),
    ],
)
def test_a_misspelt_name_is_answered_with_those_there_are(sample, name, options, message):
    with pytest.raises(UnknownNameError, match=message):
        sl.trend(sample, name, wave="year", **options)


def test_a_constant_composition_has_nothing_to_hold_constant(sample):
    with pytest.raises(NotEstimableError, match="the same for all: nothing to hold constant"):
        sl.trend(sample.assign(k="one"), "q", wave="year", test="logistic", adjust_for="k")
