"""Parquet files: what each type is as text, which file is opened, and what is wrong with a file."""

import hashlib
import math
import struct
import sys
from itertools import chain

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MissingExtraError, ResponsesError
from surveylib.wave.readers.base import BATCH_ROWS, ReadOptions
from surveylib.wave.readers.parquet import read


def write(path, query, options=""):
    """A Parquet file by DuckDB; its name may hold what DuckDB takes for a pattern."""
    plain = path.with_name("being-written")
    with duckdb.connect() as connection:
        connection.execute(f"COPY ({query}) TO '{plain}' (FORMAT parquet {options})")
    return plain.replace(path)


@pytest.fixture
def written(tmp_path):
    return lambda query, name="answers.parquet", options="": write(tmp_path / name, query, options)


def opened(path):
    return read(path, ReadOptions())


def cells(sheet):
    """All rows, column by column."""
    batches = list(sheet.batches())
    return [
        list(chain.from_iterable(batch.columns[column.position] for batch in batches))
        for column in sheet.columns
    ]


def codes(error):
    return [fault.code for fault in error.value.faults]


#: Values in SQL, and the text and the type of their cells.
VALUES = [
    ("7", "7", "number"),
    ("-7::TINYINT", "-7", "number"),
    ("18446744073709551615::UBIGINT", "18446744073709551615", "number"),
    ("1::DOUBLE", "1", "number"),
    ("2.5::DOUBLE", "2.5", "number"),
    ("'-0.0'::DOUBLE", "0", "number"),
    ("100::DOUBLE", "100", "number"),
    ("0.1::FLOAT", "0.1", "number"),
    ("16777215::FLOAT", "16777215", "number"),
    ("'inf'::DOUBLE", "inf", "number"),
    ("'-inf'::DOUBLE", "-inf", "number"),
    ("'nan'::DOUBLE", "", "number"),
    ("NULL::DOUBLE", "", "number"),
    ("NULL::INTEGER", "", "number"),
    ("1.50::DECIMAL(5, 2)", "1.50", "number"),
    (
        "12345678901234567890123456789012345678::DECIMAL(38, 0)",
        "1234567890" * 3 + "12345678",
        "number",
    ),
    ("true", "true", "boolean"),
    ("false", "false", "boolean"),
    ("NULL::BOOLEAN", "", "boolean"),
    ("DATE '2019-01-10'", "2019-01-10", "date"),
    ("TIMESTAMP '2019-01-10 08:30:00'", "2019-01-10T08:30:00", "date"),
    ("TIMESTAMP '2019-01-10 08:30:00.500'", "2019-01-10T08:30:00.5", "date"),
    ("TIMESTAMP_NS '2019-01-10 08:30:00.000000001'", "2019-01-10T08:30:00.000000001", "date"),
    ("TIMESTAMPTZ '2019-01-10 08:30:00+02'", "2019-01-10T06:30:00Z", "date"),
    ("NULL::TIMESTAMPTZ", "", "date"),
    ("TIME '08:30'", "08:30:00", "text"),
    ("'no'::ENUM('yes', 'no')", "no", "text"),
    ("UUID '00000000-0000-0000-0000-000000000001'", "00000000-0000-0000-0000-000000000001", "text"),
    ("'NA'", "NA", "text"),
    ("'None'", "None", "text"),
    ("'nan'", "nan", "text"),
    ("'NULL'", "NULL", "text"),
    ("' 007 '", " 007 ", "text"),
    ("'1.0'", "1.0", "text"),
    ("NULL::VARCHAR", "", "text"),
    ("NULL", "", "blank"),
]


def test_every_type_has_its_text(written):
    query = ", ".join(f"{sql} AS q{place}" for place, (sql, _, _) in enumerate(VALUES))
    sheet = opened(written(f"SELECT {query}"))
    assert [column.head for column in sheet.columns] == [f"q{n}" for n in range(len(VALUES))]
    assert cells(sheet) == [[text] for _, text, _ in VALUES]
    assert [column.type for column in sheet.columns] == [kind for _, _, kind in VALUES]


@settings(max_examples=20, deadline=None)
@given(numbers=st.lists(st.floats(width=64), min_size=1, max_size=100))
def test_a_float_is_the_same_number_again(tmp_path_factory, numbers):
    listed = ", ".join(f"'{number!r}'::DOUBLE" for number in numbers)
    path = tmp_path_factory.mktemp("floats") / "floats.parquet"
    query = f"SELECT unnest([{listed}]) AS number"
    [texts] = cells(opened(write(path, query)))
    assert [math.nan if text == "" else float(text) for text in texts] == [
        pytest.approx(number, rel=0, abs=0, nan_ok=True) for number in numbers
    ]
    assert not [text for text in texts if text.endswith(".0")]


def test_rows_come_in_the_order_of_the_file_each_time(written):
    query = "SELECT (i * 7919) % 60013 AS place FROM range(60013) AS each(i)"
    sheet = opened(written(query, options=", ROW_GROUP_SIZE 4096"))
    expected = [str(i * 7919 % 60013) for i in range(60013)]
    assert cells(sheet) == [expected]
    assert cells(sheet) == [expected]


def test_records_and_lines_count_rows_from_1(written):
    query = f"SELECT i FROM range({BATCH_ROWS + 5}) AS each(i)"  # noqa: S608 - a number alone
    sheet = opened(written(query))
    first, second = sheet.batches()
    assert list(first.records) == list(range(1, BATCH_ROWS + 1))
    assert list(second.records) == list(second.lines) == list(range(BATCH_ROWS + 1, BATCH_ROWS + 6))


def test_two_passes_at_once_do_not_disturb_each_other(written):
    sheet = opened(written("SELECT i FROM range(50000) AS each(i)"))
    pairs = list(zip(sheet.batches(), sheet.batches(), strict=True))
    assert all(one == other for one, other in pairs)
    assert sum(len(one.records) for one, _ in pairs) == 50000


def test_a_sheet_says_which_file_it_is(written):
    path = written("SELECT 1 AS a")
    sheet = opened(path)
    assert (sheet.file, sheet.format) == (str(path), "parquet")
    assert sheet.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_without_rows_is_a_sheet_without_rows(written):
    sheet = opened(written("SELECT 1 AS a, 'x' AS b WHERE false"))
    assert [column.head for column in sheet.columns] == ["a", "b"]
    assert cells(sheet) == [[], []]


def test_names_that_differ_only_in_capitals_stay_as_they_are(written):
    path = written('SELECT 1 AS "q1", 2 AS "q1 ", 3 AS "Q2", 4 AS "ä""\'"')
    assert [column.heads for column in opened(path).columns] == [
        ("q1",),
        ("q1 ",),
        ("Q2",),
        ("ä\"'",),
    ]


def test_columns_of_one_name_are_told_apart_by_their_place(written):
    path = written("SELECT 1 AS qqq1, 2 AS qqq2")
    path.write_bytes(path.read_bytes().replace(b"qqq2", b"qqq1"))
    sheet = opened(path)
    assert [column.head for column in sheet.columns] == ["qqq1", "qqq1"]
    assert cells(sheet) == [["1"], ["2"]]


@pytest.mark.parametrize(
    "name",
    [
        "*.parquet",
        "a?.parquet",
        "a[1].parquet",
        "it's.parquet",
        "[!a]*.parquet",
        "~.parquet",
        "{a}.p",
    ],
)
def test_a_name_that_looks_like_a_pattern_opens_that_file_alone(written, name):
    for other in ("a1.parquet", "ab.parquet", "b1.parquet", "its.parquet"):
        written("SELECT 2 AS a", other)
    assert cells(opened(written("SELECT 1 AS a", name))) == [["1"]]


def test_a_folder_named_like_a_column_adds_no_column(tmp_path):
    (tmp_path / "year=2019").mkdir()
    sheet = opened(write(tmp_path / "year=2019" / "answers.parquet", "SELECT 1 AS a"))
    assert [column.head for column in sheet.columns] == ["a"]


def test_all_columns_that_hold_no_cells_are_refused_at_once(written):
    path = written(
        "SELECT [1] AS many, {'x': [1]} AS parts, 1 AS good, MAP {'a': 1} AS pairs, "
        "'x'::BLOB AS raw, INTERVAL 1 DAY AS span"
    )
    with pytest.raises(ResponsesError, match="5 faults") as error:
        opened(path)
    assert codes(error) == ["COLUMN-TYPE"] * 5
    named = zip(error.value.faults, ["many", "parts", "pairs", "raw", "span"], strict=True)
    assert all(f"'{name}'" in fault.what for fault, name in named)


def test_nan_beside_nothing_is_blank_and_counted(written):
    sheet = opened(
        written("SELECT unnest([1e0, 'nan', NULL, 'nan']::DOUBLE[]) AS a, 1::DOUBLE AS b")
    )
    assert cells(sheet)[0] == ["1", "", "", ""]
    [warning] = sheet.warnings
    assert warning.code == "FLOAT-NAN"
    assert "'a'" in warning.what
    assert "2 times beside no value 1 times" in warning.what


def test_nan_alone_or_nothing_alone_is_no_warning(written):
    sheet = opened(written("SELECT 'nan'::DOUBLE AS a, NULL::DOUBLE AS b, 'inf'::DOUBLE AS c"))
    assert sheet.warnings == ()


@pytest.mark.parametrize(
    ("number", "warned"),
    [
        # A double has 53 bits, a float 24.
        ("9007199254740991::DOUBLE", []),
        ("9007199254740993::DOUBLE", ["FLOAT-ID"]),
        ("(-9007199254740993)::DOUBLE", ["FLOAT-ID"]),
        ("16777215::FLOAT", []),
        ("16777217::FLOAT", ["FLOAT-ID"]),
        ("9007199254740993::BIGINT", []),
    ],
)
def test_a_float_too_large_to_be_an_exact_id_is_warned_of(written, number, warned):
    sheet = opened(written(f"SELECT {number} AS id"))
    assert [fault.code for fault in sheet.warnings] == warned


def test_a_cut_file_says_that_it_is_cut(written):
    path = written("SELECT i FROM range(100) AS each(i)")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ResponsesError, match="the file is cut off") as error:
        opened(path)
    assert codes(error) == ["PARQUET-SYNTAX"]


def test_another_file_under_this_name_is_not_parquet(tmp_path):
    path = tmp_path / "answers.parquet"
    path.write_text("place,size\n1,2\n", "utf-8")
    with pytest.raises(ResponsesError, match="does not begin as a Parquet file does") as error:
        opened(path)
    assert codes(error) == ["PARQUET-SYNTAX"]
    assert error.value.faults[0].got == "'plac'"


def test_a_file_of_eight_bytes_is_cut_off(tmp_path):
    path = tmp_path / "answers.parquet"
    path.write_bytes(b"PAR1PAR1")
    with pytest.raises(ResponsesError, match="cut off"):
        opened(path)


@pytest.mark.parametrize("length", [5, 10**9])
def test_a_last_part_of_a_wrong_length_is_damage(written, length):
    path = written("SELECT i FROM range(100) AS each(i)")
    path.write_bytes(path.read_bytes()[:-8] + struct.pack("<I", length) + b"PAR1")
    with pytest.raises(ResponsesError, match="the file is damaged") as error:
        opened(path)
    assert "SELECT" not in str(error.value)
    assert "LINE" not in str(error.value)


def test_a_file_that_counts_more_rows_than_it_has_is_damage(written):
    path = written("SELECT i FROM range(1000) AS each(i)")
    raw = path.read_bytes()
    last_part = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
    # Thrift writes 1000 as the number 2000, and 1001 as 2002, seven bits to a byte.
    place = raw.index(b"\xd0\x0f", last_part)
    path.write_bytes(raw[:place] + b"\xd2\x0f" + raw[place + 2 :])
    with pytest.raises(ResponsesError, match="says that it has 1001 rows and holds 1000"):
        list(opened(path).batches())


def test_damaged_rows_are_a_fault_when_they_are_read(written):
    path = written("SELECT i, 'x' || i AS b FROM range(1000) AS each(i)")
    raw = path.read_bytes()
    path.write_bytes(raw[:4] + b"\xff" * 30 + raw[34:])
    sheet = opened(path)
    with pytest.raises(ResponsesError, match="the file is damaged"):
        list(sheet.batches())


def test_a_text_that_is_not_utf_8_is_a_fault(written):
    path = written("SELECT 'place é' AS a", options=", COMPRESSION uncompressed")
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xff\xfe"))
    sheet = opened(path)
    with pytest.raises(ResponsesError, match="a text in the file is not UTF-8") as error:
        list(sheet.batches())
    assert codes(error) == ["FILE-ENCODING"]


def test_an_encrypted_file_says_so(tmp_path):
    path = tmp_path / "answers.parquet"
    with duckdb.connect() as connection:
        connection.execute("SET force_mbedtls_unsafe = 'true'")
        connection.execute("PRAGMA add_parquet_key('key', '0123456789112345')")
        connection.execute(
            f"COPY (SELECT 1 AS a) TO '{path}' "
            "(FORMAT parquet, ENCRYPTION_CONFIG {footer_key: 'key'})"
        )
    with pytest.raises(ResponsesError, match="the file is encrypted") as error:
        opened(path)
    assert codes(error) == ["FILE-ENCRYPTED"]


def test_without_duckdb_it_says_what_to_install(written, monkeypatch):
    path = written("SELECT 1 AS a")
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingExtraError, match="reading a Parquet file needs an optional part"):
        opened(path)
