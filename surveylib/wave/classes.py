"""Rows by what they hold of a question: the classes that the collapse sums over.

With one answer a class is the answer; with several it is the set that was ticked, so that the
covariance of any two options is in the sums too. Nets are answers that several classes hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.errors import NotEstimableError
from surveylib.instrument.formats.variables import net_parts
from surveylib.wave.states import ANSWERED, STATES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from surveylib.wave.fields import Asked
    from surveylib.wave.responses import Wave

    Whole = NDArray[np.int64]
    Truth = NDArray[np.bool_]
    Adds = NDArray[Any]


class Classes(NamedTuple):
    """Rows by class.

    `place` (N,) is each row's class, -1 outside the base; `holds` (C, K) is what a class adds to
    each of the K `answers`, and `asked` (C, K) what it adds to their bases: an option that a row's
    version did not offer says nothing of it. Where respondents are counted these are 0 and 1.
    """

    place: Whole
    holds: Adds
    asked: Adds
    answers: tuple[str, ...]

    def only(self, answer: str) -> Classes:
        """The same rows with one of the answers; with all where it is empty."""
        if not answer:
            return self
        keep = [place for place, name in enumerate(self.answers) if name == answer]
        answers = tuple(self.answers[place] for place in keep)
        return Classes(self.place, self.holds[:, keep], self.asked[:, keep], answers)


def plain(place: Whole, answers: tuple[str, ...]) -> Classes:
    """Classes that are the answers.

    Args:
        place: (N,) each row's answer; -1 outside the base.
        answers: Their names.
    """
    one = np.eye(len(answers))
    return Classes(place, one, np.ones_like(one), answers)


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


def joint_classes(wave: Wave, question: str, states: Sequence[int], base: str) -> Classes:
    """Classes of everybody in some states: each option and each way of not answering has a share.

    Args:
        wave: The wave.
        question: The question.
        states: The states of the base, by number; `answered` is one of them.
        base: With `answered`, options are shares of those who answered; else of the whole base.
    """
    options, found = answer_classes(wave, question), wave.states(question)
    names = {str(state) for state in wave.question(question).question.missing}
    return with_states(options, found, names, states, base)


def with_states(
    options: Classes,
    found: NDArray[np.integer[Any]],
    names: Collection[str],
    states: Sequence[int],
    base: str,
) -> Classes:
    """Classes of those who answered, and beside them one for each way of not answering.

    Args:
        options: Classes of those who answered.
        found: (N,) the state of each row.
        names: The states that the question offers: they have a row also where nobody is in them.
        states: The states of the base, by number; `answered` is one of them.
        base: With `answered`, options are shares of those who answered; else of the whole base.
    """
    names = set(names)
    if base != "answered":  # the shares of a base add up to 1
        names |= {STATES[state] for state in np.unique(found).tolist()}
    kept = tuple(
        name for number, name in enumerate(STATES) if name in names and number in states[1:]
    )
    (many, k), told = options.holds.shape, len(kept)
    place = np.where(np.isin(found, states), many + found.astype(np.int64), -1)
    place = np.where(options.place >= 0, options.place, place)
    holds, asked = np.zeros((2, many + len(STATES), k + told))
    holds[:many, :k], asked[:many, :k] = options.holds, options.asked
    holds[many:, k:] = [[name == one for one in kept] for name in STATES]
    asked[:, k:] = 1
    asked[many:, :k] = base != "answered"
    return Classes(place, holds, asked, (*options.answers, *kept))


def mention_classes(wave: Wave, question: str) -> Classes:
    """Classes of those who answered, each counting as often as they ticked an option.

    Args:
        wave: The wave.
        question: A question with several answers.

    Raises:
        NotEstimableError: It has one answer.
    """
    asked = wave.question(question)
    if asked.question.exclusive:
        message = f"'{question}' has one answer each: mentions are respondents, base='answered'"
        raise NotEstimableError(message)
    inside = wave.states(question) == ANSWERED
    place, ticks = _patterns(wave, asked, inside)
    answers = tuple(option.code for option in asked.question.answers)
    parts = [sorted(net_parts(asked.question, one) & set(asked.codes)) for one in answers]
    mentions = [(ticks[:, [asked.codes.index(p) for p in part]] == 1).sum(axis=1) for part in parts]
    every = (ticks == 1).sum(axis=1, keepdims=True)
    holds = np.array(mentions, np.float64).reshape(len(answers), len(ticks)).T
    return Classes(place, holds, np.broadcast_to(every, holds.shape).astype(np.float64), answers)


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
