"""Routes and constraints of an XLSForm say what conditions and limits say."""

import itertools
import operator
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveylib.instrument.conditions import Condition
from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.xlsform.constraints import constraint
from surveylib.instrument.formats.xlsform.expressions import parse, write
from surveylib.instrument.formats.xlsform.names import FormNames
from surveylib.instrument.formats.xlsform.routes import expression
from surveylib.instrument.question import MultiAnswer
from tests.instrument.formats.xlsform_forms import base, binds, instrument, options, quickly
from tests.instrument.generated import instruments

SIGNS = {
    "=": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def beside(left, sign, right):
    """Two values compared: beside a number, nothing is not a number and unlike every number."""
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        if "" in {left, right}:
            return sign == "!="
        return SIGNS[sign](Decimal(left), Decimal(right))
    return SIGNS[sign](left, right)


FUNCTIONS = {
    "not": operator.not_,
    "false": lambda: False,
    "selected": lambda ticked, one: one in ticked.split(),
    "count-selected": lambda ticked: Decimal(len(ticked.split())),
}


def value(node, answers):
    """What an expression is worth, by the rules of XPath that forms use."""
    parts = [value(part, answers) for part in node.parts]
    worth = {
        "here": lambda: answers["."],
        "reference": lambda: answers[node.value],
        "text": lambda: node.value,
        "number": lambda: Decimal(node.value),
        "or": lambda: any(parts),
        "and": lambda: all(parts),
        "compare": lambda: beside(parts[0], node.value, parts[1]),
        "call": lambda: FUNCTIONS[node.value](*parts),
    }
    return worth[node.kind]()


@st.composite
def answered(draw):
    """An instrument with routes, what somebody answered, and what stands in the form then."""
    made = draw(instruments(awkward_text=False, derived=False, languages=["en"]))
    names = FormNames(made).names
    blank = {
        str(atom.question)
        for question in made.questions
        if question.base.condition
        for _, atom in question.base.condition.atoms()
        if "no_answer" in atom.answers
    }
    told, form = {}, {}
    for item in made.items:
        name, states = names.of[item.id], names.states.get(item.id)
        offered = [state for state in OFFERED if state in item.missing]
        codes = [option.code for option in item.answers]
        form |= {name: ""} | ({states: ""} if states else {})
        number = getattr(item, "kind", "") == "number"
        ways = ["answer"] * bool(codes or number) + ["state"] * bool(offered)
        ways += ["nothing"] * (item.id not in blank)
        way = draw(st.sampled_from(ways or ["nothing"]))
        if way == "state":
            state = draw(st.sampled_from(offered))
            told[item.id] = state if item.exclusive else frozenset([state])
            form[states or name] = state
        elif way == "answer" and number:
            told[item.id] = Decimal(draw(st.integers(-40, 400))) / 8
            form[name] = told[item.id]
        elif way == "answer" and item.exclusive:
            form[name] = told[item.id] = draw(st.sampled_from(codes))
        elif way == "answer":
            told[item.id] = frozenset(draw(st.sets(st.sampled_from(codes), min_size=1)))
            form[name] = " ".join(told[item.id])
    if any(way not in form for way in names.states.values()):
        form |= dict.fromkeys(names.states.values(), "")
    return made, names, told, form


@settings(quickly, max_examples=60)
@given(drawn=answered())
def test_a_question_is_shown_to_those_for_whom_its_condition_holds_for_sure(drawn):
    made, names, told, form = drawn
    for question in made.questions:
        condition = question.base.condition
        if condition is not None and not (
            {"no_answer"} & {code for _, atom in condition.atoms() for code in atom.answers}
        ):
            node = parse(write(expression(condition, names)))
            assert value(node, form) is (condition.holds(told) is True)


def test_no_answer_is_a_question_that_was_asked_and_left_blank():
    first = base("single", "first", **options("a", "b"))
    second = base("single", "second", **options("c"), missing=["no_answer"])
    second["base"] = {"asked": "some", "if": {"question": "first", "answers": ["a"]}}
    names = FormNames(instrument(first, second)).names
    condition = Condition(question="second", answers=["no_answer"])
    node = expression(condition, names)
    assert value(node, {"first": "a", "second": ""})
    assert not value(node, {"first": "b", "second": ""})
    assert not value(node, {"first": "a", "second": "c"})


def test_what_only_shows_after_the_interview_never_holds_during_it():
    asked = base("single", **options("a"), missing=["withheld"])
    names = FormNames(instrument(asked)).names
    node = expression(Condition(question="q", answers=["withheld"]), names)
    assert not any(value(node, {"q": answer}) for answer in ("", "a", "withheld"))


TICKS = [
    (least, most, states)
    for least in (None, 0, 2)
    for most in (None, 2)
    for states in ([], ["refused"])
]


@pytest.mark.parametrize(("least", "most", "states"), TICKS)
def test_ticks_are_accepted_within_limits_and_what_stands_alone_only_alone(least, most, states):
    listed = options("a", "b", "c", "none")
    listed["options"][3]["exclusive"] = True
    limits = {"min_selected": least, "max_selected": most}
    limits = {name: limit for name, limit in limits.items() if limit is not None}
    question = base("multi_answer", **listed, missing=states, **limits)
    made = MultiAnswer.model_validate(question)
    node, _ = constraint(made, ["en"])
    alone = {"none", *states}
    for count in range(1, 5):
        for ticked in itertools.combinations(["a", "b", "c", "none", *states], count):
            fits = (least or 0) <= len(ticked) <= (most or 9) and not alone & set(ticked)
            right = fits or (len(ticked) == 1 and ticked[0] in alone)
            assert value(node, {".": " ".join(ticked)}) is right, ticked


@pytest.mark.parametrize(
    ("precision", "earliest", "latest", "told"),
    [
        ("year", "2020", "2024", ". >= date('2020-01-01') and . <= date('2024-12-31')"),
        ("month", "2020-02", "2024-02", ". >= date('2020-02-01') and . <= date('2024-02-29')"),
        ("day", None, "2024-02-03", ". <= date('2024-02-03')"),
    ],
)
def test_dates_lie_between_the_first_and_the_last_day(precision, earliest, latest, told):
    limits = {"earliest": earliest, "latest": latest}
    limits = {name: limit for name, limit in limits.items() if limit}
    bind = binds(instrument(base("date", precision=precision, **limits)))["q"]
    assert bind.get("constraint") == told


@pytest.mark.parametrize(
    ("fields", "kind", "told"),
    [
        ({"minimum": "1", "maximum": "5"}, "int", ". >= 1 and . <= 5"),
        ({"decimals": 2}, "decimal", "regex(., '^-?[0-9]+([.][0-9]{1,2})?$')"),
        ({}, "int", None),
    ],
)
def test_numbers_keep_their_limits_and_decimals(fields, kind, told):
    bind = binds(instrument(base("number", unit="pets", **fields)))["q"]
    assert (bind.get("type"), bind.get("constraint")) == (kind, told)
