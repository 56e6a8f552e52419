"""A workbook has typed cells, runs nothing, and is the same each time."""

import dataclasses
import sys
import zipfile

import openpyxl
import pandas as pd
import pytest
import python_calamine
from hypothesis import given, settings
from hypothesis import strategies as st

import surveylib as sl
from surveylib.errors import MethodError, MissingExtraError, OutputError
from surveylib.present.tables_xlsx import sheet_names

FRAME = pd.DataFrame(
    {"w": ["2023"] * 8 + ["2024"] * 10, "q": ["yes"] * 2 + ["no"] * 6 + ["yes"] * 5 + ["no"] * 5}
)
#: 2 of 8, 5 of 10, and the rest.
SHARES = {"yes": (0.25, 0.5), "no": (0.75, 0.5)}


@pytest.fixture(scope="module")
def found():
    return sl.estimate(FRAME, "q", wave="w")


def renamed(result, **named):
    return dataclasses.replace(
        result, rows=tuple(dataclasses.replace(row, **named) for row in result.rows)
    )


def opened(result, folder, **options):
    path = sl.write_workbook(result, folder / "t.xlsx", **options)
    return openpyxl.load_workbook(path)


def test_shares_are_numbers_with_a_percent_format(found, tmp_path):
    sheet = opened(found, tmp_path)["q"]
    for row in sheet.iter_rows(min_row=6, max_row=7):
        assert (row[1].value, row[4].value) == SHARES[row[0].value]
        assert row[1].number_format == row[4].number_format == "0.0%"
        assert row[1].data_type == "n"


def test_bases_are_numbers_below_the_answers(found, tmp_path):
    sheet = opened(found, tmp_path)["q"]
    assert [cell.value for cell in sheet[8]][:5] == ["n", 8, None, None, 10]
    assert sheet["B8"].number_format == "#,##0"


def test_another_reader_finds_the_same_numbers(found, tmp_path):
    path = sl.write_workbook(found, tmp_path / "t.xlsx")
    book = python_calamine.CalamineWorkbook.from_path(path)
    rows = book.get_sheet_by_name("q").to_python(skip_empty_area=False)
    assert {row[0]: (row[1], row[4]) for row in rows if row[0] in SHARES} == SHARES


def test_changes_are_in_points_with_their_limits(tmp_path):
    changes = sl.change(FRAME, "q/yes", wave="w")
    sheet = opened(changes, tmp_path)["q changes"]
    names = [cell.value for cell in sheet[5]]
    values = dict(zip(names[7:], [cell.value for cell in sheet[6]][7:], strict=True))
    assert values["points"] == pytest.approx(25.0)
    assert values["95\u00a0% interval, low"] == pytest.approx(changes.rows[0].ci_low * 100)
    assert values["p"] == pytest.approx(changes.rows[0].p_value)


def test_a_small_p_value_is_a_number_that_is_never_shown_as_0(tmp_path):
    frame = pd.DataFrame({"w": ["1"] * 100 + ["2"] * 100, "q": ["yes"] * 100 + ["no"] * 100})
    path = sl.write_workbook(sl.change(frame, "q/yes", wave="w"), tmp_path / "t.xlsx")
    sheet = openpyxl.load_workbook(path)["q changes"]
    place = [cell.value for cell in sheet[5]].index("p")
    assert sheet[6][place].number_format == '[<0.001]"below 0.001";0.000'
    rows = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_name("q changes")
    value = rows.to_python(skip_empty_area=False)[5][place]
    assert isinstance(value, float)
    assert value < 0.001


def test_a_printed_figure_keeps_its_decimals(tmp_path):
    study = sl.load_study("waves/netclean")
    sheet = opened(sl.estimate(study, "region"), tmp_path)["region"]
    europe = next(row for row in sheet.iter_rows() if row[0].value == "Europe")
    # published.csv of 2016 and 2018: 26 and 34.7 per cent
    assert [(cell.value, cell.number_format) for cell in (europe[1], europe[4])] == [
        (0.26, "0%"), (0.347, "0.0%"),
    ]  # fmt: skip


def test_the_head_stays_in_sight_and_columns_have_widths(found, tmp_path):
    sheet = opened(found, tmp_path)["q"]
    assert sheet.freeze_panes == "B6"
    assert [cell.value for cell in sheet[4]][1:5] == ["2023", None, None, "2024"]
    assert sheet.column_dimensions["A"].width >= len("answer")


def test_contents_lead_to_every_sheet(found, tmp_path):
    book = opened([found, sl.change(FRAME, "q", wave="w")], tmp_path)
    assert book.sheetnames == ["Contents", "q", "q changes", "Dictionary"]
    links = [row[0].hyperlink.location for row in book["Contents"].iter_rows(min_row=2)]
    assert links == ["'q'!A1", "'q changes'!A1", "'Dictionary'!A1"]


def test_the_dictionary_says_what_every_column_of_every_sheet_is(tmp_path):
    study = sl.load_study("waves/netclean")
    results = [
        sl.estimate(study, "region"),
        sl.change(study, "region"),
        sl.change(FRAME, "q", wave="w", measure="ratio", adjust="holm"),
    ]
    book = opened(results, tmp_path)
    told = {row[0]: row[3] for row in book["Dictionary"].iter_rows(values_only=True)}
    for sheet in book.worksheets[1:-1]:
        names = {cell.value for cell in sheet[5]} - {"answer", None}
        assert names <= set(told)
        assert all(told[name] for name in names)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "a\x01b", "'x", "_x0001_"]
)
def test_no_text_is_a_formula_and_each_can_be_read_back(found, tmp_path, text):
    nasty = renamed(found, title=text, question_text=text, flags=(text,), notes=(text,))
    path = sl.write_workbook(nasty, tmp_path / "t.xlsx")
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            assert b"<f>" not in archive.read(name)
    shown = text.encode("unicode_escape").decode() if not text.isprintable() else text
    book = python_calamine.CalamineWorkbook.from_path(path)
    assert book.get_sheet_by_name("q").to_python(skip_empty_area=False)[0][0] == shown


def test_the_same_results_give_the_same_bytes(found, tmp_path):
    first = sl.write_workbook(found, tmp_path / "a.xlsx").read_bytes()
    assert sl.write_workbook(found, tmp_path / "b.xlsx").read_bytes() == first


def test_three_hundred_questions_have_a_sheet_each(found, tmp_path):
    many = [renamed(found, question=f"q{place}") for place in range(300)]
    path = sl.write_workbook(many, tmp_path / "t.xlsx")
    names = python_calamine.CalamineWorkbook.from_path(path).sheet_names
    assert names == ["Contents", *(f"q{place}" for place in range(300)), "Dictionary"]


def test_a_study_has_a_sheet_for_each_question_with_a_figure(tmp_path):
    study = sl.load_study("waves/netclean")
    book = opened(study, tmp_path)
    contents = list(book["Contents"].iter_rows(min_row=2, values_only=True))
    assert set(study.question_ids) <= {row[2] for row in contents}
    assert all(row[4] for row in contents if row[0] == "no table")
    assert "covid_cases_selfproduced_volunt" in book.sheetnames  # 31 of its 34 signs
    assert "region" in book.sheetnames


def test_a_result_of_several_questions_is_a_sheet_for_each(tmp_path):
    study = sl.load_study("waves/netclean")
    both = sl.change(study, ["region", "rising_trends"])
    book = opened(both, tmp_path)
    assert book.sheetnames[1:-1] == ["region changes", "rising_trends changes"]


ANY = st.text(max_size=40)


@settings(max_examples=50)
@given(st.lists(ANY, max_size=8))
def test_names_of_sheets_are_valid_and_differ(wanted):
    names = sheet_names(wanted)
    assert len(names) == len(wanted)
    folded = [name.casefold() for name in names]
    assert len(set(folded)) == len(folded)
    for name in names:
        assert 0 < len(name.encode("utf-16-le")) // 2 <= 31
        assert not set(name) & set("[]:*?/\\")
        assert not name.startswith("'")
        assert not name.endswith("'")
        assert name.casefold() not in {"history", "contents", "dictionary"}


@settings(max_examples=20)
@given(st.lists(ANY, min_size=1, max_size=4))
def test_openpyxl_takes_every_name_of_a_sheet(wanted):
    book = openpyxl.Workbook()
    for name in sheet_names(wanted):
        assert book.create_sheet(name).title == name


@pytest.mark.parametrize(
    ("results", "path", "message"),
    [
        ([], "t.xlsx", "results is empty"),
        ([3], "t.xlsx", "result is a int; wanted one of"),
        (3, "t.xlsx", "result is a int; wanted one of"),
        ("x", "t.xlsx", "result is a str; wanted one of"),
        ([], "t.xls", "path is 't.xls'; wanted the name of a file that ends in .xlsx"),
    ],
)
def test_what_makes_no_workbook_is_refused(tmp_path, results, path, message):
    with pytest.raises(MethodError, match=message):
        sl.write_workbook(results, tmp_path / path)


def test_signs_where_nothing_can_be_compared_are_refused(found, tmp_path):
    with pytest.raises(MethodError, match="nothing here can be compared"):
        sl.write_workbook(found, tmp_path / "t.xlsx", letters=True)


def test_a_text_longer_than_a_cell_is_refused(found, tmp_path):
    with pytest.raises(
        OutputError, match="a cell holds 32,767 characters, and a text of sheet 'Contents' has 40,0"
    ):
        sl.write_workbook(renamed(found, title="x" * 40_000), tmp_path / "t.xlsx")
    assert not (tmp_path / "t.xlsx").exists()


def test_without_openpyxl_the_message_says_what_to_install(found, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'surveylib\[formats\]'"):
        sl.write_workbook(found, tmp_path / "t.xlsx")
