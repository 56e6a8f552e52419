"""Covariances from replicate weights against R survey, algebra and plain loops."""

import csv
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats import variance
from surveylib.stats.replicates import (
    CENTRES,
    KINDS,
    check_weights,
    covariance,
    independent,
    independent_of,
    scaling,
)

FOLDER = Path(__file__).parent / "references"
CLOSE = 1e-10

laws = settings(deadline=None, max_examples=50)
every_centre = pytest.mark.parametrize("centre", CENTRES)

#: What `scaling` is told of the replicates that replicates.R made.
TOLD = {
    "jk1": ("jk1", {}),
    "jk1_fpc": ("jk1", {"fraction": 15 / 757}),
    "jkn": ("jkn", {"units": 2}),
    "jkn_fpc": ("jkn", {"units": [2] * 6, "fraction": [0.1, 0.1, 0.2, 0.2, 0.5, 0.5]}),
    "jk2": ("jk2", {}),
    "brr": ("brr", {}),
    "fay": ("fay", {"rho": 0.3}),
    "bootstrap": ("bootstrap", {}),
    "bootstrap_mean": ("bootstrap", {"averaged": 5}),
    "sdr": ("sdr", {}),
    "acs": ("acs", {}),
}


def rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cases(value_of):
    some = [row for row in rows("replicates.csv") if row["value_of"] == value_of]
    groups = groupby(some, key=lambda row: (row["kind"], row["mse"], row["statistic"]))
    return [pytest.param(*key, list(group), id=" ".join(key)) for key, group in groups]


def made(name):
    """Totals of the units (U, 3) and the factors of their weights (U, R)."""
    found = [row for row in rows("replicates_weights.csv") if row["kind"] == name]
    size = 1 + max(int(row["replicate"]) for row in found)
    factors = np.array([float(row["factor"]) for row in found]).reshape(size, -1).T
    sample = {row["unit"]: row for row in rows("replicates_units.csv") if row["data"] == data(name)}
    units = [sample[row["unit"]] for row in found[: len(factors)]]
    return np.array([[float(unit[key]) for key in "yzx"] for unit in units]), factors


def data(name):
    return "pairs" if name.partition("_")[0] in {"jkn", "jk2", "brr", "fay"} else "apiclus1"


@pytest.mark.parametrize(("name", "mse", "statistic", "expected"), cases("covariance"))
def test_covariances_are_those_of_r(name, mse, statistic, expected):
    totals, factors = made(name)
    estimates, full = factors.T @ totals, totals.sum(axis=0)
    if statistic == "ratio":
        estimates, full = estimates[:, :1] / estimates[:, 2:], full[:1] / full[2:]
    kind, told = TOLD[name]
    found = scaling(kind, len(estimates), **told)
    value = covariance(
        estimates,
        full,
        scale=found.scale,
        factors=found.factors,
        centre="full" if mse == "TRUE" else "mean",
    )
    spread = np.sqrt(np.diagonal(value))
    for row in expected:
        i, j = int(row["row"]), int(row["column"])
        least = CLOSE * spread[i] * spread[j]
        assert value[i, j] == pytest.approx(float(row["value"]), rel=CLOSE, abs=least)
        assert value[j, i] == value[i, j]


@pytest.mark.parametrize(("name", "mse", "statistic", "expected"), cases("degf"))
def test_degrees_of_freedom_are_those_of_r(name, mse, statistic, expected):
    totals, factors = made(name)
    found = independent(factors * totals[:, 2:])
    degrees = variance.degrees_of_freedom(10**6, 1, replicates=found)
    assert (mse, statistic, degrees) == ("TRUE", "all", float(expected[0]["value"]))


def test_every_kind_has_rows_from_r():
    assert {kind for kind, _ in TOLD.values()} == set(KINDS)
    assert {row["kind"] for row in rows("replicates.csv")} == set(TOLD)


@st.composite
def replicated(draw):
    """Estimates of replicates, the main ones, and factors."""
    shape = draw(st.integers(2, 12)), draw(st.integers(1, 4))
    eighths = arrays.arrays(np.int64, shape, elements=st.integers(-400, 400))
    main = arrays.arrays(np.int64, shape[1:], elements=st.integers(-400, 400))
    factors = arrays.arrays(np.int64, shape[:1], elements=st.integers(0, 4))
    return draw(eighths) / 8, draw(main) / 8 + 0.01, draw(factors) / 2


def differ(values):
    return (values != values[0]).any()


@every_centre
@laws
@given(sample=replicated(), scale=st.floats(0.01, 10))
def test_is_what_a_loop_over_replicates_gives(centre, sample, scale):
    values, main, factors = sample
    assume(differ(values) and factors.any())
    start = main if centre == "full" else values[factors > 0].sum(axis=0) / (factors > 0).sum()
    expected = sum(
        scale * factor * np.outer(value - start, value - start)
        for value, factor in zip(values, factors, strict=True)
    )
    found = covariance(values, main, scale=scale, factors=factors, centre=centre)
    np.testing.assert_allclose(found, expected, rtol=CLOSE, atol=1e-10)


@every_centre
@laws
@given(sample=replicated())
def test_is_symmetric_and_no_contrast_has_a_negative_variance(centre, sample):
    values, main, factors = sample
    assume(differ(values))
    found = covariance(values, main, scale=1, factors=factors, centre=centre)
    np.testing.assert_array_equal(found, found.T)
    assert np.linalg.eigvalsh(found).min() >= -1e-12 * (1 + np.trace(found))


@laws
@given(
    totals=arrays.arrays(np.int64, (7, 3), elements=st.integers(-400, 400)),
    fraction=st.floats(0, 0.9),
)
def test_a_jackknife_of_totals_is_the_linearised_covariance(totals, fraction):
    # The jackknife of a sum is exact: each replicate is off by 7/6 of a unit's distance.
    factors = (1 - np.eye(7)) * 7 / 6
    assume(differ(factors @ totals))
    found = scaling("jk1", 7, fraction=fraction)
    value = covariance(
        factors @ totals, totals.sum(axis=0), scale=found.scale, factors=found.factors
    )
    linear = variance.covariance(variance.moments(totals, np.zeros(7, int), 1), fraction=fraction)
    np.testing.assert_allclose(value, linear, rtol=1e-9, atol=1e-7)


@every_centre
def test_a_share_of_none_or_all_has_no_variance_and_is_no_mistake(centre):
    found = covariance([[0, 1.0]] * 4, [0, 1.0], scale=0.25, centre=centre)
    np.testing.assert_array_equal(found, np.zeros((2, 2)))


@every_centre
def test_estimates_that_no_replicate_changes_have_no_variance(centre):
    # As of a group inside one unit, where Fay's weights change all by one factor.
    found = covariance([[0.4, 0.6]] * 4, [0.4, 0.6], scale=0.25, centre=centre)
    np.testing.assert_allclose(found, np.zeros((2, 2)), atol=1e-30)


@every_centre
def test_a_census_has_no_variance(centre):
    found = scaling("jk1", 3, fraction=1)
    value = covariance(
        [[1.0], [2.0], [3.0]], [2.0], scale=found.scale, factors=found.factors, centre=centre
    )
    assert value[0, 0] == 0


def test_a_replicate_without_an_estimate_is_named():
    with pytest.raises(NotEstimableError, match="no estimate in replicate '1', '3'"):
        covariance([[0.1], [np.nan], [0.2], [np.inf]], [0.1], scale=1)
    with pytest.raises(NotEstimableError, match="no estimate with the main weights"):
        covariance([[0.1], [0.2]], [np.nan], scale=1)


WEIGHTS = np.array([1.0, 2.0, 3.0])
GOOD = WEIGHTS[:, None] * [[0, 1.5, 1.5], [1.5, 0, 1.5], [1.5, 1.5, 0]]


def changed(**columns):
    """Good replicate weights, some columns of them put in the place of others."""
    found = GOOD.copy()
    for name, column in columns.items():
        found[:, int(name[1:])] = column
    return found


def test_good_replicate_weights_pass():
    check_weights(WEIGHTS, GOOD, count=3)


@pytest.mark.parametrize(
    ("weights", "count", "message"),
    [
        (GOOD, 4, "there are 3 replicates; wanted 4"),
        (GOOD[:, :1], 1, "there are 1 replicates; wanted 1, and 2 or more"),
        (changed(r1=[1, -2, 3]), 3, "negative or missing weights in replicate '1'"),
        (changed(r2=[1, np.nan, 3], r0=[np.inf, 1, 1]), 3, "weights in replicate '0', '2'"),
        (changed(r2=WEIGHTS), 3, "main weights stand in replicate '2'"),
        (np.column_stack([WEIGHTS] * 3), 3, "all replicates have the same weights"),
        (np.column_stack([WEIGHTS * 2] * 3), 3, "all replicates have the same weights"),
        (changed(r0=WEIGHTS, r1=[-1, 1, 1]), 2, "wanted 2.*negative.*'1'.*main weights.*'0'"),
        (GOOD[:2], 3, r"weights of \(3,\) and \(2, 3\)"),
    ],
)
def test_replicate_weights_that_cannot_be_right_are_refused_with_everything_found(
    weights, count, message
):
    with pytest.raises(MethodError, match=message):
        check_weights(WEIGHTS, weights, count=count)


@pytest.mark.parametrize(
    ("kind", "told", "message"),
    [
        ("jackknife", {}, "no replicates method called 'jackknife'"),
        ("fay", {}, "kind 'fay' need 'rho'"),
        ("fay", {"rho": 1.0}, "rho is 1; wanted 0 or more and less than 1"),
        ("fay", {"rho": -0.1}, "rho is -0.1"),
        ("fay", {"rho": np.nan}, "rho is nan"),
        ("brr", {"rho": 0.5}, "kind 'brr' do not take 'rho'"),
        ("acs", {"fraction": 0.5}, "kind 'acs' do not take 'fraction'"),
        ("jkn", {}, "kind 'jkn' need 'units'"),
        ("jkn", {"units": [2, 2, 1, 3]}, "units are 1 in a stratum; wanted 2 or more"),
        ("jkn", {"units": [2, 2]}, r"units of shape \(2,\); wanted 4 finite numbers"),
        ("jk1", {"fraction": 1.5}, "fraction is 1.5; wanted a number from 0 to 1"),
        ("jk1", {"fraction": np.nan}, "fraction of shape"),
        ("bootstrap", {"averaged": 0}, "averaged is 0; wanted 1 or more"),
    ],
)
def test_a_kind_is_told_what_it_needs_and_nothing_else(kind, told, message):
    with pytest.raises(MethodError, match=message):
        scaling(kind, 4, **told)


@pytest.mark.parametrize("kind", KINDS)
def test_one_replicate_is_too_few(kind):
    with pytest.raises(MethodError, match="there are 1 replicates; wanted 2 or more"):
        scaling(kind, 1)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"replicates": [[0.5]]}, "there are 1 replicates; wanted 2 or more"),
        ({"replicates": [0.5, 0.6]}, r"wanted \(R, K\) and \(K,\)"),
        ({"full": [0.5, 0.6]}, r"replicates of \(2, 1\) and estimates of \(2,\)"),
        ({"factors": [1.0, 1.0, 1.0]}, r"factors of shape \(3,\); wanted 2 finite numbers"),
        ({"factors": [1.0, -1.0]}, "the least factor -1; wanted"),
        ({"scale": 0}, "scale is 0"),
        ({"scale": np.nan}, "scale is nan"),
        ({"centre": "median"}, "no centring method called 'median'"),
    ],
)
def test_arguments_that_cannot_be_right_are_refused(told, message):
    good = {"replicates": [[0.4], [0.6]], "full": [0.5], "scale": 0.5}
    with pytest.raises(MethodError, match=message):
        covariance(**{**good, **told})


def test_replicates_that_follow_from_others_do_not_count():
    columns = np.random.default_rng(3).uniform(0, 2, (50, 6))
    more = np.column_stack([columns, columns.mean(axis=1), columns[:, 2] * 3, np.zeros(50)])
    assert independent(columns) == 6
    assert independent(more) == 6
    assert independent(np.zeros((5, 3))) == 0
    with pytest.raises(MethodError, match="finite numbers"):
        independent([[1.0, np.nan]])


@laws
@given(
    weights=arrays.arrays(
        np.float64, st.tuples(st.integers(1, 12), st.integers(1, 6)), elements=st.integers(0, 3)
    ),
    cut=st.integers(0, 12),
)
def test_products_of_disjoint_rows_add_up_to_the_rank_of_all(weights, cut):
    one, other = weights[:cut], weights[cut:]
    assert independent_of(one.T @ one + other.T @ other) == np.linalg.matrix_rank(weights)


@pytest.mark.parametrize("products", [[[1.0, 2.0]], [1.0], [[np.nan]]])
def test_products_that_are_no_square_matrix_of_numbers_are_refused(products):
    with pytest.raises(MethodError, match=r"wanted \(R, R\) finite numbers"):
        independent_of(products)
