"""The questionnaire as data: frozen, with kinds that know what their answers are."""

import pytest
from pydantic import ValidationError

import surveylib as sl
from surveylib.errors import InstrumentError, UnknownNameError

FILE = "instruments/demo/1.yaml"
KINDS = {"single", "ordered", "banded", "multi_answer", "open_coded", "text_quantity"}


@pytest.fixture
def instrument(demo):
    return sl.load_instrument(demo.path(FILE))


def test_a_loaded_instrument_cannot_be_changed(instrument):
    with pytest.raises(ValidationError, match="frozen"):
        instrument.version = "2"
    with pytest.raises(ValidationError, match="frozen"):
        instrument.questions[0].id = "other"
    with pytest.raises(ValidationError, match="frozen"):
        instrument.questions[0].options[0].code = "other"
    with pytest.raises(TypeError, match="does not support item assignment"):
        instrument.questions[0] = instrument.questions[1]


def test_every_shipped_instrument_loads_and_together_they_have_every_kind(root):
    files = sorted((root / "instruments" / "netclean").glob("*.yaml"))
    instruments = [sl.load_instrument(file) for file in files]
    assert [entry.version for entry in instruments] == [str(year) for year in range(2015, 2021)]
    assert {question.kind for entry in instruments for question in entry.questions} == KINDS


def test_missing_states_are_answers_after_the_options(instrument):
    assert instrument.question("which").answer_codes == ("cat", "dog", "dont_know")
    assert instrument.question("which").label("dont_know") == "don't know"


def test_only_answers_of_which_each_respondent_gives_one_exclude_each_other(instrument):
    assert instrument.question("pets").exclusive
    assert instrument.question("how_many").exclusive
    assert not instrument.question("which").exclusive


@pytest.mark.parametrize(("mentions", "exclusive"), [("one", True), ("several", False)])
def test_coded_answers_exclude_each_other_where_one_mention_counts(demo, mentions, exclusive):
    demo.edit(FILE, "kind: multi_answer", f"kind: open_coded\n    mentions: {mentions}")
    question = sl.load_instrument(demo.path(FILE)).question("which")
    assert question.exclusive is exclusive


def test_a_question_without_a_title_is_called_by_its_id_in_plain_words(instrument):
    assert instrument.question("how_many").heading == "How many"


def test_a_title_is_the_heading(demo):
    demo.edit(FILE, "    concept: how_many\n", "    concept: how_many\n    title: {en: Count}\n")
    assert sl.load_instrument(demo.path(FILE)).question("how_many").heading == "Count"


def test_a_misspelt_question_is_answered_with_the_nearest_one(instrument):
    with pytest.raises(UnknownNameError, match=r"in demo 1; did you mean 'which'\? Known: "):
        instrument.question("witch")


@pytest.mark.parametrize(
    "period", ["P3Y", "P1M", "P2W", "P10D", "since the flood", "not_stated", "unknown"]
)
def test_a_reference_period_is_a_duration_a_start_or_unknown(demo, period):
    demo.edit(FILE, "period: P1Y", f"period: {period}")
    assert sl.load_instrument(demo.path(FILE)).question("which").period == period


@pytest.mark.parametrize("period", ["3 years", "P3", "PY", "1Y", "last year"])
def test_any_other_reference_period_is_refused(demo, period):
    demo.edit(FILE, "period: P1Y", f"period: {period}")
    with pytest.raises(InstrumentError, match="ISO 8601 duration such as P3Y"):
        sl.load_instrument(demo.path(FILE))


@pytest.mark.parametrize("score", [".nan", "nan", ".inf", "Infinity", "high"])
def test_a_score_is_a_finite_number(demo, score):
    demo.edit(FILE, "kind: single", "kind: ordered")
    demo.edit(FILE, 'code: "no",', f'code: "no", score: {score},')
    with pytest.raises(InstrumentError, match="'score'"):
        sl.load_instrument(demo.path(FILE))


@pytest.mark.parametrize("end", ["2.5", "1e3", "1_000", "٢", "two", ""])
def test_an_end_of_a_band_is_a_whole_number_in_plain_digits(demo, end):
    demo.edit(FILE, "interval: [3, 5]", f"interval: [3, '{end}']")
    with pytest.raises(InstrumentError, match="VALUE"):
        sl.load_instrument(demo.path(FILE))


@pytest.mark.parametrize("part", ["questions", "options"])
def test_a_list_without_entries_is_refused(demo, part):
    text = demo.path(FILE).read_text("utf-8")
    if part == "questions":
        demo.write(FILE, text[: text.index("questions:")] + "questions: []\n")
    else:
        demo.write(FILE, text[: text.rindex("    options:")] + "    options: []\n")
    with pytest.raises(InstrumentError, match=rf"'{part}' is empty \[VALUE\]"):
        sl.load_instrument(demo.path(FILE))


def test_a_quantity_in_free_text_has_no_answers_to_count(root):
    instrument = sl.load_instrument(root / "instruments" / "netclean" / "2018.yaml")
    assert instrument.question("organised_groups_size").answer_codes == ()
