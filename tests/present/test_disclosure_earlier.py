"""Earlier reports as they are read, and as they are wrong."""

import json

import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import StudyError
from surveylib.present.disclosure_earlier import earlier_figures, read_report
from surveylib.present.disclosure_rules import parts_of

ESTIMATES = sl.estimate(pd.DataFrame({"use": ["yes"] * 40 + ["no"] * 17 + ["maybe"] * 3}), "use")


def written(tmp_path, **more):
    estimates = ESTIMATES.to_dict()
    data = {"schema": "surveylib.study/1", "survey": "places", "estimates": estimates, **more}
    (tmp_path / "study.json").write_text(json.dumps(data), "utf-8")
    return tmp_path


def test_a_folder_and_its_study_json_are_the_same(tmp_path):
    folder = written(tmp_path)
    assert earlier_figures(folder) == earlier_figures(folder / "study.json")
    assert [(one.answer, one.events, one.n) for one in earlier_figures(folder)] == [
        ("maybe", 3, 60),
        ("no", 17, 60),
        ("yes", 40, 60),
    ]


def test_what_was_withheld_before_is_not_known(tmp_path):
    found = sl.protect(ESTIMATES).estimates
    folder = written(tmp_path, estimates=found.to_dict())
    assert [one.answer for one in earlier_figures(folder)] == ["yes"]


def test_printed_figures_are_no_counts(tmp_path):
    found = sl.estimate(sl.load_study("waves/netclean"), "region")
    assert earlier_figures(written(tmp_path, estimates=found.to_dict())) == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "REPORT-NOT-JSON"),
        ("\xff", "REPORT-NOT-JSON"),
        ("[]", "REPORT-SCHEMA"),
        ('{"schema": "surveylib.study/9"}', "REPORT-SCHEMA"),
        ('{"schema": "surveylib.study/1"}', "REPORT-ROWS"),
        ('{"schema": "surveylib.study/1", "estimates": {"rows": [1]}}', "REPORT-ROW"),
        ('{"schema": "surveylib.study/1", "estimates": {"rows": [{}]}}', "REPORT-ROW"),
    ],
)
def test_a_file_that_is_no_report_says_what_is_wrong(tmp_path, content, code):
    (tmp_path / "study.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(StudyError, match=rf"study\.json: .*\[{code}\]"):
        read_report(tmp_path)


@pytest.mark.parametrize(("field", "value"), [("n", "60"), ("n", True), ("flags", "few")])
def test_a_row_whose_fields_are_of_another_kind_is_named(tmp_path, field, value):
    estimates = ESTIMATES.to_dict()
    estimates["rows"][1][field] = value
    with pytest.raises(StudyError, match=rf"row 2 of the estimates is none: '{field}'"):
        read_report(written(tmp_path, estimates=estimates))


def test_a_folder_without_a_report_says_so(tmp_path):
    with pytest.raises(StudyError, match=r"no report stands here \[REPORT-MISSING\]"):
        read_report(tmp_path / "2019")


def test_a_group_is_taken_apart_where_its_questions_are_named():
    assert parts_of("") == ()
    assert parts_of("size=small") == (("size", "small"),)
    assert parts_of("size=small, large, region=north") == (
        ("size", "small, large"),
        ("region", "north"),
    )
