"""Shares under a design: against R survey, against loops over units, and when asked wrongly."""

import csv
import math
from itertools import product
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surveylib as sl
from surveylib.errors import DesignError, MethodError, NotEstimableError, UnknownNameError

HERE = Path(__file__).parent / "references"
BOOT = tuple(f"boot_{number}" for number in range(1, 21))
JK1 = tuple(f"jk1_{number}" for number in range(1, 16))
#: Data and design of each set of reference values.
DESIGNS = {
    "strat": ("apistrat", sl.Design(weights="pw", strata="stype", population="fpc")),
    "strat_wr": ("apistrat", sl.Design(weights="pw", strata="stype")),
    "clus1": ("apiclus1", sl.Design(weights="pw", psu="dnum", population="fpc")),
    "clus1_wr": ("apiclus1", sl.Design(weights="pw", psu="dnum")),
    "clus2": (
        "apiclus2",
        sl.Design(weights="pw", psu="dnum", population="fpc1", ssu="snum", ssu_population="fpc2"),
    ),
    "weights": ("apiclus2", sl.Design(weights="pw")),
    "jk1": ("apiclus1", sl.Design(weights="pw", replicate_weights=JK1, replication="jk1")),
    "boot": (
        "apiclus1",
        sl.Design(
            weights="pw",
            replicate_weights=BOOT,
            replication="bootstrap",
            replicate_scale=0.056390977443609,
            centre="mean",
        ),
    ),
}


def schools(name):
    return pd.read_csv(HERE / f"{name}.csv")


def references():
    with (HERE / "designs.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def found():
    """Every estimate of the schools, by design, group and answer."""
    rows = {}
    for name, (data, design) in DESIGNS.items():
        frame = schools(data)
        whole = sl.estimate(frame, "awards", design=design)
        for row in (*whole.rows, *sl.estimate(frame, "awards", by="stype", design=design).rows):
            rows[name, row.domain, row.answer] = row
    return rows


@pytest.mark.parametrize(
    "row",
    [row for row in references() if row["what"] != "covariance"],
    ids=lambda row: "-".join(
        filter(None, (row["design"], row["domain"], row["answer"], row["what"]))
    ),
)
def test_a_share_is_that_of_r_survey(found, row):
    one = found[row["design"], row["domain"], row["answer"]]
    # Replicate weights are rounded to 12 digits on their way.
    close = 1e-8 if row["design"] in {"jk1", "boot"} else 1e-10
    assert getattr(one, row["what"]) == pytest.approx(float(row["value"]), rel=close)


@pytest.mark.parametrize("name", DESIGNS)
def test_groups_have_the_covariance_of_r_survey(name):
    data, design = DESIGNS[name]
    both = sl.estimate(schools(data), "awards/Yes", by="stype", design=design)
    assert [row.domain for row in both.rows] == ["stype=E", "stype=H", "stype=M"]
    wanted = np.array(
        [
            float(row["value"])
            for row in references()
            if row["design"] == name and row["what"] == "covariance"
        ]
    ).reshape(3, 3)
    assert both.covariance == pytest.approx(wanted, rel=1e-7, abs=1e-14)


def test_the_frame_of_another_library_gives_the_same_numbers():
    data, design = DESIGNS["clus2"]
    frame = schools(data)
    wanted = sl.estimate(frame, "awards", by="stype", design=design)
    relation = duckdb.connect().from_df(frame)
    assert sl.estimate(relation, "awards", by="stype", design=design) == wanted


def test_a_simple_sample_is_the_textbook(root):
    wave = sl.load_wave(root / "waves" / "organised_groups" / "2025")
    plain = sl.estimate(wave, "region")
    designed = sl.estimate(wave, "region", design=sl.Design())
    assert [row.answer for row in designed.rows] == [row.answer for row in plain.rows]
    for one, other in zip(plain.rows, designed.rows, strict=True):
        assert (one.estimate, one.ci_low, one.ci_high) == (
            other.estimate,
            other.ci_low,
            other.ci_high,
        )
        assert (other.df, other.design_effect, other.n_effective) == (math.inf, 1, one.n)


def test_options_that_can_be_ticked_together_have_their_covariance(root):
    wave = sl.load_wave(root / "waves" / "organised_groups" / "2025")
    found = sl.estimate(wave, "groups_places", design=sl.Design())
    ticks = np.column_stack(
        [wave.column(f"groups_places/{row.answer}") for row in found.rows if row.base == "answered"]
    )
    inside = wave.states("groups_places") == 0
    away = np.where(inside[:, None], (ticks == 1) - (ticks[inside] == 1).mean(axis=0), 0)
    n, base = len(inside), inside.sum()
    wanted = (away.T @ away) / base**2 * n / (n - 1)
    k = ticks.shape[1]
    assert found.covariance[:k, :k] == pytest.approx(wanted, rel=1e-12)


samples = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 3),
        st.sampled_from(["a", "b", "c", None]),
        st.sampled_from(["x", "y"]),
        st.floats(0.1, 5),
    ),
    min_size=12,
    max_size=60,
)


def brute(frame, answer, group, design):
    """Share and variance by a loop over strata and units."""
    rows = frame.assign(
        psu=frame["s"].astype(str) + "-" + frame["p"].astype(str)
        if design.psu
        else [str(number) for number in range(len(frame))]
    )
    inside = rows["q"].notna() & (rows["g"] == group)
    weight = rows["w"][inside].sum()
    share = rows["w"][inside & (rows["q"] == answer)].sum() / weight
    value = rows["w"] * inside * ((rows["q"] == answer) - share) / weight
    total = 0.0
    for _, part in value.groupby(rows["s"] if design.strata else rows["s"] * 0):
        totals = part.groupby(rows["psu"][part.index]).sum()
        m = len(totals)
        total += m / (m - 1) * ((totals - totals.mean()) ** 2).sum()
    return share, total


@pytest.mark.parametrize("psu", [None, "p"])
@settings(max_examples=40, deadline=None)
@given(rows=samples)
def test_variances_are_those_of_a_loop_over_units(psu, rows):
    frame = pd.DataFrame(rows, columns=["s", "p", "q", "g", "w"])
    per = frame.groupby("s")["p"].nunique() if psu else frame.groupby("s")["p"].size()
    held = frame[frame["q"].notna()].groupby("g")["q"].size()
    if (per < 2).any() or len(held) < 2:
        return
    design = sl.Design(weights="w", strata="s", psu=psu, df="design")
    for row in sl.estimate(frame, "q", by="g", design=design).rows:
        share, variance = brute(frame, row.answer, row.domain[2:], design)
        assert row.estimate == pytest.approx(share, rel=1e-9, abs=1e-12)
        assert row.standard_error**2 == pytest.approx(variance, rel=1e-7, abs=1e-14)


@settings(max_examples=30, deadline=None)
@given(rows=samples, scale=st.floats(0.01, 100))
def test_the_scale_of_weights_and_the_names_of_units_change_nothing(rows, scale):
    frame = pd.DataFrame(rows, columns=["s", "p", "q", "g", "w"]).dropna(subset=["q"])
    if len(frame) < 4 or (frame.groupby("s")["p"].nunique() < 2).any():
        return
    design = sl.Design(weights="w", strata="s", psu="p")
    one = sl.estimate(frame, "q", design=design)
    renamed = frame.assign(
        w=frame["w"] * scale, s="stratum " + frame["s"].astype(str), p=frame["p"] + 100
    )
    other = sl.estimate(renamed.sample(frac=1, random_state=1), "q", design=design)
    for a, b in zip(one.rows, other.rows, strict=True):
        assert (a.estimate, a.standard_error) == pytest.approx((b.estimate, b.standard_error))
        assert a.df == b.df


def test_an_answer_that_nobody_gave_has_a_row_and_an_interval_with_width(root):
    wave = sl.load_wave(root / "waves" / "organised_groups" / "2025")
    nobody = [
        row
        for name, by in product(wave.question_ids, ["region"])
        if name != by
        for row in sl.estimate(wave, name, by=by, design=sl.Design()).rows
        if row.estimate == 0
    ]
    assert nobody
    assert all(row.ci_low == 0 < row.ci_high < 1 for row in nobody)


def test_groups_of_two_questions_are_their_combinations(root):
    wave = sl.load_wave(root / "waves" / "organised_groups" / "2025")
    found = sl.estimate(
        wave, "caution_change/more", by=["region", "groups_encountered"], design=sl.Design()
    )
    both = wave.gave("region", "usa") & wave.gave("groups_encountered", "yes")
    row = next(row for row in found.rows if row.domain == "region=usa, groups_encountered=yes")
    answered = both & (wave.states("caution_change") == 0)
    assert row.n == answered.sum()
    assert row.estimate == (wave.gave("caution_change", "more") & both).sum() / answered.sum()


WEIGHTED, STRATA = sl.Design(weights="w"), sl.Design(strata="s")
FRAME = pd.DataFrame({"q": ["a", "b", "a", "b"], "w": [1.0, 1, 1, 1], "s": [1, 1, 2, 2]})


@pytest.mark.parametrize(
    ("frame", "question", "options", "error", "message"),
    [
        (FRAME, "quest", {}, UnknownNameError, "no column called 'quest' in the data frame"),
        (FRAME, "q/c", {}, UnknownNameError, "no value called 'c' in column 'q'.*'a', 'b'"),
        (FRAME, "q", {"by": "t"}, UnknownNameError, "no column called 't'"),
        (FRAME, "q", {"where": "s=3"}, UnknownNameError, "no value called '3'"),
        (FRAME, "q", {"design": sl.Design(weights="ww")}, DesignError, "'ww'"),
        (FRAME, "q", {"design_effect": 2, "design": sl.Design()}, MethodError, "not both"),
        (FRAME, "q", {"interval": "wlson"}, MethodError, "did you mean 'wilson'"),
        (FRAME.assign(q=None), "q", {}, NotEstimableError, "nobody answered 'q'"),
        (FRAME.assign(w=[1, -1, 1, 1]), "q", {"design": WEIGHTED}, DesignError, "-1"),
        (FRAME.assign(w=[1, None, 1, 1]), "q", {"design": WEIGHTED}, DesignError,
         "without a number"),
        (FRAME.assign(s=[1, 2, 2, 2]), "q", {"design": STRATA}, DesignError,
         "one respondent"),
        (FRAME.assign(s=1), "q", {"design": sl.Design(psu="s")}, DesignError, "one"),
        (7, "q", {}, MethodError, "source is a int; wanted a study"),
    ],
)  # fmt: skip
def test_errors_of_use_say_what_and_what_to_do(frame, question, options, error, message):
    with pytest.raises(error, match=message):
        sl.estimate(frame, question, **options)


def test_a_column_has_one_purpose():
    with pytest.raises(MethodError, match="column 's' is named for strata and for psu"):
        sl.Design(psu="s", strata="s")


def test_printed_figures_have_no_design(root):
    study = sl.load_study(root / "waves" / "netclean")
    with pytest.raises(NotEstimableError, match="only figures survive"):
        sl.estimate(study, "region", design=sl.Design())
