"""Intervals for one proportion against papers, R and algebra."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError
from surveylib.stats.intervals import METHODS, proportion

REFERENCES = Path(__file__).parent / "references"

#: What the smallest steps of a float may add up to; the laws hold to here.
ROUNDING = 1e-12

every_method = pytest.mark.parametrize("method", METHODS)
#: The first example of all imports and warms up; a law is tried on each method.
laws = settings(deadline=None, max_examples=50)

levels = st.floats(0.8, 0.999)


@st.composite
def tallies(draw):
    """A whole count and its n; none and all are drawn often, because limits change rule there."""
    n = draw(st.integers(1, 3000))
    return draw(st.sampled_from([0, 1, n - 1, n]) | st.integers(0, n)), n


def rows(name):
    with (REFERENCES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def tally_name(row):
    level = row.get("confidence_level", "")
    return f"{row['method']} {row['count']}/{row['n']} {level}".strip()


@pytest.mark.parametrize("row", rows("newcombe_1998_single.csv"), ids=tally_name)
def test_limits_are_those_printed_by_newcombe_1998(row):
    interval = proportion(float(row["count"]), float(row["n"]), method=row["method"])
    assert f"{interval.low:.4f}" == row["low"]
    assert f"{interval.high:.4f}" == row["high"]


@pytest.mark.parametrize("row", rows("proportions.csv"), ids=tally_name)
def test_limits_are_those_of_r(row):
    interval = proportion(
        float(row["count"]),
        float(row["n"]),
        method=row["method"],
        confidence_level=float(row["confidence_level"]),
    )
    # R's uniroot stops earlier than its closed forms are exact.
    last_digit = 1e-8 if row["method"] == "mid-p" else 1e-9
    assert interval.low == pytest.approx(float(row["low"]), rel=0, abs=last_digit)
    assert interval.high == pytest.approx(float(row["high"]), rel=0, abs=last_digit)


def test_every_method_has_a_row_from_r():
    assert {row["method"] for row in rows("proportions.csv")} == set(METHODS)


@pytest.mark.parametrize("n", [1, 10, 272, 5000])
def test_upper_wilson_limit_of_none_is_z_squared_over_n_plus_z_squared(n):
    z = 1.959963984540054  # qnorm(0.975)
    assert proportion(0, n).high == pytest.approx(z**2 / (n + z**2), abs=ROUNDING)


@pytest.mark.parametrize("n", [1, 10, 272, 5000])
@pytest.mark.parametrize("alpha", [0.1, 0.05, 0.01])
def test_upper_clopper_pearson_limit_of_none_leaves_half_of_alpha_to_none(n, alpha):
    interval = proportion(0, n, method="clopper-pearson", confidence_level=1 - alpha)
    assert interval.high == pytest.approx(1 - (alpha / 2) ** (1 / n), abs=ROUNDING)


@pytest.mark.parametrize("n", [1, 10, 272, 5000])
@pytest.mark.parametrize("alpha", [0.1, 0.05, 0.01])
def test_upper_mid_p_limit_of_none_leaves_alpha_to_none(n, alpha):
    # Half of the probability of none is alpha / 2: (1 - p)^n = alpha.
    interval = proportion(0, n, method="mid-p", confidence_level=1 - alpha)
    assert interval.high == pytest.approx(1 - alpha ** (1 / n), abs=ROUNDING)


@every_method
@laws
@given(tally=tallies(), level=levels)
def test_interval_lies_inside_0_and_1(method, tally, level):
    interval = proportion(*tally, method=method, confidence_level=level)
    assert 0 <= interval.low <= interval.high <= 1


@every_method
@laws
@given(tally=tallies(), level=levels)
def test_is_never_a_point(method, tally, level):
    interval = proportion(*tally, method=method, confidence_level=level)
    assert interval.low < interval.high


@every_method
@pytest.mark.parametrize("n", [1, 2, 470, 10**6])
def test_none_and_all_are_never_a_point(method, n):
    none, every = proportion(0, n, method=method), proportion(n, n, method=method)
    assert none.low == 0 < none.high
    assert every.low < 1 == every.high


@every_method
@laws
@given(tally=tallies(), level=levels)
def test_contains_the_estimate(method, tally, level):
    count, n = tally
    interval = proportion(count, n, method=method, confidence_level=level)
    assert interval.low <= count / n + ROUNDING
    assert interval.high >= count / n - ROUNDING


@every_method
@laws
@given(tally=tallies(), level=levels)
def test_counting_no_instead_of_yes_mirrors_the_interval(method, tally, level):
    count, n = tally
    yes = proportion(count, n, method=method, confidence_level=level)
    no = proportion(n - count, n, method=method, confidence_level=level)
    # Exact: the lower limits keep their digits near 0, the upper ones are 1 minus those.
    assert yes.high == 1 - no.low
    assert no.high == 1 - yes.low


@every_method
@laws
@given(tally=tallies(), level=levels, step=st.floats(0.01, 0.9))
def test_a_higher_level_is_wider(method, tally, level, step):
    higher = level + (1 - level) * step
    narrow = proportion(*tally, method=method, confidence_level=level)
    wide = proportion(*tally, method=method, confidence_level=higher)
    assert wide.low <= narrow.low
    assert wide.high >= narrow.high
    # Agresti-Coull may be cut at both ends already.
    if (narrow.low, narrow.high) != (0, 1):
        assert wide.high - wide.low > narrow.high - narrow.low


@every_method
@laws
@given(n=st.integers(1, 400), level=levels)
def test_a_larger_count_lowers_neither_limit(method, n, level):
    intervals = proportion(np.arange(n + 1), n, method=method, confidence_level=level)
    assert (np.diff(intervals.low) >= -ROUNDING).all()
    assert (np.diff(intervals.high) >= -ROUNDING).all()


@every_method
@laws
@given(several=st.lists(tallies(), min_size=1, max_size=6), level=levels)
def test_arrays_give_what_scalars_give(method, several, level):
    counts, ns = np.transpose(several)
    together = proportion(counts, ns, method=method, confidence_level=level)
    for place, (count, n) in enumerate(several):
        alone = proportion(count, n, method=method, confidence_level=level)
        # NumPy's vector and scalar code may differ in the last bit.
        assert together.low[place] == pytest.approx(alone.low, abs=ROUNDING)
        assert together.high[place] == pytest.approx(alone.high, abs=ROUNDING)


@every_method
def test_counts_and_sizes_broadcast(method):
    interval = proportion([[1], [2]], [10, 20, 30], method=method)
    assert interval.low.shape == interval.high.shape == (2, 3)
    assert interval.low[1, 2] == proportion(2, 30, method=method).low


@every_method
def test_a_single_tally_gives_floats_and_remembers_how(method):
    interval = proportion(3, 10, method=method, confidence_level=0.9)
    assert type(interval.low) is type(interval.high) is float
    assert (interval.method, interval.confidence_level) == (method, 0.9)


@every_method
@laws
@given(tally=tallies(), part=st.floats(0.001, 0.999), level=levels)
def test_fractional_counts_lie_between_their_whole_neighbours(method, tally, part, level):
    n = tally[1]
    count = min(tally[0], n - 1)
    below, between, above = (
        proportion(near, n, method=method, confidence_level=level)
        for near in (count, count + part, count + 1)
    )
    assert below.low - ROUNDING <= between.low <= above.low + ROUNDING
    assert below.high - ROUNDING <= between.high <= above.high + ROUNDING


@every_method
@laws
@given(tally=tallies(), times=st.integers(2, 50), level=levels)
def test_a_larger_sample_with_the_same_share_is_narrower(method, tally, times, level):
    count, n = tally
    small = proportion(count, n, method=method, confidence_level=level)
    large = proportion(times * count, times * n, method=method, confidence_level=level)
    assert large.high - large.low < small.high - small.low


@every_method
@laws
@given(tally=tallies(), effect=st.floats(1.01, 10), level=levels)
def test_a_design_effect_widens(method, tally, effect, level):
    count, n = tally
    asked = proportion(count, n, method=method, confidence_level=level)
    worth = proportion(count / effect, n / effect, method=method, confidence_level=level)
    assert worth.high - worth.low > asked.high - asked.low or (worth.low, worth.high) == (0, 1)


def test_an_unknown_method_is_refused_with_the_likely_one():
    wanted = "no interval method called 'wilsn'; did you mean 'wilson'[?] choose one of 'wilson', "
    with pytest.raises(MethodError, match=wanted):
        proportion(1, 10, method="wilsn")


@pytest.mark.parametrize("level", [95, 1, 0, -0.5, float("nan")])
def test_a_level_outside_0_and_1_is_refused(level):
    with pytest.raises(MethodError, match=f"confidence_level is {level}; wanted .* as 0.95"):
        proportion(1, 10, confidence_level=level)


@pytest.mark.parametrize("n", [0, -3])
def test_a_sample_of_nobody_is_refused(n):
    with pytest.raises(MethodError, match=f"n is {n}; wanted at least one respondent"):
        proportion(0, n)


@pytest.mark.parametrize("count", [11, -1, 10.5])
def test_a_count_outside_0_to_n_is_refused(count):
    with pytest.raises(MethodError, match=f"count is {count} of 10; wanted a count from 0 to n"):
        proportion(count, 10)


def test_the_first_wrong_tally_of_many_is_named():
    with pytest.raises(MethodError, match="count is 7 of 5; wanted a count from 0 to n"):
        proportion([1, 7, 9], [5, 5, 5])


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_not_a_finite_number_is_refused(number):
    with pytest.raises(MethodError, match="a count or an n is not a finite number"):
        proportion(number, 10)
    with pytest.raises(MethodError, match="a count or an n is not a finite number"):
        proportion(1, number)
