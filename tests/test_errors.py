"""Errors: one tree, one place for each fault, and values that cannot break a terminal."""

import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveylib import errors
from surveylib.errors import Fault, InputError, MissingExtraError, UnknownNameError


def classes():
    return [
        entry
        for _, entry in inspect.getmembers(errors, inspect.isclass)
        if issubclass(entry, Exception)
    ]


@pytest.mark.parametrize("entry", classes(), ids=lambda entry: entry.__name__)
def test_every_error_has_one_root_and_stands_in_the_tree_on_top_of_its_module(entry):
    assert issubclass(entry, errors.SurveylibError)
    assert re.search(rf"\b{entry.__name__}\b", errors.__doc__)


@pytest.mark.parametrize(
    ("entry", "builtin"),
    [
        (errors.MethodError, ValueError),
        (errors.UnknownNameError, LookupError),
        (errors.MissingExtraError, ImportError),
    ],
)
def test_an_error_of_a_common_kind_is_also_the_builtin_one(entry, builtin):
    assert issubclass(entry, builtin)


def test_every_code_of_a_fault_in_the_source_is_documented(root):
    source = "\n".join(path.read_text("utf-8") for path in (root / "surveylib").rglob("*.py"))
    codes = set(re.findall(r'"([A-Z]{3,}(?:-[A-Z0-9]+)+)"', source)) - {
        "UTF-8",
        "ISO-8859",
        "MAC-ROMAN",
        "SHA-256",
        "YYYY-MM",
        "YYYY-MM-DD",
    }
    page = (root / "docs" / "errors.md").read_text("utf-8")
    documented = set(re.findall(r"`([A-Z]+(?:-[A-Z0-9]+)*)`", page))
    assert len(codes) > 50
    assert codes - documented == set()


def test_a_fault_names_file_line_and_code_and_then_its_parts():
    fault = Fault(
        code="A-CODE",
        what="something is wrong",
        file="a/b.yaml",
        line=3,
        got="x",
        wanted="y",
        todo="do z",
    )
    assert str(fault) == (
        "a/b.yaml:3: something is wrong [A-CODE]\n    got: x\n    wanted: y\n    do: do z"
    )


def test_a_fault_without_a_line_names_its_file():
    assert str(Fault(code="A-CODE", what="is empty", file="a.csv")) == "a.csv: is empty [A-CODE]"


def test_an_error_of_a_file_tells_every_fault_in_order():
    faults = [Fault(code="ONE", what="first"), Fault(code="TWO", what="second")]
    error = InputError(faults)
    assert error.faults == tuple(faults)
    assert str(error) == "2 faults:\nfirst [ONE]\nsecond [TWO]"


def test_one_fault_is_not_called_faults():
    assert str(InputError([Fault(code="ONE", what="first")])).startswith("1 fault:")


@given(value=st.text())
def test_a_value_in_a_message_is_short_and_has_no_control_characters(value):
    shown = errors.show(value)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert shown[0] == shown[-1] == "'"


def test_a_long_value_is_cut_at_sixty_characters():
    assert errors.show("x" * 61) == f"'{'x' * 60}…'"
    assert errors.show("x" * 60) == f"'{'x' * 60}'"


def test_an_unknown_name_is_answered_with_the_nearest_and_all_known_ones():
    error = UnknownNameError.of("wave", "2081", ["2018", "2017"], where="demo")
    assert str(error) == (
        "no wave called '2081' in demo; did you mean '2018'? Known: '2017', '2018'."
    )


def test_a_name_like_no_other_gets_no_suggestion():
    assert "did you mean" not in str(UnknownNameError.of("wave", "zzz", ["2018"]))


def test_a_long_list_is_cut_and_says_how_many_more_there_are():
    assert errors.listed([str(number) for number in range(15)]).endswith("'11' and 3 more")


def test_a_missing_extra_says_how_to_install_it():
    assert str(MissingExtraError.of("report", "a chart")) == (
        "a chart needs an optional part: install it with pip install 'surveylib[report]'"
    )
