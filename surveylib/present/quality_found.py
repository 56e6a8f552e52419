"""What is in quarantine, what was repaired or normalised, and what the file itself warns of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any

from surveylib.instrument.question import OpenCoded, TextQuestion
from surveylib.present import quality_words as words
from surveylib.present.codebook_entries import Cell
from surveylib.present.quality_words import Check, clear, look, table
from surveylib.wave.cells import Outcome
from surveylib.wave.columns import ColumnAccount
from surveylib.wave.states import ANSWERED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from surveylib.instrument.question import Question
    from surveylib.wave.door import Ingested

#: What a warning got may be ids here, which no page shows.
_OF_IDS = frozenset({"ID-DIGITS", "FLOAT-ID"})
_OWN_WORDS = "not shown: own words"
_ADDRESS = "not shown: holds an address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Cells of one column with one text and one reason.

    Args:
        column: The column's letters and header.
        question: The question; empty for what is known of the row.
        text: What stood in the cells, or why that is not shown.
        code: Why they are in quarantine.
        what: The same in words.
        wanted: What would have been right.
        todo: What to do.
        after: What they were read as, where they were repaired.
        count: How many cells.
        lines: The first lines of the file.
    """

    column: str
    question: str
    text: Cell
    code: str
    what: str
    wanted: str
    todo: str
    after: str
    count: int
    lines: tuple[int, ...]


def kinds(ingested: Ingested, action: str) -> list[Kind]:
    """Cells that were `quarantined` or `repaired`, in kinds, the most frequent first.

    Texts that are not shown are one kind, so that their number alone is told.
    """
    questions = {entry.name: entry.question for entry in ingested.wave.asked}
    found: dict[tuple[object, ...], Kind] = {}
    for told in ingested.taken.issues.grouped():
        if told["action"] != action or not told["column"]:
            continue
        kind = _kind(told, questions)
        key = (kind.column, kind.question, kind.text, kind.code, kind.what)
        if (same := found.get(key)) is not None:
            both = tuple(sorted((*same.lines, *kind.lines)))
            kind = replace(same, count=same.count + kind.count, lines=both)
        found[key] = kind
    return sorted(found.values(), key=lambda kind: -kind.count)


def _kind(told: Mapping[str, Any], questions: Mapping[str, Question]) -> Kind:
    head = words.cut(told["header"])
    return Kind(
        column=f"{told['column']}: {head}" if head else told["column"],
        question=told["question"],
        text=shown(told["raw"], questions.get(told["question"])),
        code=told["code"],
        what=told["what"],
        wanted=words.cut(told["wanted"]),
        todo=told["todo"],
        after=words.cut(told["after"]),
        count=told["count"],
        lines=tuple(told["lines"]),
    )


def shown(raw: str, question: Question | None) -> Cell:
    """A respondent's text as the page may show it: cut, escaped, or not at all.

    Args:
        raw: The text of a cell.
        question: The question that it answers, where it answers one.
    """
    restricted = isinstance(question, TextQuestion) and question.disclosure == "restricted"
    # Coded texts have no disclosure of their own: they are in own words, and as personal.
    if restricted or isinstance(question, OpenCoded):
        return Cell(_OWN_WORDS)
    account = ColumnAccount()
    account.add(raw, Outcome(state=ANSWERED), 1)
    return Cell(_ADDRESS) if account.personal else Cell(words.cut(raw), code=True)


def found(ingested: Ingested) -> list[Check]:
    """What was found while the file was read.

    Args:
        ingested: A wave with its accounts.
    """
    return [
        _quarantined_cells(ingested),
        _quarantined_rows(ingested),
        _repairs(ingested),
        _normalised(ingested),
        _warnings(ingested),
    ]


def _quarantined_cells(ingested: Ingested) -> Check:
    title, name = "Cells in quarantine", "quarantine"
    why = (
        "No rule explains the text of these cells. They count as asked and not as answered, until "
        "wave.yaml says what they mean or the file is corrected."
    )
    every = kinds(ingested, "quarantined")
    given = ingested.accounts.cells_given
    if not every:
        return clear(
            name, title, why, words.count(given, "cell with a value", "cells with a value")
        )
    held = ingested.accounts.cells_quarantined
    heads = ("Column", "Text in the file", "Cells", "Lines", "Code", "What is wrong", "What to do")
    told = table(title, heads, map(_quarantined, every[: words.MOST_ROWS]))
    return look(
        name,
        title,
        why,
        f"{words.count(held, 'cell')}, {words.count(len(every), 'kind')}",
        told=(
            f"{words.of(held, given)} of the cells with a value are in quarantine.",
            *words.rest(len(every), "quarantine.csv", "kind"),
        ),
        tables=told,
    )


def _quarantined(kind: Kind) -> tuple[str | Cell, ...]:
    wanted = f"; wanted: {kind.wanted}" if kind.wanted else ""
    return (
        kind.column,
        kind.text,
        words.number(kind.count),
        words.lines(kind.lines, kind.count),
        Cell(kind.code, code=True),
        f"{kind.what}{wanted}",
        kind.todo or "correct it in the file",
    )


def _quarantined_rows(ingested: Ingested) -> Check:
    title, name = "Rows in quarantine", "rows-quarantine"
    why = "Nothing of these rows is in the wave. Each can come back when its fault is mended."
    issues = sorted(ingested.taken.issues.rows, key=lambda issue: (issue.code, issue.record))
    if not issues:
        read = words.count(ingested.accounts.rows_read, "row")
        return clear(name, title, why, f"{read}, for length, ids and versions")
    rows = []
    for code, same in groupby(issues, key=lambda issue: issue.code):
        at = [issue.line for issue in same]
        fault = words.ROW_FAULTS.get(code, words.ANY_ROW)
        lines = words.lines(at, len(at))
        rows.append((fault.what, words.number(len(at)), lines, Cell(code, code=True), fault.todo))
    heads = ("What is wrong", "Rows", "Lines", "Code", "What to do")
    share = words.of(len(issues), ingested.accounts.rows_read)
    return look(
        name,
        title,
        why,
        words.count(len(issues), "row"),
        told=(f"{share} of the rows read are in quarantine.",),
        tables=table(title, heads, rows),
    )


def _repairs(ingested: Ingested) -> Check:
    title, name = "Repaired cells", "repairs"
    why = (
        "A program had changed these texts on the way, and a repair that was allowed restored the "
        "only answer that they can have been. See whether each is right."
    )
    every = kinds(ingested, "repaired")
    if not every:
        given = ingested.accounts.cells_given
        return clear(
            name, title, why, words.count(given, "cell with a value", "cells with a value")
        )
    heads = ("Column", "Before", "After", "Cells", "Lines", "Why")
    rows = (
        (
            kind.column,
            kind.text,
            Cell(kind.after, code=True),
            words.number(kind.count),
            words.lines(kind.lines, kind.count),
            kind.what,
        )
        for kind in every[: words.MOST_ROWS]
    )
    total = sum(kind.count for kind in every)
    return look(
        name,
        title,
        why,
        f"{words.count(total, 'cell')}, {words.count(len(every), 'kind')}",
        told=words.rest(len(every), "repairs.csv", "kind"),
        tables=table(title, heads, rows),
    )


def _normalised(ingested: Ingested) -> Check:
    title, name = "Normalised cells", "normalised"
    why = (
        "These texts differ from an answer in spaces, quotation marks, dashes or unseen characters "
        "only. They were matched and nothing was lost; there is nothing to do."
    )
    columns = [column for column in ingested.accounts.columns if column.normalised]
    total = sum(column.normalised for column in columns)
    if not total:
        given = ingested.accounts.cells_given
        return clear(
            name, title, why, words.count(given, "cell with a value", "cells with a value")
        )
    rows = (
        (column_name(c.letter, c.header), words.number(c.normalised))
        for c in _most(columns, "normalised")
    )
    return Check(
        id=name,
        title=title,
        why=why,
        found=words.count(total, "cell"),
        look=False,
        told=words.rest(len(columns), "summary.json", "column"),
        tables=table(title, ("Column", "Cells"), rows),
    )


def _most(columns: Iterable[Any], which: str) -> list[Any]:
    """The columns that have most of something."""
    return sorted(columns, key=lambda column: -getattr(column, which))[: words.MOST_ROWS]


def column_name(letter: str, header: str) -> str:
    """A column's letters and its header."""
    head = words.cut(header)
    return f"{letter}: {head}" if head else letter


def personal(ingested: Ingested) -> Check:
    """Texts that hold an address of e-mail or of a machine, by column; never the texts."""
    title, name = "Addresses in texts", "personal"
    why = (
        "A text with an address of e-mail or of a machine can tell who answered. Remove addresses "
        "before anything leaves the project."
    )
    every = ingested.accounts.columns
    columns = [column for column in every if column.personal]
    if not columns:
        checked = f"the texts of {words.count(len(every), 'column')} for addresses"
        return clear(name, title, why, checked)
    total = sum(column.personal for column in columns)
    rows = (
        (column_name(c.letter, c.header), c.use, words.number(c.personal))
        for c in _most(columns, "personal")
    )
    return look(
        name,
        title,
        why,
        words.count(total, "text"),
        told=words.rest(len(columns), "summary.json", "column"),
        tables=table(title, ("Column", "Read for", "Texts"), rows),
    )


def _warnings(ingested: Ingested) -> Check:
    title, name = "Warnings of the file", "warnings"
    why = "The file itself, or the program that wrote it, may have changed what was answered."
    every = ingested.warnings
    if not every:
        return clear(name, title, why, "how the file was written")
    rows = (
        (
            fault.what,
            Cell(fault.code, code=True),
            "not shown" if fault.code in _OF_IDS else words.cut(fault.got) if fault.got else "",
            fault.todo or "no step is known",
        )
        for fault in every[: words.MOST_ROWS]
    )
    return look(
        name,
        title,
        why,
        words.count(len(every), "warning"),
        told=words.rest(len(every), "summary.json", "warning"),
        tables=table(title, ("Warning", "Code", "Got", "What to do"), rows),
    )
