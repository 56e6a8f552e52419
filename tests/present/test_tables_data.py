"""Data has full digits, no formulas, and a dictionary that says what each column is."""

import csv
import dataclasses
import json

import pandas as pd
import pytest

import surveylib as sl
from surveylib.analysis.bounded import BoundedShare
from surveylib.analysis.changes import Change
from surveylib.analysis.decompositions import Decomposition, Share
from surveylib.analysis.results import Estimate
from surveylib.analysis.shifts import Shift
from surveylib.analysis.standardise import StandardisedShare
from surveylib.analysis.trends import Trend
from surveylib.errors import MethodError
from surveylib.present.tables_dictionary import UNITS, meanings

KINDS = (Estimate, Change, Trend, StandardisedShare, Decomposition, Share, Shift, BoundedShare)
FRAME = pd.DataFrame(
    {
        "w": ["2022"] * 9 + ["2023"] * 8 + ["2024"] * 10,
        "g": ["u", "v", "v"] * 9,
        "q": ["yes"] * 3 + ["no"] * 6 + ["yes"] * 2 + ["no"] * 6 + ["yes"] * 5 + ["no"] * 5,
    }
)


def read(folder, name):
    return list(csv.DictReader((folder / name).read_text("utf-8").splitlines()))


RESULTS = {
    "estimates": sl.estimate(FRAME, "q", wave="w"),
    "changes": sl.change(FRAME, "q", wave="w"),
    "trends": sl.trend(FRAME, "q", wave="w"),
    "crosstab": sl.crosstab(FRAME, "g", "q"),
}


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_the_dictionary_names_every_column_in_order_with_a_meaning(tmp_path, result):
    sl.write_data(result, tmp_path)
    told = read(tmp_path, "dictionary.csv")
    head = (tmp_path / "data.csv").read_text("utf-8").splitlines()[0].split(",")
    assert [row["column"] for row in told] == head
    assert all(row["meaning"] for row in told)


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_every_number_has_a_unit_and_no_text_has(tmp_path, result):
    sl.write_data(result, tmp_path)
    for row in read(tmp_path, "dictionary.csv"):
        assert bool(row["unit"]) == (row["type"] not in {"text", "texts, joined by “; ”"}), row


@pytest.mark.parametrize("kind", [Estimate, Change, Trend])
def test_every_field_has_a_meaning_in_its_docstring(kind):
    assert set(meanings(kind)) == {field.name for field in dataclasses.fields(kind)}


def test_every_unit_is_of_a_column_that_exists():
    fields = {field.name for kind in KINDS for field in dataclasses.fields(kind)}
    assert set(UNITS) <= fields | {"share_of_all"}


def test_shares_have_full_digits(tmp_path):
    sl.write_data(RESULTS["estimates"], tmp_path)
    found = {(row["wave"], row["answer"]): float(row["estimate"])
             for row in read(tmp_path, "data.csv")}  # fmt: skip
    assert found["2022", "yes"] == 3 / 9
    assert found["2023", "no"] == 6 / 8


def test_changes_bring_the_shares_of_both_waves(tmp_path):
    sl.write_data(RESULTS["changes"], tmp_path)
    first = next(row for row in read(tmp_path, "data.csv") if row["answer"] == "yes")
    assert (first["from_wave"], first["to_wave"]) == ("2022", "2023")
    assert (float(first["from_share"]), float(first["to_share"])) == (3 / 9, 2 / 8)
    assert (first["from_n"], first["to_n"]) == ("9", "8")


def test_trends_bring_the_shares_of_all_waves(tmp_path):
    sl.write_data(RESULTS["trends"], tmp_path)
    first = next(row for row in read(tmp_path, "data.csv") if row["answer"] == "yes")
    assert [float(one) for one in first["points_share"].split("; ")] == [3 / 9, 2 / 8, 5 / 10]


def test_a_crosstab_has_the_share_of_all_of_each_cell(tmp_path):
    sl.write_data(RESULTS["crosstab"], tmp_path)
    shares = [float(row["share_of_all"]) for row in read(tmp_path, "data.csv")]
    assert sum(shares) == pytest.approx(1)


@pytest.mark.parametrize("result", RESULTS.values(), ids=RESULTS)
def test_json_is_what_the_result_says_of_itself(tmp_path, result):
    sl.write_data(result, tmp_path)
    found = json.loads((tmp_path / "data.json").read_text("utf-8"))
    assert found == json.loads(json.dumps(result.to_dict(), default=list))


def test_no_cell_begins_as_a_formula(tmp_path):
    source = RESULTS["estimates"]
    rows = tuple(dataclasses.replace(row, title="=1+1", answer_text="@x") for row in source.rows)
    sl.write_data(dataclasses.replace(source, rows=rows), tmp_path)
    assert {row["title"] for row in read(tmp_path, "data.csv")} == {"'=1+1"}
    assert {row["answer_text"] for row in read(tmp_path, "data.csv")} == {"'@x"}


def test_the_same_result_gives_the_same_files(tmp_path):
    paths = [sl.write_data(RESULTS["changes"], tmp_path / name) for name in "ab"]
    assert [one.name for one in paths[0]] == ["data.csv", "data.json", "dictionary.csv"]
    for one, other in zip(*paths, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_what_has_no_data_is_refused(tmp_path):
    with pytest.raises(MethodError, match="result is a str; wanted one of: Estimates, Changes"):
        sl.write_data("x", tmp_path)
