"""Files as wholes: versions mixed by row, times, columns kept, limits, files without a wave."""

import csv
import io
import math

import pandas as pd
import pytest

from surveylib.errors import (
    InputError,
    ManifestError,
    MethodError,
    QuarantineError,
    ResponsesError,
    UnknownNameError,
)
from surveylib.wave.door import ingest
from surveylib.wave.readers.base import ReadOptions
from tests.wave.corruption import ingested, option, question, survey

YES_NO = (option("yes"), option("no"))
PETS = question("pets", "single", *YES_NO)
NEW = question("new", "single", *YES_NO)
GONE = question("gone", "number", unit="pets")
ONE = survey(PETS, GONE)
TWO = survey(PETS, NEW, version="2")
VERSION = {"column": "v", "values": {"first": "1", "second": "2"}}


def mixed(text, *versions, head="v,pets,new,gone", **columns):
    return ingested(
        f"{head}\n{text}",
        *(versions or (TWO, ONE)),
        version=VERSION,
        columns=columns or {"pets": "pets", "new": "new", "gone": "gone"},
    )


def test_a_question_of_one_version_was_not_asked_in_rows_of_the_other():
    found = mixed("first,Yes,,3\nsecond,No,Yes,\nfirst,,,4\nsecond,Yes,,\n")
    assert found.aside == []
    assert found.wave[":version"] == ["1", "2", "1", "2"]
    assert found.wave["pets"] == ["yes", "no", None, "yes"]
    assert found.wave["new"] == [None, "yes", None, None]
    not_asked = "not_asked_design"
    states = [not_asked, "answered", not_asked, "unknown_blank"]
    assert found.wave["new:state"] == states
    assert found.wave["gone:state"] == ["answered", not_asked, "answered", not_asked]
    assert found.wave["pets:state"] == ["answered", "answered", "no_answer", "answered"]


def test_an_answer_to_a_question_that_the_version_does_not_have_is_not_lost():
    found = mixed("first,Yes,Yes,3\nsecond,No,No,4\n")
    assert [one[:3] for one in found.aside] == [(2, "C", "Yes"), (3, "D", "4")]


@pytest.mark.parametrize("text", ["first,Yes,,3\n", "second,Yes,No,\n"])
def test_a_file_may_hold_rows_of_one_version_only(text):
    found = mixed(text)
    assert found.taken.accounts.differences() == []
    assert found.wave["pets"] == ["yes"]


WIDE = survey(question("pets", "single", *YES_NO, option("both")), version="2")
NARROW = survey(PETS)


def test_an_option_of_the_other_version_is_no_answer():
    found = mixed("first,Both\nsecond,Both\nfirst,No\n", WIDE, NARROW, head="v,pets", pets="pets")
    assert found.wave["pets"] == [None, "both", "no"]
    assert found.aside == [(2, "B", "Both", "CELL-UNKNOWN")]


def test_a_declared_value_does_not_give_an_answer_that_the_version_did_not_offer():
    layout = {"column": "pets", "values": {"B": "both"}}
    found = mixed("first,B\nsecond,B\n", WIDE, NARROW, head="v,pets", pets=layout)
    assert found.wave["pets"] == [None, "both"]
    assert found.aside == [(2, "B", "B", "CELL-UNKNOWN")]


FEW = survey(question("food", "multi_answer", option("a"), option("b")))
MORE = survey(question("food", "multi_answer", *map(option, "abc")), version="2")
LAYOUTS = [
    (
        "v,a,b,c\nfirst,1,0,\nsecond,1,0,0\n",
        {"layout": "column_per_option", "options": dict(zip("abc", "abc", strict=True))}
        | {"ticked": ["1"], "not_ticked": ["0"]},
    ),
    ("v,f\nfirst,a\nsecond,a\n", {"layout": "delimited", "column": "f", "delimiter": ";"}),
    ("v,m\nfirst,a\nsecond,a\n", {"layout": "mentions", "columns": ["m"]}),
]


@pytest.mark.parametrize(("text", "layout"), LAYOUTS)
def test_an_option_that_a_version_did_not_offer_is_not_one_that_was_not_chosen(text, layout):
    found = ingested(text, MORE, FEW, version=VERSION, columns={"food": layout})
    assert found.wave["food/a"] == [1, 1]
    assert found.wave["food/b"] == [0, 0]
    assert found.wave["food/c"] == [-1, 0]


def test_a_question_of_another_kind_in_another_version_is_not_mixed():
    several = survey(question("pets", "multi_answer", *YES_NO))
    one = survey(PETS, version="2")
    layout = {"layout": "column_per_option", "options": {"yes": "y", "no": "n"}, "ticked": ["1"]}
    with pytest.raises(ManifestError, match="pets"):
        ingested(
            "v,y,n\nfirst,1,1\nsecond,1,\n", one, several, version=VERSION, columns={"pets": layout}
        )


def test_a_version_that_the_wave_does_not_name_is_a_fault():
    with pytest.raises(ManifestError, match="VERSION-UNKNOWN"):
        ingested("v,pets\nfirst,Yes\n", NARROW, version=VERSION, columns={"pets": "pets"})


def timed(*cells, **timing):
    heads = [timing[key] for key in ("seconds", "started", "ended") if key in timing]
    made = io.StringIO()
    csv.writer(made).writerows([["pets", *heads], *(["Yes", *row] for row in cells)])
    return ingested(made.getvalue(), NARROW, columns={"pets": "pets"}, timing=timing)


def test_times_are_seconds():
    found = timed(["60"], ["2.5"], [""], seconds="s")
    assert found.wave[":seconds"][:2] == [60, 2.5]
    assert math.isnan(found.wave[":seconds"][2])
    assert found.aside == []
    found = timed(["2026-01-01 10:00:00", "2026-01-01T10:01:30+00:00"], started="a", ended="b")
    assert found.wave[":seconds"] == [90]
    found = timed(["43475.5", "43476"], started="a", ended="b", format="spreadsheet")
    assert found.wave[":seconds"] == [43_200]
    found = timed(["1/2/26 1:00 PM", "1/2/26 1:05 PM"], started="a", ended="b",
                  format="%m/%d/%y %I:%M %p")  # fmt: skip
    assert found.wave[":seconds"] == [300]


@pytest.mark.parametrize("raw", ["a while", "12:30", "1e", "5 s"])
def test_what_is_no_time_goes_aside(raw):
    found = timed([raw], seconds="s")
    assert found.aside == [(2, "B", raw, "CELL-TIME")]


@pytest.mark.parametrize("raw", ["inf", "nan", "1_000", "٣", "1e400", "-Infinity"])
def test_what_only_a_program_takes_for_a_number_is_no_time(raw):
    shown = f"'{raw}" if raw.startswith("-") else raw  # a spreadsheet would run it
    assert timed([raw], seconds="s").aside == [(2, "B", shown, "CELL-TIME")]


def test_times_count_the_quick_and_those_who_ended_before_they_started():
    found = timed(*([str(number)] for number in (100, 100, 100, 20, -5)), seconds="s")
    durations = found.taken.quality.durations
    assert durations.known == 5
    assert durations.speeders == 1
    assert durations.reversed == 1


def test_columns_are_kept_as_they_stand():
    found = ingested(
        "pets,w\nYes, 1.50\nNo,\nYes,=1\n",
        NARROW,
        columns={"pets": "pets"},
        keep={"weight": "w"},
    )
    assert found.wave["keep:weight"] == [" 1.50", None, "=1"]


def put(tmp_path, text, instrument=NARROW, name="r.csv", **rest):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    rest.setdefault("columns", {"columns": {"pets": "pets"}})
    return ingest(path, instrument, options=ReadOptions(delimiter=","), **rest)


@pytest.mark.parametrize(("most", "stops"), [(0, True), (0.24, True), (0.25, False), (1, False)])
def test_more_in_quarantine_than_may_be_stops_the_file(tmp_path, most, stops):
    text = "pets\nYes\njunk\n\nNo\nYes\n"  # one of four cells with an answer
    if stops:
        with pytest.raises(QuarantineError, match=r"25\.00% .*QUARANTINE-LIMIT") as caught:
            put(tmp_path, text, most_quarantined=most)
        assert [fault.code for fault in caught.value.faults[1:]] == ["CELL-UNKNOWN"]
        assert caught.value.faults[1].line == 3
        assert caught.value.taken.accounts.accepted == 4
    else:
        assert put(tmp_path, text, most_quarantined=most).wave.n == 4


def test_what_is_in_quarantine_is_told_in_the_order_of_lines_and_columns(tmp_path):
    # The most frequent text stands last, and column AA comes after B.
    heads = ["pets", "new", *(f"x{number}" for number in range(24)), "gone"]
    blank = [""] * 24
    rows = [["Yes", "sea", *blank, "many"], ["air", "No", *blank, "2"], ["fog", "", *blank, "few"]]
    rows += [["ice", "Yes", *blank, "1"]] * 3
    text = "\n".join(",".join(row) for row in [heads, *rows]) + "\n"
    columns = {"columns": {name: name for name in ("pets", "new", "gone")}}
    columns["ignore"] = [{"from": "x0", "to": "x23", "reason": "Not read."}]
    with pytest.raises(QuarantineError, match="QUARANTINE-LIMIT") as caught:
        put(tmp_path, text, survey(PETS, NEW, GONE), columns=columns, most_quarantined=0)
    told = [(fault.line, fault.got.strip("'")) for fault in caught.value.faults[1:]]
    assert told == [(2, "sea"), (2, "many"), (3, "air"), (4, "fog"), (4, "few"), (5, "ice")]


@pytest.mark.parametrize("most", [-0.1, 1.1, math.nan, math.inf])
def test_a_share_is_from_0_to_1(tmp_path, most):
    with pytest.raises(MethodError, match="wanted a share from 0 to 1"):
        put(tmp_path, "pets\nYes\n", most_quarantined=most)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "FILE-EMPTY"),
        (b"pets\n", "RESPONSES-NONE"),
        (b"pets", "RESPONSES-NONE"),
        (b"\n", "HEADER-MISSING"),
        (b"pets\nY\x92s\n", "FILE-ENCODING"),
        (b"pets\nY\0s\n", "FILE-CHARACTER"),
        (b'pets\n"Yes\n', "QUOTE-OPEN"),
        (b"pets,pets\nYes,No\n", "COLUMN-AMBIGUOUS"),
        (b"cats\nYes\n", "COLUMN-MISSING"),
        ("pets\nYes\n".encode("utf-16")[:-1], "FILE-ENCODING"),
        (b"PK\x03\x04\0", "FILE-KIND"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused_with_a_code(tmp_path, raw, code):
    with pytest.raises(InputError, match=rf"\[{code}\]"):
        put(tmp_path, raw)


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b""])
@pytest.mark.parametrize("line", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "\x1a"])
def test_marks_and_line_ends_change_nothing(tmp_path, mark, line, last):
    text = f"pets{line}Yes{line}No{line}{last}"
    found = put(tmp_path, mark + text.encode())
    assert found.wave.column("pets").tolist() == [0, 1]
    assert found.accounts.rows_read == 2


def test_a_long_text_in_quotes_is_not_called_an_open_quote(tmp_path):
    long = f'pets\n"{"x" * 140_000}"\n'
    with pytest.raises(ResponsesError, match=r"r\.csv:2: ") as caught:
        put(tmp_path, long)
    assert caught.value.faults[0].code != "QUOTE-OPEN"


def test_there_must_be_a_file_and_a_questionnaire(tmp_path):
    with pytest.raises(UnknownNameError, match="no file or folder called"):
        ingest(tmp_path / "r.csv", NARROW, columns={"columns": {"pets": "pets"}})
    (tmp_path / "r.csv").write_text("pets\nYes\n", "utf-8")
    with pytest.raises(MethodError, match="which questionnaire"):
        ingest(tmp_path / "r.csv")


def test_columns_that_are_no_manifest_are_refused_with_every_fault(tmp_path):
    wrong = {"columns": {"pets": {"colunm": "pets"}}, "igore": [], "decimal": ";"}
    with pytest.raises(ManifestError, match="colunm") as caught:
        put(tmp_path, "pets\nYes\n", columns=wrong)
    assert len(caught.value.faults) >= 3


def test_a_frame_is_read_like_a_file(tmp_path):
    text = "id,pets\n1,Yes\n2,junk\n3,\n"
    columns = {"respondent": {"column": "id"}, "columns": {"pets": "pets"}}
    of_file = put(tmp_path, text, columns=columns).wave
    frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    of_frame = ingest(frame, NARROW, columns=columns).wave
    for one in of_file.fields:
        assert of_file.column(one.name).tolist() == of_frame.column(one.name).tolist()


def test_progress_counts_every_row(tmp_path):
    told = []
    put(tmp_path, "pets\nYes\n\nNo\n", progress=lambda *numbers: told.append(numbers))
    assert told[-1][0] == 3


def test_many_rows_are_read_in_parts_that_fit_together(tmp_path):
    rows = [f"r{number},{('Yes', 'No', 'junk')[number % 3]}" for number in range(45_000)]
    text = "\n".join(["id,pets", *rows, "r44999,Yes", ""])
    columns = {"respondent": {"column": "id"}, "columns": {"pets": "pets"}}
    found = put(tmp_path, text, columns=columns)
    assert found.accounts.accepted == 44_999
    assert found.accounts.quarantined == 2
    assert found.wave.counts("pets") == {"yes": 15_000, "no": 15_000, "invalid": 14_999}
    places = found.wave.column("pets").tolist()
    assert places == [(0, 1, -1)[number % 3] for number in range(44_999)]
