"""OpenDocument spreadsheets (.ods): what is stored, cell by cell.

The format says of each cell which type its value has, so `content.xml` is read here. calamine, the
other reader of these files, gives every number as a double and percentages as plain numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from surveylib.errors import Fault, show
from surveylib.wave.readers.base import ReadOptions, Sheet, file_hash, letters, refuse
from surveylib.wave.readers.workbook_archive import Archive, open_archive
from surveylib.wave.readers.workbook_choice import Tab, choose
from surveylib.wave.readers.workbook_kinds import refuse_archive
from surveylib.wave.readers.workbook_markup import elements, local
from surveylib.wave.readers.workbook_numbers import clock, number_text
from surveylib.wave.readers.workbook_table import (
    MOST_COLUMNS,
    MOST_MERGED,
    Cell,
    Kind,
    Merged,
    Row,
    read_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path
    from xml.etree.ElementTree import Element

_KIND = "application/vnd.oasis.opendocument.spreadsheet"
_CONTENT = "content.xml"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_COVERED = f"{_TABLE}covered-table-cell"
_CELLS = frozenset({f"{_TABLE}table-cell", _COVERED})
_MORE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
#: Parts of a table that are no rows, and tables that are no sheets.
_DROPPED = frozenset({"shapes", "forms", "dde-links", "tracked-changes"})
#: Programs write blank rows and columns to the end of the sheet: nobody has put them there.
_ROW_ENDS = frozenset({32_000, 65_536, 1_048_576})
_COLUMN_ENDS = frozenset({256, 1_024, 16_384})
#: Spaces that a file writes as a number of spaces.
_MOST_SPACES = 10_000_000
_WHITE = re.compile("[ \t\r\n]+")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(\.\d{1,12})?)?", re.ASCII)
_TIME = re.compile(
    r"(-?)P(?:(\d{1,7})D)?T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:[.,]\d{1,12})?)S)?", re.ASCII
)
#: What a program shows for a formula that went wrong; older files store 0 beside it.
_ERROR = re.compile(r"#N/A|#REF!|#NAME\?|#VALUE!|#DIV/0!|#NUM!|#NULL!|Err:\d{3}")
_TODO = "save the spreadsheet again"


def read(path: Path, options: ReadOptions) -> Sheet:
    """Open an OpenDocument spreadsheet.

    Args:
        path: The file.
        options: Which sheet, and how many rows stand above the answers.

    Raises:
        ResponsesError: The file is no such spreadsheet, is damaged or not safe to read, or has no
            sheet that can be read as the options say; carries what was found.
        MissingExtraError: defusedxml is not installed.
    """
    archive = open_archive(path)
    digest = file_hash(path)
    _check_kind(archive)
    tabs, filled = _tabs(archive)
    tab, warnings = choose(path, tabs, lambda one: one.place in filled, options)
    columns, found, batches = read_rows(path, lambda merged: _rows(archive, tab, merged), options)
    return Sheet(
        file=str(path),
        format="ods",
        sha256=digest,
        columns=columns,
        batches=batches,
        warnings=(*_macros(archive), *warnings, *found),
    )


def _check_kind(archive: Archive) -> None:
    mimetype = ""
    if archive.has("mimetype"):
        mimetype = next(archive.chunks("mimetype"), b"")[:100].decode("ascii", "replace").strip()
    if mimetype.removesuffix("-template") != _KIND or not archive.has(_CONTENT):
        refuse_archive(archive.path, archive.places, "" if mimetype == _KIND else mimetype)
    manifest = "META-INF/manifest.xml"
    if not archive.has(manifest):
        return
    if next(archive.elements(manifest, "encryption-data"), None) is not None:
        what = "the spreadsheet is protected by a password"
        refuse(archive.path, "FILE-PASSWORD", what, todo="open it and save it without a password")


def _macros(archive: Archive) -> list[Fault]:
    if not any(name.startswith(("basic/", "scripts/")) for name in archive.places):
        return []
    what = "the workbook holds macros, which are not looked at; values are read as they were saved"
    return [Fault(code="WORKBOOK-MACROS", what=what, file=str(archive.path))]


def _content(archive: Archive, *wanted: str) -> Iterator[Element]:
    return elements(
        archive.path,
        _CONTENT,
        archive.chunks(_CONTENT),
        frozenset(wanted),
        marked=frozenset({"table"}),
        dropped=_DROPPED,
    )


def _is_sheet(table: Element) -> bool:
    """Whether a table is a sheet, and no copy of a sheet of another file."""
    return not table.get(f"{_TABLE}name", "").startswith("'file:")


def _tabs(archive: Archive) -> tuple[list[Tab], set[str]]:
    """The sheets, and the places of those that hold something."""
    unseen: set[str] = set()
    tabs: list[Tab] = []
    filled: set[str] = set()
    reader = _Cells(archive.path)
    open_sheet = False
    for element in _content(archive, "style", "table-row"):
        name = local(element.tag)
        if name == "style":
            shown = element.find(f"{_STYLE}table-properties")
            if shown is not None and shown.get(f"{_TABLE}display") == "false":
                unseen.add(element.get(f"{_STYLE}name", ""))
        elif name == "table":
            open_sheet = _is_sheet(element)
            if open_sheet:
                hidden = element.get(f"{_TABLE}style-name", "") in unseen
                place, name = str(len(tabs)), element.get(f"{_TABLE}name", "")
                tabs.append(Tab(name, "hidden" if hidden else "", place))
        elif open_sheet and (place := str(len(tabs) - 1)) not in filled:
            filled |= {place} if any(reader.holds(cell) for cell in element) else set()
    return tabs, filled


def _rows(archive: Archive, tab: Tab, merged: list[Merged]) -> Iterator[Row]:
    """The rows of a sheet that hold something, and the last blank one that is there on purpose."""
    reader = _Cells(archive.path)
    here, count = False, -1
    last = filled = width = 0
    for element in _content(archive, "table-row"):
        if local(element.tag) == "table":
            count += _is_sheet(element)
            here = _is_sheet(element) and str(count) == tab.place
        elif here:
            repeat = reader.count(element, "number-rows-repeated")
            row = reader.row(element, last + 1, repeat, merged)
            last += repeat
            width = max(width, row.width)
            if row.cells:
                filled = last
                yield row
    if last > filled and last not in _ROW_ENDS:
        yield Row(last, (), width, 1, 0)


@dataclass(slots=True)
class _Cells:
    """How cells are read.

    Args:
        file: The file, for messages.
        spaces: Spaces that were written as a number so far.
    """

    file: Path
    spaces: int = field(default=0)

    def count(self, element: Element, name: str, space: str = _TABLE) -> int:
        """A number of repeats or of cells; 1 where the file says nothing."""
        text = element.get(space + name, "1")
        if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
            refuse(self.file, "WORKBOOK", f"{name} is {show(text)}", wanted="1 or more", todo=_TODO)
        return int(text)

    def row(self, row: Element, line: int, repeat: int, merged: list[Merged]) -> Row:
        """The cells of a row that hold something."""
        found: list[Cell] = []
        place = stored = width = 0
        for cell in row:
            if cell.tag not in _CELLS:
                continue
            times = self.count(cell, "number-columns-repeated")
            text, kind = self._cell(cell, place, line)
            if text or kind == "absent":
                if place + times > MOST_COLUMNS:
                    what = f"row {line} has more than {MOST_COLUMNS} columns"
                    refuse(self.file, "SHEET-SIZE", what, line=line)
                found += [(one, text, kind) for one in range(place, place + times)]
                stored += 1
            self._merge(cell, place, line, repeat, merged)
            place += times
            if found and found[-1][0] == place - 1:
                width = place
        if place not in _COLUMN_ENDS:
            width = place
        return Row(line, found, width, repeat, stored)

    def _merge(
        self, cell: Element, place: int, line: int, repeat: int, merged: list[Merged]
    ) -> None:
        if f"{_TABLE}number-columns-spanned" not in cell.keys():  # noqa: SIM118 - an element is no mapping
            return
        wide = self.count(cell, "number-columns-spanned")
        high = self.count(cell, "number-rows-spanned")
        if wide > 1 or high > 1:
            merged.append(Merged(line, place, line + max(high, repeat) - 1, place + wide - 1))
        if len(merged) > MOST_MERGED:
            refuse(self.file, "SHEET-SIZE", f"more than {MOST_MERGED} merged ranges")

    def holds(self, cell: Element) -> bool:
        """Whether a cell has a value or a formula."""
        kind = cell.get(f"{_OFFICE}value-type", "")
        if kind not in {"", "string"} or f"{_TABLE}formula" in cell.keys():  # noqa: SIM118 - an element is no mapping
            return True
        return bool(self.text(cell))

    def _cell(self, cell: Element, place: int, line: int) -> tuple[str, Kind]:
        """The text and the kind of a cell; a covered cell shows nothing."""
        if cell.tag == _COVERED:
            return "", "text"
        kind = cell.get(f"{_OFFICE}value-type")
        has_formula = f"{_TABLE}formula" in cell.keys()  # noqa: SIM118 - an element is no mapping
        if kind is None:
            text = self.text(cell)
            return text, "absent" if has_formula and not text else "text"
        if has_formula:
            shown = self._shown(cell)
            if cell.get(f"{_MORE}value-type") == "error" or _ERROR.fullmatch(shown):
                return shown or "error", "error"
        reader = _READ.get(kind)
        found = reader(self, cell) if reader else None
        if found is not None:
            return found
        if has_formula:
            return "", "absent"
        got = ", ".join(f"{local(key)}={show(value)}" for key, value in sorted(cell.items()))
        what = f"the cell {letters(place)}{line} has a value that is none"
        return refuse(self.file, "CELL-VALUE", what, got=got, todo=_TODO)

    def text(self, cell: Element) -> str:
        """The text of a cell: its own, or its paragraphs, one below the other."""
        own = cell.get(f"{_OFFICE}string-value")
        return self._shown(cell) if own is None else own

    def _shown(self, cell: Element) -> str:
        return "\n".join(self._paragraph(child) for child in cell if child.tag == f"{_TEXT}p")

    def _paragraph(self, paragraph: Element) -> str:
        """A paragraph's text: white space is one space, and spaces that count are elements.

        OpenDocument 1.3 part 3, 6.1.2. A space at the very end stays: the standard drops it, but
        LibreOffice writes it like that and means it (the file of odfpy's issue 95 shows it).
        """
        if len(paragraph) == 0:
            return _WHITE.sub(" ", paragraph.text or "").removeprefix(" ")
        parts: list[str] = []
        after_space = True
        waiting: list[Element | str] = _inside(paragraph)
        while waiting:
            item = waiting.pop()
            if isinstance(item, str):
                text = _WHITE.sub(" ", item)
                text = text.removeprefix(" ") if after_space else text
                after_space = text.endswith(" ") if text else after_space
            elif (text := self._fixed(item)) or local(item.tag) in _UNREAD:
                after_space = after_space and not text
            else:
                waiting += _inside(item)
            parts.append(text)
        return "".join(parts)

    def _fixed(self, element: Element) -> str:
        """The white space that an element stands for; empty if it stands for none."""
        if element.tag != f"{_TEXT}s":
            return _FIXED.get(element.tag, "")
        count = self.count(element, "c", _TEXT)
        self.spaces += count
        if self.spaces > _MOST_SPACES:
            refuse(self.file, "SHEET-SIZE", f"more than {_MOST_SPACES} spaces written as numbers")
        return " " * count


def _inside(element: Element) -> list[Element | str]:
    """What stands in an element, the last first."""
    found: list[Element | str] = [element.text or ""]
    for child in element:
        found += [child, child.tail or ""]
    return found[::-1]


def _number(_: _Cells, cell: Element) -> tuple[str, Kind] | None:
    text = number_text(cell.get(f"{_OFFICE}value", ""))
    return None if text is None else (text, "number")


def _percent(_: _Cells, cell: Element) -> tuple[str, Kind] | None:
    text = number_text(cell.get(f"{_OFFICE}value", ""))
    return None if text is None else (text, "percent")


def _date(_: _Cells, cell: Element) -> tuple[str, Kind] | None:
    match = _DATE.fullmatch(cell.get(f"{_OFFICE}date-value", ""))
    if match is None:
        return None
    day, hours, fraction = match.groups(default="")
    try:
        found = datetime.fromisoformat(f"{day}T{hours or '00:00:00'}")
        # Programs write nanoseconds, and doubles leave them a little below the second.
        found += timedelta(microseconds=round(Decimal(fraction or 0) * 1_000_000))
    except (ValueError, OverflowError):
        return None
    if not hours:
        return day, "date"
    past = found - datetime.combine(found, datetime.min.time())
    return f"{found.date().isoformat()}T{clock(past // timedelta(microseconds=1))}", "date"


def _time(_: _Cells, cell: Element) -> tuple[str, Kind] | None:
    match = _TIME.fullmatch(cell.get(f"{_OFFICE}time-value", ""))
    if match is None:
        return None
    sign, days, hours, minutes, seconds = match.groups(default="0")
    whole = (int(days) * 24 + int(hours)) * 60 + int(minutes)
    rest = round(Decimal(seconds.replace(",", ".")) * 1_000_000)
    return sign.strip("0") + clock(whole * 60_000_000 + rest), "date"


def _boolean(_: _Cells, cell: Element) -> tuple[str, Kind] | None:
    text = _TRUTH.get(cell.get(f"{_OFFICE}boolean-value", ""))
    return None if text is None else (text, "boolean")


def _string(cells: _Cells, cell: Element) -> tuple[str, Kind]:
    return cells.text(cell), "text"


_TRUTH = {"false": "FALSE", "true": "TRUE"}
_FIXED = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
#: What is not part of a cell's text: notes, and how a word is pronounced.
_UNREAD = frozenset({"annotation", "annotation-end", "note", "ruby-text", "s"})
#: The type of a value → its reader; None where the value is not there.
_READ: Mapping[str, Callable[[_Cells, Element], tuple[str, Kind] | None]] = MappingProxyType(
    {
        "float": _number,
        "currency": _number,
        "percentage": _percent,
        "date": _date,
        "time": _time,
        "boolean": _boolean,
        "string": _string,
    }
)
