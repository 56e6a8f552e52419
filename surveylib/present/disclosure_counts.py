"""Printed figures as counts by their names: each once, whoever shows it, now or before."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from surveylib.present.disclosure_rules import Figure, Kinds, Protection
from surveylib.present.numbers import SHARES

if TYPE_CHECKING:
    from collections.abc import Sequence

#: wave, question, base, statistic, group, answer: a statistic `n` for bases.
Key = tuple[str, str, str, str, str, str]
BASE = "n"
#: Numbers of which that of all follows from those of groups.
_SUMMED = frozenset({"mean", "total"})


class Counts:
    """Counts by their names, and the equations between them, while they are gathered."""

    def __init__(self, rule: Protection, kinds: Kinds, alike: set[tuple[str, str, str]]) -> None:
        self._rule, self._kinds = rule, kinds
        self.values: list[float] = []
        self.names: list[str] = []
        self.fixed: set[int] = set()
        self.guarded: set[int] = set()
        self._place: dict[Key, int] = {}
        self._revised: set[int] = set()
        self._alike = alike
        self._blocks: dict[Key, dict[str, int]] = defaultdict(dict)
        self._upto: dict[Key, dict[str, int]] = defaultdict(dict)
        self._groups: dict[Key, dict[str, int]] = defaultdict(dict)
        self._sizes: dict[tuple[str, str, str, float], int] = {}

    def _new(self, value: float, name: str) -> int:
        self.values.append(value)
        self.names.append(name)
        return len(self.values) - 1

    def _of(self, key: Key, value: float | None) -> int:
        """The place of a count; the same name with another value is another count."""
        number = math.nan if value is None else value
        found = self._place.get(key)
        if found is None:
            wave, question, base, statistic, domain, answer = key
            # Two bases of a group that are as large are taken for the same people.
            size = (wave, base, domain, number)
            found = self._sizes.get(size) if statistic == BASE else None
            if found is None:
                found = self._new(number, named(key))
            if statistic == BASE and value is not None:
                self._sizes[size] = found
            self._place[key] = found
            self._groups[wave, question, base, statistic, "", answer][domain] = found
        elif math.isnan(self.values[found]):
            self.values[found] = number
        elif self.values[found] != number and value is not None:
            found = self._of((*key[:5], f"{key[5]} ({value})"), value)
        return found

    def _keys(self, figure: Figure) -> tuple[Key | None, Key]:
        """The names of a figure's count and of its base."""
        about = figure.wave, figure.question, figure.base
        own = figure.answer if (*about,) not in self._alike else ""
        base = (*about, BASE, figure.domain, own)
        count = (*about, figure.statistic, figure.domain, figure.answer)
        counted = figure.events is not None or figure.hidden or figure.statistic in _SUMMED
        return (count if counted else None), base

    def shown(self, figure: Figure) -> list[int]:
        """The counts that a figure shows."""
        count, base = self._keys(figure)
        places = [self._of(base, figure.n)]
        if figure.n is not None and 0 < figure.n < self._rule.minimum_cell:
            self.guarded.add(places[0])
        if count is not None:
            # Where groups sum to all, two of them must be hidden, whatever a number is: its base
            # stands for it.
            place = self._of(count, figure.events if figure.statistic in SHARES else figure.n)
            places.append(place)
            if self._rule.hides(figure.answer):
                self.guarded.add(place)
            self._into(base, figure, place)
        return places

    def _into(self, base: Key, figure: Figure, place: int) -> None:
        """Remember the answers of a base; shares up to a number are in each other."""
        blocks = self._blocks if figure.statistic == "share" else self._upto
        if figure.statistic in SHARES:
            blocks[base][figure.answer] = place

    def printed_before(self, figure: Figure) -> list[int]:
        """The counts of an earlier figure that are still the same, and so are known.

        Where they have been revised by few people, the two figures together tell of these.
        """
        count, base = self._keys(figure)
        found: list[int] = []
        for key, value, least in (
            (base, figure.n, self._rule.minimum_base),
            (count, figure.events or figure.n, self._rule.minimum_cell),
        ):
            place = None if key is None else self._place.get(key)
            if key is None or value is None:
                continue
            if place is not None and self.values[place] != value and not self._unknown(place):
                if abs(self.values[place] - value) < least:
                    self._revised.add(place)
                continue
            found.append(self._of(key, value))
            if figure.statistic not in SHARES:
                continue
            if key is count and self.values[self._place.get(base, found[-1])] == figure.n:
                self._into(base, figure, found[-1])
        return found

    def _unknown(self, place: int) -> bool:
        return math.isnan(self.values[place])

    def is_small(self, figure: Figure) -> bool:
        """Whether a figure is of few people, or differs by few from an earlier report."""
        count, base = self._keys(figure)
        places = {self._place[key] for key in (count, base) if key is not None}
        if figure.n is None or figure.n < self._rule.minimum_base or places & self._revised:
            return True
        if figure.events is None or not self._rule.hides(figure.answer):
            return False
        rest = figure.n - figure.events
        alone = self._exclusive(base) is False and self._rule.is_small(rest)
        return self._rule.is_small(figure.events) or alone

    def _exclusive(self, base: Key) -> bool | None:
        """Whether answers of a base sum to it, or to less; None of ways of not answering alone."""
        wave, question, kind, _statistic, _domain, own = base
        answers = self._blocks[base]
        parts = self._counted(base)
        if all(not is_answer(answer) for answer in answers):
            return None
        declared = True if kind == "mentions" else self._kinds.exclusive(wave, question)
        total, n = sum(parts.values()), self.values[self._place[base]]
        return not own and (declared if declared is not None else total == n) and not total > n

    def _counted(self, base: Key) -> dict[str, float]:
        """Counts of the answers of a base that sum up no others."""
        nets = self._kinds.nets(base[0], base[1])
        return {
            answer: self.values[place]
            for answer, place in self._blocks[base].items()
            if answer not in nets
        }


def bases_alike(figures: Sequence[Figure]) -> set[tuple[str, str, str]]:
    """Questions and bases of which all answers of a group have the same base."""
    sizes: dict[tuple[str, str, str], dict[str, set[int | None]]] = defaultdict(
        lambda: defaultdict(set)
    )
    for one in figures:
        if not one.hidden:
            sizes[one.wave, one.question, one.base][one.domain].add(one.n)
    every = {(one.wave, one.question, one.base) for one in figures}
    return {key for key in every if all(len(ns) == 1 for ns in sizes[key].values())}


def is_answer(answer: str) -> bool:
    """Whether an answer is one, and not a way of not answering."""
    return Figure("", "", answer, "", "", "", None, 0).is_answer


def named(key: Key) -> str:
    """What a count is, in words."""
    wave, question, base, statistic, domain, answer = key
    about = " ".join(filter(None, (wave, f"{question}/{answer}" if answer else question)))
    group = f" ({domain})" if domain else ""
    return f"the base of {about}{group}, {base}" if statistic == BASE else f"{about}{group}"
