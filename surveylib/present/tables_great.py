"""A table as an object of great_tables, for notebooks and pages that style it further."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from surveylib.errors import MissingExtraError
from surveylib.present.tables_layout import flat, spans, superscript

if TYPE_CHECKING:
    from collections.abc import Sequence

    from great_tables import GT

    from surveylib.present.tables_layout import Layout, Line

_STUB, _SECTION = "stub", "section"
_QUIET = "#565b6b"


def great(layout: Layout) -> GT:
    """The table as a `GT`, whose cells are texts: numbers are those of every other format.

    Args:
        layout: A table.

    Raises:
        MissingExtraError: The `report` extra is not installed.
    """
    try:
        import pandas as pd  # noqa: PLC0415 - an optional part
        from great_tables import GT, loc, style  # noqa: PLC0415 - an optional part
    except ImportError as error:
        raise MissingExtraError.of("report", "a table of great_tables") from error

    columns = flat(layout)
    names = [f"c{place}" for place in range(len(columns))]
    has_sections = any(section.heading for section in layout.sections)
    records = _records(layout, names)
    frame = pd.DataFrame(records, columns=[_SECTION, _STUB, *names], dtype="object")
    if not has_sections:
        frame = frame.drop(columns=_SECTION)
    # Left to itself, it has another name each time.
    name = f"surveylib-{hashlib.sha256(repr(layout).encode()).hexdigest()[:10]}"
    made = GT(frame, rowname_col=_STUB, groupname_col=_SECTION if has_sections else None, id=name)
    if layout.title:
        made = made.tab_header(layout.title, layout.subtitle or None)
    made = made.tab_stubhead(layout.stub)
    made = made.cols_label({name: one.head for name, one in zip(names, columns, strict=True)})
    made = made.cols_align("right", columns=names)
    for level, row in enumerate(reversed(spans(layout))):
        for span in row:
            if span.text:
                under = names[span.start : span.start + span.width]
                made = made.tab_spanner(span.text, columns=under, level=level,
                                        id=f"{level}-{span.start}")  # fmt: skip
    # White paper under dark letters, also in a notebook that is dark.
    made = made.tab_style(style.fill(color="white"), [loc.body(), loc.stub(), loc.row_groups()])
    quiet = style.text(color=_QUIET, size="86%")
    intervals = [name for name, one in zip(names, columns, strict=True) if one.interval]
    if intervals:
        made = made.tab_style(quiet, loc.body(columns=intervals))
    for note in _notes(layout):
        made = made.tab_source_note(note)
    return made


def _records(layout: Layout, names: Sequence[str]) -> list[dict[str, str]]:
    """A record for each line: its section, its label and its cells."""
    return [
        {
            _SECTION: section.heading,
            _STUB: _label(line),
            **dict(zip(names, _cells(layout, line), strict=True)),
        }
        for section in layout.sections
        for line in section.lines
    ]


def _label(line: Line) -> str:
    return f"{line.label}{superscript(line.marks)}"


def _cells(layout: Layout, line: Line) -> list[str]:
    found = []
    for one in flat(layout):
        cell = line.cells[one.place]
        found.append(cell.interval if one.interval else f"{cell.said}{superscript(cell.marks)}")
    return found


def _notes(layout: Layout) -> list[str]:
    footnotes = [
        f"{superscript((number,))} {text}" for number, text in enumerate(layout.footnotes, 1)
    ]
    return [*footnotes, *layout.below()]
