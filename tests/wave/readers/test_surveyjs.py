"""Results as the documentation of SurveyJS shows `survey.data`, and what is refused in them."""

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import ResponsesError
from surveylib.wave.readers import surveyjs
from surveylib.wave.readers.base import ReadOptions
from surveylib.wave.readers.surveyjs import read


def opened(tmp_path, content):
    path = tmp_path / "results.json"
    if not isinstance(content, bytes | str):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(path, ReadOptions())


def table(sheet):
    """Rows by head."""
    heads = [column.heads[0] for column in sheet.columns]
    found = []
    for batch in sheet.batches():
        assert not batch.odd
        for place in range(len(batch.records)):
            cells = [column[place] for column in batch.columns]
            found.append(dict(zip(heads, cells, strict=True)))
    return found


def faults(tmp_path, content, match):
    with pytest.raises(ResponsesError, match=match) as caught:
        opened(tmp_path, content)
    return [(fault.code, fault.line, fault.what) for fault in caught.value.faults]


RESULTS = [
    {
        "town": "north",
        "rooms": 4,
        "garden": True,
        "sizes": ["small", "other"],
        "sizes-Comment": "very small",
        "view": {"front": "good", "back": "bad"},
    },
    {"sizes": ["large", "small"], "garden": False, "view": {"side": 3}, "score": 2.5},
    {"town": "", "score": None},
]


def test_names_become_columns_in_order_of_first_appearance(tmp_path):
    sheet = opened(tmp_path, RESULTS)
    assert [column.head for column in sheet.columns] == [
        *("town", "rooms", "garden", "sizes/small", "sizes/other", "sizes/large"),
        *("sizes-Comment", "view.front", "view.back", "view.side", "score"),
    ]
    assert [column.position for column in sheet.columns] == list(range(11))


def test_records_keep_their_order_and_blanks_stand_for_what_is_not_there(tmp_path):
    (batch,) = opened(tmp_path, RESULTS).batches()
    assert batch.columns[0] == ["north", "", ""]
    assert (list(batch.records), list(batch.lines)) == ([1, 2, 3], [1, 2, 3])


def test_a_value_of_a_list_is_ticked_or_not_or_was_not_asked(tmp_path):
    rows = table(opened(tmp_path, RESULTS))
    assert [row["sizes/other"] for row in rows] == ["1", "0", ""]
    assert [row["sizes/large"] for row in rows] == ["0", "1", ""]


def test_an_empty_list_is_an_answer_without_ticks(tmp_path):
    rows = table(opened(tmp_path, [{"q": []}, {"q": ["a"]}, {"q": None}, {}]))
    assert [row["q/a"] for row in rows] == ["0", "1", "", ""]


def test_rows_of_a_matrix_are_columns_with_ticks_where_they_hold_lists(tmp_path):
    rows = table(
        opened(tmp_path, [{"m": {"r1": ["x", "y"], "r2": []}}, {"m": {"r1": ["y"]}}, {"m": {}}])
    )
    assert rows == [
        {"m.r1/x": "1", "m.r1/y": "1", "m.r2": ""},
        {"m.r1/x": "0", "m.r1/y": "1", "m.r2": ""},
        {"m.r1/x": "", "m.r1/y": "", "m.r2": ""},
    ]


@pytest.mark.parametrize("empty", [None, [], {}, ""])
def test_a_name_without_an_answer_keeps_a_blank_column(tmp_path, empty):
    assert table(opened(tmp_path, [{"a": "1", "q": empty}])) == [{"a": "1", "q": ""}]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('" as it is \\n"', " as it is \n"),
        ("true", "true"),
        ("false", "false"),
        ("3", "3"),
        ("-3", "-3"),
        ("3.0", "3"),
        ("0.10", "0.10"),
        ("-0.0", "0"),
        ("1e3", "1000"),
        ("25E-1", "2.5"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("9" * 5000, "9" * 5000),
        ("1.5e300", "1.5e300"),
        ("1e-99999999999999999999", "1e-99999999999999999999"),
        ('"007"', "007"),
        ('"\\ud83c\\udf33"', "\N{DECIDUOUS TREE}"),
    ],
)
def test_values_are_text(tmp_path, written, text):
    assert table(opened(tmp_path, '[{"q": ' + written + "}]")) == [{"q": text}]


def test_numbers_and_truths_in_lists_name_columns_as_they_would_stand_in_cells(tmp_path):
    rows = table(opened(tmp_path, [{"q": [1, 2.0, True]}]))
    assert rows == [{"q/1": "1", "q/2": "1", "q/true": "1"}]


@pytest.mark.parametrize("name", ["data", "results"])
def test_an_object_with_a_list_is_read_as_the_list(tmp_path, name):
    sheet = opened(tmp_path, json.dumps({name: RESULTS}, indent=1))
    assert table(sheet) == table(opened(tmp_path, RESULTS))
    assert sheet.warnings == ()


def test_what_stands_beside_the_list_is_told(tmp_path):
    (warning,) = opened(tmp_path, {"count": 3, "data": RESULTS, "page": 1}).warnings
    assert (warning.code, "'count', 'page'" in warning.what) == ("JSON-BESIDE", True)


def test_one_object_in_each_line_is_read_with_its_lines(tmp_path):
    text = "\r\n".join(["", json.dumps(RESULTS[0]), "  ", *map(json.dumps, RESULTS[1:]), ""])
    sheet = opened(tmp_path, text)
    (batch,) = sheet.batches()
    assert list(batch.lines) == [2, 4, 5]
    assert list(batch.records) == [1, 2, 3]
    assert table(sheet) == table(opened(tmp_path, RESULTS))


def test_one_line_with_one_object_is_one_record(tmp_path):
    assert table(opened(tmp_path, '{"q": "a"}\n')) == [{"q": "a"}]


def test_a_line_separator_of_unicode_does_not_end_a_line(tmp_path):
    text = '{"q": "a\N{LINE SEPARATOR}b"}\n{"q": "c"}\n'
    assert table(opened(tmp_path, text)) == [{"q": "a\N{LINE SEPARATOR}b"}, {"q": "c"}]


def test_the_sheet_says_what_it_was_read_from(tmp_path):
    content = b"\xef\xbb\xbf" + json.dumps(RESULTS).encode()
    sheet = opened(tmp_path, content)
    assert (sheet.format, sheet.encoding) == ("surveyjs", "utf-8")
    assert sheet.sha256 == hashlib.sha256(content).hexdigest()


def test_rows_come_in_batches_each_time_they_are_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(surveyjs, "BATCH_ROWS", 2)
    sheet = opened(tmp_path, [{"q": number} for number in range(5)])
    for _ in range(2):
        told = [(list(batch.records), batch.columns) for batch in sheet.batches()]
        assert told == [([1, 2], [["0", "1"]]), ([3, 4], [["2", "3"]]), ([5], [["4"]])]


def test_lists_of_the_same_values_in_other_orders_are_told_as_a_loss(tmp_path):
    (warning,) = opened(tmp_path, [{"rank": ["a", "b"]}, {}, {"rank": ["b", "a"]}]).warnings
    assert (warning.code, "rank" in warning.what) == ("JSON-ORDER", True)
    assert opened(tmp_path, [{"q": ["a", "b"]}, {"q": ["b"]}]).warnings == ()
    assert opened(tmp_path, [{"q": ["a", "b"]}, {"q": ["a", "b"]}]).warnings == ()


def test_deeper_nesting_is_refused_with_every_path_at_once(tmp_path):
    content = [
        {"visits": [{"when": "2026-01-01"}, {"when": "2026-02-01"}]},
        {"visits": [{"when": "2026-01-01"}], "map": {"north": {"size": 1}}},
        {"plan": {"north": [["a"]]}},
    ]
    deeper = "nested deeper than answers are read"
    assert faults(tmp_path, content, "3 faults") == [
        ("JSON-NESTED", None, f"record 1: visits[0] is an object, {deeper}; and 2 more such"),
        ("JSON-NESTED", None, f"record 2: map.north is an object, {deeper}"),
        ("JSON-NESTED", None, f"record 3: plan.north[0] is a list, {deeper}"),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [('"a"', '["a"]'), ('["a"]', '{"r": "a"}'), ('{"r": "a"}', "1"), ('{"r": 1}', '{"r": [1]}')],
)
def test_an_answer_of_another_shape_is_refused(tmp_path, before, after):
    content = f'[{{"q": {before}}}, {{"q": null}}, {{"q": {after}}}]'
    ((code, _, what),) = faults(tmp_path, content, "record 3: q.* in record 1 it is")
    assert code == "JSON-MIXED"
    assert what.startswith("record 3")


@pytest.mark.parametrize(
    ("record", "place"),
    [
        ('{"q": 1, "q": 2}', "a key stands twice"),
        ('{"m": {"r": 1, "r": 1}}', "a key stands twice in m"),
        ('{"q": ["a", "a"]}', "the list q has 'a' twice"),
        ('{"q": ["1", 1]}', "the list q has '1' twice"),
    ],
)
def test_what_stands_twice_is_refused(tmp_path, record, place):
    told = faults(tmp_path, f'[{{"ok": 1}}, {record}]', "1 fault")
    assert told == [("JSON-DUPLICATE", None, f"record 2: {place}")]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("answer", ["{}", "[{}]", '{{"r": {}}}', '{{"r": [{}]}}'])
def test_numbers_that_are_none_are_refused(tmp_path, number, answer):
    content = '[{"q": ' + answer.format(number) + "}]"
    ((code, _, what),) = faults(tmp_path, content, f"got: '{number}'")
    assert (code, what.startswith("record 1: q")) == ("JSON-SYNTAX", True)


@pytest.mark.parametrize("half", ["\\u0000", "\\ud800", "x\\udfff"])
@pytest.mark.parametrize("record", ['{"q": "%"}', '{"%": 1}', '{"q": ["%"]}', '{"m": {"%": 1}}'])
def test_nul_and_half_characters_are_refused(tmp_path, half, record):
    told = faults(tmp_path, f"[{record.replace('%', half)}]", "control or half character in")
    assert {code for code, _, _ in told} == {"FILE-CHARACTER"}


def test_null_in_a_list_is_refused(tmp_path):
    told = faults(tmp_path, [{"q": ["a", None]}], "1 fault")
    assert told == [("JSON-VALUE", None, "record 1: q[1] is null in a list")]


def test_records_that_are_no_objects_are_refused(tmp_path):
    told = faults(tmp_path, [{"q": 1}, ["q"], None], "1 fault")
    assert told == [("JSON-RECORD", None, "record 2: is a list, and no object; and 1 more such")]


@pytest.mark.parametrize(
    "content",
    [
        [{"q/a": 1, "q": ["a"]}],
        [{"m.r": 1}, {"m": {"r": 1}}],
        [{"m": {"r/x": 1, "r": ["x"]}}],
    ],
)
def test_two_columns_of_one_name_are_refused(tmp_path, content):
    ((code, _, _),) = faults(
        tmp_path, content, "2 answers would stand in columns called '(q/a|m.r)"
    )
    assert code == "JSON-HEAD"


@pytest.mark.parametrize(
    "content",
    ["[" * 100_000, '[{"q":' + "[" * 60 + "]" * 60 + "}]", '{"a":' * 3000, "[" * 900 + "]" * 900],
)
def test_nesting_deeper_than_fifty_is_refused(tmp_path, content):
    with pytest.raises(ResponsesError, match=r"JSON-(DEPTH|RECORD)"):
        opened(tmp_path, content)


@pytest.mark.parametrize(("depth", "code"), [(48, "JSON-NESTED"), (49, "JSON-DEPTH")])
def test_nesting_is_counted_from_the_record(tmp_path, depth, code):
    # The record and the list of the question are two levels of their own.
    deep = "[" * (depth + 1) + "]" * (depth + 1)
    ((found, _, _),) = faults(tmp_path, '[{"q":' + deep + "}]", "nested deeper")
    assert found == code


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ('[{"q": 1},\n {"q": 2]', 2, "not valid JSON"),
        ('[{"q": 1}]\n[]', 2, "Extra data"),
        ('[{"q": "a\nb"}]', 1, "control character"),
        ("q,r\n1,2\n", 1, "not valid JSON"),
        ('[{"q": 1},]', 1, "not valid JSON"),
    ],
)
def test_what_is_no_json_is_refused_with_its_line(tmp_path, content, line, message):
    ((code, found, _),) = faults(tmp_path, content, message)
    assert (code, found) == ("JSON-SYNTAX", line)


def test_lines_that_are_wrong_are_refused_at_once_with_their_lines(tmp_path):
    text = '{"q": 1}\n{"q": }\n{"q": NaN}\n{"q": [{}]}\n5\n{"q": 1, "r"}\n'
    told = faults(tmp_path, text, "faults")
    assert [(code, line) for code, line, _ in told] == [
        ("JSON-SYNTAX", 2),
        ("JSON-SYNTAX", 3),
        ("JSON-MIXED", 4),
        ("JSON-RECORD", 5),
        ("JSON-SYNTAX", 6),
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('{\n"q": 1\n}', "JSON-RECORD"),
        ('{"data": [], "results": []}', "JSON-RECORD"),
        ('"text"', "JSON-RECORD"),
        ("3", "JSON-RECORD"),
        ('{"data": [], "data": [{}]}', "JSON-DUPLICATE"),
        ("[]", "FILE-EMPTY"),
        ('{"data": []}', "FILE-EMPTY"),
        (" \n", "FILE-EMPTY"),
        (b"\xff\xfe[\x00]\x00", "FILE-ENCODING"),
        (b'[\n{"q": "caf\xe9"}]', "FILE-ENCODING"),
    ],
)
def test_files_that_hold_no_results_are_refused(tmp_path, content, code):
    ((found, _, _),) = faults(tmp_path, content, "1 fault")
    assert found == code


def test_a_file_that_is_too_large_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(surveyjs, "MOST_BYTES", 10)
    ((code, _, _),) = faults(tmp_path, [{"q": "a"}], "read up to 10")
    assert code == "FILE-SIZE"


def test_more_columns_than_a_sheet_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(surveyjs, "MOST_COLUMNS", 2)
    ((code, _, _),) = faults(tmp_path, [{"a": 1, "q": ["b", "c"]}], "3 columns; at most 2")
    assert code == "FILE-COLUMNS"


_NAMES = st.sampled_from(["town", "rooms", "view"])
_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0/."), min_size=1, max_size=5)
_LISTS = st.lists(_TEXTS, unique=True, min_size=1, max_size=3)


@settings(max_examples=50, deadline=None)
@given(
    results=st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "town": _TEXTS,
                "sizes": _LISTS,
                "view": st.dictionaries(_TEXTS, _TEXTS, max_size=2),
                "colours": st.dictionaries(st.sampled_from("ab"), _LISTS, max_size=2),
            },
        ),
        min_size=1,
        max_size=5,
    )
)
def test_results_can_be_made_again_from_the_cells(tmp_path_factory, results):
    rows = table(opened(tmp_path_factory.mktemp("law"), results))
    assert len(rows) == len(results)
    for row, result in zip(rows, results, strict=True):
        ticks = {head for head, cell in row.items() if cell == "1" and "/" in head}
        wanted = {f"sizes/{value}" for value in result.get("sizes", ())}
        for part, values in result.get("colours", {}).items():
            wanted |= {f"colours.{part}/{value}" for value in values}
        assert ticks == wanted
        views = {f"view.{part}": text for part, text in result.get("view", {}).items()}
        cells = {head: cell for head, cell in row.items() if cell and "/" not in head}
        assert cells == views | ({"town": result["town"]} if "town" in result else {})
