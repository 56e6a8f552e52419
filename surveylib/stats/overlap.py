"""Differences of two simple samples that have some people in common, the later minus the earlier.

A longer chain of waves needs the covariance of each pair; see `surveylib.stats.variance`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.intervals import check_counts, check_level, plain, rising_root
from surveylib.stats.paired import check_cells, quotient, square_and_add

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Sample = tuple[Floats, Floats]  # a count and its n

#: Beyond this many standard errors a two-sided p-value is below what a float can hold.
_FARTHEST = 40.0
#: A variance may be this far below 0, as a part of that without overlap, by rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """A difference of two samples with people in common; floats, or arrays.

    Args:
        estimate: Later minus earlier share, in [-1, 1].
        low: Lower limit.
        high: Upper limit.
        p_value: Two-sided, of the test that the interval inverts.
        variance: Of the difference; 0 where nobody's answers differ.
        correlation: Of the two shares; 0 where one of them is 0 or 1.
        confidence_level: Nominal coverage, such as 0.95.
    """

    estimate: Any
    low: Any
    high: Any
    p_value: Any
    variance: Any
    correlation: Any
    confidence_level: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapBounds:
    """What a difference may be where nobody knows how many people are in both samples.

    Args:
        none: With nobody in both: the widest interval.
        most: With all of the smaller sample in the larger, and answers that agree as far as the
            two shares let them: the narrowest.
    """

    none: Overlap
    most: Overlap


def overlapping(
    count_from: ArrayLike,
    n_from: ArrayLike,
    count_to: ArrayLike,
    n_to: ArrayLike,
    *,
    shared: ArrayLike,
    shared_yes: ArrayLike,
    confidence_level: float = 0.95,
) -> Overlap:
    """Compare two simple samples that some people are in both of; arrays broadcast.

    The variance is that of Kish (1965), section 12.4. The interval squares and adds the distances
    to Wilson's limits with the correlation of the shares (Zou and Donner, 2008), and with the
    correction of Newcombe (1998, paired), method 10: half a person is taken off a positive
    numerator. So with everybody in both it is the interval `newcombe` of `paired.difference`,
    and with nobody that of `differences.independent`.

    Args:
        count_from: Respondents with the answer in the earlier sample.
        n_from: Size of the earlier sample.
        count_to: Respondents with the answer in the later sample.
        n_to: Size of the later sample.
        shared: People in both samples.
        shared_yes: Those of them who gave the answer in both.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: Counts that do not fit each other.
        NotEstimableError: A negative variance: the shared people answer too unlike the others.

    Example:
        >>> change = overlapping(40, 100, 50, 100, shared=50, shared_yes=18)
        >>> round(change.variance, 6), round(change.correlation, 4)
        (0.0033, 0.3266)
        >>> round(change.low, 4), round(change.high, 4)
        (-0.0144, 0.2101)
    """
    check_level(confidence_level)
    x1, n1, x2, n2, m, yes = np.broadcast_arrays(
        *check_counts(count_from, n_from),
        *check_counts(count_to, n_to),
        *check_cells(shared, shared_yes),
    )
    if (m > np.minimum(n1, n2)).any():
        raise MethodError("shared is above a sample's size; wanted at most the smaller sample")
    most = np.minimum(np.minimum(x1, x2), m)
    # Whoever of a sample's yes finds no place outside the shared people must be among them.
    least = np.maximum(x1 - n1 + m, 0) + np.maximum(x2 - n2 + m, 0) - m
    if ((yes > most) | (yes < least)).any():
        raise MethodError(
            "shared_yes does not fit the counts; wanted at most shared and either count, and at "
            "least those for whom the counts leave no other place"
        )
    return _overlap((x1, n1), (x2, n2), m, yes, confidence_level)


def overlapping_bounds(
    count_from: ArrayLike,
    n_from: ArrayLike,
    count_to: ArrayLike,
    n_to: ArrayLike,
    *,
    confidence_level: float = 0.95,
) -> OverlapBounds:
    """Compare two simple samples that may have people in common; arrays broadcast.

    Args:
        count_from: Respondents with the answer in the earlier sample.
        n_from: Size of the earlier sample.
        count_to: Respondents with the answer in the later sample.
        n_to: Size of the later sample.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: Counts outside 0 to n.

    Example:
        >>> bounds = overlapping_bounds(40, 100, 50, 100)
        >>> round(bounds.none.low, 3), round(bounds.most.low, 3)
        (-0.037, 0.038)
    """
    check_level(confidence_level)
    x1, n1, x2, n2 = np.broadcast_arrays(
        *check_counts(count_from, n_from), *check_counts(count_to, n_to)
    )
    nobody, m = np.zeros(n1.shape), np.minimum(n1, n2)
    yes = m * np.minimum(x1 / n1, x2 / n2)
    return OverlapBounds(
        none=_overlap((x1, n1), (x2, n2), nobody, nobody, confidence_level),
        most=_overlap((x1, n1), (x2, n2), m, yes, confidence_level),
    )


def _overlap(first: Sample, second: Sample, m: Floats, yes: Floats, level: float) -> Overlap:
    """Compare, with numbers that fit each other."""
    (x1, n1), (x2, n2) = first, second
    p1, p2 = x1 / n1, x2 / n2
    v1, v2 = p1 * ((n1 - x1) / n1) / n1, p2 * ((n2 - x2) / n2) / n2
    agreeing = yes - m * p1 * p2
    variance = v1 + v2 - 2 * agreeing / n1 / n2
    if (variance < -_ROUNDING * (v1 + v2)).any():
        raise NotEstimableError(
            "the variance is below 0: the people in both samples answered too unlike the others"
        )
    spread = np.sqrt(v1) * np.sqrt(v2)
    surely = np.where(agreeing > 0, np.maximum(agreeing - 0.5, 0.0), agreeing)
    corrected = np.minimum(quotient(surely / n1 / n2, spread, 0.0), 1.0)
    z = float(special.ndtri(1 - (1 - level) / 2))
    low, high = square_and_add(first, second, corrected, z)
    reach = _reach(first, second, corrected)
    return Overlap(
        estimate=plain(p2 - p1),
        low=plain(np.clip(low, -1.0, 1.0)),
        high=plain(np.clip(high, -1.0, 1.0)),
        p_value=plain(np.asarray(2 * special.ndtr(-reach))),
        variance=plain(np.maximum(variance, 0.0)),
        correlation=plain(quotient(agreeing / n1 / n2, spread, 0.0)),
        confidence_level=level,
    )


def _reach(first: Sample, second: Sample, correlation: Floats) -> Floats:
    """The z at which the limit nearer to 0 is 0."""
    (x1, n1), (x2, n2) = first, second
    change = x2 / n2 - x1 / n1

    def beyond(z: Floats) -> Floats:
        low, high = square_and_add(first, second, correlation, z)
        return np.where(change >= 0, -low, high)

    found = rising_root(beyond, np.zeros(change.shape), np.full(change.shape, _FARTHEST))
    return np.where(change == 0, 0.0, found)
