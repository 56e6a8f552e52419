"""Lines and curves of time, fitted to estimates with their covariance; nothing else is asked.

The estimates may come from any design, and may share sampling units or people. K stands for
waves, D for the degree. Axes before the last ones (answers, domains) broadcast.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from surveylib.errors import MethodError, NotEstimableError, show
from surveylib.stats.intervals import check_level
from surveylib.stats.trends_scores import ChiSquared, Slope, check_waves, chi_squared, numbers

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: A correlation matrix whose smallest eigenvalue is below this is what rounding leaves of 0.
_NOTHING = 1e-10
#: The highest power of time.
_MOST_DEGREE = 3
#: Curves from fewer waves than this are told as such: CDC's rule for the YRBS.
_WAVES_FOR_A_CURVE = 6


# Without ==: arrays do not answer it with one yes or no.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """A line or curve of time. Arrays, with other axes first where there are several series.

    Args:
        coefficients: (..., D + 1) of the powers 0 to D of (time - centre): the level at the
            centre, the slope there per unit of time, and so on.
        standard_errors: (..., D + 1) theirs.
        low: (..., D + 1) lower limits.
        high: (..., D + 1) upper limits.
        p_values: (..., D + 1) two-sided, of t with the degrees of freedom of the covariance. The
            last one says whether the highest power is needed, wherever the centre is.
        covariance: (..., D + 1, D + 1) of the coefficients.
        centre: The mean of the times.
        degree: The highest power.
        trend: Whether the level changes with time: all powers but 0, D degrees of freedom.
        lack_of_fit: Whether the waves are off the curve by more than chance, K - 1 - D degrees.
        fitted: (..., K) the curve at the times.
        df: Degrees of freedom of the covariance; infinity where it is known.
        confidence_level: Nominal coverage of each interval.
        notes: What a reader has to be told, in words.
    """

    coefficients: Any
    standard_errors: Any
    low: Any
    high: Any
    p_values: Any
    covariance: Floats
    centre: float
    degree: int
    trend: ChiSquared
    lack_of_fit: ChiSquared
    fitted: Floats
    df: float
    confidence_level: float
    notes: tuple[str, ...]


def polynomials(times: ArrayLike, degree: int, *, weights: ArrayLike | None = None) -> Floats:
    """Find polynomials of the true times that have nothing to do with each other.

    Column d is a polynomial of degree d with a positive leading coefficient. It sums to 0, its
    squares sum to 1, and its products with any other column sum to 0; with weights, all sums are
    weighted. R contr.poly(scores = times).

    Args:
        times: (K,) numbers such as years; at least degree + 1 of them, and three, differ.
        degree: How many columns, 1 or more.
        weights: (K,) above 0; None for equal ones.

    Returns:
        (K, degree), the linear one first.

    Raises:
        MethodError: Fewer than three waves, or too few different times for the degree.

    Example:
        >>> polynomials([2015, 2016, 2018, 2019, 2021], 2).round(3)
        array([[-0.586,  0.481],
               [-0.377, -0.092],
               [ 0.042, -0.536],
               [ 0.251, -0.407],
               [ 0.67 ,  0.555]])
    """
    at = _times(times, None, degree, spare=1)
    each = np.ones(at.size) if weights is None else numbers("weights", weights, at.size)
    if (each <= 0).any():
        raise MethodError(f"weights hold {each.min():g}; wanted numbers above 0")
    root = np.sqrt(each)[:, None]
    scaled, _, _ = _scaled(at)
    basis, triangle = np.linalg.qr(root * scaled[:, None] ** np.arange(degree + 1))
    return np.asarray((basis * np.sign(np.diagonal(triangle)) / root)[:, 1:])


def least_squares(
    estimates: ArrayLike,
    covariance: ArrayLike,
    times: ArrayLike,
    *,
    degree: int = 1,
    df: float = np.inf,
    weights: str = "estimated",
    confidence_level: float = 0.95,
) -> Fit:
    """Fit a line or a curve of time to estimates by generalised least squares.

    Each estimate weighs as its covariance says, and what the curve leaves is tested against the
    same covariance (Grizzle, Starmer and Koch, 1969). A covariance that is itself estimated, with
    finite degrees of freedom, gives weights that fit the estimates too well: variances are then
    larger, and degrees of freedom fewer, as for growth curves (Rao, 1967; Grizzle and Allen, 1969).

    Args:
        estimates: (..., K) shares or any other estimates, one for each wave.
        covariance: (..., K, K) of the estimates; diagonal where waves share nothing.
        times: (K,) of the waves, in years or any other unit.
        degree: 1 for a line, 2 or 3 for a curve; K is at least degree + 2.
        df: Degrees of freedom of the covariance, above K - 1 - degree; where waves are independent,
            those of the wave that has the fewest. Infinity for a known covariance.
        weights: With finite degrees of freedom: `estimated`, as said above; or `known`, as if the
            weights were right, as R's regTermTest takes them.
        confidence_level: Nominal coverage of the intervals of the coefficients.

    Raises:
        MethodError: Fewer than three waves, too few for the degree, or numbers that do not fit.
        NotEstimableError: A wave without variance, a covariance that is singular, or too few
            degrees of freedom for so many waves.

    Example:
        >>> errors = np.array([0.020, 0.020, 0.018, 0.021])
        >>> shares, years = [0.40, 0.43, 0.44, 0.49], [2015, 2016, 2018, 2021]
        >>> fit = least_squares(shares, np.diag(errors**2), years)
        >>> fit.coefficients.round(4), fit.standard_errors.round(4)
        (array([0.4396, 0.0137]), array([0.0098, 0.0045]))
        >>> round(fit.trend.p_value, 4), round(fit.lack_of_fit.p_value, 3)
        (0.0022, 0.774)
    """
    if degree not in range(1, _MOST_DEGREE + 1):
        raise MethodError(f"degree is {degree}; wanted 1, 2 or 3")
    check_level(confidence_level)
    values, spread = _checked(estimates, covariance, df)
    at = _times(times, values.shape[-1], degree, spare=2)
    scaled, centre, unit = _scaled(at)
    powers = scaled[:, None] ** np.arange(degree + 1)
    found, inverse, left = _fit(values, spread, powers)
    grown, free, rest = of_weights(left, at.size - 1 - degree, df, weights)
    inverse = inverse * grown[..., None, None]
    units = unit ** np.arange(degree + 1)
    coefficients, of_them = found / units, inverse / np.outer(units, units)
    error = np.sqrt(np.diagonal(of_them, axis1=-2, axis2=-1))
    reach = _quantile(free, confidence_level) * error
    return Fit(
        coefficients=coefficients,
        standard_errors=error,
        low=coefficients - reach,
        high=coefficients + reach,
        p_values=_two_sided(coefficients / error, free),
        covariance=of_them,
        centre=centre,
        degree=degree,
        trend=chi_squared(_changing(found, inverse), degree, free),
        lack_of_fit=rest,
        fitted=found @ powers.T,
        df=free,
        confidence_level=confidence_level,
        notes=_notes(at.size, degree),
    )


def _changing(found: Floats, inverse: Floats) -> Floats:
    """The quadratic form of all powers but 0."""
    powers = found[..., 1:, None]
    moved = np.linalg.solve(inverse[..., 1:, 1:], powers)
    return np.asarray((powers * moved).sum(axis=(-2, -1)))


def of_weights(
    left: Floats, spare: int, df: float, weights: str
) -> tuple[Floats, float, ChiSquared]:
    """What estimated weights make of variances and degrees of freedom, and of what is left.

    What is left is tested by Hotelling's T².
    """
    if weights not in {"estimated", "known"}:
        raise MethodError(f"weights is {show(weights)}; choose one of 'estimated', 'known'")
    if weights == "known" or math.isinf(df):
        return np.ones_like(left), df, chi_squared(left, spare, df)
    free = df - spare
    if not free >= 1:
        message = (
            f"the covariance has {df:g} degrees of freedom, too few for a line through so many "
            f"waves: wanted {spare + 1} or more sampling units less strata"
        )
        raise NotEstimableError(message)
    rest = chi_squared(left * (free + 1) / df, spare, free + 1)
    return (1 + left / df) * df / free, free, rest


def line(
    estimates: ArrayLike,
    covariance: ArrayLike,
    times: ArrayLike,
    *,
    n: ArrayLike,
    df: float = np.inf,
    confidence_level: float = 0.95,
) -> Slope:
    """Find the slope of the straight line through estimates that weigh by their respondents.

    The weights do not depend on the estimated covariance, so that few sampling units do not make
    the interval too narrow; the variance is that of a weighted sum of the estimates.

    Args:
        estimates: (K,) one for each wave.
        covariance: (K, K) of the estimates; waves without variance are allowed.
        times: (K,) of the waves.
        n: (K,) respondents of each wave.
        df: Degrees of freedom of the variance; infinity for a known one.
        confidence_level: Nominal coverage of the interval.

    Raises:
        MethodError: Fewer than three waves, or numbers that do not fit.
        NotEstimableError: No wave has a variance.

    Example:
        >>> found = line([0.40, 0.43, 0.46], np.eye(3) * 0.02**2, [2019, 2020, 2021], n=[9, 9, 9])
        >>> round(found.estimate, 4), round(found.low, 4), round(found.high, 4)
        (0.03, 0.0023, 0.0577)
    """
    values, at = numbers("estimates", estimates), numbers("times", times)
    check_waves(values.size)
    check_level(confidence_level)
    weight = numbers("n", n, values.size)
    factors = slope_factors(at, weight)
    variance = float(factors @ np.asarray(covariance, np.float64) @ factors)
    if not variance > 0:
        raise NotEstimableError("no wave has a variance: there is no interval for a slope")
    estimate, error = float(factors @ values), math.sqrt(variance)
    reach = float(_quantile(df, confidence_level)) * error
    return Slope(
        estimate=estimate,
        standard_error=error,
        low=estimate - reach,
        high=estimate + reach,
        confidence_level=confidence_level,
        method="weighted by respondents",
    )


def slope_factors(times: ArrayLike, n: ArrayLike) -> Floats:
    """What each wave counts in the slope of `line` (K,).

    Args:
        times: (K,) of the waves.
        n: (K,) respondents of each.
    """
    at, weight = np.asarray(times, np.float64), np.asarray(n, np.float64)
    away = at - (weight * at).sum() / weight.sum()
    return np.asarray(weight * away / (weight * away**2).sum())


def homogeneity(estimates: ArrayLike, covariance: ArrayLike, *, df: float = np.inf) -> ChiSquared:
    """Test whether estimates differ between waves in any way, with K - 1 degrees of freedom.

    Wald's test of equal estimates. For all answers of a question at once, and for tests that do
    better where sampling units are few, see `crosstabs.homogeneity`.

    Args:
        estimates: (..., K) one for each wave.
        covariance: (..., K, K) of the estimates.
        df: Degrees of freedom of the covariance; infinity for a known one.

    Raises:
        MethodError: Fewer than three waves, or numbers that do not fit.
        NotEstimableError: A wave without variance, or a covariance that is singular.

    Example:
        Three independent estimates with variance 1 around their mean 2: 1 + 0 + 1.

        >>> found = homogeneity([1, 2, 3], np.eye(3))
        >>> round(found.statistic, 9), found.df, round(found.p_value, 4)
        (2.0, 2, 0.3679)
    """
    values, spread = _checked(estimates, covariance, df)
    count = values.shape[-1]
    _, _, left = _fit(values, spread, np.ones((count, 1)))
    return chi_squared(left, count - 1, df)


def _fit(values: Floats, spread: Floats, powers: Floats) -> tuple[Floats, Floats, Floats]:
    """Coefficients, their covariance, and the sum of squares that is left."""
    root = np.linalg.cholesky(spread)
    design = np.linalg.solve(root, np.broadcast_to(powers, (*spread.shape[:-1], powers.shape[1])))
    target = np.linalg.solve(root, values[..., None])
    basis, triangle = np.linalg.qr(design)
    upper = np.linalg.inv(triangle)
    along = np.swapaxes(basis, -1, -2) @ target
    away = (target - basis @ along)[..., 0]
    return (
        (upper @ along)[..., 0],
        np.asarray(upper @ np.swapaxes(upper, -1, -2)),
        np.asarray((away**2).sum(axis=-1)),
    )


def _checked(estimates: ArrayLike, covariance: ArrayLike, df: float) -> tuple[Floats, Floats]:
    """Estimates of three waves or more with a covariance that can be inverted."""
    values = np.asarray(estimates, dtype=np.float64)
    spread = np.asarray(covariance, dtype=np.float64)
    check_waves(values.shape[-1] if values.ndim else 1)
    count = values.shape[-1]
    if spread.shape[-2:] != (count, count):
        got = f"covariance of the shape {spread.shape}"
        raise MethodError(f"{got}; wanted {count} by {count}, as there are {count} estimates")
    if not (np.isfinite(values).all() and np.isfinite(spread).all()):
        raise MethodError("an estimate or a covariance is not finite; leave the wave out")
    if not df >= 1:
        raise MethodError(f"df is {df}; wanted at least 1, or infinity")
    _check_invertible(spread)
    shape = np.broadcast_shapes(values.shape[:-1], spread.shape[:-2])
    return (
        np.broadcast_to(values, (*shape, count)),
        np.broadcast_to(spread, (*shape, count, count)),
    )


def _check_invertible(spread: Floats) -> None:
    """Refuse what is no covariance, and one that cannot be inverted; the scale does not matter."""
    variances = np.diagonal(spread, axis1=-2, axis2=-1)
    if (variances < 0).any() or not np.allclose(spread, np.swapaxes(spread, -1, -2), rtol=1e-8):
        raise MethodError("covariance is none; wanted it symmetric, and no variance below 0")
    if (variances == 0).any():
        wave = np.argwhere(variances == 0)[0, -1] + 1
        message = (
            f"wave {wave} has no variance, as where everybody or nobody gave the answer: it would "
            "weigh more than all others; take 'cochran-armitage', or leave the wave out"
        )
        raise NotEstimableError(message)
    root = np.sqrt(variances)
    least = np.linalg.eigvalsh(spread / (root[..., :, None] * root[..., None, :]))[..., 0]
    if (least < -_NOTHING).any():
        raise MethodError("covariance is none: a combination of waves has a variance below 0")
    if (least < _NOTHING).any():
        message = (
            "covariance is singular: some waves move together, or there are fewer sampling units "
            "than waves; leave out waves, or take their variances alone if they share nothing"
        )
        raise NotEstimableError(message)


def _times(times: ArrayLike, count: int | None, degree: int, *, spare: int) -> Floats:
    """Times of three waves or more, enough of which differ for the degree."""
    at = numbers("times", times, count)
    check_waves(at.size)
    different = np.unique(at).size
    if different < 3:
        message = f"times differ {different} times; a trend needs three waves; use the change"
        raise MethodError(message)
    if degree < 1 or different < degree + spare:
        got = f"degree is {degree} and {different} times differ"
        raise MethodError(f"{got}; wanted a degree from 1 to {different - spare}")
    return at


def _scaled(at: Floats) -> tuple[Floats, float, float]:
    """Times between -1 and 1, so that their powers stay of one size; centre and unit."""
    centre = float(at.mean())
    unit = float(np.abs(at - centre).max())
    return (at - centre) / unit, centre, unit


def _quantile(df: float, confidence_level: float) -> float:
    """The quantile of t, or of the normal for an infinite df."""
    at = 1 - (1 - confidence_level) / 2
    return float(special.ndtri(at) if np.isinf(df) else special.stdtrit(df, at))


def _two_sided(t: Floats, df: float) -> Floats:
    tail = special.ndtr(-np.abs(t)) if np.isinf(df) else special.stdtr(df, -np.abs(t))
    return np.asarray(2 * tail)


def _notes(count: int, degree: int) -> tuple[str, ...]:
    """What to tell of a curve from few waves."""
    if degree == 1 or count >= _WAVES_FOR_A_CURVE:
        return ()
    return (f"a curve from {count} waves; CDC asks for {_WAVES_FOR_A_CURVE} for its own trends",)
