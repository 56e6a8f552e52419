"""Redaction: a text in own words leaves only where somebody let it go, and faults come at once."""

import numpy as np
import pytest

from surveylib.errors import ResponsesError, UnknownNameError
from surveylib.instrument.model import Instrument
from surveylib.wave.fields import asked_in, fields_of, nothing, row_fields
from surveylib.wave.redaction import Redactions, holds_address, read_redactions, restricted
from surveylib.wave.responses import InMemory, Wave

HEAD = "respondent,question,status,text\n"


def question(name, kind, **more):
    shared = {"wording": "printed", "base": {"asked": "all"}, "period": "now"}
    return {"id": name, "kind": kind, "concept": name, "text": {"en": f"{name}?"}, **shared, **more}


PLACES = [
    {"code": "town", "label": {"en": "Town"}},
    {"code": "other", "label": {"en": "Other"}, "write_in": "true"},
]
QUESTIONS = (
    question("place", "single", option_list="complete", options=PLACES),
    question("shops", "multi_answer", option_list="complete", options=PLACES),
    question("named", "open_coded", mentions="one", option_list="complete", options=PLACES),
    question("quote", "text"),
    question("remark", "text", disclosure="open"),
    question("since", "date", precision="year"),
    question("size", "text_quantity", unit="rooms"),
    question("age", "number", unit="years"),
)


def instrument(version="1", questions=QUESTIONS, languages=("en",)):
    return Instrument.model_validate(
        {
            "format": "surveylib.instrument/1",
            "id": "demo",
            "version": version,
            "title": {"en": "Demo"},
            "languages": list(languages),
            "provenance": "Made up to test with.",
            "population": "Nobody.",
            "questions": list(questions),
        }
    )


def texts(*values):
    return np.array([*values, None], np.object_)[:-1]


def wave(columns, versions=(), n=3):
    """A wave of three respondents in which only the named columns hold something."""
    versions = versions or (instrument(),)
    asked = asked_in([one.items for one in versions])
    fields = (
        *row_fields([one.version for one in versions], ["note"], timed=False),
        *(made for one in asked for made in fields_of(one)),
    )
    arrays = {field.name: nothing(field, n) for field in fields}
    arrays |= {":record": np.arange(11, 11 + n), **columns}
    return Wave(
        name="2026",
        instrument=versions[0],
        asked=asked,
        fields=fields,
        rows=n,
        source=InMemory(arrays),
    )


IDS = {":respondent": texts("a", "b", "c")}
QUOTES = {"quote": texts("first", "second", None)}


@pytest.fixture
def read(tmp_path):
    def from_text(text, of):
        path = tmp_path / "redactions.csv"
        path.write_bytes(text if isinstance(text, bytes) else (HEAD + text).encode())
        return read_redactions(path, of)

    return from_text


def faults(read, text, of):
    with pytest.raises(ResponsesError, match="fault") as caught:
        read(text, of)
    return [(fault.line, fault.code) for fault in caught.value.faults]


def test_own_words_are_restricted_and_dates_open_texts_and_columns_of_the_file_are_not():
    assert restricted(wave({})) == (
        "place/other:text",
        "shops/other:text",
        "named:text",
        "named/other:text",
        "quote",
        "size",
    )


def test_a_text_that_any_version_of_the_wave_restricts_is_restricted():
    opened = instrument("2", [question("quote", "text", disclosure="open")])
    closed = instrument("1", [question("quote", "text")])
    assert restricted(wave({}, (opened,))) == ()
    assert restricted(wave({}, (closed, opened))) == ("quote",)
    older = wave({}, (opened,))
    assert restricted(Wave(**{**_parts(older), "instrument": closed})) == ("quote",)


def _parts(one):
    return {name: getattr(one, name) for name in ("name", "asked", "fields", "rows", "source")}


def test_a_text_of_which_nobody_said_anything_is_withheld():
    released = Redactions().release("quote", QUOTES["quote"])
    assert released.texts.tolist() == [None, None, None]
    assert released.count("withheld") == 2
    assert released.statuses.tolist()[2] == -1


def test_each_status_does_what_it_says(read):
    of = wave({**IDS, "quote": texts("first", "second", "third")})
    decided = read("a,quote,none,\nb,quote,redacted,[a name]\nc,quote,withheld,\n", of)
    released = decided.release("quote", of.column("quote"))
    assert released.texts.tolist() == ["first", "[a name]", None]
    assert [released.count(one) for one in ("none", "redacted", "withheld")] == [1, 1, 1]


def test_a_status_holds_for_one_text_of_one_respondent(read):
    of = wave({**IDS, **QUOTES, "size": texts("ten", "12", "3")})
    decided = read("b,size,none,\n", of)
    assert decided.release("quote", of.column("quote")).texts.tolist() == [None, None, None]
    assert decided.release("size", of.column("size")).texts.tolist() == [None, "12", None]


def test_where_a_wave_has_no_ids_records_are_named(read):
    of = wave(QUOTES)
    decided = read("12,quote,none,\n", of)
    assert decided.release("quote", of.column("quote")).texts.tolist() == [None, "second", None]
    assert faults(read, "1,quote,none,\n", of) == [(2, "REDACTION-RESPONDENT")]


def test_where_a_wave_has_ids_records_are_not_names(read):
    assert faults(read, "11,quote,none,\n", wave({**IDS, **QUOTES})) == [
        (2, "REDACTION-RESPONDENT")
    ]


def test_every_fault_is_told_at_once_with_its_line(read):
    text = (
        "a,quote,none,\n"
        "a,qoute,none,\n"  # no such text
        "z,quote,none,\n"  # no such respondent
        "b,quote,maybe,\n"  # no such status
        "b,quote,none,\n"  # twice
        "c,quote,none,\n"  # wrote nothing
        "a,size,redacted,\n"  # redacted to what?
        "b,size,none,words\n"  # words that do not leave
        "c,size,withheld,words\n"
    )
    of = wave({**IDS, **QUOTES, "size": texts("1", "2", "3")})
    assert faults(read, text, of) == [
        (3, "REDACTION-QUESTION"),
        (4, "REDACTION-RESPONDENT"),
        (5, "REDACTION-STATUS"),
        (6, "REDACTION-REPEATED"),
        (7, "REDACTION-NOTHING"),
        (8, "REDACTION-TEXT"),
        (9, "REDACTION-TEXT"),
        (10, "REDACTION-TEXT"),
    ]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("qoute", "did you mean 'quote'"),
        ("named", "name one of 'named:text', 'named/other:text'"),
        ("remark", "its answers leave as they stand"),
        ("age", "its answers leave as they stand"),
        ("keep:note", "its answers leave as they stand"),
    ],
)
def test_a_wrong_name_is_told_with_the_right_one(read, name, told):
    with pytest.raises(ResponsesError, match=r"REDACTION-QUESTION") as caught:
        read(f"a,{name},none,\n", wave(IDS))
    assert told in str(caught.value)


def test_an_id_of_two_respondents_names_neither(read):
    of = wave({":respondent": texts("a", "a", "b"), **QUOTES})
    with pytest.raises(ResponsesError, match="2 respondents of the wave have this id"):
        read("a,quote,none,\n", of)


def test_no_message_shows_words_that_do_not_leave(read):
    with pytest.raises(ResponsesError, match="REDACTION-TEXT") as caught:
        read("a,quote,none,Ada Example\n", wave({**IDS, **QUOTES}))
    assert "Ada" not in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"respondent,question,state,text\n", "COLUMN-MISSING"),
        ((HEAD + "a,quote,none\n").encode(), "ROW-LENGTH"),
        ((HEAD + 'a,quote,redacted,"open\n').encode(), "CSV-SYNTAX"),
        (HEAD.encode("utf-16"), "FILE-ENCODING"),
        (b"", "COLUMN-MISSING"),
    ],
)
def test_a_file_that_is_no_such_table_is_a_fault_and_not_a_traceback(read, raw, code):
    assert code in {found for _, found in faults(read, raw, wave({**IDS, **QUOTES}))}


def test_a_file_that_a_spreadsheet_saved_is_read(read):
    raw = b"\xef\xbb\xbf" + (HEAD + "a,quote,none,\n").replace("\n", "\r\n").encode()
    of = wave({**IDS, **QUOTES})
    assert read(raw, of).release("quote", of.column("quote")).count("none") == 1


def test_a_missing_file_is_named_with_its_neighbour(tmp_path):
    (tmp_path / "redactions.csv").write_text(HEAD)
    with pytest.raises(UnknownNameError, match=r"did you mean 'redactions\.csv'"):
        read_redactions(tmp_path / "redaction.csv", wave({}))


@pytest.mark.parametrize(
    "text",
    [
        "a@example.org",
        "ask Ada.Example+x@mail.example.co.uk.",
        "192.0.2.17",
        "host (198.51.100.7)",
        "2001:db8::8a2e:370:7334",
        "see fe80::1ff:fe23 there",
    ],
)
def test_addresses_of_e_mail_and_of_machines_are_seen(text):
    assert holds_address(text)


@pytest.mark.parametrize(
    "text", ["", "at 10:30:15", "@home", "1.2.3", "v1.2.3.4.5", "a::b", "std::vector", "5@6"]
)
def test_what_only_looks_like_an_address_is_none(text):
    assert not holds_address(text)


@pytest.mark.parametrize("text", ["x" * 10**6, "x." * 10**6, "@" * 10**6, "a:" * 10**6])
def test_a_long_text_is_searched_once(text):
    assert not holds_address(text)  # with the square of the length this would take an hour
