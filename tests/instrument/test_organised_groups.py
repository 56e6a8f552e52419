"""The questionnaire that coming rounds field."""

from pathlib import Path

import pytest

import surveylib as sl
from surveylib.instrument.bands import overlaps_and_gaps
from surveylib.instrument.question_diff import cuts

PATH = Path(__file__).parents[2] / "instruments" / "organised_groups" / "1.0.yaml"
QUESTIONS = sl.load_instrument(PATH).questions
every_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda entry: entry.id)
banded = [question for question in QUESTIONS if question.kind == "banded"]


@every_question
def test_every_text_and_label_is_in_both_languages(question):
    texts = [question.text, question.title, *(option.label for option in question.answers)]
    assert [sorted(text) for text in texts] == [["de", "en"]] * len(texts)


@every_question
def test_nobody_is_made_to_answer(question):
    assert "refused" in question.missing


@pytest.mark.parametrize("question", banded, ids=lambda entry: entry.id)
def test_every_count_has_one_band(question):
    assert overlaps_and_gaps(question.options, question.minimum) == ({}, [])


def test_the_cuts_of_the_printed_list_of_2018_are_kept():
    # The report of 2018 printed 1-10, up to 50, 100-500, and more than 1,000.
    (count,) = (question for question in banded if question.id == "groups_count")
    assert {10, 50, 500, 1000} <= cuts(count.options)


def test_one_reference_period_holds_for_what_was_come_across():
    periods = {question.period for question in QUESTIONS if question.id != "region"}
    assert periods == {"P12M"}
