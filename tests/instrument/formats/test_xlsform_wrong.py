"""Workbooks that are no XLSForm, or not safe to open, and texts that fit into no cell."""

import builtins
import io
import zipfile

import pytest

from surveylib.errors import InstrumentError, MissingExtraError, OutputError, UnknownNameError
from surveylib.instrument.formats.xlsform import FORMAT, cells
from tests.instrument.formats.xlsform_forms import base, instrument, read, workbook, written

LIST = "list_name | name | label\nl | x | X"


@pytest.mark.parametrize(
    ("sheets", "code", "line", "words"),
    [
        ({"Questions": "a"}, "XLSFORM-SHEET", None, "no sheet 'survey'"),
        ({"survey": "name | label\na | A"}, "XLSFORM-COLUMN", 1, "no column 'type'"),
        ({"survey": "type | type\ntext | a"}, "XLSFORM-COLUMN", 1, "'type' stands twice"),
        ({"survey": "type | name\ntext | a\ntext | a"}, "XLSFORM-NAME", 3, "'a' stands twice"),
        ({"survey": "type | name\ntext |"}, "XLSFORM-NAME", 2, "'text' has no name"),
        ({"survey": "type | name\n| a"}, "XLSFORM-TYPE", 2, "a question has no type"),
        (
            {"survey": "type | name\nselect_one yn | a", "choices": LIST},
            *("XLSFORM-LIST", 2, "takes its choices from 'yn', no list here"),
        ),
        (
            {"survey": "type | name\nselect_one l | a", "choices": LIST + "\nl | x | Y"},
            *("XLSFORM-CHOICE", 3, "choice 'x' stands twice in list 'l'"),
        ),
        (
            {"survey": "type | name\nselect_one l | a", "choices": LIST + "\nl | | Y"},
            *("XLSFORM-CHOICE", 3, "a choice of list 'l' has no name"),
        ),
        ({"survey": "type | name\nbegin group | g"}, "XLSFORM-GROUP", 2, "'g' has no end"),
        ({"survey": "type | name\ntext | a\nend group |"}, "XLSFORM-GROUP", 3, "not begun"),
        (
            {"survey": "type | name\nbegin repeat | r\nend group |"},
            *("XLSFORM-GROUP", 3, "'end group' ends what was not begun"),
        ),
        (
            {"survey": "type | name\n" + "begin_group | g\n" * 60},
            *("XLSFORM-GROUP", 51, "nested deeper than 50"),
        ),
        ({"survey": "type | name\nnote | n"}, "XLSFORM-EMPTY", 1, "no row is a question"),
        (
            {"survey": "type | name | surveylib_more\ntext | a | {oops"},
            *("XLSFORM-EXTRA", 2, "column 'surveylib_more' holds no JSON object"),
        ),
    ],
)
def test_a_workbook_that_is_no_form_says_where(sheets, code, line, words):
    with pytest.raises(InstrumentError, match=rf"\[{code}\]") as caught:
        read(workbook(**sheets))
    fault = next(fault for fault in caught.value.faults if fault.code == code)
    assert fault.line == line
    assert words in fault.what
    assert fault.file.endswith("form.xlsx")


def test_every_fault_is_reported_at_once():
    form = workbook(survey="type | name\ntext | a\ntext | a\nselect_one nope | b\nend group |")
    with pytest.raises(InstrumentError, match="3 faults"):
        read(form)


def repacked(change):
    """A written form with other members in its archive."""
    source = zipfile.ZipFile(io.BytesIO(written(instrument(base("text")))))
    members = {name: source.read(name) for name in source.namelist()}
    change(members)
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return raw.getvalue()


def with_entities(members):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    name = "xl/worksheets/sheet1.xml"
    members[name] = bomb + members[name].replace(b"<t>text</t>", b"<t>&b;</t>")


def with_an_encoding_of_its_own(members):
    members["xl/workbook.xml"] = b'<?xml version="1.0" encoding="UTF-yes"?><workbook/>'


def with_a_row_far_down(members):
    name = "xl/worksheets/sheet1.xml"
    far = b'<row r="1000000"><c r="XFD1000000" t="inlineStr"><is><t>x</t></is></c></row>'
    members[name] = members[name].replace(b"</sheetData>", far + b"</sheetData>")


def protected(data):
    """The same archive, every member marked as encrypted."""
    raw = bytearray(data)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        found = raw.find(mark)
        while found >= 0:
            raw[found + place] |= 1
            found = raw.find(mark, found + 1)
    return bytes(raw)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"type,name\ntext,a\n", "ARCHIVE"),
        (b"", "FILE-EMPTY"),
        (protected(workbook(survey="type | name")), "ARCHIVE"),
        (repacked(lambda members: members.update(bomb=bytes(65 * 2**20))), "ARCHIVE-SIZE"),
        (repacked(lambda members: members.pop("[Content_Types].xml")), "WORKBOOK"),
        (repacked(lambda members: members.update({"xl/workbook.xml": b"<x"})), "WORKBOOK"),
        (repacked(with_entities), "WORKBOOK"),
        (repacked(with_an_encoding_of_its_own), "WORKBOOK"),
    ],
    ids=["csv", "empty", "password", "bomb", "no types", "no xml", "entities", "encoding"],
)
def test_what_is_no_workbook_is_refused(data, code):
    with pytest.raises(InstrumentError, match=rf"\[{code}\]"):
        read(data)


def test_a_form_ends_where_many_rows_are_empty():
    assert read(repacked(with_a_row_far_down)).instrument.question_ids == ("q",)


@pytest.mark.parametrize("limit", ["MOST_ROWS", "MOST_COLUMNS"])
def test_a_sheet_that_is_too_large_is_refused(monkeypatch, limit):
    monkeypatch.setattr(cells, limit, 2)
    with pytest.raises(InstrumentError, match=r"\[SHEET-SIZE\]"):
        read(workbook(survey="type | name | label\ntext | a | A\ntext | b | B"))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnknownNameError, match=r"nope\.xlsx"):
        FORMAT.read(tmp_path / "nope.xlsx", name="x", version="1")


@pytest.mark.parametrize(
    ("text", "words"), [("a\x0bb", "control character"), ("x" * 32_768, "at most 32767")]
)
def test_a_text_that_no_cell_can_hold_is_refused_and_never_cut(text, words):
    with pytest.raises(OutputError, match=words):
        written(instrument(base("text", text={"en": text})))


def test_without_its_optional_part_the_format_says_what_to_install(monkeypatch, tmp_path):
    data = workbook(survey="type | name\ntext | a")
    (tmp_path / "form.xlsx").write_bytes(data)
    usual = builtins.__import__

    def without(name, *rest, **named):
        if name.partition(".")[0] == "openpyxl":
            raise ImportError(name)
        return usual(name, *rest, **named)

    made = instrument(base("text"))
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"surveylib\[formats\]"):
        FORMAT.write(made)
    with pytest.raises(MissingExtraError, match=r"surveylib\[formats\]"):
        FORMAT.read(tmp_path / "form.xlsx", name="x", version="1")
