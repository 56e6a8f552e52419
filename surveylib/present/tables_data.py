"""A result as data: a table of full digits, the same as JSON, and what each column is."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.analysis.bounded import BoundedShare, Sensitivity
from surveylib.analysis.changes import Change, Changes
from surveylib.analysis.crosstab import Crosstab
from surveylib.analysis.decompositions import Decomposition, Decompositions, Share
from surveylib.analysis.results import Estimate, Estimates
from surveylib.analysis.shifts import Shift, Shifts
from surveylib.analysis.standardise import Standardised, StandardisedShare
from surveylib.analysis.trends import Trend, Trends
from surveylib.present import numbers
from surveylib.present.table import to_csv
from surveylib.present.tables_dictionary import Entry, entry, meanings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: Of an estimate that stands in another result, what its table tells.
_INNER = ("estimate", "ci_low", "ci_high", "n")
#: What is left of a figure that is withheld.
_KEPT = frozenset(
    {
        *("wave", "question", "answer", "domain", "base", "interval", "confidence_level"),
        *("flags", "notes", "title", "question_text", "answer_text", "statistic"),
    }
)


@dataclass(frozen=True, slots=True)
class Plain:
    """A table of data: what its columns are, and its rows."""

    entries: tuple[Entry, ...]
    rows: tuple[tuple[Any, ...], ...]


def files(result: object) -> dict[str, str]:
    """data.csv, data.json and dictionary.csv of a result.

    Args:
        result: What `sl.table` takes.
    """
    plain = KINDS[type(result)](result)
    return {
        "data.csv": _csv(plain),
        "data.json": _json(result),
        "dictionary.csv": to_csv(Entry, plain.entries),
    }


def _csv(plain: Plain) -> str:
    """The rows, written as every table of this library is."""
    names = [one.column for one in plain.entries]
    kind = dataclasses.make_dataclass("Row", names)
    return to_csv(kind, [kind(*row) for row in plain.rows])


def _json(result: object) -> str:
    """What the result says of itself, without what is withheld."""
    found = _without_withheld(result.to_dict())  # type: ignore[attr-defined]
    if isinstance(result, Crosstab) and any(map(numbers.is_withheld, result.within.rows)):
        # The figures could be had from these.
        found |= {"cells": None, "n": None, "test": None}
    return json.dumps(found, ensure_ascii=False, indent=1, default=list) + "\n"


def _without_withheld(value: Any) -> Any:
    """Data in which no estimate that is withheld tells anything but its name."""
    if isinstance(value, dict):
        shown = {name: _without_withheld(one) for name, one in value.items()}
        return _emptied(shown) if numbers.WITHHELD in (shown.get("flags") or ()) else shown
    return [_without_withheld(one) for one in value] if isinstance(value, list | tuple) else value


def _emptied(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if name in _KEPT else None for name, value in row.items()}


def _cells(row: Estimate, names: Sequence[str]) -> list[Any]:
    hidden = numbers.is_withheld(row)
    return [None if hidden and name not in _KEPT else getattr(row, name) for name in names]


def _of_estimates(result: Estimates) -> Plain:
    names = [field.name for field in dataclasses.fields(Estimate)]
    return Plain(
        tuple(entry(Estimate, name) for name in names),
        tuple(tuple(_cells(row, names)) for row in result.rows),
    )


def _of_crosstab(result: Crosstab) -> Plain:
    within = _of_estimates(result.within)
    places = {
        (f"{result.rows}={row}", column): (r, c)
        for r, row in enumerate(result.row_answers)
        for c, column in enumerate(result.column_answers)
    }
    every = [float(result.cells[places[row.domain, row.answer]]) for row in result.within.rows]
    gone = any(map(numbers.is_withheld, result.within.rows))
    shares = [None if gone or math.isnan(share) else share for share in every]
    told = Entry(
        column="share_of_all",
        type="number",
        unit="proportion",
        meaning=meanings(Crosstab)["cells"],
    )
    rows = ((*row, share) for row, share in zip(within.rows, shares, strict=True))
    return Plain((*within.entries, told), tuple(rows))


def _of_changes(result: Changes) -> Plain:
    return _expanded(Change, result.rows, ("from_estimate", "to_estimate"))


def _of_trends(result: Trends) -> Plain:
    return _expanded(Trend, result.rows, ("points",), without=("segments",))


def _of_decompositions(result: Decompositions) -> Plain:
    """A row for each change, with the numbers of each part."""
    parts = ("change", "mix", "rate", "mix_before", "rate_before", "both")
    plain = _expanded(Decomposition, result.rows, (), without=(*parts, "groups"))
    fields = [field.name for field in dataclasses.fields(Share)]
    about = meanings(Decomposition)
    more = [
        entry(Share, field, column=f"{part}_{field}", before=about[part])
        for part in parts
        for field in fields
    ]
    values = (
        tuple(getattr(getattr(row, part), field) for part in parts for field in fields)
        for row in result.rows
    )
    rows = tuple((*one, *two) for one, two in zip(plain.rows, values, strict=True))
    return Plain((*plain.entries, *more), rows)


def _expanded(
    kind: type, rows: Sequence[Any], inner: Sequence[str], without: Sequence[str] = ()
) -> Plain:
    """Rows in which an estimate, or several, stand with the few figures that matter."""
    entries: list[Entry] = []
    getters: list[Callable[[Any], Any]] = []
    for field in dataclasses.fields(kind):
        if field.name in without:
            continue
        if field.name not in inner:
            entries.append(entry(kind, field.name))
            getters.append(_getter(field.name))
            continue
        before = meanings(kind)[field.name]
        for part in _INNER:
            of = field.name.removesuffix("_estimate")
            column = f"{of}_{'share' if part == 'estimate' else part}"
            one = entry(Estimate, part, column=column, before=before)
            several = str(field.type).startswith("tuple")
            joined = dataclasses.replace(one, type="numbers, joined by “; ”")
            entries.append(joined if several else one)
            getters.append(_inner_getter(field.name, part))
    return Plain(tuple(entries), tuple(tuple(getter(row) for getter in getters) for row in rows))


def _getter(name: str) -> Callable[[Any], Any]:
    return lambda row: getattr(row, name)


def _inner_getter(name: str, part: str) -> Callable[[Any], Any]:
    def get(row: Any) -> Any:
        found = getattr(row, name)
        if isinstance(found, tuple):
            values = (_cells(one, [part])[0] for one in found)
            return tuple("" if value is None else value for value in values)
        if found is None:
            return None
        return _cells(found, [part])[0]

    return get


#: How each kind of result becomes a table of data.
KINDS: Mapping[type, Callable[[Any], Plain]] = MappingProxyType(
    {
        Estimates: _of_estimates,
        Crosstab: _of_crosstab,
        Changes: _of_changes,
        Trends: _of_trends,
        Standardised: lambda result: _expanded(StandardisedShare, result.rows, ()),
        Decompositions: _of_decompositions,
        Shifts: lambda result: _expanded(Shift, result.rows, (), without=("cuts",)),
        Sensitivity: lambda result: _expanded(
            BoundedShare, result.rows, ("answered",), without=("states",)
        ),
    }
)
