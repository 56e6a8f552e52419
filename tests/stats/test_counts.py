"""Counts that are printed as a share, against enumeration in whole numbers and decimals."""

import itertools
from decimal import ROUND_DOWN, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError
from surveylib.stats.counts import (
    ROUNDINGS,
    Range,
    Sum,
    possible_bases,
    possible_counts,
    printed,
)

every_rounding = pytest.mark.parametrize("rounding", ROUNDINGS)
laws = settings(deadline=None)  # the first example of all imports and warms up

#: What the decimal module calls each rounding; "either" leaves open which way a half went.
DECIMAL = {
    "half-up": (ROUND_HALF_UP,),
    "half-even": (ROUND_HALF_EVEN,),
    "either": (ROUND_HALF_UP, ROUND_HALF_DOWN),
    "truncated": (ROUND_DOWN,),
}


def as_printed(count, n, decimals, how):
    """A count as a percentage. Ties end after few decimals, so 28 digits keep every tie exact."""
    return (100 * Decimal(count) / n).quantize(Decimal(1).scaleb(-decimals), how)


def fitting(percent, n, rounding):
    """Every count of n that is printed as this percentage, by trying all of them."""
    decimals = len(percent.partition(".")[2])
    return [
        count
        for count in range(n + 1)
        if Decimal(percent) in {as_printed(count, n, decimals, how) for how in DECIMAL[rounding]}
    ]


@st.composite
def percents(draw):
    decimals = draw(st.integers(0, 2))
    return str(Decimal(draw(st.integers(0, 100 * 10**decimals))).scaleb(-decimals))


def test_85_may_be_84_5_and_not_85_5():
    half, share = Fraction(1, 200), Fraction(85, 100)
    found = printed("85")
    assert found == Range(low=share - half, high=share + half, high_included=False)


def test_decimals_are_the_precision():
    assert printed("74.0").high - printed("74.0").low == Fraction(1, 1000)
    assert printed("74").high - printed("74").low == Fraction(1, 100)


@pytest.mark.parametrize(
    ("percent", "low", "high"), [("0", 0, Fraction(1, 200)), ("100", Fraction(199, 200), 1)]
)
def test_none_and_all_are_cut_and_stay_possible(percent, low, high):
    found = printed(percent)
    assert (found.low, found.high) == (low, high)
    count = int(percent) // 100 * 7
    assert found.counts(7) == (count, count)


@pytest.mark.parametrize(
    ("rounding", "counts"),
    [("half-up", (13, 13)), ("half-even", None), ("either", (13, 13)), ("truncated", None)],
)
def test_13_of_40_is_33_percent_only_where_a_half_rises(rounding, counts):
    # 13 of 40 is 32.5 %, 14 is 35 %.
    assert printed("33", rounding=rounding).counts(40) == counts


@every_rounding
def test_no_count_of_250_is_12_5_percent(rounding):
    # 31 of 250 is 12.4 % and 32 is 12.8 %.
    assert printed("12.5", rounding=rounding).counts(250) is None


@every_rounding
@laws
@given(percent=percents(), n=st.integers(1, 600))
@example(percent="33", n=40)
@example(percent="32", n=40)
@example(percent="0", n=200)
@example(percent="100", n=200)
@example(percent="0.5", n=2000)
def test_counts_are_all_that_would_be_printed_so(rounding, percent, n):
    found = printed(percent, rounding=rounding).counts(n)
    low, high = found or (0, -1)
    assert list(range(low, high + 1)) == fitting(percent, n, rounding)


@every_rounding
@laws
@given(n=st.integers(1, 2000), share=st.floats(0, 1), decimals=st.integers(0, 2))
def test_a_count_is_among_those_it_is_printed_as(rounding, n, share, decimals):
    count = round(share * n)
    percent = str(as_printed(count, n, decimals, DECIMAL[rounding][0]))
    found = printed(percent, rounding=rounding).counts(n)
    assert found is not None
    assert found[0] <= count <= found[1]


def test_an_unknown_rounding_is_refused_with_the_likely_one():
    wanted = "no rounding method called 'halfup'; did you mean 'half-up'[?] choose one of 'half-up'"
    with pytest.raises(MethodError, match=wanted):
        printed("85", rounding="halfup")


@pytest.mark.parametrize("percent", ["100.1", "-1", "NaN", "Infinity", "abc", "", "85 %"])
def test_what_is_no_percentage_is_refused(percent):
    with pytest.raises(MethodError, match=f"'{percent}' is no percentage from 0 to 100"):
        printed(percent)


@pytest.mark.parametrize(
    ("percents", "up_to", "largest"),
    [
        (("37.9",), 370, 369),  # 140 of 369; of 370, 140 is 37.8 % and 141 is 38.1 %
        (("25.5", "8.6", "30.5", "11.5"), 442, 419),  # 107, 36, 128 and 48
        (("25.5", "8.6", "30.5", "11.5"), 418, 384),  # 98, 33, 117 and 44
        (("16.1", "14.3"), 448, 448),  # 72 and 64
        (("20.1", "30.2"), 448, 447),  # 90 and 135
        (("34.7",), 272, 271),  # 94 of 271; of 272, 94 is 34.6 % and 95 is 34.9 %
    ],
)
def test_printed_shares_tell_the_largest_base(percents, up_to, largest):
    figures = [printed(percent) for percent in percents]
    assert max(possible_bases(figures, range(1, up_to + 1))) == largest
    # Trying every count finds no other base above it.
    above = range(largest, up_to + 1)
    assert [n for n in above if all(fitting(p, n, "half-up") for p in percents)] == [largest]


def test_shares_of_all_the_answers_tell_the_base_and_the_counts():
    yes_no = [printed("65.2"), printed("34.8")]
    found = possible_bases(yes_no, range(300, 371), [Sum(parts=(0, 1), complete=True)])
    assert max(found) == 368
    assert found[368] == [(240, 240), (128, 128)]


@st.composite
def questions(draw):
    """Up to three figures, perhaps their net total and a rest, with what adds up."""
    parts = tuple(range(draw(st.integers(1, 3))))
    complete = draw(st.booleans())
    net = draw(st.booleans())
    figures = len(parts) + net
    sums = [Sum(parts=parts, total=len(parts) if net else None, complete=complete)]
    if net and draw(st.booleans()):
        sums.append(Sum(parts=(len(parts), len(parts) + 1), complete=draw(st.booleans())))
        figures += 1
    n = draw(st.integers(1, 12))
    ranges = []
    for _ in range(figures):
        low = draw(st.integers(0, n))
        high = draw(st.integers(low, min(n, low + 4)))
        ranges.append(Range(low=Fraction(low, n), high=Fraction(high, n)))
    return ranges, n, sums


def adds_up(counts, n, rule):
    whole = n if rule.total is None else counts[rule.total]
    together = sum(counts[part] for part in rule.parts)
    return together == whole if rule.complete else together <= whole


@settings(deadline=None, max_examples=500)
@given(question=questions())
def test_counts_that_add_up_are_those_found_by_trying_all(question):
    figures, n, sums = question
    counts = [range(low, high + 1) for low, high in (figure.counts(n) for figure in figures)]
    possible = [
        combination
        for combination in itertools.product(*counts)
        if all(adds_up(combination, n, rule) for rule in sums)
    ]
    expected = [(min(figure), max(figure)) for figure in zip(*possible, strict=True)] or None
    assert possible_counts(figures, n, sums) == expected
