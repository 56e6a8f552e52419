"""SPSS files that other programs wrote, against what pyreadstat and PSPP say of them.

`SURVEYLIB_DATA` names the folder of real inputs; left out, `../shared/data`.
"""

import csv
import datetime as dt
import os
import shutil
import subprocess
from pathlib import Path

import pyreadstat
import pytest

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
