"""Holding the mix constant: changes taken apart, and shares under one mix."""

import csv
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surveylib as sl
from surveylib.errors import (
    ComparabilityError,
    MethodError,
    NotEstimableError,
    SampleError,
    UnknownNameError,
)
from surveylib.stats.decomposition import decompose, simple_sample

HERE = Path(__file__).parent / "references"
STATS = Path(__file__).parents[1] / "stats" / "references"
laws = settings(deadline=None, max_examples=25)
PARTS = ("change", "mix", "rate", "mix_before", "rate_before", "both")


def wave(name, groups, **more):
    """Rows of a wave: for each group how many said yes, of how many."""
    rows = [
        {"wave": name, "group": group, "met": "yes" if place < yes else "no"}
        for group, (yes, n) in groups.items()
        for place in range(n)
    ]
    return pd.DataFrame(rows).assign(**more)


# Changes, taken apart.


def test_parts_and_errors_under_designs_are_those_of_r_survey():
    strat, clus1 = pd.read_csv(HERE / "apistrat.csv"), pd.read_csv(HERE / "apiclus1.csv")
    strat = strat.assign(wave=1, stratum=strat["stype"], unit=[f"s{n}" for n in range(len(strat))])
    clus1 = clus1.assign(wave=2, stratum="all", unit=clus1["dnum"].astype(str))
    frame = pd.concat([strat, clus1])
    design = sl.Design(weights="pw", strata="stratum", psu="unit", population="fpc")
    found = sl.decompose(frame, "sch.wide/Yes", by="stype", wave="wave", design=design).rows[0]
    with (HERE / "decompose.csv").open(encoding="utf-8", newline="") as file:
        expected = {row["part"]: row for row in csv.DictReader(file)}
    for part in PARTS:
        ours = getattr(found, part)
        assert ours.estimate == pytest.approx(float(expected[part]["estimate"]), rel=1e-8)
        error = float(expected[part]["standard_error"])
        assert ours.standard_error == pytest.approx(error, rel=1e-8)


@laws
@given(st.lists(st.tuples(st.integers(1, 20), st.integers(20, 40)), min_size=4, max_size=4))
def test_simple_samples_have_the_parts_of_their_counts(counts):
    names = ("a", "b")
    frame = pd.concat([
        wave(1, dict(zip(names, counts[:2], strict=True))),
        wave(2, dict(zip(names, counts[2:], strict=True))),
    ])  # fmt: skip
    found = sl.decompose(frame, "met/yes", by="group", wave="wave").rows[0]
    waves = [simple_sample(*np.array(part).T) for part in (counts[:2], counts[2:])]
    expected = decompose(*waves)
    for part in PARTS:
        assert getattr(found, part).estimate == pytest.approx(
            getattr(expected, part).estimate, abs=1e-12
        )
    total = found.mix.estimate + found.rate.estimate
    assert found.change.estimate == pytest.approx(total, abs=1e-12)
    groups = sum(group.mix.estimate + group.rate.estimate for group in found.groups)
    assert found.change.estimate == pytest.approx(groups, abs=1e-12)


@laws
@given(st.integers(0, 2**31), st.floats(0.1, 0.9), st.floats(0.1, 0.9))
def test_a_change_of_the_mix_alone_has_no_part_of_what_groups_said(seed, before, after):
    draw = np.random.default_rng(seed)
    shares = {"a": draw.integers(0, 11) / 10, "b": draw.integers(0, 11) / 10}

    def groups(part):
        sizes = {"a": 10 * round(50 * part) or 10, "b": 10 * round(50 * (1 - part)) or 10}
        return {name: (round(n * shares[name]), n) for name, n in sizes.items()}

    frame = pd.concat([wave(1, groups(before)), wave(2, groups(after))])
    found = sl.decompose(frame, "met/yes", by="group", wave="wave").rows[0]
    assert found.rate.estimate == 0
    assert found.mix.estimate == pytest.approx(found.change.estimate, abs=1e-12)


def test_a_group_that_nobody_is_in_leaves_bounds():
    frame = pd.concat([
        wave(1, {"a": (10, 40), "b": (30, 40)}),
        wave(2, {"a": (10, 40), "b": (30, 40), "c": (10, 20)}),
    ])  # fmt: skip
    found = sl.decompose(frame, "met/yes", by="group", wave="wave")
    row = found.rows[0]
    assert row.change.estimate == pytest.approx(0)
    assert row.mix.estimate is None
    # Of c, 20 of 100: its share before may be 0 to 1, which moves each part by 0.2 × 1 / 2.
    assert row.mix.high - row.mix.low == pytest.approx(0.1)
    assert "Nobody of 'c' answered in one of the waves" in str(found)


def test_the_same_people_vary_less_than_others():
    first = wave(1, {"a": (20, 50), "b": (35, 50)}, who=range(100))
    second = first.assign(wave=2, met=["yes", *first["met"][1:]], who=range(100))
    frame = pd.concat([first, second])
    options = {"by": "group", "wave": "wave"}
    same = sl.decompose(frame, "met/no", samples="panel", ids="who", **options).rows[0]
    other = sl.decompose(frame, "met/no", **options).rows[0]
    assert same.rate.estimate == pytest.approx(other.rate.estimate)
    assert same.rate.standard_error < other.rate.standard_error / 2
    with pytest.raises(SampleError, match="samples is 'independent'"):
        sl.decompose(frame, "met/no", ids="who", **options)


def test_the_sentence_says_how_much_is_who_answered():
    frame = pd.concat([
        wave(2016, {"usa": (300, 500), "other": (150, 500)}),
        wave(2020, {"usa": (180, 300), "other": (210, 700)}),
    ])  # fmt: skip
    told = str(sl.decompose(frame, "met/yes", by="group", wave="wave"))
    # 45 % to 39 %; (0.3 - 0.5) × 0.6 + (0.7 - 0.5) × 0.3 = -0.06, and groups said what they had.
    assert "fell by 6.0 points from 2016 to 2020. Of this, −6.0 points" in told
    assert "0.0 points (95 % interval" in told
    assert "cause" not in told


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"by": "regoin"}, UnknownNameError, "regoin"),
        ({"by": ["group"]}, MethodError, "wanted one question"),
        ({"samples": "unknown"}, MethodError, "samples is 'unknown'"),
        ({"wave": None}, MethodError, "a data frame needs wave="),
        ({"confidence_level": "high"}, MethodError, "wanted a number such as 0.95"),
    ],
)
def test_wrong_arguments_are_said(options, error, message):
    frame = pd.concat([wave(1, {"a": (1, 9)}), wave(2, {"a": (2, 9)})])
    with pytest.raises(error, match=message):
        sl.decompose(frame, "met/yes", **{"by": "group", "wave": "wave"} | options)


def test_sums_do_not_say_who_is_in_which_group():
    frame = pd.concat([wave(1, {"a": (1, 9)}), wave(2, {"a": (2, 9)})])
    sums = sl.collapse(frame, ["met", "group"], wave="wave")
    with pytest.raises(MethodError, match="go back to the rows"):
        sl.decompose(sums, "met/yes", by="group")


# Printed waves: `pets` by `which`, as if it were a question of groups.


@pytest.fixture
def printed(demo):
    """Both waves with the mix of `how_many`, and the share with pets in each of its groups."""
    figures = {
        "2020": (200, {"few": (60, 70), "many": (40, 45)}),
        "2021": (250, {"few": (50, 80), "many": (50, 55)}),
    }
    for name, (n, groups) in figures.items():
        path = f"waves/demo/{name}/published.csv"
        lines = [
            line
            for line in demo.path(path).read_text("utf-8").splitlines()
            if not line.startswith("how_many")
        ]
        for group, (part, share) in groups.items():
            base = n * part // 100
            lines += [f"how_many,{group},,{part} %,{part},,,all,{n},printed,page,verbatim,"]
            printed_as = f"{share} %,{share},,,those,{base},printed,page,verbatim,"
            lines += [f"pets,yes,how_many={group},{printed_as}"]
        demo.write(path, "\n".join(lines) + "\n")
    return demo.load()


def test_printed_shares_of_groups_are_taken_apart(printed):
    row = sl.decompose(printed, "pets/yes", by="how_many").rows[0]
    # Mix: -0.1 × (0.7 + 0.8) / 2 + 0.1 × (0.45 + 0.55) / 2 = -0.025; rate: 0.1 in both.
    assert row.mix.estimate == pytest.approx(-0.025)
    assert row.rate.estimate == pytest.approx(0.1)


def test_printed_shares_of_groups_have_one_mix(printed):
    found = sl.standardise(printed, "pets/yes", by="how_many", to=2020)
    assert [row.estimate for row in found.rows] == pytest.approx(
        [0.6 * 0.7 + 0.4 * 0.45, 0.6 * 0.8 + 0.4 * 0.55]
    )
    for row in found.rows:
        # Of 120 people only 84 are printed as 70 %: nothing is left to rounding here.
        assert row.estimate_low == pytest.approx(row.estimate_high)
        assert row.ci_low < row.estimate < row.ci_high


def test_without_printed_shares_of_groups_the_mix_has_bounds(netclean):
    found = sl.decompose(netclean, "region/europe", 2016, 2018, by="region")
    row = found.rows[0]
    # usa 61.1 → 54.4, europe 26 → 34.7: all others 12.9 → 10.9.
    assert row.mix.high == pytest.approx((0.067 + 0.087 + 0.02) / 2)
    assert row.mix.estimate is None
    assert "the mix alone moves a share by 8.7 points at most" in str(found)
    assert any("no random sample of officers" in caveat for caveat in found.caveats)


def test_what_may_not_be_compared_is_not_taken_apart(netclean):
    with pytest.raises((ComparabilityError, NotEstimableError), match=r"compared|a change needs"):
        sl.decompose(netclean, "organised_groups_encountered/yes", by="region")


def test_simulated_waves_say_so():
    study = sl.load_study(Path(__file__).parents[2] / "waves" / "organised_groups")
    question = "groups_encountered/yes"
    for found in (
        sl.decompose(study, question, 2025, 2026, by="region"),
        sl.standardise(study, question, by="region", to="equal"),
    ):
        assert any("the answers are simulated" in caveat for caveat in found.caveats)


# Shares under one mix.

DESIGNS = {
    "strat": {"weights": "pw", "strata": "stype", "population": "fpc"},
    "strat_wr": {"weights": "pw", "strata": "stype"},
    "clus1": {"weights": "pw", "psu": "dnum", "population": "fpc"},
    "clus1_wr": {"weights": "pw", "psu": "dnum"},
    "clus2": {"weights": "pw", "psu": "dnum", "population": "fpc1", "ssu": "snum",
              "ssu_population": "fpc2"},
}  # fmt: skip
MIX = {"E": 0.5, "H": 0.2, "M": 0.3}


@cache
def schools(name):
    frame = pd.read_csv(STATS / f"variance_api{name.removesuffix('_wr')}.csv")
    return frame.assign(high=np.where(frame["api99"] > 600, "yes", "no"))


@cache
def expected(name, statistic):
    with (STATS / "standardise.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file)
                if (row["design"], row["statistic"]) == (name, statistic)]  # fmt: skip
    return {(row["value_of"], int(row["row"])): float(row["value"]) for row in rows}


@pytest.mark.parametrize("name", DESIGNS)
def test_shares_under_a_mix_are_those_of_svystandardize(name):
    design = sl.Design(**DESIGNS[name])
    row = sl.standardise(schools(name), "high/yes", by="stype", to=MIX, design=design).rows[0]
    # svymean(~api00 + I(api99 > 600), …): a mean, then FALSE and TRUE.
    theirs = expected(name, "mean")
    assert row.estimate == pytest.approx(theirs["estimate", 2], rel=1e-8)
    assert row.standard_error == pytest.approx(theirs["standard_error", 2], rel=1e-8)


@pytest.mark.parametrize("name", DESIGNS)
def test_so_are_those_of_further_groups(name):
    design = sl.Design(**DESIGNS[name])
    found = sl.standardise(
        schools(name), "high/yes", by="stype", over="awards", to=MIX, design=design
    )
    # svyby: FALSE in both groups, then TRUE in both.
    theirs = expected(name, "share_by")
    for place, row in enumerate(sorted(found.rows, key=lambda row: row.domain)):
        assert row.domain == ("awards=No", "awards=Yes")[place]
        assert row.estimate == pytest.approx(theirs["estimate", 2 + place], rel=1e-8)
        assert row.standard_error == pytest.approx(theirs["standard_error", 2 + place], rel=1e-8)


@pytest.mark.parametrize("name", DESIGNS)
def test_weighting_to_the_mix_says_the_same(name):
    plain = sl.Design(**DESIGNS[name])
    to_mix = sl.Design(**DESIGNS[name], weighting=sl.Weighting(targets={"stype": MIX}))
    one = sl.standardise(schools(name), "high/yes", by="stype", to=MIX, design=plain).rows[0]
    other = sl.estimate(schools(name), "high/yes", design=to_mix).rows[0]
    assert one.estimate == pytest.approx(other.estimate, rel=1e-9)
    assert one.standard_error == pytest.approx(other.standard_error, rel=1e-9)
    # The n that it is worth is one by both; rounding of it is all that may differ.
    assert (one.ci_low, one.ci_high) == pytest.approx((other.ci_low, other.ci_high), rel=1e-6)


def test_waves_have_the_mix_of_one_of_them_and_a_mix_of_equals():
    frame = pd.concat([
        wave("2016", {"a": (60, 100), "b": (10, 100)}),
        wave("2020", {"a": (30, 50), "b": (15, 150)}),
    ])  # fmt: skip
    found = sl.standardise(frame, "met/yes", by="group", to={"a": 3, "b": 1}, wave="wave")
    assert [row.estimate for row in found.rows] == pytest.approx([0.475, 0.475])
    assert [row.crude for row in found.rows] == pytest.approx([0.35, 0.225])
    equal = sl.standardise(frame, "met/yes", by="group", to="equal", wave="wave")
    assert [row.estimate for row in equal.rows] == pytest.approx([0.35, 0.35])
    printed = str(equal)
    assert "mix of 'group': a 50.0 %, b 50.0 %" in printed
    assert equal.to_frame().shape[0] == 2
    assert equal.to_dict()["told"] == "every group counts the same"


def test_a_wave_without_a_group_has_no_share_under_the_mix():
    frame = pd.concat([wave(1, {"a": (6, 10), "b": (1, 10)}), wave(2, {"a": (6, 10)})])
    found = sl.standardise(frame, "met/yes", by="group", to="equal", wave="wave")
    assert [row.wave for row in found.rows] == ["1"]
    assert found.refused == ("2, yes: nobody answered, or nothing is printed, of 'b'.",)


@pytest.mark.parametrize(
    ("to", "error", "message"),
    [
        ({"a": 1, "c": 1}, UnknownNameError, "no group called 'c'"),
        (2016, MethodError, "wanted 'equal', the parts of a mix"),
        ({"a": -1, "b": 2}, MethodError, "wanted 0 or more"),
        (sl.Weighting(targets={"size": {"l": 1.0}}), MethodError, "wanted one with a target of"),
    ],
)
def test_a_mix_that_is_none_is_refused(to, error, message):
    with pytest.raises(error, match=message):
        sl.standardise(wave(1, {"a": (1, 5), "b": (2, 5)}), "met/yes", by="group", to=to)


@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda study, _: sl.mix(study, "pets"), MethodError, "name one, such as study.wave"),
        (lambda _, rows: sl.decompose(rows, "met/yes", by="met", wave="wave"), MethodError,
         "'met' cannot form the groups of its own shares"),
        (lambda study, _: sl.standardise(study, "pets", by="which", to="equal"), NotEstimableError,
         "'which' does not put each respondent into one group"),
        (lambda study, _: sl.mix(study.wave(2020), ["pets", "how_many"], joint=True),
         NotEstimableError, "only figures survive"),
        (lambda _, rows: sl.collapse(rows, "met", design=sl.Design(weighting=sl.Weighting(
            targets={"group": {"a": 0.5, "b": 0.5}}))), MethodError, "a weighting needs the rows"),
        (lambda *_: sl.Weighting(targets={"group": {"a": 40, "b": 60}}), MethodError,
         "say unit='percent'"),
    ],
)  # fmt: skip
def test_what_cannot_be_mixed_is_said(demo, ask, error, message):
    with pytest.raises(error, match=message):
        ask(demo.load(), wave(1, {"a": (1, 5), "b": (2, 5)}))


def test_combinations_of_a_small_table_are_a_mix_too():
    rows = pd.DataFrame({"g": list("abab"), "q": list("ynyn")})
    mix = sl.mix(rows, ["g", "q"], joint=True)
    assert dict(mix.targets[0].numbers) == {
        ("a", "y"): 0.5, ("a", "n"): 0.0, ("b", "y"): 0.0, ("b", "n"): 0.5
    }  # fmt: skip
