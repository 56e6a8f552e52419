"""Intervals for one proportion against papers, R and algebra."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError
from surveylib.stats.intervals import (
    BY_STANDARD_ERROR,
    FALLBACKS,
    METHODS,
    design_proportion,
    proportion,
)

REFERENCES = Path(__file__).parent / "references"

#: What the smallest steps of a float may add up to; the laws hold to here.
ROUNDING = 1e-12

every_method = pytest.mark.parametrize("method", METHODS)
#: Methods whose limits do not rise with the count, and why.
NOT_RISING = {
    "logit": "the standard error of the log odds grows without bound towards 0 and n",
    "wald": "the standard error shrinks towards 0 and n, where the wider fallback stands",
}
rising_methods = pytest.mark.parametrize("method", sorted(set(METHODS) - set(NOT_RISING)))
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


def design_name(row):
    return f"{row['case']} {row['method']} {row['confidence_level']} {row['source'].split('(')[0]}"


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


SIMPLE = [row for row in rows("design_proportions.csv") if row["case"] == "simple"]


@pytest.mark.parametrize("row", SIMPLE, ids=design_name)
def test_limits_of_methods_for_designs_are_those_of_r_in_a_simple_sample(row):
    n = float(row["n"])
    interval = proportion(
        round(float(row["estimate"]) * n),
        n,
        method=row["method"],
        confidence_level=float(row["confidence_level"]),
    )
    within = float(row["within"])
    assert interval.low == pytest.approx(float(row["low"]), rel=0, abs=within)
    assert interval.high == pytest.approx(float(row["high"]), rel=0, abs=within)


def test_every_method_has_a_row_from_r():
    assert {row["method"] for row in [*rows("proportions.csv"), *SIMPLE]} == set(METHODS)
    assert {row["method"] for row in rows("design_proportions.csv")} == set(METHODS)


@pytest.mark.parametrize("row", rows("design_proportions.csv"), ids=design_name)
def test_limits_in_designs_are_those_of_r_or_differ_for_a_reason(row):
    numbers = {name: float(row[name]) for name in ("n_effective", "df", "confidence_level")}
    interval = design_proportion(
        float(row["estimate"]), float(row["n"]), method=row["method"], **numbers
    )
    expected = [float(row["low"]), float(row["high"])]
    agrees = [interval.low, interval.high] == pytest.approx(
        expected, rel=0, abs=float(row["within"])
    )
    assert agrees == (not row["unlike"])


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


@rising_methods
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


@rising_methods
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
    # Wald's may be cut at both ends in both samples.
    if (large.low, large.high) != (0, 1):
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


def test_a_fraction_of_one_respondent_stays_inside_jeffreys_interval():
    # The 2.5 % quantile of Beta(0.5001, 1.4999) is near 0.0004, above the share itself.
    assert proportion(0.0001, 1, method="jeffreys").low <= 0.0001


@pytest.mark.parametrize("method", FALLBACKS)
@pytest.mark.parametrize("count", [0, 12])
def test_a_method_without_an_interval_at_0_and_n_gives_that_of_its_fallback(method, count):
    instead = proportion(count, 12, method=FALLBACKS[method])
    found = proportion(count, 12, method=method)
    assert (found.low, found.high) == (instead.low, instead.high)
    assert found.method == method


def test_the_arcsine_limit_of_none_is_a_squared_sine():
    z = 1.959963984540054  # qnorm(0.975)
    assert proportion(0, 25, method="arcsine").high == pytest.approx(np.sin(z / 10) ** 2)
    assert proportion(0, 1, method="arcsine", confidence_level=0.999).high == 1


@pytest.mark.parametrize("n", [1, 10, 272, 5000])
def test_the_likelihood_limit_of_none_solves_a_power(n):
    # -2 n log(1 - p) = z^2.
    z = 1.959963984540054  # qnorm(0.975)
    found = proportion(0, n, method="likelihood").high
    assert found == pytest.approx(1 - np.exp(-(z**2) / (2 * n)), abs=ROUNDING)


def test_the_likelihood_interval_keeps_its_digits_in_a_large_sample():
    # To the second order its limits are Wald's; what is left is of the size of 1 / n.
    n = 10**12
    found = proportion(n * 0.3, n, method="likelihood")
    wald = proportion(n * 0.3, n, method="wald")
    assert found.high - found.low == pytest.approx(wald.high - wald.low, rel=1e-8)


# --- designs

INFINITE = float("inf")
UNKNOWN = float("nan")


@st.composite
def designs(draw):
    """A share, its n, an effective n and degrees of freedom of any size."""
    n = draw(st.integers(1, 3000))
    share = draw(
        st.sampled_from([0.0, 1.0, 1 / n])
        | st.integers(0, n).map(lambda count: count / n)
        # Nearer to 0 or 1 only rounding tells a share from none or all.
        | st.floats(1e-11, 1 - 1e-11)
    )
    effective = draw(
        st.sampled_from([float(n), INFINITE])
        | st.floats(0.5, 5000)
        | st.floats(0, exclude_min=True, allow_nan=False)
    )
    df = draw(st.just(INFINITE) | st.floats(1, 3000))
    return {"estimate": share, "n": n, "n_effective": effective, "df": df}


@every_method
@laws
@given(design=designs(), level=levels)
def test_an_interval_of_a_design_lies_inside_0_and_1_and_is_no_point(method, design, level):
    interval = design_proportion(**design, method=method, confidence_level=level)
    assert 0 <= interval.low < interval.high <= 1


@every_method
@laws
@given(design=designs(), level=levels)
def test_an_interval_of_a_design_contains_the_estimate(method, design, level):
    interval = design_proportion(**design, method=method, confidence_level=level)
    assert interval.low <= design["estimate"] + ROUNDING
    assert interval.high >= design["estimate"] - ROUNDING


@every_method
@laws
@given(design=designs(), share=st.integers(0, 2**20), level=levels)
def test_the_other_answer_of_a_design_mirrors_the_interval(method, design, share, level):
    # Shares whose complement is exact.
    numbers = {**design, "method": method, "confidence_level": level}
    yes = design_proportion(**{**numbers, "estimate": share / 2**20})
    no = design_proportion(**{**numbers, "estimate": 1 - share / 2**20})
    assert yes.low == pytest.approx(1 - no.high, abs=ROUNDING)
    assert yes.high == pytest.approx(1 - no.low, abs=ROUNDING)


@every_method
@laws
@given(design=designs(), part=st.floats(0.01, 0.99), level=levels)
def test_a_smaller_effective_size_is_never_narrower(method, design, part, level):
    numbers = {**design, "method": method, "confidence_level": level}
    more = design_proportion(**numbers)
    # A part of the smallest float would be 0.
    smaller = max(part * design["n_effective"], 1e-300)
    less = design_proportion(**{**numbers, "n_effective": smaller})
    assert less.high - less.low >= more.high - more.low - ROUNDING


@every_method
@laws
@given(design=designs(), other=st.floats(1, 5000), level=levels)
def test_fewer_degrees_of_freedom_are_never_narrower(method, design, other, level):
    numbers = {**design, "method": method, "confidence_level": level}
    few, many = sorted([other, design["df"]])
    less = design_proportion(**{**numbers, "df": few})
    # An infinite df stands for a simple sample and adjusts nothing, not even upwards.
    more = design_proportion(**{**numbers, "df": min(many, 1e6)})
    assert less.high - less.low >= more.high - more.low - ROUNDING


@every_method
@laws
@given(design=designs(), level=levels, step=st.floats(0.01, 0.9))
def test_intervals_of_a_design_are_nested_in_their_level(method, design, level, step):
    # Beyond n - 1 degrees of freedom the adjustment works upwards, and more so at higher levels.
    df = design["df"] if design["df"] == INFINITE else min(design["df"], max(design["n"] - 1, 1))
    numbers = {**design, "df": df, "method": method}
    narrow = design_proportion(**numbers, confidence_level=level)
    wide = design_proportion(**numbers, confidence_level=level + (1 - level) * step)
    assert wide.low <= narrow.low + ROUNDING
    assert wide.high >= narrow.high - ROUNDING


@every_method
@laws
@given(tally=tallies(), level=levels)
def test_equal_weights_without_clusters_give_the_interval_of_a_simple_sample(method, tally, level):
    count, n = tally
    simple = proportion(count, n, method=method, confidence_level=level)
    design = design_proportion(
        count / n, n, n_effective=n, df=INFINITE, method=method, confidence_level=level
    )
    assert (design.low, design.high) == (simple.low, simple.high)


# The others take t with n - 1 degrees of freedom, not z.
@pytest.mark.parametrize("method", sorted(set(METHODS) - set(BY_STANDARD_ERROR)))
@laws
@given(tally=tallies(), level=levels)
def test_a_simple_sample_with_its_own_degrees_of_freedom_needs_no_adjustment(method, tally, level):
    count, n = tally
    simple = proportion(count, n, method=method, confidence_level=level)
    design = design_proportion(
        count / n, n, n_effective=n, df=max(n - 1, 1), method=method, confidence_level=level
    )
    assert (design.low, design.high) == (simple.low, simple.high)


@every_method
@pytest.mark.parametrize("share", [0, 1])
@pytest.mark.parametrize("effective", [UNKNOWN, INFINITE, 0, 3, 500])
def test_the_effective_size_of_none_and_all_is_n(method, share, effective):
    numbers = {"df": 6, "method": method}
    found = design_proportion(share, 20, n_effective=effective, **numbers)
    whole = design_proportion(share, 20, n_effective=20, **numbers)
    assert (found.low, found.high) == (whole.low, whole.high)


@every_method
@pytest.mark.parametrize("effective", [20.001, 400, INFINITE])
def test_an_effective_size_above_n_counts_as_n(method, effective):
    found = design_proportion(0.3, 20, n_effective=effective, df=6, method=method)
    whole = design_proportion(0.3, 20, n_effective=20, df=6, method=method)
    assert (found.low, found.high) == (whole.low, whole.high)


@laws
@given(design=designs(), level=levels)
def test_korn_and_graubard_are_clopper_and_pearson_in_a_design_too(design, level):
    ours = design_proportion(**design, method="korn-graubard", confidence_level=level)
    theirs = design_proportion(**design, method="clopper-pearson", confidence_level=level)
    assert (ours.low, ours.high) == (theirs.low, theirs.high)


@every_method
def test_designs_broadcast_and_remember_how(method):
    interval = design_proportion(
        [[0.0], [0.4]], [50, 60, 70], n_effective=[[UNKNOWN], [40]], df=12, method=method
    )
    assert interval.low.shape == interval.high.shape == (2, 3)
    one = design_proportion(0.4, 70, n_effective=40, df=12, method=method)
    assert interval.high[1, 2] == pytest.approx(one.high, abs=ROUNDING)
    assert type(one.low) is type(one.high) is float
    assert (one.method, one.confidence_level) == (method, 0.95)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"estimate": 1.2}, "estimate is 1.2; wanted a share from 0 to 1"),
        ({"estimate": UNKNOWN}, "estimate is nan; wanted a share from 0 to 1"),
        ({"n": 0}, "n is 0; wanted at least one respondent"),
        ({"n": INFINITE}, "n is inf; wanted at least one respondent"),
        ({"n_effective": 0}, "n_effective is 0; wanted .* a number above 0"),
        ({"n_effective": UNKNOWN}, "n_effective is nan; wanted .* a number above 0"),
        ({"df": 0}, "df is 0; wanted at least 1, or infinity for a simple sample"),
        ({"df": UNKNOWN}, "df is nan; wanted at least 1"),
        ({"confidence_level": 95}, "confidence_level is 95; wanted a number such as 0.95"),
        ({"method": "logti"}, "no interval method called 'logti'; did you mean 'logit'[?]"),
        ({"df": [4, 5], "n": [7, 8, 9]}, r"n has the shape \(3,\), .*; wanted shapes that fit"),
    ],
)
def test_a_design_with_a_wrong_number_is_refused(wrong, message):
    right = {"estimate": 0.5, "n": 20, "n_effective": 12, "df": 6}
    with pytest.raises(MethodError, match=message):
        design_proportion(**(right | wrong))


@every_method
def test_a_size_just_below_a_whole_number_never_holds_more_answers_than_people(method):
    almost = np.nextafter(1, 0)
    found = design_proportion(almost, 1, n_effective=almost, df=INFINITE, method=method)
    assert 0 <= found.low < almost <= found.high <= 1
