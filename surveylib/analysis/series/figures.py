"""Pairs of figures, as they were printed or counted → changes, with what rounding leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveylib.analysis.changes import Change, Refusal
from surveylib.analysis.figure import Options as EstimateOptions
from surveylib.analysis.figure import from_reading, readings_of
from surveylib.analysis.study import COMPARABLE, Answer, Relation, Study
from surveylib.errors import MethodError
from surveylib.stats import differences
from surveylib.stats.bounds import difference_envelope, tolerated_design_effect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.results import Estimate
    from surveylib.instrument.question import Question
    from surveylib.stats.bounds import Candidates, DifferenceEnvelope
    from surveylib.wave.readings import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureOptions:
    """How pairs of figures are compared."""

    method: str
    confidence_level: float
    samples: str
    design_effect: float
    interval: str = "wilson"

    @property
    def arithmetic(self) -> dict[str, Any]:
        """What the arithmetic of differences is given."""
        return {"method": self.method, "confidence_level": self.confidence_level}


def relations(
    study: Study, question: str, from_: str | int | None, to: str | int | None
) -> list[Relation]:
    """The pairs that were asked for, in time order, each once.

    Args:
        study: The study.
        question: `question`, or `question/answer`.
        from_: The earlier wave; None for any.
        to: The later wave; None for any.

    Raises:
        UnknownNameError: No such question, answer or wave.
        MethodError: The later wave comes first.
    """
    answers = study.answers(question)
    for name in (from_, to):
        if name is not None:
            study.wave(name)
    names = study.wave_names
    if from_ is not None and to is not None and names.index(str(from_)) >= names.index(str(to)):
        message = (
            f"from_ is {from_} and to is {to}; changes are later minus earlier: "
            f"wanted two different waves in the order {', '.join(names)}"
        )
        raise MethodError(message)
    if from_ is None and to is None:
        wanted = set(answers)
        declared = [
            relation
            for relation in (*study.relations, *study.spans)
            if relation.earlier in wanted or relation.later in wanted
        ]
        return [*declared, *_undeclared(study, answers, declared)]
    found: list[Relation] = []
    for answer in answers:
        for name in _others(names, answer.wave, from_, to):
            found += study.relate(answer, name)
    return list({(entry.earlier, entry.later): entry for entry in found}.values())


def _others(
    names: tuple[str, ...], wave: str, from_: str | int | None, to: str | int | None
) -> list[str]:
    """The waves that an answer of a wave is to be compared with."""
    here = names.index(wave)
    ends = [str(end) for end in (from_, to) if end is not None]
    if len(ends) == 2:
        return [end for end in ends if end != wave] if wave in ends else []
    if wave in ends:
        return list(names[here + 1 :] if from_ is not None else names[:here])
    is_beyond = here > names.index(ends[0]) if from_ is not None else here < names.index(ends[0])
    return ends if is_beyond else []


def _undeclared(study: Study, answers: list[Answer], declared: list[Relation]) -> list[Relation]:
    """Answers that two successive waves have under one name, and nobody gave a verdict on."""
    known = {(relation.earlier, relation.later) for relation in declared}
    found = []
    for position, answer in enumerate(answers):
        same = [
            other
            for other in answers[:position]
            if (other.question, other.answer) == (answer.question, answer.answer)
        ]
        if (
            same
            and (same[-1], answer) not in known
            and not study.relate(same[-1], answer.wave)[0].verdict
        ):
            found.append(Relation(earlier=same[-1], later=answer, verdict=None, reasons=()))
    return [
        relation
        for relation in found
        if _reading(study, relation.earlier) and _reading(study, relation.later)
    ]


def _reading(study: Study, answer: Answer) -> Reading | None:
    return readings_of(study.wave(answer.wave), answer.question).get(answer.answer)


def _estimate(
    study: Study, reading: Reading | None, wave: str, options: FigureOptions
) -> Estimate | None:
    if reading is None:
        return None
    single = EstimateOptions(
        interval=options.interval,
        confidence_level=options.confidence_level,
        design_effect=options.design_effect,
    )
    return from_reading(study.wave(wave), reading, single)


def compare(study: Study, relation: Relation, options: FigureOptions) -> Change | Refusal:
    """One pair: the gate first, the arithmetic behind it.

    Args:
        study: The study.
        relation: The pair, and what is declared about it.
        options: How it is compared.
    """
    earlier, later = _reading(study, relation.earlier), _reading(study, relation.later)
    first = _estimate(study, earlier, relation.earlier.wave, options)
    second = _estimate(study, later, relation.later.wave, options)
    if first and second and (pair := _comparable(relation, earlier, later)):
        return _difference(relation, pair, (first, second), options)
    verdict, reasons = _why_not(relation, earlier, later)
    return Refusal(
        question=relation.later.question,
        answer=relation.later.answer,
        from_wave=relation.earlier.wave,
        to_wave=relation.later.wave,
        from_question=relation.earlier.question,
        from_answer=relation.earlier.answer,
        comparability=verdict,
        order=relation.order,
        reasons=reasons,
        from_estimate=first,
        to_estimate=second,
        title=_question(study, relation.later).heading,
        from_title=_question(study, relation.earlier).heading,
        answer_text=_question(study, relation.later).label(relation.later.answer),
        from_answer_text=_question(study, relation.earlier).label(relation.earlier.answer),
        steps=relation.steps,
    )


def _comparable(
    relation: Relation, earlier: Reading | None, later: Reading | None
) -> tuple[Candidates, Candidates] | None:
    """What the two figures may be, where they may be compared."""
    if relation.verdict not in COMPARABLE or earlier is None or later is None:
        return None
    if earlier.candidates is None or later.candidates is None:
        return None
    return earlier.candidates, later.candidates


def _why_not(
    relation: Relation, earlier: Reading | None, later: Reading | None
) -> tuple[str, tuple[str, ...]]:
    """The verdict on a pair that is not compared, and the reasons."""
    if relation.verdict is None:
        undeclared = (
            "The study gives no verdict on whether the two can be compared; declare one under "
            f"'comparisons' in the instrument of {relation.later.wave}."
        )
        return "undeclared", (undeclared,)
    if relation.verdict not in COMPARABLE:
        return relation.verdict, relation.reasons
    gone = [
        f"{side.wave} has no figure with a known base for {side.question}/{side.answer}."
        for side, reading in ((relation.earlier, earlier), (relation.later, later))
        if reading is None or reading.candidates is None
    ]
    return "no figure", (*gone, *relation.reasons)


def _question(study: Study, answer: Answer) -> Question:
    return study.wave(answer.wave).instrument.question(answer.question)


def _difference(
    relation: Relation,
    pair: tuple[Candidates, Candidates],
    ends: tuple[Estimate, Estimate],
    options: FigureOptions,
) -> Change:
    """The change of one comparable pair."""
    found = difference_envelope(*pair, design_effect=options.design_effect, **options.arithmetic)
    verdict = verdict_of(found)
    tolerated = None
    if verdict in {"increased", "decreased"}:
        tolerated = tolerated_design_effect(*pair, **options.arithmetic)
    return Change(
        question=relation.later.question,
        answer=relation.later.answer,
        from_wave=relation.earlier.wave,
        to_wave=relation.later.wave,
        from_estimate=ends[0],
        to_estimate=ends[1],
        difference_low=found.estimate_low,
        difference_high=found.estimate_high,
        envelope_low=found.low,
        envelope_high=found.high,
        p_value_low=found.p_low,
        p_value_high=found.p_high,
        verdict=verdict,
        comparability=relation.verdict or "undeclared",
        notes=relation.reasons,
        samples=options.samples,
        design_effect=options.design_effect,
        tolerated_design_effect=tolerated,
        pairs=found.pairs,
        steps=relation.steps,
        **options.arithmetic,
        **_point(*ends, options),
    )


def _point(first: Estimate, second: Estimate, options: FigureOptions) -> dict[str, Any]:
    """The difference of two shares printed as numbers; None where one is known in words only."""
    if first.estimate is None or second.estimate is None:
        return dict.fromkeys(("difference", "ci_low", "ci_high", "p_value"))
    n1, n2 = first.n_effective or 1.0, second.n_effective or 1.0
    found = differences.independent(
        min(first.estimate * n1, n1),
        n1,
        min(second.estimate * n2, n2),
        n2,
        **options.arithmetic,
    )
    return {
        "difference": found.estimate,
        "ci_low": found.low,
        "ci_high": found.high,
        "p_value": found.p_value,
    }


def verdict_of(found: DifferenceEnvelope) -> str:
    """What every possible pair says; where they disagree, rounding leaves it open.

    Args:
        found: The differences of all pairs.
    """
    if found.rises and not found.falls and not found.open:
        return "increased"
    if found.falls and not found.rises and not found.open:
        return "decreased"
    if found.open and not found.rises and not found.falls:
        return "no change shown"
    return "undetermined by rounding"


def _alone(study: Study, reference: str, ends: list[str]) -> str:
    """Why a question, or an answer, has no counterpart: it is new, or none is declared."""
    question, _, answer = reference.partition("/")
    waves = list(dict.fromkeys(entry.wave for entry in study.answers(reference)))
    without = [
        end
        for end in ends
        if end not in waves and question in study.wave(end).instrument.question_ids
    ]
    if answer and without:
        return (
            f"'{answer}' was no answer in {' and '.join(without)}. "
            f"It was one in {', '.join(waves)}."
        )
    return (
        "no other wave has a question declared as its counterpart. "
        f"It was asked in {', '.join(waves)}."
    )


def nothing(
    study: Study,
    questions: Sequence[str],
    from_: str | int | None,
    to: str | int | None,
    refused: list[Refusal],
) -> str:
    """Why nothing that was asked for may be compared, in words.

    Args:
        study: The study.
        questions: What was asked for.
        from_: The earlier wave.
        to: The later wave.
        refused: The pairs that were not compared.
    """
    waves = f" from {from_}" if from_ else ""
    waves += f" to {to}" if to else ""
    if not refused:
        ends = [str(end) for end in (from_, to) if end is not None]
        return "\n".join(f"'{one}' cannot be compared{waves}: {_alone(study, one, ends)}"
                         for one in questions)  # fmt: skip
    lines = [f"'{', '.join(questions)}' must not be compared{waves}:"]
    for entry in refused:
        verdict = entry.comparability.replace("_", " ")
        order = f", {entry.order} in {entry.to_wave}" if entry.order else ""
        lines.append(
            f"  {entry.from_wave} {entry.from_question}/{entry.from_answer} and "
            f"{entry.to_wave} {entry.question}/{entry.answer}: {verdict}{order}. "
            f"{' '.join(entry.reasons)}"
        )
    return "\n".join(lines)
