"""Which rows of a file are respondents, which are excluded by a rule, which go into quarantine."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from surveylib.errors import Fault, show
from surveylib.wave.cells import rejected
from surveylib.wave.issues import row_issue
from surveylib.wave.readers.base import Batch, one_column
from surveylib.wave.text import lossless, trimmed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.wave.binding import Binding
    from surveylib.wave.issues import Issues
    from surveylib.wave.layout import Columns
    from surveylib.wave.readers.base import Sheet

BLANK_ROW = "every cell of the row is blank"
_SCIENTIFIC = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)


def repeated_ids(
    sheet: Sheet, binding: Binding, columns: Columns
) -> tuple[dict[str, list[int]], int | None]:
    """The records of every id that stands in more than one row, and how many rows there are.

    Rows that a rule excludes are no respondents, and do not count. Only hashes are kept of all
    ids; the few that are equal are then looked at as texts.

    Args:
        sheet: The file.
        binding: Where its columns stand.
        columns: What the manifest says.
    """
    if binding.respondent is None:
        return {}, None
    hashes = [np.empty(0, np.int64)]
    rows = 0
    for batch, column in _ids(sheet, binding, columns):
        rows += len(batch.records) + len(batch.odd)
        hashes.append(np.fromiter(map(hash, column), np.int64, len(column)))
    every = np.sort(np.concatenate(hashes))
    twice = set(every[1:][every[1:] == every[:-1]].tolist())
    found: dict[str, list[int]] = {}
    if twice - {hash("")}:
        for batch, column in _ids(sheet, binding, columns):
            for record, text in zip(batch.records, column, strict=True):
                if text and hash(text) in twice:
                    found.setdefault(text, []).append(record)
    return {text: records for text, records in found.items() if len(records) > 1}, rows


def _ids(sheet: Sheet, binding: Binding, columns: Columns) -> Iterator[tuple[Batch, Sequence[str]]]:
    """Every batch with its ids; those of rows that a rule excludes are empty."""
    position = binding.respondent or 0
    if not columns.exclude:
        for batch, column in one_column(sheet, position):
            yield batch, [trimmed(raw) for raw in column]
        return
    for batch in sheet.batches():
        out = np.zeros(len(batch.records), bool)
        for _, rows in excluded_rows(batch, binding, columns):
            out |= rows
        column = batch.columns[position]
        yield batch, ["" if no else trimmed(raw) for no, raw in zip(out, column, strict=True)]


def excluded_rows(
    batch: Batch, binding: Binding, columns: Columns
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """For each rule that excludes rows its reason, and the rows that it names."""
    for rule, position in zip(columns.exclude, binding.exclude, strict=True):
        texts = {lossless(text) for text in rule.texts}
        column = batch.columns[position]
        hit = np.fromiter((lossless(raw) in texts for raw in column), bool, len(column))
        yield rule.reason, hit


@dataclass(slots=True)
class RowCounts:
    """Rows by what became of them.

    Args:
        read: Rows below the header.
        accepted: Rows that are respondents.
        quarantined: Rows in quarantine.
        excluded: Rows that are no respondents, by the rule.
        repeated_ids: Ids that stand in more than one row.
        blank_ids: Rows without an id.
    """

    read: int = 0
    accepted: int = 0
    quarantined: int = 0
    excluded: Counter[str] = field(default_factory=Counter)
    repeated_ids: int = 0
    blank_ids: int = 0


class Rows:
    """Decides on every row of a file.

    Args:
        binding: Where the columns stand.
        columns: What the manifest says.
        issues: Where rows in quarantine are recorded.
        repeats: Records of each id that stands in more than one row.
    """

    def __init__(
        self,
        binding: Binding,
        columns: Columns,
        issues: Issues,
        repeats: Mapping[str, Sequence[int]],
    ) -> None:
        self.binding = binding
        self.columns = columns
        self.issues = issues
        self.repeats = repeats
        self.counts = RowCounts(repeated_ids=len(repeats))
        self.scientific: list[str] = []
        self.used: set[str] = set()
        self.width = len(issues.columns)

    def respondents(self, batch: Batch) -> Batch:
        """The rows of a batch that are respondents."""
        n = len(batch.records)
        self.counts.read += n + len(batch.odd)
        for record, line, cells in batch.odd:
            what = f"the row has {len(cells)} cells, the header {self.width}"
            todo = "quote cells that hold the delimiter or a line break"
            self._aside(record, line, cells, rejected("ROW-LENGTH", what, todo=todo))
        keep = np.ones(n, bool)
        self._exclude(keep, blank_rows(batch), BLANK_ROW)
        for reason, hit in excluded_rows(batch, self.binding, self.columns):
            if hit.any():
                self.used.add(reason)
            self._exclude(keep, hit, reason)
        if self.binding.respondent is not None:
            self._by_id(batch, keep, batch.columns[self.binding.respondent])
        if self.binding.version is not None:
            self._by_version(batch, keep, batch.columns[self.binding.version])
        self.counts.accepted += int(keep.sum())
        return batch if keep.all() else take_rows(batch, np.flatnonzero(keep))

    def _exclude(self, keep: NDArray[np.bool_], rows: NDArray[np.bool_], rule: str) -> None:
        hit = rows & keep
        if hit.any():
            self.counts.excluded[rule] += int(hit.sum())
            keep &= ~hit

    def _aside(self, record: int, line: int, cells: Sequence[str], outcome: object) -> None:
        self.counts.quarantined += 1
        self.issues.rows.append(row_issue(record, line, cells, outcome))  # type: ignore[arg-type]

    def _row_aside(self, batch: Batch, row: int, keep: NDArray[np.bool_], outcome: object) -> None:
        cells = [column[row] for column in batch.columns]
        self._aside(batch.records[row], batch.lines[row], cells, outcome)
        keep[row] = False

    def _by_id(self, batch: Batch, keep: NDArray[np.bool_], ids: Sequence[str]) -> None:
        rule = self.columns.respondent
        for row, raw in enumerate(ids):
            text = trimmed(raw)
            if not keep[row]:
                continue
            if text and text not in self.repeats and "E" not in text and "e" not in text:
                continue
            if _SCIENTIFIC.fullmatch(text) and len(self.scientific) < 20:
                self.scientific.append(text)
            if not text:
                self.counts.blank_ids += 1
                if rule is not None and rule.blank == "quarantine":
                    todo = "add the id, or take rows without one: respondent: {blank: accept}"
                    self._row_aside(batch, row, keep, rejected("ROW-ID-BLANK", "no id", todo=todo))
            elif text in self.repeats:
                self._repeated(batch, row, keep, text)

    def _repeated(self, batch: Batch, row: int, keep: NDArray[np.bool_], text: str) -> None:
        records = self.repeats[text]
        rule = self.columns.respondent.repeated if self.columns.respondent else "quarantine"
        damaged = _SCIENTIFIC.fullmatch(text) is not None
        if rule == "quarantine" or damaged:
            others = ", ".join(str(record) for record in records[:5])
            what = f"id {show(text)} stands in {len(records)} rows (records {others})"
            todo = "correct the ids, or take one row of each: respondent: {repeated: first}"
            if damaged:
                todo = "the last digits are lost: export the file again with ids as text"
            self._row_aside(batch, row, keep, rejected("ROW-ID-REPEATED", what, todo=todo))
        elif batch.records[row] != records[0 if rule == "first" else -1]:
            self.counts.excluded[f"only the {rule} row with an id is taken"] += 1
            keep[row] = False

    def _by_version(self, batch: Batch, keep: NDArray[np.bool_], texts: Sequence[str]) -> None:
        known = self.columns.version.values if self.columns.version else {}
        plain = {lossless(text) for text in known}
        for row, raw in enumerate(texts):
            if keep[row] and lossless(raw) not in plain:
                what = f"{show(raw)} names no version of the questionnaire"
                todo = "say under version: values: which version it means"
                outcome = rejected("ROW-VERSION", what, wanted=", ".join(known), todo=todo)
                self._row_aside(batch, row, keep, outcome)

    def warnings(self, file: str) -> list[Fault]:
        """What was seen of ids that a reader should know."""
        found = [
            Fault(
                code="RULE-UNUSED",
                what=f"no row is excluded by the rule '{rule.reason}'",
                file=file,
                todo="are its texts those of the file?",
            )
            for rule in self.columns.exclude
            if rule.reason not in self.used
        ]
        if self.scientific:
            what = "ids in scientific notation, whose last digits are lost"
            todo = "export the file again with ids as text"
            shown = ", ".join(show(text) for text in dict.fromkeys(self.scientific[:3]))
            found.append(Fault(code="ID-DIGITS", what=what, file=file, got=shown, todo=todo))
        return found


def blank_rows(batch: Batch) -> NDArray[np.bool_]:
    """Whether every cell of a row is blank; few columns are looked at before that is settled."""
    left: Iterable[int] = range(len(batch.records))
    for column in batch.columns:
        left = [row for row in left if not column[row] or not lossless(column[row])]
        if not left:
            break
    blank = np.zeros(len(batch.records), bool)
    blank[list(left)] = True
    return blank


def take_rows(batch: Batch, rows: NDArray[np.intp]) -> Batch:
    """Some rows of a batch."""
    places = rows.tolist()
    return Batch(
        [batch.records[row] for row in places],
        [batch.lines[row] for row in places],
        [[column[row] for row in places] for column in batch.columns],
    )
