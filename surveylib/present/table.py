"""A result as a table: for a terminal, a notebook, a spreadsheet."""

from __future__ import annotations

import csv
import dataclasses
import io
from html import escape
from typing import TYPE_CHECKING, Any

from surveylib.analysis.results import Change, Changes, Estimate, Estimates
from surveylib.present import numbers, sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

_ESTIMATE_HEAD = ("wave", "answer", "share", "95 % interval", "envelope", "n", "flags")
_CHANGE_HEAD = ("waves", "answer", "from", "to", "points", "envelope", "p", "verdict", "comparable")
_WIDEST = 34


def _level(head: Sequence[str], rows: Sequence[Any]) -> list[str]:
    level = f"{rows[0].confidence_level * 100:g} %" if rows else "95 %"
    return [name.replace("95 %", level) for name in head]


def _estimate_cells(row: Estimate) -> list[str]:
    interval = "–"
    if row.ci_low is not None and row.ci_high is not None:
        interval = numbers.percents(row.ci_low, row.ci_high)
    envelope = "–"
    if row.envelope_low is not None and row.envelope_high is not None:
        envelope = numbers.percents(row.envelope_low, row.envelope_high)
    group = f" ({row.domain})" if row.domain else ""
    flags = ", ".join(flag for flag in row.flags if flag != "note")
    return [
        row.wave,
        row.answer + group,
        numbers.share(row),
        interval,
        envelope,
        numbers.base(row),
        flags,
    ]


def _change_cells(row: Change) -> list[str]:
    size = numbers.points(row.difference_low)
    if row.difference is not None:
        size = numbers.points(row.difference)
    elif row.difference_high != row.difference_low:
        size = f"{size} to {numbers.points(row.difference_high)}"
    return [
        f"{row.from_wave}→{row.to_wave}",
        row.answer,
        numbers.share(row.from_estimate),
        numbers.share(row.to_estimate),
        size,
        f"{numbers.points(row.envelope_low)} to {numbers.points(row.envelope_high)}",
        numbers.p_values(row),
        row.verdict,
        numbers.verdict_name(row.comparability),
    ]


def _cells(result: Estimates | Changes) -> tuple[list[str], list[list[str]]]:
    if isinstance(result, Estimates):
        return _level(_ESTIMATE_HEAD, result.rows), [_estimate_cells(row) for row in result.rows]
    return _level(_CHANGE_HEAD, result.rows), [_change_cells(row) for row in result.rows]


def text(result: Estimates | Changes) -> str:
    """A table for a terminal, with the question above and what must be known below."""
    head, rows = _cells(result)
    lines = []
    if isinstance(result, Estimates):
        texts = dict.fromkeys(row.question_text for row in result.rows)
        lines += [f"“{question}”" for question in texts]
    if rows:
        lines += _aligned(head, rows)
    lines += _below(result)
    return "\n".join(lines)


def _aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
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


def _below(result: Estimates | Changes) -> list[str]:
    lines: list[str] = []
    if isinstance(result, Estimates):
        notes = dict.fromkeys(
            (flag, note)
            for row in result.rows
            for flag, note in zip(row.flags, row.notes, strict=True)
        )
        lines += [f"{flag}: {note}" for flag, note in notes]
        if result.not_printed:
            gone = ", ".join(f"{row.wave} {row.answer}" for row in result.not_printed)
            lines.append(f"no figure printed: {gone}")
    else:
        lines += [
            f"{row.from_wave}→{row.to_wave} {row.answer}, limited: {' '.join(row.notes)}"
            for row in result.rows
            if row.comparability == "limited"
        ]
        lines += [sentence.refusal(row) for row in result.refused]
    return ["", *lines] if lines else []


def html(result: Estimates | Changes) -> str:
    """A table for a notebook."""
    head, rows = _cells(result)
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    notes = "".join(f"<p>{escape(line)}</p>" for line in _below(result) if line)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{notes}"


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
            flat = "; ".join(value) if isinstance(value, tuple) else value
            cells.append("" if flat is None else safe_cell(flat))
        lines.append(_csv_line(cells))
    return "".join(lines)


def _csv_line(cells: Sequence[object]) -> str:
    """One line. The writer quotes a line break of either kind only if its own ends hold both."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n") + "\n"
