"""Texts that are matched, shown in a log or opened in a spreadsheet."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.wave.text import escaped, guarded, lossless

few = settings(max_examples=50, deadline=None)
#: Every character that is special here, among ordinary ones.
special = st.text(
    st.sampled_from(
        "aé1 =+-@＝＋－＠'\"’“–−,.;\t\r\n\x00\x1b\xa0\u2009\u202f\ufeff\u200b\u202e\u0301"
    )
    | st.characters()
)


@few
@given(text=special)
def test_dropping_what_is_lossless_twice_drops_nothing_more(text):
    assert lossless(lossless(text)) == lossless(text)


@few
@given(text=special)
def test_text_has_no_space_at_its_ends_and_only_single_spaces_inside(text):
    plain = lossless(text)
    assert plain == plain.strip()
    assert "  " not in plain
    assert not [char for char in plain if char.isspace() and char != " "]


@few
@given(text=st.text(st.sampled_from("abcXYZ0189.,;:!?()/&%<>=+#"), max_size=40))
def test_letters_digits_and_punctuation_stay(text):
    assert lossless(text) == text


@few
@given(text=special)
def test_composed_and_decomposed_letters_are_the_same(text):
    assert lossless(unicodedata.normalize("NFD", text)) == lossless(text)


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("\ufeff1 (None at all)", "1 (None at all)"),
        ("Greater than\xa010,000", "Greater than 10,000"),
        (" Strongly agree", "Strongly agree"),
        ("Yes\r\n", "Yes"),
        ("two\r\n lines", "two lines"),
        ("1\u200b0", "10"),
        ("Cafe\u0301", "Café"),
        ("10 – 50", "10 - 50"),
        ("“a” ‘b’ «c»", '"a" \'b\' "c"'),
        ("", ""),
    ],
)
def test_what_real_files_add_to_a_label_is_dropped(raw, wanted):
    assert lossless(raw) == wanted


@pytest.mark.parametrize(("one", "other"), [("Yes", "yes"), ("Yes.", "Yes"), ("1-5", "1-50")])
def test_what_may_tell_two_labels_apart_is_kept(one, other):
    assert lossless(one) != lossless(other)


@few
@given(text=special)
def test_a_guarded_text_is_the_text_with_at_most_an_apostrophe_in_front(text):
    assert guarded(text) in {text, f"'{text}"}
    assert guarded(guarded(text)) == guarded(text)


@few
@given(space=st.text(" \t\r\n\xa0\ufeff", max_size=3), sign=st.sampled_from("=+-@＝＋－＠"))
def test_no_guarded_text_begins_like_a_formula(space, sign):
    assert guarded(f"{space}{sign}cmd").startswith("'")


@few
@given(number=st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=2))
def test_a_plain_number_stays(number):
    for form in ("{:,}", "{}", "{:+}"):
        text = form.format(number)
        assert guarded(text) == text


@pytest.mark.parametrize("text", ["-1+2", "-3 apples", "+49 30 1234", "-", "@home", "-3.", "--3"])
def test_what_only_begins_like_a_number_is_guarded(text):
    assert guarded(text) == f"'{text}"


@few
@given(text=special)
def test_an_escaped_text_has_no_line_break_and_nothing_that_turns_its_direction(text):
    shown = escaped(text)
    assert len(shown.splitlines()) <= 1
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert escaped(shown) == shown


def test_what_is_escaped_can_be_read():
    assert escaped("a\x1b[31mb\u202ec\u2028d é –") == r"a\x1b[31mb\u202ec\u2028d é –"
