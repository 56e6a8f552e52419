"""A data frame of any library → sums by columns, made by the frame's own library.

Questions stand side by side: for each of their values a line has the number of its rows, the sum
of weights and that of squared weights. So several questions are one pass over the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.wave.totals import Totals, ordered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.int64]

#: Lines that are taken out of an engine at once.
MOST_LINES = 4_000_000


def collected(table: Any) -> Any:
    """The rows of a frame that may not have been computed yet.

    Few lines are left by now: Polars gives them by itself, other engines by way of pandas.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    if not isinstance(table, nw.LazyFrame):
        return table
    polars = table.implementation is nw.Implementation.POLARS
    return table.collect() if polars else table.collect("pandas")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Which rows of a frame are summed, and how they weigh.

    Args:
        table: A narwhals frame, eager or lazy.
        weights: A column of weights; None for 1.
        zeros: Whether some weights are 0: such rows do not count in n.
        squares: Whether sums of squared weights are wanted, as where respondents were drawn.
        inside: An expression that is true for the rows that questions are summed over.
    """

    table: Any
    weights: str | None = None
    zeros: bool = False
    squares: bool = True
    inside: Any = None

    def _weight(self) -> Any:
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        return nw.lit(1.0) if self.weights is None else nw.col(self.weights).cast(nw.Float64)

    def counted(self, holds: Any) -> Any:
        """An expression that is 1 for a row that holds something and counts, else 0."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        if self.inside is not None:
            holds &= self.inside
        return holds.cast(nw.Float64)

    def weighed(self, holds: Any) -> dict[str, Any]:
        """What is summed of rows that hold something: `n`, `weight` and `square`."""
        one, weight = self.counted(holds), self._weight()
        made = {"weight": one * weight}
        made["n"] = self.counted(holds & (weight > 0)) if self.zeros else one
        if self.squares:
            made["square"] = made["weight"] * weight
        return made

    def anybody(self) -> Any:
        """An expression that is true for every row."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        column = nw.col(self.table.collect_schema().names()[0])
        return column.is_null() | ~column.is_null()

    def known(self, *names: str) -> Any:
        """An expression that is true for rows that have a finite number in each column."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        found = [nw.col(name).cast(nw.Float64).is_finite() for name in names]
        return reduce(and_, found)

    def multiplied(self, top: str, bottom: str | None) -> dict[str, Any]:
        """What is summed of a pair of numbers: both and their products, by weight and its square.

        Args:
            top: A column of numbers, y.
            bottom: Another, x; None for 1.
        """
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        known = self.known(*((top,) if bottom is None else (top, bottom)))
        sums = self.weighed(known)

        def number(name: str) -> Any:
            return nw.when(known).then(nw.col(name).cast(nw.Float64)).otherwise(0.0)

        y = number(top)
        x = nw.lit(1.0) if bottom is None else number(bottom)
        weight = sums["weight"]
        sums |= {"y": weight * y, "x": weight * x}
        for kind in ("weight", "square") if self.squares else ("weight",):
            sums |= {f"{kind}:yy": sums[kind] * y * y, f"{kind}:yx": sums[kind] * y * x}
            sums[f"{kind}:xx"] = sums[kind] * x * x
        return sums


def sum_of(question: str, value: object, kind: str) -> str:
    """The name of a sum over the rows that hold a question's value.

    >>> sum_of("trend", "up", "weight"), sum_of("trend", 1, "n")
    ("trend:'up':weight", 'trend:1:n')
    """
    return f"{question}:{value!r}:{kind}"


def side_by_side(rows: Rows, questions: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Expressions for what is summed of each value of each question.

    Args:
        rows: Which rows, and how they weigh.
        questions: Column → its values; None stands for rows without one.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    schema = rows.table.collect_schema()

    def holds(name: str, value: Any) -> Any:
        column = nw.col(name)
        if value is not None:
            return column == value
        return column.is_null() | column.is_nan() if schema[name].is_float() else column.is_null()

    return {
        sum_of(name, value, kind): expression
        for name, values in questions.items()
        for value in values
        for kind, expression in rows.weighed(holds(name, value)).items()
    }


def collapse_frame(table: Any, keys: Sequence[str], summed: Mapping[str, Any]) -> Totals:
    """Sum expressions over the rows of a frame, for each combination of some columns.

    Args:
        table: A narwhals frame, eager or lazy.
        keys: Columns whose combinations are told apart; a missing value is one of its own.
        summed: Name → expression.

    Returns:
        Sums by name, and the number of `rows`.
    """
    return _taken(collected(_planned(table, keys, summed)), keys, summed)


def collapse_at_most(
    most: int, table: Any, keys: Sequence[str], summed: Mapping[str, Any]
) -> Totals | None:
    """The same, or None where there would be more than some number of lines."""
    found = collected(_planned(table, keys, summed).head(most + 1))
    return None if len(found) > most else _taken(found, keys, summed)


def combinations(table: Any, keys: Sequence[str]) -> int:
    """How many combinations of some columns occur.

    Args:
        table: A narwhals frame, eager or lazy.
        keys: Its columns.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    found = _planned(table, keys, {}).select(nw.len().alias("surveylib_lines"))
    return int(collected(found)["surveylib_lines"][0])


def _planned(table: Any, keys: Sequence[str], summed: Mapping[str, Any]) -> Any:
    """The sums as the frame's library is to make them, not yet made where it plans ahead."""
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    # By other names: DuckDB takes a point in the name of a key for the end of a table's name.
    named = [nw.col(name).alias(_key(place)) for place, name in enumerate(keys)]
    table = table.with_columns(*(named or [nw.lit(0).alias(_key(0))]))
    made = {f"surveylib_{place}": expression for place, expression in enumerate(summed.values())}
    if not isinstance(table, nw.LazyFrame):  # one that plans ahead does it in one step
        table = table.with_columns(*(each.alias(name) for name, each in made.items()))
        made = {name: nw.col(name) for name in made}
    groups = [_key(place) for place in range(max(len(keys), 1))]
    return table.group_by(groups, drop_null_keys=False).agg(
        nw.len().alias("surveylib_rows"), *(each.sum().alias(name) for name, each in made.items())
    )


def _key(place: int) -> str:
    return f"surveylib_key_{place}"


def _taken(found: Any, keys: Sequence[str], summed: Mapping[str, Any]) -> Totals:
    """Collected sums as a table, its lines in the order of keys."""
    sums: dict[str, NDArray[Any]] = {}
    for place, name in enumerate(summed):
        column = np.asarray(found[f"surveylib_{place}"].to_numpy(), np.float64)
        counts = name == "n" or name.endswith(":n")
        sums[name] = np.rint(column).astype(np.int64) if counts else column
    sums["rows"] = np.asarray(found["surveylib_rows"].to_numpy(), np.int64)
    places, values = {}, {}
    for place, name in enumerate(keys):
        places[name], values[name] = factored(np.asarray(found[_key(place)].to_numpy()))
    totals = Totals(keys=places, values=values, sums=sums)
    if not keys:
        return totals
    return totals.where(np.lexsort([places[name] for name in reversed(list(keys))]))


def factored(column: NDArray[Any]) -> tuple[Whole, tuple[Any, ...]]:
    """The place of each value among the values of a column, in order; None comes last.

    >>> place, values = factored(np.array(["b", None, "a"], object))
    >>> place.tolist(), values
    ([1, 2, 0], ('a', 'b', None))
    """
    if column.dtype.kind in "iu":
        found, where = np.unique(column, return_inverse=True)
        return np.asarray(where, np.int64), tuple(found.tolist())
    cells = column.tolist()
    kinds = set(cells)
    every = ordered({None if is_nothing(one) else one for one in kinds})
    rank = {value: place for place, value in enumerate(every)}
    rank |= {one: len(every) - 1 for one in kinds if is_nothing(one)}
    return np.fromiter(map(rank.__getitem__, cells), np.int64, len(cells)), every


def is_nothing(value: object) -> bool:
    """Whether a value is none: None, not-a-number, or what a library writes for it."""
    return value is None or type(value).__name__ == "NAType" or value != value  # noqa: PLR0124 - NaN
