"""Distributions of a number that is answered in bands: their tails, means and quantiles.

Each has working parameters, which may be any real numbers, and the ones that people know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy import optimize, special

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Model(Protocol):
    """What a fit needs to know of a distribution; `working` are its working parameters."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the known parameters."""

    def start(self, typical: Floats, shares: Floats) -> Floats:
        """Working parameters to begin at, from a number for each band."""

    def known(self, working: Floats) -> Floats:
        """The parameters that people know."""

    def scale(self, working: Floats) -> Floats:
        """How much of each working parameter is a change that shows in the distribution."""

    def tails(self, x: Floats, working: Floats) -> tuple[Floats, Floats]:
        """The share up to x and the share above it, each with its own small digits."""

    def mean(self, working: Floats) -> float:
        """The mean."""

    def number_at(self, q: float, working: Floats) -> float:
        """The real number up to which a share of q lies."""

    def reported(self, number: float) -> float:
        """The value of the distribution that such a number stands for."""


@dataclass(frozen=True, slots=True)
class LogNormal:
    """A log-normal number, with a share of its own at 0 if `zero`; log odds, mu and log sigma."""

    zero: bool
    name: str = "log-normal"

    @property
    def names(self) -> tuple[str, ...]:
        """The share at 0; the mean and the standard deviation of the logarithm above 0."""
        return ("zero_share", "mu", "sigma") if self.zero else ("mu", "sigma")

    def start(self, typical: Floats, shares: Floats) -> Floats:
        """Moments of the logarithm, as if everybody had the typical number of their band."""
        above = typical > 0
        weights = shares[above] / shares[above].sum()
        logs = np.log(typical[above])
        mu = float(weights @ logs)
        sigma = np.sqrt(max(float(weights @ (logs - mu) ** 2), 0.01))
        zero = [special.logit(shares[~above].sum())] if self.zero else []
        return np.asarray([*zero, mu, np.log(sigma)])

    def known(self, working: Floats) -> Floats:
        """The parameters that people know."""
        zero = [special.expit(working[0])] if self.zero else []
        return np.asarray([*zero, working[-2], np.exp(working[-1])])

    def scale(self, working: Floats) -> Floats:
        """A shift of mu shows against sigma."""
        return np.asarray([*([1.0] if self.zero else []), np.exp(working[-1]), 1.0])

    def tails(self, x: Floats, working: Floats) -> tuple[Floats, Floats]:
        """Both tails of the normal distribution, and the share at 0 in the lower one."""
        zero = self._zero(working)
        with np.errstate(divide="ignore"):
            z = (np.log(x) - working[-2]) / np.exp(working[-1])
        return zero + (1 - zero) * special.ndtr(z), (1 - zero) * special.ndtr(-z)

    def mean(self, working: Floats) -> float:
        """The mean of everybody, those at 0 among them."""
        above = np.exp(working[-2] + np.exp(2 * working[-1]) / 2)
        return float((1 - self._zero(working)) * above)

    def number_at(self, q: float, working: Floats) -> float:
        """0 where the share at 0 reaches q."""
        zero = self._zero(working)
        if q <= zero:
            return 0.0
        z = special.ndtri((q - zero) / (1 - zero))
        return float(np.exp(working[-2] + np.exp(working[-1]) * z))

    def reported(self, number: float) -> float:
        """Any number above 0 may occur."""
        return number

    def _zero(self, working: Floats) -> float:
        return float(special.expit(working[0])) if self.zero else 0.0


@dataclass(frozen=True, slots=True)
class Count:
    """A negative binomial count, or a Poisson one; log mu and log of one over its size.

    With `least` of 1, the count of those of whom it is not 0.
    """

    least: int
    poisson: bool = False

    @property
    def name(self) -> str:
        """What it is called."""
        return "poisson" if self.poisson else "negative-binomial"

    @property
    def names(self) -> tuple[str, ...]:
        """The mean if 0 may occur; the size, which is infinite for Poisson."""
        return ("mu",) if self.poisson else ("mu", "size")

    def start(self, typical: Floats, shares: Floats) -> Floats:
        """Moments, as if everybody had the typical number of their band."""
        mu = float(shares @ typical)
        variance = float(shares @ (typical - mu) ** 2)
        return np.log([mu, max((variance - mu) / mu**2, 0.05)])

    def known(self, working: Floats) -> Floats:
        """The parameters that people know."""
        return np.asarray([np.exp(working[0]), *np.exp(-working[1:])])

    def scale(self, working: Floats) -> Floats:
        """A shift of mu shows against the standard deviation."""
        inverse = float(np.exp(working[1:]).sum())
        spread = np.sqrt(np.exp(-working[0]) + inverse)
        return np.append(min(spread, 1.0), np.ones(working.size - 1))

    def tails(self, x: Floats, working: Floats) -> tuple[Floats, Floats]:
        """Incomplete beta and gamma functions, which also exist between whole numbers."""
        below, above = self._plain_tails(x, working)
        if self.least == 0:
            return below, above
        zero, some = self._plain_tails(np.zeros(1), working)
        return (below - zero) / some, above / some

    def _plain_tails(self, x: Floats, working: Floats) -> tuple[Floats, Floats]:
        """Tails of a count from 0."""
        ended = np.isfinite(x)
        successes = np.where(ended, x, 0.0) + 1
        mu = np.exp(working[0])
        if self.poisson:
            below, above = special.gammaincc(successes, mu), special.gammainc(successes, mu)
        else:
            inverse = np.exp(working[1])
            odds = inverse * mu
            # In this order of its arguments the function keeps its digits towards Poisson.
            at = (successes, 1 / inverse, odds / (1 + odds))
            below, above = special.betaincc(*at), special.betainc(*at)
        return np.where(ended, below, 1.0), np.where(ended, above, 0.0)

    def mean(self, working: Floats) -> float:
        """The mean of everybody the count is of."""
        mu = float(np.exp(working[0]))
        return mu if self.least == 0 else mu / float(self._plain_tails(np.zeros(1), working)[1][0])

    def number_at(self, q: float, working: Floats) -> float:
        """Where the smooth curve through the cumulative shares of whole numbers reaches q."""

        def missing(x: float) -> float:
            return float(self.tails(np.asarray([x]), working)[0][0]) - q

        high = 1.0
        while missing(high) < 0:
            high *= 2
        # Just above -1 (0 if 0 cannot occur) the curve begins at 0.
        low = self.least - 1 + 1e-300 if self.least else np.nextafter(-1.0, 0.0)
        return float(optimize.brentq(missing, low, high, xtol=1e-13, rtol=1e-14))

    def reported(self, number: float) -> float:
        """The lowest count up to which at least so many lie."""
        return float(np.ceil(number - 1e-9 * max(1.0, number))) + 0.0
