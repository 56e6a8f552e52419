"""Frames of Polars give the numbers of pandas, whatever is asked."""

import datetime as dt
import decimal
import math

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import SurveylibError
from surveylib.wave import repeated_units

pytestmark = pytest.mark.parity

PEOPLE = sl.Design(weights="w", strata="s", population="size")
CLUSTERS = sl.Design(weights="w", strata="s", psu="p")
STAGES = sl.Design(
    weights="w", strata="s", psu="p", population="units", ssu="house", ssu_population="houses"
)
REPEATED = sl.Design(
    weights="w", replicate_weights=("r1", "r2", "r3", "r4", "r5"), replication="brr"
)
BANDS = {"no": (0, 5), "rather": (6, 9), "yes": (10, math.inf)}
ASKED = [
    ("q", {}),
    ("q", {"by": ["g", "t"], "wave": "year"}),
    ("q/yes", {"where": "g=2"}),
    ("q", {"base": "all"}),
    (["q", "t", "g"], {}),
    ("x", {"statistic": "mean", "by": "g"}),
    (["x", "y"], {"statistic": "total", "by": "t"}),
    ("x", {"statistic": "ratio", "over": "y", "wave": "year"}),
    ("x", {"statistic": "quantile", "q": (0.1, 0.5, 0.9), "by": "g"}),
    ("x", {"statistic": "share_up_to", "threshold": (4, 5.5), "by": "t"}),
    ("q", {"statistic": "mean", "scores": {"yes": 3, "rather": 2, "no": 1}, "by": "g"}),
    ("q", {"statistic": "median", "bands": BANDS, "by": "g"}),
]


def drawn(n=400):
    random = np.random.default_rng(5)
    stratum = random.integers(0, 3, n)
    frame = pd.DataFrame(
        {
            "year": random.choice([2019, 2020], n),
            "s": np.array(["a", "b", "c"])[stratum],
            "p": random.integers(0, 6, n),
            "size": np.array([9000, 8000, 7000])[stratum],
            "w": random.uniform(0.5, 2, n).round(3),
            "g": random.choice([1, 2], n),
            "t": random.choice(["u", "v", None], n, p=[0.45, 0.45, 0.1]),
            "q": random.choice(["yes", "no", "rather", None], n),
            "x": np.where(random.random(n) < 0.1, np.nan, random.normal(5, 2, n).round(2)),
            "y": random.integers(1, 90, n),
            "units": np.array([60, 50, 40])[stratum],
            "house": random.integers(0, 4, n),
            "houses": 25,
        }
    )
    half = random.choice([0, 2], (5, 18))[:, stratum * 6 + frame["p"]]
    return frame.assign(**{f"r{at}": frame["w"] * one for at, one in enumerate(half, 1)})


def as_polars(columns):
    import polars as pl  # noqa: PLC0415 - without it, other tests can be run

    return pl.DataFrame(columns, strict=False)


def as_lazy(columns):
    return as_polars(columns).lazy()


def plain(frame):
    """Columns as lists, with None for what is missing."""
    return {name: [None if one is None or one != one else one for one in column.tolist()]  # noqa: PLR0124 - NaN
            for name, column in frame.items()}  # fmt: skip


LIBRARIES = pytest.mark.parametrize("library", [as_polars, as_lazy])


def told(found):
    return [
        (row.wave, row.question, row.domain, row.answer, row.n, row.df, row.base, row.flags)
        for row in found.rows
    ]


def values(found):
    return [
        [np.nan if one is None else one for one in
         (row.estimate, row.standard_error, row.ci_low, row.ci_high, row.design_effect)]
        for row in found.rows
    ]  # fmt: skip


@LIBRARIES
@pytest.mark.parametrize(
    "design",
    [None, PEOPLE, CLUSTERS, STAGES, REPEATED],
    ids=["simple", "people", "clusters", "stages", "repeated"],
)
@pytest.mark.parametrize(("question", "options"), ASKED, ids=str)
def test_every_library_gives_the_numbers_of_pandas(library, design, question, options):
    frame = drawn()
    wanted = sl.estimate(frame, question, design=design, **options)
    found = sl.estimate(library(plain(frame)), question, design=design, **options)
    assert told(found) == told(wanted)
    np.testing.assert_allclose(values(found), values(wanted), rtol=1e-8, atol=1e-12)
    if wanted.covariance is not None:
        np.testing.assert_allclose(found.covariance, wanted.covariance, rtol=1e-7, atol=1e-14)


@LIBRARIES
def test_a_table_of_two_questions_is_the_same(library):
    frame = drawn()
    wanted = sl.crosstab(frame, "t", "q", design=CLUSTERS)
    found = sl.crosstab(library(plain(frame)), "t", "q", design=CLUSTERS)
    np.testing.assert_allclose(found.cells, wanted.cells, rtol=1e-12)
    assert found.test.p_value == pytest.approx(wanted.test.p_value, rel=1e-8)


@LIBRARIES
def test_replicate_weights_without_room_are_summed_over_cells(monkeypatch, library):
    frame = drawn()
    wanted = sl.estimate(frame, "q", by="g", design=REPEATED)
    monkeypatch.setattr(repeated_units, "ROOM", 0)
    found = sl.estimate(library(plain(frame)), "q", by="g", design=REPEATED)
    assert told(found) == told(wanted)
    np.testing.assert_allclose(values(found), values(wanted), rtol=1e-9, atol=1e-12)


@LIBRARIES
@pytest.mark.parametrize("room", [0, repeated_units.ROOM])
@pytest.mark.parametrize("design", [CLUSTERS, STAGES, REPEATED], ids=["psu", "ssu", "repeated"])
def test_sums_of_any_library_add_up_with_those_of_another(monkeypatch, library, room, design):
    monkeypatch.setattr(repeated_units, "ROOM", room)
    frame = drawn()
    parts = [frame.iloc[:150], library(plain(frame.iloc[150:]))]
    one, other = (sl.collapse(part, "q", numbers="x", design=design) for part in parts)
    found = sl.estimate(one.merged(other), "q")
    np.testing.assert_allclose(
        values(found), values(sl.estimate(frame, "q", design=design)), rtol=1e-9
    )


VALUES = {
    "truth": ([True, False, None], {"True": 1, "False": 1}),
    "large": ([2**62, 2**62 + 1, 2**62 + 1], {str(2**62): 1, str(2**62 + 1): 2}),
    "large or none": ([2**53 + 1, 2**53, None], {str(2**53 + 1): 1, str(2**53): 1}),
    "whole or none": ([1, None, 2], {"1": 1, "2": 1}),
    "float": ([1.5, None, 2.0], {"1.5": 1, "2": 1}),
    "text": (["01", "1", None], {"01": 1, "1": 1}),
    "text like nothing": (["nan", "None", ""], {"nan": 1, "None": 1, "": 1}),
    "days": ([dt.date(2020, 1, 1), dt.date(2020, 1, 2), None], {"2020-01-01": 1, "2020-01-02": 1}),
    "decimals": ([decimal.Decimal("1.5"), decimal.Decimal("2.5"), None], {"1.5": 1, "2.5": 1}),
    "one value": (["a", "a", "a"], {"a": 3}),
}


@LIBRARIES
@pytest.mark.parametrize("kind", VALUES)
def test_every_kind_of_value_is_counted(library, kind):
    given, counts = VALUES[kind]
    frame = library({"q": given, "y": [1.0, 2.0, 4.0]})
    found = sl.estimate(frame, "q").rows
    base = sum(counts.values())
    assert {row.answer: round(row.estimate * base, 9) for row in found} == counts
    groups = sl.estimate(frame, "y", statistic="mean", by="q").rows
    assert {row.domain: row.n for row in groups} == {f"q={one}": n for one, n in counts.items()}
    for one, n in counts.items():
        assert sl.estimate(frame, "y", statistic="mean", where=f"q={one}").rows[0].n == n


@LIBRARIES
def test_categories_and_not_a_number_are_answers_and_none(library):
    frame = library({"q": ["b", "a", None, "b"], "x": [1.0, math.nan, None, 4.0]})
    frame = nw.from_native(frame).with_columns(nw.col("q").cast(nw.Categorical)).to_native()
    assert [(r.answer, r.n) for r in sl.estimate(frame, "q").rows] == [("a", 3), ("b", 3)]
    assert [(r.answer, r.n) for r in sl.estimate(frame, "x").rows] == [("1", 2), ("4", 2)]
    assert sl.estimate(frame, "x", statistic="mean").rows[0].n == 2
    assert sl.estimate(frame, "x", statistic="share_up_to", threshold=2).rows[0].estimate == 0.5


@LIBRARIES
@pytest.mark.parametrize(
    "name", ["a.b", "", "surveylib_key_0", "surveylib_0", "n", 'quo"te', "x y"]
)
def test_a_column_may_have_any_name(library, name):
    columns = plain(drawn().rename(columns={"q": name}))
    wanted = sl.estimate(drawn(), "q", by="g", design=CLUSTERS)
    found = sl.estimate(library(columns), name, by="g", design=CLUSTERS)
    np.testing.assert_allclose(values(found), values(wanted), rtol=1e-9)


@LIBRARIES
@pytest.mark.parametrize("cells", [[[1], [2], [1]], [{"a": 1}, {"a": 2}, {"a": 1}]], ids=str)
def test_lists_in_cells_are_no_answers(library, cells):
    frame = library({"q": cells, "y": [1.0, 2.0, 3.0]})
    with pytest.raises(SurveylibError, match="'q'"):
        sl.estimate(frame, "q")
    with pytest.raises(SurveylibError, match="'q'"):
        sl.estimate(frame, "y", statistic="mean", by="q")


@LIBRARIES
@pytest.mark.parametrize(
    ("weights", "message"),
    [([1.0, -1.0, 1.0], "-1"), ([1.0, None, 1.0], "record 2"), ([1.0, math.inf, 1.0], "inf"),
     ([1.0, math.nan, 1.0], "record 2"), (["1", "a", "2"], "'a'"), ([0.0, 0.0, 0.0], "is 0")],
    ids=str,
)  # fmt: skip
def test_weights_that_are_wrong_are_said(library, weights, message):
    frame = library({"q": ["a", "b", "a"], "w": weights})
    with pytest.raises(SurveylibError, match=message):
        sl.estimate(frame, "q", design=sl.Design(weights="w"))
