"""Covariances from a design against R survey, algebra and plain loops."""

import csv
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.variance import (
    LONELY,
    REFERENCES,
    Moments,
    covariance,
    degrees_of_freedom,
    design_effect,
    kish,
    moments,
    second_stage,
    shares,
)

FOLDER = Path(__file__).parent / "references"
#: What R prints 15 digits of, after sums in another order.
CLOSE = 1e-10

laws = settings(deadline=None, max_examples=50)
every_rule = pytest.mark.parametrize("rule", LONELY)


def rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Schools:
    """One of R's samples of schools, as columns."""

    def __init__(self, name):
        table = rows(f"variance_{name}.csv")
        texts = {column: np.array([row[column] for row in table]) for column in table[0]}
        self.column = {
            name: text if name in {"stype", "awards"} else text.astype(float)
            for name, text in texts.items()
        }
        self.weight = self.column["pw"]

    def places(self, name):
        return np.unique(self.column[name], return_inverse=True)[1].reshape(-1)

    def variables(self, names):
        """Numbers as they are; one column of 0 and 1 for each level of a text."""
        found = []
        for name in names:
            column = self.column[name]
            levels = np.unique(column) if column.dtype.kind == "U" else [None]
            found += [column if level is None else (column == level) * 1.0 for level in levels]
        return np.column_stack(found)


DESIGNS = {
    "strat": ("apistrat", "stype", None),
    "clus1": ("apiclus1", None, "dnum"),
    "clus2": ("apiclus2", None, "dnum"),
    "lonely": ("apiclus1", "dnum", None),
}


class Design:
    """The design of a row of variance.csv: what its units and strata are, how many there are."""

    def __init__(self, name):
        kind, _, more = name.partition("_")
        sample, stratum, unit = DESIGNS[kind]
        self.schools = Schools(sample)
        size = len(self.schools.weight)
        self.corrected = kind != "lonely" and more != "wr"
        self.two_stages = self.corrected and kind == "clus2"
        self.unit = self.schools.places(unit) if unit else np.arange(size)
        self.units = self.unit.max() + 1
        of_school = self.schools.places(stratum) if stratum else np.zeros(size, int)
        self.stratum = np.zeros(self.units, int)
        self.stratum[self.unit] = of_school
        self.strata = of_school.max() + 1
        self.n = np.bincount(self.stratum)
        self.fraction = np.zeros(self.strata)
        if self.corrected:
            name = "fpc1" if self.two_stages else "fpc"
            there = np.zeros(self.strata)
            there[of_school] = self.schools.column[name]
            self.fraction = self.n / there
        self.lonely = more if kind == "lonely" else "error"

    def totals(self, values):
        found = np.zeros((self.units, values.shape[1]))
        np.add.at(found, self.unit, values)
        return found

    def covariance(self, linearised):
        """From the linearised values of schools."""
        found = covariance(
            moments(self.totals(linearised), self.stratum, self.strata),
            fraction=self.fraction,
            lonely=self.lonely,
        )
        if self.two_stages:
            drawn = np.bincount(self.unit)
            there = np.zeros(self.units)
            there[self.unit] = self.schools.column["fpc2"]
            found = found + second_stage(
                moments(linearised, self.unit, self.units),
                fraction=drawn / there,
                first=self.fraction[self.stratum],
            )
        return found


def estimated(design, statistic):
    """Estimates of a statistic and their covariance, as R orders them."""
    schools = design.schools
    weight = schools.weight[:, None]
    names = (
        ["api00", "stype"] if design.lonely != "error" else ["api00", "api.stu", "stype", "awards"]
    )
    inside = np.ones(weight.shape)
    if statistic.startswith("domain"):
        inside = (schools.column["api00"] > 600)[:, None] * 1.0
    if statistic.endswith("total"):
        linearised = schools.variables(names) * weight * inside
        return linearised.sum(axis=0), design.covariance(linearised)
    if statistic == "ratio":
        tops, bases = schools.variables(["api00", "api.stu"]), schools.variables(["api99", "pw"])
        # R: the numerators run fastest.
        tops, bases = np.tile(tops, 2), np.repeat(bases, 2, axis=1)
        found, linearised = shares(tops * weight, bases * weight)
    elif statistic == "by":
        # R: the domains run fastest.
        values, domains = schools.variables(["api00", "awards"]), schools.variables(["stype"])
        tops = np.repeat(values, 3, axis=1) * np.tile(domains, 3)
        found, linearised = shares(tops * weight, np.tile(domains, 3) * weight)
    else:
        found, linearised = shares(schools.variables(names) * weight * inside, weight * inside)
    return found, design.covariance(linearised)


def cases(*kinds):
    """Groups of rows with the same design and statistic."""
    some = [row for row in rows("variance.csv") if row["value_of"] in kinds]
    groups = groupby(some, key=lambda row: (row["design"], row["statistic"]))
    return [pytest.param(*key, list(group), id=" ".join(key)) for key, group in groups]


@pytest.mark.parametrize(("design", "statistic", "expected"), cases("estimate", "covariance"))
def test_estimates_and_all_their_covariances_are_those_of_r(design, statistic, expected):
    estimates, found = estimated(Design(design), statistic)
    size = sum(row["value_of"] == "estimate" for row in expected)
    values, covariances = np.full(size, np.nan), np.full((size, size), np.nan)
    for row in expected:
        at = int(row["row"]), int(row["column"])
        if row["value_of"] == "estimate":
            values[at[0]] = float(row["value"])
        else:
            covariances[at] = covariances[at[::-1]] = float(row["value"])
    np.testing.assert_allclose(estimates, values, rtol=CLOSE)
    # A covariance near 0 is as exact as its two variances are.
    spread = np.sqrt(np.diagonal(covariances))
    scale = np.outer(spread, spread) + 1e-30
    assert (np.abs(found - covariances) <= CLOSE * scale + 1e-20).all()


@pytest.mark.parametrize(("design", "base", "expected"), cases("deff_TRUE") + cases("deff_replace"))
def test_design_effects_are_those_of_r(design, base, expected):
    found = Design(design)
    schools = found.schools
    inside = schools.column["api00"] > (600 if base == "domain" else 0)
    weight = schools.weight[:, None] * inside[:, None]
    estimates, linearised = shares(schools.variables(["awards"]) * weight, weight)
    variances = np.diagonal(found.covariance(linearised))
    n = inside.sum()
    options = {
        "deff_replace": {},
        "deff_TRUE": {"reference": "without_replacement", "fraction": n / weight.sum()},
    }
    effects = design_effect(variances, estimates, n, **options[expected[0]["value_of"]])
    values = [float(row["value"]) for row in expected]
    np.testing.assert_allclose(effects, values, rtol=CLOSE)


@pytest.mark.parametrize(("design", "base", "expected"), cases("degf"))
def test_degrees_of_freedom_are_those_of_r(design, base, expected):
    found = Design(design)
    inside = (found.schools.column["stype"] == "H") | (base == "all")
    held = np.bincount(found.stratum[np.unique(found.unit[inside])], minlength=found.strata)
    degrees = degrees_of_freedom(held.sum(), (held > 0).sum())
    assert degrees == float(expected[0]["value"])


# Three strata of the package's own test, tests/lonely.psu.R of R survey 4.5: weight times age.
AGES = [[10.5 * 30.5], [10.5 * 40.5], [20 * 35.0], [20 * 52.0], [15 * 44.0]]


@pytest.mark.parametrize(
    ("rule", "variance"),
    [
        ("certainty", 126625),
        # 126625 + (660 - 629.1)², 629.1 being the mean of all; R survey 4.1.1 gives 562225.
        ("adjust", 127579.81),
        ("average", 126625 * 3 / 2),
    ],
)
def test_a_total_with_a_lonely_unit_is_that_of_survey_4_5(rule, variance):
    found = covariance(moments(AGES, [0, 0, 1, 1, 2], 3), lonely=rule)
    assert found[0, 0] == pytest.approx(variance, rel=CLOSE)


def test_a_lonely_unit_stops_and_names_its_stratum_and_the_choices():
    found = moments(AGES, [0, 0, 1, 1, 2], 3)
    with pytest.raises(
        NotEstimableError, match=r"stratum 'west'.*'certainty'.*'adjust'.*'average'"
    ):
        covariance(found, names=["north", "south", "west"])
    with pytest.raises(NotEstimableError, match="stratum 'number 2'"):
        covariance(found)


@every_rule
def test_a_stratum_whose_only_unit_was_all_there_is_needs_no_rule(rule):
    found = covariance(moments(AGES, [0, 0, 1, 1, 2], 3), fraction=[0, 0, 1], lonely=rule)
    assert found[0, 0] == pytest.approx(126625, rel=CLOSE)


def test_an_adjusted_lonely_unit_is_corrected_for_its_fraction():
    found = covariance(moments(AGES, [0, 0, 1, 1, 2], 3), fraction=[0, 0, 0.5], lonely="adjust")
    assert found[0, 0] == pytest.approx(126625 + 954.81 / 2, rel=CLOSE)


def test_a_single_unit_in_all_is_not_estimable_by_its_distance_from_itself():
    with pytest.raises(NotEstimableError, match="one unit in all"):
        covariance(moments([[3.0]], [0], 1), lonely="adjust")


def test_an_average_of_no_other_strata_is_not_estimable():
    with pytest.raises(NotEstimableError, match="no average to take"):
        covariance(moments([[3.0], [4.0]], [0, 1], 2), lonely="average")


@every_rule
def test_strata_without_units_do_not_count(rule):
    lonely = moments(AGES, [0, 0, 1, 1, 2], 3)
    sparse = moments(AGES, [1, 1, 2, 2, 5], 7)
    if rule == "error":
        lonely, sparse = moments(AGES[:4], [0, 0, 1, 1], 2), moments(AGES[:4], [3, 3, 4, 4], 6)
    np.testing.assert_allclose(
        covariance(sparse, lonely=rule), covariance(lonely, lonely=rule), rtol=CLOSE
    )


@st.composite
def samples(draw, *, least=2):
    """Totals of units in strata of `least` units or more, and a fraction for each stratum."""
    sizes = draw(st.lists(st.integers(least, 6), min_size=1, max_size=5))
    stratum = np.array(draw(st.permutations(np.repeat(np.arange(len(sizes)), sizes).tolist())))
    width = draw(st.integers(1, 4))
    eighths = arrays.arrays(np.int64, (len(stratum), width), elements=st.integers(-400, 400))
    fraction = draw(st.lists(st.floats(0, 1), min_size=len(sizes), max_size=len(sizes)))
    return draw(eighths) / 8, stratum, len(sizes), np.array(fraction)


def by_loops(totals, stratum, strata, fraction):
    """The formula, unit by unit."""
    width = totals.shape[1]
    found = np.zeros((width, width))
    for h in range(strata):
        units = [total for total, of in zip(totals, stratum, strict=True) if of == h]
        mean = sum(units) / len(units)
        for unit in units:
            product = np.outer(unit - mean, unit - mean)
            found += (1 - fraction[h]) * len(units) / (len(units) - 1) * product
    return found


def assert_same(found, expected, size):
    """Equal but for the rounding of numbers of this size."""
    np.testing.assert_allclose(found, expected, rtol=CLOSE, atol=1e-12 * (1 + size))


@laws
@given(sample=samples())
def test_is_what_loops_over_units_give(sample):
    totals, stratum, strata, fraction = sample
    found = covariance(moments(totals, stratum, strata), fraction=fraction)
    assert_same(found, by_loops(totals, stratum, strata, fraction), (totals**2).sum())


def products(totals, stratum, strata):
    """The same sums with the products of each stratum kept, as where respondents are units."""
    found = moments(totals, stratum, strata)
    kept = [totals[stratum == h].T @ totals[stratum == h] for h in range(strata)]
    return Moments(n=found.n, sums=found.sums, products=np.array(kept))


@laws
@given(sample=samples())
def test_moments_are_what_loops_over_units_give(sample):
    totals, stratum, strata, _ = sample
    found, kept = moments(totals, stratum, strata), products(totals, stratum, strata)
    for h in range(strata):
        units = totals[stratum == h]
        assert found.n[h] == len(units)
        np.testing.assert_array_equal(found.sums[h], sum(units))
    one, other = (covariance(each, lonely="certainty") for each in (found, kept))
    np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-7)


@every_rule
@laws
@given(sample=samples(least=1))
def test_is_symmetric_and_no_contrast_has_a_negative_variance(rule, sample):
    totals, stratum, strata, fraction = sample
    found = moments(totals, stratum, strata)
    try:
        value = covariance(found, fraction=fraction, lonely=rule)
    except NotEstimableError:
        reject()
    np.testing.assert_array_equal(value, value.T)
    assert (np.diagonal(value) >= 0).all()
    assert np.linalg.eigvalsh(value).min() >= -1e-12 * (1 + (totals**2).sum())


@laws
@given(one=samples(), other=samples())
def test_strata_of_another_sample_add_their_covariance(one, other):
    width = min(one[0].shape[1], other[0].shape[1])
    parts = [
        products(totals[:, :width], stratum, count) for totals, stratum, count, _ in (one, other)
    ]
    both = Moments(
        n=np.concatenate([part.n for part in parts]),
        sums=np.concatenate([part.sums for part in parts]),
        products=np.concatenate([part.products for part in parts]),
    )
    fractions = [one[3], other[3]]
    alone = sum(covariance(p, fraction=f) for p, f in zip(parts, fractions, strict=True))
    size = (one[0] ** 2).sum() + (other[0] ** 2).sum()
    assert_same(covariance(both, fraction=np.concatenate(fractions)), alone, size)


@laws
@given(sample=samples(), data=st.data())
def test_contrasts_of_estimates_have_the_contrasts_of_the_covariance(sample, data):
    totals, stratum, strata, fraction = sample
    shape = (totals.shape[1], 2)
    contrasts = data.draw(arrays.arrays(np.int64, shape, elements=st.integers(-3, 3))) / 2
    found = covariance(moments(totals @ contrasts, stratum, strata), fraction=fraction)
    whole = covariance(moments(totals, stratum, strata), fraction=fraction)
    assert_same(found, contrasts.T @ whole @ contrasts, 100 * (totals**2).sum())


@laws
@given(count=st.integers(0, 200), more=st.integers(1, 200), weight=st.floats(0.1, 1000))
def test_a_simple_sample_has_the_textbook_variance_of_a_share(count, more, weight):
    n = count + more
    assume(n > 1)
    answered = np.zeros((n, 1))
    answered[:count] = weight
    estimates, linearised = shares(answered, np.full((n, 1), weight))
    found = covariance(moments(linearised, np.zeros(n, int), 1))
    p = count / n
    assert estimates[0] == pytest.approx(p, rel=1e-12)
    assert found[0, 0] == pytest.approx(p * (1 - p) / (n - 1), rel=1e-9)
    if count:
        assert design_effect(found[0, 0], estimates[0], n) == pytest.approx(1, rel=1e-9)


@pytest.mark.parametrize("units", [2, 3, 10, 1000, 20_000])
@pytest.mark.parametrize("total", [0.1, -7.3, 1e8 / 3])
def test_units_that_are_all_alike_have_exactly_no_variance(units, total):
    totals = np.column_stack([np.full(units, total), np.arange(units)])
    found = covariance(moments(totals, np.zeros(units, int), 1))
    np.testing.assert_array_equal(found[0], [0, 0])
    assert found[1, 1] > 0


def test_a_share_of_all_of_a_base_is_exactly_1_and_has_exactly_no_variance():
    bases = np.linspace(0.1, 7.7, 97)[:, None]
    estimates, linearised = shares(np.hstack([bases, bases * 0]), bases)
    assert estimates.tolist() == [1, 0]
    found = covariance(moments(linearised, np.arange(97) % 2, 2))
    np.testing.assert_array_equal(found, np.zeros((2, 2)))


def test_a_base_without_anybody_is_not_estimable():
    with pytest.raises(NotEstimableError, match="in the base of estimate '1'"):
        shares([[1.0, 0.0]], [[2.0, 0.0]])


@laws
@given(sample=samples(), data=st.data())
def test_a_second_stage_is_what_loops_over_units_give(sample, data):
    totals, psu, psus, fraction = sample
    first = np.array(data.draw(st.lists(st.floats(0, 1), min_size=psus, max_size=psus)))
    found = second_stage(moments(totals, psu, psus), fraction=fraction, first=first)
    expected = sum(
        first[i] * by_loops(totals[psu == i], psu[psu == i] * 0, 1, fraction[[i]])
        for i in range(psus)
    )
    assert_same(found, expected, (totals**2).sum())


@every_rule
def test_a_second_stage_adds_nothing_where_the_first_was_with_replacement(rule):
    found = second_stage(moments(AGES, [0, 0, 1, 1, 2], 3), fraction=0.5, first=0, lonely=rule)
    np.testing.assert_array_equal(found, [[0]])


def test_one_of_several_second_stage_units_stops_and_names_the_first_stage_unit():
    with pytest.raises(NotEstimableError, match="stratum 'c'"):
        second_stage(
            moments(AGES, [0, 0, 1, 1, 2], 3), fraction=0.5, first=0.1, names=["a", "b", "c"]
        )


def test_no_degree_of_freedom_is_not_estimable():
    with pytest.raises(NotEstimableError, match=r"0 degrees of freedom; .* more sampling units"):
        degrees_of_freedom(3, 3)
    with pytest.raises(NotEstimableError, match="-1 degrees of freedom"):
        degrees_of_freedom([9, 1], [2, 2])


def test_a_variance_from_replicates_has_no_more_degrees_of_freedom_than_they_have():
    assert degrees_of_freedom(100, 10, replicates=20) == 19
    assert degrees_of_freedom(12, 6, replicates=20) == 6


def test_kish_is_n_for_equal_weights_and_knows_no_scale():
    np.testing.assert_allclose(kish([5 * 2.5, 6], [5 * 2.5**2, 14]), [5, 36 / 14])
    with pytest.raises(NotEstimableError, match="no weight"):
        kish(0.0, 0.0)


@pytest.mark.parametrize(("estimate", "n"), [(0.0, 9), (1.0, 9), (0.5, 1), (0.5, 0)])
def test_a_design_effect_needs_a_simple_sample_with_a_variance(estimate, n):
    with pytest.raises(NotEstimableError, match="no design effect"):
        design_effect(0.1, estimate, n)


def test_a_design_effect_of_a_census_is_not_estimable():
    with pytest.raises(NotEstimableError, match="whole population"):
        design_effect(0.1, 0.5, 9, reference="without_replacement", fraction=1.0)


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_fraction_is_given_where_the_reference_needs_it_and_nowhere_else(reference):
    told = {} if reference == "without_replacement" else {"fraction": 0.5}
    with pytest.raises(MethodError, match="which needs it"):
        design_effect(0.1, 0.5, 9, reference=reference, **told)


GOOD = products(np.array([[1.0, 2.0], [3.0, 5.0]]), np.array([0, 0]), 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: covariance(GOOD, lonely="remove"), "no lonely method called 'remove'"),
        (lambda: covariance(GOOD, fraction=1.5), r"fraction is 1.5; wanted a number from 0 to 1"),
        (lambda: covariance(GOOD, fraction=[-0.1]), r"fraction is -0.1"),
        (lambda: covariance(GOOD, fraction=[np.nan]), r"fraction is nan"),
        (lambda: covariance(GOOD, fraction=[0.1, 0.2]), r"shape \(2,\); wanted 1 numbers"),
        (lambda: covariance(GOOD, names=["a", "b"]), "names has 2 entries; wanted 1"),
        (lambda: second_stage(GOOD, fraction=0.5, first=2), "first is 2"),
        (lambda: moments([[np.inf]], [0], 1), "wanted finite numbers in two dimensions"),
        (lambda: moments([1.0], [0], 1), "totals of shape"),
        (lambda: moments([[1.0]], [0, 0], 1), r"stratum of \(2,\); wanted 1 whole numbers"),
        (lambda: moments([[1.0]], [0.0], 1), "wanted 1 whole numbers"),
        (lambda: moments([[1.0]], [1], 1), "stratum has 1 to 1; wanted below 1"),
        (lambda: moments([[1.0]], [-1], 1), "stratum has -1 to -1"),
        (lambda: shares([[1.0, 2.0]], [[1.0, 2.0, 3.0]]), r"wanted \(1, 2\) or one column"),
        (lambda: shares([[1.0]], [[np.nan]]), "denominators of shape"),
        (lambda: design_effect(1, 0.5, 9, reference="srs"), "no reference method called 'srs'"),
        (lambda: design_effect(1, 1.5, 9), "estimate is 1.5; wanted a number from 0 to 1"),
    ],
)
def test_arguments_that_cannot_be_right_are_refused(call, message):
    with pytest.raises(MethodError, match=message):
        call()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n": np.array([2, 2])}, "moments have shapes"),
        ({"products": np.zeros((1, 2, 3))}, "moments have shapes"),
        ({"sums": np.array([[np.nan, 1.0]])}, "not finite"),
        ({"products": np.full((1, 2, 2), np.inf)}, "not finite"),
    ],
)
def test_moments_that_do_not_belong_together_are_refused(changed, message):
    parts = {"n": GOOD.n, "sums": GOOD.sums, "products": GOOD.products, **changed}
    with pytest.raises(MethodError, match=message):
        covariance(Moments(**parts))


@pytest.mark.parametrize("units", [700, 30_000])
def test_units_that_are_multiplied_in_blocks_have_the_covariance_of_numpy(units):
    totals = np.random.default_rng(3).normal(size=(units, 25))
    found = covariance(moments(totals, np.zeros(units, int), 1))
    np.testing.assert_allclose(found, units * np.cov(totals.T), rtol=0, atol=1e-9 * units)
