"""Shares of single answers, in the form that printed figures are read into: count and base."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from surveylib.instrument.question import OpenCoded
from surveylib.stats.bounds import Candidates
from surveylib.stats.counts import Range
from surveylib.wave.classes import answer_classes
from surveylib.wave.model import PublishedFigure
from surveylib.wave.readings import Flag, Reading
from surveylib.wave.states import ANSWERED, INVALID, STATE, STATES

if TYPE_CHECKING:
    from surveylib.wave.responses import Wave

#: States of those who were asked.
ASKED = tuple(STATE[name] for name in (
    "answered", "dont_know", "refused", "no_answer", "invalid", "withheld"))  # fmt: skip
_NOT_WEIGHTED = Flag(
    code="unweighted",
    text="Every respondent counts alike; weights, strata and clusters are not used yet.",
)
_CODED = Flag(
    code="coded",
    text="Counted from answers in own words, which were coded into these categories.",
)
_PLAIN = frozenset(["unweighted", "none", "unknown"])


def count_readings(wave: Wave, question: str, domain: str = "") -> dict[str, Reading]:
    """Count every answer of a question: options over those who answered, the rest over those asked.

    Args:
        wave: The wave.
        question: The question; for a row of a grid `grid.row`.
        domain: `question=answer` of a group; empty for all respondents.
    """
    if (question, domain) not in wave.counted:
        wave.counted[question, domain] = _count(wave, question, domain)
    return wave.counted[question, domain]


def _count(wave: Wave, question: str, domain: str) -> dict[str, Reading]:
    asked = wave.question(question)
    rows = np.ones(wave.rows, bool)
    if domain:
        name, _, answer = domain.partition("=")
        rows = wave.gave(name, answer)
    state = wave.states(question)
    answered, base = rows & (state == ANSWERED), rows & np.isin(state, ASKED)
    made: dict[str, Reading] = {}
    held = int((rows & (state == INVALID)).sum())
    if asked.codes and answered.any():
        classes = answer_classes(wave, question)
        sizes = np.bincount(classes.place[answered], minlength=len(classes.holds))
        counts, bases = sizes @ classes.holds, sizes @ classes.asked
        for answer, count, n in zip(classes.answers, counts.tolist(), bases.tolist(), strict=True):
            if n:  # an option that no row's version offered has no share
                made[answer] = _reading(wave, (question, answer, domain), count, n, held)
    if base.any():
        n = int(base.sum())
        for missing in asked.question.missing:
            count = int((base & (state == STATES.index(missing))).sum())
            made[missing] = _reading(wave, (question, missing, domain), count, n, held)
    return made


def _reading(wave: Wave, key: tuple[str, str, str], count: int, n: int, held: int) -> Reading:
    """The share of one answer.

    Args:
        wave: The wave.
        key: Question, answer and group.
        count: Those who gave it.
        n: Those who answered, or were asked.
        held: Those whose answer is in quarantine: it may be this one, another or none.
    """
    question, answer, domain = key
    share, where = Fraction(count, n), place_of(wave)
    missing = answer in STATES
    manifest = wave.manifest
    figure = PublishedFigure(
        question=question,
        answer=answer,
        domain=domain,
        printed=f"{count} of {n}",
        read_as=f"{float(share) * 100:.1f}",
        percent=share,
        share=Range(low=share, high=share),
        base="asked" if missing else "answered",
        base_n=(n, n if missing else n + held),
        base_origin="counted",
        certainty="counted",
        note="",
        source=where["source"],
        place=where["place"],
    )
    flags = [*flags_of(wave, question, domain)]
    if manifest and manifest.weighting not in _PLAIN:
        flags.append(_NOT_WEIGHTED)
    if held:
        some = f"{held} answers are" if held > 1 else "1 answer is"
        text = f"Of '{question}' {some} in quarantine; the envelope allows for each."
        flags.append(Flag(code="in-quarantine", text=text))
    candidates = possible(count, n, held, missing=missing)
    return Reading(figure=figure, n=n, n_low=n, candidates=candidates, flags=tuple(flags))


def possible(count: int, n: int, held: int, *, missing: bool) -> Candidates:
    """Every count and base that a share may have, given answers in quarantine.

    Args:
        count: Those who gave the answer.
        n: Those who answered, or were asked.
        held: Those whose answer is in quarantine: it may be this one, another or none.
        missing: Whether it is a way of not answering, whose base are those asked.

    >>> possible(5, 20, 2, missing=False).shares
    (0.22727272727272727, 0.3181818181818182)
    """
    found = {n: (count, count)}
    if held and missing:
        found = {n: (count, count + held)}  # those in quarantine are among those asked
    elif held:
        # The two ends: none of them is an answer, or every one is.
        found[n + held] = (count, count + held)
    return Candidates.whole(found)


def flags_of(wave: Wave, question: str, domain: str) -> list[Flag]:
    """What a reader of any figure of a question must know.

    Args:
        wave: The wave.
        question: The question.
        domain: `question=answer` of a group; empty for all respondents.
    """
    manifest = wave.manifest
    flags = []
    if isinstance(wave.question(question).question, OpenCoded):
        flags.append(_CODED)
    if manifest and manifest.simulated:
        flags.append(Flag(code="simulated", text="Nobody gave these answers: they are simulated."))
    if domain and (lost := int((wave.states(domain.partition("=")[0]) == INVALID).sum())):
        text = f"Of '{domain.partition('=')[0]}', which forms groups, {lost} are in quarantine."
        flags.append(Flag(code="group-in-quarantine", text=text))
    return flags


def held_flag(wave: Wave, question: str) -> list[Flag]:
    """What a reader must know where answers are in quarantine and figures leave them out.

    Args:
        wave: The wave.
        question: The question.
    """
    held = int((wave.states(question) == INVALID).sum())
    if not held:
        return []
    some = f"{held} answers are" if held > 1 else "1 answer is"
    text = f"Of '{question}' {some} in quarantine, and outside these figures."
    return [Flag(code="in-quarantine", text=text)]


def place_of(wave: Wave) -> dict[str, str]:
    """Where the answers of a wave come from, as fields of an estimate."""
    manifest = wave.manifest
    if not manifest:
        return {"place": wave.name, "source": ""}
    name = f"{manifest.survey}/{manifest.wave}: {manifest.responses.path}"
    return {"place": name, "source": manifest.responses.source}
