"""Who moved between answers: turnover of two waves, and tests for two waves or more.

A square table counts the people with each earlier answer (row) and later answer (column), in the
same order. Net changes are later minus earlier. K stands for answers, W for waves.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse, special

from surveylib.errors import MethodError, no_method

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    PValue = Callable[["Patterns", float], float]

#: The most cells of counts that an exact distribution may need.
MOST_CELLS = 2_000_000


# Without ==: arrays do not answer it with one yes or no.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turnover:
    """Who stayed with an answer, who left it and who joined it.

    Args:
        n: People in the table.
        stayed: (K,) people with the same answer in both waves.
        left: (K,) people who had the answer in the earlier wave only.
        joined: (K,) people who had it in the later wave only.
        net: (K,) joined minus left: the change that two separate samples would show.
        net_flows: (K, K) people who went from the row's to the column's answer, minus those who
            came back; below 0 where more came back.
        row_shares: For each earlier answer, the (K,) shares of the later ones among the people
            who had it; None for an answer that nobody had.
    """

    n: float
    stayed: Floats
    left: Floats
    joined: Floats
    net: Floats
    net_flows: Floats
    row_shares: tuple[Floats | None, ...]

    @property
    def stayed_share(self) -> float:
        """Share of people with the same answer in both waves."""
        return float(self.stayed.sum()) / self.n


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTest:
    """A test of no change among people who answered every wave.

    Args:
        statistic: 0 where nobody changed.
        df: Degrees of freedom of chi-squared; None where the p-value is exact.
        p_value: Probability of a statistic as large; 1 where nobody changed.
        n: People in the table.
        n_changed: Those whose answers are not all the same; the test rests on them alone.
        method: The test's name.
    """

    statistic: float
    df: int | None
    p_value: float
    n: float
    n_changed: float
    method: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patterns:
    """People whose answers differ, by their answers; checked."""

    answers: NDArray[np.bool_]  # (P, W)
    counts: Floats  # (P,)

    @property
    def totals(self) -> Floats:
        """(W,) people who said yes in each wave."""
        return self.counts @ self.answers


def turnover(table: ArrayLike) -> Turnover:
    """Describe who stayed, left and joined.

    Args:
        table: (K, K) people by earlier (row) and later answer; weighted counts will do.

    Raises:
        MethodError: Not square, not numbers, below 0, or nobody at all.

    Example:
        >>> moved = turnover([[20, 10, 5], [3, 30, 15], [0, 5, 40]])
        >>> moved.net.tolist(), round(moved.stayed_share, 4)
        ([-12.0, -3.0, 15.0], 0.7031)
        >>> moved.row_shares[1].tolist()
        [0.0625, 0.625, 0.3125]
    """
    cells = _square(table)
    stayed = np.diagonal(cells).copy()
    earlier, later = cells.sum(axis=1), cells.sum(axis=0)
    return Turnover(
        n=float(cells.sum()),
        stayed=stayed,
        left=earlier - stayed,
        joined=later - stayed,
        net=later - earlier,
        net_flows=cells - cells.T,
        row_shares=tuple(
            row / total if total > 0 else None for row, total in zip(cells, earlier, strict=True)
        ),
    )


def stuart_maxwell(table: ArrayLike) -> ChangeTest:
    """Test whether the shares of the answers are the same in both waves.

    Stuart (1955), with the variance that holds if they are; Maxwell (1970). Answers that people
    did not move between, even by way of others, are compared apart: each such group has one
    degree of freedom less than answers, so an answer that nobody joined or left has none.

    Args:
        table: (K, K) people by earlier (row) and later answer.

    Raises:
        MethodError: Not square, not numbers, below 0, or nobody at all.

    Example:
        Stuart (1955, Biometrika 42:412), the vision of 7477 women.

        >>> eyes = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205],
        ...         [36, 82, 179, 492]]
        >>> test = stuart_maxwell(eyes)
        >>> round(test.statistic, 2), test.df
        (11.96, 3)
    """
    cells = _square(table)
    # Without the stayers: their number is in both sums, and would take digits from the changes.
    moves = cells - np.diag(np.diagonal(cells))
    net = moves.sum(axis=0) - moves.sum(axis=1)
    both_ways = moves + moves.T
    groups, group = sparse.csgraph.connected_components(both_ways > 0, directed=False)
    # The covariance has no inverse; within a group it has one if all answers move together.
    together = (group[:, None] == group) * max(float(both_ways.max()), 1.0)
    spread = np.diag(both_ways.sum(axis=0)) - both_ways
    statistic = float(net @ np.linalg.solve(spread + together, net))
    return _chi_squared(
        statistic, len(cells) - int(groups), cells.sum(), moves.sum(), "stuart-maxwell"
    )


def bowker(table: ArrayLike) -> ChangeTest:
    """Test whether as many people went from each answer to each other as came back.

    Bowker (1948). A pair of answers that nobody moved between has no degree of freedom; R and
    others count it.

    Args:
        table: (K, K) people by earlier (row) and later answer.

    Raises:
        MethodError: Not square, not numbers, below 0, or nobody at all.

    Example:
        Agresti (2002), section 10.4: the vision of 7477 women.

        >>> eyes = [[1520, 266, 124, 66], [234, 1512, 432, 78], [117, 362, 1772, 205],
        ...         [36, 82, 179, 492]]
        >>> test = bowker(eyes)
        >>> round(test.statistic, 2), test.df
        (19.11, 6)
    """
    cells = _square(table)
    rows, columns = np.triu_indices(len(cells), 1)
    there, back = cells[rows, columns], cells[columns, rows]
    moved = there + back
    some = moved > 0
    statistic = float(((there - back)[some] ** 2 / moved[some]).sum())
    return _chi_squared(statistic, int(some.sum()), cells.sum(), moved.sum(), "bowker")


def cochran_q(
    answers: ArrayLike, counts: ArrayLike | None = None, *, method: str = "asymptotic"
) -> ChangeTest:
    """Test whether the share of yes is the same in every wave.

    Cochran (1950). The exact p-value is that of all ways to hand each person's number of yes to
    the waves; for two waves it is McNemar's exact one.

    Args:
        answers: (P, W) ones and zeros: a row for each person, or for each pattern of answers.
        counts: (P,) people with each pattern; None for one each.
        method: A name in COCHRAN_METHODS.

    Raises:
        MethodError: No such method, answers that are not yes or no, counts that do not fit, or
            too many people and waves for the exact p-value.

    Example:
        SAS/STAT User's Guide, PROC FREQ, "Cochran's Q Test": 46 people, three times.

        >>> patterns = [[1, 1, 1], [1, 1, 0], [1, 0, 1], [1, 0, 0],
        ...             [0, 1, 1], [0, 1, 0], [0, 0, 1], [0, 0, 0]]
        >>> test = cochran_q(patterns, [6, 16, 2, 4, 2, 4, 6, 6])
        >>> round(test.statistic, 4), test.df, round(test.p_value, 4)
        (8.4706, 2, 0.0145)
    """
    if method not in COCHRAN_METHODS:
        raise MethodError(no_method("Cochran", method, COCHRAN_METHODS))
    given, people = _patterns(answers, counts)
    waves, yes = given.shape[1], given.sum(axis=1)
    differ = (yes > 0) & (yes < waves) & (people > 0)
    found = Patterns(answers=given[differ], counts=people[differ])
    moved = float(found.counts.sum())
    statistic = 0.0
    if moved:
        totals, spread = found.totals, found.counts @ (yes * (waves - yes))[differ]
        apart = float(((totals - totals.mean()) ** 2).sum())
        statistic = waves * (waves - 1) * apart / float(spread)
    return ChangeTest(
        statistic=statistic,
        df=waves - 1 if method == "asymptotic" else None,
        p_value=COCHRAN_METHODS[method](found, statistic) if moved else 1.0,
        n=float(people.sum()),
        n_changed=moved,
        method=method,
    )


def _asymptotic(patterns: Patterns, statistic: float) -> float:
    return float(special.chdtrc(patterns.answers.shape[1] - 1, statistic))


def _exact(patterns: Patterns, _statistic: float) -> float:
    """Add up the probabilities of totals that lie as far apart, in whole numbers."""
    counts, waves = patterns.counts, patterns.answers.shape[1]
    if (counts != np.round(counts)).any():
        raise MethodError("exact needs whole counts; choose 'asymptotic'")
    size = int(counts.sum()) + 1
    if size ** (waves - 1) > MOST_CELLS:
        raise MethodError(
            f"exact is too long for {size - 1} people who changed and {waves} waves; "
            "choose 'asymptotic'"
        )
    yes = patterns.answers.sum(axis=1)
    people = np.bincount(yes, weights=counts, minlength=waves).astype(np.int64)
    chances = _distribution(people, waves, size)
    # All totals but the last one's, which the number of yes leaves.
    totals = np.indices(chances.shape).reshape(waves - 1, -1)
    last = int(yes @ counts) - totals.sum(axis=0)
    squares = (totals**2).sum(axis=0) + last**2
    observed = int((np.round(patterns.totals).astype(np.int64) ** 2).sum())
    return min(float(chances.ravel()[squares >= observed].sum()), 1.0)


def _distribution(people: NDArray[np.int64], waves: int, size: int) -> Floats:
    """Chances of the totals of all waves but the last, given how many people have how many yes."""
    chances = np.zeros((size,) * (waves - 1))
    chances[(0,) * (waves - 1)] = 1.0
    for yes, number in enumerate(people):
        choices = list(combinations(range(waves), yes))
        for _ in range(number):
            following = np.zeros_like(chances)
            for choice in choices:
                steps = [int(wave in choice) for wave in range(waves - 1)]
                to = tuple(slice(step, None) for step in steps)
                start = tuple(slice(None, size - step) for step in steps)
                following[to] += chances[start] / len(choices)
            chances = following
    return chances


def _square(table: ArrayLike) -> Floats:
    """A square table of counts with somebody in it."""
    cells = np.asarray(table, dtype=np.float64)
    if cells.ndim != 2 or cells.shape[0] != cells.shape[1] or len(cells) < 2:
        raise MethodError(f"a table of {cells.shape}; wanted as many rows as columns, at least 2")
    _check_counts(cells)
    return cells


def _check_counts(counts: Floats) -> None:
    wrong = ~(np.isfinite(counts) & (counts >= 0))
    if wrong.any():
        raise MethodError(f"a count is {counts[wrong].flat[0]:g}; wanted 0 people or more")
    if not counts.sum() > 0:
        raise MethodError("nobody is in the table; wanted at least one person")


def _patterns(answers: ArrayLike, counts: ArrayLike | None) -> tuple[NDArray[np.bool_], Floats]:
    """Answers as yes or no, and the people with each pattern."""
    given = np.asarray(answers, dtype=np.float64)
    if given.ndim != 2 or given.shape[1] < 2:
        raise MethodError(f"answers of {given.shape}; wanted people by waves, at least 2 waves")
    wrong = (given != 0) & (given != 1)
    if wrong.any():
        raise MethodError(f"an answer is {given[wrong][0]:g}; wanted 1 for yes or 0 for no")
    people = np.ones(len(given)) if counts is None else np.asarray(counts, dtype=np.float64)
    if people.shape != given.shape[:1]:
        raise MethodError(f"counts of {people.shape}; wanted one for each of {len(given)} patterns")
    _check_counts(people)
    return given == 1, people


def _chi_squared(statistic: float, df: int, n: float, moved: float, method: str) -> ChangeTest:
    """A test's result; nobody moved means no degree of freedom, and a p-value of 1."""
    return ChangeTest(
        statistic=statistic,
        df=df,
        p_value=float(special.chdtrc(df, statistic)) if df else 1.0,
        n=float(n),
        n_changed=float(moved),
        method=method,
    )


COCHRAN_METHODS: Mapping[str, PValue] = MappingProxyType(
    {"asymptotic": _asymptotic, "exact": _exact}
)
