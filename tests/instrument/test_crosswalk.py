"""Answers carried over to a harmonised question: every one, counted right, and no others."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import surveylib as sl
from surveylib.errors import ComparabilityError, NotEstimableError, UnknownNameError
from surveylib.instrument import crosswalk_rules
from surveylib.instrument.crosswalk import CrosswalkFile
from surveylib.instrument.mapping import harmonise
from surveylib.instrument.model import Instrument
from tests.conftest import INSTRUMENT

SHIPPED = Path(__file__).parents[2] / "instruments" / "organised_groups"

#: The second version of the demo asks for more: other options, other bands, more animals.
EDITS = {
    'version: "1"': 'version: "2"\nfollows: unknown',
    '- {code: "yes", label: {en: "Yes, one or more"}}': (
        '- {code: one, label: {en: "Yes, one"}}\n      - {code: several, label: {en: "Yes, more"}}'
    ),
    '- {code: "no",': "- {code: none,",
    'answers: ["yes"]': "answers: [one, several]",
    "    option_list: complete\n    options:\n      - {code: one": (
        "    missing: [dont_know, refused]\n    option_list: complete\n    options:\n"
        "      - {code: one"
    ),
    'few, label: {en: "1 to 2"}, interval: [1, 2]': 'b1, label: {en: "1"}, interval: [1, 1]',
    'some, label: {en: "3 to 5"}, interval: [3, 5]': 'b2, label: {en: "2"}, interval: [2, 2]',
    'many, label: {en: "6 or more"}, interval: [6, open]}': (
        'b3, label: {en: "3 to 8"}, interval: [3, 8]}\n'
        '      - {code: b9, label: {en: "9 or more"}, interval: [9, open]}'
    ),
    '{code: dog, label: {en: "Dogs"}}': (
        '{code: dog, label: {en: "Dogs"}}\n      - {code: kitten, label: {en: "Kittens"}}\n'
        '      - {code: fox, label: {en: "Foxes"}}'
    ),
}
TWO = INSTRUMENT
for old, new in EDITS.items():
    assert TWO.count(old) == 1, old
    TWO = TWO.replace(old, new)

CROSSWALK = """\
format: surveylib.crosswalk/1
id: demo
harmonised:
  - id: pets
    version: "1"
    title: {en: "Keeps a pet"}
    concept: pets
    kind: single
    options:
      - {code: "yes", label: {en: "Yes"}}
      - {code: "no", label: {en: "No"}}
    sources:
      - version: "1"
        question: pets
        verdict: identical
        reason: It is the question of version 1.
        map: {"yes": "yes", "no": "no"}
      - version: "2"
        question: pets
        verdict: equivalent
        reason: One and several are both yes.
        map: {one: "yes", several: "yes", none: "no"}
        missing: {dont_know: dont_know, refused: no_answer}
  - id: how_many
    version: "1"
    title: {en: "Number of pets"}
    concept: how_many
    kind: banded
    unit: pets
    thresholds: [2, 5]
    sources:
      - version: "1"
        question: how_many
        verdict: equivalent
        reason: The bands were coarser.
      - version: "2"
        question: how_many
        verdict: limited
        reason: The bands were finer below and coarser above.
  - id: animals
    version: "1"
    title: {en: "Animals"}
    concept: which
    kind: multi_answer
    options:
      - {code: cat, label: {en: "Cats"}}
      - {code: dog, label: {en: "Dogs"}}
      - {code: fox, label: {en: "Foxes"}}
    sources:
      - version: "1"
        question: which
        verdict: equivalent
        reason: Foxes were not on the list.
        map: {cat: cat, dog: dog}
        missing: {dont_know: dont_know}
        absent: {fox: not_asked_design}
      - version: "2"
        question: which
        verdict: limited
        reason: Kittens were told apart from cats.
        map: {cat: cat, kitten: cat, dog: dog, fox: fox}
        missing: {dont_know: dont_know}
  - id: pets_and_more
    version: "1"
    title: {en: "Pets, or wishes for one"}
    concept: pets_and_more
    kind: single
    options:
      - {code: keeps, label: {en: "Keeps"}}
      - {code: nothing, label: {en: "Neither"}}
    sources:
      - version: "1"
        question: pets
        verdict: break
        reason: Wishes were not asked for.
      - version: "2"
        question: pets
        verdict: limited
        reason: Wishes are among the nos.
        map: {one: keeps, several: keeps, none: nothing}
        missing: {dont_know: dont_know, refused: refused}
pairs:
  - from: {version: "1", question: which}
    to: {version: "2", question: which}
    map: {cat: cat, dog: dog}
    missing: {dont_know: dont_know}
"""


@pytest.fixture
def crosswalk(demo):
    demo.write("instruments/demo/2.yaml", TWO)
    demo.write("instruments/demo/crosswalk.yaml", CROSSWALK)
    return sl.load_crosswalk(demo.instruments)


# --- one respondent, and counts ---------------------------------------------------------------


def test_an_answer_becomes_the_option_that_its_version_leads_to(crosswalk):
    pets = crosswalk["pets"]
    assert [pets.answer("1", code) for code in ("yes", "no")] == ["yes", "no"]
    assert [pets.answer("2", code) for code in ("one", "several", "none")] == ["yes", "yes", "no"]
    assert pets.answer("2", "refused") == "no_answer"


def test_counts_are_carried_over_with_options_that_nobody_chose(crosswalk):
    counted = crosswalk["pets"].convert("2", {"one": 30, "several": 20, "dont_know": 5})
    assert counted == {"yes": 50, "no": 0, "dont_know": 5}


def test_an_option_that_was_not_offered_is_no_zero(crosswalk):
    assert crosswalk["animals"].convert("1", {"cat": 3}) == {"cat": 3, "dog": 0}


def test_a_source_may_be_named_with_its_questionnaire(crosswalk):
    assert crosswalk["pets"].answer("demo@2", "one") == "yes"


def test_maps_say_whether_an_answer_is_kept_renamed_or_merged(crosswalk):
    kinds = {code: crosswalk["pets"].source("2").kind(code) for code in ("one", "several", "none")}
    assert kinds == {"one": "merge", "several": "merge", "none": "rename"}
    assert crosswalk["pets"].source("1").kind("yes") == "identity"


def test_ticks_are_carried_over_for_each_respondent(crosswalk):
    animals = crosswalk["animals"]
    assert animals.answer("2", frozenset({"cat", "kitten"})) == {"cat"}
    assert animals.answer("2", frozenset({"kitten", "fox"})) == {"cat", "fox"}
    assert animals.answer("2", frozenset()) == frozenset()
    assert animals.answer("2", "dont_know") == "dont_know"


def test_counts_of_ticks_are_not_merged(crosswalk):
    # Of two respondents one ticks cats and kittens: 2 of 2 like cats, not 3.
    with pytest.raises(NotEstimableError, match=r"'cat', 'kitten' are merged.* not counts"):
        crosswalk["animals"].convert("2", {"cat": 2, "kitten": 1})


def test_counts_of_ticks_that_are_not_merged_are_carried_over(crosswalk):
    counted = crosswalk["animals"].convert("1", {"cat": 7, "dog": 5, "dont_know": 1})
    assert counted == {"cat": 7, "dog": 5, "dont_know": 1}


# --- bands ------------------------------------------------------------------------------------


def test_bands_become_the_finest_that_both_versions_share(crosswalk):
    count = crosswalk["how_many"]
    assert [(option.code, option.interval) for option in count.options] == [
        ("1_to_2", (1, 2)),
        ("over_2", (3, None)),
    ]
    assert [option.label["en"] for option in count.options] == ["1 to 2 pets", "more than 2 pets"]
    counted = count.convert("2", {"b1": 4, "b2": 3, "b3": 2, "b9": 1})
    assert counted == {"1_to_2": 7, "over_2": 3}


def test_cuts_that_only_one_version_has_are_named(crosswalk):
    count = crosswalk["how_many"]
    assert count.source("1").detail_lost == (5,)
    assert count.source("2").detail_lost == (1, 8)


def test_a_threshold_between_the_cuts_has_bounds(crosswalk):
    count = crosswalk["how_many"]
    counts = {"b1": Fraction(4), "b2": Fraction(3), "b3": Fraction(2), "b9": Fraction(1)}
    assert count.exact_at(2, "2")
    assert tuple(count.share_up_to(2, "2", counts)) == (Fraction(7, 10), Fraction(7, 10))
    assert not count.exact_at(5, "2")
    assert tuple(count.share_up_to(5, "2", counts)) == (Fraction(7, 10), Fraction(9, 10))
    assert count.exact_at(5, "1")


def test_ways_of_not_answering_are_left_out_of_the_base_of_a_share(demo):
    text = TWO.replace("    unit: pets\n", "    unit: pets\n    missing: [dont_know]\n")
    demo.write("instruments/demo/2.yaml", text)
    where = "coarser above.\n"
    extra = f"{where}        missing: {{dont_know: dont_know}}\n"
    demo.write("instruments/demo/crosswalk.yaml", CROSSWALK.replace(where, extra))
    count = sl.load_crosswalk(demo.instruments)["how_many"]
    counts = {"b1": Fraction(3), "b9": Fraction(1), "dont_know": Fraction(96)}
    assert tuple(count.share_up_to(2, "2", counts)) == (Fraction(3, 4), Fraction(3, 4))


def test_a_share_of_nobody_cannot_be_estimated(crosswalk):
    with pytest.raises(NotEstimableError, match=r"demo@1 how_many: nobody ticked a band"):
        crosswalk["how_many"].share_up_to(2, "1", {"few": 0})


def test_a_question_without_bands_has_no_share_up_to_a_threshold(crosswalk):
    with pytest.raises(NotEstimableError, match="'pets' has no bands"):
        crosswalk["pets"].share_up_to(2, "1", {"yes": 1})


# --- what is refused --------------------------------------------------------------------------


def test_a_break_is_refused_with_the_reason_that_was_declared(crosswalk):
    broken, why = (
        crosswalk["pets_and_more"],
        r"demo@1 pets .*\(break\): Wishes were not asked for\.",
    )
    with pytest.raises(ComparabilityError, match=why):
        broken.convert("1", {"yes": 1})
    with pytest.raises(ComparabilityError, match=why):
        broken.answer("1", "yes")
    with pytest.raises(ComparabilityError, match=why):
        broken.share_up_to(2, "1", {"yes": 1})
    assert broken.answer("2", "one") == "keeps"


@pytest.mark.parametrize(
    "ask",
    [
        lambda crosswalk: crosswalk["pets"].convert("2", {"ones": 1}),
        lambda crosswalk: crosswalk["pets"].answer("2", "ones"),
        lambda crosswalk: crosswalk["pets"].answer("2", frozenset({"ones", "none"})),
    ],
    ids=["counts", "one answer", "ticks"],
)
def test_an_unknown_answer_is_refused_with_the_nearest_one(crosswalk, ask):
    with pytest.raises(UnknownNameError, match=r"'ones' in demo@2 pets; did you mean 'one'\?"):
        ask(crosswalk)


def test_an_unknown_band_has_no_share(crosswalk):
    with pytest.raises(UnknownNameError, match=r"no answer called 'b4' in demo@2 how_many"):
        crosswalk["how_many"].share_up_to(2, "2", {"b4": 1})


def test_an_unknown_version_is_refused_with_those_there_are(crosswalk):
    with pytest.raises(UnknownNameError, match=r"no source called '3' in pets.*demo@1.*demo@2"):
        crosswalk["pets"].answer("3", "yes")


def test_an_unknown_harmonised_question_is_refused_with_the_nearest_one(crosswalk):
    with pytest.raises(UnknownNameError, match=r"'pest' in demo; did you mean 'pets'\?"):
        crosswalk["pest"]


# --- as text and as data ----------------------------------------------------------------------


def test_the_text_shows_options_sources_and_every_map(crosswalk):
    assert str(crosswalk["pets"]).splitlines() == [
        "pets 1: Keeps a pet (single)",
        "  options: yes, no",
        "",
        "  demo@1 pets: identical",
        "    It is the question of version 1.",
        "    yes → yes (identity)",
        "    no → no (identity)",
        "",
        "  demo@2 pets: equivalent",
        "    One and several are both yes.",
        "    one + several → yes (merge)",
        "    none → no (rename)",
        "    dont_know → dont_know (identity)",
        "    refused → no_answer (rename)",
    ]


def test_the_text_says_at_which_thresholds_a_version_is_exact(crosswalk):
    lines = [line.strip() for line in str(crosswalk["how_many"]).splitlines()]
    assert lines[4:11] == [
        "The bands were coarser.",
        "few → 1_to_2 (rename)",
        "some + many → over_2 (merge)",
        "cuts not shared: 5",
        "at most 2: exact",
        "at most 5: exact",
        "",
    ]
    assert lines[-2:] == ["at most 2: exact", "at most 5: bounds only"]


def test_the_text_says_what_was_not_offered(crosswalk):
    assert "    not offered: fox" in str(crosswalk["animals"]).splitlines()


def test_the_text_of_a_crosswalk_holds_every_harmonised_question(crosswalk):
    assert str(crosswalk) == "\n\n".join(str(entry) for entry in crosswalk.harmonised)


def test_the_json_form_names_its_layout_and_survives(crosswalk):
    data = json.loads(json.dumps(crosswalk["how_many"].to_dict()))
    assert data["schema"] == "surveylib.harmonised/1"
    assert [option["interval"] for option in data["options"]] == [[1, 2], [3, None]]
    assert data["sources"][1]["targets"] == {
        "b1": "1_to_2", "b2": "1_to_2", "b3": "over_2", "b9": "over_2",
    }  # fmt: skip
    assert data["thresholds"] == [2, 5]


# --- composition ------------------------------------------------------------------------------


def test_a_way_by_the_next_version_leads_where_the_straight_one_does(crosswalk):
    # The pair of the file: cat to cat, dog to dog. Both ways lead to the same animal.
    animals = crosswalk["animals"]
    for code in ("cat", "dog", "dont_know"):
        assert animals.answer("2", animals.answer("1", code)) == animals.answer("1", code)


# --- laws -------------------------------------------------------------------------------------

TARGETS = ("a", "b", "c", "dont_know", "no_answer", "not_applicable")
#: Building a questionnaire and its crosswalk takes some milliseconds.
quickly = settings(max_examples=40, deadline=None)


def made(kind, codes, missing, mapped, *, verdict="limited"):
    """A harmonised question with one source, whose answers lead where `mapped` says."""
    question = {"id": "asked", "kind": kind, "concept": "asked", "text": {"en": "Asked?"}}
    question |= {"wording": "printed", "base": {"asked": "all"}, "period": "unknown"}
    question |= {"missing": missing, "option_list": "complete"}
    question["options"] = [{"code": code, "label": {"en": code}} for code in codes]
    head = {"format": "surveylib.instrument/1", "id": "made", "version": "1", "languages": ["en"]}
    head |= {"title": {"en": "Made"}, "provenance": "Made up.", "population": "Anybody."}
    instrument = Instrument.model_validate(head | {"questions": [question]})
    reached = [code for code in TARGETS[:3] if code in mapped.values()]
    source = {"version": "1", "question": "asked", "verdict": verdict, "reason": "Made up."}
    source["map"] = {code: mapped[code] for code in codes}
    source["missing"] = {state: mapped[state] for state in missing}
    source["absent"] = {c: "not_asked_design" for c in TARGETS[:3] if c not in reached}
    target = {"id": "h", "version": "1", "title": {"en": "H"}, "concept": "h", "kind": kind}
    target["options"] = [{"code": code, "label": {"en": code}} for code in TARGETS[:3]]
    file = CrosswalkFile.model_validate(
        {
            "format": "surveylib.crosswalk/1",
            "id": "made",
            "harmonised": [target | {"sources": [source]}],
        }
    )
    shelf = {("made", "1"): instrument}
    assert crosswalk_rules.problems(file, shelf) == []
    return harmonise(file.harmonised[0], "made", shelf)


@st.composite
def maps(draw, kinds=("single", "ordered")):
    """A harmonised question, and the answers that lead to it."""
    codes = [f"c{place}" for place in range(draw(st.integers(1, 5)))]
    missing = draw(st.lists(st.sampled_from(TARGETS[3:]), unique=True))
    mapped = {answer: draw(st.sampled_from(TARGETS)) for answer in [*codes, *missing]}
    return made(draw(st.sampled_from(kinds)), codes, missing, mapped), [*codes, *missing], mapped


def counted(answers, weights):
    found = {}
    for answer, weight in zip(answers, weights, strict=True):
        found[answer] = found.get(answer, 0) + weight
    return found


weights = st.one_of(st.integers(0, 1000), st.fractions(0, 1000))


@quickly
@given(built=maps(), data=st.data())
def test_nobody_is_lost_or_counted_twice(built, data):
    harmonised, answers, _ = built
    counts = {answer: data.draw(weights) for answer in answers}
    assert sum(harmonised.convert("1", counts).values()) == sum(counts.values())


@quickly
@given(built=maps(), data=st.data())
def test_counting_and_carrying_over_lead_to_the_same_whichever_comes_first(built, data):
    harmonised, answers, _ = built
    given_ = data.draw(st.lists(st.sampled_from(answers), max_size=30))
    weight = [data.draw(weights) for _ in given_]
    after = counted([harmonised.answer("1", answer) for answer in given_], weight)
    before = harmonised.convert("1", counted(given_, weight))
    assert {code: count for code, count in before.items() if count} == {
        code: count for code, count in after.items() if count
    }


@quickly
@given(built=maps(), data=st.data())
def test_counts_of_two_groups_add_up_to_those_of_both(built, data):
    harmonised, answers, _ = built
    groups = [{answer: data.draw(weights) for answer in answers} for _ in range(2)]
    both = {answer: groups[0][answer] + groups[1][answer] for answer in answers}
    parts = [harmonised.convert("1", group) for group in groups]
    whole = harmonised.convert("1", both)
    assert whole == {code: parts[0][code] + parts[1][code] for code in whole}


@quickly
@given(built=maps())
def test_every_answer_leads_where_the_file_says_and_nowhere_else(built):
    harmonised, answers, mapped = built
    assert {answer: harmonised.answer("1", answer) for answer in answers} == mapped
    assert harmonised.source("1").targets == mapped


@quickly
@given(built=maps())
def test_what_was_not_offered_is_no_row_and_what_was_is_one(built):
    harmonised, _, mapped = built
    rows = set(harmonised.convert("1", {}))
    assert rows == {code for code in TARGETS[:3] if code in mapped.values()}


@quickly
@given(built=maps(kinds=("multi_answer",)), data=st.data())
def test_ticks_become_the_options_that_at_least_one_of_them_leads_to(built, data):
    harmonised, answers, mapped = built
    ticks = data.draw(st.frozensets(st.sampled_from(answers)))
    assert harmonised.answer("1", ticks) == {mapped[answer] for answer in ticks}


@quickly
@given(built=maps(kinds=("multi_answer",)), data=st.data())
def test_counts_of_ticks_are_either_right_or_refused(built, data):
    harmonised, answers, mapped = built
    ticked = data.draw(st.lists(st.frozensets(st.sampled_from(answers)), max_size=12))
    counts = counted([answer for one in ticked for answer in one], [1] * sum(map(len, ticked)))
    merged = len(set(mapped.values())) < len(mapped)
    if merged:
        with pytest.raises(NotEstimableError, match="are merged"):
            harmonised.convert("1", counts)
        return
    right = [harmonised.answer("1", one) for one in ticked]
    for code, count in harmonised.convert("1", counts).items():
        assert count == sum(code in one for one in right)


# --- the shipped crosswalk --------------------------------------------------------------------


@pytest.fixture(scope="module")
def groups():
    return sl.load_crosswalk(SHIPPED)


def test_the_shipped_lists_of_groups_share_the_cut_at_10_alone(groups):
    count = groups["groups_count"]
    assert [(option.code, option.interval) for option in count.options] == [
        ("0_to_10", (0, 10)),
        ("over_10", (11, None)),
    ]
    exact = [t for t in count.thresholds if count.exact_at(t, "netclean@2018")]
    assert (count.thresholds, exact) == ((10, 50, 100, 500, 1000), [10])
    assert all(count.exact_at(t, "organised_groups@1.0") for t in count.thresholds)


def test_bands_of_some_sources_are_as_fine_as_these_can_tell_apart(groups):
    count = groups["groups_count"]
    alone = count.among(["organised_groups@1.0"])
    # The cuts of version 1.0 as the questionnaire prints them; the list of 2018 had merged them.
    assert [option.interval for option in alone.options] == [
        (1, 10), (11, 50), (51, 100), (101, 500), (501, 1000), (1001, None),
    ]  # fmt: skip
    (source,) = alone.sources
    assert source.detail_lost == ()
    assert count.source("1.0").detail_lost == (50, 100, 500, 1000)
    given = {"from_1": 4, "from_11": 3, "from_51": 2, "from_1001": 1, "refused": 5}
    assert sum(alone.convert("1.0", given).values()) == sum(given.values())
    assert alone.convert("1.0", given)["51_to_100"] == 2
    assert count.among(["netclean@2018", "organised_groups@1.0"]) == count
    assert count.among(["organised_groups@9.0"]) == count


def test_bounds_on_the_printed_list_of_2018_absorb_what_it_leaves_out(groups):
    count = groups["groups_count"]
    by_low = sorted(count.source("netclean@2018").intervals.items(), key=lambda entry: entry[1][0])
    assert [interval for _, interval in by_low] == [(0, 10), (11, 99), (51, 1000), (501, None)]
    codes = [code for code, _ in by_low]
    counts = dict(zip(codes, (Fraction(n) for n in (50, 27, 20, 3)), strict=True))
    bounds = {t: tuple(count.share_up_to(t, "2018", counts)) for t in count.thresholds}
    assert bounds[10] == (Fraction(50, 100), Fraction(50, 100))
    assert bounds[50] == (Fraction(50, 100), Fraction(77, 100))
    assert bounds[100] == (Fraction(77, 100), Fraction(97, 100))
    assert bounds[1000] == (Fraction(97, 100), 1)


def test_having_met_a_group_in_2018_is_not_carried_over(groups):
    with pytest.raises(ComparabilityError, match="does not state a reference period"):
        groups["groups_encountered"].convert("2018", {"yes": 85})
    assert groups["groups_encountered"].convert("1.0", {"yes": 85})["yes"] == 85
