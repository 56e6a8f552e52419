"""How a trend is asked for, what a test says of it, and the slope that stands beside every test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from surveylib.stats import trends, trends_fits

if TYPE_CHECKING:
    from surveylib.analysis.series.run import Numbers
    from surveylib.analysis.trends import Segment


@dataclass(frozen=True, slots=True)
class Asking:
    """How a trend is tested.

    Args:
        alternative: `two-sided`, `increasing` or `decreasing`.
        degree: 1 for a straight line, 2 and 3 for bends.
        confidence_level: Nominal coverage of intervals.
        composition: Columns of the cells of a composition, without a constant; empty for none.
        draws: Draws of permutations.
        seed: What they start from.
        joints: Times at which the trend may bend, as they were given; empty for none.
    """

    alternative: str
    degree: int
    confidence_level: float
    composition: tuple[tuple[float, ...], ...] = ()
    draws: int = 4_999
    seed: int = 0
    joints: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """What a test says of a run; `up` is above 0 where it rises, None where it has no direction."""

    statistic: float
    statistic_name: str
    p_value: float
    df: float | None = None
    df_denominator: float | None = None
    up: float | None = None
    lack_of_fit: float | None = None
    curved: float | None = None
    slope: tuple[float, float | None, float | None] | None = None
    effect: str = ""
    segments: tuple[Segment, ...] = ()
    notes: tuple[str, ...] = field(default=())


def straight(run: Numbers, asking: Asking) -> tuple[float, float, float]:
    """The slope of the straight line through the shares, with its interval.

    Args:
        run: The shares.
        asking: The level.
    """
    if run.simple:
        found = trends.cochran_armitage(
            run.counts[:, 0],
            run.column("n"),
            run.times,
            confidence_level=asking.confidence_level,
        ).slope
        return float(found.estimate), float(found.low), float(found.high)
    found = trends_fits.line(
        run.column("estimate"),
        run.covariance,
        run.times,
        n=run.column("n"),
        df=run.slope_df,
        confidence_level=asking.confidence_level,
    )
    return found.estimate, found.low, found.high
