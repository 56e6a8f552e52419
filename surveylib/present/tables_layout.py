"""A result as one neutral table, from which every format is written: so all say the same numbers.

Answers are rows, waves and groups are columns. A cell holds the number and the text of the number;
writers print the text, or give a spreadsheet the number, and compute nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from surveylib.analysis.results import Estimate

#: What stands in a cell without a figure, and its meaning below the table.
WITHHELD = "[c]"
NOT_PRINTED = "[x]"
NOT_THERE = "[z]"
NOT_COMPARED = "[n]"
MEANINGS: Mapping[str, str] = {
    WITHHELD: "withheld, so that nobody can be recognised",
    NOT_PRINTED: "no figure was printed",
    NOT_THERE: "no such answer in this wave, or nobody in this group",
    NOT_COMPARED: "not compared; the notes say why, where a reason is declared",
}

_SUPERSCRIPT = str.maketrans("0123456789,", "⁰¹²³⁴⁵⁶⁷⁸⁹,")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure, as a number and as a text.

    Args:
        text: As a reader sees it, or a sign.
        value: The number in the unit of its column; None where there is none, or a range only.
        interval: Its interval as a reader sees it.
        low: The lower limit, in the same unit.
        high: The upper limit.
        letters: The columns whose share is lower, as letters.
        arrow: Whether the share rose or fell since the wave before.
        marks: Numbers of footnotes.
        about: The estimate that it shows.
    """

    text: str = NOT_THERE
    value: float | None = None
    interval: str = ""
    low: float | None = None
    high: float | None = None
    letters: tuple[str, ...] = ()
    arrow: str = ""
    marks: tuple[int, ...] = ()
    about: Estimate | None = field(default=None, repr=False)

    @property
    def signs(self) -> str:
        """What stands behind the figure: an arrow, and letters."""
        return " ".join([*([self.arrow] if self.arrow else []), *self.letters])

    @property
    def said(self) -> str:
        """The figure with its arrow and letters, without footnotes."""
        return f"{self.text} {self.signs}" if self.signs else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of figures, which may have intervals beside them.

    Args:
        heads: What stands above it, from the top: a wave, a group, or two waves.
        figure: What the figures are: `share`, `points`, `p`, …
        unit: A name in UNITS, by which a spreadsheet shows the number.
        interval: What the intervals beside them are called; empty where there are none.
        letter: By which other columns name it; empty where none does.
    """

    heads: tuple[str, ...]
    figure: str
    unit: str
    interval: str = ""
    letter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row: an answer, or the number of respondents.

    Args:
        label: What it is about.
        cells: One for each column.
        marks: Numbers of footnotes about the label.
        kind: `answer`, `base` for numbers of respondents, or `all` for shares of all.
    """

    label: str
    cells: tuple[Cell, ...]
    marks: tuple[int, ...] = ()
    kind: str = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Rows that belong together: of one question, or one group.

    Args:
        heading: Above them; empty where the title says it.
        lines: The rows.
    """

    heading: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A table, for every format.

    Args:
        title: The question in a few words.
        subtitle: The question as it was asked.
        columns: The columns behind the stub.
        sections: The rows.
        footnotes: What marks stand for; mark 1 is the first.
        notes: What must be known of the whole table.
        sources: Where the figures come from.
        stub: What the first column holds.
    """

    title: str
    subtitle: str
    columns: tuple[Column, ...]
    sections: tuple[Section, ...]
    footnotes: tuple[str, ...]
    notes: tuple[str, ...]
    sources: tuple[str, ...]
    stub: str = "answer"

    @property
    def depth(self) -> int:
        """Rows of heads above the names of the figures."""
        return max((len(column.heads) for column in self.columns), default=0)

    def heads(self, column: Column) -> tuple[str, ...]:
        """The heads of a column from the top, filled up, with its letter in the lowest."""
        found = ["", *column.heads] if not column.heads else list(column.heads)
        if column.letter:
            found[-1] = f"{found[-1]} ({column.letter})".strip()
        return tuple([""] * (self.depth - len(found)) + found)[-max(self.depth, 1) :]

    def below(self) -> list[str]:
        """Everything below the table but the footnotes: signs, notes, sources."""
        seen = {cell.text for line in self.lines() for cell in line.cells}
        signs = [f"{sign} {meaning}" for sign, meaning in MEANINGS.items() if sign in seen]
        sources = [f"source: {'; '.join(self.sources)}"] if self.sources else []
        return [*signs, *self.notes, *sources]

    def lines(self) -> Iterator[Line]:
        """Every row of every section."""
        for section in self.sections:
            yield from section.lines


class Flat(NamedTuple):
    """A column as a page has it: figures, or the intervals beside them.

    Args:
        column: Of the layout.
        place: Its place there.
        interval: Whether it holds the intervals.
        head: Its name.
    """

    column: Column
    place: int
    interval: bool
    head: str


def flat(layout: Layout) -> list[Flat]:
    """The columns of a page: each column of figures, and the intervals beside it.

    Args:
        layout: A table.
    """
    found = []
    for place, column in enumerate(layout.columns):
        found.append(Flat(column, place, interval=False, head=column.figure))
        if column.interval:
            found.append(Flat(column, place, interval=True, head=column.interval))
    return found


def blocks(layout: Layout, most: int) -> list[Layout]:
    """A table in several with the same rows, where it is too wide for a page.

    Columns under the same heads stay together, also where these alone are too many.

    Args:
        layout: A table.
        most: How many letters a line may have, about.
    """
    stub = max((len(line.label) for line in layout.lines()), default=0)
    packs: list[list[int]] = []
    size = stub
    for _, group in groupby(range(len(layout.columns)), lambda at: layout.columns[at].heads):
        places = list(group)
        width = sum(_letters(layout, at) for at in places)
        if not packs or size + width > most:
            packs.append([])
            size = stub
        packs[-1] += places
        size += width
    return [layout] if len(packs) < 2 else [_part(layout, places) for places in packs]


def _letters(layout: Layout, at: int) -> int:
    """How many letters wide a column is, with the intervals beside it and the space before."""
    cells = [line.cells[at] for line in layout.lines()]
    figures = [layout.columns[at].figure, *(cell.said for cell in cells)]
    limits = [layout.columns[at].interval, *(cell.interval for cell in cells)]
    widest = max(map(len, limits))
    return max(map(len, figures)) + 2 + (widest + 2 if widest else 0)


def _part(layout: Layout, places: Sequence[int]) -> Layout:
    """A table with some of its columns."""
    sections = tuple(
        replace(
            section,
            lines=tuple(
                replace(line, cells=tuple(line.cells[at] for at in places))
                for line in section.lines
            ),
        )
        for section in layout.sections
    )
    columns = tuple(layout.columns[at] for at in places)
    return replace(layout, columns=columns, sections=sections)


class Span(NamedTuple):
    """A head over neighbouring columns of a page.

    Args:
        text: The head; empty where nothing stands.
        start: The first column of the page under it, counted from 0.
        width: How many.
    """

    text: str
    start: int
    width: int


def spans(layout: Layout) -> list[list[Span]]:
    """The rows of heads above the names of the columns of a page, from the top.

    Args:
        layout: A table.
    """
    columns = flat(layout)
    found = []
    for level in range(layout.depth):
        row: list[Span] = []
        before: Any = None
        for start, one in enumerate(columns):
            above = layout.heads(one.column)[: level + 1]
            if above == before:
                row[-1] = row[-1]._replace(width=row[-1].width + 1)
            else:
                row.append(Span(above[-1], start, 1))
            before = above
        found.append(row)
    return found


def superscript(marks: Sequence[int]) -> str:
    """Marks of footnotes, raised.

    >>> superscript((1, 12))
    '¹,¹²'
    """
    return ",".join(map(str, marks)).translate(_SUPERSCRIPT)


class Footnotes:
    """Footnotes in the order in which they are met, each once.

    Args:
        common: What holds for every figure of a table: said once below it, without a mark.
    """

    def __init__(self, common: Collection[str] = ()) -> None:
        self.texts: list[str] = []
        self.common = tuple(common)
        self._places: dict[str, int] = {}

    def mark(self, text: str) -> int:
        """The number of a footnote, counted from 1.

        Args:
            text: The footnote.
        """
        if text not in self._places:
            self.texts.append(text)
            self._places[text] = len(self.texts)
        return self._places[text]


def merged(orders: Iterable[Sequence[Any]]) -> list[Any]:
    """Several orders as one: nothing stands before what it follows; ties as first seen.

    Where orders contradict each other, what was seen first goes first.

    Args:
        orders: The orders; each has a thing once.

    >>> merged([["a", "c"], ["a", "b", "c", "d"]])
    ['a', 'b', 'c', 'd']
    """
    before: dict[Any, set[Any]] = {}
    for order in orders:
        for place, one in enumerate(order):
            before.setdefault(one, set()).update(order[place - 1 : place])
    found: list[Any] = []
    while before:
        free = (one for one, others in before.items() if not others & before.keys())
        chosen = next(free, next(iter(before)))
        del before[chosen]
        found.append(chosen)
    return found


def letter(place: int) -> str:
    """The name of a column by its place, as spreadsheets have it.

    >>> letter(0), letter(25), letter(26)
    ('A', 'Z', 'AA')
    """
    name = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name
