"""Lists of bands: how printed ones are read, and what is wrong with them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from surveylib.errors import listed
from surveylib.instrument.checking import Problem, problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.instrument.options import BandList, BandOption


def _and(reading: tuple[int, int | None]) -> str:
    low, high = reading
    return f"{low} and more" if high is None else f"{low} to {high}"


def as_read(options: Sequence[BandOption]) -> dict[str, tuple[int, int | None]]:
    """Each band without the values that a lower band holds.

    The printed list "1-10", "up to 50" is read as 1 to 10 and 11 to 50.
    """
    read: dict[str, tuple[int, int | None]] = {}
    reached = -1
    for option in sorted(options, key=_band_order):
        low, high = option.interval
        read[option.code] = (max(low, reached + 1), high)
        reached = max(reached, low if high is None else high)
    return {option.code: read[option.code] for option in options}


def _band_order(option: BandOption) -> tuple[float, int]:
    low, high = option.interval
    return (float("inf") if high is None else high, low)


def overlaps_and_gaps(
    options: Sequence[BandOption], minimum: int
) -> tuple[dict[frozenset[str], tuple[int, int | None]], list[tuple[int, int | None]]]:
    """Every pair of bands with the values both hold, and every run of values that none holds."""
    bands = sorted(options, key=_band_order)
    overlaps: dict[frozenset[str], tuple[int, int | None]] = {}
    for place, lower in enumerate(bands):
        for upper in bands[place + 1 :]:
            low = max(lower.interval[0], upper.interval[0])
            ends = [end for end in (lower.interval[1], upper.interval[1]) if end is not None]
            high = min(ends) if ends else None
            if high is None or low <= high:
                overlaps[frozenset({lower.code, upper.code})] = (low, high)
    gaps: list[tuple[int, int | None]] = []
    reached: int | None = minimum - 1
    for band in sorted(options, key=lambda option: option.interval[0]):
        low, high = band.interval
        if reached is not None and low > reached + 1:
            gaps.append((reached + 1, low - 1))
        if reached is not None:
            reached = None if high is None else max(reached, high)
    if reached is not None:
        gaps.append((reached + 1, None))
    return overlaps, gaps


def problems(options: Sequence[BandOption], minimum: int, declared: BandList) -> list[Problem]:
    """Bands that end before they start, and overlaps and gaps other than the declared ones."""
    found = []
    for position, option in enumerate(options):
        low, high = option.interval
        if high is not None and high < low:
            found.append(
                problem(
                    ("options", position, "interval"),
                    "BAND-REVERSED",
                    f"band '{option.code}' ends at {high}, before it starts at {low}",
                )
            )
    starts = [option.interval[0] for option in options]
    ends = [_band_order(option)[0] for option in options]
    if any(a > b for a, b in pairwise(starts)) and any(a > b for a, b in pairwise(ends)):
        found.append(problem(("options",), "BAND-ORDER", "bands do not stand from low to high"))
    open_ends = [option.code for option in options if option.interval[1] is None]
    if len(open_ends) > 1:
        what = f"bands {listed(open_ends)} all have no upper end"
        found.append(problem(("options",), "BAND-ORDER", what, wanted="one open band at most"))
    if found:
        return found
    return [
        *_overlap_problems(options, minimum, declared),
        *_gap_problems(options, minimum, declared),
    ]


def _overlap_problems(
    options: Sequence[BandOption], minimum: int, declared: BandList
) -> list[Problem]:
    overlaps, _ = overlaps_and_gaps(options, minimum)
    told = {frozenset(entry.bands): entry.values for entry in declared.overlaps}
    position = {option.code: place for place, option in enumerate(options)}
    found = []
    for pair, values in overlaps.items():
        first, second = sorted(pair, key=lambda code: position[code])
        if told.get(pair) == values:
            continue
        end = "open" if values[1] is None else values[1]
        entry = f"- {{bands: [{first}, {second}], values: [{values[0]}, {end}]}}"
        found.append(
            problem(
                ("options", position[second], "interval"),
                "BAND-OVERLAP",
                f"bands '{first}' and '{second}' both hold {_and(values)}",
                wanted="bands that share no value, or the overlap declared as it was printed",
                todo=f"correct the interval, or declare under bands, overlaps: {entry}",
            )
        )
    for place, declaration in enumerate(declared.overlaps):
        if frozenset(declaration.bands) not in overlaps:
            names = " and ".join(f"'{code}'" for code in declaration.bands)
            what = f"an overlap of {names} is declared, and there is none"
            found.append(problem(("bands", "overlaps", place), "BAND-OVERLAP", what))
    return [*found, *_reading_problems(options, declared, overlap=bool(overlaps))]


def _reading_problems(
    options: Sequence[BandOption], declared: BandList, *, overlap: bool
) -> list[Problem]:
    """Overlapping bands that no reading is declared for, or that none takes apart."""
    position = {option.code: place for place, option in enumerate(options)}
    found = []
    for lower, upper in pairwise(sorted(options, key=_band_order)):
        same_end = upper.interval[1] == lower.interval[1]
        if upper.interval[0] < lower.interval[0] or same_end:
            found.append(
                problem(
                    ("options", position[upper.code], "interval"),
                    "BAND-READING",
                    f"band '{lower.code}' lies inside '{upper.code}': no reading takes them apart",
                    todo="correct the intervals",
                )
            )
    if overlap and declared.reading is None:
        found.append(
            problem(
                ("bands",),
                "BAND-READING",
                "the bands overlap, and how respondents read them is not declared",
                todo="declare 'reading: exclusive_of_lower' under bands",
            )
        )
    return found


def _gap_problems(options: Sequence[BandOption], minimum: int, declared: BandList) -> list[Problem]:
    _, gaps = overlaps_and_gaps(options, minimum)
    found = [
        problem(
            ("bands", "gaps"),
            "BAND-GAP",
            f"no band holds {_and(gap)}",
            wanted="bands without gaps, or the gap declared as it was printed",
            todo=f"correct the intervals, or declare under bands, gaps: "
            f"- [{gap[0]}, {'open' if gap[1] is None else gap[1]}]",
        )
        for gap in gaps
        if gap not in declared.gaps
    ]
    found += [
        problem(
            ("bands", "gaps", place),
            "BAND-GAP",
            f"a gap of {_and(gap)} is declared, and there is none",
        )
        for place, gap in enumerate(declared.gaps)
        if gap not in gaps
    ]
    return found
