"""Changes and trends without those that tell of a withheld share."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from surveylib.analysis.changes import Change, Changes, Refusal
from surveylib.analysis.trends import NoTrend, Trend, Trends
from surveylib.present import numbers
from surveylib.present.disclosure_rules import WITHHELD

if TYPE_CHECKING:
    from surveylib.present.disclosure_gate import Gate


def gated_changes(changes: Changes, gate: Gate) -> Changes:
    """Changes without those that tell of a withheld number.

    Args:
        changes: The changes.
        gate: What may be printed.
    """
    rows: list[Change] = []
    refused = [_refused(row, gate) for row in changes.refused]
    families = set()
    for row in changes.rows:
        ends = (row.from_estimate, row.to_estimate)
        if any(map(gate.hides, ends)) or gate.tells_movers(row):
            refused.append(_withheld_change(row))
            families.add(row.family)
        else:
            rows.append(row)
    # A p-value that was adjusted for a family can be that of a withheld change.
    rows = [
        dataclasses.replace(row, p_adjusted=None, family="") if row.family in families else row
        for row in rows
    ]
    return dataclasses.replace(changes, rows=tuple(rows), refused=tuple(refused))


def _refused(row: Refusal, gate: Gate) -> Refusal:
    """A pair that was not compared, without a figure that is withheld."""
    before, after = gate.hides(row.from_estimate), gate.hides(row.to_estimate)
    return dataclasses.replace(
        row,
        from_estimate=None if before else row.from_estimate,
        to_estimate=None if after else row.to_estimate,
        order=None if before or after else row.order,
    )


def _withheld_change(row: Change) -> Refusal:
    before, after = row.from_estimate, row.to_estimate
    return Refusal(
        question=row.question,
        answer=row.answer,
        from_wave=row.from_wave,
        to_wave=row.to_wave,
        from_question=before.question,
        from_answer=before.answer,
        comparability=numbers.WITHHELD,
        order=None,
        reasons=(WITHHELD,),
        from_estimate=None,
        to_estimate=None,
        title=after.title,
        from_title=before.title,
        answer_text=after.answer_text,
        from_answer_text=before.answer_text,
        steps=row.steps,
        domain=row.domain,
    )


def gated_trends(trends: Trends, gate: Gate) -> Trends:
    """Trends without those that tell of a withheld number.

    Args:
        trends: The trends.
        gate: What may be printed.
    """
    rows: list[Trend] = []
    refused = list(trends.refused)
    families = set()
    for row in trends.rows:
        blocks = [gate.hides_block(wave, row.question, row.domain) for wave in row.waves]
        if any(map(gate.hides, row.points)) or (any(blocks) and not row.points):
            families.add(row.family)
            refused.append(
                NoTrend(question=row.question, answer=row.answer, domain=row.domain,
                        waves=row.waves, reason=WITHHELD)
            )  # fmt: skip
        else:
            rows.append(row)
    rows = [
        dataclasses.replace(row, p_adjusted=None, family="") if row.family in families else row
        for row in rows
    ]
    return dataclasses.replace(trends, rows=tuple(rows), refused=tuple(refused))
