"""Is a change small enough to be called none? Two one-sided tests, each against one margin.

That a change is not significant does not show that nothing changed. Equivalence does: the change
lies between two margins, set before the data are seen, at less than which nobody would act.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy import special

from surveylib.errors import MethodError, show
from surveylib.stats import sizes
from surveylib.stats.intervals import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: A p-value smaller than this is not looked for: 1 - 2α would no longer differ from 1.
LEAST_P_VALUE = 1e-12


class Enclosing(Protocol):
    """Anything with a lower and an upper limit, such as an interval or a difference."""

    @property
    def low(self) -> Any:
        """Lower limit."""

    @property
    def high(self) -> Any:
        """Upper limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Equivalence:
    """A test of equivalence; floats, or arrays where arrays were given.

    Args:
        margin_low: A change of this or less is no longer none.
        margin_high: A change of this or more is no longer none.
        low: Lower limit of the interval of level 1 - 2α that decides.
        high: Its upper limit.
        p_value: The larger of the p-values of both one-sided tests; at most α exactly where the
            interval lies between the margins. None where intervals alone cannot give it, because
            the estimate itself is not between the margins: p is then above 1/2.
        alpha: What the p-value is compared with.
        confidence_level: 1 - 2α, that of the interval.
    """

    margin_low: float
    margin_high: float
    low: Any
    high: Any
    p_value: Any
    alpha: float
    confidence_level: float


def tost(
    estimate: ArrayLike,
    standard_error: ArrayLike,
    *,
    margins: float | tuple[float, float],
    df: ArrayLike = float("inf"),
    alpha: float = 0.05,
) -> Equivalence:
    """Test whether a change lies between two margins; arrays broadcast. Schuirmann (1987).

    Args:
        estimate: Changes, later minus earlier (or their logarithm for a ratio).
        standard_error: Of the changes, above 0.
        margins: The largest change either way that still counts as none, or the lowest and the
            highest; fixed before the data are seen, in the unit of the estimate.
        df: Degrees of freedom; infinite for a normal estimate.
        alpha: Of each one-sided test, below 1/2; the interval has the level 1 - 2α.

    Raises:
        MethodError: Numbers outside their range.

    Example:
        Moery and Calin-Jageman's replication in Lakens (2017, Social Psychological and
        Personality Science 8:355): means 5.22 and 5.25, t(182) = 3.03, p = .001.

        >>> error = ((94 * 0.95**2 + 88 * 0.83**2) / 182 * (1 / 95 + 1 / 89)) ** 0.5
        >>> found = tost(5.22 - 5.25, error, margins=0.429, df=182)
        >>> round(found.p_value, 3), round((0.429 - 0.03) / error, 2)
        (0.001, 3.03)
    """
    lowest, highest = _check_margins(margins)
    _check_alpha(alpha)
    given = (np.asarray(part, dtype=np.float64) for part in (estimate, standard_error, df))
    value, error, degrees = np.broadcast_arrays(*given)
    _refuse(~np.isfinite(value), value, "estimate", "a finite number")
    _refuse(~((error > 0) & np.isfinite(error)), error, "standard_error", "a number above 0")
    _refuse(~(degrees > 0), degrees, "df", "a number above 0, or infinity for a normal estimate")
    p_value = np.maximum(
        _tail((value - lowest) / error, degrees), _tail((highest - value) / error, degrees)
    )
    half = error * _quantile(alpha, degrees)
    return Equivalence(
        margin_low=lowest,
        margin_high=highest,
        low=plain(value - half),
        high=plain(value + half),
        p_value=plain(p_value),
        alpha=alpha,
        confidence_level=1 - 2 * alpha,
    )


def by_interval(
    interval: Callable[[float], Enclosing],
    *,
    margins: float | tuple[float, float],
    alpha: float = 0.05,
) -> Equivalence:
    """Test whether an interval of the level 1 - 2α lies between two margins.

    So the test belongs to the family of the interval that is printed, whatever it is.

    Args:
        interval: Takes a confidence level and returns the interval at that level; one that grows
            with the level.
        margins: As for `tost`, in the unit of the interval.
        alpha: Of each one-sided test, below 1/2.

    Returns:
        The interval of the level 1 - 2α. The p-value is the smallest α at which it lies between
        the margins, or 1e-12 if that is smaller.

    Raises:
        MethodError: Numbers outside their range, or an interval that is an array.

    Example:
        600 of 1000 and then 610 of 1000, by Newcombe's interval at 90 %.

        >>> from surveylib.stats.differences import independent
        >>> def at(level):
        ...     return independent(600, 1000, 610, 1000, confidence_level=level)
        >>> found = by_interval(at, margins=0.05)
        >>> round(found.low, 3), round(found.high, 3), found.p_value < 0.05
        (-0.026, 0.046, True)
    """
    lowest, highest = _check_margins(margins)
    _check_alpha(alpha)

    def inside(tail: float) -> bool:
        found = interval(1 - 2 * tail)
        return lowest < float(found.low) and float(found.high) < highest

    decides = interval(1 - 2 * alpha)
    if np.ndim(decides.low) != 0:
        message = f"interval has the shape {np.shape(decides.low)}; wanted a single interval"
        raise MethodError(message)
    return Equivalence(
        margin_low=lowest,
        margin_high=highest,
        low=float(decides.low),
        high=float(decides.high),
        p_value=_smallest(inside),
        alpha=alpha,
        confidence_level=1 - 2 * alpha,
    )


def _smallest(inside: Callable[[float], bool]) -> float | None:
    """The smallest α whose interval is inside; none if the narrowest interval is not."""
    # 1/2 itself is a level of 0, which is no interval.
    low, high = np.log(LEAST_P_VALUE), np.log(0.5 - 1e-9)
    if not inside(float(np.exp(high))):
        return None
    if inside(LEAST_P_VALUE):
        return LEAST_P_VALUE
    for _ in range(60):
        middle = (low + high) / 2
        if inside(float(np.exp(middle))):
            high = middle
        else:
            low = middle
    return float(np.exp(high))


def _check_margins(margins: float | tuple[float, float]) -> tuple[float, float]:
    """The lowest and the highest change that counts as none."""
    lowest, highest = margins if isinstance(margins, tuple) else (-margins, margins)
    if not (np.isfinite([lowest, highest]).all() and lowest < highest):
        message = (
            f"margins is {show(str(margins))}; wanted a number above 0, or the lowest and the "
            "highest change that counts as none"
        )
        raise MethodError(message)
    return float(lowest), float(highest)


def _check_alpha(alpha: float) -> None:
    """Refuse an α that leaves no interval."""
    if not LEAST_P_VALUE <= alpha < 0.5:
        message = f"alpha is {alpha}; wanted a number below 1/2 such as 0.05"
        raise MethodError(message)


def _refuse(wrong: NDArray[np.bool_], values: Floats, name: str, wanted: str) -> None:
    """Name the first value that is wrong."""
    if wrong.any():
        message = f"{name} is {values[wrong].flat[0]:g}; wanted {wanted}"
        raise MethodError(message)


def _tail(t: Floats, df: Floats) -> Floats:
    """How often t, or a normal number for infinite df, is above this."""
    simple = np.isinf(df)
    found = special.stdtr(np.where(simple, 1.0, df), -t)
    return np.asarray(np.where(simple, special.ndtr(-t), found))


def _quantile(alpha: float, df: Floats) -> Floats:
    """What t, or a normal number for infinite df, passes as often as alpha."""
    return sizes.quantile(df, 2 * alpha)
