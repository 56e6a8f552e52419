"""The first rows of a file, as drafting looks at them, and columns as a manifest names them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from surveylib.wave.layout import ColumnName
from surveylib.wave.readers.base import Batch
from surveylib.wave.text import lossless

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.wave.readers.base import Column, Sheet

#: Longest header that a manifest repeats whole: alone, and beside the text of a second row with the
#: longest of these. A line of the manifest holds them.
MOST_HEADER, MOST_BESIDE, MOST_UNDER = 60, 20, 30


@dataclass(frozen=True, kw_only=True)
class Sample:
    """The first rows of a file.

    Args:
        batch: The rows.
        whole: Whether the file has no others.
    """

    batch: Batch
    whole: bool

    @cached_property
    def texts(self) -> Sequence[Counter[str]]:
        """How often each text that is not blank stands in each column."""
        return [
            Counter({raw: count for raw, count in Counter(cells).items() if lossless(raw)})
            for cells in self.batch.columns
        ]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.batch.records)

    @property
    def told(self) -> str:
        """The rows, as a sentence names them."""
        return f"{'all' if self.whole else 'the first'} {self.rows} rows"

    def first(self, rows: int) -> Batch:
        """The first few of these rows."""
        records, lines, columns, *_ = self.batch
        return Batch(records[:rows], lines[:rows], [cells[:rows] for cells in columns])


def take_sample(sheet: Sheet, rows: int) -> Sample:
    """Read the first rows of a file; rows of another width are left out."""
    records: list[int] = []
    lines: list[int] = []
    columns: list[list[str]] = [[] for _ in sheet.columns]
    batches = sheet.batches()
    try:
        for batch in batches:
            left = rows - len(records)
            if left <= 0:
                return Sample(batch=Batch(records, lines, columns), whole=False)
            records += islice(batch.records, left)
            lines += islice(batch.lines, left)
            for cells, more in zip(columns, batch.columns, strict=True):
                cells.extend(islice(more, left))
            if len(batch.records) > left:
                return Sample(batch=Batch(records, lines, columns), whole=False)
        return Sample(batch=Batch(records, lines, columns), whole=True)
    finally:
        # A reader may hold a file or a process open until its rows are read.
        getattr(batches, "close", lambda: None)()


def named(column: Column) -> ColumnName:
    """A column by its letters and its header; a long header is cut.

    >>> from surveylib.wave.readers.base import Column
    >>> str(named(Column(position=10, heads=("How many people?", "Response"))))
    "'How many people? | Response' in column K"
    """
    head, under, *rest = (*(lossless(text) for text in column.heads), "")
    if rest and under == head:
        under = ""
    beside = bool(rest and under)
    if len(column.heads) == 3 and rest[0]:
        # The third row holds an id that stays the same from export to export.
        return ColumnName(header=_cut(head, MOST_HEADER) or None, id=rest[0], at=column.letter)
    return ColumnName(
        header=_cut(head, MOST_BESIDE if beside else MOST_HEADER) or None,
        under=(_cut(under, MOST_UNDER) or None) if rest else None,
        at=column.letter,
    )


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most].rstrip()}…"
