"""Write a questionnaire as an XLSForm: a sheet of questions, one of choices, one of settings.

What XLSForm has no column for stands in columns that begin with `surveylib_`, which converters
leave alone. They hold only that: texts, options, routes and limits are read from the form itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.xlsform import expressions as xpath
from surveylib.instrument.formats.xlsform.cells import FILLED, literal, table, workbook
from surveylib.instrument.formats.xlsform.constraints import APPEARANCES, constraint, one_of_two
from surveylib.instrument.formats.xlsform.languages import column_language
from surveylib.instrument.formats.xlsform.names import FormNames, offered
from surveylib.instrument.formats.xlsform.routes import condition_of, expression
from surveylib.instrument.question import (
    DateQuestion,
    Derived,
    Grid,
    NumberQuestion,
    Question,
    in_language,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from surveylib.instrument.formats.xlsform.routes import Names
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.options import Option

Cells = dict[str, str]


#: Fields of questions that have a place of their own in the form or among our columns.
_PLACED = frozenset(
    {
        *("id", "title", "concept", "kind", "text", "wording", "base", "period", "missing"),
        *("required", "note", "unit", "rows", "mentions", "precision", "earliest", "latest"),
        *("maximum", "decimals", "max_selected"),
    }
)


def write(instrument: Instrument) -> dict[str, bytes]:
    """Write a questionnaire as an XLSForm workbook.

    Args:
        instrument: The questionnaire.

    Raises:
        OutputError: A text does not fit into a cell.
        MissingExtraError: openpyxl is not installed.
    """
    sheets = _Sheets(instrument)
    sheets.fill()
    tongues = [column_language(code) for code in instrument.languages]

    def in_each(column: str) -> list[str]:
        return [f"{column}::{tongue}" for tongue in tongues]

    survey = [
        *("type", "name", *in_each("label"), "required", "relevant", "constraint"),
        *(*in_each("constraint_message"), "calculation", "appearance", "parameters"),
        *("surveylib_id", "surveylib_kind", *in_each("surveylib_title"), "surveylib_concept"),
        *("surveylib_wording", "surveylib_base", "surveylib_if", "surveylib_period"),
        *("surveylib_unit", "surveylib_missing", "surveylib_note", "surveylib_more"),
    ]
    choices = ["list_name", "name", *in_each("label"), "surveylib_score", "surveylib_interval"]
    settings = _settings(instrument)
    book = {
        "survey": table(survey, sheets.survey),
        "choices": table([*choices, "surveylib_more"], sheets.choices),
        "settings": table(list(settings), [settings]),
    }
    return {f"{instrument.id}-{instrument.version}.xlsx": workbook(book)}


def _settings(instrument: Instrument) -> Cells:
    source = instrument.languages[0]
    titles = {code: text for code, text in instrument.title.items() if code != source}
    structured = {
        "surveylib_title": titles,
        "surveylib_missing_labels": {
            state: dict(label) for state, label in instrument.missing_labels.items()
        },
    }
    found = {
        "form_title": literal(instrument.title[source]),
        "form_id": instrument.id,
        "version": instrument.version,
        "default_language": column_language(source),
        "surveylib_population": literal(instrument.population),
        "surveylib_provenance": literal(instrument.provenance),
        "surveylib_mode": " ".join(instrument.mode),
        "surveylib_note": literal(instrument.note),
    }
    return found | {name: _json(value) for name, value in structured.items() if value}


def _json(value: Any) -> str:
    return literal(json.dumps(value, ensure_ascii=False)) if value else ""


class _Sheets:
    """The rows of a form, filled question by question."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.languages = instrument.languages
        self.names = FormNames(instrument)
        self.survey: list[Cells] = []
        self.choices: list[Cells] = []

    def fill(self) -> None:
        starts = {part.questions[0]: part for part in self.instrument.sections}
        ends = {part.questions[-1] for part in self.instrument.sections}
        if self.instrument.introduction:
            row = {"type": "note", "name": self.names.introduction}
            row |= {"surveylib_kind": "introduction"}
            self.survey.append(row | self.texts("label", self.instrument.introduction))
        for question in self.instrument.questions:
            if part := starts.get(question.id):
                name = self.names.sections[part.id]
                row = {"type": "begin_group", "name": name, "appearance": "field-list"}
                row |= self.texts("label", part.title) | _called(name, part.id)
                self.survey.append(row)
            self.ask(question)
            if question.id in ends:
                self.survey.append({"type": "end_group"})

    def texts(self, column: str, texts: Mapping[str, str]) -> Cells:
        """A text in every language; where one is missing, the source again behind a mark."""
        source = literal(texts[self.languages[0]])
        return {
            f"{column}::{column_language(code)}": (
                literal(texts[code]) if code in texts else FILLED + source
            )
            for code in self.languages
        }

    def ask(self, question: Question) -> None:
        """The rows of one question."""
        row = self.row(question)
        if isinstance(question, Derived):
            value = xpath.write(cases(question, self.names.names))
            self.survey.append(row | {"type": "calculate", "calculation": value})
        elif isinstance(question, Grid):
            self.grid(question, row)
        elif question.answers:
            listed = self.listing(question)
            kind = "select_one" if question.exclusive else "select_multiple"
            row |= {"type": f"{kind} {listed}", "required": _yes(question)}
            self.survey.append(row | self.limits(question) | _order(question))
            self.write_ins(question, question.id)
        else:
            self.plain(question, row)

    def row(self, question: Question) -> Cells:
        """What every question has, and our columns."""
        name = self.names.names.of[question.id]
        row: Cells = {"name": name} | self.texts("label", question.text)
        row |= _called(name, question.id) | self.route(question)
        kind = str(getattr(question, "kind", ""))
        row |= {
            "surveylib_kind": kind,
            "surveylib_concept": question.concept if question.concept != question.id else "",
            "surveylib_wording": question.wording,
            "surveylib_base": literal(question.base.asked),
            "surveylib_period": literal(question.period),
            "surveylib_unit": literal(str(getattr(question, "unit", ""))),
            "surveylib_missing": " ".join(question.missing),
            "surveylib_note": literal(question.note),
            "surveylib_more": _json(_more(question)),
        }
        for code, title in (question.title or {}).items():
            row[f"surveylib_title::{column_language(code)}"] = literal(title)
        return row

    def route(self, question: Question) -> Cells:
        """When a question is asked; the condition itself only where the form reads otherwise."""
        condition = question.base.condition
        if condition is None:
            return {}
        node = expression(condition, self.names.names)
        told = condition.model_dump(mode="json", exclude_defaults=True)
        back = condition_of(node, self.names.names)
        same = back is not None and back.model_dump(mode="json", exclude_defaults=True) == told
        return {"relevant": xpath.write(node), "surveylib_if": "" if same else _json(told)}

    def limits(self, question: Question) -> Cells:
        node, messages = constraint(question, self.languages)
        return self._constraint(node, messages)

    def _constraint(self, node: xpath.Node | None, messages: Mapping[str, str]) -> Cells:
        if node is None:
            return {}
        return {"constraint": xpath.write(node)} | self.texts("constraint_message", messages)

    def listing(self, question: Question) -> str:
        """The list of a question's options and the ways of not answering that it offers."""
        name = self.names.lists[question.id]
        for option in offered(question.answers):
            row = {"list_name": name, "name": option.code} | self.texts("label", option.label)
            self.choices.append(row | _option_columns(option))
        self.states(name, question)
        return name

    def states(self, name: str, question: Question) -> None:
        for state in offered_states(question):
            row = {"list_name": name, "name": state}
            self.choices.append(row | self.texts("label", self.state_label(state)))

    def state_label(self, state: str) -> dict[str, str]:
        source = self.languages[0]
        for known, label in self.instrument.missing_labels.items():
            if known == state:
                return label
        return {source: self.instrument.missing_label(state, source)}

    def write_ins(self, question: Question, asked: str) -> None:
        """A text for each option that takes one, asked where the option was chosen."""
        for option in offered(question.answers):
            if not option.write_in:
                continue
            chosen = xpath.call(
                "selected", xpath.ref(self.names.names.of[asked]), xpath.text(option.code)
            )
            row = {"type": "text", "name": self.names.write_ins[asked, option.code]}
            row |= {"relevant": xpath.write(chosen), "surveylib_kind": "write_in"}
            self.survey.append(row | self.texts("label", option.label))

    def grid(self, question: Grid, row: Cells) -> None:
        listed = self.listing(question)
        kind = "select_one" if question.exclusive else "select_multiple"
        self.survey.append(row | {"type": "begin_group", "appearance": "table-list"})
        for part in question.rows:
            name = self.names.names.of[f"{question.id}.{part.id}"]
            cells = {"type": f"{kind} {listed}", "name": name, "required": _yes(question)}
            cells |= _called(name, f"{question.id}.{part.id}")
            cells |= self.texts("label", part.text) | self.limits(question)
            cells |= {"surveylib_concept": part.concept or "", "surveylib_note": literal(part.note)}
            for code, title in (part.title or {}).items():
                cells[f"surveylib_title::{column_language(code)}"] = literal(title)
            self.survey.append(cells)
        for part in question.rows:
            self.write_ins(question, f"{question.id}.{part.id}")
        self.survey.append({"type": "end_group"})

    def plain(self, question: Question, row: Cells) -> None:
        """A question without options; ways of not answering become a list of their own below."""
        row |= {"type": "text", "required": _yes(question)} | self.limits(question)
        if isinstance(question, NumberQuestion):
            row["type"] = "decimal" if question.decimals else "integer"
        elif isinstance(question, DateQuestion):
            row |= {"type": "date", "appearance": APPEARANCES[question.precision]}
        name = self.names.names.states.get(question.id)
        if name and question.required:
            row["required"] = xpath.write(xpath.compare(xpath.ref(name), "=", xpath.text("")))
        self.survey.append(row)
        if not name:
            return
        labels = [self.state_label(state) for state in offered_states(question)]
        joined = {
            code: " / ".join(in_language(label, code) for label in labels)
            for code in self.languages
        }
        below = {"type": f"select_one {name}", "name": name, "surveylib_kind": "missing"}
        below |= self._constraint(*one_of_two(self.names.names.of[question.id], self.languages))
        if "relevant" in row:
            below["relevant"] = row["relevant"]
        self.survey.append(below | self.texts("label", joined))
        self.states(name, question)


def cases(question: Derived, names: Names) -> xpath.Node:
    """The value for each case; nothing where no case holds for sure."""
    node = xpath.text("")
    for option in reversed(question.options):
        node = xpath.call("if", expression(option.when, names), xpath.text(option.code), node)
    return node


def offered_states(question: Question) -> list[str]:
    """The ways of not answering that a respondent can choose."""
    return [state for state in OFFERED if state in question.missing]


def _called(name: str, wanted: str) -> Cells:
    return {} if name == wanted else {"surveylib_id": wanted}


def _yes(question: Question) -> str:
    return "yes" if question.required else ""


def _order(question: Question) -> Cells:
    random = getattr(question, "option_order", "fixed") == "random"
    return {"parameters": "randomize=true"} if random else {}


def _more(question: Question) -> dict[str, Any]:
    """What has no place elsewhere; nets with the place they have among the options."""
    plain = question.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    placed = set(_PLACED) | ({"minimum"} if isinstance(question, NumberQuestion) else set())
    if question.answers and not isinstance(question, Derived):
        choices = offered(question.answers)
        nets = [
            [place, plain["options"][place]]
            for place, option in enumerate(question.answers)
            if option not in choices
        ]
        placed.add("options")
        plain |= {"nets": nets} if nets else {}
        if not isinstance(question, Grid):
            placed.add("option_order")
    if getattr(question, "min_selected", None):
        placed.add("min_selected")
    return {name: value for name, value in plain.items() if name not in placed}


def _option_columns(option: Option) -> Cells:
    plain = option.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    score = getattr(option, "score", None)
    interval = getattr(option, "interval", None)
    told: Cells = {}
    if score is not None:
        told["surveylib_score"] = repr(score)
    if interval is not None:
        high = "open" if interval[1] is None else interval[1]
        told["surveylib_interval"] = f"{interval[0]}..{high}"
    placed = {"code", "label", "score", "interval", "exclusive", "write_in"}
    more = {name: value for name, value in plain.items() if name not in placed}
    return told | {"surveylib_more": _json(more)}
