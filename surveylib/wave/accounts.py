"""What became of every row and every cell of a file, in sums that add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from surveylib.wave.states import STATE, STATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from surveylib.wave.columns import ColumnReader
    from surveylib.wave.issues import Issues
    from surveylib.wave.readers.base import Column
    from surveylib.wave.rows import RowCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnSum:
    """The cells of one mapped column, in the rows that were accepted.

    Args:
        letter: Its letters in a spreadsheet.
        header: Its header.
        use: What it was read for.
        cells: All of them.
        blank: Those without a value.
        quarantined: Those in quarantine.
        normalised: Those matched after lossless normalisation.
        repaired: Those that were repaired.
        personal: Those whose text holds an address.
    """

    letter: str
    header: str
    use: str
    cells: int
    blank: int
    quarantined: int
    normalised: int
    repaired: int
    personal: int

    @property
    def accepted(self) -> int:
        """Cells that became an answer or a known way of not answering."""
        return self.cells - self.blank - self.quarantined


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Rows, cells and answers of a file.

    Args:
        rows_read: Rows below the header.
        accepted: Rows that are respondents.
        quarantined: Rows in quarantine.
        excluded: Rows that are no respondents, by the stated rule.
        questions: For each question how many respondents have each state.
        columns: Every mapped column.
        ignored: Columns that were not read, with the reason.
        blank_ids: Rows without an id.
        repeated_ids: Ids that stand in more than one row.
    """

    rows_read: int
    accepted: int
    quarantined: int
    excluded: Mapping[str, int]
    questions: Mapping[str, Mapping[str, int]]
    columns: tuple[ColumnSum, ...]
    ignored: Mapping[str, str]
    blank_ids: int
    repeated_ids: int

    @property
    def cells_given(self) -> int:
        """Cells of mapped columns that are not blank."""
        return sum(column.cells - column.blank for column in self.columns)

    @property
    def cells_quarantined(self) -> int:
        """Cells in quarantine."""
        return sum(column.quarantined for column in self.columns)

    @property
    def share_quarantined(self) -> float:
        """Cells in quarantine, as a share of those that are not blank; rows in quarantine count.

        Of a row in quarantine nothing was read: it counts with its share of the rows.
        """
        cells = self.cells_quarantined / self.cells_given if self.cells_given else 0.0
        rows = self.quarantined / self.rows_read if self.rows_read else 0.0
        return min(1.0, cells * (1 - rows) + rows)

    def differences(self) -> list[str]:
        """Sums that do not add up; there are none, or surveylib is wrong."""
        found = []
        parts = self.accepted + self.quarantined + sum(self.excluded.values())
        if parts != self.rows_read:
            found.append(f"{self.rows_read} rows were read and {parts} accounted for")
        found += [
            f"'{name}' accounts for {sum(states.values())} of {self.accepted} respondents"
            for name, states in self.questions.items()
            if sum(states.values()) != self.accepted
        ]
        found += [
            f"column {column.letter} accounts for {column.cells} of {self.accepted} cells"
            for column in self.columns
            if column.cells != self.accepted or column.accepted < 0
        ]
        return found

    def __str__(self) -> str:
        """The accounts as a table for a terminal."""
        excluded = sum(self.excluded.values())
        head = f"{self.rows_read} rows = {self.accepted} accepted"
        lines = [f"{head} + {self.quarantined} in quarantine + {excluded} excluded"]
        lines += [f"    {count} excluded: {rule}" for rule, count in self.excluded.items()]
        given, held = self.cells_given, self.cells_quarantined
        lines.append(f"{given} cells with a value, {held} of them in quarantine")
        shown = [name for name in STATES if any(s.get(name) for s in self.questions.values())]
        width = max((len(name) for name in self.questions), default=0)
        heads = [_HEADS[name] for name in shown]
        if shown:
            lines.append("")
            lines.append("  ".join(["question".ljust(width), *heads]))
        lines += [
            "  ".join(
                [
                    name.ljust(width),
                    *(
                        str(states.get(state, 0)).rjust(len(head))
                        for state, head in zip(shown, heads, strict=True)
                    ),
                ]
            )
            for name, states in self.questions.items()
        ]
        return "\n".join(lines)


_HEADS = {
    "answered": "answered",
    "dont_know": "don't know",
    "refused": "refused",
    "no_answer": "no answer",
    "not_applicable": "not applicable",
    "not_reached": "not reached",
    "not_asked_design": "not asked",
    "invalid": "in quarantine",
    "withheld": "withheld",
    "unknown_blank": "unclear blank",
}


def account(
    rows: RowCounts,
    states: Mapping[str, NDArray[np.int64]],
    readers: Sequence[tuple[str, ColumnReader]],
    issues: Issues,
    ignored: Mapping[int, str],
) -> Accounts:
    """Draw up the accounts of a file.

    Args:
        rows: What became of the rows.
        states: For each question how many rows have each state.
        readers: Every column that was read, with what it was read for. A column that several
            versions read has several readers.
        issues: What is in quarantine.
        ignored: Columns that were not read, with the reason.
    """
    found: dict[int, list[tuple[str, ColumnReader]]] = {}
    for use, reader in readers:
        found.setdefault(reader.position, []).append((use, reader))
    return Accounts(
        rows_read=rows.read,
        accepted=rows.accepted,
        quarantined=rows.quarantined,
        excluded=dict(rows.excluded),
        questions={
            name: {
                state: int(counts[STATE.get(state, 0)])
                for state in STATES
                if counts[STATE.get(state, 0)]
            }
            for name, counts in states.items()
        },
        columns=tuple(
            _column_sum(issues.columns[position], same, issues)
            for position, same in sorted(found.items())
        ),
        ignored={
            f"{issues.columns[position].letter} {issues.columns[position].head}".strip(): reason
            for position, reason in sorted(ignored.items())
        },
        blank_ids=rows.blank_ids,
        repeated_ids=rows.repeated_ids,
    )


def _column_sum(
    column: Column, same: Sequence[tuple[str, ColumnReader]], issues: Issues
) -> ColumnSum:
    accounts = [reader.account for _, reader in same]
    return ColumnSum(
        letter=column.letter,
        header=column.head,
        use=same[0][0],
        cells=sum(one.rows for one in accounts),
        blank=sum(one.blank for one in accounts),
        quarantined=issues.by_column[column.position],
        normalised=sum(one.normalised for one in accounts),
        repaired=sum(one.repaired for one in accounts),
        personal=sum(one.personal for one in accounts),
    )
