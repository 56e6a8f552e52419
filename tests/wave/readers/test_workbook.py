"""Workbooks of Excel, against openpyxl, calamine and ECMA-376; broken ones are edited by hand."""

import datetime as dt
import hashlib
import io
import struct
import zipfile
import zlib

import openpyxl
import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from surveylib.errors import MissingExtraError, ResponsesError
from surveylib.wave.readers import workbook, workbook_archive, workbook_markup, workbook_table
from surveylib.wave.readers.base import ReadOptions

SHEET = "xl/worksheets/sheet1.xml"
SHARED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def book(path, rows, **sheets):
    """A workbook with one sheet of rows, and others by name."""
    made = openpyxl.Workbook()
    made.active.title = "answers"
    for row in rows:
        made.active.append(row)
    for name, more in sheets.items():
        sheet = made.create_sheet(name)
        for row in more:
            sheet.append(row)
    made.save(path)
    return path


def edited(path, part, old, new, *, count=1):
    """The same workbook with something else in one part."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old.encode() in parts[part], parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode(), count)
    write(path, parts)
    return path


def write(path, parts):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def with_cells(path, cells, *, texts=None):
    """A workbook whose sheet has a header `q1` to `q3` and one row of cells as XML."""
    book(path, [["q1", "q2", "q3"], ["old"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    heads = "".join(
        f'<c r="{letter}1" t="inlineStr"><is><t>q{n}</t></is></c>'
        for n, letter in enumerate("ABC", start=1)
    )
    rows = f'<row r="1">{heads}</row>{cells}'
    parts[SHEET] = f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    if texts is not None:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{MAIN}">{texts}</sst>'
        listing = "xl/_rels/workbook.xml.rels"
        relation = f'<Relationship Id="texts" Type="{SHARED}" Target="sharedStrings.xml"/>'
        end = b"</Relationships>"
        parts[listing] = parts[listing].replace(end, relation.encode() + end)
    write(path, parts)
    return path


def hide(path, name, state="hidden"):
    sheet = f'name="{name}" sheetId="2" state='
    return edited(path, "xl/workbook.xml", f'{sheet}"visible"', f'{sheet}"{state}"')


def read(path, **options):
    return workbook.read(path, ReadOptions(**options))


def rows_of(sheet):
    return [row for batch in sheet.batches() for row in zip(*batch.columns, strict=True)]


def lines_of(sheet):
    return [line for batch in sheet.batches() for line in batch.lines]


def typed_of(sheet):
    (batch,) = sheet.batches()
    return {place: dict(found) for place, found in batch.typed.items()}


def codes(sheet):
    return [fault.code for fault in sheet.warnings]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.xlsx"


def test_an_ordinary_workbook_is_read_as_it_stands(path):
    book(path, [["id", "Where?", "How many?"], ["007", "in a town", 3], ["008", None, 0.5]])
    sheet = read(path)
    assert [column.head for column in sheet.columns] == ["id", "Where?", "How many?"]
    assert [column.type for column in sheet.columns] == ["text", "text", "number"]
    assert rows_of(sheet) == [("007", "in a town", "3"), ("008", "", "0.5")]
    assert lines_of(sheet) == [2, 3]
    assert (sheet.format, sheet.warnings) == ("xlsx", ())
    assert sheet.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_batches_can_be_read_again_and_are_the_same(path):
    sheet = read(book(path, [["q1"], ["yes"], [1]]))
    assert list(sheet.batches()) == list(sheet.batches())


def test_texts_stay_as_they_are(path):
    texts = ["two\nlines", " around ", "no\u00a0break", "007", "1-10", "=", "TRUE", "é", "👍", "NA"]
    book(path, [["q1"], *([text] for text in texts)])
    sheet = read(path)
    assert [row[0] for row in rows_of(sheet)] == texts
    assert typed_of(sheet) == {}


def test_what_a_spreadsheet_makes_of_a_band_is_named_as_a_date(path):
    book(path, [["size"], ["11-20"], [dt.date(2019, 1, 10)], ["21-50"], [None], ["51-99"]])
    sheet = read(path)
    assert rows_of(sheet)[1] == ("2019-01-10",)
    assert sheet.columns[0].type == "text"
    assert typed_of(sheet) == {0: {1: "date"}}


def test_a_column_without_a_majority_is_mixed_and_names_every_cell(path):
    sheet = read(book(path, [["q1", "q2"], ["yes"], [1]]))
    assert [column.type for column in sheet.columns] == ["mixed", "blank"]
    assert typed_of(sheet) == {0: {0: "text", 1: "number"}}


def test_booleans_are_written_as_a_spreadsheet_shows_them(path):
    sheet = read(book(path, [["q1"], [True], [False]]))
    assert (rows_of(sheet), sheet.columns[0].type) == ([("TRUE",), ("FALSE",)], "boolean")


@pytest.mark.parametrize(
    ("stored", "wanted"),
    [
        ("43475", "43475"),
        ("43475.0", "43475"),
        ("1E+15", "1000000000000000"),
        ("1.0000000000000001E-5", "0.00001"),
        ("0.33000000000000002", "0.33"),
        ("12345678901234567890", "12345678901234567890"),
        ("-0", "0"),
    ],
)
def test_numbers_have_no_more_digits_than_they_need(path, stored, wanted):
    cells = f'<row r="2"><c r="A2"><v>{stored}</v></c></row>'
    assert rows_of(read(with_cells(path, cells))) == [(wanted, "", "")]


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_dates_and_times_are_iso_in_both_date_systems(path, epoch):
    made = openpyxl.Workbook()
    if epoch:
        made.epoch = epoch
    made.active.append(["day", "moment", "time", "long"])
    given = [
        dt.date(2019, 1, 10),
        dt.datetime.fromisoformat("2019-01-10T08:30:00"),
        dt.time(8, 30),
        dt.timedelta(hours=36),
    ]
    made.active.append(given)
    made.save(path)
    sheet = read(path)
    assert rows_of(sheet) == [("2019-01-10", "2019-01-10T08:30:00", "08:30:00", "36:00:00")]
    assert {column.type for column in sheet.columns} == {"date"}


def test_a_number_that_no_calendar_has_stays_a_number(path):
    made = openpyxl.Workbook()
    made.active.append(["q1"])
    made.active.append([-3])
    made.active["A2"].number_format = "yyyy-mm-dd"
    made.save(path)
    sheet = read(path)
    assert (rows_of(sheet), sheet.columns[0].type) == ([("-3",)], "number")


def test_a_date_stored_as_text_of_iso_8601_is_a_date(path):
    cells = (
        '<row r="2"><c r="A2" t="d"><v>2019-01-10</v></c>'
        '<c r="B2" t="d"><v>2019-01-10T08:30:00</v></c>'
        '<c r="C2" t="d"><v>10:10:10</v></c></row>'
    )
    sheet = read(with_cells(path, cells))
    assert rows_of(sheet) == [("2019-01-10", "2019-01-10T08:30:00", "10:10:10")]


def test_percent_is_the_stored_number_and_a_warning_counts_the_cells(path):
    made = openpyxl.Workbook()
    for row in (["place", "share"], ["a", 0.33], ["b", 0.5], ["c", 7]):
        made.active.append(row)
    for cell in ("B2", "B3"):
        made.active[cell].number_format = "0%"
    made.save(path)
    sheet = read(path)
    assert [row[1] for row in rows_of(sheet)] == ["0.33", "0.5", "7"]
    (fault,) = sheet.warnings
    assert (fault.code, fault.got) == ("CELLS-PERCENT", "column B 'share': 2 cells")
    assert typed_of(sheet) == {}


def test_the_stored_value_of_a_formula_is_taken(path):
    cells = (
        '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c><c r="B2" t="str"><f>"a"</f><v>a</v></c>'
        '<c r="C2" t="str"><f>""</f><v></v></c></row>'
    )
    assert rows_of(read(with_cells(path, cells))) == [("2", "a", "")]


def test_formulas_without_a_value_are_listed_all_at_once(path):
    book(path, [["q1", "q2"], *([f"={n}+1", "yes"] for n in range(20))])
    with pytest.raises(ResponsesError, match="FORMULA-VALUE") as caught:
        read(path)
    (fault,) = caught.value.faults
    assert fault.got.startswith("A2, A3, A4")
    assert fault.got.endswith("A13 and 8 more")


def test_errors_are_kept_as_text_and_a_warning_says_where(path):
    cells = (
        '<row r="2"><c r="A2" t="e"><v>#N/A</v></c></row><row r="3"><c r="A3"><v>1</v></c></row>'
        '<row r="4"><c r="A4"><v>2</v></c></row>'
    )
    sheet = read(with_cells(path, cells))
    assert [row[0] for row in rows_of(sheet)] == ["#N/A", "1", "2"]
    assert typed_of(sheet) == {0: {0: "text"}}
    assert [fault.got for fault in sheet.warnings] == ["column A 'q1': 1 cell ('#N/A')"]


def test_merged_header_cells_mean_the_same_text_for_all(path):
    made = openpyxl.Workbook()
    sheet = made.active
    for row in (["A survey"], ["id", "How many?", None], [None, "cats", "dogs"], ["1", 2, 3]):
        sheet.append(row)
    for area in ("A1:C1", "A2:A3", "B2:C2"):
        sheet.merge_cells(area)
    made.save(path)
    found = read(path, title_rows=1, header_rows=2)
    assert [column.head for column in found.columns] == [
        "id",
        "How many? | cats",
        "How many? | dogs",
    ]
    assert rows_of(found) == [("1", "2", "3")]
    assert lines_of(found) == [4]


def test_merged_cells_among_the_answers_stop_the_file(path):
    made = openpyxl.Workbook()
    for row in (["q1", "q2"], ["a", "b"], ["c", "d"], ["e", "f"]):
        made.active.append(row)
    made.active.merge_cells("A2:A3")
    made.active.merge_cells("B3:B4")
    made.active.merge_cells("D9:E9")
    made.save(path)
    with pytest.raises(ResponsesError, match="CELLS-MERGED") as caught:
        read(path)
    assert caught.value.faults[0].got == "A2:A3, B3:B4"


def test_merged_header_cells_that_lie_on_one_another_stop_the_file(path):
    book(path, [["q1", "q2"], [1, 2]])
    merged = '<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="A1:B1"/></mergeCells>'
    edited(path, SHEET, "</sheetData>", f"</sheetData>{merged}")
    with pytest.raises(ResponsesError, match="lie on one another"):
        read(path)


def test_the_only_sheet_that_is_not_empty_is_read(path):
    sheet = read(book(path, [], notes=[], data=[["q1"], ["yes"]]))
    assert rows_of(sheet) == [("yes",)]


def test_several_sheets_stop_until_one_is_named(path):
    book(path, [["q1"], ["yes"]], other=[["q1"], ["no"]])
    with pytest.raises(ResponsesError, match="SHEET-CHOICE") as caught:
        read(path)
    assert caught.value.faults[0].got == "'answers', 'other'"
    assert rows_of(read(path, sheet="other")) == [("no",)]


def test_an_unknown_sheet_names_the_nearest(path):
    book(path, [["q1"], ["yes"]])
    with pytest.raises(ResponsesError, match="did you mean 'answers'"):
        read(path, sheet="answer")


@pytest.mark.parametrize(("state", "told"), [("hidden", "hidden"), ("veryHidden", "very hidden")])
def test_hidden_sheets_are_told_and_never_chosen_by_themselves(path, state, told):
    book(path, [["q1"], ["yes"]], old=[["q1"], ["no"]])
    hide(path, "old", state)
    sheet = read(path)
    assert rows_of(sheet) == [("yes",)]
    assert [(one.code, one.got) for one in sheet.warnings] == [("SHEET-HIDDEN", f"'old' ({told})")]
    assert rows_of(read(path, sheet="old")) == [("no",)]


def test_a_workbook_whose_sheets_are_empty_or_hidden_is_empty(path):
    book(path, [], old=[["q1"], ["no"]])
    hide(path, "old")
    with pytest.raises(ResponsesError, match="FILE-EMPTY"):
        read(path)


def test_styled_cells_at_the_end_are_left_out_and_counted(path):
    made = openpyxl.Workbook()
    made.active.append(["q1"])
    made.active.append(["yes"])
    made.active["D5"].number_format = "0.00"
    made.active["A1048576"].number_format = "0.00"
    made.save(path)
    sheet = read(path)
    assert (len(sheet.columns), rows_of(sheet)) == (1, [("yes",)])
    (fault,) = sheet.warnings
    assert fault.code == "SHEET-TRIMMED"
    assert "1,048,574 empty rows at the end and 3 empty columns on the right" in fault.what


def test_empty_rows_in_the_middle_are_rows(path):
    sheet = read(book(path, [["q1", "q2"], ["a"], [], [], ["b"]]))
    assert rows_of(sheet) == [("a", ""), ("", ""), ("", ""), ("b", "")]
    assert lines_of(sheet) == [2, 3, 4, 5]


def test_rows_come_in_batches_that_count_on(path, monkeypatch):
    monkeypatch.setattr(workbook_table, "BATCH_ROWS", 3)
    sheet = read(book(path, [["title"], ["q1"], *([n] for n in range(7))]), title_rows=1)
    batches = list(sheet.batches())
    assert [list(batch.records) for batch in batches] == [[1, 2, 3], [4, 5, 6], [7]]
    assert [list(batch.lines) for batch in batches] == [[3, 4, 5], [6, 7, 8], [9]]
    assert [row[0] for row in rows_of(sheet)] == [str(n) for n in range(7)]


def test_a_file_with_a_header_only_has_no_rows(path):
    sheet = read(book(path, [["q1", "q2"]]))
    assert (len(sheet.columns), list(sheet.batches())) == (2, [])


@pytest.mark.parametrize("options", [{"title_rows": 2}, {"header_rows": 3}])
def test_a_header_below_the_end_is_missing(path, options):
    book(path, [["q1"], ["yes"]])
    with pytest.raises(ResponsesError, match="HEADER-MISSING"):
        read(path, **options)


def test_blank_heads_are_filled_when_asked(path):
    sheet = read(book(path, [["How many?", None, "id"], [1, 2, "a"]]), fill_heads=True)
    assert [column.head for column in sheet.columns] == ["How many?", "How many?", "id"]


def test_rich_text_is_its_text_without_how_it_is_pronounced(path):
    texts = (
        "<si><r><rPr><b/></rPr><t>bold</t></r><r><t xml:space='preserve'> plain</t></r>"
        "<rPh sb='0' eb='1'><t>spoken</t></rPh></si>"
        "<si><t>a_x000D_\nb_x005F_x000D_ _xD83D__xDE00_</t></si>"
    )
    cells = '<row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="s"><v>1</v></c></row>'
    found = rows_of(read(with_cells(path, cells, texts=texts)))
    # ECMA-376 part 1, 22.9.2.19: _x005F_ is the underscore of a text that looks like an escape.
    assert found == [("bold plain", "a\r\nb_x000D_ 😀", "")]


@pytest.mark.parametrize("text", ["a_x0000_", "a_xD83D_"])
def test_a_text_with_nul_or_half_a_character_stops_the_file(path, text):
    cells = f'<row r="2"><c r="A2" t="inlineStr"><is><t>{text}</t></is></c></row>'
    with pytest.raises(ResponsesError, match="FILE-CHARACTER"):
        read(with_cells(path, cells))


@pytest.mark.parametrize(
    ("cell", "named"),
    [
        ('<c r="B2" t="s"><v>7</v></c>', "text '7' of 1"),
        ('<c r="B2" t="s"><v>-1</v></c>', "text '-1' of 1"),
        ('<c r="B2"><v>1,5</v></c>', "'1,5' of the type 'n'"),
        ('<c r="B2"><v>inf</v></c>', "'inf' of the type 'n'"),
        ('<c r="B2" t="b"><v>2</v></c>', "'2' of the type 'b'"),
        ('<c r="B2" t="d"><v>2019-02-30</v></c>', "'2019-02-30' of the type 'd'"),
        ('<c r="B2" t="zz"><v>1</v></c>', "'1' of the type 'zz'"),
        ('<c r="B2" s="999"><v>1</v></c>', "'1' of the type 'n' in the style '999'"),
    ],
)
def test_a_cell_that_points_nowhere_or_is_no_value_is_named(path, cell, named):
    with_cells(path, f'<row r="2">{cell}</row>', texts="<si><t>only</t></si>")
    with pytest.raises(ResponsesError, match="CELL-VALUE") as caught:
        read(path)
    (fault,) = caught.value.faults
    assert "B2" in fault.what
    assert fault.got == named


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="3"><c r="A3"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="2"><c r="B2"><v>1</v></c></row>',
        '<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>2</v></c></row>',
        '<row r="2"><c r="A7"><v>1</v></c></row>',
        '<row r="2"><c r="XFE2"><v>1</v></c></row>',
        '<row r="2"><c r="a2"><v>1</v></c></row>',
        '<row r="1048577"><c r="A1048577"><v>1</v></c></row>',
        '<row r="two"><c r="A2"><v>1</v></c></row>',
    ],
)
def test_rows_and_cells_out_of_place_stop_the_file(path, rows):
    with pytest.raises(ResponsesError, match="WORKBOOK"):
        read(with_cells(path, rows))


def test_rows_and_cells_without_a_place_follow_one_another(path):
    cells = "<row><c><v>1</v></c><c><v>2</v></c></row><row><c><v>3</v></c></row>"
    assert rows_of(read(with_cells(path, cells))) == [("1", "2", ""), ("3", "", "")]


def test_a_strict_workbook_is_read_too(path):
    book(path, [["q1"], [1]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    base = b"http://schemas.openxmlformats.org/"
    strict = {
        name: raw.replace(
            base + b"spreadsheetml/2006/main", b"http://purl.oclc.org/ooxml/spreadsheetml/main"
        ).replace(base + b"officeDocument/2006/", b"http://purl.oclc.org/ooxml/officeDocument/")
        for name, raw in parts.items()
    }
    write(path, strict)
    assert rows_of(read(path)) == [("1",)]


def test_two_cells_far_apart_are_refused_before_rows_are_made(path):
    cells = "".join(
        f'<row r="{line}"><c r="{letter}{line}"><v>1</v></c></row>'
        for letter, line in (("A", 2), ("XX", 1_000_000))
    )
    with pytest.raises(ResponsesError, match="SHEET-SIZE"):
        read(with_cells(path, cells))


def test_a_row_that_does_not_end_is_refused(path, monkeypatch):
    monkeypatch.setattr(workbook_markup, "MOST_AT_ONCE", 100_000)
    cells = '<row r="2"><c r="A2"><is>' + "<r/>" * 200_000 + "</is></c></row>"
    with pytest.raises(ResponsesError, match="XML-SIZE"):
        read(with_cells(path, cells))


def test_nesting_without_end_is_refused(path):
    book(path, [["q1"], ["yes"]])
    deep = "<x>" * 3_000 + "</x>" * 3_000
    edited(path, SHEET, "<sheetData>", f"{deep}<sheetData>")
    with pytest.raises(ResponsesError, match="XML-DEPTH"):
        read(path)


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "docProps/core.xml", "_rels/.rels"])
@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/hostname">',
        "<!DOCTYPE x>",
    ],
)
def test_document_types_and_entities_are_refused_in_every_part(path, part, declared):
    book(path, [["q1"], ["yes"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    root = parts[part].rpartition(b"?>")[2]
    parts[part] = declared.encode() + root
    write(path, parts)
    with pytest.raises(ResponsesError, match="XML-ENTITY"):
        read(path)


def test_a_document_type_in_another_encoding_is_refused(path):
    book(path, [["q1"], ["yes"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[SHEET] = ("<!DOCTYPE x>" + parts[SHEET].decode()).encode("utf-16")
    write(path, parts)
    with pytest.raises(ResponsesError, match="XML-ENTITY"):
        read(path)


def test_xml_that_breaks_off_is_refused(path):
    edited(book(path, [["q1"], ["yes"]]), SHEET, "</sheetData>", "")
    with pytest.raises(ResponsesError, match="XML-SYNTAX"):
        read(path)


def test_without_defusedxml_no_workbook_is_read(path, monkeypatch):
    book(path, [["q1"], ["yes"]])
    monkeypatch.setitem(__import__("sys").modules, "defusedxml.common", None)
    with pytest.raises(MissingExtraError, match="surveylib\\[formats\\]"):
        read(path)


# Archives


def test_a_bomb_is_refused_while_it_is_inflated(path):
    book(path, [["q1"], ["yes"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(40_000_000))
    with pytest.raises(ResponsesError, match="ARCHIVE-SIZE") as caught:
        read(path)
    assert "100 times its size" in caught.value.faults[0].what


def test_an_archive_that_grows_too_large_is_refused(path, monkeypatch):
    monkeypatch.setattr(workbook_archive, "MOST_EXPANDED", 3_000)
    with pytest.raises(ResponsesError, match="expands to more than 3000"):
        read(book(path, [["q1"], ["yes"]]))


def test_too_many_parts_are_refused(path):
    book(path, [["q1"], ["yes"]])
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(1_000):
            archive.writestr(f"xl/media/{number}", b"")
    with pytest.raises(ResponsesError, match="ARCHIVE-SIZE"):
        read(path)


def test_a_file_that_is_too_large_is_refused(path, monkeypatch):
    monkeypatch.setattr(workbook_archive, "MOST_BYTES", 100)
    with pytest.raises(ResponsesError, match="FILE-SIZE"):
        read(book(path, [["q1"], ["yes"]]))


@pytest.mark.parametrize("kept", [40, 1_000, -1, -30, -200])
def test_a_truncated_archive_is_refused(path, kept):
    book(path, [["q1"], ["yes"]])
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ResponsesError, match="cut short or damaged"):
        read(path)


def central(raw, name):
    """Where the archive lists a member: 46 bytes and the name (PKWARE APPNOTE 4.3.12)."""
    start = raw.index(b"PK\x01\x02")
    while not raw[start + 46 :].startswith(name):
        start = raw.index(b"PK\x01\x02", start + 4)
    return start


@pytest.mark.parametrize("size", [10, 1 << 30])
def test_a_size_that_lies_is_found(path, size):
    book(path, [["q1"], ["yes"]])
    raw = bytearray(path.read_bytes())
    start = central(raw, SHEET.encode())
    struct.pack_into("<L", raw, start + 24, size)
    path.write_bytes(raw)
    with pytest.raises(ResponsesError, match="is not what the archive says of it"):
        read(path)


def test_a_size_that_lies_with_the_right_sum_is_found_too(path):
    book(path, [["q1"], ["yes"]])
    with zipfile.ZipFile(path) as archive:
        content = archive.read(SHEET)
    raw = bytearray(path.read_bytes())
    start = central(raw, SHEET.encode())
    struct.pack_into("<L", raw, start + 24, 10)
    struct.pack_into("<L", raw, start + 16, zlib.crc32(content[:10]))
    path.write_bytes(raw)
    with pytest.raises(ResponsesError, match="is not what the archive says of it"):
        read(path)


def test_members_that_overlap_are_refused(path):
    book(path, [["q1"], ["yes"]])
    raw = bytearray(path.read_bytes())
    first = central(raw, b"docProps/app.xml")
    second = central(raw, b"docProps/core.xml")
    raw[second + 42 : second + 46] = raw[first + 42 : first + 46]
    path.write_bytes(raw)
    with pytest.raises(ResponsesError, match=r"overlaps|damaged"):
        read(path)


def test_a_part_that_stands_twice_is_refused(path):
    book(path, [["q1"], ["yes"]])
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(SHEET, b"<worksheet/>")
    with pytest.raises(ResponsesError, match="stand twice"):
        read(path)


def test_a_file_that_changes_after_it_was_checked_is_not_read(path):
    sheet = read(book(path, [["q1"], ["yes"]]))
    book(path, [["q1"], ["yes"], ["no, and more than before"]])
    with pytest.raises(ResponsesError, match="FILE-CHANGED"):
        list(sheet.batches())


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (OLE + "Workbook\0".encode("utf-16-le"), "(.xls)"),
        (OLE + "WordDocument\0".encode("utf-16-le"), "(.doc)"),
        (OLE, "an OLE file"),
        (OLE + "WORKBOOK\0".encode("utf-16-le"), "(.xls)"),
        (b"<html><table><tr><td>q1</td></tr></table></html>", "(HTML)"),
        (b"\xef\xbb\xbf <!DOCTYPE html>\n<p>q1", "(HTML)"),
        ("<table><tr><td>q1".encode("utf-16"), "(HTML)"),
        (b"id,q1\n1,yes\n", "CSV"),
        ("id;wo\n1;Köln\n".encode("cp1252"), "CSV"),
        (
            b'<?xml?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "2003",
        ),
        (b"%PDF-1.7", "a PDF"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (bytes(100), "something else"),
    ],
)
def test_a_file_that_is_something_else_is_called_what_it_is(path, content, kind):
    path.write_bytes(content)
    with pytest.raises(ResponsesError, match="FILE-KIND") as caught:
        read(path)
    assert kind in caught.value.faults[0].got


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        ({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"\x83\x01"}, "(.xlsb)"),
        ({"_rels/.rels": "<a/>", "xl/workbook.bin": b"\x83\x01"}, "(.xlsb)"),
        ({"[Content_Types].xml": "<Types/>", "word/document.xml": "<document/>"}, "(.docx)"),
        ({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, "(.ods)"),
        ({"mimetype": "application/epub+zip"}, "application/epub+zip"),
        ({"a.csv": "q1"}, "an archive of other files: 'a.csv'"),
    ],
)
def test_an_archive_that_is_something_else_is_called_what_it_is(path, parts, kind):
    write(path, parts)
    with pytest.raises(ResponsesError, match="FILE-KIND") as caught:
        read(path)
    assert kind in caught.value.faults[0].got


def test_a_password_is_told_wherever_the_directory_lies(path):
    path.write_bytes(OLE + bytes(3_000_000) + "EncryptedPackage\0".encode("utf-16-le"))
    with pytest.raises(ResponsesError, match="FILE-PASSWORD"):
        read(path)


def test_a_member_with_a_password_is_told(path):
    book(path, [["q1"], ["yes"]])
    raw = bytearray(path.read_bytes())
    start = central(raw, SHEET.encode())
    raw[start + 8] |= 1
    path.write_bytes(raw)
    with pytest.raises(ResponsesError, match="FILE-PASSWORD"):
        read(path)


def test_macros_are_not_looked_at_and_that_is_said(tmp_path):
    path = book(tmp_path / "answers.xlsm", [["q1"], ["yes"]])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf")
    sheet = read(path)
    assert rows_of(sheet) == [("yes",)]
    assert codes(sheet) == ["WORKBOOK-MACROS"]


@pytest.mark.parametrize("changed", [str.lower, str.upper, lambda name: name.replace("/", "\\")])
def test_names_of_parts_are_the_same_in_any_case_and_with_backslashes(path, changed):
    book(path, [["q1"], ["yes"]])
    with zipfile.ZipFile(path) as archive:
        parts = {changed(name): archive.read(name) for name in archive.namelist()}
    write(path, parts)
    assert rows_of(read(path)) == [("yes",)]


def test_a_list_of_members_without_end_is_not_read(path, monkeypatch):
    monkeypatch.setattr(workbook_archive, "MOST_LISTING", 200)
    with pytest.raises(ResponsesError, match="list of parts is longer than 200"):
        read(book(path, [["q1"], ["yes"]]))


def test_many_rows_in_many_pieces_are_those_that_calamine_reads(path):
    rows = [[n, f"text {n}", n % 7 / 8, None if n % 3 else "every third"] for n in range(3_000)]
    found = rows_of(read(book(path, [["n", "t", "e", "s"], *rows])))
    outside = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert found == [tuple(as_text(value) for value in row) for row in outside[1:]]


def test_texts_that_cells_share_are_those_that_calamine_reads(path):
    texts = (
        "<si><t>one</t></si><si><t>two\nlines</t></si>"
        "<si><r><t xml:space='preserve'>in </t></r><r><t>runs</t></r></si>"
    )
    cells = "".join(
        f'<row r="{line}"><c r="A{line}" t="s"><v>{line % 3}</v></c></row>' for line in range(2, 9)
    )
    with_cells(path, cells, texts=texts)
    outside = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows_of(read(path))] == [row[0] for row in outside[1:]]


def test_a_sheet_whose_part_is_missing_is_named(path):
    book(path, [["q1"], ["yes"]])
    edited(
        path, "xl/_rels/workbook.xml.rels", "/xl/worksheets/sheet1.xml", "/xl/worksheets/other.xml"
    )
    with pytest.raises(ResponsesError, match=r"no part 'xl/worksheets/other\.xml'"):
        read(path)


# Other readers


def as_text(value):
    """What calamine and openpyxl give, as we write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


cells = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=8).filter(
        lambda text: not text.startswith(("=", "#"))
    ),
    st.integers(-(10**12), 10**12),
    st.floats(1e-4, 1e6).map(lambda value: round(value, 6)),
    st.booleans(),
    st.dates(dt.date(1950, 1, 1), dt.date(2099, 1, 1)),
    # calamine calls a moment at midnight a day, and a cell that shows 00:00 is none.
    st.builds(
        lambda day, time: dt.datetime.combine(day, time.replace(microsecond=0)),
        st.dates(dt.date(1950, 1, 1), dt.date(2099, 1, 1)),
        st.times(dt.time(0, 1)),
    ),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=6))
def test_every_value_is_the_one_that_calamine_and_openpyxl_read(path, rows):
    if all(value is None for value in rows[-1]):
        rows[-1][0] = "end"
    book(path, [["q1", "q2", "q3"], *rows])
    found = rows_of(read(path))
    outside = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    assert found == [tuple(as_text(value) for value in row) for row in outside[1:]]
    loaded = openpyxl.load_workbook(io.BytesIO(path.read_bytes())).active
    values = [[cell.value for cell in row] for row in loaded.iter_rows(min_row=2, max_col=3)]
    dates = {type(value) for row in rows for value in row} & {dt.date, dt.datetime}
    if not dates:  # openpyxl gives every date a time
        assert found == [tuple(as_text(value) for value in row) for row in values]
