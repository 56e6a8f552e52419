"""Columns of a data frame as questions: their answers, and what rows of a result say of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.analysis.bands import band_rows
from surveylib.analysis.rows import About
from surveylib.analysis.shares import Lines
from surveylib.errors import NotEstimableError, UnknownNameError
from surveylib.wave.classes import plain
from surveylib.wave.framed import FrameColumns, text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.rows import Found
    from surveylib.analysis.samples import LineSample
    from surveylib.wave.classes import Classes

    Whole = NDArray[np.int64]

#: What messages call the data.
FRAME = "the data frame"
#: Groups up to which a column may form them.
MOST_GROUPS = 100_000
#: What a frame's rows without a value are called where everybody is the base.
NO_VALUE = "no_value"


def with_no_value(answers: tuple[str, ...]) -> tuple[str, ...]:
    """Answers, and what rows without one are called: as no answer is.

    >>> with_no_value(("yes", "no")), with_no_value(("no_value",))
    (('yes', 'no', 'no_value'), ('no_value', 'no_value_'))
    """
    name = NO_VALUE
    while name in answers:
        name += "_"
    return (*answers, name)


def waves_of(column: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values of a column that tells waves apart, of which there is one at least.

    Args:
        column: The column.
        values: Its values, without "no value".

    Raises:
        NotEstimableError: There is none.
    """
    if not values:
        message = f"column '{column}' has no value in any row: there is no wave"
        raise NotEstimableError(message)
    return values


def parts_by_wave(table: FrameColumns, wave: str | None) -> list[tuple[str, FrameColumns]]:
    """The rows of each wave of a frame, with its name; empty where there is one sample.

    Args:
        table: The frame.
        wave: The column that tells waves apart.

    Raises:
        NotEstimableError: No row has a value in it.
    """
    if wave is None:
        return [("", table)]
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    return [
        (text(value), FrameColumns(table.table.filter(nw.col(wave) == value)))
        for value in waves_of(wave, table.distinct(wave))
    ]


def told(asked: Asked, wave: str) -> dict[str, str]:
    """What all rows of one column of a frame have in common.

    Args:
        asked: The column.
        wave: Its wave; empty where there is one.
    """
    found = dict.fromkeys(("question", "title", "question_text"), asked.question)
    return found | {"wave": wave, "place": FRAME}


def answers_of(
    asked: Asked, answers: tuple[str, ...], place: Whole, wave: str
) -> tuple[Classes, About]:
    """The classes of a column of answers, and what its rows have in common.

    Args:
        asked: The column, and one of its answers or all.
        answers: Its answers.
        place: (N,) the answer of each row; -1 for none.
        wave: Its wave; empty where there is one.

    Raises:
        UnknownNameError: There is no such answer.
    """
    if asked.answer and asked.answer not in answers:
        where = f"column '{asked.question}'"
        raise UnknownNameError.of("value", asked.answer, answers, where=where)
    classes = plain(place, answers).only(asked.answer)
    about = About(
        told=told(asked, wave),
        answers={code: code for code in classes.answers},
        bases=dict.fromkeys(classes.answers, asked.base),
    )
    return classes, about


def chosen_bands(
    asked: Asked, answers: tuple[str, ...]
) -> tuple[list[int], list[tuple[float, float]]]:
    """The answers that have a band, and their bands in order; others are outside the base.

    Args:
        asked: The bands, by answer.
        answers: The answers of the column.

    Raises:
        UnknownNameError: A band for an answer that does not exist.
    """
    bands = asked.bands or {}
    for code in bands:
        if code not in answers:
            where = f"column '{asked.question}'"
            raise UnknownNameError.of("value", code, answers, where=where)
    return [answers.index(code) for code in bands], list(bands.values())


def bands_of_lines(
    sample: LineSample, lines: Lines, answers: tuple[str, ...], asked: Asked, wave: str
) -> Found:
    """What the bands of a column say of the numbers in them.

    Args:
        sample: The sample.
        lines: Sums by unit, group and answer.
        answers: The answers of the column.
        asked: What is asked.
        wave: Its wave; empty where there is one.
    """
    keep, bands = chosen_bands(asked, answers)
    rank = np.full(len(answers), -1)
    rank[keep] = range(len(keep))
    inside = rank[lines.place] >= 0
    kept = Lines._make(column[inside] for column in lines)
    kept = kept._replace(place=rank[kept.place])
    classes = plain(np.zeros(0, np.int64), tuple(answers[place] for place in keep))
    about = About(told={**told(asked, wave), "base": "answered"})
    return band_rows(sample.shares(kept, classes), sample, bands, about, asked)
