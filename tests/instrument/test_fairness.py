"""What only looks right: files that must be refused, and fair ones that must not."""

import pytest
from pydantic import ValidationError

import surveylib as sl
from surveylib.errors import InstrumentError
from surveylib.instrument import library, lineage
from surveylib.instrument.dump import dump
from surveylib.instrument.identity import content_hashes, instrument_hash
from surveylib.instrument.model import Instrument
from surveylib.instrument.versions import diff

ONE, TWO = "instruments/demo/1.yaml", "instruments/demo/2.yaml"
AB = [{"code": "1", "label": {"en": "x"}}, {"code": "2", "label": {"en": "y"}}]


def q(name="a", **fields):
    made = {
        "id": name,
        "concept": "c",
        "kind": "single",
        "text": {"en": "T"},
        "wording": "printed",
        "base": {"asked": "all"},
        "period": "unknown",
        "option_list": "complete",
        "options": AB,
    } | fields
    return {name: value for name, value in made.items() if value is not None}


def plainly(kind, name="n", **fields):
    return q(name, kind=kind, option_list=None, options=None, **fields)


def derived(*cases):
    options = [
        {"code": f"v{n}", "label": {"en": "x"}, "when": case} for n, case in enumerate(cases)
    ]
    return q("d", kind="derived", option_list=None, options=options)


def made(*questions, **head):
    return Instrument.model_validate(
        {
            "format": "surveylib.instrument/1",
            "id": "i",
            "version": "1",
            "title": {"en": "t"},
            "languages": ["en"],
            "provenance": "p",
            "population": "q",
            "questions": list(questions),
        }
        | head
    )


GRID = {"kind": "grid", "cells": "single", "rows": [{"id": "r", "text": {"en": "R"}}]}

# --- wrong files that pass, or are refused without a fault -----------------------------------


def test_a_list_that_is_too_short_is_never_refused_without_a_fault(demo):
    text = demo.path(ONE).read_text("utf-8")
    demo.write(
        ONE,
        text
        + """\
  - {id: d, kind: derived, concept: d, text: {en: T}, base: {asked: all}, period: unknown,
     options: [{code: v, label: {en: x}, when: {question: pets, answers: ["yes"]}}]}
""",
    )
    with pytest.raises(InstrumentError, match=r"^1 fault:"):
        sl.load_instrument(demo.path(ONE))


def test_a_route_by_a_grid_itself_is_refused():
    with pytest.raises(ValidationError, match="grid"):
        made(q("g", **GRID), q("b", base={"asked": "x", "if": {"question": "g", "answers": ["z"]}}))


def test_a_row_of_a_grid_can_be_compared():
    about = {"question": "g.r", "with": {"version": "0"}, "verdict": "identical", "reason": "r"}
    made(q("g", **GRID), comparisons=[about])


WRONG = {
    "codes 0 and 00": {"questions": [q(options=[AB[0] | {"code": "0"}, AB[1] | {"code": "00"}])]},
    "a state twice": {"questions": [q(missing=["dont_know", "dont_know"])]},
    "a language twice": {"questions": [q()], "languages": ["en", "en"]},
    "a language that is not declared": {"questions": [q(text={"en": "T", "dee": "U"})]},
    "a question title without the source language": {"questions": [q(title={"de": "T"})]},
    "an empty range": {
        "questions": [
            plainly("number", unit="u"),
            q("b", base={"asked": "x", "if": {"question": "n", "at_least": "5", "at_most": "3"}}),
        ]
    },
    "nets of each other": {
        "questions": [q(options=[AB[0] | {"net_of": ["2"]}, AB[1] | {"net_of": ["1"]}])]
    },
    "a retired code twice": {
        "questions": [q(retired=[{"code": "9", "label": {"en": "x"}, "until": "0"}] * 2)]
    },
    "a complete net of nothing": {
        "questions": [q(options=[AB[0] | {"net_complete": True}, AB[1]])]
    },
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_cannot_be_meant_is_refused(wrong):
    with pytest.raises(ValidationError):
        made(*wrong.pop("questions"), **wrong)


# --- fair cases that are refused ------------------------------------------------------------

MULTI = {
    "kind": "multi_answer",
    "options": [*AB, {"code": "none", "label": {"en": "n"}, "exclusive": True}],
}
FAIR = {
    "whole numbers have nothing between 17 and 18": (
        plainly("number", "a", unit="u"),
        {"question": "a", "at_most": "17"},
        {"question": "a", "at_least": "18"},
    ),
    "no number lies below the minimum": (
        plainly("number", "a", unit="u", minimum="0"),
        {"question": "a", "at_least": "0", "at_most": "17"},
        {"none_of": [{"question": "a", "at_most": "17"}]},
    ),
    "no number lies above the maximum": (
        plainly("number", "a", unit="u", maximum="99"),
        {"none_of": [{"question": "a", "at_least": "18"}]},
        {"question": "a", "at_least": "18", "at_most": "99"},
    ),
    "an exclusive option is ticked alone": (
        q("a", **MULTI, min_selected=1),
        {"question": "a", "answers": ["none"]},
        {"question": "a", "answers": ["1", "2"]},
    ),
    "at most one tick": (
        q("a", kind="multi_answer", min_selected=1, max_selected=1),
        {"question": "a", "answers": ["1"]},
        {"question": "a", "answers": ["2"]},
    ),
}


@pytest.mark.parametrize("fair", FAIR.values(), ids=FAIR)
def test_fair_cases_are_read(fair):
    source, *cases = fair
    made(source, derived(*cases))


# --- lines and messages ---------------------------------------------------------------------

WHY = """\
  - id: why
    concept: why
    kind: text
    text: {en: "Why?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    disclosure: secret
"""


def test_a_fault_of_a_question_for_text_has_its_own_line(demo):
    demo.write(ONE, demo.path(ONE).read_text("utf-8") + WHY)
    with pytest.raises(InstrumentError, match="VALUE") as caught:
        sl.load_instrument(demo.path(ONE))
    assert caught.value.faults[0].line == demo.line(ONE, "disclosure: secret")


def test_a_wrong_decision_is_one_fault(demo):
    demo.edit(
        TWO,
        "follows: unknown",
        'follows: {version: "1", questions: [{question: pets, decision: sam}]}',
    )
    with pytest.raises(InstrumentError, match=r"^1 fault:\n.*'decision' has no such value"):
        sl.load_instrument(demo.path(TWO))


@pytest.mark.parametrize("version", ["../demo/1", "1/2"])
def test_a_version_to_follow_is_the_name_of_a_file(demo, version):
    demo.edit(TWO, "follows: unknown", f'follows: {{version: "{version}"}}')
    try:
        loaded = library.load(demo.path(TWO))
    except InstrumentError:
        return
    assert [fault.code for fault in lineage.check(loaded)] == ["FOLLOWS-VERSION"]


# --- files that do not come back --------------------------------------------------------------


@pytest.mark.parametrize("limit", ["0.0000001", "0.0000000"])
def test_a_small_limit_comes_back(tmp_path, limit):
    instrument = made(plainly("number", unit="u", minimum=limit, decimals="7"))
    (tmp_path / "i").mkdir()
    (tmp_path / "i" / "1.yaml").write_text(dump(instrument))
    assert sl.load_instrument(tmp_path / "i" / "1.yaml") == instrument


def test_a_large_limit_comes_back(tmp_path):
    instrument = made(plainly("number", unit="u", maximum=1e20))
    (tmp_path / "i").mkdir()
    (tmp_path / "i" / "1.yaml").write_text(dump(instrument))
    assert sl.load_instrument(tmp_path / "i" / "1.yaml") == instrument


def test_a_score_of_minus_zero_has_the_hash_of_zero():
    scored = [AB[0] | {"score": -0.0}, AB[1]]
    zero = [AB[0] | {"score": 0.0}, AB[1]]
    one, other = (made(q(kind="ordered", options=options)) for options in (scored, zero))
    assert one == other
    assert instrument_hash(one) == instrument_hash(other)


# --- what has another hash shows in the diff ---------------------------------------------------

BANDED = q(
    "a",
    kind="banded",
    unit="u",
    options=[
        {"code": "x", "label": {"en": "x"}, "interval": [0, 2]},
        {"code": "y", "label": {"en": "y"}, "interval": [2, "open"]},
    ],
    bands={"overlaps": [{"bands": ["x", "y"], "values": [2, 2]}], "reading": "exclusive_of_lower"},
)
ROWS = {"rows": [{"id": "r", "text": {"en": "R"}}, {"id": "s", "text": {"en": "S"}}]}
CHANGES = {
    "what groups digits": (
        plainly("text_quantity", unit="u"),
        plainly("text_quantity", unit="u", group=["space"]),
    ),
    "the decimal sign": (
        plainly("text_quantity", unit="u", group=["'"]),
        plainly("text_quantity", unit="u", group=["'"], decimal=","),
    ),
    "rows in another order": (q(**GRID | ROWS), q(**GRID | {"rows": ROWS["rows"][::-1]})),
    "the kind of cells": (q(**GRID), q(**GRID | {"cells": "ordered"})),
    "the lowest count": (
        BANDED,
        BANDED
        | {
            "options": [BANDED["options"][0] | {"interval": [1, 2]}, BANDED["options"][1]],
            "minimum": 1,
        },
    ),
}


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES)
def test_what_changes_the_hash_shows_in_the_diff(before, after):
    one, other = made(before), made(after)
    assert content_hashes(one.questions[0])[0] != content_hashes(other.questions[0])[0]
    assert diff(one, other).changes


HEADS = {
    "languages": {"languages": ["en", "de"]},
    "missing labels": {"missing_labels": {"refused": {"en": "No!"}}},
    "sections": {"sections": [{"id": "s", "title": {"en": "S"}, "questions": ["a"]}]},
    "typography of the population": {"population": "Q"},
    "a mode where none was told": {"mode": ["web"]},
}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_what_changes_the_hash_of_the_whole_shows_in_the_diff(head):
    one, other = made(q()), made(q(), **head)
    assert instrument_hash(one) != instrument_hash(other)
    assert diff(one, other).changes


# --- lineage -----------------------------------------------------------------------------------


def pair(tmp_path, before, after, decision, version="2"):
    (tmp_path / "i").mkdir()
    made(before)
    newer = made(
        after,
        version=version,
        follows={"version": "1", "questions": [{"question": before["id"], **decision}]},
    )
    (tmp_path / "i" / f"{version}.yaml").write_text(dump(newer))
    return lineage.faults(made(before), library.load(tmp_path / "i" / f"{version}.yaml"))


def test_a_list_that_becomes_a_free_text_has_no_place_to_retire_codes(tmp_path):
    decision = {
        "decision": "same",
        "changed": ["kind", "option removed", "option order"],
        "verdict": "break",
        "reason": "r",
    }
    faults = pair(tmp_path, q(), plainly("text", "a"), decision)
    assert "CODE-NOT-RETIRED" not in {fault.code for fault in faults}


def test_a_gone_question_is_one_fault(tmp_path):
    faults = pair(tmp_path, q(), q("b"), {"decision": "same"})
    assert [fault.code for fault in faults] == ["DECISION-SAME"]


def test_the_heading_of_a_row_is_in_one_language():
    grid = q(
        "g",
        **GRID | {"rows": [{"id": "r", "text": {"en": "Row", "de": "Zeile"}}]},
        title={"en": "Grid", "de": "Raster"},
    )
    assert made(grid, languages=["en", "de"]).question("g.r").title == {
        "en": "Grid: Row",
        "de": "Raster: Zeile",
    }


def test_how_answers_are_added_up_and_passed_on_is_no_part_of_what_was_asked():
    net = [*AB, {"code": "12", "label": {"en": "n"}}]
    summed = [*AB, {"code": "12", "label": {"en": "n"}, "net_of": ["1", "2"], "net_complete": True}]
    one, other = (made(q(options=options)) for options in (net, summed))
    assert instrument_hash(one) == instrument_hash(other)
    one, other = (made(plainly("text", disclosure=kind)) for kind in ("open", "restricted"))
    assert instrument_hash(one) == instrument_hash(other)


def test_a_label_in_another_language_shows_in_the_diff():
    both = [AB[0] | {"label": {"en": "x", "de": "z"}}, AB[1]]
    one, other = (made(q(options=options), languages=["en", "de"]) for options in (AB, both))
    assert [change.kind for change in diff(one, other).changes] == ["translation"]


def test_a_route_does_not_name_a_net_but_its_parts():
    options = [*AB, {"code": "12", "label": {"en": "n"}, "net_of": ["1", "2"]}]
    base = {"asked": "x", "if": {"question": "a", "answers": ["12"]}}
    with pytest.raises(ValidationError, match="'12' is no answer of 'a'"):
        made(q("a", options=options), q("b", base=base))
