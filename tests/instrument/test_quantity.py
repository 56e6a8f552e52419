"""Quantities in free text: read where they can be read in one way, kept as written always."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import surveylib as sl
from surveylib.instrument.quantity import Quantity, Unreadable, read

ENGLISH = {"decimal": ".", "group": (",", "space", "'", "’"), "unit": "members"}
GERMAN = {"decimal": ",", "group": (".", "space"), "unit": "Mitglieder"}


@pytest.mark.parametrize(
    ("text", "low", "high", "kind"),
    [
        ("6000", 6000, 6000, "exact"),
        ("5,000", 5000, 5000, "exact"),
        ("5 000 members", 5000, 5000, "exact"),
        ("2.5", "2.5", "2.5", "exact"),
        ("5,000-6,000", 5000, 6000, "range"),
        ("5,000 – 6,000", 5000, 6000, "range"),
        ("10 to 20", 10, 20, "range"),
        ("between 10 and 20", 10, 20, "range"),
        ("about 100", 100, 100, "approximate"),
        ("approx. 100", 100, 100, "approximate"),
        ("~100", 100, 100, "approximate"),
        ("up to 50", 0, 50, "at_most"),
        ("Fewer than 50", 0, 49, "at_most"),
        ("<50", 0, 49, "at_most"),
        ("≤ 50", 0, 50, "at_most"),
        ("at least 100", 100, None, "at_least"),
        ("100+", 100, None, "at_least"),
        ("100 or more", 100, None, "at_least"),
        ("more than 1,000", 1001, None, "at_least"),
        ("> 1,000", 1001, None, "at_least"),
        (" 0 ", 0, 0, "exact"),
    ],
)
def test_an_answer_means_what_it_says(text, low, high, kind):
    expected = Quantity(
        raw=text, low=Decimal(low), high=None if high is None else Decimal(high), kind=kind
    )
    assert read(text, **ENGLISH) == expected


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("1.500", 1500, 1500),
        ("5.000 bis 6.000", 5000, 6000),
        ("etwa 100", 100, 100),
        ("bis zu 50 Mitglieder", 0, 50),
        ("zwischen 2,5 und 3,5", "2.5", "3.5"),
    ],
)
def test_german_signs_and_words_are_read_as_such(text, low, high):
    found = read(text, **GERMAN)
    assert (found.low, found.high, found.raw) == (Decimal(low), Decimal(high), text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1.500", "may be a fraction or a number of thousands"),
        ("5,00", "not a number with these signs"),
        ("6000-5000", "ends before it starts"),
        ("hundreds", "no number"),
        ("", "no number"),
        ("5 or 6", "no number, or more than one"),
        ("12/5", "no number, or more than one"),
        ("up to 50+", "limited on both sides"),
        ("fewer than 0", "fewer than none"),
        ("more than 2.5", "next to a fraction"),
        ("٣٠", "no number"),
        ("1e3", "no number"),
        ("-5", "no number"),
    ],
)
def test_what_can_be_read_in_two_ways_or_none_is_not_read(text, reason):
    found = read(text, **ENGLISH)
    assert isinstance(found, Unreadable)
    assert reason in found.reason
    assert found.raw == text


@given(st.integers(0, 10**9))
def test_a_number_means_the_same_however_its_digits_are_grouped(number):
    written = [str(number), f"{number:,}", f"{number:,}".replace(",", " ")]
    assert {read(text, **ENGLISH).low for text in written} == {Decimal(number)}


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_kept(text):
    assert read(text, **ENGLISH).raw == text


def test_a_question_reads_with_its_own_signs(root):
    file = root / "instruments" / "netclean" / "2018.yaml"
    question = sl.load_instrument(file).question("organised_groups_size")
    found = question.read("5,000-6,000")
    assert (found.low, found.high) == (5000, 6000)
