"""Two questions crossed: against R survey, SciPy and algebra, and what cannot be crossed."""

import csv
import json
import math
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import surveylib as sl
from surveylib.analysis import frames
from surveylib.errors import DesignError, MethodError, NotEstimableError, UnknownNameError
from surveylib.stats.crosstabs import TESTS

HERE = Path(__file__).parent / "references"
JK1 = tuple(f"jk1_{number}" for number in range(1, 16))
#: Data and design of each set of reference values.
DESIGNS = {
    "strat": ("strat", sl.Design(weights="pw", strata="stype", population="fpc")),
    "strat_wr": ("strat", sl.Design(weights="pw", strata="stype")),
    "clus1": ("clus1", sl.Design(weights="pw", psu="dnum", population="fpc")),
    "clus1_wr": ("clus1", sl.Design(weights="pw", psu="dnum")),
    "clus2": (
        "clus2",
        sl.Design(weights="pw", psu="dnum", population="fpc1", ssu="snum", ssu_population="fpc2"),
    ),
    "weights": ("clus2", sl.Design(weights="pw")),
    "jk1": ("clus1", sl.Design(weights="pw", replicate_weights=JK1, replication="jk1")),
}


def drawn(n=240):
    random = np.random.default_rng(11)
    return pd.DataFrame(
        {
            "q": random.choice(["a", "b", "c", None], n, p=[0.4, 0.3, 0.2, 0.1]),
            "s": random.choice(["u", "v"], n),
            "y": random.choice(["k", "l", "m"], n),
            "w": random.uniform(0.5, 2, n).round(2),
            "p": random.integers(0, 30, n),
        }
    )


FRAME = drawn()
CLUSTERS = sl.Design(weights="w", psu="p")


@cache
def schools(name):
    return pd.read_csv(HERE / f"numbers_{name}.csv")


@cache
def references():
    with (HERE / "statistics.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["statistic"] in {"F", "Chisq"}]


def crossed(name, rows="awards", columns="stype", **options):
    data, design = DESIGNS[name]
    return sl.crosstab(schools(data), rows, columns, design=design, **options)


@pytest.mark.parametrize("row", references(), ids=lambda row: "-".join(list(row.values())[:4:1]))
def test_a_rao_scott_test_is_that_of_r_survey(row):
    test = crossed(row["design"]).test
    # R's Chisq is Pearson's statistic of the shares, before the design is allowed for.
    if row["statistic"] == "F":
        got = {"statistic": test.statistic, "p_value": test.p_value}[row["what"]]
        assert got == pytest.approx(float(row["value"]), rel=1e-8)
    elif row["what"] == "statistic":
        plain = crossed(row["design"], test="pearson").test
        assert plain.statistic == pytest.approx(float(row["value"]), rel=1e-8)


@pytest.mark.parametrize("name", DESIGNS)
def test_shares_within_rows_are_those_of_estimate(name):
    data, design = DESIGNS[name]
    table = crossed(name)
    wanted = sl.estimate(schools(data), "stype", by="awards", design=design)
    assert table.within == wanted
    np.testing.assert_array_equal(table.within.covariance, wanted.covariance)


@pytest.mark.parametrize("name", DESIGNS)
def test_cells_are_shares_of_all_and_their_covariance_is_that_of_r_survey(name):
    # The shares of both answers joined into one question are the cells.
    data, design = DESIGNS[name]
    frame = schools(data)
    frame = frame.assign(both=frame["awards"] + "/" + frame["stype"])
    table, joined = crossed(name), sl.estimate(frame, "both", design=design)
    assert table.cells.sum() == pytest.approx(1, rel=1e-12)
    assert [row.answer for row in joined.rows] == [
        f"{row}/{column}" for row in table.row_answers for column in table.column_answers
    ]
    np.testing.assert_allclose(table.cells.ravel(), [row.estimate for row in joined.rows])
    np.testing.assert_allclose(table.covariance, joined.covariance, rtol=1e-7, atol=1e-15)
    within = np.array([row.estimate for row in table.within.rows]).reshape(table.cells.shape)
    sums = table.cells.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(table.cells / sums, within, rtol=1e-10)
    assert table.n == len(frame)


@pytest.mark.parametrize("name", DESIGNS)
def test_rows_and_columns_may_be_exchanged(name):
    one, other = crossed(name), crossed(name, "stype", "awards")
    np.testing.assert_allclose(one.cells, other.cells.T, rtol=1e-12)
    assert one.test.statistic == pytest.approx(other.test.statistic, rel=1e-8)
    assert one.test.p_value == pytest.approx(other.test.p_value, rel=1e-7)


@pytest.mark.parametrize(
    ("test", "power"), [("pearson", "pearson"), ("likelihood-ratio", "log-likelihood")]
)
def test_a_simple_sample_has_the_test_of_scipy(test, power):
    known = FRAME.dropna(subset="q")
    n = len(known)
    counts = pd.crosstab(known["y"], known["q"])
    wanted = stats.chi2_contingency(counts, correction=False, lambda_=power)
    found = sl.crosstab(FRAME, "y", "q", test=test)
    assert found.test.statistic == pytest.approx(wanted.statistic, rel=1e-10)
    assert found.test.p_value == pytest.approx(wanted.pvalue, rel=1e-10)
    assert (found.n, found.df, found.test.df_numerator) == (n, math.inf, wanted.dof)
    np.testing.assert_allclose(found.cells * n, counts, rtol=1e-12)
    np.testing.assert_allclose(found.test.expected * n, wanted.expected_freq, rtol=1e-12)


def test_rao_scott_of_a_simple_sample_is_nearly_pearson():
    # Linearised variances have n - 1 in them where multinomial ones have n.
    plain = sl.crosstab(FRAME, "y", "q", test="pearson").test
    first = sl.crosstab(FRAME, "y", "q", test="rao-scott-1").test
    assert first.statistic == pytest.approx(plain.statistic, rel=0.01)
    assert (first.design_effects > 0).all()


def relation(frame):
    return duckdb.connect().from_df(frame)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("design", [None, CLUSTERS], ids=["simple", "clusters"])
def test_a_relation_and_single_rows_give_the_same_table(monkeypatch, test, design):
    asked = {"test": test, "design": design, "where": "s=u"}
    wanted = sl.crosstab(FRAME, "y", "q", **asked)
    found = [sl.crosstab(relation(FRAME), "y", "q", **asked)]
    monkeypatch.setattr(frames, "_collapsed", lambda *_: None)
    found.append(sl.crosstab(FRAME, "y", "q", **asked))
    for one in found:
        np.testing.assert_allclose(one.cells, wanted.cells, rtol=1e-12)
        np.testing.assert_allclose(one.covariance, wanted.covariance, rtol=1e-9, atol=1e-16)
        assert one.test.statistic == pytest.approx(wanted.test.statistic, rel=1e-7)
        assert (one.row_answers, one.column_answers, one.n, one.df) == (
            wanted.row_answers, wanted.column_answers, wanted.n, wanted.df,
        )  # fmt: skip


def test_a_group_keeps_everybody_else_in_the_design():
    found = sl.crosstab(FRAME, "y", "q", where="s=u", design=CLUSTERS)
    known = FRAME[(FRAME["s"] == "u") & FRAME["q"].notna()]
    weights = known.pivot_table("w", "y", "q", aggfunc="sum", fill_value=0)
    np.testing.assert_allclose(found.cells, weights / weights.to_numpy().sum(), rtol=1e-12)
    assert found.n == len(known)
    assert found.df == known["p"].nunique() - 1


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize("design", [None, CLUSTERS], ids=["simple", "clusters"])
@pytest.mark.parametrize("source", [FRAME, relation(FRAME)], ids=["pandas", "duckdb"])
def test_every_table_can_be_printed_explained_and_written(source, design, test):
    found = sl.crosstab(source, "y", "q", test=test, design=design)
    assert "p " in str(found)
    assert "<table>" in found._repr_html_()
    assert "interval" in found.explain()
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["schema"] == "surveylib.crosstab/1"
    np.testing.assert_allclose(told["cells"], found.cells)
    frame = found.to_frame()
    assert frame["share_of_all"].sum() == pytest.approx(1)
    assert len(frame) == 9


def test_equal_questions_have_equal_tables():
    one, other = (sl.crosstab(FRAME, "y", "q", design=CLUSTERS) for _ in range(2))
    assert one.to_dict() == other.to_dict()
    assert one == other


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: sl.crosstab(FRAME, "q", "q"), MethodError, "'q' is crossed with itself: name two"),
        (lambda: sl.crosstab(FRAME, "q", "ss"), UnknownNameError, "no column called 'ss'"),
        (lambda: sl.crosstab(FRAME, "ss", "q"), UnknownNameError, "no column called 'ss'"),
        (lambda: sl.crosstab(FRAME, "q", "s", test="chi"), MethodError, "no test method called"),
        (lambda: sl.crosstab(FRAME, "q", "s", interval="t"), MethodError, "no interval method"),
        (lambda: sl.crosstab(FRAME, "q", "s", confidence_level=2), MethodError, "level is 2"),
        (lambda: sl.crosstab(FRAME, "q", "y", where="s=x"), UnknownNameError, "no value called"),
        (lambda: sl.crosstab(FRAME, "q", "y", design=sl.Design(psu="ps")), DesignError, "'ps'"),
        (lambda: sl.crosstab(FRAME, None, "s"), MethodError, "question|column"),
        (lambda: sl.crosstab(FRAME, ["q"], "s"), (MethodError, UnknownNameError), "'q'"),
        (lambda: sl.crosstab(FRAME, "q", "s/u"), MethodError, "answer|question"),
        (lambda: sl.crosstab(FRAME, "q/a", "s"), (MethodError, UnknownNameError), "q/a"),
        (lambda: sl.crosstab(FRAME.assign(s="u"), "q", "s"), NotEstimableError, "column"),
        (lambda: sl.crosstab(FRAME.assign(s="u"), "s", "q"), NotEstimableError, "row"),
        (lambda: sl.crosstab(FRAME.assign(s=None), "q", "s"), NotEstimableError, "nobody answered"),
        (lambda: sl.crosstab(FRAME.assign(s=FRAME["s"].where(FRAME["q"].isna())), "q", "s"),
         NotEstimableError, "nobody answered both 'q' and 's'"),
        (lambda: sl.crosstab(FRAME.assign(q=range(240)), "q", "y", design=CLUSTERS, test="wald"),
         NotEstimableError, "degrees of freedom|covariance"),
        (lambda: sl.crosstab(FRAME, "q", "s", where="s=u"), (NotEstimableError, MethodError), "s"),
    ],
)  # fmt: skip
def test_what_cannot_be_crossed_is_said(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_printed_figures_cannot_be_crossed(netclean):
    with pytest.raises(MethodError, match="a table of two needs single answers"):
        sl.crosstab(netclean.wave(2018), "region", "organised_groups_encountered")
    with pytest.raises(MethodError, match="'region' and 'covid_capacity': none; a table of two"):
        sl.crosstab(netclean, "region", "covid_capacity")


@pytest.mark.parametrize("source", ["pandas", "duckdb"])
def test_rows_of_weight_0_make_no_row_and_no_column(source):
    frame = FRAME.assign(w=np.where(FRAME["y"] == "k", 0.0, 1.0))
    frame = frame if source == "pandas" else relation(frame)
    found = sl.crosstab(frame, "y", "q", design=sl.Design(weights="w"))
    assert found.n == (FRAME["q"].notna() & (FRAME["y"] != "k")).sum()
    assert found.cells.sum() == pytest.approx(1)
    assert found.cells[list(found.row_answers).index("k")].sum() == 0
    assert found.test.dropped_rows == (0,)
    lines = str(found).splitlines()
    assert any(line.startswith("k") and "–" in line for line in lines)


def test_a_table_in_which_rows_are_columns_has_a_p_value_near_0():
    frame = pd.DataFrame({"q": ["a", "a", "b", "b"] * 5, "s": ["u", "u", "v", "v"] * 5})
    found = sl.crosstab(frame, "q", "s", test="pearson")
    assert found.test.statistic == pytest.approx(20)
    assert found.test.p_value < 1e-4
    json.dumps(found.to_dict(), allow_nan=False)
