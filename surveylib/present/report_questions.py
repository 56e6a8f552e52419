"""Each question of a study for a page: its wording over the versions, charts, table, changes."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.instrument.question import Banded
from surveylib.present import numbers, report_chart
from surveylib.present.report_together import TOGETHER
from surveylib.present.report_wordings import Wording, harmonised, wordings
from surveylib.present.statements_voice import Voice
from surveylib.wave.model import PublishedWave

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from surveylib.analysis.changes import Change, Changes, Refusal
    from surveylib.analysis.results import Estimate, Estimates
    from surveylib.analysis.study import AnyWave, Study
    from surveylib.present.report_chart import Series


class Line(NamedTuple):
    """A row of a question's table: an answer, and its share in each wave."""

    label: str
    group: str
    cells: tuple[Estimate | None, ...]


class Group(NamedTuple):
    """The table of a group: its name, the size of its base in each wave, and its lines."""

    name: str
    sizes: tuple[str, ...]
    lines: tuple[Line, ...]


class Chart(NamedTuple):
    """A chart with its name and its text."""

    title: str
    group: str
    svg: str
    alternative: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Everything that a page says of a question.

    Args:
        id: Its name.
        title: In a few words.
        wordings: How it was asked, version by version.
        charts: One for each series of shares of all respondents.
        group_charts: One for each series of a group.
        waves: The waves of its table, with the size of the base where all answers share it.
        lines: Its table, of all respondents.
        groups: The same of each group.
        bars: Where the marks of its only wave stand; empty where there are several.
        changes: What changed between waves, of all respondents.
        group_changes: The same in groups.
        refused: Pairs that must not be compared, those of one reason together.
        withheld: Pairs of which a share is withheld, in words.
        figures: Figures as they were printed, each with its source.
        along: Sections in which its waves are compared along a crosswalk: id and title.
        gone: For each wave the answers of which no figure was printed.
        bands: How bands are read.
    """

    id: str
    title: str
    wordings: tuple[Wording, ...]
    charts: tuple[Chart, ...]
    group_charts: tuple[Chart, ...]
    waves: tuple[tuple[str, str], ...]
    lines: tuple[Line, ...]
    groups: tuple[Group, ...]
    bars: tuple[dict[str, Any], ...]
    changes: tuple[Change, ...]
    group_changes: tuple[Change, ...]
    refused: tuple[Apart, ...]
    withheld: tuple[str, ...]
    figures: tuple[Estimate, ...]
    along: tuple[tuple[str, str], ...]
    gone: tuple[tuple[str, tuple[str, ...]], ...]
    bands: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """What limits its comparisons, each reason once."""
        rows = (*self.changes, *self.group_changes)
        same = {note for row in rows if row.comparability == "identical"
                for note in row.notes}  # fmt: skip
        others = [row for row in rows if row.comparability != "identical"]
        # A whole series also has the reasons of its identical steps, which need no word.
        told = {
            note: None for row in others for note in row.notes if row.steps == 1 or note not in same
        }
        return tuple(told)


class Apart(NamedTuple):
    """Pairs that must not be compared, for one reason."""

    first: Refusal
    answers: tuple[tuple[str, str], ...]
    reasons: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether several answers have the same labels in both waves."""
        return len(self.answers) > 1 and all(before == now for before, now in self.answers)

    @property
    def order(self) -> str | None:
        """With `order_only`, which share is the higher one."""
        return self.first.order


def apart(refused: Iterable[Refusal]) -> list[Apart]:
    """Put pairs together that are apart for the same reason; without those that are withheld.

    Args:
        refused: The pairs.
    """
    groups: dict[tuple[object, ...], list[Refusal]] = defaultdict(list)
    for one in refused:
        if one.comparability == numbers.WITHHELD:
            continue
        names = (one.from_wave, one.to_wave, one.from_question, one.question, one.domain)
        groups[names, one.comparability, _reasons(one), one.order].append(one)
    return [
        Apart(found[0], tuple(dict.fromkeys((one.from_answer_text, one.answer_text)
                                            for one in found)), _reasons(found[0]))
        for found in groups.values()
    ]  # fmt: skip


def _withheld(refused: Iterable[Refusal], voice: Voice) -> Iterable[str]:
    """Pairs of which a share is withheld: the waves, the answers, and the groups."""
    found: dict[tuple[str, str], tuple[dict[str, None], dict[str, None]]] = {}
    for one in refused:
        if one.comparability == numbers.WITHHELD:
            answers, groups = found.setdefault((one.from_wave, one.to_wave), ({}, {}))
            if one.domain:
                groups[voice.within(one.to_wave, one.domain)] = None
            else:
                answers[f"“{one.answer_text}”"] = None
    for (first, last), (answers, groups) in found.items():
        told = [", ".join(answers)] if answers else []
        told += [f"some answers in the groups {', '.join(groups)}"] if groups else []
        yield f"{first} and {last}: withheld with their shares are changes of {'; '.join(told)}."


def _reasons(one: Refusal) -> tuple[str, ...]:
    """Why a pair is not compared, without the name of its answer, which stands beside it."""
    return tuple(reason.replace(f" for '{one.answer}'", "") for reason in one.reasons)


class _Sorted(NamedTuple):
    """What a page holds, by question."""

    shares: Mapping[str, list[Estimate]]
    series: Mapping[str, list[Series]]
    changes: Mapping[str, list[Change]]
    refused: Mapping[str, list[Refusal]]
    gone: Mapping[tuple[str, str], list[str]]


def sections(study: Study, estimates: Estimates, changes: Changes) -> list[Section]:
    """Every question that has a share, in the order of first asking.

    Args:
        study: The study.
        estimates: Its shares.
        changes: Its changes.
    """
    known = _sorted(study, estimates, changes)
    names = dict.fromkeys((*study.question_ids, *known.shares))
    return [_section(study, name, known) for name in names if known.shares.get(name)]


def _sorted(study: Study, estimates: Estimates, changes: Changes) -> _Sorted:
    shares: dict[str, list[Estimate]] = defaultdict(list)
    for row in estimates.rows:
        shares[row.question].append(row)
    pairs: list[Change | Refusal] = [*changes.rows, *changes.refused]
    told = {(row.wave, row.question) for row in estimates.rows}
    others: dict[report_chart.Key, Estimate] = {}
    for pair in pairs:
        for end in (pair.from_estimate, pair.to_estimate):
            if end is not None and (end.wave, end.question) not in told:
                others.setdefault(report_chart.key(end), end)
    for row in others.values():
        shares[row.question].append(row)
    series: dict[str, list[Series]] = defaultdict(list)
    rows = [row for found in shares.values() for row in found]
    for one in report_chart.all_series(study.wave_names, rows, pairs):
        series[one.question].append(one)
    moved: dict[str, list[Change]] = defaultdict(list)
    for change in changes.rows:
        moved[change.question].append(change)
    refused: dict[str, list[Refusal]] = defaultdict(list)
    for refusal in changes.refused:
        refused[refusal.question].append(refusal)
    gone: dict[tuple[str, str], list[str]] = defaultdict(list)
    for missing in estimates.not_printed:
        gone[missing.question, missing.wave].append(missing.answer)
    return _Sorted(shares, series, moved, refused, gone)


def _section(study: Study, name: str, known: _Sorted) -> Section:
    asked = [wave for wave in study.waves if name in wave.instrument.question_ids]
    shares = known.shares[name]
    waves = [wave for wave in study.wave_names if any(row.wave == wave for row in shares)]
    voice = Voice.of("en", study)
    tables = _tables(shares, waves, voice)
    lines = next((table.lines for table in tables if not table.name), ())
    changes = _in_order(known.changes.get(name, []))
    refused = known.refused.get(name, [])
    charts = list(_charts(study, known.series.get(name, []), voice))
    title = asked[-1].instrument.question(name).heading if asked else shares[-1].title
    title += ", put together" if name.endswith(TOGETHER) else ""
    return Section(
        id=name,
        title=title,
        wordings=tuple(wordings(asked, name)) if asked else (harmonised(shares[-1]),),
        charts=tuple(one for one in charts if not one.group),
        group_charts=tuple(one for one in charts if one.group),
        waves=tuple((wave, _base(shares, wave)) for wave in waves),
        lines=lines,
        groups=tuple(table for table in tables if table.name),
        bars=tuple(_bars(lines)) if len(waves) == 1 else (),
        changes=tuple(row for row in changes if not row.domain),
        group_changes=tuple(row for row in changes if row.domain),
        refused=tuple(apart(refused)),
        withheld=tuple(_withheld(refused, voice)),
        figures=tuple(row for row in shares if row.certainty != "counted" and row.printed),
        along=tuple(_along(study, name, known)),
        gone=tuple(_gone(asked, name, known)),
        bands=tuple(_bands(asked, name)),
    )  # fmt: skip


def _in_order(changes: Iterable[Change]) -> list[Change]:
    """Changes by answer and group, and within these in time order; whole series last."""
    rows = list(changes)
    place = {name: at for at, name in enumerate(dict.fromkeys((r.answer, r.domain) for r in rows))}
    return sorted(rows, key=lambda row: (row.domain != "", place[row.answer, row.domain]))


def _tables(shares: Sequence[Estimate], waves: Sequence[str], voice: Voice) -> list[Group]:
    """A table of all respondents, without a name, and one of each group."""
    found: dict[str, list[Estimate]] = defaultdict(list)
    for row in sorted(shares, key=lambda row: row.domain != ""):
        found[row.domain].append(row)
    tables = []
    for domain, rows in found.items():
        last = rows[-1]
        name = last.base if last.certainty != "counted" and domain else (
            voice.within(last.wave, domain))  # fmt: skip
        sizes = tuple(_base(rows, wave, domain) for wave in waves)
        tables.append(Group(name, sizes, tuple(_lines(rows, waves, voice))))
    return tables


def _lines(shares: Sequence[Estimate], waves: Sequence[str], voice: Voice) -> Iterable[Line]:
    """A row for each answer."""
    found: dict[str, dict[str, Estimate]] = defaultdict(dict)
    for row in shares:
        found[row.answer][row.wave] = row
    for cells in found.values():
        last = next(reversed(cells.values()))
        of = "of those asked" if last.base == "asked" else ""
        yield Line(_named(last, voice), of, tuple(cells.get(wave) for wave in waves))


def _named(row: Estimate, voice: Voice) -> str:
    """The label of an answer; of a number what is told of it, and its unit."""
    if row.statistic in numbers.SHARES:
        return row.answer_text
    unit = voice.unit(row.wave, row.question)
    return f"{row.statistic} ({unit})" if unit else row.statistic


def _base(shares: Sequence[Estimate], wave: str, domain: str = "") -> str:
    """The size of the base that all answers of a wave share; empty where they do not."""
    kinds = {"asked", "all"}  # ways of not answering are shares of another base
    found = {
        numbers.base(row)
        for row in shares
        if row.wave == wave and row.domain == domain and row.base not in kinds
        and not numbers.is_withheld(row)
    }  # fmt: skip
    return found.pop() if len(found) == 1 else ""


def _charts(study: Study, series: Sequence[Series], voice: Voice) -> Iterable[Chart]:
    """A chart for every series of two waves or more, with one axis for all of them."""
    drawn = [one for one in series if len({row.wave for row in one.points}) > 1]
    if not drawn:
        return
    held = {row.wave for one in drawn for row in one.points}
    waves = [name for name in study.wave_names if name in held]
    axes = {
        is_group: report_chart.axis_of([one for one in drawn if bool(one.last.domain) == is_group])
        for is_group in (False, True)
    }
    for one in drawn:
        group = voice.within(one.last.wave, one.last.domain)
        yield Chart(
            _named(one.last, voice),
            group,
            report_chart.svg(one, axes[bool(one.last.domain)], waves),
            report_chart.alternative(one),
        )


def _bars(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """The marks of an only wave; none where it has no shares."""
    found = [_bar(line.cells[0]) for line in lines if line.cells[0]]
    return found if any(found) else []


def _bar(row: Estimate) -> dict[str, Any]:
    """Where the marks of a share stand, in percent of the axis from 0 to 1."""
    if numbers.is_withheld(row) or row.statistic not in numbers.SHARES:
        return {}
    low = row.estimate_low if row.envelope_low is None else row.envelope_low
    high = row.estimate_high if row.envelope_high is None else row.envelope_high
    return {
        "left": f"{low * 100:.2f}",
        "width": f"{(high - low) * 100:.2f}",
        "dot": None if row.estimate is None else f"{row.estimate * 100:.2f}",
        "box": (
            f"{row.estimate_low * 100:.2f}",
            f"{(row.estimate_high - row.estimate_low) * 100:.2f}",
        ),
        "known": row.envelope_low is not None,
    }


def _along(study: Study, name: str, known: _Sorted) -> Iterable[tuple[str, str]]:
    """Where a question that was asked is compared under another name."""
    for one in study.harmonised:
        if not any(source.question == name for source in one.sources):
            continue
        for there in (one.id + TOGETHER, one.id):
            if there != name and known.changes.get(there):
                yield there, known.shares[there][-1].title if known.shares.get(there) else there


def _gone(
    asked: Sequence[AnyWave], name: str, known: _Sorted
) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Answers of which no figure was printed, wave by wave."""
    for wave in asked:
        codes = known.gone.get((name, wave.name))
        if codes and isinstance(wave, PublishedWave):
            question = wave.instrument.question(name)
            yield wave.name, tuple(question.label(code) for code in codes)


def _bands(asked: Sequence[AnyWave], name: str) -> Iterable[str]:
    told: dict[str, None] = {}
    for wave in asked:
        question = wave.instrument.question(name)
        if isinstance(question, Banded):
            for code, (low, high) in question.as_read().items():
                end = "or more" if high is None else f"to {high}"
                told[f"“{question.label(code)}” is read as {low} {end}"] = None
    return told
