"""How an expression of SurveyJS is put together: groups, negations and comparisons."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

MOST_CHARACTERS = 20_000
MOST_BRACKETS = 100


class UnreadableError(ValueError):
    """An expression that says more than a condition can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A part of an expression: `and`, `or`, `!`, `true`, `false`, or a comparison.

    Args:
        sign: Which of these it is; for a comparison its sign.
        parts: The parts of a group.
        name: The question of a comparison.
        values: What is compared with.
        bracketed: Whether it stands in brackets.
    """

    sign: str
    parts: tuple[Node, ...] = ()
    name: str = ""
    values: tuple[str, ...] = ()
    bracketed: bool = False


_TOKEN = re.compile(
    r"""\s*(?:
    \{(?P<name>[^{}]+)\}
    | '(?P<single>[^'\\]*)' | "(?P<double>[^"\\]*)"
    | (?P<number>-?\d+(?:\.\d+)?)(?![\w.])
    | (?P<sign><=|>=|<>|!=|==|&&|\|\||[=<>!()\[\],])
    | (?P<word>[A-Za-z]+)
    )""",
    re.VERBOSE | re.ASCII,
)
_SPELLINGS = {
    "==": "=", "equal": "=", "!=": "<>", "notequal": "<>", "&&": "and", "||": "or", "not": "!",
    "negate": "!", "greater": ">", "less": "<", "greaterorequal": ">=", "lessorequal": "<=",
}  # fmt: skip
_COMPARISONS = frozenset(
    {"=", "<>", "<", ">", "<=", ">=", "anyof", "noneof", "allof", "contains", "notcontains"}
)


class _Parser:
    """Reads an expression from left to right."""

    def __init__(self, text: str) -> None:
        if len(text) > MOST_CHARACTERS:
            message = "too long"
            raise UnreadableError(message)
        self.tokens = self._tokens(text.strip())
        self.depth = 0

    @staticmethod
    def _tokens(text: str) -> list[tuple[str, str]]:
        tokens, place = [], 0
        while place < len(text):
            found = _TOKEN.match(text, place)
            if found is None:
                message = "no condition on answers"
                raise UnreadableError(message)
            kind = str(found.lastgroup)
            token = found[kind]
            if kind in {"sign", "word"}:
                kind, token = "sign", _SPELLINGS.get(token.lower(), token.lower())
            tokens.append((kind, token))
            place = found.end()
        return tokens[::-1]

    def next_sign(self) -> str:
        """The sign that comes next, or nothing."""
        return self.tokens[-1][1] if self.tokens and self.tokens[-1][0] == "sign" else ""

    def take(self, *wanted: str) -> str:
        """Take what comes next.

        Raises:
            UnreadableError: It is none of what is wanted, or there is nothing.
        """
        if not self.tokens:
            message = "incomplete"
            raise UnreadableError(message)
        kind, token = self.tokens.pop()
        if token not in wanted if kind == "sign" else kind not in wanted:
            message = f"'{token}' in an unexpected place"
            raise UnreadableError(message)
        return token

    def whole(self) -> Node:
        """The whole expression."""
        node = self.chain("or")
        if self.tokens:
            self.take()
        return node

    def chain(self, word: str) -> Node:
        """Parts with `or` or `and` between them; `and` binds more closely."""

        def part() -> Node:
            return self.chain("and") if word == "or" else self.single()

        parts = [part()]
        while self.next_sign() == word:
            self.take(word)
            parts.append(part())
        return parts[0] if len(parts) == 1 else Node(sign=word, parts=tuple(parts))

    def single(self) -> Node:
        """A part in brackets, a negation, a constant or a comparison."""
        self.depth += 1
        if self.depth > MOST_BRACKETS:
            message = "nested too deep"
            raise UnreadableError(message)
        sign = self.next_sign()
        if sign == "(":
            self.take("(")
            node = replace(self.chain("or"), bracketed=True)
            self.take(")")
        elif sign == "!":
            self.take("!")
            node = Node(sign="!", parts=(self.single(),))
        elif sign in {"true", "false"}:
            node = Node(sign=self.take(sign))
        else:
            node = self.comparison()
        self.depth -= 1
        return node

    def comparison(self) -> Node:
        """A question, a sign, and what it is compared with."""
        name = self.take("name").strip()
        sign = self.take("empty", "notempty", *_COMPARISONS)
        if sign in {"empty", "notempty"}:
            return Node(sign=sign, name=name)
        if self.next_sign() != "[":
            return Node(sign=sign, name=name, values=(self.value(),))
        self.take("[")
        values = [self.value()]
        while self.take(",", "]") == ",":
            values.append(self.value())
        return Node(sign=sign, name=name, values=tuple(values))

    def value(self) -> str:
        """A text, a number or a truth value."""
        return self.take("single", "double", "number", "true", "false")


def parse(text: str) -> Node:
    """Read an expression.

    Raises:
        UnreadableError: It holds arithmetic, functions or something else that is no condition.
    """
    return _Parser(text).whole()
