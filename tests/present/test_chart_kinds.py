"""Kinds of charts: each fits some results, is printed without a browser, and says what it is of."""

import dataclasses
import itertools
import json
import re

import pandas as pd
import pytest
import vl_convert

import surveylib as sl
from surveylib.errors import MethodError, UnknownNameError
from surveylib.present import chart
from tests.present.drawn_charts import SCALE, marks, opinions, people, words

CAUSES = re.compile(
    r"\b(because|cause[sd]?|caused by|due to|led to|effects? of|impact|thanks to|driven by)\b",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def results(netclean):
    """A result for every kind of chart."""
    frame = people()
    met, year = "met/yes", {"wave": "year"}
    four = pd.concat([frame, frame.assign(year=frame["year"] + 1)])
    return {
        "rows": sl.estimate(netclean, "region"),
        "waves": sl.estimate(netclean, "region"),
        "panels": sl.estimate(netclean, "covid_capacity", by="region"),
        "diverging": sl.estimate(frame, "opinion", **year),
        "bands": sl.estimate(frame, "projects", **year),
        "series": sl.change(netclean, "region"),
        "slope": sl.change(frame, "opinion", 2021, 2023, **year),
        "arrows": sl.change(frame, "opinion", 2021, 2023, **year),
        "trend": sl.trend(four, met, **year),
        "cuts": sl.shift(frame, "opinion", wave="year", order=SCALE),
        "bounds": sl.sensitivity(netclean, "region/usa", response_rate=0.5),
        "parts": sl.decompose(frame, met, 2021, 2023, by="town", **year),
        "groups": sl.decompose(frame, met, 2021, 2023, by="town", **year),
        "mix": sl.standardise(frame, met, by="town", to="equal", wave="year"),
    }


every_kind = pytest.mark.parametrize("kind", chart.KINDS)


@every_kind
def test_every_kind_fits_its_result_and_is_printed_at_every_size(results, kind):
    for size in ("page", "slide", "column"):
        spec = results[kind].chart(kind, size=size).to_dict()
        drawn = vl_convert.vegalite_to_svg(spec)
        assert drawn.startswith("<svg")
        assert "NaN" not in drawn
        assert "undefined" not in drawn


@every_kind
def test_every_chart_says_its_waves_numbers_base_and_level(results, kind):
    told = words(results[kind].chart(kind).to_dict())
    assert re.search(r"\d{4}: n = \d", told)
    assert "Base: " in told
    assert "95 %" in told


@every_kind
def test_every_chart_has_a_text_that_names_its_kind_and_no_cause(results, kind):
    spec = results[kind].chart(kind).to_dict()
    said = spec["description"]
    assert said.startswith(chart.KINDS[kind].words)
    assert said == sl.alt_text(results[kind], kind)
    assert not CAUSES.search(said)
    assert not CAUSES.search(words(spec))


@every_kind
def test_a_chart_is_the_same_each_time(results, kind):
    one, two = (json.dumps(results[kind].chart(kind).to_dict(), sort_keys=True) for _ in range(2))
    assert one == two


@every_kind
def test_no_numbers_are_lost_from_the_data_of_a_chart(results, kind):
    assert json.dumps(results[kind].chart(kind).to_dict(), allow_nan=False)


def test_the_usual_kind_is_the_first_that_fits(results):
    assert results["rows"].chart().to_dict() == results["rows"].chart("rows").to_dict()
    assert chart.kinds_of(results["diverging"]) == ["rows", "waves", "diverging"]
    assert chart.kinds_of(results["slope"]) == ["series", "slope", "arrows"]


def test_a_kind_that_is_none_names_those_that_fit(results):
    with pytest.raises(MethodError, match=r"no chart of kind 'slopes'; did you mean 'slope'\? "):
        results["slope"].chart("slopes")


def test_a_kind_of_other_results_names_those_that_fit(results):
    wanted = r"'bounds' is not of changes; choose one of 'series', 'slope', 'arrows'"
    with pytest.raises(MethodError, match=wanted):
        results["slope"].chart("bounds")


def test_a_kind_that_does_not_fit_says_why(results, netclean):
    with pytest.raises(MethodError, match=r"does not fit: it goes between two waves"):
        sl.change(netclean, "region/usa").chart("slope")
    with pytest.raises(MethodError, match=r"does not fit: it needs shares of two groups"):
        results["rows"].chart("panels")


def test_an_option_of_another_kind_is_refused(results):
    with pytest.raises(MethodError, match=r"neutral= belongs to charts of kind 'diverging'"):
        results["rows"].chart(neutral="usa")


def test_a_theme_that_is_none_and_a_size_that_is_not_there_are_refused(results):
    with pytest.raises(MethodError, match=r"theme: got 'dark', wanted surveylib\.Theme"):
        results["rows"].chart(theme="dark")
    with pytest.raises(UnknownNameError, match="no size called 'poster'"):
        results["rows"].chart(size="poster")


def test_rows_have_an_axis_from_nobody_to_everybody(results):
    spec = results["rows"].chart().to_dict()
    ((points, _),) = marks(spec, "point")
    assert points["encoding"]["x"]["scale"]["domain"] == [0, 1]


def test_answers_of_the_same_name_have_rows_of_their_own():
    frame = people().assign(knew=lambda rows: rows["met"])
    spec = sl.estimate(frame, ["met/yes", "knew/yes"]).chart().to_dict()
    ((_, rows),) = marks(spec, "point")
    assert [row["order"] for row in rows] == [0, 1]


def test_points_over_the_waves_are_not_joined(results):
    assert marks(results["waves"].chart("waves").to_dict(), "line") == []


def test_a_break_in_a_series_has_a_sign_and_no_line(netclean):
    spec = sl.change(netclean, "region").chart().to_dict()
    signs = [rows for node, rows in marks(spec, "text") if "sign" in str(node["encoding"]["text"])]
    assert signs
    assert "must not be compared" in words(spec)


def test_a_line_over_waves_that_others_lie_between_is_left_out():
    frame = people()
    three = pd.concat([frame, frame[frame["year"] == 2021].assign(year=2022)])
    spec = sl.change(three, "met/yes", wave="year").chart().to_dict()
    ((_, rows),) = marks(spec, "line")
    pairs = {row["link"]: [] for row in rows}
    for row in rows:
        pairs[row["link"]].append(row["wave"])
    assert sorted(map(sorted, pairs.values())) == [["2021", "2022"], ["2022", "2023"]]


def test_the_middle_answer_of_a_scale_stands_in_the_middle():
    spec = opinions().chart("diverging").to_dict()
    rows = marks(spec, "bar")[0][1]
    of_2021 = {row["answer"]: row for row in rows if row["order"] == 0}
    assert of_2021["3 neither"]["from"] == pytest.approx(-0.10)
    assert of_2021["3 neither"]["to"] == pytest.approx(0.10)
    assert of_2021["1 very bad"]["from"] == pytest.approx(-0.65)
    assert of_2021["5 very good"]["to"] == pytest.approx(0.35)


def test_another_middle_answer_can_be_named():
    spec = opinions().chart("diverging", neutral="2 bad").to_dict()
    rows = marks(spec, "bar")[0][1]
    (bad,) = (row for row in rows if row["order"] == 0 and row["answer"] == "2 bad")
    assert bad["from"] == pytest.approx(-bad["to"])
    with pytest.raises(MethodError, match="neutral='fine' is no answer here"):
        opinions().chart("diverging", neutral="fine")


def test_ways_of_not_answering_stand_apart_from_the_scale(demo):
    study = demo.load()
    found = sl.estimate(study, "pets")
    rows = list(found.rows[:2])
    # Of all who were asked: 50 % yes, 30 % no, 20 % do not know.
    shares = (("yes", 0.5), ("no", 0.3), ("dont_know", 0.2))
    made = [
        dataclasses.replace(
            rows[0], answer=code, answer_text=code, estimate=share, estimate_low=share,
            estimate_high=share, base="asked",
        )
        for code, share in shares
    ]  # fmt: skip
    spec = sl.Estimates(rows=tuple(made)).chart("diverging").to_dict()
    bars, apart = (rows for _, rows in marks(spec, "bar"))
    assert [row["answer"] for row in bars] == ["yes", "no"]
    assert bars[0]["to"] == 0
    assert [row["share"] for row in apart] == [0.2]
    assert "stand apart" in words(spec)


def test_ticks_that_do_not_add_up_are_no_scale(netclean):
    with pytest.raises(MethodError, match="it needs all answers of a question"):
        sl.estimate(netclean, "rising_trends").chart("diverging")


def test_a_slope_joins_what_compares_and_dashes_what_is_not_shown(results):
    spec = results["slope"].chart("slope").to_dict()
    ((line, rows),) = marks(spec, "line")
    assert line["encoding"]["strokeDash"]["scale"]["range"] == [[1, 0], [4, 3]]
    verdicts = {row.answer: row.verdict for row in results["slope"].rows}
    for row in rows:
        shown = verdicts[row["answer"]] in {"increased", "decreased"}
        assert row["moved"] == ("shown" if shown else "not shown")


def test_a_slope_that_does_not_begin_at_nobody_says_so():
    frame = pd.DataFrame({
        "year": [1] * 100 + [2] * 100,
        "met": ["yes"] * 60 + ["no"] * 40 + ["yes"] * 45 + ["no"] * 55,
    })  # fmt: skip
    spec = sl.change(frame, "met", 1, 2, wave="year").chart("slope").to_dict()
    ((line, _),) = marks(spec, "line")
    low, high = line["encoding"]["y"]["scale"]["domain"]
    assert 0 < low < 0.40
    assert 0.60 < high < 1
    assert "Heights do not begin at 0." in words(spec)


def test_labels_of_a_slope_do_not_stand_on_each_other(results):
    spec = results["slope"].chart("slope").to_dict()
    (inner,) = spec["vconcat"]
    labels = [rows for node, rows in marks(spec, "text")]
    top = next(part for part in inner["layer"] if part["mark"]["type"] == "line")
    low, high = top["encoding"]["y"]["scale"]["domain"]
    pixels = inner["height"] / (high - low)
    for rows in labels:
        places = sorted({row["at"] for row in rows})
        apart = [(b - a) * pixels for a, b in itertools.pairwise(places)]
        assert min(apart) >= 12  # letters are 12 pixels high


def test_what_is_not_compared_has_open_squares_and_no_arrow(netclean):
    found = sl.change(netclean, "region")
    spec = found.chart("arrows").to_dict()
    refused = [
        row for node, rows in marks(spec, "rule") for row in rows
        if row.get("moved") == "refused" and "x2" in node["encoding"]
        and node["encoding"]["x2"]["field"] == "to"
    ]  # fmt: skip
    assert refused == []
    squares = [row for _, rows in marks(spec, "point") for row in rows
               if row.get("shape") == "refused"]  # fmt: skip
    drawn = [one for one in found.refused if one.from_estimate and one.to_estimate]
    assert len(squares) == 2 * len(drawn)


def test_parts_of_a_change_add_up_in_the_chart(results):
    spec = results["parts"].chart("parts").to_dict()
    rows = marks(spec, "bar")[0][1]
    whole, mix, rate = (row["share"] for row in rows)
    assert whole == pytest.approx(mix + rate)


def test_groups_of_a_change_add_up_in_the_chart(results):
    rows = marks(results["groups"].chart("groups").to_dict(), "bar")[0][1]
    (change,) = results["groups"].rows
    assert sum(row["share"] for row in rows) == pytest.approx(change.change.estimate)


def withheld(row):
    """A row of which no number may be shown."""
    names = ("n", "estimate", "estimate_low", "estimate_high", "standard_error", "ci_low",
             "ci_high", "envelope_low", "envelope_high", "n_low", "n_effective")  # fmt: skip
    return dataclasses.replace(
        row, **dict.fromkeys(names), flags=("withheld",), notes=("Few people are behind it.",)
    )


@pytest.mark.parametrize("kind", ["rows", "waves", "panels", "bands"])
def test_a_withheld_share_draws_no_mark(kind):
    frame = people()
    found = sl.estimate(frame, "projects", wave="year", by="town")
    rows = (withheld(found.rows[0]), *found.rows[1:])
    made = dataclasses.replace(found, rows=rows, covariance=None)
    before = marks(found.chart(kind).to_dict(), "rule")
    after = marks(made.chart(kind).to_dict(), "rule")
    assert sum(len(rows) for _, rows in after) == sum(len(rows) for _, rows in before) - 1
    assert "withheld" in sl.alt_text(made, kind)


def test_a_change_of_a_withheld_share_is_not_drawn(results):
    found = results["slope"]
    first = found.rows[0]
    gone = dataclasses.replace(first, from_estimate=withheld(first.from_estimate))
    made = dataclasses.replace(found, rows=(gone, *found.rows[1:]))
    for kind in ("series", "slope", "arrows"):
        points = [row for _, rows in marks(made.chart(kind).to_dict(), "point") for row in rows]
        assert first.to_estimate.answer_text not in {row.get("answer") for row in points}


def test_letters_of_markup_in_a_label_do_no_harm(results):
    found = results["rows"]
    evil = '"]) <script>alert(1)</script> \\ \u2028 (["'
    rows = tuple(dataclasses.replace(row, answer_text=evil) for row in found.rows)
    spec = dataclasses.replace(found, rows=rows).chart().to_dict()
    drawn = vl_convert.vegalite_to_svg(spec)
    assert "<script" not in drawn
    assert "alert(1)" in drawn


def test_who_was_simulated_stands_below_the_chart():
    frame = people()
    found = sl.estimate(frame, "met/yes")
    (row,) = found.rows
    made = dataclasses.replace(row, flags=("simulated",), notes=("Nobody said this.",))
    spec = dataclasses.replace(found, rows=(made,), covariance=None).chart().to_dict()
    assert "Nobody said this." in words(spec)
