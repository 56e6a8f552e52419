"""What became of the cells: for each question how many respondents have each state."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from surveylib.instrument.question import Derived
from surveylib.present import quality_words as words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from surveylib.wave.door import Ingested
    from surveylib.wave.fields import Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a bar: how it looks, what it is called, how many it stands for, its width."""

    look: str
    label: str
    count: str
    width: str
    share: str


class Rate(NamedTuple):
    """A share of those who were asked."""

    share: str
    base: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A question, or a row of a grid.

    Args:
        id: Its id.
        heading: Its title; for a row of a grid without that of the grid.
        derived: Whether it follows from other answers.
        parts: Its bar.
        counts: How many have each of the states that occur in the wave.
        nonresponse: Those asked who gave no answer.
        dont_know: Those asked who said that they do not know.
    """

    id: str
    heading: str
    derived: bool
    parts: tuple[Part, ...]
    counts: tuple[str, ...]
    nonresponse: Rate
    dont_know: Rate

    @property
    def told(self) -> str:
        """The bar in words."""
        return ", ".join(f"{part.label} {part.count}" for part in self.parts)


class Group(NamedTuple):
    """The rows of a grid under its title; a question by itself has no title above it."""

    id: str
    heading: str
    lines: tuple[Line, ...]


class Cells(NamedTuple):
    """Every question: the states that occur, those that do not, and the questions in groups."""

    shown: tuple[tuple[str, str], ...]
    absent: str
    groups: tuple[Group, ...]


def cells(ingested: Ingested) -> Cells:
    """What became of every cell, question by question.

    Args:
        ingested: A wave with its accounts.
    """
    questions = ingested.accounts.questions
    used = {state for states in questions.values() for state, n in states.items() if n}
    shown = tuple((state, name) for state, name in words.STATES.items() if state in used)
    absent = [name for state, name in words.STATES.items() if state not in used]
    titles = {entry.id: entry.heading for entry in ingested.wave.instrument.questions}
    return Cells(
        shown=shown,
        absent=", ".join(absent),
        groups=tuple(_groups(ingested.wave.asked, questions, dict(shown), titles)),
    )


def asked_of(states: Mapping[str, int]) -> int:
    """How many were asked: with an answer, a way of not answering, or a cell in quarantine.

    >>> asked_of({"answered": 6, "no_answer": 1, "invalid": 1, "not_applicable": 4})
    8
    """
    return sum(states.get(state, 0) for state in words.ASKED)


def _groups(
    asked: Iterable[Asked],
    questions: Mapping[str, Mapping[str, int]],
    shown: Mapping[str, str],
    titles: Mapping[str, str],
) -> Iterator[Group]:
    for grid, entries in groupby(asked, key=lambda entry: _grid(entry.name)):
        above = titles.get(grid, grid.replace("_", " ").capitalize())
        found = tuple(
            _line(entry, questions[entry.name], shown, f"{above}: " if above else "")
            for entry in entries
        )
        yield Group(grid, above, found)


def _grid(name: str) -> str:
    """The grid that a row belongs to; empty for a question by itself."""
    return name.partition(".")[0] if "." in name else ""


def _line(entry: Asked, states: Mapping[str, int], shown: Mapping[str, str], above: str) -> Line:
    base = asked_of(states)
    return Line(
        id=entry.name,
        heading=entry.question.heading.removeprefix(above),
        derived=isinstance(entry.question, Derived),
        parts=parts({state: (name, states.get(state, 0)) for state, name in shown.items()}),
        counts=tuple(words.number(states.get(state, 0)) for state in shown),
        nonresponse=_rate(states.get("no_answer", 0), base),
        dont_know=_dont_know(entry, states.get("dont_know", 0), base),
    )


def _dont_know(entry: Asked, n: int, base: int) -> Rate:
    """A share of nobody says something only where people could say that they do not know."""
    offered = "dont_know" in entry.question.missing
    return _rate(n, base) if n or offered else Rate(words.NONE, "not offered")


def _rate(n: int, base: int) -> Rate:
    told = f"{words.number(n)} of {words.number(base)}" if base else "nobody asked"
    return Rate(words.share(n, base), told)


def parts(counts: Mapping[str, tuple[str, int]]) -> tuple[Part, ...]:
    """The pieces of a bar, left to right, without those that stand for nobody.

    Args:
        counts: What each piece is called and how many it stands for, by how it looks.
    """
    total = sum(n for _, n in counts.values())
    return tuple(
        Part(
            look=look,
            label=label,
            count=words.number(n),
            width=f"{n / total * 100:.3f}",
            share=words.share(n, total),
        )
        for look, (label, n) in counts.items()
        if n
    )
