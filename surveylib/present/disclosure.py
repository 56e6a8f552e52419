"""Withhold what few people said, and everything through which it could be worked out.

Printed figures of published waves are public already: they are never withheld.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.analysis.changes import Changes
from surveylib.analysis.crosstab import Crosstab
from surveylib.analysis.results import Estimate, Estimates
from surveylib.errors import MethodError, OutputError
from surveylib.present import numbers
from surveylib.present.disclosure_changes import gated_changes, gated_trends
from surveylib.present.disclosure_earlier import earlier_figures, figure_of
from surveylib.present.disclosure_gate import Gate, names_of
from surveylib.present.disclosure_merge import merged
from surveylib.present.disclosure_more import (
    check_more,
    crosstab_without,
    gated,
    shares_of,
    turnovers_without,
)
from surveylib.present.disclosure_rules import WITHHELD, Figure, Kinds, Protection
from surveylib.present.disclosure_system import System, system
from surveylib.stats.suppression import Hidden, suppress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.study import Study
    from surveylib.analysis.trends import Trends

    Flags = NDArray[np.bool_]

#: The number fields of an estimate that are not what was asked for.
_NUMBERS = tuple(
    field.name
    for field in dataclasses.fields(Estimate)
    if ("float" in str(field.type) or "int" in str(field.type)) and field.name != "confidence_level"
)
#: Intervals that lean on the counts of the other answers too.
_LEANING = frozenset({"sison-glaz"})
#: So many counts that cannot be protected are named in an error.
_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """Results of which nothing about few people can be worked out.

    Args:
        estimates: The estimates. A withheld row keeps its names and has no number; its flag is
            `withheld`.
        changes: The changes. One with a withheld share stands among those not compared.
        trends: The trends likewise; None where none were given.
        more: The other results, in the order in which they were given.
        done: What was done, in sentences that may be printed.
        open: What could not be protected, for the owner of the data only; empty is safe.
        known: What is small and stands in an earlier report, for the owner likewise.
        withheld: How many rows of the estimates and crosstabs are withheld.
    """

    estimates: Estimates
    changes: Changes
    trends: Trends | None
    more: tuple[Any, ...]
    done: tuple[str, ...]
    open: tuple[str, ...]
    known: tuple[str, ...]
    withheld: int

    def __str__(self) -> str:
        """What was done; and, for the owner of the data, what could not be."""
        lines = [*self.done, *(f"open: {one}" for one in self.open)]
        return "\n".join([*lines, *(f"known: {one}" for one in self.known)])

    __repr__ = __str__

    def check(self) -> None:
        """Stop before files are written of which something can be worked out.

        Raises:
            OutputError: Something cannot be protected.
        """
        if self.open:
            more = "\n".join(f"    {line}" for line in self.open[:_NAMED])
            message = (
                f"nothing is written: {len(self.open)} numbers of few people could be worked out "
                f"whatever else is withheld\n{more}\n    do: leave these questions or groups out"
            )
            raise OutputError(message)


def protect(
    estimates: Estimates,
    changes: Changes | None = None,
    protection: Protection | None = None,
    *,
    trends: Trends | None = None,
    more: Sequence[object] = (),
    study: Study | None = None,
) -> Protected:
    """Withhold small counts and small groups, and what they could be worked out from.

    Args:
        estimates: Everything that is going to be printed.
        changes: Changes that are printed with them.
        protection: What is small; left out, counts below 5 and groups below 10.
        trends: Trends that are printed with them.
        more: Crosstabs, turnovers, shifts, decompositions, standardised shares and sensitivities
            that are printed with them. What is computed from shares that are not among the
            estimates is withheld: give these, too.
        study: Where the questions are declared; without it, answers are taken to be exclusive
            where their counts sum to the base.

    Returns:
        The same results without these numbers. The same results give the same.

    Raises:
        StudyError: An earlier report cannot be read.
        MethodError: Estimates that are protected already, or small groups that cannot be put
            together, or another kind of result in `more`.

    Example:
        >>> import pandas as pd, surveylib as sl
        >>> frame = pd.DataFrame({"use": ["yes"] * 40 + ["no"] * 17 + ["maybe"] * 3})
        >>> found = protect(sl.estimate(frame, "use"))
        >>> [(row.answer, row.printed) for row in found.estimates.rows]
        [('maybe', ''), ('no', ''), ('yes', '40 of 60')]
    """
    rule = protection or Protection()
    check_more(more)
    _check_once((*estimates.rows, *shares_of(more)))
    gone: set[tuple[str, str]] = set()
    if rule.merge:
        estimates, gone = merged(estimates, rule.minimum_base)
    earlier = [figure for path in rule.reports for figure in earlier_figures(path)]
    rows = (*estimates.rows, *shares_of(more))
    places, made, hidden = _found(rows, earlier, rule, Kinds(study))
    away = np.zeros(len(rows), dtype=bool)
    away[places] = hidden.units
    gate = Gate(rows, away, rule, gone)
    given = changes or Changes(rows=())
    kept = gated_changes(given, gate)
    kept_trends = None if trends is None else gated_trends(trends, gate)
    others, fewer = _more(more, gate, away[len(estimates.rows) :])
    fewer += len(given.rows) - len(kept.rows)
    if trends is not None and kept_trends is not None:
        fewer += len(trends.rows) - len(kept_trends.rows)
    return Protected(
        estimates=_without(estimates, away[: len(estimates.rows)]),
        changes=kept,
        trends=kept_trends,
        more=others,
        done=_said(rule, int(away.sum()), len(away), fewer, merge=bool(gone)),
        open=tuple(_open(made, hidden, rule)),
        known=tuple(_known(made, hidden)),
        withheld=int(away.sum()),
    )


def _more(results: Sequence[Any], gate: Gate, away: Flags) -> tuple[tuple[Any, ...], int]:
    """Other results without what is withheld, and how many of their rows are."""
    flows, fewer = turnovers_without(results, gate)
    found = []
    for one in flows:
        if isinstance(one, Crosstab):
            own, away = away[: len(one.within.rows)], away[len(one.within.rows) :]
            found.append(crosstab_without(one, _rows_without(one.within.rows, own)))
            continue
        kept, gone = gated(one, gate)
        found.append(kept)
        fewer += gone
    return tuple(found), fewer


def _check_once(rows: Sequence[Estimate]) -> None:
    if any(map(numbers.is_withheld, rows)):
        message = (
            "some of these estimates are withheld already; what may be printed depends on their "
            "numbers: protect the estimates as they were made, once"
        )
        raise MethodError(message)


def _without(estimates: Estimates, away: Flags) -> Estimates:
    """Estimates without some rows' numbers, and without the covariance that would tell of them."""
    if not away.any():
        return estimates
    return dataclasses.replace(estimates, rows=_rows_without(estimates.rows, away), covariance=None)


def _rows_without(rows: Sequence[Estimate], away: Flags) -> tuple[Estimate, ...]:
    return tuple(withhold(row) if hide else row for row, hide in zip(rows, away, strict=True))


def _found(
    rows: Sequence[Estimate], earlier: Sequence[Figure], rule: Protection, kinds: Kinds
) -> tuple[list[int], System, Hidden]:
    """The rows that count people, their tables, and which of them are hidden."""
    places = [
        place for place, row in enumerate(rows) if row.certainty == "counted" and row.n is not None
    ]
    figures = [figure_of(names_of(rows[place])) for place in places]
    made = system(figures, earlier, rule, kinds)
    first = made.first.copy()
    while True:
        hidden = suppress(made.linked, first, rule.minimum_cell)
        leaning = _leaning([rows[place] for place in places], hidden.units)
        if not (leaning & ~hidden.units).any():
            return places, made, hidden
        first = hidden.units | leaning


def _leaning(rows: Sequence[Estimate], hidden: Flags) -> Flags:
    """Rows whose interval would tell of a hidden answer beside them."""
    blocks = {
        (row.wave, row.question, row.domain)
        for row, away in zip(rows, hidden, strict=True)
        if away and row.simultaneous in _LEANING
    }
    return np.array([(row.wave, row.question, row.domain) in blocks for row in rows], dtype=bool)


def withhold(row: Estimate) -> Estimate:
    """A row without its numbers.

    Args:
        row: An estimate.
    """
    nothing: dict[str, Any] = dict.fromkeys(_NUMBERS)
    return dataclasses.replace(
        row, **nothing, printed="", read_as="", flags=(numbers.WITHHELD,), notes=(WITHHELD,)
    )


def _said(rule: Protection, away: int, rows: int, fewer: int, *, merge: bool) -> tuple[str, ...]:
    """What was done, without a word on what is small and what is withheld beside it."""
    lowest = 0 if rule.zeros == "withheld" else 1
    smallest = rule.minimum_cell - 1
    counts = f"counts from {lowest} to {smallest}" if smallest > lowest else f"counts of {smallest}"
    lines = ["Small groups are taken together."] if merge else []
    if not away and not fewer:
        told = f"Checked for {counts} and groups of fewer than {rule.minimum_base}."
        return (*lines, f"{told} Nothing had to be withheld.")
    above = " above 0" if rule.zeros == "shown" else ""
    lines.append(
        f"{away} shares out of {rows} are withheld: {counts}, groups of fewer than "
        f"{rule.minimum_base}, and what these could be worked out from. From all that is printed, "
        f"each withheld count{above} could lie in a range at least {rule.minimum_cell} wide."
    )
    if fewer:
        told = "1 change or other result" if fewer == 1 else f"{fewer} changes and other results"
        lines.append(f"{told} of such shares {'is' if fewer == 1 else 'are'} withheld with them.")
    if rule.reports:
        lines.append("What earlier reports printed was taken as known.")
    return tuple(lines)


def _open(made: System, hidden: Hidden, rule: Protection) -> list[str]:
    """Counts that a reader can narrow down too far, and how far; 0 may be told, by choice."""
    told = made.linked.counts > 0 if rule.zeros == "shown" else True
    return [
        f"{made.names[place]}: from {hidden.limits.low[place]:g} to {hidden.limits.high[place]:g}"
        for place in np.flatnonzero(hidden.narrow & told).tolist()
    ]


def _known(made: System, hidden: Hidden) -> list[str]:
    """Counts that are withheld and that an earlier report printed."""
    seen = np.asarray(made.linked.shows.T @ (~hidden.units).astype(np.float64)) > 0
    shown = np.asarray(made.linked.shows.sum(axis=0)).ravel() > 0
    places = np.flatnonzero(made.linked.fixed & shown & ~seen).tolist()
    return [f"{made.names[place]} stands in an earlier report" for place in places]
