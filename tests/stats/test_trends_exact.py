"""Exact and drawn distributions against all tables, one by one."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError
from surveylib.stats import trends_exact
from surveylib.stats.trends import cochran_armitage
from surveylib.stats.trends_exact import TWO_SIDED, conditional
from surveylib.stats.trends_scores import steps

laws = settings(deadline=None, max_examples=40)

sizes_of_waves = st.lists(st.integers(1, 6), min_size=3, max_size=4)


@st.composite
def small(draw):
    sizes = draw(sizes_of_waves)
    counts = [draw(st.integers(0, n)) for n in sizes]
    scores = draw(st.lists(st.integers(0, 7), min_size=len(sizes), max_size=len(sizes)))
    return counts, sizes, scores


def every_table(counts, sizes, scores):
    """Each Σ s x with the number of ways to it: whole numbers, and no formula of ours."""
    ways = {}
    for table in itertools.product(*(range(n + 1) for n in sizes)):
        if sum(table) == sum(counts):
            value = sum(s * x for s, x in zip(scores, table, strict=True))
            number = math.prod(map(math.comb, sizes, table))
            ways[value] = ways.get(value, 0) + number
    return ways


def expected(ways, observed, sided):
    """P-values by their definitions; the mean is the sum of all values over all ways."""
    everything = sum(ways.values())
    mean_times = sum(value * number for value, number in ways.items())
    far = abs(everything * observed - mean_times)
    above = sum(number for value, number in ways.items() if value >= observed)
    below = sum(number for value, number in ways.items() if value <= observed)
    found = {
        "increasing": above,
        "decreasing": below,
        "distance": sum(
            number for value, number in ways.items() if abs(everything * value - mean_times) >= far
        ),
        "doubled": min(2 * min(above, below), everything),
        "probability": sum(number for number in ways.values() if number <= ways[observed]),
    }
    return found[sided] / everything


@pytest.mark.parametrize("sided", ["increasing", "decreasing", *TWO_SIDED])
@laws
@given(data=small())
def test_the_p_value_is_that_of_all_tables(sided, data):
    counts, sizes, scores = data
    if len(set(scores)) < 3:
        scores = list(range(len(sizes)))
    observed = sum(s * x for s, x in zip(scores, counts, strict=True))
    one_sided = sided in {"increasing", "decreasing"}
    found = cochran_armitage(
        counts,
        sizes,
        scores,
        method="exact",
        alternative=sided if one_sided else "two-sided",
        two_sided=None if one_sided else sided,
    )
    assert found.p_value == pytest.approx(
        expected(every_table(counts, sizes, scores), observed, sided), rel=1e-10
    )


@laws
@given(data=small())
def test_sums_kept_in_full_and_sums_reached_are_the_same(data):
    counts, sizes, scores = (np.array(part) for part in data)
    scores[:2] = [0, 8]
    with pytest.MonkeyPatch.context() as patch:
        full = conditional(counts, sizes, scores.astype(float))
        patch.setattr(trends_exact, "_FULL", 0)
        reached = conditional(counts, sizes, scores.astype(float))
    assert reached.deviations.tolist() == full.deviations.tolist()
    assert reached.probabilities == pytest.approx(full.probabilities, rel=1e-10)


def test_dates_by_the_day_are_scores_too():
    counts, sizes = [2, 3, 6, 9], [20, 25, 22, 21]
    days = [0, 400, 1100, 1899]
    years = [2015 + day / 365 for day in days]
    by_day = cochran_armitage(counts, sizes, days, method="exact")
    by_year = cochran_armitage(counts, sizes, years, method="exact")
    assert by_year.p_value == pytest.approx(by_day.p_value, rel=1e-10)


def test_large_samples_keep_their_digits():
    # Nobody of wave 1 and 2, five of wave 3: one way out of C(3000, 5) to be in wave 3 alone.
    found = cochran_armitage([0, 0, 5], [1000] * 3, method="exact", alternative="increasing")
    assert found.p_value == pytest.approx(math.comb(1000, 5) / math.comb(3000, 5), rel=1e-9)


def test_scores_without_a_common_step_are_refused():
    with pytest.raises(MethodError, match="scores are no multiples of one step"):
        cochran_armitage([1, 2, 3, 4], [9] * 4, [0, 1, math.pi, math.e**3], method="exact")


def test_too_many_different_sums_are_refused():
    scores = [0, 1, 1009, 100_003, 1_000_003, 10_000_019]
    with pytest.raises(MethodError, match="too many different sums for the exact method"):
        cochran_armitage([40] * 6, [90] * 6, scores, method="exact")


@pytest.mark.parametrize("alternative", ["two-sided", "increasing", "decreasing"])
def test_draws_come_near_the_exact_p_value_and_say_how_near(alternative):
    data = [2, 4, 9], [15, 12, 14]
    exact = cochran_armitage(*data, method="exact", alternative=alternative)
    drawn = cochran_armitage(*data, method="permutation", alternative=alternative)
    assert drawn.monte_carlo.replicates == 10_000
    error = drawn.monte_carlo.error
    assert error == pytest.approx(np.sqrt(drawn.p_value * (1 - drawn.p_value) / 10_000))
    assert abs(drawn.p_value - exact.p_value) < 4 * error + 1e-4


def test_the_same_seed_draws_the_same_and_another_seed_does_not():
    data = [2, 4, 7], [15, 12, 14]
    first, again, other = (
        cochran_armitage(*data, method="permutation", seed=seed, replicates=2000)
        for seed in (5, 5, 6)
    )
    assert first.p_value == again.p_value != other.p_value
    assert (first.monte_carlo.seed, first.monte_carlo.replicates) == (5, 2000)


def test_a_drawn_p_value_is_never_0():
    found = cochran_armitage([0, 0, 60], [60] * 3, method="permutation", replicates=999)
    assert found.p_value == 1 / 1000


def test_ties_count_as_extreme_among_draws_whatever_rounding_does():
    # Every table of one person has T = s; two thirds are as far from the mean as the last wave.
    found = cochran_armitage([0, 0, 1], [1, 1, 1], [0.1, 0.2, 0.3], method="permutation")
    assert found.p_value == pytest.approx(2 / 3, abs=0.02)


@pytest.mark.parametrize(
    ("scores", "whole", "step"),
    [
        ([0, 0.5, 1.5, 4, 7], [0, 1, 3, 8, 14], 0.5),
        ([2015.1, 2015.4, 2016.3], [0, 1, 4], 0.3),
        ([3, -1, 9], [2, 0, 5], 2),
        ([0, 3, 999_999_999], [0, 1, 333_333_333], 3),
        ([1 / 3, 2 / 3, 2], [0, 1, 5], 1 / 3),
    ],
)
def test_scores_are_whole_steps_above_the_lowest(scores, whole, step):
    found, length = steps(np.array(scores))
    assert found.tolist() == whole
    assert length == pytest.approx(step)
