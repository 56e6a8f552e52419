"""Variables of a data file: which there are, what they are called, which numbers they hold."""

import re

import pytest
from hypothesis import HealthCheck, given, settings

from surveylib.instrument.formats.variables import MISSING_VALUES, sets, unique_names, variables
from surveylib.instrument.model import Instrument
from tests.instrument.generated import STATES, instruments

quickly = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def asked(kind, name="q", **fields):
    return {
        "id": name,
        "kind": kind,
        "concept": "c",
        "text": {"en": "A question?"},
        "wording": "printed",
        "base": {"asked": "all"},
        "period": "not_stated",
        **fields,
    }


def listed(kind, *codes, name="q", **fields):
    options = [{"code": code, "label": {"en": f"Label {code}"}} for code in codes]
    return asked(kind, name, option_list="complete", options=options, **fields)


def questionnaire(*questions, languages=("en",)):
    return Instrument.model_validate(
        {
            "format": "surveylib.instrument/1",
            "id": "demo",
            "version": "1",
            "title": {"en": "Demo"},
            "languages": list(languages),
            "provenance": "Made up.",
            "population": "Everybody.",
            "questions": list(questions),
        }
    )


def numbers(*codes):
    (variable,) = variables(questionnaire(listed("single", *codes)))
    return [(value.value, value.code) for value in variable.answers]


@quickly
@given(made=instruments())
def test_names_fit_spss_and_differ_without_regard_to_case(made):
    names = [variable.name for variable in variables(made)]
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name)
        assert name.lower() not in {"all", "and", "by", "not", "or", "to", "with"}


@quickly
@given(made=instruments())
def test_every_option_of_every_question_has_one_value_and_nets_have_none(made):
    found = [
        (variable.question.id, value.code)
        for variable in variables(made)
        for value in variable.answers
        if value.option is not None
    ]
    expected = [
        (item.id, option.code)
        for item in made.items
        for option in item.answers
        if not option.net_of
    ]
    assert sorted(found) == sorted(expected)


@quickly
@given(made=instruments())
def test_no_answer_is_a_missing_state_and_no_value_stands_twice(made):
    for variable in variables(made):
        answers = {value.value for value in variable.answers}
        missing = {value.value for value in variable.missing}
        assert len(answers) == len(variable.answers)
        assert len(missing) == len(variable.missing)
        low, high = variable.missing_range
        assert missing <= set(range(low, high + 1))
        assert not answers & set(range(low, high + 1))


@quickly
@given(made=instruments())
def test_every_option_with_text_has_a_variable_for_it(made):
    texts = {
        (variable.question.id, variable.option.code)
        for variable in variables(made)
        if variable.is_text and variable.option
    }
    assert texts == {
        (item.id, option.code)
        for item in made.items
        for option in item.answers
        if option.write_in and not option.net_of
    }


def test_every_missing_state_has_a_value_of_its_own_from_91_to_99_below_zero():
    assert set(MISSING_VALUES) == set(STATES)
    assert sorted(MISSING_VALUES.values()) == list(range(-99, -90))


def test_codes_that_are_integers_are_the_values():
    assert numbers("5", "0", "-1") == [(5, "5"), (0, "0"), (-1, "-1")]


@pytest.mark.parametrize("other", ["b", "007", "1.5", "+2", "-95", "1e3"])
def test_one_code_that_is_no_integer_of_its_own_numbers_all_options(other):
    assert numbers("5", other) == [(1, "5"), (2, other)]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, (-99, -91)),
        ({"minimum": "0"}, (-99, -91)),
        ({"minimum": "-90.5", "decimals": 1}, (-99, -91)),
        ({"minimum": "-200", "maximum": "-150"}, (-99, -91)),
        ({"minimum": "-91"}, (-999, -991)),
        ({"minimum": "-991"}, (-9999, -9991)),
    ],
)
def test_missing_states_make_way_for_numbers_that_are_answers(limits, expected):
    made = questionnaire(asked("number", unit="degrees", missing=["refused"], **limits))
    (variable,) = variables(made)
    assert variable.missing_range == expected
    assert variable.missing[0].value == expected[1] - 1


def test_a_coded_open_question_keeps_the_text_beside_its_categories():
    made = variables(questionnaire(listed("open_coded", "a", "b", mentions="several")))
    assert [variable.name for variable in made] == ["q_a", "q_b", "q_text"]
    assert [variable.part for variable in made] == ["selected", "selected", "text"]


def test_a_grid_in_which_several_may_be_ticked_is_one_set_for_each_row():
    rows = [{"id": "cat", "text": {"en": "Cat"}}, {"id": "dog", "text": {"en": "Dog"}}]
    made = variables(questionnaire(listed("grid", "x", "y", rows=rows, cells="multi_answer")))
    found = {name: [one.name for one in members] for name, members in sets(made).items()}
    assert found == {"q.cat": ["q_cat_x", "q_cat_y"], "q.dog": ["q_dog_x", "q_dog_y"]}


def test_a_name_that_clashes_does_not_depend_on_what_stands_around_it():
    first = unique_names([("pets", "cat"), ("pets_cat",)])
    second = unique_names([("age",), ("pets_cat",), ("pets", "dog"), ("pets", "cat")])
    assert set(first) <= set(second)
    assert len({name.lower() for name in first}) == 2


def test_a_long_name_is_cut_to_64_bytes():
    (name,) = unique_names([("a" * 60, "b" * 60)])
    assert re.fullmatch(r"a{55}_[0-9a-f]{8}", name)


def test_a_label_joins_question_and_option_in_the_languages_that_both_have():
    question = listed("multi_answer", "a", title={"en": "Where?", "de": "Orte"})
    question["options"][0]["label"] |= {"sv": "Etikett a"}
    (variable,) = variables(questionnaire(question, languages=("en", "de", "sv")))
    assert variable.label == {"en": "Where? Label a"}
