"""One run of waves that may be compared, and the numbers that trend tests are given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from surveylib.analysis.series.model_sums import Gathered
from surveylib.stats.trends_fits import slope_factors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from surveylib.analysis.results import Estimate
    from surveylib.analysis.series.table import Table

    Floats = NDArray[np.float64]


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
        gathered: What models of other runs of these tables have found.
    """

    table: Table
    places: tuple[int, ...]
    times: Floats
    answers: tuple[int, ...]
    adjusted: tuple[Table, ...] = ()
    gathered: Gathered = field(default_factory=Gathered)

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
