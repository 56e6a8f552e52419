"""What those who did not answer could do to a share, or to a change of one.

Nothing is assumed of them: the share of yes among them may be anything from 0 to 1. Bounds take
both ends; a tipping point is the share at which a finding is undone. A question that somebody was
not asked is not missing here. Changes are later minus earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

from surveylib.errors import MethodError
from surveylib.stats.intervals import check_level
from surveylib.stats.nonresponse_tipping import (
    CLAIMS,
    ChangeTipping,
    Tipping,
    tipping_change,
    tipping_share,
)
from surveylib.stats.nonresponse_waves import (
    METHODS,
    Asked,
    Pair,
    assumed,
    check,
    chosen,
    of_counts,
    probability,
    quantile,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

#: Bounds closer than this are one.
_ROUNDING = 1e-12

__all__ = [
    "CLAIMS",
    "METHODS",
    "Asked",
    "ChangeBounds",
    "ChangeTipping",
    "PartlyKnown",
    "Tipping",
    "change_bounds",
    "imbens_manski",
    "of_counts",
    "share_bounds",
    "tipping_change",
    "tipping_share",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartlyKnown:
    """The values that are possible, and an interval for the true one.

    Args:
        low: Lowest value, as estimated.
        high: Highest value.
        low_standard_error: Of the lowest.
        high_standard_error: Of the highest.
        interval_low: Lower limit of an interval that covers the true value, wherever it is between
            the bounds, with the confidence level.
        interval_high: Upper limit.
        quantile: The c of Imbens and Manski, between the one-sided and the two-sided quantile.
        confidence_level: Nominal coverage, such as 0.95.
        method: A name in METHODS.
    """

    low: float
    high: float
    low_standard_error: float
    high_standard_error: float
    interval_low: float
    interval_high: float
    quantile: float
    confidence_level: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBounds:
    """What a change may be.

    Args:
        free: Whatever those who did not answer would have said: [low - high, high - low].
        same: If the share of yes among them, whatever it is, was the same in both waves.
    """

    free: PartlyKnown
    same: PartlyKnown


def share_bounds(
    wave: Asked, *, method: str = "wilson", confidence_level: float = 0.95
) -> PartlyKnown:
    """Bound the share of yes among all who were asked. Manski (1989).

    From nobody to everybody who did not answer would have said yes.

    Args:
        wave: From `of_counts`, or from a design.
        method: A name in METHODS.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: No such method, or numbers outside their range.

    Example:
        >>> found = share_bounds(of_counts(60, 150, 200))
        >>> found.low, found.high, round(found.quantile, 3)
        (0.3, 0.55, 1.645)
        >>> round(found.interval_low, 3), round(found.interval_high, 3)
        (0.25, 0.607)
    """
    limits = chosen(method, confidence_level)
    check(wave)
    ends = assumed(wave, [0.0, 1.0])
    c = imbens_manski(
        float(ends.share[1] - ends.share[0]),
        *(float(error) for error in ends.error),
        confidence_level=confidence_level,
        df=wave.df,
    )
    lows, highs = limits.share(wave, ends, c)
    return PartlyKnown(
        low=float(ends.share[0]),
        high=float(ends.share[1]),
        low_standard_error=float(ends.error[0]),
        high_standard_error=float(ends.error[1]),
        interval_low=float(lows[0]),
        interval_high=float(highs[1]),
        quantile=c,
        confidence_level=confidence_level,
        method=method,
    )


def change_bounds(
    earlier: Asked,
    later: Asked,
    *,
    between: ArrayLike | None = None,
    df: float | None = None,
    method: str = "wilson",
    confidence_level: float = 0.95,
) -> ChangeBounds:
    """Bound the change of a share among all who were asked.

    Args:
        earlier: The earlier wave.
        later: The later wave.
        between: (2, 2) covariance of yes and missing of the earlier wave (rows) with those of the
            later (columns), where the waves share sampling units or people; None for none.
        df: Degrees of freedom of the change; None for those of both waves together.
        method: A name in METHODS.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: No such method, or numbers outside their range.

    Example:
        >>> found = change_bounds(of_counts(60, 150, 200), of_counts(90, 150, 200))
        >>> round(found.free.low, 3), round(found.free.high, 3)
        (-0.1, 0.4)
        >>> round(found.same.low, 3), round(found.same.high, 3)
        (0.15, 0.15)
    """
    limits = chosen(method, confidence_level)
    pair = Pair.of(earlier, later, between, df)
    corners = {"free": ([1.0, 0.0], [0.0, 1.0]), "same": ([0.0, 1.0], [0.0, 1.0])}
    found = {}
    for name, shares in corners.items():
        ends = pair.at(*shares)
        gap = float(ends.change[1] - ends.change[0])
        first, last = (1, 0) if gap < -_ROUNDING else (0, 1)
        c = imbens_manski(
            0.0 if abs(gap) <= _ROUNDING else abs(gap),
            *(float(error) for error in ends.error),
            confidence_level=confidence_level,
            df=pair.df,
        )
        # Changes of the two ends may be close to each other and one of them much surer: the
        # interval holds that of both.
        lows, highs = limits.change(pair, ends, c)
        found[name] = PartlyKnown(
            low=float(ends.change.min()),
            high=float(ends.change.max()),
            low_standard_error=float(ends.error[first]),
            high_standard_error=float(ends.error[last]),
            interval_low=float(lows.min()),
            interval_high=float(highs.max()),
            quantile=c,
            confidence_level=confidence_level,
            method=method,
        )
    return ChangeBounds(free=found["free"], same=found["same"])


def imbens_manski(
    gap: float,
    low_standard_error: float,
    high_standard_error: float,
    *,
    confidence_level: float = 0.95,
    df: float = np.inf,
) -> float:
    """Find the quantile of an interval for a value that is between two estimated bounds.

    Imbens and Manski (2004, Econometrica 72:1845), equations 6 and 7: the c with
    F(c + gap / largest standard error) - F(-c) = confidence level. Two-sided where the bounds are
    one, one-sided where they are far from each other.

    Args:
        gap: Highest minus lowest value, 0 or more.
        low_standard_error: Of the lowest.
        high_standard_error: Of the highest.
        confidence_level: Nominal coverage, above 0 and below 1.
        df: Degrees of freedom of t; infinite for the normal distribution that they have.

    Raises:
        MethodError: Numbers outside their range.

    Example:
        >>> [round(imbens_manski(gap, 0.02, 0.02), 4) for gap in (0, 0.01, 0.1)]
        [1.96, 1.7697, 1.6449]
    """
    check_level(confidence_level)
    most = max(low_standard_error, high_standard_error)
    if not (0 <= gap < np.inf and 0 <= most < np.inf and df >= 1):
        got = f"gap is {gap:g}, the largest standard error {most:g}, df {df:g}"
        raise MethodError(f"{got}; wanted 0 or more, finite, and df 1 or more")
    if gap == 0 or most == 0:
        return quantile(1 - (1 - confidence_level) / (2 if gap == 0 else 1), df)

    def beyond(c: float) -> float:
        return probability(c + gap / most, df) - probability(-c, df) - confidence_level

    # Rounding may put the root at the very end.
    low, high = quantile(confidence_level, df), quantile(1 - (1 - confidence_level) / 2, df)
    if beyond(low) >= 0:
        return low
    return float(optimize.brentq(beyond, low, high, xtol=1e-14, rtol=1e-14))
