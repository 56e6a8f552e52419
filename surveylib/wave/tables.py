"""Read a comma-separated table of text with known columns; every fault with its line."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from surveylib.errors import Fault, listed, nearest, show

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(slots=True)
class Table:
    """Rows of text with their lines, and what is wrong so far."""

    file: str
    rows: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, line: int | None, code: str, what: str, **parts: str) -> None:
        """Record something wrong on a line."""
        self.faults.append(Fault(code=code, what=what, file=self.file, line=line, **parts))

    def percent(self, line: int, name: str, cell: str) -> Fraction | None:
        """A percentage as a proportion, or None with a fault."""
        if not re.fullmatch(r"\d+(\.\d+)?", cell, re.ASCII):
            what = f"'{name}' is no number"
            self.fault(line, "PERCENT", what, got=show(cell), wanted="a percentage such as 84.5")
            return None
        value = Fraction(cell)
        if value > 100:
            self.fault(line, "PERCENT", f"'{name}' is over 100 %", got=cell, wanted="0 to 100")
            return None
        return value / 100


def read_table(raw: bytes, file: str, columns: Sequence[str]) -> Table:
    """Decode a comma-separated file with exactly these columns."""
    table = Table(file=file)
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        table.fault(line, "FILE-ENCODING", what, todo="save the file as UTF-8")
        return table
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        table.fault(line, "FILE-CHARACTER", "NUL character in the file", todo="remove it")
        return table
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        _check_header(table, header, columns)
        if table.faults:
            return table
        for row in reader:
            if len(row) != len(header):
                what = f"the row has {len(row)} cells, the header {len(header)}"
                todo = "quote cells that hold a comma"
                table.fault(reader.line_num, "ROW-LENGTH", what, todo=todo)
                continue
            cells = (cell.strip() for cell in row)
            table.rows.append((reader.line_num, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        table.fault(reader.line_num, "CSV-SYNTAX", f"not valid CSV: {error}")
    return table


def _check_header(table: Table, header: Sequence[str], columns: Sequence[str]) -> None:
    for name in columns:
        if name not in header:
            guess = nearest(name, [other for other in header if other not in columns])
            todo = f"is it the column '{guess}'?" if guess else f"wanted columns: {listed(columns)}"
            table.fault(1, "COLUMN-MISSING", f"no column called '{name}'", todo=todo)
    for position, name in enumerate(header):
        if name in header[:position]:
            table.fault(1, "COLUMN-REPEATED", f"column '{name}' stands twice")
        elif name not in columns:
            what = f"unknown column {show(name)}"
            table.fault(1, "COLUMN-UNKNOWN", what, wanted=listed(columns, most=20))
