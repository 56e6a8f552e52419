"""A data frame, collapsed by its own library → estimates; no row is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from surveylib.analysis.columns import FRAME, MOST_GROUPS, NO_VALUE, answers_of, told
from surveylib.analysis.designed import joined_name, scored
from surveylib.analysis.linear import drawn
from surveylib.analysis.means import NumberLines, scored_lines
from surveylib.analysis.quantiles import below, quantiles
from surveylib.analysis.rows import About, Found, number_rows, quantile_rows, share_rows
from surveylib.analysis.samples import LineSample, Values, cells_of
from surveylib.analysis.shares import Lines
from surveylib.errors import UnknownNameError
from surveylib.wave.classes import plain
from surveylib.wave.collapsing import (
    MOST_LINES,
    Rows,
    collapse_at_most,
    collapse_frame,
    side_by_side,
    sum_of,
)
from surveylib.wave.design_units import read_design
from surveylib.wave.framed import FrameColumns, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.samples import Cells
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
class _Wave:
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


class CollapsedFrame:
    """A frame, its units, and what is asked of it."""

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

    def _wave(self, value: Any, weighing: Weighing) -> _Wave:
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
        sample = LineSample(units=found, design=self.design, names=tuple(self.names))
        label = "" if self.first.wave is None else text(value)
        return _Wave(name=label, sample=sample, cells=cells[order], place=place[order])

    def _cells(self, totals: Totals) -> Whole:
        """One number for the unit keys of each line, the same in every table of this frame."""
        cells = np.zeros(len(totals), np.int64)
        for key in self.keys:
            values = self.units.values[key]
            cells = cells * len(values) + _codes(totals, key, values)
        return cells

    def _collapsed(self, summed: Mapping[str, Any], *, further: Sequence[str] = ()) -> list[Totals]:
        """Sums by unit and group: as one table or, of very many groups, one after the other."""
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

    def _lines(self, totals: Totals, wave: _Wave) -> tuple[Totals, Whole, Whole]:
        """The lines of one wave that are in a group, with the unit and the group of each."""
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

    def estimates(self) -> list[list[Found]]:
        """For each wave the rows of each question."""
        statistic = self.first.statistic
        if statistic == "share" or self.first.scores is not None:
            return self._of_answers()
        if statistic == "quantile":
            return self._quantiles()
        return self._of_numbers()

    def _of_answers(self) -> list[list[Found]]:
        """Shares, or means of scores, of every question in one pass."""
        questions = {one.question: self._values(one) for one in self.asked}
        parts = self._collapsed(side_by_side(self.rows, questions))
        return [
            [self._answers(parts, wave, one, questions[one.question]) for one in self.asked]
            for wave in self.waves
        ]

    def cells(self) -> Cells:
        """The first question crossed with the one that forms the groups."""
        asked, wave = self.first, self.waves[0]
        values = self._values(asked)
        parts = self._collapsed(side_by_side(self.rows, {asked.question: values}))
        there, places = self._there(parts, asked, values)
        lines = _appended([self._wide(part, wave, asked, places) for part in parts])
        columns = tuple(text(value) for value in there)
        rows = tuple(text(value) for value in self.by[asked.by[0]])
        found = wave.sample.crossed(lines, plain(np.zeros(0, np.int64), columns))
        return cells_of(found, wave.sample, (rows, columns))

    def _values(self, asked: Asked) -> tuple[Any, ...]:
        values = self.table.distinct(asked.question)
        return (*values, None) if asked.base == "all" else values

    def _answers(
        self, parts: Sequence[Totals], wave: _Wave, asked: Asked, values: Sequence[Any]
    ) -> Found:
        values, places = self._there(parts, asked, values)
        lines = _appended([self._wide(part, wave, asked, places) for part in parts])
        answers = tuple(NO_VALUE if value is None else text(value) for value in values)
        if asked.scores is not None:
            scores = scored(np.arange(len(answers)), answers, asked)
            kept = np.isfinite(scores)[lines.place]
            numbers = scored_lines(Lines._make(column[kept] for column in lines), scores)
            return self._numbers(numbers, wave, asked)
        classes, about = answers_of(asked, answers, np.zeros(0, np.int64), wave.name)
        return share_rows(wave.sample.shares(lines, classes), wave.sample, about, asked)

    def _there(
        self, parts: Sequence[Totals], asked: Asked, values: Sequence[Any]
    ) -> tuple[list[Any], list[int]]:
        """The values that occur, and their places: without a group to look at, all that count."""
        if self.first.where or self.rows.zeros:  # then they were looked for
            return list(values), list(range(len(values)))
        counts = [
            sum(int(part.sums[sum_of(asked.question, place, "n")].sum()) for part in parts)
            for place in range(len(values))
        ]
        there = [place for place, count in enumerate(counts) if count or values[place] is None]
        return [values[place] for place in there], there

    def _wide(self, totals: Totals, wave: _Wave, asked: Asked, places: Sequence[int]) -> Lines:
        """What stands side by side for the answers of a question, one below the other."""
        totals, unit, group = self._lines(totals, wave)
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

    def _of_numbers(self) -> list[list[Found]]:
        """Means, totals or ratios of every question in one pass."""
        summed = {
            sum_of(one.question, 0, kind): expression
            for one in self.asked
            for kind, expression in self.rows.multiplied(one.question, one.over).items()
        }
        parts = self._collapsed(summed)
        return [
            [
                self._numbers(
                    _appended([self._pairs(part, wave, one) for part in parts]), wave, one
                )
                for one in self.asked
            ]
            for wave in self.waves
        ]

    def _pairs(self, totals: Totals, wave: _Wave, asked: Asked) -> NumberLines:
        totals, unit, group = self._lines(totals, wave)
        sums = {
            name.rpartition(f"{asked.question}:0:")[2]: column
            for name, column in totals.sums.items()
            if name.startswith(f"{asked.question}:0:")
        }
        here = sums["n"] > 0

        def products(kind: str) -> Floats:
            if f"{kind}:yy" not in sums:  # clusters need no squares of single respondents
                return np.zeros((int(here.sum()), 2, 2))
            yy, yx, xx = (sums[f"{kind}:{pair}"][here] for pair in ("yy", "yx", "xx"))
            return np.array([[yy, yx], [yx, xx]]).transpose(2, 0, 1)

        first = np.stack([sums["y"][here], sums["x"][here]], axis=1)
        return NumberLines(
            unit[here],
            group[here],
            sums["n"][here],
            sums["weight"][here],
            first,
            products("weight"),
            products("square"),
        )

    def _numbers(self, lines: NumberLines, wave: _Wave, asked: Asked) -> Found:
        total = asked.statistic == "total"
        found = wave.sample.numbers(lines, total=total)
        about = About(told={**told(asked, wave.name), "base": "answered"})
        people = self._people(wave) if total else (1.0, 1)
        return number_rows(found, found[0].simple(*people), wave.sample, about, asked)

    def _quantiles(self) -> list[list[Found]]:
        """Quantiles, question by question: every number that occurs is a line."""
        found: list[list[Found]] = [[] for _ in self.waves]
        for one in self.asked:
            summed = self.rows.weighed(self.rows.known(one.question))
            parts = self._collapsed(summed, further=[one.question])
            for place, wave in enumerate(self.waves):
                values = _appended([self._distinct(part, wave, one) for part in parts])
                about = About(told={**told(one, wave.name), "base": "answered"})

                def shares(
                    holds: NDArray[np.bool_], values: Values = values, wave: _Wave = wave
                ) -> Any:
                    return wave.sample.shares(*below(values, holds))

                table = list(quantiles(values, wave.sample, shares, one))
                found[place].append(quantile_rows(table, about, one))
        return found

    def _distinct(self, totals: Totals, wave: _Wave, asked: Asked) -> Values:
        totals, unit, group = self._lines(totals, wave)
        known = np.array([np.nan if one is None else one for one in totals.values[asked.question]],
                         np.float64)  # fmt: skip
        here = totals.sums["n"] > 0
        weight = totals.sums["weight"][here]
        square = totals.sums["square"][here] if self.rows.squares else weight
        return Values(
            unit[here],
            group[here],
            known[totals.keys[asked.question][here]],
            totals.sums["n"][here],
            weight,
            square,
        )

    def _people(self, wave: _Wave) -> tuple[float, int]:
        """Sum of weights of all respondents of a wave, and how many have a weight above 0."""
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


def _appended(parts: Sequence[T]) -> T:
    """Tables of one kind, one below the other."""
    if len(parts) == 1:
        return parts[0]
    return type(parts[0])(*(np.concatenate(column) for column in zip(*parts, strict=True)))
