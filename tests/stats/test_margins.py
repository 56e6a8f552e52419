"""How many respondents a margin of error is that of: against printed margins, and by algebra."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from surveylib.errors import MethodError
from surveylib.stats.counts import Range, printed
from surveylib.stats.margins import sizes_of_margin

HALF = Range(low=Fraction(1, 2), high=Fraction(1, 2))


def sizes(points, share=HALF, **more):
    margin = printed(points, rounding="either")
    return sizes_of_margin(margin, Fraction(points) / 100, share, **more)


@pytest.mark.parametrize(
    ("points", "level", "n"),
    [("3.1", 0.95, 1000), ("4.4", 0.95, 500), ("9.8", 0.95, 100), ("2.6", 0.90, 1000)],
)
def test_the_margins_that_surveys_print_hold_their_n(points, level, n):
    # 1.959964 √(0.25 / 1000) = 3.099 points; 1.644854 √(0.25 / 1000) = 2.601.
    found = sizes(points, confidence_level=level)
    assert found.low <= n <= found.high


@given(st.integers(20, 20_000), st.integers(1, 99), st.sampled_from([0.9, 0.95, 0.99]))
def test_every_n_is_among_those_of_the_margin_that_it_gives(n, percent, level):
    share = Fraction(percent, 100)
    low, high = proportion_confint(float(share) * n, n, 1 - level, "normal")
    half = (high - low) / 2
    if low <= 0 or high >= 1:  # statsmodels cuts them
        return
    points = f"{half * 100:.2f}"
    if float(points) == 0:
        return
    found = sizes(points, Range(low=share, high=share), confidence_level=level)
    assert found.low <= n <= found.high
    assert found.low <= found.near <= found.high


@pytest.mark.parametrize(
    ("points", "share", "message"),
    [
        ("0", HALF, "a margin of 0"),
        ("3", Range(low=Fraction(0), high=Fraction(1, 100)), "may be 0 or 1"),
    ],
)
def test_a_margin_without_an_n_is_refused(points, share, message):
    with pytest.raises(MethodError, match=message):
        sizes(points, share)
