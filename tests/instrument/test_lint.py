"""What is allowed in an instrument and hurts later: each warning where it belongs, and only there.

Dates are checked against the calendar, and unquoted values against a reader of YAML 1.1.
"""

import calendar
import datetime as dt
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import surveylib as sl
from surveylib.errors import InstrumentError, UnknownNameError
from surveylib.instrument.dump import dump
from surveylib.instrument.lint import MANY_OPTIONS, date_images
from tests.instrument.generated import instruments

ROOT = Path(__file__).parents[2]
ONE = "instruments/demo/1.yaml"
FEW = 'label: {en: "1 to 2"}'
OVERLAP = "bands: {overlaps: [{bands: [few, some], values: [2, 2]}], reading: exclusive_of_lower}"
GERMAN = ("languages: [en]", "languages: [en, de]")
DOGS = '- {code: dog, label: {en: "Dogs"}}'


@pytest.fixture
def warnings(demo):
    """Edit the demo questionnaire and look at the warnings of one code."""
    # It offers no way of saying that one does not know, and names no period, so that the few rules
    # about these have something to find; everything else is clean.
    usual = {"LINT-DONT-KNOW", "LINT-PERIOD"}
    half_translated = {"LINT-TRANSLATION", "LINT-MISSING-LABEL"}

    def find(code, *edits):
        if any(old == GERMAN[0] for old, _ in edits):
            usual.update(half_translated)
        for old, new in edits:
            demo.edit(ONE, old, new)
        found = sl.lint(demo.path(ONE))
        assert {warning.code for warning in found} <= usual | {code}
        assert all(warning.file == str(demo.path(ONE)) for warning in found)
        lines = [warning.line for warning in found]
        assert lines == sorted(lines)
        return [warning for warning in found if warning.code == code]

    return find


#: What is changed, the one warning's code, words on its line, and what it says.
FOUND = {
    "a label that becomes a date": (
        [(FEW, 'label: {en: "1-2"}')],
        "LINT-DATE", 'en: "1-2"', ("02-Jan, 01-Feb", "do: write '1 to 2'"),
    ),
    "a label that becomes a month of a year": (
        [(FEW, 'label: {en: "11-50"}')],
        "LINT-DATE", 'en: "11-50"', ("Nov-50", "do: write '11 to 50'"),
    ),
    "a label in another language that becomes a date": (
        [GERMAN, (FEW, 'label: {en: "1 to 2", de: "1.2."}')],
        "LINT-DATE", 'de: "1.2."', ("01-Feb",),
    ),
    "a label that begins like a formula": (
        [('{en: "Dogs"}', '{en: "+ dogs"}')],
        "LINT-FORMULA", "+ dogs", ("'+ dogs' (en)", "do: begin with a word"),
    ),
    "a label that turns the direction": (
        [('{en: "Dogs"}', '{en: "\\u202eDogs"}')],
        "LINT-DIRECTION", "u202eDogs", ("'\\u202eDogs' (en)", "do: remove them"),
    ),
    "two options with one label": (
        [('{en: "Dogs"}', '{en: "CATS"}')],
        "LINT-LABEL", "CATS", ("'cat' and 'dog' have the same label (en)", "do: tell them apart"),
    ),
    "bands that overlap as declared": (
        [
            ("interval: [3, 5]", "interval: [2, 5]"),
            ("    unit: pets\n", f"    unit: pets\n    {OVERLAP}\n"),
        ],
        "LINT-BAND-OVERLAP", "bands: {overlaps", ("share values", "hold every value once"),
    ),
    "bands with a gap as declared": (
        [
            ("interval: [3, 5]", "interval: [4, 5]"),
            ("    unit: pets\n", "    unit: pets\n    bands: {gaps: [[3, 3]]}\n"),
        ],
        "LINT-BAND-GAP", "bands: {gaps", ("leave values out", "hold every value once"),
    ),
    "one option": (
        [('      - {code: "no", label: {en: "No, none"}}\n', "")],
        "LINT-OPTIONS", '      - {code: "yes"@0', ("'pets' has 1 option",),
    ),
}  # fmt: skip


def line_of(text, words):
    """The line on which some words stand that stand there once; `words@0` for the line before."""
    words, _, down = words.partition("@")
    assert text.count(words) == 1, f"{words!r} stands {text.count(words)} times"
    return text[: text.index(words)].count("\n") + (int(down) if down else 1)


@pytest.mark.parametrize(("edits", "code", "at", "says"), FOUND.values(), ids=FOUND)
def test_what_will_hurt_is_found_on_its_line_with_a_way_out(demo, warnings, edits, code, at, says):
    (warning,) = warnings(code, *edits)
    assert warning.line == line_of(demo.path(ONE).read_text("utf-8"), at)
    assert all(words in str(warning) for words in says)


#: What is changed, and the warning that must not follow from it.
NOT_FOUND = {
    "numbers joined by a word": ("LINT-DATE", (FEW, 'label: {en: "1 to 2"}')),
    "numbers joined by an en dash": ("LINT-DATE", (FEW, 'label: {en: "1–2"}')),
    "numbers that are no date": ("LINT-DATE", (FEW, 'label: {en: "51-100"}')),
    "a sign inside a label": ("LINT-FORMULA", ('{en: "Dogs"}', '{en: "Dogs + cats = @home"}')),
    "a minus sign that is none of a spreadsheet": ("LINT-FORMULA", ('"Dogs"', '"−1"')),
    "a text that runs from right to left by itself": ("LINT-DIRECTION", ('"Dogs"', '"كلاب"')),
    "labels that differ by a letter": ("LINT-LABEL", ('"Dogs"', '"Cat"')),
    "labels that are alike in different languages": (
        "LINT-LABEL", GERMAN, ('{en: "Dogs"}', '{en: "Dogs", de: "Cats"}'),
    ),
    "an incomplete list with one option": ("LINT-OPTIONS", (f"      {DOGS}\n", "")),
}  # fmt: skip


@pytest.mark.parametrize("wanted", NOT_FOUND.values(), ids=NOT_FOUND)
def test_what_will_not_hurt_is_not_found(warnings, wanted):
    code, *edits = wanted
    assert warnings(code, *edits) == []


def test_labels_that_become_the_same_date_are_named_with_each_other(warnings):
    edits = [(FEW, 'label: {en: "3-5"}'), ('label: {en: "3 to 5"}', 'label: {en: "5-3"}')]
    first, second = warnings("LINT-DATE", *edits)
    assert "as they do with 'some': afterwards nobody can tell them apart" in first.what
    assert "as they do with 'few'" in second.what


def test_a_list_of_exactly_a_hundred_options_is_not_too_long(warnings):
    def options(count):
        return "".join(f'\n      - {{code: a{n}, label: {{en: "A{n}"}}}}' for n in range(count))

    complete = ("option_list: partial", "option_list: complete")
    assert warnings("LINT-OPTIONS", complete, (DOGS, f"{DOGS}{options(MANY_OPTIONS - 2)}")) == []
    (warning,) = warnings(
        "LINT-OPTIONS", (DOGS, f'{DOGS}\n      - {{code: z, label: {{en: "Z"}}}}')
    )
    assert "'which' has 101 options" in warning.what


def test_bands_rebuilt_in_part_are_not_told_what_a_next_round_should_do(warnings):
    gap = [
        ("interval: [3, 5]", "interval: [4, 5]"),
        ("    unit: pets\n", "    unit: pets\n    bands: {gaps: [[3, 3]]}\n"),
        ("    minimum: 1\n    option_list: complete", "    minimum: 1\n    option_list: partial"),
    ]
    assert warnings("LINT-BAND-GAP", *gap) == []


# --- not answering, periods, languages --------------------------------------------------------


def names(found):
    """The questions that warnings name first."""
    return [warning.what.partition("'")[2].partition("'")[0] for warning in found]


def test_a_count_that_one_may_not_know_needs_a_way_to_say_so(warnings):
    found = warnings("LINT-DONT-KNOW")
    # `which` takes any number of ticks, none among them, and offers it.
    assert names(found) == ["pets", "how_many"]
    offered = ("    unit: pets\n", "    unit: pets\n    missing: [dont_know]\n")
    assert names(warnings("LINT-DONT-KNOW", offered)) == ["pets"]


def test_to_refuse_is_a_way_out_of_a_plain_question_and_not_of_a_count(warnings):
    where = "period: not_stated\n    option_list"
    found = warnings(
        "LINT-DONT-KNOW",
        (where, where.replace("\n", "\n    missing: [refused]\n")),
        ("    unit: pets\n", "    unit: pets\n    missing: [refused]\n"),
    )
    assert names(found) == ["how_many"]


def test_a_question_in_our_own_words_is_not_told_what_it_should_have_offered(warnings):
    edits = [
        ('do you keep?"}\n    wording: printed', 'do you keep?"}\n    wording: own_words'),
        ('keep a pet?"}\n    wording: printed', 'keep a pet?"}\n    wording: own_words'),
    ]
    assert warnings("LINT-DONT-KNOW", *edits) == []
    assert warnings("LINT-PERIOD") == []


def test_a_count_needs_a_period_and_other_questions_do_not(demo, warnings):
    (warning,) = warnings("LINT-PERIOD")
    assert names([warning]) == ["how_many"]
    stated = "period: not_stated\n    unit"
    assert warning.line == line_of(demo.path(ONE).read_text("utf-8"), stated)
    assert warnings("LINT-PERIOD", (stated, "period: P12M\n    unit")) == []


def test_texts_that_are_not_translated_are_counted_by_question(warnings):
    found = warnings(
        "LINT-TRANSLATION",
        GERMAN,
        ('{en: "Dogs"}', '{en: "Dogs", de: "Hunde"}'),
        ("    missing: [dont_know]\n", ""),
    )
    assert [warning.what for warning in found] == [
        "'pets': 3 of 3 texts do not exist in 'de'",
        "'how_many': 4 of 4 texts do not exist in 'de'",
        "'which': 2 of 3 texts do not exist in 'de'",
    ]


def test_texts_in_one_language_need_no_translation(warnings):
    assert warnings("LINT-TRANSLATION") == []


def test_an_offered_way_of_not_answering_needs_a_label_in_every_language(demo):
    def found():
        return [one.what for one in sl.lint(demo.path(ONE)) if one.code == "LINT-MISSING-LABEL"]

    # English has words of its own for it.
    assert found() == []
    demo.edit(ONE, *GERMAN)
    assert found() == ["'dont_know' have no label in 'de'"]
    labels = 'missing_labels: {dont_know: {en: "Don\'t know", de: "Weiß nicht"}}\nquestions:\n'
    demo.edit(ONE, "questions:\n", labels)
    assert found() == []


# --- dates ------------------------------------------------------------------------------------

#: What spreadsheets in American and British English make of labels.
IMAGES = {
    "1-10": ["10-Jan", "01-Oct"],
    "11-50": ["Nov-50"],
    "51-100": [],
    "2-5": ["05-Feb", "02-May"],
    "0-2": [],
    "5-10": ["10-May", "05-Oct"],
    "3-5": ["05-Mar", "03-May"],
    "1–10": [],
    "1 to 10": [],
    "1/2": ["02-Jan", "01-Feb"],
    "31-12": ["31-Dec"],
    "12-31": ["31-Dec"],
    "2-30": ["Feb-30"],
    "13-99": [],
    "101-500": [],
    "10+": [],
    "> 10": [],
    "2019": [],
    " 3-5 ": ["05-Mar", "03-May"],
    "1.10.": ["01-Oct"],  # in a German one
    "٣-٥": [],  # digits that spreadsheets do not read in this form
}


@pytest.mark.parametrize(("label", "images"), IMAGES.items())
def test_a_label_is_known_by_the_dates_it_becomes(label, images):
    assert date_images(label) == images


@given(low=st.integers(0, 200), high=st.integers(0, 200), dash=st.sampled_from([" to ", "–", "—"]))
def test_numbers_that_no_hyphen_joins_are_never_dates(low, high, dash):
    assert date_images(f"{low}{dash}{high}") == []


def in_calendar(month, day):
    try:
        dt.date(2024, month, day)
    except ValueError:
        return False
    return True


@given(low=st.integers(1, 31), high=st.integers(1, 31))
def test_a_day_and_a_month_are_a_date_in_either_order(low, high):
    days = [(month, day) for month, day in ((low, high), (high, low)) if in_calendar(month, day)]
    month_of_a_year = not days and low <= 12 and high >= 10
    images = [f"{day:02d}-{calendar.month_abbr[month]}" for month, day in days]
    if month_of_a_year:
        images = [f"{calendar.month_abbr[low]}-{high}"]
    assert date_images(f"{low}-{high}") == list(dict.fromkeys(images))


# --- YAML that other readers take for something else ------------------------------------------

#: Unquoted texts, and the type that YAML 1.1 gives them.
SURPRISES = {
    "no": "bool", "yes": "bool", "on": "bool", "off": "bool", "NO": "bool", "true": "bool",
    "0010": "int", "10": "int", "12:30": "int", "1_000": "int", "0x1F": "int", "-1": "int",
    "1.5": "float", "2024-01-02": "timestamp", "~": "null", "null": "null",
}  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), SURPRISES.items())
def test_an_unquoted_text_that_changes_in_other_readers_is_found_on_its_line(
    demo, warnings, text, kind
):
    # The type is that of PyYAML, a reader of YAML 1.1.
    read = yaml.safe_load(text)
    assert not isinstance(read, str)
    (warning,) = warnings("LINT-YAML", ("population: People with and without pets.",
                                        f"population: {text}"))  # fmt: skip
    assert warning.line == demo.line(ONE, "population:")
    assert f"'{text}' is not quoted: other readers take it for a value of type {kind}" in (
        warning.what
    )
    assert warning.todo == f'write "{text}"'


@pytest.mark.parametrize("text", SURPRISES)
@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_quoted_text_is_the_same_in_every_reader(warnings, text, quote):
    quoted = ("population: People with and without pets.", f"population: {quote}{text}{quote}")
    assert warnings("LINT-YAML", quoted) == []


@pytest.mark.parametrize("text", ["yesterday", "nobody", "P12M", "all", "one", "Off we go", "1-10"])
def test_an_unquoted_text_that_stays_a_text_is_not_found(warnings, text):
    plain = ("population: People with and without pets.", f"population: {text}")
    assert warnings("LINT-YAML", plain) == []


def test_a_code_a_version_and_an_answer_of_a_condition_are_found(demo, warnings):
    found = warnings(
        "LINT-YAML",
        ('version: "1"', "version: 1"),
        ('{code: "yes",', "{code: yes,"),
        ('answers: ["yes"]', "answers: [yes]"),
    )
    words = ("version: 1", "{code: yes,", "answers: [yes]")
    assert [warning.line for warning in found] == [demo.line(ONE, at) for at in words]


def test_the_code_of_norwegian_is_found_where_it_is_a_key(demo, warnings):
    norwegian = ("languages: [en]", 'languages: [en, "no"]')
    hunder = ('{en: "Dogs"}', '{en: "Dogs", no: "Hunder"}')
    (warning,) = warnings("LINT-YAML", norwegian, hunder)
    assert warning.line == demo.line(ONE, "Hunder")
    assert "'no' is not quoted" in warning.what


def test_numbers_and_truth_values_are_meant_to_be_what_they_are(warnings):
    typed = ("    unit: pets\n", "    unit: pets\n    required: true\n")
    assert warnings("LINT-YAML", typed) == []


@settings(max_examples=25, deadline=None)
@given(instrument=instruments())
def test_what_is_written_needs_no_more_quotes(tmp_path_factory, instrument):
    folder = tmp_path_factory.getbasetemp() / "lint" / instrument.id
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{instrument.version}.yaml"
    place.write_text(dump(instrument), encoding="utf-8", newline="\n")
    assert [one for one in sl.lint(place) if one.code == "LINT-YAML"] == []


# --- what is looked at ------------------------------------------------------------------------


def test_the_questionnaire_for_rounds_to_come_has_no_warning():
    assert sl.lint(ROOT / "instruments" / "organised_groups") == []
    assert sl.lint(ROOT / "instruments" / "organised_groups" / "1.0.yaml") == []


def test_labels_of_a_real_questionnaire_that_become_dates_are_found():
    # `2-50` is February 1950, `1-10` 10 January or 1 October, `11-50` November 1950.
    found = sl.lint(ROOT / "instruments" / "ospo" / "2018.yaml")
    told = [one.what.partition("label ")[2] for one in found if one.code == "LINT-DATE"]
    assert told == [
        "'2-50' into a date: Feb-50",
        "'1-10' into a date: 10-Jan, 01-Oct",
        "'11-50' into a date: Nov-50",
    ]


def test_a_folder_and_a_study_are_looked_at_file_by_file(demo):
    each = [str(one) for name in ("1", "2") for one in sl.lint(demo.instruments / f"{name}.yaml")]
    assert each
    assert [str(one) for one in sl.lint(demo.instruments)] == each
    # A study names the files from its own place; the warnings are the same.
    assert [one.code for one in sl.lint(demo.study)] == [
        one.code for one in sl.lint(demo.instruments)
    ]


def test_a_crosswalk_is_not_taken_for_an_instrument(demo):
    # One of all versions: of another it would be said which versions it does not carry on.
    sources = "".join(
        f'\n      - {{version: "{version}", question: which, verdict: identical, reason: The same,'
        " map: {cat: cat, dog: dog}, missing: {dont_know: dont_know}}"
        for version in ("1", "2")
    )
    demo.write(
        "instruments/demo/crosswalk.yaml",
        "format: surveylib.crosswalk/1\nid: demo\nharmonised:\n"
        '  - id: animals\n    version: "1"\n    title: {en: "Animals"}\n    concept: which\n'
        "    kind: multi_answer\n    options:\n"
        '      - {code: cat, label: {en: "Cats"}}\n      - {code: dog, label: {en: "Dogs"}}\n'
        f"    sources:{sources}\n",
    )
    assert sl.lint(demo.path("instruments/demo/crosswalk.yaml")) == []
    assert sl.lint(demo.instruments)


def test_a_wrong_instrument_is_refused_before_it_is_looked_at(demo):
    demo.edit(ONE, "interval: [3, 5]", "interval: [5, 3]")
    with pytest.raises(InstrumentError, match="BAND-REVERSED"):
        sl.lint(demo.path(ONE))


def test_a_file_that_is_not_there_is_refused(demo):
    with pytest.raises(UnknownNameError, match=r"no instrument file called '3.yaml'"):
        sl.lint(demo.instruments / "3.yaml")
