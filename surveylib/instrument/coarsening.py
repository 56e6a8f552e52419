"""Bands of several lists: the cuts that all have, and bounds where one has none.

A count X is answered in bands. A list of bands tells X ≤ t apart from X > t if no band holds
values on both sides of t. The cuts that every list can make give the finest bands into which the
answers of all of them fall without guessing: merging is exact. At any other threshold the share
of X ≤ t lies between that of the bands below and that of the bands not wholly above.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from fractions import Fraction

    Number = TypeVar("Number", int, float, Fraction)

#: Lowest and highest whole number of a band, both in it; None for no end.
Interval = tuple[int, int | None]


class Bounds(NamedTuple):
    """Lowest and highest value that something can have; equal where it is known."""

    low: float | Fraction
    high: float | Fraction


def ends_at(interval: Interval) -> float:
    """The upper end of a band, infinite where it is open.

    >>> ends_at((11, 50)), ends_at((1001, None))
    (50, inf)
    """
    return float("inf") if interval[1] is None else interval[1]


def with_gaps(bands: Collection[Interval], minimum: int) -> dict[Interval, Interval]:
    """Each band with the gaps beside it, where a respondent in a gap may have ticked either side.

    Args:
        bands: The bands; they may overlap where a reading is uncertain.
        minimum: The lowest count that can occur.

    Example:
        The printed list 1-10, up to 50, 100-500, over 1,000, read without overlaps:

        >>> with_gaps([(1, 10), (11, 50), (100, 500), (1001, None)], 0)
        {(1, 10): (0, 10), (11, 50): (11, 99), (100, 500): (51, 1000), (1001, None): (501, None)}
    """
    gaps: list[Interval] = []
    reached: float = minimum - 1
    for low, high in sorted(bands):
        if low > reached + 1:
            gaps.append((int(reached) + 1, low - 1))
        reached = max(reached, ends_at((low, high)))
    if reached != float("inf"):
        gaps.append((int(reached) + 1, None))
    before = {ends_at(gap): gap[0] for gap in gaps}
    after = {gap[0]: gap[1] for gap in gaps}
    return {
        (low, high): (
            before.get(low - 1, low),
            high if high is None else after.get(high + 1, high),
        )
        for low, high in bands
    }


def cuts(bands: Collection[Interval], thresholds: Iterable[int]) -> set[int]:
    """The thresholds t at which a list tells X ≤ t apart from X > t.

    >>> sorted(cuts([(0, 10), (11, 99), (51, 1000), (501, None)], [10, 50, 1000]))
    [10]
    """
    return {t for t in thresholds if all(ends_at(band) <= t or band[0] > t for band in bands)}


def common_bands(lists: Sequence[Collection[Interval]]) -> tuple[Interval, ...]:
    """The finest bands into which the answers to every list fall without guessing.

    Args:
        lists: For each version, its bands as they are read; they may overlap where a reading is
            uncertain.

    Returns:
        Bands from low to high; a single one where no cut is common.

    Example:
        >>> common_bands([[(1, 10), (11, None)], [(1, 5), (6, 10), (11, 50), (51, None)]])
        ((1, 10), (11, None))
    """
    every = [band for bands in lists for band in bands]
    lowest = min(band[0] for band in every)
    highest = max(ends_at(band) for band in every)
    candidates = {band[1] for band in every if band[1] is not None}
    candidates |= {band[0] - 1 for band in every}
    inside = {t for t in candidates if lowest <= t < highest}
    for bands in lists:
        inside = cuts(bands, inside)
    # Two cuts with nobody between them, as at both ends of a gap, are one: keep the lower.
    kept: list[int] = []
    for t in sorted(inside):
        holds = any(band[0] <= t and ends_at(band) > (kept[-1] if kept else lowest - 1)
                    for band in every)  # fmt: skip
        if holds and any(ends_at(band) > t for band in every):
            kept.append(t)
    starts = [lowest, *(t + 1 for t in kept)]
    last = None if highest == float("inf") else int(highest)
    return tuple(zip(starts, [*kept, last], strict=True))


def share_up_to(
    threshold: int, bands: Mapping[str, Interval], shares: Mapping[str, Number]
) -> Bounds:
    """Bounds on the share of X ≤ t, given the share of each band.

    The lower bound counts the bands that end at or below t, the upper one also those that begin
    at or below it: they differ by the share of the bands that hold values on both sides.

    Args:
        threshold: t, a whole number.
        bands: Each band, by code.
        shares: The share (or the number) of respondents in each band, by code.

    Example:
        >>> bands = {"a": (0, 10), "b": (11, 99), "c": (51, 1000), "d": (501, None)}
        >>> shares = {"a": 50, "b": 20, "c": 20, "d": 10}
        >>> share_up_to(10, bands, shares), share_up_to(99, bands, shares)
        (Bounds(low=50, high=50), Bounds(low=70, high=90))
    """
    low = sum(shares[code] for code, band in bands.items() if ends_at(band) <= threshold)
    high = sum(shares[code] for code, band in bands.items() if band[0] <= threshold)
    return Bounds(low, high)


def change_between(earlier: Bounds, later: Bounds) -> Bounds:
    """Bounds on a change between two shares known within bounds; its sign is known off 0.

    >>> change_between(Bounds(50, 55), Bounds(60, 70))
    Bounds(low=5, high=20)
    """
    return Bounds(later.low - earlier.high, later.high - earlier.low)
