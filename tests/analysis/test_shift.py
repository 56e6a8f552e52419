"""Shifts of ordered answers, and who went where: R, scipy and algebra."""

import csv
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import surveylib as sl
from surveylib.errors import (
    ComparabilityError,
    MethodError,
    NotEstimableError,
    SampleError,
    UnknownNameError,
)

HERE = Path(__file__).parent / "references"
ORDER = ["low", "middle", "high"]
DRAWN = {"design": sl.Design(weights="w", strata="s", psu="unit", population="size"),
         "reused_ids": True}  # fmt: skip
SHARED = {"design": sl.Design(weights="w", strata="s", psu="unit"), "samples": "shared-psu"}
BANDS = {"low": (0, 9), "middle": (10, 19), "high": (20, 49)}


@pytest.fixture(scope="module")
def sample():
    return pd.read_csv(HERE / "change_data.csv", dtype={"q": "string"})


def expected(case):
    with (HERE / "change.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["case"] == case and not row["domain"]]
    return {
        (row["from"], row["to"], row["answer"], row["what"]): float(row["value"]) for row in rows
    }


def levels(sample, year):
    """The answers of a wave as numbers."""
    return sample.q[sample.year == year].dropna().map(ORDER.index).to_numpy(dtype=float)


def counted(*waves):
    """A frame of waves, each with as many low, middle and high answers as told."""
    parts = [
        pd.DataFrame({"year": 2020 + place, "q": np.repeat(ORDER, counts)})
        for place, counts in enumerate(waves)
    ]
    return pd.concat(parts, ignore_index=True)


def one(source, *waves, **options):
    (row,) = sl.shift(source, "q", *waves, wave="year", order=ORDER, **options).rows
    return row


# --- who gave the higher answer ---------------------------------------------------------------


@pytest.mark.parametrize("to", [2018, 2024])
def test_superiority_is_mann_and_whitneys_u_over_all_pairs(sample, to):
    row = one(sample, 2016, to)
    value = expected("simple")["2016", str(to), "", "superiority"]
    assert row.superiority == pytest.approx(value, rel=1e-10)
    u = stats.mannwhitneyu(levels(sample, to), levels(sample, 2016)).statistic
    assert row.superiority == pytest.approx(u / row.n_from / row.n_to, rel=1e-10)
    assert row.df is None


@pytest.mark.parametrize("to", [2018, 2024])
def test_its_interval_has_the_error_of_brunner_and_munzel_on_log_odds(sample, to):
    row = one(sample, 2016, to)
    first, second = levels(sample, 2016), levels(sample, to)
    t = stats.brunnermunzel(first, second, distribution="normal").statistic
    error = abs((row.superiority - 0.5) / t)
    on_odds = error / (row.superiority * (1 - row.superiority))
    z = stats.norm.ppf(0.975)
    middle = math.log(row.superiority / (1 - row.superiority))
    limits = [1 / (1 + math.exp(-(middle + side * z * on_odds))) for side in (-1, 1)]
    # Brunner and Munzel take n - 1 of each wave, and a share has its own variance.
    assert [row.ci_low, row.ci_high] == pytest.approx(limits, abs=5e-4)
    assert row.p_value == pytest.approx(2 * stats.norm.sf(abs(middle) / on_odds), rel=0.02)


@pytest.mark.parametrize("options", [{}, DRAWN, SHARED])
def test_answers_turned_round_mirror_the_shift(sample, options):
    two = sample[sample.year < 2019]
    up = one(two, **options)
    (down,) = sl.shift(two, "q", wave="year", order=ORDER[::-1], **options).rows
    assert down.superiority == pytest.approx(1 - up.superiority)
    assert (down.ci_low, down.ci_high) == pytest.approx((1 - up.ci_high, 1 - up.ci_low))
    assert down.p_value == pytest.approx(up.p_value)


def test_two_answers_are_a_difference_of_shares():
    rows = counted([40, 0, 60], [25, 0, 75])
    (row,) = sl.shift(rows[rows.q != "middle"], "q", wave="year", order=["low", "high"]).rows
    # (1 + p2 - p1) / 2, and one cut.
    assert row.superiority == pytest.approx((1 + 0.15) / 2)
    (cut,) = row.cuts
    assert (cut.share_from, cut.share_to) == pytest.approx((0.40, 0.25))
    reach = 1.959964 * math.sqrt(0.4 * 0.6 / 100 + 0.25 * 0.75 / 100)
    assert (cut.ci_low, cut.ci_high) == pytest.approx((-0.15 - reach, -0.15 + reach), abs=2e-3)


def test_a_design_has_the_weighted_shares_and_its_own_degrees_of_freedom(sample):
    row = one(sample, 2016, 2018, **DRAWN)
    shares = {
        (year, answer): np.average(part.q == answer, weights=part.w)
        for year, part in sample[sample.q.notna()].groupby("year")
        for answer in ORDER
    }
    first, second = ([shares[year, answer] for answer in ORDER] for year in (2016, 2018))
    below = np.cumsum(first) - np.array(first) / 2
    assert row.superiority == pytest.approx(float(np.dot(second, below)))
    assert [cut.share_from for cut in row.cuts] == pytest.approx(list(np.cumsum(first)[:-1]))
    assert row.df == 42


def test_a_cut_of_a_design_has_the_error_of_the_change_of_that_share(sample):
    row = one(sample, 2016, 2018, **DRAWN)
    low = next(
        change for change in sl.change(sample, "q/low", 2016, 2018, wave="year", **DRAWN).rows
    )
    reach = stats.t.ppf(0.975, 42) * low.standard_error
    cut = row.cuts[0]
    assert (cut.ci_low, cut.ci_high) == pytest.approx(
        (low.difference - reach, low.difference + reach)
    )
    assert cut.p_value == pytest.approx(
        2 * stats.t.sf(abs(low.difference) / low.standard_error, 42)
    )


def test_units_in_both_waves_count_in_a_shift(sample):
    apart = one(sample[sample.year < 2019], **{**SHARED, "samples": "independent"}, reused_ids=True)
    shared = one(sample[sample.year < 2019], **SHARED)
    assert shared.superiority == pytest.approx(apart.superiority)
    assert shared.p_value != pytest.approx(apart.p_value, rel=0.01)
    assert (apart.df, shared.df) == (42, 21)
    value = expected("shared-psu")["2016", "2018", "low", "standard_error"]
    low = shared.cuts[0]
    assert (low.ci_high - low.ci_low) / 2 == pytest.approx(stats.t.ppf(0.975, 21) * value)


# --- what holds at every cut ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "verdict", "strict"),
    [
        ([100, 100, 100], [30, 90, 180], "shifted up", True),
        ([30, 90, 180], [100, 100, 100], "shifted down", True),
        ([150, 100, 150], [50, 300, 50], "crosses", False),
        ([100, 100, 100], [101, 99, 100], "not shown", False),
    ],
)
def test_a_shift_is_what_holds_at_every_cut(first, second, verdict, strict):
    row = one(counted(first, second))
    assert (row.verdict, row.strict) == (verdict, strict)
    signs = {np.sign(cut.share_to - cut.share_from) for cut in row.cuts}
    if verdict == "shifted up":
        assert signs == {-1}
    if verdict == "crosses":
        assert signs == {-1, 1}


def test_holm_counts_all_cuts_together():
    row = one(counted([100, 100, 100], [70, 110, 120]))
    small, large = sorted(cut.p_value for cut in row.cuts)
    assert sorted(cut.p_adjusted for cut in row.cuts) == pytest.approx(
        sorted([min(1, 2 * small), max(min(1, 2 * small), large)])
    )


# --- means of bands ---------------------------------------------------------------------------


def test_a_change_of_a_mean_is_bounded_by_what_bands_say_and_by_the_error():
    rows = counted([4000, 4000, 2000], [2000, 4000, 4000])
    (row,) = sl.shift(rows, "q", wave="year", bands=BANDS).rows
    lows, highs = np.array([0, 10, 20]), np.array([9, 19, 49])
    first, second = np.array([0.4, 0.4, 0.2]), np.array([0.2, 0.4, 0.4])
    least, most = second @ lows - first @ highs, second @ highs - first @ lows
    assert row.mean_low < least
    assert row.mean_high > most
    assert (row.mean_low, row.mean_high) == pytest.approx((least, most), abs=0.6)
    change = second - first
    alike = sum(min(c * lo, c * hi) for c, lo, hi in zip(change, lows, highs, strict=True))
    assert row.mean_low_if_alike == pytest.approx(alike, abs=0.6)
    assert row.mean_low < row.mean_low_if_alike < row.mean_high_if_alike < row.mean_high


def test_bands_give_the_order_and_a_band_without_an_end_takes_a_cap():
    rows = counted([40, 40, 20], [20, 40, 40])
    open_ = {**BANDS, "high": (20, math.inf)}
    (row,) = sl.shift(rows, "q", wave="year", bands=open_).rows
    assert (row.answers, row.mean_low, row.mean_high) == (tuple(ORDER), None, None)
    (capped,) = sl.shift(rows, "q", wave="year", bands=open_, cap=49).rows
    (closed,) = sl.shift(rows, "q", wave="year", bands=BANDS).rows
    for name in ("mean_low", "mean_high", "mean_low_if_alike", "mean_high_if_alike"):
        assert getattr(capped, name) == pytest.approx(getattr(closed, name))


# --- asked for --------------------------------------------------------------------------------


def test_every_step_and_the_whole_are_compared_and_groups_by_themselves(sample):
    rows = sl.shift(sample, "q", wave="year", order=ORDER).rows
    assert [(row.from_wave, row.to_wave) for row in rows[:2]] == [
        ("2016", "2018"),
        ("2018", "2019"),
    ]
    assert (rows[-1].from_wave, rows[-1].to_wave) == ("2016", "2024")
    assert len(rows) == 6
    grouped = sl.shift(sample, "q", 2016, 2018, wave="year", order=ORDER, by="g").rows
    assert [row.domain for row in grouped] == ["g=town", "g=village"]
    for row in grouped:
        group = row.domain.partition("=")[2]
        assert row.superiority == one(sample[sample.g == group], 2016, 2018).superiority


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, MethodError, r"'q' is a column: give order=, its answers from low to high"),
        ({"order": ["low", "hihg"]}, UnknownNameError, r"called 'hihg'.*did you mean 'high'"),
        ({"order": ORDER, "samples": "unknown"}, MethodError, r"samples is 'unknown'; choose one"),
        ({"order": ORDER, "samples": "panel"}, SampleError, r"needs ids="),
        ({"order": ORDER, "bands": BANDS}, MethodError, r"leave out 'order'"),
        ({"order": ORDER, "cap": 60}, MethodError, r"leave out 'cap'"),
        ({"order": ORDER, "wave": None}, MethodError, r"a data frame needs wave="),
        ({"order": ORDER, "to": 2017}, UnknownNameError, r"no wave called '2017'"),
        ({"order": ["low"]}, ComparabilityError, r"'q' cannot be compared"),
        ({"order": ["low", "low"]}, MethodError, r"'low' .*twice"),
        ({"bands": {"low": (10, 19), "middle": (0, 9), "high": (20, 49)}}, MethodError, "bands"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(sample, options, error, message):
    with pytest.raises(error, match=message):
        sl.shift(sample, "q", **{"wave": "year", **options})


def test_answers_that_are_all_alike_do_not_shift():
    with pytest.raises(ComparabilityError, match="all alike: nothing varies"):
        one(counted([0, 50, 0], [0, 60, 0], [1, 1, 1]), 2020, 2021)


# --- who went where ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table(sample):
    two = sample[sample.year < 2019]
    (row,) = sl.turnover(two, "q", wave="year", ids="id").rows
    return row


def test_a_table_counts_everybody_who_answered_both_times(table, sample):
    values = expected("people")
    assert table.n == values["2016", "2018", "", "n"] == 68
    for i, before in enumerate(table.answers):
        for j, after in enumerate(table.answers):
            count = values["2016", "2018", f"{before}-{after}", "count"]
            assert table.counts[i][j] == count
    answered = sample[sample.q.notna()]
    once = [set(answered.id[answered.year == year]) for year in (2016, 2018)]
    assert table.left_out == len(once[0] ^ once[1])


def test_its_tests_are_those_of_r(table):
    values = {what: value for (*_, what), value in expected("people").items()}
    for name in (
        "marginal_statistic",
        "marginal_p_value",
        "symmetry_statistic",
        "symmetry_p_value",
    ):
        assert getattr(table, name) == pytest.approx(values[name], rel=1e-8)
    assert (table.marginal_df, table.symmetry_df) == (2, 3)


def test_what_stayed_and_what_is_left_of_the_flows(table):
    counts = np.array(table.counts)
    assert table.stayed == pytest.approx(np.trace(counts) / 68)
    assert list(table.net) == (counts.sum(axis=0) - counts.sum(axis=1)).tolist()
    assert sum(table.net) == 0


def test_two_answers_have_the_test_of_mcnemar(sample):
    values = expected("people")
    two = sample[sample.year < 2019].copy()
    for answer in ORDER:
        two["hit"] = (two.q == answer).map({True: "yes", False: "no"}).where(two.q.notna())
        (row,) = sl.turnover(two, "hit", wave="year", ids="id").rows
        p = values["2016", "2018", answer, "mcnemar"]
        assert row.marginal_p_value == pytest.approx(p, rel=1e-8)
        assert row.symmetry_p_value == pytest.approx(p, rel=1e-8)


def test_a_table_of_a_group_is_of_people_who_were_in_it_both_times(sample):
    two = sample[sample.year < 2019].copy()
    rows = sl.turnover(two, "q", wave="year", ids="id", by="g").rows
    assert [row.domain for row in rows] == ["g=town", "g=village"]
    assert sum(row.n for row in rows) == 68


def test_weights_do_not_count_in_a_table_of_people(sample, table):
    two = sample[sample.year < 2019]
    design = sl.Design(weights="w", strata="s", psu="unit")
    (row,) = sl.turnover(two, "q", wave="year", ids="id", design=design).rows
    assert row == table


def test_people_who_never_answered_twice_have_no_table(sample):
    with pytest.raises(NotEstimableError, match="nobody answered in both waves"):
        sl.turnover(sample, "q", 2016, 2024, wave="year", ids="id")
    ends = sample[sample.year.isin([2016, 2024])]
    with pytest.raises(SampleError, match="none of the 120 respondents of wave 2024 has an id"):
        sl.turnover(ends, "q", wave="year", ids="id")
    two = sample[sample.year < 2019].copy()
    two.loc[two.year == 2018, "q"] = two.q.where(~two.id.isin(set(two.id[two.year == 2016])))
    with pytest.raises(NotEstimableError, match="nobody answered in both waves"):
        sl.turnover(two, "q", wave="year", ids="id")


def test_a_table_of_two_waves_of_a_rotating_sample_can_be_had(sample):
    (row,) = sl.turnover(sample, "q", 2016, 2018, wave="year", ids="id").rows
    assert row.n == 68


def test_a_group_in_which_nobody_changed_does_not_stop_the_others():
    rows = pd.DataFrame(
        {
            "year": [2020] * 6 + [2021] * 6,
            "person": list(range(6)) * 2,
            "size": (["large"] * 4 + ["small"] * 2) * 2,
            "met": ["yes", "yes", "no", "no", "yes", "yes", "no", "yes", "yes", "no", "yes", "yes"],
        }
    )
    found = sl.turnover(rows, "met", wave="year", ids="person", by="size")
    assert [(row.domain, row.n) for row in found.rows] == [("size=large", 4)]
    assert len(found.refused) == 1
    assert "size=small" in found.refused[0]
    assert "nobody went to another answer" in found.refused[0]
    assert f"no table: {found.refused[0]}" in str(found)
    assert found.refused[0] in found.to_dict()["refused"]
    alone = rows[rows["size"].eq("small")]
    with pytest.raises(NotEstimableError, match="nobody went to another answer"):
        sl.turnover(alone, "met", wave="year", ids="person")
