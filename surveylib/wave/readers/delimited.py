"""Comma-separated and tab-separated files: encoding, delimiter, quotes, lines.

Text is UTF-8, what a byte order mark says, or what was declared; it is never guessed. A delimiter
that was not declared is taken where only one can be meant. Rows are read as they stand.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from surveylib.errors import show
from surveylib.wave.readers.base import (
    BATCH_ROWS,
    MOST_COLUMNS,
    Batch,
    OddRow,
    ReadOptions,
    Sheet,
    columns_from,
    columns_of,
    magic,
    refuse,
)

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator, Sequence
    from pathlib import Path

DELIMITERS = (",", ";", "\t", "|")
_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
#: Longest first: the mark of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Encodings of names on the network, and of nothing.
_NO_TEXTS = frozenset(["idna", "punycode", "undefined"])
#: Characters of one line; a quoted text may take several.
MOST_LINE = 16 * 1024 * 1024
_SAMPLE_ROWS = 200
#: Rows of another width that a delimiter may leave and still be the one.
_ODD_SHARE = 0.05
_CHUNK = 1 << 20
#: How much of a long text is looked at to find its end.
_LONGEST, _LONGEST_LINES = 1 << 22, 100_000


def read(path: Path, options: ReadOptions) -> Sheet:
    """Open a file of text with a delimiter between its cells.

    Args:
        path: The file.
        options: Encoding, delimiter, and how many rows stand above the answers.

    Raises:
        ResponsesError: The text cannot be decoded, the delimiter is not clear, a quote is not
            closed, or the header is not there.
    """
    encoding = _encoding(path, options)
    digest = _checked(path, encoding)
    if options.delimiter is not None and len(options.delimiter) != 1:
        what = f"the delimiter {show(options.delimiter)} is not one sign"
        refuse(path, "DELIMITER", what, wanted="a sign such as ';', or a tab")
    delimiter = options.delimiter or _delimiter(path, encoding, options)
    headers = _headers(path, encoding, delimiter, options)
    columns = columns_from(headers, options)
    width = len(columns)
    skip = options.title_rows + options.header_rows
    return Sheet(
        file=str(path),
        format="csv",
        sha256=digest,
        columns=columns,
        batches=lambda: _batches(path, encoding, delimiter, skip, width),
        one_column=lambda place: _batches(path, encoding, delimiter, skip, width, place),
        encoding=encoding,
        delimiter=delimiter,
    )


def _encoding(path: Path, options: ReadOptions) -> str:
    if (kind := magic(path)) and options.encoding is None:
        what = "the file holds no text with a delimiter between its cells"
        refuse(path, "FILE-KIND", what, got=kind, todo="name its format, or give it its extension")
    with path.open("rb") as file:
        start = file.read(4)
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    declared = options.encoding
    if declared is None:
        return marked or "utf-8"
    try:
        found = codecs.lookup(declared)
    except LookupError:
        refuse(path, "FILE-ENCODING", f"no encoding is called {show(declared)}", wanted="utf-8, …")
    if not getattr(found, "_is_text_encoding", True) or found.name in _NO_TEXTS:
        refuse(path, "FILE-ENCODING", f"{show(declared)} is no encoding of text", wanted="utf-8, …")
    plain = found.name.replace("_", "-")
    if marked and plain.removesuffix("-sig").split("-le")[0].split("-be")[0] != marked.removesuffix(
        "-sig"
    ):
        refuse(
            path,
            "FILE-ENCODING",
            f"the file begins with the mark of {marked.removesuffix('-sig')}",
            got=f"encoding: {declared}",
            todo="leave the encoding out, or name the one that the file has",
        )
    return marked or plain


def _checked(path: Path, encoding: str) -> str:
    """Decode the whole file once, so that bad bytes stop it before anything is taken; its hash."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    since = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK)
            digest.update(chunk)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeError:
                _bad_byte(path, encoding)
            if "\0" in text:
                _nul(path, encoding)
            since = _without_break(text, since)
            if since > MOST_LINE:
                what = f"a line of more than {MOST_LINE} characters"
                refuse(path, "ROW-SIZE", what, todo="is it a table of responses?")
            if not chunk:
                return digest.hexdigest()


def _without_break(text: str, before: int) -> int:
    """Characters since the last line break, given those before a text."""
    last = max(text.rfind("\n"), text.rfind("\r"))
    return before + len(text) if last < 0 else len(text) - last - 1


def _bad_byte(path: Path, encoding: str) -> None:
    """Say which byte of which line cannot be decoded, and what the file may be instead."""
    with path.open("rb") as file:
        for line, raw in enumerate(file, start=1):
            try:
                raw.decode("utf-8" if encoding.startswith("utf-8") else encoding)
            except UnicodeDecodeError as error:
                byte = raw[error.start]
                hint = (
                    " It looks like Windows-1252."
                    if encoding.startswith("utf-8") and _is_1252(path)
                    else ""
                )
                refuse(
                    path,
                    "FILE-ENCODING",
                    f"byte 0x{byte:02x} at place {error.start + 1} is not {encoding}.{hint}",
                    line=line,
                    todo="write the encoding into the manifest, such as encoding: cp1252",
                )
    refuse(path, "FILE-ENCODING", f"the file ends in the middle of a character of {encoding}")


def _is_1252(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                chunk.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return True


def _nul(path: Path, encoding: str) -> None:
    with path.open(encoding=encoding, newline="") as file:
        for line, text in enumerate(file, start=1):
            if "\0" in text:
                what = f"a NUL character at place {text.index(chr(0)) + 1} of the line"
                todo = "export the file again; NUL is no text"
                refuse(path, "FILE-CHARACTER", what, line=line, todo=todo)


class _Lines:
    """Lines of text without the end-of-file sign of old systems."""

    def __init__(self, file: io.TextIOWrapper) -> None:
        self.file = file

    def __iter__(self) -> Iterator[str]:
        return (line for line in self.file if line != "\x1a")


def _delimiter(path: Path, encoding: str, options: ReadOptions) -> str:
    """The only delimiter that the first rows can have; one column needs none."""
    fits: dict[str, tuple[int, int]] = {}
    for delimiter in DELIMITERS:
        rows = _sample(path, encoding, delimiter, options)
        widths = Counter(len(row) for row in rows if row)
        if not widths:
            continue
        header = len(rows[options.header_rows - 1]) if len(rows) >= options.header_rows else 0
        odd = sum(count for width, count in widths.items() if width != header)
        if header > 1 and odd <= _ODD_SHARE * sum(widths.values()):
            fits[delimiter] = (odd, -header)
    if not fits:
        return ","
    best = min(fits, key=lambda name: fits[name])
    rivals = [name for name in fits if fits[name][0] == fits[best][0]]
    if len(rivals) > 1:
        told = " or ".join(f"{_NAMES[name]} ({-fits[name][1]} columns)" for name in rivals)
        what = f"the delimiter can be {told}"
        refuse(path, "DELIMITER", what, todo="write it into the manifest, such as delimiter: ';'")
    return best


def _sample(path: Path, encoding: str, delimiter: str, options: ReadOptions) -> list[list[str]]:
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        reader = csv.reader(iter(_Lines(file)), delimiter=delimiter)
        try:
            return list(islice(reader, options.title_rows, options.title_rows + _SAMPLE_ROWS))
        except csv.Error:
            return []


def _headers(path: Path, encoding: str, delimiter: str, options: ReadOptions) -> list[list[str]]:
    with path.open(encoding=encoding, newline="", errors="replace") as file:
        reader = csv.reader(iter(_Lines(file)), delimiter=delimiter)
        try:
            rows = list(islice(reader, options.title_rows + options.header_rows))
        except csv.Error as error:
            refuse(path, "CSV-SYNTAX", f"the header cannot be read: {error}", line=reader.line_num)
    rows = rows[options.title_rows :]
    if len(rows) < options.header_rows or not any(cell.strip() for row in rows for cell in row):
        refuse(path, "HEADER-MISSING", "the file ends before its header does")
    width = max(len(row) for row in rows)
    if any(len(row) != width for row in rows):
        told = ", ".join(str(len(row)) for row in rows)
        what = f"the header rows have {told} cells"
        refuse(path, "HEADER-LENGTH", what, todo="say how many rows stand above it: title_rows")
    if width > MOST_COLUMNS:
        refuse(path, "FILE-COLUMNS", f"{width} columns; at most {MOST_COLUMNS} are read")
    return rows


def _batches(  # noqa: PLR0917 - how the file is read, and what of it
    path: Path, encoding: str, delimiter: str, skip: int, width: int, place: int | None = None
) -> Iterator[Batch]:
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(iter(_Lines(file)), delimiter=delimiter, strict=True)
        begun = record = 0
        try:
            for _ in islice(reader, skip):
                begun = reader.line_num
            while rows := list(islice(reader, BATCH_ROWS)):
                lines = _lines(rows, begun, reader.line_num)
                begun = reader.line_num
                yield _batch(rows, lines, record, width, place)
                record += len(rows)
        except csv.Error as error:
            _bad_syntax(path, encoding, delimiter, error)


def _lines(rows: Sequence[Sequence[str]], begun: int, ended: int) -> Sequence[int]:
    """The line that each row begins on; a row with line breaks in its cells takes several."""
    if ended - begun == len(rows):
        return range(begun + 1, ended + 1)
    found, line = [], begun + 1
    for row in rows:
        found.append(line)
        line += 1 + sum(_breaks(cell) for cell in row)
    return found


def _breaks(cell: str) -> int:
    """Line breaks in a cell: those at which lines of a file end, and no others."""
    return cell.count("\n") + cell.count("\r") - cell.count("\r\n")


def _batch(
    rows: list[list[str]], lines: Sequence[int], record: int, width: int, place: int | None
) -> Batch:
    if all(len(row) == width for row in rows):
        records = range(record + 1, record + len(rows) + 1)
        return Batch(records, lines, _columns(rows, width, place))
    kept_records, kept, good, odd = [], [], [], []
    for number, (line, row) in enumerate(zip(lines, rows, strict=True), start=record + 1):
        cells = row or [""] * width  # an empty line is a row without values
        if len(cells) == width:
            kept_records.append(number)
            kept.append(line)
            good.append(cells)
        else:
            odd.append(OddRow(number, line, tuple(cells)))
    return Batch(kept_records, kept, _columns(good, width, place), odd)


def _columns(
    rows: Sequence[Sequence[str]], width: int, place: int | None
) -> Sequence[Sequence[str]]:
    """Every column of some rows, or the one at a place."""
    if place is None:
        return columns_of(rows, width)
    return [[row[place] for row in rows]]


def _bad_syntax(path: Path, encoding: str, delimiter: str, error: csv.Error) -> None:
    """Say where the row begins that the rules of CSV cannot read."""
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(iter(_Lines(file)), delimiter=delimiter, strict=True)
        begun = 0
        try:
            for _ in reader:
                begun = reader.line_num
        except csv.Error:
            pass
        ended = reader.line_num
    if "field limit" in str(error) and _closes(path, encoding, delimiter, begun):
        what = f"a text of more than {csv.field_size_limit()} characters"
        todo = "shorten it, or keep long texts in a file of their own"
        refuse(path, "FIELD-SIZE", what, line=begun + 1, todo=todo)
    if "field limit" in str(error) or "unexpected end" in str(error):
        what = "a quote is opened and not closed"
        if ended > begun + 1:
            what += f" before line {ended}"
        todo = 'close it, or double a quote that is part of a text: ""'
        refuse(path, "QUOTE-OPEN", what, line=begun + 1, todo=todo)
    refuse(path, "CSV-SYNTAX", f"not valid CSV: {error}", line=begun + 1)


def _closes(path: Path, encoding: str, delimiter: str, begun: int) -> bool:
    """Whether the long text of a row is closed as it should be: by a quote before a delimiter."""
    with path.open(encoding=encoding, newline="") as file:
        text = "".join(islice(file, begun, begun + _LONGEST_LINES))[:_LONGEST]
    opened = text.find(f'{delimiter}"') + 1 if not text.startswith('"') else 0
    place = opened + 1
    while (place := text.find('"', place)) >= 0:
        after = text[place + 1 : place + 2]
        if after != '"':
            return place - opened > csv.field_size_limit() and after in {delimiter, "\r", "\n", ""}
        place += 2
    return opened == 0 and not text.startswith('"')
