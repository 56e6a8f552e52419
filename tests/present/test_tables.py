"""Tables in every format say what the result says, and nothing of what is withheld."""

import csv
import dataclasses
import json
import re
from html.parser import HTMLParser

import openpyxl
import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import MethodError
from surveylib.present.tables import FORMATS

#: 48 of 80 and 56 of 70: Newcombe (1998), Statistics in Medicine 17:873, Table II, example a.
EARLIER, LATER = (48, 80), (56, 70)
#: The same in percent, by hand.
SHARES = ["60.0\u00a0%", "80.0\u00a0%", "40.0\u00a0%", "20.0\u00a0%"]


def people(wave, group, yes, n):
    return [
        {"wave": wave, "group": group, "q": "yes" if place < yes else "no"} for place in range(n)
    ]


@pytest.fixture(scope="module")
def waves():
    frame = pd.DataFrame(people("2023", "a", *EARLIER) + people("2024", "a", *LATER))
    return sl.estimate(frame, "q", wave="wave"), sl.change(frame, "q", wave="wave")


@pytest.fixture(scope="module")
def printed():
    return sl.load_study("waves/netclean")


class Cells(HTMLParser):
    """The texts of all cells of an HTML table, row by row."""

    def __init__(self, page):
        super().__init__()
        self.rows, self.open = [], False
        self.feed(page)

    def handle_starttag(self, tag, attrs):  # noqa: ARG002 - the parser gives it
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self.open = True

    def handle_endtag(self, tag):
        self.open = self.open and tag not in {"td", "th"}

    def handle_data(self, data):
        if self.open:
            self.rows[-1][-1] += data


def unescaped_markdown(text):
    return re.sub(r"\\(.)", r"\1", text)


def rows_of(made, form):
    """Every row of a table as texts, read by the rules of its format."""
    if form == "great":
        return Cells(made.as_raw_html()).rows
    if form == "html":
        return Cells(made).rows
    if form == "markdown":
        lines = [line for line in made.splitlines() if line.startswith("|")]
        return [
            [unescaped_markdown(cell.strip()) for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            for line in lines
        ]
    lines = [line.removesuffix(r" \\") for line in made.splitlines() if line.endswith(r" \\")]
    return [
        [
            re.sub(r"\{\\footnotesize (.*)\}", r"\1", cell).strip()
            .replace(r"\%", "%").replace("~", "\u00a0").replace(r"\(-\)", "\u2212")
            for cell in re.split(r"(?<!\\)&", line)
        ]
        for line in lines
    ]  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_the_shares_of_the_result(waves, form):
    rows = rows_of(sl.table(waves[0], format=form), form)
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell in SHARES] == [
        *("40.0\u00a0%", "20.0\u00a0%", "60.0\u00a0%", "80.0\u00a0%")
    ]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_the_same_intervals_and_bases(waves, form):
    cells = [cell for row in rows_of(sl.table(waves[0], format=form), form) for cell in row]
    # statsmodels.stats.proportion.proportion_confint(48, 80, method="wilson"), and of 56 of 70
    assert "49.0 to 70.0\u00a0%" in cells
    assert "69.2 to 87.7\u00a0%" in cells
    assert cells[cells.index("n") :][:4] in (["n", "80", "", "70"], ["n", "80", "", "70", ""])


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_the_difference_in_points(waves, form):
    cells = [cell for row in rows_of(sl.table(waves[1], format=form), form) for cell in row]
    assert "+20.0" in cells
    assert "\u221220.0" in cells
    assert "+5.2 to +33.4" in cells  # Newcombe (1998): 0.0524 to 0.3339
    assert "increased" in cells


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "great"])
def test_the_same_result_gives_the_same_text(waves, form):
    assert sl.table(waves[1], format=form) == sl.table(waves[1], format=form)


def test_a_printed_figure_stands_as_it_was_printed(printed):
    made = sl.table(sl.estimate(printed, "region"))
    usa = next(line for line in made.splitlines() if line.startswith("| USA"))
    # published.csv of 2016, 2018, 2019 and 2020: 61.1, 54.4, 46.4 and 44 per cent
    assert re.findall(r"(?<= )(\d[\d.]*)\u00a0% ", usa)[::2] == ["61.1", "54.4", "46.4", "44"]


def test_what_was_not_printed_and_what_was_not_asked_are_told_apart(printed):
    made = sl.table(sl.estimate(printed, "rising_trends"))
    mobile = next(line for line in made.splitlines() if "martphones" in line and line[0] == "|")
    assert r"\[x\]" in mobile
    assert r"\[x\] no figure was printed" in made
    assert r"\[z\] no such answer in this wave" in made


def test_wordings_that_differ_are_told_with_their_waves(printed):
    made = sl.table(sl.estimate(printed, "rising_trends"))
    assert "“Which trends are increasing and important?” (2016)" in made


def test_flags_are_footnotes_and_each_stands_once(printed):
    made = sl.table(sl.estimate(printed, "region"))
    assert "34.7\u00a0%¹,²" in made
    assert made.count("\n² base-smaller: No whole count of 272 is printed as 34.7") == 1


def test_standards_mark_a_figure_and_leave_it(waves):
    first, *rest = waves[0].rows
    flagged = dataclasses.replace(first, flags=("suppress",), notes=("Too few people.",))
    made = sl.table(dataclasses.replace(waves[0], rows=(flagged, *rest)))
    assert "40.0\u00a0%¹" in made
    assert "¹ suppress: Too few people." in made


NUMBERS = {
    field.name: None
    for field in dataclasses.fields(sl.Estimate)
    if "float" in str(field.type) or "int" in str(field.type)
}


def hidden(row):
    """A row as it is when it is withheld."""
    kept = {"confidence_level": row.confidence_level}
    return dataclasses.replace(
        row, flags=("withheld",), notes=("Withheld.",), printed="", read_as="",
        **{**NUMBERS, **kept},
    )  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_a_withheld_figure_is_a_sign_with_its_meaning(waves, form):
    gone = dataclasses.replace(waves[0], rows=(*waves[0].rows[:3], hidden(waves[0].rows[3])))
    made = sl.table(gone, format=form)
    rows = rows_of(made, form)
    [line] = [row for row in rows if row[0] == "yes"]
    whole = made.as_raw_html() if form == "great" else made
    assert line[3].replace("{[}", "[").replace("{]}", "]") == "[c]"
    assert line[4:] in ([""], [])
    assert "80.0" not in whole
    assert "withheld, so that nobody can be recognised" in whole


def test_a_column_that_is_withheld_has_no_base(waves):
    rows = (*waves[0].rows[:2], *map(hidden, waves[0].rows[2:]))
    made = sl.table(dataclasses.replace(waves[0], rows=rows))
    assert "| n | 80 |  | \\[c\\] |  |" in made


def test_files_and_workbooks_hold_nothing_of_a_withheld_figure(waves, tmp_path):
    # Whoever made the rows left the numbers in: they still do not leave.
    last = dataclasses.replace(waves[0].rows[3], flags=("withheld",), notes=("Withheld.",))
    gone = dataclasses.replace(waves[0], rows=(*waves[0].rows[:3], last))
    sl.write_data(gone, tmp_path)
    sl.write_workbook(gone, tmp_path / "t.xlsx")
    *_, row = csv.DictReader((tmp_path / "data.csv").read_text("utf-8").splitlines())
    told = {name for name, value in row.items() if value}
    assert not told & (set(NUMBERS) - {"confidence_level"} | {"printed", "read_as", "place"})
    found = json.loads((tmp_path / "data.json").read_text("utf-8"))["rows"][3]
    assert [found[name] for name in NUMBERS if name != "confidence_level"] == [None] * (
        len(NUMBERS) - 1
    )
    assert "56 of 70" not in (tmp_path / "data.json").read_text("utf-8")
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["q"]
    values = [cell for row in sheet.iter_rows(values_only=True) for cell in row]
    assert "[c]" in values
    assert 0.8 not in values


def test_a_table_of_trends_has_the_shares_and_the_slope():
    frame = pd.DataFrame(
        [row for year, yes in ((2021, 10), (2022, 20), (2023, 30)) for row in
         people(year, "a", yes, 100)]
    )  # fmt: skip
    made = sl.table(sl.trend(frame, "q/yes", wave="wave"))
    line = next(line for line in made.splitlines() if line.startswith("| yes"))
    assert [share in line for share in ("10.0\u00a0%", "20.0\u00a0%", "30.0\u00a0%")] == [True] * 3
    assert "+10.00" in line  # a tenth more each year
    assert "rising" in line


def test_a_crosstab_has_its_groups_in_columns_and_their_share_of_all():
    frame = pd.DataFrame(people("1", "a", 10, 20) + people("1", "b", 5, 60))
    made = sl.table(sl.crosstab(frame, "group", "q"), labels={"group=a": "the first"})
    assert "| answer | the first, share |" in made
    assert "| share of all | 25.0\u00a0% |  | 75.0\u00a0% |  |" in made
    assert "n = 80 who answered both" in made


def test_several_questions_are_sections_of_one_table(printed):
    both = sl.table(sl.estimate(printed, "region"))
    made = sl.table(
        dataclasses.replace(
            sl.estimate(printed, "region"),
            rows=(*sl.estimate(printed, "region").rows, *sl.estimate(printed, "ai_important").rows),
        )
    )
    assert "**Importance of AI" in made
    assert "**Importance of AI" not in both


def test_a_format_that_does_not_exist_is_refused_by_name(waves):
    with pytest.raises(MethodError, match=r"no table method called 'htm'; did you mean 'html'"):
        sl.table(waves[0], format="htm")


def test_what_has_no_table_is_refused(printed):
    with pytest.raises(MethodError, match="result is a Study; wanted one of: Estimates, Changes"):
        sl.table(printed)


@pytest.mark.parametrize("sign", ["letters", "arrows"])
def test_waves_are_not_compared_without_changes(waves, sign):
    with pytest.raises(MethodError, match="nothing here can be compared"):
        sl.table(waves[0], **{sign: True})


def test_changes_must_be_changes(waves):
    with pytest.raises(MethodError, match="changes holds a Estimates; wanted what"):
        sl.table(waves[0], letters=True, changes=[waves[0]])


def test_labels_must_name_groups(waves):
    with pytest.raises(MethodError, match="labels is a list; wanted names by 'question=answer'"):
        sl.table(waves[0], labels=["a"])


@pytest.mark.parametrize("form", FORMATS)
def test_a_result_without_rows_still_says_what_must_be_known(waves, form):
    empty = dataclasses.replace(waves[1], rows=(), done=("Nothing could be compared.",))
    made = sl.table(empty, format=form)
    whole = made.as_raw_html() if form == "great" else made
    assert "Nothing could be compared." in whole
