"""Differences of two proportions against papers, R, statsmodels and algebra."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from surveylib.errors import MethodError
from surveylib.stats.differences import METHODS, independent

REFERENCES = Path(__file__).parent / "references"

#: Score limits come from a closed form whose arc cosine keeps half of a float's digits near ±1.
ROUNDING = 1e-7

every_method = pytest.mark.parametrize("method", METHODS)
#: The first example of all imports and warms up; a law is tried on each method.
laws = settings(deadline=None, max_examples=50)

# Agresti and Caffo's centre is pulled towards 0. From 95 % on, the width makes up for that even
# where 0 of 1 meets 1 of 1: 1/3 + 1.96 √(4/27) > 1.
levels = st.floats(0.95, 0.999)


@st.composite
def tallies(draw, most=3000):
    """A whole count and its n; none and all are drawn often, because limits change rule there."""
    n = draw(st.integers(1, most))
    return draw(st.sampled_from([0, n]) | st.integers(0, n)), n


def compare(earlier, later, method, level=0.95):
    """Compare; leaves out what Wald refuses, for which there is a test of its own."""
    (x1, n1), (x2, n2) = earlier, later
    assume(method != "wald" or 0 < x1 < n1 or 0 < x2 < n2)
    return independent(x1, n1, x2, n2, method=method, confidence_level=level)


def rows(name):
    with (REFERENCES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def printed_name(row):
    tally = f"{row['count_a']}/{row['n_a']}-{row['count_b']}/{row['n_b']}"
    return f"{row['method']} {tally}"


def r_name(row):
    tally = f"{row['count_to']}/{row['n_to']}-{row['count_from']}/{row['n_from']}"
    return f"{row['method']} {tally} {row['confidence_level']}"


@pytest.mark.parametrize("row", rows("newcombe_1998_difference.csv"), ids=printed_name)
def test_limits_are_the_printed_ones(row):
    a, n_a, b, n_b = (float(row[name]) for name in ("count_a", "n_a", "count_b", "n_b"))
    found = independent(b, n_b, a, n_a, method=row["method"])
    assert f"{found.low:.4f}" == row["low"]
    assert f"{found.high:.4f}" == row["high"]


@pytest.mark.parametrize("row", rows("differences.csv"), ids=r_name)
def test_limits_and_p_value_are_those_of_r(row):
    found = independent(
        *(float(row[name]) for name in ("count_from", "n_from", "count_to", "n_to")),
        method=row["method"],
        confidence_level=float(row["confidence_level"]),
    )
    # R's optimize leaves the restricted estimates with about eight digits.
    last_digit = 1e-6 if "uniroot" in row["source"] else 1e-9
    assert found.low == pytest.approx(float(row["low"]), rel=0, abs=last_digit)
    assert found.high == pytest.approx(float(row["high"]), rel=0, abs=last_digit)
    if row["p_value"]:
        assert found.p_value == pytest.approx(float(row["p_value"]), rel=1e-9)


def test_every_method_has_a_row_from_r():
    assert {row["method"] for row in rows("differences.csv")} == set(METHODS)


@pytest.mark.parametrize(
    ("method", "name"), [("newcombe", "newcomb"), ("agresti-caffo", "agresti-caffo")]
)
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_limits_are_those_of_statsmodels(method, name, earlier, later, level):
    found = compare(earlier, later, method, level)
    low, high = confint_proportions_2indep(*later, *earlier, method=name, alpha=1 - level)
    # Statsmodels does not cut Agresti and Caffo's limits.
    assert found.low == pytest.approx(max(low, -1), abs=1e-9)
    assert found.high == pytest.approx(min(high, 1), abs=1e-9)


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_interval_lies_inside_minus_1_and_1_and_is_never_a_point(method, earlier, later, level):
    found = compare(earlier, later, method, level)
    assert -1 <= found.low < found.high <= 1


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
@example(earlier=(0, 1), later=(1, 1), level=0.95)
@example(earlier=(0, 3000), later=(3000, 3000), level=0.95)
def test_contains_the_estimate(method, earlier, later, level):
    found = compare(earlier, later, method, level)
    assert found.estimate == later[0] / later[1] - earlier[0] / earlier[1]
    assert found.low <= found.estimate <= found.high


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_swapping_the_samples_turns_the_sign(method, earlier, later, level):
    forward = compare(earlier, later, method, level)
    backward = compare(later, earlier, method, level)
    assert backward.estimate == -forward.estimate
    assert backward.low == pytest.approx(-forward.high, abs=ROUNDING)
    assert backward.high == pytest.approx(-forward.low, abs=ROUNDING)
    assert backward.p_value == pytest.approx(forward.p_value, abs=1e-12)


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_counting_no_instead_of_yes_turns_the_sign(method, earlier, later, level):
    yes = compare(earlier, later, method, level)
    (x1, n1), (x2, n2) = earlier, later
    no = compare((n1 - x1, n1), (n2 - x2, n2), method, level)
    assert no.low == pytest.approx(-yes.high, abs=ROUNDING)
    assert no.high == pytest.approx(-yes.low, abs=ROUNDING)
    # A p-value this far from 1 takes the rounding of the shares with it.
    assert no.p_value == pytest.approx(yes.p_value, abs=1e-9)


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_interval_excludes_0_exactly_when_p_is_below_alpha(method, earlier, later, level):
    found = compare(earlier, later, method, level)
    assume(abs(found.p_value - (1 - level)) > 1e-9)
    assert (found.low > 0 or found.high < 0) == (found.p_value < 1 - level)


@every_method
@laws
@given(earlier=tallies(60), later=tallies(60))
def test_at_level_1_minus_p_the_interval_touches_0(method, earlier, later):
    p_value = compare(earlier, later, method).p_value
    # Nearer to 0 and 1, 1 - p has too few digits left.
    assume(1e-9 < p_value < 0.999)
    found = compare(earlier, later, method, 1 - p_value)
    assert min(abs(found.low), abs(found.high)) < 1e-6


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels, step=st.floats(0.01, 0.9))
def test_a_higher_level_is_wider(method, earlier, later, level, step):
    narrow = compare(earlier, later, method, level)
    wide = compare(earlier, later, method, level + (1 - level) * step)
    assert wide.low <= narrow.low
    assert wide.high >= narrow.high
    if (narrow.low, narrow.high) != (-1, 1):
        assert wide.high - wide.low > narrow.high - narrow.low


@every_method
@laws
@given(tally=tallies(), times=st.integers(1, 40))
def test_equal_shares_have_a_p_value_of_1(method, tally, times):
    # Agresti and Caffo pull a small sample's share further towards 1/2 than a large one's: at
    # different sizes equal shares are no longer equal, so the law holds at equal sizes only.
    times = 1 if method == "agresti-caffo" else times
    count, n = tally
    found = compare(tally, (times * count, times * n), method)
    assert found.p_value == 1
    assert found.low < 0 < found.high


def test_agresti_caffo_moves_equal_shares_of_unequal_samples_apart():
    # (20 + 1) / (100 + 2) - (1 + 1) / (5 + 2) is below 0 although both shares are 1/5.
    assert independent(1, 5, 20, 100, method="agresti-caffo").p_value < 1


@every_method
@laws
@given(pairs=st.lists(st.tuples(tallies(), tallies()), min_size=1, max_size=5), level=levels)
def test_arrays_give_what_scalars_give(method, pairs, level):
    alone = [compare(earlier, later, method, level) for earlier, later in pairs]
    x1, n1, x2, n2 = np.transpose([[*earlier, *later] for earlier, later in pairs])
    together = independent(x1, n1, x2, n2, method=method, confidence_level=level)
    for name in ("estimate", "low", "high", "p_value"):
        # NumPy's vector and scalar code may differ in the last bit, the arc cosine in more.
        apart = [getattr(found, name) for found in alone]
        assert getattr(together, name) == pytest.approx(apart, abs=ROUNDING)


@every_method
def test_counts_and_sizes_broadcast(method):
    found = independent([[1], [2]], 10, [3, 4, 5], 20, method=method)
    for name in ("estimate", "low", "high", "p_value"):
        assert getattr(found, name).shape == (2, 3)
    alone = independent(2, 10, 5, 20, method=method)
    assert found.low[1, 2] == pytest.approx(alone.low, abs=ROUNDING)


@every_method
def test_a_single_pair_gives_floats_and_remembers_how(method):
    found = independent(3, 10, 5, 20, method=method, confidence_level=0.9)
    for name in ("estimate", "low", "high", "p_value"):
        assert type(getattr(found, name)) is float
    assert (found.method, found.confidence_level) == (method, 0.9)


@st.composite
def effective_tallies(draw, least):
    n = draw(st.floats(least, 3000))
    return draw(st.sampled_from([0.0, 1.0]) | st.floats(0.001, 0.999)) * n, n


@every_method
@laws
@given(earlier=effective_tallies(1), later=effective_tallies(1), level=levels)
def test_effective_counts_give_an_interval_with_width(method, earlier, later, level):
    found = compare(earlier, later, method, level)
    assert -1 <= found.low < found.high <= 1
    assert 0 <= found.p_value <= 1


@every_method
@laws
@given(earlier=effective_tallies(0.01), later=effective_tallies(0.01), level=levels)
@example(earlier=(0.1, 0.3), later=(0.2, 0.3), level=0.95)
@example(earlier=(0.1, 0.5), later=(0.2, 0.5), level=0.95)
def test_samples_worth_less_than_one_respondent_have_a_wide_interval_or_are_refused(
    method, earlier, later, level
):
    # Miettinen and Nurminen's N / (N - 1) turns negative where both together are below 1.
    try:
        found = compare(earlier, later, method, level)
    except MethodError:
        return
    assert -1 <= found.low < found.high <= 1
    assert 0 <= found.p_value <= 1


@pytest.mark.parametrize("earlier", [0, 1])
@pytest.mark.parametrize("later", [0, 1])
def test_wald_refuses_two_shares_of_0_or_1(earlier, later):
    wanted = "wald has no interval where both proportions are 0 or 1; choose 'newcombe' or "
    with pytest.raises(MethodError, match=wanted):
        independent(10 * earlier, 10, 20 * later, 20, method="wald")


def test_an_unknown_method_is_refused_with_the_likely_one():
    wanted = "no difference method called 'newcomb'; did you mean 'newcombe'[?] choose one of "
    with pytest.raises(MethodError, match=wanted):
        independent(1, 10, 2, 10, method="newcomb")


@pytest.mark.parametrize("level", [95, 1, 0, float("nan")])
def test_a_level_outside_0_and_1_is_refused(level):
    with pytest.raises(MethodError, match=f"confidence_level is {level}; wanted .* as 0.95"):
        independent(1, 10, 2, 10, confidence_level=level)


@pytest.mark.parametrize(
    ("count", "n", "wanted"),
    [
        (0, 0, "n is 0; wanted at least one respondent"),
        (11, 10, "count is 11 of 10; wanted a count from 0 to n"),
        (-1, 10, "count is -1 of 10; wanted a count from 0 to n"),
        (float("nan"), 10, "a count or an n is not a finite number"),
    ],
)
def test_a_wrong_tally_is_refused_in_either_sample(count, n, wanted):
    with pytest.raises(MethodError, match=wanted):
        independent(count, n, 1, 10)
    with pytest.raises(MethodError, match=wanted):
        independent(1, 10, count, n)
