"""Rules of a crosswalk: maps are total, nothing is split, and what stands twice agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from surveylib.errors import listed, nearest
from surveylib.instrument.bands import overlaps_and_gaps
from surveylib.instrument.checking import Problem, problem
from surveylib.instrument.fields import MissingState
from surveylib.instrument.mapping import CARRIED, harmonise
from surveylib.instrument.question import Banded
from surveylib.instrument.rules import twice

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from surveylib.instrument.crosswalk import (
        CrosswalkFile,
        HarmonisedEntry,
        Pair,
        Ref,
        SourceEntry,
    )
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.question import Question

    Place = tuple[str | int, ...]
    Instruments = Mapping[tuple[str, str], Instrument]

STATES = frozenset(get_args(MissingState))


def refs(entry: CrosswalkFile) -> Iterator[tuple[Place, Ref]]:
    """Every question of a version that a crosswalk names, with its place."""
    for position, found in enumerate(entry.harmonised):
        for place, source in enumerate(found.sources):
            yield ("harmonised", position, "sources", place), source
    for position, pair in enumerate(entry.pairs):
        yield ("pairs", position, "from"), pair.earlier
        yield ("pairs", position, "to"), pair.later


def problems(entry: CrosswalkFile, instruments: Instruments) -> list[Problem]:
    """Everything that is wrong with a crosswalk beside the versions that it names."""
    found = [
        problem(
            ("harmonised", again, "id"),
            "CROSSWALK-REPEATED",
            f"'{entry.harmonised[again].id}' stands twice",
        )
        for again, _ in twice([one.id for one in entry.harmonised])
    ]
    for where, ref in refs(entry):
        instrument = instruments.get((ref.instrument or entry.id, ref.version))
        if instrument and ref.question not in instrument.question_ids:
            guess = nearest(ref.question, instrument.question_ids)
            what = f"{instrument.id} {instrument.version} has no question '{ref.question}'"
            todo = f"did you mean '{guess}'?" if guess else "name a question of that version"
            place = (*where, "question")
            found.append(problem(place, "CROSSWALK-QUESTION", what, todo=todo))
    if found:
        return found
    for position, one in enumerate(entry.harmonised):
        found += _harmonised(("harmonised", position), one, entry.id, instruments)
    if not found:
        for position, one in enumerate(entry.harmonised):
            found += _merged_bands(("harmonised", position), one, entry.id, instruments)
        for position, pair in enumerate(entry.pairs):
            found += _pair(("pairs", position), pair, entry, instruments)
    return found


def _merged_bands(
    place: Place, entry: HarmonisedEntry, owner: str, instruments: Instruments
) -> Iterator[Problem]:
    """Bands that are called identical, and are merged to the cuts that all versions have."""
    if entry.kind != "banded" or any(
        (one.instrument or owner, one.version) not in instruments for one in entry.sources
    ):
        return
    built = harmonise(entry, owner, instruments)
    for position, (told, source) in enumerate(zip(entry.sources, built.sources, strict=True)):
        if told.verdict == "identical" and source.detail_lost:
            what = "the verdict is identical, and bands are merged"
            where = (*place, "sources", position, "verdict")
            yield problem(where, "CROSSWALK-VERDICT", what, wanted="equivalent at best")


def _asked(ref: Ref, owner: str, instruments: Instruments) -> Question | None:
    instrument = instruments.get((ref.instrument or owner, ref.version))
    return instrument.question(ref.question) if instrument else None


def _harmonised(
    place: Place, entry: HarmonisedEntry, owner: str, instruments: Instruments
) -> list[Problem]:
    banded = entry.kind == "banded"
    found = []
    if banded == bool(entry.options):
        what = "bands are computed" if banded else "a harmonised question needs options"
        todo = "remove 'options'" if banded else "add 'options:'"
        found.append(problem((*place, "options"), "CROSSWALK-OPTIONS", what, todo=todo))
    if entry.thresholds and not banded:
        what = "thresholds have a meaning for bands only"
        found.append(problem((*place, "thresholds"), "CROSSWALK-OPTIONS", what))
    found += [
        problem((*place, "options", position, "code"), "OPTION-MISSING-STATE", what)
        for position, option in enumerate(entry.options)
        if option.code in STATES
        for what in [f"'{option.code}' is the name of a missing state"]
    ]
    found += [
        problem((*place, "options", again), "OPTION-REPEATED", "option code stands twice")
        for again, _ in twice([option.code for option in entry.options])
    ]
    keys = [f"{one.instrument or owner}@{one.version}" for one in entry.sources]
    for again, _ in twice(keys):
        what = f"{keys[again]} leads to '{entry.id}' twice"
        found.append(problem((*place, "sources", again), "CROSSWALK-REPEATED", what))
    for position, source in enumerate(entry.sources):
        question = _asked(source, owner, instruments)
        if question is not None:
            found += _source((*place, "sources", position), source, question, entry)
    return found


def _source(
    place: Place, source: SourceEntry, question: Question, entry: HarmonisedEntry
) -> Iterator[Problem]:
    """One version's map: total, to what exists, and no better than it can be."""
    if source.verdict not in CARRIED:
        if source.map or source.missing or source.absent:
            what = f"the verdict is {source.verdict}, and nothing is carried over"
            yield problem(place, "CROSSWALK-VERDICT", what, todo="remove the maps")
        return
    banded = entry.kind == "banded"
    if banded != isinstance(question, Banded):
        what = f"'{question.id}' is of another kind than '{entry.id}'"
        yield problem((*place, "question"), "CROSSWALK-KIND", what, wanted=entry.kind)
        return
    if (entry.kind == "multi_answer") == question.exclusive:
        what = f"'{question.id}' takes one answer and '{entry.id}' several, or the reverse"
        yield problem((*place, "question"), "CROSSWALK-KIND", what)
        return
    codes = [option.code for option in question.answers if not option.net_of]
    yield from _total(place, "map", source.map, [] if banded else codes)
    yield from _total(place, "missing", source.missing, list(question.missing))
    yield from _targets(place, source, entry)
    yield from _reading(place, source, question)


def _total(
    place: Place, key: str, given: Mapping[str, object], wanted: list[str]
) -> Iterator[Problem]:
    """Every answer goes somewhere; none that does not exist goes anywhere."""
    subject = "option" if key == "map" else "way of not answering"
    if left := [code for code in wanted if code not in given]:
        what = f"no way for {subject} {listed(left)}"
        todo = "say where each goes; there is no default"
        yield problem((*place, key), "CROSSWALK-TOTAL", what, todo=todo)
    if idle := [code for code in given if code not in wanted]:
        what = f"{listed(idle)} is no {subject} of the question"
        parts = {"wanted": listed(wanted) or "none: intervals say where bands go"}
        yield problem((*place, key), "CROSSWALK-TOTAL", what, **parts)


def _targets(place: Place, source: SourceEntry, entry: HarmonisedEntry) -> Iterator[Problem]:
    codes = [option.code for option in entry.options]
    for key, given in (("map", source.map), ("missing", source.missing)):
        for code, target in given.items():
            if isinstance(target, tuple):
                what = f"'{code}' is split into {listed(target)}: nobody knows which respondent"
                todo = f"merge {listed(target)} in the harmonised question"
                yield problem((*place, key, code), "CROSSWALK-SPLIT", what, todo=todo)
            elif target not in STATES and target not in codes:
                what = f"'{code}' leads to '{target}', no option of '{entry.id}'"
                wanted = f"{listed(codes)} or a missing state"
                yield problem((*place, key, code), "CROSSWALK-TARGET", what, wanted=wanted)
    if entry.kind == "banded":
        if source.absent:
            what = "bands are computed, and none of them can be absent"
            yield problem((*place, "absent"), "CROSSWALK-ABSENT", what)
        return
    reached = {target for target in source.map.values() if isinstance(target, str)}
    reached |= set(source.missing.values())
    if left := [code for code in codes if code not in reached and code not in source.absent]:
        what = f"nothing leads to {listed(left)}"
        todo = f"if it was not offered, say so: absent: {{{left[0]}: not_asked_design}}"
        yield problem(place, "CROSSWALK-ABSENT", what, todo=todo)
    if idle := [code for code in source.absent if code in reached or code not in codes]:
        what = f"{listed(idle)} is declared absent, and is reached or does not exist"
        yield problem((*place, "absent"), "CROSSWALK-ABSENT", what)
    yield from _verdict(place, source, entry)


def _verdict(place: Place, source: SourceEntry, entry: HarmonisedEntry) -> Iterator[Problem]:
    """A verdict that is better than the map allows."""
    renamed = any(code != to for code, to in (*source.map.items(), *source.missing.items()))
    if source.verdict == "identical" and (renamed or source.absent):
        what = "the verdict is identical, and answers are renamed, merged or absent"
        yield problem((*place, "verdict"), "CROSSWALK-VERDICT", what, wanted="equivalent at best")
    if source.verdict == "equivalent" and source.absent and entry.kind != "multi_answer":
        what = "the verdict is equivalent, and an option was not offered: others took its answers"
        yield problem((*place, "verdict"), "CROSSWALK-VERDICT", what, wanted="limited at best")


def _reading(place: Place, source: SourceEntry, question: Question) -> Iterator[Problem]:
    """How a list with overlaps or gaps is read; nothing to read where it has none."""
    overlaps: object = ()
    gaps: object = ()
    if isinstance(question, Banded):
        options = [option for option in question.options if not option.net_of]
        overlaps, gaps = overlaps_and_gaps(options, question.minimum)
    if gaps and source.gaps is None:
        what = f"the bands of '{question.id}' leave counts out, and nobody says where they went"
        wanted = "'absorbed', into the bands beside; or 'unused', they did not occur"
        yield problem(place, "CROSSWALK-GAPS", what, wanted=wanted, todo="add 'gaps:'")
    if source.gaps and not gaps:
        what = f"'gaps' is declared, and '{question.id}' leaves none"
        yield problem((*place, "gaps"), "CROSSWALK-GAPS", what)
    if source.reading and not overlaps:
        what = f"a reading is declared, and the bands of '{question.id}' do not overlap"
        yield problem((*place, "reading"), "CROSSWALK-GAPS", what)


def _pair(
    place: Place, pair: Pair, entry: CrosswalkFile, instruments: Instruments
) -> Iterator[Problem]:
    """Two versions side by side: total, and composed with the harmonised maps the same."""
    ends = [_asked(ref, entry.id, instruments) for ref in (pair.earlier, pair.later)]
    if ends[0] is None or ends[1] is None:
        return
    codes = [option.code for option in ends[0].answers if not option.net_of]
    yield from _total(place, "map", pair.map, codes)
    given = {**pair.map, **pair.missing}
    for code, target in given.items():
        if target not in ends[1].answer_codes and target not in STATES:
            what = f"'{code}' leads to '{target}', no answer of '{ends[1].id}'"
            parts = {"wanted": listed(ends[1].answer_codes)}
            key = "map" if code in pair.map else "missing"
            yield problem((*place, key, code), "CROSSWALK-TARGET", what, **parts)
    for one in entry.harmonised:
        maps = {
            (source.instrument or entry.id, source.version, source.question): {
                **source.map,
                **source.missing,
            }
            for source in one.sources
            if source.map
        }
        first, second = (
            maps.get((ref.instrument or entry.id, ref.version, ref.question))
            for ref in (pair.earlier, pair.later)
        )
        if not first or not second:
            continue
        for code, middle in given.items():
            straight, round_about = first.get(code), second.get(middle, middle)
            if straight is not None and straight != round_about:
                what = (
                    f"'{code}' leads to '{straight}' of '{one.id}', and by way of '{middle}' to "
                    f"'{round_about}'"
                )
                key = "map" if code in pair.map else "missing"
                yield problem((*place, key, code), "CROSSWALK-COMPOSITION", what)
