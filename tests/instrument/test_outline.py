"""A questionnaire as plain text: written out once by hand, and read back part by part."""

from pathlib import Path

import pytest

import surveylib as sl
from surveylib.errors import UnknownNameError
from surveylib.instrument.identity import instrument_hash

ROOT = Path(__file__).parents[2]
ONE = "instruments/demo/1.yaml"

OVERLAP = "bands: {overlaps: [{bands: [few, some], values: [2, 2]}], reading: exclusive_of_lower}"

DEMO = """\
demo 1: Demo questionnaire
active · 3 questions · languages en
hash {hash}
of: People with and without pets.

  1  pets · single
     Do you keep a pet?
       yes  Yes, one or more
       no   No, none

  2  how_many · banded · in pets
     How many pets do you keep?
     asked: those who keep a pet
     if pets is 'yes'
       few   1 to 2  [1 to 2]
       some  3 to 5  [3 to 5]
       many  6 or more  [6 or more]

  3  which · multi_answer · P1Y · not all options known
     Which animals do you like?
       cat  Cats
       dog  Dogs
       or: dont_know"""


@pytest.fixture
def load(demo):
    """Load the demo questionnaire after some edits."""

    def edited(*edits):
        for old, new in edits:
            demo.edit(ONE, old, new)
        return sl.load_instrument(demo.path(ONE))

    return edited


def test_a_questionnaire_is_shown_with_codes_bands_and_routes(load):
    instrument = load()
    assert instrument.outline() == DEMO.format(hash=instrument_hash(instrument))


def test_a_questionnaire_as_text_is_its_outline_in_the_source_language(load):
    languages = ("languages: [en]", "languages: [de, en]")
    texts = [
        (f'{{en: "{text}"}}', f'{{de: "Auf Deutsch", en: "{text}"}}')
        for text in (
            *("Demo questionnaire", "Do you keep a pet?", "Yes, one or more", "No, none"),
            *("How many pets do you keep?", "1 to 2", "3 to 5", "6 or more"),
            *("Which animals do you like?", "Cats", "Dogs"),
        )
    ]
    instrument = load(languages, *texts)
    assert str(instrument) == instrument.outline("de")
    assert "Do you keep a pet?" not in str(instrument)
    assert "Do you keep a pet?" in instrument.outline("en")


def test_one_question_is_shown_with_its_number_and_nothing_else(load):
    lines = load().outline(question="which").splitlines()
    assert lines == DEMO.splitlines()[-5:]


def test_an_unknown_question_is_refused_with_the_nearest_one(load):
    with pytest.raises(UnknownNameError, match=r"'wich' in demo 1; did you mean 'which'\?"):
        load().outline(question="wich")


def test_a_text_that_is_not_translated_is_shown_in_a_language_it_exists_in(load):
    translated = ('{en: "Dogs"}', '{en: "Dogs", de: "Hunde"}')
    shown = load(("languages: [en]", "languages: [en, de]"), translated).outline("de")
    assert "dog  Hunde" in shown
    assert "cat  Cats" in shown


def test_overlapping_bands_are_shown_as_they_are_read(load):
    shown = load(
        ("interval: [3, 5]", "interval: [2, 5]"),
        ("    unit: pets\n", f"    unit: pets\n    {OVERLAP}\n"),
    ).outline()
    assert "few   1 to 2  [1 to 2]" in shown
    assert "some  3 to 5  [3 to 5]" in shown


#: What is changed, and words that must then stand on one line.
MARKS = {
    "an option with text": (
        'label: {en: "Dogs"}', 'label: {en: "Dogs"}, write_in: true', "dog  Dogs  [with text]",
    ),
    "an option that stands alone": (
        'label: {en: "Dogs"}', 'label: {en: "Dogs"}, exclusive: true', "dog  Dogs  [stands alone]",
    ),
    "a sum of options": (
        'dog, label: {en: "Dogs"}}\n',
        'dog, label: {en: "Dogs"}}\n      - {code: both, label: {en: Both}, net_of: [cat, dog]}\n',
        "both  Both  [sum of cat, dog]",
    ),
    "at most so many ticks": (
        "    kind: multi_answer\n", "    kind: multi_answer\n    max_selected: 1\n", "at most 1",
    ),
    "a required question": (
        "    kind: multi_answer\n", "    kind: multi_answer\n    required: true\n",
        "which · multi_answer · P1Y · required",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line"), MARKS.values(), ids=MARKS)
def test_what_there_is_to_an_option_or_a_question_stands_beside_it(load, old, new, line):
    assert any(line in shown for shown in load((old, new)).outline().splitlines())


SECTIONS = """\
sections:
  - {id: keeping, title: {en: "Pets you keep"}, questions: [pets, how_many]}
  - {id: liking, title: {en: "Pets you like"}, questions: [which]}
questions:
"""


def test_sections_stand_before_their_first_question(load):
    lines = load(("questions:\n", SECTIONS)).outline().splitlines()
    place = lines.index("── Pets you like ──")
    assert lines[place + 2].startswith("  3  which")
    assert lines.index("── Pets you keep ──") < lines.index("  2  how_many · banded · in pets")


OTHERS = """\
  - id: trust
    kind: grid
    concept: trust
    text: {en: "How far do you trust"}
    wording: printed
    base: {asked: all}
    period: now
    option_list: complete
    cells: ordered
    rows:
      - {id: vets, text: {en: "vets?"}}
      - {id: shops, text: {en: "pet shops?"}}
    options:
      - {code: little, label: {en: "Little"}, score: 1}
      - {code: much, label: {en: "Much"}, score: 2.5}
  - id: age
    kind: number
    concept: age
    text: {en: "How old are you?"}
    wording: printed
    base: {asked: all}
    period: now
    unit: years
    minimum: "18"
    maximum: "99"
  - id: adult
    kind: derived
    concept: adult
    text: {en: "Of age in every country"}
    base: {asked: all}
    period: now
    options:
      - {code: older, label: {en: "21 or more"}, when: {question: age, at_least: "21"}}
      - {code: younger, label: {en: "Under 21"}, when: {none_of: [{question: age, at_least: "21"}]}}
"""


@pytest.fixture
def others(demo):
    text = demo.path(ONE).read_text("utf-8")
    demo.write(ONE, text + OTHERS)
    return sl.load_instrument(demo.path(ONE))


def test_a_grid_is_shown_with_its_rows_and_scored_columns(others):
    assert others.outline(question="trust").splitlines() == [
        "  4  trust · grid · now",
        "     How far do you trust",
        "       vets: vets?",
        "       shops: pet shops?",
        "       little  Little  [score 1]",
        "       much    Much  [score 2.5]",
    ]


def test_a_row_of_a_grid_is_shown_in_its_grid(others):
    assert others.outline(question="trust.vets") == others.outline(question="trust")


def test_a_number_is_shown_with_its_unit_and_limits(others):
    head = others.outline(question="age").splitlines()[0]
    assert head == "  5  age · number · now · in years · from 18 · to 99"


def test_a_derived_question_is_shown_with_the_case_of_each_value(others):
    lines = others.outline(question="adult").splitlines()
    assert lines[2:] == [
        "       older    21 or more  [age is at least 21]",
        "       younger  Under 21  [not (age is at least 21)]",
    ]


def test_a_long_text_is_wrapped_and_every_word_stays(load):
    text = " ".join(f"word{n}" for n in range(60))
    lines = load(("Do you keep a pet?", text)).outline(question="pets").splitlines()
    shown = [line for line in lines if "word" in line]
    assert " ".join(" ".join(shown).split()) == text
    assert all(len(line) <= 92 and line.startswith("     ") for line in shown)


@pytest.mark.parametrize(
    "file", sorted((ROOT / "instruments").glob("*/[0-9]*.yaml")), ids=lambda file: str(file)[-30:]
)
def test_every_shipped_questionnaire_is_shown_whole(file):
    instrument = sl.load_instrument(file)
    shown = instrument.outline()
    for number, question in enumerate(instrument.questions, 1):
        assert f"\n{number:>3}  {question.id} · " in shown
        for option in question.answers:
            assert f"       {option.code} " in shown
