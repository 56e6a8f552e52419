"""The values of SPSS and Stata files as text.

Dates are written as ISO 8601 has them. A number that is shown as a date and lies outside the
calendar is kept as its number.
"""

from __future__ import annotations

import re
import struct
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SPSS_BEGINS = datetime(1582, 10, 14)  # noqa: DTZ001 - these files know no time zones
_STATA_BEGINS = datetime(1960, 1, 1)  # noqa: DTZ001 - as above
_DAY = 86_400
#: Above this, whole numbers are no longer exact.
_EXACT = 2**53


def number(value: float) -> str:
    """A number as text: whole ones without a decimal point, others as short as can be.

    >>> number(1.0), number(2.5), number(-0.0), number(1e300)
    ('1', '2.5', '0', '1e+300')
    """
    if isinstance(value, int) or (abs(value) < _EXACT and value == int(value)):
        return str(int(value))
    return repr(float(value))


def single(value: float) -> str:
    """A number of 32 bits, as short as 32 bits allow.

    >>> single(0.10000000149011612)
    '0.1'
    """
    if not abs(value) < _EXACT or value == int(value):
        return number(value)
    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        if struct.pack("<f", short) == struct.pack("<f", value):
            return repr(short)
    return repr(value)


def spss_date(value: float) -> str:
    """Seconds since the calendar began, as a date; as a date and time where it has a time.

    What is no date is kept as its number, such as 99 for a missing answer.

    >>> spss_date(13766457600.0), spss_date(13766488200.0), spss_date(99.0)
    ('2019-01-10', '2019-01-10T08:30:00', '99')
    """
    return spss_moment(value).removesuffix("T00:00:00")


def spss_moment(value: float) -> str:
    """Seconds since the calendar began, as a date and time.

    >>> spss_moment(13766457600.0)
    '2019-01-10T00:00:00'
    """
    return _moment(_SPSS_BEGINS, value, seconds=value) if value >= _DAY else number(value)


def duration(value: float) -> str:
    """Seconds as hours, minutes and seconds; a day is 24 hours.

    >>> duration(30600.0), duration(-94500.5)
    ('08:30:00', '-26:15:00.5')
    """
    if not abs(value) < _EXACT:
        return number(value)
    minutes, seconds = divmod(abs(value), 60)
    hours, minutes = divmod(int(minutes), 60)
    whole, _, part = f"{seconds:.6f}".partition(".")
    part = part.rstrip("0")
    tail = f".{part}" if part else ""
    return f"{'-' if value < 0 else ''}{hours:02}:{minutes:02}:{whole:0>2}{tail}"


def stata_date(value: float) -> str:
    """Days since 1960 as a date.

    >>> stata_date(21559), stata_date(0.5)
    ('2019-01-10', '0.5')
    """
    if value != int(value):
        return number(value)
    return _moment(_STATA_BEGINS, value, days=int(value)).removesuffix("T00:00:00")


def stata_moment(value: float) -> str:
    """Milliseconds since 1960 as a date and time.

    >>> stata_moment(1862728200000.0)
    '2019-01-10T08:30:00'
    """
    return _moment(_STATA_BEGINS, value, milliseconds=value)


def stata_month(value: float) -> str:
    """Months since 1960 as year and month.

    >>> stata_month(708), stata_month(-1)
    ('2019-01', '1959-12')
    """
    year, month = divmod(int(value), 12)
    inside = value == int(value) and 0 < 1960 + year < 10_000
    return f"{1960 + year:04}-{month + 1:02}" if inside else number(value)


def _moment(begins: datetime, value: float, **span: float) -> str:
    try:
        return (begins + timedelta(**span)).isoformat()
    except (OverflowError, ValueError):  # outside the years 1 to 9999
        return number(value)


class Kind(NamedTuple):
    """How the values of a column become text."""

    type: str
    text: Callable[[Any], str]
    odd: bool = False


_NUMBER = Kind("number", number)
#: Displays of SPSS that are no plain numbers. WKDAY and MONTH show numbers from 1.
_SPSS_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        **dict.fromkeys(("DATETIME", "YMDHMS"), Kind("date", spss_moment)),
        **dict.fromkeys(
            ("DATE", "ADATE", "EDATE", "JDATE", "SDATE", "QYR", "MOYR", "WKYR"),
            Kind("date", spss_date),
        ),
        **dict.fromkeys(("TIME", "DTIME", "MTIME"), Kind("text", duration)),
    }
)
#: Displays of Stata, `%t` and a letter. `C` counts leap seconds, and the periods of the others have
#: no text of their own; their numbers stand, and the description names them as odd.
_STATA_KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "d": Kind("date", stata_date),
        "c": Kind("date", stata_moment),
        "m": Kind("date", stata_month),
        "y": _NUMBER,
        "g": _NUMBER,
    }
)


def sav_kind(display: str, storage: str) -> Kind:
    """How a column of an SPSS file becomes text, by its display and its storage."""
    if storage == "string":
        # Text is filled up with spaces to the width of its column: they are no part of the answer.
        return Kind("text", lambda value: str(value).rstrip(" "))
    found = re.match(r"[A-Z]+", display)
    return _SPSS_KINDS.get(found.group(), _NUMBER) if found else _NUMBER


def dta_kind(display: str, storage: str) -> Kind:
    """How a column of a Stata file becomes text; a missing value comes as its letter."""
    if storage == "string":
        return Kind("text", str)
    found = re.match(r"%-?(?:t(\w)|(d))", display)
    if found:
        kind = _STATA_KINDS.get(found.group(1) or found.group(2), _NUMBER._replace(odd=True))
    else:
        kind = Kind("number", single) if storage == "float" else _NUMBER
    plain = kind.text
    return kind._replace(text=lambda value: f".{value}" if type(value) is str else plain(value))


class Texts(dict[Any, str]):
    """The text of each value, made once; no value is an empty text."""

    def __init__(self, make: Callable[[Any], str]) -> None:
        super().__init__()
        self.make = make

    def __missing__(self, value: Any) -> str:
        # Not a number is not equal to itself.
        text = "" if value is None or value != value else self.make(value)  # noqa: PLR0124 - as said
        self[value] = text
        return text
