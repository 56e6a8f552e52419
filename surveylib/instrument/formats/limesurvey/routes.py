"""Conditions as LimeSurvey's equations: a question is relevant where its condition holds for sure.

LimeSurvey knows true and false only. An equation therefore asks for an answer before it says that
the answer is another one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from surveylib.instrument.conditions import Condition
    from surveylib.instrument.question import Derived, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a question, or a row of a grid, is called in equations.

    Args:
        question: The question.
        variable: Its name.
        codes: LimeSurvey's code of each answer and each way of not answering.
        ticks: Where several may be ticked: the name of each option, by code.
        tick: The value of an option that is ticked.
        companion: The name of the question that offers ways of not answering this one.
    """

    question: Question
    variable: str
    codes: Mapping[str, str] = field(default_factory=dict)
    ticks: Mapping[str, str] = field(default_factory=dict)
    tick: str = "Y"
    companion: str = ""


def equation(condition: Condition, named: Mapping[str, Named]) -> str:
    """When a condition holds for sure.

    Args:
        condition: On questions that have names.
        named: What they are called, by id.
    """
    if condition.question is not None:
        return _holds(condition, named[condition.question])
    if condition.all_of:
        return _joined("and", [equation(part, named) for part in condition.all_of])
    if condition.any_of:
        return _joined("or", [equation(part, named) for part in condition.any_of])
    return _joined("and", [_fails(part, named) for part in condition.none_of])


def _fails(condition: Condition, named: Mapping[str, Named]) -> str:
    """When a condition does not hold for sure."""
    if condition.question is not None:
        return _fails_atom(condition, named[condition.question])
    if condition.all_of:
        return _joined("or", [_fails(part, named) for part in condition.all_of])
    if condition.any_of:
        return _joined("and", [_fails(part, named) for part in condition.any_of])
    return _joined("or", [equation(part, named) for part in condition.none_of])


def _joined(word: str, parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"({f' {word} '.join(parts)})"


def _holds(atom: Condition, called: Named) -> str:
    if not atom.answers:
        return _joined("and", [answered(called.variable), *_limits(atom, called.variable)])
    return _joined("or", [_is(called, code) for code in atom.answers])


def _limits(atom: Condition, variable: str) -> list[str]:
    limits = ((">=", atom.at_least), ("<=", atom.at_most))
    return [f"{variable}.NAOK {sign} {limit:f}" for sign, limit in limits if limit is not None]


def _is(called: Named, code: str) -> str:
    """Whether an answer was given; never, where LimeSurvey does not offer it."""
    if called.ticks:
        if code in called.ticks:
            return f'{called.ticks[code]}.NAOK == "{called.tick}"'
        return f'{next(iter(called.ticks.values()))}.NAOK == "{code}"'
    offered = called.companion and code in called.codes
    variable = called.companion if offered else called.variable
    return f'{variable}.NAOK == "{called.codes.get(code, code)}"'


def _fails_atom(atom: Condition, called: Named) -> str:
    if called.ticks:
        shown = f"{next(iter(called.ticks.values()))}.relevanceStatus == 1"
        return f"({shown} and !({_holds(atom, called)}))"
    told = answered(called.variable)
    if atom.answers and called.companion:
        told = f"({told} or {answered(called.companion)})"
    return f"({told} and !({_holds(atom, called)}))"


def answered(variable: str) -> str:
    """Whether a variable has a value."""
    return f"!is_empty({variable}.NAOK)"


def cases(question: Derived, named: Mapping[str, Named]) -> str:
    """The equation of a derived question; empty where an answer it needs is missing."""
    found = '""'
    for option in reversed(question.options):
        found = f'if({equation(option.when, named)}, "{option.code}", {found})'
    return f"{{{found}}}"
