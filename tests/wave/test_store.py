"""A wave on disk: whole or not at all, whatever fails while it is written."""

import csv
import errno
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from surveylib.errors import OutputError, QuarantineError, ResponsesError
from surveylib.wave import store
from surveylib.wave.door import ingest
from surveylib.wave.readers.base import ReadOptions
from tests.wave import corruption
from tests.wave.corruption import INSTRUMENT, option, question, survey

COMMA = ReadOptions(delimiter=",")
HEAD = ",".join(corruption.header("mentions"))
OLD = f"{HEAD}\nold,No,,Cats,,,,,2026-03,=1+1,3-4,Low,,No\n"
NEW = (
    f'{HEAD}\nnew,"Yes, one or more",junk,Fish,Other,,"a ""fox""",12.5,,"é\n2",,,High,\n'
    "blank,,,,,,,,,,,,,Refused\nlast,No,,None of these,,,,,,,,,,No\n"
)
FILES = ("quarantine.csv", "repairs.csv", "issues.json", "summary.json", "responses.parquet")


def put(text, folder, **rest):
    """Ingest a text into a folder beside it."""
    folder.parent.mkdir(exist_ok=True)
    path = folder.parent / "r.csv"
    path.write_bytes(text.encode())
    columns = corruption.columns("mentions")
    return ingest(path, INSTRUMENT, columns=columns, options=COMMA, out=folder, **rest)


def held(folder):
    """Every file of a folder with its bytes, hidden ones too."""
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def out(tmp_path):
    """A folder that holds a wave already."""
    put(OLD, tmp_path / "out")
    return tmp_path / "out"


def fail_at(call, function):
    """A function that fails, as on a full disk, when it is called for the nth time."""
    calls = iter(range(1, 1000))

    def instead(*arguments, **named):
        if next(calls) == call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "somewhere")
        return function(*arguments, **named)

    return instead


def check_untouched(monkeypatch, out, place, name, call):
    before = held(out)
    monkeypatch.setattr(place, name, fail_at(call, getattr(place, name)))
    with pytest.raises(OutputError, match="somewhere cannot be written: No space left"):
        put(NEW, out)
    monkeypatch.undo()
    assert held(out) == before
    assert {path.name for path in out.iterdir()} == set(FILES)
    store.about(out / store.WAVE)
    assert put(NEW, out).wave.n == 3  # and the folder can be written again


@pytest.mark.parametrize("call", range(1, 6))
def test_a_disk_that_cannot_be_flushed_leaves_the_old_wave(monkeypatch, out, call):
    check_untouched(monkeypatch, out, os, "fsync", call)


@pytest.mark.parametrize("call", range(1, 5))
def test_a_disk_that_is_full_leaves_the_old_wave(monkeypatch, out, call):
    before = held(out)
    path = out.parent / "r.csv"
    path.write_bytes(NEW.encode())
    monkeypatch.setattr(Path, "write_bytes", fail_at(call, Path.write_bytes))
    columns = corruption.columns("mentions")
    with pytest.raises(OutputError, match="somewhere cannot be written: No space left"):
        ingest(path, INSTRUMENT, columns=columns, options=COMMA, out=out)
    monkeypatch.undo()
    assert held(out) == before


@pytest.mark.parametrize("call", range(1, 6))
def test_a_file_that_cannot_be_moved_leaves_the_old_wave(monkeypatch, out, call):
    check_untouched(monkeypatch, out, Path, "replace", call)


def test_a_folder_that_cannot_be_flushed_is_not_half_a_wave(monkeypatch, out):
    # All is in its place by then: the old wave may be there or the new one, and it is whole.
    monkeypatch.setattr(os, "fsync", fail_at(6, os.fsync))
    with pytest.raises(OutputError, match="cannot be written"):
        put(NEW, out)
    monkeypatch.undo()
    store.about(out / store.WAVE)
    assert {path.name for path in out.iterdir()} == set(FILES)


_LIMITED = """
import resource, sys
from pathlib import Path
from tests.wave import corruption, test_store
from surveylib.errors import OutputError
text = test_store.OLD + "".join(
    f"r{number},No,,Cats,,,,,2026-03,{'%x' % (7 ** 400 + number)},3-4,Low,,No\\n"
    for number in range(3000)
)
path = Path(sys.argv[1]) / "r.csv"
path.write_bytes(text.encode())
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    test_store.ingest(path, corruption.INSTRUMENT, columns=corruption.columns("mentions"),
                      options=test_store.COMMA, out=Path(sys.argv[1]) / "out")
except OutputError as error:
    print("stopped:", str(error)[:60])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
@pytest.mark.parametrize("size", [200, 1000, 4000])
def test_a_table_that_outgrows_the_disk_is_an_error_that_can_be_caught(out, root, size):
    before = held(out)
    command = [sys.executable, "-c", _LIMITED, str(out.parent), str(size)]
    found = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert found.returncode == 0, found.stderr[-800:]
    assert found.stdout.startswith("stopped:")
    assert held(out) == before


_KILLED = """
import os, signal, sys
from pathlib import Path
from tests.wave import test_store
which, call = sys.argv[2], int(sys.argv[3])
place, name = {"fsync": (os, "fsync"), "replace": (Path, "replace"),
               "write_bytes": (Path, "write_bytes")}[which]
function, calls = getattr(place, name), iter(range(1, 1000))
def instead(*arguments):
    if next(calls) == call:
        os.kill(os.getpid(), signal.SIGKILL)
    return function(*arguments)
setattr(place, name, instead)
test_store.put(test_store.NEW, Path(sys.argv[1]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="processes are not killed like that there")
@pytest.mark.parametrize(
    ("which", "call"),
    [("write_bytes", 4), ("fsync", 5), ("replace", 1), ("replace", 3), ("fsync", 6)],
)
def test_a_process_that_is_killed_leaves_no_mix_that_is_taken_for_a_wave(out, root, which, call):
    old = held(out)
    command = [sys.executable, "-c", _KILLED, str(out), which, str(call)]
    found = subprocess.run(command, capture_output=True, cwd=root, check=False)
    assert found.returncode == -signal.SIGKILL, found.stderr[-800:]
    there = {name: raw for name, raw in held(out).items() if name in FILES}
    if there != old:
        if there[store.WAVE] == old[store.WAVE]:
            with pytest.raises(ResponsesError, match="WAVE-PARTS"):
                store.about(out / store.WAVE)
        else:
            store.about(out / store.WAVE)
    assert put(NEW, out).wave.n == 3
    assert {path.name for path in out.iterdir()} == set(FILES)


def test_a_second_process_stops_and_changes_nothing(out):
    errors = []

    def again(*_):
        try:
            put(OLD, out)
        except OutputError as error:
            errors.append(str(error))

    found = put(NEW, out, progress=again)
    assert errors
    assert all("another process is writing" in error for error in errors)
    assert found.wave.column(":respondent").tolist() == ["new", "blank", "last"]
    store.about(out / store.WAVE)


def test_too_much_in_quarantine_leaves_the_old_wave(out):
    before = held(out)
    with pytest.raises(QuarantineError, match="QUARANTINE-LIMIT"):
        put(NEW, out, most_quarantined=0)
    assert held(out) == before


def test_a_file_that_cannot_be_read_leaves_the_old_wave(out):
    before = held(out)
    with pytest.raises(ResponsesError, match="QUOTE-OPEN"):
        put(f'{OLD}x,"', out)
    assert held(out) == before


def test_a_folder_that_cannot_be_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="is a file; a folder goes there"):
        put(OLD, tmp_path / "file")
    with pytest.raises(OutputError, match="cannot be written"):
        ingest(
            tmp_path / "r.csv",
            INSTRUMENT,
            columns=corruption.columns("mentions"),
            options=COMMA,
            out=tmp_path / "file" / "below",
        )


@pytest.mark.parametrize("name", ["with space", "it's", "a;b", "été", "a*b", "a[bc]d", "a?d"])
def test_a_wave_is_read_from_a_folder_of_any_name(tmp_path, name):
    for other in ("axb", "abd", "acd"):
        put(OLD, tmp_path / other)
    found = put(NEW, tmp_path / name)
    assert found.wave.column(":respondent").tolist() == ["new", "blank", "last"]
    assert store.row_count(tmp_path / name / store.WAVE) == 3
    store.about(tmp_path / name / store.WAVE)


def test_every_column_comes_back_as_it_was(tmp_path):
    stored = put(NEW, tmp_path / "out").wave
    kept = ingest(
        tmp_path / "r.csv", INSTRUMENT, columns=corruption.columns("mentions"), options=COMMA
    ).wave
    assert stored.n == kept.n == store.row_count(tmp_path / "out" / store.WAVE)
    assert {one.kind for one in kept.fields} == {"coded", "tick", "number", "text", "whole"}
    for one in kept.fields:
        before, after = kept.column(one.name), stored.column(one.name)
        if one.kind == "number":
            np.testing.assert_array_equal(before, after)
        else:
            assert before.tolist() == after.tolist(), one.name


def test_a_wave_without_a_respondent_is_not_written(tmp_path):
    with pytest.raises(QuarantineError, match="RESPONSES-NONE") as caught:
        put(f"{HEAD}\n,No,,Cats,,,,,,,,,,No\n", tmp_path / "out")
    assert caught.value.taken.accounts.quarantined == 1
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", FILES[:-1])
def test_a_file_that_belongs_to_another_ingest_is_named(out, name):
    (out / name).write_bytes(b"other")
    with pytest.raises(ResponsesError, match=rf"WAVE-PARTS\]\n +got: {name}"):
        store.about(out / store.WAVE)
    (out / name).unlink()
    with pytest.raises(ResponsesError, match=rf"WAVE-PARTS\]\n +got: {name}"):
        store.about(out / store.WAVE)


@pytest.mark.parametrize("raw", [b"", b"PAR1", b"PAR1\0\0\0\0PAR1", b"x" * 500])
def test_a_damaged_wave_is_named(out, raw):
    (out / store.WAVE).write_bytes(raw)
    with pytest.raises(ResponsesError, match="WAVE-DAMAGED"):
        store.about(out / store.WAVE)


def test_a_wave_says_what_it_was_made_from(out):
    told = store.about(out / store.WAVE)
    assert list(told["instruments"]) == ["demo@1"]
    assert sorted(told["files"]) == sorted(FILES[:-1])


def test_the_summary_adds_up(tmp_path):
    put(NEW, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "summary.json").read_bytes())
    rows = told["rows"]
    assert rows["read"] == 3
    assert rows["read"] == rows["accepted"] + rows["quarantined"] + sum(rows["excluded"].values())
    for states in told["questions"].values():
        assert sum(states.values()) == rows["accepted"]
    for column in told["columns"]:
        assert column["cells"] == rows["accepted"]
        parts = column["accepted"] + column["blank"] + column["quarantined"]
        assert column["cells"] == parts


def test_what_no_dictionary_knows_is_listed_for_the_coder(tmp_path):
    options = [option("kik", "Kik", terms=["kikk"]), option("tele", "Telegram")]
    form = survey(question("named", "open_coded", *options, mentions="several"))
    rows = 'named\n"Kik, Signal"\nsignal\nTelegrm\n=1+1\n\n'
    (tmp_path / "r.csv").write_text(rows, "utf-8")
    columns = {"named": {"layout": "coded_text", "column": "named"}}
    found = ingest(tmp_path / "r.csv", form, columns=columns, out=tmp_path / "out")
    with (tmp_path / "out" / "uncoded.csv").open(encoding="utf-8-sig", newline="") as file:
        head, *lines = csv.reader(file)
    assert head == ["question", "mention", "count", "example", "nearest_term"]
    assert [line[:3] for line in lines] == [
        ["named", "signal", "2"],
        ["named", "'=1+1", "1"],
        ["named", "telegrm", "1"],
    ]
    assert lines[2][4] == "Telegram"
    assert tmp_path / "out" / "uncoded.csv" in found.paths
    assert found.wave.counts("named") == {"kik": 1, "tele": 0}
