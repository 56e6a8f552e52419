"""Variances put together from blocks are those of one piece, and nothing is kept beyond a limit."""

import numpy as np
import pandas as pd
import pytest

import surveylib as sl
from surveylib.analysis import linear, shares
from surveylib.errors import DesignError, NotEstimableError
from surveylib.wave import collapsing

PEOPLE = sl.Design(weights="w", strata="s")
CLUSTERS = sl.Design(weights="w", strata="s", psu="p")
DRAWN = sl.Design(weights="w", strata="s", psu="p", population="units")
STAGES = sl.Design(
    weights="w", strata="s", psu="p", population="units", ssu="house", ssu_population="houses"
)
INNER = sl.Design(weights="w", strata="s", psu="p", population="units", ssu_population="houses")
REPLICATES = sl.Design(weights="w", replicate_weights=("r1", "r2", "r3", "r4"), replication="brr")
DESIGNS = pytest.mark.parametrize(
    "design",
    [PEOPLE, CLUSTERS, DRAWN, STAGES, INNER],
    ids=["people", "clusters", "drawn", "stages", "people in clusters"],
)
UP_TO = {"statistic": "share_up_to", "threshold": (4, 6)}
ASKED = pytest.mark.parametrize(
    ("question", "options"),
    [
        ("q", {"by": "g"}),
        ("q/yes", {"by": ["g", "t"]}),
        ("q", {"base": "all"}),
        ("x", {"statistic": "mean", "by": ["g", "t"]}),
        ("x", {"statistic": "total", "by": "g"}),
        ("x", {"statistic": "ratio", "over": "y", "by": "g"}),
        ("x", {**UP_TO, "by": "g"}),
        ("q", {"statistic": "mean", "scores": {"yes": 1, "no": 3}, "by": "g"}),
    ],
    ids=str,
)


def drawn(n=360):
    random = np.random.default_rng(8)
    stratum, unit, house = np.arange(n) % 3, np.arange(n) // 3 % 6, np.arange(n) // 18 % 5
    frame = pd.DataFrame(
        {
            "s": np.array(["a", "b", "c"])[stratum],
            "p": unit,
            "house": house,
            "units": np.array([60, 50, 40])[stratum],
            "houses": 25,
            "w": random.uniform(0.5, 2, n).round(3),
            "g": random.choice(list("klmno"), n),
            "t": random.choice(["u", "v"], n),
            "q": random.choice(["yes", "no", "rather", None], n),
            "x": random.normal(5, 2, n).round(2),
            "y": random.uniform(1, 9, n).round(2),
        }
    )
    signs = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    for number, sign in enumerate(signs, 1):
        half = np.where(unit % 2 == 0, 1, -1) * sign[stratum]
        frame[f"r{number}"] = frame["w"] * (1 + half)
    return frame


def numbers(found):
    return [
        [np.nan if one is None else one for one in
         (row.estimate, row.standard_error, row.ci_low, row.ci_high, row.design_effect)]
        for row in found.rows
    ]  # fmt: skip


@DESIGNS
@ASKED
@pytest.mark.parametrize("room", [0, 60, 400, 3_000])
def test_blocks_of_groups_give_the_covariance_of_one_piece(
    monkeypatch, room, design, question, options
):
    frame = drawn()
    wanted = sl.estimate(frame, question, design=design, **options)
    monkeypatch.setattr(linear, "_ROOM", room)
    found = sl.estimate(frame, question, design=design, **options)
    np.testing.assert_allclose(numbers(found), numbers(wanted), rtol=1e-9)
    np.testing.assert_allclose(found.covariance, wanted.covariance, rtol=1e-8, atol=1e-15)


@DESIGNS
@ASKED
@pytest.mark.parametrize("room", [0, 20_000_000])
def test_above_a_limit_variances_are_kept_and_covariances_are_not(
    monkeypatch, room, design, question, options
):
    frame = drawn()
    wanted = sl.estimate(frame, question, design=design, **options)
    monkeypatch.setattr(linear, "MOST_TOGETHER", 1)
    monkeypatch.setattr(linear, "_ROOM", room)
    found = sl.estimate(frame, question, design=design, **options)
    np.testing.assert_allclose(numbers(found), numbers(wanted), rtol=1e-9)
    assert found.covariance is None or len(found.covariance) == 1 or "threshold" in options


@DESIGNS
@pytest.mark.parametrize(("question", "options"), [("q", {"by": "g"}), ("q", {"base": "all"})])
def test_very_many_answers_are_put_together_by_class_and_give_the_same(
    monkeypatch, design, question, options
):
    frame = drawn()
    wanted = sl.estimate(frame, question, design=design, **options)
    monkeypatch.setattr(shares, "_MANY", 1)
    monkeypatch.setattr(collapsing, "_SIDE_BY_SIDE", 1)
    found = sl.estimate(frame, question, design=design, **options)
    np.testing.assert_allclose(numbers(found), numbers(wanted), rtol=1e-9)
    np.testing.assert_allclose(found.covariance, wanted.covariance, rtol=1e-8, atol=1e-15)


def test_bands_and_tables_need_a_covariance_and_say_so(monkeypatch):
    frame = drawn()
    monkeypatch.setattr(linear, "MOST_TOGETHER", 2)
    bands = {"no": (0, 5), "rather": (6, 9), "yes": (10, 20)}
    with pytest.raises(NotEstimableError, match="too many groups to keep the covariance of their"):
        sl.estimate(frame, "q", statistic="median", bands=bands, by="g", design=CLUSTERS)
    with pytest.raises(NotEstimableError, match="the table has 15 cells: put answers into groups"):
        sl.crosstab(frame, "g", "q", design=CLUSTERS)


@ASKED
def test_replicates_are_a_sum_of_squared_deviations(question, options):
    frame = drawn()
    found = sl.estimate(frame, question, design=REPLICATES, **options)
    columns = REPLICATES.replicate_weights
    each = [sl.estimate(frame, question, design=sl.Design(weights=name), **options)
            for name in columns]  # fmt: skip
    full = {(row.domain, row.answer): row.estimate for row in found.rows}
    away = np.array([
        [{(row.domain, row.answer): row.estimate for row in one.rows}.get(key, np.nan) - value
         for key, value in full.items()]
        for one in each
    ])  # fmt: skip
    wanted = (away**2).mean(axis=0)  # balanced half-samples: the mean, from the full sample
    got = np.array([np.nan if row.standard_error is None else row.standard_error
                    for row in found.rows])  # fmt: skip
    np.testing.assert_allclose(got**2, wanted, rtol=1e-9)
    if found.covariance is not None and "threshold" not in options:
        np.testing.assert_allclose(found.covariance, away.T @ away / 4, rtol=1e-8, atol=1e-14)


def test_two_stages_are_the_first_and_what_is_left_of_the_second():
    # By the textbook (Särndal, Swensson and Wretman 1992, 4.3): units within units, each stage
    # with its own fraction, the second weighed by the fraction of the first.
    frame = drawn()
    row = sl.estimate(frame, "x", statistic="mean", design=STAGES).rows[0]
    weight = frame["w"].sum()
    value = frame["w"] * (frame["x"] - row.estimate) / weight
    total = 0.0
    for _, stratum in frame.groupby("s"):
        units = value[stratum.index].groupby(stratum["p"]).sum()
        f = len(units) / stratum["units"].iloc[0]
        total += (1 - f) * len(units) / (len(units) - 1) * ((units - units.mean()) ** 2).sum()
        for _, unit in stratum.groupby("p"):
            houses = value[unit.index].groupby(unit["house"]).sum()
            m = len(houses)
            within = m / (m - 1) * ((houses - houses.mean()) ** 2).sum()
            total += f * (1 - m / unit["houses"].iloc[0]) * within
    assert row.standard_error**2 == pytest.approx(total, rel=1e-9)


def test_a_census_has_no_sampling_error_at_its_stage():
    frame = drawn().assign(units=6)
    row = sl.estimate(frame, "x", statistic="mean", design=DRAWN).rows[0]
    assert row.standard_error == 0
    assert row.flags == ("no_interval",)


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_one_replicate_that_leaves_nobody_in_a_group_gives_no_interval(statistic):
    frame = drawn()
    frame.loc[frame["g"] == "k", "r1"] = 0.0
    rows = sl.estimate(frame, "x", statistic=statistic, by="g", design=REPLICATES).rows
    assert [row.flags for row in rows] == [("no_interval",), (), (), (), ()]
    assert (rows[0].ci_low, rows[0].ci_high, rows[0].standard_error) == (None, None, None)


def test_one_replicate_that_leaves_nobody_in_a_group_has_a_total_of_0():
    # As in R's svyby(svytotal): a total of nobody is known, unlike a mean of nobody.
    frame = drawn()
    group = frame["g"] == "k"
    frame.loc[group, "r1"] = 0.0
    row = sl.estimate(frame, "x", statistic="total", where="g=k", design=REPLICATES).rows[0]
    part = frame[group]
    away = [(part[name] * part["x"]).sum() - row.estimate for name in REPLICATES.replicate_weights]
    assert row.standard_error**2 == pytest.approx(np.mean(np.square(away)), rel=1e-9)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"r1": 0.0}, "REPLICATE-ALL-ZERO"),
        ({"r1": "a"}, "REPLICATE-TEXT"),
        ({"r2": np.nan}, "REPLICATE-MISSING"),
        ({"r2": np.inf}, "REPLICATE-INFINITE"),
        ({"r3": -1.0}, "REPLICATE-NEGATIVE"),
        ({"r4": lambda made: made["w"]}, "REPLICATE-MAIN"),
        ({f"r{number}": lambda made: made["w"] for number in range(1, 5)}, "REPLICATE-ALL-MAIN"),
        ({"r5": 1.0}, "REPLICATE-COUNT"),
    ],
)
@pytest.mark.parametrize("question", ["q", "x"])
def test_replicate_weights_that_are_wrong_are_said(question, change, code):
    frame = drawn().assign(**change)
    options = {"statistic": "mean"} if question == "x" else {}
    with pytest.raises(DesignError, match=rf"\[{code}\]"):
        sl.estimate(frame, question, design=REPLICATES, **options)
