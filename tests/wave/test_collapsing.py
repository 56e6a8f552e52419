"""Sums that a frame's own library makes, against sums by a loop."""

import math

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from surveylib.wave.collapsing import (
    Rows,
    collapse_at_most,
    collapse_frame,
    combinations,
    side_by_side,
    sum_of,
)

FRAME = pd.DataFrame(
    {
        "g": ["u", "v", None, "u", "v", "u"],
        "h": [1, 2, 1, 1, 2, 2],
        "q": ["a", "b", "a", None, "b", "a"],
        "x": [1.0, math.nan, 3.0, math.inf, 5.0, 6.0],
        "y": [2.0, 2.0, 4.0, 1.0, math.nan, 3.0],
        "w": [1.0, 2.0, 0.5, 0.0, 3.0, 1.5],
    }
)
LIBRARIES = pytest.mark.parametrize("library", ["pandas", "duckdb"])


def table(library, frame=FRAME):
    if library == "pandas":
        return nw.from_native(frame)
    return nw.from_native(duckdb.connect().from_df(frame))


def lines(found, name):
    """Values of keys → one of the sums."""
    known = found.values  # noqa: PD011 - of a table of sums
    return {
        tuple(known[key][place[line]] for key, place in found.keys.items()): float(
            found.sums[name][line]
        )
        for line in range(len(found))
    }


@LIBRARIES
def test_rows_are_counted_for_each_combination_and_a_missing_value_is_one(library):
    found = collapse_frame(table(library), ["g", "h"], {})
    assert dict(found.values) == {"g": ("u", "v", None), "h": (1, 2)}
    assert lines(found, "rows") == {("u", 1): 2, ("u", 2): 1, ("v", 2): 2, (None, 1): 1}
    assert combinations(table(library), ["g", "h"]) == 4
    assert list(lines(found, "rows")) == [("u", 1), ("u", 2), ("v", 2), (None, 1)]


@LIBRARIES
def test_without_keys_everything_is_one_line(library):
    rows = Rows(table=table(library), weights="w")
    found = collapse_frame(rows.table, [], rows.weighed(rows.anybody()))
    assert {name: column.tolist() for name, column in found.sums.items()} == {
        "weight": [8.0], "n": [6], "square": [1 + 4 + 0.25 + 9 + 2.25], "rows": [6],
    }  # fmt: skip


@LIBRARIES
def test_rows_of_weight_0_count_where_nothing_is_said_of_zeros_and_not_where_it_is(library):
    for zeros, n in ((False, 6), (True, 5)):
        rows = Rows(table=table(library), weights="w", zeros=zeros)
        found = collapse_frame(rows.table, [], rows.weighed(rows.anybody()))
        assert found.sums["n"].tolist() == [n]
        assert found.sums["rows"].tolist() == [6]


@LIBRARIES
def test_values_stand_side_by_side_and_a_missing_one_is_counted_where_it_is_asked_for(library):
    rows = Rows(table=table(library), weights="w")
    summed = side_by_side(rows, {"q": ["a", "b", None], "h": [1, 2]})
    found = collapse_frame(rows.table, ["g"], summed)
    assert lines(found, sum_of("q", "a", "n")) == {("u",): 2, ("v",): 0, (None,): 1}
    assert lines(found, sum_of("q", "b", "weight")) == {("u",): 0, ("v",): 5, (None,): 0}
    assert lines(found, sum_of("q", None, "n")) == {("u",): 1, ("v",): 0, (None,): 0}
    assert lines(found, sum_of("h", 2, "square")) == {("u",): 2.25, ("v",): 13, (None,): 0}


@LIBRARIES
def test_rows_outside_a_group_stay_as_units_and_add_nothing(library):
    rows = Rows(table=table(library), weights="w", inside=nw.col("h") == 1)
    found = collapse_frame(rows.table, ["g"], side_by_side(rows, {"q": ["a", "b"]}))
    assert lines(found, sum_of("q", "a", "n")) == {("u",): 1, ("v",): 0, (None,): 1}
    assert lines(found, sum_of("q", "b", "n")) == {("u",): 0, ("v",): 0, (None,): 0}
    assert lines(found, "rows") == {("u",): 3, ("v",): 2, (None,): 1}


@LIBRARIES
@pytest.mark.parametrize("bottom", [None, "y"])
def test_numbers_are_summed_with_their_products_where_both_are_finite(library, bottom):
    rows = Rows(table=table(library), weights="w")
    found = collapse_frame(rows.table, ["h"], rows.multiplied("x", bottom))
    known = FRAME[np.isfinite(FRAME["x"])]
    if bottom:
        known = known[np.isfinite(known["y"])]
    x = known["y"] if bottom else 1.0
    made = {
        "n": 1.0, "weight": known["w"], "square": known["w"] ** 2,
        "y": known["w"] * known["x"], "x": known["w"] * x,
        "weight:yy": known["w"] * known["x"] ** 2, "weight:yx": known["w"] * known["x"] * x,
        "weight:xx": known["w"] * x * x,
        "square:yy": (known["w"] * known["x"]) ** 2, "square:yx": known["w"] ** 2 * known["x"] * x,
        "square:xx": known["w"] ** 2 * x * x,
    }  # fmt: skip
    for name, column in made.items():
        wanted = (known["w"] * 0 + column).groupby(known["h"]).sum()
        assert lines(found, name) == pytest.approx({(key,): v for key, v in wanted.items()}), name


@LIBRARIES
def test_without_squares_there_are_none(library):
    rows = Rows(table=table(library), weights="w", squares=False)
    assert set(rows.weighed(rows.anybody())) == {"n", "weight"}
    assert not [name for name in rows.multiplied("x", "y") if name.startswith("square")]


@LIBRARIES
def test_no_more_lines_are_taken_out_than_wanted(library):
    assert collapse_at_most(3, table(library), ["g", "h"], {}) is None
    assert len(collapse_at_most(4, table(library), ["g", "h"], {})) == 4


@LIBRARIES
def test_no_rows_are_no_lines(library):
    rows = Rows(table=table(library, FRAME.iloc[:0]), weights="w")
    found = collapse_frame(rows.table, ["h"], rows.weighed(rows.anybody()))
    assert len(found) == 0
    assert combinations(rows.table, ["h"]) == 0


@LIBRARIES
def test_columns_that_are_called_like_sums_are_read_before_they_are_made(library):
    names = {"g": "surveylib_key_0", "q": "surveylib_key_1", "w": "surveylib_0", "h": "n"}
    frame = FRAME.rename(columns=names)
    rows = Rows(table=table(library, frame), weights="surveylib_0")
    summed = side_by_side(rows, {"surveylib_key_1": ["a", "b"], "surveylib_key_0": ["u", "v"]})
    found = collapse_frame(rows.table, ["n"], summed)
    assert lines(found, sum_of("surveylib_key_1", "a", "weight")) == {(1,): 1.5, (2,): 1.5}
    assert lines(found, sum_of("surveylib_key_0", "u", "n")) == {(1,): 2, (2,): 1}


def test_names_of_sums_tell_a_number_from_its_text():
    assert sum_of("q", 1, "n") != sum_of("q", "1", "n")
    assert sum_of("q", None, "n") != sum_of("q", "None", "n")
    assert sum_of("a:1", "x", "n") != sum_of("a", "1:'x'", "n")
