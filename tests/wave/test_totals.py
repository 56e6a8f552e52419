"""The collapse against counting by hand, and laws of adding sums up."""

import datetime as dt
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.wave import totals as module
from surveylib.wave.totals import Totals, collapse, ordered, summed

rows = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from([0.0, 0.5, 1.0, 2.5])),
    max_size=50,
)
VALUES = {"one": ("a", "b", "c", "d"), "two": (1, 2, None)}


def table(cells, *, weighed=True):
    places = np.array([cell[:2] for cell in cells], np.int64).reshape(-1, 2)
    weights = np.array([cell[2] for cell in cells], np.float64)
    keys = {"one": places[:, 0], "two": places[:, 1]}
    return collapse(keys, VALUES, weights if weighed else None)


def lines(found):
    """Values of keys → sums, each line once."""
    keys = [
        tuple(found.values[name][place[line]] for name, place in found.keys.items())
        for line in range(len(found))
    ]
    assert len(set(keys)) == len(keys)
    return {
        key: tuple(float(column[line]) for column in found.sums.values())
        for line, key in enumerate(keys)
    }


def counted(cells, *names):
    """The same by a loop."""
    found = {}
    for one, two, weight in cells:
        values = {"one": VALUES["one"][one], "two": VALUES["two"][two]}
        key = tuple(values[name] for name in names)
        n, total, square = found.get(key, (0, 0, 0))
        found[key] = (n + (weight > 0), total + weight, square + weight**2)
    return found


@given(cells=rows)
def test_every_combination_that_occurs_is_a_line_with_its_sums(cells):
    assert lines(table(cells)) == counted(cells, "one", "two")


@given(cells=rows)
def test_without_weights_every_row_weighs_1(cells):
    found = table(cells, weighed=False)
    assert lines(found) == counted([(*cell[:2], 1.0) for cell in cells], "one", "two")
    assert found.sums["n"].dtype.kind == "i"


@given(cells=rows)
def test_many_combinations_are_sorted_instead_of_kept_in_one_array_and_give_the_same(cells):
    dense = lines(table(cells))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_DENSE", 0)
        # Sorting begins above four cells for each row.
        assert lines(table(cells)) == dense
        assert lines(table(cells).by(["one"])) == counted(cells, "one")


@pytest.mark.parametrize("dense", [0, 20_000_000])
def test_keys_with_more_values_than_there_is_room_for_are_counted_all_the_same(monkeypatch, dense):
    monkeypatch.setattr(module, "_DENSE", dense)
    keys = {"a": np.array([0, 2_999, 0]), "b": np.array([5, 2_998, 5])}
    found = collapse(keys, {"a": range(3_000), "b": range(3_000)}, np.array([1.0, 2.0, 4.0]))
    assert lines(found) == {(0, 5): (2, 5, 17), (2_999, 2_998): (1, 2, 4)}


@given(cells=rows, cut=st.integers(0, 50))
def test_parts_add_up_to_the_whole_in_either_order(cells, cut):
    one, other = table(cells[:cut]), table(cells[cut:])
    assert lines(one.merged(other)) == lines(other.merged(one)) == lines(table(cells))


@given(cells=rows)
def test_adding_up_over_a_key_is_counting_without_it(cells):
    found = table(cells)
    assert lines(found.by(["two"])) == counted(cells, "two")
    assert lines(found.by(["two", "one"])) == counted(cells, "two", "one")
    if cells:
        assert lines(found.by([])) == counted(cells)


@settings(max_examples=30)
@given(cells=rows, place=st.integers(0, 3))
def test_some_lines_are_the_rows_that_hold_a_value(cells, place):
    found = table(cells)
    kept = found.where(found.keys["one"] == place)
    assert lines(kept) == counted([cell for cell in cells if cell[0] == place], "one", "two")
    assert kept.values == found.values


def test_tables_whose_values_differ_have_the_values_of_both_in_order():
    one = collapse({"k": np.array([0, 1])}, {"k": ("b", None)})
    other = collapse({"k": np.array([0, 1, 2])}, {"k": (2, "a", "b")}, np.array([1.0, 1.0, 3.0]))
    both = one.merged(other)
    assert both.values["k"] == (2, "a", "b", None)
    assert lines(both) == {
        (2,): (1, 1, 1), ("a",): (1, 1, 1), ("b",): (2, 4, 10), (None,): (1, 1, 1),
    }  # fmt: skip


def test_a_sum_that_one_table_lacks_is_0_there():
    one = Totals(keys={"k": np.array([0])}, values={"k": ("a",)}, sums={"n": np.array([2])})
    other = Totals(
        keys={"k": np.array([0, 1])},
        values={"k": ("a", "b")},
        sums={"n": np.array([1, 1]), "x": np.array([0.5, 0.25])},
    )
    both = one.merged(other)
    assert lines(both) == {("a",): (3, 0.5), ("b",): (1, 0.25)}
    assert both.sums["n"].dtype.kind == "i"


def test_sums_keep_their_kind_and_large_counts_stay_whole():
    n = np.array([2**40, 1], np.int64)
    found = summed({"k": np.array([0, 0])}, {"k": ("a",)}, {"n": n})
    assert found.sums["n"].tolist() == [2**40 + 1]
    assert found.sums["n"].dtype == np.int64


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({3, 1, 2}, (1, 2, 3)),
        ({"b", "a", None, 2, 1.5}, (1.5, 2, "a", "b", None)),
        ({True, False}, (False, True)),
        ({None}, (None,)),
        (set(), ()),
        ({dt.date(2021, 1, 1), dt.date(2020, 1, 1)}, (dt.date(2020, 1, 1), dt.date(2021, 1, 1))),
        ({dt.date(2020, 1, 1), 5, "a"}, (dt.date(2020, 1, 1), 5, "a")),
    ],
)
def test_values_have_one_order_whatever_they_are(values, wanted):
    assert ordered(values) == wanted


def test_the_order_of_values_does_not_depend_on_where_they_come_from():
    kinds = [dt.date(2020, 1, 1), 5, "a", 2.5, None, "b"]
    for turn in range(len(kinds)):
        turned = [*kinds[turn:], *kinds[:turn]]
        assert ordered(set(turned)) == ordered(set(kinds))


def test_no_rows_are_no_lines():
    found = table([])
    assert len(found) == 0
    assert lines(found.merged(found)) == {}
    assert len(found.by(["one"])) == 0


def test_lines_stand_in_the_order_of_their_keys():
    cells = [(one, two, 1.0) for one, two in product((3, 1, 0), (2, 0, 1))]
    assert list(lines(table(cells))) == sorted(
        lines(table(cells)),
        key=lambda key: (VALUES["one"].index(key[0]), VALUES["two"].index(key[1])),
    )


def test_sums_side_by_side_are_added_up_like_others():
    random = np.random.default_rng(2)
    places = {"one": random.integers(0, 4, 30), "two": random.integers(0, 3, 30)}
    each = random.integers(0, 9, (30, 5)).astype(float)
    found = summed(places, VALUES, {"n": np.ones(30), "each": each})
    for line in range(len(found)):
        here = np.logical_and.reduce([places[name] == found.keys[name][line] for name in places])
        np.testing.assert_array_equal(found.sums["each"][line], each[here].sum(axis=0))
    whole = summed({}, {}, {"each": each})
    np.testing.assert_array_equal(whole.sums["each"], each.sum(axis=0, keepdims=True))
    twice = found.merged(found)
    np.testing.assert_array_equal(twice.sums["each"], 2 * found.sums["each"])
    bare = Totals(keys=found.keys, values=found.values, sums={"n": found.sums["n"]})
    np.testing.assert_array_equal(bare.merged(found).sums["each"], found.sums["each"])
