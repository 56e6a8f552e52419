"""Two exports of one survey in Qualtrics hold the same answers, once options are matched by label.

The questionnaire is imported from the survey itself. Both exports are then taken as waves, with a
mapping for each: once in a script, and once from the draft that `surveylib wave new` writes.

`SURVEYLIB_DATA` names the folder of real inputs; left out, `../shared/data`.
"""

import ast
import csv
import datetime as dt
import json
import os
import sys
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
import yaml

import surveylib as sl
from surveylib.cli import main
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


# --- taken as waves -----------------------------------------------------------------------------

#: What somebody reads off the survey and its import: for each question its id and its tag in
#: Qualtrics, and the choice that each code stands for. Codes are recode values, where it has any.
CHOICES = {
    "q2": ("QID2", "Q2", {"1": 1, "2": 2, "3": 3}),
    "q4": ("QID5", "Q4", {"10": 1, "11": 2, "12": 3}),
    "q3": ("QID3", "Q3", {"1": 1, "4": 4, "5": 5, "2": 2, "3": 3}),
    "q5": ("QID6", "Q5", {"10": 1, "11": 4, "12": 5, "13": 6, "14": 2, "15": 3, "16": 7}),
    "mc_question_five": ("QID4", "mc_question_five", {"1": 1, "2": 2, "3": 3}),
}
TEXT = "mc_question_five/2:text"
PLACES = ("LocationLatitude", "LocationLongitude")
PERSONAL = {
    LEGACY: ("Name", "ExternalDataReference", "EmailAddress", "IPAddress", *PLACES),
    INSIGHTS: (
        *("IPAddress", "RecipientLastName", "RecipientFirstName", "RecipientEmail"),
        *("ExternalDataReference", *PLACES),
    ),
}
HEADER_ROWS = {LEGACY: 2, INSIGHTS: 3}
EXPORTS = pytest.mark.parametrize("file", [LEGACY, INSIGHTS], ids=["legacy", "insights"])


def layout(file, question):
    """A column for each option: by id in the newer export, by name in the older one."""
    number, tag, choices = CHOICES[question]

    def column(choice):
        return {"id": f"{number}-{choice}"} if file == INSIGHTS else f"{tag}_{choice}"

    made = {
        "layout": "column_per_option",
        "options": {code: column(choice) for code, choice in choices.items()},
        "ticked": ["1"],
    }
    if question == "mc_question_five":
        made["write_in"] = {"2": column("2-TEXT" if file == INSIGHTS else "2_TEXT")}
    return made


def columns(file):
    """The mapping of an export. The older one has names of its own columns in its second row."""
    first = "header" if file == INSIGHTS else "under"
    ignore = [{"column": {first: name}, "reason": "personal data"} for name in PERSONAL[file]]
    ignore += [
        {"column": {first: name}, "reason": "of no use here"}
        for name in ("ResponseSet", "Status", "LocationAccuracy")
    ]
    if file == LEGACY:
        ignore.append({"column": {"at": "AJ"}, "reason": "each line ends with a comma"})
    return {
        "respondent": {"column": {first: "ResponseID"}},
        "blanks": {"finished": {"column": {first: "Finished"}, "texts": ["1"]}},
        "timing": {"started": {first: "StartDate"}, "ended": {first: "EndDate"}},
        "columns": {question: layout(file, question) for question in CHOICES},
        "ignore": ignore,
    }


@cache
def questionnaire():
    return sl.import_instrument(SURVEY, "choices", "1.0").instrument


def taken(file, copy=None):
    """An export, or a changed copy of it, as a wave."""
    return sl.ingest(copy or file, questionnaire(), columns=columns(file), file_format="qualtrics")


def lines(file):
    """Every line of an export as the csv module reads it."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        return list(csv.reader(text))


def meant(file):
    """What each column is by its header: tag and label of an option, or a name of Qualtrics."""
    heads = zip(*lines(file)[: HEADER_ROWS[file]], strict=True)
    told = [(*one[:2], *(ast.literal_eval(cell)["ImportId"] for cell in one[2:])) for one in heads]
    return [option_of(one) or (one[1] if one[0].startswith("V") else one[0]) for one in told]


def rows(file):
    """Every respondent as the csv module reads them, by what columns are."""
    return [dict(zip(meant(file), line, strict=True)) for line in lines(file)[HEADER_ROWS[file] :]]


@cache
def options():
    """Every option of the import: question, code, and its tag and label in the survey."""
    return [
        (question, option.code, (tag, option.label["en"]))
        for question, (_, tag, _) in CHOICES.items()
        for option in questionnaire().question(question).answers
    ]


def by_respondent(wave):
    """The wave's rows in the order of respondents; where a row stood in its file is left out."""
    return wave.to_frame().drop(columns=":record").set_index(":respondent").sort_index()


def test_the_questionnaire_is_the_same_after_it_was_saved(tmp_path):
    path = sl.save_draft(sl.import_instrument(SURVEY, "choices", "1.0"), tmp_path)
    assert sl.load_instrument(path) == questionnaire()
    assert {label for *_, label in options()} == set(labels().values())


@EXPORTS
def test_every_cell_of_an_export_is_taken(file):
    found = taken(file)
    assert found.accounts.accepted == found.accounts.rows_read == len(rows(file)) == 5
    assert found.accounts.differences() == []
    assert len(found.quarantine) == len(found.repairs) == 0
    wanted = [*(label for *_, label in options()), "mc_question_five_2_TEXT"]
    given = sum(row[name] != "" for row in rows(file) for name in wanted)
    assert given == sum(one.accepted for one in found.accounts.columns if one.use in CHOICES)


@EXPORTS
def test_counts_are_those_of_the_csv_module(file):
    wave = taken(file).wave
    told = {question: {} for question in CHOICES}
    for question, code, label in options():
        told[question][code] = sum(row[label] == "1" for row in rows(file))
    assert {question: wave.counts(question) for question in CHOICES} == told


@EXPORTS
def test_every_row_is_that_of_the_csv_module(file):
    frame = by_respondent(taken(file).wave)
    assert sorted(frame.index) == sorted(row["ResponseID"] for row in rows(file))
    for row in rows(file):
        answers = frame.loc[row["ResponseID"]]
        for question, code, label in options():
            assert answers[f"{question}/{code}"] == (row[label] == "1")
            assert answers[f"{question}:state"] == "answered"
        assert answers[TEXT] == row["mc_question_five_2_TEXT"]
        started, ended = (dt.datetime.fromisoformat(row[name]) for name in ("StartDate", "EndDate"))
        assert answers[":seconds"] == (ended - started).total_seconds()


def test_both_exports_are_the_same_wave():
    legacy, insights = taken(LEGACY).wave, taken(INSIGHTS).wave
    assert legacy.fields == insights.fields
    pd.testing.assert_frame_equal(by_respondent(legacy), by_respondent(insights))


@EXPORTS
def test_nothing_of_a_personal_column_is_in_the_wave(file):
    found = taken(file)
    assert list(found.accounts.ignored.values()).count("personal data") == len(PERSONAL[file])
    wave = found.wave.to_frame().to_csv()
    personal = {row[name] for row in rows(file) for name in PERSONAL[file]} - {""}
    assert len(personal) >= 2
    assert [text for text in personal if text in wave] == []


def changed(file, folder):
    """A copy in which one respondent broke off before Q5 and another left Q4 out."""
    told = [list(line) for line in lines(file)]
    first, second = (
        next(line for line in told if line[0] == row["ResponseID"]) for row in rows(LEGACY)[:2]
    )
    for place, name in enumerate(meant(file)):
        tag = name[0] if isinstance(name, tuple) else name
        if tag in {"Q5", "mc_question_five", "mc_question_five_2_TEXT"}:
            first[place] = ""
        if tag == "Finished":
            first[place] = "0"
        if tag == "Q4":
            second[place] = ""
    heads, body = told[: HEADER_ROWS[file]], told[HEADER_ROWS[file] :]
    with (folder / file.name).open("w", encoding="utf-8", newline="") as copy:
        csv.writer(copy).writerows([*heads, *(body if file == INSIGHTS else body[::-1])])
    return folder / file.name


def test_both_exports_say_the_same_of_who_broke_off_in_whatever_order_rows_stand(tmp_path):
    legacy, insights = (taken(file, changed(file, tmp_path)).wave for file in (LEGACY, INSIGHTS))
    frame = by_respondent(legacy)
    pd.testing.assert_frame_equal(frame, by_respondent(insights))
    assert list(legacy.to_frame()[":respondent"]) == list(insights.to_frame()[":respondent"])[::-1]
    first, second = (row["ResponseID"] for row in rows(LEGACY)[:2])
    assert list(frame.loc[first, ["q5:state", "mc_question_five:state"]]) == ["not_reached"] * 2
    assert frame.loc[first, [f"q5/{code}" for code in CHOICES["q5"][2]]].isna().all()
    assert pd.isna(frame.loc[first, TEXT])
    assert frame.loc[second, "q4:state"] == "no_answer"
    states = frame[[f"{question}:state" for question in CHOICES]]
    assert (states == "answered").to_numpy().sum() == 5 * 5 - 3


# --- from a draft -------------------------------------------------------------------------------


@pytest.fixture
def drafted(tmp_path, monkeypatch):
    """A wave's folder with the draft of its manifest, as commands write it."""

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["surveylib", *map(str, arguments)])
        try:
            main()
        except SystemExit as stop:
            assert stop.code in {0, None}  # noqa: PT017 - the code is what is looked at

    def make(file):
        shelf = tmp_path / "instruments"
        if not shelf.is_dir():
            named = ("--id", "choices", "--version", "1.0")
            command("instrument", "import", SURVEY, *named, "--out", shelf)
        wave = tmp_path / "waves" / "choices" / ("insights" if file == INSIGHTS else "legacy")
        wave.mkdir(parents=True)
        copy = wave / "responses.csv"
        copy.write_bytes(file.read_bytes())
        asked = shelf / "choices" / "1.0.yaml"
        command("wave", "new", copy, asked, wave, "--format", "qualtrics")
        return wave

    return make


def told_in(wave):
    return yaml.safe_load((wave / "wave.yaml").read_text("utf-8"))


def decided(told, file):
    """The draft after somebody went through its doubts and mapped what it could not place."""
    for question in ("q3", "q5", "mc_question_five"):
        told["columns"][question] = layout(file, question)
    mapped = ("Q3_", "Q5_", "mc_question_five_")
    told["ignore"] = [
        one for one in told["ignore"] if not one["column"].get("header", "").startswith(mapped)
    ]
    told["sources"][0]["kind"] = "own"
    for one in (told["timing"], told["blanks"]["finished"], *told["ignore"]):
        one.pop("decide", None)
    return json.dumps(told)


@EXPORTS
def test_what_a_draft_is_certain_of_is_right(drafted, file):
    told = told_in(drafted(file))
    names = lines(file)[0]
    label_of = {(question, code): label for question, code, label in options()}
    certain = {key: one for key, one in told["columns"].items() if "decide" not in one}
    assert set(certain) >= {"q2", "q4", "mc_question_five"}
    for question, one in certain.items():
        for code, column in one["options"].items():
            assert meant(file)[names.index(column["header"])] == label_of[question, code]
    personal = [one for one in told["ignore"] if one["reason"] == "personal data"]
    assert len(personal) == len(PERSONAL[file])
    assert not any("decide" in one for one in personal)


@EXPORTS
def test_a_draft_with_doubts_is_not_read(drafted, file):
    wave = drafted(file)
    told = told_in(wave)
    # Only the cut texts of questions keep these from their own columns.
    assert {key for key, one in told["columns"].items() if "decide" in one} <= {"q3", "q5"}
    assert told["timing"]["decide"] == told["blanks"]["finished"]["decide"] == "undecided"
    with pytest.raises(sl.errors.ManifestError, match="decide"):
        sl.ingest(wave)


@EXPORTS
def test_a_draft_that_was_decided_gives_the_wave_of_the_script(drafted, file):
    wave = drafted(file)
    (wave / "wave.yaml").write_text(decided(told_in(wave), file), "utf-8")
    found = sl.ingest(wave)
    pd.testing.assert_frame_equal(
        by_respondent(found.wave), by_respondent(taken(file).wave), check_names=False
    )
    assert len(found.quarantine) == 0
