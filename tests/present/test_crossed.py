"""A table of two questions as it is printed: complete, aligned, and honest about what lacks."""

import math

import numpy as np
import pandas as pd
import pytest

import surveylib as sl
from surveylib.present import crossed
from surveylib.stats.crosstabs import TESTS, TableTest

SPACE = "\u00a0"
#: 10 of u said a and 10 b, 5 of v said a and 15 b.
FRAME = pd.DataFrame(
    {"s": ["u"] * 20 + ["v"] * 20, "q": ["a", "b"] * 10 + ["a", "b", "b", "b"] * 5}
)


@pytest.fixture(scope="module")
def table():
    return sl.crosstab(FRAME, "s", "q", test="pearson", interval="wald")


def made(**options):
    return TableTest(
        **{
            "statistic": 4.5678,
            "distribution": "F",
            "df_numerator": 2.3456,
            "df_denominator": 30.0,
            "p_value": 0.0379,
            "method": "rao-scott-2",
            "design_effects": np.ones(2),
            "expected": np.ones((2, 2)) / 4,
            "dropped_rows": (),
            "dropped_columns": (),
            "notes": (),
            **options,
        }
    )


def test_every_test_has_a_name_in_words():
    assert set(crossed.TESTS) == set(TESTS)
    assert len(set(crossed.TESTS.values())) == len(TESTS)


def test_the_head_says_what_is_within_what(table):
    assert crossed.title(table) == "q within s"
    head, rows = crossed.cells(table)
    assert head == ["s", "a", "b", "n", "share of all"]
    assert [row[0] for row in rows] == ["u", "v"]


def test_a_cell_is_a_share_of_its_row_with_its_limits(table):
    # Wald: 0.5 ± 1.96 √(0.25/20) and 0.25 ± 1.96 √(0.1875/20).
    _, rows = crossed.cells(table)
    assert rows[0] == [
        "u", f"50.0{SPACE}% (28–72)", f"50.0{SPACE}% (28–72)", "20", f"50.0{SPACE}%",
    ]  # fmt: skip
    assert rows[1][1:3] == [f"25.0{SPACE}% (6–44)", f"75.0{SPACE}% (56–94)"]


def test_the_notes_say_test_base_level_and_design(table):
    # Pearson by hand: 40 (10 · 15 - 10 · 5)² / (20 · 20 · 15 · 25) = 2.667, p = 0.102.
    assert crossed.notes(table) == [
        "Pearson's test, as if the sample were a simple one: χ²(1) = 2.667, p = 0.102",
        "n = 40 who answered both",
        "in brackets 95 % intervals of shares within rows",
        "design: A simple random sample: every respondent counts the same and was drawn singly.",
    ]
    other = sl.crosstab(FRAME, "s", "q", confidence_level=0.9)
    assert "in brackets 90 % intervals" in crossed.notes(other)[2]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "F(2.346, 30) = 4.568, p = 0.038"),
        ({"df_denominator": math.inf}, "F(2.346, ∞) = 4.568, p = 0.038"),
        ({"p_value": 0.0}, "F(2.346, 30) = 4.568, p below 0.001"),
        ({"p_value": 0.001}, "F(2.346, 30) = 4.568, p = 0.001"),
        ({"p_value": 1.0, "statistic": 0.0}, "F(2.346, 30) = 0, p = 1.000"),
        ({"distribution": "chi-squared", "df_numerator": 3, "df_denominator": math.inf},
         "χ²(3) = 4.568, p = 0.038"),
    ],
)  # fmt: skip
def test_a_statistic_has_its_distribution_degrees_of_freedom_and_p(options, text):
    assert crossed.statistic(made(**options)) == text


@pytest.mark.parametrize("test", TESTS)
def test_every_test_is_printed_by_its_name(test):
    printed = str(sl.crosstab(FRAME, "s", "q", test=test))
    assert f"{crossed.TESTS.get(test, test)}: " in printed
    assert "KeyError" not in printed


def test_notes_of_a_test_are_told():
    frame = pd.concat([FRAME, pd.DataFrame({"s": ["w"], "q": [None]})])
    found = sl.crosstab(frame, "s", "q", test="pearson")
    for note in found.test.notes:
        assert note in str(found)
        assert note in found.explain()


def test_a_row_of_nobody_has_dashes_and_no_limits():
    frame = pd.concat([FRAME, pd.DataFrame({"s": ["w", "w"], "q": [None, None]})])
    found = sl.crosstab(frame, "s", "q", test="pearson")
    _, rows = crossed.cells(found)
    assert rows[2] == ["w", "–", "–", "0", f"0.0{SPACE}%"]


def test_none_and_all_of_a_row_have_intervals_with_width():
    frame = pd.DataFrame({"s": ["u"] * 10 + ["v"] * 10, "q": ["a"] * 10 + ["a", "b"] * 5})
    _, rows = crossed.cells(sl.crosstab(frame, "s", "q", test="pearson"))
    # Wilson: z² / (n + z²) for none of 10 is 27.8 %.
    assert rows[0][1:3] == [f"100.0{SPACE}% (72–100)", f"0.0{SPACE}% (0–28)"]


def test_a_row_in_one_sampling_unit_has_shares_and_no_limits():
    frame = FRAME.assign(p=[0] * 20 + list(range(1, 21)))
    found = sl.crosstab(frame, "s", "q", design=sl.Design(psu="p"), test="pearson")
    _, rows = crossed.cells(found)
    assert rows[0][1:3] == [f"50.0{SPACE}%", f"50.0{SPACE}%"]


def test_long_answers_are_cut_and_columns_stand_below_each_other():
    long = FRAME.assign(s=FRAME["s"] + " with a very long name that would not fit any terminal")
    lines = str(sl.crosstab(long, "s", "q", test="pearson")).splitlines()
    rule = next(place for place, line in enumerate(lines) if line and not line.strip("─ "))
    gaps = [place for place, mark in enumerate(lines[rule]) if mark == " "]
    for line in lines[rule - 1 : rule + 3]:
        assert {line.ljust(len(lines[rule]))[gap] for gap in gaps} == {" "}
    assert max(map(len, lines[: rule + 3])) < 120
    assert "…" in lines[rule + 1]


def test_long_heads_are_cut_too():
    long = FRAME.assign(q=FRAME["q"] + " with a very long name that would not fit any terminal")
    lines = str(sl.crosstab(long, "s", "q", test="pearson")).splitlines()
    assert max(map(len, lines[:6])) < 120


def test_marks_of_html_are_text_in_a_notebook():
    frame = FRAME.assign(s=FRAME["s"].map({"u": "<b>u</b>", "v": "v & w"}))
    page = sl.crosstab(frame, "s", "q", test="pearson")._repr_html_()
    assert "<b>u" not in page
    assert "&lt;b&gt;u&lt;/b&gt;" in page
    assert "v &amp; w" in page
    assert page.count("<tr>") == 3


def test_control_characters_do_not_reach_the_terminal():
    frame = FRAME.assign(s=FRAME["s"].map({"u": "u\x1b[31m", "v": "v\nw"}))
    printed = str(sl.crosstab(frame, "s", "q", test="pearson"))
    assert "\x1b" not in printed
    assert "v\nw" not in printed


def test_an_explanation_has_the_table_and_every_share(table):
    told = table.explain()
    assert told.startswith("q within s\nPearson's test")
    assert told.count("counted: ") == 4
    assert "10 of 20" in told
    assert "15 of 20" in told


def test_a_representation_is_a_line_or_the_table(table):
    assert "s" in repr(table)
    assert len(repr(table).splitlines()) <= 12
