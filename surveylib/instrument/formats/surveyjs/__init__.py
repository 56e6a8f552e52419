"""SurveyJS JSON: forms that the libraries survey-core and survey-js-ui show in a browser.

What SurveyJS has no place for is left out: it reports properties that it does not know. Ways of
not answering are choices that stand alone; where a question has no list they are offered in a
question below it, which empties and shuts the answer. The text of an option with text is asked
for below its question. So answers in the data are codes, and nothing else.

SurveyJS compares codes that look like numbers as numbers: routes do not tell `1` from `1.0`.
"""

from __future__ import annotations

import json
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.base import Format
from surveylib.instrument.formats.surveyjs.expressions import (
    NOT_ANSWERED,
    WRITTEN,
    beside,
    expression,
)
from surveylib.instrument.formats.surveyjs.kinds import YEAR
from surveylib.instrument.formats.surveyjs.read import ONE_PAGE, VERSION, read
from surveylib.instrument.formats.surveyjs.values import DEFAULT, JOINER
from surveylib.instrument.question import (
    Banded,
    DateQuestion,
    Derived,
    Grid,
    MultiAnswer,
    NumberQuestion,
    OpenCoded,
    Ordered,
    Question,
    Single,
    TextQuantity,
    TextQuestion,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from surveylib.instrument.model import Instrument
    from surveylib.instrument.options import Option

Element = dict[str, Any]


def write(instrument: Instrument) -> dict[str, bytes]:
    """Write an instrument as a form; each answer names the version that was answered."""
    form = _Form(instrument)
    text = json.dumps(form.survey(), ensure_ascii=False, indent=2)
    return {f"{instrument.id}-{instrument.version}.json": f"{text}\n".encode()}


class _Form:
    """Writes one instrument."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.source = instrument.languages[0]
        self.questions: Mapping[str, Question] = {item.id: item for item in instrument.items}

    def survey(self) -> Element:
        """The whole form."""
        instrument = self.instrument
        introduction = instrument.introduction
        constant = f"'{instrument.id}@{instrument.version.replace(chr(39), '’')}'"
        told = {VERSION: constant} | {
            question.id: self.cases(question)
            for question in instrument.questions
            if isinstance(question, Derived)
        }
        return {
            "locale": self.source,
            "title": self.texts(instrument.title),
            **({"description": self.texts(introduction)} if introduction else {}),
            # An answer that a changed answer hides must not route what follows.
            "clearInvisibleValues": "onHidden",
            "pages": self.pages(),
            "calculatedValues": [
                {"name": name, "expression": formula, "includeIntoResult": True}
                for name, formula in told.items()
            ],
        }

    def pages(self) -> list[Element]:
        """A page for each section, or one page."""
        by_id = {question.id: question for question in self.instrument.questions}
        if not self.instrument.sections:
            return [{"name": ONE_PAGE, "elements": self.elements(list(by_id.values()))}]
        return [
            {
                "name": section.id,
                "title": self.texts(section.title),
                "elements": self.elements([by_id[name] for name in section.questions]),
            }
            for section in self.instrument.sections
        ]

    def elements(self, questions: Sequence[Question]) -> list[Element]:
        """Each question, with the questions that go with it below it."""
        asked = [question for question in questions if not isinstance(question, Derived)]
        return [element for question in asked for element in self.question(question)]

    def question(self, question: Question) -> list[Element]:
        """One question, and below it how not to answer it, and the texts of its options."""
        head: Element = {"type": "", "name": question.id, "title": self.texts(question.text)}
        if question.base.condition is not None:
            head["visibleIf"] = expression(question.base.condition, self.questions)
        told = _KINDS[type(question)](self, question)
        required: Element = {"isRequired": True} if question.required else {}
        below = []
        if beside(question):
            name = question.id + NOT_ANSWERED
            told |= {"enableIf": f"{{{name}}} empty", "resetValueIf": f"{{{name}}} notempty"}
            required = {"requiredIf": f"{{{name}}} empty"} if question.required else {}
            choices = {"choices": self.states(question), "allowClear": True}
            below.append({**head, "type": "radiogroup", "name": name} | _UNTITLED | choices)
        elif isinstance(question, Grid) and question.required:
            required = {"eachRowRequired": True}
        below += [self.written(question, option) for option in question.answers if option.write_in]
        return [head | told | required, *below]

    def written(self, question: Question, option: Option) -> Element:
        """The question for the text of an option, shown where it is chosen."""
        shown = " or ".join(f"{{{item.id}}} anyof ['{option.code}']" for item in question.items)
        return {
            "type": "comment",
            "name": f"{question.id}{WRITTEN}{option.code}",
            "title": self.texts(option.label),
            "visibleIf": shown,
        }

    def cases(self, question: Derived) -> str:
        """The formula of a derived question; empty where an answer it needs is missing."""
        formula = ""
        for option in reversed(question.options):
            when = expression(option.when, self.questions)
            formula = f"iif({when}, '{option.code}'{formula and ', '}{formula})"
        return formula

    def texts(self, texts: Mapping[str, str]) -> str | Element:
        """A text, or texts by language as SurveyJS names them; the source language first.

        SurveyJS shows a name in braces as the answer to that question, unless something that
        nobody sees stands in front of it.
        """
        languages = self.instrument.languages
        told = {name: texts[name] for name in (*languages, *texts) if name in texts}
        named = {
            "default" if name == (DEFAULT if DEFAULT in told else self.source) else name: text
            for name, text in told.items()
        }
        plain = {name: text.replace("{", "{" + JOINER) for name, text in named.items()}
        return plain["default"] if set(plain) == {"default"} and len(told) == 1 else plain

    def choices(self, question: Question) -> list[Element]:
        """The options as choices, then the ways of not answering.

        A net is no answer: it stands there, and is never shown.
        """
        choices = [
            {"value": option.code, "text": self.texts(option.label)}
            | ({"isExclusive": True} if getattr(option, "exclusive", False) else {})
            | ({"visibleIf": "false"} if option.net_of else {})
            for option in question.answers
        ]
        return choices if beside(question) else [*choices, *self.states(question)]

    def states(self, question: Question) -> list[Element]:
        """The ways of not answering that are offered, each alone and last."""
        single = question.exclusive or beside(question)
        alone = {} if single else {"isExclusive": True}
        shuffled = getattr(question, "option_order", "fixed") == "random"
        last = {"randomize": False} if shuffled and not isinstance(question, Grid) else {}
        return [
            {"value": state, "text": self.texts(self.label(state))} | alone | last
            for state in question.missing
            if state in OFFERED
        ]

    def label(self, state: str) -> dict[str, str]:
        """How a way of not answering is shown; in plain words where no label is declared."""
        for known, label in self.instrument.missing_labels.items():
            if known == state:
                return label
        return {self.source: self.instrument.missing_label(state)}

    def listed(self, question: Question) -> Element:
        """One choice or several, out of a list; a respondent adds to that of an open question.

        Where there is a fewest number of ticks, SurveyJS lets nobody go on without any.
        """
        kind = "radiogroup" if question.exclusive else "checkbox"
        told: Element = {"type": kind, "choices": self.choices(question)}
        if isinstance(question, OpenCoded):
            kind = "dropdown" if question.exclusive else "tagbox"
            told |= {"type": kind, "allowCustomChoices": True}
        if getattr(question, "option_order", "fixed") == "random":
            told["choicesOrder"] = "random"
        for name in ("min_selected", "max_selected"):
            if (ticks := getattr(question, name, None)) is not None:
                told[f"{name[:3]}SelectedChoices"] = ticks
        return told

    def grid(self, question: Grid) -> Element:
        """Rows and columns; a row's answer is a code, or a list of codes."""
        rows = [{"value": row.id, "text": self.texts(row.text)} for row in question.rows]
        told = {"type": "matrix", "columns": self.choices(question), "rows": rows}
        return told if question.exclusive else told | {"cellType": "checkbox"}

    def number(self, question: NumberQuestion) -> Element:
        """A field for a number."""
        limits = {"min": question.minimum, "max": question.maximum}
        told = {name: _number(limit) for name, limit in limits.items() if limit is not None}
        step = _number(Decimal(1).scaleb(-question.decimals))
        return {"type": "text", "inputType": "number", **told, "step": step}

    def date(self, question: DateQuestion) -> Element:
        """A field for a date; years are four digits."""
        limits = {"min": question.earliest, "max": question.latest}
        told: Element = {name: limit for name, limit in limits.items() if limit is not None}
        if question.precision != "year":
            kind = "date" if question.precision == "day" else "month"
            return {"type": "text", "inputType": kind, **told}
        years = {name: int(limit) for name, limit in told.items()}
        form = {"validators": [{"type": "regex", "regex": YEAR}]}
        return {"type": "text", "inputType": "number", **years, "step": 1, **form}


#: The question above says it already; it stays there for screen readers.
_UNTITLED = {"titleLocation": "hidden"}


def _number(value: Decimal) -> int | float | str:
    """A number of JSON that reads back as the same; as text where a float is less exact."""
    if value == value.to_integral_value():
        return int(value)
    return float(value) if Decimal(repr(float(value))) == value else f"{value:f}"


_KINDS: Mapping[type[Question], Callable[[_Form, Any], Element]] = MappingProxyType(
    {
        Single: _Form.listed,
        Ordered: _Form.listed,
        Banded: _Form.listed,
        MultiAnswer: _Form.listed,
        OpenCoded: _Form.listed,
        NumberQuestion: _Form.number,
        DateQuestion: _Form.date,
        TextQuestion: lambda _form, _question: {"type": "comment"},
        TextQuantity: lambda _form, _question: {"type": "text"},
        Grid: _Form.grid,
    }
)

FORMAT = Format(
    title="SurveyJS",
    suffix=".json",
    keeps=frozenset(
        {
            *("title", "introduction", "version", "sections", "questions", "texts", "codes"),
            *("labels", "routing", "required", "exclusive", "write-in", "ticks", "missing"),
            *("rows", "number limits", "dates"),
        }
    ),
    partly=MappingProxyType(
        {
            "languages": "those in which something is written, in the order in which they occur",
            "kinds": "ordered questions and bands come back as a list without order, quantities "
            "in free text as text",
            "cells": "ordered cells come back as cells without order",
            "missing labels": "of the ways that some question offers",
            "option order": "random order, and not that of a grid's columns; whether a list is "
            "partial is not in the file",
            "nets": "in the file and never shown; they come back as options of their own",
            "derived": "the formula, as a calculated value without text; not read back",
        }
    ),
    write=write,
    read=read,
)
