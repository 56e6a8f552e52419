"""Tests of equivalence against R, a paper and algebra."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError
from surveylib.stats.differences import METHODS, Difference, independent
from surveylib.stats.equivalence import LEAST_P_VALUE, by_interval, tost

REFERENCES = Path(__file__).parent / "references"
laws = settings(deadline=None, max_examples=40)


def rows():
    with (REFERENCES / "equivalence.csv").open(encoding="utf-8", newline="") as file:
        return [
            {name: float(value) for name, value in row.items() if name != "source"}
            for row in csv.DictReader(file)
        ]


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row['estimate']}")
def test_p_value_and_limits_are_those_of_r(row):
    found = tost(
        row["estimate"],
        row["standard_error"],
        margins=(row["margin_low"], row["margin_high"]),
        df=row["df"],
        alpha=row["alpha"],
    )
    for name in ("low", "high", "p_value"):
        assert getattr(found, name) == pytest.approx(row[name], rel=1e-8)


def test_the_example_of_lakens_2017_has_its_p_value():
    # Bounds of d = 0.48 on means 5.25 and 5.22: t(182) = -3.03, p = 0.001.
    error = ((94 * 0.95**2 + 88 * 0.83**2) / 182 * (1 / 95 + 1 / 89)) ** 0.5
    assert f"{tost(0.03, error, margins=0.429, df=182).p_value:.3f}" == "0.001"


@laws
@given(
    estimate=st.floats(-0.5, 0.5),
    error=st.floats(0.001, 0.2),
    alpha=st.floats(0.001, 0.4),
    df=st.floats(1, 200) | st.just(float("inf")),
)
def test_p_is_below_alpha_exactly_when_the_interval_is_inside(estimate, error, alpha, df):
    found = tost(estimate, error, margins=0.1, df=df, alpha=alpha)
    assume(abs(found.p_value - alpha) > 1e-9)
    inside = found.low > -0.1 and found.high < 0.1
    assert inside == (found.p_value < alpha)


@laws
@given(estimate=st.floats(-0.5, 0.5), error=st.floats(0.001, 0.2))
def test_turning_the_sign_changes_nothing(estimate, error):
    forward = tost(estimate, error, margins=(-0.1, 0.2))
    backward = tost(-estimate, error, margins=(-0.2, 0.1))
    assert forward.p_value == pytest.approx(backward.p_value, rel=1e-12)
    assert forward.low == pytest.approx(-backward.high, abs=1e-12)


@laws
@given(estimate=st.floats(-0.09, 0.09), error=st.floats(0.01, 0.2))
def test_by_the_interval_of_the_estimate_it_is_the_same_test(estimate, error):
    def interval(level):
        half = error * tost(0, 1, margins=1, alpha=max((1 - level) / 2, LEAST_P_VALUE)).high
        return Difference(
            estimate=estimate,
            low=estimate - half,
            high=estimate + half,
            p_value=None,
            confidence_level=level,
            method="wald",
        )

    direct, found = tost(estimate, error, margins=0.1), by_interval(interval, margins=0.1)
    assert found.p_value == pytest.approx(max(direct.p_value, LEAST_P_VALUE), rel=1e-6)
    assert (found.low, found.high) == pytest.approx((direct.low, direct.high), abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_p_belongs_to_the_interval_of_any_method(method):
    def interval(level):
        return independent(600, 1000, 612, 1000, method=method, confidence_level=level)

    p_value = by_interval(interval, margins=0.05).p_value
    touching = by_interval(interval, margins=0.05, alpha=p_value)
    assert touching.high == pytest.approx(0.05, abs=1e-9)
    assert touching.confidence_level == pytest.approx(1 - 2 * p_value)


def test_an_estimate_outside_the_margins_has_no_p_value_by_intervals():
    def interval(level):
        return independent(10, 100, 60, 100, confidence_level=level)

    assert by_interval(interval, margins=0.1).p_value is None
    assert tost(0.5, 0.05, margins=0.1).p_value > 0.5


def test_a_p_value_too_small_to_look_for_is_told_as_the_least():
    def interval(level):
        return independent(500_000, 10**6, 500_000, 10**6, confidence_level=level)

    assert by_interval(interval, margins=0.1).p_value == LEAST_P_VALUE


def test_arrays_broadcast():
    found = tost([[0.0], [0.02]], [0.01, 0.02, 0.03], margins=0.05, df=20)
    alone = tost(0.02, 0.03, margins=0.05, df=20)
    assert found.p_value.shape == (2, 3)
    assert found.p_value[1, 2] == pytest.approx(alone.p_value, rel=1e-12)
    assert type(alone.p_value) is float


@pytest.mark.parametrize("margins", [0, -0.1, (0.1, 0.1), (0.1, -0.1), float("nan"), float("inf")])
def test_margins_that_hold_nothing_between_them_are_refused(margins):
    with pytest.raises(MethodError, match=r"margins is .*; wanted a number above 0, or the lowest"):
        tost(0, 1, margins=margins)


@pytest.mark.parametrize(
    ("given_", "wanted"),
    [
        ({"standard_error": 0}, "standard_error is 0; wanted a number above 0"),
        ({"standard_error": np.nan}, "standard_error is nan; wanted a number above 0"),
        ({"estimate": np.inf}, "estimate is inf; wanted a finite number"),
        ({"df": 0}, "df is 0; wanted a number above 0, or infinity"),
        ({"alpha": 0.5}, "alpha is 0.5; wanted a number below 1/2"),
        ({"alpha": 0}, "alpha is 0; wanted a number below 1/2"),
    ],
)
def test_wrong_numbers_are_refused(given_, wanted):
    with pytest.raises(MethodError, match=wanted):
        tost(**{"estimate": 0, "standard_error": 1, "margins": 1} | given_)


def test_intervals_of_an_array_are_refused():
    with pytest.raises(MethodError, match=r"interval has the shape \(2,\); wanted a single"):
        by_interval(lambda level: independent([1, 2], 9, 3, 9, confidence_level=level), margins=0.1)
