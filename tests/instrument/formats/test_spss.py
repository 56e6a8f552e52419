"""SPSS: what pyreadstat reads out of the data file, and what the syntax says in words."""

import re
import struct
import sys
from pathlib import Path

import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings

from surveylib.errors import MissingExtraError
from surveylib.instrument.formats.features import FEATURES
from surveylib.instrument.formats.spss import FORMAT
from surveylib.instrument.library import load_instrument
from tests.instrument.formats.test_variables import asked, listed, questionnaire
from tests.instrument.generated import instruments

ROOT = Path(__file__).parents[3]

briefly = settings(
    max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), print_blob=False
)


def both(made):
    """The data file and the syntax, the latter as text."""
    files = FORMAT.write(made)
    name = f"{made.id}-{made.version}"
    assert set(files) == {f"{name}.sav", f"{name}.sps"}
    return files[f"{name}.sav"], files[f"{name}.sps"].decode("utf-8-sig")


def read(made, folder):
    """What pyreadstat finds in the data file."""
    place = folder / "made.sav"
    place.write_bytes(both(made)[0])
    frame, found = pyreadstat.read_sav(place, user_missing=True, disable_datetime_conversion=True)
    assert len(frame) == 0
    return found


def commands(syntax):
    """The commands, with strings as they mean; none is left where a command begins with `*`."""
    found, current = [], ""
    for line in syntax.splitlines():
        if line.startswith("*"):
            assert line.endswith(".")
            continue
        current = f"{current} {line.strip()}".strip()
        if current.endswith("."):
            found.append(re.sub(r"' \+ '", "", current))
            current = ""
    assert not current
    return found


def strings(command):
    return [text.replace("''", "'") for text in re.findall(r"'((?:[^']|'')*)'", command)]


def on_one_line(text):
    return " ".join(text.split())


@pytest.fixture(scope="module")
def groups():
    return load_instrument(ROOT / "instruments" / "organised_groups" / "1.0.yaml")


@pytest.fixture(scope="module")
def found(groups, tmp_path_factory):
    return read(groups, tmp_path_factory.mktemp("sav"))


def test_each_question_is_a_variable_and_each_answer_that_may_be_one_of_several(found):
    assert found.column_names[:3] == ["groups_encountered", "groups_count", "groups_number_change"]
    assert "groups_places_darknet" in found.column_names
    assert "groups_platforms_other_text" in found.column_names
    assert len(found.column_names) == 21


def test_labels_are_those_of_the_source_language(found):
    labels = found.column_names_to_labels
    assert labels["region"] == "Region of work"
    assert labels["groups_places_darknet"] == "Groups: places: Darknet"
    assert found.variable_value_labels["groups_number_change"] == {
        1: "Decreased",
        2: "Stayed the same",
        3: "Increased",
        -91: "Don't know",
        -92: "Prefer not to say",
    }
    assert found.variable_value_labels["groups_places_darknet"] == {
        0: "Not selected",
        1: "Darknet",
        -91: "Don't know",
        -92: "Prefer not to say",
    }


def test_every_number_has_the_block_of_missing_states_as_its_missing_range(found):
    numbers = [name for name, form in found.original_variable_types.items() if form[0] != "A"]
    assert found.missing_ranges == {name: [{"lo": -99, "hi": -91}] for name in numbers}


def test_levels_of_measurement_are_those_of_the_questions(found):
    levels = found.variable_measure
    assert (levels["groups_encountered"], levels["groups_count"]) == ("nominal", "ordinal")


def test_the_data_file_has_no_rows_and_does_not_say_when_it_was_made(found):
    assert found.number_rows == 0
    assert f"{found.creation_time:%Y-%m-%d %H:%M}" == "1970-01-01 00:00"
    assert found.file_label.startswith("Organised groups of online offenders")


def test_the_header_and_the_last_record_both_hold_no_rows(groups):
    data, _ = both(groups)
    assert struct.unpack_from("=i", data, 80) == (0,)
    # Record 7, subtype 16: two numbers of 8 bytes, of which the second is the number of rows.
    assert data.count(struct.pack("=iiiiqq", 7, 16, 8, 2, 1, 0)) == 1
    assert data.endswith(struct.pack("=ii", 999, 0))


def test_forms_are_those_of_the_questions(tmp_path):
    made = questionnaire(
        asked("number", "age", unit="years", minimum="18", maximum="120", decimals=1),
        asked("number", "people", unit="people", maximum="10000000000"),
        asked("date", "day", precision="day"),
        asked("date", "month", precision="month"),
        asked("date", "year", precision="year"),
        asked("text", "words"),
    )
    found = read(made, tmp_path)
    assert found.original_variable_types == {
        "age": "F8.1",
        "people": "F12.0",
        "day": "SDATE10",
        "month": "MOYR8",
        "year": "F8.0",
        "words": "A1000",
    }
    assert found.variable_measure["age"] == "scale"
    assert "words" not in found.missing_ranges


@briefly
@given(made=instruments())
def test_what_the_data_file_holds_is_what_the_questionnaire_says(made, tmp_path_factory):
    source = made.languages[0]
    found = read(made, tmp_path_factory.mktemp("sav"))
    lower = [name.lower() for name in found.column_names]
    assert len(set(lower)) == len(lower)
    told = [
        label
        for name, labels in found.variable_value_labels.items()
        for value, label in labels.items()
        if not any(one["lo"] <= value <= one["hi"] for one in found.missing_ranges.get(name, []))
    ]
    for item in made.items:
        for option in item.answers:
            label = on_one_line(option.label[source])
            if not option.net_of and len(label.encode()) <= 120:
                assert label in told
    assert all(len(label.encode()) <= 120 for label in told)


@briefly
@given(made=instruments())
def test_the_syntax_says_what_the_data_file_holds(made, tmp_path_factory):
    found = read(made, tmp_path_factory.mktemp("sav"))
    labels, values, levels, ranges = {}, {}, {}, {}
    for command in commands(both(made)[1]):
        words = command.rstrip(".").split()
        match words[:2]:
            case ["VARIABLE", "LABELS"]:
                labels[words[2]] = strings(command)[0]
            case ["VARIABLE", "LEVEL"]:
                levels[words[2]] = words[3].strip("()").lower()
            case ["VALUE", "LABELS"]:
                bare = re.sub(r"'(?:[^']|'')*'", "", command.rstrip(".")).split()[3:]
                numbers = [int(word) for word in bare]
                values[words[2]] = dict(zip(numbers, strings(command), strict=True))
            case ["MISSING", "VALUES"]:
                low, high = re.findall(r"-?\d+", command.partition("(")[2])
                ranges[words[2]] = [{"lo": int(low), "hi": int(high)}]
    assert labels == found.column_names_to_labels
    assert levels == found.variable_measure
    assert values == found.variable_value_labels
    assert ranges == found.missing_ranges


@briefly
@given(made=instruments())
def test_lines_of_syntax_are_no_longer_than_spss_reads(made):
    _, syntax = both(made)
    assert all(len(line.encode()) <= 251 for line in syntax.split("\n"))


@briefly
@given(made=instruments())
def test_the_same_instrument_gives_the_same_bytes(made):
    again = type(made).model_validate(made.model_dump(by_alias=True))
    assert FORMAT.write(made) == FORMAT.write(again)


def test_a_question_with_several_answers_is_a_set_of_variables(groups):
    sets = [command for command in commands(both(groups)[1]) if command.startswith("MRSETS")]
    assert sets[0] == (
        "MRSETS /MDGROUP NAME=$groups_places CATEGORYLABELS=COUNTEDVALUES LABEL='Groups: places' "
        "VARIABLES= groups_places_open_internet groups_places_messaging groups_places_social_media "
        "groups_places_darknet groups_places_peer_to_peer groups_places_games "
        "groups_places_elsewhere VALUE=1."
    )
    assert len(sets) == 2


def test_one_option_is_no_set_because_spss_takes_two_variables_or_more():
    _, syntax = both(questionnaire(listed("multi_answer", "a")))
    assert "MRSETS" not in syntax


def test_a_set_is_not_called_as_a_variable_of_spss_itself():
    _, syntax = both(questionnaire(listed("multi_answer", "a", "b", name="date")))
    assert re.search(r"NAME=\$date_[0-9a-f]{8} ", syntax)


def test_the_codes_behind_the_numbers_are_written_down():
    _, syntax = both(questionnaire(listed("single", "yes", "no")))
    assert "\n* q: 1 = yes, 2 = no.\n" in syntax


def test_the_whole_question_is_an_attribute_of_its_variables():
    text = "Who's there? " + "A long explanation follows. " * 20
    (command,) = [
        command
        for command in commands(both(questionnaire(asked("text") | {"text": {"en": text}}))[1])
        if command.startswith("VARIABLE ATTRIBUTE")
    ]
    assert command.startswith("VARIABLE ATTRIBUTE VARIABLES=q ATTRIBUTE=Question(")
    assert strings(command) == [text.strip()]


def test_a_long_label_is_cut_between_characters(tmp_path):
    made = questionnaire(asked("text") | {"title": {"en": "ü" * 200}})
    label = read(made, tmp_path).column_names_to_labels["q"]
    assert label == "ü" * 126 + "…"
    assert len(label.encode()) == 255


def test_the_syntax_says_that_it_is_utf_8(groups):
    data = FORMAT.write(groups)["organised_groups-1.0.sps"]
    assert data.startswith(b"\xef\xbb\xbf* Encoding: UTF-8.\n")


def test_without_pyreadstat_the_extra_is_named(groups, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(MissingExtraError, match=r"writing SPSS files .*surveylib\[formats\]"):
        FORMAT.write(groups)


def test_the_format_names_parts_of_an_instrument():
    assert FORMAT.keeps | set(FORMAT.partly) <= set(FEATURES)
