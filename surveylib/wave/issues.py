"""What became of single cells and rows that were not simply taken, one record for each."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple

from surveylib.wave.text import escaped, guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from surveylib.wave.cells import Outcome
    from surveylib.wave.readers.base import Column

#: The columns of quarantine.csv and repairs.csv, in order.
HEADS = ("file", "record", "line", "column", "header", "question", "raw", "code", "what",
         "wanted", "todo", "after")  # fmt: skip
#: Lines of a group of issues that are named, and groups that are told; quarantine.csv has all.
MOST_LINES = 20
MOST_GROUPS = 10_000


class Issue(NamedTuple):
    """A cell that was put into the quarantine or repaired; or a whole row, with column -1."""

    record: int
    line: int
    column: int
    question: str
    raw: str
    outcome: Outcome

    @property
    def code(self) -> str:
        """The rejection's code, or REPAIRED."""
        return self.outcome.code or "REPAIRED"


@dataclass(slots=True)
class Issues:
    """Every issue of a file, in the order of its rows.

    Args:
        file: The file as the user named it.
        columns: Its columns.
        cells: Cells in quarantine.
        rows: Rows in quarantine, each as one text.
        repaired: Cells that were repaired.
        by_column: Cells in quarantine of each column.
    """

    file: str
    columns: Sequence[Column]
    cells: list[Issue] = field(default_factory=list)
    rows: list[Issue] = field(default_factory=list)
    repaired: list[Issue] = field(default_factory=list)
    by_column: Counter[int] = field(default_factory=Counter)

    def add(self, issue: Issue) -> None:
        """Record what became of a cell."""
        if not issue.outcome.code:
            self.repaired.append(issue)
            return
        self.cells.append(issue)
        self.by_column[issue.column] += 1

    def table(self, which: Literal["quarantine", "repairs"]) -> Iterator[tuple[str, ...]]:
        """The lines of quarantine.csv or repairs.csv, the header first, safe to open.

        A text that a spreadsheet would run as a formula gets an apostrophe in front.
        """
        yield HEADS
        found = self.repaired if which == "repairs" else [*self.rows, *self.cells]
        for issue in sorted(found, key=lambda one: (one.record, one.column)):
            yield tuple(guarded(text) for text in self._line(issue))

    def _line(self, issue: Issue) -> tuple[str, ...]:
        column = self.columns[issue.column] if issue.column >= 0 else None
        return (
            self.file,
            str(issue.record),
            str(issue.line),
            column.letter if column else "",
            column.head if column else "",
            issue.question,
            escaped(issue.raw),
            issue.code,
            issue.outcome.what or issue.outcome.why,
            issue.outcome.wanted,
            issue.outcome.todo,
            issue.outcome.after,
        )

    def grouped(self) -> list[dict[str, object]]:
        """Issues of one kind together: the same text in the same column, with the first lines."""
        groups: dict[tuple[object, ...], list[Issue]] = {}
        for issue in sorted(
            [*self.rows, *self.cells, *self.repaired], key=lambda one: (one.column, one.record)
        ):
            # A row has a text of its own, and is told with others that have the same fault.
            raw = issue.raw if issue.column >= 0 else ""
            key = (issue.column, issue.question, issue.code, raw, issue.outcome.what)
            groups.setdefault(key, []).append(issue)
        return [self._group(found) for found in islice(groups.values(), MOST_GROUPS)]

    def _group(self, found: Sequence[Issue]) -> dict[str, object]:
        first = found[0]
        named = zip(HEADS, self._line(first), strict=True)
        told: dict[str, object] = {
            name: text for name, text in named if name not in {"record", "line"}
        }
        told["action"] = "repaired" if not first.outcome.code else "quarantined"
        told["count"] = len(found)
        told["lines"] = [issue.line for issue in found[:MOST_LINES]]
        return told


def row_issue(record: int, line: int, cells: Sequence[str], outcome: Outcome) -> Issue:
    """A whole row for the quarantine, its cells in one text as CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return Issue(record, line, -1, "", text.getvalue(), outcome)
