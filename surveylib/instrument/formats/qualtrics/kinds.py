"""What each type of question in Qualtrics is in an instrument."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.errors import show
from surveylib.instrument.formats.naming import Taken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from surveylib.instrument.formats.qualtrics.values import Question, Value

#: What stands where Qualtrics says nothing.
UNIT = "not stated"
_ONE = frozenset({"SAVR", "SAHR", "SACOL", "DL", "SB", "NPS"})
_SEVERAL = frozenset({"MAVR", "MAHR", "MACOL", "MSB"})
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,15})?")


@dataclass(slots=True)
class Built:
    """One question as it will stand in a draft.

    Args:
        fields: The fields that depend on its type.
        codes: The code of each choice, by Qualtrics' id.
        rows: The id of each row, by Qualtrics' id.
        part: The id of the choice, where each choice becomes a question.
        text: What follows the text of the question.
    """

    fields: dict[str, Any]
    codes: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    part: str = ""
    text: Mapping[str, str] = field(default_factory=dict)


def built(question: Question) -> list[Built]:
    """What a question becomes: mostly one question, and none where there is no kind for it."""
    payload = question.payload
    kind, selector = payload.text("QuestionType"), payload.text("Selector")
    read = _KINDS.get(kind)
    found = read(question, selector) if read else []
    if not found:
        what = _NO_KINDS.get(kind, f"type {show(f'{kind} {selector}'.strip())}")
        text = question.plain(payload.text("QuestionText"))
        question.lost.append(f"{what} is no kind of question here, left out: {show(text)}")
        return []
    question.unread("Randomization")
    for one in found:
        if one.fields.get("options", [1]) == [] or one.fields.get("rows") == []:
            question.lost.append("a list without choices, left out")
            return []
    return found


def _options(question: Question, key: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Options with their codes: the recode value, and the id of the choice where there is none."""
    recodes, naming = question.payload.inside("RecodeValues"), Taken()
    found, codes = [], dict[str, str]()
    for name, choice in question.choices(key).items():
        wanted = recodes.text(name) or name
        codes[name] = naming.code(wanted)
        if codes[name] != wanted:
            question.lost.append(f"the code {show(wanted)} is '{codes[name]}' here")
        label = question.texts(choice.text("Display"), key, name, "Display", usual=name)
        option: dict[str, Any] = {"code": codes[name], "label": label}
        if choice.yes("TextEntry"):
            option["write_in"] = True
        if choice.yes("ExclusiveAnswer"):
            option["exclusive"] = True
        found.append(option)
        if choice.data.get("DisplayLogic"):
            what = f"the condition under which '{codes[name]}' is offered: always here"
            question.lost.append(what)
    told = [f"{name} is '{code}'" for name, code in codes.items() if name != code]
    if told:
        what = "codes are recode values, not the ids of choices"
        question.lost.append(f"{what}: {', '.join(told[:20])}{' …' * (len(told) > 20)}")
    return found, codes


def _shuffled(question: Question) -> bool:
    kind = question.payload.inside("Randomization").text("Type")
    if kind not in {"", "None", "All"}:
        question.lost.append(f"random order of some choices ({kind[:40]}): of all here")
    return kind not in {"", "None"}


def _choice(question: Question, selector: str) -> list[Built]:
    if selector not in _ONE | _SEVERAL:
        return []
    options, codes = _options(question, "Choices")
    fields: dict[str, Any] = {"kind": "single", "option_list": "complete", "options": options}
    if _shuffled(question):
        fields["option_order"] = "random"
    if selector in _SEVERAL:
        fields |= {"kind": "multi_answer"} | _ticks(question, options)
    else:
        for option in options:
            option.pop("exclusive", None)
    if selector == "NPS":
        fields["kind"] = "ordered"
        for option in options:
            if _NUMBER.fullmatch(option["code"]):
                option["score"] = float(option["code"])
    return [Built(fields, codes)]


def _ticks(question: Question, options: list[dict[str, Any]]) -> dict[str, int]:
    """Fewest and most choices, where they can be."""
    settings = question.payload.inside("Validation").inside("Settings")
    several = sum("exclusive" not in option for option in options)
    kind, found = settings.text("Type"), dict[str, int]()
    for name, key, kinds in (
        ("min_selected", "MinChoices", {"MinChoices", "ChoiceRange"}),
        ("max_selected", "MaxChoices", {"MaxChoices", "ChoiceRange"}),
    ):
        told = settings.text(key)
        if kind not in kinds or not told:
            continue
        limit = int(told) if re.fullmatch(r"[0-9]{1,6}", told) else -1
        if found.get("min_selected", 0) <= limit <= several and (limit or name == "min_selected"):
            found[name] = limit
        else:
            question.lost.append(f"{key} {show(told)} cannot be")
    return found


def _matrix(question: Question, selector: str) -> list[Built]:
    kinds = {"SingleAnswer": "single", "MultipleAnswer": "multi_answer", "DL": "single"}
    cells = kinds.get(question.payload.text("SubSelector"), "")
    if selector != "Likert" or not cells:
        return []
    options, codes = _options(question, "Answers")
    if cells == "single":
        for option in options:
            option.pop("exclusive", None)
    tags, taken = question.payload.inside("ChoiceDataExportTags"), Taken()
    rows, names = [], dict[str, str]()
    for name, choice in question.choices("Choices").items():
        told = tags.text(name)
        names[name] = taken.slug(told or f"row_{name}")
        if told and names[name] != told:
            question.lost.append(f"row {show(told)} is '{names[name]}' here")
        text = question.texts(choice.text("Display"), "Choices", name, "Display", usual=name)
        rows.append({"id": names[name], "text": text})
        if choice.yes("TextEntry"):
            question.lost.append(f"the text that is written into row '{names[name]}'")
        if choice.data.get("DisplayLogic"):
            what = f"the condition under which row '{names[name]}' is shown: always here"
            question.lost.append(what)
    if _shuffled(question):
        question.lost.append("rows in random order: they stand in order here")
    fields = {"kind": "grid", "option_list": "complete", "cells": cells}
    return [Built({**fields, "rows": rows, "options": options}, codes, names)]


def _text(question: Question, selector: str) -> list[Built]:
    if selector == "FORM":
        return _each(question, lambda: {"kind": "text"})
    if selector not in {"SL", "ML", "ESTB", "PW"}:
        return []
    settings = question.payload.inside("Validation").inside("Settings")
    content = settings.text("ContentType") if settings.text("Type") == "ContentType" else ""
    if content == "ValidNumber":
        limits = settings.inside("ValidNumber")
        named = (limits.text("Min"), limits.text("Max"), limits.text("NumDecimals"))
        return [Built(_number(question, *named))]
    if content == "ValidDate":
        question.lost.append("how a date is written: year, month and day here")
        return [Built({"kind": "date", "precision": "day"})]
    if content:
        question.lost.append(f"answers of the form {show(content)}: any text here")
    elif settings.text("Type") not in {"", "None"}:
        question.lost.append(f"a check of the answer: {show(settings.text('Type'))}")
    return [Built({"kind": "text"})]


def _number(question: Question, low: str, high: str, decimals: str) -> dict[str, Any]:
    """The fields of a question for a number."""
    found: dict[str, Any] = {"kind": "number", "unit": UNIT}
    places = int(decimals) if re.fullmatch(r"[0-9]|1[0-5]", decimals) else 0
    for name, limit in (("minimum", low), ("maximum", high)):
        if _NUMBER.fullmatch(limit):
            found[name] = limit
            places = max(places, len(limit.partition(".")[2].rstrip("0")))
        elif limit:
            question.lost.append(f"the limit {show(limit)} is no number")
    if {"minimum", "maximum"} <= set(found) and float(high) < float(low):
        question.lost.append(f"the limits {show(f'{low} to {high}')}: none here")
        del found["minimum"], found["maximum"]
    question.lost.append("what is counted or measured is not said")
    return found | {"decimals": places}


def _slider(question: Question, _selector: str) -> list[Built]:
    setup = question.payload.inside("Configuration")
    low, high = setup.text("CSSliderMin"), setup.text("CSSliderMax")
    decimals = setup.text("NumDecimals")
    return _each(question, lambda: _number(question, low, high, decimals))


def _sum(question: Question, _selector: str) -> list[Built]:
    question.lost.append("that the numbers add up to a total")
    return _each(question, lambda: _number(question, "", "", "0"))


def _each(question: Question, fields: Callable[[], dict[str, Any]]) -> list[Built]:
    """A question for each choice."""
    choices: Mapping[str, Value] = question.choices("Choices")
    if not choices:
        return [Built(fields())]
    if len(choices) > 1:
        question.lost.append("several fields in one question: each is a question of its own here")
    return [
        Built(
            fields(),
            part=name,
            text=question.texts(choice.text("Display"), "Choices", name, "Display", usual=name),
        )
        for name, choice in choices.items()
    ]


_KINDS: Mapping[str, Callable[[Question, str], list[Built]]] = MappingProxyType(
    {"MC": _choice, "Matrix": _matrix, "TE": _text, "Slider": _slider, "CS": _sum}
)
_NO_KINDS = MappingProxyType(
    {
        "DB": "a text that asks nothing",
        "Timing": "the time on a page",
        "Meta": "what is known of the browser",
        "RO": "a ranking",
        "PGR": "sorting into groups",
        "SBS": "tables beside each other",
        "FileUpload": "an upload of files",
        "Captcha": "a proof that somebody is there",
    }
)
