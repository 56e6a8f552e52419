"""A wave as CSV: UTF-8 with a byte order mark, a row for each respondent, and what goes with it."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from surveylib.instrument.formats.base import Lost
from surveylib.present import responses_sheets as sheets
from surveylib.present.responses_texts import safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from surveylib.present.responses_columns import Cell, Column, Leaving

#: Rows that are turned into text at once.
_ROWS = 10_000
_APOSTROPHES = (
    "An apostrophe stands in front of what a spreadsheet would run as a formula; where apostrophes "
    "stood there already, one more does. columns.csv counts the cells."
)
#: Half of a pair of code units, which is no character and has no place in UTF-8.
_HALF = re.compile("[\ud800-\udfff]")


def as_csv(leaving: Leaving) -> tuple[dict[str, bytes], list[Lost]]:
    """responses.csv, columns.csv and about.csv, and what they cannot hold.

    Args:
        leaving: What of the wave leaves.
    """
    about = [*sheets.about(leaving), ("apostrophes", _APOSTROPHES)]
    return {
        "responses.csv": _file(_rows(leaving)),
        "columns.csv": _file(sheets.columns(leaving, _marked)),
        "about.csv": _file(about),
    }, _halves(leaving)


def _rows(leaving: Leaving) -> Iterable[Iterable[Cell]]:
    yield [column.name for column in leaving.columns]
    for first in range(0, leaving.wave.rows, _ROWS):
        parts = [column.cells(first, first + _ROWS) for column in leaving.columns]
        yield from zip(*parts, strict=True)


def _file(rows: Iterable[Iterable[Cell]]) -> bytes:
    """Lines of CSV: texts safe to open, numbers with all their digits, a mark on top."""
    text = io.StringIO(newline="")
    # The writer quotes a line break of either kind only if its own ends hold both.
    writer = csv.writer(text, lineterminator="\r\n")
    for row in rows:
        writer.writerow([safe(cell) if isinstance(cell, str) else cell for cell in row])
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "backslashreplace")


def _marked(column: Column) -> str:
    count = sum(isinstance(cell, str) and safe(cell) != cell for cell in column.cells())
    return f"cells in which an apostrophe was put in front of a formula: {count}" if count else ""


def _halves(leaving: Leaving) -> list[Lost]:
    found = []
    for column in leaving.columns:
        count = sum(_HALF.search(text) is not None for text in column.texts())
        if count:
            what = f"half characters, written as in \\ud83d in the CSV file: in {count} cells"
            found.append(Lost(question=column.name, what=what))
    return found
