"""Standardised figures against R survey, epitools and metafor, and algebra."""

import csv
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from surveylib.errors import DesignError, MethodError, NotEstimableError
from surveylib.stats import replicates
from surveylib.stats.standardise import (
    common_difference,
    mix,
    of_counts,
    of_events,
    standardise,
    weights_of,
)
from surveylib.stats.variance import shares
from surveylib.stats.weighting import Margin, residuals
from tests.stats.test_variance import Design

FOLDER = Path(__file__).parent / "references"
laws = settings(deadline=None, max_examples=50)

KINDS = ("E", "H", "M")
AWARDS = ("No", "Yes")
MIX = np.array([0.5, 0.2, 0.3])


@cache
def rows():
    with (FOLDER / "standardise.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def values_of(design, statistic, value_of):
    """All values of one kind, in R's order."""
    wanted = (design, statistic, value_of)
    return np.array(
        [
            float(row["value"])
            for row in rows()
            if (row["design"], row["statistic"], row["value_of"]) == wanted
        ]
    )


class Sample:
    """One of R's samples, its values and domains in R's order."""

    def __init__(self, name):
        self.design = Design(name.removesuffix("_jk1"))
        column = self.design.schools.column
        self.weights = self.design.schools.weight
        self.kind = np.array([KINDS.index(kind) for kind in column["stype"]])
        self.award = np.array([AWARDS.index(award) for award in column["awards"]])
        high = column["api99"] > 600
        self.api00 = column["api00"][:, None]
        self.share = np.column_stack([~high, high]) * 1.0
        self.kinds = Margin(name="kind", category=self.kind, categories=KINDS, totals=MIX)
        units = self.design.units
        self.replicates = None
        if name.endswith("jk1"):
            left = self.design.unit[:, None] != np.arange(units)
            self.replicates = self.weights[:, None] * left * units / (units - 1)

    def variables(self, statistic):
        """Values, and who is in each domain; (N, K) of both."""
        if statistic == "mean":
            values = np.column_stack([self.api00, self.share])
            return values, np.ones_like(values)
        values = self.api00 if statistic == "by" else self.share
        domains = self.award[:, None] == np.arange(2)
        # R: the domains run fastest.
        return np.repeat(values, 2, axis=1), np.tile(domains, values.shape[1]) * 1.0

    def weighted(self, statistic):
        over = np.zeros_like(self.award) if statistic == "mean" else self.award
        names = ["all"] if statistic == "mean" else AWARDS
        return weights_of(self.weights, self.kinds, over, names, replicates=self.replicates)


def cases():
    some = [row for row in rows() if row["value_of"] == "standard_error"]
    groups = groupby(some, key=lambda row: (row["design"], row["statistic"]))
    return [key for key, _ in groups]


@pytest.mark.parametrize(("design", "statistic"), cases())
def test_figures_from_weights_with_one_mix_are_those_of_r(design, statistic):
    sample = Sample(design)
    found = sample.weighted(statistic)
    values, inside = sample.variables(statistic)

    def estimated(weights):
        base = inside * weights[:, None]
        return shares(values * base, base)[0], base.sum(axis=0)

    estimates, bases = estimated(found.weights)
    np.testing.assert_allclose(estimates, values_of(design, statistic, "estimate"), rtol=1e-10)
    if sample.replicates is None:
        rest = residuals((values - estimates) * inside / bases, found.auxiliaries)
        covariance = sample.design.covariance(rest * found.weights[:, None])
    else:
        again = [estimated(column)[0] for column in found.replicates.T]
        scale = 1 - 1 / sample.design.units
        covariance = replicates.covariance(again, estimates, scale=scale, centre="mean")
    errors = np.sqrt(np.diagonal(covariance))
    np.testing.assert_allclose(errors, values_of(design, statistic, "standard_error"), rtol=1e-8)


@pytest.mark.parametrize(("design", "statistic"), [c for c in cases() if "jk1" not in c[0]])
def test_figures_from_the_groups_figures_are_those_of_r(design, statistic):
    """No new weights: only the groups' figures and their covariance."""
    sample = Sample(design)
    values, inside = sample.variables(statistic)
    many = values.shape[1]
    groups = sample.kind[:, None] == np.arange(3)
    base = np.repeat(inside, 3, axis=1) * np.tile(groups, many) * sample.weights[:, None]
    estimates, scores = shares(np.repeat(values, 3, axis=1) * base, base)
    covariance = sample.design.covariance(scores)
    blocks = [covariance[3 * k : 3 * k + 3, 3 * k : 3 * k + 3] for k in range(many)]
    found = standardise(
        estimates.reshape(many, 3), MIX, covariance=np.stack(blocks), shares=statistic != "by"
    )
    np.testing.assert_allclose(found.estimate, values_of(design, statistic, "estimate"), rtol=1e-10)
    errors = values_of(design, statistic, "standard_error")
    np.testing.assert_allclose(found.standard_error, errors, rtol=1e-8)


@pytest.mark.parametrize("order", range(1, 6))
@pytest.mark.parametrize("level", [0.95, 0.9])
def test_rates_and_their_limits_are_those_of_epitools(order, level):
    name = f"order_{order}"
    at_risk = [values_of("births", f"order_{one}", "at_risk") for one in range(1, 6)]
    standard = mix(np.mean(at_risk, axis=0))
    found = of_events(
        values_of("births", name, "events"), at_risk[order - 1], standard, confidence_level=level
    )
    for value, key in ((found.estimate, "adj.rate"), (found.low, "lci"), (found.high, "uci")):
        assert value == pytest.approx(values_of("births", name, f"{key}_{level}")[0], rel=1e-10)


@laws
@given(
    events=st.lists(st.integers(0, 30), min_size=2, max_size=5),
    level=st.floats(0.6, 0.99),
)
def test_limits_are_exact_where_the_mix_is_that_of_those_at_risk(events, level):
    """Garwood (1936), for the sum of all events."""
    at_risk = np.linspace(100, 300, len(events))
    found = of_events(events, at_risk, mix(at_risk), confidence_level=level)
    total, people = sum(events), at_risk.sum()
    low = chi2.ppf((1 - level) / 2, 2 * total) / 2 / people if total else 0.0
    high = chi2.ppf(1 - (1 - level) / 2, 2 * total + 2) / 2 / people
    np.testing.assert_allclose([found.low, found.high], [low, high], rtol=1e-8)


@pytest.mark.parametrize("name", ["large", "small", "down"])
def test_common_differences_and_their_tests_are_those_of_metafor_and_r(name):
    columns = ("count_from", "n_from", "count_to", "n_to")
    found = common_difference(*(values_of(name, "table", column) for column in columns))
    expected = {
        "beta": found.estimate,
        "se": found.standard_error,
        "ci.lb": found.low,
        "ci.ub": found.high,
        "pval": found.p_value,
    }
    for key, value in expected.items():
        assert value == pytest.approx(values_of(name, "difference", key)[0], rel=1e-10)
    assert found.chi_squared == pytest.approx(values_of(name, "test", "statistic")[0], rel=1e-10)
    assert found.test_p_value == pytest.approx(values_of(name, "test", "p.value")[0], rel=1e-10)


counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
tables = st.lists(st.tuples(counts, counts), min_size=1, max_size=6)


@laws
@given(drawn=tables)
def test_swapping_the_waves_turns_the_common_difference(drawn):
    x0, n0, x1, n1 = np.array([[*first, *second] for first, second in drawn], float).T
    try:
        there, back = common_difference(x0, n0, x1, n1), common_difference(x1, n1, x0, n0)
    except NotEstimableError:
        return
    assert there.estimate == pytest.approx(-back.estimate, abs=1e-14)
    assert there.standard_error == pytest.approx(back.standard_error)
    assert there.chi_squared == pytest.approx(back.chi_squared, abs=1e-12)


@laws
@given(drawn=st.lists(counts, min_size=2, max_size=5), seed=st.integers(0, 1000))
def test_counts_are_groups_that_do_not_vary_together(drawn, seed):
    x, n = np.array(drawn, float).T
    standard = mix(np.random.default_rng(seed).uniform(0.1, 1, len(x)))
    p = x / n
    one = of_counts(x, n, standard)
    two = standardise(p, standard, covariance=np.diag(p * (1 - p) / n))
    assert one.estimate == pytest.approx(two.estimate)
    assert one.standard_error == pytest.approx(two.standard_error)
    assert one.n_effective == pytest.approx(two.n_effective)
    assert one.n <= n.sum() * (1 + 1e-12)


@laws
@given(drawn=st.lists(counts, min_size=2, max_size=5))
def test_the_mix_of_the_sample_itself_changes_nothing(drawn):
    x, n = np.array(drawn, float).T
    found = of_counts(x, n, mix(n))
    assert found.estimate == pytest.approx(x.sum() / n.sum())
    assert found.n == pytest.approx(n.sum())


def test_groups_that_share_sampling_units_vary_together():
    spread = np.array([[0.004, 0.002], [0.002, 0.006]])
    found = standardise([0.2, 0.6], [0.5, 0.5], covariance=spread)
    assert found.standard_error**2 == pytest.approx((0.004 + 0.006 + 2 * 0.002) / 4)


def test_several_figures_are_standardised_at_once():
    found = of_counts([[20, 30], [0, 0]], [100, 50], [0.5, 0.5])
    np.testing.assert_allclose(found.estimate, [0.4, 0])
    np.testing.assert_allclose(found.n_effective, [0.24 / 0.0016, np.inf])


def test_a_group_that_the_mix_does_not_have_is_not_asked_for():
    assert of_counts([20, 0], [100, 0], [1, 0]).estimate == 0.2
    spread = [[0.01, np.nan], [np.nan, np.nan]]
    assert standardise([0.2, np.nan], [1, 0], covariance=spread).standard_error == 0.1


def test_domains_keep_the_weight_they_have():
    sample = Sample("clus1")
    found = sample.weighted("by").weights
    for domain in range(2):
        inside = sample.award == domain
        assert found[inside].sum() == pytest.approx(sample.weights[inside].sum())
        sums = np.bincount(sample.kind[inside], found[inside]) / found[inside].sum()
        np.testing.assert_allclose(sums, MIX)


def test_a_group_that_a_domain_has_not_is_named():
    sizes = Margin(
        name="size",
        category=np.array([0, 1, 0]),
        categories=("small", "large"),
        totals=np.array([0.5, 0.5]),
    )
    with pytest.raises(DesignError, match=r"'size', category 'second, large'.*TARGET-EMPTY"):
        weights_of(np.ones(3), sizes, [0, 0, 1], ["first", "second"])


@pytest.mark.parametrize(
    "call",
    [
        lambda: of_counts([1, 0], [5, 0], [0.5, 0.5], names=["a", "b"]),
        lambda: of_events([1, 0], [5, 0], [0.5, 0.5], names=["a", "b"]),
        lambda: standardise(
            [0.1, np.nan], [0.5, 0.5], covariance=np.zeros((2, 2)), names=["a", "b"]
        ),
    ],
)
def test_a_group_without_a_figure_is_named(call):
    with pytest.raises(NotEstimableError, match=r"group 'b'.*nobody"):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mix([1, -1], names=["a", "b"]), "-1 for group 'b'"),
        (lambda: mix([0, 0]), "nobody in any"),
        (lambda: mix(3), "one number for each"),
        (lambda: of_counts([1, 2], [3, 4], [0.5, 0.4]), "adds up to 0.9"),
        (lambda: of_counts([1, 2], [3, 4], [1.0]), "wanted 1 groups"),
        (lambda: of_counts([4, 2], [3, 4], [0.5, 0.5]), "count is 4 of 3"),
        (lambda: of_events([-1, 2], [3, 4], [0.5, 0.5]), "negative"),
        (lambda: standardise([0.1], [1.0], covariance=[1.0]), "covariance of"),
        (lambda: standardise([0.1], [1.0], covariance=[[np.inf]]), "not finite"),
        (lambda: common_difference([1], [2], [1, 2], [2, 2]), "four times"),
        (lambda: common_difference([3], [2], [1], [2]), "not from 0 to its n"),
    ],
)
def test_arguments_outside_their_range_are_refused(call, message):
    with pytest.raises(MethodError, match=message):
        call()


def test_nothing_that_varies_and_nobody_to_compare_are_not_estimated():
    with pytest.raises(NotEstimableError, match="nothing varies"):
        common_difference([0, 2], [3, 2], [0, 4], [5, 4])
    with pytest.raises(NotEstimableError, match="no group has respondents in both"):
        common_difference([0, 2], [0, 2], [1, 0], [5, 0])
