"""Every kind of question: what it may say about itself, and what is refused with its line."""

from decimal import Decimal

import pytest

import surveylib as sl
from surveylib.errors import InstrumentError
from surveylib.instrument.question import Derived, MultiAnswer, Ordered, Single
from tests.instrument.generated import ALL_KINDS

ONE = "instruments/demo/1.yaml"

ADDED = """\
  - id: age
    kind: number
    concept: age
    text: {en: "How old is your oldest pet?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    missing: [refused]
    unit: years
    minimum: 0
    maximum: 120.5
    decimals: 1
  - id: since
    kind: date
    concept: since
    text: {en: "Since when do you keep pets?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    precision: month
    earliest: 1950-01
    latest: 2026-12
  - id: why
    kind: text
    concept: why
    wording: printed
    base: {asked: all}
    period: not_stated
    text: {en: "Why do you keep them?"}
    disclosure: restricted
  - id: spent
    kind: text_quantity
    concept: spent
    text: {en: "How much did you spend on them?"}
    wording: printed
    base: {asked: all}
    period: P1Y
    unit: euro
    decimal: ","
    group: [".", space]
  - id: like
    kind: grid
    concept: like
    text: {en: "How much do you like them?", de: "Wie gern mögen Sie sie?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    missing: [dont_know]
    option_list: complete
    cells: ordered
    rows:
      - {id: cats, text: {en: "Cats", de: "Katzen"}, title: {en: "Liking cats"}, concept: cats}
      - {id: dogs, text: {en: "Dogs"}, note: "Wolves count as dogs."}
    options:
      - {code: little, label: {en: "A little"}, score: 1}
      - {code: much, label: {en: "Much"}, score: 2}
    retired:
      - {code: none, label: {en: "Not at all"}, until: "0"}
  - id: ticked
    kind: multi_answer
    concept: ticked
    text: {en: "Which of these do you keep?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    min_selected: 1
    max_selected: 2
    option_list: complete
    options:
      - {code: fish, label: {en: "Fish"}}
      - {code: bird, label: {en: "Birds"}}
      - {code: others, label: {en: "Others"}, write_in: true}
      - {code: nothing, label: {en: "Nothing"}, exclusive: true}
  - id: fond
    kind: derived
    concept: fond
    text: {en: "Fond of animals"}
    base: {asked: all}
    period: not_stated
    options:
      - {code: fond, label: {en: "Fond"}, when: {question: pets, answers: ["yes"]}}
      - {code: cool, label: {en: "Cool"}, when: {question: pets, answers: ["no"]}}
"""

SECTIONS = """\
sections:
  - {id: animals, title: {en: "Animals"}, questions: [pets, how_many, which, age, since, why]}
  - {id: more, title: {en: "More"}, questions: [spent, like, ticked, fond]}
missing_labels:
  dont_know: {en: "I do not know"}
"""


@pytest.fixture
def every_kind(demo):
    """The small study with a question of every kind in its first questionnaire."""
    text = demo.path(ONE).read_text("utf-8").replace("languages: [en]", "languages: [en, de]")
    demo.write(ONE, text + ADDED + SECTIONS)
    return demo


@pytest.fixture
def instrument(every_kind):
    return sl.load_instrument(every_kind.path(ONE))


# What is wrong: old, new, the fault's code, words on its line, and what its message holds.
WRONG = {
    "a range that ends before it starts": (
        "maximum: 120.5", "maximum: -1",
        "RANGE-REVERSED", "maximum: -1", "the range ends at -1, before it starts at 0",
    ),
    "a limit more exact than answers": (
        "minimum: 0\n    maximum", "minimum: 0.25\n    maximum",
        "RANGE-DECIMALS", "minimum: 0.25", "do: write 'decimals: 2'",
    ),
    "a limit with an exponent": (
        "maximum: 120.5", "maximum: 1e3",
        "VALUE", "maximum: 1e3", "wanted a number such as 12, -3 or 0.5",
    ),
    "a limit with a decimal comma": (
        "maximum: 120.5", 'maximum: "120,5"',
        "VALUE", 'maximum: "120,5"', "wanted a number such as",
    ),
    "a limit in digits of another script": (
        "maximum: 120.5", "maximum: ١٢٠",
        "VALUE", "maximum: ١٢٠", "wanted a number such as",
    ),
    "a limit that is no number": (
        "maximum: 120.5", "maximum: nan",
        "VALUE", "maximum: nan", "wanted a number such as",
    ),
    "more decimals than a number holds": (
        "decimals: 1", "decimals: 16",
        "VALUE", "decimals: 16", "less than or equal to 15",
    ),
    "a day for a question for a month": (
        "earliest: 1950-01", "earliest: 1950-01-31",
        "DATE-PRECISION", "earliest: 1950-01-31", "wanted: a month",
    ),
    "a year for a question for a month": (
        "latest: 2026-12", 'latest: "2026"',
        "DATE-PRECISION", 'latest: "2026"', "got: 2026",
    ),
    "a month that the calendar does not have": (
        "latest: 2026-12", "latest: 2026-13",
        "VALUE", "latest: 2026-13", "wanted a year, a month or a day",
    ),
    "dates that end before they start": (
        "latest: 2026-12", "latest: 1949-12",
        "RANGE-REVERSED", "latest: 1949-12", "ends on 1949-12, before it starts on 1950-01",
    ),
    "an unknown precision": (
        "precision: month", "precision: week",
        "VALUE", "precision: week", "wanted: 'year', 'month' or 'day'",
    ),
    "a sign for decimals and for groups": (
        'group: [".", space]', 'group: [".", ","]',
        "NUMBER-SIGNS", 'decimal: ","', "do: write out 'group:' without it",
    ),
    "the usual signs for groups beside a decimal comma": (
        '    group: [".", space]\n', "",
        "NUMBER-SIGNS", 'decimal: ","', "do: write out 'group:' without it",
    ),
    "a row twice": (
        "{id: dogs,", "{id: cats,",
        "ROW-REPEATED", 'text: {en: "Dogs"}', "row 'cats' stands twice, first as row 1",
    ),
    "a row with a dot in its id": (
        "{id: dogs,", "{id: the.dogs,",
        "VALUE", "{id: the.dogs,", "got: 'the.dogs'",
    ),
    "a score in cells without an order": (
        "cells: ordered", "cells: single",
        "GRID-CELLS", "code: little", "'score' has a meaning in cells of kind ordered only",
    ),
    "an answer that stands alone among cells with one answer": (
        '{en: "Much"}, score: 2', '{en: "Much"}, exclusive: true',
        "GRID-CELLS", "code: much", "got: cells: ordered",
    ),
    "cells of a kind that grids do not have": (
        "cells: ordered", "cells: number",
        "VALUE", "cells: number", "'single', 'ordered' or 'multi_answer'",
    ),
    "a retired code in use": (
        "{code: none,", "{code: MUCH,",
        "OPTION-RETIRED", "{code: much,", "until version 0 it meant “Not at all”",
    ),
    "more ticks than there are options": (
        "max_selected: 2", "max_selected: 4",
        "TICKS", "max_selected: 4", "wanted: 1 to 3, the options that are not exclusive",
    ),
    "no ticks at most": (
        "min_selected: 1\n    max_selected: 2", "max_selected: 0",
        "TICKS", "max_selected: 0", "at most 0 options may be ticked",
    ),
    "more ticks at least than at most": (
        "min_selected: 1", "min_selected: 3",
        "TICKS", "min_selected: 3", "at least 3 options must be ticked, more than can be",
    ),
    "a question id with a dot": (
        "- id: age\n", "- id: pets.age\n",
        "QUESTION-ID", "- id: pets.age", "do: use _ instead",
    ),
    "a row without the source language": (
        '{id: dogs, text: {en: "Dogs"}', '{id: dogs, text: {de: "Hunde"}',
        "TEXT-LANGUAGE", "- id: like", "row 'dogs' of 'like' has no 'en'",
    ),
    "a section without the source language": (
        'title: {en: "Animals"}', 'title: {de: "Tiere"}',
        "TEXT-LANGUAGE", 'title: {de: "Tiere"}', "no 'en', the source language",
    ),
    "a missing label without the source language": (
        'dont_know: {en: "I do not know"}', 'dont_know: {de: "Weiß nicht"}',
        "TEXT-LANGUAGE", "dont_know: {de", "no 'en', the source language",
    ),
    "a title without the source language": (
        'title: {en: "Demo questionnaire"}', 'title: {de: "Fragebogen"}',
        "TEXT-LANGUAGE", 'title: {de: "Fragebogen"}', "no 'en', the source language",
    ),
    "a label for an unknown missing state": (
        'dont_know: {en: "I do not know"}', 'do_not_know: {en: "I do not know"}',
        "VALUE", "do_not_know: {en", "wanted: 'dont_know'",
    ),
    "a section with an unknown question": (
        "questions: [spent, like, t", "questions: [spend, like, t",
        "SECTION", "- {id: more", "do: did you mean 'spent'?",
    ),
    "a section twice": (
        "{id: more, title", "{id: animals, title",
        "SECTION", 'title: {en: "More"}', "section 'animals' stands twice",
    ),
    "a question in no section": (
        ", ticked, fond]", ", ticked]",
        "SECTION", "sections:", "no section holds 'fond'",
    ),
    "a question in two sections": (
        "questions: [spent, like,", "questions: [why, spent, like,",
        "SECTION", "sections:", "wanted: the order of 'questions'",
    ),
    "sections in another order than questions": (
        "[pets, how_many, which,", "[how_many, pets, which,",
        "SECTION", "sections:", "wanted: the order of 'questions'",
    ),
    "a section without questions": (
        "questions: [spent, like, ticked, fond]", "questions: []",
        "VALUE", "- {id: more", "wanted: at least one entry",
    ),
    "a condition without answers": (
        'when: {question: pets, answers: ["no"]}', "when: {question: pets}",
        "CONDITION-FORM", "code: cool", "wanted: {question, answers}",
    ),
}  # fmt: skip


@pytest.mark.usefixtures("every_kind")
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_a_kind_cannot_be_is_refused_with_its_line(refused, wrong):
    refused(ONE, *wrong, InstrumentError)


def test_every_kind_loads(instrument):
    here = {question.kind for question in instrument.questions}
    assert here == {*ALL_KINDS, "derived"} - {"ordered", "open_coded"}


def test_a_number_keeps_its_limits_as_they_were_written(instrument):
    age = instrument.question("age")
    assert (age.minimum, age.maximum, age.decimals) == (Decimal(0), Decimal("120.5"), 1)
    assert age.answer_codes == ("refused",)


@pytest.mark.parametrize(
    ("precision", "earliest", "latest"),
    [
        ("year", "1950", "2026"),
        ("month", "1950-01", "1950-01"),
        ("day", "2024-02-29", "2024-03-01"),
    ],
)
def test_dates_are_written_as_exactly_as_they_are_asked(every_kind, precision, earliest, latest):
    every_kind.edit(
        ONE,
        "precision: month\n    earliest: 1950-01\n    latest: 2026-12",
        f"precision: {precision}\n    earliest: {earliest}\n    latest: {latest}",
    )
    since = sl.load_instrument(every_kind.path(ONE)).question("since")
    assert (since.earliest, since.latest) == (earliest, latest)


@pytest.mark.parametrize("day", ["2023-02-29", "2024-2-1", "24-02-01", "2024-02-01T00:00", "today"])
def test_a_day_that_the_calendar_does_not_have_is_refused(every_kind, day):
    every_kind.edit(ONE, "earliest: 1950-01", f"earliest: {day}")
    with pytest.raises(InstrumentError, match="wanted a year, a month or a day"):
        sl.load_instrument(every_kind.path(ONE))


def test_a_row_of_a_grid_is_a_question_of_its_own(instrument):
    assert instrument.question_ids[6:9] == ("spent", "like.cats", "like.dogs")
    cats, dogs = instrument.question("like.cats"), instrument.question("like.dogs")
    assert (type(cats), cats.concept, cats.title) == (Ordered, "cats", {"en": "Liking cats"})
    assert cats.text == {
        "en": "How much do you like them? Cats",
        "de": "Wie gern mögen Sie sie? Katzen",
    }
    assert (dogs.concept, dogs.note) == ("like_dogs", "Wolves count as dogs.")
    # The row has no German, so neither has the question.
    assert dogs.text == {"en": "How much do you like them? Dogs"}
    assert dogs.answer_codes == ("little", "much", "dont_know")
    assert [option.score for option in dogs.options] == [1, 2]


@pytest.mark.parametrize(
    ("cells", "kind", "exclusive"),
    [("single", Single, True), ("ordered", Ordered, True), ("multi_answer", MultiAnswer, False)],
)
def test_a_row_is_a_question_of_the_kind_of_its_cells(every_kind, cells, kind, exclusive):
    every_kind.edit(ONE, "cells: ordered", f"cells: {cells}")
    every_kind.edit(ONE, ", score: 1}", "}")
    every_kind.edit(ONE, ", score: 2}", "}")
    row = sl.load_instrument(every_kind.path(ONE)).question("like.dogs")
    assert type(row) is kind
    assert row.exclusive is exclusive


def test_the_options_that_stand_alone_do_not_count_among_the_ticks(instrument):
    ticked = instrument.question("ticked")
    assert (ticked.min_selected, ticked.max_selected) == (1, 2)
    assert [option.code for option in ticked.options if option.exclusive] == ["nothing"]
    assert [option.code for option in ticked.options if option.write_in] == ["others"]


def test_a_derived_question_is_in_own_words_unless_told_otherwise(instrument):
    fond = instrument.question("fond")
    assert (type(fond), fond.wording, fond.exclusive) == (Derived, "own_words", True)
    assert fond.answer_codes == ("fond", "cool")


def test_what_is_left_out_is_neither_required_nor_random(instrument):
    pets = instrument.question("pets")
    assert (pets.required, pets.option_order, pets.retired) == (False, "fixed", ())


def test_a_free_text_leaves_the_project_only_redacted_unless_told_otherwise(every_kind):
    every_kind.edit(ONE, "    disclosure: restricted\n", "")
    assert sl.load_instrument(every_kind.path(ONE)).question("why").disclosure == "restricted"


def test_a_missing_state_is_shown_as_the_questionnaire_labels_it(instrument):
    assert instrument.missing_label("dont_know") == "I do not know"
    assert instrument.missing_label("refused") == "Refused"
    assert instrument.missing_label("dont_know", "de") == "I do not know"


def test_codes_of_different_questions_are_not_compared(instrument):
    # 'none' is retired in the grid, and free everywhere else.
    assert [entry.code for entry in instrument.question("like").retired] == ["none"]


def test_every_fault_of_a_kind_is_told_at_once(every_kind):
    every_kind.edit(ONE, "maximum: 120.5", "maximum: -0.55")
    every_kind.edit(ONE, "max_selected: 2", "max_selected: 9")
    with pytest.raises(InstrumentError, match=r"^3 faults:\n") as caught:
        sl.load_instrument(every_kind.path(ONE))
    codes = [fault.code for fault in caught.value.faults]
    assert codes == ["RANGE-REVERSED", "RANGE-DECIMALS", "TICKS"]
