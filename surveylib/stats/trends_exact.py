"""Distributions of trend statistics when nothing happens: counted in full, or drawn at random.

Everything is given the sizes of the waves and the number of people with each answer, so that no
unknown share is left. X stands for the people with the answer, N for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import MethodError, no_method
from surveylib.stats.trends_scores import (
    ALTERNATIVES,
    check_alternative,
    check_draws,
    check_unused,
    monte_carlo,
    steps,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from surveylib.stats.trends_scores import MonteCarlo

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    #: Sums so far: people with the answer, their scores in steps, and the probability.
    Sums = tuple[Whole, Whole, Floats]
    #: The distribution of a series, for a question.
    Maker = Callable[..., "Distribution"]
    Answer = tuple[Floats, MonteCarlo | None]

#: A table of this many sums (32 MB) is kept in full; beyond, only the sums that can be reached.
_FULL = 4_000_000
#: More sums than this in one step are refused: they would take minutes, and gigabytes.
_MOST = 10_000_000
#: Probabilities that differ by less are the same: R's fisher.test takes this, too.
_SAME = 1e-7
#: Statistics that are drawn differ by their rounding only up to here, as a part of the largest.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Distribution:
    """How far from its mean a statistic falls, in any unit.

    Args:
        deviations: Values less their mean; whole numbers where they are counted in full.
        probabilities: Of each of them.
        observed: The one observed.
        tolerance: Up to where two deviations are the same.
    """

    deviations: NDArray[np.int64] | Floats
    probabilities: Floats
    observed: float
    tolerance: float = 0.0

    def above(self) -> float:
        """Probability of a value at least as high as the one observed."""
        return self._sum(self.deviations >= self.observed - self.tolerance)

    def below(self) -> float:
        """Probability of a value at most as high as the one observed."""
        return self._sum(self.deviations <= self.observed + self.tolerance)

    def as_far(self) -> float:
        """Probability of a value at least as far from the mean."""
        return self._sum(np.abs(self.deviations) >= abs(self.observed) - self.tolerance)

    def as_rare(self) -> float:
        """Probability of values none of which is more likely than the one observed."""
        likely = self.probabilities[self.deviations == self.observed].sum()
        return self._sum(self.probabilities <= likely * (1 + _SAME))

    def doubled(self) -> float:
        """Twice the smaller tail."""
        return min(2 * min(self.above(), self.below()), 1.0)

    def _sum(self, chosen: NDArray[np.bool_]) -> float:
        return min(float(self.probabilities[chosen].sum()), 1.0)


class Question(NamedTuple):
    """How a p-value is asked for; see the public functions for what each part means."""

    alternative: str
    method: str
    continuity: bool
    two_sided: str | None
    replicates: int | None
    seed: int | None

    def check(self, kind: str, methods: Mapping[str, Maker | None]) -> None:
        """Refuse names that do not exist, and what the method would ignore."""
        if self.method not in methods:
            raise MethodError(no_method(kind, self.method, methods))
        check_alternative(self.alternative)
        counted, drawn = methods[self.method] is not None, self.method == "permutation"
        if self.two_sided is not None and self.two_sided not in TWO_SIDED:
            raise MethodError(no_method("two-sided", self.two_sided, TWO_SIDED))
        if drawn and self.two_sided == "probability":
            message = "'probability' needs all tables; choose 'distance', or the method 'exact'"
            raise MethodError(message)
        ignored: dict[str, object] = {}
        if counted:
            ignored["continuity"] = self.continuity or None
        if not counted or self.alternative != "two-sided":
            ignored["two_sided"] = self.two_sided
        if not drawn:
            ignored |= {"replicates": self.replicates, "seed": self.seed}
        check_unused(f"{self.method}, {self.alternative}", ignored)
        check_draws(self.replicates, self.seed)

    def definition(self, *, counted: bool) -> str | None:
        """What "as extreme" means on both sides, where it is asked."""
        if not counted or self.alternative != "two-sided":
            return None
        return "distance" if self.two_sided is None else self.two_sided

    def answer(self, z: Floats, maker: Maker | None, *series: Floats) -> Answer:
        """P-values of z in its shape, and the draws behind them.

        Args:
            z: The statistic, taken for normal where the method has no distribution.
            maker: The distribution of one series.
            series: What it is made of, series by series.
        """
        if maker is None:
            return ALTERNATIVES[self.alternative](z), None
        definition = self.definition(counted=True)
        sided = SIDES[self.alternative] if definition is None else TWO_SIDED[definition]
        found = [sided(maker(self, *each)) for each in zip(*series, strict=True)]
        p_value = np.array(found, dtype=np.float64).reshape(z.shape)
        if self.method != "permutation":
            return p_value, None
        return p_value, monte_carlo(p_value, self.replicates, self.seed)


def conditional(counts: Whole, sizes: Whole, scores: Floats) -> Distribution:
    """Count all tables with the same sizes and the same number of people with the answer.

    The statistic is Σ s x. Waves are added one by one, and sums that are equal are merged, which
    is the network of Mehta, Patel and Senchaudhuri (1992).

    Args:
        counts: (K,) people with the answer.
        sizes: (K,) people in each wave.
        scores: (K,) multiples of one step.

    Raises:
        MethodError: No common step, or too many different sums.
    """
    if 2 * counts.sum() > sizes.sum():
        # Those without the answer are fewer, and move the other way.
        mirrored = conditional(sizes - counts, sizes, scores)
        return Distribution(
            deviations=-mirrored.deviations,
            probabilities=mirrored.probabilities,
            observed=-mirrored.observed,
        )
    step, _ = steps(scores)
    people, everybody = int(counts.sum()), int(sizes.sum())
    width = people * int(step.max()) + 1
    if everybody * width >= 2**62:
        raise MethodError("scores have too many steps for the exact method; choose 'permutation'")
    # Any share gives the same distribution; with this one no probability is very small.
    chance = max(people, 1) / everybody
    likely = [_binomial(min(n, people), n, chance) for n in sizes.tolist()]
    summed = _in_full if (people + 1) * width <= _FULL else _reached
    values, probabilities = summed(likely, step.tolist(), people, width)
    mean = people * int(sizes @ step)
    return Distribution(
        deviations=everybody * values - mean,
        probabilities=probabilities / probabilities.sum(),
        observed=everybody * int(counts @ step) - mean,
    )


def _binomial(most: int, n: int, chance: float) -> Floats:
    """Probabilities of 0 to `most` people out of n."""
    k = np.arange(most + 1)
    logs = special.xlogy(k, chance) + special.xlog1py(n - k, -chance)
    return np.asarray(np.exp(logs - special.betaln(k + 1, n - k + 1)) / (n + 1))


def _in_full(
    likely: list[Floats], step: list[int], people: int, width: int
) -> tuple[Whole, Floats]:
    """Sums of scores and their weights, by shifting a table of people × sums."""
    table = np.zeros((people + 1, width))
    table[0, 0] = 1.0
    for chances, each in zip(likely, step, strict=True):
        before, table = table, np.zeros_like(table)
        for more, chance in enumerate(chances.tolist()):
            shift = more * each
            table[more:, shift:] += chance * before[: people + 1 - more, : width - shift]
    values = np.flatnonzero(table[people])
    return values.astype(np.int64), table[people, values]


def _reached(
    likely: list[Floats], step: list[int], people: int, width: int
) -> tuple[Whole, Floats]:
    """The same with those sums only that can be reached: few where the steps are many."""
    found: Sums = (np.zeros(1, np.int64), np.zeros(1, np.int64), np.ones(1))
    left = sum(len(chances) - 1 for chances in likely)
    for chances, each in zip(likely, step, strict=True):
        left -= len(chances) - 1
        found = _merged(found, chances, each, (people - left, people), width)
    return found[1], found[2]


def _merged(found: Sums, chances: Floats, each: int, kept: tuple[int, int], width: int) -> Sums:
    """Add a wave to sums; keep those from which the number of people can still be reached."""
    totals, values, weights = found
    keys, parts, size = [], [], 0
    for more, chance in enumerate(chances.tolist()):
        inside = (totals + more >= kept[0]) & (totals + more <= kept[1])
        keys.append((totals[inside] + more) * width + values[inside] + more * each)
        parts.append(weights[inside] * chance)
        size += keys[-1].size
        if size > _MOST:
            message = "too many different sums for the exact method; round the scores, or choose "
            raise MethodError(f"{message}'permutation'")
    merged, places = np.unique(np.concatenate(keys), return_inverse=True)
    added = np.bincount(places.ravel(), np.concatenate(parts))
    return merged // width, merged % width, np.asarray(added, dtype=np.float64)


def drawn(
    counts: Whole, sizes: Whole, scores: Floats, *, replicates: int, seed: int
) -> Distribution:
    """Draw tables with the same sizes and the same number of people with the answer."""
    generator = np.random.default_rng(seed)
    tables = generator.multivariate_hypergeometric(
        sizes, int(counts.sum()), size=replicates, method="marginals"
    )
    away = scores - (sizes @ scores) / sizes.sum()
    return of_draws(float(counts @ away), tables @ away, float(np.abs(away) @ sizes))


def of_draws(observed: float, draws: Floats, scale: float) -> Distribution:
    """A distribution of draws, of which what was observed is one. Phipson and Smyth (2010)."""
    deviations = np.append(draws, observed)
    return Distribution(
        deviations=deviations,
        probabilities=np.full(deviations.size, 1 / deviations.size),
        observed=observed,
        tolerance=_ROUNDING * scale,
    )


#: P-values of a distribution for the names in ALTERNATIVES.
SIDES: Mapping[str, Callable[[Distribution], float]] = MappingProxyType(
    {
        "two-sided": Distribution.as_far,
        "increasing": Distribution.above,
        "decreasing": Distribution.below,
    }
)

#: What "as extreme on either side" means where a distribution is not symmetric: as far from the
#: mean (SAS, coin); twice the smaller tail; no more likely.
TWO_SIDED: Mapping[str, Callable[[Distribution], float]] = MappingProxyType(
    {
        "distance": Distribution.as_far,
        "doubled": Distribution.doubled,
        "probability": Distribution.as_rare,
    }
)
