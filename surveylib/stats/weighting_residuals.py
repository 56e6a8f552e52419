"""What a weighting leaves of the variance: residuals of scores on what the targets are of.

After weighting, the sums that have a target are known and no longer vary. What varies of an
estimate is what they do not explain: the residuals of its linearised values. N stands for
respondents, J for groups of respondents that are alike in everything that has a target, Q for
targets, K for estimates. `surveylib.stats.weighting` has all of this under its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from surveylib.errors import MethodError, no_method

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

#: Residuals below this part of the largest value are what rounding leaves of exactly 0.
_ROUNDING = 1e-12
#: R survey's rake goes over the margins so often.
_PASSES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Auxiliaries:
    """What must be kept of a weighting, so that later estimates have the right variance.

    Args:
        group: (N,) place of each respondent's group, from 0 to J - 1.
        columns: (J, Q) what targets are of, for each group; None where every group has a target
            of its own.
        weights: (N,) weights before.
        margins: (J,) category of each group, for each margin of a raking; else empty.
    """

    group: Whole
    columns: Floats | None
    weights: Floats
    margins: tuple[Whole, ...] = ()

    @property
    def groups(self) -> int:
        """How many groups there are, J."""
        return int(self.group.max()) + 1


def residuals(values: ArrayLike, auxiliaries: Auxiliaries, *, method: str = "regression") -> Floats:
    """Replace linearised values by what the targets of the weighting do not explain of them.

    A variance is then computed as ever, from the residuals times the weights after. Of replicates
    nothing is to be replaced: weighting each of them again does it.

    - `regression`: on the columns, by the weights before; within the groups of a
      post-stratification that is the distance from the group's mean. R survey's postStratify and
      calibrate.
    - `passes`: means of the categories taken off, without weights, margin after margin, ten times.
      Only for rakings; R survey's rake. It is not the right one where weights before are unequal.

    Args:
        values: (N, K) linearised values, not times the weights: for a share p of a base B,
            (y - p) / Σ weights after over B for its respondents and 0 for others; y for a total.
        auxiliaries: From the weighting.
        method: A name in RESIDUALS.

    Returns:
        (N, K) residuals; exactly 0 for an estimate that the targets fix.

    Raises:
        MethodError: No such method, shapes that do not fit, or passes without margins.

    Example:
        >>> groups = Auxiliaries(group=np.array([0, 0, 1]), columns=None, weights=np.ones(3))
        >>> residuals([[1.0], [3.0], [5.0]], groups).ravel()
        array([-1.,  1.,  0.])
    """
    if method not in RESIDUALS:
        raise MethodError(no_method("residual", method, RESIDUALS))
    scores = np.asarray(values, dtype=np.float64)
    if scores.ndim != 2 or len(scores) != len(auxiliaries.group):
        raise MethodError(f"values of {scores.shape}; wanted ({len(auxiliaries.group)}, K)")
    if not np.isfinite(scores).all():
        raise MethodError("values hold a number that is not finite")
    fitted = RESIDUALS[method](scores, auxiliaries)
    rest = scores - fitted[auxiliaries.group]
    least = _ROUNDING * np.abs(scores).max(axis=0, initial=0.0)
    rest[:, np.abs(rest).max(axis=0, initial=0.0) <= least] = 0.0
    return rest


def by_group(group: Whole, values: Floats, many: int) -> Floats:
    """(J, K) sums of (N, K) values by group."""
    columns = [np.bincount(group, column, many) for column in values.T]
    return np.stack(columns, axis=1) if columns else np.zeros((many, 0))


def _regression(scores: Floats, auxiliaries: Auxiliaries) -> Floats:
    """(J, K) fitted by least squares with the weights before. Deville and Särndal (1992)."""
    group, weights, many = auxiliaries.group, auxiliaries.weights, auxiliaries.groups
    there = np.bincount(group, weights, many).astype(np.float64)
    sums = by_group(group, scores * weights[:, None], many)
    return fitted_by_group(sums, there, auxiliaries.columns)


def fitted_by_group(sums: Floats, there: Floats, columns: Floats | None) -> Floats:
    """Compute what targets explain of values: their regression by the weights before.

    Deville and Särndal (1992).

    Args:
        sums: (J, K) sums of values times the weights before, by group.
        there: (J,) sums of these weights.
        columns: (J, Q) what targets are of; None where every group has a target of its own.

    Returns:
        (J, K) fitted values.
    """
    means = np.divide(sums, there[:, None], out=np.zeros_like(sums), where=there[:, None] > 0)
    if columns is None:
        return means
    root = np.sqrt(there)[:, None]
    size = np.sqrt(there @ columns**2)
    scaled = columns / np.where(size > 0, size, 1.0)
    # Columns may follow from each other: what is fitted is the same by any of their solutions.
    coefficients = np.linalg.lstsq(root * scaled, root * means, rcond=None)[0]
    return np.asarray(scaled @ coefficients)


def _passes(scores: Floats, auxiliaries: Auxiliaries) -> Floats:
    """(J, K) means of categories, margin after margin."""
    if not auxiliaries.margins:
        raise MethodError("passes are over the margins of a raking; choose 'regression'")
    group, many = auxiliaries.group, auxiliaries.groups
    n = np.bincount(group, minlength=many).astype(np.float64)
    sums = by_group(group, scores, many)
    fitted = np.zeros_like(sums)
    for _ in range(_PASSES):
        for margin in auxiliaries.margins:
            count = int(margin.max()) + 1
            size = np.bincount(margin, n, count)[:, None]
            left = by_group(margin, sums - fitted * n[:, None], count)
            fitted += np.divide(left, size, out=np.zeros_like(left), where=size > 0)[margin]
    return fitted


#: Ways to explain (N, K) values: what is fitted for each group, (J, K).
RESIDUALS: Mapping[str, Callable[[Floats, Auxiliaries], Floats]] = MappingProxyType(
    {
        "regression": _regression,
        "passes": _passes,
    }
)
