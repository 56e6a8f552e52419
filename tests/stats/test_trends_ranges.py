"""Ranges of a trend against every combination of counts, one by one."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError
from surveylib.stats import trends_ranges
from surveylib.stats.trends import cochran_armitage
from surveylib.stats.trends_ranges import trend_range
from surveylib.stats.trends_scores import ALTERNATIVES

laws = settings(deadline=None, max_examples=50)


@st.composite
def ranges(draw):
    count = draw(st.integers(3, 4))
    sizes = draw(st.lists(st.integers(3, 30), min_size=count, max_size=count))
    lows = [draw(st.integers(0, n)) for n in sizes]
    highs = [min(low + draw(st.integers(0, 4)), n) for low, n in zip(lows, sizes, strict=True)]
    scores = draw(st.lists(st.integers(-9, 9), min_size=count, max_size=count, unique=True))
    return lows, highs, sizes, np.array(scores, dtype=float) / 3


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@laws
@given(data=ranges())
def test_the_range_is_that_of_all_counts(alternative, data):
    lows, highs, sizes, scores = data
    every = np.array(
        list(itertools.product(*(range(a, b + 1) for a, b in zip(lows, highs, strict=True))))
    )
    each = cochran_armitage(every, np.array(sizes), scores, alternative=alternative)
    found = trend_range(lows, highs, sizes, scores, alternative=alternative)
    assert found.z_low == pytest.approx(each.statistic.min(), abs=1e-9)
    assert found.z_high == pytest.approx(each.statistic.max(), abs=1e-9)
    assert found.slope_low == pytest.approx(each.slope.estimate.min(), abs=1e-9)
    assert found.slope_high == pytest.approx(each.slope.estimate.max(), abs=1e-9)
    assert found.p_low == pytest.approx(each.p_value.min(), rel=1e-8)
    assert found.p_high == pytest.approx(each.p_value.max(), rel=1e-8)
    assert found.p_high_exact


@laws
@given(data=ranges())
def test_the_extremes_are_those_of_counts_in_their_ranges(data):
    lows, highs, sizes, scores = data
    found = trend_range(*data)
    for counts, z in ((found.counts_low, found.z_low), (found.counts_high, found.z_high)):
        assert (counts >= lows).all()
        assert (counts <= highs).all()
        assert cochran_armitage(counts, sizes, scores).statistic == pytest.approx(z, abs=1e-9)


def test_counts_that_are_known_have_one_trend():
    counts, sizes, years = [40, 52, 61], [120, 125, 118], [2015, 2016, 2019]
    found, one = trend_range(counts, counts, sizes, years), cochran_armitage(counts, sizes, years)
    assert found.z_low == pytest.approx(found.z_high) == pytest.approx(one.statistic)
    assert found.p_low == pytest.approx(found.p_high) == pytest.approx(one.p_value)
    assert found.slope_low == pytest.approx(found.slope_high)


def test_a_trend_that_rounding_may_turn_has_a_p_value_up_to_1():
    # Both (198, 200, 202) and (200, 200, 200) are in these ranges, and the latter has no trend.
    found = trend_range([198, 198, 198], [202, 202, 202], [500, 500, 500])
    assert found.z_low < 0 < found.z_high
    assert (found.p_high, found.p_high_exact) == (1, True)


def test_too_many_counts_to_try_are_told(monkeypatch):
    monkeypatch.setattr(trends_ranges, "_MOST", 10)
    found = trend_range([198, 198, 198], [202, 202, 202], [500, 500, 500])
    assert (found.p_high, found.p_high_exact) == (1, False)


@laws
@given(data=ranges())
def test_time_run_backwards_turns_the_range(data):
    lows, highs, sizes, scores = data
    there, back = trend_range(*data), trend_range(lows, highs, sizes, -scores)
    assert back.z_low == pytest.approx(-there.z_high, abs=1e-9)
    assert back.p_high == pytest.approx(there.p_high, rel=1e-9)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (([1, 2], [2, 3], [9, 9]), "a trend needs three waves; use the change"),
        (([1, 2, 3], [2, 1, 4], [9, 9, 9]), "the counts of wave 2 are 2 to 1; wanted low to high"),
        (([1, 2, 3], [2, 3, 10], [9, 9, 9]), "count is 10 of 9"),
        (([1, 2, 2.5], [2, 3, 4], [9, 9, 9]), r"lows hold 2\.5; this method wants whole numbers"),
        (([1, 2, 3], [2, 3], [9, 9, 9]), r"highs of the shape \(2,\); wanted 3 numbers"),
        (([1, 2, 3], [2, 3, 4], 9), r"n of the shape \(\); wanted 3 numbers"),
    ],
)
def test_what_does_not_fit_is_refused(data, message):
    with pytest.raises(MethodError, match=message):
        trend_range(*data)


def test_a_direction_that_does_not_exist_is_refused():
    with pytest.raises(MethodError, match="no alternative method called 'up'"):
        trend_range([1, 2, 3], [2, 3, 4], [9, 9, 9], alternative="up")
