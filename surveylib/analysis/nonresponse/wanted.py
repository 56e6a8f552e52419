"""What is wanted of a source, what is known of it, and which of its waves may be compared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from surveylib.analysis.nonresponse.bounding import Judged
from surveylib.analysis.nonresponse.rates import rates_of, stated_rate
from surveylib.errors import MethodError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.nonresponse.known import Known
    from surveylib.analysis.nonresponse.missing import Rule
    from surveylib.analysis.series.gate import Gate
    from surveylib.analysis.study import AnyWave
    from surveylib.wave.design import Design


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted of a source.

    Args:
        asked: The question, one of its answers, and the group.
        rule: What counts as not having answered.
        rates: Response rates as they were given; checked.
        from_: The earlier wave; None for any.
        to: The later wave; None for any.
        design: How every sample was drawn; None for what is declared, or a simple sample.
        reused: Whether ids of sampling units are given anew in each wave.
    """

    asked: Asked
    rule: Rule
    rates: object = None
    from_: str | None = None
    to: str | None = None
    design: Design | None = None
    reused: bool = False

    @property
    def everybody(self) -> Asked:
        """The question with all its answers and ways of not answering."""
        return replace(self.asked, answer="", base="all")

    @property
    def name(self) -> str:
        """`question/answer`."""
        return f"{self.asked.question}/{self.asked.answer}"


class Pair(NamedTuple):
    """Two waves that may be compared."""

    earlier: Known
    later: Known
    judged: Judged


class Found(NamedTuple):
    """What is known of a source.

    Args:
        waves: Of each wave.
        pairs: Of each two that may be compared.
        refused: In words, pairs that must not be compared.
        done: In words, what was put together and what was left out.
        design: How the samples were drawn, in words.
    """

    waves: tuple[Known, ...]
    pairs: tuple[Pair, ...] = ()
    refused: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    design: str = ""


def judged_pairs(
    found: Mapping[str, Known],
    waves: Sequence[str],
    places: Sequence[tuple[int, int]],
    gate: Gate,
    answer: str,
) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
    """Pairs of waves that may be compared, and why others must not be.

    Args:
        found: What is known of each wave of which somebody was asked.
        waves: Names of waves, in time order.
        places: Which of them are compared, earlier and later.
        gate: What may be compared.
        answer: The answer's code.
    """
    pairs, refused = [], []
    for earlier, later in ((waves[one], waves[other]) for one, other in places):
        if earlier not in found or later not in found:
            continue  # said already: nobody was asked
        judged, ends = gate.judge(earlier, later, answer), (found[earlier], found[later])
        offering = [one.wave for one in ends if one.unsure_counts]
        if not judged.comparable or judged.verdict is None:
            refused.append(refusal(earlier, later, judged.verdict, judged.reasons))
        elif len(offering) == 1:
            refused.append(refusal(earlier, later, "other base", (_OFFERED.format(*offering),)))
        else:
            pairs.append(Pair(*ends, Judged(judged.verdict, judged.reasons)))
    return tuple(pairs), tuple(refused)


#: Why two waves differ in who is in the base of a share.
_OFFERED = (
    "“Don't know” was offered in {} only, and counts as an answer; dont_know='outside' or "
    "'missing' compares those who gave another."
)


def refusal(earlier: str, later: str, verdict: str | None, reasons: Sequence[str]) -> str:
    """Why two waves are not compared, in words.

    Args:
        earlier: The earlier wave.
        later: The later wave.
        verdict: The declared one; None for none.
        reasons: Why.
    """
    name = (verdict or "nothing is declared of the two").replace("_", " ")
    return " ".join([f"{earlier}→{later}: not compared ({name}).", *reasons])


def no_pair(name: str, wanted: Wanted) -> None:
    """Refuse waves to compare where there is one.

    Args:
        name: The wave; empty where nothing tells waves apart.
        wanted: What is wanted.

    Raises:
        MethodError: Waves are named.
    """
    if wanted.from_ is not None or wanted.to is not None:
        where = f"wave {name} alone" if name else "without wave="
        raise MethodError(f"{where} there is no change: leave out from_ and to")


def all_rates(waves: Sequence[AnyWave], wanted: Wanted) -> tuple[dict[str, float], list[str]]:
    """The response rate of each wave, and which of them manifests state.

    Args:
        waves: All waves of the source.
        wanted: What is wanted.
    """
    given = rates_of(wanted.rates, [wave.name for wave in waves])
    stated = {wave.name: rate for wave in waves if (rate := stated_rate(wave)) is not None}
    told = [
        f"{name}: response rate {rate * 100:g} %, as its manifest states."
        for name, rate in stated.items()
        if name not in given
    ]
    return {**stated, **given}, told
