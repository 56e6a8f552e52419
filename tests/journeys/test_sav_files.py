"""SPSS files that other programs wrote, against what pyreadstat and PSPP say of them.

Then the same files as waves, with a small questionnaire for each out of the file's own labels.

`SURVEYLIB_DATA` names the folder of real inputs; left out, `../shared/data`.
"""

import csv
import datetime as dt
import os
import shutil
import subprocess
import textwrap
from pathlib import Path

import numpy as np
import pyreadstat
import pytest

import surveylib as sl
from surveylib.wave.readers.base import ReadOptions
from surveylib.wave.readers.statistical import read_sav

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("SURVEYLIB_DATA", ROOT.parent / "shared" / "data")) / "formats" / "sav"
NAMES = ("codebook_different-missings.sav", "pyreadstat_mr.sav")

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        not all((DATA / name).is_file() for name in NAMES), reason=f"no real inputs at {DATA}"
    ),
]


@pytest.fixture(params=NAMES)
def both(request):
    """What we read, and pyreadstat's frame and metadata."""
    path = DATA / request.param
    frame, meta = pyreadstat.read_sav(path, user_missing=True)
    return read_sav(path, ReadOptions()), frame, meta


def cells(sheet):
    """Every cell, by column."""
    found = {column.heads[0]: [] for column in sheet.columns}
    for batch in sheet.batches():
        for values, part in zip(found.values(), batch.columns, strict=True):
            values.extend(part)
    return found


def test_names_and_labels_are_those_of_the_file(both):
    sheet, _, meta = both
    assert [column.heads for column in sheet.columns] == [(name,) for name in meta.column_names]
    assert [column.label for column in sheet.columns] == [
        label or "" for label in meta.column_labels
    ]
    assert sheet.encoding == meta.file_encoding


def test_every_label_of_a_value_is_kept(both):
    sheet, _, meta = both
    assert sum(len(column.values) for column in sheet.columns) > 0
    for column in sheet.columns:
        told = meta.variable_value_labels.get(column.heads[0], {})
        texts = {key: label for key, label in column.values.items() if column.type == "text"}
        numbers = {float(key): label for key, label in column.values.items() if key not in texts}
        assert {**texts, **numbers} == told


def test_values_declared_missing_are_kept_as_values_and_named(both):
    sheet, frame, meta = both
    assert meta.missing_ranges
    for column in sheet.columns:
        name = column.heads[0]
        ranges = meta.missing_ranges.get(name, [])
        occur = {
            value
            for value in frame[name].dropna()
            if any(part["lo"] <= value <= part["hi"] for part in ranges)
        }
        single = {part["lo"] for part in ranges if part["lo"] == part["hi"]}
        declared = {float(value) for value in column.missing}
        assert declared >= occur | single
        kept = {float(text) for text in cells(sheet)[name] if text} if declared else set()
        assert kept >= occur


#: The value that a cell stands for, by the type of its column.
VALUE = {
    "number": lambda text: float(text) if text else None,
    "date": lambda text: dt.date.fromisoformat(text) if text else None,
    "text": str,
}


def test_every_cell_is_the_value_that_pyreadstat_reads(both):
    sheet, frame, meta = both
    # pyreadstat takes quarters for numbers: they are tested below.
    columns = [each for each in sheet.columns if not _quarters(meta, each)]
    assert len(columns) >= 4
    found = cells(sheet)
    for column in columns:
        series = frame[column.heads[0]]
        expected = series.astype(object).where(series.notna(), None)
        assert [VALUE[column.type](text) for text in found[column.heads[0]]] == list(expected)


def test_quarters_are_the_days_on_which_they_begin():
    sheet = read_sav(DATA / "pyreadstat_mr.sav", ReadOptions())
    frame, meta = pyreadstat.read_sav(DATA / "pyreadstat_mr.sav", user_missing=True)
    (column,) = [each for each in sheet.columns if _quarters(meta, each)]
    days = [dt.date.fromisoformat(text) for text in cells(sheet)[column.heads[0]]]
    # The calendar of SPSS begins on the day before the Gregorian one.
    seconds = [(day - dt.date(1582, 10, 14)).total_seconds() for day in days]
    assert seconds == list(frame[column.heads[0]])
    assert {(day.month % 3, day.day) for day in days} == {(1, 1)}


def _quarters(meta, column):
    return meta.original_variable_types[column.heads[0]].startswith("QYR")


def test_sets_of_several_answers_are_kept():
    path = DATA / "pyreadstat_mr.sav"
    _, meta = pyreadstat.read_sav(path)
    sheet = read_sav(path, ReadOptions())
    assert len(sheet.sets) == 2
    assert set(sheet.sets) == set(meta.mr_sets)
    for name, told in meta.mr_sets.items():
        found = sheet.sets[name]
        assert (found.label, list(found.columns)) == (told["label"], told["variable_list"])
        assert (found.kind == "dichotomies") == told["is_dichotomy"]
        assert found.counted == (
            "" if told["counted_value"] is None else str(told["counted_value"])
        )


def test_a_value_that_is_labelled_skipped_and_not_declared_is_asked_for():
    sheet = read_sav(DATA / "codebook_different-missings.sav", ReadOptions())
    (fault,) = [fault for fault in sheet.warnings if fault.code == "LABEL-LIKE-MISSING"]
    # The file's own label says so: "Fourth value, all missings undefined but labelled".
    assert "'val4'" in fault.what
    assert "'99'" in fault.what


@pytest.mark.skipif(shutil.which("pspp") is None, reason="PSPP is not installed")
@pytest.mark.parametrize("name", NAMES)
def test_numbers_are_those_that_pspp_writes(tmp_path, name):
    shutil.copyfile(DATA / name, tmp_path / "file.sav")
    commands = (
        "GET FILE='file.sav'.\n"
        "SAVE TRANSLATE /OUTFILE='file.csv' /TYPE=CSV /FIELDNAMES /MISSING=IGNORE.\n"
    )
    (tmp_path / "run.sps").write_text(commands, "utf-8")
    done = subprocess.run(
        [shutil.which("pspp"), "run.sps"], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with (tmp_path / "file.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    sheet = read_sav(DATA / name, ReadOptions())
    found = cells(sheet)
    for column in sheet.columns:
        if column.type == "number":
            told = [row[column.heads[0]].strip() for row in rows]
            numbers = [float(text) if text else None for text in found[column.heads[0]]]
            assert numbers == [float(text) if text else None for text in told]


# --- taken as waves -----------------------------------------------------------------------------

MISSINGS, SEVERAL = NAMES
HEAD = """\
format: surveylib.instrument/1
id: {name}
version: "1.0"
title: {{en: "{name}"}}
languages: [en]
provenance: The labels of an SPSS file.
population: Not stated.
missing_labels: {{refused: {{en: "skipped"}}, not_reached: {{en: "not seen"}}}}
questions:
"""
QUESTION = """\
  - id: {name}
    concept: {name}
    text: {{en: "{text}"}}
    wording: printed
    base: {{asked: all}}
    period: not_stated
"""
#: What a question is beside its id and text. Values without a label are options by themselves.
FOUR = {
    "val1": """
        kind: single
        missing: [refused, not_reached]
        option_list: complete
        options:
          - {code: bad, label: {en: "bad data"}}
          - {code: "1", label: {en: "This is one"}}
          - {code: "2", label: {en: "2"}}
          - {code: "3", label: {en: "3"}}
          - {code: "5", label: {en: "5"}}
        """,
    "val2": """
        kind: number
        unit: points
        """,
    "val3": """
        kind: number
        unit: points
        missing: [refused, not_reached]
        """,
    "val4": """
        kind: number
        unit: points
        missing: [refused, not_reached]
        """,
}
MANY = {
    "x": """
        kind: single
        missing: [dont_know, refused, not_applicable]
        option_list: complete
        options:
          - {code: r, label: {en: red}}
          - {code: g, label: {en: green}}
          - {code: b, label: {en: blue}}
        """,
    "y": """
        kind: date
        precision: day
        """,
    "z": """
        kind: number
        unit: points
        decimals: 5
        missing: [refused, not_applicable]
        """,
    "str": """
        kind: text
        disclosure: open
        """,
    "mymrset": """
        kind: multi_answer
        option_list: complete
        options:
          - {code: bool1, label: {en: "Response #1"}}
          - {code: bool2, label: {en: "Response #2"}}
          - {code: bool3, label: {en: "Response #3"}}
        """,
    "categorical_array": """
        kind: multi_answer
        option_list: complete
        options:
          - {code: a, label: {en: a}}
          - {code: b, label: {en: b}}
          - {code: c, label: {en: c}}
          - {code: d, label: {en: d}}
        """,
    "date": """
        kind: date
        precision: day
        """,
    "quarter": """
        kind: date
        precision: day
        """,
}
#: The missing state of each value: those that a file declares, and in val4 those that it only
#: labels. A value that the system sets is a blank.
STATES = {
    "val1": {99: "refused", 999: "not_reached"},
    "val2": {},
    "val3": {99: "refused", 999: "not_reached"},
    "val4": {99: "refused", 999: "not_reached"},
    "x": {7: "refused", 8: "dont_know", 99: "not_applicable"},
    "z": {-9: "not_applicable", 999: "refused"},
}
#: The code of each value that has a label or is an option by itself.
CODES = {
    "val1": {-1: "bad", 1: "1", 2: "2", 3: "3", 5: "5"},
    "x": {1: "r", 2: "g", 3: "b"},
}
BOOLS = [f"bool{number}" for number in (1, 2, 3)]
MENTIONS = [f"ca_subvar_{number}" for number in (1, 2, 3)]
SETS = {
    "mymrset": {
        "layout": "column_per_option",
        "options": {name: name for name in BOOLS},
        "ticked": ["1"],
        "not_ticked": ["0"],
        "blank": "unknown",
        "none_ticked": "answered",
    },
    "categorical_array": {"layout": "mentions", "columns": MENTIONS},
}


def valued(name):
    """A question in one column, with what its values stand for."""
    meant = {**CODES.get(name, {}), **STATES.get(name, {})}
    return {"column": name, "values": {str(value): code for value, code in meant.items()}}


@pytest.fixture
def taken(tmp_path):
    """Makes a questionnaire, and a wave of one of the files."""

    def take(file, questions, **layouts):
        _, meta = pyreadstat.read_sav(DATA / file)
        titles = meta.column_names_to_labels | {
            key: one["label"] for key, one in meta.mr_sets.items()
        }
        place = tmp_path / "file" / "1.0.yaml"
        place.parent.mkdir()
        text = HEAD.format(name="file")
        for name, more in questions.items():
            text += QUESTION.format(name=name, text=titles.get(name) or name)
            text += textwrap.indent(textwrap.dedent(more).strip("\n"), "    ") + "\n"
        place.write_text(text, "utf-8")
        told = {name: layouts.get(name) or SETS.get(name) or valued(name) for name in questions}
        return sl.ingest(DATA / file, place, columns={"columns": told})

    return take


def frame_of(file):
    """What pyreadstat reads, with the values that are declared missing as they stand."""
    return pyreadstat.read_sav(DATA / file, user_missing=True)[0]


def missing_in(file, name):
    """The values of a column that its file declares missing, as far as they occur."""
    _, meta = pyreadstat.read_sav(DATA / file, user_missing=True)
    parts = meta.missing_ranges.get(name, [])
    occur, _ = values(file, name)
    return {value for value in occur if any(one["lo"] <= value <= one["hi"] for one in parts)}


def values(file, name):
    """How often each value stands in a column, and how often none does."""
    series = frame_of(file)[name]
    return series.value_counts().to_dict(), int(series.isna().sum())


def test_each_value_declared_missing_is_a_state_of_its_own(taken):
    wave = taken(MISSINGS, FOUR).wave
    for name in ("val1", "val3"):
        assert set(STATES[name]) == missing_in(MISSINGS, name)
        told, _ = values(MISSINGS, name)
        counts = wave.counts(name)
        assert {state: counts[state] for state in STATES[name].values()} == {
            state: told[value] for value, state in STATES[name].items()
        }


def test_answers_are_those_that_pyreadstat_counts_without_missing_values(taken):
    wave = taken(MISSINGS, FOUR).wave
    frame, _ = pyreadstat.read_sav(DATA / MISSINGS)
    for name in ("val1", "val2", "val3"):
        assert (wave.states(name) == 0).sum() == frame[name].notna().sum()
    told, _ = values(MISSINGS, "val1")
    counts = wave.counts("val1")
    assert {value: counts[code] for value, code in CODES["val1"].items()} == {
        value: count for value, count in told.items() if value not in STATES["val1"]
    }


def test_a_value_that_is_missing_by_its_label_alone_is_what_the_mapping_says(taken):
    wave = taken(MISSINGS, FOUR).wave
    told, _ = values(MISSINGS, "val4")
    assert wave.counts("val4") == {
        "answered": sum(count for value, count in told.items() if value not in STATES["val4"]),
        "refused": told[99],
        "not_reached": told[999],
    }


def test_a_value_that_nothing_calls_missing_stays_a_number(taken):
    frame = taken(MISSINGS, FOUR).wave.to_frame()
    told = frame_of(MISSINGS)["val2"].dropna()
    assert {99.0, 999.0} <= set(told)
    assert list(frame["val2"]) == list(told)


def test_a_row_in_which_nothing_has_a_value_is_counted_as_left_out(taken):
    found = taken(MISSINGS, FOUR)
    blank = frame_of(MISSINGS).isna().all(axis=1)
    assert sum(found.accounts.excluded.values()) == blank.sum() == 1
    records = [place + 1 for place, empty in enumerate(blank) if not empty]
    assert list(found.wave.to_frame()[":record"]) == records


def test_labels_of_values_are_the_labels_of_answers(taken):
    frame = taken(SEVERAL, MANY).wave.to_frame()
    labelled, _ = pyreadstat.read_sav(DATA / SEVERAL, apply_value_formats=True)
    words = {"r": "red", "g": "green", "b": "blue"}
    assert list(frame["x"].map(words).dropna()) == [
        told for told in labelled["x"] if isinstance(told, str)
    ]


def test_values_without_a_label_that_nothing_calls_missing_go_into_the_quarantine(taken):
    found = taken(SEVERAL, MANY)
    told, blank = values(SEVERAL, "x")
    unknown = {value for value in told if value not in {**CODES["x"], **STATES["x"]}}
    assert {float(raw) for raw in found.quarantine["raw"]} == unknown == {4.0, 9.0}
    assert blank == 0
    assert found.wave.counts("x") == {
        **{code: told[value] for value, code in CODES["x"].items()},
        "dont_know": told[8],
        "invalid": len(unknown),
    }


def test_a_range_that_is_declared_missing_is_a_state_beside_a_single_value(taken):
    wave = taken(SEVERAL, MANY).wave
    told, blank = values(SEVERAL, "z")
    missing = missing_in(SEVERAL, "z")
    assert missing == set(STATES["z"])
    assert wave.counts("z") == {
        "answered": sum(count for value, count in told.items() if value not in missing),
        "not_applicable": told[-9],
        "refused": told[999],
        "no_answer": blank,
    }


def test_a_set_of_dichotomies_counts_its_counted_value(taken):
    wave = taken(SEVERAL, MANY).wave
    _, meta = pyreadstat.read_sav(DATA / SEVERAL)
    told = meta.mr_sets["mymrset"]
    assert told["is_dichotomy"]
    assert told["variable_list"] == list(SETS["mymrset"]["options"])
    frame = frame_of(SEVERAL)[BOOLS]
    assert wave.counts("mymrset") == (frame == told["counted_value"]).sum().to_dict()
    ticks = wave.to_frame()[[f"mymrset/{name}" for name in BOOLS]].set_axis(BOOLS, axis=1)
    # One box is blank while others of its row are not: it is not called unticked.
    assert frame.isna().to_numpy().sum() == 1
    assert ticks.equals(frame.eq(told["counted_value"]).astype("boolean").mask(frame.isna()))


def test_a_set_of_categories_counts_who_mentioned_each(taken):
    wave = taken(SEVERAL, MANY).wave
    _, meta = pyreadstat.read_sav(DATA / SEVERAL)
    assert not meta.mr_sets["categorical_array"]["is_dichotomy"]
    assert meta.mr_sets["categorical_array"]["variable_list"] == MENTIONS
    frame = frame_of(SEVERAL)[MENTIONS]
    told = {code: (frame == code).any(axis=1) for code in "abcd"}
    assert wave.counts("categorical_array") == {code: rows.sum() for code, rows in told.items()}
    for code, rows in told.items():
        assert np.array_equal(wave.gave("categorical_array", code), rows)


def test_the_columns_of_a_set_of_categories_can_be_rows_of_a_grid(taken):
    rows = {name: name for name in MENTIONS}
    told = "\n".join(f"  - {{id: {name}, text: {{en: {name}}}}}" for name in rows)
    grid = "kind: grid\ncells: single\noption_list: complete\nrows:\n" + told
    options = MANY["categorical_array"].partition("options:\n")[2]
    grid += "\noptions:\n" + textwrap.indent(textwrap.dedent(options), "  ")
    layouts = {"categorical_array": {"layout": "grid", "rows": rows}}
    rest = {name: more for name, more in MANY.items() if name != "categorical_array"}
    wave = taken(SEVERAL, rest | {"categorical_array": grid}, **layouts).wave
    for name in MENTIONS:
        counts = values(SEVERAL, name)[0]
        told = wave.counts(f"categorical_array.{name}")
        assert told == {code: counts.get(code, 0) for code in "abcd"}


def test_dates_and_texts_are_those_of_pyreadstat(taken):
    wave = taken(SEVERAL, MANY).wave
    frame = frame_of(SEVERAL)
    for name in ("y", "date"):
        days = frame[name].astype(object).where(frame[name].notna(), None)
        assert list(wave.column(name)) == [day and day.isoformat() for day in days]
    assert [text or "" for text in wave.column("str")] == list(frame["str"])
