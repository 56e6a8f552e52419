"""Tests of whole tables: two questions crossed, one question against given shares, many waves.

A table is its estimated shares and their covariance from the design. Rao and Scott (1981, 1984)
divide Pearson's statistic by design effects, Wald's weighs each departure by its own variance.
K stands for cells, R and C for rows and columns, W for waves, D for constraints of a hypothesis.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import linalg, special

from surveylib.errors import MethodError, NotEstimableError, no_method

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Spread = ArrayLike | None  # a covariance; None is that of a simple sample
    Places = tuple[NDArray[np.intp], NDArray[np.intp]]
    Found = tuple[float, float, float]  # a statistic, its degrees of freedom, its denominator's

#: How far a sum of shares may be from 1, and a sum of covariances from 0 (of the largest one).
_ROUNDING = 1e-8
#: A variance below this part of the largest one is what rounding leaves of 0.
_NOTHING = 1e-12


# Without ==: arrays do not answer it with one yes or no.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableTest:
    """A test of a whole table.

    Args:
        statistic: What the p-value belongs to; its distribution is "chi-squared" or "F".
        df_numerator: Degrees of freedom; those of rao-scott-2 need not be whole.
        df_denominator: Those of F's denominator; infinity for chi-squared.
        p_value: Probability of a statistic as large where the hypothesis is true.
        method: A name in TESTS or TOTALS_TESTS.
        design_effects: Generalised design effects, the largest first; all 1 for a simple sample.
            One for each of the D constraints, less those that empty cells hide.
        expected: Shares that the hypothesis expects, in the shape of the table.
        dropped_rows: Rows left out because nobody is in them, counted from 0.
        dropped_columns: Columns, or answers, left out likewise.
        notes: What a reader has to be told, in words.
    """

    statistic: float
    distribution: str
    df_numerator: float
    df_denominator: float
    p_value: float
    method: str
    design_effects: Floats
    expected: Floats
    dropped_rows: tuple[int, ...]
    dropped_columns: tuple[int, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Shares and what a hypothesis expects of them; checked, and without empty rows or columns."""

    shares: Floats  # (K,)
    expected: Floats  # (K,)
    covariance: Floats  # (K, K)
    simple: Floats  # (K, K) covariance that a simple sample with these shares would have
    contrasts: Floats  # (D, K) what the hypothesis rules out; each sums to 0
    slopes: Floats  # (D, K) derivatives of contrasts @ (shares - expected) by the shares
    n: float
    df: float


class Method(NamedTuple):
    """How a statistic is computed and distributed, and which shares its design effects are of."""

    compute: Callable[[Problem, Floats], Found]
    distribution: str
    at_expected: bool = False


def independence(
    cells: ArrayLike, covariance: Spread, *, n: float, df: float, method: str = "rao-scott-2"
) -> TableTest:
    """Test whether the answers to two questions have nothing to do with each other.

    Args:
        cells: (R, C) estimated shares of a two-way table, which sum to 1; weighted totals for a
            method in TOTALS_TESTS.
        covariance: (R * C, R * C) of the cells, row by row; None for a simple sample.
        n: Respondents in the table.
        df: Degrees of freedom of the design; infinity for a simple sample.
        method: A name in TESTS or TOTALS_TESTS; 'pearson' and 'likelihood-ratio' take the sample
            for a simple one, whatever its covariance.

    Raises:
        MethodError: No such method, or numbers that are no table.
        NotEstimableError: Nothing to compare, or a covariance of no use to the method.

    Example:
        >>> simple = float("inf")
        >>> test = independence([[0.3, 0.2], [0.1, 0.4]], None, n=100, df=simple, method="pearson")
        >>> round(test.statistic, 4), test.df_numerator, round(test.p_value, 7)
        (16.6667, 1, 4.46e-05)
    """
    _check_method(method, {**TESTS, **TOTALS_TESTS})
    of_totals = method in TOTALS_TESTS
    values = _numbers("cells", cells, 2, None if of_totals else (0, 1))
    size, total = _size("n", n), float(values.sum()) if of_totals else 1.0
    simple = _multinomial(values.ravel() / total, size)
    fixed = np.ones((values.size, 0 if of_totals else 1))
    spread = _spread(covariance, simple * total**2, fixed) / total**2
    return _crossed(values / total, spread, simple, n=size, df=_size("df", df), method=method)


def goodness_of_fit(
    shares: ArrayLike,
    expected: ArrayLike,
    covariance: Spread,
    *,
    n: float,
    df: float,
    method: str = "rao-scott-2",
) -> TableTest:
    """Test whether the answers to one question have given shares.

    Args:
        shares: (C,) estimated shares of the answers, which sum to 1.
        expected: (C,) shares to compare with, which sum to 1; known, not estimated.
        covariance: (C, C) of the shares; None for a simple sample.
        n: Respondents who answered.
        df: Degrees of freedom of the design; infinity for a simple sample.
        method: A name in TESTS.

    Raises:
        MethodError: No such method, or numbers that are no shares.
        NotEstimableError: An answer where 0 is expected, or a covariance of no use to the method.
    """
    _check_method(method, TESTS)
    observed = _numbers("shares", shares, 1, (0,))
    given = _numbers("expected", expected, 1, (0,))
    if observed.shape != given.shape:
        raise MethodError(f"shares are {len(observed)} and expected {len(given)}; wanted as many")
    simple = _multinomial(observed, _size("n", n))
    spread = _spread(covariance, simple, np.ones((len(observed), 1)))
    kept = np.flatnonzero((observed > 0) | (given > 0))
    if len(kept) < 2 or (given[kept] == 0).any():
        raise NotEstimableError("one answer in all, or one where 0 is expected: nothing to test")
    contrasts = linalg.helmert(len(kept))
    problem = Problem(
        shares=observed[kept],
        expected=given[kept],
        covariance=spread[np.ix_(kept, kept)],
        simple=simple[np.ix_(kept, kept)],
        contrasts=contrasts,
        slopes=contrasts,
        n=_size("n", n),
        df=_size("df", df),
    )
    return _tested(problem, method, given, (np.zeros(1, dtype=np.intp), kept))


def homogeneity(
    shares: ArrayLike, covariance: Spread, *, n: ArrayLike, df: float, method: str = "rao-scott-2"
) -> TableTest:
    """Test whether the answers to one question have the same shares in every wave.

    Each wave counts by its respondents, whatever its weights sum to.

    Args:
        shares: (W, C) estimated shares of the answers, which sum to 1 in each wave.
        covariance: (W, C, C) of each wave's shares, where waves share neither people nor sampling
            units; (W * C, W * C) of all, wave by wave, where they do; None for simple samples.
        n: (W,) respondents who answered in each wave.
        df: Degrees of freedom of all waves together: their sum where the waves share nothing.
        method: A name in TESTS.

    Raises:
        MethodError: No such method, or numbers that are no shares.
        NotEstimableError: Nothing to compare, or a covariance of no use to the method.
    """
    _check_method(method, TESTS)
    waves = _numbers("shares", shares, 2, (1,))
    count, width = waves.shape
    sizes = np.array([_size("n", size) for size in np.atleast_1d(n)], dtype=np.float64)
    if len(sizes) != count:
        raise MethodError(f"n has {len(sizes)} numbers; wanted {count}, one for each wave")
    pairs = zip(waves, sizes, strict=True)
    simple = linalg.block_diag(*(_multinomial(wave, size) for wave, size in pairs))
    given = np.asarray(simple if covariance is None else covariance, dtype=np.float64)
    if given.shape == (count, width, width):
        given = linalg.block_diag(*given)
    spread = _spread(given, simple, np.repeat(np.eye(count), width, axis=0))
    whole, freedom = float(sizes.sum()), _size("df", df)
    parts = np.repeat(sizes / whole, width)
    cells, both = waves * (sizes / whole)[:, None], np.outer(parts, parts)
    return _crossed(cells, spread * both, simple * both, n=whole, df=freedom, method=method)


def _crossed(
    cells: Floats, covariance: Floats, simple: Floats, *, n: float, df: float, method: str
) -> TableTest:
    """Test independence in a table whose margins are estimated or, as for waves, known."""
    kept = np.flatnonzero(cells.sum(axis=1)), np.flatnonzero(cells.sum(axis=0))
    for name, places in zip(("row", "column"), kept, strict=True):
        if len(places) < 2:
            where = f"{name} {places[0]} (counted from 0)"
            raise NotEstimableError(f"everybody is in {where}: nothing to compare")
    places = (kept[0][:, None] * cells.shape[1] + kept[1]).ravel()
    by_row, by_column = cells.sum(axis=1)[kept[0]], cells.sum(axis=0)[kept[1]]
    high, wide = len(by_row), len(by_column)
    contrasts = np.kron(linalg.helmert(high), linalg.helmert(wide))
    # Derivatives of row times column divided by the sum of all, which is 1 but, of totals, varies.
    slopes = np.kron(np.eye(high), np.outer(by_column, np.ones(wide)))
    slopes += np.kron(np.outer(by_row, np.ones(high)), np.eye(wide))
    slopes -= np.outer(np.outer(by_row, by_column), np.ones(high * wide))
    problem = Problem(
        shares=cells.ravel()[places],
        expected=np.outer(by_row, by_column).ravel(),
        covariance=covariance[np.ix_(places, places)],
        simple=simple[np.ix_(places, places)],
        contrasts=contrasts,
        slopes=contrasts - contrasts @ slopes,
        n=n,
        df=df,
    )
    return _tested(problem, method, np.outer(cells.sum(axis=1), cells.sum(axis=0)), kept)


def _tested(problem: Problem, method: str, expected: Floats, kept: Places) -> TableTest:
    """Carry out a test, and say what was left out."""
    chosen = {**TESTS, **TOTALS_TESTS}[method]
    effects = _design_effects(problem, at_expected=chosen.at_expected)
    value, top, bottom = chosen.compute(problem, effects)
    # F with infinitely many degrees of freedom below is chi-squared divided by those above.
    simple = value * (top if chosen.distribution == "F" else 1)
    tail = special.chdtrc(top, simple) if np.isinf(bottom) else special.fdtrc(top, bottom, value)
    sides = zip(np.atleast_2d(expected).shape, kept, strict=True)
    dropped = [tuple(np.setdiff1d(range(size), places).tolist()) for size, places in sides]
    notes = [
        f"{name} {', '.join(map(str, places))} (counted from 0) left out: nobody is there"
        for name, places in zip(("row", "column"), dropped, strict=True)
        if places
    ]
    if hidden := len(problem.contrasts) - len(effects):
        notes.append(f"empty cells hide {hidden} of {len(problem.contrasts)} design effects")
    return TableTest(
        statistic=value,
        distribution=chosen.distribution,
        df_numerator=top,
        df_denominator=bottom,
        p_value=float(tail),
        method=method,
        design_effects=effects,
        expected=expected,
        dropped_rows=dropped[0],
        dropped_columns=dropped[1],
        notes=tuple(notes),
    )


def _design_effects(problem: Problem, *, at_expected: bool) -> Floats:
    """Variances of what is ruled out, divided by those of a simple sample; the largest first.

    The eigenvalues of Rao and Scott (1984, section 3). Shares weigh as observed, as in R survey;
    where one of them is 0, as expected, because R's 0 for 1 / 0 undoes what contrasts compare.
    """
    as_expected = at_expected or bool((problem.shares == 0).any())
    root = np.sqrt(problem.expected if as_expected else problem.shares)
    simple = _multinomial(problem.expected, problem.n) if at_expected else problem.simple
    directions = linalg.qr((problem.contrasts / root).T, mode="economic")[0] / root[:, None]
    size, axes = linalg.eigh(directions.T @ simple @ directions)
    # Where a simple sample could not vary either, all cells being empty, there is no ratio.
    told = size > _NOTHING * max(1 / problem.n, size[-1])
    scaled = directions @ (axes[:, told] / np.sqrt(size[told]))
    effects = np.linalg.eigvalsh(scaled.T @ problem.covariance @ scaled)[::-1]
    return np.asarray(np.maximum(effects, 0.0), dtype=np.float64)


def pearson(problem: Problem, _effects: Floats) -> Found:
    """X² of a simple sample; scipy's chi2_contingency without correction."""
    squares = (problem.shares - problem.expected) ** 2 / problem.expected
    return float(problem.n * squares.sum()), len(problem.contrasts), np.inf


def likelihood_ratio(problem: Problem, _effects: Floats) -> Found:
    """G² of a simple sample; scipy's chi2_contingency with lambda_="log-likelihood"."""
    statistic = 2 * problem.n * float(special.rel_entr(problem.shares, problem.expected).sum())
    return max(statistic, 0.0), len(problem.contrasts), np.inf  # rounding may be below 0


def rao_scott_1(problem: Problem, effects: Floats) -> Found:
    """X² divided by the mean design effect. Rao and Scott (1984); R svychisq "Chisq"."""
    if not len(effects) or effects[0] <= _NOTHING:
        raise NotEstimableError(
            "no design effect can be told: cells are empty, or fixed by the design; merge answers"
        )
    statistic, constraints, _ = pearson(problem, effects)
    return statistic / float(effects.mean()), constraints, np.inf


def rao_scott_2(problem: Problem, effects: Floats) -> Found:
    """F for design effects that differ. Rao and Scott (1984); R svychisq "F"."""
    statistic, constraints, _ = rao_scott_1(problem, effects)
    # R's (Σ λ)² / Σ λ². Hidden design effects are taken to be spread like the others.
    top = constraints * float(effects.mean() ** 2 / (effects**2).mean())
    return statistic / constraints, top, top * problem.df


def wald(problem: Problem, _effects: Floats) -> Found:
    """F of departures weighed by the inverse of their covariance. Koch and others (1975)."""
    departures = problem.contrasts @ (problem.shares - problem.expected)
    size, axes = linalg.eigh(problem.slopes @ problem.covariance @ problem.slopes.T)
    constraints = len(departures)
    if problem.df < constraints or size[0] <= _NOTHING * max(1 / problem.n, size[-1]):
        raise NotEstimableError(
            "the covariance is singular: too few sampling units for so large a table, or cells"
            " are empty or fixed by the design; choose 'rao-scott-2', or merge answers"
        )
    return float(((axes.T @ departures) ** 2 / size).sum()) / constraints, constraints, problem.df


def adjusted_wald(problem: Problem, effects: Floats) -> Found:
    """Wald's F as Hotelling's, for a covariance that is estimated. Thomas and Rao (1987)."""
    statistic, constraints, df = wald(problem, effects)
    left = df - constraints + 1
    return statistic * (1.0 if np.isinf(df) else left / df), constraints, left


def _multinomial(shares: Floats, n: float) -> Floats:
    """Covariance of shares in a simple sample of n."""
    return np.asarray((np.diag(shares) - np.outer(shares, shares)) / n, dtype=np.float64)


def _check_method(method: str, table: Mapping[str, Method]) -> None:
    if method not in table:
        raise MethodError(no_method("table test", method, table))


def _size(name: str, value: ArrayLike) -> float:
    """A number of respondents, or of degrees of freedom, which may be infinite."""
    found = np.asarray(value, dtype=np.float64)
    if found.shape != () or not found >= 1 or (name == "n" and np.isinf(found)):
        raise MethodError(f"{name} is {found}; wanted one number of at least 1 (df: or infinity)")
    return float(found)


def _numbers(name: str, values: ArrayLike, dimensions: int, over: tuple[int, ...] | None) -> Floats:
    """Shares, which sum to 1 over some dimensions, or totals."""
    found = np.asarray(values, dtype=np.float64)
    wrong = found[~((found >= 0) & np.isfinite(found))]
    if found.ndim != dimensions or wrong.size or not found.any():
        got = f"hold {wrong[0]:g}" if wrong.size else f"have the shape {found.shape}"
        wanted = f"{dimensions} dimensions of numbers from 0 on, not all 0"
        raise MethodError(f"{name} {got}; wanted {wanted}")
    sums = np.ones(1) if over is None else np.atleast_1d(found.sum(axis=over))
    if (off := sums[np.abs(sums - 1) > _ROUNDING]).size:
        raise MethodError(f"{name} sum to {off[0]:.9g}; wanted shares that sum to 1")
    return found


def _spread(covariance: Spread, simple: Floats, fixed: Floats) -> Floats:
    """A covariance of the shape of a simple sample's, in which sums that are fixed do not vary."""
    found = np.asarray(simple if covariance is None else covariance, dtype=np.float64)
    if found.shape != simple.shape or not np.isfinite(found).all():
        got = f"covariance of shape {found.shape}"
        raise MethodError(f"{got}; wanted finite numbers in the shape {simple.shape}")
    least = max(_ROUNDING * np.abs(found).max(), _NOTHING * np.abs(simple).max())
    if (np.abs(found - found.T) > least).any() or linalg.eigvalsh(found)[0] < -least:
        raise MethodError("covariance is none; wanted it symmetric, and no variance below 0")
    if (np.abs(found @ fixed) > least * len(found)).any():
        raise MethodError("covariance lets a sum of 1 vary; wanted that of shares, row by row")
    return found


#: Tests of shares. rao-scott-2-null takes the design effects of the expected shares, as R survey's
#: svygofchisq does: to match others, because it finds too much where cells are nearly empty.
TESTS: Mapping[str, Method] = MappingProxyType(
    {
        "rao-scott-2": Method(rao_scott_2, "F"),
        "rao-scott-1": Method(rao_scott_1, "chi-squared"),
        "rao-scott-2-null": Method(rao_scott_2, "F", at_expected=True),
        "wald": Method(wald, "F"),
        "adjusted-wald": Method(adjusted_wald, "F"),
        "pearson": Method(pearson, "chi-squared"),
        "likelihood-ratio": Method(likelihood_ratio, "chi-squared"),
    }
)

#: Tests of weighted totals, as R svychisq "Wald" and "adjWald": the sum of all weights varies too.
TOTALS_TESTS: Mapping[str, Method] = MappingProxyType(
    {"wald-totals": Method(wald, "F"), "adjusted-wald-totals": Method(adjusted_wald, "F")}
)
