"""Standards of presentation: every rule at its boundary, and what a result says of them."""

import dataclasses
import math

import pandas as pd
import pytest

import surveylib as sl
from surveylib.errors import MethodError
from surveylib.present.standards import STANDARDS, Facts, facts_of, judge

ROW = sl.estimate(pd.DataFrame({"use": ["yes", "no"]}), "use").rows[0]


def row(count, n, *, design_effect=1.0, df=math.inf, **more):
    share = count / n
    error = math.sqrt(share * (1 - share) / n * design_effect)
    return dataclasses.replace(
        ROW,
        **{
            "n": n,
            "n_low": n,
            "n_effective": n / design_effect,
            "estimate": share,
            "estimate_low": share,
            "estimate_high": share,
            "standard_error": error,
            "design_effect": design_effect,
            "df": df,
            **more,
        },
    )


def flags(estimate, standard="nchs"):
    return judge(sl.Estimates(rows=(estimate,)), standard).rows[0].flags


def facts(**given):
    plain = {"share": 0.5, "n": 500, "n_effective": 500, "low": 0.46, "high": 0.54, "cv": 0.04}
    return Facts(**{"df": math.inf, **plain, **given})


def broken(standard="nchs", statistic="share", **given):
    return [rule.flag for rule in STANDARDS[standard].broken(facts(**given), statistic)]


# Parker et al. (2017), the steps in their order


def test_29_respondents_are_too_few_and_30_are_not():
    assert broken(n=29, n_effective=29) == ["suppress"]
    assert broken(n=30, n_effective=30) == []


def test_29_effective_respondents_are_too_few_whatever_n_is():
    assert broken(n=5000, n_effective=29.9) == ["suppress"]
    assert broken(n=5000, n_effective=30.0) == []


def test_an_interval_of_30_points_is_too_wide():
    assert broken(share=0.5, low=0.35, high=0.65) == ["suppress"]
    assert broken(share=0.5, low=0.35, high=0.6499) == []


def test_up_to_5_points_the_width_beside_the_share_is_not_looked_at():
    assert broken(share=0.02, low=0.0, high=0.05) == []
    assert broken(share=0.02, low=0.0, high=0.0501) == ["suppress"]


def test_130_percent_of_the_share_are_the_limit_beyond_5_points():
    assert broken(share=0.125, low=0.0, high=0.1625) == []
    assert broken(share=0.125, low=0.0, high=0.1626) == ["suppress"]


def test_the_share_of_all_others_has_a_footnote_where_it_alone_would_be_unsure():
    assert broken(share=0.875, low=0.8, high=0.9626) == ["complement"]
    assert broken(share=0.875, low=0.8, high=0.9624) == []
    # As narrow as 5 points, it would be shown as well.
    assert broken(share=0.98, low=0.96, high=1.0) == []


def test_fewer_than_8_degrees_of_freedom_are_reviewed_where_the_figure_is_shown():
    assert broken(df=7) == ["review"]
    assert broken(df=8) == []
    assert broken(df=7, n=29, n_effective=29) == ["suppress"]


@pytest.mark.parametrize("count", [0, 40])
def test_nobody_or_everybody_is_reviewed_and_has_no_width(count):
    assert flags(row(count, 40)) == ("review",)


def test_nobody_of_few_is_both_suppressed_and_reviewed():
    assert flags(row(0, 29)) == ("suppress", "review")


# Parker et al. (2023): rates and counts


def test_a_total_of_9_effective_respondents_is_too_unsure():
    assert broken(statistic="total", share=100, low=90, high=110, n_effective=9) == ["suppress"]
    assert broken(statistic="total", share=100, low=90, high=110, n_effective=10) == []


def test_160_percent_of_a_total_are_the_limit():
    assert broken(statistic="total", share=100, low=20, high=180) == []
    assert broken(statistic="total", share=100, low=20, high=181) == ["suppress"]


def test_a_total_with_few_degrees_of_freedom_is_reviewed():
    assert broken(statistic="total", share=100, low=90, high=110, df=7) == ["review"]


# What a rule looks at


def test_the_effective_size_is_n_over_the_design_effect_and_at_most_n():
    assert facts_of(row(50, 100, design_effect=4.0)).n_effective == 25
    assert facts_of(row(50, 100, design_effect=0.5)).n_effective == 100


def test_the_interval_is_that_of_clopper_and_pearson_where_the_sample_is_simple():
    # R: binom.test(81, 263)$conf.int
    found = facts_of(row(81, 263, interval="wilson"))
    assert (found.low, found.high) == pytest.approx((0.25273675, 0.36762192), abs=1e-8)


def test_few_degrees_of_freedom_widen_the_interval_as_korn_and_graubard_do():
    simple, designed = facts_of(row(81, 263)), facts_of(row(81, 263, df=5))
    assert designed.width > simple.width
    assert designed.n_effective == simple.n_effective


# The other standards


def test_30_30_wants_30_respondents_and_30_effective_ones():
    assert broken("thirty", n=29, n_effective=29) == ["suppress", "suppress"]
    assert broken("thirty", n=30, n_effective=29) == ["suppress"]
    assert broken("thirty", n=30, n_effective=30) == []
    assert broken("thirty", "quantile", n=30, n_effective=30, cv=math.inf) == []


def test_30_30_has_a_look_at_a_standard_error_of_30_percent():
    assert broken("thirty", cv=0.30) == ["review"]
    assert broken("thirty", cv=0.2999) == []


def test_the_coefficient_of_variation_has_two_limits():
    # Up to 16.5 % without restriction, 16.6 to 33.3 % with a warning: Statistics Canada (2009).
    assert broken("cv", cv=0.165) == []
    assert broken("cv", cv=0.166) == ["review"]
    assert broken("cv", cv=0.333) == ["review"]
    assert broken("cv", cv=0.334) == ["suppress"]


def test_a_coefficient_of_variation_of_nobody_is_without_limit():
    assert flags(row(0, 100), "cv") == ("suppress",)


# Results


def test_when_all_is_well_the_result_says_what_was_checked():
    found = judge(sl.Estimates(rows=(row(300, 600),)))
    assert found.checked == "Checked the standard NCHS 2017 for proportions. Nothing to report."
    assert found.checked in str(found)


def test_what_is_found_is_counted_and_explained_below_the_table():
    found = judge(sl.Estimates(rows=(row(10, 20), row(0, 100), row(300, 600))))
    assert found.checked.endswith("1 not to be shown; 1 to be reviewed.")
    assert "suppress: Fewer than 30 respondents" in str(found)
    assert found.to_dict()["checked"] == found.checked


def test_judging_twice_says_everything_once():
    once = judge(sl.Estimates(rows=(row(10, 20),)))
    assert judge(once) == once


def test_judging_takes_no_number_away():
    found = judge(sl.Estimates(rows=(row(10, 20),))).rows[0]
    assert (found.estimate, found.printed) == (0.5, ROW.printed)


def test_a_figure_without_a_number_is_not_judged_and_counted_as_such():
    words = row(10, 20, estimate=None)
    found = judge(sl.Estimates(rows=(words,)))
    assert found.rows[0].flags == ()
    assert found.checked.endswith("Not judged, for want of a number or a rule: 1.")


def test_a_mean_has_no_rule_of_nchs():
    frame = pd.DataFrame({"size": [1.0, 2.0, 4.0] * 20})
    found = judge(sl.estimate(frame, "size", statistic="mean"))
    assert found.checked.endswith("Not judged, for want of a number or a rule: 1.")


FRAME = pd.DataFrame(
    {
        "year": [2021] * 20 + [2022] * 200 + [2023] * 200,
        "use": ["yes", "no"] * 210,
    }
)


def test_a_change_is_judged_at_both_of_its_ends():
    found = judge(sl.change(FRAME, "use", 2021, 2022, wave="year"))
    ends = [(row.from_estimate.flags, row.to_estimate.flags) for row in found.rows]
    assert ends == [(("suppress",), ()), (("suppress",), ())]
    assert "2021, suppress: Fewer than 30 respondents" in str(found)
    assert found.checked in str(found)


def test_a_printed_figure_that_is_judged_is_named_below_changes():
    study = sl.load_study("waves/netclean")
    found = judge(sl.change(study, "region/usa"), "thirty")
    few = sl.Rule("all", "review", "Told of everything.", lambda _facts: True)
    every = judge(found, sl.Standard(name="ours", rules=(few,)))
    assert "review: Told of everything. (ours)" in str(every)


def test_a_trend_is_judged_at_each_wave():
    found = judge(sl.trend(FRAME, "use", wave="year"))
    assert [point.flags for point in found.rows[0].points] == [("suppress",), (), ()]
    assert found.checked in str(found)


def test_a_standard_of_ones_own_has_named_rules():
    few = sl.Rule("few", "suppress", "Fewer than 50.", lambda row: row.n < 50)
    ours = sl.Standard(name="ours", rules=(few,))
    found = judge(sl.Estimates(rows=(row(20, 49), row(20, 50))), ours)
    assert [one.flags for one in found.rows] == [("suppress",), ()]
    assert found.rows[0].notes == ("Fewer than 50. (ours)",)


def test_a_standard_without_rules_or_with_a_flag_that_does_not_exist_is_refused():
    few = sl.Rule("few", "suppres", "Fewer than 50.", lambda row: row.n < 50)
    with pytest.raises(MethodError, match="did you mean 'suppress'"):
        sl.Standard(name="ours", rules=(few,))
    with pytest.raises(MethodError, match="has no rules"):
        sl.Standard(name="ours", rules=())
    with pytest.raises(MethodError, match="two rules called 'few'"):
        sl.Standard(name="ours", rules=(few._replace(flag="review"),) * 2)


def test_a_standard_that_does_not_exist_names_those_that_do():
    with pytest.raises(MethodError, match="no standard called 'nhcs'; did you mean 'nchs'"):
        judge(sl.Estimates(rows=()), "nhcs")


def test_a_plan_cannot_be_judged():
    with pytest.raises(MethodError, match="a str cannot be judged"):
        judge("a table")


@pytest.mark.parametrize("name", STANDARDS)
def test_every_standard_has_a_source_and_words_for_each_rule(name):
    standard = STANDARDS[name]
    assert standard.source
    assert all(rule.words.endswith((".", "care.")) for rule in standard.rules)
