"""A margin of error in place of a number of respondents: how many it is the margin of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from scipy import special

from surveylib.errors import MethodError

if TYPE_CHECKING:
    from fractions import Fraction

    from surveylib.stats.counts import Range


class Sizes(NamedTuple):
    """The simple samples in which a share has a margin.

    Args:
        low: The smallest that its rounding allows for.
        near: That of the margin as it is printed.
        high: The largest.
    """

    low: int
    near: int
    high: int


def sizes_of_margin(
    margin: Range, printed: Fraction, share: Range, *, confidence_level: float = 0.95
) -> Sizes:
    """Compute how many respondents drawn singly give a share its margin of error.

    A margin m is z √(p (1 - p) / n), so that n is z² p (1 - p) / m². Where a design was allowed
    for in the margin, this is the effective n.

    Args:
        margin: What the margin may be, as a proportion; what its rounding leaves of it.
        printed: The margin as printed, as a proportion.
        share: The share that it is of; one half for the margin of a whole survey.
        confidence_level: Of the margin.

    Raises:
        MethodError: A margin of 0, or of a share of 0 or 1, or one of no whole respondent.

    Example:
        >>> from fractions import Fraction
        >>> from surveylib.stats.counts import Range, printed
        >>> half = Range(low=Fraction(1, 2), high=Fraction(1, 2))
        >>> sizes_of_margin(printed("3", rounding="either"), Fraction(3, 100), half)
        Sizes(low=784, near=1067, high=1536)
    """
    z = float(special.ndtri(1 - (1 - confidence_level) / 2))
    ends = sorted((float(share.low), float(share.high)))
    spreads = [p * (1 - p) for p in ends]
    most = 0.25 if ends[0] <= 0.5 <= ends[1] else max(spreads)
    least, middle = min(spreads), sum(ends) / 2
    if least <= 0 or margin.low <= 0 or margin.high >= 1:
        raise MethodError("a margin of 0, or of a share that may be 0 or 1, has no n")
    low = math.ceil(z**2 * least / float(margin.high) ** 2)
    high = math.floor(z**2 * most / float(margin.low) ** 2)
    near = round(z**2 * middle * (1 - middle) / float(printed) ** 2)
    if high < 1:
        raise MethodError("the margin is too wide for a single respondent")
    low = min(max(low, 1), high)
    return Sizes(low, min(max(near, low), high), high)
