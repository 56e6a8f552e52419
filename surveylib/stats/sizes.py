"""What a sample from a design is worth: its effective size, and what its degrees of freedom cost.

`surveylib.stats.intervals.design_proportion` says the rule in full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from surveylib.errors import MethodError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: How close to a whole number a share times a size is that number. The share was a quotient of
#: sums once; what is left of their rounding is not an answer of anybody.
_ROUNDING = 1e-12

#: What stands for a size that no float can hold: it is worth nobody, but nothing divides by 0.
_SMALLEST = np.finfo(np.float64).tiny


def check_design(
    estimate: ArrayLike, n: ArrayLike, n_effective: ArrayLike, df: ArrayLike
) -> tuple[Floats, Floats, Floats, Floats]:
    """Shares, sizes, effective sizes and degrees of freedom as broadcast arrays of floats.

    Raises:
        MethodError: Shapes that do not fit, or a number outside its range.
    """
    given = {"estimate": estimate, "n": n, "n_effective": n_effective, "df": df}
    arrays = [np.asarray(values, dtype=np.float64) for values in given.values()]
    try:
        shares, ns, effective, dfs = np.broadcast_arrays(*arrays)
    except ValueError as error:
        shapes = zip(given, arrays, strict=True)
        message = ", ".join(f"{name} has the shape {array.shape}" for name, array in shapes)
        raise MethodError(f"{message}; wanted shapes that fit each other") from error
    _refuse(~((shares >= 0) & (shares <= 1)), shares, "estimate", "a share from 0 to 1")
    _refuse(~((ns > 0) & np.isfinite(ns)), ns, "n", "at least one respondent")
    unknown = (shares > 0) & (shares < 1) & ~(effective > 0)
    _refuse(unknown, effective, "n_effective", "p(1 - p) / variance, a number above 0")
    _refuse(~(dfs >= 1), dfs, "df", "at least 1, or infinity for a simple sample")
    return shares, ns, effective, dfs


def _refuse(wrong: NDArray[np.bool_], values: Floats, name: str, wanted: str) -> None:
    """Name the first value that is wrong."""
    if wrong.any():
        raise MethodError(f"{name} is {values[wrong].flat[0]:g}; wanted {wanted}")


def truncated(shares: Floats, n: Floats, n_effective: Floats) -> Floats:
    """The effective size, at most n; n itself where all or nobody gave the answer."""
    return np.where((shares > 0) & (shares < 1), np.clip(n_effective, _SMALLEST, n), n)


def adjusted(size: Floats, n: Floats, df: Floats, alpha: float) -> Floats:
    """A size worth less for degrees of freedom that are few. Korn and Graubard (1998)."""
    # One respondent leaves no degree of freedom: t has its widest quantile at 1.
    own = quantile(np.maximum(n - 1, 1.0), alpha)
    factor = np.where(np.isinf(df), 1.0, (own / quantile(df, alpha)) ** 2)
    return np.clip(size * factor, _SMALLEST, n)


def quantile(df: Floats, alpha: float) -> Floats:
    """The quantile of t that leaves half of alpha above it; the normal one for infinite df."""
    simple = np.isinf(df)
    finite = np.where(simple, 1.0, df)
    t = -special.stdtrit(finite, alpha / 2)
    # SciPy 1.12 finds it to nine digits; a step of Newton's method doubles them.
    log_density = -(finite + 1) / 2 * np.log1p(t**2 / finite) - special.betaln(finite / 2, 0.5)
    density = np.exp(log_density) / np.sqrt(finite)
    t += (special.stdtr(finite, -t) - alpha / 2) / density
    return np.asarray(np.where(simple, -special.ndtri(alpha / 2), t))


def counts(shares: Floats, size: Floats) -> Floats:
    """Shares times sizes, whole where only rounding keeps them from it."""
    count = shares * size
    whole = np.rint(count)
    near = np.abs(count - whole) <= _ROUNDING * whole
    return np.minimum(np.where(near, whole, count), size)
