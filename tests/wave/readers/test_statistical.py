"""SPSS and Stata files. What is expected comes from pyreadstat or is what was written."""

import gzip
import struct
import sys

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MissingExtraError, ResponsesError
from surveylib.instrument.formats.spss import FORMAT
from surveylib.instrument.library import load_instrument
from surveylib.wave.readers import statistical_process
from surveylib.wave.readers.base import AnswerSet, ReadOptions
from surveylib.wave.readers.statistical import read_dta, read_sav
from surveylib.wave.readers.statistical_labels import reads_like_missing
from surveylib.wave.readers.statistical_texts import number, single

READERS = {".sav": read_sav, ".zsav": read_sav, ".dta": read_dta}
#: Where the header of an SPSS file holds the place of the weight and the number of rows.
WEIGHT_AT, ROWS_AT = 76, 80
#: What ends the dictionary of an SPSS file.
END = struct.pack("<ii", 999, 0)


@pytest.fixture
def file(tmp_path):
    """Writes a frame, changes its bytes, and gives the path."""

    def made(columns, name="made.sav", change=None, **options):
        path = tmp_path / name
        write = pyreadstat.write_dta if path.suffix == ".dta" else pyreadstat.write_sav
        write(pd.DataFrame(columns), path, **options)
        if change:
            path.write_bytes(change(path.read_bytes()))
        return path

    return made


def opened(path, **options):
    return READERS[path.suffix](path, ReadOptions(**options))


def column(sheet, name):
    return next(column for column in sheet.columns if column.heads == (name,))


def labels(sheet, name):
    """Labels of a column's values."""
    return dict(column(sheet, name).values)


def cells(sheet):
    """Every cell, by column."""
    found = {column.heads[0]: [] for column in sheet.columns}
    for batch in sheet.batches():
        for values, part in zip(found.values(), batch.columns, strict=True):
            values.extend(part)
    return found


def with_sets(text):
    """A change that declares sets of variables."""
    raw = text.encode()
    record = struct.pack("<iiii", 7, 7, 1, len(raw)) + raw
    return lambda data: data.replace(END, record + END, 1)


def with_number(at, value):
    """A change of one number in the header."""
    return lambda data: data[:at] + struct.pack("<i", value) + data[at + 4 :]


def codes(caught):
    return [fault.code for fault in caught.value.faults]


@pytest.mark.parametrize("name", ["made.sav", "made.zsav", "made.dta"])
def test_whole_numbers_have_no_decimal_point_and_others_are_as_short_as_can_be(file, name):
    compress = {"compress": True} if name == "made.zsav" else {}
    path = file({"size": [1.0, -99.0, 0.1, 1e-7, 2.0**52, np.nan]}, name, **compress)
    assert cells(opened(path)) == {"size": ["1", "-99", "0.1", "1e-07", "4503599627370496", ""]}


def test_a_number_of_32_bits_is_as_short_as_stata_shows_it(tmp_path):
    path = tmp_path / "made.dta"
    frame = pd.DataFrame({"size": np.array([0.1, 2, 1e-7], dtype=np.float32)})
    frame.to_stata(path, write_index=False)
    assert cells(opened(path)) == {"size": ["0.1", "2", "1e-07"]}


@given(st.floats())
def test_the_text_of_a_number_is_the_number(value):
    assert float(number(value)) == value or np.isnan(value)


@settings(max_examples=50)
@given(st.floats(width=32))
def test_the_text_of_a_number_of_32_bits_is_the_number(value):
    assert np.float32(single(value)) == np.float32(value) or np.isnan(value)


def test_what_the_file_says_of_a_column_is_kept(file):
    told = {"size": {1.0: "small", 7.5: "never seen"}, "place": {"n": "North"}}
    path = file(
        {"size": [1.0, 2.0], "place": ["n", "s"]},
        column_labels={"size": "How large?"},
        variable_value_labels=told,
    )
    sheet = opened(path)
    size, place = sheet.columns
    assert (size.heads, size.label, size.type) == (("size",), "How large?", "number")
    assert labels(sheet, "size") == {"1": "small", "7.5": "never seen"}
    assert (place.label, place.type) == ("", "text")
    assert labels(sheet, "place") == {"n": "North"}
    assert (sheet.format, sheet.encoding, sheet.warnings) == ("sav", "UTF-8", ())


def test_values_declared_missing_are_kept_and_named(file):
    path = file(
        {"size": [1.0, 8.0, np.nan], "place": ["n", "REF", ""]},
        missing_ranges={"size": [8, 9], "place": ["REF", "DK"]},
    )
    sheet = opened(path)
    assert cells(sheet) == {"size": ["1", "8", ""], "place": ["n", "REF", ""]}
    assert column(sheet, "size").missing == {"8", "9"}
    assert column(sheet, "place").missing == {"REF", "DK"}


def test_of_a_range_those_values_are_missing_that_occur_or_have_a_label(file):
    path = file(
        {"size": [1.0, -99.0, -91.5, -90.0], "free": [-99.0, 1.0, 2.0, 3.0]},
        missing_ranges={"size": [{"lo": -99, "hi": -91}, 8]},
        variable_value_labels={"size": {-92: "busy", 1: "small"}},
    )
    sheet = opened(path)
    assert column(sheet, "size").missing == {"-99", "-91.5", "-92", "8"}
    assert column(sheet, "free").missing == frozenset()


def test_only_the_spaces_that_fill_a_text_are_taken_away(file):
    path = file({"place": ["  far  north  ", "x" * 30, " "]})
    assert cells(opened(path))["place"] == ["  far  north", "x" * 30, ""]


@pytest.mark.parametrize("name", ["made.sav", "made.zsav", "made.dta"])
def test_long_texts_are_whole(file, name):
    texts = ["ä" * 1000, "", "b" * 256]
    options = {"compress": True} if name == "made.zsav" else {}
    assert cells(opened(file({"why": texts}, name, **options))) == {"why": texts}


def test_dates_are_those_that_pyreadstat_finds(file):
    moments = pd.to_datetime(["2019-01-10 08:30:00", "1776-07-04 00:00:00", None])
    path = file(
        {"when": moments, "day": [moments[0].date(), moments[1].date(), None]},
    )
    sheet = opened(path)
    frame, _ = pyreadstat.read_sav(path)
    assert cells(sheet)["when"] == [value.isoformat() for value in frame["when"][:2]] + [""]
    assert cells(sheet)["day"] == ["2019-01-10", "1776-07-04", ""]
    assert [column.type for column in sheet.columns] == ["date", "date"]


@pytest.mark.parametrize(
    ("display", "seconds", "text"),
    [
        ("MOYR8", 13765680000.0, "2019-01-01"),
        ("SDATE10", 13766488200.0, "2019-01-10T08:30:00"),
        ("SDATE10", 99.0, "99"),
        ("SDATE10", 1e15, "1000000000000000"),
        ("TIME8", 30600.0, "08:30:00"),
        ("WKDAY3", 2.0, "2"),
    ],
)
def test_seconds_are_shown_as_the_column_is(file, display, seconds, text):
    path = file({"when": [seconds]}, variable_format={"when": display})
    assert cells(opened(path))["when"] == [text]


def test_dates_of_stata_are_those_that_pandas_wrote(tmp_path):
    moments = pd.to_datetime(["2019-01-10 08:30:00", "1959-12-31 00:00:00"])
    frame = pd.DataFrame({"tc": moments, "td": moments, "tm": moments, "tq": [236, -1]})
    path = tmp_path / "made.dta"
    frame.to_stata(path, write_index=False, convert_dates={"tc": "tc", "td": "td", "tm": "tm"})
    assert cells(opened(path)) == {
        "tc": ["2019-01-10T08:30:00", "1959-12-31T00:00:00"],
        "td": ["2019-01-10", "1959-12-31"],
        "tm": ["2019-01", "1959-12"],
        "tq": ["236", "-1"],
    }


def test_periods_without_a_text_stay_numbers_and_are_named(file):
    path = file({"quarter": [236]}, "made.dta", variable_format={"quarter": "%tq"})
    sheet = opened(path)
    assert cells(sheet) == {"quarter": ["236"]}
    assert [(fault.code, fault.got) for fault in sheet.warnings] == [("DATE-FORMAT", "'%tq'")]


def test_the_missing_values_of_stata_keep_their_letters(file):
    path = file(
        {"size": [1, "a", None, "z"], "share": [0.5, None, "b", 2.0]},
        "made.dta",
        missing_user_values={"size": ["a", "c", "z"], "share": ["b"]},
        variable_value_labels={"size": {1: "small", "a": "busy", "c": "away"}},
    )
    sheet = opened(path)
    assert cells(sheet) == {"size": ["1", ".a", "", ".z"], "share": ["0.5", "", ".b", "2"]}
    assert column(sheet, "size").missing == {".a", ".c", ".z"}
    assert labels(sheet, "size") == {"1": "small", ".a": "busy", ".c": "away"}
    assert column(sheet, "share").missing == {".b"}


def test_a_text_of_one_letter_is_no_missing_value_of_stata(file):
    sheet = opened(file({"place": ["a", "b"]}, "made.dta"))
    assert cells(sheet) == {"place": ["a", "b"]}
    assert column(sheet, "place").missing == frozenset()


@pytest.mark.parametrize("version", [8, 10, 12, 13, 14, 15])
def test_every_layout_of_stata_is_read(file, version):
    path = file({"size": [1, 2], "place": ["n", "s"]}, "made.dta", version=version)
    assert cells(opened(path)) == {"size": ["1", "2"], "place": ["n", "s"]}


def test_sets_of_variables_keep_their_columns_and_what_counts(file):
    text = (
        "$where=D1 1 12 Which place? north south\n"
        "$how=D3 Yes 0  mode\n"
        "$first=C 5 Order north south\n"
        "$more=E 1 1 1 3 Why atalongname\n"
    )
    path = file(
        {"North": [1.0], "South": [0.0], "mode": ["Yes"], "atALongName": [1.0]},
        change=with_sets(text),
    )
    places = ("North", "South")
    assert dict(opened(path).sets) == {
        "where": AnswerSet(label="Which place?", kind="dichotomies", columns=places, counted="1"),
        "how": AnswerSet(label="", kind="dichotomies", columns=("mode",), counted="Yes"),
        "first": AnswerSet(label="Order", kind="categories", columns=places),
        "more": AnswerSet(label="Why", kind="dichotomies", columns=("atALongName",), counted="1"),
    }


def test_a_set_with_a_column_that_is_not_there_is_named(file):
    sheet = opened(file({"a": [1.0], "b": [1.0]}, change=with_sets("$s=D1 1 0  a b gone\n")))
    assert [(fault.code, fault.got) for fault in sheet.warnings] == [("SET-COLUMN", "'gone'")]


def test_a_declared_weight_is_named_and_weights_nothing_by_itself(file):
    # The text takes three elements of eight bytes, so that the weight is the fifth.
    path = file(
        {"size": [1.0], "place": ["x" * 20], "myWeight": [0.5]}, change=with_number(WEIGHT_AT, 5)
    )
    sheet = opened(path)
    (fault,) = sheet.warnings
    assert sheet.weight == "myWeight"
    assert fault.code == "WEIGHT-DECLARED"
    assert "'myWeight'" in fault.what
    assert "manifest" in fault.todo


def test_no_weight_is_said_of_a_file_without_one(file):
    sheet = opened(file({"size": [1.0]}))
    assert (sheet.weight, sheet.warnings) == ("", ())


def test_a_weight_that_is_not_there_is_said(file):
    sheet = opened(file({"size": [1.0]}, change=with_number(WEIGHT_AT, 7)))
    assert sheet.weight == ""
    assert "not there" in sheet.warnings[0].what


@pytest.mark.parametrize(
    "label",
    [
        *("Refused", "DON'T KNOW", "Don’t know", "No answer", "Not applicable", "N/A"),
        *("Prefer not to say", "Weiß nicht", "Keine Angabe", "k. A.", "Don't know/Refused"),
        *("99: Not applicable", "Other or don't know", "Refused (not read out)"),
    ],
)
def test_a_label_reads_like_a_way_of_not_answering(label):
    assert reads_like_missing(label)


@pytest.mark.parametrize(
    "label", ["Yes", "Refused entry", "Know a lot", "Does not apply to us", "Trifft nicht zu", "No"]
)
def test_a_label_reads_like_an_answer(label):
    assert not reads_like_missing(label)


def test_a_value_labelled_like_a_missing_one_has_to_be_declared(file):
    told = {1.0: "Yes", 8.0: "Don't know", 9.0: "Refused"}
    path = file(
        {"asked": [1.0, 9.0]},
        missing_ranges={"asked": [9]},
        variable_value_labels={"asked": told},
    )
    (fault,) = opened(path).warnings
    assert fault.code == "LABEL-LIKE-MISSING"
    assert all(part in fault.what for part in ("'asked'", "'8'", "'Don't know'"))


def test_the_empty_file_that_we_write_ourselves_is_read(tmp_path):
    made = load_instrument("instruments/organised_groups/1.0.yaml")
    path = tmp_path / "ours.sav"
    path.write_bytes(next(data for name, data in FORMAT.write(made).items() if name.endswith("av")))
    sheet = opened(path)
    _, expected = pyreadstat.read_sav(path)
    assert [column.heads[0] for column in sheet.columns] == expected.column_names
    assert list(sheet.batches()) == []
    # Every missing state that has a label is declared missing, so that nothing is left to ask.
    assert sheet.warnings == ()


def test_rows_come_in_batches_each_time_from_the_top(file, monkeypatch):
    monkeypatch.setattr(statistical_process, "BATCH_ROWS", 2)
    # Room for four numbers at once: the file is parsed in chunks of two batches.
    monkeypatch.setattr(statistical_process, "_CHUNK", 128)
    sheet = opened(file({"size": np.arange(7.0)}))
    for _ in range(2):
        found = list(sheet.batches())
        assert [list(batch.columns[0]) for batch in found] == [
            *(["0", "1"], ["2", "3"], ["4", "5"], ["6"])
        ]
        assert [list(batch.lines) for batch in found] == [[1, 2], [3, 4], [5, 6], [7]]
        assert [batch.records for batch in found] == [batch.lines for batch in found]


def test_a_reader_may_stop_in_the_middle(file, monkeypatch):
    monkeypatch.setattr(statistical_process, "BATCH_ROWS", 1)
    rows = opened(file({"size": [1.0, 2.0, 3.0]})).batches()
    assert list(next(rows).columns[0]) == ["1"]
    rows.close()


def test_rows_that_the_header_does_not_count_are_read(file):
    path = file({"size": [1.0, 2.0]}, change=with_number(ROWS_AT, -1))
    assert cells(opened(path)) == {"size": ["1", "2"]}


@pytest.mark.parametrize("options", [{}, {"row_compress": True}, {"compress": True}])
@pytest.mark.parametrize("name", ["made.sav", "made.dta"])
def test_a_file_that_ends_too_early_is_damaged(file, name, options):
    columns = {"size": np.arange(50) + 0.5}
    options = options if name == "made.sav" else {}
    path = file(columns, name, change=lambda data: data[:-9], **options)
    with pytest.raises(ResponsesError, match="FILE-DAMAGED") as caught:
        opened(path)
    assert codes(caught) == ["FILE-DAMAGED"]


@pytest.mark.parametrize("rows", [1, 3])
def test_a_header_that_counts_other_rows_than_there_are_is_damage(file, rows):
    path = file({"size": [1.0, 2.0]}, change=with_number(ROWS_AT, rows))
    with pytest.raises(ResponsesError, match="last row"):
        opened(path)


@pytest.mark.parametrize(
    ("name", "data", "match"),
    [
        ("made.sav", gzip.compress(b"$FL2", mtime=0), "compressed with gzip"),
        ("made.dta", b"$FL2" + bytes(200), "an SPSS file"),
        ("made.dta", b"r", "not a Stata file"),
        ("made.sav", b"size;place\n", r"begins with 'size'"),
    ],
)
def test_a_file_of_another_kind_is_named(tmp_path, name, data, match):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ResponsesError, match=match) as caught:
        opened(tmp_path / name)
    assert codes(caught) == ["FILE-KIND"]


def test_an_empty_file_is_said_to_be_empty(tmp_path):
    (tmp_path / "made.sav").touch()
    with pytest.raises(ResponsesError, match="FILE-EMPTY"):
        opened(tmp_path / "made.sav")


def test_a_file_that_is_too_large_is_not_opened(file, monkeypatch):
    monkeypatch.setattr("surveylib.wave.readers.statistical.MOST_BYTES", 100)
    with pytest.raises(ResponsesError, match="FILE-SIZE"):
        opened(file({"size": [1.0]}))


def test_too_many_columns_are_counted(file, monkeypatch):
    monkeypatch.setattr(statistical_process, "MOST_COLUMNS", 1)
    with pytest.raises(ResponsesError, match=r"2 columns; at most 1 .*FILE-COLUMNS"):
        opened(file({"a": [1.0], "b": [1.0]}))


def test_two_columns_of_one_name_are_damage(file):
    path = file(
        {"FIRST": [1.0], "OTHER": [2.0]},
        change=lambda data: data.replace(b"OTHER", b"FIRST"),
    )
    with pytest.raises(ResponsesError, match="two columns have one name"):
        opened(path)


def in_latin_1(data):
    """The same file with its texts in another encoding than it declares."""
    return data.replace("Köln".encode(), "Köln".encode("latin-1") + b" ")


def test_texts_in_another_encoding_than_declared_stop_and_the_option_reads_them(file):
    path = file({"place": ["Köln", "Rom"]}, change=in_latin_1)
    with pytest.raises(ResponsesError, match="such as encoding: cp1252") as caught:
        opened(path)
    assert codes(caught) == ["FILE-ENCODING"]
    sheet = opened(path, encoding="latin-1")
    assert cells(sheet) == {"place": ["Köln", "Rom"]}


@pytest.mark.parametrize(
    ("encoding", "match"),
    [
        ("ascii", r"'ascii' is not that of the texts"),
        ("klingon", "no encoding is called 'klingon'"),
    ],
)
def test_an_encoding_that_does_not_fit_is_named(file, encoding, match):
    with pytest.raises(ResponsesError, match=match) as caught:
        opened(file({"place": ["Köln"]}), encoding=encoding)
    assert codes(caught) == ["FILE-ENCODING"]


def message(kind, rows, payload, size=None):
    """Code that writes a message as the other process would."""
    size = len(payload) if size is None else size
    raw = struct.pack("<cIQ", kind, rows, size) + payload
    return f"import os; os.write(1, {raw!r})"


#: What the other process might do when a crafted file has taken it over.
TAKEN_OVER = {
    "it crashes": "import os; os.abort()",
    "it ends at once": "",
    "it never answers": "while True: pass",
    "it announces too much": message(b"D", 0, b"", 1 << 60),
    "it announces more than it says": message(b"D", 0, b"{", 9),
    "it says no JSON": message(b"D", 0, b"{"),
    "it says a list": message(b"D", 0, b"[]"),
    "it describes nothing": message(b"D", 0, b"{}") + "; " + message(b"E", 0, b""),
    "its JSON is deep": message(b"D", 0, b"[" * 100_000),
    "it speaks no UTF-8": message(b"D", 0, b"\xff"),
    "it sends rows too early": message(b"R", 1, b"1"),
    "it fails without a reason": message(b"F", 0, b"{}"),
    "it ends too early": message(b"E", 0, b""),
}


@pytest.mark.parametrize("code", TAKEN_OVER.values(), ids=TAKEN_OVER)
def test_a_parser_that_breaks_down_is_a_fault_of_the_file(file, monkeypatch, code):
    path = file({"size": [1.0]})
    monkeypatch.setattr(statistical_process, "_PROGRAM", code)
    if "while" in code:
        monkeypatch.setattr(statistical_process, "_SECONDS", 0)
    with pytest.raises(ResponsesError, match="could not be read") as caught:
        opened(path)
    assert codes(caught) == ["FILE-DAMAGED"]


@pytest.mark.parametrize(
    "code",
    [
        message(b"R", 2, b"1"),
        message(b"R", 1, b"1\x002"),
        message(b"R", 1_000_000, b"1"),
        message(b"R", 1, b"\xff"),
        message(b"E", 7, b""),
        message(b"D", 0, b"{}"),
    ],
)
def test_rows_that_are_not_as_announced_are_not_taken(file, monkeypatch, code):
    sheet = opened(file({"size": [1.0]}))
    monkeypatch.setattr(statistical_process, "_PROGRAM", code)
    with pytest.raises(ResponsesError, match="could not be read"):
        list(sheet.batches())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to the limit of memory")
def test_a_file_that_takes_too_much_memory_is_stopped(file, monkeypatch):
    monkeypatch.setattr(statistical_process, "_MEMORY", 1 << 20)
    monkeypatch.setattr(statistical_process, "_MEMORY_PER_BYTE", 0)
    with pytest.raises(ResponsesError, match="FILE-DAMAGED"):
        opened(file({"size": np.arange(200_000.0)}, "made.sav"))


def test_bytes_that_are_changed_give_rows_or_a_fault_and_nothing_else(file):
    raw = file({"size": [1.0, 2.0], "place": ["n", "s"]}).read_bytes()
    ends = set()
    for place in range(64, len(raw), len(raw) // 12):
        path = file({"a": [1.0]}, change=lambda _, at=place: raw[:at] + b"\xff" * 4 + raw[at + 4 :])
        try:
            cells(opened(path))
            ends.add("rows")
        except ResponsesError as error:
            ends.add(error.faults[0].code)
    assert ends <= {"rows", "FILE-DAMAGED", "FILE-ENCODING"}


def test_a_module_beside_the_data_is_not_imported(file, tmp_path, monkeypatch):
    (tmp_path / "numpy.py").write_text("raise SystemExit", "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert cells(opened(file({"size": [1.0]}))) == {"size": ["1"]}


def test_a_name_that_begins_with_a_tilde_is_a_name(file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = file({"size": [1.0]}, "~made.sav").relative_to(tmp_path)
    assert cells(opened(path)) == {"size": ["1"]}


def test_without_pyreadstat_it_is_said_what_to_install(file, monkeypatch):
    path = file({"size": [1.0]})
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(MissingExtraError, match=r"surveylib\[formats\]"):
        opened(path)
