"""Changes between waves with designs of their own, or in common: R survey's numbers."""

import csv
from pathlib import Path

import pandas as pd
import pytest

import surveylib as sl
from surveylib.stats import mover

HERE = Path(__file__).parent / "references"
UNITS = sl.Design(weights="w", strata="s", psu="unit")
DRAWN = sl.Design(weights="w", strata="s", psu="unit", population="size")
PEOPLE = sl.Design(weights="w", strata="s")
ANSWERS = {"low", "middle", "high"}


@pytest.fixture(scope="module")
def sample():
    return pd.read_csv(HERE / "change_data.csv", dtype={"q": "string"})


def expected(case):
    """Values of R: (group, answer, from, to) → what → value."""
    found = {}
    with (HERE / "change.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["case"] == case:
                key = row["domain"], row["answer"], row["from"], row["to"]
                found.setdefault(key, {})[row["what"]] = float(row["value"])
    return found


def check(changes, case, many):
    """Every row whose waves R was asked about has the numbers of R."""
    values = expected(case)
    seen = 0
    for row in changes.rows:
        for what, value in values.get(
            (row.domain, row.answer, row.from_wave, row.to_wave), {}
        ).items():
            found = getattr(row, what)
            assert found == pytest.approx(value, rel=1e-8, abs=1e-12), (row.answer, what)
            seen += 1
    assert seen == many


def waves(sample, *years):
    return sample[sample.year.isin(years)]


# --- waves that share nothing -----------------------------------------------------------------


@pytest.mark.parametrize("to", [2018, 2024])
@pytest.mark.parametrize(("case", "design"), [("independent", UNITS), ("independent-fpc", DRAWN)])
def test_variances_and_degrees_of_freedom_of_independent_waves_add_up(sample, case, design, to):
    found = sl.change(sample, "q", 2016, to, wave="year", design=design, reused_ids=True)
    check(found, case, 9)
    assert {row.answer for row in found.rows} == ANSWERS
    for row in found.rows:
        assert row.correlation == 0
        assert row.standard_error_if_independent == row.standard_error
        assert row.overlap == ""


@pytest.mark.parametrize("to", [2018, 2024])
def test_groups_of_independent_waves_have_the_errors_and_df_of_their_own(sample, to):
    found = sl.change(sample, "q", 2016, to, wave="year", design=DRAWN, reused_ids=True, by="g")
    check(found, "independent-fpc", 18)
    one = sl.change(
        sample, "q", 2016, to, wave="year", design=DRAWN, reused_ids=True, where="g=town"
    )
    check(one, "independent-fpc", 9)


@pytest.mark.parametrize("interval", ["wilson", "logit"])
def test_the_interval_is_the_hybrid_of_both_waves_limits(sample, interval):
    found = sl.change(
        sample, "q", 2016, 2018, wave="year", design=DRAWN, reused_ids=True, interval=interval
    )
    for row in found.rows:
        ends = row.from_estimate, row.to_estimate
        both = mover.designed(
            *(number for end in ends for number in (end.estimate, end.n, end.n_effective, end.df)),
            df=row.df,
            method=interval,
        )
        assert (row.ci_low, row.ci_high) == pytest.approx((both.low, both.high))
        assert row.p_value == pytest.approx(both.p_value)
        assert row.method == f"mover ({interval})"


@pytest.mark.parametrize("measure", ["difference", "ratio", "percent", "odds_ratio"])
def test_an_interval_leaves_the_null_out_where_the_p_value_is_below_the_level(sample, measure):
    null = {"difference": 0, "percent": 0}.get(measure, 1)
    options = {"wave": "year", "design": DRAWN, "reused_ids": True, "measure": measure}
    for level in (0.8, 0.95, 0.99):
        for row in sl.change(sample, "q", confidence_level=level, **options).rows:
            outside = row.ci_low > null or (row.ci_high is not None and row.ci_high < null)
            assert outside == (row.p_value < 1 - level)
            assert row.verdict == (
                "no change shown" if not outside
                else "increased" if row.difference > 0 else "decreased"
            )  # fmt: skip


def test_ratios_of_designs_are_those_of_the_shares(sample):
    options = {"wave": "year", "design": DRAWN, "reused_ids": True}
    for measure in ("ratio", "percent", "odds_ratio"):
        for row in sl.change(sample, "q", 2016, 2018, measure=measure, **options).rows:
            p, q = row.from_estimate.estimate, row.to_estimate.estimate
            value = {
                "ratio": q / p,
                "percent": 100 * (q / p - 1),
                "odds_ratio": q / (1 - q) / (p / (1 - p)),
            }[measure]
            assert row.effect == pytest.approx(value)
            assert row.ci_low < row.effect < row.ci_high
            assert row.difference == pytest.approx(q - p)


# --- waves that share units -------------------------------------------------------------------


def test_with_all_units_in_both_waves_the_error_is_that_of_r_stacked(sample):
    found = sl.change(
        waves(sample, 2016, 2018), "q", wave="year", design=UNITS, samples="shared-psu"
    )
    check(found, "shared-psu", 12)
    overlap = "24 of 24 sampling units of the earlier wave are in the later"
    assert {row.overlap for row in found.rows} == {overlap}


def test_with_half_the_units_in_both_each_wave_keeps_its_own_variance(sample):
    found = sl.change(
        waves(sample, 2019, 2021), "q", wave="year", design=UNITS, samples="shared-psu"
    )
    check(found, "half", 12)
    overlap = "12 of 24 sampling units of the earlier wave are in the later"
    assert {row.overlap for row in found.rows} == {overlap}


def test_the_correlation_of_a_group_is_that_of_the_group(sample):
    found = sl.change(
        waves(sample, 2016, 2018), "q", wave="year", design=UNITS, samples="shared-psu", by="g"
    )
    check(found, "shared-psu", 12)


def test_three_waves_with_the_same_units_give_the_correlation_of_the_two_asked_for(sample):
    three = waves(sample, 2016, 2018, 2019)
    found = sl.change(three, "q", 2016, 2019, wave="year", design=UNITS, samples="shared-psu")
    check(found, "three", 6)


def test_a_change_between_two_waves_does_not_depend_on_waves_beside_them(sample):
    options = {"wave": "year", "design": UNITS, "samples": "shared-psu"}
    alone = sl.change(waves(sample, 2016, 2018), "q", 2016, 2018, **options)
    among = sl.change(waves(sample, 2016, 2018, 2019, 2021), "q", 2016, 2018, **options)
    for one, other in zip(alone.rows, among.rows, strict=True):
        for name in ("correlation", "df", "standard_error", "ci_low", "ci_high", "p_value"):
            assert getattr(other, name) == pytest.approx(getattr(one, name), rel=1e-12), name


def test_people_in_both_waves_are_units_of_their_own(sample):
    found = sl.change(
        waves(sample, 2016, 2018), "q", wave="year", design=PEOPLE, samples="rotating", ids="id"
    )
    check(found, "rotating", 12)
    overlap = "72 of 120 respondents of the earlier wave are in the later"
    assert {row.overlap for row in found.rows} == {overlap}


def test_a_finite_population_changes_variances_and_not_the_correlation(sample):
    two = waves(sample, 2016, 2018)
    options = {"wave": "year", "samples": "shared-psu"}
    plain = sl.change(two, "q", design=UNITS, **options)
    finite = sl.change(two, "q", design=DRAWN, **options)
    for one, other in zip(plain.rows, finite.rows, strict=True):
        assert other.correlation == pytest.approx(one.correlation, rel=1e-12)
        assert other.standard_error < one.standard_error


# --- several waves at once --------------------------------------------------------------------


def test_a_contrast_of_three_waves_is_that_of_svycontrast(sample):
    three = waves(sample, 2016, 2018, 2019)
    found = sl.change(
        three, "q", wave="year", design=UNITS, samples="shared-psu",
        contrast={"2016": -1, "2018": 0.5, "2019": 0.5},
    )  # fmt: skip
    values = expected("three")
    assert len(found.rows) == 3
    for row in found.rows:
        value = values["", row.answer, "2016", "rest"]
        assert row.difference == pytest.approx(value["difference"], rel=1e-8)
        assert row.standard_error == pytest.approx(value["standard_error"], rel=1e-8)
        assert (row.from_wave, row.to_wave) == ("2016", "0.5 × 2018 + 0.5 × 2019")
        assert row.ci_low < row.difference < row.ci_high


def test_each_wave_against_the_mean_of_all_is_that_of_svycontrast(sample):
    three = waves(sample, 2016, 2018, 2019)
    found = sl.change(three, "q", wave="year", design=UNITS, samples="shared-psu", against="mean")
    assert [row.to_wave for row in found.rows] == ["2016"] * 3 + ["2018"] * 3 + ["2019"] * 3
    values = expected("three")
    for row in found.rows[:3]:
        value = values["", row.answer, "2016", "mean"]
        assert row.difference == pytest.approx(value["difference"], rel=1e-8)
        assert row.standard_error == pytest.approx(value["standard_error"], rel=1e-8)
        assert row.from_wave == "mean of 3 waves"


def test_the_differences_from_the_mean_of_all_waves_add_up_to_nothing(sample):
    found = sl.change(sample, "q", wave="year", design=DRAWN, reused_ids=True, against="mean")
    for answer in ANSWERS:
        parts = [row.difference for row in found.rows if row.answer == answer]
        assert len(parts) == 6
        assert sum(parts) == pytest.approx(0, abs=1e-12)


def test_a_contrast_of_two_waves_is_their_difference(sample):
    options = {"wave": "year", "design": UNITS, "samples": "shared-psu"}
    two = waves(sample, 2016, 2018)
    pair = sl.change(two, "q", **options)
    contrast = sl.change(two, "q", contrast={"2016": -1, "2018": 1}, **options)
    for one, other in zip(pair.rows, contrast.rows, strict=True):
        assert other.difference == pytest.approx(one.difference)
        assert other.standard_error == pytest.approx(one.standard_error)


# --- the degrees of freedom of a small group --------------------------------------------------


def test_a_group_that_few_shared_units_hold_has_few_degrees_of_freedom(sample):
    # Degrees of freedom come from the units that hold the group: three units of one stratum.
    two = waves(sample, 2016, 2018).copy()
    inside = (two.s == "north") & two.unit.isin([1, 2, 3])
    two["part"] = ["in" if one else "out" for one in inside]
    found = sl.change(two, "q", wave="year", design=UNITS, samples="shared-psu", where="part=in")
    assert {row.df for row in found.rows} == {2.0}
