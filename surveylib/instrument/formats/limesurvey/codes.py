"""Codes that LimeSurvey accepts, for ids and codes that it does not; each once, none reserved.

A question's code begins with a letter and has letters and digits only, at most 20 of them; an
answer's code has at most 5. Case does not tell codes apart.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.limesurvey.routes import Named
from surveylib.instrument.question import Derived, Grid

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from surveylib.instrument.model import Instrument
    from surveylib.instrument.options import Option
    from surveylib.instrument.question import Question

#: Names that LimeSurvey keeps to itself, in codes of questions and of their parts.
_RESERVED = (
    *("lang", "sid", "savedid", "token", "qid", "gid", "sgq", "self", "that", "this"),
    *("and", "or", "eq", "ne", "lt", "le", "gt", "ge", "if", "not", "true", "false", "null"),
    *("other", "time", "comment", "othercomment", "naok"),
)
_STATES = {"dont_know": "DK", "refused": "REF", "not_applicable": "NA"}
_LONGEST_QUESTION, LONGEST_PART, LONGEST_ANSWER = 20, 20, 5


class _Codes:
    """Codes of one list."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._taken = set(_RESERVED)

    def fits(self, code: str) -> bool:
        """Whether LimeSurvey takes a code as it is; 1e3 is a number to it, as 1000 is."""
        whole = re.fullmatch(r"[A-Za-z0-9]+", code) and not re.fullmatch(r"\d+[eE]\d+", code)
        return bool(whole) and len(code) <= self._longest and code.casefold() not in self._taken

    def take(self, code: str) -> str:
        """The code, or one like it that is free."""
        base = code if self.fits(code) else self._like(code)
        found = base
        count = 1
        while not self.fits(found):
            count += 1
            found = f"{base[: self._longest - len(str(count))]}{count}"
        self._taken.add(found.casefold())
        return found

    def _like(self, code: str) -> str:
        """A code like one that does not fit: a number at its end stays whole where it can."""
        words = re.findall(r"[A-Za-z0-9]+", code)
        if len(words) > 1 and words[-1].isdigit() and words[0][0].isalpha():
            short = f"{''.join(word[0] for word in words[:-1])}{words[-1]}"
            if len("".join(words)) > self._longest >= len(short):
                return short
        found: str = "".join(words)
        return (found if found[:1].isalpha() else f"A{found}")[: self._longest]

    def all(self, codes: Iterable[str]) -> dict[str, str]:
        """A code for each, those that fit first, so that they stay as they are."""
        wanted = list(codes)
        found = {code: self.take(code) for code in wanted if self.fits(code)}
        return {code: found.get(code) or self.take(code) for code in wanted}


class SurveyCodes:
    """The codes of one instrument.

    Args:
        instrument: The questionnaire.
    """

    def __init__(self, instrument: Instrument) -> None:
        self._questions = _Codes(_LONGEST_QUESTION)
        self.questions = {
            question.id: self._questions.take(_joined(question.id))
            for question in instrument.questions
        }
        self.answers: dict[str, dict[str, str]] = {}
        self.rows: dict[str, dict[str, str]] = {}
        self.companions: dict[str, str] = {}
        self.write_ins: dict[tuple[str, str], str] = {}
        self.named: dict[str, Named] = {}
        for question in instrument.questions:
            self._parts(question)
            for item in question.items:
                self.named[item.id] = self._named(question, item)

    def _parts(self, question: Question) -> None:
        shown = [] if isinstance(question, Derived) else offered(question.answers)
        longest = LONGEST_ANSWER if question.exclusive else LONGEST_PART
        codes = _Codes(longest)
        found = codes.all(option.code for option in shown)
        states = {state: codes.take(_STATES[state]) for state in asked_states(question)}
        self.answers[question.id] = found | states
        if isinstance(question, Grid):
            ids = [row.id for row in question.rows]
            rows = _Codes(LONGEST_PART)
            self.rows[question.id] = {name: rows.take(_joined(name)) for name in ids}
        if states and not question.answers:
            self.companions[question.id] = self._questions.take(_joined(f"{question.id}_missing"))
        for option in shown:
            for item in question.items if option.write_in else ():
                wanted = _joined(f"{item.id}_{option.code}_text".replace(".", "_"))
                self.write_ins[item.id, option.code] = self._questions.take(wanted)

    def _named(self, question: Question, item: Question) -> Named:
        variable, answers = self.questions[question.id], self.answers[question.id]
        if item is not question:
            row = item.id.partition(".")[2]
            variable = f"{variable}_{self.rows[question.id][row]}"
        return Named(
            question=item,
            variable=variable,
            codes=answers if question.exclusive else {},
            ticks={}
            if question.exclusive
            else {code: f"{variable}_{part}" for code, part in answers.items()},
            tick="1" if isinstance(question, Grid) else "Y",
            companion=self.companions.get(question.id, ""),
        )


def _joined(name: str) -> str:
    """An id without underscores: `groups_count` becomes `groupsCount`."""
    first, *rest = [word for word in re.split(r"[^A-Za-z0-9]+", name) if word] or [""]
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def offered(options: Sequence[Option]) -> list[Option]:
    """The options to choose from: a net is no answer of its own."""
    return [option for option in options if not option.net_of] or list(options)


def asked_states(question: Question) -> list[str]:
    """The ways of not answering that respondents are offered."""
    return [] if isinstance(question, Derived) else [s for s in question.missing if s in OFFERED]
