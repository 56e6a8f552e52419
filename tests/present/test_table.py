"""Results as tables: aligned, complete, and harmless in a spreadsheet and a notebook."""

import csv
import dataclasses
import io
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import surveylib as sl
from surveylib.present.table import safe_cell, to_csv

FORMULA = ["=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
ONE = "instruments/demo/1.yaml"


@dataclasses.dataclass(frozen=True)
class Row:
    text: str
    number: float | None
    notes: tuple[str, ...] = ()


def read_back(text):
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("start", FORMULA)
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(start):
    assert safe_cell(f'{start}HYPERLINK("x")') == f'\'{start}HYPERLINK("x")'


@pytest.mark.parametrize("value", ["a=b", "", "85 %", "'quoted", 12, -0.5, -3, None])
def test_any_other_cell_stays_as_it_is(value):
    assert safe_cell(value) == value
    assert type(safe_cell(value)) is type(value)


@pytest.mark.parametrize("start", FORMULA)
def test_a_formula_in_a_csv_is_text(start):
    cells = read_back(to_csv(Row, [Row(f"{start}1+1", -0.5, (f"{start}2", "b"))]))[1]
    assert cells == [f"'{start}1+1", "-0.5", f"'{start}2; b"]


@example(text="a\rb", number=None)
@example(text='a\r\nb,"c', number=0.1)
@given(
    text=st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    number=st.floats(allow_nan=False, allow_infinity=False) | st.none(),
)
def test_a_csv_gives_back_every_text_and_every_digit(text, number):
    header, cells = read_back(to_csv(Row, [Row(text, number)]))
    assert header == ["text", "number", "notes"]
    assert cells[0] in {text, f"'{text}"}
    assert (float(cells[1]) if cells[1] else None) == number


def test_a_csv_without_rows_has_a_header():
    assert to_csv(Row, []) == "text,number,notes\n"


def test_fields_can_be_left_out_of_a_csv():
    assert to_csv(Row, [Row("a", 1)], ("number",)) == "text,notes\na,\n"


def test_a_table_of_shares_shows_question_share_interval_and_flags(netclean):
    text = str(sl.estimate(netclean, "organised_groups_encountered"))
    assert "“Have you encountered organised forums or groups?”" in text
    row = next(line for line in text.splitlines() if line.startswith("2018"))
    for words in ("yes", "85 %", "80.3 to 88.8 %", "272", "base-assumed"):
        assert words in row


def test_a_table_says_which_answers_have_no_figure(netclean):
    assert "2016 darknet" in str(sl.estimate(netclean, "sharing_methods"))


def test_a_table_names_its_level(netclean):
    assert "90 % interval" in str(sl.estimate(netclean, "region", confidence_level=0.9))


def test_columns_of_a_table_stand_below_each_other(netclean):
    lines = str(sl.change(netclean, "region/usa")).splitlines()
    rule = next(place for place, line in enumerate(lines) if line.strip("─ ") == "" and line)
    gaps = [place for place, mark in enumerate(lines[rule]) if mark == " "]
    assert len(gaps) == 2 * 8
    for line in lines[rule - 1 : rule + 5]:
        assert {line.ljust(len(lines[rule]))[gap] for gap in gaps} == {" "}


def test_a_table_of_changes_shows_points_verdict_and_comparability(netclean):
    text = str(sl.change(netclean, "region/usa", 2016, 2020))
    for words in ("2016→2020", "61.1 %", "44 %", "−17.1", "decreased", "identical"):
        assert words in text


@pytest.mark.parametrize("view", ["__str__", "_repr_html_", "explain"])
def test_a_limited_comparison_never_goes_without_its_note(netclean, view):
    text = getattr(sl.change(netclean, "rising_trends/social_and_apps", 2016, 2017), view)()
    assert "The categories differ" in text


@pytest.mark.parametrize("view", ["__str__", "_repr_html_", "explain"])
def test_a_refused_pair_never_goes_without_its_reason(netclean, view):
    text = getattr(sl.change(netclean, "rising_trends", 2017, 2019), view)()
    assert "TOR, VPN and proxy services" in text


class Cells(HTMLParser):
    """Counts rows and cells; notes every tag."""

    def __init__(self):
        super().__init__()
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        assert not attrs or tag in {"th", "td", "table"}


def test_a_table_for_a_notebook_has_a_row_for_each_result(netclean):
    found = sl.estimate(netclean, "region")
    cells = Cells()
    cells.feed(found._repr_html_())
    assert cells.tags.count("tr") == len(found.rows) + 1


def test_markup_in_a_label_is_text_in_a_notebook(demo):
    demo.edit(ONE, '"Do you keep a pet?"', '"<script>alert(1)</script>"')
    demo.edit(ONE, "provenance: Made", "note: <img src=x onerror=alert(1)>\nprovenance: Made")
    demo.edit(
        "waves/demo/2020/published.csv",
        "pets,no,,40 %,40,,,all respondents,200,wave,page,verbatim,",
        "pets,no,,40 %,40,,,all respondents,200,wave,page,verbatim,<b onclick=x>bold</b>",
    )
    html = sl.estimate(demo.load(), "pets")._repr_html_()
    assert "<script" not in html
    assert "<b " not in html
    assert "&lt;b onclick=x&gt;bold" in html
