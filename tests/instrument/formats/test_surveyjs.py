"""SurveyJS JSON: what is kept both ways, what files of others become, and what is refused."""

import contextlib
import copy
import json
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surveylib.errors import InstrumentError
from surveylib.instrument.formats.features import FEATURES
from surveylib.instrument.formats.surveyjs import FORMAT
from surveylib.instrument.library import load_instrument
from surveylib.instrument.model import Instrument
from tests.instrument.generated import ALL_KINDS, instruments

ROOT = Path(__file__).parents[3]

quickly = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)

#: What somebody else may have made: strings and numbers as choices, panels, short spellings.
FOREIGN = {
    "title": {"default": "Pets", "de": "Tiere"},
    "pages": [
        {
            "name": "Page 1",
            "title": "About you",
            "elements": [
                {"type": "radiogroup", "name": "hasPet", "choices": ["Yes, one", "no"]},
                {
                    "type": "panel",
                    "name": "details",
                    "visibleIf": "{hasPet} = 'Yes, one'",
                    "elements": [
                        {
                            "type": "checkbox",
                            "name": "which",
                            "title": {"default": "Which?", "de": "Welche?"},
                            "choices": [1, {"value": 2, "text": "Dog"}, 3.5, True],
                            "showOtherItem": True,
                            "showNoneItem": True,
                            "showRefuseItem": True,
                            "maxSelectedChoices": 2,
                            "isRequired": True,
                        },
                        {
                            "type": "text",
                            "name": "age",
                            "inputType": "number",
                            "min": 0,
                            "max": 40.5,
                            "visibleIf": "{which} contains 1 and {which} notempty",
                        },
                    ],
                },
                {"type": "dropdown", "name": "old", "choices": ["a"], "visibleIf": "{age} > 3.5"},
            ],
        },
        {
            "name": "p2",
            "elements": [
                {"type": "rating", "name": "liking", "rateMax": 3},
                {"type": "boolean", "name": "again", "labelTrue": "Sure"},
                {
                    "type": "tagbox",
                    "name": "tags",
                    "choices": ["a", "b"],
                    "allowCustomChoices": True,
                },
                {
                    "type": "matrix",
                    "name": "views",
                    "columns": ["low", "high"],
                    "rows": ["Price", {"value": "taste", "text": "Taste"}],
                    "isAllRowRequired": True,
                },
                {
                    "type": "comment",
                    "name": "why",
                    "visibleIf": "{views.Price} <> 'low' && {again} = true",
                },
                {"type": "file", "name": "photo"},
                {"type": "text", "name": "born", "inputType": "date", "min": "1900-01-01"},
                {"type": "text", "name": "mail", "inputType": "email"},
                {"type": "comment", "name": "sum", "visibleIf": "{age} + 1 > 3"},
            ],
        },
    ],
    "triggers": [{"type": "complete", "expression": "{again} = false"}],
}


def read(data, *, name="pets", version="1"):
    """The draft of a form."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "form.json"
        raw = data if isinstance(data, bytes) else json.dumps(data).encode()
        path.write_bytes(raw)
        return FORMAT.read(path, name=name, version=version)


def there_and_back(instrument):
    """An instrument, written and read."""
    (raw,) = FORMAT.write(instrument).values()
    return read(raw, name=instrument.id, version=instrument.version).instrument


@pytest.fixture(scope="module")
def pets():
    return read(FOREIGN)


def kept(instrument, names):
    """Those parts of an instrument."""
    return {name: FEATURES[name].of(instrument) for name in sorted(names)}


@quickly
@given(instrument=instruments(derived=False))
def test_all_that_it_keeps_survives(instrument):
    assert kept(there_and_back(instrument), FORMAT.keeps) == kept(instrument, FORMAT.keeps)


OTHER_KINDS = sorted({*ALL_KINDS} - {"ordered", "banded", "text_quantity"})


@quickly
@given(instrument=instruments(derived=False, kinds=OTHER_KINDS, conditions=False))
def test_a_kind_with_a_type_of_its_own_survives(instrument):
    assert kept(there_and_back(instrument), {"kinds"}) == kept(instrument, {"kinds"})


@quickly
@given(instrument=instruments())
def test_a_derived_question_stands_in_nobodys_way(instrument):
    asked = [entry.id for entry in instrument.questions if entry.kind != "derived"]
    if asked:
        assert [entry.id for entry in there_and_back(instrument).questions] == asked


@quickly
@given(instrument=instruments(derived=False))
def test_what_was_read_is_read_again_as_the_same(instrument):
    once = there_and_back(instrument)
    assert there_and_back(once).questions == once.questions


@quickly
@given(instrument=instruments())
def test_the_file_is_json_that_ends_with_a_line(instrument):
    ((name, raw),) = FORMAT.write(instrument).items()
    assert name == f"{instrument.id}-{instrument.version}.json"
    assert raw.endswith(b"}\n")
    names = [element["name"] for page in json.loads(raw)["pages"] for element in page["elements"]]
    assert len(names) == len(set(names))


def test_labels_of_ways_not_to_answer_survive():
    instrument = load_instrument(ROOT / "instruments" / "organised_groups" / "1.0.yaml")
    assert there_and_back(instrument).missing_labels == instrument.missing_labels


def test_an_introduction_is_the_description_of_the_form():
    told = {"en": "Read {this} first.", "de": "Zuerst lesen."}
    instrument = plain(CHOICE, languages=("en", "de"), introduction=told)
    (raw,) = FORMAT.write(instrument).values()
    assert json.loads(raw)["description"]["de"] == told["de"]
    assert there_and_back(instrument).introduction == told


def plain(*questions, languages=("en",), **parts):
    """An instrument of a few questions, each given by what is special about it."""
    usual = {"wording": "printed", "period": "not_stated", "base": {"asked": "all"}}
    entries = [
        {"id": f"q{place}", "concept": "c", "text": {languages[0]: "?"}} | usual | question
        for place, question in enumerate(questions, start=1)
    ]
    return Instrument.model_validate(
        {
            "format": "surveylib.instrument/1",
            "id": "made_up",
            "version": "1",
            "title": {languages[0]: "Made up"},
            "languages": list(languages),
            "provenance": "-",
            "population": "-",
            "questions": entries,
        }
        | parts
    )


def options(*codes, **fields):
    return {
        "option_list": "complete",
        "options": [{"code": code, "label": {"en": code}} | fields for code in codes],
    }


def form(instrument):
    """The elements of the form of an instrument."""
    (raw,) = FORMAT.write(instrument).values()
    return [element for page in json.loads(raw)["pages"] for element in page["elements"]]


CHOICE = {"kind": "single", "missing": ["dont_know"]} | options("a", "b")


@pytest.mark.parametrize(
    ("condition", "expression"),
    [
        ({"question": "q1", "answers": ["a"]}, "{q1} anyof ['a']"),
        (
            {"none_of": [{"question": "q1", "answers": ["a", "dont_know"]}]},
            "!({q1} empty or {q1} anyof ['a', 'dont_know'])",
        ),
        ({"question": "q2", "at_least": "1.50"}, "{q2} >= 1.50"),
        ({"question": "q2", "answers": ["refused"]}, "{q2-missing} anyof ['refused']"),
        (
            {
                "all_of": [
                    {"question": "q1", "answers": ["a"]},
                    {"question": "q2", "at_least": "1", "at_most": "2"},
                ]
            },
            "({q1} anyof ['a']) and ({q2} >= 1 and {q2} <= 2)",
        ),
    ],
)
def test_a_route_is_an_expression_and_comes_back(condition, expression):
    number = {"kind": "number", "unit": "x", "missing": ["refused"], "decimals": 2}
    asked = {"kind": "text", "base": {"asked": "some", "if": condition}}
    instrument = plain(CHOICE, number, asked)
    assert form(instrument)[-1]["visibleIf"] == expression
    again = there_and_back(instrument).question("q3").base.condition
    assert again == instrument.question("q3").base.condition


def test_a_language_that_is_not_english_never_hides_the_english_text():
    # survey-core takes `default` for English, whatever `locale` says.
    instrument = plain(
        {"kind": "text", "text": {"de": "Warum?", "en": "Why?", "sv": "Varför?"}},
        {"kind": "text", "text": {"de": "Wann?", "sv": "När?"}},
        languages=("de", "en", "sv"),
    )
    titles = [element["title"] for element in form(instrument)]
    assert titles == [
        {"de": "Warum?", "default": "Why?", "sv": "Varför?"},
        {"default": "Wann?", "sv": "När?"},
    ]
    again = there_and_back(instrument)
    assert [question.text for question in again.questions] == [
        question.text for question in instrument.questions
    ]


def test_exclusive_options_and_ways_of_not_answering_stand_alone():
    several = {"kind": "multi_answer", "missing": ["refused"]} | options("a", "b")
    several["options"].append({"code": "none", "label": {"en": "None"}, "exclusive": True})
    (element,) = form(plain(several))
    alone = [choice["value"] for choice in element["choices"] if choice.get("isExclusive")]
    assert alone == ["none", "refused"]


def test_ways_of_not_answering_keep_their_place_in_random_order():
    (element,) = form(plain(CHOICE | {"option_order": "random"}))
    fixed = [choice["value"] for choice in element["choices"] if choice.get("randomize") is False]
    assert element["choicesOrder"] == "random"
    assert fixed == ["dont_know"]


def test_a_net_is_never_shown():
    single = {"kind": "single"} | options("a", "b")
    single["options"].append({"code": "any", "label": {"en": "Any"}, "net_of": ["a", "b"]})
    (element,) = form(plain(single))
    assert [choice.get("visibleIf") for choice in element["choices"]] == [None, None, "false"]


def test_the_answers_to_a_form_say_which_version_was_answered():
    (raw,) = FORMAT.write(plain(CHOICE)).values()
    assert json.loads(raw)["calculatedValues"] == [
        {"name": "instrument-version", "expression": "'made_up@1'", "includeIntoResult": True}
    ]
    told = read(raw, name="other", version="1").lost
    assert any("made_up@1" in str(lost) for lost in told)


def test_a_derived_question_is_a_formula_without_a_value_where_an_answer_is_missing():
    cases = [
        {"code": "x", "label": {"en": "X"}, "when": {"question": "q1", "answers": ["a"]}},
        {"code": "y", "label": {"en": "Y"}, "when": {"question": "q1", "answers": ["b"]}},
    ]
    (raw,) = FORMAT.write(plain(CHOICE, {"kind": "derived", "options": cases})).values()
    assert json.loads(raw)["calculatedValues"][1]["expression"] == (
        "iif({q1} anyof ['a'], 'x', iif({q1} anyof ['b'], 'y'))"
    )


def test_kinds_of_a_foreign_form(pets):
    assert {question.id: question.kind for question in pets.instrument.questions} == {
        "haspet": "single",
        "which": "multi_answer",
        "age": "number",
        "old": "single",
        "liking": "ordered",
        "again": "single",
        "tags": "open_coded",
        "views": "grid",
        "why": "text",
        "born": "date",
        "mail": "text",
        "sum": "text",
    }


def test_choices_of_a_foreign_form_become_codes(pets):
    which = pets.instrument.question("which")
    assert [option.code for option in which.options] == ["1", "2", "3.5", "true", "other", "none"]
    assert [option.code for option in which.options if option.exclusive] == ["none"]
    assert [option.code for option in which.options if option.write_in] == ["other"]
    assert which.options[1].label == {"en": "Dog"}
    assert which.text == {"en": "Which?", "de": "Welche?"}
    assert (which.missing, which.max_selected, which.required) == (("refused",), 2, True)
    assert [option.code for option in pets.instrument.question("haspet").options] == [
        "Yes_one",
        "no",
    ]


def test_a_scale_has_scores(pets):
    assert [option.score for option in pets.instrument.question("liking").options] == [1, 2, 3]


def test_conditions_of_a_foreign_form(pets):
    told = {
        question.id: question.base.condition.in_words()
        for question in pets.instrument.questions
        if question.base.condition
    }
    assert told == {
        "which": "haspet is 'Yes_one'",
        "age": "haspet is 'Yes_one', and (which is '1', and which is "
        "'1' or '2' or '3.5' or 'true' or 'other' or 'none' or 'refused')",
        "old": "age is at least 3.6",
        "why": "not (views.price is 'low'), and again is 'true'",
    }
    assert pets.instrument.question("sum").base.asked == "those for whom {age} + 1 > 3"


def test_limits_of_a_foreign_form(pets):
    age, born = pets.instrument.question("age"), pets.instrument.question("born")
    assert (age.minimum, age.maximum, age.decimals) == (0, Decimal("40.5"), 1)
    assert (born.precision, born.earliest, born.latest) == ("day", "1900-01-01", None)


def test_sections_are_the_pages_of_a_foreign_form(pets):
    assert [(part.id, part.title["en"]) for part in pets.instrument.sections] == [
        ("page_1", "About you"),
        ("p2", "p2"),
    ]


@pytest.mark.parametrize(
    ("question", "what"),
    [
        ("photo", "'file' is no question here"),
        ("hasPet", "is called 'haspet' here"),
        ("haspet", "the value 'Yes, one' is 'Yes_one' here"),
        ("age", "the unit is not in the file"),
        ("mail", "only 'email' is accepted"),
        ("sum", "{age} + 1 > 3"),
        ("why", "did not answer views.price"),
        ("views", "the row 'Price' is called 'price' here"),
        ("", "'triggers'"),
    ],
)
def test_what_a_foreign_form_loses_is_listed(pets, question, what):
    assert any(lost.question == question and what in lost.what for lost in pets.lost)


def test_a_form_without_pages_is_read():
    draft = read({"elements": [{"type": "comment", "name": "why"}]}).instrument
    assert (draft.question_ids, draft.sections) == (("why",), ())


def test_a_name_that_stands_twice_is_refused():
    twice = {"type": "comment", "name": "why"}
    form = {"elements": [twice, {"type": "panel", "name": "p", "elements": [twice]}]}
    with pytest.raises(InstrumentError, match=r"QUESTION-REPEATED") as caught:
        read(form)
    (fault,) = caught.value.faults
    assert fault.what.startswith("$.elements[1].elements[0].name: 'why' stands twice")
    assert "$.elements[0]" in fault.what


def changed(*steps, to):
    """The foreign form with another value in one place."""
    data = copy.deepcopy(FOREIGN)
    holder = data
    for step in steps[:-1]:
        holder = holder[step]
    holder[steps[-1]] = to
    return data


@pytest.mark.parametrize(
    ("steps", "value", "what"),
    [
        (("title",), 5, "$.title: wanted a text, or texts by language, got a number"),
        (("title", "de"), ["Tiere"], "$.title.de: wanted a text, got a list"),
        (("locale",), False, "$.locale: wanted a text, got true or false"),
        (("pages",), {"name": "x"}, "$.pages: wanted a list, got an object"),
        (("pages", 0), "x", "$.pages[0]: wanted an object, got a text"),
        (("pages", 0, "elements", 0, "name"), "", "$.pages[0].elements[0].name: a question"),
        (("pages", 0, "elements", 0, "name"), 7, "$.pages[0].elements[0].name: wanted a text"),
        (
            ("pages", 0, "elements", 0, "choices"),
            {"a": 1},
            "$.pages[0].elements[0].choices: wanted a list, got an object",
        ),
        (
            ("pages", 0, "elements", 0, "choices", 1),
            {"value": ["no"]},
            "$.pages[0].elements[0].choices[1].value: wanted a text or a number, got a list",
        ),
        (
            ("pages", 0, "elements", 1, "elements", 0, "maxSelectedChoices"),
            9,
            "$.pages[0].elements[1].elements[0]: at most 9 options may be ticked",
        ),
        (
            ("pages", 0, "elements", 1, "elements", 1, "min"),
            50,
            "$.pages[0].elements[1].elements[1]: the range ends at 40.5",
        ),
        (
            ("pages", 1, "elements", 0, "rateMax"),
            10**12,
            "$.pages[1].elements[0].rateMax: wanted 1 to 100 values",
        ),
        (("pages", 1, "elements", 4, "title"), "a\x07b", "control character '\\x07'"),
    ],
)
def test_a_value_of_a_wrong_type_is_a_fault_with_its_path(steps, value, what):
    with pytest.raises(InstrumentError) as caught:
        read(changed(*steps, to=value))
    assert any(what in fault.what for fault in caught.value.faults)


def test_faults_of_several_questions_are_found_at_once():
    wrong = [{"type": "comment", "name": name, "title": 1} for name in ("a", "b")]
    with pytest.raises(InstrumentError, match=r"^2 faults") as caught:
        read({"elements": wrong})
    assert [fault.what.partition(":")[0] for fault in caught.value.faults] == [
        "$.elements[0].title",
        "$.elements[1].title",
    ]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "FILE-EMPTY"),
        (b'{"title": NaN}', "JSON-SYNTAX"),
        (b'{"title": "a", "title": "b"}', "JSON-DUPLICATE"),
        (b'{"title": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "JSON-DEPTH"),
        (b'{"title": "\x00"}', "FILE-CHARACTER"),
        (b'{"title": "\xff"}', "FILE-ENCODING"),
        (b'["a"]', "JSON-SYNTAX"),
        (b"{}", "SURVEYJS-EMPTY"),
        (b'{"elements": [{"type": "file", "name": "a"}]}', "SURVEYJS-EMPTY"),
        (b'{"elements": [{"type": "rating", "name": "a", "rateMin": 1e999}]}', "JSON-SYNTAX"),
        (b'{"title": "\\u0000"}', "FILE-CHARACTER"),
        (b" " * (17 * 1024 * 1024), "FILE-SIZE"),
    ],
)
def test_a_hostile_file_is_refused(raw, code):
    with pytest.raises(InstrumentError, match=rf"\[{code}\]"):
        read(raw)


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 5000,
        "!" * 5000 + "{a} = 1",
        "{a} = 'x",
        "{a}",
        "1 = {a}",
        "{a} anyof []",
        "{}",
        "x" * 30_000,
    ],
)
def test_an_expression_that_cannot_be_read_stands_in_words(expression):
    first = {"type": "radiogroup", "name": "a", "choices": ["1"]}
    draft = read({"elements": [first, {"type": "comment", "name": "b", "visibleIf": expression}]})
    assert draft.instrument.question("b").base.condition is None
    assert expression in draft.instrument.question("b").base.asked


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)


def places(value, path=()):
    """Every place in plain data, from the root on."""
    yield path
    if isinstance(value, dict | list):
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(entry, (*path, key))


OWN = json.loads(
    FORMAT.write(
        plain(
            CHOICE | {"required": True, "option_order": "random"},
            {"kind": "number", "unit": "x", "minimum": "1", "missing": ["refused"]},
            {"kind": "date", "precision": "year", "earliest": "1900"},
            {"kind": "open_coded", "mentions": "several"} | options("a", write_in=True),
            {
                "kind": "grid",
                "cells": "multi_answer",
                "rows": [{"id": "r", "text": {"en": "R"}}],
                "base": {"asked": "x", "if": {"question": "q2", "at_least": "3"}},
            }
            | options("a", "b"),
        )
    )["made_up-1.json"]
)


@settings(quickly, max_examples=150)
@given(data=st.data())
def test_a_changed_file_is_read_or_refused_and_nothing_else(data):
    form = copy.deepcopy(data.draw(st.sampled_from([FOREIGN, OWN])))
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(form))[1:] or [()]))
        if not path:
            break
        holder = form
        for step in path[:-1]:
            holder = holder[step]
        if data.draw(st.booleans()):
            holder[path[-1]] = data.draw(ANYTHING)
        else:
            del holder[path[-1]]
    with contextlib.suppress(InstrumentError):
        assert Instrument.model_validate(read(form).instrument.model_dump(by_alias=True))


NAMES = ("{q1}", "{q2}", "{q2-missing}", "{no}", "{", "'a'", "1", "-2.5", "1e5", "'")
SIGNS = ("=", "<>", ">=", "anyof", "empty", "notempty", "(", ")", "[", "]", ",", "!", "not")
EXPRESSIONS = st.lists(st.sampled_from((*NAMES, *SIGNS, "and", "or", "true")), max_size=8).map(
    " ".join
)


@quickly
@given(expression=EXPRESSIONS)
def test_any_expression_is_a_condition_or_stands_in_words(expression):
    form = copy.deepcopy(OWN)
    form["pages"][0]["elements"][-1]["visibleIf"] = expression
    assert read(form).instrument.question("q5").base
