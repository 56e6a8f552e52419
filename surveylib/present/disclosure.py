"""Withhold what few people said, and everything through which it could be worked out.

Printed figures of published waves are public already: they are never withheld.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.analysis.changes import Change, Changes, Refusal
from surveylib.analysis.results import Estimate, Estimates
from surveylib.analysis.trends import NoTrend, Trend, Trends
from surveylib.errors import MethodError, OutputError
from surveylib.present import numbers
from surveylib.present.disclosure_earlier import earlier_figures, figure_of
from surveylib.present.disclosure_merge import merged
from surveylib.present.disclosure_rules import WITHHELD, Figure, Kinds, Protection
from surveylib.present.disclosure_system import System, system
from surveylib.stats.suppression import Hidden, suppress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.study import Study

    Flags = NDArray[np.bool_]

#: The number fields of an estimate that are not what was asked for.
_NUMBERS = tuple(
    field.name
    for field in dataclasses.fields(Estimate)
    if ("float" in str(field.type) or "int" in str(field.type)) and field.name != "confidence_level"
)
#: Intervals that lean on the counts of the other answers too.
_LEANING = frozenset({"sison-glaz"})
#: How far two figures of a change must be apart in rounding to be other figures.
_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """Results of which nothing about few people can be worked out.

    Args:
        estimates: The estimates. A withheld row keeps its names and has no number; its flag is
            `withheld`.
        changes: The changes. One with a withheld share stands among those not compared.
        trends: The trends likewise; None where none were given.
        done: What was done, in sentences that may be printed.
        open: What could not be protected, for the owner of the data only; empty is safe.
        known: What is small and stands in an earlier report, for the owner likewise.
        withheld: How many rows of the estimates are withheld.
    """

    estimates: Estimates
    changes: Changes
    trends: Trends | None
    done: tuple[str, ...]
    open: tuple[str, ...]
    known: tuple[str, ...]
    withheld: int

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
    study: Study | None = None,
) -> Protected:
    """Withhold small counts and small groups, and what they could be worked out from.

    Args:
        estimates: Everything that is going to be printed.
        changes: Changes that are printed with them.
        protection: What is small; left out, counts below 5 and groups below 10.
        trends: Trends that are printed with them.
        study: Where the questions are declared; without it, answers are taken to be exclusive
            where their counts sum to the base.

    Returns:
        The same results without these numbers. The same results give the same.

    Raises:
        StudyError: An earlier report cannot be read.
        MethodError: Estimates that are protected already, or small groups that cannot be put
            together.

    Example:
        >>> import pandas as pd, surveylib as sl
        >>> frame = pd.DataFrame({"use": ["yes"] * 40 + ["no"] * 17 + ["maybe"] * 3})
        >>> found = protect(sl.estimate(frame, "use"))
        >>> [(row.answer, row.printed) for row in found.estimates.rows]
        [('maybe', ''), ('no', ''), ('yes', '40 of 60')]
    """
    rule = protection or Protection()
    _check_once(estimates)
    gone: set[tuple[str, str]] = set()
    if rule.merge:
        estimates, gone = merged(estimates, rule.minimum_base)
    earlier = [figure for path in rule.reports for figure in earlier_figures(path)]
    places, made, hidden = _found(estimates.rows, earlier, rule, Kinds(study))
    away = np.zeros(len(estimates.rows), dtype=bool)
    away[places] = hidden.units
    gate = _Gate(estimates.rows, away, rule, gone)
    given = changes or Changes(rows=())
    kept = _changes(given, gate)
    kept_trends = None if trends is None else _trends(trends, gate)
    fewer = len(given.rows) - len(kept.rows)
    if trends is not None and kept_trends is not None:
        fewer += len(trends.rows) - len(kept_trends.rows)
    return Protected(
        estimates=_without(estimates, away),
        changes=kept,
        trends=kept_trends,
        done=_said(rule, int(away.sum()), len(away), fewer, merge=bool(gone)),
        open=tuple(_open(made, hidden)),
        known=tuple(_known(made, hidden)),
        withheld=int(away.sum()),
    )


def _check_once(estimates: Estimates) -> None:
    if any(map(numbers.is_withheld, estimates.rows)):
        message = (
            "some of these estimates are withheld already; what may be printed depends on their "
            "numbers: protect the estimates as they were made, once"
        )
        raise MethodError(message)


def _without(estimates: Estimates, away: Flags) -> Estimates:
    """Estimates without some rows' numbers, and without the covariance that would tell of them."""
    if not away.any():
        return estimates
    rows = tuple(
        withhold(row) if hide else row for row, hide in zip(estimates.rows, away, strict=True)
    )
    return dataclasses.replace(estimates, rows=rows, covariance=None)


def _found(
    rows: Sequence[Estimate], earlier: Sequence[Figure], rule: Protection, kinds: Kinds
) -> tuple[list[int], System, Hidden]:
    """The rows that count people, their tables, and which of them are hidden."""
    places = [
        place for place, row in enumerate(rows) if row.certainty == "counted" and row.n is not None
    ]
    figures = [figure_of(_names(rows[place])) for place in places]
    made = system(figures, earlier, rule, kinds)
    first = made.first.copy()
    while True:
        hidden = suppress(made.linked, first, rule.minimum_cell)
        leaning = _leaning([rows[place] for place in places], hidden.units)
        if not (leaning & ~hidden.units).any():
            return places, made, hidden
        first = hidden.units | leaning


def _names(row: Estimate) -> dict[str, Any]:
    """What a figure is read from."""
    names = ("wave", "question", "answer", "domain", "base", "statistic", "printed", "n", "flags")
    return {name: getattr(row, name) for name in names}


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


class _Gate:
    """Which figures outside the estimates may be printed."""

    def __init__(
        self,
        rows: Sequence[Estimate],
        away: Flags,
        rule: Protection,
        gone: set[tuple[str, str]],
    ) -> None:
        self._rule, self._gone = rule, gone
        self._hidden: dict[tuple[object, ...], bool] = {}
        self._blocks: set[tuple[str, str, str]] = set()
        self._waves = {row.wave for row in rows}
        for row, hide in zip(rows, away, strict=True):
            self._hidden[_key(row)] = bool(hide) or self._hidden.get(_key(row), False)
            if hide:
                self._blocks.add((row.wave, row.question, row.domain))

    def hides(self, row: Estimate | None) -> bool:
        """Whether a figure must not be printed.

        One that is none of the estimates, such as answers put together so that waves compare, is
        withheld where any answer of its question is: the parts of it could be told apart.
        """
        if row is None or row.certainty != "counted":
            return False
        found = self._hidden.get(_key(row))
        return self._unknown(row) if found is None else found

    def _unknown(self, row: Estimate) -> bool:
        if self.hides_block(row.wave, row.question, row.domain):
            return True
        if row.n is None or row.n < self._rule.minimum_base:
            return True
        if row.estimate is None or row.statistic not in numbers.SHARES:
            return False
        events = figure_of(_names(row) | {"printed": row.printed.partition(" who")[0]}).events
        count = round(row.estimate * row.n) if events is None else events
        return self._rule.is_small(count) or self._rule.is_small(row.n - count)

    def hides_block(self, wave: str, question: str, domain: str) -> bool:
        """Whether any answer of a question and group is withheld; of several waves, in any."""
        if wave not in self._waves:
            return any(block[1:] == (question, domain) for block in self._blocks)
        return (wave, question, domain) in self._blocks or (wave, domain) in self._gone

    def tells_movers(self, row: Change) -> bool:
        """Whether the test of the same people tells how few changed their answer.

        The standard error of a difference of paired shares gives those who changed one way and
        the other, b and c: n² SE² = b + c - (b - c)² / n.
        """
        n, error = row.to_estimate.n, row.standard_error
        if row.samples != "panel" or error is None or not n or row.difference is None:
            return False
        net = round(row.difference * n)
        both = round((error * n) ** 2 + net**2 / n)
        both = max(both, abs(net))
        return any(self._rule.is_small(round((both + sign * net) / 2)) for sign in (1, -1))


def _key(row: Estimate) -> tuple[object, ...]:
    return row.wave, row.question, row.answer, row.domain, row.base, row.statistic, row.n


def _changes(changes: Changes, gate: _Gate) -> Changes:
    """Changes without those that tell of a withheld number."""
    rows: list[Change] = []
    refused = [_refused(row, gate) for row in changes.refused]
    families = set()
    for row in changes.rows:
        ends = (row.from_estimate, row.to_estimate)
        if any(map(gate.hides, ends)) or gate.tells_movers(row):
            refused.append(_withheld_change(row))
            families.add(row.family)
        else:
            rows.append(row)
    # A p-value that was adjusted for a family can be that of a withheld change.
    rows = [
        dataclasses.replace(row, p_adjusted=None, family="") if row.family in families else row
        for row in rows
    ]
    return dataclasses.replace(changes, rows=tuple(rows), refused=tuple(refused))


def _refused(row: Refusal, gate: _Gate) -> Refusal:
    """A pair that was not compared, without a figure that is withheld."""
    before, after = gate.hides(row.from_estimate), gate.hides(row.to_estimate)
    return dataclasses.replace(
        row,
        from_estimate=None if before else row.from_estimate,
        to_estimate=None if after else row.to_estimate,
        order=None if before or after else row.order,
    )


def _withheld_change(row: Change) -> Refusal:
    before, after = row.from_estimate, row.to_estimate
    return Refusal(
        question=row.question,
        answer=row.answer,
        from_wave=row.from_wave,
        to_wave=row.to_wave,
        from_question=before.question,
        from_answer=before.answer,
        comparability=numbers.WITHHELD,
        order=None,
        reasons=(WITHHELD,),
        from_estimate=None,
        to_estimate=None,
        title=after.title,
        from_title=before.title,
        answer_text=after.answer_text,
        from_answer_text=before.answer_text,
        steps=row.steps,
        domain=row.domain,
    )


def _trends(trends: Trends, gate: _Gate) -> Trends:
    rows: list[Trend] = []
    refused = list(trends.refused)
    families = set()
    for row in trends.rows:
        blocks = [gate.hides_block(wave, row.question, row.domain) for wave in row.waves]
        if any(map(gate.hides, row.points)) or (any(blocks) and not row.points):
            families.add(row.family)
            refused.append(
                NoTrend(question=row.question, answer=row.answer, domain=row.domain,
                        waves=row.waves, reason=WITHHELD)
            )  # fmt: skip
        else:
            rows.append(row)
    rows = [
        dataclasses.replace(row, p_adjusted=None, family="") if row.family in families else row
        for row in rows
    ]
    return dataclasses.replace(trends, rows=tuple(rows), refused=tuple(refused))


def _said(rule: Protection, away: int, rows: int, fewer: int, *, merge: bool) -> tuple[str, ...]:
    """What was done, without a word on what is small and what is withheld beside it."""
    lowest = 0 if rule.zeros == "withheld" else 1
    smallest = rule.minimum_cell - 1
    counts = f"counts from {lowest} to {smallest}" if smallest > lowest else f"counts of {smallest}"
    lines = ["Small groups are taken together."] if merge else []
    if not away and not fewer:
        told = f"Checked for {counts} and groups of fewer than {rule.minimum_base}."
        return (*lines, f"{told} Nothing had to be withheld.")
    lines.append(
        f"{away} shares out of {rows} are withheld: {counts}, groups of fewer than "
        f"{rule.minimum_base}, and what these could be worked out from. From all that is printed, "
        f"each withheld count could lie in a range at least {rule.minimum_cell} wide."
    )
    if fewer:
        told = "1 change or trend is" if fewer == 1 else f"{fewer} changes and trends are"
        lines.append(f"{told} withheld with them.")
    if rule.reports:
        lines.append("What earlier reports printed was taken as known.")
    return tuple(lines)


def _open(made: System, hidden: Hidden) -> list[str]:
    """Counts that a reader can narrow down too far, and how far."""
    return [
        f"{made.names[place]}: from {hidden.limits.low[place]:g} to {hidden.limits.high[place]:g}"
        for place in np.flatnonzero(hidden.narrow).tolist()
    ]


def _known(made: System, hidden: Hidden) -> list[str]:
    """Counts that are withheld and that an earlier report printed."""
    seen = np.asarray(made.linked.shows.T @ (~hidden.units).astype(np.float64)) > 0
    shown = np.asarray(made.linked.shows.sum(axis=0)).ravel() > 0
    places = np.flatnonzero(made.linked.fixed & shown & ~seen).tolist()
    return [f"{made.names[place]} stands in an earlier report" for place in places]
