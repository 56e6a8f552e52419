"""Results that are computed from shares, without what would tell of the withheld ones.

Each is judged by the shares behind it: where one of these is withheld, or was not protected
together with it, the result is withheld as a whole.
"""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.analysis.bounded import Sensitivity
from surveylib.analysis.crosstab import Crosstab
from surveylib.analysis.decompositions import Decompositions
from surveylib.analysis.shifts import Shifts, Turnovers
from surveylib.analysis.standardise import Standardised
from surveylib.errors import MethodError, listed
from surveylib.present import numbers
from surveylib.present.disclosure_flows import hidden_flows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.bounded import BoundedShare
    from surveylib.analysis.decompositions import Decomposition
    from surveylib.analysis.results import Estimate
    from surveylib.analysis.shifts import Shift, TurnoverTable
    from surveylib.analysis.standardise import StandardisedShare
    from surveylib.present.disclosure_gate import Gate

    Flags = NDArray[np.bool_]


_SAID = "withheld, so that nobody can be recognised"


def check_more(results: Sequence[object]) -> None:
    """Refuse what is protected in another place, or is no result.

    Args:
        results: What was given as `more`.

    Raises:
        MethodError: One of them is none of the results that can be protected here.
    """
    for one in results:
        if not isinstance(one, (Crosstab, Turnovers, *_GATED)):
            names = listed([kind.__name__ for kind in (Crosstab, Turnovers, *_GATED)])
            message = f"more holds one {type(one).__name__}; wanted {names}"
            raise MethodError(message)


def shares_of(results: Sequence[object]) -> list[Estimate]:
    """The shares that results print themselves: they are protected with the estimates.

    Args:
        results: What was given as `more`.
    """
    return [row for one in results if isinstance(one, Crosstab) for row in one.within.rows]


def gated(result: Any, gate: Gate) -> tuple[Any, int]:
    """A result without what would tell of few people, and how many of its rows are withheld.

    Args:
        result: A result that is computed from shares; of another kind it stays as it is.
        gate: What may be printed.
    """
    protect = _GATED.get(type(result))
    return (result, 0) if protect is None else protect(result, gate)


def crosstab_without(table: Crosstab, rows: Sequence[Estimate]) -> Crosstab:
    """A table of two questions without withheld cells, and without what they follow from.

    Its test and the shares of all are of every cell, and go where one is withheld.

    Args:
        table: The table.
        rows: Its shares, as they may be printed.
    """
    within = dataclasses.replace(table.within, rows=tuple(rows), covariance=None)
    if not any(map(numbers.is_withheld, rows)):
        return table
    nothing = np.full_like(table.cells, np.nan)
    size = nothing.size
    return dataclasses.replace(
        table,
        within=within,
        cells=nothing,
        covariance=np.full((size, size), np.nan),
        n=None,
        test=None,
    )


def _shifts(result: Shifts, gate: Gate) -> tuple[Shifts, int]:
    """Shifts; of the same people none, whose limits tell how few changed their answer."""

    def may(row: Shift) -> bool:
        ends = [gate.lets(wave, row.question, row.domain) for wave in (row.from_wave, row.to_wave)]
        return all(ends) and row.samples != "panel"

    return _split(result, may, _shift_named)


def _shift_named(row: Shift) -> str:
    group = f" ({row.domain})" if row.domain else ""
    return f"{row.question}{group} from {row.from_wave} to {row.to_wave}"


def _decompositions(result: Decompositions, gate: Gate) -> tuple[Decompositions, int]:
    def may(row: Decomposition) -> bool:
        before = [f"{row.by}={one.group}" for one in row.groups if one.n_from != 0]
        after = [f"{row.by}={one.group}" for one in row.groups if one.n_to != 0]
        return all(
            _mixed(gate, wave, row.question, domain="", groups=groups, by=row.by)
            for wave, groups in ((row.from_wave, before), (row.to_wave, after))
        )

    def named(row: Decomposition) -> str:
        return f"{row.question}/{row.answer} by {row.by} from {row.from_wave} to {row.to_wave}"

    return _split(result, may, named)


def _standardised(result: Standardised, gate: Gate) -> tuple[Standardised, int]:
    groups = [f"{result.by}={answer}" for answer, part in result.standard if part > 0]

    def may(row: StandardisedShare) -> bool:
        return _mixed(gate, row.wave, row.question, domain=row.domain, groups=groups, by=result.by)

    def named(row: StandardisedShare) -> str:
        group = f" ({row.domain})" if row.domain else ""
        return f"{row.wave} {row.question}/{row.answer}{group}".strip()

    return _split(result, may, named)


def _mixed(
    gate: Gate, wave: str, question: str, *, domain: str, groups: Sequence[str], by: str
) -> bool:
    """Whether all shares are printed that a mix of groups is made of."""
    every = all(gate.lets(wave, question, domain, group) for group in groups)
    return every and gate.lets(wave, question, domain) and gate.lets(wave, by, domain)


def _split(result: Any, may: Callable[[Any], bool], named: Callable[[Any], str]) -> tuple[Any, int]:
    """A result with the rows that may be printed; the others are among those refused."""
    kept = tuple(row for row in result.rows if may(row))
    gone = [row for row in result.rows if not may(row)]
    refused = (*result.refused, *(f"{named(row)}: {_SAID}" for row in gone))
    return dataclasses.replace(result, rows=kept, refused=refused), len(gone)


def _sensitivity(result: Sensitivity, gate: Gate) -> tuple[Sensitivity, int]:
    """Bounds of shares and changes, without those of a withheld share."""

    def may(row: BoundedShare) -> bool:
        states = [count for state, count in row.states if gate.rule.hides(state)]
        known = gate.lets(row.wave, row.question, row.domain)
        return known and not any(map(gate.rule.is_small, states))

    def named(row: BoundedShare) -> str:
        group = f" ({row.domain})" if row.domain else ""
        return f"{row.wave} {row.question}/{row.answer}{group}".strip()

    found, count = _split(result, may, named)
    waves = {row.wave for row in result.rows} - {row.wave for row in found.rows}
    gone = [row for row in result.changes if {row.from_wave, row.to_wave} & waves]
    kept = tuple(row for row in result.changes if row not in gone)
    told = (f"from {row.from_wave} to {row.to_wave}: {_SAID}" for row in gone)
    found = dataclasses.replace(found, changes=kept, refused=(*found.refused, *told))
    return found, count + len(gone)


def turnovers_without(results: Sequence[object], gate: Gate) -> tuple[list[object], int]:
    """Results with tables of who went where that tell of nobody, and how many are withheld.

    Args:
        results: What was given as `more`.
        gate: What may be printed.
    """
    every = [row for one in results if isinstance(one, Turnovers) for row in one.rows]
    hidden: dict[int, Flags | None] = dict.fromkeys(map(id, every))
    tables = [
        row
        for row in every
        if gate.lets(row.from_wave, row.question, row.domain)
        and gate.lets(row.to_wave, row.question, row.domain)
    ]
    hidden |= dict(zip(map(id, tables), hidden_flows(tables, gate.rule), strict=True))
    found: list[object] = []
    for one in results:
        if not isinstance(one, Turnovers):
            found.append(one)
            continue
        rows = tuple(
            _flows_without(row, away)
            for row in one.rows if (away := hidden[id(row)]) is not None
        )  # fmt: skip
        found.append(dataclasses.replace(one, rows=rows))
    return found, sum(away is None or bool(away.any()) for away in hidden.values())


def _flows_without(row: TurnoverTable, hidden: Flags) -> TurnoverTable:
    """A table without some of its cells, and without what is computed from all."""
    if not hidden.any():
        return row
    cells = tuple(
        tuple(None if hide else count for count, hide in zip(line, away, strict=True))
        for line, away in zip(row.counts, hidden.tolist(), strict=True)
    )
    tests = ("p_value", "statistic", "df")
    gone: dict[str, Any] = {
        f"{kind}_{part}": None for kind in ("marginal", "symmetry") for part in tests
    }
    return dataclasses.replace(row, counts=cells, stayed=None, **gone)


#: How each result is protected.
_GATED: Mapping[type, Callable[[Any, Gate], tuple[Any, int]]] = MappingProxyType(
    {
        Shifts: _shifts,
        Decompositions: _decompositions,
        Standardised: _standardised,
        Sensitivity: _sensitivity,
    }
)
