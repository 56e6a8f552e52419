"""What bands say without a guess, against R survey and the numbers that were put in them."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError
from surveylib.stats import intervals
from surveylib.stats.banded import simple_sample
from surveylib.stats.ordered import (
    Band,
    mean_bounds,
    median_bounds,
    quantile,
    quantile_bounds,
    share_up_to,
)

REFERENCES = Path(__file__).parent / "references" / "ordered.csv"
#: What R prints 15 digits of, after sums in another order.
CLOSE = 1e-10
#: The bands of the school data; nobody is above 5000.
LOWS, HIGHS = [1, 201, 401, 601, 1001], [200, 400, 600, 1000, np.inf]

laws = settings(deadline=None, max_examples=50)
every_design = pytest.mark.parametrize("case", ["strat", "clus1"])


def reference(case, figure):
    """The values of a figure as R has them, in rows and columns."""
    with REFERENCES.open(encoding="utf-8", newline="") as file:
        rows = [
            row for row in csv.DictReader(file) if (row["case"], row["figure"]) == (case, figure)
        ]
    width = 1 + max(int(row["column"]) for row in rows)
    return np.array([float(row["value"]) for row in rows]).reshape(-1, width)


def shares(case):
    return reference(case, "share").ravel(), reference(case, "covariance")


@st.composite
def banded(draw):
    """Whole numbers, bands that hold them all and may leave gaps, and how many are in each."""
    ends = sorted(draw(st.sets(st.integers(0, 60), min_size=2, max_size=12)))
    lows, highs = ends[0::2], ends[1::2]
    if len(lows) > len(highs):
        highs = [*highs, np.inf]
    bands = list(zip(lows, highs, strict=True))
    inside = st.one_of([st.integers(low, 80 if high == np.inf else high) for low, high in bands])
    numbers = np.array(draw(st.lists(inside, min_size=1, max_size=40)))
    counts = [int(((numbers >= low) & (numbers <= high)).sum()) for low, high in bands]
    return numbers, lows, highs, simple_sample(counts)


@every_design
@pytest.mark.parametrize("threshold", [500, 600])
def test_bounds_of_a_share_are_those_of_r(case, threshold):
    p, covariance = shares(case)
    (low, low_error), (high, high_error) = reference(case, f"up_to_{threshold}")
    found = share_up_to(threshold, LOWS, HIGHS, p, covariance=covariance)
    assert found.low == pytest.approx(low, rel=CLOSE)
    assert found.high == pytest.approx(high, rel=CLOSE)
    assert found.low_standard_error == pytest.approx(low_error, rel=CLOSE)
    assert found.high_standard_error == pytest.approx(high_error, rel=CLOSE)
    assert found.exact == (threshold == 600)


@every_design
def test_bounds_of_a_mean_are_those_of_r(case):
    p, covariance = shares(case)
    (low, low_error), (high, high_error) = reference(case, "mean")
    found = mean_bounds(LOWS, HIGHS, p, covariance=covariance, cap=5000)
    assert found.low == pytest.approx(low, rel=CLOSE)
    assert found.high == pytest.approx(high, rel=CLOSE)
    assert found.low_standard_error == pytest.approx(low_error, rel=CLOSE)
    assert found.high_standard_error == pytest.approx(high_error, rel=CLOSE)


def test_without_a_cap_a_mean_has_no_upper_limit():
    p, covariance = shares("strat")
    found = mean_bounds(LOWS, HIGHS, p, covariance=covariance)
    assert (found.high, found.high_standard_error) == (np.inf, np.inf)
    assert not found.exact


def test_a_band_without_an_end_that_nobody_is_in_limits_the_mean_as_it_is():
    known = simple_sample([[4, 6, 0], [4, 5, 1]])
    found = mean_bounds([0, 1, 3], [0, 2, np.inf], known.estimate, covariance=known.covariance)
    assert found.high[0] == pytest.approx(1.2)
    assert found.high[1] == np.inf


@pytest.mark.parametrize(
    ("highs", "cap", "message"),
    [
        ([10, 20], 30, "cap is 30, and every band has an end"),
        ([10, np.inf], 10, "cap is 10; wanted a number from 11"),
        ([10, np.inf], np.inf, "cap is inf; wanted a number from 11"),
        ([10, np.inf], np.nan, "cap is nan; wanted a number from 11"),
    ],
)
def test_a_cap_that_nothing_needs_or_that_is_too_low_is_refused(highs, cap, message):
    known = simple_sample([1, 1])
    with pytest.raises(MethodError, match=message):
        mean_bounds([1, 11], highs, known.estimate, covariance=known.covariance, cap=cap)


@laws
@given(banded(), st.integers(-1, 81))
def test_bounds_contain_the_share_of_the_numbers_that_were_banded(data, threshold):
    numbers, lows, highs, known = data
    found = share_up_to(threshold, lows, highs, known.estimate, covariance=known.covariance)
    truth = (numbers <= threshold).mean()
    assert found.low - 1e-12 <= truth <= found.high + 1e-12
    assert 0 <= found.low <= found.high <= 1 + 1e-12


@laws
@given(banded())
def test_bounds_contain_the_mean_of_the_numbers_that_were_banded(data):
    numbers, lows, highs, known = data
    cap = 80 if highs[-1] == np.inf else None
    found = mean_bounds(lows, highs, known.estimate, covariance=known.covariance, cap=cap)
    assert found.low - 1e-9 <= numbers.mean() <= found.high + 1e-9
    free = mean_bounds(lows, highs, known.estimate, covariance=known.covariance)
    assert free.low == found.low
    assert free.high >= found.high


@laws
@given(banded(), st.floats(0.01, 0.99))
def test_the_band_of_a_quantile_contains_that_of_the_numbers_that_were_banded(data, q):
    numbers, lows, highs, known = data
    found = quantile(q, lows, highs, known.estimate)
    assert found.low <= np.quantile(numbers, q, method="inverted_cdf") <= found.high


@laws
@given(banded(), st.floats(0.01, 0.99), st.floats(0.5, 0.99))
def test_the_bands_of_an_interval_contain_the_band_of_the_quantile(data, q, level):
    numbers, lows, highs, known = data
    found = quantile_bounds(
        q,
        lows,
        highs,
        known.estimate,
        covariance=known.covariance,
        n=numbers.size,
        confidence_level=level,
    )
    assert found.band == quantile(q, lows, highs, known.estimate)
    assert found.low <= found.band.low <= found.band.high <= found.high


def test_the_bands_of_a_median_are_those_that_wilson_cannot_leave_out():
    # Of 150: 58, 73 and 130 up to the cuts; Wilson's limits of the first two hold 0.5 or reach it.
    limits = [intervals.proportion(count, 150) for count in (58, 73, 130)]
    assert [limit.low < 0.5 <= limit.high for limit in limits] == [False, True, False]
    assert limits[0].high < 0.5
    known = simple_sample([58, 15, 57, 20])
    found = median_bounds(
        [0, 1, 11, 51],
        [0, 10, 50, np.inf],
        known.estimate,
        covariance=known.covariance,
        n=150,
    )
    assert (found.band, found.low, found.high) == (Band(low=11.0, high=50.0), 1.0, 50.0)


def test_few_degrees_of_freedom_reach_into_more_bands():
    known = simple_sample([58, 15, 57, 20])
    found = median_bounds(
        [0, 1, 11, 51],
        [0, 10, 50, np.inf],
        known.estimate,
        covariance=known.covariance,
        n=150,
        df=[2, np.inf],
    )
    assert found.low.tolist() == [0.0, 1.0]


def test_somebody_alone_has_a_median_in_any_band():
    found = median_bounds([0, 5, 9], [4, 8, np.inf], [0, 1, 0], covariance=np.zeros((3, 3)), n=1)
    assert (found.low, found.high) == (0.0, np.inf)


def test_quantiles_and_waves_broadcast():
    known = simple_sample([[5, 3, 2], [1, 1, 8]])
    found = quantile([[0.25], [0.5], [0.75]], [0, 1, 5], [0, 4, np.inf], known.estimate)
    assert found.low.tolist() == [[0.0, 5.0], [0.0, 5.0], [1.0, 5.0]]
    wider = quantile_bounds(
        [[0.25], [0.5]],
        [0, 1, 5],
        [0, 4, np.inf],
        known.estimate,
        covariance=known.covariance,
        n=[10, 10],
    )
    assert wider.low.shape == wider.band.high.shape == (2, 2)
    some = share_up_to(
        [[0], [4]], [0, 1, 5], [0, 4, np.inf], known.estimate, covariance=known.covariance
    )
    np.testing.assert_allclose(some.low, [[0.5, 0.1], [0.8, 0.2]])
    np.testing.assert_allclose(some.low_standard_error[0], np.sqrt([0.025, 0.009]))


def test_bands_that_overlap_leave_a_share_less_known():
    # 11-99 and 51-1000 because nobody says where 51 to 99 was put; algebra by hand.
    known = simple_sample([50, 20, 20, 10])
    lists = [0, 11, 51, 501], [10, 99, 1000, np.inf]
    found = share_up_to([10, 99], *lists, known.estimate, covariance=known.covariance)
    np.testing.assert_allclose(found.low, [0.5, 0.7])
    np.testing.assert_allclose(found.high, [0.5, 0.9])
    assert found.exact.tolist() == [True, False]


def test_a_threshold_that_is_no_number_is_refused():
    known = simple_sample([1, 1])
    with pytest.raises(MethodError, match="threshold is nan; wanted a number"):
        share_up_to(np.nan, [0, 1], [0, 5], known.estimate, covariance=known.covariance)


def test_an_interval_method_that_does_not_exist_is_refused():
    known = simple_sample([1, 1])
    with pytest.raises(MethodError, match="no interval method called 'wilsn'"):
        median_bounds(
            [0, 1], [0, 5], known.estimate, covariance=known.covariance, n=2, method="wilsn"
        )
