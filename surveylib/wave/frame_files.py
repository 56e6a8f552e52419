"""Files of rows that DuckDB reads for a frame, and what it says of those it cannot read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from surveylib.errors import Fault, ResponsesError, UnknownNameError, show

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Endings of files, and how DuckDB opens them.
_FILES = {".parquet": "from_parquet", ".csv": "read_csv", ".tsv": "read_csv"}
#: In names of files, what DuckDB would take for a pattern of names.
_PATTERN = re.compile(r"[*?\[]")
_CSV_LINE = re.compile(r"CSV Error on Line: (\d+)")
_NAMED = re.compile(r"^ *file = (.+)$|[Ff]ile [\"'](.+?)[\"']", re.MULTILINE)
#: What it says of a file, and what to do.
_TODO = {
    "not utf-8": "write the file in UTF-8",
    "Expected Number of Columns": "give every line as many cells as the first has",
    "Could not convert": "correct the value: a column holds numbers or texts, not both",
}


def opened(source: object) -> object:
    """A Parquet, CSV or TSV file as a DuckDB relation, which reads no more than is asked for.

    Args:
        source: The path of such a file; anything else comes back as it is.

    Raises:
        UnknownNameError: There is no such file.
        ResponsesError: It cannot be read.
    """
    if not isinstance(source, str | Path) or Path(source).suffix.lower() not in _FILES:
        return source
    import duckdb  # noqa: PLC0415 - opened for files only

    path = Path(source)
    if not path.is_file():
        there = [one.name for one in path.parent.glob("*")]
        raise UnknownNameError.of("file", str(source), there, where=str(path.parent))
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    name = _PATTERN.sub(lambda sign: f"[{sign[0]}]", str(source))
    try:
        return getattr(connection, _FILES[path.suffix.lower()])(name)
    except duckdb.Error as error:
        raise unreadable(error, str(source)) from error


def unreadable(error: Exception, file: str = "") -> ResponsesError:
    """What DuckDB says of rows that it cannot read, in our words.

    Args:
        error: What it raised.
        file: The file, where it is known.
    """
    told = str(error)
    line, named = _CSV_LINE.search(told), _NAMED.search(told)
    name = file or (named[1] or named[2] if named else "")
    todo = [todo for sign, todo in _TODO.items() if sign in told]
    fault = Fault(
        code="FRAME-FILE",
        what="DuckDB cannot read these rows",
        file=_plain(name) or "the data frame",
        line=int(line[1]) if line else None,
        got="; ".join(_reasons(told)),
        todo=todo[0] if todo else "see whether the file is whole, and what its name says it is",
    )
    return ResponsesError([fault])


def _plain(name: str) -> str:
    """A name without the brackets around signs of patterns."""
    return re.sub(r"\[([*?\[])\]", r"\1", name)


def _reasons(told: str) -> Iterator[str]:
    """The lines before the engine's own advice."""
    for line in told.splitlines():
        if line.startswith(("Possible", "The search space", "This type was")):
            return
        if line.strip():
            yield show(line.strip())[1:-1]
