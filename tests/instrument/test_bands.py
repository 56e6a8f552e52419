"""Bands of counts against counting by hand, one value at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import surveylib as sl
from surveylib.errors import InstrumentError
from surveylib.instrument.bands import as_read, overlaps_and_gaps
from surveylib.instrument.options import BandOption

FILE = "instruments/demo/1.yaml"
#: Bands are drawn below 50; an open end is followed to 60.
MOST = 60


def bands(*intervals):
    return [
        BandOption(code=str(place), label={"en": "?"}, interval=interval)
        for place, interval in enumerate(intervals)
    ]


def held(interval):
    low, high = interval
    return set(range(low, MOST + 1 if high is None else high + 1))


def runs(values):
    """Unbroken runs of whole numbers; one that reaches the end is open."""
    found = []
    for value in sorted(values):
        if found and found[-1][1] == value - 1:
            found[-1][1] = value
        else:
            found.append([value, value])
    return [(low, None if high == MOST else high) for low, high in found]


@st.composite
def intervals(draw):
    low = draw(st.integers(0, 49))
    return low, draw(st.none() | st.integers(low, 49))


@given(drawn=st.lists(intervals(), min_size=1, max_size=6), minimum=st.integers(0, 5))
def test_overlaps_and_gaps_are_those_that_counting_finds(drawn, minimum):
    overlaps, gaps = overlaps_and_gaps(bands(*drawn), minimum)
    sets = {str(place): held(interval) for place, interval in enumerate(drawn)}
    shared = {
        frozenset({a, b}): runs(sets[a] & sets[b])[0]
        for a in sets
        for b in sets
        if a < b and sets[a] & sets[b]
    }
    assert overlaps == shared
    assert gaps == runs(set(range(minimum, MOST + 1)) - set().union(*sets.values()))


@st.composite
def printed_lists(draw):
    """Bands as questionnaires print them: both ends go up from band to band."""
    ends = sorted(draw(st.sets(st.integers(0, 49), min_size=1, max_size=5)))
    starts = sorted(draw(st.lists(st.integers(0, 49), min_size=len(ends), max_size=len(ends))))
    closed = [(min(low, high), high) for low, high in zip(starts, ends, strict=True)]
    return [*closed, (draw(st.integers(closed[-1][0], 49)), None)]


@given(drawn=printed_lists())
def test_a_value_in_two_bands_is_read_as_the_lower_one(drawn):
    read = [held(interval) for interval in as_read(bands(*drawn)).values()]
    for value in range(MOST + 1):
        holders = [place for place, interval in enumerate(drawn) if value in held(interval)]
        assert [place for place, values in enumerate(read) if value in values] == holders[:1]


def test_up_to_50_beside_1_to_10_is_read_as_11_to_50():
    read = as_read(bands((1, 10), (1, 50), (100, 500), (1001, None)))
    assert list(read.values()) == [(1, 10), (11, 50), (100, 500), (1001, None)]


def test_the_printed_bands_of_2018_are_kept_and_read_without_their_overlap(root):
    question = sl.load_instrument(root / "instruments" / "netclean" / "2018.yaml").question(
        "organised_groups_count"
    )
    printed = {option.code: option.interval for option in question.options}
    assert printed["up_to_50"] == (1, 50)
    assert question.as_read() == {
        "1_10": (1, 10),
        "up_to_50": (11, 50),
        "100_500": (100, 500),
        "over_1000": (1001, None),
    }


OVERLAP = "overlaps: [{bands: [few, some], values: [2, 2]}]"
READING = "reading: exclusive_of_lower"


def declared(demo, interval, *lines):
    demo.edit(FILE, "interval: [3, 5]", f"interval: {interval}")
    demo.edit(FILE, "  - id: which\n", f"    bands: {{{', '.join(lines)}}}\n  - id: which\n")
    return sl.load_instrument(demo.path(FILE))


def test_an_overlap_that_is_declared_with_its_reading_is_accepted(demo):
    instrument = declared(demo, "[2, 5]", OVERLAP, READING)
    assert instrument.question("how_many").as_read()["some"] == (3, 5)


def test_a_gap_that_is_declared_is_accepted(demo):
    assert declared(demo, "[4, 5]", "gaps: [[3, 3]]").question("how_many").bands.gaps == ((3, 3),)


@pytest.mark.parametrize(
    ("interval", "lines", "code"),
    [
        ("[2, 5]", [OVERLAP], "BAND-READING"),
        ("[2, 5]", [OVERLAP.replace("2, 2", "1, 2"), READING], "BAND-OVERLAP"),
        ("[3, 5]", [OVERLAP, READING], "BAND-OVERLAP"),
        ("[3, 5]", ["gaps: [[3, 3]]"], "BAND-GAP"),
        ("[4, 5]", ["gaps: [[3, 4]]"], "BAND-GAP"),
        ("[2, 5]", [OVERLAP, "reading: inclusive"], "VALUE"),
    ],
)
def test_a_declaration_that_does_not_fit_the_bands_is_refused(demo, interval, lines, code):
    with pytest.raises(InstrumentError, match=rf"\[{code}\]"):
        declared(demo, interval, *lines)


def test_bands_that_do_not_go_up_are_refused(demo):
    demo.edit(FILE, "interval: [3, 5]", "interval: [6, 8]")
    demo.edit(FILE, "interval: [6, open]", "interval: [3, 5]")
    with pytest.raises(InstrumentError, match="BAND-ORDER"):
        sl.load_instrument(demo.path(FILE))


def test_two_open_bands_are_refused(demo):
    demo.edit(FILE, "interval: [3, 5]", "interval: [3, open]")
    with pytest.raises(InstrumentError, match=r"'some', 'many' all have no upper end"):
        sl.load_instrument(demo.path(FILE))


def test_a_band_inside_another_cannot_be_read(demo):
    demo.edit(FILE, "interval: [3, 5]", "interval: [3, 9]")
    demo.edit(FILE, "interval: [6, open]", "interval: [1, open]")
    with pytest.raises(InstrumentError, match="'some' lies inside 'many': no reading"):
        sl.load_instrument(demo.path(FILE))
