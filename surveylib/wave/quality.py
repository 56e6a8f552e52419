"""How good the answers of a wave are: what a data-quality page shows, counted batch by batch."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from surveylib.wave.cells import Outcome, rejected
from surveylib.wave.states import ANSWERED, BLANK, STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.instrument.model import Instrument
    from surveylib.wave.answers import Answers
    from surveylib.wave.fields import Asked
    from surveylib.wave.layout import Timing

#: Rows of a grid that must be answered alike to count as a straight line.
STRAIGHT_ROWS = 3
#: A respondent who took less than this share of the median time is a speeder.
SPEEDER_SHARE = 1 / 3
#: Questions that must be answered before equal rows are worth a word.
ALIKE_QUESTIONS = 5
_MIX = np.uint64(0x9E3779B97F4A7C15)
#: A number of seconds or days, as programs write it.
_TIME = re.compile(r"-?\d{1,12}(\.\d{1,20})?", re.ASCII)
#: Day 0 of spreadsheets.
_FIRST_DAY = dt.datetime(1899, 12, 30)  # noqa: DTZ001 - a file's times have no zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Straight:
    """How many respondents gave every row of a grid the same answer.

    Args:
        grid: The grid.
        answered: Respondents who answered at least three of its rows.
        straight: Those who gave them all the same answer.
    """

    grid: str
    answered: int
    straight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Durations:
    """How long respondents took.

    Args:
        known: Respondents of whom it is known.
        median: In seconds.
        quartiles: Lower and upper quartile, in seconds.
        speeders: Those who took less than a third of the median.
        reversed: Those who ended before they started.
    """

    known: int
    median: float
    quartiles: tuple[float, float]
    speeders: int
    reversed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What was counted beside the accounts.

    Args:
        options: How often each option was chosen, by question.
        off_route: Answers to questions that the respondent should not have been asked.
        required: Questions that could not be left open, and were.
        ticks_over: Answers with more options, or fewer, than could be ticked.
        straight: Straight lines in grids.
        alike: Respondents whose answers are all equal to another's.
        durations: How long respondents took; None where the file does not say.
    """

    options: Mapping[str, Mapping[str, int]]
    off_route: Mapping[str, int]
    required: Mapping[str, int]
    ticks_over: Mapping[str, int]
    straight: tuple[Straight, ...]
    alike: int
    durations: Durations | None


@dataclass(slots=True)
class QualityCounter:
    """Counts what Quality shows.

    Args:
        asked: The wave's questions.
        instrument: The questionnaire, which says what is a grid.
    """

    asked: Sequence[Asked]
    instrument: Instrument
    states: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    options: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    ticks_over: dict[str, int] = field(default_factory=dict)
    _straight: dict[str, list[int]] = field(default_factory=dict)
    _rows: list[NDArray[np.uint64]] = field(default_factory=list)
    _seconds: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, answers: Mapping[str, Answers], n: int) -> None:
        """Count the rows of a batch."""
        mixed = np.zeros(n, np.uint64)
        given = np.zeros(n, np.int32)
        for one in self.asked:
            found = answers.get(one.name)
            state = np.full(n, STATES.index("not_asked_design")) if found is None else found.state
            counts = np.bincount(state, minlength=len(STATES))
            self.states[one.name] = self.states.get(one.name, 0) + counts
            if found is None:
                continue
            given += found.state == ANSWERED
            self._count_options(one, found)
            for values in _whole_numbers(found):
                mixed = (mixed ^ values) * _MIX
                mixed ^= mixed >> np.uint64(29)
        self._rows.append(mixed[given >= ALIKE_QUESTIONS])
        self._count_straight(answers)

    def add_seconds(self, seconds: NDArray[np.float64]) -> None:
        """Take the time of each row."""
        self._seconds.append(seconds)

    def _count_options(self, one: Asked, found: Answers) -> None:
        k = len(one.codes)
        if found.place is not None:
            counts = np.bincount(found.place[found.place >= 0], minlength=k)
        elif found.ticks is not None:
            counts = (found.ticks == 1).sum(axis=0)
            least = getattr(one.question, "min_selected", None) or 0
            most = getattr(one.question, "max_selected", None) or k
            size = (found.ticks == 1).sum(axis=1)
            alone = [
                place
                for place, code in enumerate(one.codes)
                if any(
                    o.code == code and getattr(o, "exclusive", False) for o in one.question.answers
                )
            ]
            free = (found.state == ANSWERED) & ~(found.ticks[:, alone] == 1).any(axis=1)
            over = free & ((size < least) | (size > most))
            if over.any():
                self.ticks_over[one.name] = self.ticks_over.get(one.name, 0) + int(over.sum())
        else:
            return
        self.options[one.name] = self.options.get(one.name, 0) + counts

    def _count_straight(self, answers: Mapping[str, Answers]) -> None:
        for question in self.instrument.questions:
            rows = [answers[item.id] for item in question.items if item.id in answers]
            places = [row.place for row in rows if row.place is not None]
            if len(question.items) < STRAIGHT_ROWS or len(places) < STRAIGHT_ROWS:
                continue
            table = np.column_stack(places)
            enough = (table >= 0).sum(axis=1) >= STRAIGHT_ROWS
            low = np.where(table >= 0, table, np.iinfo(np.int16).max).min(axis=1)
            counted = self._straight.setdefault(question.id, [0, 0])
            counted[0] += int(enough.sum())
            counted[1] += int((enough & (low == table.max(axis=1))).sum())

    def result(self, off_route: Mapping[str, int], required: Mapping[str, int]) -> Quality:
        """Everything that was counted."""
        return Quality(
            options={
                one.name: dict(zip(one.codes, map(int, self.options[one.name]), strict=True))
                for one in self.asked
                if one.name in self.options
            },
            off_route=dict(off_route),
            required=dict(required),
            ticks_over=dict(self.ticks_over),
            straight=tuple(
                Straight(grid=grid, answered=answered, straight=straight)
                for grid, (answered, straight) in self._straight.items()
            ),
            alike=self._alike(),
            durations=self._durations(),
        )

    def _alike(self) -> int:
        rows = np.concatenate(self._rows) if self._rows else np.empty(0, np.uint64)
        _, counts = np.unique(rows, return_counts=True)
        return int(counts[counts > 1].sum())

    def _durations(self) -> Durations | None:
        if not self._seconds:
            return None
        every = np.concatenate(self._seconds)
        known = every[~np.isnan(every)]
        forward = known[known >= 0]
        if not len(forward):
            return None
        low, median, high = (float(value) for value in np.quantile(forward, (0.25, 0.5, 0.75)))
        return Durations(
            known=len(known),
            median=median,
            quartiles=(low, high),
            speeders=int((forward < median * SPEEDER_SHARE).sum()),
            reversed=int((known < 0).sum()),
        )


def _whole_numbers(found: Answers) -> list[NDArray[np.uint64]]:
    """The answers as numbers whose equality is that of the answers; texts are left out."""
    made = [found.state.astype(np.uint64) + np.uint64(1)]
    if found.place is not None:
        made.append((found.place + 1).astype(np.uint64))
    if found.number is not None:
        made.append(found.number.view(np.uint64))
    if found.ticks is not None:
        weights = np.arange(1, found.ticks.shape[1] + 1, dtype=np.uint64) * _MIX
        made.append(((found.ticks + 1).astype(np.uint64) * weights).sum(axis=1, dtype=np.uint64))
    return made


def seconds_reader(timing: Timing) -> Callable[[str], Outcome]:
    """Reads a cell of times as seconds: a duration, or a moment counted from a fixed day."""

    def read(raw: str) -> Outcome:
        text = raw.strip()
        if not text:
            return Outcome(state=BLANK)
        try:
            return Outcome(state=ANSWERED, value=_seconds(text, timing))
        except (ValueError, OverflowError):
            wanted = "seconds" if timing.seconds else f"a time written as '{timing.format}'"
            return rejected("CELL-TIME", "not a time", wanted=wanted, todo="see timing: format")

    return read


def _seconds(text: str, timing: Timing) -> float:
    if timing.seconds is not None or timing.format == "spreadsheet":
        if not _TIME.fullmatch(text):
            raise ValueError
        return float(text) * (1 if timing.seconds is not None else 86_400)
    if timing.format == "iso":
        moment = dt.datetime.fromisoformat(text)
    else:
        moment = dt.datetime.strptime(text, timing.format)  # noqa: DTZ007 - the file's pattern says
    return (moment.replace(tzinfo=None) - _FIRST_DAY).total_seconds() - (
        moment.utcoffset() or dt.timedelta()
    ).total_seconds()
