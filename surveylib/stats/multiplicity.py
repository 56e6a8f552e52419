"""P-values of a family of tests, raised so that the family as a whole keeps its promise.

Which tests are a family is decided before the data are seen: all questions of two waves, or all
neighbouring waves of one question. The intervals beside the p-values stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from surveylib.errors import MethodError, no_method

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Adjust = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjusted:
    """Adjusted p-values in the order in which the raw ones came.

    Args:
        p_values: As many as were given; None where none was given.
        tests: How many there are in the family: those that have a p-value.
        method: A name in METHODS.
    """

    p_values: tuple[float | None, ...]
    tests: int
    method: str


def adjusted(p_values: Iterable[float | None], *, method: str = "holm") -> Adjusted:
    """Adjust the p-values of a family of tests.

    `holm`, `hochberg`, `hommel`, `bonferroni` and `sidak` bound the chance of any false finding;
    `benjamini-hochberg` bounds the expected share of false ones among the findings, which suits
    a long list that is only screened. `holm` and `bonferroni` hold however the tests depend on each
    other; `hochberg` and `hommel` need tests that are independent or depend positively; so do
    `sidak` and `benjamini-hochberg`.

    Args:
        p_values: Raw p-values, in any order; None or nan for a test without one, which does not
            count in the family.
        method: A name in METHODS.

    Raises:
        MethodError: No such method, or a number outside 0 to 1.

    Example:
        Wright (1992, Biometrics 48:1005) and R's p.adjust.

        >>> adjusted([0.01, 0.04, None, 0.03]).p_values
        (0.03, 0.06, None, 0.06)
        >>> adjusted([0.01, 0.04, 0.03], method="hommel").p_values
        (0.03, 0.04, 0.04)
    """
    adjust = METHODS.get(method)
    if adjust is None:
        raise MethodError(no_method("multiplicity", method, METHODS))
    raw = np.array([np.nan if p is None else p for p in p_values], dtype=np.float64)
    there = ~np.isnan(raw)
    wrong = there & ~((raw >= 0) & (raw <= 1))
    if wrong.any():
        message = f"a p-value is {raw[wrong][0]:g}; wanted a number from 0 to 1"
        raise MethodError(message)
    order = np.argsort(raw[there], kind="stable")
    ordered = raw[there][order]
    found = np.empty(raw.shape, dtype=object)
    found[np.flatnonzero(there)[order]] = [float(p) for p in adjust(ordered)]
    return Adjusted(p_values=tuple(found.tolist()), tests=len(ordered), method=method)


def holm(p: Floats) -> Floats:
    """Multiply the smallest by m, the next by m - 1, ...; never below one before. Holm (1979).

    Takes p-values in rising order, as every method here.
    """
    left = np.arange(len(p), 0, -1)
    return np.minimum(np.maximum.accumulate(left * p), 1.0)


def hochberg(p: Floats) -> Floats:
    """Multiply as `holm`, but from the largest down, never above one before. Hochberg (1988)."""
    left = np.arange(len(p), 0, -1)
    return np.minimum(np.minimum.accumulate((left * p)[::-1])[::-1], 1.0)


def benjamini_hochberg(p: Floats) -> Floats:
    """Multiply by m / rank, from the largest down. Benjamini and Hochberg (1995)."""
    rank = np.arange(1, len(p) + 1)
    return np.minimum(np.minimum.accumulate((len(p) / rank * p)[::-1])[::-1], 1.0)


def bonferroni(p: Floats) -> Floats:
    """Multiply by m. Dunn (1961)."""
    return np.minimum(len(p) * p, 1.0)


def sidak(p: Floats) -> Floats:
    """Take the chance of one as small among m independent ones. Šidák (1967)."""
    # For a p of 1 the logarithm is infinite and the chance 1.
    log = np.log1p(-np.minimum(p, 1 - np.finfo(np.float64).epsneg))
    return np.where(p < 1, -np.expm1(len(p) * log), 1.0)


def hommel(p: Floats) -> Floats:
    """Take the largest p-value of Simes among all sets of tests with this one. Hommel (1988).

    Of the sets of one size, the one with the largest p-values beside it decides: so m sets for
    each test are enough, of which those made of the largest p-values alone are shared.
    """
    m = len(p)
    found = p.copy()
    for size in range(2, m + 1):
        largest = p[m - size :]
        simes = size * largest / np.arange(1, size + 1)
        rest = simes[1:].min()
        found[m - size :] = np.maximum(found[m - size :], min(simes[0], rest))
        found[: m - size] = np.maximum(found[: m - size], np.minimum(size * p[: m - size], rest))
    return found


METHODS: Mapping[str, Adjust] = MappingProxyType(
    {
        "holm": holm,
        "hochberg": hochberg,
        "hommel": hommel,
        "benjamini-hochberg": benjamini_hochberg,
        "bonferroni": bonferroni,
        "sidak": sidak,
    }
)
