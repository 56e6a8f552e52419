"""One value of a question left out: it is what the others leave of everybody.

A question that every row answers needs one value less to be summed, so a yes/no question half.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from surveylib.wave.collapsing import side_by_side, sum_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.wave.collapsing import Rows
    from surveylib.wave.totals import Totals

#: Part of everybody below which a value is summed itself: rounding of the sums of the others is a
#: larger part of what they leave, the less that is.
_RARE = 0.05
_KINDS = ("n", "weight", "square")


class SumsUp(Protocol):
    """What makes tables of sums from expressions, with those of questions of many values."""

    def __call__(
        self, summed: Mapping[str, Any], *, many: Mapping[str, Sequence[Any]]
    ) -> list[Totals]:
        """Make the tables."""


def summed_answers(
    sum_up: SumsUp,
    rows: Rows,
    questions: tuple[Mapping[str, Sequence[Any]], Mapping[str, Sequence[Any]]],
    full: Mapping[str, Any],
) -> list[Totals]:
    """Sums of each value of each question.

    Args:
        sum_up: What makes tables of sums.
        rows: Which rows, and how they weigh.
        questions: Column → its values: questions with few and with many values.
        full: Column → one of its values, of columns that have a value in every row.
    """
    few, many = questions
    rest = {
        name: full[name]
        for name, values in few.items()
        if name in full and full[name] in values and None not in values
    }
    parts = sum_up(side_by_side(rows, few, rest), many=many)
    parts = [_with_rest(part, few, rest) for part in parts]
    rare = {name: [value] for name, value in rest.items() if _is_rare(parts, name, value)}
    if not rare:
        return parts
    own = sum_up(side_by_side(rows, rare), many={})
    return [
        replace(part, sums={**part.sums, **one.sums}) for part, one in zip(parts, own, strict=True)
    ]


def _with_rest(
    totals: Totals, questions: Mapping[str, Sequence[Any]], rest: Mapping[str, Any]
) -> Totals:
    """The same table with the sums of the values that were left out."""
    if not rest:
        return totals
    sums = {"n": totals.sums["rows"], **totals.sums}
    for name, value in rest.items():
        others = [other for other in questions[name] if other != value]
        left = {
            kind: sums[kind] - sum(sums[sum_of(name, other, kind)] for other in others)
            for kind in _KINDS
            if kind in sums
        }
        there = left["n"] > 0
        for kind, column in left.items():
            sums[sum_of(name, value, kind)] = np.where(there, np.maximum(column, 0), 0)
    return replace(totals, sums=sums)


def _is_rare(parts: Sequence[Totals], name: str, value: Any) -> bool:
    own = sum(int(part.sums[sum_of(name, value, "n")].sum()) for part in parts)
    return own < _RARE * sum(int(part.sums["n"].sum()) for part in parts)
