"""Replicate weights of a frame: rows looked at one by one and sums of a library agree."""

import math

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import surveylib as sl
from surveylib.analysis import frames
from surveylib.errors import SurveylibError
from surveylib.wave import repeated, repeated_units

COUNT = 6
NAMES = sl.Design.numbered("r", COUNT)
KINDS = {
    "jk1": {},
    "jkn": {"replicate_factors": (0.5, 0.5, 0.75, 0.75, 1.0, 0.0)},
    "brr": {},
    "fay": {"rho": 0.3},
    "bootstrap": {"replicate_scale": 1 / COUNT},
    "sdr": {},
}
BANDS = {"no": (0, 5), "rather": (6, 9), "yes": (10, math.inf)}
ASKED = [
    ("q", {"by": ["g", "t"]}),
    ("q", {"by": "g", "wave": "year"}),
    ("q/yes", {"where": "g=2"}),
    ("q", {"base": "all", "kish": True}),
    (["q", "t", "g"], {"by": "t"}),
    (["x", "y"], {"statistic": "mean", "by": "g", "wave": "year"}),
    ("x", {"statistic": "total", "by": ["g", "t"]}),
    ("x", {"statistic": "ratio", "over": "y", "by": "g"}),
    ("x", {"statistic": "quantile", "q": (0.1, 0.5), "by": "t", "wave": "year"}),
    (["x", "y"], {"statistic": "share_up_to", "threshold": (40, 4, 5.5), "by": "g"}),
    ("q", {"statistic": "mean", "scores": {"yes": 3, "rather": 2}, "by": "g"}),
    ("q", {"statistic": "median", "bands": BANDS, "by": "g"}),
]  # fmt: skip


def drawn(n, seed, *, zeros, equal, below):
    """Rows in which every group of every wave holds every answer, and then others at random."""
    random = np.random.default_rng(seed)
    full = pd.MultiIndex.from_product(
        [[2019, 2020], [1, 2], ["u", "v"], ["yes", "no", "rather"]], names=["year", "g", "t", "q"]
    ).to_frame(index=False)
    rest = pd.DataFrame(
        {
            "year": random.choice([2019, 2020], n),
            "g": random.choice([1, 2], n),
            "t": random.choice(["u", "v", None], n),
            "q": random.choice(["yes", "no", "rather", None], n),
        }
    )
    frame = pd.concat([full, rest], ignore_index=True)
    n = len(frame)
    weight = np.ones(n) if equal else random.uniform(0.5, 2, n)
    gone = random.random(n) < 0.2
    gone[: len(full)] = False
    frame["w"] = np.where(gone, 0.0, weight) if zeros else weight
    frame["x"] = np.where(random.random(n) < 0.1, np.nan, random.normal(5, 2, n).round(1))
    frame["y"] = random.integers(1, 90, n)
    unit = random.integers(0, 8, n)
    factors = random.choice([-0.1, 0.4, 1.6] if below else [0.4, 1.6], (8, COUNT))[unit]
    # Where the main weight is 0, replicate weights need not be.
    return frame.assign(**{name: weight * column for name, column in zip(NAMES, factors.T,
                                                                         strict=True)})  # fmt: skip


def told(found):
    return [
        (row.wave, row.question, row.domain, row.answer, row.n, row.df, row.base, row.flags)
        for row in found.rows
    ]


def values(found):
    return [
        [np.nan if one is None else one for one in
         (row.estimate, row.standard_error, row.ci_low, row.ci_high, row.design_effect,
          row.n_effective, row.n_kish)]
        for row in found.rows
    ]  # fmt: skip


def same(found, wanted):
    assert told(found) == told(wanted)
    np.testing.assert_allclose(values(found), values(wanted), rtol=1e-9, atol=1e-12)
    assert (found.covariance is None) == (wanted.covariance is None)
    if wanted.covariance is not None:
        np.testing.assert_allclose(found.covariance, wanted.covariance, rtol=1e-7, atol=1e-12)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rows")


def as_file(frame, folder):
    path = folder / "rows.parquet"
    duckdb.from_df(frame).write_parquet(str(path))
    return path


LIBRARIES = {
    "pandas": lambda frame, _: frame,
    "duckdb": lambda frame, _: duckdb.connect().from_df(frame),
    "parquet": as_file,
}


@pytest.mark.parametrize("library", LIBRARIES)
@settings(deadline=None, max_examples=30)
@given(
    n=st.integers(0, 150),
    seed=st.integers(0, 2**16),
    kind=st.sampled_from(list(KINDS)),
    asked=st.sampled_from(ASKED),
    centre=st.sampled_from(["full", "mean"]),
    zeros=st.booleans(),
    equal=st.booleans(),
    is_large=st.booleans(),
)
def test_sums_give_the_numbers_of_rows(
    folder, library, n, seed, kind, asked, centre, zeros, equal, is_large
):
    frame = drawn(n, seed, zeros=zeros, equal=equal, below=kind == "sdr")
    design = sl.Design(
        weights="w", replicate_weights=NAMES, replication=kind, centre=centre, **KINDS[kind]
    )
    question, options = asked
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "_collapsed", lambda *_: None)
        try:
            wanted = sl.estimate(frame, question, design=design, **options)
        except SurveylibError:
            assume(condition=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(frames, "frame_rows", None)  # would stop what looks at rows
        if is_large:
            patch.setattr(repeated_units, "ROOM", 0)
            patch.setattr(repeated, "_ROOM", 1)
        found = sl.estimate(LIBRARIES[library](frame, folder), question, design=design, **options)
    same(found, wanted)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_table_of_two_questions_is_that_of_rows(monkeypatch, folder, library):
    frame = drawn(100, 1, zeros=False, equal=False, below=False)
    design = sl.Design(weights="w", replicate_weights=NAMES, replication="brr")
    found = sl.crosstab(LIBRARIES[library](frame, folder), "g", "q", design=design)
    monkeypatch.setattr(frames, "_collapsed", lambda *_: None)
    wanted = sl.crosstab(frame, "g", "q", design=design)
    np.testing.assert_allclose(found.cells, wanted.cells, rtol=1e-12)
    np.testing.assert_allclose(found.covariance, wanted.covariance, rtol=1e-9, atol=1e-15)
    assert (found.n, found.df) == (wanted.n, wanted.df)
    assert found.test.p_value == pytest.approx(wanted.test.p_value, rel=1e-9)


@pytest.mark.parametrize("library", LIBRARIES)
def test_waves_with_replicate_weights_are_compared_as_rows_are(monkeypatch, folder, library):
    frame = drawn(100, 2, zeros=False, equal=False, below=False)
    design = sl.Design(weights="w", replicate_weights=NAMES, replication="brr")
    given = {"wave": "year", "from_": "2019", "to": "2020", "design": design}
    found = sl.change(LIBRARIES[library](frame, folder), "q", **given)
    monkeypatch.setattr(frames, "_collapsed", lambda *_: None)
    wanted = sl.change(frame, "q", **given)
    assert len(wanted.rows) == 3
    for mine, theirs in zip(found.rows, wanted.rows, strict=True):
        assert mine.answer == theirs.answer
        for name in ("difference", "ci_low", "ci_high", "p_value"):
            assert getattr(mine, name) == pytest.approx(getattr(theirs, name), rel=1e-9)


def test_more_numbers_than_there_is_room_for_are_looked_at_row_by_row(monkeypatch):
    frame = drawn(100, 3, zeros=False, equal=False, below=False)
    design = sl.Design(weights="w", replicate_weights=NAMES, replication="brr")
    wanted = sl.estimate(frame, "x", statistic="median", design=design)
    monkeypatch.setattr(frames, "_MOST_NUMBERS", 10)
    monkeypatch.setattr(frames, "RepeatedFrame", None)  # would stop what still sums
    same(sl.estimate(frame, "x", statistic="median", design=design), wanted)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"s": None}, "STRATUM-MISSING"),
        ({"p": "one"}, ""),
        ({"p": lambda made: made["g"], "s": lambda made: made["q"].fillna("none")}, "PSU-NESTED"),
    ],
)
@pytest.mark.parametrize("library", LIBRARIES)
def test_stages_that_are_named_beside_replicate_weights_are_checked(folder, library, change, code):
    frame = drawn(100, 4, zeros=False, equal=False, below=False)
    frame = frame.assign(s="a", p=np.arange(len(frame)) % 9)
    design = sl.Design(
        weights="w", strata="s", psu="p", replicate_weights=NAMES, replication="brr", nested=False
    )
    wanted = sl.estimate(frame, "q", design=design)
    changed = LIBRARIES[library](frame.assign(**change), folder)
    if not code:  # replicate weights carry the variance, whatever units there are
        same(sl.estimate(changed, "q", design=design), wanted)
        return
    with pytest.raises(SurveylibError, match=rf"\[{code}\]"):
        sl.estimate(changed, "q", design=design)
