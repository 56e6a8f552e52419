"""Decompositions, standardised shares, shifts and sensitivities as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from surveylib.present import bounded, decomposed, numbers, shifted
from surveylib.present.tables_cells import finite
from surveylib.present.tables_estimates import common, group
from surveylib.present.tables_layout import NOT_THERE, Cell, Column, Layout, Line, Section, merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from surveylib.analysis.bounded import BoundedShare, Sensitivity
    from surveylib.analysis.decompositions import Decomposition, Decompositions, Share
    from surveylib.analysis.shifts import Cut, Shift, Shifts
    from surveylib.analysis.standardise import Standardised, StandardisedShare

    Labels = Mapping[str, str]


#: Notes on what this table has no column for, or says in its own place.
_ELSEWHERE = ("design:", "caveat:", "could be:", "if alike:", "to undo a finding")


class _Figure(NamedTuple):
    """A column of figures: its name, unit and cells, and what its interval is of, if it has one."""

    figure: str
    unit: str
    cell: Callable[[Any], Cell]
    has_interval: bool = False
    of: str = ""


def _table(
    rows: Mapping[tuple[str, str], Mapping[str, Mapping[str, Any]]],
    heads: Sequence[str],
    figures: Sequence[_Figure],
    level: float,
) -> tuple[tuple[Column, ...], tuple[Section, ...]]:
    """Columns and sections: for each head every figure, for each label a line.

    Args:
        rows: By section, label and head what a line shows.
        heads: What stands above the columns.
        figures: The figures below each.
        level: Nominal coverage of intervals.
    """
    interval = f"{level * 100:g}\u00a0% interval"
    columns = tuple(
        Column(heads=(head,) if head else (), figure=one.figure, unit=one.unit,
               interval=f"{interval}{one.of}" if one.has_interval else "")
        for head in heads for one in figures
    )  # fmt: skip
    sections = tuple(
        Section(
            heading=", ".join(filter(None, names)) if len(rows) > 1 or names[1] else "",
            lines=tuple(
                Line(
                    label=label,
                    cells=tuple(
                        one.cell(by_head[head]) if head in by_head else Cell(text=NOT_THERE)
                        for head in heads
                        for one in figures
                    ),
                )
                for label, by_head in lines.items()
            ),
        )
        for names, lines in rows.items()
    )
    return columns, sections


def _share(value: float | None) -> Cell:
    """A share in percent."""
    return Cell(text=NOT_THERE) if value is None else Cell(text=numbers.percent(value), value=value)


def _with_limits(cell: Cell, low: float | None, high: float | None, said: str) -> Cell:
    return Cell(text=cell.text, value=cell.value, interval=said, low=finite(low), high=finite(high))


def _in_sections(
    rows: Iterable[Any], label: Callable[[Any], str], head: Callable[[Any], str], labels: Labels
) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
    """Rows by question and group, label and head, in the order in which they come."""
    found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in rows:
        domain = getattr(row, "domain", "")
        place = (row.title, group(domain, labels) if domain else "")
        found.setdefault(place, {}).setdefault(label(row), {})[head(row)] = row
    return found


def _layout(
    result: Any, made: tuple[tuple[Column, ...], tuple[Section, ...]], notes: Sequence[str]
) -> Layout:
    titles = dict.fromkeys(row.title for row in result.rows)
    return Layout(
        title=next(iter(titles)) if len(titles) == 1 else "",
        subtitle="",
        columns=made[0],
        sections=made[1],
        footnotes=(),
        notes=tuple(line for line in (*notes, *common(result)) if line),
        sources=(),
    )


def _level(rows: Sequence[Any]) -> float:
    return rows[0].confidence_level if rows else 0.95


def of_standardised(result: Standardised, labels: Labels) -> Layout:
    """The table of shares under one mix: answers in rows, waves in columns.

    Args:
        result: Shares under one mix.
        labels: What groups are called, by `question=answer`.
    """

    def held(row: StandardisedShare) -> Cell:
        exact = row.estimate is not None
        text = numbers.percent(row.estimate) if row.estimate is not None else (
            numbers.percents(row.estimate_low, row.estimate_high))  # fmt: skip
        said = numbers.percents(row.ci_low, row.ci_high)
        cell = Cell(text=text, value=row.estimate if exact else None)
        return _with_limits(cell, row.ci_low, row.ci_high, said)

    figures = (
        _Figure("as it is", "share", lambda row: _share(row.crude)),
        _Figure("under the mix", "share", held, has_interval=True),
        _Figure("respondents", "count", lambda row: Cell(text=f"{row.n:,}", value=row.n)),
    )  # fmt: skip
    rows = _in_sections(result.rows, lambda row: row.answer_text, lambda row: row.wave, labels)
    waves = merged([list(dict.fromkeys(row.wave for row in result.rows))])
    parts = ", ".join(
        f"{labels.get(f'{result.by}={name}', name)} {numbers.percent(part)}"
        for name, part in result.standard
    )
    notes = [f"the mix: {result.told}: {parts}", *(f"without one: {one}" for one in result.refused)]
    return _layout(result, _table(rows, waves, figures, _level(result.rows)), notes)


def _points(share: Share) -> Cell:
    """A part in points, with its interval; its bounds where that is all that is known."""
    if share.estimate is None:
        text = f"{numbers.points(share.low)} to {numbers.points(share.high)}"
    else:
        text = numbers.points(share.estimate)
    value = None if share.estimate is None else share.estimate * 100
    low, high = share.ci_low * 100, share.ci_high * 100
    said = f"{numbers.points(share.ci_low)} to {numbers.points(share.ci_high)}"
    return _with_limits(Cell(text=text, value=value), low, high, said)


def of_decompositions(result: Decompositions, labels: Labels) -> Layout:
    """The table of changes taken apart: answers in rows, two waves in columns.

    Args:
        result: Changes taken apart.
        labels: What groups are called, by `question=answer`.
    """
    figures = (
        _Figure("from", "share", lambda row: _share(row.share_from)),
        _Figure("to", "share", lambda row: _share(row.share_to)),
        _Figure("change", "points", lambda row: _points(row.change), has_interval=True),
        _Figure("who answered", "points", lambda row: _points(row.mix), has_interval=True),
        _Figure("what they said", "points", lambda row: _points(row.rate), has_interval=True),
    )

    def pair(row: Decomposition) -> str:
        return f"{row.from_wave} → {row.to_wave}"

    rows = _in_sections(result.rows, lambda row: row.answer_text, pair, labels)
    heads = list(dict.fromkeys(map(pair, result.rows)))
    by = dict.fromkeys(row.by_title for row in result.rows)
    notes = [
        f"by {', '.join(f'“{one}”' for one in by)}; {decomposed.FORMULA}",
        *result.done,
        *(f"not taken apart: {one}" for one in result.refused),
    ]
    return _layout(result, _table(rows, heads, figures, _level(result.rows)), notes)


def of_shifts(result: Shifts, labels: Labels) -> Layout:
    """The table of shifts: the share up to each answer in two waves.

    Args:
        result: Shifts.
        labels: What groups are called, by `question=answer`.
    """

    def moved(cut: Cut) -> Cell:
        said = f"{numbers.points(cut.ci_low)} to {numbers.points(cut.ci_high)}"
        exact = cut.share_from == cut.share_from_high and cut.share_to == cut.share_to_high
        size = cut.share_to - cut.share_from
        cell = Cell(text=numbers.points(size), value=size * 100) if exact else Cell(text=NOT_THERE)
        return _with_limits(cell, cut.ci_low * 100, cut.ci_high * 100, said)

    def p(cut: Cut) -> Cell:
        value = cut.p_adjusted
        return (
            Cell(text=NOT_THERE)
            if value is None
            else Cell(text=numbers.p_value(value), value=value)
        )

    figures = (
        _Figure("from", "share", lambda cut: _between(cut.share_from, cut.share_from_high)),
        _Figure("to", "share", lambda cut: _between(cut.share_to, cut.share_to_high)),
        _Figure("points", "points", moved, has_interval=True),
        _Figure("p of family", "p", p),
        _Figure("verdict", "text", lambda cut: Cell(text=cut.verdict)),
    )

    def pair(row: Shift) -> str:
        return f"{row.from_wave} → {row.to_wave}"

    rows: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in result.rows:
        place = (row.title, group(row.domain, labels) if row.domain else "")
        for cut in row.cuts:
            rows.setdefault(place, {}).setdefault(f"up to {cut.up_to}", {})[pair(row)] = cut
    heads = list(dict.fromkeys(map(pair, result.rows)))
    notes = [*map(shifted.sentence, result.rows), *result.done, *result.refused]
    return _layout(result, _table(rows, heads, figures, _level(result.rows)), notes)


def _between(low: float, high: float) -> Cell:
    return _share(low) if low == high else Cell(text=numbers.percents(low, high))


def of_sensitivity(result: Sensitivity, labels: Labels) -> Layout:
    """The table of what those who did not answer leave open: waves in rows.

    Args:
        result: Shares with their bounds.
        labels: What groups are called, by `question=answer`.
    """

    def answered(row: BoundedShare) -> Cell:
        end = row.answered
        if end is None:
            return Cell(text=NOT_THERE)
        said = numbers.interval(end.envelope_low, end.envelope_high, end)
        cell = Cell(text=numbers.share(end), value=end.estimate)
        return _with_limits(cell, end.envelope_low, end.envelope_high, said)

    def highest(row: BoundedShare) -> Cell:
        known = row.ci_low is not None and row.ci_high is not None
        said = numbers.percents(row.ci_low, row.ci_high) if known else ""  # type: ignore[arg-type]
        return _with_limits(_share(row.high), row.ci_low, row.ci_high, said)

    figures = (
        _Figure("share", "share", answered, has_interval=True),
        _Figure("missing", "share", lambda row: _share(row.missing)),
        _Figure("at least", "share", lambda row: _share(row.low)),
        _Figure("at most", "share", highest, has_interval=True, of=" of all"),
    )
    rows = _in_sections(result.rows, lambda row: row.wave or row.answer_text, lambda _: "", labels)
    notes = [line for line in bounded.below(result) if not line.startswith(_ELSEWHERE)]
    made = _layout(result, _table(rows, [""], figures, _level(result.rows)), notes)
    said = f"“{result.rows[-1].answer_text}”" if result.rows else ""
    return Layout(
        title=made.title, subtitle=said, columns=made.columns, sections=made.sections,
        footnotes=(), notes=made.notes, sources=(), stub="wave",
    )  # fmt: skip
