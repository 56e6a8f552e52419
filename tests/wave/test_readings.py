"""What a printed figure can be: possible counts and bases, by hand and by the publisher's notes."""

import pytest

import surveylib as sl
from surveylib.wave.readings import read_figures


def row(study, wave, question, answer, **options):
    rows = sl.estimate(study.wave(wave), f"{question}/{answer}", **options).rows
    assert len(rows) == 1
    return rows[0]


def test_85_percent_of_272_is_one_of_three_counts(netclean):
    # 0.845 × 272 = 229.84 and 0.855 × 272 = 232.56: 230, 231 or 232.
    reading = read_figures(netclean.wave(2018), "organised_groups_encountered")["yes"]
    assert reading.candidates.count.tolist() == [230, 231, 232]
    assert set(reading.candidates.n) == {272}
    assert reading.shares == (230 / 272, 232 / 272)


def test_a_share_that_no_count_of_n_gives_has_a_smaller_base(netclean):
    # 0.3785 × 370 = 140.05 and 0.3795 × 370 = 140.42: no whole number lies between.
    found = row(netclean, 2016, "sharing_methods", "social_media")
    assert "base-smaller" in found.flags
    assert found.n <= 369


#: The largest base that fits, as worked out in the notes beside the figures.
LARGEST = [
    (2016, "victim_id_role", "yes", 368),
    (2016, "victim_id_role", "no", 368),
    (2017, "rising_trends", "grooming", 419),
    (2017, "rising_trends", "technology", 419),
    (2018, "region", "europe", 271),
    (2019, "rising_trends", "tor_darknet", 448),
    (2019, "rising_trends", "social_and_gaming", 448),
    (2019, "helpful_technology", "artificial_intelligence", 447),
]


@pytest.mark.parametrize(("wave", "question", "answer", "n"), LARGEST)
def test_the_largest_base_that_fits_is_used(netclean, wave, question, answer, n):
    found = row(netclean, wave, question, answer)
    assert found.n == n
    assert "base-smaller" in found.flags
    assert any(f"{n} at most" in note for note in found.notes)


@pytest.mark.parametrize(("wave", "question", "answer", "_n"), LARGEST)
def test_a_smaller_base_gives_back_the_printed_figure(netclean, wave, question, answer, _n):
    reading = read_figures(netclean.wave(wave), question)[answer]
    digits = len(reading.figure.read_as.partition(".")[2])
    shares = reading.candidates.count / reading.candidates.n * 100
    assert {f"{share:.{digits}f}" for share in shares} == {reading.figure.read_as}


def test_a_figure_that_fits_beside_others_that_do_not_keeps_its_base_and_says_so(netclean):
    found = row(netclean, 2017, "rising_trends", "social_and_apps")
    assert found.n == 435
    assert "base-perhaps-smaller" in found.flags
    assert found.n_low < 419


def test_a_printed_base_that_fits_needs_no_flag(netclean):
    assert row(netclean, 2018, "region", "usa").flags == ()


def test_the_size_of_a_wave_is_assumed_and_said_to_be(netclean):
    found = row(netclean, 2018, "organised_groups_encountered", "yes")
    assert (found.flags, found.n) == (("base-assumed",), 272)
    assert "272, the n of the wave" in found.notes[0]


def test_a_derived_base_is_a_range_and_said_to_be(netclean):
    # 15 to 19.9 percent of 272 officers: 41 to 54.
    found = row(netclean, 2018, "deepfakes_frequency", "common_or_very_common")
    assert (found.n_low, found.n) == (41, 54)
    assert "base-derived" in found.flags


def test_an_unknown_base_has_no_interval_and_says_why(netclean):
    found = row(netclean, 2016, "victim_id_unit", "yes")
    assert (found.n, found.n_low, found.n_effective, found.standard_error) == (None,) * 4
    assert (found.ci_low, found.ci_high, found.envelope_low, found.envelope_high) == (None,) * 4
    assert (found.estimate_low, found.estimate_high) == (0.501, 0.62)
    assert "base-unknown" in found.flags
    assert any("no interval can be given" in note for note in found.notes)
    assert "no interval can be given" in sl.estimate(netclean, "victim_id_unit").explain()


def test_a_share_in_words_has_an_envelope_and_no_estimate(netclean):
    # 0.42 × 272 = 114.2 and 0.499 × 272 = 135.7: 115 to 135 officers.
    found = row(netclean, 2018, "organised_groups_number_change", "increased")
    assert (found.estimate, found.ci_low, found.ci_high, found.standard_error) == (None,) * 4
    assert (found.estimate_low, found.estimate_high) == (115 / 272, 135 / 272)
    assert found.envelope_low < 115 / 272 < 135 / 272 < found.envelope_high
    assert "words" in found.flags


def test_answers_that_add_up_leave_fewer_counts_than_rounding(demo):
    # Of 250, 72.4 % is 181 only; 28 % alone is 69 to 71, beside 181 it is 69.
    demo.edit("waves/demo/2021/published.csv", "72 %,72,", "72.4 %,72.4,")
    found = row(demo.load(), 2021, "pets", "no")
    assert (found.estimate_low, found.estimate_high) == (69 / 250, 69 / 250)
    assert "narrowed-by-sum" in found.flags


def test_two_answers_that_are_everybody_add_up_to_the_base(netclean):
    # The one way for 65.2 % and 34.8 % of the same 368 officers: 240 and 128.
    readings = read_figures(netclean.wave(2016), "victim_id_role")
    at = {
        answer: reading.candidates.count[reading.candidates.n == 368].tolist()
        for answer, reading in readings.items()
    }
    assert at == {"yes": [240], "no": [128]}


def test_a_known_smallest_base_bounds_the_search(demo):
    cat = "which,cat,,70 %,70,,,all respondents,200,wave,page,verbatim,"
    demo.edit("waves/demo/2020/published.csv", cat, cat.replace("70 %,70", "70.3 %,70.3"))
    wide = row(demo.load(), 2020, "which", "cat")
    demo.edit("waves/demo/2020/wave.yaml", "smallest_item_base: unknown", "smallest_item_base: 170")
    narrow = row(demo.load(), 2020, "which", "cat")
    assert wide.n_low < 170 <= narrow.n_low
    assert narrow.n == wide.n


@pytest.mark.parametrize("year", range(2015, 2021))
def test_every_shipped_figure_lies_in_its_range_and_the_range_in_its_envelope(netclean, year):
    wave = netclean.wave(year)
    for question in wave.instrument.question_ids:
        for domain in {figure.domain for figure in wave.figures_of(question)}:
            for found in sl.estimate(wave, question, where=domain).rows:
                residual = any(note.startswith("A residual") for note in found.notes)
                if found.estimate is not None and not residual:
                    assert found.estimate_low <= found.estimate + 0.0005
                    assert found.estimate - 0.0005 <= found.estimate_high
                if found.envelope_low is not None:
                    assert found.envelope_low < found.estimate_low
                    assert found.estimate_high < found.envelope_high


def test_a_margin_of_error_stands_in_for_the_number_of_respondents(demo):
    file = "waves/demo/2020/published.csv"
    demo.edit(file, "60,,,all respondents,200,wave", "60,,,all respondents,±7.1,margin")
    demo.edit(file, "40,,,all respondents,200,wave", "40,,,all respondents,±8 at 90 %,margin")
    yes, no = sl.estimate(demo.load().wave(2020), "pets").rows
    # 0.25 (1.959964 / 0.071)² = 190.5; 7.05 and 7.15 points: 193.2 and 187.9, cut at the wave's n.
    assert (yes.n, yes.n_low) == (191, 188)
    # 0.25 (1.644854 / 0.08)² = 105.7, and at 8.5 points 93.6.
    assert (no.n, no.n_low) == (106, 94)
    assert yes.envelope_low < yes.ci_low < yes.ci_high < yes.envelope_high
    assert "A margin of error of ±7.1 points at 95 % is that of 191 respondents" in yes.notes[0]
    change = sl.change(demo.load(), "pets", samples="independent").rows[0]
    assert change.from_estimate.n_low == 188


def test_the_margin_of_a_share_itself_is_narrower(demo):
    file = "waves/demo/2020/published.csv"
    demo.edit(file, "60,,,all respondents,200,wave", "60,,,all respondents,±7 of this share,margin")
    row = sl.estimate(demo.load().wave(2020), "pets/yes").rows[0]
    # 0.6 × 0.4 (1.959964 / 0.07)² = 188.2
    assert row.n == 188
    assert "of this share" in row.notes[0]
