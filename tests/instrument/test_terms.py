"""Words that respondents write for an option: a dictionary that belongs to a version."""

import pytest
import yaml
from pydantic import ValidationError

import surveylib as sl
from surveylib.errors import InstrumentError
from surveylib.instrument.changes import Step
from surveylib.instrument.dump import dump
from surveylib.instrument.identity import content_hashes, instrument_hash
from surveylib.instrument.model import Instrument
from surveylib.instrument.options import ChoiceOption, GridOption, Option

RED = {"code": "r", "label": {"en": "Red", "de": "Rot"}}
BLUE = {"code": "b", "label": {"en": "Blue"}}
#: SHA-256 of the question below without terms, as it was before options could have them.
HASH = "899f19852454af09a919ff30f44563d35d374ed8c6f4f91af2a9d3030b208915"


def question(red=(), blue=(), kind="open_coded", **changes):
    """A question with the terms of two options."""
    options = [RED | ({"terms": list(red)} if red else {})]
    options += [BLUE | ({"terms": list(blue)} if blue else {})]
    told = {
        "id": "colour",
        "kind": kind,
        "concept": "colour",
        "text": {"en": "Which colours do you like?"},
        "wording": "printed",
        "base": {"asked": "all"},
        "period": "now",
        "option_list": "complete",
        "options": options,
    }
    return told | ({"mentions": "several"} if kind == "open_coded" else {}) | changes


def instrument(asked, version="1"):
    return Instrument.model_validate(
        {
            "format": "surveylib.instrument/1",
            "id": "demo",
            "version": version,
            "title": {"en": "Demo"},
            "languages": ["en", "de"],
            "provenance": "Made for a test.",
            "population": "Companies",
            "questions": [asked],
        }
    )


def faults(asked):
    """Code and place of each fault of a question."""
    with pytest.raises(ValidationError, match="validation error") as caught:
        instrument(asked)
    ours = [one for one in caught.value.errors() if one["type"] == "surveylib"]
    return [(one["ctx"]["code"], one["loc"][3:]) for one in ours]


@pytest.mark.parametrize(
    ("red", "blue"),
    [
        (["crimson"], ["crimson"]),
        (["Crimson"], ["  crimson "]),
        (["dark\xa0red"], ["Dark red"]),
        (["red–ish"], ["red-ish"]),
        (["painter’s"], ["painter's"]),
        (["e\u0301toile"], ["étoile"]),
        (["crim\u200bson"], ["crimson"]),
    ],
)
def test_a_term_belongs_to_one_option(red, blue):
    place = ("options", 1, "terms", 0)
    assert faults(question(red, blue)) == [("TERM-TWICE", place)]


def test_a_term_of_two_options_is_named_with_its_line(demo):
    text = dump(instrument(question(["crimson"], ["navy"]))).replace("navy", "Crimson")
    demo.write("instruments/demo/1.yaml", text)
    line = 1 + next(at for at, told in enumerate(text.splitlines()) if "Crimson" in told)
    message = f"1.yaml:{line}: 'Crimson' belongs to two options, 'r' and 'b' .TERM-TWICE."
    with pytest.raises(InstrumentError, match=message):
        sl.load_instrument(demo.path("instruments/demo/1.yaml"))


@pytest.mark.parametrize("term", ["RED", "rot"])
def test_a_label_in_any_language_is_a_term_of_its_own_option(term):
    assert faults(question(blue=["navy", term])) == [("TERM-TWICE", ("options", 1, "terms", 1))]
    instrument(question(red=[term, "crimson"]))


@pytest.mark.parametrize(("red", "blue"), [("C", "C#"), ("C", "C++"), ("Möre", "More"), ("a", "b")])
def test_terms_that_differ_in_more_than_typography_are_two(red, blue):
    read = instrument(question([red], [blue])).questions[0]
    assert [one.terms for one in read.answers] == [(red,), (blue,)]


def test_options_without_terms_may_share_a_label_in_two_languages():
    options = [RED, {"code": "x", "label": {"en": "Rot"}}]
    instrument(question(options=options))


@pytest.mark.parametrize("kind", ["single", "ordered", "multi_answer"])
def test_terms_where_no_answer_is_written_are_refused(kind):
    assert faults(question(red=["crimson"], kind=kind)) == [
        ("TERM-UNUSED", ("options", 0, "terms"))
    ]


@pytest.mark.parametrize("kind", ["single", "ordered", "multi_answer"])
def test_a_list_with_a_write_in_takes_terms(kind):
    other = {"code": "o", "label": {"en": "Other"}, "write_in": True, "terms": ["mauve"]}
    read = instrument(question(kind=kind, options=[RED | {"terms": ["crimson"]}, other]))
    assert read.questions[0].answers[1].terms == ("mauve",)


def test_a_net_has_no_terms_of_its_own():
    net = {"code": "n", "label": {"en": "Any"}, "net_of": ["r"], "terms": ["all"]}
    assert faults(question(options=[RED, net])) == [("TERM-UNUSED", ("options", 1, "terms"))]


def test_a_derived_question_has_no_terms():
    case = {"when": {"question": "colour", "is": "r"}}
    derived = question(kind="derived", options=[RED | case | {"terms": ["x"]}, BLUE | case])
    del derived["option_list"], derived["wording"]
    with pytest.raises(ValidationError, match="at most 0 items"):
        instrument(derived)


def test_without_terms_a_question_keeps_its_hash():
    read = instrument(question()).questions[0]
    assert content_hashes(read)[0] == HASH
    with_terms = instrument(question(red=["crimson"]))
    assert content_hashes(with_terms.questions[0])[0] != HASH
    assert instrument_hash(with_terms) != instrument_hash(instrument(question()))


def test_terms_are_written_and_read_back():
    option = Option(code="r", label={"en": "Red"}, terms=("crimson", "1-10", "no"))
    assert yaml.safe_load(dump(option))["terms"] == ["crimson", "1-10", "no"]
    assert Option.model_validate(yaml.safe_load(dump(option))) == option


@pytest.mark.parametrize("kind", [Option, ChoiceOption, GridOption])
def test_an_option_without_terms_does_not_mention_them(kind):
    assert "terms" not in dump(kind(code="r", label={"en": "Red"}))


@pytest.mark.parametrize(
    ("before", "after"),
    [([], ["crimson"]), (["crimson"], ["crimson", "scarlet"]), (["crimson"], [])],
)
def test_another_dictionary_is_a_minor_change(before, after):
    older, newer = instrument(question(before)), instrument(question(after), version="1.1")
    (change,) = older.diff(newer).changes
    assert (change.kind, change.step, change.question) == ("terms", Step.minor, "colour")
    assert change.what == "terms of option 'r' changed"
    assert change.comparability.startswith("identical")


def test_the_same_dictionary_is_no_change():
    older, newer = instrument(question(["x"])), instrument(question(["x"]), version="2")
    assert older.diff(newer).changes == ()
