"""The same people in three waves or more, and arguments that name no question."""

import csv
from pathlib import Path

import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import MethodError, NotEstimableError, SampleError

#: SAS/STAT User's Guide, PROC FREQ, "Cochran's Q Test": people by answers to three drugs.
PATTERNS = {"yyy": 6, "yyn": 16, "yny": 2, "ynn": 4, "nyy": 2, "nyn": 4, "nny": 6, "nnn": 6}
WORDS = {"y": "yes", "n": "no"}
PANEL = {"wave": "year", "samples": "panel", "ids": "person"}
REFERENCES = Path(__file__).parents[1] / "references"
UNITS = sl.Design(weights="w", strata="s", psu="unit")
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


# --- a panel under a design -------------------------------------------------------------------


def returned(domain, first, last):
    """Values of R for people who are in both waves: answer → what → value."""
    found = {}
    with (REFERENCES / "change.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if (row["case"], row["domain"], row["from"], row["to"]) == (
                "panel", domain, str(first), str(last)):  # fmt: skip
                found.setdefault(row["answer"], {})[row["what"]] = float(row["value"])
    return found


@pytest.mark.parametrize(
    ("domain", "first", "last"), [("", 2016, 2018), ("", 2019, 2021), ("g=town", 2016, 2018)]
)
def test_a_panel_under_a_design_is_of_those_in_both_waves_as_in_r(sample, domain, first, last):
    values = returned(domain, first, last)
    found = sl.change(
        sample, "q", first, last, wave="year", ids="id", samples="panel", design=UNITS,
        where=domain or None,
    )  # fmt: skip
    assert {row.answer for row in found.rows} == set(values)
    for row in found.rows:
        value = values[row.answer]
        apart = value["standard_error_if_independent"]
        assert row.from_estimate.n == row.to_estimate.n == value["n"]
        assert row.from_estimate.estimate == pytest.approx(value["from"], rel=1e-8)
        assert row.difference == pytest.approx(value["difference"], rel=1e-8)
        assert row.standard_error_if_independent == pytest.approx(apart, rel=1e-8)
        assert row.correlation == pytest.approx(value["correlation"], rel=1e-7)
        assert row.df == value["df"]
        assert "who answered in one only are left out, and stay in the design" in row.overlap


def test_groups_of_a_panel_under_a_design_are_those_of_each_by_itself(sample):
    options = {"wave": "year", "ids": "id", "samples": "panel", "design": UNITS}
    every = sl.change(sample, "q/high", 2016, 2018, by="g", **options).rows
    for row in every:
        (alone,) = sl.change(sample, "q/high", 2016, 2018, where=row.domain, **options).rows
        assert row.difference == pytest.approx(alone.difference)
        assert row.standard_error == pytest.approx(alone.standard_error)
        assert row.from_estimate.n == alone.from_estimate.n


def test_those_who_answered_once_stay_in_the_design_and_count_in_no_share():
    both = {"yy": 8, "ny": 9, "yn": 3, "nn": 7}
    design = sl.Design(weights="weight")
    rows = answered(both | {"y-": 2, "-n": 5}).assign(weight=1.5)
    rows.loc[0, "weight"] = 2.0
    everybody = answered(both).assign(weight=1.5)
    everybody.loc[0, "weight"] = 2.0
    row, same = (
        sl.change(one, "met/yes", design=design, **PANEL).rows[0] for one in (rows, everybody)
    )
    assert "; 7 who answered in one only are left out, and stay in the design" in row.overlap
    assert "left out" not in same.overlap
    assert (row.difference, row.from_estimate.n) == (same.difference, 27)
    # A part of 29 or 32 respondents has a variance larger by n / (n - 1) of all than of itself.
    first, last = row.from_estimate.standard_error, row.to_estimate.standard_error
    assert first**2 * 28 / 29 == pytest.approx(same.from_estimate.standard_error**2 * 26 / 27)
    assert last**2 * 31 / 32 == pytest.approx(same.to_estimate.standard_error**2 * 26 / 27)


def test_a_panel_of_which_nobody_in_a_group_came_back_is_refused_for_that_group():
    rows = answered({"yy": 8, "ny": 9, "yn": 3, "nn": 7}).assign(weight=1.5, place="north")
    rows.loc[0, "weight"] = 2.0
    apart = answered({"y-": 4, "-n": 5}).assign(weight=1.5, place="south")
    apart["person"] += 1000
    whole = pd.concat([rows, apart], ignore_index=True)
    found = sl.change(whole, "met/yes", by="place", design=sl.Design(weights="weight"), **PANEL)
    assert [row.domain for row in found.rows] == ["place=north"]
    (refused,) = found.refused
    assert (refused.domain, refused.reasons) == ("place=south", ("Nobody answered in both waves.",))


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
