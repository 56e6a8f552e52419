"""Means, totals and ratios of numbers: sums by sampling unit and group → estimates, linearised.

A mean is the ratio of a number's total to the number of people, so that there is one algebra: the
top y and the bottom x of a ratio, and a total has no bottom.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from surveylib.analysis.shares import moments_of_people

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.shares import Groups, Lines
    from surveylib.stats import variance

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


class NumberLines(NamedTuple):
    """A collapsed table of pairs of numbers v = (y, x): for each line its unit, group, and sums.

    `n` (T,) rows with both numbers and a weight above 0; `weight` (T,) sums of w; `first` (T, 2) of
    w v; `second` (T, 2, 2) of w v v'; `square` (T, 2, 2) of w² v v'; `repeated` (T, R, 2) of v by
    each replicate weight. Rows outside all groups or without a number have no line.
    """

    unit: Whole
    group: Whole
    n: Whole
    weight: Floats
    first: Floats
    second: Floats
    square: Floats
    repeated: Floats


def number_lines(
    top: Floats, bottom: Floats | None, groups: Groups, unit: Whole, weights: Floats
) -> NumberLines:
    """Collapse rows.

    Args:
        top: (N,) y; not finite where there is no number.
        bottom: (N,) x; None for 1.
        groups: The group of each row.
        unit: (N,) the unit of each row.
        weights: (N,) weights.
    """
    inside = np.isfinite(top) & (groups.place >= 0)
    if bottom is not None:
        inside &= np.isfinite(bottom)
    y = top[inside]
    pair = np.stack([y, np.ones_like(y) if bottom is None else bottom[inside]])
    w = weights[inside]
    d = len(groups.names)
    cells, where = np.unique(unit[inside] * d + groups.place[inside], return_inverse=True)

    def summed(values: Floats) -> Floats:
        return np.asarray(np.bincount(where, values, len(cells)), np.float64)

    def products(weight: Floats) -> Floats:
        table = [[summed(weight * one * other) for one in pair] for other in pair]
        return np.array(table).reshape(2, 2, -1).transpose(2, 0, 1)

    first = np.array([summed(w * one) for one in pair]).reshape(2, -1).T
    n = np.bincount(where, w > 0, len(cells)).astype(np.int64)
    weight = summed(w)
    none = np.zeros((len(cells), 0, 2))
    return NumberLines(cells // d, cells % d, n, weight, first, products(w), products(w * w), none)


def scored_lines(lines: Lines, scores: Floats) -> NumberLines:
    """Lines of answers as lines of numbers: the score of each answer, and 1.

    Args:
        lines: Sums by unit, group and answer.
        scores: The score of each answer.
    """
    score = scores[lines.place]
    pair = np.stack([score, np.ones_like(score)], axis=1)
    products = pair[:, :, None] * pair[:, None, :]
    return NumberLines(
        lines.unit,
        lines.group,
        lines.n,
        lines.weight,
        pair * lines.weight[:, None],
        products * lines.weight[:, None, None],
        products * lines.square[:, None, None],
        lines.repeated[:, :, None] * pair[:, None, :],
    )


class NumberSums:
    """The means, totals or ratios that a collapsed table gives: one in each of D groups.

    Linearised, a ratio R = Σ w y / Σ w x has w (y - R x) / Σ w x for each respondent (Woodruff
    1971), and a total w y. Of a mean or total x is 1, so that what was taken off y comes back by x.

    Args:
        lines: The table.
        groups: D.
        total: Whether the total of y is wanted; else its ratio to that of x.
        shift: What was taken off y, so that squares of large numbers keep their digits.
        unit: What weights were divided by.
    """

    def __init__(
        self,
        lines: NumberLines,
        groups: int,
        *,
        total: bool = False,
        shift: float = 0.0,
        unit: float = 1.0,
    ) -> None:
        self.lines, self.groups = lines, groups
        self.total, self.shift, self.unit = total, shift, unit
        top, bottom = self._sums(lines.first)
        if total:
            self._coefficients = np.full((groups, 2), [unit, unit * shift])
        else:
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = np.where(bottom != 0, top / bottom, np.nan)
                made = np.stack([1 / bottom, -ratio / bottom], axis=1)
            self._coefficients = np.where(np.isfinite(made), made, 0.0)
        self.estimates: Floats = self._estimated(top, bottom)[:, None]

    def _sums(self, first: Floats) -> tuple[Floats, Floats]:
        """(D,) sums of y and of x, by some weight."""
        top, bottom = (
            np.asarray(np.bincount(self.lines.group, column, self.groups), np.float64)
            for column in first.T
        )
        return top, bottom

    def _estimated(self, top: Floats, bottom: Floats) -> Floats:
        if self.total:  # that of nobody is 0
            return np.asarray(self.unit * (top + self.shift * bottom))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(bottom != 0, top / bottom, np.nan) + self.shift)

    def replicated(self) -> Floats:
        """(R, D) the estimates by each replicate weight that lines have sums of."""
        each = self.lines.repeated.transpose(1, 0, 2)
        found = np.empty((len(each), self.groups))
        for place, first in enumerate(each):
            found[place] = self._estimated(*self._sums(first))
        return found

    @property
    def n(self) -> Whole:
        """(D, 1) respondents with a number."""
        return np.bincount(self.lines.group, self.lines.n, self.groups).astype(np.int64)[:, None]

    @property
    def counts(self) -> Whole:
        """(D, 1) respondents with a number."""
        return self.n

    @property
    def of_weights(self) -> tuple[Floats, Floats]:
        """(D,) sums of weights and of their squares, where x is 1."""
        lines, d = self.lines, self.groups
        weight, square = (
            np.asarray(np.bincount(lines.group, column, d), np.float64)
            for column in (lines.weight, lines.square[:, 1, 1])
        )
        return weight, square

    def simple(self, people: float, n: int) -> Floats:
        """(D, 1) variances that simple samples would have, with replacement.

        That of a mean or ratio is W² s² / n, with s² the weighted variance of the linearised values
        in its group; a group's total is one of all respondents, with 0 outside the group.

        Args:
            people: Sum of weights of all respondents.
            n: All respondents.
        """
        d, lines = self.groups, self.lines
        if self.total:
            sums = self._cells(lines.group, d, lines.second)
            first = np.stack([np.bincount(lines.group, one, d) for one in lines.first.T], axis=1)
            around = people * sums - first[:, :, None] * first[:, None, :]
            of = self._coefficients
            products = np.einsum("dj,djk,dk->d", of, around, of)
            return np.asarray(products[:, None] / max(n - 1, 1), np.float64)
        values = np.bincount(lines.group, self._products(lines.second), d)
        weight = np.bincount(lines.group, lines.weight, d)
        return np.asarray(weight * values / np.maximum(self.n[:, 0] - 1, 1))[:, None]

    def only(self, groups: Sequence[int]) -> Self:
        """The estimates of some groups."""
        if len(groups) == self.groups:
            return self
        rank = np.full(self.groups, -1)
        rank[list(groups)] = range(len(groups))
        here = rank[self.lines.group] >= 0
        lines = NumberLines._make(column[here] for column in self.lines)
        lines = lines._replace(group=rank[lines.group])
        return type(self)(lines, len(groups), total=self.total, shift=self.shift, unit=self.unit)

    def _products(self, sums: Floats) -> Floats:
        """(T,) sums of squared linearised values, by a weight, from those of products of v."""
        of = self._coefficients[self.lines.group]
        return np.asarray(np.einsum("tj,tjk,tk->t", of, sums, of))

    @staticmethod
    def _cells(cells: Whole, many: int, values: Floats) -> Floats:
        """(C, 2, 2) sums of matrices (T, 2, 2) over cells."""
        table = [[np.bincount(cells, values[:, j, k], many) for k in (0, 1)] for j in (0, 1)]
        return np.array(table, np.float64).transpose(2, 0, 1)

    def linearised(self, units: int) -> Floats:
        """(U, D) totals of the linearised values of each first-stage unit."""
        return self._totals(self.lines.first * self._coefficients[self.lines.group], units)

    def sizes(self, units: int) -> Floats:
        """(U, D) the same without signs: what rounding is a part of."""
        return self._totals(np.abs(self.lines.first * self._coefficients[self.lines.group]), units)

    def _totals(self, values: Floats, units: int) -> Floats:
        cells = self.lines.unit * self.groups + self.lines.group
        totals = np.bincount(cells, values.sum(axis=1), units * self.groups)
        return np.asarray(totals, np.float64).reshape(units, self.groups)

    def moments(self, n: Whole) -> variance.Moments:
        """Sums by stratum where every respondent is a unit.

        Args:
            n: (H,) respondents of each stratum, with a number or not.
        """
        lines, shape = self.lines, (len(n), self.groups)
        outer = self._products(lines.square)[:, None, None]
        found = moments_of_people(self.linearised(len(n)), outer, lines.unit, lines.group, n)
        cells = lines.unit * self.groups + lines.group
        raw = self._cells(cells, shape[0] * shape[1], lines.square)
        of = np.tile(self._coefficients, (len(n), 1))
        root = np.sqrt(np.maximum(raw[:, [0, 1], [0, 1]], 0)) * np.abs(of)
        size = root.sum(axis=1) ** 2
        if not (self.total and self.shift):
            return replace(found, size=size.reshape(shape))
        # Around the mean before what was taken off comes back: equal weights then leave exactly 0.
        first = np.stack([np.bincount(cells, one, len(of)) for one in lines.first.T], axis=1)
        each = np.maximum(np.repeat(n, self.groups), 1)[:, None, None]
        around = raw - first[:, :, None] * first[:, None, :] / each
        squares = np.einsum("cj,cjk,ck->c", of, around, of)
        size = np.where(around[:, 1, 1] == 0, size - root[:, 1] ** 2, size)
        return replace(found, around=squares.reshape(shape), size=size.reshape(shape))
