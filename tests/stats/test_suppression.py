"""Hidden counts cannot be worked out: limits against every table there is, laws of hiding more."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, sparse

from surveylib.errors import MethodError
from surveylib.stats.suppression import Linked, bounds, suppress

NAN = float("nan")
small_tables = st.lists(
    st.lists(st.integers(0, 12), min_size=3, max_size=3), min_size=2, max_size=4
).map(np.array)


def crossed(rows, columns):
    """The equations of a table with totals: rows, columns and all."""
    places = np.arange((rows + 1) * (columns + 1)).reshape(rows + 1, columns + 1)
    lines = [*(places[r] for r in range(rows + 1)), *(places[:, c] for c in range(columns + 1))]
    equations = np.zeros((len(lines), places.size))
    for line, whole in zip(equations, lines, strict=True):
        line[whole[:-1]], line[whole[-1]] = 1, -1
    return equations


def with_totals(table):
    table = np.vstack([table, table.sum(axis=0)])
    return np.hstack([table, table.sum(axis=1, keepdims=True)]).astype(float)


def linked(table, **more):
    whole = with_totals(table)
    size = whole.size
    return Linked(
        **{
            "equations": sparse.csr_array(crossed(*table.shape)),
            "counts": whole.ravel(),
            "shows": sparse.csr_array(np.eye(size)),
            "fixed": np.zeros(size, bool),
            "guarded": np.ones(size, bool),
            "cost": 1 + whole.ravel() / max(whole.max(), 1),
            **more,
        }
    )


def test_two_hidden_parts_of_a_known_sum_may_be_all_or_nothing_of_the_rest():
    found = bounds([[1, 1, 1, -1]], [NAN, NAN, 13, 20])
    assert found.low.tolist() == [0, 0, 13, 20]
    assert found.high.tolist() == [7, 7, 13, 20]


def test_one_hidden_part_is_known():
    found = bounds([[1, 1, 1, -1]], [NAN, 4, 13, 20])
    assert (found.low[0], found.high[0], found.width[0]) == (3, 3, 0)


def test_a_part_of_an_unknown_sum_has_no_upper_limit():
    found = bounds([[1, 1, -1]], [NAN, 4, NAN])
    assert found.low.tolist() == [0, 4, 4]
    assert found.high.tolist() == [np.inf, 4, np.inf]


def test_a_count_in_no_equation_may_be_anything():
    assert bounds(np.zeros((0, 1)), [NAN]).high.tolist() == [np.inf]


def test_whole_numbers_are_narrower_than_fractions():
    # 2a + b = 1 has one solution in whole numbers from 0 up, a = 0 and b = 1.
    found = bounds([[2, 1, -1]], [NAN, NAN, 1])
    assert found.high.tolist() == [0, 1, 1]


def test_known_counts_that_contradict_each_other_are_named():
    with pytest.raises(MethodError, match="contradict each other: parts do not sum"):
        bounds([[1, 1, -1], [0, 0, 1]], [1, 2, 4])
    with pytest.raises(MethodError, match="contradict each other: no whole numbers"):
        bounds([[1, 1, -1]], [NAN, 9, 4])


@settings(max_examples=25, deadline=None)
@given(
    table=st.lists(st.integers(0, 3), min_size=4, max_size=4),
    hidden=st.lists(st.booleans(), min_size=9, max_size=9),
)
def test_limits_are_those_of_every_table_that_fits(table, hidden):
    whole = with_totals(np.array(table).reshape(2, 2)).ravel()
    known = np.where(hidden, NAN, whole)
    # Counts of a table whose totals are hidden as well have no limit, so the grand total is told.
    known[8] = whole[8]
    fitting = [
        candidate
        for cells in product(range(int(whole[8]) + 1), repeat=4)
        if sum(cells) == whole[8]
        for candidate in [with_totals(np.array(cells).reshape(2, 2)).ravel()]
        if np.array_equal(candidate[~np.isnan(known)], known[~np.isnan(known)])
    ]
    found = bounds(crossed(2, 2), known)
    assert found.low.tolist() == np.min(fitting, axis=0).tolist()
    assert found.high.tolist() == np.max(fitting, axis=0).tolist()


@settings(max_examples=40, deadline=None)
@given(table=small_tables)
def test_after_hiding_more_every_hidden_count_has_a_wide_range_or_is_named(table):
    given = linked(table)
    whole = with_totals(table).ravel()
    first = (whole > 0) & (whole < 5)
    found = suppress(given, first, 5)
    assert (found.units[first]).all()
    # A linear program written out here, without the library's.
    equations = crossed(*table.shape)
    for place in np.flatnonzero(found.units & ~found.narrow):
        ends = [extreme(equations, whole, found.units, place, sign) for sign in (1, -1)]
        assert ends[1] - ends[0] >= 5 - 1e-6


def extreme(equations, whole, hidden, place, sign):
    wanted = np.zeros(len(whole))
    wanted[place] = sign
    limits = [
        (0, None) if away else (value, value) for value, away in zip(whole, hidden, strict=True)
    ]
    found = optimize.linprog(wanted, A_eq=equations, b_eq=np.zeros(len(equations)), bounds=limits)
    return np.inf if found.status == 3 else sign * found.fun


@settings(max_examples=25, deadline=None)
@given(table=small_tables)
def test_hiding_is_the_same_each_time(table):
    first = (with_totals(table).ravel() > 0) & (with_totals(table).ravel() < 5)
    once, again = (suppress(linked(table), first, 5) for _ in range(2))
    assert once.units.tolist() == again.units.tolist()


@settings(max_examples=25, deadline=None)
@given(table=small_tables)
def test_where_nothing_is_small_nothing_is_hidden(table):
    found = suppress(linked(table), np.zeros(with_totals(table).size, bool), 5)
    assert not found.units.any()
    assert not found.narrow.any()


def test_the_smallest_of_the_rest_is_hidden_with_a_small_part():
    parts = Linked(
        equations=sparse.csr_array(np.array([[1.0, 1, 1, -1]])),
        counts=np.array([3.0, 30, 17, 50]),
        shows=sparse.csr_array(np.eye(3, 4)),
        fixed=np.array([False, False, False, True]),
        guarded=np.ones(4, bool),
        cost=np.array([1.0, 1.6, 1.3]),
    )
    assert suppress(parts, [True, False, False], 5).units.tolist() == [True, False, True]


def test_what_is_known_already_cannot_be_protected_and_is_no_help():
    parts = Linked(
        equations=sparse.csr_array(np.array([[1.0, 1, 1, -1]])),
        counts=np.array([3.0, 30, 17, 50]),
        shows=sparse.csr_array(np.eye(3, 4)),
        fixed=np.array([False, False, True, True]),
        guarded=np.ones(4, bool),
        cost=np.ones(3),
    )
    assert suppress(parts, [True, False, False], 5).units.tolist() == [True, True, False]


def test_a_count_that_stays_narrow_is_named():
    parts = Linked(
        equations=sparse.csr_array(np.array([[1.0, 1, -1]])),
        counts=np.array([1.0, 2, 3]),
        shows=sparse.csr_array(np.eye(2, 3)),
        fixed=np.array([False, False, True]),
        guarded=np.ones(3, bool),
        cost=np.ones(2),
    )
    found = suppress(parts, [True, False], 5)
    assert found.units.tolist() == [True, True]
    assert found.narrow.tolist() == [True, True, False]


def test_a_count_that_nothing_shows_is_protected_too():
    # Of 20, a group of 17 leaves 3: the group is hidden, although it is not small.
    parts = Linked(
        equations=sparse.csr_array(np.array([[1.0, 1, -1]])),
        counts=np.array([17.0, 3, 20]),
        shows=sparse.csr_array(np.array([[1.0, 0, 0], [0, 0, 1]])),
        fixed=np.zeros(3, bool),
        guarded=np.array([False, True, False]),
        cost=np.array([1.0, 4.0]),
    )
    assert suppress(parts, [False, False], 5).units.tolist() == [True, False]


def test_counts_that_do_not_fit_their_equations_are_refused():
    wrong = linked(np.full((2, 3), 7), counts=np.arange(12.0))
    with pytest.raises(MethodError, match="parts do not sum to all"):
        suppress(wrong, np.zeros(12, bool), 5)
