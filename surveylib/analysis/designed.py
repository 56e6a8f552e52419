"""Waves under a declared design → shares, means, totals and quantiles, with their covariance."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.analysis.answered import WaveAnswers, units_of
from surveylib.analysis.asking import STATISTICS
from surveylib.analysis.bands import band_rows
from surveylib.analysis.quantiles import quantiles_of_rows
from surveylib.analysis.results import Estimates
from surveylib.analysis.rows import (
    About,
    Found,
    number_name,
    number_rows,
    quantile_rows,
    share_rows,
)
from surveylib.analysis.samples import RowSample, cells_of
from surveylib.analysis.shares import Groups
from surveylib.errors import MethodError, NotEstimableError, UnknownNameError
from surveylib.instrument.question import Banded, NumberQuestion, TextQuantity, in_language
from surveylib.wave.classes import answer_classes, joint_classes, mention_classes, plain
from surveylib.wave.counted import ASKED, flags_of, held_flag, place_of
from surveylib.wave.states import ANSWERED, STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.samples import Cells
    from surveylib.wave.classes import Classes
    from surveylib.wave.design import Design
    from surveylib.wave.responses import Wave

    Floats = NDArray[np.float64]


class KeptColumns(Mapping[str, Any]):
    """The columns of a wave as a design names them: `w` for what the manifest keeps as `w`."""

    def __init__(self, wave: Wave) -> None:
        self._wave = wave
        self._fields = {field.name.removeprefix("keep:"): field for field in wave.fields}

    def __getitem__(self, name: str) -> Any:
        """One column: codes as texts, None for no value."""
        field = self._fields[name.removeprefix("keep:")]
        values = self._wave.column(field.name)
        return np.array([*field.levels, None], np.object_)[values] if field.levels else values

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def estimate_wave(wave: Wave, design: Design, asked: Sequence[Asked]) -> list[Found]:
    """Estimate questions of a wave under a design.

    Options are shares of those who answered, ways of not answering of those who were asked. With
    `by` or `where`, everybody outside a group stays in the design.

    Args:
        wave: The wave.
        design: How its sample was drawn; its columns are those that the manifest keeps.
        asked: What is asked: the same of each question.

    Raises:
        DesignError: The data does not fit the design; carries every fault.
        NotEstimableError: Nobody is in the base, or no variance can be estimated.
    """
    sample = sample_of(wave, design, asked[0])
    return [_estimated(wave, sample, one) for one in asked]


def sample_of(wave: Wave, design: Design, asked: Asked) -> RowSample:
    """A wave as a sample of rows, in the groups that are asked for.

    Args:
        wave: The wave.
        design: How its sample was drawn.
        asked: The groups.

    Raises:
        DesignError: The data does not fit the design.
    """
    records = wave.column(":record").tolist()
    columns, answers = KeptColumns(wave), WaveAnswers(wave)
    units = units_of(design, columns, wave.rows, answers, name=wave.name, records=records)
    return RowSample(units=units, groups=_groups(wave, asked), design=design)


def cross_wave(wave: Wave, design: Design, asked: Asked) -> Cells:
    """Cross two questions of a wave.

    Args:
        wave: The wave.
        design: How its sample was drawn.
        asked: The question of the columns, by that of the rows.

    Raises:
        NotEstimableError: A question with several answers.
    """
    name = asked.question
    if not wave.question(name).question.exclusive or not wave.question(name).codes:
        raise NotEstimableError(f"'{name}' does not put each respondent into one column")
    sample, columns = sample_of(wave, design, asked), tuple(wave.question(name).codes)
    rows = tuple(wave.question(asked.by[0]).codes)
    classes = plain(answer_classes(wave, name).place, columns)
    return cells_of(sample.crossed(classes), sample, (rows, columns))


def _estimated(wave: Wave, sample: RowSample, asked: Asked) -> Found:
    if STATISTICS[asked.statistic].of_numbers:
        return _of_numbers(wave, sample, asked, told_of(wave, asked))
    classes, about = shares_asked(wave, asked)
    return share_rows(sample.shares(classes), sample, about, asked)


def told_of(wave: Wave, asked: Asked) -> dict[str, Any]:
    """What is told of a question of a wave in each row of a result.

    Args:
        wave: The wave.
        asked: The question, and its groups.
    """
    question = wave.question(asked.question).question
    return {
        "wave": wave.name,
        "question": asked.question,
        "title": question.heading,
        "question_text": in_language(question.text),
        **place_of(wave),
        **_flags(wave, asked),
    }


def shares_asked(wave: Wave, asked: Asked) -> tuple[Classes, About]:
    """The classes of a question's rows, and what the rows of a result say of it.

    Args:
        wave: The wave.
        asked: The question, its answer and its base.
    """
    question = wave.question(asked.question).question
    classes = _classes(wave, asked).only(asked.answer)
    texts = {code: question.label(code) for code in classes.answers}
    return classes, About(
        told=told_of(wave, asked), answers=texts, bases=bases_of(classes.answers, asked.base)
    )


def bases_of(answers: Sequence[str], base: str) -> dict[str, str]:
    """The base of each answer: ways of not answering are shares of those who were asked.

    >>> bases_of(("yes", "no_answer"), "answered")
    {'yes': 'answered', 'no_answer': 'asked'}
    """
    of = dict.fromkeys(answers, base)
    if base == "answered":
        of |= {code: "asked" for code in answers if code in STATES}
    return of


def _flags(wave: Wave, asked: Asked) -> dict[str, tuple[str, ...]]:
    """What a reader must know of a wave, a question, and those that form groups."""
    found = [*flags_of(wave, asked.question, ""), *held_flag(wave, asked.question)]
    for domain in (*asked.by, *([asked.where] if asked.where else [])):
        found += [flag for flag in flags_of(wave, asked.question, domain) if flag not in found]
    return {
        "flags": tuple(flag.code for flag in found),
        "notes": tuple(flag.text for flag in found),
    }


def _classes(wave: Wave, asked: Asked) -> Classes:
    """The classes of a question's rows, with the base that is asked for."""
    if asked.base == "mentions":
        return mention_classes(wave, asked.question)
    states = range(len(STATES)) if asked.base == "all" else ASKED
    return joint_classes(wave, asked.question, tuple(states), asked.base)


def _of_bands(wave: Wave, sample: RowSample, asked: Asked, told: Mapping[str, Any]) -> Found:
    """What the bands of a question say of the numbers in them."""
    options = [
        option for option in wave.question(asked.question).question.answers if not option.net_of
    ]
    classes = answer_classes(wave, asked.question)
    keep = [classes.answers.index(option.code) for option in options]
    chosen = classes._replace(
        holds=classes.holds[:, keep],
        asked=classes.asked[:, keep],
        answers=tuple(option.code for option in options),
    )
    bands = [_ends(option) for option in options]
    about = About(told={**told, "base": "answered"})
    return band_rows(sample.shares(chosen), sample, bands, about, asked)


def _ends(option: Any) -> tuple[float, float]:
    low, high = option.interval
    return float(low), math.inf if high is None else float(high)


def _of_numbers(wave: Wave, sample: RowSample, asked: Asked, told: Mapping[str, Any]) -> Found:
    question = wave.question(asked.question).question
    if asked.bands is not None:
        raise MethodError("bands are those of the wave's instrument: leave out 'bands'")
    if isinstance(question, Banded) and asked.scores is None:
        return _of_bands(wave, sample, asked, told)
    no_bands(asked)
    top = _numbers(wave, asked.question, asked)
    about = About(told={**told, "base": "answered"})
    if asked.statistic == "share_up_to":
        return together([up_to(sample, top, number, about, asked) for number in asked.threshold])
    if asked.statistic == "quantile":
        return quantile_rows(list(quantiles_of_rows(sample, top, asked)), about, asked)
    bottom = None if asked.over is None else _numbers(wave, asked.over, asked)
    found = sample.numbers(top, bottom, total=asked.statistic == "total")
    return number_rows(found, found[0].simple(*sample.people), sample, about, asked)


def _numbers(wave: Wave, name: str, asked: Asked) -> Floats:
    """The number of each row; NaN where there is none."""
    question = wave.question(name)
    answered = wave.states(name) == ANSWERED
    if isinstance(question.question, NumberQuestion):
        return np.where(answered, wave.column(name), np.nan).astype(np.float64)
    if isinstance(question.question, TextQuantity):
        low, high = wave.column(f"{name}:low"), wave.column(f"{name}:high")
        ranges = int((answered & (low != high)).sum())
        if ranges:
            message = f"'{name}': {ranges} respondents gave a range and no number"
            raise NotEstimableError(message)
        return np.where(answered, low, np.nan).astype(np.float64)
    if not asked.scores:
        message = f"'{name}' has answers and no numbers; give each a number in scores"
        raise NotEstimableError(message)
    if not question.question.exclusive:
        message = f"'{name}' has several answers: a respondent has no one score"
        raise NotEstimableError(message)
    return scored(answer_classes(wave, name).place, question.codes, asked)


def no_bands(asked: Asked) -> None:
    """Refuse options of bands where there are none.

    Args:
        asked: What is asked.

    Raises:
        MethodError: One of them is given.
    """
    if asked.model or asked.cap is not None:
        name = "model" if asked.model else "cap"
        raise MethodError(f"{name} is about answers in bands; '{asked.question}' has none")


def up_to(sample: RowSample, numbers: Floats, number: float, about: About, asked: Asked) -> Found:
    """The share of those whose number is not above another.

    Args:
        sample: The sample.
        numbers: (N,) the number of each row; not finite where there is none.
        number: The threshold.
        about: What the rows have in common.
        asked: What is asked.
    """
    known = np.isfinite(numbers)
    place = np.where(known, numbers > number, -1).astype(np.int64)
    classes, about = threshold_classes(place, number, about)
    return share_rows(sample.shares(classes), sample, about, asked)


def threshold_classes(
    place: NDArray[np.int64], number: float, about: About
) -> tuple[Classes, About]:
    """Classes of numbers that are not above another, and of those that are.

    Args:
        place: (N,) 0 and 1; -1 without a number.
        number: The threshold.
        about: What the rows have in common.
    """
    told = number_name(number)
    name = f"up_to_{told}"
    classes = plain(place, (name, "above")).only(name)
    return classes, replace(about, answers={name: f"at most {told}"}, bases={name: "answered"})


def scored(place: NDArray[np.int64], answers: Sequence[str], asked: Asked) -> Floats:
    """The score of each row's answer; NaN outside the base and for answers without a score.

    Args:
        place: (N,) each row's answer; -1 for none.
        answers: Their codes.
        asked: The scores.

    Raises:
        UnknownNameError: A score for an answer that does not exist.
    """
    scores = asked.scores or {}
    for code in scores:
        if code not in answers:
            raise UnknownNameError.of("answer", code, answers, where=f"'{asked.question}'")
    table = np.array([*(scores.get(code, np.nan) for code in answers), np.nan], np.float64)
    return table[place]


def _groups(wave: Wave, asked: Asked) -> Groups:
    """The groups that are asked for; one that holds everybody where none is."""
    inside = np.ones(wave.rows, bool)
    if asked.where:
        name, _, code = asked.where.partition("=")
        inside = wave.gave(name, code)
    place = np.zeros(wave.rows, np.int64)
    names = [asked.where or ""]
    for by in asked.by:
        question = wave.question(by)
        if not question.question.exclusive or not question.codes:
            message = f"'{by}' does not put each respondent into one group"
            raise NotEstimableError(message)
        codes = wave.column(by).astype(np.int64)
        inside &= codes >= 0
        place = place * len(question.codes) + np.maximum(codes, 0)
        names = [joined_name(name, f"{by}={code}") for name in names for code in question.codes]
    return Groups(np.where(inside, place, -1), tuple(names))


def joined_name(one: str, other: str) -> str:
    """The name of a group in a group.

    >>> joined_name("", "a=1"), joined_name("a=1", "b=2")
    ('a=1', 'a=1, b=2')
    """
    return f"{one}, {other}" if one else other


def together(found: Sequence[Found]) -> Found:
    """Rows that come from independent samples, or whose covariance is taken to be 0.

    Args:
        found: Parts, each with its covariance; without one, none is kept.
    """
    rows = [row for one in found for row in one.rows]
    blocks = [one.covariance for one in found if one.rows]
    known = [block for block in blocks if block is not None]
    if len(known) < len(blocks):
        return Found(rows, None)
    whole = np.zeros((len(rows), len(rows)))
    start = 0
    for block in known:
        whole[start : start + len(block), start : start + len(block)] = block
        start += len(block)
    return Found(rows, whole)


def joined(
    found: Sequence[Sequence[Found]], asked: Sequence[Asked], place: str, designs: Sequence[Design]
) -> Estimates:
    """Every question of every wave as one result, question by question.

    Args:
        found: For each wave, the rows of each question.
        asked: What was asked of each question.
        place: Where, in words.
        designs: How the samples were drawn.

    Returns:
        Estimates; those of several questions without the covariance between them.

    Raises:
        NotEstimableError: Nobody answered one of them.
    """
    by_question = [together(one) for one in zip(*found, strict=True)]
    for one, answered in zip(asked, by_question, strict=True):
        if not answered.rows:
            gave = "gave a number for" if STATISTICS[one.statistic].of_numbers else "answered"
            among = "".join(f" among {group}" for group in (one.where, *one.by) if group)
            raise NotEstimableError(f"nobody {gave} '{one.question}'{among} in {place}")
    rows = tuple(row for one in by_question for row in one.rows)
    covariance = by_question[0].covariance if len(by_question) == 1 else None
    words = " ".join(dict.fromkeys(design.describe() for design in designs))
    return Estimates(rows=rows, covariance=covariance, design=words)
