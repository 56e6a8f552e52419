"""Shares of single answers: which base each has, and what answers in quarantine leave open."""

import dataclasses
from fractions import Fraction
from itertools import product

import pytest
from statsmodels.stats.proportion import proportion_confint

import surveylib as sl
from surveylib.errors import UnknownNameError
from surveylib.wave.counted import count_readings
from surveylib.wave.door import ingest
from tests.wave.test_draft import SIZES, form, question

NET = {"code": "big", "label": {"en": "More than 10"}, "net_of": ["large", "huge"]}
TOWNS = form(
    question("size", options=[*SIZES, NET], missing=["dont_know", "refused"]),
    question("north", options=[("yes", "Yes"), ("no", "No")], missing=["refused"]),
    question("places", "multi_answer", options=[("park", "The park"), ("lake", "The lake")]),
)
COLUMNS = {
    "columns": {
        "size": "size",
        "north": "north",
        "places": {"layout": "delimited", "column": "places", "delimiter": ";"},
    },
    "blanks": {"trailing": "no_answer"},
}
#: Size, whether in the north, places; and how many respondents say so.
CLEAN = [
    ("small", "yes", "park;lake", 6),
    ("large", "yes", "park", 3),
    ("huge", "no", "lake", 1),
    ("dont_know", "no", "park", 2),
    ("refused", "refused", "", 1),
    ("", "yes", "park", 3),
]
SPOILT = [*CLEAN, ("who knows", "yes", "park", 2), ("much", "no", "lake", 1)]


def wave_of(rows, folder):
    lines = [",".join(row[:3]) for row in rows for _ in range(row[3])]
    path = folder / "towns.csv"
    path.write_text("\n".join(["size,north,places", *lines]) + "\n", "utf-8")
    return ingest(path, TOWNS, columns=COLUMNS).wave


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    return wave_of(CLEAN, tmp_path_factory.mktemp("clean"))


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory):
    return wave_of(SPOILT, tmp_path_factory.mktemp("spoilt"))


def shares(wave, name, domain=""):
    found = count_readings(wave, name, domain)
    return {code: reading.figure.percent for code, reading in found.items()}


# --- bases ------------------------------------------------------------------------------------


def test_options_are_shares_of_those_who_answered_and_the_rest_of_those_asked(clean):
    assert shares(clean, "size") == {
        "small": Fraction(6, 10),
        "large": Fraction(3, 10),
        "huge": Fraction(1, 10),
        "big": Fraction(4, 10),
        "dont_know": Fraction(2, 16),
        "refused": Fraction(1, 16),
    }
    found = count_readings(clean, "size")
    assert {code: (one.n, one.figure.base) for code, one in found.items()} == {
        **dict.fromkeys(("small", "large", "huge", "big"), (10, "answered")),
        **dict.fromkeys(("dont_know", "refused"), (16, "asked")),
    }


def test_with_several_answers_shares_add_up_to_more_than_all(clean):
    assert shares(clean, "places") == {"park": Fraction(14, 15), "lake": Fraction(7, 15)}


def test_a_figure_says_how_it_was_counted_and_from_which_file(clean):
    figure = count_readings(clean, "size")["huge"].figure
    assert (figure.printed, figure.read_as, figure.certainty) == ("1 of 10", "10.0", "counted")
    assert (figure.base_n, figure.base_origin) == ((10, 10), "counted")
    assert figure.share.low == figure.share.high == Fraction(1, 10)


def test_a_group_is_counted_by_itself(clean):
    north = shares(clean, "size", "north=yes")
    assert north == {
        "small": Fraction(6, 9),
        "large": Fraction(3, 9),
        "huge": Fraction(0),
        "big": Fraction(3, 9),
        "dont_know": Fraction(0),
        "refused": Fraction(0),
    }
    assert count_readings(clean, "size", "north=yes")["dont_know"].n == 12


def test_a_net_can_be_a_group(clean):
    assert shares(clean, "north", "size=big") == {
        "yes": Fraction(3, 4),
        "no": Fraction(1, 4),
        "refused": Fraction(0),
    }


def test_a_group_in_which_nobody_answered_has_no_shares_of_options(clean):
    assert shares(clean, "size", "north=refused") == {
        "dont_know": Fraction(0),
        "refused": Fraction(1),
    }


def test_a_group_without_anybody_has_no_shares(clean):
    assert shares(clean, "places", "north=not_reached") == {}


def test_a_group_that_is_not_there_is_named_with_those_there_are(clean):
    with pytest.raises(UnknownNameError, match=r"no answer called 'maybe'.*'no'.*'yes'"):
        count_readings(clean, "size", "north=maybe")


def test_a_question_is_counted_once(clean):
    assert count_readings(clean, "north") is count_readings(clean, "north")
    fresh = dataclasses.replace(clean, name="again")
    assert fresh.counted == {}


# --- answers in quarantine --------------------------------------------------------------------


def test_answers_in_quarantine_are_in_no_share_of_options_and_are_told(spoilt, clean):
    assert spoilt.counts("size")["invalid"] == 3
    found = count_readings(spoilt, "size")
    for code in ("small", "large", "huge", "big"):
        reading = found[code]
        assert reading.figure.percent == shares(clean, "size")[code]
        assert reading.figure.base_n == (10, 13)
        assert [flag.code for flag in reading.flags] == ["in-quarantine"]
        assert reading.flags[0].text.startswith("Of 'size' 3 answers are in quarantine")
    assert count_readings(spoilt, "north")["yes"].flags == ()


@pytest.mark.parametrize("code", ["small", "large", "huge", "big"])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_the_envelope_holds_the_interval_of_every_answer_that_they_may_be(spoilt, code, level):
    row = sl.estimate(spoilt, f"size/{code}", confidence_level=level).rows[0]
    count = round(row.estimate * 10)
    ends = [
        proportion_confint(count + these, 10 + answers, alpha=1 - level, method="wilson")
        for answers, these in product(range(4), repeat=2)
        if these <= answers
    ]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    assert (row.envelope_low, row.envelope_high) == pytest.approx((low, high), abs=1e-9)
    assert row.envelope_low < row.ci_low < row.ci_high < row.envelope_high
    assert (row.estimate_low, row.estimate_high) == pytest.approx((count / 13, (count + 3) / 13))
    assert "in-quarantine" in row.flags


def test_a_group_has_the_answers_in_quarantine_of_its_own_members(spoilt):
    south = count_readings(spoilt, "size", "north=no")["huge"]
    assert south.figure.base_n == (1, 2)
    assert south.flags[0].text.startswith("Of 'size' 1 answer is")


def test_those_whose_answer_is_in_quarantine_were_asked(spoilt):
    found = count_readings(spoilt, "size")["dont_know"]
    assert (found.figure.percent, found.n) == (Fraction(2, 19), 19)
    # Each of the three may be one more.
    assert found.candidates.shares == (2 / 19, 5 / 19)
    assert [flag.code for flag in found.flags] == ["in-quarantine"]


# --- weights ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weighting", "flags"),
    [("none", ()), ("unknown", ()), ("unweighted", ()), ("by region and size", ("unweighted",))],
)
def test_a_wave_that_is_to_be_weighted_says_that_it_was_not(root, weighting, flags):
    made_up = ingest(root / "waves" / "organised_groups" / "2025").wave
    manifest = made_up.manifest.model_copy(update={"weighting": weighting})
    row = sl.estimate(dataclasses.replace(made_up, manifest=manifest), "region/usa").rows[0]
    assert row.flags == ("simulated", *flags)
