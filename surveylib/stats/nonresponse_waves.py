"""Waves of which some did not answer, completed with an assumption about those.

`surveylib.stats.nonresponse` has what is public of this under its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import MethodError, no_method
from surveylib.stats import mover
from surveylib.stats.intervals import check_level, design_proportion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is known of those who were asked in one wave.

    Args:
        yes: Share of them who said yes.
        missing: Share of them who did not answer.
        covariance: (2, 2) of both.
        n: How many were asked, not weighted.
        df: Degrees of freedom of the design; infinite for a simple sample.
    """

    yes: float
    missing: float
    covariance: Floats
    n: float
    df: float = np.inf

    @property
    def answered(self) -> float | None:
        """Share of yes among those who answered; None where nobody did."""
        return self.yes / (1 - self.missing) if self.missing < 1 else None


def of_counts(yes: float, answered: float, asked: float) -> Asked:
    """A wave that is a simple sample.

    Args:
        yes: How many said yes.
        answered: How many answered.
        asked: How many were asked.

    Raises:
        MethodError: Not 0 <= yes <= answered <= asked, or nobody was asked.

    Example:
        >>> wave = of_counts(60, 150, 200)
        >>> wave.yes, wave.missing, round(wave.answered, 6)
        (0.3, 0.25, 0.4)
    """
    if not (0 <= yes <= answered <= asked < np.inf and asked > 0):
        got = f"{yes:g} of {answered:g} of {asked:g}"
        raise MethodError(
            f"yes of answered of asked is {got}; wanted rising numbers, asked above 0"
        )
    shares = np.array([yes / asked, (asked - answered) / asked])
    spread = (np.diag(shares) - np.outer(shares, shares)) / asked
    return Asked(yes=float(shares[0]), missing=float(shares[1]), covariance=spread, n=asked)


def probability(value: float, df: float) -> float:
    """Distribution function of t; of the normal distribution for infinite df."""
    return float(special.ndtr(value) if np.isinf(df) else special.stdtr(df, value))


def quantile(part: float, df: float) -> float:
    """Quantile of t; of the normal distribution for infinite df."""
    return float(special.ndtri(part) if np.isinf(df) else special.stdtrit(df, part))


class Completed(NamedTuple):
    """A wave with shares of yes assumed for those who did not answer: arrays of one shape."""

    share: Floats
    error: Floats


def assumed(wave: Asked, among_missing: ArrayLike) -> Completed:
    """The share of yes among all who were asked, and its standard error.

    Args:
        wave: The wave.
        among_missing: Shares of yes among those who did not answer, taken as they are.
    """
    part, spread = np.asarray(among_missing, np.float64), wave.covariance
    share = np.clip(wave.yes + part * wave.missing, 0.0, 1.0)
    variance = spread[0, 0] + part * (spread[0, 1] + spread[1, 0]) + part**2 * spread[1, 1]
    # All or nobody: the algebra gives 0, rounding a little.
    known = (share == 0) | (share == 1)
    return Completed(share, np.sqrt(np.where(known, 0.0, np.maximum(variance, 0.0))))


class Moved(NamedTuple):
    """A change with shares of yes assumed for those who did not answer: arrays of one shape."""

    earlier: Completed
    later: Completed
    change: Floats
    error: Floats
    correlation: Floats


class Pair(NamedTuple):
    """Two waves, what they have in common, and the degrees of freedom of their change."""

    earlier: Asked
    later: Asked
    between: Floats
    df: float

    @classmethod
    def of(cls, earlier: Asked, later: Asked, between: ArrayLike | None, df: float | None) -> Pair:
        """Two waves that are checked.

        Raises:
            MethodError: Numbers outside their range.
        """
        for wave in (earlier, later):
            check(wave)
        shared = np.zeros((2, 2)) if between is None else np.asarray(between, np.float64)
        if shared.shape != (2, 2) or not np.isfinite(shared).all():
            raise MethodError(f"between has shape {shared.shape}; wanted (2, 2) finite numbers")
        return cls(earlier, later, shared, earlier.df + later.df if df is None else df)

    def at(self, before: ArrayLike, after: ArrayLike) -> Moved:
        """The change with shares of yes among those who did not answer in each wave."""
        r1, r2 = np.broadcast_arrays(np.asarray(before, float), np.asarray(after, float))
        first, second = assumed(self.earlier, r1), assumed(self.later, r2)
        (yes, across), (back, missing) = self.between
        both = first.error * second.error
        shared = np.where(both > 0, yes + r2 * across + r1 * back + r1 * r2 * missing, 0.0)
        variance = first.error**2 + second.error**2 - 2 * shared
        together = np.divide(shared, both, out=np.zeros(both.shape), where=both > 0)
        return Moved(
            first,
            second,
            np.asarray(second.share - first.share),
            np.sqrt(np.maximum(variance, 0.0)),
            np.clip(together, -1.0, 1.0),
        )


class Method(NamedTuple):
    """Limits of a share, and of a change, at a quantile c."""

    share: Callable[[Asked, Completed, float], tuple[Floats, Floats]]
    change: Callable[[Pair, Moved, float], tuple[Floats, Floats]]


def _size(end: Completed) -> Floats:
    """What a share is worth; infinite where nothing varies."""
    top, variance = end.share * (1 - end.share), end.error**2
    return np.asarray(np.divide(top, variance, out=np.full(top.shape, np.inf), where=variance > 0))


def _wilson_share(wave: Asked, end: Completed, c: float) -> tuple[Floats, Floats]:
    """Limits as of any other share; with nobody missing they are those of the share."""
    level = 1 - 2 * probability(-c, wave.df)
    found = design_proportion(
        end.share, wave.n, n_effective=_size(end), df=wave.df, confidence_level=level
    )
    return np.asarray(found.low), np.asarray(found.high)


def _wilson_change(pair: Pair, end: Moved, c: float) -> tuple[Floats, Floats]:
    """Limits as of any other change."""
    found = mover.designed(
        end.earlier.share,
        pair.earlier.n,
        _size(end.earlier),
        pair.earlier.df,
        end.later.share,
        pair.later.n,
        _size(end.later),
        pair.later.df,
        correlation=end.correlation,
        df=pair.df,
        confidence_level=1 - 2 * probability(-c, pair.df),
    )
    return np.asarray(found.low), np.asarray(found.high)


def _wald_share(_wave: Asked, end: Completed, c: float) -> tuple[Floats, Floats]:
    """Standard errors to both sides, as Imbens and Manski have them."""
    _refuse_nothing(end.error)
    low, high = end.share - c * end.error, end.share + c * end.error
    return np.maximum(low, 0.0), np.minimum(high, 1.0)


def _refuse_nothing(error: Floats) -> None:
    """An interval of no width is none."""
    if (error == 0).any():
        message = "wald has no interval where all or nobody said yes; choose 'wilson'"
        raise MethodError(message)


def _wald_change(_pair: Pair, end: Moved, c: float) -> tuple[Floats, Floats]:
    _refuse_nothing(end.error)
    low, high = end.change - c * end.error, end.change + c * end.error
    return np.maximum(low, -1.0), np.minimum(high, 1.0)


def chosen(method: str, confidence_level: float) -> Method:
    """The limits of a method.

    Raises:
        MethodError: No such method, or a level that is none.
    """
    check_level(confidence_level)
    if method not in METHODS:
        raise MethodError(no_method("limit", method, METHODS))
    return METHODS[method]


def check(wave: Asked) -> None:
    """Refuse shares of those asked that are none.

    Raises:
        MethodError: Numbers outside their range, or of another shape.
    """
    inside = wave.yes >= 0 and wave.missing >= 0 and wave.yes + wave.missing <= 1 + 1e-12
    if not inside:
        got = f"yes is {wave.yes:g} and missing {wave.missing:g} of those asked"
        raise MethodError(f"{got}; wanted 0 or more, and 1 at most together")
    if wave.covariance.shape != (2, 2) or not np.isfinite(wave.covariance).all():
        raise MethodError(f"covariance of {wave.covariance.shape}; wanted (2, 2) finite numbers")
    if not (0 < wave.n < np.inf and wave.df >= 1):
        raise MethodError(f"n is {wave.n:g} and df {wave.df:g}; wanted above 0, and 1 or more")


#: Ways to put limits around bounds.
METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "wilson": Method(_wilson_share, _wilson_change),
        "wald": Method(_wald_share, _wald_change),
    }
)
