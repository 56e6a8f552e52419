"""One column of text, read cell by cell with every different text read once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.wave.cells import Cells, Outcome
from surveylib.wave.issues import Issue
from surveylib.wave.redaction import holds_address
from surveylib.wave.states import BLANK

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from surveylib.wave.issues import Issues
    from surveylib.wave.readers.base import Batch

#: Different texts of one column that are remembered from batch to batch.
MOST_REMEMBERED = 100_000


@dataclass(slots=True)
class ColumnAccount:
    """What became of the cells of one column.

    Args:
        rows: Cells read.
        blank: Cells without a value.
        normalised: Cells that were matched after lossless normalisation.
        repaired: Cells that were repaired.
        changes: How often each text was read as another, and how.
        personal: Texts that hold an address of e-mail or of a machine.
    """

    rows: int = 0
    blank: int = 0
    normalised: int = 0
    repaired: int = 0
    changes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    personal: int = 0

    def add(self, raw: str, outcome: Outcome, count: int) -> None:
        """Count the cells that hold one text."""
        self.rows += count
        if outcome.state == BLANK:
            self.blank += count
        elif outcome.how == "normalised":
            self.normalised += count
            self.changes[raw, outcome.after, outcome.how] += count
        elif outcome.how == "repaired":
            self.repaired += count
            self.changes[raw, outcome.after, outcome.how] += count
        if holds_address(raw):
            self.personal += count


class ColumnReader:
    """Reads one column of every batch.

    Args:
        position: The column.
        question: What it belongs to, for messages.
        read: What a text was found to be.
        issues: Where rejected and repaired cells are recorded.
    """

    def __init__(
        self, position: int, question: str, read: Callable[[str], Outcome], issues: Issues
    ) -> None:
        self.position = position
        self.question = question
        self.read_cell = read
        self.issues = issues
        self.account = ColumnAccount()
        self._cells = Cells(read)

    def read(self, batch: Batch) -> tuple[NDArray[np.int32], Sequence[Outcome]]:
        """For each row the place of its outcome among those found so far, and these."""
        if len(self._cells) > MOST_REMEMBERED:
            self._cells = Cells(self.read_cell)
        column = batch.columns[self.position]
        cells = self._cells
        places = np.fromiter(map(cells.__getitem__, column), np.int32, len(column))
        outcomes = cells.outcomes
        counts = np.bincount(places, minlength=len(outcomes))
        told = []
        for place in np.flatnonzero(counts).tolist():
            outcome = outcomes[place]
            self.account.add(cells.raws[place], outcome, int(counts[place]))
            if outcome.code or outcome.how == "repaired":
                told.append(place)
        if told:
            for row in np.flatnonzero(np.isin(places, told)).tolist():
                self._record(batch, row, outcomes[places[row]])
        return places, outcomes

    def _record(self, batch: Batch, row: int, outcome: Outcome) -> None:
        raw = batch.columns[self.position][row]
        place = (batch.records[row], batch.lines[row], self.position)
        self.issues.add(Issue(*place, self.question, raw, outcome))

    def states(self, batch: Batch) -> tuple[NDArray[np.int8], NDArray[np.int32], Sequence[Outcome]]:
        """The state of each row, and what `read` gives."""
        places, outcomes = self.read(batch)
        return take([outcome.state for outcome in outcomes], places, np.int8), places, outcomes


def take(
    values: Sequence[object], places: NDArray[np.int32], dtype: type[np.generic]
) -> NDArray[Any]:
    """The value at each place, as an array of one type."""
    table = np.empty(len(values), dtype)
    table[:] = values  # a list of texts stays one text for each place
    return table[places]


def group_to_quarantine(
    batch: Batch,
    rows: Sequence[int],
    readers: Sequence[ColumnReader],
    outcome: Outcome,
) -> None:
    """Put the cells of an answer that spans columns aside together, each once.

    Args:
        batch: The rows.
        rows: Places of the rows in the batch.
        readers: The columns of the answer.
        outcome: The reason.
    """
    if not len(rows):
        return
    issues = readers[0].issues
    wanted = {batch.records[row] for row in rows}
    done = {
        (one.record, one.column)
        for one in _latest(issues.cells, batch.records[0])
        if one.record in wanted
    }
    for row in rows:
        for reader in readers:
            raw = batch.columns[reader.position][row]
            place = (batch.records[row], reader.position)
            if place in done or reader.read_cell(raw).state == BLANK:
                continue
            issues.add(
                Issue(
                    batch.records[row],
                    batch.lines[row],
                    reader.position,
                    reader.question,
                    raw,
                    outcome,
                )
            )


def _latest(cells: Sequence[Issue], first: int) -> list[Issue]:
    """The issues of this batch, which were recorded last."""
    found = []
    for issue in reversed(cells):
        if issue.record < first:
            break
        found.append(issue)
    return found
