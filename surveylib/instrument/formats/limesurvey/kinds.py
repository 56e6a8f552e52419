"""What each of LimeSurvey's kinds of question is in an instrument."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.errors import show
from surveylib.instrument.formats.limesurvey.source import UNIT, Source
from surveylib.instrument.formats.limesurvey.tables import Part
from surveylib.instrument.formats.limesurvey.write import FORMATS, PLACED
from surveylib.instrument.formats.markup import plain
from surveylib.instrument.formats.naming import Taken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: Answers that LimeSurvey supplies itself, by the letter of the kind: codes and English texts.
_FIXED = MappingProxyType(
    {
        "Y": (("Y", "Yes"), ("N", "No")),
        "G": (("F", "Female"), ("M", "Male")),
        "C": (("Y", "Yes"), ("U", "Uncertain"), ("N", "No")),
        "E": (("I", "Increase"), ("S", "Same"), ("D", "Decrease")),
        "5": tuple((str(point), str(point)) for point in range(1, 6)),
        "A": tuple((str(point), str(point)) for point in range(1, 6)),
        "B": tuple((str(point), str(point)) for point in range(1, 11)),
    }
)


@dataclass(slots=True)
class Built:
    """One question as it will stand in a draft, and what became of LimeSurvey's codes.

    Args:
        fields: The fields that depend on its kind.
        codes: The code of each answer or way of not answering, by LimeSurvey's.
        rows: The id of each row, by LimeSurvey's code.
        suffix: Follows the id where one of LimeSurvey's questions becomes several.
        text: What follows the text of the question.
    """

    fields: dict[str, Any]
    codes: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    suffix: str = ""
    text: Mapping[str, str] = field(default_factory=dict)


def _listing(source: Source) -> dict[str, Any]:
    # Versions differ in what they call it.
    names = ("random_order", "answer_order", "subquestion_order")
    told = {source.attribute(name) for name in names}
    shuffled = bool(told & {"1", "random"})
    return {"option_list": "complete"} | ({"option_order": "random"} if shuffled else {})


def _kept(source: Source) -> dict[str, Any]:
    """Fields that only surveylib knows, as far as LimeSurvey has no place for them."""
    return {name: value for name, value in source.our("more").items() if name not in PLACED}


def _single(source: Source) -> list[Built]:
    asked = source.asked
    options, codes = source.options(asked.answers)
    source.other(options, codes)
    if asked.kind == "O":
        source.lost.append("the comment beside the answer")
    kinds = ("single", "ordered", "banded", "open_coded")
    kind = source.ours.get("kind")
    found = {"kind": kind if kind in kinds else "single", "options": options}
    return [Built(_listing(source) | found, codes)]


def _fixed(source: Source) -> list[Built]:
    """A question whose answers LimeSurvey supplies."""
    points = _FIXED[source.asked.kind]
    language = source.languages[0]
    options: list[dict[str, Any]] = [
        {"code": code, "label": {language: text}} for code, text in points
    ]
    if source.asked.kind == "5":
        options = [option | {"score": int(option["code"])} for option in options]
    elif language != "en":
        source.lost.append("answers supplied by LimeSurvey stand here in English")
    kind = "ordered" if source.asked.kind == "5" else "single"
    found = {"kind": kind, "option_list": "complete", "options": options}
    return [Built(found, {code: code for code, _ in points})]


def _several(source: Source) -> list[Built]:
    asked = source.asked
    options, codes = source.options(asked.subquestions)
    source.other(options, codes)
    if asked.kind == "P":
        source.lost.append("the comment beside each answer")
    alone = {
        codes.get(code.strip(), "") for code in source.attribute("exclude_all_others").split(";")
    }
    for option in options:
        if option["code"] in alone:
            option["exclusive"] = True
    kind = "open_coded" if source.ours.get("kind") == "open_coded" else "multi_answer"
    found = _listing(source) | {"kind": kind, "options": options}
    if kind == "multi_answer":
        for name in ("min", "max"):
            limit = source.attribute(f"{name}_answers")
            several = sum("exclusive" not in option for option in options)
            ticks = re.fullmatch(r"(?:if\(.*, 1, )?([0-9]{1,6})\)?", limit)
            if ticks and int(ticks[1]) <= several and (name == "min" or int(ticks[1]) >= 1):
                found[f"{name}_selected"] = int(ticks[1])
            elif limit:
                source.lost.append(f"{name}_answers={limit[:60]} cannot be")
    return [Built(found, codes)]


def _number(source: Source) -> list[Built]:
    found: dict[str, Any] = {"kind": "number", "unit": source.unit()}
    for name, limit in (("minimum", "min_num_value_n"), ("maximum", "max_num_value_n")):
        value = source.attribute(limit)
        if re.fullmatch(r"-?[0-9]{1,30}(\.[0-9]{1,15})?", value):
            found[name] = value
        elif value:
            source.lost.append(f"{limit}={value[:60]} is no number")
    whole = source.attribute("num_value_int_only") == "1"
    limits = [str(found.get(name, "")).partition(".")[2] for name in ("minimum", "maximum")]
    told = source.our("more").get("decimals")
    if not whole:
        found["decimals"] = max(2, *(len(limit.rstrip("0")) for limit in limits))
        if not isinstance(told, int):
            source.lost.append(
                f"how many decimals an answer has is not said; {found['decimals']} here"
            )
    else:
        found |= {
            name: str(found[name]).partition(".")[0]
            for name in ("minimum", "maximum")
            if str(found.get(name, "")).partition(".")[2].strip("0") == "" and name in found
        }
        found["decimals"] = max(len(limit.rstrip("0")) for limit in limits)
    return [Built(found)]


def _date(source: Source) -> list[Built]:
    form = source.attribute("date_format").lower()
    precision = next((name for name, told in FORMATS.items() if told == form), "day")
    if form and form not in FORMATS.values():
        if "m" not in form:
            precision = "year"
        elif "d" not in form:
            precision = "month"
        source.lost.append(f"the date format {show(form)}")
    found: dict[str, Any] = {"kind": "date", "precision": precision}
    for name, limit in (("earliest", "date_min"), ("latest", "date_max")):
        value = source.attribute(limit)
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            found[name] = value[: {"year": 4, "month": 7, "day": 10}[precision]]
        elif value:
            source.lost.append(f"{limit}={value[:60]} is no date")
    return [Built(found)]


def _text(source: Source) -> list[Built]:
    if source.ours.get("kind") == "text_quantity":
        return [Built({"kind": "text_quantity", "unit": source.unit()})]
    if suffix := source.attribute("suffix"):
        source.lost.append(f"the text behind the field: {show(plain(suffix)[0])}")
    return [Built({"kind": "text"})]


def _split(source: Source) -> list[Built]:
    """Several fields below each other: a question for each."""
    number = source.asked.kind == "K"
    source.lost.append("several fields in one question: each is a question of its own here")
    fields = {"kind": "number", "unit": UNIT, "decimals": 2} if number else {"kind": "text"}
    return [
        Built(dict(fields), suffix=part.code or "field", text=source.texts(part.texts))
        for part in source.asked.subquestions
    ]


def _grid(source: Source) -> list[Built]:
    asked = source.asked
    cells = "multi_answer" if asked.kind == ":" else "single"
    if source.ours.get("cells") == "ordered" and cells == "single":
        cells = "ordered"
    rows, names = _rows(source, [part for part in asked.subquestions if part.scale != "1"])
    built = []
    scales = ("0", "1") if asked.kind == "1" else ("0",)
    for scale in scales:
        if asked.kind == ":":
            columns = [part for part in asked.subquestions if part.scale == "1"]
        elif asked.kind in _FIXED:
            language = source.languages[0]
            columns = [Part(code, {language: text}) for code, text in _FIXED[asked.kind]]
        else:
            columns = [part for part in asked.answers if part.scale == scale]
        options, codes = source.options(columns)
        found: dict[str, Any] = {"kind": "grid", "option_list": "complete", "cells": cells}
        found |= {"rows": rows, "options": options}
        if source.our("more").get("option_order") == "random":
            found["option_order"] = "random"
        suffix = "" if scale == "0" else "2"
        built.append(Built(found, codes, names, suffix=suffix))
    if len(built) > 1:
        source.lost.append("two scales beside each other: two grids here")
    if source.attribute("random_order") == "1":
        source.lost.append("rows in random order: they stand in order here")
    if asked.kind in _FIXED and source.languages[0] != "en":
        source.lost.append("answers supplied by LimeSurvey stand here in English")
    return built


def _rows(source: Source, parts: list[Part]) -> tuple[list[dict[str, Any]], dict[str, str]]:
    ours = source.our("rows")
    taken, found, names = Taken(), [], dict[str, str]()
    for part in parts:
        beside = ours.get(part.code)
        beside = beside if isinstance(beside, dict) else {}
        wanted = beside.get("id", part.code)
        name = taken.slug(wanted if isinstance(wanted, str) else part.code)
        if name != wanted:
            source.lost.append(f"row {show(part.code)} is '{name}' here")
        names.setdefault(part.code, name)
        found.append({**beside, "id": name, "text": source.labelled(part.texts, part.code or name)})
        if part.relevance not in {"", "1"}:
            shown = show(part.relevance)
            source.lost.append(f"row '{name}' is shown only where {shown}: always here")
    return found, names


def _checked_grid(source: Source) -> list[Built]:
    """An array whose cells are boxes to tick; with numbers in them it is no question here."""
    if source.attribute("multiflexible_checkbox") != "1":
        source.lost.append("an array of numbers is no kind of question here, left out")
        return []
    return _grid(source)


def built(source: Source) -> list[Built]:
    """What a question becomes: mostly one question, and none where there is no kind for it."""
    asked = source.asked
    read = _KINDS.get(asked.kind)
    if read is None:
        shown = show(source.texts(asked.texts).get(source.languages[0], ""))
        name = _NO_KINDS.get(asked.kind, f"type {show(asked.kind)}")
        source.lost.append(f"{name} is no kind of question here, left out: {shown}")
        return []
    found = read(source)
    empty = [
        one for one in found if one.fields.get("options", [1]) == [] or one.fields.get("rows") == []
    ]
    if empty:
        source.lost.append("a list without answers or rows, left out")
    source.rest()
    kept = _kept(source)
    for one in found:
        one.fields |= kept
    return [one for one in found if one not in empty]


_KINDS: Mapping[str, Callable[[Source], list[Built]]] = MappingProxyType(
    {
        **dict.fromkeys("L!O", _single),
        **dict.fromkeys("YG5", _fixed),
        **dict.fromkeys("MP", _several),
        "N": _number,
        "D": _date,
        **dict.fromkeys("STU", _text),
        **dict.fromkeys("QK", _split),
        **dict.fromkeys("FHABCE1", _grid),
        ":": _checked_grid,
    }
)
_NO_KINDS = MappingProxyType(
    {
        "X": "a text that asks nothing",
        "R": "a ranking",
        "*": "an equation",
        "|": "an upload of files",
        "I": "the choice of a language",
        ";": "an array of texts",
    }
)
