"""A data frame, collapsed by its own library → estimates; no row is looked at."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.analysis.columns import (
    MOST_GROUPS,
    answers_of,
    bands_of_lines,
    told,
    with_no_value,
)
from surveylib.analysis.designed import no_bands, scored, threshold_classes, together
from surveylib.analysis.frame_units import FrameUnits, FrameWave, appended, inside_of
from surveylib.analysis.means import NumberLines, scored_lines
from surveylib.analysis.quantiles import below, quantiles
from surveylib.analysis.rows import (
    About,
    Found,
    Shares,
    number_name,
    number_rows,
    quantile_rows,
    share_rows,
)
from surveylib.analysis.samples import Values, cells_of
from surveylib.analysis.shares import Lines
from surveylib.wave.classes import plain
from surveylib.wave.collapsing import (
    MOST_LINES,
    Rows,
    collapse_at_most,
    collapse_frame,
    few_and_many,
    sum_of,
    with_answers,
)
from surveylib.wave.framed import shift_of, text
from surveylib.wave.left_out import summed_answers
from surveylib.wave.repeated import REPEATED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.samples import Cells
    from surveylib.wave.design import Design
    from surveylib.wave.framed import FrameColumns, Weighing
    from surveylib.wave.totals import Totals

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

_PAIRS = ("yy", "yx", "xx")
#: What is summed of a pair of numbers.
_OF_PAIRS = (
    "n",
    "weight",
    "y",
    "x",
    *(f"{kind}:{pair}" for kind in ("weight", "square") for pair in _PAIRS),
)


class CollapsedFrame(FrameUnits):
    """Figures from a frame that its own library collapses.

    Args:
        table: The frame.
        design: How the sample was drawn.
        weighing: What is true of all weights.
        units: Every unit with its number of rows.
        asked: What is asked: the same of each column.
        independent: With replicate weights, how many of them are independent in each wave.

    Raises:
        DesignError: The data does not fit the design.
    """

    def __init__(  # noqa: PLR0917 - the parts of a frame
        self,
        table: FrameColumns,
        design: Design,
        weighing: Weighing,
        units: Totals,
        asked: Sequence[Asked],
        independent: Mapping[Any, int] = MappingProxyType({}),
    ) -> None:
        self.table = table
        by = {name: table.distinct(name, most=MOST_GROUPS) for name in asked[0].by}
        super().__init__(design, weighing, units, asked, by, independent)
        self.rows = self._rows()

    def _rows(self) -> Rows:
        """Which rows are summed, and how they weigh."""
        return Rows(
            table=self.table.table,
            weights=None if self.weighing.equal else self.design.weights,
            unit=self.weighing.unit,
            zeros=self.weighing.zeros,
            squares=self.squares,
            inside=inside_of(self.table, self.first.where),
        )

    def _summed(
        self,
        summed: Mapping[str, Any],
        *,
        further: Sequence[str] = (),
        many: Mapping[str, Sequence[Any]] = MappingProxyType({}),
    ) -> list[Totals]:
        """Sums by unit and group: as one table or, of very many groups, one after the other.

        Args:
            summed: Name → expression.
            further: Columns that are keys besides units and groups.
            many: Questions with many values, summed besides, and these.
        """
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        keys = list(dict.fromkeys((*self.keys, *self.by, *further)))
        table = self.table.table
        if not self.by:
            return [with_answers(collapse_frame(table, keys, summed), self.rows, keys, many)]
        whole = collapse_at_most(MOST_LINES, table, keys, summed)
        if whole is not None:
            return [with_answers(whole, self.rows, keys, many)]
        name, values = next(iter(self.by.items()))
        found = []
        for part in (table.filter(nw.col(name) == value) for value in values):
            rows = replace(self.rows, table=part)
            found.append(with_answers(collapse_frame(part, keys, summed), rows, keys, many))
        return found

    def estimates(self) -> list[list[Found]]:
        """For each wave the rows of each question."""
        statistic = self.first.statistic
        if statistic == "share" or self.first.scores or self.first.bands:
            return self._of_answers()
        no_bands(self.first)
        if statistic == "share_up_to":
            return self._up_to()
        if statistic == "quantile":
            return self._quantiles()
        return self._of_numbers()

    def _of_answers(self) -> list[list[Found]]:
        """Shares, or means of scores, of every question in one pass."""
        questions = {one.question: self.values(one) for one in self.asked}
        parts = self.summed_answers(questions)
        there = {name: self._there(parts, name, values) for name, values in questions.items()}
        return [
            [self._answers(parts, wave, one, there[one.question]) for one in self.asked]
            for wave in self.waves
        ]

    def summed_answers(self, questions: Mapping[str, Sequence[Any]]) -> list[Totals]:
        """Sums by unit and group of each value of each question.

        Args:
            questions: Column → its values.
        """
        return summed_answers(self._summed, self.rows, few_and_many(questions), self.table.full)

    def _there(self, parts: Sequence[Totals], name: str, values: Sequence[Any]) -> list[Any]:
        """The values that occur: without a group to look at, all that count."""
        if self.first.where or self.weighing.zeros:  # then they were looked for
            return list(values)
        counts = {
            value: sum(int(part.sums[sum_of(name, value, "n")].sum()) for part in parts)
            for value in values
        }
        return [value for value in values if counts[value] or value is None]

    def cells(self) -> Cells:
        """The first question crossed with the one that forms the groups."""
        asked, wave = self.first, self.waves[0]
        parts = self.summed_answers({asked.question: self.values(asked)})
        there = self._there(parts, asked.question, self.values(asked))
        lines = appended([self.wide(part, wave, asked.question, there) for part in parts])
        columns = tuple(text(value) for value in there)
        rows = tuple(text(value) for value in self.by[asked.by[0]])
        found = wave.sample.crossed(lines, plain(np.zeros(0, np.int64), columns))
        return cells_of(found, wave.sample, (rows, columns))

    def values(self, asked: Asked) -> tuple[Any, ...]:
        """The answers of a column; None for no value, where that has a share.

        Args:
            asked: The column, and its base.
        """
        values = self.table.distinct(asked.question)
        return (*values, None) if asked.base == "all" else values

    def _answers(
        self, parts: Sequence[Totals], wave: FrameWave, asked: Asked, values: Sequence[Any]
    ) -> Found:
        lines, answers = self._lines(parts, wave, asked, values)
        if asked.scores is not None:
            scores = scored(np.arange(len(answers)), answers, asked)
            kept = np.isfinite(scores)[lines.place]
            known = scores[np.isfinite(scores)]
            shift = shift_of(known.min(), known.max(), known.mean()) if len(known) else 0.0
            lines = Lines._make(column[kept] for column in lines)
            return self._numbers(scored_lines(lines, scores - shift), wave, asked, shift)
        if asked.bands is not None:
            return bands_of_lines(wave.sample, lines, answers, asked, wave.name)
        classes, about = answers_of(asked, answers, np.zeros(0, np.int64), wave.name)
        return share_rows(wave.sample.shares(lines, classes), wave.sample, about, asked)

    def _lines(
        self, parts: Sequence[Totals], wave: FrameWave, asked: Asked, values: Sequence[Any]
    ) -> tuple[Lines, tuple[str, ...]]:
        lines = appended([self.wide(part, wave, asked.question, values) for part in parts])
        names = tuple(text(value) for value in values if value is not None)
        return lines, with_no_value(names) if None in values else names

    def shares(self) -> Iterator[tuple[FrameWave, list[Shares]]]:
        """For each wave the shares of each question, before they become rows."""
        questions = {one.question: self.values(one) for one in self.asked}
        parts = self.summed_answers(questions)
        there = {name: self._there(parts, name, values) for name, values in questions.items()}
        for wave in self.waves:
            found = []
            for one in self.asked:
                lines, answers = self._lines(parts, wave, one, there[one.question])
                classes, about = answers_of(one, answers, np.zeros(0, np.int64), wave.name)
                found.append(Shares(*wave.sample.shares(lines, classes), about))
            yield wave, found

    def _of_numbers(self) -> list[list[Found]]:
        """Means, totals or ratios of every question in one pass."""
        parts = self.summed_numbers()
        return [
            [
                self._numbers(
                    appended([self._pairs(part, wave, one) for part in parts]),
                    wave,
                    one,
                    self.shift(one),
                )
                for one in self.asked
            ]
            for wave in self.waves
        ]

    def summed_numbers(self) -> list[Totals]:
        """Sums by unit and group of the numbers that are asked for, and of their products."""
        return self._summed(
            {
                sum_of(one.question, one.over, kind): expression
                for one in self.asked
                for kind, expression in self.rows.multiplied(
                    one.question, one.over, self.shift(one)
                ).items()
            }
        )

    def shift(self, asked: Asked) -> float:
        """What was taken off a column of numbers before it was summed.

        Args:
            asked: The column, over another or none.
        """
        return 0.0 if asked.over else self.weighing.shifts.get(asked.question, 0.0)

    def _pairs(self, totals: Totals, wave: FrameWave, asked: Asked) -> NumberLines:
        totals, unit, group = self.lines(totals, wave)
        every = {kind: sum_of(asked.question, asked.over, kind) for kind in _OF_PAIRS}
        sums = {kind: totals.sums[name] for kind, name in every.items() if name in totals.sums}
        both = [sum_of(asked.question, asked.over, f"{REPEATED}:{part}") for part in "yx"]
        repeated = self.repeated(totals, both, np.arange(len(totals))).transpose(0, 2, 1)
        here = (sums["n"] > 0) | (repeated != 0).any(axis=(1, 2))

        def products(kind: str) -> Floats:
            if f"{kind}:yy" not in sums:  # clusters need no squares of single respondents
                return np.zeros((int(here.sum()), 2, 2))
            yy, yx, xx = (sums[f"{kind}:{pair}"][here] for pair in _PAIRS)
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
            repeated[here],
        )

    def _numbers(self, lines: NumberLines, wave: FrameWave, asked: Asked, shift: float) -> Found:
        total = asked.statistic == "total"
        unit = self.weighing.unit
        found = wave.sample.numbers(lines, total=total, shift=shift, unit=unit)
        about = About(told={**told(asked, wave.name), "base": "answered"})
        people = self.people(wave) if total else (1.0, 1)
        return number_rows(found, found[0].simple(*people), wave.sample, about, asked)

    def _up_to(self) -> list[list[Found]]:
        """Shares of numbers that are not above others."""
        parts = self.summed_thresholds()
        return [[self._thresholds(parts, wave, one) for one in self.asked] for wave in self.waves]

    def summed_thresholds(self) -> list[Totals]:
        """Sums by unit and group of the numbers that are not above others, and of those above."""
        import narwhals as nw  # noqa: PLC0415 - opened for frames only

        summed: dict[str, Any] = {}
        for one in self.asked:
            known, column = self.rows.known(one.question), nw.col(one.question)
            for number in one.threshold:
                sides = (known & (column <= number), known & (column > number))
                summed |= {
                    sum_of(f"{one.question}:{number_name(number)}", place, kind): expression
                    for place, side in enumerate(sides)
                    for kind, expression in self.rows.weighed(side).items()
                }
        return self._summed(summed)

    def _thresholds(self, parts: Sequence[Totals], wave: FrameWave, asked: Asked) -> Found:
        found = []
        for number in asked.threshold:
            name = f"{asked.question}:{number_name(number)}"
            lines = appended([self.wide(part, wave, name, [0, 1]) for part in parts])
            about = About(told=told(asked, wave.name))
            classes, about = threshold_classes(np.zeros(0, np.int64), number, about)
            found.append(share_rows(wave.sample.shares(lines, classes), wave.sample, about, asked))
        return together(found)

    def _quantiles(self) -> list[list[Found]]:
        """Quantiles, question by question: every number that occurs is a line."""
        found: list[list[Found]] = [[] for _ in self.waves]
        for one in self.asked:
            parts = self.summed_values(one.question)
            for place, wave in enumerate(self.waves):
                values = appended([self._distinct(part, wave, one) for part in parts])
                about = About(told={**told(one, wave.name), "base": "answered"})

                def shares(
                    holds: NDArray[np.bool_], values: Values = values, wave: FrameWave = wave
                ) -> Any:
                    return wave.sample.shares(*below(values, holds))

                table = list(quantiles(values, wave.sample, shares, one))
                found[place].append(quantile_rows(table, about, one))
        return found

    def summed_values(self, question: str) -> list[Totals]:
        """Sums by unit, group and each number of a column that occurs.

        Args:
            question: The column.
        """
        summed = self.rows.weighed(self.rows.known(question))
        return self._summed(summed, further=[question])

    def _distinct(self, totals: Totals, wave: FrameWave, asked: Asked) -> Values:
        totals, unit, group = self.lines(totals, wave)
        known = np.array([np.nan if one is None else one for one in totals.values[asked.question]],
                         np.float64)  # fmt: skip
        repeated = self.repeated(totals, [REPEATED], np.arange(len(totals)))[:, 0]
        here = (totals.sums["n"] > 0) | (repeated != 0).any(axis=1)
        weight = totals.sums["weight"][here]
        square = totals.sums["square"][here] if self.rows.squares else weight
        return Values(
            unit[here],
            group[here],
            known[totals.keys[asked.question][here]],
            totals.sums["n"][here],
            weight,
            square,
            repeated[here],
        )

    def people(self, wave: FrameWave) -> tuple[float, int]:
        """Sum of weights of all respondents of a wave, and how many have a weight above 0.

        Args:
            wave: The wave.
        """
        everybody = replace(self.rows, inside=None)
        keys = [self.first.wave] if self.first.wave else []
        totals = collapse_frame(self.table.table, keys, everybody.weighed(everybody.anybody()))
        if self.first.wave:
            here = [text(one) == wave.name for one in totals.values[self.first.wave]]
            totals = totals.where(np.array(here)[totals.keys[self.first.wave]])
        return float(totals.sums["weight"].sum()), int(totals.sums["n"].sum())
