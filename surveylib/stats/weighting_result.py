"""What every weighting returns, and how one says that it did not get there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import DesignError, Fault, MethodError, show

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from surveylib.stats.weighting_residuals import Auxiliaries

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Farthest:
    """The target that weights are farthest from when the weighting ends.

    Args:
        distance: From the target, as a part of it.
        margin: The name of the margin; empty for columns of a calibration.
        category: The name of the category, or of the column.
        replicate: Which replicate, counted from 0; None for the main weights.
    """

    distance: float
    margin: str
    category: str
    replicate: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighting:
    """Weights that add up to their targets.

    Args:
        weights: (N,) weights after.
        replicates: (N, R) the same of each replicate; None where there are none.
        factors: (N,) weights after over weights before; 1 where there is no weight.
        auxiliaries: What `residuals` needs for the variance of later estimates.
        method: The scheme.
        steps: How often the main weights were adjusted.
        farthest: What is left of the distance to the targets, main weights and replicates alike.
    """

    weights: Floats
    replicates: Floats | None
    factors: Floats
    auxiliaries: Auxiliaries
    method: str
    steps: int
    farthest: Farthest


def numbers(weights: ArrayLike, replicates: ArrayLike | None) -> tuple[Floats, Floats | None]:
    """Weights and those of replicates as arrays of floats."""
    main = np.asarray(weights, dtype=np.float64)
    return main, None if replicates is None else np.asarray(replicates, dtype=np.float64)


def together(main: Floats, replicates: Floats | None) -> Floats:
    """(N, 1 + R): the main weights, then those of replicates."""
    return main[:, None] if replicates is None else np.column_stack([main, replicates])


def finished(before: Floats, after: Floats, *, replicates: bool, **rest: Any) -> Weighting:
    """Put a result together.

    Args:
        before: (N,) main weights before.
        after: (N, 1 + R) weights after, main ones first.
        replicates: Whether there are any.
        **rest: What `Weighting` has more.
    """
    weights = np.ascontiguousarray(after[:, 0])
    factors = np.divide(weights, before, out=np.ones_like(weights), where=before > 0)
    others = after[:, 1:].copy() if replicates else None
    return Weighting(weights=weights, replicates=others, factors=factors, **rest)


def check_stop(tolerance: float, most_steps: int) -> None:
    """Refuse an end that cannot be reached.

    Raises:
        MethodError: A tolerance outside 0 to 1, or no step.
    """
    if not (0 < tolerance < 1 and most_steps >= 1):
        got = f"tolerance is {tolerance:g} and most_steps {most_steps}"
        raise MethodError(f"{got}; wanted above 0 and below 1, and 1 or more")


def stop_unless_reached(farthest: Farthest, tolerance: float, steps: int, method: str) -> None:
    """Refuse weights that miss a target by more than the tolerance.

    Raises:
        DesignError: They do; with the target and the distance.
    """
    if farthest.distance <= tolerance:
        return
    place = f"{show(farthest.margin)}, category " if farthest.margin else ""
    where = "" if farthest.replicate is None else f" in replicate {farthest.replicate} (from 0)"
    raise DesignError(
        [
            Fault(
                code="WEIGHTING-STOPPED",
                what=f"{method} does not reach its targets in {steps} steps: the farthest is "
                f"{place}{show(farthest.category)}{where}",
                got=f"{farthest.distance:.3g} of the target away",
                wanted=f"{tolerance:.3g} or less",
                todo="put together categories that few respondents are in, or combinations of "
                "which there are none; look whether the targets can hold at once; widen bounds",
            )
        ]
    )
