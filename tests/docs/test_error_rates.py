"""The page on error rates, its results, and the script that makes both."""

import importlib.util
import sys
from itertools import chain
from math import comb
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def rates():
    """The script, under a name that no installed package has."""
    name = "docs_error_rates"
    spec = importlib.util.spec_from_file_location(name, DOCS / "error_rates.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules[name]


@pytest.fixture(scope="module")
def rows(rates):
    return rates.read()


def of(rows, **wanted):
    """The rows with these values."""
    found = [row for row in rows if all(row[key] == str(one) for key, one in wanted.items())]
    assert found, wanted
    return found


def cell_of(cells, **wanted):
    (found,) = (
        cell for cell in cells if all(getattr(cell, key) == one for key, one in wanted.items())
    )
    return found


@pytest.mark.parametrize("measure", ["difference", "ratio", "odds_ratio"])
def test_exact_rows_are_computed_again_to_the_last_digit(rates, rows, measure):
    wanted = {"n": 100, "share": 0.1, "later": 0.1, "what": measure.replace("_", " ")}
    cell = cell_of(rates.exact_cells(), **wanted)
    (row,) = of(rows, table="simple", measure=measure, n=100, share=0.1, later_share=0.1)
    assert rates.exact(cell) == row


@pytest.mark.parametrize(
    "wanted",
    [
        {"table": "people", "what": "panel", "n": 100, "share": 0.1},
        {"table": "designs", "units": 20, "share": 0.5, "later": 0.5, "alike": 0.05,
         "same_units": True},
    ],
)  # fmt: skip
def test_the_first_frame_of_drawn_rows_is_computed_again(rates, rows, wanted):
    cell = cell_of(rates.drawn_cells(), **wanted)
    anew = rates.computed(cell, rates.BATCH)
    same = ("table", "what", "measure", "n", "units", "correlation_in_units", "share",
            "later_share", "method", "first_wrong")  # fmt: skip
    (row,) = of(rows, **{key: anew[key] for key in same})
    assert float(anew["first_low"]) == pytest.approx(float(row["first_low"]), abs=2e-8)
    assert anew["wrong"] == f"{int(row['first_wrong']) / rates.BATCH:.4f}"


def test_exact_rows_are_those_of_another_librarys_intervals_summed_one_by_one(rates):
    n, share = 12, 0.3
    covered = 0.0
    for first in range(n + 1):
        for second in range(n + 1):
            chance = comb(n, first) * comb(n, second) * share ** (first + second)
            chance *= (1 - share) ** (2 * n - first - second)
            low, high = confint_proportions_2indep(second, n, first, n, method="newcomb")
            covered += chance * (low <= 0 <= high)
    cell = rates.Cell(table="", what="", share=share, later=share, n=n,
                      asks={"measure": "difference"})  # fmt: skip
    assert float(rates.exact(cell)["covered"]) == pytest.approx(covered, abs=6e-5)


def drawn(rates, questions=4000, **more):
    cell = rates.Cell(**{"table": "", "what": "", "share": 0.3, "later": 0.3, **more})
    return rates.drawn(cell, np.random.default_rng(1), questions)


def answers(frame):
    return frame.filter(regex="^q").to_numpy()


def test_answers_in_a_unit_are_correlated_as_declared(rates):
    frame = drawn(rates, n=4, units=2, alike=0.2)
    first = frame[(frame["wave"] == 2015) & (frame["psu"] == 0)]
    one, other = answers(first)
    assert np.corrcoef(one, other)[0, 1] == pytest.approx(0.2, abs=0.05)
    assert answers(frame).mean() == pytest.approx(0.3, abs=0.02)


def test_units_drawn_again_have_the_same_chances_and_others_do_not(rates):
    def between(*, same):
        frame = drawn(rates, n=4, units=2, alike=0.2, same_units=same)
        one, other = (answers(part)[0] for _, part in frame.groupby("wave"))
        return np.corrcoef(one, other)[0, 1], len(set(frame["psu"]))

    assert between(same=True) == (pytest.approx(0.2, abs=0.05), 2)
    assert between(same=False) == (pytest.approx(0.0, abs=0.05), 4)


def test_people_in_both_waves_keep_their_answers_as_declared(rates):
    frame = drawn(rates, n=10, overlap=0.3)
    before, after = (part.set_index("person") for _, part in frame.groupby("wave"))
    both = before.index.intersection(after.index)
    assert len(both) == 3
    one, other = answers(before.loc[both]), answers(after.loc[both])
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] == pytest.approx(rates.KEPT, abs=0.04)


def test_ordered_answers_are_as_frequent_as_declared(rates):
    frame = drawn(rates, n=8, units=4, alike=0.2, ordered=True)
    shares = np.bincount(answers(frame).ravel(), minlength=4) / answers(frame).size
    assert shares.cumsum()[:3] == pytest.approx(rates.ENDS, abs=0.02)


def test_there_is_a_row_for_each_cell_with_a_seed_for_each_sample(rates, rows):
    cells = [*rates.exact_cells(), *rates.drawn_cells()]
    assert len(rows) == len(cells)
    told = [(row["table"], row["what"], row["share"]) for row in rows]
    assert told == [(cell.table, cell.what, f"{cell.share:g}") for cell in cells]


def test_errors_are_those_of_as_many_draws(rows):
    for row in rows:
        if row["draws"] and row["covered"]:
            rate, many = float(row["covered"]), int(row["draws"]) * (1 - float(row["none"]))
            error = (rate * (1 - rate) / many) ** 0.5
            assert float(row["covered_error"]) == pytest.approx(error, abs=2e-4)


def test_covered_and_missed_are_everything(rows):
    for row in rows:
        if row["covered"]:
            parts = [row[key] for key in ("covered", "true_below", "true_above")]
            assert sum(map(float, parts)) == pytest.approx(1, abs=1.6e-4)


def test_the_tables_of_the_page_are_those_of_the_results(rates, rows):
    text = (DOCS / "error_rates.md").read_text("utf-8")
    assert all(f"<!-- table: {name} -->" in text for name in rates.TABLES)
    assert rates.filled(text, rows) == text


def test_every_cell_is_in_a_table_of_the_page(rows):
    text = (DOCS / "error_rates.md").read_text("utf-8")
    shown = chain.from_iterable(line.split("|") for line in text.splitlines())
    printed = {part.strip().strip("*") for part in shown}
    for row in rows:
        rate = "covered" if row["wrong"] == "" else "wrong"
        size, error = (f"{100 * float(row[name]):.1f}" for name in (rate, f"{rate}_error"))
        assert (f"{size} ± {error}" if row["draws"] else size) in printed


def test_the_sentences_of_the_page_have_the_figures_of_the_results(rows):
    text = " ".join((DOCS / "error_rates.md").read_text("utf-8").split())

    def of_100(found, end, rate):
        return f"{end(100 * float(row[rate]) for row in found):.0f}"

    apart = {"table": "trends", "what": "other units in each wave", "units": 20}
    found = of(rows, **apart, method="least-squares")
    assert f"a trend that is not there in {of_100(found, max, 'wrong')} of 100 series" in text
    covered = [
        float(row["covered"])
        for method in ("cochran-armitage", "logistic", "least-squares")
        for row in of(rows, table="trends", method=method)
        if row["what"] in {"other units in each wave", "the same units, other people"}
    ]
    assert min(covered) > 0.93
    found = of(rows, method="mann-kendall")
    assert f"holds the true slope in {of_100(found, min, 'covered')} of 100" in text
    found = of(rows, method="joinpoint")
    low, high = (of_100(found, end, "wrong") for end in (min, max))
    assert f"a false alarm in {low} of 100 series, and in {high} where" in text
    joints = [of_100(found, end, "joints") for end in (min, max)]
    assert f"a joint in {joints[0]} or {joints[1]} of 100 series" in text
    found = of(rows, what="clusters not told")
    low, high = (of_100(found, end, "wrong") for end in (min, max))
    assert f"{low} or {high} false alarms of 100 in place of 5" in text
    found = of(rows, method="logistic")
    assert of_100(found, max, "none") == "0"
    assert "`logistic` and `cochran-armitage` do not" in text
