"""A batch of rows → the answers to each question, by the layout that the manifest declares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from surveylib.instrument.question import DateQuestion, NumberQuestion, TextQuantity, TextQuestion
from surveylib.wave.answers import Answers
from surveylib.wave.cells import READ, Meaning, blank_or_text, read_option
from surveylib.wave.columns import ColumnReader, take
from surveylib.wave.states import ANSWERED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from surveylib.instrument.question import Question
    from surveylib.wave.binding import Bound
    from surveylib.wave.issues import Issues
    from surveylib.wave.readers.base import Batch


class QuestionReader(Protocol):
    """Reads the answers to one question out of a batch."""

    #: Every column that it reads.
    readers: list[ColumnReader]

    def read(self, batch: Batch) -> Answers:
        """The answers of each row, with blank cells still undecided."""


class OneColumnReader:
    """One column holds one answer of any kind."""

    def __init__(self, bound: Bound, known: Meaning, issues: Issues) -> None:
        self.question = known.question
        read = READ.get(type(self.question), read_option)
        position = bound.column if bound.column is not None else -1
        self.reader = ColumnReader(position, bound.name, lambda raw: read(known, raw), issues)
        self.readers = [self.reader]

    def read(self, batch: Batch) -> Answers:
        """The answers of each row."""
        states, places, outcomes = self.reader.states(batch)
        values = [outcome.value if outcome.state == ANSWERED else None for outcome in outcomes]
        if isinstance(self.question, NumberQuestion):
            numbers = [np.nan if value is None else value for value in values]
            return Answers(state=states, number=take(numbers, places, np.float64))
        if isinstance(self.question, (DateQuestion, TextQuestion)):
            return Answers(state=states, text=take(values, places, np.object_))
        if isinstance(self.question, TextQuantity):
            raw, low, high = (
                zip(*[_quantity(value) for value in values], strict=True)
                if values
                else ((), (), ())
            )
            return Answers(
                state=states,
                text=take(raw, places, np.object_),
                low=take(low, places, np.float64),
                high=take(high, places, np.float64),
            )
        numbers = [-1 if value is None else value for value in values]
        return Answers(state=states, place=take(numbers, places, np.int16))


def _quantity(value: tuple[str, float, float | None] | None) -> tuple[str | None, float, float]:
    if value is None:
        return None, np.nan, np.nan
    raw, low, high = value
    return raw, low, np.inf if high is None else high


class WriteIns:
    """Texts beside options, added to the answers of their question."""

    def __init__(
        self,
        bound: Bound,
        known: Meaning,
        levels: Mapping[str, int],
        issues: Issues,
        inner: QuestionReader,
    ) -> None:
        self.inner = inner
        self.texts = {
            code: ColumnReader(position, bound.name, lambda raw: blank_or_text(known, raw), issues)
            for code, position in bound.write_in.items()
        }
        self.readers = [*inner.readers, *self.texts.values()]
        self.levels = levels
        #: Texts beside options that were not chosen.
        self.unticked = 0

    def read(self, batch: Batch) -> Answers:
        """The answers, and the text beside each option that has one."""
        found = self.inner.read(batch)
        for code, reader in self.texts.items():
            _, places, outcomes = reader.states(batch)
            texts = [outcome.value if outcome.state == ANSWERED else None for outcome in outcomes]
            found.written[code] = take(texts, places, np.object_)
            place = self.levels[code]
            chosen = found.place == place if found.ticks is None else found.ticks[:, place] == 1
            self.unticked += int((~chosen & (found.written[code] != None)).sum())  # noqa: E711 - by row
        return found


def is_listed(question: Question) -> bool:
    """Whether a question's answers come from a list."""
    return type(question) not in READ
