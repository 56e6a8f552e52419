"""Trends of ordered answers in simple samples: with scores, and without.

A table has a row for each wave, in order of time, and a column for each answer, in its order.
R stands for rows, C for columns, N for all respondents.
"""

from __future__ import annotations

import itertools
import math
import operator
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import MethodError
from surveylib.stats import trends_scores
from surveylib.stats.intervals import plain
from surveylib.stats.trends_exact import Distribution, Question, of_draws
from surveylib.stats.trends_scores import ALTERNATIVES, CORRECTIONS, MonteCarlo, whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from surveylib.stats.trends_exact import Maker

    Floats = NDArray[np.float64]
    Places = tuple[int, ...]
    #: How many people of each wave have been placed, and the distribution of S.
    States = dict[Places, Floats]

#: More additions of numbers than this are refused by the exact method: some ten seconds.
_MOST = 5_000_000_000
#: Likewise, more pairs of respondents of different waves than this: some 450 respondents.
_MOST_PAIRS = 75_000


# Without ==: arrays do not answer it with one yes or no.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Association:
    """How scores of answers move with scores of waves. Floats, or arrays for several tables.

    Args:
        statistic: M² = (N - 1) r², chi-squared with one degree of freedom.
        z: r √(N - 1), above 0 for an increase.
        p_value: Of z, in the direction of the alternative; 1 where all gave the same answer.
        correlation: r of the scores, over respondents; 0 where all gave the same answer.
        row_scores: Scores of the waves that were used.
        column_scores: Scores of the answers that were used.
        alternative: A name in ALTERNATIVES.
    """

    statistic: Any
    z: Any
    p_value: Any
    correlation: Any
    row_scores: Floats
    column_scores: Floats
    alternative: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OrderedTrend:
    """Whether ordered answers move up or down. Floats, or arrays for several tables.

    Args:
        statistic: J: pairs of respondents of two waves of whom the later gave the higher answer,
            and half of the pairs with the same answer.
        expected: J if nothing moves.
        standard_error: Of J, corrected for ties.
        z: J less what is expected over its standard error; 0 where all gave the same answer.
        p_value: Of the method; 1 where all gave the same answer.
        superiority: J over all pairs: the probability that the later of two respondents of
            different waves gave the higher answer, ties counting half; 0.5 if nothing moves.
        alternative: A name in ALTERNATIVES.
        method: A name in METHODS.
        two_sided: A name in TWO_SIDED; None where the p-value is one-sided or asymptotic.
        continuity: Whether z is corrected for continuity.
        monte_carlo: The draws behind the p-value; None where there are none.
    """

    statistic: Any
    expected: Any
    standard_error: Any
    z: Any
    p_value: Any
    superiority: Any
    alternative: str
    method: str
    two_sided: str | None
    continuity: bool
    monte_carlo: MonteCarlo | None


def linear_by_linear(
    table: ArrayLike,
    row_scores: ArrayLike | str | None = None,
    column_scores: ArrayLike | str | None = None,
    *,
    alternative: str = "two-sided",
) -> Association:
    """Test whether scores of the answers move with scores of the waves.

    Mantel (1963). With two answers it is the test of Cochran and Armitage, but for N - 1 in place
    of N.

    Args:
        table: (..., R, C) respondents of each wave with each answer; other axes are other tables.
        row_scores: (R,) numbers such as dates; 'midranks'; None for 1, 2, … R.
        column_scores: (C,) numbers such as midpoints of bands; 'midranks'; None for 1, 2, … C.
        alternative: A name in ALTERNATIVES.

    Raises:
        MethodError: Fewer than three waves or different scores, or numbers that are no table.

    Example:
        Malformations by drinks a day: M² = 6.57, P = 0.01 (Agresti 2002, Categorical Data
        Analysis, section 3.4).

        >>> ill, well = [48, 38, 5, 1, 1], [17066, 14464, 788, 126, 37]
        >>> table = [[b, a] for a, b in zip(ill, well)]
        >>> found = linear_by_linear(table, [0, 0.5, 1.5, 4, 7])
        >>> round(found.statistic, 2), round(found.p_value, 2)
        (6.57, 0.01)
    """
    trends_scores.check_alternative(alternative)
    cells = _table(table)
    by_row, by_column = cells.sum(axis=-1), cells.sum(axis=-2)
    rows = trends_scores.wave_scores(row_scores, by_row)
    columns = trends_scores.answer_scores(column_scores, by_column, "column_scores")
    if columns.ndim == 1 and np.unique(columns).size < 2:
        raise MethodError("column_scores are all the same; wanted scores that differ")
    total = by_row.sum(axis=-1)
    u = rows - (rows * by_row).sum(axis=-1, keepdims=True) / total[..., None]
    v = columns - (columns * by_column).sum(axis=-1, keepdims=True) / total[..., None]
    products = np.asarray((cells * u[..., :, None] * v[..., None, :]).sum(axis=(-2, -1)))
    squares = (by_row * u**2).sum(axis=-1) * (by_column * v**2).sum(axis=-1)
    one_answer = ((by_column > 0).sum(axis=-1) < 2) | (squares <= 0)
    correlation = np.zeros(products.shape)
    np.divide(products, np.sqrt(squares), out=correlation, where=~one_answer)
    z = correlation * np.sqrt(total - 1)
    return Association(
        statistic=plain(z**2),
        z=plain(z),
        p_value=plain(np.where(one_answer, 1.0, ALTERNATIVES[alternative](z))),
        correlation=plain(correlation),
        row_scores=rows,
        column_scores=columns,
        alternative=alternative,
    )


def jonckheere_terpstra(
    table: ArrayLike,
    *,
    alternative: str = "two-sided",
    method: str = "asymptotic",
    continuity: bool = False,
    two_sided: str | None = None,
    replicates: int | None = None,
    seed: int | None = None,
) -> OrderedTrend:
    """Test whether ordered answers move up or down over waves in order, without scores.

    Jonckheere (1954), Terpstra (1952); the variance is that for ties of Hollander and Wolfe (1999,
    equation 6.19). z is that of Kendall's S between waves and answers.

    Args:
        table: (..., R, C) whole respondents of each wave with each answer, both in order.
        alternative: A name in ALTERNATIVES.
        method: A name in METHODS; 'exact' for small tables.
        continuity: Move J by one half towards what is expected, as Kendall moves S by 1.
        two_sided: A name in TWO_SIDED, for a two-sided p-value that is not asymptotic.
        replicates: Tables to draw, for 'permutation'; 10,000 if None.
        seed: What the draws start from, for 'permutation'; 1 if None. Every table starts there.

    Raises:
        MethodError: Fewer than three waves, no such name, numbers that are no table, too large a
            table for 'exact', or an argument that the method ignores.

    Example:
        Three waves of three people, each wave above the one before: 1 of the 1680 ways to share
        nine ranks in three waves.

        >>> found = jonckheere_terpstra(
        ...     [[1, 1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 1, 1, 0, 0, 0], [0] * 6 + [1, 1, 1]],
        ...     alternative="increasing",
        ...     method="exact",
        ... )
        >>> found.statistic, found.expected, round(1 / found.p_value)
        (27.0, 13.5, 1680)
    """
    asked = Question(alternative, method, continuity, two_sided, replicates, seed)
    asked.check("Jonckheere-Terpstra", METHODS)
    cells = _table(table)
    trends_scores.check_waves(cells.shape[-2])
    whole("table", cells.ravel())
    by_row = cells.sum(axis=-1)
    statistic, pairs = _higher(cells), _pairs(by_row)
    error = np.sqrt(_variance(by_row, cells.sum(axis=-2)))
    away = statistic - pairs / 2
    if continuity:
        away = CORRECTIONS[alternative](away, np.asarray(0.5))
    z = np.divide(away, error, out=np.zeros(error.shape), where=error > 0)
    maker = METHODS[method]
    p_value, draws = asked.answer(z, maker, cells.reshape(-1, *cells.shape[-2:]))
    return OrderedTrend(
        statistic=plain(statistic),
        expected=plain(pairs / 2),
        standard_error=plain(error),
        z=plain(z),
        p_value=plain(np.where(error > 0, p_value, 1.0)),
        superiority=plain(statistic / pairs),
        alternative=alternative,
        method=method,
        two_sided=asked.definition(counted=maker is not None),
        continuity=continuity,
        monte_carlo=draws,
    )


def _table(table: ArrayLike) -> Floats:
    """Respondents of waves, at least one in each, by at least two answers."""
    cells = np.asarray(table, dtype=np.float64)
    if cells.ndim < 2 or cells.shape[-1] < 2:
        raise MethodError(f"table of the shape {cells.shape}; wanted waves by two or more answers")
    wrong = cells[~(np.isfinite(cells) & (cells >= 0))]
    if wrong.size:
        raise MethodError(f"table holds {wrong[0]:g}; wanted numbers of respondents, 0 or more")
    empty = np.argwhere(cells.sum(axis=-1) == 0)
    if empty.size:
        raise MethodError(f"wave {empty[0, -1] + 1} of the table has nobody; leave it out")
    return cells


def _higher(cells: Floats) -> Floats:
    """Pairs of respondents of whom the later gave the higher answer, and half of those equal."""
    earlier = np.cumsum(cells, axis=-2) - cells
    lower = np.cumsum(earlier, axis=-1) - earlier
    return np.asarray((cells * (lower + earlier / 2)).sum(axis=(-2, -1)))


def _pairs(by_row: Floats) -> Floats:
    """Pairs of respondents of two different waves."""
    return np.asarray((by_row.sum(axis=-1) ** 2 - (by_row**2).sum(axis=-1)) / 2)


def _variance(by_row: Floats, by_column: Floats) -> Floats:
    """The variance of J where answers are tied. Hollander and Wolfe (1999), equation 6.19."""
    total = np.asarray(by_row.sum(axis=-1))

    def fives(n: Floats) -> Floats:
        return np.asarray(n * (n - 1) * (2 * n + 5))

    def threes(n: Floats) -> Floats:
        return np.asarray((n * (n - 1) * (n - 2)).sum(axis=-1))

    def twos(n: Floats) -> Floats:
        return np.asarray((n * (n - 1)).sum(axis=-1))

    first = fives(total) - fives(by_row).sum(axis=-1) - fives(by_column).sum(axis=-1)
    second = threes(by_row) * threes(by_column) / (total * (total - 1) * (total - 2))
    third = twos(by_row) * twos(by_column) / (total * (total - 1))
    one_answer = (by_column > 0).sum(axis=-1) < 2
    # The algebra gives exactly 0 where all gave one answer; rounding leaves something.
    found = np.where(one_answer, 0.0, first / 72 + second / 36 + third / 8)
    return np.asarray(np.maximum(found, 0.0))


def exact(_asked: Question, cells: Floats) -> Distribution:
    """Count all tables with the same margins, answer by answer, from the lowest on.

    A state is how many people of each wave have been placed; which answers they gave does not
    matter to what follows. For each state the distribution of S so far is kept: with J it goes
    by 2 J = S + pairs. S is the same with waves and answers exchanged, and fewer waves have fewer
    states, so the shorter side of the table plays the waves.
    """
    table = whole("table", cells.ravel()).reshape(cells.shape)
    sides = sorted((table.sum(axis=1), table.sum(axis=0)), key=np.count_nonzero)
    waves, answers = (tuple(side[side > 0].tolist()) for side in sides)
    most = int(_pairs(np.asarray(waves, dtype=np.float64)))
    # Of many pairs it is not even counted how much there would be to do.
    if most > _MOST_PAIRS or _additions(waves, answers) * (2 * most + 1) > _MOST:
        raise MethodError("the table is too large for the exact method; choose 'permutation'")
    start = np.zeros(2 * most + 1)
    start[most] = 1.0
    states: States = {(0,) * len(waves): start}
    for people in answers:
        states = _placed(states, waves, people)
    return Distribution(
        deviations=np.arange(-most, most + 1, dtype=np.int64),
        probabilities=states[waves],
        observed=round(2 * float(_higher(cells)) - float(_pairs(cells.sum(axis=-1)))),
    )


def _additions(waves: Places, answers: Places) -> int:
    """How many times one distribution is added to another, by the powers of two polynomials."""
    done = 0
    total = 0
    for people in answers:
        rooms = [min(wave, people) for wave in waves]
        shape = (sum(waves) + 1, sum(rooms) + 1)
        product = np.ones((shape[0], shape[1] // 2 + 1), dtype=np.complex128)
        for wave, room in zip(waves, rooms, strict=True):
            placed, more = np.indices((wave + 1, room + 1))
            product *= np.fft.rfft2((placed + more <= wave) * 1.0, shape)
        total += round(float(np.fft.irfft2(product, shape)[done, people]))
        done += people
    return total


def _placed(states: States, waves: Places, people: int) -> States:
    """Give one more answer to people of any waves that have people left."""
    found: States = {}
    for before, sums in states.items():
        left = [wave - done for wave, done in zip(waves, before, strict=True)]
        ways = math.comb(sum(left), people)
        for more in _shared_out(people, left):
            chance = math.prod(map(math.comb, left, more)) / ways
            after = tuple(map(operator.add, before, more))
            gained = _gained(before, more)
            target = found.setdefault(after, np.zeros(sums.size))
            # S cannot leave the array: what is cut off is 0.
            if gained >= 0:
                target[gained:] += chance * sums[: sums.size - gained]
            else:
                target[:gained] += chance * sums[-gained:]
    return found


def _gained(before: Places, more: Places) -> int:
    """Pairs of a person placed before and a new one: of a later wave, less of an earlier one."""
    below = itertools.accumulate(before, initial=0)
    gained = sum(new * done for new, done in zip(more, below, strict=False))
    fewer = itertools.accumulate(more, initial=0)
    return gained - sum(done * new for done, new in zip(before, fewer, strict=False))


def _shared_out(people: int, left: Sequence[int]) -> Iterator[Places]:
    """Every way to take people from groups of which so many are left."""
    if len(left) == 1:
        yield (people,)
        return
    rest = sum(left[1:])
    for first in range(max(people - rest, 0), min(left[0], people) + 1):
        for others in _shared_out(people - first, left[1:]):
            yield (first, *others)


def permutation(asked: Question, cells: Floats) -> Distribution:
    """Draw tables with the same margins."""
    from scipy import stats  # noqa: PLC0415 - takes a quarter of a second, and only draws need it

    number, seed = trends_scores.check_draws(asked.replicates, asked.seed)
    table = whole("table", cells.ravel()).reshape(cells.shape)
    margins = stats.random_table(table.sum(axis=1), table.sum(axis=0), seed=seed)
    draws = _higher(margins.rvs(number, method="boyett").astype(np.float64))
    middle = float(_pairs(cells.sum(axis=-1))) / 2
    return of_draws(float(_higher(cells)) - middle, draws - middle, middle)


#: Where the p-value comes from: a distribution; None where z is taken for normal.
METHODS: Mapping[str, Maker | None] = MappingProxyType(
    {"asymptotic": None, "exact": exact, "permutation": permutation}
)
