"""Charts in a notebook: pictures with a text, which ask for nothing from the network."""

import copy
import pickle
from struct import unpack

import altair as alt
import pandas as pd
import pytest

import surveylib as sl


@pytest.fixture(scope="module")
def found():
    return sl.estimate(pd.DataFrame({"met": ["yes"] * 30 + ["no"] * 70}), "met")


COPIES = {
    "itself": lambda chart: chart,
    "a copy": lambda chart: chart.copy(),
    "a deep copy": copy.deepcopy,
    "a shallow copy": lambda chart: chart.copy(deep=False),
    "with another property": lambda chart: chart.properties(name="mine"),
    "read from a file": lambda chart: pickle.loads(pickle.dumps(chart)),  # noqa: S301 - our own
}


@pytest.mark.parametrize("how", COPIES)
def test_a_chart_and_its_copies_are_pictures_with_a_text(found, how):
    data, metadata = COPIES[how](found.chart())._repr_mimebundle_()
    assert set(data) == {"image/png", "text/plain"}
    assert data["image/png"].startswith(b"\x89PNG")
    assert data["text/plain"] == metadata["image/png"]["alt"] == sl.alt_text(found)


def test_a_picture_has_two_dots_for_each_pixel(found):
    data, metadata = found.chart()._repr_mimebundle_()
    told = metadata["image/png"]
    wanted = (2 * told["width"], 2 * told["height"])
    assert unpack(">II", data["image/png"][16:24]) == wanted


def test_a_chart_is_still_one_of_altair(found):
    chart = found.chart()
    assert isinstance(chart, alt.VConcatChart)
    assert type(alt.Chart.from_dict(chart.to_dict())) is alt.VConcatChart
    assert chart.to_dict()["config"]["background"] == "transparent"


def test_a_renderer_that_the_reader_chose_is_asked(found):
    with alt.renderers.enable("mimetype"):
        given = found.chart()._repr_mimebundle_()
    data = given[0] if isinstance(given, tuple) else given
    assert any(kind.startswith("application/vnd.vegalite") for kind in data)


def test_charts_of_others_are_shown_as_before(found):
    found.chart()
    assert "text/html" in alt.Chart(alt.InlineData(values=[])).mark_point()._repr_mimebundle_()
