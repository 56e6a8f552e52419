"""One wrong character in an instrument: which error, at which line, with which way out."""

import pytest

import surveylib as sl
from surveylib.errors import InputError, InstrumentError, StudyError

ONE, TWO = "instruments/demo/1.yaml", "instruments/demo/2.yaml"
BOMB = "note:\n  - &a [x, x]\n  - &b [*a, *a]\n  - &c [*b, *b]\npopulation:"
CODES = 'code: cat, label: {en: "Cats"}}\n      - {code: dog,'

# What is wrong: old, new, the fault's code, words on its line, and what its message holds.
ALONE = {
    "an unknown kind": (
        "kind: single", "kind: singel",
        "KIND-UNKNOWN", "- id: pets", "do: did you mean 'single'?",
    ),
    "a missing kind": (
        "    kind: single\n", "",
        "KIND-UNKNOWN", "- id: pets", "wanted: ",
    ),
    "a key twice": (
        "concept: pets", "concept: pets\n    concept: animals",
        "YAML-DUPLICATE", "concept: animals", "do: keep one",
    ),
    "a misspelt key": (
        "concept: pets", "consept: pets",
        "KEY-UNKNOWN", "consept", "do: did you mean 'concept'?",
    ),
    "a misspelt key of an option": (
        'code: "no", label', 'code: "no", lable',
        "KEY-UNKNOWN", "lable", "do: did you mean 'label'?",
    ),
    "a missing key": (
        "population: People with and without pets.\n", "",
        "KEY-MISSING", "format:", "do: add 'population:'",
    ),
    "an overlap of bands": (
        "interval: [3, 5]", "interval: [2, 5]",
        "BAND-OVERLAP", "interval: [2, 5]", "- {bands: [few, some], values: [2, 2]}",
    ),
    "a gap between bands": (
        "interval: [3, 5]", "interval: [4, 5]",
        "BAND-GAP", "- id: how_many", "- [3, 3]",
    ),
    "a gap below the lowest band": (
        "minimum: 1", "minimum: 0",
        "BAND-GAP", "- id: how_many", "- [0, 0]",
    ),
    "a gap above the highest band": (
        "interval: [6, open]", "interval: [6, 9]",
        "BAND-GAP", "- id: how_many", "- [10, open]",
    ),
    "a reversed band": (
        "interval: [3, 5]", "interval: [5, 3]",
        "BAND-REVERSED", "interval: [5, 3]", "",
    ),
    "a band that begins below 0": (
        "interval: [1, 2]", "interval: [-1, 2]",
        "VALUE", "interval: [-1, 2]", "got: '-1'",
    ),
    "a question id twice": (
        "- id: which", "- id: pets  # again",
        "QUESTION-REPEATED", "- id: pets  # again", "do: give each question",
    ),
    "a question id in upper case": (
        "- id: which", "- id: Pets",
        "VALUE", "- id: Pets", "wanted: ",
    ),
    "option codes 1 and 01": (
        CODES, CODES.replace("cat,", "1,").replace("dog,", "01,"),
        "OPTION-REPEATED", "code: 01,", "do: give each option",
    ),
    "option codes that differ in case": (
        'code: "no"', "code: YES",
        "OPTION-REPEATED", "code: YES", "do: give each option",
    ),
    "an option that is a missing state": (
        "code: dog", "code: dont_know",
        "OPTION-MISSING-STATE", "code: dont_know", "do: keep it under 'missing'",
    ),
    "a net of an option that is not there": (
        "code: dog,", "code: dog, net_of: [fox],",
        "NET-UNKNOWN", "net_of: [fox]", "wanted: 'cat'",
    ),
    "a route to an unknown question": (
        "{question: pets, a", "{question: pet, a",
        "ROUTE-UNKNOWN", "{question: pet, a", "do: did you mean 'pets'?",
    ),
    "a route to a later question": (
        "{question: pets, a", "{question: which, a",
        "ROUTE-ORDER", "{question: which, a", "do: move 'which'",
    ),
    "a route by an unknown answer": (
        'answers: ["yes"]', 'answers: ["often"]',
        "ROUTE-ANSWER", 'answers: ["often"]', "wanted: 'yes', 'no'",
    ),
    "a label without the source language": (
        '{en: "Dogs"}', '{sv: "Hundar"}',
        "TEXT-LANGUAGE", "- id: which", "",
    ),
    "a version that is not the file's name": (
        'version: "1"', 'version: "3"',
        "INSTRUMENT-PLACE", 'version: "3"', "wanted: '1'",
    ),
    "anchors and aliases that explode": (
        "population:", BOMB,
        "YAML-ALIAS", "&a", "",
    ),
    "a tag": (
        "id: demo", "id: !!python/name:os.system demo",
        "YAML-TAG", "!!python", "",
    ),
}  # fmt: skip

# Faults of a comparison inside one file, and of one that does not fit the other version.
COMPARISONS = {
    "a verdict on an unknown question": (
        "- question: pets", "- question: pet",
        "COMPARISON-QUESTION", "- question: pet", "do: did you mean 'pets'?",
    ),
    "a verdict on an unknown answer": (
        "answer: dog", "answer: fox",
        "COMPARISON-ANSWER", "answer: fox", "wanted: 'cat', 'dog'",
    ),
    "a version compared with itself": (
        'pets\n    with: {version: "1"}',
        'pets\n    with: {version: "2"}', "COMPARISON-SELF",
        'with: {version: "2"}', "",
    ),
    "a verdict given twice": (
        "which\n    answer: dog", "which  # 2\n    answer: cat",
        "COMPARISON-REPEATED", "- question: which  # 2", "in comparison 3",
    ),
    "an order without order_only": (
        "which\n    answer: cat", "which  # 1\n    order: lower\n    answer: cat",
        "COMPARISON-ORDER", "- question: which  # 1", "wanted: order: higher or order: lower",
    ),
    "order_only without an order": (
        "    order: higher\n", "",
        "COMPARISON-ORDER", "- question: how_many", "wanted: order: ",
    ),
    "an unknown verdict": (
        "verdict: limited", "verdict: similar",
        "VALUE", "verdict: similar", "wanted: 'identical'",
    ),
}  # fmt: skip

BETWEEN_VERSIONS = {
    "a verdict on an unknown version": (
        'pets\n    with: {version: "1"}',
        'pets\n    with: {version: "0"}', "COMPARISON-VERSION", '{version: "0"}',
        "wanted: '1', '2'",
    ),
    "a verdict beside a question that was not asked": (
        'pets\n    with: {version: "1"}', 'pets\n    with: {version: "1", question: dogs}',
        "COMPARISON-QUESTION", "question: dogs", "wanted: 'pets'",
    ),
    "a verdict beside an answer that was not there": (
        'cat\n    with: {version: "1"}', 'cat\n    with: {version: "1", answer: fox}',
        "COMPARISON-ANSWER", "answer: fox", "wanted: 'cat', 'dog'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", ALONE.values(), ids=ALONE)
def test_a_wrong_instrument_is_refused_with_its_line_and_a_way_out(refused, wrong):
    refused(ONE, *wrong, InstrumentError)


@pytest.mark.parametrize("wrong", COMPARISONS.values(), ids=COMPARISONS)
def test_a_wrong_comparison_is_refused_with_its_line_and_a_way_out(refused, wrong):
    refused(TWO, *wrong, InstrumentError)


@pytest.mark.parametrize("wrong", BETWEEN_VERSIONS.values(), ids=BETWEEN_VERSIONS)
def test_a_comparison_with_what_is_not_there_is_refused_by_the_study(refused, wrong):
    refused(TWO, *wrong, StudyError)


def test_a_key_that_stands_twice_names_both_lines(demo):
    demo.edit(ONE, "concept: pets", "concept: pets\n    concept: animals")
    first = demo.line(ONE, "concept: pets")
    with pytest.raises(InstrumentError, match=f"stands twice: first on line {first}"):
        demo.load()


def test_every_fault_of_an_instrument_is_told_at_once_in_the_order_of_the_file(demo):
    demo.edit(ONE, "kind: single", "kind: singel")
    demo.edit(ONE, "interval: [3, 5]", "interval: [2, 5]")
    demo.edit(ONE, '{en: "Dogs"}', "{en: Dogs}, scores: 1")
    demo.edit(ONE, "languages: [en]\n", "")
    with pytest.raises(InstrumentError, match=r"^5 faults:\n") as caught:
        sl.load_instrument(demo.path(ONE))
    codes = [fault.code for fault in caught.value.faults]
    wanted = ["KEY-MISSING", "KIND-UNKNOWN", "BAND-READING", "BAND-OVERLAP", "KEY-UNKNOWN"]
    assert codes == wanted
    lines = [fault.line for fault in caught.value.faults]
    assert lines == sorted(lines)


def test_a_fault_between_questions_is_told_also_where_another_question_cannot_be_read(demo):
    demo.edit(ONE, "kind: multi_answer", "kind: several")
    demo.edit(ONE, "{question: pets, a", "{question: pet, a")
    with pytest.raises(InstrumentError, match=r"^2 faults:\n") as caught:
        sl.load_instrument(demo.path(ONE))
    assert [fault.code for fault in caught.value.faults] == ["ROUTE-UNKNOWN", "KIND-UNKNOWN"]


def test_a_route_to_nothing_alike_suggests_no_name(demo):
    demo.edit(ONE, "{question: pets, a", "{question: zzzzzz, a")
    with pytest.raises(InstrumentError, match="ROUTE-UNKNOWN") as caught:
        sl.load_instrument(demo.path(ONE))
    assert "None" not in str(caught.value)


def test_a_wrong_instrument_that_two_waves_use_is_told_once(demo):
    demo.edit("waves/demo/2021/wave.yaml", "demo@2", "demo@1")
    demo.edit(ONE, "interval: [3, 5]", "interval: [5, 3]")
    with pytest.raises(InputError, match=r"^1 fault:\n"):
        demo.load()
