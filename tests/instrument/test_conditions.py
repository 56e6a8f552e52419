"""Who is asked, and what follows from answers: three-valued logic, words, cases that are fair."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import surveylib as sl
from surveylib.errors import InstrumentError
from surveylib.instrument.conditions import Condition

ONE = "instruments/demo/1.yaml"

# Kleene's strong logic of three values, as in his Introduction to Metamathematics (1952), § 64:
# true is 1, false is 0, unknown is in between; "and" is the least, "or" the greatest of its parts.
KLEENE = {True: 1.0, None: 0.5, False: 0.0}
NAMES = ("a", "b", "c")


def atom(name):
    return {"question": name, "answers": ["1"]}


def given_as(values):
    """Answers for which the atoms have these values."""
    codes = {True: "1", False: "2"}
    return {
        name: codes[value] for name, value in zip(NAMES, values, strict=False) if value is not None
    }


def grade(condition, values):
    """A condition's value by Kleene's arithmetic, from those of its atoms."""
    if "question" in condition:
        return KLEENE[values[NAMES.index(condition["question"])]]
    ((form, parts),) = condition.items()
    grades = [grade(part, values) for part in parts]
    return {"all_of": min, "any_of": max, "none_of": lambda all_: 1 - max(all_)}[form](grades)


conditions = st.recursive(
    st.sampled_from(NAMES).map(atom),
    lambda inner: st.tuples(
        st.sampled_from(["all_of", "any_of", "none_of"]), st.lists(inner, min_size=1, max_size=3)
    ).map(lambda pair: dict([pair])),
    max_leaves=6,
)
truths = st.lists(st.sampled_from([True, False, None]), min_size=3, max_size=3)


@pytest.mark.parametrize("values", list(product([True, False, None], repeat=2)))
@pytest.mark.parametrize("form", ["all_of", "any_of", "none_of"])
def test_two_conditions_join_by_the_table_of_kleene(form, values):
    plain = {form: [atom("a"), atom("b")]}
    holds = Condition.model_validate(plain).holds(given_as(values))
    assert KLEENE[holds] == grade(plain, values)


@given(plain=conditions, values=truths)
def test_conditions_inside_conditions_hold_as_kleene_has_it(plain, values):
    holds = Condition.model_validate(plain).holds(given_as(values))
    assert KLEENE[holds] == grade(plain, values)


@given(plain=conditions, values=truths, filled=st.lists(st.booleans(), min_size=3, max_size=3))
def test_another_answer_never_turns_what_was_known(plain, values, filled):
    condition = Condition.model_validate(plain)
    before = condition.holds(given_as(values))
    known = [new if old is None else old for old, new in zip(values, filled, strict=True)]
    assert before in {None, condition.holds(given_as(known))}
    assert condition.holds(given_as(known)) is not None


@given(parts=st.lists(conditions, min_size=1, max_size=3), values=truths)
def test_none_hold_where_not_any_holds(parts, values):
    answers = given_as(values)
    some = Condition(any_of=parts).holds(answers)
    none = Condition(none_of=parts).holds(answers)
    assert none is (None if some is None else not some)
    assert Condition(none_of=[{"none_of": parts}]).holds(answers) is some


@pytest.mark.parametrize(
    ("limits", "number", "holds"),
    [
        ({"at_least": "18"}, "17.9", False),
        ({"at_least": "18"}, "18", True),
        ({"at_most": "18"}, "18", True),
        ({"at_most": "18"}, "18.01", False),
        ({"at_least": "-1.5", "at_most": "2"}, "-1.5", True),
        ({"at_least": "-1.5", "at_most": "2"}, "2", True),
        ({"at_least": "-1.5", "at_most": "2"}, "-1.6", False),
        ({"at_least": "5", "at_most": "5"}, "5.0", True),
        # A binary fraction would be a little above one tenth.
        ({"at_most": "0.1"}, "0.1", True),
    ],
)
def test_a_range_includes_both_its_ends(limits, number, holds):
    condition = Condition.model_validate({"question": "n", **limits})
    assert condition.holds({"n": Decimal(number)}) is holds


def test_a_number_that_was_refused_is_in_no_known_range():
    assert Condition(question="n", at_least="0").holds({"n": "refused"}) is None
    assert Condition(question="n", answers=["refused"]).holds({"n": "refused"}) is True
    assert Condition(question="n", answers=["refused"]).holds({"n": Decimal(1)}) is False


def test_one_tick_among_several_is_enough_and_none_is_an_answer_too():
    ticked = Condition(question="a", answers=["1", "2"])
    assert ticked.holds({"a": frozenset({"2", "3"})}) is True
    assert ticked.holds({"a": frozenset({"3"})}) is False
    assert ticked.holds({"a": frozenset()}) is False
    assert ticked.holds({}) is None


@pytest.mark.parametrize(
    ("plain", "words"),
    [
        (atom("a"), "a is '1'"),
        ({"question": "g.row", "answers": ["x", "y"]}, "g.row is 'x' or 'y'"),
        ({"question": "n", "at_least": "3"}, "n is at least 3"),
        ({"question": "n", "at_most": "0.50"}, "n is at most 0.50"),
        ({"question": "n", "at_least": "-1", "at_most": "3"}, "n is at least -1 and at most 3"),
        ({"all_of": [atom("a"), atom("b")]}, "a is '1', and b is '1'"),
        ({"any_of": [atom("a"), atom("b")]}, "a is '1', or b is '1'"),
        ({"none_of": [atom("a"), atom("b")]}, "not (a is '1', or b is '1')"),
        ({"none_of": [atom("a")]}, "not (a is '1')"),
        (
            {"all_of": [atom("a"), {"any_of": [atom("b"), atom("c")]}]},
            "a is '1', and (b is '1', or c is '1')",
        ),
        (
            {"any_of": [{"all_of": [atom("a"), atom("b")]}, {"none_of": [atom("c")]}]},
            "(a is '1', and b is '1'), or not (c is '1')",
        ),
    ],
)
def test_a_condition_reads_as_words(plain, words):
    assert Condition.model_validate(plain).in_words() == words


@given(one=conditions, other=conditions)
def test_conditions_in_the_same_words_hold_for_the_same_answers(one, other):
    first, second = Condition.model_validate(one), Condition.model_validate(other)
    if first.in_words() == second.in_words():
        for values in product([True, False, None], repeat=3):
            assert first.holds(given_as(values)) is second.holds(given_as(values))


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"question": "a"},
        {"answers": ["1"]},
        {"at_least": "1"},
        {"question": "a", "answers": []},
        {"question": "a", "answers": ["1"], "at_least": "1"},
        {"question": "a", "all_of": [atom("b")]},
        {"question": "a", "answers": ["1"], "any_of": [atom("b")]},
        {"all_of": [atom("a")], "any_of": [atom("b")]},
        {"all_of": [], "none_of": []},
    ],
)
def test_a_condition_has_exactly_one_form(plain):
    with pytest.raises(ValidationError, match="a condition names a question with answers"):
        Condition.model_validate(plain)


def test_every_question_in_a_condition_is_found_with_its_place():
    plain = {"any_of": [atom("a"), {"none_of": [atom("b"), {"all_of": [atom("c")]}]}]}
    found = {place: inner.question for place, inner in Condition.model_validate(plain).atoms()}
    assert found == {
        ("any_of", 0): "a",
        ("any_of", 1, "none_of", 0): "b",
        ("any_of", 1, "none_of", 1, "all_of", 0): "c",
    }


# Derived questions: every way to answer leads to one value.

SOURCES = """\
  - id: age
    kind: number
    concept: age
    text: {en: "How old are you?"}
    wording: printed
    base: {asked: all}
    period: not_stated
    missing: [refused]
    unit: years
    decimals: 1
"""


MADE = """\
  - id: made
    kind: derived
    concept: made
    text: {en: "Made of others"}
    base: {asked: all}
    period: not_stated
    options:
"""


def derived(*cases):
    """A number to derive from, and a derived question with a value for each case."""
    options = (
        f"      - {{code: v{place}, label: {{en: Value}}, when: {case}}}\n"
        for place, case in enumerate(cases)
    )
    return f"{SOURCES}{MADE}{''.join(options)}"


@pytest.fixture
def cases(demo):
    """Load the small study's questionnaire with a derived question of these cases."""
    text = demo.path(ONE).read_text("utf-8")

    def load(*cases):
        demo.write(ONE, text + derived(*cases))
        return sl.load_instrument(demo.path(ONE))

    return load


FAIR = {
    "codes of one list": (
        '{question: pets, answers: ["yes"]}',
        '{question: pets, answers: ["no"]}',
    ),
    "one code and all others": (
        "{question: how_many, answers: [few]}",
        "{none_of: [{question: how_many, answers: [few]}]}",
    ),
    "a tick and none": (
        "{question: which, answers: [cat]}",
        "{none_of: [{question: which, answers: [cat]}]}",
    ),
    "a state that was named": (
        "{question: which, answers: [cat, dog, dont_know]}",
        "{none_of: [{question: which, answers: [cat, dog, dont_know]}]}",
    ),
    "a number and all above it": (
        "{question: age, at_most: 17.9}",
        "{none_of: [{question: age, at_most: 17.9}]}",
    ),
    "a number below, between and above": (
        "{question: age, at_most: 17.9}",
        "{none_of: [{question: age, at_most: 17.9}, {question: age, at_least: 65}]}",
        "{question: age, at_least: 65}",
    ),
    "two questions, four ways": (
        '{all_of: [{question: pets, answers: ["yes"]}, {question: which, answers: [cat]}]}',
        "{none_of: [{question: which, answers: [cat]}, {question: pets, answers: [no]}]}",
        '{question: pets, answers: ["no"]}',
    ),
}


@pytest.mark.parametrize("fair", FAIR.values(), ids=FAIR)
def test_cases_that_leave_nothing_out_and_never_meet_are_read(cases, fair):
    assert len(cases(*fair).question("made").options) == len(fair)


UNFAIR = {
    "a code without a value": (
        "CASES-GAP",
        "the answers how_many 'many' lead to no value",
        "{question: how_many, answers: [few]}",
        "{question: how_many, answers: [some]}",
    ),
    "a code with two values": (
        "CASES-OVERLAP",
        "the answers how_many 'some' lead to both 'v0', 'v1'",
        "{question: how_many, answers: [few, some]}",
        "{question: how_many, answers: [some, many]}",
    ),
    "a cut that neither side holds": (
        "CASES-GAP",
        "the answers age '18.1' lead to no value",
        "{question: age, at_most: 18}",
        "{question: age, at_least: 19}",
    ),
    "a cut that both sides hold": (
        "CASES-OVERLAP",
        "the answers age '18.0' lead to both 'v0', 'v1'",
        "{question: age, at_most: 18}",
        "{question: age, at_least: 18}",
    ),
    "ranges that share more than a cut": (
        "CASES-OVERLAP",
        "the answers age '17.0' lead to both 'v0', 'v1'",
        "{question: age, at_most: 18}",
        "{question: age, at_least: 17}",
    ),
    "numbers below the lowest range": (
        "CASES-GAP",
        "the answers age '17.9' lead to no value",
        "{question: age, at_least: 18, at_most: 30}",
        "{none_of: [{question: age, at_most: 30}]}",
    ),
    "numbers above the highest range": (
        "CASES-GAP",
        "the answers age '30.1' lead to no value",
        "{none_of: [{question: age, at_least: 18}]}",
        "{question: age, at_least: 18, at_most: 30}",
    ),
    "ticks that do not exclude each other": (
        "CASES-OVERLAP",
        "the answers which 'cat' and 'dog' lead to both 'v0', 'v1'",
        "{question: which, answers: [cat]}",
        "{question: which, answers: [dog]}",
    ),
    "a state with two values": (
        "CASES-OVERLAP",
        "the answers age '18.1', which 'dont_know' lead to both 'v0', 'v1'",
        "{any_of: [{question: age, at_most: 18}, {question: which, answers: [dont_know]}]}",
        "{none_of: [{question: age, at_most: 18}, {question: which, answers: [cat, dog]}]}",
    ),
    "two questions of which one value forgets a way": (
        "CASES-GAP",
        "the answers pets 'no', how_many 'some' lead to no value",
        '{any_of: [{question: pets, answers: ["yes"]}, {question: how_many, answers: [few]}]}',
        '{all_of: [{question: pets, answers: ["no"]}, {question: how_many, answers: [many]}]}',
    ),
}


@pytest.mark.parametrize(("code", "what", "one", "other"), UNFAIR.values(), ids=UNFAIR)
def test_cases_that_are_not_fair_are_refused_with_answers_that_show_it(
    cases, demo, code, what, one, other
):
    with pytest.raises(InstrumentError, match=rf"\[{code}\]") as caught:
        cases(one, other)
    fault = next(fault for fault in caught.value.faults if fault.code == code)
    assert fault.line == demo.line(ONE, "code: v0") - 1
    assert {fault.code for fault in caught.value.faults} <= {"CASES-GAP", "CASES-OVERLAP"}
    assert fault.what == what


ROUTES = {
    "a range of a question that has no numbers": (
        "{question: pets, at_least: 1}",
        "'pets' is no question for a number, and has no range",
    ),
    "a code of a number": (
        '{question: age, answers: ["18"]}',
        "'18' is no answer of 'age'",
    ),
    "an unknown question deep inside": (
        "{none_of: [{any_of: [{question: petz, answers: [few]}]}]}",
        "'made' is asked by the answer to 'petz', no question here",
    ),
    "itself": (
        "{question: made, answers: [v0]}",
        "'made' is asked by the answer to 'made', which does not come before it",
    ),
}


@pytest.mark.parametrize(("case", "what"), ROUTES.values(), ids=ROUTES)
def test_a_case_that_leads_nowhere_is_refused_on_its_line(cases, demo, case, what):
    with pytest.raises(InstrumentError, match=r"^1 fault:\n.*\[ROUTE-") as caught:
        cases('{question: pets, answers: ["yes"]}', case)
    (fault,) = caught.value.faults
    assert (fault.line, fault.what) == (demo.line(ONE, "code: v1"), what)


def test_a_missing_state_that_no_case_names_needs_no_value(cases):
    # Where an answer that is needed is missing, so is the value.
    made = cases("{question: age, at_most: 18}", "{none_of: [{question: age, at_most: 18}]}")
    assert made.question("age").missing == ("refused",)
    for option in made.question("made").options:
        assert option.when.holds({"age": "refused"}) is None


def test_a_question_is_derived_in_steps_where_answers_combine_too_often(demo):
    more = "".join(f"      - {{code: t{n}, label: {{en: Tick {n}}}}}\n" for n in range(20))
    dogs = '      - {code: dog, label: {en: "Dogs"}}\n'
    demo.edit(ONE, dogs, dogs + more)
    ticks = ", ".join(f"t{n}" for n in range(20))
    some = f"{{question: which, answers: [{ticks}]}}"
    text = demo.path(ONE).read_text("utf-8")
    demo.write(ONE, text + derived(some, f"{{none_of: [{some}]}}"))
    with pytest.raises(InstrumentError, match=r"^1 fault:\n.*CASES-MANY\]\n +do: derive it in s"):
        sl.load_instrument(demo.path(ONE))
