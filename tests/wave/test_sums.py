"""Sums that were kept give what their rows give, however the rows were split."""

import hashlib

import duckdb
import numpy as np
import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import (
    DesignError,
    MethodError,
    NotEstimableError,
    OutputError,
    UnknownNameError,
)
from surveylib.wave import sums as module

CLUSTERS = sl.Design(weights="w", strata="s", psu="p")
PEOPLE = sl.Design(weights="w", strata="s", population="size")
DRAWN = {"weights": "w", "strata": "s", "psu": "p", "population": "units"}
STAGES = sl.Design(**DRAWN, ssu="house", ssu_population="houses")
INNER = sl.Design(**DRAWN, ssu_population="people")
REPEATED = sl.Design(
    weights="w", replicate_weights=("r1", "r2", "r3", "r4", "r5"), replication="jkn",
    replicate_factors=(0.5, 0.5, 0.5, 1, 1),
)  # fmt: skip
ASKED = [
    ("q", {}),
    ("q", {"by": "g"}),
    ("q/yes", {"where": "g=2"}),
    ("q", {"base": "all"}),
    ("q", {"statistic": "mean", "scores": {"yes": 1, "no": 0}}),
    ("q", {"statistic": "share_up_to", "bands": {"no": (0, 5), "yes": (6, 9)}, "threshold": 5}),
    ("x", {"statistic": "mean", "by": "g"}),
    ("x", {"statistic": "total"}),
]


def drawn(n=400, seed=3):
    random = np.random.default_rng(seed)
    stratum = random.integers(0, 3, n)
    frame = pd.DataFrame(
        {
            "year": random.choice([2019, 2020], n),
            "s": np.array(["a", "b", "c"])[stratum],
            "p": random.integers(0, 6, n),
            "size": np.array([9000, 8000, 7000])[stratum],
            "w": random.uniform(0.5, 2, n).round(3),
            "g": random.choice([1, 2, None], n),
            "q": random.choice(["yes", "no", "rather", None], n),
            "x": np.where(random.random(n) < 0.1, np.nan, random.normal(5, 2, n)),
            "units": np.array([60, 50, 40])[stratum],
            "house": random.integers(0, 4, n),
            "houses": 25,
            "people": 500,
        }
    )
    half = random.choice([0, 2], (5, 18))[:, stratum * 6 + frame["p"]]
    return frame.assign(**{f"r{at}": frame["w"] * one for at, one in enumerate(half, 1)})


def collapsed(frame, design, **more):
    return sl.collapse(frame, "q", numbers="x", by="g", design=design, **more)


def told(found):
    return [
        (row.wave, row.domain, row.answer, row.n, row.df, row.base, row.statistic)
        for row in found.rows
    ]


def values(found):
    return [
        [np.nan if one is None else one for one in
         (row.estimate, row.standard_error, row.ci_low, row.ci_high, row.design_effect)]
        for row in found.rows
    ]  # fmt: skip


def same(one, other):
    assert told(one) == told(other)
    np.testing.assert_allclose(values(one), values(other), rtol=1e-9)
    if one.covariance is not None:
        np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-8, atol=1e-15)


@pytest.fixture(
    params=[CLUSTERS, PEOPLE, sl.Design(weights="w"), sl.Design(), STAGES, INNER, REPEATED],
    ids=["clusters", "people", "weights", "simple", "stages", "inner", "repeated"],
)
def design(request):
    return request.param


@pytest.mark.parametrize(("question", "options"), ASKED, ids=str)
def test_kept_sums_give_what_rows_give(tmp_path, design, question, options):
    frame = drawn()
    made = collapsed(frame, design)
    kept = sl.load_sums(made.save(tmp_path / "kept.parquet"))
    wanted = sl.estimate(frame, question, design=design, **options)
    same(sl.estimate(made, question, **options), wanted)
    same(sl.estimate(kept, question, **options), wanted)


@pytest.mark.parametrize("waves", [False, True])
def test_sums_of_parts_add_up_to_those_of_the_whole(tmp_path, design, waves):
    frame = drawn()
    more = {"wave": "year"} if waves else {}
    cuts = np.split(np.arange(len(frame)), [1, 90, 91, 300])
    parts = [collapsed(frame.iloc[cut], design, **more) for cut in cuts]
    kept = [sl.load_sums(p.save(tmp_path / f"{i}.parquet")) for i, p in enumerate(parts)]
    whole = kept[0]
    for part in kept[1:]:
        whole = part.merged(whole)
    wanted = sl.estimate(frame, "q", by="g", design=design, **more)
    same(sl.estimate(whole, "q", by="g"), wanted)


@pytest.mark.parametrize("statistic", ["mean", "total"])
def test_sums_of_large_numbers_keep_their_spread_when_they_are_added_up(
    tmp_path, design, statistic
):
    frame = drawn().assign(x=lambda made: made["x"].round(3) + 1e7)
    parts = [frame.iloc[:90], frame.iloc[90:].assign(x=lambda made: made["x"] + 40)]
    kept = [
        sl.load_sums(collapsed(part, design).save(tmp_path / f"{place}.parquet"))
        for place, part in enumerate(parts)
    ]
    assert kept[0].shifts != kept[1].shifts
    wanted = sl.estimate(pd.concat(parts), "x", statistic=statistic, by="g", design=design)
    for one, other in (kept, kept[::-1]):
        found = sl.estimate(one.merged(other), "x", statistic=statistic, by="g")
        np.testing.assert_allclose(values(found), values(wanted), rtol=1e-7)


def test_questions_with_many_answers_are_kept_too(tmp_path, design):
    frame = drawn().assign(q=lambda made: (made["x"] * 9).round().map("answer {}".format))
    wanted = sl.estimate(frame, "q", by="g", design=design)
    assert len(wanted.rows) > 60
    made = collapsed(frame, design)
    same(sl.estimate(made, "q", by="g"), wanted)
    same(sl.estimate(sl.load_sums(made.save(tmp_path / "kept.parquet")), "q", by="g"), wanted)


def test_the_same_rows_in_any_order_are_the_same_bytes(tmp_path):
    frame = drawn()
    mixed = frame.sample(frac=1, random_state=1).assign(w=1.0)
    plain = frame.assign(w=1.0, x=frame["x"].round())
    mixed["x"] = mixed["x"].round()
    files = [
        collapsed(one, CLUSTERS).save(tmp_path / f"{place}.parquet")
        for place, one in enumerate((plain, mixed))
    ]
    assert len({hashlib.sha256(file.read_bytes()).hexdigest() for file in files}) == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0.parquet", "1.parquet"]


def test_sums_are_collapsed_by_the_library_of_the_frame(tmp_path):
    frame = drawn()
    path = tmp_path / "rows.parquet"
    duckdb.connect().from_df(frame).write_parquet(str(path))
    wanted = sl.estimate(frame, "q", by="g", design=CLUSTERS)
    same(sl.estimate(collapsed(path, CLUSTERS), "q", by="g"), wanted)


@pytest.mark.parametrize("library", [pd.DataFrame, duckdb.from_df], ids=["pandas", "duckdb"])
def test_a_part_may_lack_the_units_that_a_replicate_leaves_out(tmp_path, library):
    # Of a jackknife within strata, a replicate changes nothing outside its stratum.
    frame = drawn().drop(columns=["r4", "r5"])
    for name, stratum in (("r1", "a"), ("r2", "b"), ("r3", "c")):
        here = (frame["s"] == stratum).to_numpy()
        left_out = (frame["p"] == 0).to_numpy()
        frame[name] = frame["w"] * np.where(here, np.where(left_out, 0, 1.2), 1.0)
    design = sl.Design(weights="w", replicate_weights=("r1", "r2", "r3"), replication="jkn",
                       replicate_scale=1.0)  # fmt: skip
    parts = [collapsed(library(part), design) for _, part in frame.groupby("s")]
    kept = [sl.load_sums(p.save(tmp_path / f"{i}.parquet")) for i, p in enumerate(parts)]
    wanted = sl.estimate(frame, "q", by="g", design=design)
    for found in (parts, kept):
        same(sl.estimate(found[2].merged(found[0]).merged(found[1]), "q", by="g"), wanted)
    with pytest.raises(DesignError, match="REPLICATE-MAIN") as caught:
        sl.estimate(parts[0], "q")
    assert "'r2', 'r3'" in str(caught.value)


@pytest.mark.parametrize(
    "change", [{"r2": -1.0}, {"r3": np.nan}, {"r4": "a"}, {"r6": 1.0}], ids=str
)
def test_replicate_weights_that_cannot_be_summed_are_refused_with_the_reason(change):
    for frame in (drawn().assign(**change), duckdb.from_df(drawn().assign(**change))):
        with pytest.raises(DesignError, match="REPLICATE-"):
            collapsed(frame, REPEATED)


@pytest.mark.parametrize("design", [CLUSTERS, STAGES, REPEATED], ids=["psu", "ssu", "repeated"])
def test_a_table_of_two_questions_comes_from_sums_too(design):
    frame = drawn()
    one = sl.crosstab(frame, "g", "q", design=design)
    other = sl.crosstab(collapsed(frame, design), "g", "q")
    np.testing.assert_allclose(one.cells, other.cells, rtol=1e-12)
    assert one.test.p_value == pytest.approx(other.test.p_value, rel=1e-9)


def test_what_is_in_sums_is_told_in_a_line():
    made = collapsed(drawn(), sl.Design())
    assert repr(made) == "<Sums of q, x: 400 rows in 3 lines>"


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda sums: sl.estimate(sums, "x", statistic="median"), MethodError, "back to the rows"),
        (lambda sums: sl.estimate(sums, "y"), UnknownNameError, "no column called 'y' in the sums"),
        (lambda sums: sl.estimate(sums, "q", by="s"), UnknownNameError, "no group called 's'"),
        (lambda sums: sl.estimate(sums, "q", where="g=3"), UnknownNameError, "no value called '3'"),
        (lambda sums: sl.estimate(sums, "q", wave="year"), MethodError, "leave out 'wave'"),
        (lambda sums: sl.estimate(sums, "q", base="asked"), MethodError, "is not known of sums"),
        (lambda sums: sl.estimate(sums, "q", design=sl.Design()), MethodError, "out 'design'"),
        (lambda sums: sums.merged(collapsed(drawn(), PEOPLE)), MethodError, "another design"),
        (lambda sums: sums.merged(sl.collapse(drawn(), "g", numbers="x", by="g", design=CLUSTERS)),
         MethodError, "other questions"),
        (lambda sums: sums.save("nowhere/at/all.parquet"), OutputError, "cannot be written"),
        (lambda _: sl.load_sums("nowhere.parquet"), UnknownNameError, "no file called"),
        (lambda _: sl.collapse(drawn()), MethodError, "nothing is asked for"),
        (lambda _: sl.collapse(drawn(), "qq"), UnknownNameError, "did you mean 'q'"),
        (lambda _: collapsed(drawn().assign(w=-1), CLUSTERS), DesignError, "below 0"),
        (lambda _: collapsed(drawn().assign(w=1e-170), CLUSTERS), MethodError, "have no squares"),
        (lambda _: collapsed(drawn().assign(x="a"), CLUSTERS), MethodError, "'x' holds String"),
        (lambda _: collapsed(drawn(), sl.Design(psu="pp")), DesignError, "did you mean 'p'"),
    ],
)  # fmt: skip
def test_what_sums_cannot_do_is_said(call, error, message):
    with pytest.raises(error, match=message):
        call(collapsed(drawn(), CLUSTERS))


def test_a_file_that_holds_other_things_is_no_file_of_sums(tmp_path):
    other = tmp_path / "other.parquet"
    duckdb.connect().from_df(drawn()).write_parquet(str(other))
    with pytest.raises(MethodError, match="holds no sums"):
        sl.load_sums(other)
    other.write_text("no Parquet", "utf-8")
    with pytest.raises(MethodError, match="is no Parquet file of sums"):
        sl.load_sums(other)


def test_more_lines_than_there_is_room_for_are_refused(monkeypatch):
    monkeypatch.setattr(module, "MOST_LINES", 10)
    with pytest.raises(NotEstimableError, match="more than 10 combinations"):
        collapsed(drawn(), CLUSTERS)
    with pytest.raises(NotEstimableError, match="more than 2 combinations"):
        collapsed(drawn(), REPEATED)
