"""What regressions from sums of weights have in common: the sums, the maximum, tests.

Respondents of one cell, such as a wave and a place, are alike in all that a model knows of them,
so that sums by sampling unit, cell and answer hold all that it needs: nothing grows with
respondents. C stands for cells, K for answers, q for columns, T for lines of sums, U for units,
H for strata.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg, optimize, sparse, special
from scipy.linalg import lapack

from surveylib.errors import MethodError, NotEstimableError, listed
from surveylib.stats import variance
from surveylib.stats.intervals import check_level

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    State = tuple[float, Floats, Floats]  # log likelihood, its slope, its curvature

#: A column is made of others when they leave less than this part of it.
_ROUNDING = 1e-10
#: At the maximum a step gains no more than this of the log likelihood per respondent.
_LAST_GAIN = 1e-18
_MOST_STEPS = 100
#: What the log likelihood may lose by the rounding of its sum.
_LOSS = 1e-13
#: How far a direction, of length 1, moves a cell at least.
_MOVES = 1e-6
#: A variance below this part of the largest is what rounding leaves of 0.
_NOTHING = 1e-12


# Without ==: arrays do not answer it with one yes or no.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sums:
    """Weights summed by sampling unit, cell and answer, and how the units were drawn.

    Units without a line still count: they were drawn.

    Args:
        unit: (T,) place of the first-stage unit or, where respondents were drawn, of the stratum.
        cell: (T,) place of the cell.
        answer: (T,) place of the answer; 0 for no and 1 for yes in `logistic`.
        weight: (T,) sums of weights.
        strata: (H,) names of the strata.
        stratum: (U,) place of each first-stage unit's stratum; None where respondents were drawn.
        square: (T,) sums of squared weights, where respondents were drawn; otherwise None.
        n: (H,) respondents of each stratum, in a line or not, where respondents were drawn;
            otherwise None.
        fraction: (H,) units drawn for each unit of the population; None: with replacement.
        lonely: A name in `surveylib.stats.variance.LONELY`, for strata of one unit.
    """

    unit: ArrayLike
    cell: ArrayLike
    answer: ArrayLike
    weight: ArrayLike
    strata: Sequence[str]
    stratum: ArrayLike | None = None
    square: ArrayLike | None = None
    n: ArrayLike | None = None
    fraction: ArrayLike | None = None
    lonely: str = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wald:
    """A test that several numbers are all 0.

    Args:
        statistic: F; with infinitely many df_denominator, chi-squared divided by df_numerator.
        df_numerator: How many numbers.
        df_denominator: Degrees of freedom of the covariance.
        p_value: Probability of a statistic as large where all are 0.
    """

    statistic: float
    df_numerator: int
    df_denominator: float
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Coefficients:
    """Each coefficient by itself.

    Args:
        estimate: (q,) the coefficients.
        standard_error: (q,) square roots of their variances.
        low: (q,) lower limits, by the t-distribution.
        high: (q,) upper limits.
        p_value: (q,) of the t-test that the coefficient is 0, two-sided; it agrees with the limits.
        confidence_level: Nominal coverage of each interval.
    """

    estimate: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    p_value: Floats
    confidence_level: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """Coefficients that a design gives, and their covariance.

    Args:
        coefficients: (q,) estimates, one for each column.
        covariance: (q, q) of the coefficients.
        df: Residual degrees of freedom, for t and F.
    """

    coefficients: Floats
    covariance: Floats
    df: float

    def test(self, columns: Sequence[int]) -> Wald:
        """Test whether the coefficients of some columns are all 0. R survey's regTermTest.

        Args:
            columns: Places of the columns, counted from 0.

        Raises:
            MethodError: No such column.
            NotEstimableError: As `wald`.
        """
        places = np.asarray(columns)
        known = set(range(len(self.coefficients)))
        if not len(places) or len(set(places.tolist())) < len(places) or set(places) - known:
            got = f"columns are {list(columns)}"
            raise MethodError(f"{got}; wanted different ones of 0 to {max(known)}")
        return wald(self.coefficients[places], self.covariance[np.ix_(places, places)], df=self.df)

    def each(self, *, confidence_level: float = 0.95) -> Coefficients:
        """Give each coefficient its standard error, interval and t-test.

        Args:
            confidence_level: Nominal coverage of each interval.

        Raises:
            MethodError: A level outside its range.
            NotEstimableError: A coefficient that the sample leaves no room to vary.
        """
        check_level(confidence_level)
        error = np.sqrt(np.diag(self.covariance))
        if (fixed := np.flatnonzero(error == 0)).size:
            raise NotEstimableError(f"coefficient {fixed[0]} has a variance of 0: nothing to test")
        reach = error * t_quantile(confidence_level, self.df)
        size = np.abs(self.coefficients / error)
        tail = special.ndtr(-size) if np.isinf(self.df) else special.stdtr(self.df, -size)
        return Coefficients(
            estimate=self.coefficients,
            standard_error=error,
            low=self.coefficients - reach,
            high=self.coefficients + reach,
            p_value=2 * tail,
            confidence_level=confidence_level,
        )


def wald(estimates: ArrayLike, covariance: ArrayLike, *, df: float) -> Wald:
    """Test whether D estimates are all 0: F = e' V⁻¹ e / D. R survey's regTermTest.

    Args:
        estimates: (D,) the numbers.
        covariance: (D, D) of the numbers.
        df: Degrees of freedom of the covariance; infinity for a known one.

    Raises:
        NotEstimableError: A covariance in which some combination does not vary: too few units.

    Example:
        >>> test = wald([2.0, 1.0], [[1.0, 0.0], [0.0, 1.0]], df=10)
        >>> test.statistic, round(test.p_value, 6)
        (2.5, 0.131687)
    """
    values, spread = np.asarray(estimates, np.float64), np.asarray(covariance, np.float64)
    many, scale = len(values), np.sqrt(np.diag(spread))
    if many > df or (scale <= 0).any():
        raise NotEstimableError(f"{many} numbers to test and {df:g} degrees of freedom, or one of"
                                " them cannot vary: nothing to test")  # fmt: skip
    size, axes = linalg.eigh(spread / np.outer(scale, scale))
    if size[0] <= _NOTHING * size[-1]:
        raise NotEstimableError("the covariance is singular: too few sampling units; test fewer")
    statistic = float(((axes.T @ (values / scale)) ** 2 / size).sum()) / many
    simple = np.isinf(df)
    tail = special.chdtrc(many, statistic * many) if simple else special.fdtrc(many, df, statistic)
    return Wald(statistic=statistic, df_numerator=many, df_denominator=df, p_value=float(tail))


def t_quantile(confidence_level: float, df: float) -> float:
    """How many standard errors an interval reaches.

    >>> round(t_quantile(0.95, float("inf")), 6)
    1.959964
    """
    p = (1 + confidence_level) / 2
    return float(special.ndtri(p) if np.isinf(df) else special.stdtrit(df, p))


def residual(df: float, columns: int) -> float:
    """Degrees of freedom that columns leave.

    Raises:
        MethodError: Not a number of degrees of freedom.
        NotEstimableError: None are left.
    """
    if not df >= 1:
        raise MethodError(f"df is {df}; wanted degrees of freedom, a number of at least 1")
    if df - columns < 1:
        raise NotEstimableError(f"{columns} columns leave {df - columns:g} degrees of freedom: too"
                                " few sampling units for so many; leave columns out")  # fmt: skip
    return float(df - columns)


def check_columns(x: ArrayLike, names: Sequence[str]) -> Floats:
    """Columns as numbers.

    Raises:
        MethodError: Not (C, q) finite numbers, or other names than q.
    """
    found = np.asarray(x, dtype=np.float64)
    if found.ndim != 2 or not found.size or not np.isfinite(found).all():
        raise MethodError(f"x of shape {found.shape}; wanted finite numbers, a row for each cell")
    if len(names) not in {0, found.shape[1]}:
        raise MethodError(f"names has {len(names)} entries; wanted {found.shape[1]}, one each")
    return found


def weights_of(sums: Sums, cells: int, answers: int) -> Floats:
    """The (C, K) weights of each cell and answer, after a look at the sums.

    Raises:
        MethodError: Sums that do not fit together, or that are no weights.
        NotEstimableError: Nobody.
    """
    drawn = sums.stratum is None
    if drawn != (sums.square is not None) or drawn != (sums.n is not None):
        raise MethodError("wanted stratum where first-stage units were drawn, or square and n where"
                          " respondents were, and not both")  # fmt: skip
    units = len(sums.strata) if sums.stratum is None else len(np.asarray(sums.stratum))
    lines = np.shape(sums.weight)
    for name, high in (("unit", units), ("cell", cells), ("answer", answers)):
        places = np.asarray(getattr(sums, name))
        if places.shape != lines or places.ndim != 1 or places.dtype.kind not in "iu":
            raise MethodError(f"{name} of shape {places.shape}; wanted whole numbers, {lines}")
        if places.size and not 0 <= places.min() <= places.max() < high:
            got = f"{name} has {places.min()} to {places.max()}"
            raise MethodError(f"{got}; wanted places from 0, below {high}")
    for name in ("weight", "square"):
        values = np.asarray(getattr(sums, name) if name == "weight" or drawn else 0.0, np.float64)
        if values.shape not in {lines, ()} or not (np.isfinite(values) & (values >= 0)).all():
            raise MethodError(f"{name} of shape {values.shape}; wanted {lines} numbers from 0 on")
    places = np.asarray(sums.cell) * answers + np.asarray(sums.answer)
    table = np.bincount(places, np.asarray(sums.weight, np.float64), cells * answers)
    if not table.sum() > 0:
        raise NotEstimableError("no respondents, or no weight, in any cell")
    return np.asarray(table.reshape(cells, answers), dtype=np.float64)


def orthonormal(columns: Floats, weight: Floats, names: Sequence[str]) -> tuple[Floats, Floats]:
    """Columns that the weights make orthonormal, and the matrix that turns coefficients back.

    Where years stand beside their squares, digits are lost otherwise.

    Args:
        columns: (C, q) of each cell.
        weight: (C,) of the cells.
        names: (q,) of the columns.

    Raises:
        NotEstimableError: A column made of others.
    """
    size = np.sqrt(weight @ columns**2)
    scaled = columns * np.sqrt(weight)[:, None] / np.where(size > 0, size, 1.0)
    triangle = np.asarray(np.linalg.qr(scaled, mode="r"), np.float64)
    _check_apart(triangle, names)
    # Of few columns; scipy's solve_triangular would wake threads for each.
    back = np.linalg.inv(triangle) / size[:, None]
    return np.asarray(columns @ back, np.float64), np.asarray(back, np.float64)


def _check_apart(triangle: Floats, names: Sequence[str]) -> None:
    """Refuse columns made of those before them."""
    rows, columns = triangle.shape
    if rows == columns and np.linalg.svd(triangle, compute_uv=False)[-1] > _ROUNDING:
        return
    first = range(columns + 1)
    ranks = [np.linalg.matrix_rank(triangle[:, :many], tol=_ROUNDING) for many in first]
    if (made := np.flatnonzero(np.diff(ranks) == 0)).size:
        called = listed(names[int(place)] for place in made)
        raise NotEstimableError(f"column {called} is made of the others, or 0, wherever there are"
                                " respondents; leave it out")  # fmt: skip


def receding(equal: Floats, above: Floats) -> Floats | None:
    """A direction d with equal @ d = 0 and above @ d ≥ 0, not all 0; None where there is none.

    Along it the likelihood never falls: it has no maximum. Konis (2007, Computational algorithms
    for detecting separation, Oxford), by linear programming.

    Args:
        equal: (E, q) rows that may not move; together with those above of full rank.
        above: (M, q) rows that may only rise.
    """
    if not len(above):
        return None
    triangle = np.linalg.qr(equal, mode="r")
    free = linalg.null_space(triangle, rcond=_ROUNDING) if len(equal) else np.eye(above.shape[1])
    if not free.shape[1]:
        return None
    rows = above @ free
    found = optimize.linprog(
        -rows.sum(axis=0), A_ub=-rows, b_ub=np.zeros(len(rows)), bounds=(-1, 1)
    )
    way = np.asarray(free @ found.x, np.float64)
    return way if (above @ way).max() > _MOVES else None


def maximum(state: Callable[[Floats], State], start: Floats) -> tuple[Floats, Floats, int]:
    """The maximum of a concave function, by Newton's steps, halved where they go too far.

    Args:
        state: From a place to the value there, its slope and its curvature (turned positive).
        start: Where to begin.

    Returns:
        The place, the curvature there, and how many steps it took.

    Raises:
        NotEstimableError: It is not reached.
    """
    here, (value, slope, curvature) = start, state(start)
    for count in range(1, _MOST_STEPS + 1):
        # Of a few columns: without the checks of scipy, which take ten times as long.
        _, step, wrong = lapack.dposv(curvature, slope)
        if wrong:
            raise NotEstimableError("the likelihood has no maximum that can be found")
        gain, part = float(step @ slope), 1.0
        while True:
            there = state(here + part * step)
            if there[0] >= value - _LOSS * max(1.0, abs(value)):
                break
            part /= 2
            if part < _ROUNDING:
                raise NotEstimableError("the likelihood has no maximum that can be found")
        here, (value, slope, curvature) = here + part * step, there
        if gain < _LAST_GAIN:
            return here, curvature, count
    raise NotEstimableError(f"the likelihood has no maximum within {_MOST_STEPS} steps")


def design_covariance(sums: Sums, influence: Floats) -> Floats:
    """The (q, q) covariance of numbers to which every unit of weight adds something.

    Args:
        sums: As `weights_of` has checked them.
        influence: (C, K, q) what a unit of weight in a cell, with an answer, adds.

    Raises:
        MethodError: A design that does not fit.
        NotEstimableError: A stratum of one unit, and no rule for it.
    """
    _, answers, q = influence.shape
    unit = np.asarray(sums.unit)
    places = np.asarray(sums.cell) * answers + np.asarray(sums.answer)
    each, strata = influence.reshape(-1, q), len(sums.strata)
    units = strata if sums.stratum is None else len(np.asarray(sums.stratum))

    def summed(lines: ArrayLike | None, adds: Floats) -> Floats:
        """(U, …) sums of a column of lines, times what a cell and an answer add."""
        column = np.asarray(lines, np.float64)
        table = sparse.coo_array((column, (unit, places)), shape=(units, len(adds)))
        return np.asarray(table @ adds, np.float64)

    found: variance.Moments | variance.UnitTotals
    totals = summed(sums.weight, each)
    if sums.stratum is None:
        both = (each[:, :, None] * each[:, None, :]).reshape(-1, q * q)
        products = summed(sums.square, both).reshape(strata, q, q)
        found = variance.Moments(n=np.asarray(sums.n, np.int64), sums=totals, products=products)
    else:
        found = variance.moments(totals, sums.stratum, strata)
    return variance.covariance(
        found, fraction=sums.fraction, lonely=sums.lonely, names=tuple(sums.strata)
    )
