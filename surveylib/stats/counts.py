"""Which whole counts a printed share may be, and of which base; in exact fractions.

A printed "85 %" of 272 is one of three whole counts. No whole count of 370 is printed as 37.9 %.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING

from surveylib.errors import MethodError, no_method, show

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


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
        raise MethodError(no_method("rounding", rounding, ROUNDINGS))
    if not re.fullmatch(r"\d+(\.\d+)?", percent, re.ASCII) or Decimal(percent) > 100:
        message = f"{show(percent)} is no percentage from 0 to 100; wanted a number such as 74.6"
        raise MethodError(message)
    decimals = len(percent.partition(".")[2])
    unit = Fraction(1, 100 * 10**decimals)
    found = ROUNDINGS[rounding](Fraction(percent) / 100, unit, int(percent[-1]) % 2 == 0)
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
