"""A panel under a design: the people who answered in both waves, as a part of each wave's design.

Everybody else stays in the design, as for any group of respondents: they hold units and weights,
and count towards no share.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from surveylib.analysis.changes import Refusal
from surveylib.analysis.rows import Shares
from surveylib.analysis.series.pairs import left_out, sorted_pairs
from surveylib.analysis.series.table import tables
from surveylib.wave.classes import Classes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from surveylib.analysis.series.gate import Gate
    from surveylib.analysis.series.pairs import Pair
    from surveylib.analysis.series.sampled import People, Sampled
    from surveylib.analysis.series.table import Table


class Returned:
    """Waves by the people who answered in another one too, so that each two are found once."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], dict[str, Table]] = {}

    def table(self, table: Table, places: tuple[int, int]) -> Table | None:
        """The same question and group of people who are in both of two waves; None if nobody is.

        Args:
            table: The table of everybody.
            places: The waves, earlier and later.
        """
        waves = table.sampled[places[0]], table.sampled[places[1]]
        key = id(waves[0].shares), id(waves[1].shares)
        if key not in self._known:
            kept = [_in_both(*waves), _in_both(*waves[::-1])]
            found = [one for one in kept if one is not None]
            every = tables(found, table.asked, "panel") if len(found) == 2 else ()
            self._known[key] = {one.domain: one for one in every}
        return self._known[key].get(table.domain)


def pairs_of_both(
    table: Table, gate: Gate, places: Sequence[tuple[int, int]], returned: Returned
) -> Iterator[Pair | Refusal]:
    """Each answer in each two waves, among those who answered in both.

    Args:
        table: The table of everybody.
        gate: What may be compared.
        places: The waves, earlier and later.
        returned: What was found of other tables.
    """
    for two in places:
        both = None
        if all(table.sampled[place].people is not None for place in two):
            both = returned.table(table, two)
        for one in sorted_pairs(table, gate, [two]):
            if isinstance(one, Refusal):
                yield one
                continue
            code = table.answers[one.answer]
            answer = both.answers.index(code) if both is not None and code in both.answers else -1
            if both is None or answer < 0 or any(row[answer] is None for row in both.points):
                yield left_out(one, "no panel", "Nobody answered in both waves.")
                continue
            own = one._replace(table=both, earlier=0, later=1, answer=answer)
            gone = sum((every.n or 0) - (part.n or 0)
                       for every, part in zip(one.ends, own.ends, strict=True))  # fmt: skip
            yield own._replace(once=gone)


def _in_both(own: Sampled, other: Sampled) -> Sampled | None:
    """A wave of which only those are in the base who are so in the other wave as well."""
    if own.people is None or other.people is None:
        return None
    classes = _classes(own.people, other.people)
    if classes is None:
        return None
    people = own.people._replace(classes=classes)
    shares = Shares(*people.sample.shares(classes), own.shares.about)
    return own._replace(shares=shares, people=people)


def _classes(own: People, other: People) -> Classes | None:
    """What each respondent holds; of an answer nobody counts who is not in its base both times."""
    row_of = {one: row for row, one in enumerate(other.ids.tolist())}
    there = np.array([row_of.get(one, -1) for one in own.ids.tolist()], np.int64)
    # A last entry stands for those who are not there.
    names = list(own.sample.names)
    group = np.array([*(names.index(name) if name in names else -2 for name in other.sample.names),
                      -2])  # fmt: skip
    same = group[np.where(there < 0, -1, other.sample.groups.place[there])]
    place = np.where(there < 0, -1, other.classes.place[there])
    inside = (same == own.sample.groups.place) & (place >= 0) & (own.classes.place >= 0)
    if not inside.any():
        return None
    codes = list(other.classes.answers)
    asked = np.ones((len(other.classes.asked), len(own.classes.answers)), bool)
    for column, code in enumerate(own.classes.answers):
        if code in codes:
            asked[:, column] = other.classes.asked[:, codes.index(code)] > 0
    kinds, kind = np.unique(
        np.column_stack([own.classes.place[inside], asked[place[inside]]]),
        axis=0,
        return_inverse=True,
    )
    found = np.full(len(inside), -1, np.int64)
    found[inside] = kind.ravel()
    counts = kinds[:, 1:] > 0
    held, base = own.classes.holds[kinds[:, 0]], own.classes.asked[kinds[:, 0]]
    return Classes(found, held * counts, base * counts, own.classes.answers)
