"""Proposals, put together: rows of grids as one entry, and the mapping of a whole file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from surveylib.instrument.question import Grid
from surveylib.wave.draft_proposal import Proposal
from surveylib.wave.layout import (
    Blanks,
    ColumnName,
    Columns,
    Finished,
    GridRows,
    Ignored,
    NotInFile,
    OneColumn,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from surveylib.instrument.model import Instrument

#: Why a question has no column, in a file of which every column is something else.
NOT_IN_FILE = "no column of the file holds it"


def grids_joined(instrument: Instrument, questions: Sequence[Proposal]) -> list[Proposal]:
    """The proposals with rows of a grid as one, where these have a plain column each.

    Args:
        instrument: The questionnaire.
        questions: A proposal for each question or row, in order.
    """
    rows = {
        item.id: grid.id
        for grid in instrument.questions
        if isinstance(grid, Grid) and grid.exclusive
        for item in grid.items
    }
    groups: dict[object, list[Proposal]] = {}
    for one in questions:
        entry = one.entry
        plain = isinstance(entry, OneColumn) and not (entry.write_in or entry.repair or one.look)
        key = (
            (rows[one.target], one.certain, tuple(sorted(entry.values.items())))
            if plain and one.target in rows and isinstance(entry, OneColumn)
            else one.target
        )
        groups.setdefault(key, []).append(one)
    return [made for key, found in groups.items() for made in _as_grid(rows, key, found)]


def _as_grid(rows: dict[str, str], key: object, found: list[Proposal]) -> list[Proposal]:
    if len(found) == 1 or isinstance(key, str):
        return found
    first = found[0]
    columns = {
        one.target.partition(".")[2]: one.entry.column
        for one in found
        if isinstance(one.entry, OneColumn)
    }
    values = first.entry.values if isinstance(first.entry, OneColumn) else {}
    made = Proposal(
        target=rows[first.target],
        positions=tuple(place for one in found for place in one.positions),
        entry=GridRows(layout="grid", rows=columns, values=values),
        certain=first.certain,
        why=first.why,
    )
    return [made]


def mapping(proposals: Iterable[Proposal], without: Iterable[str]) -> Columns:
    """What a manifest would say of every column.

    Args:
        proposals: For every column of the file.
        without: Questions that no column fits.
    """
    parts: dict[str, Any] = {"columns": {}, "keep": {}, "ignore": []}
    for one in proposals:
        entry = one.entry
        if isinstance(entry, Ignored):
            parts["ignore"].append(entry)
        elif isinstance(entry, Finished):
            parts["blanks"] = Blanks(finished=entry)
        elif isinstance(entry, ColumnName):
            parts["keep"][one.target.partition(":")[2]] = entry
        elif one.layout:
            parts["columns"][one.target] = entry
        else:
            parts[one.target] = entry
    for name in without:
        parts["columns"][name] = NotInFile(layout="not_in_file", reason=NOT_IN_FILE)
    return Columns(**parts)
