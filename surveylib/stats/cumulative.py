"""Regression of ordered answers from sums of weights, with variances from the design.

C stands for cells of respondents who are alike in all that the model knows, K for answers in their
order, J = K - 1 for the cuts between them, q for columns.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg, special

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.logistic import logistic, moving
from surveylib.stats.regression import (
    Model,
    Sums,
    Wald,
    check_columns,
    design_covariance,
    maximum,
    orthonormal,
    receding,
    residual,
    wald,
    weights_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from surveylib.stats.regression import State

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cumulative(Model):
    """One slope for all cuts: logit of the share above cut j = x' coefficients - threshold j.

    `coefficients` are log odds ratios for one unit of each column: above 0, answers move up.

    Args:
        thresholds: (J,) where the cuts are, for the answers in `answers`.
        joint: (q + J, q + J) covariance of the coefficients and, after them, the thresholds.
        fitted: (C, K) shares of the answers that the model gives to each cell.
        influence: (C, K, q) what a unit of weight in a cell, with an answer, adds to each
            coefficient: their sum over the sample has the variance of the coefficients under any
            design.
        answers: Places of the answers that somebody gave; the others have no cut of their own.
        steps: Steps to the maximum, which was reached.
    """

    thresholds: Floats
    joint: Floats
    fitted: Floats
    influence: Floats
    answers: tuple[int, ...]
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cuts:
    """A slope for each cut, and their covariance.

    Args:
        coefficients: (J, q) log odds ratios of answers above each cut.
        covariance: (J * q, J * q) of the coefficients, cut by cut.
        df: Residual degrees of freedom, for t and F.
        answers: Places of the answers that somebody gave.
    """

    coefficients: Floats
    covariance: Floats
    df: float
    answers: tuple[int, ...]

    def test(self, columns: Sequence[int] = ()) -> Wald:
        """Test whether the cuts share one slope: Brant's test with the design's covariance.

        Args:
            columns: Places of the columns whose slopes are compared, such as time; all if none.

        Raises:
            MethodError: No such column.
            NotEstimableError: One cut in all, or too few sampling units for so many slopes.
        """
        cuts, q = self.coefficients.shape
        chosen = list(columns) or list(range(q))
        if set(chosen) - set(range(q)) or len(set(chosen)) < len(chosen):
            raise MethodError(f"columns are {chosen}; wanted different ones of 0 to {q - 1}")
        if cuts < 2:
            raise NotEstimableError("two answers have one cut: there is no slope to compare")
        # Each cut beside the first, column by column.
        beside = np.column_stack([-np.ones(cuts - 1), np.eye(cuts - 1)])
        contrasts = np.kron(beside, np.eye(q)[chosen])
        return wald(
            contrasts @ self.coefficients.ravel(),
            contrasts @ self.covariance @ contrasts.T,
            df=self.df,
        )


def cumulative(
    sums: Sums, x: ArrayLike, *, answers: int, df: float, names: Sequence[str] = ()
) -> Cumulative:
    """Regress ordered answers on the columns of cells: the proportional-odds model.

    McCullagh (1980, Journal of the Royal Statistical Society B 42:109), by weighted likelihood;
    the covariance is linearised with the observed curvature, as R survey's svyolr. That stops
    short of the maximum and takes its curvature from differences: it agrees to about 5 digits.

    Args:
        sums: Weights of the answers, 0 to K - 1 in their order.
        x: (C, q) columns of each cell, without a constant: the thresholds are in its place.
        answers: K.
        df: Degrees of freedom of the design. Those of the model are df - q, as in R.
        names: (q,) names of the columns, for messages.

    Raises:
        MethodError: Arrays that do not fit.
        NotEstimableError: One answer in all, a column made of others, too few sampling units, a
            stratum of one unit, or cells that no finite slope tells apart.

    Example:
        With two answers it is a logistic regression: the odds fall from 9 to 1.5.

        >>> sums = Sums(
        ...     unit=[0, 0, 0, 0],
        ...     cell=[0, 0, 1, 1],
        ...     answer=[0, 1, 0, 1],
        ...     weight=[1, 9, 4, 6],
        ...     square=[1, 9, 4, 6],
        ...     n=[20],
        ...     strata=["all"],
        ... )
        >>> found = cumulative(sums, [[0], [1]], answers=2, df=19)
        >>> np.exp(found.coefficients).round(6), np.exp(-found.thresholds).round(6)
        (array([0.166667]), array([9.]))
    """
    columns, called = _named(x, names)
    table = weights_of(sums, len(columns), answers)
    left, q = residual(df, columns.shape[1]), columns.shape[1]
    kept = _given(table)
    part = table[:, kept] / table.sum()
    design = _Design.of(columns, part, called)
    design.refuse_separation(part, called)
    # Begin where all cells are alike: the cuts of all answers together.
    start = np.append(np.zeros(q), special.logit(part.sum(axis=0).cumsum()[:-1]))
    working, curvature, steps = maximum(lambda there: design.state(there, part), start)
    bread = design.back @ linalg.inv(curvature * table.sum())
    influence = np.zeros((*table.shape, q + len(kept) - 1))
    influence[:, kept] = design.scores(working) @ bread.T
    spread = design_covariance(sums, influence)
    found = design.back @ working
    fitted = np.zeros(table.shape)
    fitted[:, kept] = design.shares(working)[0]
    return Cumulative(
        coefficients=found[:q],
        covariance=spread[:q, :q],
        df=left,
        thresholds=found[q:],
        joint=spread,
        fitted=fitted,
        influence=influence[:, :, :q],
        answers=tuple(kept),
        steps=steps,
    )


def by_cut(sums: Sums, x: ArrayLike, *, answers: int, df: float, names: Sequence[str] = ()) -> Cuts:
    """Give each cut between ordered answers its own slopes, by a logistic regression for each.

    Brant (1990, Biometrics 46:1171) compares these slopes to see whether odds are proportional;
    their joint covariance is here that of the design, for simple samples too.

    Args:
        sums: Weights of the answers, 0 to K - 1 in their order.
        x: (C, q) columns of each cell, without a constant.
        answers: K.
        df: Degrees of freedom of the design. Those of the model are df - q.
        names: (q,) names of the columns, for messages.

    Raises:
        MethodError: Arrays that do not fit.
        NotEstimableError: As `logistic`, of the answers above one of the cuts.

    Example:
        >>> cell, answer = np.indices((2, 3)).reshape(2, -1)
        >>> sums = Sums(
        ...     unit=[0] * 6,
        ...     cell=cell,
        ...     answer=answer,
        ...     weight=[10, 10, 10, 5, 10, 15],
        ...     square=[10, 10, 10, 5, 10, 15],
        ...     n=[60],
        ...     strata=["all"],
        ... )
        >>> np.exp(by_cut(sums, [[0], [1]], answers=3, df=59).coefficients.ravel()).round(6)
        array([2.5, 2. ])
    """
    columns, called = _named(x, names)
    kept = _given(weights_of(sums, len(columns), answers))
    whole = np.column_stack([np.ones(len(columns)), columns])
    place = np.asarray(sums.answer)
    slopes, influence = [], []
    for lower, upper in itertools.pairwise(kept):
        above = replace(sums, answer=(place >= upper).astype(np.int64))
        try:
            found = logistic(above, whole, df=df, names=["constant", *called])
        except NotEstimableError as error:
            raise NotEstimableError(f"above answer {lower} (counted from 0): {error}") from error
        slopes.append(found.coefficients[1:])
        sides = (np.arange(answers) >= upper).astype(np.intp)
        influence.append(found.influence[:, sides, 1:])
    return Cuts(
        coefficients=np.array(slopes),
        covariance=design_covariance(sums, np.concatenate(influence, axis=2)),
        df=residual(df, columns.shape[1]),
        answers=tuple(kept),
    )


def _named(x: ArrayLike, names: Sequence[str]) -> tuple[Floats, list[str]]:
    columns = check_columns(x, names)
    return columns, list(names) or [str(place) for place in range(columns.shape[1])]


def _given(table: Floats) -> list[int]:
    """The places of answers that somebody gave."""
    kept = [int(place) for place in np.flatnonzero(table.sum(axis=0))]
    if len(kept) < 2:
        raise NotEstimableError(f"everybody gave answer {kept[0]} (counted from 0): nothing to fit")
    return kept


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Design:
    """The likelihood in working parameters: slopes of the basis, and then the thresholds.

    Args:
        basis: (C, q) columns that have a mean of 0 and are orthonormal under the weights.
        back: (q + J, q + J) from the working parameters to the coefficients and thresholds.
    """

    basis: Floats
    back: Floats

    @classmethod
    def of(cls, columns: Floats, part: Floats, names: Sequence[str]) -> _Design:
        """Take the mean out of the columns, and what they have in common."""
        whole = np.column_stack([np.ones(len(columns)), columns])
        basis, turn = orthonormal(whole, part.sum(axis=1), ["constant", *names])
        q = columns.shape[1]
        back = np.eye(q + part.shape[1] - 1)
        back[:q, :q] = turn[1:, 1:]
        back[q:, :q] = -turn[0, 1:]  # the constant that a centred column holds
        return cls(basis=basis[:, 1:], back=back)

    def shares(self, working: Floats) -> tuple[Floats, Floats, Floats]:
        """(C, K) shares of the answers, and the logits (C, K) of their upper and lower ends."""
        q = self.basis.shape[1]
        logits = working[q:] - (self.basis @ working[:q])[:, None]
        edge = np.full((len(logits), 1), np.inf)
        high, low = np.hstack([logits, edge]), np.hstack([-edge, logits])
        # Taken from the tail in which the share keeps its digits.
        upper = low > 0
        sides = np.where(upper, -low, high), np.where(upper, -high, low)
        return special.expit(sides[0]) - special.expit(sides[1]), high, low

    def _slopes(self, working: Floats) -> tuple[Floats, Floats, Floats]:
        """Shares, and how their logarithm follows the logits of their upper and lower ends."""
        shares, high, low = self.shares(working)
        safe = np.where(shares > 0, shares, np.inf)
        return shares, _density(high) / safe, _density(low) / safe

    def scores(self, working: Floats) -> Floats:
        """(C, K, q + J) slopes of the logarithm of each share."""
        _, above, below = self._slopes(working)
        (cells, many), q = above.shape, self.basis.shape[1]
        found = np.zeros((cells, many, q + many - 1))
        found[:, :, :q] = -(above - below)[:, :, None] * self.basis[:, None, :]
        cut = np.arange(many - 1)
        found[:, cut, q + cut] = above[:, :-1]
        found[:, cut + 1, q + cut] = -below[:, 1:]
        return found

    def state(self, working: Floats, part: Floats) -> State:
        """Log likelihood, its slope and its curvature, turned positive."""
        shares, above, below = self._slopes(working)
        if (shares[part > 0] <= 0).any():  # thresholds out of order, or a share of 0
            return -np.inf, working, np.eye(len(working))
        value = float(special.xlogy(part, np.where(part > 0, shares, 1.0)).sum())
        slope = np.tensordot(part, self.scores(working), axes=2)
        return value, slope, self._curvature(working, part, above, below)

    def _curvature(self, working: Floats, part: Floats, above: Floats, below: Floats) -> Floats:
        """Second derivatives, turned positive: of the upper ends, the lower ends and both."""
        _, high, low = self.shares(working)
        upper = part * (above**2 + above * np.tanh(high / 2))
        lower = part * (below**2 - below * np.tanh(low / 2))
        both = -part * above * below
        q = self.basis.shape[1]
        found = np.zeros((len(working), len(working)))
        each = (upper + lower + 2 * both).sum(axis=1)
        found[:q, :q] = self.basis.T @ (self.basis * each[:, None])
        mixed = (upper + both)[:, :-1] + (lower + both)[:, 1:]
        found[:q, q:] = -self.basis.T @ mixed
        found[q:, :q] = found[:q, q:].T
        found[q:, q:] = np.diag(upper[:, :-1].sum(axis=0) + lower[:, 1:].sum(axis=0))
        cut = np.arange(q, len(working) - 1)
        found[cut, cut + 1] = found[cut + 1, cut] = both[:, 1:-1].sum(axis=0)
        return found

    def refuse_separation(self, part: Floats, names: Sequence[str]) -> None:
        """Refuse cells whose likelihood grows without end, as `logistic` does for two answers.

        An answer that a cell gives forbids its upper end to fall and its lower end to rise.
        """
        given = part > 0
        cell, cut = np.nonzero(given[:, :-1] | given[:, 1:])
        rows = np.zeros((len(cell), len(self.back)))
        rows[:, : self.basis.shape[1]] = -self.basis[cell]
        rows[np.arange(len(cell)), self.basis.shape[1] + cut] = 1
        upper, lower = given[cell, cut], given[cell, cut + 1]
        sides = np.where(upper, 1.0, -1.0)[:, None] * rows
        way = receding(rows[upper & lower], sides[~(upper & lower)])
        if way is not None:
            told = moving((self.back @ way)[: len(names)], names)
            raise NotEstimableError(
                f"cells that {told} tells from the others gave no answer between others, or only"
                " the lowest or the highest, so that a coefficient is infinite; merge answers or"
                " cells, or leave the column out"
            )


def _density(logit: Floats) -> Floats:
    """How the logistic distribution rises; 0 at both ends."""
    return np.asarray(special.expit(logit) * special.expit(-logit))
