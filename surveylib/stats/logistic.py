"""Regression of shares from sums of weights, with variances from the design.

C stands for cells of respondents who are alike in all that the model knows, q for columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import linalg, special

from surveylib.errors import MethodError, NotEstimableError, listed, no_method
from surveylib.stats.regression import (
    Model,
    Sums,
    check_columns,
    design_covariance,
    maximum,
    orthonormal,
    receding,
    residual,
    weights_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from surveylib.stats.regression import State

    Floats = NDArray[np.float64]

#: A message tells columns that a direction moves by more than this part of what it moves most.
_TOLD = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Logistic(Model):
    """A regression of shares.

    Args:
        fitted: (C,) the share of yes that the model gives to each cell, also to empty ones. With
            the links identity and log it may be outside 0 to 1.
        influence: (C, 2, q) what a unit of weight in a cell, saying no or yes, adds to each
            coefficient: their sum over the sample has the variance of the coefficients under any
            design.
        link: A name in LINKS.
        steps: Steps to the maximum, which was reached.
    """

    fitted: Floats
    influence: Floats
    link: str
    steps: int


class Link(NamedTuple):
    """How columns give a share: the mean is the slope of the cumulant, a convex function.

    `falls` and `rises` say that the mean of 0, and of 1, is reached at no finite coefficients.
    """

    cumulant: Callable[[Floats], Floats]
    mean: Callable[[Floats], Floats]
    slope: Callable[[Floats], Floats]
    falls: bool
    rises: bool


def logistic(
    sums: Sums, x: ArrayLike, *, df: float, link: str = "logit", names: Sequence[str] = ()
) -> Logistic:
    """Regress the share of yes on the columns of cells, under a design.

    Coefficients solve Σ w x (y - mean) = 0; their covariance is linearised, (Σ w mean' x x')⁻¹
    on both sides of the design's covariance of that sum (Binder 1983, International Statistical
    Review 51:279). R survey: svyglm with quasibinomial(), gaussian() or quasipoisson() for the
    links logit (odds), identity (differences of shares) and log (ratios of shares; Zou 2004,
    American Journal of Epidemiology 159:702).

    Args:
        sums: Weights of no (0) and yes (1).
        x: (C, q) columns of each cell; a constant is one of them.
        df: Degrees of freedom of the design. Those of the model are df + 1 - q, as in R.
        link: A name in LINKS.
        names: (q,) names of the columns, for messages.

    Raises:
        MethodError: No such link, or arrays that do not fit.
        NotEstimableError: A column made of others, too few sampling units, a stratum of one unit,
            or separation: a group in which nobody said yes, or everybody did.

    Example:
        Nine of ten in one wave and six of ten in the next: the odds fall from 9 to 1.5.

        >>> sums = Sums(
        ...     unit=[0, 0, 0, 0],
        ...     cell=[0, 0, 1, 1],
        ...     answer=[0, 1, 0, 1],
        ...     weight=[1, 9, 4, 6],
        ...     square=[1, 9, 4, 6],
        ...     n=[20],
        ...     strata=["all"],
        ... )
        >>> np.exp(logistic(sums, [[1, 0], [1, 1]], df=19).coefficients).round(6)
        array([9.      , 0.166667])
    """
    if link not in LINKS:
        raise MethodError(no_method("link", link, LINKS))
    columns = check_columns(x, names)
    table = weights_of(sums, len(columns), 2)
    left = residual(df + 1, columns.shape[1])
    called = list(names) or [str(place) for place in range(columns.shape[1])]
    part = table / table.sum()
    basis, back = orthonormal(columns, part.sum(axis=1), called)
    _refuse_separation(basis, back, table, LINKS[link], called)
    canonical = LINKS[link]
    there = table.sum(axis=1) > 0
    whole, yes, rows = part.sum(axis=1)[there], part[there, 1], basis[there]

    def state(working: Floats) -> State:
        eta = rows @ working
        with np.errstate(over="ignore", invalid="ignore"):  # a step too far is not taken
            gain = float(yes @ eta - whole @ canonical.cumulant(eta))
            away, bend = yes - whole * canonical.mean(eta), whole * canonical.slope(eta)
            return gain, away @ rows, rows.T @ (rows * bend[:, None])

    working, curvature, steps = maximum(state, np.zeros(columns.shape[1]))
    fitted = canonical.mean(basis @ working)
    # Each column of the basis, turned back to the columns that were given.
    moved = linalg.solve(curvature * table.sum(), basis.T, assume_a="pos").T @ back.T
    influence = (np.array([0.0, 1.0]) - fitted[:, None])[:, :, None] * moved[:, None, :]
    return Logistic(
        coefficients=back @ working,
        covariance=design_covariance(sums, influence),
        df=left,
        fitted=fitted,
        influence=influence,
        link=link,
        steps=steps,
    )


def _refuse_separation(
    basis: Floats, back: Floats, table: Floats, link: Link, names: Sequence[str]
) -> None:
    """Refuse cells whose likelihood grows without end. Albert and Anderson (1984)."""
    none = (table[:, 1] == 0) & link.falls
    everybody = (table[:, 0] == 0) & link.rises
    there = table.sum(axis=1) > 0
    sides = np.where(everybody, 1.0, -1.0)[:, None] * basis
    way = receding(basis[there & ~none & ~everybody], sides[there & (none | everybody)])
    if way is not None:
        raise NotEstimableError(
            f"nobody, or everybody, said yes in cells that {moving(back @ way, names)} tells from"
            " the others, so that a coefficient is infinite; merge these cells with others, leave"
            " the column out, or compare the shares themselves"
        )


def moving(way: Floats, names: Sequence[str]) -> str:
    """The columns that a direction moves, for a message.

    Args:
        way: (q,) a direction of the coefficients.
        names: (q,) of the columns.
    """
    size = np.abs(way)
    found = [name for name, one in zip(names, size, strict=True) if one > _TOLD * size.max()]
    return f"column {listed(found)}"


def _log_of_odds(eta: Floats) -> Floats:
    return np.logaddexp(0.0, eta)


def _steepness(eta: Floats) -> Floats:
    return np.asarray(special.expit(eta) * special.expit(-eta))


def _half_square(eta: Floats) -> Floats:
    return eta**2 / 2


#: How columns give a share: its odds, the share itself or its logarithm is a sum.
LINKS: Mapping[str, Link] = MappingProxyType(
    {
        "logit": Link(_log_of_odds, special.expit, _steepness, falls=True, rises=True),
        "identity": Link(_half_square, np.array, np.ones_like, falls=False, rises=False),
        "log": Link(np.exp, np.exp, np.exp, falls=True, rises=False),
    }
)
