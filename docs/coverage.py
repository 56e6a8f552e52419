"""Compute how often each interval for a share holds the true share, and fill in docs/coverage.md.

Simple samples are summed exactly; samples in clusters are drawn, each with a seed of its own, so
that every run writes the same bytes. Takes some minutes: python docs/coverage.py
"""

from __future__ import annotations

import concurrent.futures
import csv
import itertools
import multiprocessing
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from surveylib.stats import intervals, variance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Row = dict[str, str]

FOLDER = Path(__file__).parent
RESULTS, PAGE = FOLDER / "coverage.csv", FOLDER / "coverage.md"

SHARES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
TRUE_SHARES = [f"{100 * share:g} %" for share in SHARES]
SIMPLE_SIZES = (30, 50, 100, 200, 300, 500, 1000)
#: Strata, sampling units in each, and respondents in all: 2 to 100 in a unit.
DESIGNS = {
    (5, 2): (30, 100, 300, 1000),
    (10, 4): (100, 300, 1000),
    (25, 4): (300, 1000),
}
CORRELATIONS = (0.01, 0.05, 0.2)
#: Standard deviation of the logarithm of the weights; 0.6 alone costs a design effect of 1.4.
WEIGHTS = {"equal": 0.0, "unequal": 0.6}
DRAWS = 5000
#: Draws held in memory at once.
BLOCK = 1000
SEED = 2026
#: Draws whose covariance is computed at once: all pairs are, and only the diagonal is wanted.
TOGETHER = 50
#: What a report does that does not know of the design.
IGNORED = "wilson, design ignored"
#: Percent; coverage below it is printed bold.
TOO_LOW = 93
#: Where ranges of the expected number of yes over the design effect begin and end.
EFFECTIVE_YES = (0, 1, 2, 5, 10, 20, np.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A sample in clusters, and the truth that it is drawn from.

    Args:
        strata: Strata, all with the same true share.
        psus: Sampling units in each stratum, drawn with replacement.
        n: Respondents in all, spread over the units as evenly as can be.
        correlation: Of the answers of two respondents of one unit.
        weights: A name in WEIGHTS; weights have nothing to do with the answers.
        share: The true share.
    """

    strata: int
    psus: int
    n: int
    correlation: float
    weights: str
    share: float

    def units(self) -> int:
        """Sampling units in all."""
        return self.strata * self.psus

    def numbers(self) -> list[int]:
        """Numbers that no other sample has: with them as a seed, each is drawn apart."""
        parts = round(self.correlation * 1000), round(self.share * 1000)
        kind = list(WEIGHTS).index(self.weights)
        return [self.strata, self.psus, self.n, *parts, kind]

    def effective_yes(self) -> float:
        """Expected number of yes over the design effect, of clusters and of weights (Kish)."""
        clusters = 1 + (self.n / self.units() - 1) * self.correlation
        return self.n * self.share / clusters / float(np.exp(WEIGHTS[self.weights] ** 2))


def people(
    sample: Sample, draws: int, random: np.random.Generator
) -> tuple[NDArray[np.bool_], Floats, NDArray[np.int64]]:
    """Draw who said yes and all weights, (n, draws) each, and the unit of each, (n,), in order."""
    spare = 1 / sample.correlation - 1
    # The chance of a unit varies as a beta does: its variance is correlation p (1 - p).
    of_units = (sample.units(), draws)
    chance = random.beta(sample.share * spare, (1 - sample.share) * spare, of_units)
    unit = np.sort(np.arange(sample.n) % sample.units())
    weights = random.lognormal(0.0, WEIGHTS[sample.weights], (sample.n, draws))
    return random.random((sample.n, draws)) < chance[unit], weights, unit


def totals(sample: Sample, draws: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Weighted totals of those who said yes and of all: (units, draws) each."""
    said, weights, unit = people(sample, draws, random)
    first = np.searchsorted(unit, np.arange(sample.units()))
    return np.add.reduceat(weights * said, first), np.add.reduceat(weights, first)


def estimated(sample: Sample, yes: Floats, base: Floats) -> tuple[Floats, Floats]:
    """Shares and effective sizes of all draws, by linearisation over units within strata."""
    share, linearised = variance.shares(yes, base)
    stratum = np.repeat(np.arange(sample.strata), sample.psus)
    spread = np.concatenate(
        [
            np.diagonal(
                variance.covariance(variance.moments(linearised[:, at], stratum, sample.strata))
            )
            for at in np.array_split(np.arange(len(share)), -(-len(share) // TOGETHER))
        ]
    )
    # A share of 0 or 1, or a variance of 0, says nothing of the design: n stands, as everywhere.
    known = (share > 0) & (share < 1) & (spread > 0)
    size = share * (1 - share) / np.where(known, spread, 1.0)
    return share, np.where(known, size, float(sample.n))


def drawn(sample: Sample, draws: int = DRAWS, *, seed: int = SEED) -> Iterator[Row]:
    """Rows of a sample in clusters: one for each method, and one that ignores the design."""
    random = np.random.default_rng([seed, *sample.numbers()])
    found = [
        estimated(sample, *totals(sample, min(BLOCK, draws - done), random))
        for done in range(0, draws, BLOCK)
    ]
    share = np.concatenate([shares for shares, _ in found])
    size = np.concatenate([sizes for _, sizes in found])
    df = variance.degrees_of_freedom(sample.units(), sample.strata)
    equally = np.full(len(share), 1 / len(share))
    for method in intervals.METHODS:
        interval = intervals.design_proportion(
            share, sample.n, n_effective=size, df=df, method=method
        )
        yield _row(sample, method, interval, share, equally)
    ignored = intervals.proportion(share * sample.n, sample.n)
    yield _row(sample, IGNORED, ignored, share, equally)


def simple(n: int, share: float) -> Iterator[Row]:
    """Rows of a simple sample, one for each method: sums over every count that may come."""
    counts = np.arange(n + 1)
    chances = stats.binom.pmf(counts, n, share)
    sample = Sample(strata=1, psus=n, n=n, correlation=0.0, weights="equal", share=share)
    for method in intervals.METHODS:
        interval = intervals.proportion(counts, n, method=method)
        yield _row(sample, method, interval, counts / n, chances)


def _row(
    sample: Sample, method: str, interval: intervals.Interval, shares: Floats, chances: Floats
) -> Row:
    """What the intervals of all outcomes come to, each with its chance."""
    decimals = 4 if sample.correlation else 6

    def chance(where: NDArray[np.bool_] | Floats) -> str:
        return f"{(chances * where).sum():.{decimals}f}"

    clustered = sample.correlation > 0
    return {
        "strata": str(sample.strata) if clustered else "",
        "psus_per_stratum": str(sample.psus) if clustered else "",
        "correlation": f"{sample.correlation:g}" if clustered else "",
        "weights": sample.weights,
        "n": str(sample.n),
        "true_share": f"{sample.share:g}",
        "method": method,
        "covered": chance((interval.low <= sample.share) & (sample.share <= interval.high)),
        "true_share_below": chance(sample.share < interval.low),
        "true_share_above": chance(sample.share > interval.high),
        "mean_width": chance(interval.high - interval.low),
        "nobody": chance(shares == 0),
    }


def samples() -> Iterator[Sample]:
    """Every sample in clusters."""
    for (strata, psus), sizes in DESIGNS.items():
        for n, correlation, weights, share in itertools.product(
            sizes, CORRELATIONS, WEIGHTS, SHARES
        ):
            yield Sample(
                strata=strata,
                psus=psus,
                n=n,
                correlation=correlation,
                weights=weights,
                share=share,
            )


def _all_drawn(sample: Sample) -> list[Row]:
    """A list, which can be sent from one process to another."""
    return list(drawn(sample))


def computed() -> list[Row]:
    """Every row: simple samples, then samples in clusters."""
    exact = itertools.chain.from_iterable(
        simple(n, share) for n, share in itertools.product(SIMPLE_SIZES, SHARES)
    )
    # A fresh start of each process is the same on every system.
    with concurrent.futures.ProcessPoolExecutor(
        mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        return [*exact, *itertools.chain.from_iterable(pool.map(_all_drawn, samples()))]


def read() -> list[Row]:
    """The rows as they were written."""
    with RESULTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _percent(covered: Iterable[str], middle: Callable[[Floats], float] = np.min) -> str:
    """One figure of many cells in percent; bold, where it is printed as below TOO_LOW."""
    figure = float(middle(np.array([float(cell) for cell in covered])))
    printed = f"{100 * figure:.1f}"
    return f"**{printed}**" if float(printed) < TOO_LOW else printed


def _table(header: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """A table in Markdown; all but the first column are numbers."""
    head = list(header)
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *lines])


def _of(rows: Iterable[Row], **wanted: object) -> list[Row]:
    """The rows that have these values."""
    return [row for row in rows if all(row[key] == f"{wanted[key]}" for key in wanted)]


def _by_method(rows: list[Row]) -> str:
    """Lowest and mean coverage of each method, and its width."""
    wilson = np.array([float(row["mean_width"]) for row in _of(rows, method="wilson")])
    head = ["method", "lowest", "mean", f"below {TOO_LOW} %", "width beside Wilson's"]
    lines = []
    for method in dict.fromkeys(row["method"] for row in rows):
        own = _of(rows, method=method)
        covered = [row["covered"] for row in own]
        low = sum(_percent([cell]).startswith("*") for cell in covered)
        width = np.mean(np.array([float(row["mean_width"]) for row in own]) / wilson) - 1
        wider = f"{100 * width:+.0f} %".replace("-", "−") if method != "wilson" else ""
        share = f"{low} of {len(own)}"
        lines.append([method, _percent(covered), _percent(covered, np.mean), share, wider])
    return _table(head, lines)


def _by_share(rows: list[Row]) -> str:
    """Lowest coverage over all n: a method a row, a true share a column."""
    lines = (
        [
            method,
            *(
                _percent(row["covered"] for row in _of(rows, method=method, true_share=share))
                for share in SHARES
            ),
        ]
        for method in intervals.METHODS
    )
    return _table(["method", *TRUE_SHARES], lines)


def _by_effective_yes(rows: list[Row]) -> str:
    """Lowest coverage: a method a row, a range of the effective number of yes a column."""
    pairs = list(itertools.pairwise(EFFECTIVE_YES))
    expected = [_sample(row).effective_yes() for row in rows]
    head = [f"under {high}" if not low else f"{low} to {high}" for low, high in pairs[:-1]]
    lines = []
    for method in dict.fromkeys(row["method"] for row in rows):
        line = [method]
        for low, high in pairs:
            inside = zip(rows, expected, strict=True)
            own = [row for row, count in inside if low <= count < high]
            line.append(_percent(row["covered"] for row in _of(own, method=method)))
        lines.append(line)
    return _table(["method", *head, f"{pairs[-1][0]} and more"], lines)


def _by_design(rows: list[Row], method: str) -> str:
    """Lowest coverage over n and weights: a design a row, a true share a column."""
    lines = []
    for (strata, psus), correlation in itertools.product(DESIGNS, CORRELATIONS):
        wanted = {"strata": strata, "psus_per_stratum": psus, "correlation": correlation}
        own = _of(rows, method=method, **wanted)
        cells = ((row["covered"] for row in _of(own, true_share=share)) for share in SHARES)
        name = f"{strata} × {psus}, correlation {correlation:g}"
        lines.append([name, *(_percent(cell) for cell in cells)])
    return _table(["strata × units", *TRUE_SHARES], lines)


def _sample(row: Row) -> Sample:
    """The sample in clusters that a row is of."""
    return Sample(
        strata=int(row["strata"]),
        psus=int(row["psus_per_stratum"]),
        n=int(row["n"]),
        correlation=float(row["correlation"]),
        weights=row["weights"],
        share=float(row["true_share"]),
    )


#: The tables of the page by the name in their markers, from simple rows and rows in clusters.
TABLES: Mapping[str, Callable[[list[Row], list[Row]], str]] = {
    "simple, by method": lambda exact, _: _by_method(exact),
    "simple, by share": lambda exact, _: _by_share(exact),
    "clusters, by method": lambda _, clusters: _by_method(clusters),
    "clusters, by effective yes": lambda _, clusters: _by_effective_yes(clusters),
    "clusters, wilson": lambda _, clusters: _by_design(clusters, "wilson"),
}


def filled(text: str, rows: list[Row]) -> str:
    """The page with every table between its markers; the rest is written by hand."""
    exact = [row for row in rows if not row["strata"]]
    clusters = [row for row in rows if row["strata"]]

    def table(found: re.Match[str]) -> str:
        return f"{found[1]}\n\n{TABLES[found[2]](exact, clusters)}\n\n{found[3]}"

    return re.sub(r"(<!-- table: (.+?) -->).*?(<!-- end -->)", table, text, flags=re.DOTALL)


def main() -> None:
    """Compute all, write the results and fill in the page."""
    rows = computed()
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    PAGE.write_text(filled(PAGE.read_text("utf-8"), rows), "utf-8", newline="\n")
    print(RESULTS, PAGE)


if __name__ == "__main__":
    main()
