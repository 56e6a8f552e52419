"""Quantiles of numbers under a design, with the intervals of Woodruff (1952)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.analysis.samples import freedom, is_simple
from surveylib.analysis.shares import Lines
from surveylib.stats import intervals, sizes
from surveylib.wave.classes import Classes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.linear import Spread
    from surveylib.analysis.samples import Held, LineSample, RowSample, Values
    from surveylib.analysis.shares import ShareSums

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    #: From the truth of "not above", for each line, to the shares of it.
    Below = Callable[[NDArray[np.bool_]], tuple[ShareSums, Spread, Held]]

#: Weights below a quantile may miss its share by rounding alone.
_ROUNDING = 1e-12


class Distribution:
    """The weighted distribution of numbers in each group.

    Args:
        values: The numbers, line by line.
        groups: How many groups there are.
    """

    def __init__(self, values: Values, groups: int) -> None:
        order = np.lexsort([values.value, values.group])
        self._value = values.value[order]
        weight = values.weight[order]
        stops = np.searchsorted(values.group[order], np.arange(groups), side="right")
        starts = np.searchsorted(values.group[order], np.arange(groups), side="left")
        self._parts = list(zip(starts.tolist(), stops.tolist(), strict=True))
        self._below = [np.cumsum(weight[start:stop]) for start, stop in self._parts]

    def quantile(self, group: int, q: float) -> float:
        """The smallest number of a group that at least a share q is not above; NaN of nobody.

        Args:
            group: Place of the group.
            q: From 0 to 1.
        """
        start, _ = self._parts[group]
        below = self._below[group]
        if not len(below) or below[-1] <= 0:
            return float("nan")
        wanted = q * below[-1] * (1 - _ROUNDING)
        place = int(np.searchsorted(below, wanted, side="left"))
        # Respondents of weight 0 below everybody else are no quantile.
        least = int(np.searchsorted(below, 0.0, side="right"))
        return float(self._value[start + min(max(place, least), len(below) - 1)])


def below(values: Values, holds: NDArray[np.bool_]) -> tuple[Lines, Classes]:
    """Lines and classes for the share of numbers that are not above something.

    Args:
        values: The numbers, line by line.
        holds: (T,) whether each is not above.
    """
    place = (~holds).astype(np.int64)
    lines = Lines(
        values.unit,
        values.group,
        place,
        values.n,
        values.weight,
        values.square,
        values.repeated,
    )
    return lines, Classes(place, np.array([[1.0], [0.0]]), np.ones((2, 1)), ("below",))


def quantiles_of_rows(sample: RowSample, numbers: Floats, asked: Asked) -> Iterator[dict[str, Any]]:
    """Estimate quantiles of a number that every row has or lacks.

    Args:
        sample: The sample.
        numbers: (N,) numbers; not finite where there is none.
        asked: Quantiles, interval and level.
    """
    here = np.flatnonzero(np.isfinite(numbers) & (sample.groups.place >= 0))
    values = sample.values(numbers)

    def shares(holds: NDArray[np.bool_]) -> tuple[ShareSums, Spread, Held]:
        place = np.full(len(numbers), -1)
        place[here] = ~holds
        _, classes = below(values, holds)
        return sample.shares(classes._replace(place=place))

    return quantiles(values, sample, shares, asked)


def quantiles(
    values: Values, sample: RowSample | LineSample, shares: Below, asked: Asked
) -> Iterator[dict[str, Any]]:
    """Estimate quantiles of each group, one after the other.

    A quantile is the smallest number that at least a share q is not above (the inverse of the
    distribution, R survey's qrule "math"). Its limits are the numbers at the limits of that share:
    Woodruff (1952), Journal of the American Statistical Association 47:635. With the interval
    `wald` they are R survey's interval.type "mean", with `korn-graubard` "beta", with `logit`
    "xlogit", but for the effective n, which is never above n.

    Args:
        values: The numbers, line by line.
        sample: The sample.
        shares: How a share is estimated in this sample.
        asked: Quantiles, interval and level.
    """
    names = sample.names
    known = Distribution(values, len(names))
    for q in asked.q:
        at = np.array([known.quantile(group, q) for group in range(len(names))])
        sums, spread, units = shares(values.value <= at[values.group])
        df = freedom(units, sample)
        for group in np.flatnonzero(sums.n[:, 0] > 0).tolist():
            n, share = int(sums.n[group, 0]), float(np.clip(sums.estimates[group, 0], 0, 1))
            variance = float(spread.variances[group])
            yield {
                "q": q,
                "domain": names[group],
                **_limits(known, group, (float(at[group]), share, variance, n, df[group]),
                          asked, simple=is_simple(sample.units)),
            }  # fmt: skip


def _limits(
    known: Distribution,
    group: int,
    numbers: tuple[float, float, float, int, float | None],
    asked: Asked,
    *,
    simple: bool,
) -> dict[str, Any]:
    """The limits of one quantile, and the standard error that they stand for."""
    at, share, variance, n, df = numbers
    is_plain = simple or not 0 < share < 1 or not variance > 0 or n < 2
    effective = float(n) if is_plain else share * (1 - share) / variance
    effect = 1.0 if is_plain else variance * (n - 1) / (share * (1 - share))
    limits, error = None, None
    if df is not None and np.isfinite(variance):
        found = intervals.design_proportion(
            share,
            n,
            n_effective=effective,
            df=float("inf") if simple else df,
            method=asked.interval,
            confidence_level=asked.confidence_level,
        )
        limits = known.quantile(group, float(found.low)), known.quantile(group, float(found.high))
        t = float(sizes.quantile(np.array(df), 1 - asked.confidence_level))
        error = (limits[1] - limits[0]) / (2 * t)
    return {
        "limits": limits,
        "numbers": {
            "n": n,
            "n_effective": effective,
            "estimate": at,
            "standard_error": error,
            "df": df,
            "design_effect": effect,
            "printed": f"{at:.6g}",
            "read_as": f"{at:.6g}",
        },
    }
