"""A table as Markdown, in the form with pipes that most readers know."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from surveylib.present.tables_layout import flat, superscript

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.present.tables_layout import Layout, Line

#: What Markdown, or HTML within it, would act on.
_ACTING = re.compile(r"([\\`*_{}\[\]<>|#~$^&])")
#: What begins a list, a heading or a quotation at the start of a line.
_BEGINNING = re.compile(r"^(\s*)(\d*)([-+=]|(?<=\d)[.)])")


def escaped(text: str) -> str:
    r"""A text that Markdown shows as it is.

    >>> print(escaped("a|b *c* <d> _e_ & $f$"))
    a\|b \*c\* \<d\> \_e\_ \& \$f\$
    """
    flat_text = " ".join(text.split("\n"))
    return _ACTING.sub(r"\\\1", flat_text)


def markdown(layout: Layout) -> str:
    """The table as Markdown: heads in one line, which holds the heads above it.

    Args:
        layout: A table.
    """
    columns = flat(layout)
    heads = [", ".join([*filter(None, layout.heads(one.column)), one.head]) for one in columns]
    lines = [_row([layout.stub, *heads])]
    lines.append(f"| --- |{' ---: |' * len(columns)}")
    for section in layout.sections:
        if section.heading:
            lines.append(f"| **{escaped(section.heading)}** |{'  |' * len(columns)}")
        lines += [_line(layout, line) for line in section.lines]
    parts = []
    if layout.title:
        parts.append(f"**{escaped(layout.title)}**")
    if layout.subtitle:
        parts.append(begun(escaped(layout.subtitle)))
    parts.append("\n".join(lines))
    parts += [
        f"{superscript((number,))} {escaped(text)}"
        for number, text in enumerate(layout.footnotes, 1)
    ]
    parts += [begun(escaped(line)) for line in layout.below()]
    return "\n\n".join(parts) + "\n"


def begun(text: str) -> str:
    r"""A line that begins no list and no heading.

    Args:
        text: The line.

    >>> print(begun("- a"), begun("1. a"))
    \- a 1\. a
    """
    return _BEGINNING.sub(r"\1\2\\\3", text)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"


def _line(layout: Layout, line: Line) -> str:
    cells = [f"{line.label}{superscript(line.marks)}"]
    for one in flat(layout):
        cell = line.cells[one.place]
        cells.append(cell.interval if one.interval else f"{cell.said}{superscript(cell.marks)}")
    return _row(cells)
