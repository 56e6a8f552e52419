"""What a page opens with: findings in sentences, what changed most surely first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from surveylib.present import changed, numbers
from surveylib.present.report_together import plain
from surveylib.present.statements import change, ranked
from surveylib.present.statements_voice import Voice
from surveylib.wave.states import STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from surveylib.analysis.changes import Change, Changes
    from surveylib.analysis.results import Estimates
    from surveylib.analysis.study import Study

#: What stands before each verdict, so that it does not depend on colour.
MARKS = {
    "increased": "▲",
    "decreased": "▼",
    "no change shown": "=",
    "no change beyond the margin": "≈",
    "undetermined by rounding": "?",
    "undetermined by overlap": "?",
}
_CHANGED = frozenset(["increased", "decreased"])
#: So many findings are told in sentences, and so many more in a line.
MOST, MOST_BRIEF = 40, 60


class Finding(NamedTuple):
    """A statement about one change, in a sentence or in a few figures."""

    verdict: str
    mark: str
    question: str
    title: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a study found.

    Args:
        headlines: The shares that the study opens with.
        told: Statements on changes, ranked; of the headlines also those that show none.
        rest: Comparisons that show no change or leave it open, in figures.
        further: How many more of these there are.
        counts: How many comparisons have each verdict.
        refused: How many pairs are not compared.
        more: How many further changes are shown with their questions only.
        by_chance: About how many would show a change if nothing had changed anywhere.
        adjusted: How many are shown after the adjustment for all; None without one.
        family: What was counted together, and how; empty likewise.
    """

    headlines: tuple[str, ...]
    told: tuple[Finding, ...]
    rest: tuple[Finding, ...]
    further: int
    counts: dict[str, int]
    refused: int
    more: int
    by_chance: int
    adjusted: int | None
    family: str

    @property
    def compared(self) -> int:
        """How many pairs are compared."""
        return sum(self.counts.values())


def findings(study: Study, estimates: Estimates, changes: Changes) -> Findings:
    """Say what was found.

    Args:
        study: The study.
        estimates: Its shares.
        changes: Its changes.
    """
    voice = Voice.of("en", study)
    counts: dict[str, int] = {}
    for row in changes.rows:
        counts[row.verdict] = counts.get(row.verdict, 0) + 1
    told = _chosen(changes.rows)
    told += _of_headlines(study, changes.rows, told)
    others = _others(changes.rows, told)
    moved = sum(counts.get(name, 0) for name in _CHANGED)
    level = changes.rows[0].confidence_level if changes.rows else 1.0
    families = [row.family for row in changes.rows if row.family]
    sure = [
        row
        for row in changes.rows
        if row.verdict in _CHANGED and (row.p_adjusted or 1.0) <= 1 - row.confidence_level
    ]
    return Findings(
        headlines=tuple(_headlines(study, estimates, voice)),
        told=tuple(_finding(row, voice) for row in told),
        rest=tuple(_brief(row, voice) for row in others[:MOST_BRIEF]),
        further=len(others[MOST_BRIEF:]),
        counts=counts,
        refused=len(changes.refused),
        more=moved - sum(row.verdict in _CHANGED for row in told),
        by_chance=round((1 - level) * len(changes.rows)),
        adjusted=len(sure) if families else None,
        family=families[0] if families else "",
    )


def _chosen(rows: Sequence[Change]) -> list[Change]:
    """The changes that are told in sentences: of many the surest one of each answer."""
    found = told_once(ranked([row for row in rows if row.verdict in _CHANGED]))
    if len(rows) <= MOST:
        return found
    surest: dict[tuple[str, str, str], Change] = {}
    for row in found:
        surest.setdefault((row.question, row.answer, row.domain), row)
    return list(surest.values())[:MOST]


def _of_headlines(study: Study, rows: Sequence[Change], told: Sequence[Change]) -> list[Change]:
    """The last change of each headline that is not told yet: that none is shown is news, too."""
    found = []
    for reference in study.manifest.headlines:
        own = [row for row in rows if f"{plain(row.question)}/{row.answer}" == reference]
        last = [row for row in own if not row.domain and row.to_wave == study.wave_names[-1]]
        # The step from the wave before comes first, and the whole series last.
        steps = sorted(last, key=lambda row: study.wave_names.index(row.from_wave), reverse=True)
        found += [row for row in steps[:1] if row not in told]
    return found


def _others(rows: Sequence[Change], told: Sequence[Change]) -> list[Change]:
    """What is left: no change shown, or left open; not those of ways of not answering."""
    left = [row for row in rows if row.verdict not in _CHANGED and row.answer not in STATES]
    known = {id(row) for row in told}
    of_all_first = sorted(told_once(ranked(left)), key=lambda row: row.domain != "")
    return [row for row in of_all_first if id(row) not in known]


def told_once(rows: Iterable[Change]) -> list[Change]:
    """Changes without those that tell the same: of two answers what one gains the other loses.

    Args:
        rows: The changes.
    """
    found: dict[tuple[object, ...], Change] = {}
    for row in rows:
        size = round(abs(row.difference_high + row.difference_low), 9)
        found.setdefault((row.question, row.domain, row.from_wave, row.to_wave, size), row)
    return list(found.values())


def _finding(row: Change, voice: Voice) -> Finding:
    group = f" ({voice.within(row.to_wave, row.domain)})" if row.domain else ""
    text = change(row, voice)
    if row.p_adjusted is not None:
        text += f" Counted together with all others, p is {numbers.p_value(row.p_adjusted)}."
    title = f"{row.to_estimate.title}: {row.to_estimate.answer_text}{group}"
    return Finding(row.verdict, MARKS[row.verdict], row.question, title, text)


def _brief(row: Change, voice: Voice) -> Finding:
    """A comparison in figures: its waves, shares and difference."""
    group = f" ({voice.within(row.to_wave, row.domain)})" if row.domain else ""
    title = f"{row.to_estimate.title}: {row.to_estimate.answer_text}{group}"
    shares = f"{numbers.share(row.from_estimate)} to {numbers.share(row.to_estimate)}"
    size = f"{changed.points(row)} points ({changed.limits(row)})"
    text = f"{row.from_wave} to {row.to_wave}: {shares}, {size}"
    return Finding(row.verdict, MARKS[row.verdict], row.question, title, text)


def _headlines(study: Study, estimates: Estimates, voice: Voice) -> list[str]:
    """The shares that the study names, those of the last wave that has each."""
    found = []
    for reference in study.manifest.headlines:
        question, _, answer = reference.partition("/")
        rows = [
            row
            for row in estimates.rows
            if (row.question, row.answer, row.domain) == (question, answer, "")
        ]
        found += [voice.share(row) for row in rows[-1:]]
    return found
