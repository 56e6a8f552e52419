"""A whole study: every change between its waves, and every pair that must not be compared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.analysis.asking import asked_of
from surveylib.analysis.caveats import caveats_of
from surveylib.analysis.changes import Change, Changes
from surveylib.analysis.figure import readings_of
from surveylib.analysis.series.comparing import Wanted, compared
from surveylib.analysis.series.family import adjusted
from surveylib.analysis.series.figures import FigureOptions, compare, verdict_of
from surveylib.analysis.series.measures import Sizing
from surveylib.analysis.series.taken import Between, take
from surveylib.analysis.study import COMPARABLE
from surveylib.analysis.whole import by_answers, silent
from surveylib.analysis.whole_pairs import CountPair, envelopes, tolerated
from surveylib.errors import ComparabilityError, NotEstimableError
from surveylib.stats import differences
from surveylib.wave.model import PublishedWave
from surveylib.wave.responses import Wave

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from surveylib.analysis.changes import Refusal
    from surveylib.analysis.results import Estimate, Estimates
    from surveylib.analysis.study import Relation, Study
    from surveylib.analysis.whole import Progress, Whole


def whole_changes(
    study: Study, estimates: Estimates, options: Whole, progress: Progress = silent
) -> Changes:
    """Every change that may be had, and the pairs that must not be compared; trusts its arguments.

    Args:
        study: The study.
        estimates: Every share of it.
        options: How it is computed.
        progress: Called as questions are done.
    """
    if by_answers(study, options):
        found = _sampled(study, _questions(study), options, progress)
        found = replace(found, done=tuple(dict.fromkeys((*found.done, *_lost(study)))))
    else:
        # As `sl.change` does: along the crosswalk where there is one, all else as it stands.
        mapped = [] if options.design_effect != 1 else _harmonised(study)
        found = _as_figures(study, estimates, options, progress, set(mapped))
        if mapped:
            found = _both(found, _sampled(study, mapped, options, progress))
    return replace(
        found,
        rows=tuple(adjusted(found.rows, options.adjust, "all")),
        caveats=caveats_of(study, changes=True),
        about=estimates.about,
    )


class _Known(NamedTuple):
    """The figures of a study that are compared as they stand."""

    shares: dict[tuple[str, str, str], Estimate]
    options: FigureOptions


def _both(figures: Changes, answers: Changes) -> Changes:
    """Changes of figures as they stand, and those of single answers."""
    return replace(
        answers,
        rows=(*figures.rows, *answers.rows),
        refused=(*figures.refused, *answers.refused),
    )


def _as_figures(
    study: Study, estimates: Estimates, options: Whole, progress: Progress, mapped: set[str]
) -> Changes:
    """Every declared pair and every whole series, as printed or counted in simple samples.

    Those of questions that a crosswalk leads from are left out.
    """
    pairs = (*study.relations, *study.spans)
    asked = {end.question for one in pairs for end in (one.earlier, one.later)} if mapped else set()
    along = {name for name in asked if mapped & set(_leading(study, name))}
    pairs = tuple(
        one
        for one in pairs
        if one.earlier.question not in along and one.later.question not in along
    )
    wanted = FigureOptions(
        method=options.method,
        confidence_level=options.confidence_level,
        samples=options.samples,
        design_effect=options.design_effect,
        interval=options.interval,
    )
    shares = {(row.wave, row.question, row.answer): row for row in estimates.rows if not row.domain}
    known = _Known(shares, wanted)
    progress("Comparing waves", 0, 1)
    found: list[tuple[Relation, CountPair]] = []
    refused: list[Refusal] = []
    for relation in pairs:
        counts = _counts(study, relation, known)
        if counts is not None:
            found.append((relation, counts))
        else:
            told = compare(study, relation, wanted)
            if not isinstance(told, Change):
                refused.append(told)
    return Changes(rows=tuple(_changes(found, known)), refused=tuple(refused))


def _counts(study: Study, relation: Relation, known: _Known) -> CountPair | None:
    """What two figures may be, where they may be compared."""
    if relation.verdict not in COMPARABLE:
        return None
    ends = []
    for end in (relation.earlier, relation.later):
        reading = readings_of(study.wave(end.wave), end.question).get(end.answer)
        if tuple(end) not in known.shares or reading is None or reading.candidates is None:
            return None
        ends.append(reading.candidates.thinned())
    return CountPair(*ends)


def _changes(found: Sequence[tuple[Relation, CountPair]], known: _Known) -> Iterator[Change]:
    """The change of each comparable pair."""
    options = known.options
    united = envelopes([counts for _, counts in found], options)
    verdicts = [verdict_of(one) for one in united]
    moved = [place for place, one in enumerate(verdicts) if one in {"increased", "decreased"}]
    effects = tolerated([found[place][1] for place in moved], options)
    up_to = dict(zip(moved, effects, strict=True))
    points = _points([relation for relation, _ in found], known)
    for place, (relation, _) in enumerate(found):
        one = united[place]
        yield Change(
            question=relation.later.question,
            answer=relation.later.answer,
            from_wave=relation.earlier.wave,
            to_wave=relation.later.wave,
            from_estimate=known.shares[tuple(relation.earlier)],  # type: ignore[index]
            to_estimate=known.shares[tuple(relation.later)],  # type: ignore[index]
            difference_low=one.estimate_low,
            difference_high=one.estimate_high,
            envelope_low=one.low,
            envelope_high=one.high,
            p_value_low=one.p_low,
            p_value_high=one.p_high,
            verdict=verdicts[place],
            comparability=relation.verdict or "undeclared",
            notes=relation.reasons,
            samples=options.samples,
            design_effect=options.design_effect,
            tolerated_design_effect=up_to.get(place),
            pairs=one.pairs,
            steps=relation.steps,
            **options.arithmetic,
            **points[place],
        )


def _points(relations: Sequence[Relation], known: _Known) -> list[dict[str, Any]]:
    """Differences of shares printed as numbers; None where one is known in words only."""
    none: dict[str, Any] = dict.fromkeys(("difference", "ci_low", "ci_high", "p_value"))
    told = [dict(none) for _ in relations]
    places, columns = [], []
    for place, relation in enumerate(relations):
        ends = [known.shares[end.wave, end.question, end.answer]
                for end in (relation.earlier, relation.later)]  # fmt: skip
        if any(end.estimate is None for end in ends):
            continue
        places.append(place)
        sizes = [end.n_effective or 1.0 for end in ends]
        counts = [min((end.estimate or 0.0) * n, n) for end, n in zip(ends, sizes, strict=True)]
        columns.append((counts[0], sizes[0], counts[1], sizes[1]))
    if places:
        found = differences.independent(*np.array(columns).T, **known.options.arithmetic)
        values = zip(found.estimate, found.low, found.high, found.p_value, strict=True)
        for place, value in zip(places, values, strict=True):
            told[place] = dict(zip(none, map(float, value), strict=True))
    return told


def _sampled(study: Study, names: Sequence[str], options: Whole, progress: Progress) -> Changes:
    """Questions of which single answers survive in two waves, by the waves' own designs."""
    rows: list[Change] = []
    refused: list[Refusal] = []
    done: list[str] = []
    designs: list[str] = []
    for place, name in enumerate(names):
        progress("Comparing waves", place, len(names))
        for by in (None, *options.by):
            if name == by:
                continue
            asked = asked_of(name, {**options.asked, "by": by})
            try:
                taken = take(study, [asked], _between(options), None)
                found = compared(taken, _wanted(options))
            except NotEstimableError:
                continue  # one wave only has it, or nobody answered
            rows += found[0]
            refused += found[1]
            done += [f"{name}: {line}" for line in taken.done]
            designs.append(taken.design)
    return Changes(
        rows=tuple(rows),
        refused=tuple(refused),
        done=tuple(dict.fromkeys(done)),
        design=" ".join(dict.fromkeys(designs)),
    )


def _between(options: Whole) -> Between:
    return Between(samples=options.samples, ids=options.ids, reused=options.reused_ids)


def _wanted(options: Whole) -> Wanted:
    sizing = Sizing("difference", None, options.interval, options.confidence_level, options.samples)
    return Wanted(None, None, "before", sizing, None)


def _questions(study: Study) -> list[str]:
    """Questions with listed answers, those over several versions by their own name, each once."""
    found: dict[str, None] = {}
    for wave in study.waves:
        if not isinstance(wave, Wave):
            continue
        for question in wave.instrument.items:
            if question.answers:
                found |= dict.fromkeys(_leading(study, question.id) or [question.id])
    return list(found)


def _harmonised(study: Study) -> list[str]:
    """The questions over several versions that single answers are in."""
    asked = {
        question.id: None
        for wave in study.waves
        if isinstance(wave, Wave)
        for question in wave.instrument.items
        if question.answers
    }
    return list(dict.fromkeys(name for one in asked for name in _leading(study, one)))


def _leading(study: Study, question: str) -> list[str]:
    """The questions over several versions that a question is in: none, one, or several."""
    try:
        harmonised = study.leads_to(question)
    except ComparabilityError:
        return [
            one.id
            for one in study.harmonised
            if any(source.question == question for source in one.sources)
        ]
    return [harmonised.id] if harmonised else []


def _lost(study: Study) -> Iterator[str]:
    """What is declared comparable, but under two names, or of printed figures beside answers."""
    printed = [wave.name for wave in study.waves if isinstance(wave, PublishedWave)]
    if printed:
        yield (
            f"{', '.join(printed)}: only printed figures survive, so they are not compared with "
            "waves of which single answers do."
        )
    for one in study.relations:
        named = one.earlier.question != one.later.question
        if named and one.verdict in COMPARABLE and not _leading(study, one.later.question):
            yield (
                f"{one.earlier} and {one.later} are declared comparable under two names: declare "
                "them in a crosswalk to have them compared here."
            )
