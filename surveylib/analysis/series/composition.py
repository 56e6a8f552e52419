"""The cells of a composition that a model holds constant."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from surveylib.analysis.series.taken import take
from surveylib.errors import NotEstimableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.series.run import Run
    from surveylib.analysis.series.table import Table
    from surveylib.analysis.series.taken import Between
    from surveylib.wave.design import Design


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """Tables of every cell of a composition; none where nothing is held constant.

    Args:
        names: The questions that make the cells.
        tables: A table for each question, group and cell.
    """

    names: tuple[str, ...]
    tables: tuple[Table, ...]

    def of(self, run: Run) -> tuple[Run, tuple[tuple[float, ...], ...]]:
        """A run with its cells, and the columns of a model that tell them apart.

        Args:
            run: The run.

        Raises:
            NotEstimableError: It has one cell, so there is nothing to hold constant.
        """
        if not self.names:
            return run, ()
        own = run.table
        cells = [table for table in self.tables if table.question == own.question
                 and self._group(table.domain) == own.domain]  # fmt: skip
        values = [self._values(table.domain) for table in cells]
        columns = []
        for place in range(len(self.names)):
            kinds = sorted({value[place] for value in values})
            columns += [[float(value[place] == kind) for value in values] for kind in kinds[1:]]
        if not columns:
            message = f"'{', '.join(self.names)}' is the same for all: nothing to hold constant"
            raise NotEstimableError(message)
        table = tuple(tuple(row) for row in np.array(columns).T.tolist())
        return replace(run, adjusted=tuple(cells)), table

    def _group(self, domain: str) -> str:
        parts = domain.split(", ")
        return ", ".join(parts[: len(parts) - len(self.names)])

    def _values(self, domain: str) -> tuple[str, ...]:
        return tuple(domain.split(", ")[-len(self.names) :])


def cells_of_composition(
    source: object,
    asked: Sequence[Asked],
    between: Between,
    design: Design | None,
    names: tuple[str, ...],
) -> Composition:
    """Take questions once more, in the cells of a composition.

    Args:
        source: As of `take`.
        asked: What is asked.
        between: The relation between the samples.
        design: How every sample was drawn.
        names: The questions that make the cells.
    """
    if not names:
        return Composition(names=(), tables=())
    within = [replace(one, by=(*one.by, *names)) for one in asked]
    found = take(source, within, between, design)
    return Composition(names=names, tables=tuple(found.tables))
