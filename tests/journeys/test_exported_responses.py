"""Ingest a file, export it, open what was written with other programs: the same answers."""

import csv
from pathlib import Path

import pandas as pd
import pytest

import surveylib as sl
from surveylib.present.responses import export_responses
from surveylib.wave.door import ingest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.journey

INSTRUMENT = """\
format: surveylib.instrument/1
id: shops
version: "1"
title: {en: "Shops and towns"}
languages: [en]
provenance: Made up to test with.
population: People who go shopping.
questions:
  - id: town
    kind: single
    concept: town
    text: {en: "Do you live in a town?"}
    wording: printed
    base: {asked: all}
    period: now
    missing: [dont_know]
    option_list: complete
    options:
      - {code: "1", label: {en: "Yes"}}
      - {code: "2", label: {en: "No"}}
      - {code: "3", label: {en: "Elsewhere"}, write_in: true}
  - id: shops
    kind: multi_answer
    concept: shops
    text: {en: "Which shops are there?"}
    wording: printed
    base: {asked: all}
    period: now
    option_list: complete
    options:
      - {code: bread, label: {en: "Bread"}}
      - {code: books, label: {en: "Books"}}
  - id: metres
    kind: number
    concept: metres
    text: {en: "How far up is it?"}
    wording: printed
    base: {asked: all}
    period: now
    unit: metres
    decimals: 1
  - id: since
    kind: date
    concept: since
    text: {en: "Since when do you live there?"}
    wording: printed
    base: {asked: all}
    period: now
    precision: month
  - id: rooms
    kind: text_quantity
    concept: rooms
    text: {en: "How many rooms?"}
    wording: printed
    base: {asked: all}
    period: now
    unit: rooms
  - id: remark
    kind: text
    concept: remark
    text: {en: "Anything else?"}
    wording: printed
    base: {asked: all}
    period: now
    disclosure: open
  - id: quote
    kind: text
    concept: quote
    text: {en: "What may we print?"}
    wording: printed
    base: {asked: all}
    period: now
"""

FILE = """\
who,town,elsewhere,shops/bread,shops/books,metres,since,rooms,remark,quote,batch
p1,Yes,,1,0,-3.5,2019-04,5-6,=1+1,Print this,NA
p2,No,,0,0,12,2020-11,more than 4,"two
lines; -- and more",Ada Example said so,007
p3,Elsewhere,A lighthouse,1,1,,,,,,1-10
p4,Don't know,,0,1,0,,3,"'=x","Not this, either",
"""

COLUMNS = {
    "respondent": {"column": "who"},
    "keep": {"batch": "batch"},
    "columns": {
        "town": {"layout": "one_column", "column": "town", "write_in": {"3": "elsewhere"}},
        "shops": {
            "layout": "column_per_option",
            "options": {"bread": "shops/bread", "books": "shops/books"},
            "ticked": ["1"],
            "not_ticked": ["0"],
        },
        **{
            name: {"layout": "one_column", "column": name}
            for name in ("metres", "since", "rooms", "remark", "quote")
        },
    },
}

REDACTIONS = """\
respondent,question,status,text
p1,quote,none,
p2,quote,redacted,[a name] said so
p3,town/3:text,none,
p1,rooms,none,
p2,rooms,none,
p4,rooms,none,
"""


@pytest.fixture(scope="module")
def given(tmp_path_factory):
    """The file of responses and the questionnaire."""
    folder = tmp_path_factory.mktemp("given")
    questionnaire = folder / "instruments" / "shops" / "1.yaml"
    questionnaire.parent.mkdir(parents=True)
    questionnaire.write_text(INSTRUMENT, "utf-8")
    (folder / "shops.csv").write_text(FILE, "utf-8")
    return folder / "shops.csv", sl.load_instrument(questionnaire)


@pytest.fixture(scope="module")
def wave(given):
    found = ingest(*given, columns=COLUMNS)
    assert found.accounts.accepted == 4
    assert found.quarantine.empty
    return found.wave


@pytest.fixture(scope="module")
def written(wave, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    (folder / "redactions.csv").write_text(REDACTIONS, "utf-8")
    return export_responses(
        wave, folder, formats=["csv", "xlsx"], redactions=folder / "redactions.csv", ids=True
    )


def file(written, name):
    return next(path for path in written.files if path.name == name)


#: What the redactions make of `quote`, which `to_frame` has as it was written.
QUOTES = ["Print this", "[a name] said so", None, None]


def as_plain(value):
    """A value as it is compared: None for nothing, numbers as numbers, anything else as text."""
    if value is None or value is pd.NA or value == "" or value != value:  # noqa: PLR0124 - NaN
        return None
    return value if isinstance(value, str) else float(value)  # ticks and whole numbers, too


def expected(wave):
    frame = wave.to_frame().assign(quote=QUOTES)
    return {name: [as_plain(value) for value in frame[name]] for name in frame}


def test_pandas_reads_the_csv_file_as_the_wave(wave, written):
    wanted = expected(wave)
    texts = {"=1+1": "'=1+1", "'=x": "''=x", "two\nlines; -- and more": "two\nlines;' -- and more"}
    numbers = {name for name, values in wanted.items() if any(type(v) is float for v in values)}
    frame = pd.read_csv(
        file(written, "responses.csv"),
        dtype=dict.fromkeys(wanted.keys() - numbers, str),
        keep_default_na=False,
        na_values={name: [""] for name in numbers},
    )
    for name, values in wanted.items():
        shown = [texts.get(value, value) for value in values]
        assert [as_plain(value) for value in frame[name]] == shown, name


@pytest.mark.parametrize("engine", ["openpyxl", "calamine"])
def test_pandas_reads_the_workbook_as_the_wave(wave, written, engine):
    frame = pd.read_excel(
        file(written, "responses.xlsx"),
        sheet_name="Answers",
        engine=engine,
        dtype=object,
        keep_default_na=False,
    )
    for name, values in expected(wave).items():
        found = [as_plain(value) for value in frame[name]]
        # A number without end is a text in a workbook, which has no such number.
        assert [float(one) if one == "inf" else one for one in found] == values, name


def test_what_stayed_behind_is_told(written):
    told = {str(entry) for entry in written.lost}
    assert "quote: of 3 texts, 1 withheld, 1 redacted, 1 as they stand" in told
    every = b"".join(path.read_bytes() for path in written.files if path.suffix == ".csv")
    assert b"Ada Example" not in every
    assert b"Not this" not in every


def test_that_answers_were_made_up_is_said_first(tmp_path):
    made_up = ingest(ROOT / "waves" / "organised_groups" / "2025").wave
    out = export_responses(made_up, tmp_path, formats=["csv", "xlsx"])
    with file(out, "about.csv").open(encoding="utf-8-sig", newline="") as lines:
        told = list(csv.reader(lines))
    assert told[1] == ["simulated", made_up.manifest.simulated]
    assert [value for name, value in told if name == "caveat"] == list(made_up.manifest.caveats)
    book = file(out, "responses.xlsx")
    about = pd.read_excel(book, sheet_name="About", engine="calamine", dtype=str)
    assert about["value"][0] == made_up.manifest.simulated


def test_a_wave_that_was_written_and_read_again_gives_the_same_bytes(wave, given, tmp_path):
    stored = ingest(*given, columns=COLUMNS, out=tmp_path / "wave").wave
    one = export_responses(wave, tmp_path / "one", formats=["csv", "xlsx"], ids=True)
    two = export_responses(stored, tmp_path / "two", formats=["csv", "xlsx"], ids=True)
    assert [a.read_bytes() for a in one.files] == [b.read_bytes() for b in two.files]
