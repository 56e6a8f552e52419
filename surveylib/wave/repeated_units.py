"""Replicate weights of a frame: whether they can be summed, and how many of them are independent.

A frame that fits into little room is looked at as it is. Of others a pass sums replicate weights
over cells of alike rows; where these sums do not settle a question, all products are summed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import DesignError, show
from surveylib.stats.replicates import independent, independent_of
from surveylib.stats.replicates_sure import apart, is_nothing_left
from surveylib.wave.collapsing import collapse_frame
from surveylib.wave.design import REPLICATIONS, Design
from surveylib.wave.design_columns import Check
from surveylib.wave.design_replicates import next_replicate, told_apart, totals_agree
from surveylib.wave.design_units import read_design
from surveylib.wave.fetched import chosen, factored, fetched, is_nothing
from surveylib.wave.repeated import unused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.wave.framed import FrameColumns

    Floats = NDArray[np.float64]

#: Numbers up to which replicate weights are taken out of an engine as they are.
ROOM = 4_000_000
#: Cells of alike rows; there are at least four for each replicate.
_CELLS = 4_096
#: Products that are summed in one pass.
_AT_ONCE = 400
#: Sums of the same weights differ by no more than this part.
_ROUNDING = 1e-9
#: Squared distance of equal weights, of their squared length, that rounding may leave.
_SAME = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicateColumns:
    """The replicate weights of a frame.

    Args:
        table: The frame.
        design: A design with replicate weights.
        wave: The column that tells waves apart; None for one sample.
        unit: What weights are divided by.
    """

    table: FrameColumns
    design: Design
    wave: str | None
    unit: float

    @property
    def names(self) -> tuple[str, ...]:
        """The columns."""
        return self.design.replicate_weights

    @property
    def _keys(self) -> list[str]:
        return [self.wave] if self.wave else []

    @property
    def _fits(self) -> bool:
        return self.table.rows * len(self.names) <= ROOM

    def independent(self) -> dict[Any, int] | None:
        """How many replicates are independent in each wave; None where rows say what is wrong.

        Returns:
            By the value of the wave's column, or None where there is one sample.
        """
        if not self._are_named:
            return None
        if self._fits:
            return self._of_rows()
        return self._of_cells() if self._are_positive() else None

    @property
    def _are_named(self) -> bool:
        """Whether all that is named is there and holds numbers, and nothing is left out."""
        schema, following = self.table.table.collect_schema(), next_replicate(self.design)
        all_there = all(name in schema and schema[name].is_numeric() for name in self.names)
        return all_there and (following not in schema or following in self.design.columns)

    @property
    def are_weights(self) -> bool:
        """Whether each replicate weight is a number that can be summed."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        if not self._are_named or not self._are_positive():
            return False
        finite = {
            str(place): nw.col(name).cast(nw.Float64).is_finite().cast(nw.Int64)
            for place, name in enumerate(self.names)
        }
        found = collapse_frame(self.table.table, [], finite)
        return all(int(found.sums[name][0]) == self.table.rows for name in finite)

    def products(self) -> dict[Any, Floats]:
        """(R + 1, R + 1) sums of products of any two replicate weights of each wave.

        The main weight comes last. Products of disjoint rows add up.
        """
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        names = (*self.names, str(self.design.weights))
        if not self._fits and isinstance(self.table.table, nw.LazyFrame):
            return self._summed_products(self.table.table, names)
        found: dict[Any, Floats] = {}
        for value, weights in self._rows(names):
            found[value] = found.get(value, 0.0) + weights.T @ weights
        return found

    def _rows(self, names: Sequence[str]) -> Iterator[tuple[Any, Floats]]:
        """Waves and their weights (n, R), in parts that have room."""
        table, step = self.table.table, max(ROOM // len(names), 1)
        for start in range(0, max(self.table.rows, 1), step):
            part = table if self._fits else table[start : start + step]
            columns = fetched(chosen(part, dict.fromkeys([*self._keys, *names])))
            weights = np.stack([columns[name].astype(np.float64) for name in names], axis=1)
            for value, here in self._waves(columns):
                yield value, weights[here] / self.unit

    def _waves(self, columns: Mapping[str, Any]) -> list[tuple[Any, Any]]:
        """The values of the wave's column, and which rows have each."""
        if self.wave is None:
            return [(None, slice(None))]
        place, values = factored(columns[self.wave])
        return [(one, place == at) for at, one in enumerate(values) if one is not None]

    def _of_rows(self) -> dict[Any, int] | None:
        """By looking at each row, with what the design finds wrong in them."""
        names = list(dict.fromkeys([*self._keys, str(self.design.weights), *self.names]))
        columns = fetched(chosen(self.table.table, names))
        found = {}
        for value, here in self._waves(columns):
            part = {name: column[here] for name, column in columns.items()}
            rows = len(part[self.names[0]])
            try:
                units = read_design(plainly(self.design), part, rows, name="")
            except DesignError:
                return None
            if units.replicates is not None:  # as always with a design that has some
                found[value] = independent(units.replicates)
        return found

    def _are_positive(self) -> bool:
        """Whether no replicate weight is below 0, or may be."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        if REPLICATIONS[str(self.design.replication)].differences:
            return True
        # Apart from sums: libraries know the ends of numbers from a file's statistics.
        least = {str(place): nw.col(name).min() for place, name in enumerate(self.names)}
        found = [column[0] for column in fetched(self.table.table.select(**least)).values()]
        return not any(is_nothing(one) or one < 0 for one in found)

    def _of_cells(self) -> dict[Any, int] | None:
        """By sums over cells of rows."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        table = self.table.table
        cell = unused(table, "cell")
        weights = [nw.col(name).cast(nw.Float64) / self.unit for name in self.names]
        main = nw.col(str(self.design.weights)).cast(nw.Float64) / self.unit
        table = table.with_columns(_cell(weights).alias(cell))
        summed = {f"sum {place}": one for place, one in enumerate(weights)}
        summed |= {f"square {place}": one * one for place, one in enumerate(weights)}
        found = collapse_frame(table, [*self._keys, cell], {"main": main, **summed})
        if None in found.values[cell]:
            return None
        many = range(len(self.names))
        sums, squares = (
            np.stack([found.sums[f"{kind} {place}"] for place in many], axis=1)
            for kind in ("sum", "square")
        )
        ranks = {}
        columns = {name: np.array([*found.values[name], None], np.object_)[found.keys[name]]
                   for name in self._keys}  # fmt: skip
        for value, here in self._waves(columns):
            if not self._is_sound(found.sums["main"][here], sums[here]):
                return None
            ranks[value] = self._settled(
                value, sums[here], found.sums["rows"][here], squares[here].sum(axis=0)
            )
        return ranks

    def _is_sound(self, main: Floats, sums: Floats) -> bool:
        """Whether sums over cells show that replicate weights are what they are said to be."""
        totals = sums.sum(axis=0)
        if not np.isfinite(sums).all() or not totals.all() or not main.any():
            return False
        size = np.abs(sums).max(axis=1, initial=0.0)[:, None]
        same = (np.abs(sums - main[:, None]) <= _ROUNDING * size).all(axis=0)
        some = same.all() if REPLICATIONS[str(self.design.replication)].differences else same.any()
        return not some and totals_agree(float(main.sum()), totals)

    def _settled(self, value: Any, sums: Floats, rows: NDArray[np.int64], squares: Floats) -> int:
        """How many replicates of a wave are independent."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        found = apart(sums, rows, squares)
        if found.known == len(self.names):
            return found.known
        table = self.table.table
        if self.wave is not None:
            table = table.filter(nw.col(self.wave) == value)
        if found.known is not None:
            mixed = [_mixed(self.names, one / self.unit) for one in found.mixtures]
            left = collapse_frame(table, [], {str(at): e * e for at, e in enumerate(mixed)})
            if is_nothing_left(np.array([left.sums[str(at)][0] for at in range(len(mixed))])):
                return found.known
        return independent_of(self._summed_products(table, self.names)[value])

    def _summed_products(self, table: Any, names: Sequence[str]) -> dict[Any, Floats]:
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        count = len(names)
        weights = [nw.col(name).cast(nw.Float64) / self.unit for name in names]
        pairs = [(one, other) for one in range(count) for other in range(one + 1)]
        found: dict[Any, Floats] = {}
        for start in range(0, len(pairs), _AT_ONCE):
            part = pairs[start : start + _AT_ONCE]
            summed = {str(pair): weights[pair[0]] * weights[pair[1]] for pair in part}
            totals = collapse_frame(table, self._keys, summed)
            values = totals.values[self.wave] if self.wave else (None,)
            for line in range(len(totals)):
                value = values[totals.keys[self.wave][line]] if self.wave else None
                whole = found.setdefault(value, np.zeros((count, count)))
                for one, other in part:
                    number = totals.sums[str((one, other))][line]
                    whole[one, other] = whole[other, one] = number
        if self.wave:
            found.pop(None, None)
        return found


def plainly(design: Design) -> Design:
    """The design without its stages: replicate weights carry the variance.

    Args:
        design: A design with replicate weights.
    """
    return replace(design, strata=None, psu=None, nested=True)


def check_products(design: Design, products: Floats, totals: Floats, rows: int, name: str) -> None:
    """Refuse replicate weights that are none, where only sums are known.

    Args:
        design: A design with replicate weights.
        products: (R + 1, R + 1) sums of products of weights, the main one last.
        totals: (R + 1,) sums of weights, the main one last.
        rows: Number of rows.
        name: What messages call the data.

    Raises:
        DesignError: Weights that are 0, the main weight among them, or totals far from its total.
    """
    check = Check(design, {}, rows, name, (), ".")
    if not totals[-1] > 0:
        check.fault("WEIGHT-ALL-ZERO", f"weights {show(design.weights)}: every weight is 0")
        raise DesignError(check.faults)
    away = np.diag(products) - 2 * products[-1] + products[-1, -1]
    told_apart(check, (away <= _SAME * products[-1, -1])[:-1], totals[:-1], totals[-1])
    if check.faults:
        raise DesignError(check.faults)


def _cell(weights: Sequence[Any]) -> Any:
    """An expression that is the same for rows with the same weights, and seldom for others."""
    factors = (1 + (place * 0.6180339887498949) % 1 for place in range(len(weights)))
    mixed = _total([one * factor for one, factor in zip(weights, factors, strict=True)]) * 1e4
    cells = max(_CELLS, 4 * len(weights))
    return ((mixed - mixed.round(0)) * cells).round(0)


def _mixed(names: Sequence[str], factors: Floats) -> Any:
    """An expression for the sum of columns times factors."""
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    pairs = zip(names, factors.tolist(), strict=True)
    return _total([nw.col(name).cast(nw.Float64) * factor for name, factor in pairs])


def _total(expressions: Sequence[Any]) -> Any:
    """The sum of expressions, put together so that none stands deep in others."""
    if len(expressions) <= 2:
        return reduce(add, expressions)
    half = len(expressions) // 2
    return _total(expressions[:half]) + _total(expressions[half:])
