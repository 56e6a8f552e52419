"""Bands of several lists: what all of them can tell apart, and bounds where one cannot.

Expected values are worked out by hand from the printed lists, or by going through every partition
of a small range.
"""

from fractions import Fraction
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveylib.instrument.coarsening import (
    Bounds,
    change_between,
    common_bands,
    cuts,
    ends_at,
    share_up_to,
    with_gaps,
)

#: Counts in the laws run from 0 to here; what lies above an open top is no further away.
MOST = 12


def listed(upper_ends, *, is_open=True):
    """A list of bands without gaps: each ends at one of these; an open one follows."""
    starts = [0, *(end + 1 for end in upper_ends)]
    bands = list(zip(starts, [*upper_ends, None], strict=True))
    return bands if is_open else bands[:-1]


#: Lists of bands without gaps that begin at 0.
gap_free = st.sets(st.integers(0, MOST), max_size=6).map(sorted).map(listed)
several = st.lists(gap_free, min_size=1, max_size=4)


def inside(band, other):
    return other[0] <= band[0] and ends_at(band) <= ends_at(other)


# --- examples: lists that surveys have printed ------------------------------------------------

EXAMPLES = {
    "single counts against a band of them": (
        [[(0, 0), (1, 1), (2, 5), (6, None)], [(n, n) for n in range(6)] + [(6, None)]],
        [(0, 0), (1, 1), (2, 5), (6, None)],
    ),
    "an open top against finer upper bands": (
        [
            [(1, 1000), (1001, None)],
            [(1, 1000), (1001, 2000), (2001, 5000), (5001, 10_000), (10_001, None)],
        ],
        [(1, 1000), (1001, None)],
    ),
    "1 to 10 against 1 to 5 and 6 to 10": (
        [[(1, 10), (11, None)], [(1, 5), (6, 10), (11, None)]],
        [(1, 10), (11, None)],
    ),
    "no cut in common": ([[(0, 9), (10, None)], [(0, 4), (5, 14), (15, None)]], [(0, None)]),
    "one list alone": ([[(0, 2), (3, 7), (8, None)]], [(0, 2), (3, 7), (8, None)]),
    "49|50 is not 50|51": ([[(0, 49), (50, None)], [(0, 50), (51, None)]], [(0, None)]),
    "lists that begin at 0 and at 1": (
        [[(0, 10), (11, None)], [(1, 10), (11, None)]],
        [(0, 10), (11, None)],
    ),
    "lists with an end": ([[(1, 5), (6, 7)], [(1, 3), (4, 5), (6, 6), (7, 7)]], [(1, 5), (6, 7)]),
    "a gap that nobody was in": ([[(1, 10), (21, 30)], [(1, 10), (21, 30)]], [(1, 10), (11, 30)]),
}


@pytest.mark.parametrize(("lists", "wanted"), EXAMPLES.values(), ids=EXAMPLES)
def test_lists_are_coarsened_to_the_cuts_they_share(lists, wanted):
    assert list(common_bands(lists)) == wanted


#: The printed list "1-10", "up to 50", "100-500", ">1000", where a higher band begins above the
#: one below it: 0, 51 to 99 and 501 to 1,000 stand nowhere.
PRINTED = [(1, 10), (11, 50), (100, 500), (1001, None)]
OUTER = {"p1": (0, 10), "p2": (11, 99), "p3": (51, 1000), "p4": (501, None)}


def test_gaps_of_a_printed_list_may_be_in_the_bands_beside():
    assert with_gaps(PRINTED, 0) == dict(zip(PRINTED, OUTER.values(), strict=True))


def test_the_printed_list_can_be_cut_at_10_alone():
    assert cuts(OUTER.values(), range(2000)) == {10}
    clean = [(1, 10), (11, 50), (51, 100), (101, 500), (501, 1000), (1001, None)]
    assert common_bands([list(OUTER.values()), clean]) == ((0, 10), (11, None))


def test_bounds_of_the_printed_list_are_those_worked_out_by_hand():
    p1, p2, p3, p4 = shares = [Fraction(n, 100) for n in (50, 27, 20, 3)]
    by_band = dict(zip(OUTER, shares, strict=True))

    def up_to(threshold):
        return share_up_to(threshold, OUTER, by_band)

    assert up_to(10) == Bounds(p1, p1)
    assert up_to(99) == Bounds(p1 + p2, p1 + p2 + p3)
    # Above 1,000 there is at most the share that ticked the last band, and perhaps nobody.
    assert up_to(1000) == Bounds(1 - p4, 1)


def test_a_list_that_ends_leaves_no_end_to_what_its_last_band_took_in():
    assert with_gaps([(1, 5), (8, 9)], 1) == {(1, 5): (1, 7), (8, 9): (6, None)}


def test_a_list_without_gaps_stays_as_it_is():
    bands = [(0, 0), (1, 5), (6, None)]
    assert with_gaps(bands, 0) == {band: band for band in bands}


def test_the_change_between_bounds_has_a_sign_only_where_they_do_not_meet():
    # Between 50 and 55 %, then between 58 and 68 %: up by 3 to 18 points.
    assert change_between(Bounds(50, 55), Bounds(58, 68)) == Bounds(3, 18)
    low, high = change_between(Bounds(50, 60), Bounds(55, 65))
    assert low < 0 < high


# --- laws -------------------------------------------------------------------------------------


@given(lists=several)
def test_the_common_cuts_are_those_that_every_list_has(lists):
    ends = [{band[1] for band in bands if band[1] is not None} for bands in lists]
    found = {band[1] for band in common_bands(lists) if band[1] is not None}
    assert found == set.intersection(*ends)


@given(lists=several)
def test_common_bands_follow_each_other_without_gap_or_overlap(lists):
    found = common_bands(lists)
    assert found[0][0] == 0
    assert found[-1][1] is None
    assert all(later[0] == earlier[1] + 1 for earlier, later in pairwise(found))


@given(lists=several)
def test_every_band_lies_in_exactly_one_common_band(lists):
    found = common_bands(lists)
    for band in (band for bands in lists for band in bands):
        assert sum(inside(band, other) for other in found) == 1


def partitions(most):
    """Every way to cut the whole numbers from 0 into bands, with cuts up to `most`."""
    for size in range(most + 1):
        for ends in combinations(range(most), size):
            yield tuple(listed(list(ends)))


@given(
    lists=st.lists(
        st.sets(st.integers(0, 4), max_size=5).map(sorted).map(listed), min_size=1, max_size=3
    )
)
def test_no_finer_bands_hold_every_answer_whole(lists):
    fit = [
        found
        for found in partitions(6)
        if all(any(inside(band, other) for other in found) for bands in lists for band in bands)
    ]
    assert common_bands(lists) == max(fit, key=len)
    assert sum(len(found) == len(common_bands(lists)) for found in fit) == 1


@given(lists=several, data=st.data())
def test_the_order_of_lists_and_of_their_bands_does_not_matter(lists, data):
    shuffled = [data.draw(st.permutations(bands)) for bands in data.draw(st.permutations(lists))]
    assert common_bands(shuffled) == common_bands(lists)


@given(lists=several)
def test_a_list_told_twice_or_told_coarser_changes_nothing_more(lists):
    found = common_bands(lists)
    assert common_bands([*lists, lists[0]]) == found
    assert common_bands([*lists, found]) == found
    assert common_bands([found]) == found


@given(lists=several, thresholds=st.sets(st.integers(0, MOST)))
def test_a_threshold_is_a_cut_where_no_band_holds_both_sides(lists, thresholds):
    for bands in lists:
        wanted = {t for t in thresholds if not any(low <= t < ends_at((low, high))
                                                   for low, high in bands)}  # fmt: skip
        assert cuts(bands, thresholds) == wanted


@st.composite
def holey(draw):
    """A list of bands, some with gaps between them, and the lowest count that can occur."""
    minimum = low = draw(st.integers(0, 2))
    bands = []
    for _ in range(draw(st.integers(1, 5))):
        low += draw(st.integers(0, 3))
        high = low + draw(st.integers(0, 3))
        bands.append((low, high))
        low = high + 1
    if draw(st.booleans()):
        bands[-1] = (bands[-1][0], None)
    return bands, minimum


@st.composite
def ticked(draw):
    """A list, counts of respondents, and the band that each of them ticked.

    Who is in a gap may have ticked the band on either side of it.
    """
    bands, minimum = draw(holey())
    counts = draw(st.lists(st.integers(minimum, 40), min_size=1, max_size=25))
    answers = []
    for count in counts:
        home = [band for band in bands if band[0] <= count <= ends_at(band)]
        below = [band for band in bands if ends_at(band) < count][-1:]
        above = [band for band in bands if band[0] > count][:1]
        answers.append(draw(st.sampled_from(home or below + above)))
    return bands, minimum, counts, answers


def up_to(threshold, wide, answers):
    """Bounds by the bands that were ticked, as exact fractions."""
    shares = {str(band): Fraction(answers.count(band), len(answers)) for band in wide}
    return share_up_to(threshold, {str(band): reach for band, reach in wide.items()}, shares)


@given(given=ticked())
def test_bounds_hold_the_true_share_whatever_side_of_a_gap_was_ticked(given):
    bands, minimum, counts, answers = given
    wide = with_gaps(bands, minimum)
    for threshold in range(45):
        low, high = up_to(threshold, wide, answers)
        true = Fraction(sum(count <= threshold for count in counts), len(counts))
        assert low <= true <= high
        if cuts(wide.values(), [threshold]):
            assert low == true == high


@given(given=ticked())
def test_bounds_rise_with_the_threshold_from_nobody_to_everybody(given):
    bands, minimum, _, answers = given
    wide = with_gaps(bands, minimum)
    found = [up_to(threshold, wide, answers) for threshold in range(45)]
    assert all(low <= high for low, high in found)
    assert all(one.low <= two.low and one.high <= two.high for one, two in pairwise(found))
    assert up_to(minimum - 1, wide, answers) == Bounds(0, 0)
    assert found[-1].high == 1


@given(given=ticked())
def test_bounds_are_as_far_apart_as_the_bands_that_hold_both_sides_weigh(given):
    bands, minimum, _, answers = given
    wide = with_gaps(bands, minimum)
    for threshold in range(45):
        low, high = up_to(threshold, wide, answers)
        both = {band for band, reach in wide.items() if reach[0] <= threshold < ends_at(reach)}
        assert high - low == Fraction(sum(one in both for one in answers), len(answers))


@given(given=ticked())
def test_every_count_is_in_the_reach_of_each_band_that_may_be_ticked_for_it(given):
    bands, minimum, counts, answers = given
    wide = with_gaps(bands, minimum)
    assert set(wide) == set(bands)
    assert all(wide[band][0] <= band[0] and ends_at(band) <= ends_at(wide[band]) for band in bands)
    for count, band in zip(counts, answers, strict=True):
        assert wide[band][0] <= count <= ends_at(wide[band])


@given(given=ticked(), other=gap_free)
def test_merging_into_common_bands_counts_exactly(given, other):
    bands, minimum, counts, answers = given
    wide = with_gaps(bands, minimum)
    for low, high in common_bands([list(wide.values()), other]):
        merged = sum(
            low <= wide[band][0] and ends_at(wide[band]) <= ends_at((low, high)) for band in answers
        )
        assert merged == sum(low <= count <= ends_at((low, high)) for count in counts)


shares = st.fractions(0, 1)


@given(before=st.tuples(shares, shares), after=st.tuples(shares, shares), data=st.data())
def test_the_bounds_of_a_change_hold_every_change_and_are_reached(before, after, data):
    earlier, later = Bounds(*sorted(before)), Bounds(*sorted(after))
    low, high = change_between(earlier, later)
    true = data.draw(st.fractions(*later)) - data.draw(st.fractions(*earlier))
    assert low <= true <= high
    assert (low, high) == (later.low - earlier.high, later.high - earlier.low)
    back = change_between(later, earlier)
    assert (back.low, back.high) == (-high, -low)
