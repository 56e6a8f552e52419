"""Trends of straight segments that join at knots that are given.

Estimates of waves are taken with all their covariances: waves that share sampling units move
together. k stands for waves, m for knots.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import linalg, special

from surveylib.errors import MethodError, NotEstimableError, no_method
from surveylib.stats.intervals import check_level
from surveylib.stats.regression import Wald, t_quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: Waves between two joints, and on either side of one; those at joints do not count. Joinpoint's
#: default.
APART = 2
#: A variance below this part of the largest is what rounding leaves of 0.
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Slope:
    """A change for one unit of time, on the scale of the trend.

    On the log scale exp(value) is a ratio for each unit of time, on the logit scale an odds ratio.

    Args:
        value: The slope.
        standard_error: Its standard error, with the knots taken as known.
        low: Lower limit, by the t-distribution.
        high: Upper limit.
        p_value: Of the t-test that the slope is 0, two-sided; it agrees with the limits.
    """

    value: float
    standard_error: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment(Slope):
    """A straight part of a trend.

    Args:
        start: The time where it begins: the first wave, or a joint.
        end: The time where it ends: a joint, or the last wave.
    """

    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBreak:
    """A trend that may bend at a time that was known beforehand.

    Args:
        before: The part up to that time.
        after: The part from then on.
        change: By how much the slope changes; its p-value is the test of the break.
        lack_of_fit: Test that the estimates are on such a trend; None of three waves, which are.
    """

    before: Segment
    after: Segment
    change: Slope
    lack_of_fit: Wald | None


class Scale(NamedTuple):
    """A scale on which a trend is straight: there, its slope there, and back."""

    there: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]
    low: float
    high: float


class Trend(NamedTuple):
    """Estimates on their scale, checked, and the root of their covariance."""

    times: Floats
    values: Floats
    root: Floats
    df: float

    def white(self, values: Floats) -> Floats:
        """Values (k, …) that vary alike and each by itself."""
        return np.asarray(linalg.solve_triangular(self.root, values, lower=True))


def known_break(
    estimates: ArrayLike,
    covariance: ArrayLike,
    times: ArrayLike,
    at: float,
    *,
    scale: str = "identity",
    df: float = np.inf,
    confidence_level: float = 0.95,
) -> KnownBreak:
    """Test whether a trend bends at a time that was known beforehand, such as that of a law.

    Adds max(0, time - at) to a straight line, by generalised least squares. The time must not have
    been chosen by looking at the estimates: the p-value would be far too small.

    Args:
        estimates: (k,) of the waves; shares, for the scale logit.
        covariance: (k, k) of the estimates.
        times: (k,) real times, rising; at least three.
        at: The time of the break, after the first wave and before the last.
        scale: A name in SCALES.
        df: Degrees of freedom of the covariance; infinity where it is known.
        confidence_level: Nominal coverage of each interval.

    Raises:
        MethodError: No such scale, or numbers outside their range.
        NotEstimableError: Too few waves on one side, or estimates that cannot vary.

    Example:
        Up by two points each year, then level: the slope changes by -0.02 ± 1.96 √6 / 100.

        >>> found = known_break([0.30, 0.32, 0.32], np.eye(3) * 1e-4, [2021, 2022, 2023], 2022)
        >>> round(found.change.value, 6), round(found.change.standard_error, 6)
        (-0.02, 0.024495)
    """
    trend = checked(estimates, covariance, times, scale=scale, df=df)
    check_level(confidence_level)
    first, last = float(trend.times[0]), float(trend.times[-1])
    if not first < at < last:
        raise MethodError(f"at is {at:g}; wanted a time after {first:g} and before {last:g}")
    found, spread, fitted = fitted_with(trend, (at,))
    before, after = segments(
        found[1:],
        spread[1:, 1:],
        (at,),
        start=first,
        end=last,
        df=df,
        confidence_level=confidence_level,
    )
    away = trend.white(trend.values - fitted)
    left = len(away) - 3
    return KnownBreak(
        before=before,
        after=after,
        change=_slope(float(found[2]), float(spread[2, 2]), df, confidence_level),
        lack_of_fit=lack_of_fit(float(away @ away), left, df) if left else None,
    )


def check_knots(times: ArrayLike, knots: Sequence[float]) -> None:
    """Refuse joints that the waves cannot bear, by the rules of the Joinpoint program.

    Args:
        times: (k,) rising times of the waves.
        knots: (m,) times of the joints.

    Raises:
        MethodError: Joints that do not rise, at or beyond an end, or fewer than two waves on
            either side of one, those at joints not counted.

    Example:
        >>> check_knots([2015, 2016, 2018, 2020, 2021], [2018])
    """
    at, places = np.asarray(times, np.float64), [float(knot) for knot in knots]
    for one, other in pairwise(places):
        if not one < other:
            raise MethodError(f"joints at {one:g} and {other:g}; wanted times that rise")
    for knot in places:
        if not at[0] < knot < at[-1]:
            wanted = f"wanted a time after {at[0]:g}, the first wave, and before {at[-1]:g}"
            raise MethodError(f"joint at {knot:g}; {wanted}, the last")
    ends = [-np.inf, *places, np.inf]
    for start, end in pairwise(ends):
        many = int(((at > start) & (at < end)).sum())
        if many < APART:
            where = f"before {end:g}" if np.isinf(start) else f"after {start:g}"
            where += f" and before {end:g}" if np.isfinite([start, end]).all() else ""
            told = "one wave" if many else "no wave"
            raise MethodError(
                f"joints leave {told} {where}; wanted {APART} or more between joints and on either"
                " side of one, a wave at a joint not counted"
            )


def spline(times: ArrayLike, knots: Sequence[float]) -> Floats:
    """Columns of a trend that bends at knots, to fit it to records with `logistic`.

    Args:
        times: (C,) times of waves or cells.
        knots: (m,) times of the joints.

    Returns:
        (C, 1 + m): time since the first of the times, and time since each knot, 0 before it.

    Example:
        >>> spline([2021, 2022, 2023, 2024], [2022])
        array([[0., 0.],
               [1., 0.],
               [2., 1.],
               [3., 2.]])
    """
    found = np.asarray(times, dtype=np.float64)
    since = np.maximum(found[:, None] - np.asarray(knots, np.float64).reshape(1, -1), 0.0)
    return np.column_stack([found - found.min(), since])


def segments(
    coefficients: ArrayLike,
    covariance: ArrayLike,
    knots: Sequence[float],
    *,
    start: float,
    end: float,
    df: float = np.inf,
    confidence_level: float = 0.95,
) -> tuple[Segment, ...]:
    """Turn coefficients of `spline`'s columns into the slope of each segment.

    Args:
        coefficients: (1 + m,) in the order of the columns.
        covariance: (1 + m, 1 + m) of the coefficients.
        knots: (m,) times of the joints.
        start: The time of the first wave.
        end: The time of the last wave.
        df: Degrees of freedom of the covariance; infinity where it is known.
        confidence_level: Nominal coverage of each interval.

    Raises:
        MethodError: Not as many knots as coefficients but one, or a level outside its range.

    Example:
        >>> [one.value for one in segments([2.0, -1.5], np.eye(2), [2020], start=2015, end=2024)]
        [2.0, 0.5]
    """
    check_level(confidence_level)
    many = len(knots) + 1
    values, spread = np.asarray(coefficients, np.float64), np.asarray(covariance, np.float64)
    if values.shape != (many,) or spread.shape != (many, many):
        shapes = f"{values.shape} and {spread.shape}"
        raise MethodError(f"coefficients and covariance of {shapes}; wanted {many}, for the knots")
    sums = np.tril(np.ones((many, many)))
    slopes, variances = sums @ values, np.diag(sums @ spread @ sums.T)
    edges = [start, *map(float, knots), end]
    found = []
    for place in range(many):
        one = _slope(float(slopes[place]), float(variances[place]), df, confidence_level)
        found.append(
            Segment(
                value=one.value,
                standard_error=one.standard_error,
                low=one.low,
                high=one.high,
                p_value=one.p_value,
                start=edges[place],
                end=edges[place + 1],
            )
        )
    return tuple(found)


def fitted_with(trend: Trend, knots: Sequence[float]) -> tuple[Floats, Floats, Floats]:
    """Fit a trend by generalised least squares.

    Args:
        trend: The estimates.
        knots: (m,) times of the joints.

    Returns:
        The (2 + m,) coefficients of a constant and `spline`'s columns, their covariance, and the
        (k,) trend.

    Raises:
        NotEstimableError: Too few waves on one side of a knot.
    """
    columns = np.column_stack([np.ones(len(trend.times)), spline(trend.times, knots)])
    if np.linalg.matrix_rank(columns) < columns.shape[1]:
        raise NotEstimableError("too few waves for a slope on either side of the knots")
    unitary, triangle = np.linalg.qr(trend.white(columns))
    back = linalg.solve_triangular(triangle, np.eye(len(triangle)))
    found = back @ (unitary.T @ trend.white(trend.values))
    return found, np.asarray(back @ back.T), np.asarray(columns @ found)


def lack_of_fit(distance: float, left: int, df: float) -> Wald:
    """Test that estimates are no farther from their trend than their covariance has it.

    Args:
        distance: Squared distance, weighed by the covariance.
        left: Waves less what was fitted.
        df: Degrees of freedom of the covariance; infinity where it is known.
    """
    simple = np.isinf(df)
    tail = special.chdtrc(left, distance) if simple else special.fdtrc(left, df, distance / left)
    return Wald(
        statistic=distance / left, df_numerator=left, df_denominator=df, p_value=float(tail)
    )


def _slope(value: float, variance: float, df: float, confidence_level: float) -> Slope:
    error = float(np.sqrt(variance))
    reach = error * t_quantile(confidence_level, df)
    size = abs(value / error)
    tail = special.ndtr(-size) if np.isinf(df) else special.stdtr(df, -size)
    return Slope(
        value=value,
        standard_error=error,
        low=value - reach,
        high=value + reach,
        p_value=float(2 * tail),
    )


def checked(
    estimates: ArrayLike, covariance: ArrayLike, times: ArrayLike, *, scale: str, df: float
) -> Trend:
    """Estimates on their scale, and the root of their covariance there.

    Args:
        estimates: (k,) of the waves.
        covariance: (k, k) of the estimates.
        times: (k,) rising.
        scale: A name in SCALES.
        df: Degrees of freedom of the covariance.

    Raises:
        MethodError: No such scale, or arrays that do not fit.
        NotEstimableError: Estimates outside the scale, or that cannot vary.
    """
    if scale not in SCALES:
        raise MethodError(no_method("scale", scale, SCALES))
    chosen = SCALES[scale]
    values, when = np.asarray(estimates, np.float64), np.asarray(times, np.float64)
    spread = np.asarray(covariance, np.float64)
    many = values.size
    if values.shape != (many,) or when.shape != (many,) or spread.shape != (many, many):
        shapes = f"{values.shape}, {spread.shape} and {when.shape}"
        raise MethodError(f"estimates, covariance and times of {shapes}; wanted (k,), (k, k), (k,)")
    if not all(np.isfinite(part).all() for part in (values, when, spread)):
        raise MethodError("estimates, covariance or times hold a number that is not finite")
    if (np.diff(when) <= 0).any():
        raise MethodError("times do not rise; wanted each wave later than the one before")
    if not df >= 1:
        raise MethodError(f"df is {df}; wanted degrees of freedom, a number of at least 1")
    outside = np.flatnonzero((values <= chosen.low) | (values >= chosen.high))
    if outside.size:
        got = f"the estimate at {when[outside[0]]:g} is {values[outside[0]]:g}"
        raise NotEstimableError(f"{got}: it has no place on the scale '{scale}'; choose 'identity'")
    turned = chosen.slope(values)
    spread = spread * np.outer(turned, turned)
    sizes = np.sqrt(np.maximum(np.diag(spread), 0.0))
    if (fixed := np.flatnonzero(sizes == 0)).size:
        raise NotEstimableError(f"the estimate at {when[fixed[0]]:g} has a variance of 0: leave the"
                                " wave out, or take another variance for it")  # fmt: skip
    if (np.abs(spread - spread.T) > 1e-8 * np.outer(sizes, sizes)).any():
        raise MethodError("covariance is not symmetric")
    if linalg.eigvalsh(spread / np.outer(sizes, sizes))[0] <= _NOTHING * many:
        raise NotEstimableError("the covariance is singular: too few sampling units for so many"
                                " waves")  # fmt: skip
    root = np.asarray(np.linalg.cholesky((spread + spread.T) / 2), np.float64)
    return Trend(times=when, values=chosen.there(values), root=root, df=float(df))


def _itself(values: Floats) -> Floats:
    return values


#: Scales on which a trend is straight.
SCALES: Mapping[str, Scale] = MappingProxyType(
    {
        "identity": Scale(_itself, np.ones_like, _itself, -np.inf, np.inf),
        "log": Scale(np.log, np.reciprocal, np.exp, 0.0, np.inf),
        "logit": Scale(special.logit, lambda p: 1 / (p * (1 - p)), special.expit, 0.0, 1.0),
    }
)
