"""Bands as boxes: what labels say, where boxes stand, and which overlap."""

import dataclasses

import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import MethodError
from surveylib.present.chart_bands import Box, overlaps, read
from tests.present.drawn_charts import marks, words


@pytest.mark.parametrize(
    ("label", "low", "high"),
    [
        ("0", 0, 0),
        ("1 to 2", 1, 2),
        ("51–100", 51, 100),
        ("101-1,000", 101, 1000),
        ("More than 1,000", 1001, None),
        ("10+", 10, None),
        ("6 or more", 6, None),
        ("up to 50", 0, 50),
        ("0-2 years", 0, 2),
        ("0 (no dedicated staff yet)", 0, 0),
        ("21-40%", 21, 40),
    ],
)
def test_a_label_of_a_band_is_read(label, low, high):
    assert read(label) == Box(low, high)


@pytest.mark.parametrize("label", ["Self-employed", "1 very good", "2016 or 2017 or so", "few", ""])
def test_a_label_that_is_no_band_is_not_guessed(label):
    assert read(label) is None


def test_bands_that_share_a_number_overlap():
    boxes = {"a": Box(1, 10), "b": Box(10, 20), "c": Box(21, None)}
    assert overlaps(boxes) == [("a", "b")]


def bands(*labels):
    frame = pd.DataFrame({"size": [label for label in labels for _ in range(25)]})
    return sl.estimate(frame, "size")


def test_a_box_goes_from_the_first_number_to_the_one_after_the_last():
    spec = bands("0", "1-10", "11 or more").chart("bands").to_dict()
    boxes = [row for _, rows in marks(spec, "rect") for row in rows]
    ends = {row["answer"]: (row["from"], row["to"]) for row in boxes}
    assert ends["0"] == (0, 1)
    assert ends["1-10"] == (1, 11)
    assert ends["11 or more"][0] == 11
    assert "no upper end" in words(spec)


def test_overlapping_bands_are_dashed_and_told():
    spec = bands("1-10", "10-20", "21-30").chart("bands").to_dict()
    dashed = {
        row["answer"] for node, rows in marks(spec, "rect")
        if node["mark"]["strokeDash"] == [5, 3] for row in rows
    }  # fmt: skip
    assert dashed == {"1-10", "10-20"}
    assert "Dashed boxes overlap: “1-10” and “10-20”." in words(spec)


def test_bands_that_labels_do_not_say_can_be_given():
    found = bands("few", "many")
    with pytest.raises(MethodError, match=r"bands=\{'answer': \(lowest, highest\)\}"):
        found.chart("bands")
    spec = found.chart("bands", bands={"few": (0, 9), "many": (10, None)}).to_dict()
    assert sum(len(rows) for _, rows in marks(spec, "rect")) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"some": (0, 9)}, "'some' is no answer here"),
        ({"few": (9, 0)}, "wanted its lowest and its highest number"),
        ({"few": 9}, "wanted its lowest and its highest number"),
    ],
)
def test_bands_that_are_none_are_refused(given, message):
    with pytest.raises(MethodError, match=message):
        bands("few", "many").chart("bands", bands=given)


def test_what_is_no_band_is_told_and_left_off_the_axis():
    found = bands("1-10", "11-20")
    other = dataclasses.replace(found.rows[0], answer="dont_know", answer_text="don't know")
    made = dataclasses.replace(found, rows=(*found.rows, other), covariance=None)
    spec = made.chart("bands").to_dict()
    assert "Not on the axis: don't know." in words(spec)
    assert sum(len(rows) for _, rows in marks(spec, "rect")) == 2
