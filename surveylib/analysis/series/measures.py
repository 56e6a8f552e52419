"""Pairs of shares → the size of a change with its interval, by the measure that is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.analysis.series.panel import paired_counts
from surveylib.errors import MethodError, NotEstimableError, no_method
from surveylib.stats import differences, mover, odds, paired, paired_ratio, ratios

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.series.pairs import Pair

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sizes:
    """Sizes of P changes (P,), on the scale of their measure.

    Args:
        effect: The change.
        low: Lower limit.
        high: Upper limit; infinite where nothing bounds a ratio.
        p_value: Two-sided, of the test that the interval inverts.
        standard_error: Of the difference of the shares.
        df: Degrees of freedom; infinite for simple samples.
        method: What was used.
        cells: (P, 4) people in both waves by what they gave when, where the same people were
            compared: both, earlier only, later only, neither; None elsewhere.
        of_counts: Whether they are differences of counts of simple samples that share nobody.
    """

    effect: Floats
    low: Floats
    high: Floats
    p_value: Floats
    standard_error: Floats
    df: Floats
    method: str
    cells: Floats | None = None
    of_counts: bool = False


class Measure(NamedTuple):
    """One way to say how large a change is.

    Args:
        words: What it is.
        null: Its value where nothing changed.
        simple: Methods for simple samples that share nobody; the first is the usual one.
        panel: Methods for the same people; likewise.
        of_counts: Their arithmetic: later against earlier.
        of_pairs: The same of people in both waves.
        of_designs: The same of two designs.
    """

    words: str
    null: float
    simple: tuple[str, ...]
    panel: tuple[str, ...]
    of_counts: Callable[..., Any]
    of_pairs: Callable[..., Any]
    of_designs: Callable[..., Any]


def _odds_of_pairs(
    _both: Floats, earlier: Floats, later: Floats, _neither: Floats, **options: Any
) -> Any:
    """The conditional odds ratio rests on those who changed."""
    return paired.odds_ratio(earlier, later, **options)


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "difference": Measure(
            "later minus earlier share",
            0.0,
            tuple(differences.METHODS),
            tuple(paired.METHODS),
            differences.independent,
            paired.difference,
            mover.designed,
        ),
        "ratio": Measure(
            "later over earlier share",
            1.0,
            tuple(ratios.METHODS),
            tuple(paired_ratio.METHODS),
            ratios.independent,
            paired_ratio.ratio,
            mover.designed_ratio,
        ),
        "percent": Measure(
            "change in percent of the earlier share",
            0.0,
            tuple(ratios.METHODS),
            tuple(paired_ratio.METHODS),
            ratios.independent,
            paired_ratio.ratio,
            mover.designed_ratio,
        ),
        "odds_ratio": Measure(
            "later over earlier odds; of the same people, more against fewer of those who changed",
            1.0,
            tuple(odds.METHODS),
            tuple(paired.ODDS_METHODS),
            odds.independent,
            _odds_of_pairs,
            mover.designed_odds_ratio,
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Sizing:
    """How changes are sized.

    Args:
        measure: A name in MEASURES.
        method: A method of that measure; None for the usual one of each relation.
        interval: The limits that the hybrid for designs rests on.
        confidence_level: Nominal coverage.
        samples: The relation between the samples.
    """

    measure: str
    method: str | None
    interval: str
    confidence_level: float
    samples: str


def sized(pairs: Sequence[Pair], sizing: Sizing) -> Sizes:
    """Size changes, all in one go.

    Simple samples have the methods of textbooks, on counts; the same people in both, methods for
    pairs; every other design the hybrid of the limits of both waves, with their correlation.

    Args:
        pairs: The pairs; of one source, so all of simple samples or none.
        sizing: How.

    Raises:
        MethodError: No such measure or method for these samples.
    """
    measure = MEASURES.get(sizing.measure)
    if measure is None:
        raise MethodError(no_method("measure", sizing.measure, MEASURES))
    simple = all(pair.table.simple for pair in pairs)
    # A share of a weighted base, such as of mentions, has no whole count.
    counted = simple and all(_is_count(pair) for pair in pairs)
    if counted and sizing.samples == "panel":
        return _of_pairs(pairs, measure, sizing)
    if counted and sizing.samples in {"independent", "unknown"}:
        return _of_counts(pairs, measure, sizing)
    return _of_designs(pairs, measure, sizing)


def no_quotient(pair: Pair, measure: str) -> str | None:
    """Why a pair has no ratio, or no odds ratio; None where it has one.

    Args:
        pair: The pair.
        measure: A name in MEASURES.
    """
    shares = {end.estimate for end in pair.ends}
    if measure in {"ratio", "percent"} and shares == {0.0}:
        return "Nobody gave the answer in either wave: 0 / 0 is no ratio."
    if measure == "odds_ratio" and shares <= {0.0, 1.0}:
        return "Nobody, or everybody, gave the answer in both waves: there are no odds to divide."
    return None


def _is_count(pair: Pair) -> bool:
    first, second = pair.ends
    return first.base != "mentions" and second.base != "mentions"


def numbers(pairs: Sequence[Pair], name: str) -> tuple[Floats, Floats]:
    """A number of both shares of each pair; the df of simple samples is infinite.

    Args:
        pairs: The pairs.
        name: A field of an estimate.
    """

    def column(which: int) -> Floats:
        values = [getattr(pair.ends[which], name) for pair in pairs]
        return np.array([math.inf if value is None else value for value in values], np.float64)

    return column(0), column(1)


def correlations_of(pairs: Sequence[Pair]) -> Floats:
    """(P,) correlation of the two shares of each pair.

    Args:
        pairs: The pairs.
    """
    known: dict[tuple[int, int, int], Floats] = {}
    found: list[float] = []
    for pair in pairs:
        if pair.correlation is not None:
            found.append(pair.correlation)
            continue
        key = (id(pair.table), pair.earlier, pair.later)
        if key not in known:
            known[key] = pair.table.between(pair.earlier, pair.later)
        found.append(float(known[key][pair.answer]))
    return np.array(found, np.float64)


def standard_errors(pairs: Sequence[Pair]) -> tuple[Floats, Floats]:
    """(P,) standard errors of the differences, and those of samples that share nobody.

    Args:
        pairs: The pairs.
    """
    first = np.array([pair.table.variances[pair.earlier, pair.answer] for pair in pairs])
    second = np.array([pair.table.variances[pair.later, pair.answer] for pair in pairs])
    apart = first + second
    shared = apart - 2 * correlations_of(pairs) * np.sqrt(first * second)
    return np.sqrt(np.maximum(shared, 0.0)), np.sqrt(apart)


def _of_counts(pairs: Sequence[Pair], measure: Measure, sizing: Sizing) -> Sizes:
    method = _method(sizing, measure.simple, "simple samples that share nobody")
    x1 = np.array([pair.table.counts[pair.earlier, pair.answer] for pair in pairs])
    x2 = np.array([pair.table.counts[pair.later, pair.answer] for pair in pairs])
    n1, n2 = numbers(pairs, "n")
    found = measure.of_counts(
        x1, n1, x2, n2, method=method, confidence_level=sizing.confidence_level
    )
    sizes = _sizes(found, pairs, sizing, method, np.full(len(pairs), math.inf))
    return replace(sizes, of_counts=sizing.measure == "difference")


def _of_pairs(pairs: Sequence[Pair], measure: Measure, sizing: Sizing) -> Sizes:
    method = _method(sizing, measure.panel, "the same people")
    counts: dict[tuple[int, int, int], Any] = {}
    cells = []
    for pair in pairs:
        key = (id(pair.table), pair.earlier, pair.later)
        if key not in counts:
            ends = pair.table.sampled[pair.earlier], pair.table.sampled[pair.later]
            counts[key] = paired_counts(*ends, pair.table.domain)
        place = list(pair.table.sampled[pair.earlier].shares.about.answers).index(
            pair.table.answers[pair.answer]
        )
        cells.append([column[place] for column in counts[key][:4]])
    found = measure.of_pairs(
        *np.array(cells, np.float64).T, method=method, confidence_level=sizing.confidence_level
    )
    sizes = _sizes(found, pairs, sizing, method, np.full(len(pairs), math.inf))
    table = np.array(cells, np.float64)
    _, earlier, later, _ = table.T
    n = table.sum(axis=1)
    error = np.sqrt(np.maximum(earlier + later - (later - earlier) ** 2 / n, 0.0)) / n
    return replace(sizes, cells=table, standard_error=error)


def _of_designs(pairs: Sequence[Pair], measure: Measure, sizing: Sizing) -> Sizes:
    if sizing.method not in {None, "newcombe", "mover"}:
        message = (
            f"method is '{sizing.method}'; samples with weights, strata, clusters or overlap have "
            "the hybrid 'mover' only, on the limits that interval= names"
        )
        raise MethodError(message)
    if sizing.interval not in mover.METHODS:
        raise MethodError(no_method("interval of a change", sizing.interval, mover.METHODS))
    df = numbers(pairs, "df")
    total = np.array([pair.table.df((pair.earlier, pair.later), pair.answer) for pair in pairs])
    ends = [
        column
        for which in (0, 1)
        for column in (
            numbers(pairs, "estimate")[which],
            numbers(pairs, "n")[which],
            numbers(pairs, "n_effective")[which],
            df[which],
        )
    ]
    found = measure.of_designs(
        *ends,
        correlation=correlations_of(pairs),
        df=total,
        method=sizing.interval,
        confidence_level=sizing.confidence_level,
    )
    return _sizes(found, pairs, sizing, f"mover ({sizing.interval})", total)


def _method(sizing: Sizing, methods: Sequence[str], whom: str) -> str:
    if sizing.method is None:
        return methods[0]
    if sizing.method not in methods:
        kind = f"{sizing.measure.replace('_', ' ')}"
        message = no_method(kind, sizing.method, methods)
        raise MethodError(f"{message} (these are the methods for {whom})")
    return sizing.method


def _sizes(found: Any, pairs: Sequence[Pair], sizing: Sizing, method: str, df: Floats) -> Sizes:
    if not len(pairs):
        raise NotEstimableError("no two shares are there to compare")
    columns = [np.atleast_1d(getattr(found, name)) for name in ("estimate", "low", "high")]
    if sizing.measure == "percent":
        columns = [100 * (column - 1) for column in columns]
    error, _ = standard_errors(pairs)
    return Sizes(
        effect=columns[0],
        low=columns[1],
        high=columns[2],
        p_value=np.atleast_1d(found.p_value),
        standard_error=error,
        df=df,
        method=method,
    )
