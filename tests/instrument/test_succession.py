"""Next year's questionnaire begins as this year's: the same file, with every question to decide."""

import pytest
from hypothesis import given, settings

import surveylib as sl
from surveylib.errors import InstrumentError, MethodError, OutputError, UnknownNameError
from surveylib.instrument.dump import dump
from surveylib.instrument.identity import content_hashes
from tests.conftest import INSTRUMENT
from tests.instrument.generated import instruments

ONE, TWO, THREE = (f"instruments/demo/{version}.yaml" for version in "123")


@pytest.fixture
def begun(demo):
    """The next version of the demo's first, which stands alone."""
    demo.path(TWO).unlink()
    assert sl.new_version(demo.path(ONE), "2") == demo.path(TWO)
    return demo


def decide(demo, question, decision, file=TWO):
    """Decide on one question of the version before."""
    text = demo.path(file).read_text("utf-8")
    old = f"{{question: {question}, decision: undecided}}"
    assert text.count(old) == 1
    demo.path(file).write_text(text.replace(old, f"{{question: {question}, {decision}}}"), "utf-8")


def remove(demo, question, following=None, file=TWO):
    """Take a question out of a file; `following` is the one after it."""
    text = demo.path(file).read_text("utf-8")
    start = text.index(f"  - id: {question}\n")
    end = text.index(f"  - id: {following}\n") if following else len(text)
    demo.path(file).write_text(text[:start] + text[end:], "utf-8")


def faults(demo, file=TWO):
    with pytest.raises(InstrumentError, match=r"^\d+ fault") as caught:
        sl.check(demo.path(file))
    return [(fault.code, fault.line) for fault in caught.value.faults]


# --- what is written --------------------------------------------------------------------------


def test_the_new_version_asks_what_the_old_one_did(begun):
    old, new = (sl.load_instrument(begun.path(file)) for file in (ONE, TWO))
    assert (new.version, new.status) == ("2", "draft")
    assert (new.follows.version, new.comparisons) == ("1", ())
    assert [(entry.question, entry.decision) for entry in new.follows.questions] == [
        ("pets", "undecided"),
        ("how_many", "undecided"),
        ("which", "undecided"),
    ]
    changed = {"version", "status", "follows", "comparisons"}
    assert new.model_dump(exclude=changed) == old.model_dump(exclude=changed)
    assert old.diff(new).changes == ()


def test_every_line_that_is_not_about_versions_stays_as_it_was(begun):
    old, new = (begun.path(file).read_text("utf-8") for file in (ONE, TWO))
    kept = [line for line in old.splitlines() if line != 'version: "1"']
    lines = iter(new.splitlines())
    assert all(line in lines for line in kept)  # each after the one before


def test_comments_and_layout_stay(demo):
    demo.path(TWO).unlink()
    head = "# Who kept pets?\n\nformat:"
    note = "population: >-  # folded\n  People with\n  and without pets."
    demo.edit(ONE, "format:", head)
    demo.edit(ONE, "population: People with and without pets.", note)
    demo.edit(
        ONE,
        "    kind: banded",
        "    # Asked in bands since few remember the number.\n    kind: banded",
    )
    text = sl.new_version(demo.path(ONE), "2").read_text("utf-8")
    assert text.startswith(head)
    assert note in text
    assert "    # Asked in bands since few remember the number.\n    kind: banded\n" in text


def test_the_old_version_is_not_touched(demo):
    before = demo.path(ONE).read_bytes()
    sl.new_version(demo.path(ONE), "3")
    assert demo.path(ONE).read_bytes() == before


def test_what_the_old_version_says_of_the_one_before_it_is_not_kept(demo):
    # The second version follows one that is unknown, and compares itself with the first.
    text = sl.new_version(demo.path(TWO), "3").read_text("utf-8")
    new = sl.load_instrument(demo.path(THREE))
    assert new.follows.version == "2"
    assert "follows: unknown" not in text
    assert "verdict: identical" not in text
    assert new.comparisons == ()


def test_a_version_of_a_version_follows_it(begun):
    for name in ("pets", "how_many", "which"):
        decide(begun, name, "decision: same")
    sl.new_version(begun.path(TWO), "2.1")
    new = sl.load_instrument(begun.path("instruments/demo/2.1.yaml"))
    assert new.follows.version == "2"
    assert {entry.decision for entry in new.follows.questions} == {"undecided"}


def test_words_in_a_text_are_not_taken_for_keys(demo):
    demo.path(TWO).unlink()
    note = 'note: |\n  version: "9"\n  follows: nobody\nid: demo\n'
    demo.edit(ONE, "id: demo\n", note)
    new = sl.load_instrument(sl.new_version(demo.path(ONE), "2"))
    assert (new.version, new.note) == ("2", 'version: "9"\nfollows: nobody')


#: The same questionnaire, written otherwise.
WRITTEN = {
    "with the line ends of Windows": INSTRUMENT.replace("\n", "\r\n").encode(),
    "with a byte order mark": b"\xef\xbb\xbf" + INSTRUMENT.encode(),
    "without a line end at the end": INSTRUMENT.rstrip("\n").encode(),
    "with the version at the end": (
        INSTRUMENT.replace('version: "1"\n', "") + 'version: "1"'
    ).encode(),
    "between the marks of a document": f"---\n{INSTRUMENT}...\n".encode(),
    "with quoted keys": INSTRUMENT.replace("version:", '"version":', 1).encode(),
    "with a state and decisions": INSTRUMENT.replace(
        "title:", "status: retired\nfollows: unknown\ntitle:", 1
    ).encode(),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_a_file_may_be_written_in_other_ways(demo, written):
    demo.path(TWO).unlink()
    demo.write(ONE, written)
    old = sl.load_instrument(demo.path(ONE))
    new = sl.load_instrument(sl.new_version(demo.path(ONE), "2"))
    assert (new.version, new.status, new.follows.version) == ("2", "draft", "1")
    assert [content_hashes(one) for one in new.questions] == [
        content_hashes(one) for one in old.questions
    ]


# --- deciding ---------------------------------------------------------------------------------


def test_an_undecided_version_fails_its_check_on_the_line_of_each_question(begun):
    lines = [
        begun.line(TWO, f"question: {name}, decision") for name in ("pets", "how_many", "which")
    ]
    assert faults(begun) == [("DECISION-OPEN", line) for line in lines]


def test_a_version_in_which_all_stays_the_same_passes(begun):
    for name in ("pets", "how_many", "which"):
        decide(begun, name, "decision: same")
    assert sl.check(begun.path(TWO)) == [f"{begun.path(TWO)}: in order, 3 questions, 0 comparisons"]


def test_a_dropped_question_needs_a_reason(begun):
    for name in ("pets", "how_many"):
        decide(begun, name, "decision: same")
    decide(begun, "which", "decision: dropped")
    remove(begun, "which")
    assert faults(begun) == [("DECISION-REASON", begun.line(TWO, "decision: dropped"))]
    text = begun.path(TWO).read_text("utf-8")
    begun.path(TWO).write_text(text.replace("dropped}", "dropped, reason: Nobody read it.}"))
    assert sl.check(begun.path(TWO))


def test_a_dropped_question_is_gone_from_the_file(begun):
    for name in ("pets", "how_many"):
        decide(begun, name, "decision: same")
    decide(begun, "which", "decision: dropped, reason: Nobody read it.")
    assert ("DECISION-ID", begun.line(TWO, "decision: dropped")) in faults(begun)


def test_a_replaced_question_needs_the_one_that_replaces_it(begun):
    for name in ("pets", "how_many"):
        decide(begun, name, "decision: same")
    decide(begun, "which", "decision: replaced, reason: Foxes were missing.")
    text = begun.path(TWO).read_text("utf-8").replace("- id: which\n", "- id: animals\n")
    begun.path(TWO).write_text(text, "utf-8")
    assert faults(begun) == [("DECISION-BY", begun.line(TWO, "decision: replaced"))]
    named = text.replace("decision: replaced,", "decision: replaced, by: [animals],")
    begun.path(TWO).write_text(named, "utf-8")
    assert sl.check(begun.path(TWO))


# --- what is refused --------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1", "0", "0.9", "1.0", "1.0.0", "01"])
def test_a_version_that_does_not_come_after_is_refused(demo, version):
    with pytest.raises(MethodError, match=f"version {version} does not come after 1$"):
        sl.new_version(demo.path(ONE), version)
    assert sorted(place.name for place in demo.instruments.iterdir()) == ["1.yaml", "2.yaml"]


@pytest.mark.parametrize(
    "version", ["", "next", "2027-05", "1.2.3.4", "../3", "/etc/3", "3\x00", "v3", "٣", " 3"]
)
def test_a_version_that_is_no_number_is_refused(demo, version):
    with pytest.raises(MethodError, match=r"is not a number; wanted 2027, 1\.2 or 1\.2\.3$"):
        sl.new_version(demo.path(ONE), version)
    assert sorted(place.name for place in demo.instruments.iterdir()) == ["1.yaml", "2.yaml"]


@pytest.mark.parametrize(
    ("old", "new"), [("1", "1.0.1"), ("1", "1.1"), ("1.9", "1.10"), ("2018", "2027")]
)
def test_versions_are_compared_as_numbers(demo, old, new):
    text = INSTRUMENT.replace('version: "1"', f'version: "{old}"')
    demo.write(f"instruments/demo/{old}.yaml", text)
    written = sl.new_version(demo.path(f"instruments/demo/{old}.yaml"), new)
    assert sl.load_instrument(written).version == new


def test_a_version_that_exists_is_not_overwritten(demo):
    before = demo.path(TWO).read_bytes()
    with pytest.raises(OutputError, match=r"2\.yaml exists already; nothing was written$"):
        sl.new_version(demo.path(ONE), "2")
    assert demo.path(TWO).read_bytes() == before


def test_a_wrong_version_is_not_continued(demo):
    demo.edit(ONE, "interval: [3, 5]", "interval: [5, 3]")
    with pytest.raises(InstrumentError, match="BAND-REVERSED"):
        sl.new_version(demo.path(ONE), "3")
    assert not demo.path(THREE).exists()


def test_a_version_that_is_not_there_is_not_continued(demo):
    with pytest.raises(UnknownNameError, match=r"no instrument file called '7\.yaml'"):
        sl.new_version(demo.instruments / "7.yaml", "8")


# --- law --------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(instrument=instruments())
def test_any_questionnaire_can_be_continued(tmp_path_factory, instrument):
    folder = tmp_path_factory.mktemp("next") / instrument.id
    folder.mkdir()
    place = folder / f"{instrument.version}.yaml"
    place.write_text(dump(instrument), encoding="utf-8", newline="\n")
    new = sl.load_instrument(sl.new_version(place, "2030"))
    changed = {"version", "status", "follows", "comparisons"}
    assert new.model_dump(exclude=changed) == instrument.model_dump(exclude=changed)
    assert (new.version, new.status, new.comparisons) == ("2030", "draft", ())
    decided = [entry.question for entry in new.follows.questions]
    assert decided == [question.id for question in instrument.questions]
