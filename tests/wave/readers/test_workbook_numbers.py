"""Numbers, number formats and days, against openpyxl, Python's floats and ECMA-376."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel, to_excel

from surveylib.wave.readers.workbook_numbers import BUILT_IN, moment, number_text, shown_as

EPOCHS = {False: CALENDAR_WINDOWS_1900, True: CALENDAR_MAC_1904}


@settings(max_examples=50)
@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_text_is_the_same_number(value):
    text = number_text(repr(value))
    assert float(text) == value


@settings(max_examples=50)
@given(value=st.floats(1e-14, 1e14))
def test_a_number_of_fifteen_digits_has_no_exponent(value):
    text = number_text(f"{value:.14E}")
    assert "e" not in text.lower()
    assert len(text.replace(".", "").strip("0")) <= 15


@settings(max_examples=50)
@given(value=st.integers(-(10**29), 10**29))
def test_an_integer_keeps_every_digit(value):
    assert number_text(str(value)) == str(value)


@pytest.mark.parametrize(
    "text",
    ["", "abc", "nan", "inf", "-inf", "1e999", "1_000", "1,5", "٣", "0x10", "1 2", "9" * 400],
)
def test_what_is_no_finite_number_is_none(text):
    assert number_text(text) is None


@pytest.mark.parametrize("number", sorted(BUILTIN_FORMATS))
def test_the_built_in_formats_are_those_of_the_standard(number):
    code = BUILTIN_FORMATS[number]
    if number in {27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58}:
        assert BUILT_IN[number] == "date"
    else:
        assert shown_as(code) == BUILT_IN.get(number, "number")


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("General", "number"),
        ("GENERAL;[Red]-General", "number"),
        ("0.00E+00", "number"),
        ('0.0"mm"', "number"),
        (r"0\d", "number"),
        ("[$€-407]#,##0.00", "number"),
        ("[>=100]0;0.0", "number"),
        ('"100%" 0', "number"),
        ("@", "number"),
        ("0%;-0%", "percent"),
        ("[Green]0.0 %", "percent"),
        ("[$-409]d\\-mmm;@", "date"),
        ("mmm", "date"),
        ("mmm\\ yy", "date"),
        ("dd/mm/yyyy", "date"),
        ("[$-F400]h:mm:ss\\ AM/PM", "time"),
        ("mm:ss", "time"),
        ("m/d/yy h:mm", "date-time"),
        ("[h]:mm:ss", "elapsed"),
        ("[mm]:ss", "elapsed"),
    ],
)
def test_a_format_says_what_a_number_is_shown_as(code, wanted):
    assert shown_as(code) == wanted
    if "%" not in code:
        assert (shown_as(code) != "number") == is_date_format(code)


@pytest.mark.parametrize("from_1904", [False, True])
@settings(max_examples=50)
@given(day=st.dates(dt.date(1904, 1, 2), dt.date(9999, 12, 31)))
def test_a_day_is_the_day_that_openpyxl_reads(from_1904, day):
    serial = to_excel(day, EPOCHS[from_1904])
    assert moment(serial, "date", from_1904=from_1904) == day.isoformat()


@pytest.mark.parametrize("from_1904", [False, True])
@settings(max_examples=50)
@given(
    day=st.dates(dt.date(1904, 1, 2), dt.date(2200, 12, 31)),
    time=st.times().map(lambda time: time.replace(microsecond=0)),
)
def test_a_second_survives_the_double_that_it_is_stored_as(from_1904, day, time):
    given_moment = dt.datetime.combine(day, time)
    serial = float(f"{to_excel(given_moment, EPOCHS[from_1904]):.15g}")
    assert moment(serial, "date-time", from_1904=from_1904) == given_moment.isoformat()


@pytest.mark.parametrize(
    ("serial", "shown", "from_1904", "wanted"),
    [
        (1, "date", False, "1900-01-01"),
        (59, "date", False, "1900-02-28"),
        (60, "date", False, "1900-02-29"),  # ECMA-376 part 1, 18.17.4.1: kept although it never was
        (61, "date", False, "1900-03-01"),
        (0, "date", False, None),
        (0, "date", True, "1904-01-01"),
        (0, "time", False, "00:00:00"),
        (0.5, "date", False, "12:00:00"),
        (0.354166666666667, "time", False, "08:30:00"),
        (43475.5, "date", False, "2019-01-10T12:00:00"),
        (43475.99999999999, "date", False, "2019-01-11"),
        (43475, "date-time", False, "2019-01-10T00:00:00"),
        (1.5, "elapsed", False, "36:00:00"),
        (-1, "date", False, None),
        (2_958_465, "date", False, "9999-12-31"),
        (2_958_466, "date", False, None),
        (1e300, "elapsed", False, None),
        (float("inf"), "date", False, None),
    ],
)
def test_the_ends_of_the_calendar(serial, shown, from_1904, wanted):
    assert moment(serial, shown, from_1904=from_1904) == wanted


def test_a_fraction_of_a_second_is_kept_to_the_millisecond():
    serial = to_excel(dt.datetime.fromisoformat("2019-01-10T08:30:00.250"))
    assert moment(serial, "date-time", from_1904=False) == "2019-01-10T08:30:00.250"
    assert from_excel(serial).isoformat(timespec="milliseconds") == "2019-01-10T08:30:00.250"
