"""Columns out of any engine: every digit, every value, and nothing where there was nothing."""

import datetime as dt
import decimal
import math

import duckdb
import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from surveylib.errors import ResponsesError
from surveylib.wave.fetched import factored, fetched, is_nothing


@pytest.mark.parametrize(
    ("column", "places", "values"),
    [
        (np.array([3, 1, 3]), [1, 0, 1], (1, 3)),
        (np.array([2.5, math.nan, 1.0]), [1, 2, 0], (1.0, 2.5, None)),
        (np.array(["b", None, math.nan, "a"], object), [1, 2, 2, 0], ("a", "b", None)),
        (np.array([True, False]), [1, 0], (False, True)),
        (np.array([pd.NA, "a", pd.NaT, None], object), [1, 0, 1, 1], ("a", None)),
        (np.array([], object), [], ()),
        (np.array([2**62, 2**62 + 1]), [0, 1], (2**62, 2**62 + 1)),
    ],
    ids=str,
)
def test_each_value_has_a_place_in_order_and_nothing_comes_last(column, places, values):
    found, known = factored(column)
    assert found.tolist() == places
    assert known == values


@pytest.mark.parametrize("value", [None, math.nan, np.nan, pd.NA, pd.NaT, np.datetime64("NaT")])
def test_what_libraries_write_for_nothing_is_nothing(value):
    assert is_nothing(value)


@pytest.mark.parametrize("value", [0, "", "nan", False, math.inf, "NA"])
def test_what_is_something_is_not_nothing(value):
    assert not is_nothing(value)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("SELECT unnest([9007199254740993, NULL]) AS q", [2**53 + 1, None]),
        ("SELECT unnest([1, 2]) AS q", [1, 2]),
        ("SELECT unnest([1.5::DOUBLE, NULL]) AS q", [1.5, math.nan]),
        ("SELECT unnest(['a', NULL]) AS q", ["a", None]),
        ("SELECT unnest([true, NULL]) AS q", [True, None]),
        ("SELECT unnest([DATE '2020-01-02', NULL]) AS q", [dt.date(2020, 1, 2), None]),
        ("SELECT unnest([DATE '0001-01-01']) AS q", [dt.date(1, 1, 1)]),
        ("SELECT 12345678901234567890.5::DECIMAL(38,1) AS q",
         [decimal.Decimal("12345678901234567890.5")]),
        ("SELECT 170141183460469231731687303715884105727::HUGEINT AS q", [2**127 - 1]),
        ("SELECT 'a'::ENUM('b', 'a') AS q", ["a"]),
        ("SELECT 1 AS q WHERE false", []),
        ("SELECT DATE '2020-01-02' AS q WHERE false", []),
    ],
)  # fmt: skip
def test_a_relation_of_duckdb_gives_its_values_as_they_are(query, values):
    found = fetched(nw.from_native(duckdb.sql(query)))["q"].tolist()
    # As texts, so that NaN is NaN and 1 is not True.
    assert list(map(repr, found)) == list(map(repr, values))


def test_whole_numbers_with_gaps_in_pandas_stay_whole():
    frame = pd.DataFrame({"q": pd.array([2**53 + 1, None], dtype="Int64")})
    whole, gap = fetched(nw.from_native(frame))["q"].tolist()
    assert whole == 2**53 + 1
    assert is_nothing(gap)


def test_what_duckdb_cannot_read_is_said_in_our_words():
    relation = duckdb.sql("SELECT error('no more rows') AS q")
    with pytest.raises(ResponsesError, match=r"DuckDB cannot read these rows \[FRAME-FILE\]"):
        fetched(nw.from_native(relation))
