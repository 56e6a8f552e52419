"""Adjusted p-values against R, statsmodels and the definition."""

import csv
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from surveylib.errors import MethodError
from surveylib.stats.multiplicity import METHODS, adjusted

REFERENCES = Path(__file__).parent / "references"

every_method = pytest.mark.parametrize("method", METHODS)
laws = settings(deadline=None, max_examples=50)
families = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def rows():
    with (REFERENCES / "multiplicity.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def numbers(text):
    return [None if part == "NA" else float(part) for part in text.split()]


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['method']} {row['raw'][:30]}")
def test_p_values_are_those_of_r(row):
    found = adjusted(numbers(row["raw"]), method=row["method"])
    wanted = numbers(row["adjusted"])
    assert [p is None for p in found.p_values] == [p is None for p in wanted]
    ours = [p for p in found.p_values if p is not None]
    assert ours == pytest.approx([p for p in wanted if p is not None], rel=1e-12)
    assert found.tests == len(ours)


def test_r_has_every_method_but_sidak():
    assert {row["method"] for row in rows()} | {"sidak"} == set(METHODS)


@laws
@given(family=families)
def test_sidak_is_that_of_statsmodels(family):
    wanted = multipletests([min(p, 0.999) for p in family], method="sidak")[1]
    found = adjusted([min(p, 0.999) for p in family], method="sidak").p_values
    assert found == pytest.approx(wanted, abs=1e-12)


@laws
@given(family=st.lists(st.floats(0, 1), min_size=1, max_size=7))
def test_hommel_is_the_closed_test_of_simes(family):
    def simes(subset):
        ordered = sorted(subset)
        return min(len(subset) * p / rank for rank, p in enumerate(ordered, 1))

    places = range(len(family))
    sets = [s for size in places for s in combinations(places, size + 1)]
    wanted = [max(simes([family[j] for j in s]) for s in sets if i in s) for i in places]
    assert adjusted(family, method="hommel").p_values == pytest.approx(wanted, rel=1e-12)


@every_method
@laws
@given(family=families)
def test_adjusted_is_at_least_raw_at_most_1_and_in_the_same_order(method, family):
    found = adjusted(family, method=method).p_values
    for raw, ours in zip(family, found, strict=True):
        assert raw * (1 - 1e-12) <= ours <= 1
    pairs = sorted(zip(family, found, strict=True))
    assert all(a[1] <= b[1] * (1 + 1e-12) for a, b in pairwise(pairs))


@every_method
@laws
@given(family=families, data=st.data())
def test_the_order_of_the_tests_does_not_matter(method, family, data):
    order = data.draw(st.permutations(range(len(family))))
    straight = adjusted(family, method=method).p_values
    mixed = adjusted([family[i] for i in order], method=method).p_values
    assert mixed == tuple(straight[i] for i in order)


@every_method
@laws
@given(family=families)
def test_a_test_without_a_p_value_does_not_count(method, family):
    with_gaps = [p for raw in family for p in (None, raw, float("nan"))]
    found = adjusted(with_gaps, method=method)
    assert found.p_values[1::3] == adjusted(family, method=method).p_values
    assert set(found.p_values[::3]) == {None}
    assert found.tests == len(family)


@laws
@given(family=families)
def test_sharper_methods_never_give_more(family):
    holm, hochberg, hommel, bonferroni = (
        adjusted(family, method=name).p_values
        for name in ("holm", "hochberg", "hommel", "bonferroni")
    )
    for a, b, c, d in zip(hommel, hochberg, holm, bonferroni, strict=True):
        assert a <= b * (1 + 1e-12)
        assert b <= c * (1 + 1e-12)
        assert c <= d * (1 + 1e-12)


@every_method
def test_one_test_alone_and_none_at_all_stay_as_they_are(method):
    assert adjusted([0.03], method=method).p_values == pytest.approx((0.03,))
    assert adjusted([], method=method).p_values == ()
    assert adjusted([None], method=method) == adjusted([float("nan")], method=method)


@pytest.mark.parametrize("wrong", [-0.1, 1.5, float("inf")])
def test_a_number_that_is_no_p_value_is_refused(wrong):
    with pytest.raises(MethodError, match=f"a p-value is {wrong:g}; wanted a number from 0 to 1"):
        adjusted([0.1, wrong])


def test_an_unknown_method_is_refused():
    with pytest.raises(MethodError, match="no multiplicity method called 'BH'; choose one of"):
        adjusted([0.1], method="BH")
