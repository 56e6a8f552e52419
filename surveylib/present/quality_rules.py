"""By which rules blanks were decided, which columns were not read, and which versions rows have."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.errors import listed
from surveylib.instrument.question import Derived
from surveylib.present import quality_words as words
from surveylib.present.codebook_entries import Cell
from surveylib.present.quality_words import table
from surveylib.wave.layout import NotInFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from surveylib.present.codebook_entries import Table
    from surveylib.wave.door import Ingested
    from surveylib.wave.layout import Blanks


class Rules(NamedTuple):
    """What the last part of the page says.

    Args:
        blanks: The rules by which blanks were decided, in order, and whether each was used.
        routed: Who carried out the routes.
        versions: Rows by version of the questionnaire.
        absent: Questions that the file has no answers to.
        kept: Further columns that were kept as they stand.
        ignored: Columns that were not read.
        more: How many of these the table leaves out.
    """

    blanks: tuple[Table, ...]
    routed: str
    versions: tuple[Table, ...]
    absent: tuple[Table, ...]
    kept: str
    ignored: tuple[Table, ...]
    more: tuple[str, ...]


def rules(ingested: Ingested) -> Rules:
    """The rules of a wave.

    Args:
        ingested: A wave with its accounts.
    """
    wave = ingested.wave
    ignored = ingested.accounts.ignored
    layouts = wave.manifest.columns if wave.manifest else {}
    kept = [field.name.removeprefix("keep:") for field in wave.fields if "keep:" in field.name]
    absent = [
        (Cell(name, code=True), layout.reason)
        for name, layout in layouts.items()
        if isinstance(layout, NotInFile)
    ]
    return Rules(
        blanks=_blanks(ingested),
        routed=_routed(ingested),
        versions=_versions(ingested),
        absent=table("Questions that are not in the file", ("Question", "Why"), absent),
        kept=listed(kept, most=words.MOST_ROWS),
        ignored=table(
            "Columns that were not read",
            ("Column", "Why"),
            (
                (words.cut(head), reason)
                for head, reason in list(ignored.items())[: words.MOST_ROWS]
            ),
        ),
        more=words.rest(len(ignored), "summary.json", "column"),
    )


def _versions(ingested: Ingested) -> tuple[Table, ...]:
    field = ingested.wave.field(":version")
    found = np.bincount(ingested.wave.column(":version"), minlength=len(field.levels))
    rows = (
        (version, words.number(int(n)), words.share(int(n), ingested.wave.rows))
        for version, n in zip(field.levels, found, strict=True)
    )
    return table("Versions", ("Version", "Respondents", "Share"), rows)


def _routed(ingested: Ingested) -> str:
    """Who saw to it that routes were kept, as far as that is on record."""
    told = ingested.taken.columns.blanks.routed
    mode = ", ".join(ingested.wave.instrument.mode).replace("_", " ") or "not stated"
    if told is not None:
        who = {"by_software": "software did", "by_respondents": "respondents did"}
        return f"{_said(ingested)} says who carried out the routes: {who.get(told, 'not known')}."
    software = set(ingested.taken.routed.values())
    who_then = {frozenset([True]): "software did", frozenset([False]): "nobody knows"}
    return (
        f"{_said(ingested)} does not say who carried out the routes: by how the questionnaire was "
        f"answered ({mode}), {who_then.get(frozenset(software), 'it depends on the version')}."
    )


def _said(ingested: Ingested) -> str:
    """Where it is said how blanks are read."""
    return "wave.yaml" if ingested.wave.manifest else "the call"


class _Blanks:
    """The states of a wave that blanks were given, and what was said of them."""

    def __init__(self, ingested: Ingested) -> None:
        self.blanks: Blanks = ingested.taken.columns.blanks
        self.said = _said(ingested)
        asked = {entry.name: entry.question for entry in ingested.wave.asked}
        self.sums: dict[str, int] = {}
        for name, states in ingested.accounts.questions.items():
            if isinstance(asked[name], Derived):
                continue  # nobody filled it in: it has no blank
            for state, n in states.items():
                self.sums[state] = self.sums.get(state, 0) + n
        self.routes = sum(one.base.condition is not None for one in asked.values())
        self.offered = any("not_applicable" in one.missing for one in asked.values())

    def n(self, state: str) -> str:
        """How many have a state, in words."""
        return f"{words.STATES[state]}: {words.number(self.sums.get(state, 0))}"

    def trailing(self) -> str:
        """What blanks after the last answer are, as was declared."""
        return self.blanks.trailing


def _design(told: _Blanks) -> str:
    return f"{told.n('not_asked_design')}."


def _route(told: _Blanks) -> str:
    if not told.routes:
        return "No question has a route."
    also = ", those included who chose it as an answer" if told.offered else ""
    return f"{told.n('not_applicable')}{also}."


def _unclear_route(told: _Blanks) -> str:
    if not told.routes:
        return "No question has a route."
    with_last = "" if told.trailing() in {"no_answer", "not_reached"} else ", rule 6 included"
    return f"{told.n('unknown_blank')}{with_last}."


def _broke_off(told: _Blanks) -> str:
    finished = told.blanks.finished
    if finished is None:
        return f"Not used: {told.said} names no column that says who came to the end."
    texts = listed(finished.texts, most=6)
    return f"Column {finished.column}; {texts} means the end. {told.n('not_reached')}."


def _left_open(told: _Blanks) -> str:
    with_last = ", rule 6 included" if told.trailing() == "no_answer" else ""
    return f"{told.n('no_answer')}{with_last}."


def _trailing(told: _Blanks) -> str:
    state = told.trailing()
    said = words.STATES[state]
    if told.blanks.finished:
        return f"Used only where that column is not known: then “{said}”."
    also = {"unknown_blank": ", rule 4 included", "no_answer": ", rule 5 included"}
    return f"{told.said} says “{said}”. {told.n(state)}{also.get(state, '')}."


#: The rules of surveylib.wave.blanks in their order: who has which state, and how to tell its use.
RULES: Mapping[str, tuple[str, Callable[[_Blanks], str]]] = {
    "The question is not in the row's version, or not in the file": ("not asked", _design),
    "Its route says that the respondent was not asked": ("not applicable", _route),
    "The respondent broke off before it, by the column that says so": ("not reached", _broke_off),
    "Its route rests on an answer that is not known": ("unclear blank", _unclear_route),
    "Something after it was answered, or the respondent came to the end": ("no answer", _left_open),
    "Nothing after it was answered, and nothing says who came to the end": (
        "what was declared, or unclear blank",
        _trailing,
    ),
}


def _blanks(ingested: Ingested) -> tuple[Table, ...]:
    told = _Blanks(ingested)
    return table("Rules for blanks", ("Rule", "The blank is", "In this wave"), _rows(told))


def _rows(told: _Blanks) -> Iterator[tuple[str, str, str]]:
    for place, (rule, (state, used)) in enumerate(RULES.items(), start=1):
        yield f"{place}. {rule}", state, used(told)
