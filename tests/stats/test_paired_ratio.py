"""Ratios of two shares among the same people against papers, R and algebra."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.paired import mcnemar
from surveylib.stats.paired_ratio import METHODS, ratio

REFERENCES = Path(__file__).parent / "references"

every_method = pytest.mark.parametrize("method", METHODS)
laws = settings(deadline=None, max_examples=50)
levels = st.floats(0.9, 0.999)
counts = st.sampled_from([0, 0, 1]) | st.integers(0, 20) | st.integers(0, 1000)
tables = st.tuples(counts, counts, counts, counts).filter(lambda table: any(table[:3]))


def rows():
    path = REFERENCES / "paired_ratio_published.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def row_name(row):
    return f"{row['method']} {row['cells']}"


def near(value):
    return pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize("row", rows(), ids=row_name)
def test_limits_are_the_printed_ones(row):
    cells = [int(cell) for cell in row["cells"].split()]
    level = float(row["confidence_level"])
    found = ratio(*cells, method=row["method"], confidence_level=level)
    for limit in ("low", "high"):
        places = len(row[limit].partition(".")[2])
        assert f"{getattr(found, limit):.{places}f}" == row[limit]


@every_method
@laws
@given(table=tables, level=levels)
def test_interval_has_width_and_contains_the_ratio(method, table, level):
    found = ratio(*table, method=method, confidence_level=level)
    both, earlier, later, _ = table
    wanted = (both + later) / (both + earlier) if both + earlier else np.inf
    assert found.estimate == wanted
    assert 0 <= found.low < found.high
    assert found.low <= found.estimate * (1 + 1e-12)
    assert found.estimate <= found.high * (1 + 1e-12)


@every_method
@laws
@given(table=tables, level=levels)
def test_swapping_the_waves_turns_the_ratio_over(method, table, level):
    both, earlier, later, neither = table
    forward = ratio(*table, method=method, confidence_level=level)
    backward = ratio(both, later, earlier, neither, method=method, confidence_level=level)
    assert backward.p_value == near(forward.p_value)
    for one, other in ((forward, backward), (backward, forward)):
        assert one.low == (0 if other.high == np.inf else near(1 / other.high))


@every_method
@laws
@given(table=tables, level=levels)
def test_interval_excludes_1_exactly_when_p_is_below_alpha(method, table, level):
    found = ratio(*table, method=method, confidence_level=level)
    assume(abs(found.p_value - (1 - level)) > 1e-9)
    assert (found.low > 1 or found.high < 1) == (found.p_value < 1 - level)


@every_method
@laws
@given(table=tables, level=levels, step=st.floats(0.01, 0.9))
def test_a_higher_level_is_wider(method, table, level, step):
    narrow = ratio(*table, method=method, confidence_level=level)
    wide = ratio(*table, method=method, confidence_level=level + (1 - level) * step)
    assert wide.low < narrow.low or wide.low == narrow.low == 0
    assert wide.high > narrow.high or wide.high == narrow.high == np.inf


@laws
@given(table=tables)
def test_tang_s_p_value_is_mcnemar_s(table):
    wanted = mcnemar(table[1], table[2], method="asymptotic")
    assert ratio(*table).p_value == pytest.approx(wanted, rel=1e-12)


@laws
@given(table=tables, level=levels)
def test_bonett_price_does_not_count_who_never_said_yes(table, level):
    found = ratio(*table, method="bonett-price", confidence_level=level)
    other = ratio(*table[:3], 7, method="bonett-price", confidence_level=level)
    assert (found.low, found.high) == (other.low, other.high)


@every_method
def test_tables_broadcast(method):
    found = ratio([[10], [3]], [4, 2, 9], [6, 5, 1], 8, method=method)
    alone = ratio(3, 9, 1, 8, method=method)
    for name in ("estimate", "low", "high", "p_value", "n"):
        assert getattr(found, name).shape == (2, 3)
        assert getattr(found, name)[1, 2] == pytest.approx(getattr(alone, name), abs=1e-12)
        assert type(getattr(alone, name)) is float


def test_what_has_no_ratio_is_refused():
    with pytest.raises(NotEstimableError, match="nobody gave the answer in any wave"):
        ratio(0, 0, 0, 9)
    with pytest.raises(MethodError, match="a count is -1; wanted 0 people or more"):
        ratio(1, -1, 2, 3)
    with pytest.raises(MethodError, match=r"no paired ratio method called 'tango'; .*'tang'"):
        ratio(1, 2, 3, 4, method="tango")
    with pytest.raises(MethodError, match=r"confidence_level is 95; wanted .* as 0\.95"):
        ratio(1, 2, 3, 4, confidence_level=95)
