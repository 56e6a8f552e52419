"""The variables of a data file, as statistical programs see them: one list for every format.

A question with one answer is one variable. A question with several answers, and an open question
whose answer counts in several categories, is one variable for each option: 1 where it was given,
0 where not. Each row of a grid is a question of its own. Every option with text adds a variable
for the text, and so does an open question that was coded. A net is no answer and has no value.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from surveylib.instrument.question import (
    Banded,
    DateQuestion,
    Derived,
    NumberQuestion,
    OpenCoded,
    Ordered,
    TextQuantity,
    TextQuestion,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from surveylib.instrument.model import Instrument
    from surveylib.instrument.options import Option
    from surveylib.instrument.question import Question

#: The value that stands for each missing state in a data file: one block without gaps, because
#: SPSS takes one range and no more than three single values.
MISSING_VALUES: Mapping[str, int] = MappingProxyType(
    {
        "dont_know": -91,
        "refused": -92,
        "no_answer": -93,
        "not_applicable": -94,
        "not_reached": -95,
        "not_asked_design": -96,
        "invalid": -97,
        "withheld": -98,
        "unknown_blank": -99,
    }
)

#: Longest name of a variable in SPSS, in bytes.
MOST_NAME = 64
#: Words that SPSS does not take as a name.
RESERVED = frozenset(
    {"all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with"}
)

_PLAIN_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value of a variable.

    Args:
        value: The number in the data file.
        code: The option's code, or the missing state; empty for "not selected".
        label: What it means, by language.
        option: The option itself; None for a missing state and for "not selected".
    """

    value: int
    code: str
    label: Mapping[str, str]
    option: Option | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One column of a data file.

    Args:
        key: The question's id, the option's code where it is about one, `text` for a text.
        question: The question; for a row of a grid, the row's.
        part: The `answer`; whether one option was `selected`; or a `text` in own words.
        option: The option that was selected, or that the text belongs to.
        label: What it holds, in a few words, by language.
        answers: The values that are answers, in order; empty for numbers, dates and texts.
        missing: The missing states that the question has.
        level: How its values can be compared.
        name: Unique without regard to case, at most 64 letters, digits and underscores.
    """

    key: tuple[str, ...]
    question: Question
    part: Literal["answer", "selected", "text"]
    label: Mapping[str, str]
    level: Literal["nominal", "ordinal", "scale"] = "nominal"
    option: Option | None = None
    answers: tuple[Value, ...] = ()
    missing: tuple[Value, ...] = ()
    name: str = ""

    @property
    def is_text(self) -> bool:
        """Whether it holds text; everything else is a number."""
        return self.part == "text"

    @property
    def missing_range(self) -> tuple[int, int]:
        """Lowest and highest value that stand for missing states, whether or not they occur."""
        shift = _shift(self.question)
        return (-99 - shift, -91 - shift)


def variables(instrument: Instrument) -> tuple[Variable, ...]:
    """Every variable in the order of the questionnaire.

    >>> from surveylib.instrument.library import load_instrument
    >>> made = variables(load_instrument("instruments/organised_groups/1.0.yaml"))
    >>> [variable.name for variable in made[:2]], made[0].answers[0].value
    (['groups_encountered', 'groups_count'], 1)
    """
    found = [variable for item in instrument.items for variable in _of(instrument, item)]
    names = unique_names(variable.key for variable in found)
    return tuple(replace(variable, name=name) for variable, name in zip(found, names, strict=True))


def sets(made: Sequence[Variable]) -> dict[str, tuple[Variable, ...]]:
    """The variables of each question that may have several answers, by the question's id."""
    found: dict[str, list[Variable]] = {}
    for variable in made:
        if variable.part == "selected":
            found.setdefault(variable.question.id, []).append(variable)
    return {name: tuple(members) for name, members in found.items()}


def unique_names(
    keys: Iterable[Sequence[str]], *, reserved: frozenset[str] = RESERVED, most: int = MOST_NAME
) -> list[str]:
    """A name for each key: its parts joined, made fit for every statistical program.

    A name that is too long, reserved or no different from another gets the start of a hash of its
    key, so that it stays the same when questions are added around it.

    >>> unique_names([("places", "darknet"), ("all",), ("a.b",), ("a_b",)])
    ['places_darknet', 'all_5ef5ef03', 'a_b_2e7336dc', 'a_b_648fa9b3']
    """
    every = [tuple(key) for key in keys]
    plain = [re.sub(r"[^A-Za-z0-9]+", "_", "_".join(key)).strip("_") for key in every]
    counts = Counter(name.lower() for name in plain)
    found = []
    for key, name in zip(every, plain, strict=True):
        if len(name) <= most and name.lower() not in reserved and counts[name.lower()] == 1:
            found.append(name)
            continue
        digest = hashlib.sha256("\n".join(key).encode("utf-8")).hexdigest()[:8]
        found.append(f"{name[: most - 9]}_{digest}")
    return found


def _of(instrument: Instrument, item: Question) -> list[Variable]:
    """The variables of one question, still without names."""
    label = {**item.text, **(item.title or {})}
    missing = _missing(instrument, item)
    answers = [option for option in item.answers if not option.net_of]
    if item.exclusive:
        texts = isinstance(item, (TextQuestion, TextQuantity))
        found = [
            Variable(
                key=(item.id,),
                question=item,
                part="text" if texts else "answer",
                label=label,
                level=_level(item),
                answers=coded(answers),
                missing=missing,
            )
        ]
    else:
        found = [
            Variable(
                key=(item.id, option.code),
                question=item,
                part="selected",
                option=option,
                label=_joined(label, option.label),
                answers=_selected(option),
                missing=missing,
            )
            for option in answers
        ]
    if isinstance(item, OpenCoded):
        key: tuple[str, ...] = (item.id, "text")
        found.append(Variable(key=key, question=item, part="text", label=label, missing=missing))
    for option in answers:
        if option.write_in:
            key = (item.id, option.code, "text")
            told = _joined(label, option.label)
            found.append(Variable(key=key, question=item, part="text", option=option, label=told))
    return found


def coded(options: Sequence[Option]) -> tuple[Value, ...]:
    """A number for each option: its code where every code is a plain integer, else 1, 2 and so on.

    Codes that fall among the values of missing states are no plain integers in this sense.
    """
    codes = [option.code for option in options]
    plain = all(_PLAIN_INTEGER.fullmatch(code) and not -99 <= int(code) <= -91 for code in codes)
    return tuple(
        Value(
            value=int(option.code) if plain else place,
            code=option.code,
            label=option.label,
            option=option,
        )
        for place, option in enumerate(options, start=1)
    )


def net_parts(question: Question, code: str, seen: frozenset[str] = frozenset()) -> set[str]:
    """The codes that a net sums up in the end, where nets are in a net."""
    nets = {option.code: option.net_of for option in question.answers if option.net_of}
    if code not in nets:
        return {code}
    seen |= {code}
    return {
        found
        for part in nets[code]
        if part not in seen
        for found in net_parts(question, part, seen)
    }


def _selected(option: Option) -> tuple[Value, ...]:
    return (
        Value(value=0, code="", label={"en": "Not selected"}),
        Value(value=1, code=option.code, label=option.label, option=option),
    )


def _missing(instrument: Instrument, item: Question) -> tuple[Value, ...]:
    labels = {str(state): label for state, label in instrument.missing_labels.items()}
    shift = _shift(item)
    return tuple(
        Value(
            value=value - shift,
            code=state,
            label=labels.get(state) or {"en": instrument.missing_label(state)},
        )
        for state, value in MISSING_VALUES.items()
        if state in item.missing
    )


def _shift(item: Question) -> int:
    """How far below -91 the values of missing states begin, where -91 is an answer.

    Only a question for a number that says itself that such numbers are answers moves them, to
    -991 … -999, -9991 … -9999 and so on.
    """
    if not isinstance(item, NumberQuestion) or item.minimum is None:
        return 0
    if item.maximum is not None and item.maximum < -99:
        return 0
    shifts = (sum(9 * 10**power for power in range(2, digits)) for digits in range(2, 16))
    return next((shift for shift in shifts if item.minimum > -91 - shift), 0)


def _level(item: Question) -> Literal["nominal", "ordinal", "scale"]:
    if isinstance(item, (NumberQuestion, DateQuestion)):
        return "scale"
    scored = isinstance(item, Derived) and all(option.score is not None for option in item.options)
    return "ordinal" if scored or isinstance(item, (Ordered, Banded)) else "nominal"


def _joined(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, str]:
    """Two texts as one, in the languages that both have."""
    return {
        key: f"{text}{' ' if text.endswith(tuple('.?!:')) else ': '}{second[key]}"
        for key, text in first.items()
        if key in second
    }
