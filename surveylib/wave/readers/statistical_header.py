"""The dictionary of an SPSS file, for what the parser does not tell: weight, sets, rows.

The layout is described in the developers' manual of PSPP, "System File Format".
"""

from __future__ import annotations

import codecs
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from surveylib.wave.readers.base import AnswerSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_HEADER = 176
_ELEMENT = 8
#: Kinds of extension records: sets of variables, in two dialects, and long names.
_SETS, _LONG_NAMES, _MORE_SETS = 7, 13, 19


class DictionaryError(ValueError):
    """The dictionary is not as the format says."""


@dataclass(slots=True)
class Dictionary:
    """What the dictionary of an SPSS file says beyond its columns.

    Args:
        order: The byte order, as struct writes it.
        compressed: Whether the rows are.
        weighted: Place of the weight, counted from 1 in elements of eight bytes; 0 for none.
        declared_rows: As the header says; -1 where it does not know.
        elements: How many elements a row has.
        begins: Where the rows begin.
        short_names: By the place of the element, from 0.
        extensions: Kind → what it holds.
    """

    order: str
    compressed: bool
    weighted: int
    declared_rows: int
    elements: int = 0
    begins: int = 0
    short_names: dict[int, bytes] = field(default_factory=dict)
    extensions: dict[int, bytes] = field(default_factory=dict)

    def names(self, encoding: str) -> dict[str, str]:
        """The long name of each short one, in small letters as sets write them.

        A set may also name a column by its long name.
        """
        text = _decoded(self.extensions.get(_LONG_NAMES, b""), encoding)
        pairs = [part.partition("=") for part in text.rstrip("\0").split("\t")]
        known = {short.lower(): name for short, sign, name in pairs if sign}
        for _, _, name in pairs:
            known.setdefault(name.lower(), name)
        for raw in self.short_names.values():
            name = _decoded(raw, encoding).rstrip(" ")
            known.setdefault(name.lower(), name)
        return known

    def weight(self, encoding: str) -> str | None:
        """Name of the column that weights are in; None for none, empty for one amiss."""
        if not self.weighted:
            return None
        raw = self.short_names.get(self.weighted - 1)
        if raw is None:
            return ""
        return self.names(encoding)[_decoded(raw, encoding).rstrip(" ").lower()]

    def sets(self, encoding: str) -> dict[str, AnswerSet]:
        """Declared questions with several answers, by name.

        Raises:
            DictionaryError: One is not written as the format says.
        """
        names = self.names(encoding)
        return {
            name: found
            for kind in (_SETS, _MORE_SETS)
            for name, found in _sets(self.extensions.get(kind, b""), encoding, names)
        }

    def spare(self, size: int) -> int:
        """Bytes of a file of this size beyond its rows; below 0 where it ends too early.

        Rows that are compressed tell nothing: 0.
        """
        if self.compressed or not self.elements:
            return 0
        held, row = size - self.begins, self.elements * _ELEMENT
        return held % row if self.declared_rows < 0 else held - self.declared_rows * row


def read_dictionary(path: Path) -> Dictionary:
    """Read the dictionary of an SPSS file.

    Raises:
        DictionaryError: It is not as the format says.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        reader = _Reader(file, size)
        try:
            return _read(reader)
        except (struct.error, KeyError) as error:
            raise DictionaryError(f"at byte {file.tell()}") from error


@dataclass(slots=True)
class _Reader:
    """Reads numbers and bytes, and never asks for more than the file has."""

    file: BinaryIO
    size: int
    order: str = "<"

    def integer(self) -> int:
        return int(struct.unpack(f"{self.order}i", self.take(4))[0])

    def take(self, count: int) -> bytes:
        if not 0 <= count <= self.size - self.file.tell():
            raise DictionaryError(f"{count} bytes wanted at byte {self.file.tell()}")
        return self.file.read(count)

    def skip(self, count: int) -> None:
        if not 0 <= count <= self.size - self.file.tell():
            raise DictionaryError(f"{count} bytes skipped at byte {self.file.tell()}")
        self.file.seek(count, 1)


def _read(reader: _Reader) -> Dictionary:
    header = reader.take(_HEADER)
    # The layout is 2 or 3, and so tells the order of the bytes.
    reader.order = next((order for order in "<>" if _integers(header, order)[0] in {2, 3}), "")
    if not reader.order:
        raise DictionaryError("no known layout")
    _, _, compression, weighted, rows = _integers(header, reader.order)
    found = Dictionary(reader.order, bool(compression), weighted, rows)
    while (kind := reader.integer()) != 999:
        _RECORDS[kind](reader, found)
    reader.skip(4)
    found.begins = reader.file.tell()
    return found


def _integers(header: bytes, order: str) -> tuple[int, int, int, int, int]:
    """Layout, elements of a row, compression, place of the weight, rows."""
    return struct.unpack_from(f"{order}5i", header, 64)


def _variable(reader: _Reader, found: Dictionary) -> None:
    """An element: a number, eight bytes of a text, or eight more of the text before."""
    kind, labelled, missing = (reader.integer() for _ in range(3))
    reader.skip(8)
    name = reader.take(8)
    if labelled:
        reader.skip(_padded(reader.integer(), 4))
    reader.skip(abs(missing) * _ELEMENT)
    if kind >= 0:
        found.short_names[found.elements] = name
    found.elements += 1


def _labels(reader: _Reader, _: Dictionary) -> None:
    for _place in range(reader.integer()):
        reader.skip(8)
        length = reader.take(1)[0]
        reader.skip(_padded(length + 1, 8) - 1)


def _labelled(reader: _Reader, _: Dictionary) -> None:
    reader.skip(4 * reader.integer())


def _document(reader: _Reader, _: Dictionary) -> None:
    reader.skip(80 * reader.integer())


def _extension(reader: _Reader, found: Dictionary) -> None:
    kind, size, count = (reader.integer() for _ in range(3))
    if min(size, count) < 0:
        raise DictionaryError(f"an extension of {count} times {size} bytes")
    if kind in {_SETS, _LONG_NAMES, _MORE_SETS}:
        found.extensions[kind] = reader.take(size * count)
    else:
        reader.skip(size * count)


def _padded(length: int, unit: int) -> int:
    return -(-length // unit) * unit


_RECORDS: Mapping[int, Callable[[_Reader, Dictionary], None]] = {
    2: _variable,
    3: _labels,
    4: _labelled,
    6: _document,
    7: _extension,
}


def _sets(raw: bytes, encoding: str, names: Mapping[str, str]) -> Iterator[tuple[str, AnswerSet]]:
    """Sets as text: `$name=D1 1 5 label first second`, a line each; lengths are in bytes."""
    for line in raw.rstrip(b"\0").split(b"\n"):
        # A label may hold a line break; a line without a name ends nothing that has been read.
        if not line.strip():
            continue
        head, sign, rest = line.partition(b"=")
        if not sign or not rest:
            raise DictionaryError(f"a set without a name: {line[:40]!r}")
        kind, rest = rest[:1], rest[1:]
        counted = b""
        if kind == b"E":  # a flag about labels comes first
            _, _, rest = rest.lstrip(b" ").partition(b" ")
        if kind in {b"D", b"E"}:
            counted, rest = _counted(rest)
        elif kind != b"C":
            raise DictionaryError(f"a set of kind {kind!r}")
        label, rest = _counted(rest.lstrip(b" "))
        members = _decoded(rest, encoding).split()
        name = _decoded(head, encoding).strip().removeprefix("$")
        yield (
            name,
            AnswerSet(
                label=_decoded(label, encoding),
                kind="categories" if kind == b"C" else "dichotomies",
                columns=tuple(names.get(member.lower(), member) for member in members),
                counted=_decoded(counted, encoding).strip(),
            ),
        )


def _counted(raw: bytes) -> tuple[bytes, bytes]:
    """A text after its length, and what follows it."""
    digits, _, rest = raw.partition(b" ")
    if not digits.isdigit() or int(digits) > len(rest):
        raise DictionaryError(f"no length at {raw[:40]!r}")
    return rest[: int(digits)], rest[int(digits) :]


def _decoded(raw: bytes, encoding: str) -> str:
    """Text in the encoding of the file; one that Python does not know is read byte by byte."""
    known = "latin-1"
    with suppress(LookupError):
        known = codecs.lookup(encoding).name
    return raw.decode(known, "replace")
