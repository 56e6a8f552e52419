"""The questionnaires on open source programmes against the exports they were taken from.

`SURVEYLIB_DATA` names the folder of real inputs; left out, `../shared/data`.
"""

import csv
import datetime as dt
import os
import re
from functools import cache
from pathlib import Path

import pytest

import surveylib as sl

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("SURVEYLIB_DATA", ROOT.parent / "shared" / "data")) / "ospo"
#: The export of each year, and how many rows stand above the two header rows.
EXPORTS = {
    "2018": ("results.csv", 0),
    "2019": ("results.csv", 1),
    "2020": ("results_2020.csv", 0),
    "2021": ("results.csv", 0),
}

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        not all((DATA / year / name).is_file() for year, (name, _) in EXPORTS.items()),
        reason=f"no real inputs at {DATA}",
    ),
]

_PROGRAMME = (
    "Does your company have an open source program (either formal or informal) or management "
    "initiative?"
)
#: Heads that are not the text of the question, and the reason why the instrument differs.
HEADS = {
    # The questionnaire and the notes on time series agree on another wording.
    ("2020", "programme"): _PROGRAMME,
    # The head repeats the wording of 2018, as in 2020.
    ("2021", "programme"): _PROGRAMME,
    # The head of question 38 is that of question 39; only the number tells them apart.
    ("2021", "foundation_member"): "Q38",
}
#: Answers that are damaged, and the labels that they were.
DAMAGES = {
    # Day numbers of a spreadsheet that took labels for dates of the year it was opened in.
    ("2019", "projects_maintained", "43475"): "1-10",
    ("2019", "contributing_developers", "43470"): "1-5",
    ("2019", "contributing_developers", "43626"): "6-10",
    # Cut short: the list would leave out 6 to 50.
    ("2021", "organisation_size", "2-5"): "2-50",
}
#: Ways of not answering that one question shows in other words.
SHOWN_AS = {("2021", "would_benefit", "Unknown"): "Don't know"}
_STRAIGHT = str.maketrans("’“”", '\'""')
#: Columns that hold respondents' own words, or what was made of them.
_OWN_WORDS = re.compile(r"(Recoded_or_edited-)?Other \(please|Recode$")


def plain(text):
    """A text without what exports do to typography."""
    text = text.replace("\N{NO-BREAK SPACE}", " ").translate(_STRAIGHT)
    return " ".join(text.split())


@cache
def export(year):
    """Heads, subheads and rows; a blank head is that of the column before."""
    name, above = EXPORTS[year]
    with (DATA / year / name).open(encoding="utf-8-sig", newline="") as file:
        heads, subheads, *rows = list(csv.reader(file))[above:]
    filled = []
    for head in heads:
        filled.append(plain(head) if head else filled[-1])
    return filled, [plain(subhead) for subhead in subheads], rows


def columns(year, question):
    """Positions of the columns of a question."""
    heads, _, _ = export(year)
    wanted = plain(HEADS.get((year, question.id), question.text["en"]))
    if wanted.startswith("Q"):
        return [place for place, head in enumerate(heads) if head.startswith(wanted)]
    numbered = re.compile(r"^Q\d+ \d+—\s*")
    return [place for place, head in enumerate(heads) if numbered.sub("", head) == wanted]


def questions():
    return [
        pytest.param(year, question, id=f"{year}-{question.id}")
        for year in EXPORTS
        for question in sl.load_instrument(ROOT / "instruments" / "ospo" / f"{year}.yaml").questions
    ]


def restored(year, question, answer):
    """An answer as it was shown, where it is damaged or shown in other words."""
    key = (year, question.id, answer)
    return DAMAGES.get(key) or SHOWN_AS.get(key) or answer


def labels(year, question):
    """Every text that a column of the question may hold."""
    instrument = sl.load_instrument(ROOT / "instruments" / "ospo" / f"{year}.yaml")
    options = {plain(option.label["en"]) for option in question.options}
    return options | {plain(instrument.missing_label(state)) for state in question.missing}


@pytest.mark.parametrize(("year", "question"), questions())
def test_every_answer_is_a_label_or_a_known_damage(year, question):
    _, subheads, rows = export(year)
    answers = {
        restored(year, question, plain(row[place]))
        for place in columns(year, question)
        if not _OWN_WORDS.match(subheads[place])
        for row in rows
    }
    assert answers != {""}
    assert answers - {""} - labels(year, question) == set()


@pytest.mark.parametrize(("year", "question"), questions())
def test_every_label_was_chosen_by_somebody(year, question):
    _, _, rows = export(year)
    answers = {
        restored(year, question, plain(row[place]))
        for place in columns(year, question)
        for row in rows
    }
    written_in = {plain(option.label["en"]) for option in question.options if option.write_in}
    assert labels(year, question) - answers - written_in == set()


@pytest.mark.parametrize(("year", "question"), questions())
def test_every_row_and_tick_has_its_column(year, question):
    _, subheads, _ = export(year)
    # The export of 2019 tells columns of the same name apart by a number at the end.
    there = {re.sub(r"(?<=[a-z).])\d+$", "", subheads[place]) for place in columns(year, question)}
    wanted = set()
    if question.kind == "grid":
        wanted = {plain(row.text["en"]) for row in question.rows}
    elif question.kind == "multi_answer":
        wanted = {plain(option.label["en"]) for option in question.options if not option.write_in}
    assert wanted - there == set()


@pytest.mark.parametrize(("key", "label"), list(DAMAGES.items()))
def test_a_day_number_is_the_date_that_its_label_looks_like(key, label):
    year, _, raw = key
    if not raw.isdigit():
        assert label.startswith(raw)
        return
    day = dt.date(1899, 12, 30) + dt.timedelta(days=int(raw))  # where spreadsheets begin to count
    assert (f"{day.month}-{day.day}", str(day.year)) == (label, year)


def test_those_without_a_formal_programme_were_asked_for_its_employees_too():
    # The questionnaire of 2020 routes only those with a formal programme there.
    year = "2020"
    instrument = sl.load_instrument(ROOT / "instruments" / "ospo" / f"{year}.yaml")
    _, _, rows = export(year)
    (formal,) = columns(year, instrument.question("structure"))
    (employees,) = columns(year, instrument.question("programme_employees"))
    assert sum(row[formal] == "No" and row[employees] != "" for row in rows) > 0
