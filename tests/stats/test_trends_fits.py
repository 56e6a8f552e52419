"""Lines and curves of time against R and algebra."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats import crosstabs
from surveylib.stats.trends_fits import homogeneity, least_squares, line, polynomials

REFERENCES = Path(__file__).parent / "references"
YEARS = [2015, 2016, 2018, 2019, 2021, 2022]
SHARES = [0.40, 0.43, 0.44, 0.49, 0.47, 0.52]
ERRORS = np.array([0.020, 0.020, 0.018, 0.021, 0.015, 0.025])
APART = np.diag(ERRORS**2)
SHARED = np.outer(ERRORS, ERRORS) * (0.3 + 0.7 * np.eye(6))

laws = settings(deadline=None, max_examples=40)
times_of_waves = st.lists(st.integers(0, 40), min_size=5, max_size=9, unique=True)


def rows(test):
    with (REFERENCES / "trends.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["test"] == test]


def listed(text):
    return np.array([float(number) for number in text.split()])


@pytest.mark.parametrize(
    "row", rows("polynomials"), ids=lambda row: f"{row['scores']} {row['data']}"
)
def test_polynomials_are_those_of_r(row):
    times, wave, degree = listed(row["scores"]), int(row["data"]), int(row["more"])
    found = polynomials(times, degree)[wave - 1, degree - 1]
    assert found == pytest.approx(float(row["value"]), abs=1e-10)


def figures(estimates, covariance, times, degree):
    """Every figure of a fit that R has; degree 0 is the test of equal estimates."""
    if degree == 0:
        known, counted = (homogeneity(estimates, covariance, df=df) for df in (np.inf, 17))
        return {"left": known.statistic, "left p": known.p_value, "left F p": counted.p_value}
    known = least_squares(estimates, covariance, times, degree=degree)
    counted = least_squares(estimates, covariance, times, degree=degree, df=17, weights="known")
    found = {
        "left": known.lack_of_fit.statistic,
        "left p": known.lack_of_fit.p_value,
        "left F p": counted.lack_of_fit.p_value,
        "gained": known.trend.statistic,
        "gained F p": counted.trend.p_value,
        "highest p": counted.p_values[-1],
    }
    for power in range(degree + 1):
        found[f"coefficient {power}"] = known.coefficients[power]
        found[f"error {power}"] = known.standard_errors[power]
    return found


@pytest.mark.parametrize(
    "row",
    rows("least_squares"),
    ids=lambda row: f"{row['more'][:20]} {row['scores'][0]} {row['figure']}",
)
def test_every_figure_of_a_fit_is_that_of_r(row):
    degree, *times = listed(row["scores"])
    estimates = listed(row["data"])
    covariance = listed(row["more"]).reshape(estimates.size, estimates.size)
    found = figures(estimates, covariance, times, int(degree))[row["figure"]]
    assert found == pytest.approx(float(row["value"]), rel=1e-8)


@laws
@given(times=times_of_waves, degree=st.integers(1, 4), data=st.data())
def test_polynomials_have_nothing_to_do_with_each_other_nor_with_the_level(times, degree, data):
    weights = np.array(
        data.draw(st.lists(st.integers(1, 9), min_size=len(times), max_size=len(times)))
    )
    found = np.column_stack([np.ones(len(times)), polynomials(times, degree, weights=weights)])
    products = found.T @ (weights[:, None] * found)
    assert products[1:, :] == pytest.approx(np.eye(degree + 1)[1:], abs=1e-7)
    assert polynomials(times, degree) == pytest.approx(
        polynomials(times, degree, weights=np.ones(len(times))), abs=1e-12
    )


@laws
@given(times=times_of_waves, degree=st.integers(1, 3), covariance=st.sampled_from([0.0, 0.5]))
def test_estimates_on_a_curve_leave_nothing_and_it_is_found(times, degree, covariance):
    at = 2000.0 + np.array(times)
    powers = np.array([0.4, 0.01, -0.002, 0.0003])[: degree + 1]
    estimates = np.vander(at - at.mean(), degree + 1, increasing=True) @ powers
    spread = covariance + np.diag(1 + np.arange(at.size) / 3)
    found = least_squares(estimates, spread, at, degree=degree)
    assert found.coefficients == pytest.approx(powers, rel=1e-5, abs=1e-8)
    assert found.lack_of_fit.statistic == pytest.approx(0, abs=1e-9)
    assert found.fitted == pytest.approx(estimates, rel=1e-8)
    assert found.centre == pytest.approx(at.mean())


@pytest.mark.parametrize("covariance", [APART, SHARED])
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_the_unit_of_time_does_not_matter_but_to_the_coefficients(covariance, degree):
    years = least_squares(SHARES, covariance, YEARS, degree=degree, df=20)
    months = least_squares(SHARES, covariance, 12 * np.array(YEARS) + 5, degree=degree, df=20)
    units = 12.0 ** np.arange(degree + 1)
    assert months.coefficients * units == pytest.approx(years.coefficients, rel=1e-8)
    assert months.low * units == pytest.approx(years.low, rel=1e-8, abs=1e-10)
    assert months.p_values == pytest.approx(years.p_values, rel=1e-8)
    assert months.lack_of_fit.p_value == pytest.approx(years.lack_of_fit.p_value, rel=1e-8)
    back = least_squares(SHARES, covariance, -np.array(YEARS), degree=degree, df=20)
    assert back.coefficients[1] == pytest.approx(-years.coefficients[1], rel=1e-8)


@pytest.mark.parametrize("covariance", [APART, SHARED])
def test_all_differences_are_the_trend_and_the_lack_of_fit(covariance):
    whole = homogeneity(SHARES, covariance)
    for degree in (1, 2, 3):
        fit = least_squares(SHARES, covariance, YEARS, degree=degree)
        assert fit.trend.statistic + fit.lack_of_fit.statistic == pytest.approx(whole.statistic)
        assert fit.trend.df + fit.lack_of_fit.df == whole.df


def test_a_line_of_equal_variances_is_the_linear_polynomial():
    fit = least_squares(SHARES, np.eye(6), YEARS)
    linear = polynomials(YEARS, 1)[:, 0]
    assert fit.trend.statistic == pytest.approx((linear @ SHARES) ** 2)


def test_the_interval_is_of_t_where_degrees_of_freedom_are_given():
    fit = least_squares(SHARES, SHARED, YEARS, df=7, weights="known")
    # R's qt(0.975, 7).
    half = 2.36462425159278 * fit.standard_errors
    assert fit.high == pytest.approx(fit.coefficients + half)
    assert fit.low == pytest.approx(fit.coefficients - half)
    assert (fit.df, fit.trend.df_denominator) == (7, 7)


def test_many_series_at_once_are_those_one_by_one():
    generator = np.random.default_rng(2)
    estimates = generator.normal(0.5, 0.02, (200, 6))
    spreads = APART * generator.uniform(0.5, 2, (200, 1, 1))
    found = least_squares(estimates, spreads, YEARS, degree=2)
    same = homogeneity(estimates, spreads)
    for place in (0, 199):
        alone = least_squares(estimates[place], spreads[place], YEARS, degree=2)
        assert found.coefficients[place] == pytest.approx(alone.coefficients)
        assert found.trend.p_value[place] == pytest.approx(alone.trend.p_value)
        one = homogeneity(estimates[place], spreads[place])
        assert same.p_value[place] == pytest.approx(one.p_value)


def test_homogeneity_of_one_share_is_that_of_both_answers():
    shares, sizes = np.array([0.3, 0.4, 0.35]), np.array([150, 210, 180])
    variances = shares * (1 - shares) / sizes
    both = np.column_stack([shares, 1 - shares])
    spread = variances[:, None, None] * np.array([[1, -1], [-1, 1]])
    expected = crosstabs.homogeneity(both, spread, n=sizes, df=40, method="wald")
    found = homogeneity(shares, np.diag(variances), df=40)
    assert found.statistic / found.df == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.p_value)


def test_a_curve_from_few_waves_is_told():
    assert least_squares(SHARES, APART, YEARS, degree=2).notes == ()
    assert least_squares(SHARES[:5], APART[:5, :5], YEARS[:5]).notes == ()
    fit = least_squares(SHARES[:5], APART[:5, :5], YEARS[:5], degree=2)
    assert fit.notes == ("a curve from 5 waves; CDC asks for 6 for its own trends",)


def test_a_wave_without_variance_is_named():
    spread = APART.copy()
    spread[2, 2] = 0
    for fit in (lambda: least_squares(SHARES, spread, YEARS), lambda: homogeneity(SHARES, spread)):
        with pytest.raises(NotEstimableError, match="wave 3 has no variance"):
            fit()


@pytest.mark.parametrize("unit", [1e-9, 1, 1e9])
def test_a_singular_covariance_is_refused_whatever_its_unit(unit):
    # Two sampling units: rank 2 of 6.
    units = np.random.default_rng(1).normal(size=(6, 2))
    with pytest.raises(NotEstimableError, match="covariance is singular"):
        least_squares(SHARES, unit * units @ units.T, YEARS)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"degree": 4}, "degree is 4; wanted 1, 2 or 3"),
        ({"confidence_level": 95}, "confidence_level is 95"),
        ({"df": 0}, "df is 0; wanted at least 1"),
        ({"covariance": APART[:5, :5]}, r"covariance of the shape \(5, 5\); wanted 6 by 6"),
        ({"covariance": -APART}, "covariance is none; wanted it symmetric"),
        ({"covariance": APART + np.eye(6, k=1)}, "covariance is none; wanted it symmetric"),
        ({"covariance": 2 - np.eye(6)}, "a combination of waves has a variance below 0"),
        ({"estimates": [*SHARES[:5], np.nan]}, "an estimate or a covariance is not finite"),
        ({"times": YEARS[:5]}, r"times of the shape \(5,\); wanted 6 numbers"),
        ({"times": [1, 1, 1, 2, 2, 2]}, "times differ 2 times; a trend needs three waves"),
        ({"times": [1, 1, 2, 2, 3, 3], "degree": 2}, "degree is 2 and 3 times differ; wanted"),
        ({"estimates": 0.4}, "a trend needs three waves; use the change"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    given = {"estimates": SHARES, "covariance": APART, "times": YEARS} | change
    with pytest.raises(MethodError, match=message):
        least_squares(**given)


def test_polynomials_that_times_do_not_allow_are_refused():
    with pytest.raises(MethodError, match="wanted a degree from 1 to 3"):
        polynomials([1, 2, 3, 4], 4)
    with pytest.raises(MethodError, match="a trend needs three waves; use the change"):
        polynomials([1, 2], 1)
    with pytest.raises(MethodError, match="weights hold 0; wanted numbers above 0"):
        polynomials([1, 2, 3], 1, weights=[1, 0, 1])


def test_estimated_weights_are_those_of_growth_curves():
    """Rao (1967): with df, r residuals and distance q, variances grow by (1 + q/df) df/(df - r)."""
    df, left = 12.0, len(YEARS) - 2
    known = least_squares(SHARES, SHARED, YEARS)
    found = least_squares(SHARES, SHARED, YEARS, df=df)
    q = known.lack_of_fit.statistic
    grown = ((1 + q / df) * df / (df - left)) ** 0.5
    assert found.standard_errors == pytest.approx(known.standard_errors * grown, rel=1e-12)
    assert found.coefficients == pytest.approx(known.coefficients, rel=1e-12)
    t = found.coefficients / found.standard_errors
    assert found.p_values == pytest.approx(2 * stats.t.sf(np.abs(t), df - left), rel=1e-9)
    # What the line leaves is Hotelling's T².
    free = df - left + 1
    hotelling = stats.f.sf(q * free / (df * left), left, free)
    assert found.lack_of_fit.p_value == pytest.approx(hotelling, rel=1e-9)
    with pytest.raises(NotEstimableError, match="too few for a line through so many"):
        least_squares(SHARES, SHARED, YEARS, df=left)


def test_a_slope_weighted_by_respondents_is_that_of_numpy():
    n = np.array([100.0, 300.0, 200.0, 150.0, 250.0, 180.0])
    found = line(SHARES, SHARED, YEARS, n=n, df=9)
    slope, _ = np.polyfit(YEARS, SHARES, 1, w=np.sqrt(n))
    assert found.estimate == pytest.approx(slope, rel=1e-10)
    with pytest.raises(NotEstimableError, match="no wave has a variance"):
        line(SHARES, np.zeros((len(YEARS), len(YEARS))), YEARS, n=n)
