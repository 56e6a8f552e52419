"""What each column of a result is: read from the docstrings of results, so that it is said once."""

from __future__ import annotations

import dataclasses
import inspect
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from surveylib.analysis.bounded import BoundedShare
from surveylib.analysis.changes import Change
from surveylib.analysis.decompositions import Decomposition, Share
from surveylib.analysis.results import Estimate
from surveylib.analysis.standardise import StandardisedShare
from surveylib.analysis.trends import Trend
from surveylib.present.tables_cells import UNITS as SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from surveylib.present.tables_layout import Column, Layout

_ARGUMENT = re.compile(r"^(\w+): ?(.*)$")

_PROPORTIONS = """
    estimate estimate_low estimate_high standard_error ci_low ci_high envelope_low envelope_high
    difference difference_low difference_high margin detectable detectable_down
    standard_error_if_independent share_of_all crude low high superiority missing threshold
    estimate_tips finding_tips response_rate share_from share_to
"""
_A_YEAR = "slope slope_low slope_high"
_PROBABILITIES = """
    p_value p_value_low p_value_high p_adjusted equivalence confidence_level lack_of_fit curved
"""
_PEOPLE = "n n_low n_effective n_kish n_from n_to n_asked n_missing"
_NONE = """
    mean_low mean_high mean_low_if_alike mean_high_if_alike quantile
    df df_denominator design_effect tolerated_design_effect pairs steps correlation statistic
"""
#: The unit of each number, by the name of its column.
UNITS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(_PROPORTIONS.split(), "proportion"),
        **dict.fromkeys(_A_YEAR.split(), "proportion a year"),
        **dict.fromkeys(_PROBABILITIES.split(), "probability"),
        **dict.fromkeys(_PEOPLE.split(), "respondents"),
        **dict.fromkeys(_NONE.split(), "none"),
        "effect": "that of its measure",
        "times": "years",
    }
)
_TYPES = (
    ("tuple[float", "numbers, joined by “; ”"),
    ("tuple", "texts, joined by “; ”"),
    ("float", "number"),
    ("int", "whole number"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A column of a file.

    Args:
        column: Its name.
        type: `text`, `number`, `whole number`, or several joined in one cell.
        unit: Of numbers; empty for texts.
        meaning: What it holds.
    """

    column: str
    type: str
    unit: str
    meaning: str


def meanings(kind: type) -> dict[str, str]:
    """What each field of a result is, from the arguments in its docstring.

    Args:
        kind: A dataclass with a docstring in the style of Google.

    >>> from surveylib.analysis.results import NotPrinted, Estimate
    >>> meanings(NotPrinted), meanings(Estimate)["n_effective"]
    ({}, '`n` divided by the design effect.')
    """
    found: dict[str, list[str]] = {}
    name = ""
    inside = False
    for line in (inspect.getdoc(kind) or "").splitlines():
        if not line.startswith(" "):
            inside = line == "Args:" or (inside and not line)
            continue
        match = _ARGUMENT.match(line[4:])
        if inside and match:
            name = match[1]
            found[name] = [match[2]]
        elif inside and name:
            found[name].append(line.strip())
    return {one: " ".join(filter(None, lines)) for one, lines in found.items()}


def entry(kind: type, name: str, *, column: str = "", before: str = "") -> Entry:
    """The entry of a field of a result.

    Args:
        kind: The dataclass.
        name: The field.
        column: What its column is called; the field's name where empty.
        before: What the result is of, in front of its meaning.
    """
    types = {field.name: str(field.type) for field in dataclasses.fields(kind)}
    declared = types[name]
    said = next((words for start, words in _TYPES if start in declared), "text")
    meaning = meanings(kind).get(name, "")
    unit = "" if said.startswith("text") else UNITS.get(name, "")
    return Entry(
        column=column or name,
        type=said,
        unit=unit,
        meaning=f"{before} {meaning}".strip(),
    )


#: Where it is said what a column of a table holds: the result, its fields, the lower limit.
_SAID: Mapping[str, tuple[type, str, str]] = MappingProxyType(
    {
        "points": (Change, "difference", "ci_low"),
        "ratio": (Change, "effect", "ci_low"),
        "percent": (Change, "effect", "ci_low"),
        "odds ratio": (Change, "effect", "ci_low"),
        "p": (Change, "p_value", ""),
        "p of family": (Change, "p_adjusted", ""),
        "verdict": (Change, "verdict", ""),
        "points a year": (Trend, "slope", "slope_low"),
        "test": (Trend, "statistic statistic_name", ""),
        "as it is": (StandardisedShare, "crude", ""),
        "under the mix": (StandardisedShare, "estimate", "ci_low"),
        "respondents": (StandardisedShare, "n", ""),
        "change": (Decomposition, "change", ""),
        "who answered": (Decomposition, "mix", ""),
        "what they said": (Decomposition, "rate", ""),
        "from": (Decomposition, "share_from", ""),
        "to": (Decomposition, "share_to", ""),
        "missing": (BoundedShare, "missing", ""),
        "at least": (BoundedShare, "low", ""),
        "at most": (BoundedShare, "high", "ci_low"),
    }
)
#: What stands in a sheet beside figures.
_BESIDE = (
    Entry(
        column="signs",
        type="text",
        unit="",
        meaning="Beside figures: arrows, letters of columns, and numbers of footnotes in brackets; "
        "their meaning stands below the table.",
    ),
    Entry(
        column="n",
        type="whole number",
        unit="respondents",
        meaning=f"A row below the answers. {meanings(Estimate)['n']}",
    ),
)


def of_layouts(layouts: Iterable[Layout]) -> tuple[Entry, ...]:
    """What each column of the sheets of tables holds, each once.

    Args:
        layouts: The tables.
    """
    found: dict[str, Entry] = {}
    for layout in layouts:
        for column in layout.columns:
            for one in _of_column(column):
                found.setdefault(one.column, one)
    return (*found.values(), *_BESIDE)


def _of_column(column: Column) -> list[Entry]:
    kind, name, low = _SAID.get(column.figure, (Estimate, "estimate", "ci_low"))
    unit = "" if column.unit == "text" else SHOWN[column.unit].words
    said = "text" if column.unit == "text" else "number, or text where it is a range"
    meaning = " ".join(meanings(kind)[one] for one in name.split())
    made = [Entry(column=column.figure, type=said, unit=unit, meaning=meaning)]
    if column.interval and not low:
        kind, low = Share, "ci_low"
    if column.interval:
        of_envelope = column.interval.endswith("envelope")
        field = low.replace("ci_", "envelope_") if of_envelope else low
        for end in ("low", "high"):
            meaning = meanings(kind)[field.replace("low", end)]
            made.append(
                Entry(column=f"{column.interval}, {end}", type="number", unit=unit, meaning=meaning)
            )
    return made
