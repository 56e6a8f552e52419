"""Which figures outside the estimates may be printed, now that some of these are withheld."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from surveylib.present import numbers
from surveylib.present.disclosure_earlier import figure_of
from surveylib.present.disclosure_rules import parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from surveylib.analysis.changes import Change
    from surveylib.analysis.results import Estimate
    from surveylib.present.disclosure_rules import Protection

    Flags = NDArray[np.bool_]
    Parts = frozenset[tuple[str, str]]


class Gate:
    """Which figures outside the estimates may be printed.

    Args:
        rows: The estimates.
        away: (R,) which of them are withheld.
        rule: What is small.
        gone: Groups that were put together with others, as wave and domain.
    """

    def __init__(
        self,
        rows: Sequence[Estimate],
        away: Flags,
        rule: Protection,
        gone: set[tuple[str, str]],
    ) -> None:
        self.rule = rule
        self._gone = gone
        self._hidden: dict[tuple[object, ...], bool] = {}
        self._blocks: set[tuple[str, str, str]] = set()
        self._waves = {row.wave for row in rows}
        #: Waves of which only printed figures survive: these are public already.
        self._public = self._waves - {row.wave for row in rows if row.certainty == "counted"}
        self._safe: dict[tuple[str, str, Parts], bool] = {}
        for row, hide in zip(rows, away, strict=True):
            key, block = key_of(row), (row.wave, row.question, frozenset(parts_of(row.domain)))
            self._hidden[key] = bool(hide) or self._hidden.get(key, False)
            self._safe[block] = not hide and self._safe.get(block, True)
            if hide:
                self._blocks.add((row.wave, row.question, row.domain))

    def lets(self, wave: str, question: str, *groups: str) -> bool:
        """Whether all shares of a question in a group are printed: what follows from them may be.

        Args:
            wave: Name of the wave.
            question: Question id.
            groups: The group, or several that it is the common part of.
        """
        if wave in self._public:
            return True
        parts = frozenset(part for group in groups for part in parts_of(group))
        return self._safe.get((wave, question, parts), False)

    def hides(self, row: Estimate | None) -> bool:
        """Whether a figure must not be printed.

        One that is none of the estimates, such as answers put together so that waves compare, is
        withheld where any answer of its question is: the parts of it could be told apart.
        """
        if row is None or row.certainty != "counted":
            return False
        found = self._hidden.get(key_of(row))
        return self._unknown(row) if found is None else found

    def _unknown(self, row: Estimate) -> bool:
        if self.hides_block(row.wave, row.question, row.domain):
            return True
        if row.n is None or row.n < self.rule.minimum_base:
            return True
        if row.estimate is None or row.statistic not in numbers.SHARES:
            return False
        events = figure_of(names_of(row) | {"printed": row.printed.partition(" who")[0]}).events
        count = round(row.estimate * row.n) if events is None else events
        return self.rule.is_small(count) or self.rule.is_small(row.n - count)

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
        return any(self.rule.is_small(round((both + sign * net) / 2)) for sign in (1, -1))


def key_of(row: Estimate) -> tuple[object, ...]:
    """What tells a figure from all others.

    Args:
        row: An estimate.
    """
    return row.wave, row.question, row.answer, row.domain, row.base, row.statistic, row.n


def names_of(row: Estimate) -> dict[str, Any]:
    """What a figure is read from.

    Args:
        row: An estimate.
    """
    names = ("wave", "question", "answer", "domain", "base", "statistic", "printed", "n", "flags")
    return {name: getattr(row, name) for name in names}
