"""A data frame collapsed by its own library: units, groups, lines of sums; no row is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from surveylib.analysis.columns import FRAME, MOST_GROUPS, waves_of
from surveylib.analysis.designed import joined_name
from surveylib.analysis.linear import drawn
from surveylib.analysis.samples import LineSample, held
from surveylib.analysis.shares import Lines
from surveylib.errors import UnknownNameError
from surveylib.wave.collapsing import sum_of
from surveylib.wave.design_columns import ends_in_people
from surveylib.wave.design_units import Units, read_design
from surveylib.wave.framed import text
from surveylib.wave.repeated import REPEATED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.wave.design import Design
    from surveylib.wave.framed import FrameColumns, Weighing
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
        place: (L,) the unit of each that was drawn last, or its stratum where there are none.
        keys: Stratum and code of each unit; empty where respondents were drawn.
    """

    name: str
    sample: LineSample
    cells: Whole
    place: Whole
    keys: tuple[tuple[str, str], ...]


class FrameUnits:
    """A frame, its units, and what is asked of it.

    Args:
        design: How the sample was drawn.
        weighing: What is true of all weights.
        units: Every unit with its number of rows.
        asked: What is asked: the same of each column.
        by: The values of each column that forms groups.
        independent: With replicate weights, how many of them are independent in each wave.

    Raises:
        DesignError: The data does not fit the design.
    """

    def __init__(  # noqa: PLR0917 - the parts of a frame
        self,
        design: Design,
        weighing: Weighing,
        units: Totals,
        asked: Sequence[Asked],
        by: Mapping[str, tuple[Any, ...]],
        independent: Mapping[Any, int] = MappingProxyType({}),
    ) -> None:
        self.take(design, weighing, asked)
        self.units, self.by, self.independent = units, by, independent
        self.names = [self.first.where or ""]
        for name, values in by.items():
            self.names = [
                joined_name(group, f"{name}={text(value)}")
                for group in self.names
                for value in values
            ]
        self._placed: dict[tuple[int, str], tuple[Totals, tuple[Whole, Whole, Whole]]] = {}
        self.waves = [self._wave(value) for value in self._wave_values()]

    def take(self, design: Design, weighing: Weighing, asked: Sequence[Asked]) -> None:
        """Take what is known before anything is summed.

        Args:
            design: How the sample was drawn.
            weighing: What is true of all weights.
            asked: What is asked.
        """
        self.design, self.asked, self.weighing, self.first = design, asked, weighing, asked[0]
        self.keys = [n for n in (self.first.wave, design.strata, design.psu, design.ssu) if n]

    @property
    def kinds(self) -> tuple[str, ...]:
        """What is summed of an answer: squares where respondents themselves were drawn."""
        return ("n", "weight", "square") if self.squares else ("n", "weight")

    @property
    def squares(self) -> bool:
        """Whether squares of weights are summed."""
        return ends_in_people(self.design) or self.first.kish

    def _wave_values(self) -> tuple[Any, ...]:
        if self.first.wave is None:
            return (None,)
        values = self.units.values[self.first.wave]
        return waves_of(self.first.wave, tuple(one for one in values if one is not None))

    @property
    def outside(self) -> int:
        """How many rows are in no wave."""
        wave = self.first.wave
        if wave is None or None not in self.units.values[wave]:
            return 0
        there = self.units.keys[wave] == self.units.values[wave].index(None)
        return int(self.units.sums["rows"][there].sum())

    def _wave(self, value: Any) -> FrameWave:
        units, name = self.units, FRAME
        if self.first.wave is not None:
            values = units.values[self.first.wave]
            units = units.where(units.keys[self.first.wave] == values.index(value))
            name = f"wave {text(value)} of {FRAME}"
        columns = {
            key: np.array([*units.values[key], None], np.object_)[units.keys[key]]
            for key in units.keys
        }
        rows = units.sums["rows"]
        if self.design.replication is None:
            plain = replace(self.design, weights=None)
            found = read_design(plain, columns, len(units), name=name, counts=rows)
            found = replace(found, equal=self.weighing.equal)
        else:
            found = _repeated_units(self.design, rows, self.independent[value])
        cells = self._cells(units)
        order = np.argsort(cells, kind="stable")
        place, _ = drawn(found)
        last = found.second.unit if found.second and len(found.second.group) else place
        people = units.sums["n"] if self.weighing.zeros else rows
        sample = LineSample(
            units=found,
            design=self.design,
            names=tuple(self.names),
            whole=held(place, np.zeros_like(place), people, 1, found),
        )
        label = "" if self.first.wave is None else text(value)
        keys = unit_keys(columns, self.design, place) if self.design.psu else ()
        return FrameWave(
            name=label,
            sample=sample,
            cells=cells[order],
            place=np.asarray(last, np.int64)[order],
            keys=keys,
        )

    def _cells(self, totals: Totals) -> Whole:
        """One number for the unit keys of each line, the same in every table of this frame."""
        cells = np.zeros(len(totals), np.int64)
        for key in self.keys:
            values = self.units.values[key]
            cells = cells * len(values) + _codes(totals, key, values)
        return cells

    def lines(self, totals: Totals, wave: FrameWave) -> tuple[Totals, Whole, Whole]:
        """The lines of one wave that are in a group, with the unit and the group of each.

        Args:
            totals: Sums by unit and group.
            wave: The wave.
        """
        here, unit, group = self.placed(totals, wave)
        return totals.where(here), unit, group

    def placed(self, totals: Totals, wave: FrameWave) -> tuple[Whole, Whole, Whole]:
        """Which lines are of one wave and in a group, with the unit and the group of each.

        Args:
            totals: Sums by unit and group.
            wave: The wave.
        """
        key = id(totals), wave.name
        if key not in self._placed:
            # The table is kept beside it: while it is, no other has its id.
            self._placed[key] = totals, self._place(totals, wave)
        return self._placed[key][1]

    def _place(self, totals: Totals, wave: FrameWave) -> tuple[Whole, Whole, Whole]:
        group = np.zeros(len(totals), np.int64)
        inside = np.ones(len(totals), bool)
        if self.first.wave is not None:
            label = self.first.wave
            own = [text(one) == wave.name for one in totals.values[label]]
            inside = np.array(own)[totals.keys[label]]
        for name, values in self.by.items():
            codes = _codes(totals, name, values)
            inside &= codes >= 0
            group = group * len(values) + codes
        here = np.flatnonzero(inside)
        cells = self._cells(totals)[here]
        return here, wave.place[np.searchsorted(wave.cells, cells)], group[here]

    def wide(self, totals: Totals, wave: FrameWave, question: str, values: Sequence[Any]) -> Lines:
        """What stands side by side for the answers of a question, one below the other.

        Args:
            totals: Sums by unit and group.
            wave: The wave.
            question: The question, as its sums are named.
            values: Its answers.
        """
        here, unit, group = self.placed(totals, wave)
        table = {
            kind: np.stack(
                [totals.sums[sum_of(question, one, kind)][here] for one in values], axis=1
            )
            if values
            else np.zeros((len(here), 0))
            for kind in self.kinds
        }
        repeated = self.repeated(totals, [sum_of(question, one, REPEATED) for one in values], here)
        line, place = np.nonzero((table["n"] != 0) | (repeated != 0).any(axis=2))
        square = table[self.kinds[-1]]
        return Lines(
            unit[line],
            group[line],
            place,
            table["n"][line, place].astype(np.int64),
            table["weight"][line, place],
            square[line, place],
            repeated[line, place],
        )

    def repeated(self, totals: Totals, names: Sequence[str], lines: Whole) -> Floats:
        """(L, K, R) sums of replicate weights; R is 0 without them.

        Args:
            totals: Sums by unit and group.
            names: K names of sums.
            lines: (L,) places of lines.
        """
        if self.design.replication is None or not names:
            return np.zeros((len(lines), len(names), 0))
        return np.stack([totals.sums[name][lines] for name in names], axis=1)


def _repeated_units(design: Design, rows: Whole, independent: int) -> Units:
    """A sample whose variance comes from replicate weights: no strata and units are looked at.

    Args:
        design: Its design.
        rows: (L,) respondents of each line.
        independent: How many of its replicate weights are independent.
    """
    nowhere, none = np.zeros(len(rows), np.int32), np.zeros(0, np.int32)
    return Units(
        weights=np.ones(len(rows)),
        stratum=nowhere,
        strata=("",),
        psu=nowhere - 1,
        psu_stratum=none,
        sampled=np.array([rows.sum()]),
        fraction=np.zeros(1),
        second=None,
        replicates=np.eye(len(design.replicate_weights))[:independent],
        equal=False,
        warnings=(),
    )


def inside_of(table: FrameColumns, where: str | None) -> Any:
    """An expression that is true for the rows of the group that is asked for; None for all.

    Args:
        table: The frame.
        where: The group, as `column=value`.

    Raises:
        UnknownNameError: There is no such value.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    if not where:
        return None
    name, _, wanted = where.partition("=")
    values = {text(value): value for value in table.distinct(name, most=MOST_GROUPS)}
    if wanted not in values:
        raise UnknownNameError.of("value", wanted, list(values), where=f"column '{name}'")
    return nw.col(name) == values[wanted]


def unit_keys(
    columns: Mapping[str, Any], design: Design, place: Whole
) -> tuple[tuple[str, str], ...]:
    """Stratum and code of each sampling unit, by which it is known again in another wave.

    Args:
        columns: The columns that the design names.
        design: The design.
        place: (N,) the unit of each row.
    """
    _, first = np.unique(place, return_index=True)
    psu = np.asarray(columns[str(design.psu)], np.object_)[first]
    if design.strata is None:
        return tuple(("", text(code)) for code in psu)
    strata = np.asarray(columns[design.strata], np.object_)[first]
    return tuple((text(one), text(code)) for one, code in zip(strata, psu, strict=True))


def appended(parts: Sequence[T]) -> T:
    """Tables of one kind, one below the other."""
    if len(parts) == 1:
        return parts[0]
    return type(parts[0])(*(np.concatenate(column) for column in zip(*parts, strict=True)))
