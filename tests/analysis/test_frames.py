"""Frames: the same numbers from any library and any way through the engine, whatever is in them."""

import datetime as dt
import decimal
import json
import math
from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pytest

import surveylib as sl
from surveylib.analysis import at_once, collapsed, frame_units, frames
from surveylib.errors import (
    DesignError,
    MethodError,
    NotEstimableError,
    ResponsesError,
    SurveylibError,
    UnknownNameError,
)
from surveylib.wave import framed

SIMPLE = sl.Design()
WEIGHTS = sl.Design(weights="w")
PEOPLE = sl.Design(weights="w", strata="s", population="size")
CLUSTERS = sl.Design(weights="w", strata="s", psu="p")
DRAWN = sl.Design(weights="w", strata="s", psu="p", population="units")
STAGES = replace(DRAWN, ssu="house", ssu_population="houses")
INNER = replace(DRAWN, ssu_population="people")
REPEATED = sl.Design(
    weights="w", strata="s", psu="p", replicate_weights=("r1", "r2", "r3", "r4", "r5"),
    replication="fay", rho=0.5, centre="mean",
)  # fmt: skip
ALL = pytest.mark.parametrize(
    "design",
    [SIMPLE, WEIGHTS, PEOPLE, CLUSTERS, DRAWN, STAGES, INNER, REPEATED],
    ids=["simple", "weights", "people", "clusters", "drawn", "stages", "inner", "repeated"],
)
BANDS = {"no": (0, 5), "rather": (6, 9), "yes": (10, math.inf)}
UP_TO = {"statistic": "share_up_to"}
ASKED = [
    ("q", {}),
    ("q", {"by": "g"}),
    ("q", {"by": ["g", "t"]}),
    ("q", {"by": "g", "wave": "year"}),
    ("q/yes", {"where": "g=2", "interval": "korn-graubard"}),
    ("q", {"base": "all"}),
    (["q", "t", "g"], {}),
    ("x", {"statistic": "mean", "by": "g"}),
    ("x", {"statistic": "mean", "by": ["g", "t"], "wave": "year"}),
    (["x", "y"], {"statistic": "total", "by": "t"}),
    ("x", {"statistic": "total", "where": "t=v", "wave": "year"}),
    ("x", {"statistic": "ratio", "over": "y", "by": "g"}),
    ("x", {"statistic": "quantile", "q": (0.1, 0.5, 0.9), "by": "g"}),
    ("y", {"statistic": "median", "where": "t=u", "wave": "year"}),
    ("x", {**UP_TO, "threshold": (4, 5.5), "by": "t"}),
    ("q", {"statistic": "mean", "scores": {"yes": 3, "rather": 2, "no": 1}, "by": "g"}),
    ("q", {"statistic": "total", "scores": {"yes": 1, "no": 0}}),
    ("q", {"statistic": "median", "bands": BANDS, "by": "g"}),
    ("q", {"statistic": "mean", "bands": BANDS, "cap": 20}),
    ("q", {**UP_TO, "bands": BANDS, "threshold": (5, 7)}),
]
FEW = pytest.mark.parametrize(
    "design",
    [SIMPLE, PEOPLE, DRAWN, STAGES, REPEATED],
    ids=["simple", "people", "drawn", "stages", "repeated"],
)
EVERY = pytest.mark.parametrize(("question", "options"), ASKED, ids=str)


def drawn(n=400, seed=5, *, zeros=False):
    random = np.random.default_rng(seed)
    stratum = random.integers(0, 3, n)
    weights = random.uniform(0.5, 2, n).round(3)
    frame = pd.DataFrame(
        {
            "year": random.choice([2019, 2020], n),
            "s": np.array(["a", "b", "c"])[stratum],
            "p": random.integers(0, 6, n),
            "size": np.array([9000, 8000, 7000])[stratum],
            "units": np.array([60, 50, 40])[stratum],
            "w": np.where(random.random(n) < 0.1, 0, weights) if zeros else weights,
            "g": random.choice([1, 2], n),
            "t": random.choice(["u", "v", None], n, p=[0.45, 0.45, 0.1]),
            "q": random.choice(["yes", "no", "rather", None], n),
            "x": np.where(random.random(n) < 0.1, np.nan, random.normal(5, 2, n).round(2)),
            "y": random.integers(1, 90, n),
            "house": random.integers(0, 4, n),
            "houses": 25,
            "people": 500,
        }
    )
    half = random.choice([-0.5, 0.5], (5, 18))[:, stratum * 6 + frame["p"]]
    return frame.assign(**{f"r{at}": frame["w"] * (1 + one) for at, one in enumerate(half, 1)})


def relation(frame):
    return duckdb.connect().from_df(frame)


def told(found):
    return [
        (row.wave, row.question, row.domain, row.answer, row.n, row.df, row.base, row.statistic,
         row.flags)
        for row in found.rows
    ]  # fmt: skip


def values(found):
    return [
        [np.nan if one is None else one for one in
         (row.estimate, row.estimate_low, row.estimate_high, row.standard_error, row.ci_low,
          row.ci_high, row.envelope_low, row.envelope_high, row.design_effect, row.n_effective)]
        for row in found.rows
    ]  # fmt: skip


def same(one, other):
    assert told(one) == told(other)
    np.testing.assert_allclose(values(one), values(other), rtol=1e-8, atol=1e-12)
    assert (one.covariance is None) == (other.covariance is None)
    if one.covariance is not None:
        np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-7, atol=1e-14)


# One engine, several ways


@EVERY
@FEW
def test_a_relation_gives_the_numbers_of_a_data_frame(design, question, options):
    frame = drawn()
    wanted = sl.estimate(frame, question, design=design, **options)
    same(sl.estimate(relation(frame), question, design=design, **options), wanted)


@EVERY
@ALL
@pytest.mark.parametrize("zeros", [False, True])
def test_rows_looked_at_one_by_one_give_the_numbers_of_sums(
    monkeypatch, zeros, design, question, options
):
    frame = drawn(zeros=zeros)
    wanted = sl.estimate(frame, question, design=design, **options)
    monkeypatch.setattr(frames, "_collapsed", lambda *_: None)
    same(sl.estimate(frame, question, design=design, **options), wanted)


@EVERY
def test_more_units_than_there_is_room_for_are_looked_at_row_by_row(monkeypatch, question, options):
    frame = drawn()
    wanted = sl.estimate(frame, question, design=CLUSTERS, **options)
    monkeypatch.setattr(frames, "_MOST_UNITS", 3)
    monkeypatch.setattr(frames, "CollapsedFrame", None)  # would stop what still sums
    same(sl.estimate(frame, question, design=CLUSTERS, **options), wanted)


@EVERY
@FEW
def test_groups_summed_one_after_the_other_give_the_same(monkeypatch, design, question, options):
    frame = drawn() if design == PEOPLE else relation(drawn())
    wanted = sl.estimate(frame, question, design=design, **options)
    monkeypatch.setattr(collapsed, "MOST_LINES", 2)
    same(sl.estimate(frame, question, design=design, **options), wanted)


@EVERY
def test_whole_numbers_far_apart_are_asked_for_first_and_give_the_same(
    monkeypatch, question, options
):
    frame = drawn()
    wanted = sl.estimate(frame, question, **options)
    monkeypatch.setattr(framed, "_FEW", 0)
    same(sl.estimate(frame, question, **options), wanted)


@EVERY
def test_psus_of_one_respondent_each_are_respondents(monkeypatch, question, options):
    frame = drawn().assign(p=lambda made: [f"unit {number}" for number in range(len(made))])
    wanted = sl.estimate(frame, question, design=replace(CLUSTERS, psu=None), **options)
    monkeypatch.setattr(frames, "_MOST_UNITS", 100)
    found = sl.estimate(frame, question, design=CLUSTERS, **options)
    same(found, wanted)


def test_the_order_of_rows_and_the_index_change_nothing():
    frame = drawn()
    other = frame.sample(frac=1, random_state=2)
    for question, options in ASKED:
        wanted = sl.estimate(frame, question, design=CLUSTERS, **options)
        same(sl.estimate(other, question, design=CLUSTERS, **options), wanted)


def test_rows_twice_and_weights_halved_keep_every_estimate():
    frame = drawn()
    twice = pd.concat([frame, frame]).assign(w=lambda made: made["w"] / 2)
    for question, options in ASKED:
        one = sl.estimate(frame, question, design=CLUSTERS, **options)
        two = sl.estimate(twice, question, design=CLUSTERS, **options)
        # A unit's total is the same in both, so that its variance is too.
        for mine, theirs in zip(one.rows, two.rows, strict=True):
            assert theirs.n == 2 * mine.n
            if mine.estimate is not None:
                assert theirs.estimate == pytest.approx(mine.estimate, rel=1e-9)
            if mine.standard_error is not None and mine.statistic != "quantile":
                assert theirs.standard_error == pytest.approx(mine.standard_error, rel=1e-7)


def test_several_questions_are_each_as_if_alone():
    frame = drawn()
    found = sl.estimate(frame, ["q", "t", "g"], by="year", design=CLUSTERS)
    for name in ("q", "t", "g"):
        alone = sl.estimate(frame, name, by="year", design=CLUSTERS)
        assert [row for row in found.rows if row.question == name] == list(alone.rows)
    assert found.covariance is None


def test_a_wave_is_a_sample_of_its_own():
    frame = drawn()
    both = sl.estimate(frame, "q", by="g", wave="year", design=CLUSTERS)
    for year in (2019, 2020):
        alone = sl.estimate(frame[frame["year"] == year], "q", by="g", design=CLUSTERS)
        mine = [row for row in both.rows if row.wave == str(year)]
        assert [replace(row, wave="") for row in mine] == list(alone.rows)
    half = len(both.rows) // 2
    assert not both.covariance[:half, half:].any()


@pytest.mark.parametrize("library", [pd.DataFrame, relation], ids=["pandas", "duckdb"])
def test_a_column_that_would_form_too_many_groups_is_refused(monkeypatch, library):
    for module in (at_once, collapsed, frame_units):
        monkeypatch.setattr(module, "MOST_GROUPS", 2)
    frame = library(drawn())
    assert sl.estimate(frame, "q", by="g").rows
    for options in ({"by": "s"}, {"where": "s=a"}):
        with pytest.raises(NotEstimableError, match="'s' has more than 2 different values"):
            sl.estimate(frame, "q", **options)


# Files


@pytest.fixture
def written(tmp_path):
    """A function that writes a frame as a file of some kind."""

    def write(frame, name):
        path = tmp_path / name
        if path.suffix == ".parquet":
            relation(frame).write_parquet(str(path))
        else:
            frame.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")
        return path

    return write


NAMES = ["rows.parquet", "rows.csv", "rows.tsv", "of a year.csv", "it's.csv", "größe.parquet"]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_gives_the_numbers_of_its_rows(written, name):
    frame = drawn()
    path = written(frame, name)
    same(sl.estimate(str(path), "q"), sl.estimate(frame, "q"))
    for question, options in ASKED[::3]:
        wanted = sl.estimate(frame, question, design=CLUSTERS, **options)
        same(sl.estimate(path, question, design=CLUSTERS, **options), wanted)
    one, other = (sl.crosstab(source, "t", "q", design=CLUSTERS) for source in (frame, path))
    np.testing.assert_allclose(one.cells, other.cells, rtol=1e-12)


@pytest.mark.parametrize("name", ["[a].csv", "a*.csv", "[a].parquet", "a?.parquet"])
def test_a_file_whose_name_looks_like_a_pattern_is_that_file(written, name):
    other = name.replace("[a]", "a").replace("*", "b").replace("?", "b")
    written(pd.DataFrame({"q": ["wrong", "wrong"]}), other)
    path = written(pd.DataFrame({"q": ["right", "right", "right"]}), name)
    assert [(row.answer, row.n) for row in sl.estimate(path, "q").rows] == [("right", 3)]


def test_an_ending_in_capitals_is_the_same_ending(written):
    path = written(pd.DataFrame({"q": ["a", "b"]}), "rows.CSV")
    assert len(sl.estimate(path, "q").rows) == 2


def test_codes_with_zeros_in_front_stay_as_they_are(written):
    path = written(pd.DataFrame({"q": ["01", "02", "1"]}), "rows.csv")
    assert [row.answer for row in sl.estimate(path, "q").rows] == ["01", "02", "1"]


def test_a_file_that_is_not_there_is_answered_with_the_nearest_one(written):
    path = written(drawn(), "rows.csv")
    with pytest.raises(UnknownNameError, match=r"no file called .*Known: .*'rows\.csv'"):
        sl.estimate(path.with_name("row.csv"), "q")
    with pytest.raises(UnknownNameError, match="no file called"):
        sl.estimate(path.parent / "nowhere" / "rows.csv", "q")


@pytest.mark.parametrize("name", ["rows.xlsx", "rows.json", "rows", ""])
def test_a_file_of_another_kind_is_refused_with_the_kinds_that_are_read(name):
    with pytest.raises(MethodError, match="the path of a Parquet or CSV file"):
        sl.estimate(name, "q")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.parquet", b""),
        ("rows.parquet", b"no Parquet at all"),
        ("rows.csv", b""),
        ("rows.csv", bytes(range(256)) * 5),
        ("rows.csv", "q,x\n\u00e9,1\na,2\n".encode("latin-1")),
        ("rows.csv", b"q,x\n" + b"a,1\n" * 30_000 + b"b,1,2,3\n"),
        ("rows.csv", b"q\n" + b"1\n" * 30_000 + b"x\n"),
    ],
    ids=["empty", "text", "empty csv", "bytes", "latin-1", "ragged", "late text"],
)
def test_a_file_that_cannot_be_read_is_named_and_said_why(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SurveylibError, match=r"rows\.|no column called"):
        sl.estimate(path, "q")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("q,x\n" + "a,1\n" * 30_000 + "b,1,2,3\n", "give every line as many cells"),
        ("q,x\n" + "a,1\n" * 30_000 + "b,one\n", "a column holds numbers or texts"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(tmp_path, content, message):
    path = tmp_path / "[a].csv"
    path.write_text(content, "utf-8")
    with pytest.raises(ResponsesError, match=message) as caught:
        sl.estimate(path, "x", statistic="mean")
    assert f"{path}:30002: DuckDB cannot read these rows [FRAME-FILE]" in str(caught.value)
    assert "Possible" not in str(caught.value)


# Awkward names

AWKWARD = [
    "two words", " x ", 'quo"te', "quo'te", "größe", "语言", "a.b", "a:0:n", "n:0", "q;drop", "a=b",
    "n", "wave", "weight", "weights", "unit", "group", "class", "rows", "index", "level_0", "order",
    "select", "literal", "square", "x", "y", "__", "_", "%s", "{}", "\\", "surveylib",
    "surveylib_rows", "surveylib_0", "surveylib_1", "surveylib_key_0", "surveylib_key_1",
    "surveylib_lines", "least", "low q", "high q",
]  # fmt: skip
SMALL = pd.DataFrame(
    {
        "c1": ["a", "b", "a", "b", "c", None] * 4,
        "c2": [1.5, 2, 3, 4, 5, 6] * 4,
        "c3": [1.0, 2, 3, 1, 2, 3] * 4,
        "c4": [1, 1, 2, 2, 1, 2] * 4,
        "c5": list(range(6)) * 4,
        "c6": ["k", "l", "m"] * 8,
    }
)
LIBRARIES = pytest.mark.parametrize("library", [pd.DataFrame, relation], ids=["pandas", "duckdb"])


@LIBRARIES
@pytest.mark.parametrize("name", AWKWARD)
def test_a_column_may_have_any_name_in_any_part(library, name):
    for part, ask in {
        "c1": lambda source, names: sl.estimate(source, names["c1"], design=CLUSTERED(names)),
        "c2": lambda source, names: sl.estimate(
            source, names["c2"], statistic="median", by=names["c4"], design=CLUSTERED(names)
        ),
        "c3": lambda source, names: sl.estimate(
            source, names["c2"], statistic="mean", design=CLUSTERED(names)
        ),
        "c4": lambda source, names: sl.estimate(
            source, names["c1"], where=f"{names['c4']}=1", design=CLUSTERED(names)
        ),
        "c5": lambda source, names: (
            sl.crosstab(source, names["c4"], names["c1"], design=CLUSTERED(names)).within
        ),
        "c6": lambda source, names: sl.estimate(source, names["c1"], wave=names["c6"]),
    }.items():
        if part == "c4" and "=" in name:
            continue  # `where` takes what stands before the first sign
        plain = {column: column for column in SMALL}
        wanted = ask(SMALL, plain)
        found = ask(library(SMALL.rename(columns={part: name})), {**plain, part: name})
        np.testing.assert_allclose(values(found), values(wanted), rtol=1e-9)
        assert [row.answer for row in found.rows] == [row.answer for row in wanted.rows]


def CLUSTERED(names):  # noqa: N802 - a design whose columns are renamed
    return sl.Design(weights=names["c3"], psu=names["c5"])


@LIBRARIES
def test_names_that_are_made_of_each_other_are_told_apart(library):
    frame = library(pd.DataFrame({"x": [1.0, 2, 3, 4], "x:0": [5.0, 6, 7, 8], "x:3": [0.0, 0, 9, 9],
                                  "a": list("xyxy"), "a:0": list("uuuv")}))  # fmt: skip
    means = sl.estimate(frame, ["x", "x:0"], statistic="mean").rows
    assert [row.estimate for row in means] == [2.5, 6.5]
    shares = sl.estimate(frame, ["x", "x:3"], **UP_TO, threshold=3).rows
    assert [row.estimate for row in shares] == [0.75, 0.5]
    answers = sl.estimate(frame, ["a", "a:0"]).rows
    assert [(row.answer, row.estimate) for row in answers] == [
        ("x", 0.5), ("y", 0.5), ("u", 0.75), ("v", 0.25),
    ]  # fmt: skip


def test_columns_that_have_no_name_or_the_same_one_are_refused():
    twice = pd.DataFrame([[1, 2], [3, 4]], columns=["q", "q"])
    with pytest.raises(SurveylibError, match="'q'"):
        sl.estimate(twice, "q")
    numbered = pd.DataFrame([[1, 2], [3, 4]])
    with pytest.raises(SurveylibError, match=r"no column called 'q'|column"):
        sl.estimate(numbered, "q")


# Awkward values


def column(values, **options):
    return pd.Series(values, **options)


def day(number):
    return dt.date(2020, 1, number)


BIG = 2**62
VALUES = {
    "truth": (column([True, False, True]), {"True": 2, "False": 1}),
    "truth or none": (pd.array([True, None, True], dtype="boolean"), {"True": 2}),
    "truth as objects": (column([True, False, None], dtype=object), {"True": 1, "False": 1}),
    "category": (
        column(pd.Categorical(["b", "a", None], categories=["c", "b", "a"])), {"a": 1, "b": 1},
    ),
    "whole or none": (pd.array([1, None, 2], dtype="Int64"), {"1": 1, "2": 1}),
    "float that is whole": (column([1.0, 2.0, np.nan]), {"1": 1, "2": 1}),
    "float": (column([1.5, 2.0, np.nan]), {"1.5": 1, "2": 1}),
    "zero with a sign": (column([0.0, -0.0, 1.0]), {"0": 2, "1": 1}),
    "large": (column([BIG, BIG + 1, BIG + 1]), {str(BIG): 1, str(BIG + 1): 2}),
    "large and far": (column([-BIG, 2**53 + 1, 2**53]),
                      {str(-BIG): 1, str(2**53 + 1): 1, str(2**53): 1}),
    "large or none": (pd.array([2**53 + 1, 2**53, None], dtype="Int64"),
                      {str(2**53 + 1): 1, str(2**53): 1}),
    "large, far and none": (pd.array([2**53 + 1, None, -5], dtype="Int64"),
                            {str(2**53 + 1): 1, "-5": 1}),
    "largest unsigned": (column([2**64 - 1, 0, 0], dtype="uint64"), {"0": 2, str(2**64 - 1): 1}),
    "small kind": (column([-128, 127, 127], dtype="int8"), {"-128": 1, "127": 2}),
    "text like numbers": (column(["1", "01", "1.0"]), {"1": 1, "01": 1, "1.0": 1}),
    "text like nothing": (column(["nan", "None", ""]), {"nan": 1, "None": 1, "": 1}),
    "pandas NA": (column([pd.NA, "a", "b"], dtype=object), {"a": 1, "b": 1}),
    "not a number": (column([np.nan, "a", "b"], dtype=object), {"a": 1, "b": 1}),
    "text of pandas": (pd.array(["a", None, "b"], dtype="string"), {"a": 1, "b": 1}),
    "blanks": (column([" a", "a", "a "]), {" a": 1, "a": 1, "a ": 1}),
    "letters": (column(["\u00e9", "e\u0301", "E"]), {"\u00e9": 1, "e\u0301": 1, "E": 1}),
    "control": (column(["\x1b[31m", "a\nb", "<b>"]), {"\x1b[31m": 1, "a\nb": 1, "<b>": 1}),
    "signs": (column(["=1+1", "a=b", "-"]), {"=1+1": 1, "a=b": 1, "-": 1}),
    "days": (column([day(1), day(2), day(2)]), {"2020-01-01": 1, "2020-01-02": 2}),
    "decimals": (column([decimal.Decimal("1.5"), decimal.Decimal("2.5"), decimal.Decimal("2.5")]),
                 {"1.5": 1, "2.5": 2}),
}  # fmt: skip


@LIBRARIES
@pytest.mark.parametrize("kind", VALUES)
def test_every_kind_of_value_is_counted_and_none_is_lost(library, kind):
    given, counts = VALUES[kind]
    frame = library(pd.DataFrame({"q": given, "y": [1.0, 2, 4]}))
    found = sl.estimate(frame, "q").rows
    base = sum(counts.values())
    assert {row.answer: round(row.estimate * base, 9) for row in found} == counts
    assert {row.n for row in found} == {base}
    groups = sl.estimate(frame, "y", statistic="mean", by="q").rows
    assert {row.domain: row.n for row in groups} == {f"q={one}": n for one, n in counts.items()}
    for one, n in counts.items():
        assert sl.estimate(frame, "y", statistic="mean", where=f"q={one}").rows[0].n == n
    every = sl.estimate(frame, "q", base="all").rows
    assert {row.n for row in every} == {3}
    assert sum(row.estimate for row in every) == pytest.approx(1)
    json.dumps(sl.estimate(frame, "q").to_dict(), allow_nan=False)


@LIBRARIES
def test_moments_are_answers_that_lack_where_there_is_none(library):
    moments = pd.to_datetime(["2020-01-01", None, "2020-01-02"])
    rows = sl.estimate(library(pd.DataFrame({"q": moments})), "q").rows
    assert [(row.n, row.estimate) for row in rows] == [(2, 0.5)] * 2
    assert [row.answer[:10] for row in rows] == ["2020-01-01", "2020-01-02"]


@LIBRARIES
def test_an_answer_called_as_no_value_is_told_apart_from_it(library):
    frame = library(pd.DataFrame({"q": ["no_value", None, None, "a"]}))
    rows = sl.estimate(frame, "q", base="all").rows
    assert len(rows) == 3
    assert sorted(row.estimate for row in rows) == [0.25, 0.25, 0.5]


def test_a_number_and_its_text_in_one_column_are_refused():
    frame = pd.DataFrame({"q": [1, "1", 1, "a"] * 3, "y": range(12)})
    by = {"statistic": "mean", "by": "q"}
    for question, options in (("q", {}), ("q", {"base": "all"}), ("y", by)):
        for design in (sl.Design(), sl.Design(psu="y")):
            with pytest.raises(ResponsesError, match="'q' holds values that are written alike"):
                sl.estimate(frame, question, design=design, **options)


@pytest.mark.parametrize("cells", [[[1], [2], [1]], [{"a": 1}, {"a": 2}, None], [(1, 2), (3,), ()]])
@LIBRARIES
def test_lists_in_cells_are_no_answers(library, cells):
    frame = library(pd.DataFrame({"q": cells, "y": [1.0, 2, 3]}))
    for ask in ({}, {"base": "all"}):
        with pytest.raises(SurveylibError, match="'q'"):
            sl.estimate(frame, "q", **ask)
    for more in ({"by": "q"}, {"wave": "q"}, {"design": sl.Design(psu="q")}):
        with pytest.raises(SurveylibError, match="'q'"):
            sl.estimate(frame, "y", statistic="mean", **more)


@LIBRARIES
def test_numbers_that_are_not_finite_are_no_numbers(library):
    frame = library(pd.DataFrame({"x": [1.0, math.inf, -math.inf, math.nan, 3]}))
    for statistic in ("mean", "total", "median"):
        assert sl.estimate(frame, "x", statistic=statistic).rows[0].n == 2
    assert sl.estimate(frame, "x", **UP_TO, threshold=2).rows[0].estimate == 0.5


@LIBRARIES
@pytest.mark.parametrize("kind", ["truth", "text like numbers", "days", "category"])
def test_what_is_no_number_has_no_mean(library, kind):
    frame = library(pd.DataFrame({"q": VALUES[kind][0]}))
    with pytest.raises(MethodError, match=r"column 'q' holds .* is of numbers, or of answers with"):
        sl.estimate(frame, "q", statistic="mean")


@LIBRARIES
@pytest.mark.parametrize("missing", [None, math.nan])
def test_decimals_are_numbers(library, missing):
    given = [decimal.Decimal("1.5"), decimal.Decimal("2.5"), decimal.Decimal("5.0"), missing]
    row = sl.estimate(library(pd.DataFrame({"q": given})), "q", statistic="mean").rows[0]
    assert (row.estimate, row.n) == (pytest.approx(3), 3)


@LIBRARIES
def test_a_column_may_have_many_answers(library):
    frame = library(pd.DataFrame({"z": [*range(0, 6000, 100), 0]}))
    rows = sl.estimate(frame, "z").rows
    assert [row.estimate for row in rows] == pytest.approx([2 / 61] + [1 / 61] * 59)


@LIBRARIES
def test_a_column_of_numbers_is_no_list_of_answers(library):
    with pytest.raises(NotEstimableError, match=r"'x' has more than 1,000 different values; of nu"):
        sl.estimate(library(pd.DataFrame({"x": np.arange(1001), "q": "a"})), "x")


@LIBRARIES
@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("q", {}),
        ("q", {"wave": "year"}),
        ("x", {"statistic": "mean"}),
        ("x", {"statistic": "total", "wave": "year"}),
        ("x", {"statistic": "median", "by": "t"}),
        ("x", {**UP_TO, "threshold": 1}),
    ],
    ids=str,
)
@pytest.mark.parametrize("design", [SIMPLE, CLUSTERS, PEOPLE], ids=["simple", "psu", "people"])
def test_no_rows_and_one_row_are_no_sample_and_that_is_said(
    library, rows, design, question, options
):
    frame = library(drawn().dropna().iloc[:rows])
    try:
        found = sl.estimate(frame, question, design=design, **options).rows
    except SurveylibError as error:
        assert "traceback" not in str(error).lower()  # noqa: PT017 - a message of our own
        return
    assert rows == 1
    assert [row.n for row in found] == [1]


@LIBRARIES
def test_a_wave_that_nobody_has_is_said(library):
    frame = library(drawn().assign(year=pd.Series([None] * 400, dtype=object)))
    with pytest.raises(SurveylibError, match="year"):
        sl.estimate(frame, "q", wave="year")


@LIBRARIES
@pytest.mark.parametrize("design", [SIMPLE, CLUSTERS], ids=["simple", "clusters"])
def test_rows_without_a_wave_are_in_none_and_every_row_says_so(monkeypatch, library, design):
    frame = drawn().assign(year=lambda made: made["year"].where(made["y"] > 9))
    out = int((frame["y"] <= 9).sum())
    found = [sl.estimate(library(frame), "q", wave="year", design=design)]
    monkeypatch.setattr(frames, "_collapsed", lambda *_: None)
    found.append(sl.estimate(library(frame), "q", wave="year", design=design))
    for each in found:
        assert {row.flags for row in each.rows} == {("no_wave",)}
        assert {row.notes for row in each.rows} == {
            (f"{out} rows have no value in 'year': they are in no wave.",)
        }
    kept = frame[frame["y"] > 9]
    wanted = sl.estimate(library(kept), "q", wave="year", design=design).rows
    assert [row.estimate for row in found[0].rows] == pytest.approx(
        [row.estimate for row in wanted]
    )


# What does not fit the design

WRONG = [
    ({"w": [-1.0, *[1.0] * 23]}, WEIGHTS, "WEIGHT-NEGATIVE", "record 1: '-1.0'"),
    ({"w": [None, *[1.0] * 23]}, WEIGHTS, "WEIGHT-MISSING", "record 1"),
    ({"w": [math.inf, *[1.0] * 23]}, WEIGHTS, "WEIGHT-INFINITE", "record 1: 'inf'"),
    ({"w": [math.inf, -math.inf, *[1.0] * 22]}, WEIGHTS, "WEIGHT-INFINITE", "record 1: 'inf'"),
    ({"w": ["a", *["1"] * 23]}, WEIGHTS, "WEIGHT-TEXT", "record 1: 'a'"),
    ({"w": [True, *[False] * 23]}, WEIGHTS, "WEIGHT-TEXT", "record 1: 'True'"),
    ({"w": 0.0}, WEIGHTS, "WEIGHT-ALL-ZERO", "every weight is 0"),
    ({"p": 1}, sl.Design(psu="p"), "PSU-ONE", "there is one PSU in the whole design"),
    ({"p": [None, *range(23)]}, sl.Design(psu="p"), "PSU-MISSING", "record 1"),
    ({"s": [None, *[1, 2] * 11, 1]}, sl.Design(strata="s"), "STRATUM-MISSING", "record 1"),
    ({"s": [3, *[1, 2] * 11, 1]}, sl.Design(strata="s"), "STRATUM-LONELY", "'3'"),
    ({"s": [3, *[1, 2] * 11, 1]}, sl.Design(strata="s", psu="p"), "STRATUM-LONELY", "'3'"),
    ({"s": range(24)}, sl.Design(strata="s"), "DESIGN-FREEDOM", "every stratum has one respond"),
    ({"N": 3}, sl.Design(population="N"), "POPULATION-SMALL", "3 of which 24 were drawn"),
    ({"N": 0}, sl.Design(population="N"), "POPULATION-ZERO", "populations of 0"),
    ({"N": range(50, 74)}, sl.Design(population="N"), "POPULATION-VARIES", "another value"),
    ({"N": [None, *[50] * 23]}, sl.Design(population="N"), "POPULATION-MISSING", "record 1"),
    ({"N": 50.5}, sl.Design(population="N"), "POPULATION-WHOLE", "sizes that are not whole"),
    ({"N": [0.5] * 20 + [50] * 4}, sl.Design(population="N"), "POPULATION-MIXED", "mixed"),
    ({"p": [1, 2, 3, 4] * 6, "s": [1, 1, 2, 2, 2, 2] * 4},
     sl.Design(psu="p", strata="s", nested=False), "PSU-NESTED", "nested=True if they are counted"),
    ({}, sl.Design(strata="ss"), "DESIGN-COLUMN", "no column called 'ss', which the design names"),
    ({}, sl.Design(psu="stratum"), "DESIGN-COLUMN", "for psu"),
]  # fmt: skip
BASE = pd.DataFrame({
    "q": ["a", "b", "c", "a"] * 6, "x": [1.5, 2, 3, 5] * 6,
    "s": [1, 2] * 12, "p": list(range(8)) * 3, "w": 1.0, "N": 50,
})  # fmt: skip


@LIBRARIES
@pytest.mark.parametrize(
    ("question", "options"),
    [("q", {}), ("x", {"statistic": "mean"}), ("x", {"statistic": "median"})],
    ids=["share", "mean", "median"],
)
@pytest.mark.parametrize(
    ("change", "design", "code", "message"), WRONG, ids=lambda one: str(one)[:40]
)
def test_what_does_not_fit_the_design_is_said_whatever_is_asked(
    library, question, options, change, design, code, message
):
    frame = library(BASE.assign(**change))
    with pytest.raises(DesignError, match=f"\\[{code}\\]") as caught:
        sl.estimate(frame, question, design=design, **options)
    assert message in str(caught.value)
    assert "the data frame" in str(caught.value)


@LIBRARIES
def test_a_row_of_one_wave_that_is_wrong_is_named_with_the_wave(library):
    frame = library(BASE.assign(w=[1.0] * 23 + [-1.0], year=[2020] * 12 + [2021] * 12))
    with pytest.raises(DesignError, match=r"wave 2021 of the data frame.*record 12: '-1\.0'|2021"):
        sl.estimate(frame, "q", wave="year", design=WEIGHTS)


@pytest.mark.parametrize("lonely", ["certainty", "adjust", "average"])
@LIBRARIES
def test_a_stratum_of_one_respondent_adds_what_was_chosen(library, lonely):
    frame = BASE.assign(s=[3, *[1, 2] * 11, 1])
    design = sl.Design(strata="s", lonely=lonely)
    row = sl.estimate(library(frame), "x", statistic="mean", design=design).rows[0]
    mean = frame["x"].mean()
    residuals = [(part - mean).to_numpy() / 24 for _, part in frame.groupby("s")["x"]]
    own = [len(one) / (len(one) - 1) * ((one - one.mean()) ** 2).sum()
           for one in residuals if len(one) > 1]  # fmt: skip
    # The mean of all linearised values is 0: a lonely one is set against that.
    more = {"certainty": 0, "adjust": residuals[-1][0] ** 2, "average": np.mean(own)}
    assert row.standard_error**2 == pytest.approx(sum(own) + more[lonely], rel=1e-9)


@pytest.mark.parametrize("scale", [1e-300, 1e-170, 1e-12, 1e12, 1e150, 1e300])
@pytest.mark.parametrize(
    ("question", "options"),
    [("q", {}), ("x", {"statistic": "mean"}), ("x", {"statistic": "median"})],
    ids=["share", "mean", "median"],
)
def test_weights_of_any_scale_give_the_same_or_are_refused(scale, question, options):
    weights = np.array([1.0, 2, 3, 2] * 6)
    wanted = sl.estimate(BASE.assign(w=weights), question, design=WEIGHTS, **options)
    try:
        found = sl.estimate(BASE.assign(w=weights * scale), question, design=WEIGHTS, **options)
    except SurveylibError:
        return
    same(found, wanted)


@LIBRARIES
def test_weights_as_text_are_read_where_they_are_numbers(library):
    text = library(BASE.assign(w=["1.5", *["1"] * 23]))
    number = library(BASE.assign(w=[1.5, *[1.0] * 23]))
    same(sl.estimate(text, "q", design=WEIGHTS), sl.estimate(number, "q", design=WEIGHTS))


@LIBRARIES
def test_rows_of_weight_0_count_in_no_base_and_hold_no_group(library):
    frame = BASE.assign(w=np.where(BASE["s"] == 1, 0.0, 1.0))
    rows = sl.estimate(library(frame), "x", statistic="mean", by="s", design=WEIGHTS).rows
    assert [(row.domain, row.n) for row in rows] == [("s=2", 12)]
    with pytest.raises(NotEstimableError, match="nobody answered 'q' among s=1"):
        sl.estimate(library(frame), "q", where="s=1", design=WEIGHTS)


@pytest.mark.parametrize(
    "source",
    [pd.Series([1, 2], name="q"), {"q": [1]}, [{"q": 1}], np.array([1]), None, 5, object()],
    ids=type,
)  # fmt: skip
def test_what_is_no_frame_is_refused_with_what_to_pass(source):
    with pytest.raises(MethodError, match=r"source is a \w+; wanted a study from sl\.load_study"):
        sl.estimate(source, "q")
    with pytest.raises(MethodError, match=r"source is a \w+; wanted"):
        sl.crosstab(source, "q", "x")


def test_a_frame_is_not_changed():
    frame = drawn()
    before = frame.copy(deep=True)
    for question, options in ASKED:
        sl.estimate(frame, question, design=CLUSTERS, **options)
    pd.testing.assert_frame_equal(frame, before)
