"""A wave on disk: written whole or not at all, and read column by column.

```text
ingested/
├── responses.parquet   the wave: answers and states side by side, and what they were made from
├── quarantine.csv      every cell and row that was not taken, with the reason
├── repairs.csv         every cell that was repaired: before, after, why
├── issues.json         the same in groups
├── uncoded.csv         what open answers named and no dictionary knows, by frequency
└── summary.json        the accounts, and counts of data quality
```

Files are written beside their places, flushed to the disk, and then moved there, the wave last. The
wave holds the hashes of the others, so that parts of two ingests are never taken for one.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import Fault, OutputError, ResponsesError
from surveylib.instrument.question import OpenCoded
from surveylib.wave.coding import Coder, unmatched_by_frequency
from surveylib.wave.readers.parquet import as_pattern
from surveylib.wave.sinks import column_query
from surveylib.wave.swap import swap_in
from surveylib.wave.text import escaped, guarded

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import duckdb
    from numpy.typing import NDArray

    from surveylib.errors import QuarantineError
    from surveylib.wave.fields import Asked, Field
    from surveylib.wave.ingest import Taken
    from surveylib.wave.sinks import Table

WAVE = "responses.parquet"
SUMMARY = "summary.json"
#: Mentions of open answers that no dictionary knows; there where open answers were coded.
UNCODED = "uncoded.csv"
LISTS = ("quarantine.csv", "repairs.csv", "issues.json", SUMMARY, UNCODED)
#: Where the lists of an ingest go that gave no wave.
REFUSED = "refused"
_UNFINISHED = ".surveylib-ingest-"
FORMAT = "surveylib.ingested/1"


def tables(taken: Taken) -> dict[str, bytes]:
    """Quarantine, repairs, issues and accounts as files, by name.

    Args:
        taken: What was taken from a file.
    """
    return {
        "quarantine.csv": _csv(taken.issues.table("quarantine")),
        "repairs.csv": _csv(taken.issues.table("repairs")),
        "issues.json": _json({"format": FORMAT, "issues": taken.issues.grouped()}),
        SUMMARY: _json(summary(taken)),
    }


def uncoded(asked: Sequence[Asked], texts: Callable[[str], Counter[str]]) -> dict[str, bytes]:
    """What respondents named and no dictionary knows, the most frequent first, as a file.

    Args:
        asked: The wave's questions.
        texts: How often each text stands in a column, by its name.
    """
    lines = []
    open_coded = [one for one in asked if isinstance(one.question, OpenCoded)]
    for one in open_coded:
        coder = Coder(one.question)
        counts = sorted(texts(f"{one.name}:text").items())
        codeds = (coded for text, n in counts for coded in repeat(coder.code(text), n))
        for found in unmatched_by_frequency(codeds):
            told = (one.name, found.mention, str(found.count), found.example, found.suggestion)
            lines.append(tuple(guarded(escaped(text)) for text in told))
    heads = ("question", "mention", "count", "example", "nearest_term")
    return {UNCODED: _csv(iter([heads, *lines]))} if open_coded else {}


def summary(taken: Taken) -> dict[str, Any]:
    """The accounts and counts of data quality, ready for JSON."""
    accounts = taken.accounts
    return {
        "format": FORMAT,
        "file": taken.issues.file,
        "sha256": taken.sha256,
        "rows": {
            "read": accounts.rows_read,
            "accepted": accounts.accepted,
            "quarantined": accounts.quarantined,
            "excluded": dict(accounts.excluded),
        },
        "questions": {name: dict(states) for name, states in accounts.questions.items()},
        "columns": [asdict(column) | {"accepted": column.accepted} for column in accounts.columns],
        "ignored": dict(accounts.ignored),
        "ids": {"blank": accounts.blank_ids, "repeated": accounts.repeated_ids},
        "repaired": len(taken.issues.repaired),
        "quality": asdict(taken.quality),
        "warnings": [asdict(fault) for fault in taken.warnings],
    }


def check_folder(folder: Path) -> None:
    """Refuse a folder in which files would be replaced that no ingest has written.

    Raises:
        OutputError: It is a file, or holds such files.
    """
    if folder.exists() and not folder.is_dir():
        message = f"{folder} is a file; a folder goes there"
        raise OutputError(message)
    there = [folder / name for name in (*LISTS, WAVE) if (folder / name).exists()]
    if not there:
        return
    try:
        about(folder / WAVE, parts=False)
    except ResponsesError as error:
        message = f"{there[0]} is there and was not written by an ingest; choose another folder"
        raise OutputError(message) from error


def clear_refused(folder: Path) -> None:
    """Take away the lists of an earlier ingest that gave no wave."""
    place = folder / REFUSED
    if place.is_dir():
        for name in LISTS:
            (place / name).unlink(missing_ok=True)
        with suppress(OSError):  # it holds something else, which stays
            place.rmdir()


def write_refused(error: QuarantineError, folder: str | Path) -> list[Path]:
    """Write what is in quarantine where too much of it is, without a wave.

    Args:
        error: What `ingest` raised.
        folder: Where quarantine.csv, repairs.csv, issues.json and summary.json go.

    Raises:
        OutputError: They cannot be written.
    """
    place = Path(folder)
    with workplace(place) as scratch, _written(place):
        files = tables(error.taken)
        for name, raw in files.items():
            (scratch / name).write_bytes(raw)
        swap_in(place, scratch, list(files))
    return [place / name for name in files]


def _csv(lines: Iterator[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode("utf-8-sig")  # spreadsheets ask for the mark


def _json(data: Mapping[str, Any]) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    """Say in our own words which file cannot be written."""
    try:
        yield
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(_cannot(error, folder)) from error


def _cannot(error: OSError, folder: Path) -> str:
    return f"{error.filename or folder} cannot be written: {error.strerror or error}"


@contextmanager
def workplace(folder: Path) -> Iterator[Path]:
    """A new folder inside the one of a wave, that is gone afterwards, whatever happens.

    Raises:
        OutputError: The folder cannot be made, or another process writes there now.
    """
    with ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(_locked(folder))
            for stale in folder.glob(f"{_UNFINISHED}*"):
                shutil.rmtree(stale)  # of a process that was killed: no other holds the folder
            made = tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=folder)
            place = stack.enter_context(made)
        except OutputError:
            raise
        except OSError as error:
            raise OutputError(_cannot(error, folder)) from error
        yield Path(place)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder against other processes; a crash lets go of it."""
    try:
        import fcntl  # noqa: PLC0415 - systems without it do without the lock
    except ImportError:
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        message = f"another process is writing into {folder}; wait for it, or choose another folder"
        raise OutputError(message) from error
    try:
        yield
    finally:
        os.close(handle)  # lets go of the lock too


def write(
    folder: Path, place: Path, table: Table, files: Mapping[str, bytes], about: Mapping[str, object]
) -> None:
    """Put a wave and its files into a folder, all of them or none.

    Args:
        folder: Where they go.
        place: A folder inside it for files that are not finished.
        table: The wave.
        files: The other files by name.
        about: What the wave was made from.

    Raises:
        OutputError: Something cannot be written; what was there before is untouched.
    """
    hashes = {name: hashlib.sha256(raw).hexdigest() for name, raw in sorted(files.items())}
    with _written(folder):
        for name, raw in files.items():
            (place / name).write_bytes(raw)
        table.write(place / WAVE, {**about, "format": FORMAT, "files": hashes})
        table.close()
        for name in (*files, WAVE):
            _flush(place / name)
        # The wave names the hashes of the others: until it is in its place, none of them counts.
        swap_in(folder, place, (*files, WAVE))
        _flush(folder)


def _flush(path: Path) -> None:
    """Have the system write a file, or a folder's list of files, to the disk."""
    if path.is_dir() and os.name == "nt":
        return  # folders cannot be opened there
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _opened() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory to read files with."""
    import duckdb  # noqa: PLC0415 - opened when a wave is read from disk

    with duckdb.connect() as connection:
        # A bar would stand among what a command prints.
        connection.execute("SET enable_progress_bar = false")
        yield connection


@dataclass(frozen=True, slots=True)
class Stored:
    """The columns of a wave on disk."""

    path: Path

    def column(self, field: Field) -> NDArray[np.generic]:
        """One column: places, ticks, numbers or texts."""
        with _opened() as connection:
            query = column_query(field, self.path)
            values: Any = connection.execute(query).fetchnumpy()["value"]
        if field.kind == "text":
            filled = np.asarray(values, np.object_)
            filled[np.ma.getmaskarray(values)] = None
            return filled
        if field.kind == "number":
            return np.ma.filled(np.ma.asarray(values, np.float64), np.nan)
        return np.asarray(values)


def row_count(path: Path) -> int:
    """Number of respondents of a stored wave."""
    with _opened() as connection:
        query = "SELECT sum(num_rows) FROM parquet_file_metadata(?)"
        found = connection.execute(query, [as_pattern(path)]).fetchone()
    return int(found[0]) if found and found[0] is not None else 0


def about(path: Path, *, parts: bool = True) -> dict[str, Any]:
    """What a stored wave says it was made from, after a look at the files beside it.

    Args:
        path: The wave's file.
        parts: Whether to look at the files beside it.

    Raises:
        ResponsesError: The file is damaged, or files beside it belong to another ingest.
    """
    import duckdb  # noqa: PLC0415 - opened when a wave is read from disk

    try:
        with _opened() as connection:
            query = "SELECT value FROM parquet_kv_metadata(?) WHERE key = 'surveylib'"
            found = connection.execute(query, [as_pattern(path)]).fetchone()
        told: dict[str, Any] = json.loads(found[0]) if found else {}
    except (duckdb.Error, ValueError) as error:
        what = f"not a wave that can be read: {str(error).splitlines()[0]}"
        todo = "ingest the wave again"
        raise ResponsesError(
            [Fault(code="WAVE-DAMAGED", what=what, file=str(path), todo=todo)]
        ) from error
    wrong = [
        name
        for name, wanted in told.get("files", {"": ""}).items()
        if not (path.parent / name).is_file()
        or hashlib.sha256((path.parent / name).read_bytes()).hexdigest() != wanted
    ]
    if (wrong and parts) or told.get("format") != FORMAT:
        what = "the files beside the wave do not belong to it"
        todo = "ingest the wave again"
        got = ", ".join(wrong)
        raise ResponsesError(
            [Fault(code="WAVE-PARTS", what=what, file=str(path), got=got, todo=todo)]
        )
    return told
