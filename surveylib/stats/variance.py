"""Variances and covariances of estimates from a design, by linearisation.

An estimate is a sum over sampling units of its linearised totals; strata are drawn independently.
K stands for estimates, U for units of the first stage, H for strata.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import MethodError, NotEstimableError, listed, no_method
from surveylib.stats.answer_moments import ROUNDING, AnswerMoments
from surveylib.stats.intervals import plain
from surveylib.stats.lonely import LONELY, Lonely

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


#: Multiplications that OpenBLAS does in one thread, and those for which more are worth waking:
#: thousands of small products that each wake one take many times as long on a busy machine.
_ALONE, _WORTH = 250_000, 50_000_000
#: What rounding leaves of a difference of two sums over many respondents that are alike.
_SUMMED = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Sums of linearised totals over the units of each stratum.

    Args:
        n: (H,) units in each stratum, also those without anybody of the domain.
        sums: (H, K) sums of the units' totals.
        products: (H, K, K) sums of the products of the units' totals.
        around: (H, K) sums of squares around each stratum's mean, where they are known more closely
            than from products; None where they are not.
        size: (H, K) what products were computed from, without signs; None for the products.
    """

    n: Whole
    sums: Floats
    products: Floats
    around: Floats | None = None
    size: Floats | None = None

    def spread(self, scale: Floats) -> tuple[Floats, Floats]:
        """(K, K) products around strata's means, times `scale` (H,), and (K,) their rounding."""
        raw = np.einsum("h,hij->ij", scale, self.products)
        means = self.sums * np.sqrt(scale / np.maximum(self.n, 1))[:, None]
        found = raw - _crossed(means, means)
        if self.around is not None:
            np.fill_diagonal(found, scale @ self.around)
        size = np.diagonal(raw) if self.size is None else scale @ self.size
        return found, ROUNDING * np.sqrt(self.n.sum()) * size


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitTotals:
    """The same of units that are at hand, in less room: products are not kept by stratum.

    Args:
        n: (H,) units in each stratum.
        sums: (H, K) sums of the units' totals.
        totals: (U, K) totals of the units.
        stratum: (U,) place of each unit's stratum.
        size: (U, K) what totals were computed from, without signs; None for the totals.
    """

    n: Whole
    sums: Floats
    totals: Floats
    stratum: Whole
    size: Floats | None = None

    def spread(self, scale: Floats) -> tuple[Floats, Floats]:
        """(K, K) products around strata's means, times `scale` (H,), and (K,) their rounding."""
        means = self.sums / np.maximum(self.n, 1)[:, None]
        away = self.totals - np.take(means, self.stratum, axis=0)
        each = scale[self.stratum]
        found = _crossed(away, away * each[:, None])
        if self.size is None:
            raw = np.diagonal(found) + _weighed(scale * self.n, means**2)
            least = ROUNDING * np.sqrt(self.n.sum()) * raw
        else:
            least = _weighed(each, (_SUMMED * self.size) ** 2)
        return found, np.asarray(least)


def _weighed(each: Floats, values: Floats) -> Floats:
    """(K,) sums of columns (U, K) times weights, in one thread."""
    return np.asarray(np.einsum("u,uk->k", each, values), np.float64)


def _crossed(one: Floats, other: Floats) -> Floats:
    """(K, K) sums of products of columns (U, K): of few in one thread, block by block."""
    many, k = one.shape
    step = max(_ALONE // max(k * k, 1), 1)
    if many <= step or many * k * k > _WORTH:
        return np.asarray(one.T @ other)
    found = np.zeros((k, k))
    for start in range(0, many, step):
        block = slice(start, start + step)
        found += one[block].T @ other[block]
    return found


def moments(
    totals: ArrayLike, stratum: ArrayLike, strata: int, *, size: Floats | None = None
) -> UnitTotals:
    """Sum the units of each stratum.

    Args:
        totals: (U, K) linearised totals of the units; zeros for a unit with nobody of the domain.
        stratum: (U,) place of each unit's stratum, 0 to strata - 1.
        strata: How many strata there are, H.
        size: (U, K) what totals were computed from, without signs; None for the totals.

    Raises:
        MethodError: Shapes that do not fit, a stratum out of range, or totals that are not finite.

    Example:
        >>> moments([[1.0], [3.0], [5.0]], [0, 0, 1], 2).sums.ravel()
        array([4., 5.])
    """
    values, places = _numbers("totals", totals), np.asarray(stratum)
    if places.shape != (len(values),) or not np.issubdtype(places.dtype, np.integer):
        raise MethodError(f"stratum of {places.shape}; wanted {len(values)} whole numbers")
    if len(places) and not 0 <= places.min() <= places.max() < strata:
        raise MethodError(f"stratum has {places.min()} to {places.max()}; wanted below {strata}")
    n = np.bincount(places, minlength=strata).astype(np.int64)
    sums = np.empty((strata, values.shape[1]))
    for place, column in enumerate(values.T):
        sums[:, place] = np.bincount(places, column, strata)
    stratum = np.asarray(places, np.int64)
    return UnitTotals(n=n, sums=sums, totals=values, stratum=stratum, size=size)


def covariance(
    found: Moments | UnitTotals | AnswerMoments,
    *,
    fraction: ArrayLike | None = None,
    lonely: str = "error",
    names: Sequence[str] = (),
) -> Floats:
    """Compute the (K, K) covariance of estimates from the sums of each stratum.

    Σ (1 - f) n / (n - 1) [products - sums sums' / n] over strata, as R survey's svyrecvar. Strata
    without units do not count.

    Args:
        found: Sums of the linearised totals.
        fraction: (H,) units drawn for each unit of the stratum's population, 0 to 1; None or 0:
            drawn with replacement, or from so many that it does not matter.
        lonely: A name in LONELY: what to do with strata of one unit that may have been another.
        names: (H,) names of the strata, for messages.

    Raises:
        MethodError: No such rule, or arrays that do not fit.
        NotEstimableError: A stratum of one unit and no rule for it.

    Example:
        Two units in a stratum differ by 2: the variance of their sum is 2².

        >>> covariance(moments([[1.0], [3.0]], [0, 0], 1))
        array([[4.]])
    """
    _check(found, lonely, names)
    return _summed(found, 1 - _fractions("fraction", fraction, len(found.n)), lonely, names)


def second_stage(
    found: Moments | UnitTotals | AnswerMoments,
    *,
    fraction: ArrayLike,
    first: ArrayLike,
    lonely: str = "error",
    names: Sequence[str] = (),
) -> Floats:
    """Compute what the second stage of a sample adds to the (K, K) covariance.

    Σ f1 (1 - f2) m / (m - 1) [products - sums sums' / m] over first-stage units. Särndal, Swensson
    and Wretman (1992), result 4.3.1; R survey's svyrecvar with fpc for two stages.

    Args:
        found: Sums over the second-stage units of each first-stage unit: H stands for U here.
        fraction: (U,) second-stage units drawn for each one in the first-stage unit, f2.
        first: (U,) first-stage fraction of the stratum that the first-stage unit is in, f1; 0
            where the first stage was drawn with replacement, which needs no second.
        lonely: A name in LONELY, for first-stage units in which one of several was drawn.
        names: (U,) names of the first-stage units, for messages.

    Raises:
        MethodError: No such rule, or arrays that do not fit.
        NotEstimableError: A first-stage unit with one second-stage unit and no rule for it.
    """
    _check(found, lonely, names)
    within = 1 - _fractions("fraction", fraction, len(found.n))
    return _summed(found, within * _fractions("first", first, len(found.n)), lonely, names)


def _summed(
    found: Moments | UnitTotals | AnswerMoments, rest: Floats, lonely: str, names: Sequence[str]
) -> Floats:
    """The covariance, with what each stratum's fraction leaves of its variance."""
    n = found.n
    scale = np.where(n > 1, rest * n / np.maximum(n - 1, 1), 0.0)
    others, least = found.spread(scale)
    # All units alike have no variance: the algebra gives exactly 0, rounding a little, or less.
    alike = np.diagonal(others) <= least
    others[alike] = 0
    others[:, alike] = 0
    single = (n == 1) & (rest > 0)
    called = names or [f"number {place}" for place in range(len(n))]
    if single.any():
        others = LONELY[lonely](
            Lonely(
                others=others,
                strata=int((n > 0).sum()),
                units=int(n.sum()),
                totals=found.sums[single],
                rest=rest[single],
                mean=found.sums.sum(axis=0) / n.sum(),
                names=tuple(itertools.compress(called, single)),
            )
        )
    return np.asarray((others + others.T) / 2, dtype=np.float64)


def shares(numerators: ArrayLike, denominators: ArrayLike) -> tuple[Floats, Floats]:
    """Estimate ratios of totals (shares and means too), and linearise them.

    Args:
        numerators: (U, K) weighted totals of the units: of those who gave the answer, or of a
            number times weight.
        denominators: (U, K), or (U, 1) for all: weighted totals of the base.

    Returns:
        The (K,) estimates p = Σ y / Σ x and the (U, K) linearised totals (y - p x) / Σ x.
        A total is its own linearised total.

    Raises:
        MethodError: Shapes that do not fit, or numbers that are not finite.
        NotEstimableError: A base without anybody.

    Example:
        >>> estimates, linearised = shares([[1.0], [2.0]], [[4.0], [4.0]])
        >>> estimates, linearised.ravel()
        (array([0.375]), array([-0.0625,  0.0625]))
    """
    tops, bases = _numbers("numerators", numerators), _numbers("denominators", denominators)
    if bases.shape not in {tops.shape, (len(tops), 1)}:
        raise MethodError(f"denominators of {bases.shape}; wanted {tops.shape} or one column")
    whole = _column_sums(bases)
    if (whole == 0).any():
        places = listed(str(place) for place in np.flatnonzero(whole == 0))
        raise NotEstimableError(f"no respondents, or no weight, in the base of estimate {places}")
    estimates = _column_sums(tops) / whole
    return estimates, (tops - estimates * bases) / whole


def _column_sums(values: Floats) -> Floats:
    """Sums of columns, each alone: equal columns have equal sums, so that all of a base is 1."""
    return np.asarray(np.ascontiguousarray(values.T).sum(axis=1), dtype=np.float64)


def degrees_of_freedom(
    psus: ArrayLike, strata: ArrayLike, *, replicates: ArrayLike | None = None
) -> Any:
    """First-stage units less strata; no more than independent replicates, if any, less one.

    Raises:
        NotEstimableError: Fewer than 1.

    Example:
        >>> degrees_of_freedom(15, 1), degrees_of_freedom(15, 1, replicates=8)
        (14.0, 7.0)
    """
    found = np.asarray(np.asarray(psus, np.float64) - np.asarray(strata, np.float64))
    if replicates is not None:
        found = np.asarray(np.minimum(found, np.asarray(replicates, np.float64) - 1))
    if not (found >= 1).all():
        got = f"{found.min():g} degrees of freedom"
        raise NotEstimableError(f"{got}; a variance needs more sampling units than strata")
    return plain(found)


def design_effect(
    variance: ArrayLike,
    estimate: ArrayLike,
    n: ArrayLike,
    *,
    reference: str = "with_replacement",
    fraction: ArrayLike | None = None,
) -> Any:
    """Divide the variance of a share by that of a simple sample, (1 - f) p (1 - p) / (n - 1).

    R survey's deff="replace" with f = 0; its deff=TRUE with f = n / sum of weights.

    Args:
        variance: From the design.
        estimate: The share p, above 0 and below 1.
        n: Respondents in the base with a weight above 0.
        reference: A name in REFERENCES.
        fraction: f, for a reference without replacement only.

    Raises:
        MethodError: No such reference, or a fraction missing, in vain, or outside 0 to 1.
        NotEstimableError: A simple sample would have no variance either.

    Example:
        >>> design_effect(0.005, 0.5, 101)
        2.0
    """
    if reference not in REFERENCES:
        raise MethodError(no_method("reference", reference, REFERENCES))
    if REFERENCES[reference] != (fraction is not None):
        raise MethodError("fraction is for reference='without_replacement', which needs it")
    share, base = _part("estimate", estimate), np.asarray(n, dtype=np.float64)
    if not (base > 1).all():
        raise NotEstimableError(f"n is {base.min():g}: no design effect below 2")
    simple = (1 - _part("fraction", fraction)) * share * (1 - share) / (base - 1)
    if not (simple > 0).all():
        raise NotEstimableError(
            "a share of 0 or 1, or of the whole population, has no design effect"
        )
    return plain(np.asarray(np.asarray(variance, dtype=np.float64) / simple))


def kish(sum_w: ArrayLike, sum_w2: ArrayLike) -> Any:
    """Effective n of the weights alone, (Σ w)² / Σ w²; of clusters it knows nothing. Kish (1965).

    Example:
        >>> kish(6.0, 14.0)  # weights 1, 2 and 3
        2.5714285714285716
    """
    weights, squares = np.asarray(sum_w, np.float64), np.asarray(sum_w2, np.float64)
    if not (squares > 0).all():
        raise NotEstimableError("there is no weight: no effective n")
    return plain(weights**2 / squares)


def _numbers(what: str, values: ArrayLike) -> Floats:
    """A matrix of finite numbers."""
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 2 or not np.isfinite(found).all():
        raise MethodError(f"{what} of shape {found.shape}; wanted finite numbers in two dimensions")
    return found


def _check(found: Moments | UnitTotals | AnswerMoments, lonely: str, names: Sequence[str]) -> None:
    """Refuse sums that do not belong together, and a rule that does not exist."""
    strata, width = found.sums.shape
    if lonely not in LONELY:
        raise MethodError(no_method("lonely", lonely, LONELY))
    if len(names) not in {0, strata}:
        raise MethodError(f"names has {len(names)} entries; wanted {strata}, one each")
    if not isinstance(found, Moments):  # as they were made here
        return
    if found.n.shape != (strata,) or found.products.shape != (strata, width, width):
        shapes = f"{found.n.shape}, {found.sums.shape} and {found.products.shape}"
        raise MethodError(f"moments have shapes {shapes}; wanted (H,), (H, K) and (H, K, K)")
    if not (np.isfinite(found.sums).all() and np.isfinite(found.products).all()):
        raise MethodError("moments hold a number that is not finite")


def _part(what: str, values: ArrayLike | None) -> Floats:
    """Numbers from 0 to 1; 0 where none is known."""
    found = np.asarray(0.0 if values is None else values, dtype=np.float64)
    wrong = ~((found >= 0) & (found <= 1))
    if wrong.any():
        raise MethodError(f"{what} is {found[wrong].flat[0]:g}; wanted a number from 0 to 1")
    return found


def _fractions(what: str, values: ArrayLike | None, strata: int) -> Floats:
    """A number from 0 to 1 for each stratum."""
    found = _part(what, values)
    if found.shape not in {(), (strata,)}:
        raise MethodError(f"{what} has shape {found.shape}; wanted {strata} numbers")
    return np.broadcast_to(found, (strata,))


#: Simple samples to compare with, and whether they need a fraction.
REFERENCES: Mapping[str, bool] = MappingProxyType(
    {"with_replacement": False, "without_replacement": True}
)
