"""The same people in three waves or more, and arguments that name no question."""

import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import MethodError, NotEstimableError, SampleError

#: SAS/STAT User's Guide, PROC FREQ, "Cochran's Q Test": people by answers to three drugs.
PATTERNS = {"yyy": 6, "yyn": 16, "yny": 2, "ynn": 4, "nyy": 2, "nyn": 4, "nny": 6, "nnn": 6}
WORDS = {"y": "yes", "n": "no"}
PANEL = {"wave": "year", "samples": "panel", "ids": "person"}
DOORS = pytest.mark.parametrize("door", [sl.change, sl.trend, sl.shift, sl.turnover])


def answered(patterns):
    """A row for each person and wave; - stands for a wave that a person is not in."""
    every = "".join(pattern * count for pattern, count in patterns.items())
    waves = len(next(iter(patterns)))
    rows = [
        (2020 + place % waves, place // waves, WORDS[gave])
        for place, gave in enumerate(every)
        if gave != "-"
    ]
    return pd.DataFrame(rows, columns=["year", "person", "met"])


def test_cochrans_q_of_the_same_people_is_that_of_sas():
    (row,) = sl.trend(answered(PATTERNS), "met/yes", test="cochran-q", **PANEL).rows
    assert (round(row.statistic, 4), row.df, round(row.p_value, 4)) == (8.4706, 2, 0.0145)
    assert row.verdict == "changing"
    assert row.effect == "34 of 46 people changed their answer"


def test_no_has_the_cochrans_q_of_yes():
    yes, no = sl.trend(answered(PATTERNS), ["met/yes", "met/no"], test="cochran-q", **PANEL).rows
    assert yes.statistic == pytest.approx(no.statistic, rel=1e-12)


def test_people_who_missed_a_wave_do_not_count_in_cochrans_q():
    rows = answered(PATTERNS | {"y-y": 5, "-ny": 3})
    (row,) = sl.trend(rows, "met/yes", test="cochran-q", **PANEL).rows
    assert round(row.statistic, 4) == 8.4706
    assert "8 answered in some waves only" in row.notes[-1]


def test_cochrans_q_may_count_every_way_to_hand_answers_to_waves():
    # Two people, each yes once: both in one wave in 3 of 9 ways, so that all wait for p = 1/3.
    rows = answered({"ynn": 2, "yyy": 1})
    (row,) = sl.trend(rows, "met/yes", test="cochran-q-exact", **PANEL).rows
    assert row.p_value == pytest.approx(1 / 3, rel=1e-12)


@pytest.mark.parametrize(
    "options",
    [{"wave": "year", "reused_ids": True}, PANEL | {"design": sl.Design(psu="person")}],
    ids=["independent", "clustered"],
)
def test_cochrans_q_is_of_simple_samples_of_the_same_people(options):
    with pytest.raises(MethodError, match="for the same people in every wave"):
        sl.trend(answered(PATTERNS), "met/yes", test="cochran-q", **options)


def test_cochrans_q_needs_to_know_who_is_who():
    with pytest.raises(SampleError, match="needs ids="):
        sl.trend(answered(PATTERNS), "met/yes", test="cochran-q", wave="year", samples="panel")


def test_nobody_in_every_wave_has_no_cochrans_q():
    with pytest.raises(NotEstimableError, match="nobody answered in all 3 waves"):
        sl.trend(answered({"yy-": 9, "-yn": 9, "y-y": 9}), "met/yes", test="cochran-q", **PANEL)


def test_a_panel_under_a_design_tells_that_everybody_counts():
    rows = answered({"yy": 8, "ny": 9, "yn": 3, "nn": 7, "y-": 2}).assign(weight=1.5)
    rows.loc[0, "weight"] = 2.0
    design = sl.Design(weights="weight")
    row = sl.change(rows, "met/yes", design=design, **PANEL).rows[0]
    assert any("also who answered in one wave only" in note for note in row.notes)
    everybody = answered({"yy": 8, "ny": 9, "yn": 3, "nn": 7}).assign(weight=1.5)
    everybody.loc[0, "weight"] = 2.0
    row = sl.change(everybody, "met/yes", design=design, **PANEL).rows[0]
    assert not any("Under a design" in note for note in row.notes)


def test_people_who_all_gave_one_answer_have_no_turnover():
    with pytest.raises(NotEstimableError, match=r"all 4 people answered 'yes' in 2020 and 2021"):
        sl.turnover(answered({"yy": 4}), "met", wave="year", ids="person")


def test_a_turnover_is_of_all_answers():
    with pytest.raises(MethodError, match="'met/yes' names an answer"):
        sl.turnover(answered(PATTERNS), "met/yes", wave="year", ids="person")


@DOORS
@pytest.mark.parametrize("question", [None, 3, ["met", None]])
def test_what_is_no_question_is_told(door, question):
    ids = {"ids": "person"} if door is sl.turnover else {}
    with pytest.raises(MethodError, match=r"question: got .*wanted"):
        door(answered(PATTERNS), question, wave="year", **ids)


@pytest.mark.parametrize(
    "bands",
    ["few", {"no": "few", "yes": (1, 2)}, {"no": (0, "x"), "yes": (1, 2)}, [1], {1: (0, 1)}],
)
def test_what_is_no_band_is_told(bands):
    with pytest.raises(MethodError, match=r"bands: got .*wanted"):
        sl.shift(answered(PATTERNS), "met", wave="year", bands=bands)
