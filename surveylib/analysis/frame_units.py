"""A data frame collapsed by its own library: units, groups, lines of sums; no row is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from surveylib.analysis.columns import (
    FRAME,
    MOST_GROUPS,
)
from surveylib.analysis.designed import joined_name
from surveylib.analysis.linear import drawn
from surveylib.analysis.samples import LineSample, held
from surveylib.analysis.shares import Lines
from surveylib.errors import UnknownNameError
from surveylib.wave.collapsing import (
    MOST_LINES,
    Rows,
    collapse_at_most,
    collapse_frame,
    sum_of,
)
from surveylib.wave.design_units import read_design
from surveylib.wave.framed import FrameColumns, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.wave.design import Design
    from surveylib.wave.framed import Weighing
    from surveylib.wave.totals import Totals

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

T = TypeVar("T", bound=tuple[Any, ...])


def _codes(totals: Totals, name: str, values: Sequence[Any]) -> Whole:
    """The place of each line's value among values, -1 for none."""
    where = {value: place for place, value in enumerate(values)}
    places = np.array([where.get(value, -1) for value in totals.values[name]], np.int64)
    return places[totals.keys[name]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameWave:
    """One wave of a frame: its units, and which of them a line of a collapsed table belongs to.

    Args:
        name: What the wave is called.
        sample: Its units, under the design, in the groups that are asked for.
        cells: (L,) numbers of the unit keys of its lines, in order.
        place: (L,) the unit of each, or its stratum where respondents were drawn.
    """

    name: str
    sample: LineSample
    cells: Whole
    place: Whole


class FrameUnits:
    """A frame, its units, and what is asked of it.

    Args:
        table: The frame.
        design: How the sample was drawn.
        weighing: What is true of all weights.
        units: Every unit with its number of rows.
        asked: What is asked: the same of each column.

    Raises:
        DesignError: The data does not fit the design.
    """

    def __init__(
        self,
        table: FrameColumns,
        design: Design,
        weighing: Weighing,
        units: Totals,
        asked: Sequence[Asked],
    ) -> None:
        self.table, self.design, self.asked, self.units = table, design, asked, units
        self.first = asked[0]
        self.keys = [n for n in (self.first.wave, design.strata, design.psu) if n]
        self.by = {name: table.distinct(name, most=MOST_GROUPS) for name in self.first.by}
        self.rows = Rows(
            table=table.table,
            weights=design.weights,
            zeros=weighing.zeros,
            squares=not design.psu,
            inside=_inside(table, self.first.where),
        )
        self.names = [self.first.where or ""]
        for by, values in self.by.items():
            self.names = [
                joined_name(name, f"{by}={text(value)}") for name in self.names for value in values
            ]
        self.waves = [self._wave(value, weighing) for value in self._wave_values()]

    def _wave_values(self) -> tuple[Any, ...]:
        if self.first.wave is None:
            return (None,)
        return tuple(value for value in self.units.values[self.first.wave] if value is not None)

    def _wave(self, value: Any, weighing: Weighing) -> FrameWave:
        units, name = self.units, FRAME
        if self.first.wave is not None:
            values = units.values[self.first.wave]
            units = units.where(units.keys[self.first.wave] == values.index(value))
            name = f"wave {text(value)} of {FRAME}"
        columns = {
            key: np.array([*units.values[key], None], np.object_)[units.keys[key]]
            for key in units.keys
        }
        found = read_design(
            replace(self.design, weights=None),
            columns,
            len(units),
            name=name,
            counts=units.sums["rows"],
        )
        found = replace(found, equal=weighing.equal)
        cells = self._cells(units)
        order = np.argsort(cells, kind="stable")
        place, _ = drawn(found)
        people = units.sums["n"] if weighing.zeros else units.sums["rows"]
        sample = LineSample(
            units=found,
            design=self.design,
            names=tuple(self.names),
            whole=held(place, np.zeros_like(place), people, 1, found),
        )
        label = "" if self.first.wave is None else text(value)
        return FrameWave(name=label, sample=sample, cells=cells[order], place=place[order])

    def _cells(self, totals: Totals) -> Whole:
        """One number for the unit keys of each line, the same in every table of this frame."""
        cells = np.zeros(len(totals), np.int64)
        for key in self.keys:
            values = self.units.values[key]
            cells = cells * len(values) + _codes(totals, key, values)
        return cells

    def collapsed(self, summed: Mapping[str, Any], *, further: Sequence[str] = ()) -> list[Totals]:
        """Sums by unit and group: as one table or, of very many groups, one after the other.

        Args:
            summed: Name → expression.
            further: Columns that are keys besides units and groups.
        """
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        keys = list(dict.fromkeys((*self.keys, *self.by, *further)))
        table = self.table.table
        if not self.by:
            return [collapse_frame(table, keys, summed)]
        whole = collapse_at_most(MOST_LINES, table, keys, summed)
        if whole is not None:
            return [whole]
        name, values = next(iter(self.by.items()))
        parts = (table.filter(nw.col(name) == value) for value in values)
        return [collapse_frame(part, keys, summed) for part in parts]

    def lines(self, totals: Totals, wave: FrameWave) -> tuple[Totals, Whole, Whole]:
        """The lines of one wave that are in a group, with the unit and the group of each.

        Args:
            totals: Sums by unit and group.
            wave: The wave.
        """
        if self.first.wave is not None:
            label = self.first.wave
            here = [text(one) == wave.name for one in totals.values[label]]
            totals = totals.where(np.array(here)[totals.keys[label]])
        group = np.zeros(len(totals), np.int64)
        inside = np.ones(len(totals), bool)
        for name, values in self.by.items():
            codes = _codes(totals, name, values)
            inside &= codes >= 0
            group = group * len(values) + codes
        totals, group = totals.where(inside), group[inside]
        unit = wave.place[np.searchsorted(wave.cells, self._cells(totals))]
        return totals, unit, group

    def there(
        self, parts: Sequence[Totals], asked: Asked, values: Sequence[Any]
    ) -> tuple[list[Any], list[int]]:
        """The values that occur, and their places among those that were summed.

        Args:
            parts: Sums by unit and group.
            asked: The column.
            values: What may occur in it.
        """
        if self.first.where or self.rows.zeros:  # then they were looked for
            return list(values), list(range(len(values)))
        counts = [
            sum(int(part.sums[sum_of(asked.question, place, "n")].sum()) for part in parts)
            for place in range(len(values))
        ]
        there = [place for place, count in enumerate(counts) if count or values[place] is None]
        return [values[place] for place in there], there

    def wide(self, totals: Totals, wave: FrameWave, asked: Asked, places: Sequence[int]) -> Lines:
        """What stands side by side for the answers of a question, one below the other.

        Args:
            totals: Sums by unit and group.
            wave: The wave.
            asked: The column.
            places: The places of its answers among those that were summed.
        """
        totals, unit, group = self.lines(totals, wave)
        table = {
            kind: np.stack(
                [totals.sums[sum_of(asked.question, place, kind)] for place in places], axis=1
            )
            if places
            else np.zeros((len(totals), 0))
            for kind in ("n", "weight", *(("square",) if self.rows.squares else ()))
        }
        line, place = np.nonzero(table["n"])
        square = table["square" if self.rows.squares else "weight"]
        return Lines(
            unit[line],
            group[line],
            place,
            table["n"][line, place].astype(np.int64),
            table["weight"][line, place],
            square[line, place],
        )

    def people(self, wave: FrameWave) -> tuple[float, int]:
        """Sum of weights of all respondents of a wave, and how many have a weight above 0.

        Args:
            wave: The wave.
        """
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        number = nw.col(self.first.question)
        everybody = replace(self.rows, inside=None).weighed(number.is_null() | ~number.is_null())
        keys = [self.first.wave] if self.first.wave else []
        totals = collapse_frame(self.table.table, keys, everybody)
        if self.first.wave:
            here = [text(one) == wave.name for one in totals.values[self.first.wave]]
            totals = totals.where(np.array(here)[totals.keys[self.first.wave]])
        return float(totals.sums["weight"].sum()), int(totals.sums["n"].sum())


def _inside(table: FrameColumns, where: str | None) -> Any:
    """An expression that is true for the rows of the group that is asked for."""
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    if not where:
        return None
    name, _, wanted = where.partition("=")
    values = {text(value): value for value in table.distinct(name, most=MOST_GROUPS)}
    if wanted not in values:
        raise UnknownNameError.of("value", wanted, list(values), where=f"column '{name}'")
    return nw.col(name) == values[wanted]


def appended(parts: Sequence[T]) -> T:
    """Tables of one kind, one below the other."""
    if len(parts) == 1:
        return parts[0]
    return type(parts[0])(*(np.concatenate(column) for column in zip(*parts, strict=True)))
