"""A version that a wave has used is not edited: the wave's manifest holds its hash."""

import re

import pytest

import surveylib as sl
from surveylib.errors import ManifestError
from surveylib.instrument.identity import instrument_hash

ONE, TWO = "instruments/demo/1.yaml", "instruments/demo/2.yaml"
WAVE = "waves/demo/2020/wave.yaml"


def edit(demo, file, old, new):
    """Edit a file and leave the hashes in the manifests as they were."""
    text = demo.path(file).read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
    demo.path(file).write_text(text.replace(old, new), "utf-8")


def hash_faults(demo):
    with pytest.raises(ManifestError, match=r"\[INSTRUMENT-HASH\]") as caught:
        demo.load()
    return caught.value.faults


BANDS = 'interval: [3, 5]}\n      - {code: many, label: {en: "6 or more"}, interval: [6,'

#: What respondents met, or what decided who was asked.
ASKED = {
    "an option's label": ('{en: "Dogs"}', '{en: "Hounds"}'),
    "an option's code": ("code: some,", "code: a_few,"),
    "the order of options": (
        '- {code: cat, label: {en: "Cats"}}\n      - {code: dog, label: {en: "Dogs"}}',
        '- {code: dog, label: {en: "Dogs"}}\n      - {code: cat, label: {en: "Cats"}}',
    ),
    "a question's text": ("Do you keep a pet?", "Do you own a pet?"),
    "typography": ("Do you keep a pet?", "Do you keep a pet ?"),
    "a translation": ('{en: "Do you keep', '{de: "Halten Sie ein Tier?", en: "Do you keep'),
    "a band": (BANDS, BANDS.replace("5]", "6]").replace("[6,", "[7,")),
    "a route": (', if: {question: pets, answers: ["yes"]}', ""),
    "a base": ("those who keep a pet,", "people who keep a pet,"),
    "a period": ("period: P1Y", "period: P2Y"),
    "a unit": ("unit: pets", "unit: animals"),
    "a way of not answering": ("missing: [dont_know]", "missing: [dont_know, refused]"),
    "whether an answer is required": ("    missing: [dont_know]\n",
                                      "    missing: [dont_know]\n    required: true\n"),
    "the population": ("People with and without pets.", "People with pets."),
    "the mode": ("provenance:", "mode: [web]\nprovenance:"),
}  # fmt: skip

#: What is told beside a questionnaire, and may be corrected.
BESIDE = {
    "a note": ("    period: P1Y\n", "    period: P1Y\n    note: Asked twice.\n"),
    "a note of an option": ('label: {en: "Dogs"}', 'label: {en: "Dogs"}, note: All of them'),
    "a short title": ("    concept: which\n", '    concept: which\n    title: {en: "Animals"}\n'),
    "the title": ("Demo questionnaire", "Demonstration"),
    "the provenance": ("Made up to test with.", "Found in a drawer."),
    "the state": ("title:", "status: retired\ntitle:"),
    "a comment": ("questions:\n", "# Three of them.\nquestions:\n"),
    "the line ends": ("questions:\n", "\n\nquestions:\n"),
    "the order of keys": (
        "    kind: single\n    concept: pets\n", "    concept: pets\n    kind: single\n"
    ),
    "quotes": ("code: cat,", 'code: "cat",'),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), ASKED.values(), ids=ASKED)
def test_an_edit_of_what_was_asked_is_refused_where_the_wave_holds_its_hash(demo, old, new):
    edit(demo, ONE, "languages: [en]", "languages: [en, de]") if "de:" in new else None
    edit(demo, ONE, old, new)
    fault = hash_faults(demo)[0]
    assert (fault.code, fault.file) == ("INSTRUMENT-HASH", str(demo.path(WAVE)))
    assert fault.line == demo.line(WAVE, "instrument_hash:")
    assert fault.what == "demo@1 is not the version that this wave was asked: it was edited"


@pytest.mark.parametrize(("old", "new"), BESIDE.values(), ids=BESIDE)
def test_an_edit_of_what_stands_beside_it_is_not(demo, old, new):
    edit(demo, ONE, old, new)
    assert demo.load().wave_names == ("2020", "2021")


def test_a_comparison_may_be_added_later(demo):
    edit(demo, TWO, "comparisons:\n", """\
comparisons:
  - question: pets
    answer: "no"
    with: {version: "1"}
    verdict: equivalent
    reason: Added when the pretest was done.
""")  # fmt: skip
    assert demo.load().wave_names == ("2020", "2021")


def test_both_ways_out_are_named_and_lead_out(demo):
    before = demo.path(ONE).read_text("utf-8")
    edit(demo, ONE, '{en: "Dogs"}', '{en: "Hounds"}')
    (fault,) = hash_faults(demo)
    undo, _, correct = fault.todo.partition("; or, ")
    assert undo == f"undo the edit of {demo.path(ONE)}, and start a new version for it"
    digest = re.search(r"write instrument_hash: ([0-9a-f]{64})$", correct)[1]
    assert digest == instrument_hash(sl.load_instrument(demo.path(ONE)))

    manifest = demo.path(WAVE).read_text("utf-8")
    held = re.search(r"instrument_hash: ([0-9a-f]{64})", manifest)[1]
    edit(demo, WAVE, held, digest)
    assert demo.load().wave_names == ("2020", "2021")

    edit(demo, WAVE, digest, held)
    demo.path(ONE).write_text(before, "utf-8")
    assert demo.load().wave_names == ("2020", "2021")


def test_every_wave_that_used_the_version_is_named(demo):
    used = demo.path("waves/demo/2021/wave.yaml")
    demo.edit("waves/demo/2021/wave.yaml", "demo@2", "demo@1")
    assert "demo@1" in used.read_text("utf-8")
    edit(demo, ONE, '{en: "Dogs"}', '{en: "Hounds"}')
    with pytest.raises(sl.errors.InputError, match=r"\[INSTRUMENT-HASH\]") as caught:
        demo.load()
    held = [fault.file for fault in caught.value.faults if fault.code == "INSTRUMENT-HASH"]
    assert held == [str(demo.path(WAVE)), str(used)]


def test_a_wave_without_a_hash_is_told_what_to_add(demo):
    held = re.search(r"instrument_hash: [0-9a-f]{64}\n", demo.path(WAVE).read_text("utf-8"))[0]
    edit(demo, WAVE, held, "")
    (fault,) = hash_faults(demo)
    assert fault.line == demo.line(WAVE, "instrument: demo@1")
    assert fault.what == "nothing holds demo@1 to what this wave was asked"
    # What is to be added is the line that was there.
    assert fault.todo == f"add {held.strip()}"


@pytest.mark.parametrize("held", ["", "abc", "HASH", "g" * 64, "a" * 63, "a" * 65])
def test_what_is_no_hash_is_refused_at_its_line(demo, held):
    text = demo.path(WAVE).read_text("utf-8")
    text = re.sub(r"instrument_hash: [0-9a-f]{64}", f"instrument_hash: {held}", text)
    demo.path(WAVE).write_text(text, "utf-8")
    with pytest.raises(ManifestError, match="instrument_hash") as caught:
        demo.load()
    (fault,) = caught.value.faults
    assert fault.line == demo.line(WAVE, "instrument_hash:")


def test_the_check_of_a_study_refuses_an_edited_version(demo):
    edit(demo, ONE, '{en: "Dogs"}', '{en: "Hounds"}')
    with pytest.raises(ManifestError, match="it was edited"):
        sl.check(demo.study)
    # The instrument by itself is right.
    assert sl.check(demo.path(ONE))
