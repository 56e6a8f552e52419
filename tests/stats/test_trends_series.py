"""The test of Mann and Kendall against R, scipy and all orders, one by one."""

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from surveylib.errors import MethodError
from surveylib.stats.trends_ordered import jonckheere_terpstra
from surveylib.stats.trends_scores import ALTERNATIVES
from surveylib.stats.trends_series import METHODS, mann_kendall

REFERENCES = Path(__file__).parent / "references"
SIDES = {"two.sided": "two-sided", "greater": "increasing", "less": "decreasing"}

laws = settings(deadline=None, max_examples=40)
figures = st.lists(st.integers(0, 9), min_size=3, max_size=12)


def rows():
    with (REFERENCES / "trends.csv").open(encoding="utf-8", newline="") as file:
        every = [row for row in csv.DictReader(file) if row["test"] == "series"]
    return [row for row in every if row["figure"].split()[0] in {"tau", "z", "p"}]


def listed(text):
    return [float(number) for number in text.split()]


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['data'][:8]} {row['figure']}")
def test_every_figure_is_that_of_r(row):
    data, figure = (listed(row["data"]), listed(row["scores"])), row["figure"].split()
    if "exact" in figure:
        found = mann_kendall(*data, alternative=SIDES[figure[-1]]).p_value
    else:
        both = mann_kendall(*data, method="asymptotic", continuity="corrected" in figure)
        found = {"tau": both.tau, "z": both.z, "p": both.p_value}[figure[0]]
    assert found == pytest.approx(float(row["value"]), rel=1e-8)


@laws
@given(values=st.permutations(range(9)))
def test_the_exact_p_value_without_ties_is_that_of_scipy(values):
    expected = kendalltau(range(9), values, method="exact").pvalue
    assert mann_kendall(values, range(9)).p_value == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(
    "values", [[1, 2, 2], [5, 5, 7, 6], [1, 1, 2, 2, 3], [4, 1, 4, 6, 6, 6], [3, 3, 3, 1, 1, 1, 2]]
)
@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_the_exact_p_value_with_ties_is_that_of_all_orders(values, alternative):
    def concordance(order):
        return sum(np.sign(b - a) for a, b in itertools.combinations(order, 2))

    observed = concordance(values)
    extreme = {
        "two-sided": lambda s: abs(s) >= abs(observed),
        "increasing": lambda s: s >= observed,
        "decreasing": lambda s: s <= observed,
    }[alternative]
    every = [extreme(concordance(order)) for order in itertools.permutations(values)]
    found = mann_kendall(values, range(len(values)), alternative=alternative)
    assert found.p_value == pytest.approx(np.mean(every), rel=1e-10)


@pytest.mark.parametrize("method", ["asymptotic", "exact"])
@laws
@given(values=figures)
def test_waves_of_one_person_each_are_jonckheere_and_terpstra(method, values):
    answers = [*sorted(set(values)), 99]
    table = [[value == answer for answer in answers] for value in values]
    expected = jonckheere_terpstra(np.array(table[:8], dtype=int), method=method)
    found = mann_kendall(values[:8], range(len(values[:8])), method=method)
    assert found.z == pytest.approx(expected.z, abs=1e-9)
    assert found.p_value == pytest.approx(expected.p_value, rel=1e-9)


@pytest.mark.parametrize("method", ["asymptotic", "exact"])
@laws
@given(values=figures)
def test_time_run_backwards_turns_the_sign(method, values):
    times = np.arange(len(values)) ** 1.5
    there, back = (mann_kendall(values, way, method=method) for way in (times, -times))
    assert (back.statistic, back.z) == (-there.statistic, -there.z)
    assert back.p_value == pytest.approx(there.p_value, rel=1e-12)


@laws
@given(values=figures, method=st.sampled_from(["asymptotic", "exact"]))
def test_only_the_order_of_figures_and_of_times_counts(values, method):
    times = np.arange(len(values), dtype=float)
    plain = mann_kendall(values, times, method=method)
    curved = mann_kendall(np.exp(values), 2000 + times**3, method=method)
    assert (curved.statistic, curved.p_value) == (plain.statistic, plain.p_value)
    mixed = np.random.default_rng(1).permutation(len(values))
    shuffled = mann_kendall(np.array(values)[mixed], times[mixed], method=method)
    assert (shuffled.statistic, shuffled.p_value) == (plain.statistic, plain.p_value)


def test_a_steady_rise_of_three_waves_is_one_order_of_six():
    assert mann_kendall([1, 2, 3], [1, 2, 3]).p_value == pytest.approx(2 / 6)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("alternative", ALTERNATIVES)
def test_figures_that_are_all_the_same_show_no_trend(method, alternative):
    errors = [1, 1, 2] if method == "simulation" else None
    found = mann_kendall(
        [7, 7, 7], [1, 2, 3], method=method, alternative=alternative, standard_errors=errors
    )
    assert (found.statistic, found.z, found.p_value, found.tau) == (0, 0, 1, None)


def test_with_equal_standard_errors_every_order_is_as_likely():
    values, times = [3, 5, 4, 8, 7, 9], range(6)
    exact = mann_kendall(values, times)
    drawn = mann_kendall(values, times, method="simulation", standard_errors=[2] * 6)
    assert abs(drawn.p_value - exact.p_value) < 4 * drawn.monte_carlo.error


def test_a_figure_that_is_hardly_known_may_come_anywhere():
    # Two sure figures in order, and one that is far above or far below both: of the four ways
    # two have them rise, and S is 3 or -3 only if the third stands last or first in time. Here it
    # stands last: it is above both with 1/2, they rise with 1/2, and likewise for -3.
    drawn = mann_kendall(
        [1, 2, 3], [1, 2, 3], method="simulation", standard_errors=[1, 1, 1e6], seed=4
    )
    assert drawn.p_value == pytest.approx(1 / 2, abs=4 * drawn.monte_carlo.error)
    # In the middle of time it cannot make both differences to it rise unless it is between them.
    middle = mann_kendall(
        [1, 2, 3], [1, 2, 3], method="simulation", standard_errors=[1, 1e6, 1], seed=4
    )
    assert middle.p_value < 0.001


def test_only_the_ratios_of_standard_errors_matter():
    data = [3, 5, 4, 8], [1, 2, 3, 4]
    small, large = (
        mann_kendall(*data, method="simulation", standard_errors=np.array([1, 2, 1, 3]) * unit)
        for unit in (0.01, 100)
    )
    assert small.p_value == large.p_value


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (([1, 2], [1, 2]), {}, "a trend needs three waves; use the change"),
        (([1, 2, 3], [1, 2, 2]), {}, "two figures have the same time"),
        (([1, 2, 3], [1, 2]), {}, r"times of the shape \(2,\); wanted 3 numbers"),
        (([1, np.nan, 3], [1, 2, 3]), {}, "values hold 'nan'; wanted finite numbers"),
        (([1, 2, 3], [1, 2, 3]), {"method": "normal"}, "no Mann-Kendall method called 'normal'"),
        (([1, 2, 3], [1, 2, 3]), {"alternative": "up"}, "no alternative method called 'up'"),
        (([1, 2, 3], [1, 2, 3]), {"continuity": True}, "continuity means nothing to 'exact'"),
        (([1, 2, 3], [1, 2, 3]), {"seed": 2}, "seed means nothing to 'exact'"),
        (([1, 2, 3], [1, 2, 3]), {"standard_errors": [1, 1, 1]}, "standard_errors means nothing"),
        (([1, 2, 3], [1, 2, 3]), {"method": "simulation"}, "simulation needs standard_errors"),
        (
            ([1, 2, 3], [1, 2, 3]),
            {"method": "simulation", "standard_errors": [1, 0, 1]},
            "standard_errors hold 0; wanted numbers above 0",
        ),
        ((range(101), range(101)), {}, "exact takes 100 waves at most; choose 'asymptotic'"),
    ],
)
def test_what_does_not_fit_or_would_be_ignored_is_refused(data, options, message):
    with pytest.raises(MethodError, match=message):
        mann_kendall(*data, **options)
