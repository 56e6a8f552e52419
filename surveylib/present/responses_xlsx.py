"""A wave as a workbook: texts are texts, numbers are numbers, and no cell is a formula."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.errors import MissingExtraError, OutputError
from surveylib.instrument.formats.base import Lost
from surveylib.present import responses_sheets as sheets
from surveylib.present.responses_texts import in_workbook, safe, without_place_in_xml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from surveylib.present.responses_columns import Cell, Column, Leaving

#: What a sheet can hold: "Excel specifications and limits", support.microsoft.com.
MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
#: Characters of a cell, counted as UTF-16 code units.
MOST_CHARACTERS = 32_767

#: Stands in every archive entry and property, so that the same wave gives the same bytes.
_DATE = (2000, 1, 1, 0, 0, 0)
_INSTEAD = "write it as CSV: formats=['csv']"


def as_xlsx(leaving: Leaving) -> tuple[dict[str, bytes], list[Lost]]:
    """responses.xlsx with a sheet of answers and four that explain it, and what it cannot hold.

    Args:
        leaving: What of the wave leaves.

    Raises:
        OutputError: The wave is larger than a sheet, or a text than a cell.
        MissingExtraError: openpyxl is not installed.
    """
    rows, columns = leaving.wave.rows + 1, len(leaving.columns)
    if rows > MOST_ROWS or columns > MOST_COLUMNS:
        message = (
            f"a sheet holds {MOST_ROWS:,} rows and {MOST_COLUMNS:,} columns, and the wave has "
            f"{rows:,} with its header and {columns:,}; {_INSTEAD}"
        )
        raise OutputError(message)
    for column in leaving.columns:
        _check_lengths(column)
    return {"responses.xlsx": _workbook(leaving)}, _escaped(leaving)


def _check_lengths(column: Column) -> None:
    for number, text in enumerate(column.cells(), 1):
        # An escape has seven signs, and any other character two code units at most.
        if isinstance(text, str) and len(text) * 7 > MOST_CHARACTERS:
            length = len(in_workbook(text).encode("utf-16-le", "surrogatepass")) // 2
            if length > MOST_CHARACTERS:
                message = (
                    f"a cell holds {MOST_CHARACTERS:,} characters, and the text of respondent "
                    f"{number} in column '{column.name}' has {length:,}; {_INSTEAD}"
                )
                raise OutputError(message)


def _escaped(leaving: Leaving) -> list[Lost]:
    found = []
    for column in leaving.columns:
        count = sum(map(without_place_in_xml, column.texts()))
        if count:
            what = f"control characters, written as in _x0001_ in the workbook: in {count} cells"
            found.append(Lost(question=column.name, what=what))
    return found


def _answers(leaving: Leaving) -> Iterable[Iterable[Cell]]:
    head = [column.name for column in leaving.columns]
    return chain([head], zip(*(column.cells() for column in leaving.columns), strict=True))


_SHEETS: Mapping[str, Callable[[Leaving], Iterable[Iterable[Cell]]]] = MappingProxyType(
    {
        "Answers": _answers,
        "Columns": sheets.columns,
        "Questions": sheets.questions,
        "Codes": sheets.codes,
        "About": sheets.about,
    }
)


def _workbook(leaving: Leaving) -> bytes:
    try:
        import openpyxl  # noqa: PLC0415 - an optional part
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - an optional part
        from openpyxl.xml.functions import tostring  # noqa: PLC0415 - an optional part
    except ImportError as error:
        raise MissingExtraError.of("formats", "writing a workbook") from error

    def cell(sheet: Any, value: Cell) -> Any:
        if not isinstance(value, str):
            return value
        made: Any = WriteOnlyCell(sheet)
        # Set directly: the usual way makes a formula of what begins with "=".
        made._value = in_workbook(value)  # noqa: SLF001 - there is no other way
        made.data_type = "s"
        made.number_format = "@"
        # The sign that it was typed as text: it stays one when somebody edits the cell.
        made.quotePrefix = value.startswith("'") or safe(value) != value
        return made

    book = openpyxl.Workbook(write_only=True)
    for name, rows in _SHEETS.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        for row in rows(leaving):
            sheet.append([cell(sheet, value) for value in row])
    raw = io.BytesIO()
    book.save(raw)
    moment = dt.datetime(*_DATE)  # noqa: DTZ001 - openpyxl takes no time zone
    book.properties.created = book.properties.modified = moment
    book.properties.creator = "surveylib"
    return repeatable(raw, {"docProps/core.xml": tostring(book.properties.to_tree())})


def repeatable(raw: io.BytesIO, replaced: Mapping[str, bytes]) -> bytes:
    """The same archive with one date everywhere.

    Args:
        raw: The workbook.
        replaced: Members that are written anew, by name.
    """
    again = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(again, "w") as target:
        for member in source.infolist():
            entry = zipfile.ZipInfo(member.filename, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, replaced.get(member.filename, source.read(member)))
    return again.getvalue()
