"""What those who did not answer leave open: against every completion, and against R's arithmetic.

Expected values are algebra on counts, or what other parts of the library give for the same rows,
which are compared with R and statsmodels elsewhere.
"""

import csv
import json
from itertools import product

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

import surveylib as sl
from surveylib.analysis.nonresponse.known import Known
from surveylib.analysis.nonresponse.missing import DONT_KNOW, MISSING
from surveylib.analysis.nonresponse.rates import rate_in
from surveylib.analysis.nonresponse.wanted import judged_pairs
from surveylib.analysis.series.gate import Gate
from surveylib.errors import MethodError, NotEstimableError, SampleError, UnknownNameError
from surveylib.stats import nonresponse
from surveylib.stats.nonresponse import Asked, of_counts

laws = settings(deadline=None, max_examples=30)
close = {"rel": 1e-9, "abs": 1e-12}
#: How many said yes, said no, and said nothing.
counts = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(0, 8)).filter(
    lambda wave: sum(wave) > 1
)


def rows(*waves):
    """A frame of waves from 2020 on, each with so many who said yes, no and nothing."""
    lines = [
        (2020 + place, answer)
        for place, wave in enumerate(waves)
        for answer, many in zip(("yes", "no", None), wave, strict=True)
        for _ in range(many)
    ]
    # A row of another group, so that both answers are known in every frame.
    return pd.DataFrame(
        [(*line, "in") for line in lines] + [(2020, one, "out") for one in ("yes", "no")],
        columns=["year", "member", "group"],
    )


def bounded(*waves, **options):
    frame = rows(*waves)
    options = {"where": "group=in", **options}
    return sl.sensitivity(frame, "member/yes", wave="year", **options)


def of_one(wave, **options):
    return bounded(wave, **options).rows[0]


def test_bounds_go_from_nobody_to_everybody_of_those_missing():
    row = of_one((60, 90, 50))
    assert (row.answered.estimate, row.missing) == (0.4, 0.25)
    assert (row.low, row.high) == (60 / 200, 110 / 200)
    assert (row.n_asked, row.n_missing, row.states) == (200, 50, (("no_value", 50),))


@laws
@given(wave=counts)
def test_every_completion_lies_in_the_bounds_and_both_ends_are_reached(wave):
    yes, no, gone = wave
    row = of_one(wave)
    found = [(yes + more) / (yes + no + gone) for more in range(gone + 1)]
    assert (row.low, row.high) == pytest.approx((min(found), max(found)), **close)
    assert row.ci_low <= row.low <= row.high <= row.ci_high


@laws
@given(earlier=counts, later=counts)
def test_every_completion_of_two_waves_lies_in_the_bounds_of_the_change(earlier, later):
    if not (sum(earlier[:2]) and sum(later[:2])):
        return
    row = bounded(earlier, later).changes[0]

    def share(wave, more):
        return (wave[0] + more) / sum(wave)

    every = product(range(earlier[2] + 1), range(later[2] + 1))
    found = [share(later, b) - share(earlier, a) for a, b in every]
    assert (row.low, row.high) == pytest.approx((min(found), max(found)), **close)
    alike = [share(later, part * later[2]) - share(earlier, part * earlier[2])
             for part in np.linspace(0, 1, 11)]  # fmt: skip
    assert (row.same_low, row.same_high) == pytest.approx((min(alike), max(alike)), **close)
    assert row.low <= row.same_low <= row.same_high <= row.high


@laws
@given(wave=counts.filter(lambda one: sum(one[:2]) > 0), more=st.integers(1, 9))
def test_more_missing_is_wider(wave, more):
    fewer, many = of_one(wave), of_one((*wave[:2], wave[2] + more))
    assert many.high - many.low > fewer.high - fewer.low
    assert many.missing > fewer.missing


def test_nobody_missing_leaves_the_share_and_its_interval():
    row, found = of_one((60, 90, 0)), proportion_confint(60, 150, method="wilson")
    assert row.low == row.high == row.answered.estimate == 0.4
    assert (row.ci_low, row.ci_high) == pytest.approx(found, rel=1e-8)
    assert (row.answered.ci_low, row.answered.ci_high) == pytest.approx(found, rel=1e-8)


def test_nobody_missing_in_two_waves_leaves_the_change_and_says_so():
    found = bounded((60, 90, 0), (90, 60, 0))
    row = found.changes[0]
    ends = confint_proportions_2indep(90, 150, 60, 150, method="newcomb", compare="diff")
    assert (row.ci_low, row.ci_high) == pytest.approx(ends, rel=1e-7)
    assert (row.free_low, row.free_high) == pytest.approx(ends, rel=1e-7)
    assert row.low == row.high == row.same_low == pytest.approx(0.2)
    assert row.verdict == "holds whatever they said"
    assert "The rise from 2020 to 2021 is one of all who were asked: nobody is missing." in str(
        found
    )


def test_everybody_missing_leaves_everything_open_and_no_change():
    found = bounded((60, 90, 0), (0, 0, 40))
    row = found.rows[1]
    assert (row.answered, row.missing, row.low, row.high) == (None, 1.0, 0.0, 1.0)
    assert found.changes == ()
    assert found.refused == ("2020→2021: no bounds. Nobody answered in 2021.",)
    assert "–" in str(found)


def test_a_finding_at_the_corners_is_that_of_newcombe_on_the_completed_waves():
    row = bounded((200, 300, 100), (270, 230, 80)).changes[0]
    assert row.finding == "rise"
    for (i, before), (j, after) in product(enumerate((0, 100)), enumerate((0, 80))):
        low, _ = confint_proportions_2indep(
            270 + after, 580, 200 + before, 600, method="newcomb", compare="diff"
        )
        change = (270 + after) / 580 - (200 + before) / 600
        assert row.changes[4 * i][4 * j] == pytest.approx(change, rel=1e-9)
        assert row.holds[4 * i][4 * j] == (low > 0)


@pytest.mark.parametrize(
    ("waves", "verdict"),
    [
        (((100, 900, 10), (800, 200, 10)), "holds whatever they said"),
        (((200, 300, 100), (270, 230, 100)), "holds if alike"),
        (((200, 300, 10), (270, 230, 300)), "depends on them"),
        (((200, 300, 100), (210, 290, 100)), "no change shown"),
    ],
)
def test_each_verdict_is_reached(waves, verdict):
    assert bounded(*waves).changes[0].verdict == verdict
    fall = bounded(*reversed(waves)).changes[0]
    assert fall.verdict == verdict
    assert fall.finding in {"fall", ""}


def test_what_undoes_a_rise_is_what_the_arithmetic_gives_and_undoes_the_fall_back():
    one, other = (200, 300, 200), (240, 260, 180)
    row = bounded(one, other).changes[0]
    asked = [of_counts(yes, yes + no, yes + no + gone) for yes, no, gone in (one, other)]
    found = nonresponse.tipping_change(*asked, claim="above")
    assert (row.from_tips, row.to_tips) == (found.earlier_tips, found.later_tips)
    back = bounded(other, one).changes[0]
    assert back.finding == "fall"
    assert (back.to_tips, back.from_tips) == pytest.approx((row.from_tips, row.to_tips), rel=1e-6)


def test_a_sentence_says_which_share_undoes_a_rise():
    found = bounded((200, 300, 200), (240, 260, 180))
    row, shown = found.changes[0], str(found)
    first, second = (f"{share * 100:.1f} %" for share in (row.from_tips, row.to_tips))
    assert (
        f"To undo the rise from 2020 to 2021, at least {first} of those who did not answer in 2020 "
        f"must have said “yes”, against 40.0 % of those who did; or at most {second} of those who "
        "did not answer in 2021 must have said “yes”, against 48.0 % of those who did."
    ) in shown
    assert "in brackets: the rise is not shown" in shown


def test_the_share_of_two_waves_that_undoes_a_finding_is_told_with_its_side():
    found = bounded((200, 300, 10), (270, 230, 300))
    row = found.changes[0]
    assert row.same_side == "below"
    assert f"undone at {row.same_tips * 100:.1f} % and below" in str(found)
    many = nonresponse.change_bounds(of_counts(200, 500, 510), of_counts(270, 500, 800)).same
    assert (row.same_low, row.same_high) == (many.low, many.high)


# Response rates


@laws
@given(wave=counts.filter(lambda one: sum(one[:2]) > 0), other=st.integers(1, 3))
def test_a_response_rate_is_the_same_as_rows_for_those_who_did_not_take_part(wave, other):
    yes, no, gone = wave
    many = yes + no + gone
    rated = of_one(wave, response_rate=1 / (1 + other))
    written = of_one((yes, no, gone + other * many))
    for name in ("missing", "low", "high", "ci_low", "ci_high"):
        assert getattr(rated, name) == pytest.approx(getattr(written, name), rel=1e-6, abs=1e-8)
    assert (rated.n_asked, rated.n_missing) == (many, gone)
    for name in ("estimate", "ci_low", "ci_high", "n"):
        assert getattr(rated.answered, name) == getattr(written.answered, name)


def test_a_response_rate_may_be_given_for_each_wave_by_number_or_name():
    waves = (60, 90, 0), (90, 60, 0)
    found = bounded(*waves, response_rate={2020: 0.5, "2021": 0.75})
    assert [row.response_rate for row in found.rows] == [0.5, 0.75]
    assert [row.missing for row in found.rows] == [0.5, 0.25]
    change = found.changes[0]
    assert (change.low, change.high) == pytest.approx((0.45 - 0.7, 0.7 - 0.2), **close)


def test_a_rate_of_one_wave_only_bounds_no_change():
    found = bounded((60, 90, 0), (90, 60, 0), response_rate={2021: 0.75})
    assert found.changes == ()
    assert found.refused[0].startswith("2020→2021: no bounds. Only of 2021 is the response rate")


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("42 %", 0.42),
        ("42.5%", 0.425),
        ("100 %", 1.0),
        ("42\u00a0%; of members", 0.42),
        ("0.42", 0.42),
        (".42 (AAPOR RR1)", 0.42),
        ("0 %", None),
        ("142 %", None),
        ("unknown", None),
        ("none: nobody was invited", None),
        ("about 42 %", None),
        ("42 % to 45 %", None),
        ("42", None),
        ("1 in 5", None),
    ],
)
def test_a_manifest_states_a_rate_only_as_one_number(text, rate):
    assert rate_in(text) == rate


# Designs


def test_a_design_gives_the_shares_and_variances_of_those_asked():
    drawn = sl.Design(weights="w", strata="s", psu="d")
    draw = np.random.default_rng(5)
    frame = pd.DataFrame(
        {
            "member": draw.choice(["yes", "no", None], 400, p=[0.4, 0.4, 0.2]),
            "w": draw.uniform(1, 3, 400),
            "s": np.repeat(["a", "b"], 200),
            "d": np.repeat(range(20), 20),
        }
    )
    row = sl.sensitivity(frame, "member/yes", design=drawn).rows[0]
    every = sl.estimate(frame, "member", base="all", design=drawn)
    names = [one.answer for one in every.rows]
    places = [names.index("yes"), names.index("no_value")]
    yes, gone = (every.rows[place].estimate for place in places)
    assert (row.low, row.missing) == pytest.approx((yes, gone), rel=1e-12)
    assert row.high == pytest.approx(yes + gone, rel=1e-12)
    asked = Asked(
        yes=yes, missing=gone, covariance=every.covariance[np.ix_(places, places)], n=400, df=18
    )
    wanted = nonresponse.share_bounds(asked)
    assert (row.ci_low, row.ci_high) == pytest.approx(
        (wanted.interval_low, wanted.interval_high), rel=1e-9
    )
    alone = next(one for one in sl.estimate(frame, "member", design=drawn).rows
                 if one.answer == "yes")  # fmt: skip
    ours = row.answered
    assert (ours.estimate, ours.ci_low, ours.ci_high, ours.n) == pytest.approx(
        (alone.estimate, alone.ci_low, alone.ci_high, alone.n), rel=1e-12
    )


def test_too_few_sampling_units_leave_bounds_without_an_interval():
    out = pd.DataFrame({"year": [2021] * 4, "member": ["yes", "no"] * 2, "group": ["out"] * 4})
    frame = pd.concat([rows((6, 9, 5), (9, 6, 5)), out], ignore_index=True)
    inside = (frame["year"] == 2021) & (frame["group"] == "in")
    frame["d"] = np.where(inside, 99, range(len(frame)))
    found = sl.sensitivity(
        frame, "member/yes", wave="year", where="group=in", design=sl.Design(psu="d")
    )
    row = found.rows[1]
    assert (row.low, row.high, row.ci_low, row.quantile) == (9 / 20, 14 / 20, None, None)
    assert found.changes == ()
    assert "No variance can be estimated" in found.refused[0]


def test_sampling_units_of_the_same_name_in_two_waves_have_to_be_declared():
    frame = rows((6, 9, 5), (9, 6, 5)).query("group == 'in'")
    frame = frame.assign(d=[*range(20), *range(20)])
    asked = {"wave": "year", "design": sl.Design(psu="d")}
    with pytest.raises(SampleError, match="reused_ids=True"):
        sl.sensitivity(frame, "member/yes", **asked)
    assert sl.sensitivity(frame, "member/yes", reused_ids=True, **asked).changes


# Waves with a questionnaire, counted again from their files


@pytest.fixture(scope="module")
def study(root):
    return sl.load_study(root / "waves" / "organised_groups")


@pytest.fixture(scope="module")
def file(root):
    path = root / "waves" / "organised_groups" / "2025" / "responses.csv"
    with path.open(encoding="utf-8", newline="") as found:
        return list(csv.DictReader(found))


def test_refusals_and_blanks_are_missing_and_not_knowing_is_an_answer(study, file):
    given = [row["region"] for row in file]
    unsure = [row["groups_encountered"] for row in file]
    usa = given.count("United States of America")
    row = sl.sensitivity(study, "region/usa").rows[0]
    assert row.n_asked == len(file)
    assert row.n_missing == given.count("") + given.count("Prefer not to say")
    assert row.low == pytest.approx(usa / len(file))
    met = sl.sensitivity(study, "groups_encountered/yes").rows[0]
    gone = unsure.count("") + unsure.count("Prefer not to say")
    assert met.answered.n == len(file) - gone
    assert met.answered.estimate == pytest.approx(unsure.count("Yes") / (len(file) - gone))


def test_not_knowing_counts_as_the_caller_says(study):
    found = {
        one: sl.sensitivity(study, "groups_encountered/yes", dont_know=one).rows[0]
        for one in DONT_KNOW
    }
    usual = sl.estimate(study, "groups_encountered/yes").rows[0]
    assert found["outside"].answered.estimate == usual.estimate
    assert found["missing"].answered.estimate == usual.estimate
    assert found["answer"].answered.n == usual.n + 10
    assert found["missing"].n_missing == found["answer"].n_missing + 10
    assert found["outside"].n_asked == found["answer"].n_asked - 10
    assert dict(found["missing"].states)["dont_know"] == 10


def test_who_was_not_asked_is_not_missing(study):
    wave = study.waves[0]
    state = wave.counts("groups_places")
    row = sl.sensitivity(wave, "groups_places/darknet").rows[0]
    assert state["not_applicable"] == 55
    assert row.n_asked == wave.rows - 55
    assert row.n_missing == state["refused"] + state["no_answer"] + state["not_reached"]
    assert any("may not have been asked" in note for note in row.notes)


def test_a_tick_among_several_answers_has_bounds(study):
    wave = study.waves[0]
    ticked = int((wave.column("groups_places/darknet") == 1).sum())
    row = sl.sensitivity(wave, "groups_places/darknet").rows[0]
    assert row.low == pytest.approx(ticked / row.n_asked)
    assert row.high == pytest.approx((ticked + row.n_missing) / row.n_asked)


def test_ways_of_not_answering_that_are_not_named_are_left_out_and_told(study):
    wave = study.waves[0]
    row = sl.sensitivity(wave, "groups_places/darknet", missing="refused").rows[0]
    assert row.states == (("refused", 4),)
    assert row.n_asked == 170 + 9 + 4
    note = "Left out, as if they had not been asked: 1 left it blank, 1 broke off before it."
    assert note in row.notes


def test_two_waves_of_which_one_offered_not_knowing_are_not_compared():
    ends = {
        name: Known(
            wave=name, question="q", answer="yes", domain="", title="q", answer_text="Yes",
            share=None, answered=None, asked=None, bounds=None, missing=None,
            unsure_counts=name == "2021",
        )
        for name in ("2020", "2021")
    }  # fmt: skip
    pairs, refused = judged_pairs(ends, list(ends), [(0, 1)], Gate(), "yes")
    assert pairs == ()
    assert "was offered in 2021 only" in refused[0]
    assert "dont_know='outside'" in refused[0]


def test_a_result_says_who_answered_and_that_not_knowing_counts(study):
    found = sl.sensitivity(study, "groups_encountered/yes")
    assert found.respondents == study.manifest.respondents
    assert any("10 in 2025, 12 in 2026" in line for line in found.done)


def test_groups_are_bounded_by_themselves(study):
    whole = sl.sensitivity(study.waves[0], "caution_change/more", where="groups_encountered=yes")
    inside = study.waves[0].gave("groups_encountered", "yes")
    assert whole.rows[0].n_asked == int(inside.sum())
    assert "is in no group, and outside these bounds" in whole.done[-1]


# Printed figures


def test_of_printed_figures_it_is_said_what_is_needed(netclean):
    found = sl.sensitivity(netclean, "region/usa")
    assert found.changes == ()
    assert all((row.low, row.missing) == (None, None) for row in found.rows)
    (refused,) = found.refused
    assert refused.startswith("2016→2018, 2018→2019, 2019→2020, 2016→2020: no bounds.")
    assert "How many did not answer is not known." in refused
    assert "Give response_rate=, the share of those invited who took part" in str(found)
    assert "officers who answered" in str(found)


def test_bounds_of_a_printed_share_go_as_far_as_rounding_lets_them(netclean):
    rate = 0.8
    row = sl.sensitivity(netclean.wave(2016), "region/usa", response_rate=rate).rows[0]
    # 61.1 % of 370 can be 226 only.
    assert row.low == pytest.approx(rate * 226 / 370)
    assert row.high == pytest.approx(rate * 226 / 370 + 1 - rate)
    wanted = nonresponse.share_bounds(of_counts(226, 370, 370 / rate))
    assert (row.ci_low, row.ci_high) == pytest.approx((wanted.interval_low, wanted.interval_high))


def test_a_change_of_printed_shares_allows_for_every_count(netclean):
    # 44 % of 470 is 205 to 209.
    row = sl.sensitivity(netclean, "region/usa", 2016, 2020, response_rate=0.8).changes[0]
    assert row.low == pytest.approx(0.8 * 205 / 470 - 0.8 * 226 / 370 - 0.2)
    assert row.high == pytest.approx(0.8 * 209 / 470 + 0.2 - 0.8 * 226 / 370)
    plain = sl.change(netclean, "region/usa", 2016, 2020).rows[0]
    assert (row.ci_low, row.ci_high) == pytest.approx((plain.envelope_low, plain.envelope_high))
    assert row.difference == pytest.approx(plain.difference)


def test_a_rate_is_read_from_the_manifest_where_it_states_one(demo):
    demo.edit("waves/demo/2020/wave.yaml", "response_rate: unknown", "response_rate: 40 %")
    found = sl.sensitivity(demo.load(), "pets/yes")
    assert [row.response_rate for row in found.rows] == [0.4, None]
    assert "2020: response rate 40 %, as its manifest states." in found.done
    other = sl.sensitivity(demo.load(), "pets/yes", response_rate=0.5)
    assert [row.response_rate for row in other.rows] == [0.5, 0.5]
    assert not any("manifest" in line for line in other.done)


def test_a_share_in_words_has_bounds_and_no_estimate(demo):
    row = sl.sensitivity(demo.load().waves[0], "how_many/few", response_rate=0.5).rows[0]
    assert row.answered.estimate is None
    assert row.low == pytest.approx(0.5 * row.answered.estimate_low)
    assert row.high == pytest.approx(0.5 * row.answered.estimate_high + 0.5)


def test_pairs_that_must_not_be_compared_are_not(demo):
    found = sl.sensitivity(demo.load(), "which/dog", response_rate=0.5)
    assert found.changes == ()
    assert found.refused[0].startswith("2020→2021: not compared (different construct). Foxes")


# A threshold


def test_a_threshold_tells_what_undoes_that_a_share_is_above_it():
    row = of_one((330, 270, 200), threshold=0.5)
    found = nonresponse.tipping_share(of_counts(330, 600, 800), 0.5, claim="above")
    assert (row.finding, row.verdict) == ("above", "depends on them")
    assert (row.finding_tips, row.estimate_tips) == (found.finding_tips, found.estimate_tips)
    assert of_one((270, 330, 200), threshold=0.5).finding == "below"
    assert of_one((300, 300, 200), threshold=0.5).finding == ""
    assert of_one((500, 10, 20), threshold=0.5).verdict == "holds whatever they said"


# Errors of use


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"question": "member"}, MethodError, "wanted question/answer"),
        ({"question": "member/yess"}, UnknownNameError, "did you mean 'yes'"),
        ({"question": "membr/yes"}, UnknownNameError, "did you mean 'member'"),
        ({"missing": "refused"}, UnknownNameError, "no value called 'refused'"),
        ({"missing": ["yes"]}, MethodError, "and in missing"),
        ({"dont_know": "missing"}, MethodError, "of a data frame name the value"),
        ({"dont_know": "no"}, MethodError, "choose one of 'answer'"),
        ({"response_rate": 0}, MethodError, "above 0 and at most 1"),
        ({"response_rate": 42}, MethodError, "above 0 and at most 1"),
        ({"response_rate": "0.4"}, MethodError, "wanted the share of those invited"),
        ({"response_rate": {2021: None}}, MethodError, "response_rate of 2021"),
        ({"response_rate": {2012: 0.4}}, UnknownNameError, "no wave called '2012'"),
        ({"response_rate": {2020: 0.4}, "wave": None}, MethodError, "give a number"),
        ({"samples": "panel"}, MethodError, "wanted 'independent'"),
        ({"method": "logit"}, MethodError, "choose one of 'wilson', 'wald'"),
        ({"threshold": 50}, MethodError, "above 0 and below 1"),
        ({"steps": 1}, MethodError, "from 2 to 101"),
        ({"steps": True}, MethodError, "from 2 to 101"),
        ({"confidence_level": 95}, MethodError, "confidence"),
        ({"from_": 2021, "to": 2020}, MethodError, "later minus earlier"),
        ({"from_": 2020, "wave": None}, MethodError, "there is no change"),
        ({"to": 2012}, UnknownNameError, "no wave called '2012'"),
        ({"design": "w"}, MethodError, "wanted a Design"),
    ],
)
def test_what_cannot_be_meant_is_refused(options, error, match):
    options = {"question": "member/yes", "wave": "year", **options}
    frame = rows((6, 9, 5), (9, 6, 5))
    with pytest.raises(error, match=match):
        sl.sensitivity(frame, **options)


@pytest.mark.parametrize(
    ("question", "options", "error", "match"),
    [
        ("region/usaa", {}, UnknownNameError, "did you mean 'usa'"),
        ("region/refused", {}, MethodError, "way of not answering"),
        ("region/usa", {"missing": "not_applicable"}, MethodError, "who was not asked"),
        ("region/usa", {"missing": "dont_know"}, MethodError, "dont_know='missing'"),
        ("region/usa", {"missing": "no_anser"}, UnknownNameError, "did you mean 'no_answer'"),
        ("region/usa", {"wave": "year"}, MethodError, "a study knows its waves"),
        ("region/usa", {"where": "region=sea"}, UnknownNameError, "region=sea|'sea'"),
    ],
)
def test_what_a_questionnaire_does_not_have_is_refused(study, question, options, error, match):
    for source in (study, study.waves[0]):
        with pytest.raises(error, match=match):
            sl.sensitivity(source, question, **options)


@pytest.mark.parametrize("options", [{"missing": "refused"}, {"dont_know": "missing"},
                                     {"design": sl.Design(weights="w")}])  # fmt: skip
def test_what_says_nothing_of_printed_figures_is_refused(netclean, options):
    for source in (netclean, netclean.wave(2016)):
        with pytest.raises(MethodError, match="only figures survive"):
            sl.sensitivity(source, "region/usa", **options)


def test_a_group_without_a_figure_or_a_row_has_nothing_to_bound(netclean):
    with pytest.raises(NotEstimableError, match="no figure of 'region/usa'"):
        sl.sensitivity(netclean, "region/usa", where="region=usa")


# Frames of any library, files and sums


def drawn(seed=5, n=400):
    """Two waves of made-up answers with weights, strata and units within units."""
    draw = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "year": np.repeat([2020, 2021], n // 2),
            "member": draw.choice(np.array(["yes", "no", "refused", None]), n),
            "w": draw.uniform(1, 3, n).round(2),
            "s": np.tile(np.repeat(["a", "b"], n // 4), 2),
            "d": np.repeat(range(20), n // 20),
            "h": range(n),
            "part": 0.1,
            "more": 0.1,
        }
    )


DESIGNS = {
    "simple": sl.Design(),
    "weighted": sl.Design(weights="w"),
    "clustered": sl.Design(weights="w", strata="s", psu="d"),
}


def near(one, other):
    """Whether two results are the same but for rounding."""
    if isinstance(one, dict):
        return set(one) == set(other) and all(near(one[name], other[name]) for name in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(near, one, other))
    if isinstance(one, float):
        return one == pytest.approx(other, rel=1e-8, abs=1e-10)
    return one == other


@pytest.mark.parametrize("design", DESIGNS.values(), ids=list(DESIGNS))
def test_sums_files_and_frames_of_other_libraries_give_the_same(design, tmp_path):
    frame = drawn()
    path = tmp_path / "rows.csv"
    frame.to_csv(path, index=False)
    asked = {"missing": "refused", "response_rate": {2020: 0.5, 2021: 0.6}, "reused_ids": True}
    wanted = sl.sensitivity(frame, "member/yes", wave="year", design=design, **asked).to_dict()
    sums = sl.collapse(frame, ["member"], wave="year", design=design)
    relation = duckdb.connect().from_df(frame)
    found = [
        sl.sensitivity(sums, "member/yes", **asked),
        sl.sensitivity(path, "member/yes", wave="year", design=design, **asked),
        sl.sensitivity(relation, "member/yes", wave="year", design=design, **asked),
    ]
    assert wanted["changes"]
    for one in found:
        assert near(one.to_dict(), wanted)


def test_units_within_units_are_looked_at_row_by_row():
    frame = drawn()
    stages = {"weights": "w", "strata": "s", "psu": "d", "ssu": "h"}
    two = sl.Design(**stages, population="part", ssu_population="more")
    one = sl.Design(weights="w", strata="s", psu="d", population="part")
    asked = {"wave": "year", "reused_ids": True}
    first, second = (sl.sensitivity(frame, "member/yes", design=d, **asked) for d in (one, two))
    assert [row.low for row in first.rows] == pytest.approx([row.low for row in second.rows])
    assert first.rows[0].ci_low > second.rows[0].ci_low  # the second stage adds its own variance
    sums = sl.collapse(frame, ["member"], wave="year", design=two)
    with pytest.raises(MethodError, match="go back to the rows"):
        sl.sensitivity(sums, "member/yes")


def test_sums_have_their_design_and_columns():
    sums = sl.collapse(drawn(), ["member"], wave="year", design=DESIGNS["weighted"])
    with pytest.raises(MethodError, match="leave out 'design'"):
        sl.sensitivity(sums, "member/yes", design=DESIGNS["simple"])
    with pytest.raises(UnknownNameError, match="did you mean 'member'"):
        sl.sensitivity(sums, "membr/yes")
    with pytest.raises(UnknownNameError, match="no value called 'yess'"):
        sl.sensitivity(sums, "member/yess")


def test_a_value_that_is_called_as_no_value_is_no_missing_one():
    frame = pd.DataFrame({"member": ["yes"] * 6 + ["no_value"] * 3 + [None]})
    row = sl.sensitivity(frame, "member/yes").rows[0]
    assert (row.n_missing, row.low, row.high) == (1, 0.6, pytest.approx(0.7))


# What a result holds


def test_a_result_becomes_frames_and_json():
    found = bounded((200, 300, 100), (270, 230, 80), response_rate=0.5)
    frame = found.to_frame()
    assert frame["answered"].tolist() == pytest.approx([0.4, 0.54])
    assert frame["low"].tolist() == [row.low for row in found.rows]
    assert found.changes_frame()["verdict"].tolist() == [found.changes[0].verdict]
    tipping = found.tipping_frame()
    assert len(tipping) == 25
    assert tipping["change"].tolist() == [one for line in found.changes[0].changes for one in line]
    made = json.loads(json.dumps(found.to_dict()))
    assert made["schema"] == "surveylib.sensitivity/1"
    assert made["changes"][0]["low"] == found.changes[0].low


def test_a_result_without_changes_has_frames_of_the_same_columns():
    alone, two = bounded((6, 9, 5)), bounded((6, 9, 5), (9, 6, 5))
    for name in ("changes_frame", "tipping_frame"):
        one, other = getattr(alone, name)(), getattr(two, name)()
        assert one.empty
        assert list(one.columns) == list(other.columns)


def test_names_of_missing_are_states_of_a_wave():
    from surveylib.wave.states import STATES  # noqa: PLC0415 - one test looks at it

    assert set(MISSING) < set(STATES)
