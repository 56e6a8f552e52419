"""Expressions of an XLSForm as trees: the part of XPath that questionnaires are routed with.

A tree is read from text and written as text. Two expressions that differ in spaces, quotes or
brackets without effect are the same tree, so that a form can be compared with what is expected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_DEPTH = 30
_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'[^']*'|"[^"]*")
    |(?P<reference>\$\{\s*[^\s{}]+\s*\})
    |(?P<number>-?[0-9]{1,40}(?:\.[0-9]{1,40})?)
    |(?P<sign><=|>=|!=|=|<|>)
    |(?P<mark>[(),])
    |(?P<here>\.)
    |(?P<word>[A-Za-z][A-Za-z0-9_:-]*)
    )""",
    re.VERBOSE,
)

Kind = Literal["or", "and", "compare", "call", "reference", "text", "number", "here"]


@dataclass(frozen=True, slots=True)
class Node:
    """One node of an expression.

    Args:
        kind: What it is; `here` is the answer to the question itself, written as a dot.
        value: A sign, the name of a function or a question, or a value.
        parts: What it consists of.
    """

    kind: Kind
    value: str = ""
    parts: tuple[Node, ...] = ()

    def references(self) -> Iterator[str]:
        """The questions it names."""
        if self.kind == "reference":
            yield self.value
        for part in self.parts:
            yield from part.references()


HERE = Node("here")


def either(parts: tuple[Node, ...]) -> Node:
    """At least one of several holds."""
    return parts[0] if len(parts) == 1 else Node("or", "", _flat("or", parts))


def every(parts: tuple[Node, ...]) -> Node:
    """All of several hold."""
    return parts[0] if len(parts) == 1 else Node("and", "", _flat("and", parts))


def _flat(kind: Kind, parts: tuple[Node, ...]) -> tuple[Node, ...]:
    return tuple(
        inner for part in parts for inner in (part.parts if part.kind == kind else (part,))
    )


def call(name: str, *parts: Node) -> Node:
    """A function of some arguments."""
    return Node("call", name, parts)


def compare(left: Node, sign: str, right: Node) -> Node:
    """Two values beside each other."""
    return Node("compare", sign, (left, right))


def ref(name: str) -> Node:
    """The answer to a question, by its name in the form."""
    return Node("reference", name)


def text(value: str) -> Node:
    """A text."""
    return Node("text", value)


def number(value: object) -> Node:
    """A number."""
    return Node("number", str(value))


def write(node: Node) -> str:
    """The text of an expression.

    >>> write(every((compare(HERE, ">", number(3)), call("not", compare(ref("a"), "=", text(""))))))
    ". > 3 and not(${a} = '')"
    """
    if node.kind in {"or", "and"}:
        return f" {node.kind} ".join(
            f"({write(part)})" if part.kind in {"or", "and"} else write(part) for part in node.parts
        )
    if node.kind == "compare":
        left, right = (
            f"({write(part)})" if part.kind in {"or", "and", "compare"} else write(part)
            for part in node.parts
        )
        return f"{left} {node.value} {right}"
    if node.kind == "call":
        return f"{node.value}({', '.join(write(part) for part in node.parts)})"
    if node.kind == "text":
        return f'"{node.value}"' if "'" in node.value else f"'{node.value}'"
    return {"reference": f"${{{node.value}}}", "here": "."}.get(node.kind, node.value)


def parse(expression: str) -> Node | None:
    """The tree of an expression; None where it uses more of XPath than is read here.

    >>> parse("selected( ${a}, 'b' )") == parse('(selected(${a},"b"))')
    True
    >>> parse("count(../x) + 1") is None
    True
    """
    tokens = list(_tokens(expression))
    if not tokens or ("", "") in tokens:
        return None
    reader = _Reader(tokens)
    try:
        node = reader.either(0)
    except _UnreadableError:
        return None
    return node if reader.place == len(tokens) else None


def _tokens(expression: str) -> Iterator[tuple[str, str]]:
    place, end = 0, len(expression.rstrip())
    while place < end:
        found = _TOKEN.match(expression, place)
        if not found:
            yield ("", "")
            return
        kind = str(found.lastgroup)
        yield kind, found[kind]
        place = found.end()


class _UnreadableError(Exception):
    """The expression uses what is not read here."""


class _Reader:
    """Reads tokens from left to right; `or` binds less than `and`, and that less than signs."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.place = 0

    def _next(self) -> tuple[str, str]:
        return self.tokens[self.place] if self.place < len(self.tokens) else ("", "")

    def _take(self, *wanted: tuple[str, str]) -> bool:
        if self._next() in wanted:
            self.place += 1
            return True
        return False

    def either(self, depth: int) -> Node:
        if depth > _MOST_DEPTH:
            raise _UnreadableError
        parts = [self._every(depth)]
        while self._take(("word", "or")):
            parts.append(self._every(depth))
        return either(tuple(parts))

    def _every(self, depth: int) -> Node:
        parts = [self._compare(depth)]
        while self._take(("word", "and")):
            parts.append(self._compare(depth))
        return every(tuple(parts))

    def _compare(self, depth: int) -> Node:
        left = self._value(depth)
        kind, sign = self._next()
        if kind != "sign":
            return left
        self.place += 1
        return compare(left, sign, self._value(depth))

    def _value(self, depth: int) -> Node:
        kind, value = self._next()
        self.place += 1
        if (kind, value) == ("mark", "("):
            node = self.either(depth + 1)
            self._close()
            return node
        if kind == "word":
            return self._call(value, depth)
        simple = {
            "text": lambda: text(value[1:-1]),
            "reference": lambda: ref(value[2:-1].strip()),
            "number": lambda: number(value),
            "here": lambda: HERE,
        }
        if kind not in simple:
            raise _UnreadableError
        return simple[kind]()

    def _call(self, name: str, depth: int) -> Node:
        if not self._take(("mark", "(")):
            raise _UnreadableError
        if self._take(("mark", ")")):
            return call(name)
        parts = [self.either(depth + 1)]
        while self._take(("mark", ",")):
            parts.append(self.either(depth + 1))
        self._close()
        return call(name, *parts)

    def _close(self) -> None:
        if not self._take(("mark", ")")):
            raise _UnreadableError
