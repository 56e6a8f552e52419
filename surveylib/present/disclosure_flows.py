"""Which cells of turnover tables are withheld: who went from which answer to which.

What each answer had before and after is taken as known: the shares of both waves tell it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

from surveylib.stats.suppression import Linked, suppress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.shifts import TurnoverTable
    from surveylib.present.disclosure_rules import Protection

    Flags = NDArray[np.bool_]


def hidden_flows(tables: Sequence[TurnoverTable], rule: Protection) -> list[Flags | None]:
    """Cells to withhold, table by table; None for a table that cannot be printed at all.

    Args:
        tables: Turnover tables that are printed together.
        rule: What is small.
    """
    found: list[Flags | None] = [None] * len(tables)
    together: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for place, table in enumerate(tables):
        if table.n >= rule.minimum_base:
            together[table.question, table.from_wave, table.to_wave].append(place)
    for places in together.values():
        made = _Flows([tables[place] for place in places], rule)
        for place, flags in zip(places, made.hidden(), strict=True):
            found[place] = flags
    return found


class _Flows:
    """Tables of the same people: each cell is a count, and those of groups are parts of all."""

    def __init__(self, tables: Sequence[TurnoverTable], rule: Protection) -> None:
        self._rule = rule
        self._tables = tables
        self._counts: list[float] = []
        self._equations: list[dict[int, float]] = []
        self._guarded: list[bool] = []
        self._fixed: list[bool] = []
        self._cells = [self._table(table) for table in tables]
        self._shown = len(self._counts)
        for table, cells in zip(tables, self._cells, strict=True):
            self._margins(np.array(table.counts, dtype=np.float64), cells)
        self._groups()

    def _new(self, count: float, *, guarded: bool = False, fixed: bool = False) -> int:
        self._counts.append(count)
        self._guarded.append(guarded)
        self._fixed.append(fixed)
        return len(self._counts) - 1

    def _table(self, table: TurnoverTable) -> NDArray[np.int64]:
        return np.array(
            [[self._new(float(one or 0), guarded=True) for one in line] for line in table.counts]
        )

    def _margins(self, counts: NDArray[np.float64], cells: NDArray[np.int64]) -> None:
        """Rows and columns sum to what a reader knows."""
        for values, places in ((counts, cells), (counts.T, cells.T)):
            for line, inside in zip(values, places, strict=True):
                whole = self._new(float(line.sum()), fixed=True)
                self._equations.append(dict.fromkeys(inside.tolist(), 1.0) | {whole: -1.0})

    def _groups(self) -> None:
        """Cells of groups are parts of those of all; people of no group are what is left."""
        every = [at for at, table in enumerate(self._tables) if not table.domain]
        parts = [at for at, table in enumerate(self._tables) if table.domain]
        for at in every if parts else ():
            answers = self._tables[at].answers
            for i, first in enumerate(answers):
                for j, second in enumerate(answers):
                    inside = [place for part in parts if (place := self._cell(part, first, second))
                              is not None]  # fmt: skip
                    whole = int(self._cells[at][i, j])
                    left = self._counts[whole] - sum(self._counts[place] for place in inside)
                    if left >= 0:
                        rest = self._new(left, guarded=self._rule.is_small(int(left)))
                        self._equations.append(
                            dict.fromkeys(inside, 1.0) | {rest: 1.0, whole: -1.0}
                        )

    def _cell(self, at: int, first: str, second: str) -> int | None:
        answers = self._tables[at].answers
        if first not in answers or second not in answers:
            return None
        return int(self._cells[at][answers.index(first), answers.index(second)])

    def hidden(self) -> list[Flags | None]:
        """Cells to withhold in each table; None where one could be worked out all the same."""
        counts = np.array(self._counts)
        cells = [
            (row, column, factor)
            for row, one in enumerate(self._equations)
            for column, factor in one.items()
        ]
        rows, columns, factors = zip(*cells, strict=True)
        linked = Linked(
            equations=sparse.csr_array(
                (factors, (rows, columns)), shape=(len(self._equations), len(counts))
            ),
            counts=counts,
            shows=sparse.csr_array(np.eye(self._shown, len(counts))),
            fixed=np.array(self._fixed),
            guarded=np.array(self._guarded),
            cost=1 + counts[: self._shown] / max(1.0, counts.max()),
        )
        first = np.array([self._rule.is_small(int(one)) for one in counts[: self._shown]])
        found = suppress(linked, first, self._rule.minimum_cell)
        # That nobody went a way is told by choice.
        narrow = found.narrow & ((counts > 0) | (self._rule.zeros == "withheld"))
        rest = bool(narrow[self._shown :].any())
        return [
            None if rest or narrow[places].any() else np.asarray(found.units[places])
            for places in self._cells
        ]
