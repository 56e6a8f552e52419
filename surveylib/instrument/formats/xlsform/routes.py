"""Who is asked: conditions as expressions of an XLSForm, and expressions as conditions.

A condition holds, does not hold, or cannot be told because an answer is missing. In a form a
question is shown only where the condition holds, so what is written is when it holds for sure:
`none_of` asks for an answer before it says that the answer is another one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from surveylib.instrument.conditions import Condition
from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.xlsform.expressions import (
    Node,
    call,
    compare,
    either,
    every,
    number,
    ref,
    text,
)

if TYPE_CHECKING:
    from surveylib.instrument.question import Question

_NEVER = call("false")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What questions are called in a form.

    Args:
        questions: Questions, and rows of grids as `grid.row`, by id.
        of: The name in the form, by id.
        states: The name of the list that offers ways of not answering, by the id of a question
            that has no list of its own.
    """

    questions: dict[str, Question] = field(default_factory=dict)
    of: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)


def expression(condition: Condition, names: Names) -> Node:
    """When a condition holds for sure.

    Args:
        condition: On questions that have names.
        names: What they are called.
    """
    if condition.question is not None:
        return _holds(condition, names)
    if condition.all_of:
        return every(tuple(expression(part, names) for part in condition.all_of))
    if condition.any_of:
        return either(tuple(expression(part, names) for part in condition.any_of))
    return every(tuple(_fails(part, names) for part in condition.none_of))


def _fails(condition: Condition, names: Names) -> Node:
    """When a condition does not hold for sure."""
    if condition.all_of:
        return either(tuple(_fails(part, names) for part in condition.all_of))
    if condition.any_of:
        return every(tuple(_fails(part, names) for part in condition.any_of))
    if condition.none_of:
        return either(tuple(expression(part, names) for part in condition.none_of))
    told = [names.of[str(condition.question)]]
    if condition.answers and condition.question in names.states:
        told.append(names.states[condition.question])
    answered = either(tuple(compare(ref(name), "!=", text("")) for name in told))
    return every((answered, call("not", _holds(condition, names))))


def _holds(atom: Condition, names: Names) -> Node:
    """When a condition on one question holds."""
    name = str(atom.question)
    if atom.answers:
        return either(tuple(_gave(name, code, names) for code in atom.answers))
    limits = ((">=", atom.at_least), ("<=", atom.at_most))
    return every(
        tuple(
            compare(ref(names.of[name]), sign, number(format(limit, "f")))
            for sign, limit in limits
            if limit is not None
        )
    )


def _gave(name: str, code: str, names: Names) -> Node:
    """When one answer was given: in the question's list, or in the list of ways of not answering.

    What only shows after the interview, such as `withheld`, never holds while it goes on.
    """
    question = names.questions[name]
    if code not in question.missing or (code in OFFERED and name not in names.states):
        return call("selected", ref(names.of[name]), text(code))
    if code in OFFERED:
        return call("selected", ref(names.states[name]), text(code))
    if code != "no_answer":
        return _NEVER
    blank = [compare(ref(names.of[name]), "=", text(""))]
    if name in names.states:
        blank.append(compare(ref(names.states[name]), "=", text("")))
    asked = question.base.condition
    return every((*blank, expression(asked, names))) if asked else every(tuple(blank))


def condition_of(node: Node, names: Names) -> Condition | None:
    """The condition that an expression stands for; None where there is no such condition.

    Args:
        node: The expression.
        names: The questions that come before, and what they are called.
    """
    found = _Translator(names).condition(node)
    try:
        return None if found is None else Condition.model_validate(found)
    except ValidationError:
        return None


class _Translator:
    """Turns expressions into conditions as plain data, or into None."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.ids = {name: key for key, name in names.of.items()}
        self.ids |= {name: key for key, name in names.states.items()}

    def condition(self, node: Node) -> dict[str, Any] | None:
        if node.kind == "or":
            return _group("any_of", _with_answers_joined([self.condition(p) for p in node.parts]))
        if node.kind == "and":
            return self._every(node)
        if node.kind == "compare":
            return self._compared(node)
        return self._called(node) if node.kind == "call" else None

    def _called(self, node: Node) -> dict[str, Any] | None:
        if node.value == "not" and len(node.parts) == 1:
            found = self.condition(node.parts[0])
            return None if found is None else {"none_of": found.get("any_of", [found])}
        if node.value == "selected" and [part.kind for part in node.parts] == ["reference", "text"]:
            return self._answer(node.parts[0].value, node.parts[1].value)
        return None

    def _every(self, node: Node) -> dict[str, Any] | None:
        """All parts; those that only ask for an answer say nothing more beside a `not`."""
        negated = any(part.kind == "call" and part.value == "not" for part in node.parts)
        kept = [part for part in node.parts if not (negated and _asks_for_an_answer(part))]
        parts = [self.condition(part) for part in kept]
        told = [part for part in parts if part is not None]
        if len(told) < len(parts) or not told:
            return None
        if all(set(part) == {"none_of"} for part in told):
            return {"none_of": [inner for part in told for inner in part["none_of"]]}
        if (
            len(told) == 2
            and set(told[0]) == {"question", "at_least"}
            and set(told[1]) == {"question", "at_most"}
            and told[0]["question"] == told[1]["question"]
        ):
            return told[0] | told[1]
        return _group("all_of", parts)

    def _compared(self, node: Node) -> dict[str, Any] | None:
        left, right = node.parts
        sign = node.value
        if right.kind == "reference":
            left, right = right, left
            sign = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}.get(sign, sign)
        if left.kind != "reference":
            return None
        question = self.names.questions.get(self.ids.get(left.value, ""))
        if right.kind == "number" and getattr(question, "kind", "") == "number":
            return self._range(left.value, sign, Decimal(right.value))
        if sign not in {"=", "!="} or right.kind not in {"text", "number"}:
            return None
        found = self._answer(left.value, right.value)
        return found if sign == "=" or found is None else {"none_of": [found]}

    def _range(self, name: str, sign: str, limit: Decimal) -> dict[str, Any] | None:
        key = self.ids[name]
        if name != self.names.of[key]:
            return None
        if sign in {"<", ">"}:  # whole numbers only: 3 is the lowest above 2, nothing is above 2.5
            if getattr(self.names.questions[key], "decimals", 1):
                return None
            step = 1 if sign == ">" else -1
            whole = limit.to_integral_value("ROUND_FLOOR" if sign == ">" else "ROUND_CEILING")
            limit, sign = whole + step, f"{sign}="
        told = str(limit)
        limits = {
            ">=": {"at_least": told},
            "<=": {"at_most": told},
            "=": {"at_least": told, "at_most": told},
        }
        found = limits.get(sign)
        return None if found is None else {"question": key} | found

    def _answer(self, name: str, code: str) -> dict[str, Any] | None:
        key = self.ids.get(name)
        question = self.names.questions.get(key or "")
        if key is None or question is None:
            return None
        offered = set(question.missing) & set(OFFERED)
        codes = {option.code for option in question.answers}
        if key in self.names.states:
            known = offered if name == self.names.states[key] else codes
        else:
            known = codes | offered
        return {"question": key, "answers": [code]} if code in known else None


def _asks_for_an_answer(node: Node) -> bool:
    if node.kind == "or":
        return all(_asks_for_an_answer(part) for part in node.parts)
    return (
        node.kind == "compare"
        and node.value == "!="
        and [part.kind for part in node.parts] == ["reference", "text"]
        and not node.parts[1].value
    )


def _group(name: str, parts: list[dict[str, Any] | None]) -> dict[str, Any] | None:
    if None in parts:
        return None
    return parts[0] if len(parts) == 1 else {name: parts}


def _with_answers_joined(parts: list[dict[str, Any] | None]) -> list[dict[str, Any] | None]:
    """Answers to one question that stand side by side are one condition."""
    joined: list[dict[str, Any] | None] = []
    for part in parts:
        last = joined[-1] if joined else None
        same = (
            part is not None
            and last is not None
            and set(part) == set(last) == {"question", "answers"}
            and part["question"] == last["question"]
        )
        if same and part and last:
            joined[-1] = last | {"answers": [*last["answers"], *part["answers"]]}
        else:
            joined.append(part)
    return joined
