"""Changes and trends as a table: the shares of each wave, then what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from surveylib.present import changed, numbers, tables_cells, trended
from surveylib.present.tables_estimates import (
    common,
    group,
    heading,
    interval_head,
    label_of,
    sources,
)
from surveylib.present.tables_layout import (
    NOT_COMPARED,
    Cell,
    Column,
    Footnotes,
    Layout,
    Line,
    Section,
    merged,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from surveylib.analysis.changes import Change, Changes
    from surveylib.analysis.results import Estimate
    from surveylib.analysis.trends import Trend, Trends

    Labels = Mapping[str, str]
    Pair = tuple[str, str]


class Told(NamedTuple):
    """A column about a change or a trend: its name, its cells, and whether it is needed."""

    figure: str
    unit: str
    cell: Callable[..., Cell]
    said: Callable[[Sequence[object]], bool] = bool


def of_changes(result: Changes, labels: Labels) -> Layout:
    """The table of changes.

    Args:
        result: Changes of one question, or of several.
        labels: What groups are called, by `question=answer`.
    """
    ends = [end for row in result.rows for end in _ends(row)]
    footnotes = Footnotes(tables_cells.in_common(ends))
    envelope = tables_cells.has_envelope(ends)
    pairs = list(dict.fromkeys(_pair(row) for row in result.rows))
    shares = _share_columns(result.rows, pairs)
    told = [one for one in _CHANGE if one.said(result.rows)]
    columns = [_share_column(key, ends, envelope=envelope) for key in shares]
    columns += [_told_column(one, pair, result.rows) for pair in pairs for one in told]
    questions = {row.question for row in result.rows}
    sections = []
    for (question, domain), rows in _parts(result.rows).items():
        lines = []
        for every in _answers(rows):
            known = _known(every, shares)
            cells = _shares(known, footnotes, envelope=envelope)
            by_pair = {_pair(row): row for row in every}
            cells += [
                one.cell(by_pair[pair], footnotes) if pair in by_pair else Cell(text=NOT_COMPARED)
                for pair in pairs
                for one in told
            ]
            label, marks = label_of([row for row in known if row is not None], footnotes)
            lines.append(Line(label=label, marks=marks, cells=tuple(cells)))
        of_these = [end for row in rows for end in _ends(row) if end.question == question]
        named = heading(of_these)[0] if len(questions) > 1 else ""
        lines.append(_bases(rows, shares, len(columns)))
        sections.append(_section(named, domain, lines, labels))
    head = heading(ends) if len(questions) == 1 else ("", "")
    return Layout(
        title=head[0],
        subtitle=head[1],
        columns=tuple(columns),
        sections=tuple(sections),
        footnotes=tuple(footnotes.texts),
        notes=(*footnotes.common, *_change_notes(result, envelope=envelope)),
        sources=sources(ends),
    )


def _shares(
    known: Iterable[Estimate | None], footnotes: Footnotes, *, envelope: bool
) -> list[Cell]:
    """The cells of shares; of waves that were not compared, a sign."""
    return [
        Cell(text=NOT_COMPARED)
        if row is None
        else tables_cells.figure(row, footnotes, envelope=envelope)
        for row in known
    ]


def _ends(row: Change) -> tuple[Estimate, Estimate]:
    return row.from_estimate, row.to_estimate


def _pair(row: Change) -> Pair:
    return row.from_wave, row.to_wave


def _share_columns(rows: Sequence[Change], pairs: Sequence[Pair]) -> list[tuple[str, ...]]:
    """A column for each wave; for each wave of each pair where the shares of a wave differ.

    They do where the same people are compared: then each pair has people of its own.
    """
    found: dict[tuple[str, str, str, str], set[float | None]] = {}
    for row in rows:
        for end in _ends(row):
            key = (row.question, row.answer, row.domain, end.wave)
            found.setdefault(key, set()).add(end.estimate)
    if all(len(values) == 1 for values in found.values()):
        return [(wave,) for wave in merged(pairs)]
    return [(wave, *pair) for pair in pairs for wave in pair]


def _known(rows: Sequence[Change], keys: Sequence[tuple[str, ...]]) -> list[Estimate | None]:
    """The share of an answer in each column."""
    found: dict[tuple[str, ...], Estimate] = {}
    for row in rows:
        for end in _ends(row):
            found[(end.wave,)] = found[(end.wave, *_pair(row))] = end
    return [found.get(key) for key in keys]


def _share_column(key: tuple[str, ...], ends: Sequence[Estimate], *, envelope: bool) -> Column:
    heads = (key[0],) if len(key) == 1 else (f"{key[1]} → {key[2]}", key[0])
    return Column(
        heads=heads, figure="share", unit="share", interval=interval_head(ends, envelope=envelope)
    )


def _told_column(told: Told, pair: Pair, rows: Sequence[Change]) -> Column:
    figure, unit, measure = told.figure, told.unit, rows[0].measure
    sized = figure == ("points" if measure == "difference" else "effect")
    if figure == "effect":
        figure, unit = changed.MEASURES[measure], "percent" if measure == "percent" else "ratio"
    one = all(map(changed.is_one, rows))
    level = f"{rows[0].confidence_level * 100:g}\u00a0%"
    head = f"{level} {'interval' if one else 'envelope'}" if sized else ""
    return Column(heads=(f"{pair[0]} → {pair[1]}",), figure=figure, unit=unit, interval=head)


def _points(row: Change, footnotes: Footnotes) -> Cell:
    """The difference, with its interval where it is what was measured."""
    marks: tuple[int, ...] = ()
    if row.comparability == "limited":
        marks = (footnotes.mark(f"limited: {' '.join(row.notes)}"),)
    exact = row.difference is not None
    value = None if row.difference is None else row.difference * 100
    made = Cell(text=changed.points(row), value=value if exact else None, marks=marks)
    return made if row.measure != "difference" else _with_limits(made, row, scale=100)


def _effect(row: Change, _footnotes: Footnotes) -> Cell:
    return _with_limits(
        Cell(text=changed.effect(row), value=tables_cells.finite(row.effect)), row, scale=1
    )


def _with_limits(cell: Cell, row: Change, *, scale: float) -> Cell:
    low, high = tables_cells.finite(row.envelope_low), tables_cells.finite(row.envelope_high)
    return Cell(
        text=cell.text,
        value=cell.value,
        marks=cell.marks,
        interval=changed.limits(row),
        low=None if low is None else low * scale,
        high=None if high is None else high * scale,
    )


def _p(row: Change, _footnotes: Footnotes) -> Cell:
    exact = row.p_value_low == row.p_value_high
    return Cell(text=numbers.p_values(row), value=row.p_value_high if exact else None)


def _p_adjusted(row: Change | Trend, _footnotes: Footnotes) -> Cell:
    p = row.p_adjusted
    return Cell(text="–") if p is None else Cell(text=numbers.p_value(p), value=p)


def _verdict(row: Change | Trend, _footnotes: Footnotes) -> Cell:
    return Cell(text=row.verdict)


def _has_family(rows: Iterable[object]) -> bool:
    return any(getattr(row, "p_adjusted", None) is not None for row in rows)


def _has_effect(rows: Iterable[object]) -> bool:
    return any(getattr(row, "measure", "difference") != "difference" for row in rows)


_CHANGE = (
    Told("points", "points", _points),
    Told("effect", "ratio", _effect, _has_effect),
    Told("p", "p", _p),
    Told("p of family", "p", _p_adjusted, _has_family),
    Told("verdict", "text", _verdict),
)


def _parts(rows: Iterable[Change]) -> dict[tuple[str, str], list[Change]]:
    found: dict[tuple[str, str], list[Change]] = {}
    for row in rows:
        found.setdefault((row.question, row.domain), []).append(row)
    return found


def _answers(rows: Sequence[Change]) -> list[list[Change]]:
    found: dict[str, list[Change]] = {}
    for row in rows:
        found.setdefault(row.answer, []).append(row)
    return list(found.values())


def _bases(rows: Sequence[Change], keys: Sequence[tuple[str, ...]], width: int) -> Line:
    known = [_known(every, keys) for every in _answers(rows)]
    by_column = ([row for row in column if row is not None] for column in zip(*known, strict=True))
    cells = [tables_cells.base(column) for column in by_column]
    blank = [Cell(text="")] * (width - len(cells))
    return Line(label="n", kind="base", cells=(*cells, *blank))


def _section(named: str, domain: str, lines: Sequence[Line], labels: Labels) -> Section:
    parts = [named, group(domain, labels) if domain else ""]
    return Section(heading=", ".join(filter(None, parts)), lines=tuple(lines))


def _change_notes(result: Changes, *, envelope: bool) -> list[str]:
    rows = result.rows
    methods = dict.fromkeys((f"{row.confidence_level * 100:g}", row.method) for row in rows)
    notes = [
        f"{level}\u00a0% intervals of changes: {numbers.method(method)}"
        for level, method in methods
    ]
    if envelope or not all(map(changed.is_one, rows)):
        notes.append(
            "envelope: holds the interval of every count and base that the figures may stand for"
        )
    shared: dict[str, list[str]] = {}
    for row in rows:
        if row.overlap:
            shared.setdefault(row.overlap, []).append(" → ".join(_pair(row)))
    notes += [f"{', '.join(dict.fromkeys(waves))}: {text}" for text, waves in shared.items()]
    notes += list(dict.fromkeys(row.family for row in rows if row.family))
    return [*notes, *result.done, *map(changed.refusal, result.refused), *common(result)]


def of_trends(result: Trends, labels: Labels) -> Layout:
    """The table of trends.

    Args:
        result: Trends of one question, or of several.
        labels: What groups are called, by `question=answer`.
    """
    points = [point for row in result.rows for point in row.points]
    footnotes = Footnotes(tables_cells.in_common(points))
    envelope = tables_cells.has_envelope(points)
    waves = merged(row.waves for row in result.rows)
    told = [one for one in _TREND if one.said(result.rows)]
    columns = [_share_column((wave,), points, envelope=envelope) for wave in waves]
    columns += [_trend_column(one, result.rows) for one in told]
    questions = {row.question for row in result.rows}
    parts: dict[tuple[str, str], list[Line]] = {}
    for row in result.rows:
        by_wave = {point.wave: point for point in row.points}
        cells = [Cell(text="")] * len(waves)
        if row.points:
            cells = _shares(map(by_wave.get, waves), footnotes, envelope=envelope)
        cells += [one.cell(row, footnotes) for one in told]
        run = f" ({row.waves[0]}–{row.waves[-1]})" if list(row.waves) != waves else ""
        label = f"{row.answer_text or row.answer or 'all answers'}{run}"
        line = Line(label=label, cells=tuple(cells))
        parts.setdefault((row.title if len(questions) > 1 else "", row.domain), []).append(line)
    head = heading(points) if len(questions) == 1 else ("", "")
    marked = set(changed.flags(points))  # they are footnotes and notes here
    return Layout(
        title=head[0] or (result.rows[0].title if len(questions) == 1 else ""),
        subtitle=head[1],
        columns=tuple(columns),
        sections=tuple(_section(*key, lines, labels) for key, lines in parts.items()),
        footnotes=tuple(footnotes.texts),
        notes=(
            *footnotes.common,
            *(line for line in trended.below(result) if line and line not in marked),
        ),
        sources=sources(points),
    )


def _slope(row: Trend, _footnotes: Footnotes) -> Cell:
    if row.segments:
        return Cell(text=", ".join(trended.per_year(part.slope) for part in row.segments))
    if row.slope is None:
        return Cell(text="–")
    low, high = (tables_cells.finite(one) for one in (row.slope_low, row.slope_high))
    return Cell(
        text=trended.per_year(row.slope),
        value=row.slope * 100,
        interval=trended.span(row),
        low=None if low is None else low * 100,
        high=None if high is None else high * 100,
    )


def _p_of_trend(row: Trend, _footnotes: Footnotes) -> Cell:
    exact = row.p_value_low == row.p_value_high
    return Cell(text=trended.p_values(row), value=row.p_value_high if exact else None)


def _statistic(row: Trend, _footnotes: Footnotes) -> Cell:
    return Cell(text=trended.statistic(row))


_TREND = (
    Told("points a year", "points", _slope),
    Told("test", "text", _statistic),
    Told("p", "p", _p_of_trend),
    Told("p of family", "p", _p_adjusted, _has_family),
    Told("verdict", "text", _verdict),
)


def _trend_column(told: Told, rows: Sequence[Trend]) -> Column:
    level = f"{rows[0].confidence_level * 100:g}\u00a0%"
    head = f"{level} interval" if told.unit == "points" else ""
    return Column(heads=("trend",), figure=told.figure, unit=told.unit, interval=head)
