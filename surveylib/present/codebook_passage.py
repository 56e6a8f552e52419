"""What happened between two versions of a questionnaire: decided, changed, compared."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from surveylib.instrument.changes import Step
from surveylib.instrument.lineage import numbers
from surveylib.instrument.model import Follows
from surveylib.instrument.wording import normalised
from surveylib.present.numbers import verdict_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from surveylib.instrument.changes import VersionChange, VersionDiff
    from surveylib.instrument.model import Instrument


class Word(NamedTuple):
    """Some words of a changed text: `same`, `gone` or `new`."""

    fate: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One change, with its words where a text changed."""

    lead: str
    words: tuple[Word, ...]
    effect: str
    step: str
    alarms: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A question with its changes; without an id, the questionnaire itself."""

    id: str
    heading: str
    shifts: tuple[Shift, ...]


class Named(NamedTuple):
    """A question by id and heading."""

    id: str
    heading: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision on a question of the version before."""

    question: Named
    decision: str
    by: tuple[Named, ...]
    changed: str
    verdict: str
    reason: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A declared verdict on two answers or questions."""

    here: Named
    answer: str
    version: str
    there: Named
    other_answer: str
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """From one version to the next."""

    older: str
    newer: str
    summary: str
    step: str
    follows: str
    reason: str
    decisions: tuple[Decided, ...]
    changed: tuple[Changed, ...]
    added: tuple[Named, ...]
    removed: tuple[Named, ...]
    compared: tuple[Compared, ...]
    alarms: int


def passage(
    older: Instrument, newer: Instrument, step: VersionDiff, versions: Sequence[Instrument]
) -> Passage:
    """What happened between two versions."""
    groups: dict[str, list[VersionChange]] = {}
    for change in step.changes:
        if change.kind not in {"question added", "question removed"}:
            groups.setdefault(change.question, []).append(change)
    added, removed = tuple(_moved(newer, older)), tuple(_moved(older, newer))
    named = newer.follows if isinstance(newer.follows, Follows) else None
    follows = named if named and named.version == older.version else None
    return Passage(
        older=older.version,
        newer=newer.version,
        summary=_summary(len(added), len(removed), groups),
        step=_needed(step, older.version, newer.version),
        follows=_origin(newer, follows),
        reason=follows.reason if follows else "",
        decisions=tuple(_decisions(follows, older, newer)) if follows else (),
        changed=tuple(
            Changed(
                id=name,
                heading=newer.question(name).heading if name else "The questionnaire itself",
                shifts=tuple(_merged(_shift(change, older, newer) for change in group)),
            )
            for name, group in groups.items()
        ),
        added=added,
        removed=removed,
        compared=tuple(_compared(newer, versions)),
        alarms=sum(bool(change.alarms) for change in step.changes),
    )


def _origin(newer: Instrument, follows: Follows | None) -> str:
    """What is known of how the two versions belong together."""
    if follows:
        return ""
    if newer.follows == "unknown":
        return (
            "This version does not say what became of the questions before it. "
            "Questions are set side by side by their ids."
        )
    if isinstance(newer.follows, Follows):
        return (
            f"This version follows {newer.follows.version}, which is not among the versions here."
        )
    return "This version names none that it follows. Questions are set side by side by their ids."


def _moved(here: Instrument, there: Instrument) -> Iterator[Named]:
    """Questions that only one version has; rows of a grid where the other has the grid."""
    other = {entry.id for entry in there.questions}
    for entry in here.questions:
        if entry.id not in other:
            yield Named(entry.id, entry.heading)
            continue
        known = {item.id for item in there.question(entry.id).items}
        for item in entry.items:
            if "." in item.id and item.id not in known:
                yield Named(item.id, item.heading)


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _summary(added: int, removed: int, changed: Collection[str]) -> str:
    """How much changed, in a sentence or two."""
    if not (added or removed or changed):
        return "Nothing changed."
    names = {name.partition(".")[0] for name in changed}
    count = len(names - {""})
    told = f"{_count(added, 'question')} added, {removed} removed, {count} changed."
    return f"{told} The questionnaire itself changed too." if "" in names else told


def _needed(step: VersionDiff, older: str, newer: str) -> str:
    """Which step of the number the changes need, and which one it took."""
    if step.step is None:
        return ""
    if step.step is Step.forbidden:
        return "A code changed its meaning, which no version number allows."
    old, new = numbers(older), numbers(newer)
    needs = f"The changes need a {step.step.name} step of the version number."
    if old is None or new is None:
        return needs
    moved = Step.major if new[0] > old[0] else Step.minor if new[1] > old[1] else Step.patch
    enough = "" if moved >= step.step else ", which is not enough"
    return f"{needs} From {older} to {newer} is a {moved.name} step{enough}."


def _decisions(follows: Follows, older: Instrument, newer: Instrument) -> Iterator[Decided]:
    known = {entry.id: entry.heading for entry in older.questions}
    for entry in follows.questions:
        yield Decided(
            question=Named(entry.question, known.get(entry.question, "")),
            decision=entry.decision,
            by=tuple(Named(name, newer.question(name).heading) for name in entry.by),
            changed=", ".join(entry.changed),
            verdict=plain_verdict(entry.verdict),
            reason=entry.reason,
            evidence=entry.evidence,
        )


def _shift(change: VersionChange, older: Instrument, newer: Instrument) -> Shift:
    """A change; where a text changed, with the whole text and its changed words."""
    before = after = ""
    lead = change.what.partition(": ")[0]
    if change.kind == "population":
        before, after = older.population, newer.population
    elif change.kind == "wording" and (found := re.fullmatch(r"wording \((.+)\)", lead)):
        texts = (version.question(change.question).text for version in (older, newer))
        before, after = (text.get(found[1], "") for text in texts)
    elif change.kind in {"option added", "option removed"}:
        code = change.what.split("'")[1]
        version = newer if change.kind == "option added" else older
        lead = f"{change.what}: “{version.question(change.question).label(code)}”"
    elif change.kind == "label" and (found := re.fullmatch(r"option '(.+)' \((.+)\)", lead)):
        before, after = (
            _label(version, change.question, found[1], found[2]) for version in (older, newer)
        )
    else:
        lead = change.what
    return Shift(
        lead=lead,
        words=tuple(redline(before, after)),
        effect=change.comparability,
        step=change.step.name,
        alarms=change.alarms,
    )


def _merged(shifts: Iterable[Shift]) -> Iterator[Shift]:
    """Changes in a row that are told in a few words and do the same, as one."""
    last: Shift | None = None
    for shift in shifts:
        short = not shift.words and not shift.alarms
        if last and short and (last.effect, last.step) == (shift.effect, shift.step):
            last = replace(last, lead=f"{last.lead}; {shift.lead}")
            continue
        if last:
            yield last
        last = shift if short else None
        if not short:
            yield shift
    if last:
        yield last


def _label(version: Instrument, question: str, code: str, language: str) -> str:
    options = version.question(question).answers
    return next((o.label.get(language, "") for o in options if o.code == code), "")


def redline(before: str, after: str) -> Iterator[Word]:
    """The words of two texts, those that only one of them has marked; typography is passed over.

    >>> [tuple(word) for word in redline("Inside and outside", "Inside or outside?")]
    [('same', 'Inside'), ('gone', 'and'), ('new', 'or'), ('same', 'outside?')]
    """
    old, new = before.split(), after.split()
    keys = [[normalised(word) or word for word in words] for words in (old, new)]
    matcher = difflib.SequenceMatcher(a=keys[0], b=keys[1], autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            yield Word("same", " ".join(new[c:d]))
            continue
        if b > a:
            yield Word("gone", " ".join(old[a:b]))
        if d > c:
            yield Word("new", " ".join(new[c:d]))


def _compared(newer: Instrument, versions: Sequence[Instrument]) -> Iterator[Compared]:
    """Every declared comparison of a version."""
    by_version = {version.version: version for version in versions}
    for entry in newer.comparisons:
        other = entry.other
        name = other.question or entry.question
        code = other.answer or entry.answer
        earlier = by_version.get(other.version)
        verdict = plain_verdict(entry.verdict)
        yield Compared(
            here=Named(entry.question, newer.question(entry.question).heading),
            answer=_answer(newer, entry.question, entry.answer),
            version=other.version,
            there=Named(name, _heading(earlier, name)),
            other_answer=_answer(earlier, name, code),
            verdict=f"{verdict}: {entry.order} here" if entry.order else verdict,
            reason=entry.reason,
        )


def _known(version: Instrument | None, name: str) -> bool:
    return version is not None and name in {
        *version.question_ids,
        *(entry.id for entry in version.questions),
    }


def _heading(version: Instrument | None, name: str) -> str:
    return version.question(name).heading if version and _known(version, name) else ""


def _answer(version: Instrument | None, name: str, code: str | None) -> str:
    """An answer as shown, or its code where its version is not here; empty for all answers."""
    if not code:
        return ""
    return version.question(name).label(code) if version and _known(version, name) else code


def plain_verdict(verdict: str | None) -> str:
    """A verdict as a reader sees it; empty where there is none."""
    return verdict_name(verdict) if verdict else ""


def plain_kind(change: VersionChange) -> str:
    """A kind of change as a reader sees it: the questions in a grid are its rows."""
    return change.kind.replace("question", "row") if "." in change.question else change.kind
