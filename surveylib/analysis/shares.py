"""Shares of single answers under a design: collapse, estimates, and their whole covariance.

Rows fall into classes: the answer or, with several answers, the set of options ticked. A class
holds or does not hold each answer whose share is wanted, so that shares of options, of nets and of
ticked sets are one algebra on the sums of weights by sampling unit, group and class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.stats import replicates, variance
from surveylib.wave.totals import collapse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from surveylib.wave.classes import Classes
    from surveylib.wave.design import Design
    from surveylib.wave.design_units import Stage, Units

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


class Groups(NamedTuple):
    """Rows by group: `place` (N,) is each row's group, -1 outside all of them."""

    place: Whole
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Shares of K answers in D groups.

    Args:
        estimates: (D, K) shares; NaN where a group has nobody in the base of an answer.
        covariance: (D*K, D*K), group by group.
        n: (D, K) respondents in the base of each share.
        counts: (D, K) respondents who gave the answer.
        weight: (D, K) sums of weights of the base.
        square: (D, K) sums of squared weights of the base.
        units: (D,) first-stage units that hold anybody of the group.
        strata: (D,) strata that do.
    """

    estimates: Floats
    covariance: Floats
    n: Whole
    counts: Whole
    weight: Floats
    square: Floats
    units: Whole
    strata: Whole


class Lines(NamedTuple):
    """A collapsed table: for each line its unit, group (-1 outside), class, and sums over rows.

    The unit is the first-stage unit or, where respondents were drawn, the stratum.
    """

    unit: Whole
    group: Whole
    place: Whole
    n: Whole
    weight: Floats
    square: Floats


def lines_of(classes: Classes, groups: Groups, unit: Whole, many: int, weights: Floats) -> Lines:
    """Collapse rows.

    Args:
        classes: What each row holds.
        groups: The group of each row.
        unit: (N,) the unit of each row.
        many: How many units there are.
        weights: (N,) weights.
    """
    d = len(groups.names)
    inside = (classes.place >= 0) & (groups.place >= 0)
    found = collapse(
        {
            "unit": np.asarray(unit, np.int64),
            "group": np.where(inside, groups.place, d),
            "class": np.where(inside, classes.place, 0),
        },
        {"unit": range(many), "group": range(d + 1), "class": range(len(classes.holds))},
        weights,
    )
    keys = found.keys
    group = np.where(keys["group"] == d, -1, keys["group"])
    return Lines(keys["unit"], group, keys["class"], found.n, found.weight, found.square)


def shares(classes: Classes, groups: Groups, units: Units, design: Design) -> Shares:
    """Estimate shares with their covariance; trusts its arguments.

    The share of an answer in a group is a ratio of two sums of weights. Its linearised value for a
    respondent of its base is w (holds - share) / W, and 0 for anybody else (Woodruff 1971,
    Journal of the American Statistical Association 66:411); the design's variance of the sum of
    these values is that of the share. Everybody outside the group stays in the design.

    Args:
        classes: What each row holds.
        groups: The group of each row.
        units: Weights, strata and sampling units of every row of the sample.
        design: What is done with strata of one unit, and how replicates become a variance.

    Raises:
        NotEstimableError: A stratum has one unit, and nothing says what to do about it.
    """
    clustered = len(units.psu_stratum) > 0
    unit = units.psu if clustered else units.stratum
    many = len(units.psu_stratum) if clustered else len(units.strata)
    lines = lines_of(classes, groups, np.asarray(unit, np.int64), many, units.weights)
    sums = _Sums(lines, classes, len(groups.names))
    if units.replicates is not None:
        return _shares(sums, units, _replicated(classes, groups, units, sums, design))
    covariance = _linearised(units, sums, design.lonely)
    if units.second is not None:
        inner = _within(classes, groups, units, units.second, sums)
        first, second = units.fraction[units.psu_stratum], units.second.fraction
        covariance = covariance + variance.second_stage(
            inner, fraction=second, first=first, lonely=design.lonely
        )
    return _shares(sums, units, covariance)


def shares_of_lines(
    lines: Lines, classes: Classes, groups: int, units: Units, design: Design
) -> Shares:
    """Estimate shares from a collapsed table, of one stage and without replicates.

    Args:
        lines: The table; every unit of the sample has a line.
        classes: What each class holds; its rows are not looked at.
        groups: Number of groups.
        units: Strata and sampling units; its respondents are not looked at.
        design: What is done with strata of one unit.
    """
    sums = _Sums(lines, classes, groups)
    return _shares(sums, units, _linearised(units, sums, design.lonely))


def _shares(sums: _Sums, units: Units, covariance: Floats) -> Shares:
    clustered = len(units.psu_stratum) > 0
    stratum = units.psu_stratum[sums.unit] if clustered else sums.unit
    return Shares(
        estimates=sums.estimates,
        covariance=covariance,
        n=sums.base(sums.n).astype(np.int64),
        counts=sums.held(sums.n).astype(np.int64),
        weight=sums.weight_of_base,
        square=sums.base(sums.square),
        units=sums.distinct(sums.unit) if clustered else sums.people(),
        strata=sums.distinct(np.asarray(stratum, np.int64)),
    )


def _linearised(units: Units, sums: _Sums, lonely: str) -> Floats:
    """Covariance by linearisation over first-stage units."""
    if len(units.psu_stratum):
        totals = sums.linearised(len(units.psu_stratum))
        moments = variance.moments(totals, units.psu_stratum, len(units.strata))
    else:
        moments = sums.moments(units.sampled)
    return variance.covariance(moments, fraction=units.fraction, lonely=lonely, names=units.strata)


def _replicated(
    classes: Classes, groups: Groups, units: Units, sums: _Sums, design: Design
) -> Floats:
    """Covariance from the shares that each set of replicate weights gives."""
    d, c = len(groups.names), len(classes.holds)
    inside = (classes.place >= 0) & (groups.place >= 0)
    cell = groups.place[inside] * c + classes.place[inside]
    weights = np.asarray(units.replicates)[inside]
    tables = np.stack([np.bincount(cell, column, d * c).reshape(d, c) for column in weights.T])
    held = tables @ (classes.holds & classes.asked)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (held / (tables @ classes.asked)).reshape(len(tables), -1)
    full = sums.estimates.ravel()
    here = np.isfinite(full)  # a group without anybody has no share, and no replicate of it
    scale, factors = _scaling(design, len(tables))
    covariance = np.zeros((len(full), len(full)))
    covariance[np.ix_(here, here)] = replicates.covariance(
        found[:, here], full[here], scale=scale, factors=factors, centre=design.centre
    )
    return covariance


def _scaling(design: Design, count: int) -> tuple[float, Floats]:
    """Scale and factors: as published with the data, or as the kind of replicates has them."""
    if design.replicate_scale is not None or design.replicate_factors:
        published = np.array(design.replicate_factors or [1.0], np.float64)
        scale = 1.0 if design.replicate_scale is None else design.replicate_scale
        return scale, np.broadcast_to(published, (count,))
    made = replicates.scaling(str(design.replication), count, rho=design.rho)
    return made.scale, made.factors


def _within(
    classes: Classes, groups: Groups, units: Units, stage: Stage, whole: _Sums
) -> variance.Moments:
    """Sums over the second-stage units of each first-stage unit, of the same linearised values."""
    respondents = not len(stage.group)
    many = len(units.psu_stratum) if respondents else len(stage.group)
    unit = units.psu if respondents else stage.unit
    lines = lines_of(classes, groups, np.asarray(unit, np.int64), many, units.weights)
    sums = _Sums(lines, classes, len(groups.names))
    sums.estimates, sums.weight_of_base = whole.estimates, whole.weight_of_base
    if respondents:
        return sums.moments(stage.sampled)
    return variance.moments(sums.linearised(many), stage.group, len(units.psu_stratum))


class _Sums:
    """The lines of a collapsed table that are inside the base, and the shares that they give."""

    def __init__(self, found: Lines, classes: Classes, groups: int) -> None:
        inside = found.group >= 0
        self.unit = found.unit[inside]
        self.group = found.group[inside]
        self.place = found.place[inside]
        self.n = found.n[inside]
        self.weight = found.weight[inside]
        self.square = found.square[inside]
        self.classes = classes
        self.groups = groups
        self.weight_of_base = self.base(self.weight)
        with np.errstate(invalid="ignore", divide="ignore"):
            self.estimates = self.held(self.weight) / self.weight_of_base

    def _by_class(self, values: NDArray[np.generic]) -> Floats:
        """(D, C) sums of a column of lines."""
        table = np.zeros((self.groups, len(self.classes.holds)))
        np.add.at(table, (self.group, self.place), values)
        return table

    def held(self, values: NDArray[np.generic]) -> Floats:
        """(D, K) sums over those who gave each answer."""
        return np.asarray(self._by_class(values) @ (self.classes.holds & self.classes.asked))

    def base(self, values: NDArray[np.generic]) -> Floats:
        """(D, K) sums over those who are in the base of each answer."""
        return np.asarray(self._by_class(values) @ self.classes.asked)

    def _per_unit_of_weight(self) -> Floats:
        """(T, K) what one unit of weight in a line adds to each linearised share of its group."""
        away: Floats = self.classes.holds[self.place] - np.nan_to_num(self.estimates[self.group])
        weight = np.where(self.weight_of_base > 0, self.weight_of_base, np.inf)[self.group]
        return np.where(self.classes.asked[self.place], away / weight, 0.0)

    def linearised(self, units: int) -> Floats:
        """(U, D*K) totals of the linearised shares of each first-stage unit."""
        d, k = self.estimates.shape
        totals = np.zeros((units, d, k))
        values = self._per_unit_of_weight() * self.weight[:, None]
        np.add.at(totals, (self.unit, self.group), values)
        return totals.reshape(units, d * k)

    def people(self) -> Whole:
        """(D,) respondents of each group who are in the base."""
        return np.bincount(self.group, self.n, self.groups).astype(np.int64)

    def moments(self, n: Whole) -> variance.Moments:
        """Sums by stratum where every respondent is a unit: squares are kept by class, not by row.

        Args:
            n: (H,) respondents of each stratum, inside the base or not.
        """
        strata = len(n)
        d, k = self.estimates.shape
        values = self._per_unit_of_weight()
        sums = np.zeros((strata, d, k))
        np.add.at(sums, (self.unit, self.group), values * self.weight[:, None])
        products = np.zeros((strata, d * k, d * k))
        for line in range(len(values)):
            stop = slice(self.group[line] * k, (self.group[line] + 1) * k)
            block = np.outer(values[line], values[line]) * self.square[line]
            products[self.unit[line], stop, stop] += block
        return variance.Moments(n=n, sums=sums.reshape(strata, d * k), products=products)

    def distinct(self, values: Whole) -> Whole:
        """(D,) different values among the lines of each group."""
        there = np.zeros((self.groups, int(values.max(initial=0)) + 1), bool)
        there[self.group, values] = True
        return np.asarray(there.sum(axis=1), np.int64)
