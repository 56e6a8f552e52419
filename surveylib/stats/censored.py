"""Distributions of a known kind, fitted to answers in bands.

`fit` maximises Σ share × log(fitted share). Its parameters are a smooth function of the shares,
so their covariance follows from that of the shares, whatever the design: the sandwich. Slopes are
differences of seven points: see `surveylib.stats.likelihood`. `surveylib.stats.turnbull` assumes
no kind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import MethodError, NotEstimableError, no_method
from surveylib.stats.banded import check_bands, checked
from surveylib.stats.censored_models import Count, LogNormal
from surveylib.stats.likelihood import Estimate, Point, climb

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from surveylib.stats.censored_models import Model

    Floats = NDArray[np.float64]

#: Bands that somebody is in, without which two parameters follow nothing but the guess.
FEWEST_BANDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Goodness:
    """How far the shares are from the fitted ones.

    Args:
        x2: Pearson's X², n Σ (share - fitted)² / fitted.
        g2: The likelihood ratio's G², 2n Σ share log(share / fitted).
        df: Bands minus 1 minus parameters; 0 where any shares would be fitted.
        p_value: Of X² in a simple sample; None for df of 0.
        design_effect: What the design makes of X², on average; None for df of 0.
        p_value_design: Of X² over the design effect. Rao and Scott (1984), first order.
    """

    x2: float
    g2: float
    df: int
    p_value: float | None
    design_effect: float | None
    p_value_design: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A distribution fitted to the shares of bands.

    Args:
        model: What was fitted: a name in MODELS, or "poisson" where the size of the negative
            binomial has no end, because the counts vary no more than Poisson's.
        parameters: By name: `mu` and `sigma` of the logarithm and `zero_share`, or `mu` and
            `size`.
        shares: (B,) fitted shares.
        goodness: How far they are from those given.
        steps: Steps of the maximisation, which ended within rounding.
        gradient: Largest slope of the log likelihood per respondent there, per scale of a
            parameter.
    """

    model: str
    parameters: Mapping[str, Estimate]
    shares: Floats
    goodness: Goodness
    steps: int
    gradient: float
    _point: Point = field(repr=False)

    def quantile(self, q: float) -> Estimate:
        """Compute a quantile of the fitted distribution.

        A count's quantile is whole, and its standard error that of the smooth curve through the
        cumulative shares. Where more than q of a log-normal's people are at 0, it is 0 whatever
        the other parameters are: its standard error is 0.

        Args:
            q: Share, above 0 and below 1.

        Raises:
            MethodError: No such share.
            NotEstimableError: It is larger than any number a computer holds.
        """
        if not 0 < q < 1:
            raise MethodError(f"q is {q:g}; wanted a share between 0 and 1")
        model = self._point.model
        found = self._point.figure(lambda working: model.number_at(q, working))
        return Estimate(value=model.reported(found.value), standard_error=found.standard_error)

    @property
    def median(self) -> Estimate:
        """The quantile at 0.5."""
        return self.quantile(0.5)

    @property
    def mean(self) -> Estimate:
        """The mean of everybody, in the fitted distribution.

        Raises:
            NotEstimableError: It is larger than any number a computer holds.
        """
        return self._point.figure(self._point.model.mean)


def fit(
    lows: ArrayLike,
    highs: ArrayLike,
    shares: ArrayLike,
    *,
    covariance: ArrayLike,
    n: float,
    model: str = "log-normal",
    continuous: bool = False,
) -> Fit:
    """Fit a distribution to the shares of bands by maximum likelihood.

    The bands must meet, begin at 0 or 1, and the last one has no end. A band that holds 0 alone
    is a share of its own beside a log-normal, and an ordinary band of a count. A negative binomial
    on bands from 1 is that of the counts that are not 0. A log-normal number is put in the band
    of the whole number it is rounded to, and in the first band above 0 if that is 0.

    Args:
        lows: (B,) lowest number of each band.
        highs: (B,) highest; the last is inf.
        shares: (B,) shares that add up to 1.
        covariance: (B, B) their covariance, from the design or `banded.simple_sample`.
        n: Sum of the weights, or what the sample is worth: only `goodness` reads it.
        model: A name in MODELS.
        continuous: Whether bands touch: each ends where the next begins. Log-normal only.

    Raises:
        MethodError: Numbers that do not fit, or no such model.
        NotEstimableError: Fewer than three bands with anybody in them (above 0, for a
            log-normal), or no maximum.

    Example:
        >>> from surveylib.stats.banded import simple_sample
        >>> known = simple_sample([30, 60, 70, 40])
        >>> found = fit(
        ...     [1, 6, 11, 51], [5, 10, 50, np.inf],
        ...     known.estimate, covariance=known.covariance, n=200,
        ... )
        >>> found.model, found.goodness.df
        ('log-normal', 1)
    """
    build = MODELS.get(model)
    if build is None:
        raise MethodError(no_method("distribution", model, MODELS))
    if not 0 < n < np.inf:
        raise MethodError(f"n is {n:g}; wanted a number above 0")
    bands = _check_meeting(lows, highs, continuous=continuous)
    p, spread = checked(shares, covariance, bands[0].size)
    if p.ndim != 1 or spread.ndim != 2:
        raise MethodError(f"shares of {p.shape}; wanted one row: a fit is of one wave at a time")
    built = build(bands, p, continuous=continuous)
    filled = int((p[built.informative] > 0).sum())
    if filled < FEWEST_BANDS:
        raise NotEstimableError(
            f"{filled} bands have anybody in them; a {model} needs {FEWEST_BANDS} (above 0)"
        )
    start = built.model.start(_typical(*bands), p)
    point, steps = climb(Point(built.model, built.edges, p, spread, start))
    return _described(point, steps, n)


class _Built(NamedTuple):
    """A model, the upper end of each band as it counts there, and the bands that tell of it."""

    model: Model
    edges: Floats
    informative: NDArray[np.bool_]


def _log_normal(bands: tuple[Floats, Floats], shares: Floats, *, continuous: bool) -> _Built:
    """A log-normal, with a share at 0 where anybody is in a band of 0 alone."""
    first, last = bands
    zero = first[0] == last[0] == 0
    edges = last if continuous else last + 0.5
    if zero:
        edges = np.append(0.0, edges[1:])
    above = np.arange(first.size) >= int(zero)
    return _Built(LogNormal(zero=bool(zero and shares[0] > 0)), edges, above)


def _negative_binomial(bands: tuple[Floats, Floats], shares: Floats, *, continuous: bool) -> _Built:
    """A negative binomial of whole numbers, from the low of the first band."""
    if continuous:
        raise MethodError("a negative binomial counts whole numbers; wanted continuous=False")
    return _Built(Count(least=int(bands[0][0])), bands[1], np.ones(shares.size, dtype=np.bool_))


MODELS: Mapping[str, Callable[..., _Built]] = MappingProxyType(
    {"log-normal": _log_normal, "negative-binomial": _negative_binomial}
)


def _check_meeting(lows: ArrayLike, highs: ArrayLike, *, continuous: bool) -> tuple[Floats, Floats]:
    """Bands that leave no number out."""
    first, last = check_bands(lows, highs, apart=True, whole=not continuous)
    gaps = first[1:] != (last[:-1] if continuous else last[:-1] + 1)
    if gaps.any():
        wrong = int(np.argmax(gaps))
        pair = f"{last[wrong]:g} and {first[wrong + 1]:g}"
        raise MethodError(f"bands leave a gap between {pair}; wanted bands that meet")
    if not 0 <= first[0] <= (0 if continuous else 1):
        raise MethodError(f"bands begin at {first[0]:g}; wanted 0, or 1 for whole numbers")
    if np.isfinite(last[-1]):
        raise MethodError(
            f"bands end at {last[-1]:g}, the distribution does not; wanted a last band up to inf, "
            "with a share of 0 if nobody is above"
        )
    return first, last


def _typical(first: Floats, last: Floats) -> Floats:
    """A number for each band, only to begin with."""
    return np.append((first[:-1] + last[:-1]) / 2, first[-1] * 1.5 + 1)


def _described(point: Point, steps: int, n: float) -> Fit:
    """What is told of a maximum."""
    model, fitted = point.model, point.cells(point.working)
    return Fit(
        model=model.name,
        parameters=MappingProxyType(
            dict(zip(model.names, point.estimate(model.known), strict=True))
        ),
        shares=fitted,
        goodness=_goodness(point, fitted, n),
        steps=steps,
        gradient=float(np.abs(point.score(point.working)).max()),
        _point=point,
    )


def _goodness(point: Point, fitted: Floats, n: float) -> Goodness:
    """Compare shares with fitted ones, over the bands that the distribution can reach."""
    some = fitted > 0
    p, fitted = point.shares[some], fitted[some]
    x2 = float(n * ((p - fitted) ** 2 / fitted).sum())
    g2 = float(2 * n * special.xlogy(p, p / fitted).sum())
    df = int(some.sum()) - 1 - point.working.size
    if df == 0:
        return Goodness(x2=x2, g2=g2, df=0, p_value=None, design_effect=None, p_value_design=None)
    # Shares minus fitted ones move with the shares themselves and with what those make of the fit.
    fitted_moves = point.cells(point.working)[:, None] * point.relative(point.working)
    moves = np.eye(some.size) - fitted_moves @ point.response()
    variances = np.diagonal(moves @ point.spread @ moves.T)[some]
    effect = float(n * (variances / fitted).sum() / df)
    return Goodness(
        x2=x2,
        g2=g2,
        df=df,
        p_value=float(special.chdtrc(df, x2)),
        design_effect=effect,
        p_value_design=float(special.chdtrc(df, x2 / effect)),
    )
