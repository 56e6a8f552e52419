"""Tests of whole tables against R survey, scipy and algebra."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg, stats

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.crosstabs import (
    TESTS,
    TOTALS_TESTS,
    goodness_of_fit,
    homogeneity,
    independence,
)

REFERENCES = Path(__file__).parent / "references"
COUNTS = np.array([[30, 12, 9], [14, 22, 13]])
SHARES = COUNTS / 100

every_method = pytest.mark.parametrize("method", TESTS)
each_rao_scott = pytest.mark.parametrize("method", ["rao-scott-1", "rao-scott-2"])
laws = settings(deadline=None, max_examples=50)


def rows(name):
    with (REFERENCES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read():
    """Estimates and covariances of each design, table and quantity."""
    entries = {}
    for row in rows("crosstabs_data.csv"):
        place = (int(row["first"]), int(row["second"]))
        key = (row["design"], row["table"], row["quantity"])
        entries.setdefault(key, {})[place] = float(row["value"])
    return {key: (vector(values), matrix(values)) for key, values in entries.items()}


def vector(values):
    size = max(first for first, _ in values)
    return np.array([values[place, 0] for place in range(1, size + 1)])


def matrix(values):
    places = range(1, max(first for first, _ in values) + 1)
    return np.array([[values[max(i, j), min(i, j)] for j in places] for i in places])


DATA = read()
RESULTS = rows("crosstabs.csv")
#: The test in the reference, and here.
NAMES = {
    "Chisq": ("rao-scott-1", "mean"),
    "F": ("rao-scott-2", "mean"),
    "shares": ("wald", "mean"),
    "Wald": ("wald-totals", "total"),
    "adjWald": ("adjusted-wald-totals", "total"),
}
PSUS_LESS_STRATA = {"apistrat": 197, "apiclus1": 14, "apiclus2": 39}


def multinomial(shares, n):
    """Covariance of a simple sample: p (1 - p) / n, and -p q / n between cells."""
    flat = np.ravel(shares)
    return (np.diag(flat) - np.outer(flat, flat)) / n


def of_r(row, method=None):
    name, quantity = NAMES[row["test"]]
    cells, covariance = DATA[row["design"], row["table"], quantity]
    height = 3 if row["table"].startswith("band_") else 2
    return independence(
        cells.reshape(height, -1),
        covariance,
        n=int(row["n"]),
        df=PSUS_LESS_STRATA[row["design"]],
        method=method or name,
    )


def same(found, row):
    assert found.statistic == pytest.approx(float(row["statistic"]), rel=1e-8)
    assert found.df_numerator == pytest.approx(float(row["df"]), rel=1e-8)
    assert found.df_denominator == pytest.approx(float(row["df_denominator"]), rel=1e-8)
    assert found.p_value == pytest.approx(float(row["p_value"]), rel=1e-8)


def named(row):
    return f"{row['design']} {row['table']} {row['test']}"


def those(*tests):
    chosen = [row for row in RESULTS if row["test"] in tests]
    assert chosen
    return pytest.mark.parametrize("row", chosen, ids=named)


@those("F", "shares", "Wald", "adjWald")
def test_statistic_and_p_value_are_those_of_r(row):
    same(of_r(row), row)


@those("Chisq")
def test_the_first_order_test_is_that_of_r_which_prints_the_statistic_before_division(row):
    found, simple = of_r(row), of_r(row, "pearson")
    assert simple.statistic == pytest.approx(float(row["statistic"]), rel=1e-8)
    assert found.statistic * found.design_effects.mean() == pytest.approx(simple.statistic)
    assert (found.distribution, found.df_numerator) == ("chi-squared", int(row["df"]))
    assert found.p_value == pytest.approx(float(row["p_value"]), rel=1e-8)


@those("shares")
def test_the_adjustment_of_wald_is_that_of_hotelling(row):
    found = of_r(row, "adjusted-wald")
    d, df = int(row["df"]), float(row["df_denominator"])
    # d F df / (df - d + 1) has Hotelling's distribution, T²(d, df).
    assert found.statistic * d * df / (df - d + 1) == pytest.approx(float(row["statistic"]) * d)
    assert found.df_denominator == df - d + 1
    assert found.p_value == pytest.approx(stats.f.sf(found.statistic, d, df - d + 1), rel=1e-12)


@those("given")
def test_the_test_of_given_shares_is_that_of_r(row):
    shares, covariance = DATA[row["design"], row["table"], "mean"]
    expected = {
        "awards": [0.4, 0.6],
        "sch.wide": [0.2, 0.8],
        "yr.rnd": [0.85, 0.15],
        "band": [0.3, 0.25, 0.45],
    }[row["table"]]
    found = goodness_of_fit(
        shares, expected, covariance, n=200, df=math.inf, method="rao-scott-2-null"
    )
    # R divides by the sum of the design effects in a chi-squared: F times its degrees of freedom.
    same(found, {**row, "df_denominator": "inf"})


@pytest.mark.parametrize(
    ("method", "power"), [("pearson", "pearson"), ("likelihood-ratio", "log-likelihood")]
)
@given(counts=st.lists(st.integers(1, 60), min_size=6, max_size=6))
@laws
def test_simple_samples_are_tested_as_in_scipy(method, power, counts):
    table = np.reshape(counts, (2, 3))
    expected = stats.chi2_contingency(table, correction=False, lambda_=power)
    n = table.sum()
    found = independence(table / n, None, n=n, df=math.inf, method=method)
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-9, abs=1e-11)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    np.testing.assert_allclose(found.expected * n, expected.expected_freq)


def test_given_shares_of_a_simple_sample_are_tested_as_in_scipy():
    expected = stats.chisquare([30, 50, 20], [40, 40, 20])
    for method in ("pearson", "rao-scott-1"):
        found = goodness_of_fit(
            [0.3, 0.5, 0.2], [0.4, 0.4, 0.2], None, n=100, df=math.inf, method=method
        )
        assert found.statistic == pytest.approx(expected.statistic)
        assert found.p_value == pytest.approx(expected.pvalue)


def test_waves_of_simple_samples_are_tested_as_in_scipy():
    expected = stats.chi2_contingency(COUNTS, correction=False)
    n = COUNTS.sum(axis=1)
    for method in ("pearson", "rao-scott-1", "rao-scott-2"):
        found = homogeneity(COUNTS / n[:, None], None, n=n, df=math.inf, method=method)
        assert found.p_value == pytest.approx(expected.pvalue)


@each_rao_scott
@given(counts=st.lists(st.integers(0, 30), min_size=9, max_size=9))
@laws
def test_the_multinomial_covariance_makes_rao_and_scott_pearson_even_with_empty_cells(
    method, counts
):
    # The margins are occupied, and the diagonal keeps the cells from being all in one line.
    table = np.reshape(counts, (3, 3)) + np.eye(3) + np.eye(3)[[1, 2, 0]]
    shares = table / table.sum()
    n = table.sum()
    simple = independence(shares, None, n=n, df=math.inf, method="pearson")
    found = independence(shares, multinomial(shares, n), n=n, df=math.inf, method=method)
    np.testing.assert_allclose(found.design_effects, 1, rtol=1e-9)
    assert found.p_value == pytest.approx(simple.p_value, rel=1e-9)


@every_method
@pytest.mark.parametrize("factor", [0.25, 3.0])
def test_a_design_effect_that_is_the_same_everywhere_divides_the_statistic(method, factor):
    found = independence(SHARES, factor * multinomial(SHARES, 100), n=100, df=50, method=method)
    simple = independence(SHARES, multinomial(SHARES, 100), n=100, df=50, method=method)
    of_a_design = method not in {"pearson", "likelihood-ratio"}
    assert found.statistic * (factor if of_a_design else 1) == pytest.approx(simple.statistic)
    np.testing.assert_allclose(found.design_effects, factor * simple.design_effects)


clusters = st.lists(
    st.lists(st.integers(0, 6), min_size=6, max_size=6), min_size=8, max_size=14
).filter(lambda drawn: (np.sum(drawn, axis=0) > 0).all())


def estimated(drawn, weights=None):
    """Shares of a 2 × 3 table, and their covariance from clusters drawn with replacement."""
    totals = np.asarray(drawn, dtype=float)
    totals = totals * (np.ones(len(totals)) if weights is None else weights)[:, None]
    shares = totals.sum(axis=0) / totals.sum()
    scores = (totals - np.outer(totals.sum(axis=1), shares)) / totals.sum()
    return shares, len(totals) / (len(totals) - 1) * scores.T @ scores


def outcome(shares, covariance, method, df):
    """Statistic and p-value; the reason where there is none."""
    try:
        found = independence(shares, covariance, n=np.int64(240), df=df, method=method)
    except NotEstimableError:
        return None
    return found.statistic, found.df_numerator, found.p_value


def agree(first, second):
    assert (first is None) == (second is None)
    if first is not None:
        assert second == pytest.approx(first, rel=1e-5, abs=1e-9)


@every_method
@given(drawn=clusters, order=st.permutations(range(3)))
@laws
def test_the_order_of_rows_and_columns_and_which_is_which_change_nothing(method, drawn, order):
    shares, covariance = estimated(drawn)
    places = np.arange(6).reshape(2, 3)
    first = outcome(shares.reshape(2, 3), covariance, method, len(drawn) - 1)
    for table in (places[:, order], places[::-1], places.T):
        flat = table.ravel()
        turned = outcome(shares[table], covariance[np.ix_(flat, flat)], method, len(drawn) - 1)
        agree(first, turned)


@every_method
@given(drawn=clusters, scale=st.floats(1e-3, 1e6))
@laws
def test_weights_on_another_scale_change_nothing(method, drawn, scale):
    weights = 1 + np.arange(len(drawn)) % 3
    results = []
    for factor in (1.0, scale):
        shares, covariance = estimated(drawn, weights * factor)
        results.append(outcome(shares.reshape(2, 3), covariance, method, len(drawn) - 1))
    agree(*results)


@pytest.mark.parametrize("method", TOTALS_TESTS)
@given(scale=st.floats(1e-6, 1e9))
@laws
def test_totals_in_another_unit_change_nothing(method, scale):
    totals, covariance = DATA["apiclus2", "band_stype", "total"]
    table = totals.reshape(3, 3)
    one = independence(table, covariance, n=126, df=39, method=method)
    other = independence(table * scale, covariance * scale**2, n=126, df=39, method=method)
    assert other.statistic == pytest.approx(one.statistic, rel=1e-9)
    np.testing.assert_allclose(other.expected, one.expected)


@pytest.mark.parametrize("method", TOTALS_TESTS)
def test_totals_whose_sum_is_the_same_in_every_sample_are_tested_as_shares(method):
    table = SHARES * 5000
    covariance = multinomial(SHARES, 100) * 5000**2
    found = independence(table, covariance, n=100, df=30, method=method)
    of_shares = method.removesuffix("-totals")
    expected = independence(SHARES, covariance / 5000**2, n=100, df=30, method=of_shares)
    assert found.statistic == pytest.approx(expected.statistic)


@every_method
@given(drawn=clusters)
@laws
def test_a_p_value_is_a_probability(method, drawn):
    shares, covariance = estimated(drawn)
    found = outcome(shares.reshape(2, 3), covariance, method, len(drawn) - 1)
    assert found is None or (found[0] >= 0 and 0 <= found[2] <= 1)


@every_method
def test_a_table_that_is_as_expected_has_the_p_value_1(method):
    shares = np.outer([0.25, 0.75], [0.5, 0.25, 0.25])
    found = independence(shares, None, n=64, df=20, method=method)
    assert found.statistic == pytest.approx(0, abs=1e-12)
    assert found.p_value == pytest.approx(1)


@given(drawn=clusters)
@laws
def test_design_effects_of_the_expected_cells_sum_to_what_variances_of_cells_and_margins_say(drawn):
    shares, covariance = estimated(drawn)
    table = shares.reshape(2, 3)
    rows_, columns_ = np.kron(np.eye(2), np.ones(3)), np.kron(np.ones(2), np.eye(3))
    # Rao and Scott (1984), 3.2: tables whose covariance nobody published can be tested by these.
    parts = [
        (np.diag(side @ covariance @ side.T) / (side @ shares)).sum() for side in (rows_, columns_)
    ]
    cells = (np.diag(covariance) / np.outer(table.sum(axis=1), table.sum(axis=0)).ravel()).sum()
    try:
        found = independence(table, covariance, n=100, df=9, method="rao-scott-2-null")
    except NotEstimableError:
        return
    assert found.design_effects.sum() == pytest.approx(100 * (cells - sum(parts)), abs=1e-9)


@pytest.mark.parametrize(
    "side", [np.kron(np.eye(3), np.ones(3)), np.kron(np.ones(3), np.eye(3))], ids=["band", "stype"]
)
def test_design_effects_of_one_question_average_to_what_those_of_its_answers_say(side):
    cells, covariance = DATA["apiclus1", "band_stype", "mean"]
    p, spread = side @ cells, side @ covariance @ side.T
    deff = np.diag(spread) / (p * (1 - p) / 183)
    found = goodness_of_fit(p, [0.2, 0.3, 0.5], spread, n=183, df=14)
    # Rao and Scott (1981), section 2.1.
    assert found.design_effects.mean() == pytest.approx(((1 - p) * deff).sum() / 2, rel=1e-9)


def test_with_one_constraint_the_effects_of_the_expected_shares_make_rao_and_scott_wald():
    shares, covariance = DATA["apiclus2", "awards_sch.wide", "mean"]
    results = [
        independence(shares.reshape(2, 2), covariance, n=126, df=39, method=method)
        for method in ("rao-scott-2-null", "wald")
    ]
    assert results[0].statistic == pytest.approx(results[1].statistic, rel=1e-9)
    assert results[0].p_value == pytest.approx(results[1].p_value, rel=1e-9)


@every_method
def test_two_waves_that_share_nothing_may_be_given_as_blocks_or_as_one_covariance(method):
    waves, n = np.array([[0.5, 0.3, 0.2], [0.4, 0.3, 0.3]]), [120, 80]
    blocks = np.array([2 * multinomial(waves[0], 120), 3 * multinomial(waves[1], 80)])
    one = homogeneity(waves, blocks, n=n, df=60, method=method)
    other = homogeneity(waves, linalg.block_diag(*blocks), n=n, df=60, method=method)
    assert one.p_value == other.p_value


def test_two_waves_and_two_answers_are_compared_as_two_shares():
    waves = np.array([[0.3, 0.7], [0.4, 0.6]])
    variance, shared = np.array([0.0016, 0.0025]), 0.0008
    signs = np.array([[1.0, -1.0], [-1.0, 1.0]])
    full = np.block([[variance[0] * signs, shared * signs], [shared * signs, variance[1] * signs]])
    found = homogeneity(waves, full, n=[200, 150], df=40, method="wald")
    t = (0.4 - 0.3) / math.sqrt(variance.sum() - 2 * shared)
    assert found.statistic == pytest.approx(t**2)
    assert found.p_value == pytest.approx(2 * stats.t.sf(t, 40))


def test_a_wave_that_repeats_its_sampling_units_shows_change_more_surely():
    waves, n = np.array([[0.3, 0.7], [0.4, 0.6]]), [200, 200]
    signs = np.array([[1.0, -1.0], [-1.0, 1.0]]) * 0.002
    both = np.kron([[1.0, 0.6], [0.6, 1.0]], signs)
    apart = homogeneity(waves, np.array([signs, signs]), n=n, df=40, method="wald")
    shared = homogeneity(waves, both, n=n, df=40, method="wald")
    # The variance of the difference is 2 V (1 - correlation).
    assert shared.statistic == pytest.approx(apart.statistic / (1 - 0.6))


@every_method
def test_an_empty_row_and_column_are_left_out_and_named(method):
    wider = np.insert(np.insert(SHARES, 1, 0, axis=0), 0, 0, axis=1)
    covariance = 1.5 * multinomial(wider, 100)
    found = independence(wider, covariance, n=100, df=30, method=method)
    kept = independence(SHARES, 1.5 * multinomial(SHARES, 100), n=100, df=30, method=method)
    assert found.p_value == pytest.approx(kept.p_value, rel=1e-12)
    assert (found.dropped_rows, found.dropped_columns) == ((1,), (0,))
    assert found.notes == (
        "row 1 (counted from 0) left out: nobody is there",
        "column 0 (counted from 0) left out: nobody is there",
    )
    assert found.expected.shape == (3, 4)
    assert (kept.dropped_rows, kept.dropped_columns, kept.notes) == ((), (), ())


def test_an_answer_that_nobody_gave_in_any_wave_is_left_out_and_named():
    found = homogeneity([[0.5, 0.0, 0.5], [0.6, 0.0, 0.4]], None, n=[50, 50], df=math.inf)
    assert (found.dropped_rows, found.dropped_columns) == ((), (1,))


def test_an_answer_neither_expected_nor_given_is_left_out_and_named():
    found = goodness_of_fit([0.3, 0.0, 0.7], [0.5, 0.0, 0.5], None, n=50, df=math.inf)
    assert (found.dropped_rows, found.dropped_columns, found.df_numerator) == ((), (1,), 1)


def test_an_answer_expected_that_nobody_gave_counts_with_the_design_effect_of_the_others():
    covariance = 2 * multinomial([0.4, 0.6, 0.0], 50)
    found = goodness_of_fit([0.4, 0.6, 0.0], [0.45, 0.5, 0.05], covariance, n=50, df=math.inf)
    expected = stats.chisquare([20, 30, 0], [22.5, 25, 2.5])
    assert found.statistic * found.df_numerator == pytest.approx(expected.statistic / 2)
    np.testing.assert_allclose(found.design_effects, [2])
    assert found.notes == ("empty cells hide 1 of 2 design effects",)


@pytest.mark.parametrize(
    ("cells", "where"),
    [([[0.4, 0.6], [0, 0]], "row 0"), ([[0, 0.4], [0, 0.6]], "column 1"), ([[0.4, 0.6]], "row 0")],
)
@every_method
def test_everybody_in_one_row_or_column_leaves_nothing_to_compare(method, cells, where):
    with pytest.raises(NotEstimableError, match=f"everybody is in {where} "):
        independence(cells, None, n=10, df=5, method=method)


@pytest.mark.parametrize(
    ("shares", "expected"), [([1.0, 0.0], [1.0, 0.0]), ([0.9, 0.1], [1.0, 0.0]), ([1.0], [1.0])]
)
def test_given_shares_that_need_no_test_are_refused(shares, expected):
    with pytest.raises(NotEstimableError, match="nothing to test"):
        goodness_of_fit(shares, expected, None, n=10, df=5)


@pytest.mark.parametrize("method", ["rao-scott-1", "rao-scott-2", "rao-scott-2-null"])
def test_no_variance_at_all_gives_no_design_effect(method):
    with pytest.raises(NotEstimableError, match="no design effect"):
        independence(SHARES, np.zeros((6, 6)), n=100, df=5, method=method)


@pytest.mark.parametrize("method", ["wald", "adjusted-wald"])
def test_fewer_degrees_of_freedom_than_constraints_are_too_few_for_wald(method):
    with pytest.raises(NotEstimableError, match="too few sampling units"):
        independence(SHARES, None, n=100, df=1, method=method)
    with pytest.raises(NotEstimableError, match="singular"):
        independence(SHARES, np.zeros((6, 6)), n=100, df=9, method=method)


def asymmetric():
    covariance = multinomial(SHARES, 100)
    covariance[0, 1] *= 2
    return covariance


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "wold"}, r"no table test method called 'wold'; did you mean 'wald'\?"),
        ({"cells": [0.5, 0.5]}, r"cells have the shape \(2,\); wanted 2 dimensions"),
        ({"cells": SHARES * 2}, "cells sum to 2; wanted shares that sum to 1"),
        ({"cells": SHARES - 0.2}, "cells hold -0.08; wanted"),
        ({"cells": SHARES * np.nan}, "cells hold nan"),
        ({"cells": SHARES * 0, "method": "wald-totals"}, "not all 0"),
        ({"n": 0}, "n is 0.0; wanted one number of at least 1"),
        ({"n": math.inf}, "n is inf"),
        ({"n": [1, 2]}, r"n is \[1. 2.\]"),
        ({"df": 0}, "df is 0.0"),
        ({"df": math.nan}, "df is nan"),
        ({"covariance": np.eye(5)}, r"shape \(5, 5\); wanted finite numbers in the shape \(6, 6\)"),
        ({"covariance": np.full((6, 6), np.inf)}, "wanted finite numbers"),
        ({"covariance": asymmetric()}, "wanted it symmetric"),
        ({"covariance": -multinomial(SHARES, 100)}, "no variance below 0"),
        ({"covariance": np.eye(6)}, "wanted that of shares, row by row"),
    ],
)
def test_what_is_no_table_is_refused(changes, message):
    right = {"cells": SHARES, "covariance": None, "n": 100, "df": 9}
    with pytest.raises(MethodError, match=message):
        independence(**(right | changes))


@pytest.mark.parametrize("method", TOTALS_TESTS)
def test_a_test_of_totals_is_not_offered_for_shares_of_one_question(method):
    with pytest.raises(MethodError, match="no table test method called"):
        goodness_of_fit([0.5, 0.5], [0.4, 0.6], None, n=10, df=5, method=method)
    with pytest.raises(MethodError, match="no table test method called"):
        homogeneity([[0.5, 0.5], [0.4, 0.6]], None, n=[10, 10], df=5, method=method)


def test_shares_and_waves_that_do_not_fit_are_refused():
    with pytest.raises(MethodError, match="shares are 2 and expected 3"):
        goodness_of_fit([0.5, 0.5], [0.4, 0.4, 0.2], None, n=10, df=5)
    with pytest.raises(MethodError, match="n has 1 numbers; wanted 2"):
        homogeneity([[0.5, 0.5], [0.4, 0.6]], None, n=10, df=5)
    with pytest.raises(MethodError, match=r"shares sum to 0\.9"):
        homogeneity([[0.5, 0.5], [0.3, 0.6]], None, n=[10, 10], df=5)
