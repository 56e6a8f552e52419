"""Weightings and the variances after them against R survey and algebra."""

import csv
from functools import cache
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from surveylib.errors import DesignError, MethodError
from surveylib.stats import replicates
from surveylib.stats.variance import shares
from surveylib.stats.weighting import (
    DISTANCES,
    PROBLEMS,
    RESIDUALS,
    SHARES,
    Auxiliaries,
    Margin,
    Problem,
    calibrate,
    check_targets,
    post_stratify,
    rake,
    rake_trimmed,
    residuals,
    trim,
)
from tests.stats.test_variance import Design

FOLDER = Path(__file__).parent / "references"
laws = settings(deadline=None, max_examples=40)

#: The whole list of schools, of which R's data sets are samples.
KINDS = {"E": 4421.0, "H": 755.0, "M": 1018.0}
AWARDS = {"No": 2027.0, "Yes": 4167.0}
CELLS = {"E No": 1111, "E Yes": 3310, "H No": 467, "H Yes": 288, "M No": 449, "M Yes": 569}
API99 = 3914069.0


def rows(name):
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def margin(name, texts, targets):
    names = tuple(targets)
    place = np.array([names.index(text) for text in texts])
    return Margin(name=name, category=place, categories=names, totals=np.array([*targets.values()]))


class Sample:
    """One of R's samples with what the schools are weighted to."""

    def __init__(self, name):
        self.design = Design(name.removesuffix("_jk1"))
        self.column = self.design.schools.column
        self.weights = self.design.schools.weight
        kinds, awards = self.column["stype"], self.column["awards"]
        self.kinds, self.awards = margin("kind", kinds, KINDS), margin("award", awards, AWARDS)
        both = [f"{kind} {award}" for kind, award in zip(kinds, awards, strict=True)]
        self.cells = margin("both", both, CELLS)
        self.bounds = {"clus1_jk1": (0.4, 3), "clus1": (0.7, 1.75), "clus2": (0.7, 1.75)}.get(
            name, (0.87, 1.13)
        )
        self.replicates = None
        if name.endswith("jk1"):
            units = self.design.units
            left = self.design.unit[:, None] != np.arange(units)
            self.replicates = self.weights[:, None] * left * units / (units - 1)

    def weighted(self, scheme):
        again = {"replicates": self.replicates}
        if scheme == "post_awards":
            return post_stratify(self.weights, self.awards, **again)
        if scheme == "post_cells":
            return post_stratify(self.weights, self.cells, **again)
        if scheme == "rake":
            return rake(self.weights, [self.kinds, self.awards], **again)
        kinds, awards, api99 = self.column["stype"], self.column["awards"], self.column["api99"]
        columns = [np.ones(len(kinds)), kinds == "H", kinds == "M", awards == "Yes", api99]
        totals = [6194, KINDS["H"], KINDS["M"], AWARDS["Yes"], API99]
        if scheme == "raking_margins":
            columns, totals = columns[:4], totals[:4]
        bounds = {"logit": (0.4, 2.5)}.get(scheme, self.bounds if "bounds" in scheme else None)
        return calibrate(
            self.weights,
            np.column_stack(columns) * 1.0,
            totals,
            distance=scheme.partition("_")[0],
            bounds=bounds,
            **again,
        )

    def scores(self, statistic, weights):
        """Estimates and linearised values, not times weights."""
        api00 = self.column["api00"]
        inside = (api00 > 600 if statistic.startswith("domain") else api00 > 0)[:, None] * 1.0
        awards = np.stack([self.column["awards"] == level for level in AWARDS], axis=1)
        numbers = np.stack([api00, self.column["api.stu"]], axis=1)
        values = np.column_stack([api00, awards])
        if statistic.endswith("total"):
            values = numbers if statistic == "domain_total" else np.column_stack([numbers, awards])
            return (values * inside * weights[:, None]).sum(axis=0), values * inside
        if statistic == "by":
            inside = np.stack([self.column["stype"] == kind for kind in KINDS], axis=1) * 1.0
            values = np.repeat(api00[:, None], 3, axis=1)
        base = inside * weights[:, None]
        estimates, _ = shares(values * base, base)
        return estimates, (values - estimates) * inside / base.sum(axis=0)

    def estimated(self, scheme, statistic):
        """Estimates of a statistic after weighting, and their covariance."""
        found = done(self, scheme)
        estimates, scores = self.scores(statistic, found.weights)
        if self.replicates is None:
            method = "passes" if scheme == "rake" else "regression"
            rest = residuals(scores, found.auxiliaries, method=method)
            return estimates, self.design.covariance(rest * found.weights[:, None])
        again = [self.scores(statistic, column)[0] for column in found.replicates.T]
        units = self.design.units
        return estimates, replicates.covariance(
            again, estimates, scale=(units - 1) / units, centre="mean"
        )


@cache
def sample(name):
    return Sample(name)


@cache
def done(of, scheme):
    return of.weighted(scheme)


def cases(*kinds):
    """Groups of rows with the same design, scheme and statistic."""
    some = [row for row in rows("weighting.csv") if row["value_of"] in kinds]
    groups = groupby(some, key=lambda row: (row["design"], row["scheme"], row["statistic"]))
    return [pytest.param(*key, list(group), id=" ".join(key)) for key, group in groups]


@pytest.mark.parametrize(("design", "scheme", "_", "expected"), cases("weight"))
def test_weights_are_those_of_r(design, scheme, _, expected):
    found = done(sample(design), scheme).weights
    places = [int(row["row"]) for row in expected]
    np.testing.assert_allclose(found[places], [float(row["value"]) for row in expected], rtol=1e-9)


@pytest.mark.parametrize(
    ("design", "scheme", "statistic", "expected"), cases("estimate", "covariance")
)
def test_estimates_and_covariances_after_weighting_are_those_of_r(
    design, scheme, statistic, expected
):
    estimates, found = sample(design).estimated(scheme, statistic)
    values, covariances = np.full(len(estimates), np.nan), np.full(found.shape, np.nan)
    for row in expected:
        at = int(row["row"]), int(row["column"])
        if row["value_of"] == "estimate":
            values[at[0]] = float(row["value"])
        else:
            covariances[at] = covariances[at[::-1]] = float(row["value"])
    if statistic == "by":  # R gives variances only
        found = np.diag(np.diagonal(found))
    np.testing.assert_allclose(estimates, values, rtol=1e-9)
    # What targets fix has no variance; R leaves rounding there.
    spread = np.sqrt(np.diagonal(covariances))
    spread = np.where(spread > 1e-9 * np.abs(values), spread, 0)
    rounding = 1e-12 * np.outer(np.abs(values), spread)
    allowed = 1e-8 * np.outer(spread, spread) + rounding + rounding.T
    allowed += 1e-20 * np.outer(np.abs(values), np.abs(values))
    assert (np.abs(found - covariances) <= allowed).all()
    assert (np.diagonal(found)[spread == 0] <= 1e-20 * values[spread == 0] ** 2).all()


@pytest.mark.parametrize(("_", "scheme", "__", "expected"), cases("trimmed"))
def test_trimmed_weights_are_those_of_r(_, scheme, __, expected):
    low, high, *strict = scheme.removeprefix("trim_").split("_")
    weights = sample("strat").column["api99"]
    found = trim(weights, low=float(low), high=float(high), strict=bool(strict))
    places = [int(row["row"]) for row in expected]
    values = [float(row["value"]) for row in expected]
    np.testing.assert_allclose(found.weights[places], values, rtol=1e-10)


def test_the_variance_after_weighting_and_trimming_is_that_of_r():
    expected = {
        row["value_of"]: float(row["value"])
        for row in rows("weighting.csv")
        if row["scheme"] == "linear_trimmed"
    }
    one = sample("strat")
    before = done(one, "linear")
    trimmed = trim(before.weights, low=16, high=44).weights
    estimates, scores = one.scores("mean", trimmed)
    # What trimming does to a weight goes with the value, not with the weighting.
    rest = residuals(scores * (trimmed / before.weights)[:, None], before.auxiliaries)
    found = one.design.covariance(rest * before.weights[:, None])
    assert estimates[0] == pytest.approx(expected["trimmed_estimate"], rel=1e-10)
    assert found[0, 0] == pytest.approx(expected["trimmed_variance"], rel=1e-8)


@st.composite
def respondents(draw):
    """Weights, two questions with 2 to 4 categories, and targets that weights exist for."""
    n = draw(st.integers(12, 60))
    counts = draw(st.integers(2, 4)), draw(st.integers(2, 4))
    seed = np.random.default_rng(draw(st.integers(0, 10_000)))
    # Everybody of a combination that nobody is in would stop some: each is there once.
    cells = np.concatenate(
        [np.arange(counts[0] * counts[1]), seed.integers(0, counts[0] * counts[1], n)]
    )
    weights = seed.uniform(0.5, 3, len(cells))
    others = weights * seed.uniform(0.5, 2, len(cells))
    margins = []
    for name, place, many in zip(
        ("first", "second"), np.divmod(cells, counts[1]), counts, strict=True
    ):
        margins.append(
            Margin(
                name=name,
                category=place,
                categories=tuple(f"{name} {which}" for which in range(many)),
                totals=np.bincount(place, others, many),
            )
        )
    return weights, margins, seed


def indicators(margins):
    return np.concatenate(
        [one.category[:, None] == np.arange(len(one.categories)) for one in margins], axis=1
    ).astype(float), np.concatenate([one.totals for one in margins])


@laws
@given(drawn=respondents())
def test_raked_weights_add_up_to_every_target(drawn):
    weights, margins, seed = drawn
    again = weights[:, None] * seed.uniform(0.5, 1.5, (len(weights), 3))
    found = rake(weights, margins, replicates=again)
    for column in (found.weights, *found.replicates.T):
        for one in margins:
            sums = np.bincount(one.category, column, len(one.categories))
            np.testing.assert_allclose(sums, one.totals, rtol=1e-9)
    np.testing.assert_allclose(found.factors * weights, found.weights, rtol=1e-14)
    assert found.farthest.distance <= 1e-10


@laws
@given(drawn=respondents())
def test_main_weights_do_not_depend_on_replicates(drawn):
    weights, margins, seed = drawn
    again = weights[:, None] * seed.uniform(0.1, 1.9, (len(weights), 3))
    alone, more = rake(weights, margins), rake(weights, margins, replicates=again)
    assert (alone.weights == more.weights).all()
    assert alone.steps == more.steps
    assert (rake(again[:, 1], margins).weights == more.replicates[:, 1]).all()


@laws
@given(drawn=respondents())
def test_raking_is_calibration_to_indicators_with_the_raking_distance(drawn):
    weights, margins, seed = drawn
    columns, totals = indicators(margins)
    raked = rake(weights, margins, tolerance=1e-13)
    calibrated = calibrate(weights, columns, totals, distance="raking")
    np.testing.assert_allclose(calibrated.weights, raked.weights, rtol=1e-8)
    values = seed.normal(size=(len(weights), 2))
    first, second = (residuals(values, one.auxiliaries) for one in (raked, calibrated))
    np.testing.assert_allclose(first, second, atol=1e-9)


@laws
@given(drawn=respondents(), distance=st.sampled_from(list(DISTANCES)))
def test_one_margin_post_stratifies_rakes_and_calibrates_alike(drawn, distance):
    weights, margins, seed = drawn
    one = margins[0]
    columns, totals = indicators([one])
    found = post_stratify(weights, one)
    factors = found.factors
    bounds = (factors.min() / 2, factors.max() * 2)
    assume(bounds[0] < 1 < bounds[1])
    calibrated = calibrate(weights, columns, totals, distance=distance, bounds=bounds)
    np.testing.assert_allclose(found.weights, rake(weights, [one]).weights, rtol=1e-12)
    np.testing.assert_allclose(found.weights, calibrated.weights, rtol=1e-8)
    values = seed.normal(size=(len(weights), 2))
    np.testing.assert_allclose(
        residuals(values, found.auxiliaries), residuals(values, calibrated.auxiliaries), atol=1e-9
    )


@laws
@given(drawn=respondents(), distance=st.sampled_from(list(DISTANCES)))
def test_calibrated_weights_reach_totals_and_stay_within_bounds(drawn, distance):
    weights, margins, seed = drawn
    columns, _ = indicators(margins)
    columns = np.column_stack([columns, seed.normal(20, 5, len(weights))])
    # Weights that exist within bounds.
    totals = columns.T @ (weights * seed.uniform(0.7, 1.5, len(weights)))
    found = calibrate(weights, columns, totals, distance=distance, bounds=(0.5, 1.7))
    np.testing.assert_allclose(columns.T @ found.weights, totals, rtol=1e-9)
    assert (found.factors >= 0.5 - 1e-12).all()
    assert (found.factors <= 1.7 + 1e-12).all()


@pytest.mark.parametrize("distance", DISTANCES)
def test_no_weights_reach_totals_beyond_bounds(distance):
    with pytest.raises(DesignError, match=r"'people'.*WEIGHTING-STOPPED"):
        calibrate(
            [1, 1, 2], np.ones((3, 1)), [9], distance=distance, bounds=(0.5, 2), names=["people"]
        )


@pytest.mark.parametrize(
    ("distance", "bounds"), [("raking", None), ("logit", (0, 9)), ("linear", (0, 99))]
)
def test_a_mean_that_nobody_is_near_is_not_reached(distance, bounds):
    """The wanted mean is 4, and the largest number is 3."""
    with pytest.raises(DesignError, match="WEIGHTING-STOPPED"):
        calibrate(np.ones(3), [[1, 1], [1, 2], [1, 3]], [3, 12], distance=distance, bounds=bounds)


@pytest.mark.parametrize("size", [1e-300, 1.0, 1e200])
def test_weights_of_any_size_are_calibrated_alike(size):
    columns, totals = [[1, 1], [1, 2], [1, 3]], np.array([6, 13])
    one = calibrate(np.ones(3), columns, totals, distance="raking").factors
    found = calibrate(np.full(3, size), columns, totals * size, distance="raking").factors
    np.testing.assert_allclose(found, one, rtol=1e-12)


def test_linear_weights_are_those_of_the_regression_estimator():
    """Cochran (1977), 7.1: the regression estimate of a total from a simple sample."""
    x, y = np.array([1.0, 2.0, 4.0, 5.0]), np.array([2.0, 3.0, 5.0, 9.0])
    found = calibrate(np.full(4, 25.0), np.column_stack([np.ones(4), x]), [100, 350])
    slope = ((x - x.mean()) * y).sum() / ((x - x.mean()) ** 2).sum()
    assert found.weights @ y == pytest.approx(100 * (y.mean() + slope * (3.5 - x.mean())))
    assert found.steps == 1


@laws
@given(drawn=respondents())
def test_residuals_are_exactly_nothing_for_what_targets_fix(drawn):
    weights, margins, seed = drawn
    columns, _ = indicators(margins)
    found = rake(weights, margins)
    values = columns @ seed.normal(size=(columns.shape[1], 2))
    assert (residuals(values, found.auxiliaries) == 0).all()


@laws
@given(drawn=respondents())
def test_residuals_add_nothing_to_any_target_under_the_weights_before(drawn):
    weights, margins, seed = drawn
    columns, _ = indicators(margins)
    rest = residuals(seed.normal(size=(len(weights), 3)), rake(weights, margins).auxiliaries)
    np.testing.assert_allclose(columns.T @ (weights[:, None] * rest), 0, atol=1e-9)


@pytest.mark.parametrize("method", RESIDUALS)
def test_both_residuals_agree_where_weights_are_equal_and_everybody_is_alike_often(method):
    """A table in which both questions are independent: one pass finds the two means."""
    places = np.divmod(np.arange(12) % 6, 3)
    margins = [
        Margin(
            name=str(which),
            category=place,
            categories=tuple(str(c) for c in range(place.max() + 1)),
            totals=np.bincount(place) * 10.0,
        )
        for which, place in enumerate(places)
    ]
    values = np.arange(12.0)[:, None] ** 2
    found = residuals(values, rake(np.ones(12), margins).auxiliaries, method=method).ravel()
    flat = values.ravel()
    expected = flat + flat.mean()
    for place in places:
        expected = expected - (np.bincount(place, flat) / np.bincount(place))[place]
    np.testing.assert_allclose(found, expected)


@laws
@given(
    weights=arrays.arrays(float, st.integers(3, 30), elements=st.floats(0.1, 9)),
    share=st.sampled_from(list(SHARES)),
)
def test_strictly_trimmed_weights_are_within_limits_and_add_up(weights, share):
    low, high = 0.8 * weights.mean(), 1.3 * weights.mean()
    assume(((weights > low) & (weights < high)).any())
    found = trim(weights, low=low, high=high, share=share, strict=True)
    assert (found.weights >= low * (1 - 1e-9)).all()
    assert (found.weights <= high * (1 + 1e-9)).all()
    if share != "none":
        assert found.weights.sum() == pytest.approx(weights.sum())
    assert found.raised == (weights < low).sum()
    assert found.cut == (weights > high).sum()


def test_nobody_without_weight_gets_some_by_trimming():
    found = trim(
        [0.0, 1.0, 4.0], low=2, high=3, replicates=[[0, 0], [0, 2], [5, 2.5]], share="none"
    )
    assert found.weights.tolist() == [0, 2, 3]
    assert found.replicates.tolist() == [[0, 0], [0, 2], [3, 2.5]]
    assert found.moved == pytest.approx(2 / 5)


def test_limits_without_room_stop():
    with pytest.raises(DesignError, match=r"cannot be made to add up.*WEIGHTING-LIMITS"):
        trim([1.0, 2.0, 9.0], high=3.5, strict=True)


@laws
@given(drawn=respondents())
def test_raked_and_trimmed_weights_hold_targets_and_limits(drawn):
    weights, margins, _ = drawn
    raked = rake(weights, margins).weights
    low, high = np.quantile(raked, [0.03, 0.97])
    assume(low < high)
    try:
        found = rake_trimmed(weights, margins, low=low, high=high)
    except DesignError:
        reject()  # limits may leave no room: another test is of that
    assert (found.weights >= low * (1 - 2e-6)).all()
    assert (found.weights <= high * (1 + 2e-6)).all()
    for one in margins:
        sums = np.bincount(one.category, found.weights, len(one.categories))
        np.testing.assert_allclose(sums, one.totals, rtol=1e-9)


def test_limits_that_targets_do_not_fit_into_stop():
    with pytest.raises(DesignError, match=r"(?s)between 22 and 40.*WEIGHTING-LIMITS"):
        rake_trimmed(np.ones(4), [sizes()], low=22, high=40)


def sizes(totals=(60.0, 40.0), places=(0, 0, 1, 1)):
    return Margin(
        name="size",
        category=np.array(places),
        categories=("small", "large"),
        totals=np.array(totals),
    )


NAN = float("nan")


@pytest.mark.parametrize(
    ("code", "totals", "places", "weights"),
    [
        ("TARGET-EMPTY", (60, 40), (0, 0, 0, 0), (1, 1, 1, 1)),
        ("TARGET-EMPTY", (60, 40), (0, 0, 1, 1), (1, 1, 0, 0)),
        ("TARGET-ZERO", (60, 0), (0, 0, 1, 1), (1, 1, 1, 1)),
        ("TARGET-NEGATIVE", (60, -1), (0, 0, 1, 1), (1, 1, 1, 1)),
        ("TARGET-NEGATIVE", (60, np.inf), (0, 0, 1, 1), (1, 1, 1, 1)),
        ("TARGET-MISSING", (60, NAN), (0, 0, 1, 1), (1, 1, 1, 1)),
        ("TARGET-UNKNOWN", (60, 40), (0, 0, 1, -1), (1, 1, 1, 1)),
    ],
)
def test_targets_that_do_not_fit_are_named(code, totals, places, weights):
    (problem,) = check_targets(np.array(weights, float), [sizes(totals, places)])
    assert problem.code == code
    assert problem.margin == "size"
    assert problem.category == ("" if code == "TARGET-UNKNOWN" else "large")
    with pytest.raises(DesignError, match=rf"'size'.*{code}"):
        post_stratify(weights, sizes(totals, places))


def test_every_fault_is_told_at_once():
    margins = [sizes((60, NAN)), sizes((0, 40)), sizes((60, 50))]
    found = check_targets(np.ones(4), margins)
    codes = ["TARGET-MISSING", "TARGET-ZERO", "TARGET-SUM", "TARGET-SUM"]
    assert [problem.code for problem in found] == codes
    with pytest.raises(DesignError, match=r"(?s)4 faults.*got: 110.*wanted: 60"):
        rake(np.ones(4), margins)


def test_every_problem_can_be_said_with_its_place_in_a_file():
    for code in PROBLEMS:
        problem = Problem(code=code, margin="size", category="large", other="place")
        fault = problem.fault(file="targets.csv", line=3)
        assert str(fault).startswith("targets.csv:3: 'size'")
        assert fault.wanted
        assert fault.todo


def test_sums_of_margins_may_differ_by_rounding():
    assert not check_targets(np.ones(4), [sizes(), sizes((60 + 1e-7, 40))])
    (problem,) = check_targets(np.ones(4), [sizes(), sizes((60 + 1e-5, 40))])
    assert (problem.code, problem.wanted) == ("TARGET-SUM", 100)


def test_a_category_that_a_replicate_leaves_empty_is_named():
    again = np.array([[1, 1], [1, 1], [1, 0], [1, 0]])
    with pytest.raises(DesignError, match=r"'large': in replicates '1'.*TARGET-REPLICATE"):
        post_stratify(np.ones(4), sizes(), replicates=again)


def test_targets_that_cannot_hold_at_once_stop_with_the_farthest_one():
    """All small ones are in the north, and fewer shall be in the north than be small."""
    places = Margin(
        name="place",
        category=np.array([0, 0, 0, 1]),
        categories=("north", "south"),
        totals=np.array([30.0, 70.0]),
    )
    with pytest.raises(DesignError, match=r"raking does not reach.*WEIGHTING-STOPPED"):
        rake(np.ones(4), [sizes(), places])


def test_weights_below_0_stop_unless_they_are_let_through():
    columns, totals = [[1, 0], [1, 1], [1, 10]], [3, 0.5]
    with pytest.raises(DesignError, match=r"weights below 0.*WEIGHTING-NEGATIVE"):
        calibrate(np.ones(3), columns, totals)
    found = calibrate(np.ones(3), columns, totals, negative=True)
    np.testing.assert_allclose(found.weights @ np.array(columns), totals)
    assert found.weights.min() < 0


def test_totals_that_contradict_each_other_are_named():
    columns = np.array([[1, 1, 0, 5], [1, 1, 0, 7], [1, 0, 1, 9]])
    names = ["people", "small", "large", "number"]
    with pytest.raises(DesignError, match=r"'people', 'small', 'large'.*WEIGHTING-COLUMNS"):
        calibrate(np.ones(3), columns, [10, 5, 6, 70], names=names)
    with pytest.raises(DesignError, match=r"nobody has 'large'.*TARGET-EMPTY"):
        calibrate(np.ones(2), columns[:2, 1:], [5, 1, 30], names=names[1:])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: post_stratify([1, -1, 1, 1], sizes()), "weights hold a negative"),
        (lambda: post_stratify([0, 0, 0, 0], sizes()), "all weights are 0"),
        (lambda: post_stratify([1, 1], sizes()), "wanted 2 whole numbers"),
        (lambda: post_stratify([], sizes(places=())), "wanted .N,., one or more"),
        (lambda: post_stratify(np.ones(4), sizes(places=(0, 0, 1, 2))), "wanted -1 to 1"),
        (lambda: post_stratify(np.ones(4), sizes((1.0, 2.0, 3.0))), "wanted 2, one for each"),
        (
            lambda: post_stratify([1, 1, 1, 0], sizes(), replicates=np.ones((4, 2))),
            "whose main weight is 0",
        ),
        (lambda: rake(np.ones(4), []), "no margin"),
        (lambda: rake(np.ones(4), [sizes()], tolerance=0), "tolerance is 0"),
        (lambda: calibrate(np.ones(1), [[1]], [1], distance="chi"), "no distance method"),
        (lambda: calibrate(np.ones(1), [[1]], [1], distance="logit"), "needs bounds"),
        (lambda: calibrate(np.ones(1), [[1]], [1], bounds=(1, 2)), "wanted below 1 and above"),
        (lambda: calibrate(np.ones(2), [[1]], [1]), "wanted finite numbers"),
        (lambda: calibrate(np.ones(1), [[1]], [1, 2]), "wanted 1 finite"),
        (lambda: trim([1, 2], low=3, high=2), "wanted 0 <= low < high"),
        (lambda: trim([1, 2], share="all"), "no share method"),
        (lambda: rake_trimmed(np.ones(4), [sizes()], low=3, high=2), "wanted 0 <= low < high"),
        (lambda: residuals([[1.0]], ONE, method="some"), "no residual method"),
        (lambda: residuals([[1.0]], ONE, method="passes"), "choose 'regression'"),
        (lambda: residuals([[1.0], [2.0]], ONE), r"wanted \(1, K\)"),
        (lambda: residuals([[NAN]], ONE), "not finite"),
    ],
)
def test_arguments_outside_their_range_are_refused(call, message):
    with pytest.raises(MethodError, match=message):
        call()


ONE = Auxiliaries(group=np.array([0]), columns=None, weights=np.ones(1))
