"""Changes as users ask for them: measures, margins, families, groups, bases, wrong questions."""

import math

import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, tost_proportions_2indep

import surveylib as sl
from surveylib.errors import ComparabilityError, MethodError, NotEstimableError, UnknownNameError
from surveylib.stats import differences, equivalence, odds, ratios
from surveylib.stats.multiplicity import METHODS as ADJUSTMENTS
from surveylib.stats.planning import detectable

DRAWN = {"design": sl.Design(weights="w", strata="s", psu="unit", population="size"),
         "reused_ids": True}  # fmt: skip
METHODS = [
    *(("difference", name, differences.independent) for name in differences.METHODS),
    *(("ratio", name, ratios.independent) for name in ratios.METHODS),
    *(("percent", name, ratios.independent) for name in ratios.METHODS),
    *(("odds_ratio", name, odds.independent) for name in odds.METHODS),
]


def people(*waves, start=2020):
    """Simple samples: `yes` of `n` in each wave, and as many in a town as told."""
    parts = [
        pd.DataFrame({"year": start + place, "q": ["yes"] * yes + ["no"] * (n - yes), "g": "town"})
        for place, (yes, n) in enumerate(waves)
    ]
    return pd.concat(parts, ignore_index=True)


def yes(source, *waves, **options):
    (row,) = sl.change(source, "q/yes", *waves, wave="year", **options).rows
    return row


# --- methods ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("measure", "method", "arithmetic"), METHODS)
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_every_method_of_simple_samples_has_its_own_numbers(measure, method, arithmetic, level):
    row = yes(people((34, 100), (55, 120)), measure=measure, method=method, confidence_level=level)
    found = arithmetic(34, 100, 55, 120, method=method, confidence_level=level)
    values = [found.estimate, found.low, found.high]
    if measure == "percent":
        values = [100 * (value - 1) for value in values]
    assert [row.effect, row.ci_low, row.ci_high] == pytest.approx(values)
    assert row.p_value == pytest.approx(found.p_value)
    assert row.difference == pytest.approx(55 / 120 - 0.34)
    assert (row.measure, row.method, row.confidence_level) == (measure, method, level)


@pytest.mark.parametrize(
    ("method", "theirs"),
    [("newcombe", "newcomb"), ("wald", "wald"), ("agresti-caffo", "agresti-caffo")],
)
def test_differences_are_those_of_statsmodels(method, theirs):
    row = yes(people((56, 70), (48, 80)), method=method)
    low, high = confint_proportions_2indep(48, 80, 56, 70, method=theirs, compare="diff")
    assert (row.ci_low, row.ci_high) == pytest.approx((low, high), abs=1e-9)


def test_the_example_of_newcombe_1998_is_reproduced():
    # Newcombe (1998, Statistics in Medicine 17:873), table II, example (a), method 10.
    row = yes(people((48, 80), (56, 70)))
    assert (round(row.ci_low, 4), round(row.ci_high, 4)) == (0.0524, 0.3339)


def test_nobody_before_and_somebody_after_has_a_ratio_without_a_limit_and_a_difference():
    rows = people((0, 50), (8, 50))
    ratio = yes(rows, measure="ratio")
    assert ratio.effect is None
    assert ratio.ci_high is None
    assert ratio.ci_low > 1
    assert math.isinf(ratio.envelope_high)
    assert "no limit" in str(sl.change(rows, "q/yes", wave="year", measure="ratio"))
    difference = yes(rows)
    assert difference.ci_low > 0
    assert difference.verdict == "increased"


def test_nobody_in_either_wave_has_an_interval_with_width():
    row = yes(people((0, 50), (0, 50), (5, 50)), 2020, 2021)
    by_hand = differences.independent(0, 50, 0, 50)
    assert (row.ci_low, row.ci_high) == pytest.approx((by_hand.low, by_hand.high))
    assert row.ci_low < 0 < row.ci_high


# --- which waves ------------------------------------------------------------------------------


WAVES = (30, 100), (35, 100), (48, 100), (60, 100)


@pytest.mark.parametrize(
    ("named", "options", "pairs"),
    [
        ((), {}, ["2020 2021", "2021 2022", "2022 2023", "2020 2023"]),
        ((), {"against": "first"}, ["2020 2021", "2020 2022", "2020 2023"]),
        ((2021,), {}, ["2021 2022", "2021 2023"]),
        ((None, 2022), {}, ["2020 2022", "2021 2022"]),
        ((2020, 2022), {}, ["2020 2022"]),
        (("2020", "2022"), {}, ["2020 2022"]),
    ],
)
def test_waves_are_compared_as_asked(named, options, pairs):
    rows = sl.change(people(*WAVES), "q/yes", *named, wave="year", **options).rows
    assert [f"{row.from_wave} {row.to_wave}" for row in rows] == pairs


def test_steps_add_up_to_the_change_from_first_to_last():
    rows = sl.change(people(*WAVES), "q/yes", wave="year").rows
    assert sum(row.difference for row in rows[:3]) == pytest.approx(rows[3].difference)


# --- margins ----------------------------------------------------------------------------------


@pytest.mark.parametrize("margin", [0.02, 0.05, 0.1])
def test_a_change_within_a_margin_is_shown_by_two_one_sided_tests(margin):
    rows = people((500, 1000), (510, 1000))
    row = yes(rows, margin=margin)
    by_hand = equivalence.tost(0.01, row.standard_error, margins=margin, df=math.inf, alpha=0.05)
    assert row.equivalence == pytest.approx(by_hand.p_value)
    assert row.margin == margin
    theirs = tost_proportions_2indep(510, 1000, 500, 1000, -margin, margin, method="wald")
    assert row.equivalence == pytest.approx(theirs.pvalue, rel=0.02)
    wanted = "no change beyond the margin" if row.equivalence <= 0.05 else "no change shown"
    assert row.verdict == wanted


def test_a_large_change_is_an_increase_whatever_the_margin():
    row = yes(people((300, 1000), (400, 1000)), margin=0.2)
    assert row.verdict == "increased"
    assert row.equivalence < 0.05


@pytest.mark.parametrize("margin", [0, -0.1, 1, 3, "3 %", math.nan])
def test_a_margin_is_a_proportion(margin):
    with pytest.raises(MethodError, match=r"wanted a proportion between 0 and 1, such as 0\.03"):
        yes(people((30, 100), (40, 100)), margin=margin)


# --- what would have shown --------------------------------------------------------------------


def test_where_no_change_is_shown_the_smallest_that_would_have_been_is_told():
    row = yes(people((120, 400), (130, 400)))
    assert row.verdict == "no change shown"
    planned = detectable(0.3, 400, 400, power=0.8)
    assert row.detectable == pytest.approx(planned.up, rel=1e-6)
    assert row.detectable_down == pytest.approx(planned.down, rel=1e-6)
    shown = yes(people((120, 400), (200, 400)))
    assert (shown.detectable, shown.detectable_down) == (None, None)


# --- families ---------------------------------------------------------------------------------


#: Our names, and those of statsmodels.
THEIRS = {
    "holm": "holm",
    "bonferroni": "bonferroni",
    "benjamini-hochberg": "fdr_bh",
    "benjamini-yekutieli": "fdr_by",
    "hommel": "hommel",
    "hochberg": "simes-hochberg",
}


@pytest.mark.parametrize("adjust", sorted(set(ADJUSTMENTS) & set(THEIRS)))
@pytest.mark.parametrize("family", ["all", "question", "waves"])
def test_p_values_of_a_family_are_those_of_statsmodels(sample, adjust, family):
    found = sl.change(sample, ["q", "g"], wave="year", adjust=adjust, family=family).rows
    key = {
        "all": lambda _row: (),
        "question": lambda row: (row.question, row.domain),
        "waves": lambda row: (row.from_wave, row.to_wave),
    }[family]
    seen = set()
    for group in {key(row) for row in found}:
        rows = [row for row in found if key(row) == group]
        _, values, _, _ = multipletests([row.p_value for row in rows], method=THEIRS[adjust])
        assert [row.p_adjusted for row in rows] == pytest.approx(list(values))
        assert {row.family.split(":")[0] for row in rows} == {f"{adjust}, {len(rows)} tests"}
        seen.add(len(rows))
    assert seen == {"all": {30}, "question": {18, 12}, "waves": {5}}[family]


def test_nothing_is_adjusted_where_nothing_was_asked_for():
    row = yes(people((30, 100), (40, 100)))
    assert (row.p_adjusted, row.family) == (None, "")


# --- groups and bases -------------------------------------------------------------------------


def test_groups_are_compared_by_themselves(sample):
    found = sl.change(sample, "q", 2016, 2018, wave="year", by="g").rows
    for group in ("town", "village"):
        alone = sl.change(sample[sample.g == group], "q", 2016, 2018, wave="year").rows
        where = sl.change(sample, "q", 2016, 2018, wave="year", where=f"g={group}").rows
        rows = [row for row in found if row.domain == f"g={group}"]
        for one, other, third in zip(alone, rows, where, strict=True):
            for name in ("difference", "ci_low", "ci_high", "p_value"):
                assert getattr(other, name) == pytest.approx(getattr(one, name))
                assert getattr(third, name) == pytest.approx(getattr(one, name))
            assert third.domain == other.domain


@pytest.mark.parametrize("base", ["answered", "all"])
def test_the_base_is_that_of_estimate(sample, base):
    shares = sl.estimate(sample, "q", wave="year", base=base).rows
    known = {(row.wave, row.answer): row for row in shares}
    for row in sl.change(sample, "q", wave="year", base=base, **DRAWN).rows:
        for end in (row.from_estimate, row.to_estimate):
            assert end.n == known[end.wave, end.answer].n


def test_a_group_that_one_wave_has_not_is_refused_with_the_reason(sample):
    rows = sample[~((sample.year == 2018) & (sample.g == "town"))]
    found = sl.change(rows, "q", 2016, 2018, wave="year", by="g")
    assert {row.domain for row in found.rows} == {"g=village"}
    assert {row.comparability for row in found.refused} == {"not asked"}
    with pytest.raises(ComparabilityError, match="'q' must not be compared"):
        sl.change(rows, "q", 2016, 2018, wave="year", where="g=town")


def test_a_refusal_of_a_group_names_the_group(sample):
    rows = sample[~((sample.year == 2018) & (sample.g == "town"))]
    found = sl.change(rows, "q", 2016, 2018, wave="year", by="g")
    assert "town" in str(found).partition("\n\n")[2]


def test_several_questions_are_compared_at_once(sample):
    both = sl.change(sample, ["q/high", "g"], 2016, 2018, wave="year").rows
    one = sl.change(sample, "q/high", 2016, 2018, wave="year").rows
    other = sl.change(sample, "g", 2016, 2018, wave="year").rows
    assert both == (*one, *other)


# --- several waves at once --------------------------------------------------------------------


def test_each_wave_is_compared_with_the_mean_of_all():
    rows = sl.change(people(*WAVES), "q/yes", wave="year", against="mean").rows
    shares = [0.30, 0.35, 0.48, 0.60]
    mean = sum(shares) / 4
    assert [row.difference for row in rows] == pytest.approx([one - mean for one in shares])
    for row, share in zip(rows, shares, strict=True):
        parts = [0.75 if one == share else -0.25 for one in shares]
        variance = sum(c**2 * p * (1 - p) / 99 for c, p in zip(parts, shares, strict=True))
        assert row.standard_error == pytest.approx(variance**0.5, rel=1e-9)
        assert (row.p_value < 0.05) == (row.ci_low > 0 or row.ci_high < 0)
    assert [row.verdict for row in rows][::3] == ["decreased", "increased"]


def test_the_mean_of_equal_waves_is_not_left():
    rows = sl.change(people((40, 100), (40, 100), (40, 100)), "q", wave="year", against="mean").rows
    for row in rows:
        assert row.difference == pytest.approx(0)
        assert row.p_value == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"contrast": {"2020": 1, "2021": 1}}, r"wanted numbers that add up to 0"),
        ({"contrast": {"2020": 0, "2021": 0}}, r"contrast is 0 for every wave"),
        ({"contrast": {"2020": -1, "2021": math.nan}}, r"wanted numbers that add up to 0"),
        ({"contrast": {"2020": -1, "2021": 1}, "measure": "ratio"}, r"are differences"),
        ({"contrast": {"2020": -1, "2021": 1}, "margin": 0.1}, r"leave out 'measure' and 'margin'"),
        ({"against": "mean", "measure": "odds_ratio"}, r"are differences"),
        ({"contrast": {"2020": "less", "2021": 1}}, r"wanted numbers that add up to 0"),
        ({"against": "last"}, r"against is 'last'; choose one of 'before', 'first', 'mean'"),
    ],
)
def test_a_contrast_that_is_none_is_refused(options, message):
    with pytest.raises(MethodError, match=message):
        yes(people(*WAVES), **options)


def test_years_of_a_contrast_may_be_numbers():
    rows = people(*WAVES)
    named = yes(rows, contrast={"2020": -1, "2021": 0.5, "2022": 0.5})
    assert yes(rows, contrast={2020: -1, 2021: 0.5, 2022: 0.5}) == named


@pytest.mark.parametrize("ask", [sl.change, sl.trend])
def test_no_question_is_told_to_be_one(ask):
    with pytest.raises(MethodError, match="question is empty"):
        ask(people(*WAVES), [], wave="year")


def test_a_contrast_names_waves_and_is_not_of_two_named_besides():
    rows = people(*WAVES)
    with pytest.raises(UnknownNameError, match=r"no wave called '2030'"):
        yes(rows, contrast={"2020": -1, "2030": 1})
    with pytest.raises(MethodError, match="a contrast counts all: give one of them"):
        yes(rows, 2020, contrast={"2020": -1, "2021": 1})


# --- asked wrongly ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"measure": "factor"}, r"no measure method called 'factor'"),
        ({"method": "newcomb"}, r"called 'newcomb'; did you mean 'newcombe'\?"),
        ({"adjust": "holms"}, r"no adjustment method called 'holms'; did you mean 'holm'"),
        ({"adjust": "holm", "family": "wave"}, r"no family method called 'wave'"),
        ({"confidence_level": 1}, r"confidence_level is 1"),
        (
            {"design_effect": 2, "design": sl.Design()},
            r"give a design or a design effect, not both",
        ),
        ({"base": "everybody"}, r"base is 'everybody'"),
        ({"method": "mee", **DRAWN}, r"have the hybrid 'mover' only"),
        ({"interval": "korn-graubard", **DRAWN}, r"interval .*'korn-graubard'.*'wilson', 'logit'"),
    ],
)
def test_what_does_not_go_together_is_refused_with_what_does(sample, options, message):
    with pytest.raises(MethodError, match=message):
        sl.change(sample, "q", **{"wave": "year", **options})


def test_a_frame_without_waves_or_with_one_is_told_what_is_missing(sample):
    with pytest.raises(MethodError, match="a data frame needs wave="):
        sl.change(sample, "q")
    with pytest.raises(
        NotEstimableError, match=r"'q' is in one wave only \(2016\): a change needs two"
    ):
        sl.change(sample[sample.year == 2016], "q", wave="year")


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("qq",), {}, r"no column called 'qq' in the data frame; did you mean 'q'\?"),
        (("q/hihg",), {}, r"'hihg'.*did you mean 'high'\?"),
        (("q", 2016, 2017), {}, r"no wave called '2017' in the waves that have the question"),
        (("q",), {"by": "group"}, r"no column called 'group'"),
        (("q",), {"where": "g=city"}, r"'city'"),
    ],
)
def test_a_misspelt_name_is_answered_with_those_there_are(sample, arguments, options, message):
    with pytest.raises(UnknownNameError, match=message):
        sl.change(sample, *arguments, wave="year", **options)


def test_waves_in_the_wrong_order_are_refused(sample):
    with pytest.raises(MethodError, match="later minus earlier: wanted two different waves"):
        sl.change(sample, "q", 2018, 2016, wave="year")


@pytest.mark.parametrize("source", [None, [1, 2], 3.0])
def test_a_source_that_is_none_is_named(source):
    with pytest.raises(MethodError, match=r"source is a \w+; wanted a study"):
        sl.change(source, "q", wave="year")


def test_a_contrast_of_shares_that_are_far_apart_has_its_p_value():
    # At levels of nearly 0, where its p-value is looked for, limits are the share but for rounding.
    rows = sl.change(people((10, 100), (50, 100), (90, 100)), "q", wave="year", against="mean").rows
    assert [round(row.p_value, 6) for row in rows if abs(row.difference) < 1e-9] == [1.0, 1.0]


def test_a_base_of_people_in_both_waves_is_one_number():
    first = people((40, 100), (60, 100)).assign(who=[*range(100), *range(20, 120)])
    row = sl.change(first, "q/yes", wave="year", samples="panel", ids="who").rows[0]
    assert row.from_estimate.n_low == row.from_estimate.n == 80
