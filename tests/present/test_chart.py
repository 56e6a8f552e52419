"""Charts: every point is there, and nothing else is joined."""

import json
import sys

import pytest

import surveylib as sl
from surveylib.errors import MissingExtraError


def values(node):
    """Every value of every inline data set of a chart, wherever it stands."""
    if isinstance(node, dict):
        for key, part in node.items():
            if key == "values" and isinstance(part, list):
                yield from (entry for entry in part if isinstance(entry, dict))
            elif key == "datasets":
                for rows in part.values():
                    yield from rows
            else:
                yield from values(part)
    elif isinstance(node, list):
        for part in node:
            yield from values(part)


def points(chart):
    """Shares by wave, rounded to four decimals."""
    found = values(chart.to_dict())
    return {
        (entry["wave"], round(entry["share"], 4))
        for entry in found
        if "wave" in entry and "share" in entry
    }


def test_a_chart_of_estimates_holds_every_share(netclean):
    chart = sl.estimate(netclean, "region/usa").chart()
    assert points(chart) == {("2016", 0.611), ("2018", 0.544), ("2019", 0.464), ("2020", 0.44)}


def test_a_chart_of_estimates_holds_every_group(netclean):
    found = sl.estimate(netclean, "covid_capacity", by="region")
    assert len(points(found.chart())) == 4


def test_a_chart_of_words_holds_the_middle_of_their_range(netclean):
    # The words stand for 115 to 135 of 272 officers, 125 in the middle.
    chart = sl.estimate(netclean, "organised_groups_number_change/increased").chart()
    assert points(chart) == {("2018", 0.4596)}


def test_a_chart_of_changes_holds_both_shares(netclean):
    chart = sl.change(netclean, "rising_trends/social_and_apps", 2016, 2017).chart()
    assert {("2016", 0.34), ("2017", 0.46)} <= points(chart)


def test_a_chart_of_a_series_holds_every_share(netclean):
    chart = sl.change(netclean, "region/usa").chart()
    assert points(chart) == {("2016", 0.611), ("2018", 0.544), ("2019", 0.464), ("2020", 0.44)}


def test_two_waves_compared_over_others_can_be_drawn(netclean):
    chart = sl.change(netclean, "region/usa", 2016, 2020).chart()
    assert {("2016", 0.611), ("2020", 0.44)} <= points(chart)


@pytest.mark.parametrize("question", ["region", "rising_trends"])
def test_several_series_can_be_drawn_together(netclean, question):
    changes = sl.change(netclean, question)
    wanted = {
        (end.wave, round(end.estimate, 4))
        for row in changes.rows
        for end in (row.from_estimate, row.to_estimate)
        if end.estimate is not None
    }
    assert wanted <= points(changes.chart())


def test_waves_without_a_year_in_their_name_can_be_drawn(demo):
    for old, new in (("2020", "winter"), ("2021", "autumn")):
        demo.path(f"waves/demo/{old}").rename(demo.path(f"waves/demo/{new}"))
        demo.edit(f"waves/demo/{new}/wave.yaml", f'wave: "{old}"', f"wave: {new}")
    chart = sl.change(demo.load(), "pets/yes").chart()
    assert points(chart) == {("winter", 0.6), ("autumn", 0.72)}


def test_two_waves_of_one_year_stand_at_two_places(demo):
    for old, new in (("2020", "2020-03"), ("2021", "2020-09")):
        demo.path(f"waves/demo/{old}").rename(demo.path(f"waves/demo/{new}"))
        demo.edit(f"waves/demo/{new}/wave.yaml", f'wave: "{old}"', f'wave: "{new}"')
    chart = sl.change(demo.load(), "pets/yes").chart()
    places = {
        entry["wave"]: entry["year"]
        for entry in values(chart.to_dict())
        if "wave" in entry and "year" in entry
    }
    assert places["2020-03"] < places["2020-09"]


def test_a_chart_is_the_same_each_time(netclean):
    one, two = (
        json.dumps(sl.change(netclean, "region/usa").chart().to_dict(), sort_keys=True)
        for _ in range(2)
    )
    assert one == two


def test_without_altair_a_chart_says_what_to_install(netclean, monkeypatch):
    monkeypatch.setitem(sys.modules, "altair", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'surveylib\[report\]'"):
        sl.estimate(netclean, "region").chart()


def test_without_its_extra_a_report_says_what_to_install_and_writes_nothing(
    netclean, monkeypatch, tmp_path
):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'surveylib\[report\]'"):
        sl.report(netclean, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("module", ["vl_convert", "altair"])
def test_without_its_extra_a_chart_is_not_saved_and_says_what_to_install(
    netclean, monkeypatch, tmp_path, module
):
    found = sl.estimate(netclean, "region/usa")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'surveylib\[report\]'"):
        sl.save_chart(found, tmp_path / "out" / "x.svg")
    assert not (tmp_path / "out").exists()
