"""Samples with people in common: against their two ends, enumeration and algebra."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.differences import independent
from surveylib.stats.overlap import overlapping, overlapping_bounds
from surveylib.stats.paired import difference

laws = settings(deadline=None, max_examples=50)
levels = st.floats(0.9, 0.999)
FIGURES = ("estimate", "low", "high", "p_value", "variance", "correlation")


@st.composite
def tallies(draw, most=400):
    n = draw(st.integers(1, most))
    return draw(st.sampled_from([0, n]) | st.integers(0, n)), n


@st.composite
def overlaps(draw):
    """Two samples made of shared people in four cells and of others."""
    cells = draw(st.tuples(*[st.integers(0, 60)] * 4).filter(any))
    (x1, n1), (x2, n2) = draw(st.tuples(tallies(200), tallies(200)))
    both, earlier, later, _ = cells
    counts = x1 + both + earlier, n1 + sum(cells), x2 + both + later, n2 + sum(cells)
    return counts, sum(cells), both


def compare(overlap, level=0.95):
    """Compare; leaves out shared people too unlike the others, for whom there is a test."""
    counts, shared, both = overlap
    try:
        return overlapping(*counts, shared=shared, shared_yes=both, confidence_level=level)
    except NotEstimableError:
        reject()


@laws
@given(cells=st.tuples(*[st.integers(0, 60)] * 4).filter(any), level=levels)
def test_with_everybody_in_both_it_is_newcombe_s_paired_interval(cells, level):
    both, earlier, later, _ = cells
    n = sum(cells)
    found = overlapping(
        both + earlier, n, both + later, n, shared=n, shared_yes=both, confidence_level=level
    )
    wanted = difference(*cells, method="newcombe", confidence_level=level)
    for name in ("estimate", "low", "high", "p_value"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), abs=1e-9)
    # The variance of a mean of answers of -1, 0 and 1.
    assert found.variance == pytest.approx(
        (later + earlier - (later - earlier) ** 2 / n) / n**2, abs=1e-12
    )


@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_with_nobody_in_both_it_is_that_of_independent_samples(earlier, later, level):
    found = overlapping(*earlier, *later, shared=0, shared_yes=0, confidence_level=level)
    wanted = independent(*earlier, *later, confidence_level=level)
    for name in ("estimate", "low", "high", "p_value"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), abs=1e-9)
    assert found.correlation == 0


def test_the_variance_is_that_of_all_samples_that_could_be():
    # One person in both samples and one more in each; each says yes by the flip of a coin, the
    # shared one twice the same. Shares of 1/2 that agree wholly: p11 = 1/2.
    changes = [(a + c) / 2 - (a + b) / 2 for a, b, c in product([0, 1], repeat=3)]
    found = overlapping(1, 2, 1, 2, shared=1, shared_yes=0.5)
    assert found.variance == pytest.approx(np.var(changes))


@laws
@given(overlap=overlaps(), level=levels)
def test_interval_has_width_inside_minus_1_and_1_and_contains_the_difference(overlap, level):
    found = compare(overlap, level)
    assert -1 <= found.low < found.high <= 1
    assert found.low <= found.estimate <= found.high
    assert found.variance >= 0


@laws
@given(overlap=overlaps(), level=levels)
def test_swapping_the_samples_turns_the_sign(overlap, level):
    (x1, n1, x2, n2), shared, both = overlap
    forward = compare(overlap, level)
    backward = compare(((x2, n2, x1, n1), shared, both), level)
    assert backward.low == pytest.approx(-forward.high, abs=1e-12)
    assert backward.high == pytest.approx(-forward.low, abs=1e-12)
    assert backward.variance == pytest.approx(forward.variance, abs=1e-15)
    assert backward.p_value == pytest.approx(forward.p_value, abs=1e-12)


@laws
@given(overlap=overlaps(), level=levels)
def test_interval_excludes_0_exactly_when_p_is_below_alpha(overlap, level):
    found = compare(overlap, level)
    assume(abs(found.p_value - (1 - level)) > 1e-9)
    assert (found.low > 0 or found.high < 0) == (found.p_value < 1 - level)


@laws
@given(earlier=tallies(), later=tallies(), share=st.floats(0, 1))
def test_bounds_hold_every_correlation_between_them(earlier, later, share):
    found = overlapping_bounds(*earlier, *later)
    assert found.none.low <= found.most.low <= found.most.high <= found.none.high
    assert found.most.p_value <= found.none.p_value
    assert 0 <= found.most.correlation <= 1 + 1e-12
    assert found.most.low < found.most.high
    (x1, n1), (x2, n2) = earlier, later
    shared = share * min(n1, n2)
    yes = shared * min(x1 / n1, x2 / n2) * (1 - 1e-12)
    assume(yes >= max(x1 - n1 + shared, 0) + max(x2 - n2 + shared, 0) - shared)
    between = overlapping(*earlier, *later, shared=shared, shared_yes=yes)
    assert found.none.low - 1e-9 <= between.low <= found.most.low + 1e-9
    assert found.most.high - 1e-9 <= between.high <= found.none.high + 1e-9


def test_samples_broadcast():
    found = overlapping([[4], [5]], 10, [3, 6, 7], 12, shared=5, shared_yes=2)
    alone = overlapping(5, 10, 7, 12, shared=5, shared_yes=2)
    for name in FIGURES:
        assert getattr(found, name).shape == (2, 3)
        assert getattr(found, name)[1, 2] == pytest.approx(getattr(alone, name), abs=1e-12)
        assert type(getattr(alone, name)) is float


def test_shared_people_too_unlike_the_others_are_refused():
    # All 50 shared people said yes both times, none of the 50 others in either sample.
    with pytest.raises(NotEstimableError, match="the variance is below 0: the people in both"):
        overlapping(50, 100, 50, 100, shared=50, shared_yes=50)


@pytest.mark.parametrize(
    ("shared", "yes", "wanted"),
    [
        (11, 2, "shared is above a sample's size; wanted at most the smaller sample"),
        (5, 6, "shared_yes does not fit the counts; wanted at most shared and either count"),
        (9, 9, "shared_yes does not fit the counts"),
        # 8 of 10 said yes at first and 7 of 9 later: at least 5 of the 9 shared people did both.
        (9, 4, "shared_yes does not fit the counts"),
        (-1, 0, "a count is -1; wanted 0 people or more"),
        (5, float("nan"), "a count is nan; wanted 0 people or more"),
    ],
)
def test_overlaps_that_do_not_fit_are_refused(shared, yes, wanted):
    with pytest.raises(MethodError, match=wanted):
        overlapping(8, 10, 7, 9, shared=shared, shared_yes=yes)


def test_wrong_samples_and_levels_are_refused():
    with pytest.raises(MethodError, match="count is 11 of 10; wanted a count from 0 to n"):
        overlapping(11, 10, 1, 10, shared=0, shared_yes=0)
    with pytest.raises(MethodError, match="n is 0; wanted at least one respondent"):
        overlapping_bounds(0, 0, 1, 10)
    with pytest.raises(MethodError, match=r"confidence_level is 95; wanted .* as 0\.95"):
        overlapping_bounds(1, 10, 1, 10, confidence_level=95)
