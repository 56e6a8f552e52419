"""Read LimeSurvey's equations: the tree of an equation, and the condition that it states."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from surveylib.instrument.conditions import Condition
from surveylib.instrument.fields import OFFERED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from surveylib.instrument.formats.limesurvey.routes import Named

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"\\]*"|'[^'\\]*')|(?P<name>\d+X\d+X\w+|[A-Za-z]\w*(?:\.\w+)?)"""
    r"""|(?P<number>-?\d+(?:\.\d+)?)|(?P<sign>==|!=|<>|<=|>=|&&|\|\||[=<>!(),]))""",
    re.ASCII,
)
_WORDS = MappingProxyType(
    dict(
        (
            *(("&&", "and"), ("||", "or"), ("not", "!"), ("=", "=="), ("<>", "!=")),
            *(("eq", "=="), ("ne", "!="), ("lt", "<"), ("le", "<="), ("gt", ">"), ("ge", ">=")),
        )
    )
)
_SIGNS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_FLIPPED = MappingProxyType({"<": ">", "<=": ">=", ">": "<", ">=": "<="})
_LONGEST = 20_000
_DEEPEST = 40


class UnreadableError(Exception):
    """An equation states no condition of an instrument; the message says why."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an equation.

    Args:
        kind: `and`, `or`, `!`, `compare`, `call`, `name`, `text` or `number`.
        value: The sign, the name or the value.
        parts: What it is made of.
    """

    kind: str
    value: str = ""
    parts: tuple[Node, ...] = ()


def parsed(text: str) -> Node:
    """The tree of an equation.

    Raises:
        UnreadableError: It is none, or uses more than comparisons.
    """
    if len(text) > _LONGEST:
        message = "it is too long"
        raise UnreadableError(message)
    tokens: list[tuple[str, str]] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place, end)
        if found is None:
            message = "it holds more than comparisons of answers"
            raise UnreadableError(message)
        place = found.end()
        kind, value = str(found.lastgroup), found[str(found.lastgroup)]
        word = _WORDS.get(value.lower(), value.lower() if value.lower() in {"and", "or"} else value)
        tokens.append(("sign" if kind == "name" and word != value else kind, word))
    tokens = [
        ("sign", word) if word in {"and", "or", "!", *_SIGNS} and kind != "text" else (kind, word)
        for kind, word in tokens
    ]
    parser = _Parser(tokens)
    node = parser.either(0)
    if parser.place < len(tokens):
        message = "it does not end where it should"
        raise UnreadableError(message)
    return node


class _Parser:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.place = 0

    def next(self, *signs: str) -> str:
        """The next token where it is one of some signs."""
        kind, value = self.tokens[self.place] if self.place < len(self.tokens) else ("", "")
        if kind == "sign" and value in signs:
            self.place += 1
            return value
        return ""

    def either(self, depth: int) -> Node:
        """Parts of which one holds."""
        if depth > _DEEPEST:
            message = "it is nested too deep"
            raise UnreadableError(message)
        parts = [self.every(depth)]
        while self.next("or"):
            parts.append(self.every(depth))
        return parts[0] if len(parts) == 1 else Node("or", parts=tuple(parts))

    def every(self, depth: int) -> Node:
        """Parts that all hold."""
        parts = [self.comparison(depth)]
        while self.next("and"):
            parts.append(self.comparison(depth))
        return parts[0] if len(parts) == 1 else Node("and", parts=tuple(parts))

    def comparison(self, depth: int) -> Node:
        """Two values beside a sign, or one."""
        left = self.value(depth)
        if sign := self.next(*_SIGNS):
            return Node("compare", sign, (left, self.value(depth)))
        return left

    def value(self, depth: int) -> Node:
        """A value, a call, what stands in brackets, or the opposite of one."""
        count = 0
        while self.next("!"):
            count += 1
        if self.next("("):
            node = self.either(depth + 1)
            self.close()
        else:
            node = self.leaf(depth)
        return Node("!", parts=(node,)) if count % 2 else node

    def close(self) -> None:
        """The end of what stands in brackets."""
        if not self.next(")"):
            message = "a bracket is not closed"
            raise UnreadableError(message)

    def leaf(self, depth: int) -> Node:
        """A name, a call, a text or a number."""
        kind, value = self.tokens[self.place] if self.place < len(self.tokens) else ("", "")
        if kind not in {"name", "text", "number"}:
            message = "a value is missing"
            raise UnreadableError(message)
        self.place += 1
        if kind == "name" and self.next("("):
            part = self.either(depth + 1)
            self.close()
            return Node("call", value, (part,))
        return Node(kind, value[1:-1] if kind == "text" else value)


class Variables:
    """The names that equations have for questions, and for their options.

    Args:
        named: What each question, and each row of a grid, is called.
    """

    def __init__(self, named: Iterable[Named] = ()) -> None:
        self._found: dict[str, tuple[Named, str]] = {}
        for called in named:
            self.add(called)

    def add(self, called: Named) -> None:
        """Take in a question, or what is known of it now; the first of a name counts."""
        told = [(name, "") for name in (called.variable, called.companion) if name]
        if called.ticks:
            told = [(name, code) for code, name in called.ticks.items()]
        for name, code in told:
            known = self._found.get(name)
            if known is None or known[0].question.id == called.question.id:
                self._found[name] = (called, code)

    def find(self, node: Node) -> tuple[Named, str]:
        """The question of a name, and the option where several may be ticked.

        Raises:
            UnreadableError: No question before has the name.
        """
        name, _, suffix = node.value.partition(".")
        if node.kind != "name" or suffix not in {"", "NAOK", "value", "code", "relevanceStatus"}:
            message = "it compares more than answers with values"
            raise UnreadableError(message)
        if name not in self._found:
            message = f"no earlier question is called {name[:60]}"
            raise UnreadableError(message)
        return self._found[name]


def condition(text: str, variables: Variables) -> tuple[Condition, tuple[str, ...]]:
    """The condition that an equation states, and the questions that it may be wrong about.

    LimeSurvey takes an answer that was not given for another one. An instrument does not know who
    is asked then; such questions are named unless the equation asks for an answer first.

    Raises:
        UnreadableError: It states none.
    """
    found = _Statement(variables).read(parsed(text))
    return found.condition, tuple(sorted(found.unsure))


@dataclass(frozen=True, slots=True)
class _Stated:
    """A condition, and the questions without an answer for which it may be wrong."""

    condition: Condition
    unsure: frozenset[str] = frozenset()


class _Statement:
    """Turns a tree into a condition."""

    def __init__(self, variables: Variables) -> None:
        self.variables = variables

    def read(self, node: Node) -> _Stated:
        """The condition of a tree."""
        if node.kind == "and":
            return self.every(node)
        if node.kind == "or":
            return self.either([self.read(part) for part in node.parts])
        if node.kind == "!" and node.parts[0].kind != "call":
            inner = self.read(node.parts[0])
            names = frozenset(str(atom.question) for _, atom in inner.condition.atoms())
            return _Stated(Condition(none_of=(inner.condition,)), inner.unsure | names)
        if asked := self.answered(node):
            return self.any_answer(asked)
        if node.kind == "compare":
            return self.compared(node)
        message = "it is no comparison of an answer with a value"
        raise UnreadableError(message)

    def answered(self, node: Node) -> Named | None:
        """The question for which a part asks only whether it has an answer, or was asked."""
        if node.kind == "or":
            found = {called.question.id: called for p in node.parts if (called := self.answered(p))}
            whole = all(self.answered(part) for part in node.parts) and len(found) == 1
            return next(iter(found.values())) if whole else None
        if node.kind == "!" and node.parts[0].kind == "call" and node.parts[0].value == "is_empty":
            return self.variables.find(node.parts[0].parts[0])[0]
        if node.kind == "compare" and node.parts[0].kind == "name":
            status = node.parts[0].value.endswith(".relevanceStatus")
            if (node.value == "!=" and node.parts[1] == Node("text")) or (
                status and node.value == "==" and node.parts[1] == Node("number", "1")
            ):
                return self.variables.find(node.parts[0])[0]
        return None

    def any_answer(self, called: Named) -> _Stated:
        """That a question has an answer, whichever it is."""
        offered = [state for state in called.question.missing if state in OFFERED]
        codes = (
            *(option.code for option in called.question.answers if not option.net_of),
            *offered,
        )
        if called.ticks or called.companion or not called.question.answers:
            message = f"it asks whether {called.question.id} has an answer"
            raise UnreadableError(message)
        return _Stated(Condition(question=called.question.id, answers=codes))

    def every(self, node: Node) -> _Stated:
        """All of some conditions; asking for an answer says nothing beside one about it."""
        asked = [(part, self.answered(part)) for part in node.parts]
        stated = [self.read(part) for part, called in asked if called is None]
        about = {str(a.question) for one in stated for _, a in one.condition.atoms()}
        sure = set()
        for _, called in asked:
            if called is not None and called.question.id in about:
                sure.add(called.question.id)
            elif called is not None:
                stated.append(self.any_answer(called))
        unsure = frozenset(name for one in stated for name in one.unsure) - sure
        parts = _ranges([one.condition for one in stated])
        return _Stated(parts[0] if len(parts) == 1 else Condition(all_of=tuple(parts)), unsure)

    def either(self, stated: list[_Stated]) -> _Stated:
        """Any of some conditions; answers to one question are one condition."""
        parts: list[Condition] = []
        places: dict[str, int] = {}
        for one in stated:
            name = one.condition.question if one.condition.answers else None
            if name is not None and name in places:
                before = parts[places[name]]
                answers = tuple(dict.fromkeys((*before.answers, *one.condition.answers)))
                parts[places[name]] = Condition(question=name, answers=answers)
                continue
            if name is not None:
                places[name] = len(parts)
            parts.append(one.condition)
        unsure = frozenset(name for one in stated for name in one.unsure)
        return _Stated(parts[0] if len(parts) == 1 else Condition(any_of=tuple(parts)), unsure)

    def compared(self, node: Node) -> _Stated:
        """A comparison of an answer with a value."""
        left, right, sign = *node.parts, node.value
        if left.kind != "name":
            left, right, sign = right, left, _FLIPPED.get(sign, sign)
        called, code = self.variables.find(left)
        name = called.question.id
        if right.kind not in {"text", "number"} or left.value.endswith(".relevanceStatus"):
            message = "it compares more than answers with values"
            raise UnreadableError(message)
        state = right.value in called.question.missing and right.value not in called.codes.values()
        listed = bool(called.ticks or called.question.answers or state)
        given = {part: ours for ours, part in called.codes.items()}.get(right.value)
        if sign in {"==", "!="} and (listed or given):
            if called.ticks and not state:
                if right.value not in {called.tick, "Y", "1"}:
                    message = f"it asks where an option of {name} was not ticked"
                    raise UnreadableError(message)
                given = code
            atom = Condition(question=name, answers=(self.code(called, given, right.value),))
        elif listed or getattr(called.question, "kind", "") != "number":
            message = f"it compares {name} with what is no answer of it"
            raise UnreadableError(message)
        else:
            return _number(name, sign, right.value)
        if sign == "==":
            return _Stated(atom)
        return _Stated(Condition(none_of=(atom,)), frozenset({name}))

    def code(self, called: Named, given: str | None, raw: str) -> str:
        """The code of an answer, by LimeSurvey's; or a way of not answering."""
        known = {option.code for option in called.question.answers}
        if given is not None:
            return given
        if raw in called.question.missing or raw in known:
            return raw
        message = f"{raw[:60]!r} is no answer of {called.question.id}"
        raise UnreadableError(message)


def _number(name: str, sign: str, raw: str) -> _Stated:
    """A comparison of a number; less than is not at least, as far as there is an answer."""
    if not re.fullmatch(r"-?\d+(\.\d+)?", raw, re.ASCII):
        message = f"{raw[:60]!r} is no number"
        raise UnreadableError(message)
    limit = Decimal(raw)
    least, most = Condition(question=name, at_least=limit), Condition(question=name, at_most=limit)
    exactly = Condition(question=name, at_least=limit, at_most=limit)
    found = {
        ">=": least,
        "<=": most,
        "==": exactly,
        ">": Condition(none_of=(most,)),
        "<": Condition(none_of=(least,)),
        "!=": Condition(none_of=(exactly,)),
    }[sign]
    return _Stated(found, frozenset() if sign in {">=", "<=", "=="} else frozenset({name}))


def _ranges(parts: list[Condition]) -> list[Condition]:
    """Conditions without those that two limits of one number make together."""
    found: list[Condition] = []
    for part in parts:
        before = found[-1] if found else None
        lower = before is not None and before.at_least is not None and before.at_most is None
        upper = part.at_most is not None and part.at_least is None
        if before is not None and lower and upper and before.question == part.question:
            limits = {"at_least": before.at_least, "at_most": part.at_most}
            found[-1] = Condition(question=part.question, **limits)
        else:
            found.append(part)
    return found
