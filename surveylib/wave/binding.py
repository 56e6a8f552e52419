"""Columns of a manifest, bound to those of a file: every column has a use or a reason to have none.

All faults are found together, each with its line of wave.yaml where there is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from surveylib.errors import Fault, listed, nearest, show
from surveylib.wave.layout import (
    CodedText,
    ColumnName,
    ColumnPerOption,
    DelimitedCell,
    GridRows,
    Mentions,
    NotInFile,
    OneColumn,
)
from surveylib.wave.readers.base import letters, place_of
from surveylib.wave.readers.qualtrics import PERSONAL
from surveylib.wave.text import lossless

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from surveylib.instrument.yamltext import Document, Place
    from surveylib.wave.layout import Columns, _Layout
    from surveylib.wave.readers.base import Column, Sheet

#: Faults of one kind that are told one by one; the others are counted.
MOST_TOLD = 20
#: Headers that announce personal data.
_PERSONAL = re.compile(
    r"\b(e-?mail|ip[ _-]?address|ipaddr|ip|phone|telephone|mobile number|first[ _-]?name|"
    r"last[ _-]?name|surname|full[ _-]?name|latitude|longitude|street|postal address|"
    r"date of birth|recipient\w*|geo ?location|locationlatitude|locationlongitude|ipaddress|"
    r"emailaddress|vorname|nachname|telefon)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """One mapped question, and the places of its columns.

    Args:
        name: The question; for a row of a grid `grid.row`.
        layout: What the manifest says of its cells.
        column: The only column, where there is one.
        options: Column of each option.
        missing: Column of each way of not answering that could be ticked.
        mentions: Columns for the first mention, the second and so on.
        write_in: Column of the text of each option that has one.
        place: Where it stands in the manifest.
    """

    name: str
    layout: _Layout
    column: int | None = None
    options: Mapping[str, int] = field(default_factory=dict)
    missing: Mapping[str, int] = field(default_factory=dict)
    mentions: tuple[int, ...] = ()
    write_in: Mapping[str, int] = field(default_factory=dict)
    place: Place = ()

    @property
    def positions(self) -> tuple[int, ...]:
        """The columns that hold the answer itself, without texts beside it."""
        one = () if self.column is None else (self.column,)
        return (*one, *self.options.values(), *self.missing.values(), *self.mentions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A manifest's columns in a file.

    Args:
        questions: Every mapped question, by name.
        not_in_file: Questions that the file has no answers to, with the reason.
        respondent: The column of ids.
        version: The column that names each row's version.
        finished: The column that says who came to the end.
        timing: Columns of times: of seconds, or of start and end.
        exclude: The column of each rule that excludes rows.
        keep: Further columns, by the name to give them.
        ignored: Columns that are not read, with the reason.
    """

    questions: Mapping[str, Bound]
    not_in_file: Mapping[str, str]
    respondent: int | None = None
    version: int | None = None
    finished: int | None = None
    timing: tuple[int, ...] = ()
    exclude: tuple[int, ...] = ()
    keep: Mapping[str, int] = field(default_factory=dict)
    ignored: Mapping[int, str] = field(default_factory=dict)


def placed(
    document: Document | None, file: str, place: Place, code: str, what: str, **parts: Any
) -> Fault:
    """A fault with its line in the manifest; without one, with the file of responses."""
    if document is not None:
        return document.fault(place, code, what, **parts)
    return Fault(code=code, what=what, file=file, **parts)


class _Search:
    """Finds columns, and collects what is wrong."""

    def __init__(self, sheet: Sheet, document: Document | None) -> None:
        self.sheet = sheet
        self.document = document
        self.faults: list[Fault] = []
        self.uses: dict[int, list[tuple[str, Place]]] = {}
        self.by_head: dict[str, list[int]] = {}
        for column in sheet.columns:
            self.by_head.setdefault(lossless(column.heads[0]), []).append(column.position)

    def fault(self, place: Place, code: str, what: str, **parts: Any) -> None:
        """Something wrong in the manifest, or between it and the file."""
        self.faults.append(placed(self.document, self.sheet.file, place, code, what, **parts))

    def once(self, questions: dict[str, Bound], item: Bound) -> None:
        """Take a mapped question, unless it is mapped already."""
        if item.name in questions:
            what = f"'{item.name}' is mapped twice: by itself and with its grid"
            self.fault(item.place, "QUESTION-TWICE", what, todo="leave one of them")
        questions[item.name] = item

    def use(self, name: ColumnName | None, place: Place, purpose: str) -> int | None:
        """The position of a column, which is then used; None with a fault."""
        if name is None:
            return None
        found = self.find(name, place)
        if found is not None:
            self.uses.setdefault(found, []).append((purpose, place))
        return found

    def find(self, name: ColumnName, place: Place) -> int | None:
        """The position of a column, or None with a fault."""
        if name.at is not None:
            return self._at(name, name.at, place)
        candidates = self._with_head(name)
        if len(candidates) == 1:
            return candidates[0]
        if not candidates:
            heads = [column.head for column in self.sheet.columns]
            guess = nearest(name.header or "", heads)
            todo = f"is it '{guess}'?" if guess else f"its columns: {listed(heads, most=6)}"
            self.fault(place, "COLUMN-MISSING", f"the file has no column {name}", todo=todo)
        else:
            where = ", ".join(letters(position) for position in candidates)
            what = f"the file has {len(candidates)} columns {name}: {where}"
            todo = f"add its letters, such as at: {letters(candidates[0])}"
            self.fault(place, "COLUMN-AMBIGUOUS", what, todo=todo)
        return None

    def _with_head(self, name: ColumnName) -> list[int]:
        if name.header is not None and not name.header.endswith("…"):
            near: Iterable[int] = self.by_head.get(lossless(name.header), [])
        else:
            near = range(len(self.sheet.columns))
        return [position for position in near if _heads_fit(name, self.sheet.columns[position])]

    def _at(self, name: ColumnName, at: str, place: Place) -> int | None:
        position = place_of(at)
        width = len(self.sheet.columns)
        if position >= width:
            what = f"the file has no column {at}; its last is {letters(width - 1)}"
            self.fault(place, "COLUMN-MISSING", what)
            return None
        column = self.sheet.columns[position]
        if not _heads_fit(name, column):
            others = [letters(other) for other in self._with_head(name)][:3]
            todo = f"the header stands in column {' and '.join(others)}" if others else ""
            self.fault(
                place,
                "COLUMN-HEADER",
                f"column {at} has another header",
                got=show(column.head),
                wanted=str(name),
                todo=todo or "was a column added or taken out?",
            )
            return None
        return position


def _heads_fit(name: ColumnName, column: Column) -> bool:
    heads = (*column.heads, "", "")
    wanted = (name.header, name.under, name.id)
    return all(_head_fits(text, head) for text, head in zip(wanted, heads, strict=False))


def _head_fits(wanted: str | None, head: str) -> bool:
    if wanted is None:
        return True
    if wanted.endswith("…"):
        return lossless(head).startswith(lossless(wanted[:-1]))
    return lossless(head) == lossless(wanted)


def bind(
    sheet: Sheet, columns: Columns, document: Document | None = None
) -> tuple[Binding, list[Fault]]:
    """Find every column that a manifest names, and every one that it does not.

    Args:
        sheet: The file of responses.
        columns: What the manifest says.
        document: The manifest as text, for messages that name a line.
    """
    search = _Search(sheet, document)
    questions: dict[str, Bound] = {}
    absent: dict[str, str] = {}
    for name, layout in columns.columns.items():
        place: Place = ("columns", name)
        if isinstance(layout, NotInFile):
            absent[name] = layout.reason
        elif isinstance(layout, GridRows):
            for row, column in layout.rows.items():
                there = (*place, "rows", row)
                found = search.use(column, there, f"{name}.{row}")
                item = Bound(name=f"{name}.{row}", layout=layout, column=found, place=there)
                search.once(questions, item)
        else:
            search.once(questions, _bound(search, name, layout, place))
    made = Binding(
        questions=questions,
        not_in_file=absent,
        **_special(search, columns),  # type: ignore[arg-type]
        **_rest(search, columns),  # type: ignore[arg-type]
    )
    _check_uses(search, made)
    return made, search.faults


def _bound(
    search: _Search,
    name: str,
    layout: OneColumn | DelimitedCell | ColumnPerOption | Mentions | CodedText,
    place: Place,
) -> Bound:
    def many(names: Mapping[str, ColumnName], key: str) -> dict[str, int]:
        found = {
            code: search.use(column, (*place, key, code), f"{name}/{code}")
            for code, column in names.items()
        }
        return {code: position for code, position in found.items() if position is not None}

    column = getattr(layout, "column", None)
    mentions = [
        search.use(entry, (*place, "columns", number), f"{name}, mention {number + 1}")
        for number, entry in enumerate(getattr(layout, "columns", ()))
    ]
    return Bound(
        name=name,
        layout=layout,
        column=search.use(column, (*place, "column"), name),
        options=many(getattr(layout, "options", {}), "options"),
        missing=many(getattr(layout, "missing", {}), "missing"),
        mentions=tuple(position for position in mentions if position is not None),
        write_in=many(layout.write_in, "write_in"),
        place=place,
    )


def _special(search: _Search, columns: Columns) -> dict[str, int | None]:
    """Columns that say something of the row."""
    named = {
        "respondent": (columns.respondent, ("respondent", "column")),
        "version": (columns.version, ("version", "column")),
        "finished": (columns.blanks.finished, ("blanks", "finished", "column")),
    }
    return {
        name: search.use(entry.column if entry else None, place, name)
        for name, (entry, place) in named.items()
    }


def _rest(search: _Search, columns: Columns) -> dict[str, object]:
    timing: list[int] = []
    for key in ("seconds", "started", "ended"):
        name = getattr(columns.timing, key, None)
        if (found := search.use(name, ("timing", key), f"timing: {key}")) is not None:
            timing.append(found)
    exclude = [
        # A column that excludes rows may be read for something else too.
        search.find(rule.column, ("exclude", number, "column"))
        for number, rule in enumerate(columns.exclude)
    ]
    keep = {
        name: search.use(column, ("keep", name), f"keep: {name}")
        for name, column in columns.keep.items()
    }
    ignored: dict[int, str] = {}
    for number, entry in enumerate(columns.ignore):
        place: Place = ("ignore", number)
        ends = (entry.column, entry.column) if entry.column else (entry.first, entry.last)
        first, last = (search.find(end, place) if end else None for end in ends)
        if first is None or last is None:
            continue
        if last < first:
            what = f"column {letters(last)} stands before column {letters(first)}"
            search.fault(place, "COLUMNS-REVERSED", what)
        for position in range(first, last + 1):
            search.uses.setdefault(position, []).append(("ignore", place))
            ignored[position] = entry.reason
    return {
        "timing": tuple(timing),
        "exclude": tuple(-1 if position is None else position for position in exclude),
        "keep": {name: position for name, position in keep.items() if position is not None},
        "ignored": ignored,
    }


def _check_uses(search: _Search, made: Binding) -> None:
    """Every column has exactly one use, and none that is personal is taken."""
    unused = [
        column
        for column in search.sheet.columns
        if column.position not in search.uses and column.position not in made.exclude
    ]
    for column in unused[:MOST_TOLD]:
        named = f"{show(column.head)} " if column.head else "without a header "
        search.fault(
            ("columns",),
            "COLUMN-UNMAPPED",
            f"column {column.letter} {named}is neither mapped nor ignored",
            todo="map it to a question, or list it under 'ignore' with the reason",
        )
    if len(unused) > MOST_TOLD:
        what = f"{len(unused) - MOST_TOLD} more columns are neither mapped nor ignored"
        todo = "'surveylib wave new' drafts a manifest with a proposal for each"
        search.fault(("columns",), "COLUMN-UNMAPPED", what, todo=todo)
    for position, uses in sorted(search.uses.items()):
        column = search.sheet.columns[position]
        if len(uses) > 1:
            told = listed(purpose for purpose, _ in uses)
            what = f"column {column.letter} has {len(uses)} uses: {told}"
            search.fault(uses[-1][1], "COLUMN-TWICE", what, todo="leave one of them")
        elif uses[0][0] != "ignore" and is_personal(column.heads):
            purpose, place = uses[0]
            what = f"column {column.letter} {show(column.head)} looks like personal data"
            todo = "list it under 'ignore', with 'personal data' as the reason"
            search.fault(place, "PERSONAL-DATA", what, got=f"used for {purpose}", todo=todo)


def is_personal(heads: Sequence[str]) -> bool:
    """Whether a header announces personal data such as an address, a name or a place.

    Questions mention e-mail too: only a short header is a name.

    >>> is_personal(["IP Address"]), is_personal(["Do you answer e-mail on the same day?"])
    (True, False)
    """
    return any(
        text.strip() in PERSONAL or (len(text.split()) <= 4 and _PERSONAL.search(text) is not None)
        for text in heads
    )


def mapped_names(columns: Columns) -> Iterator[tuple[str, Place]]:
    """Every question that a manifest names, rows of grids one by one, with its place."""
    for name, layout in columns.columns.items():
        if isinstance(layout, GridRows):
            for row in layout.rows:
                yield f"{name}.{row}", ("columns", name, "rows", row)
        else:
            yield name, ("columns", name)
