"""A result as a table: for a terminal, a notebook, a spreadsheet."""

from __future__ import annotations

import csv
import dataclasses
import io
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.analysis.asking import BASES
from surveylib.analysis.bounded import Sensitivity
from surveylib.analysis.crosstab import Crosstab
from surveylib.analysis.decompositions import Decompositions
from surveylib.analysis.plan import Plan
from surveylib.analysis.results import Estimate, Estimates
from surveylib.analysis.shifts import Shifts, Turnovers
from surveylib.analysis.simultaneous import TOGETHER
from surveylib.analysis.standardise import Standardised
from surveylib.analysis.study import Study
from surveylib.analysis.trends import Trends
from surveylib.analysis.weight import Weights
from surveylib.present import (
    bounded,
    changed,
    crossed,
    decomposed,
    numbers,
    planned,
    shifted,
    standardised,
    studied,
    trended,
    weighed,
)
from surveylib.present.calm import calm

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from surveylib.analysis.changes import Changes

_WIDEST = 34


class Column(NamedTuple):
    """A column of a table of estimates: its head, its cells, and whether it has anything to say."""

    head: str
    cell: Callable[[Estimate], str]
    said: Callable[[Sequence[Estimate]], bool]


def _is_printed(rows: Sequence[Estimate]) -> bool:
    return any(row.certainty != "counted" for row in rows)


def _is_designed(rows: Sequence[Estimate]) -> bool:
    return any(row.df is not None for row in rows)


def _answer(row: Estimate) -> str:
    return f"{row.answer} ({row.domain})" if row.answer and row.domain else row.answer or row.domain


def _flags(row: Estimate) -> str:
    return ", ".join(flag for flag in row.flags if flag != "note")


_COLUMNS = (
    Column("wave", lambda row: row.wave, lambda rows: any(row.wave for row in rows)),
    Column("answer", _answer, lambda rows: any(_answer(row) for row in rows)),
    Column("figure", numbers.share, bool),
    Column(
        "standard error",
        lambda row: "–" if row.standard_error is None else numbers.number(row.standard_error, row),
        lambda rows: any(row.statistic not in numbers.SHARES for row in rows),
    ),
    Column("interval", lambda row: numbers.interval(row.ci_low, row.ci_high, row), bool),
    Column(
        "envelope",
        lambda row: numbers.interval(row.envelope_low, row.envelope_high, row),
        lambda rows: (
            _is_printed(rows)
            or any(
                (row.ci_low, row.ci_high) != (row.envelope_low, row.envelope_high) for row in rows
            )
        ),
    ),
    Column("n", numbers.base, bool),
    Column(
        "n effective",
        lambda row: numbers.size(row.n_effective),
        lambda rows: any(row.n_effective not in {row.n, None} for row in rows if row.df),
    ),
    Column(
        "n effective by weights",
        lambda row: numbers.size(row.n_kish),
        lambda rows: any(row.n_kish is not None for row in rows),
    ),
    Column(
        "df",
        lambda row: numbers.freedom(row.df),
        lambda rows: any(numbers.freedom(row.df) for row in rows),
    ),
    Column("flags", _flags, lambda rows: _is_printed(rows) or any(_flags(row) for row in rows)),
)


def _heads(rows: Sequence[Estimate]) -> dict[str, str]:
    """What columns are called that depend on the statistic and the level."""
    words = dict.fromkeys(
        "share" if row.statistic in numbers.SHARES else row.statistic for row in rows
    )
    level = f"{rows[0].confidence_level * 100:g} % interval" if rows else "95 % interval"
    return {"figure": " / ".join(words) or "share", "interval": level}


def _cells(result: Estimates | Changes | Shifts | Trends) -> tuple[list[str], list[list[str]]]:
    if isinstance(result, Estimates):
        shown = [column for column in _COLUMNS if column.said(result.rows)]
        names = _heads(result.rows)
        head = [names.get(column.head, column.head) for column in shown]
        return head, [[column.cell(row) for column in shown] for row in result.rows]
    if isinstance(result, Trends):
        return trended.cells(result)
    if isinstance(result, Shifts):
        return shifted.cells(result)
    return changed.cells(result)


class Parts(NamedTuple):
    """What a result of one kind shows: a line above, a table, and what must be known below."""

    title: Callable[[Any], str]
    cells: Callable[[Any], tuple[list[str], list[list[str]]]]
    notes: Callable[[Any], list[str]]


#: Results that are one table.
_PARTS: Mapping[type, Parts] = MappingProxyType(
    {
        Decompositions: Parts(decomposed.title, decomposed.cells, decomposed.notes),
        Standardised: Parts(standardised.title, standardised.cells, standardised.notes),
        Crosstab: Parts(crossed.title, crossed.cells, crossed.notes),
        Plan: Parts(planned.title, planned.cells, planned.notes),
        Weights: Parts(weighed.title, weighed.cells, weighed.notes),
        Study: Parts(studied.title, studied.cells, studied.notes),
    }
)


def text(result: Any) -> str:
    """A table for a terminal, with the question above and what must be known below."""
    result = result if isinstance(result, Study) else calm(result)  # waves are large, and calm
    if isinstance(result, Turnovers):
        flows = [
            "\n".join([shifted.turnover_name(row), *aligned(*shifted.flows(row)), "",
                       *shifted.told(row)])
            for row in result.rows
        ]  # fmt: skip
        return "\n\n".join([*flows, *shifted.turnover_notes(result)])
    if isinstance(result, Sensitivity):
        tables = [[one.caption, *aligned(one.head, one.rows)] for one in bounded.tables(result)]
        below = bounded.below(result)
        return "\n\n".join(map("\n".join, [*tables, below])).replace("\u00a0", " ")
    if type(result) in _PARTS:
        parts = _PARTS[type(result)]
        lines = [parts.title(result), *aligned(*parts.cells(result)), ""]
        return "\n".join([*lines, *parts.notes(result)]).replace("\u00a0", " ")
    head, rows = _cells(result)
    lines = _above(result)
    if rows:
        lines += aligned(head, rows)
    lines += _below(result)
    return "\n".join(lines)


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table whose columns stand below each other.

    Args:
        head: What columns are called.
        rows: Their cells; long ones are cut.
    """
    cut = [
        [cell if len(cell) <= _WIDEST else cell[: _WIDEST - 1] + "…" for cell in row]
        for row in rows
    ]
    widths = [max(len(row[place]) for row in [list(head), *cut]) for place in range(len(head))]
    lines = ["  ".join(name.ljust(width) for name, width in zip(head, widths, strict=True))]
    lines.append("  ".join("─" * width for width in widths))
    lines += [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cut
    ]
    return [line.rstrip().replace("\u00a0", " ") for line in lines]


def _above(result: Any) -> list[str]:
    """What a table is of: questions as they were asked, or in a few words."""
    if isinstance(result, Estimates):
        return [f"“{text}”" for text in dict.fromkeys(row.question_text for row in result.rows)]
    if isinstance(result, Trends | Shifts):
        return [f"“{text}”" for text in dict.fromkeys(row.title for row in result.rows)]
    return []


def _below(result: Estimates | Changes | Shifts | Trends) -> list[str]:
    lines: list[str] = []
    if isinstance(result, Estimates):
        notes = dict.fromkeys(
            (flag, note)
            for row in result.rows
            for flag, note in zip(row.flags, row.notes, strict=True)
        )
        lines += [f"{flag}: {note}" for flag, note in notes]
        if not _is_printed(result.rows):
            lines += [f"base {base}: {BASES[base]}" for base in _bases(result)]
        lines += [
            f"intervals of a question, wave and group hold at once: {name}, {TOGETHER[name].words}"
            for name in dict.fromkeys(row.simultaneous for row in result.rows if row.simultaneous)
        ]
        lines += [f"design: {result.design}"] if result.design else []
        lines += [result.checked] if result.checked else []
        lines += [f"caveat: {caveat}" for caveat in result.caveats]
        if result.not_printed:
            gone = ", ".join(f"{row.wave} {row.answer}" for row in result.not_printed)
            lines.append(f"no figure printed: {gone}")
    elif isinstance(result, Trends):
        lines += trended.below(result)
    elif isinstance(result, Shifts):
        lines += shifted.below(result)
    else:
        lines += changed.below(result)
    return ["", *lines] if lines else []


def _bases(result: Estimates) -> list[str]:
    """The bases of a result, where there is more to say than that people answered."""
    bases = list(dict.fromkeys(row.base for row in result.rows))
    return [base for base in bases if base in BASES] if bases != ["answered"] else []


def html(result: Any) -> str:
    """A table for a notebook, with the question above and what must be known below."""
    if isinstance(result, Turnovers):
        parts = [
            _markup([shifted.turnover_name(row)], *shifted.flows(row), shifted.told(row))
            for row in result.rows
        ]
        return "".join([*parts, _told(shifted.turnover_notes(result))])
    if isinstance(result, Sensitivity):
        made = [_markup([one.caption], one.head, one.rows, []) for one in bounded.tables(result)]
        return "".join([*made, _told(bounded.below(result))])
    if type(result) in _PARTS:
        shown = _PARTS[type(result)]
        return _markup([shown.title(result)], *shown.cells(result), shown.notes(result))
    return _markup(_above(result), *_cells(result), _below(result))


def _markup(
    above: Sequence[str], head: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str]
) -> str:
    title = "".join(f"<p><strong>{escape(line)}</strong></p>" for line in above)
    if not rows:
        return title + _told(notes)
    top = "".join(f"<th {_LEFT}>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td {_style(cell)}>{escape(cell)}</td>" for cell in row) + "</tr>"
        for row in rows
    )
    table = f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
    return title + table + _told(notes)


#: Notebooks put every cell to the right, words too. Colours are theirs: they may be dark.
_LEFT = 'style="text-align: left"'
_ONE_LINE = 'style="text-align: left; white-space: nowrap"'


def _style(cell: str) -> str:
    """A range stays on one line; words may take several."""
    is_range = len(cell) <= _WIDEST and any(map(str.isdigit, cell))
    return _ONE_LINE if is_range else _LEFT


def _told(lines: Sequence[str]) -> str:
    """What must be known, in small letters."""
    said = "<br>".join(escape(line) for line in lines if line)
    return f"<p><small>{said}</small></p>" if said else ""


#: A spreadsheet takes a text cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def safe_cell(value: object) -> object:
    """A text that a spreadsheet would run gets an apostrophe in front; numbers stay numbers.

    >>> safe_cell("=1+1"), safe_cell(-0.5)
    ("'=1+1", -0.5)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def to_csv(kind: type, rows: Sequence[Any], without: Sequence[str] = ()) -> str:
    """Rows of a dataclass as CSV: full digits, empty where not known.

    Args:
        kind: The dataclass, so that the header does not depend on the rows.
        rows: Its instances.
        without: Fields to leave out.
    """
    names = [field.name for field in dataclasses.fields(kind) if field.name not in without]
    lines = [_csv_line(names)]
    for row in rows:
        cells = []
        for name in names:
            value = getattr(row, name)
            flat = "; ".join(map(str, value)) if isinstance(value, tuple) else value
            cells.append("" if flat is None else safe_cell(flat))
        lines.append(_csv_line(cells))
    return "".join(lines)


def _csv_line(cells: Sequence[object]) -> str:
    """One line. The writer quotes a line break of either kind only if its own ends hold both."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n") + "\n"
