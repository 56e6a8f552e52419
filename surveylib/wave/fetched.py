"""What the library of a frame has computed → arrays, in which no digit and no value is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.wave.frame_files import unreadable
from surveylib.wave.totals import ordered

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Array = NDArray[Any]
    Whole = NDArray[np.int64]

#: Times the number of values that whole numbers may be apart to be told apart without sorting.
_NEAR = 4
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")
_FRACTION = ("FLOAT", "DOUBLE")
#: Types of DuckDB whose values are the same in an array of NumPy; others come one by one.
_SAME = frozenset(
    [*_WHOLE, *_FRACTION, "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "BOOLEAN", "VARCHAR"]
)


def fetched(table: Any) -> dict[str, Array]:
    """The columns of a frame, which may not have been computed yet; None where there is no value.

    Columns of numbers with a fraction have NaN there. Whole numbers stay whole, however large.

    Args:
        table: A narwhals frame, eager or lazy; of few lines, where it comes out of an engine.

    Raises:
        ResponsesError: Its rows cannot be read.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    if isinstance(table, nw.LazyFrame):
        if table.implementation.is_duckdb():
            return _of_duckdb(table.to_native())
        polars = table.implementation.is_polars()
        table = table.collect() if polars else table.collect("pandas")
    return {name: _of_series(table[name]) for name in table.columns}


def _of_series(series: Any) -> Array:
    """A column as an array: as its library has it, or value by value where that would lose some."""
    kind = series.dtype
    if kind.is_temporal() or (kind.is_integer() and series.null_count()):
        values = series.to_list()
        return np.array([*values, None], np.object_)[:-1]  # so that None stays what it is
    return np.asarray(series.to_numpy())


def _of_duckdb(relation: Any) -> dict[str, Array]:
    import duckdb  # noqa: PLC0415 - the frame is one of it

    kinds = [str(kind) for kind in relation.types]
    try:
        if _SAME.issuperset(kinds):
            return {name: _filled(column) for name, column in relation.fetchnumpy().items()}
        lines = relation.fetchall()
    except duckdb.InterruptException:
        raise
    except duckdb.Error as error:
        raise unreadable(error) from error
    columns = list(zip(*lines, strict=True)) or [()] * len(kinds)
    every = zip(relation.columns, kinds, columns, strict=True)
    return {name: _of_values(values, kind) for name, kind, values in every}


def _of_values(values: tuple[Any, ...], kind: str) -> Array:
    if kind in _FRACTION:
        return np.array(values, np.float64)
    if kind in _WHOLE and None not in values:
        return np.array(values, np.int64)
    return np.array([*values, None], np.object_)[:-1]  # so that lists stay one value each


def _filled(column: Any) -> Array:
    """An array without a mask: NaN or None stands for what was masked."""
    if not isinstance(column, np.ma.MaskedArray):
        return np.asarray(column)
    if column.dtype.kind == "f":
        return np.asarray(column.filled(np.nan))
    gone = np.ma.getmaskarray(column)
    if not gone.any():
        return np.asarray(column.data)
    found = column.data.astype(np.object_)
    found[gone] = None
    return found


def factored(column: Array) -> tuple[Whole, tuple[Any, ...]]:
    """The place of each value among the values of a column, in order; None comes last.

    >>> place, values = factored(np.array(["b", None, "a"], object))
    >>> place.tolist(), values
    ([1, 2, 0], ('a', 'b', None))
    """
    if column.dtype.kind in "iu":
        return _whole_factored(column)
    cells = column.tolist()
    kinds = set(cells)
    every = ordered({None if is_nothing(one) else one for one in kinds})
    rank = {value: place for place, value in enumerate(every)}
    rank |= {one: len(every) - 1 for one in kinds if is_nothing(one)}
    return np.fromiter(map(rank.__getitem__, cells), np.int64, len(cells)), every


def _whole_factored(column: Array) -> tuple[Whole, tuple[Any, ...]]:
    low, high = (int(column.min()), int(column.max())) if len(column) else (0, 0)
    if high - low > _NEAR * len(column):
        found, where = np.unique(column, return_inverse=True)
        return np.asarray(where, np.int64), tuple(found.tolist())
    place = (column - low).astype(np.int64)  # near each other: no need to sort
    there = np.zeros(high - low + 1, bool)
    there[place] = True
    values = tuple((np.flatnonzero(there) + low).tolist()) if len(column) else ()
    return (np.cumsum(there) - 1)[place], values


def chosen(table: Any, names: Iterable[str]) -> Any:
    """Some columns of a narwhals frame.

    By expressions: DuckDB takes a point in a plain name for the end of a table's name.

    Args:
        table: The frame.
        names: The columns, each once.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    return table.select(*map(nw.col, names))


def is_nothing(value: object) -> bool:
    """Whether a value is none: None, not-a-number, or what a library writes for it."""
    return value is None or type(value).__name__ == "NAType" or value != value  # noqa: PLR0124 - NaN
