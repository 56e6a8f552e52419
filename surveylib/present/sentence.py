"""A result in plain sentences."""

from __future__ import annotations

import inspect
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.analysis.asking import NUMBER_INTERVALS
from surveylib.analysis.bounded import Sensitivity
from surveylib.analysis.changes import Changes
from surveylib.analysis.crosstab import Crosstab
from surveylib.analysis.decompositions import Decompositions
from surveylib.analysis.plan import Plan
from surveylib.analysis.results import Estimate, Estimates
from surveylib.analysis.shifts import Shifts, Turnovers
from surveylib.analysis.simultaneous import TOGETHER
from surveylib.analysis.standardise import Standardised
from surveylib.analysis.trends import Trends
from surveylib.analysis.weight import Weights
from surveylib.present import (
    bounded,
    changed,
    crossed,
    decomposed,
    numbers,
    planned,
    shifted,
    standardised,
    trended,
    weighed,
)
from surveylib.present.calm import calm
from surveylib.present.references import FORMULAS
from surveylib.stats import differences, intervals, simultaneous

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from surveylib.analysis.changes import Change

_DIRECTION = {"increased": "rose", "decreased": "fell"}


def estimate(row: Estimate, respondents: str = "respondents who answered") -> str:
    """One figure, as a report would say it."""
    if numbers.is_withheld(row):
        return _withheld(row)
    level = f"{row.confidence_level * 100:g}\u00a0%"
    size = numbers.base(row)
    if row.envelope_low is None and row.envelope_high is None:
        known = f"no interval can be given, n = {size}" if row.n else _UNKNOWN
    elif row.ci_low is not None and row.ci_high is not None:
        span = numbers.interval(row.ci_low, row.ci_high, row)
        known = f"{level} interval {span}, n = {size}"
    else:
        span = numbers.interval(row.envelope_low, row.envelope_high, row)
        printed = "" if row.certainty == "counted" else f"; printed in words, “{row.read_as}”"
        known = f"{level} envelope {span}, n = {size}{printed}"
    respondents = _BASES.get(row.base, respondents)
    group = f" ({row.domain.partition('=')[2]})" if row.domain else ""
    where = f"{row.wave}: " if row.wave else ""
    if row.statistic != "share":
        words = _STATISTICS[row.statistic].format(row=row)
        return f"{where}{words}{group} is {numbers.share(row)} ({known})."
    return (
        f"{where}{numbers.share(row)} of {respondents}{group} gave the answer "
        f"“{row.answer_text}” to “{row.question_text}” ({known})."
    )


def _withheld(row: Estimate) -> str:
    """What is said in place of a figure that few people are behind."""
    group = f" ({row.domain.partition('=')[2]})" if row.domain else ""
    answer = f", “{row.answer_text}”" if row.answer_text else ""
    where = f"{row.wave}: " if row.wave else ""
    return f"{where}“{row.question_text}”{answer}{group} is withheld. {' '.join(row.notes)}"


_UNKNOWN = "the size of the base is unknown, so no interval can be given"
_BASES = {
    "asked": "those asked",
    "all": "everybody",
    "mentions": "all options ticked",
}
_STATISTICS = {
    "mean": "the mean of “{row.question_text}”",
    "total": "the total of “{row.question_text}”",
    "ratio": "the ratio of “{row.question_text}”",
    "quantile": "the quantile ({row.answer_text}) of “{row.question_text}”",
    "share_up_to": "the share of “{row.question_text}” that is {row.answer_text}",
}


def change(row: Change) -> str:
    """One change, as a report would say it; a limited comparison carries its note."""
    return f"{title(row)}, {body(row)}{care(row)}"


def body(row: Change) -> str:
    """What happened to the share, without what it is about and without notes."""
    before, after = numbers.share(row.from_estimate), numbers.share(row.to_estimate)
    verb = _DIRECTION.get(row.verdict, "went")
    level = f"{row.confidence_level * 100:g}\u00a0%"
    size = _size(row)
    span = f"{numbers.points(row.envelope_low)} to {numbers.points(row.envelope_high)}"
    said = _SAID_OF_COUNTS if _is_counted(row) else _SAID
    kind = "interval" if changed.is_one(row) else "envelope"
    if row.measure != "difference":
        name = changed.MEASURES[row.measure]
        size, span = f"{size} points, {name} {changed.effect(row)}", changed.limits(row)
        return (
            f"{verb} from {before} in {row.from_wave} to {after} in {row.to_wave}, {size} "
            f"({level} {kind} {span}): {said[row.verdict]}."
        )
    return (
        f"{verb} from {before} in {row.from_wave} to {after} in {row.to_wave}, "
        f"{size} points ({level} {kind} {span}): {said[row.verdict]}."
    )


_SAID = {
    "increased": "an increase for every count that the printed figures allow",
    "decreased": "a decrease for every count that the printed figures allow",
    "no change shown": "no change is shown",
    "no change beyond the margin": "no change beyond the margin",
    "undetermined by overlap": "whether this is a change depends on what the samples share",
    "undetermined by rounding": "whether this is a change depends on what the printed figures "
    "stand for",
}
_SAID_OF_COUNTS = {
    **_SAID,
    "increased": "an increase larger than chance would give",
    "decreased": "a decrease larger than chance would give",
    "no change shown": "no change is shown",
    "undetermined by rounding": "whether this is a change depends on answers in quarantine",
}


def _is_counted(row: Change) -> bool:
    """Whether both shares were counted from single answers, not printed."""
    return all(end.certainty == "counted" for end in (row.from_estimate, row.to_estimate))


def title(row: Change) -> str:
    """What a change is about: the question, the answer and the group."""
    group = f" ({row.domain.partition('=')[2]})" if row.domain else ""
    return f"{row.to_estimate.title}, “{row.to_estimate.answer_text}”{group}"


def care(row: Change) -> str:
    """The note of a limited comparison; nothing for one without limits."""
    return f" Compare with care: {' '.join(row.notes)}" if row.comparability == "limited" else ""


def _size(row: Change) -> str:
    if row.difference is not None:
        return numbers.points(row.difference)
    return f"{numbers.points(row.difference_low)} to {numbers.points(row.difference_high)}"


_TABLES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "interval": intervals.METHODS,
        "simultaneous": simultaneous.METHODS,
        "difference": differences.METHODS,
    }
)


def method_source(table: str, name: str) -> str:
    """What a method does and the paper it comes from: the first paragraph of its docstring."""
    found: Any = _TABLES[table][name]
    found = getattr(found, "limits", found)
    return " ".join((inspect.getdoc(found) or "").split("\n\n")[0].split())


def explain(result: object) -> str:
    """How each number came about, from the printed figure to the limit."""
    for kind, told in _EXPLAINED.items():
        if isinstance(result, kind):
            return "\n\n".join(told(calm(result)))
    message = f"a {type(result).__name__} has nothing to explain"
    raise TypeError(message)


def _of_crosstab(result: Crosstab) -> list[str]:
    return ["\n".join([crossed.title(result), *crossed.notes(result)]), explain(result.within)]


def _of_estimates(result: Estimates) -> list[str]:
    drawn = [f"Design: {result.design}"] if result.design else []
    caveats = [f"Caveat: {caveat}" for caveat in result.caveats]
    return [*drawn, *caveats, *(_explain_estimate(row) for row in result.rows)]


def _of_changes(result: Changes) -> list[str]:
    told = [*result.done, *(_explain_change(row) for row in result.rows)]
    told += [f"Caveat: {caveat}" for caveat in result.caveats]
    return [*told, *map(changed.refusal, result.refused)]


def _of_trends(result: Trends) -> list[str]:
    told = [*result.done, *map(trended.explain, result.rows)]
    told += [f"Caveat: {caveat}" for caveat in result.caveats]
    return [*told, *map(trended.refusal, result.refused)]


def _of_shifts(result: Shifts) -> list[str]:
    caveats = [f"Caveat: {caveat}" for caveat in result.caveats]
    return [*result.done, *map(shifted.sentence, result.rows), *result.refused, *caveats]


def _explain_estimate(row: Estimate) -> str:
    if numbers.is_withheld(row):
        return estimate(row)
    low, high = row.estimate_low * 100, row.estimate_high * 100
    counted = row.certainty == "counted"
    lines = [
        estimate(row),
        f"  counted: {row.printed} ({row.base})"
        if counted
        else f"  printed: “{row.printed}”, read as {row.read_as} ({row.certainty})",
    ]
    if row.statistic == "share":
        span = f"{low:.2f} to {high:.2f} percent of {numbers.base(row)} ({row.base})"
        lines += [f"  may be: {span}"]
    lines += _explain_interval(row)
    if not counted or row.estimate is None:
        lines += ["  envelope: the union of these intervals over every count and base it may be"]
    lines += [_explain_effect(row), *(f"  note: {note}" for note in row.notes if note)]
    return "\n".join([*lines, f"  from: {row.place}{', ' if row.source else ''}{row.source}"])


def _explain_interval(row: Estimate) -> list[str]:
    """The interval: its method, the paper it comes from, its formula."""
    if row.interval in NUMBER_INTERVALS:
        return [f"  interval: {NUMBER_INTERVALS[row.interval]}"]
    together = row.simultaneous
    if together and TOGETHER[together].exclusive:
        source = method_source("simultaneous", together)
        return [f"  interval: {together}. {source}", "  holds at once with those of other answers"]
    lines = [
        f"  interval: {row.interval}. {method_source('interval', row.interval)}",
        f"  formula: {FORMULAS[row.interval]}",
    ]
    if together:
        lines += [f"  holds at once with those of other answers: {TOGETHER[together].words}"]
    return lines


def _explain_effect(row: Estimate) -> str:
    """What the design makes of the variance, or is taken to."""
    if row.df is None or row.design_effect is None:
        effect = "not known" if row.design_effect is None else f"{row.design_effect:g}"
        return f"  design effect assumed: {effect}"
    freedom = numbers.freedom(row.df)
    degrees = f", {freedom} degrees of freedom" if freedom else ""
    return (
        f"  design effect: {row.design_effect:.4g}, against a simple sample with replacement; "
        f"{numbers.size(row.n_effective)} effective respondents{degrees}"
    )


def _explain_change(row: Change) -> str:
    if row.standard_error is not None:
        return "\n".join([change(row), *changed.explained(row)])
    tolerated = row.tolerated_design_effect
    holds = "" if tolerated is None else f"; holds up to {tolerated:g} in both waves"
    pairs = "1 pair" if row.pairs == 1 else f"{row.pairs} pairs"
    lines = [
        change(row),
        f"  method: {row.method}. {method_source('difference', row.method)}",
        f"  formula: {FORMULAS[row.method]}",
        f"  samples: {row.samples}; design effect assumed: {row.design_effect:g}{holds}",
        f"  looked at {pairs} of possible counts",
        f"  p: {numbers.p_values(row)}, of the test that the interval inverts",
        f"  comparability: {numbers.verdict_name(row.comparability)}. {' '.join(row.notes)}",
        *(
            f"  from: {end.place}, “{end.printed}”, {end.source}"
            for end in (row.from_estimate, row.to_estimate)
        ),
    ]
    return "\n".join(lines)


_EXPLAINED: Mapping[type, Callable[[Any], list[str]]] = MappingProxyType(
    {
        Crosstab: _of_crosstab,
        Estimates: _of_estimates,
        Changes: _of_changes,
        Trends: _of_trends,
        Shifts: _of_shifts,
        Sensitivity: bounded.explain,
        Turnovers: lambda result: [shifted.explain(result)],
        Decompositions: decomposed.explain,
        Standardised: lambda result: [
            "\n".join([standardised.title(result), *standardised.notes(result)])
        ],
        Weights: lambda result: ["\n".join([weighed.title(result), *weighed.notes(result)])],
        Plan: lambda result: ["\n".join([planned.title(result), *planned.notes(result)])],
    }
)
