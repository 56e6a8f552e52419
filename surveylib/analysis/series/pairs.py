"""Which waves of a table are compared with which, and which must not be."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from surveylib.analysis.changes import Refusal
from surveylib.errors import MethodError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from surveylib.analysis.results import Estimate
    from surveylib.analysis.series.gate import Gate, Judged
    from surveylib.analysis.series.table import Table

#: What each wave is compared with, where no two are named.
AGAINST: Mapping[str, str] = MappingProxyType(
    {
        "before": "the wave before it, and the last wave with the first",
        "first": "the first wave",
        "mean": "the mean of all waves, each counting the same",
    }
)


class Pair(NamedTuple):
    """One answer of a table in two waves that may be compared.

    `correlation` is that of the two shares where it is assumed, and not found; `once` counts those
    who answered in one of the waves only, where they are left out.
    """

    table: Table
    earlier: int
    later: int
    answer: int
    judged: Judged
    correlation: float | None = None
    once: int = 0

    @property
    def ends(self) -> tuple[Estimate, Estimate]:
        """The two shares."""
        first = self.table.points[self.earlier][self.answer]
        second = self.table.points[self.later][self.answer]
        if first is None or second is None:
            message = "a pair is made of two shares"
            raise MethodError(message)
        return first, second


def waves_compared(
    waves: Sequence[str], from_: str | None, to: str | None, against: str
) -> list[tuple[int, int]]:
    """Places of the waves that are compared, earlier and later, in time order.

    Args:
        waves: Names of waves, in time order.
        from_: The earlier one; None for any.
        to: The later one; None for any.
        against: A name in AGAINST but `mean`.

    Raises:
        UnknownNameError: There is no such wave.
        MethodError: The later wave comes first.

    >>> waves_compared(["2018", "2019", "2020"], None, None, "before")
    [(0, 1), (1, 2), (0, 2)]
    """
    for name in (from_, to):
        if name is not None and name not in waves:
            raise UnknownNameError.of("wave", name, waves, where="the waves that have the question")
    many = len(waves)
    if from_ is not None and to is not None:
        first, second = waves.index(from_), waves.index(to)
        if first >= second:
            message = (
                f"from_ is {from_} and to is {to}; changes are later minus earlier: "
                f"wanted two different waves in the order {', '.join(waves)}"
            )
            raise MethodError(message)
        return [(first, second)]
    if from_ is not None:
        first = waves.index(from_)
        return [(first, later) for later in range(first + 1, many)]
    if to is not None:
        second = waves.index(to)
        return [(earlier, second) for earlier in range(second)]
    if against == "first":
        return [(0, later) for later in range(1, many)]
    steps = [(place, place + 1) for place in range(many - 1)]
    return [*steps, (0, many - 1)] if many > 2 else steps


def sorted_pairs(
    table: Table, gate: Gate, places: Sequence[tuple[int, int]]
) -> Iterator[Pair | Refusal]:
    """Each answer in each two waves: to be compared, or refused with the reason.

    An answer of which neither wave has a share is passed over.

    Args:
        table: The table.
        gate: What may be compared.
        places: The waves, earlier and later.
    """
    for earlier, later in places:
        for answer, code in enumerate(table.answers):
            ends = table.points[earlier][answer], table.points[later][answer]
            judged = gate.judge(table.waves[earlier], table.waves[later], code)
            if ends[0] is not None and ends[1] is not None and judged.comparable:
                yield Pair(table, earlier, later, answer, judged)
            elif ends != (None, None):
                yield _refusal(table, earlier, later, code, ends, judged)


def _refusal(  # noqa: PLR0917 - what a refusal tells
    table: Table,
    earlier: int,
    later: int,
    code: str,
    ends: tuple[Estimate | None, Estimate | None],
    judged: Judged,
) -> Refusal:
    known = ends[0] or ends[1]
    verdict, reasons = _why_not(table, (earlier, later), code, ends, judged)
    title = known.title if known else table.question
    label = known.answer_text if known else code
    return Refusal(
        question=table.question,
        answer=code,
        from_wave=table.waves[earlier],
        to_wave=table.waves[later],
        from_question=table.question,
        from_answer=code,
        comparability=verdict,
        order=judged.order,
        reasons=reasons,
        from_estimate=ends[0],
        to_estimate=ends[1],
        title=title,
        from_title=title,
        answer_text=label,
        from_answer_text=label,
        steps=1,
        domain=table.domain,
    )


def _why_not(
    table: Table,
    places: tuple[int, int],
    code: str,
    ends: tuple[Estimate | None, Estimate | None],
    judged: Judged,
) -> tuple[str, tuple[str, ...]]:
    gone = tuple(
        f"Nobody was asked for '{code}' in {table.waves[place]}."
        for place, end in zip(places, ends, strict=True)
        if end is None
    )
    if gone and judged.comparable:
        return "not asked", gone
    if judged.verdict is None:
        undeclared = (
            "The study gives no verdict on whether the two can be compared; declare one under "
            f"'comparisons' in the instrument of {table.waves[places[1]]}, or in crosswalk.yaml."
        )
        return "undeclared", (undeclared,)
    return judged.verdict, (*judged.reasons, *gone)


def left_out(pair: Pair, verdict: str, reason: str) -> Refusal:
    """A pair that may be compared, and cannot be.

    Args:
        pair: The pair.
        verdict: What stands in the way, in two words.
        reason: The same in a sentence.
    """
    first, second = pair.ends
    question, answer = pair.table.question, pair.table.answers[pair.answer]
    return Refusal(
        question=question,
        answer=answer,
        from_wave=first.wave,
        to_wave=second.wave,
        from_question=question,
        from_answer=answer,
        comparability=verdict,
        order=None,
        reasons=(reason,),
        from_estimate=first,
        to_estimate=second,
        title=second.title,
        from_title=first.title,
        answer_text=second.answer_text,
        from_answer_text=first.answer_text,
        steps=1,
        domain=pair.table.domain,
    )
