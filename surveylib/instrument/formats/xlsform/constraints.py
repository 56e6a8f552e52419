"""What an answer must keep to: limits, ticks and options that stand alone, as constraints.

Each constraint is a list of terms that all hold. A term that is read back must say exactly what a
question can say; every other one is given back as not understood.
"""

from __future__ import annotations

import calendar
import re
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.xlsform.expressions import (
    HERE,
    Node,
    call,
    compare,
    either,
    every,
    number,
    ref,
    text,
)
from surveylib.instrument.question import (
    DateQuestion,
    Grid,
    MultiAnswer,
    NumberQuestion,
    OpenCoded,
    Question,
    in_language,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

#: A term of a constraint, and which sentence explains it with which words.
Term = tuple[Node, str, "Callable[[str], object]"]

_COUNT = call("count-selected", HERE)
#: How a date of each precision is entered.
APPEARANCES = MappingProxyType({"year": "year", "month": "month-year", "day": ""})


def constraint(question: Question, languages: Sequence[str]) -> tuple[Node | None, dict[str, str]]:
    """The constraint of a question and its explanation by language; None where all is allowed.

    Args:
        question: The question; for a grid, what each of its rows must keep to.
        languages: The languages to explain it in.
    """
    terms = _terms(question)
    if not terms:
        return None, {}
    messages = {
        language: " ".join(
            dict.fromkeys(_sentence(name, language, words(language)) for _, name, words in terms)
        )
        for language in languages
    }
    return every(tuple(node for node, _, _ in terms)), messages


def one_of_two(name: str, languages: Sequence[str]) -> tuple[Node, dict[str, str]]:
    """The constraint of a list of ways of not answering: none of them beside an answer.

    Args:
        name: The name of the question in the form.
        languages: The languages to explain it in.
    """
    node = either((compare(HERE, "=", text("")), compare(ref(name), "=", text(""))))
    return node, {language: _sentence("either", language, "") for language in languages}


def _sentence(name: str, language: str, word: object) -> str:
    sentences = SENTENCES.get(language.partition("-")[0], SENTENCES["en"])
    return sentences[name].format(word)


def _terms(question: Question) -> list[Term]:
    if isinstance(question, NumberQuestion):
        return _number_terms(question)
    if isinstance(question, DateQuestion):
        return _date_terms(question)
    several = isinstance(question, MultiAnswer | OpenCoded | Grid) and not question.exclusive
    return _tick_terms(question) if several else []


def _number_terms(question: NumberQuestion) -> list[Term]:
    found: list[Term] = []
    for sign, name, limit in (
        (">=", "low", question.minimum),
        ("<=", "high", question.maximum),
    ):
        if limit is not None:
            shown = format(limit, "f")
            found.append((compare(HERE, sign, number(shown)), name, _always(shown)))
    if question.decimals:
        found.append((_decimals(question.decimals), "decimals", _always(question.decimals)))
    return found


def _decimals(most: int) -> Node:
    return call("regex", HERE, text(f"^-?[0-9]+([.][0-9]{{1,{most}}})?$"))


def _date_terms(question: DateQuestion) -> list[Term]:
    return [
        (compare(HERE, sign, call("date", text(whole(limit, sign)))), name, _always(limit))
        for sign, name, limit in (
            (">=", "earliest", question.earliest),
            ("<=", "latest", question.latest),
        )
        if limit is not None
    ]


def whole(limit: str, sign: str) -> str:
    """The first day of a year or month, or with `<=` its last.

    >>> whole("2024-02", ">="), whole("2024-02", "<=")
    ('2024-02-01', '2024-02-29')
    """
    year, month, day = [*(int(part) for part in limit.split("-")), 0, 0][:3]
    if sign == "<=":
        month = month or 12
        day = day or calendar.monthrange(year, month)[1]
    return f"{year:04d}-{month or 1:02d}-{day or 1:02d}"


def _tick_terms(question: Question) -> list[Term]:
    alone = [option for option in question.answers if getattr(option, "exclusive", False)]
    codes = [option.code for option in alone]
    found: list[Term] = [
        (_alone(option.code), "alone", _label(question, option.code)) for option in alone
    ]
    states = [state for state in OFFERED if state in question.missing]
    found += [(_alone(state), "apart", _always("")) for state in states]
    most = getattr(question, "max_selected", None)
    least = getattr(question, "min_selected", None)
    if least:
        enough = (compare(_COUNT, ">=", number(least)), *map(_ticked, (*codes, *states)))
        found.append((either(enough), "least", _always(least)))
    if most:
        found.append((compare(_COUNT, "<=", number(most)), "most", _always(most)))
    return found


def _label(question: Question, code: str) -> Callable[[str], str]:
    labels = {option.code: option.label for option in question.answers}
    return lambda language: in_language(labels[code], language)


def _always(word: object) -> Callable[[str], object]:
    return lambda _: word


def _ticked(code: str) -> Node:
    return call("selected", HERE, text(code))


def _alone(code: str) -> Node:
    return call("not", every((_ticked(code), compare(_COUNT, ">", number(1)))))


def understood(node: Node, kind: str, precision: str = "day") -> tuple[dict[str, Any], list[Node]]:
    """What a constraint says, as fields of a question, and the terms that no field can say.

    Args:
        node: The constraint.
        kind: `integer`, `decimal`, `date` or `multiple`.
        precision: How exact a date is.
    """
    said: dict[str, Any] = {}
    left = []
    read = {"integer": _number_field, "decimal": _number_field, "multiple": _tick_field}
    for term in node.parts if node.kind == "and" else (node,):
        if kind == "date":
            found = _date_field(term, precision)
        else:
            found = read[kind](term, kind) if kind in read else {}
        if "exclusive" in found:
            said.setdefault("exclusive", []).extend(found["exclusive"])
        elif found and not set(found) & set(said):
            said |= found
        else:
            left.append(term)
    return said, left


def _limit(term: Node) -> tuple[str, Node] | None:
    """The sign and the limit of a term such as `. >= 1`, also written the other way round."""
    if term.kind != "compare":
        return None
    first, second = term.parts
    if first == HERE:
        return term.value, second
    turned = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}
    return (turned[term.value], first) if second == HERE and term.value in turned else None


def _number_field(term: Node, kind: str) -> dict[str, Any]:
    pattern = re.fullmatch(r"\^-\?\[0-9\]\+\(\[\.\]\[0-9\]\{1,(\d{1,2})\}\)\?\$", _pattern(term))
    if pattern and kind == "decimal":
        return {"decimals": int(pattern[1])}
    found = _limit(term)
    if not found or found[1].kind != "number":
        return {}
    sign, limit = found[0], Decimal(found[1].value)
    if sign in {"<", ">"} and kind == "integer":
        step = 1 if sign == ">" else -1
        whole_limit = limit.to_integral_value("ROUND_FLOOR" if sign == ">" else "ROUND_CEILING")
        sign, limit = f"{sign}=", whole_limit + step
    if sign == ">=":
        return {"minimum": format(limit, "f")}
    return {"maximum": format(limit, "f")} if sign == "<=" else {}


def _pattern(term: Node) -> str:
    if term.kind == "call" and term.value == "regex" and len(term.parts) == 2:
        first, second = term.parts
        return second.value if first == HERE and second.kind == "text" else ""
    return ""


def _date_field(term: Node, precision: str) -> dict[str, Any]:
    found = _limit(term)
    if not found or found[0] not in {">=", "<="}:
        return {}
    sign, day = found
    if not (day.kind == "call" and day.value == "date" and [p.kind for p in day.parts] == ["text"]):
        return {}
    told = day.parts[0].value
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", told, re.ASCII):
        return {}
    short = told[: {"year": 4, "month": 7, "day": 10}[precision]]
    try:
        exact = whole(short, sign) == told
    except ValueError:  # no such year or month
        return {}
    return {"earliest" if sign == ">=" else "latest": short} if exact else {}


def _tick_field(term: Node, _kind: str) -> dict[str, Any]:
    code = next((p.value for p in _inside(term) if p.kind == "text"), "")
    if code and term == _alone(code):
        return {"exclusive": [code]}
    parts = term.parts if term.kind == "or" else (term,)
    first = parts[0]
    if first.kind != "compare" or first.parts[0] != _COUNT or first.parts[1].kind != "number":
        return {}
    limit = first.parts[1].value
    if not limit.isdigit() or any(not _is_ticked(part) for part in parts[1:]):
        return {}
    if first.value in {">=", ">"}:
        escapes = [part.parts[1].value for part in parts[1:]]
        least = int(limit) + (first.value == ">")
        return {"min_selected": least} | ({"escapes": escapes} if escapes else {})
    most = int(limit) - (first.value == "<")
    return {"max_selected": most} if first.value in {"<=", "<"} and len(parts) == 1 else {}


def _is_ticked(node: Node) -> bool:
    return len(node.parts) == 2 and node == _ticked(node.parts[1].value)


def _inside(node: Node) -> list[Node]:
    return [node, *(inner for part in node.parts for inner in _inside(part))]


#: How a constraint is explained: in English where a form's language is not here.
SENTENCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "alone": "“{}” cannot be combined with other answers.",
            "apart": "Please choose answers, or one way of not answering.",
            "least": "Please choose at least {}.",
            "most": "Please choose at most {}.",
            "low": "The lowest number is {}.",
            "high": "The highest number is {}.",
            "decimals": "Decimals: at most {}.",
            "earliest": "Not before {}.",
            "latest": "Not after {}.",
            "either": "Please answer, or choose one of these, not both.",
        },
        "de": {
            "alone": "„{}“ lässt sich nicht mit anderen Antworten verbinden.",
            "apart": "Bitte wählen Sie Antworten oder eine Art, nicht zu antworten.",
            "least": "Bitte wählen Sie mindestens {}.",
            "most": "Bitte wählen Sie höchstens {}.",
            "low": "Die kleinste Zahl ist {}.",
            "high": "Die größte Zahl ist {}.",
            "decimals": "Nachkommastellen: höchstens {}.",
            "earliest": "Nicht vor {}.",
            "latest": "Nicht nach {}.",
            "either": "Bitte antworten Sie oder wählen Sie eines hiervon, nicht beides.",
        },
    }
)
