"""Results as frames and as plain data: whole, stable, and readable without surveylib."""

import json

import pytest

import surveylib as sl

COLUMNS = {
    "wave", "question", "answer", "n", "n_effective", "estimate", "standard_error", "ci_low",
    "ci_high", "df", "design_effect", "base", "interval", "flags",
}  # fmt: skip


@pytest.fixture(scope="module")
def estimates(netclean):
    return sl.estimate(netclean, "region")


@pytest.fixture(scope="module")
def changes(netclean):
    return sl.change(netclean, "region")


def test_a_frame_of_estimates_has_the_promised_columns(estimates):
    frame = estimates.to_frame()
    assert set(frame.columns) >= COLUMNS
    assert len(frame) == len(estimates.rows)


def test_a_frame_holds_the_numbers_of_the_rows(estimates):
    frame = estimates.to_frame()
    for name in ("estimate", "ci_low", "ci_high", "n_effective", "standard_error", "n", "wave"):
        assert frame[name].tolist() == [getattr(row, name) for row in estimates.rows]


def test_types_of_a_frame_do_not_depend_on_what_is_missing(netclean, estimates):
    words = sl.estimate(netclean, "organised_groups_number_change")
    unknown = sl.estimate(netclean, "victim_id_unit")
    empty = sl.Estimates(rows=())
    assert words.to_frame()["estimate"].isna().all()
    assert unknown.to_frame()["n"].isna().all()
    types = estimates.to_frame().dtypes.astype(str).to_dict()
    for other in (words, unknown, empty):
        assert other.to_frame().dtypes.astype(str).to_dict() == types
    assert {types[name] for name in ("n", "estimate", "df", "flags")} == {
        "Int64",
        "Float64",
        "string",
    }


def test_types_of_a_frame_of_changes_do_not_depend_on_what_is_missing(netclean, changes):
    words = sl.change(netclean, "rising_trends")
    empty = sl.Changes(rows=())
    for frame in ("to_frame", "refused_frame"):
        types = getattr(changes, frame)().dtypes.astype(str).to_dict()
        for other in (words, empty):
            assert getattr(other, frame)().dtypes.astype(str).to_dict() == types


def test_a_frame_of_changes_has_the_differences_and_their_verdicts(changes):
    frame = changes.to_frame()
    assert frame["difference"].tolist() == [row.difference for row in changes.rows]
    assert frame["verdict"].tolist() == [row.verdict for row in changes.rows]
    assert len(changes.refused_frame()) == len(changes.refused)


def test_a_frame_can_be_changed_without_changing_the_result(estimates):
    frame = estimates.to_frame()
    frame.loc[:, "estimate"] = 0.5
    assert estimates.rows[0].estimate == 0.611


@pytest.mark.parametrize(
    ("question", "schema"), [("region", "estimates"), ("victim_id_unit", "estimates")]
)
def test_plain_data_of_estimates_is_valid_json_with_a_schema(netclean, question, schema):
    found = sl.estimate(netclean, question)
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["schema"] == f"surveylib.{schema}/1"
    assert [row["read_as"] for row in data["rows"]] == [row.read_as for row in found.rows]
    assert len(data["not_printed"]) == len(found.not_printed)


@pytest.mark.parametrize("question", ["region", "rising_trends"])
def test_plain_data_of_changes_is_valid_json_with_a_schema(netclean, question):
    found = sl.change(netclean, question)
    data = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert data["schema"] == "surveylib.changes/1"
    assert [row["difference"] for row in data["rows"]] == [row.difference for row in found.rows]
    assert [row["reasons"] for row in data["refused"]] == [
        list(row.reasons) for row in found.refused
    ]


def test_equal_questions_have_equal_results(netclean, estimates, changes):
    assert sl.estimate(netclean, "region") == estimates
    assert sl.change(netclean, "region") == changes


def test_a_result_remembers_its_method_level_and_design_effect(netclean):
    options = {"confidence_level": 0.9, "design_effect": 1.5}
    row = sl.estimate(netclean, "region", interval="jeffreys", **options).rows[0]
    assert (row.interval, row.confidence_level, row.design_effect) == ("jeffreys", 0.9, 1.5)
    changed = sl.change(netclean, "region", method="mee", **options).rows[0]
    assert (changed.method, changed.confidence_level, changed.design_effect) == ("mee", 0.9, 1.5)
    assert changed.samples == "independent"
