"""Strata of one unit, which show no variance: the rules for what they add to that of the others."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from surveylib.errors import NotEstimableError, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lonely:
    """Strata of one unit (L of them), and all that a rule may need to know."""

    others: Floats  # (K, K) covariance of the other strata
    strata: int  # strata that have units
    units: int
    totals: Floats  # (L, K)
    rest: Floats  # (L,) 1 less the fraction
    mean: Floats  # (K,) mean of the totals of all units
    names: tuple[str, ...]


def _error(found: Lonely) -> Floats:
    raise NotEstimableError(
        f"only one sampling unit, so no variance, in stratum {listed(found.names)}; join each to a"
        " stratum like it, or choose for lonely 'certainty' (sure to be drawn: variance 0),"
        " 'adjust' (distance from the mean of all units) or 'average' (as the other strata)"
    )


def _certainty(found: Lonely) -> Floats:
    """The unit was sure to be drawn; R's survey.lonely.psu of "certainty" and "remove"."""
    return found.others


def _adjust(found: Lonely) -> Floats:
    """Squares from the mean of all units' totals. R survey 4.5; 4.1.1 lacks the mean."""
    if found.units == 1:
        raise NotEstimableError("there is one unit in all: nothing tells how it might vary")
    away = (found.totals - found.mean) * np.sqrt(found.rest)[:, None]
    return np.asarray(found.others + away.T @ away)


def _average(found: Lonely) -> Floats:
    """As much as the others bring on average; R's survey.lonely.psu of "average"."""
    known = found.strata - len(found.totals)
    if known == 0:
        raise NotEstimableError("no stratum has two units: there is no average to take")
    return np.asarray(found.others * (found.strata / known))


#: What to do with a stratum of one unit that was not sure to be drawn.
LONELY: Mapping[str, Callable[[Lonely], Floats]] = MappingProxyType(
    {"error": _error, "certainty": _certainty, "adjust": _adjust, "average": _average}
)
