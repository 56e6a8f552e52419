"""A data frame of any library → sums by columns, made by the frame's own library.

Questions stand side by side: for each of their values a line has the number of its rows, the sum
of weights and that of squared weights. So several questions are one pass over the rows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from operator import and_
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.wave.fetched import factored, fetched
from surveylib.wave.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

#: Lines that are taken out of an engine at once.
MOST_LINES = 4_000_000
#: Sums made at once by a library that does not plan ahead: each is a column as long as the frame.
_AT_ONCE = 60
#: Values of a question up to which each has sums of its own beside those of the others.
_SIDE_BY_SIDE = 24
#: Numbers below which all whole ones are told apart.
_WHOLE = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Which rows of a frame are summed, and how they weigh.

    Args:
        table: A narwhals frame, eager or lazy.
        weights: A column of weights; None for 1.
        unit: What weights are divided by, so that squares of very large or small ones are numbers.
        zeros: Whether some weights are 0: such rows do not count in n.
        squares: Whether sums of squared weights are wanted, as where respondents were drawn.
        inside: An expression that is true for the rows that questions are summed over.
    """

    table: Any
    weights: str | None = None
    unit: float = 1.0
    zeros: bool = False
    squares: bool = True
    inside: Any = None

    def _weight(self) -> Any:
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        return nw.lit(1.0) if self.weights is None else self.divided(self.weights)

    def divided(self, weights: str) -> Any:
        """An expression for a column of weights, in units.

        Args:
            weights: The column.
        """
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        weight = nw.col(weights).cast(nw.Float64)
        return weight if self.unit == 1 else weight / self.unit

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

    def everybody(self) -> dict[str, Any]:
        """What is summed of every row inside; no `n` where it is the number of rows."""
        if self.weights is None or self.zeros or self.inside is not None:
            return self.weighed(self.anybody())
        weight = self._weight()
        return {"weight": weight, "square": weight * weight} if self.squares else {"weight": weight}

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

    def multiplied(self, top: str, bottom: str | None, shift: float = 0.0) -> dict[str, Any]:
        """What is summed of a pair of numbers: both and their products, by weight and its square.

        Args:
            top: A column of numbers, y.
            bottom: Another, x; None for 1.
            shift: What is taken off y before anything is summed.
        """
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        known = self.known(*((top,) if bottom is None else (top, bottom)))
        sums = self.weighed(known)

        def number(name: str) -> Any:
            return nw.when(known).then(nw.col(name).cast(nw.Float64)).otherwise(0.0)

        y = number(top)
        if shift:
            y = nw.when(known).then(nw.col(top).cast(nw.Float64) - shift).otherwise(0.0)
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


def side_by_side(
    rows: Rows,
    questions: Mapping[str, Sequence[Any]],
    rest: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Expressions for what is summed of each value of each question.

    Args:
        rows: Which rows, and how they weigh.
        questions: Column → its values; None stands for rows without one.
        rest: Column → the value that is left out, as what others leave of everybody.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    schema = rows.table.collect_schema()
    everybody = rows.everybody() if rest else {}

    def holds(name: str, value: Any) -> Any:
        column = nw.col(name)
        if value is not None:
            return column == value
        return column.is_null() | column.is_nan() if schema[name].is_float() else column.is_null()

    return everybody | {
        sum_of(name, value, kind): expression
        for name, values in questions.items()
        for value in values
        if name not in rest or value != rest[name]
        for kind, expression in rows.weighed(holds(name, value)).items()
    }


def few_and_many(
    questions: Mapping[str, Sequence[Any]],
) -> tuple[dict[str, Sequence[Any]], dict[str, Sequence[Any]]]:
    """Questions whose values are summed side by side, and those that have too many for that.

    Args:
        questions: Column → its values.
    """
    few = {name: values for name, values in questions.items() if len(values) <= _SIDE_BY_SIDE}
    return few, {name: questions[name] for name in questions if name not in few}


def with_answers(
    totals: Totals, rows: Rows, keys: Sequence[str], questions: Mapping[str, Sequence[Any]]
) -> Totals:
    """The same table with the sums of questions that have many values beside the others.

    A question with many values is a key of its own; the lines then stand beside those of the table.

    Args:
        totals: Sums by keys over all rows.
        rows: Which rows, and how they weigh.
        keys: The keys.
        questions: Column → its values; None stands for rows without one.
    """
    for name, values in questions.items():
        every = list(dict.fromkeys((*keys, name)))
        found = collapse_frame(rows.table, every, rows.weighed(rows.anybody()))
        totals = spread_out(totals, found, keys, name, values)
    return totals


def spread_out(
    totals: Totals,
    found: Totals,
    keys: Sequence[str],
    name: str,
    values: Sequence[Any],
    *,
    called: str | None = None,
) -> Totals:
    """The same table with the sums of lines for each value of a column beside the others.

    Args:
        totals: Sums by keys.
        found: Sums by keys and by the column.
        keys: The keys.
        name: The column.
        values: Its values; lines of others are left out.
        called: What its sums are called by; left out, the column.
    """
    line = lines_in(found, totals, keys)
    places = {value: place for place, value in enumerate(values)}
    place = _places(found, name, places)
    kept = place >= 0
    sums = dict(totals.sums)
    for kind, column in found.sums.items():
        if kind == "rows":
            continue
        table = np.zeros((len(values), len(totals), *column.shape[1:]), column.dtype)
        table[place[kept], line[kept]] = column[kept]
        sums |= {sum_of(called or name, value, kind): table[at] for value, at in places.items()}
    return Totals(keys=totals.keys, values=totals.values, sums=sums)


def lines_in(found: Totals, totals: Totals, keys: Sequence[str]) -> NDArray[np.int64]:
    """The line of a table, by keys, that each line of another belongs to.

    Args:
        found: The other table; it has these keys and perhaps more.
        totals: The table, with a line for all combinations of keys that the other has.
        keys: The keys.
    """
    return np.searchsorted(_cells(totals, totals, keys), _cells(found, totals, keys))


def _cells(table: Totals, of: Totals, keys: Sequence[str]) -> NDArray[np.int64]:
    """One number for the keys of each line, rising with the lines of a table that is in order."""
    cells = np.zeros(len(table), np.int64)
    for name in keys:
        places = {value: place for place, value in enumerate(of.values[name])}
        cells = cells * len(places) + _places(table, name, places)
    return cells


def _places(table: Totals, name: str, places: Mapping[Any, int]) -> NDArray[np.int64]:
    """The place of each line's value of a key, -1 for none."""
    found = np.array([places.get(value, -1) for value in table.values[name]], np.int64)
    return found[table.keys[name]]


def collapse_frame(table: Any, keys: Sequence[str], summed: Mapping[str, Any]) -> Totals:
    """Sum expressions over the rows of a frame, for each combination of some columns.

    Args:
        table: A narwhals frame, eager or lazy.
        keys: Columns whose combinations are told apart; a missing value is one of its own.
        summed: Name → expression.

    Returns:
        Sums by name, and the number of `rows`.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    if isinstance(table, nw.LazyFrame) or len(summed) <= _AT_ONCE:
        return _taken(*_planned(table, keys, summed), keys, summed)
    every = list(summed.items())
    blocks = [dict(every[at : at + _AT_ONCE]) for at in range(0, len(every), _AT_ONCE)]
    parts = [_taken(*_planned(table, keys, block), keys, block) for block in blocks]
    sums = {name: column for part in parts for name, column in part.sums.items()}
    return Totals(keys=parts[0].keys, values=parts[0].values, sums=sums)


def collapse_at_most(
    most: int, table: Any, keys: Sequence[str], summed: Mapping[str, Any]
) -> Totals | None:
    """The same, or None where there would be more than some number of lines."""
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    if not isinstance(table, nw.LazyFrame) and len(summed) > _AT_ONCE:
        found = collapse_frame(table, keys, summed)
        return None if len(found) > most else found
    planned, made = _planned(table, keys, summed)
    taken = fetched(planned.head(most + 1))
    many = len(next(iter(taken.values())))
    return None if many > most else _totals(taken, made, keys, summed)


def combinations(table: Any, keys: Sequence[str]) -> int:
    """How many combinations of some columns occur.

    Args:
        table: A narwhals frame, eager or lazy.
        keys: Its columns.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    planned, made = _planned(table, keys, {})
    return int(fetched(planned.select(nw.len().alias(made)))[made][0])


def _planned(table: Any, keys: Sequence[str], summed: Mapping[str, Any]) -> tuple[Any, str]:
    """The sums as the frame's library is to make them, not yet made where it plans ahead.

    Returns:
        The frame of sums, and what the names of its columns begin with.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    made = "surveylib_"
    while any(name.lower().startswith(made) for name in table.collect_schema().names()):
        made += "_"
    groups = _called(made, keys)
    others = [nw.col(name).alias(group) for name, group in zip(keys, groups, strict=False)
              if name != group]  # fmt: skip
    if others or not keys:
        table = table.with_columns(*(others or [nw.lit(0).alias(groups[0])]))
    sums = {f"{made}{place}": expression for place, expression in enumerate(summed.values())}
    if not isinstance(table, nw.LazyFrame):  # one that plans ahead does it in one step
        table = table.select(*groups, *(each.alias(name) for name, each in sums.items()))
        sums = {name: nw.col(name) for name in sums}
    found = table.group_by(groups, drop_null_keys=False).agg(
        nw.len().alias(f"{made}rows"), *(each.sum().alias(name) for name, each in sums.items())
    )
    return found, made


def _called(made: str, keys: Sequence[str]) -> list[str]:
    """What keys are called where rows are put together by them.

    By other names: DuckDB takes a point in the name of a key for the end of a table's name.
    """
    if not keys:
        return [f"{made}key_0"]
    return [
        name if name.isidentifier() else f"{made}key_{place}" for place, name in enumerate(keys)
    ]


def _taken(planned: Any, made: str, keys: Sequence[str], summed: Mapping[str, Any]) -> Totals:
    return _totals(fetched(planned), made, keys, summed)


def _totals(
    found: Mapping[str, NDArray[Any]], made: str, keys: Sequence[str], summed: Mapping[str, Any]
) -> Totals:
    """Collected sums as a table, its lines in the order of keys."""
    places, values = {}, {}
    for name, called in zip(keys, _called(made, keys), strict=False):
        places[name], values[name] = factored(found[called])
    order = _order(places, values)
    sums: dict[str, NDArray[Any]] = {}
    for place, name in enumerate(summed):
        column = np.asarray(found[f"{made}{place}"], np.float64)[order]
        counts = name == "n" or name.endswith(":n")
        sums[name] = np.rint(column).astype(np.int64) if counts else column
    sums["rows"] = np.asarray(found[f"{made}rows"], np.int64)[order]
    return Totals(
        keys={name: place[order] for name, place in places.items()}, values=values, sums=sums
    )


def _order(places: Mapping[str, NDArray[np.int64]], values: Mapping[str, Sequence[Any]]) -> Any:
    """The places of lines in the order of their keys; all as they are without any."""
    if not places:
        return slice(None)
    if math.prod(len(one) for one in values.values()) > _WHOLE:
        return np.lexsort(list(places.values())[::-1])
    cells = np.zeros(len(next(iter(places.values()))), np.int64)
    for name, place in places.items():
        cells = cells * len(values[name]) + place
    return np.argsort(cells)
