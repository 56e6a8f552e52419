"""Many pairs of figures compared at once: the numbers of `figures.compare`, in a few large steps.

A study of a hundred questions has thousands of pairs. One by one their limits take minutes, all
together seconds; the arithmetic is that of `stats.bounds`, number for number.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.stats import differences
from surveylib.stats.bounds import DifferenceEnvelope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.series.figures import FigureOptions
    from surveylib.stats.bounds import Candidates

    Floats = NDArray[np.float64]

#: Pairs of counts that are compared in one step, so that memory stays small.
_AT_ONCE = 400_000
#: Design effects looked at, as in `stats.bounds.tolerated_design_effect`.
_MOST, _NEAR = 1000.0, 0.001


class CountPair(NamedTuple):
    """What two figures may be."""

    earlier: Candidates
    later: Candidates

    @property
    def size(self) -> int:
        """How many pairs of counts that is."""
        return self.earlier.count.size * self.later.count.size


def envelopes(
    pairs: Sequence[CountPair], options: FigureOptions, effects: Floats | None = None
) -> list[DifferenceEnvelope]:
    """What each difference may be, over every pair of possible counts.

    Args:
        pairs: What the figures may be; thinned already.
        options: The method and the level; the design effect where `effects` gives none.
        effects: (P,) design effects, one for each pair.
    """
    if effects is None:
        effects = np.full(len(pairs), options.design_effect)
    found: list[DifferenceEnvelope] = []
    for part in _portions(pairs):
        found += _portion(pairs[part], options, effects[part])
    return found


def tolerated(pairs: Sequence[CountPair], options: FigureOptions) -> list[float | None]:
    """The design effect up to which every pair of possible counts shows the change.

    Args:
        pairs: What the figures may be; thinned already.
        options: The method and the level.

    Returns:
        Factors of at least 1, rounded down to two decimals; None where a pair shows no change even
        without a design effect.
    """

    def shown(effects: Floats, places: NDArray[np.intp]) -> NDArray[np.bool_]:
        chosen = [pairs[place] for place in places]
        return np.array([not one.open for one in envelopes(chosen, options, effects[places])], bool)

    low, high = np.ones(len(pairs)), np.full(len(pairs), _MOST)
    everyone = np.arange(len(pairs))
    holds = shown(low, everyone) if pairs else np.zeros(0, bool)
    while (places := np.flatnonzero(holds & (high - low > _NEAR))).size:
        middle = np.sqrt(low * high)
        still = shown(middle, places)
        low[places[still]] = middle[places[still]]
        high[places[~still]] = middle[places[~still]]
    return [
        math.floor(least * 100) / 100 if is_shown else None
        for least, is_shown in zip(low.tolist(), holds.tolist(), strict=True)
    ]


def _portions(pairs: Sequence[CountPair]) -> Iterator[slice]:
    """Pairs that are compared in one step."""
    start, filled = 0, 0
    for place, pair in enumerate(pairs):
        if filled and filled + pair.size > _AT_ONCE:
            yield slice(start, place)
            start, filled = place, 0
        filled += pair.size
    if start < len(pairs):
        yield slice(start, len(pairs))


def _portion(
    pairs: Sequence[CountPair], options: FigureOptions, effects: Floats
) -> list[DifferenceEnvelope]:
    """Every pair of counts of some pairs of figures, end to end, and then put together again."""
    sizes = np.array([pair.size for pair in pairs])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    divided = np.repeat(effects, sizes)
    columns = [
        np.concatenate([_spread(pair, side, name) for pair in pairs]) / divided
        for side in ("earlier", "later")
        for name in ("count", "n")
    ]
    found = differences.independent(*columns, **options.arithmetic)
    estimate, low, high, p = (
        np.atleast_1d(np.asarray(values))
        for values in (found.estimate, found.low, found.high, found.p_value)
    )
    rises, falls = low > 0, high < 0
    ends = {
        "estimate_low": np.minimum.reduceat(estimate, starts),
        "estimate_high": np.maximum.reduceat(estimate, starts),
        "low": np.minimum.reduceat(low, starts),
        "high": np.maximum.reduceat(high, starts),
        "p_low": np.minimum.reduceat(p, starts),
        "p_high": np.maximum.reduceat(p, starts),
    }
    told = {
        "rises": np.logical_or.reduceat(rises, starts),
        "falls": np.logical_or.reduceat(falls, starts),
        "open": np.logical_or.reduceat(~rises & ~falls, starts),
    }
    return [_one(pair, place, ends, told) for place, pair in enumerate(pairs)]


def _one(
    pair: CountPair, place: int, ends: dict[str, Floats], told: dict[str, NDArray[np.bool_]]
) -> DifferenceEnvelope:
    values: dict[str, Any] = {name: float(column[place]) for name, column in ends.items()}
    every = pair.earlier.every and pair.later.every
    if not every and values["estimate_low"] <= 0 <= values["estimate_high"]:
        values["p_high"] = 1.0  # as in `stats.bounds`: some pair between has equal shares
    return DifferenceEnvelope(
        **values,
        **{name: bool(column[place]) for name, column in told.items()},
        pairs=pair.size,
    )


def _spread(pair: CountPair, side: str, name: str) -> Floats:
    """One number of each pair of counts, the earlier one turning slowest."""
    values: Floats = getattr(getattr(pair, side), name)
    if side == "earlier":
        return np.repeat(values, pair.later.count.size)
    return np.tile(values, pair.earlier.count.size)
