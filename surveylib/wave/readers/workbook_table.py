"""From the cells of one sheet to columns and batches of rows; formats differ no longer here.

A sheet is read twice: once to see where it ends, which types its columns have and what stops it,
and again for each time that its rows are asked for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from surveylib.errors import Fault, ResponsesError, listed, show
from surveylib.wave.readers.base import (
    BATCH_ROWS,
    Batch,
    CellType,
    Column,
    ReadOptions,
    columns_from,
    columns_of,
    letters,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
#: Three header rows cannot have more, and merged cells among answers stop a file.
MOST_MERGED = 100_000
#: Rows times columns, blank cells included.
MOST_AREA = 500_000_000
#: A sheet of more cells than this may not be almost blank, nor made of repeats only.
FREE_AREA = 10_000_000
MOST_RATIO = 100
#: Cells of a batch, blank ones included: a wide sheet comes in shorter batches.
_BATCH_CELLS = 8_000_000
_MOST_NAMED = 12

#: What was seen of a cell: its type, or that it is shown as percent, holds an error value, or is a
#: formula without a stored value.
Kind = Literal["text", "number", "percent", "date", "boolean", "error", "absent"]
Cell = tuple[int, str, Kind]

TYPES: Mapping[Kind, CellType] = MappingProxyType(
    {
        "text": "text",
        "number": "number",
        "percent": "number",
        "date": "date",
        "boolean": "boolean",
        "error": "text",
        "absent": "text",
    }
)


class Row(NamedTuple):
    """A row as its file has it.

    Args:
        line: Its number, from 1.
        cells: Those that hold something, from left to right: place from 0, text, kind.
        width: Cells that the file has for it, blank ones included.
        repeat: How many times it follows itself.
        stored: Cells of the file that `cells` were made from.
    """

    line: int
    cells: Sequence[Cell]
    width: int
    repeat: int
    stored: int


class Merged(NamedTuple):
    """Cells that are shown as one: lines from 1, places from 0, ends included."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def name(self) -> str:
        """As a spreadsheet writes it."""
        return f"{letters(self.left)}{self.top}:{letters(self.right)}{self.bottom}"


#: Reads a sheet's rows from the top and adds what is merged to a list.
Rows = Callable[[list[Merged]], Iterator[Row]]


@dataclass(slots=True)
class _Look:
    """What the first reading of a sheet has found."""

    file: Path
    options: ReadOptions
    heads: dict[int, dict[int, str]] = field(default_factory=dict)
    merged: list[Merged] = field(default_factory=list)
    kinds: defaultdict[int, Counter[Kind]] = field(default_factory=lambda: defaultdict(Counter))
    errors: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    absent: list[str] = field(default_factory=list)
    absent_count: int = 0
    filled: int = 0
    stored: int = 0
    last_line: int = 0
    last_place: int = -1
    end_line: int = 0
    end_width: int = 0

    @property
    def skip(self) -> int:
        """The line of the last header row."""
        return self.options.title_rows + self.options.header_rows

    def add(self, row: Row) -> None:
        """Take a row into account."""
        last = row.line + row.repeat - 1
        if last > MOST_ROWS or row.width > MOST_COLUMNS:
            what = f"the sheet has more than {MOST_ROWS} rows or {MOST_COLUMNS} columns"
            refuse(self.file, "SHEET-SIZE", what)
        self.end_line = max(self.end_line, last)
        if last > self.options.title_rows:
            self.end_width = max(self.end_width, row.width)
        for line in range(row.line, min(last, self.skip) + 1):
            self._head(line, row.cells)
        times = last - max(row.line - 1, self.skip)
        if times > 0 and row.cells:
            self._answers(row, times)

    def _head(self, line: int, cells: Sequence[Cell]) -> None:
        self.heads[line] = {place: text for place, text, _ in cells}
        if line > self.options.title_rows and cells:
            self.last_place = max(self.last_place, cells[-1][0])
            self._absent(line, cells)

    def _answers(self, row: Row, times: int) -> None:
        self.last_line = row.line + row.repeat - 1
        self.last_place = max(self.last_place, row.cells[-1][0])
        self.filled += len(row.cells) * times
        self.stored += row.stored
        if self.filled > FREE_AREA // 10 and self.filled > MOST_RATIO * self.stored:
            what = f"the sheet repeats its cells more than {MOST_RATIO} times"
            refuse(self.file, "SHEET-SIZE", what)
        kinds = self.kinds
        unusual = False
        for place, _, kind in row.cells:
            kinds[place][kind] += times
            unusual = unusual or kind == "error" or kind == "absent"  # noqa: PLR1714 - runs for every cell
        if unusual:
            self._absent(row.line, row.cells)
            for place, text, kind in row.cells:
                if kind == "error":
                    self.errors[place].add(text)

    def _absent(self, line: int, cells: Sequence[Cell]) -> None:
        found = [f"{letters(place)}{line}" for place, _, kind in cells if kind == "absent"]
        self.absent_count += len(found)
        self.absent += found[: max(_MOST_NAMED - len(self.absent), 0)]

    def check(self) -> None:
        """Refuse a sheet that cannot be read as it stands; every reason at once."""
        rows, width = self.rows, self.width
        if rows * width > MOST_AREA:
            what = f"{rows} rows of {width} columns; at most {MOST_AREA} cells are read"
            refuse(self.file, "SHEET-SIZE", what)
        if rows * width > max(FREE_AREA, self.filled * MOST_RATIO):
            what = f"of {rows} rows and {width} columns, only {self.filled} cells hold anything"
            todo = "delete the cells that lie far from the others"
            refuse(self.file, "SHEET-SIZE", what, todo=todo)
        faults = []
        if self.absent_count:
            what = "formulas have no stored value"
            got = _capped(self.absent, self.absent_count)
            todo = "open the workbook in a spreadsheet program and save it there"
            faults.append(self._fault("FORMULA-VALUE", what, got=got, todo=todo))
        among = [
            one.name
            for one in sorted(self.merged)
            if self.skip < one.bottom and one.top <= self.last_line and one.left < width
        ]
        if among:
            what = "cells are merged among the answers, and nobody can say whose answer that is"
            got = _capped(among[:_MOST_NAMED], len(among))
            todo = "undo it, and write each answer into its own cell"
            faults.append(self._fault("CELLS-MERGED", what, got=got, todo=todo))
        if faults:
            raise ResponsesError(faults)

    @property
    def rows(self) -> int:
        """Rows of answers, to the last that holds something."""
        return max(self.last_line - self.skip, 0)

    @property
    def width(self) -> int:
        """Columns, to the last that holds something."""
        return self.last_place + 1

    def columns(self) -> tuple[Column, ...]:
        """The columns: what stands above them, and the types seen in them."""
        rows = range(self.options.title_rows + 1, self.skip + 1)
        self._fill_merged(rows)
        headers = [
            [self.heads.get(line, {}).get(place, "") for place in range(self.width)]
            for line in rows
        ]
        if self.end_line < self.skip or not any(text.strip() for row in headers for text in row):
            what = "the sheet ends before its header does"
            refuse(self.file, "HEADER-MISSING", what, todo="see title_rows and header_rows")
        found = columns_from(headers, self.options)
        return tuple(
            replace(column, type=_main_type(self.kinds.get(column.position, Counter())))
            for column in found
        )

    def _fill_merged(self, rows: range) -> None:
        """Give the header cells that are merged the text of the first of them."""
        left = len(rows) * self.width
        for one in self.merged:
            text = self.heads.get(one.top, {}).get(one.left, "")
            places = range(one.left, min(one.right + 1, self.width))
            for line in range(max(one.top, rows.start), min(one.bottom + 1, rows.stop)):
                left -= len(places)
                if left < 0:
                    what = "merged cells of the header lie on one another"
                    refuse(self.file, "CELLS-MERGED", what, todo="undo it")
                self.heads.setdefault(line, {}).update(dict.fromkeys(places, text))

    def warnings(self, columns: Sequence[Column]) -> Iterator[Fault]:
        """What a reader of the results should know."""
        shown = {place: kinds["percent"] for place, kinds in self.kinds.items()}
        if any(shown.values()):
            what = "cells are shown as percent; the stored number is read, such as 0.33 for 33%"
            yield self._fault("CELLS-PERCENT", what, got=_by_column(columns, shown, {}))
        wrong = {place: kinds["error"] for place, kinds in self.kinds.items()}
        if any(wrong.values()):
            what = "cells hold an error of the spreadsheet; it is read as text"
            got = _by_column(columns, wrong, self.errors)
            yield self._fault("CELLS-ERROR", what, got=got)
        below = self.end_line - max(self.last_line, self.skip)
        beside = self.end_width - self.width
        if below > 0 or beside > 0:
            told = [count_of(below, "empty row") + " at the end"] if below > 0 else []
            told += [count_of(beside, "empty column") + " on the right"] if beside > 0 else []
            yield self._fault("SHEET-TRIMMED", f"{' and '.join(told)}: not read")

    def _fault(self, code: str, what: str, *, got: str = "", todo: str = "") -> Fault:
        return Fault(code=code, what=what, file=str(self.file), got=got, todo=todo)


def read_rows(
    file: Path, rows: Rows, options: ReadOptions
) -> tuple[tuple[Column, ...], tuple[Fault, ...], Callable[[], Iterator[Batch]]]:
    """Columns, warnings and batches of a sheet.

    Args:
        file: The file, for messages.
        rows: Reads the sheet from the top, each time it is called.
        options: Which rows stand above the answers.

    Raises:
        ResponsesError: The header is not there, the sheet is too large, a formula has no value, or
            cells are merged among the answers.
    """
    look = _Look(file, options)
    for row in rows(look.merged):
        look.add(row)
    look.check()
    columns = look.columns()
    types = tuple(column.type for column in columns)
    skip, last = look.skip, look.last_line
    warnings = tuple(look.warnings(columns))
    return columns, warnings, lambda: _batches(rows, types, skip, last)


def _batches(rows: Rows, types: Sequence[CellType], skip: int, last: int) -> Iterator[Batch]:
    """Rows from the one after the header to the last that holds something."""
    width = len(types)
    most = max(1, min(BATCH_ROWS, _BATCH_CELLS // max(width, 1)))
    ready: list[Sequence[str]] = []
    typed: defaultdict[int, dict[int, CellType]] = defaultdict(dict)
    begun = skip + 1
    for line, cells in _every_line(rows, skip, last):
        texts = [""] * width
        for place, text, kind in cells:
            texts[place] = text
            if TYPES[kind] != types[place]:
                typed[place][len(ready)] = TYPES[kind]
        ready.append(texts)
        if len(ready) == most or line == last:
            yield Batch(
                range(begun - skip, line - skip + 1),
                range(begun, line + 1),
                columns_of(ready, width),
                (),
                dict(sorted(typed.items())),
            )
            ready, typed, begun = [], defaultdict(dict), line + 1


def _every_line(rows: Rows, skip: int, last: int) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Each line and its cells, also those that the file leaves out."""
    due = skip + 1
    for row in rows([]):
        if not row.cells:
            continue
        while due < min(row.line, last + 1):
            yield due, ()
            due += 1
        while due < min(row.line + row.repeat, last + 1):
            yield due, row.cells
            due += 1
        if due > last:
            return


def _main_type(kinds: Counter[Kind]) -> CellType:
    """The type that more than half of the cells have."""
    types: Counter[CellType] = Counter()
    for kind, count in kinds.items():
        types[TYPES[kind]] += count
    if not types:
        return "blank"
    main, count = types.most_common(1)[0]
    return main if 2 * count > types.total() else "mixed"


def _by_column(
    columns: Sequence[Column], counts: Mapping[int, int], values: Mapping[int, set[str]]
) -> str:
    """How many cells of which columns, and the values if there are some to tell."""
    told = []
    for column in columns:
        if count := counts.get(column.position, 0):
            named = f" {show(column.head)}" if column.head else ""
            some = sorted(values.get(column.position, ()))
            told.append(
                f"column {column.letter}{named}: {count_of(count, 'cell')}"
                + (f" ({listed(some, most=4)})" if some else "")
            )
    return _capped(told[:_MOST_NAMED], len(told))


def _capped(told: Sequence[str], count: int) -> str:
    """Some of a list, and how many more there are."""
    rest = f" and {count - len(told):,} more" if count > len(told) else ""
    return ", ".join(told) + rest


def count_of(number: int, noun: str) -> str:
    """A number and what is counted.

    >>> count_of(1, "row"), count_of(1203, "row")
    ('1 row', '1,203 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
