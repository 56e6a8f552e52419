"""One wrong line in a crosswalk: which fault, at which line, with which way out."""

import shutil

import pytest

import surveylib as sl
from surveylib.errors import InputError, InstrumentError, UnknownNameError
from tests.instrument.test_crosswalk import CROSSWALK, TWO

FILE = "instruments/demo/crosswalk.yaml"

YES_NO = 'map: {"yes": "yes", "no": "no"}'
ONE_SEVERAL = 'map: {one: "yes", several: "yes", none: "no"}'
ANIMALS = "map: {cat: cat, kitten: cat, dog: dog, fox: fox}"
KEEPS = """\
    options:
      - {code: keeps, label: {en: "Keeps"}}
      - {code: nothing, label: {en: "Neither"}}
"""
PAIR = "    map: {cat: cat, dog: dog}\n    missing"

# What is wrong: old, new, the fault's code, words on its line, and what its message holds.
WRONG = {
    "a misspelt key": (
        "    concept: pets\n", "    consept: pets\n",
        "KEY-UNKNOWN", "consept", "do: did you mean 'concept'?",
    ),
    "a misspelt key of a source": (
        "verdict: identical", "verdikt: identical",
        "KEY-UNKNOWN", "verdikt", "do: did you mean 'verdict'?",
    ),
    "a missing key": (
        "        reason: It is the question of version 1.\n", "",
        "KEY-MISSING", '- version: "1"\n        question: pets\n        verdict: identical',
        "do: add 'reason:'",
    ),
    "a key twice": (
        "verdict: identical", "verdict: identical\n        verdict: limited",
        "YAML-DUPLICATE", "verdict: identical\n        verdict: limited@2", "do: keep one",
    ),
    "an unknown verdict": (
        "verdict: identical", "verdict: similar",
        "VALUE", "verdict: similar", "wanted: 'identical'",
    ),
    "an option that is absent for no reason there is": (
        "absent: {fox: not_asked_design}", "absent: {fox: forgotten}",
        "VALUE", "fox: forgotten", "wanted: 'not_asked_design'",
    ),
    "an id that is not the folder's": (
        "id: demo", "id: demos",
        "INSTRUMENT-PLACE", "id: demos", "wanted: 'demo'",
    ),
    "an unknown version": (
        '- version: "2"\n        question: which', '- version: "3"\n        question: which',
        "INSTRUMENT-UNKNOWN", '- version: "3"', "Known: 'demo@1', 'demo@2'.",
    ),
    "an unknown questionnaire": (
        '- version: "2"\n        question: which',
        '- instrument: demos\n        version: "2"\n        question: which',
        "INSTRUMENT-UNKNOWN", 'demos\n        version: "2"@2', "Known: 'demo@1', 'demo@2'.",
    ),
    "an unknown version of a pair": (
        'to: {version: "2"', 'to: {version: "4"',
        "INSTRUMENT-UNKNOWN", 'version: "4"', "no instrument 'demo@4'",
    ),
    "an unknown question": (
        'version: "2"\n        question: which', 'version: "2"\n        question: wich',
        "CROSSWALK-QUESTION", "question: wich", "do: did you mean 'which'?",
    ),
    "a question that is unlike any other": (
        'version: "2"\n        question: which', 'version: "2"\n        question: zzzz',
        "CROSSWALK-QUESTION", "question: zzzz", "do: name a question of that version",
    ),
    "an unknown question of a pair": (
        'from: {version: "1", question: which}', 'from: {version: "1", question: whichs}',
        "CROSSWALK-QUESTION", "whichs", "do: did you mean 'which'?",
    ),
    "a harmonised question twice": (
        "- id: animals", "- id: pets  # again",
        "CROSSWALK-REPEATED", "- id: pets  # again", "'pets' stands twice",
    ),
    "a version that leads to a question twice": (
        '- version: "2"\n        question: pets\n        verdict: equivalent',
        '- version: "1"  # again\n        question: pets\n        verdict: equivalent',
        "CROSSWALK-REPEATED", "# again", "demo@1 leads to 'pets' twice",
    ),
    "options of bands": (
        "    unit: pets\n", "    unit: pets\n    options: [{code: a, label: {en: A}}]\n",
        "CROSSWALK-OPTIONS", "options: [{code: a", "do: remove 'options'",
    ),
    "a harmonised question without options": (
        KEEPS, "",
        "CROSSWALK-OPTIONS", "- id: pets_and_more", "do: add 'options:'",
    ),
    "thresholds of a question without bands": (
        "kind: multi_answer", "kind: multi_answer\n    thresholds: [3]",
        "CROSSWALK-OPTIONS", "thresholds: [3]", "have a meaning for bands only",
    ),
    "an option code twice": (
        '- {code: fox, label: {en: "Foxes"}}', '- {code: DOG, label: {en: "Foxes"}}',
        "OPTION-REPEATED", "code: DOG", "stands twice",
    ),
    "an option that leads nowhere": (
        YES_NO, 'map: {"yes": "yes"}',
        "CROSSWALK-TOTAL", 'map: {"yes": "yes"}', "do: say where each goes; there is no default",
    ),
    "an option that does not exist and leads somewhere": (
        YES_NO, 'map: {"yes": "yes", "no": "no", maybe: "no"}',
        "CROSSWALK-TOTAL", "maybe", "wanted: 'yes', 'no'",
    ),
    "a way of not answering that leads nowhere": (
        "missing: {dont_know: dont_know, refused: no_answer}", "missing: {dont_know: dont_know}",
        "CROSSWALK-TOTAL", "missing: {dont_know: dont_know}\n  - id: how_many",
        "no way for way of not answering 'refused'",
    ),
    "a way of not answering that was not offered": (
        YES_NO, f"{YES_NO}\n        missing: {{refused: refused}}",
        "CROSSWALK-TOTAL", "missing: {refused: refused}", "'refused' is no way of not answering",
    ),
    "a map of bands": (
        "reason: The bands were coarser.", "reason: Coarser.\n        map: {few: 1_to_2}",
        "CROSSWALK-TOTAL", "map: {few: 1_to_2}", "intervals say where bands go",
    ),
    "an option that is split": (
        YES_NO, 'map: {"yes": ["yes", "no"], "no": "no"}',
        "CROSSWALK-SPLIT", '["yes", "no"]', "do: merge 'yes', 'no' in the harmonised question",
    ),
    "an option that leads to none there is": (
        ONE_SEVERAL, 'map: {one: "yes", several: sure, none: "no"}',
        "CROSSWALK-TARGET", "sure", "wanted: 'yes', 'no'",
    ),
    "a way of not answering that leads to none there is": (
        "refused: no_answer", "refused: silence",
        "CROSSWALK-TARGET", "silence", "'refused' leads to 'silence', no option of 'pets'",
    ),
    "an option that nothing leads to": (
        "        absent: {fox: not_asked_design}\n", "",
        "CROSSWALK-ABSENT", '- version: "1"\n        question: which',
        "absent: {fox: not_asked_design}",
    ),
    "an option that is absent and reached": (
        "absent: {fox:", "absent: {dog: not_asked_design, fox:",
        "CROSSWALK-ABSENT", "absent: {dog", "'dog' is declared absent, and is reached",
    ),
    "an absent option that does not exist": (
        "absent: {fox:", "absent: {wolf: not_asked_design, fox:",
        "CROSSWALK-ABSENT", "absent: {wolf", "'wolf' is declared absent",
    ),
    "identical answers that are renamed": (
        "verdict: equivalent\n        reason: One and", "verdict: identical\n        reason: 1 and",
        "CROSSWALK-VERDICT", "verdict: identical\n        reason: 1 and",
        "wanted: equivalent at best",
    ),
    "a map under a verdict that carries nothing over": (
        "reason: Wishes were not asked for.",
        f"reason: Wishes were not asked for.\n        {YES_NO}  # idle",
        "CROSSWALK-VERDICT", '- version: "1"\n        question: pets\n        verdict: break',
        "do: remove the maps",
    ),
    "bands out of options": (
        '- version: "2"\n        question: how_many', '- version: "2"\n        question: pets  # !',
        "CROSSWALK-KIND", "pets  # !", "wanted: banded",
    ),
    "one answer out of several": (
        '- version: "2"\n        question: which', '- version: "2"\n        question: pets  # !',
        "CROSSWALK-KIND", "pets  # !", "takes one answer and 'animals' several",
    ),
    "a reading of bands that do not overlap": (
        "reason: The bands were coarser.", "reason: Coarser.\n        reading: as_printed",
        "CROSSWALK-GAPS", "reading: as_printed", "do not overlap",
    ),
    "gaps of bands without gaps": (
        "reason: The bands were coarser.", "reason: Coarser.\n        gaps: absorbed",
        "CROSSWALK-GAPS", "gaps: absorbed", "leaves none",
    ),
    "a pair that leaves an option out": (
        PAIR, "    map: {cat: cat}\n    missing",
        "CROSSWALK-TOTAL", "map: {cat: cat}\n", "no way for option 'dog'",
    ),
    "a pair that leads to no answer there is": (
        PAIR, "    map: {cat: cat, dog: wolf}\n    missing",
        "CROSSWALK-TARGET", "dog: wolf", "wanted: 'cat', 'dog', 'kitten', 'fox', 'dont_know'",
    ),
    "a pair that leads elsewhere than the maps": (
        PAIR, "    map: {cat: cat, dog: fox}\n    missing",
        "CROSSWALK-COMPOSITION", "dog: fox",
        "'dog' leads to 'dog' of 'animals', and by way of 'fox' to 'fox'",
    ),
}  # fmt: skip


@pytest.fixture
def wrong(demo):
    """Change a crosswalk that was right, and look at its faults."""
    demo.write("instruments/demo/2.yaml", TWO)
    demo.write(FILE, CROSSWALK)

    def faults(*edits):
        for old, new in edits:
            demo.edit(FILE, old, new)
        with pytest.raises(InstrumentError, match=r"^\d+ fault") as caught:
            sl.load_crosswalk(demo.instruments)
        return caught.value.faults

    return faults


def line_of(text, words):
    """The line on which some words begin that stand there once; `words@2` for the line after."""
    words, _, down = words.partition("@")
    assert text.count(words) == 1, f"{words!r} stands {text.count(words)} times"
    return text[: text.index(words)].count("\n") + (int(down) if down else 1)


@pytest.mark.parametrize(
    ("old", "new", "code", "at", "helps"), WRONG.values(), ids=WRONG
)  # fmt: skip
def test_a_wrong_crosswalk_is_refused_with_its_line_and_a_way_out(
    demo, wrong, old, new, code, at, helps
):
    fault = next(fault for fault in wrong((old, new)) if fault.code == code)
    text = demo.path(FILE).read_text("utf-8")
    assert fault.file == str(demo.path(FILE))
    assert fault.line == line_of(text, at)
    assert helps in str(fault)


#: Two edits that are wrong only together.
LIMITED = "verdict: limited\n        reason: Wishes are among the nos."
TOGETHER = {
    "an equivalent list of which an option was absent": (
        (LIMITED, "verdict: equivalent\n        reason: Wishes are absent."),
        (
            "none: nothing}\n",
            "none: keeps}\n        absent: {nothing: not_asked_design}\n",
        ),
        ("CROSSWALK-VERDICT", "verdict: equivalent\n        reason: Wishes", "limited at best"),
    ),
    "an identical list of which an option was absent": (
        (LIMITED, "verdict: identical\n        reason: Wishes are absent."),
        (
            "none: nothing}\n",
            "none: keeps}\n        absent: {nothing: not_asked_design}\n",
        ),
        ("CROSSWALK-VERDICT", "verdict: identical\n        reason: Wishes", "equivalent at best"),
    ),
}


@pytest.mark.parametrize(("one", "two", "wanted"), TOGETHER.values(), ids=TOGETHER)
def test_a_verdict_is_not_better_than_its_map(demo, wrong, one, two, wanted):
    (fault,) = wrong(one, two)
    code, at, helps = wanted
    assert (fault.code, helps in fault.wanted) == (code, True)
    assert fault.line == line_of(demo.path(FILE).read_text("utf-8"), at)


def test_ticks_of_a_list_without_an_option_may_be_equivalent(demo):
    # Nobody's tick moves elsewhere because an animal was not on the list.
    demo.write("instruments/demo/2.yaml", TWO)
    demo.write(FILE, CROSSWALK)
    assert sl.load_crosswalk(demo.instruments)["animals"].source("1").verdict == "equivalent"


def test_gaps_that_nobody_accounts_for_are_refused(demo, wrong):
    text = TWO.replace("interval: [3, 8]", "interval: [4, 8]").replace(
        "    unit: pets\n", "    unit: pets\n    bands: {gaps: [[3, 3]]}\n"
    )
    demo.write("instruments/demo/2.yaml", text)
    (fault,) = wrong()
    assert fault.code == "CROSSWALK-GAPS"
    assert "'absorbed', into the bands beside; or 'unused'" in fault.wanted
    assert fault.todo == "add 'gaps:'"
    where = "coarser above.\n"
    demo.edit(FILE, where, f"{where}        gaps: unused\n")
    options = sl.load_crosswalk(demo.instruments)["how_many"].options
    assert [option.code for option in options] == ["1_to_2", "over_2"]


def test_every_fault_is_told_at_once_in_the_order_of_the_file(wrong):
    faults = wrong(
        (YES_NO, 'map: {"yes": sure, maybe: "no"}'),
        ("reason: The bands were coarser.", "reason: Coarser.\n        gaps: absorbed"),
        (ANIMALS, "map: {cat: cat, kitten: [cat, dog], dog: dog, fox: fox}"),
    )
    codes = [fault.code for fault in faults]
    assert sorted(codes) == [
        *("CROSSWALK-ABSENT", "CROSSWALK-GAPS", "CROSSWALK-SPLIT", "CROSSWALK-TARGET"),
        *("CROSSWALK-TOTAL", "CROSSWALK-TOTAL", "CROSSWALK-VERDICT"),
    ]
    lines = [fault.line for fault in faults]
    assert lines == sorted(lines)


def test_an_unknown_version_is_told_once_and_beside_other_faults(wrong):
    faults = wrong(
        ('- version: "2"\n        question: which', '- version: "3"\n        question: which'),
        (
            '- version: "2"\n        question: how_many',
            '- version: "3"\n        question: how_many',
        ),
        ("- id: animals", "- id: pets"),
    )
    assert [fault.code for fault in faults] == ["INSTRUMENT-UNKNOWN", "CROSSWALK-REPEATED"]


def test_a_wrong_version_is_told_with_its_own_file_and_line(demo, wrong):
    demo.edit("instruments/demo/2.yaml", "interval: [3, 8]", "interval: [8, 3]")
    (fault,) = wrong(("- id: animals", "- id: beasts"))
    assert (fault.code, fault.file) == ("BAND-REVERSED", str(demo.path("instruments/demo/2.yaml")))


def test_a_crosswalk_without_entries_is_refused(demo):
    demo.write(FILE, "format: surveylib.crosswalk/1\nid: demo\nharmonised: []\n")
    with pytest.raises(InstrumentError, match=r"crosswalk.yaml:3: 'harmonised' is empty \[VALUE\]"):
        sl.load_crosswalk(demo.instruments)


@pytest.mark.parametrize("content", ["", "# nothing\n", "[]\n", "text\n"])
def test_a_file_without_keys_is_refused(demo, content):
    demo.write(FILE, content)
    with pytest.raises(InstrumentError, match="FILE-EMPTY"):
        sl.load_crosswalk(demo.instruments)


def test_an_instrument_is_no_crosswalk(demo):
    demo.write(FILE, TWO)
    with pytest.raises(InstrumentError, match=r"wanted: 'surveylib.crosswalk/1'"):
        sl.load_crosswalk(demo.instruments)


def test_a_folder_without_a_crosswalk_is_refused_with_the_folders_that_have_one(demo):
    demo.write("instruments/other/crosswalk.yaml", CROSSWALK)
    with pytest.raises(UnknownNameError, match=r"no crosswalk called .*Known: 'other'\."):
        sl.load_crosswalk(demo.instruments)
    shutil.rmtree(demo.path("instruments/other"))
    with pytest.raises(UnknownNameError, match="no crosswalk called"):
        sl.load_crosswalk(demo.instruments / "crosswalk.yaml")


def test_a_check_of_the_folder_tells_the_faults_of_its_crosswalk(demo, wrong):
    wrong((YES_NO, 'map: {"yes": "yes"}'))
    for path in (demo.instruments, demo.path(FILE)):
        with pytest.raises(InputError, match=r"no way for option 'no' \[CROSSWALK-TOTAL\]"):
            sl.check(path)


def test_a_check_counts_what_a_right_crosswalk_holds(demo):
    demo.write("instruments/demo/2.yaml", TWO)
    demo.write(FILE, CROSSWALK)
    line = f"{demo.path(FILE)}: in order, 4 harmonised questions"
    assert sl.check(demo.path(FILE)) == [line]
    assert sl.check(demo.instruments)[-1] == line
