"""Questions over versions: bands put together, options that one version has not, breaks."""

import json
import math

import numpy as np
import pytest

import surveylib as sl
from surveylib.errors import (
    ComparabilityError,
    MethodError,
    NotEstimableError,
    UnknownNameError,
)
from surveylib.stats import differences
from surveylib.stats.trends import cochran_armitage
from surveylib.wave.classes import plain, with_states
from surveylib.wave.states import STATE
from tests.analysis.series.towns import ANSWERS, SIZES, VERSION

YEARS = tuple(ANSWERS)


def pairs(changes):
    """The rows by the two waves and the answer."""
    return {(row.from_wave, row.to_wave, row.answer): row for row in changes.rows}


def up_to_49(wave):
    """How many live in a town of at most 49 people: both questionnaires tell that apart."""
    return sum(ANSWERS[wave]["size"][:2])


# --- bands ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["people", "size"])
def test_bands_are_put_together_to_those_that_both_versions_tell_apart(towns, name):
    found = sl.change(towns, name, 2018, 2020)
    rows = pairs(found)
    assert {answer for _, _, answer in rows} == {"0_to_49", "over_49", "dont_know"}
    row = rows["2018", "2020", "0_to_49"]
    counts = up_to_49("2018"), 100, up_to_49("2020"), 100
    by_hand = differences.independent(*counts)
    assert (row.from_estimate.estimate, row.to_estimate.estimate) == (0.75, 0.30)
    assert (row.ci_low, row.ci_high) == pytest.approx((by_hand.low, by_hand.high))
    assert row.p_value == pytest.approx(by_hand.p_value)
    assert (row.question, row.comparability, row.verdict) == ("people", "equivalent", "decreased")


def test_what_was_put_together_and_what_was_lost_is_said(towns):
    found = sl.change(towns, "people", 2018, 2020)
    assert "2018: put together up_to_9 + from_10 → 0_to_49." in found.done
    assert "2020: put together up_to_4 + from_5 → 0_to_49; from_50 + from_100 → over_49." in (
        found.done
    )
    lost = "bands also ended at {}, which not all waves can tell apart."
    assert f"2018: {lost.format(9)}" in found.done
    assert f"2020: {lost.format('4, 99')}" in found.done
    for line in found.done:
        assert line in str(found)


def test_a_trend_goes_through_both_versions(towns):
    rows = {row.answer: row for row in sl.trend(towns, "people").rows}
    row = rows["0_to_49"]
    assert row.waves == YEARS
    by_hand = cochran_armitage(
        [up_to_49(wave) for wave in YEARS], [SIZES[wave] for wave in YEARS], row.times
    )
    assert row.statistic == pytest.approx(float(by_hand.statistic))
    assert row.comparability == "equivalent"
    assert set(row.notes) >= {"The bands were others.", "The bands are finer above."}
    assert rows["over_49"].statistic == pytest.approx(-row.statistic)


def test_times_are_the_middle_of_fieldwork(towns):
    row = sl.trend(towns, "people/0_to_49").rows[0]
    # 1 to 31 March: the middle is 16 March, 74 or 75 days into the year.
    assert row.times == pytest.approx([int(year) + 74.5 / 365.25 for year in YEARS], abs=0.002)


def test_a_shift_of_bands_says_what_each_wave_can_say_up_to_a_number(towns):
    (row,) = sl.shift(towns, "people", 2018, 2020).rows
    both, nine, ninety_nine = row.cuts
    assert (both.up_to, both.verdict) == ("0 to 49 people", "decreased")
    # Of 2018 the share up to 9 is known, of 2020 it is between those up to 4 and those up to 49.
    assert nine.up_to == "at most 9 people"
    assert (nine.share_from, nine.share_from_high) == pytest.approx((0.45, 0.45))
    assert (nine.share_to, nine.share_to_high) == pytest.approx((0.05, 0.30))
    # The other way round for 99.
    assert ninety_nine.up_to == "at most 99 people"
    assert (ninety_nine.share_from, ninety_nine.share_from_high) == pytest.approx((0.75, 1))
    assert (ninety_nine.share_to, ninety_nine.share_to_high) == pytest.approx((0.60, 0.60))


def test_where_all_that_a_change_can_be_has_one_sign_the_sign_is_known_and_the_size_is_not(towns):
    (row,) = sl.shift(towns, "people", 2018, 2020).rows
    nine = row.cuts[1]
    assert nine.verdict == "decreased: sign known, size not"
    # The nearest to 0 is 30 % less 45 %, with the errors of both.
    reach = 1.959964 * math.sqrt(0.45 * 0.55 / 100 + 0.3 * 0.7 / 100)
    assert nine.ci_high == pytest.approx(-0.15 + reach, abs=1e-3)
    # The farthest is 5 % less 45 %.
    reach = 1.959964 * math.sqrt(0.45 * 0.55 / 100 + 0.05 * 0.95 / 100)
    assert nine.ci_low == pytest.approx(-0.40 - reach, abs=1e-3)
    assert (nine.p_value, nine.p_adjusted) == (None, None)
    (same,) = sl.shift(towns, "people", 2020, 2021).rows
    assert [cut.verdict for cut in same.cuts] == ["no change shown"] * 2


def test_a_mean_of_bands_without_an_end_has_no_limit_but_where_one_is_given(towns):
    (row,) = sl.shift(towns, "people", 2018, 2020).rows
    assert (row.mean_low, row.mean_high) == (None, None)
    assert "no limit to no limit" in str(sl.shift(towns, "people", 2018, 2020))
    (row,) = sl.shift(towns, "people", 2018, 2020, cap=200).rows
    # Without sampling error a mean lies between those of the lower and of the upper ends.
    assert row.mean_low < (0.3 * 0 + 0.7 * 50) - (0.75 * 49 + 0.25 * 200)
    assert row.mean_high > (0.3 * 49 + 0.7 * 200) - (0.75 * 0 + 0.25 * 50)
    assert row.mean_low < row.mean_low_if_alike < row.mean_high_if_alike < row.mean_high


# --- options ----------------------------------------------------------------------------------


def test_options_that_were_told_apart_later_are_counted_together(towns):
    row = pairs(sl.change(towns, "way", 2018, 2020))["2018", "2020", "public"]
    assert (row.from_estimate.estimate, row.to_estimate.estimate) == (0.30, 0.33)
    assert set(row.notes) == {"Trams were called buses.", "Trams are told apart."}


def test_an_option_that_a_version_did_not_offer_is_not_compared_and_no_zero(towns):
    found = sl.change(towns, "means", 2018, 2020)
    assert "tram" not in {row.answer for row in found.rows}
    (refused,) = [row for row in found.refused if row.answer == "tram"]
    assert refused.comparability == "break"
    assert refused.reasons[0] == "2018 did not offer this answer."
    assert refused.from_estimate is None
    assert refused.to_estimate.estimate == 0.10
    assert "2018: did not offer tram: not asked, so not compared." in found.done
    with pytest.raises(ComparabilityError, match=r"means/tram: break\. 2018 did not offer"):
        sl.change(towns, "means/tram", 2018, 2020)
    within = pairs(sl.change(towns, "means/tram", 2020, 2021))["2020", "2021", "tram"]
    assert within.comparability == "identical"


def test_a_trend_of_an_option_begins_where_it_was_offered(towns):
    rows = {row.answer: row for row in sl.trend(towns, "means").rows}
    assert rows["tram"].waves == ("2020", "2021", "2022")
    assert rows["bus"].waves == YEARS
    assert rows["bus"].comparability == "limited"


def test_a_question_that_leads_to_several_is_asked_by_the_name_of_one(towns):
    with pytest.raises(ComparabilityError, match=r"'travel' is in several .*'way'.*'means'"):
        sl.change(towns, "travel", 2018, 2020)


# --- breaks -----------------------------------------------------------------------------------


def test_waves_of_a_version_with_a_break_are_left_out_with_the_reason(towns):
    found = sl.change(towns, "funds")
    assert {row.from_wave for row in found.rows} == {"2020", "2021"}
    for wave in ("2016", "2017", "2018"):
        assert f"{wave}: left out (break). Loans counted as funds." in found.done
    # The wave is there, and asked: what is wanted to know is why it is not compared.
    told = r"'funds' cannot be compared from 2018 to 2020:\n  2018: left out \(break\)\. Loans"
    with pytest.raises(ComparabilityError, match=told):
        sl.change(towns, "funds", 2018, 2020)


def test_a_break_between_two_waves_ends_a_series_and_the_next_begins_there(towns):
    found = sl.trend(towns, "view")
    worse = [row for row in found.rows if row.answer == "worse"]
    assert [row.waves for row in worse] == [YEARS[:3], YEARS[3:]]
    assert "The series begins anew in 2020." in worse[1].notes
    assert "The series begins anew in 2020." not in worse[0].notes
    assert [row.verdict for row in worse] == ["no trend shown", "falling"]
    (ordered, again) = sl.trend(towns, "view", test="jonckheere-terpstra").rows
    assert (ordered.waves, again.waves) == (YEARS[:3], YEARS[3:])


def test_two_sides_of_a_break_are_not_compared(towns):
    found = sl.change(towns, "view")
    assert ("2018", "2020", "worse") not in pairs(found)
    reason = "The later wave asks about the town and the earlier about the street."
    refused = {(row.from_wave, row.to_wave): row for row in found.refused}
    assert reason in refused["2018", "2020"].reasons
    for options in ({"margin": 0.1}, {"measure": "ratio"}, {"by": "fair"}):
        with pytest.raises(ComparabilityError, match=r"different construct\. .*the street"):
            sl.change(towns, "view", 2018, 2020, **options)
    with pytest.raises(ComparabilityError, match=r"different construct\. .*the street"):
        sl.shift(towns, "view", 2018, 2020)


@pytest.mark.parametrize("contrast", [{"2018": -1, "2020": 1}, {"2016": -1, "2017": -1, "2022": 2}])
def test_no_contrast_reaches_over_a_break(towns, contrast):
    with pytest.raises(ComparabilityError, match="different construct"):
        sl.change(towns, "view", contrast=contrast)
    assert sl.change(towns, "fair", contrast=contrast).rows


def test_the_mean_of_all_waves_is_not_taken_over_a_break(towns):
    with pytest.raises(ComparabilityError, match="different construct"):
        sl.change(towns, "view", against="mean")


def test_a_change_with_a_limit_says_it(towns):
    found = sl.change(towns, "market/yes", 2018, 2020)
    assert found.rows[0].comparability == "limited"
    reason = "The market was larger when it was asked for the second time."
    assert reason in found.rows[0].notes
    assert reason in str(found)


# --- waves that are named ----------------------------------------------------------------------


@pytest.mark.parametrize("ask", [sl.change, sl.shift])
@pytest.mark.parametrize(
    ("ends", "waves"),
    [
        ((2020, 2021), {"2020", "2021"}),
        ((2021, None), {"2021", "2022"}),
        ((None, 2017), {"2016", "2017"}),
        ((None, None), set(YEARS)),
    ],
)
def test_only_what_was_done_to_the_waves_that_are_compared_is_said(towns, ask, ends, waves):
    found = ask(towns, "people", *ends)
    assert {line.partition(":")[0] for line in found.done} == waves
    ends_of_rows = {name for row in found.rows for name in (row.from_wave, row.to_wave)}
    assert ends_of_rows == waves


def test_a_decomposition_of_two_waves_tells_of_these(towns):
    found = sl.decompose(towns, "fair/yes", 2020, 2021, by="people")
    assert {line.partition(":")[0] for line in found.done} == {"2020", "2021"}


# --- ordered answers of a study ---------------------------------------------------------------


def test_the_order_of_answers_is_that_of_the_questionnaire(towns):
    (row,) = sl.shift(towns, "view", 2020, 2022).rows
    assert row.answers == ("worse", "same", "better")
    assert [cut.up_to for cut in row.cuts] == ["worse", "same"]
    assert row.verdict == "shifted up"


def test_answers_without_an_order_are_not_shifted(towns):
    with pytest.raises(MethodError, match=r"the answers of 'fair' have no order; take sl\.change"):
        sl.shift(towns, "fair", 2020, 2022)


def test_figures_that_were_counted_say_the_same_with_and_without_a_design(towns):
    plain = pairs(sl.change(towns, "fair"))
    said = pairs(sl.change(towns, "fair", design=sl.Design()))
    assert set(plain) == set(said)
    for key, row in plain.items():
        for name in ("difference", "ci_low", "ci_high", "p_value", "verdict", "comparability"):
            assert getattr(said[key], name) == pytest.approx(getattr(row, name)), name


# --- shown ------------------------------------------------------------------------------------


@pytest.mark.parametrize("ask", [sl.change, sl.trend, sl.shift])
def test_what_was_harmonised_is_in_every_view(towns, ask):
    found = ask(towns, "people")
    done = "2020: put together up_to_4 + from_5"
    assert done in str(found)
    assert "put together" in found._repr_html_()
    assert done in json.dumps(found.to_dict(), allow_nan=False, ensure_ascii=False)


def test_a_wave_by_itself_is_not_enough(towns):
    with pytest.raises(UnknownNameError, match="no question called 'roads'"):
        sl.change(towns, "roads")
    with pytest.raises(MethodError, match="source is a Wave"):
        sl.change(towns.wave("2018"), "fair")
    assert set(VERSION.values()) == {"1", "2"}


@pytest.mark.parametrize("question", ["groups_encountered", "groups_count/from_11", "region"])
def test_two_waves_of_a_study_have_changes_and_no_trend(root, question):
    study = sl.load_study(root / "waves" / "organised_groups")
    assert sl.change(study, question).rows
    with pytest.raises(NotEstimableError, match="two waves; a trend needs three"):
        sl.trend(study, question)


def test_ways_of_not_answering_stand_beside_more_sets_of_ticks_than_a_byte_counts():
    sets = 130
    ticked = plain(np.array([129, -1]), tuple(map(str, range(sets))))
    states = np.array([STATE["answered"], STATE["no_answer"]], np.int8)
    found = with_states(ticked, states, {"no_answer"}, tuple(states.tolist()), "asked")
    assert found.place.tolist() == [129, sets + STATE["no_answer"]]
