"""Two waves compared within many small groups: one difference for all, and one test.

`surveylib.stats.standardise` has all of this under its name. K stands for groups; always later
minus earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.intervals import check_level

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonDifference:
    """A difference of shares that all groups have in common.

    Args:
        estimate: Later minus earlier share, the mean of the groups' differences by n n / (n + n).
        standard_error: Sato's.
        low: Lower limit.
        high: Upper limit.
        p_value: Two-sided, of the test that the interval inverts.
        confidence_level: Nominal coverage, such as 0.95.
        chi_squared: Of the Cochran-Mantel-Haenszel test, 1 degree of freedom, not corrected.
        test_p_value: Of that test: another method than the interval, so that they may disagree
            near the border.
        groups: How many groups have respondents in both waves.
    """

    estimate: float
    standard_error: float
    low: float
    high: float
    p_value: float
    confidence_level: float
    chi_squared: float
    test_p_value: float
    groups: int


def common_difference(
    counts_from: ArrayLike,
    ns_from: ArrayLike,
    counts_to: ArrayLike,
    ns_to: ArrayLike,
    *,
    confidence_level: float = 0.95,
) -> CommonDifference:
    """Compare two simple samples within groups; they may be many and small.

    Mantel and Haenszel (1959) and Cochran (1954) for the test, as R's mantelhaen.test without
    correction; Greenland and Robins (1985) for the difference; Sato (1989) for its variance, which
    holds for few large groups and for many small ones. Groups without respondents in one of the
    waves tell nothing and are left out.

    Args:
        counts_from: (K,) respondents of each group with the answer in the earlier wave.
        ns_from: (K,) respondents of each group in the earlier wave.
        counts_to: (K,) likewise in the later wave.
        ns_to: (K,) likewise.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: Shapes that do not fit, or numbers outside their range.
        NotEstimableError: No group with respondents in both waves, or nothing that varies.

    Example:
        >>> found = common_difference([10, 5], [40, 20], [16, 8], [40, 20])
        >>> found.estimate, round(found.standard_error, 4), round(found.test_p_value, 4)
        (0.15, 0.0844, 0.082)
    """
    check_level(confidence_level)
    x0, n0, x1, n1 = _tables(counts_from, ns_from, counts_to, ns_to)
    n = n0 + n1
    weight = n0 * n1 / n
    estimate = float((x1 * n0 / n - x0 * n1 / n).sum() / weight.sum())
    p = ((n1 / n) ** 2 * x0 - (n0 / n) ** 2 * x1 + n1 * n0 * (n0 - n1) / (2 * n**2)).sum()
    q = ((x1 * (n0 - x0) + x0 * (n1 - x1)) / (2 * n)).sum()
    variance = float((estimate * p + q) / weight.sum() ** 2)
    yes = x0 + x1
    chance = np.divide(weight * yes * (n - yes), n * (n - 1), out=np.zeros_like(n), where=n > 1)
    if not (variance > 0 and chance.sum() > 0):
        message = "all or nobody of every group gave the answer: nothing varies within groups"
        raise NotEstimableError(message)
    error = float(np.sqrt(variance))
    z = float(special.ndtri(1 - (1 - confidence_level) / 2))
    chi_squared = float((x1 - yes * n1 / n).sum() ** 2 / chance.sum())
    return CommonDifference(
        estimate=estimate,
        standard_error=error,
        low=max(estimate - z * error, -1.0),
        high=min(estimate + z * error, 1.0),
        p_value=float(2 * special.ndtr(-abs(estimate) / error)),
        confidence_level=confidence_level,
        chi_squared=chi_squared,
        test_p_value=float(special.chdtrc(1, chi_squared)),
        groups=len(n),
    )


def _tables(*given: ArrayLike) -> tuple[Floats, Floats, Floats, Floats]:
    """Counts and sizes of the groups that have respondents in both waves."""
    arrays = [np.asarray(values, dtype=np.float64) for values in given]
    x0, n0, x1, n1 = arrays
    if n0.ndim != 1 or any(values.shape != n0.shape for values in arrays):
        shapes = ", ".join(str(values.shape) for values in arrays)
        raise MethodError(f"counts and sizes have shapes {shapes}; wanted four times (K,)")
    for count, size in ((x0, n0), (x1, n1)):
        if not (np.isfinite(size) & (count >= 0) & (count <= size)).all():
            raise MethodError("a count is not from 0 to its n, or not a finite number")
    some = (n0 > 0) & (n1 > 0)
    if not some.any():
        raise NotEstimableError("no group has respondents in both waves")
    return x0[some], n0[some], x1[some], n1[some]
