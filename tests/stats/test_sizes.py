"""Effective sizes of designs against R and the rule in words."""

import numpy as np
import pytest

from surveylib.stats import sizes

INFINITE = float("inf")

#: R 4.2.2: -qt(alpha / 2, df), printed with 15 digits.
QUANTILES = [
    (1, 0.05, 12.7062047361747),
    (1, 0.001, 636.61924876872),
    (3, 0.2, 1.63774435369621),
    (4.7, 0.1, 2.04381109301379),
    (38, 0.05, 2.02439416391197),
    (197, 1e-6, 5.05073778695677),
    (INFINITE, 0.05, 1.95996398454005),
]


@pytest.mark.parametrize(("df", "alpha", "expected"), QUANTILES)
def test_quantiles_of_t_are_those_of_r(df, alpha, expected):
    assert sizes.quantile(np.asarray(df), alpha) == pytest.approx(expected, rel=1e-13)


#: R 4.2.2: 120 * (qt(0.975, 199) / qt(0.975, df))^2; an infinite df adjusts nothing by rule.
ADJUSTED = [(38, 113.863826148101), (199, 120), (10**6, 121.472702345146), (INFINITE, 120)]


@pytest.mark.parametrize(("df", "expected"), ADJUSTED)
def test_degrees_of_freedom_weigh_by_the_squared_ratio_of_the_quantiles(df, expected):
    size = sizes.adjusted(np.asarray(120.0), np.asarray(200.0), np.asarray(float(df)), 0.05)
    assert size == pytest.approx(expected, rel=1e-13)


def test_no_size_is_above_n_before_or_after_the_adjustment():
    n, df = np.asarray(200.0), np.asarray(1e6)
    assert sizes.truncated(np.asarray(0.3), n, np.asarray(INFINITE)) == 200
    assert sizes.adjusted(np.asarray(199.9), n, df, 0.05) == 200


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_none_and_all_count_every_respondent(share):
    found = sizes.truncated(np.asarray(share), np.asarray(30.0), np.asarray(float("nan")))
    assert found == 30


@pytest.mark.parametrize("n", [3, 49, 272, 10**6])
def test_a_share_times_its_n_is_the_whole_count_that_it_came_from(n):
    counts = np.arange(min(n, 5000) + 1)
    assert (sizes.counts(counts / n, np.asarray(float(n))) == counts).all()


def test_a_count_that_is_not_whole_stays_as_it_is():
    assert sizes.counts(np.asarray(0.25), np.asarray(10.0)) == 2.5
