"""Trends of printed figures: one number for each wave, with or without its standard error.

Without standard errors only the order and the slopes of pairs of waves count, so a few waves
cannot show much: of three, even a steady rise has a two-sided p-value of one third. K stands for
waves. No two figures may be of the same time.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.errors import MethodError, no_method
from surveylib.stats.trends_exact import SIDES, Distribution, of_draws
from surveylib.stats.trends_scores import (
    ALTERNATIVES,
    CORRECTIONS,
    MonteCarlo,
    check_alternative,
    check_draws,
    check_unused,
    check_waves,
    monte_carlo,
    numbers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

#: The exact distribution is counted for as many waves; the asymptotic one is as good long before.
_MOST_WAVES = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class MannKendall:
    """Whether figures mostly rise or mostly fall.

    Args:
        statistic: S: pairs of waves that rise less pairs that fall.
        z: S over its standard error with ties; 0 where all figures are the same.
        p_value: Of the method; 1 where all figures are the same.
        tau: Kendall's tau-b, -1 to 1; None where all figures are the same.
        alternative: A name in ALTERNATIVES.
        method: A name in METHODS.
        continuity: Whether z is corrected for continuity.
        monte_carlo: The draws behind the p-value; None where there are none.
    """

    statistic: int
    z: float
    p_value: float
    tau: float | None
    alternative: str
    method: str
    continuity: bool
    monte_carlo: MonteCarlo | None


class Series(NamedTuple):
    """Checked figures in order of time, with their standard errors; 1 where none were given."""

    values: Floats
    times: Floats
    errors: Floats
    known: bool
    replicates: int | None
    seed: int | None


def mann_kendall(
    values: ArrayLike,
    times: ArrayLike,
    *,
    standard_errors: ArrayLike | None = None,
    alternative: str = "two-sided",
    method: str = "exact",
    continuity: bool = False,
    replicates: int | None = None,
    seed: int | None = None,
) -> MannKendall:
    """Test whether figures rise or fall with time, by the signs of all differences.

    Mann (1945); Kendall (1975). 'exact' counts every order in which these figures, ties and all,
    might have come. 'asymptotic' takes S for normal. Both take every order for equally likely;
    where some figures are less sure than others, that is not so, and 'simulation' draws figures
    around one level with these standard errors instead. Only the ratios of the standard errors
    matter then: the test asks for an order, not for a size.

    Args:
        values: (K,) figures, one for each wave.
        times: (K,) of the waves, all different; only their order counts.
        standard_errors: (K,) of the figures, for 'simulation'.
        alternative: A name in ALTERNATIVES.
        method: A name in METHODS.
        continuity: Move S by 1, for 'asymptotic', as R's cor.test(continuity = TRUE) does.
        replicates: Series to draw, for 'simulation'; 10,000 if None.
        seed: What the draws start from, for 'simulation'; 1 if None.

    Raises:
        MethodError: Fewer than three waves, no such name, numbers that do not fit, or an argument
            that the method ignores.

    Example:
        Five waves that rise all the time: 1 of 120 orders, or 2 with the one that falls.

        >>> found = mann_kendall([31, 35, 38, 44, 45], [2015, 2016, 2018, 2019, 2021])
        >>> found.statistic, found.tau, round(found.p_value * 120, 9)
        (10, 1.0, 2.0)
    """
    if method not in METHODS:
        raise MethodError(no_method("Mann-Kendall", method, METHODS))
    check_alternative(alternative)
    series = checked(values, times, standard_errors, replicates, seed)
    if method != "simulation":
        refuse_errors(method, series)
    elif not series.known:
        raise MethodError("simulation needs standard_errors; choose 'exact' or 'asymptotic'")
    if continuity and method != "asymptotic":
        check_unused(method, {"continuity": continuity})
    statistic = int(concordance(series.values[None])[0])
    away = np.asarray(float(statistic))
    if continuity:
        away = CORRECTIONS[alternative](away, np.asarray(1.0))
    variance, untied = moments(series.values)
    z = float(away) / np.sqrt(variance) if variance > 0 else 0.0
    p_value = METHODS[method](series, z, alternative) if untied else 1.0
    draws = monte_carlo(np.asarray(p_value), replicates, seed) if method == "simulation" else None
    pairs = series.values.size * (series.values.size - 1) / 2
    return MannKendall(
        statistic=statistic,
        z=float(z),
        p_value=p_value,
        tau=float(statistic / np.sqrt(pairs * untied)) if untied else None,
        alternative=alternative,
        method=method,
        continuity=continuity,
        monte_carlo=draws,
    )


def checked(
    values: ArrayLike,
    times: ArrayLike,
    errors: ArrayLike | None,
    replicates: int | None,
    seed: int | None,
) -> Series:
    """Figures of three waves or more, in order of their times."""
    found = numbers("values", values)
    check_waves(found.size)
    at = numbers("times", times, found.size)
    order = np.argsort(at, kind="stable")
    if (np.diff(at[order]) == 0).any():
        raise MethodError("two figures have the same time; wanted one figure for each time")
    check_draws(replicates, seed)
    known = errors is not None
    if errors is None:
        errors = np.ones(found.size)
    sure = numbers("standard_errors", errors, found.size)
    if (sure <= 0).any():
        raise MethodError(f"standard_errors hold {sure.min():g}; wanted numbers above 0")
    return Series(found[order], at[order], sure[order], known, replicates, seed)


def check_few(series: Series) -> None:
    """Refuse more waves than the exact distribution is counted for."""
    if series.values.size > _MOST_WAVES:
        raise MethodError(f"exact takes {_MOST_WAVES} waves at most; choose 'asymptotic'")


def refuse_errors(method: str, series: Series) -> None:
    """Refuse what only draws need."""
    errors = series.errors if series.known else None
    given = {"standard_errors": errors, "replicates": series.replicates, "seed": series.seed}
    check_unused(method, given)


def concordance(values: Floats) -> Floats:
    """S of each row."""
    rises, falls = np.triu_indices(values.shape[1], 1)
    return np.asarray(np.sign(values[:, falls] - values[:, rises]).sum(axis=1))


def moments(values: Floats) -> tuple[float, float]:
    """The variance of S (Kendall, 1975), and how many pairs differ."""
    n, ties = float(values.size), np.unique(values, return_counts=True)[1].astype(np.float64)
    variance = n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()
    return float(variance) / 18, float(n * (n - 1) - (ties * (ties - 1)).sum()) / 2


def distribution(ties: list[int]) -> tuple[Whole, Floats]:
    """Every S and its probability, all orders of figures with such ties being equally likely.

    The figures come in by size. Those of one size fall among the smaller ones as two samples do
    in the test of Mann and Whitney (1947), whatever the order of these was.
    """
    chances, before = np.ones(1), 0
    for size in ties:
        chances = np.convolve(chances, _two_samples(before, size))
        before += size
    most = chances.size - 1
    return np.arange(-most, most + 1, 2, dtype=np.int64), chances


def _two_samples(first: int, second: int) -> Floats:
    """Probabilities of Mann and Whitney's U, 0 to first × second."""
    if second == 1 or first == 0:
        return np.full(first * second + 1, 1 / (first * second + 1))
    rows = [np.ones(1) for _ in range(second + 1)]
    for size in range(1, first + 1):
        fresh = [np.ones(1)]
        for other in range(1, second + 1):
            # The largest is of the first sample, above all others, or of the second.
            here = np.zeros(size * other + 1)
            here[other:] += rows[other] * size / (size + other)
            here[: fresh[-1].size] += fresh[-1] * other / (size + other)
            fresh.append(here)
        rows = fresh
    return rows[second]


def _exact(series: Series, _z: float, alternative: str) -> float:
    """Count every order of the figures."""
    check_few(series)
    values, chances = distribution(np.unique(series.values, return_counts=True)[1].tolist())
    observed = float(concordance(series.values[None])[0])
    found = Distribution(deviations=values, probabilities=chances, observed=observed)
    return SIDES[alternative](found)


def _asymptotic(_series: Series, z: float, alternative: str) -> float:
    return float(ALTERNATIVES[alternative](np.asarray(z)))


def _simulation(series: Series, _z: float, alternative: str) -> float:
    """Draw figures around one level."""
    number, seed = check_draws(series.replicates, series.seed)
    noise = np.random.default_rng(seed).standard_normal((number, series.values.size))
    found = of_draws(
        float(concordance(series.values[None])[0]), concordance(noise * series.errors), 1.0
    )
    return SIDES[alternative](found)


#: Where the p-value of `mann_kendall` comes from.
METHODS: Mapping[str, Callable[[Series, float, str], float]] = MappingProxyType(
    {"exact": _exact, "asymptotic": _asymptotic, "simulation": _simulation}
)
