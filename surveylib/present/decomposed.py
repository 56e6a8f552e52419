"""Changes taken apart, as a table of parts, a table of groups, and sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from surveylib.present import numbers

if TYPE_CHECKING:
    from surveylib.analysis.decompositions import Decomposition, Decompositions, Group, Share

_NONE = "–"
#: What the two parts of a change are.
FORMULA = (
    "Kitagawa (1955): who answered = Σ (C2 - C1) (R1 + R2) / 2, what groups said = "
    "Σ (R2 - R1) (C1 + C2) / 2, with C the part of all that a group is and R its own share."
)


def title(result: Decompositions) -> str:
    """What is taken apart, by what.

    Args:
        result: Changes taken apart.
    """
    told = dict.fromkeys((row.title, row.by_title) for row in result.rows)
    return "\n".join(f"“{one}” by “{by}”" for one, by in told)


def cells(result: Decompositions) -> tuple[list[str], list[list[str]]]:
    """The head and the rows: each change with its two parts; of one change also its groups.

    Args:
        result: Changes taken apart.
    """
    head = ["waves", "answer", "from", "to", "points", "who answered", "what they said"]
    rows = [
        [
            f"{row.from_wave}→{row.to_wave}",
            row.answer,
            _percent(row.share_from),
            _percent(row.share_to),
            _points(row.change),
            part(row.mix),
            part(row.rate),
        ]
        for row in result.rows
    ]
    return head, rows


def _percent(share: float | None) -> str:
    return _NONE if share is None else numbers.percent(share)


def _points(share: Share) -> str:
    return _NONE if share.estimate is None else numbers.points(share.estimate)


def part(share: Share) -> str:
    """A part with its interval, or its bounds.

    Args:
        share: The part.
    """
    span = f"{numbers.points(share.ci_low)} to {numbers.points(share.ci_high)}"
    if share.estimate is None:
        return f"{numbers.points(share.low)} to {numbers.points(share.high)}"
    return f"{numbers.points(share.estimate)} ({span})"


def group_cells(row: Decomposition) -> tuple[list[str], list[list[str]]]:
    """The groups of one change.

    Args:
        row: The change.
    """
    head = ["group", "of all", "then", "share", "then", "by its size", "by its share"]
    rows = [
        [
            group.group,
            numbers.percent(group.mix_from),
            numbers.percent(group.mix_to),
            _percent(group.share_from),
            _percent(group.share_to),
            _points(group.mix),
            _points(group.rate),
        ]
        for group in sorted(row.groups, key=_size)
    ]
    return head, rows


def _size(group: Group) -> float:
    """Groups that add most come first."""
    known = [abs(one.estimate or 0) for one in (group.mix, group.rate)]
    return -max(known)


def sentence(row: Decomposition) -> str:
    """What a decomposition says, in words that name no cause.

    Args:
        row: The change.
    """
    label, level = row.answer_text, f"{row.confidence_level * 100:g}\u00a0%"
    waves = f"from {row.from_wave} to {row.to_wave}"
    if row.change.estimate is None:
        return f"“{label}”, {waves}: the shares are not printed as numbers."
    size = abs(row.change.estimate) * 100
    way = "rose" if row.change.estimate > 0 else "fell"
    moved = f"“{label}” {way} by {size:.1f} points {waves}"
    if round(size, 1) == 0:
        moved = f"“{label}” did not move by a tenth of a point {waves}"
    if row.mix.estimate is None or row.rate.estimate is None:
        span = f"{numbers.points(row.mix.low)} to {numbers.points(row.mix.high)}"
        told = f"A change of who answered, by “{row.by_title}”, makes {span} of it"
        return f"{moved}. {told}: more is not known."
    return (
        f"{moved}. Of this, {_of(row.mix, level)} are who answered, by “{row.by_title}”, and "
        f"{_of(row.rate, level)} what groups said."
    )


def _of(share: Share, level: str) -> str:
    span = f"{numbers.points(share.ci_low)} to {numbers.points(share.ci_high)}"
    return f"{numbers.points(share.estimate or 0.0)} points ({level} interval {span})"


def notes(result: Decompositions) -> list[str]:
    """The plain sentences, what must be known, and what was done.

    Args:
        result: Changes taken apart.
    """
    lines = [sentence(row) for row in result.rows] if len(result.rows) <= 3 else []
    if len(result.rows) == 1:
        lines += ["", *_table(*group_cells(result.rows[0])), ""]
    lines += list(dict.fromkeys(note for row in result.rows for note in row.notes))
    lines += [f"not taken apart: {one}" for one in result.refused]
    lines += list(result.done)
    lines += [f"design: {result.design}"] if result.design else []
    return [*lines, *(f"caveat: {caveat}" for caveat in result.caveats)]


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(len(head))]
    lines = [head, ["─" * width for width in widths], *rows]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]


def explain(result: Decompositions) -> list[str]:
    """Every change in three parts too, with the formula.

    Args:
        result: Changes taken apart.
    """
    told = [FORMULA]
    for row in result.rows:
        freedom = "" if math.isinf(row.df) else f"; {row.df:g} degrees of freedom"
        three = (
            f"  in three parts: who answered, at the earlier shares, {part(row.mix_before)}; what "
            f"groups said, at the earlier mix, {part(row.rate_before)}; both at once"
        )
        lines = [
            sentence(row),
            f"{three} {part(row.both)}",
            f"  samples: {row.samples}{freedom}; comparability: {row.comparability}",
            *_table(*group_cells(row)),
        ]
        told.append("\n".join(lines))
    return told
