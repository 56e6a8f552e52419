"""The search for joints against plain loops, in R and here, and against made trends."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.joinpoint import CHOICES, NEAR, joinpoint
from surveylib.stats.segments import spline
from tests.stats.lake import REFERENCE, lake

laws = settings(deadline=None, max_examples=20)
every_choice = pytest.mark.parametrize("choose", CHOICES)


@pytest.mark.parametrize("joints", [1, 2])
def test_the_nearest_knots_and_all_that_are_as_near_are_those_of_a_loop_in_r(joints):
    expected = [
        ([float(one) for one in row["knots"].split()], float(row["value"]))
        for row in REFERENCE
        if row["model"] == "near" and len(row["knots"].split()) == joints
    ]
    times, levels, spread = lake()
    found = joinpoint(levels, spread, times, choose="bic", most=2).tried[joints]
    assert found.near.tolist() == [knots for knots, _ in expected]
    assert found.near_distances == pytest.approx([far for _, far in expected], rel=1e-8)
    assert found.distance == found.near_distances[0]
    assert list(found.knots) == expected[0][0]


def test_a_fine_grid_finds_the_knot_that_rs_segmented_finds():
    times, levels, spread = lake()
    wanted = {r["value_of"]: float(r["value"]) for r in REFERENCE if r["model"] == "segmented"}
    alone = np.diag(np.diag(spread))
    found = joinpoint(levels, alone, times, choose="bic", most=1, between=99).tried[1]
    assert found.knots[0] == pytest.approx(wanted["knot"], abs=0.005)
    assert wanted["distance"] <= found.distance <= wanted["distance"] * (1 + 1e-3)


def plain_distance(values, times, knots):
    """Squared distance from the fit with variances of 1."""
    x = np.column_stack([np.ones(len(times)), spline(times, knots)])
    return ((values - x @ np.linalg.lstsq(x, values, rcond=None)[0]) ** 2).sum()


@laws
@given(
    st.lists(st.floats(-3, 3), min_size=9, max_size=11),
    st.integers(0, 2),
    st.randoms(use_true_random=False),
)
def test_the_search_is_a_loop_over_every_set_of_knots_of_the_grid(values, between, random):
    values = np.array(values)
    times = np.cumsum([random.uniform(0.5, 2) for _ in values])
    grid = np.concatenate(
        [np.linspace(a, b, between + 1, endpoint=False) for a, b in itertools.pairwise(times)]
    )

    def apart(knots):
        """Two waves at least in front, in between and behind."""
        edges = [-np.inf, *knots, np.inf]
        return all(
            ((times > low) & (times < high)).sum() >= 2 for low, high in itertools.pairwise(edges)
        )

    found = joinpoint(values, np.eye(len(values)), times, choose="bic", most=2, between=between)
    for joints in (1, 2):
        sets = [knots for knots in itertools.combinations(grid, joints) if apart(knots)]
        distances = np.sort([plain_distance(values, times, knots) for knots in sets])
        tried = found.tried[joints]
        assert tried.distance == pytest.approx(distances[0], rel=1e-7, abs=1e-9)
        near = distances <= distances[0] + NEAR - 1e-7
        assert len(tried.near) == pytest.approx(near.sum(), abs=1)  # one may be on the edge


def test_bic_is_that_of_a_known_covariance():
    times, levels, spread = lake()
    found = joinpoint(levels, spread, times, choose="bic", most=2)
    wanted = [one.distance + (2 + 2 * m) * np.log(16) for m, one in enumerate(found.tried)]
    assert [one.bic for one in found.tried] == pytest.approx(wanted, rel=1e-12)
    assert len(found.knots) == np.argmin(wanted)
    assert found.steps == ()


def bent(times, knots, slopes):
    """A trend with some slopes."""
    return spline(times, knots) @ np.diff([0, *slopes])


@every_choice
def test_clear_joints_are_found_and_their_slopes_told(choose):
    times = np.arange(2005, 2023)
    values = 0.4 + bent(times, [2010, 2016], [0.02, -0.01, 0.03])
    noise = np.random.default_rng(5).normal(0, 0.001, len(times))
    found = joinpoint(
        values + noise, np.eye(18) * 1e-6, times, most=3, choose=choose, draws=499, scale="logit"
    )
    assert set(found.knots) >= {2010.0, 2016.0}
    plain = joinpoint(values + noise, np.eye(18) * 1e-6, times, most=3, choose=choose, draws=499)
    assert plain.knots == (2010, 2016)
    for part, slope in zip(plain.segments, [0.02, -0.01, 0.03], strict=True):
        assert abs(part.value - slope) < 4 * part.standard_error
    assert [(part.start, part.end) for part in plain.segments] == [
        (2005, 2010),
        (2010, 2016),
        (2016, 2022),
    ]
    assert plain.fitted == pytest.approx(values, abs=0.003)


@every_choice
def test_a_straight_line_without_noise_has_no_joint(choose):
    times = np.array([2010, 2011, 2013, 2014, 2016, 2019, 2020, 2021])
    found = joinpoint(0.1 + 0.02 * (times - 2010), np.eye(8) * 1e-6, times, choose=choose, draws=99)
    assert found.knots == ()
    assert found.segments[0].value == pytest.approx(0.02, rel=1e-9)
    assert [step.p_value for step in found.steps] == [1.0] * len(found.steps)


@pytest.mark.parametrize("choose", ["permutation", "bootstrap"])
def test_a_straight_trend_seldom_gets_a_joint(choose):
    random, spread = np.random.default_rng(11), np.diag(np.linspace(0.5, 2, 9)) + 0.5
    root, times = np.linalg.cholesky(spread), np.arange(9)
    joints = sum(
        len(joinpoint(root @ noise, spread, times, choose=choose, draws=99, seed=seed).knots)
        for seed, noise in enumerate(random.standard_normal((200, 9)))
    )
    assert joints <= 22  # 5 % of 200, and four times its standard error


def test_a_permutation_test_is_all_orders_of_the_residuals_but_for_its_error():
    times = np.arange(7.0)
    values = np.array([0.0, 1.1, 1.8, 3.2, 3.5, 3.4, 3.9])
    x = np.column_stack([np.ones(7), times])
    fitted = x @ np.linalg.lstsq(x, values, rcond=None)[0]
    every = fitted + np.array(list(itertools.permutations(values - fitted)))
    straight = every - every @ x @ np.linalg.inv(x.T @ x) @ x.T
    left, best = (straight**2).sum(axis=1), np.full(len(every), np.inf)
    for knot in (2.0, 3.0, 4.0):
        wide = np.column_stack([x, np.maximum(times - knot, 0)])
        rest = every - every @ wide @ np.linalg.inv(wide.T @ wide) @ wide.T
        best = np.minimum(best, (rest**2).sum(axis=1))
    explained = (left - best) / left
    exact = (explained >= explained[0] * (1 - 1e-9)).mean()
    step = joinpoint(values, np.eye(7), times, seed=3).steps[0]
    assert step.statistic == pytest.approx(explained[0], rel=1e-9)
    assert abs(step.p_value - exact) < 4 * step.monte_carlo_error
    assert step.monte_carlo_error == pytest.approx(np.sqrt(exact * (1 - exact) / 4500), rel=0.2)


def test_a_bootstrap_test_follows_the_covariance_but_for_its_error():
    times, spread = np.arange(7.0), np.diag(np.linspace(0.2, 0.5, 7)) + 0.1
    values = np.array([0.0, 1.1, 1.8, 3.2, 3.5, 3.4, 3.9])
    drawn = np.random.default_rng(8).multivariate_normal(np.zeros(7), spread, 20_000)
    weight, distances = np.linalg.inv(spread), []
    for knots in ([], [2.0], [3.0], [4.0]):
        x = np.column_stack([np.ones(7), spline(times, knots)])
        beside = weight - weight @ x @ np.linalg.inv(x.T @ weight @ x) @ x.T @ weight
        both = np.vstack([values, drawn])
        distances.append(np.einsum("pi,ij,pj->p", both, beside, both))
    gained = distances[0] - np.min(distances[1:], axis=0)
    step = joinpoint(values, spread, times, choose="bootstrap", draws=9_999, seed=3).steps[0]
    assert step.statistic == pytest.approx(gained[0], rel=1e-9)
    exact = (gained[1:] >= gained[0]).mean()
    assert abs(step.p_value - exact) < 4 * step.monte_carlo_error * np.sqrt(1.5)


def test_few_sampling_units_make_the_bootstrap_careful():
    times, values = np.arange(7.0), np.array([0.0, 1.1, 1.8, 3.2, 3.5, 3.4, 3.9])
    known, few = (
        joinpoint(values, np.eye(7) * 0.1, times, choose="bootstrap", df=df).steps[0].p_value
        for df in (np.inf, 4)
    )
    assert few > known


def test_tests_close_in_from_both_ends_with_the_level_shared_out():
    times = np.arange(2005, 2022)
    values = bent(times, [2012], [1.0, -1.0]) + np.random.default_rng(2).normal(0, 0.1, 17)
    found = joinpoint(values, np.eye(17) * 0.01, times, most=3, draws=499)
    assert len(found.knots) == 1
    pairs = [(step.fewer, step.more) for step in found.steps]
    assert pairs == [(0, 3), (1, 3), (1, 2)]
    assert [step.significance for step in found.steps] == pytest.approx(
        [0.05 / 3, 0.05 / 2, 0.05 / 2]
    )


def test_the_same_seed_gives_the_same_and_the_factor_of_the_covariance_does_not_matter():
    times, levels, spread = lake()
    one = joinpoint(levels, spread, times, seed=7, draws=299)
    again = joinpoint(levels, spread, times, seed=7, draws=299)
    larger = joinpoint(levels, spread * 9, times, seed=7, draws=299)
    assert one.steps == again.steps
    assert [s.p_value for s in larger.steps] == [s.p_value for s in one.steps]
    assert larger.segments[0].standard_error == pytest.approx(3 * one.segments[0].standard_error)


@pytest.mark.parametrize(("waves", "most"), [(7, 1), (11, 1), (12, 2), (17, 3), (22, 4)])
def test_one_joint_for_five_waves_is_looked_for_at_most(waves, most):
    values = np.random.default_rng(1).normal(size=waves)
    found = joinpoint(values, np.eye(waves), np.arange(waves), choose="bic")
    assert len(found.tried) == most + 1


@pytest.mark.parametrize(
    ("between", "message"),
    [(3, "more than 200000 sets of knots; wanted fewer joints"), (99, "3900 places for knots")],
)
def test_more_knots_than_can_be_tried_are_refused(between, message):
    with pytest.raises(MethodError, match=message):
        joinpoint(np.arange(40.0), np.eye(40), np.arange(40), between=between)


def test_six_waves_are_not_searched():
    with pytest.raises(NotEstimableError, match="6 waves; joints are looked for in 7 and more"):
        joinpoint(np.arange(6.0), np.eye(6), np.arange(6))


def test_more_joints_than_there_is_room_for_are_refused():
    with pytest.raises(MethodError, match="7 waves have room for 1 joints"):
        joinpoint(np.arange(7.0), np.eye(7), np.arange(7), most=2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"choose": "aic"}, "no choice method called 'aic'"),
        ({"most": 0}, "most is 0; wanted a whole number of at least 1"),
        ({"between": -1}, "between is -1; wanted a whole number of at least 0"),
        ({"draws": 10}, "draws is 10; wanted a whole number of at least 99"),
        ({"significance": 5}, "significance is 5; wanted a number between 0 and 1"),
    ],
)
def test_settings_that_do_not_exist_are_refused(changes, message):
    with pytest.raises(MethodError, match=message):
        joinpoint(np.arange(7.0), np.eye(7), np.arange(7), **changes)
