"""The hybrid of two waves on odds: arguments are checked in `mover_designs` and trusted here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from surveylib.stats.mover_limits import Enclosed, difference_limits, ratio_limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from surveylib.stats.mover_limits import Pair

    Floats = NDArray[np.float64]

#: 1 minus a share is at least this: nothing divides by 0 where a limit is 1 to the last digit.
_LEAST_REST = 1e-16
#: Log odds beyond this are as good as endless, and their exponential is still finite.
_FAR = 700.0


def _odds(given: Enclosed) -> Enclosed:
    """The odds of a share and of its limits."""
    return Enclosed(*(share / np.maximum(1 - share, _LEAST_REST) for share in given))


def _log_odds(given: Enclosed) -> Enclosed:
    """The log odds of a share and of its limits; those of 0 and 1 are very far, but finite."""
    with np.errstate(divide="ignore"):
        parts = (np.log(share) - np.log1p(-share) for share in given)
        return Enclosed(*(np.clip(part, -_FAR, _FAR) for part in parts))


def _by_log(first: Enclosed, second: Enclosed, r: Floats) -> NDArray[np.bool_]:
    """Where the hybrid stands on log odds: correlated shares that are neither 0 nor 1."""
    inside = [(share.estimate > 0) & (share.estimate < 1) for share in (first, second)]
    return np.asarray(inside[0] & inside[1] & (r != 0))


def _exponential(log: Floats) -> Floats:
    """The ratio of a log; endless, or 0, where that is beyond what a float can hold."""
    size = np.exp(np.clip(log, -_FAR, _FAR))
    return np.where(log >= _FAR, np.inf, np.where(log <= -_FAR, 0.0, size))


def ratio_of_odds(first: Enclosed, second: Enclosed, r: Floats) -> Pair:
    """Limits of the later over the earlier odds of shares between limits."""
    low, high = ratio_limits(_odds(first), _odds(second), r)
    log = _by_log(first, second, r)
    if not log.any():
        return low, high
    down, up = difference_limits(_log_odds(first), _log_odds(second), r)
    return np.where(log, _exponential(down), low), np.where(log, _exponential(up), high)


def difference_of_odds(first: Enclosed, second: Enclosed, r: Floats) -> Pair:
    """Limits of later minus earlier odds, or log odds: they hold 0 where a ratio holds 1."""
    low, high = difference_limits(_odds(first), _odds(second), r)
    log = _by_log(first, second, r)
    if not log.any():
        return low, high
    down, up = difference_limits(_log_odds(first), _log_odds(second), r)
    return np.where(log, down, low), np.where(log, up, high)
