"""Cutting weights that are very large or small, and giving what is cut to others.

N stands for respondents, R for replicates. `surveylib.stats.weighting` has all of this under its
name.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from surveylib.errors import DesignError, Fault, MethodError, no_method
from surveylib.stats.weighting_result import numbers, together
from surveylib.stats.weighting_targets import check_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

#: Weights that are beyond a limit by less than this part are at it.
_ROUNDING = 1e-13
#: More rounds than any sample needs: each brings weights closer by a part of what is cut.
_MOST_ROUNDS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trimmed:
    """Weights within limits.

    Args:
        weights: (N,) weights after.
        replicates: (N, R) the same of each replicate; None where there are none.
        raised: How many main weights were below the lower limit.
        cut: How many were above the upper one.
        moved: The part of all weight that was cut off or filled in, at first.
        rounds: How often main weights were cut.
    """

    weights: Floats
    replicates: Floats | None
    raised: int
    cut: int
    moved: float
    rounds: int


def trim(
    weights: ArrayLike,
    *,
    low: float = 0.0,
    high: float = np.inf,
    share: str = "equal",
    strict: bool = False,
    replicates: ArrayLike | None = None,
) -> Trimmed:
    """Cut weights to limits, and give what is cut to the others.

    R survey's trimWeights, with `share="equal"`. Weights of 0 stay 0. Targets of a weighting
    before do not hold any more: `rake_trimmed` keeps both.

    Args:
        weights: (N,) weights, 0 or more.
        low: Lowest weight after.
        high: Highest weight after.
        share: A name in SHARES: to whom what is cut goes.
        strict: Whether to go on until nobody is beyond a limit; once, a share may push others
            there.
        replicates: (N, R) weights of each replicate, to be trimmed to the same limits.

    Raises:
        MethodError: No such share, limits that are none, or weights that cannot be weighted.
        DesignError: What is cut has nowhere to go.

    Example:
        >>> trim([1.0, 2.0, 9.0], high=6).weights
        array([2.5, 3.5, 6. ])
        >>> trim([1.0, 2.0, 9.0], high=6, share="proportional").weights
        array([2., 4., 6.])
    """
    if share not in SHARES:
        raise MethodError(no_method("share", share, SHARES))
    if not 0 <= low < high:
        raise MethodError(f"limits are {low:g} and {high:g}; wanted 0 <= low < high")
    main, others = numbers(weights, replicates)
    check_weights(main, others)
    some = main > 0
    done = [
        _trimmed(column, low, high, SHARES[share], strict=strict)
        for column in together(main, others).T
    ]
    after = np.stack([column for column, _ in done], axis=1)
    first = np.where(some, np.clip(main, low, high), 0.0)
    return Trimmed(
        weights=np.ascontiguousarray(after[:, 0]),
        replicates=None if others is None else after[:, 1:].copy(),
        raised=int((some & (main < low)).sum()),
        cut=int((main > high).sum()),
        moved=float(np.abs(main - first).sum() / main.sum()),
        rounds=done[0][1],
    )


def _trimmed(
    before: Floats,
    low: float,
    high: float,
    share: Callable[[Floats, float], Floats],
    *,
    strict: bool,
) -> tuple[Floats, int]:
    """One set of weights within limits, and how often it was cut."""
    after, some = before.copy(), before > 0
    keeps = share is not _none
    for rounds in range(_MOST_ROUNDS):
        outside = some & _beyond(after, low, high)
        if not outside.any() or (rounds and not strict):
            return after, rounds
        inside = some & ~outside
        if keeps and (not inside.any() or (strict and not _room(before[some], low, high))):
            raise DesignError([_no_room(before[some], low, high)])
        left = float((after - np.clip(after, low, high))[outside].sum())
        after[outside] = np.clip(after[outside], low, high)
        after[inside] = share(after[inside], left)
    raise DesignError([_no_room(before[some], low, high)])


def _beyond(weights: Floats, low: float, high: float) -> Bools:
    """Who is beyond a limit by more than rounding."""
    return (weights < low * (1 - _ROUNDING)) | (weights > high * (1 + _ROUNDING))


def _room(weights: Floats, low: float, high: float) -> bool:
    """Whether weights within limits may add up to the same sum."""
    return bool(low * len(weights) <= weights.sum() <= high * len(weights))


def _no_room(weights: Floats, low: float, high: float) -> Fault:
    """Say that limits leave no room."""
    n = len(weights)
    return Fault(
        code="WEIGHTING-LIMITS",
        what=f"weights between {low:g} and {high:g} cannot be made to add up to what they did",
        got=f"{weights.sum():.12g} for {n:,} respondents",
        wanted=f"between {low * n:.12g} and {high * n:.12g}, with somebody inside the limits",
        todo="widen the limits",
    )


def _equal(inside: Floats, left: float) -> Floats:
    """Everybody inside gets the same."""
    return inside + left / len(inside)


def _proportional(inside: Floats, left: float) -> Floats:
    """Everybody inside gets a part of what they have."""
    return np.asarray(inside * (1 + left / inside.sum()))


def _none(inside: Floats, _left: float) -> Floats:
    """What is cut is gone: weights add up to another number."""
    return inside


#: To whom what is cut goes: weights inside the limits and what is left over → weights.
SHARES: Mapping[str, Callable[[Floats, float], Floats]] = MappingProxyType(
    {
        "equal": _equal,
        "proportional": _proportional,
        "none": _none,
    }
)
