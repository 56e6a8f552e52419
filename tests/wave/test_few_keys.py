"""How many combinations are to be expected: never few where a part of the rows has its own."""

import math

import duckdb
import pandas as pd
import pytest

from surveylib.wave import few_keys
from surveylib.wave.few_keys import expected
from surveylib.wave.framed import FrameColumns

ROWS = 60_000


def table(columns):
    made = duckdb.connect().sql(f"SELECT {columns} FROM range({ROWS}) AS rows(row)")  # noqa: S608
    return FrameColumns(made)


def known(columns, *names):
    found = table(columns)
    assert found.weighing(None, spans=names) is not None
    return found


def test_ends_of_whole_numbers_say_how_many_there_may_be(monkeypatch):
    found = known("row % 7 AS s, row % 5 AS p", "s", "p")
    monkeypatch.setattr(few_keys, "fetched", None)  # would stop a look at rows
    assert (found.span("s"), found.span("p")) == (8, 6)  # no value is one, too
    assert expected(found, ["s", "p"], 48) == 48
    assert expected(found, [], 0) == 1


def test_no_more_are_to_be_expected_than_there_are_rows(monkeypatch):
    found = known("row * 1000 AS p", "p")
    monkeypatch.setattr(few_keys, "fetched", None)  # would stop a look at rows
    assert expected(found, ["p"], ROWS) == ROWS


@pytest.mark.parametrize("columns", ["row % 7 * 1000000 AS p", "'unit ' || row % 7 AS p"])
@pytest.mark.parametrize("part", [20_000, 1_000_000])
def test_units_that_every_block_has_are_all_that_there_are(monkeypatch, columns, part):
    monkeypatch.setattr(few_keys, "_LEAST", part)
    assert expected(known(columns, "p"), ["p"], 6) == 7


@pytest.mark.parametrize("part", [20_000, 1_000_000])
def test_every_respondent_one_unit_is_expected_of_all_rows(monkeypatch, part):
    monkeypatch.setattr(few_keys, "_LEAST", part)
    assert expected(known("row * 3 AS p", "p"), ["p"], 1_000) == pytest.approx(ROWS)


@pytest.mark.parametrize("first", ["<", ">="])
def test_waves_one_below_the_other_of_which_one_is_clustered_are_many(first):
    here = f"row {first} {ROWS // 2}"
    found = known(f"{here} AS wave, CASE WHEN {here} THEN row % 10 ELSE row END AS p", "p")
    assert ROWS / 4 < expected(found, ["wave", "p"], 1_000) <= ROWS


def test_units_whose_respondents_stand_together_are_expected_of_all_rows():
    assert expected(known("row // 100 AS p", "p"), ["p"], 100) == pytest.approx(600, rel=0.1)


def test_a_library_without_a_cheap_part_says_nothing():
    found = FrameColumns(pd.DataFrame({"p": ["a", "b"] * 10}))
    assert expected(found, ["p"], 5) == math.inf


def test_a_part_without_rows_says_nothing(monkeypatch):
    monkeypatch.setattr(few_keys, "_MOST", 0.001)
    assert expected(known("'unit ' || row % 7 AS p", "p"), ["p"], 6) == math.inf
