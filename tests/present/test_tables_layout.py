"""The neutral table: orders, spans and letters that every writer relies on."""

from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.present.tables_cells import decimals, format_of
from surveylib.present.tables_layout import (
    Cell,
    Column,
    Footnotes,
    Layout,
    Line,
    Section,
    blocks,
    letter,
    merged,
    spans,
)


def layout(*columns):
    cells = tuple(Cell(text="1") for _ in columns)
    return Layout(
        title="t", subtitle="", columns=columns, footnotes=(), notes=(), sources=(),
        sections=(Section(heading="", lines=(Line(label="a", cells=cells),)),),
    )  # fmt: skip


def column(*heads, interval="limits", letter=""):
    return Column(heads=heads, figure="share", unit="share", interval=interval, letter=letter)


def test_a_head_spans_the_columns_below_it_and_no_others():
    made = layout(column("1", "u"), column("1", "v"), column("2", "u", interval=""))
    assert [[tuple(span) for span in row] for row in spans(made)] == [
        [("1", 0, 4), ("2", 4, 1)],
        [("u", 0, 2), ("v", 2, 2), ("u", 4, 1)],
    ]


def test_columns_of_fewer_heads_have_them_below():
    made = layout(column("1", "u"), column("trend", interval=""))
    assert [[span.text for span in row] for row in spans(made)] == [["1", ""], ["u", "trend"]]


def test_a_letter_stands_in_the_lowest_head():
    made = layout(column("1", "u", letter="A"))
    assert [row[0].text for row in spans(made)] == ["1", "u (A)"]


@settings(max_examples=50)
@given(st.lists(st.lists(st.integers(0, 8), unique=True), max_size=4))
def test_a_merged_order_has_everything_once_and_keeps_the_first_order(orders):
    found = merged(orders)
    assert sorted(found) == sorted({one for order in orders for one in order})
    if orders:
        assert [one for one in found if one in orders[0]] == orders[0]


@given(st.integers(0, 5000))
@settings(max_examples=50)
def test_letters_count_as_those_of_spreadsheets(place):
    number = 0
    for sign in letter(place):
        number = number * 26 + ord(sign) - 64
    assert number == place + 1


def test_a_footnote_has_one_number_however_often_it_is_met():
    notes = Footnotes()
    assert [notes.mark(text) for text in ("a", "b", "a")] == [1, 2, 1]
    assert notes.texts == ["a", "b"]


def test_formats_follow_the_decimals_that_are_shown():
    assert decimals("33.4–40.0\u00a0%") == 1
    assert format_of("number", "1,204.25") == "#,##0.00"
    assert format_of("points", "+1.6") == '+0.0;"\u2212"0.0;0.0'
    assert format_of("p", "below 0.001") == '[<0.001]"below 0.001";0.000'
    assert format_of("text", "words. 12") == "@"


def test_a_table_that_is_too_wide_is_told_in_parts_that_keep_their_rows():
    columns = tuple(
        Column(heads=(wave,), figure=figure, unit="share", interval=interval)
        for wave in ("2018", "2019", "2020")
        for figure, interval in (("share", "95 % interval"), ("p", ""))
    )
    cells = tuple(Cell(text=str(place)) for place in range(6))
    layout = Layout(
        title="", subtitle="", columns=columns,
        sections=(Section(heading="", lines=(Line(label="yes", cells=cells),)),),
        footnotes=(), notes=(), sources=(),
    )  # fmt: skip
    # "share" and "p" with "95 % interval" beside the first: 25 letters with their spaces.
    assert blocks(layout, 78) == [layout]
    parts = blocks(layout, 77)
    assert [[one.heads[0] for one in part.columns] for part in parts] == [
        ["2018", "2018", "2019", "2019"], ["2020", "2020"]
    ]  # fmt: skip
    told = [[cell.text for line in part.lines() for cell in line.cells] for part in parts]
    assert told == [["0", "1", "2", "3"], ["4", "5"]]
    assert len(blocks(layout, 1)) == 3
