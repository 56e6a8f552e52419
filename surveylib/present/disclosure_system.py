"""Printed figures as linked counts: what sums to what, and which row shows which count.

A reader is taken to know that exclusive answers sum to their base, that groups sum to all
respondents, that nets sum up their parts, and that nobody is in a group who did not give the answer
that makes it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from surveylib.present.disclosure_counts import BASE, Counts, Key, bases_alike, is_answer, named
from surveylib.present.disclosure_rules import Figure, Kinds, Protection, parts_of
from surveylib.stats.suppression import Linked

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

#: Numbers of which that of all follows from those of groups.
_SUMMED = frozenset({"mean", "total"})
#: What hiding a row of all respondents costs, beside one of a group.
_OF_ALL = 4.0


class System(NamedTuple):
    """Linked counts, and the rows behind them.

    Args:
        linked: The counts; its units are the figures, in their order.
        first: (U,) figures that are of few people themselves.
        names: (V,) what each count is; of those that no row shows, why it is there.
    """

    linked: Linked
    first: NDArray[np.bool_]
    names: tuple[str, ...]


def system(
    figures: Sequence[Figure],
    earlier: Sequence[Figure],
    rule: Protection,
    kinds: Kinds,
) -> System:
    """Link figures to each other.

    Args:
        figures: The rows that are to be printed.
        earlier: Rows that an earlier report printed.
        rule: What is small.
        kinds: What is declared of questions.
    """
    alike, before_alike = bases_alike(figures), bases_alike(earlier)
    now = {(one.wave, one.question, one.base) for one in figures}
    made = _Tables(rule, kinds, alike | (before_alike - now))
    shown = [made.shown(figure) for figure in figures]
    before = [made.printed_before(figure) for figure in earlier]
    made.fixed.update(place for places in before for place in places)
    made.link()
    units = np.repeat(np.arange(len(figures)), [len(places) for places in shown])
    columns = np.array([place for places in shown for place in places], dtype=np.int64)
    size = len(made.values)
    linked = Linked(
        equations=made.matrix(),
        counts=np.array(made.values, dtype=np.float64),
        shows=sparse.csr_array(
            (np.ones(len(columns)), (units, columns)), shape=(len(figures), size)
        ),
        fixed=_flags(made.fixed, size),
        guarded=_flags(made.guarded, size),
        cost=_costs(figures),
    )
    first = [made.is_small(figure) for figure in figures]
    return System(linked, np.array(first, dtype=bool), tuple(made.names))


def _flags(places: Iterable[int], size: int) -> NDArray[np.bool_]:
    found = np.zeros(size, dtype=bool)
    found[list(places)] = True
    return found


def _costs(figures: Sequence[Figure]) -> NDArray[np.float64]:
    """What hiding a row costs: more for many people, and for all respondents where groups are."""
    most = max((figure.n or 0 for figure in figures), default=1) or 1
    grouped = {(one.wave, one.question) for one in figures if one.domain}
    return np.array(
        [
            (1 + ((one.n if one.events is None else one.events) or 0) / most)
            * (_OF_ALL if not one.domain and (one.wave, one.question) in grouped else 1.0)
            for one in figures
        ],
        dtype=np.float64,
    )


class _Tables(Counts):
    """Counts, and the equations between them, while they are gathered."""

    def __init__(self, rule: Protection, kinds: Kinds, alike: set[tuple[str, str, str]]) -> None:
        super().__init__(rule, kinds, alike)
        self._equations: list[dict[int, float]] = []
        self._left: dict[Key, float] = {}

    def matrix(self) -> sparse.csr_array:
        """The equations, a row each."""
        cells = [
            (row, column, factor)
            for row, one in enumerate(self._equations)
            for column, factor in one.items()
        ]
        rows, columns, factors = zip(*cells, strict=True) if cells else ((), (), ())
        shape = (len(self._equations), len(self.values))
        return sparse.csr_array((factors, (rows, columns)), shape=shape, dtype=np.float64)

    def _sum(
        self, parts: list[int], whole: int, name: str, *, guard: bool, rest: bool = False
    ) -> None:
        """Parts sum to a whole; with a rest where they are fewer, or where there may be one."""
        left = self.values[whole] - sum(self.values[part] for part in parts)
        equation = dict.fromkeys(parts, 1.0) | {whole: -1.0}
        if rest or abs(left) > 0:  # an unknown one is not
            place = self._new(left, name)
            equation[place] = 1.0
            self._guard(place, guard=guard)
        self._equations.append(equation)

    def _guard(self, place: int, *, guard: bool) -> None:
        """Protect a count that no row shows, where it is small or may be."""
        value = self.values[place]
        if guard and (math.isnan(value) or 0 < value < self._rule.minimum_cell):
            self.guarded.add(place)

    def _at_most(self, part: int, whole: int, name: str, *, guard: bool = False) -> None:
        """A part is no more than a whole: what is left is a count that may be 0."""
        rest = self.values[whole] - self.values[part]
        if not rest < 0 and part != whole:
            place = self._new(rest, name)
            self._equations.append({part: 1.0, place: 1.0, whole: -1.0})
            self._guard(place, guard=guard)

    def link(self) -> None:
        """Gather every equation."""
        for base in list(self._blocks):
            self._link_answers(base)
        for base, places in self._upto.items():
            self._link_steps(base, places)
        self._link_not_answered()
        # Bases first: where nobody is left, no count has a rest.
        for key in sorted(self._groups, key=lambda key: key[3] != BASE):
            self._link_groups(key, dict(self._groups[key]))
        self._link_sizes()

    def _link_answers(self, base: Key) -> None:
        """The answers of a base, and the nets among them."""
        places, whole = self._blocks[base], self._place[base]
        exclusive, parts = self._exclusive(base), self._counted(base)
        name = f"the other answers of {named(base)}"
        if exclusive:
            self._sum(
                [places[one] for one in parts],
                whole,
                name,
                guard=base[2] == "answered",
                rest=self._kinds.partial(base[0], base[1]),
            )
        for answer in places if not exclusive else ():
            self._at_most(places[answer], whole, f"those of {named(base)} without {answer}")
        for net, held in self._kinds.nets(base[0], base[1]).items():
            inside = [places[part] for part in held.parts if part in places]
            if net not in places or not inside:
                continue
            if exclusive:
                whole_net = held.complete and len(inside) == len(held.parts)
                name = f"what else is in {net} of {named(base)}"
                self._sum(inside, places[net], name, guard=True, rest=not whole_net)
                continue
            for part in inside:
                self._at_most(part, places[net], f"{net} without a part of it")

    def _link_steps(self, base: Key, places: Mapping[str, int]) -> None:
        """Shares up to a number: who is between two numbers is a count as well."""
        steps = [places[answer] for answer in sorted(places, key=_up_to)]
        for low, high in pairwise([*steps, self._place[base]]):
            self._at_most(low, high, f"those between two numbers of {named(base)}", guard=True)

    def _link_not_answered(self) -> None:
        """Those asked are those who answered and those who did not."""
        for base, places in list(self._blocks.items()):
            wave, question, kind, _statistic, domain, _own = base
            answered = self._place.get((wave, question, "answered", BASE, domain, ""))
            if kind != "asked" or answered is None or any(map(is_answer, places)):
                continue
            parts = [answered, *places.values()]
            off = sum(self.values[part] for part in parts) - self.values[self._place[base]]
            if off == 0 or math.isnan(off):
                self._sum(parts, self._place[base], "", guard=False)

    def _link_groups(self, key: Key, domains: Mapping[str, int]) -> None:
        """Groups, and the groups or all respondents that they are parts of."""
        split = {domain: dict(parts_of(domain)) for domain in domains}
        asked = dict.fromkeys(tuple(sorted(parts)) for parts in split.values())
        for outer, inner in combinations(sorted(asked, key=len), 2):
            if not set(outer) < set(inner):
                continue
            children: dict[str, dict[str, int]] = defaultdict(dict)
            parents = [domain for domain in domains if tuple(sorted(split[domain])) == outer]
            for domain, place in domains.items():
                if tuple(sorted(split[domain])) == inner:
                    for parent in parents:
                        if split[parent].items() <= split[domain].items():
                            children[parent][domain] = place
            for parent, found in children.items():
                self._link_group(key, found, (parent, domains[parent]), set(inner) - set(outer))

    def _link_group(
        self, key: Key, found: Mapping[str, int], outer: tuple[str, int], by: set[str]
    ) -> None:
        """The groups of one question or several within one group."""
        wave, question, base, statistic, _domain, answer = key
        parent, whole = outer
        names, parts = list(found), list(found.values())
        of_base = statistic == BASE
        hides = not of_base and self._rule.hides(answer)
        guard = hides and self._are_left_out(wave, parent, names, by)
        apart = False not in [self._kinds.exclusive(wave, name) for name in by]
        left = self.values[whole] - sum(self.values[part] for part in parts)
        groups = ", ".join(sorted(by))
        if apart and not left < 0:
            own = answer if (wave, question, base) not in self._alike else ""
            about = (wave, question, base, own, parent, groups)
            if of_base:
                self._left[about] = left
            nobody = self._left.get(about, math.nan) == 0
            name = f"those in none of the groups by {groups} of {self.names[whole]}"
            self._sum(parts, whole, name, guard=guard, rest=not nobody)
            return
        for part in parts:
            name = f"those of {self.names[whole]} who are not among {self.names[part]}"
            self._at_most(part, whole, name, guard=guard)

    def _are_left_out(self, wave: str, parent: str, names: list[str], by: set[str]) -> bool:
        """Whether people are protected who are in none of the groups that are printed."""
        if self._rule.remainders == "everybody":
            return True
        inside = dict(parts_of(parent))
        for question in by:
            printed = {dict(parts_of(name))[question] for name in names}
            declared = self._kinds.answers(wave, question)
            if declared is None:
                given = (wave, question, "answered", "share")
                found = {key[5] for key in self._place if key[:4] == given and not key[4]}
                declared = tuple(filter(is_answer, found))
                if len(printed) < 2 and not inside:
                    return True
            if set(declared) - printed:
                return True
        return False

    def _link_sizes(self) -> None:
        """Nobody is in a group who did not give the answer that makes it.

        Where both are as many, a reader takes them for the same people; of a base that is hidden,
        where this holds for the other groups.
        """
        pairs: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
        for (wave, asked, base, statistic, domain, _own), place in list(self._place.items()):
            parts = parts_of(domain) if statistic == BASE else ()
            for question, answer in parts:
                rest = ", ".join(f"{a}={b}" for a, b in parts if (a, b) != (question, answer))
                made = self._place.get((wave, question, "answered", "share", rest, answer))
                if made is not None:
                    pairs[wave, asked, base, question, rest].append((place, made))
        for found in pairs.values():
            gaps = [self.values[made] - self.values[place] for place, made in found]
            alike = {0.0} == {gap for gap in gaps if not math.isnan(gap)} and self._kinds.guesses
            for (place, made), gap in zip(found, gaps, strict=True):
                if gap == 0 or (alike and math.isnan(gap)):
                    self._equations.append({place: 1.0, made: -1.0})
                else:
                    self._at_most(place, made, "those of a group who did not answer")


def _up_to(answer: str) -> float:
    """The number in the name of a share up to it.

    >>> _up_to("up_to_10")
    10.0
    """
    return float(answer.removeprefix("up_to_"))
