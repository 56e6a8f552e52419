"""Ratios of two shares among the same people, the later over the earlier one."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from surveylib.errors import MethodError, NotEstimableError, no_method
from surveylib.stats.intervals import plain, rising_root, wilson_at
from surveylib.stats.paired import (
    Comparison,
    Method,
    Table,
    check_table,
    compared,
    mcnemar_reach,
    quotient,
    reach_of,
    root_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def ratio(
    both: ArrayLike,
    earlier_only: ArrayLike,
    later_only: ArrayLike,
    neither: ArrayLike,
    *,
    method: str = "tang",
    confidence_level: float = 0.95,
) -> Comparison:
    """Divide the later by the earlier share among the same people; arrays broadcast.

    Args:
        both: People who gave the answer in both waves; counts need not be whole.
        earlier_only: People who gave it in the earlier wave only.
        later_only: People who gave it in the later wave only.
        neither: People who gave it in no wave.
        method: A name in METHODS.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: No such method, or counts that are none.
        NotEstimableError: Nobody gave the answer in any wave.

    Example:
        Fagerland, Lydersen and Laake (2017), chapter 8: 75 and then 65 of 161.

        >>> change = ratio(59, 16, 6, 80)
        >>> round(change.estimate, 4), round(change.low, 4), round(change.high, 4)
        (0.8667, 0.7476, 0.9876)
    """
    if method not in METHODS:
        raise MethodError(no_method("paired ratio", method, METHODS))
    table = check_table(both, earlier_only, later_only, neither)
    first, second = table.both + table.earlier, table.both + table.later
    if (first + second == 0).any():
        raise NotEstimableError("nobody gave the answer in any wave: there is no ratio")
    low, high, p_value = compared(METHODS[method], table, confidence_level)
    return Comparison(
        estimate=plain(quotient(second, first, np.inf)),
        low=plain(low),
        high=plain(high),
        p_value=plain(p_value),
        n=plain(table.n),
        confidence_level=confidence_level,
        method=method,
    )


def tang(table: Table, z: Floats | float) -> tuple[Floats, Floats]:
    """Invert the score test, which is McNemar's at 1. Tang, Tang and Chan (2003)."""
    small, swapped = _tang_high(table, z), _tang_high(table.swapped(), z)
    return np.asarray(swapped / (1 - swapped)), quotient(1 - small, small, np.inf)


def _tang_high(table: Table, z: Floats | float) -> Floats:
    """The upper limit as 1 / (1 + ratio), which stays finite where the ratio does not."""
    first, second = table.both + table.earlier, table.both + table.later

    def beyond(minus: Floats) -> Floats:
        excess = -minus * second - (1 + minus) * first
        return np.asarray(excess**2 - z**2 * _tang_variance(table, -minus))

    return 0.0 - rising_root(beyond, -first / (first + second), np.zeros(first.shape))


def _tang_variance(table: Table, w: Floats) -> Floats:
    """Variance of w times the later count minus (1 - w) times the earlier, at this ratio.

    All terms of the paper's quadratic are multiplied by w², and the waves stand so that its
    ratio is 1 or more.
    """
    above = w <= 0.5
    against = np.where(above, table.earlier, table.later)
    along = table.earlier + table.later - against
    least, most = np.minimum(w, 1 - w), np.maximum(w, 1 - w)
    some, n = table.both + against + along, table.n
    middle = (table.both + against) * most**2 - (table.both + along + 2 * against) * least**2
    share = root_of(n * least, middle, -against * (most - least) * some * least / n)
    return np.asarray(least * (n * share + some * (most - least)))


def bonett_price(table: Table, z: Floats | float) -> tuple[Floats, Floats]:
    """Divide Wilson's limits at a smaller z, without those who said no. Bonett and Price (2006)."""
    n = table.both + table.earlier + table.later
    first, second = table.both + table.earlier, table.both + table.later
    changed = np.sqrt((table.earlier + table.later + 2) / ((first + 1) * (second + 1)))
    apart = np.sqrt((n - first + 1) / (n + 2) / (first + 1))
    apart = apart + np.sqrt((n - second + 1) / (n + 2) / (second + 1))
    nearer = z * changed / apart
    low = wilson_at(second, n, nearer) / (1 - wilson_at(n - first, n, nearer))
    high = quotient(1 - wilson_at(n - second, n, nearer), wilson_at(first, n, nearer), np.inf)
    return low, high


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "tang": Method(tang, mcnemar_reach),
        "bonett-price": Method(bonett_price, reach_of(bonett_price, 1.0)),
    }
)
