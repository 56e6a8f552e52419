"""About how many combinations of columns there are, without summing by them.

Ends of columns say how many there may be, and a part of the rows, spread over all of them, how many
are to be expected. A part may miss what is rare: whoever relies on it counts what comes back.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from surveylib.wave.fetched import chosen, factored, fetched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.wave.framed import FrameColumns

#: Rows that a part of a frame is to have: of all, and between these.
_SHARE, _LEAST, _MOST = 0.01, 20_000, 200_000
#: Rows that DuckDB takes or leaves together.
_BLOCK = 2_048


def expected(table: FrameColumns, names: Sequence[str], most: int) -> float:
    """How many combinations of columns are to be expected at most; infinite where nothing says so.

    Combinations that one block of the part has, and no other, are taken for such as every block of
    the rows has of its own: units that stand together, or respondents who are one each.

    Args:
        table: The frame; ends of columns of whole numbers are known from `weighing`.
        names: Its columns.
        most: A number up to which what may occur is as good as what is to be expected.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    may = min(math.prod(map(table.span, names)), table.rows)
    if may <= most or not names:
        return may
    if not table.table.implementation.is_duckdb():
        return math.inf
    native = chosen(table.table, names).to_native()
    percent = min(100 * min(max(table.rows * _SHARE, _LEAST), _MOST) / table.rows, 100.0)
    part = fetched(nw.from_native(native.sample(percent=percent, method="system", seed=1)))
    cells = np.zeros(len(part[names[0]]), np.int64)
    if not len(cells):
        return math.inf
    for column in part.values():
        place, values = factored(column)
        cells, seen = factored(cells * len(values) + place)
    block = np.arange(len(cells)) // _BLOCK
    first, last = np.zeros((2, len(seen)), np.int64)
    first[cells[::-1]], last[cells] = block[::-1], block  # of several, what is written last stays
    once = int((first == last).sum())
    return len(seen) - once + once * table.rows / len(cells)
