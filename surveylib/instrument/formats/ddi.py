"""DDI-Codebook 2.5: the codebook of a data file, as archives keep it. Only written.

Elements stand in the order that the schema wants. Texts of the questionnaire carry their language;
words that this module puts between them are English and say so. The variables and their values are
those of `variables.py`, so that the codebook fits the data file written for SPSS.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from surveylib.instrument.formats.base import Format
from surveylib.instrument.formats.variables import net_parts, sets, variables
from surveylib.instrument.question import (
    Banded,
    DateQuestion,
    Derived,
    Grid,
    MultiAnswer,
    NumberQuestion,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from surveylib.instrument.formats.variables import Value, Variable
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.options import Option
    from surveylib.instrument.question import Question

NAMESPACE = "ddi:codebook:2_5"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"

#: What XML 1.0 has no place for.
_FOREIGN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

_DATES = MappingProxyType({"year": "YYYY", "month": "YYYY-MM", "day": "YYYY-MM-DD"})
_NATURE = MappingProxyType({"nominal": "nominal", "ordinal": "ordinal", "scale": "interval"})


def write(instrument: Instrument) -> dict[str, bytes]:
    """The codebook, as one XML file."""
    root = ET.Element("codeBook", {"xmlns": NAMESPACE, "xmlns:dc": _DUBLIN_CORE, "version": "2.5"})
    titles = {name: f"Codebook: {title}" for name, title in instrument.title.items()}
    _citation(_add(root, "docDscr"), instrument, titles)
    _study(root, instrument)
    _Data(instrument).write(_add(root, "dataDscr"))
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    name = f"{instrument.id}-{instrument.version}.xml"
    return {name: f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()}


def _add(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    """One more element; `lang` is its language, and attributes without a value are left out."""
    told = {
        "xml:lang" if name == "lang" else name: _FOREIGN.sub("\ufffd", value)
        for name, value in attributes.items()
        if value
    }
    found = ET.SubElement(parent, tag, told)
    found.text = _FOREIGN.sub("\ufffd", text) or None
    return found


def _add_each(parent: ET.Element, tag: str, texts: Mapping[str, str], **attributes: str) -> None:
    """One element for each language."""
    for language, text in texts.items():
        _add(parent, tag, text, lang=language, **attributes)


def _citation(parent: ET.Element, instrument: Instrument, titles: Mapping[str, str]) -> None:
    """Title in the source language, then in the others; id, version and languages."""
    citation = _add(parent, "citation")
    statement = _add(citation, "titlStmt")
    source = instrument.languages[0]
    _add(statement, "titl", titles[source], lang=source)
    _add_each(statement, "parTitl", {name: titles[name] for name in titles if name != source})
    _add(statement, "IDNo", instrument.id)
    _add(_add(citation, "verStmt"), "version", instrument.version)
    for language in instrument.languages:
        _add(citation, "dc:language", language)


def _study(root: ET.Element, instrument: Instrument) -> None:
    study = _add(root, "stdyDscr")
    _citation(study, instrument, instrument.title)
    summary = _add(_add(study, "stdyInfo"), "sumDscr")
    _add(summary, "universe", instrument.population)
    if instrument.mode:
        collected = _add(_add(study, "method"), "dataColl")
        for mode in instrument.mode:
            _add(collected, "collMode", mode.replace("_", " "), lang="en")
    _add(study, "notes", instrument.provenance, type="provenance")
    _add(study, "notes", instrument.status, type="status", lang="en")
    if instrument.note:
        _add(study, "notes", instrument.note, type="note")
    if instrument.introduction:
        _add_each(study, "notes", instrument.introduction, type="introduction")


class _Data:
    """Writes the description of the data: groups of variables, then variables."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.made = variables(instrument)
        self.sets = sets(self.made)
        #: For each question and each row of a grid: its place, and the texts before it and of it.
        self.asked: dict[str, tuple[str, Mapping[str, str], Mapping[str, str]]] = {}
        place = 0
        for question in instrument.questions:
            place += not isinstance(question, Derived)
            self.asked[question.id] = (str(place), {}, question.text)
            if isinstance(question, Grid):
                for number, row in enumerate(question.rows, start=1):
                    name = f"{question.id}.{row.id}"
                    self.asked[name] = (f"{place}.{number}", question.text, row.text)

    def write(self, parent: ET.Element) -> None:
        """Put everything below an element."""
        for section in self.instrument.sections:
            self._group(
                parent, "section", section.id, section.title, self._members(section.questions)
            )
        for question in self.instrument.questions:
            if isinstance(question, Grid):
                names = [item.id for item in question.items]
                texts = {**question.text, **(question.title or {})}
                found = self._group(parent, "grid", question.id, texts, self._members(names))
                _about(found, question)
            for item in question.items:
                if members := self.sets.get(item.id):
                    texts = {**item.text, **(item.title or {})}
                    found = self._group(parent, "multipleResp", item.id, texts, (members, ()))
                    _about(found, item)
                    self._net_groups(parent, item, members)
        for variable in self.made:
            self._variable(parent, variable)

    @staticmethod
    def _net_groups(parent: ET.Element, question: Question, members: Sequence[Variable]) -> None:
        """Answers that sum up others where several may be given, as groups of variables."""
        for option in question.answers:
            if option.net_of:
                parts = net_parts(question, option.code)
                names = [_reference(one) for one in members if one.key[1] in parts]
                found = _add(parent, "varGrp", type="other", otherType="net", var=" ".join(names))
                _net(found, option)

    def _members(self, names: Sequence[str]) -> tuple[list[Variable], list[str]]:
        """The variables of some questions, and the groups that hold some of them by themselves."""
        items = [item for name in names for item in self.instrument.question(name).items]
        grouped = [item.id for item in items if item.id in self.sets]
        ids = {item.id for item in items}
        single = [
            entry for entry in self.made if entry.question.id in ids and entry.part != "selected"
        ]
        return single, grouped

    @staticmethod
    def _group(
        parent: ET.Element,
        kind: str,
        name: str,
        title: Mapping[str, str],
        members: tuple[Sequence[Variable], Sequence[str]],
    ) -> ET.Element:
        single, groups = members
        found = _add(
            parent,
            "varGrp",
            ID=f"{kind}_{name}",
            name=name,
            type=kind,
            var=" ".join(_reference(variable) for variable in single),
            varGrp=" ".join(f"multipleResp_{group}" for group in groups),
        )
        _add_each(found, "labl", title)
        return found

    def _variable(self, parent: ET.Element, variable: Variable) -> None:
        question = variable.question
        number = variable.part == "answer" and isinstance(question, NumberQuestion)
        found = _add(
            parent,
            "var",
            ID=_reference(variable),
            name=variable.name,
            intrvl="contin" if number else "discrete",
            nature="other" if variable.is_text else _NATURE[variable.level],
            representationType=_representation(variable),
            measUnit="" if variable.option else getattr(question, "unit", ""),
            dcml=str(question.decimals) if isinstance(question, NumberQuestion) else "",
        )
        _add_each(found, "labl", variable.label)
        if not isinstance(question, Derived):
            self._question(found, variable)
        _range(found, variable)
        _add(found, "universe", _universe(question))
        if variable.part == "answer":
            _nets(found, variable)
        for value in variable.answers:
            _category(found, value, variable)
        for value in variable.missing:
            category = _add(found, "catgry", missing="Y", missType=value.code)
            _add(category, "catValu", str(value.value))
            _add_each(category, "labl", value.label)
        _add(found, "concept", question.concept)
        if isinstance(question, Derived):
            _derivation(found, question, variable)
        _form(found, variable)
        if variable.option is None:
            _notes(found, question)
        else:
            _add(found, "notes", question.id, type="question")
            _add(found, "notes", variable.option.code, type="option")

    def _question(self, parent: ET.Element, variable: Variable) -> None:
        place, before, text = self.asked[variable.question.id]
        found = _add(parent, "qstn", seqNo=place, responseDomainType=_domain(variable))
        _add_each(found, "preQTxt", before)
        _add_each(found, "qstnLit", text)
        for line in _instructions(variable.question):
            _add(found, "ivuInstr", line, lang="en")


def _reference(variable: Variable) -> str:
    return f"var_{variable.name}"


def _category_id(variable: Variable, value: Value) -> str:
    return f"cat_{variable.name}.{value.value}"


def _about(group: ET.Element, question: Question) -> None:
    """What is said of a question of several variables, once for all of them."""
    _add_each(group, "txt", question.text)
    _add(group, "concept", question.concept)
    _add(group, "universe", _universe(question))
    _notes(group, question)


def _universe(question: Question) -> str:
    """Who was asked, in words, and the condition where there is one."""
    condition = question.base.condition
    return f"{question.base.asked} ({condition.in_words()})" if condition else question.base.asked


def _representation(variable: Variable) -> str:
    if variable.is_text:
        return "text"
    if isinstance(variable.question, DateQuestion):
        return "datetime"
    return "numeric" if isinstance(variable.question, NumberQuestion) else "code"


def _domain(variable: Variable) -> str:
    if variable.part == "selected":
        return "multiple" if isinstance(variable.question, MultiAnswer) else "text"
    return {"code": "category"}.get(kind := _representation(variable), kind)


def _instructions(question: Question) -> Iterator[str]:
    """What a respondent was held to, besides the text."""
    if question.required:
        yield "An answer is required."
    if isinstance(question, MultiAnswer):
        if question.min_selected is not None:
            yield f"Fewest answers: {question.min_selected}."
        if question.max_selected is not None:
            yield f"Most answers: {question.max_selected}."
    alone = [option.code for option in question.answers if getattr(option, "exclusive", False)]
    if alone and not question.exclusive:
        yield f"Answers that stand alone: {', '.join(alone)}."


def _range(parent: ET.Element, variable: Variable) -> None:
    """The values that are answers: each of a list, or the limits of a number."""
    question = variable.question
    if variable.answers:
        found = _add(parent, "valrng")
        for value in variable.answers:
            _add(found, "item", VALUE=str(value.value))
    elif variable.part == "answer" and isinstance(question, NumberQuestion):
        limits = {"min": question.minimum, "max": question.maximum}
        told = {name: f"{limit:f}" for name, limit in limits.items() if limit is not None}
        if told:
            _add(
                _add(parent, "valrng"),
                "range",
                UNITS="REAL" if question.decimals else "INT",
                **told,
            )


def _nets(parent: ET.Element, variable: Variable) -> None:
    """Answers that sum up others, as groups of categories."""
    question = variable.question
    for option in question.answers:
        if option.net_of:
            parts = net_parts(question, option.code)
            names = [
                _category_id(variable, value) for value in variable.answers if value.code in parts
            ]
            found = _add(parent, "catgryGrp", catgry=" ".join(names))
            _net(found, option)


def _net(group: ET.Element, option: Option) -> None:
    _add_each(group, "labl", option.label)
    _add(group, "txt", f"code: {option.code}", lang="en")
    if option.net_complete:
        _add(group, "txt", "nothing else is in the net", lang="en")


def _category(parent: ET.Element, value: Value, variable: Variable) -> None:
    question = variable.question
    found = _add(parent, "catgry", ID=_category_id(variable, value))
    _add(found, "catValu", str(value.value))
    _add_each(found, "labl", value.label)
    option = value.option
    if option is None:
        return
    _add(found, "txt", f"code: {option.code}", lang="en")
    if isinstance(question, Banded):
        low, high = next(entry.interval for entry in question.options if entry.code == value.code)
        words = f"{low} or more" if high is None else f"{low} to {high}"
        _add(found, "txt", f"interval: {words}", lang="en")
    score = getattr(option, "score", None)
    if score is not None:
        _add(found, "txt", f"score: {score!r}", lang="en")
    if option.note:
        _add(found, "txt", f"note: {option.note}")


def _derivation(parent: ET.Element, question: Derived, variable: Variable) -> None:
    """The answers that lead to each value, in words."""
    whens = {option.code: option.when.in_words() for option in question.options}
    lines = [f"{value.value}: {whens[value.code]}" for value in variable.answers]
    _add(_add(parent, "derivation"), "drvdesc", "\n".join(lines), lang="en")


def _form(parent: ET.Element, variable: Variable) -> None:
    question = variable.question
    if variable.part == "answer" and isinstance(question, DateQuestion):
        form = {"schema": "ISO", "category": "date", "formatname": _DATES[question.precision]}
        _add(parent, "varFormat", type="character", **form)
        return
    _add(parent, "varFormat", type="character" if variable.is_text else "numeric")


def _notes(parent: ET.Element, question: Question) -> None:
    """What has no element of its own, each with its name as type."""
    kind = getattr(question, "kind", "")
    if isinstance(question, Grid):
        kind = f"grid of {question.cells}"
    told = {
        "question": question.id,
        "kind": kind,
        "period": "" if question.period in {"not_stated", "unknown"} else question.period,
        "wording": question.wording,
        "unit": getattr(question, "unit", ""),
        "option list": getattr(question, "option_list", ""),
        "option order": getattr(question, "option_order", ""),
        "earliest": getattr(question, "earliest", None) or "",
        "latest": getattr(question, "latest", None) or "",
        "note": question.note,
    }
    for name, text in told.items():
        if text:
            _add(parent, "notes", text, type=name)


FORMAT = Format(
    title="DDI-Codebook 2.5",
    suffix=".xml",
    keeps=frozenset(
        {
            *("title", "introduction", "version", "languages", "questions", "kinds", "texts"),
            *("codes", "labels", "required", "exclusive", "write-in", "ticks", "missing"),
            *("missing labels", "other states", "rows", "cells", "scores", "intervals", "units"),
            *("number limits", "dates", "sections", "option order", "titles", "concepts", "base"),
            *("period", "notes", "nets", "population"),
        }
    ),
    partly=MappingProxyType(
        {
            "routing": "the condition in words",
            "derived": "the answers that lead to each value in words",
        }
    ),
    write=write,
)
