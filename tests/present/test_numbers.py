"""Numbers as a reader sees them; expected texts are written by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import surveylib as sl
from surveylib.present import numbers

SPACE, MINUS = "\u00a0", "\u2212"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0, "0.0"),
        (1, "100.0"),
        (0.85, "85.0"),
        (0.4567, "45.7"),
        (0.0004, "0.0"),
        (0.9996, "100.0"),
    ],
)
def test_a_share_is_percent_with_one_decimal(share, text):
    assert numbers.percent(share) == f"{text}{SPACE}%"


def test_two_shares_are_a_range_with_one_unit():
    assert numbers.percents(0.803, 0.888) == f"80.3 to 88.8{SPACE}%"


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (0.12, "+12.0"),
        (-0.171, f"{MINUS}17.1"),
        (0, "0.0"),
        (0.0004, "0.0"),
        (-0.0004, "0.0"),
        (-0.0006, f"{MINUS}0.1"),
        (1, "+100.0"),
    ],
)
def test_a_difference_is_in_points_with_its_sign_and_zero_without_one(difference, text):
    assert numbers.points(difference) == text


@given(difference=st.floats(-1, 1))
def test_a_difference_and_its_opposite_have_the_same_digits(difference):
    there, back = numbers.points(difference), numbers.points(-difference)
    assert there.lstrip("+\u2212") == back.lstrip("+\u2212")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "below 0.001"),
        (0.00099, "below 0.001"),
        (0.001, "0.001"),
        (0.0379, "0.038"),
        (1, "1.000"),
    ],
)
def test_a_p_value_has_three_decimals_and_is_never_0(value, text):
    assert numbers.p_value(value) == text


def test_a_share_keeps_the_decimals_it_was_printed_with(netclean):
    rows = sl.estimate(netclean, "region/usa").rows
    assert [numbers.share(row) for row in rows] == [
        f"{text}{SPACE}%" for text in ("61.1", "54.4", "46.4", "44")
    ]


def test_a_share_in_words_is_the_range_it_stands_for(netclean):
    # 115 and 135 of 272: 42.28 and 49.63 %.
    row = sl.estimate(netclean, "organised_groups_number_change/increased").rows[0]
    assert numbers.share(row).replace("–", " to ") == f"42.3 to 49.6{SPACE}%"


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("organised_groups_encountered", "272"),
        ("deepfakes_frequency/common_or_very_common", "41 to 54"),
        ("victim_id_unit", "unknown"),
    ],
)
def test_a_base_is_a_number_a_range_or_unknown(netclean, question, text):
    assert numbers.base(sl.estimate(netclean, question).rows[0]) == text
