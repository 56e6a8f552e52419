"""What stands below every chart, and what is said to those who do not see it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.analysis.asking import BASES
from surveylib.analysis.bounded import Sensitivity
from surveylib.analysis.changes import Changes
from surveylib.analysis.crosstab import Crosstab
from surveylib.analysis.decompositions import Decompositions
from surveylib.analysis.results import Estimates
from surveylib.analysis.shifts import Shifts
from surveylib.analysis.standardise import Standardised
from surveylib.analysis.trends import Trends
from surveylib.present import decomposed, numbers, sentence, shifted, trended
from surveylib.present.chart_points import MISSING, is_drawn, level_of, name_of, told_of
from surveylib.present.labelled import about

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from surveylib.analysis.changes import Change, Refusal
    from surveylib.analysis.results import Estimate

#: Rows that are told in words; a reader goes to the table for more.
_MOST = 12


def figures_of(result: Any) -> list[Estimate]:
    """Every share that a result is of, each once.

    Args:
        result: The result.
    """
    if isinstance(result, Crosstab):
        return list(result.within.rows)
    if isinstance(result, Estimates):
        return list(result.rows)
    if isinstance(result, Changes):
        # Of what was not compared only what may stand beside the others.
        questions = {row.question for row in result.rows} or {
            one.question for one in result.refused
        }
        pairs: list[Change | Refusal] = [*result.rows]
        pairs += [*(one for one in result.refused if one.question in questions)]
        ends = [end for row in pairs for end in (row.from_estimate, row.to_estimate)]
        return _once(end for end in ends if end is not None and end.question in questions) or (
            _once(ends)
        )
    if isinstance(result, Trends):
        return _once([point for row in result.rows for point in row.points])
    if isinstance(result, Sensitivity):
        return _once([row.answered for row in result.rows])
    return []


def _once(rows: Iterable[Estimate | None]) -> list[Estimate]:
    known = [row for row in rows if row is not None]
    named = {(row.wave, row.question, row.answer, row.domain): row for row in known}
    return list(named.values())


def caption(result: Any) -> list[str]:
    """Base, waves with their numbers of respondents, method, design and caveats.

    Args:
        result: The result.
    """
    figures = figures_of(result)
    lines = [
        _WHOSE.get(type(result), _bases(figures)),
        _numbers(result, figures),
        _method(result, figures),
    ]
    lines += _alike(figures)
    if isinstance(result, Shifts):
        lines += dict.fromkeys(flag for row in result.rows for flag in row.flags)
    within = result.within if isinstance(result, Crosstab) else result
    lines += [f"Design: {within.design}"] if within.design else []
    lines += within.caveats
    return [line for line in lines if line]


def _bases(figures: Sequence[Estimate]) -> str:
    """Whose shares these are, in the words of the result."""
    bases = list(dict.fromkeys(row.base for row in figures if row.base))
    if "answered" in bases:  # it says, too, that ways of not answering are of those asked
        bases = [one for one in bases if one != "asked"]
    found = [BASES.get(base, base) for base in bases]
    if not any(row.answer in MISSING for row in figures):
        found = [one.partition("; of ways")[0] for one in found]
    shown = "; ".join(found[:4])
    return f"Base: {shown}{f'; {len(found) - 4} more groups' if len(found) > 4 else ''}."\
        if found else ""  # fmt: skip


def _numbers(result: Any, figures: Sequence[Estimate]) -> str:
    """Each wave with its number of respondents."""
    found: dict[str, list[int]] = {}
    unknown: set[str] = set()
    for row in figures:
        if not is_drawn(row):
            continue
        found.setdefault(row.wave, [])
        if row.n is None:
            unknown.add(row.wave)
        else:
            found[row.wave] += [row.n if row.n_low is None else row.n_low, row.n]
    if isinstance(result, Shifts | Decompositions):
        for pair in result.rows:
            for wave, n in ((pair.from_wave, pair.n_from), (pair.to_wave, pair.n_to)):
                found.setdefault(wave, []).extend([] if n is None else [n])
    if isinstance(result, Standardised):
        for share in result.rows:
            found.setdefault(share.wave, []).append(share.n)
    known = about(result)
    dates = {} if known is None else {name: days for name, *days in known.field_dates}
    told = [
        _wave(_dated(wave, dates.get(wave)), found[wave], wave in unknown) for wave in sorted(found)
    ]
    return f"{'; '.join(told)}." if told else ""


def _dated(wave: str, days: Sequence[dt.date] | None) -> str:
    """A wave with its days of fieldwork, where these are known."""
    return wave if days is None else f"{wave} (fielded {numbers.days(*days)})"


def _wave(wave: str, sizes: Sequence[int], unknown: object) -> str:
    if not sizes:
        size = "n unknown"
    else:
        low, high, _ = min(sizes), max(sizes), numbers.SPACE
        size = f"n{_}={_}{high:,}" if low == high else f"n{_}={_}{low:,} to {high:,}"
        size += " or unknown" if unknown else ""
    return f"{wave}: {size}" if wave else size


def _method(result: Any, figures: Sequence[Estimate]) -> str:
    """How intervals were computed, and at which level."""
    rows = result.within.rows if isinstance(result, Crosstab) else result.rows
    if not rows:
        return ""
    parts = []
    named = result.rows if isinstance(result, Standardised) else figures
    names = list(dict.fromkeys(numbers.method(row.interval) for row in named if row.interval))
    if names:
        of = "" if any(row.statistic not in numbers.SHARES for row in figures) else " of shares"
        parts.append(f"{level_of(figures or rows)} intervals{of}: {' and '.join(names)}")
    parts += [told(result) for kind, told in _MORE.items() if isinstance(result, kind)]
    if any(_has_envelope(row) for row in figures):
        parts.append("with every count that printed figures allow")
    return f"{'; '.join(filter(None, parts))}."


def _all(texts: Iterable[str]) -> str:
    """Texts, each once."""
    return " and ".join(dict.fromkeys(texts))


def _of_changes(result: Changes) -> str:
    rows = result.rows
    methods = _all(numbers.method(row.method) for row in rows)
    samples = _all(row.samples for row in rows)
    return f"of changes: {methods}, samples {samples}" if rows else ""


def _of_samples(result: Shifts | Decompositions) -> str:
    return f"{level_of(result.rows)} intervals, samples {_all(row.samples for row in result.rows)}"


#: What is computed beside shares, by the kind of result.
_MORE: Mapping[type, Callable[[Any], str]] = MappingProxyType(
    {
        Changes: _of_changes,
        Trends: lambda result: f"trends: {_all(numbers.method(row.test) for row in result.rows)}",
        Sensitivity: lambda result: f"of bounds: {numbers.method(result.method)}",
        Shifts: _of_samples,
        Decompositions: lambda result: f"{_of_samples(result)}; two parts by Kitagawa (1955)",
    }
)

#: Whose answers results without figures of their own are of.
_WHOSE: Mapping[type, str] = MappingProxyType(
    {
        Shifts: "Base: respondents who gave one of these answers.",
        Decompositions: "Base: respondents who answered both questions.",
        Standardised: "Base: respondents in the groups of the mix.",
    }
)


def _has_envelope(row: Estimate) -> bool:
    return row.certainty != "counted" and row.envelope_low is not None


def _alike(figures: Sequence[Estimate]) -> list[str]:
    """Notes that all figures have; and that some are simulated, with their waves."""
    common = set.intersection(*(set(row.notes) for row in figures)) if figures else set()
    found: dict[str, list[str]] = {}
    for row in figures:
        for flag, note in zip(row.flags, row.notes, strict=False):
            if flag == "simulated" and note not in common:
                found.setdefault(note, []).append(row.wave)
    told = [f"{', '.join(dict.fromkeys(names))}: {note}" for note, names in found.items()]
    return [*sorted(common), *told]


def said(result: Any, kind: str) -> str:
    """What a chart shows, in words: for those who do not see it.

    Args:
        result: The result.
        kind: What kind of chart it is, in words.
    """
    lines = _lines(result)
    more = f" And {len(lines) - _MOST} more." if len(lines) > _MOST else ""
    told = " ".join(lines[:_MOST])
    return f"{kind}. {told}{more} {' '.join(caption(result)[:3])}".strip()


def _lines(result: Any) -> list[str]:
    """A short sentence for each row."""
    if isinstance(result, Crosstab):
        return _shares(result.within.rows)
    told: dict[type, Callable[[Any], list[str]]] = {
        Estimates: lambda found: _shares(found.rows),
        Changes: lambda found: [sentence.change(row) for row in found.rows if _whole(row)],
        Trends: lambda found: [trended.sentence(row) for row in found.rows],
        Shifts: lambda found: [shifted.sentence(row) for row in found.rows],
        Decompositions: lambda found: [decomposed.sentence(row) for row in found.rows],
        Sensitivity: _bounds,
        Standardised: _mixed,
    }
    return told[type(result)](result)


def _whole(row: Any) -> bool:
    return is_drawn(row.from_estimate) and is_drawn(row.to_estimate)


def _shares(rows: Sequence[Estimate]) -> list[str]:
    found = []
    for row in rows:
        wave = f"{row.wave}, " if row.wave else ""
        if not is_drawn(row):
            found.append(f"{wave}{name_of(row)}: {told_of(row)}.")
            continue
        low, high = row.envelope_low, row.envelope_high
        span = numbers.interval(low, high, row)
        known = f" ({span})" if low is not None or high is not None else ""
        found.append(f"{wave}{name_of(row)}: {numbers.share(row)}{known}.")
    return found


def _bounds(result: Sensitivity) -> list[str]:
    found = []
    for row in result.rows:
        wave = row.wave or row.title
        share = "unknown" if not is_drawn(row.answered) else numbers.share(row.answered)  # type: ignore[arg-type]
        could = "" if row.low is None or row.high is None else (
            f"; of all it could be {numbers.percents(row.low, row.high)}")  # fmt: skip
        found.append(f"{wave}, {row.answer_text}: {share} of {result.respondents}{could}.")
    return found


def _mixed(result: Standardised) -> list[str]:
    found = []
    for row in result.rows:
        crude = "" if row.crude is None else f"{numbers.percent(row.crude)} as it is, "
        held = (
            numbers.percents(row.estimate_low, row.estimate_high)
            if row.estimate is None
            else numbers.percent(row.estimate)
        )
        span = numbers.percents(row.ci_low, row.ci_high)
        wave = f"{row.wave}, " if row.wave else ""
        found.append(f"{wave}{name_of(row)}: {crude}{held} under one mix ({span}).")
    return found
