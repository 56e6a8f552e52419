"""Numbers in their own unit, and every kind of result printed: never a traceback, nothing lost."""

import json
import math

import duckdb
import numpy as np
import pandas as pd
import pytest

import surveylib as sl
from surveylib.analysis.results import Estimate
from surveylib.present import numbers, sentence

SPACE = "\u00a0"
LABEL = "a very long answer that no terminal would ever have the room to show in one line"
BANDS = {"no": (0, 5), LABEL: (6, 9), "yes": (10, math.inf)}
CLUSTERS = sl.Design(weights="w", strata="s", psu="p")
#: Every kind of result of a frame.
KINDS = {
    "shares": ("q", {}),
    "shares by two": ("q", {"by": ["g", "s"]}),
    "shares of all": ("q", {"base": "all"}),
    "shares of waves": ("q", {"wave": "g"}),
    "several questions": (["q", "g"], {}),
    "share of none or all": ("one", {"base": "all"}),
    "mean": ("x", {"statistic": "mean"}),
    "means of groups": ("x", {"statistic": "mean", "by": "g"}),
    "total": ("x", {"statistic": "total", "interval": "log"}),
    "ratio": ("x", {"statistic": "ratio", "over": "w2"}),
    "quantiles": ("x", {"statistic": "quantile", "q": (0.1, 0.5, 0.9), "by": "g"}),
    "thresholds": ("x", {"statistic": "share_up_to", "threshold": (-1e9, 5, 1e9)}),
    "mean of scores": ("q", {"statistic": "mean", "scores": {"yes": 1, "no": 0}}),
    "interpolated median": ("q", {"statistic": "median", "bands": BANDS}),
    "median in its band": ("q", {"statistic": "median", "bands": BANDS, "model": "bounds"}),
    "mean without an end": ("q", {"statistic": "mean", "bands": BANDS}),
    "mean with a cap": ("q", {"statistic": "mean", "bands": BANDS, "cap": 20, "by": "g"}),
    "fitted median": ("q", {"statistic": "median", "bands": BANDS, "model": "log-normal"}),
    "bands up to": ("q", {"statistic": "share_up_to", "bands": BANDS, "threshold": (5, 7, 99)}),
    "no variation": ("one", {"statistic": "mean", "scores": {"same": 2}}),
}


def drawn(n=120):
    random = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "q": random.choice(["yes", "no", LABEL, None], n),
            "one": "same",
            "g": random.choice(["u", "v", "w"], n),
            "s": random.choice(["north", "south"], n),
            "p": random.integers(0, 9, n),
            "w": random.uniform(0.5, 2, n).round(2),
            "w2": random.uniform(1, 3, n).round(2),
            "x": random.normal(50_000, 9_000, n).round(),
        }
    )


FRAME = drawn()


def estimate(**options):
    return Estimate(
        **{
            "wave": "2020", "question": "x", "answer": "", "domain": "", "n": 10, "n_low": 10,
            "n_effective": 8.0, "estimate": 12.5, "estimate_low": 12.5, "estimate_high": 12.5,
            "standard_error": 0.25, "ci_low": 12.0, "ci_high": 13.0, "envelope_low": 12.0,
            "envelope_high": 13.0, "df": 9.0, "design_effect": 1.25, "base": "answered",
            "interval": "t", "confidence_level": 0.95, "flags": (), "notes": (), "printed": "12.5",
            "read_as": "12.5", "certainty": "counted", "source": "", "place": "here", "title": "x",
            "question_text": "x", "answer_text": "", "statistic": "mean", **options,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (12.345678, 0.25, "12.35"),
        (12.345678, 2.5, "12.3"),
        (12.345678, 25.0, "12"),
        (1234567.8, 2500.0, "1,234,568"),
        (0.00012345, 0.000002, "0.0001234"),
        (-3.14159, 0.1, "-3.14"),
        (1234567.8, None, "1.23457e+06"),
        (12.345678, 0.0, "12.3457"),
        (12.345678, math.nan, "12.3457"),
        (12.345678, math.inf, "12.3457"),
        (12.345678, 1e-30, "12.345678000000"),
        (math.inf, 0.1, "no limit"),
        (None, 0.1, "no limit"),
        (0.0, 0.1, "0.00"),
    ],
)
def test_a_number_has_two_digits_of_its_standard_error(value, error, text):
    assert numbers.number(value, estimate(standard_error=error)) == text


def test_a_number_that_rounds_to_0_has_no_sign():
    assert numbers.number(-0.001, estimate(standard_error=1.0)) == "0.0"


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (12.0, 13.0, "12.00 to 13.00"),
        (12.0, None, "12.00 to no limit"),
        (12.0, math.inf, "12.00 to no limit"),
        (None, None, "–"),
    ],
)
def test_an_interval_is_in_the_unit_of_its_number(low, high, text):
    assert numbers.interval(low, high, estimate()) == text


@pytest.mark.parametrize("statistic", ["share", "share_up_to"])
def test_an_interval_of_a_share_is_in_percent(statistic):
    row = estimate(statistic=statistic, estimate=0.5, estimate_low=0.5, estimate_high=0.5)
    assert numbers.interval(0.25, 0.75, row) == f"25.0 to 75.0{SPACE}%"
    assert numbers.interval(None, 0.75, row) == "–"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "12.50"),
        ({"estimate": None, "estimate_low": 11, "estimate_high": 20, "standard_error": None},
         "11 to 20"),
        ({"estimate": None, "estimate_low": 11, "estimate_high": math.inf, "standard_error": None},
         "11 to no limit"),
        ({"statistic": "share_up_to", "estimate": 0.25, "estimate_low": 0.25,
          "estimate_high": 0.25}, f"25.0{SPACE}%"),
        ({"statistic": "share_up_to", "estimate": None, "estimate_low": 0.25,
          "estimate_high": 0.75}, f"25.0–75.0{SPACE}%"),
        ({"statistic": "share", "estimate": 0.25, "estimate_low": 0.25, "estimate_high": 0.25,
          "read_as": "25"}, f"25{SPACE}%"),
    ],
)  # fmt: skip
def test_a_figure_is_what_is_known(options, text):
    assert numbers.share(estimate(**options)) == text


@pytest.mark.parametrize(
    ("df", "text"), [(None, ""), (math.inf, ""), (14.0, "14"), (7.25, "7.25"), (1e6, "1e+06")]
)
def test_degrees_of_freedom_are_told_where_they_are_finite(df, text):
    assert numbers.freedom(df) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (12.34, "12.3"), (1234.5678, "1,234.6"), (0.0, "0.0")]
)
def test_an_effective_number_has_one_decimal(value, text):
    assert numbers.size(value) == text


@pytest.mark.parametrize(
    ("statistic", "answer", "text"),
    [
        ("mean", "", "the mean of “x”"),
        ("total", "", "the total of “x”"),
        ("ratio", "", "the ratio of “x”"),
        ("quantile", "median", "the quantile (median) of “x”"),
        ("quantile", "90 % are below", "the quantile (90 % are below) of “x”"),
    ],
)
def test_a_sentence_says_which_statistic(statistic, answer, text):
    told = sentence.estimate(estimate(statistic=statistic, answer_text=answer))
    assert told == (f"2020: {text} is 12.50 (95{SPACE}% interval 12.00 to 13.00, n = 10).")


def test_a_sentence_without_an_interval_says_so():
    row = estimate(ci_low=None, ci_high=None, envelope_low=None, envelope_high=None)
    assert "(no interval can be given, n = 10)" in sentence.estimate(row)


@pytest.fixture(params=["pandas", "duckdb"])
def source(request):
    return FRAME if request.param == "pandas" else duckdb.connect().from_df(FRAME)


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.mark.parametrize("design", [None, CLUSTERS], ids=["simple", "clusters"])
def test_every_kind_of_result_is_printed_explained_and_written(source, design, kind):
    question, options = KINDS[kind]
    found = sl.estimate(source, question, design=design, **options)
    lines = str(found).splitlines()
    rule = next(place for place, line in enumerate(lines) if line and not line.strip("─ "))
    table = lines[rule + 1 : rule + 1 + len(found.rows)]
    assert len(table) == len(found.rows)
    gaps = [place for place, mark in enumerate(lines[rule]) if mark == " "]
    for line in (lines[rule - 1], *table):
        assert {line.ljust(len(lines[rule]))[gap] for gap in gaps} == {" "}, line
    assert not {"nan", "None", "inf", "<NA>"} & set(" ".join(table).split())
    page = found._repr_html_()
    assert page.count("<tr>") == len(found.rows) + 1
    told = found.explain()
    assert told.count("  counted: ") == len(found.rows)
    assert "nan" not in told.split()
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["schema"] == "surveylib.estimates/1"
    assert [row["estimate"] for row in data["rows"]] == [row.estimate for row in found.rows]
    frame = found.to_frame()
    assert len(frame) == len(found.rows)
    assert frame["standard_error"].dtype == "Float64"
    assert repr(found) == str(found)


def test_every_kind_of_result_can_be_drawn(kind):
    question, options = KINDS[kind]
    found = sl.estimate(FRAME, question, design=CLUSTERS, **options)
    drawing = found.chart().to_dict()
    assert json.dumps(drawing, allow_nan=False)


def test_a_number_has_its_unit_and_a_share_has_percent():
    means = str(sl.estimate(FRAME, "x", statistic="mean", by="g"))
    assert "%" not in means.replace("95 % interval", "")
    assert "standard error" in means
    shares = str(sl.estimate(FRAME, "x", statistic="share_up_to", threshold=50_000))
    assert f"{(FRAME['x'] <= 50_000).mean() * 100:.1f} %" in shares


def test_a_mean_without_an_end_says_that_there_is_no_limit():
    printed = str(sl.estimate(FRAME, "q", statistic="mean", bands=BANDS))
    assert "no limit" in printed
    assert "without a cap" in printed


def test_many_rows_are_all_printed():
    frame = pd.DataFrame({"x": np.arange(900.0), "g": np.arange(900) % 300})
    found = sl.estimate(frame, "x", statistic="mean", by="g")
    assert len(found.rows) == 300
    assert sum(line.startswith("g=") for line in str(found).splitlines()) == 300


@pytest.mark.parametrize("text", ["\x1b[31mred", "two\nlines", "tab\there", "\u202eright to left"])
def test_values_do_not_act_on_a_terminal(text):
    frame = pd.DataFrame({"q": [text, "b"] * 5, text: ["u", "v"] * 5})
    for question, options in (("q", {}), (text, {"by": "q"})):
        found = sl.estimate(frame, question, **options)
        for shown in (str(found), found.explain()):
            assert text not in shown
        assert len(str(found).splitlines()) < 20


def test_marks_of_html_are_text_in_a_notebook():
    frame = pd.DataFrame({"q": ["<script>alert(1)</script>", "a & b"] * 5})
    page = sl.estimate(frame, "q")._repr_html_()
    assert "<script>" not in page
    assert "a &amp; b" in page


def test_none_and_all_are_0_and_100_percent():
    frame = pd.DataFrame({"q": pd.Categorical(["a"] * 10), "w": 1.0})
    printed = str(sl.estimate(frame, "q", base="all"))
    assert "100.0 %" in printed
    assert "0.0 %" in printed
    # Wilson: z² / (n + z²) for none of 10.
    assert "0.0 to 27.8 %" in printed
