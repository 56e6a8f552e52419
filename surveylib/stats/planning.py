"""How many people to ask in the next wave, and what change a wave can show.

Answers asked before a wave is fielded. Nothing here takes a change that was observed: "observed
power" only says the p-value in other words, and an interval says more.

The condition is d = zα √V0 + zβ √V1, where V0 is the variance of the difference if both shares
were the same (the pooled one) and V1 that under the change d; no continuity correction. Fleiss,
Levin and Paik (2003), section 4.2; R power.prop.test.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.intervals import check_level, plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

#: A sample that no survey reaches: what it cannot show, no sample size shows.
_ENDLESS = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSize:
    """How many people a wave needs.

    Args:
        respondents: Who must answer in the later wave; where no wave is fielded yet, in each.
        invited: How many must be asked for that many to answer.
        exact: The number before it was rounded up.
        n_from: Respondents of the earlier wave.
        share_from: Share in the earlier wave that was assumed.
        share_to: Share in the later wave that was assumed.
        power: How often the change shall be found.
        confidence_level: Of the two-sided test.
        design_effect: That was assumed for both waves.
        overlap: Part of the smaller sample that is in both waves.
        correlation: Of one person's answers in both waves.
        response_rate: Part of those asked who answer.
    """

    respondents: int
    invited: int
    exact: float
    n_from: int
    share_from: float
    share_to: float
    power: float
    confidence_level: float
    design_effect: float
    overlap: float
    correlation: float
    response_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """The smallest changes that two samples of these sizes are likely to show.

    Args:
        up: The smallest rise, as a number above 0; None where even a rise to 1 is too small.
        down: The smallest fall, as a number below 0; None where even a fall to 0 is too small.
        share: Share in the earlier wave that was assumed.
        power: How often such a change shall be found.
        confidence_level: Of the two-sided test.
    """

    up: float | None
    down: float | None
    share: float
    power: float
    confidence_level: float


class Sampling(NamedTuple):
    """What makes two samples worth more or less than simple ones that share nobody."""

    design_effect: float
    overlap: float
    correlation: float


class Aim(NamedTuple):
    """The normal quantiles of the two-sided test and of the power, and what samples are worth."""

    of_test: float
    of_power: float
    sampling: Sampling


def sample_size(
    share_from: float,
    share_to: float,
    *,
    power: float = 0.8,
    confidence_level: float = 0.95,
    n_from: int | None = None,
    design_effect: float = 1.0,
    overlap: float = 0.0,
    correlation: float = 0.0,
    response_rate: float = 1.0,
) -> SampleSize:
    """Compute how many people must answer, and be asked, to find a change between two shares.

    Args:
        share_from: Share in the earlier wave, in [0, 1].
        share_to: Share in the later wave, of the smallest change that would matter.
        power: How often the change shall be found, above 1/2.
        confidence_level: Of the two-sided test.
        n_from: Respondents of the earlier wave if that is fielded; none for two equal waves.
        design_effect: Variance over that of a simple sample of the same size, from past waves.
        overlap: Part of the smaller sample that is in both waves: 0 to 1, a panel.
        correlation: Of one person's answers in both waves, from past waves. For the same sampling
            units with other people in them: an overlap of 1, and the correlation of the shares.
        response_rate: Part of those asked who answer, above 0.

    Raises:
        MethodError: Numbers outside their range, or equal shares.
        NotEstimableError: The earlier wave is too small: no later wave could show the change.

    Example:
        R: power.prop.test(p1 = .50, p2 = .75, power = .90) says 76.7.

        >>> plan = sample_size(0.50, 0.75, power=0.90, response_rate=0.4)
        >>> round(plan.exact, 1), plan.respondents, plan.invited
        (76.7, 77, 193)
    """
    _check_share(share_from, "share_from")
    _check_share(share_to, "share_to")
    if share_from == share_to:
        message = f"share_from and share_to are both {share_from:g}; wanted a change to look for"
        raise MethodError(message)
    sampling = _check_sampling(design_effect, overlap, correlation)
    _check_between(response_rate, "response_rate", 0.0, 1.0, closed_above=True)
    aim = _aim(power, confidence_level, sampling)
    if n_from is None:
        exact = _equal_waves(share_from, share_to, aim)
    else:
        _check_size(n_from, "n_from")
        exact = _later_wave(share_from, share_to, n_from, aim)
    respondents = _rounded_up(exact)
    return SampleSize(
        respondents=respondents,
        invited=_rounded_up(respondents / response_rate),
        exact=exact,
        n_from=respondents if n_from is None else n_from,
        share_from=share_from,
        share_to=share_to,
        power=power,
        confidence_level=confidence_level,
        design_effect=design_effect,
        overlap=overlap,
        correlation=correlation,
        response_rate=response_rate,
    )


def detectable(
    share: float,
    n_from: float,
    n_to: float,
    *,
    power: float = 0.8,
    confidence_level: float = 0.95,
    design_effect: float = 1.0,
    overlap: float = 0.0,
    correlation: float = 0.0,
) -> Detectable:
    """Compute the smallest rise and the smallest fall that two samples are likely to show.

    For planning, and for saying beforehand what a survey of this size cannot see. It does not say
    how sure a change is that was observed: the interval of that change does.

    Args:
        share: Share in the earlier wave, in [0, 1].
        n_from: Respondents of the earlier wave.
        n_to: Respondents of the later wave.
        power: How often such a change shall be found, above 1/2.
        confidence_level: Of the two-sided test.
        design_effect: As for `sample_size`.
        overlap: As for `sample_size`.
        correlation: As for `sample_size`.

    Raises:
        MethodError: Numbers outside their range.

    Example:
        R: power.prop.test(n = 50, p1 = .5, power = .90) says p2 = 0.8026141.

        >>> changes = detectable(0.5, 50, 50, power=0.9)
        >>> round(changes.up, 4), round(changes.down, 4)
        (0.3026, -0.3026)
        >>> near_nobody = detectable(0.01, 400, 400)
        >>> round(near_nobody.up, 3), near_nobody.down
        (0.031, None)
    """
    _check_share(share, "share")
    _check_size(n_from, "n_from")
    _check_size(n_to, "n_to")
    sampling = _check_sampling(design_effect, overlap, correlation)
    aim = _aim(power, confidence_level, sampling)

    def shown(share_to: float) -> bool:
        return _excess(share, share_to, n_from, n_to, aim) >= 0

    return Detectable(
        up=_nearest(share, 1.0, shown),
        down=_nearest(share, 0.0, shown),
        share=share,
        power=power,
        confidence_level=confidence_level,
    )


def power(
    share_from: ArrayLike,
    share_to: ArrayLike,
    n_from: ArrayLike,
    n_to: ArrayLike,
    *,
    confidence_level: float = 0.95,
    design_effect: float = 1.0,
    overlap: float = 0.0,
    correlation: float = 0.0,
) -> float | Floats:
    """Compute how often a change is found, in its direction; arrays broadcast.

    For changes that are assumed, before a wave is fielded: with the change that was observed it
    would only be the p-value in other words.

    Args:
        share_from: Shares in the earlier wave, in [0, 1].
        share_to: Shares in the later wave.
        n_from: Respondents of the earlier wave.
        n_to: Respondents of the later wave.
        confidence_level: Of the two-sided test.
        design_effect: As for `sample_size`.
        overlap: As for `sample_size`.
        correlation: As for `sample_size`.

    Raises:
        MethodError: Numbers outside their range.

    Example:
        R: power.prop.test(n = 50, p1 = .50, p2 = .75) says 0.740.

        >>> round(power(0.50, 0.75, 50, 50), 2)
        0.74
    """
    given = (np.asarray(part, dtype=np.float64) for part in (share_from, share_to, n_from, n_to))
    p1, p2, n1, n2 = np.broadcast_arrays(*given)
    for name, shares in (("share_from", p1), ("share_to", p2)):
        for share in shares.flat:
            _check_share(share, name)
    for name, numbers in (("n_from", n1), ("n_to", n2)):
        for number in numbers.flat:
            _check_size(number, name)
    check_level(confidence_level)
    sampling = _check_sampling(design_effect, overlap, correlation)
    same, different = _errors(p1, p2, n1, n2, sampling)
    beyond = np.abs(p2 - p1) + special.ndtri((1 - confidence_level) / 2) * same
    some = different > 0
    found = special.ndtr(beyond / np.where(some, different, 1.0))
    # Nobody against all: the difference does not vary, and is found or not.
    return plain(np.asarray(np.where(some, found, np.where(beyond > 0, 1.0, 0.0))))


def _errors(p1: Any, p2: Any, n1: Any, n2: Any, sampling: Sampling) -> tuple[Any, Any]:
    """The standard error of the difference if nothing changes, and if the shares are these.

    With m people in both waves the variance is less by 2m covariance / (n1 n2). Kish (1965), 12.4.
    """
    pooled = (n1 * p1 + n2 * p2) / (n1 + n2)
    same = pooled * (1 - pooled)
    v1, v2 = p1 * (1 - p1), p2 * (1 - p2)
    in_both = sampling.overlap * np.minimum(n1, n2)
    shared = 2 * sampling.correlation * in_both / (n1 * n2)
    without = same * (1 / n1 + 1 / n2 - shared)
    under = v1 / n1 + v2 / n2 - shared * np.sqrt(v1 * v2)
    effect = sampling.design_effect
    return np.sqrt(np.maximum(without * effect, 0.0)), np.sqrt(np.maximum(under * effect, 0.0))


def _excess(
    share_from: float,
    share_to: float,
    n_from: float,
    n_to: float,
    aim: Aim,
) -> float:
    """How much larger the change is than what these samples are likely to show."""
    same, different = _errors(share_from, share_to, n_from, n_to, aim.sampling)
    return float(abs(share_to - share_from) - aim.of_test * same - aim.of_power * different)


def _equal_waves(share_from: float, share_to: float, aim: Aim) -> float:
    """The size of each of two equal waves: both errors are those of one respondent over √n."""
    same, different = _errors(share_from, share_to, 1.0, 1.0, aim.sampling)
    needed = aim.of_test * same + aim.of_power * different
    return float((needed / (share_to - share_from)) ** 2)


def _later_wave(
    share_from: float,
    share_to: float,
    n_from: float,
    aim: Aim,
) -> float:
    """The smallest later wave that goes with an earlier one."""

    def shown(n_to: float) -> bool:
        return _excess(share_from, share_to, n_from, n_to, aim) >= 0

    # With a large overlap, more people than the earlier sample has can do harm: fewer come first.
    for low, high in ((0.0, float(n_from)), (float(n_from), _ENDLESS)):
        if shown(high):
            return _crossing(low, high, shown)
    message = (
        f"the earlier wave has {n_from} respondents: no later wave, however large, shows a change "
        f"from {share_from:g} to {share_to:g} that often; look for a larger change"
    )
    raise NotEstimableError(message)


def _nearest(share: float, end: float, shown: Callable[[float], bool]) -> float | None:
    """The smallest change towards an end of [0, 1] that is shown, if any is."""
    if share == end or not shown(end):
        return None
    return _crossing(share, end, shown) - share


def _crossing(hidden: float, seen: float, shown: Callable[[float], bool]) -> float:
    """Where numbers from one that is not shown to one that is begin to be, by halving."""
    for _ in range(200):
        middle = (hidden + seen) / 2
        if middle in {hidden, seen}:
            break
        if shown(middle):
            seen = middle
        else:
            hidden = middle
    return seen


def _aim(wanted: float, confidence_level: float, sampling: Sampling) -> Aim:
    """Refuse a level or a power that is none."""
    check_level(confidence_level)
    _check_between(wanted, "power", 0.5, 1.0)
    of_test = -float(special.ndtri((1 - confidence_level) / 2))
    return Aim(of_test, float(special.ndtri(wanted)), sampling)


def _rounded_up(number: float) -> int:
    """The next whole number; what is left of rounding does not make one more of it."""
    return max(1, math.ceil(round(number, 6)))


def _check_share(share: float, name: str) -> None:
    """Refuse a share outside [0, 1]."""
    if not 0 <= share <= 1:
        message = f"{name} is {share:g}; wanted a share from 0 to 1"
        raise MethodError(message)


def _check_size(n: float, name: str) -> None:
    """Refuse a number of respondents that is none."""
    if not 1 <= n < math.inf:
        message = f"{name} is {n:g}; wanted at least one respondent"
        raise MethodError(message)


def _check_between(
    number: float, name: str, low: float, high: float, *, closed_above: bool = False
) -> None:
    """Refuse a number that is not between two others."""
    if not (low < number < high or (closed_above and number == high)):
        end = f"up to {high:g}" if closed_above else f"and below {high:g}"
        message = f"{name} is {number:g}; wanted a number above {low:g} {end}"
        raise MethodError(message)


def _check_sampling(design_effect: float, overlap: float, correlation: float) -> Sampling:
    """Refuse a design effect, an overlap or a correlation that cannot be."""
    _check_between(design_effect, "design_effect", 0.0, math.inf)
    if not 0 <= overlap <= 1:
        message = f"overlap is {overlap:g}; wanted a part of the smaller sample, from 0 to 1"
        raise MethodError(message)
    _check_between(correlation, "correlation", -1.0, 1.0)
    return Sampling(design_effect, overlap, correlation)
