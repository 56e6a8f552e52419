"""Tables and data of shares under a mix, changes taken apart, shifts and sensitivities."""

import csv
import io

import openpyxl
import pytest

import surveylib as sl
from surveylib.errors import MethodError


@pytest.fixture(scope="module")
def results():
    groups = sl.load_study("waves/organised_groups")
    printed = sl.load_study("waves/netclean")
    return {
        "mix": sl.standardise(groups, "groups_encountered", by="region", to="equal"),
        "parts": sl.decompose(groups, "groups_encountered", by="region"),
        "shifts": sl.shift(groups, "groups_number_change", by="region"),
        "asked": sl.sensitivity(groups, "groups_encountered/yes"),
        "invited": sl.sensitivity(printed, "region/usa", response_rate=0.5),
    }


NAMES = ("mix", "parts", "shifts", "asked", "invited")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("form", ["markdown", "html", "latex"])
def test_every_format_says_the_same_figures(results, name, form):
    text = sl.table(results[name], format=form)
    plain = text.replace("~", " ").replace("\\%", "%").replace("\\(-\\)", "\u2212")
    plain = plain.replace("\u00a0", " ")
    wanted = {
        "mix": lambda row: f"{row.crude * 100:.1f} %",
        "parts": lambda row: f"{row.share_from * 100:.1f} %",
        "shifts": lambda row: f"{row.cuts[0].share_to * 100:.1f} %",
        "asked": lambda row: f"{row.low * 100:.1f} %",
        "invited": lambda row: f"{row.high * 100:.1f} %",
    }[name]
    assert [row for row in results[name].rows if wanted(row) not in plain] == []


def test_great_tables_takes_them_too(results):
    assert "+2.7" in sl.table(results["parts"], format="great").as_raw_html()


def test_groups_and_mixes_are_named_by_label(results):
    assert "United Kingdom 16.7" in sl.table(results["mix"])
    assert "United Kingdom" in sl.table(results["shifts"])
    assert "united_kingdom" not in sl.table(results["mix"]) + sl.table(results["shifts"])


def test_a_workbook_holds_the_numbers_as_numbers(results, tmp_path):
    path = sl.write_workbook(list(results.values()), tmp_path / "more.xlsx")
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[1:-1] == [
        "groups_encountered one mix",
        "groups_encountered taken apart",
        "groups_number_change shifts",
        "groups_encountered not answered",
        "region not answered",
    ]
    for name, sheet in zip(results, book.sheetnames[1:-1], strict=True):
        cells = [cell.value for line in book[sheet].iter_rows() for cell in line]
        values = [one for one in cells if isinstance(one, float | int)]
        row = results[name].rows[0]
        wanted = {
            "mix": lambda row: (row.estimate, row.ci_low, row.n),
            "parts": lambda row: (row.share_to, row.mix.estimate * 100, row.rate.ci_high * 100),
            "shifts": lambda row: (row.cuts[0].share_from, row.cuts[0].p_adjusted),
            "asked": lambda row: (row.low, row.high, row.ci_high),
            "invited": lambda row: (row.low, row.high, row.missing),
        }[name](row)
        # A workbook holds 16 digits of a number.
        assert [one for one in wanted if pytest.approx(one, rel=1e-14) not in values] == []
    columns = {row[0].value: row[3].value for row in book["Dictionary"].iter_rows(min_row=2)}
    assert all(columns.values())
    assert "who answered" in columns


@pytest.mark.parametrize("name", NAMES)
def test_data_have_a_row_for_each_and_every_column_is_explained(results, name, tmp_path):
    files = sl.write_data(results[name], tmp_path)
    rows = list(csv.DictReader(io.StringIO(files[0].read_text("utf-8"))))
    told = list(csv.DictReader(io.StringIO(files[2].read_text("utf-8"))))
    assert len(rows) == len(results[name].rows)
    assert [one["column"] for one in told] == list(rows[0])
    assert [one["column"] for one in told if not one["meaning"]] == []
    numbers = [one["column"] for one in told if one["type"].endswith("number")]
    assert [one["column"] for one in told if one["column"] in numbers and not one["unit"]] == []


def test_what_is_withheld_is_in_no_table(results):
    safe = sl.protect(sl.Estimates(rows=()), more=list(results.values())).more
    assert not any(one.rows for one in safe[:4])
    for one, name in zip(safe, NAMES, strict=True):
        text = sl.table(one)
        row = results[name].rows[0]
        assert "withheld, so that nobody can be recognised" in text
        for value in (getattr(row, "share_from", None), getattr(row, "crude", None)):
            assert value is None or f"{value * 100:.1f}" not in text


def test_a_result_without_a_table_is_named_with_those_that_have_one():
    study = sl.load_study("waves/netclean")
    with pytest.raises(MethodError, match=r"result is a Plan; wanted one of: Estimates, .*Shifts"):
        sl.table(sl.plan(study, "organised_groups_encountered/yes", 0.1))
