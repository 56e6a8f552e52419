"""Charts as files: what an ending says, the same bytes each time, and what is refused."""

import json
import re
import xml.etree.ElementTree as ET  # our own drawing is read
from pathlib import Path
from struct import unpack

import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import MethodError, OutputError
from surveylib.present.chart import KINDS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found():
    return sl.estimate(pd.DataFrame({"met": ["yes"] * 30 + ["no"] * 70}), "met")


@pytest.mark.parametrize("ending", ["png", "svg", "json", "html"])
def test_a_chart_is_written_with_the_same_bytes_each_time(found, tmp_path, ending):
    one, two = (sl.save_chart(found, tmp_path / f"{name}.{ending}") for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert one.stat().st_size > 500


def test_a_drawing_has_its_text_and_is_xml(found, tmp_path):
    path = sl.save_chart(found, tmp_path / "x.svg")
    assert ET.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314 - our own
    assert "30.0" in path.read_text("utf-8")


def test_a_specification_says_what_the_chart_shows(found, tmp_path):
    spec = json.loads(sl.save_chart(found, str(tmp_path / "x.json")).read_text("utf-8"))
    assert spec["description"] == sl.alt_text(found)
    assert spec["$schema"].startswith("https://vega.github.io/schema/vega-lite/")


def test_a_page_needs_nothing_from_elsewhere_and_no_script(found, tmp_path):
    page = sl.save_chart(found, tmp_path / "x.html").read_text("utf-8")
    assert "<script" not in page
    assert "src=" not in page
    assert 'role="img" aria-label="Rows of points' in page


def test_a_picture_has_so_many_dots_for_each_pixel(found, tmp_path):
    def width(path):
        return unpack(">I", path.read_bytes()[16:20])[0]

    plain = width(sl.save_chart(found, tmp_path / "a.png", scale=1))
    double = width(sl.save_chart(found, tmp_path / "b.png"))
    assert double == pytest.approx(2 * plain, abs=2)


def test_a_slide_is_wider_than_a_column(found, tmp_path):
    wide, narrow = (
        sl.save_chart(found, tmp_path / f"{size}.svg", size=size) for size in ("slide", "column")
    )
    widths = [float(ET.parse(one).getroot().get("width")) for one in (wide, narrow)]  # noqa: S314 - our own
    assert widths[0] > 2 * widths[1]


@pytest.mark.parametrize("name", ["x.pdf", "x", "x.svg.gz"])
def test_an_ending_that_is_none_names_those_there_are(found, tmp_path, name):
    with pytest.raises(MethodError, match=r"choose one of '\.png', '\.svg', '\.json', '\.html'"):
        sl.save_chart(found, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scale", [0, -1, 11, float("nan"), True, "2"])
def test_a_scale_that_is_none_is_refused(found, tmp_path, scale):
    with pytest.raises(MethodError, match="wanted a number above 0 and at most 10"):
        sl.save_chart(found, tmp_path / "x.png", scale=scale)


def test_a_scale_of_a_drawing_is_refused(found, tmp_path):
    with pytest.raises(MethodError, match=r"leave it out with '\.svg'"):
        sl.save_chart(found, tmp_path / "x.svg", scale=2)


def test_a_folder_where_a_file_goes_is_refused(found, tmp_path):
    (tmp_path / "x.svg").mkdir()
    with pytest.raises(OutputError, match="a file goes there"):
        sl.save_chart(found, tmp_path / "x.svg")


def test_a_kind_and_its_options_reach_the_chart(found, tmp_path):
    path = sl.save_chart(found, tmp_path / "x.json", kind="diverging", neutral="no")
    assert json.loads(path.read_text("utf-8"))["description"].startswith("Bars of ordered answers")


def test_the_gallery_shows_every_kind():
    page = (ROOT / "docs/pictures.md").read_text("utf-8")
    shown = set(re.findall(r"\(images/charts/(\w+)\.svg\)", page))
    assert shown == set(KINDS)
    assert {path.stem for path in (ROOT / "docs/images/charts").glob("*.svg")} == set(KINDS)
