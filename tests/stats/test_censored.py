"""Fits to answers in bands against R, closed forms, and a search on other parameters."""

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats import ordered
from surveylib.stats.banded import simple_sample
from surveylib.stats.censored import MODELS, fit
from surveylib.stats.turnbull import turnbull

REFERENCES = Path(__file__).parent / "references" / "ordered.csv"
#: R's fits and ours stop within this of the maximum, relative to a parameter.
CLOSE = 1e-8
LOWS, HIGHS = [1, 201, 401, 601, 1001], [200, 400, 600, 1000, np.inf]
#: 0, 1-5, 6-10, 11-50, 51 and more: the bands of most examples, and answers in them.
COUNT_LOWS, COUNT_HIGHS = [0, 1, 6, 11, 51], [0, 5, 10, 50, np.inf]
COUNTS = [30, 60, 70, 40, 25]

laws = settings(deadline=None, max_examples=30)
every_model = pytest.mark.parametrize("model", MODELS)


def reference(case, figure):
    """The values of a figure as R has them, in rows and columns."""
    with REFERENCES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows = [row for row in rows if (row["case"], row["figure"]) == (case, figure)]
    width = 1 + max(int(row["column"]) for row in rows)
    return np.array([float(row["value"]) for row in rows]).reshape(-1, width)


def fitted(counts, lows=COUNT_LOWS, highs=COUNT_HIGHS, **more):
    """A fit to a simple sample."""
    known = simple_sample(counts)
    n = float(np.sum(counts))
    return fit(lows, highs, known.estimate, covariance=known.covariance, n=n, **more)


def exactly(shares, lows, highs, **more):
    """A fit to shares as they are, as if of a thousand people."""
    known = simple_sample(np.asarray(shares), n_effective=1000)
    return fit(lows, highs, known.estimate, covariance=known.covariance, n=1000, **more)


def negative_binomial(mu, size):
    return stats.nbinom(size, size / (size + mu))


@pytest.mark.parametrize("case", ["strat", "clus1"])
def test_a_log_normal_and_its_errors_in_a_design_are_those_of_r(case):
    (mu,), (log_sigma,) = reference(case, "log_normal")
    covariance = reference(case, "log_normal_covariance")
    found = fit(
        LOWS,
        HIGHS,
        reference(case, "share").ravel(),
        covariance=reference(case, "covariance"),
        n=200,
    )
    sigma = np.exp(log_sigma)
    assert found.parameters["mu"].value == pytest.approx(mu, rel=CLOSE)
    assert found.parameters["sigma"].value == pytest.approx(sigma, rel=CLOSE)
    errors = np.sqrt(np.diag(covariance)) * [1, sigma]
    assert found.parameters["mu"].standard_error == pytest.approx(errors[0], rel=CLOSE)
    assert found.parameters["sigma"].standard_error == pytest.approx(errors[1], rel=CLOSE)
    # The mean and the quantiles are smooth in mu and log sigma: the delta method by hand.
    z = stats.norm.ppf(0.9)
    for got, value, slope in (
        (found.mean, np.exp(mu + sigma**2 / 2), [1, sigma**2]),
        (found.median, np.exp(mu), [1, 0]),
        (found.quantile(0.9), np.exp(mu + sigma * z), [1, sigma * z]),
    ):
        error = value * np.sqrt(slope @ covariance @ slope)
        assert got.value == pytest.approx(value, rel=CLOSE)
        assert got.standard_error == pytest.approx(error, rel=CLOSE)


def test_a_share_at_0_stands_beside_the_log_normal_of_r():
    (mu,), (log_sigma,) = reference("zero", "log_normal")
    covariance = reference("zero", "log_normal_covariance")
    found = fitted(COUNTS)
    zero = 30 / 225
    assert found.parameters["zero_share"].value == pytest.approx(zero, rel=1e-12)
    error = np.sqrt(zero * (1 - zero) / 225)
    assert found.parameters["zero_share"].standard_error == pytest.approx(error, rel=CLOSE)
    assert found.parameters["mu"].value == pytest.approx(mu, rel=CLOSE)
    assert found.parameters["mu"].standard_error == pytest.approx(
        np.sqrt(covariance[0, 0]), rel=CLOSE
    )
    np.testing.assert_allclose(found.shares, reference("zero", "fitted").ravel(), rtol=CLOSE)
    x2, g2, p = reference("zero", "goodness").ravel()
    assert found.goodness.x2 == pytest.approx(x2, rel=CLOSE)
    assert found.goodness.g2 == pytest.approx(g2, rel=CLOSE)
    # R's fitted shares are good to 11 digits, and X² magnifies that in its tail.
    assert found.goodness.p_value == pytest.approx(p, rel=1e-7)
    assert found.goodness.df == 1
    sigma = np.exp(log_sigma)
    assert found.mean.value == pytest.approx((1 - zero) * np.exp(mu + sigma**2 / 2), rel=CLOSE)
    z = stats.norm.ppf((0.5 - zero) / (1 - zero))
    assert found.median.value == pytest.approx(np.exp(mu + sigma * z), rel=CLOSE)
    at_zero = found.quantile(0.1)
    assert (at_zero.value, at_zero.standard_error) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("case", "lows", "highs"),
    [
        ("counts", COUNT_LOWS, COUNT_HIGHS),
        ("near_poisson", [0, 2, 5, 8, 11, 16], [1, 4, 7, 10, 15, np.inf]),
        ("truncated", [1, 3, 6, 11], [2, 5, 10, np.inf]),
    ],
)
def test_a_negative_binomial_and_its_errors_are_those_of_r(case, lows, highs):
    (mu, mu_error), (size, size_error) = reference(case, "parameters")
    counts = reference(case, "count").ravel()
    found = fitted(counts, lows, highs, model="negative-binomial")
    assert found.model == "negative-binomial"
    assert found.parameters["mu"].value == pytest.approx(mu, rel=CLOSE)
    assert found.parameters["size"].value == pytest.approx(size, rel=CLOSE)
    assert found.parameters["mu"].standard_error == pytest.approx(mu_error, rel=CLOSE)
    assert found.parameters["size"].standard_error == pytest.approx(size_error, rel=CLOSE)
    np.testing.assert_allclose(found.shares, reference(case, "fitted").ravel(), rtol=CLOSE)
    truncation = negative_binomial(mu, size).sf(0) if lows[0] == 1 else 1.0
    assert found.mean.value == pytest.approx(mu / truncation, rel=CLOSE)


def test_counts_that_vary_less_than_poissons_are_fitted_by_poissons():
    ((mu, mu_error),) = reference("poisson", "parameters")
    counts = reference("poisson", "count").ravel()
    found = fitted(counts, [0, 2, 5, 8, 11], [1, 4, 7, 10, np.inf], model="negative-binomial")
    assert found.model == "poisson"
    assert list(found.parameters) == ["mu"]
    assert found.parameters["mu"].value == pytest.approx(mu, rel=CLOSE)
    assert found.parameters["mu"].standard_error == pytest.approx(mu_error, rel=CLOSE)
    assert found.goodness.df == 3
    # No negative binomial does better: its likelihood only rises towards an endless size.
    edges = [-1, 1, 4, 7, 10, np.inf]
    poisson = counts @ np.log(found.shares)
    for size in (1, 10, 1e3, 1e6):
        cells = np.diff(negative_binomial(mu, size).cdf(edges))
        assert counts @ np.log(cells) < poisson


@every_model
@laws
@given(st.lists(st.integers(3, 80), min_size=5, max_size=5))
def test_no_other_parameters_are_more_likely(model, counts):
    # A search without slopes, on the mean and the variance of the logarithm, or on the
    # probability and the size.
    p = np.asarray(counts) / sum(counts)
    found = fitted(counts, model=model)

    def loss(point):
        if model == "log-normal":
            spread = stats.lognorm(np.sqrt(np.exp(point[1])), scale=np.exp(point[0]))
            cells = np.diff([0, *spread.cdf([5.5, 10.5, 50.5]), 1]) * (1 - p[0])
            cells = np.append(p[0], cells)
        else:
            spread = stats.nbinom(np.exp(point[1]), 1 / (1 + np.exp(point[0])))
            cells = np.diff([0, *spread.cdf([0, 5, 10, 50]), 1])
        return -p @ np.log(np.maximum(cells, 1e-300))

    values = {name: estimate.value for name, estimate in found.parameters.items()}
    if model == "log-normal":
        start = [values["mu"], 2 * np.log(values["sigma"])]
    else:
        start = np.log([values["mu"] / values["size"], values["size"]])
    ours = loss(start)
    assert ours == pytest.approx(-p @ np.log(found.shares), abs=1e-12)
    searched = optimize.minimize(
        loss, np.add(start, 0.3), method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-14}
    )
    assert ours <= searched.fun + 1e-12


@laws
@given(st.floats(0.5, 5), st.floats(0.3, 2.5), st.just(0) | st.floats(0.01, 0.6))
def test_shares_of_a_log_normal_give_its_parameters_back(mu, sigma, zero):
    spread = stats.lognorm(sigma, scale=np.exp(mu))
    ends = np.round(spread.ppf([0.1, 0.3, 0.6, 0.85])) + np.arange(1, 5)
    cells = np.diff([0, *spread.cdf(ends + 0.5), 1]) * (1 - zero)
    lows, highs = [0, 1, *(ends + 1)], [0, *ends, np.inf]
    found = exactly([zero, *cells], lows, highs)
    assert found.parameters["mu"].value == pytest.approx(mu, rel=1e-7, abs=1e-7)
    assert found.parameters["sigma"].value == pytest.approx(sigma, rel=1e-7)
    assert found.goodness.x2 == pytest.approx(0, abs=1e-9)
    assert ("zero_share" in found.parameters) == (zero > 0)


@laws
@given(st.floats(0.5, 60), st.floats(0.2, 20), st.sampled_from([0, 1]))
def test_shares_of_a_negative_binomial_give_its_parameters_back(mu, size, least):
    spread = negative_binomial(mu, size)
    ends = np.unique(spread.ppf([0.2, 0.4, 0.6, 0.8, 0.9, 0.97])) + least
    ends = np.unique([*ends, ends[-1] + 1, ends[-1] + 2])
    cells = np.diff([spread.cdf(least - 1), *spread.cdf(ends), 1]) / spread.sf(least - 1)
    found = exactly(cells, [least, *(ends + 1)], [*ends, np.inf], model="negative-binomial")
    assert found.parameters["mu"].value == pytest.approx(mu, rel=1e-5)
    assert found.parameters["size"].value == pytest.approx(size, rel=1e-5)


@laws
@given(
    st.lists(st.integers(3, 80), min_size=5, max_size=5),
    st.sampled_from([0, 1]),
    st.floats(0.05, 0.95),
)
def test_a_quantile_of_a_count_is_the_lowest_number_that_so_many_do_not_pass(counts, least, q):
    bands = COUNT_LOWS[least:], COUNT_HIGHS[least:]
    try:
        found = fitted(counts[least:], *bands, model="negative-binomial")
    except NotEstimableError:  # without 0, shares may fall too slowly for any
        reject()
    values = {name: estimate.value for name, estimate in found.parameters.items()}
    spread = negative_binomial(values["mu"], values["size"])
    below = spread.cdf(least - 1)
    assert found.quantile(q).value == spread.ppf(below + q * (1 - below))


def test_the_error_of_a_quantile_of_a_count_is_that_of_the_share_over_the_slope_of_the_curve():
    # 5 points by 5 points apart, the maximum is found again: slopes by brute force.
    p = np.asarray(COUNTS) / 225
    found = fitted(COUNTS, model="negative-binomial")
    mu, size = (found.parameters[name].value for name in ("mu", "size"))

    def share_up_to(x, mu, size):
        return stats.beta.cdf(size / (size + mu), size, x + 1)

    x = optimize.brentq(lambda x: share_up_to(x, mu, size) - 0.5, 0, 50, xtol=1e-13)
    assert found.median.value == np.ceil(x)
    slope = (share_up_to(x + 1e-5, mu, size) - share_up_to(x - 1e-5, mu, size)) / 2e-5
    moved = []
    for band in range(5):
        towards = np.eye(5)[band] - p
        ends = [
            exactly(p + h * towards, COUNT_LOWS, COUNT_HIGHS, model="negative-binomial").parameters
            for h in (-1e-4, 1e-4)
        ]
        values = [share_up_to(x, end["mu"].value, end["size"].value) for end in ends]
        moved.append((values[1] - values[0]) / 2e-4 / slope)
    variance = np.asarray(moved) @ simple_sample(COUNTS).covariance @ np.asarray(moved)
    assert found.median.standard_error == pytest.approx(np.sqrt(variance), rel=1e-5)


def test_bands_that_touch_are_fitted_as_they_are():
    spread = stats.lognorm(0.8, scale=np.exp(1.2))
    ends = [1.5, 2.25, 4, 9.5]
    cells = np.diff([0, *spread.cdf(ends), 1])
    found = exactly(cells, [0, *ends], [*ends, np.inf], continuous=True)
    assert found.parameters["mu"].value == pytest.approx(1.2, rel=1e-9)
    assert found.parameters["sigma"].value == pytest.approx(0.8, rel=1e-9)


def test_a_band_of_0_that_nobody_is_in_changes_nothing():
    without = fitted([60, 70, 40, 25], [1, 6, 11, 51], [5, 10, 50, np.inf])
    found = fitted([0, 60, 70, 40, 25])
    assert found.parameters["mu"].value == pytest.approx(without.parameters["mu"].value, rel=1e-12)
    np.testing.assert_allclose(found.shares, [0, *without.shares], rtol=1e-12)
    assert found.goodness.df == without.goodness.df == 1
    assert found.goodness.design_effect == pytest.approx(without.goodness.design_effect)


def test_three_bands_are_fitted_whatever_they_are_and_nothing_is_tested():
    found = fitted([50, 30, 20], [1, 11, 51], [10, 50, np.inf])
    np.testing.assert_allclose(found.shares, [0.5, 0.3, 0.2], rtol=1e-9)
    goodness = found.goodness
    assert goodness.df == 0
    assert (goodness.p_value, goodness.design_effect, goodness.p_value_design) == (None, None, None)


def test_x2_has_a_design_effect_of_1_in_a_simple_sample_of_the_model():
    spread = stats.lognorm(1, scale=np.exp(2))
    ends = np.array([3, 6, 12, 24, 48])
    cells = np.diff([0, *spread.cdf(ends + 0.5), 1])
    lows, highs = [1, *(ends + 1)], [*ends, np.inf]
    known = simple_sample(cells, n_effective=500)
    found = fit(lows, highs, known.estimate, covariance=known.covariance, n=500)
    assert found.goodness.design_effect == pytest.approx(1, rel=1e-7)
    # A sample worth half as much doubles it, and halves what X² counts for.
    half = fit(lows, highs, known.estimate, covariance=2 * known.covariance, n=500)
    assert half.goodness.design_effect == pytest.approx(2, rel=1e-7)


def test_a_maximum_is_reached_within_rounding():
    for model in MODELS:
        found = fitted(COUNTS, model=model)
        assert found.gradient < 1e-9
        assert found.steps < 30


@pytest.mark.parametrize(
    ("counts", "model"),
    [([50, 0, 30, 20, 0], "log-normal"), ([0, 0, 30, 20, 0], "negative-binomial")],
)
def test_fewer_than_three_bands_with_anybody_in_them_are_refused(counts, model):
    with pytest.raises(NotEstimableError, match=f"2 bands have anybody.* a {model} needs 3"):
        fitted(counts, model=model)


def test_shares_that_no_parameters_come_near_are_refused_as_such():
    # Everybody is at the ends: the negative binomial grows without bounds towards both.
    with pytest.raises(NotEstimableError, match="no maximum"):
        fitted([1000, 1, 1, 1, 1000], [0, 1, 2, 3, 10**9], [0, 1, 2, 10**9 - 1, np.inf],
               model="negative-binomial")  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"model": "lognormal"},
            "no distribution method called 'lognormal'; did you mean 'log-normal'",
        ),
        ({"lows": [2, 6, 11]}, "bands begin at 2; wanted 0, or 1"),
        ({"lows": [1, 7, 11]}, "bands leave a gap between 5 and 7"),
        ({"lows": [1, 5, 11]}, "do not overlap"),
        ({"highs": [5, 10, 50]}, "bands end at 50, the distribution does not"),
        ({"n": 0}, "n is 0; wanted a number above 0"),
        ({"shares": [[0.2, 0.3, 0.5]]}, "a fit is of one wave at a time"),
        (
            {"model": "negative-binomial", "continuous": True, "lows": [0, 5, 10]},
            "a negative binomial counts whole numbers",
        ),
        ({"continuous": True}, "bands leave a gap between 5 and 6"),
        ({"continuous": True, "lows": [1, 5, 10]}, "bands begin at 1; wanted 0"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    right = {
        "lows": [1, 6, 11],
        "highs": [5, 10, np.inf],
        "shares": [0.2, 0.3, 0.5],
        "covariance": simple_sample([2, 3, 5]).covariance,
        "n": 10,
    }
    with pytest.raises(MethodError, match=message):
        fit(**{**right, **change})


@pytest.mark.parametrize("q", [0, 1, np.nan])
def test_a_quantile_of_no_share_is_refused(q):
    with pytest.raises(MethodError, match="wanted a share between 0 and 1"):
        fitted(COUNTS).quantile(q)


def test_a_mean_beyond_all_numbers_is_refused():
    found = fitted([1000, 1, 1, 1000], [1, 2, 3, 4], [1, 2, 3, np.inf])
    assert found.parameters["sigma"].value > 50
    with pytest.raises(NotEstimableError, match="a figure of it is beyond all numbers"):
        _ = found.mean
    assert np.isfinite(found.median.value)


def log_likelihood(lows, highs, weights, mass, intervals):
    held = [
        sum(
            m
            for m, (low, high) in zip(mass, intervals, strict=True)
            if first <= low and high <= last
        )
        for first, last in zip(lows, highs, strict=True)
    ]
    return float(np.dot(weights, np.log(held)))


@st.composite
def overlapping(draw):
    """Bands of any kind and how many gave each."""
    size = draw(st.integers(1, 12))
    lows = np.array(draw(st.lists(st.integers(0, 12), min_size=size, max_size=size)), float)
    widths = draw(st.lists(st.integers(0, 8) | st.just(np.inf), min_size=size, max_size=size))
    weights = draw(st.lists(st.integers(1, 50), min_size=size, max_size=size))
    return lows, lows + np.array(widths), np.array(weights, float)


def test_pooled_bands_have_the_masses_of_r_to_its_four_digits():
    low, high, weight = reference("turnbull", "band").T
    found = turnbull(low, high, weight)
    assert list(found.lows) == [1, 6, 11, 21, 31, 51, 101]
    for threshold, share in reference("turnbull", "up_to"):
        ours = found.mass[found.highs <= threshold].sum()
        assert ours == pytest.approx(share, abs=1e-4)


@laws
@given(overlapping(), st.randoms(use_true_random=False))
def test_masses_add_up_to_1_and_no_others_are_more_likely(data, random):
    lows, highs, weights = data
    found = turnbull(lows, highs, weights)
    intervals = list(zip(found.lows, found.highs, strict=True))
    assert found.mass.sum() == pytest.approx(1, abs=1e-12)
    assert (found.mass >= 0).all()
    assert found.gradient <= 1 + 1e-10
    best = log_likelihood(lows, highs, weights, found.mass, intervals)
    for _ in range(10):
        other = np.array([random.random() for _ in found.mass]) + 1e-9
        for part in (1, 0.01):
            mixed = (1 - part) * found.mass + part * other / other.sum()
            assert log_likelihood(lows, highs, weights, mixed, intervals) <= best + 1e-7


@laws
@given(overlapping())
def test_mass_lies_on_intervals_that_do_not_overlap_and_that_every_band_holds_or_leaves(data):
    lows, highs, weights = data
    found = turnbull(lows, highs, weights)
    assert (found.lows <= found.highs).all()
    assert (found.lows[1:] > found.highs[:-1]).all()
    for first, last in zip(lows, highs, strict=True):
        inside = (first <= found.lows) & (found.highs <= last)
        outside = (found.lows > last) | (found.highs < first)
        assert (inside | outside).all()
        assert inside.any()


@laws
@given(st.lists(st.integers(0, 40), min_size=2, max_size=8).filter(any))
def test_bands_of_one_list_keep_their_shares(counts):
    lows = np.arange(len(counts)) * 10.0
    highs = np.append(lows[1:] - 1, np.inf)
    found = turnbull(lows, highs, counts)
    some = np.asarray(counts) > 0
    np.testing.assert_array_equal(found.lows, lows[some])
    np.testing.assert_array_equal(found.highs, highs[some])
    np.testing.assert_allclose(found.mass, (np.asarray(counts) / sum(counts))[some], rtol=1e-9)


def test_two_lists_of_two_bands_have_the_masses_of_algebra():
    # Up to 10: 60 of 100; up to 5: 30 of 100; the cuts do not depend on each other.
    found = turnbull([1, 11, 1, 6], [10, np.inf, 5, np.inf], [60, 40, 30, 70])
    np.testing.assert_allclose(found.mass, [0.3, 0.3, 0.4], rtol=1e-9)
    # Their order reversed, both cuts get what both lists together say: (30 + 60) of 200.
    found = turnbull([1, 11, 1, 6], [10, np.inf, 5, np.inf], [30, 70, 60, 40])
    np.testing.assert_allclose(found.mass, [0.45, 0, 0.55], atol=1e-9)


def test_the_masses_are_bands_with_shares():
    found = turnbull([1, 11, 1, 6], [10, np.inf, 5, np.inf], [60, 40, 30, 70])
    assert ordered.quantile(0.5, found.lows, found.highs, found.mass) == ordered.Band(
        low=6.0, high=10.0
    )


def test_an_answer_that_nobody_gave_tells_nothing():
    found = turnbull([1, 5, 3], [4, 9, 6], [2, 3, 0])
    assert list(pairwise([*found.lows, *found.highs])) == [(1, 5), (5, 4), (4, 9)]
    np.testing.assert_allclose(found.mass, [0.4, 0.6])


@pytest.mark.parametrize(
    ("lows", "highs", "weights", "message"),
    [
        ([1], [2, 3], [1], "highs of"),
        ([3], [2], [1], "a high below it"),
        ([np.nan], [2], [1], "a band has no low"),
        ([1], [np.nan], [1], "wanted inf for no end"),
        ([1], [2], [0], "all 0; wanted some above 0"),
        ([1, 1], [2, 2], [1, -1], "weights are below 0"),
    ],
)
def test_what_is_no_answer_in_a_band_is_refused(lows, highs, weights, message):
    with pytest.raises(MethodError, match=message):
        turnbull(lows, highs, weights)
