"""The maximum of the likelihood of a distribution given the shares of bands.

Slopes are differences of seven points, in parts of how much of a parameter shows: their error is
below that of any answer. The parameters at the maximum are a smooth function of the shares, and
so is every figure of the distribution: its variance follows from the covariance of the shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import NotEstimableError
from surveylib.stats.censored_models import Count

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from surveylib.stats.censored_models import Model

    Floats = NDArray[np.float64]

#: A negative binomial whose variance is larger than the Poisson's by less than this part is one.
_POISSON = 1e-6
#: At the maximum a step gains no more than this of the log likelihood per respondent, and moves
#: no parameter by more than this part of its scale: far out, where it is flat, it still does.
_LAST_GAIN, _LAST_STEP = 1e-16, 1e-6
_MOST_STEPS = 60
#: Of the largest curvature at the maximum; the rounding of slopes leaves less than this.
_FLAT = 1e-9
#: A step goes no farther than so many scales of a parameter.
_LONGEST_STEP = 2.0
#: A fitted share below this is as good as 0.
_TINY = 1e-300
#: Working parameters are logarithms: beyond this there is no number.
_FARTHEST = 40.0
#: What the log likelihood may lose by the rounding of its sum.
_ROUNDING = 1e-14
#: Points on each side of one, in parts of a parameter's scale, and their weights in a slope: its
#: error is of the sixth order, and that of a slope of slopes is left at 1e-12 by rounding.
_STEP = 1e-2
_POINTS = tuple(
    (side * k, side * weight)
    for k, weight in ((1, 3 / 4), (2, -3 / 20), (3, 1 / 60))
    for side in (-1, 1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value and its standard error."""

    value: float
    standard_error: float


class Point(NamedTuple):
    """A model at some working parameters, beside the shares."""

    model: Model
    edges: Floats
    shares: Floats
    spread: Floats
    working: Floats

    def at(self, working: Floats) -> Point:
        """The same with other parameters."""
        return self._replace(working=working)

    def cells(self, working: Floats) -> Floats:
        """The share of each band, taken from the tail in which it keeps its digits."""
        below, above = self.model.tails(self.edges, working)
        lower, higher = np.append(0.0, below[:-1]), np.append(1.0, above[:-1])
        return np.maximum(np.where(lower > 0.5, higher - above, below - lower), 0.0)

    def log_likelihood(self, working: Floats) -> float:
        """Per respondent; -inf where somebody is in a band of a fitted share of 0."""
        with np.errstate(divide="ignore"):
            return float(special.xlogy(self.shares, self.cells(working)).sum())

    def slopes(self, function: Callable[[Floats], Floats], working: Floats) -> Floats:
        """(values, parameters) slopes of a function, per scale of each parameter."""
        steps = np.diag(self.model.scale(self.working) * _STEP)
        return np.stack(
            [sum(w * function(working + k * step) for k, w in _POINTS) / _STEP for step in steps],
            axis=-1,
        )

    def relative(self, working: Floats) -> Floats:
        """(bands, parameters) slopes of the logarithm of each fitted share.

        Of the logarithm, because it stays smooth where a share is very small.
        """
        return self.slopes(lambda near: np.log(np.maximum(self.cells(near), _TINY)), working)

    def score(self, working: Floats) -> Floats:
        """Slope of the log likelihood."""
        return self.shares @ self.relative(working)

    def bend(self) -> Floats:
        """Second derivatives of the log likelihood."""
        found = self.slopes(self.score, self.working)
        return (found + found.T) / 2

    def response(self) -> Floats:
        """(parameters, bands) what each share moves the parameters, per scale of each."""
        return np.asarray(np.linalg.solve(-self.bend(), self.relative(self.working).T))

    def estimate(self, function: Callable[[Floats], Floats]) -> list[Estimate]:
        """Values of a function of the parameters with their standard errors."""
        through = self.slopes(function, self.working) @ self.response()
        variances = np.einsum("ki,ij,kj->k", through, self.spread, through)
        return [
            Estimate(value=float(value), standard_error=float(np.sqrt(max(variance, 0.0))))
            for value, variance in zip(function(self.working), variances, strict=True)
        ]

    def figure(self, function: Callable[[Floats], float]) -> Estimate:
        """A number of the distribution with its standard error.

        Raises:
            NotEstimableError: It is larger than any number a computer holds.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            value = function(self.working)
            # Large numbers are closer to straight lines in their logarithms.
            large = value > 1
            curve = (lambda working: np.log(function(working))) if large else function
            error = self.estimate(lambda working: np.asarray([curve(working)]))[0].standard_error
            error *= value if large else 1.0
        if not np.isfinite([value, error]).all():
            raise NotEstimableError(
                f"the fitted {self.model.name} spreads so far that a figure of it is beyond all "
                "numbers"
            )
        return Estimate(value=value, standard_error=error)


def climb(point: Point) -> tuple[Point, int]:
    """Take Newton's steps to the maximum, and count them.

    Raises:
        NotEstimableError: There is none, or none is found.
    """
    if not np.isfinite(point.log_likelihood(point.working)):
        raise NotEstimableError(
            f"the bands are too far apart for a {point.model.name}: at the best guess, some that "
            "hold answers have no share at all"
        )
    for steps in range(1, _MOST_STEPS + 1):
        point = _without_size(point)
        score = point.score(point.working)
        step = _uphill(point, score)
        gain = float(score @ step)
        longest = float(np.abs(step).max())
        point = _moved(point, step * min(1.0, _LONGEST_STEP / max(longest, _LONGEST_STEP)))
        if gain <= _LAST_GAIN and longest <= _LAST_STEP:
            if _is_curved(point):
                return point, steps
            break
        if np.abs(point.working).max() > _FARTHEST:
            break
    raise NotEstimableError(
        f"the likelihood of a {point.model.name} has no maximum at parameters that mean anything: "
        "the shares fit none, or fit better and better without an end"
    )


def _is_curved(point: Point) -> bool:
    """Whether the likelihood falls in all directions, and not too little to tell."""
    curvatures = np.linalg.eigvalsh(-point.bend())
    return bool(curvatures.min() > _FLAT * curvatures.max())


def _without_size(point: Point) -> Point:
    """The Poisson count that a negative binomial has become, if it has."""
    model = point.model
    if not isinstance(model, Count) or model.poisson or point.working.sum() > np.log(_POISSON):
        return point
    poisson = Count(least=model.least, poisson=True)
    return point._replace(model=poisson, working=point.working[:1])


def _uphill(point: Point, score: Floats) -> Floats:
    """Newton's step where the likelihood bends down in all directions, else Fisher's."""
    bend = -point.bend()
    if (np.linalg.eigvalsh(bend) <= 0).any():
        # Fisher's information, which is never negative.
        relative = point.relative(point.working)
        bend = np.einsum("bi,bj,b->ij", relative, relative, point.cells(point.working))
    return np.asarray(np.linalg.lstsq(bend, score, rcond=None)[0])


def _moved(point: Point, step: Floats) -> Point:
    """The point after a step, halved until nothing is lost; the point itself if it always is."""
    least = point.log_likelihood(point.working) - _ROUNDING
    scaled = step * point.model.scale(point.working)
    for _ in range(50):
        if point.log_likelihood(point.working + scaled) >= least:
            return point.at(point.working + scaled)
        scaled = scaled / 2
    return point
