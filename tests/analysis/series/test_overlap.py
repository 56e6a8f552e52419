"""Who is in both samples: what ids contradict, panels, and what nobody knows."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import mcnemar

import surveylib as sl
from surveylib.errors import MethodError, NotEstimableError, SampleError, UnknownNameError
from surveylib.stats import differences, paired, paired_ratio

SHARED = sl.Design(weights="w", strata="s", psu="unit")
METHODS = [
    *(("difference", name, paired.difference) for name in paired.METHODS),
    *(("ratio", name, paired_ratio.ratio) for name in paired_ratio.METHODS),
]


@pytest.fixture(scope="module")
def two(sample):
    return sample[sample.year.isin([2016, 2018])]


@pytest.fixture(scope="module")
def met():
    """The same 100 people twice: 30 yes and yes, 10 yes and no, 25 no and yes, 35 no and no."""
    first = ["yes"] * 40 + ["no"] * 60
    second = ["yes"] * 30 + ["no"] * 10 + ["yes"] * 25 + ["no"] * 35
    rows = {
        "year": [2020] * 100 + [2021] * 100,
        "id": [*range(100), *range(100)],
        "met": first + second,
        "size": (["town"] * 50 + ["village"] * 50) * 2,
    }
    return pd.DataFrame(rows)


CELLS = 30, 10, 25, 35


# --- contradictions ---------------------------------------------------------------------------


def test_units_in_both_of_two_independent_samples_are_told_with_what_to_declare(sample):
    message = (
        r"samples is 'independent', but 24 of the 24 sampling units of wave 2018 have ids of wave "
        r"2016 \(24\)\. If they are the same: declare samples='shared-psu'\. If ids are given anew "
        r"in each wave: reused_ids=True"
    )
    with pytest.raises(SampleError, match=message):
        sl.change(sample, "q", wave="year", design=SHARED)
    assert sl.change(sample, "q", wave="year", design=SHARED, reused_ids=True).rows


@pytest.mark.parametrize("ask", [sl.change, sl.trend])
def test_people_in_both_of_two_independent_samples_are_told_with_what_to_declare(sample, ask):
    message = (
        r"72 of the 120 respondents of wave 2018 have ids of wave 2016 \(120\).*"
        r"samples='panel' or 'rotating'"
    )
    with pytest.raises(SampleError, match=message):
        ask(sample, "q", wave="year", ids="id")
    assert ask(sample, "q", wave="year", ids="id", reused_ids=True).rows


def test_ids_that_never_coincide_are_no_panel(sample):
    apart = sample[sample.year.isin([2016, 2024])]
    for samples in ("panel", "rotating"):
        message = f"samples is '{samples}', but none of the 120 respondents of wave 2024"
        with pytest.raises(SampleError, match=message):
            sl.change(apart, "q", wave="year", ids="id", samples=samples)


def test_units_that_never_coincide_are_not_shared(sample):
    apart = sample[(sample.year == 2016) | ((sample.year == 2024) & (sample.unit > 8))]
    message = r"none of the 12 sampling units of wave 2024 has an id of wave 2016 \(24\)"
    with pytest.raises(SampleError, match=message):
        sl.change(apart, "q", wave="year", design=SHARED, samples="shared-psu")


def test_people_may_rotate_out_of_a_sample_over_the_years(sample):
    # Nobody of 2016 is in 2024, and that is what rotating means.
    found = sl.change(sample, "q", wave="year", ids="id", samples="rotating")
    assert len(found.rows) == 18
    known = {str(year): set(rows.id) for year, rows in sample.groupby("year")}
    for row in found.rows:
        both = len(known[row.from_wave] & known[row.to_wave])
        assert row.overlap == f"{both} of 120 respondents of the earlier wave are in the later"
    assert found.rows[-1].overlap.startswith("0 of 120")


def test_waves_that_share_nobody_have_estimates_that_do_not_move_together(sample):
    found = sl.change(sample, "q", 2016, 2024, wave="year", ids="id", samples="rotating")
    assert [row.correlation for row in found.rows] == pytest.approx([0, 0, 0], abs=1e-12)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"samples": "panel"}, r"samples is 'panel', which needs ids=, the column"),
        ({"samples": "rotating"}, r"samples is 'rotating', which needs ids="),
        ({"samples": "shared-psu"}, r"samples is 'shared-psu', which needs a design with psu"),
    ],
)
def test_a_relation_needs_what_tells_units_apart(sample, options, message):
    with pytest.raises(SampleError, match=message):
        sl.change(sample, "q", wave="year", **options)


def test_a_relation_that_there_is_not_is_answered_with_those_there_are(sample):
    with pytest.raises(
        MethodError, match=r"samples is 'same'; choose one of 'independent', 'panel'"
    ):
        sl.change(sample, "q", wave="year", samples="same")


def test_an_id_twice_in_a_wave_or_none_is_refused(two):
    again = pd.concat([two, two.iloc[:2]])
    with pytest.raises(
        NotEstimableError, match=r"column 'id' has 2 ids more than once in wave 2016"
    ):
        sl.change(again, "q", wave="year", ids="id", samples="rotating")
    gone = two.assign(id=two.id.where(two.id != 1001))
    with pytest.raises(NotEstimableError, match=r"'id' names no respondent in 1 rows of wave 2016"):
        sl.change(gone, "q", wave="year", ids="id", samples="rotating")
    with pytest.raises(UnknownNameError, match=r"no column called 'person'"):
        sl.change(two, "q", wave="year", ids="person", samples="rotating")


def test_replicate_weights_do_not_say_what_samples_share(two):
    replicates = [f"r{place}" for place in range(4)]
    rng = np.random.default_rng(1)
    rows = two.assign(**{name: two.w * rng.uniform(0.5, 1.5, len(two)) for name in replicates})
    design = sl.Design(weights="w", replicate_weights=replicates, replication="jk1")
    assert sl.change(rows, "q", wave="year", design=design).rows
    message = "replicate weights are compared as independent samples only"
    with pytest.raises(NotEstimableError, match=message):
        sl.change(rows, "q", wave="year", design=design, ids="id", samples="rotating")


# --- the same people --------------------------------------------------------------------------


def test_the_same_people_are_compared_by_who_changed(met):
    (no, yes) = sl.change(met, "met", wave="year", ids="id", samples="panel").rows
    by_hand = paired.difference(*CELLS, method="tango")
    assert yes.difference == pytest.approx(0.15)
    assert (yes.ci_low, yes.ci_high) == pytest.approx((by_hand.low, by_hand.high))
    assert yes.p_value == pytest.approx(
        mcnemar([[30, 10], [25, 35]], exact=False, correction=False).pvalue
    )
    assert yes.method == "tango"
    assert (no.ci_low, no.ci_high) == pytest.approx((-yes.ci_high, -yes.ci_low))
    assert yes.overlap == "100 of 100 respondents of the earlier wave are in the later"


@pytest.mark.parametrize(("measure", "method", "arithmetic"), METHODS)
def test_every_method_of_pairs_can_be_asked_for(met, measure, method, arithmetic):
    row = sl.change(
        met, "met/yes", wave="year", ids="id", samples="panel", measure=measure, method=method
    ).rows[0]
    by_hand = arithmetic(*CELLS, method=method)
    assert row.effect == pytest.approx(by_hand.estimate)
    assert (row.ci_low, row.ci_high) == pytest.approx((by_hand.low, by_hand.high))


def test_a_method_of_independent_samples_is_none_of_the_same_people(met):
    options = {"wave": "year", "ids": "id", "samples": "panel"}
    with pytest.raises(
        MethodError, match=r"called 'miettinen-nurminen'.*'tango'.*for the same people"
    ):
        sl.change(met, "met", method="miettinen-nurminen", **options)
    with pytest.raises(MethodError, match=r"called 'tango'.*for simple samples that share nobody"):
        sl.change(met, "met", method="tango", wave="year")


def test_a_group_of_a_panel_is_of_people_who_were_in_it_both_times(met):
    moved = met.copy()
    moved.loc[(moved.year == 2021) & (moved.id == 0), "size"] = "village"
    row = sl.change(
        moved, "met/yes", wave="year", ids="id", samples="panel", where="size=town"
    ).rows[0]
    # Of the first 50 all of 30 yes and yes but one, 10 yes and no, 10 no and yes.
    by_hand = paired.difference(29, 10, 10, 0, method="tango")
    assert (row.ci_low, row.ci_high) == pytest.approx((by_hand.low, by_hand.high))


def test_in_a_panel_those_who_answered_once_are_left_out_of_every_figure(met):
    rest = pd.DataFrame({"year": 2020, "id": range(500, 600), "met": "yes", "size": "town"})
    more = pd.concat([met, rest])
    full = sl.change(met, "met/yes", wave="year", ids="id", samples="panel").rows[0]
    row = sl.change(more, "met/yes", wave="year", ids="id", samples="panel").rows[0]
    assert row.difference == pytest.approx(full.difference)
    assert (row.from_estimate.estimate, row.from_estimate.n) == (0.40, 100)
    assert row.ci_low <= row.difference <= row.ci_high
    assert row.standard_error == pytest.approx(full.standard_error)


def test_a_panel_whose_people_are_all_in_both_has_the_variance_of_pairs(met):
    row = sl.change(met, "met/yes", wave="year", ids="id", samples="panel").rows[0]
    # (b + c - (c - b)² / n) / n².
    variance = (35 - 15**2 / 100) / 100**2
    assert row.standard_error == pytest.approx(variance**0.5, rel=1e-9)
    assert row.standard_error < row.standard_error_if_independent


# --- nobody knows -----------------------------------------------------------------------------


def test_of_unknown_overlap_the_interval_is_the_widest_and_the_p_value_a_range(two):
    apart = sl.change(two, "q", wave="year").rows
    unknown = sl.change(two, "q", wave="year", samples="unknown").rows
    for one, other in zip(apart, unknown, strict=True):
        assert (other.ci_low, other.ci_high) == (one.ci_low, one.ci_high)
        assert other.p_value_high == pytest.approx(one.p_value)
        assert other.p_value_low < other.p_value_high
        assert (other.correlation, other.standard_error) == (None, None)
        assert other.overlap.startswith("unknown: the p-value is a range")


def test_of_unknown_overlap_a_verdict_is_what_all_and_nobody_in_common_both_say():
    def waves(yes):
        return pd.DataFrame(
            {
                "year": [2020] * 400 + [2021] * 400,
                "q": ["yes"] * 200 + ["no"] * 200 + ["yes"] * yes + ["no"] * (400 - yes),
            }
        )

    verdicts = {
        yes: sl.change(waves(yes), "q/yes", wave="year", samples="unknown").rows[0].verdict
        for yes in (200, 215, 280)
    }
    assert verdicts == {200: "no change shown", 215: "undetermined by overlap", 280: "increased"}


@pytest.mark.parametrize("options", [{"against": "mean"}, {"contrast": {"2016": -1, "2018": 1}}])
def test_contrasts_need_to_know_what_samples_share(two, options):
    with pytest.raises(MethodError, match="samples is 'unknown'"):
        sl.change(two, "q", wave="year", samples="unknown", **options)


def test_simple_samples_that_share_nobody_have_the_methods_for_counts(two):
    counts = pd.crosstab(two.year, two.q)
    n = counts.sum(axis=1)
    for row in sl.change(two, "q", wave="year").rows:
        x = counts[row.answer]
        by_hand = differences.independent(x[2016], n[2016], x[2018], n[2018])
        assert (row.ci_low, row.ci_high) == pytest.approx((by_hand.low, by_hand.high))
        assert row.df is None
