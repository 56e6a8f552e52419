"""Numbers as spreadsheets store them, and how a number format says they are to be read."""

from __future__ import annotations

import math
import re
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

Shown = Literal["number", "percent", "date", "time", "date-time", "elapsed"]

_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
#: Below this, a double holds every integer, and Python writes none with an exponent.
_WHOLE = 1e16
_PLAIN_LOW, _PLAIN_HIGH = 1e-15, 1e15
_DAY = 86_400_000  # milliseconds
_LAST = 2_958_465  # 9999-12-31
#: Lotus 1-2-3 took 1900 for a leap year, and everyone since has kept that day.
_NO_DAY = 60
#: What stands in a format as it is or says how to show it: quoted, escaped, as wide as, filled
#: with; colours, conditions and languages in brackets.
_LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_NO_DATE = re.compile(r"general|e[+-]", re.IGNORECASE)

#: Formats that a workbook does not spell out, ECMA-376 part 1, 18.8.30. Those from 27 on are dates
#: and times in East Asian languages; their values tell which.
BUILT_IN: dict[int, Shown] = {
    9: "percent",
    10: "percent",
    **dict.fromkeys((14, 15, 16, 17), "date"),
    **dict.fromkeys((18, 19, 20, 21, 45, 47), "time"),
    22: "date-time",
    46: "elapsed",
    **dict.fromkeys((*range(27, 37), *range(50, 59)), "date"),
}


def number_text(text: str) -> str | None:
    """A stored number as text; None if it is no finite number.

    Integers have no decimal point, other numbers the fewest digits that mean the same double.

    >>> [number_text(text) for text in ("43475.0", "0.33000000000000002", "1E-5", "-0", "1,5")]
    ['43475', '0.33', '0.00001', '0', None]
    """
    if _INTEGER.fullmatch(text):
        return str(int(text))  # every digit is kept, also those that no double holds
    if not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    if not math.isfinite(value):
        return None
    if value.is_integer() and abs(value) < _WHOLE:
        return str(int(value))
    shortest = repr(value)
    if "e" in shortest and _PLAIN_LOW <= abs(value) < _PLAIN_HIGH:
        return format(Decimal(shortest), "f")
    return shortest


def shown_as(code: str) -> Shown:
    """What a number format makes of a number, by its part for positive numbers.

    >>> [shown_as(code) for code in ("0.0%", "yyyy-mm-dd", "h:mm", "d/m/yy h:mm", "[h]:mm", "0.0")]
    ['percent', 'date', 'time', 'date-time', 'elapsed', 'number']
    """
    plain = _LITERAL.sub("", code).partition(";")[0]
    if _ELAPSED.search(plain):
        return "elapsed"
    if "%" in plain:
        return "percent"
    letters = _NO_DATE.sub("", plain).lower().replace("am/pm", "").replace("a/p", "")
    has_time = "h" in letters or "s" in letters
    # An m beside hours or seconds is minutes; three are a month's name.
    has_date = bool(set(letters) & set("ydeg")) or "mmm" in letters
    has_date = has_date or ("m" in letters and not has_time)
    if has_date and has_time:
        return "date-time"
    return "date" if has_date else "time" if has_time else "number"


@lru_cache(maxsize=4096)  # days repeat, and the calendar costs more than the cell
def moment(serial: float, shown: Shown, *, from_1904: bool) -> str | None:
    """The date or time, as ISO 8601, that a number stands for; None if it stands for none.

    Args:
        serial: Days since the workbook's first day.
        shown: What the number format makes of it; not `number` or `percent`.
        from_1904: Whether days count from 1904-01-01 and not from 1900-01-01, as day 1.

    >>> moment(43475, "date", from_1904=False), moment(42013, "date", from_1904=True)
    ('2019-01-10', '2019-01-10')
    >>> moment(43475.354166666664, "date-time", from_1904=False)
    '2019-01-10T08:30:00'
    """
    # Fifteen digits hold the time of a day to about a hundredth of a millisecond.
    if not abs(serial) <= _LAST + 1:
        return None
    days, rest = divmod(round(serial * _DAY), _DAY)
    if days < 0:
        return None
    if shown == "elapsed":
        return clock((days * _DAY + rest) * 1000)
    if days == 0 and (shown != "date" or rest) and not (from_1904 and shown == "date-time"):
        return clock(rest * 1000)
    day = _day(days, from_1904=from_1904)
    if day is None or (shown == "date" and rest == 0):
        return day
    return f"{day}T{clock(rest * 1000)}"


def _day(days: int, *, from_1904: bool) -> str | None:
    if from_1904:
        first = date(1904, 1, 1)
    elif days == _NO_DAY:
        return "1900-02-29"
    else:
        first = date(1899, 12, 31 if days < _NO_DAY else 30)
    if days == 0 and not from_1904:
        return None
    try:
        return (first + timedelta(days=days)).isoformat()
    except OverflowError:
        return None


def clock(microseconds: int) -> str:
    """Hours, minutes and seconds; hours may go beyond a day, and a fraction has 3 or 6 digits.

    >>> clock(30_600_000_000), clock(129_600_250_000), clock(1)
    ('08:30:00', '36:00:00.250', '00:00:00.000001')
    """
    seconds, rest = divmod(microseconds, 1_000_000)
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if not rest:
        return text
    return f"{text}.{rest:06}" if rest % 1000 else f"{text}.{rest // 1000:03}"
