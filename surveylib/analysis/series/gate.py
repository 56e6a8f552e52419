"""Which waves of a question may be compared with which, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from surveylib.analysis.study import COMPARABLE, SAME_VERSION, VERDICTS, Answer, reasons_of
from surveylib.wave.states import STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from surveylib.analysis.study import Study
    from surveylib.instrument.mapping import Harmonised, SourceMap

#: What is said of the columns of a data frame, which have no questionnaire.
SAME_COLUMN = "One column of a data frame: that it means the same in every wave is taken on trust."


class Judged(NamedTuple):
    """How far two answers of two waves measure the same: None where nothing is declared."""

    verdict: str | None
    reasons: tuple[str, ...]
    order: str | None = None

    @property
    def comparable(self) -> bool:
        """Whether figures may be subtracted."""
        return self.verdict in COMPARABLE


class Gate:
    """Columns of a frame: nothing is known that would keep waves apart."""

    def judge(self, earlier: str, later: str, answer: str) -> Judged:  # noqa: ARG002 - as of others
        """What is declared of one answer in two waves.

        Args:
            earlier: The earlier wave.
            later: The later wave.
            answer: The answer's code.
        """
        return Judged("identical", (SAME_COLUMN,))


@dataclass(frozen=True, slots=True, kw_only=True)
class SameQuestion(Gate):
    """A question of a study under one name in every wave: as its instruments declare.

    Args:
        study: The study.
        question: The question.
    """

    study: Study
    question: str

    def judge(self, earlier: str, later: str, answer: str) -> Judged:
        """What the instruments declare of one answer in two waves."""
        first, second = (self.study.wave(name).instrument for name in (earlier, later))
        if first == second:
            return Judged("identical", (SAME_VERSION,))
        wanted = Answer(later, self.question, answer)
        found = [
            one
            for one in self.study.relate(Answer(earlier, self.question, answer), later)
            if one.later == wanted
        ]
        if not found or found[0].verdict is None:
            lacking = [name for name in (earlier, later) if not self._offered(name, answer)]
            if lacking:
                return Judged("break", (f"'{answer}' was no answer in {' and '.join(lacking)}.",))
            return Judged(None, ())
        return Judged(found[0].verdict, found[0].reasons, found[0].order)

    def _offered(self, wave: str, answer: str) -> bool:
        """Whether a wave's question has the answer; of ways of not answering nothing is said."""
        asked = self.study.wave(wave).instrument.question(self.question)
        return answer in STATES or answer in asked.answer_codes


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped(Gate):
    """A harmonised question: as good as the worse of the two versions' maps.

    Args:
        harmonised: The question.
        sources: The map of each wave.
    """

    harmonised: Harmonised
    sources: dict[str, SourceMap]

    def judge(self, earlier: str, later: str, answer: str) -> Judged:
        """The worse of two verdicts, and both reasons; what was not offered is not compared."""
        ends = [self.sources[earlier], self.sources[later]]
        for name, source in zip((earlier, later), ends, strict=True):
            if answer in source.absent:
                return Judged("break", (f"{name} did not offer this answer.",))
        verdict = max((source.verdict for source in ends), key=VERDICTS.index)
        if ends[0] == ends[1] and verdict in COMPARABLE:
            return Judged("identical", (SAME_VERSION,))
        return Judged(verdict, tuple(dict.fromkeys(source.reason for source in ends)))


def together(judged: Iterable[Judged]) -> tuple[str, tuple[str, ...]]:
    """The worst verdict of several pairs of waves, and what holds of all these waves.

    Args:
        judged: What is declared of each pair; of one at least there is a verdict.
    """
    every = [one for one in judged if one.verdict]
    worst = max((str(one.verdict) for one in every), key=[str(one) for one in VERDICTS].index)
    return worst, reasons_of(one.reasons for one in every if one.verdict == worst)


def runs(waves: Sequence[str], gate: Gate, answer: str) -> list[tuple[str, ...]]:
    """A series cut where one wave must not be compared with the one before it.

    Args:
        waves: Those that have the answer, in time order.
        gate: What may be compared.
        answer: The answer's code.

    Returns:
        Runs of waves of which each two may be compared.
    """
    found: list[list[str]] = []
    for wave in waves:
        if found and all(gate.judge(before, wave, answer).comparable for before in found[-1]):
            found[-1].append(wave)
        else:
            found.append([wave])
    return [tuple(run) for run in found]
