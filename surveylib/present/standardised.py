"""Shares under one mix, beside the shares as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.present import numbers

if TYPE_CHECKING:
    from surveylib.analysis.standardise import Standardised, StandardisedShare


def title(result: Standardised) -> str:
    """What is standardised, and to which mix.

    Args:
        result: Shares under one mix.
    """
    texts = dict.fromkeys(row.title for row in result.rows)
    parts = ", ".join(f"{group} {numbers.percent(part)}" for group, part in result.standard)
    return "\n".join([*(f"“{one}”" for one in texts), f"mix of '{result.by}': {parts}"])


def cells(result: Standardised) -> tuple[list[str], list[list[str]]]:
    """The head and the rows.

    Args:
        result: Shares under one mix.
    """
    level = f"{result.rows[0].confidence_level * 100:g} % interval" if result.rows else "interval"
    head = ["wave", "answer", "as it is", "under the mix", level, "n"]
    rows = [
        [
            row.wave,
            f"{row.answer} ({row.domain})" if row.domain else row.answer,
            "–" if row.crude is None else numbers.percent(row.crude),
            _share(row),
            numbers.percents(row.ci_low, row.ci_high),
            f"{row.n:,}",
        ]
        for row in result.rows
    ]
    if all(not row.wave for row in result.rows):
        return head[1:], [row[1:] for row in rows]
    return head, rows


def _share(row: StandardisedShare) -> str:
    if row.estimate is None:
        return numbers.percents(row.estimate_low, row.estimate_high)
    return numbers.percent(row.estimate)


def notes(result: Standardised) -> list[str]:
    """Where the mix comes from, and what has no share under it.

    Args:
        result: Shares under one mix.
    """
    lines = [f"the mix: {result.told}", *(f"without one: {one}" for one in result.refused)]
    lines += [f"design: {result.design}"] if result.design else []
    return [*lines, *(f"caveat: {caveat}" for caveat in result.caveats)]
