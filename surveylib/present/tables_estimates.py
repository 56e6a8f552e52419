"""Estimates and crosstabs as a table: answers in rows, waves and groups in columns."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from surveylib.analysis.asking import BASES
from surveylib.analysis.simultaneous import TOGETHER
from surveylib.present import crossed, numbers, tables_cells
from surveylib.present.labelled import about
from surveylib.present.tables_layout import (
    WITHHELD,
    Cell,
    Column,
    Footnotes,
    Layout,
    Line,
    Section,
    merged,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from surveylib.analysis.crosstab import Crosstab
    from surveylib.analysis.results import Estimate, Estimates

    Labels = Mapping[str, str]


class Place(NamedTuple):
    """A column of estimates: a wave and a group."""

    wave: str
    domain: str


def of_estimates(result: Estimates, labels: Labels) -> Layout:
    """The table of estimates.

    Args:
        result: Estimates of one question, or of several.
        labels: What groups are called, by `question=answer`.
    """
    by_question = grouped(result.rows)
    places = _places(by_question.values())
    footnotes = Footnotes(tables_cells.in_common(result.rows))
    envelope = tables_cells.has_envelope(result.rows)
    several = len(by_question) > 1
    sections = [
        _section(rows, places, result, footnotes, (envelope, several))
        for rows in by_question.values()
    ]
    head = heading(result.rows)
    return Layout(
        title="" if several else head[0],
        subtitle="" if several else head[1],
        columns=tuple(_column(place, places, result.rows, labels) for place in places),
        sections=tuple(sections),
        footnotes=tuple(footnotes.texts),
        notes=(*footnotes.common, *_notes(result, envelope=envelope)),
        sources=sources(result.rows),
    )


def of_crosstab(result: Crosstab, labels: Labels) -> Layout:
    """The table of two questions crossed: the answers of one are the columns.

    Args:
        result: A crosstab.
        labels: What groups are called, by `question=answer`.
    """
    found = of_estimates(result.within, labels)
    domains = [f"{result.rows}={answer}" for answer in result.row_answers]
    places = _places([list(result.within.rows)])
    gone = any(map(numbers.is_withheld, result.within.rows))
    total = []
    for place in places:
        share = float(result.cells[domains.index(place.domain)].sum())
        if math.isnan(share) or gone:
            total.append(Cell(text=WITHHELD))
            continue
        total.append(Cell(text=numbers.percent(share), value=share))
    last = found.sections[-1]
    line = Line(label="share of all", cells=tuple(total), kind="all")
    sections = (*found.sections[:-1], replace(last, lines=(*last.lines, line)))
    return replace(found, sections=sections, notes=(*found.notes, *crossed.tested(result)))


def grouped(rows: Iterable[Estimate]) -> dict[str, list[Estimate]]:
    """Estimates by question, in order.

    Args:
        rows: Estimates.
    """
    found: dict[str, list[Estimate]] = {}
    for row in rows:
        found.setdefault(row.question, []).append(row)
    return found


def _places(questions: Iterable[Sequence[Estimate]]) -> list[Place]:
    """Columns, waves first; groups in the order in which the answers of their question stand."""
    every = [list(dict.fromkeys(Place(row.wave, row.domain) for row in rows)) for rows in questions]
    waves = merged(list(dict.fromkeys(one.wave for one in order)) for order in every)
    domains = merged(
        [one.domain for one in order if one.wave == wave] for wave in reversed(waves)
        for order in every
    )  # fmt: skip
    there = {one for order in every for one in order}
    return [Place(wave, domain) for wave in waves for domain in domains if (wave, domain) in there]


def _column(
    place: Place, places: Sequence[Place], rows: Sequence[Estimate], labels: Labels
) -> Column:
    several_waves = len({one.wave for one in places}) > 1
    grouped_by = any(one.domain for one in places)
    heads = [place.wave] if place.wave and (several_waves or not grouped_by) else []
    if grouped_by:
        heads.append(group(place.domain, labels))
    words = list(dict.fromkeys(
        "share" if row.statistic in numbers.SHARES else row.statistic for row in rows))  # fmt: skip
    unit = "share" if words == ["share"] else "number"
    return Column(
        heads=tuple(heads) or ("all",),
        figure=" / ".join(words),
        unit=unit,
        interval=interval_head(rows, envelope=tables_cells.has_envelope(rows)),
    )


def group(domain: str, labels: Labels) -> str:
    """What a group is called: its label, or its answer.

    >>> group("region=coast", {}), group("region=coast, size=1", {"size=1": "one"}), group("", {})
    ('coast', 'coast, one', 'all')
    """
    if not domain or domain in labels:
        return labels.get(domain, "all")
    parts = domain.split(", ")
    return ", ".join(labels.get(part, part.partition("=")[2] or part) for part in parts)


def interval_head(rows: Iterable[Estimate], *, envelope: bool) -> str:
    """What the column of limits is called.

    Args:
        rows: The estimates.
        envelope: Whether they are envelopes.
    """
    levels = dict.fromkeys(f"{row.confidence_level * 100:g}" for row in rows)
    return f"{' / '.join(levels)}\u00a0% {'envelope' if envelope else 'interval'}"


def _section(
    rows: Sequence[Estimate],
    places: Sequence[Place],
    result: Estimates,
    footnotes: Footnotes,
    how: tuple[bool, bool],
) -> Section:
    envelope, several = how
    found = {(row.wave, row.domain, row.answer): row for row in rows}
    waves = list(dict.fromkeys(row.wave for row in rows))
    answers = merged(
        list(dict.fromkeys(row.answer for row in rows if row.wave == wave))
        for wave in reversed(waves)
    )
    gone = {
        (row.wave, row.answer) for row in result.not_printed if row.question == rows[0].question
    }
    lines = []
    for answer in answers:
        cells = []
        for place in places:
            row = found.get((*place, answer))
            missing = row is None and (place.wave, answer) in gone
            cells.append(
                tables_cells.gap(printed=True)
                if missing
                else tables_cells.figure(row, footnotes, envelope=envelope)
            )
        named = [row for row in rows if row.answer == answer]
        label, marks = label_of(named, footnotes)
        lines.append(Line(label=label, marks=marks, cells=tuple(cells)))
    in_column = (
        [row for row in rows if (row.wave, row.domain) == tuple(place)] for place in places
    )
    base = Line(label="n", kind="base", cells=tuple(map(tables_cells.base, in_column)))
    return Section(
        heading=" – ".join(filter(None, heading(rows))) if several else "", lines=(*lines, base)
    )


def label_of(rows: Sequence[Estimate], footnotes: Footnotes) -> tuple[str, tuple[int, ...]]:
    """The label of an answer in its last wave, and a footnote on how it read before.

    Args:
        rows: The estimates of the answer.
        footnotes: Take what it was called in other waves.
    """
    last = rows[-1]
    label = last.answer_text or last.answer or last.title or last.question
    before: dict[str, list[str]] = {}
    for row in rows:
        if (row.answer_text or row.answer) not in {label, ""}:
            before.setdefault(row.answer_text or row.answer, []).append(row.wave)
    marks = [
        footnotes.mark(f"{', '.join(dict.fromkeys(waves))}: “{text}”")
        for text, waves in before.items()
    ]
    return label, tuple(marks)


def heading(rows: Sequence[Estimate]) -> tuple[str, str]:
    """The question in a few words, and as it was asked, with the waves where wordings differ.

    Args:
        rows: The estimates of a question.
    """
    if not rows:
        return "", ""
    title = rows[-1].title or rows[-1].question
    texts: dict[str, list[str]] = {}
    for row in rows:
        if row.question_text:
            texts.setdefault(row.question_text, []).append(row.wave)
    if len(texts) < 2:
        return title, "".join(f"“{text}”" for text in texts)
    told = (f"“{text}” ({', '.join(dict.fromkeys(waves))})" for text, waves in texts.items())
    return title, " ".join(told)


def sources(rows: Iterable[Estimate]) -> tuple[str, ...]:
    """Where figures come from, each once.

    Args:
        rows: Estimates.
    """
    return tuple(dict.fromkeys(row.source for row in rows if row.source))


def _notes(result: Estimates, *, envelope: bool) -> list[str]:
    """What must be known of estimates."""
    shown = [row for row in result.rows if not numbers.is_withheld(row)]
    used = dict.fromkeys((f"{row.confidence_level * 100:g}", row.interval) for row in shown)
    notes = [f"{level}\u00a0% intervals: {numbers.method(name)}" for level, name in used]
    if envelope:
        notes.append(
            "envelope: holds the interval of every count and base that the figure may stand for"
        )
    notes += [
        f"intervals of a question, wave and group hold at once: {name}, {TOGETHER[name].words}"
        for name in dict.fromkeys(row.simultaneous for row in shown if row.simultaneous)
    ]
    bases = list(dict.fromkeys(row.base for row in shown if row.certainty == "counted"))
    if bases != ["answered"]:
        notes += [f"base {base}: {BASES[base]}" for base in bases if base in BASES]
    return [*notes, *common(result)]


def common(result: object) -> list[str]:
    """What every result may tell: the design, caveats, and the standards it was held against.

    Args:
        result: A result.
    """
    design = getattr(result, "design", "")
    checked = getattr(result, "checked", "")
    return [
        *fielded(result),
        *([f"design: {design}"] if design else []),
        *([checked] if checked else []),
        *(f"caveat: {caveat}" for caveat in getattr(result, "caveats", ())),
    ]


def fielded(result: object) -> list[str]:
    """When each wave was in the field, where that is known.

    Args:
        result: A result.
    """
    known = about(result)
    dates = () if known is None else known.field_dates
    told = [f"{wave}: {numbers.days(first, last)}" for wave, first, last in dates]
    return [f"fieldwork: {'; '.join(told)}"] if told else []
