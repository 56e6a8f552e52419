"""Interpolated quantiles against R, and against the interval of the share that they come from."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats import intervals
from surveylib.stats.banded import simple_sample
from surveylib.stats.interpolation import interpolated_quantile

REFERENCES = Path(__file__).parent / "references" / "ordered.csv"
#: What R prints 15 digits of, after sums in another order.
CLOSE = 1e-10
LOWS, HIGHS = [1, 201, 401, 601, 1001], [200, 400, 600, 1000, np.inf]

laws = settings(deadline=None, max_examples=50)


def reference(case, figure):
    with REFERENCES.open(encoding="utf-8", newline="") as file:
        rows = [
            row for row in csv.DictReader(file) if (row["case"], row["figure"]) == (case, figure)
        ]
    return np.array([float(row["value"]) for row in rows])


@pytest.mark.parametrize("case", ["strat", "clus1"])
@pytest.mark.parametrize("q", [0.25, 0.5, 0.75])
def test_a_quantile_its_interval_and_its_error_are_those_of_r(case, q):
    estimate, low, high, error = reference(case, f"interpolated_{q}")
    found = interpolated_quantile(
        q,
        LOWS,
        HIGHS,
        reference(case, "share"),
        covariance=reference(case, "covariance").reshape(5, 5),
        n=reference(case, "n")[0],
        df=reference(case, "df")[0],
    )
    assert found.estimate == pytest.approx(estimate, rel=CLOSE)
    assert found.low == pytest.approx(low, rel=CLOSE)
    assert found.high == pytest.approx(high, rel=CLOSE)
    assert found.standard_error == pytest.approx(error, rel=CLOSE)


def test_in_a_simple_sample_the_interval_is_wilsons_turned_into_numbers():
    # One person to each number 1 to 100 in bands of 10: the share up to x is (x - 0.5) / 100.
    known = simple_sample([10] * 10)
    lows = np.arange(1, 100, 10)
    found = interpolated_quantile(
        0.5, lows, lows + 9, known.estimate, covariance=known.covariance, n=100
    )
    wilson = intervals.proportion(50, 100)
    assert found.estimate == pytest.approx(50.5, rel=1e-12)
    assert found.low == pytest.approx(100 * wilson.low + 0.5, rel=1e-12)
    assert found.high == pytest.approx(100 * wilson.high + 0.5, rel=1e-12)


def test_continuous_bands_end_where_they_say():
    known = simple_sample([50, 50])
    found = interpolated_quantile(
        [0.25, 0.75],
        [0, 1.5],
        [1.5, 4],
        known.estimate,
        covariance=known.covariance,
        n=100,
        continuous=True,
    )
    np.testing.assert_allclose(found.estimate, [0.75, 2.75], rtol=1e-12)


def test_a_quantile_in_a_band_without_an_end_is_refused_with_what_is_known():
    known = simple_sample([50, 50])
    with pytest.raises(NotEstimableError, match=r"the 0\.75 quantile .* it is 11 or more"):
        interpolated_quantile(
            [0.25, 0.75], [1, 11], [10, np.inf], known.estimate, covariance=known.covariance, n=100
        )


def test_an_interval_that_reaches_into_a_band_without_an_end_has_no_upper_limit():
    known = simple_sample([52, 48])
    found = interpolated_quantile(
        0.5, [1, 11], [10, np.inf], known.estimate, covariance=known.covariance, n=100
    )
    assert np.isfinite(found.estimate)
    assert (found.high, found.standard_error) == (np.inf, np.inf)
    assert found.low > 0.5


def test_a_quantile_does_not_lie_in_a_gap():
    known = simple_sample([50, 50])
    found = interpolated_quantile(
        [0.5, 0.51], [1, 101], [10, 110], known.estimate, covariance=known.covariance, n=100
    )
    np.testing.assert_allclose(found.estimate, [10.5, 100.7], rtol=1e-12)


def test_bands_that_overlap_are_refused():
    known = simple_sample([50, 50])
    with pytest.raises(MethodError, match="wanted bands in order that do not overlap"):
        interpolated_quantile(
            0.5, [1, 10], [10, 20], known.estimate, covariance=known.covariance, n=100
        )


@laws
@given(
    st.lists(st.integers(0, 30), min_size=2, max_size=6).filter(any),
    st.floats(0.02, 0.98),
    st.integers(2, 400),
)
def test_the_quantile_lies_inside_its_interval_and_next_to_its_band(counts, q, n):
    known = simple_sample(counts, n_effective=n)
    lows = np.arange(len(counts)) * 5.0
    found = interpolated_quantile(
        q, lows, lows + 4, known.estimate, covariance=known.covariance, n=n
    )
    assert found.low <= found.estimate <= found.high
    assert found.band.low - 0.5 <= found.estimate <= found.band.high + 0.5
    assert found.low >= lows[0] - 0.5
    assert found.high <= lows[-1] + 4.5
    assert found.standard_error > 0


@laws
@given(
    st.lists(st.integers(1, 30), min_size=2, max_size=6), st.floats(0.02, 0.5), st.floats(0, 0.4)
)
def test_a_higher_quantile_is_no_lower(counts, q, more):
    known = simple_sample(counts)
    lows = np.arange(len(counts)) * 5.0
    found = interpolated_quantile(
        [q, q + more], lows, lows + 4, known.estimate, covariance=known.covariance, n=sum(counts)
    )
    assert found.estimate[0] <= found.estimate[1]
