"""Replicate weights summed side by side: a line for each value of a question, not a column.

With K values and R replicates, columns would be K × R; so values are keys. Several questions whose
values together are few are keys at once, in one pass over the rows, and are told apart afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.wave.collapsing import collapse_frame, lines_in, spread_out, sum_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from surveylib.wave.collapsing import Rows
    from surveylib.wave.totals import Totals

#: What sums of replicate weights are called.
REPEATED = "repeated"
#: Numbers that the sums of a pass may be: its lines times what is summed.
_ROOM = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicates:
    """Rows that are summed by their main weight, and by each of R replicate weights.

    Args:
        rows: The rows, without others that are outside of what is asked, and their main weight.
        names: The columns of replicate weights.
        lines: How many combinations of keys there are, at most.
    """

    rows: Rows
    names: tuple[str, ...]
    lines: int

    def answers(self, keys: Sequence[str], questions: Mapping[str, Sequence[Any]]) -> Totals:
        """Sums by keys of everybody, and side by side of each value of each question.

        Args:
            keys: The keys.
            questions: Column → its values; None stands for rows without one.
        """
        sums: dict[str, Any] = {}
        totals = None
        for names in self._passes(questions):
            found = self._everybody(self.rows.table, (*keys, *names))
            totals = found.by(keys)
            for name in names:
                lines = found.by(list(dict.fromkeys((*keys, name))))
                sums |= spread_out(totals, lines, keys, name, questions[name]).sums
        totals = totals or self._everybody(self.rows.table, keys)
        return replace(totals, sums={**sums, **totals.sums})

    def _passes(self, questions: Mapping[str, Sequence[Any]]) -> Iterator[list[str]]:
        """Questions that are keys at once: as many as there is room for, but one at least."""
        room = _ROOM // (max(self.lines, 1) * (len(self.names) + 3))
        taken: list[str] = []
        cells = 1
        for name, values in questions.items():
            if taken and cells * len(values) > room:
                yield taken
                taken, cells = [], 1
            taken.append(name)
            cells *= len(values)
        if taken:
            yield taken

    def classes(
        self, keys: Sequence[str], name: str, ends: Sequence[float], totals: Totals
    ) -> Totals:
        """A table by keys, with the sums of numbers up to each of some ends and above all beside.

        Args:
            keys: The keys.
            name: A column of numbers.
            ends: The ends, in order; 0 stands for numbers up to the first, 1 to the second.
            totals: The table.
        """
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        table = self.rows.table.filter(self.rows.known(name))
        column = unused(table, "class")
        above = reduce(add, ((nw.col(name) > end).cast(nw.Int64) for end in ends))
        found = self._everybody(table.with_columns(above.alias(column)), (*keys, column))
        values = range(len(ends) + 1)
        return spread_out(totals, found, keys, column, values, called=name)

    def each_number(self, keys: Sequence[str], name: str) -> Totals:
        """Sums by keys and by each number of a column.

        Args:
            keys: The keys.
            name: The column.
        """
        return self._everybody(self.rows.table.filter(self.rows.known(name)), (*keys, name))

    def numbers(
        self, keys: Sequence[str], pairs: Sequence[tuple[str, str | None, float]], totals: Totals
    ) -> Totals:
        """A table by keys, with the sums of pairs of numbers and their products beside.

        Args:
            keys: The keys.
            pairs: Columns above and below the line, None for 1, and what is taken off the first.
            totals: The table.
        """
        sums = dict(totals.sums)
        for top, bottom, shift in pairs:
            found = self._pair(keys, top, bottom, shift)
            line = lines_in(found, totals, keys)
            for kind, column in found.sums.items():
                table = np.zeros((len(totals), *column.shape[1:]), column.dtype)
                table[line] = column
                sums[sum_of(top, bottom, kind)] = table
        return replace(totals, sums=sums)

    def _pair(self, keys: Sequence[str], top: str, bottom: str | None, shift: float) -> Totals:
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        known = self.rows.known(*((top,) if bottom is None else (top, bottom)))
        y = nw.col(top).cast(nw.Float64) - shift
        x = nw.lit(1.0) if bottom is None else nw.col(bottom).cast(nw.Float64)
        repeated = {
            f"{REPEATED}:{part}": [self.rows.divided(name) * number for name in self.names]
            for part, number in (("y", y), ("x", x))
        }
        summed = self.rows.multiplied(top, bottom, shift)
        return self._summed(self.rows.table.filter(known), keys, summed, repeated)

    def _everybody(self, table: Any, keys: Sequence[str]) -> Totals:
        """Sums by keys of main and replicate weights."""
        weighed = self.rows.weighed(self.rows.anybody())
        repeated = {REPEATED: [self.rows.divided(name) for name in self.names]}
        return self._summed(table, list(dict.fromkeys(keys)), weighed, repeated)

    def _summed(
        self,
        table: Any,
        keys: Sequence[str],
        summed: Mapping[str, Any],
        repeated: Mapping[str, Sequence[Any]],
    ) -> Totals:
        """Sums by keys, those of replicates as (T, R)."""
        each = {
            f"{kind} {place}": expression
            for kind, expressions in repeated.items()
            for place, expression in enumerate(expressions)
        }
        found = collapse_frame(table, keys, {**summed, **each})
        sums = {name: column for name, column in found.sums.items() if name not in each}
        for kind, expressions in repeated.items():
            columns = [found.sums[f"{kind} {place}"] for place in range(len(expressions))]
            sums[kind] = np.stack(columns, axis=1)
        return replace(found, sums=sums)


def unused(table: Any, name: str) -> str:
    """A name that no column of a frame has.

    Args:
        table: A narwhals frame.
        name: What the name ends in.
    """
    taken = {one.lower() for one in table.collect_schema().names()}
    made = f"surveylib_{name}"
    while made in taken:
        made += "_"
    return made
