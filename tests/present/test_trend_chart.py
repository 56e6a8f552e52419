"""Charts of trends and shifts: every share is there, and lines only where something is said."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import MethodError

YEARS = (2012, 2013, 2015, 2016, 2018, 2020, 2021, 2022)
RISING = (20, 30, 40, 50, 60, 70, 80, 90)
BENT = (60, 80, 120, 140, 180, 140, 120, 100)
LEVEL = (50, 51, 49, 50, 51, 50, 49, 50)


def answers(counts, region="north", n=300):
    """Rows of people of whom so many said yes in each year."""
    rows = [
        (year, region, "yes" if place < count else "no")
        for year, count in zip(YEARS, counts, strict=True)
        for place in range(n)
    ]
    return pd.DataFrame(rows, columns=["year", "region", "met"])


def panels(chart):
    """The panels of the chart of one question, each layer with its own rows.

    Altair writes rows that several parts share once, above them, by name.
    """
    whole = chart.to_dict()
    stored = whole.get("datasets", {})

    def rows(data):
        return stored[data["name"]] if "name" in data else data["values"]

    (inner,) = whole["vconcat"]
    found = inner["concat"]
    for panel in found:
        above = panel.get("data") or inner.get("data") or whole.get("data")
        for part in panel["layer"]:
            part["rows"] = rows(part.get("data") or above)
    return found


def layer(panel, kind):
    """The rows that one kind of mark of a panel draws, one list for each layer."""
    return [part["rows"] for part in panel["layer"] if part["mark"]["type"] == kind]


def fitted(panel):
    """The corners of the thick line; none where there is none."""
    lines = [part for part in panel["layer"] if part["mark"]["type"] == "line"]
    found = lines[1:]  # the first joins the points
    assert all(line["mark"]["strokeWidth"] > lines[0]["mark"]["strokeWidth"] for line in found)
    return [(row["year"], row["share"]) for part in found for row in part["rows"]]


def heading(panel):
    """All lines above a panel."""
    return [*panel["title"]["text"], *panel["title"]["subtitle"]]


def test_a_chart_of_a_trend_holds_every_share_at_its_time(netclean):
    found = sl.trend(netclean, "region/usa")
    (panel,) = panels(found.chart())
    (points,) = layer(panel, "point")
    shares = [(row["wave"], row["share"]) for row in points]
    assert shares == [("2016", 0.611), ("2018", 0.544), ("2019", 0.464), ("2020", 0.44)]
    assert [row["year"] for row in points] == list(found.rows[0].times)


def test_the_axis_names_waves_where_they_stand(netclean):
    (panel,) = panels(sl.trend(netclean, "region/usa").chart())
    axis = panel["layer"][0]["encoding"]["x"]["axis"]
    assert '["2016", "2018", "2019", "2020"]' in axis["labelExpr"]
    assert len(axis["values"]) == 4


def test_the_line_of_a_rise_has_the_slope_and_goes_through_the_mean():
    found = sl.trend(answers(RISING), "met/yes", wave="year")
    (panel,) = panels(found.chart())
    (start, low), (end, high) = fitted(panel)
    assert (high - low) / (end - start) == pytest.approx(found.rows[0].slope)
    at = low + (np.mean(YEARS) - start) * (high - low) / (end - start)
    assert at == pytest.approx(np.mean(RISING) / 300)


def test_where_no_trend_is_shown_no_line_is_fitted():
    found = sl.trend(answers(LEVEL), "met/yes", wave="year")
    assert found.rows[0].verdict == "no trend shown"
    (panel,) = panels(found.chart())
    assert fitted(panel) == []


def test_joints_are_the_corners_of_the_line():
    found = sl.trend(
        answers(BENT), "met/yes", wave="year", test="joinpoint", draws=199, confidence_level=0.9
    )
    parts = found.rows[0].segments
    assert len(parts) > 1
    (panel,) = panels(found.chart())
    corners = fitted(panel)
    assert [year for year, _ in corners] == [2012, *(part.to_time for part in parts)]
    slopes = [
        (later[1] - earlier[1]) / (later[0] - earlier[0]) for earlier, later in pairwise(corners)
    ]
    assert slopes == pytest.approx([part.slope for part in parts])


def test_a_trend_that_compares_with_limits_is_dashed_and_says_why(netclean):
    found = sl.trend(netclean, "region/europe")
    (row,) = found.rows
    chart = found.chart()
    (panel,) = panels(chart)
    assert row.comparability == "limited"
    assert {point["dash"] for line in layer(panel, "line") for point in line} == {"limited"}
    assert row.notes[0] in " ".join(chart.to_dict()["vconcat"][0]["title"]["subtitle"])


def test_each_group_has_a_panel_with_its_name_and_verdict():
    both = pd.concat([answers(RISING), answers(LEVEL, "south")])
    north, south = panels(sl.trend(both, "met/yes", wave="year", by="region").chart())
    assert heading(north)[:2] == ["yes (north)", "rising"]
    assert heading(south)[:2] == ["yes (south)", "no trend shown"]


def test_a_line_on_which_the_shares_do_not_lie_is_told():
    (panel,) = panels(sl.trend(answers(BENT), "met/yes", wave="year").chart())
    assert heading(panel)[1] == "rising, not on a straight line"


def test_several_questions_stand_below_each_other():
    rows = answers(RISING).assign(other=lambda frame: frame["met"])
    chart = sl.trend(rows, ["met/yes", "other/yes"], wave="year").chart().to_dict()
    (inner,) = chart["vconcat"]
    assert [part["title"]["text"] for part in inner["vconcat"]] == [["met"], ["other"]]


def test_runs_that_must_not_be_compared_are_not_joined():
    row = sl.trend(answers(RISING), "met/yes", wave="year").rows[0]
    parts = [
        replace(row, waves=row.waves[:4], times=row.times[:4], points=row.points[:4]),
        replace(row, waves=row.waves[4:], times=row.times[4:], points=row.points[4:]),
    ]
    (panel,) = panels(sl.Trends(rows=tuple(parts)).chart())
    runs = {row["run"]: [] for row in layer(panel, "line")[0]}
    for point in layer(panel, "line")[0]:
        runs[point["run"]].append(point["wave"])
    assert list(runs.values()) == [list(part.waves) for part in parts]
    assert any(line.startswith("2012–2016: ") for line in heading(panel))


def test_a_trend_of_all_answers_together_has_nothing_to_draw():
    found = sl.trend(answers(RISING), "met", wave="year", test="homogeneity")
    with pytest.raises(MethodError, match="take a test of single answers"):
        found.chart()


def test_a_chart_of_a_shift_holds_both_shares_of_every_cut():
    sizes = ["small"] * 50 + ["medium"] * 30 + ["large"] * 20
    later = ["small"] * 30 + ["medium"] * 35 + ["large"] * 35
    rows = pd.DataFrame({"year": [2022] * 100 + [2023] * 100, "size": sizes + later})
    found = sl.shift(rows, "size", wave="year", order=["small", "medium", "large"])
    (panel,) = panels(found.chart())
    cuts = layer(panel, "rule")[0]
    assert [row["cut"] for row in cuts] == ["small", "medium"]
    assert [row["from"] for row in cuts] == pytest.approx([0.5, 0.8])
    assert [row["to"] for row in cuts] == pytest.approx([0.3, 0.65])
    assert panel["title"]["text"] == ["2022 → 2023"]
    assert "answers shifted up" in " ".join(panel["title"]["subtitle"])


def test_who_went_where_is_no_chart():
    rows = pd.DataFrame({"year": [1, 1, 2, 2], "who": [1, 2, 1, 2], "met": ["a", "b", "b", "a"]})
    with pytest.raises(MethodError, match="print it"):
        sl.turnover(rows, "met", wave="year", ids="who").chart()


def test_changes_of_groups_have_a_panel_each():
    both = pd.concat([answers(RISING), answers(LEVEL, "south")])
    found = sl.change(both, "met/yes", 2012, 2013, wave="year", by="region").chart().to_dict()
    (inner,) = found["vconcat"]
    titles = [part["title"]["text"] for part in inner["concat"]]
    assert titles == [["yes (north)"], ["yes (south)"]]
