"""Intervals of changes from the intervals of the waves: squared distances to the limits, added.

The "method of variance estimates recovery": the distance from an estimate to its limit stands for
the standard error on that side, so that intervals which are not symmetric stay so. Newcombe's
interval of a difference is one of these. Always later minus earlier, later over earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import MethodError, NotEstimableError, show
from surveylib.stats.intervals import plain
from surveylib.stats.mover_designs import DesignDifference, DesignRatio
from surveylib.stats.mover_designs import difference as designed
from surveylib.stats.mover_designs import odds_ratio as designed_odds_ratio
from surveylib.stats.mover_designs import ratio as designed_ratio
from surveylib.stats.mover_limits import (
    DEGREES,
    METHODS,
    Enclosed,
    broadcast,
    check_correlation,
    difference_limits,
    quotient,
    ratio_limits,
    reach,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "DEGREES",
    "METHODS",
    "DesignDifference",
    "DesignRatio",
    "Limits",
    "contrast",
    "designed",
    "designed_odds_ratio",
    "designed_ratio",
    "difference",
    "ratio",
    "reach",
]

#: Eigenvalues of correlations may miss 0 by this much.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A combined estimate with its limits; floats, or arrays where arrays were given.

    Args:
        estimate: The difference, ratio or contrast.
        low: Lower limit, of the level that the limits of the waves have.
        high: Upper limit; infinite where nothing bounds a ratio.
    """

    estimate: Any
    low: Any
    high: Any


def difference(  # noqa: PLR0917 - the numbers of each wave, in the order of time
    estimate_from: ArrayLike,
    low_from: ArrayLike,
    high_from: ArrayLike,
    estimate_to: ArrayLike,
    low_to: ArrayLike,
    high_to: ArrayLike,
    *,
    correlation: ArrayLike = 0.0,
) -> Limits:
    """Compute limits for a later minus an earlier estimate; arrays broadcast.

    Zou and Donner (2008); with the correlation, Zou (2007).

    Args:
        estimate_from: Of the earlier wave: a share, a mean, a logarithm, ...
        low_from: Its lower limit, at the level that the difference shall have.
        high_from: Its upper limit.
        estimate_to: Of the later wave.
        low_to: Its lower limit.
        high_to: Its upper limit.
        correlation: Of the two estimates, in [-1, 1]; 0 for samples that share nobody. A positive
            one, as of a panel, makes the interval narrower.

    Raises:
        MethodError: Limits that do not enclose their estimate, or numbers that are not finite.

    Example:
        Two Wilson intervals make Newcombe's (1998, Statistics in Medicine 17:873, Table II, a).

        >>> from surveylib.stats.intervals import proportion
        >>> earlier, later = proportion(48, 80), proportion(56, 70)
        >>> change = difference(0.6, earlier.low, earlier.high, 0.8, later.low, later.high)
        >>> round(change.low, 4), round(change.high, 4)
        (0.0524, 0.3339)
    """
    first, second, r = _check_limits(
        estimate_from, low_from, high_from, estimate_to, low_to, high_to, correlation
    )
    low, high = difference_limits(first, second, r)
    return Limits(
        estimate=plain(second.estimate - first.estimate), low=plain(low), high=plain(high)
    )


def ratio(  # noqa: PLR0917 - the numbers of each wave, in the order of time
    estimate_from: ArrayLike,
    low_from: ArrayLike,
    high_from: ArrayLike,
    estimate_to: ArrayLike,
    low_to: ArrayLike,
    high_to: ArrayLike,
    *,
    correlation: ArrayLike = 0.0,
) -> Limits:
    """Compute limits for a later estimate over an earlier one; arrays broadcast.

    The ratios R at which the interval of later - R × earlier holds 0. Donner and Zou (2012), with
    the correlation. Where the earlier estimate may be 0 the upper limit is infinite.

    Args:
        estimate_from: Of the earlier wave, at least 0, as every number here.
        low_from: Its lower limit, at the level that the ratio shall have.
        high_from: Its upper limit.
        estimate_to: Of the later wave.
        low_to: Its lower limit.
        high_to: Its upper limit.
        correlation: Of the two estimates, in [-1, 1].

    Raises:
        MethodError: Limits that do not enclose their estimate, or a negative number.
        NotEstimableError: Both estimates are 0.

    Example:
        Fagerland and Newcombe (2013, Statistics in Medicine 32:2823): 7 of 18 over 1 of 18.

        >>> from surveylib.stats.intervals import proportion
        >>> earlier, later = proportion(1, 18), proportion(7, 18)
        >>> found = ratio(1 / 18, earlier.low, earlier.high, 7 / 18, later.low, later.high)
        >>> round(found.low, 3), round(found.high, 3)
        (1.277, 40.751)
    """
    first, second, r = _check_limits(
        estimate_from, low_from, high_from, estimate_to, low_to, high_to, correlation
    )
    # The lower limits are the smallest numbers here.
    if (first.low < 0).any() or (second.low < 0).any():
        message = "a lower limit is below 0; wanted numbers of at least 0 for a ratio"
        raise MethodError(message)
    if ((first.estimate == 0) & (second.estimate == 0)).any():
        message = "the ratio of 0 to 0 does not exist; compare by a difference"
        raise NotEstimableError(message)
    low, high = ratio_limits(first, second, r)
    return Limits(
        estimate=plain(quotient(second.estimate, first.estimate)), low=plain(low), high=plain(high)
    )


def contrast(
    estimates: ArrayLike,
    lows: ArrayLike,
    highs: ArrayLike,
    coefficients: ArrayLike,
    *,
    correlation: ArrayLike | None = None,
) -> Limits:
    """Compute limits for a weighted sum of the estimates of k waves. Zou and Donner (2008).

    Args:
        estimates: One for each wave along the last axis; other axes are other contrasts.
        lows: Their lower limits, at the level that the contrast shall have.
        highs: Their upper limits.
        coefficients: One for each wave; of either sign, such as -1, 0, 1.
        correlation: Of the estimates, k × k; none for samples that share nobody.

    Raises:
        MethodError: Limits that do not enclose their estimate, shapes that do not fit, or a
            matrix that is not one of correlations.

    Example:
        Has the rise from the second to the third wave passed that from the first to the second?

        >>> from surveylib.stats.intervals import proportion
        >>> waves = proportion([20, 25, 45], 100)
        >>> found = contrast([0.2, 0.25, 0.45], waves.low, waves.high, [1, -2, 1])
        >>> round(found.estimate, 2), round(found.low, 3), round(found.high, 3)
        (0.15, -0.069, 0.349)
    """
    given = [np.asarray(part, dtype=np.float64) for part in (estimates, lows, highs, coefficients)]
    try:
        theta, low, high, c = np.broadcast_arrays(*given)
    except ValueError as error:
        shapes = ", ".join(str(part.shape) for part in given)
        message = f"shapes are {shapes}; wanted shapes that fit each other, waves last"
        raise MethodError(message) from error
    _check_enclosed(Enclosed(theta, low, high))
    if theta.ndim == 0 or not np.isfinite(c).all():
        message = f"coefficients is {show(str(coefficients))}; wanted a finite number for each wave"
        raise MethodError(message)
    matrix = _check_correlations(correlation, theta.shape[-1])
    total = (c * theta).sum(axis=-1)
    down = c * (theta - np.where(c > 0, low, high))
    up = c * (np.where(c > 0, high, low) - theta)
    # Each distance is positive; two of opposite coefficients take a correlation's sign turned.
    sign = np.sign(c)
    return Limits(
        estimate=plain(np.asarray(total)),
        low=plain(np.asarray(total - _length(sign * down, matrix))),
        high=plain(np.asarray(total + _length(sign * up, matrix))),
    )


def _check_limits(*given: ArrayLike) -> tuple[Enclosed, Enclosed, Floats]:
    """Two waves and their correlation, of one shape."""
    *parts, r = broadcast(*given)
    first, second = Enclosed(*parts[:3]), Enclosed(*parts[3:])
    _check_enclosed(first)
    _check_enclosed(second)
    return first, second, check_correlation(r)


def _check_enclosed(given: Enclosed) -> None:
    """Refuse limits that are not finite or do not hold their estimate."""
    estimate, low, high = given
    wrong = ~((low <= estimate) & (estimate <= high) & np.isfinite(low) & np.isfinite(high))
    if wrong.any():
        limits = f"{low[wrong].flat[0]:g} to {high[wrong].flat[0]:g}"
        message = (
            f"an estimate is {estimate[wrong].flat[0]:g} and its limits are {limits}; "
            "wanted finite limits with the estimate between them"
        )
        raise MethodError(message)


def _check_correlations(correlation: ArrayLike | None, k: int) -> Floats:
    """The correlations of k estimates; none where the samples share nobody."""
    if correlation is None:
        return np.eye(k)
    matrix = check_correlation(correlation)
    if matrix.shape != (k, k):
        message = f"correlation has the shape {matrix.shape}; wanted {(k, k)}, as waves by waves"
        raise MethodError(message)
    fits = (matrix == matrix.T).all() and (np.diag(matrix) == 1).all()
    if not (fits and np.linalg.eigvalsh(matrix).min() >= -_ROUNDING):
        message = (
            "correlation is not a matrix of correlations; wanted one that is symmetric, with 1 on "
            "its diagonal and no negative eigenvalue"
        )
        raise MethodError(message)
    return matrix


def _length(signed: Floats, matrix: Floats) -> Floats:
    """The length of distances that are correlated."""
    return np.asarray(np.sqrt(np.maximum(((signed @ matrix) * signed).sum(axis=-1), 0.0)))
