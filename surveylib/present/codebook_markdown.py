"""The pages on a questionnaire as Markdown, for files that are read in a repository."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from surveylib.present import codebook_words as words
from surveylib.present.codebook_history import FATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from surveylib.instrument.model import Instrument
    from surveylib.present.codebook_entries import Cell, Entry, Table
    from surveylib.present.codebook_history import History
    from surveylib.present.codebook_passage import (
        Changed,
        Compared,
        Decided,
        Named,
        Passage,
        Shift,
    )
    from surveylib.present.codebook_sheet import Asked, Choice, Sheet, Shown

_SPECIAL = re.compile(r"[\\`*_\[\]#|]")
# Entities, since not every reader of Markdown knows these signs behind a backslash.
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "~": "&#126;"})
_OPENS_A_LIST = re.compile(r"^(\d+)([.)])(?=\s|$)")
_OPENS_A_BLOCK = re.compile(r"^([-+=])")


def escaped(text: str) -> str:
    r"""A text that Markdown shows as it is, in a line, a list or a cell of a table.

    >>> print(escaped("<b>1 | 2</b> *not* my_code"))
    &lt;b&gt;1 \| 2&lt;/b&gt; \*not\* my\_code
    >>> print(escaped("1. first"), escaped("- none"))
    1\. first \- none
    """
    line = " ".join(text.split())
    plain = _SPECIAL.sub(r"\\\g<0>", line).translate(_ENTITIES)
    return _OPENS_A_BLOCK.sub(r"\\\1", _OPENS_A_LIST.sub(r"\1\\\2", plain))


def _joined(blocks: Iterable[str]) -> str:
    return "\n\n".join(block for block in blocks if block) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [list(heads), ["---"] * len(heads), *map(list, rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


# The questionnaire


def questionnaire(sheet: Sheet) -> str:
    """A questionnaire in one language, as a respondent meets it."""
    page = _Sheet(sheet)
    return _joined(page.blocks())


class _Sheet:
    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet

    def say(self, name: str, **parts: object) -> str:
        return words.phrase(self.sheet.language, name, **parts)

    def shown(self, text: Shown) -> str:
        if not text.foreign:
            return escaped(text.text)
        return f"{escaped(text.text)} \\[{text.language}, {self.say('untranslated')}\\]"

    def blocks(self) -> Iterator[str]:
        sheet = self.sheet
        yield f"# {self.shown(sheet.title)}"
        yield escaped(self.say("version", version=sheet.instrument.version))
        for remark in sheet.remarks:
            yield f"*{escaped(remark)}*"
        if sheet.introduction:
            yield f"> {self.shown(sheet.introduction)}"
        for part in sheet.parts:
            yield f"## {self.shown(part.title) if part.title else self.say('questions')}"
            for asked in part.questions:
                yield from self.question(asked)

    def question(self, asked: Asked) -> Iterator[str]:
        yield f"### {asked.number}. {self.shown(asked.text)}"
        for text in asked.route:
            yield f"**{self.shown(text)}**"
        if asked.lines:
            yield f"*{' '.join(escaped(line) for line in asked.lines)}*"
        if asked.rows:
            yield self.grid(asked)
        else:
            yield self.listed(asked.choices, asked.glyph)
        if asked.space:
            unit = f" {self.shown(asked.unit)}" if asked.unit else ""
            yield f"{_LINE if asked.space == 'word' else _LINE * 3}{unit}"
        if asked.states and not asked.rows:
            yield f"{self.say('instead')}:"
            yield self.listed(asked.states, "tick" if asked.space else asked.glyph)
        for remark in asked.remarks:
            yield f"*{escaped(remark)}*"

    def listed(self, choices: Iterable[Choice], glyph: str) -> str:
        lines = []
        for entry in choices:
            line = f"- {_GLYPHS[glyph]} {self.shown(entry.label)}"
            line += f" {_LINE}" if entry.write_in else ""
            lines.append(line + (f" ({self.say('alone')})" if entry.alone else ""))
        return "\n".join(lines)

    def grid(self, asked: Asked) -> str:
        columns = [*asked.choices, *asked.states]
        marks = [f" ({self.say('alone')})" if entry.alone else "" for entry in columns]
        heads = [self.shown(entry.label) + mark for entry, mark in zip(columns, marks, strict=True)]
        rows = [
            [f"{number} {self.shown(text)}", *[_GLYPHS[asked.glyph]] * len(columns)]
            for number, text in asked.rows
        ]
        return _table(["", *heads], rows)


_GLYPHS = {"radio": "○", "tick": "☐"}
_LINE = "＿" * 8


# The codebook


def codebook(
    *,
    instrument: Instrument,
    title: Shown,
    entries: Sequence[Entry],
    states: Table,
    hash: str,  # noqa: A002 - as the page calls it
    follows: str,
) -> str:
    """The codebook of one version."""
    return _joined(
        [
            f"# {escaped(title.text)}: codebook",
            "\n".join(f"- {line}" for line in _about(instrument, hash, follows)),
            "## Contents",
            "\n".join(
                f"- [{entry.number or '–'} {escaped(entry.heading)}](#q-{entry.id})"
                for entry in entries
            ),
            "## Ways of not answering",
            _cells(states),
            "## Questions",
            *(block for entry in entries for block in _entry(entry)),
        ]
    )


def _about(instrument: Instrument, digest: str, follows: str) -> Iterator[str]:
    yield f"Questionnaire: `{instrument.id}`, version {escaped(instrument.version)}"
    yield f"Status: {instrument.status}"
    yield f"Follows: {escaped(follows)}"
    yield f"Languages: {', '.join(instrument.languages)}; the first is the source"
    yield f"Population: {escaped(instrument.population)}"
    if instrument.mode:
        yield f"Mode: {', '.join(instrument.mode).replace('_', ' ')}"
    yield f"Provenance: {escaped(instrument.provenance)}"
    if instrument.note:
        yield f"Note: {escaped(instrument.note)}"
    yield f"Hash: `{digest}`"


def _entry(entry: Entry) -> Iterator[str]:
    number = f"{entry.number}. " if entry.number else ""
    yield f'<a id="q-{entry.id}"></a>'
    yield f"### {number}{escaped(entry.heading)} `{entry.id}`"
    several = len(entry.texts) > 1
    for text in entry.texts:
        if not text.foreign:
            yield f"> {f'*{text.language}:* ' if several else ''}{escaped(text.text)}"
    yield "\n".join(
        f"- {name}: {' '.join(_cell(fact) for fact in facts)}" for name, facts in entry.facts
    )
    for table in entry.tables:
        yield _cells(table)


def _cell(cell: Cell) -> str:
    return f"`{cell.text}`" if cell.code else escaped(cell.text)


def _cells(table: Table) -> str:
    return _table(table.heads, [[_cell(cell) for cell in row.cells] for row in table.rows])


# The history


def history(told: History, title: str) -> str:
    """The history of all versions."""
    versions = [escaped(version.version) for version in told.versions]
    return _joined(
        [
            f"# {escaped(title)}: version history",
            "## Versions",
            _table(
                ["Version", "Status", "Questions", "Population"],
                [
                    [escaped(v.version), v.status, str(len(v.questions)), escaped(v.population)]
                    for v in told.versions
                ],
            ),
            "## Questions by version",
            _table(
                ["Question", *versions],
                [
                    [f"{escaped(line.heading)} `{line.id}`", *map(_mark, line.marks)]
                    for line in told.lines
                ],
            ),
            *(block for passage in told.passages for block in _passage(passage)),
        ]
    )


def _mark(mark: tuple[str, str, str]) -> str:
    fate, detail, verdict = mark
    told = f"{FATES[fate].sign} {FATES[fate].word}".strip()
    told += f" ({escaped(detail)})" if detail else ""
    return f"{told}: **{verdict}**" if verdict else told


def _named(entry: Named) -> str:
    return f"{escaped(entry.heading)} `{entry.id}`".strip()


def _passage(passage: Passage) -> Iterator[str]:
    yield f"## {escaped(passage.older)} → {escaped(passage.newer)}"
    yield f"{passage.summary} {escaped(passage.step)}".strip()
    yield escaped(passage.follows)
    yield f"> {escaped(passage.reason)}" if passage.reason else ""
    if passage.decisions:
        yield "### What was decided"
        yield _table(
            ["Question", "Decision", "Changed on purpose", "Verdict", "Why"],
            map(_decided, passage.decisions),
        )
    if passage.changed:
        yield "### What changed"
        for group in passage.changed:
            yield from _changed(group)
    for head, entries in (
        ("New questions", passage.added),
        ("Questions that are not asked any more", passage.removed),
    ):
        if entries:
            yield f"### {head}"
            yield "\n".join(f"- {_named(entry)}" for entry in entries)
    if passage.compared:
        yield f"### Comparisons declared in {escaped(passage.newer)}"
        yield _table(["Here", "Beside", "Verdict", "Why"], map(_compared, passage.compared))


def _decided(entry: Decided) -> list[str]:
    evidence = f" Evidence: {escaped(entry.evidence)}" if entry.evidence else ""
    by = f" by {', '.join(map(_named, entry.by))}" if entry.by else ""
    decision = "goes on" if entry.decision == "same" else entry.decision
    return [
        _named(entry.question),
        f"{decision}{by}",
        escaped(entry.changed),
        entry.verdict,
        f"{escaped(entry.reason)}{evidence}",
    ]


def _compared(entry: Compared) -> list[str]:
    here = f"{_named(entry.here)}{f': “{escaped(entry.answer)}”' if entry.answer else ''}"
    other = f": “{escaped(entry.other_answer)}”" if entry.other_answer else ""
    beside = f"{escaped(entry.version)}: {_named(entry.there)}{other}"
    return [here, beside, f"**{entry.verdict}**", escaped(entry.reason)]


def _changed(group: Changed) -> Iterator[str]:
    yield f"#### {escaped(group.heading)}{f' `{group.id}`' if group.id else ''}"
    yield "\n".join(map(_shift, group.shifts))


def _shift(shift: Shift) -> str:
    signs = {"same": "{}", "gone": "~~−{}~~", "new": "**+{}**"}
    told = " ".join(signs[word.fate].format(escaped(word.text)) for word in shift.words)
    line = f"- {escaped(shift.lead)}{f': {told}' if told else ''}"
    effect = f"  - {escaped(shift.effect)}; needs a {shift.step} step"
    alarms = [f"  - **Look twice:** {escaped(alarm)}" for alarm in shift.alarms]
    return "\n".join([line, *alarms, effect])
