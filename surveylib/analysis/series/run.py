"""One run of waves that may be compared, and the numbers that trend tests are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from surveylib.errors import NotEstimableError
from surveylib.stats.regression import Sums
from surveylib.stats.trends_fits import slope_factors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.results import Estimate
    from surveylib.analysis.series.sampled import Sampled
    from surveylib.analysis.series.table import Table

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


class Numbers(Protocol):
    """What tests are given that need no single answers: of a run, or of printed figures."""

    @property
    def times(self) -> Floats:
        """(W,) times or scores of the waves."""

    @property
    def simple(self) -> bool:
        """Whether every wave is a simple sample."""

    @property
    def counts(self) -> Floats:
        """(W, A) respondents who gave each answer."""

    @property
    def covariance(self) -> Floats:
        """(W*A, W*A) of the shares, wave by wave."""

    @property
    def df(self) -> float:
        """Degrees of freedom of all waves together."""

    @property
    def slope_df(self) -> float:
        """Those of the slope of a line, and with `fewest_df` of a covariance that weighs waves."""

    @property
    def fewest_df(self) -> float:
        """Degrees of freedom of the covariance of the wave that has the fewest."""

    def column(self, name: str) -> Floats:
        """(W,) a number of the first answer in each wave."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """One answer, or all of a question, over waves that may be compared.

    Args:
        table: The table that the waves are part of.
        places: Their places in it.
        times: (W,) their times, or scores.
        answers: Places of the answers; one, or those that have an order.
        adjusted: The same table in each cell of a composition, where a model adjusts for one.
        numbered: The units of samples that other runs of one source have numbered.
    """

    table: Table
    places: tuple[int, ...]
    times: Floats
    answers: tuple[int, ...]
    adjusted: tuple[Table, ...] = ()
    numbered: dict[tuple[object, ...], _Units] = field(default_factory=dict)

    @property
    def waves(self) -> tuple[str, ...]:
        """Names of the waves."""
        return tuple(self.table.waves[place] for place in self.places)

    @property
    def points(self) -> tuple[Estimate, ...]:
        """The share of the first answer in each wave."""
        found = (self.table.points[place][self.answers[0]] for place in self.places)
        return tuple(point for point in found if point is not None)

    def column(self, name: str) -> Floats:
        """(W,) a number of the first answer in each wave.

        Args:
            name: A field of an estimate.
        """
        return self.table.numbers(name)[list(self.places), self.answers[0]]

    @property
    def simple(self) -> bool:
        """Whether every wave is a simple sample, and they share nobody."""
        return self.table.simple and not self.table.shared

    @property
    def counts(self) -> Floats:
        """(W, A) respondents who gave each answer."""
        return self.table.counts[np.ix_(self.places, self.answers)]

    @property
    def covariance(self) -> Floats:
        """(W*A, W*A) of the shares, wave by wave."""
        return self.table.covariance(self.answers, self.places)

    @property
    def df(self) -> float:
        """Degrees of freedom of all waves together; infinite for simple samples."""
        return self.table.df(self.places, self.answers[0])

    @property
    def slope_df(self) -> float:
        """Of a weighted sum of waves: Satterthwaite's where they are independent."""
        if self.table.simple or self.table.together(self.places) is not None:
            return self.df
        factors = slope_factors(self.times, self.column("n"))
        variance = self.table.variances[list(self.places), self.answers[0]]
        parts = factors**2 * variance
        spread = (parts**2 / self.column("df")).sum()
        return float(parts.sum() ** 2 / spread) if spread > 0 else self.df

    @property
    def fewest_df(self) -> float:
        """Of the wave that has the fewest; of all together where they share units."""
        if self.table.simple or self.table.together(self.places) is not None:
            return self.df
        return float(self.column("df").min())


class _Units:
    """Units of several waves, numbered through: anew in each wave, or by what they are."""

    def __init__(self, waves: Sequence[Sampled], *, shared: bool) -> None:
        self.waves, self.shared = waves, shared
        if any(getattr(wave.sample.units, "replicates", None) is not None for wave in waves):
            _refuse("replicate weights: a model needs its own fit for each")
        if any(wave.sample.units.second is not None for wave in waves):
            _refuse("a second stage, which the model's variance would leave out")
        self.clustered = bool(waves[0].keys)
        if any(bool(wave.keys) != self.clustered for wave in waves):
            _refuse("sampling units in some waves and respondents drawn singly in others")
        self.strata: dict[tuple[str, str], int] = {}
        self.units: dict[tuple[str, ...], int] = {}
        self.stratum: list[int] = []
        self.numbers = [self._numbered(place) for place in range(len(waves))]
        self.names = tuple(": ".join(filter(None, name)) for name in self.strata)

    def _numbered(self, place: int) -> Whole:
        """The number of each unit of a wave or, where respondents were drawn, of each stratum."""
        wave = self.waves[place]
        label = "" if self.shared else wave.wave
        names = [(label, name) for name in wave.sample.units.strata]
        strata = [self.strata.setdefault(name, len(self.strata)) for name in names]
        if not self.clustered:
            return np.array(strata, np.int64)
        found = []
        for (stratum, code), home in zip(wave.keys, wave.sample.units.psu_stratum, strict=True):
            key = (label, stratum, code)
            if key not in self.units:
                self.units[key] = len(self.units)
                self.stratum.append(strata[int(home)])
            found.append(self.units[key])
        return np.array(found, np.int64)


def _units(run: Run, waves: Sequence[Sampled], *, shared: bool) -> _Units:
    """The units of some waves: numbered once, as they are the same for every answer and group."""
    key = (shared, *(id(wave.sample) for wave in waves))
    if key not in run.numbered:
        run.numbered[key] = _Units(waves, shared=shared)
    return run.numbered[key]


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
    tables = run.adjusted or (run.table,)
    waves = [run.table.sampled[place] for place in run.places]
    shared = run.table.shared
    units = _units(run, waves, shared=shared)
    if shared and not units.clustered:
        _refuse("people who answered twice, and no sampling units")
    columns: list[list[NDArray[np.generic]]] = []
    n: list[Floats] = []
    for order, place in enumerate(run.places):
        numbers = units.numbers[order]
        for cell, table in enumerate(tables):
            code = run.table.waves[place]
            if code in table.waves:
                here = table.waves.index(code)
                if table.group[here] >= 0:
                    columns += _lines(run, table, here, numbers, cell * len(run.places) + order)
        if not units.clustered:
            n.append(np.asarray(waves[order].sample.units.sampled, np.float64))
    unit, cell_of, answer, weight, square = (
        np.concatenate(column) for column in zip(*columns, strict=True)
    )
    drawn = np.concatenate([np.asarray(w.sample.units.fraction, np.float64) for w in waves])
    return Sums(
        unit=unit,
        cell=cell_of,
        answer=answer,
        weight=weight,
        strata=units.names,
        stratum=np.array(units.stratum, np.int64) if units.clustered else None,
        square=None if units.clustered else square,
        n=None if units.clustered else np.concatenate(n),
        fraction=None if shared else drawn,
        lonely=waves[0].sample.design.lonely,
    )


def _lines(
    run: Run, table: Table, here: int, numbers: Whole, cell: int
) -> list[list[NDArray[np.generic]]]:
    """Sums of one wave and group by unit and answer."""
    wave = table.sampled[here]
    sums = wave.shares.sums
    lines, classes = sums.lines, sums.classes
    inside = np.flatnonzero(lines.group == table.group[here])
    own = list(wave.shares.about.answers)
    chosen = [own.index(run.table.answers[answer]) for answer in run.answers]
    place = lines.place[inside]
    holds = classes.holds[:, chosen][place] > 0
    if len(chosen) == 1:
        there, answer = classes.asked[:, chosen[0]][place] > 0, holds[:, 0].astype(np.int64)
    else:
        there, answer = holds.max(axis=1), holds.argmax(axis=1).astype(np.int64)
    kept = inside[there]
    return [
        [
            numbers[lines.unit[kept]],
            np.full(len(kept), cell, np.int64),
            answer[there],
            lines.weight[kept],
            lines.square[kept],
        ]
    ]
