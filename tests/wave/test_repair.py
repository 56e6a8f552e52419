"""Repairs: the inverse of a known corruption, with one candidate, or none at all."""

import datetime as dt

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, to_excel

from surveylib.errors import MethodError
from surveylib.instrument.lint import date_images
from surveylib.wave.repair import (
    LOCALES,
    REPAIRS,
    Refused,
    Repair,
    RepairContext,
    cut_of,
    images,
    looks_like_date,
    mojibake,
    spreadsheet_date,
    thousands,
)
from surveylib.wave.text import lossless

few = settings(max_examples=50, deadline=None)
ANY = RepairContext()
AMERICAN = RepairContext(locales=("en-US",), years=(2019,))
BRITISH = RepairContext(locales=("en-GB",), years=(2019,))
SIZES = {"1-10": "b1", "11-50": "b2", "51-100": "b3", "More than 100": "b4"}

bands = st.builds(
    "{}{}{}".format,
    st.integers(0, 40),
    st.sampled_from(["-", "–", " - ", " to "]),
    st.integers(0, 120) | st.integers(1895, 2050),
)
label_sets = st.lists(bands, min_size=1, max_size=6, unique_by=lossless).map(
    lambda labels: {label: f"c{place}" for place, label in enumerate(labels)}
)
contexts = st.builds(
    RepairContext,
    locales=st.sampled_from([("en-US",), ("en-GB",), ("en-US", "en-GB")]),
    years=st.sampled_from([(), (2019,), (2019, 2020)]),
)


def refused(found, *candidates):
    assert isinstance(found, Refused)
    assert found.candidates == candidates
    return found.why


@pytest.mark.parametrize(
    ("raw", "context", "label"),
    [
        ("10-Jan", AMERICAN, "1-10"),
        ("Jan-10", AMERICAN, "1-10"),
        ("43475", AMERICAN, "1-10"),
        ("43475.0", AMERICAN, "1-10"),
        ("2019-01-10", AMERICAN, "1-10"),
        ("2019-01-10T00:00:00", AMERICAN, "1-10"),
        ("2019-01-10 00:00:00", AMERICAN, "1-10"),
        ("01-Oct", BRITISH, "1-10"),
        ("1-Oct", BRITISH, "1-10"),
        ("Nov-50", AMERICAN, "11-50"),
        ("Nov-50", BRITISH, "11-50"),
        ("nov-50 ", ANY, "11-50"),
        ("1950-11-01", ANY, "11-50"),
    ],
)
def test_a_label_that_was_read_as_a_date_is_restored(raw, context, label):
    found = spreadsheet_date(raw, SIZES, context)
    assert isinstance(found, Repair)
    assert (found.before, found.after, found.code) == (raw, label, SIZES[label])
    assert label in found.why


@pytest.mark.parametrize(("raw", "label"), [("43470", "1-5"), ("43626", "6-10"), ("43475", "1-10")])
@pytest.mark.parametrize("context", [ANY, RepairContext(years=(2019,)), AMERICAN])
def test_the_numbers_that_a_published_survey_of_2019_shows_are_its_labels(raw, label, context):
    # The survey of open source programme offices, 2019, columns 182 and 184, and its questionnaire.
    labels = {"0": "a", "11-100": "b", "11-50": "c", "51-100": "d", label: "e"}
    assert spreadsheet_date(raw, labels, context).after == label


@pytest.mark.parametrize("label", ["1–10", "1 - 10", "1/10"])
def test_a_label_may_be_written_with_another_sign_than_the_file_had(label):
    assert spreadsheet_date("10-Jan", {label: "a"}, ANY).after == label


@pytest.mark.parametrize(
    ("raw", "context"),
    [("10-Jan", BRITISH), ("01-Oct", AMERICAN), ("43475", BRITISH), ("2018-01-10", AMERICAN)],
)
def test_a_locale_or_a_year_that_the_file_was_not_opened_in_is_not_tried(raw, context):
    assert "no label" in refused(spreadsheet_date(raw, SIZES, context))


def test_a_date_that_two_labels_become_is_refused_with_both():
    labels = {"1-5": "a", "5-1": "b", "6-50": "c"}
    assert "more than one" in refused(spreadsheet_date("5-Jan", labels, ANY), "1-5", "5-1")
    assert spreadsheet_date("5-Jan", labels, AMERICAN).after == "1-5"
    assert spreadsheet_date("5-Jan", labels, BRITISH).after == "5-1"
    assert not images(labels, ANY).injective
    assert images(labels, AMERICAN).injective


def test_a_day_number_that_leads_to_two_labels_in_two_years_is_refused_without_the_year():
    # Day 43475 is 10 January 2019, and 11 January 2023 where days are counted from 1904.
    labels = {"1-10": "a", "1-11": "b"}
    refused(spreadsheet_date("43475", labels, ANY), "1-10", "1-11")
    refused(spreadsheet_date("43475", labels, RepairContext(years=(2019, 2023))), "1-10", "1-11")
    assert spreadsheet_date("43475", labels, RepairContext(years=(2019,))).after == "1-10"


@pytest.mark.parametrize("label", ["1 to 10", "1 bis 10"])
def test_a_label_in_words_is_nothing_that_a_spreadsheet_takes_for_a_date(label):
    assert not images({label: "a"}, ANY).of[label]


def test_one_option_in_two_languages_is_one_candidate():
    labels = {"1-10": "a", "1–10": "a", "1 bis 10": "a"}
    assert spreadsheet_date("10-Jan", labels, ANY).code == "a"
    assert images(labels, ANY).injective


def test_an_image_that_is_itself_a_label_stays_and_the_labels_are_not_injective():
    labels = {"1-10": "a", "10-Jan": "b"}
    assert "as it stands" in refused(spreadsheet_date("10-Jan", labels, AMERICAN))
    assert not images(labels, AMERICAN).injective


def test_29_february_is_a_day_in_leap_years_and_february_2029_in_others():
    leap, other = (RepairContext(locales=("en-US",), years=(year,)) for year in (2020, 2019))
    assert "29-Feb" in images({"2-29": "a"}, leap).of["2-29"]
    assert "29-Feb" not in images({"2-29": "a"}, other).of["2-29"]
    assert "2029-02-01" in images({"2-29": "a"}, other).of["2-29"]


@pytest.mark.parametrize("label", ["51-100", "0-5", "1-100", "13-40", "1-10000", "ten", "1-2-3"])
def test_a_label_that_no_spreadsheet_takes_for_a_date_has_no_image(label):
    assert images({label: "a"}, ANY).of[label] == ()


@pytest.mark.parametrize(("year", "century"), [("29", 2029), ("30", 1930), ("2020", 2020)])
def test_two_digits_from_30_on_are_years_of_the_last_century(year, century):
    # 13 is no month, so both locales read 12-... as December of a year, unless a day fits.
    label = f"12-{year}"
    context = RepairContext(locales=("en-GB",), years=(2019,))
    assert f"{century}-12-01" in images({label: "a"}, context).of[label]


@few
@given(month=st.integers(1, 12), year=st.integers(1900, 2050))
def test_day_numbers_are_those_of_openpyxl_in_both_systems(month, year):
    label = f"{month}-{year}"
    of = images({label: "a"}, BRITISH).of[label]
    date = dt.datetime(year, month, 1)  # noqa: DTZ001 - a workbook's dates have no time zone
    systems = [CALENDAR_WINDOWS_1900] + [CALENDAR_MAC_1904] * (year >= 1904)
    wanted = [str(round(to_excel(date, epoch))) for epoch in systems]
    assert [text for text in of if text.isdecimal()] == wanted


@few
@given(low=st.integers(0, 40), high=st.integers(0, 120))
def test_every_image_that_the_lint_of_instruments_warns_of_is_known_here(low, high):
    label = f"{low}-{high}"
    assert set(date_images(label)) <= set(images({label: "a"}, ANY).of[label])


@few
@given(labels=label_sets, context=contexts, data=st.data())
def test_every_image_leads_back_to_its_label_or_is_refused_with_all_that_it_may_be(
    labels, context, data
):
    made = images(labels, context)
    with_images = [label for label in labels if made.of[label]]
    assume(with_images)
    label = data.draw(st.sampled_from(with_images))
    image = data.draw(st.sampled_from(made.of[label]))
    found = spreadsheet_date(image, labels, context)
    if made.injective:
        assert found.after == label
    elif isinstance(found, Repair):
        assert (found.after, found.code) == (label, labels[label])
    else:
        assert found.candidates == () or (label in found.candidates and len(found.candidates) > 1)


@few
@given(first=st.integers(1, 12), second=st.integers(1, 12), context=contexts)
def test_two_labels_that_mirror_each_other_are_refused_where_both_locales_are_possible(
    first, second, context
):
    assume(first != second)
    labels = {f"{first}-{second}": "a", f"{second}-{first}": "b"}
    made = images(labels, context)
    assert made.injective == (len(context.locales) == 1)
    for image in made.of[f"{first}-{second}"]:
        if len(context.locales) == 2:
            refused(spreadsheet_date(image, labels, context), *labels)


@pytest.mark.parametrize("name", REPAIRS)
@few
@given(
    labels=st.dictionaries(
        bands | st.sampled_from(["Café", "CafÃ©", "1,000", "1000", "10-Jan"]),
        st.sampled_from("ab"),
        min_size=1,
        max_size=5,
    ),
    context=contexts,
    data=st.data(),
)
def test_no_repair_changes_a_label(name, labels, context, data):
    label = data.draw(st.sampled_from(list(labels)))
    assert "as it stands" in refused(REPAIRS[name](label, labels, context))
    assert "as it stands" in refused(REPAIRS[name](f" {label}\xa0", labels, context))


@pytest.mark.parametrize("name", REPAIRS)
@few
@given(raw=st.text(max_size=20), labels=label_sets, context=contexts)
def test_a_repair_ends_at_a_label_of_the_question_and_is_the_same_each_time(
    name, raw, labels, context
):
    found = REPAIRS[name](raw, labels, context)
    assert found == REPAIRS[name](raw, dict(labels), context)
    if isinstance(found, Repair):
        assert labels[found.after] == found.code
        assert found.before == raw
    else:
        assert set(found.candidates) <= set(labels)


@pytest.mark.parametrize("raw", ["10-Jan", "Jan-10", "1-Oct-19", "Nov-50", "nov-1950"])
@pytest.mark.parametrize("around", ["{}", " {}\r\n", "\ufeff{}"])
def test_a_day_and_a_month_look_like_a_date(raw, around):
    assert looks_like_date(around.format(raw))


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        *[(raw, True) for raw in ("2019-01-10", "2019-01-10T00:00:00", "1/10/2019", "10.1.2019")],
        *[(raw, True) for raw in ("30000", "43475", "60000", "43475.0")],
        *[(raw, False) for raw in ("29999", "60001", "1-10", "11-50", "10-Foo", "May", "", "7")],
    ],
)
def test_what_looks_like_a_spreadsheets_date(raw, wanted):
    assert looks_like_date(raw) is wanted


@few
@given(labels=label_sets, data=st.data())
def test_every_image_of_a_label_read_as_a_day_looks_like_a_date(labels, data):
    made = images(labels, RepairContext(years=(2019,)))
    texts = [text for of in made.of.values() for text in of if not text.isdecimal()]
    assume(texts)
    assert looks_like_date(data.draw(st.sampled_from(texts)))


@pytest.mark.parametrize(
    ("raw", "decimal", "wanted"),
    [
        ("1,234", ".", "1234"),
        ("1 234", ".", "1234"),
        ("1\xa0234\xa0567", ".", "1234567"),
        ("1\u202f234", ",", "1234"),
        ("1\u2009234", ",", "1234"),
        ("1'234", ".", "1234"),
        ("1’234.50", ".", "1234.50"),
        ("-1,234,567.8", ".", "-1234567.8"),
        ("−1,234", ".", "-1234"),
        ("1.234", ",", "1234"),
        ("1.234.567,25", ",", "1234567.25"),
    ],
)
def test_signs_between_thousands_go(raw, decimal, wanted):
    found = thousands(raw, {}, RepairContext(decimal=decimal))
    assert (found.after, found.code) == (wanted, "")


@pytest.mark.parametrize(
    ("raw", "decimal"),
    [
        *[(raw, ".") for raw in ("1.234", "1234", "12,34", "1,234,56", "0,123", "1,2345", "")],
        *[(raw, ".") for raw in ("1,234 567", "1,234.", "1,234 people", "٣,123", "1,234.5,6")],
        *[(raw, ",") for raw in ("1,234", "0,5", "1.234.5", "1 234.5")],
    ],
)
def test_what_can_be_read_in_another_way_is_left_alone(raw, decimal):
    assert "no number" in refused(thousands(raw, {}, RepairContext(decimal=decimal)))


@few
@given(
    number=st.integers(-(10**12), 10**12).filter(lambda number: abs(number) >= 1000),
    sign=st.sampled_from(",.'’ \xa0\u2009\u202f"),
)
def test_a_number_that_python_groups_is_read_back(number, sign):
    decimal = "," if sign == "." else "."
    raw = f"{number:,}".replace(",", sign)
    assert thousands(raw, {}, RepairContext(decimal=decimal)).after == str(number)


def test_a_sign_that_was_not_declared_groups_nothing():
    assert isinstance(thousands("1'234", {}, RepairContext(group=(",",))), Refused)
    assert isinstance(thousands("1,234", {}, RepairContext(decimal=",", group=(",",))), Refused)


@pytest.mark.parametrize("raw", ["1000-10000", "1 000-10 000", "1'000-10'000", "1.000-10.000"])
def test_a_label_whose_digits_are_grouped_in_another_way_is_restored(raw):
    labels = {"100-999": "a", "1,000-10,000": "b"}
    found = thousands(raw, labels, RepairContext(decimal="," if "." in raw else "."))
    assert (found.after, found.code) == ("1,000-10,000", "b")


@pytest.mark.parametrize("raw", ["1.000-10.000", "1,000 - 10,000", "1,00-10,000", "1000"])
def test_a_label_that_differs_in_more_than_group_signs_is_left_alone(raw):
    refused(thousands(raw, {"1,000-10,000": "b"}, ANY))


def test_two_labels_that_only_group_signs_tell_apart_are_refused_with_both():
    labels = {"1,000": "a", "1 000": "b"}
    refused(thousands("1000", labels, ANY), *labels)


names = st.text(st.characters(codec="cp1252", exclude_categories=["Cc"]), min_size=1, max_size=12)


@few
@given(name=names.filter(lambda name: not name.isascii() and lossless(name)))
def test_a_label_whose_bytes_were_read_in_a_wrong_encoding_is_restored(name):
    labels = {name: "a"}
    once = name.encode("utf-8").decode("latin-1")
    images_of = [once, once.encode("utf-8").decode("latin-1")]
    images_of.append(name.encode("cp1252").decode("latin-1"))
    for image in images_of:
        found = mojibake(image, labels, ANY)
        assert isinstance(found, Repair) == (lossless(image) != lossless(name))


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        ("CafÃ©", "Café"),
        ("CafÃƒÂ©", "Café"),
        ("Donâ€™t know", "Don’t know"),
        ("Donâ€™t know", "Don't know"),
        ("Don\x92t know", "Don’t know"),
        ("ï»¿Yes", "Yes"),
        ("1â€“10", "1–10"),
    ],
)
def test_known_readings_in_a_wrong_encoding_are_undone(raw, label):
    found = mojibake(raw, {label: "a", "No": "b"}, ANY)
    assert (found.after, found.code) == (label, "a")


def test_a_text_with_two_readings_among_the_labels_is_refused():
    # Once read wrongly it is "CafÃ©", twice it is "Café": both are labels here.
    labels = {"CafÃ©": "a", "Café": "b"}
    refused(mojibake("CafÃƒÂ©", labels, ANY), *labels)


@pytest.mark.parametrize("raw", ["Caf\ufffd", "Café", "日本 Ã©", "plain", ""])
def test_what_no_wrong_reading_explains_is_left_alone(raw):
    refused(mojibake(raw, {"Cafe": "a"}, ANY))


def test_a_cut_label_is_named_and_never_repaired():
    labels = {"2-50": "a", "2-500": "b", "51-100": "c"}
    assert cut_of("2-5", labels) == ("2-50", "2-500")
    assert cut_of("2-50", labels) == ()
    assert cut_of(" ", labels) == ()
    assert all(isinstance(repair("2-5", labels, AMERICAN), Refused) for repair in REPAIRS.values())


def test_a_locale_that_does_not_exist_is_refused():
    with pytest.raises(MethodError, match=r"no locale called 'de-DE'; choose of 'en-US', 'en-GB'"):
        RepairContext(locales=("de-DE",))
    assert set(ANY.locales) == set(LOCALES)


@pytest.mark.parametrize("year", [19, 1903, 10000])
def test_a_year_that_no_spreadsheet_knows_is_refused(year):
    with pytest.raises(MethodError, match=f"opened in {year}; wanted 1904 to 9999"):
        RepairContext(years=(year,))
