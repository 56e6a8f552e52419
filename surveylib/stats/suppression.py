"""Which numbers of linked tables must stay hidden, so that no hidden one can be worked out.

A reader who knows that answers sum to their base and groups to all respondents can bound every
hidden count, by linear programming. Here these bounds are computed, and more is hidden until each
hidden count may lie in a range that is wide enough (Fischetti and Salazar 2000; the heuristic that
chooses what else to hide moves the hidden count at the least cost, as Kelly, Golden and Assad 1992
and Castro 2012 do).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import optimize, sparse
from scipy.sparse import csgraph

from surveylib.errors import MethodError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]
    Places = NDArray[np.int64]

#: What solvers leave of 0.
_NEAR = 1e-6
#: What it costs to move a count that is hidden anyway, beside 1 for one that is not.
_FREE = 1e-4
_INFEASIBLE, _UNBOUNDED, _EITHER = 2, 3, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a reader can say of counts.

    Args:
        low: (V,) the lowest that each may be.
        high: (V,) the highest; infinity without a limit.
    """

    low: Floats
    high: Floats

    @property
    def width(self) -> Floats:
        """(V,) how far the limits are apart; 0 for a count that is known."""
        return np.asarray(self.high - self.low)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """What is hidden of linked tables.

    Args:
        units: (U,) whether each unit of publication is hidden.
        limits: What a reader can say of counts then, at least; a range that is wide enough is
            not followed to its ends.
        narrow: (V,) counts that have to be protected and cannot be.
    """

    units: Flags
    limits: Limits
    narrow: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Counts that sum to each other, and what is printed of them.

    Args:
        equations: (E, V) coefficients; each row times the counts is 0.
        counts: (V,) whole numbers from 0 up.
        shows: (U, V) whether a unit of publication, such as a row of a table, shows a count. A
            count that no unit shows is not printed, and may be bounded by others.
        fixed: (V,) counts that a reader knows whatever is hidden.
        guarded: (V,) counts that must not be worked out where they are hidden.
        cost: (U,) what hiding each unit costs, above 0.
    """

    equations: sparse.csr_array
    counts: Floats
    shows: sparse.csr_array
    fixed: Flags
    guarded: Flags
    cost: Floats

    def hidden(self, units: Flags) -> Flags:
        """(V,) counts that a reader does not see where some units are hidden."""
        seen = np.asarray(self.shows.T @ (~units).astype(np.float64)) > 0
        return np.asarray(~seen & ~self.fixed)

    def to_protect(self, units: Flags) -> Flags:
        """(V,) counts that must not be worked out where some units are hidden."""
        return np.asarray(self.hidden(units) & self.guarded)


def bounds(
    equations: sparse.csr_array | ArrayLike,
    known: ArrayLike,
    which: ArrayLike | None = None,
    *,
    enough: float = np.inf,
) -> Limits:
    """Bound hidden whole numbers from 0 up by the known ones, as a reader can.

    Args:
        equations: (E, V) coefficients; each row times the counts is 0.
        known: (V,) the counts; NaN for a hidden one.
        which: (V,) hidden counts that are wanted; left out, all.
        enough: A range this wide is not followed to its ends.

    Returns:
        (V,) limits; those of hidden counts that are not wanted are 0 and infinity.

    Raises:
        MethodError: The known counts contradict each other.

    Example:
        Two of three parts of 20 are hidden, and 13 is known.

        >>> found = bounds([[1, 1, 1, -1]], [float("nan"), float("nan"), 13, 20])
        >>> found.low.tolist(), found.high.tolist()
        ([0.0, 0.0, 13.0, 20.0], [7.0, 7.0, 13.0, 20.0])
    """
    matrix = sparse.csr_array(equations, dtype=np.float64)
    values = np.asarray(known, dtype=np.float64)
    hidden = np.isnan(values)
    wanted = hidden if which is None else hidden & np.asarray(which, dtype=bool)
    low, high = np.where(hidden, 0.0, values), np.where(hidden, np.inf, values)
    for part in _parts(matrix, values, wanted):
        low[part.places], high[part.places] = _bounded(part, wanted[part.places], enough)
    return Limits(low=low, high=high)


class _Part(NamedTuple):
    """Hidden counts that hang together: their places, equations and what these must give."""

    places: Places
    equations: sparse.csr_array
    right: Floats


def _parts(matrix: sparse.csr_array, values: Floats, wanted: Flags) -> list[_Part]:
    """Hidden counts in parts that have no equation in common, where any is wanted."""
    hidden = np.flatnonzero(np.isnan(values))
    right = -np.asarray(matrix @ np.nan_to_num(values))
    left = sparse.csr_array(matrix[:, hidden])
    empty = np.diff(left.indptr) == 0
    if (np.abs(right[empty]) > _NEAR).any():
        raise MethodError("counts that are known contradict each other: parts do not sum to all")
    left, right = left[~empty], right[~empty]
    labels = _labels(left)
    found = []
    for label in np.unique(labels[wanted[hidden]]).tolist():
        inside = np.flatnonzero(labels == label)
        of_part = sparse.csr_array(left[:, inside])
        rows = np.diff(of_part.indptr) > 0
        found.append(_Part(hidden[inside], sparse.csr_array(of_part[rows]), right[rows]))
    return found


def _labels(matrix: sparse.csr_array) -> Places:
    """(V,) for each column the number of the part that it is in, in the order of columns."""
    rows, columns = matrix.shape
    corner = sparse.block_array([[None, matrix], [matrix.T, None]]) if rows else None
    if corner is None:
        return np.arange(columns)
    _count, labels = csgraph.connected_components(corner, directed=False)
    return np.asarray(labels[rows:], dtype=np.int64)


def _bounded(part: _Part, wanted: Flags, enough: float) -> tuple[Floats, Floats]:
    """Limits of a part; every solution that is found widens what all of its counts may be."""
    size = len(part.places)
    low, high = np.zeros(size), np.full(size, np.inf)
    if not len(part.right):
        return low, high
    least, most = np.full(size, np.inf), np.full(size, -np.inf)
    for place in np.flatnonzero(wanted).tolist():
        for sign in (1.0, -1.0):
            if most[place] - least[place] >= enough:
                break
            found = _extreme(part, place, sign)
            if found is None:
                most[place] = np.inf
                break
            least, most = np.minimum(least, found), np.maximum(most, found)
            if sign > 0:
                low[place] = found[place]
        # A range cut short is what was found of it.
        low[place] = min(least[place], most[place])
        high[place] = most[place]
    return low, high


def _extreme(part: _Part, place: int, sign: float) -> Floats | None:
    """Counts with the lowest, or with -1 the highest, at a place; None where there is no limit."""
    wanted = np.zeros(len(part.places))
    wanted[place] = sign
    equations = sparse.csc_array(part.equations)
    # The solver of scipy 1.12 takes places of this width only.
    equations.indices = equations.indices.astype(np.int32)
    equations.indptr = equations.indptr.astype(np.int32)
    exact = optimize.LinearConstraint(equations, part.right, part.right)
    found = optimize.milp(wanted, constraints=exact, integrality=np.ones(len(wanted)))
    if found.status in {_UNBOUNDED, _EITHER} and sign < 0:
        return None
    if found.x is None:
        message = (
            "counts that are known contradict each other: no whole numbers from 0 up fit between "
            "them"
        )
        raise MethodError(message)
    return np.asarray(np.rint(found.x), dtype=np.float64)


def suppress(linked: Linked, first: ArrayLike, least: float) -> Hidden:
    """Hide units until every hidden count may lie in a range at least so wide.

    Args:
        linked: The counts, and what is printed of them.
        first: (U,) units that are hidden in any case.
        least: How far the limits of each hidden count must be apart, at least 1.

    Raises:
        MethodError: The counts do not fit their equations.

    Example:
        A count of 3 is hidden among 3 + 17 + 30 = 50; the next smallest is hidden with it.

        >>> parts = Linked(
        ...     equations=sparse.csr_array([[1.0, 1, 1, -1]]),
        ...     counts=np.array([3.0, 17, 30, 50]),
        ...     shows=sparse.csr_array(np.eye(3, 4)),
        ...     fixed=np.array([False, False, False, True]),
        ...     guarded=np.ones(4, bool),
        ...     cost=np.array([1.0, 1.3, 1.6]),
        ... )
        >>> suppress(parts, [True, False, False], 5).units.tolist()
        [True, True, False]
    """
    if np.abs(linked.equations @ linked.counts).max(initial=0.0) > _NEAR:
        raise MethodError("counts do not fit their equations: parts do not sum to all")
    return _Search(linked, np.asarray(first, dtype=bool), least).found()


class _Search:
    """Hidden counts, one after the other, and what is hidden so that none is narrow.

    The true counts are one solution. Whatever else fits what is shown stays a solution when more
    is hidden, so a range that is wide enough stays so.
    """

    def __init__(self, linked: Linked, first: Flags, least: float) -> None:
        self._linked, self._least = linked, least
        self._units = first.copy()
        self._low, self._high = linked.counts.copy(), linked.counts.copy()
        self._lost = np.zeros(len(linked.counts), dtype=bool)
        self._by_equation = sparse.csr_array(linked.equations)
        self._by_count = sparse.csc_array(linked.equations)
        self._shown_by = sparse.csc_array(linked.shows)

    def found(self) -> Hidden:
        """Hide until no hidden count that must be protected is narrow, or nothing is left."""
        hidden, asked = self._state()
        queue = deque(np.flatnonzero(asked).tolist())
        while queue:
            place = queue.popleft()
            if self._lost[place] or self._is_wide(place, hidden):
                continue
            more = self._more(place)
            if not len(more):
                self._lost[place] = True
                continue
            self._units[more] = True
            before = asked
            hidden, asked = self._state()
            queue.appendleft(place)
            queue.extend(np.flatnonzero(asked & ~before).tolist())
        limits = Limits(low=self._low, high=self._high)
        return Hidden(units=self._units, limits=limits, narrow=self._lost & asked)

    def _state(self) -> tuple[Flags, Flags]:
        return self._linked.hidden(self._units), self._linked.to_protect(self._units)

    def _is_wide(self, place: int, hidden: Flags) -> bool:
        """Whether the limits of a count are far enough apart, followed as far as needed."""
        if self._high[place] - self._low[place] >= self._least:
            return True
        part = self._part(place, hidden)
        at = int(np.searchsorted(part.places, place))
        for sign in (-1.0, 1.0):
            found = _extreme(part, at, sign) if len(part.right) else None
            if found is None:
                self._high[place] = np.inf
                return True
            self._low[part.places] = np.minimum(self._low[part.places], found)
            self._high[part.places] = np.maximum(self._high[part.places], found)
            if self._high[place] - self._low[place] >= self._least:
                return True
        return False

    def _part(self, place: int, free: Flags) -> _Part:
        """The free counts that hang together with one, and their equations."""
        places, equations = _reached(place, free, self._by_equation, self._by_count)
        rows = self._by_equation[equations]
        held = np.where(free, 0.0, self._linked.counts)
        return _Part(places, sparse.csr_array(rows[:, places]), -np.asarray(rows @ held))

    def _more(self, place: int) -> Places:
        """Units to hide so that a count can be wide enough; none where there is nothing left.

        Counts that several units show, such as a base, are let move only where it has to be.
        """
        open_units = np.asarray(self._shown_by.T @ (~self._units).astype(np.float64))
        for free in (~self._linked.fixed & (open_units < 2), ~self._linked.fixed):
            part = self._part(place, free)
            found = self._cheapest(place, part)
            if len(found):
                return found
        # Fractions could move where whole numbers cannot: hide what costs least nearby.
        shown = self._linked.shows[:, part.places]
        near = np.flatnonzero((np.asarray(shown.sum(axis=1)).ravel() > 0) & ~self._units)
        return near[np.argsort(self._linked.cost[near], kind="stable")[:1]]

    def _cheapest(self, place: int, part: _Part) -> Places:
        """Units to hide so that a count can move, up or down, at the least cost."""
        shown = self._linked.shows[:, part.places]
        charge = np.asarray(shown.T @ np.where(self._units, 0.0, self._linked.cost)) + _FREE
        counts = self._linked.counts
        at = int(np.searchsorted(part.places, place))
        up = self._low[place] + self._least - counts[place]
        down = self._high[place] - self._least - counts[place]
        moves = [_moved(part, counts[part.places], at, by, charge) for by in (up, down)]
        ways = [move for move in moves if move is not None]
        if not ways:
            return np.zeros(0, dtype=np.int64)
        moved = np.abs(min(ways, key=lambda way: way[0])[1]) > _NEAR
        touched = np.asarray(shown @ moved.astype(np.float64)) > 0
        return np.flatnonzero(touched & ~self._units)


def _reached(
    place: int, free: Flags, by_equation: sparse.csr_array, by_count: sparse.csc_array
) -> tuple[Places, Places]:
    """Free counts that are reached from one through equations, and these equations."""
    counts, equations = {place}, set()
    waiting = [place]
    while waiting:
        column = waiting.pop()
        for row in by_count.indices[by_count.indptr[column] : by_count.indptr[column + 1]].tolist():
            if row in equations:
                continue
            equations.add(row)
            inside = by_equation.indices[by_equation.indptr[row] : by_equation.indptr[row + 1]]
            new = [one for one in inside[free[inside]].tolist() if one not in counts]
            counts.update(new)
            waiting += new
    return np.array(sorted(counts)), np.array(sorted(equations), dtype=np.int64)


def _moved(
    part: _Part, counts: Floats, at: int, by: float, charge: Floats
) -> tuple[float, Floats] | None:
    """The cheapest way in which counts can move when one does, and its cost; None for no way.

    Args:
        part: Those that may move, and their equations.
        counts: What they are.
        at: The one that moves.
        by: How far.
        charge: What moving each by one costs.
    """
    if counts[at] + by < 0:
        return None
    size = len(counts)
    floor, ceiling = np.zeros(2 * size), np.concatenate([np.full(size, np.inf), counts])
    floor[[at, at + size]] = ceiling[[at, at + size]] = [max(by, 0.0), max(-by, 0.0)]
    found = optimize.linprog(
        np.concatenate([charge, charge]),
        A_eq=sparse.hstack([part.equations, -part.equations]) if len(part.right) else None,
        b_eq=np.zeros(len(part.right)) if len(part.right) else None,
        bounds=np.column_stack([floor, ceiling]),
        method="highs",
    )
    if found.x is None:
        return None
    return float(found.fun), np.asarray(found.x[:size] - found.x[size:])
