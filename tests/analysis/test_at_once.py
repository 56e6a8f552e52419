"""One pass over the rows gives what the longer way gives, and leaves to it what it cannot do."""

import math
from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pytest

import surveylib as sl
from surveylib.analysis import at_once, frames
from surveylib.errors import DesignError, NotEstimableError
from surveylib.wave import few_keys

CLUSTERS = sl.Design(weights="w", strata="s", psu="p")
DESIGNS = {
    "simple": sl.Design(),
    "people": sl.Design(weights="w", strata="s", population="size"),
    "clusters": CLUSTERS,
    "drawn": replace(CLUSTERS, population="units"),
}
ASKED = [
    ("q", {}),
    ("q", {"by": "g"}),
    ("q", {"by": ["g", "t"], "wave": "year"}),
    ("q", {"by": "q"}),
    ("q/yes", {"where": "g=2", "by": "t"}),
    ("q", {"base": "all", "by": "t"}),
    (["q", "g", "rare"], {"by": "t"}),
    ("g", {"statistic": "mean", "scores": {"1": 3, "4": 2}, "by": "t"}),
    ("many", {"where": "t=u"}),
]


def drawn(n=3_000, *, zeros=False):
    random = np.random.default_rng(11)
    stratum = random.integers(0, 3, n)
    weights = random.uniform(0.5, 2, n).round(3)
    return pd.DataFrame(
        {
            "year": random.choice([2019, 2020], n),
            "s": np.array(["a", "b", "c"])[stratum],
            "p": random.integers(0, 6, n),
            "size": np.array([9000, 8000, 7000])[stratum],
            "units": np.array([60, 50, 40])[stratum],
            "w": np.where(random.random(n) < 0.1, 0, weights) if zeros else weights,
            "g": random.choice([1, 2, 4], n),
            "t": random.choice(["u", "v", None], n, p=[0.45, 0.45, 0.1]),
            "q": random.choice(["yes", "no", "rather", None], n),
            "rare": (random.random(n) < 0.99).astype(int),
            "many": random.integers(0, 40, n),
        }
    )


@pytest.fixture
def relation(tmp_path):
    """A function that writes a frame as Parquet and opens it, its sums added in one order."""

    def opened(frame):
        made = duckdb.connect(config={"threads": 1})
        made.register("frame", frame)
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.parquet"
        made.execute(f"COPY frame TO '{file}'")
        return made.sql(f"FROM '{file}'")

    return opened


def figures(found):
    return [(row.wave, row.question, row.domain, row.answer, row.n, row.df) for row in found.rows]


def estimates(found):
    return [row.estimate for row in found.rows]


def errors(found):
    return [
        [math.nan if one is None else one for one in (row.standard_error, row.ci_low, row.ci_high)]
        for row in found.rows
    ]


def same(one, other):
    assert figures(one) == figures(other)
    np.testing.assert_allclose(estimates(one), estimates(other), rtol=1e-12)
    np.testing.assert_allclose(errors(one), errors(other), rtol=1e-12, atol=1e-15)


@pytest.fixture
def no_longer_way(monkeypatch):
    """Stop what looks for units first."""

    def stop():
        monkeypatch.setattr(frames, "_by_units", None)

    return stop


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
@pytest.mark.parametrize(("question", "options"), ASKED, ids=str)
def test_one_pass_gives_the_same_shares_to_the_last_digit(
    monkeypatch, relation, no_longer_way, design, question, options
):
    frame = relation(drawn())
    with monkeypatch.context() as patched:
        patched.setattr(frames, "may_be_at_once", lambda *_: False)
        wanted = sl.estimate(frame, question, design=design, **options)
    no_longer_way()
    found = sl.estimate(frame, question, design=design, **options)
    same(found, wanted)
    assert estimates(found) == estimates(wanted)


def test_two_questions_are_crossed_in_one_pass(monkeypatch, relation, no_longer_way):
    frame = relation(drawn())
    with monkeypatch.context() as patched:
        patched.setattr(frames, "may_be_at_once", lambda *_: False)
        wanted = sl.crosstab(frame, "q", "g", design=CLUSTERS)
    no_longer_way()
    assert sl.crosstab(frame, "q", "g", design=CLUSTERS) == wanted


@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("most", [3, 17, 36])
def test_more_units_or_lines_than_were_expected_are_left_to_the_longer_way(
    monkeypatch, relation, zeros, most
):
    frame = drawn(zeros=zeros)
    wanted = sl.estimate(frame, "q", by="g", wave="year", design=CLUSTERS)
    monkeypatch.setattr(at_once, "expected", lambda *_: 1)
    monkeypatch.setattr(frames, "_MOST_UNITS", most)
    same(sl.estimate(relation(frame), "q", by="g", wave="year", design=CLUSTERS), wanted)
    monkeypatch.setattr(at_once, "MOST_LINES", 10)
    same(sl.estimate(relation(frame), "q", by="g", wave="year", design=CLUSTERS), wanted)


@pytest.mark.parametrize("clustered", [2019, 2020])
def test_waves_of_which_one_is_clustered_and_one_is_not_are_not_summed_at_once(
    monkeypatch, relation, clustered
):
    n = 40_000
    year = np.repeat([2019, 2020], n // 2)
    frame = pd.DataFrame(
        {
            "year": year,
            "p": np.where(year == clustered, np.arange(n) % 10, np.arange(n)),
            "q": np.random.default_rng(3).choice(["yes", "no"], n),
        }
    )
    design = sl.Design(psu="p")
    wanted = sl.estimate(frame, "q", wave="year", design=design)
    monkeypatch.setattr(few_keys, "_LEAST", n // 4)
    monkeypatch.setattr(frames, "_MOST_UNITS", 1_000)
    monkeypatch.setattr(at_once, "FrameAtOnce", None)  # would stop what sums before it knows
    same(sl.estimate(relation(frame), "q", wave="year", design=design), wanted)


@pytest.mark.parametrize("question", ["q", "rare"])
@pytest.mark.parametrize("equal", [False, True])
def test_a_weight_that_is_no_number_is_told_though_statistics_do_not_show_it(
    relation, question, equal
):
    frame = drawn()
    if equal:
        frame["w"] = 1.0
    frame.loc[7, ["w", "q"]] = [math.nan, None]
    made = relation(frame.drop(columns="w")).project(
        "*, CASE WHEN row_number() OVER () = 8 THEN 'nan'::DOUBLE ELSE 1.0 END AS w"
    )
    with pytest.raises(DesignError, match="'w'"):
        sl.estimate(made, question, design=CLUSTERS)


def test_what_is_wrong_is_said_as_the_longer_way_says_it(relation):
    frame = drawn().assign(units=2, many=np.arange(3_000))
    with pytest.raises(DesignError, match="units"):
        sl.estimate(relation(frame), "q", design=DESIGNS["drawn"])
    with pytest.raises(NotEstimableError, match="'many' has more than 1,000 different values"):
        sl.estimate(relation(frame), "many", design=CLUSTERS)
