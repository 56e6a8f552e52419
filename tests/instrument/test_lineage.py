"""A version beside the one it follows: every question decided, every change on purpose."""

import pytest

import surveylib as sl
from surveylib.errors import InstrumentError
from surveylib.instrument import library, lineage

ONE, TWO = "instruments/demo/1.yaml", "instruments/demo/2.yaml"

FOLLOWS = """\
follows:
  version: "1"
  questions:
    - {question: pets, decision: same}
    - {question: how_many, decision: same}
    - {question: which, decision: same}
"""
CATS, DOGS = '{code: cat, label: {en: "Cats"}}', '{code: dog, label: {en: "Dogs"}}'
WHY = "verdict: limited, reason: It was unclear"


@pytest.fixture
def pair(demo):
    """Two versions of one questionnaire, the second decided in full and unchanged."""
    text = demo.path(ONE).read_text("utf-8")
    demo.write(TWO, text.replace('version: "1"\n', f'version: "2"\n{FOLLOWS}'))
    return demo


def found(pair, file=TWO):
    """The faults of the second version beside the first."""
    older = sl.load_instrument(pair.path(ONE))
    return lineage.faults(older, library.load(pair.path(file)))


def decide(pair, question, decision):
    """Decide otherwise on a question of the version before."""
    pair.edit(TWO, f"{{question: {question}, decision: same}}", decision)


def test_a_version_that_changes_nothing_and_says_so_is_right(pair):
    assert found(pair) == []
    assert lineage.check(library.load(pair.path(TWO))) == []


def test_a_version_of_unknown_origin_is_not_asked_for_decisions(pair):
    pair.edit(TWO, FOLLOWS, "follows: unknown\n")
    assert found(pair) == []
    assert lineage.check(library.load(pair.path(TWO))) == []


# One edit of the second version: old, new, the only fault's code, words on its line, and what its
# message holds.
WRONG = {
    "a question that nobody decided on": (
        "    - {question: which, decision: same}\n", "",
        "DECISION-MISSING", "follows:", "do: add - {question: which, decision: same}",
    ),
    "a decision on a question that was not there": (
        "    - {question: which, decision: same}\n",
        "    - {question: which, decision: same}\n    - {question: witch, decision: same}\n",
        "DECISION-UNKNOWN", "question: witch", "wanted: 'pets', 'how_many', 'which'",
    ),
    "a question still undecided": (
        "{question: pets, decision: same}", "{question: pets, decision: undecided}",
        "DECISION-OPEN", "decision: undecided", "wanted: same, replaced (with 'by'), or dropped",
    ),
    "a dropped question that is still there": (
        "pets, decision: same", "pets, decision: dropped, reason: Not needed",
        "DECISION-ID", "decision: dropped", "this version still has the id",
    ),
    "a replaced question whose id goes on": (
        "pets, decision: same", "pets, decision: replaced, by: [which], reason: Not needed",
        "DECISION-ID", "decision: replaced", "do: give the new question an id of its own",
    ),
    "another wording that nobody declared": (
        "Do you keep a pet?", "Do you not keep a pet?",
        "CHANGE-UNDECLARED", "question: pets, d", "got: words that change what is measured: neg",
    ),
    "another period that nobody declared": (
        "period: P1Y", "period: P2Y",
        "CHANGE-UNDECLARED", "question: which, d", "do: undo it, or name 'period' under 'changed'",
    ),
    "another population that nobody declared": (
        "People with and without pets", "People without pets",
        "CHANGE-UNDECLARED", "follows:", "wanted: (break unless bridged)",
    ),
    "a change that was not made": (
        "which, decision: same", f"which, decision: same, changed: [period], {WHY}",
        "CHANGE-IDLE", "changed: [period]", "a change of period is declared for 'which'",
    ),
    "a change of the questionnaire that was not made": (
        "follows:\n", "follows:\n  changed: [population]\n  reason: Wider.\n",
        "CHANGE-IDLE", "changed: [population]", "declared for the questionnaire, and there is none",
    ),
    "an option that is gone and not retired": (
        f"      - {DOGS}\n", "",
        "CODE-NOT-RETIRED", "- id: which",
        'do: add under \'retired\': - {code: dog, label: {en: "Dogs"}, until: "1"}',
    ),
}  # fmt: skip
#: Faults that come along, since one edit does two things.
BESIDE = {"an option that is gone and not retired": {"CHANGE-UNDECLARED"}}


@pytest.mark.parametrize("name", WRONG)
def test_what_was_not_decided_is_told_with_its_line_and_a_way_out(pair, name):
    old, new, code, at, helps = WRONG[name]
    pair.edit(TWO, old, new)
    faults = found(pair)
    (fault,) = [fault for fault in faults if fault.code == code]
    assert (fault.file, fault.line) == (str(pair.path(TWO)), pair.line(TWO, at))
    assert helps in str(fault)
    assert {fault.code for fault in faults} == {code} | BESIDE.get(name, set())
    assert [fault.line for fault in faults] == sorted(fault.line for fault in faults)


def test_a_question_that_is_to_stay_and_is_gone_is_told(pair):
    text = pair.path(TWO).read_text("utf-8")
    pair.write(TWO, text[: text.index("  - id: which")])
    fault = next(fault for fault in found(pair) if fault.code == "DECISION-SAME")
    assert fault.line == pair.line(TWO, "question: which")
    assert "do: put it back, or decide: replaced, or dropped" in str(fault)


def test_a_question_that_is_dropped_with_a_reason_may_go(pair):
    text = pair.path(TWO).read_text("utf-8")
    pair.write(TWO, text[: text.index("  - id: which")])
    decide(pair, "which", "{question: which, decision: dropped, reason: Nobody asked for it.}")
    assert found(pair) == []


def test_a_question_that_is_replaced_by_another_may_go(pair):
    pair.edit(TWO, "- id: which", "- id: animals")
    decide(pair, "which", "{question: which, decision: replaced, by: [animals], reason: Renamed.}")
    assert found(pair) == []


# One change each, and what it is called: old, new, the decision's question, kind of change.
CHANGES = {
    "wording": ("Do you keep a pet?", "Do you own a pet?", "pets", "wording"),
    "a label": ("No, none", "No, none at all", "pets", "label"),
    "period": ("period: P1Y", "period: P2Y", "which", "period"),
    "base": ("asked: those who keep a pet", "asked: those who own a pet", "how_many", "base"),
    "routing": ('answers: ["yes"]', 'answers: ["no"]', "how_many", "routing"),
    "missing states": ("missing: [dont_know]", "missing: [refused]", "which", "missing"),
    "unit": ("unit: pets", "unit: animals", "how_many", "unit"),
    "a new option of a list with one answer": (
        '      - {code: "no", label',
        '      - {code: rarely, label: {en: "Now and then"}}\n      - {code: "no", label',
        "pets", "option added",
    ),
    "concept": ("concept: which", "concept: liking", "which", "concept"),
    "kind": ("kind: single", "kind: ordered", "pets", "kind"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "question", "kind"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_right_once_it_is_declared_with_a_verdict_and_a_reason(
    pair, old, new, question, kind
):
    pair.edit(TWO, old, new)
    assert {fault.code for fault in found(pair)} == {"CHANGE-UNDECLARED"}
    declared = f"{{question: {question}, decision: same, changed: [{kind}], {WHY}}}"
    decide(pair, question, declared)
    assert found(pair) == []
    pair.edit(TWO, f", {WHY}", "")
    (fault,) = found(pair)
    assert (fault.code, fault.line) == ("CHANGE-VERDICT", pair.line(TWO, f"changed: [{kind}]"))
    assert "do: say under 'verdict' how far answers compare" in str(fault)


# What begins a series or changes nothing: old, new.
HARMLESS = {
    "typography": ("Do you keep a pet?", "Do you keep a “pet”?"),
    "a language": ("languages: [en]", "languages: [en, de]"),
    "a title": ("    concept: pets\n", "    concept: pets\n    title: {en: Pets}\n"),
    "options in another order": (f"{CATS}\n      - {DOGS}", f"{DOGS}\n      - {CATS}"),
    "a write-in": ('label: {en: "Dogs"}', 'label: {en: "Dogs"}, write_in: true'),
}


@pytest.mark.parametrize(("old", "new"), HARMLESS.values(), ids=HARMLESS)
def test_what_changes_nothing_needs_no_decision(pair, old, new):
    pair.edit(TWO, old, new)
    assert found(pair) == []


def test_a_new_question_needs_no_decision(pair):
    pair.write(ONE, pair.path(ONE).read_text("utf-8").partition("  - id: which")[0])
    pair.edit(TWO, "    - {question: which, decision: same}\n", "")
    assert found(pair) == []


def test_a_change_of_the_questionnaire_is_right_once_it_is_declared_with_a_reason(pair):
    pair.edit(TWO, "People with and without pets", "People without pets")
    pair.edit(TWO, "follows:\n", "follows:\n  changed: [population]\n  reason: Fewer.\n")
    assert found(pair) == []
    pair.edit(TWO, "  reason: Fewer.\n", "")
    (fault,) = found(pair)
    assert (fault.code, fault.line) == ("CHANGE-VERDICT", pair.line(TWO, "follows:"))


def test_a_code_that_takes_over_the_meaning_of_another_stays_forbidden(pair):
    pair.edit(TWO, 'cat, label: {en: "Cats"}', 'cat, label: {en: "Dogs "}')
    pair.edit(TWO, 'dog, label: {en: "Dogs"}', 'dog, label: {en: "Cats"}')
    decide(
        pair, "which", f'{{question: which, decision: same, changed: ["code reassigned"], {WHY}}}'
    )
    faults = found(pair)
    assert [fault.code for fault in faults] == ["CHANGE-FORBIDDEN", "CHANGE-FORBIDDEN"]
    assert {fault.line for fault in faults} == {pair.line(TWO, "question: which")}
    assert "do: give the option a code that was never used" in str(faults[0])


def test_a_code_that_is_kept_for_other_bounds_of_its_band_stays_forbidden(pair):
    pair.edit(TWO, "[3, 5]}", "[3, open]}")
    many = '      - {code: many, label: {en: "6 or more"}, interval: [6, open]}\n'
    pair.edit(TWO, many, "")
    gone = '    retired: [{code: many, label: {en: "6 or more"}, until: "1"}]\n    unit: pets'
    pair.edit(TWO, "    unit: pets", gone)
    decided = f'changed: [bands, "option removed", "code reassigned"], {WHY}'
    decide(pair, "how_many", f"{{question: how_many, decision: same, {decided}}}")
    (fault,) = found(pair)
    assert (fault.code, fault.line) == ("CHANGE-FORBIDDEN", pair.line(TWO, "question: how_many"))
    assert fault.what == "how_many: code 'some' now means 3 or more, and meant 3 to 5"
    assert "give the option a code that was never used, and retire the old one" in str(fault)


def test_bands_with_other_bounds_and_codes_of_their_own_are_right_once_they_are_declared(pair):
    pair.edit(TWO, '{code: some, label: {en: "3 to 5"}, interval: [3, 5]}',
              '{code: from_3, label: {en: "3 or more"}, interval: [3, open]}')  # fmt: skip
    many = '      - {code: many, label: {en: "6 or more"}, interval: [6, open]}\n'
    pair.edit(TWO, many, "")
    gone = (
        '    retired:\n      - {code: some, label: {en: "3 to 5"}, until: "1"}\n'
        '      - {code: many, label: {en: "6 or more"}, until: "1"}\n    unit: pets'
    )
    pair.edit(TWO, "    unit: pets", gone)
    assert {fault.code for fault in found(pair)} == {"CHANGE-UNDECLARED"}
    decided = f'changed: [bands, "option added", "option removed"], {WHY}'
    decide(pair, "how_many", f"{{question: how_many, decision: same, {decided}}}")
    assert found(pair) == []


RETIRED = '    retired: [{code: fox, label: {en: "Foxes"}, until: "0"}]\n    option_list: partial'


def test_an_option_that_is_retired_may_go(pair):
    pair.edit(TWO, f"      - {DOGS}\n", "")
    pair.edit(
        TWO, "    option_list: partial", RETIRED.replace("fox", "dog").replace("Foxes", "Dogs")
    )
    decide(
        pair, "which", f'{{question: which, decision: same, changed: ["option removed"], {WHY}}}'
    )
    assert found(pair) == []


def test_a_code_stays_retired(pair):
    pair.edit(ONE, "    option_list: partial", RETIRED)
    (fault,) = found(pair)
    assert (fault.code, fault.line) == ("CODE-NOT-RETIRED", pair.line(TWO, "- id: which"))
    pair.edit(TWO, "    option_list: partial", RETIRED)
    assert found(pair) == []


def test_a_retired_code_does_not_come_back(pair):
    pair.edit(ONE, "    option_list: partial", RETIRED)
    pair.edit(TWO, DOGS, f'{DOGS}\n      - {{code: fox, label: {{en: "Wolves"}}}}')
    (fault,) = [fault for fault in found(pair) if fault.code == "OPTION-RETIRED"]
    lines = pair.path(TWO).read_text("utf-8").splitlines()
    assert lines[fault.line - 1 : fault.line + 1] == ["    options:", f"      - {CATS}"]
    assert fault.what == "'which': code 'fox' was retired, and is used again"


# Numbers of versions, and whether a change of each size may be made between them.
STEPS = {
    ("1", "2"): {"patch", "minor", "major"},
    ("1", "1.1"): {"patch", "minor"},
    ("1", "1.0.1"): {"patch"},
    ("1.9", "1.10"): {"patch", "minor"},
    ("1.9.3", "2.0.0"): {"patch", "minor", "major"},
    ("2018", "2019"): {"patch", "minor", "major"},
}
EDITS = {
    "patch": ("Do you keep a pet?", "Do you keep a “pet”?", "same"),
    "minor": ("kind: single\n", "kind: single\n    required: true\n", "required"),
    "major": ("Do you keep a pet?", "Do you own a pet?", "wording"),
}


@pytest.mark.parametrize("size", EDITS)
@pytest.mark.parametrize(("before", "after"), STEPS, ids=lambda version: version)
def test_the_version_moves_as_far_as_its_changes_need(pair, before, after, size):
    old, new, kind = EDITS[size]
    text = pair.path(TWO).read_text("utf-8").replace(old, new)
    if kind != "same":
        text = text.replace(
            "{question: pets, decision: same}",
            f"{{question: pets, decision: same, changed: [{kind}], {WHY}}}",
        )
    older, newer = f"instruments/demo/{before}.yaml", f"instruments/demo/{after}.yaml"
    first = pair.path(ONE).read_text("utf-8").replace('version: "1"', f'version: "{before}"')
    pair.write(older, first)
    text = text.replace('\n  version: "1"', f'\n  version: "{before}"')
    pair.write(newer, text.replace('version: "2"', f'version: "{after}"'))
    found = lineage.faults(sl.load_instrument(pair.path(older)), library.load(pair.path(newer)))
    codes = [fault.code for fault in found]
    assert codes == ([] if size in STEPS[before, after] else ["VERSION-STEP"])


@pytest.mark.parametrize("after", ["0.9", "1.0", "1.0.0"])
def test_a_version_comes_after_the_one_it_follows(pair, after):
    file = f"instruments/demo/{after}.yaml"
    text = pair.path(TWO).read_text("utf-8")
    pair.write(file, text.replace('version: "2"', f'version: "{after}"'))
    (fault,) = found(pair, file)
    assert (fault.code, fault.line) == ("VERSION-STEP", pair.line(file, f'version: "{after}"'))
    assert fault.what == f"version {after} does not come after 1"


@pytest.mark.parametrize("after", ["final", "2a", "v2", "1.2.3.4", "2."])
def test_a_version_is_a_number(pair, after):
    file = f"instruments/demo/{after}.yaml"
    text = pair.path(TWO).read_text("utf-8")
    pair.write(file, text.replace('version: "2"', f'version: "{after}"'))
    (fault,) = found(pair, file)
    assert (fault.code, fault.wanted) == ("VERSION-NUMBER", "2018, 1.2 or 1.2.3")


@pytest.mark.parametrize(
    ("version", "numbers"),
    [
        ("7", (7, 0, 0)),
        ("1.10", (1, 10, 0)),
        ("01.2.003", (1, 2, 3)),
        ("", None),
        (" 1", None),
        ("1.", None),
        ("1.2.3.4", None),
        ("٢", None),
        ("1_0", None),
        ("1\n", None),
        ("9" * 5000, None),
    ],
)
def test_a_version_reads_as_up_to_three_numbers(version, numbers):
    assert lineage.numbers(version) == numbers


# What the head of a version says wrong without a look at the one before.
ALONE = {
    "a version that follows itself": (
        '\n  version: "1"', '\n  version: "2"',
        "FOLLOWS-SELF", '  version: "2"', "a version follows itself",
    ),
    "a question decided twice": (
        "    - {question: which, d", "    - {question: pets, d",
        "DECISION-REPEATED", None, "'pets' is decided twice, first as entry 1",
    ),
    "a dropped question without a reason": (
        "which, decision: same", "which, decision: dropped",
        "DECISION-REASON", "decision: dropped", "do: add 'reason:'",
    ),
    "a verdict without a reason": (
        "which, decision: same", "which, decision: same, verdict: limited",
        "DECISION-REASON", "verdict: limited", "'which' has a verdict, and nobody says why",
    ),
    "a replaced question without others": (
        "which, decision: same", "which, decision: replaced, reason: Unclear",
        "DECISION-BY", "decision: replaced", "goes with 'replaced'",
    ),
    "a question that stays and is replaced": (
        "which, decision: same", "which, decision: same, by: [pets]",
        "DECISION-BY", "by: [pets]", "goes with 'replaced'",
    ),
    "a question replaced by one that is not there": (
        "which, decision: same", "which, decision: replaced, by: [pet], reason: Unclear",
        "DECISION-BY", "by: [pet]", "do: did you mean 'pets'?",
    ),
    "a verdict on a dropped question": (
        "which, decision: same", f"which, decision: dropped, {WHY}",
        "DECISION-VERDICT", "decision: dropped", "a verdict compares one question with one other",
    ),
    "a verdict on a question that became two": (
        "which, decision: same", f"which, decision: replaced, by: [pets, how_many], {WHY}",
        "DECISION-VERDICT", "by: [pets, how_many]", "do: leave it out, and declare each pair",
    ),
    "an order that says nothing of higher or lower": (
        "which, decision: same", "which, decision: same, verdict: order_only, reason: Unclear",
        "DECISION-VERDICT", "order_only", "do: declare it under 'comparisons', with 'order:'",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "code", "at", "helps"), ALONE.values(), ids=ALONE)
def test_a_decision_that_says_too_little_is_refused_with_its_line(pair, old, new, code, at, helps):
    pair.edit(TWO, old, new)
    with pytest.raises(InstrumentError, match=rf"\[{code}\]") as caught:
        sl.load_instrument(pair.path(TWO))
    (fault,) = caught.value.faults
    third = pair.line(TWO, "question: how_many, d") + 1
    assert (fault.code, fault.line) == (code, pair.line(TWO, at) if at else third)
    assert helps in str(fault)


def test_a_version_that_is_not_on_the_shelf_cannot_be_followed(pair):
    pair.edit(TWO, '\n  version: "1"', '\n  version: "0.9"')
    (fault,) = lineage.check(library.load(pair.path(TWO)))
    assert (fault.code, fault.wanted) == ("FOLLOWS-VERSION", "'1', '2'")
    assert fault.line == pair.line(TWO, 'version: "0.9"')


def test_a_version_that_does_not_say_what_it_follows_is_told_how_to_start(pair):
    pair.edit(TWO, FOLLOWS, "")
    (fault,) = lineage.check(library.load(pair.path(TWO)))
    assert (fault.code, fault.line) == ("FOLLOWS-MISSING", pair.line(TWO, 'version: "2"'))
    assert "surveylib instrument new-version" in fault.todo
    assert "'follows: unknown'" in fault.todo


def test_the_first_version_follows_nothing(pair):
    assert lineage.check(library.load(pair.path(ONE))) == []
