"""Look at a written report as somebody would who wants to know what it withholds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import Fault, MethodError, StudyError, show
from surveylib.present.disclosure_earlier import NAME, earlier_figures, figures_of, read_report
from surveylib.present.disclosure_rules import Figure, Kinds, Protection, Shown
from surveylib.present.disclosure_search import search_files, search_numbers
from surveylib.present.disclosure_system import System, system
from surveylib.stats.suppression import Limits, bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.study import Study

    Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What a report gives away.

    Args:
        faults: Each thing that is given away; empty where nothing is.
        withheld: How many rows of the report are withheld.
        files: The files that were read, below the folder; workbooks among them.
        unread: The files that no text can be read from, such as pictures.
        bounded: How many withheld counts were bounded by all that is printed.
    """

    faults: tuple[Fault, ...]
    withheld: int
    files: tuple[str, ...]
    unread: tuple[str, ...]
    bounded: int

    def __str__(self) -> str:
        """What is given away, or that nothing is, and what was looked at."""
        looked = (
            f"withheld rows: {self.withheld}, counts bounded by all that is printed: "
            f"{self.bounded}, files searched: {len(self.files)}"
        )
        if self.unread:
            looked += f"; not searched, look yourself: {', '.join(self.unread)}"
        if not self.faults:
            return f"nothing is given away: {looked}"
        count = "1 thing is" if len(self.faults) == 1 else f"{len(self.faults)} things are"
        return "\n".join([f"{count} given away: {looked}", *map(str, self.faults)])


def audit(
    folder: str | Path,
    *,
    earlier: str | Path | tuple[str | Path, ...] = (),
    minimum_cell: int = 5,
    states: Shown = "shown",
    truth: str | Path | None = None,
    study: Study | None = None,
) -> Audit:
    """Try to work out what a written report withholds, from all of its files.

    Withheld counts are bounded by linear programming from everything that the report and earlier
    ones print. The files are searched for numbers that stand beside the names of a withheld row
    and, where the owner of the data gives the true ones, for these.

    Args:
        folder: The folder that the report was written into.
        earlier: Earlier reports of the same study, folders or their study.json.
        minimum_cell: A withheld count must lie in a range at least this wide, and no count from 1
            to one below it may be printed.
        states: Whether counts of ways of not answering may be `shown` however small, or had to be
            `withheld` as those of answers.
        truth: A study.json of the same data of which nothing is withheld. It stays with its owner.
        study: Where the questions are declared; without it, answers are taken to be exclusive
            where their counts sum to the base, or may.

    Raises:
        StudyError: A report cannot be read, or is of another survey.
        MethodError: `folder` is no folder, or `minimum_cell` is below 1.
    """
    place = Path(folder)
    if not place.is_dir():
        raise MethodError(f"{show(place)} is no folder; wanted the folder of a report")
    rule = Protection(
        minimum_cell=minimum_cell,
        minimum_base=max(minimum_cell, 1),
        earlier=earlier,
        states=states,
    )
    report = read_report(place)
    rows = report["estimates"]["rows"]
    _check_same([*rule.reports, *([Path(truth)] if truth else [])], report)
    figures = figures_of(rows)
    before = [figure for path in rule.reports for figure in earlier_figures(path)]
    faults = _small(figures, rule, str(place / NAME))
    found, bounded = _worked_out(figures, before, rule, _Seen(study, [*figures, *before]), place)
    faults += [*found, *_known_before(figures, before, str(place / NAME))]
    searched = search_files(place, rows)
    faults += searched.faults
    if truth:
        faults += search_numbers(
            place, searched.files, rows, read_report(truth)["estimates"]["rows"]
        )
    return Audit(
        faults=tuple(faults),
        withheld=sum(figure.hidden for figure in figures),
        files=tuple(searched.files),
        unread=tuple(searched.unread),
        bounded=bounded,
    )


def _check_same(paths: Iterable[Path], report: dict[str, Any]) -> None:
    """Refuse reports of another survey."""
    others = [(path, read_report(path).get("survey")) for path in paths]
    faults = [
        Fault(
            code="REPORT-OTHER-STUDY",
            what="this report is of another survey",
            file=str(path),
            got=show(survey),
            wanted=show(report.get("survey")),
            todo="name a report of the same study",
        )
        for path, survey in others
        if survey != report.get("survey")
    ]
    if faults:
        raise StudyError(faults)


class _Seen(Kinds):
    """What a reader takes questions for: as declared, or as the counts that are printed say."""

    def __init__(self, study: Study | None, figures: Sequence[Figure]) -> None:
        super().__init__(study)
        blocks: dict[tuple[str, ...], list[Figure]] = defaultdict(list)
        for one in figures:
            if one.statistic == "share" and one.is_answer:
                blocks[one.question, one.wave, one.domain, one.base].append(one)
        self._several: set[str] = set()
        self._one: set[str] = set()
        for (question, *_rest), block in blocks.items():
            printed = {one.answer: one for one in block if not one.hidden}.values()
            total, sizes = sum(one.events or 0 for one in printed), {one.n or 0 for one in printed}
            whole = not any(one.hidden for one in block)
            if total > max(sizes, default=0) or (whole and len(sizes) != 1):
                self._several.add(question)
            elif whole:
                (self._one if total == sizes.pop() else self._several).add(question)

    def exclusive(self, wave: str, question: str) -> bool | None:
        """Whether each respondent gives one answer, as far as can be seen."""
        declared = super().exclusive(wave, question)
        if declared is not None:
            return declared
        return question in self._one or question not in self._several


def _small(figures: Iterable[Figure], rule: Protection, file: str) -> list[Fault]:
    """Small counts that are printed."""
    return [
        Fault(
            code="AUDIT-SMALL",
            what=f"a small count is printed: {_name(one)}",
            file=file,
            got=f"{one.events} of {one.n}",
            wanted=f"no count from 1 to {rule.minimum_cell - 1}",
            todo="protect the results before they are written",
        )
        for one in figures
        if not one.hidden and rule.hides(one.answer) and one.events and rule.is_small(one.events)
    ]


def _name(one: Figure) -> str:
    group = f" ({one.domain})" if one.domain else ""
    return f"{one.wave} {one.question}/{one.answer}{group}".strip()


def _worked_out(
    figures: Sequence[Figure],
    earlier: Sequence[Figure],
    rule: Protection,
    kinds: _Seen,
    place: Path,
) -> tuple[list[Fault], int]:
    """Counts that are not printed and can be narrowed down, and how many were bounded."""
    file = str(place / NAME)
    try:
        made, asked, limits = _bounded(figures, earlier, rule, kinds)
    except MethodError as error:
        todo = "name the study with --study, so that its questions are known"
        fault = Fault(code="AUDIT-CONTRADICTION", what=str(error), file=file, todo=todo)
        return [fault], 0
    known = made.linked.counts
    shown = np.asarray(made.linked.shows.sum(axis=0)).ravel() > 0
    narrow = asked & (limits.width < rule.minimum_cell)
    # What no row shows may be nobody: that tells of people only where somebody must be there.
    narrow &= shown | (limits.low > 0)
    # That nobody gave an answer may be told.
    narrow &= limits.high > 0
    exact = made.linked.guarded & ~shown & (known > 0) & (known < rule.minimum_cell)
    low, high = np.where(exact, known, limits.low), np.where(exact, known, limits.high)
    faults = [
        Fault(
            code="AUDIT-WORKED-OUT",
            what=f"a count can be worked out: {made.names[at]}",
            file=file,
            got=f"{low[at]:g}" if low[at] == high[at] else f"from {low[at]:g} to {high[at]:g}",
            wanted=f"a range at least {rule.minimum_cell} wide",
            todo="withhold more beside it: protect all results of a report together",
        )
        for at in np.flatnonzero(narrow | exact).tolist()
    ]
    return faults, int(asked.sum())


def _bounded(
    figures: Sequence[Figure], earlier: Sequence[Figure], rule: Protection, kinds: _Seen
) -> tuple[System, Flags, Limits]:
    """What a reader can say who guesses what is not printed, unless that cannot be."""
    for guesses in (True, False):
        kinds.guesses = guesses
        made = system(figures, earlier, rule, kinds)
        known = made.linked.counts
        asked = np.asarray(made.linked.guarded & np.isnan(known))
        try:
            limits = bounds(made.linked.equations, known, asked, enough=rule.minimum_cell)
        except MethodError:
            if not guesses:
                raise
        else:
            break
    return made, asked, limits


def _known_before(figures: Iterable[Figure], earlier: Iterable[Figure], file: str) -> list[Fault]:
    """Withheld rows that an earlier report printed."""
    printed = {one[:6]: one for one in earlier}
    return [
        Fault(
            code="AUDIT-EARLIER",
            what=f"a withheld count stands in an earlier report: {_name(one)}",
            file=file,
            got=f"{printed[one[:6]].events} of {printed[one[:6]].n}",
            wanted="nothing",
            todo="it cannot be taken back; the owner of the data must know",
        )
        for one in figures
        if one.hidden and one[:6] in printed and printed[one[:6]].events is not None
    ]
