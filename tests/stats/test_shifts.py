"""Shifts between two waves of banded counts, against R survey and what numbers can be."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.banded import simple_sample
from surveylib.stats.shifts import cumulative, dominance, mean_change

REFERENCES = Path(__file__).parent / "references" / "ordered.csv"
CLOSE = 1e-9
LOWS, HIGHS = [1, 201, 401, 601, 1001], [200, 400, 600, 1000, np.inf]
CUTS = [200, 400, 600, 1000]

laws = settings(deadline=None, max_examples=50)


def reference(figure):
    """The values of a figure of the two waves as R has them."""
    with REFERENCES.open(encoding="utf-8", newline="") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if (row["case"], row["figure"]) == ("awards", figure)
        ]
    width = 1 + max(int(row["column"]) for row in rows)
    return np.array([float(row["value"]) for row in rows]).reshape(-1, width)


def two_waves():
    """Shares of both waves, their covariances, and the one between them."""
    before, after = reference("share")
    all_of_them = reference("covariance")
    return before, after, all_of_them[:5, :5], all_of_them[5:, 5:], all_of_them[:5, 5:]


def shifted(before, after, **more):
    """Dominance of two simple samples at every cut of their bands."""
    known = [simple_sample(counts) for counts in (before, after)]
    steps = np.tri(len(before) - 1, len(before))
    return dominance(
        steps @ known[0].estimate,
        steps @ known[1].estimate,
        covariance_from=steps @ known[0].covariance @ steps.T,
        covariance_to=steps @ known[1].covariance @ steps.T,
        **more,
    )


def test_z_and_p_values_are_those_of_r_for_waves_that_share_units():
    before, after, first, second, between = two_waves()
    earlier = cumulative(CUTS, LOWS, HIGHS, before, covariance=first)
    later = cumulative(CUTS, LOWS, HIGHS, after, covariance=second)
    steps = np.tri(4, 5)
    found = dominance(
        earlier.estimate,
        later.estimate,
        covariance_from=earlier.covariance,
        covariance_to=later.covariance,
        between=steps @ between @ steps.T,
        df=197,
    )
    np.testing.assert_allclose(found.z, reference("z").ravel(), rtol=CLOSE)
    np.testing.assert_allclose(found.p_values, reference("p").ravel(), rtol=CLOSE)
    np.testing.assert_allclose(found.holm, reference("holm").ravel(), rtol=CLOSE)
    assert found.verdict == "shifted down"
    assert found.strict_p_value == pytest.approx(reference("p").max(), rel=CLOSE)
    assert not found.strict


def test_bounds_of_a_change_of_a_mean_are_those_of_r():
    before, after, first, second, between = two_waves()
    found = mean_change(
        LOWS,
        HIGHS,
        before,
        after,
        covariance_from=first,
        covariance_to=second,
        between=between,
        cap=5000,
    )
    for figure, got in (("free", found.free), ("same", found.same_means)):
        (low, low_error), (high, high_error) = reference(f"mean_change_{figure}")
        assert got.low == pytest.approx(low, rel=CLOSE)
        assert got.high == pytest.approx(high, rel=CLOSE)
        assert got.low_standard_error == pytest.approx(low_error, rel=CLOSE)
        assert got.high_standard_error == pytest.approx(high_error, rel=CLOSE)


def test_every_verdict_can_be_reached():
    assert shifted([60, 30, 10], [35, 45, 20]).verdict == "shifted up"
    assert shifted([35, 45, 20], [60, 30, 10]).verdict == "shifted down"
    assert shifted([60, 80, 60], [20, 160, 20]).verdict == "crosses"
    assert shifted([60, 80, 60], [58, 81, 61]).verdict == "not shown"


def test_one_cut_the_other_way_takes_a_claim_back():
    # Far more people above the first cut, and two fewer above the second.
    assert shifted([60, 30, 10], [30, 62, 8]).verdict == "not shown"


def test_a_shift_at_every_cut_needs_the_largest_p_value():
    weak, strong = shifted([60, 30, 10], [40, 47, 13]), shifted([60, 30, 10], [30, 30, 40])
    assert weak.verdict == strong.verdict == "shifted up"
    assert (weak.strict, strong.strict) == (False, True)
    assert strong.strict_p_value == strong.p_values.max()


def test_a_cut_that_nobody_is_above_costs_nothing():
    found, without = shifted([60, 40, 0], [40, 60, 0]), shifted([60, 40], [40, 60])
    assert found.z[1] == 0
    np.testing.assert_array_equal(found.holm, [*without.holm, 1.0])
    assert found.verdict == without.verdict == "shifted up"
    assert found.strict_p_value == 1.0


def test_few_degrees_of_freedom_make_p_values_larger():
    p = shifted([60, 30, 10], [35, 45, 20], df=4).p_values
    assert (p > shifted([60, 30, 10], [35, 45, 20]).p_values).all()


def test_a_difference_without_any_variance_is_not_a_certainty():
    with pytest.raises(NotEstimableError, match="cut 1 has a difference and no variance"):
        shifted([10, 0], [0, 10])


@laws
@given(
    st.lists(st.tuples(st.integers(1, 60), st.integers(1, 60)), min_size=2, max_size=6),
)
def test_exchanging_the_waves_mirrors_the_verdict(pairs):
    before, after = zip(*pairs, strict=True)
    there, back = shifted(before, after), shifted(after, before)
    np.testing.assert_allclose(there.z, -back.z, atol=1e-12)
    mirror = {"shifted up": "shifted down", "shifted down": "shifted up"}
    assert back.verdict == mirror.get(there.verdict, there.verdict)
    assert back.strict_p_value == pytest.approx(there.strict_p_value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cumulative_to": [0.2]}, "2 and 1 cuts; wanted the same cuts in both"),
        ({"cumulative_to": [0.5, 0.2]}, "cumulative shares fall"),
        ({"cumulative_to": [0.5, 1.2]}, r"leave \[0, 1\]"),
        ({"cumulative_to": 0.5}, "wanted one for each of some cuts"),
        ({"covariance_to": np.eye(3)}, "covariance_to of .* wanted 2 by 2"),
        ({"between": np.eye(3)}, "between of .* wanted 2 by 2"),
        ({"alpha": 5}, "alpha is 5"),
        ({"df": 0}, "df is 0"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    right = {
        "cumulative_from": [0.2, 0.6],
        "cumulative_to": [0.3, 0.7],
        "covariance_from": np.eye(2) / 100,
        "covariance_to": np.eye(2) / 100,
    }
    with pytest.raises(MethodError, match=message):
        dominance(**{**right, **change})


def test_a_cut_inside_a_band_is_refused():
    known = simple_sample([1, 1])
    with pytest.raises(MethodError, match="the cut at 5 is inside the band 1 to 10"):
        cumulative([0, 5], [1, 11], [10, np.inf], known.estimate, covariance=known.covariance)


def changed(before, after, highs, **more):
    known = [simple_sample(counts) for counts in (before, after)]
    return mean_change(
        [1, 11, 21],
        highs,
        known[0].estimate,
        known[1].estimate,
        covariance_from=known[0].covariance,
        covariance_to=known[1].covariance,
        **more,
    )


def test_without_a_cap_a_change_is_limited_only_where_the_band_without_an_end_does_not_matter():
    highs = [10, 20, np.inf]
    more, fewer = changed([5, 3, 2], [5, 2, 3], highs), changed([5, 2, 3], [5, 3, 2], highs)
    assert (more.free.low, more.free.high) == (-np.inf, np.inf)
    assert (more.same_means.low, more.same_means.high) == (pytest.approx(0.1), np.inf)
    assert (fewer.same_means.low, fewer.same_means.high) == (-np.inf, pytest.approx(-0.1))
    # The same share as before in the last band, off by the rounding of a sum.
    assert 0.1 + 0.2 != 0.3
    same = changed([0.4, 0.3, 0.3], [0.3, 0.4, 0.1 + 0.2], highs).same_means
    assert (same.low, same.high) == (pytest.approx(0.1), pytest.approx(1.9))


@laws
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=20),
    st.lists(st.integers(1, 30), min_size=1, max_size=20),
)
def test_bounds_contain_the_change_of_the_numbers_that_were_banded(before, after):
    counts = [
        [sum(low <= x <= low + 9 for x in numbers) for low in (1, 11, 21)]
        for numbers in (before, after)
    ]
    found = changed(*counts, [10, 20, 30])
    truth = np.mean(after) - np.mean(before)
    assert found.free.low - 1e-9 <= truth <= found.free.high + 1e-9
    assert found.free.low - 1e-9 <= found.same_means.low
    assert found.same_means.high <= found.free.high + 1e-9
    # Everybody in the middle of their band: the same means, whatever they are.
    middles = np.array([5.5, 15.5, 25.5])
    even = middles @ (np.divide(counts[1], len(after)) - np.divide(counts[0], len(before)))
    assert found.same_means.low - 1e-9 <= even <= found.same_means.high + 1e-9
