"""Headings as LimeSurvey's export page offers them: codes, texts, or both with a separator."""

import pytest

from surveylib.errors import ResponsesError
from surveylib.wave.readers.base import ReadOptions
from surveylib.wave.readers.limesurvey import read, split_headings


def opened(tmp_path, text, **options):
    path = tmp_path / "results-survey.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, ReadOptions(**options))


def rows(sheet):
    return [row for batch in sheet.batches() for row in zip(*batch.columns, strict=True)]


CODES = """\
"id","submitdate","Q1","Q1[other]","Q2[SQ001]","Q2[SQ002]","Q2[SQ002comment]","Q2[other]"
"1","2026-03-01 10:00:00","A1","","Y","","",""
"2","","-oth-","a harbour","N","Y","by the sea","=1+1"
"""


def test_headings_of_codes_stay_as_exported(tmp_path):
    sheet = opened(tmp_path, CODES)
    assert [column.heads for column in sheet.columns] == [
        ("id",),
        ("submitdate",),
        ("Q1",),
        ("Q1[other]",),
        ("Q2[SQ001]",),
        ("Q2[SQ002]",),
        ("Q2[SQ002comment]",),
        ("Q2[other]",),
    ]


def test_boxes_keep_what_was_exported_for_them(tmp_path):
    assert [row[4:6] for row in rows(opened(tmp_path, CODES))] == [("Y", ""), ("N", "Y")]
    answers = '"Q2[SQ001]";"Q2[SQ002]"\n"Yes";"No"\n"";"N/A"\n'
    assert rows(opened(tmp_path, answers)) == [("Yes", "No"), ("", "N/A")]


def test_other_answers_and_comments_are_texts_as_they_stand(tmp_path):
    assert rows(opened(tmp_path, CODES))[1][2:] == (
        *("-oth-", "a harbour", "N", "Y", "by the sea", "=1+1"),
    )


def test_the_delimiter_is_found_and_the_sheet_says_which_tool_wrote_it(tmp_path):
    sheet = opened(tmp_path, b"\xef\xbb\xbf" + CODES.replace(",", ";").encode())
    assert (sheet.format, sheet.delimiter, sheet.encoding) == ("limesurvey", ";", "utf-8-sig")
    assert len(sheet.columns) == 8


def test_code_and_text_become_two_heads(tmp_path):
    text = (
        '"id. Response ID","submitdate. Date submitted","Q1. Where do you live?",'
        '"Q2[SQ001]. Which sizes? [Small]","Q2[other]: Which sizes? [Other]",'
        '"Q3[R1][1]. Two scales [Row][Scale 1]","Q4_SQ001. By expression code"\n'
        "1,,A1,Y,,3,x\n"
    )
    assert [column.heads for column in opened(tmp_path, text).columns] == [
        ("id", "Response ID"),
        ("submitdate", "Date submitted"),
        ("Q1", "Where do you live?"),
        ("Q2[SQ001]", "Which sizes? [Small]"),
        ("Q2[other]", "Which sizes? [Other]"),
        ("Q3[R1][1]", "Two scales [Row][Scale 1]"),
        ("Q4_SQ001", "By expression code"),
    ]


def test_a_text_may_have_line_breaks_points_and_colons():
    headings = ["id. Response ID", "Q1. First.\nThen: second. Third"]
    assert split_headings(headings)[1] == ("Q1", "First.\nThen: second. Third")


def test_a_heading_with_a_code_only_has_one_head():
    assert split_headings(["Q1. Where?", "interviewtime", "Q2. "]) == [
        ("Q1", "Where?"),
        ("interviewtime",),
        ("Q2",),
    ]


@pytest.mark.parametrize(
    "whole", ["Response ID", "Where do you live?", "Q1.5 of them", "1. Where?", "Größe. Where?", ""]
)
def test_one_full_text_keeps_every_heading_whole(whole):
    headings = ["Comments: what else?", "No. Of rooms", whole]
    assert split_headings(headings) == [(heading,) for heading in headings]


def test_there_is_one_header_row_whatever_the_options_say(tmp_path):
    sheet = opened(tmp_path, CODES, header_rows=2, fill_heads=True)
    assert sheet.columns[0].heads == ("id",)
    assert [row[0] for row in rows(sheet)] == ["1", "2"]


def test_rows_above_the_headings_are_passed_over(tmp_path):
    sheet = opened(tmp_path, "Our survey,,\nid,Q1,Q2\n7,A1,A2\n", title_rows=1)
    assert [column.head for column in sheet.columns] == ["id", "Q1", "Q2"]
    (batch,) = sheet.batches()
    assert list(batch.lines) == [3]


def test_bad_bytes_are_refused_with_their_line(tmp_path):
    with pytest.raises(ResponsesError, match=r":2: byte 0xe9 at place 2.*\[FILE-ENCODING\]"):
        opened(tmp_path, b"id,Q1\n1\xe9,A1\n")


def test_an_open_quote_is_refused_when_rows_are_read(tmp_path):
    sheet = opened(tmp_path, 'id,Q1\n1,"A1\n2,A2\n')
    with pytest.raises(ResponsesError, match=r":2: a quote is opened.*\[QUOTE-OPEN\]"):
        list(sheet.batches())
