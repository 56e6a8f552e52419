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
    return pd.DataFrame(
        {
            "year": random.choice([2019, 2020], n),
            "s": np.array(["a", "b", "c"])[stratum],
            "p": random.integers(0, 6, n),
            "size": np.array([9000, 8000, 7000])[stratum],
            "w": random.uniform(0.5, 2, n).round(3),
            "g": random.choice([1, 2, None], n),
            "q": random.choice(["yes", "no", "rather", None], n),
            "x": np.where(random.random(n) < 0.1, np.nan, random.normal(5, 2, n)),
        }
    )


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


@pytest.fixture(params=[CLUSTERS, PEOPLE, sl.Design(weights="w"), sl.Design()],
                ids=["clusters", "people", "weights", "simple"])  # fmt: skip
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


def test_a_table_of_two_questions_comes_from_sums_too():
    frame = drawn()
    one = sl.crosstab(frame, "g", "q", design=CLUSTERS)
    other = sl.crosstab(collapsed(frame, CLUSTERS), "g", "q")
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
