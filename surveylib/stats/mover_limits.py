"""The arithmetic behind `surveylib.stats.mover`: arguments are checked there and trusted here."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import MethodError
from surveylib.stats import sizes
from surveylib.stats.intervals import clopper_pearson, logit_at, rising_root, wilson_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Pair = tuple[Floats, Floats]
    Combine = Callable[["Enclosed", "Enclosed", Floats], Pair]

#: Beyond this many standard errors a two-sided p-value is below what a float can hold.
_FARTHEST = 40.0
#: With few degrees of freedom a quantile of t may be as large as this before p is that small.
_FARTHEST_OF_T = 1e9
#: Where a ratio of two quantiles of t is taken for all alphas beyond: nearer to 0 a quantile of
#: few degrees of freedom has no square, nearer to 1 both quantiles are too close to 0.
_LEAST_ALPHA, _MOST_ALPHA = 1e-150, 1 - 1e-6
#: Quantiles at which limits are looked at on the way.
_PLACES = np.geomspace(0.05, 50.0, 25)
#: Secants end here, or after so many steps.
_CONVERGED, _STEPS = 1e-14, 60


class Enclosed(NamedTuple):
    """An estimate between its limits."""

    estimate: Floats
    low: Floats
    high: Floats


class Waves(NamedTuple):
    """Shares of two waves with what their samples are worth, as arrays of one shape."""

    share_from: Floats
    count_from: Floats
    size_from: Floats
    share_to: Floats
    count_to: Floats
    size_to: Floats
    correlation: Floats
    df: Floats
    simple_df: Floats


class Method(NamedTuple):
    """Limits of a share at a quantile, the quantile of an alpha, and the alpha of a quantile.

    `lower` takes shares, sizes, the quantile, and both degrees of freedom (of the design, and of
    simple samples of the same sizes); the upper limit is its mirror image.
    """

    lower: Callable[[Floats, Floats, Floats, Floats, Floats], Floats]
    quantile: Callable[[Floats, Floats, float], Floats]
    alpha: Callable[[Floats, Floats, Floats], Floats]


def difference_limits(first: Enclosed, second: Enclosed, r: Floats) -> Pair:
    """Limits of the later minus the earlier estimate. Zou (2007), with his θ1 our later one."""
    change = second.estimate - first.estimate
    down = _hypotenuse(second.estimate - second.low, first.high - first.estimate, r)
    up = _hypotenuse(second.high - second.estimate, first.estimate - first.low, r)
    return change - down, change + up


def _hypotenuse(a: Floats, b: Floats, r: Floats) -> Floats:
    """√(a² - 2rab + b²), so written that it is the plain hypotenuse where r is 0."""
    return np.hypot(a - r * b, b * np.sqrt(1 - r * r))


def ratio_limits(first: Enclosed, second: Enclosed, r: Floats) -> Pair:
    """Limits of the later over the earlier estimate. Donner and Zou (2012), with a correlation.

    The upper limit is 1 over the lower limit of the waves swapped.
    """
    above, below = _lower_of_ratio(first, second, r)
    low = np.where(above > 0, quotient(above, below), 0.0)
    above, below = _lower_of_ratio(second, first, r)
    return low, quotient(below, above)


def _lower_of_ratio(first: Enclosed, second: Enclosed, r: Floats) -> Pair:
    """The lower limit of the second over the first as a numerator and a denominator.

    The smaller positive root of a R² - 2b R + c = 0, as the quotient that keeps its digits; b² - ac
    is written as a sum of squares, which rounding does not make negative.
    """
    e1, e2 = first.estimate, second.estimate
    up, down = first.high - e1, e2 - second.low
    a, c = first.high * (2 * e1 - first.high), second.low * (2 * e2 - second.low)
    b = e1 * e2 - r * down * up
    root = np.hypot(e1 * down - r * up * e2, up * np.sqrt((1 - r * r) * c))
    smooth = b >= 0
    return np.where(smooth, c, root - b), np.where(smooth, b + root, -a)


def quotient(above: Floats, below: Floats) -> Floats:
    """A quotient of numbers of at least 0, infinite over 0."""
    some = below > 0
    # Over a number next to 0 it may be too large for a float, and then is infinite too.
    with np.errstate(over="ignore"):
        return np.where(some, above / np.where(some, below, 1.0), np.inf)


def reach(limits: Callable[[Floats], Pair], estimate: Floats, *, farthest: Floats) -> Floats:
    """Find the quantile at which the limit nearer to 0 reaches 0, for a p-value.

    Args:
        limits: Takes quantiles (of the normal distribution, or of t) in the shape of the estimate
            and returns the lower and the upper limits there; they move outwards with it.
        estimate: The differences.
        farthest: Quantiles where the search ends.

    Returns:
        Quantiles in the shape of the estimate; 0 where the estimate is 0. With a normal quantile
        q the two-sided p-value is 2Φ(-q): 1 minus the highest level that leaves 0 out.

    Example:
        Newcombe's difference of 5 of 20 and 12 of 20.

        >>> from surveylib.stats.differences import independent, newcombe
        >>> counts = [np.array(number) for number in (5.0, 20.0, 12.0, 20.0)]
        >>> q = reach(lambda z: newcombe(*counts, z), np.array(0.35), farthest=np.array(40.0))
        >>> round(float(2 * special.ndtr(-q)), 6) == round(independent(5, 20, 12, 20).p_value, 6)
        True
    """
    rises = estimate >= 0

    def beyond(q: Floats) -> Floats:
        low, high = limits(q)
        return np.where(rises, -low, high)

    found = rising_root(beyond, np.zeros(estimate.shape), farthest)
    return np.where(estimate == 0, 0.0, found)


def between(method: Method, waves: Waves, alpha: float, combine: Combine) -> Pair:
    """Limits of a combination of both waves at a level of 1 - alpha."""
    q = method.quantile(waves.df, waves.simple_df, alpha)
    return _nested(method, waves, combine)(q)


def _nested(method: Method, waves: Waves, combine: Combine) -> Callable[[Floats], Pair]:
    """Limits as a function of the quantile, which hold those at smaller ones.

    A positive correlation takes away more than it should where one wave is far smaller than the
    other: a limit can then turn back at a higher level. Its farthest place up to here stands.
    """

    def alone(q: Floats) -> Pair:
        return _limits_at(method, waves, combine, q)

    if not (waves.correlation > 0).any():
        return alone
    shape = waves.share_from.shape
    start = np.full(shape, np.inf)
    before = [alone(np.full(shape, place)) for place in _PLACES]
    lows = np.minimum.accumulate([start, *(low for low, _ in before)])
    highs = np.maximum.accumulate([-start, *(high for _, high in before)])

    def nested(q: Floats) -> Pair:
        low, high = alone(q)
        passed = np.searchsorted(_PLACES, q)[np.newaxis]
        inner = np.take_along_axis(lows, passed, 0)[0]
        outer = np.take_along_axis(highs, passed, 0)[0]
        return np.minimum(low, inner), np.maximum(high, outer)

    return nested


def _limits_at(method: Method, waves: Waves, combine: Combine, q: Floats) -> Pair:
    """Limits of the combination where each wave's limits stand at a quantile."""
    sides = []
    for share, count, size in (waves[:3], waves[3:6]):
        low = method.lower(count, size, q, waves.df, waves.simple_df)
        other = method.lower(size - count, size, q, waves.df, waves.simple_df)
        sides.append(Enclosed(share, low, 1 - other))
    return combine(sides[0], sides[1], waves.correlation)


def p_value(method: Method, waves: Waves, combine: Combine) -> Floats:
    """1 minus the highest level at which the interval of a kind of difference leaves 0 out."""
    farthest = np.where(np.isinf(waves.df), _FARTHEST, _FARTHEST_OF_T)
    difference = waves.share_to - waves.share_from
    found = reach(_nested(method, waves, combine), difference, farthest=farthest)
    return np.where(found > 0, method.alpha(found, waves.df, waves.simple_df), 1.0)


def wilson_lower(count: Floats, size: Floats, q: Floats, df: Floats, simple_df: Floats) -> Floats:
    """Wilson's limit; the quantile holds what few degrees of freedom cost."""
    del df, simple_df
    return wilson_at(count, size, q)


def wilson_quantile(df: Floats, simple_df: Floats, alpha: float) -> Floats:
    """The normal quantile times what few degrees of freedom cost.

    A size n* = n (t(simple df) / t(df))² and z, as Korn and Graubard (1998) have it, give the
    same limits as n and this quantile.
    """
    cost = _cost(df, simple_df, np.full(df.shape, alpha))
    return np.asarray(special.ndtri(1 - alpha / 2) * cost)


def wilson_alpha(q: Floats, df: Floats, simple_df: Floats) -> Floats:
    """The alpha of which q is the quantile."""
    few = (df < simple_df) & (q > 0)
    found = np.asarray(2 * special.ndtr(-q))
    if few.any():
        t = _t_of(q[few], df[few], simple_df[few])
        found[few] = 2 * special.stdtr(df[few], -t)
    return found


def logit_lower(count: Floats, size: Floats, q: Floats, df: Floats, simple_df: Floats) -> Floats:
    """The limit by the log odds; Clopper and Pearson's for a share of 0 or 1."""
    # By the quotients and not the count: a share may be too small to show in size - count.
    lost = (count / size <= 0) | ((size - count) / size <= 0)
    low = logit_at(np.where(lost, size / 2, count), size, q)
    if lost.any():
        alpha = logit_alpha(q, df, simple_df)[lost]
        star = size[lost] / _cost(df[lost], simple_df[lost], alpha) ** 2
        low[lost] = clopper_pearson(np.where(count[lost] > 0, star, 0.0), star, alpha)  # type: ignore[arg-type]
    return low


def logit_quantile(df: Floats, simple_df: Floats, alpha: float) -> Floats:
    """The quantile of t."""
    del simple_df
    return sizes.quantile(df, alpha)


def logit_alpha(q: Floats, df: Floats, simple_df: Floats) -> Floats:
    """Both tails of t beyond q."""
    del simple_df
    simple = np.isinf(df)
    t = special.stdtr(np.where(simple, 1.0, df), -q)
    return np.asarray(2 * np.where(simple, special.ndtr(-q), t))


def _cost(df: Floats, simple_df: Floats, alpha: Any) -> Floats:
    """t(df) / t(simple df) where the former are fewer, 1 elsewhere."""
    few = df < simple_df
    if not few.any():
        return np.ones(df.shape)
    alpha = np.clip(alpha, _LEAST_ALPHA, _MOST_ALPHA)
    t = sizes.quantile(np.where(few, df, np.inf), alpha)
    return np.where(few, t / sizes.quantile(np.where(few, simple_df, np.inf), alpha), 1.0)


def _t_of(q: Floats, df: Floats, simple_df: Floats) -> Floats:
    """The quantile t of an alpha whose z times t / t(simple df) is q, by secants.

    In logarithms the excess rises from at most 0 at t = q, ever less steeply than t itself.
    """

    def excess(log_t: Floats) -> Floats:
        alpha: Any = np.clip(2 * special.stdtr(df, -np.exp(log_t)), _LEAST_ALPHA, _MOST_ALPHA)
        own = sizes.quantile(simple_df, alpha)
        return np.asarray(log_t - np.log(q) - np.log(own / -special.ndtri(alpha / 2)))

    before, last = np.log(q), np.log(q)
    height = excess(last)
    step = -height
    for _ in range(_STEPS):
        before, last, below = last, last + step, height
        height = excess(last)
        if np.abs(height).max() < _CONVERGED:
            break
        rise = height - below
        slope = np.divide(rise, last - before, out=np.ones(rise.shape), where=last != before)
        step = -height / np.where(slope > 0, slope, 1.0)
    return np.exp(last)


def broadcast(*given: ArrayLike) -> list[Floats]:
    """Numbers as arrays of floats of one shape."""
    arrays = [np.asarray(part, dtype=np.float64) for part in given]
    try:
        return list(np.broadcast_arrays(*arrays))
    except ValueError as error:
        shapes = ", ".join(str(array.shape) for array in arrays)
        message = f"shapes are {shapes}; wanted shapes that fit each other"
        raise MethodError(message) from error


def check_correlation(correlation: ArrayLike) -> Floats:
    """Refuse a correlation outside [-1, 1]."""
    r = np.asarray(correlation, dtype=np.float64)
    wrong = ~(np.abs(r) <= 1)
    if wrong.any():
        message = f"correlation is {r[wrong].flat[0]:g}; wanted a number from -1 to 1"
        raise MethodError(message)
    return r


def variance(share: Floats, n_effective: Floats) -> Floats:
    """The variance that an effective size stands for; 0 where all or nobody gave the answer."""
    some = (share > 0) & (share < 1)
    return np.where(some, share * (1 - share) / np.where(some, n_effective, 1.0), 0.0)


def _sum_of_df(v1: Floats, d1: Floats, v2: Floats, d2: Floats) -> Floats:
    """Those of one design that has both waves as its parts."""
    del v1, v2
    return d1 + d2


def _satterthwaite(v1: Floats, d1: Floats, v2: Floats, d2: Floats) -> Floats:
    """Those of a sum of two independent variances; the sum of both where neither varies."""
    largest = np.maximum(v1, v2)
    some = largest > 0
    scale = np.where(some, largest, 1.0)
    # Divided first: the squares of small variances do not leave the range of a float.
    a, b = v1 / scale, v2 / scale
    spread = a**2 / d1 + b**2 / d2
    found = (a + b) ** 2 / np.where(spread > 0, spread, 1.0)
    return np.where(some, np.where(spread > 0, found, np.inf), d1 + d2)


DEGREES: Mapping[str, Callable[[Floats, Floats, Floats, Floats], Floats]] = MappingProxyType(
    {"sum": _sum_of_df, "satterthwaite": _satterthwaite}
)


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "wilson": Method(wilson_lower, wilson_quantile, wilson_alpha),
        "logit": Method(logit_lower, logit_quantile, logit_alpha),
    }
)
