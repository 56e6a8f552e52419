"""Conditions as expressions of SurveyJS, and such expressions as conditions.

A condition whose question is unanswered cannot be told, and SurveyJS knows only true and false.
So an expression is true exactly where its condition holds: under a negation each question is
also asked for an answer, `!({met} empty or {met} anyof ['no'])`.

Parts of a group always stand in brackets. Without brackets stand only the two ends of one range,
and the answers to one question. So an expression reads back as the condition it came from.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, get_args

from surveylib.instrument.conditions import Condition
from surveylib.instrument.fields import OFFERED, MissingState
from surveylib.instrument.formats.surveyjs.syntax import Node, UnreadableError, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from surveylib.instrument.question import Question

#: What stands after the name of a question in the name of the one that offers not to answer it.
NOT_ANSWERED = "-missing"
#: What stands between the name of a question and a code where text for that option is asked for.
WRITTEN = "-text-"
#: Kinds that have no list in which ways of not answering could stand.
BESIDE = frozenset({"open_coded", "number", "date", "text", "text_quantity"})
#: Every way of not answering, also those that nobody is offered.
STATES = frozenset(get_args(MissingState))


def beside(question: Question) -> bool:
    """Whether ways of not answering are offered in a question of their own."""
    offered = any(state in OFFERED for state in question.missing)
    return offered and getattr(question, "kind", "") in BESIDE


def expression(condition: Condition, questions: Mapping[str, Question]) -> str:
    """The expression that is true exactly where a condition holds.

    Args:
        condition: A condition on questions that exist.
        questions: Questions by id, rows of grids as `grid.row`.
    """
    return _expression(condition, questions, unknown=False)


def _expression(condition: Condition, questions: Mapping[str, Question], *, unknown: bool) -> str:
    """The expression; with `unknown` it is true also where the condition cannot be told."""
    if condition.question is not None:
        question = questions[condition.question]
        parts = _atom(condition, condition.question, question)
        if not unknown:
            return parts
        two_ends = condition.at_least is not None and condition.at_most is not None
        return f"{_unanswered(condition, question)} or {f'({parts})' if two_ends else parts}"
    if condition.none_of:
        inner = condition.none_of
        if len(inner) == 1 and inner[0].question is not None:
            return f"!({_expression(inner[0], questions, unknown=not unknown)})"
        return f"!({_group(inner, 'or', questions, unknown=not unknown)})"
    if condition.all_of:
        return _group(condition.all_of, "and", questions, unknown=unknown)
    return _group(condition.any_of, "or", questions, unknown=unknown)


def _group(
    parts: Sequence[Condition], word: str, questions: Mapping[str, Question], *, unknown: bool
) -> str:
    told = [f"({_expression(part, questions, unknown=unknown)})" for part in parts]
    if len(told) == 1:
        told.append("true" if word == "and" else "false")
    return f" {word} ".join(told)


def _atom(condition: Condition, name: str, question: Question) -> str:
    if not condition.answers:
        ends = ((">=", condition.at_least), ("<=", condition.at_most))
        return " and ".join(f"{{{name}}} {sign} {end:f}" for sign, end in ends if end is not None)
    kept_beside = getattr(question, "kind", "") in BESIDE

    def where(answer: str) -> str:
        return f"{name}{NOT_ANSWERED}" if kept_beside and answer in question.missing else name

    return " or ".join(
        f"{{{place}}} anyof [{', '.join(repr(answer) for answer in answers)}]"
        for place, answers in groupby(condition.answers, where)
    )


def _unanswered(condition: Condition, question: Question) -> str:
    name = condition.question
    if condition.answers and beside(question):
        return f"({{{name}}} empty and {{{name}{NOT_ANSWERED}}} empty)"
    return f"{{{name}}} empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A question as expressions name it.

    Args:
        question: The question that was read.
        codes: The code that each value of the file became.
    """

    question: Question
    codes: Mapping[str, str]


def condition(text: str, find: Callable[[str], Named | None]) -> tuple[Condition, tuple[str, ...]]:
    """The condition that an expression stands for.

    Args:
        text: The expression.
        find: Finds an earlier question by its name in the file.

    Returns:
        The condition, and the questions that somebody can leave unanswered and fulfil the
        expression, where the condition cannot be told.

    Raises:
        UnreadableError: It compares anything but answers to earlier questions.
    """
    reading = _Reading(find)
    return reading.read(parse(text), negated=False), tuple(reading.unanswered)


class _Reading:
    """Turns the parts of one expression into conditions."""

    def __init__(self, find: Callable[[str], Named | None]) -> None:
        self.find = find
        self.unanswered: dict[str, None] = {}

    def read(self, node: Node, *, negated: bool, guarded: bool = False) -> Condition:
        """The condition that a part stands for."""
        if node.sign == "!":
            inner = node.parts[0]
            found = self.read(inner, negated=not negated)
            grouped = inner.sign == "or" and found.any_of
            return Condition(none_of=found.any_of if grouped else (found,))
        if node.sign not in {"and", "or"}:
            return self.comparison(node, negated=negated, guarded=guarded)
        return self.group(node, negated=negated, guarded=guarded)

    def group(self, node: Node, *, negated: bool, guarded: bool) -> Condition:
        """A group of parts; one condition where they are the parts of one."""
        parts = node.parts
        if node.sign == "or" and (asked := self.asked_for_answer(parts[0])):
            parts, guarded = parts[1:], True
            if not negated:
                self.unanswered[asked] = None
        neutral = "true" if node.sign == "and" else "false"
        told = [part for part in parts if part.sign != neutral]
        found = [self.read(part, negated=negated, guarded=guarded) for part in told]
        if not found:
            message = "no condition on answers"
            raise UnreadableError(message)
        if len(parts) == 1:
            return found[0]
        if len(told) == len(parts) and not any(part.bracketed for part in told):
            one = _one_range(found) if node.sign == "and" else _one_list(found)
            if one:
                return one
        return Condition(all_of=found) if node.sign == "and" else Condition(any_of=found)

    def asked_for_answer(self, node: Node) -> str:
        """The question that a part finds unanswered, or nothing."""
        parts = node.parts if node.sign == "and" else (node,)
        if any(part.sign != "empty" for part in parts):
            return ""
        return self.named(parts[0].name).question.id

    def named(self, name: str) -> Named:
        """The question that a comparison names."""
        found = self.find(name)
        if found is None:
            message = f"'{name}' is no earlier question"
            raise UnreadableError(message)
        return found

    def comparison(self, node: Node, *, negated: bool, guarded: bool) -> Condition:
        """A comparison with an answer, several or a number."""
        if not node.name:
            message = f"'{node.sign}' is no condition on answers"
            raise UnreadableError(message)
        named = self.named(node.name)
        name = named.question.id
        denies = node.sign in {"<>", "noneof", "notcontains"}
        if negated != denies and not guarded:
            self.unanswered[name] = None
        counts = getattr(named.question, "kind", "") == "number"
        if counts and not node.name.endswith(NOT_ANSWERED):
            found = _range(node, named)
        else:
            found = self.answers(node, named)
        return Condition(none_of=(found,)) if denies else found

    @staticmethod
    def answers(node: Node, named: Named) -> Condition:
        """A comparison with answers of a list."""
        name = named.question.id
        if node.sign == "notempty":
            codes = named.question.answer_codes
        elif node.sign in {"<", ">", "<=", ">=", "empty"}:
            message = f"'{node.sign}' does not go with the answers of '{name}'"
            raise UnreadableError(message)
        else:
            codes = tuple(_code(value, named) for value in node.values)
        if not codes:
            message = f"'{name}' has no list of answers"
            raise UnreadableError(message)
        if node.sign in {"=", "<>"} and len(codes) > 1:
            message = f"'{node.sign}' with several answers, and no others"
            raise UnreadableError(message)
        if node.sign in {"allof", "contains", "notcontains"} and len(codes) > 1:
            return Condition(all_of=[Condition(question=name, answers=(code,)) for code in codes])
        return Condition(question=name, answers=codes)


def _code(value: str, named: Named) -> str:
    """The code of a value as an expression gives it."""
    if value in named.codes:
        return named.codes[value]
    for known, code in named.codes.items():
        if known.casefold() == value.casefold():
            return code
    occurs = value in STATES and value not in OFFERED
    if occurs or value in named.question.missing:
        return value
    message = f"'{value}' is no answer of '{named.question.id}'"
    raise UnreadableError(message)


def _range(node: Node, named: Named) -> Condition:
    """A comparison with a number; a strict one ends one step of the last decimal earlier."""
    name = named.question.id
    try:
        limits = [Decimal(value) for value in node.values]
    except ArithmeticError:
        limits = []
    if len(limits) != 1 or node.sign not in {"=", "<>", "<", ">", "<=", ">="}:
        message = f"'{node.sign}' does not go with the number '{name}'"
        raise UnreadableError(message)
    step = Decimal(1).scaleb(-getattr(named.question, "decimals", 0))
    limit = limits[0]
    if node.sign in {"=", "<>"}:
        return Condition(question=name, at_least=limit, at_most=limit)
    if node.sign in {">", ">="}:
        return Condition(question=name, at_least=limit + step if node.sign == ">" else limit)
    return Condition(question=name, at_most=limit - step if node.sign == "<" else limit)


def _one_range(found: Sequence[Condition]) -> Condition | None:
    """The two ends of one range as one condition."""
    if len(found) != 2 or found[0].question is None or found[0].question != found[1].question:
        return None
    low, high = found
    if None in {low.at_least, high.at_most} or (low.at_most, high.at_least) != (None, None):
        return None
    return Condition(question=low.question, at_least=low.at_least, at_most=high.at_most)


def _one_list(found: Sequence[Condition]) -> Condition | None:
    """Answers to one question as one condition."""
    if any(part.question != found[0].question or not part.answers for part in found):
        return None
    answers = tuple(code for part in found for code in part.answers)
    return Condition(question=found[0].question, answers=answers)
