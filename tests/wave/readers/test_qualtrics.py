"""Header rows as Qualtrics writes them: two in the older export, three in that of Insights."""

import csv
import io
import json

import pytest

from surveylib.errors import ResponsesError
from surveylib.wave.readers.base import ReadOptions
from surveylib.wave.readers.qualtrics import read

NAMES = ["StartDate", "IPAddress", "ResponseId", "RecipientEmail", "Q1_1", "Q1_2", "Q2"]
TEXTS = ["Start Date", "IP Address", "Response ID", "Recipient Email", "Sizes - S", "Sizes - L", ""]
IDS = ["startDate", "ipAddress", "_recordId", "recipientEmail", "QID1_1", "QID1_2", "QID2_TEXT"]
ANSWERS = [
    ["2026-03-01", "", "R_1", "", "1", "", "a harbour"],
    ["2026-03-02", "", "R_2", "", "", "1", "two\nlines"],
]
LEGACY = [
    ["V1", "V3", "V6", "Q1_1", "LocationLatitude", ""],
    ["ResponseID", "Name", "IPAddress", "Sizes-S", "LocationLatitude", ""],
    ["R_1", "Anonymous", "", "1", "", ""],
]


def quoted(names):
    """Ids as older Insights exports show them."""
    return ["{'ImportId': '" + name + "'}" for name in names]


def objects(names):
    """Ids as newer Insights exports have them."""
    return [json.dumps({"ImportId": name}, separators=(",", ":")) for name in names]


def opened(tmp_path, table, *, delimiter=",", encoding="utf-8", **options):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(table)
    path = tmp_path / "export.csv"
    path.write_bytes(text.getvalue().encode(encoding))
    return read(path, ReadOptions(**options))


def rows(sheet):
    return [list(row) for batch in sheet.batches() for row in zip(*batch.columns, strict=True)]


@pytest.mark.parametrize("written", [quoted, objects])
def test_three_header_rows_are_name_text_and_plain_id(tmp_path, written):
    sheet = opened(tmp_path, [NAMES, TEXTS, written(IDS), *ANSWERS])
    assert [column.heads for column in sheet.columns] == list(zip(NAMES, TEXTS, IDS, strict=True))
    assert rows(sheet) == ANSWERS
    assert sheet.format == "qualtrics"


def test_records_are_counted_below_the_third_row_and_lines_from_the_top(tmp_path):
    (batch,) = opened(tmp_path, [NAMES, TEXTS, objects(IDS), *ANSWERS]).batches()
    assert (list(batch.records), list(batch.lines)) == ([1, 2], [4, 5])


def test_two_header_rows_are_name_and_text_and_a_blank_column_stays(tmp_path):
    sheet = opened(tmp_path, LEGACY)
    assert [column.heads for column in sheet.columns] == list(zip(*LEGACY[:2], strict=True))
    assert rows(sheet) == LEGACY[2:]


def test_an_export_without_responses_has_columns_and_no_rows(tmp_path):
    assert rows(opened(tmp_path, LEGACY[:2])) == []
    assert rows(opened(tmp_path, [NAMES, TEXTS, objects(IDS)])) == []


def test_the_number_of_header_rows_is_seen_in_the_file(tmp_path):
    sheet = opened(tmp_path, [NAMES, TEXTS, objects(IDS), *ANSWERS], header_rows=1, fill_heads=True)
    assert rows(sheet) == ANSWERS
    assert sheet.columns[6].heads == ("Q2", "", "QID2_TEXT")


def test_a_choice_beside_the_id_is_joined_to_it(tmp_path):
    ids = [json.dumps({"ImportId": "QID1", "choiceId": choice}) for choice in ("1", "2")]
    sheet = opened(tmp_path, [["Q1_1", "Q1_2"], ["S", "L"], ids, ["1", ""]])
    assert [column.heads[2] for column in sheet.columns] == ["QID1-1", "QID1-2"]


def test_the_time_zone_beside_an_id_is_kept_as_the_label(tmp_path):
    ids = ['{"ImportId":"startDate","timeZone":"America/Denver"}', '{"ImportId":"QID2"}']
    sheet = opened(tmp_path, [["StartDate", "Q2"], ["Start Date", "Where?"], ids, ["", ""]])
    assert [column.label for column in sheet.columns] == ["timeZone: America/Denver", ""]


def test_ids_are_decoded_as_json_and_as_python_shows_them(tmp_path):
    ids = ['{"ImportId":"gr\\u00f6\\/\\u00dfe"}', """{'ImportId': "it's"}"""]
    sheet = opened(tmp_path, [["a", "b"], ["", ""], ids])
    assert [column.heads[2] for column in sheet.columns] == ["grö/ße", "it's"]


def test_a_blank_column_below_ids_has_a_blank_id(tmp_path):
    sheet = opened(
        tmp_path,
        [[*NAMES, ""], [*TEXTS, ""], [*objects(IDS), ""], [*ANSWERS[0], ""]],
    )
    assert sheet.columns[7].heads == ("", "", "")


def test_a_tab_separated_export_in_utf_16_is_read(tmp_path):
    table = [NAMES, TEXTS, objects(IDS), *ANSWERS]
    sheet = opened(tmp_path, table, delimiter="\t", encoding="utf-16")
    assert (sheet.encoding, sheet.delimiter) == ("utf-16", "\t")
    assert rows(sheet) == ANSWERS


def personal(sheet):
    assert {fault.code for fault in sheet.warnings} <= {"PERSONAL-COLUMN"}
    return [fault.got for fault in sheet.warnings]


def test_personal_columns_of_three_header_rows_are_told(tmp_path):
    sheet = opened(tmp_path, [NAMES, TEXTS, objects(IDS), *ANSWERS])
    assert personal(sheet) == [
        "'IPAddress | IP Address | ipAddress'",
        "'RecipientEmail | Recipient Email | recipientEmail'",
    ]
    assert [fault.what.split()[1] for fault in sheet.warnings] == ["B", "D"]


def test_personal_columns_of_two_header_rows_have_their_names_in_the_second(tmp_path):
    assert personal(opened(tmp_path, LEGACY)) == [
        "'V3 | Name'",
        "'V6 | IPAddress'",
        "'LocationLatitude'",
    ]


def test_a_personal_column_with_another_name_is_known_by_its_id(tmp_path):
    ids = quoted(["panel-RecipientLastName", "Location-LocationLongitude", "QID2"])
    sheet = opened(tmp_path, [["who", "where", "Q2"], ["", "", "Name"], ids])
    assert personal(sheet) == [
        "'who | panel-RecipientLastName'",
        "'where | Location-LocationLongitude'",
    ]


def test_a_question_whose_text_is_a_name_of_qualtrics_is_not_personal_for_that(tmp_path):
    table = [["V1", "Q7"], ["ResponseID", "Name"], ["R_1", "x"]]
    assert personal(opened(tmp_path, table)) == []


def test_a_third_row_with_ids_and_something_else_is_refused(tmp_path):
    table = [["a", "b", "c"], ["", "", ""], ['{"ImportId":"QID1"}', "4", "5"], ["1", "2", "3"]]
    with pytest.raises(ResponsesError, match=r"'B', 'C' \[QUALTRICS-HEADER\]\n +got: '4'"):
        opened(tmp_path, table)


def test_a_third_row_of_another_length_is_refused(tmp_path):
    table = [["a", "b"], ["", "t"], ['{"ImportId":"QID1"}'], ["1", "2"]]
    with pytest.raises(ResponsesError, match=r"2, 2, 1 cells \[HEADER-LENGTH\]"):
        opened(tmp_path, table, delimiter=",")


def test_a_file_with_one_header_row_does_not_lose_its_first_respondent(tmp_path):
    with pytest.raises(ResponsesError, match=r"may be a respondent.*\[QUALTRICS-HEADER\]"):
        opened(tmp_path, [NAMES, *ANSWERS])


@pytest.mark.parametrize(
    "cell",
    [
        '{"ImportId":1}',
        '{"ImportId":""}',
        '{"other":"x"}',
        "{" * 5000 + "}",
        "{" + '"a":{' * 900 + "}" * 901,
        "{'ImportId': __import__('os')}",
        "{ImportId}",
    ],
)
def test_what_only_looks_like_an_id_is_an_answer(tmp_path, cell):
    table = [["V1", "Q1"], ["ResponseID", "Where?"], ["R_1", cell]]
    assert rows(opened(tmp_path, table)) == [["R_1", cell]]
