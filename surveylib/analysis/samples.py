"""Samples under a design: single rows, or the sums of a frame; both give estimates and spreads."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.analysis.linear import drawn, spread_of_lines, spread_of_rows
from surveylib.analysis.means import NumberSums, number_lines
from surveylib.analysis.shares import ShareSums, lines_of
from surveylib.errors import NotEstimableError
from surveylib.stats import replicates, variance
from surveylib.wave.classes import plain
from surveylib.wave.framed import shift_of
from surveylib.wave.totals import unit_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from surveylib.analysis.linear import Spread
    from surveylib.analysis.means import NumberLines
    from surveylib.analysis.shares import Groups, Lines
    from surveylib.wave.classes import Classes
    from surveylib.wave.design import Design
    from surveylib.wave.design_units import Units

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


class Held(NamedTuple):
    """First-stage units, and strata, that hold anybody of each of D groups (D,)."""

    units: Whole
    strata: Whole


class Cells(NamedTuple):
    """The cells of two questions crossed, row by row: shares (K,) of all and their covariance."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    shares: Floats
    covariance: Floats
    n: int
    df: float


class Values(NamedTuple):
    """Numbers of a sample: for each line its unit, group and number, and sums over its rows."""

    unit: Whole
    group: Whole
    value: Floats
    n: Whole
    weight: Floats
    square: Floats
    repeated: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSample:
    """A sample of which every row is at hand.

    Args:
        units: Weights, strata and sampling units of every row.
        design: What is done with strata of one unit, and how replicates become a variance.
        groups: The group of each row.
        unit: What weights were divided by: 1, the weight that all have, or what keeps squares of
            weights numbers.
    """

    units: Units
    design: Design
    groups: Groups
    unit: float = field(default=1.0, init=False)
    _known: dict[str, int] = field(default_factory=dict, init=False)

    @property
    def independent(self) -> int:
        """How many replicate weights do not follow from the others."""
        if "independent" not in self._known and self.units.replicates is not None:
            self._known["independent"] = replicates.independent(self.units.replicates)
        return self._known.get("independent", 0)

    def __post_init__(self) -> None:
        units = self.units
        weights, repeated = units.weights, units.replicates
        unit = float(weights[0]) if units.equal else unit_of(float(weights.max()))
        if unit == 1:
            return
        scaled = replace(
            units,
            weights=weights / unit,
            replicates=None if repeated is None else repeated / unit,
        )
        object.__setattr__(self, "unit", unit)
        object.__setattr__(self, "units", scaled)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of groups."""
        return self.groups.names

    def shares(self, classes: Classes) -> tuple[ShareSums, Spread, Held]:
        """The shares of answers in each group.

        Args:
            classes: What each row holds.
        """

        def make(unit: Whole, many: int, weights: Floats) -> ShareSums:
            lines = lines_of(classes, self.groups, unit, many, weights)
            return ShareSums(lines, classes, len(self.names))

        found, spread = spread_of_rows(make, self.units, self.design)
        lines = found.lines
        return found, spread, held(lines.unit, lines.group, lines.n, len(self.names), self.units)

    def numbers(
        self, top: Floats, bottom: Floats | None, *, total: bool
    ) -> tuple[NumberSums, Spread, Held]:
        """The means, ratios or totals of numbers in each group.

        Args:
            top: (N,) numbers; not finite where there is none.
            bottom: (N,) numbers below the line; None for 1.
            total: Whether the total of `top` is wanted.
        """
        shift = 0.0
        if bottom is None:
            known = top[np.isfinite(top) & (self.groups.place >= 0)]
            shift = shift_of(known.min(), known.max(), known.mean()) if len(known) else 0.0

        def make(unit: Whole, _many: int, weights: Floats) -> NumberSums:
            lines = number_lines(top - shift, bottom, self.groups, unit, weights)
            return NumberSums(lines, len(self.names), total=total, shift=shift, unit=self.unit)

        found, spread = spread_of_rows(make, self.units, self.design)
        lines = found.lines
        return found, spread, held(lines.unit, lines.group, lines.n, len(self.names), self.units)

    def values(self, numbers: Floats) -> Values:
        """The numbers themselves, a line for each row that has one and is in a group.

        Args:
            numbers: (N,) numbers; not finite where there is none.
        """
        here = np.isfinite(numbers) & (self.groups.place >= 0)
        unit, _ = drawn(self.units)
        weight = self.units.weights[here]
        n = (weight > 0).astype(np.int64)
        none = np.zeros((len(n), 0))
        return Values(
            unit[here], self.groups.place[here], numbers[here], n, weight, weight * weight, none
        )

    def crossed(self, classes: Classes) -> tuple[ShareSums, Spread, Held]:
        """The shares of all that have each answer in each group: group by group.

        Args:
            classes: What each row holds.
        """
        k, names = len(classes.answers), self.names
        both = (self.groups.place >= 0) & (classes.place >= 0)
        place = np.where(both, self.groups.place * k + classes.place, -1)
        one = self.groups._replace(place=np.where(both, 0, -1), names=("",))
        cells = tuple(f"{name}/{answer}" for name in names for answer in classes.answers)
        return replace(self, groups=one).shares(plain(place, cells))

    @property
    def whole(self) -> Held:
        """The units and strata of the whole design that hold anybody."""
        unit, _ = drawn(self.units)
        n = (self.units.weights > 0).astype(np.int64)
        return held(unit, np.zeros_like(unit), n, 1, self.units)

    @property
    def people(self) -> tuple[float, int]:
        """Sum of weights of all respondents, and how many have a weight above 0."""
        return float(self.units.weights.sum()), int((self.units.weights > 0).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSample:
    """A sample of which sums by unit and group are at hand.

    Lines are of the units that were drawn last: first-stage units, or those within them.

    Args:
        units: Strata and sampling units; its respondents are lines. Of replicate weights it holds
            as many rows as are independent, and no respondents.
        design: What is done with strata of one unit.
        names: Names of groups.
        whole: The units and strata of the whole design that hold anybody.
    """

    units: Units
    design: Design
    names: tuple[str, ...]
    whole: Held

    @property
    def independent(self) -> int:
        """How many replicate weights do not follow from the others."""
        return 0 if self.units.replicates is None else len(self.units.replicates)

    def shares(self, lines: Lines, classes: Classes) -> tuple[ShareSums, Spread, Held]:
        """The shares of answers in each group.

        Args:
            lines: Sums by unit, group and class.
            classes: What each class holds; its rows are not looked at.
        """
        inner = ShareSums(lines, classes, len(self.names))
        first = lines._replace(unit=self._first(lines.unit))
        found = inner if self._is_of_first else ShareSums(first, classes, len(self.names))
        spread = spread_of_lines(found, self.units, self.design, inner)
        return found, spread, held(first.unit, lines.group, lines.n, len(self.names), self.units)

    @property
    def _is_of_first(self) -> bool:
        """Whether lines are of units that were drawn first."""
        return self.units.second is None or not len(self.units.second.group)

    def _first(self, unit: Whole) -> Whole:
        """The first-stage unit of each line."""
        if self.units.second is None or self._is_of_first:
            return unit
        return np.asarray(self.units.second.group, np.int64)[unit]

    def crossed(self, lines: Lines, classes: Classes) -> tuple[ShareSums, Spread, Held]:
        """The shares of all that have each answer in each group: group by group.

        Args:
            lines: Sums by unit, group and class.
            classes: What each class holds; its rows are not looked at.
        """
        k = len(classes.answers)
        cells = tuple(f"{name}/{answer}" for name in self.names for answer in classes.answers)
        joint = lines._replace(
            group=np.zeros_like(lines.group), place=lines.group * k + lines.place
        )
        return replace(self, names=("",)).shares(joint, plain(classes.place, cells))

    def numbers(
        self, lines: NumberLines, *, total: bool, shift: float = 0.0, unit: float = 1.0
    ) -> tuple[NumberSums, Spread, Held]:
        """The means, ratios or totals of numbers in each group.

        Args:
            lines: Sums by unit and group.
            total: Whether totals are wanted.
            shift: What was taken off the numbers.
            unit: What weights were divided by.
        """
        d = len(self.names)
        inner = NumberSums(lines, d, total=total, shift=shift, unit=unit)
        first = lines._replace(unit=self._first(lines.unit))
        found = inner
        if not self._is_of_first:
            found = NumberSums(first, d, total=total, shift=shift, unit=unit)
        spread = spread_of_lines(found, self.units, self.design, inner)
        return found, spread, held(first.unit, lines.group, lines.n, d, self.units)


def cells_of(
    found: tuple[ShareSums, Spread, Held],
    sample: RowSample | LineSample,
    answers: tuple[tuple[str, ...], tuple[str, ...]],
) -> Cells:
    """The shares of cells as a table.

    Args:
        found: Shares of one group, in which each cell is an answer.
        sample: The sample.
        answers: Of the rows, and of the columns.

    Raises:
        NotEstimableError: More cells than a covariance is kept for.
    """
    sums, spread, units = found
    if spread.covariance is None:
        message = f"the table has {sums.estimates.size:,} cells: put answers into groups"
        raise NotEstimableError(message)
    simple = is_simple(sample.units)
    df = math.inf if simple else freedom(units, sample)[0]
    n = int(sums.n[0].max(initial=0))
    if n and df is None:
        raise NotEstimableError("too few sampling units hold anybody of the table: no variance")
    return Cells(*answers, np.nan_to_num(sums.estimates[0]), spread.covariance, n, df or math.inf)


def held(unit: Whole, group: Whole, n: Whole, groups: int, units: Units) -> Held:
    """Which units and strata hold anybody of each group.

    Args:
        unit: (T,) the unit of each line that is in a group, or its stratum without clusters.
        group: (T,) the group of each line.
        n: (T,) respondents of each line.
        groups: D.
        units: Strata and sampling units.
    """
    clustered = len(units.psu_stratum) > 0
    unit, group, n = unit[n > 0], group[n > 0], n[n > 0]  # as in R, weights of 0 hold nobody
    stratum = np.asarray(units.psu_stratum, np.int64)[unit] if clustered else unit

    def distinct(values: Whole) -> Whole:
        many = int(values.max(initial=0)) + 1
        cells = group * many + values
        if groups * many > 20_000_000:
            return np.bincount(np.unique(cells) // many, minlength=groups)
        there = np.zeros(groups * many, bool)
        there[cells] = True
        return np.asarray(there.reshape(groups, many).sum(axis=1), np.int64)

    people = np.bincount(group, n, groups).astype(np.int64)
    return Held(distinct(unit) if clustered else people, distinct(stratum))


def freedom(found: Held, sample: RowSample | LineSample) -> list[float | None]:
    """Degrees of freedom of each group, by the design's rule; None where there are none.

    Args:
        found: The units that hold anybody of each group.
        sample: The sample.
    """
    if sample.units.replicates is not None:
        df = float(variance.degrees_of_freedom(np.inf, 0, replicates=sample.independent))
        return [df] * len(found.units)
    counted = found.units - found.strata
    if sample.design.df == "design":
        counted = np.full_like(counted, sample.whole.units[0] - sample.whole.strata[0])
    return [float(df) if df >= 1 else None for df in counted.tolist()]


def is_simple(units: Units) -> bool:
    """Whether the sample is a simple one, for which the textbook's intervals hold as they are."""
    return (
        units.equal
        and units.auxiliaries is None
        and units.replicates is None
        and len(units.psu_stratum) == 0
        and len(units.strata) == 1
        and not units.fraction.any()
    )
