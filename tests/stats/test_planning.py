"""Sample sizes and changes that can be seen, against R and algebra."""

import csv
import math
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.planning import detectable, power, sample_size

REFERENCES = Path(__file__).parent / "references"
laws = settings(deadline=None, max_examples=40)
shares = st.floats(0.02, 0.98)


def rows(*what):
    with (REFERENCES / "planning.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["what"] in what]


def number(row, name):
    return float(row[name])


def named(row):
    return "-".join(row[name] for name in ("share_from", "share_to", "n", "power"))


@pytest.mark.parametrize("row", rows("sample_size"), ids=named)
def test_the_size_of_two_equal_waves_is_that_of_r(row):
    plan = sample_size(
        number(row, "share_from"),
        number(row, "share_to"),
        power=number(row, "power"),
        confidence_level=number(row, "confidence_level"),
    )
    assert plan.exact == pytest.approx(number(row, "value"), rel=1e-6)
    assert plan.respondents == plan.n_from == plan.invited == math.ceil(plan.exact)


@pytest.mark.parametrize("row", rows("power"), ids=named)
def test_power_is_that_of_r(row):
    n, level = number(row, "n"), number(row, "confidence_level")
    found = power(number(row, "share_from"), number(row, "share_to"), n, n, confidence_level=level)
    assert found == pytest.approx(number(row, "value"), rel=1e-9)


@pytest.mark.parametrize("row", rows("up", "down"), ids=named)
def test_the_smallest_change_is_that_of_r(row):
    n = number(row, "n")
    found = detectable(number(row, "share_from"), n, n, power=number(row, "power"))
    assert getattr(found, row["what"]) == pytest.approx(number(row, "value"), rel=1e-6)


@pytest.mark.parametrize("row", rows("later_wave"), ids=named)
def test_the_size_of_a_later_wave_solves_the_condition(row):
    plan = sample_size(
        number(row, "share_from"), number(row, "share_to"), n_from=int(number(row, "n"))
    )
    assert plan.exact == pytest.approx(number(row, "value"), rel=1e-6)


@laws
@given(p1=shares, p2=shares, wanted=st.floats(0.55, 0.99), level=st.floats(0.5, 0.99))
def test_a_sample_of_the_size_has_the_power(p1, p2, wanted, level):
    assume(abs(p1 - p2) > 0.01)
    plan = sample_size(p1, p2, power=wanted, confidence_level=level)
    n = max(plan.exact, 1)
    found = power(p1, p2, n, n, confidence_level=level)
    assert found == pytest.approx(wanted, rel=1e-9) or plan.exact < 1
    assert power(p1, p2, plan.respondents, plan.respondents, confidence_level=level) >= wanted


@laws
@given(
    p1=shares,
    p2=shares,
    n_from=st.integers(20, 5000),
    overlap=st.floats(0, 1),
    r=st.floats(-0.3, 0.6),
    effect=st.floats(0.8, 3),
)
def test_a_later_wave_of_the_size_has_the_power_and_a_smaller_one_has_not(
    p1, p2, n_from, overlap, r, effect
):
    assume(abs(p1 - p2) > 0.01)
    taken = {"overlap": overlap, "correlation": r, "design_effect": effect}
    try:
        plan = sample_size(p1, p2, n_from=n_from, **taken)
    except NotEstimableError:
        assert power(p1, p2, n_from, 10**12, **taken) < 0.8
        return
    assume(plan.exact > 2)
    assert power(p1, p2, n_from, plan.exact, **taken) == pytest.approx(0.8, abs=1e-5)
    assert power(p1, p2, n_from, plan.exact * 0.99, **taken) < 0.8


@laws
@given(share=shares, n_from=st.integers(30, 5000), n_to=st.integers(30, 5000))
def test_the_smallest_change_has_the_power_and_lies_inside(share, n_from, n_to):
    found = detectable(share, n_from, n_to)
    for change, end in ((found.up, 1), (found.down, 0)):
        if change is None:
            assert power(share, end, n_from, n_to) < 0.8
        else:
            assert 0 <= share + change <= 1
            assert power(share, share + change, n_from, n_to) == pytest.approx(0.8, abs=1e-6)


@laws
@given(share=shares, n_from=st.integers(30, 5000), n_to=st.integers(30, 5000))
def test_counting_no_instead_of_yes_swaps_up_and_down(share, n_from, n_to):
    yes, no = detectable(share, n_from, n_to), detectable(1 - share, n_from, n_to)
    for ours, theirs in ((yes.up, no.down), (yes.down, no.up)):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            assert ours == pytest.approx(-theirs, abs=1e-9)


def test_a_rise_and_a_fall_differ_near_0():
    found = detectable(0.05, 500, 500)
    assert found.up > -found.down
    assert detectable(0.005, 500, 500).down is None
    assert detectable(0, 500, 500).down is None
    assert detectable(1, 500, 500).up is None


@laws
@given(p1=shares, p2=shares, effect=st.floats(0.5, 4))
def test_a_design_effect_multiplies_the_size(p1, p2, effect):
    assume(abs(p1 - p2) > 0.01)
    plain, designed = sample_size(p1, p2), sample_size(p1, p2, design_effect=effect)
    assert designed.exact == pytest.approx(plain.exact * effect)


def test_a_panel_needs_fewer_and_the_gain_is_that_of_kish():
    # Kish (1965), 12.4: with equal shares the variance falls by the factor 1 - P R. Two shares on
    # either side of 1/2 have the same variance, so that the factor holds for both errors.
    apart, panel = (
        sample_size(0.45, 0.55, overlap=0.6, correlation=correlation).exact
        for correlation in (0, 0.5)
    )
    assert panel == pytest.approx(apart * (1 - 0.6 * 0.5) + 0.0, rel=1e-12)
    assert detectable(0.5, 400, 400, overlap=1, correlation=0.6).up < detectable(0.5, 400, 400).up


def test_people_to_invite_are_respondents_over_the_rate():
    plan = sample_size(0.3, 0.4, response_rate=0.25)
    assert plan.invited == 4 * plan.respondents
    # 70 respondents at 0.7 are 100 and not 101, whatever rounding leaves.
    assert sample_size(0.3, 0.4, n_from=10**6, response_rate=0.7).invited == math.ceil(
        round(sample_size(0.3, 0.4, n_from=10**6).respondents / 0.7, 6)
    )


def test_an_earlier_wave_that_is_too_small_is_told():
    wanted = "the earlier wave has 50 respondents: no later wave, however large, shows a change"
    with pytest.raises(NotEstimableError, match=wanted):
        sample_size(0.50, 0.55, n_from=50)


def test_equal_shares_are_found_as_often_as_chance_says():
    assert power(0.3, 0.3, 100, 100) == pytest.approx(0.025)


def test_shares_that_do_not_vary_are_found_or_not():
    assert power(0, 1, 10, 10) == 1
    assert power(0, 1, 1, 1) == 0
    assert power(0, 0, 10, 10) == 0


def test_power_broadcasts():
    found = power(0.3, [0.35, 0.4], [[100], [400]], 200)
    assert found.shape == (2, 2)
    assert found[1, 0] == pytest.approx(power(0.3, 0.35, 400, 200))
    assert type(power(0.3, 0.35, 400, 200)) is float


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"share_from": 1.2}, "share_from is 1.2; wanted a share from 0 to 1"),
        ({"share_to": -0.1}, "share_to is -0.1; wanted a share from 0 to 1"),
        ({"share_to": 0.3}, "share_from and share_to are both 0.3; wanted a change to look for"),
        ({"power": 0.4}, "power is 0.4; wanted a number above 0.5 and below 1"),
        ({"power": 80}, "power is 80; wanted a number above 0.5 and below 1"),
        ({"confidence_level": 95}, "confidence_level is 95; wanted"),
        ({"n_from": 0}, "n_from is 0; wanted at least one respondent"),
        ({"design_effect": 0}, "design_effect is 0; wanted a number above 0"),
        ({"overlap": 1.1}, "overlap is 1.1; wanted a part of the smaller sample"),
        ({"correlation": 1}, "correlation is 1; wanted a number above -1 and below 1"),
        ({"response_rate": 0}, "response_rate is 0; wanted a number above 0 up to 1"),
        ({"response_rate": 40}, "response_rate is 40; wanted a number above 0 up to 1"),
    ],
)
def test_wrong_numbers_are_refused(changed, wanted):
    with pytest.raises(MethodError, match=wanted):
        sample_size(**{"share_from": 0.3, "share_to": 0.4} | changed)


def test_the_numbers_of_power_and_detectable_are_checked_too():
    with pytest.raises(MethodError, match=r"share_to is 1\.4; wanted a share"):
        power(0.3, [0.4, 1.4], 100, 100)
    with pytest.raises(MethodError, match="n_to is nan; wanted at least one respondent"):
        power(0.3, 0.4, 100, float("nan"))
    with pytest.raises(MethodError, match="share is 40; wanted a share"):
        detectable(40, 100, 100)
