"""Two exports of one survey in Qualtrics hold the same answers, once options are matched by label.

`SURVEYLIB_DATA` names the folder of real inputs; left out, `../shared/data`.
"""

import json
import os
from functools import cache
from pathlib import Path

import pytest

from surveylib.wave.readers.base import ReadOptions
from surveylib.wave.readers.qualtrics import read

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("SURVEYLIB_DATA", ROOT.parent / "shared" / "data"))
FOLDER = DATA / "formats" / "qualtrics"
SURVEY = FOLDER / "Multiple_Answer_MC_Questions.qsf"
LEGACY = FOLDER / "Multiple_Answer_MC_Questions.csv"
INSIGHTS = FOLDER / "Multiple_Answer_MC_Questions (Insights).csv"

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        not all(file.is_file() for file in (SURVEY, LEGACY, INSIGHTS)),
        reason=f"no real inputs at {FOLDER}",
    ),
]
TAGS = ["Q2", "Q3", "Q4", "Q5", "mc_question_five"]


@cache
def opened(file):
    return read(file, ReadOptions())


@cache
def answers(file):
    """Cells of each column by respondent; a column is known by its heads."""
    (batch,) = opened(file).batches()
    columns = opened(file).columns
    (who,) = (column.position for column in columns if "ResponseID" in column.heads)
    return {
        column.heads: dict(zip(batch.columns[who], batch.columns[column.position], strict=True))
        for column in columns
    }


@cache
def labels():
    """Labels of options by question and choice, from the survey itself; and tags of questions."""
    survey = json.loads(SURVEY.read_text(encoding="utf-8"))
    payloads = [part["Payload"] for part in survey["SurveyElements"] if part["Element"] == "SQ"]
    return {
        (one["QuestionID"], choice): (one["DataExportTag"], about["Display"])
        for one in payloads
        for choice, about in one["Choices"].items()
    }


def option_of(heads):
    """Tag and label of the option in a column: by the column's id, or by its name and text."""
    if len(heads) == 3:
        return labels().get(tuple(heads[2].split("-", 1)))
    tag = heads[0].rpartition("_")[0]
    known = (label for named, label in labels().values() if named == tag)
    return next(((tag, label) for label in known if heads[1].endswith(f"-{label}")), None)


def by_label(file):
    """Cells by tag and label."""
    told = [(option_of(heads), cells) for heads, cells in answers(file).items()]
    options = [option for option, _ in told if option]
    assert len(options) == len(set(options))
    return {option: cells for option, cells in told if option}


def test_both_exports_hold_the_same_respondents():
    told = [next(iter(answers(file).values())) for file in (LEGACY, INSIGHTS)]
    assert set(told[0]) == set(told[1])
    assert len(told[0]) == 5
    assert all(respondent.startswith("R_") for respondent in told[0])


def test_the_older_export_has_two_header_rows_and_the_newer_three():
    assert {len(heads) for heads in answers(LEGACY)} == {2}
    assert {len(heads) for heads in answers(INSIGHTS)} == {3}


@pytest.mark.parametrize("file", [LEGACY, INSIGHTS], ids=["legacy", "insights"])
def test_every_option_of_the_survey_has_its_column(file):
    assert set(by_label(file)) == set(labels().values())


@pytest.mark.parametrize("tag", TAGS)
def test_each_question_has_the_same_ticks_in_both(tag):
    legacy, insights = (
        {label: cells for (named, label), cells in by_label(file).items() if named == tag}
        for file in (LEGACY, INSIGHTS)
    )
    assert legacy == insights
    assert {cell for cells in legacy.values() for cell in cells.values()} <= {"1", ""}
    assert any("1" in cells.values() for cells in legacy.values())


def test_order_and_names_alone_would_have_mixed_options_up():
    tagged = [
        [heads for heads in answers(file) if heads[0].startswith("Q5_")]
        for file in (LEGACY, INSIGHTS)
    ]
    assert [[heads[0] for heads in one] for one in tagged] == [
        [f"Q5_{number}" for number in range(1, 8)],
        [f"Q5_{number}" for number in range(10, 17)],
    ]
    assert [heads[1] for heads in tagged[0]] != [heads[1] for heads in tagged[1]]
    assert {heads[1] for heads in tagged[0]} == {heads[1] for heads in tagged[1]}


def test_texts_of_ones_own_are_the_same_in_both():
    name = "mc_question_five_2_TEXT"
    told = [
        next(cells for heads, cells in answers(file).items() if heads[0] == name)
        for file in (LEGACY, INSIGHTS)
    ]
    assert told[0] == told[1]
    assert all(told[0].values())


def test_both_exports_tell_their_personal_columns():
    told = [[fault.got for fault in opened(file).warnings] for file in (LEGACY, INSIGHTS)]
    assert told[0] == [
        *("'V3 | Name'", "'V4 | ExternalDataReference'", "'V5 | EmailAddress'", "'V6 | IPAddress'"),
        *("'LocationLatitude'", "'LocationLongitude'"),
    ]
    assert len(told[1]) == 7


def test_the_column_without_a_head_at_the_end_of_the_older_export_is_kept():
    assert opened(LEGACY).columns[-1].heads == ("", "")
    assert set(answers(LEGACY)["", ""].values()) == {""}
