"""A design, declared and read: what cannot be meant is refused, with its rows and what to do."""

from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from surveylib.errors import DesignError, MethodError
from surveylib.wave.design import LONELY, REPLICATIONS, Design
from surveylib.wave.design_model import DesignColumns
from surveylib.wave.design_units import read_design

few = settings(max_examples=40, deadline=None)
JK = {"weights": "w", "replicate_weights": ("r1", "r2"), "replication": "jk1"}


def read(columns, n=None, records=None, decimal=".", **design):
    n = len(next(iter(columns.values()))) if n is None else n
    return read_design(
        Design(**design), columns, n, name="demo.csv", records=records, decimal=decimal
    )


def faults(columns, **parts):
    with pytest.raises(DesignError, match=r"demo\.csv") as caught:
        read(columns, **parts)
    return caught.value.faults


def fault(code, columns, **parts):
    """The one fault of a small case."""
    (found,) = faults(columns, **parts)
    assert found.code == code, found
    return found


def told(code, units):
    found = [one for one in units.warnings if one.code == code]
    assert found, units.warnings
    return found[0]


def codes(units):
    return [one.code for one in units.warnings]


# What is declared


def test_a_design_of_nothing_is_a_simple_random_sample():
    units = read({"x": [1, 2, 3]})
    assert units.weights.tolist() == [1, 1, 1]
    assert units.strata == ("",)
    assert units.psu.tolist() == [-1, -1, -1]
    assert units.psu_stratum.size == 0
    assert units.sampled.tolist() == [3]
    assert units.fraction.tolist() == [0]
    assert units.equal
    assert units.second is None
    assert units.replicates is None
    assert units.warnings == ()


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"ssu": "b"}, "the first stage is not: name 'psu'"),
        ({"ssu_population": "b"}, "the first stage is not: name 'psu'"),
        ({"psu": "c", "ssu": "b"}, "population sizes: name 'population', or leave out"),
        ({"nested": False}, "nested=False .* name 'psu' and 'strata'"),
        ({"nested": "no", "psu": "c", "strata": "s"}, "nested: got 'no', wanted True or False"),
        ({"lonely": "adjust"}, "lonely='adjust' .* name 'strata'"),
        ({"lonely": "remove", "strata": "s"}, "no lonely method called 'remove'"),
        ({"df": "domains"}, "no df method called 'domains'; did you mean 'domain'"),
        ({"centre": "full sample"}, "no centre method called 'full sample'"),
        ({"centre": "mean"}, "centre is about replicate weights"),
        ({"rho": 0.3}, "rho is about replicate weights"),
        ({"replicate_scale": 0.3}, "replicate_scale is about replicate weights"),
        ({"replicate_factors": (1.0,)}, "replicate_factors is about replicate weights"),
        ({"replicate_weights": ("r1", "r2")}, "not how they were made: say 'replication', one of"),
        ({"replicate_weights": "r1"}, "replicate_weights: got 'r1', wanted several in a tuple"),
        ({"replication": "jk1"}, "no replicate weights: name their columns"),
        (JK | {"replication": "jk2"}, "no replication method called 'jk2'; did you mean 'jk"),
        (JK | {"weights": None}, "need the main weight: name 'weights'"),
        (JK | {"replicate_weights": ("r1",)}, "with 1 replicate weights: wanted at least 2"),
        (JK | {"replication": "acs"}, "replication='acs' with 2 replicate weights: wanted 80"),
        (JK | {"replication": "fay"}, "replication='fay' needs 'rho'"),
        (JK | {"rho": 0.5}, "rho belongs to replication='fay': leave it out with 'jk1'"),
        (JK | {"replication": "fay", "rho": 0}, "rho: got '0', .* with 0 they are 'brr'"),
        (JK | {"replication": "fay", "rho": 1.0}, "rho: got '1.0', wanted a number between"),
        (JK | {"replication": "fay", "rho": float("nan")}, "rho: got 'nan'"),
        (JK | {"replication": "jkn"}, "needs 'replicate_scale' or 'replicate_factors'"),
        (JK | {"replication": "bootstrap"}, "needs 'replicate_scale' or 'replicate_factors'"),
        (JK | {"replicate_scale": 0.5}, "replication='jk1' has a scale of its own"),
        (JK | {"replication": "bootstrap", "replicate_scale": -1}, "replicate_scale: got '-1'"),
        (JK | {"replication": "jkn", "replicate_factors": (1,)}, "1 replicate_factors for 2"),
        (JK | {"replication": "jkn", "replicate_factors": (1, -1)}, "replicate_factors: got '-1'"),
        (JK | {"population": "N"}, "carry population sizes and lonely PSUs already"),
        (JK | {"strata": "s", "lonely": "adjust"}, "carry population sizes and lonely PSUs"),
        (JK | {"replicate_weights": ("r1", "w")}, "main weight 'w' is no replicate weight"),
        (JK | {"replicate_weights": ("r1", "r1")}, "replicate_weights names 'r1' twice"),
        ({"strata": "s", "psu": "s"}, "column 's' is named for strata and for psu"),
        ({"weights": " "}, "weights: got ' ', wanted the name of a column"),
        ({"weights": 3}, "weights: got '3', wanted the name of a column"),
        (JK | {"replicate_weights": ("r1", None)}, "replicate_weights: got 'None'"),
    ],
)
def test_parts_that_do_not_go_together_are_refused_with_what_to_do(parts, message):
    with pytest.raises(MethodError, match=message):
        Design(**parts)


@pytest.mark.parametrize("count", [0, -1, 2.0, True])
def test_a_count_of_numbered_columns_is_a_whole_number(count):
    with pytest.raises(MethodError, match=r"count: got .* wanted a whole number from 1"):
        Design.numbered("r", count)


def test_every_way_of_making_replicates_can_be_declared():
    for name, kind in REPLICATIONS.items():
        design = Design(
            weights="w",
            replicate_weights=list(Design.numbered("r", kind.replicates or 4)),
            replication=name,
            rho=0.5 if name == "fay" else None,
            replicate_scale=0.1 if kind.published else None,
        )
        assert design.names[:3] == ("w", "r1", "r2")
        assert kind.words in design.describe()


def test_a_description_says_what_the_same_code_in_two_strata_means():
    nested = Design(strata="s", psu="c").describe()
    assert "PSUs are nested in strata: the same code in two strata means two PSUs." in nested
    crossed = Design(strata="s", psu="c", nested=False).describe()
    assert "A PSU code stands for one PSU, in one stratum." in crossed


@pytest.mark.parametrize("lonely", LONELY)
def test_a_description_says_what_a_stratum_with_one_psu_does(lonely):
    assert LONELY[lonely] in Design(strata="s", psu="c", lonely=lonely).describe()


def test_a_description_names_every_column_of_every_stage():
    design = Design(
        weights="w", strata="s", psu="c", population="N", ssu="b", ssu_population="M"
    ).describe()
    assert all(f"'{name}'" in design for name in "wscNbM")


# What wave.yaml declares


def test_columns_of_wave_yaml_are_named_as_the_wave_names_them():
    block = DesignColumns.model_validate(
        {"weights": "w", "strata": "s", "psu": "c", "nested": "no", "lonely": "adjust"}
    )
    wanted = Design(weights="keep:w", strata="keep:s", psu="keep:c", nested=False, lonely="adjust")
    assert block.as_design() == wanted


def test_numbers_of_wave_yaml_stand_as_text():
    block = {"weights": "w", "replicate_weights": ["r1", "r2"], "replication": "jkn"}
    block = DesignColumns.model_validate(block | {"replicate_factors": ["0.5", "0.75"]})
    assert block.as_design().replicate_factors == (0.5, 0.75)


def test_parts_of_wave_yaml_that_do_not_go_together_are_one_fault():
    with pytest.raises(ValidationError, match="name 'psu'") as caught:
        DesignColumns.model_validate({"ssu": "b"})
    (found,) = caught.value.errors()
    assert found["ctx"]["code"] == "DESIGN"


def test_a_column_that_wave_yaml_does_not_keep_is_named_with_the_nearest():
    ((place, code, what, parts),) = DesignColumns(weights="wieght").not_kept(["weight", "s"])
    assert (place, code) == (("design", "weights"), "DESIGN-COLUMN")
    assert what == "no column is kept as 'wieght'"
    assert parts["todo"] == "did you mean 'weight'?"


def wave_of(**manifest):
    return SimpleNamespace(name="2026", manifest=SimpleNamespace(**manifest))


def test_a_wave_without_a_design_and_without_weights_is_a_simple_random_sample():
    assert Design.from_wave(wave_of(weighting="none")) == Design()
    assert Design.from_wave(SimpleNamespace(name="2026", manifest=None)) == Design()


def test_a_wave_that_says_weighted_and_not_by_which_column_is_refused():
    with pytest.raises(MethodError, match=r"wave 2026 .*'weighting: raked'.* under 'design'"):
        Design.from_wave(wave_of(weighting="raked"))


def test_a_wave_gives_the_design_of_its_yaml():
    declared = DesignColumns(weights="w")
    found = Design.from_wave(wave_of(weighting="raked", design=declared))
    assert found == Design(weights="keep:w")


# Columns as a whole


def test_a_column_that_is_not_there_is_named_with_the_nearest():
    found = fault("DESIGN-COLUMN", {"weight": [1, 2]}, weights="wieght")
    assert found.what == "no column called 'wieght', which the design names for weights"
    assert found.todo == "did you mean 'weight'?"


def test_a_kept_column_of_a_wave_is_offered_by_its_whole_name():
    found = fault("DESIGN-COLUMN", {"keep:w": ["1", "2"]}, weights="w")
    assert found.todo == "did you mean 'keep:w'?"


@pytest.mark.parametrize("column", [[1.0], np.ones((3, 2)), "abc", np.float64(1), 1, None])
def test_a_column_of_another_length_is_refused(column):
    found = fault("DESIGN-LENGTH", {"w": column}, n=3, weights="w")
    assert found.wanted == "(3,)"


@pytest.mark.parametrize("role", ["weights", "strata"])
def test_a_column_of_lists_is_refused(role):
    found = fault("DESIGN-VALUE", {"w": [[1, 2], [3, 4]]}, **{role: "w"})
    assert found.what == "column 'w' holds lists or the like"


def test_no_rows_are_no_sample():
    assert fault("DESIGN-EMPTY", {"w": []}, weights="w").what.startswith("there are no rows")


def test_every_fault_is_found_at_once():
    columns = {"w": [-1, 1, 1, 1], "s": ["a", "a", "", "b"], "c": ["1", None, "3", "4"]}
    found = faults(columns, weights="w", strata="s", psu="c", population="N")
    assert [one.code for one in found] == [
        "WEIGHT-NEGATIVE",
        "STRATUM-MISSING",
        "PSU-MISSING",
    ]


# Weights


@pytest.mark.parametrize("missing", [None, "", "  ", float("nan"), pd.NA, pd.NaT])
def test_a_missing_weight_is_refused(missing):
    found = fault("WEIGHT-MISSING", {"w": ["1.5", missing, "2"]}, weights="w")
    assert found.got.startswith("'w', record 2: ")
    assert "leave these rows out yourself" in found.todo


@pytest.mark.parametrize(
    "text", ["abc", "1,5", "1_000", "nan", "inf", "NA", "１２", "0x10", "1 000", True, b"1"]
)
def test_a_weight_that_is_no_number_is_refused(text):
    found = fault("WEIGHT-TEXT", {"w": ["1.5", "2", text]}, weights="w")
    assert found.got.startswith("'w', record 3: ")


@pytest.mark.parametrize("value", [float("inf"), -float("inf"), "1e999"])
def test_an_infinite_weight_is_refused(value):
    assert fault("WEIGHT-INFINITE", {"w": [1.0, value]}, weights="w").got.startswith("'w', rec")


def test_a_negative_weight_is_refused_with_its_record_and_value():
    found = fault("WEIGHT-NEGATIVE", {"w": ["1", "-0.5", "2"]}, weights="w")
    assert found.file == "demo.csv"
    assert found.got == "'w', record 2: '-0.5'"


def test_the_first_five_rows_are_named_and_how_many_more():
    found = fault("WEIGHT-NEGATIVE", {"w": [-1.0] * 8 + [1.0]}, weights="w")
    assert found.got.endswith("record 5: '-1.0' and 3 more")
    assert "record 6" not in found.got


def test_rows_go_by_their_record_numbers():
    columns = {"w": [1, -1]}
    assert fault("WEIGHT-NEGATIVE", columns, weights="w", records=[4, 17]).got.startswith(
        "'w', record 17"
    )


def test_weights_of_zero_are_allowed_and_told():
    units = read({"w": [0, 1, 1]}, weights="w")
    assert units.weights.tolist() == [0, 1, 1]
    assert told("WEIGHT-ZERO", units).got == "record 1"
    assert not units.equal


def test_weights_that_are_all_zero_are_refused():
    assert fault("WEIGHT-ALL-ZERO", {"w": [0, 0]}, weights="w").what.endswith("every weight is 0")


@pytest.mark.parametrize(
    "column",
    [
        ["1.5", "2", "1e1"],
        [1.5, 2, 10],
        [Decimal("1.5"), 2, "10"],
        np.array([1.5, 2, 10]),
        np.array(["1.5", "2", "+10."]),
        pd.Series([1.5, 2, 10], dtype="Float64"),
        np.ma.masked_array([1.5, 2, 10], mask=[False] * 3),
    ],
)
def test_weights_are_the_same_however_they_stand(column):
    assert read({"w": column}, weights="w").weights.tolist() == [1.5, 2, 10]


def test_a_masked_weight_is_missing():
    column = np.ma.masked_array([1.5, 2, 10], mask=[False, True, False])
    assert "record 2" in fault("WEIGHT-MISSING", {"w": column}, weights="w").got


def test_a_decimal_comma_is_read_where_it_is_declared():
    assert read({"w": ["1,5", "2"]}, weights="w", decimal=",").weights.tolist() == [1.5, 2]
    assert fault("WEIGHT-TEXT", {"w": ["1.5", "2"]}, weights="w", decimal=",").got


def test_one_weight_of_forty_per_cent_is_told_with_kishs_effective_n():
    # (6 + 9)² / (36 + 9) = 5 of 10 respondents; the largest is 6 of 15
    units = read({"w": [6] + [1] * 9}, weights="w")
    found = told("WEIGHT-LARGE", units)
    assert "40.0%" in found.what
    assert "record 1: '6.0'" in found.got
    assert "5.0 of 10" in found.got


def test_weights_that_vary_more_than_a_thousand_to_one_are_told():
    weights = np.ones(4000)
    weights[7] = 1 / 1001
    assert "1,001 to 1" in told("WEIGHT-LARGE", read({"w": weights}, weights="w")).got
    weights[7] = 1 / 1000
    assert read({"w": weights}, weights="w").warnings == ()


def test_a_few_respondents_of_equal_weight_are_no_large_weights():
    assert read({"w": [3, 3, 3]}, weights="w").warnings == ()


@pytest.mark.parametrize("size", [1e-300, 1e300, 2.9e307])
def test_weights_of_any_size_are_compared(size):
    units = read({"w": np.array([6] + [1] * 9) * size}, weights="w")
    assert "5.0 of 10" in told("WEIGHT-LARGE", units).got


@pytest.mark.parametrize(
    ("weights", "words"),
    [([0.2, 0.3, 0.5], "add up to 1:"), ([0.5, 1, 1.5], "the number of respondents")],
)
def test_weights_that_count_nobody_are_told(weights, words):
    units = read({"w": weights}, weights="w")
    assert words in told("WEIGHT-SUM", units).what
    assert read({"w": [20, 30, 50]}, weights="w").warnings == ()


# Strata and PSUs


@pytest.mark.parametrize("missing", [None, "", " ", float("nan"), pd.NA])
@pytest.mark.parametrize(("role", "word"), [("strata", "STRATUM"), ("psu", "PSU")])
def test_a_missing_code_is_refused(missing, role, word):
    columns = {"k": ["a", "a", missing, "b", "b"]}
    found = fault(f"{word}-MISSING", columns, **{role: "k"})
    assert found.got.startswith("record 3: ")


def test_codes_that_differ_only_in_blanks_are_refused():
    found = fault("STRATUM-ALIKE", {"s": ["a", "a ", "b", "b"]}, strata="s")
    assert found.got == "'a'"


def test_a_code_that_stands_as_number_and_as_text_is_refused():
    found = fault("PSU-ALIKE", {"c": [1, "1", 2, 2]}, psu="c")
    assert found.got == "'1'"


def test_whole_numbers_are_the_same_codes_as_floats_as_integers_and_as_texts():
    for column in ([10, 2, 2, 10], [10.0, 2.0, 2.0, 10.0], np.array([10, 2, 2, 10], np.int8)):
        assert read({"s": column}, strata="s").strata == ("2", "10")
    assert read({"s": ["10", "2", "2", "10"]}, strata="s").strata == ("10", "2")


def test_psus_are_counted_over_all_strata():
    columns = {"s": ["b", "a", "a", "b", "a"], "c": ["1", "1", "2", "2", "1"]}
    units = read(columns, strata="s", psu="c")
    assert units.strata == ("a", "b")
    assert units.stratum.tolist() == [1, 0, 0, 1, 0]
    assert units.psu.tolist() == [2, 0, 1, 3, 0]
    assert units.psu_stratum.tolist() == [0, 0, 1, 1]
    assert units.sampled.tolist() == [2, 2]
    assert {one.dtype for one in (units.stratum, units.psu, units.psu_stratum)} == {
        np.dtype(np.int32)
    }


def test_a_psu_in_two_strata_is_refused_unless_codes_are_nested():
    columns = {"s": ["a", "a", "b", "b"], "c": ["1", "2", "2", "3"]}
    found = fault("PSU-NESTED", columns, strata="s", psu="c", nested=False)
    assert found.got == "'2' in 'a' (record 2), 'b' (record 3)"
    assert "nested=True" in found.todo
    units = read(columns, strata="s", psu="c")
    assert len(units.psu_stratum) == 4
    assert told("PSU-REUSED", units).got == found.got


def test_psus_that_are_numbered_afresh_in_each_stratum_are_not_odd():
    columns = {"s": ["a", "a", "b", "b"], "c": ["1", "2", "1", "2"]}
    assert read(columns, strata="s", psu="c").warnings == ()


def test_psus_with_codes_of_their_own_are_the_same_nested_or_not():
    columns = {"s": ["a", "a", "b", "b"], "c": ["1", "2", "3", "4"]}
    crossed = read(columns, strata="s", psu="c", nested=False)
    assert crossed.psu.tolist() == read(columns, strata="s", psu="c").psu.tolist()


def test_one_psu_in_the_whole_design_is_refused():
    found = fault("PSU-ONE", {"c": ["1", "1", "1"]}, psu="c")
    assert "one PSU in the whole design" in found.what
    assert "one respondent in the whole" in fault("PSU-ONE", {"x": [1]}).what


def test_a_stratum_with_one_psu_is_refused_by_name_with_the_options():
    columns = {"s": ["a", "a", "b", "b"], "c": ["1", "2", "1", "1"]}
    found = fault("STRATUM-LONELY", columns, strata="s", psu="c")
    assert found.got == "'b'"
    assert all(way in found.todo for way in set(LONELY) - {"error"})


def test_a_stratum_with_one_respondent_is_refused_where_respondents_were_drawn():
    found = fault("STRATUM-LONELY", {"s": ["a", "a", "b"]}, strata="s")
    assert found.what == "strata with one respondent"


@pytest.mark.parametrize("lonely", [name for name in LONELY if name != "error"])
def test_a_stratum_with_one_psu_is_told_where_an_option_says_what_it_does(lonely):
    columns = {"s": ["a", "a", "b", "b"], "c": ["1", "2", "1", "1"]}
    units = read(columns, strata="s", psu="c", lonely=lonely)
    assert told("STRATUM-LONELY", units).todo == LONELY[lonely]


@pytest.mark.parametrize("lonely", LONELY)
def test_strata_with_one_psu_each_leave_no_degrees_of_freedom(lonely):
    found = fault("DESIGN-FREEDOM", {"s": ["a", "b", "c"]}, strata="s", lonely=lonely)
    assert "put strata together" in found.todo


def test_a_stratum_drawn_as_a_whole_is_not_lonely():
    columns = {"s": ["a", "a", "b"], "N": [8, 8, 1]}
    units = read(columns, strata="s", population="N")
    assert units.fraction.tolist() == [0.25, 1]
    assert told("POPULATION-CENSUS", units).got == "'b': 1 of which 1 were drawn"
    assert "STRATUM-LONELY" not in codes(units)


# Population sizes

FOUR = {"s": ["a", "a", "b", "b"]}


def test_sizes_and_fractions_say_the_same():
    sizes = read(FOUR | {"N": [8, 8, 4, 4]}, strata="s", population="N")
    shares = read(FOUR | {"N": ["0.25", "0.25", ".5", ".5"]}, strata="s", population="N")
    assert sizes.fraction.tolist() == shares.fraction.tolist() == [0.25, 0.5]


@pytest.mark.parametrize(
    ("code", "sizes", "got"),
    [
        ("MISSING", [8, 8, None, 4], "'N', record 3: 'None'"),
        ("TEXT", [8, 8, "many", 4], "'N', record 3: 'many'"),
        ("INFINITE", [8.0, 8.0, float("inf"), 4.0], "'N', record 3: 'inf'"),
        ("NEGATIVE", [8, 8, -4, 4], "'N', record 3: '-4'"),
        ("ZERO", [8, 8, 0, 0], "record 3: '0', record 4: '0'"),
        ("WHOLE", [8, 8, 4.5, 4.5], "record 3: '4.5', record 4: '4.5'"),
        ("MIXED", [8, 8, 0.5, 0.5], "record 3: '0.5', record 4: '0.5'"),
        ("MIXED", [1, 1, 0.5, 0.5], "record 3: '0.5', record 4: '0.5'"),
        ("VARIES", [8, 8, 5, 4], "'b': record 3: '5'"),
        ("SMALL", [8, 8, 1, 1], "'b': 1 of which 2 were drawn"),
    ],
)
def test_a_population_that_cannot_be_is_refused(code, sizes, got):
    columns = FOUR | {"N": sizes}
    assert fault(f"POPULATION-{code}", columns, strata="s", population="N").got == got


def test_a_population_of_one_is_one_unit_and_never_all_of_them():
    found = fault("POPULATION-SMALL", FOUR | {"N": [1] * 4}, strata="s", population="N")
    assert "1 is one unit" in found.todo


def test_a_population_as_large_as_the_sample_is_told():
    units = read({"N": [3, 3, 3]}, population="N")
    assert units.fraction.tolist() == [1]
    assert "no sampling error" in told("POPULATION-CENSUS", units).what


def test_a_population_counts_psus_where_psus_were_drawn():
    columns = {"c": ["1", "1", "1", "2"], "N": [4] * 4}
    assert read(columns, psu="c", population="N").fraction.tolist() == [0.5]


# Second stage

TWO = {"c": ["x", "x", "y", "y", "y"], "N": [4] * 5, "M": [10, 10, 6, 6, 6]}
STAGES = {"psu": "c", "population": "N", "ssu_population": "M"}


def test_respondents_drawn_within_psus_have_the_fraction_of_their_psu():
    second = read(TWO, **STAGES).second
    assert second.unit.tolist() == [-1] * 5
    assert second.sampled.tolist() == [2, 3]
    assert second.fraction.tolist() == [0.2, 0.5]


def test_units_within_psus_are_counted_over_all_psus():
    columns = TWO | {"b": ["1", "2", "1", "2", "2"], "M": [10, 10, 4, 4, 4]}
    second = read(columns, ssu="b", **STAGES).second
    assert second.unit.tolist() == [0, 1, 2, 3, 3]
    assert second.group.tolist() == [0, 0, 1, 1]
    assert second.fraction.tolist() == [0.2, 0.5]


def test_units_within_psus_without_sizes_have_no_fraction():
    columns = TWO | {"b": ["1", "2", "1", "2", "2"]}
    second = read(columns, psu="c", population="N", ssu="b").second
    assert second.fraction.tolist() == [0, 0]


def test_a_missing_second_stage_code_is_refused():
    columns = TWO | {"b": ["1", "2", "1", None, "2"]}
    assert fault("SSU-MISSING", columns, ssu="b", **STAGES).got == "record 4: 'None'"


def test_a_second_stage_unit_in_two_psus_is_refused_unless_codes_are_nested():
    columns = TWO | {"b": ["1", "2", "2", "3", "4"]}
    found = fault("SSU-NESTED", columns, ssu="b", nested=False, **STAGES)
    assert found.got == "'2' in 'x' (record 2), 'y' (record 3)"


def test_a_second_stage_size_that_varies_within_a_psu_is_refused():
    columns = TWO | {"M": [10, 10, 6, 7, 6]}
    assert fault("POPULATION-VARIES", columns, **STAGES).got == "'y': record 4: '7'"


def test_a_psu_smaller_than_its_sample_is_refused():
    columns = TWO | {"M": [10, 10, 2, 2, 2]}
    assert fault("POPULATION-SMALL", columns, **STAGES).got == "'y': 2 of which 3 were drawn"


def test_a_psu_with_one_respondent_is_refused_unless_it_has_no_other():
    columns = {"c": ["x", "y", "y"], "N": [4] * 3, "M": [3, 6, 6]}
    assert fault("PSU-LONELY", columns, **STAGES).got == "'x'"
    assert read(columns | {"M": [1, 6, 6]}, **STAGES).second.fraction.tolist() == [1, 1 / 3]


# Replicate weights

REPLICATED = {"w": [1, 2, 3, 4], "r1": [0, 3, 4, 5], "r2": [2, 0, 3, 4]}


def test_replicate_weights_stand_side_by_side():
    units = read(REPLICATED, **JK)
    assert units.replicates.tolist() == [[0, 2], [3, 0], [4, 3], [5, 4]]
    assert units.warnings == ()


@pytest.mark.parametrize(
    ("code", "column"),
    [
        ("MISSING", [0, None, 4, 5]),
        ("TEXT", [0, "x", 4, 5]),
        ("INFINITE", [0, float("inf"), 4, 5]),
        ("NEGATIVE", [0, -3, 4, 9]),
    ],
)
def test_replicate_weights_that_cannot_be_are_one_fault_over_all_columns(code, column):
    found = fault(f"REPLICATE-{code}", REPLICATED | {"r1": column, "r2": column}, **JK)
    assert found.got.startswith("'r1', record 2: ")
    assert found.got.endswith("; and 1 more columns")


@pytest.mark.parametrize("name", ["sdr", "acs"])
def test_negative_weights_of_successive_differences_are_told(name):
    names = Design.numbered("r", REPLICATIONS[name].replicates or 4)
    columns = {"w": [1, 2, 3, 4]} | {name: [-1, 3, 4, 5] for name in names}
    units = read(columns, weights="w", replicate_weights=names, replication=name)
    assert told("REPLICATE-NEGATIVE", units).got.startswith("'r1', record 1: '-1'")


def test_replicate_weights_that_all_equal_the_main_weight_are_refused():
    same = REPLICATED | {"r1": [1, 2, 3, 4], "r2": ["1", "2.0", "3", "4"]}
    assert "nothing would vary" in fault("REPLICATE-ALL-MAIN", same, **JK).what


def test_a_main_weight_among_the_replicate_weights_is_refused_by_its_values():
    found = fault("REPLICATE-MAIN", REPLICATED | {"r2": [1, 2, 3, 4]}, **JK)
    assert found.got == "'r2'"


def test_a_replicate_of_successive_differences_may_be_the_main_weight():
    # make_sdr_replicate_factors of R svrep, with a normal Hadamard matrix, has one such column.
    columns = REPLICATED | {"r2": [1, 2, 3, 4]}
    assert told("REPLICATE-MAIN", read(columns, **JK | {"replication": "sdr"})).got == "'r2'"


def test_a_replicate_weight_that_is_zero_throughout_is_refused():
    found = fault("REPLICATE-ALL-ZERO", REPLICATED | {"r1": [0] * 4}, **JK)
    assert found.got == "'r1'"


def test_replicate_factors_that_were_not_multiplied_by_the_weight_are_refused():
    columns = {"w": [100, 200, 300, 400], "r1": [0, 1.3, 1.3, 1.3], "r2": [1.3, 0, 1.3, 1.3]}
    found = fault("REPLICATE-TOTAL", columns, **JK)
    assert "multiply them by the main weight" in found.todo


def test_replicate_weights_that_go_on_in_the_data_are_a_wrong_count():
    columns = REPLICATED | {"r3": [2, 1, 3, 4]}
    assert "'r3'" in fault("REPLICATE-COUNT", columns, **JK).what
    some = JK | {"replication": "bootstrap", "replicate_scale": 0.5}
    assert read(columns, **some).replicates.shape == (4, 2)


def test_a_numbered_replicate_that_is_missing_is_found():
    parts = JK | {"replicate_weights": Design.numbered("r", 3)}
    assert "'r3'" in fault("DESIGN-COLUMN", REPLICATED, **parts).what


def test_strata_with_one_psu_do_not_matter_to_replicate_weights():
    columns = REPLICATED | {"s": ["a", "a", "b", "c"]}
    assert read(columns, strata="s", **JK).sampled.tolist() == [2, 1, 1]


# Laws


@st.composite
def samples(draw):
    """Strata of two PSUs or more, in any order of rows, some PSU codes used again."""
    rows = []
    for stratum in range(draw(st.integers(1, 4))):
        for psu in range(draw(st.integers(2, 4))):
            size = draw(st.integers(1, 3))
            rows += [(f"s{stratum}", f"c{psu}", draw(st.integers(1, 9))) for _ in range(size)]
    return draw(st.permutations(rows))


def read_rows(rows):
    stratum, psu, weight = zip(*rows, strict=True)
    columns = {"s": list(stratum), "c": list(psu), "w": list(weight)}
    return read(columns, strata="s", psu="c", weights="w")


def groups(places):
    """Which rows stand together, whatever the groups are called."""
    found = {}
    for row, place in enumerate(np.asarray(places).tolist()):
        found.setdefault(place, []).append(row)
    return sorted(found.values())


@few
@given(samples(), st.permutations(range(4)))
def test_names_of_strata_and_psus_change_nothing(rows, other):
    names = {f"{kind}{k}": f"new {other[k]}" for kind in "sc" for k in range(4)}
    before = read_rows(rows)
    after = read_rows([(names[s], names[c], w) for s, c, w in rows])
    assert groups(before.stratum) == groups(after.stratum)
    assert groups(before.psu) == groups(after.psu)
    assert sorted(before.sampled) == sorted(after.sampled)
    assert before.weights.tolist() == after.weights.tolist()


@few
@given(samples(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing_but_the_order(rows, random):
    order = random.sample(range(len(rows)), len(rows))
    before, after = read_rows(rows), read_rows([rows[k] for k in order])
    assert before.strata == after.strata
    assert before.psu_stratum.tolist() == after.psu_stratum.tolist()
    for name in ("stratum", "psu", "weights"):
        assert getattr(before, name)[order].tolist() == getattr(after, name).tolist()


@few
@given(samples())
def test_a_psu_stands_in_the_stratum_of_its_respondents(rows):
    units = read_rows(rows)
    assert units.psu_stratum[units.psu].tolist() == units.stratum.tolist()
    assert units.sampled.sum() == len({(s, c) for s, c, _ in rows})
