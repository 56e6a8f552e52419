"""Shares of answers: sums of weights by sampling unit, group and class → estimates, linearised.

Rows fall into classes: the answer or, with several answers, the set of options ticked. A class
adds or does not add to each answer whose share is wanted, so that shares of options, of nets, of
ticked sets and of mentions are one algebra.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from surveylib.stats import variance
from surveylib.stats.answer_moments import AnswerMoments
from surveylib.wave.totals import collapse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.wave.classes import Classes

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


#: Answers up to which each pair has a sum of products of its own.
_MANY = 64


class Groups(NamedTuple):
    """Rows by group: `place` (N,) is each row's group, -1 outside all of them."""

    place: Whole
    names: tuple[str, ...]


class Lines(NamedTuple):
    """A collapsed table: for each line its unit, group, class, and sums over rows.

    The unit is the first-stage unit or, where respondents were drawn, the stratum. Rows outside all
    groups or outside the base have no line. Of replicate weights, R sums stand side by side.
    """

    unit: Whole
    group: Whole
    place: Whole
    n: Whole
    weight: Floats
    square: Floats
    repeated: Floats


def lines_of(classes: Classes, groups: Groups, unit: Whole, many: int, weights: Floats) -> Lines:
    """Collapse rows.

    Args:
        classes: What each row holds.
        groups: The group of each row.
        unit: (N,) the unit of each row.
        many: How many units there are.
        weights: (N,) weights.
    """
    inside = (classes.place >= 0) & (groups.place >= 0)
    found = collapse(
        {"unit": unit[inside], "group": groups.place[inside], "class": classes.place[inside]},
        {
            "unit": range(many),
            "group": range(len(groups.names)),
            "class": range(len(classes.holds)),
        },
        weights[inside],
    )
    keys, sums = found.keys, found.sums
    return Lines(
        keys["unit"],
        keys["group"],
        keys["class"],
        sums["n"],
        sums["weight"],
        sums["square"],
        np.zeros((len(found), 0)),
    )


class ShareSums:
    """The shares that a collapsed table gives: (D, K) of K answers in D groups.

    The share of an answer in a group is a ratio of two sums of weights. Its linearised value for a
    respondent of its base is w (holds - share) / W, and 0 for anybody else (Woodruff 1971,
    Journal of the American Statistical Association 66:411); the design's variance of the sum of
    these values is that of the share. Everybody outside the group stays in the design.

    Args:
        lines: The table.
        classes: What each class adds to answers and to their bases.
        groups: D.
    """

    def __init__(self, lines: Lines, classes: Classes, groups: int) -> None:
        self.lines = lines
        self.classes = classes
        self.groups = groups
        self.base = self.sum_over(lines.weight, classes.asked)
        with np.errstate(invalid="ignore", divide="ignore"):
            self.estimates: Floats = self.sum_over(lines.weight, classes.holds) / self.base

    def sum_over(self, values: NDArray[Any], adds: NDArray[Any]) -> Floats:
        """(D, K) sums of a column of lines, times what their classes add to each answer."""
        cells = self.lines.group * len(self.classes.holds) + self.lines.place
        table = np.bincount(cells, values, self.groups * len(self.classes.holds))
        return np.asarray(table.reshape(self.groups, -1) @ adds)

    @property
    def n(self) -> Whole:
        """(D, K) respondents in the base of each share."""
        return self.sum_over(self.lines.n, self.classes.asked > 0).astype(np.int64)

    @property
    def counts(self) -> Whole:
        """(D, K) respondents who gave the answer."""
        return self.sum_over(self.lines.n, self.classes.holds > 0).astype(np.int64)

    def simple(self) -> Floats:
        """(D, K) variances that simple samples of n respondents would have, with replacement."""
        counts = np.maximum(self.n - 1, 1)
        return np.asarray(self.estimates * (1 - self.estimates) / counts)

    def replicated(self) -> Floats:
        """(R, D*K) the shares by each replicate weight that lines have sums of."""
        holds, asked = self.classes.holds, self.classes.asked
        found = np.empty((self.lines.repeated.shape[1], self.estimates.size))
        with np.errstate(invalid="ignore", divide="ignore"):
            for place, weight in enumerate(self.lines.repeated.T):
                share = self.sum_over(weight, holds) / self.sum_over(weight, asked)
                found[place] = share.ravel()
        return found

    def only(self, groups: Sequence[int]) -> Self:
        """The shares of some groups."""
        if len(groups) == self.groups:
            return self
        rank = np.full(self.groups, -1)
        rank[list(groups)] = range(len(groups))
        here = rank[self.lines.group] >= 0
        lines = Lines._make(column[here] for column in self.lines)
        lines = lines._replace(group=rank[lines.group])
        return type(self)(lines, self.classes, len(groups))

    def _per_unit_of_weight(self) -> Floats:
        """(T, K) what one unit of weight in a line adds to each linearised share of its group."""
        return self._of_classes()[self.lines.group, self.lines.place]

    def _of_classes(self) -> Floats:
        """(D, C, K) what one unit of weight in a class adds to each linearised share."""
        base = np.where(self.base > 0, self.base, np.inf)[:, None, :]
        shares = np.nan_to_num(self.estimates)[:, None, :]
        return np.asarray((self.classes.holds - shares * self.classes.asked) / base)

    def _by_class(self, values: Floats, units: int) -> Floats:
        """(U, D, C) sums of a column of lines."""
        shape = (units, self.groups, len(self.classes.holds))
        cells = (self.lines.unit * shape[1] + self.lines.group) * shape[2] + self.lines.place
        sums = np.bincount(cells, values, int(np.prod(shape)))
        return np.asarray(sums.reshape(shape), np.float64)

    def linearised(self, units: int) -> Floats:
        """(U, D*K) totals of the linearised shares of each first-stage unit."""
        k = self.estimates.shape[1]
        if k > _MANY or len(self.classes.holds) <= k:  # as where a class is an answer
            weights = self._by_class(self.lines.weight, units).transpose(1, 0, 2)
            totals = weights @ self._of_classes()
            return np.asarray(totals.transpose(1, 0, 2).reshape(units, self.groups * k))
        cells = self.lines.unit * self.groups + self.lines.group
        values = self._per_unit_of_weight() * self.lines.weight[:, None]
        totals = np.empty((units * self.groups, k))
        for answer in range(k):
            totals[:, answer] = np.bincount(cells, values[:, answer], units * self.groups)
        return totals.reshape(units, self.groups * k)

    @staticmethod
    def sizes(_units: int) -> None:
        """Weights have one sign: rounding is a part of what they add up to."""

    def moments(self, n: Whole) -> variance.Moments | AnswerMoments:
        """Sums by stratum where every respondent is a unit: squares are kept by class, not by row.

        Args:
            n: (H,) respondents of each stratum, inside the base or not.
        """
        if self.estimates.shape[1] > _MANY:
            return AnswerMoments(
                n=n,
                sums=self.linearised(len(n)),
                squares=self._by_class(self.lines.square, len(n)),
                values=self._of_classes(),
            )
        values = self._per_unit_of_weight()
        outer = values[:, :, None] * values[:, None, :] * self.lines.square[:, None, None]
        unit, group = self.lines.unit, self.lines.group
        return moments_of_people(self.linearised(len(n)), outer, unit, group, n)


def moments_of_people(
    sums: Floats, outer: Floats, unit: Whole, group: Whole, n: Whole
) -> variance.Moments:
    """Sums by stratum where every respondent is a unit.

    Args:
        sums: (H, D*K) sums of linearised values.
        outer: (T, K, K) sums of their products over the rows of each line.
        unit: (T,) the stratum of each line.
        group: (T,) the group of each line.
        n: (H,) respondents of each stratum.
    """
    strata, (_, k, _) = len(n), outer.shape
    d = sums.shape[1] // k
    cells = unit * d + group
    blocks = np.zeros((strata * d, k * k))
    for column, values in enumerate(outer.reshape(-1, k * k).T):
        blocks[:, column] = np.bincount(cells, values, strata * d)
    products = np.zeros((strata, d, k, d, k))
    here = np.arange(d)
    products[:, here, :, here, :] = blocks.reshape(strata, d, k, k).transpose(1, 0, 2, 3)
    return variance.Moments(n=n, sums=sums, products=products.reshape(strata, d * k, d * k))
