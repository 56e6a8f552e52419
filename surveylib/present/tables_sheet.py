"""A table as the cells of a sheet: where each stands, and what is typed in it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from surveylib.errors import OutputError
from surveylib.present.responses_xlsx import MOST_COLUMNS, MOST_ROWS
from surveylib.present.tables_cells import format_of
from surveylib.present.tables_layout import spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from surveylib.present.tables_dictionary import Entry
    from surveylib.present.tables_layout import Layout, Line, Span

CONTENTS, DICTIONARY = "Contents", "Dictionary"
_WIDEST_STUB, _WIDEST = 60, 24
#: Letters of a line of notes, those of a column of the usual width, and the height of a line.
_NOTES, _USUAL, _LINE = 110.0, 8.43, 15.0
#: Words at the end of a line leave some of it empty.
_SPARE = 1.1


class Sheet(NamedTuple):
    """A table of the workbook: what it is called, and what it is about."""

    name: str
    layout: Layout
    kind: str
    question: str


@dataclass(frozen=True, slots=True)
class Typed:
    """A cell of a sheet.

    Args:
        value: A number or a text.
        shown: The format of a number.
        style: A name in the workbook's styles.
        link: The sheet that it leads to.
    """

    value: float | str | None
    shown: str = "General"
    style: str = ""
    link: str = ""


class Planned(NamedTuple):
    """A sheet: its cells, the widths of its columns, the first cell that moves, merged cells.

    Heights are of rows of notes, which are wrapped; heads are printed on every page.
    """

    name: str
    rows: list[list[Typed]]
    widths: list[float]
    frozen: str
    merged: list[str]
    heights: dict[int, float]
    heads: int


def planned_of(sheet: Sheet) -> Planned:
    """The cells of a table, and how its sheet looks.

    Args:
        sheet: The table.
    """
    layout = sheet.layout
    rows, widths, heads = list(_table(layout)), _widths(layout), _head_rows(layout)
    notes = [2, *range(len(rows) - _notes_of(layout) + 1, len(rows) + 1)]
    last, room = _room(widths)
    texts = {place: str(rows[place - 1][0].value or "") for place in notes}
    return Planned(
        sheet.name,
        rows,
        widths,
        f"B{heads + 1}",
        [*_merged(layout), *(f"A{place}:{last}{place}" for place in notes)],
        # The names of columns take up to three lines.
        {place: _LINE * _lines(text, room) for place, text in texts.items()} | {heads: 3 * _LINE},
        heads,
    )


def listed(name: str, rows: Iterable[list[Typed]], widths: list[float]) -> Planned:
    """A sheet that is a list: a row of heads, and rows whose texts are wrapped.

    Args:
        name: What the sheet is called.
        rows: Its cells.
        widths: Of its columns, in letters.
    """
    cells = list(rows)
    heights = {
        place: _LINE
        * max(_lines(str(one.value or ""), width) for one, width in zip(row, widths, strict=False))
        for place, row in enumerate(cells, 1)
    }
    return Planned(name, cells, widths, "A2", [], heights, 1)


def _lines(text: str, room: float) -> int:
    """About how many lines a text takes, where words are not broken."""
    return math.ceil(max(len(text) * _SPARE, 1) / room)


def _notes_of(layout: Layout) -> int:
    return len(layout.footnotes) + len(layout.below())


def _room(widths: Sequence[float]) -> tuple[str, float]:
    """The last column that notes reach to, and about how many letters a line of them holds."""
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - an optional part

    whole, place = 0.0, 0
    while whole < _NOTES:
        whole += widths[place] if place < len(widths) else _USUAL
        place += 1
    return get_column_letter(place), whole


def contents(
    sheets: Sequence[Sheet], left_out: Sequence[tuple[str, str, str]]
) -> Iterator[list[Typed]]:
    """The first sheet: what the others are, and what is left out.

    Args:
        sheets: The tables.
        left_out: What is missing, of which question, and why.
    """
    heads = ("sheet", "what", "question", "title", "wording")
    yield [Typed(head, style="section") for head in heads]
    for sheet in sheets:
        about = (sheet.kind, sheet.question, sheet.layout.title, sheet.layout.subtitle)
        yield [
            Typed(sheet.name, link=sheet.name),
            *(Typed(text, style="wrapped") for text in about),
        ]
    yield [
        Typed(DICTIONARY, link=DICTIONARY),
        Typed("columns"),
        Typed(None),
        Typed("What each column of a sheet holds"),
    ]
    for what, question, why in left_out:
        parts = (what, None, question, None, why)
        yield [Typed(part, style="quiet") for part in parts]


def dictionary(entries: Sequence[Entry]) -> Iterator[list[Typed]]:
    """The last sheet: what each column is.

    Args:
        entries: The columns.
    """
    yield [Typed(head, style="section") for head in ("column", "type", "unit", "meaning")]
    for one in entries:
        parts = (one.column, one.type, one.unit, one.meaning)
        yield [Typed(part, style="wrapped") for part in parts]


class _Wide(NamedTuple):
    """The columns that one column of figures takes in a sheet: their names."""

    names: tuple[str, ...]


def _parts(layout: Layout) -> list[_Wide]:
    """Each column of figures with its limits, and with what stands behind figures, if anything."""
    found = []
    for place, column in enumerate(layout.columns):
        names = [column.figure]
        if column.interval:
            names += [f"{column.interval}, low", f"{column.interval}, high"]
        cells = [line.cells[place] for line in layout.lines()]
        if any(cell.signs or cell.marks for cell in cells):
            names.append("signs")
        found.append(_Wide(tuple(names)))
    return found


def _head_rows(layout: Layout) -> int:
    return 3 + layout.depth + 1


def _table(layout: Layout) -> Iterator[list[Typed]]:
    parts = _parts(layout)
    width = 1 + sum(len(part.names) for part in parts)
    rows = _head_rows(layout) + sum(1 for _ in layout.lines()) + len(layout.footnotes)
    if width > MOST_COLUMNS or rows > MOST_ROWS:
        message = f"a sheet holds {MOST_ROWS:,} rows and {MOST_COLUMNS:,} columns; this one has "
        raise OutputError(f"{message}{rows:,} and {width:,}: ask for fewer groups or answers")
    yield [Typed(layout.title, style="title")]
    yield [Typed(layout.subtitle, style="note")]
    yield []
    for heads in _spanned(layout):
        row: list[Typed] = [Typed(None)] * width
        for span in heads:
            row[1 + span.start] = Typed(span.text or None, style="head")
        yield row
    names = (name for part in parts for name in part.names)
    yield [Typed(layout.stub, style="quiet"), *(Typed(name, style="name") for name in names)]
    for section in layout.sections:
        if section.heading:
            yield [Typed(section.heading, style="section")]
        for line in section.lines:
            yield _line(layout, line, parts)
    yield []
    for number, text in enumerate(layout.footnotes, 1):
        yield [Typed(f"{number} {text}", style="note")]
    for text in layout.below():
        yield [Typed(text, style="note")]


def _spanned(layout: Layout) -> list[list[Span]]:
    """The spanners over the columns of the sheet, which are more than those of a page."""
    widths = [len(part.names) for part in _parts(layout)]
    starts = [sum(widths[:place]) for place in range(len(widths))]
    of_page = [place for place, column in enumerate(layout.columns)
               for _ in range(2 if column.interval else 1)]  # fmt: skip
    found = []
    for row in spans(layout):
        wide = []
        for span in row:
            under = sorted(set(of_page[span.start : span.start + span.width]))
            wide.append(
                span._replace(start=starts[under[0]], width=sum(widths[one] for one in under))
            )
        found.append(wide)
    return found


def _merged(layout: Layout) -> list[str]:
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - an optional part

    found = []
    for level, row in enumerate(_spanned(layout)):
        for span in row:
            if span.text and span.width > 1:
                first, last = span.start + 2, span.start + span.width + 1
                line = 4 + level
                found.append(f"{get_column_letter(first)}{line}:{get_column_letter(last)}{line}")
    return found


def _line(layout: Layout, line: Line, parts: Sequence[_Wide]) -> list[Typed]:
    style = "" if line.kind == "answer" else "quiet"
    marks = f" ({', '.join(map(str, line.marks))})" if line.marks else ""
    row = [Typed(f"{line.label}{marks}", style=style)]
    for column, cell, part in zip(layout.columns, line.cells, parts, strict=True):
        unit = "count" if line.kind == "base" else "share" if line.kind == "all" else column.unit
        shown = format_of(unit, cell.text)
        words = Typed(cell.text or None, style="right")
        row.append(words if cell.value is None else Typed(cell.value, shown, style))
        if column.interval:
            limits = format_of(unit, cell.interval)
            row += [Typed(cell.low, limits, "quiet"), Typed(cell.high, limits, "quiet")]
        if part.names[-1] == "signs":
            marks = f"({', '.join(map(str, cell.marks))})" if cell.marks else ""
            row.append(Typed(" ".join(filter(None, [cell.signs, marks])) or None))
    return row


def _widths(layout: Layout) -> list[float]:
    labels = [len(line.label) for line in layout.lines()]
    found: list[float] = [min(max([12, *labels]) + 2, _WIDEST_STUB)]
    for part, place in zip(_parts(layout), range(len(layout.columns)), strict=True):
        texts = [len(line.cells[place].text) for line in layout.lines()]
        words = map(len, part.names[0].split())
        found.append(min(max([9, *texts, *words]) + 1, _WIDEST))
        found += [11.0] * (len(part.names) - 1)
    return found
