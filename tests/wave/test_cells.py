"""Single cells: what a text is, and why it is nothing."""

import math

import pytest

from surveylib.wave.cells import Cells, Outcome
from tests.wave.corruption import ingested, option, question, survey

END = question("end", "single", option("yes"), option("no"))


def one(asked, raw, *, missing=(), decimal=".", blank=(), **declared):
    """What a single cell came to: its value, or its state, or the code of its rejection."""
    instrument = survey(asked | ({"missing": list(missing)} if missing else {}), END)
    quoted = raw.replace('"', '""')
    found = ingested(
        f'q,end\n"{quoted}",Yes\n',
        instrument,
        columns={"q": {"column": "q", **declared}, "end": "end"},
        decimal=decimal,
        blank=blank,
    )
    if found.aside:
        ((line, column, shown, code),) = found.aside
        assert (line, column) == (2, "A")
        assert found.wave["q:state"] == ["invalid"]
        assert shown
        return code
    (state,) = found.wave["q:state"]
    (value,) = found.wave["q"]
    if state != "answered":
        assert value is None or math.isnan(value)
        return state
    return (
        (value, found.wave["q:low"][0], found.wave["q:high"][0]) if "q:low" in found.wave else value
    )


BANDS = question("q", "single", option("few", "1-10"), option("some", "11-50"), option("7"))


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("1-10", "few"),
        ("few", "few"),
        ("7", "7"),
        (" 1–10\u200b\r\n", "few"),
        ("\ufefffew", "few"),
        ("", "no_answer"),
        (" \u2003\n", "no_answer"),
        ("Few", "CELL-UNKNOWN"),
        ("1-10.", "CELL-UNKNOWN"),
        ("7.0", "CELL-UNKNOWN"),
        ("07", "CELL-UNKNOWN"),
        ("７", "CELL-UNKNOWN"),
        ("NA", "CELL-UNKNOWN"),
        ("1-1", "CELL-CUT"),
        ("10-Jan", "CELL-DATE"),
        ("43475", "CELL-DATE"),
        ("31-Dec", "CELL-DATE"),
        ("answered", "CELL-UNKNOWN"),
        ("no_answer", "CELL-UNKNOWN"),
    ],
)
def test_an_answer_of_a_list_is_its_label_or_code_and_nothing_like_it(raw, wanted):
    assert one(BANDS, raw) == wanted


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("Don't know", "dont_know"),
        ("Don’t  know", "dont_know"),
        ("dont_know", "dont_know"),
        ("Refused", "refused"),
        ("not_reached", "CELL-UNKNOWN"),
    ],
)
def test_a_way_of_not_answering_that_was_offered_is_known(raw, wanted):
    assert one(BANDS, raw, missing=["dont_know", "refused"]) == wanted
    if wanted != "CELL-UNKNOWN":
        assert one(BANDS, raw) == "CELL-UNKNOWN"


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [("99", "refused"), ("a few", "few"), (" a few", "few"), ("1-10", "some"), ("few", "few")],
)
def test_a_declared_value_wins_over_a_label(raw, wanted):
    values = {"99": "refused", "a few": "few", "1-10": "some"}
    assert one(BANDS, raw, values=values) == wanted


def test_a_text_that_is_declared_blank_is_blank():
    assert one(BANDS, "NA", blank=["NA"]) == "no_answer"
    assert one(BANDS, " NA ", blank=["NA"]) == "no_answer"
    assert one(BANDS, "na", blank=["NA"]) == "CELL-UNKNOWN"


def test_an_empty_cell_can_be_declared_to_mean_something():
    assert one(BANDS, "", values={"": "refused"}) == "refused"


@pytest.mark.parametrize(
    ("raw", "wanted"), [("10-Jan", "few"), ("Nov-50", "some"), ("31-Dec", "CELL-DATE")]
)
def test_a_repair_that_is_allowed_mends_what_can_have_been_one_label_only(raw, wanted):
    assert one(BANDS, raw, repair=["spreadsheet_date"]) == wanted


COUNT = question("q", "number", unit="pets", minimum="0", maximum="100", decimals=1)


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("0", 0.0),
        ("12.5", 12.5),
        (" 12\u200b", 12.0),
        ("007", 7.0),
        ("12.50", 12.5),
        ("100.0", 100.0),
        ("", "no_answer"),
        ("100.1", "CELL-RANGE"),
        ("-1", "CELL-RANGE"),
        ("12.55", "CELL-DECIMALS"),
        ("+5", "CELL-NUMBER"),
        ("1e1", "CELL-NUMBER"),
        ("1_0", "CELL-NUMBER"),
        ("٣", "CELL-NUMBER"),
        ("１", "CELL-NUMBER"),
        ("1,5", "CELL-NUMBER"),
        (".5", "CELL-NUMBER"),
        ("5.", "CELL-NUMBER"),
        ("5 pets", "CELL-NUMBER"),
        ("nan", "CELL-NUMBER"),
        ("inf", "CELL-NUMBER"),
        ("=5", "CELL-NUMBER"),
        ("1.0000000000000000000", "CELL-DIGITS"),
        ("9" * 4000, "CELL-DIGITS"),
    ],
)
def test_a_number_is_plain_digits_within_its_limits(raw, wanted):
    assert one(COUNT, raw) == wanted


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [("1,5", 1.5), ("15", 15.0), ("1.5", "CELL-NUMBER"), ("1.000", "CELL-NUMBER")],
)
def test_a_point_is_no_decimal_sign_where_a_comma_is(raw, wanted):
    assert one(COUNT, raw, decimal=",") == wanted


@pytest.mark.parametrize(
    ("raw", "decimal", "wanted"),
    [("1,234", ".", 1234.0), ("1.234", ",", 1234.0), ("1 234,5", ",", 1234.5)],
)
def test_signs_between_thousands_are_dropped_where_that_is_allowed(raw, decimal, wanted):
    asked = question("q", "number", unit="pets", decimals=1)
    assert one(asked, raw, decimal=decimal, repair=["thousands"]) == wanted
    assert one(asked, raw, decimal=decimal) == "CELL-NUMBER"


def test_a_number_may_be_below_nought_where_no_limit_forbids_it():
    asked = question("q", "number", unit="pets")
    assert one(asked, "-3") == -3.0
    assert one(asked, "-3.0") == -3.0
    assert one(asked, "999999999999999") == 999999999999999.0
    assert one(asked, "9999999999999999") == "CELL-DIGITS"


def test_a_number_that_was_declared_is_a_way_of_not_answering():
    assert one(COUNT, "99", missing=["refused"], values={"99": "refused"}) == "refused"
    assert one(COUNT, "98", missing=["refused"], values={"99": "refused"}) == 98.0


@pytest.mark.parametrize(
    ("precision", "raw", "wanted"),
    [
        ("year", "2026", "2026"),
        ("year", " 2026 ", "2026"),
        ("year", "2026-01", "CELL-DATE-FORM"),
        ("month", "2026-03", "2026-03"),
        ("month", "2026-13", "CELL-DATE-FORM"),
        ("month", "2026-3", "CELL-DATE-FORM"),
        ("month", "March 2026", "CELL-DATE-FORM"),
        ("month", "2026-03-01", "CELL-DATE-FORM"),
        ("day", "2026-02-28", "2026-02-28"),
        ("day", "2026-02-30", "CELL-DATE-FORM"),
        ("day", "2024-02-29", "2024-02-29"),
        ("day", "2026-03-01 00:00:00", "2026-03-01"),
        ("day", "2026-03-01T00:00:00", "2026-03-01"),
        ("day", "2026-03-01 12:00:00", "CELL-DATE-FORM"),
        ("day", "01/03/2026", "CELL-DATE-FORM"),
        ("day", "２０２６-03-01", "CELL-DATE-FORM"),
        ("day", "20260301", "CELL-DATE-FORM"),
        ("day", "0000-01-01", "CELL-DATE-FORM"),
        ("day", "", "no_answer"),
    ],
)
def test_a_date_is_as_exact_as_was_asked(precision, raw, wanted):
    assert one(question("q", "date", precision=precision), raw) == wanted


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [("2020", "2020"), ("2026", "2026"), ("2019", "CELL-RANGE"), ("2027", "CELL-RANGE")],
)
def test_a_date_lies_within_its_limits(raw, wanted):
    asked = question("q", "date", precision="year", earliest="2020", latest="2026")
    assert one(asked, raw) == wanted


@pytest.mark.parametrize("raw", [" as it stands ", "=1+1", "two\nlines", "\u202etxet", "x" * 9000])
def test_a_text_is_kept_as_it_stands(raw):
    assert one(question("q", "text"), raw) == raw


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("5", ("5", 5.0, 5.0)),
        ("5-6", ("5-6", 5.0, 6.0)),
        ("about 5,000", ("about 5,000", 5000.0, 5000.0)),
        ("more than 5", ("more than 5", 6.0, math.inf)),
        ("up to 5", ("up to 5", 0.0, 5.0)),
        (" 5 ", (" 5 ", 5.0, 5.0)),
        ("many", "CELL-QUANTITY"),
        ("6-5", "CELL-QUANTITY"),
        ("５", "CELL-QUANTITY"),
        ("", "no_answer"),
    ],
)
def test_a_quantity_is_an_interval_and_its_text(raw, wanted):
    assert one(question("q", "text_quantity", unit="pets"), raw) == wanted


@pytest.mark.parametrize("raw", ["9" * 400, "12345678901234567", f"5-{'9' * 400}"])
def test_a_quantity_whose_digits_cannot_be_kept_goes_aside(raw):
    assert one(question("q", "text_quantity", unit="pets"), raw) == "CELL-DIGITS"


def test_every_different_text_is_read_once():
    read = []

    def outcome(raw):
        read.append(raw)
        return Outcome(state=0, value=raw)

    cells = Cells(outcome)
    assert [cells[raw] for raw in "abacab"] == [0, 1, 0, 2, 0, 1]
    assert read == ["a", "b", "c"] == cells.raws
