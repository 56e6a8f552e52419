"""A question over waves: every share with its row, and the covariance of all of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.analysis.rows import share_rows
from surveylib.analysis.samples import is_simple
from surveylib.analysis.series.overlap import correlations

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.results import Estimate
    from surveylib.analysis.series.sampled import Sampled

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


class Together(NamedTuple):
    """Waves as one design: (P*K, P*K) correlations of their shares, and degrees of freedom."""

    correlation: Floats
    df: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """K answers of one question in one group, over W waves.

    Args:
        question: The question.
        domain: The group; empty for all respondents.
        answers: K codes.
        waves: W names, in time order.
        points: (W, K) rows of a result; None where nobody is in the base.
        variances: (W, K) of each share by its own wave's design; NaN where unknown.
        shared: Whether samples share people or units, as declared.
        within: For each wave the (K, K) covariance of its shares; None where it was not kept.
        counts: (W, K) respondents who gave the answer.
        sampled: The waves.
        group: The place of the group in each wave; -1 in waves without anybody.
        simple: Whether every wave is a simple sample.
        asked: What was asked.
        known: What was found of waves together, so that it is found once.
        columns: Likewise numbers of the points.
    """

    question: str
    domain: str
    answers: tuple[str, ...]
    waves: tuple[str, ...]
    points: tuple[tuple[Estimate | None, ...], ...]
    variances: Floats
    shared: bool
    within: tuple[Floats | None, ...]
    counts: Floats
    sampled: tuple[Sampled, ...]
    group: tuple[int, ...]
    simple: bool
    asked: Asked
    known: dict[tuple[int, ...], Together] = field(default_factory=dict)
    columns: dict[str, Floats] = field(default_factory=dict)

    def numbers(self, name: str) -> Floats:
        """(W, K) a number of each point, NaN where there is none; df of simple samples is infinite.

        Args:
            name: A field of an estimate.
        """

        def one(point: Estimate | None) -> float:
            value = None if point is None else getattr(point, name)
            return math.nan if value is None else float(value)

        if name not in self.columns:
            found = [[one(point) for point in row] for row in self.points]
            self.columns[name] = np.array(found, np.float64)
        return self.columns[name]

    def together(self, places: tuple[int, ...]) -> Together | None:
        """How some waves move together, as one design; None where their samples share nothing.

        Args:
            places: Their places, in time order. A wave without anybody of the group shares nothing.
        """
        if not self.shared or min(self.group[place] for place in places) < 0:
            return None
        if places not in self.known:
            self.known[places] = _together(self, places)
        return self.known[places]

    def between(self, earlier: int, later: int) -> Floats:
        """(K,) the correlation of each share with that of another wave.

        Args:
            earlier: Place of a wave.
            later: Place of the other.
        """
        found, k = self.together((earlier, later)), len(self.answers)
        if found is None:
            return np.zeros(k)
        here = np.arange(k)
        return np.asarray(found.correlation[here, k + here])

    def covariance(self, answers: Sequence[int], places: Sequence[int]) -> Floats:
        """(P*A, P*A) covariance of some answers' shares in some waves, wave by wave.

        Args:
            answers: Places of the answers.
            places: Places of the waves, in time order.
        """
        a, k = len(answers), len(self.answers)
        error = np.sqrt(self.variances[np.ix_(list(places), list(answers))].ravel())
        found = np.diag(error**2)
        moving = self.together(tuple(places)) if len(places) > 1 else None
        if moving is not None:
            chosen = [order * k + answer for order in range(len(places)) for answer in answers]
            found = moving.correlation[np.ix_(chosen, chosen)] * np.outer(error, error)
        # What one answer has with itself is its variance, which is there already.
        for order, place in enumerate(places if a > 1 else ()):
            own = self.within[place]
            if own is not None:
                here = slice(order * a, (order + 1) * a)
                found[here, here] = own[np.ix_(answers, answers)]
        return found

    def df(self, places: Sequence[int], answer: int) -> float:
        """Degrees of freedom of some waves together; infinite for simple samples.

        Args:
            places: Their places, in time order.
            answer: The answer.
        """
        if self.simple:
            return math.inf
        moving = self.together(tuple(places))
        if moving is not None:
            return moving.df
        return float(self.numbers("df")[list(places), answer].sum())


def tables(waves: Sequence[Sampled], asked: Asked, samples: str) -> Iterator[Table]:
    """A table for each group that any of the waves has.

    Args:
        waves: One question in each wave, in time order.
        asked: What was asked.
        samples: The relation between the samples.
    """
    answers = _answers(waves)
    rows = [_rows(wave, asked) for wave in waves]
    counts = [wave.shares.sums.counts for wave in waves]
    names = list(dict.fromkeys(name for wave in waves for name in wave.sample.names))
    for name in names:
        group = [
            wave.sample.names.index(name) if name in wave.sample.names else -1 for wave in waves
        ]
        points = tuple(tuple(found.get((name, code)) for code in answers) for found in rows)
        if any(point is not None for row in points for point in row):
            yield _table(waves, name, answers, points, (group, samples, counts, asked))


def _answers(waves: Sequence[Sampled]) -> tuple[str, ...]:
    every = [tuple(wave.shares.about.answers) for wave in waves]
    return tuple(dict.fromkeys(code for codes in every for code in codes))


def _rows(wave: Sampled, asked: Asked) -> dict[tuple[str, str], Estimate]:
    sums, spread, held, about = wave.shares
    found = share_rows((sums, spread, held), wave.sample, about, asked)
    return {(row.domain, row.answer): row for row in found.rows}


def _table(
    waves: Sequence[Sampled],
    domain: str,
    answers: tuple[str, ...],
    points: tuple[tuple[Estimate | None, ...], ...],
    known: tuple[Sequence[int], str, Sequence[Whole], Asked],
) -> Table:
    group, samples, counted, asked = known
    k, many = len(answers), len(waves)
    counts, variances = np.full((2, many, k), math.nan)
    within: list[Floats | None] = [None] * many
    for place, (wave, here) in enumerate(zip(waves, group, strict=True)):
        if here >= 0:
            own = list(wave.shares.about.answers)
            columns = [answers.index(code) for code in own]
            counts[place, columns] = counted[place][here]
            start = here * len(own)
            variances[place, columns] = wave.shares.spread.variances[start : start + len(own)]
            within[place] = _within(wave, start, columns, k)
    return Table(
        question=str(waves[0].shares.about.told["question"]),
        domain=domain,
        answers=answers,
        waves=tuple(wave.wave for wave in waves),
        points=points,
        variances=variances,
        shared=samples in {"shared-psu", "rotating", "panel"},
        within=tuple(within),
        counts=counts,
        sampled=tuple(waves),
        group=tuple(group),
        simple=all(is_simple(wave.sample.units) for wave in waves),
        asked=asked,
    )


def _within(wave: Sampled, start: int, columns: Sequence[int], k: int) -> Floats | None:
    """(K, K) covariance of one group's shares in one wave."""
    kept, own = wave.shares.spread.covariance, len(columns)
    if kept is None:
        return None
    block = np.full((k, k), math.nan)
    block[np.ix_(columns, columns)] = kept[start : start + own, start : start + own]
    return block


def _together(table: Table, places: tuple[int, ...]) -> Together:
    """Correlations in the order of all answers; 0 for an answer that a wave does not have."""
    waves = [table.sampled[place] for place in places]
    found, df = correlations(waves, [table.group[place] for place in places])
    k = len(table.answers)
    own = [
        order * k + table.answers.index(code)
        for order, wave in enumerate(waves)
        for code in wave.shares.about.answers
    ]
    whole = np.eye(len(waves) * k)
    whole[np.ix_(own, own)] = found
    return Together(whole, df)
