"""Figures known only as ranges: what every count they may be makes of a result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from surveylib.stats import differences, intervals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.stats.counts import Range

    Floats = NDArray[np.float64]

#: Pairs are made of at most about this many counts of each figure: both ends of every base, and
#: evenly spaced ones between. At such numbers limits are smooth in the count.
MOST_COUNTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Every count and base that a figure may be: two arrays of one length.

    Args:
        count: Respondents with the answer.
        n: Respondents asked.
        every: Whether all possibilities are here, or evenly spaced ones between the ends.
    """

    count: Floats
    n: Floats
    every: bool = True

    @classmethod
    def whole(cls, possible: Mapping[int, tuple[int, int]]) -> Candidates:
        """From the possible bases with their lowest and highest count.

        >>> Candidates.whole({272: (230, 232)}).count
        array([230., 231., 232.])
        """
        parts = [np.arange(low, high + 1, dtype=np.float64) for low, high in possible.values()]
        ns = [np.full(part.size, n, np.float64) for n, part in zip(possible, parts, strict=True)]
        return cls(count=np.concatenate(parts), n=np.concatenate(ns))

    @classmethod
    def weighted(cls, share: Range, bases: Sequence[int]) -> Candidates:
        """From a weighted share, which is no whole count: points across its range at each base."""
        shares = np.linspace(float(share.low), float(share.high), 11)
        ends = np.asarray([min(bases), max(bases)], dtype=np.float64)
        n = np.repeat(np.unique(ends), shares.size)
        return cls(count=np.tile(shares, n.size // shares.size) * n, n=n, every=False)

    @property
    def shares(self) -> tuple[float, float]:
        """Lowest and highest possible share."""
        share = self.count / self.n
        return float(share.min()), float(share.max())

    def thinned(self) -> Candidates:
        """At most about MOST_COUNTS of them, both ends of every base among them."""
        if self.count.size <= MOST_COUNTS:
            return self
        turns = np.flatnonzero(np.diff(self.n))
        ends = np.concatenate([[0], turns, turns + 1, [self.n.size - 1]])
        spaced = np.linspace(0, self.n.size - 1, MOST_COUNTS).round()
        kept = np.unique(np.concatenate([ends, spaced]).astype(np.intp))
        return Candidates(
            count=self.count[kept],
            n=self.n[kept],
            every=self.every and kept.size == self.n.size,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The union of the intervals over every possible count."""

    low: float
    high: float


def envelope(
    candidates: Candidates,
    *,
    method: str = "wilson",
    confidence_level: float = 0.95,
    design_effect: float = 1.0,
) -> Envelope:
    """Take an interval for every possible count, and unite them.

    Args:
        candidates: What the figure may be.
        method: A name in `intervals.METHODS`.
        confidence_level: Nominal coverage.
        design_effect: Assumed; counts and bases are divided by it.

    Example:
        >>> united = envelope(Candidates.whole({272: (230, 232)}))
        >>> round(united.low, 4), round(united.high, 4)
        (0.7979, 0.8901)
    """
    found = intervals.proportion(
        candidates.count / design_effect,
        candidates.n / design_effect,
        method=method,
        confidence_level=confidence_level,
    )
    return Envelope(low=float(np.min(found.low)), high=float(np.max(found.high)))


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceEnvelope:
    """What a difference may be, over every pair of possible counts.

    Args:
        estimate_low: Lowest possible difference, later minus earlier.
        estimate_high: Highest possible difference.
        low: Lowest limit of any interval.
        high: Highest limit of any interval.
        p_low: Lowest p-value.
        p_high: Highest p-value.
        rises: Some pair shows an increase.
        falls: Some pair shows a decrease.
        open: Some pair shows no change.
        pairs: How many pairs were looked at.
    """

    estimate_low: float
    estimate_high: float
    low: float
    high: float
    p_low: float
    p_high: float
    rises: bool
    falls: bool
    open: bool
    pairs: int


def difference_envelope(
    earlier: Candidates,
    later: Candidates,
    *,
    method: str = "newcombe",
    confidence_level: float = 0.95,
    design_effect: float = 1.0,
) -> DifferenceEnvelope:
    """Compare every possible count of one sample with every possible count of another.

    All pairs are looked at, not only the outer ones: where the shares may be equal, the highest
    p-value lies inside.

    Args:
        earlier: What the earlier figure may be.
        later: What the later figure may be.
        method: A name in `differences.METHODS`.
        confidence_level: Nominal coverage.
        design_effect: Assumed for both samples; counts and bases are divided by it.
    """
    earlier, later = earlier.thinned(), later.thinned()
    found = differences.independent(
        earlier.count[:, None] / design_effect,
        earlier.n[:, None] / design_effect,
        later.count[None, :] / design_effect,
        later.n[None, :] / design_effect,
        method=method,
        confidence_level=confidence_level,
    )
    rises, falls = found.low > 0, found.high < 0
    low, high = float(found.estimate.min()), float(found.estimate.max())
    p_high = float(found.p_value.max())
    if low <= 0 <= high and not (earlier.every and later.every):
        p_high = 1.0  # thinned out: some pair between those looked at has equal shares
    return DifferenceEnvelope(
        estimate_low=low,
        estimate_high=high,
        low=float(found.low.min()),
        high=float(found.high.max()),
        p_low=float(found.p_value.min()),
        p_high=p_high,
        rises=bool(rises.any()),
        falls=bool(falls.any()),
        open=bool((~rises & ~falls).any()),
        pairs=int(found.low.size),
    )


#: Design effects looked at: a sample worth less than a thousandth of its size is no sample.
_MOST_DESIGN_EFFECT = 1000.0


def tolerated_design_effect(
    earlier: Candidates,
    later: Candidates,
    *,
    method: str = "newcombe",
    confidence_level: float = 0.95,
) -> float | None:
    """The design effect up to which every pair of possible counts shows the change.

    Args:
        earlier: What the earlier figure may be.
        later: What the later figure may be.
        method: A name in `differences.METHODS`.
        confidence_level: Nominal coverage.

    Returns:
        A factor of at least 1, rounded down to two decimals; None where some pair shows no change
        even without a design effect.
    """

    def shown(effect: float) -> bool:
        return not difference_envelope(
            earlier,
            later,
            method=method,
            confidence_level=confidence_level,
            design_effect=effect,
        ).open

    if not shown(1.0):
        return None
    low, high = 1.0, _MOST_DESIGN_EFFECT
    while high - low > 0.001:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if shown(middle) else (low, middle)
    return math.floor(low * 100) / 100
