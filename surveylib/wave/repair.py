"""Repairs of cells: each undoes one known corruption, where only one label can have been meant.

Nothing is repaired unless the manifest allows it for the column. A text that could have been two
labels is refused, and both are named.

A no-break space needs no repair: `lossless` already takes every space for a space, and one that
groups the digits of a number is the business of `thousands`. A cut label is not repaired either:
`cut_of` names the labels that it may have been.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from surveylib.errors import MethodError, listed, show
from surveylib.wave.text import lossless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

#: Years in which a file may have been opened, where the manifest does not tell.
ANY_YEAR = tuple(range(1990, 2101))
#: Two digits from here on are years of the last century.
_PIVOT = 30
#: Spelt out: those of the calendar follow the locale of the machine.
_MONTHS = (
    *("", "Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
#: Two small numbers as a label joins them; exports often turn the hyphen into a dash or a word.
_BAND = re.compile(r"(\d{1,2}) ?[-/] ?(\d{1,4})", re.ASCII | re.IGNORECASE)
_MONTH = "|".join(_MONTHS[1:])
_DATE = re.compile(
    rf"\d{{1,2}}-(?:{_MONTH})(?:-\d{{2,4}})?|(?:{_MONTH})-\d{{1,4}}"
    r"|\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
    r"|\d{1,2}([/.])\d{1,2}\1\d{2,4}|[3-5]\d{4}(?:\.0+)?|60000(?:\.0+)?",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairContext:
    """What is known of how a file came about.

    Args:
        locales: Whose spreadsheet may have read the file; rows of the table LOCALES.
        years: Years in which it may have been opened; empty for any from 1990 to 2100.
        decimal: The decimal sign of numbers.
        group: Signs that group digits; `space` for spaces of any width. The decimal sign is
            never one of them.

    Raises:
        MethodError: If a locale does not exist, or a year is one that spreadsheets do not know.
    """

    locales: tuple[str, ...] = ("en-US", "en-GB")
    years: tuple[int, ...] = ()
    decimal: Literal[".", ","] = "."
    group: tuple[Literal[",", ".", "'", "space"], ...] = (",", ".", "'", "space")

    def __post_init__(self) -> None:
        """Check what comes from a manifest."""
        for name in self.locales:
            if name not in LOCALES:
                raise MethodError(f"no locale called {show(name)}; choose of {listed(LOCALES)}")
        for year in self.years:
            if not 1904 <= year <= 9999:
                raise MethodError(f"a spreadsheet opened in {year}; wanted 1904 to 9999")


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A text that was restored.

    Args:
        before: The cell's text.
        after: The label, or a number in digits with a decimal point.
        code: The option's code; empty for numbers.
        why: What had happened to it.
    """

    before: str
    after: str
    code: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A text that stays as it is, the labels it may have been, and why none was chosen."""

    candidates: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Images:
    """What a spreadsheet makes of labels.

    Args:
        of: The texts that may become of each label, in the order of the labels.
        labels: The labels that each text may have been.
        injective: Whether every text leads back to one option.
    """

    of: Mapping[str, tuple[str, ...]]
    labels: Mapping[str, tuple[str, ...]]
    injective: bool


def images(labels: Mapping[str, str], context: RepairContext) -> Images:
    """Find out which texts a spreadsheet may make of each label.

    Args:
        labels: Code of each label, in all languages.
        context: Locales and years that are possible.

    Example:
        >>> british = RepairContext(locales=("en-GB",), years=(2019,))
        >>> found = images({"1-10": "a", "10-50": "b", "51-100": "c"}, british)
        >>> found.of["10-50"][:3], found.of["51-100"], found.labels["1-oct"], found.injective
        (('Oct-50', '18537', '17075'), (), ('1-10',), True)
    """
    return _images(tuple(labels.items()), context.locales, context.years or ANY_YEAR)


@lru_cache(maxsize=256)
def _images(
    labels: tuple[tuple[str, str], ...], locales: tuple[str, ...], years: tuple[int, ...]
) -> Images:
    codes = dict(labels)
    of = {label: tuple(dict.fromkeys(_made_of(label, locales, years))) for label in codes}
    inverse: dict[str, dict[str, None]] = {}
    for label, texts in of.items():
        for text in texts:
            inverse.setdefault(_key(text), {})[label] = None
    taken = {_key(label): label for label in codes}  # a text that is a label is never repaired
    injective = all(
        len({codes[label] for label in (*found, taken.get(text, next(iter(found))))}) == 1
        for text, found in inverse.items()
    )
    return Images(
        of=MappingProxyType(of),
        labels=MappingProxyType({text: tuple(found) for text, found in inverse.items()}),
        injective=injective,
    )


def _key(text: str) -> str:
    """A text as it is looked up: a serial number may have been read as 43475.0."""
    plain = lossless(text).casefold()
    whole, point, rest = plain.partition(".")
    return whole if point and whole.isdecimal() and not rest.strip("0") else plain


def _made_of(label: str, locales: Iterable[str], years: Iterable[int]) -> Iterator[str]:
    """Texts that a spreadsheet makes of one label, as shown, as a number, and as a date cell."""
    found = _BAND.fullmatch(lossless(label))
    if found is None:
        return
    first, second = int(found[1]), int(found[2])
    for locale in locales:
        month, day = LOCALES[locale](first, second)
        for year in years:
            date = _date(year, month, day) if len(found[2]) <= 2 else None
            if date is not None:
                yield from _shown_as_day(date)
            else:
                date = _first_of_month(first, found[2])
                if date is not None:
                    yield f"{_MONTHS[date.month]}-{date.year % 100:02d}"
            if date is not None:
                yield from _stored(date)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _first_of_month(month: int, year: str) -> dt.date | None:
    """The first day of a month, its year written with two or four digits."""
    if len(year) == 2:
        return _date(int(year) + (1900 if int(year) >= _PIVOT else 2000), month, 1)
    return _date(int(year), month, 1) if len(year) == 4 and int(year) >= 1900 else None


def _shown_as_day(date: dt.date) -> Iterator[str]:
    month = _MONTHS[date.month]
    for day in dict.fromkeys((str(date.day), f"{date.day:02d}")):
        yield f"{day}-{month}"
        yield f"{month}-{day}"


def _stored(date: dt.date) -> Iterator[str]:
    """A date as the number that a workbook holds, in both of its systems, and as ISO writes it."""
    serial = (date - dt.date(1899, 12, 30)).days
    # The older system counts a 29 February 1900, which never was.
    yield str(serial if date >= dt.date(1900, 3, 1) else serial - 1)
    if date >= dt.date(1904, 1, 1):
        yield str((date - dt.date(1904, 1, 1)).days)
    yield from (f"{date}", f"{date}T00:00:00", f"{date} 00:00:00")


def looks_like_date(raw: str) -> bool:
    """Whether a text looks like what spreadsheets make of a label such as 1-10.

    A whole number from 30,000 to 60,000 counts too: the number of a day from 1982 to 2064.

    >>> looks_like_date("10-Jan"), looks_like_date("43475"), looks_like_date("2019-01-10")
    (True, True, True)
    >>> looks_like_date("1-10"), looks_like_date("10 to 50"), looks_like_date("January")
    (False, False, False)
    """
    return _DATE.fullmatch(lossless(raw)) is not None


def cut_of(raw: str, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The labels of which a text is only the beginning.

    >>> cut_of("2-5", {"2-50": "a", "51-100": "b"}), cut_of("2-50", {"2-50": "a"})
    (('2-50',), ())
    """
    text = lossless(raw)
    plain = {label: lossless(label) for label in labels}
    if not text or text in plain.values():
        return ()
    return tuple(label for label, whole in plain.items() if whole.startswith(text))


def spreadsheet_date(
    raw: str, labels: Mapping[str, str], context: RepairContext
) -> Repair | Refused:
    """Restore a label that a spreadsheet took for a date.

    >>> labels = {"1-10": "few", "11-50": "some", "51-100": "many"}
    >>> fixed = spreadsheet_date("Nov-50", labels, RepairContext())
    >>> fixed.after, fixed.code
    ('11-50', 'some')
    """
    if _is_label(raw, labels):
        return _KEPT
    found = images(labels, context).labels.get(_key(raw), ())
    return _chosen(raw, found, labels, "a spreadsheet took {} for a date")


def thousands(raw: str, labels: Mapping[str, str], context: RepairContext) -> Repair | Refused:
    """Restore a number or a label whose digits are grouped in another way.

    Without labels it is a number that is asked for: its signs go where they stand before every
    three digits, and `after` has a decimal point. `1,234` is grouped where the decimal sign is a
    point, and a fraction, which is left alone, where it is a comma.

    >>> thousands("1 234", {}, RepairContext()).after
    '1234'
    >>> thousands("1.234,5", {}, RepairContext(decimal=",")).after
    '1234.5'
    >>> thousands("1000-10000", {"1,000-10,000": "b"}, RepairContext()).after
    '1,000-10,000'
    """
    text = lossless(raw)
    sign = _grouped(context.group, context.decimal)
    if not labels:
        whole, _, fraction = text.removeprefix("-").partition(context.decimal)
        digits = sign.fullmatch(whole)
        if not digits or (context.decimal in text and not _digits(fraction)):
            return Refused(candidates=(), why="it is no number with signs between its thousands")
        bare = "".join(char for char in whole if char.isdecimal())
        after = f"{'-' * text.startswith('-')}{bare}{'.' * bool(fraction)}{fraction}"
        return Repair(before=raw, after=after, code="", why="its digits were grouped")
    if _is_label(raw, labels):
        return _KEPT
    bare = _ungrouped(text, sign)
    if context.decimal == ",":  # labels in English group by commas, also for a file that does not
        sign = _grouped((*context.group, ","), "")
    found = tuple(label for label in labels if _ungrouped(lossless(label), sign) == bare)
    return _chosen(raw, found, labels, "the digits of {} were grouped in another way")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()


@lru_cache(maxsize=32)
def _grouped(group: tuple[str, ...], decimal: str) -> re.Pattern[str]:
    """Digits with one and the same sign before every three of them."""
    signs = {" " if sign == "space" else sign for sign in group} - {decimal}
    inside = re.escape("".join(sorted(signs)))
    if not signs:
        return re.compile(r"(?!)")
    return re.compile(
        rf"(?<![\d.,'])[1-9]\d{{0,2}}([{inside}])\d{{3}}(?:\1\d{{3}})*(?!\d|['.,]\d)", re.ASCII
    )


def _ungrouped(text: str, grouped: re.Pattern[str]) -> str:
    return grouped.sub(lambda found: re.sub(r"\D", "", found[0]), text)


def mojibake(raw: str, labels: Mapping[str, str], context: RepairContext) -> Repair | Refused:
    """Restore a label whose bytes were read in the wrong encoding.

    UTF-8 read as Windows-1252 or Latin-1, once or twice; Windows-1252 read as Latin-1.

    >>> mojibake("CafÃ©", {"Café": "c"}, RepairContext()).after
    'Café'
    """
    del context  # every repair is called alike; this one needs to know nothing
    if _is_label(raw, labels):
        return _KEPT
    once = _decoded(raw, "utf-8")
    twice = None if once is None else _decoded(once, "utf-8")
    read = (once, twice, _decoded(raw, "cp1252"))
    texts = {lossless(text) for text in read if text is not None}
    found = tuple(label for label in labels if lossless(label) in texts)
    return _chosen(raw, found, labels, "{} was read in the wrong encoding")


def _bytes(text: str) -> bytes | None:
    """The bytes that are read as this text in Windows-1252 or Latin-1; None where there are none.

    Five bytes mean nothing in Windows-1252; programs read them as Latin-1 does.
    """
    found = bytearray()
    for char in text:
        if ord(char) < 256:
            found.append(ord(char))
            continue
        try:
            found += char.encode("cp1252")
        except UnicodeEncodeError:
            return None
    return bytes(found)


def _decoded(text: str, encoding: str) -> str | None:
    """The bytes behind a text, read in another encoding; None where that cannot be."""
    read = _bytes(text)
    try:
        return None if read is None else read.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_label(raw: str, labels: Mapping[str, str]) -> bool:
    text = lossless(raw)
    return any(text == lossless(label) for label in labels)


def _chosen(
    raw: str, found: tuple[str, ...], labels: Mapping[str, str], why: str
) -> Repair | Refused:
    """The one option that the labels found belong to, or a refusal that names them."""
    codes = {labels[label] for label in found}
    if len(codes) != 1:
        reason = "it may have been more than one label" if codes else "no label becomes this text"
        return Refused(candidates=found, why=reason)
    (code,) = codes
    return Repair(before=raw, after=found[0], code=code, why=why.format(show(found[0])))


_KEPT = Refused(candidates=(), why="it is a label as it stands")


def _month_first(first: int, second: int) -> tuple[int, int]:
    return first, second


def _day_first(first: int, second: int) -> tuple[int, int]:
    return second, first


#: Whose spreadsheet: how two numbers are read as month and day.
LOCALES: Mapping[str, Callable[[int, int], tuple[int, int]]] = MappingProxyType(
    {"en-US": _month_first, "en-GB": _day_first}
)

#: Every repair: a manifest allows it by name, column by column.
REPAIRS: Mapping[str, Callable[[str, Mapping[str, str], RepairContext], Repair | Refused]] = (
    MappingProxyType(
        {
            "spreadsheet_date": spreadsheet_date,
            "thousands": thousands,
            "mojibake": mojibake,
        }
    )
)
