"""Covariances of estimates from replicate weights.

Each of R replicates estimates everything again with its own weights; how far these estimates lie
from each other tells the variance. R stands for replicates, K for estimates, N for respondents.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from surveylib.errors import MethodError, NotEstimableError, listed, no_method

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: A replicate of which less than this part is new depends on those before it, as in R's degf.
_SAME = 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How squared distances of replicates become a variance: scale Σ factor (distance)².

    Args:
        scale: One number for all replicates.
        factors: (R,) a number for each replicate.
    """

    scale: float
    factors: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What a kind may need to know."""

    replicates: int
    rho: float
    units: Floats
    fraction: Floats
    averaged: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One way of making replicates.

    Args:
        scaling: Its scale and factors.
        needs: What must be told.
        takes: What may be told.
    """

    scaling: Callable[[_Given], tuple[float, Floats | float]]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


def scaling(
    kind: str,
    replicates: int,
    *,
    rho: float | None = None,
    units: ArrayLike | None = None,
    fraction: ArrayLike | None = None,
    averaged: float | None = None,
) -> Scaling:
    """Say how replicates of a kind become a variance.

    Args:
        kind: A name in KINDS.
        replicates: R, at least 2.
        rho: For `fay`: what is left of the weight of those left out, 0 up to but not 1.
        units: For `jkn`: (R,) units in the stratum of which each replicate leaves one out.
        fraction: For `jk1` (one number) and `jkn` ((R,), by stratum): units drawn by units there
            are, 0 to 1.
        averaged: For `bootstrap`: bootstrap samples averaged in each replicate, 1 unless told.

    Raises:
        MethodError: No such kind, something missing, in vain, or outside its range.

    Example:
        >>> scaling("fay", 32, rho=0.5).scale
        0.125
    """
    if kind not in KINDS:
        raise MethodError(no_method("replicates", kind, KINDS))
    if replicates < 2:
        raise MethodError(f"there are {replicates} replicates; wanted 2 or more")
    row = KINDS[kind]
    told = {"rho": rho, "units": units, "fraction": fraction, "averaged": averaged}
    names = {name for name, value in told.items() if value is not None}
    missing, vain = sorted({*row.needs} - names), sorted(names - {*row.needs, *row.takes})
    if missing:
        raise MethodError(f"replicates of the kind '{kind}' need {listed(missing)}")
    if vain:
        raise MethodError(f"replicates of the kind '{kind}' do not take {listed(vain)}")
    given = _Given(
        replicates=replicates,
        rho=0.0 if rho is None else rho,
        units=_numbers("units", 2.0 if units is None else units, replicates),
        fraction=_numbers("fraction", 0.0 if fraction is None else fraction, replicates),
        averaged=1.0 if averaged is None else averaged,
    )
    _check_given(given)
    scale, factors = row.scaling(given)
    return Scaling(scale=scale, factors=np.broadcast_to(np.float64(factors), (replicates,)))


def _check_given(given: _Given) -> None:
    """Refuse numbers outside their range; units of 2 and a fraction of 0 stand for untold."""
    if not 0 <= given.rho < 1:
        raise MethodError(f"rho is {given.rho:g}; wanted 0 or more and less than 1")
    if (given.units < 2).any():
        raise MethodError(f"units are {given.units.min():g} in a stratum; wanted 2 or more")
    wrong = (given.fraction < 0) | (given.fraction > 1)
    if wrong.any():
        raise MethodError(f"fraction is {given.fraction[wrong][0]:g}; wanted a number from 0 to 1")
    if not 1 <= given.averaged < np.inf:
        raise MethodError(f"averaged is {given.averaged:g}; wanted 1 or more")


def covariance(
    replicates: ArrayLike,
    full: ArrayLike,
    *,
    scale: float,
    factors: ArrayLike = 1.0,
    centre: str = "full",
) -> Floats:
    """Compute the (K, K) covariance of estimates from those of the replicates.

    Args:
        replicates: (R, K) the estimates with the weights of each replicate.
        full: (K,) the estimates with the main weights.
        scale: As the file's documentation states, or from `scaling`.
        factors: (R,) likewise, or one number.
        centre: A name in CENTRES: distances are from the main estimates (R's mse=TRUE; what most
            agencies ask for) or from the mean of the replicates.

    Raises:
        MethodError: No such centre, or shapes that do not fit.
        NotEstimableError: A replicate without an estimate.

    Example:
        >>> covariance([[0.4], [0.6]], [0.5], scale=0.5).round(6)
        array([[0.01]])
    """
    if centre not in CENTRES:
        raise MethodError(no_method("centring", centre, CENTRES))
    values, main = np.asarray(replicates, np.float64), np.asarray(full, np.float64)
    if values.ndim != 2 or main.shape != values.shape[1:]:
        raise MethodError(
            f"replicates of {values.shape} and estimates of {main.shape}; wanted (R, K) and (K,)"
        )
    if len(values) < 2:
        raise MethodError(f"there are {len(values)} replicates; wanted 2 or more")
    parts = _numbers("factors", factors, len(values))
    if not 0 < scale < np.inf or (parts < 0).any():
        got = f"scale is {scale:g} and the least factor {parts.min():g}"
        raise MethodError(f"{got}; wanted a scale above 0 and no negative factor")
    _check_replicates(values, main)
    away = (values - CENTRES[centre](values, main, parts)) * np.sqrt(parts)[:, None]
    return np.asarray(scale * (away.T @ away), dtype=np.float64)


def _check_replicates(values: Floats, main: Floats) -> None:
    """Refuse replicates that lack an estimate."""
    bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
    if len(bad):
        places = listed(str(place) for place in bad)
        raise NotEstimableError(f"no estimate in replicate {places}, counted from 0: nobody there")
    if not np.isfinite(main).all():
        raise NotEstimableError("no estimate with the main weights: nobody there")


def check_weights(weights: ArrayLike, replicate_weights: ArrayLike, *, count: int) -> None:
    """Refuse replicate weights that cannot be what they are said to be.

    Args:
        weights: (N,) main weights.
        replicate_weights: (N, R) weights of each replicate, by which the main one is replaced.
        count: R, as the documentation of the file states it.

    Raises:
        MethodError: A wrong count, weights that are negative or not finite, replicates that are
            all the same, or the main weights among them; with everything found.
    """
    main, found = np.asarray(weights, np.float64), np.asarray(replicate_weights, np.float64)
    if found.ndim != 2 or main.shape != found.shape[:1]:
        raise MethodError(f"weights of {main.shape} and {found.shape}; wanted (N,) and (N, R)")
    faults = []
    if found.shape[1] != count or count < 2:
        faults.append(f"there are {found.shape[1]} replicates; wanted {count}, and 2 or more")
    if not np.isfinite(found).all() or (found < 0).any():
        bad = np.asarray(~(np.isfinite(found) & (found >= 0)).all(axis=0))
        faults.append(f"negative or missing weights in {_places(bad)}")
    if (found == found[:, :1]).all():
        faults.append("all replicates have the same weights: the variance would be 0")
    elif (same := np.asarray((found == main[:, None]).all(axis=0))).any():
        faults.append(f"the main weights stand in {_places(same)}")
    if faults:
        raise MethodError("replicate weights: " + "; ".join(faults))


def _places(columns: NDArray[np.bool_]) -> str:
    """Replicates by their place."""
    return f"replicate {listed(str(place) for place in np.flatnonzero(columns))}, counted from 0"


def independent(replicate_weights: ArrayLike) -> int:
    """Count the replicates that do not follow from the others: the rank of their weights.

    Less one, it is the degrees of freedom, if the documentation of a file states no other: see
    `degrees_of_freedom` in `variance`. R survey's degf, with its tolerance of 1e-5.

    Args:
        replicate_weights: (N, R) weights of each replicate, times the main weight if they are
            factors of it; rows that are alike may be given once.

    Raises:
        MethodError: Not a matrix of finite numbers.

    Example:
        >>> independent([[0, 2, 1], [2, 0, 1]])
        2
    """
    found = np.asarray(replicate_weights, dtype=np.float64)
    if found.ndim != 2 or not np.isfinite(found).all():
        raise MethodError(f"replicate weights of {found.shape}; wanted (N, R) finite numbers")
    lengths = np.sqrt(np.einsum("nr,nr->r", found, found))
    some = found[:, lengths > 0] / lengths[lengths > 0]
    return independent_of(some.T @ some)


def independent_of(products: ArrayLike) -> int:
    """Count the replicates that do not follow from the others, from products of their weights.

    Args:
        products: (R, R) sums over respondents of the products of any two replicate weights; those
            of disjoint respondents add up.

    Raises:
        MethodError: Not a square matrix of finite numbers.

    Example:
        >>> independent_of([[4, 0, 2], [0, 4, 2], [2, 2, 2]])
        2
    """
    found = np.asarray(products, dtype=np.float64)
    if found.ndim != 2 or found.shape[0] != found.shape[1] or not np.isfinite(found).all():
        raise MethodError(f"products of {found.shape}; wanted (R, R) finite numbers")
    here = np.diag(found) > 0
    if not here.any():
        return 0
    lengths = np.sqrt(np.diag(found)[here])
    some = found[np.ix_(here, here)] / lengths / lengths[:, None]
    # Cholesky with pivots on R × R squares: what N rows would give, from a small matrix.
    _, _, rank, _ = linalg.lapack.dpstrf(some, tol=_SAME**2)
    return int(rank)


def _numbers(what: str, values: ArrayLike, replicates: int) -> Floats:
    """A finite number for each replicate."""
    found = np.asarray(values, dtype=np.float64)
    if found.shape not in {(), (replicates,)} or not np.isfinite(found).all():
        raise MethodError(f"{what} of shape {found.shape}; wanted {replicates} finite numbers")
    return np.broadcast_to(found, (replicates,))


def _mean(values: Floats, _main: Floats, factors: Floats) -> Floats:
    """Mean of the replicates that count; of all where none does. R survey's svrVar."""
    some = (factors > 0) | (factors.max() == 0)
    return np.asarray(values[some].mean(axis=0))


def _jk1(given: _Given) -> tuple[float, Floats | float]:
    """Each unit is left out once, without strata."""
    count = given.replicates
    return (count - 1) / count, 1 - given.fraction


def _jkn(given: _Given) -> tuple[float, Floats | float]:
    """Each unit of each stratum is left out once."""
    return 1.0, (1 - given.fraction) * (given.units - 1) / given.units


def _jk2(_given: _Given) -> tuple[float, Floats | float]:
    """One unit of each pair is left out, and the other doubled."""
    return 1.0, 1.0


def _brr(given: _Given) -> tuple[float, Floats | float]:
    """Balanced half-samples. McCarthy (1966)."""
    return 1 / given.replicates, 1.0


def _fay(given: _Given) -> tuple[float, Floats | float]:
    """Half-samples that keep a part rho of the other half. Judkins (1990)."""
    return 1 / (given.replicates * (1 - given.rho) ** 2), 1.0


def _bootstrap(given: _Given) -> tuple[float, Floats | float]:
    """Samples drawn again; R survey divides by R - 1. A file that states 1/R gives it itself."""
    return given.averaged / (given.replicates - 1), 1.0


def _successive(given: _Given) -> tuple[float, Floats | float]:
    """Successive differences, as in the American Community Survey. Fay and Train (1995)."""
    return 4 / given.replicates, 1.0


#: Where distances start: (R, K) replicates, (K,) main estimates, (R,) factors → (K,).
CENTRES: Mapping[str, Callable[[Floats, Floats, Floats], Floats]] = MappingProxyType(
    {
        "full": lambda _values, main, _factors: main,
        "mean": _mean,
    }
)

#: Ways of making replicates.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "jk1": Kind(scaling=_jk1, takes=("fraction",)),
        "jkn": Kind(scaling=_jkn, needs=("units",), takes=("fraction",)),
        "jk2": Kind(scaling=_jk2),
        "brr": Kind(scaling=_brr),
        "fay": Kind(scaling=_fay, needs=("rho",)),
        "bootstrap": Kind(scaling=_bootstrap, takes=("averaged",)),
        "sdr": Kind(scaling=_successive),
        "acs": Kind(scaling=_successive),
    }
)
