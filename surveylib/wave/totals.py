"""The collapse: any number of rows → sums for each sampling unit, group and answer.

Everything that is estimated of shares and means, with all covariances, is algebra on these sums. A
line is a combination of keys that occurs. Tables of disjoint rows merge by addition.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Sums = NDArray[Any]

#: Largest weights between which squares of weights, times squares of numbers, are numbers too.
_PLAIN = (1e-50, 1e50)
#: Cells up to which sums are kept in one array without sorting.
_DENSE = 20_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Sums over rows, one line for each combination of keys that occurs.

    Args:
        keys: Name → (T,) place of each line's value in `values`.
        values: Name → the values of a key, in order; None stands for rows without one.
        sums: Name → (T,) sums over the rows of each line; of replicate weights (T, R).
    """

    keys: Mapping[str, Whole]
    values: Mapping[str, tuple[Any, ...]]
    sums: Mapping[str, Sums]

    def __len__(self) -> int:
        return len(next(iter(self.sums.values())))

    def merged(self, other: Totals) -> Totals:
        """The sums of both tables, whose rows are different ones.

        Args:
            other: A table with the same keys; a sum that one of them lacks is 0 there.

        Example:
            >>> one = collapse({"a": np.array([0, 1])}, {"a": ("x", "y")})
            >>> one.merged(one).sums["n"]
            array([2, 2])
        """
        values, places = {}, {}
        for name, mine in self.values.items():
            both = ordered({*mine, *other.values[name]})
            where = {value: place for place, value in enumerate(both)}
            values[name] = both
            places[name] = np.concatenate(
                [
                    np.array([where[value] for value in table.values[name]], np.int64)[
                        table.keys[name]
                    ]
                    for table in (self, other)
                ]
            )
        names = dict.fromkeys((*self.sums, *other.sums))
        sums = {
            name: np.concatenate([_sum(self, name, other), _sum(other, name, self)])
            for name in names
        }
        return summed(places, values, sums)

    def where(self, lines: NDArray[Any]) -> Totals:
        """Some of the lines.

        Args:
            lines: Places of lines, or (T,) truth.
        """
        return Totals(
            keys={name: place[lines] for name, place in self.keys.items()},
            values=self.values,
            sums={name: sums[lines] for name, sums in self.sums.items()},
        )

    def by(self, names: Sequence[str]) -> Totals:
        """The sums over lines that agree in some of the keys."""
        keys = {name: self.keys[name] for name in names}
        return summed(keys, {name: self.values[name] for name in names}, self.sums)


def _sum(table: Totals, name: str, other: Totals) -> Sums:
    if name in table.sums:
        return table.sums[name]
    return np.zeros((len(table), *other.sums[name].shape[1:]))


def ordered(values: set[Any]) -> tuple[Any, ...]:
    """Values of a key in order: numbers before texts, None last."""
    known = [one for one in values if one is not None]
    try:
        known.sort(key=lambda one: (isinstance(one, str), one))
    except TypeError:  # such as dates beside numbers
        known.sort(key=lambda one: (type(one).__name__, str(one)))
    return (*known, *((None,) if None in values else ()))


def collapse(
    keys: Mapping[str, NDArray[Any]],
    values: Mapping[str, Sequence[Any]],
    weights: Floats | None = None,
) -> Totals:
    """Count rows by keys, and sum their weights and the squares of these.

    Args:
        keys: Name → (N,) place of each row's value in `values`; no negative places.
        values: Name → the values that places point to.
        weights: (N,) weight of each row; None for 1.

    Returns:
        Sums called `n` (rows with a weight above 0), `weight` and `square`.

    Example:
        >>> found = collapse({"answer": np.array([0, 1, 1])}, {"answer": ("no", "yes")},
        ...                  np.array([1.0, 2.0, 3.0]))
        >>> found.sums["n"], found.sums["weight"], found.sums["square"]
        (array([1, 2]), array([1., 5.]), array([ 1., 13.]))
    """
    cell, sizes, lines = _cells(keys, values)
    top = len(lines) if lines is not None else int(np.prod(list(sizes.values()), dtype=np.int64))
    rows = n = np.bincount(cell, minlength=top)
    weight: Floats = n.astype(np.float64)
    square: Floats = weight
    if weights is not None:
        if not (weights > 0).all():
            n = np.bincount(cell[weights > 0], minlength=top)
        weight = np.asarray(np.bincount(cell, weights, top), np.float64)
        square = np.asarray(np.bincount(cell, weights * weights, top), np.float64)
    if lines is None:
        lines = np.flatnonzero(rows)
        n, weight, square = n[lines], weight[lines], square[lines]
    return Totals(
        keys=_split(lines, sizes),
        values={name: tuple(values[name]) for name in keys},
        sums={"n": n, "weight": weight, "square": square},
    )


def _cells(
    keys: Mapping[str, NDArray[Any]], values: Mapping[str, Sequence[Any]]
) -> tuple[Whole, dict[str, int], Whole | None]:
    """One number for each combination of keys; where there are too many, those that occur."""
    sizes = {name: len(values[name]) for name in keys}
    cell = np.zeros(len(next(iter(keys.values()))), np.int64)
    for name, place in keys.items():
        cell = cell * sizes[name] + place
    cells = float(np.prod([float(size) for size in sizes.values()]))
    if cells <= max(_DENSE, 4 * len(cell)):
        return cell, sizes, None
    lines, where = np.unique(cell, return_inverse=True)
    return where, sizes, lines


def _split(cells: Whole, sizes: Mapping[str, int]) -> dict[str, Whole]:
    """The place of each key in a combined number."""
    found: dict[str, Whole] = {}
    for name in reversed(list(sizes)):
        cells, found[name] = np.divmod(cells, sizes[name])
    return {name: found[name] for name in sizes}


def summed(
    keys: Mapping[str, Whole], values: Mapping[str, tuple[Any, ...]], sums: Mapping[str, Sums]
) -> Totals:
    """Add up lines with equal keys, and put them in order.

    Args:
        keys: Name → (T,) place of each line's value in `values`.
        values: Name → the values of a key.
        sums: Name → (T,) or (T, R) sums.
    """
    if not keys:
        whole = {name: column.sum(axis=0, keepdims=True) for name, column in sums.items()}
        return Totals(keys={}, values={}, sums=whole)
    cell, sizes, lines = _cells(keys, values)
    if lines is None:
        lines, cell = np.unique(cell, return_inverse=True)
    return Totals(
        keys=_split(lines, sizes),
        values=values,
        sums={name: _added(cell, column, len(lines)) for name, column in sums.items()},
    )


def _added(cell: Whole, column: Sums, many: int) -> Sums:
    """Sums of lines by cell, of which each holds one at least."""
    if column.ndim == 1:
        return np.bincount(cell, column, many).astype(column.dtype)
    order = np.argsort(cell, kind="stable")
    starts = np.searchsorted(cell[order], np.arange(many))
    return np.asarray(np.add.reduceat(column[order], starts, axis=0))


def unit_of(most: float) -> float:
    """What weights are divided by so that their squares are numbers: 1, or a power of 2.

    A power of 2 changes no digit of a weight.

    Args:
        most: The largest weight.

    >>> unit_of(1234.5), unit_of(1e-170) > 0
    (1.0, True)
    """
    if most <= 0 or _PLAIN[0] <= most <= _PLAIN[1]:
        return 1.0
    return math.ldexp(1.0, math.frexp(most)[1] - 1)
