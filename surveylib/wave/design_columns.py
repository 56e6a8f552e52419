"""The columns that a design names, as codes and numbers, with everything that is wrong in them."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.errors import Fault, listed, nearest, show

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.wave.design import Design

    Array = NDArray[Any]
    Floats = NDArray[np.float64]
    Places = NDArray[np.int32]
    Counts = NDArray[np.int64]
    Rows = NDArray[np.bool_]

SHOWN = 5
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
#: Names of types that stand for "no value" in data frames.
_NO_VALUES = frozenset(["NoneType", "NAType", "NaTType"])
WORDS = {"strata": "STRATUM", "psu": "PSU", "ssu": "SSU"}
_NUMBERS = {"weights": "WEIGHT", "replicate_weights": "REPLICATE"}
_LEAVE = "or leave these rows out yourself and say so"
#: What is wrong with numbers, and what to do.
_WRONG = {
    "MISSING": ("rows without a number", f"give every row one, {_LEAVE}"),
    "TEXT": ("texts that are no numbers", f"correct them, {_LEAVE}"),
    "INFINITE": ("numbers that are not finite", f"correct them, {_LEAVE}"),
    "NEGATIVE": ("numbers below 0", "use numbers from 0; calibrate weights with a lower bound"),
}


class Codes(NamedTuple):
    """The place of each row's code in the labels, which are in order."""

    place: Places
    labels: Sequence[str]


@dataclass(slots=True)
class Check:
    """The columns of a design, and what was found wrong in them."""

    design: Design
    columns: Mapping[str, Any]
    n: int
    name: str
    records: Sequence[int]
    decimal: str
    counts: Counts | None = None
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def fault(self, code: str, what: str, *, told: bool = False, **parts: Any) -> None:
        """Note what stops the reading, or what is only told."""
        (self.warnings if told else self.faults).append(
            Fault(code=code, what=what, file=self.name, **parts)
        )

    def rows(self, rows: Rows, raw: Array | None = None) -> str:
        """The first of some rows by record number, with their values, and how many more."""
        places = np.flatnonzero(rows)
        values = ["" if raw is None else f": {show(raw[one])}" for one in places[:SHOWN]]
        found = zip(places[:SHOWN], values, strict=True)
        return ", ".join(self.at(one) + value for one, value in found) + and_more(len(places))

    def at(self, row: int) -> str:
        """One row by its record number."""
        return f"record {self.records[int(row)]}"

    def read(
        self, role: str, name: str, reader: Callable[[Array], Any]
    ) -> tuple[Array, Any] | None:
        """A column as it stands and as it is read; None after a fault."""
        if name not in self.columns:
            known = list(self.columns)
            guess = f"keep:{name}" if f"keep:{name}" in known else nearest(name, known)
            todo = f"did you mean '{guess}'?" if guess else "name a column of the data"
            what = f"no column called {show(name)}, which the design names for {role}"
            self.fault("DESIGN-COLUMN", what, wanted=listed(known), todo=todo)
            return None
        raw = as_array(self.columns[name])
        if raw.shape != (self.n,):
            what, got = f"column {show(name)} has not one value for each row", str(raw.shape)
            self.fault("DESIGN-LENGTH", what, got=got, wanted=f"({self.n},)")
            return None
        try:
            return raw, reader(raw)
        except TypeError:  # what has no hash is no single value
            what = f"column {show(name)} holds lists or the like"
            self.fault("DESIGN-VALUE", what, wanted="numbers or texts")
            return None

    def codes(self, role: str) -> Codes | None:
        """A column of codes; None after a fault."""
        name, word = getattr(self.design, role), WORDS[role]
        found = self.read(role, name, _distinct)
        if found is None:
            return None
        raw, (place, distinct) = found
        missing = np.array([_is_missing(one) for one in distinct], bool)
        if missing.any():
            what, got = f"{role} {show(name)}: rows without a code", self.rows(missing[place], raw)
            self.fault(f"{word}-MISSING", what, got=got, todo=f"give every row one, {_LEAVE}")
            return None
        labels = [_label(one) for one in distinct]
        alike: dict[str, int] = defaultdict(int)
        for label in labels:
            alike[label.strip()] += 1
        if len(alike) < len(labels):
            what = f"{role} {show(name)}: codes that differ only in blanks, or as number and text"
            got = listed(sorted(label for label, times in alike.items() if times > 1))
            self.fault(f"{word}-ALIKE", what, got=got, todo="write each code in one way")
            return None
        numbers = all(isinstance(one, Real) for one in distinct)
        order = np.array(
            sorted(range(len(labels)), key=(distinct if numbers else labels).__getitem__)
        )
        return Codes(np.argsort(order)[place].astype(np.int32), [labels[one] for one in order])

    def numbers(self, role: str, *names: str, told: Sequence[str] = ()) -> Floats | None:
        """Columns of numbers side by side; None after a fault."""
        before, wrong = len(self.faults), defaultdict[str, list[str]](list)
        values = np.empty((self.n, len(names)), order="F")
        for place, name in enumerate(names):
            found = self.read(role, name, lambda raw: as_numbers(raw, self.decimal))
            if found is not None:
                raw, values[:, place] = found
                for kind, rows in _wrong_rows(raw, values[:, place]):
                    wrong[kind].append(f"{show(name)}, {self.rows(rows, raw)}")
        for kind, places in wrong.items():
            what, todo = _WRONG[kind]
            got = places[0] + (f"; and {len(places) - 1} more columns" if places[1:] else "")
            code = f"{_NUMBERS.get(role, 'POPULATION')}-{kind}"
            self.fault(code, f"{role}: {what}", told=kind in told, got=got, todo=todo)
        return values if len(self.faults) == before else None


def stage_columns(design: Design) -> list[str]:
    """The columns that say how units were drawn: strata, units and their numbers.

    Args:
        design: The design.

    >>> from surveylib.wave.design import Design
    >>> stage_columns(Design(weights="w", strata="region", psu="village"))
    ['region', 'village']
    """
    every = (design.strata, design.psu, design.population, design.ssu, design.ssu_population)
    return [name for name in every if name]


def ends_in_people(design: Design) -> bool:
    """Whether respondents themselves were drawn, at the first stage or at a later one.

    Args:
        design: The design.

    >>> from surveylib.wave.design import Design
    >>> ends_in_people(Design(strata="region")), ends_in_people(Design(psu="village"))
    (True, False)
    """
    last = design.ssu if design.ssu_population else design.psu
    return not last or design.replication is not None


def and_more(n: int) -> str:
    """How many of n are not shown, for the end of a list."""
    return f" and {n - SHOWN} more" if n > SHOWN else ""


def as_array(column: Any) -> Array:
    """A column as an array; texts and mixed values as objects."""
    if isinstance(column, np.ma.MaskedArray):
        column = column.astype(object).tolist()  # None for what is masked
    if hasattr(column, "to_numpy"):
        column = column.to_numpy()
    if isinstance(column, (np.ndarray, str)) or not hasattr(column, "__len__"):
        return np.asarray(column)
    return np.fromiter(column, object, len(column))


def _distinct(raw: Array) -> tuple[Counts, list[Any]]:
    """Where each row's value stands in the list of distinct values."""
    if raw.dtype.kind in "iuf":
        values, place = np.unique(raw, return_inverse=True)
        return place, values.tolist()
    known: dict[Any, int] = defaultdict(count().__next__)
    place = np.fromiter(map(known.__getitem__, raw.tolist()), np.int64, len(raw))
    return place, list(known)


def _is_missing(value: Any) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return type(value).__name__ in _NO_VALUES or (
        isinstance(value, float) and not math.isfinite(value)
    )


def _label(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def as_numbers(raw: Array, decimal: str = ".") -> Floats:
    """A column as numbers; NaN for what is none.

    Args:
        raw: The column.
        decimal: The decimal sign of numbers that stand as text.
    """
    if raw.dtype.kind in "iuf":
        return raw.astype(np.float64)
    cells = raw.tolist()
    try:  # texts that are all plain numbers: quick, and without a dictionary as large as the column
        whole = "\n".join(cells)
        if decimal == "." and whole.isascii() and "_" not in whole:
            values = np.fromiter(map(float, cells), np.float64, len(cells))
            if np.isfinite(values).all():
                return values
    except (TypeError, ValueError):
        pass
    place, distinct = _distinct(raw)
    return np.array([_number(one, decimal) for one in distinct], np.float64)[place]


def _number(value: Any, decimal: str) -> float:
    if isinstance(value, str):
        other = "," if decimal == "." else "."
        text = value.strip().replace(other, "x").replace(decimal, ".")
        return float(text) if _NUMBER.fullmatch(text) else math.nan
    is_number = isinstance(value, (Real, Decimal)) and not isinstance(value, bool)
    return float(value) if is_number else math.nan


def _wrong_rows(raw: Array, values: Floats) -> list[tuple[str, Rows]]:
    """Rows whose numbers cannot be used, by what is wrong with them."""
    none = np.isnan(values)
    missing = none.copy()
    missing[none] = [_is_missing(one) for one in raw[none].tolist()]
    finite_below = (values < 0) & np.isfinite(values)
    every = zip(_WRONG, (missing, none & ~missing, np.isinf(values), finite_below), strict=True)
    return [(kind, rows) for kind, rows in every if rows.any()]
