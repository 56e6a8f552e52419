"""The smallest changes of many pairs at once: R, and the planning of one pair."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.detecting import detectable_changes
from surveylib.stats.planning import detectable

REFERENCES = Path(__file__).parent / "references"
laws = settings(deadline=None, max_examples=50)
shares = st.floats(0.02, 0.98)
sizes = st.integers(20, 5000)


def rows(what):
    with (REFERENCES / "planning.csv").open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["what"] == what]
    names = ("share_from", "n", "power", "value")
    return [{name: float(row[name]) for name in names} for row in found]


@pytest.mark.parametrize(("what", "place"), [("up", 0), ("down", 1)])
def test_the_smallest_change_is_that_of_power_prop_test(what, place):
    known = rows(what)
    assert len(known) > 5
    for power in {row["power"] for row in known}:
        some = [row for row in known if row["power"] == power]
        share, n, value = ([row[name] for row in some] for name in ("share_from", "n", "value"))
        found = detectable_changes(share, n, n, power=power)[place]
        assert found.tolist() == pytest.approx(value, rel=1e-6)


@given(share=shares, n_from=sizes, n_to=sizes, power=st.floats(0.6, 0.95))
@laws
def test_it_is_the_planning_of_one_pair(share, n_from, n_to, power):
    up, down = detectable_changes(share, n_from, n_to, power=power)
    try:
        planned = detectable(share, n_from, n_to, power=power)
    except NotEstimableError:
        assert np.isnan(up)
        assert np.isnan(down)
        return
    for found, wanted in ((up, planned.up), (down, planned.down)):
        if wanted is None:
            assert np.isnan(found)
        else:
            assert float(found) == pytest.approx(wanted, rel=1e-6)


@given(share=shares, n_from=sizes, n_to=sizes, correlation=st.floats(-0.5, 0.9))
@laws
def test_counting_no_instead_of_yes_turns_rises_into_falls(share, n_from, n_to, correlation):
    up, down = detectable_changes(share, n_from, n_to, correlation=correlation)
    other_up, other_down = detectable_changes(1 - share, n_from, n_to, correlation=correlation)
    for one, other in ((up, other_down), (down, other_up)):
        if np.isnan(one):
            assert np.isnan(other)
        else:
            assert float(one) == pytest.approx(-float(other), rel=1e-6, abs=1e-9)


@given(share=shares, n=sizes)
@laws
def test_estimates_that_move_together_show_smaller_changes(share, n):
    apart = detectable_changes(share, n, n)
    together = detectable_changes(share, n, n, correlation=0.6)
    for one, other in zip(apart, together, strict=True):
        if not np.isnan(one):
            assert abs(other) < abs(one)


@given(share=shares, n=sizes, level=st.sampled_from([0.8, 0.9, 0.99]))
@laws
def test_a_higher_level_or_power_needs_a_larger_change(share, n, level):
    for plain, more in (
        (
            detectable_changes(share, n, n, confidence_level=level),
            detectable_changes(share, n, n, confidence_level=level + 0.005),
        ),
        (detectable_changes(share, n, n, power=0.7), detectable_changes(share, n, n, power=0.8)),
    ):
        for one, other in zip(plain, more, strict=True):
            if not np.isnan(other):
                assert abs(other) > abs(one)


def test_shares_at_an_end_change_one_way_only():
    up, down = detectable_changes([0.0, 1.0], [200, 200], [200, 200])
    assert np.isnan(up).tolist() == [False, True]
    assert np.isnan(down).tolist() == [True, False]
    assert up[0] == pytest.approx(-down[1])


def test_samples_too_small_for_any_change_have_none():
    up, down = detectable_changes(0.5, 3, 3)
    assert np.isnan(up)
    assert np.isnan(down)


def test_pairs_broadcast():
    up, _ = detectable_changes([[0.2], [0.4]], [100, 200, 400], 300)
    assert up.shape == (2, 3)
    assert up[1, 2] == pytest.approx(float(detectable_changes(0.4, 400, 300)[0]))


@pytest.mark.parametrize("power", [0.5, 0.2, 1, 1.5])
def test_a_power_outside_its_range_is_refused(power):
    with pytest.raises(MethodError, match=r"power is .*above 0\.5 and below 1"):
        detectable_changes(0.5, 100, 100, power=power)


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_outside_its_range_is_refused(level):
    with pytest.raises(MethodError, match="confidence_level is"):
        detectable_changes(0.5, 100, 100, confidence_level=level)
