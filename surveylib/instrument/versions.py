"""Two versions of a questionnaire: what changed, and what that does to comparability."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.instrument.changes import Step, VersionChange, VersionDiff
from surveylib.instrument.question_diff import BREAK, change_of, question_changes
from surveylib.instrument.wording import normalised, wording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from surveylib.instrument.model import Instrument


def diff(older: Instrument, newer: Instrument) -> VersionDiff:
    """Find every change between two versions of a questionnaire.

    Args:
        older: The version before.
        newer: The version after.

    Example:
        >>> from surveylib.instrument.library import load_instrument
        >>> older = load_instrument("instruments/netclean/2018.yaml")
        >>> print(diff(older, older))
        netclean 2018 → netclean 2018: nothing changed
    """
    before = {item.id: item for item in older.items}
    after = {item.id: item for item in newer.items}
    changes = [*_whole(older, newer)]
    for name, question in after.items():
        if name in before:
            changes += question_changes(before[name], question)
        else:
            effect = "new series"
            changes.append(
                change_of(question, "question added", "question added", Step.minor, effect)
            )
    changes += [
        change_of(question, "question removed", "question removed", Step.major, "series ends")
        for name, question in before.items()
        if name not in after
    ]
    return VersionDiff(
        older=f"{older.id} {older.version}",
        newer=f"{newer.id} {newer.version}",
        changes=tuple(changes),
    )


def _whole(older: Instrument, newer: Instrument) -> Iterator[VersionChange]:
    """Changes of the questionnaire itself."""
    if older.population != newer.population and normalised(older.population) == normalised(
        newer.population
    ):
        yield _whole_change("typography", "typography of the population", Step.patch, "identical")
    if normalised(older.population) != normalised(newer.population):
        words, alarms = wording(older.population, newer.population)
        yield VersionChange(
            question="",
            kind="population",
            what=f"population: {words}",
            step=Step.major,
            comparability="break unless bridged",
            alarms=alarms,
        )
    if set(older.mode) != set(newer.mode):
        told = older.mode and newer.mode
        what = f"mode {', '.join(older.mode) or 'not told'} → {', '.join(newer.mode) or 'not told'}"
        effect = BREAK if told else "not known: one version does not tell"
        yield _whole_change("mode", what, Step.major if told else Step.minor, effect)
    yield from _whole_texts(older, newer)
    if older.introduction != newer.introduction:
        yield from _introduction(older.introduction or {}, newer.introduction or {})
    shared = set(older.question_ids) & set(newer.question_ids)
    if [n for n in older.question_ids if n in shared] != [
        n for n in newer.question_ids if n in shared
    ]:
        yield VersionChange(
            question="",
            kind="order",
            what="questions stand in another order",
            step=Step.minor,
            comparability="identical; answers may depend on what was asked before",
        )


def _whole_change(kind: str, what: str, step: Step, comparability: str) -> VersionChange:
    return VersionChange(question="", kind=kind, what=what, step=step, comparability=comparability)


def _whole_texts(older: Instrument, newer: Instrument) -> Iterator[VersionChange]:
    """Languages, sections, and how ways of not answering are shown."""
    if set(older.languages) != set(newer.languages) or older.languages[0] != newer.languages[0]:
        what = f"languages {', '.join(older.languages)} → {', '.join(newer.languages)}"
        moved = older.languages[0] != newer.languages[0]
        gone = set(older.languages) - set(newer.languages)
        step = Step.minor if moved or gone else Step.patch
        yield _whole_change("translation", what, step, "identical in the languages of both")
    was, now = ([part.questions for part in one.sections] for one in (older, newer))
    if was != now:
        what = f"{len(was) or 'no'} sections → {len(now) or 'no'}, or others"
        effect = "identical; answers may depend on what stands beside"
        yield _whole_change("sections", what, Step.minor, effect)
    for state in dict.fromkeys([*older.missing_labels, *newer.missing_labels]):
        before, after = older.missing_labels.get(state, {}), newer.missing_labels.get(state, {})
        if before == after:
            continue
        shared = [language for language in after if language in before]
        reworded = any(normalised(before[one]) != normalised(after[one]) for one in shared)
        what = f"how '{state}' is shown: {_first(before)} → {_first(after)}"
        effect = "suspect: more or fewer may choose it" if reworded else "identical"
        yield _whole_change("missing label", what, Step.major if reworded else Step.patch, effect)


def _first(texts: Mapping[str, str]) -> str:
    return f"“{next(iter(texts.values()))}”" if texts else "not told"


def _introduction(older: Mapping[str, str], newer: Mapping[str, str]) -> Iterator[VersionChange]:
    """What respondents read first: it says what words of the questions mean."""
    for language in dict.fromkeys([*older, *newer]):
        before, after = older.get(language, ""), newer.get(language, "")
        if normalised(before) != normalised(after):
            words, alarms = wording(before, after)
            yield VersionChange(
                question="",
                kind="introduction",
                what=f"introduction ({language}): {words}",
                step=Step.major,
                comparability="suspect",
                alarms=alarms,
            )
