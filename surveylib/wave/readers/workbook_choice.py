"""Which sheet of a workbook holds the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from surveylib.errors import Fault, listed, nearest, show
from surveylib.wave.readers.base import ReadOptions, refuse
from surveylib.wave.readers.workbook_table import count_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


class Tab(NamedTuple):
    """A sheet of a workbook; `hidden` is empty for one that is shown."""

    name: str
    hidden: str
    place: str


def choose(
    file: Path, tabs: Sequence[Tab], is_filled: Callable[[Tab], bool], options: ReadOptions
) -> tuple[Tab, list[Fault]]:
    """The sheet to read, and a warning of those that are hidden.

    Raises:
        ResponsesError: No sheet has the name asked for, or none or several could be meant.
    """
    hidden = [tab for tab in tabs if tab.hidden]
    warnings = []
    if hidden:
        told = ", ".join(f"{show(tab.name)} ({tab.hidden})" for tab in hidden[:12])
        what = f"the workbook hides {count_of(len(hidden), 'sheet')}"
        todo = "see whether one of them belongs to the answers"
        warnings.append(Fault(code="SHEET-HIDDEN", what=what, file=str(file), got=told, todo=todo))
    names = [tab.name for tab in tabs]
    if options.sheet is not None:
        for tab in tabs:
            if tab.name == options.sheet:
                return tab, warnings
        guess = nearest(options.sheet, names)
        what = f"no sheet is called {show(options.sheet)}"
        todo = f"did you mean {show(guess)}?" if guess else ""
        refuse(file, "SHEET-UNKNOWN", what, wanted=listed(names), todo=todo)
    filled = [tab for tab in tabs if not tab.hidden and is_filled(tab)]
    if not filled:
        todo = "name the sheet, if it is a hidden one" if hidden else ""
        refuse(file, "FILE-EMPTY", "no sheet that is shown holds anything", todo=todo)
    if len(filled) > 1:
        what = f"{len(filled)} sheets hold something"
        got = listed(tab.name for tab in filled)
        refuse(file, "SHEET-CHOICE", what, got=got, todo="name the one to read: sheet")
    return filled[0], warnings
