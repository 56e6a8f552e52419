"""Columns of a data frame of any library: what a design and a question read of it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.errors import (
    Fault,
    MethodError,
    NotEstimableError,
    ResponsesError,
    UnknownNameError,
    listed,
    show,
)
from surveylib.wave.collapsing import collapse_at_most
from surveylib.wave.fetched import chosen, factored, fetched, is_nothing
from surveylib.wave.frame_checks import FRAME, check_cells, check_names
from surveylib.wave.totals import unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Different values up to which a column is taken to hold answers.
MOST_VALUES = 1_000
#: Whole numbers between the least and the largest up to which each is counted without asking first.
_FEW = 32
#: Rows in which gaps of a column are looked for before those of all rows are counted.
_SEEN = 2_048
#: Times its range that a column's mean may lie from 0 before something is taken off it.
_NEAR = 4.0


class FrameColumns(Mapping[str, Any]):
    """The columns of a frame, each taken out of it once.

    Args:
        frame: A data frame of pandas, Polars, PyArrow, DuckDB or PySpark, or of another library
            that narwhals knows.

    Raises:
        MethodError: It is none.
        ResponsesError: Names of columns that are no texts, or stand twice.
    """

    def __init__(self, frame: object) -> None:
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        check_names(frame)
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
        self._ends: dict[str, tuple[int, int]] = {}
        #: Columns with a value in every row, and one of their values: where known, the commonest.
        self.full: dict[str, Any] = {}

    @cached_property
    def rows(self) -> int:
        """Number of rows."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        return int(fetched(self.table.select(nw.len().alias("rows")))["rows"][0])

    def __getitem__(self, name: str) -> NDArray[Any]:
        """One column, without what its library puts around values; None for no value."""
        if name not in self._names:
            raise KeyError(name)
        if name not in self._taken:
            self._taken[name] = fetched(chosen(self.table, [name]))[name]
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
            places, values = np.where(places == len(values) - 1, -1, places), values[:-1]
        return places, told_apart(name, values)

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
        if known and None not in known:
            self.full[name] = known[int(found.sums["rows"].argmax())]
        return told_apart(name, tuple(value for value in known if value is not None))

    def span(self, name: str) -> float:
        """How many values a column may have, "no value" too; infinite where nothing says so.

        Args:
            name: A column; its ends are known where `weighing` was asked for them.
        """
        low, high = self._ends.get(name, (0.0, math.inf))
        return high - low + 2

    def check_cells(self, *names: str) -> None:
        """Refuse columns whose cells hold more than one number or text.

        Args:
            names: Columns; those that are not there are passed over.

        Raises:
            ResponsesError: Cells with lists or the like.
        """
        check_cells(self, self.table.collect_schema(), names)

    def with_numbers(self, *names: str) -> FrameColumns:
        """The frame with columns of decimals, as pandas holds them one by one, as numbers.

        Args:
            names: The columns.
        """
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        schema, made = self.table.collect_schema(), {}
        for name in names:
            cells = self[name].tolist() if schema[name] == nw.Object else []
            known = [one for one in cells if not is_nothing(one)]
            if known and all(isinstance(one, Decimal) for one in known):
                values = [math.nan if is_nothing(one) else float(one) for one in cells]
                made[name] = nw.new_series(
                    name, values, nw.Float64, backend=self.table.implementation
                )
        return FrameColumns(self.table.with_columns(**made)) if made else self

    def weighing(
        self,
        weights: str | None,
        columns: Sequence[str] = (),
        numbers: Sequence[str] = (),
        *,
        spans: Sequence[str] = (),
        summed: bool = True,
    ) -> Weighing | None:
        """What is true of all weights; None where rows have to be looked at to say what is wrong.

        Args:
            weights: A column of weights; None for 1.
            columns: Columns of answers: those of whole numbers with few between the least and the
                largest are known from then on, in the same pass over the rows.
            numbers: Columns of numbers, for each of which what is taken off it is wanted.
            spans: Columns whose `span` is wanted besides, where they hold whole numbers.
            summed: Whether weights are summed, which takes a pass over the rows: a file's
                statistics may say nothing of a weight that is not a number.
        """
        schema = self.table.collect_schema()
        if weights is not None and (weights not in self._names or not schema[weights].is_numeric()):
            return None
        wanted = [name for name in columns if schema[name].is_integer()]
        others = [name for name in spans if name in self and schema[name].is_integer()]
        found = self._learnt(wanted, others, weights)
        least = most = 1.0
        if weights is not None:
            if not found["rows"] or found[f"known {weights}"] != found["rows"]:
                return None
            least, most = float(found[f"low {weights}"]), float(found[f"high {weights}"])
            if not 0 <= least <= most < math.inf or most == 0:
                return None
        total = _total(weights) if summed else {}
        sums = self._row(total | _of_numbers(numbers))
        if total and not math.isfinite(sums["total"]):  # as of one that is none
            return None
        shifts = {
            name: shift_of(*(sums[f"{part} {place}"] for part in ("low", "high", "mean")))
            for place, name in enumerate(numbers)
        }
        if least == 0:  # what occurs is then not seen in numbers of those who count
            self._whole.clear()
            self.full.clear()
        return Weighing(least=least, most=most, shifts=shifts)

    def adds_up(self, weights: str | None) -> bool:
        """Whether the sum of all weights is a number, as it is not where one of them is none.

        Args:
            weights: A column of weights; None for 1.
        """
        return weights is None or math.isfinite(self._row(_total(weights))["total"])

    def _learnt(
        self, wanted: Sequence[str], others: Sequence[str], weights: str | None
    ) -> Mapping[str, Any]:
        """Ends of columns of whole numbers, kept, and those of weights.

        Apart from sums: libraries know ends and gaps of columns from a file's statistics.
        """
        counted = [*self._without_gaps(wanted), *([weights] if weights else [])]
        found = self._row(_ends([*wanted, *others, *counted], counted))
        if found:
            self.rows = int(found["rows"])
        self._ends |= {
            name: (int(found[f"low {name}"]), int(found[f"high {name}"]))
            for name in (*wanted, *others)
            if not is_nothing(found[f"low {name}"])
        }
        for name in wanted:
            low, high = self._ends.get(name, (0, _FEW))
            if high - low < _FEW:
                self._whole[name] = low, high
                if found.get(f"known {name}") == found["rows"]:
                    self.full[name] = low
        return found

    def _without_gaps(self, names: Sequence[str]) -> Sequence[str]:
        """Columns that may have a value in every row; where a look is cheap, it leaves few."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        if not names or not self.table.implementation.is_duckdb():
            return names
        known = {f"known {name}": nw.col(name).count() for name in names}
        first = chosen(self.table, dict.fromkeys(names)).head(_SEEN)
        seen = fetched(first.select(nw.len().alias("rows"), **known))
        return [name for name in names if seen[f"known {name}"][0] == seen["rows"][0]]

    def _row(self, expressions: Mapping[str, Any]) -> dict[str, Any]:
        """What single numbers of the whole frame are."""
        if not expressions:
            return {}
        found = fetched(self.table.select(**expressions))
        return {name: column[0] for name, column in found.items()}


def _total(weights: str | None) -> dict[str, Any]:
    """An expression for the sum of a column of weights."""
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    return {} if weights is None else {"total": nw.col(weights).cast(nw.Float64).sum()}


def _ends(names: Sequence[str], counted: Sequence[str]) -> dict[str, Any]:
    """Expressions for the least and the largest value of columns, how many are known, and rows."""
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    found: dict[str, Any] = {}
    for name in dict.fromkeys(names):
        column = nw.col(name)
        found |= {f"low {name}": column.min(), f"high {name}": column.max()}
        if name in counted:
            found[f"known {name}"] = column.count()
    return found | {"rows": nw.len()} if found else {}


def _of_numbers(numbers: Sequence[str]) -> dict[str, Any]:
    """Expressions for the ends and the mean of columns of numbers."""
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    found: dict[str, Any] = {}
    for place, name in enumerate(numbers):
        number = nw.col(name).cast(nw.Float64)
        known = nw.when(number.is_finite()).then(number)
        found |= {f"low {place}": known.min(), f"high {place}": known.max()}
        found[f"mean {place}"] = known.mean()
    return found


def told_apart(name: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values of a column, of which no two are written alike.

    Args:
        name: The column.
        values: Its values, without "no value".

    Raises:
        ResponsesError: A number and its text, such as 1 and '1'.
    """
    kinds = {type(value) for value in values}
    if len(kinds) > 1:
        texts = [text(value) for value in values]
        alike = [one for place, one in enumerate(texts) if one in texts[:place]]
        if alike:
            what = f"column {show(name)} holds values that are written alike, as number and text"
            todo = "write each value in one way"
            raise ResponsesError(
                [Fault(code="FRAME-ALIKE", what=what, file=FRAME, got=listed(alike), todo=todo)]
            )
    return values


def shift_of(low: Any, high: Any, mean: Any) -> float:
    """What is taken off numbers before they are squared, so that large ones keep their spread.

    Nothing where they lie no further from 0 than a few times their range.

    Args:
        low: The least number; None or NaN of none.
        high: The largest.
        mean: Their mean, which rounding may have moved a little: its first digits count.

    >>> shift_of(18, 90, 45.2), shift_of(1e8, 1e8 + 1, 1e8 + 0.5), shift_of(7, 7, 7)
    (0.0, 100000000.5, 7.0)
    """
    if any(is_nothing(one) or not math.isfinite(one) for one in (low, high, mean)):
        return 0.0
    low, high, mean = float(low), float(high), float(mean)
    spread = high - low
    if not 0 < spread < math.inf:
        return low if spread == 0 else 0.0
    if abs(mean) <= _NEAR * spread:
        return 0.0
    step = 2.0 ** (math.frexp(spread)[1] - 7)
    return float(round(mean / step) * step)


class Weighing(NamedTuple):
    """What is true of all weights of a frame, and of its numbers.

    Args:
        least: The least weight.
        most: The largest.
        shifts: Columns of numbers, and what is taken off each before it is squared.
    """

    least: float
    most: float
    shifts: Mapping[str, float] = MappingProxyType({})

    @property
    def equal(self) -> bool:
        """Whether all weights are equal."""
        return self.least == self.most

    @property
    def zeros(self) -> bool:
        """Whether some are 0: such rows do not count in n."""
        return self.least == 0

    @property
    def unit(self) -> float:
        """What weights are counted in: 1, the weight that all have, or what keeps them numbers."""
        return self.least if self.equal else unit_of(self.most)


def text(value: object) -> str:
    """A value as an answer's code: whole numbers without a point.

    >>> text(2.0), text(Decimal("2.50")), text("x")
    ('2', '2.5', 'x')
    """
    if isinstance(value, float | Decimal) and math.isfinite(value) and value == value // 1:
        return str(int(value))
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
