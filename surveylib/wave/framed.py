"""Columns of a data frame of any library, as arrays: what a design and a question read of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from surveylib.errors import MethodError, UnknownNameError
from surveylib.wave.totals import collapse_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.wave.totals import Totals


class FrameColumns(Mapping[str, Any]):
    """The columns of a frame, each taken out of it once.

    Args:
        frame: A data frame of pandas, Polars, PyArrow or DuckDB, or of another library that
            narwhals knows.

    Raises:
        MethodError: It is none.
    """

    def __init__(self, frame: object) -> None:
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        try:
            table: Any = nw.from_native(frame)
        except TypeError as error:
            message = (
                f"source is a {type(frame).__name__}; wanted a study from sl.load_study, one of "
                "its waves, the wave of sl.ingest, or a data frame"
            )
            raise MethodError(message) from error
        self._lazy = isinstance(table, nw.LazyFrame)
        self._polars = table.implementation is nw.Implementation.POLARS
        self._table = table
        self._names: tuple[str, ...] = tuple(table.collect_schema().names())
        self._taken: dict[str, NDArray[Any]] = {}

    @cached_property
    def rows(self) -> int:
        """Number of rows."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        if not self._lazy:
            return len(self._table)
        return int(self._collected(self._table.select(nw.len().alias("rows")))["rows"][0])

    def _collected(self, table: Any) -> Any:
        return table.collect() if self._polars else table.collect("pandas")

    def __getitem__(self, name: str) -> NDArray[Any]:
        """One column, without what its library puts around values; None for no value."""
        if name not in self._names:
            raise KeyError(name)
        if name not in self._taken:
            table = self._table.select(name)
            column = (self._collected(table) if self._lazy else table)[name]
            self._taken[name] = np.asarray(column.to_numpy())
        return self._taken[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def codes(self, name: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        """The place of each row's value among the values of a column, -1 for none, and these.

        Raises:
            UnknownNameError: There is no such column.
        """
        self._check(name)
        return _coded(self[name].tolist())

    def troubled(self, weights: str | None) -> bool:
        """Whether weights are missing, below 0 or no numbers, so that rows have to be looked at."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        if weights is None or weights not in self._names:
            return weights is not None
        column = nw.col(weights)
        if not self._table.collect_schema()[weights].is_numeric():
            return True
        sums = self._table.select(
            least=column.min(), most=column.max(), total=column.sum(), none=column.null_count()
        )
        found = self._collected(sums) if self._lazy else sums
        least, most, total, none = (found[name][0] for name in ("least", "most", "total", "none"))
        finite = all(
            value is not None and np.isfinite(float(value)) for value in (least, most, total)
        )
        return bool(none) or not finite or float(least) < 0

    def collapsed(self, names: Sequence[str], weights: str | None) -> CollapsedColumns:
        """Sums by the combinations of some columns, made by the frame's own library.

        Raises:
            UnknownNameError: There is no such column.
        """
        for name in names:
            self._check(name)
        return CollapsedColumns(collapse_frame(self._table, names, weights))

    def _check(self, name: str) -> None:
        if name not in self._names:
            raise UnknownNameError.of("column", name, self._names, where="the data frame")


class CollapsedColumns(Mapping[str, Any]):
    """The columns of a collapsed table: for each line the value that its rows share.

    Args:
        totals: The table.
    """

    def __init__(self, totals: Totals) -> None:
        self.totals = totals

    @property
    def rows(self) -> int:
        """Number of lines."""
        return len(self.totals.n)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """One column."""
        return np.array([*self.totals.values[name], None], np.object_)[self.totals.keys[name]]

    def __iter__(self) -> Iterator[str]:
        return iter(self.totals.keys)

    def __len__(self) -> int:
        return len(self.totals.keys)

    def codes(self, name: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        """The place of each line's value among the values of a column, -1 for none, and these."""
        place, values = _coded(list(self.totals.values[name]))
        return place[self.totals.keys[name]], values


class Coded(Protocol):
    """Columns whose values can be counted off."""

    @property
    def rows(self) -> int:
        """Number of rows or lines."""

    def codes(self, name: str) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        """The place of each row's value among the values of a column, -1 for none, and these."""


def _coded(column: Sequence[Any]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    places: dict[Any, int] = {}
    found = np.array(
        [-1 if _is_nothing(one) else places.setdefault(one, len(places)) for one in column],
        np.int64,
    )
    values = sorted(places, key=lambda one: (isinstance(one, str), one))
    order = np.empty(len(places) + 1, np.int64)
    order[-1] = -1
    for rank, value in enumerate(values):
        order[places[value]] = rank
    return order[found], tuple(_text(value) for value in values)


def _is_nothing(value: object) -> bool:
    """Whether a value is none: None, not-a-number, or what a library writes for it."""
    return value is None or value != value or str(value) in {"<NA>", "NaT"}  # noqa: PLR0124 - NaN


def _text(value: object) -> str:
    """A value as an answer's code: whole numbers without a point."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
