"""Data frames: what each type of value is as text, what is refused, what is warned of."""

import datetime as dt
import sys
import uuid
from decimal import Decimal
from itertools import chain

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from surveylib.errors import MethodError, MissingExtraError, ResponsesError
from surveylib.wave.readers.base import BATCH_ROWS
from surveylib.wave.readers.frames import from_frame


def cells(sheet):
    """All rows, column by column."""
    batches = list(sheet.batches())
    return [
        list(chain.from_iterable(batch.columns[column.position] for batch in batches))
        for column in sheet.columns
    ]


def codes(error):
    return [fault.code for fault in error.value.faults]


def moments(*texts, unit="ns"):
    return pd.Series(np.array(texts, f"datetime64[{unit}]"))


#: Columns of pandas, the text and the type of their cells.
COLUMNS = {
    "integers": (pd.Series([7, -7]), ["7", "-7"], "number"),
    "integers with gaps": (
        pd.Series([2**62 + 1, None], dtype="Int64"),
        [str(2**62 + 1), ""],
        "number",
    ),
    "unsigned": (pd.Series([2**64 - 1], dtype="uint64"), [str(2**64 - 1)], "number"),
    "floats": (pd.Series([1.0, 2.5, np.nan, -0.0]), ["1", "2.5", "", "0"], "number"),
    "infinite": (pd.Series([np.inf, -np.inf]), ["inf", "-inf"], "number"),
    "floats with gaps": (pd.Series([1.5, None], dtype="Float64"), ["1.5", ""], "number"),
    "short floats": (pd.Series([0.1, 16777215], dtype="float32"), ["0.1", "16777215"], "number"),
    "decimals": (
        pd.Series([Decimal("1.50"), Decimal("1E+3"), None, Decimal("NaN")]),
        ["1.50", "1000", "", ""],
        "number",
    ),
    "booleans": (pd.Series([True, False]), ["true", "false"], "boolean"),
    "booleans with gaps": (pd.Series([True, None], dtype="boolean"), ["true", ""], "boolean"),
    "booleans as objects": (
        pd.Series([True, None, False], dtype=object),
        ["true", "", "false"],
        "boolean",
    ),
    "texts": (
        pd.Series(["NA", "None", "nan", " 007 ", "1.0", None]),
        ["NA", "None", "nan", " 007 ", "1.0", ""],
        "text",
    ),
    "texts as objects": (
        pd.Series(["NA", None, np.nan, "null"], dtype=object),
        ["NA", "", "", "null"],
        "text",
    ),
    "categories": (pd.Series(["no", None, "yes"], dtype="category"), ["no", "", "yes"], "text"),
    "numbered categories": (pd.Series([3, None, 1], dtype="category"), ["3", "", "1"], "number"),
    "dates": (pd.Series([dt.date(2019, 1, 10), None]), ["2019-01-10", ""], "date"),
    "moments": (
        moments("2019-01-10T00:00", "2019-01-10T08:30:00.5", "NaT"),
        ["2019-01-10T00:00:00", "2019-01-10T08:30:00.5", ""],
        "date",
    ),
    "seconds": (moments("2019-01-10T08:30:00", unit="s"), ["2019-01-10T08:30:00"], "date"),
    "nanoseconds": (
        moments("2019-01-10T08:30:00.000000001"),
        ["2019-01-10T08:30:00.000000001"],
        "date",
    ),
    "moments of a zone": (
        moments("2019-01-10T08:30", "NaT").dt.tz_localize("Europe/Paris"),
        ["2019-01-10T07:30:00Z", ""],
        "date",
    ),
    "moments as objects": (
        pd.Series(
            [dt.datetime(2019, 1, 10, 8, tzinfo=dt.timezone(dt.timedelta(hours=2))), pd.NaT],
            dtype=object,
        ),
        ["2019-01-10T06:00:00Z", ""],
        "date",
    ),
    "numbers as objects": (
        pd.Series([1, 2.0, np.int64(3), np.float32(0.1), None], dtype=object),
        ["1", "2", "3", "0.1", ""],
        "number",
    ),
    "numbers and empty texts": (pd.Series([1, "", None], dtype=object), ["1", "", ""], "number"),
    "nothing": (pd.Series([None, np.nan, pd.NA, pd.NaT], dtype=object), ["", "", "", ""], "blank"),
}


@pytest.mark.parametrize(("column", "texts", "kind"), COLUMNS.values(), ids=COLUMNS)
def test_every_type_has_its_text(column, texts, kind):
    sheet = from_frame(pd.DataFrame({"q1": column}))
    assert cells(sheet) == [texts]
    assert [column.type for column in sheet.columns] == [kind]


def test_a_column_of_several_types_is_mixed_and_names_the_rarer_cells():
    column = pd.Series(["3-5", dt.date(2019, 5, 3), None, "6-9", 7, True], dtype=object)
    sheet = from_frame(pd.DataFrame({"size": column}))
    assert sheet.columns[0].type == "mixed"
    [batch] = sheet.batches()
    assert batch.columns == [["3-5", "2019-05-03", "", "6-9", "7", "true"]]
    assert batch.typed == {0: {1: "date", 4: "number", 5: "boolean"}}


def test_a_value_of_another_type_far_down_is_seen():
    column = pd.Series([*["a"] * (BATCH_ROWS + 1), 7], dtype=object)
    sheet = from_frame(pd.DataFrame({"q1": column}))
    assert sheet.columns[0].type == "mixed"
    first, second = sheet.batches()
    assert first.typed == {0: {}}
    assert second.typed == {0: {1: "number"}}


def test_rows_come_in_batches_each_time_from_the_top():
    frame = pd.DataFrame({"q1": range(BATCH_ROWS + 5)})
    sheet = from_frame(frame)
    for _ in range(2):
        first, second = sheet.batches()
        assert list(first.records) == list(range(1, BATCH_ROWS + 1))
        assert (
            list(second.records)
            == list(second.lines)
            == list(range(BATCH_ROWS + 1, BATCH_ROWS + 6))
        )
    assert cells(sheet) == [[str(number) for number in range(BATCH_ROWS + 5)]]


def test_a_sheet_has_the_name_that_was_given_and_no_hash():
    sheet = from_frame(pd.DataFrame({"q1": [1]}), name="the second wave")
    assert (sheet.file, sheet.format, sheet.sha256) == ("the second wave", "frame", "")


def test_a_frame_that_narwhals_holds_is_the_frame_inside():
    assert cells(from_frame(nw.from_native(pd.DataFrame({"q1": [1]})))) == [["1"]]


@pytest.mark.parametrize("frame", [[1], {"q1": [1]}, None, "q1", pd.Series([1]), np.array([[1]])])
def test_what_is_no_frame_is_named(frame):
    with pytest.raises(MethodError, match=rf"got '.*{type(frame).__name__}'; wanted a data frame"):
        from_frame(frame)


def test_columns_of_one_name_are_told_apart_by_their_place():
    sheet = from_frame(pd.DataFrame([[1, "x"], [2, "y"]], columns=["q1", "q1"]))
    assert [column.heads for column in sheet.columns] == [("q1",), ("q1",)]
    assert [column.type for column in sheet.columns] == ["number", "text"]
    assert cells(sheet) == [["1", "2"], ["x", "y"]]


def test_names_in_two_rows_are_two_heads():
    columns = pd.MultiIndex.from_tuples([("place", "north"), ("place", 2)])
    sheet = from_frame(pd.DataFrame([[1, 2]], columns=columns))
    assert [column.heads for column in sheet.columns] == [("place", "north"), ("place", "2")]


def test_names_that_are_no_texts_become_texts():
    columns = [1, 2.0, dt.date(2019, 1, 10), None]
    sheet = from_frame(pd.DataFrame([[1, 2, 3, 4]], columns=pd.Index(columns, dtype=object)))
    assert [column.heads for column in sheet.columns] == [("1",), ("2",), ("2019-01-10",), ("",)]


@pytest.mark.parametrize(
    ("frame", "warned"),
    [
        (pd.DataFrame({"q1": [1, 2, 3]}), []),
        (pd.DataFrame({"q1": [1, 2, 3]})[1:], ["FRAME-INDEX"]),
        (pd.DataFrame({"q1": [1, 2, 3]}, index=["a", "b", "c"]), ["FRAME-INDEX"]),
        (pd.DataFrame({"q1": [1, 2, 3]}).iloc[[2, 0]], ["FRAME-INDEX"]),
        (pd.DataFrame({"q1": [1]}, index=pd.RangeIndex(1, name="respondent")), ["FRAME-INDEX"]),
    ],
)
def test_an_index_that_may_hold_data_is_warned_of(frame, warned):
    assert [fault.code for fault in from_frame(frame).warnings] == warned


class Unpickled:
    """Something a frame must not hold."""


#: Columns of pandas that hold no cells.
REFUSED = {
    "lists": [["a"], None],
    "objects": [Unpickled(), "a"],
    "bytes": [b"a", None],
    "sets": [{1}, "a"],
    "identifiers": [uuid.UUID(int=1), None],
    "complex": [1j, 2j],
    "spans": pd.to_timedelta(["1 day", None]),
    "periods": pd.period_range("2019", periods=2),
    "intervals": pd.interval_range(0, 2),
}


def test_all_columns_that_hold_no_cells_are_refused_at_once():
    with pytest.raises(ResponsesError, match=f"{len(REFUSED)} faults") as error:
        from_frame(pd.DataFrame({"good": ["a", "b"], **REFUSED}))
    assert codes(error) == ["COLUMN-TYPE"] * len(REFUSED)
    named = zip(error.value.faults, REFUSED, strict=True)
    assert all(f"'{name}'" in fault.what for fault, name in named)


def test_a_value_that_is_no_cell_is_found_in_the_last_row():
    column = pd.Series([*["a"] * (BATCH_ROWS + 150), b"a"], dtype=object)
    with pytest.raises(ResponsesError, match="values of type bytes"):
        from_frame(pd.DataFrame({"q1": column}))


def test_a_float_too_large_to_be_an_exact_id_is_warned_of():
    # A double has 53 bits, a short float 24.
    frame = pd.DataFrame(
        {
            "exact": [2.0**53 - 1, np.nan],
            "lossy": [1.0, -(2.0**53)],
            "short": pd.Series([2**24 - 1, 1], dtype="float32"),
            "shorter": pd.Series([2**24, 1], dtype="float32"),
            "whole": [2**62, 1],
        }
    )
    warnings = from_frame(frame).warnings
    assert [fault.code for fault in warnings] == ["FLOAT-ID", "FLOAT-ID"]
    assert ["'lossy'" in warnings[0].what, "'shorter'" in warnings[1].what] == [True, True]


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame(index=[1, 2])])
def test_a_frame_without_columns_is_refused(frame):
    with pytest.raises(ResponsesError, match="there are no columns") as error:
        from_frame(frame)
    assert codes(error) == ["HEADER-MISSING"]


def test_a_frame_without_rows_is_a_sheet_without_rows():
    sheet = from_frame(pd.DataFrame({"q1": [1], "q2": ["a"]})[:0])
    assert [column.head for column in sheet.columns] == ["q1", "q2"]
    assert cells(sheet) == [[], []]


@pytest.fixture
def relation():
    with duckdb.connect() as connection:
        yield connection.sql


def test_a_relation_is_read_as_a_parquet_file_is(relation):
    sheet = from_frame(
        relation(
            "SELECT 7 AS a, 1::DOUBLE AS b, NULL AS c, 'NA' AS d, true AS e, 1.50 AS f, "
            "DATE '2019-01-10' AS g, TIMESTAMPTZ '2019-01-10 08:30:00+02' AS h, "
            "'no'::ENUM('yes', 'no') AS i"
        )
    )
    texts = ["7", "1", "", "NA", "true", "1.50", "2019-01-10", "2019-01-10T06:30:00Z", "no"]
    assert cells(sheet) == [[text] for text in texts]
    types = ["number", "number", "blank", "text", "boolean", "number", "date", "date", "text"]
    assert [column.type for column in sheet.columns] == types
    assert (sheet.file, sheet.format, sheet.sha256) == ("data frame", "frame", "")


def test_a_relation_is_read_each_time_from_the_top(relation):
    rows = BATCH_ROWS + 5
    query = f"SELECT i FROM range({rows}) AS each(i) ORDER BY i DESC"  # noqa: S608 - a number alone
    sheet = from_frame(relation(query))
    expected = [str(i) for i in reversed(range(rows))]
    assert cells(sheet) == [expected]
    first, second = sheet.batches()
    assert list(first.lines) == list(range(1, BATCH_ROWS + 1))
    assert list(second.records) == list(range(BATCH_ROWS + 1, BATCH_ROWS + 6))
    assert [*first.columns[0], *second.columns[0]] == expected


def test_columns_of_a_relation_may_share_a_name(relation):
    sheet = from_frame(relation("SELECT 1 AS q1, 'x' AS q1, 2 AS Q1"))
    assert [column.head for column in sheet.columns] == ["q1", "q1", "Q1"]
    assert cells(sheet) == [["1"], ["x"], ["2"]]


def test_a_relation_of_what_is_no_cell_is_refused(relation):
    with pytest.raises(ResponsesError, match="2 faults") as error:
        from_frame(relation("SELECT [1] AS many, 1 AS good, 'x'::BLOB AS raw"))
    assert codes(error) == ["COLUMN-TYPE", "COLUMN-TYPE"]


def test_nan_beside_nothing_is_blank_and_counted(relation):
    sheet = from_frame(relation("SELECT unnest([1, 'nan', NULL, 1e18]::DOUBLE[]) AS q1"))
    assert cells(sheet) == [["1", "", "", "1e+18"]]
    assert [fault.code for fault in sheet.warnings] == ["FLOAT-NAN", "FLOAT-ID"]


def test_a_relation_that_fails_says_so_in_one_line(relation):
    sheet = from_frame(
        relation("SELECT CAST(word AS INTEGER) AS q1 FROM (VALUES ('a')) AS t(word)")
    )
    with pytest.raises(ResponsesError, match="the data frame cannot give its rows") as error:
        list(sheet.batches())
    assert codes(error) == ["FRAME-ROWS"]
    assert "\n" not in error.value.faults[0].got


def test_without_narwhals_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "narwhals", None)
    with pytest.raises(MissingExtraError, match="reading a data frame needs an optional part"):
        from_frame(pd.DataFrame({"q1": [1]}))
