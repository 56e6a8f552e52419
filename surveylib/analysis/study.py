"""A study: every wave of one survey, the questionnaires they used, and what may be compared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.analysis.results import VIEWS
from surveylib.errors import ComparabilityError, UnknownNameError, listed
from surveylib.instrument import library
from surveylib.instrument.crosswalk import load_crosswalk
from surveylib.wave.responses import Wave

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from surveylib.analysis.changes import Changes
    from surveylib.analysis.results import Estimates
    from surveylib.analysis.trends import Trends
    from surveylib.instrument.fields import Verdict
    from surveylib.instrument.mapping import Harmonised
    from surveylib.instrument.model import Comparison
    from surveylib.instrument.yamltext import Document
    from surveylib.wave.manifest import StudyManifest
    from surveylib.wave.model import PublishedWave

    AnyWave = PublishedWave | Wave

#: From best to worst; a chain of comparisons is as good as its worst step.
VERDICTS: tuple[Verdict, ...] = (
    "identical",
    "equivalent",
    "limited",
    "order_only",
    "break",
    "different_construct",
)
COMPARABLE = frozenset(VERDICTS[:3])
#: The reason of waves that asked with one and the same version.
SAME_VERSION = "Asked with the same version of the questionnaire."


class Answer(NamedTuple):
    """One answer to one question in one wave."""

    wave: str
    question: str
    answer: str

    def __str__(self) -> str:
        """`2018 region/usa`."""
        return f"{self.wave} {self.question}/{self.answer}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What is declared about two answers of two waves.

    Args:
        earlier: The answer of the earlier wave.
        later: The answer of the later wave.
        verdict: How far they measure the same; None where nothing is declared.
        reasons: Why, one for each step that leads from one to the other.
        order: With `order_only`: whether the later share is `higher` or `lower`.
        steps: How many declared comparisons lead from one to the other.
    """

    earlier: Answer
    later: Answer
    verdict: Verdict | None
    reasons: tuple[str, ...]
    order: str | None = None
    steps: int = 1


@dataclass(frozen=True, kw_only=True, repr=False)
class Study:
    """A repeated survey.

    Args:
        manifest: study.yaml.
        waves: The rounds, in time order.
        folder: The study's folder.
        document: study.yaml as text, for messages that name a line.
    """

    manifest: StudyManifest
    waves: tuple[AnyWave, ...]
    folder: Path = field(compare=False)
    document: Document = field(compare=False, repr=False)

    def __repr__(self) -> str:
        """The survey and its waves."""
        return f"Study({self.manifest.survey!r}, waves: {', '.join(self.wave_names)})"

    def __str__(self) -> str:
        """A line for each wave: when it was fielded, its questionnaire and respondents."""
        return str(VIEWS["text"](self))

    def _repr_html_(self) -> str:
        """The same for a notebook."""
        return str(VIEWS["html"](self))

    @property
    def wave_names(self) -> tuple[str, ...]:
        """The waves' names, in time order."""
        return tuple(wave.name for wave in self.waves)

    def wave(self, name: str | int) -> AnyWave:
        """The wave with this name.

        Raises:
            UnknownNameError: There is none.
        """
        for wave in self.waves:
            if wave.name == str(name):
                return wave
        raise UnknownNameError.of("wave", str(name), self.wave_names, where=self.manifest.survey)

    def estimate(self, question: str | Sequence[str], **options: Any) -> Estimates:
        """Shares of each answer in every wave: `surveylib.estimate` of this study."""
        from surveylib.analysis.estimate import estimate  # noqa: PLC0415 - it reads studies

        return estimate(self, question, **options)

    def change(self, question: str | Sequence[str], *waves: str | int, **options: Any) -> Changes:
        """What changed between waves: `surveylib.change` of this study."""
        from surveylib.analysis.change import change  # noqa: PLC0415 - likewise

        return change(self, question, *waves, **options)

    def trend(self, question: str | Sequence[str], **options: Any) -> Trends:
        """How shares moved over three waves or more: `surveylib.trend` of this study."""
        from surveylib.analysis.trend import trend  # noqa: PLC0415 - likewise

        return trend(self, question, **options)

    @cached_property
    def question_ids(self) -> tuple[str, ...]:
        """Every question of every wave, in the order of first asking."""
        ids = (question for wave in self.waves for question in wave.instrument.question_ids)
        return tuple(dict.fromkeys(ids))

    @cached_property
    def harmonised(self) -> tuple[Harmonised, ...]:
        """The questions that lead through several versions, as crosswalk.yaml declares them.

        Raises:
            InstrumentError: A crosswalk is wrong.
        """
        folders = {wave.loaded.path.parent: None for wave in self.waves if wave.loaded is not None}
        files = [folder / library.CROSSWALK for folder in folders]
        return tuple(
            one for file in files if file.is_file() for one in load_crosswalk(file).harmonised
        )

    def leads_to(self, question: str) -> Harmonised | None:
        """The harmonised question of this name, or the one that this question of a version is in.

        It has the sources that waves with single answers use: a version of no wave would coarsen
        bands for nothing. All changes of the study are then in the same bands.

        None where all waves asked it with one version: there is nothing to put together then.

        Args:
            question: Its name.

        Raises:
            ComparabilityError: It is in several, and has the name of none.
        """
        asked = [wave for wave in self.waves if question in wave.instrument.question_ids]
        if asked and all(wave.instrument == asked[0].instrument for wave in asked):
            return None
        named = [one for one in self.harmonised if one.id == question]
        if named:
            return named[0].among(self._versions)
        found = [
            one
            for one in self.harmonised
            if any(source.question == question for source in one.sources)
        ]
        if len(found) > 1:
            message = f"'{question}' is in several harmonised questions: name one of "
            raise ComparabilityError(message + listed(one.id for one in found))
        return found[0].among(self._versions) if found else None

    @cached_property
    def _versions(self) -> frozenset[str]:
        """The versions of the waves with single answers; of all, where there is none of these."""
        waves = [wave for wave in self.waves if isinstance(wave, Wave)] or self.waves
        return frozenset(f"{one.instrument.id}@{one.instrument.version}" for one in waves)

    def answers(self, reference: str) -> list[Answer]:
        """The answers that `question` or `question/answer` names, over all waves in time order.

        Raises:
            UnknownNameError: No wave asked the question, or it never had the answer.
        """
        question, _, answer = reference.partition("/")
        found = [
            Answer(wave.name, question, code)
            for wave in self.waves
            if question in wave.instrument.question_ids
            for code in wave.instrument.question(question).answer_codes
        ]
        if question not in self.question_ids:
            where = self.manifest.survey
            raise UnknownNameError.of("question", question, self.question_ids, where=where)
        chosen = [entry for entry in found if answer in {"", entry.answer}]
        if answer and not chosen:
            known = [entry.answer for entry in found]
            raise UnknownNameError.of("answer", answer, known, where=f"question '{question}'")
        return chosen

    @cached_property
    def relations(self) -> tuple[Relation, ...]:
        """Every declared comparison, between the nearest waves that used the two versions."""
        found = [relation for wave in self.waves for relation in self._declared(wave)]
        for earlier, later in pairwise(self.waves):
            if earlier.instrument == later.instrument:
                found += [
                    Relation(
                        earlier=Answer(earlier.name, question.id, code),
                        later=Answer(later.name, question.id, code),
                        verdict="identical",
                        reasons=(SAME_VERSION,),
                    )
                    for question in later.instrument.items
                    for code in question.answer_codes
                ]
        order = {name: position for position, name in enumerate(self.wave_names)}
        return tuple(
            sorted(found, key=lambda entry: (order[entry.earlier.wave], order[entry.later.wave]))
        )

    def _declared(self, later: AnyWave) -> Iterator[Relation]:
        """The comparisons of a wave's instrument, where it is the first wave to use it."""
        position = self.waves.index(later)
        if position and self.waves[position - 1].instrument == later.instrument:
            return
        told: set[tuple[Answer, Answer]] = set()
        for entry in later.instrument.declared:
            before = [
                wave
                for wave in self.waves[:position]
                if wave.instrument.version == entry.other.version
            ]
            for relation in _expanded(entry, before[-1], later) if before else ():
                if (pair := (relation.earlier, relation.later)) not in told:
                    told.add(pair)
                    yield relation

    @cached_property
    def _steps(self) -> dict[Answer, list[Relation]]:
        steps: dict[Answer, list[Relation]] = defaultdict(list)
        for relation in self.relations:
            steps[relation.earlier].append(relation)
        return steps

    @cached_property
    def spans(self) -> tuple[Relation, ...]:
        """From the first to the last wave of every series of comparable answers over three or more.

        A pair that the study declares by itself is among the relations already.
        """
        comparable = [entry for entry in self.relations if entry.verdict in COMPARABLE]
        reached = {entry.later for entry in comparable}
        left = {entry.earlier for entry in comparable}
        return tuple(
            chain
            for start in dict.fromkeys(entry.earlier for entry in comparable)
            if start not in reached
            for chain in self._chains(start)
            if chain.verdict in COMPARABLE and chain.later not in left and chain.steps > 1
        )

    def relate(self, answer: Answer, wave: str) -> list[Relation]:
        """What is declared about an answer and its counterparts in another wave.

        A direct verdict comes first; otherwise steps over the waves between are joined, and the
        chain is as good as its worst step. Where nothing is declared and the other wave has the
        same question and answer, the relation has no verdict.
        """
        forward = self.wave_names.index(answer.wave) < self.wave_names.index(wave)
        earlier_wave = answer.wave if forward else wave
        later_wave = wave if forward else answer.wave
        chains = [
            chain
            for start in ([answer] if forward else self._answers_in(earlier_wave))
            for chain in self._chains(start)
            if chain.later.wave == later_wave and (forward or chain.later == answer)
        ]
        best: dict[tuple[Answer, Answer], Relation] = {}
        for chain in sorted(chains, key=_quality):
            best.setdefault((chain.earlier, chain.later), chain)
        if best:
            return list(best.values())
        same = Answer(wave, answer.question, answer.answer)
        if same not in self._answers_in(wave):
            return []
        pair = (answer, same) if forward else (same, answer)
        return [Relation(earlier=pair[0], later=pair[1], verdict=None, reasons=())]

    def _answers_in(self, wave: str) -> list[Answer]:
        return [
            Answer(wave, question.id, code)
            for question in self.wave(wave).instrument.items
            for code in question.answer_codes
        ]

    def _chains(self, start: Answer) -> Iterator[Relation]:
        """Every chain of declared comparisons forward in time, joined."""
        for step in self._steps.get(start, ()):
            yield step
            for rest in self._chains(step.later):
                joined = _join(step, rest)
                if joined is not None:
                    yield joined


def reasons_of(parts: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The reasons of several pairs of waves, as reasons of all these waves, each once.

    That waves asked with the same version is said only where each of the pairs did: of two rounds
    with one version and a third with the next it would be untrue.

    Args:
        parts: The reasons of each pair.

    >>> reasons_of([(SAME_VERSION,), ("The list grew.",)])
    ('The list grew.',)
    """
    every = [tuple(part) for part in parts]
    found = dict.fromkeys(reason for part in every for reason in part)
    if not all(SAME_VERSION in part for part in every):
        found.pop(SAME_VERSION, None)
    return tuple(found)


def _expanded(entry: Comparison, before: AnyWave, later: AnyWave) -> Iterator[Relation]:
    other = entry.other.question or entry.question
    if other not in before.instrument.question_ids:
        return  # a row that the earlier grid did not have
    question = later.instrument.question(entry.question)
    codes = [entry.answer] if entry.answer else list(question.answer_codes)
    theirs = before.instrument.question(other).answer_codes
    for code in codes:
        counterpart = entry.other.answer or code
        if counterpart in theirs:
            yield Relation(
                earlier=Answer(before.name, other, counterpart),
                later=Answer(later.name, entry.question, code),
                verdict=entry.verdict,
                reasons=(entry.reason,),
                order=entry.order,
            )


def _quality(relation: Relation) -> tuple[int, int]:
    """Sorts direct verdicts before chains, then good ones before bad ones."""
    verdict = VERDICTS.index(relation.verdict) if relation.verdict else len(VERDICTS)
    return (0 if relation.steps == 1 else 1, verdict)


def _join(first: Relation, second: Relation) -> Relation | None:
    """Two steps as one; None where an order is lost on the way."""
    if first.verdict is None or second.verdict is None:
        return None
    verdict = max(first.verdict, second.verdict, key=VERDICTS.index)
    orders = {order for order in (first.order, second.order) if order}
    if verdict == "order_only" and (
        len(orders) != 1 or "limited" in {first.verdict, second.verdict}
    ):
        return None
    return Relation(
        earlier=first.earlier,
        later=second.later,
        verdict=verdict,
        reasons=reasons_of((first.reasons, second.reasons)),
        order=orders.pop() if verdict == "order_only" else None,
        steps=first.steps + second.steps,
    )
