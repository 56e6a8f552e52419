"""Answers that come as sets of options: a column for each, one for each mention, or one for all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.wave.answers import Answers
from surveylib.wave.cells import Meaning, Outcome, blank_or_text, read_option, rejected
from surveylib.wave.columns import ColumnReader, group_to_quarantine, take
from surveylib.wave.states import ANSWERED, BLANK, INVALID, STATE
from surveylib.wave.text import lossless

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.wave.binding import Bound
    from surveylib.wave.issues import Issues
    from surveylib.wave.layout import ColumnPerOption
    from surveylib.wave.readers.base import Batch

_GROUP = rejected("CELL-GROUP", "belongs to an answer of which another cell is in quarantine")
_SEVERAL = rejected("ANSWERS-SEVERAL", "more than one answer to a question that takes one")
_ALONE = rejected("ANSWERS-EXCLUSIVE", "an answer that stands alone was given with others")
BOTH = rejected("ANSWERS-MISSING", "a way of not answering was chosen together with an answer")
_TWO_WAYS = rejected("ANSWERS-MISSING", "two ways of not answering were chosen together")
#: An option that the row's version did not offer, and that was chosen all the same.
NOT_OFFERED = rejected("CELL-VERSION", "the version of this row did not offer this answer")


class _Given:
    """What the cells of some rows say together.

    Args:
        n: Number of rows.
        options: Number of options.
    """

    def __init__(self, n: int, options: int) -> None:
        #: For each option 1 chosen, 0 not, -1 blank.
        self.ticks = np.full((n, options), -1, np.int8)
        #: INVALID, or the way of not answering that was chosen; else BLANK.
        self.state = np.full(n, BLANK, np.int8)
        #: Rows in which two ways of not answering were chosen.
        self.two_ways = np.zeros(n, bool)
        #: Rows in which some cell says something about an option.
        self.spoken = np.zeros(n, bool)

    def say(self, states: NDArray[np.int8]) -> None:
        """Take the states of a column: rejected cells, and ways of not answering."""
        bad = states == INVALID
        way = (states > ANSWERED) & ~bad
        self.two_ways |= way & (self.state > ANSWERED) & ~bad & (self.state != states)
        free = way & (self.state == BLANK)
        self.state[free] = states[free]
        self.state[bad] = INVALID

    def choose(self, chosen: NDArray[Any]) -> None:
        """Tick the option at each place; -1 for none."""
        rows = np.flatnonzero(chosen >= 0)
        self.ticks[rows, chosen[rows]] = 1
        self.spoken[rows] = True


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
        options = [option for option in self.question.answers if not option.net_of]
        self.alone = [levels[o.code] for o in options if getattr(o, "exclusive", False)]
        offered = {levels[option.code] for option in options}
        #: Options of other versions: nobody was asked about them.
        self.not_offered = [place for place in levels.values() if place not in offered]

    def _settled(self, batch: Batch, given: _Given) -> Answers:
        """Ticks and states that agree; answers that cannot be true go into the quarantine."""
        ticks, state = given.ticks, given.state
        chosen = (ticks == 1).sum(axis=1)
        left = np.ones(len(state), bool)
        several = self.question.exclusive & (chosen > 1)
        alone = (ticks[:, self.alone] == 1).any(axis=1) & (chosen > 1)
        for rows, outcome in (
            (state == INVALID, _GROUP),
            (several, _SEVERAL),
            (alone, _ALONE),
            ((state > ANSWERED) & (chosen > 0), BOTH),
            (given.two_ways, _TWO_WAYS),
        ):
            bad = rows & left
            group_to_quarantine(batch, np.flatnonzero(bad).tolist(), self.readers, outcome)
            left &= ~bad
        state[~left] = INVALID
        state[(state == BLANK) & (chosen > 0)] = ANSWERED
        if self.question.exclusive:
            place = np.where(state == ANSWERED, (ticks == 1).argmax(axis=1), -1)
            return Answers(state=state, place=place.astype(np.int16))
        ticks[:, self.not_offered] = -1
        kept = ticks.copy()
        kept[state != ANSWERED] = -1
        return Answers(state=state, ticks=kept)


def _places(outcomes: Sequence[Outcome], places: NDArray[np.int32]) -> NDArray[Any]:
    """The place of each row's option; -1 where there is none."""
    return take([-1 if o.state != ANSWERED else o.value for o in outcomes], places, np.int16)


class PerOptionReader(TicksReader):
    """A column for each option."""

    def __init__(
        self, bound: Bound, known: Meaning, levels: Mapping[str, int], issues: Issues
    ) -> None:
        super().__init__(bound, known, levels, issues)
        self.layout: ColumnPerOption = bound.layout  # type: ignore[assignment]
        self.values = {lossless(text): code for text, code in self.layout.values.items()}
        self.of_option = {
            levels[code]: self._reader(position, code) for code, position in bound.options.items()
        }
        self.of_missing = {
            STATE[state]: self._reader(position, state) for state, position in bound.missing.items()
        }
        self.of_text = [
            ColumnReader(bound.write_in[code], bound.name, self._text_reader(levels[code]), issues)
            for code in self.layout.text_ticks
        ]
        self.absent = [levels[code] for code in self.layout.absent if code in levels]
        self.readers = [*self.of_option.values(), *self.of_missing.values()]

    def _text_reader(self, place: int) -> Callable[[str], Outcome]:
        """Reads a text that is itself the choice, unless `values` says that it means another."""

        def read(raw: str) -> Outcome:
            found = blank_or_text(self.known, raw)
            code = self.values.get(lossless(raw))
            if found.state != ANSWERED or code is None:
                return replace(found, value=place)
            if code in STATE:
                return Outcome(state=STATE[code])
            return Outcome(state=ANSWERED, value=self.levels[code])

        return read

    def _reader(self, position: int, code: str) -> ColumnReader:
        """Reads whether one option was chosen; outcome values are 1 and 0."""
        layout, known = self.layout, self.known
        own = [text for text, meant in layout.values.items() if meant == code]
        if layout.ticked:
            own += layout.ticked
        else:
            target = (STATE[code], None) if code in STATE else (ANSWERED, self.levels[code])
            own += [text for text, meant in known.texts.items() if meant == target]
        texts: dict[str, tuple[int, Any]] = {
            text: (STATE[meant], None)
            for text, meant in layout.values.items()
            if meant in STATE and code not in STATE
        }
        texts |= dict.fromkeys(layout.not_ticked, (ANSWERED, 0)) | dict.fromkeys(own, (ANSWERED, 1))
        only = replace(
            known,
            texts=texts,
            plain={lossless(text): meant for text, meant in texts.items()},
            labels=dict.fromkeys(own, code),
        )
        offered = code in STATE or self.levels[code] not in self.not_offered

        def read(raw: str) -> Outcome:
            found = read_option(only, raw)
            return NOT_OFFERED if not offered and found.value == 1 else found

        return ColumnReader(position, self.bound.name, read, self.issues)

    def read(self, batch: Batch) -> Answers:
        """The options chosen in each row."""
        given = _Given(len(batch.records), len(self.levels))
        for place, reader in self.of_option.items():
            states, places, outcomes = reader.states(batch)
            given.ticks[:, place] = _places(outcomes, places)
            given.spoken |= states == ANSWERED
            given.say(states)
        for number, reader in self.of_missing.items():
            states, places, outcomes = reader.states(batch)
            ticked = _places(outcomes, places) == 1
            given.say(np.where(ticked, number, np.where(states == INVALID, INVALID, BLANK)))
        for reader in self.of_text:
            states, places, outcomes = reader.states(batch)
            given.choose(_places(outcomes, places))
            given.say(states)
        self._fill(given)
        found = self._settled(batch, given)
        if self.layout.none_ticked == "answered":
            nothing = given.spoken & (found.state == BLANK)
            found.state[nothing] = ANSWERED
            if found.ticks is not None:
                found.ticks[nothing] = given.ticks[nothing]
        return found

    def _fill(self, given: _Given) -> None:
        """Decide blank cells of rows in which others say something."""
        spoken = given.spoken[:, None]
        blank = given.ticks == -1
        if self.layout.blank == "not_ticked" or (
            self.layout.blank is None and not self.layout.not_ticked
        ):
            given.ticks[blank & spoken] = 0
        absent = np.zeros(len(self.levels), bool)
        absent[self.absent] = True
        given.ticks[blank & spoken & absent] = 0  # nobody chose them


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
        given = _Given(len(batch.records), len(self.levels))
        for reader in self.readers:
            states, places, outcomes = reader.states(batch)
            given.choose(_places(outcomes, places))
            given.say(states)
        given.ticks[given.spoken[:, None] & (given.ticks == -1)] = 0
        return self._settled(batch, given)


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
        given = _Given(len(batch.records), len(self.levels))
        states, places, outcomes = self.reader.states(batch)
        table = np.full((len(outcomes), len(self.levels)), -1, np.int8)
        for number, outcome in enumerate(outcomes):
            if outcome.state == ANSWERED:
                table[number] = 0
                table[number, list(outcome.value)] = 1
        given.ticks = table[places]
        given.say(states)
        found = self._settled(batch, given)
        # A text in which no option was found is still an answer.
        empty = (states == ANSWERED) & (found.state == BLANK)
        found.state[empty] = ANSWERED
        if found.ticks is not None:
            found.ticks[empty] = given.ticks[empty]
        if self.keep_text:
            column = np.array([*batch.columns[self.reader.position], None], np.object_)[:-1]
            column[states < ANSWERED] = None
            found.text = column
        return found
