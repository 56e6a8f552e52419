"""Changes as a table: the size, the interval, the test, and what may be said."""

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.present import numbers
from surveylib.stats import differences, odds, paired, paired_ratio, ratios

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from surveylib.analysis.changes import Change, Changes, Refusal
    from surveylib.analysis.results import Estimate

#: What measures other than the difference are called at the head of a column.
MEASURES = {"ratio": "ratio", "percent": "percent", "odds_ratio": "odds ratio"}


class Column(NamedTuple):
    """A column: its head, its cells, and whether it has anything to say."""

    head: str
    cell: Callable[[Change], str]
    said: Callable[[Sequence[Change]], bool]


def _always(_rows: Sequence[Change]) -> bool:
    return True


def _answer(row: Change) -> str:
    return f"{row.answer} ({row.domain})" if row.domain else row.answer


def points(row: Change) -> str:
    """The difference in points, or its range.

    Args:
        row: A change.
    """
    if row.difference is not None:
        return numbers.points(row.difference)
    low, high = numbers.points(row.difference_low), numbers.points(row.difference_high)
    return low if row.difference_low == row.difference_high else f"{low} to {high}"


def effect(row: Change) -> str:
    """The size on the scale of its measure.

    Args:
        row: A change.
    """
    return _value(row.effect, row)


def limits(row: Change) -> str:
    """The interval, or the envelope over all that printed figures may be.

    Args:
        row: A change.
    """
    if row.measure == "difference":
        return f"{numbers.points(row.envelope_low)} to {numbers.points(row.envelope_high)}"
    return f"{_value(row.envelope_low, row)} to {_value(row.envelope_high, row)}"


def _value(value: float | None, row: Change) -> str:
    if value is None or math.isinf(value):
        return "no limit"
    if row.measure == "percent":
        sign = "+" if value > 0 else "\u2212" if value < 0 else ""
        return f"{sign}{abs(value):.1f}{numbers.SPACE}%"
    return f"{value:.2f}"


def _adjusted(row: Change) -> str:
    return "–" if row.p_adjusted is None else numbers.p_value(row.p_adjusted)


def _smallest(row: Change) -> str:
    if row.detectable is None and row.detectable_down is None:
        return ""
    found = [row.detectable_down, row.detectable]
    return " / ".join("–" if one is None else numbers.points(one) for one in found)


def _equivalence(row: Change) -> str:
    return "–" if row.equivalence is None else numbers.p_value(row.equivalence)


_COLUMNS = (
    Column("waves", lambda row: f"{row.from_wave}→{row.to_wave}", _always),
    Column("answer", _answer, _always),
    Column("from", lambda row: numbers.share(row.from_estimate), _always),
    Column("to", lambda row: numbers.share(row.to_estimate), _always),
    Column("points", points, _always),
    Column("effect", effect, lambda rows: any(row.measure != "difference" for row in rows)),
    Column("envelope", limits, _always),
    Column("p", numbers.p_values, _always),
    Column("p of family", _adjusted, lambda rows: any(row.p_adjusted is not None for row in rows)),
    Column(
        "p of margin", _equivalence, lambda rows: any(row.equivalence is not None for row in rows)
    ),
    Column("verdict", lambda row: row.verdict, _always),
    Column("would show", _smallest, lambda rows: any(_smallest(row) for row in rows)),
    Column("comparable", lambda row: numbers.verdict_name(row.comparability), _always),
)


def cells(result: Changes) -> tuple[list[str], list[list[str]]]:
    """The head and the rows of the table.

    Args:
        result: Changes.
    """
    rows = result.rows
    shown = [column for column in _COLUMNS if column.said(rows)]
    named = _heads(rows)
    head = [named.get(column.head, column.head) for column in shown]
    return head, [[column.cell(row) for column in shown] for row in rows]


def _heads(rows: Sequence[Change]) -> dict[str, str]:
    """What columns are called that depend on the measure and on how figures are known."""
    found = {}
    if rows and rows[0].measure != "difference":
        found["effect"] = MEASURES[rows[0].measure]
    if rows and all(is_one(row) for row in rows):
        found["envelope"] = f"{rows[0].confidence_level * 100:g} % interval"
    return found


def is_one(row: Change) -> bool:
    """Whether the interval is one, and not a union over what a figure may be.

    Args:
        row: A change.
    """
    return row.envelope_low == row.ci_low and row.envelope_high == row.ci_high


def below(result: Changes) -> list[str]:
    """What must be known: limits, what samples share, what was done, what was refused.

    Args:
        result: Changes.
    """
    lines = [*_limited(result), *flags(end for row in result.rows for end in _ends(row))]
    shared: dict[str, list[str]] = {}
    for row in result.rows:
        if row.overlap:
            shared.setdefault(row.overlap, []).append(f"{row.from_wave}→{row.to_wave}")
    lines += [f"{', '.join(dict.fromkeys(waves))}: {text}" for text, waves in shared.items()]
    if any(row.detectable is not None or row.detectable_down is not None for row in result.rows):
        lines.append(
            "would show: the smallest fall and rise that samples like these show in four of five"
        )
    lines += list(dict.fromkeys(row.family for row in result.rows if row.family))
    lines += [*result.done, *map(refusal, result.refused)]
    lines += [f"design: {result.design}"] if result.design else []
    lines += [result.checked] if result.checked else []
    return [*lines, *(f"caveat: {caveat}" for caveat in result.caveats)]


def _ends(row: Change) -> tuple[Estimate, Estimate]:
    return row.from_estimate, row.to_estimate


#: Flags of printed figures that stand beside each of them on the page, not below changes.
_BESIDE = frozenset({"note"})
#: Flags of a standard, `surveylib.present.standards.judge`, which stand below changes always.
_JUDGED = frozenset({"suppress", "review", "complement"})


def flags(points: Iterable[Estimate]) -> list[str]:
    """What a reader must know of the shares that were compared, each once, with its waves.

    Args:
        points: The shares.
    """
    found: dict[tuple[str, str], list[str]] = {}
    for point in points:
        for flag, note in zip(point.flags, point.notes, strict=True):
            counted = point.certainty == "counted" and flag not in _BESIDE
            if counted or flag in _JUDGED:
                found.setdefault((flag, note), []).append(point.wave)
    return [
        f"{', '.join(dict.fromkeys(waves))}, {flag}: {note}"
        for (flag, note), waves in found.items()
    ]


def refusal(row: Refusal) -> str:
    """Why a pair was not compared; with an order only, what is known.

    Args:
        row: A pair that was not compared.
    """
    verdict = numbers.verdict_name(row.comparability)
    order = f" The share was {row.order} in {row.to_wave}." if row.order else ""
    group = f" ({row.domain})" if row.domain else ""
    return (
        f"{row.from_wave} “{row.from_answer_text}” and {row.to_wave} “{row.answer_text}”{group}: "
        f"not compared ({verdict}).{order} {' '.join(row.reasons)}"
    )


#: Where the docstring of a method says what it does and which paper it is from, by measure.
_SOURCES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "difference": (differences.METHODS, paired.METHODS),
    "ratio": (ratios.METHODS, paired_ratio.METHODS),
    "percent": (ratios.METHODS, paired_ratio.METHODS),
    "odds_ratio": (odds.METHODS,),
}


def source(row: Change) -> str:
    """What the method of a change does, and the paper it is from.

    Args:
        row: A change.
    """
    if row.method.startswith("mover"):
        return (
            "The limits of both waves, their distances squared and added, less what the waves "
            "have in common. Zou and Donner (2008); with a correlation, Zou (2007)."
        )
    tables = _SOURCES[row.measure][1:] if row.samples == "panel" else _SOURCES[row.measure]
    for table in tables:
        if row.method in table:
            found = inspect.getdoc(table[row.method].limits) or ""
            return " ".join(found.split("\n\n")[0].split())
    return "Of those who changed (the conditional odds ratio)."


def explained(row: Change) -> list[str]:
    """How a change of two samples came about, line by line.

    Args:
        row: A change that has a standard error.
    """
    lines = [f"  method: {row.method}. {source(row)}", f"  samples: {row.samples}"]
    lines += [f"  in both: {row.overlap}"] if row.overlap else []
    if row.standard_error is not None:
        freedom = f", {row.df:.4g} degrees of freedom" if row.df is not None else ""
        lines.append(f"  standard error of the difference: {row.standard_error:.5f}{freedom}")
    if row.correlation:
        apart = row.standard_error_if_independent or math.nan
        lines.append(
            f"  correlation of the two shares: {row.correlation:.3f}; had they nothing in common, "
            f"the standard error would be {apart:.5f}"
        )
    lines.append(f"  p: {numbers.p_values(row)}, of the test that the interval inverts")
    if row.p_adjusted is not None:
        lines.append(f"  p of the family: {numbers.p_value(row.p_adjusted)} ({row.family})")
    if _smallest(row):
        lines.append(
            f"  would show: changes of {_smallest(row)} points are shown in four of five samples "
            "like these"
        )
    if row.equivalence is not None and row.margin is not None:
        within = numbers.p_value(row.equivalence)
        lines.append(f"  within a margin of {row.margin * 100:g} points: p {within}")
    told = " ".join(row.notes)
    return [*lines, f"  comparability: {numbers.verdict_name(row.comparability)}. {told}"]


def _limited(result: Changes) -> list[str]:
    """The notes of limited comparisons, each once with all that it is about."""
    found: dict[str, list[str]] = {}
    for row in result.rows:
        if row.comparability == "limited":
            about = f"{row.from_wave}→{row.to_wave} {row.answer}"
            found.setdefault(" ".join(row.notes), []).append(about)
    return [f"{', '.join(about)}, limited: {note}" for note, about in found.items()]
