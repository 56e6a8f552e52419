"""The collapse: any number of rows → sums for each sampling unit, group and answer.

Everything that is estimated of shares, with all covariances, is algebra on these sums. A row is one
unit × class: a class is a combination of groups and answer, and rows outside the base are a class
of their own, so that every unit is there. Tables of disjoint rows merge by addition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

#: Cells up to which sums are kept in one array without sorting.
_DENSE = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over rows, one line for each combination of keys that occurs.

    Args:
        keys: Name → (T,) place of each line's value in `values`.
        values: Name → the values of a key, in order; None stands for rows without one.
        rows: (T,) rows.
        n: (T,) rows with a weight above 0.
        weight: (T,) sums of weights.
        square: (T,) sums of squared weights.
    """

    keys: Mapping[str, Whole]
    values: Mapping[str, tuple[Any, ...]]
    rows: Whole
    n: Whole
    weight: Floats
    square: Floats

    def merged(self, other: Totals) -> Totals:
        """The sums of both tables, whose rows are different ones.

        Args:
            other: A table with the same keys.

        Example:
            >>> one = collapse({"a": np.array([0, 1])}, {"a": ("x", "y")})
            >>> one.merged(one).n
            array([2, 2])
        """
        values, places = {}, {}
        for name, mine in self.values.items():
            both = tuple(dict.fromkeys((*mine, *other.values[name])))
            where = {value: place for place, value in enumerate(both)}
            theirs = np.array([where[value] for value in other.values[name]], np.int64)
            values[name] = both
            places[name] = np.concatenate([self.keys[name], theirs[other.keys[name]]])
        return _summed(
            places,
            values,
            np.concatenate([self.rows, other.rows]),
            np.concatenate([self.n, other.n]),
            np.concatenate([self.weight, other.weight]),
            np.concatenate([self.square, other.square]),
        )


def collapse(
    keys: Mapping[str, NDArray[Any]],
    values: Mapping[str, Sequence[Any]],
    weights: Floats | None = None,
) -> Totals:
    """Sum rows by keys.

    Args:
        keys: Name → (N,) place of each row's value in `values`; no negative places.
        values: Name → the values that places point to.
        weights: (N,) weight of each row; None for 1.

    Example:
        >>> found = collapse({"answer": np.array([0, 1, 1])}, {"answer": ("no", "yes")},
        ...                  np.array([1.0, 2.0, 3.0]))
        >>> found.n, found.weight, found.square
        (array([1, 2]), array([1., 5.]), array([ 1., 13.]))
    """
    sizes = {name: len(values[name]) for name in keys}
    cell = np.zeros(len(next(iter(keys.values()))), np.int64)
    for name, place in keys.items():
        cell = cell * sizes[name] + place
    cells = int(np.prod([float(size) for size in sizes.values()]))
    if cells > max(_DENSE, 4 * len(cell)):
        lines, cell = np.unique(cell, return_inverse=True)
    else:
        lines = None
    top = len(lines) if lines is not None else cells
    rows = n = np.bincount(cell, minlength=top)
    weight: Floats = n.astype(np.float64)
    square: Floats = weight
    if weights is not None:
        if not (weights > 0).all():
            n = np.bincount(cell[weights > 0], minlength=top)
        weight = np.asarray(np.bincount(cell, weights, top), np.float64)
        square = np.asarray(np.bincount(cell, weights * weights, top), np.float64)
    if lines is None:
        lines = np.flatnonzero(rows)
        rows, n, weight, square = rows[lines], n[lines], weight[lines], square[lines]
    return Totals(
        keys=_split(lines, sizes),
        values={name: tuple(values[name]) for name in keys},
        rows=rows,
        n=n,
        weight=weight,
        square=square,
    )


def _split(cells: Whole, sizes: Mapping[str, int]) -> dict[str, Whole]:
    """The place of each key in a combined number."""
    found: dict[str, Whole] = {}
    for name in reversed(list(sizes)):
        cells, found[name] = np.divmod(cells, sizes[name])
    return {name: found[name] for name in sizes}


def _summed(  # noqa: PLR0917 - the columns of a table
    places: Mapping[str, Whole],
    values: Mapping[str, tuple[Any, ...]],
    rows: Whole,
    n: Whole,
    weight: Floats,
    square: Floats,
) -> Totals:
    """Lines with equal keys, added up."""
    names = list(places)
    table = np.column_stack([places[name] for name in names])
    lines, where = np.unique(table, axis=0, return_inverse=True)
    where = where.ravel()
    return Totals(
        keys={name: lines[:, column] for column, name in enumerate(names)},
        values=values,
        rows=np.bincount(where, rows).astype(np.int64),
        n=np.bincount(where, n).astype(np.int64),
        weight=np.asarray(np.bincount(where, weight), np.float64),
        square=np.asarray(np.bincount(where, square), np.float64),
    )


def collapse_frame(frame: object, keys: Sequence[str], weight: str | None = None) -> Totals:
    """Sum the rows of a data frame by columns, with the library that the frame belongs to.

    Args:
        frame: Of any library that narwhals knows: pandas, Polars eager or lazy, PyArrow, a DuckDB
            relation, PySpark.
        keys: Columns whose combinations are told apart; a missing value is one of its own.
        weight: A column of weights; None for 1.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    table = nw.from_native(frame)  # type: ignore[call-overload]
    one = nw.lit(1.0) if weight is None else nw.col(weight).cast(nw.Float64)
    made = table.with_columns(
        surveylib_weight=one, surveylib_square=one * one, surveylib_n=(one > 0).cast(nw.Int64)
    )
    sums = made.group_by(list(keys), drop_null_keys=False).agg(
        nw.len().alias("surveylib_rows"),
        nw.col("surveylib_n").sum(),
        nw.col("surveylib_weight").sum(),
        nw.col("surveylib_square").sum(),
    )
    if isinstance(sums, nw.LazyFrame):
        # A few lines are left: Polars gives them by itself, other engines by way of pandas.
        polars = sums.implementation is nw.Implementation.POLARS
        sums = sums.collect() if polars else sums.collect("pandas")
    places, values = {}, {}
    for name in keys:
        places[name], values[name] = _factored(np.asarray(sums[name].to_numpy()))
    made_of = {
        name: np.asarray(sums[f"surveylib_{name}"].to_numpy())
        for name in ("rows", "n", "weight", "square")
    }
    order = np.lexsort([places[name] for name in reversed(list(keys))])
    return Totals(
        keys={name: place[order] for name, place in places.items()},
        values=values,
        rows=made_of["rows"][order].astype(np.int64),
        n=made_of["n"][order].astype(np.int64),
        weight=made_of["weight"][order].astype(np.float64),
        square=made_of["square"][order].astype(np.float64),
    )


def _factored(column: NDArray[Any]) -> tuple[Whole, tuple[Any, ...]]:
    """The place of each value among the values of a column, in order; None comes last."""
    if column.dtype.kind in "iu":
        found, where = np.unique(column, return_inverse=True)
        return np.asarray(where, np.int64), tuple(found.tolist())
    seen: dict[Any, int] = {}
    first = np.array(
        [seen.setdefault(None if one != one else one, len(seen)) for one in column.tolist()],  # noqa: PLR0124 - NaN
        np.int64,
    )
    known = sorted((one for one in seen if one is not None), key=lambda v: (str(type(v)), v))
    every = (*known, *((None,) if None in seen else ()))
    rank = np.empty(len(every), np.int64)
    for place, value in enumerate(every):
        rank[seen[value]] = place
    return rank[first], every
