"""Display and branch logic of Qualtrics as conditions, where it only compares answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.instrument.conditions import Condition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from surveylib.instrument.formats.qualtrics.kinds import Built
    from surveylib.instrument.formats.qualtrics.values import Value

_LOCATOR = re.compile(r"q://(QID\w+)/(\w+)((?:/[^/]{1,60}){0,3})")
_SELECTED = frozenset({"SelectableChoice", "SelectedChoice", "SelectableAnswer"})
_TYPED = frozenset({"ChoiceNumericEntryValue", "ChoiceTextEntryValue"})
_OPERATORS = MappingProxyType(
    {
        "EqualTo": "==",
        "GreaterThan": ">",
        "GreaterThanOrEqual": ">=",
        "LessThan": "<",
        "LessThanOrEqual": "<=",
    }
)


class UnreadableError(Exception):
    """The logic states no condition of an instrument; the message says why."""


@dataclass(frozen=True, slots=True)
class Known:
    """A question of the draft that comes before.

    Args:
        name: Its id.
        built: What it was made of.
    """

    name: str
    built: Built


def condition(logic: Value, known: Mapping[str, list[Known]]) -> tuple[Condition, set[str]]:
    """The condition that logic states, and the questions that it may be wrong about.

    Qualtrics takes an answer that was not given for one that was not chosen.

    Args:
        logic: The logic of a question or a branch.
        known: The questions before, by their id in Qualtrics.

    Raises:
        UnreadableError: It states none.
    """
    groups: list[tuple[str, Condition]] = []
    unsure: set[str] = set()
    for _, group in _numbered(logic):
        parts: list[tuple[str, Condition]] = []
        for _, expression in _numbered(group):
            one, doubtful = _atom(expression, known)
            parts.append((expression.text("Conjuction").lower() or "and", one))
            unsure |= doubtful
        groups.append((group.text("Type").lower().removesuffix("if") or "and", _joined(parts)))
    return _joined(groups), unsure


def _numbered(logic: Value) -> list[tuple[str, Value]]:
    """The numbered parts of an object that has other keys besides."""
    found = []
    for name, entry in logic.data.items():
        if name.isdecimal():
            if not isinstance(entry, dict):
                message = "it is not as Qualtrics writes it"
                raise UnreadableError(message)
            found.append((name, type(logic)(entry, f"{logic.path}.{name[:60]}", logic.faults)))
    return found


def _joined(parts: list[tuple[str, Condition]]) -> Condition:
    """Conditions joined by the words that stand before all but the first."""
    words = {word for word, _ in parts[1:]}
    conditions: tuple[Condition, ...] = tuple(one for _, one in parts)
    if len(conditions) == 1:
        return conditions[0]
    if len(words) != 1 or not words <= {"and", "or"}:
        message = (
            "it joins its parts by 'and' and 'or' without brackets" if words else "it is empty"
        )
        raise UnreadableError(message)
    if words == {"and"}:
        return Condition(all_of=conditions)
    names = {one.question for one in conditions}
    if len(names) == 1 and all(one.answers for one in conditions):
        answers = dict.fromkeys(code for one in conditions for code in one.answers)
        return Condition(question=conditions[0].question, answers=tuple(answers))
    return Condition(any_of=conditions)


def _atom(expression: Value, known: Mapping[str, list[Known]]) -> tuple[Condition, set[str]]:
    if expression.text("LogicType") != "Question":
        message = f"it rests on {expression.text('LogicType')[:40] or 'nothing'}, not on an answer"
        raise UnreadableError(message)
    located = expression.text("LeftOperand") or expression.text("ChoiceLocator")
    found = _LOCATOR.fullmatch(located)
    operator = expression.text("Operator")
    if found is None or found[1] not in known:
        message = f"no earlier question is at {located[:60]!r}"
        raise UnreadableError(message)
    place = [part for part in found[3].split("/") if part]
    if found[2] in _SELECTED and operator in {"Selected", "NotSelected"}:
        name, code = _chosen(known[found[1]], place)
        atom = Condition(question=name, answers=(code,))
        if operator == "Selected":
            return atom, set()
        return Condition(none_of=(atom,)), {name}
    if found[2] in _TYPED and operator in _OPERATORS:
        return _number(known[found[1]], place, operator, expression.text("RightOperand"))
    message = f"it asks for {operator[:40]!r}"
    raise UnreadableError(message)


def _chosen(known: list[Known], place: list[str]) -> tuple[str, str]:
    """The question and the code of a choice; in a matrix, of an answer in a row."""
    one = known[0]
    if len(place) == 1 and place[0] in one.built.codes and not one.built.rows:
        return one.name, one.built.codes[place[0]]
    if len(place) == 2 and place[0] in one.built.rows and place[1] in one.built.codes:
        return f"{one.name}.{one.built.rows[place[0]]}", one.built.codes[place[1]]
    message = f"{one.name} has no choice {'/'.join(place)[:60]!r}"
    raise UnreadableError(message)


def _number(
    known: list[Known], place: list[str], operator: str, raw: str
) -> tuple[Condition, set[str]]:
    """A limit of a number; less than is not at least, as far as there is an answer."""
    part = place[0] if place else ""
    one = next((one for one in known if one.built.part in {part, ""}), None)
    if one is None or one.built.fields.get("kind") != "number" or not _is_number(raw):
        message = f"it compares {known[0].name} with {raw[:40]!r}"
        raise UnreadableError(message)
    limit = Decimal(raw)
    least: dict[str, Any] = {"question": one.name, "at_least": limit}
    most: dict[str, Any] = {"question": one.name, "at_most": limit}
    found = {
        "==": Condition(**least, at_most=limit),
        ">=": Condition(**least),
        "<=": Condition(**most),
        ">": Condition(none_of=(Condition(**most),)),
        "<": Condition(none_of=(Condition(**least),)),
    }
    return found[_OPERATORS[operator]], set()


def _is_number(raw: str) -> bool:
    return bool(re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{1,15})?", raw))
