"""A version and the one before it: every question decided, every change that matters on purpose."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from surveylib.errors import Fault, listed
from surveylib.instrument import library
from surveylib.instrument.changes import Step
from surveylib.instrument.identity import content_hashes
from surveylib.instrument.model import Follows
from surveylib.instrument.versions import diff
from surveylib.instrument.wording import normalised

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from surveylib.instrument.changes import VersionChange
    from surveylib.instrument.library import LoadedInstrument
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.question import Question
    from surveylib.instrument.yamltext import Document

#: Kinds of change that need no declaration: they change nothing, or begin a series.
UNDECLARED = frozenset({"question added", "option order", "order", "score", "write-in"})


def numbers(version: str) -> tuple[int, int, int] | None:
    """A version as numbers to compare: `2018`, `1.2` or `1.2.3`; None for any other name.

    >>> numbers("1.2"), numbers("2018"), numbers("final")
    ((1, 2, 0), (2018, 0, 0), None)
    """
    found = re.fullmatch(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?", version, re.ASCII)
    return (int(found[1]), int(found[2] or 0), int(found[3] or 0)) if found else None


def check(loaded: LoadedInstrument) -> list[Fault]:
    """What is wrong with a version beside the one it follows, which stands in the same folder.

    Args:
        loaded: The version and its file.
    """
    instrument, document, path = loaded.instrument, loaded.document, loaded.path
    if isinstance(instrument.follows, Follows):
        before = path.with_name(f"{instrument.follows.version}.yaml")
        if before.is_file() and before.name != library.CROSSWALK:
            older = library.load(before).instrument
            return [*faults(older, loaded), *_reused(older, loaded)]
        what = f"there is no version '{instrument.follows.version}' to follow"
        known = listed(sorted(entry.stem for entry in library.versions_in(path.parent)))
        place = ("follows", "version")
        return [document.fault(place, "FOLLOWS-VERSION", what, wanted=known)]
    mine = numbers(instrument.version)
    earlier = [
        entry.stem
        for entry in library.versions_in(path.parent)
        if mine and (theirs := numbers(entry.stem)) and theirs < mine
    ]
    if instrument.follows is None and earlier:
        what = f"version {instrument.version} does not say what became of version {earlier[-1]}"
        todo = (
            f"start versions with: surveylib instrument new-version {path.with_name(earlier[-1])}"
            f".yaml {instrument.version}; or write 'follows: unknown' for one rebuilt from reports"
        )
        return [document.fault(("version",), "FOLLOWS-MISSING", what, todo=todo)]
    return []


def _reused(older: Instrument, newer: LoadedInstrument) -> Iterator[Fault]:
    """Ids that come back, after a version without them, for something else than before.

    A question that returns as it was, as in a module asked every other year, may keep its id.
    """
    known = {item.id for item in older.items}
    back = {
        item.id: (position, item)
        for position, question in enumerate(newer.instrument.questions)
        for item in question.items
        if item.id not in known
    }
    limit = numbers(older.version)
    for file in reversed(library.versions_in(newer.path.parent)):
        mine = numbers(file.stem)
        if not back or limit is None or mine is None or mine >= limit:
            continue
        for item in library.load(file).instrument.items:
            position, question = back.pop(item.id, (0, None))
            if question and content_hashes(question)[1] != content_hashes(item)[1]:
                text = next(iter(item.text.values()))
                what = f"id '{item.id}' was another question's in version {file.stem}: “{text}”"
                todo = "give the new question an id that was never used"
                place = ("questions", position)
                yield newer.document.fault(place, "QUESTION-REUSED", what, todo=todo)


def faults(older: Instrument, newer: LoadedInstrument) -> list[Fault]:
    """What is wrong with a version beside the one that it follows.

    Args:
        older: The version that `newer` names under `follows`.
        newer: The version to check, with its file.
    """
    instrument, document = newer.instrument, newer.document
    follows = instrument.follows
    if not isinstance(follows, Follows):
        return []
    changes = diff(older, instrument).changes
    found = [
        *_decision_faults(older, instrument, follows, document),
        *_undeclared_faults(changes, follows, document),
        *_idle_faults(changes, follows, document),
        *_reuse_faults(older, instrument, document),
        *_step_faults(older.version, instrument, changes, document),
    ]
    return sorted(found, key=lambda fault: fault.line or 0)


def _decision_faults(
    older: Instrument, newer: Instrument, follows: Follows, document: Document
) -> Iterator[Fault]:
    """Every question of the version before is decided, and the file keeps to it."""
    before = [question.id for question in older.questions]
    now = {question.id for question in newer.questions}
    decided = {entry.question for entry in follows.questions}
    for name in before:
        if name not in decided:
            what = f"question '{name}' of version {older.version} is not decided"
            todo = f"add - {{question: {name}, decision: same}}, or replaced, or dropped"
            yield document.fault(("follows",), "DECISION-MISSING", what, todo=todo)
    for position, entry in enumerate(follows.questions):
        place = ("follows", "questions", position)
        name = entry.question
        if name not in before:
            what = f"version {older.version} has no question '{name}'"
            yield document.fault(place, "DECISION-UNKNOWN", what, wanted=listed(before))
        elif entry.decision == "undecided":
            what = f"what becomes of question '{name}' is not decided"
            wanted = "same, replaced (with 'by'), or dropped (with a reason)"
            yield document.fault((*place, "decision"), "DECISION-OPEN", what, wanted=wanted)
        elif entry.decision == "same" and name not in now:
            what = f"question '{name}' is to stay the same, and is not in this version"
            todo = "put it back, or decide: replaced, or dropped"
            yield document.fault(place, "DECISION-SAME", what, todo=todo)
        elif entry.decision in {"replaced", "dropped"} and name in now:
            what = f"question '{name}' is {entry.decision}, and this version still has the id"
            todo = "give the new question an id of its own, or decide: same"
            yield document.fault(place, "DECISION-ID", what, todo=todo)


def _undeclared_faults(
    changes: Sequence[VersionChange], follows: Follows, document: Document
) -> Iterator[Fault]:
    """Changes that can break the series and that nobody declared."""
    position = {entry.question: place for place, entry in enumerate(follows.questions)}
    for change in changes:
        name = change.question.partition(".")[0]
        if (
            change.kind in UNDECLARED
            or change.step is Step.patch
            or (name and name not in position)
        ):
            continue  # where the question is not decided, that is the fault
        entry = follows.questions[position[name]] if name else None
        gone = change.question == name and change.kind == "question removed"
        decided_otherwise = entry is not None and (entry.decision != "same" or gone)
        declared = entry.changed if entry else follows.changed
        if decided_otherwise or (change.kind in declared and change.step is not Step.forbidden):
            continue
        place = ("follows", "questions", position[name]) if name else ("follows",)
        subject = f"{change.question}: " if name else ""
        if change.step is Step.forbidden:
            todo = "give the option a code that was never used, and retire the old one"
            yield document.fault(place, "CHANGE-FORBIDDEN", f"{subject}{change.what}", todo=todo)
            continue
        todo = f"undo it, or name '{change.kind}' under 'changed', with a reason"
        parts = {"wanted": f"({change.comparability})", "todo": todo}
        if change.alarms:
            parts["got"] = f"words that change what is measured: {', '.join(change.alarms)}"
        yield document.fault(place, "CHANGE-UNDECLARED", f"{subject}{change.what}", **parts)


def _idle_faults(
    changes: Sequence[VersionChange], follows: Follows, document: Document
) -> Iterator[Fault]:
    """Declared changes that are not there, and changes without a verdict or a reason."""
    made: dict[str, set[str]] = {}
    for change in changes:
        made.setdefault(change.question.partition(".")[0], set()).add(change.kind)
    for position, entry in enumerate(follows.questions):
        place = ("follows", "questions", position)
        for kind in entry.changed:
            if kind not in made.get(entry.question, set()):
                what = f"a change of {kind} is declared for '{entry.question}', and there is none"
                wanted = listed(sorted(made.get(entry.question, set()))) or "no change declared"
                yield document.fault((*place, "changed"), "CHANGE-IDLE", what, wanted=wanted)
        if entry.changed and not (entry.verdict and entry.reason):
            what = f"'{entry.question}' changed, and there is no verdict with a reason"
            todo = "say under 'verdict' how far answers compare, and under 'reason' why"
            yield document.fault(place, "CHANGE-VERDICT", what, todo=todo)
    for kind in follows.changed:
        if kind not in made.get("", set()):
            what = f"a change of {kind} is declared for the questionnaire, and there is none"
            yield document.fault(("follows", "changed"), "CHANGE-IDLE", what)
    if follows.changed and not follows.reason:
        what = "the questionnaire itself changed, and nobody says why"
        yield document.fault(("follows",), "CHANGE-VERDICT", what, todo="add 'reason:'")


def _reuse_faults(older: Instrument, newer: Instrument, document: Document) -> Iterator[Fault]:
    """Codes that vanished without being retired, or came out of retirement."""
    before = {question.id: question for question in older.questions}
    for position, question in enumerate(newer.questions):
        if question.id not in before:
            continue
        old = before[question.id]
        now = {option.code: option.label for option in question.answers}
        retired = {entry.code for entry in getattr(question, "retired", ())}
        gone = [entry.code for entry in getattr(old, "retired", ())]
        gone += [option.code for option in old.answers if option.code not in now]
        for code in gone:
            meant = {normalised(text) for text in _label_of(old, code).values()}
            if code in now and meant & {normalised(text) for text in now[code].values()}:
                continue  # it comes back for what it meant
            if code in now:
                what = f"'{question.id}': code '{code}' was retired, and is used again"
                todo = "give the option a code that was never used"
                place = ("questions", position, "options")
                yield document.fault(place, "OPTION-RETIRED", what, todo=todo)
            elif code not in retired and hasattr(question, "retired"):
                label = old.label(code).replace('"', "'")
                what = f"'{question.id}': option '{code}' is gone, and its code is not retired"
                language = newer.languages[0]
                todo = (
                    f"add under 'retired': - {{code: {code}, label: {{{language}: "
                    f'"{label}"}}, until: "{older.version}"}}'
                )
                yield document.fault(("questions", position), "CODE-NOT-RETIRED", what, todo=todo)


def _label_of(question: Question, code: str) -> dict[str, str]:
    """What a code means, or meant while it was offered."""
    entries = [*question.answers, *getattr(question, "retired", ())]
    return next((entry.label for entry in entries if entry.code == code), {})


def _declared_step(change: VersionChange, follows: Follows | str | None) -> Step:
    """The step that a change needs: another wording that was judged equivalent is a minor one.

    A question's own text needs evidence for that, such as a pretest.
    """
    decisions = follows.questions if isinstance(follows, Follows) else ()
    entry = next((one for one in decisions if one.question == change.question), None)
    judged = entry is not None and entry.verdict in {"identical", "equivalent"}
    shown = change.kind == "label" or (entry is not None and entry.evidence)
    if judged and shown and change.kind in {"label", "wording"}:
        return min(change.step, Step.minor)
    return change.step


def _step_faults(
    before: str, newer: Instrument, changes: Sequence[VersionChange], document: Document
) -> Iterator[Fault]:
    """The version number moves as far as its changes need, and forward."""
    old, new = numbers(before), numbers(newer.version)
    if old is None or new is None:
        name = before if old is None else newer.version
        what = f"version '{name}' is not a number, so nobody can see how far it moved"
        yield document.fault(("version",), "VERSION-NUMBER", what, wanted="2018, 1.2 or 1.2.3")
        return
    if new <= old:
        what = f"version {newer.version} does not come after {before}"
        yield document.fault(("version",), "VERSION-STEP", what)
        return
    steps = [(_declared_step(change, newer.follows), change) for change in changes]
    needed = max((step for step, _ in steps), default=Step.patch)
    moved = Step.major if new[0] > old[0] else Step.minor if new[1] > old[1] else Step.patch
    if moved < min(needed, Step.major):
        wanted = {
            Step.major: f"{old[0] + 1}.0",
            Step.minor: f"{old[0]}.{old[1] + 1}",
        }[min(needed, Step.major)]
        because = next(change for step, change in steps if step == needed)
        what = f"from {before} to {newer.version} is a {moved.name} step, and the changes need more"
        parts = {"got": str(because), "wanted": f"{wanted} or higher"}
        yield document.fault(("version",), "VERSION-STEP", what, **parts)
