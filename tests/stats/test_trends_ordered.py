"""Trends of ordered answers against R, scipy and all tables, one by one."""

import csv
import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau

from surveylib.errors import MethodError
from surveylib.stats import trends_ordered
from surveylib.stats.trends import cochran_armitage
from surveylib.stats.trends_exact import TWO_SIDED
from surveylib.stats.trends_ordered import METHODS, jonckheere_terpstra, linear_by_linear

REFERENCES = Path(__file__).parent / "references"
SIDES = {"two.sided": "two-sided", "greater": "increasing", "less": "decreasing"}

laws = settings(deadline=None, max_examples=40)


@st.composite
def tables(draw, most=6, rows=5, columns=4):
    """Three waves or more, each with somebody, by two answers or more."""
    shape = draw(st.integers(3, rows)), draw(st.integers(2, columns))
    cells = st.lists(
        st.integers(0, most), min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]
    )
    table = np.array(draw(cells)).reshape(shape)
    table[table.sum(axis=1) == 0, 0] = 1
    return table


def rows(test):
    with (REFERENCES / "trends.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["test"] == test]


def listed(text):
    return np.array([float(number) for number in text.split()])


def table_of(row):
    high, wide = listed(row["more"]).astype(int)
    return listed(row["data"]).reshape(high, wide)


def named(row):
    return f"{row['data'][:12]} {row['figure']}"


def close(found, row):
    return found == pytest.approx(float(row["value"]), rel=1e-8)


@pytest.mark.parametrize("row", rows("linear_by_linear"), ids=named)
def test_mantels_statistic_is_that_of_coin(row):
    table = table_of(row)
    both = listed(row["scores"])
    found = linear_by_linear(table, both[: len(table)], both[len(table) :])
    assert close({"squared": found.statistic, "p_value": found.p_value}[row["figure"]], row)


@pytest.mark.parametrize("row", rows("midranks"), ids=named)
def test_midranks_are_ranks_of_respondents(row):
    found = linear_by_linear(table_of(row), "midranks", "midranks")
    assert close({"squared": found.statistic, "p_value": found.p_value}[row["figure"]], row)


@pytest.mark.parametrize("row", rows("jonckheere_terpstra"), ids=named)
def test_z_is_that_of_kendalls_s_in_r(row):
    figure, *rest = row["figure"].split()
    if figure == "J":
        found = jonckheere_terpstra(table_of(row))
        assert found.statistic == float(row["value"])
        return
    corrected, side = rest
    found = jonckheere_terpstra(
        table_of(row), continuity=corrected == "corrected", alternative=SIDES[side]
    )
    assert close({"z": found.z, "p": found.p_value}[figure], row)


def test_the_motivational_effect_has_the_j_of_hollander_and_wolfe():
    # Hollander and Wolfe (1999), table 6.6: units made by those told nothing, something, all.
    waves = [[40, 35, 38, 43, 44, 41], [38, 40, 47, 44, 40, 42], [48, 40, 45, 43, 46, 44]]
    answers = sorted({units for wave in waves for units in wave})
    table = [[wave.count(units) for units in answers] for wave in waves]
    found = jonckheere_terpstra(table)
    assert (found.statistic, found.expected) == (79, 54)


@laws
@given(table=tables())
def test_z_is_that_of_kendalls_tau_in_scipy(table):
    found = jonckheere_terpstra(table)
    wave, answer = (np.repeat(place.ravel(), table.ravel()) for place in np.indices(table.shape))
    if len(set(answer)) > 1:
        assert found.p_value == pytest.approx(
            kendalltau(wave, answer, method="asymptotic").pvalue, rel=1e-8
        )


def by_hand(table):
    """2 J of each way to hand out the answers to the people; whole numbers only."""
    wave = [place for place, row in enumerate(table.tolist()) for _ in range(sum(row))]
    answers = [place for row in table.tolist() for place, n in enumerate(row) for _ in range(n)]

    def doubled(given_to):
        people = list(zip(wave, given_to, strict=True))
        return sum(
            2 * (later[1] > earlier[1]) + (later[1] == earlier[1])
            for earlier, later in itertools.product(people, people)
            if earlier[0] < later[0]
        )

    return doubled(answers), Counter(map(doubled, itertools.permutations(answers)))


@pytest.mark.parametrize(
    "table",
    [
        [[2, 0], [1, 1], [0, 2]],
        [[1, 1, 0], [0, 1, 1], [0, 0, 3]],
        [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 2, 1]],
        [[2, 1, 0, 1], [0, 1, 0, 0], [0, 0, 0, 2]],
    ],
)
@pytest.mark.parametrize("sided", ["increasing", "decreasing", *TWO_SIDED])
def test_the_exact_p_value_is_that_of_all_ways(table, sided):
    observed, ways = by_hand(np.array(table))
    everything = sum(ways.values())
    mean_times = sum(value * number for value, number in ways.items())
    far = abs(everything * observed - mean_times)
    above = sum(number for value, number in ways.items() if value >= observed)
    below = sum(number for value, number in ways.items() if value <= observed)
    expected = {
        "increasing": above,
        "decreasing": below,
        "doubled": min(2 * min(above, below), everything),
        "probability": sum(number for number in ways.values() if number <= ways[observed]),
        "distance": sum(
            number for value, number in ways.items() if abs(everything * value - mean_times) >= far
        ),
    }
    one_sided = sided in {"increasing", "decreasing"}
    found = jonckheere_terpstra(
        table,
        method="exact",
        alternative=sided if one_sided else "two-sided",
        two_sided=None if one_sided else sided,
    )
    assert found.p_value == pytest.approx(expected[sided] / everything, rel=1e-10)


@laws
@given(table=tables(most=4, columns=2))
def test_two_answers_are_cochran_and_armitage_with_midranks(table):
    found = jonckheere_terpstra(table)
    sizes, total = table.sum(axis=1), table.sum()
    binary = cochran_armitage(table[:, 1], sizes, "midranks")
    assert found.z == pytest.approx(binary.statistic * np.sqrt((total - 1) / total), abs=1e-9)
    exact = jonckheere_terpstra(table, method="exact")
    counted = cochran_armitage(table[:, 1], sizes, "midranks", method="exact")
    assert exact.p_value == pytest.approx(counted.p_value, rel=1e-9)


@pytest.mark.parametrize("method", ["asymptotic", "exact"])
@laws
@given(table=tables(most=3, rows=4, columns=3))
def test_time_run_backwards_turns_the_sign(method, table):
    there = jonckheere_terpstra(table, method=method)
    back = jonckheere_terpstra(table[::-1], method=method)
    assert back.z == pytest.approx(-there.z, abs=1e-12)
    assert back.p_value == pytest.approx(there.p_value, rel=1e-9)
    assert back.superiority == pytest.approx(1 - there.superiority)


@laws
@given(table=tables())
def test_an_answer_that_nobody_gave_changes_nothing(table):
    wider = np.insert(table, 1, 0, axis=1)
    assert jonckheere_terpstra(wider).z == jonckheere_terpstra(table).z
    scores = np.arange(table.shape[1])
    found = linear_by_linear(wider, None, np.insert(scores, 1, 77))
    assert found.z == pytest.approx(linear_by_linear(table, None, scores).z, abs=1e-12)


@laws
@given(table=tables(), shift=st.floats(-3000, 3000), scale=st.floats(0.01, 100))
def test_where_scores_start_and_in_which_unit_they_are_does_not_matter(table, shift, scale):
    waves, answers = (np.arange(size, dtype=float) ** 2 for size in table.shape)
    plain = linear_by_linear(table, waves, answers)
    moved = linear_by_linear(table, shift + scale * waves, shift - scale * answers)
    assert moved.z == pytest.approx(-plain.z, abs=1e-6)


@laws
@given(table=tables())
def test_r_is_the_correlation_over_respondents(table):
    found = linear_by_linear(table)
    wave, answer = (np.repeat(place.ravel(), table.ravel()) for place in np.indices(table.shape))
    expected = 0 if len(set(answer)) == 1 else np.corrcoef(wave, answer)[0, 1]
    assert found.correlation == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_the_same_answer_from_all_shows_no_trend(method):
    for alternative in ("two-sided", "increasing", "decreasing"):
        table = [[0, 3], [0, 2], [0, 4]]
        found = jonckheere_terpstra(table, method=method, alternative=alternative)
        assert (found.z, found.p_value, found.superiority) == (0, 1, 0.5)
        mantel = linear_by_linear(table, alternative=alternative)
        assert (mantel.statistic, mantel.p_value, mantel.correlation) == (0, 1, 0)


@pytest.mark.parametrize("method", METHODS)
def test_several_tables_are_those_one_by_one(method):
    both = np.array([[[3, 2, 1], [1, 2, 3], [0, 2, 4]], [[1, 2, 2], [1, 1, 1], [4, 0, 1]]])
    found = jonckheere_terpstra(both, method=method)
    assert found.p_value[1] == jonckheere_terpstra(both[1], method=method).p_value
    mantel = linear_by_linear(both, "midranks", "midranks")
    alone = linear_by_linear(both[1], "midranks", "midranks")
    assert mantel.z[1] == pytest.approx(alone.z, rel=1e-12)


def test_draws_come_near_the_exact_p_value_and_say_how_near():
    table = [[4, 2, 1], [2, 3, 2], [1, 2, 4]]
    exact = jonckheere_terpstra(table, method="exact")
    drawn = jonckheere_terpstra(table, method="permutation", seed=2)
    assert abs(drawn.p_value - exact.p_value) < 4 * drawn.monte_carlo.error
    assert drawn.p_value == jonckheere_terpstra(table, method="permutation", seed=2).p_value


def test_too_large_a_table_is_refused_by_the_exact_method(monkeypatch):
    monkeypatch.setattr(trends_ordered, "_MOST", 100)
    with pytest.raises(MethodError, match="the table is too large for the exact method"):
        jonckheere_terpstra([[4, 2, 1], [2, 3, 2], [1, 2, 4]], method="exact")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([1, 2, 3], r"table of the shape \(3,\); wanted waves by two or more answers"),
        ([[1], [2], [3]], r"table of the shape \(3, 1\)"),
        ([[1, -2], [2, 1], [3, 1]], "table holds -2; wanted numbers of respondents"),
        ([[1, np.nan], [2, 1], [3, 1]], "table holds nan"),
        ([[1, 2], [0, 0], [3, 1]], "wave 2 of the table has nobody; leave it out"),
        ([[1, 2], [3, 1]], "a trend needs three waves; use the change"),
    ],
)
@pytest.mark.parametrize("test", [linear_by_linear, jonckheere_terpstra])
def test_what_is_no_table_is_refused(test, table, message):
    with pytest.raises(MethodError, match=message):
        test(table)


def test_what_does_not_exist_or_would_be_ignored_is_refused():
    table = [[1, 2], [2, 2], [3, 1]]
    with pytest.raises(MethodError, match=r"table hold 1\.5; this method wants whole numbers"):
        jonckheere_terpstra([[1.5, 2], [2, 2], [3, 1]])
    with pytest.raises(MethodError, match="no Jonckheere-Terpstra method called 'normal'"):
        jonckheere_terpstra(table, method="normal")
    with pytest.raises(MethodError, match="continuity means nothing to 'exact"):
        jonckheere_terpstra(table, method="exact", continuity=True)
    with pytest.raises(MethodError, match="column_scores are all the same"):
        linear_by_linear(table, None, [1, 1])
    with pytest.raises(MethodError, match="no alternative method called 'up'"):
        linear_by_linear(table, alternative="up")
