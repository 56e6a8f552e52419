"""The same people in two waves: who changed their answer, in both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.errors import NotEstimableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.series.sampled import People, Sampled

    Truth = NDArray[np.bool_]
    Whole = NDArray[np.int64]


class Pairs(NamedTuple):
    """People who answered in both waves, for each of K answers (K,): by what they gave when.

    Args:
        both: In both waves.
        earlier_only: In the earlier wave only.
        later_only: In the later wave only.
        neither: In neither.
        left_out: People who answered in one of the waves only.
    """

    both: Whole
    earlier_only: Whole
    later_only: Whole
    neither: Whole
    left_out: int


def _inside(people: People, domain: str) -> dict[object, int]:
    """The row of each of the people who are in the base and the group."""
    names = people.sample.names
    group = names.index(domain) if domain in names else -2
    inside = (people.classes.place >= 0) & (people.sample.groups.place == group)
    return {people.ids[row]: row for row in np.flatnonzero(inside).tolist()}


class _Matched(NamedTuple):
    """Rows of the same people in two waves, and how many people are in one only."""

    earlier: Whole
    later: Whole
    left_out: int


def paired_counts(earlier: Sampled, later: Sampled, domain: str) -> Pairs:
    """Count who gave each answer in which of two waves, among people in the base of both.

    Args:
        earlier: The earlier wave.
        later: The later wave, with the same answers.
        domain: The group: people who were in it in both waves.

    Raises:
        NotEstimableError: Nobody answered in both.
    """
    one, other = _people(earlier), _people(later)
    rows = _matched(one, other, domain)
    codes = list(earlier.shares.about.answers)
    columns = [list(later.shares.about.answers).index(code) for code in codes]
    first, second = one.classes.place[rows.earlier], other.classes.place[rows.later]
    holds = one.classes.holds[first] > 0, other.classes.holds[second][:, columns] > 0
    asked = (one.classes.asked[first] > 0) & (other.classes.asked[second][:, columns] > 0)

    def count(gave: NDArray[np.bool_]) -> Whole:
        return np.asarray((gave & asked).sum(axis=0), np.int64)

    before, after = holds
    return Pairs(
        count(before & after),
        count(before & ~after),
        count(~before & after),
        count(~before & ~after),
        rows.left_out,
    )


def crossed_counts(earlier: Sampled, later: Sampled, domain: str) -> tuple[Whole, int]:
    """Count who went from which answer to which, (K, K), earlier by later.

    Args:
        earlier: The earlier wave: a question with one answer each.
        later: The later wave, with the same answers.
        domain: The group: people who were in it in both waves.

    Returns:
        The table, and how many answered in one of the waves only.

    Raises:
        NotEstimableError: Nobody answered in both, or somebody gave several answers.
    """
    one, other = _people(earlier), _people(later)
    rows = _matched(one, other, domain)
    codes = list(earlier.shares.about.answers)
    columns = [list(later.shares.about.answers).index(code) for code in codes]
    before = one.classes.holds[one.classes.place[rows.earlier]] > 0
    after = other.classes.holds[other.classes.place[rows.later]][:, columns] > 0
    if (before.sum(axis=1) > 1).any() or (after.sum(axis=1) > 1).any():
        message = "somebody gave several answers: who went from which to which is not defined"
        raise NotEstimableError(message)
    table = before.astype(np.int64).T @ after.astype(np.int64)
    return np.asarray(table, np.int64), rows.left_out


def answers_of_all(waves: Sequence[Sampled], domain: str, answer: str) -> tuple[Truth, int]:
    """Whether each of the people who are in the base of every wave gave an answer, (P, W).

    Args:
        waves: The waves.
        domain: The group: people who were in it in every wave.
        answer: The answer.

    Returns:
        The answers, and how many people answered in some of the waves only.

    Raises:
        NotEstimableError: Nobody answered in all.
    """
    gave: list[dict[object, bool]] = []
    for wave in waves:
        people = _people(wave)
        rows, classes = _inside(people, domain), people.classes
        held = classes.place[list(rows.values())]
        column = list(wave.shares.about.answers).index(answer)
        asked, holds = classes.asked[held, column] > 0, classes.holds[held, column] > 0
        every = zip(rows, asked.tolist(), holds.tolist(), strict=True)
        gave.append({one: yes for one, there, yes in every if there})
    known = [one for one in gave[0] if all(one in wave for wave in gave)]
    if not known:
        group_told = f" of {domain}" if domain else ""
        raise NotEstimableError(f"nobody{group_told} answered in all {len(waves)} waves")
    found = np.array([[wave[one] for wave in gave] for one in known], bool)
    return found, len(set().union(*gave)) - len(known)


def _people(wave: Sampled) -> People:
    if wave.people is None:
        message = f"wave {wave.wave} names no respondents: give ids=, the column that does"
        raise NotEstimableError(message)
    return wave.people


def _matched(earlier: People, later: People, domain: str) -> _Matched:
    """The rows of people who are in the base and the group in both waves."""
    first, second = _inside(earlier, domain), _inside(later, domain)
    known = [one for one in first if one in second]
    if not known:
        group_told = f" of {domain}" if domain else ""
        raise NotEstimableError(f"nobody{group_told} answered in both waves")
    return _Matched(
        np.array([first[one] for one in known], np.int64),
        np.array([second[one] for one in known], np.int64),
        len(first) + len(second) - 2 * len(known),
    )
