"""Words, counts and tables of the page on data quality."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.errors import show
from surveylib.present.codebook_entries import Cell, Row, Table
from surveylib.present.numbers import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Rows of a table; the others are counted.
MOST_ROWS = 30
#: Lines of a file that are named one by one.
MOST_LINES = 6
#: Where there is nothing to tell.
NONE = "–"

#: What each state is called; the legend of the bars.
STATES: Mapping[str, str] = MappingProxyType(
    {
        "answered": "answered",
        "dont_know": "don't know",
        "refused": "refused",
        "no_answer": "no answer",
        "not_applicable": "not applicable",
        "not_reached": "not reached",
        "not_asked_design": "not asked",
        "invalid": "in quarantine",
        "withheld": "withheld",
        "unknown_blank": "unclear blank",
    }
)
#: States of somebody who was asked: the base of the rates.
ASKED = ("answered", "dont_know", "refused", "no_answer", "invalid", "withheld")


class RowFault(NamedTuple):
    """Why rows are in quarantine, and what to do about it."""

    what: str
    todo: str


#: By code. What an issue says of a row may name an id, which no page shows.
ROW_FAULTS: Mapping[str, RowFault] = MappingProxyType(
    {
        "ROW-LENGTH": RowFault(
            "the row has more or fewer cells than the header",
            "quote cells that hold the delimiter or a line break, and export the file again",
        ),
        "ROW-ID-BLANK": RowFault(
            "the row has no id",
            "add the id, or take rows without one: respondent: {blank: accept}",
        ),
        "ROW-ID-REPEATED": RowFault(
            "the id of the row stands in other rows too",
            "find out which row is right, or take one of each: respondent: {repeated: first}",
        ),
        "ROW-VERSION": RowFault(
            "the row names no known version of the questionnaire",
            "say under version: values: which version it means",
        ),
    }
)
ANY_ROW = RowFault("the row could not be read", "see quarantine.csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at.

    Args:
        id: The place on the page.
        title: What was looked at.
        why: What it means, and what to do.
        found: What was found, in a few words.
        look: Whether somebody should look at it.
        told: Sentences on what was found, or that nothing was.
        tables: What was found, one by one.
    """

    id: str
    title: str
    why: str
    found: str
    look: bool
    told: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


def look(name: str, title: str, why: str, found: str, **rest: Any) -> Check:
    """A check that found something.

    Args:
        name: The place on the page.
        title: What was looked at.
        why: What it means, and what to do.
        found: What was found, in a few words.
        rest: `told` and `tables`.
    """
    return Check(id=name, title=title, why=why, found=found, look=True, **rest)


def clear(name: str, title: str, why: str, checked: str) -> Check:
    """A check that found nothing.

    Args:
        name: The place on the page.
        title: What was looked at.
        why: What it would mean.
        checked: What was checked.
    """
    told = f"Checked: {checked}. Nothing to report."
    return Check(id=name, title=title, why=why, found="nothing to report", look=False, told=(told,))


def unchecked(name: str, title: str, why: str, reason: str) -> Check:
    """A check for which there is nothing to look at.

    Args:
        name: The place on the page.
        title: What would be looked at.
        why: What it would mean.
        reason: Why nothing was checked, as a sentence.
    """
    return Check(id=name, title=title, why=why, found="not checked", look=False, told=(reason,))


def number(n: int) -> str:
    """A count as English writes it.

    >>> number(7), number(12345)
    ('7', '12,345')
    """
    return f"{n:,}"


def count(n: int, one: str, several: str = "") -> str:
    """A count and what is counted.

    >>> count(1, "row"), count(1200, "row"), count(2, "reply", "replies")
    ('1 row', '1,200 rows', '2 replies')
    """
    return f"{number(n)} {one if n == 1 else several or f'{one}s'}"


def share(n: int, base: int) -> str:
    r"""A count as a percentage of its base; a dash where the base is nobody.

    >>> share(1, 8), share(0, 0)
    ('12.5\xa0%', '–')
    """
    return percent(n / base) if base else NONE


def of(n: int, base: int) -> str:
    r"""A percentage with the count and the base that it comes from.

    >>> of(1, 8)
    '12.5\xa0% (1 of 8)'
    """
    return f"{share(n, base)} ({number(n)} of {number(base)})" if base else NONE


def lines(found: Sequence[int], total: int) -> str:
    """The first lines of a file, and how many more there are.

    >>> lines([4, 9], 2), lines(range(2, 12), 40)
    ('4, 9', '2, 3, 4, 5, 6, 7 and 34 more')
    """
    shown = [str(line) for line in found[:MOST_LINES]]
    more = total - len(shown)
    return ", ".join(shown) + (f" and {number(more)} more" if more > 0 else "")


def cut(text: str) -> str:
    r"""A text in one line, at most 60 characters long, control characters escaped.

    >>> cut("two\nlines")
    'two\\nlines'
    """
    return show(text)[1:-1]


def duration(seconds: float) -> str:
    r"""A time as people say it.

    >>> duration(42.4), duration(200), duration(7260)
    ('42\xa0s', '3\xa0min 20\xa0s', '2\xa0h 1\xa0min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole}\u00a0s"
    if whole < 3600:
        return f"{whole // 60}\u00a0min {whole % 60}\u00a0s"
    return f"{whole // 3600}\u00a0h {whole % 3600 // 60}\u00a0min"


def table(
    name: str, heads: Sequence[str], rows: Iterable[Sequence[str | Cell]]
) -> tuple[Table, ...]:
    """A table out of texts, or none where it would have no row."""
    found = tuple(
        Row(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row)) for row in rows
    )
    return (Table(name, tuple(heads), found),) if found else ()


def rest(total: int, where: str, one: str = "row", several: str = "") -> tuple[str, ...]:
    """How many rows a table leaves out, and where they are; nothing where it has all.

    >>> rest(30, "quarantine.csv"), rest(34, "quarantine.csv")
    ((), ('… and 4 more rows in quarantine.csv.',))
    """
    more = total - MOST_ROWS
    return (f"… and {count(more, f'more {one}', several)} in {where}.",) if more > 0 else ()
