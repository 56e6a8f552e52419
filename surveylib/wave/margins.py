"""`±3.1 at 90 %` in place of a base → the number of respondents that it is the margin of."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from surveylib.stats.counts import Range, printed
from surveylib.stats.margins import sizes_of_margin

if TYPE_CHECKING:
    from surveylib.stats.margins import Sizes

#: What the cell of such a base may hold.
WANTED = "±3, ±3.1 at 90 %, or ±2 of this share"
_MARGIN = re.compile(
    r"(?:±|\+/?-)\s*(?P<points>\d{1,2}(?:\.\d+)?)(?P<own>\s+of\s+this\s+share)?"
    r"(?:\s+at\s+(?P<level>\d{1,2}(?:\.\d+)?)\s*%)?\Z",
    re.ASCII,
)
_HALF = Range(low=Fraction(1, 2), high=Fraction(1, 2))


class Margin(NamedTuple):
    """A margin of error as printed.

    Args:
        points: Percentage points, as written.
        own: Whether it is that of the figure itself; else that of a share of one half.
        level: Its confidence level in percent, as written.
    """

    points: str
    own: bool
    level: str

    def sizes(self, share: Range) -> Sizes:
        """The numbers of respondents that it is the margin of.

        Args:
            share: What the figure may be.

        Raises:
            MethodError: There is none.
        """
        return sizes_of_margin(
            printed(self.points, rounding="either"),
            Fraction(self.points) / 100,
            share if self.own else _HALF,
            confidence_level=float(Fraction(self.level) / 100),
        )

    def __str__(self) -> str:
        """The margin in words.

        >>> str(Margin("3.1", own=False, level="95"))
        '±3.1 points at 95 %'
        """
        return f"±{self.points} points at {self.level} %{' of this share' if self.own else ''}"


def read_margin(text: str) -> Margin | None:
    """Read the cell of a base; None where it holds no margin.

    Args:
        text: The cell.

    Example:
        >>> read_margin("±3.1 at 90 %")
        Margin(points='3.1', own=False, level='90')
    """
    found = _MARGIN.match(text.strip())
    if found is None:
        return None
    level = found["level"] or "95"
    if not 0 < Fraction(level) < 100:
        return None
    return Margin(found["points"], own=bool(found["own"]), level=level)
