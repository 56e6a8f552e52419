"""Many results → p-values that count how many were looked at together."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from surveylib.analysis.changes import Change
from surveylib.errors import MethodError, no_method
from surveylib.stats import multiplicity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from surveylib.analysis.trends import Trend

    Row = TypeVar("Row", Change, Trend)


def _waves(row: Change | Trend) -> tuple[str, ...]:
    if isinstance(row, Change):
        return row.from_wave, row.to_wave
    return row.waves


#: Which results are counted together: those that have the same of this.
FAMILIES: Mapping[str, Callable[[Change | Trend], object]] = MappingProxyType(
    {
        "all": lambda _row: (),
        "question": lambda row: (row.question, row.domain),
        "waves": _waves,
    }
)
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        "all": "all of this result",
        "question": "all of one question in one group",
        "waves": "all questions between the same waves",
    }
)


def check_family(adjust: str | None, family: str) -> None:
    """Refuse adjustments and families that do not exist.

    Args:
        adjust: A name in `surveylib.stats.multiplicity.METHODS`; None for none.
        family: A name in FAMILIES.

    Raises:
        MethodError: There is no such name.
    """
    if adjust is not None and adjust not in multiplicity.METHODS:
        raise MethodError(no_method("adjustment", adjust, multiplicity.METHODS))
    if family not in FAMILIES:
        raise MethodError(no_method("family", family, FAMILIES))


def adjusted(rows: Sequence[Row], adjust: str | None, family: str) -> list[Row]:
    """Results with p-values for their whole family beside their own.

    A range of p-values is adjusted at its upper end, so that a printed figure never gains from
    being known less well.

    Args:
        rows: The results.
        adjust: A name in `surveylib.stats.multiplicity.METHODS`; None for none.
        family: A name in FAMILIES.
    """
    if adjust is None:
        return list(rows)
    key = FAMILIES[family]
    groups: dict[object, list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault(key(row), []).append(place)
    found = list(rows)
    for places in groups.values():
        values = multiplicity.adjusted(
            [rows[place].p_value_high for place in places], method=adjust
        ).p_values
        words = f"{adjust}, {len(places)} tests: {_WORDS[family]}"
        for place, value in zip(places, values, strict=True):
            p = None if value is None else float(value)
            found[place] = replace(rows[place], p_adjusted=p, family=words)
    return found
