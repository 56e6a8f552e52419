"""Two waves that the same people answered: differences, odds ratios and tests of yes and no.

Everybody is in one of four cells: yes in both waves, in the earlier only, in the later only, in
neither. Everything is later minus earlier, or later over earlier. A p-value beside an interval is
1 minus the highest confidence level at which the interval leaves "no change" out.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import MethodError, NotEstimableError, no_method
from surveylib.stats.intervals import check_level, plain, proportion, rising_root, wilson_at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Limits = Callable[["Table", Floats | float], tuple[Floats, Floats]]
    Reach = Callable[["Table"], Floats]

#: Beyond this many standard errors a two-sided p-value is below what a float can hold.
_FARTHEST = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A difference or a ratio of two waves; floats, or arrays where arrays were given.

    Args:
        estimate: Later minus earlier share, or later over earlier; a ratio to nobody is infinite.
        low: Lower limit.
        high: Upper limit; infinite where nothing bounds a ratio.
        p_value: Two-sided, of the test that the interval inverts.
        n: People that the comparison rests on.
        confidence_level: Nominal coverage, such as 0.95.
        method: The method's name.
    """

    estimate: Any
    low: Any
    high: Any
    p_value: Any
    n: Any
    confidence_level: float
    method: str


class Table(NamedTuple):
    """People by their two answers, as arrays of one shape."""

    both: Floats
    earlier: Floats
    later: Floats
    neither: Floats

    @property
    def n(self) -> Floats:
        """Everybody."""
        return self.both + self.earlier + self.later + self.neither

    def swapped(self) -> Table:
        """The same people with the waves the other way round."""
        return self._replace(earlier=self.later, later=self.earlier)


class Method(NamedTuple):
    """Limits at a normal quantile z, and the z at which one of them reaches "no change"."""

    limits: Limits
    reach: Reach


def difference(
    both: ArrayLike,
    earlier_only: ArrayLike,
    later_only: ArrayLike,
    neither: ArrayLike,
    *,
    method: str = "tango",
    confidence_level: float = 0.95,
) -> Comparison:
    """Compare two shares among the same people; arrays broadcast.

    Args:
        both: People who gave the answer in both waves; counts need not be whole.
        earlier_only: People who gave it in the earlier wave only.
        later_only: People who gave it in the later wave only.
        neither: People who gave it in no wave.
        method: A name in METHODS.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: No such method, counts that are none, or a method that has no interval here
            (Wald where nobody changed, or everybody did so in one direction).

    Example:
        Fagerland, Lydersen and Laake (2014, Statistics in Medicine 33:2850), 21 children.

        >>> change = difference(1, 7, 1, 12)
        >>> round(change.estimate, 3), round(change.low, 3), round(change.high, 3)
        (-0.286, -0.517, -0.026)
        >>> round(change.p_value, 4)
        0.0339
    """
    if method not in METHODS:
        raise MethodError(no_method("paired difference", method, METHODS))
    table = check_table(both, earlier_only, later_only, neither)
    low, high, p_value = compared(METHODS[method], table, confidence_level)
    return Comparison(
        estimate=plain((table.later - table.earlier) / table.n),
        low=plain(np.clip(low, -1.0, 1.0)),
        high=plain(np.clip(high, -1.0, 1.0)),
        p_value=plain(p_value),
        n=plain(table.n),
        confidence_level=confidence_level,
        method=method,
    )


def odds_ratio(
    earlier_only: ArrayLike,
    later_only: ArrayLike,
    *,
    method: str = "mid-p",
    confidence_level: float = 0.95,
) -> Comparison:
    """Divide the people who took the answer up by those who gave it up; arrays broadcast.

    This is the conditional odds ratio, whose interval is one for the share of the later answer
    among those who changed. Fagerland, Lydersen and Laake (2014).

    Args:
        earlier_only: People who gave the answer in the earlier wave only.
        later_only: People who gave it in the later wave only.
        method: A name in ODDS_METHODS.
        confidence_level: Nominal coverage, above 0 and below 1.

    Raises:
        MethodError: No such method, or counts that are none.
        NotEstimableError: Nobody changed.

    Example:
        Fagerland, Lydersen and Laake (2017), chapter 8.

        >>> change = odds_ratio(2, 25)
        >>> change.estimate, round(change.low, 4), round(change.high, 4)
        (12.5, 3.4681, 78.2972)
    """
    if method not in ODDS_METHODS:
        raise MethodError(no_method("odds ratio", method, ODDS_METHODS))
    earlier, later = check_cells(earlier_only, later_only)
    changed = earlier + later
    if (changed == 0).any():
        raise NotEstimableError("nobody changed: there is no ratio of changes")
    name, test = ODDS_METHODS[method]
    # Both from the small end of a share, where floats are dense.
    up, down = (
        np.asarray(proportion(count, changed, method=name, confidence_level=confidence_level).low)
        for count in (later, earlier)
    )
    return Comparison(
        estimate=plain(quotient(later, earlier, np.inf)),
        low=plain(up / (1 - up)),
        high=plain(quotient(1 - down, down, np.inf)),
        p_value=mcnemar(earlier, later, method=test),
        n=plain(changed),
        confidence_level=confidence_level,
        method=method,
    )


def mcnemar(
    earlier_only: ArrayLike, later_only: ArrayLike, *, method: str = "mid-p"
) -> float | Floats:
    """Test whether as many took an answer up as gave it up; arrays broadcast.

    Args:
        earlier_only: People who gave the answer in the earlier wave only; need not be whole.
        later_only: People who gave it in the later wave only.
        method: A name in TESTS.

    Returns:
        The two-sided p-value; 1 where as many went one way as the other, if any. (The paper's
        mid-p is less than 1 there; that of `odds_ratio`'s interval is not.)

    Raises:
        MethodError: No such method, or counts that are none.

    Example:
        Fagerland, Lydersen and Laake (2013, BMC Medical Research Methodology 13:91).

        >>> [round(mcnemar(7, 1, method=name), 3) for name in TESTS]
        [0.039, 0.07, 0.034, 0.077]
    """
    if method not in TESTS:
        raise MethodError(no_method("McNemar", method, TESTS))
    earlier, later = check_cells(earlier_only, later_only)
    same = earlier == later
    # Where both are alike any two numbers will do: the p-value is 1.
    most = np.where(same, 1.0, np.maximum(earlier, later))
    least = np.where(same, 1.0, np.minimum(earlier, later))
    return plain(np.where(same, 1.0, np.minimum(TESTS[method](most, least), 1.0)))


def check_cells(*given: ArrayLike) -> list[Floats]:
    """Counts as arrays of one shape: finite and not below 0."""
    found = [np.asarray(count, dtype=np.float64) for count in given]
    for counts in found:
        wrong = ~(np.isfinite(counts) & (counts >= 0))
        if wrong.any():
            raise MethodError(f"a count is {counts[wrong].flat[0]:g}; wanted 0 people or more")
    return list(np.broadcast_arrays(*found))


def check_table(*cells: ArrayLike) -> Table:
    """The four cells, which somebody must be in."""
    table = Table(*check_cells(*cells))
    if (table.n == 0).any():
        raise MethodError("nobody is in any of the four cells; wanted at least one person")
    return table


def quotient(numerator: Floats, denominator: Floats, otherwise: float) -> Floats:
    """A quotient, and another value where the denominator is 0."""
    found = np.full(denominator.shape, otherwise)
    return np.asarray(np.divide(numerator, denominator, out=found, where=denominator > 0))


def compared(method: Method, table: Table, level: float) -> tuple[Floats, Floats, Floats]:
    """The limits at a level, and the p-value that belongs to them."""
    check_level(level)
    low, high = method.limits(table, float(special.ndtri(1 - (1 - level) / 2)))
    return low, high, np.asarray(2 * special.ndtr(-np.abs(method.reach(table))))


def reach_of(limits: Limits, none: float) -> Reach:
    """Find the z at which the limit nearer to "no change" is there; the distance grows with z."""

    def reach(table: Table) -> Floats:
        least, most = np.minimum(table.earlier, table.later), np.maximum(table.earlier, table.later)
        rising = table._replace(earlier=least, later=most)
        ends = np.zeros(most.shape), np.full(most.shape, _FARTHEST)
        found = rising_root(lambda z: none - limits(rising, z)[0], *ends)
        return np.where(least == most, 0.0, found)

    return reach


def mcnemar_reach(table: Table) -> Floats:
    """Changes one way minus the other, over the root of all. McNemar (1947)."""
    return _excess(table.later, table.earlier, 0.0)


def _excess(most: Floats, least: Floats, less: float) -> Floats:
    return quotient(most - least - less, np.sqrt(most + least), 0.0)


def _around(later: Floats, earlier: Floats, n: Floats, z: Floats | float) -> tuple[Floats, Floats]:
    """Add and subtract z standard errors of a difference of shares of the same n people."""
    change = later - earlier
    error = z * np.sqrt(np.maximum(later + earlier - change**2 / n, 0.0)) / n
    return change / n - error, change / n + error


def wald(table: Table, z: Floats | float) -> tuple[Floats, Floats]:
    """Add and subtract z standard errors. Newcombe (1998, paired), method 1: to match others."""
    one_way = np.maximum(table.earlier, table.later) == table.n
    if (one_way | (table.earlier + table.later == 0)).any():
        raise MethodError(
            "wald has no interval where nobody changed, or everybody in one direction; "
            "choose 'tango' or 'newcombe'"
        )
    return _around(table.later, table.earlier, table.n, z)


def agresti_min(table: Table, z: Floats | float) -> tuple[Floats, Floats]:
    """Add half a person to each cell, then Wald. Agresti and Min (2005)."""
    return _around(table.later + 0.5, table.earlier + 0.5, table.n + 2, z)


def bonett_price(table: Table, z: Floats | float) -> tuple[Floats, Floats]:
    """Add one person to each cell of changes, then Wald. Bonett and Price (2012)."""
    return _around(table.later + 1, table.earlier + 1, table.n + 2, z)


def tango(table: Table, z: Floats | float) -> tuple[Floats, Floats]:
    """Invert the score test, which is McNemar's at 0. Tango (1998)."""
    return -_tango_high(table.swapped(), z), _tango_high(table, z)


def _tango_high(table: Table, z: Floats | float) -> Floats:
    change, n = table.later - table.earlier, table.n

    def beyond(delta: Floats) -> Floats:
        # The people who changed against delta's direction; their likeliest share is a root.
        against, size = np.where(delta >= 0, table.earlier, table.later), np.abs(delta)
        along = table.earlier + table.later - against
        middle = (2 * n - along + against) * size - along - against
        share = root_of(2 * n, middle, -against * size * (1 - size))
        return np.asarray((n * delta - change) ** 2 - z**2 * n * (2 * share + size * (1 - size)))

    return rising_root(beyond, change / n, np.ones(n.shape))


def root_of(a: Floats, b: Floats, c: Floats) -> Floats:
    """The root of ax² + bx + c that is not negative, where a >= 0 >= c; without cancelling."""
    wide = np.sqrt(b**2 - 4 * a * c)
    return quotient(np.where(b <= 0, wide - b, -2 * c), np.where(b <= 0, 2 * a, b + wide), 0.0)


def newcombe(table: Table, z: Floats | float) -> tuple[Floats, Floats]:
    """Square and add distances to Wilson's limits. Newcombe (1998, paired), method 10."""
    both, earlier, later, neither = table
    n, first, second = table.n, both + earlier, both + later
    excess = both * neither - earlier * later
    excess = np.where(excess > 0, np.maximum(excess - n / 2, 0.0), excess)
    # Roots first: the product of four counts may leave the range of a float.
    spread = np.sqrt(first) * np.sqrt(n - first) * np.sqrt(second) * np.sqrt(n - second)
    return square_and_add((first, n), (second, n), quotient(excess, spread, 0.0), z)


def square_and_add(
    first: tuple[Floats, Floats],
    second: tuple[Floats, Floats],
    correlation: Floats,
    z: Floats | float,
) -> tuple[Floats, Floats]:
    """Limits of a difference from Wilson's limits of two correlated shares, given as x and n."""
    (x1, n1), (x2, n2) = first, second
    down1, up1 = x1 / n1 - wilson_at(x1, n1, z), 1 - wilson_at(n1 - x1, n1, z) - x1 / n1
    down2, up2 = x2 / n2 - wilson_at(x2, n2, z), 1 - wilson_at(n2 - x2, n2, z) - x2 / n2
    change = x2 / n2 - x1 / n1
    return change - _apart(down2, up1, correlation), change + _apart(up2, down1, correlation)


def _apart(a: Floats, b: Floats, correlation: Floats) -> Floats:
    """The root of a² - 2rab + b², as a sum of two parts of which none is negative."""
    squared = (a - b) ** 2 + 2 * (1 - correlation) * a * b
    return np.sqrt(np.maximum(squared, 0.0))


def mid_p_test(most: Floats, least: Floats) -> Floats:
    """Count half of the observed outcome. Fagerland, Lydersen and Laake (2013)."""
    reached: Floats = special.betainc(most, least + 1, 0.5)
    some = np.where(least > 0, least, 1.0)
    return reached + np.where(least > 0, special.betainc(most + 1, some, 0.5), 0.0)


def exact_test(most: Floats, least: Floats) -> Floats:
    """Double the binomial's tail, given how many changed. McNemar (1947)."""
    return np.asarray(2 * special.betainc(most, least + 1, 0.5))


def asymptotic_test(most: Floats, least: Floats) -> Floats:
    """Take the square of the excess over all changes as chi-squared. McNemar (1947)."""
    return np.asarray(2 * special.ndtr(-_excess(most, least, 0.0)))


def corrected_test(most: Floats, least: Floats) -> Floats:
    """Bring the two counts closer by 1, then the same. Edwards (1948); R's default."""
    return np.asarray(2 * special.ndtr(-np.maximum(_excess(most, least, 1.0), 0.0)))


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "tango": Method(tango, mcnemar_reach),
        "newcombe": Method(newcombe, reach_of(newcombe, 0.0)),
        "agresti-min": Method(agresti_min, reach_of(agresti_min, 0.0)),
        "bonett-price": Method(bonett_price, reach_of(bonett_price, 0.0)),
        "wald": Method(wald, reach_of(wald, 0.0)),
    }
)

TESTS: Mapping[str, Callable[[Floats, Floats], Floats]] = MappingProxyType(
    {
        "mid-p": mid_p_test,
        "exact": exact_test,
        "asymptotic": asymptotic_test,
        "corrected": corrected_test,
    }
)

#: An interval for the share of the later answer among those who changed, and the test it inverts.
ODDS_METHODS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "mid-p": ("mid-p", "mid-p"),
        "exact": ("clopper-pearson", "exact"),
        "wilson": ("wilson", "asymptotic"),
    }
)
