"""A wave as files: what leaves and what stays, nothing that runs, every text as it was."""

import csv
import io
import re
import sys
import zipfile

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape
from python_calamine import CalamineWorkbook

from surveylib.errors import MethodError, MissingExtraError, OutputError, UnknownNameError
from surveylib.present.responses import FORMATS, export_responses
from surveylib.present.responses_columns import leaving
from surveylib.present.responses_texts import in_workbook, restored, safe
from surveylib.wave.fields import nothing, row_fields
from surveylib.wave.redaction import Redactions
from surveylib.wave.responses import InMemory, Wave
from surveylib.wave.states import STATE
from tests.wave.test_redaction import PLACES, QUESTIONS, instrument, question, texts, wave

few = settings(max_examples=50, deadline=None)
HEAD = "respondent,question,status,text\n"
QUOTES = {"quote": texts("first", "second", None)}
IDS = {":respondent": texts("a", "b", "c")}

#: OWASP, "CSV Injection": what a spreadsheet takes for the start of a formula.
STARTS = tuple("=+-@\t\r＝＋－＠")
ATTACKS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    " =1+1",
    "\n=1+1",
    "\u200b=1+1",
    "'=1+1",
    "''=1+1",
    '"=1+1"',
    'a",=1+1',
    'a";=1+1;"b',
    "a;=1+1;b",
    'a;"=1+1',
    "a;'\"=1+1",
    "a\t@SUM(1)",
    "a\n-1+1",
    "a\r\n+1+1",
    "a;-3",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://example.org","x")',
]
PLAIN = ["-3", "+4.5", "-1,000", "1-10", "'tis", "it's", "a, b", "x=1", "_x0041_", "x005F_", "é😀"]
nasty = (
    st.sampled_from(ATTACKS + PLAIN)
    | st.text("=+-@＝＠\t\r\n;,'\" aé1\u200b\xa0", min_size=1, max_size=8)
    | st.text("_x0123456789aAfF\x00\x01\x1f\r \t", min_size=1, max_size=16)
    | st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\ufffe\uffff"),
        min_size=1,
        max_size=8,
    )
)
many = st.lists(nasty, min_size=1, max_size=12)


def made(name, one, labels=None):
    """The files of a format, as bytes by name, and what is lost."""
    return FORMATS[name](leaving(one, Redactions(), labels=labels, ids=False))


def remarks(*values):
    return wave({"remark": texts(*values)}, n=len(values))


def lines(raw, **dialect):
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), **dialect))


def column(raw, name):
    head, *rows = lines(raw)
    return [row[head.index(name)] for row in rows]


def of_columns(files, name):
    """What the dictionary says of each column."""
    raw = files["columns.csv"]
    return dict(zip(column(raw, "column"), column(raw, name), strict=True))


def book(raw):
    return openpyxl.load_workbook(io.BytesIO(raw))


def cells(raw, name, sheet="Answers"):
    head, *rows = list(book(raw)[sheet].iter_rows())
    place = [cell.value for cell in head].index(name)
    return [row[place] for row in rows]


def rows_of(raw, sheet):
    return list(book(raw)[sheet].values)


def exported(tmp_path, one, **options):
    written = export_responses(one, tmp_path / "out", **options)
    return {path.name: path.read_bytes() for path in written.files}, written.lost


def told(lost, name):
    return [entry.what for entry in lost if entry.question == name]


# Nothing runs, and every text can be had back.


def runs(cell):
    """Whether a spreadsheet may take a cell for a formula; a number is none."""
    return cell.startswith(STARTS) and not re.fullmatch(r"[+-]?\d+([.,]\d+)*", cell, re.ASCII)


@few
@given(many)
def test_no_cell_of_a_csv_file_runs_and_each_text_can_be_restored(values):
    found = column(made("csv", remarks(*values))[0]["responses.csv"], "remark")
    assert not any(runs(cell) or runs(cell.strip()) for cell in found)
    assert [restored(cell) for cell in found] == values


@few
@given(many, st.sampled_from([";", "\t"]))
def test_no_cell_runs_where_a_spreadsheet_expects_another_delimiter(values, delimiter):
    raw = made("csv", remarks(*values))[0]["responses.csv"]
    for line in raw.decode("utf-8-sig").splitlines():
        for cell in next(csv.reader([line], delimiter=delimiter), []):
            assert not runs(cell.replace('"', "").strip())


@few
@given(nasty)
def test_what_is_written_twice_is_restored_twice(text):
    assert restored(restored(safe(safe(text)))) == text


#: Attacks on readers that know no quotes; in quotes they are texts, whatever the delimiter.
QUOTED = {'"=1+1"', 'a",=1+1'}


@pytest.mark.parametrize("text", ATTACKS)
def test_an_attack_gets_an_apostrophe_unless_quotes_alone_disarm_it(text):
    assert (safe(text) == text) == (text in QUOTED)


@pytest.mark.parametrize("text", PLAIN)
def test_a_harmless_text_stays_as_it_is_in_a_csv_file(text):
    assert safe(text) == text


@few
@given(many)
def test_no_cell_of_a_workbook_is_a_formula_and_each_text_can_be_restored(values):
    raw = made("xlsx", remarks(*values))[0]["responses.xlsx"]
    every = [cell for sheet in book(raw) for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in every}
    assert [unescape(cell.value) for cell in cells(raw, "remark")] == values
    head, *rows = (
        CalamineWorkbook.from_filelike(io.BytesIO(raw)).get_sheet_by_name("Answers").to_python()
    )
    assert [row[head.index("remark")] for row in rows] == values
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())


def test_a_text_that_would_run_keeps_the_sign_that_it_was_typed_as_text():
    raw = made("xlsx", remarks("=1+1", "'=1+1", "plain"))[0]["responses.xlsx"]
    assert [cell.quotePrefix for cell in cells(raw, "remark")] == [True, True, False]


def test_the_dictionary_counts_the_apostrophes():
    files, _ = made("csv", remarks("=1+1", "@a", "plain"))
    assert (
        of_columns(files, "note")["remark"]
        == "cells in which an apostrophe was put in front of a formula: 2"
    )
    assert "apostrophes" in column(files["about.csv"], "about")


def test_control_characters_are_escaped_in_a_workbook_and_counted():
    files, lost = made("xlsx", remarks("a\x00b", "c\x1f", "line\r\nbreak"))
    assert [cell.value for cell in cells(files["responses.xlsx"], "remark")] == [
        "a_x0000_b",
        "c_x001F_",
        "line_x000D_\nbreak",
    ]
    assert told(lost, "remark") == [
        "control characters, written as in _x0001_ in the workbook: in 2 cells"
    ]


@pytest.mark.parametrize("text", ["\ufffe", "a\uffff", "_xFFFE_", "_xFFFE\ufffe"])
def test_what_is_no_character_can_be_restored_from_a_workbook(text):
    raw = made("xlsx", remarks(text))[0]["responses.xlsx"]
    assert unescape(cells(raw, "remark")[0].value) == text


def test_a_half_character_is_escaped_in_both_formats_and_counted():
    one = remarks("a\ud83d", "b")
    files, lost = made("csv", one)
    assert column(files["responses.csv"], "remark") == ["a\\ud83d", "b"]
    assert "in 1 cells" in told(lost, "remark")[0]
    files, lost = made("xlsx", one)
    assert unescape(cells(files["responses.xlsx"], "remark")[0].value) == "a\ud83d"
    assert "in 1 cells" in told(lost, "remark")[0]


def test_an_escape_that_a_respondent_wrote_is_none():
    assert in_workbook("_x0041_") == "_x005F_x0041_"
    assert in_workbook("_x004_") == "_x004_"


# Columns and cells.


def test_columns_are_those_of_the_wave_with_redactions_beside_their_texts():
    one = wave({})
    (head, *_) = lines(made("csv", one)[0]["responses.csv"])
    names = [name for name in head if not name.endswith(":redaction")]
    assert names == [field.name for field in one.fields]
    for name in ("quote", "size", "place/other:text", "named:text"):
        assert head[head.index(name) + 1] == f"{name}:redaction"
    assert "remark:redaction" not in head


ANSWERS = {
    "place": np.array([0, 1, -1], np.int16),
    "shops/town": np.array([1, 0, -1], np.int8),
    "age": np.array([3.0, -0.5, np.nan]),
    "size:low": np.array([5.0, 1e300, np.nan]),
    "size:high": np.array([np.inf, 1e300, np.nan]),
    "since": texts("2019", "2020", None),
    "place:state": np.array([0, 0, STATE["refused"]], np.int8),
}
SHOWN = {
    "place": ["town", "other", None],
    "shops/town": [1, 0, None],
    "age": [3, -0.5, None],
    "size:low": [5, 1e300, None],
    "size:high": ["inf", 1e300, None],
    "since": ["2019", "2020", None],
    "place:state": ["answered", "answered", "refused"],
    ":record": [11, 12, 13],
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_workbook_holds_numbers_as_numbers_and_texts_as_texts(name):
    raw = made("xlsx", wave(ANSWERS))[0]["responses.xlsx"]
    found = cells(raw, name)
    assert [cell.value for cell in found] == SHOWN[name]
    wanted = ["s" if isinstance(value, str) else "n" for value in SHOWN[name]]
    assert [cell.data_type for cell in found] == wanted


@pytest.mark.parametrize("name", SHOWN)
def test_a_csv_file_holds_all_digits_and_nothing_for_no_answer(name):
    raw = made("csv", wave(ANSWERS))[0]["responses.csv"]
    shown = ["" if value is None else str(value) for value in SHOWN[name]]
    assert column(raw, name) == shown


def test_a_wave_of_more_rows_than_are_turned_at_once_is_whole():
    raw = made("csv", wave({":record": np.arange(25_000)}, n=25_000))[0]["responses.csv"]
    assert column(raw, ":record") == [str(number) for number in range(25_000)]


def test_a_wave_without_respondents_has_a_header():
    files, _ = made("csv", wave({}, n=0))
    assert len(lines(files["responses.csv"])) == 1
    assert len(rows_of(made("xlsx", wave({}, n=0))[0]["responses.xlsx"], "Answers")) == 1


# Texts and ids that stay behind.


def test_restricted_texts_stay_behind_unless_they_were_let_go(tmp_path):
    path = tmp_path / "redactions.csv"
    path.write_text(HEAD + "a,quote,none,\nb,quote,redacted,[…]\n", "utf-8")
    one = wave({**IDS, "quote": texts("first", "second", "third"), "size": texts("9", None, None)})
    files, lost = exported(tmp_path, one, redactions=path, formats=["csv", "xlsx"])
    assert column(files["responses.csv"], "quote") == ["first", "[…]", ""]
    statuses = ["none", "redacted", "withheld"]
    assert column(files["responses.csv"], "quote:redaction") == statuses
    assert [cell.value for cell in cells(files["responses.xlsx"], "quote:redaction")] == statuses
    assert column(files["responses.csv"], "size:redaction") == ["withheld", "", ""]
    assert told(lost, "quote") == ["of 3 texts, 1 withheld, 1 redacted, 1 as they stand"]
    assert told(lost, "size") == ["of 1 text, 1 withheld, 0 redacted, 0 as they stand"]


@pytest.mark.parametrize("name", FORMATS)
def test_no_byte_of_a_withheld_text_is_in_any_file(name):
    private = "Ada-Example-17"
    restricted = ["quote", "size", "place/other:text", "named:text", "shops/other:text"]
    one = wave({name: texts(private, None, None) for name in [*restricted, ":respondent"]})
    for raw in made(name, one)[0].values():
        unpacked = [raw]
        if raw.startswith(b"PK"):
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                unpacked = [archive.read(member) for member in archive.namelist()]
        assert not any(private.encode() in part for part in unpacked)


def test_ids_leave_only_when_asked_for(tmp_path):
    files, lost = exported(tmp_path, wave(IDS))
    assert column(files["responses.csv"], ":respondent") == ["1", "2", "3"]
    assert "a running number stands in their place" in told(lost, ":respondent")[0]
    files, lost = exported(tmp_path, wave(IDS), ids=True)
    assert column(files["responses.csv"], ":respondent") == ["a", "b", "c"]
    assert not told(lost, ":respondent")


def test_columns_that_the_wave_keeps_leave_as_they_stand():
    one = wave({"keep:note": texts("NA", " x ", None)})
    assert column(made("csv", one)[0]["responses.csv"], "keep:note") == ["NA", " x ", ""]


def test_addresses_in_texts_that_leave_are_counted_and_not_shown(tmp_path):
    path = tmp_path / "redactions.csv"
    path.write_text(HEAD + "a,quote,none,\n", "utf-8")
    ids = {":respondent": texts("a", "b", "b@example.org")}
    one = wave(
        {
            **ids,
            "quote": texts("to a@example.org", "to c@example.org", None),
            "remark": texts("at 192.0.2.1", "none", "x@example.org"),
        }
    )
    _, lost = exported(tmp_path, one, redactions=path)
    assert any("1 text that leaves holds an address" in what for what in told(lost, "quote"))
    assert any("2 texts that leave hold an address" in what for what in told(lost, "remark"))
    assert not any("@" in str(entry) or "192" in str(entry) for entry in lost)
    _, lost = exported(tmp_path, one, ids=True)
    assert any("1 text that leaves holds an address" in what for what in told(lost, ":respondent"))


# Labels, and what goes with the answers.


def bilingual(version="1", options=None, **more):
    options = options or [
        {"code": "y", "label": {"en": "Yes", "sv": "Ja"}},
        {"code": "n", "label": {"en": "No"}},
    ]
    asked = question("open", "single", option_list="complete", options=options, **more)
    asked["text"] = {"en": "Open?", "sv": "Öppet?"}
    return instrument(version, [asked], ("en", "sv"))


OPEN = {"open": np.array([0, 1, -1], np.int16)}


def test_labels_stand_in_place_of_codes_and_a_missing_translation_is_told(tmp_path):
    one = wave(OPEN, (bilingual(),))
    files, lost = exported(tmp_path, one, labels="sv", formats=["csv", "xlsx"])
    assert column(files["responses.csv"], "open") == ["Ja", "No", ""]
    assert told(lost, "open") == ["no label in 'sv', so that in another language stands: n"]
    assert rows_of(files["responses.xlsx"], "Questions")[1][:2] == ("open", "Öppet?")
    assert rows_of(files["responses.xlsx"], "Codes")[1][:3] == ("open", "y", "Ja")
    files, lost = exported(tmp_path, one)
    assert column(files["responses.csv"], "open") == ["y", "n", ""]
    assert not told(lost, "open")


def test_an_answer_of_an_older_version_has_the_label_it_had_and_no_answer_takes_that_of_another(
    tmp_path,
):
    options = [{"code": "new", "label": {"en": "Yes"}}]
    retired = [{"code": "y", "label": {"en": "Yes"}, "until": "1"}]
    one = wave(
        {"open": np.array([0, 1, 2], np.int16)},
        (bilingual("2", options, retired=retired), bilingual()),
    )
    files, lost = exported(tmp_path, one, labels="en")
    assert column(files["responses.csv"], "open") == ["Yes [new]", "Yes [y]", "n"]
    assert told(lost, "open") == [
        "no label in any version at hand, so the code stands: n",
        "a label of several answers, so the code is added: new, y",
    ]


def test_a_language_that_the_questionnaire_has_not_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="no language called 'de' in demo 1"):
        export_responses(wave(OPEN, (bilingual(),)), tmp_path, labels="de")


def test_a_workbook_explains_itself():
    one = wave({**ANSWERS, ":respondent": IDS[":respondent"]})
    raw = made("xlsx", one)[0]["responses.xlsx"]
    assert book(raw).sheetnames == ["Answers", "Columns", "Questions", "Codes", "About"]
    questions = rows_of(raw, "Questions")
    assert [row[0] for row in questions[1:]] == [one["id"] for one in QUESTIONS]
    assert questions[1][1:4] == ("place?", "one answer out of a list", "all")
    codes = rows_of(raw, "Codes")
    assert ("place", "town", "Town", "answer", None) in codes
    refused = next(row for row in codes if row[:2] == ("place", "refused"))
    assert refused[3:] == ("missing state", "Said that they do not want to answer.")
    about = dict(rows_of(raw, "About"))
    assert (about["wave"], about["questionnaire"], about["version"]) == ("2026", "demo", "1")
    assert about["respondents"] == 3
    assert about["simulated"].startswith("not stated")
    assert about["sha256"].startswith("none")


def test_the_dictionary_has_a_line_for_each_column_and_the_meaning_of_each_code():
    files, _ = made("csv", wave(ANSWERS))
    head, *_ = lines(files["responses.csv"])
    assert column(files["columns.csv"], "column") == head
    values = of_columns(files, "values")
    assert values["place"] == "town = Town\nother = Other"
    assert values["shops/town"] == "town = Town"
    assert values["place:state"] == "refused = Said that they do not want to answer."


# Formats, limits, and files.


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_wave_gives_the_same_bytes(name):
    one = wave({**ANSWERS, **QUOTES})
    assert made(name, one) == made(name, one)


def test_a_workbook_holds_no_time_of_day():
    raw = made("xlsx", wave({}))[0]["responses.xlsx"]
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2000, 1, 1, 0, 0, 0)}
    assert book(raw).properties.created.isoformat() == "2000-01-01T00:00:00"
    assert book(raw).properties.modified.isoformat() == "2000-01-01T00:00:00"


# "Excel specifications and limits": 32,767 characters; 1,048,576 rows by 16,384 columns.


@pytest.mark.parametrize("text", ["x" * 32_767, "😀" * 16_383])
def test_a_text_as_long_as_a_cell_is_written_whole(text):
    raw = made("xlsx", remarks(text))[0]["responses.xlsx"]
    assert cells(raw, "remark")[0].value == text


@pytest.mark.parametrize("text", ["x" * 32_768, "😀" * 16_384, "\x01" * 4_682])
def test_a_text_longer_than_a_cell_is_refused_with_the_way_out(text, tmp_path):
    one = remarks("short", text)
    match = r"respondent 2 in column 'remark' .* write it as CSV"
    with pytest.raises(OutputError, match=match):
        export_responses(one, tmp_path, formats=["csv", "xlsx"])
    assert not list(tmp_path.iterdir())
    files, _ = exported(tmp_path, one)
    assert column(files["responses.csv"], "remark")[1] == text


def without_answers(n, keep=()):
    """A wave of many rows or columns and nothing in them."""
    one = wave({})
    fields = row_fields(["1"], keep, timed=False)
    columns = {field.name: nothing(field, n) for field in fields}
    return Wave(
        name="2026",
        instrument=one.instrument,
        asked=(),
        fields=tuple(fields),
        rows=n,
        source=InMemory(columns),
    )


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (without_answers(1_048_576), "has 1,048,577 with its header"),
        (without_answers(1, [f"k{number}" for number in range(16_382)]), "and 16,385; write it"),
    ],
    ids=["rows", "columns"],
)
def test_a_wave_larger_than_a_sheet_is_refused_with_the_way_out(one, told, tmp_path):
    with pytest.raises(OutputError, match="a sheet holds 1,048,576 rows and 16,384 co") as caught:
        export_responses(one, tmp_path, formats=["xlsx"])
    assert told in str(caught.value)


@pytest.mark.parametrize("formats", ["csv", [], ()])
def test_formats_are_a_list_that_names_one_or_more(formats, tmp_path):
    with pytest.raises(MethodError, match=r"wanted a list, such as \['csv', 'xlsx'\]"):
        export_responses(wave({}), tmp_path, formats=formats)


def test_a_format_that_is_not_there_is_named_with_those_that_are(tmp_path):
    with pytest.raises(MethodError, match="no export method called 'xls'; did you mean 'xlsx'"):
        export_responses(wave({}), tmp_path, formats=["xls"])


def test_without_openpyxl_csv_is_written_and_a_workbook_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"surveylib\[formats\]"):
        export_responses(wave({}), tmp_path, formats=["xlsx"])
    assert len(export_responses(wave({}), tmp_path).files) == 3


def test_a_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "out").write_text("kept")
    with pytest.raises(OutputError, match="cannot be written"):
        export_responses(wave({}), tmp_path / "out")
    assert (tmp_path / "out").read_text() == "kept"


def test_options_with_a_text_are_what_the_dictionary_says_of_their_text():
    files, _ = made("csv", wave({}))
    values = of_columns(files, "values")
    written = [option for option in PLACES if option.get("write_in")]
    assert values[f"place/{written[0]['code']}:text"] == "other = Other"
