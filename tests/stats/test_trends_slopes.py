"""Medians of slopes against R, scipy and algebra."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, theilslopes

from surveylib.errors import MethodError
from surveylib.stats.trends_series import mann_kendall
from surveylib.stats.trends_slopes import INTERVALS, sen_slope

REFERENCES = Path(__file__).parent / "references"

laws = settings(deadline=None, max_examples=40)
series = st.lists(st.floats(-50, 50).map(lambda x: round(x, 3)), min_size=5, max_size=9)
YEARS = np.array([2011, 2012, 2014, 2015, 2018, 2019, 2020, 2023, 2024], dtype=float)


def rows():
    with (REFERENCES / "trends.csv").open(encoding="utf-8", newline="") as file:
        every = [row for row in csv.DictReader(file) if row["test"] == "series"]
    return [row for row in every if row["figure"].split()[0] in {"slope", "low", "high"}]


def listed(text):
    return [float(number) for number in text.split()]


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['data'][:8]} {row['figure']}")
def test_the_slope_and_gilberts_limits_are_those_of_r(row):
    name, *level = row["figure"].split()
    found = sen_slope(
        listed(row["data"]),
        listed(row["scores"]),
        method="asymptotic",
        confidence_level=float(level[0]) if level else 0.95,
    )
    value = {"slope": found.estimate, "low": found.low, "high": found.high}[name]
    assert value == pytest.approx(float(row["value"]), rel=1e-8)


@laws
@given(values=series)
def test_the_slope_is_that_of_theil_and_sen_in_scipy(values):
    times = YEARS[: len(values)]
    found = sen_slope(values, times)
    expected = theilslopes(values, times, method="joint")
    assert found.estimate == pytest.approx(expected.slope, abs=1e-9)
    assert found.intercept == pytest.approx(expected.intercept, abs=1e-6)


@pytest.mark.parametrize("method", INTERVALS)
@laws
@given(values=series, start=st.floats(-100, 100), slope=st.floats(-5, 5))
def test_a_straight_line_that_is_added_is_found_again(method, values, start, slope):
    times = YEARS[: len(values)]
    options = {"method": method}
    if method == "weighted":
        options |= {"standard_errors": 1 + np.arange(len(values)) / 3, "replicates": 100}
    # Gilbert's variance is another one where figures are tied, which a line may undo.
    values = np.array(values) + np.arange(len(values)) / 7919
    plain = sen_slope(values, times, **options)
    moved = sen_slope(values + start + slope * times, times, **options)
    assert moved.estimate == pytest.approx(plain.estimate + slope, abs=1e-7)
    if plain.low is not None:
        assert moved.low == pytest.approx(plain.low + slope, abs=1e-7)
        assert moved.high == pytest.approx(plain.high + slope, abs=1e-7)


@pytest.mark.parametrize("method", INTERVALS)
@laws
@given(values=series)
def test_time_run_backwards_turns_the_sign(method, values):
    times = YEARS[: len(values)]
    errors = 1 + np.arange(len(values)) / 3
    # Draws come in order of time, so a series run backwards draws other numbers: not compared.
    options = {"standard_errors": errors, "replicates": 100} if method == "weighted" else {}
    there, back = (sen_slope(values, way, method=method, **options) for way in (times, -times))
    assert back.estimate == pytest.approx(-there.estimate, abs=1e-12)
    if method != "weighted" and there.low is not None:
        assert (back.low, back.high) == pytest.approx((-there.high, -there.low))


@laws
@given(values=series, slope=st.floats(-20, 20), level=st.floats(0.6, 0.97))
def test_the_exact_interval_holds_the_slopes_that_mann_and_kendall_do_not_reject(
    values, slope, level
):
    values = np.array(values) + np.arange(len(values)) / 7919  # without ties
    times = YEARS[: len(values)]
    found = sen_slope(values, times, confidence_level=level)
    p_value = mann_kendall(values - slope * times, times).p_value
    if found.low is None:
        assert "at most" not in found.note or p_value > 1 - level
    elif abs(slope - found.low) > 1e-9 and abs(slope - found.high) > 1e-9:
        assert (found.low < slope < found.high) == (p_value > 1 - found.attained_level + 1e-12)
        assert found.attained_level >= level - 1e-12


@pytest.mark.parametrize(("waves", "most"), [(3, 66.7), (4, 91.7)])
def test_few_waves_have_no_interval_and_say_how_sure_one_could_be(waves, most):
    # All rise in one order of 6, or of 24: 1 - 2/6 and 1 - 2/24.
    found = sen_slope(range(waves), range(waves))
    assert (found.estimate, found.low, found.high, found.attained_level) == (1, None, None, None)
    assert found.note == (
        f"{waves} waves without standard errors have no 95% interval: at most {most}%"
    )
    by_gilbert = sen_slope(range(waves), range(waves), method="asymptotic")
    assert (by_gilbert.low, by_gilbert.high) == (None, None)
    assert by_gilbert.note == f"{waves} waves without standard errors have no 95% interval"


@pytest.mark.parametrize("method", ["exact", "asymptotic"])
@pytest.mark.parametrize("values", [[7] * 6, [1, 2, 3, 4, 5, 6], [0.1 * x for x in range(6)]])
def test_figures_on_one_line_have_no_interval_of_their_own(method, values):
    found = sen_slope(values, range(6), method=method)
    assert (found.low, found.high, found.attained_level) == (None, None, None)
    assert (
        found.note == "the limits are the same slope; only standard errors can say how sure it is"
    )
    known = sen_slope(values, range(6), standard_errors=[1] * 6, method="weighted")
    assert known.low < found.estimate < known.high


def test_three_even_waves_weigh_by_the_first_and_the_last():
    # Weights 1, 1 and 4: the median is half of what the last has more than the first, whose
    # standard error is known.
    found = sen_slope(
        [10, 18, 16],
        [1, 2, 3],
        standard_errors=[2, 2, 2],
        method="weighted",
        replicates=200_000,
    )
    error = 2 * np.sqrt(2) / 2
    assert found.estimate == 3
    assert found.standard_error == pytest.approx(error, rel=0.01)
    assert found.high - 3 == pytest.approx(norm.ppf(0.975) * error, rel=0.015)
    assert 3 - found.low == pytest.approx(found.high - 3)
    expected = 2 * norm.sf(3 / error)
    assert found.p_value == pytest.approx(expected, abs=4 * found.monte_carlo.error)
    assert found.note == "the interval takes the figures for normal around a straight line"


def test_a_figure_that_is_hardly_known_hardly_counts():
    values, times = [10, 12, 90, 16], [1, 2, 3, 4]
    found = sen_slope(values, times, standard_errors=[1, 1, 1e6, 1], method="weighted")
    without = sen_slope([10, 12, 16], [1, 2, 4], standard_errors=[1, 1, 1], method="weighted")
    assert found.estimate == pytest.approx(without.estimate)


@laws
@given(values=series, level=st.floats(0.6, 0.99), unit=st.floats(0.1, 10))
def test_the_weighted_interval_and_its_p_value_agree(values, level, unit):
    times = YEARS[: len(values)]
    errors = unit * (1 + np.arange(len(values)) % 3)
    found = sen_slope(
        values,
        times,
        standard_errors=errors,
        method="weighted",
        confidence_level=level,
        replicates=500,
    )
    assert found.low < found.estimate < found.high
    if abs(abs(found.estimate) - (found.high - found.estimate)) > 1e-9:
        assert (found.low < 0 < found.high) == (found.p_value > 1 - level)


@pytest.mark.parametrize("parts", [1, 7])
def test_draws_in_parts_are_those_in_one(monkeypatch, parts):
    data = {"standard_errors": [1, 2, 1, 2], "method": "weighted", "replicates": 1000}
    whole = sen_slope([1, 3, 2, 5], [1, 2, 3, 4], **data)
    monkeypatch.setattr("surveylib.stats.trends_slopes._AT_ONCE", 6000 // parts)
    assert sen_slope([1, 3, 2, 5], [1, 2, 3, 4], **data).low == whole.low


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "gilbert"}, "no Sen slope method called 'gilbert'"),
        ({"confidence_level": 95}, "confidence_level is 95"),
        ({"standard_errors": [1, 1, 1]}, "standard_errors means nothing to 'exact'"),
        ({"method": "weighted"}, "weighted needs standard_errors"),
        ({"replicates": 500}, "replicates means nothing to 'exact'"),
    ],
)
def test_what_does_not_exist_or_would_be_ignored_is_refused(options, message):
    with pytest.raises(MethodError, match=message):
        sen_slope([1, 2, 4], [1, 2, 3], **options)


def test_more_waves_than_the_exact_distribution_is_counted_for_are_refused():
    with pytest.raises(MethodError, match="exact takes 100 waves at most"):
        sen_slope(range(101), range(101))
