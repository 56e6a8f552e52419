"""A data frame whose units, groups and answers are known from one pass over its rows.

Units are looked for first where they may be many. Where they are to be expected few, the sums of
what is asked say which there are; what is wrong with them is said by the longer way.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from surveylib.analysis.collapsed import CollapsedFrame
from surveylib.analysis.columns import MOST_GROUPS
from surveylib.analysis.frame_units import FrameUnits
from surveylib.errors import NotEstimableError, SurveylibError
from surveylib.wave.collapsing import MOST_LINES, collapse_at_most, few_and_many, with_answers
from surveylib.wave.design_columns import stage_columns
from surveylib.wave.few_keys import expected
from surveylib.wave.framed import told_apart
from surveylib.wave.left_out import summed_answers
from surveylib.wave.totals import summed as added

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.analysis.asking import Asked
    from surveylib.wave.design import Design
    from surveylib.wave.framed import FrameColumns, Weighing
    from surveylib.wave.totals import Totals


def unit_columns(design: Design, wave: str | None) -> list[str]:
    """The columns that tell units apart.

    Args:
        design: How the sample was drawn.
        wave: The column of waves.
    """
    return list(dict.fromkeys([*([wave] if wave else []), *stage_columns(design)]))


def may_be_at_once(table: FrameColumns, design: Design, asked: Asked) -> bool:
    """Whether one pass may do: of answers, in a library that shows a part of its rows cheaply.

    Args:
        table: The frame.
        design: How the sample was drawn.
        asked: What is asked.
    """
    plain = design.replication is None and design.weighting is None
    of_answers = asked.statistic == "share" or bool(asked.scores or asked.bands)
    here = all(name in table for name in unit_columns(design, asked.wave))
    return plain and of_answers and here and table.table.implementation.is_duckdb()


def summed_at_once(
    table: FrameColumns, design: Design, weighing: Weighing, asked: Sequence[Asked], most: int
) -> FrameAtOnce | None:
    """The frame as sums of one pass; None where it takes the longer way.

    Args:
        table: The frame; ends of columns are known.
        design: How the sample was drawn.
        weighing: What is true of all weights, though their sum may be no number.
        asked: What is asked: the same of each column.
        most: How many units there may be.
    """
    if weighing.zeros:  # which people a unit has is then not seen from its rows
        return None
    units = expected(table, unit_columns(design, asked[0].wave), most)
    if units > most:
        return None
    try:
        groups = math.prod(_groups(table, name) for name in asked[0].by)
        if min(units * groups, table.rows) > MOST_LINES:
            return None
        return FrameAtOnce(table, design, weighing, asked, most)
    except SurveylibError:
        return None  # so that the longer way says what is wrong, and what is wrong first


def _groups(table: FrameColumns, name: str) -> float:
    """How many groups a column forms at most."""
    span = table.span(name)
    return span if span <= MOST_GROUPS else len(table.distinct(name, most=MOST_GROUPS)) + 1


class FrameAtOnce(CollapsedFrame):
    """Figures from a frame whose units are known from the sums of what is asked.

    Args:
        table: The frame.
        design: How the sample was drawn.
        weighing: What is true of all weights, though their sum may be no number.
        asked: What is asked: the same of each column.
        most: How many units there may be.

    Raises:
        NotEstimableError: There are more lines or units, or weights are no numbers.
        DesignError: The data does not fit the design.
    """

    def __init__(
        self,
        table: FrameColumns,
        design: Design,
        weighing: Weighing,
        asked: Sequence[Asked],
        most: int,
    ) -> None:
        self.take(design, weighing, asked)
        self.table = table
        self.rows = self._rows()
        self._every = unit_columns(design, self.first.wave)
        self._questions: dict[str, tuple[Any, ...]] = {}
        self._questions = {one.question: self.values(one) for one in asked}
        parts = summed_answers(self._sum_up, self.rows, few_and_many(self._questions), table.full)
        self._parts = parts
        first = parts[0]
        units = added(
            {name: first.keys[name] for name in self._every},
            {name: first.values[name] for name in self._every},
            {"rows": first.sums["rows"]},
        )
        if len(units) > most:
            raise NotEstimableError("more units than were to be expected")
        by = {name: self._values_of(name, first) for name in self.first.by}
        FrameUnits.__init__(self, design, weighing, units, asked, by)

    def values(self, asked: Asked) -> tuple[Any, ...]:
        """The answers of a column; None for no value, where that has a share.

        Args:
            asked: The column, and its base.
        """
        known = self._questions.get(asked.question)
        return super().values(asked) if known is None else known

    def _values_of(self, name: str, totals: Totals) -> tuple[Any, ...]:
        """The values of a column that forms groups."""
        if name in self._questions:
            return self.table.distinct(name, most=MOST_GROUPS)
        return told_apart(name, tuple(one for one in totals.values[name] if one is not None))

    def _sum_up(
        self, summed: Mapping[str, Any], *, many: Mapping[str, Sequence[Any]]
    ) -> list[Totals]:
        """Sums by unit and group, and whether all weights are numbers."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        keys, rows = list(dict.fromkeys((*self._every, *self.first.by))), self.rows
        whole = "weight" in summed and rows.weights is not None and rows.inside is None
        weights = None if whole else self.design.weights
        total = {} if weights is None else {"total": nw.col(weights).cast(nw.Float64)}
        totals = collapse_at_most(MOST_LINES, self.table.table, keys, {**summed, **total})
        if totals is None:
            raise NotEstimableError("more lines than were to be expected")
        checked = [totals.sums[name] for name in ("total", "weight") if name in totals.sums]
        if not all(math.isfinite(column.sum()) for column in checked):
            raise NotEstimableError("weights that are no numbers")
        return [with_answers(totals, rows, keys, many)]

    def summed_answers(self, questions: Mapping[str, Sequence[Any]]) -> list[Totals]:
        """Sums by unit and group of each value of each question.

        Args:
            questions: Column → its values.
        """
        return self._parts if questions == self._questions else super().summed_answers(questions)
