"""The shares of people who answered in both waves, as rows of a result."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from surveylib.stats import intervals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from surveylib.analysis.results import Estimate
    from surveylib.analysis.series.measures import Sizing

    Floats = NDArray[np.float64]


def of_people(
    ends: tuple[Estimate, Estimate], cells: Floats, sizing: Sizing
) -> tuple[Estimate, Estimate]:
    """Two shares of the same people.

    Args:
        ends: The shares of everybody who answered in each wave.
        cells: (4,) people by what they gave when: both, earlier only, later only, neither.
        sizing: The interval of a share, and its level.
    """
    both, earlier, later, neither = cells.tolist()
    n = both + earlier + later + neither
    return (
        _of_people(ends[0], both + earlier, n, sizing),
        _of_people(ends[1], both + later, n, sizing),
    )


def moving_together(cells: Floats) -> dict[str, float]:
    """The correlation of two shares of the same people, and their error had they been others.

    Args:
        cells: (4,) people by what they gave when: both, earlier only, later only, neither.
    """
    both, earlier, later, neither = cells.tolist()
    n = both + earlier + later + neither
    first, second = (both + earlier) / n, (both + later) / n
    spread = first * (1 - first) * second * (1 - second)
    moved = both / n - first * second
    return {
        "correlation": moved / math.sqrt(spread) if spread > 0 else 0.0,
        "standard_error_if_independent": math.sqrt(
            (first * (1 - first) + second * (1 - second)) / n
        ),
    }


def _of_people(end: Estimate, count: float, n: float, sizing: Sizing) -> Estimate:
    """A share of those who answered in both waves."""
    share = count / n
    limits = intervals.proportion(
        count, n, method=sizing.interval, confidence_level=sizing.confidence_level
    )
    error = math.sqrt(share * (1 - share) / n)
    return replace(
        end,
        n=int(n),
        n_low=int(n),
        n_effective=n,
        estimate=share,
        estimate_low=share,
        estimate_high=share,
        standard_error=error,
        ci_low=float(limits.low),
        ci_high=float(limits.high),
        envelope_low=float(limits.low),
        envelope_high=float(limits.high),
        printed=f"{int(count)} of {int(n)} who answered in both waves",
        read_as=f"{share * 100:.1f}",
    )
