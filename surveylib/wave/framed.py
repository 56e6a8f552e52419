"""Columns of a data frame of any library: what a design and a question read of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.errors import MethodError, NotEstimableError, UnknownNameError
from surveylib.wave.collapsing import collapse_at_most, collected, factored, is_nothing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Endings of files, and how DuckDB opens them.
_FILES = {".parquet": "from_parquet", ".csv": "read_csv", ".tsv": "read_csv"}
#: Different values up to which a column is taken to hold answers.
MOST_VALUES = 1_000
#: Whole numbers between the least and the largest up to which each is counted without asking first.
_FEW = 32


class FrameColumns(Mapping[str, Any]):
    """The columns of a frame, each taken out of it once.

    Args:
        frame: A data frame of pandas, Polars, PyArrow, DuckDB or PySpark, or of another library
            that narwhals knows.

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
                "its waves, the wave of sl.ingest, the path of a Parquet or CSV file, or a data "
                "frame"
            )
            raise MethodError(message) from error
        self.table = table
        self._names: tuple[str, ...] = tuple(table.collect_schema().names())
        self._taken: dict[str, NDArray[Any]] = {}
        self._whole: dict[str, tuple[int, int]] = {}

    @cached_property
    def rows(self) -> int:
        """Number of rows."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        return int(collected(self.table.select(nw.len().alias("rows")))["rows"][0])

    def __getitem__(self, name: str) -> NDArray[Any]:
        """One column, without what its library puts around values; None for no value."""
        if name not in self._names:
            raise KeyError(name)
        if name not in self._taken:
            self._taken[name] = np.asarray(collected(self.table.select(name))[name].to_numpy())
        return self._taken[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names  # the inherited way takes the column out

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def check(self, *names: str) -> None:
        """Refuse columns that are not there.

        Raises:
            UnknownNameError: There is no such column.
        """
        for name in names:
            if name not in self._names:
                raise UnknownNameError.of("column", name, self._names, where="the data frame")

    def codes(self, name: str) -> tuple[NDArray[np.int64], tuple[Any, ...]]:
        """The place of each row's value among the values of a column, -1 for none, and these."""
        self.check(name)
        places, values = factored(self[name])
        if values and values[-1] is None:
            return np.where(places == len(values) - 1, -1, places), values[:-1]
        return places, values

    def distinct(self, name: str, *, most: int = MOST_VALUES) -> tuple[Any, ...]:
        """The different values of a column of answers, in order, without "no value".

        Args:
            name: The column.
            most: How many there may be.

        Raises:
            UnknownNameError: There is no such column.
            NotEstimableError: There are too many of them.
        """
        self.check(name)
        if name in self._whole:
            low, high = self._whole[name]
            return tuple(range(low, high + 1))
        found = collapse_at_most(most + 1, self.table, [name], {})
        known = () if found is None else found.values[name]
        if found is None or len(known) > most + (None in known):
            message = (
                f"column '{name}' has more than {most:,} different values; of numbers take "
                "statistic='mean', 'total' or 'quantile', or put values into groups"
            )
            raise NotEstimableError(message)
        return tuple(value for value in known if value is not None)

    def weighing(self, weights: str | None, columns: Sequence[str] = ()) -> Weighing | None:
        """What is true of all weights; None where rows have to be looked at to say what is wrong.

        Args:
            weights: A column of weights; None for 1.
            columns: Columns of answers: those of whole numbers with few between the least and the
                largest are known from then on, in the same pass over the rows.
        """
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        schema = self.table.collect_schema()
        if weights is not None and (weights not in self._names or not schema[weights].is_numeric()):
            return None
        wanted = {name: nw.col(name) for name in columns if schema[name].is_integer()}
        ends = {f"low {name}": column.min() for name, column in wanted.items()}
        ends |= {f"high {name}": column.max() for name, column in wanted.items()}
        sums = {}
        if weights is not None:
            weight = nw.col(weights).cast(nw.Float64)
            sums = {"least": weight.min(), "most": weight.max(), "total": weight.sum()}
            sums["none"] = weight.null_count()
        # Apart from the weights: libraries know the ends of whole numbers from a file's statistics.
        found: dict[str, Any] = {}
        for each in (one for one in (ends, sums) if one):
            table = collected(self.table.select(**each))
            found |= {name: table[name] for name in each}
        for name in wanted:
            low, high = found[f"low {name}"][0], found[f"high {name}"][0]
            if not is_nothing(low) and int(high) - int(low) < _FEW:
                self._whole[name] = int(low), int(high)
        if weights is None:
            return Weighing(least=1.0, most=1.0)
        least, most, total = (found[name][0] for name in ("least", "most", "total"))
        fine = all(not is_nothing(value) and np.isfinite(float(value)) for value in (least, total))
        if found["none"][0] or not fine or float(least) < 0 or float(most) <= 0:
            return None
        if float(least) == 0:  # what occurs is then not seen in numbers of those who count
            self._whole.clear()
        return Weighing(least=float(least), most=float(most))


def opened(source: object) -> object:
    """A Parquet, CSV or TSV file as a DuckDB relation, which reads no more than is asked for.

    Args:
        source: The path of such a file; anything else comes back as it is.

    Raises:
        UnknownNameError: There is no such file.
    """
    if not isinstance(source, str | Path) or Path(source).suffix not in _FILES:
        return source
    import duckdb  # noqa: PLC0415 - opened for files only

    if not Path(source).is_file():
        there = [one.name for one in Path(source).parent.glob("*")]
        raise UnknownNameError.of("file", str(source), there, where=str(Path(source).parent))
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    return getattr(connection, _FILES[Path(source).suffix])(str(source))


class Weighing(NamedTuple):
    """The least and the largest weight of a frame."""

    least: float
    most: float

    @property
    def equal(self) -> bool:
        """Whether all weights are equal."""
        return self.least == self.most

    @property
    def zeros(self) -> bool:
        """Whether some are 0: such rows do not count in n."""
        return self.least == 0


def text(value: object) -> str:
    """A value as an answer's code: whole numbers without a point.

    >>> text(2.0), text("x")
    ('2', 'x')
    """
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
