"""What a blank cell means: not asked, not answered, not reached, or not to be known.

The rules, in the order in which they decide:

1. The question is not in the row's version, or not in the file: not asked by design.
2. Its route says that the respondent was not asked: not applicable.
3. The respondent broke off before it, by the column that says so: not reached.
4. Its route rests on an answer that is not known: unknown.
5. Something after it was answered, or the respondent came to the end: no answer.
6. Nothing after it was answered, and nothing says who came to the end: what the manifest declares,
   or unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from surveylib.instrument.question import Derived
from surveylib.wave.answers import Answers
from surveylib.wave.states import (
    ANSWERED,
    BLANK,
    CHOSEN,
    NO_ANSWER,
    NOT_APPLICABLE,
    NOT_REACHED,
    STATE,
    STATES,
    UNKNOWN_BLANK,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.instrument.conditions import Condition
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.question import Question

    #: For each row 1 where something holds, 0 where not, -1 where that is not known.
    Truth = NDArray[np.int8]

#: States in which it is known what a respondent did.
_KNOWN = (ANSWERED, NO_ANSWER, NOT_APPLICABLE, *CHOSEN)
TRAILING = {"unknown_blank": UNKNOWN_BLANK, "no_answer": NO_ANSWER, "not_reached": NOT_REACHED}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlankRules:
    """What is known of blanks beside the questionnaire.

    Args:
        routed: Whether software carried out the routes, so that a question whose route rests on one
            left open was not shown.
        trailing: What blanks after the last answer are where nothing says who came to the end.
    """

    routed: bool
    trailing: int = UNKNOWN_BLANK


@dataclass(slots=True)
class Findings:
    """What was found while blanks were decided: counts by question.

    Args:
        off_route: Answers to questions that the respondent should not have been asked.
        required: Questions that could not be left open, and were.
    """

    off_route: dict[str, int] = field(default_factory=dict)
    required: dict[str, int] = field(default_factory=dict)

    def add(self, table: dict[str, int], name: str, rows: NDArray[np.bool_]) -> None:
        """Count rows of one question."""
        if count := int(rows.sum()):
            table[name] = table.get(name, 0) + count


class Blanks:
    """Decides the blank cells of one version's rows.

    Args:
        instrument: The version.
        levels: Place of each option's code, by question.
        rules: What is known of blanks beside it.
    """

    def __init__(
        self, instrument: Instrument, levels: Mapping[str, Mapping[str, int]], rules: BlankRules
    ) -> None:
        self.instrument = instrument
        self.levels = levels
        self.rules = rules
        self.findings = Findings()

    def decide(self, answers: Mapping[str, Answers], n: int, finished: Truth) -> dict[str, Answers]:
        """Give every blank its state, and every derived question its value.

        Args:
            answers: What was read, by question; a question that the file does not have is absent.
            n: Number of rows.
            finished: Whether each respondent came to the end.
        """
        items = self.instrument.items
        last = np.full(n, -1, np.int32)
        for number, item in enumerate(items):
            if item.id in answers:
                last[answers[item.id].state != BLANK] = number
        decided: dict[str, Answers] = {}
        for number, item in enumerate(items):
            if isinstance(item, Derived):
                decided[item.id] = self._derive(item, decided, n)
            elif item.id in answers:
                self._decide_one(item, answers[item.id], decided, number > last, finished)
                decided[item.id] = answers[item.id]
        return decided

    def _decide_one(
        self,
        item: Question,
        found: Answers,
        decided: Mapping[str, Answers],
        trailing: NDArray[np.bool_],
        finished: Truth,
    ) -> None:
        asked = self._asked(item, decided, len(found.state))
        blank = found.state == BLANK
        open_end = np.where(finished == 0, NOT_REACHED, self.rules.trailing)
        open_end[finished == 1] = NO_ANSWER
        state = np.where(trailing, open_end, NO_ANSWER)
        unclear = np.where(trailing & (state == NOT_REACHED), NOT_REACHED, UNKNOWN_BLANK)
        state = np.where(asked == -1, unclear, state)
        state = np.where(asked == 0, NOT_APPLICABLE, state).astype(np.int8)
        found.state[blank] = state[blank]
        self.findings.add(self.findings.off_route, item.id, ~blank & (asked == 0))
        if item.required:
            lost = blank & (found.state == NO_ANSWER)
            self.findings.add(self.findings.required, item.id, lost)

    def _asked(self, item: Question, decided: Mapping[str, Answers], n: int) -> Truth:
        condition = item.base.condition
        if condition is not None:
            truth = self.holds(condition, decided, n)
            if self.rules.routed:
                # Software shows a question where its route holds, and only there: one that rests on
                # a question left open does not hold.
                truth[(truth == -1) & ~_lost(condition, decided, n)] = 0
            return truth
        return np.full(n, 1 if item.base.asked == "all" else -1, np.int8)

    def holds(self, condition: Condition, decided: Mapping[str, Answers], n: int) -> Truth:
        """Whether a condition holds for each row's answers."""
        if condition.question is not None:
            return self._atom(condition, decided.get(condition.question), n)
        for group, join, turn in (
            (condition.all_of, _both, False),
            (condition.any_of, _either, False),
            (condition.none_of, _either, True),
        ):
            if group:
                found = reduce(join, (self.holds(part, decided, n) for part in group))
                return np.where(found == -1, -1, 1 - found).astype(np.int8) if turn else found
        return np.full(n, -1, np.int8)

    def _atom(self, condition: Condition, found: Answers | None, n: int) -> Truth:
        if found is None:
            return np.full(n, -1, np.int8)
        truth = np.full(n, -1, np.int8)
        named = {STATE[code] for code in condition.answers if code in STATE}
        for number in range(len(STATES)):
            if number != ANSWERED:
                truth[found.state == number] = self._missing(number, named, condition)
        answered = found.state == ANSWERED
        levels = self.levels.get(str(condition.question), {})
        wanted = [levels[code] for code in condition.answers if code in levels]
        if found.ticks is not None:
            hit = (found.ticks[:, wanted] == 1).any(axis=1)
            unknown = (found.ticks[:, wanted] == -1).any(axis=1) & ~hit
            truth[answered] = np.where(unknown, -1, hit)[answered]
        elif found.number is not None:
            low = -np.inf if condition.at_least is None else float(condition.at_least)
            high = np.inf if condition.at_most is None else float(condition.at_most)
            inside = (found.number >= low) & (found.number <= high)
            truth[answered] = inside[answered]
        elif found.place is not None:
            truth[answered] = np.isin(found.place, wanted)[answered]
        if condition.answers and found.ticks is None and found.place is None:
            truth[answered] = 0  # an answer that is in no list is none of those named
        return truth

    @staticmethod
    def _missing(state: int, named: set[int], condition: Condition) -> int:
        """Whether a condition holds where a question has no answer."""
        if state in named:
            return 1
        return 0 if condition.answers and state in {NOT_APPLICABLE, *CHOSEN} else -1

    def _derive(self, item: Derived, decided: Mapping[str, Answers], n: int) -> Answers:
        """The value that follows from other answers; where one is missing, why it is."""
        place = np.full(n, -1, np.int16)
        for option in item.options:
            holds = self.holds(option.when, decided, n) == 1
            place[holds] = self.levels[item.id][option.code]
        state = np.full(n, ANSWERED, np.int8)
        names = dict.fromkeys(
            str(atom.question) for option in item.options for _, atom in option.when.atoms()
        )
        without = place == -1
        state[without] = UNKNOWN_BLANK
        for name in reversed(names):
            if name in decided:
                other = decided[name].state
                lost = without & (other != ANSWERED)
                state[lost] = other[lost]
        return Answers(state=state, place=place)


def _lost(condition: Condition, decided: Mapping[str, Answers], n: int) -> NDArray[np.bool_]:
    """Whether a condition rests on an answer that was given, or not, and is not known."""
    lost = np.zeros(n, bool)
    for _, atom in condition.atoms():
        found = decided.get(str(atom.question))
        lost |= True if found is None else ~np.isin(found.state, _KNOWN)
    return lost


def _both(one: Truth, other: Truth) -> Truth:
    return np.where((one == 0) | (other == 0), 0, np.minimum(one, other)).astype(np.int8)


def _either(one: Truth, other: Truth) -> Truth:
    both = np.where((one == -1) | (other == -1), -1, 0)
    return np.where((one == 1) | (other == 1), 1, both).astype(np.int8)


def places_in(codes: Sequence[str]) -> dict[str, int]:
    """Place of each code in a list."""
    return {code: place for place, code in enumerate(codes)}
