"""A data frame with replicate weights, collapsed by its own library → estimates."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.analysis.collapsed import CollapsedFrame
from surveylib.analysis.rows import number_name
from surveylib.wave.collapsing import collapse_frame, sum_of
from surveylib.wave.repeated import Replicates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.analysis.asking import Asked
    from surveylib.wave.design import Design
    from surveylib.wave.framed import FrameColumns, Weighing
    from surveylib.wave.totals import Totals


class RepeatedFrame(CollapsedFrame):
    """Figures from a frame with replicate weights.

    Args:
        table: The frame.
        design: Its replicate weights; without stages, which they stand for.
        weighing: What is true of all main weights.
        units: The waves, with the number of rows of each.
        asked: What is asked: the same of each column.
        independent: How many replicates are independent in each wave.
    """

    def __init__(  # noqa: PLR0917 - the parts of a frame
        self,
        table: FrameColumns,
        design: Design,
        weighing: Weighing,
        units: Totals,
        asked: Sequence[Asked],
        independent: Mapping[Any, int],
    ) -> None:
        super().__init__(table, design, weighing, units, asked, independent)
        rows = self.rows
        if rows.inside is not None:
            rows = replace(rows, table=rows.table.filter(rows.inside), inside=None)
        groups = math.prod(len(values) + 1 for values in self.by.values())
        self._summing = Replicates(
            rows=rows, names=design.replicate_weights, lines=len(units) * groups
        )

    @property
    def _every(self) -> list[str]:
        return list(dict.fromkeys((*self.keys, *self.by)))

    def summed_answers(self, questions: Mapping[str, Sequence[Any]]) -> list[Totals]:
        """Sums by wave and group of each value of each question.

        Args:
            questions: Column → its values.
        """
        return [self._summing.answers(self._every, questions)]

    def _groups(self) -> Totals:
        """The waves and groups that occur."""
        return collapse_frame(self._summing.rows.table, self._every, {})

    def summed_numbers(self) -> list[Totals]:
        """Sums by wave and group of the numbers that are asked for, and of their products."""
        pairs = [(one.question, one.over, self.shift(one)) for one in self.asked]
        return [self._summing.numbers(self._every, pairs, self._groups())]

    def summed_thresholds(self) -> list[Totals]:
        """Sums by wave and group of the numbers that are not above others, and of those above."""
        totals = self._groups()
        sums = dict(totals.sums)
        for one in self.asked:
            ends = sorted(set(one.threshold))
            found = self._summing.classes(self._every, one.question, ends, totals).sums
            for kind in {name.rpartition(":")[2] for name in found} - {"rows"}:
                parts = [found[sum_of(one.question, place, kind)] for place in range(len(ends) + 1)]
                for place, end in enumerate(ends, start=1):
                    name = f"{one.question}:{number_name(end)}"
                    sums[sum_of(name, 0, kind)] = np.sum(parts[:place], axis=0)
                    sums[sum_of(name, 1, kind)] = np.sum(parts[place:], axis=0)
        return [replace(totals, sums=sums)]

    def summed_values(self, question: str) -> list[Totals]:
        """Sums by wave, group and each number of a column that occurs.

        Args:
            question: The column.
        """
        return [self._summing.each_number(self._every, question)]
