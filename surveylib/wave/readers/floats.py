"""What columns of floating-point numbers hold besides plain numbers, and what that may cost."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from surveylib.errors import Fault, show

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: From here on, a whole number kept as a float may have been another one. The names of floating
#: types are those of DuckDB and of narwhals.
EXACT_BELOW: Mapping[str, int] = MappingProxyType(
    {"float": 2**24, "double": 2**53, "Float16": 2**11, "Float32": 2**24, "Float64": 2**53}
)


class FloatFacts(NamedTuple):
    """What a column of floating-point numbers holds besides plain numbers.

    `largest` is the largest absolute value that is finite, `limit` where whole numbers stop being
    exact.
    """

    head: str
    nulls: int
    nans: int
    largest: float
    limit: int

    def after(self, values: Sequence[object]) -> FloatFacts:
        """What is known after some more values, which are floats or missing."""
        numbers = [value for value in values if isinstance(value, float)]
        return self._replace(
            nulls=self.nulls + len(values) - len(numbers),
            nans=self.nans + sum(map(math.isnan, numbers)),
            largest=max(self.largest, *(abs(each) for each in numbers if math.isfinite(each)), 0.0),
        )


def float_query(places: Sequence[int]) -> str:
    """A list for SELECT: for each column its nulls, its NaNs, and its largest absolute value.

    Args:
        places: The numbers n of columns called cn.
    """
    return ", ".join(
        f"count(*) - count(c{place}), count(CASE WHEN isnan(c{place}) THEN 1 END), "
        f"coalesce(max(CASE WHEN isfinite(c{place}) THEN abs(c{place}) END), 0)"
        for place in places
    )


def gathered(
    row: Sequence[float], heads: Sequence[str], types: Sequence[str], places: Sequence[int]
) -> list[FloatFacts]:
    """The answer to `float_query`, column by column."""
    triples = zip(row[::3], row[1::3], row[2::3], strict=True)
    return [
        FloatFacts(heads[place], int(nulls), int(nans), float(largest), EXACT_BELOW[types[place]])
        for place, (nulls, nans, largest) in zip(places, triples, strict=True)
    ]


def float_warnings(file: str, columns: Sequence[FloatFacts]) -> tuple[Fault, ...]:
    """Say where NaN stands beside nothing, and where digits may have been lost."""
    found = []
    for column in columns:
        if column.nans and column.nulls:
            what = (
                f"column {show(column.head)}: 'not a number' (NaN) {column.nans} times beside "
                f"no value {column.nulls} times; both are read as blank"
            )
            found.append(Fault(code="FLOAT-NAN", what=what, file=file))
        if column.largest >= column.limit:
            what = (
                f"column {show(column.head)} holds floating-point numbers so large that "
                "original digits may be lost"
            )
            got = f"values up to {column.largest!r}"
            todo = "if it holds ids, write them as text or as integers"
            found.append(Fault(code="FLOAT-ID", what=what, file=file, got=got, todo=todo))
    return tuple(found)
