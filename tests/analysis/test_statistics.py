"""Means, totals, ratios, quantiles and bands: against R survey, other libraries, and algebra."""

import csv
import math
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.proportion import proportion_confint

import surveylib as sl
from surveylib.analysis import frames
from surveylib.errors import MethodError, NotEstimableError, UnknownNameError
from surveylib.wave import repeated, repeated_units
from tests.wave.corruption import option, question, survey

HERE = Path(__file__).parent / "references"
JK1 = tuple(f"jk1_{number}" for number in range(1, 16))
#: Data and design of each set of reference values.
DESIGNS = {
    "strat": ("strat", sl.Design(weights="pw", strata="stype", population="fpc")),
    "strat_wr": ("strat", sl.Design(weights="pw", strata="stype")),
    "clus1": ("clus1", sl.Design(weights="pw", psu="dnum", population="fpc")),
    "clus1_wr": ("clus1", sl.Design(weights="pw", psu="dnum")),
    "clus2": (
        "clus2",
        sl.Design(weights="pw", psu="dnum", population="fpc1", ssu="snum", ssu_population="fpc2"),
    ),
    "weights": ("clus2", sl.Design(weights="pw")),
    "jk1": ("clus1", sl.Design(weights="pw", replicate_weights=JK1, replication="jk1")),
}
#: What is asked for each statistic of the reference values.
ASKED = {
    "mean": ("api00", {"statistic": "mean"}),
    "total": ("api00", {"statistic": "total"}),
    "ratio": ("api.stu", {"statistic": "ratio", "over": "enroll"}),
    "mean enroll": ("enroll", {"statistic": "mean"}),
    "total enroll": ("enroll", {"statistic": "total"}),
    "mean score": ("stype", {"statistic": "mean", "scores": {"E": 1, "M": 2, "H": 4}}),
    "total score": ("stype", {"statistic": "total", "scores": {"E": 1, "M": 2, "H": 4}}),
    "up to 600": ("api00", {"statistic": "share_up_to", "threshold": 600}),
    "mean of middle": ("api00", {"statistic": "mean", "where": "stype=M"}),
    "mean by two": ("api00", {"statistic": "mean", "by": ["sch.wide", "awards"]}),
    "shares": ("stype", {"by": "awards"}),
    "quantile": ("api00", {"statistic": "quantile", "q": (0.1, 0.5, 0.75), "interval": "wald"}),
}


@cache
def schools(name):
    return pd.read_csv(HERE / f"numbers_{name}.csv")


@cache
def references():
    with (HERE / "statistics.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["statistic"] in ASKED]


@cache
def estimated(design, statistic, by=None):
    data, drawn = DESIGNS[design]
    question, options = ASKED[statistic]
    more = {} if by is None else {"by": by}
    return sl.estimate(schools(data), question, design=drawn, **options, **more)


def label(row):
    """A row's group and answer as the reference values have them."""
    domain = row.domain.replace(", ", " ")
    if row.statistic == "quantile":
        return row.answer.removeprefix("q")
    return f"{domain} {row.answer}" if row.statistic == "share" else domain


def of(reference):
    """The row that a reference value is of."""
    grouped = reference["statistic"] in {"mean", "total", "ratio"} and reference["domain"]
    found = estimated(reference["design"], reference["statistic"], "stype" if grouped else None)
    return next(row for row in found.rows if label(row) == reference["domain"])


@pytest.mark.parametrize(
    "row",
    [row for row in references() if row["what"] != "covariance"],
    ids=lambda row: "-".join(
        filter(None, (row["design"], row["statistic"], row["domain"], row["what"]))
    ),
)
def test_a_statistic_is_that_of_r_survey(row):
    # Replicate weights are rounded to 12 digits on their way.
    close = 1e-8 if row["design"] == "jk1" else 1e-10
    assert getattr(of(row), row["what"]) == pytest.approx(float(row["value"]), rel=close)


def numbers_of(design, statistic):
    """Reference values of a statistic, ungrouped where it may be either: group and what → value."""
    return {
        (row["domain"], row["what"]): float(row["value"])
        for row in references()
        if (row["design"], row["statistic"]) == (design, statistic)
        and row["what"] != "covariance"
        and (statistic not in {"mean", "total", "ratio"} or not row["domain"])
    }


@pytest.mark.parametrize("statistic", ["mean", "total", "mean score", "total score", "shares"])
@pytest.mark.parametrize("name", ["clus2", "jk1"])
def test_kept_sums_of_two_halves_give_the_numbers_of_r_survey(tmp_path, name, statistic):
    data, design = DESIGNS[name]
    question, options = ASKED[statistic]
    parts = []
    for place in (0, 1):
        half = schools(data).iloc[place::2]
        sums = sl.collapse(half, "stype", numbers="api00", by="awards", design=design)
        parts.append(sl.load_sums(sums.save(tmp_path / f"{place}.parquet")))
    found = sl.estimate(parts[0].merged(parts[1]), question, **options)
    rows = {label(row): row for row in found.rows}
    wanted = numbers_of(name, statistic)
    assert wanted
    for (domain, what), value in wanted.items():
        assert getattr(rows[domain], what) == pytest.approx(value, rel=1e-8)


@pytest.mark.parametrize("statistic", [one for one in ASKED if one != "mean of middle"])
def test_sums_over_cells_of_rows_give_the_numbers_of_r_survey(monkeypatch, statistic):
    monkeypatch.setattr(repeated_units, "ROOM", 0)
    monkeypatch.setattr(repeated, "_ROOM", 1)
    monkeypatch.setattr(frames, "frame_rows", None)  # would stop what looks at rows
    question, options = ASKED[statistic]
    rows = duckdb.from_df(schools("clus1"))
    found = sl.estimate(rows, question, design=DESIGNS["jk1"][1], **options)
    rows = {label(row): row for row in found.rows}
    wanted = numbers_of("jk1", statistic)
    assert wanted
    for (domain, what), value in wanted.items():
        assert getattr(rows[domain], what) == pytest.approx(value, rel=1e-8)


@pytest.mark.parametrize("statistic", ["mean", "total", "mean by two", "shares"])
@pytest.mark.parametrize("name", DESIGNS)
def test_groups_and_answers_have_the_covariance_of_r_survey(name, statistic):
    wanted = {
        row["domain"]: float(row["value"])
        for row in references()
        if (row["design"], row["statistic"], row["what"]) == (name, statistic, "covariance")
    }
    by = "stype" if statistic in {"mean", "total"} else None
    found = estimated(name, statistic, by)
    labels = [label(row) for row in found.rows]
    if by:
        labels = [one.removeprefix("stype=") for one in labels]
    sign = "-" if by else "|"
    table = np.array([[wanted[f"{one}{sign}{other}"] for other in labels] for one in labels])
    assert len(wanted) == len(labels) ** 2
    scale = np.sqrt(np.outer(np.diag(table), np.diag(table)))
    np.testing.assert_allclose(found.covariance / scale, table / scale, rtol=0, atol=1e-8)


@pytest.mark.parametrize("statistic", ["mean", "total", "ratio", "mean enroll"])
@pytest.mark.parametrize("name", DESIGNS)
def test_an_interval_is_t_standard_errors_wide_and_n_effective_is_n_by_the_design_effect(
    name, statistic
):
    for row in estimated(name, statistic).rows:
        low, high = stats.t.interval(0.95, row.df, row.estimate, row.standard_error)
        # The quantile of t in scipy 1.11 has nine digits where the degrees of freedom are broken.
        assert (row.ci_low, row.ci_high) == pytest.approx((low, high), rel=1e-8)
        assert row.n_effective == pytest.approx(row.n / row.design_effect, rel=1e-12)


def test_a_logarithmic_interval_is_symmetric_as_a_factor():
    data, design = DESIGNS["clus1"]
    asked = {"statistic": "total", "interval": "log", "confidence_level": 0.9, "design": design}
    row = sl.estimate(schools(data), "enroll", **asked).rows[0]
    error = stats.t.ppf(0.95, row.df) * row.standard_error / row.estimate
    assert row.ci_high / row.estimate == pytest.approx(math.exp(error), rel=1e-10)
    assert row.estimate / row.ci_low == pytest.approx(math.exp(error), rel=1e-10)


numbers = st.lists(
    st.tuples(st.floats(-50, 50).map(lambda one: round(one, 2)), st.floats(0.1, 9)),
    min_size=3,
    max_size=40,
)


@settings(max_examples=40, deadline=None)
@given(rows=numbers)
def test_the_mean_of_a_simple_sample_has_students_interval(rows):
    frame = pd.DataFrame(rows, columns=["x", "w"])
    row = sl.estimate(frame, "x", statistic="mean").rows[0]
    assert row.estimate == pytest.approx(frame["x"].mean(), rel=1e-10, abs=1e-12)
    wanted = frame["x"].sem()
    if wanted < 1e-6 * (1 + abs(frame["x"].mean())):
        return
    assert row.standard_error == pytest.approx(wanted, rel=1e-6)
    low, high = stats.ttest_1samp(frame["x"], 0).confidence_interval()
    assert (row.ci_low, row.ci_high) == pytest.approx((low, high), rel=1e-6, abs=1e-8)
    assert row.design_effect == pytest.approx(1, rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(rows=numbers, q=st.sampled_from([0.01, 0.25, 0.5, 0.9]))
def test_a_quantile_is_the_inverse_of_the_weighted_distribution(rows, q):
    frame = pd.DataFrame(rows, columns=["x", "w"])
    design = sl.Design(weights="w")
    found = sl.estimate(frame, "x", statistic="quantile", q=q, design=design).rows[0]
    # At a step itself both neighbours are right, and rounding chooses.
    known = frame.sort_values("x")
    below = known["w"].cumsum() / known["w"].sum()
    if np.abs(below - q).min() < 1e-9:
        return
    assert found.estimate == known["x"][below >= q].iloc[0]


@pytest.mark.parametrize("n", [7, 40, 41, 500])
def test_the_median_of_a_simple_sample_has_the_numbers_at_the_limits_of_wilson(n):
    x = np.random.default_rng(n).permutation(np.arange(1, n + 1)) * 10
    row = sl.estimate(pd.DataFrame({"x": x}), "x", statistic="median").rows[0]
    middle = math.ceil(n / 2)
    low, high = proportion_confint(middle, n, method="wilson")
    assert row.estimate == 10 * middle
    assert (row.ci_low, row.ci_high) == (10 * math.ceil(low * n), 10 * math.ceil(high * n))


@pytest.mark.parametrize("name", DESIGNS)
def test_totals_of_groups_add_up_to_the_total_of_all(name):
    whole = estimated(name, "total").rows[0]
    parts = estimated(name, "total", "stype")
    assert sum(row.estimate for row in parts.rows) == pytest.approx(whole.estimate, rel=1e-12)
    assert parts.covariance.sum() == pytest.approx(whole.standard_error**2, rel=1e-8)


@pytest.mark.parametrize("name", DESIGNS)
def test_a_share_is_the_mean_of_an_indicator_and_the_ratio_of_two_totals(name):
    data, design = DESIGNS[name]
    frame = schools(data).assign(one=1.0)
    frame["hit"] = (frame["awards"] == "Yes").astype(float)
    share = sl.estimate(frame, "awards/Yes", design=design).rows[0]
    score = {"statistic": "mean", "scores": {"Yes": 1, "No": 0}}
    for column, options in (
        ("hit", {"statistic": "mean"}),
        ("hit", {"statistic": "ratio", "over": "one"}),
        ("awards", score),
    ):
        row = sl.estimate(frame, column, design=design, **options).rows[0]
        assert row.estimate == pytest.approx(share.estimate, rel=1e-12)
        assert row.standard_error == pytest.approx(share.standard_error, rel=1e-9)
        assert (row.n, row.df) == (share.n, share.df)


@pytest.mark.parametrize("name", DESIGNS)
def test_the_mean_of_scores_follows_from_the_shares_and_their_covariance(name):
    data, design = DESIGNS[name]
    shares = sl.estimate(schools(data), "stype", design=design)
    scores = np.array([{"E": 1, "M": 2, "H": 4}[row.answer] for row in shares.rows])
    mean = estimated(name, "mean score").rows[0]
    assert mean.estimate == pytest.approx(scores @ [row.estimate for row in shares.rows])
    variance = scores @ shares.covariance @ scores
    assert mean.standard_error == pytest.approx(variance**0.5, rel=1e-8)


@pytest.mark.parametrize("name", DESIGNS)
def test_one_group_by_where_is_that_group_by_by(name):
    data, design = DESIGNS[name]
    for statistic in ("mean", "total", "ratio", "up to 600", "quantile"):
        column, options = ASKED[statistic]
        asked = {"design": design, **options}
        by = [row for row in sl.estimate(schools(data), column, by="stype", **asked).rows
              if row.domain == "stype=H"]  # fmt: skip
        where = sl.estimate(schools(data), column, where="stype=H", **asked).rows
        for one, other in zip(by, where, strict=True):
            for field in ("estimate", "standard_error", "ci_low", "ci_high", "df", "n"):
                assert getattr(one, field) == pytest.approx(getattr(other, field), rel=1e-9), field


def test_a_group_keeps_its_strata_in_the_design_and_loses_those_it_is_not_in_from_df():
    # Stratum b holds nobody of the group: df is units less strata of those that do.
    frame = pd.DataFrame(
        {"x": range(12), "g": ["u", "v"] * 3 + ["v"] * 6, "s": ["a"] * 6 + ["b"] * 6}
    )
    domain = sl.estimate(frame, "x", statistic="mean", by="g", design=sl.Design(strata="s")).rows
    assert [row.df for row in domain] == [2, 7]
    whole = sl.Design(strata="s", df="design")
    assert [r.df for r in sl.estimate(frame, "x", statistic="mean", by="g", design=whole).rows] == [
        10,
        10,
    ]


def test_thresholds_keep_their_order_and_a_share_of_none_or_all_has_an_interval():
    frame = pd.DataFrame({"x": [1.0, 2, 3, 4, np.nan]})
    rows = sl.estimate(frame, "x", statistic="share_up_to", threshold=(9, 0, 2)).rows
    assert [(row.answer, row.estimate, row.n) for row in rows] == [
        ("up_to_9", 1, 4), ("up_to_0", 0, 4), ("up_to_2", 0.5, 4),
    ]  # fmt: skip
    # Wilson: z² / (n + z²) for none of 4.
    assert rows[1].ci_high == pytest.approx(3.841459 / 7.841459, abs=1e-7)
    assert (rows[1].ci_low, rows[0].ci_high) == (0, 1)


CLOSE = pd.DataFrame({"x": [1_000_000.0, 1_000_001, 1_000_002, 5]})


@pytest.mark.parametrize("library", [pd.DataFrame, lambda frame: duckdb.connect().from_df(frame)])
def test_thresholds_that_lie_close_have_figures_and_names_of_their_own(library):
    asked = {"statistic": "share_up_to", "threshold": (1_000_000, 1_000_001)}
    rows = sl.estimate(library(CLOSE), "x", **asked).rows
    assert [row.estimate for row in rows] == [0.5, 0.75]
    assert len({row.answer for row in rows}) == 2


def test_quantiles_that_lie_close_have_names_of_their_own():
    asked = {"statistic": "quantile", "q": (0.12345678, 0.12345679)}
    rows = sl.estimate(CLOSE, "x", **asked).rows
    assert len({row.answer for row in rows}) == 2


def test_numbers_that_are_all_alike_have_no_interval_and_say_so():
    design = sl.Design(weights="w", psu="p")
    frame = pd.DataFrame({"x": 0.1, "w": [1.0, 2, 3] * 4, "p": list(range(6)) * 2})
    row = sl.estimate(frame, "x", statistic="mean", design=design).rows[0]
    assert (row.estimate, row.standard_error) == (pytest.approx(0.1), 0)
    assert (row.ci_low, row.ci_high, row.flags) == (None, None, ("no_interval",))
    assert row.notes == ("No interval: all numbers of the group are alike.",)


def test_a_column_over_itself_is_1_without_an_interval():
    frame = pd.DataFrame({"x": [1.5, 2, 4, 8], "w": [1.0, 2, 3, 4]})
    design = sl.Design(weights="w")
    row = sl.estimate(frame, "x", statistic="ratio", over="x", design=design).rows[0]
    assert (row.estimate, row.standard_error, row.flags) == (1, 0, ("no_interval",))


def test_a_ratio_is_of_those_who_gave_both_numbers():
    frame = pd.DataFrame({"x": [1.0, 2, np.nan, 4], "y": [2.0, np.nan, 5, 8]})
    row = sl.estimate(frame, "x", statistic="ratio", over="y").rows[0]
    assert (row.estimate, row.n) == (0.5, 2)


@pytest.mark.parametrize("large", [1e6, 1e7, 1e8])
@pytest.mark.parametrize("statistic", ["mean", "total"])
@pytest.mark.parametrize("library", [pd.DataFrame, lambda frame: duckdb.connect().from_df(frame)])
def test_large_numbers_that_differ_little_keep_their_spread(library, statistic, large):
    x = np.array([large, large + 1] * 50)
    row = sl.estimate(library(pd.DataFrame({"x": x})), "x", statistic=statistic).rows[0]
    times = 100 if statistic == "total" else 1
    assert row.estimate == pytest.approx(times * (large + 0.5), rel=1e-14)
    assert row.standard_error == pytest.approx(times * stats.sem(x), rel=1e-6)


@pytest.mark.parametrize("large", [0.0, 1e6, -1e8])
@pytest.mark.parametrize("statistic", ["mean", "total"])
@pytest.mark.parametrize(
    "design",
    [sl.Design(), sl.Design(weights="w"), sl.Design(weights="w", psu="p"), sl.Design(strata="s")],
    ids=["simple", "weights", "clusters", "strata"],
)
@pytest.mark.parametrize("library", [pd.DataFrame, lambda frame: duckdb.connect().from_df(frame)])
def test_the_spread_of_numbers_does_not_depend_on_where_they_lie(library, design, statistic, large):
    frame = pd.DataFrame({
        "x": [0.25, 1.5, 2, 4, 0.5, 3] * 10, "w": [1.0, 3, 2, 2, 1, 4] * 10,
        "p": np.arange(60) // 4, "s": [1, 1, 2] * 20, "g": list("uuvvuv") * 10,
    })  # fmt: skip
    moved = library(frame.assign(x=frame["x"] + large))
    found = sl.estimate(moved, "x", statistic=statistic, by="g", design=design)
    w = frame["w"] if design.weights else 1.0
    for row in found.rows:
        # By the textbook: linearised values, squared around the mean of their stratum.
        inside = frame["g"] == row.domain[2:]
        mean = (w * frame["x"])[inside].sum() / (w * inside).sum()
        away = w * (frame["x"] - mean) / (w * inside).sum()
        value = (w * (frame["x"] + large) if statistic == "total" else away).where(inside, 0.0)
        values = value.groupby(frame["p"]).sum() if design.psu else value
        strata = frame["s"] if design.strata else values.index * 0
        wanted = sum(
            len(one) / (len(one) - 1) * ((one - one.mean()) ** 2).sum()
            for _, one in values.groupby(strata)
        )
        assert row.standard_error == pytest.approx(wanted**0.5, rel=1e-7)


def test_numbers_of_a_group_that_are_all_alike_have_no_interval_under_any_design():
    frame = pd.DataFrame({
        "x": [0.1, 7.3] * 30, "g": [1, 2] * 30, "w": [1.0, 2, 3.3] * 20, "p": np.arange(60) // 4,
    })  # fmt: skip
    for design in (sl.Design(), sl.Design(weights="w"), sl.Design(weights="w", psu="p")):
        rows = sl.estimate(frame, "x", statistic="mean", by="g", design=design).rows
        assert [(row.standard_error, row.flags) for row in rows] == [(0, ("no_interval",))] * 2


# Bands

BANDS = {"few": (1, 10), "some": (11, 20), "many": (21, math.inf)}
WHOLE = {"few": (1, 10), "some": (11, 20), "many": (21, 50)}
COUNTS = {"few": 30, "some": 50, "many": 20}
IN_BANDS = pd.DataFrame({"q": [code for code, count in COUNTS.items() for _ in range(count)]})


def of_bands(statistic, **options):
    return sl.estimate(IN_BANDS, "q", statistic=statistic, **{"bands": BANDS, **options}).rows


def test_an_interpolated_median_lies_as_far_in_its_band_as_people_are_missing_to_half():
    # 30 of 100 are up to 10.5 at most; 20 of the 50 up to 20.5 are wanted of the next band.
    row = of_bands("median")[0]
    assert row.estimate == pytest.approx(10.5 + 10 * 20 / 50)
    assert row.ci_low < row.estimate < row.ci_high
    assert "from_bands" in row.flags


def test_a_median_without_a_guess_is_its_band():
    row = of_bands("median", model="bounds")[0]
    assert (row.estimate, row.estimate_low, row.estimate_high) == (None, 11, 20)


def test_a_mean_without_a_guess_is_between_the_ends_of_all_bands():
    row = of_bands("mean", bands=WHOLE)[0]
    assert (row.estimate, row.n) == (None, 100)
    assert row.estimate_low == pytest.approx(0.3 * 1 + 0.5 * 11 + 0.2 * 21)
    assert row.estimate_high == pytest.approx(0.3 * 10 + 0.5 * 20 + 0.2 * 50)
    low = np.repeat([1, 11, 21], [30, 50, 20])
    margin = stats.norm.ppf(0.975) * stats.sem(low)
    assert row.envelope_low == pytest.approx(low.mean() - margin, rel=1e-9)


def test_a_cap_ends_a_band_without_an_end():
    open_ended, capped = of_bands("mean")[0], of_bands("mean", cap=50)[0]
    assert math.isinf(open_ended.estimate_high)
    assert open_ended.envelope_high is None
    assert capped.estimate_high == pytest.approx(0.3 * 10 + 0.5 * 20 + 0.2 * 50)


def test_a_share_up_to_a_number_is_exact_at_the_end_of_a_band_and_a_range_inside():
    inside, at_end, above = of_bands("share_up_to", threshold=(15, 10, 25), bands=WHOLE)
    assert (inside.estimate, inside.estimate_low, inside.estimate_high) == (
        None, pytest.approx(0.3), pytest.approx(0.8),
    )  # fmt: skip
    assert (at_end.estimate, at_end.standard_error) == pytest.approx((0.3, (0.21 / 99) ** 0.5))
    assert (above.estimate_low, above.estimate_high) == pytest.approx((0.8, 1))


def log_normal(parameters):
    mean, spread = parameters[0], math.exp(parameters[1])
    below = stats.norm.cdf((np.log([10.5, 20.5]) - mean) / spread)
    return np.diff([0, *below, 1])


def negative_binomial(parameters):
    size, share = math.exp(parameters[0]), 1 / (1 + math.exp(-parameters[1]))
    below = stats.nbinom.cdf([10, 20], size, share)
    return np.diff([0, *below, 1])


def most_likely(shares):
    """Parameters under which the counts of the bands are most likely."""
    counts = np.array(list(COUNTS.values()))

    def against(parameters):
        return -(counts * np.log(np.maximum(shares(parameters), 1e-300))).sum()

    return optimize.minimize(
        against, [2.5, -0.5], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12}
    ).x


def test_a_log_normal_median_is_that_of_the_most_likely_distribution():
    mean, _ = most_likely(log_normal)
    row = of_bands("median", model="log-normal")[0]
    assert row.estimate == pytest.approx(math.exp(mean), rel=1e-4)
    assert "log-normal" in row.notes[0]
    assert row.ci_low < row.estimate < row.ci_high


def test_a_negative_binomial_mean_is_that_of_the_most_likely_distribution():
    size, share = most_likely(negative_binomial)
    row = of_bands("mean", model="negative-binomial", bands={**BANDS, "few": (0, 10)})[0]
    assert row.estimate == pytest.approx(math.exp(size) * math.exp(-share), rel=1e-3)


@pytest.mark.parametrize("model", ["interpolated", "log-normal", "bounds"])
def test_bands_of_a_group_are_those_of_its_rows_alone(model):
    frame = pd.concat([IN_BANDS.assign(g="u"), IN_BANDS.iloc[20:90].assign(g="v")])
    asked = {"statistic": "median", "model": model, "bands": BANDS}
    rows = sl.estimate(frame, "q", by="g", design=sl.Design(), **asked).rows
    assert [row.domain for row in rows] == ["g=u", "g=v"]
    alone = sl.estimate(IN_BANDS, "q", **asked).rows[0]
    assert (rows[0].estimate_low, rows[0].estimate_high) == pytest.approx(
        (alone.estimate_low, alone.estimate_high), rel=1e-8
    )
    assert [row.n for row in rows] == [100, 70]


def test_answers_without_a_band_are_outside_the_base():
    row = sl.estimate(IN_BANDS, "q", statistic="mean", bands={"few": (1, 10), "some": (11, 20)})
    assert row.rows[0].n == 80
    assert row.rows[0].estimate_low == pytest.approx((30 * 1 + 50 * 11) / 80)


# Bases

FORM = survey(
    question("pets", "single", option("cat"), option("dog"), option("fish"),
             {"code": "warm", "label": {"en": "Warm"}, "net_of": ["cat", "dog"]},
             missing=["refused"]),
    question("often", "single", option("daily"), option("weekly"),
             when={"question": "pets", "answers": ["cat"]}),
    question("food", "multi_answer", option("a"), option("b"), option("c")),
)  # fmt: skip
GIVEN = """pets,often,a,b,c
Cat,Daily,1,0,0
Cat,,1,0,0
Dog,,1,1,0
Fish,,0,0,1
Refused,,1,0,0
,,0,1,1
"""


@pytest.fixture(scope="module")
def wave(tmp_path_factory):
    path = tmp_path_factory.mktemp("bases") / "r.csv"
    path.write_text(GIVEN, "utf-8")
    food = {"layout": "column_per_option", "options": {code: code for code in "abc"}}
    food |= {"ticked": ["1"], "not_ticked": ["0"]}
    return sl.ingest(path, FORM, columns={"pets": "pets", "often": "often", "food": food}).wave


@pytest.mark.parametrize(
    ("asked", "base", "n", "counts"),
    [
        ("pets", "answered", 4, {"cat": 2, "dog": 1, "fish": 1, "warm": 3}),
        ("pets", "asked", 6,
         {"cat": 2, "dog": 1, "fish": 1, "warm": 3, "refused": 1, "no_answer": 1}),
        ("pets", "all", 6,
         {"cat": 2, "dog": 1, "fish": 1, "warm": 3, "refused": 1, "no_answer": 1}),
        ("often", "answered", 1, {"daily": 1, "weekly": 0}),
        ("often", "asked", 2, {"daily": 1, "weekly": 0, "no_answer": 1}),
        # Whether those who refused or left open what they keep should have been asked is not known.
        ("often", "all", 6,
         {"daily": 1, "weekly": 0, "no_answer": 1, "not_applicable": 3, "unknown_blank": 1}),
        ("food", "answered", 6, {"a": 4, "b": 2, "c": 2}),
    ],
)  # fmt: skip
def test_a_base_is_who_it_says(wave, asked, base, n, counts):
    rows = {row.answer: row for row in sl.estimate(wave, asked, base=base).rows}
    mine = {code: row for code, row in rows.items() if row.base == base}
    assert {code: round(row.estimate * n, 9) for code, row in mine.items()} == counts
    assert {row.n for row in mine.values()} == {n}
    rest = {code: (row.base, row.estimate) for code, row in rows.items() if code not in mine}
    wanted = {"refused": ("asked", pytest.approx(1 / 6))} if (asked, base) == (
        "pets", "answered"
    ) else {}  # fmt: skip
    assert rest == wanted


def test_mentions_are_shares_of_all_ticks_with_the_variance_of_a_ratio(wave):
    rows = sl.estimate(wave, "food", base="mentions").rows
    assert [(row.answer, row.estimate, row.n) for row in rows] == [
        ("a", 4 / 8, 6), ("b", 2 / 8, 6), ("c", 2 / 8, 6),
    ]  # fmt: skip
    every = np.array([1, 1, 2, 1, 1, 2])
    ticks = np.array([[1, 1, 1, 0, 1, 0], [0, 0, 1, 0, 0, 1], [0, 0, 0, 1, 0, 1]])
    for row, ticked in zip(rows, ticks, strict=True):
        away = (ticked - row.estimate * every) / every.sum()
        assert row.standard_error**2 == pytest.approx(6 / 5 * (away**2).sum())


@pytest.mark.parametrize(
    ("asked", "options", "error", "message"),
    [
        ("pets", {"base": "mentions"}, NotEstimableError, "'pets' has one answer each"),
        ("pets", {"statistic": "mean"}, NotEstimableError, "give each a number in scores"),
        ("food", {"statistic": "mean", "scores": {"a": 1}}, NotEstimableError, "several answers"),
        ("pets", {"statistic": "mean", "scores": {"cow": 1}}, UnknownNameError, "called 'cow'"),
        ("pets", {"by": "food", "design": sl.Design()}, NotEstimableError, "into one group"),
        ("pets", {"statistic": "mean", "bands": {"cat": (1, 2)}}, MethodError, "leave out 'bands'"),
        ("pets", {"design": sl.Design(weights="w")}, sl.errors.DesignError, "'w'"),
    ],
)
def test_what_a_wave_cannot_give_is_said(wave, asked, options, error, message):
    with pytest.raises(error, match=message):
        sl.estimate(wave, asked, **options)


# What cannot be asked

FRAME = pd.DataFrame({
    "q": ["a", "b", "a", None] * 6,
    "x": [1.5, 2, 3, np.nan] * 6,
    "y": [1, 2, 3, 4] * 6,
    "w": [1.0, 2, 3, 4] * 6,
    "s": [1, 1, 2, 2] * 6,
})  # fmt: skip
OF_BANDS = {"statistic": "mean", "bands": {"a": (1, 10), "b": (11, 20)}}
UP_TO = {"statistic": "share_up_to"}


@pytest.mark.parametrize(
    ("question", "options", "error", "message"),
    [
        ("q", {"statistic": "meen"}, MethodError, "called 'meen'; did you mean 'mean'"),
        ("q", {"statistic": ["mean"]}, MethodError, "statistic"),
        ("q", {"statistic": None}, MethodError, "no statistic method called 'None'"),
        ("q", {"statistic": "mean"}, MethodError, "'q' holds .*; the mean is of numbers, or of an"),
        ("q", {"statistic": "median"}, MethodError, "'q' holds .* quantiles is of numbers|numbers"),
        ("x", {"statistic": "ratio"}, MethodError, "a ratio needs 'over'"),
        ("x", {"statistic": "ratio", "over": "yy"}, UnknownNameError, "did you mean 'y'"),
        ("x", {"statistic": "ratio", "over": "q"}, MethodError, "column 'q' holds"),
        ("x", {"statistic": "total", "over": "y"}, MethodError, "over belongs to"),
        ("x", {"statistic": "quantile"}, MethodError, "a quantile needs q"),
        ("x", {"statistic": "quantile", "q": ()}, MethodError, "q"),
        ("x", {"statistic": "quantile", "q": 0}, MethodError, "q: got '0', wanted numbers above 0"),
        ("x", {"statistic": "quantile", "q": 1}, MethodError, "q: got '1', wanted numbers"),
        ("x", {"statistic": "quantile", "q": (0.1, 1.2)}, MethodError, "q: got '1.2', wanted"),
        ("x", {"statistic": "quantile", "q": math.nan}, MethodError, "q: got 'nan', wanted"),
        ("x", {"statistic": "quantile", "q": "0.5"}, MethodError, "q: got .*, wanted numbers"),
        ("x", {"statistic": "quantile", "q": True}, MethodError, "q: got 'True', wanted numbers"),
        ("x", UP_TO, MethodError, "needs 'threshold', the number"),
        ("x", {**UP_TO, "threshold": ()}, MethodError, "threshold"),
        ("x", {**UP_TO, "threshold": "3"}, MethodError, "threshold: got '3', wanted"),
        ("x", {**UP_TO, "threshold": math.nan}, MethodError, "threshold: got 'nan', wanted"),
        ("x", {**UP_TO, "threshold": True}, MethodError, "threshold: got 'True', wanted"),
        ("x", {"threshold": 3}, MethodError, "threshold belongs to statistic='share_up_to'"),
        ("q", {"scores": {"a": 1}}, MethodError, "scores belongs to statistic='mean', 'total'"),
        ("q", {"statistic": "mean", "scores": {}}, MethodError, "scores|the mean is of numbers"),
        ("q", {"statistic": "mean", "scores": {"a": 1, "z": 2}}, UnknownNameError, "called 'z'"),
        ("q", {"statistic": "mean", "scores": {"a": "1"}}, MethodError, "scores: got '1' for 'a'"),
        ("q", {"statistic": "mean", "scores": {"a": math.inf}}, MethodError, "got 'inf' for 'a'"),
        ("q", {"statistic": "mean", "scores": {"a": True}}, MethodError, "got 'True' for 'a'"),
        ("q", {"statistic": "mean", "scores": {"a": 10**400}}, MethodError, "scores: got "),
        ("q", {"statistic": "mean", "scores": [1, 2]}, MethodError, "scores"),
        ("y", {"statistic": "mean", "scores": {1: 1, 2: 2}}, MethodError, "scores"),
        ("q", {"statistic": "mean", "bands": {"z": (1, 2)}}, UnknownNameError, "no value called"),
        ("q", {"statistic": "mean", "bands": {"a": (1, 2, 3)}}, MethodError, "bands"),
        ("q", {"statistic": "mean", "bands": {"a": 5}}, MethodError, "bands"),
        ("q", {"statistic": "mean", "bands": {"a": (1, None)}}, MethodError, "bands|finite|inf"),
        ("q", {"statistic": "mean", "bands": [(1, 2)]}, (MethodError, UnknownNameError), "1, 2"),
        ("q", {"statistic": "mean", "bands": {}}, MethodError, "bands|the mean is of numbers"),
        ("q", {"statistic": "mean", "bands": {"b": (11, 20), "a": (1, 10)}}, MethodError, "order"),
        ("q", {"statistic": "mean", "bands": {"a": (9, 1), "b": (11, 20)}}, MethodError, "band"),
        ("q", {**OF_BANDS, "model": "lognormal"}, MethodError, "did you mean 'log-normal'"),
        ("q", {**OF_BANDS, "model": 3}, MethodError, "no model method called '3'"),
        ("q", {**OF_BANDS, "cap": "5"}, MethodError, "cap"),
        ("q", {**OF_BANDS, "statistic": "total"}, MethodError, "bands belongs to|leave it out"),
        ("q", {**OF_BANDS, "bands": {"a": (1, 10), "b": (11, math.inf)}, "cap": 5}, MethodError,
         "cap"),
        ("x", {"statistic": "median", "model": "bounds"}, MethodError, "'x' has none"),
        ("x", {"statistic": "mean", "cap": 3}, MethodError, "cap is about answers in bands"),
        ("x", {"statistic": "mean", "interval": "wilson"}, MethodError, "choose one of 't', 'log'"),
        ("q", {"interval": "t"}, MethodError, "no interval method called 't'"),
        ("q", {"interval": 5}, MethodError, "no interval method called '5'"),
        ("q", {"base": "anwered"}, MethodError, "base is 'anwered'; choose one of 'answered'"),
        ("q", {"base": "asked"}, MethodError, "a data frame does not say who was asked"),
        ("q", {"base": "mentions"}, MethodError, "take 'answered' or 'all'"),
        ("x", {"statistic": "mean", "base": "all"}, MethodError, "is about shares: leave it out"),
        ("q", {"confidence_level": "x"}, MethodError, "confidence_level is x"),
        ("q", {"confidence_level": 95}, MethodError, "confidence_level is 95; wanted a number"),
        ("q", {"design_effect": "2"}, MethodError, "design_effect is 2"),
        ("q", {"design_effect": None}, MethodError, "design_effect is None"),
        ("q", {"design_effect": 2}, MethodError, "give a design or a design effect, not both"),
        ("q", {"design": "w"}, MethodError, "design"),
        ("q", {"design": {"weights": "w"}}, MethodError, "design"),
        ("q", {"by": "ss"}, UnknownNameError, "no column called 'ss' in the data frame"),
        ("q", {"by": 5}, MethodError, "by"),
        ("q", {"by": [None]}, MethodError, "by"),
        ("q", {"where": "s=9"}, UnknownNameError, "no value called '9' in column 's'"),
        ("q", {"where": "z=9"}, UnknownNameError, "no column called 'z'"),
        ("q", {"where": ["s=1"]}, MethodError, "where"),
        ("q", {"where": {"s": 1}}, MethodError, "where"),
        ("q", {"wave": "wav"}, UnknownNameError, "no column called 'wav'"),
        (None, {}, MethodError, "question"),
        (5, {}, MethodError, "question"),
        ((1, 2), {}, MethodError, "question"),
        ([], {}, MethodError, "no question is asked for: name one or several"),
        ("q/a", {"statistic": "mean", "scores": {"a": 1}}, MethodError, "'q/a' names an answer"),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("library", ["pandas", "duckdb"])
def test_what_cannot_be_asked_is_said(library, question, options, error, message):
    source = FRAME if library == "pandas" else duckdb.connect().from_df(FRAME)
    with pytest.raises(error, match=message):
        sl.estimate(source, question, **options)


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        (FRAME.assign(x=np.nan), {"statistic": "mean"}, "nobody gave a number for 'x'"),
        (FRAME.assign(x=np.nan), {"statistic": "median"}, "nobody gave a number for 'x'"),
        (FRAME.assign(x=np.nan), {**UP_TO, "threshold": 3}, "nobody gave a number for 'x'"),
        (FRAME.iloc[3::4], {"statistic": "mean", "where": "s=2"}, "'x' among s=2 in the data fr"),
    ],
)
def test_nobody_to_estimate_from_is_said(frame, options, message):
    with pytest.raises(NotEstimableError, match=message):
        sl.estimate(frame, "x", **options)


def test_a_group_of_nobody_has_no_row():
    frame = FRAME.assign(x=FRAME["x"].where(FRAME["s"] == 1))
    rows = sl.estimate(frame, "x", statistic="mean", by="s").rows
    assert [row.domain for row in rows] == ["s=1"]


@pytest.mark.parametrize("q", [np.float64(0.5), np.float32(0.5), np.array([0.5])], ids=type)
def test_numbers_of_numpy_are_numbers(q):
    row = sl.estimate(FRAME, "x", statistic="quantile", q=q).rows[0]
    assert row.estimate == sl.estimate(FRAME, "x", statistic="median").rows[0].estimate


def test_scores_of_numpy_are_numbers():
    scores = {"a": np.int64(1), "b": np.float32(2)}
    row = sl.estimate(FRAME, "q", statistic="mean", scores=scores).rows[0]
    assert row.estimate == pytest.approx(4 / 3)


def test_a_ratio_to_a_total_of_0_says_that_it_is_0():
    with pytest.raises(NotEstimableError, match=r"'y'.* 0"):
        sl.estimate(FRAME.assign(y=0), "x", statistic="ratio", over="y")


@pytest.mark.parametrize("library", [pd.DataFrame, lambda frame: duckdb.connect().from_df(frame)])
def test_a_group_without_a_ratio_is_named_in_the_others(library):
    frame = library(FRAME.assign(y=FRAME["y"].where(FRAME["s"] == 1, 0)))
    rows = sl.estimate(frame, "x", statistic="ratio", over="y", by="s").rows
    assert [(row.domain, row.flags) for row in rows] == [("s=1", ("no_ratio",))]
    assert rows[0].notes == ("No ratio in 's=2': the total of 'y' is 0 there.",)
    with pytest.raises(NotEstimableError, match="the total of 'y' is 0 among s=2"):
        sl.estimate(frame, "x", statistic="ratio", over="y", where="s=2")


@pytest.mark.parametrize(
    ("bands", "message"),
    [
        ({"a": (1, 10), "b": (5, 20)}, "'a' and 'b' overlap"),
        ({"a": (1, 10), "b": (0, 5)}, "'b' lies below 'a': wanted bands in order"),
        ({"a": (10, 1)}, "a band that ends before it begins"),
        ({"a": (math.nan, 1)}, "wanted two numbers"),
        ({1: (0, 1)}, "wanted its code as a text, '1'"),
    ],
)
def test_bands_stand_in_order_and_share_no_number(bands, message):
    with pytest.raises(MethodError, match=message):
        sl.estimate(FRAME, "q", statistic="mean", bands=bands)


def test_a_quantile_in_a_band_without_an_end_says_what_to_ask_instead():
    with pytest.raises(NotEstimableError, match="model='bounds'"):
        of_bands("quantile", q=0.99)
