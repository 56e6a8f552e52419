"""The search for joints in a trend: every set of knots of a grid, for many trends at once.

Estimates are whitened: divided by the root of their covariance, so that they vary alike and each
by itself, and a sum of squares is a distance. k stands for waves, G for places where a knot may
be, S for sets of m knots, P for trends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import linalg

from surveylib.errors import MethodError
from surveylib.stats.segments import APART

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Test = Callable[["Search", Floats, tuple[int, int], "Draws"], tuple[float, float]]

#: Places for knots, and sets of knots, that are tried at most.
MOST_PLACES, MOST_SETS = 2_000, 200_000
#: Numbers that are held at once.
_ROOM = 4_000_000
#: What rounding leaves of no distance: parts of that from a straight line, and of that from 0.
_ROUNDING, _NOTHING = 1e-13, 1e-24


class Sets(NamedTuple):
    """Sets of knots: places in the grid (S, m), and what turns slopes of the grid into a gain."""

    places: Whole
    root: Floats  # (S, m, m): inverse of the root of the products of the columns


class Search:
    """Fits of all sets of knots.

    Args:
        times: (k,) times of the waves.
        root: (k, k) lower root of the covariance.
        most: Joints in a set, at most.
        between: Places for knots between two waves; 0 for none but the waves themselves.

    Raises:
        MethodError: No room for so many joints, or too many places or sets.
    """

    def __init__(self, times: Floats, root: Floats, most: int, between: int) -> None:
        if (places := (len(times) - 1) * (between + 1)) > MOST_PLACES:
            raise MethodError(f"{places} places for knots; wanted up to {MOST_PLACES}: fewer of"
                              " them between waves (between)")  # fmt: skip
        steps = np.arange(between + 1) / (between + 1)
        inner = (times[:-1, None] + steps * np.diff(times)[:, None]).ravel()
        self.grid: Floats = np.append(inner, times[-1])
        line = np.column_stack([np.ones(len(times)), times - times.mean()])
        self.line = np.linalg.qr(self._white(root, line))[0]
        hinges = np.maximum(times[:, None] - self.grid, 0.0)
        self.hinges = self._beside_line(self._white(root, hinges))
        products = self.hinges.T @ self.hinges
        self.sets = [self._rooted(places, products) for places in self._places(times, most)]

    @staticmethod
    def _white(root: Floats, values: Floats) -> Floats:
        return np.asarray(linalg.solve_triangular(root, values, lower=True))

    def _beside_line(self, values: Floats) -> Floats:
        """What a straight line leaves."""
        return np.asarray(values - self.line @ (self.line.T @ values))

    def _places(self, times: Floats, most: int) -> list[Whole]:
        """The sets (S, m) for m = 0, 1, … with enough waves between knots and at both ends."""
        below = np.searchsorted(times, self.grid, side="left")  # waves before each place
        upto = np.searchsorted(times, self.grid, side="right")
        fits_end = len(times) - upto >= APART
        # The first place that has enough waves between itself and a place before it.
        after = np.searchsorted(below, upto + APART, side="left")
        sets = [np.zeros((1, 0), np.int64), np.flatnonzero((below >= APART) & fits_end)[:, None]]
        for _ in range(most - 1):
            wide = [
                np.column_stack([np.repeat(one[None], len(further), axis=0), further])
                for one in sets[-1]
                if len(further := self._further(int(after[one[-1]]), fits_end))
            ]
            if sum(map(len, wide)) > MOST_SETS:
                raise MethodError(f"more than {MOST_SETS} sets of knots; wanted fewer joints (most)"
                                  " or fewer places for them (between)")  # fmt: skip
            sets.append(np.concatenate(wide) if wide else np.zeros((0, sets[-1].shape[1] + 1), int))
        found = next((m for m, places in enumerate(sets) if not len(places)), len(sets)) - 1
        if found < most:
            raise MethodError(f"{len(times)} waves have room for {found} joints; wanted most below")
        return sets[: most + 1]

    @staticmethod
    def _further(first: int, fits_end: NDArray[np.bool_]) -> Whole:
        return first + np.flatnonzero(fits_end[first:])

    @staticmethod
    def _rooted(places: Whole, products: Floats) -> Sets:
        m = places.shape[1]
        if not m:
            return Sets(places, np.zeros((1, 0, 0)))
        lower = np.linalg.cholesky(products[places[:, :, None], places[:, None, :]])
        return Sets(places, np.linalg.solve(lower, np.broadcast_to(np.eye(m), lower.shape)))

    def distances(self, trend: Floats, joints: int) -> Floats:
        """(S,) squared distance of a whitened trend (k,) from the fit of each set."""
        one = trend[:, None]
        rest = self._beside_line(one)
        distances = (rest**2).sum(axis=0) - self._gains(rest, joints)
        return self._never_less(one, rest, distances)[:, 0]

    def nearest(self, trends: Floats, joints: int) -> Floats:
        """(P,) squared distances of whitened trends (k, P) from the best of their fits."""
        rest = self._beside_line(trends)
        best = np.zeros(trends.shape[1])
        sets = self.sets[joints]
        step = max(_ROOM // max(trends.shape[1] * max(joints, 1), 1), 1)
        for start in range(0, len(sets.places), step):
            gains = self._gains(rest, joints, slice(start, start + step))
            best = np.maximum(best, gains.max(axis=0))
        return self._never_less(trends, rest, (rest**2).sum(axis=0) - best)

    def _gains(self, rest: Floats, joints: int, which: slice = slice(None)) -> Floats:
        """(S, P) how much nearer than the straight line the fit of each set is."""
        places, root = self.sets[joints].places[which], self.sets[joints].root[which]
        if not joints:
            return np.zeros((1, rest.shape[1]))
        slopes = self.hinges.T @ rest
        return np.asarray(((root @ slopes[places]) ** 2).sum(axis=1))

    @staticmethod
    def _never_less(trends: Floats, rest: Floats, distances: Floats) -> Floats:
        """Distances, of which those that rounding leaves of none are 0."""
        least = _ROUNDING * (rest**2).sum(axis=0) + _NOTHING * (trends**2).sum(axis=0)
        return np.where(distances > least, distances, 0.0)

    def fitted(self, trend: Floats, joints: int, place: int) -> Floats:
        """(k,) the whitened fit of one set to a whitened trend."""
        rest = self._beside_line(trend)
        columns = self.hinges[:, self.sets[joints].places[place]]
        slopes = np.linalg.lstsq(columns, rest, rcond=None)[0] if joints else np.zeros(0)
        return np.asarray(trend - rest + columns @ slopes)


class Draws(NamedTuple):
    """How many draws, from what, and the degrees of freedom of the covariance."""

    many: int
    random: np.random.Generator
    df: float


def by_permutation(
    search: Search, trend: Floats, joints: tuple[int, int], draws: Draws
) -> tuple[float, float]:
    """Test fewer against more joints with residuals in another order.

    Kim, Fay, Feuer and Midthune (2000, Statistics in Medicine 19:335). The residuals tell how much
    waves vary: the covariance counts up to a factor only.

    Returns:
        The statistic, the part of the distance that more joints explain, and its p-value.
    """
    fewer, more = joints
    fitted = search.fitted(trend, fewer, int(search.distances(trend, fewer).argmin()))
    mixed = draws.random.permuted(np.tile((trend - fitted)[:, None], (1, draws.many)), axis=0)
    trends = np.column_stack([trend, fitted[:, None] + mixed])
    left, right = search.nearest(trends, fewer), search.nearest(trends, more)
    explained = np.where(left > 0, (left - right) / np.where(left > 0, left, 1.0), 0.0)
    return float(explained[0]), _share_above(explained)


def by_bootstrap(
    search: Search, trend: Floats, joints: tuple[int, int], draws: Draws
) -> tuple[float, float]:
    """Test fewer against more joints with trends drawn from the fit and the covariance.

    The covariance is all that varies: whatever else moves a wave, such as a new mode of asking,
    looks like a joint.

    Returns:
        The statistic, by how much more joints lessen the distance, and its p-value.
    """
    fewer, more = joints
    fitted = search.fitted(trend, fewer, int(search.distances(trend, fewer).argmin()))
    drawn = draws.random.standard_normal((len(trend), draws.many))
    if np.isfinite(draws.df):  # the covariance was estimated: too low, or high, for all waves alike
        drawn /= np.sqrt(draws.random.chisquare(draws.df, draws.many) / draws.df)
    trends = np.column_stack([trend, fitted[:, None] + drawn])
    gained = search.nearest(trends, fewer) - search.nearest(trends, more)
    return float(gained[0]), _share_above(gained)


def _share_above(statistics: Floats) -> float:
    """The share of all statistics, the first being that of the data, that are not below the first.

    Rounding must not make the data differ from a draw that equals it.
    """
    return float((statistics >= statistics[0] * (1 - 1e-9)).mean())
