"""Estimates after a weighting: their linearised values without what the targets explain.

A sum that has a target is known and does not vary. What varies is what the targets leave of each
linearised value: its residual. Respondents are then taken one by one where they were drawn one by
one, because residuals differ within a line of a collapsed table.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from scipy import sparse

from surveylib.errors import MethodError
from surveylib.stats.weighting_residuals import fitted_by_group

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from surveylib.stats import variance
    from surveylib.stats.weighting_residuals import Auxiliaries
    from surveylib.wave.design_units import Units

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


class Residual:
    """The same estimates, with the residuals of their linearised values.

    Args:
        inner: The estimates, over lines of some units.
        fitted: (J, D*K) what the targets explain of the linearised values of each group of
            respondents that is alike in everything that has a target.
        weights: (U, J) sums of weights after, of each unit and such group.
    """

    def __init__(self, inner: Any, fitted: Floats, weights: Any) -> None:
        self.inner, self.fitted, self.weights = inner, fitted, weights
        self.estimates: Floats = inner.estimates

    def only(self, groups: Sequence[int]) -> Self:
        """The estimates of some groups."""
        shape = (len(self.fitted), *self.estimates.shape)
        some = self.fitted.reshape(shape)[:, list(groups)].reshape(len(self.fitted), -1)
        return type(self)(self.inner.only(groups), some, self.weights)

    def replicated(self) -> Floats:
        """(R, D*K) the estimates by each replicate weight: each was weighted by itself."""
        return np.asarray(self.inner.replicated())

    def linearised(self, units: int) -> Floats:
        """(U, D*K) totals of the residuals of each unit."""
        explained = self.weights @ self.fitted
        found = self.inner.linearised(units) - explained
        # What the targets fix leaves exactly 0, and not what rounding makes of it.
        size = np.abs(explained).max(axis=0, initial=0.0)
        found[:, np.abs(found).max(axis=0, initial=0.0) <= 1e-12 * size] = 0.0
        return np.asarray(found)

    def sizes(self, units: int) -> Floats | None:
        """(U, D*K) the same without signs, where rounding is a part of that."""
        found: Floats | None = self.inner.sizes(units)
        return found

    def moments(self, n: Whole) -> variance.Moments:
        """Refuse sums by line, in which residuals differ: each respondent is a unit here.

        Raises:
            MethodError: Always.
        """
        raise MethodError(f"residuals of {len(n)} strata are taken by unit, not by line")


def explained(make: Callable[[Whole, int, Floats], Any], whole: Any, of: Auxiliaries) -> Floats:
    """(J, D*K) what the targets of a weighting explain of linearised values.

    Args:
        make: From the unit of each row (n,), the number of units and weights (n,) to estimates.
        whole: The estimates with the weights after.
        of: What was kept of the weighting.
    """
    by_group = copy(whole)  # whose linearised values are those of the weights after
    by_group.lines = make(of.group, of.groups, of.weights).lines
    there = np.asarray(np.bincount(of.group, of.weights, of.groups), np.float64)
    return fitted_by_group(by_group.linearised(of.groups), there, of.columns)


def cells(unit: Whole, many: int, weights: Floats, of: Auxiliaries) -> Any:
    """(U, J) sums of weights, of each unit and group: a sparse table.

    Args:
        unit: (n,) the unit of each row.
        many: How many units there are.
        weights: (n,) weights after.
        of: What was kept of the weighting.
    """
    return sparse.csr_array((weights, (unit, of.group)), shape=(many, of.groups))


def each_alone(units: Units) -> Units:
    """The sample with respondents as sampling units, where they were drawn within strata or PSUs.

    Args:
        units: Strata and sampling units.
    """
    every = np.arange(len(units.weights), dtype=np.int32)
    if not len(units.psu_stratum):
        return replace(units, psu=every, psu_stratum=units.stratum)
    if units.second is not None and not len(units.second.group):
        second = units.second._replace(unit=every, group=units.psu)
        return replace(units, second=second)
    return units
