"""The cells of an Excel sheet: what they point to, their types, and the text of each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

from surveylib.errors import show
from surveylib.wave.readers.base import letters, place_of, refuse
from surveylib.wave.readers.workbook_markup import local
from surveylib.wave.readers.workbook_numbers import Shown, moment, number_text
from surveylib.wave.readers.workbook_table import MOST_COLUMNS, Cell, Kind, Merged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from xml.etree.ElementTree import Element

_DIGITS = "0123456789"
_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
TODO = "save the workbook again in a spreadsheet program"


def rich_text(file: Path, element: Element) -> str:
    """The text of its runs, without how they look and how they are pronounced."""
    parts = []
    for child in element:
        name = local(child.tag)
        if name == "t":
            parts.append(child.text or "")
        elif name == "r":
            parts += [run.text or "" for run in child if local(run.tag) == "t"]
    return unescaped(file, "".join(parts))


def unescaped(file: Path, text: str) -> str:
    """A text with the characters that XML cannot hold, ECMA-376 part 1, 22.9.2.19."""
    if "_x" not in text:
        return text
    found = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
    whole = found.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if _NO_TEXT.search(whole) or whole.count("\ufffd") > found.count("\ufffd"):
        what = f"a text holds NUL or half a character: {show(text)}"
        refuse(file, "FILE-CHARACTER", what, todo="correct it in the workbook")
    return whole


def is_index(text: str) -> bool:
    """Whether a text is a whole number that a workbook can count to."""
    return text.isascii() and text.isdigit() and len(text) < 10


@dataclass(slots=True)
class Book:
    """What cells point to, and how they are read.

    Args:
        file: The file, for messages.
        texts: Texts that cells share.
        styles: What the number format of each style makes of a number.
        from_1904: Whether days count from 1904-01-01.
    """

    file: Path
    texts: list[str]
    styles: list[Shown]
    from_1904: bool

    def cells(self, row: Element, line: int) -> tuple[list[Cell], int]:
        """The cells of a row that hold something, and how many the row has."""
        found: list[Cell] = []
        last = -1
        end = str(line)
        tag = f"{row.tag[: -len('row')]}c"
        for cell in row:
            if cell.tag != tag:
                continue
            name = cell.get("r")
            if name is None:
                last += 1
            else:
                letter = name.rstrip(_DIGITS)
                place = _PLACES.get(letter, -1)
                if place <= last or name[len(letter) :] != end:
                    self._misplaced(name, line)
                last = place
            if last >= MOST_COLUMNS:
                self._misplaced(letters(last), line)
            if len(cell):
                text, kind = self._value(cell, last, line)
                if text or kind == "absent":
                    found.append((last, text, kind))
        return found, last + 1

    def _value(self, cell: Element, place: int, line: int) -> tuple[str, Kind]:
        """The text and the kind of a cell; blank where it has neither value nor formula."""
        value, has_formula = None, False
        for part in cell:
            if part.tag.endswith("}v"):
                value = part.text or ""
            elif part.tag.endswith("}f"):
                has_formula = True
        try:
            text, kind = _READ[cell.get("t", "n")](self, value, cell)
        except (KeyError, ValueError, IndexError, OverflowError):
            self._unreadable(f"{letters(place)}{line}", cell, value)
        return (text, kind) if text or has_formula else ("", "text")

    def merged(self, name: str) -> Merged:
        """The cells of a range such as `A1:B2`."""
        ends = [_REFERENCE.fullmatch(end) for end in name.split(":")]
        if not 1 <= len(ends) <= 2 or ends[0] is None or ends[-1] is None:
            refuse(self.file, "WORKBOOK", f"merged cells at {show(name)}", todo=TODO)
        first, last = ends[0], ends[-1]
        return Merged(int(first[2]), place_of(first[1]), int(last[2]), place_of(last[1]))

    def _misplaced(self, name: str, line: int) -> NoReturn:
        what = f"the cell {show(name)} is out of place in row {line}"
        refuse(self.file, "WORKBOOK", what, line=line, todo=TODO)

    def _unreadable(self, name: str, cell: Element, value: str | None) -> NoReturn:
        kind, style = cell.get("t", "n"), cell.get("s")
        what = f"the cell {name} has a value, a type or a style that is none"
        got = f"{show(value or '')} of the type {show(kind)}"
        got += f" in the style {show(style)}" if style else ""
        if kind == "s":
            what = f"the cell {name} points to a text that the workbook does not have"
            got = f"text {show(value or '')} of {len(self.texts)}"
        refuse(self.file, "CELL-VALUE", what, got=got, todo=TODO)


def _shared(book: Book, value: str | None, _: Element) -> tuple[str, Kind]:
    if not value:
        return "", "absent"
    if not is_index(value.strip()):
        raise ValueError
    return book.texts[int(value)], "text"


def _number(book: Book, value: str | None, cell: Element) -> tuple[str, Kind]:
    if not value:
        return "", "absent"
    text = number_text(value.strip())
    if text is None:
        raise ValueError
    style = cell.get("s")
    if not style:
        return text, "number"
    shown = _style(book, style)
    if shown == "number" or shown == "percent":  # noqa: PLR1714 - runs for every cell
        return text, shown
    instant = moment(float(value), shown, from_1904=book.from_1904)
    # What no calendar has is shown as ####, and is the number that it is.
    return (text, "number") if instant is None else (instant, "date")


def _style(book: Book, style: str) -> Shown:
    number = int(style)
    if number < 0:
        raise IndexError
    return book.styles[number]


def _boolean(_: Book, value: str | None, __: Element) -> tuple[str, Kind]:
    return (_TRUTH[value.strip()], "boolean") if value else ("", "absent")


def _error(_: Book, value: str | None, __: Element) -> tuple[str, Kind]:
    return (value, "error") if value else ("", "absent")


def _formula_text(book: Book, value: str | None, _: Element) -> tuple[str, Kind]:
    # An empty value is stored and is the empty text; no value at all is not.
    return ("", "absent") if value is None else (unescaped(book.file, value), "text")


def _inline(book: Book, _: str | None, cell: Element) -> tuple[str, Kind]:
    for child in cell:
        if local(child.tag) == "is":
            return rich_text(book.file, child), "text"
    return "", "absent"


def _iso_date(book: Book, value: str | None, cell: Element) -> tuple[str, Kind]:
    if not value:
        return "", "absent"
    if "T" not in value and ":" in value:
        return _plain_clock(time.fromisoformat(value.strip())), "date"
    found = datetime.fromisoformat(value.strip())
    day, clock = found.date().isoformat(), _plain_clock(found.timetz())
    if clock == "00:00:00" and _style(book, cell.get("s") or "0") != "date-time":
        return day, "date"
    return f"{day}T{clock}", "date"


def _plain_clock(found: time) -> str:
    return found.isoformat("milliseconds" if found.microsecond else "seconds")


_TRUTH = {"0": "FALSE", "1": "TRUE", "false": "FALSE", "true": "TRUE"}
_PLACES: Mapping[str, int] = MappingProxyType(
    {letters(place): place for place in range(MOST_COLUMNS)}
)
#: A cell's type → its reader, which is given what is stored and the cell.
_READ: Mapping[str, Callable[[Book, str | None, Element], tuple[str, Kind]]] = MappingProxyType(
    {
        "n": _number,
        "s": _shared,
        "str": _formula_text,
        "inlineStr": _inline,
        "b": _boolean,
        "e": _error,
        "d": _iso_date,
    }
)
