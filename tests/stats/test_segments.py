"""Trends with knots that are given, against R's nlme and algebra."""

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.logistic import logistic
from surveylib.stats.segments import SCALES, checked, fitted_with, known_break, segments, spline
from tests.stats.lake import REFERENCE, lake
from tests.stats.schools import simple

laws = settings(deadline=None, max_examples=30)


def given_knots():
    some = [row for row in REFERENCE if row["model"] == "given"]
    groups = groupby(some, key=lambda row: row["knots"])
    return [pytest.param([float(one) for one in key.split()], list(group)) for key, group in groups]


@pytest.mark.parametrize(("knots", "expected"), given_knots())
def test_coefficients_covariances_and_distances_are_those_of_r(knots, expected):
    times, levels, spread = lake()
    trend = checked(levels, spread, times, scale="identity", df=np.inf)
    found, covariance, fitted = fitted_with(trend, knots)
    off = levels - fitted
    ours = {("distance", 0, 0): off @ np.linalg.solve(spread, off)}
    for i, one in enumerate(found):
        ours["coefficient", i, 0] = one
        for j in range(i + 1):
            ours["covariance", i, j] = covariance[i, j]
    wanted = {
        (row["value_of"], int(row["row"]), int(row["column"])): float(row["value"])
        for row in expected
    }
    assert ours == pytest.approx(wanted, rel=1e-9)


def test_a_known_break_is_told_by_its_slopes_and_by_its_change():
    times, levels, spread = lake()
    found = known_break(levels, spread, times, 1891)
    wanted = {
        (row["value_of"], int(row["row"]), int(row["column"])): float(row["value"])
        for row in REFERENCE
        if (row["model"], row["knots"]) == ("given", "1891")
    }
    change, error = wanted["coefficient", 2, 0], np.sqrt(wanted["covariance", 2, 2])
    assert found.change.value == pytest.approx(change, rel=1e-9)
    assert found.change.standard_error == pytest.approx(error, rel=1e-9)
    assert found.change.p_value == pytest.approx(2 * stats.norm.sf(abs(change / error)), rel=1e-8)
    assert found.before.value == pytest.approx(wanted["coefficient", 1, 0], rel=1e-9)
    assert found.after.value == pytest.approx(wanted["coefficient", 1, 0] + change, rel=1e-9)
    whole = sum(wanted["covariance", i, j] for i, j in ((1, 1), (2, 1), (2, 1), (2, 2)))
    assert found.after.standard_error == pytest.approx(np.sqrt(whole), rel=1e-8)
    assert (found.before.start, found.before.end) == (times[0], 1891)
    assert (found.after.start, found.after.end) == (1891, times[-1])
    fit = found.lack_of_fit
    distance = wanted["distance", 0, 0]
    assert (fit.statistic, fit.df_numerator) == (pytest.approx(distance / 13, rel=1e-9), 13)
    assert fit.p_value == pytest.approx(stats.chi2.sf(distance, 13), rel=1e-8)


def test_few_sampling_units_widen_the_interval_and_the_p_value_agrees():
    times, levels, spread = lake()
    found = known_break(levels, spread, times, 1891, df=9, confidence_level=0.9).change
    reach = stats.t.ppf(0.95, 9) * found.standard_error
    assert (found.low, found.high) == pytest.approx((found.value - reach, found.value + reach))
    level = 1 - found.p_value
    edge = known_break(levels, spread, times, 1891, df=9, confidence_level=level).change
    assert min(abs(edge.low), abs(edge.high)) == pytest.approx(0, abs=1e-9)
    fit = known_break(levels, spread, times, 1891, df=9).lack_of_fit
    assert fit.p_value == pytest.approx(stats.f.sf(fit.statistic, 13, 9), rel=1e-9)


def test_three_waves_meet_their_trend_and_have_no_test_of_it():
    found = known_break([0.3, 0.32, 0.32], np.eye(3) * 1e-4, [2021, 2022, 2023], 2022)
    assert found.lack_of_fit is None
    assert found.change.standard_error == pytest.approx(np.sqrt(6) / 100, rel=1e-9)


@pytest.mark.parametrize("scale", SCALES)
def test_a_scale_is_that_of_estimates_and_variances_turned_beforehand(scale):
    shares, times = np.array([0.2, 0.25, 0.4, 0.45, 0.44]), [2010, 2012, 2015, 2016, 2020]
    spread = np.diag(shares * (1 - shares) / 500) + 1e-5
    turned, slope = {
        "identity": (shares, np.ones(5)),
        "log": (np.log(shares), 1 / shares),
        "logit": (np.log(shares / (1 - shares)), 1 / (shares * (1 - shares))),
    }[scale]
    one = known_break(shares, spread, times, 2015, scale=scale)
    other = known_break(turned, spread * np.outer(slope, slope), times, 2015)
    assert one.change.value == pytest.approx(other.change.value, rel=1e-9)
    assert one.change.standard_error == pytest.approx(other.change.standard_error, rel=1e-9)


@laws
@given(st.floats(-100, 100), st.floats(-5, 5), st.floats(0.1, 10), st.floats(-2000, 2000))
def test_a_line_on_top_and_another_clock_change_no_change_of_slope(level, slope, unit, start):
    times, levels, spread = lake()
    plain = known_break(levels, spread, times, 1891).change
    moved = known_break(levels + level + slope * (times - 1890), spread, times, 1891).change
    assert moved.value == pytest.approx(plain.value, rel=1e-6)
    assert moved.standard_error == pytest.approx(plain.standard_error, rel=1e-6)
    clock = known_break(levels, spread, start + unit * times, start + unit * 1891).change
    assert clock.value * unit == pytest.approx(plain.value, rel=1e-5)
    assert clock.p_value == pytest.approx(plain.p_value, rel=1e-4)


def test_a_trend_of_odds_found_before_is_fitted_again_to_records():
    # Odds double each year up to 2018, then they stay.
    odds = 2.0 ** np.array([-3, -2, -1, 0, 0, 0, 0])
    yes = 900 * odds / (1 + odds)
    times = np.arange(2015, 2022)
    x = np.column_stack([np.ones(7), spline(times, [2018])])
    found = logistic(simple(np.column_stack([900 - yes, yes])), x, df=6299)
    rise, rest = segments(
        found.coefficients[1:], found.covariance[1:, 1:], [2018], start=2015, end=2021, df=found.df
    )
    assert np.exp(rise.value) == pytest.approx(2, rel=1e-9)
    assert rest.value == pytest.approx(0, abs=1e-9)
    assert rest.standard_error**2 == pytest.approx(found.covariance[1:, 1:].sum(), rel=1e-9)


def test_a_break_outside_the_waves_is_refused():
    times, levels, spread = lake()
    with pytest.raises(MethodError, match="at is 1886; wanted a time after 1886 and before 1901"):
        known_break(levels, spread, times, times[0])


def test_two_waves_have_no_break():
    with pytest.raises(NotEstimableError, match="too few waves for a slope"):
        known_break([0.3, 0.4], np.eye(2), [2020, 2022], 2021)


def test_knots_that_do_not_fit_the_coefficients_are_refused():
    with pytest.raises(MethodError, match=r"of \(2,\) and \(2, 2\); wanted 3, for the knots"):
        segments([1.0, 2.0], np.eye(2), [2018, 2020], start=2015, end=2021)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"estimates": [0.3, 0.0, 0.4]}, NotEstimableError, "2021 is 0: it has no place"),
        ({"scale": "probit"}, MethodError, "no scale method called 'probit'"),
        ({"times": [2020, 2020, 2021]}, MethodError, "times do not rise"),
        ({"covariance": np.ones((3, 3))}, NotEstimableError, "the covariance is singular"),
        ({"covariance": np.diag([1, 0, 1])}, NotEstimableError, "2021 has a variance of 0"),
        ({"covariance": np.eye(3) + np.eye(3, k=1) / 9}, MethodError, "not symmetric"),
        ({"covariance": np.ones(3)}, MethodError, r"wanted \(k,\), \(k, k\), \(k,\)"),
        ({"estimates": [0.3, np.nan, 0.4]}, MethodError, "not finite"),
        ({"df": 0}, MethodError, "df is 0; wanted"),
    ],
)
def test_numbers_that_are_no_trend_are_refused(changes, error, message):
    arguments = {
        "estimates": [0.3, 0.32, 0.4], "covariance": np.eye(3), "times": [2020, 2021, 2022],
        "at": 2021, "scale": "logit",
    } | changes  # fmt: skip
    with pytest.raises(error, match=message):
        known_break(**arguments)
