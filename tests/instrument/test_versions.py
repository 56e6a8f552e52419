"""What a new version does to a series, by the field's table of changes."""

import pytest

from surveylib.instrument.changes import Step
from surveylib.instrument.identity import content_hashes
from surveylib.instrument.model import Instrument
from surveylib.instrument.wording import normalised, wording

YES_NO = [{"code": "yes", "label": {"en": "Yes"}}, {"code": "no", "label": {"en": "No"}}]


def asked(**changes):
    """One question, changed where told."""
    question = {
        "id": "policy",
        "concept": "policy",
        "kind": "single",
        "text": {"en": "Does your company have a policy?"},
        "wording": "printed",
        "base": {"asked": "all"},
        "period": "not_stated",
        "option_list": "complete",
        "options": YES_NO,
    }
    return question | changes


def instrument(*questions, version="1", population="Companies"):
    return Instrument.model_validate(
        {
            "format": "surveylib.instrument/1",
            "id": "demo",
            "version": version,
            "title": {"en": "Demo"},
            "languages": ["en", "de"],
            "provenance": "Made for a test.",
            "population": population,
            "questions": list(questions) or [asked()],
        }
    )


def only(before, after):
    """The single change between two questions."""
    (change,) = instrument(before).diff(instrument(after, version="2")).changes
    return change


DONT_KNOW = {"code": "unsure", "label": {"en": "Unsure"}}
BANDS = {"kind": "banded", "unit": "projects"}


def banded(*ends):
    """Bands from 0 with these upper ends, and an open one on top."""
    lows = [0, *(end + 1 for end in ends)]
    highs = [*map(str, ends), "open"]
    options = [
        {"code": f"b{low}", "label": {"en": f"from {low}"}, "interval": [low, high]}
        for low, high in zip(lows, highs, strict=True)
    ]
    return asked(options=options, **BANDS)


@pytest.mark.parametrize(
    ("after", "kind", "step", "comparability"),
    [
        (asked(text={"en": "Does your company have a policy"}), "typography", "patch", "identical"),
        (
            asked(text={"en": "Does your company have a policy?", "de": "Richtlinie?"}),
            "translation",
            "patch",
            "identical",
        ),
        (asked(options=[*YES_NO, DONT_KNOW]), "option added", "major", "merge, or break"),
        (asked(options=YES_NO[:1]), "option removed", "major", "merge, or break"),
        (asked(options=YES_NO[::-1]), "option order", "minor", "identical; the order may matter"),
        (asked(missing=["dont_know"]), "missing", "major", "base shifts: compare on a common base"),
        (asked(period="P1Y"), "period", "major", "break unless bridged"),
        (asked(base={"asked": "users"}), "base", "major", "break unless bridged"),
        (asked(concept="practice"), "concept", "major", "different construct"),
    ],
)
def test_each_change_needs_its_step(after, kind, step, comparability):
    change = only(asked(), after)
    assert (change.kind, change.step.name, change.comparability) == (kind, step, comparability)


def test_an_option_added_to_several_answers_was_not_asked_before():
    several = {"kind": "multi_answer"}
    change = only(asked(**several), asked(options=[*YES_NO, DONT_KNOW], **several))
    assert (change.step, change.comparability) == (Step.minor, "older waves: not asked")


def test_a_code_that_takes_over_another_meaning_is_forbidden():
    swapped = [
        {"code": "yes", "label": {"en": "No"}},
        {"code": "no", "label": {"en": "Yes"}},
    ]
    found = instrument(asked()).diff(instrument(asked(options=swapped), version="2"))
    assert [change.kind for change in found.changes] == ["code reassigned", "code reassigned"]
    assert found.step is Step.forbidden


def test_a_code_that_is_kept_for_a_band_with_other_bounds_is_forbidden():
    # 0-10, 11-50, 51+ against 0-10, 11 and more: b11 means more than it did.
    found = instrument(banded(10, 50)).diff(instrument(banded(10), version="2"))
    said = [change.what for change in found.changes if change.kind == "code reassigned"]
    assert said == ["code 'b11' now means 11 or more, and meant 11 to 50"]
    assert found.step is Step.forbidden


def test_a_code_that_takes_over_another_band_with_its_label_is_said_once():
    low = {"code": "low", "label": {"en": "to 10"}, "interval": [0, 10]}
    high = {"code": "high", "label": {"en": "more"}, "interval": [11, "open"]}
    before = asked(**BANDS, options=[low, high])
    after = asked(**BANDS, options=[low | {"code": "high"}, high | {"code": "low"}])
    found = instrument(before).diff(instrument(after, version="2")).changes
    assert [one.kind for one in found].count("code reassigned") == 2


def test_one_answer_turned_into_several_breaks_the_series():
    change = only(asked(), asked(kind="multi_answer"))
    assert (change.kind, change.step, change.comparability) == ("kind", Step.major, "break")


def test_a_removed_question_ends_its_series_and_a_new_one_starts_its_own():
    found = instrument(asked()).diff(instrument(asked(id="rules"), version="2"))
    assert [(change.question, change.comparability) for change in found.changes] == [
        ("rules", "new series"),
        ("policy", "series ends"),
    ]


def test_bands_stay_comparable_at_their_common_cuts():
    # 0-10, 11-50, 51+ against 0-5, 6-10, 11-100, 101+: only 10 | 11 is in both.
    found = instrument(banded(10, 50)).diff(instrument(banded(5, 10, 100), version="2"))
    bands = [change for change in found.changes if change.kind == "bands"]
    assert [change.comparability for change in bands] == ["coarsen: both can be cut at 10"]


def test_bands_without_a_common_cut_give_bounds_only():
    found = instrument(banded(10, 50)).diff(instrument(banded(9, 49), version="2"))
    bands = [change for change in found.changes if change.kind == "bands"]
    assert [change.comparability for change in bands] == ["bounds only: no cut is common"]


def test_nothing_changed_says_so_and_needs_no_step():
    found = instrument().diff(instrument(version="2"))
    assert found.step is None
    assert str(found) == "demo 1 → demo 2: nothing changed"


def test_another_population_is_another_survey():
    found = instrument().diff(instrument(version="2", population="Companies and agencies"))
    (change,) = found.changes
    assert (change.kind, change.step) == ("population", Step.major)
    assert change.alarms == ("and/or: and",)


@pytest.mark.parametrize(
    ("before", "after", "alarm"),
    [
        # Rewordings of a yearly survey on open source programmes, 2019 to 2020 and 2024.
        ("inside and outside of your company", "inside or outside of your company", "and/or"),
        ("your company", "your organization", "population"),
        ("a formal policy", "an informal policy", "formality"),
        ("Do you contribute?", "Do you not contribute?", "negation"),
        ("Do you contribute?", "Don’t you contribute?", "negation"),
        ("in the last 12 months", "in the last 6 months", "number"),
        ("in the last week", "in the last month", "time"),
        ("some projects", "most projects", "quantity"),
        ("how many files", "how many images", "unit"),
    ],
)
def test_words_that_change_what_is_measured_are_pointed_out(before, after, alarm):
    _, alarms = wording(before, after)
    assert alarm in {entry.partition(":")[0] for entry in alarms}


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Don’t know", "don't  KNOW"),
        ("<strong>Which</strong>?", "which"),
        ("1\u201310", "1-10"),
        ("Greater than\u00a010,000", "greater than 10,000"),
    ],
)
def test_typography_does_not_change_a_text(text, other):
    assert normalised(text) == normalised(other)


@pytest.mark.parametrize(("text", "other"), [("1-10", "11-0"), ("< 5", "> 5"), ("1.5", "15")])
def test_signs_and_numbers_stay_apart(text, other):
    assert normalised(text) != normalised(other)


def test_the_normalised_hash_survives_typography_and_the_exact_one_does_not():
    before = instrument(asked()).questions[0]
    after = instrument(asked(text={"en": "Does your company have a policy"})).questions[0]
    exact, loose = content_hashes(before)
    other_exact, other_loose = content_hashes(after)
    assert loose == other_loose
    assert exact != other_exact


def test_a_title_or_a_note_is_no_content():
    plain, noted = asked(), asked(title={"en": "Policy"}, note="Asked first.")
    hashes = [content_hashes(instrument(entry).questions[0]) for entry in (plain, noted)]
    assert hashes[0] == hashes[1]


def test_a_word_that_only_moved_is_no_alarm_and_a_negation_is():
    assert wording("tea or milk and coffee", "coffee and tea or milk")[1] == ()
    assert wording("not all of you", "all of you not")[1] == ("negation: not",)


def test_a_band_that_begins_elsewhere_is_named():
    bands = {"kind": "banded", "unit": "people"}
    low = {"code": "low", "label": {"en": "to 1,000"}, "interval": [0, 1000]}
    high = {"code": "high", "label": {"en": "more"}, "interval": [1000, "open"]}
    overlap = {"overlaps": [{"bands": ["low", "high"], "values": [1000, 1000]}]}
    reading = overlap | {"reading": "exclusive_of_lower"}
    change = only(
        asked(**bands, options=[low, high], bands=reading),
        asked(**bands, options=[low, high | {"interval": [1001, "open"]}]),
    )
    assert change.what == "bands changed: 'high' began at 1000 and begins at 1001"
    assert change.comparability == "coarsen: both can be cut at 1000"
