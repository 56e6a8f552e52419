"""Where batches of a wave go: into memory, or into a table on disk that becomes a Parquet file."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import OutputError
from surveylib.wave.readers.parquet import as_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import duckdb
    from numpy.typing import NDArray

    from surveylib.wave.fields import Field

    Arrays = Mapping[str, NDArray[np.generic]]

_TYPES = {
    "coded": "SMALLINT",
    "tick": "TINYINT",
    "number": "DOUBLE",
    "text": "VARCHAR",
    "whole": "BIGINT",
}
#: Bytes that DuckDB may use before it writes to disk.
_MEMORY = "512MB"
#: Cells of a group of rows in a file: all of them are in memory while it is written.
_GROUP_CELLS = 4_000_000
_GROUP_ROWS = (2_048, 122_880)


class Memory:
    """Keeps every batch.

    Args:
        fields: The wave's columns.
    """

    def __init__(self, fields: Sequence[Field]) -> None:
        self.fields = fields
        self._parts: dict[str, list[NDArray[np.generic]]] = {field.name: [] for field in fields}

    def add(self, arrays: Arrays) -> None:
        """Take the arrays of a batch, one for each column."""
        for field in self.fields:
            values = arrays[field.name]
            if field.kind == "coded" and len(field.levels) < 127:
                values = values.astype(np.int8)
            self._parts[field.name].append(values)

    def texts(self, name: str) -> Counter[str]:
        """How often each text stands in a column."""
        return Counter(
            text for part in self._parts[name] for text in part.tolist() if text is not None
        )

    def columns(self) -> dict[str, NDArray[np.generic]]:
        """Every column as one array."""
        empty = {"coded": np.int8, "tick": np.int8, "number": np.float64, "whole": np.int64}
        return {
            field.name: np.concatenate(self._parts[field.name])
            if self._parts[field.name]
            else np.empty(0, empty.get(field.kind, np.object_))
            for field in self.fields
        }


class Table:
    """Keeps batches in a table on disk, and writes them as one Parquet file.

    Args:
        fields: The wave's columns.
        folder: An empty folder for the table; whoever makes it removes it.
    """

    def __init__(self, fields: Sequence[Field], folder: Path) -> None:
        import duckdb  # noqa: PLC0415 - opened when a wave is written

        self.fields = fields
        self._error = duckdb.Error
        self.connection: duckdb.DuckDBPyConnection = duckdb.connect()
        columns = ", ".join(f"{_name(field.name)} {_TYPES[field.kind]}" for field in fields)
        for command in (
            "SET enable_progress_bar = false",  # it would stand among what a command prints
            "SET threads = 1",  # the order of rows, and so the bytes, are always the same
            f"SET memory_limit = '{_MEMORY}'",
            f"SET temp_directory = {_quoted(str(folder))}",
            f"CREATE TABLE wave ({columns})",
        ):
            self._run(command)

    def add(self, arrays: Arrays) -> None:
        """Take the arrays of a batch, one for each column."""
        made = {field.name: _plain(arrays[field.name], field) for field in self.fields}
        self._run("INSERT INTO wave SELECT * FROM batch", made)

    def _run(self, command: str, batch: Mapping[str, Any] | None = None) -> None:
        try:
            if batch is not None:
                self.connection.register("batch", batch)
            self.connection.execute(command)
        except self._error as error:
            message = f"the wave cannot be written: {str(error).splitlines()[0]}"
            raise OutputError(message) from error
        finally:
            if batch is not None:
                self.connection.unregister("batch")

    def texts(self, name: str) -> Counter[str]:
        """How often each text stands in a column."""
        column = _name(name)
        query = f"SELECT {column}, count(*) FROM wave WHERE {column} IS NOT NULL GROUP BY 1"  # noqa: S608
        return Counter(dict(self.connection.execute(query).fetchall()))

    def write(self, path: Path, about: Mapping[str, object]) -> None:
        """Write every row into a Parquet file.

        Args:
            path: The file.
            about: What the file says of itself, kept with it as JSON.
        """
        chosen = ", ".join(_as_stored(field) for field in self.fields)
        told = _quoted(json.dumps(about, ensure_ascii=False, sort_keys=True))
        least, most = _GROUP_ROWS
        rows = max(least, min(most, _GROUP_CELLS // len(self.fields) // least * least))
        self._run(
            f"COPY (SELECT {chosen} FROM wave) TO {_quoted(str(path))} "  # noqa: S608 - all quoted
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {rows}, "
            f"KV_METADATA {{surveylib: {told}}})"
        )

    def close(self) -> None:
        """Let go of the table's file."""
        self.connection.close()


def _plain(values: NDArray[np.generic], field: Field) -> NDArray[np.generic]:
    """An array as DuckDB reads it."""
    if field.kind == "coded":
        return np.ascontiguousarray(values, np.int16)
    return np.ascontiguousarray(values)


def _as_stored(field: Field) -> str:
    """A column of the table as the file holds it: places as texts, nothing as NULL."""
    name = _name(field.name)
    if field.kind == "coded":
        levels = ", ".join(_quoted(level) for level in field.levels)
        return f"list_extract([{levels}]::VARCHAR[], {name} + 1) AS {name}"
    if field.kind == "tick":
        return f"CASE {name} WHEN 1 THEN true WHEN 0 THEN false END AS {name}"
    if field.kind == "number":
        return f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END AS {name}"
    return name


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def column_query(field: Field, path: Path) -> str:
    """The query that reads one column of a file as it was before it was written.

    Args:
        field: The column.
        path: The Parquet file.
    """
    name = _name(field.name)
    value = name
    if field.kind == "coded":
        levels = ", ".join(_quoted(level) for level in field.levels)
        found = f"list_position([{levels}]::VARCHAR[], {name})"
        value = f"CAST(coalesce({found}, 0) - 1 AS SMALLINT)"
    elif field.kind == "tick":
        value = f"CAST(CASE WHEN {name} IS NULL THEN -1 WHEN {name} THEN 1 ELSE 0 END AS TINYINT)"
    return f"SELECT {value} AS value FROM read_parquet({_quoted(as_pattern(path))})"  # noqa: S608 - every part is quoted
