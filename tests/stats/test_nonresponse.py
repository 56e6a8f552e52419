"""Bounds, intervals and tipping points under non-response: laws, algebra and printed numbers."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import norm, t

from surveylib.errors import MethodError
from surveylib.stats.differences import independent
from surveylib.stats.intervals import proportion
from surveylib.stats.nonresponse import (
    CLAIMS,
    METHODS,
    Asked,
    change_bounds,
    imbens_manski,
    of_counts,
    share_bounds,
    tipping_change,
    tipping_share,
)

laws = settings(deadline=None, max_examples=50)
every_claim = pytest.mark.parametrize("claim", CLAIMS)
levels = st.floats(0.6, 0.99)


@st.composite
def counts(draw, least_missing=0):
    """Yes, answered, asked."""
    yes, no = draw(st.integers(0, 300)), draw(st.integers(0, 300))
    missing = draw(st.integers(least_missing, 200))
    assume(yes + no + missing > 0)
    return yes, yes + no, yes + no + missing


@laws
@given(drawn=counts(), said=st.floats(0, 1))
def test_bounds_hold_every_share_that_is_possible(drawn, said):
    yes, answered, asked = drawn
    found = share_bounds(of_counts(*drawn))
    true = (yes + round(said * (asked - answered))) / asked
    assert found.low - 1e-12 <= true <= found.high + 1e-12
    assert found.low == pytest.approx(yes / asked)
    assert found.high == pytest.approx((yes + asked - answered) / asked)
    assert found.interval_low <= found.low + 1e-12
    assert found.interval_high >= found.high - 1e-12
    assert found.interval_low < found.interval_high


@laws
@given(drawn=counts())
def test_standard_errors_of_bounds_are_those_of_shares_of_all_asked(drawn):
    asked = drawn[2]
    found = share_bounds(of_counts(*drawn))
    for share, error in (
        (found.low, found.low_standard_error),
        (found.high, found.high_standard_error),
    ):
        assert error == pytest.approx(np.sqrt(share * (1 - share) / asked), abs=1e-9)


@laws
@given(drawn=counts(), level=levels)
def test_with_nobody_missing_the_interval_is_that_of_the_share(drawn, level):
    yes, answered, _ = drawn
    assume(answered > 0)
    found = share_bounds(of_counts(yes, answered, answered), confidence_level=level)
    expected = proportion(yes, answered, confidence_level=level)
    assert found.low == found.high
    np.testing.assert_allclose(
        [found.interval_low, found.interval_high], [expected.low, expected.high], atol=1e-9
    )


@laws
@given(drawn=st.tuples(counts(), counts()), said=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_bounds_of_a_change_hold_every_change_that_is_possible(drawn, said):
    waves = [of_counts(*one) for one in drawn]
    found = change_bounds(*waves)
    shares = [
        [wave.yes + wave.missing * part for part in said] for wave in waves
    ]  # by wave, then by what those missing said
    free = shares[1][1] - shares[0][0]
    assert found.free.low - 1e-12 <= free <= found.free.high + 1e-12
    same = shares[1][0] - shares[0][0]
    assert found.same.low - 1e-12 <= same <= found.same.high + 1e-12
    bounds = [share_bounds(wave) for wave in waves]
    assert found.free.low == pytest.approx(bounds[1].low - bounds[0].high)
    assert found.free.high == pytest.approx(bounds[1].high - bounds[0].low)
    assert found.free.low <= found.same.low + 1e-12
    assert found.same.high <= found.free.high + 1e-12


@laws
@given(drawn=st.tuples(counts(), counts()), level=levels)
def test_with_nobody_missing_the_change_is_that_of_newcombe(drawn, level):
    (x1, n1, _), (x2, n2, _) = drawn
    assume(n1 > 0 and n2 > 0)
    waves = of_counts(x1, n1, n1), of_counts(x2, n2, n2)
    found = change_bounds(*waves, confidence_level=level)
    expected = independent(x1, n1, x2, n2, confidence_level=level)
    for part in (found.free, found.same):
        np.testing.assert_allclose(
            [part.interval_low, part.interval_high], [expected.low, expected.high], atol=1e-8
        )


@laws
@given(
    gap=st.floats(1e-6, 1), errors=st.tuples(st.floats(1e-3, 1), st.floats(1e-3, 1)), level=levels
)
def test_the_quantile_solves_the_equation_of_imbens_and_manski(gap, errors, level):
    c = imbens_manski(gap, *errors, confidence_level=level)
    covered = norm.cdf(c + gap / max(errors)) - norm.cdf(-c)
    assert covered == pytest.approx(level, abs=1e-10)
    assert norm.ppf(level) - 1e-9 <= c <= norm.ppf(1 - (1 - level) / 2) + 1e-9


def test_the_quantile_runs_from_two_sided_to_one_sided():
    assert imbens_manski(0, 0.1, 0.2) == pytest.approx(norm.ppf(0.975))
    assert imbens_manski(100, 0.1, 0.2) == pytest.approx(norm.ppf(0.95))
    assert imbens_manski(0.1, 0, 0) == pytest.approx(norm.ppf(0.95))
    assert imbens_manski(0, 0.1, 0.2, df=7) == pytest.approx(t.ppf(0.975, 7))


def test_walds_limits_are_those_of_imbens_and_manski():
    """Equation 6 of their paper."""
    found = share_bounds(of_counts(60, 150, 200), method="wald")
    assert found.interval_low == pytest.approx(0.3 - found.quantile * np.sqrt(0.3 * 0.7 / 200))
    assert found.interval_high == pytest.approx(0.55 + found.quantile * np.sqrt(0.55 * 0.45 / 200))


@pytest.mark.parametrize("method", METHODS)
def test_a_design_widens_intervals_and_leaves_bounds(method):
    simple = of_counts(60, 150, 200)
    design = Asked(
        yes=simple.yes, missing=simple.missing, covariance=3 * simple.covariance, n=200, df=12
    )
    one, two = share_bounds(simple, method=method), share_bounds(design, method=method)
    assert (one.low, one.high) == (two.low, two.high)
    assert two.low_standard_error == pytest.approx(np.sqrt(3) * one.low_standard_error)
    assert two.interval_low < one.interval_low
    assert two.interval_high > one.interval_high


def test_waves_that_share_sampling_units_have_a_surer_change():
    waves = of_counts(60, 150, 200), of_counts(90, 150, 200)
    alone = change_bounds(*waves).same
    shared = change_bounds(*waves, between=0.5 * waves[0].covariance).same
    assert shared.low_standard_error < alone.low_standard_error
    variance = (0.3 * 0.7 + 0.45 * 0.55) / 200 - 2 * 0.5 * 0.3 * 0.7 / 200
    assert shared.low_standard_error == pytest.approx(np.sqrt(variance))


@every_claim
@laws
@given(drawn=counts(least_missing=1), threshold=st.floats(0.1, 0.9))
def test_a_tipping_point_is_where_the_share_is_at_the_threshold(claim, drawn, threshold):
    wave = of_counts(*drawn)
    found = tipping_share(wave, threshold, claim=claim, steps=5)
    point = (threshold - wave.yes) / wave.missing
    assume(min(abs(point), abs(point - 1)) > 1e-9)
    if 0 < point < 1:
        assert found.estimate_tips == pytest.approx(point, abs=1e-9)
    else:
        assert found.estimate_tips is None
    np.testing.assert_allclose(
        found.estimates, wave.yes + wave.missing * np.linspace(0, 1, 5), atol=1e-12
    )


@every_claim
@laws
@given(drawn=counts(least_missing=1), threshold=st.floats(0.1, 0.9))
def test_a_finding_holds_on_one_side_of_its_tipping_point(claim, drawn, threshold):
    found = tipping_share(of_counts(*drawn), threshold, claim=claim, steps=21)
    limits = found.lows if claim == "above" else found.highs
    beyond = (limits > threshold) if claim == "above" else (limits < threshold)
    assert (found.holds == beyond).all()
    if found.finding_tips is None:
        assert found.verdict in {"holds for every share", "holds for no share"}
        return
    assert found.verdict == "depends on the share"
    far = np.abs(found.among_missing - found.finding_tips) > 1e-6
    higher = found.among_missing > found.finding_tips
    assert (found.holds == (higher if claim == "above" else ~higher))[far].all()


def test_a_tipping_point_of_a_majority_is_the_one_by_hand():
    """330 of 800 yes, 200 missing: 400 are half, so 70 of the 200."""
    found = tipping_share(of_counts(330, 600, 800), 0.5, claim="above")
    assert found.estimate_tips == pytest.approx(70 / 200)
    # At the tipping point of the finding, Wilson's lower limit on 800 is one half: 428.0 yes.
    yes = 330 + 200 * found.finding_tips
    assert proportion(yes, 800).low == pytest.approx(0.5, abs=1e-9)


def test_with_nobody_missing_nothing_tips():
    found = tipping_share(of_counts(70, 100, 100), 0.5, claim="above")
    assert found.estimate_tips is None
    assert found.finding_tips is None
    assert found.verdict == "holds for every share"


@every_claim
def test_a_change_that_holds_for_the_same_share_may_depend_on_two(claim):
    up = of_counts(200, 500, 600), of_counts(270, 500, 600)
    found = tipping_change(*(up if claim == "above" else up[::-1]), claim=claim, steps=6)
    assert found.same.verdict == "holds for every share"
    assert found.verdict == "depends on the share"
    assert (np.diagonal(found.holds) == found.same.holds).all()
    np.testing.assert_allclose(np.diagonal(found.estimates), found.same.estimates)
    # If those missing before were like those who answered, only so few yes later undo it.
    wave, point = up[0], found.later_tips if claim == "above" else found.earlier_tips
    before = (200 + 100 * wave.answered, 600)
    after = (270 + 100 * point, 600)
    change = independent(*before, *after)
    assert change.low == pytest.approx(0, abs=1e-9)


def test_a_change_that_follows_from_who_did_not_answer_depends_on_their_share():
    """More are missing later: a fall only if those missing say yes less often."""
    earlier, later = of_counts(300, 600, 600), of_counts(240, 500, 600)
    found = tipping_change(earlier, later, claim="below")
    assert found.same.verdict == "depends on the share"
    assert found.same.estimate_tips == pytest.approx(0.6)
    assert found.same.finding_tips < 0.6


@settings(laws, max_examples=12)
@given(drawn=st.tuples(counts(), counts()))
def test_a_rise_and_a_fall_are_never_shown_at_once(drawn):
    waves = [of_counts(*one) for one in drawn]
    up = tipping_change(*waves, claim="above", steps=3)
    down = tipping_change(*waves, claim="below", steps=3)
    assert not (up.holds & down.holds).any()
    back = tipping_change(*waves[::-1], claim="below", steps=3)
    assert (up.holds == back.holds.T).all()


def test_answers_of_nobody_have_no_share():
    wave = of_counts(0, 0, 40)
    assert wave.answered is None
    found = share_bounds(wave)
    assert (found.low, found.high) == (0, 1)
    assert tipping_change(wave, wave, claim="above").later_tips is None


GOOD = of_counts(60, 150, 200)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: of_counts(5, 4, 10), "5 of 4 of 10"),
        (lambda: of_counts(0, 0, 0), "asked above 0"),
        (lambda: share_bounds(GOOD, method="logit"), "no limit method"),
        (lambda: share_bounds(GOOD, confidence_level=95), "such as 0.95"),
        (lambda: share_bounds(asked(yes=0.9)), "1 at most together"),
        (lambda: share_bounds(asked(covariance=np.eye(3))), "covariance of"),
        (lambda: share_bounds(asked(df=0)), "1 or more"),
        (lambda: share_bounds(of_counts(0, 9, 9), method="wald"), "choose 'wilson'"),
        (lambda: change_bounds(GOOD, GOOD, between=np.eye(3)), "between has shape"),
        (lambda: imbens_manski(-0.1, 0.1, 0.1), "gap is -0.1"),
        (lambda: tipping_share(GOOD, 0.5, claim="over"), "no claim method"),
        (lambda: tipping_share(GOOD, 0.5, claim="above", steps=1), "steps is 1"),
        (lambda: tipping_share(GOOD, 50, claim="above"), "threshold is 50"),
        (lambda: tipping_change(GOOD, GOOD, claim="above", threshold=1), "threshold is 1"),
    ],
)
def test_arguments_outside_their_range_are_refused(call, message):
    with pytest.raises(MethodError, match=message):
        call()


def asked(**more):
    return Asked(**{"yes": 0.3, "missing": 0.25, "covariance": GOOD.covariance, "n": 200, **more})
