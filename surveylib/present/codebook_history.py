"""The history of a questionnaire: which version asked what, what changed, what was decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from surveylib.instrument.changes import Step
from surveylib.instrument.model import Follows
from surveylib.instrument.versions import diff
from surveylib.present.codebook_passage import Passage, passage, plain_kind, plain_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.instrument.changes import VersionDiff
    from surveylib.instrument.model import Comparison, Decision, Instrument


class Fate(NamedTuple):
    """What can become of a question: a sign, a word, and what it says where that is not plain."""

    sign: str
    word: str
    about: str = ""


FATES = {
    "first": Fate("●", "asked"),
    "new": Fate("+", "new"),
    "again": Fate("+", "asked again"),
    "same": Fate("=", "unchanged", "apart from typography and translations"),
    "changed": Fate("≠", "changed", "in the ways named"),
    "replaced": Fate("→", "replaced", "by other questions"),
    "dropped": Fate("×", "dropped", "on purpose, with a reason"),
    "gone": Fate("?", "gone", "not there, and nobody says why"),
    "absent": Fate("", "–"),
}


class Mark(NamedTuple):
    """What became of a question in one version, and how far its answers compare."""

    fate: str
    detail: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A question over all versions."""

    id: str
    heading: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """All versions beside each other, and the passages between them."""

    versions: tuple[Instrument, ...]
    lines: tuple[Line, ...]
    passages: tuple[Passage, ...]


def history(versions: Sequence[Instrument]) -> History:
    """The history of versions that are given oldest first."""
    before = [_before(versions, place) for place in range(len(versions))]
    steps = [
        None if older is None else diff(older, newer)
        for older, newer in zip(before, versions, strict=True)
    ]
    latest = {entry.id: entry.heading for version in versions for entry in version.questions}
    lines = [
        Line(
            id=name,
            heading=heading,
            marks=tuple(
                _mark(name, versions[:place], older, newer, step)
                for place, (older, newer, step) in enumerate(
                    zip(before, versions, steps, strict=True)
                )
            ),
        )
        for name, heading in latest.items()
    ]
    passages = [
        passage(older, newer, step, versions)
        for older, newer, step in zip(before, versions, steps, strict=True)
        if older is not None and step is not None
    ]
    return History(versions=tuple(versions), lines=tuple(lines), passages=tuple(passages))


def _before(versions: Sequence[Instrument], place: int) -> Instrument | None:
    """The version that one follows, or else the one in front of it."""
    if place == 0:
        return None
    follows = versions[place].follows
    named = follows.version if isinstance(follows, Follows) else ""
    return next((v for v in versions[:place] if v.version == named), versions[place - 1])


def _decision(name: str, older: Instrument, newer: Instrument) -> Decision | None:
    """What a version decided on a question of the version it follows."""
    follows = newer.follows
    if not isinstance(follows, Follows) or follows.version != older.version:
        return None
    return next((entry for entry in follows.questions if entry.question == name), None)


def _mark(
    name: str,
    earlier: Sequence[Instrument],
    older: Instrument | None,
    newer: Instrument,
    step: VersionDiff | None,
) -> Mark:
    """What became of a question in a version."""
    now = any(entry.id == name for entry in newer.questions)
    if older is None or step is None:
        return Mark("first" if now else "absent")
    decided = _decision(name, older, newer)
    if not any(entry.id == name for entry in older.questions):
        seen = any(entry.id == name for version in earlier for entry in version.questions)
        return Mark(("again" if seen else "new") if now else "absent")
    if not now:
        if decided is None or decided.decision not in {"replaced", "dropped"}:
            return Mark("gone")
        by = f"by {', '.join(decided.by)}" if decided.by else ""
        return Mark(decided.decision, by, plain_verdict(decided.verdict))
    own = [change for change in step.changes if change.question.partition(".")[0] == name]
    verdicts = [decided.verdict] if decided and decided.verdict else []
    verdicts += [
        entry.verdict
        for entry in newer.comparisons
        if entry.question.partition(".")[0] == name and _is_same(entry, older)
    ]
    told = ", ".join(dict.fromkeys(map(plain_verdict, verdicts)))
    kinds = ", ".join(dict.fromkeys(map(plain_kind, own)))
    changed = any(change.step is not Step.patch for change in own)
    return Mark("changed" if changed else "same", kinds, told)


def _is_same(entry: Comparison, older: Instrument) -> bool:
    """Whether a comparison is with the same question of the version before."""
    other = entry.other
    return other.version == older.version and (other.question or entry.question) == entry.question
