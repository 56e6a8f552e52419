"""Changes taken apart: laws of the parts, and standard errors against numerical slopes."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.decomposition import Mixed, decompose, simple_sample
from surveylib.stats.differences import independent

laws = settings(deadline=None, max_examples=50)

#: What the parts are of (C1, R1, C2, R2), as Kitagawa (1955) writes them.
FORMULAS = {
    "change": lambda c1, r1, c2, r2: (c2 * r2 - c1 * r1).sum(),
    "mix": lambda c1, r1, c2, r2: ((c2 - c1) * (r1 + r2) / 2).sum(),
    "rate": lambda c1, r1, c2, r2: ((r2 - r1) * (c1 + c2) / 2).sum(),
    "mix_before": lambda c1, r1, c2, _: ((c2 - c1) * r1).sum(),
    "rate_before": lambda c1, r1, _, r2: ((r2 - r1) * c1).sum(),
    "both": lambda c1, r1, c2, r2: ((c2 - c1) * (r2 - r1)).sum(),
}
every_part = pytest.mark.parametrize("name", FORMULAS)


@st.composite
def waves(draw, least=1):
    """Two waves of 2 to 5 groups: counts and sizes."""
    many = draw(st.integers(2, 5))
    cell = st.integers(least, 80).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
    drawn = draw(st.lists(cell, min_size=2 * many, max_size=2 * many))
    x, n = np.array(drawn, float).T
    assume(n[:many].any() and n[many:].any())
    return (x[:many], n[:many]), (x[many:], n[many:])


def numbers(earlier, later):
    return [earlier.mix, earlier.rates, later.mix, later.rates]


@laws
@given(drawn=waves())
def test_parts_add_up_to_the_change(drawn):
    found = decompose(*(simple_sample(*wave) for wave in drawn))
    (x1, n1), (x2, n2) = drawn
    change = x2.sum() / n2.sum() - x1.sum() / n1.sum()
    assert found.change.estimate == pytest.approx(change, abs=1e-12)
    assert found.mix.estimate + found.rate.estimate == pytest.approx(change, abs=1e-12)
    three = (found.mix_before, found.rate_before, found.both)
    assert sum(part.estimate for part in three) == pytest.approx(change, abs=1e-12)
    for name, part in (("mix", found.mix), ("against", found.mix), ("rate", found.rate)):
        each = sum(getattr(group, name).estimate for group in found.groups)
        assert each == pytest.approx(part.estimate, abs=1e-12)


@every_part
@laws
@given(drawn=waves())
def test_parts_are_those_of_kitagawa(name, drawn):
    earlier, later = (simple_sample(*wave) for wave in drawn)
    part = getattr(decompose(earlier, later), name)
    expected = FORMULAS[name](*numbers(earlier, later))
    assert part.estimate == pytest.approx(expected, abs=1e-13)
    assert part.low == part.high == part.estimate


@every_part
@laws
@given(drawn=waves(), seed=st.integers(0, 1000))
def test_standard_errors_are_those_of_numerical_slopes(name, drawn, seed):
    """With any covariance, also between the waves."""
    earlier, later = (simple_sample(*wave) for wave in drawn)
    many = len(earlier.mix)
    root = np.random.default_rng(seed).normal(size=(4 * many, 5)) / 50
    whole = root @ root.T
    size = 2 * many
    first = Mixed(mix=earlier.mix, rates=earlier.rates, covariance=whole[:size, :size])
    second = Mixed(mix=later.mix, rates=later.rates, covariance=whole[size:, size:])
    part = getattr(decompose(first, second, between=whole[:size, size:]), name)

    point = np.concatenate(numbers(earlier, later)).astype(complex)
    slopes = np.empty(len(point))
    for place in range(len(point)):
        moved = point.copy()
        moved[place] += 1e-20j
        slopes[place] = FORMULAS[name](*np.split(moved, 4)).imag / 1e-20
    expected = np.sqrt(slopes @ whole @ slopes)
    assert part.standard_error == pytest.approx(expected, rel=1e-7, abs=1e-12)


@laws
@given(drawn=waves(), seed=st.integers(0, 1000))
def test_standard_errors_of_groups_are_those_of_numerical_slopes(drawn, seed):
    earlier, later = (simple_sample(*wave) for wave in drawn)
    many = len(earlier.mix)
    root = np.random.default_rng(seed).normal(size=(4 * many, 5)) / 50
    whole = root @ root.T
    size = 2 * many
    first = Mixed(mix=earlier.mix, rates=earlier.rates, covariance=whole[:size, :size])
    second = Mixed(mix=later.mix, rates=later.rates, covariance=whole[size:, size:])
    found = decompose(first, second, between=whole[:size, size:])

    def against(c1, r1, c2, r2):
        return (c2 - c1) * ((r1 + r2) / 2 - ((c1 * r1).sum() + (c2 * r2).sum()) / 2)

    point = np.concatenate(numbers(earlier, later)).astype(complex)
    slopes = np.empty((many, len(point)))
    for place in range(len(point)):
        moved = point.copy()
        moved[place] += 1e-20j
        slopes[:, place] = against(*np.split(moved, 4)).imag / 1e-20
    expected = np.sqrt(np.diagonal(slopes @ whole @ slopes.T))
    errors = [group.against.standard_error for group in found.groups]
    np.testing.assert_allclose(errors, expected, rtol=1e-7, atol=1e-12)


@laws
@given(drawn=waves())
def test_the_change_has_the_variance_of_two_simple_samples(drawn):
    """Groups drawn with their answers are a simple sample of the answers."""
    (x1, n1), (x2, n2) = drawn
    assume(0 < x1.sum() < n1.sum())
    found = decompose(*(simple_sample(*wave) for wave in drawn)).change
    p1, p2 = x1.sum() / n1.sum(), x2.sum() / n2.sum()
    variance = p1 * (1 - p1) / n1.sum() + p2 * (1 - p2) / n2.sum()
    assert found.standard_error == pytest.approx(np.sqrt(variance), rel=1e-9)
    wald = independent(x1.sum(), n1.sum(), x2.sum(), n2.sum(), method="wald")
    assert found.estimate == pytest.approx(wald.estimate, abs=1e-12)


@laws
@given(drawn=waves())
def test_two_parts_are_the_mean_of_both_standardisations(drawn):
    earlier, later = (simple_sample(*wave) for wave in drawn)
    found = decompose(earlier, later)
    c1, r1, c2, r2 = numbers(earlier, later)
    rate = (c1 @ (r2 - r1) + c2 @ (r2 - r1)) / 2
    assert found.rate.estimate == pytest.approx(rate, abs=1e-13)
    assert found.rate.estimate == pytest.approx(
        found.rate_before.estimate + found.both.estimate / 2, abs=1e-13
    )


@laws
@given(drawn=waves())
def test_a_change_of_the_mix_alone_has_no_rate_part(drawn):
    earlier, later = (simple_sample(*wave) for wave in drawn)
    same = Mixed(mix=later.mix, rates=earlier.rates, covariance=later.covariance)
    found = decompose(earlier, same)
    assert found.rate.estimate == found.rate_before.estimate == found.both.estimate == 0
    assert all(group.rate.estimate == 0 for group in found.groups)
    assert found.mix.estimate == pytest.approx(found.change.estimate, abs=1e-13)


@laws
@given(drawn=waves())
def test_a_change_of_rates_alone_has_no_mix_part(drawn):
    earlier, later = (simple_sample(*wave) for wave in drawn)
    same = Mixed(mix=earlier.mix, rates=later.rates, covariance=later.covariance)
    found = decompose(earlier, same)
    assert found.mix.estimate == found.mix_before.estimate == found.both.estimate == 0
    assert found.rate.estimate == pytest.approx(found.change.estimate, abs=1e-13)


@laws
@given(drawn=waves())
def test_turning_the_waves_turns_both_parts(drawn):
    earlier, later = (simple_sample(*wave) for wave in drawn)
    there, back = decompose(earlier, later), decompose(later, earlier)
    for name in ("change", "mix", "rate"):
        one, two = getattr(there, name), getattr(back, name)
        assert one.estimate == pytest.approx(-two.estimate, abs=1e-14)
        assert one.standard_error == pytest.approx(two.standard_error)


@laws
@given(drawn=waves(least=0), rates=st.lists(st.floats(0, 1), min_size=10, max_size=10))
def test_bounds_hold_whatever_the_rates_of_absent_groups_are(drawn, rates):
    earlier, later = (simple_sample(*wave) for wave in drawn)
    found = decompose(earlier, later)
    many = len(earlier.mix)
    r1 = np.where(earlier.mix > 0, earlier.rates, rates[:many])
    r2 = np.where(later.mix > 0, later.rates, rates[5 : 5 + many])
    for name, formula in FORMULAS.items():
        value, part = formula(earlier.mix, r1, later.mix, r2), getattr(found, name)
        assert part.low - 1e-12 <= value <= part.high + 1e-12
        assert (part.estimate is None) == (part.standard_error is None)
        assert part.estimate is not None or part.low < part.high
    gone = np.flatnonzero((earlier.mix > 0) != (later.mix > 0))
    assert found.undetermined == tuple(gone)
    assert (found.mix.estimate is None) == (len(gone) > 0)
    assert found.change.estimate is not None


def test_a_group_that_comes_in_has_no_rate_before():
    """Made: the new group is a fifth, and half of it says yes."""
    earlier, later = simple_sample([20, 0], [100, 0]), simple_sample([16, 10], [80, 20])
    found = decompose(earlier, later)
    assert found.undetermined == (1,)
    assert found.mix.estimate is None
    # The first group keeps its rate of 0.2 and loses a fifth: -0.04. The second adds a fifth of
    # the mean of 0.5 and its rate before, which is from 0 to 1.
    assert found.mix.low == pytest.approx(-0.04 + 0.2 * 0.25)
    assert found.mix.high == pytest.approx(-0.04 + 0.2 * 0.75)
    assert found.rate.low == pytest.approx(-0.1 * 0.5)
    assert found.rate.high == pytest.approx(0.1 * 0.5)
    assert found.groups[0].mix.estimate == pytest.approx(-0.04)
    assert found.groups[1].mix.estimate is None
    # At the earlier mix it does not count.
    assert found.rate_before.estimate == pytest.approx(0)
    assert found.mix_before.estimate is None
    assert found.change.estimate == pytest.approx(0.06)
    # With a rate of 0 before, only the mix and the later rate vary.
    assert found.mix.low_standard_error > 0


def test_a_rate_of_nobody_is_never_taken_for_0():
    earlier = simple_sample([20, 0], [100, 0])
    zero = Mixed(mix=earlier.mix, rates=np.array([0.2, 0.0]), covariance=earlier.covariance)
    later = simple_sample([16, 10], [80, 20])
    assert decompose(zero, later) == decompose(earlier, later)


def test_a_group_in_no_wave_adds_nothing():
    found = decompose(simple_sample([2, 0, 3], [5, 0, 5]), simple_sample([4, 0, 3], [8, 0, 4]))
    assert found.undetermined == ()
    assert found.groups[1].mix.estimate == found.groups[1].rate.estimate == 0
    assert found.groups[1].mix.standard_error == 0


def test_means_have_bounds_of_their_own_scale():
    still = np.zeros((4, 4))
    earlier = Mixed(mix=np.array([1.0, 0.0]), rates=np.array([3.0, np.nan]), covariance=still)
    later = Mixed(mix=np.array([0.5, 0.5]), rates=np.array([3.0, 4.0]), covariance=still)
    found = decompose(earlier, later, within=(1, 5))
    assert (found.rate.low, found.rate.high) == (-0.25, 0.75)


STILL = np.zeros((2, 2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: simple_sample([3], [2]), "counts from 0 to n"),
        (lambda: simple_sample([0, 0], [0, 0]), "no group has respondents"),
        (lambda: decompose(simple_sample([1], [2]), simple_sample([1, 1], [2, 2])), "1 groups in"),
        (lambda: decompose(wave(mix=[0.9]), wave()), "adds up to 0.9"),
        (lambda: decompose(wave(), wave(rates=[1.2])), "not within 0 and 1"),
        (lambda: decompose(wave(), wave(covariance=np.zeros((1, 1)))), "covariance of"),
        (lambda: decompose(wave(), wave(covariance=STILL + np.nan)), "not a finite number"),
        (lambda: decompose(wave(), wave(), between=np.zeros((1, 1))), "between has shape"),
        (lambda: decompose(wave(), wave(), within=(1, 0)), "wanted low < high"),
    ],
)
def test_arguments_outside_their_range_are_refused(call, message):
    with pytest.raises(MethodError, match=message):
        call()


def test_respondents_without_a_rate_are_not_estimated():
    with pytest.raises(NotEstimableError, match="group '0', counted from 0, has respondents"):
        decompose(wave(), wave(rates=[np.nan]))


def wave(mix=(1.0,), rates=(0.5,), covariance=STILL):
    return Mixed(mix=np.array(mix), rates=np.array(rates), covariance=covariance)
