"""Which groups of one wave differ: tests of every two, counted together.

Groups are compared as `surveylib.change` compares waves under a design: the limits of both shares,
with the correlation that their covariance gives; of simple samples that is Newcombe's interval.
Means, totals and ratios are compared by t.
"""

from __future__ import annotations

import math
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from surveylib.present import numbers
from surveylib.present.tables_cells import is_one
from surveylib.stats import mover, multiplicity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.results import Estimate, Estimates

    Floats = NDArray[np.float64]
    Together = tuple[float, float, float]

#: Question, answer, wave and group of an estimate.
Key = tuple[str, str, str, str]


def key(row: Estimate) -> Key:
    """What tells an estimate from the others of a table.

    Args:
        row: An estimate.
    """
    return row.question, row.answer, row.wave, row.domain


class Pair(NamedTuple):
    """Two groups of one wave that are compared."""

    first: Estimate
    second: Estimate


class Family(NamedTuple):
    """Which comparisons are counted together: in words, and by what they have in common."""

    words: str
    same: Callable[[Pair], object]


FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        "all": Family("all of this table", lambda _pair: ()),
        "question": Family(
            "all of one question in one wave",
            lambda pair: (pair.first.question, pair.first.wave),
        ),
        "answer": Family(
            "all of one answer in one wave",
            lambda pair: (pair.first.question, pair.first.wave, pair.first.answer),
        ),
    }
)


def pairs_of(estimates: Estimates, order: Mapping[Key, int]) -> list[Pair]:
    """Every two groups of one wave that have a figure of the same answer.

    Args:
        estimates: The estimates.
        order: The columns of those that a table shows.
    """
    rows: dict[object, list[Estimate]] = {}
    for row in estimates.rows:
        if row.domain and key(row) in order:
            rows.setdefault((row.question, row.answer, row.wave), []).append(row)
    found = []
    for groups in rows.values():
        groups.sort(key=lambda row: order[key(row)])
        found += [Pair(*pair) for pair in combinations(groups, 2)]
    return found


class Groups:
    """The comparisons of groups of one wave, with the family of each.

    Args:
        estimates: The estimates.
        pairs: Which are compared.
        adjust: A name in `surveylib.stats.multiplicity.METHODS`; None for each test on its own.
        family: A name in FAMILIES.
    """

    def __init__(
        self, estimates: Estimates, pairs: Sequence[Pair], adjust: str | None, family: str
    ) -> None:
        self.pairs = pairs
        self._by_design = estimates.covariance is not None
        self._adjust, self._family = adjust, family
        raw = p_values_of(estimates, pairs)
        self._untested = raw.count(None)
        self.p_values, self._sizes = _in_families(pairs, raw, adjust, family)

    def shown(self) -> list[tuple[Estimate, Estimate]]:
        """The pairs that differ at the level of their intervals: the higher, then the lower."""
        found = []
        for pair, p in zip(self.pairs, self.p_values, strict=True):
            if p is not None and p <= 1 - pair.first.confidence_level:
                lower, higher = sorted(pair, key=lambda row: row.estimate or 0.0)
                found.append((higher, lower))
        return found

    def meaning(self) -> list[str]:
        """What the letters mean: the level, the test, the family, and what has no test."""
        if not self.pairs:
            return []
        first = self.pairs[0].first
        is_share = first.statistic in numbers.SHARES
        how = "the limits of both, squared and added (Newcombe"
        how += "; with their correlation under the design)" if self._by_design else ")"
        if not is_share:
            how = "the difference over its standard error, by t"
        family = "each test on its own"
        if self._adjust is not None:
            tests = " or ".join(map(str, sorted(set(self._sizes))))
            family = f"{self._adjust}, {tests} tests: {FAMILIES[self._family].words}"
        what = "share" if is_share else first.statistic
        level = f"{(1 - first.confidence_level) * 100:.3g}\u00a0%"
        found = [
            (
                f"A, B, … between groups of one wave: the {what} is higher than in the column of "
                f"that letter; two-sided tests at the {level} level, {how}; {family}"
            )
        ]
        if not self._by_design:
            found.append("groups of one wave are taken to share nobody")
        if self._untested:
            found.append(
                f"{self._untested} of {len(self.pairs)} pairs of groups have no test: a figure is "
                "printed, or known within a range only"
            )
        return found


def _in_families(
    pairs: Sequence[Pair], p_values: Sequence[float | None], adjust: str | None, family: str
) -> tuple[list[float | None], list[int]]:
    """P-values that count their family, and how many tests each family has."""
    if adjust is None:
        return list(p_values), []
    families: dict[object, list[int]] = {}
    for place, pair in enumerate(pairs):
        families.setdefault(FAMILIES[family].same(pair), []).append(place)
    found: list[float | None] = [None] * len(pairs)
    sizes = []
    for places in families.values():
        raised = multiplicity.adjusted((p_values[place] for place in places), method=adjust)
        sizes.append(raised.tests)
        for place, p in zip(places, raised.p_values, strict=True):
            found[place] = p
    return found, sizes


def _can_be_tested(row: Estimate) -> bool:
    """Whether a figure is one number with a variance, of single answers."""
    return (
        not numbers.is_withheld(row)
        and row.certainty == "counted"
        and row.estimate is not None
        and row.ci_low is not None
        and is_one(row)
    )


def p_values_of(estimates: Estimates, pairs: Sequence[Pair]) -> list[float | None]:
    """The p-value of each difference of two groups of one wave; None where there is no test.

    Args:
        estimates: With the covariance of a design; without one, groups share nobody.
        pairs: Two of its rows each.
    """
    places = {key(row): place for place, row in enumerate(estimates.rows)}
    found: list[float | None] = [None] * len(pairs)
    shares, others = [], []
    for place, pair in enumerate(pairs):
        if not all(map(_can_be_tested, pair)):
            continue
        if pair.first.statistic in numbers.SHARES and all(one.n_effective for one in pair):
            shares.append(place)
        elif pair.first.statistic not in numbers.SHARES and all(one.standard_error for one in pair):
            others.append(place)
    together = _covariances(estimates, pairs, places)
    for kind, arithmetic in ((shares, _of_shares), (others, _of_numbers)):
        if kind:
            values = arithmetic(
                [pairs[place] for place in kind], [together[place] for place in kind]
            )
            for place, p in zip(kind, values, strict=True):
                found[place] = float(p)
    return found


def _covariances(
    estimates: Estimates, pairs: Sequence[Pair], places: Mapping[Key, int]
) -> list[Together]:
    """The variances of both figures and their covariance, pair by pair; 0 where none is known."""
    known = estimates.covariance
    if known is None:
        return [(0.0, 0.0, 0.0)] * len(pairs)
    found = []
    for pair in pairs:
        first, second = (places[key(row)] for row in pair)
        found.append((known[first, first], known[second, second], known[first, second]))
    return found


def _of_shares(pairs: Sequence[Pair], together: Sequence[Together]) -> Floats:
    """Of two shares: the hybrid of their limits, with their correlation."""
    first, second, both = np.array(together, dtype=np.float64).T
    apart = np.sqrt(first * second)
    correlation = np.divide(both, apart, out=np.zeros(both.shape), where=apart > 0)
    known = []
    for side in (0, 1):
        rows = [pair[side] for pair in pairs]
        known.append(
            (
                np.array([row.estimate for row in rows], dtype=np.float64),
                np.array([row.n for row in rows], dtype=np.float64),
                np.array([row.n_effective for row in rows], dtype=np.float64),
                _degrees(rows),
            )
        )
    (p1, n1, e1, d1), (p2, n2, e2, d2) = known
    found = mover.designed(
        p1, n1, e1, d1, p2, n2, e2, d2,
        correlation=np.clip(correlation, -1.0, 1.0), df=np.minimum(d1, d2),
    )  # fmt: skip
    return np.atleast_1d(np.asarray(found.p_value, dtype=np.float64))


def _of_numbers(pairs: Sequence[Pair], together: Sequence[Together]) -> Floats:
    """Of two means, totals or ratios: the difference over its standard error, by t."""
    both = np.array([one[2] for one in together], dtype=np.float64)
    errors = np.array([[row.standard_error for row in pair] for pair in pairs], dtype=np.float64)
    variance = (errors**2).sum(axis=1) - 2 * both
    values = np.array([[row.estimate for row in pair] for pair in pairs], dtype=np.float64)
    difference = np.abs(values[:, 1] - values[:, 0])
    df = np.minimum(*(_degrees([pair[side] for pair in pairs]) for side in (0, 1)))
    error = np.sqrt(np.maximum(variance, 0.0))
    t = np.divide(difference, error, out=np.zeros(error.shape), where=error > 0)
    finite = np.isfinite(df)
    by_t = 2 * special.stdtr(np.where(finite, df, 1.0), -t)
    return np.asarray(np.where(finite, by_t, 2 * special.ndtr(-t)))


def _degrees(rows: Sequence[Estimate]) -> Floats:
    return np.array([math.inf if row.df is None else row.df for row in rows], dtype=np.float64)


def once(names: Iterable[object]) -> str:
    """Names once each, in a sentence.

    Args:
        names: The names.

    >>> once(["wilson", "wilson", "logit"])
    'wilson, logit'
    """
    return ", ".join(dict.fromkeys(map(str, names)))
