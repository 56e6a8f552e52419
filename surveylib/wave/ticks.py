"""Answers that come as sets of options: a column for each, one for each mention, or one for all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from surveylib.wave.answers import Answers
from surveylib.wave.cells import Meaning, Outcome, blank_or_text, read_option, rejected
from surveylib.wave.columns import ColumnReader, group_to_quarantine, take
from surveylib.wave.states import ANSWERED, BLANK, INVALID, STATE
from surveylib.wave.text import lossless

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from surveylib.wave.binding import Bound
    from surveylib.wave.issues import Issues
    from surveylib.wave.layout import ColumnPerOption
    from surveylib.wave.readers.base import Batch


class TicksReader:
    """What layouts share in which answers come as sets of options.

    Args:
        bound: The question's columns.
        known: What texts mean.
        levels: Place of each option's code.
        issues: Where rejected cells are recorded.
    """

    def __init__(
        self, bound: Bound, known: Meaning, levels: Mapping[str, int], issues: Issues
    ) -> None:
        self.bound = bound
        self.question = known.question
        self.known = known
        self.levels = levels
        self.issues = issues
        self.readers: list[ColumnReader] = []
        self.alone = [
            levels[option.code]
            for option in self.question.answers
            if getattr(option, "exclusive", False)
        ]

    def _settled(self, batch: Batch, ticks: NDArray[np.int8], state: NDArray[np.int8]) -> Answers:
        """Ticks and states that agree; answers that cannot be true go into the quarantine.

        Args:
            batch: The rows.
            ticks: For each option 1 chosen, 0 not, -1 blank.
            state: INVALID, or a way of not answering that was ticked; else BLANK.
        """
        chosen = (ticks == 1).sum(axis=1)
        bad = state == INVALID
        several = self.question.exclusive & (chosen > 1)
        alone = (ticks[:, self.alone] == 1).any(axis=1) & (chosen > 1)
        both = (state > ANSWERED) & ~bad & (chosen > 0)
        for rows, outcome in (
            (bad, _GROUP),
            (several & ~bad, _SEVERAL),
            (alone & ~several & ~bad, _ALONE),
            (both & ~several & ~alone, BOTH),
        ):
            group_to_quarantine(batch, np.flatnonzero(rows).tolist(), self.readers, outcome)
        bad = bad | several | alone | both
        state[bad] = INVALID
        state[(state == BLANK) & (chosen > 0)] = ANSWERED
        if self.question.exclusive:
            place = np.where(state == ANSWERED, (ticks == 1).argmax(axis=1), -1)
            return Answers(state=state, place=place.astype(np.int16))
        ticks[state != ANSWERED] = -1
        return Answers(state=state, ticks=ticks)


_GROUP = rejected("CELL-GROUP", "belongs to an answer of which another cell is in quarantine")
_SEVERAL = rejected("ANSWERS-SEVERAL", "more than one answer to a question that takes one")
_ALONE = rejected("ANSWERS-EXCLUSIVE", "an answer that stands alone was given with others")
BOTH = rejected("ANSWERS-MISSING", "a way of not answering was chosen together with an answer")


class PerOptionReader(TicksReader):
    """A column for each option."""

    def __init__(
        self, bound: Bound, known: Meaning, levels: Mapping[str, int], issues: Issues
    ) -> None:
        super().__init__(bound, known, levels, issues)
        self.layout: ColumnPerOption = bound.layout  # type: ignore[assignment]
        self.of_option = {
            levels[code]: self._reader(position, code) for code, position in bound.options.items()
        }
        self.of_missing = {
            STATE[state]: self._reader(position, state) for state, position in bound.missing.items()
        }
        self.of_text = {
            levels[code]: ColumnReader(
                bound.write_in[code], bound.name, self._text_reader(levels[code]), issues
            )
            for code in self.layout.text_ticks
        }
        self.readers = [*self.of_option.values(), *self.of_missing.values()]

    def _text_reader(self, place: int) -> Callable[[str], Outcome]:
        """Reads a text that is itself the choice, unless `values` says that it means another."""
        values = {lossless(text): code for text, code in self.layout.values.items()}

        def read(raw: str) -> Outcome:
            found = blank_or_text(self.known, raw)
            code = values.get(lossless(raw))
            if found.state != ANSWERED or code is None:
                return replace(found, value=place)
            if code in STATE:
                return Outcome(state=STATE[code])
            return Outcome(state=ANSWERED, value=self.levels[code])

        return read

    def _reader(self, position: int, code: str) -> ColumnReader:
        """Reads whether one option was chosen; outcome values are 1 and 0."""
        layout, known = self.layout, self.known
        texts = dict.fromkeys(layout.not_ticked, (ANSWERED, 0))
        if layout.ticked:
            texts |= dict.fromkeys(layout.ticked, (ANSWERED, 1))
            labels = dict.fromkeys(layout.ticked, code)
        else:
            target = (STATE[code], None) if code in STATE else (ANSWERED, self.levels[code])
            own = [text for text, meant in known.texts.items() if meant == target]
            texts |= dict.fromkeys(own, (ANSWERED, 1))
            labels = dict.fromkeys(own, code)
        only = Meaning(
            question=known.question,
            texts=texts,
            plain={lossless(text): meant for text, meant in texts.items()},
            labels=labels,
            repairs=known.repairs,
            context=known.context,
            blank=known.blank,
        )
        return ColumnReader(
            position, self.bound.name, lambda raw: read_option(only, raw), self.issues
        )

    def read(self, batch: Batch) -> Answers:
        """The options chosen in each row."""
        n = len(batch.records)
        ticks = np.full((n, len(self.levels)), -1, np.int8)
        state = np.full(n, BLANK, np.int8)
        spoken = np.zeros(n, bool)
        for place, reader in self.of_option.items():
            states, places, outcomes = reader.states(batch)
            values = take(
                [-1 if o.state != ANSWERED else o.value for o in outcomes], places, np.int8
            )
            ticks[:, place] = values
            state[states == INVALID] = INVALID
            spoken |= states == ANSWERED
        for number, reader in self.of_missing.items():
            states, places, outcomes = reader.states(batch)
            ticked = take(
                [o.state == ANSWERED and o.value == 1 for o in outcomes], places, np.bool_
            )
            state[ticked & (state == BLANK)] = number
            state[states == INVALID] = INVALID
        for reader in self.of_text.values():
            states, places, outcomes = reader.states(batch)
            chosen = take(
                [-1 if o.state != ANSWERED else o.value for o in outcomes], places, np.int16
            )
            rows = np.flatnonzero(chosen >= 0)
            ticks[rows, chosen[rows]] = 1
            other = (states > ANSWERED) & (state == BLANK)
            state[other] = states[other]
        blank = ticks == -1
        if self.layout.blank == "not_ticked":
            ticks[blank & ((ticks == 1).any(axis=1) | spoken)[:, None]] = 0
        found = self._settled(batch, ticks, state)
        if self.layout.none_ticked == "answered":
            nothing = spoken & (found.state == BLANK)
            found.state[nothing] = ANSWERED
            if found.ticks is not None:
                found.ticks[nothing] = 0
        return found


class MentionsReader(TicksReader):
    """Columns for the first mention, the second and so on."""

    def __init__(
        self, bound: Bound, known: Meaning, levels: Mapping[str, int], issues: Issues
    ) -> None:
        super().__init__(bound, known, levels, issues)
        self.readers = [
            ColumnReader(position, bound.name, lambda raw: read_option(known, raw), issues)
            for position in bound.mentions
        ]

    def read(self, batch: Batch) -> Answers:
        """The options named in each row."""
        n = len(batch.records)
        ticks = np.full((n, len(self.levels)), -1, np.int8)
        state = np.full(n, BLANK, np.int8)
        for reader in self.readers:
            states, places, outcomes = reader.states(batch)
            values = take(
                [-1 if o.state != ANSWERED else o.value for o in outcomes], places, np.int16
            )
            named = np.flatnonzero(values >= 0)
            ticks[named, values[named]] = 1
            other = (states > ANSWERED) & (state != INVALID)
            state[other] = states[other]
        ticks[(ticks == 1).any(axis=1)[:, None] & (ticks == -1)] = 0
        return self._settled(batch, ticks, state)


class SetReader(TicksReader):
    """One column whose texts stand for several options: delimited, or coded from a text.

    Args:
        split: The places of the options in a text, or a rejection.
        keep_text: Whether the text is kept beside the codes.
    """

    def __init__(
        self,
        bound: Bound,
        known: Meaning,
        levels: Mapping[str, int],
        issues: Issues,
        split: Callable[[str], Outcome],
        *,
        keep_text: bool,
    ) -> None:
        super().__init__(bound, known, levels, issues)
        position = bound.column if bound.column is not None else -1
        self.reader = ColumnReader(position, bound.name, split, issues)
        self.readers = [self.reader]
        self.keep_text = keep_text

    def read(self, batch: Batch) -> Answers:
        """The options in the text of each row."""
        states, places, outcomes = self.reader.states(batch)
        table = np.full((len(outcomes), len(self.levels)), -1, np.int8)
        for number, outcome in enumerate(outcomes):
            if outcome.state == ANSWERED:
                table[number] = 0
                table[number, list(outcome.value)] = 1
        ticks = table[places]
        state = np.where(states == ANSWERED, BLANK, states).astype(np.int8)
        found = self._settled(batch, ticks, state)
        # A text in which no option was found is still an answer.
        empty = (states == ANSWERED) & (found.state == BLANK)
        found.state[empty] = ANSWERED
        if found.ticks is not None:
            found.ticks[empty] = 0
        if self.keep_text:
            column = np.array([*batch.columns[self.reader.position], None], np.object_)[:-1]
            column[states < ANSWERED] = None
            found.text = column
        return found
