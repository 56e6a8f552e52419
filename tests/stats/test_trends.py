"""The test of Cochran and Armitage against R, SAS, Agresti and algebra."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError
from surveylib.stats import differences
from surveylib.stats.trends import (
    INTERVALS,
    METHODS,
    TESTS,
    cochran_armitage,
    newcombe,
)
from surveylib.stats.trends_ordered import linear_by_linear
from surveylib.stats.trends_scores import ALTERNATIVES

REFERENCES = Path(__file__).parent / "references"
PAIN = [6, 7, 9, 14, 23], [32, 33, 32, 32, 32], [0, 1, 2, 3, 4]
DRINKS = [48, 38, 5, 1, 1], [17114, 14502, 793, 127, 38], [0, 0.5, 1.5, 4, 7]

#: The first example of all imports and warms up.
laws = settings(deadline=None, max_examples=40)


@st.composite
def waves(draw, most=40):
    """Counts, sizes and different scores of three to six waves; none and all among them."""
    count = draw(st.integers(3, 6))
    sizes = draw(st.lists(st.integers(1, most), min_size=count, max_size=count))
    counts = [draw(st.sampled_from([0, n]) | st.integers(0, n)) for n in sizes]
    scores = draw(st.lists(st.integers(-9, 9), min_size=count, max_size=count, unique=True))
    return np.array(counts), np.array(sizes), np.array(scores, dtype=float)


def rows():
    with (REFERENCES / "trends.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["test"] == "cochran_armitage"]


def listed(text):
    return [float(number) for number in text.split()]


def figures(found):
    return {
        "squared": found.statistic**2,
        "p_value": found.p_value,
        "omnibus": found.omnibus.statistic,
        "omnibus_p": found.omnibus.p_value,
        "lack_of_fit": found.lack_of_fit.statistic,
        "lack_of_fit_p": found.lack_of_fit.p_value,
        "slope": found.slope.estimate,
        "slope_error": found.slope.standard_error,
        "slope_low": found.slope.low,
        "slope_high": found.slope.high,
    }


SIDES = {"two.sided": "two-sided", "greater": "increasing", "less": "decreasing"}


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['data']} {row['figure']}")
def test_every_figure_is_that_of_r(row):
    data = listed(row["data"]), listed(row["more"]), listed(row["scores"])
    if row["figure"].startswith("exact"):
        side = SIDES[row["figure"].split()[1]]
        found = cochran_armitage(*data, method="exact", alternative=side).p_value
    else:
        found = figures(cochran_armitage(*data))[row["figure"]]
    assert found == pytest.approx(float(row["value"]), rel=1e-8, abs=1e-12)


def test_pain_has_the_figures_that_sas_prints():
    both = cochran_armitage(*PAIN, method="exact")
    one = cochran_armitage(*PAIN, method="exact", alternative="increasing")
    assert f"{both.statistic:.4f}" == "4.7918"
    assert f"{one.p_value:.3E}" == "7.237E-07"
    assert f"{both.p_value:.3E}" == "1.324E-06"


def test_what_as_extreme_means_is_told_and_changes_the_p_value():
    one = cochran_armitage(*PAIN, method="exact", alternative="increasing")
    twice = cochran_armitage(*PAIN, method="exact", two_sided="doubled")
    assert twice.p_value == pytest.approx(2 * one.p_value, rel=1e-12)
    assert (one.two_sided, twice.two_sided) == (None, "doubled")
    assert cochran_armitage(*PAIN, method="exact").two_sided == "distance"
    assert cochran_armitage(*PAIN).two_sided is None


def test_scores_decide_what_the_malformations_show():
    # Agresti (2002), section 3.4: M² = 6.57 with P = 0.01; P = 0.55 with midranks.
    by_drinks = cochran_armitage(*DRINKS)
    by_rank = cochran_armitage(*DRINKS[:2], "midranks")
    assert f"{by_drinks.statistic**2:.2f} {by_drinks.p_value:.2f}" == "6.57 0.01"
    assert f"{by_rank.p_value:.2f}" == "0.55"


@laws
@given(data=waves(), shift=st.floats(-3000, 3000), scale=st.floats(0.01, 100))
def test_where_scores_start_and_in_which_unit_they_are_does_not_matter(data, shift, scale):
    counts, sizes, scores = data
    plain = cochran_armitage(counts, sizes, scores)
    moved = cochran_armitage(counts, sizes, shift + scale * scores)
    assert moved.statistic == pytest.approx(plain.statistic, abs=1e-6)
    assert moved.p_value == pytest.approx(plain.p_value, abs=1e-6)
    assert moved.slope.estimate * scale == pytest.approx(plain.slope.estimate, abs=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_the_exact_and_the_drawn_p_value_do_not_depend_on_the_unit_either(method):
    data = [2, 4, 9], [15, 12, 14]
    years = cochran_armitage(*data, [2015.5, 2016.25, 2019], method=method)
    quarters = cochran_armitage(*data, [0, 3, 14], method=method)
    assert years.p_value == pytest.approx(quarters.p_value, rel=1e-9)


@pytest.mark.parametrize("method", ["asymptotic", "exact"])
@laws
@given(data=waves(most=12))
def test_time_run_backwards_turns_the_sign(method, data):
    counts, sizes, scores = data
    there = cochran_armitage(counts, sizes, scores, method=method)
    back = cochran_armitage(counts, sizes, -scores, method=method)
    assert back.statistic == pytest.approx(-there.statistic, abs=1e-9)
    assert back.p_value == pytest.approx(there.p_value, rel=1e-9)
    assert back.slope.low == pytest.approx(-there.slope.high, abs=1e-9)
    up = cochran_armitage(counts, sizes, scores, method=method, alternative="increasing")
    down = cochran_armitage(counts, sizes, -scores, method=method, alternative="decreasing")
    assert up.p_value == pytest.approx(down.p_value, rel=1e-9)


@pytest.mark.parametrize("method", ["asymptotic", "exact"])
@laws
@given(data=waves(most=12))
def test_counting_those_without_the_answer_turns_the_sign(method, data):
    counts, sizes, scores = data
    yes = cochran_armitage(counts, sizes, scores, method=method)
    no = cochran_armitage(sizes - counts, sizes, scores, method=method)
    assert no.statistic == pytest.approx(-yes.statistic, abs=1e-9)
    assert no.p_value == pytest.approx(yes.p_value, rel=1e-9)
    assert no.slope.high == pytest.approx(-yes.slope.low, abs=1e-9)


@pytest.mark.parametrize("method", ["asymptotic", "exact"])
def test_two_waves_of_the_same_time_are_one(method):
    parted = cochran_armitage([3, 2, 4, 9], [10, 8, 11, 12], [1, 1, 2, 4], method=method)
    merged = cochran_armitage([5, 4, 9], [18, 11, 12], [1, 2, 4], method=method)
    assert parted.statistic == pytest.approx(merged.statistic, rel=1e-12)
    assert parted.p_value == pytest.approx(merged.p_value, rel=1e-12)
    assert parted.slope.estimate == pytest.approx(merged.slope.estimate, rel=1e-12)


@laws
@given(data=waves())
def test_the_trend_and_the_lack_of_fit_add_up_to_all_differences(data):
    counts, sizes, scores = data
    found = cochran_armitage(counts, sizes, scores)
    whole = found.statistic**2 + found.lack_of_fit.statistic
    assert whole == pytest.approx(found.omnibus.statistic, abs=1e-9)
    assert (found.lack_of_fit.df, found.omnibus.df) == (len(counts) - 2, len(counts) - 1)


@laws
@given(data=waves())
def test_mantels_statistic_has_n_less_1_where_this_has_n(data):
    counts, sizes, scores = data
    table = np.column_stack([sizes - counts, counts])
    mantel, total = linear_by_linear(table, scores), sizes.sum()
    found = cochran_armitage(counts, sizes, scores)
    assert mantel.z == pytest.approx(found.statistic * np.sqrt((total - 1) / total), abs=1e-9)


@laws
@given(data=waves(), level=st.floats(0.5, 0.999))
def test_the_interval_of_the_slope_contains_it_and_has_width(data, level):
    found = cochran_armitage(*data, confidence_level=level).slope
    assert found.low <= found.estimate <= found.high
    assert found.low < found.high


@laws
@given(first=st.integers(0, 30), second=st.integers(0, 25), z=st.floats(0.5, 3))
def test_the_interval_of_one_difference_is_newcombes(first, second, z):
    counts, sizes = np.array([first, second], dtype=float), np.array([30.0, 25.0])
    found = newcombe(counts, sizes, np.array([-1.0, 1.0]), z)
    expected = differences.newcombe(*np.column_stack([counts, sizes]).ravel(), z)
    assert found == pytest.approx(expected, abs=1e-12)


def test_the_wald_interval_is_the_slope_and_its_standard_errors():
    found = cochran_armitage(*PAIN, interval="wald").slope
    half = 1.959963984540054 * found.standard_error
    assert found.high == pytest.approx(found.estimate + half, rel=1e-12)
    assert found.low == pytest.approx(found.estimate - half, rel=1e-12)
    with pytest.raises(MethodError, match="wald has no interval where every share is 0 or 1"):
        cochran_armitage([0, 0, 9], [8, 7, 9], interval="wald")


def test_a_thousand_series_at_once_are_those_one_by_one():
    generator = np.random.default_rng(3)
    sizes = generator.integers(20, 400, (1000, 5))
    counts = generator.binomial(sizes, 0.3)
    years = [2015, 2016, 2018, 2019, 2021]
    found = figures(cochran_armitage(counts, sizes, years))
    for place in (0, 500, 999):
        one = figures(cochran_armitage(counts[place], sizes[place], years))
        for name, value in one.items():
            assert found[name][place] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_takes_several_series(method):
    counts = [[1, 3, 6], [6, 3, 1]]
    found = cochran_armitage(counts, [8, 9, 10], method=method)
    alone = cochran_armitage(counts[1], [8, 9, 10], method=method)
    assert found.p_value[1] == alone.p_value


def test_midranks_are_of_each_series_where_sizes_differ():
    counts, sizes = [[1, 3, 6], [2, 3, 4]], [[8, 9, 10], [20, 5, 6]]
    found = cochran_armitage(counts, sizes, "midranks")
    assert found.scores.tolist() == [[4.5, 13, 22.5], [10.5, 23, 28.5]]
    assert cochran_armitage(counts, sizes[0], "midranks").scores.tolist() == [4.5, 13, 22.5]
    alone = cochran_armitage(counts[1], sizes[1], "midranks")
    assert found.statistic[1] == pytest.approx(alone.statistic, rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("counts", [[0, 0, 0], [5, 6, 7]])
def test_nobody_and_everybody_show_no_trend(method, alternative, counts):
    found = cochran_armitage(counts, [5, 6, 7], method=method, alternative=alternative)
    assert (found.statistic, found.p_value) == (0, 1)
    assert (found.omnibus.statistic, found.lack_of_fit.statistic) == (0, 0)
    assert found.slope.low < 0 < found.slope.high


def test_the_correction_takes_half_a_step_of_the_scores_off_t():
    counts, sizes, years = [5, 8, 14], [30, 31, 29], [2015, 2016.5, 2019.5]
    plain = cochran_armitage(counts, sizes, years)
    corrected = cochran_armitage(counts, sizes, years, continuity=True)
    away = np.array(years) - np.average(years, weights=sizes)
    departure = away @ counts
    # Scores are multiples of 1.5 apart.
    assert corrected.statistic / plain.statistic == pytest.approx((departure - 0.75) / departure)
    assert corrected.lack_of_fit.statistic == plain.lack_of_fit.statistic
    up = cochran_armitage(counts, sizes, years, continuity=True, alternative="increasing")
    down = cochran_armitage(counts, sizes, years, continuity=True, alternative="decreasing")
    assert up.statistic == pytest.approx(corrected.statistic)
    assert down.statistic == pytest.approx(plain.statistic * (departure + 0.75) / departure)


def test_the_correction_comes_near_the_exact_tail():
    data = [2, 4, 9], [15, 12, 14], [1, 2, 3]
    exact = cochran_armitage(*data, method="exact", alternative="increasing").p_value
    plain = cochran_armitage(*data, alternative="increasing").p_value
    corrected = cochran_armitage(*data, alternative="increasing", continuity=True).p_value
    assert abs(corrected - exact) < abs(plain - exact)


def test_effective_counts_need_not_be_whole():
    found = cochran_armitage([6.5, 9.25, 14], [30.5, 33, 35.75])
    assert 0 < found.p_value < 1
    with pytest.raises(MethodError, match=r"counts hold 6\.5; this method wants whole numbers"):
        cochran_armitage([6.5, 9, 14], [30, 33, 35], method="exact")


@pytest.mark.parametrize("name", TESTS)
def test_two_waves_are_refused_by_every_test(name):
    given_to = {
        "counts": [3, 5],
        "n": [10, 10],
        "scores": [2019, 2021],
        "table": [[3, 7], [5, 5]],
        "row_scores": [2019, 2021],
        "column_scores": [0, 1],
        "values": [30, 50],
        "times": [2019, 2021],
        "estimates": [0.3, 0.5],
        "covariance": np.eye(2),
    }
    test = TESTS[name]
    with pytest.raises(MethodError, match="a trend needs three waves; use the change"):
        test.function(**{argument: given_to[argument] for argument in test.needs})


def test_three_waves_at_two_times_have_a_change_and_no_trend():
    with pytest.raises(MethodError, match="scores differ 2 times; a trend needs three waves"):
        cochran_armitage([1, 2, 3], [9, 9, 9], [2019, 2019, 2021])


def test_one_number_is_no_series():
    with pytest.raises(MethodError, match="a trend needs three waves"):
        cochran_armitage(3, 10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "asymptotik"}, "no Cochran-Armitage method called 'asymptotik'; did you mean"),
        ({"interval": "wilson"}, "no slope interval method called 'wilson'"),
        ({"alternative": "greater"}, "no alternative method called 'greater'"),
        ({"scores": "ridits"}, "no score method called 'ridits'"),
        ({"confidence_level": 95}, "confidence_level is 95"),
        ({"scores": [1, 2]}, r"scores of the shape \(2,\); wanted 5 numbers"),
        ({"scores": [1, 2, 3, 4, np.nan]}, "scores hold 'nan'; wanted finite numbers"),
        ({"two_sided": "distance"}, "two_sided means nothing to 'asymptotic, two-sided'"),
        ({"two_sided": "twice", "method": "exact"}, "no two-sided method called 'twice'"),
        (
            {"two_sided": "doubled", "method": "exact", "alternative": "increasing"},
            "two_sided means nothing to 'exact, increasing'",
        ),
        ({"continuity": True, "method": "exact"}, "continuity means nothing to 'exact"),
        ({"seed": 3}, "seed means nothing to 'asymptotic"),
        ({"replicates": 500, "method": "exact"}, "replicates means nothing to 'exact"),
        ({"two_sided": "probability", "method": "permutation"}, "'probability' needs all tables"),
        ({"replicates": 10, "method": "permutation"}, "replicates is '10', seed is '1'; wanted"),
        ({"seed": -1, "method": "permutation"}, "seed is '-1'; wanted"),
    ],
)
def test_what_does_not_exist_or_would_be_ignored_is_refused(options, message):
    with pytest.raises(MethodError, match=message):
        cochran_armitage(*PAIN[:2], **options)


def test_counts_outside_their_range_are_refused():
    with pytest.raises(MethodError, match="count is 11 of 10; wanted a count from 0 to n"):
        cochran_armitage([1, 2, 11], [10, 10, 10])


def test_every_test_says_what_it_needs():
    for test in TESTS.values():
        arguments = test.function.__code__.co_varnames
        assert set(test.needs) <= set(arguments)
        assert test.summary.endswith("?")


def test_there_is_more_than_one_interval():
    assert set(INTERVALS) == {"newcombe", "wald"}
