"""One proposal: what a column or a group of columns may hold, and what speaks for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from surveylib.wave.draft_sample import named
from surveylib.wave.layout import Ignored
from surveylib.wave.readers.base import letters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from surveylib.wave.layout import (
        AnyLayout,
        ColumnName,
        Finished,
        RespondentId,
        Timing,
        VersionColumn,
    )
    from surveylib.wave.readers.base import Column

    Entry = AnyLayout | Ignored | RespondentId | Timing | Finished | VersionColumn | ColumnName


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What some columns may hold.

    Args:
        target: A question, for a row of a grid `grid.row`; or `ignore`, `respondent`, `timing`,
            `finished`, `version`, or `keep:` with a name.
        positions: The places of the columns in the file, from 0.
        entry: What the manifest would say.
        certain: Whether nobody has to look at it.
        why: What speaks for it.
        look: What speaks against it, or has to be decided.
    """

    target: str
    positions: tuple[int, ...]
    entry: Entry
    certain: bool
    why: str
    look: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The letters of the columns."""
        return tuple(letters(position) for position in self.positions)

    @property
    def layout(self) -> str:
        """The layout of a question's columns; empty for anything else."""
        return str(getattr(self.entry, "layout", ""))

    @property
    def told(self) -> str:
        """The evidence as sentences."""
        told = (text[:1].upper() + text[1:] for text in (self.why, *self.look))
        return " ".join(text if text.endswith("?") else f"{text}." for text in told)


def ignored(column: Column, reason: str, *, why: str, look: Sequence[str] = ()) -> Proposal:
    """A column that is not read: certain where there is nothing to look at."""
    return Proposal(
        target="ignore",
        positions=(column.position,),
        entry=Ignored(column=named(column), reason=reason),
        certain=not look,
        why=why,
        look=tuple(look),
    )


def in_runs(proposals: Iterable[Proposal], columns: Sequence[Column]) -> list[Proposal]:
    """Columns side by side that are ignored for the same reason, as one proposal."""
    found: list[Proposal] = []
    for one in sorted(proposals, key=lambda one: one.positions):
        last = found[-1] if found else None
        if (
            last is None
            or not (isinstance(last.entry, Ignored) and isinstance(one.entry, Ignored))
            or last.positions[-1] + 1 != one.positions[0]
            or (last.entry.reason, last.certain, last.why, last.look)
            != (one.entry.reason, one.certain, one.why, one.look)
        ):
            found.append(one)
            continue
        run = (*last.positions, *one.positions)
        ends = {"from": named(columns[run[0]]), "to": named(columns[run[-1]])}
        found[-1] = Proposal(
            target="ignore",
            positions=run,
            entry=Ignored.model_validate({**ends, "reason": one.entry.reason}),
            certain=one.certain,
            why=one.why,
            look=one.look,
        )
    return found
