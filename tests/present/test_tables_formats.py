"""Texts of questions and answers do nothing: not to Markdown, LaTeX, HTML or great_tables."""

import dataclasses
import re
import sys

import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import MissingExtraError
from surveylib.present import tables_latex, tables_markdown

NASTY = "=1+1 | a & b % c_d <i>e</i> #f $g$ {h} ^~ \\input \"'` -- [x] *k* ▲"


@pytest.fixture(scope="module")
def found():
    frame = pd.DataFrame({"q": ["yes"] * 3 + ["no"] * 5})
    made = sl.estimate(frame, "q")
    named = {
        "title": NASTY,
        "question_text": NASTY,
        "answer_text": NASTY,
        "flags": (NASTY,),
        "notes": (NASTY,),
        "source": NASTY,
    }
    rows = tuple(dataclasses.replace(row, **named) for row in made.rows)
    return dataclasses.replace(made, rows=rows, design=NASTY)


def test_markdown_has_as_many_cells_in_each_row_whatever_texts_hold(found):
    lines = [line for line in sl.table(found).splitlines() if line.startswith("|")]
    assert {len(re.split(r"(?<!\\)\|", line)) for line in lines} == {5}


def test_markdown_escapes_can_be_taken_away_again():
    assert re.sub(r"\\(.)", r"\1", tables_markdown.escaped(NASTY)) == NASTY


@pytest.mark.parametrize(
    ("line", "expected"),
    # CommonMark 0.31, 2.4 and 5.2: a backslash before punctuation; a digit cannot have one.
    [("- a", r"\- a"), ("+ a", r"\+ a"), ("= a", r"\= a"), ("1. a", r"1\. a"), ("2) a", r"2\) a")],
)
def test_a_note_begins_no_list_and_no_heading_in_markdown(line, expected):
    assert tables_markdown.begun(line) == expected


def test_html_and_great_tables_show_marks_as_text(found):
    for page in (
        sl.table(found, format="html"),
        sl.table(found, format="great").as_raw_html(),
    ):
        assert "<i>e" not in page
        assert "&lt;i&gt;e&lt;/i&gt;" in page
        assert "&amp;lt;" not in page.split("<tbody")[1].split("</tbody")[0]


def balanced(text):
    depth = 0
    for found in re.finditer(r"\\.|[{}]", text):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth < 0:
            return False
    return depth == 0


def test_latex_leaves_no_sign_that_acts(found):
    made = sl.table(found, format="latex")
    body = made.split("\n", 1)[1]
    assert balanced(body)
    assert not re.search(r"(?<!\\)[%#$^]", body)
    assert not re.search(r"(?<!\\)_", body)
    assert "\\input" not in body
    assert "▲" not in body
    assert "--" not in body


def test_latex_has_as_many_cells_in_each_row_as_columns(found):
    made = sl.table(found, format="latex")
    columns = re.search(r"\\begin\{tabular\}\{@\{\}(\w+)@\{\}\}", made)[1]
    rows = [line for line in made.splitlines() if line.endswith(r" \\")]
    for row in rows:
        spans = sum(int(one) - 1 for one in re.findall(r"\\multicolumn\{(\d+)\}", row))
        assert len(re.split(r"(?<!\\)&", row)) + spans == len(columns)


def test_latex_opens_and_closes_its_environments_in_order(found):
    made = sl.table(found, format="latex")
    names = re.findall(r"\\(begin|end)\{(\w+)\}", made)
    stack = []
    for what, name in names:
        if what == "begin":
            stack.append(name)
        else:
            assert stack.pop() == name
    assert not stack
    rules = re.findall(r"\\(toprule|midrule|bottomrule)", made)
    assert (rules[0], rules[-1]) == ("toprule", "bottomrule")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50 %", r"50 \%"),
        ("a_b & c#d", r"a\_b \& c\#d"),
        ("\\", r"\textbackslash{}"),
        ("-- ---", r"-{}- -{}-{}-"),
        ("\u22121.6", r"\(-\)1.6"),
        ("[x]*", "{[}x{]}{*}"),
        ("it's", r"it\textquotesingle{}s"),
    ],
)
def test_latex_escapes_one_by_one(text, expected):
    assert tables_latex.escaped(text) == expected


def test_a_rule_below_a_spanner_covers_its_columns():
    frame = pd.DataFrame({"w": ["1", "2"] * 4, "q": list("aabbabab")})
    made = sl.table(sl.estimate(frame, "q", wave="w"), format="latex")
    assert r"\cmidrule(lr){2-3} \cmidrule(lr){4-5}" in made


def test_control_characters_are_written_out_in_every_format(found):
    rows = tuple(dataclasses.replace(row, answer_text="a\x1b[31m\x00b") for row in found.rows)
    changed = dataclasses.replace(found, rows=rows)
    for form in ("markdown", "html", "latex"):
        made = sl.table(changed, format=form)
        assert "\x1b" not in made
        assert "\x00" not in made


def test_great_tables_has_a_spanner_for_each_wave_and_quiet_intervals():
    frame = pd.DataFrame(
        {"w": ["1", "2"] * 4, "g": ["u", "v", "v", "u"] * 2, "q": list("aabbabab")}
    )
    page = sl.table(sl.estimate(frame, "q", wave="w", by="g"), format="great").as_raw_html()
    spanners = re.findall(r'gt_column_spanner">([^<]+)<', page)
    assert spanners == ["1", "2", "u", "v", "u", "v"]
    assert "background-color: white; color: #565b6b;font-size: 86%;" in page


def test_a_great_table_is_the_same_each_time(found):
    pages = [sl.table(found, format="great").as_raw_html() for _ in range(2)]
    assert pages[0] == pages[1]


def test_without_great_tables_the_message_says_what_to_install(found, monkeypatch):
    monkeypatch.setitem(sys.modules, "great_tables", None)
    with pytest.raises(MissingExtraError, match=re.escape("pip install 'surveylib[report]'")):
        sl.table(found, format="great")
