"""Significance as research tables have it: letters for other columns, arrows for the wave before.

Between waves nothing is tested here: the changes say what may be compared, and by which test.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from surveylib.errors import MethodError, no_method
from surveylib.present import numbers
from surveylib.present.tables_groups import FAMILIES, Groups, key, once, pairs_of
from surveylib.present.tables_layout import letter
from surveylib.stats import multiplicity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.analysis.changes import Change, Changes
    from surveylib.analysis.results import Estimates
    from surveylib.present.tables_groups import Key
    from surveylib.present.tables_layout import Cell, Layout

RISEN, FALLEN = "▲", "▼"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """Which signs a table gets, and by which tests.

    Args:
        letters: Whether a share names the columns whose share is lower.
        arrows: Whether a share says that it rose or fell since the wave before.
        changes: What may be compared between waves, with the test of each.
        adjust: How tests of groups count each other; a name in
            `surveylib.stats.multiplicity.METHODS`, or None.
        family: Which of them are counted together; a name in FAMILIES.
    """

    letters: bool = False
    arrows: bool = False
    changes: tuple[Changes, ...] = ()
    adjust: str | None = "holm"
    family: str = "question"


def check(marking: Marking) -> None:
    """Refuse adjustments and families that do not exist.

    Args:
        marking: Which signs are wanted.

    Raises:
        MethodError: There is no such name.
    """
    if marking.adjust is not None and marking.adjust not in multiplicity.METHODS:
        raise MethodError(no_method("adjustment", str(marking.adjust), multiplicity.METHODS))
    if marking.family not in FAMILIES:
        raise MethodError(no_method("family", str(marking.family), FAMILIES))


class Spot(NamedTuple):
    """Where an estimate stands in a layout."""

    section: int
    line: int
    column: int


def marked(layout: Layout, marking: Marking, estimates: Estimates | None) -> Layout | None:
    """The layout with letters and arrows, and what they mean below it; None where none can be.

    Args:
        layout: A table.
        marking: Which signs are wanted.
        estimates: The estimates that the table shows, for groups of one wave; None for changes.
    """
    spots = _spots(layout)
    signs = _Signs()
    notes: list[str] = []
    if marking.letters:
        layout = _lettered(layout)
        if estimates is not None:
            notes += _between_groups(estimates, marking, spots, signs)
    compared = [row for one in marking.changes for row in one.rows]
    notes += _between_waves(layout, compared, marking, spots, signs)
    return replace(_rebuilt(layout, signs), notes=(*notes, *layout.notes)) if notes else None


class _Signs:
    """Letters and arrows by the place of their cell."""

    def __init__(self) -> None:
        self.letters: dict[Spot, set[int]] = defaultdict(set)
        self.arrows: dict[Spot, str] = {}


def _spots(layout: Layout) -> dict[Key, list[Spot]]:
    """Where each estimate stands: once, or beside each other wave that it is compared with."""
    found: dict[Key, list[Spot]] = defaultdict(list)
    for section, part in enumerate(layout.sections):
        for line, row in enumerate(part.lines):
            for column, cell in enumerate(row.cells):
                if cell.about is not None:
                    found[key(cell.about)].append(Spot(section, line, column))
    return found


def _lettered(layout: Layout) -> Layout:
    """The layout with a letter for each column of shares or other estimates."""
    shown = {spot.column for spots in _spots(layout).values() for spot in spots}
    names = {column: letter(place) for place, column in enumerate(sorted(shown))}
    columns = tuple(
        replace(column, letter=names.get(place, "")) for place, column in enumerate(layout.columns)
    )
    return replace(layout, columns=columns)


def _rebuilt(layout: Layout, signs: _Signs) -> Layout:
    def cell(spot: Spot, old: Cell) -> Cell:
        lower = sorted(signs.letters.get(spot, ()))
        names = tuple(layout.columns[column].letter for column in lower)
        return replace(old, letters=names, arrow=signs.arrows.get(spot, ""))

    sections = tuple(
        replace(
            part,
            lines=tuple(
                replace(
                    row,
                    cells=tuple(
                        cell(Spot(section, line, column), old)
                        for column, old in enumerate(row.cells)
                    ),
                )
                for line, row in enumerate(part.lines)
            ),
        )
        for section, part in enumerate(layout.sections)
    )
    return replace(layout, sections=sections)


def _between_waves(
    layout: Layout,
    compared: Sequence[Change],
    marking: Marking,
    spots: Mapping[Key, Sequence[Spot]],
    signs: _Signs,
) -> list[str]:
    """Letters and arrows that changes bring, and what they mean."""
    used: list[Change] = []
    lines: set[tuple[int, int]] = set()
    for row in compared:
        places = _places(layout, row, spots)
        if places is None:
            continue
        first, second = places
        used.append(row)
        lines.add(first[:2])
        way = significant(row)
        if way and marking.letters:
            higher, lower = (second, first) if way > 0 else (first, second)
            signs.letters[higher].add(lower.column)
        if way and marking.arrows and _is_before(layout, first, second):
            signs.arrows[second] = RISEN if way > 0 else FALLEN
    return [*_meaning(used, marking), *_not_compared(layout, lines)] if used else []


def _not_compared(layout: Layout, lines: set[tuple[int, int]]) -> list[str]:
    """The answers of which several waves stand here, and no change is of these figures."""
    labels = []
    for section, part in enumerate(layout.sections):
        for place, line in enumerate(part.lines):
            waves = {cell.about.wave for cell in line.cells if cell.about is not None}
            if len(waves) > 1 and (section, place) not in lines:
                labels.append(f"“{line.label}”")
    if not labels:
        return []
    told = f"not compared between waves: {once(labels)}; the changes are of none of these figures"
    why = "were not asked for, may not be compared, were put together first, or are withheld"
    return [f"{told}, because these {why}"]


def _places(
    layout: Layout, row: Change, spots: Mapping[Key, Sequence[Spot]]
) -> tuple[Spot, Spot] | None:
    """Where the two figures of a change stand, side by side if they can; None where they do not."""
    pairs = [
        (first, second)
        for first in spots.get(key(row.from_estimate), ())
        for second in spots.get(key(row.to_estimate), ())
        if first[:2] == second[:2] and _is_shown(layout, row, first, second)
    ]
    return min(pairs, key=lambda pair: abs(pair[1].column - pair[0].column), default=None)


def _is_shown(layout: Layout, row: Change, first: Spot, second: Spot) -> bool:
    """Whether the table shows the very figures that a change compares."""
    for end, spot in ((row.from_estimate, first), (row.to_estimate, second)):
        shown = layout.sections[spot.section].lines[spot.line].cells[spot.column].about
        if shown is None or (shown.estimate, shown.n) != (end.estimate, end.n):
            return False
    return True


def _is_before(layout: Layout, first: Spot, second: Spot) -> bool:
    """Whether a cell is of the wave before: no other of the same row and group lies between."""
    cells = layout.sections[second.section].lines[second.line].cells
    if not all(_is_of_a_wave(cells[spot.column]) for spot in (first, second)):
        return False
    shown = [cell.about for cell in cells if cell.about is not None]
    earlier, later = (cells[spot.column].about for spot in (first, second))
    if earlier is None or later is None:
        return False
    waves = list(dict.fromkeys(one.wave for one in shown if one.domain == later.domain))
    return waves.index(earlier.wave) + 1 == waves.index(later.wave)


def _is_of_a_wave(cell: Cell) -> bool:
    """Whether a share is of one wave: a mean of several, counted, has no interval of its own."""
    about = cell.about
    return about is not None and (about.certainty != "counted" or about.ci_low is not None)


def significant(row: Change) -> int:
    """1 for a rise that is shown, -1 for a fall, 0 for anything else.

    Args:
        row: A change. Its p-value for its whole family counts, where it has one.
    """
    alpha = 1 - row.confidence_level
    if row.p_adjusted is not None and row.p_adjusted > alpha:
        return 0
    return {"increased": 1, "decreased": -1}.get(row.verdict, 0)


def _meaning(rows: Sequence[Change], marking: Marking) -> list[str]:
    levels = once(f"{(1 - row.confidence_level) * 100:.3g}\u00a0%" for row in rows)
    methods = once(numbers.method(row.method) for row in rows)
    families = once(row.family or "each test on its own" for row in rows)
    tests = f"two-sided tests at the {levels} level, {methods}; {families}"
    found = []
    if marking.letters:
        found.append(
            f"A, B, … between waves: the share is higher than in the column of that letter; {tests}"
        )
    if marking.arrows:
        found.append(f"{RISEN} {FALLEN} the share rose or fell since the wave before; {tests}")
    return found


def _between_groups(
    estimates: Estimates,
    marking: Marking,
    spots: Mapping[Key, Sequence[Spot]],
    signs: _Signs,
) -> list[str]:
    """Letters between groups of one wave, and what they mean."""
    order = {name: places[0].column for name, places in spots.items()}
    groups = Groups(estimates, pairs_of(estimates, order), marking.adjust, marking.family)
    for higher, lower in groups.shown():
        signs.letters[spots[key(higher)][0]].add(order[key(lower)])
    return groups.meaning()
