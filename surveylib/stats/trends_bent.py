"""Lines that bend at joints, fitted to estimates with their covariance; nothing else is asked.

k stands for waves, m for joints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from surveylib.stats.intervals import check_level
from surveylib.stats.regression import Coefficients, Model, Wald
from surveylib.stats.segments import Segment, check_knots, checked, fitted_with, segments
from surveylib.stats.trends_fits import of_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from surveylib.stats.trends_scores import ChiSquared


# Without ==: arrays do not answer it with one yes or no.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bent:
    """A line that bends at joints.

    Args:
        segments: m + 1 straight parts, in the unit of the estimates.
        changes: (m,) by how much the slope changes at each joint; the p-value is the test of it.
        bends: Test that it changes at none of them.
        moves: Test that all slopes are 0.
        lack_of_fit: Test that the estimates are on such a line.
        df: Degrees of freedom of the covariance; infinity where it is known.
    """

    segments: tuple[Segment, ...]
    changes: Coefficients
    bends: Wald
    moves: Wald
    lack_of_fit: ChiSquared
    df: float


def bent_line(
    estimates: ArrayLike,
    covariance: ArrayLike,
    times: ArrayLike,
    knots: Sequence[float],
    *,
    df: float = np.inf,
    weights: str = "estimated",
    confidence_level: float = 0.95,
) -> Bent:
    """Fit straight parts that join at known times, by generalised least squares.

    As `trends_fits.least_squares` with max(0, time - joint) for each joint in place of powers of
    time; the joints must not have been chosen by looking at the estimates.

    Args:
        estimates: (k,) one for each wave.
        covariance: (k, k) of the estimates.
        times: (k,) of the waves, rising.
        knots: (m,) times of the joints, rising.
        df: Degrees of freedom of the covariance; where waves are independent, those of the wave
            that has the fewest. Infinity for a known covariance.
        weights: `estimated` or `known`, as in `trends_fits.least_squares`.
        confidence_level: Nominal coverage of each interval.

    Raises:
        MethodError: Joints that the waves cannot bear, or numbers that do not fit.
        NotEstimableError: A wave without variance, a covariance that is singular, or too few
            degrees of freedom for so many waves.

    Example:
        Up by two points a year for two years, then by one.

        >>> shares = [0.30, 0.32, 0.34, 0.35, 0.36]
        >>> found = bent_line(shares, np.eye(5) * 1e-4, range(2020, 2025), [2022])
        >>> [round(part.value, 6) for part in found.segments], found.changes.estimate.round(6)
        ([0.02, 0.01], array([-0.01]))
    """
    trend = checked(estimates, covariance, times, scale="identity", df=df)
    check_knots(trend.times, knots)
    check_level(confidence_level)
    found, spread, fitted = fitted_with(trend, knots)
    away = trend.white(trend.values - fitted)
    spare = len(away) - len(found)
    grown, free, rest = of_weights(np.asarray(away @ away), spare, df, weights)
    slopes = Model(coefficients=found[1:], covariance=spread[1:, 1:] * float(grown), df=free)
    turns = Model(coefficients=slopes.coefficients[1:], covariance=slopes.covariance[1:, 1:],
                  df=free)  # fmt: skip
    return Bent(
        segments=segments(
            slopes.coefficients,
            slopes.covariance,
            knots,
            start=float(trend.times[0]),
            end=float(trend.times[-1]),
            df=free,
            confidence_level=confidence_level,
        ),
        changes=turns.each(confidence_level=confidence_level),
        bends=turns.test(range(len(knots))),
        moves=slopes.test(range(len(knots) + 1)),
        lack_of_fit=rest,
        df=free,
    )
