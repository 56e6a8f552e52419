"""Talks to the process that parses an SPSS or a Stata file, and trusts nothing that it says.

A crash, a message that is not as it should be, too much memory or too long a wait is a fault of
the file. Nothing that comes back is run or unpickled: it is text with lengths.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any, Literal, NoReturn, cast

from surveylib.errors import MissingExtraError, show
from surveylib.wave.readers.base import BATCH_ROWS, MOST_COLUMNS, Batch, Column, refuse
from surveylib.wave.readers.statistical_child import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from surveylib.wave.readers.base import CellType

#: What the parser may take beyond the interpreter: so much, and so many times the file.
_MEMORY, _MEMORY_PER_BYTE = 1 << 30, 3
#: Bytes of the rows that are parsed at once, as Python objects.
_CHUNK = 128 << 20
#: How long one message may take: so many seconds, and so many bytes of the file for each more.
_SECONDS, _BYTES_PER_SECOND = 60, 1 << 20
#: Signal of the operating system to a process that has worked for too long: SIGXCPU.
_OUT_OF_TIME = 24
_MOST_DESCRIPTION = 128 << 20
_MOST_ROWS = 1 << 30
#: What the other interpreter runs: our package from where this one is, pyreadstat from where it is
#: here, the latter behind everything else.
_PROGRAM = """
import sys
ours, theirs = sys.argv[1:3]
sys.path.insert(0, ours)
sys.path.append(theirs)
from surveylib.wave.readers.statistical_child import main
main()
"""
_OURS = Path(__file__).parents[3]
_TYPES = frozenset({"text", "number", "date"})

FileFormat = Literal["sav", "dta"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A file to be parsed.

    Args:
        path: The file.
        format: Which parser.
        encoding: As iconv calls it; None to take what the file says.
        declared: The encoding as the user wrote it.
    """

    path: Path
    format: FileFormat
    encoding: str | None
    declared: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What a file says of itself.

    Args:
        encoding: Of its texts; empty where the file does not say.
        rows: Counted, not declared.
        columns: In the order of the file.
        odd: Displays of dates that have no text, by column.
    """

    encoding: str
    rows: int
    columns: tuple[Column, ...]
    odd: Mapping[str, str]


def describe(task: Task) -> Description:
    """Read a file once from beginning to end, and say what it holds.

    Raises:
        ResponsesError: It cannot be read.
        MissingExtraError: pyreadstat is not installed.
    """
    found: dict[str, Any] = {}
    rows = 0
    for kind, count, payload in _messages(task, "description", _MOST_DESCRIPTION):
        if kind == b"D":
            found = _loaded(task, payload)
        elif kind == b"E":
            rows = count
        else:
            _broken(task)
    try:
        return _description(found, rows)
    except (KeyError, TypeError, ValueError):
        _broken(task)


def batches(task: Task, width: int) -> Iterator[Batch]:
    """Read the rows from the top.

    Raises:
        ResponsesError: The file cannot be read any more.
    """
    record = 0
    for kind, count, payload in _messages(task, "rows", _MOST_ROWS):
        if kind == b"E" and count == record:
            return
        cells = _decoded(task, payload).split("\0")
        if kind != b"R" or not 0 < count <= BATCH_ROWS or len(cells) != count * width:
            _broken(task)
        places = range(record + 1, record + count + 1)
        columns = [cells[at : at + count] for at in range(0, len(cells), count)]
        yield Batch(places, places, columns)
        record += count


def _messages(task: Task, want: str, most: int) -> Iterator[tuple[bytes, int, bytes]]:
    """Messages in their order; the last one is that of the end."""
    with _child(task, want) as child:
        while True:
            head = child.read(HEAD.size)
            kind, count, size = HEAD.unpack(head) if len(head) == HEAD.size else (b"", 0, 0)
            payload = child.read(size) if size <= most else b""
            if not kind or len(payload) != size:
                _ended(task, child)
            if kind == b"F":
                _failed(task, _loaded(task, payload))
            yield kind, count, payload
            if kind == b"E":
                return


class _Child:
    """The other process, which is ended where it lets us wait too long."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: int) -> None:
        self.process = process
        self.seconds = seconds
        self.late = False

    def read(self, size: int) -> bytes:
        """So many bytes, or fewer where it ends or is too slow."""
        if not size or self.process.stdout is None:
            return b""
        watch = Timer(self.seconds, self.end)
        watch.daemon = True
        watch.start()
        try:
            return self.process.stdout.read(size)
        finally:
            watch.cancel()

    def end(self) -> None:
        """Stop waiting for it."""
        self.late = True
        self.process.kill()


@contextmanager
def _child(task: Task, want: str) -> Iterator[_Child]:
    """The other process; it is gone when its messages are no longer read."""
    spec = find_spec("pyreadstat")
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError.of("formats", "reading SPSS and Stata files")
    theirs = Path(spec.submodule_search_locations[0]).parent
    size = task.path.stat().st_size
    seconds = _SECONDS + size // _BYTES_PER_SECOND
    told = {
        "path": os.path.abspath(task.path),  # noqa: PTH100 - keeps links as they are named
        "format": task.format,
        "encoding": task.encoding,
        "want": want,
        "rows": BATCH_ROWS,
        "columns": MOST_COLUMNS,
        "chunk": _CHUNK,
        "memory": _MEMORY + _MEMORY_PER_BYTE * size,
        "seconds": seconds,
    }
    process = subprocess.Popen(  # noqa: S603 - our own module
        # -I: neither the folder of the data nor the user's settings say what is imported.
        [sys.executable, "-I", "-c", _PROGRAM, str(_OURS), str(theirs), json.dumps(told)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # One thread: those of numpy would take addresses, and are not needed.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
    )
    try:
        yield _Child(process, seconds)
    finally:
        process.kill()
        process.communicate()


def _ended(task: Task, child: _Child) -> NoReturn:
    """Say how the other process ended before it had said everything."""
    try:
        code = child.process.wait(1)
    except subprocess.TimeoutExpired:  # it still runs, so that its message was no message
        _broken(task)
    if child.late or code == -_OUT_OF_TIME:
        _damaged(task, f"the file could not be read: that took longer than {child.seconds} seconds")
    _damaged(task, f"the file could not be read: its parser broke down (code {code})")


def _loaded(task: Task, payload: bytes) -> dict[str, Any]:
    try:
        found = json.loads(_decoded(task, payload))
    except (ValueError, RecursionError):
        _broken(task)
    return found if isinstance(found, dict) else _broken(task)


def _decoded(task: Task, payload: bytes) -> str:
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        _broken(task)


def _description(found: Mapping[str, Any], rows: int) -> Description:
    """A description from JSON; what is not as it should be raises."""
    columns, odd = [], {}
    for position, part in enumerate(found["columns"]):
        name = _text(part["name"])
        if part["type"] not in _TYPES:
            raise ValueError(part["type"])
        columns.append(
            Column(
                position=position,
                heads=(name,),
                label=_text(part["label"]),
                values={_text(key): _text(label) for key, label in part["values"].items()},
                missing=frozenset(_text(value) for value in part["missing"]),
                type=cast("CellType", part["type"]),
            )
        )
        if part["display"]:
            odd[name] = _text(part["display"])
    return Description(
        encoding=_text(found["encoding"]), rows=rows, columns=tuple(columns), odd=odd
    )


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise TypeError(value)


def _failed(task: Task, failure: Mapping[str, Any]) -> NoReturn:
    """Say in our words what the parser said in its own."""
    kind, text = str(failure.get("kind")), str(failure.get("text"))
    if kind == "columns":
        if text == "0":
            refuse(task.path, "HEADER-MISSING", "the file has no columns")
        refuse(task.path, "FILE-COLUMNS", f"{text} columns; at most {MOST_COLUMNS} are read")
    if kind in {"ImportError", "ModuleNotFoundError"}:
        raise MissingExtraError.of("formats", "reading SPSS and Stata files")
    if "character set" in text:
        _undecoded(task, "the file declares an encoding that is not known", "is not known")
    if kind == "UnicodeDecodeError" or "convert string" in text:
        what = "texts of the file are not in the encoding that the file declares"
        _undecoded(task, what, "is not that of the texts")
    if kind == "memory" or "allocate memory" in text:
        _damaged(task, "the file could not be read: it asks for more memory than its size explains")
    if kind == "UserWarning":
        _damaged(task, f"two columns have one name: {show(text)}")
    if "number of rows" in text:
        _damaged(task, "the file ends before its last row", todo="copy or export it again")
    told = show(text) if kind == "ReadstatError" else "its parser cannot make sense of it"
    _damaged(task, f"the file could not be read: {told}")


def _undecoded(task: Task, what: str, amiss: str) -> NoReturn:
    if task.declared is None:
        todo = "write the one that its texts are in into the manifest, such as encoding: cp1252"
        refuse(task.path, "FILE-ENCODING", what, todo=todo)
    what = f"the encoding {show(task.declared)} {amiss}"
    todo = "leave the encoding out, or name the one that the texts are in"
    refuse(task.path, "FILE-ENCODING", what, got=f"encoding: {task.declared}", todo=todo)


def _broken(task: Task) -> NoReturn:
    _damaged(task, "the file could not be read: its parser answered what makes no sense")


def _damaged(task: Task, what: str, todo: str = "export the file again") -> NoReturn:
    refuse(task.path, "FILE-DAMAGED", what, todo=todo)
