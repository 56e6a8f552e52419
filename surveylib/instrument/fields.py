"""Names and values as they may stand in an instrument: each with the rule that it keeps."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,99}$")]
#: A question; for a row of a grid `grid.row`.
QuestionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]+$")]
#: A version: the name of a file, and of nothing outside its folder.
Version = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")]
Texts = Annotated[dict[Language, Text], Field(min_length=1)]


def _plain_digits(value: Any) -> Any:
    """Text is a number only as plain digits: not 1_000, not digits of another script."""
    if isinstance(value, str) and not re.fullmatch(r"\d+", value.strip(), re.ASCII):
        message = "wanted a whole number in plain digits"
        raise ValueError(message)
    return value


Whole = Annotated[int, BeforeValidator(_plain_digits), Field(ge=0)]


def _open_end(value: Any) -> Any:
    return None if value == "open" else value


End = Annotated[Whole | None, BeforeValidator(_open_end)]


def _plain_number(value: Any) -> Any:
    """Text is a number as digits with a sign and a decimal point: not 1e3, not 1,5."""
    if isinstance(value, str) and not re.fullmatch(r"-?\d+(\.\d+)?", value.strip(), re.ASCII):
        message = "wanted a number such as 12, -3 or 0.5"
        raise ValueError(message)
    return value


Number = Annotated[Decimal, BeforeValidator(_plain_number), Field(allow_inf_nan=False)]

_DURATION = re.compile(r"^P(\d+[YMWD])+$")


def _period(value: str) -> str:
    if (
        value in {"now", "not_stated", "unknown"}
        or value.startswith("since ")
        or _DURATION.match(value)
    ):
        return value
    message = "wanted an ISO 8601 duration such as P3Y, 'now', 'since …', 'not_stated' or 'unknown'"
    raise ValueError(message)


Period = Annotated[str, AfterValidator(_period)]


def _day(value: str) -> str:
    """A year, a month or a day that the calendar has."""
    found = re.fullmatch(r"(\d{4})(-\d{2})?(-\d{2})?", value, re.ASCII)
    try:
        dt.date.fromisoformat(f"{value}{'-01' * (value.count('-') < 1)}{'-01' * (len(value) < 8)}")
    except ValueError:
        found = None
    if not found:
        message = "wanted a year, a month or a day: 2026, 2026-03 or 2026-03-01"
        raise ValueError(message)
    return value


Day = Annotated[str, AfterValidator(_day)]

#: Why there is no answer; never a value among the answers themselves.
MissingState = Literal[
    "dont_know",
    "refused",
    "no_answer",
    "not_applicable",
    "not_reached",
    "not_asked_design",
    "invalid",
    "withheld",
    "unknown_blank",
]

#: Missing states that a questionnaire can offer to be chosen.
OFFERED: tuple[MissingState, ...] = ("dont_know", "refused", "not_applicable")

#: How far two figures measure the same, from best to worst.
Verdict = Literal[
    "identical", "equivalent", "limited", "order_only", "break", "different_construct"
]

#: How answers were collected.
Mode = Literal["web", "telephone", "face_to_face", "paper", "app", "not_stated"]
