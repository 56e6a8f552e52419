"""Turnover and tests of no change against R, SAS, statsmodels and algebra."""

import csv
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from statsmodels.stats.contingency_tables import SquareTable, cochrans_q

from surveylib.errors import MethodError
from surveylib.stats.paired import mcnemar
from surveylib.stats.turnover import (
    COCHRAN_METHODS,
    bowker,
    cochran_q,
    stuart_maxwell,
    turnover,
)

REFERENCES = Path(__file__).parent / "references"
SQUARE_TESTS = {"bowker": bowker, "stuart_maxwell": stuart_maxwell}

every_square_test = pytest.mark.parametrize("test", SQUARE_TESTS.values(), ids=SQUARE_TESTS)
every_cochran_method = pytest.mark.parametrize("method", COCHRAN_METHODS)
laws = settings(deadline=None, max_examples=50)

#: From 111, 110, 101, 100, 011, 010, 001 to 000.
PATTERNS = list(product([1, 0], repeat=3))
#: Susceptibility before therapy, Peterson and others (2007), in Fagerland, Lydersen and Laake
#: (2017), chapter 9: R contingencytables prints T0 = 26.250 for both tests.
SUSCEPTIBILITY = [[596, 18, 6, 5], [0, 2, 0, 0], [0, 0, 42, 0], [11, 0, 0, 0]]


def squares(least=0, most=60):
    sizes = st.integers(2, 5)
    cells = st.integers(least, most)
    return sizes.flatmap(lambda size: arrays.arrays(np.int64, (size, size), elements=cells)).filter(
        lambda table: table.sum() > 0
    )


def rows(*calls):
    with (REFERENCES / "paired.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["call"] in calls]


def row_name(row):
    return f"{row['call']} {row['method']} {row['cells']}"


@pytest.mark.parametrize("row", rows("bowker", "stuart_maxwell"), ids=row_name)
def test_square_tables_are_tested_as_by_r(row):
    cells = np.array(row["cells"].split(), dtype=float)
    size = round(len(cells) ** 0.5)
    found = SQUARE_TESTS[row["call"]](cells.reshape(size, size))
    assert found.statistic == pytest.approx(float(row["statistic"]), rel=1e-9)
    assert found.df == int(row["df"])
    assert found.p_value == pytest.approx(float(row["p_value"]), rel=1e-9)


@pytest.mark.parametrize("row", rows("cochran_q"), ids=row_name)
def test_three_waves_are_tested_as_by_r(row):
    found = cochran_q(PATTERNS, np.array(row["cells"].split(), dtype=float), method=row["method"])
    assert found.statistic == pytest.approx(float(row["statistic"]), rel=1e-9)
    assert found.p_value == pytest.approx(float(row["p_value"]), rel=1e-9)
    assert found.df == (int(row["df"]) if row["df"] else None)


def test_every_cochran_method_has_a_row_from_r():
    assert {row["method"] for row in rows("cochran_q")} == set(COCHRAN_METHODS)


@laws
@given(table=squares(least=1))
def test_square_tables_are_tested_as_by_statsmodels(table):
    theirs = SquareTable(table, shift_zeros=False)
    symmetry, homogeneity = theirs.symmetry(), theirs.homogeneity()
    assert bowker(table).statistic == pytest.approx(symmetry.statistic, rel=1e-9)
    assert bowker(table).p_value == pytest.approx(symmetry.pvalue, rel=1e-9)
    assert stuart_maxwell(table).statistic == pytest.approx(homogeneity.statistic, abs=1e-9)
    assert stuart_maxwell(table).p_value == pytest.approx(homogeneity.pvalue, rel=1e-9)


@laws
@given(
    answers=arrays.arrays(
        np.int64, st.tuples(st.integers(2, 40), st.integers(2, 5)), elements=st.integers(0, 1)
    )
)
def test_waves_are_tested_as_by_statsmodels(answers):
    found = cochran_q(answers)
    if found.n_changed:
        theirs = cochrans_q(answers)
        assert found.statistic == pytest.approx(theirs.statistic, abs=1e-9)
        assert found.p_value == pytest.approx(theirs.pvalue, rel=1e-9)


def test_pairs_and_groups_without_moves_have_no_degree_of_freedom():
    found = bowker(SUSCEPTIBILITY)
    assert (found.statistic, found.df) == (pytest.approx(26.25), 3)
    found = stuart_maxwell(SUSCEPTIBILITY)
    assert (found.statistic, found.df) == (pytest.approx(26.25), 3)
    # Answers 1 and 2 exchange people, so do 3 and 4, and 5 nobody: two tables of McNemar's.
    apart = np.diag([9.0, 4.0, 5.0, 6.0, 7.0])
    apart[0, 1], apart[1, 0], apart[2, 3], apart[3, 2] = 8, 2, 3, 9
    for test in SQUARE_TESTS.values():
        found = test(apart)
        assert (found.statistic, found.df) == (pytest.approx(36 / 10 + 36 / 12), 2)


@every_square_test
@laws
@given(table=squares())
def test_swapping_the_waves_changes_no_test(test, table):
    forward, backward = test(table), test(table.T)
    assert backward.statistic == pytest.approx(forward.statistic, abs=1e-9)
    assert (backward.df, backward.n_changed) == (forward.df, forward.n_changed)


@every_square_test
@laws
@given(table=squares(), seed=st.randoms(use_true_random=False))
def test_the_order_of_answers_changes_no_test(test, table, seed):
    order = list(range(len(table)))
    seed.shuffle(order)
    mixed = test(table[np.ix_(order, order)])
    assert mixed.statistic == pytest.approx(test(table).statistic, abs=1e-9)
    assert mixed.df == test(table).df


@every_square_test
@laws
@given(table=squares())
def test_who_stays_changes_no_test(test, table):
    more = test(table + np.diag(np.full(len(table), 10**9)))
    assert more.statistic == pytest.approx(test(table).statistic, rel=1e-12)
    assert more.p_value == pytest.approx(test(table).p_value, rel=1e-12)


@every_square_test
@laws
@given(cells=st.tuples(*[st.integers(0, 50)] * 4).filter(any))
def test_two_answers_are_mcnemar_s_test(test, cells):
    both, earlier, later, neither = cells
    found = test([[both, earlier], [later, neither]])
    wanted = mcnemar(earlier, later, method="asymptotic")
    assert found.p_value == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(
    ("method", "mcnemar_method"), [("asymptotic", "asymptotic"), ("exact", "exact")]
)
@laws
@given(cells=st.tuples(*[st.integers(0, 50)] * 4).filter(any))
def test_two_waves_are_mcnemar_s_test(method, mcnemar_method, cells):
    found = cochran_q([[1, 1], [1, 0], [0, 1], [0, 0]], cells, method=method)
    wanted = mcnemar(cells[1], cells[2], method=mcnemar_method)
    assert found.p_value == pytest.approx(wanted, rel=1e-9)


@every_cochran_method
@laws
@given(counts=st.lists(st.integers(0, 6), min_size=8, max_size=8).filter(any))
def test_counting_no_or_turning_the_waves_changes_no_test(method, counts):
    answers = np.array(PATTERNS)
    found = cochran_q(answers, counts, method=method)
    for other in (1 - answers, answers[:, ::-1]):
        turned = cochran_q(other, counts, method=method)
        assert turned.statistic == pytest.approx(found.statistic, abs=1e-9)
        assert turned.p_value == pytest.approx(found.p_value, rel=1e-9)


@every_cochran_method
def test_patterns_with_counts_are_people_one_by_one(method):
    counts = [2, 4, 0, 2, 0, 1, 0, 3]
    people = np.repeat(PATTERNS, counts, axis=0)
    assert cochran_q(PATTERNS, counts, method=method) == cochran_q(people, method=method)


@every_cochran_method
def test_nobody_who_changed_has_a_p_value_of_1(method):
    found = cochran_q([[1, 1, 1], [0, 0, 0]], method=method)
    assert (found.statistic, found.p_value, found.n, found.n_changed) == (0, 1, 2, 0)


@every_square_test
def test_a_table_of_stayers_has_a_p_value_of_1(test):
    found = test(np.diag([3, 0, 5]))
    assert (found.statistic, found.df, found.p_value) == (0, 0, 1)
    assert (found.n, found.n_changed) == (8, 0)


@laws
@given(table=squares())
def test_who_stayed_left_and_joined_add_up(table):
    found = turnover(table)
    assert np.array_equal(found.stayed + found.left, table.sum(axis=1))
    assert np.array_equal(found.stayed + found.joined, table.sum(axis=0))
    assert np.array_equal(found.net, found.joined - found.left)
    # Who leaves an answer on balance is who goes to the others on balance.
    assert np.array_equal(found.net_flows.sum(axis=1), -found.net)
    assert found.net.sum() == 0
    assert found.stayed_share == pytest.approx(np.trace(table) / table.sum())
    for shares, row in zip(found.row_shares, table, strict=True):
        if row.sum():
            assert shares.sum() == pytest.approx(1)
        else:
            assert shares is None


def test_an_answer_nobody_had_has_no_shares():
    found = turnover([[0, 0], [3, 1]])
    assert found.row_shares[0] is None
    assert found.row_shares[1].tolist() == [0.75, 0.25]
    assert found.net_flows.tolist() == [[0, -3], [3, 0]]


@pytest.mark.parametrize("function", [turnover, bowker, stuart_maxwell])
@pytest.mark.parametrize(
    ("table", "wanted"),
    [
        ([[1, 2, 3], [4, 5, 6]], r"a table of \(2, 3\); wanted as many rows as columns"),
        ([[1]], r"a table of \(1, 1\); wanted as many rows as columns, at least 2"),
        ([1, 2], r"a table of \(2,\); wanted"),
        ([[1, -2], [3, 4]], "a count is -2; wanted 0 people or more"),
        ([[1, float("nan")], [3, 4]], "a count is nan; wanted 0 people or more"),
        ([[0, 0], [0, 0]], "nobody is in the table; wanted at least one person"),
    ],
)
def test_what_is_no_square_of_counts_is_refused(function, table, wanted):
    with pytest.raises(MethodError, match=wanted):
        function(table)


@pytest.mark.parametrize(
    ("answers", "counts", "wanted"),
    [
        ([[1, 2], [0, 1]], None, "an answer is 2; wanted 1 for yes or 0 for no"),
        ([[1, float("nan")]], None, "an answer is nan; wanted 1 for yes or 0 for no"),
        ([[1], [0]], None, r"answers of \(2, 1\); wanted people by waves, at least 2 waves"),
        ([[1, 0]], [1, 2], r"counts of \(2,\); wanted one for each of 1 patterns"),
        ([[1, 0]], [-1], "a count is -1; wanted 0 people or more"),
        ([[1, 0]], [0], "nobody is in the table"),
        (np.zeros((0, 2)), None, "nobody is in the table"),
    ],
)
def test_what_is_no_answers_of_waves_is_refused(answers, counts, wanted):
    with pytest.raises(MethodError, match=wanted):
        cochran_q(answers, counts)


def test_an_exact_p_value_wants_few_whole_people():
    with pytest.raises(MethodError, match="exact needs whole counts; choose 'asymptotic'"):
        cochran_q([[1, 0, 0]], [1.5], method="exact")
    wanted = "exact is too long for 90 people who changed and 5 waves; choose 'asymptotic'"
    with pytest.raises(MethodError, match=wanted):
        cochran_q([[1, 0, 0, 1, 0]], [90], method="exact")
    with pytest.raises(MethodError, match=r"no Cochran method called 'exat'; .*'exact'"):
        cochran_q([[1, 0]], method="exat")
