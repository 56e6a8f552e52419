"""Results over every count that a figure may be, against plain loops over all of them."""

import itertools
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surveylib.stats import differences, intervals
from surveylib.stats.bounds import (
    MOST_COUNTS,
    Candidates,
    difference_envelope,
    envelope,
    tolerated_design_effect,
)
from surveylib.stats.counts import possible_bases, printed

laws = settings(deadline=None)  # the first example of all imports and warms up


@st.composite
def percents(draw):
    decimals = draw(st.integers(0, 2))
    return str(Decimal(draw(st.integers(0, 100 * 10**decimals))).scaleb(-decimals))


@st.composite
def candidates(draw, most_n=120):
    """All counts at one to three bases."""
    possible = {}
    for n in sorted(draw(st.sets(st.integers(5, most_n), min_size=1, max_size=3))):
        low = draw(st.integers(0, n))
        possible[n] = (low, min(n, low + draw(st.integers(0, 3))))
    return Candidates.whole(possible)


def tallies(figure):
    return list(zip(figure.count, figure.n, strict=True))


@pytest.mark.parametrize("method", intervals.METHODS)
@settings(deadline=None, max_examples=30)
@given(figure=candidates(), effect=st.floats(1, 3))
def test_envelope_is_the_union_of_all_intervals(method, figure, effect):
    united = envelope(figure, method=method, design_effect=effect)
    single = [
        intervals.proportion(count / effect, n / effect, method=method)
        for count, n in tallies(figure)
    ]
    assert united.low == pytest.approx(min(interval.low for interval in single), abs=1e-12)
    assert united.high == pytest.approx(max(interval.high for interval in single), abs=1e-12)


@settings(deadline=None, max_examples=40)
@given(earlier=candidates(), later=candidates(), effect=st.floats(1, 3))
def test_difference_envelope_says_what_a_loop_over_all_pairs_says(earlier, later, effect):
    found = difference_envelope(earlier, later, design_effect=effect)
    pairs = [
        differences.independent(x1 / effect, n1 / effect, x2 / effect, n2 / effect)
        for (x1, n1), (x2, n2) in itertools.product(tallies(earlier), tallies(later))
    ]
    assert found.pairs == len(pairs)
    assert found.rises == any(pair.low > 0 for pair in pairs)
    assert found.falls == any(pair.high < 0 for pair in pairs)
    assert found.open == any(pair.low <= 0 <= pair.high for pair in pairs)
    for name, expected in {
        "estimate_low": min(pair.estimate for pair in pairs),
        "estimate_high": max(pair.estimate for pair in pairs),
        "low": min(pair.low for pair in pairs),
        "high": max(pair.high for pair in pairs),
        "p_low": min(pair.p_value for pair in pairs),
        "p_high": max(pair.p_value for pair in pairs),
    }.items():
        assert getattr(found, name) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("method", ["newcombe", "miettinen-nurminen", "mee"])
@settings(deadline=None, max_examples=25)
@given(earlier=candidates(), later=candidates())
@example(earlier=Candidates.whole({10: (0, 0)}), later=Candidates.whole({10: (10, 10)}))
def test_a_change_is_shown_up_to_the_tolerated_design_effect(method, earlier, later):
    def shown(effect):
        found = difference_envelope(earlier, later, method=method, design_effect=effect)
        return not found.open

    most = tolerated_design_effect(earlier, later, method=method)
    if most is None:
        assert not shown(1)
    else:
        assert most >= 1
        assert shown(most)
        assert not shown(most + 0.02)


@pytest.mark.parametrize(
    ("method", "divisor"),
    # The pooled z² of 0 of n against n of n is 2n, times (2n - 1) / 2n for Miettinen-Nurminen;
    # with n / d in place of n, it is above z² = 3.8415 up to d = 2n / z² and 2n / (z² + 1).
    [("mee", 3.841458820694124), ("miettinen-nurminen", 4.841458820694124)],
)
@pytest.mark.parametrize("n", [10, 200])
def test_the_design_effect_that_none_against_all_tolerates_is_known(method, divisor, n):
    none, every = Candidates.whole({n: (0, 0)}), Candidates.whole({n: (n, n)})
    found = tolerated_design_effect(none, every, method=method)
    assert found == pytest.approx(2 * n / divisor, abs=0.011)


def all_counts(possible):
    """Every count and base, unthinned."""
    found = [(k, n) for n, (low, high) in possible.items() for k in range(low, high + 1)]
    count, n = np.transpose(np.asarray(found, dtype=np.float64))
    return Candidates(count=count, n=n)


#: Printed shares with more counts than are looked at: at one large base, and at many bases.
MANY = [
    ("33", range(100_000, 100_001)),
    ("0", range(50_000, 50_001)),
    ("33", range(200, 400)),
    ("85", range(200, 400)),
    ("46", range(177, 541)),
    ("50", range(1000, 1200)),
]


@pytest.mark.parametrize(("percent", "ns"), MANY)
@pytest.mark.parametrize("method", ["wilson", "clopper-pearson"])
def test_thinning_leaves_the_envelope_as_over_all_counts(percent, ns, method):
    possible = {n: counts[0] for n, counts in possible_bases([printed(percent)], ns).items()}
    full = all_counts(possible)
    thinned = Candidates.whole(possible).thinned()
    assert full.count.size > MOST_COUNTS
    assert thinned.count.size <= MOST_COUNTS + 2 * len(possible)
    assert thinned.every == (thinned.count.size == full.count.size)
    assert thinned.shares == full.shares
    found = envelope(thinned, method=method)
    every = intervals.proportion(full.count, full.n, method=method)
    assert found.low == pytest.approx(every.low.min(), abs=1e-12)
    assert found.high == pytest.approx(every.high.max(), abs=1e-12)


@laws
@given(percent=percents(), n=st.integers(20, 5000), more=st.integers(0, 50), part=st.floats(0, 1))
def test_weighted_candidates_cover_every_share_at_every_base(percent, n, more, part):
    share = printed(percent)
    united = envelope(Candidates.weighted(share, range(n, n + more + 1)))
    inside = float(share.low + (share.high - share.low) * Fraction(part))
    single = intervals.proportion(inside * (n + more // 2), n + more // 2)
    assert united.low <= single.low + 1e-12
    assert united.high >= single.high - 1e-12


def test_shares_that_may_be_equal_have_a_p_value_of_1_also_between_thinned_ones():
    # 33 % is 32 501 to 33 501 of 100 003, and 32 507 to 33 506 of 100 019.
    earlier = Candidates.whole({100_003: (32_501, 33_501)})
    later = Candidates.whole({100_019: (32_507, 33_506)})
    assert difference_envelope(earlier, later).p_high == 1


def test_a_change_that_no_pair_shows_tolerates_no_design_effect():
    half = Candidates.whole({20: (10, 10)})
    assert tolerated_design_effect(half, half) is None
