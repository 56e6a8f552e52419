"""Versions that a crosswalk forgot: found where they could be a source, and only there."""

import pytest

import surveylib as sl
from surveylib.errors import InstrumentError
from surveylib.instrument import carrying
from tests.conftest import INSTRUMENT

ONE, THREE = "instruments/demo/1.yaml", "instruments/demo/3.yaml"
CROSSWALK = """\
format: surveylib.crosswalk/1
id: demo
harmonised:
  - id: keeps
    version: "1"
    title: {en: "Keeps a pet"}
    concept: pets
    kind: single
    options: [{code: "yes", label: {en: "Yes"}}, {code: "no", label: {en: "No"}}]
    sources:
      - {version: "1", question: pets, verdict: identical, reason: It is this one.,
         map: {"yes": "yes", "no": "no"}}
"""
MORE = """\
      - {version: "2", question: pets, verdict: VERDICT, reason: Asked otherwise.MAP}
"""
IN_FULL = ', map: {"yes": "yes", "no": "no"}'
KEPT = """\
follows:
  version: "BEFORE"
  questions:
    - {question: pets, decision: PETS}
    - {question: how_many, decision: same}
    - {question: which, decision: same}
"""


@pytest.fixture
def walk(demo):
    """The demo with a crosswalk that knows its first version only."""
    demo.write("instruments/demo/crosswalk.yaml", CROSSWALK)
    return demo


def following(version, before, pets="same", **edits):
    """A version that follows another, as text."""
    head = f'version: "{version}"\n{KEPT.replace("BEFORE", before).replace("PETS", pets)}'
    text = INSTRUMENT.replace('version: "1"\n', head)
    for old, new in edits.items():
        text = text.replace(old, new)
    return text


def told(walk, used=None):
    """What is warned of, by version and question."""
    found = carrying.lint(walk.instruments, used)
    assert {fault.code for fault in found} <= {"LINT-CROSSWALK"}
    return [fault.what for fault in found]


def test_a_newer_version_with_the_question_is_missed_with_its_line_and_a_way_out(walk):
    (fault,) = carrying.lint(walk.instruments)
    assert fault.what == "version 2 asks 'pets', and is no source of 'keeps'"
    assert fault.line == walk.line("instruments/demo/crosswalk.yaml", "sources:")
    assert 'add - {version: "2", question: pets, ...}' in fault.todo
    assert "verdict: break" in fault.todo


def test_the_check_of_the_folder_of_its_crosswalk_and_of_the_study_warn(walk):
    for place in (walk.instruments, walk.instruments / "crosswalk.yaml", walk.study):
        assert [one.code for one in sl.lint(place)].count("LINT-CROSSWALK") == 1


def test_a_version_of_no_wave_is_no_matter_of_the_study(walk):
    walk.write(THREE, following("3", "2"))
    assert len(told(walk)) == 2
    assert [one.code for one in sl.lint(walk.study)].count("LINT-CROSSWALK") == 1


def test_a_version_that_is_a_source_is_not_missed(walk):
    walk.write(
        "instruments/demo/crosswalk.yaml",
        CROSSWALK + MORE.replace("VERDICT", "limited").replace("MAP", IN_FULL),
    )
    assert told(walk) == []


def test_a_break_that_is_declared_is_an_answer_for_later_versions_too(walk):
    walk.write(
        "instruments/demo/crosswalk.yaml",
        CROSSWALK + MORE.replace("VERDICT", "break").replace("MAP", ""),
    )
    walk.write(THREE, following("3", "2"))
    assert told(walk) == []


def test_an_older_version_than_the_first_source_is_not_missed(walk):
    text = CROSSWALK.replace('version: "1", question', 'version: "2", question')
    walk.write("instruments/demo/crosswalk.yaml", text)
    assert told(walk) == []


def test_a_question_under_another_name_is_missed_where_it_is_declared_as_the_successor(walk):
    replaced = "replaced, by: [animals], verdict: limited, reason: Reworded."
    edits = {"- id: pets": "- id: animals", "question: pets, answers": "question: animals, answers"}
    walk.write(THREE, following("3", "1", replaced, **edits))
    assert "version 3 asks 'animals', and is no source of 'keeps'" in told(walk)
    # And over a version between the two.
    walk.write("instruments/demo/4.yaml", following("4", "3", **edits).replace(
        "{question: pets,", "{question: animals,"))  # fmt: skip
    assert "version 4 asks 'animals', and is no source of 'keeps'" in told(walk)


def test_a_question_that_was_replaced_without_a_verdict_is_not_missed(walk):
    edits = {"- id: pets": "- id: animals", "question: pets, answers": "question: animals, answers"}
    walk.write(THREE, following("3", "1", "replaced, by: [animals], reason: Another.", **edits))
    assert told(walk, ["demo@3"]) == []


def test_a_question_that_a_version_declares_a_break_of_is_not_missed(walk):
    broken = "same, changed: [wording], verdict: break, reason: Another meaning."
    walk.write(THREE, following("3", "1", broken).replace("Do you keep a pet?", "Any animals?"))
    assert told(walk, ["demo@3"]) == []


def test_a_version_that_cannot_be_read_stops_nobody_else(walk):
    walk.write(THREE, "format: surveylib.instrument/1\n")
    assert told(walk) == ["version 2 asks 'pets', and is no source of 'keeps'"]


def test_a_wrong_crosswalk_is_a_fault_of_its_folder_and_not_of_waves(walk):
    walk.edit("instruments/demo/crosswalk.yaml", "question: pets", "question: cats")
    with pytest.raises(InstrumentError, match="CROSSWALK-QUESTION"):
        sl.lint(walk.instruments)
    assert [one.code for one in sl.lint(walk.study)].count("LINT-CROSSWALK") == 0


def test_a_folder_without_a_crosswalk_has_nothing_to_carry_on(demo):
    assert carrying.lint(demo.instruments) == []


def test_versions_that_follow_each_other_in_a_circle_come_to_an_end(walk):
    walk.write("instruments/demo/2.yaml", following("2", "3").replace("id: pets", "id: animals")
               .replace("question: pets, answers", "question: animals, answers"))  # fmt: skip
    walk.write(THREE, following("3", "2").replace("id: pets", "id: animals")
               .replace("question: pets, answers", "question: animals, answers"))  # fmt: skip
    assert told(walk) == []


def test_the_shipped_crosswalks_miss_no_version(root):
    for name in ("organised_groups", "ospo"):
        assert carrying.lint(root / "instruments" / name) == []
