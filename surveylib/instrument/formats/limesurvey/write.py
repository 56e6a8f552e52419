"""Make a LimeSurvey survey of an instrument.

What LimeSurvey has no place for, such as ids with underscores, bands and periods, goes into one
attribute of each question, which LimeSurvey stores and shows to nobody.
"""

from __future__ import annotations

import calendar
import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.limesurvey.codes import SurveyCodes, asked_states, offered
from surveylib.instrument.formats.limesurvey.routes import answered, cases, equation
from surveylib.instrument.formats.limesurvey.tables import OURS, Asked, Group, Part, Survey
from surveylib.instrument.formats.limesurvey.tsv import rows
from surveylib.instrument.formats.markup import escaped
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

#: Fields of a question, and of an option, that LimeSurvey has a place for.
PLACED = frozenset(
    {
        *("id", "kind", "text", "base", "required", "options", "rows", "cells", "answers"),
        *("min_selected", "max_selected", "precision", "earliest", "latest"),
        *("maximum", "option_order"),
    }
)
PLACED_OPTION = frozenset({"code", "label", "write_in", "exclusive"})
PLACED_ROW = frozenset({"id", "text"})
#: The longest name of a group, and title of a survey, that every version stores.
_LONGEST_TITLE = 100

FORMATS = MappingProxyType({"year": "yyyy", "month": "yyyy-mm", "day": "yyyy-mm-dd"})


def write(instrument: Instrument) -> dict[str, bytes]:
    """Write an instrument as a tab-separated survey structure, which LimeSurvey imports.

    Args:
        instrument: The questionnaire.

    Returns:
        One file, by name.
    """
    return {f"{instrument.id}-{instrument.version}.txt": rows(_Writer(instrument).survey())}


class _Writer:
    """Makes one survey."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.source = instrument.languages[0]
        self.codes = SurveyCodes(instrument)

    def survey(self) -> Survey:
        """The whole survey."""
        instrument = self.instrument
        about = instrument.model_dump(
            mode="json",
            include={"population", "provenance", "mode", "note", "missing_labels"},
            exclude_defaults=True,
        )
        titles, welcome = instrument.title, instrument.introduction or {}
        if _cut(titles) != titles:
            about["title"] = dict(titles)
        found = Survey(
            languages=list(instrument.languages),
            titles=self.texts(_cut(titles)),
            welcome=self.texts(welcome),
        )
        by_id = {question.id: question for question in instrument.questions}
        for section in instrument.sections:
            ours: dict[str, Any] = {"id": section.id}
            if _cut(section.title) != section.title:
                ours["title"] = dict(section.title)
            asked = [by_id[name] for name in section.questions]
            found.groups.append(self.group(section.title, asked, {"section": ours}))
        if not found.groups:
            found.groups = [self.group(titles, list(by_id.values()), {})]
        first = found.groups[0].questions[0]
        first.attributes[OURS] = _packed(_unpacked(first) | {"survey": about})
        return found

    def group(
        self, title: Mapping[str, str], questions: Sequence[Question], about: dict[str, Any]
    ) -> Group:
        """A group; its first question keeps what is known about it."""
        asked = [one for question in questions for one in self.question(question)]
        asked[0].attributes[OURS] = _packed(_unpacked(asked[0]) | about)
        return Group(titles=self.texts(_cut(title)), questions=asked)

    def texts(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Texts as LimeSurvey shows them: HTML, in which no brace begins an expression."""
        return {
            name: escaped(text).replace("{", "\\{").replace("}", "\\}")
            for name, text in texts.items()
        }

    def question(self, question: Question) -> list[Asked]:
        """A question, and below it how not to answer it, and the texts of its options."""
        condition = question.base.condition
        relevance = equation(condition, self.codes.named) if condition else "1"
        asked = Asked(
            code=self.codes.questions[question.id],
            kind="",
            texts=self.texts(question.text),
            relevance=relevance,
            mandatory=question.required,
        )
        _KINDS[type(question)](self, question, asked)
        # In an array it would be the rows that LimeSurvey shuffles.
        shuffled = getattr(question, "option_order", "fixed") == "random"
        if shuffled and not isinstance(question, Grid):
            asked.attributes["random_order"] = "1"
        asked.attributes[OURS] = _packed(self.ours(question))
        below = [self.companion(question, asked)] if question.id in self.codes.companions else []
        shown = [] if isinstance(question, Derived) else offered(question.answers)
        below += [
            self.written(question, item.id, option)
            for option in shown
            for item in (question.items if option.write_in else ())
        ]
        return [asked, *below]

    def ours(self, question: Question) -> dict[str, Any]:
        """What of a question LimeSurvey has no place for."""
        plain = question.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        kept: dict[str, Any] = {"id": question.id, "kind": plain["kind"], "base": plain["base"]}
        if isinstance(question, Derived):
            return kept | {"derived": plain}
        kept["more"] = {name: value for name, value in plain.items() if name not in PLACED}
        if isinstance(question, NumberQuestion | DateQuestion):
            kept["more"].pop("minimum", None)
        if isinstance(question, NumberQuestion | TextQuantity):
            kept["more"].pop("unit")
        if isinstance(question, Grid):
            kept |= {"cells": question.cells, "rows": self.our_rows(question)}
            if question.option_order == "random":
                kept["more"]["option_order"] = "random"
        codes = self.codes.answers[question.id]
        kept["states"] = {codes[state]: state for state in asked_states(question)}
        options = {}
        shown = offered(question.answers)
        for option, entry in zip(question.answers, plain.get("options", ()), strict=True):
            if option in shown:
                placed = PLACED_OPTION - {"exclusive"} if "rows" in plain else PLACED_OPTION
                beside = {name: value for name, value in entry.items() if name not in placed}
                renamed = {"code": option.code} if codes[option.code] != option.code else {}
                options[codes[option.code]] = renamed | beside
        kept["options"] = {code: entry for code, entry in options.items() if entry}
        kept["nets"] = [
            [place, plain["options"][place]]
            for place, option in enumerate(question.answers)
            if option not in shown
        ]
        return {name: value for name, value in kept.items() if value not in ({}, [])}

    def our_rows(self, question: Grid) -> dict[str, Any]:
        """What of the rows of a grid LimeSurvey has no place for."""
        found = {}
        for row in question.rows:
            code = self.codes.rows[question.id][row.id]
            plain = row.model_dump(mode="json", exclude_defaults=True)
            beside = {name: value for name, value in plain.items() if name not in PLACED_ROW}
            renamed = {"id": row.id} if code != row.id else {}
            found[code] = renamed | beside
        return {code: entry for code, entry in found.items() if entry}

    def companion(self, question: Question, asked: Asked) -> Asked:
        """The question that offers ways of not answering a number, a date or a text.

        Whoever has to answer may answer either of the two.
        """
        code = self.codes.companions[question.id]
        empty = f"is_empty({asked.code}.NAOK)"
        if question.required:
            asked.mandatory = False
            told = f"{answered(asked.code)} or {answered(code)}"
            asked.attributes["em_validation_q"] = told
        return Asked(
            code=code,
            kind="L",
            texts=asked.texts,
            relevance=empty if asked.relevance == "1" else f"({asked.relevance} and {empty})",
            answers=self.states(question),
            attributes={OURS: _packed({"for": question.id, "states": self.state_codes(question)})},
        )

    def written(self, question: Question, item: str, option: Option) -> Asked:
        """The question for the text of an option, shown where it is chosen."""
        called = self.codes.named[item]
        code = self.codes.answers[question.id][option.code]
        chosen = (
            f'{called.ticks[option.code]}.NAOK == "{called.tick}"'
            if called.ticks
            else f'{called.variable}.NAOK == "{code}"'
        )
        return Asked(
            code=self.codes.write_ins[item, option.code],
            kind="S",
            texts=self.texts(option.label),
            relevance=chosen,
            attributes={OURS: _packed({"for": question.id, "write_in": code})},
        )

    def states(self, question: Question, scale: str = "0") -> list[Part]:
        """The ways of not answering that are offered."""
        labels = {str(state): label for state, label in self.instrument.missing_labels.items()}
        codes = self.codes.answers[question.id]
        return [
            Part(
                code=codes[state],
                texts=self.texts(
                    labels.get(state, {self.source: self.instrument.missing_label(state)})
                ),
                scale=scale,
            )
            for state in asked_states(question)
        ]

    def state_codes(self, question: Question) -> dict[str, str]:
        """The ways of not answering, by their codes."""
        codes = self.codes.answers[question.id]
        return {codes[state]: state for state in codes if state in OFFERED}

    def choices(self, question: Question, scale: str = "0") -> list[Part]:
        """The options, then the ways of not answering."""
        codes = self.codes.answers[question.id]
        options = [
            Part(code=codes[option.code], texts=self.texts(option.label), scale=scale)
            for option in offered(question.answers)
        ]
        return [*options, *self.states(question, scale)]

    def listed(self, question: Question, asked: Asked) -> None:
        """One choice or several, out of a list."""
        if question.exclusive:
            asked.kind, asked.answers = "L", self.choices(question)
            return
        asked.kind, asked.subquestions = "M", self.choices(question)
        alone = self.alone(question)
        if alone:
            asked.attributes["exclude_all_others"] = ";".join(alone)
        least, most = (getattr(question, f"{name}_selected", None) for name in ("min", "max"))
        if most is not None:
            asked.attributes["max_answers"] = str(most)
        if least is not None:
            ticked = [f'{asked.code}_{code}.NAOK == "Y"' for code in alone]
            some = f"if({' or '.join(ticked)}, 1, {least})" if ticked and least > 1 else str(least)
            asked.attributes["min_answers"] = some

    def alone(self, question: Question) -> list[str]:
        """Codes of what stands alone where several may be ticked."""
        codes = self.codes.answers[question.id]
        options = [o.code for o in offered(question.answers) if getattr(o, "exclusive", False)]
        return [codes[code] for code in (*options, *asked_states(question))]

    def grid(self, question: Grid, asked: Asked) -> None:
        """Rows and columns: one choice for each row, or a box to tick in each cell."""
        codes = self.codes.rows[question.id]
        asked.subquestions = [
            Part(code=codes[row.id], texts=self.texts(row.text)) for row in question.rows
        ]
        if question.exclusive:
            asked.kind, asked.answers = "F", self.choices(question)
            return
        asked.kind = ":"
        asked.attributes["multiflexible_checkbox"] = "1"
        columns = self.choices(question, "1")
        asked.subquestions += columns
        checks = []
        for row in codes.values():
            cell = {part.code: f'{asked.code}_{row}_{part.code}.NAOK == "1"' for part in columns}
            for code in self.alone(question):
                others = " or ".join(cell[other] for other in cell if other != code)
                checks += [f"!({cell[code]} and ({others}))"] if others else []
        if checks:
            asked.attributes["em_validation_q"] = " and ".join(checks)

    def number(self, question: NumberQuestion, asked: Asked) -> None:
        """A field for a number."""
        asked.kind = "N"
        limits = (("min_num_value_n", question.minimum), ("max_num_value_n", question.maximum))
        asked.attributes |= {name: f"{limit:f}" for name, limit in limits if limit is not None}
        asked.attributes["num_value_int_only"] = "0" if question.decimals else "1"
        self.unit(question.unit, asked)

    def unit(self, unit: str, asked: Asked) -> None:
        """What is counted, behind the field."""
        asked.spoken["suffix"] = self.texts(dict.fromkeys(self.instrument.languages, unit))

    def date(self, question: DateQuestion, asked: Asked) -> None:
        """A field for a date, a month or a year."""
        asked.kind = "D"
        asked.attributes["date_format"] = FORMATS[question.precision]
        if question.earliest is not None:
            asked.attributes["date_min"] = f"{question.earliest}-01-01"[:10]
        if question.latest is not None:
            asked.attributes["date_max"] = _last_day(question.latest)

    def text(self, _question: TextQuestion, asked: Asked) -> None:
        """A field for a longer text."""
        asked.kind = "T"

    def quantity(self, question: TextQuantity, asked: Asked) -> None:
        """A field for a short text."""
        asked.kind = "S"
        self.unit(question.unit, asked)

    def derived(self, question: Derived, asked: Asked) -> None:
        """An equation, shown to nobody."""
        asked.kind, asked.mandatory = "*", False
        asked.attributes |= {"hidden": "1", "equation": cases(question, self.codes.named)}


def _last_day(told: str) -> str:
    """The last day of a year or a month."""
    month = f"{told}-12"[:7]
    last = calendar.monthrange(int(month[:4]), int(month[5:]))[1]
    return f"{told}-12"[:7] + f"-{last:02}" if len(told) < len("2026-01-01") else told


def _cut(texts: Mapping[str, str]) -> dict[str, str]:
    """Titles short enough for LimeSurvey."""
    found = {}
    for name, text in texts.items():
        shown, length = text, _LONGEST_TITLE
        while len(escaped(shown)) > _LONGEST_TITLE:
            length -= 1
            shown = f"{text[:length].rstrip()}…"
        found[name] = shown
    return found


def _packed(content: dict[str, Any]) -> str:
    """Plain data as JSON that passes through files, databases and filters of HTML."""
    text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _unpacked(asked: Asked) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(asked.attributes[OURS])
    return found


_KINDS: Mapping[type[Question], Callable[[_Writer, Any, Asked], None]] = MappingProxyType(
    {
        Single: _Writer.listed,
        Ordered: _Writer.listed,
        Banded: _Writer.listed,
        MultiAnswer: _Writer.listed,
        OpenCoded: _Writer.listed,
        NumberQuestion: _Writer.number,
        DateQuestion: _Writer.date,
        TextQuestion: _Writer.text,
        TextQuantity: _Writer.quantity,
        Grid: _Writer.grid,
        Derived: _Writer.derived,
    }
)
