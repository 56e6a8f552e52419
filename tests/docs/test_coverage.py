"""The page on coverage, its results, and the script that makes both."""

import importlib.util
import sys
from math import comb
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint

import surveylib as sl
from surveylib.stats import intervals

DOCS = Path(__file__).parents[2] / "docs"
#: Names that statsmodels has for methods of ours.
STATSMODELS = {"wilson": "wilson", "clopper-pearson": "beta", "agresti-coull": "agresti_coull"}


@pytest.fixture(scope="module")
def coverage():
    """The script, under a name that no installed package has."""
    name = "docs_coverage"
    spec = importlib.util.spec_from_file_location(name, DOCS / "coverage.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[name]


@pytest.fixture(scope="module")
def rows(coverage):
    return coverage.read()


def of(rows, n, share, **wanted):
    """Rows of a simple sample, or of the sample that is wanted."""
    wanted = {"strata": "", "n": str(n), "true_share": f"{share:g}"} | wanted
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


@pytest.mark.parametrize(("n", "share"), [(30, 0.005), (100, 0.1), (300, 0.5), (1000, 0.02)])
def test_exact_rows_are_computed_again_to_the_last_digit(coverage, rows, n, share):
    assert list(coverage.simple(n, share)) == of(rows, n, share)


@pytest.mark.parametrize("method", STATSMODELS)
@pytest.mark.parametrize(("n", "share"), [(30, 0.005), (50, 0.1), (200, 0.35)])
def test_exact_rows_are_those_of_other_intervals_summed_one_by_one(rows, method, n, share):
    covered = width = 0.0
    for count in range(n + 1):
        chance = comb(n, count) * share**count * (1 - share) ** (n - count)
        low, high = proportion_confint(count, n, method=STATSMODELS[method])
        low, high = max(low, 0.0), min(high, 1.0)
        covered += chance * (low <= share <= high)
        width += chance * (high - low)
    (row,) = of(rows, n, share, method=method)
    assert float(row["covered"]) == pytest.approx(covered, abs=6e-7)
    assert float(row["mean_width"]) == pytest.approx(width, abs=6e-7)


@pytest.mark.parametrize(
    ("n", "share", "printed"),
    [
        (17, 0.5, 0.951),
        (40, 0.5, 0.919),
        (30, 0.2, 0.946),
        (98, 0.2, 0.928),
        (591, 0.005, 0.945),
        (592, 0.005, 0.792),
    ],
)
def test_wald_covers_as_brown_cai_and_dasgupta_2001_print(coverage, n, share, printed):
    (row,) = (row for row in coverage.simple(n, share) if row["method"] == "wald")
    # Their interval for nobody is a point, which holds no true share; ours holds the smallest.
    point = float(row["nobody"]) if share < 1 - 0.025 ** (1 / n) else 0.0
    assert float(row["covered"]) - point == pytest.approx(printed, abs=5e-4)


def test_the_page_says_how_low_each_method_falls_at_any_n(coverage):
    methods = ["wilson", "agresti-coull", "clopper-pearson", "wald"]
    lowest = np.full((len(methods), len(coverage.SHARES)), 1.0)
    shares = np.array(coverage.SHARES)[:, None]
    for n in range(30, 1001):
        counts = np.arange(n + 1)
        chances = binom.pmf(counts, n, shares)
        for place, method in enumerate(methods):
            found = intervals.proportion(counts, n, method=method)
            covered = (chances * ((found.low <= shares) & (shares <= found.high))).sum(axis=1)
            lowest[place] = np.minimum(lowest[place], covered)
    common, every = lowest[:, shares[:, 0] >= 0.05].min(axis=1), lowest.min(axis=1)
    text = " ".join((DOCS / "coverage.md").read_text("utf-8").split())
    names = "{} for Wilson, {} for Agresti–Coull, {} for Clopper–Pearson and {} for Wald"
    assert names.format(*(f"{100 * low:.1f}" for low in common)) in text
    assert (
        "with any of the shares, {}, {}, {} and {}.".format(*(f"{100 * low:.1f}" for low in every))
        in text
    )


def test_there_is_a_row_for_each_method_of_each_sample(coverage, rows):
    samples = len(coverage.SIMPLE_SIZES) * len(coverage.SHARES)
    clusters = len(list(coverage.samples()))
    every = len(intervals.METHODS)
    assert len(rows) == samples * every + clusters * (every + 1)


def test_each_sample_has_a_seed_of_its_own(coverage):
    seeds = [tuple(sample.numbers()) for sample in coverage.samples()]
    assert len(set(seeds)) == len(seeds)


def test_covered_and_missed_are_everything(rows):
    for row in rows:
        parts = [row[key] for key in ("covered", "true_share_below", "true_share_above")]
        assert sum(map(float, parts)) == pytest.approx(1, abs=1.6e-6)


@pytest.mark.parametrize("place", [0, 150, 300, 431])
def test_samples_drawn_anew_cover_as_often_within_their_error(coverage, rows, place):
    sample, draws = list(coverage.samples())[place], 1000
    parts = {
        "strata": f"{sample.strata}",
        "psus_per_stratum": f"{sample.psus}",
        "correlation": f"{sample.correlation:g}",
        "weights": sample.weights,
    }
    written = of(rows, sample.n, sample.share, **parts)
    anew = list(coverage.drawn(sample, draws, seed=coverage.SEED + 1))
    assert [row["method"] for row in anew] == [row["method"] for row in written]
    for new, old in zip(anew, written, strict=True):
        for key in ("covered", "true_share_below", "true_share_above", "nobody"):
            chance = float(old[key])
            # An error of 0 stands for less than one of all draws.
            error = np.sqrt(
                max(chance * (1 - chance), 1 / draws) * (1 / draws + 1 / coverage.DRAWS)
            )
            assert float(new[key]) == pytest.approx(chance, abs=4.5 * error)


@pytest.mark.parametrize("weights", ["equal", "unequal"])
def test_answers_in_a_unit_are_correlated_as_declared(coverage, weights):
    sample = coverage.Sample(strata=5, psus=2, n=20, correlation=0.2, weights=weights, share=0.2)
    said, weight, unit = coverage.people(sample, 40_000, np.random.default_rng(1))
    assert unit.tolist() == np.repeat(np.arange(10), 2).tolist()
    first, second = said[::2].ravel(), said[1::2].ravel()
    assert said.mean() == pytest.approx(0.2, abs=0.003)
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(0.2, abs=0.01)
    kish = (weight**2).mean() / weight.mean() ** 2
    assert kish == pytest.approx({"equal": 1.0, "unequal": np.exp(0.36)}[weights], abs=0.03)


@pytest.mark.parametrize("share", [0.02, 0.2])
def test_a_drawn_sample_has_the_interval_that_estimate_gives(coverage, share):
    sample = coverage.Sample(
        strata=5, psus=2, n=63, correlation=0.05, weights="unequal", share=share
    )
    shares, sizes = coverage.estimated(
        sample, *coverage.totals(sample, 3, np.random.default_rng(7))
    )
    said, weight, unit = coverage.people(sample, 3, np.random.default_rng(7))
    for draw in range(3):
        frame = pd.DataFrame({"yes": said[:, draw], "w": weight[:, draw], "psu": unit})
        frame["stratum"] = frame["psu"] // 2
        frame["yes"] = frame["yes"].map({True: "yes", False: "no"})
        found = sl.estimate(
            frame, "yes", design=sl.Design(weights="w", strata="stratum", psu="psu")
        )
        expected = intervals.design_proportion(shares[draw], 63, n_effective=sizes[draw], df=5)
        rows = [row for row in found.rows if row.answer == "yes"]
        assert bool(rows) == said[:, draw].any()
        for row in rows:
            assert row.estimate == pytest.approx(shares[draw], rel=1e-12)
            assert row.n_effective == pytest.approx(sizes[draw], rel=1e-9)
            assert (row.ci_low, row.ci_high) == pytest.approx(
                (expected.low, expected.high), rel=1e-9
            )


def test_the_tables_of_the_page_are_those_of_the_results(coverage, rows):
    text = (DOCS / "coverage.md").read_text("utf-8")
    assert all(f"<!-- table: {name} -->" in text for name in coverage.TABLES)
    assert coverage.filled(text, rows) == text


def test_a_table_marks_what_is_printed_as_below_93(coverage, rows):
    text = coverage.filled("<!-- table: simple, by share --><!-- end -->", rows)
    line = next(line for line in text.splitlines() if line.startswith("| wilson"))
    lowest = min(
        float(row["covered"])
        for n in coverage.SIMPLE_SIZES
        for row in of(rows, n, 0.005, method="wilson")
    )
    assert line.split("|")[2].strip() == f"**{100 * lowest:.1f}**"
