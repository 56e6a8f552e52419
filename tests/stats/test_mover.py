"""Intervals made of the waves' intervals against papers, R, other methods and algebra."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats import differences, odds, ratios
from surveylib.stats.intervals import design_proportion, proportion
from surveylib.stats.mover import (
    METHODS,
    contrast,
    designed,
    designed_odds_ratio,
    designed_ratio,
    difference,
    ratio,
    reach,
)

REFERENCES = Path(__file__).parent / "references"
INFINITE = math.inf

every_method = pytest.mark.parametrize("method", METHODS)
laws = settings(deadline=None, max_examples=40)
levels = st.floats(0.5, 0.999)
correlations = st.floats(-0.95, 0.95)


def rows():
    with (REFERENCES / "mover.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


SIDES = ("share", "n", "n_effective", "df")
WAVES = [f"{side}_{end}" for end in ("from", "to") for side in SIDES]


@st.composite
def tallies(draw, most=3000):
    """A whole count and its n; none and all are drawn often, because limits change rule there."""
    n = draw(st.integers(1, most))
    return draw(st.sampled_from([0, n]) | st.integers(0, n)), n


@st.composite
def samples(draw):
    """A share, its n, an effective n and degrees of freedom, as a design may have them."""
    n = draw(st.integers(2, 3000))
    share = draw(st.sampled_from([0.0, 1.0]) | st.floats(0.001, 0.999))
    return share, n, n / draw(st.floats(0.7, 5)), draw(st.integers(1, max(n - 1, 1)))


@st.composite
def enclosed(draw):
    """Limits and the estimate between them, at least 0."""
    low, estimate, high = sorted(draw(st.tuples(*[st.floats(0, 5)] * 3)))
    return estimate, low, high


@pytest.mark.parametrize("row", rows(), ids=lambda r: f"{r['method']} {r['share_to']} {r['df']}")
def test_limits_and_p_value_are_those_of_r(row):
    found = designed(
        *(float(row[name]) for name in WAVES),
        correlation=float(row["correlation"]),
        df=row["df"],
        method=row["method"],
        confidence_level=float(row["confidence_level"]),
    )
    for name in ("low", "high", "standard_error"):
        assert getattr(found, name) == pytest.approx(float(row[name]), rel=1e-8)
    # The uniroot of R works on the logarithm, to its 13th decimal.
    assert found.p_value == pytest.approx(float(row["p_value"]), rel=1e-8)
    assert found.df == pytest.approx(float(row["df_value"]))


def test_every_method_has_a_row_from_r():
    assert {row["method"] for row in rows()} == set(METHODS)


@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_simple_samples_have_newcombes_interval_to_the_last_digit(earlier, later, level):
    (x1, n1), (x2, n2) = earlier, later
    wanted = differences.independent(x1, n1, x2, n2, confidence_level=level)
    for df in ((INFINITE, INFINITE), (max(n1 - 1, 1), max(n2 - 1, 1))):
        found = designed(x1 / n1, n1, n1, df[0], x2 / n2, n2, n2, df[1], confidence_level=level)
        assume(n1 > 1 and n2 > 1)
        for name in ("estimate", "low", "high"):
            assert getattr(found, name) == getattr(wanted, name)
        assert found.p_value == pytest.approx(wanted.p_value, rel=1e-9, abs=1e-150)


@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_the_ratio_of_wilson_limits_is_the_ratio_method(earlier, later, level):
    (x1, n1), (x2, n2) = earlier, later
    assume(x1 + x2 > 0)
    wanted = ratios.independent(x1, n1, x2, n2, method="mover", confidence_level=level)
    first, second = (proportion(x, n, confidence_level=level) for x, n in (earlier, later))
    found = ratio(x1 / n1, first.low, first.high, x2 / n2, second.low, second.high)
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), rel=1e-9)


@laws
@given(first=enclosed(), second=enclosed(), r=correlations)
def test_a_ratio_is_where_the_difference_to_a_multiple_holds_0(first, second, r):
    if min(first[0], second[0], first[1]) <= 0.01:
        return  # its ratio may have no end
    found = ratio(*first, *second, correlation=r)
    for multiple, side in ((found.low, "low"), (found.high, "high")):
        change = difference(*(multiple * np.array(first)), *second, correlation=r)
        assert getattr(change, side) == pytest.approx(0, abs=1e-5 * (1 + multiple))


@laws
@given(first=enclosed(), second=enclosed(), r=correlations)
def test_swapping_the_waves_turns_the_difference_and_inverts_the_ratio(first, second, r):
    forward = difference(*first, *second, correlation=r)
    backward = difference(*second, *first, correlation=r)
    assert forward.low == pytest.approx(-backward.high, abs=1e-12)
    assert forward.estimate == -backward.estimate
    assume(first[0] > 0 or second[0] > 0)
    quotient = ratio(*first, *second, correlation=r)
    inverse = ratio(*second, *first, correlation=r)
    assert quotient.low == pytest.approx(
        1 / inverse.high if inverse.high else INFINITE, rel=1e-9, abs=1e-300
    )
    assert quotient.low >= 0
    assert quotient.low <= quotient.estimate * (1 + 1e-9)


@laws
@given(first=enclosed(), second=enclosed(), r=correlations, more=st.floats(0, 0.04))
def test_a_positive_correlation_narrows_a_difference(first, second, r, more):
    wide = difference(*first, *second, correlation=r)
    narrow = difference(*first, *second, correlation=r + more)
    assert wide.low <= narrow.low + 1e-12
    assert narrow.high <= wide.high + 1e-12
    assert narrow.low <= narrow.estimate <= narrow.high


def test_symmetric_limits_give_the_textbook_variance_of_a_difference():
    found = difference(2.0, 2 - 1.96 * 0.3, 2 + 1.96 * 0.3, 3.0, 3 - 1.96 * 0.4, 3 + 1.96 * 0.4)
    assert found.low == pytest.approx(1 - 1.96 * 0.5)
    half = 1.96 * math.sqrt(0.3**2 + 0.4**2 - 2 * 0.6 * 0.3 * 0.4)
    limits = (2 - 1.96 * 0.3, 2 + 1.96 * 0.3), (3 - 1.96 * 0.4, 3 + 1.96 * 0.4)
    found = difference(2.0, *limits[0], 3.0, *limits[1], correlation=0.6)
    assert (found.low, found.high) == pytest.approx((1 - half, 1 + half))


@laws
@given(first=enclosed(), second=enclosed(), r=correlations)
def test_the_contrast_of_two_waves_is_their_difference(first, second, r):
    wanted = difference(*first, *second, correlation=r)
    theta, low, high = np.transpose([first, second])
    found = contrast(theta, low, high, [-1, 1], correlation=[[1, r], [r, 1]])
    assert (found.low, found.high) == pytest.approx((wanted.low, wanted.high), abs=1e-7)


def test_a_contrast_of_symmetric_limits_has_the_variance_of_a_sum():
    spread = np.array([0.3, 0.4, 0.5])
    matrix = np.array([[1, 0.2, -0.1], [0.2, 1, 0.5], [-0.1, 0.5, 1]])
    c, theta = np.array([[1.0, -2.0, 1.0], [-0.5, 0.0, 0.5]]), np.array([1, 2, 4])
    found = contrast(theta, theta - spread, theta + spread, c, correlation=matrix)
    variance = np.einsum("ki,ij,kj->k", c * spread, matrix, c * spread)
    assert found.estimate == pytest.approx(c @ theta)
    assert found.high - found.estimate == pytest.approx(np.sqrt(variance))
    assert found.estimate - found.low == pytest.approx(np.sqrt(variance))


@every_method
@laws
@given(earlier=samples(), later=samples(), r=correlations, level=levels)
def test_p_and_interval_agree(method, earlier, later, r, level):
    found = designed(*earlier, *later, correlation=r, method=method, confidence_level=level)
    assert -1 <= found.low <= found.estimate <= found.high <= 1
    assert 0 <= found.p_value <= 1
    assume(abs(found.p_value - (1 - level)) > 1e-6)
    assert (found.low > 0 or found.high < 0) == (found.p_value < 1 - level)


@every_method
@laws
@given(earlier=samples(), later=samples(), r=st.floats(-0.9, 0.5))
def test_at_level_1_minus_p_the_interval_touches_0(method, earlier, later, r):
    p_value = designed(*earlier, *later, correlation=r, method=method).p_value
    if not 1e-9 < p_value < 0.999:
        return  # no level is that near to 0 or 1
    found = designed(*earlier, *later, correlation=r, method=method, confidence_level=1 - p_value)
    assert min(abs(found.low), abs(found.high)) < 1e-6


@every_method
@laws
@given(earlier=samples(), later=samples(), r=correlations, level=levels)
def test_swapping_the_waves_or_counting_no_turns_the_sign(method, earlier, later, r, level):
    def compare(first, second):
        return designed(*first, *second, correlation=r, method=method, confidence_level=level)

    found, back = compare(earlier, later), compare(later, earlier)
    no = compare((1 - earlier[0], *earlier[1:]), (1 - later[0], *later[1:]))
    for other in (back, no):
        assert other.low == pytest.approx(-found.high, abs=1e-9)
        assert other.high == pytest.approx(-found.low, abs=1e-9)
        assert other.p_value == pytest.approx(found.p_value, abs=1e-6)


@every_method
@laws
@given(earlier=samples(), later=samples(), level=levels, step=st.floats(0.01, 0.9), r=correlations)
def test_a_higher_level_holds_a_lower_one(method, earlier, later, level, step, r):
    narrow, wide = (
        designed(*earlier, *later, correlation=r, method=method, confidence_level=at)
        for at in (level, level + (1 - level) * step)
    )
    # Where a correlation turns limits back they are looked at in steps.
    assert wide.low <= narrow.low + 0.01
    assert wide.high >= narrow.high - 0.01


@laws
@given(later=samples(), earlier=samples(), level=levels)
def test_fewer_degrees_of_freedom_are_never_narrower(earlier, later, level):
    few, many = (designed(*earlier, *later, df=df, confidence_level=level) for df in (3, 30))
    assert few.low <= many.low
    assert few.high >= many.high
    assert few.p_value >= many.p_value


def test_each_wave_s_limits_are_those_of_its_own_design():
    # A later wave that is known without error leaves the limits of the earlier one.
    alone = design_proportion(0.3, 200, n_effective=120, df=INFINITE)
    found = designed(0.3, 200, 120, INFINITE, 1.0, 10**9, 1, INFINITE)
    assert 1 - found.high == pytest.approx(alone.low, abs=1e-6)
    assert 1 - found.low == pytest.approx(alone.high, abs=1e-6)


RATIOS = ((designed_ratio, ratios.independent), (designed_odds_ratio, odds.independent))


def fits(function, first, second):
    """Leaves out 0 / 0, and the odds of 0 against those of 1."""
    assume(first > 0 or second > 0)
    assume(function is designed_ratio or 0 < first < 1 or 0 < second < 1)


@pytest.mark.parametrize(("function", "textbook"), RATIOS)
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_ratios_of_simple_samples_are_those_of_the_textbook(
    function, textbook, earlier, later, level
):
    (x1, n1), (x2, n2) = earlier, later
    fits(function, x1 / n1, x2 / n2)
    wanted = textbook(x1, n1, x2, n2, method="mover", confidence_level=level)
    found = function(x1 / n1, n1, n1, INFINITE, x2 / n2, n2, n2, INFINITE, confidence_level=level)
    for name in ("estimate", "low", "high", "p_value"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name), rel=1e-8, abs=1e-150)


@every_method
@pytest.mark.parametrize("function", [pair[0] for pair in RATIOS])
@laws
@given(earlier=samples(), later=samples(), r=correlations, level=levels)
def test_p_and_interval_of_a_ratio_agree(method, function, earlier, later, r, level):
    fits(function, earlier[0], later[0])
    found = function(*earlier, *later, correlation=r, method=method, confidence_level=level)
    assert 0 <= found.low <= found.estimate * (1 + 1e-9)
    assert found.estimate <= found.high * (1 + 1e-9)
    assert found.high > found.low
    assume(abs(found.p_value - (1 - level)) > 1e-6)
    assert (found.low > 1 or found.high < 1) == (found.p_value < 1 - level)


@pytest.mark.parametrize("function", [pair[0] for pair in RATIOS])
@laws
@given(earlier=samples(), later=samples(), r=correlations)
def test_swapping_the_waves_inverts_a_ratio_of_designs(function, earlier, later, r):
    fits(function, earlier[0], later[0])
    found = function(*earlier, *later, correlation=r)
    back = function(*later, *earlier, correlation=r)
    assert found.low == pytest.approx(1 / back.high if back.high else INFINITE, rel=1e-8)
    assert found.p_value == pytest.approx(back.p_value, abs=1e-9)


def test_ratios_that_do_not_exist_are_refused():
    nobody, everybody = (0, 9, 9, 8), (1, 9, 9, 8)
    with pytest.raises(NotEstimableError, match="both shares are 0: 0 / 0 is no ratio"):
        designed_ratio(*nobody, *nobody)
    for share in (nobody, everybody):
        with pytest.raises(NotEstimableError, match=f"both shares are {share[0]}: the odds ratio"):
            designed_odds_ratio(*share, *share)
    with pytest.raises(MethodError, match="one share is 0 and the other 1: their odds ratio has"):
        designed_odds_ratio(*nobody, *everybody)


def test_large_samples_have_the_interval_of_t_and_the_standard_error():
    found = designed(0.3, 10**6, 4e5, 20, 0.5, 10**6, 5e5, 21)
    half = 2.0195409704413767 * found.standard_error  # t with 41 degrees of freedom at 0.975
    assert found.high - found.estimate == pytest.approx(half, rel=1e-3)


def test_satterthwaite_lies_between_the_smaller_df_and_the_sum():
    few = designed(0.3, 400, 100, 5, 0.4, 400, 390, 60, df="satterthwaite").df
    assert 5 < few < 65
    # Equal variances: 4 / (1/10 + 1/10); no variance at all: the sum.
    assert designed(0.3, 100, 50, 10, 0.7, 100, 50, 10, df="satterthwaite").df == pytest.approx(20)
    assert designed(0, 100, 50, 10, 1, 100, 50, 10, df="satterthwaite").df == 20
    simple = designed(0.3, 9, 9, INFINITE, 0.4, 9, 9, INFINITE, df="satterthwaite")
    assert simple.df == INFINITE


@every_method
def test_thousands_of_changes_at_once_are_those_of_one(method):
    generator = np.random.default_rng(7)
    n = generator.integers(2, 900, (2, 300))
    share = generator.integers(0, n + 1) / n
    size, df = n / generator.uniform(0.8, 4, n.shape), generator.integers(1, 60, n.shape)
    first, second = zip(share, n, size, df, strict=True)
    found = designed(*first, *second, correlation=0.2, method=method)
    for place in range(0, 300, 23):
        one = [part[place] for part in (*first, *second)]
        alone = designed(*one, correlation=0.2, method=method)
        for name in ("estimate", "low", "high", "p_value", "standard_error", "df"):
            assert getattr(found, name)[place] == pytest.approx(getattr(alone, name), rel=1e-9)
            assert type(getattr(alone, name)) is float
    assert alone.method == method


def test_reach_gives_the_p_value_of_a_wald_interval():
    found = reach(
        lambda q: (np.array([0.3, -0.2]) - q * 0.1, np.array([0.3, -0.2]) + q * 0.1),
        np.array([0.3, -0.2]),
        farthest=np.array([40.0, 40.0]),
    )
    assert found == pytest.approx([3, 2])


@pytest.mark.parametrize("triple", [(0.5, 0.6, 0.7), (0.5, 0.4, math.inf), (math.nan, 0, 1)])
def test_limits_that_do_not_hold_their_estimate_are_refused(triple):
    wanted = "an estimate is .* and its limits are .*; wanted finite limits with the estimate"
    for function in (difference, ratio):
        with pytest.raises(MethodError, match=wanted):
            function(*triple, 0.5, 0.4, 0.6)
    with pytest.raises(MethodError, match=wanted):
        contrast(*([part, 1] for part in triple), [1, -1])


def test_wrong_numbers_are_refused():
    fine = (0.5, 0.4, 0.6)
    with pytest.raises(MethodError, match=r"correlation is 1\.5; wanted a number from -1 to 1"):
        difference(*fine, *fine, correlation=1.5)
    with pytest.raises(MethodError, match="a lower limit is below 0; wanted numbers of at least 0"):
        ratio(0.1, -0.1, 0.2, *fine)
    with pytest.raises(NotEstimableError, match="the ratio of 0 to 0 does not exist; compare by"):
        ratio(0, 0, 0.1, 0, 0, 0.1)
    with pytest.raises(MethodError, match=r"shapes are .*; wanted shapes that fit each other"):
        difference([0.5, 0.5], 0.4, 0.6, [0.5] * 3, 0.4, 0.6)
    with pytest.raises(MethodError, match="no design difference method called 'wald'; choose one"):
        designed(0.3, 9, 9, 8, 0.4, 9, 9, 8, method="wald")
    with pytest.raises(MethodError, match="no degrees of freedom method called 'welch'; choose"):
        designed(0.3, 9, 9, 8, 0.4, 9, 9, 8, df="welch")
    with pytest.raises(MethodError, match=r"df is 0\.5; wanted at least 1, or infinity"):
        designed(0.3, 9, 9, 8, 0.4, 9, 9, 8, df=0.5)
    with pytest.raises(MethodError, match="n_effective is nan; wanted p"):
        designed(0.3, 9, math.nan, 8, 0.4, 9, 9, 8)
    with pytest.raises(MethodError, match="confidence_level is 95; wanted"):
        designed(0.3, 9, 9, 8, 0.4, 9, 9, 8, confidence_level=95)


@pytest.mark.parametrize(
    ("matrix", "wanted"),
    [
        (np.eye(2), r"correlation has the shape \(2, 2\); wanted \(3, 3\)"),
        (np.ones((3, 3)) - np.triu(np.ones((3, 3)), 1), "is not a matrix of correlations"),
        (np.eye(3) / 2, "is not a matrix of correlations"),
        ([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]], "no negative eigenvalue"),
    ],
)
def test_a_matrix_that_is_not_one_of_correlations_is_refused(matrix, wanted):
    with pytest.raises(MethodError, match=wanted):
        contrast([1, 2, 3], [0, 1, 2], [2, 3, 4], [1, -2, 1], correlation=matrix)


def test_coefficients_and_shapes_of_a_contrast_are_checked():
    with pytest.raises(MethodError, match=r"coefficients is .*nan.*; wanted a finite number for"):
        contrast([1, 2], [0, 1], [2, 3], [1, math.nan])
    with pytest.raises(MethodError, match="wanted shapes that fit each other, waves last"):
        contrast([1, 2], [0, 1], [2, 3], [1, -2, 1])
