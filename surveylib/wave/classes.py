"""Rows by what they hold of a question: the classes that the collapse sums over.

With one answer a class is the answer; with several it is the set that was ticked, so that the
covariance of any two options is in the sums too. Nets are answers that several classes hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.instrument.formats.variables import net_parts
from surveylib.wave.states import ANSWERED, STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.wave.fields import Asked
    from surveylib.wave.responses import Wave

    Whole = NDArray[np.int64]
    Truth = NDArray[np.bool_]


class Classes(NamedTuple):
    """Rows by class.

    `place` (N,) is each row's class, -1 outside the base; `holds` (C, K) says which of the K
    `answers` a class counts for, and `asked` (C, K) for which of them it is in the base at all: an
    option that a row's version did not offer says nothing of it.
    """

    place: Whole
    holds: Truth
    asked: Truth
    answers: tuple[str, ...]


def answer_classes(wave: Wave, question: str) -> Classes:
    """Classes of those who answered: every option has a share, and every net.

    Args:
        wave: The wave.
        question: A question with a list of options; for a row of a grid `grid.row`.
    """
    asked = wave.question(question)
    answers = tuple(option.code for option in asked.question.answers)
    inside = wave.states(question) == ANSWERED
    if asked.question.exclusive:
        place = np.where(inside, wave.column(question), -1).astype(np.int64)
        ticks = np.eye(len(asked.codes), dtype=np.int8)
    else:
        place, ticks = _patterns(wave, asked, inside)
    return Classes(place, *_of_answers(asked, answers, ticks), answers)


def state_classes(wave: Wave, question: str, states: Sequence[int]) -> Classes:
    """Classes of those who were asked: each way of not answering that the question has.

    Args:
        wave: The wave.
        question: The question.
        states: The states of those who were asked, by number.
    """
    answers = tuple(str(state) for state in wave.question(question).question.missing)
    found = wave.states(question)
    place = np.where(np.isin(found, states), found, -1).astype(np.int64)
    holds = np.array(
        [[STATES[number] == name for name in answers] for number in range(len(STATES))]
    )
    holds = holds.reshape(len(STATES), len(answers))
    return Classes(place, holds, np.ones_like(holds), answers)


def _patterns(wave: Wave, asked: Asked, inside: Truth) -> tuple[Whole, NDArray[np.int8]]:
    """The sets of ticks that occur among those who answered, and each row's set."""
    columns = [wave.column(f"{asked.name}/{code}") for code in asked.codes]
    table = np.column_stack(columns)[inside].astype(np.int8)
    packed = np.ascontiguousarray(table).view([("", np.int8)] * table.shape[1]).ravel()
    _, first, where = np.unique(packed, return_index=True, return_inverse=True)
    place = np.full(len(inside), -1, np.int64)
    place[inside] = where
    return place, table[first]


def _of_answers(
    asked: Asked, answers: Sequence[str], ticks: NDArray[np.int8]
) -> tuple[Truth, Truth]:
    """Which answers each class holds, and which it was asked for; a net has what its parts have."""
    holds, known = [], []
    for answer in answers:
        parts = net_parts(asked.question, answer) & set(asked.codes)
        columns = ticks[:, [asked.codes.index(part) for part in sorted(parts)]]
        holds.append((columns == 1).any(axis=1))
        known.append((columns != -1).all(axis=1) | holds[-1])
    shape = (len(ticks), len(answers))
    return np.array(holds).T.reshape(shape), np.array(known).T.reshape(shape)
