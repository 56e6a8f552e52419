"""Which rows gave the answer, gave another, did not answer, or were not asked."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.analysis.arguments import names as named
from surveylib.errors import MethodError, UnknownNameError, listed, show
from surveylib.wave.classes import Classes
from surveylib.wave.states import STATES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

#: Ways of not answering of those who were asked, or may have been, in words.
MISSING: Mapping[str, str] = MappingProxyType(
    {
        "no_answer": "left it blank",
        "refused": "refused to answer",
        "not_reached": "broke off before it",
        "unknown_blank": "left it blank and were perhaps not asked",
        "invalid": "have their answer in quarantine",
        "withheld": "have their answer withheld",
    }
)
#: What “don't know” counts as, in words.
DONT_KNOW: Mapping[str, str] = MappingProxyType(
    {
        "answer": "an answer like any other",
        "missing": "not having answered",
        "outside": "not having been asked",
    }
)
UNSURE = "dont_know"


class Rule(NamedTuple):
    """What counts as not having answered.

    Args:
        missing: Ways of not answering, or values of a column; None for those in MISSING.
        dont_know: A name in DONT_KNOW.
    """

    missing: tuple[str, ...] | None
    dont_know: str

    @property
    def states(self) -> tuple[str, ...]:
        """The states of a wave that count as missing."""
        chosen = tuple(MISSING) if self.missing is None else self.missing
        return (*chosen, UNSURE) if self.dont_know == "missing" else chosen

    @property
    def answers(self) -> tuple[str, ...]:
        """The states of a wave that count as answers."""
        return (UNSURE,) if self.dont_know == "answer" else ()


def rule_of(missing: object, dont_know: str, *, states: bool) -> Rule:
    """The rule that is asked for.

    Args:
        missing: What was given; None for the usual.
        dont_know: Likewise.
        states: Whether the source has ways of not answering, and not only values.

    Raises:
        MethodError: Names that do not exist, or contradict each other.
    """
    if not isinstance(dont_know, str) or dont_know not in DONT_KNOW:
        message = f"dont_know is {show(dont_know)}; choose one of {listed(DONT_KNOW)}"
        raise MethodError(message)
    if not states and dont_know != "answer":
        message = (
            "dont_know is about waves with a questionnaire; of a data frame name the value in "
            "missing, such as missing=['dont_know']"
        )
        raise MethodError(message)
    if missing is None:
        return Rule(None, dont_know)
    chosen = named("missing", missing, "a way of not answering")
    if states:
        _check_states(chosen)
    return Rule(tuple(dict.fromkeys(chosen)), dont_know)


def _check_states(chosen: Sequence[str]) -> None:
    for one in chosen:
        if one == UNSURE:
            raise MethodError("missing names 'dont_know': say dont_know='missing' for that")
        if one in {"not_applicable", "not_asked_design"}:
            message = (
                f"missing names {show(one)}: who was not asked is no non-response, and is left "
                f"out; choose among {listed(MISSING)}"
            )
            raise MethodError(message)
        if one not in MISSING:
            raise UnknownNameError.of("way of not answering", one, MISSING, where="missing")


class Counting(NamedTuple):
    """Names of answers and states that count as missing, and of those that are left out."""

    missing: Collection[str]
    outside: Collection[str]


class Parted(NamedTuple):
    """Rows by whether they gave an answer: three shares.

    Args:
        classes: The answer, of those who answered; the answer, and no answer, of those asked.
        states: How people did not answer, and how many each way, not weighted.
        unsure: How many of those who are left in did not know, not weighted.
        routed: Whether some were not asked, as their other answers say.
        left_out: Those who are left out as if they had not been asked, and how many.
    """

    classes: Classes
    states: tuple[tuple[str, int], ...]
    unsure: int
    routed: bool
    left_out: tuple[tuple[str, int], ...]


#: What the three shares are called.
SHARES = ("answered", "asked", "missing")


def counting_of(rule: Rule) -> Counting:
    """What counts as what, of a wave with a questionnaire.

    Args:
        rule: The rule.
    """
    counted = {*rule.states, *rule.answers}
    return Counting(rule.states, [one for one in STATES[1:] if one not in counted])


def parted(classes: Classes, sizes: NDArray[np.int64], answer: str, counting: Counting) -> Parted:
    """Put answers and states into three: this answer, another, and none.

    Args:
        classes: Every answer and state, of everybody.
        sizes: (C,) respondents in each class, not weighted.
        answer: The answer that is asked for; classes that nobody is in may do without it.
        counting: What counts as missing, and what is left out.
    """
    names = classes.answers
    holds, known = classes.holds > 0, classes.asked > 0
    yes, here = np.zeros(len(holds), bool), np.ones(len(holds), bool)
    if answer in names:
        yes, here = holds[:, names.index(answer)], known[:, names.index(answer)]
    gone = _any_of(holds, names, counting.missing)
    here = here & ~_any_of(holds, names, counting.outside)
    found = here & ~gone
    three = Classes(
        classes.place,
        np.column_stack([yes & found, yes & found, gone & here]).astype(np.float64),
        np.column_stack([found, here, here]).astype(np.float64),
        SHARES,
    )
    counts = dict(zip(names, (sizes @ holds).astype(np.int64).tolist(), strict=True))
    ways = tuple((one, counts[one]) for one in names if one in counting.missing and counts[one])
    unsure = 0 if UNSURE in counting.outside else counts.get(UNSURE, 0)
    routed = "not_applicable" in counting.outside and counts.get("not_applicable", 0) > 0
    could = [one for one in (*MISSING, UNSURE) if one in counting.outside]
    left = tuple((one, counts[one]) for one in could if counts.get(one))
    return Parted(three, ways, unsure, routed, left)


def _any_of(
    holds: NDArray[np.bool_], names: Sequence[str], chosen: Collection[str]
) -> NDArray[np.bool_]:
    """(C,) which classes hold one of some answers."""
    return np.asarray(holds[:, [one in chosen for one in names]].any(axis=1))
