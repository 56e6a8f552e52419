"""Tables as a workbook to hand on: typed numbers, a sheet for each, and no cell is a formula."""

from __future__ import annotations

import copy
import datetime as dt
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.errors import MissingExtraError, OutputError
from surveylib.present.responses_texts import in_workbook, safe
from surveylib.present.responses_xlsx import MOST_CHARACTERS, MOST_COLUMNS, MOST_ROWS, repeatable
from surveylib.present.tables_cells import format_of
from surveylib.present.tables_layout import spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from surveylib.present.tables_dictionary import Entry
    from surveylib.present.tables_layout import Layout, Line, Span

CONTENTS, DICTIONARY = "Contents", "Dictionary"
#: What the name of a sheet must not hold: "Rename a worksheet", support.microsoft.com.
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LONGEST_NAME = 31
#: Excel keeps this name for itself.
_RESERVED = frozenset(["history"])
_WIDEST_STUB, _WIDEST = 60, 24
_MOMENT = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - openpyxl takes no time zone


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


def sheet_names(wanted: Iterable[str]) -> list[str]:
    """Names that a workbook takes, each once, whichever letters are capital.

    Args:
        wanted: What sheets should be called.

    >>> sheet_names(["a/b", "A_b", "History", "x" * 40])
    ['a_b', 'A_b (2)', 'History (2)', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx']
    """
    taken = {CONTENTS.casefold(), DICTIONARY.casefold(), *_RESERVED}
    found = []
    for name in wanted:
        plain = _FORBIDDEN.sub("_", name).strip().strip("'") or "table"
        chosen, number = _cut(plain, ""), 1
        while chosen.casefold() in taken:
            number += 1
            chosen = _cut(plain, f" ({number})")
        taken.add(chosen.casefold())
        found.append(chosen)
    return found


def _cut(name: str, end: str) -> str:
    """A name of at most 31 code units, with an end that is kept."""
    while len(f"{name}{end}".encode("utf-16-le")) // 2 > _LONGEST_NAME:
        name = name[:-1]
    return f"{name.rstrip().rstrip(chr(39))}{end}"


def workbook(
    sheets: Sequence[Sheet], entries: Sequence[Entry], left_out: Sequence[tuple[str, str, str]]
) -> bytes:
    """The workbook: contents, a sheet for each table, and what each column is.

    Args:
        sheets: The tables, with names that `sheet_names` made.
        entries: The dictionary.
        left_out: For the contents: what is missing, of which question, and why.

    Raises:
        MissingExtraError: openpyxl is not installed.
        OutputError: A table is larger than a sheet, or a text than a cell.
    """
    try:
        import openpyxl  # noqa: PLC0415 - an optional part
        from openpyxl.xml.functions import tostring  # noqa: PLC0415 - an optional part
    except ImportError as error:
        raise MissingExtraError.of("formats", "writing a workbook") from error

    # All cells first: a workbook that is given up half written leaves files behind.
    planned = [
        _Planned(CONTENTS, list(_contents(sheets, left_out)), [33, 10, 33, 40, 90], "A2", []),
        *(_planned(sheet) for sheet in sheets),
        _Planned(DICTIONARY, list(_dictionary(entries)), [20, 24, 32, 100], "A2", []),
    ]
    _check_lengths(planned)
    book = openpyxl.Workbook(write_only=True)
    writer = _Writer(book)
    for one in planned:
        writer.write(one)
    raw = io.BytesIO()
    book.save(raw)
    book.properties.created = book.properties.modified = _MOMENT
    book.properties.creator = "surveylib"
    return repeatable(raw, {"docProps/core.xml": tostring(book.properties.to_tree())})


class _Planned(NamedTuple):
    """A sheet: its cells, the widths of its columns, the first cell that moves, merged cells."""

    name: str
    rows: list[list[Typed]]
    widths: list[float]
    frozen: str
    merged: list[str]


def _planned(sheet: Sheet) -> _Planned:
    layout = sheet.layout
    return _Planned(
        sheet.name,
        list(_table(layout)),
        _widths(layout),
        f"B{_head_rows(layout) + 1}",
        _merged(layout),
    )


def _check_lengths(sheets: Iterable[_Planned]) -> None:
    for sheet in sheets:
        for text in (one.value for row in sheet.rows for one in row if isinstance(one.value, str)):
            # An escape has seven signs, and any other character two code units at most.
            if len(text) * 7 <= MOST_CHARACTERS:
                continue
            length = len(in_workbook(text).encode("utf-16-le", "surrogatepass")) // 2
            if length > MOST_CHARACTERS:
                message = (
                    f"a cell holds {MOST_CHARACTERS:,} characters, and a text of sheet "
                    f"'{sheet.name}' has {length:,}"
                )
                raise OutputError(message)


class _Writer:
    """Writes sheets of typed cells; styles are made once, which is what makes it quick."""

    def __init__(self, book: Any) -> None:
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - an optional part
        from openpyxl.styles import Alignment, Font  # noqa: PLC0415 - an optional part

        self._book = book
        self._cell = WriteOnlyCell
        quiet = Font(color="FF565B6B")
        self._looks: dict[str, dict[str, Any]] = {
            "": {},
            "title": {"font": Font(bold=True, size=14)},
            "head": {"font": Font(bold=True), "alignment": Alignment(horizontal="center")},
            "name": {"font": quiet, "alignment": Alignment(horizontal="right", wrap_text=True)},
            "section": {"font": Font(bold=True)},
            "quiet": {"font": quiet},
            "right": {"alignment": Alignment(horizontal="right")},
            "link": {"font": Font(color="FF1F4E9E", underline="single")},
            "wrapped": {"alignment": Alignment(wrap_text=True, vertical="top")},
        }
        self._styles: dict[tuple[str, str, bool], Any] = {}

    def write(self, planned: _Planned) -> None:
        """Write a sheet.

        Args:
            planned: Its cells, and how it looks.
        """
        from openpyxl.utils import get_column_letter  # noqa: PLC0415 - an optional part

        sheet = self._book.create_sheet(planned.name)
        sheet.freeze_panes = planned.frozen
        for place, width in enumerate(planned.widths, 1):
            sheet.column_dimensions[get_column_letter(place)].width = width
        for row in planned.rows:
            sheet.append([self._made(sheet, one) for one in row])
        sheet.merged_cells.ranges.update(_ranges(planned.merged))

    def _made(self, sheet: Any, one: Typed) -> Any:
        cell: Any = self._cell(sheet)
        text = isinstance(one.value, str)
        if one.value is None:
            return None
        if isinstance(one.value, str):
            # Set directly: the usual way makes a formula of what begins with "=".
            cell._value = in_workbook(one.value)  # noqa: SLF001 - there is no other way
            cell.data_type = "s"
        else:
            cell.value = one.value
        quoted = isinstance(one.value, str) and _needs_quote(one.value)
        cell._style = self._style(sheet, (one.style, "@" if text else one.shown, quoted))  # noqa: SLF001 - likewise
        if one.link:
            from openpyxl.worksheet.hyperlink import Hyperlink  # noqa: PLC0415 - an optional part

            quoted_name = one.link.replace("'", "''")
            cell.hyperlink = Hyperlink(ref="", location=f"'{quoted_name}'!A1")
            cell._style = self._style(sheet, ("link", "@", quoted))  # noqa: SLF001 - likewise
        return cell

    def _style(self, sheet: Any, wanted: tuple[str, str, bool]) -> Any:
        if wanted not in self._styles:
            look, shown, quoted = wanted
            cell: Any = self._cell(sheet)
            for attribute, value in self._looks[look].items():
                setattr(cell, attribute, value)
            cell.number_format = shown
            # The sign that it was typed as text: it stays one when somebody edits the cell.
            cell.quotePrefix = quoted
            self._styles[wanted] = copy.copy(cell._style)  # noqa: SLF001 - there is no other way
        return copy.copy(self._styles[wanted])


def _needs_quote(text: str) -> bool:
    return text.startswith("'") or safe(text) != text


def _ranges(merged: Sequence[str]) -> list[Any]:
    from openpyxl.worksheet.cell_range import CellRange  # noqa: PLC0415 - an optional part

    return [CellRange(one) for one in merged]


def _contents(
    sheets: Sequence[Sheet], left_out: Sequence[tuple[str, str, str]]
) -> Iterator[list[Typed]]:
    heads = ("sheet", "what", "question", "title", "wording")
    yield [Typed(head, style="section") for head in heads]
    for sheet in sheets:
        layout = sheet.layout
        yield [
            Typed(sheet.name, link=sheet.name),
            Typed(sheet.kind),
            Typed(sheet.question),
            Typed(layout.title),
            Typed(layout.subtitle),
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


def _dictionary(entries: Sequence[Entry]) -> Iterator[list[Typed]]:
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
    yield [Typed(layout.subtitle, style="quiet")]
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
        yield [Typed(f"{number} {text}", style="quiet")]
    for text in layout.below():
        yield [Typed(text, style="quiet")]


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
        found.append(min(max([9, *texts]) + 1, _WIDEST))
        found += [11.0] * (len(part.names) - 1)
    return found
