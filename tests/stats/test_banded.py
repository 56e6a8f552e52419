"""What is asked of bands, shares and covariances, and the shares of a simple sample."""

import numpy as np
import pytest

from surveylib.errors import MethodError
from surveylib.stats.banded import (
    check_bands,
    check_covariance,
    check_quantile,
    check_shares,
    checked,
    effective,
    reached,
    simple_sample,
)


def test_the_covariance_of_a_simple_sample_is_the_multinomial_one():
    # n p q on the diagonal and -n p q off it, over n squared: 3 x 7 of 10.
    found = simple_sample([3, 7])
    assert found.estimate.tolist() == [0.3, 0.7]
    np.testing.assert_allclose(found.covariance, [[0.021, -0.021], [-0.021, 0.021]], rtol=1e-14)


def test_a_sample_worth_less_has_a_larger_covariance():
    half = simple_sample([3, 7], n_effective=5).covariance
    np.testing.assert_allclose(half, 2 * simple_sample([3, 7]).covariance, rtol=1e-14)


def test_samples_stack_along_the_axes_before_the_last():
    found = simple_sample([[3, 7], [5, 5]])
    assert found.covariance.shape == (2, 2, 2)
    np.testing.assert_array_equal(found.covariance[0], simple_sample([3, 7]).covariance)


@pytest.mark.parametrize("counts", [[0, 0], [-1, 2], [np.nan, 1], [np.inf, 1]])
def test_counts_of_nobody_or_below_0_are_refused(counts):
    with pytest.raises(MethodError, match="wanted somebody in some band"):
        simple_sample(counts)


def test_a_sample_worth_nothing_is_refused():
    with pytest.raises(MethodError, match="n_effective is 0; wanted a number above 0"):
        simple_sample([1, 2], n_effective=0)


@pytest.mark.parametrize(
    ("lows", "highs", "message"),
    [
        ([], [], "wanted two of one length"),
        ([1, 2], [3], "wanted two of one length"),
        ([[1]], [[3]], "wanted two of one length"),
        ([np.nan], [3], "a band has no low"),
        ([1, 5], [np.inf, 9], "not the last has no high"),
        ([1], [np.nan], "not the last has no high"),
        ([1, 2.5], [2, 9], r"a band ends at 2\.5; wanted whole numbers"),
        ([5], [1], "a band goes from 5 to 1; wanted low to high"),
        ([11, 1], [20, 10], "bands go from 11 to 20, then 1 to 10; wanted bands in order"),
        ([1, 2], [9, 5], "bands go from 1 to 9, then 2 to 5; wanted bands in order"),
    ],
)
def test_what_is_no_list_of_bands_is_refused(lows, highs, message):
    with pytest.raises(MethodError, match=message):
        check_bands(lows, highs)


def test_overlaps_are_refused_only_where_they_matter():
    check_bands([1, 5], [5, 9])
    with pytest.raises(MethodError, match="wanted bands in order that do not overlap"):
        check_bands([1, 5], [5, 9], apart=True)
    check_bands([1, 5], [5, 9.5], apart=True, whole=False)


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ([0.5, 0.4], r"shares add up to 0\.9; wanted 1"),
        ([1.5, -0.5], "a share is below 0"),
        ([np.nan, 1], "a share is below 0 or not a finite number"),
        ([0.5, 0.25, 0.25], "for 2 bands; wanted one for each band"),
        (1.0, "for 2 bands; wanted one for each band"),
    ],
)
def test_what_is_no_share_of_each_band_is_refused(shares, message):
    with pytest.raises(MethodError, match=message):
        check_shares(shares, 2)


@pytest.mark.parametrize(
    ("covariance", "message"),
    [
        (np.eye(3), "wanted 2 by 2"),
        ([[1, np.nan], [0, 1]], "not a finite number"),
        ([[1, 0.5], [-1, 1]], "is not symmetric"),
        ([[-1, 1], [1, -1]], "a variance in it is below 0"),
        (np.eye(2), "rows of covariance do not add up to 0"),
    ],
)
def test_what_is_no_covariance_of_shares_is_refused(covariance, message):
    with pytest.raises(MethodError, match=message):
        checked([0.5, 0.5], covariance, 2)


def test_a_covariance_of_cumulative_shares_need_not_add_up():
    assert check_covariance("covariance", np.eye(2), 2, adds_up=False).shape == (2, 2)


@pytest.mark.parametrize("q", [0, 1, -0.5, 50, np.nan])
def test_a_quantile_of_no_share_is_refused(q):
    with pytest.raises(MethodError, match="wanted a share between 0 and 1"):
        check_quantile([0.5, q])


def test_a_sum_that_is_short_by_rounding_has_reached_its_quantile():
    shares = np.array([0.7, 0.1, 0.2])
    assert 0.7 + 0.1 < 0.8  # as floats
    assert reached(np.asarray(0.8), shares)[0] == 1


def test_no_quantile_lies_in_a_band_of_nobody():
    assert reached(np.asarray(0.0), np.array([0.0, 1.0]))[0] == 1
    assert reached(np.asarray(1.0), np.array([0.5, 0.5, 0.0]))[0] == 1


def test_the_effective_size_of_a_simple_sample_is_its_size():
    assert effective(np.asarray(0.3), np.asarray(0.3 * 0.7 / 40)) == pytest.approx(40)
    assert effective(np.asarray(0.3), np.asarray(0.0)) == np.inf
