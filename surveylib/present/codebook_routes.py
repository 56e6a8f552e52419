"""Conditions told in plain words: to the respondent, or to the analyst."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from surveylib.present.codebook_words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from surveylib.instrument.conditions import Condition

#: How an analyst reads a condition: the same names as in `WORDS`, without anybody addressed.
ANALYST: Mapping[str, str] = MappingProxyType(
    {
        **WORDS["en"],
        "answered": "{question} is {answers}",
        "not_answered": "{question} is not {answers}",
        "ticked": "{answers} is ticked in {question}",
        "not_ticked": "{answers} is not ticked in {question}",
        "range_from_to": "{question} is from {low} to {high}",
        "range_least": "{question} is {low} or more",
        "range_most": "{question} is {high} or less",
        "range_not_from_to": "{question} is below {low} or above {high}",
        "range_not_least": "{question} is below {low}",
        "range_not_most": "{question} is above {high}",
    }
)


class Voice(NamedTuple):
    """How a condition is told: in which phrases, and what questions and answers are called."""

    phrases: Mapping[str, str]
    question: Callable[[str], str]
    answer: Callable[[str, str], str]
    several: Callable[[str], bool]


def tell(condition: Condition, voice: Voice, *, holds: bool = True) -> str:
    """Tell a condition, or that it does not hold, in a sentence without negated groups.

    Args:
        condition: The condition.
        voice: How to tell it.
        holds: False to tell the opposite: not (a and b) becomes not a, or not b.
    """
    if condition.question is not None:
        return _tell_one(condition, voice, holds=holds)
    parts = condition.all_of or condition.any_of or condition.none_of
    inside = holds is not bool(condition.none_of)
    every = bool(condition.all_of) is holds if not condition.none_of else holds
    told = [_nested(part, voice, holds=inside) for part in parts]
    joint = "and_parts" if every else "or_parts"
    return voice.phrases[joint].join(told) if len(told) > 1 else tell(parts[0], voice, holds=inside)


def _nested(part: Condition, voice: Voice, *, holds: bool) -> str:
    told = tell(part, voice, holds=holds)
    return f"({told})" if _joins(part) else told


def _joins(part: Condition) -> bool:
    """Whether a condition is told with and, or with or; a group of one is told as what it holds."""
    parts = part.all_of or part.any_of or part.none_of
    return _joins(parts[0]) if len(parts) == 1 else bool(parts)


def _tell_one(atom: Condition, voice: Voice, *, holds: bool) -> str:
    """A condition on one question."""
    name = str(atom.question)
    negated = "" if holds else "not_"
    question = voice.question(name)
    if atom.answers:
        form = "ticked" if voice.several(name) else "answered"
        answers = voice.phrases["or"].join(voice.answer(name, code) for code in atom.answers)
        return voice.phrases[f"{negated}{form}"].format(question=question, answers=answers)
    limits = {"low": atom.at_least, "high": atom.at_most}
    ends = (
        "from_to"
        if None not in limits.values()
        else "least"
        if atom.at_least is not None
        else "most"
    )
    return voice.phrases[f"range_{negated}{ends}"].format(question=question, **limits)
