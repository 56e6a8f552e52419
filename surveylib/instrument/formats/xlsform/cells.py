"""The workbook of an XLSForm: rows of text in and out, the same bytes for the same rows.

Every cell is text, so that a spreadsheet turns nothing into a number, a date or a formula. What
converters of XLSForm would take for a reference (`${name}`, `instance(`) is broken by a word
joiner, a character without width, and mended when it is read.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import ParseError

from surveylib.errors import MissingExtraError, OutputError, show
from surveylib.instrument.formats.opening import check_archive, refuse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

#: What a workbook holds at most in one cell, by its specification.
MOST_CHARACTERS = 32_767
MOST_ROWS = 20_000
MOST_COLUMNS = 500
#: A form ends where so many rows are empty; converters stop much earlier.
MOST_BLANK_ROWS = 1_000

_JOINER = "\u2060"
#: Stands in front of a text that is repeated because a translation is missing.
FILLED = _JOINER
_REFERENCE = re.compile(rf"(\$|instance)({_JOINER}*)(?=[{{(])")
_BROKEN_REFERENCE = re.compile(rf"(\$|instance)({_JOINER}*){_JOINER}(?=[{{(])")
#: No file of XML holds these; a carriage return would come back as a line feed.
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
#: The earliest date of a ZIP archive: no file says when it was written, so that bytes repeat.
_DATE = (1980, 1, 1, 0, 0, 0)

#: Other names of columns, and parts of names that say nothing.
_ALIASES = {
    "caption": "label",
    "list name": "list_name",
    "relevance": "relevant",
    "calculate": "calculation",
    "constraining_message": "constraint_message",
    "jr:constraintmsg": "constraint_message",
    "requiredmsg": "required_message",
    "jr:requiredmsg": "required_message",
    "readonly": "read_only",
    "command": "type",
    "tag": "name",
    "value": "name",
    "jr:count": "repeat_count",
    "count": "repeat_count",
    "set_form_title": "form_title",
    "title": "form_title",
    "set_form_id": "form_id",
    "id_string": "form_id",
}
_IDLE = {"media", "bind", "control", "body"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a sheet: text by column and language; the language is empty where none is named.

    Args:
        line: The row's number in the sheet.
        cells: What stands in it, without empty cells.
    """

    line: int
    cells: Mapping[tuple[str, str], str]

    def get(self, column: str) -> str:
        """The text of a column that has no language; empty where nothing stands there."""
        return self.cells.get((column, ""), "")

    def texts(self, column: str) -> dict[str, str]:
        """The texts of a column by language, as the sheet calls it."""
        return {language: text for (name, language), text in self.cells.items() if name == column}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The columns of a sheet, in order, and its rows."""

    columns: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = field(default=())


def literal(text: str) -> str:
    """A text in which nothing reads as a reference.

    >>> literal("${a}") == "${a}", plain(literal("${a}"))
    (False, '${a}')
    """
    return _REFERENCE.sub(rf"\1\2{_JOINER}", text)


def plain(text: str) -> str:
    """The text that `literal` was given."""
    return _BROKEN_REFERENCE.sub(r"\1\2", text)


def workbook(sheets: Mapping[str, Sequence[Sequence[str]]]) -> bytes:
    """The bytes of a workbook.

    Args:
        sheets: Rows of cells by the name of the sheet; an empty cell is left out.

    Raises:
        OutputError: A text holds a control character, or is too long for a cell.
        MissingExtraError: openpyxl is not installed.
    """
    try:
        import openpyxl  # noqa: PLC0415 - an optional part
        from openpyxl.xml.functions import tostring  # noqa: PLC0415 - an optional part
    except ImportError as error:
        raise MissingExtraError.of("formats", "writing XLSForm") from error
    book = openpyxl.Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for line, row in enumerate(rows, 1):
            for column, text in enumerate(row, 1):
                if text:
                    cell = sheet.cell(line, column)
                    # Set directly: the usual way makes a formula of what begins with "=".
                    cell._value = _fitting(text)  # noqa: SLF001 - there is no other way
                    cell.data_type = "s"
                    cell.number_format = "@"
        sheet.freeze_panes = "A2"
    raw = io.BytesIO()
    book.save(raw)
    moment = dt.datetime(*_DATE)  # noqa: DTZ001 - openpyxl takes no time zone
    book.properties.created = book.properties.modified = moment
    return _repeatable(raw, {"docProps/core.xml": tostring(book.properties.to_tree())})


def _fitting(text: str) -> str:
    found = _NOT_IN_XML.search(text)
    if found:
        message = f"no workbook can hold the control character in {show(text)}; remove it"
        raise OutputError(message)
    if len(text) > MOST_CHARACTERS:
        message = (
            f"a cell holds at most {MOST_CHARACTERS} characters, and {show(text)} has {len(text)}"
        )
        raise OutputError(message)
    return text


def _repeatable(raw: io.BytesIO, replaced: Mapping[str, bytes]) -> bytes:
    """The same archive with one date everywhere."""
    again = io.BytesIO()
    with zipfile.ZipFile(raw) as source, zipfile.ZipFile(again, "w") as target:
        for member in source.infolist():
            entry = zipfile.ZipInfo(member.filename, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, replaced.get(member.filename, source.read(member)))
    return again.getvalue()


def read_sheets(path: Path, wanted: Collection[str]) -> dict[str, Sheet]:
    """Every sheet of a workbook by its name in lower case; formulas give the value last shown.

    Args:
        path: The workbook.
        wanted: The sheets to read; of the others only the name is given.

    Raises:
        InstrumentError: The file is no workbook, or is too large.
        MissingExtraError: openpyxl is not installed.
    """
    check_archive(path)
    try:
        import openpyxl  # noqa: PLC0415 - an optional part
    except ImportError as error:
        raise MissingExtraError.of("formats", "reading XLSForm") from error
    with warnings.catch_warnings(), path.open("rb") as stream:
        # It warns of styles and extensions that it does not keep; none are needed here.
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            return {
                name: _sheet(path, sheet) if name in wanted else Sheet()
                for name, sheet in ((sheet.title.lower(), sheet) for sheet in book.worksheets)
            }
        except (
            *(LookupError, ValueError, TypeError, AttributeError, OverflowError),
            *(OSError, EOFError, zipfile.BadZipFile, zlib.error, ParseError),
        ) as error:
            shown = show(error)
            refuse(path, "WORKBOOK", "the file is not a workbook, or is damaged", got=shown)


def _sheet(path: Path, sheet: Any) -> Sheet:
    sheet.reset_dimensions()  # what a sheet says of its own size is not taken for granted
    rows = sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS + 1, values_only=True)
    found = []
    columns: list[tuple[str, str]] = []
    blank = 0
    for line, values in enumerate(rows, 1):
        blank = blank + 1 if values.count(None) == len(values) else 0
        if blank > MOST_BLANK_ROWS:
            break
        if blank and line > 1:
            continue
        texts = [_text(value) for value in values]
        if line > MOST_ROWS or texts[MOST_COLUMNS:] not in ([], [""]):
            what = f"sheet '{sheet.title}' has more than {MOST_ROWS} rows or {MOST_COLUMNS} columns"
            refuse(path, "SHEET-SIZE", what, line=line)
        if line == 1:
            columns = _columns(path, sheet.title, texts)
            continue
        cells = {
            column: text for column, text in zip(columns, texts, strict=False) if text and column[0]
        }
        if cells:
            found.append(Row(line=line, cells=cells))
    return Sheet(columns=tuple(column for column in columns if column[0]), rows=tuple(found))


def _columns(path: Path, title: str, headers: Sequence[str]) -> list[tuple[str, str]]:
    mark = "::" if any("::" in header for header in headers) else ":"
    columns = [_column(header, mark) for header in headers]
    for column in columns:
        if column[0] and columns.count(column) > 1:
            header = "::".join(part for part in column if part)
            what = f"sheet '{title}': column '{header}' stands twice"
            refuse(path, "XLSFORM-COLUMN", what, line=1, todo="remove or rename one of them")
    return columns


def _column(header: str, mark: str) -> tuple[str, str]:
    """The column that a header names, and its language; old forms part them by one colon.

    >>> _column("Label :: English (en)", "::"), _column("media:image:French", ":")
    (('label', 'English (en)'), ('image', 'French'))
    """
    parts = [part.strip() for part in re.sub(r"\bjr:", "jr\0", header).split(mark)]
    parts = [part.replace("\0", ":") for part in parts]
    if len(parts) > 1 and parts[0].lower() in _IDLE:
        parts = parts[1:]
    first = " ".join(parts[0].split()).lower()
    name = _ALIASES.get(first, _ALIASES.get(first.replace(" ", "_"), first.replace(" ", "_")))
    return name, mark.join(parts[1:])


def _text(value: Any) -> str:
    """What a cell shows, as converters of XLSForm read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def table(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> list[list[str]]:
    """A header and rows, without columns in which nothing stands.

    Args:
        columns: Every column in order.
        rows: Text by column.
    """
    used = [column for column in columns if any(row.get(column) for row in rows)]
    return [used, *([row.get(column, "") for column in used] for row in rows)]


def occurring(sheet: Sheet, column: str) -> Iterator[str]:
    """The languages that a sheet has a column in."""
    return (language for name, language in sheet.columns if name == column)
