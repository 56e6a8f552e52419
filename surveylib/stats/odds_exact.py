"""Odds ratios and tests from the distribution of a 2 × 2 table given its margins.

Arguments are checked in `surveylib.stats.odds` and trusted here, but for counts that are not whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import MethodError
from surveylib.stats.intervals import rising_root

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Cells = tuple[Floats, Floats, Floats, Floats]

#: Tables are as likely as another up to this relative difference: rounding is not a difference.
_ROUNDING = 1e-7
#: Logarithms of the odds ratios among which limits are looked for.
_FARTHEST_LOG = 300.0


class Tables(NamedTuple):
    """All later counts that the margins allow, their log weights at odds 1, and which is seen."""

    counts: Floats
    weights: Floats
    seen: int

    def tails(self, log_odds: float) -> tuple[float, float, float]:
        """How often the later count is below, at and above the one seen."""
        logs = self.weights + self.counts * log_odds
        chances = np.exp(logs - logs.max())
        chances /= chances.sum()
        below, above = chances[: self.seen].sum(), chances[self.seen + 1 :].sum()
        return float(below), float(chances[self.seen]), float(above)

    def mean(self, log_odds: float) -> float:
        """The expected later count."""
        logs = self.weights + self.counts * log_odds
        chances = np.exp(logs - logs.max())
        return float((chances * self.counts).sum() / chances.sum())


def fisher(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> tuple[Floats, Floats]:
    """Sum the tables that are no likelier than this one, and of as likely ones half (mid-p)."""

    def both(tables: Tables) -> tuple[float, float]:
        chances = np.exp(tables.weights - tables.weights.max())
        chances /= chances.sum()
        seen = chances[tables.seen]
        same = np.abs(chances - seen) <= _ROUNDING * seen
        rarer = chances[(chances < seen) & ~same].sum()
        equal = chances[same].sum()
        return min(float(rarer + equal), 1.0), float(rarer + equal / 2)

    found = _each(both, x1, n1, x2, n2)
    return found[..., 0], found[..., 1]


def exact(x1: Floats, n1: Floats, x2: Floats, n2: Floats, alpha: float) -> tuple[Floats, Floats]:
    """Invert two one-sided exact tests given the margins. Cornfield (1956); R fisher.test."""
    return _limits(1.0, (x1, n1, x2, n2), alpha)


def mid_p(x1: Floats, n1: Floats, x2: Floats, n2: Floats, alpha: float) -> tuple[Floats, Floats]:
    """As `exact`, with half of the table that is seen. Mehta and Walsh (1992)."""
    return _limits(0.5, (x1, n1, x2, n2), alpha)


def exact_p(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    """Twice the smaller tail, at most 1."""
    return _doubled(1.0, x1, n1, x2, n2)


def mid_p_p(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    """Twice the smaller tail with half of the table that is seen."""
    return _doubled(0.5, x1, n1, x2, n2)


def most_likely(x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    """The odds ratio at which the later count is the expected one."""

    def one(tables: Tables) -> tuple[float, ...]:
        return (_ratio_where(lambda log: tables.mean(log) - tables.counts[tables.seen], tables),)

    return _each(one, x1, n1, x2, n2)[..., 0]


def _limits(part: float, cells: Cells, alpha: float) -> tuple[Floats, Floats]:
    """Odds ratios at which a tail, with a part of the table that is seen, is half of alpha."""

    def both(tables: Tables) -> tuple[float, float]:
        def upper_tail(log: float) -> float:
            _, seen, above = tables.tails(log)
            return above + part * seen - alpha / 2

        def lower_tail(log: float) -> float:
            below, seen, _ = tables.tails(log)
            return alpha / 2 - below - part * seen

        low = 0.0 if tables.seen == 0 else _crossing(upper_tail)
        last = tables.seen == len(tables.counts) - 1
        return low, np.inf if last else _crossing(lower_tail)

    found = _each(both, *cells)
    return found[..., 0], found[..., 1]


def _doubled(part: float, x1: Floats, n1: Floats, x2: Floats, n2: Floats) -> Floats:
    """Twice the smaller tail at the odds ratio 1, at most 1."""

    def one(tables: Tables) -> tuple[float, ...]:
        below, seen, above = tables.tails(0.0)
        return (min(1.0, 2 * (min(below, above) + part * seen)),)

    return _each(one, x1, n1, x2, n2)[..., 0]


def _ratio_where(rising: Callable[[float], float], tables: Tables) -> float:
    """Where a function of the log odds ratio is 0; 0 and infinity at the ends of the counts."""
    if tables.seen == 0:
        return 0.0
    if tables.seen == len(tables.counts) - 1:
        return np.inf
    return _crossing(rising)


def _crossing(rising: Callable[[float], float]) -> float:
    """The odds ratio at which a rising function of its logarithm is 0."""
    log = rising_root(
        lambda place: np.asarray(rising(float(place))),
        np.asarray(-_FARTHEST_LOG),
        np.asarray(_FARTHEST_LOG),
    )
    return float(np.exp(log))


def _each(
    function: Callable[[Tables], tuple[float, ...]],
    x1: Floats,
    n1: Floats,
    x2: Floats,
    n2: Floats,
) -> Floats:
    """A function of each table; its results along the last axis."""
    for numbers in (x1, n1, x2, n2):
        if (numbers != np.rint(numbers)).any():
            message = (
                f"a count is {numbers[numbers != np.rint(numbers)].flat[0]:g}; wanted whole counts "
                "for an exact method; choose 'miettinen-nurminen' for effective ones"
            )
            raise MethodError(message)
    flat = zip(x1.ravel(), n1.ravel(), x2.ravel(), n2.ravel(), strict=True)
    found = [function(_tables(*numbers)) for numbers in flat]
    width = len(found[0]) if found else 2
    return np.array(found).reshape((*x1.shape, width))


def _tables(x1: float, n1: float, x2: float, n2: float) -> Tables:
    """The tables that the margins allow."""
    yes = x1 + x2
    first = max(0.0, yes - n1)
    counts = np.arange(first, min(n2, yes) + 1)
    weights = _log_choose(n2, counts) + _log_choose(n1, yes - counts)
    return Tables(counts, weights, int(x2 - first))


def _log_choose(n: float, k: Floats) -> Floats:
    """The logarithm of the number of ways to choose k of n."""
    return np.asarray(-np.log1p(n) - special.betaln(n - k + 1, k + 1))
