"""What goes with a wave that leaves: its questions, its codes, its columns, and what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from surveylib.instrument.question import in_language
from surveylib.present.codebook_words import KINDS
from surveylib.present.codebook_words import STATES as MEANINGS
from surveylib.present.responses_columns import labels_of
from surveylib.wave.redaction import restricted
from surveylib.wave.states import STATES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from surveylib.present.responses_columns import Cell, Column, Leaving
    from surveylib.wave.fields import Asked
    from surveylib.wave.responses import Wave

    Rows = Iterator[Sequence[Cell]]


def about(leaving: Leaving) -> Rows:
    """Name and value of what must be known of the wave, made-up answers first.

    Args:
        leaving: What of the wave leaves.
    """
    wave, manifest = leaving.wave, leaving.wave.manifest
    yield "about", "value"
    simulated = (manifest.simulated or "no") if manifest else "not stated: read without wave.yaml"
    yield "simulated", simulated
    yield "wave", wave.name
    if manifest:
        dates = manifest.field_dates
        told = "unknown" if isinstance(dates, str) else f"{dates.first} to {dates.last}"
        yield "survey", manifest.survey
        yield "fieldwork", told
    yield "questionnaire", wave.instrument.id
    yield "version", wave.instrument.version
    if wave.field(":version").levels != (wave.instrument.version,):
        yield "versions of rows", ", ".join(wave.field(":version").levels)
    yield "respondents", wave.rows
    if manifest:
        yield "file", manifest.responses.path
    yield "sha256", wave.sha256 or "none: read from a data frame"
    if manifest:
        for caveat in manifest.caveats:
            yield "caveat", caveat
    words = f"labels in '{leaving.labels}'" if leaving.labels else "codes"
    yield "answers", f"{words}; each answer and its state stand side by side"
    yield "ids", "as in the file" if leaving.ids else "a running number in place of ids"
    yield "texts in own words", _texts(leaving)


def _texts(leaving: Leaving) -> str:
    if not restricted(leaving.wave):
        return "none that need a status"
    return "only those leave that somebody let go; a column ':redaction' says of each what it is"


def columns(leaving: Leaving, notes: Callable[[Column], str] = lambda _: "") -> Rows:
    """The data dictionary: a line for each column.

    Args:
        leaving: What of the wave leaves.
        notes: What a format says of a column.
    """
    asked = {one.name: one for one in leaving.wave.asked}
    yield "column", "question", "wording", "holds", "values", "note"
    for column in leaving.columns:
        wording = _wording(asked[column.question], leaving) if column.question else ""
        meanings = column.meanings
        if column.name.endswith(":state"):
            states = _states(leaving.wave, asked[column.question])
            meanings = {state: MEANINGS[state].meaning for state in states}
        values = "\n".join(
            f"{code} = {' '.join(label.split())}" for code, label in meanings.items()
        )
        note = "; ".join(part for part in (column.note, notes(column)) if part)
        yield column.name, column.question, wording, column.holds, values, note


def questions(leaving: Leaving) -> Rows:
    """Every question with its wording, its kind and who was asked.

    Args:
        leaving: What of the wave leaves.
    """
    yield "question", "wording", "kind", "base", "note"
    for one in leaving.wave.asked:
        kind = getattr(one.question, "kind", "")
        base = one.question.base
        told = base.asked
        if base.condition is not None:
            told = f"{base.asked} (if {base.condition.in_words()})"
        yield one.name, _wording(one, leaving), KINDS.get(kind, kind), told, one.question.note


def codes(leaving: Leaving) -> Rows:
    """Every code with its label, and every missing state that a question has.

    Args:
        leaving: What of the wave leaves.
    """
    wave = leaving.wave
    language = leaving.labels or wave.instrument.languages[0]
    yield "question", "code", "label", "what", "meaning"
    for one in wave.asked:
        for code in one.codes:
            texts = labels_of(one, code)
            label = in_language(dict(texts), language) if texts else ""
            yield one.name, code, label, "answer", ""
        for state in _states(wave, one):
            label = wave.instrument.missing_label(state, language)
            yield one.name, state, label, "missing state", MEANINGS[state].meaning


def _states(wave: Wave, asked: Asked) -> list[str]:
    """The missing states that a question offers or that occur, in the order of the table."""
    occur = set(np.unique(wave.states(asked.name)).tolist())
    return [
        state
        for place, state in enumerate(STATES)
        if place and (place in occur or state in asked.question.missing)
    ]


def _wording(asked: Asked, leaving: Leaving) -> str:
    return in_language(asked.question.text, leaving.labels or leaving.wave.instrument.languages[0])
