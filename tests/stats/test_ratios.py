"""Ratios of two proportions against papers, R and algebra."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.ratios import METHODS, independent, percent_change

REFERENCES = Path(__file__).parent / "references"

every_method = pytest.mark.parametrize("method", METHODS)
laws = settings(deadline=None, max_examples=40)
levels = st.floats(0.5, 0.999)


@st.composite
def tallies(draw, most=3000):
    """A whole count and its n; none and all are drawn often, because limits change rule there."""
    n = draw(st.integers(1, most))
    return draw(st.sampled_from([0, n]) | st.integers(0, n)), n


def compare(earlier, later, method, level=0.95):
    """Compare; leaves out what is refused, for which there are tests of their own."""
    (x1, n1), (x2, n2) = earlier, later
    assume(x1 > 0 or x2 > 0)
    assume(method != "katz" or (x1 > 0 and x2 > 0 and (x1 < n1 or x2 < n2)))
    return independent(x1, n1, x2, n2, method=method, confidence_level=level)


def rows(name):
    with (REFERENCES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def named(row):
    tally = f"{row['count_to']}/{row['n_to']}-{row['count_from']}/{row['n_from']}"
    return f"{row['method']} {tally} {row.get('confidence_level', '')}"


def found_for(row):
    numbers = (float(row[name]) for name in ("count_from", "n_from", "count_to", "n_to"))
    level = float(row.get("confidence_level", 0.95))
    return independent(*numbers, method=row["method"], confidence_level=level)


def printed(number, like):
    """A number with as many decimals as a printed one."""
    return f"{number:.{len(like.partition('.')[2])}f}"


@pytest.mark.parametrize(
    "row", [r for r in rows("ratios_published.csv") if r["measure"] == "ratio"], ids=named
)
def test_limits_are_the_printed_ones(row):
    found = found_for(row)
    assert printed(found.low, row["low"]) == row["low"]
    assert printed(found.high, row["high"]) == row["high"]


@pytest.mark.parametrize("row", rows("ratios.csv"), ids=named)
def test_limits_and_p_value_are_those_of_r(row):
    found = found_for(row)
    # R's optimize leaves the restricted estimates with about eight digits.
    digits = 1e-6 if "uniroot" in row["source"] else 1e-8
    assert found.low == pytest.approx(float(row["low"]), rel=digits, abs=0)
    assert found.high == pytest.approx(float(row["high"]), rel=digits, abs=0)
    if row["p_value"]:
        assert found.p_value == pytest.approx(float(row["p_value"]), rel=1e-8)


def test_every_method_has_a_row_from_r():
    assert {row["method"] for row in rows("ratios.csv")} == set(METHODS)


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_contains_the_estimate_and_is_never_a_point(method, earlier, later, level):
    found = compare(earlier, later, method, level)
    assert 0 <= found.low < found.high
    assert found.low * (1 - 1e-12) <= found.estimate <= found.high * (1 + 1e-12)


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_swapping_the_samples_inverts_the_ratio(method, earlier, later, level):
    forward = compare(earlier, later, method, level)
    backward = compare(later, earlier, method, level)
    for ours, theirs in ((forward.low, backward.high), (forward.high, backward.low)):
        inverse = math.inf if theirs == 0 else 1 / theirs
        assert ours == pytest.approx(inverse, rel=1e-9)
    assert forward.p_value == pytest.approx(backward.p_value, abs=1e-12)


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels)
def test_interval_excludes_1_exactly_when_p_is_below_alpha(method, earlier, later, level):
    found = compare(earlier, later, method, level)
    # Nearer to the border the rounding of limits decides.
    assume(abs(found.p_value - (1 - level)) > 1e-6)
    assert (found.low > 1 or found.high < 1) == (found.p_value < 1 - level)


@every_method
@laws
@given(earlier=tallies(), later=tallies(), level=levels, step=st.floats(0.01, 0.9))
def test_a_higher_level_is_wider(method, earlier, later, level, step):
    narrow = compare(earlier, later, method, level)
    wide = compare(earlier, later, method, level + (1 - level) * step)
    assert wide.low <= narrow.low
    assert wide.high >= narrow.high


@every_method
@laws
@given(tally=tallies(), times=st.integers(1, 40))
def test_equal_shares_have_a_p_value_of_1(method, tally, times):
    count, n = tally
    found = compare(tally, (times * count, times * n), method)
    assert found.p_value == 1
    assert found.low < 1 < found.high


@pytest.mark.parametrize("method", sorted(set(METHODS) - {"katz"}))
@laws
@given(later=tallies(), n=st.integers(1, 3000))
def test_nobody_in_the_earlier_sample_leaves_the_ratio_without_an_end(method, later, n):
    found = compare((0, n), later, method)
    assert found.estimate == found.high == math.inf
    assert 0 < found.low < math.inf


@every_method
def test_arrays_broadcast_and_give_what_scalars_give(method):
    found = independent([[1], [2]], 10, [3, 4, 5], 20, method=method)
    alone = independent(2, 10, 5, 20, method=method)
    for name in ("estimate", "low", "high", "p_value"):
        assert getattr(found, name).shape == (2, 3)
        assert getattr(found, name)[1, 2] == pytest.approx(getattr(alone, name), rel=1e-12)
        assert type(getattr(alone, name)) is float
    assert (alone.method, alone.confidence_level) == (method, 0.95)


@every_method
@laws
@given(n=st.floats(0.5, 3000), share=st.floats(0.001, 0.999), other=st.floats(0.001, 0.999))
def test_effective_counts_give_an_interval_with_width(method, n, share, other):
    found = independent(share * n, n, other * 50.5, 50.5, method=method)
    assert 0 <= found.low < found.high
    assert 0 <= found.p_value <= 1


def test_a_percent_change_is_the_ratio_minus_1_in_percent():
    change = percent_change(independent(20, 100, 25, 100, method="katz"))
    assert change.estimate == pytest.approx(25)
    assert change.low < 0 < change.high
    fall = percent_change(independent(20, 100, 0, 100))
    assert (fall.estimate, fall.low) == (-100, -100)
    assert percent_change(independent(0, 100, 20, 100)).high == math.inf


@every_method
def test_nobody_in_both_samples_is_no_ratio(method):
    wanted = "0 of 20 over 0 of 10 is no ratio: nobody gave the answer; compare by a difference"
    with pytest.raises(NotEstimableError, match=wanted):
        independent([1, 0], 10, [1, 0], 20, method=method)


@pytest.mark.parametrize("tally", [(0, 10, 3, 20), (3, 10, 0, 20), (10, 10, 20, 20)])
def test_katz_refuses_where_it_has_no_interval(tally):
    wanted = "katz has no interval where a count is 0, or .* choose 'koopman' or"
    with pytest.raises(MethodError, match=wanted):
        independent(*tally, method="katz")


def test_an_unknown_method_is_refused_with_the_likely_one():
    with pytest.raises(MethodError, match=r"no ratio method called 'koopmann'; .* 'koopman'[?]"):
        independent(1, 10, 2, 10, method="koopmann")


def test_wrong_numbers_are_refused():
    with pytest.raises(MethodError, match="count is 11 of 10; wanted a count from 0 to n"):
        independent(11, 10, 2, 10)
    with pytest.raises(MethodError, match="confidence_level is 95; wanted"):
        independent(1, 10, 2, 10, confidence_level=95)


def test_large_samples_with_nearly_everybody_keep_their_digits():
    # With p close to 1, the ratio minus 1 is minus the ratio of the others' counts to n.
    found = independent(10**6, 10**6, 10**6 - 1, 10**6)
    z2 = 1.959963984540054**2
    others = (2 + z2 + z2**0.5 * (z2 + 4) ** 0.5) / 2
    assert 1 - found.low == pytest.approx(others / 10**6, rel=1e-5)
    assert np.isfinite(found.high)
