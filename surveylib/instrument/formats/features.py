"""What there is to an instrument, part by part: the words in which a format says what it keeps."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.instrument.fields import OFFERED
from surveylib.instrument.question import Grid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from surveylib.instrument.model import Instrument
    from surveylib.instrument.question import Question


@dataclass(frozen=True, slots=True)
class Feature:
    """One part of an instrument.

    Args:
        what: What it is, in a few words.
        of: Reads it out of an instrument as plain data; empty where the instrument has none of it.
    """

    what: str
    of: Callable[[Instrument], Any]


def _each(read: Callable[[Question], Any]) -> Callable[[Instrument], dict[str, Any]]:
    """A part of each question that is asked, by id; those that have none of it are left out."""

    def of(instrument: Instrument) -> dict[str, Any]:
        found = {one.id: read(one) for one in instrument.questions if one.kind != "derived"}
        return {name: value for name, value in found.items() if value not in (None, "", [], {})}

    return of


def _options(name: str) -> Callable[[Question], dict[str, Any]]:
    """A field of each option that has it, by code."""

    def read(question: Question) -> dict[str, Any]:
        found = {option.code: getattr(option, name, None) for option in question.answers}
        return {
            code: value
            for code, value in found.items()
            if value is not None and value != () and value is not False
        }

    return read


def _fields(*names: str) -> Callable[[Question], dict[str, Any]]:
    def read(question: Question) -> dict[str, Any]:
        found = {name: getattr(question, name, None) for name in names}
        return {name: value for name, value in found.items() if value not in (None, ())}

    return read


def _condition(question: Question) -> Any:
    condition = question.base.condition
    return condition.model_dump(mode="json", exclude_defaults=True) if condition else None


def _rows(question: Question) -> Any:
    if not isinstance(question, Grid):
        return None
    return {row.id: dict(row.text) for row in question.rows}


def _cells(question: Question) -> Any:
    return question.cells if isinstance(question, Grid) else None


def _sections(instrument: Instrument) -> list[Any]:
    """Sections with the questions in them that are asked."""
    asked = set(_without_derived(instrument))
    parts = [
        [part.id, dict(part.title), [name for name in part.questions if name in asked]]
        for part in instrument.sections
    ]
    return [part for part in parts if part[2]]


def _without_derived(instrument: Instrument) -> list[str]:
    """Ids in order, of what respondents meet."""
    return [entry.id for entry in instrument.questions if getattr(entry, "kind", "") != "derived"]


def _offered(question: Question) -> list[str]:
    """Offered ways of not answering, as a set: their order is the format's."""
    return sorted(state for state in question.missing if state in OFFERED)


def _other_states(question: Question) -> list[str]:
    return sorted(state for state in question.missing if state not in OFFERED)


def _listing(question: Question) -> list[str] | None:
    listing = [
        getattr(question, name, usual)
        for name, usual in (("option_list", "complete"), ("option_order", "fixed"))
    ]
    return None if listing == ["complete", "fixed"] else listing


def _derived(instrument: Instrument) -> dict[str, Any]:
    return {
        entry.id: entry.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        for entry in instrument.questions
        if getattr(entry, "kind", "") == "derived"
    }


def _asked_of(question: Question) -> Any:
    return None if question.base.asked == "all" else question.base.asked


#: Every part. What a format names in its `keeps` survives export and import unchanged; tests hold
#: each format to it over generated instruments.
FEATURES: Mapping[str, Feature] = MappingProxyType(
    {
        "title": Feature("the title, in every language", lambda i: dict(i.title)),
        "introduction": Feature(
            "the introduction, in every language", lambda i: dict(i.introduction or {})
        ),
        "version": Feature("id and version", lambda i: [i.id, i.version]),
        "languages": Feature("the languages, source first", lambda i: list(i.languages)),
        "questions": Feature("the questions and their order", _without_derived),
        "kinds": Feature("the kind of each question", _each(lambda q: getattr(q, "kind", ""))),
        "texts": Feature("the text of each question", _each(lambda q: dict(q.text))),
        "codes": Feature(
            "the options and their order", _each(lambda q: [o.code for o in q.answers])
        ),
        "labels": Feature(
            "the label of each option", _each(lambda q: {o.code: dict(o.label) for o in q.answers})
        ),
        "routing": Feature("who is asked, as a condition", _each(_condition)),
        "required": Feature("which questions are required", _each(lambda q: q.required or None)),
        "exclusive": Feature("options that stand alone", _each(_options("exclusive"))),
        "write-in": Feature("options with text", _each(_options("write_in"))),
        "ticks": Feature("fewest and most ticks", _each(_fields("min_selected", "max_selected"))),
        "missing": Feature("offered ways of not answering", _each(_offered)),
        "missing labels": Feature(
            "how these are shown",
            lambda i: {state: dict(label) for state, label in i.missing_labels.items()},
        ),
        "other states": Feature("other ways of not answering", _each(_other_states)),
        "rows": Feature("the rows of grids", _each(_rows)),
        "cells": Feature("what the cells of a grid take", _each(_cells)),
        "scores": Feature("scores of ordered options", _each(_options("score"))),
        "intervals": Feature("the intervals of bands", _each(_options("interval"))),
        "units": Feature("units", _each(_fields("unit"))),
        "number limits": Feature(
            "limits and decimals of numbers",
            _each(
                lambda q: (
                    _fields("minimum", "maximum", "decimals")(q)
                    if getattr(q, "kind", "") == "number"
                    else {}
                )
            ),
        ),
        "dates": Feature(
            "precision and limits of dates", _each(_fields("precision", "earliest", "latest"))
        ),
        "sections": Feature("sections", _sections),
        "option order": Feature("partial lists and random order", _each(_listing)),
        "titles": Feature("short titles", _each(lambda q: dict(q.title) if q.title else None)),
        "concepts": Feature("concepts", _each(lambda q: None if q.concept == q.id else q.concept)),
        "base": Feature("who was asked, in words", _each(_asked_of)),
        "period": Feature(
            "reference periods",
            _each(lambda q: None if q.period in {"not_stated", "unknown"} else q.period),
        ),
        "notes": Feature("notes", _each(lambda q: q.note)),
        "nets": Feature("nets", _each(_options("net_of"))),
        "retired": Feature(
            "retired codes", _each(lambda q: [entry.code for entry in getattr(q, "retired", ())])
        ),
        "derived": Feature("derived questions", _derived),
        "population": Feature("population and provenance", lambda i: [i.population, i.provenance]),
        "verdicts": Feature(
            "verdicts on earlier versions",
            lambda i: [entry.model_dump(mode="json") for entry in i.comparisons],
        ),
    }
)
