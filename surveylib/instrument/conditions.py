"""Conditions on answers to earlier questions: who is asked, and what follows from answers.

A condition is data, never a formula to evaluate: one question with answers or a range of numbers,
or several conditions of which all, any or none hold.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal
from itertools import combinations, product
from typing import TYPE_CHECKING, Self

from pydantic import model_validator

from surveylib.instrument.checking import Frozen, problem, refuse
from surveylib.instrument.fields import (  # noqa: TC001 - pydantic looks field types up at run time
    Code,
    Number,
    QuestionId,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from surveylib.instrument.question import Question

#: What somebody answered: a code or a missing state, the codes ticked, a number; None if unknown.
Given = str | frozenset[str] | Decimal | None

MOST_COMBINATIONS = 100_000
MOST_TICKS = 16


class Condition(Frozen):
    """Holds for those who answered in a certain way. Exactly one of five forms.

    Args:
        question: An earlier question, with `answers`, or with `at_least`, `at_most` or both.
        answers: Codes or missing states; the condition holds for those who gave any of them.
        at_least: Lowest number for which the condition holds.
        at_most: Highest number for which the condition holds.
        all_of: Holds where all of these hold.
        any_of: Holds where at least one of these holds.
        none_of: Holds where none of these holds.
    """

    question: QuestionId | None = None
    answers: tuple[Code, ...] = ()
    at_least: Number | None = None
    at_most: Number | None = None
    all_of: tuple[Condition, ...] = ()
    any_of: tuple[Condition, ...] = ()
    none_of: tuple[Condition, ...] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        ranged = self.at_least is not None or self.at_most is not None
        forms = [bool(self.answers), ranged, *(bool(group) for _, group in self._groups())]
        about = self.question is not None
        if sum(forms) != 1 or about != (bool(self.answers) or ranged):
            what = "a condition names a question with answers or with a range, or a group"
            wanted = "{question, answers}, {question, at_least, at_most}, {all_of}, {any_of} or "
            refuse(
                "Condition", [problem((), "CONDITION-FORM", what, wanted=f"{wanted}{{none_of}}")]
            )
        low, high = self.at_least, self.at_most
        if low is not None and high is not None and low > high:
            what = f"no number is at least {low} and at most {high}"
            refuse("Condition", [problem(("at_most",), "RANGE-REVERSED", what)])
        return self

    def _groups(self) -> tuple[tuple[str, tuple[Condition, ...]], ...]:
        return (("all_of", self.all_of), ("any_of", self.any_of), ("none_of", self.none_of))

    def atoms(
        self, place: tuple[str | int, ...] = ()
    ) -> Iterator[tuple[tuple[str | int, ...], Condition]]:
        """Every condition on one question, with its place inside this one."""
        if self.question is not None:
            yield place, self
        for name, group in self._groups():
            for position, part in enumerate(group):
                yield from part.atoms((*place, name, position))

    def holds(self, given: Mapping[str, Given]) -> bool | None:
        """Whether the condition holds for somebody's answers; None where it cannot be told.

        Args:
            given: Answers by question: a code or missing state, the codes ticked, or a number.

        Example:
            >>> asked = Condition(question="met", answers=["yes"])
            >>> asked.holds({"met": "yes"}), asked.holds({"met": "no"}), asked.holds({})
            (True, False, None)
        """
        if self.question is not None:
            return self._atom_holds(given.get(self.question))
        parts = [part.holds(given) for _, group in self._groups() for part in group]
        if self.all_of:
            return _all(parts)
        some = _any(parts)
        if self.any_of or some is None:
            return some
        return not some

    def _atom_holds(self, value: Given) -> bool | None:
        if value is None:
            return None
        if self.answers:
            if isinstance(value, frozenset):
                return not value.isdisjoint(self.answers)
            return value in self.answers
        if not isinstance(value, Decimal):
            return None
        low, high = self.at_least, self.at_most
        return (low is None or value >= low) and (high is None or value <= high)

    def in_words(self) -> str:
        """The condition as a reader can check it.

        >>> Condition(any_of=[{"question": "a", "answers": ["1", "2"]},
        ...                   {"question": "b", "at_least": "3"}]).in_words()
        "a is '1' or '2', or b is at least 3"
        """
        if self.question is not None and self.answers:
            quoted = " or ".join(f"'{code}'" for code in self.answers)
            return f"{self.question} is {quoted}"
        if self.question is not None:
            limits = [("at least", self.at_least), ("at most", self.at_most)]
            told = " and ".join(f"{word} {limit}" for word, limit in limits if limit is not None)
            return f"{self.question} is {told}"
        words = {"all_of": ", and ", "any_of": ", or ", "none_of": ", or "}
        name, group = next((name, group) for name, group in self._groups() if group)
        told = words[name].join(_bracketed(part) for part in group)
        return f"not ({told})" if name == "none_of" else told


def _bracketed(part: Condition) -> str:
    grouped = len(part.all_of) > 1 or len(part.any_of) > 1
    return f"({part.in_words()})" if grouped else part.in_words()


def _all(parts: Sequence[bool | None]) -> bool | None:
    if any(part is False for part in parts):
        return False
    return None if None in parts else True


def _any(parts: Sequence[bool | None]) -> bool | None:
    if any(part is True for part in parts):
        return True
    return None if None in parts else False


def ways_to_answer(
    conditions: Sequence[Condition], questions: Mapping[str, Question]
) -> list[dict[str, Given]] | None:
    """Every combination of answers that conditions can tell apart; None where there are too many.

    Args:
        conditions: Conditions on questions that exist.
        questions: Questions by id.
    """
    atoms: dict[str, list[Condition]] = {}
    for condition in conditions:
        for _, atom in condition.atoms():
            atoms.setdefault(str(atom.question), []).append(atom)
    ways = {name: _ways(questions[name], found) for name, found in atoms.items()}
    count = 1
    for choices in ways.values():
        count *= len(choices)
    if count > MOST_COMBINATIONS:
        return None
    return [dict(zip(ways, given, strict=True)) for given in product(*ways.values())]


def _ways(question: Question, atoms: Sequence[Condition]) -> list[Given]:
    """The answers to one question that its conditions can tell apart, missing states included.

    A missing state that no condition names is left out: there the result is missing.
    """
    named = {code for atom in atoms for code in atom.answers}
    states: list[Given] = [state for state in question.missing if state in named]
    options = [option for option in question.answers if not option.net_of]
    if not question.exclusive:
        return [*_ticks(question, named), *(frozenset([str(state)]) for state in states)]
    limits = {limit for atom in atoms for limit in (atom.at_least, atom.at_most)}
    cuts = sorted(limit for limit in limits if limit is not None)
    if not cuts:
        return [*(option.code for option in options), *states]
    return [*_numbers_around(question, cuts), *states]


def _ticks(question: Question, named: Collection[str]) -> list[Given]:
    """The sets of named options that can be ticked together; empty where only others were."""
    options = [option for option in question.answers if not option.net_of]
    alone = [option for option in options if getattr(option, "exclusive", False)]
    told = [option.code for option in options if option.code in named and option not in alone]
    if len(told) > MOST_TICKS:
        return [frozenset()] * (MOST_COMBINATIONS + 1)
    others = len(options) - len(alone) - len(told)
    least = getattr(question, "min_selected", None) or 1
    most = getattr(question, "max_selected", None) or len(options)
    sets: list[Given] = [
        frozenset(some)
        for size in range(1, min(most, len(told)) + 1)
        for some in combinations(told, size)
        if size + min(others, most - size) >= least
    ]
    if others >= least or any(option.code not in named for option in alone):
        sets.append(frozenset())
    return [*sets, *(frozenset([option.code]) for option in alone if option.code in named)]


def _numbers_around(question: Question, cuts: Sequence[Decimal]) -> list[Given]:
    """Numbers on, just below and just above each cut, as far as they can be given."""
    step = Decimal(1).scaleb(-getattr(question, "decimals", 0))
    low, high = getattr(question, "minimum", None), getattr(question, "maximum", None)
    near = {
        cut.quantize(step, ROUND_FLOOR) + beside * step for cut in cuts for beside in (-1, 0, 1, 2)
    }
    return [
        number
        for number in sorted(near)
        if (low is None or number >= low) and (high is None or number <= high)
    ]
