"""The theme: colours that everybody tells apart, letters that are read, sizes that hold a chart."""

import itertools

import numpy as np
import pytest

import surveylib as sl
from surveylib.errors import MethodError
from surveylib.present.theme import OKABE_ITO, mixed
from tests.present.drawn_charts import marks, opinions, walk

#: How people see who lack a kind of cone. Machado, Oliveira and Fernandes (2009), severity 1.0.
CONES = {
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
#: Linear sRGB to CIE XYZ (IEC 61966-2-1), and the white of D65.
TO_XYZ = np.array([
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
])  # fmt: skip
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour):
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(light):
    """CIE 1976 L*a*b* of linear light."""
    part = TO_XYZ @ np.clip(light, 0, 1) / WHITE
    root = np.where(part > 216 / 24389, np.cbrt(part), (24389 / 27 * part + 16) / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def distance(one, other, cones):
    seen = (lab(np.array(CONES[cones]) @ linear(colour)) for colour in (one, other))
    return float(np.linalg.norm(np.subtract(*seen)))


def contrast(one, other):
    """Of WCAG 2: from 1 to 21."""
    lights = sorted(float(TO_XYZ[1] @ linear(colour)) + 0.05 for colour in (one, other))
    return lights[1] / lights[0]


@pytest.mark.parametrize("cones", CONES)
def test_the_two_colours_are_told_apart_without_a_kind_of_cone(cones):
    theme = sl.Theme()
    # 2.3 is what is just seen (Mahy 1994); 25 is seen from afar.
    assert distance(theme.main, theme.other, cones) > 25


@pytest.mark.parametrize("cones", CONES)
def test_neighbours_on_a_scale_of_five_are_told_apart(cones):
    spec = opinions().chart("diverging").to_dict()
    bar = marks(spec, "bar")[0][0]
    shades = bar["encoding"]["fill"]["scale"]["range"]
    assert len(shades) == 5
    for one, other in itertools.pairwise(shades):
        assert distance(one, other, cones) > 10


def test_letters_stand_out_from_a_white_page():
    theme = sl.Theme()
    # WCAG 2.2, level AA: 4.5 for letters, 3 for marks.
    assert contrast(theme.ink, "#ffffff") >= 4.5
    assert contrast(theme.quiet, "#ffffff") >= 4.5
    assert contrast(theme.main, "#ffffff") >= 3


def test_colours_of_ours_are_okabe_and_itos():
    theme = sl.Theme()
    assert {theme.main, theme.other} <= set(OKABE_ITO.values())


def test_a_theme_of_a_team_is_taken():
    spec = opinions().chart(theme=sl.Theme(main="#117733", font="Georgia")).to_dict()
    assert "#117733" in str(spec)
    assert OKABE_ITO["blue"] not in str(spec)
    assert spec["config"]["font"] == "Georgia"


def test_a_size_of_a_team_is_taken():
    sizes = {"poster": sl.Size(width=2000, text=40)}
    spec = opinions().chart(theme=sl.Theme(sizes=sizes), size="poster").to_dict()
    letters = {
        part["mark"]["fontSize"] for part in walk(spec)
        if isinstance(part.get("mark"), dict) and part["mark"]["type"] == "text"
    }  # fmt: skip
    assert letters == {40}


@pytest.mark.parametrize("size", ["page", "slide", "column"])
def test_no_letters_are_tiny(size):
    spec = opinions().chart(size=size).to_dict()
    sizes = [part[name] for part in walk(spec) for name in ("fontSize", "subtitleFontSize")
             if name in part]  # fmt: skip
    # Below 9 pixels letters are hard to read on paper.
    assert min(sizes) >= 9


def test_a_colour_that_is_none_and_a_size_that_holds_nothing_are_refused():
    with pytest.raises(MethodError, match="main='blue': wanted a colour such as"):
        sl.Theme(main="blue")
    with pytest.raises(MethodError, match="background='none'"):
        sl.Theme(background="none")
    with pytest.raises(MethodError, match="holds no chart"):
        sl.Size(width=100, text=12)


def test_half_of_a_colour_is_between_it_and_white():
    assert mixed("#000000", 0) == "#ffffff"
    assert mixed("#0072B2", 1) == "#0072b2"
