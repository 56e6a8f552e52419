"""A run of waves → sums of weights by sampling unit, wave and answer, as models take them.

The answers of a table stand on the same lines, so these are gone through once for all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import sparse

from surveylib.errors import NotEstimableError
from surveylib.stats.regression import Sums

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.series.run import Run
    from surveylib.analysis.series.sampled import Sampled
    from surveylib.analysis.series.table import Table

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


class Gathered:
    """What models of some tables have in common, so that it is found once.

    It goes by which tables and samples these are, so they have to stay in memory with it.
    """

    def __init__(self) -> None:
        self._units: dict[tuple[object, ...], _Units] = {}
        self._lines: tuple[tuple[object, ...], _Lines] | None = None
        self._sorted: dict[tuple[object, ...], _Sorted] = {}

    def units(self, waves: Sequence[Sampled], *, shared: bool) -> _Units:
        """The units of some waves: the same for every answer and group."""
        key = (shared, *(id(wave.sample) for wave in waves))
        if key not in self._units:
            self._units[key] = _Units(waves, shared=shared)
        return self._units[key]

    def lines(self, run: Run, units: _Units) -> _Lines:
        """The sums of a run: of all answers of a table one by one, or of several together."""
        together = run.answers if len(run.answers) > 1 else ()
        key = (run.places, together, *map(id, _tables(run)))
        if self._lines is None or self._lines[0] != key:
            self._lines = key, _lines(run, units, together)
        return self._lines[1]

    def sorted(self, table: Table, wave: Sampled, together: tuple[int, ...]) -> _Sorted:
        """The lines of a wave, sorted by group once for all groups."""
        key = (id(wave.shares.sums), together)
        if key not in self._sorted:
            self._sorted[key] = _sorted(table, wave, together)
        return self._sorted[key]


class _Units:
    """Units of several waves, numbered through: anew in each wave, or by what they are."""

    def __init__(self, waves: Sequence[Sampled], *, shared: bool) -> None:
        if any(getattr(wave.sample.units, "replicates", None) is not None for wave in waves):
            _refuse("replicate weights: a model needs its own fit for each")
        if any(wave.sample.units.second is not None for wave in waves):
            _refuse("a second stage, which the model's variance would leave out")
        self.clustered = bool(waves[0].keys)
        if any(bool(wave.keys) != self.clustered for wave in waves):
            _refuse("sampling units in some waves and respondents drawn singly in others")
        if shared and not self.clustered:
            _refuse("people who answered twice, and no sampling units")
        self.strata: dict[tuple[str, str], int] = {}
        self.units: dict[tuple[str, ...], int] = {}
        self._stratum: list[int] = []
        self.numbers = [self._numbered(wave, "" if shared else wave.wave) for wave in waves]
        self.names = tuple(": ".join(filter(None, name)) for name in self.strata)
        self.stratum = np.array(self._stratum, np.int64) if self.clustered else None
        drawn = [np.asarray(wave.sample.units.fraction, np.float64) for wave in waves]
        self.fraction = None if shared else np.concatenate(drawn)
        people = [np.asarray(wave.sample.units.sampled, np.float64) for wave in waves]
        self.n = None if self.clustered else np.concatenate(people)

    def _numbered(self, wave: Sampled, label: str) -> Whole:
        """The number of each unit of a wave or, where respondents were drawn, of each stratum."""
        names = [(label, name) for name in wave.sample.units.strata]
        strata = [self.strata.setdefault(name, len(self.strata)) for name in names]
        if not self.clustered:
            return np.array(strata, np.int64)
        found = []
        for (stratum, code), home in zip(wave.keys, wave.sample.units.psu_stratum, strict=True):
            key = (label, stratum, code)
            if key not in self.units:
                self.units[key] = len(self.units)
                self._stratum.append(strata[int(home)])
            found.append(self.units[key])
        return np.array(found, np.int64)


class _Lines(NamedTuple):
    """Lines of sums (T,), with weights (J, T) of J answers, or of all together (1, T)."""

    unit: Whole
    cell: Whole
    answer: Whole
    weight: Floats
    square: Floats


class _Sorted(NamedTuple):
    """Lines by group, where each group ends, and what each class (C, J * A) counts as."""

    unit: Whole
    place: Whole
    weight: Floats
    square: Floats
    ends: Whole
    counts: Floats


class _Part(NamedTuple):
    """The lines of one wave and group in one cell, and what their classes count as."""

    unit: Whole
    cell: Whole
    place: Whole
    weight: Floats
    square: Floats
    counts: Floats


def _refuse(what: str) -> None:
    message = f"the waves have {what}; take test='least-squares', which reads their covariance"
    raise NotEstimableError(message)


def model_sums(run: Run) -> Sums:
    """The lines of a run as a model takes them: a cell for each wave, or wave in a composition.

    Cells are numbered by composition and, within one, by wave. With one answer, 1 says that it was
    given and 0 that another was; with several, answers are numbered in their order.

    Args:
        run: The run.

    Raises:
        NotEstimableError: Replicate weights, second stages, or people who answered twice and are
            in no sampling unit.
    """
    waves = [run.table.sampled[place] for place in run.places]
    units = run.gathered.units(waves, shared=run.table.shared)
    lines = run.gathered.lines(run, units)
    own = run.answers[0] if len(run.answers) == 1 else 0
    return Sums(
        unit=lines.unit,
        cell=lines.cell,
        answer=lines.answer,
        weight=lines.weight[own],
        strata=units.names,
        stratum=units.stratum,
        square=None if units.clustered else lines.square[own],
        n=units.n,
        fraction=units.fraction,
        lonely=waves[0].sample.design.lonely,
    )


def _tables(run: Run) -> tuple[Table, ...]:
    return run.adjusted or (run.table,)


def _lines(run: Run, units: _Units, together: tuple[int, ...]) -> _Lines:
    """Sums by unit and cell of what the classes of a table count as."""
    parts = list(_parts(run, units, together))
    unit, cell, _, weight, square = (
        np.concatenate(column) for column in zip(*(part[:5] for part in parts), strict=True)
    )
    starts = np.cumsum([0, *(len(part.counts) for part in parts[:-1])])
    place = np.concatenate([part.place + at for part, at in zip(parts, starts, strict=True)])
    counts = np.concatenate([part.counts for part in parts])
    # A unit's lines of a wave and group stand one below the other: they become one.
    another = (unit[1:] != unit[:-1]) | (cell[1:] != cell[:-1])
    first = np.append(0, np.flatnonzero(another) + 1)
    ends = np.append(first, len(unit))
    answers = len(together) or 2

    def summed(values: Floats) -> Floats:
        by_class = sparse.csr_array((values, place, ends), shape=(len(first), len(counts)))
        found = (by_class @ counts).T
        return np.ascontiguousarray(found).reshape(-1, answers * len(first))

    return _Lines(
        np.tile(unit[first], answers),
        np.tile(cell[first], answers),
        np.repeat(np.arange(answers), len(first)),
        summed(weight),
        weight if units.clustered else summed(square),
    )


def _parts(run: Run, units: _Units, together: tuple[int, ...]) -> Iterator[_Part]:
    """The lines of each wave, and of each group of a composition in it."""
    for order, place in enumerate(run.places):
        code = run.table.waves[place]
        for step, table in enumerate(_tables(run)):
            here = table.waves.index(code) if code in table.waves else -1
            if here < 0 or table.group[here] < 0:
                continue
            found = run.gathered.sorted(run.table, table.sampled[here], together)
            inside = slice(*found.ends[table.group[here] :][:2].tolist())
            yield _Part(
                units.numbers[order][found.unit[inside]],
                np.full(len(found.unit[inside]), step * len(run.places) + order, np.int64),
                found.place[inside],
                found.weight[inside],
                found.square[inside],
                found.counts,
            )


def _sorted(table: Table, wave: Sampled, together: tuple[int, ...]) -> _Sorted:
    sums = wave.shares.sums
    lines, groups = sums.lines, sums.groups
    ends = np.append(0, np.cumsum(np.bincount(lines.group, minlength=groups)))
    # Small whole numbers are sorted far more quickly.
    order = np.argsort(lines.group.astype(np.min_scalar_type(groups)), kind="stable")
    return _Sorted(
        lines.unit[order],
        lines.place[order],
        lines.weight[order],
        lines.square[order],
        ends,
        _counts(table, wave, together),
    )


def _counts(table: Table, wave: Sampled, together: tuple[int, ...]) -> Floats:
    """What each class counts as: no and yes to each answer (C, K * 2), or one of several (C, A)."""
    classes, own = wave.shares.sums.classes, list(wave.shares.about.answers)
    if together:
        chosen = [own.index(table.answers[answer]) for answer in together]
        gave = classes.holds[:, chosen] > 0
        return np.asarray(gave & (np.cumsum(gave, axis=1) == 1), np.float64)
    found = np.zeros((len(classes.holds), len(table.answers), 2))
    for answer, code in enumerate(table.answers):
        if code in own:
            asked, gave = (part[:, own.index(code)] > 0 for part in (classes.asked, classes.holds))
            found[:, answer] = np.column_stack([asked & ~gave, asked & gave])
    return found.reshape(len(found), -1)
