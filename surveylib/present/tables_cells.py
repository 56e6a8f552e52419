"""One estimate as a cell: its figure, its limits and its footnotes, or a sign where it has none."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from surveylib.present import numbers
from surveylib.present.tables_layout import NOT_PRINTED, NOT_THERE, WITHHELD, Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from surveylib.analysis.results import Estimate
    from surveylib.present.tables_layout import Footnotes

#: Limits that were computed in two ways may differ by this much.
_ROUNDING = 1e-9


class Unit(NamedTuple):
    """How numbers of a column are shown by a spreadsheet.

    Args:
        shown: The format, with `{}` for the decimals.
        words: What the number is, for a dictionary.
    """

    shown: str
    words: str


UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        "share": Unit("0{}%", "proportion, shown in percent"),
        "number": Unit("#,##0{}", "the unit of the number that was asked for"),
        "points": Unit('+0{0};"\u2212"0{0};0{0}', "percentage points"),
        "percent": Unit(
            '+0{0}"\u00a0%";"\u2212"0{0}"\u00a0%";0{0}"\u00a0%"', "percent of the earlier share"
        ),
        "ratio": Unit("0{}", "later over earlier"),
        "p": Unit('[<0.001]"below 0.001";0{}', "probability"),
        "count": Unit("#,##0{}", "respondents"),
        "text": Unit("@", "words"),
    }
)


def limits(row: Estimate, *, envelope: bool) -> tuple[float | None, float | None]:
    """The interval of a figure, or the envelope over all that it may be; None where open.

    Args:
        row: An estimate.
        envelope: Which of the two.
    """
    if envelope:
        return finite(row.envelope_low), finite(row.envelope_high)
    return finite(row.ci_low), finite(row.ci_high)


def finite(value: float | None) -> float | None:
    """A number that a cell can hold, or None.

    Args:
        value: A number, or None.
    """
    return None if value is None or not math.isfinite(value) else float(value)


def has_envelope(rows: Iterable[Estimate]) -> bool:
    """Whether any figure is known within a range only, so that envelopes are what holds.

    Args:
        rows: Estimates.
    """
    return any(not numbers.is_withheld(row) and not is_one(row) for row in rows)


def is_one(row: Estimate) -> bool:
    """Whether the interval of a figure is its envelope, too, but for rounding.

    Args:
        row: An estimate.
    """
    pairs = ((row.ci_low, row.envelope_low), (row.ci_high, row.envelope_high))
    return all(
        one == other or (one is not None and other is not None and math.isclose(
            one, other, rel_tol=_ROUNDING, abs_tol=_ROUNDING))
        for one, other in pairs
    )  # fmt: skip


def figure(row: Estimate | None, footnotes: Footnotes, *, envelope: bool = False) -> Cell:
    """The cell of an estimate.

    Args:
        row: The estimate; None where there is none.
        footnotes: Take its flags.
        envelope: Whether the limits are those of the envelope.
    """
    if row is None:
        return Cell(text=NOT_THERE)
    if numbers.is_withheld(row):
        return Cell(text=WITHHELD)
    low, high = limits(row, envelope=envelope)
    marks = {footnotes.mark(text) for text in _flagged(row) if text not in footnotes.common}
    return Cell(
        text=numbers.share(row),
        value=finite(row.estimate),
        interval=numbers.interval(low, high, row),
        low=low,
        high=high,
        marks=tuple(sorted(marks)),
        about=row,
    )


def _flagged(row: Estimate) -> list[str]:
    """What a figure is flagged with, each with its meaning."""
    pairs = zip(row.flags, row.notes, strict=True)
    return [f"{flag}: {note}" if note else flag for flag, note in pairs]


def in_common(rows: Iterable[Estimate | None]) -> list[str]:
    """What all figures of several are flagged with.

    Args:
        rows: The estimates.
    """
    shown = [_flagged(row) for row in rows if row is not None and not numbers.is_withheld(row)]
    every = set.intersection(*map(set, shown)) if len(shown) > 1 else set()
    return [text for text in shown[0] if text in every] if every else []


def gap(*, printed: bool) -> Cell:
    """The cell of an answer without a figure.

    Args:
        printed: Whether one could have been printed, and was not.
    """
    return Cell(text=NOT_PRINTED if printed else NOT_THERE)


def base(rows: Sequence[Estimate]) -> Cell:
    """The number of respondents of a column: one, or the range over its figures.

    Args:
        rows: The estimates of the column.
    """
    if not rows:
        return Cell(text=NOT_THERE)
    shown = [row for row in rows if not numbers.is_withheld(row)]
    if not shown:
        return Cell(text=WITHHELD)
    known = [row for row in shown if row.n is not None]
    if not known:
        return Cell(text="unknown")
    sizes = [size for row in known for size in (row.n, row.n_low) if size is not None]
    low, high = min(sizes), max(row.n or 0 for row in known)
    if low == high:
        return Cell(text=f"{high:,}", value=high)
    return Cell(text=f"{low:,} to {high:,}")


def decimals(text: str) -> int:
    r"""How many decimals the first number of a text has.

    >>> decimals("37.4\xa0%"), decimals("46\xa0%"), decimals("1,204.25"), decimals("0.0 to 3.5")
    (1, 0, 2, 1)
    """
    behind = text.partition(".")[2]
    return len(behind) - len(behind.lstrip("0123456789"))


def format_of(unit: str, text: str) -> str:
    """The format by which a spreadsheet shows a number with the decimals of its text.

    >>> format_of("share", "37.4 %"), format_of("count", "1,026")
    ('0.0%', '#,##0')
    """
    places = decimals(text)
    shown = UNITS[unit].shown
    return shown.format(f".{'0' * places}" if places else "") if "{" in shown else shown
