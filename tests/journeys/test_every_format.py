"""The same answers in every format that is read: written by other programs, taken as one wave.

The answers are those of `waves/organised_groups/2026`, which are made up. Each file is written with
a library or by the rules of the program that people export from, out of the rows of the CSV file.
Each is read twice: with a mapping in a script, and as a new user would, by a draft of wave.yaml.
"""

import csv
import datetime as dt
import json
import re
import shutil
import sys
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest
import yaml

import surveylib as sl
from surveylib.cli import main
from surveylib.wave.readers.opening import open_responses

pytestmark = pytest.mark.journey

ROOT = Path(__file__).parents[2]
GROUPS = ROOT / "waves" / "organised_groups"
INSTRUMENTS = ROOT / "instruments" / "organised_groups"
ONE = ("groups_encountered", "groups_count", "groups_number_change", "organisation_level_change",
       "caution_change", "largest_group_size", "region")  # fmt: skip
SETS = ("groups_places", "groups_platforms")
TEXT = "groups_platforms/other:text"
#: Numbers of ways of not answering in the data files of statistical programs.
MISSING = {"dont_know": -91, "refused": -92}
#: Stata's missing values, `.a` and `.b`, as pyreadstat writes them.
LETTERS = {"dont_know": "a", "refused": "b"}


@dataclass(frozen=True, kw_only=True)
class Source:
    """The rows of the CSV file, its questionnaire, and what wave.yaml says of its columns."""

    rows: list
    instrument: sl.Instrument
    manifest: dict

    def lines(self):
        return [list(self.rows[0]), *(list(row.values()) for row in self.rows)]

    def columns(self, **changes):
        """The mapping of wave.yaml, with other entries for some questions."""
        told = {part: self.manifest[part] for part in ("respondent", "timing", "blanks")}
        return told | {"columns": self.manifest["columns"] | changes}

    def codes(self, question):
        """The code of each English label of a question, ways of not answering among them."""
        asked = self.instrument.question(question)
        found = {option.label["en"]: option.code for option in asked.answers}
        return found | {self.instrument.missing_labels[code]["en"]: code for code in asked.missing}

    def parts(self, question):
        """The columns of a question with several answers: code of each option or missing state."""
        asked = self.instrument.question(question)
        return [*(option.code for option in asked.answers), *asked.missing]

    def label(self, question, code, language="en"):
        asked = self.instrument.question(question)
        known = {option.code: option.label for option in asked.answers}
        return (known | dict(self.instrument.missing_labels))[code][language]

    def text(self, question, language="en"):
        return self.instrument.question(question).text[language]

    def spread(self, question, column, **more):
        """The layout of a question with several answers, from a function that names columns."""
        missing = self.instrument.question(question).missing
        named = {code: column(question, code) for code in self.parts(question)}
        return {
            "layout": "column_per_option",
            "options": {code: at for code, at in named.items() if code not in missing},
            "missing": {code: at for code, at in named.items() if code in missing},
            **more,
        }


@dataclass(frozen=True, kw_only=True)
class Given:
    """Responses in a format, and what somebody says of them.

    `columns`, `options` and `file_format` go to `ingest`, `typed` to `surveylib wave new`, and
    `decide` is what they change in the draft besides deleting its marks.
    """

    source: object
    columns: dict
    options: sl.ReadOptions | None = None
    file_format: str | None = None
    typed: tuple = ()
    decide: Callable[[str], str] = str


@pytest.fixture(scope="module")
def source():
    with (GROUPS / "2026" / "responses.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 260
    return Source(
        rows=rows,
        instrument=sl.load_instrument(INSTRUMENTS / "1.0.yaml"),
        manifest=yaml.safe_load((GROUPS / "2026" / "wave.yaml").read_text("utf-8")),
    )


@pytest.fixture(scope="module")
def wave():
    """The wave that the CSV file gives."""
    return sl.ingest(GROUPS / "2026").wave


# --- text -------------------------------------------------------------------------------------


def table(path, lines, *, encoding="utf-8", **style):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, **style).writerows(lines)
    return path


def csv_as_it_is(source, folder):
    return Given(source=table(folder / "answers.csv", source.lines()), columns=source.columns())


def tabs(source, folder):
    path = table(folder / "answers.tsv", source.lines(), delimiter="\t")
    return Given(source=path, columns=source.columns())


def semicolons_with_a_mark(source, folder):
    path = table(folder / "answers.csv", source.lines(), encoding="utf-8-sig", delimiter=";")
    return Given(source=path, columns=source.columns())


def windows_letters(source, folder):
    """German headers and labels in a file as a German Excel writes it."""
    language = {}
    for name in (*ONE, *SETS):
        language[name] = source.text(name, "de")
        for label, code in source.codes(name).items():
            language[name, label] = source.label(name, code, "de")
    lines = [[language.get(head, head) for head in source.rows[0]]]
    lines += [
        [language.get((head, cell), cell) for head, cell in row.items()] for row in source.rows
    ]
    path = table(folder / "answers.csv", lines, encoding="cp1252", delimiter=";")
    assert b"Wei\xdf nicht" in path.read_bytes()
    return Given(
        source=path,
        columns=source.columns(**{name: language[name] for name in ONE}),
        options=sl.ReadOptions(encoding="cp1252", delimiter=";"),
        typed=("--encoding", "cp1252"),
    )


def two_headers_below_a_title(source, folder):
    """Questions above, options below, and the label of an option where it was chosen."""
    first, second, at = [], [], {}
    for place, head in enumerate(source.rows[0]):
        name, _, code = head.partition("/")
        at[head] = openpyxl.utils.get_column_letter(place + 1)
        new = name in (*ONE, *SETS) and source.text(name) not in first
        first.append(source.text(name) if new else "" if code else head)
        label = source.label(name, code.partition(":")[0]) if code else ""
        second.append(label or "Response" * (name in ONE))

    def cell(head, text):
        name, _, code = head.partition("/")
        tick = bool(code) and ":" not in code
        return source.label(name, code) if tick and text == "1" else "" if tick else text

    title = ["Organised groups, every answer", *[""] * (len(first) - 1)]
    body = [[cell(head, text) for head, text in row.items()] for row in source.rows]
    path = table(folder / "answers.csv", [title, first, second, *body])
    assert sum(bool(head) for head in first) == 13

    def column(name, code):
        return {"at": at[f"{name}/{code}"]}

    spread = {name: source.spread(name, column) for name in SETS}
    spread["groups_platforms"]["write_in"] = {"other": {"at": at[TEXT]}}
    return Given(
        source=path,
        columns=source.columns(**{name: source.text(name) for name in ONE}, **spread),
        options=sl.ReadOptions(title_rows=1, header_rows=2, fill_heads=True),
        typed=("--title-rows", "1", "--header-rows", "2", "--fill-heads"),
    )


# --- workbooks --------------------------------------------------------------------------------


def typed(head, text):
    """A cell as a spreadsheet holds it: a number, a time, a text, or nothing."""
    if not text:
        return None
    if head in {"started", "ended"}:
        return dt.datetime.fromisoformat(text)
    return int(text) if text in {"0", "1"} else text


def xlsx(source, folder):
    book = openpyxl.Workbook()
    sheet = book.active
    for line in [list(source.rows[0]), *typed_rows(source)]:
        sheet.append(line)
    book.save(folder / "answers.xlsx")
    return Given(source=folder / "answers.xlsx", columns=source.columns())


def typed_rows(source):
    return [[typed(head, text) for head, text in row.items()] for row in source.rows]


ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content office:version="1.3"
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="answers">{rows}</table:table>
</office:spreadsheet></office:body></office:document-content>"""


def ods_cell(value):
    if value is None:
        return "<table:table-cell/>"
    kind, stored = "string", ""
    if isinstance(value, dt.datetime):
        kind, stored = "date", f' office:date-value="{value.isoformat()}"'
    elif isinstance(value, int):
        kind, stored = "float", f' office:value="{value}"'
    shown = f"<text:p>{escape(str(value))}</text:p>"
    return f'<table:table-cell office:value-type="{kind}"{stored}>{shown}</table:table-cell>'


def ods(source, folder):
    rows = "".join(
        f"<table:table-row>{''.join(map(ods_cell, line))}</table:table-row>"
        for line in [list(source.rows[0]), *typed_rows(source)]
    )
    with zipfile.ZipFile(folder / "answers.ods", "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("content.xml", ODS.format(rows=rows))
    return Given(source=folder / "answers.ods", columns=source.columns())


# --- columns with types -----------------------------------------------------------------------


def frame_of(source):
    """Times as times, ticks as booleans, listed answers as categories; what is not there is NA."""
    frame = pd.DataFrame(source.rows)
    found = {}
    for head in frame:
        texts = frame[head].mask(frame[head] == "")
        if head in {"started", "ended"}:
            found[head] = pd.to_datetime(texts)
        elif "/" in head and head != TEXT:
            found[head] = texts.map({"0": False, "1": True}).astype("boolean")
        else:
            found[head] = texts.astype("category" if head in ONE else "str")
    return pd.DataFrame(found)


def with_booleans(source):
    """The mapping of columns whose ticks are true and false."""
    ticks = {"ticked": ["true"], "not_ticked": ["false"]}
    return source.columns(**{name: source.manifest["columns"][name] | ticks for name in SETS})


def pandas_frame(source, _folder):
    return Given(source=frame_of(source), columns=with_booleans(source))


def duckdb_relation(source, folder):
    path = table(folder / "answers.csv", source.lines())
    relation = duckdb.connect().read_csv(str(path), header=True)
    assert set(map(str, relation.types)) == {"VARCHAR", "TIMESTAMP", "BOOLEAN", "BIGINT"}
    finished = {"finished": {"column": "finished", "texts": ["true", "yes"]}}
    return Given(source=relation, columns=source.columns() | {"blanks": finished})


def parquet(source, folder):
    path, answers = folder / "answers.parquet", frame_of(source).astype(dict.fromkeys(ONE, "str"))
    with duckdb.connect() as connection:
        relation = connection.from_df(answers)
        relation.write_parquet(str(path))
        types = set(map(str, connection.read_parquet(str(path)).types))
    assert {"BOOLEAN", "VARCHAR"} < types
    return Given(source=path, columns=with_booleans(source))


# --- statistical programs ---------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Numbered:
    """Answers as numbers: what SPSS and Stata files hold, with the label of each number."""

    cells: dict
    labels: dict
    titles: dict


def numbered(source, missing):
    """Number the options from 1; ways of not answering have the numbers of `missing`."""
    made = Numbered(cells={}, labels={}, titles={})
    for head in ("respondent", "finished", "started", "ended"):
        texts = [row[head] for row in source.rows]
        time = head in {"started", "ended"}
        made.cells[head] = [dt.datetime.fromisoformat(text) for text in texts] if time else texts
    for name in ONE:
        known = source.codes(name)
        options = [code for code in known.values() if code not in missing]
        numbers = dict(zip(options, range(1, 10), strict=False)) | missing
        made.cells[name] = [numbers.get(known.get(row[name])) for row in source.rows]
        made.labels[name] = {numbers[code]: label for label, code in known.items()}
        made.titles[name] = source.text(name)
    for name in SETS:
        for code in source.parts(name):
            head = f"{name}_{code}"
            ticks = [row[f"{name}/{code}"] for row in source.rows]
            made.cells[head] = [int(tick) if tick else None for tick in ticks]
            made.labels[head] = {0: "Not selected", 1: source.label(name, code)}
            made.titles[head] = f"{source.text(name)} - {source.label(name, code)}"
    made.cells["groups_platforms_other_text"] = [row[TEXT] for row in source.rows]
    return made


def with_values(source, made, mark=str):
    """The mapping of columns with numbers: `values` says what each stands for."""
    changes = {
        name: {
            "column": name,
            "values": {mark(n): source.codes(name)[told] for n, told in made.labels[name].items()},
        }
        for name in ONE
    }
    for name in SETS:
        ticks = {"ticked": ["1"], "not_ticked": ["0"]}
        changes[name] = source.spread(name, "{}_{}".format, **ticks)
    changes["groups_platforms"]["write_in"] = {"other": "groups_platforms_other_text"}
    return source.columns(**changes)


def sav(source, folder):
    """Ways of not answering are numbers that the file declares missing, as in our own files."""
    made = numbered(source, MISSING)
    pyreadstat.write_sav(
        pd.DataFrame(made.cells),
        folder / "answers.sav",
        column_labels=made.titles,
        variable_value_labels=made.labels,
        missing_ranges={name: [{"lo": -99, "hi": -91}] for name in ONE},
    )
    return Given(source=folder / "answers.sav", columns=with_values(source, made))


def dta(source, folder):
    """Ways of not answering are Stata's own missing values; labels may have 80 letters."""
    made = numbered(source, LETTERS)
    pyreadstat.write_dta(
        pd.DataFrame(made.cells),
        folder / "answers.dta",
        column_labels={head: title[:80] for head, title in made.titles.items()},
        variable_value_labels=made.labels,
        missing_user_values={name: list(LETTERS.values()) for name in ONE},
    )

    def mark(value):
        return f".{value}" if value in LETTERS.values() else str(value)

    def decide(text):
        # Of most columns of ways of not answering nothing says what they are: labels were cut.
        told = yaml.safe_load(text)
        for name in SETS:
            told["columns"][name]["missing"] = {code: f"{name}_{code}" for code in LETTERS}
        told.pop("ignore", None)
        return yaml.safe_dump(told, sort_keys=False)

    path = folder / "answers.dta"
    return Given(source=path, columns=with_values(source, made, mark), decide=decide)


def sav_with_missing_ticks(source, folder):
    """A missing value in every column of a question, as our own codebooks for SPSS have it."""
    made = numbered(source, MISSING)
    for name in SETS:
        gone = {code: made.cells.pop(f"{name}_{code}") for code in MISSING}
        for head in [
            head for head in made.cells if head.startswith(f"{name}_") and head in made.labels
        ]:
            for code, ticks in gone.items():
                made.cells[head] = [
                    MISSING[code] if gave == 1 else cell
                    for gave, cell in zip(ticks, made.cells[head], strict=True)
                ]
            made.labels[head] |= {MISSING[code]: source.label(name, code) for code in MISSING}
    labels = {head: told for head, told in made.labels.items() if head in made.cells}
    pyreadstat.write_sav(
        pd.DataFrame(made.cells),
        folder / "answers.sav",
        column_labels={head: title for head, title in made.titles.items() if head in labels},
        variable_value_labels=labels,
        missing_ranges={head: [{"lo": -99, "hi": -91}] for head in labels},
    )
    columns = with_values(source, made)
    for name in SETS:
        del columns["columns"][name]["missing"]
        columns["columns"][name]["values"] = {str(n): code for code, n in MISSING.items()}

    def decide(text):
        # What the four numbers in these columns mean is asked of whoever knows.
        told = yaml.safe_load(text)
        for name in SETS:
            values = {str(n): code for code, n in MISSING.items()}
            told["columns"][name] |= {"ticked": ["1"], "not_ticked": ["0"], "values": values}
        return yaml.safe_dump(told, sort_keys=False)

    return Given(source=folder / "answers.sav", columns=columns, decide=decide)


# --- survey tools -----------------------------------------------------------------------------


def surveyjs(source, folder):
    """Results by name: the code of an answer, a list of codes, a comment; nothing where blank."""
    found = []
    for row in source.rows:
        record = {head: row[head] for head in ("respondent", "started", "ended", "finished")}
        record |= {name: source.codes(name)[row[name]] for name in ONE if row[name]}
        for name in SETS:
            chosen = [code for code in source.parts(name) if row[f"{name}/{code}"] == "1"]
            record |= {name: chosen} if chosen else {}
        if row[TEXT]:
            record["groups_platforms-Comment"] = row[TEXT]
        found.append(record)
    path = folder / "answers.json"
    path.write_text(json.dumps(found), "utf-8")
    changes = {"write_in": {"other": "groups_platforms-Comment"}}
    platforms = source.manifest["columns"]["groups_platforms"] | changes
    return Given(source=path, columns=source.columns(groups_platforms=platforms))


def limesurvey(source, folder):
    """Codes and texts as headings, labels as answers, Y and N for boxes to tick."""
    heads = {"respondent": "id. Response ID", "finished": "lastpage. Last page"}
    heads |= {"started": "startdate. Date started", "ended": "datestamp. Date last action"}
    codes = {name: f"G{place}" for place, name in enumerate(source.instrument.question_ids, 1)}
    columns = {name: codes[name] for name in ONE}
    heads |= {name: f"{codes[name]}. {source.text(name)}" for name in ONE}
    part = {}
    for name in SETS:
        for place, code in enumerate(source.parts(name), start=1):
            part[name, code] = f"{codes[name]}[SQ{place:03}]"
            text = f"{source.text(name)} [{source.label(name, code)}]"
            heads[f"{name}/{code}"] = f"{part[name, code]}. {text}"
    comment = part["groups_platforms", "other"].replace("]", "comment]")
    heads[TEXT] = f"{comment}. {source.text('groups_platforms')} [Comment]"
    changes = {
        "started": lambda text: text.replace("T", " "),
        "ended": lambda text: text.replace("T", " "),
        "finished": lambda text: {"yes": "3", "no": "1"}[text],
    }
    ticks = {"1": "Y", "0": "N", "": ""}
    changes |= {f"{name}/{code}": ticks.get for name in SETS for code in source.parts(name)}
    lines = [[heads[head] for head in source.rows[0]]]
    lines += [[changes.get(head, str)(cell) for head, cell in row.items()] for row in source.rows]
    path = table(folder / "answers.csv", lines, quoting=csv.QUOTE_ALL)
    for name in SETS:
        columns[name] = source.spread(
            name, lambda name, code: part[name, code], ticked=["Y"], not_ticked=["N"]
        )
    columns["groups_platforms"]["write_in"] = {"other": comment}

    def decide(text):
        # Times are no questions, and a comment is the text beside its option.
        told = yaml.safe_load(text)
        told["timing"] = {"started": "startdate", "ended": "datestamp"}
        told["columns"]["groups_platforms"]["write_in"] = {"other": comment}
        told.pop("ignore", None)
        return yaml.safe_dump(told, sort_keys=False)

    return Given(
        source=path,
        columns=source.columns(**columns)
        | {
            "respondent": {"column": "id"},
            "timing": {"started": "startdate", "ended": "datestamp"},
            "blanks": {
                "finished": {"column": "lastpage", "texts": ["3"]},
                "routed": "by_software",
            },
        },
        file_format="limesurvey",
        typed=("--format", "limesurvey"),
        decide=decide,
    )


# --- what must be so --------------------------------------------------------------------------

FILES = [csv_as_it_is, tabs, semicolons_with_a_mark, windows_letters, two_headers_below_a_title,
         xlsx, ods, parquet, sav, sav_with_missing_ticks, dta, surveyjs, limesurvey]  # fmt: skip
FORMATS = [*FILES, pandas_frame, duckdb_relation]


def assert_same(found, wave):
    """Every count, and in every row each answer, state, text and time."""
    assert found.rows == wave.rows == 260
    assert found.question_ids == wave.question_ids
    for name in wave.question_ids:
        assert found.counts(name) == wave.counts(name)
    assert [one.name for one in found.fields] == [one.name for one in wave.fields]
    for one in wave.fields:
        same = np.testing.assert_array_equal
        same(found.column(one.name), wave.column(one.name), err_msg=one.name)


def test_the_wave_of_the_csv_file_is_what_stands_in_it(source, wave):
    for name in ONE:
        codes, counts = source.codes(name), wave.counts(name)
        told = Counter(codes[row[name]] for row in source.rows if row[name])
        assert {code: counts.get(code, 0) for code in codes.values()} == {
            code: told[code] for code in codes.values()
        }
    for name in SETS:
        ticks = {
            code: [row[f"{name}/{code}"] for row in source.rows] for code in source.parts(name)
        }
        told = {code: cells.count("1") for code, cells in ticks.items()}
        assert {code: wave.counts(name)[code] for code in told} == told
    assert wave.column(TEXT).tolist() == [row[TEXT] or None for row in source.rows]


@pytest.mark.parametrize("make", FORMATS)
def test_a_mapping_in_a_script_gives_the_wave_of_the_csv_file(make, source, wave, tmp_path):
    given = make(source, tmp_path)
    found = sl.ingest(
        given.source,
        source.instrument,
        columns=given.columns,
        options=given.options,
        file_format=given.file_format,
    )
    assert len(found.quarantine) == len(found.repairs) == 0
    assert_same(found.wave, wave)


@pytest.fixture
def run(capsys, monkeypatch):
    """A command that must succeed: what it prints."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["surveylib", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        written = capsys.readouterr()
        assert code == 0, written.err
        return written.out

    return call


def decided(text):
    """A draft whose proposals somebody looked at and left as they are."""
    return re.sub(r"\n *decide: undecided(?=\n)", "", text).replace("kind: undecided", "kind: own")


@pytest.mark.parametrize("make", FILES)
def test_a_draft_that_is_decided_gives_the_wave_of_the_csv_file(make, source, wave, tmp_path, run):
    study = tmp_path / "waves" / "organised_groups"
    place = study / "2026"
    place.mkdir(parents=True)
    shutil.copytree(INSTRUMENTS, tmp_path / "instruments" / "organised_groups")
    shutil.copy(GROUPS / "study.yaml", study)
    questionnaire = tmp_path / "instruments" / "organised_groups" / "1.0.yaml"
    given = make(source, place)
    run("wave", "new", given.source, questionnaire, place, *given.typed)
    path = place / "wave.yaml"
    path.write_text(given.decide(decided(path.read_text("utf-8"))), "utf-8")
    shown = run("ingest", place)
    assert "260 rows = 260 accepted + 0 in quarantine + 0 excluded" in shown
    assert "0 of them in quarantine" in shown
    found = sl.load_study(study).wave("2026")
    assert found.source.path == place / "ingested" / "responses.parquet"
    assert_same(found, wave)


def test_what_an_spss_file_labels_and_declares_missing_is_kept(source, tmp_path):
    given = sav(source, tmp_path)
    frame, meta = pyreadstat.read_sav(given.source, user_missing=True)
    found = sl.ingest(given.source, source.instrument, columns=given.columns).wave
    seen = 0
    for name in ONE:
        for state, number in MISSING.items():
            told = int((frame[name] == number).sum())
            assert found.counts(name).get(state, 0) == told
            seen += told
        for number, label in meta.variable_value_labels[name].items():
            code = source.codes(name)[label]
            assert (found.gave(name, code) == (frame[name] == number)).all()
    assert seen > 100
    sheet = open_responses(given.source)
    assert {column.head: column.label for column in sheet.columns if column.label} == {
        head: label for head, label in meta.column_names_to_labels.items() if label
    }
