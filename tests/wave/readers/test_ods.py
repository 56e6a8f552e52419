"""OpenDocument spreadsheets, made by hand as OpenDocument 1.3 says, and read by calamine too."""

import zipfile

import pytest
import python_calamine

from surveylib.errors import ResponsesError
from surveylib.wave.readers import ods
from surveylib.wave.readers.base import ReadOptions

KIND = "application/vnd.oasis.opendocument.spreadsheet"
SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "style")
)
MORE = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'


def text(content, more=""):
    shown = f"<text:p>{content}</text:p>"
    return f'<table:table-cell office:value-type="string" {more}>{shown}</table:table-cell>'


def value(kind, stored, more="", shown="shown"):
    attribute = {"float": "value", "percentage": "value", "currency": "value"}.get(
        kind, f"{kind}-value"
    )
    return (
        f'<table:table-cell office:value-type="{kind}" office:{attribute}="{stored}" {more}>'
        f"<text:p>{shown}</text:p></table:table-cell>"
    )


def blank(times=1):
    return f'<table:table-cell table:number-columns-repeated="{times}"/>'


def row(*cells, times=1):
    more = f' table:number-rows-repeated="{times}"' if times > 1 else ""
    return f"<table:table-row{more}>{''.join(cells)}</table:table-row>"


def heads(*names):
    return row(*(text(name) for name in names))


def table(*rows, name="answers", style="shown", before=""):
    named = f'table:name="{name}" table:style-name="{style}"'
    return f"<table:table {named}>{before}{''.join(rows)}</table:table>"


STYLES = (
    '<office:automatic-styles><style:style style:name="shown" style:family="table">'
    '<style:table-properties table:display="true"/></style:style>'
    '<style:style style:name="unseen" style:family="table">'
    '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
)


def book(path, *tables, kind=KIND, start='<?xml version="1.0" encoding="UTF-8"?>', **parts):
    content = (
        f'{start}<office:document-content {SPACES} {MORE} office:version="1.3">{STYLES}'
        f"<office:body><office:spreadsheet>{''.join(tables)}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", kind, zipfile.ZIP_STORED)
        archive.writestr("content.xml", content)
        for name, more in parts.items():
            archive.writestr(name.replace("__", "/"), more)
        if "META-INF/manifest.xml" not in archive.namelist():
            archive.writestr(
                "META-INF/manifest.xml",
                '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
            )
    return path


def read(path, **options):
    return ods.read(path, ReadOptions(**options))


def rows_of(sheet):
    return [one for batch in sheet.batches() for one in zip(*batch.columns, strict=True)]


def cell_of(path, cell):
    """What is read of one cell below the header `q1`, and the type of its column."""
    sheet = read(book(path, table(heads("q1"), row(cell), row(text("end")), row(text("end")))))
    return rows_of(sheet)[0][0]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "answers.ods"


def test_an_ordinary_spreadsheet_is_read_as_it_stands(path):
    book(
        path,
        table(
            heads("id", "Where?", "How many?"),
            row(text("007"), text("in a town"), value("float", "3")),
            row(text("008"), blank(), value("float", "0.5")),
        ),
    )
    sheet = read(path)
    assert [column.head for column in sheet.columns] == ["id", "Where?", "How many?"]
    assert [column.type for column in sheet.columns] == ["text", "text", "number"]
    assert rows_of(sheet) == [("007", "in a town", "3"), ("008", "", "0.5")]
    (batch,) = sheet.batches()
    assert (list(batch.records), list(batch.lines)) == ([1, 2], [2, 3])
    assert (sheet.format, sheet.warnings) == ("ods", ())


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        (value("float", "43475"), "43475"),
        (value("float", "1.5E-5"), "0.000015"),
        (value("currency", "12.50", 'office:currency="EUR"'), "12.5"),
        (value("boolean", "true"), "TRUE"),
        (value("boolean", "false"), "FALSE"),
        (value("date", "2019-01-10"), "2019-01-10"),
        (value("date", "2019-01-10T08:30:00"), "2019-01-10T08:30:00"),
        (value("date", "2019-01-10T08:29:59.999999997"), "2019-01-10T08:30:00"),
        (value("time", "PT08H30M00S"), "08:30:00"),
        (value("time", "PT36H00M00S"), "36:00:00"),
        (value("time", "P1DT2H"), "26:00:00"),
        (value("time", "PT08H30M00.250S"), "08:30:00.250"),
        (value("time", "PT10H10M10.123456S"), "10:10:10.123456"),
        (value("time", "PT08H29M59.999999997S"), "08:30:00"),
        (value("date", "2019-12-31T23:59:59.9999999"), "2020-01-01T00:00:00"),
        (value("time", "-PT08H30M00S"), "-08:30:00"),
    ],
)
def test_a_value_is_what_the_file_stores_and_not_what_it_shows(path, cell, wanted):
    assert cell_of(path, cell) == wanted


def test_types_are_named_where_they_differ_from_the_column(path):
    rows = [
        row(text("11-20")),
        row(value("date", "2019-01-10")),
        row(value("float", "3")),
        row(
            text("21-50"),
        ),
        row(value("boolean", "true")),
        row(text("51-99")),
        row(text("51-99")),
    ]
    (batch,) = (sheet := read(book(path, table(heads("size"), *rows)))).batches()
    assert sheet.columns[0].type == "text"
    assert batch.typed == {0: {1: "date", 2: "number", 4: "boolean"}}


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("a<text:s/>b", "a b"),
        ("a <text:s text:c='2'/>b", "a   b"),
        ("<text:s/>a<text:tab/>b", " a\tb"),
        ("a<text:line-break/>b", "a\nb"),
        ("a</text:p><text:p/><text:p>b", "a\n\nb"),
        ("\n  a\n   b", "a b"),
        ("a <text:span> b</text:span> <text:a>c</text:a>", "a b c"),
        ("a<text:span>b<text:s/></text:span>", "ab "),
        ("no\u00a0break", "no\u00a0break"),
        ("1 trailing ", "1 trailing "),
        (
            "<text:ruby><text:ruby-base>a</text:ruby-base><text:ruby-text>b</text:ruby-text></text:ruby>",
            "a",
        ),
        ("007", "007"),
        ("&lt;b&gt; &amp;", "<b> &"),
    ],
)
def test_texts_keep_the_spaces_that_count(path, content, wanted):
    assert cell_of(path, text(content)) == wanted


def test_a_comment_on_a_cell_is_no_text_of_it(path):
    note = "<office:annotation><text:p>a comment</text:p></office:annotation>"
    cell = text("yes").replace("<text:p>", f"{note}<text:p>", 1)
    assert cell_of(path, cell) == "yes"


def test_a_text_that_is_stored_beside_what_is_shown_counts(path):
    cell = text("shown", 'table:formula="of:=A1" office:string-value="stored"')
    assert cell_of(path, cell) == "stored"


def test_percent_is_the_stored_number_and_a_warning_counts_the_cells(path):
    rows = [row(value("percentage", "0.33", shown="33%"), times=2), row(value("float", "1"))]
    sheet = read(book(path, table(heads("share"), *rows)))
    assert rows_of(sheet) == [("0.33",), ("0.33",), ("1",)]
    assert [(one.code, one.got) for one in sheet.warnings] == [
        ("CELLS-PERCENT", "column A 'share': 2 cells")
    ]


@pytest.mark.parametrize(
    "cell",
    [
        text("#N/A", 'table:formula="of:=NA()" office:string-value="" calcext:value-type="error"'),
        value("float", "0", 'table:formula="of:=NA()"', shown="#N/A"),
    ],
)
def test_errors_are_kept_as_text_and_a_warning_says_where(path, cell):
    sheet = read(book(path, table(heads("q1"), row(cell))))
    assert rows_of(sheet) == [("#N/A",)]
    assert [fault.got for fault in sheet.warnings] == ["column A 'q1': 1 cell ('#N/A')"]


def test_a_formula_has_its_stored_value(path):
    assert cell_of(path, value("float", "2", 'table:formula="of:=1+1"')) == "2"


def test_formulas_without_a_value_are_listed_all_at_once(path):
    formula = '<table:table-cell table:formula="of:=1+1"/>'
    odd = '<table:table-cell table:formula="of:=1+1" office:value-type="float"/>'
    book(path, table(heads("q1", "q2"), row(formula, odd), row(text("a"), formula)))
    with pytest.raises(ResponsesError, match="FORMULA-VALUE") as caught:
        read(path)
    assert caught.value.faults[0].got == "A2, B2, B3"


@pytest.mark.parametrize(
    "cell",
    [
        value("float", "1,5"),
        value("float", ""),
        value("boolean", "yes"),
        value("date", "2019-02-30"),
        value("date", "20190110"),
        value("time", "8:30"),
        value("zz", "1"),
        value("float", "1", 'table:number-columns-repeated="0"'),
        value("float", "1", 'table:number-columns-repeated="-1"'),
    ],
)
def test_a_value_that_is_none_is_named(path, cell):
    with pytest.raises(ResponsesError, match=r"CELL-VALUE|WORKBOOK"):
        cell_of(path, cell)


def test_repeated_cells_and_rows_stand_as_often_as_they_say(path):
    rows = [
        row(value("float", "1", 'table:number-columns-repeated="2"'), text("a"), times=2),
        row(blank(3), times=2),
        row(text("b")),
    ]
    (batch,) = read(book(path, table(heads("q1", "q2", "q3"), *rows))).batches()
    assert list(zip(*batch.columns, strict=True)) == [
        ("1", "1", "a"),
        ("1", "1", "a"),
        ("", "", ""),
        ("", "", ""),
        ("b", "", ""),
    ]
    assert list(batch.lines) == [2, 3, 4, 5, 6]


def test_the_blank_rest_of_the_sheet_is_no_news(path):
    rows = [
        row(text("q1"), blank(16_383)),
        row(text("yes"), blank(16_383)),
        row(blank(16_384), times=1_048_573),
        row(blank(16_384)),
    ]
    sheet = read(book(path, table(*rows)))
    assert (rows_of(sheet), sheet.warnings) == ([("yes",)], ())


def test_blank_rows_and_columns_that_somebody_made_are_counted(path):
    rows = [heads("q1"), row(text("yes"), blank(2)), row(blank(), times=4)]
    sheet = read(book(path, table(*rows)))
    assert rows_of(sheet) == [("yes",)]
    (fault,) = sheet.warnings
    assert fault.what.startswith("4 empty rows at the end and 2 empty columns on the right")


@pytest.mark.parametrize(
    "rows",
    [
        [row(text("x", 'table:number-columns-repeated="16384"'), times=1_000_000)],
        [row(*(text("x") for _ in range(30)), times=1_000_000)],
        [row(text("x", 'table:number-columns-repeated="999999999"'))],
        [row(text("x"), times=999_999_999)],
        [row(blank(), times=999_999_999)],
        [row(text("x")), row(blank(), times=1_000_000), row(blank(9_000), text("x"))],
        [row(text("a" + '<text:s text:c="999999999"/>' * 3))],
    ],
)
def test_a_bomb_of_repeats_is_refused_before_it_is_unpacked(path, rows):
    book(path, table(heads("q1"), *rows))
    with pytest.raises(ResponsesError, match="SHEET-SIZE"):
        read(path)


def test_rows_in_groups_and_in_headers_are_rows(path):
    rows = (
        f"<table:table-header-rows>{heads('q1')}</table:table-header-rows>"
        f"<table:table-row-group>{row(text('a'))}<table:table-row-group>{row(text('b'))}"
        f"</table:table-row-group></table:table-row-group>{row(text('c'))}"
    )
    assert rows_of(read(book(path, table(rows)))) == [("a",), ("b",), ("c",)]


def test_merged_header_cells_mean_the_same_text_for_all(path):
    wide = text("How many?", 'table:number-columns-spanned="2" table:number-rows-spanned="1"')
    high = text("id", 'table:number-columns-spanned="1" table:number-rows-spanned="2"')
    covered = "<table:covered-table-cell/>"
    rows = [
        row(high, wide, covered),
        row(covered, text("cats"), text("dogs")),
        row(text("1"), value("float", "2"), value("float", "3")),
    ]
    sheet = read(book(path, table(*rows)), header_rows=2)
    assert [column.head for column in sheet.columns] == [
        "id",
        "How many? | cats",
        "How many? | dogs",
    ]
    assert rows_of(sheet) == [("1", "2", "3")]


def test_merged_cells_among_the_answers_stop_the_file(path):
    high = text("a", 'table:number-columns-spanned="1" table:number-rows-spanned="2"')
    book(path, table(heads("q1"), row(high), row("<table:covered-table-cell/>"), row(text("b"))))
    with pytest.raises(ResponsesError, match="CELLS-MERGED") as caught:
        read(path)
    assert caught.value.faults[0].got == "A2:A3"


def test_the_only_sheet_that_is_shown_and_not_empty_is_read(path):
    yes = table(heads("q1"), row(text("yes")), name="data")
    old = table(heads("q1"), row(text("no")), name="old", style="unseen")
    sheet = read(book(path, table(row(blank()), name="notes"), old, yes))
    assert rows_of(sheet) == [("yes",)]
    assert [(one.code, one.got) for one in sheet.warnings] == [("SHEET-HIDDEN", "'old' (hidden)")]
    assert rows_of(read(path, sheet="old")) == [("no",)]


def test_several_sheets_stop_until_one_is_named(path):
    tables = [table(heads("q1"), row(text(name)), name=name) for name in ("one", "two", "three")]
    book(path, *tables)
    with pytest.raises(ResponsesError, match="SHEET-CHOICE"):
        read(path)
    assert rows_of(read(path, sheet="two")) == [("two",)]
    with pytest.raises(ResponsesError, match="did you mean 'three'"):
        read(path, sheet="thre")


def test_tables_that_are_no_sheets_are_passed_over(path):
    other = table(heads("q1"), row(text("no")), name="'file:///tmp/a.ods'#$Sheet1")
    links = f"<table:dde-links>{table(heads('x'), row(text('no')), name='dde')}</table:dde-links>"
    shapes = f"<table:shapes>{table(heads('x'), row(text('no')), name='chart')}</table:shapes>"
    yes = table(heads("q1"), row(text("yes")), before=shapes)
    assert rows_of(read(book(path, other, yes, links))) == [("yes",)]


def test_a_spreadsheet_of_many_pieces_is_read_in_order(path):
    rows = [row(value("float", str(n)), text(f"text {n}")) for n in range(5_000)]
    sheet = read(book(path, table(heads("n", "t"), *rows)))
    assert rows_of(sheet) == [(str(n), f"text {n}") for n in range(5_000)]


def test_document_types_and_entities_are_refused(path):
    start = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    book(path, table(heads("q1"), row(text("&b;"))), start=start)
    with pytest.raises(ResponsesError, match="XML-ENTITY"):
        read(path)


def test_spans_without_end_are_read_without_recursion(path):
    deep = "<text:span>" * 5_000 + "a" + "</text:span>" * 5_000
    assert cell_of(path, text(deep)) == "a"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("application/vnd.oasis.opendocument.text", "opendocument.text"),
        ("", "an archive of other files"),
    ],
)
def test_another_kind_of_file_is_called_what_it_is(path, kind, told):
    book(path, kind=kind)
    with pytest.raises(ResponsesError, match="FILE-KIND") as caught:
        read(path)
    assert told in caught.value.faults[0].got


def test_a_password_is_told(path):
    manifest = (
        '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<m:file-entry m:full-path="content.xml"><m:encryption-data/></m:file-entry></m:manifest>'
    )
    book(path, table(heads("q1")), **{"META-INF__manifest.xml": manifest})
    with pytest.raises(ResponsesError, match="FILE-PASSWORD"):
        read(path)


def test_macros_are_not_looked_at_and_that_is_said(path):
    book(path, table(heads("q1"), row(text("yes"))), Basic__Standard__Module1="sub")
    assert [fault.code for fault in read(path).warnings] == ["WORKBOOK-MACROS"]


def test_values_are_those_that_calamine_reads(path):
    rows = [
        row(text("a"), value("float", "3"), value("boolean", "true"), value("date", "2019-01-10")),
        row(text("é b"), value("float", "0.25"), value("boolean", "false"), blank()),
        row(blank(), value("percentage", "0.5"), blank(), value("date", "2019-01-10T08:30:00")),
    ]
    book(path, table(heads("t", "n", "b", "d"), *rows))
    outside = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    shown = {True: "TRUE", False: "FALSE"}

    def as_text(one):
        if isinstance(one, bool):
            return shown[one]
        if isinstance(one, float):
            return str(int(one)) if one.is_integer() else repr(one)
        return one if isinstance(one, str) else one.isoformat()

    assert rows_of(read(path)) == [tuple(as_text(one) for one in line) for line in outside[1:]]
