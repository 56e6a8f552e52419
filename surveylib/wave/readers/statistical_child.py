"""Reads an SPSS or a Stata file in a process of its own, and passes on plain text.

The parser underneath is written in C and may crash on a crafted file. `statistical_process` starts
an interpreter that runs `main`, which writes messages, each a kind of one letter, two lengths and
a payload:

- `D`, the description: JSON.
- `R`, rows: every cell, column by column, with NUL between cells. Text of these formats ends at a
  NUL, so that no cell can hold one.
- `F`, a failure: JSON. The last message.
- `E`, the end: the number of rows. The last message.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from surveylib.wave.readers.statistical_texts import Kind, Texts, dta_kind, sav_kind

if sys.platform != "win32":
    import resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: Kind, number of rows, bytes of the payload.
HEAD = struct.Struct("<cIQ")
#: Bytes of a value as a Python object, by a guess that is rather too high.
_NUMBER_BYTES, _TEXT_BYTES, _UNKNOWN_TEXT = 32, 64, 1024


class Source:
    """A file, its metadata, and its rows in chunks."""

    def __init__(self, task: Mapping[str, Any]) -> None:
        import pyreadstat  # noqa: PLC0415 - only here, where a crash does no harm

        # Names that occur twice would be changed, and the third lost.
        warnings.filterwarnings("error", message="column '.*' is duplicated")
        limit_memory(task["memory"])
        limit_time(task["seconds"])
        self.read: Callable[..., Any]
        self.read, self.kind_of = {
            "sav": (pyreadstat.read_sav, sav_kind),
            "dta": (pyreadstat.read_dta, dta_kind),
        }[task["format"]]
        self.options = {
            "encoding": task["encoding"],
            "user_missing": True,
            "disable_datetime_conversion": True,
            "output_format": "dict",
        }
        self.path = task["path"]
        self.batch: int = task["rows"]
        self.chunk: int = task["chunk"]
        self.meta = self.read(self.path, metadataonly=True, **self.options)[1]
        self.names: list[str] = list(self.meta.column_names)
        self.kinds = [
            self.kind_of(
                self.meta.original_variable_types[name] or "",
                self.meta.readstat_variable_types[name],
            )
            for name in self.names
        ]

    def is_number(self, name: str) -> bool:
        """Whether a column is stored as numbers."""
        return bool(self.meta.readstat_variable_types[name] != "string")

    def chunk_rows(self) -> int:
        """Rows that are parsed at once: several batches, because each chunk skims those before."""
        size = 0
        for name in self.names:
            if self.is_number(name):
                size += _NUMBER_BYTES
            else:
                size += _TEXT_BYTES + (self.meta.variable_storage_width[name] or _UNKNOWN_TEXT)
        most = self.chunk // max(1, size)
        return max(1, most - most % self.batch if most > self.batch else most)

    def chunks(self) -> Iterator[tuple[list[Sequence[Any]], Mapping[str, Sequence[str]]]]:
        """Columns of values, and the letters of missing values that occur in Stata columns."""
        offset, most = 0, self.chunk_rows()
        total = self.meta.number_rows
        while total is None or offset < total:
            data, meta = self.read(self.path, row_offset=offset, row_limit=most, **self.options)
            columns = [part.tolist() if hasattr(part, "tolist") else part for part in data.values()]
            count = len(columns[0])
            if count:
                yield columns, meta.missing_user_values
            offset += count
            if count < most:
                break
        if total is not None and offset != total:
            raise ValueError(f"{offset} rows of {total}")


def describe(source: Source) -> dict[str, Any]:
    """What the file says of its columns; reads every row for the missing values that occur."""
    meta = source.meta
    ranges = [meta.missing_ranges.get(name, []) for name in source.names]
    # A range may be written for values that never occur: what occurs has to be looked up.
    wide = [any(part["lo"] != part["hi"] for part in parts) for parts in ranges]
    seen: list[set[Any]] = [
        {part["lo"] for part in parts if part["lo"] == part["hi"]} for parts in ranges
    ]
    labels = [meta.variable_value_labels.get(name, {}) for name in source.names]
    rows = 0
    for place, column_labels in enumerate(labels):
        seen[place].update(key for key in column_labels if _within(key, ranges[place]))
        if source.is_number(source.names[place]):  # a letter: a missing value of Stata
            seen[place].update(key for key in column_labels if isinstance(key, str))
    for columns, tagged in source.chunks():
        rows += len(columns[0])
        for place, column in enumerate(columns):
            if wide[place]:
                seen[place].update(key for key in set(column) if _within(key, ranges[place]))
            seen[place].update(tagged.get(source.names[place], ()))
    described = []
    for place, (name, kind) in enumerate(zip(source.names, source.kinds, strict=True)):
        described.append(
            {
                "name": name,
                "label": meta.column_names_to_labels[name] or "",
                "type": kind.type,
                "display": (meta.original_variable_types[name] or "") if kind.odd else "",
                "values": {kind.text(key): label for key, label in labels[place].items()},
                "missing": sorted(kind.text(key) for key in seen[place]),
            }
        )
    return {"encoding": meta.file_encoding or "", "rows": rows, "columns": described}


def _within(value: Any, ranges: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a value lies in a range; a text never lies in a range of numbers."""
    return any(
        isinstance(value, str) == isinstance(part["lo"], str) and part["lo"] <= value <= part["hi"]
        for part in ranges
        if value is not None
    )


def payloads(source: Source) -> Iterator[tuple[int, bytes]]:
    """Rows as messages of at most one batch."""
    for columns, _ in source.chunks():
        count = len(columns[0])
        for start in range(0, count, source.batch):
            part = slice(start, start + source.batch)
            joined = "\0".join(
                _joined(kind, column[part])
                for kind, column in zip(source.kinds, columns, strict=True)
            )
            yield min(source.batch, count - start), joined.encode("utf-8")


def _joined(kind: Kind, values: Sequence[Any]) -> str:
    texts = Texts(kind.text)
    return "\0".join([texts[value] for value in values])


def limit_memory(most: int) -> None:
    """Let the operating system bound what the parser may take on top of what is taken already.

    Windows has no such limit, and macOS does not keep to it. There a file that asks for too much
    memory is stopped by the time that the other process waits, if at all.
    """
    if sys.platform == "win32":
        return
    _bound(resource.RLIMIT_AS, _address_space() + most)
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_FSIZE, 0)  # it has nothing to write


def limit_time(seconds: int) -> None:
    """End this process after some more seconds of work, even if nobody waits for it any more."""
    if sys.platform == "win32":
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _bound(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + seconds)


def _bound(name: int, value: int) -> None:
    _, hard = resource.getrlimit(name)
    soft = value if hard == resource.RLIM_INFINITY else min(value, hard)
    # A system may have a limit and not take it.
    with suppress(ValueError, OSError):
        resource.setrlimit(name, (soft, hard))


def _address_space() -> int:
    """Bytes of addresses that the interpreter and its libraries hold already."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - starts quicker
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 1 << 30


def answer(task: Mapping[str, Any]) -> Iterator[tuple[bytes, int, bytes]]:
    """The messages that a task asks for."""
    try:
        source = Source(task)
        if not 0 < len(source.names) <= task["columns"]:
            yield b"F", 0, _failure("columns", str(len(source.names)))
            return
        if task["want"] == "description":
            found = describe(source)
            yield b"D", 0, json.dumps(found).encode()
            yield b"E", found["rows"], b""
            return
        total = 0
        for rows, payload in payloads(source):
            total += rows
            yield b"R", rows, payload
        yield b"E", total, b""
    except MemoryError:
        yield b"F", 0, _failure("memory", "")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told and not a traceback
        yield b"F", 0, _failure(type(error).__name__, str(error)[:500])


def _failure(kind: str, text: str) -> bytes:
    return json.dumps({"kind": kind, "text": text}).encode()


def main() -> None:
    """Do the task in the last argument, and write the messages to what was standard output."""
    task = json.loads(sys.argv[-1])
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints is no message
    for kind, rows, payload in answer(task):
        head = HEAD.pack(kind, rows, len(payload))
        for part in (head, payload):
            rest = memoryview(part)
            while rest:
                rest = rest[out.write(rest) :]
        limit_time(task["seconds"])  # anew from each message
