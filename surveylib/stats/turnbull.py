"""Answers in bands that overlap or differ → shares of narrower bands, of no assumed kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import optimize

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.banded import Shares, check_covariance, check_shares

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: Masses are the most likely ones when no gradient is above 1 by more than this.
_KKT = 1e-10
#: What a mass that goes to 0 keeps of itself at each step.
_TRACE = 1e-3
#: A mass up to here has gone to 0.
_GONE = 1e-7
_MOST_STEPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnbull:
    """Masses that make the answers most likely, with no kind of distribution assumed.

    Nothing is known of where inside its interval a mass lies: draw them as boxes. They are bands
    that do not overlap, with shares: `ordered.quantile` reads them. No other masses are as likely,
    because each interval is the last one that some band holds: what the bands get decides them.

    Args:
        lows: (J,) lows of the innermost intervals, in order.
        highs: (J,) highs; the last may be inf.
        mass: (J,) their shares.
        gradient: Largest gain in log likelihood per respondent by moving mass to one interval,
            plus 1: 1 at the maximum.
        steps: Steps of the maximisation, which ended there.
    """

    lows: Floats
    highs: Floats
    mass: Floats
    gradient: float
    steps: int


def turnbull(lows: ArrayLike, highs: ArrayLike, weights: ArrayLike) -> Turnbull:
    """Pool answers in bands that differ or overlap: the non-parametric maximum likelihood.

    Turnbull (1976): mass lies only on the innermost intervals, which begin with the low of some
    band and end with the next high. His steps (EM) are slow near the end; each is followed by
    one of Newton's on the masses that are not 0 (Wang, 2007).

    Args:
        lows: (R,) lowest number of the band of each answer, or of each kind of answer.
        highs: (R,) highest, in the band itself; inf for no end.
        weights: (R,) respondents with the answer, or the sum of their weights.

    Raises:
        MethodError: Numbers that do not fit.
        NotEstimableError: No maximum was reached.

    Example:
        One list has 1-10 and 11 or more, another 1-5 and 6 or more:

        >>> found = turnbull([1, 11, 1, 6], [10, np.inf, 5, np.inf], [60, 40, 30, 70])
        >>> found.lows, found.highs, found.mass.round(9)
        (array([ 1.,  6., 11.]), array([ 5., 10., inf]), array([0.3, 0.3, 0.4]))
    """
    first, last, w = (np.asarray(part, dtype=np.float64) for part in (lows, highs, weights))
    if not (first.ndim == 1 and first.shape == last.shape == w.shape):
        raise MethodError(f"lows of {first.shape}, highs of {last.shape}, weights of {w.shape}")
    if not (np.isfinite(first).all() and (last >= first).all()):
        raise MethodError("a band has no low, or a high below it or none; wanted inf for no end")
    if not (np.isfinite(w).all() and (w >= 0).all() and w.sum() > 0):
        raise MethodError("weights are below 0, not finite or all 0; wanted some above 0")
    first, last, w = first[w > 0], last[w > 0], w[w > 0] / w.sum()
    inner = _innermost(first, last)
    holds = ((first[:, None] <= inner[0]) & (last[:, None] >= inner[1])).astype(np.float64)
    mass, gradient, steps = _most_likely(holds, w)
    return Turnbull(
        lows=inner[0],
        highs=inner[1],
        mass=mass,
        gradient=float(gradient.max()),
        steps=steps,
    )


class Pooled(NamedTuple):
    """Bands that do not overlap, their shares, and how many of these are 0 for lack of room.

    Args:
        lows: (J,) lows of the innermost intervals, in order.
        highs: (J,) highs; the last may be inf.
        shares: (J,) shares and their (J, J) covariance.
        none: How many shares the likelihood put to 0.
    """

    lows: Floats
    highs: Floats
    shares: Shares
    none: int


def pooled(lows: ArrayLike, highs: ArrayLike, shares: ArrayLike, covariance: ArrayLike) -> Pooled:
    """Compute Turnbull's masses with the covariance that the design gives them.

    At the maximum the gradient of each mass m that is not 0 is Σ s h / f = 1, with the shares s, a
    band's h of 1 or 0, and f = Σ h m. Differentiated, Σ_k (Σ s h_j h_k / f²) dm_k = Σ ds h_j / f:
    masses are a smooth function of the shares, and their covariance follows. Masses of 0 are taken
    as known.

    Args:
        lows: (B,) lowest number of each band, in any order.
        highs: (B,) highest, in the band itself; inf for no end.
        shares: (B,) shares that add up to 1.
        covariance: (B, B) their covariance, from the design or `banded.simple_sample`.

    Raises:
        MethodError: Numbers that do not fit.
        NotEstimableError: No maximum was reached.

    Example:
        >>> from surveylib.stats.banded import simple_sample
        >>> known = simple_sample([30, 20, 50])
        >>> found = pooled([1, 1, 11], [5, 10, np.inf], known.estimate, known.covariance)
        >>> found.lows, found.shares.estimate.round(9)
        (array([ 1., 11.]), array([0.5, 0.5]))
    """
    first, last = np.asarray(lows, dtype=np.float64), np.asarray(highs, dtype=np.float64)
    p = check_shares(shares, first.size)
    spread = check_covariance("covariance", covariance, first.size)
    found = turnbull(first, last, p)
    some = p > 0
    first, last, p = first[some], last[some], p[some]
    there = found.mass > _GONE
    inner = found.lows[there], found.highs[there]
    holds = ((first[:, None] <= inner[0]) & (last[:, None] >= inner[1])).astype(np.float64)
    mass = found.mass[there] / found.mass[there].sum()
    fitted = holds @ mass
    curve = holds.T @ (holds * (p / fitted**2)[:, None])
    moves = np.linalg.pinv(curve, hermitian=True) @ (holds / fitted[:, None]).T
    of_masses = moves @ spread[np.ix_(some, some)] @ moves.T
    whole = np.zeros((there.size, there.size))
    whole[np.ix_(there, there)] = (of_masses + of_masses.T) / 2
    masses = np.zeros(there.size)
    masses[there] = mass
    shares_found = Shares(estimate=masses, covariance=whole)
    return Pooled(found.lows, found.highs, shares_found, int((~there).sum()))


def _innermost(first: Floats, last: Floats) -> tuple[Floats, Floats]:
    """Each low that is followed by a high with neither between; a low goes before an equal high."""
    ends = np.concatenate([first, last])
    is_high = np.arange(ends.size) >= first.size
    order = np.lexsort((is_high, ends))
    turns = np.flatnonzero(~is_high[order][:-1] & is_high[order][1:])
    return ends[order][turns], ends[order][turns + 1]


def _most_likely(holds: Floats, weights: Floats) -> tuple[Floats, Floats, int]:
    """The masses, the gradient at each, and the steps that led there."""
    mass = np.full(holds.shape[1], 1 / holds.shape[1])
    for steps in range(_MOST_STEPS):
        gradient = holds.T @ (weights / (holds @ mass))
        if gradient.max() <= 1 + _KKT:
            return mass, gradient, steps
        mass = mass * gradient
        mass = _newton(holds, weights, mass / mass.sum())
    raise NotEstimableError(f"no maximum of the likelihood within {_MOST_STEPS} steps")


def _newton(holds: Floats, weights: Floats, mass: Floats) -> Floats:
    """Move towards the masses that are best for the likelihood's parabola, as far as it gains.

    The parabola's maximum among masses that add up to 1 is a least-squares problem without
    negative solutions, to which the sum is one more row (Dax, 1990).
    """
    fitted = holds @ mass
    root = np.sqrt(weights)[:, None]
    rows = np.vstack([root * (holds / fitted[:, None] - 2), np.ones(mass.size)])
    try:
        found, _ = optimize.nnls(rows, np.append(np.zeros(weights.size), 1.0))
    except RuntimeError:  # it gave up: Turnbull's step stands alone
        return mass
    direction = found / found.sum() - mass
    value = weights @ np.log(fitted)
    for part in 0.5 ** np.arange(20):
        # A mass that is left keeps a trace of itself: at 0, Turnbull's step could not revive it.
        moved = np.maximum(mass + part * direction, mass * _TRACE)
        moved /= moved.sum()
        if weights @ np.log(holds @ moved) >= value:
            return np.asarray(moved)
    return mass
