"""A wave of respondents: what can be counted and asked of it, against a few rows read by hand."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from surveylib.errors import NotEstimableError, UnknownNameError
from surveylib.wave.door import ingest
from surveylib.wave.responses import Elsewhere
from tests.wave.test_draft import OTHER, SIZES, form, question

ROOT = Path(__file__).parents[2]
NET = {"code": "big", "label": {"en": "More than 10"}, "net_of": ["large", "huge"]}
TRAVEL = [
    {"code": "tram", "label": {"en": "Tram"}, "terms": ["tramway"]},
    {"code": "bus", "label": {"en": "Bus"}},
]
PLACES = [("park", "The park"), ("lake", "The lake"), OTHER]
TOWNS = form(
    question("size", options=[*SIZES, NET], missing=["dont_know", "refused"]),
    question("places", "multi_answer", options=PLACES, missing=["refused"]),
    question("travel", "open_coded", mentions="several", options=TRAVEL),
    question("people", "number", unit="people"),
    question("since", "date", precision="year"),
    question("words", "text"),
    question("rooms", "text_quantity", unit="rooms"),
)
ROWS = """\
id,size,park,lake,other,which,none,travel,people,since,words,rooms
a,1-10,1,0,1,A hill,0,Tramway,3,2019,NA,4
b,11-50,0,1,0,,0,bus and tram,12.0,2020,"Two
lines",
c,11-50,0,0,0,,1,A balloon,,,,2-3
d,Don't know,1,1,0,,0,a ballon; the bus,0,2001,No,
e,,,,,,,a balloon,7,,"",more than 5
"""
COLUMNS = {
    "respondent": {"column": "id"},
    "columns": {
        "size": "size",
        "places": {
            "layout": "column_per_option",
            "options": {"park": "park", "lake": "lake", "other": "other"},
            "missing": {"refused": "none"},
            "ticked": ["1"],
            "not_ticked": ["0"],
            "write_in": {"other": "which"},
        },
        "travel": {"layout": "coded_text", "column": "travel"},
        **{name: name for name in ("people", "since", "words", "rooms")},
    },
}


@pytest.fixture(scope="module")
def wave(tmp_path_factory):
    path = tmp_path_factory.mktemp("towns") / "towns.csv"
    path.write_text(ROWS, "utf-8")
    found = ingest(path, TOWNS, columns=COLUMNS)
    assert found.quarantine.empty
    return found.wave


def rows(*names):
    """Which of the five respondents, in order."""
    return [name in names for name in "abcde"]


# --- counts -----------------------------------------------------------------------------------


def test_an_option_that_nobody_chose_is_counted_and_a_net_is_no_answer(wave):
    counts = wave.counts("size")
    assert counts == {"small": 1, "large": 2, "huge": 0, "dont_know": 1, "no_answer": 1}
    assert list(counts)[:3] == ["small", "large", "huge"]


def test_with_several_answers_a_respondent_counts_in_each(wave):
    assert wave.counts("places") == {"park": 2, "lake": 2, "other": 1, "refused": 1, "no_answer": 1}


def test_without_options_those_who_answered_are_counted(wave):
    assert wave.counts("people") == {"answered": 4, "no_answer": 1}
    assert wave.counts("rooms") == {"answered": 3, "unknown_blank": 2}


def test_counts_of_some_rows_are_counts_of_these_alone(wave):
    some = np.array(rows("a", "b", "d"))
    assert wave.counts("size", some) == {"small": 1, "large": 1, "huge": 0, "dont_know": 1}
    nobody = np.zeros(5, bool)
    assert wave.counts("places", nobody) == {"park": 0, "lake": 0, "other": 0}


@pytest.mark.parametrize("ask", ["counts", "states", "question", "uncoded"])
def test_a_question_that_the_wave_has_not_is_named_with_the_nearest(wave, ask):
    with pytest.raises(UnknownNameError, match=r"no question called 'sizes'.*did you mean 'size'"):
        getattr(wave, ask)("sizes")


# --- who gave an answer -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "answer", "who"),
    [
        ("size", "small", "a"),
        ("size", "huge", ""),
        ("size", "dont_know", "d"),
        ("size", "no_answer", "e"),
        ("size", "big", "bc"),
        ("places", "lake", "bd"),
        ("places", "refused", "c"),
        ("travel", "tram", "ab"),
    ],
)
def test_who_gave_an_answer_or_none(wave, name, answer, who):
    assert wave.gave(name, answer).tolist() == rows(*who)


def test_an_answer_that_the_question_has_not_is_named_with_those_it_has(wave):
    with pytest.raises(
        UnknownNameError, match=r"no answer called 'hug' in question 'size'.*'huge'"
    ):
        wave.gave("size", "hug")
    with pytest.raises(UnknownNameError, match="no answer called '3' in question 'people'"):
        wave.gave("people", "3")


def test_groups_are_every_answer_to_every_other_question(wave):
    groups = wave.groups("size")
    assert groups[0] == ""
    assert set(groups[1:]) == {
        *(f"places={code}" for code in ("park", "lake", "other")),
        *(f"travel={code}" for code in ("tram", "bus")),
    }
    assert "size=huge" in wave.groups()


# --- columns ----------------------------------------------------------------------------------


def test_a_frame_holds_answers_and_states_side_by_side(wave):
    frame = wave.to_frame()
    assert list(frame) == [one.name for one in wave.fields]
    assert frame[":respondent"].tolist() == list("abcde")
    assert frame[":record"].tolist() == [1, 2, 3, 4, 5]
    assert list(frame["size"].cat.categories) == ["small", "large", "huge"]
    assert frame["size"].dropna().to_dict() == {0: "small", 1: "large", 2: "large"}
    states = ["answered", "answered", "answered", "dont_know", "no_answer"]
    assert frame["size:state"].tolist() == states
    assert frame["places/park"].tolist() == [True, False, pd.NA, True, pd.NA]
    assert frame["places/other:text"].dropna().to_dict() == {0: "A hill"}
    assert frame["people"].fillna(-1).tolist() == [3, 12, -1, 0, 7]
    assert frame["since"].dropna().to_dict() == {0: "2019", 1: "2020", 3: "2001"}
    assert frame["words"].dropna().to_dict() == {0: "NA", 1: "Two\nlines", 3: "No"}
    assert frame["rooms"].dropna().to_dict() == {0: "4", 2: "2-3", 4: "more than 5"}
    low, high = frame["rooms:low"], frame["rooms:high"]
    assert (low[0], high[0], low[2], high[2], low[4]) == (4, 4, 2, 3, 6)
    assert low[[1, 3]].isna().all()


def test_no_column_has_both_an_answer_and_a_state_that_is_none(wave):
    frame = wave.to_frame()
    for name in wave.question_ids:
        gone = frame[f"{name}:state"] != "answered"
        for head in (head for head in frame if head.split("/")[0] == name):
            if ":" not in head:
                assert frame.loc[gone, head].isna().all()


def test_a_column_that_the_wave_has_not_is_named_with_the_nearest(wave):
    with pytest.raises(UnknownNameError, match=r"no column called 'places/parc'.*'places/park'"):
        wave.column("places/parc")


# --- open answers -----------------------------------------------------------------------------


def test_what_the_dictionary_does_not_know_is_listed_by_frequency(wave):
    assert wave.counts("travel") == {"tram": 2, "bus": 2}
    found = wave.uncoded("travel")
    assert [(one.mention, one.count, one.example) for one in found] == [
        ("a balloon", 2, "A balloon"),
        ("a ballon", 1, "a ballon"),
    ]


def test_a_question_with_a_list_has_nothing_that_is_not_coded(wave):
    assert wave.uncoded("size") == []


# --- what is known of the wave ----------------------------------------------------------------


def test_a_file_without_a_manifest_has_a_hash_and_no_caveats(wave):
    assert (wave.n, wave.caveats, wave.files, wave.source_of()) == (5, (), (), None)
    assert len(wave.sha256) == 64
    assert str(wave) == "wave towns: 5 respondents, 7 questions of towns 1.0"


def test_that_answers_are_made_up_is_the_first_caveat():
    made_up = ingest(ROOT / "waves" / "organised_groups" / "2025").wave
    assert made_up.caveats[0].startswith("Simulated: Every answer was drawn by a program")
    assert made_up.source_of().id == "simulation"
    assert made_up.files == (("responses.csv", made_up.sha256),)


def test_responses_that_nobody_looked_at_cannot_be_counted(wave):
    away = dataclasses.replace(wave, source=Elsewhere())
    with pytest.raises(NotEstimableError, match="kept elsewhere, so 'size:state' cannot be read"):
        away.counts("size")
