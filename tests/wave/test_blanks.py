"""What a blank cell means, rule by rule, and conditions on answers that may be missing.

The rules are those on top of surveylib/wave/blanks.py; R stands for a question with a route.
"""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.instrument.conditions import Condition
from surveylib.wave.answers import Answers
from surveylib.wave.blanks import TRAILING, BlankRules, Blanks
from surveylib.wave.states import ANSWERED, BLANK, STATE, STATES
from tests.wave.corruption import ingested, option, question, survey

few = settings(max_examples=50, deadline=None)

YES_NO = (option("yes"), option("no"))
MET = {"question": "met", "answers": ["yes"]}
CHAIN = survey(
    question("met", "single", *YES_NO, missing=["dont_know", "refused"]),
    question("often", "single", *YES_NO, when=MET),
    question("where", "single", *YES_NO),
    question("some", "single", *YES_NO, asked="those in some places"),
    question("end", "single", *YES_NO),
)
COLUMNS = {one: one for one in ("met", "often", "where", "some", "end")}
HEAD = "met,often,where,some,end"


def states(rows, *, instrument=CHAIN, head=HEAD, columns=COLUMNS, **manifest):
    """The states of each row's questions, in short."""
    found = ingested("\n".join([head, *rows, ""]), instrument, columns=columns, **manifest)
    return [
        tuple(_SHORT[one] for one in row)
        for row in zip(*(found.wave[f"{name}:state"] for name in columns), strict=True)
    ]


_SHORT = {"answered": "+", "no_answer": "-", "not_applicable": ".", "not_reached": "/"}
_SHORT |= {"unknown_blank": "?", "not_asked_design": "x", "invalid": "!"}
_SHORT |= {"dont_know": "dk", "refused": "ref"}


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        # Rule 2: a route that was not taken; those who do not know did not take it either.
        ("No,,Yes,Yes,Yes", "+.+++"),
        ("dont_know,,Yes,Yes,Yes", ("dk", ".", "+", "+", "+")),
        ("refused,,Yes,Yes,Yes", ("ref", ".", "+", "+", "+")),
        # Rule 3: the route rests on an answer that is not there, or who was asked is not known.
        (",,Yes,Yes,Yes", "-?+++"),
        ("junk,,Yes,Yes,Yes", "!?+++"),
        ("Yes,Yes,Yes,,Yes", "+++?+"),
        # Rule 5: something after it was answered.
        ("Yes,,Yes,Yes,Yes", "+-+++"),
        ("Yes,Yes,,Yes,Yes", "++-++"),
        ("Yes,Yes,,,junk", "++-?!"),
        # Rule 6: nothing after it was answered, and nothing says who came to the end.
        ("Yes,Yes,Yes,Yes,", "++++?"),
        ("Yes,,,,", "+????"),
        # An answer off the route stays an answer.
        ("No,Yes,Yes,Yes,Yes", "+++++"),
    ],
)
def test_a_blank_is_what_the_rules_say(row, wanted):
    assert states([row]) == [tuple(wanted)]


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        ("Yes,Yes,,,,1", "++-?-"),  # rule 5: came to the end
        ("Yes,Yes,,,,0", "++///"),  # rule 3: broke off
        ("Yes,,Yes,,,0", "+-+//"),  # what was left out before breaking off is no answer
        ("No,,,,,0", "+.///"),  # rule 2 comes before rule 3
        ("No,,,,,1", "+.-?-"),
        ("Yes,Yes,,,,", "++///"),  # a blank is not one of the texts that mean "came to the end"
    ],
)
def test_a_column_says_who_came_to_the_end(row, wanted):
    finished = {"finished": {"column": "done", "texts": ["1"]}}
    assert states([row], head=f"{HEAD},done", blanks=finished) == [tuple(wanted)]


@pytest.mark.parametrize(
    ("trailing", "sign"), [("unknown_blank", "?"), ("no_answer", "-"), ("not_reached", "/")]
)
def test_what_follows_the_last_answer_is_what_the_manifest_declares(trailing, sign):
    found = states(["Yes,Yes,,Yes,", "No,,,Yes,"], blanks={"trailing": trailing})
    assert found == [("+", "+", "-", "+", sign), ("+", ".", "-", "+", sign)]


def test_a_question_that_the_file_does_not_have_was_not_asked():
    columns = COLUMNS | {"where": {"layout": "not_in_file", "reason": "lost"}}
    found = states(["No,,Yes,Yes"], head="met,often,some,end", columns=columns)
    assert found == [("+", ".", "x", "+", "+")]


def test_a_route_by_a_question_that_the_file_does_not_have_is_not_known():
    columns = COLUMNS | {"met": {"layout": "not_in_file", "reason": "lost"}}
    found = states([",Yes,Yes,Yes"], head="often,where,some,end", columns=columns)
    assert found == [("x", "?", "+", "+", "+")]


def test_software_takes_a_question_left_open_for_none_of_its_answers():
    rows = [",,Yes,Yes,Yes", "junk,,Yes,Yes,Yes"]
    assert states(rows, blanks={"routed": "by_software"}) == [tuple("-.+++"), tuple("!?+++")]
    assert states(rows, blanks={"routed": "by_respondents"}) == [tuple("-?+++"), tuple("!?+++")]


@pytest.mark.parametrize(("mode", "wanted"), [(["web"], "."), (["web", "paper"], "?"), ([], "?")])
def test_the_mode_says_whether_software_carried_out_routes(mode, wanted):
    made = survey(*(one.model_dump(by_alias=True) for one in CHAIN.questions), mode=mode)
    assert states([",,Yes,Yes,Yes"], instrument=made)[0][1] == wanted


def test_what_should_not_have_been_asked_or_left_open_is_counted():
    made = survey(
        question("met", "single", *YES_NO, required=True),
        question("often", "single", *YES_NO, when=MET),
        question("end", "single", *YES_NO),
    )
    columns = {one: one for one in ("met", "often", "end")}
    text = "met,often,end\nNo,Yes,Yes\n,Yes,Yes\n,,Yes\nNo,,Yes\n"
    quality = ingested(text, made, columns=columns).taken.quality
    assert quality.off_route == {"often": 1}
    assert quality.required == {"met": 2}


DERIVED = survey(
    question("met", "single", *YES_NO, missing=["dont_know"]),
    question("often", "single", *YES_NO, when=MET),
    {
        **question("group", "derived"),
        "options": [
            option("close", when={"all_of": [MET, {"question": "often", "answers": ["yes"]}]}),
            option(
                "far",
                when={
                    "any_of": [
                        {"question": "met", "answers": ["no", "dont_know"]},
                        {"question": "often", "answers": ["no"]},
                    ]
                },
            ),
        ],
    },
)


@pytest.mark.parametrize(
    ("row", "value", "state"),
    [
        ("Yes,Yes", "close", "answered"),
        ("Yes,No", "far", "answered"),
        ("No,", "far", "answered"),
        ("dont_know,", "far", "answered"),
        ("junk,Yes", None, "invalid"),
        (",Yes", None, "no_answer"),
    ],
)
def test_a_derived_answer_follows_or_takes_the_state_of_what_is_missing(row, value, state):
    columns = {"met": "met", "often": "often"}
    found = ingested(f"met,often\n{row}\n", DERIVED, columns=columns)
    assert (found.wave["group"], found.wave["group:state"]) == ([value], [state])


ASKED = survey(
    question("one", "single", option("a"), option("b"), missing=["dont_know", "refused"]),
    question(
        "many",
        "multi_answer",
        option("x"),
        option("y"),
        option("z"),
        missing=["refused"],
    ),
    question("count", "number", unit="things", missing=["dont_know"]),
)
LEVELS = {"one": {"a": 0, "b": 1}, "many": {"x": 0, "y": 1, "z": 2}, "count": {}}
_STATED = ("no_answer", "not_reached", "invalid", "unknown_blank", "not_asked_design")


def _atoms():
    one = st.lists(st.sampled_from(["a", "b", "dont_know", "refused"]), min_size=1, unique=True)
    many = st.lists(st.sampled_from(["x", "y", "z", "refused"]), min_size=1, unique=True)
    ends = st.tuples(st.integers(-3, 3), st.integers(0, 4))
    return st.one_of(
        one.map(lambda codes: {"question": "one", "answers": codes}),
        many.map(lambda codes: {"question": "many", "answers": codes}),
        ends.map(
            lambda end: {"question": "count", "at_least": str(end[0]), "at_most": str(sum(end))}
        ),
        ends.map(lambda end: {"question": "count", "at_least": str(end[0])}),
    )


conditions = st.recursive(
    _atoms(),
    lambda inner: st.tuples(
        st.sampled_from(["all_of", "any_of", "none_of"]), st.lists(inner, min_size=1, max_size=3)
    ).map(lambda pair: {pair[0]: pair[1]}),
    max_leaves=5,
)
#: Somebody's answers, as a condition is given them and as a wave holds them.
people = st.fixed_dictionaries(
    {
        "one": st.sampled_from(["a", "b", "dont_know", "refused", *_STATED]),
        "many": st.frozensets(st.sampled_from("xyz"), min_size=1)
        | st.sampled_from(["refused", *_STATED]),
        "count": st.integers(-4, 4) | st.sampled_from(["dont_know", *_STATED]),
    }
)


def _held(person):
    """One person's answers as arrays of one row."""
    one, many, count = person["one"], person["many"], person["count"]
    ticks = [int(code in many) for code in "xyz"] if isinstance(many, frozenset) else [-1] * 3
    number = float(count) if isinstance(count, int) else np.nan
    state = {
        name: np.array([STATE[value] if value in STATES else ANSWERED], np.int8)
        if isinstance(value, str)
        else np.array([ANSWERED], np.int8)
        for name, value in person.items()
    }
    place = np.array([LEVELS["one"].get(one, -1)], np.int16)
    return {
        "one": Answers(state=state["one"], place=place),
        "many": Answers(state=state["many"], ticks=np.array([ticks], np.int8)),
        "count": Answers(state=state["count"], number=np.array([number])),
    }


def _told(person):
    """The same as the questionnaire's conditions are given them: None where nothing is known."""
    told = {}
    for name, value in person.items():
        known = None if value in _STATED else value
        if isinstance(known, int):
            known = Decimal(known)
        if name == "many" and isinstance(known, str):
            known = frozenset([known])
        told[name] = known
    return told


@few
@given(condition=conditions.map(Condition.model_validate), person=people)
def test_a_condition_on_a_wave_holds_where_it_holds_for_the_answers_one_by_one(condition, person):
    found = Blanks(ASKED, LEVELS, BlankRules(routed=False)).holds(condition, _held(person), 1)
    truth = {True: 1, False: 0, None: -1}
    assert found.tolist() == [truth[condition.holds(_told(person))]]


@few
@given(condition=conditions.map(Condition.model_validate), person=people)
def test_software_knows_at_least_what_is_known_without_it(condition, person):
    held = _held(person)
    plain = Blanks(ASKED, LEVELS, BlankRules(routed=False)).holds(condition, held, 1)[0]
    routed = Blanks(ASKED, LEVELS, BlankRules(routed=True)).holds(condition, held, 1)[0]
    assert plain in {-1, routed}


@few
@given(people=st.lists(people, min_size=1, max_size=5), trailing=st.sampled_from(sorted(TRAILING)))
def test_no_blank_is_left_and_no_answer_is_changed(people, trailing):
    rules = BlankRules(routed=False, trailing=TRAILING[trailing])
    held = {
        name: Answers(
            state=np.concatenate([_held(one)[name].state for one in people]),
            **{
                part: np.concatenate([values for one in people for values in [array(one)]])
                for part, array in _PARTS[name].items()
            },
        )
        for name in LEVELS
    }
    before = {name: one.state.copy() for name, one in held.items()}
    for one in held.values():
        one.state[one.state == STATE["no_answer"]] = BLANK
    blank = {name: one.state == BLANK for name, one in held.items()}
    decided = Blanks(ASKED, LEVELS, rules).decide(held, len(people), np.full(len(people), -1))
    for name, one in decided.items():
        assert not (one.state == BLANK).any()
        assert (one.state[~blank[name]] == before[name][~blank[name]]).all()


_PARTS = {
    "one": {"place": lambda one: _held(one)["one"].place},
    "many": {"ticks": lambda one: _held(one)["many"].ticks},
    "count": {"number": lambda one: _held(one)["count"].number},
}
