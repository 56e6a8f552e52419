"""What respondents are weighted to: declared, read, refused, applied; against R survey."""

import csv
import math
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surveylib as sl
from surveylib.errors import DesignError, MethodError, NotEstimableError, UnknownNameError

STATS = Path(__file__).parents[1] / "stats" / "references"
ANALYSIS = Path(__file__).parents[1] / "analysis" / "references"
laws = settings(deadline=None, max_examples=30)


def people(**columns):
    return pd.DataFrame({name: list(values) for name, values in columns.items()})


PEOPLE = people(region="aaab" * 10, size="llss" * 10, met="ynny" * 10, w=[1.0, 2, 3, 2] * 10)
HALVES = sl.Weighting(targets={"region": {"a": 0.5, "b": 0.5}})


def test_targets_are_given_as_mappings_series_tables_or_objects():
    wanted = sl.Target(of=("region",), numbers=((("a",), 0.5), (("b",), 0.5)))
    table = pd.DataFrame({"region": ["a", "b"], "share": [0.5, 0.5]})
    for given_as in (
        {"region": {"a": 0.5, "b": 0.5}},
        {"region": pd.Series({"a": 0.5, "b": 0.5})},
        {"region": table},
        wanted,
        [wanted],
    ):
        assert sl.Weighting(targets=given_as).targets == (wanted,)


def test_combinations_of_two_questions_have_targets_of_their_own():
    table = pd.DataFrame({"region": list("aabb"), "size": list("lsls"), "n": [4, 3, 2, 1]})
    joint = sl.Weighting(targets={("region", "size"): table}, unit="count")
    found = sl.weight(people(region="aabb", size="lsls"), joint)
    assert found.of().tolist() == [4, 3, 2, 1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "there is nothing to weight to"),
        ({"targets": 3}, "wanted answers and numbers for each question"),
        ({"targets": {"a": 3}}, "wanted a number for each answer"),
        ({"targets": {"a": {"x": 0.4, "y": 0.4}}}, "add up to 0.8, wanted 1"),
        ({"targets": {"a": {"x": -0.5, "y": 1.5}}}, "got '-0.5' for 'x', wanted 0 or more"),
        ({"targets": {"a": {"x": math.nan}}}, "got 'nan' for 'x'"),
        ({"targets": {("a", "b"): {"x": 1.0}}}, "'x' has 1 answers for 2"),
        ({"targets": {"a": {"x": 1.0}}, "method": "rake"}, "did you mean 'raking'"),
        ({"targets": {"a": {"x": 1.0}}, "method": "logit"}, "needs bounds"),
        ({"targets": {"a": {"x": 1.0}}, "bounds": (0.5, 2)}, "bounds belong to 'linear'"),
        ({"targets": {"a": {"x": 1.0}}, "trim": (2, 3)}, "wanted a number below 1 and one above"),
        ({"targets": {"a": {"x": 1.0}}, "unit": "percents"}, "percent"),
        ({"targets": {"a": {"x": 1.0}}, "missing": "drop"}, "choose one of 'error', 'keep'"),
        ({"targets": {"a": {"x": 1.0}}, "totals": {"n": 5}}, "unit='count'"),
        (
            {"targets": {"a": {"x": 5}, "b": {"y": 6}}, "unit": "count"},
            "targets of a add up to 5, those of b to 6",
        ),
        (
            {"targets": {"a": {"x": 1.0}, "b": {"y": 1.0}}, "method": "post-stratification"},
            "takes one target, and 2 are given",
        ),
        (
            {"targets": {"a": pd.DataFrame({"b": [1], "n": [2], "m": [3]})}},
            "wanted 'a' and one column of numbers",
        ),
    ],
)
def test_what_does_not_go_together_is_said(options, message):
    with pytest.raises(MethodError, match=message):
        sl.Weighting(**options)


def test_printed_shares_are_put_in_proportion_on_request():
    printed = {"region": {"a": 33.3, "b": 66.6}}
    with pytest.raises(MethodError, match="say rescale=True"):
        sl.Weighting(targets=printed, unit="percent")
    found = sl.weight(PEOPLE, sl.Weighting(targets=printed, unit="percent", rescale=True))
    assert [row.after for row in found.rows] == pytest.approx([1 / 3, 2 / 3])


@pytest.mark.parametrize(
    ("targets", "frame", "code"),
    [
        ({"region": {"a": 0.5, "c": 0.5}}, PEOPLE, "TARGET-EMPTY"),
        ({"region": {"a": 1.0}}, PEOPLE, "TARGET-MISSING"),
        ({"region": {"a": 1.0, "b": 0.0}}, PEOPLE, "TARGET-ZERO"),
        ({"region": {"a": 0.5, "b": 0.5}}, PEOPLE.assign(region=["a", "b", None, "a"] * 10),
         "TARGET-UNKNOWN"),
    ],
)  # fmt: skip
def test_targets_that_do_not_fit_the_respondents_name_data_question_and_answer(
    targets, frame, code
):
    with pytest.raises(DesignError, match=rf"the data frame: 'region'.*\[{code}\]"):
        sl.estimate(frame, "met", design=sl.Design(weighting=sl.Weighting(targets=targets)))


def test_those_without_an_answer_keep_their_weight_on_request():
    frame = PEOPLE.assign(region=["a", "b", None, "a"] * 10)
    kept = sl.Weighting(targets={"region": {"a": 0.5, "b": 0.5}}, missing="keep")
    found = sl.weight(frame, kept)
    assert found.of()[2] == 1.0
    assert found.of().sum() == pytest.approx(40)
    assert found.waves[0].kept == 10


def test_no_such_question_has_a_hint():
    with pytest.raises(UnknownNameError, match="region"):
        sl.weight(PEOPLE, sl.Weighting(targets={"regoin": {"a": 1.0}}))


def test_trimmed_weights_stay_within_multiples_of_their_mean_and_reach_targets():
    frame = people(region="a" * 90 + "b" * 10, size="ls" * 50, w=[1.0] * 95 + [20.0] * 5)
    trimmed = sl.Weighting(
        targets={"region": {"a": 0.5, "b": 0.5}, "size": {"l": 0.5, "s": 0.5}}, trim=(0.3, 6)
    )
    found = sl.weight(frame, trimmed, design=sl.Design(weights="w"))
    assert found.waves[0].most <= 6 * (1 + 1e-5)
    assert [row.after for row in found.rows] == pytest.approx([0.5, 0.5, 0.5, 0.5])


@laws
@given(st.integers(0, 2**31), st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_weighted_shares_are_the_targets_and_have_no_variance(seed, a, large):
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "region": ["a", "b", "a", "b", *draw.choice(["a", "b"], 60)],
        "size": ["l", "l", "s", "s", *draw.choice(["l", "s"], 60)],
        "w": draw.uniform(0.5, 2, 64),
    })  # fmt: skip
    raked = sl.Weighting(
        targets={"region": {"a": a, "b": 1 - a}, "size": {"l": large, "s": 1 - large}}
    )
    design = sl.Design(weights="w", weighting=raked)
    row = sl.estimate(frame, "region/a", design=design).rows[0]
    assert row.estimate == pytest.approx(a, abs=1e-9)
    assert row.standard_error == pytest.approx(0, abs=1e-9)


# Against R survey 4.1.1, through the front door: estimates and standard errors.

KINDS, AWARDS = {"E": 4421, "H": 755, "M": 1018}, {"No": 2027, "Yes": 4167}
CELLS = dict(zip([(kind, award) for kind in KINDS for award in AWARDS],
                 [1111, 3310, 467, 288, 449, 569], strict=True))  # fmt: skip
API99 = {"api99": 3914069.0}
MARGINS = {"stype": KINDS, "awards": AWARDS}
LIMITS = {"clus1": (0.7, 1.75), "clus2": (0.7, 1.75), "strat": (0.87, 1.13), "jk1": (0.4, 3)}


def scheme(name, sample):
    """A weighting as the reference values name it."""
    targets = {"post_awards": {"awards": AWARDS}, "post_cells": {("stype", "awards"): CELLS}}
    more = {"targets": targets.get(name, MARGINS), "unit": "count"}
    if name.startswith(("linear", "logit")):
        more |= {"totals": API99, "method": name.partition("_")[0]}
        more["bounds"] = (0.4, 2.5) if name == "logit" else None
        if name.endswith("bounds"):
            more["bounds"] = LIMITS[sample]
    return sl.Weighting(**more)


@cache
def schools(sample):
    frame = pd.read_csv(STATS / f"variance_api{'clus1' if sample == 'jk1' else sample}.csv")
    if sample == "jk1":
        units = frame["dnum"].unique()
        for place, unit in enumerate(units):
            left = (frame["dnum"] != unit) * len(units) / (len(units) - 1)
            frame[f"r{place}"] = frame["pw"] * left
    return frame


DESIGNS = {
    "strat": {"weights": "pw", "strata": "stype", "population": "fpc"},
    "clus1": {"weights": "pw", "psu": "dnum", "population": "fpc"},
    "clus2": {"weights": "pw", "psu": "dnum", "population": "fpc1", "ssu": "snum",
              "ssu_population": "fpc2"},
    "jk1": {"weights": "pw", "replicate_weights": tuple(f"r{place}" for place in range(15)),
            "replication": "jk1", "centre": "mean"},
}  # fmt: skip


@cache
def references():
    with (STATS / "weighting.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["row"] == row["column"] or
                row["value_of"] == "estimate"]  # fmt: skip
    found = {}
    for row in rows:
        key = row["design"].replace("clus1_jk1", "jk1"), row["scheme"], row["statistic"]
        found.setdefault(key, {})[row["value_of"], int(row["row"])] = float(row["value"])
    return found


def asked(frame, design, statistic):
    """Estimates and variances in the order of the reference values."""
    kinds = {"mean": [("api00", "mean"), ("awards", "share")],
             "total": [("api00", "total"), ("api.stu", "total")],
             "by": [("api00", "mean")]}[statistic]  # fmt: skip
    more = {"by": "stype"} if statistic == "by" else {}
    return [
        row
        for question, kind in kinds
        for row in sl.estimate(frame, question, statistic=kind, design=design, **more).rows
    ]


@pytest.mark.parametrize("statistic", ["mean", "total", "by"])
@pytest.mark.parametrize(
    "name", ["post_awards", "post_cells", "raking_margins", "linear", "logit", "linear_bounds"]
)
@pytest.mark.parametrize("sample", DESIGNS)
def test_estimates_after_weighting_are_those_of_r_survey(sample, name, statistic):
    expected = references()[sample, name, statistic]
    design = sl.Design(**DESIGNS[sample], weighting=scheme(name, sample))
    rows = asked(schools(sample), design, statistic)
    for place, row in enumerate(rows):
        assert row.estimate == pytest.approx(expected["estimate", place], rel=1e-8)
        variance = expected["covariance", place]
        size = 1e-9 * max(abs(row.estimate), 1)
        assert row.standard_error == pytest.approx(math.sqrt(variance), rel=1e-8, abs=size)


def test_changes_and_trends_take_a_weighted_design():
    draw = np.random.default_rng(1)
    # Only the mix changes: 20 % in one group and 70 % in the other, in every wave.
    parts = []
    for wave, part in ((2018, 0.3), (2019, 0.5), (2020, 0.8)):
        for group, share in (("a", 0.2), ("b", 0.7)):
            n = round(2000 * (part if group == "b" else 1 - part))
            met = ["y"] * round(n * share) + ["n"] * (n - round(n * share))
            parts.append(pd.DataFrame({"wave": wave, "group": group, "met": draw.permutation(met)}))
    frame = pd.concat(parts)
    design = sl.Design(weighting=sl.Weighting(targets={"group": {"a": 0.5, "b": 0.5}}))
    raw = sl.change(frame, "met/y", 2018, 2020, wave="wave").rows[0]
    held = sl.change(frame, "met/y", 2018, 2020, wave="wave", design=design).rows[0]
    assert raw.difference == pytest.approx(0.25, abs=1e-9)
    assert held.difference == pytest.approx(0, abs=1e-9)
    trend = sl.trend(frame, "met/y", wave="wave", design=design, test="least-squares").rows[0]
    assert trend.slope == pytest.approx(0, abs=1e-9)


# Files, and the mix of a wave.

FILE = """\
format: surveylib.weighting/1
name: by region
unit: percent
targets:
  - of: region
    source: a made-up register
    numbers: {a: 40, b: 60}
  - of: [region, size]
    source: likewise
    numbers:
      - {answers: [a, l], number: 25}
      - {answers: [a, s], number: 15}
      - {answers: [b, l], number: 25}
      - {answers: [b, s], number: 35}
trim: [0.2, 4]
"""


def test_a_file_of_targets_is_a_weighting(tmp_path):
    (tmp_path / "by_region.yaml").write_text(FILE, encoding="utf-8")
    found = sl.load_weighting(tmp_path / "by_region.yaml")
    assert (found.method, found.trim, found.unit) == ("raking", (0.2, 4.0), "percent")
    assert found.targets[1].numbers[3] == (("b", "s"), 35.0)
    assert found.targets[0].source == "a made-up register"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("a: 40", "a: 41", r"by_region.yaml:4: targets of region add up to 101"),
        ("trim: [0.2, 4]", "trim: [2, 4]", r"yaml:15: trim: got '\(2.0, 4.0\)"),
        ("unit: percent", "unit: parts", r"yaml:3: .*unit"),
        ("    source: likewise\n", "", r"yaml:8: .*source"),
        ("a: 40", "a: forty", r"yaml:7: "),
        ("trim:", "trims:", r"did you mean 'trim'"),
    ],
)
def test_a_wrong_file_is_refused_with_the_line(tmp_path, old, new, message):
    path = tmp_path / "by_region.yaml"
    path.write_text(FILE.replace(old, new), encoding="utf-8")
    with pytest.raises(DesignError, match=message):
        sl.load_weighting(path)


def test_a_file_that_is_not_there_has_a_hint(tmp_path):
    (tmp_path / "by_region.yaml").write_text(FILE, encoding="utf-8")
    with pytest.raises(UnknownNameError, match=r"by_region\.yaml"):
        sl.load_weighting(tmp_path / "by_regoin.yaml")


def test_faults_of_targets_name_the_file_that_they_stand_in(tmp_path):
    (tmp_path / "by_region.yaml").write_text(FILE.replace("a, s", "a, m"), encoding="utf-8")
    weighting = sl.load_weighting(tmp_path / "by_region.yaml")
    frame = people(region="aabb" * 9, size="lsls" * 9)
    with pytest.raises(DesignError, match=r"by_region.yaml, the data frame: .*'a × m'"):
        sl.weight(frame, weighting)


def test_the_mix_of_a_wave_is_what_others_are_weighted_to(netclean):
    found = sl.mix(netclean.wave(2018), "country")
    assert dict(found.targets[0].numbers)[("usa",)] == pytest.approx(0.544)
    with pytest.raises(NotEstimableError, match="a mix needs every answer"):
        sl.mix(netclean.wave(2016), "region")


def test_the_mix_of_two_questions_is_that_of_their_combinations():
    mix = sl.mix(PEOPLE, ["region", "size"], joint=True)
    numbers = dict(mix.targets[0].numbers)
    assert numbers[("a", "l")] == pytest.approx(0.5)
    assert sl.weight(PEOPLE, mix).of() == pytest.approx(np.ones(40))


def test_what_weighting_did_can_be_read():
    waves = pd.concat([PEOPLE.assign(wave=1), PEOPLE.assign(wave=2, region=["b", "a"] * 20)])
    found = sl.weight(waves, HALVES, wave="wave", design=sl.Design(weights="w"))
    printed = str(found)
    assert "× 0.67" in printed  # 3 of 8 weigh 0.75 before: 6 of 8 by weight, to a half
    assert "drift: 'a' of 'region' had 75.0 % of the weight in 1 and 50.0 % in 2" in printed
    assert found.to_frame().shape == (4, 8)
    assert found.waves_frame()["wave"].tolist() == ["1", "2"]
    assert found.to_dict()["schema"] == "surveylib.weights/1"
    assert found.of(2).tolist() == pytest.approx([1.0, 2, 3, 2] * 10)
    with pytest.raises(UnknownNameError, match="3"):
        found.of(3)


def test_only_a_weighting_weights():
    with pytest.raises(MethodError, match="wanted a Weighting"):
        sl.weight(PEOPLE, {"region": {"a": 1.0}})
    with pytest.raises(MethodError, match=r"wanted a sl\.Weighting"):
        sl.Design(weighting={"region": {"a": 1.0}})
    with pytest.raises(MethodError, match="weight the rows"):
        sl.weight(sl.collapse(PEOPLE, "met"), HALVES)
