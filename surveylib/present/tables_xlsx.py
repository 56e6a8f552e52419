"""Tables as a workbook to hand on: typed numbers, a sheet for each, and no cell is a formula."""

from __future__ import annotations

import copy
import datetime as dt
import io
import math
import re
from typing import TYPE_CHECKING, Any

from surveylib.errors import MissingExtraError, OutputError
from surveylib.present.responses_texts import in_workbook, safe
from surveylib.present.responses_xlsx import MOST_CHARACTERS, repeatable
from surveylib.present.tables_sheet import (
    CONTENTS,
    DICTIONARY,
    Planned,
    Sheet,
    Typed,
    contents,
    dictionary,
    listed,
    planned_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from surveylib.present.tables_dictionary import Entry

#: What the name of a sheet must not hold: "Rename a worksheet", support.microsoft.com.
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LONGEST_NAME = 31
#: Excel keeps this name for itself.
_RESERVED = frozenset(["history"])
#: The letters that workbooks begin with; a font without a name gets others in some programs.
_FONT = "Calibri"
#: Letters across a page that are large enough to be read.
_READABLE = 210
_MOMENT = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - openpyxl takes no time zone


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
        listed(CONTENTS, contents(sheets, left_out), [33, 14, 33, 40, 90]),
        *(planned_of(sheet) for sheet in sheets),
        listed(DICTIONARY, dictionary(entries), [24, 24, 32, 100]),
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


def _check_lengths(sheets: Iterable[Planned]) -> None:
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
        quiet = Font(name=_FONT, size=11, color="FF565B6B")
        self._looks: dict[str, dict[str, Any]] = {
            "": {},
            "title": {"font": Font(name=_FONT, bold=True, size=14)},
            "head": {
                "font": Font(name=_FONT, size=11, bold=True),
                "alignment": Alignment(horizontal="center"),
            },
            "name": {"font": quiet, "alignment": Alignment(horizontal="right", wrap_text=True)},
            "section": {"font": Font(name=_FONT, size=11, bold=True)},
            "quiet": {"font": quiet},
            "note": {"font": quiet, "alignment": Alignment(wrap_text=True, vertical="top")},
            "right": {"alignment": Alignment(horizontal="right")},
            "link": {
                "font": Font(name=_FONT, size=11, color="FF1F4E9E", underline="single"),
                "alignment": Alignment(vertical="top"),
            },
            "wrapped": {"alignment": Alignment(wrap_text=True, vertical="top")},
        }
        self._styles: dict[tuple[str, str, bool], Any] = {}

    def write(self, planned: Planned) -> None:
        """Write a sheet.

        Args:
            planned: Its cells, and how it looks.
        """
        from openpyxl.utils import get_column_letter  # noqa: PLC0415 - an optional part

        sheet = self._book.create_sheet(planned.name)
        sheet.freeze_panes = planned.frozen
        _on_paper(sheet, planned)
        for place, height in planned.heights.items():
            sheet.row_dimensions[place].height = height
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


def _on_paper(sheet: Any, planned: Planned) -> None:
    """As wide as a page, or as few pages as can be read, with the heads on each."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth = math.ceil(sum(planned.widths) / _READABLE)
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"1:{planned.heads}"
    if planned.frozen.startswith("B"):
        sheet.print_title_cols = "A:A"


def _needs_quote(text: str) -> bool:
    return text.startswith("'") or safe(text) != text


def _ranges(merged: Sequence[str]) -> list[Any]:
    from openpyxl.worksheet.cell_range import CellRange  # noqa: PLC0415 - an optional part

    return [CellRange(one) for one in merged]
