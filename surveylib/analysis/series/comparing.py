"""Tables over waves → changes, with everything that an honest statement of one needs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.analysis.changes import Change, Refusal
from surveylib.analysis.series.figures import verdict_of
from surveylib.analysis.series.measures import (
    MEASURES,
    Sizes,
    Sizing,
    correlations_of,
    no_quotient,
    numbers,
    sized,
    standard_errors,
)
from surveylib.analysis.series.overlap import shared
from surveylib.analysis.series.paired import moving_together, of_people
from surveylib.analysis.series.pairs import left_out, sorted_pairs, waves_compared
from surveylib.analysis.series.returned import Returned, pairs_of_both
from surveylib.stats import differences, equivalence
from surveylib.stats.bounds import difference_envelope
from surveylib.stats.detecting import detectable_changes
from surveylib.wave.counted import possible
from surveylib.wave.states import STATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.results import Estimate
    from surveylib.analysis.series.gate import Gate
    from surveylib.analysis.series.pairs import Pair
    from surveylib.analysis.series.table import Table
    from surveylib.analysis.series.taken import Taken

    Floats = NDArray[np.float64]

#: The power for which the smallest change that could have been shown is told.
POWER = 0.8
#: A standard error below this is none.
_NO_ERROR = 1e-12
#: Estimates that move together like this leave no change that could be missed.
_AS_ONE = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which changes are wanted.

    Args:
        from_: The earlier wave; None for any.
        to: The later wave; None for any.
        against: What each wave is compared with where none is named.
        sizing: How a change is sized.
        margin: What counts as no change; None where it was not declared.
        contrast: What each wave counts; None for pairs of waves.
    """

    from_: str | None
    to: str | None
    against: str
    sizing: Sizing
    margin: float | None
    contrast: Mapping[str, float] | None = None


def compared(taken: Taken, wanted: Wanted) -> tuple[list[Change], list[Refusal]]:
    """Every change that is wanted and may be had, and the pairs that must not be compared.

    Args:
        taken: Tables over waves.
        wanted: Which changes.

    Raises:
        UnknownNameError: There is no such wave.
        MethodError: No such measure or method for these samples.
    """
    rows: list[Change] = []
    refused: list[Refusal] = []
    for tables in taken.portions:
        pairs = _pairs(tables, taken.gates, wanted, refused)
        if pairs and wanted.sizing.samples == "unknown":
            rows += _of_unknown(pairs, wanted)
        elif pairs:
            rows += _rows(pairs, sized(pairs, wanted.sizing), wanted)
        del tables, pairs  # so that their room is free for the next ones
    return rows, refused


def _pairs(
    tables: Sequence[Table], gates: Mapping[str, Gate], wanted: Wanted, refused: list[Refusal]
) -> list[Pair]:
    """Every pair that may be compared; the others go to those that are refused."""
    pairs: list[Pair] = []
    returned = Returned()
    for table in tables:
        places = waves_compared(table.waves, wanted.from_, wanted.to, wanted.against)
        asked = table, gates[table.question], places
        # Of mentions there are no counts of people, so pairs are not counted either.
        designed = not table.simple or table.asked.base == "mentions"
        panel = wanted.sizing.samples == "panel" and designed
        for one in pairs_of_both(*asked, returned) if panel else sorted_pairs(*asked):
            if isinstance(one, Refusal):
                refused.append(one)
            elif not _has_variance(one):
                refused.append(left_out(one, "no interval", _no_variance(one)))
            elif (none := no_quotient(one, wanted.sizing.measure)) is not None:
                refused.append(left_out(one, f"no {wanted.sizing.measure}", none))
            else:
                pairs.append(one)
    return pairs


def _has_variance(pair: Pair) -> bool:
    variances = pair.table.variances
    known = np.isfinite([variances[place, pair.answer] for place in (pair.earlier, pair.later)])
    return bool(known.all()) and all(end.ci_low is not None for end in pair.ends)


def _no_variance(pair: Pair) -> str:
    gone = [end.wave for end in pair.ends if end.ci_low is None] or [pair.ends[0].wave]
    return f"No variance can be estimated in {' and '.join(gone)}."


def _rows(pairs: Sequence[Pair], found: Sizes, wanted: Wanted) -> list[Change]:
    correlation = correlations_of(pairs)
    _, apart = standard_errors(pairs)
    smallest = _detectable(pairs, correlation, wanted)
    surely = _equivalent(pairs, found, wanted)
    rows = []
    for place, pair in enumerate(pairs):
        told = _row(pair, found, place, wanted)
        told["correlation"] = float(correlation[place])
        told["standard_error_if_independent"] = float(apart[place])
        if found.cells is not None:
            told |= moving_together(found.cells[place])
        if told["verdict"] == "no change shown":
            told["detectable"], told["detectable_down"] = (
                None if math.isnan(size) or told["correlation"] > _AS_ONE else float(size)
                for size in (column[place] for column in smallest)
            )
        if surely is not None:
            told["margin"], told["equivalence"] = wanted.margin, float(surely[place])
            alpha = 1 - wanted.sizing.confidence_level
            if told["verdict"] == "no change shown" and surely[place] <= alpha:
                told["verdict"] = "no change beyond the margin"
        row = Change(**told)
        rows.append(_with_quarantine(row, pair) if found.of_counts else row)
    return rows


def _with_quarantine(row: Change, pair: Pair) -> Change:
    """A change over everything that answers in quarantine may be."""
    table, sides = pair.table, []
    for place, end in zip((pair.earlier, pair.later), (row.from_estimate, row.to_estimate),
                          strict=True):  # fmt: skip
        held = table.sampled[place].held
        group = table.group[place]
        count = int(table.counts[place, pair.answer])
        sides.append(
            possible(count, end.n or 0, held[group] if held else 0, missing=row.answer in STATES)
        )
    if all(side.count.size == 1 for side in sides) or row.method not in differences.METHODS:
        return row
    found = difference_envelope(
        *sides, design_effect=1.0, method=row.method, confidence_level=row.confidence_level
    )
    return replace(
        row,
        difference_low=found.estimate_low,
        difference_high=found.estimate_high,
        envelope_low=found.low,
        envelope_high=found.high,
        p_value_low=found.p_low,
        p_value_high=found.p_high,
        pairs=found.pairs,
        verdict=verdict_of(found),
    )


def _equivalent(pairs: Sequence[Pair], found: Sizes, wanted: Wanted) -> Floats | None:
    """The p-values of two one-sided tests of each difference against the margin.

    Without a standard error, as where nobody changed, the interval decides.
    """
    if wanted.margin is None:
        return None
    first, second = numbers(pairs, "estimate")
    if found.cells is not None:  # of the same people
        _, earlier, later, _ = found.cells.T
        first, second = earlier / found.cells.sum(axis=1), later / found.cells.sum(axis=1)
    alpha = 1 - wanted.sizing.confidence_level
    known = found.standard_error > _NO_ERROR
    p = np.ones(len(pairs))
    if known.any():
        p[known] = equivalence.tost(
            (second - first)[known],
            found.standard_error[known],
            margins=wanted.margin,
            df=found.df[known],
            alpha=alpha,
        ).p_value
    for place in np.flatnonzero(~known).tolist():
        p[place] = _by_interval(pairs[place], wanted, wanted.margin, alpha)
    return p


def _by_interval(pair: Pair, wanted: Wanted, margin: float, alpha: float) -> float:
    """The p-value at which the interval of the difference lies between the margins."""
    sizing = replace(wanted.sizing, measure="difference", method=None)

    def at(level: float) -> Interval:
        limits = sized([pair], replace(sizing, confidence_level=level))
        return Interval(float(limits.low[0]), float(limits.high[0]))

    found = equivalence.by_interval(at, margins=margin, alpha=alpha).p_value
    return 1.0 if found is None else float(found)


class Interval(NamedTuple):
    """Two limits."""

    low: float
    high: float


def _row(pair: Pair, found: Sizes, place: int, wanted: Wanted) -> dict[str, Any]:
    """What one change tells of itself."""
    first, second = _in_both(pair, found, place, wanted)
    change = float((second.estimate or 0.0) - (first.estimate or 0.0))
    low, high = (None if math.isinf(one) else one for one in _limits(found, place))
    p = float(found.p_value[place])
    null = MEASURES[wanted.sizing.measure].null
    return {
        "question": pair.table.question,
        "answer": pair.table.answers[pair.answer],
        "domain": pair.table.domain,
        "from_wave": first.wave,
        "to_wave": second.wave,
        "from_estimate": first,
        "to_estimate": second,
        "difference": change,
        "difference_low": change,
        "difference_high": change,
        "ci_low": low,
        "ci_high": high,
        "envelope_low": _limits(found, place)[0],
        "envelope_high": _limits(found, place)[1],
        "p_value": p,
        "p_value_low": p,
        "p_value_high": p,
        "verdict": _verdict(_limits(found, place), null),
        "comparability": pair.judged.verdict or "undeclared",
        "notes": tuple(pair.judged.reasons),
        "method": found.method,
        "confidence_level": wanted.sizing.confidence_level,
        "samples": wanted.sizing.samples,
        "design_effect": 1.0,
        "tolerated_design_effect": None,
        "pairs": 1,
        "steps": 1,
        "measure": wanted.sizing.measure,
        "effect": None if math.isinf(found.effect[place]) else float(found.effect[place]),
        "standard_error": float(found.standard_error[place]),
        "df": None if math.isinf(found.df[place]) else float(found.df[place]),
        "overlap": _overlap(pair, wanted),
    }


def _in_both(pair: Pair, found: Sizes, place: int, wanted: Wanted) -> tuple[Estimate, Estimate]:
    """The two shares; of the same people where those were compared."""
    if found.cells is None:
        return pair.ends
    return of_people(pair.ends, found.cells[place], wanted.sizing)


def _limits(found: Sizes, place: int) -> tuple[float, float]:
    return float(found.low[place]), float(found.high[place])


def _verdict(limits: tuple[float, float], null: float) -> str:
    if limits[0] > null:
        return "increased"
    return "decreased" if limits[1] < null else "no change shown"


def _overlap(pair: Pair, wanted: Wanted) -> str:
    if wanted.sizing.samples in {"independent", "unknown"}:
        return ""
    found = shared(pair.table.sampled[pair.earlier], pair.table.sampled[pair.later])
    if found is None or not pair.once:
        return "" if found is None else str(found)
    return f"{found}; {pair.once:,} who answered in one only are left out, and stay in the design"


def _detectable(
    pairs: Sequence[Pair], correlation: Floats, wanted: Wanted
) -> tuple[Floats, Floats]:
    """The smallest changes up and down that samples like these show with a power of 80 %."""
    n = numbers(pairs, "n_effective")
    return detectable_changes(
        numbers(pairs, "estimate")[0],
        n[0],
        n[1],
        correlation=correlation,
        power=POWER,
        confidence_level=wanted.sizing.confidence_level,
    )


#: The verdict where samples that share nobody, and those that share all, would differ.
_BY_OVERLAP = "undetermined by overlap"


def _of_unknown(pairs: Sequence[Pair], wanted: Wanted) -> list[Change]:
    """Changes between samples of which nobody knows what they share: from nothing to everything.

    Estimates of the same people, or units, move together; how far is not known, so the widest
    and the narrowest interval both stand, as the range of what may be said.
    """
    apart = replace(wanted, sizing=replace(wanted.sizing, samples="independent"))
    widest = _rows(pairs, sized(pairs, apart.sizing), apart)
    together = [_moving_together(pair) for pair in pairs]
    one = replace(wanted, sizing=replace(wanted.sizing, samples="rotating"))
    narrowest = _rows(together, sized(together, one.sizing), one)
    return [
        replace(
            wide,
            samples="unknown",
            correlation=None,
            standard_error=None,
            p_value_low=min(wide.p_value_low, narrow.p_value_low),
            p_value_high=max(wide.p_value_high, narrow.p_value_high),
            verdict=wide.verdict if wide.verdict == narrow.verdict else _BY_OVERLAP,
            overlap="unknown: the p-value is a range, from estimates that move together as far as "
            "they can to estimates that do not",
            pairs=2,
        )
        for wide, narrow in zip(widest, narrowest, strict=True)
    ]


def _moving_together(pair: Pair) -> Pair:
    """The pair with shares that move together as far as two such shares can."""
    first, second = pair.ends
    low, high = sorted((first.estimate or 0.0, second.estimate or 0.0))
    most = 1.0 if low in {0.0, high} else (low * (1 - high) / (high * (1 - low))) ** 0.5
    return pair._replace(correlation=most)
