"""Figures known only as ranges: which counts they may be, and what that makes of a result.

A printed "85 %" of 272 is one of three whole counts. Counting is done in whole numbers and exact
fractions; floats begin where an interval does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from surveylib.errors import MethodError
from surveylib.stats import differences, intervals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: More possible counts than this are thinned to evenly spaced ones, both ends included: at such
#: numbers limits are smooth in the count.
MOST_COUNTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A share known to lie between two ends, in [0, 1] and exact.

    Args:
        low: Lower end.
        high: Upper end.
        low_included: Whether the share may be `low` itself.
        high_included: Whether the share may be `high` itself.
    """

    low: Fraction
    high: Fraction
    low_included: bool = True
    high_included: bool = True

    def counts(self, n: int) -> tuple[int, int] | None:
        """Lowest and highest whole count of n in the range, or None where there is none.

        >>> Range(low=Fraction("0.845"), high=Fraction("0.855"), high_included=False).counts(272)
        (230, 232)
        """
        low = math.ceil(self.low * n)
        high = math.floor(self.high * n)
        if not self.low_included and low == self.low * n:
            low += 1
        if not self.high_included and high == self.high * n:
            high -= 1
        low, high = max(low, 0), min(high, n)
        return (low, high) if low <= high else None


def _half_up(figure: Fraction, unit: Fraction, _even: bool) -> Range:  # noqa: FBT001 - a table row
    return Range(low=figure - unit / 2, high=figure + unit / 2, high_included=False)


def _half_even(figure: Fraction, unit: Fraction, even: bool) -> Range:  # noqa: FBT001 - a table row
    low, high = figure - unit / 2, figure + unit / 2
    return Range(low=low, high=high, low_included=even, high_included=even)


def _either(figure: Fraction, unit: Fraction, _even: bool) -> Range:  # noqa: FBT001 - a table row
    return Range(low=figure - unit / 2, high=figure + unit / 2)


def _truncated(figure: Fraction, unit: Fraction, _even: bool) -> Range:  # noqa: FBT001 - a table row
    return Range(low=figure, high=figure + unit, high_included=False)


#: Ways of rounding: a figure, its last unit, whether its last digit is even → what it may be.
ROUNDINGS: Mapping[str, Callable[[Fraction, Fraction, bool], Range]] = MappingProxyType(
    {
        "half-up": _half_up,
        "half-even": _half_even,
        "either": _either,
        "truncated": _truncated,
    }
)


def printed(percent: str, *, rounding: str = "half-up") -> Range:
    """The shares that are printed as this percentage.

    Args:
        percent: The number as printed, such as "85" or "74.6"; its decimals are its precision.
        rounding: A name in ROUNDINGS.

    Raises:
        MethodError: No such rounding, or not a percentage from 0 to 100.

    Example:
        >>> share = printed("85")
        >>> float(share.low), float(share.high), share.high_included
        (0.845, 0.855, False)
    """
    if rounding not in ROUNDINGS:
        raise MethodError(intervals.no_method("rounding", rounding, ROUNDINGS))
    decimal = Decimal(percent)
    digits, exponent = decimal.as_tuple().digits, decimal.as_tuple().exponent
    if not isinstance(exponent, int) or not 0 <= decimal <= 100:
        message = f"'{percent}' is no percentage from 0 to 100"
        raise MethodError(message)
    unit = Fraction(10) ** exponent / 100
    found = ROUNDINGS[rounding](Fraction(decimal) / 100, unit, digits[-1] % 2 == 0)
    low, high = max(found.low, Fraction(0)), min(found.high, Fraction(1))
    return Range(
        low=low,
        high=high,
        low_included=found.low_included or low > found.low,
        high_included=found.high_included or high < found.high,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """Counts that add up to at most a total, or to all of it.

    Args:
        parts: Positions of the figures that exclude each other.
        total: Position of the figure they belong to; None for the base.
        complete: Whether they are all of it.
    """

    parts: tuple[int, ...]
    total: int | None = None
    complete: bool = False


def possible_counts(
    figures: Sequence[Range], n: int, sums: Sequence[Sum] = ()
) -> list[tuple[int, int]] | None:
    """Lowest and highest whole count of each figure at a base, or None where some figure has none.

    Args:
        figures: What was printed of one question.
        n: The base that they share.
        sums: What adds up; it narrows the counts until nothing changes any more.

    Example:
        65.2 % and 34.8 % of the same 368 people who said yes or no: one way only.

        >>> yes_no = [printed("65.2"), printed("34.8")]
        >>> possible_counts(yes_no, 368, [Sum(parts=(0, 1), complete=True)])
        [(240, 240), (128, 128)]
        >>> possible_counts(yes_no, 370) is None
        True
    """
    counts = [figure.counts(n) for figure in figures]
    found = [list(pair) for pair in counts if pair is not None]
    if len(found) < len(figures):
        return None
    changed = True
    while changed:
        # Every rule in every round, also after one that changed something.
        changed = sum(_narrow(found, n, rule) for rule in sums) > 0
        if any(low > high for low, high in found):
            return None
    return [(low, high) for low, high in found]


def _narrow(counts: list[list[int]], n: int, rule: Sum) -> bool:
    """Narrow counts by one sum; whether anything changed."""
    before = [tuple(pair) for pair in counts]
    whole = [n, n] if rule.total is None else counts[rule.total]
    lows = sum(counts[part][0] for part in rule.parts)
    highs = sum(counts[part][1] for part in rule.parts)
    if rule.total is None and (lows > n or (rule.complete and highs < n)):
        counts[rule.parts[0]][0] = n + 1  # no count is possible
        return True
    whole[0] = max(whole[0], lows)
    if rule.complete:
        whole[1] = min(whole[1], highs)
    for part in rule.parts:
        low, high = counts[part]
        counts[part][1] = min(high, whole[1] - (lows - low))
        if rule.complete:
            counts[part][0] = max(low, whole[0] - (highs - high))
    return before != [tuple(pair) for pair in counts]


def possible_bases(
    figures: Sequence[Range], bases: Iterable[int], sums: Sequence[Sum] = ()
) -> dict[int, list[tuple[int, int]]]:
    """Every base at which all figures are whole counts, with those counts.

    Example:
        37.9 % fits no whole count of 370; the largest base that it fits is 369.

        >>> max(possible_bases([printed("37.9")], range(185, 371)))
        369
    """
    found = {}
    for n in bases:
        counts = possible_counts(figures, n, sums)
        if counts is not None:
            found[n] = counts
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Every count and base that a figure may be: two arrays of one length.

    Args:
        count: Respondents with the answer.
        n: Respondents asked.
        every: Whether all possibilities are here, or evenly spaced ones of very many.
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
        count, n = np.concatenate(parts), np.concatenate(ns)
        kept = _evenly(count / n)
        return cls(count=count[kept], n=n[kept], every=kept.size == count.size)

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


def _evenly(shares: Floats) -> NDArray[np.intp]:
    """Positions of all shares; of evenly spaced ones from lowest to highest where there are many.

    Shares of the same size come from several bases; the sort keeps the bases' order, so the
    smallest and the largest base both stay in.
    """
    if shares.size <= MOST_COUNTS:
        return np.arange(shares.size)
    order = np.argsort(shares, kind="stable")
    spaced = np.linspace(0, shares.size - 1, MOST_COUNTS - 4).round().astype(np.intp)
    # The first and last bases' own extremes matter most: their intervals are widest and narrowest.
    ends = np.asarray([0, 1, shares.size - 2, shares.size - 1])
    return np.unique(np.concatenate([order[spaced], ends]))


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
