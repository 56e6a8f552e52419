"""Compute how often changes and trends are shown that are not there; fill in docs/error_rates.md.

Changes between simple samples are summed exactly. All others are drawn, each with a seed of its
own, so that every run writes the same bytes, and asked of `sl.change` and `sl.trend` as any study
would be: many questions with made-up answers in one data frame. Takes some minutes on two cores:
python docs/error_rates.py
"""

from __future__ import annotations

import concurrent.futures
import csv
import itertools
import math
import multiprocessing
import os
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

import surveylib as sl
from surveylib.analysis.series.measures import MEASURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Row = dict[str, str]

FOLDER = Path(__file__).parent
RESULTS, PAGE = FOLDER / "error_rates.csv", FOLDER / "error_rates.md"

SEED = 2026
#: Questions that one data frame holds; each is a draw.
BATCH = 100
#: How far an answer of one wave stays with a person who answers in the next one, too.
KEPT = 0.6
#: Standard deviation of the logarithm of weights, where there are any.
SPREAD = 0.4
#: Where the four ordered answers of a question end, in parts of all respondents.
ENDS = (0.4, 0.7, 0.9)
#: Counts less likely than this are left out of exact sums.
LEAST = 1e-10
#: What a 95 % interval, and a test at 5 %, promise.
LEVEL = 0.95
#: Percent; more false alarms than this are printed bold: 2 points more than promised.
TOO_MANY = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Samples of some waves, what is true of them, and what is asked of them.

    Args:
        table: The table of the page that it is in.
        what: What is done, in words.
        share: The true share in the first wave.
        later: In the last one; between them it moves along a straight line.
        waves: Waves.
        n: Respondents in each.
        units: Sampling units in each wave, in strata of two; 0 for simple samples.
        alike: Correlation of the answers of two respondents of one unit.
        same_units: Whether the same units are drawn in each wave.
        overlap: Part of the respondents who answer in the next wave, too.
        ordered: Whether there are four ordered answers, and not yes or no.
        told: Whether the design is told.
        asks: Options of `sl.change` or `sl.trend`.
        draws: Samples.
    """

    table: str
    what: str
    share: float
    later: float
    waves: int = 2
    n: int = 300
    units: int = 0
    alike: float = 0.0
    same_units: bool = False
    overlap: float = 0.0
    ordered: bool = False
    told: bool = True
    asks: Mapping[str, Any] = field(default_factory=dict)
    draws: int = 1000

    def seed(self) -> list[int]:
        """Numbers that no cell of other samples has: with them as a seed, each is drawn apart."""
        parts = (self.share, self.later, self.alike, self.overlap)
        whole = (self.waves, self.n, self.units, int(self.same_units), int(self.ordered))
        return [SEED, *whole, *(round(10_000 * part) for part in parts)]

    def shares(self) -> Floats:
        """(W,) the true shares."""
        return np.linspace(self.share, self.later, self.waves)

    @property
    def design(self) -> sl.Design | None:
        """What is told of the design."""
        if not self.units or not self.told:
            return None
        return sl.Design(weights="weight", strata="stratum", psu="psu")


def people(cell: Cell) -> Whole:
    """(W, N) who answers in each wave; a part of them answers in the next one, too."""
    step = cell.n - round(cell.overlap * cell.n)
    return np.arange(cell.waves)[:, None] * step + np.arange(cell.n)


def drawn(cell: Cell, random: np.random.Generator, questions: int = BATCH) -> pd.DataFrame:
    """One data frame, of which every question is a draw of its own.

    Args:
        cell: The samples.
        random: Draws from here.
        questions: How many.
    """
    who, parts = people(cell), []
    chances = np.zeros(())
    place = random.random((cell.n, questions))
    luck = random.random((cell.units, questions))
    for wave, share in enumerate(cell.shares()):
        if wave:
            place = _answering_again(cell, place, random)
            luck = luck if cell.same_units else random.random((cell.units, questions))
        ends = np.array(ENDS if cell.ordered else [share])
        unit = who[wave] % max(cell.units, 1)
        chances = _chances(cell, ends, luck)
        # Who is below a chance says so; of ordered answers, whoever is past more ends is higher.
        past = (place[None] >= chances[:, unit]).sum(axis=0)
        answers = past if cell.ordered else 1 - past
        part = pd.DataFrame(answers, columns=[f"q{one}" for one in range(questions)])
        code = unit if cell.same_units else 1000 * wave + unit
        weight = random.lognormal(0.0, SPREAD, cell.n)
        parts.append(part.assign(wave=2015 + wave, person=who[wave], psu=code, stratum=unit // 2,
                                 weight=weight))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _answering_again(cell: Cell, place: Floats, random: np.random.Generator) -> Floats:
    """Where people stand in the next wave: some keep their place, all others find a new one."""
    fresh = random.random(place.shape)
    both = round(cell.overlap * cell.n)
    if both:
        before = place[cell.n - both :]
        keeps = random.random(before.shape) < KEPT
        fresh[:both] = np.where(keeps, before, fresh[:both])
    return fresh


def _chances(cell: Cell, ends: Floats, luck: Floats) -> Floats:
    """(E, U, Q) the chance of being below each end in each unit.

    The chance of a unit varies as a beta does: its variance is correlation p (1 - p).
    """
    if not cell.alike:
        return np.broadcast_to(ends[:, None, None], (len(ends), max(cell.units, 1), luck.shape[1]))
    spare = 1 / cell.alike - 1
    rows = [stats.beta.ppf(luck, end * spare, (1 - end) * spare) for end in ends]
    return np.array(rows, np.float64)


def computed(cell: Cell, draws: int | None = None) -> Row:
    """What `sl.change` or `sl.trend` says of all draws.

    Args:
        cell: The samples, and what is asked.
        draws: How many; a whole number of data frames. Left out, as many as the cell has.
    """
    random = np.random.default_rng(cell.seed())
    found: list[Any] = []
    first = 0
    every = draws or cell.draws
    for _ in range(every // BATCH):
        frame = drawn(cell, random)
        names = [f"q{one}" for one in range(BATCH)]
        if not cell.ordered:  # an answer that nobody gave cannot be asked for
            names = [f"{name}/1" for name in names if _given(cell, frame, name)]
        asked = sl.change if cell.waves == 2 else sl.trend
        found += asked(frame, names, wave="wave", design=cell.design, **cell.asks).rows
        first = first or len(found)
    return _row(cell, found, every, first)


def _given(cell: Cell, frame: pd.DataFrame, name: str) -> bool:
    """Whether somebody says yes: in any wave or, where people are looked at, in each."""
    yes = frame[name].groupby(frame["wave"]).any()
    return bool(yes.all() if "ids" in cell.asks else yes.any())


#: What is wrong where nothing changed, or where a change is just as large as the margin.
_SHOWN = {"increased", "decreased", "rising", "falling", "changing"}


def _row(cell: Cell, found: list[Any], every: int, first: int) -> Row:
    """The rates of one cell; what its first data frame gave stands apart, to be checked soon."""
    some = len(found)
    if "margin" in cell.asks:
        wrong = np.array([row.equivalence <= 1 - LEVEL for row in found])
    else:
        wrong = np.array([row.verdict in _SHOWN for row in found])
    low, high = (np.array([_limit(row, end) for row in found]) for end in ("low", "high"))
    true = 0.0 if cell.waves > 2 else _true(cell)
    sides = ("true_below", true < low), ("true_above", high < true)
    told = _told(cell) | {"method": "; ".join(sorted({_method(row) for row in found}))}
    told |= {"draws": f"{every}", "none": f"{1 - some / every:.4f}"}
    changed = cell.share != cell.later and "margin" not in cell.asks
    told |= _rate("wrong", None if changed else wrong.mean(), some)
    bounded = np.isfinite(low).all()
    told |= _rate("covered", ((low <= true) & (true <= high)).mean() if bounded else None, some)
    told |= {name: f"{side.mean():.4f}" if bounded else "" for name, side in sides}
    joints = [row.statistic > 0 for row in found if _method(row) == "joinpoint"]
    told["joints"] = f"{np.mean(joints):.4f}" if joints else ""
    return told | {
        "first_wrong": f"{wrong[:first].sum()}",
        "first_low": f"{low[:first].mean():.8f}" if bounded else "",
    }


def _rate(name: str, rate: float | None, draws: float) -> Row:
    """A rate with its standard error, which draws alone bring."""
    if rate is None:
        return {name: "", f"{name}_error": ""}
    error = math.sqrt(rate * (1 - rate) / draws) if draws else 0.0
    return {name: f"{rate:.4f}", f"{name}_error": f"{error:.4f}"}


def _method(row: Any) -> str:
    return str(row.method if hasattr(row, "method") else row.test)


def _limit(row: Any, end: str) -> float:
    """A limit of the change, or of the slope; infinite where nothing bounds a ratio."""
    name = f"ci_{end}" if hasattr(row, "method") else f"slope_{end}"
    found = getattr(row, name)
    if found is None:
        return math.inf if hasattr(row, "method") and end == "high" else math.nan
    return float(found)


def _true(cell: Cell) -> float:
    """The true change between two waves, on the scale of its measure."""
    before, after = cell.share, cell.later
    measure = cell.asks.get("measure", "difference")
    odds = after * (1 - before) / (before * (1 - after))
    return {"difference": after - before, "ratio": after / before, "odds_ratio": odds}[measure]


def _told(cell: Cell) -> Row:
    """What a cell is, in columns."""
    return {
        "table": cell.table,
        "what": cell.what,
        "measure": cell.asks.get("measure", "difference") if cell.waves == 2 else "trend",
        "waves": f"{cell.waves}",
        "n": f"{cell.n}",
        "units": f"{cell.units or ''}",
        "correlation_in_units": f"{cell.alike:g}" if cell.units else "",
        "overlap": f"{cell.overlap:g}",
        "share": f"{cell.share:g}",
        "later_share": f"{cell.later:g}",
    }


def exact(cell: Cell) -> Row:
    """Rates of a change between simple samples: sums over every two counts that may come.

    The arithmetic is that of `sl.change`, which is `MEASURES` of these samples.

    Args:
        cell: The samples, and the measure.
    """
    n, name = cell.n, str(cell.asks["measure"])
    measure = MEASURES[name]
    chance, count = [], []
    for share in (cell.share, cell.later):
        each = stats.binom.pmf(np.arange(n + 1), n, share)
        count.append(np.flatnonzero(each > LEAST))
        chance.append(each[count[-1]])
    first, second = (column.ravel() for column in np.meshgrid(*count, indexing="ij"))
    weight = np.outer(*chance).ravel()
    # Two shares of 0 have no ratio, and two of 0 or of 1 no ratio of odds.
    there = np.ones(len(first), bool)
    if name != "difference":
        there = (first + second > 0) & ((name == "ratio") | (first + second < 2 * n))
    first, second, kept = first[there], second[there], weight[there]
    method = measure.simple[0]
    found = measure.of_counts(first, n, second, n, method=method, confidence_level=LEVEL)
    true, kept = _true(cell), kept / kept.sum()
    shown = (found.low > measure.null) | (found.high < measure.null)
    rates = {"true_below": true < found.low, "true_above": found.high < true}
    covered = 1 - sum(float(kept @ side) for side in rates.values())
    told = _told(cell) | {"method": method, "draws": "", "none": f"{1 - weight[there].sum():.4f}"}
    told |= _rate("wrong", None if cell.share != cell.later else float(kept @ shown), 0)
    told |= _rate("covered", covered, 0)
    told |= {side: f"{float(kept @ where):.4f}" for side, where in rates.items()}
    return told | {"joints": "", "first_wrong": "", "first_low": ""}


#: A true share, and the one that it rises to where something changes.
RISES = {0.02: 0.04, 0.1: 0.15, 0.5: 0.55}
#: Sampling units and respondents of samples in clusters.
CLUSTERS = ((20, 300), (40, 1000))


def exact_cells() -> Iterator[Cell]:
    """Changes between simple samples."""
    for measure, share, n in itertools.product(
        ("difference", "ratio", "odds_ratio"), RISES, (100, 300, 1000)
    ):
        for later in (share, RISES[share]):
            yield Cell(table="simple", what=measure.replace("_", " "), share=share, later=later,
                       n=n, asks={"measure": measure})  # fmt: skip


def drawn_cells() -> Iterator[Cell]:
    """All others."""
    yield from _designs()
    yield from _people_again()
    yield from _margins()
    yield from _trends()
    yield from _ignored()


def _cell(table: str, what: str, share: float, **more: Any) -> Cell:
    """A cell in which nothing changes, if nothing else is said."""
    return Cell(**{"table": table, "what": what, "share": share, "later": share, **more})


def _designs() -> Iterator[Cell]:
    for (units, n), share in itertools.product(CLUSTERS, RISES):
        one = _cell("designs", "other units in each wave", share, units=units, n=n, alike=0.05)
        yield one
        yield replace(one, later=RISES[share])
        yield replace(one, alike=0.0)
        if share > 0.02:
            shared = {"samples": "shared-psu"}
            yield replace(one, what="the same units, other people", same_units=True, asks=shared)
    for measure, share in itertools.product(("ratio", "odds_ratio"), (0.1, 0.5)):
        one = _cell("designs", "other units in each wave", share, units=40, n=1000, alike=0.05,
                    asks={"measure": measure})  # fmt: skip
        yield from (one, replace(one, later=RISES[share]))


def _people_again() -> Iterator[Cell]:
    for share, overlap in itertools.product(RISES, (0.0, 0.3, 0.7, 1.0)):
        asks = {"samples": "rotating" if overlap else "independent", "ids": "person"}
        one = _cell("people", "rotating", share, overlap=overlap, asks=asks)
        yield one
        if share == 0.1:
            yield replace(one, n=100)
            if overlap:
                yield replace(one, later=RISES[share])
    for n, share in itertools.product((100, 300), RISES):
        if n == 100 and share == 0.02:
            continue
        asks = {"samples": "panel", "ids": "person"}
        one = _cell("people", "panel", share, n=n, overlap=1.0, asks=asks)
        yield one
        if n == 300:
            yield replace(one, later=RISES[share])
    yield _cell("people", "rotating, in clusters", 0.1, n=1000, units=40, alike=0.05, overlap=0.7,
                same_units=True, asks={"samples": "rotating", "ids": "person"})  # fmt: skip


def _margins() -> Iterator[Cell]:
    for share, n in itertools.product((0.1, 0.5), (300, 1000)):
        yield Cell(table="margins", what="simple samples", share=share, later=RISES[share], n=n,
                   asks={"margin": 0.05})  # fmt: skip
    for share in (0.1, 0.5):
        yield Cell(table="margins", what="clusters", share=share, later=RISES[share], n=1000,
                   units=40, alike=0.05, asks={"margin": 0.05})  # fmt: skip


def _trends() -> Iterator[Cell]:
    five: dict[str, Any] = {"waves": 5}
    for n, share in itertools.product((100, 300), RISES):
        yield _cell("trends", "simple samples", share, n=n, **five)
    for (units, n), share, same in itertools.product(CLUSTERS, RISES, (False, True)):
        if share == 0.02 and same:
            continue
        what = "the same units, other people" if same else "other units in each wave"
        asks = {"samples": "shared-psu"} if same else {}
        for test in ("logistic", "least-squares"):
            yield _cell("trends", what, share, units=units, n=n, alike=0.05, same_units=same,
                        asks={"test": test, **asks}, **five)  # fmt: skip
    for overlap in (0.7, 1.0):
        what = "rotating" if overlap < 1 else "panel"
        asks = {"test": "least-squares", "samples": what, "ids": "person"}
        yield _cell("trends", what, 0.1, overlap=overlap, asks=asks, **five)
    five["draws"] = 500
    order = {"order": [str(place) for place in range(len(ENDS) + 1)]}
    for test, (units, n) in itertools.product(
        ("cumulative-link", "jonckheere-terpstra", "homogeneity"), ((0, 100), *CLUSTERS)
    ):
        if units and test == "jonckheere-terpstra":
            continue
        yield _cell("ordered", "clusters" if units else "simple samples", ENDS[0], units=units, n=n,
                    alike=0.05 if units else 0.0, ordered=True, asks={"test": test, **order},
                    **five)  # fmt: skip
    for test, share in itertools.product(("mann-kendall", "joinpoint"), RISES):
        few: dict[str, Any] = {"test": test, "draws": 199}
        yield _cell("trends", "simple samples", share, waves=10, asks=few)


def _ignored() -> Iterator[Cell]:
    blind: dict[str, Any] = {"units": 20, "n": 1000, "alike": 0.05}
    for waves in (2, 5):
        how: dict[str, Any] = {"waves": waves}
        yield _cell("ignored", "clusters told", 0.1, **how, **blind)
        yield _cell("ignored", "clusters not told", 0.1, told=False, **how, **blind)
        yield _cell("ignored", "panel called independent", 0.1, overlap=1.0, **how)
        again = {"samples": "independent", "reused_ids": True}
        yield _cell("ignored", "the same units called others", 0.1, **how, **blind,
                    same_units=True, asks=again)  # fmt: skip


def every() -> list[Row]:
    """Every row: simple samples, then all that is drawn."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read by the processes that start from here
    # A fresh start of each process is the same on every system.
    with concurrent.futures.ProcessPoolExecutor(
        mp_context=multiprocessing.get_context("spawn")
    ) as pool:
        one, more = pool.map(exact, exact_cells()), pool.map(computed, drawn_cells())
        return [*one, *more]


def read() -> list[Row]:
    """The rows as they were written."""
    with RESULTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


#: Columns that tell the lines of a table apart, and their heads.
_HEADS = {
    "what": "samples",
    "method": "method",
    "n": "n",
    "units": "units",
    "correlation_in_units": "correlation in a unit",
    "overlap": "in both",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A table of the page.

    Args:
        table: Which cells.
        keys: Columns that tell its lines apart.
        rate: `wrong` or `covered`.
        across: The column whose values stand side by side.
        changing: Whether the cells with a true change are shown, or those without.
    """

    table: str
    keys: tuple[str, ...]
    rate: str = "wrong"
    across: str = "share"
    changing: bool = False


#: The tables of the page by the name in their markers.
TABLES: Mapping[str, Shown] = {
    "simple, alarms": Shown(table="simple", keys=("what", "method", "n")),
    "simple, covered": Shown(
        table="simple", keys=("what", "method", "n"), rate="covered", changing=True
    ),
    "designs, alarms": Shown(
        table="designs", keys=("measure", "what", "units", "n", "correlation_in_units")
    ),
    "designs, covered": Shown(
        table="designs", keys=("measure", "units", "n"), rate="covered", changing=True
    ),
    "people, alarms": Shown(table="people", keys=("what", "method", "n", "overlap")),
    "people, covered": Shown(
        table="people", keys=("what", "method", "n", "overlap"), rate="covered", changing=True
    ),
    "margins": Shown(table="margins", keys=("what", "n"), changing=True),
    "trends, alarms": Shown(table="trends", keys=("method", "what", "waves", "n", "units")),
    "trends, covered": Shown(
        table="trends", keys=("method", "what", "waves", "n", "units"), rate="covered"
    ),
    "ordered": Shown(table="ordered", keys=("method", "what", "n", "units"), across="waves"),
    "ignored": Shown(table="ignored", keys=("what",), across="waves"),
}


def _percent(row: Row, rate: str) -> str:
    """A rate in percent with its error; bold, where more is wrong than may be."""
    if not row[rate]:
        return ""
    size, error = (f"{100 * float(row[name]):.1f}" for name in (rate, f"{rate}_error"))
    text = f"{size} ± {error}" if row["draws"] else size
    missed = float(size) if rate == "wrong" else 100 - float(size)
    return f"**{text}**" if missed > TOO_MANY else text


def _head(name: str, shown: Shown) -> str:
    """What stands above a rate."""
    if shown.across == "waves":
        return f"{name} waves"
    share = float(name)
    rise = f" to {100 * RISES[share]:g}" if shown.changing else ""
    return f"{100 * share:g}{rise} %"


def table(shown: Shown, rows: Iterable[Row]) -> str:
    """A table in Markdown.

    Args:
        shown: Which.
        rows: All results.
    """
    own = [
        row
        for row in rows
        if row["table"] == shown.table
        and (row["later_share"] != row["share"]) == shown.changing
        and row[shown.rate]
    ]
    across = sorted({row[shown.across] for row in own}, key=float)
    lines: dict[tuple[str, ...], dict[str, str]] = {}
    for row in own:
        line = lines.setdefault(tuple(row[key] for key in shown.keys), {})
        line[row[shown.across]] = _percent(row, shown.rate)
    heads = [*(_HEADS.get(key, key) for key in shown.keys), *(_head(one, shown) for one in across)]
    rule = [*("---" for _ in shown.keys), *("---:" for _ in across)]
    written = [
        [*(part.replace("_", " ") for part in line), *(cells.get(one, "") for one in across)]
        for line, cells in lines.items()
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in [heads, rule, *written])


def filled(text: str, rows: list[Row]) -> str:
    """The page with every table between its markers; the rest is written by hand."""

    def of(found: re.Match[str]) -> str:
        return f"{found[1]}\n\n{table(TABLES[found[2]], rows)}\n\n{found[3]}"

    return re.sub(r"(<!-- table: (.+?) -->).*?(<!-- end -->)", of, text, flags=re.DOTALL)


def main() -> None:
    """Compute all, write the results and fill in the page."""
    rows = every()
    with RESULTS.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    PAGE.write_text(filled(PAGE.read_text("utf-8"), rows), "utf-8", newline="\n")
    print(RESULTS, PAGE)


if __name__ == "__main__":
    main()
