"""Versions that ask what a harmonised question asks, and that crosswalk.yaml does not carry on."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from surveylib.errors import InstrumentError
from surveylib.instrument import library, yamltext
from surveylib.instrument.crosswalk import load_crosswalk
from surveylib.instrument.mapping import CARRIED
from surveylib.instrument.model import Follows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from surveylib.errors import Fault
    from surveylib.instrument.mapping import Harmonised, SourceMap
    from surveylib.instrument.model import Instrument


def lint(folder: Path, used: Collection[str] | None = None) -> list[Fault]:
    """Find newer versions that could be sources of a harmonised question and are not.

    Waves of such a version are left out of every change and trend of the question.

    Args:
        folder: The folder of a questionnaire.
        used: The versions that are looked at, as `instrument@version`; None for all.

    Returns:
        Warnings with the code `LINT-CROSSWALK`; none where there is no crosswalk.

    Raises:
        InstrumentError: The crosswalk is wrong, and all versions are looked at.
    """
    place = folder / library.CROSSWALK
    if not place.is_file():
        return []
    try:
        crosswalk = load_crosswalk(place)
    except InstrumentError:
        if used is None:
            raise
        return []  # of waves: what needs the crosswalk says what is wrong with it
    versions = tuple(_readable(folder))
    document = yamltext.read(place, str(place))
    return [
        document.fault(
            ("harmonised", position, "sources"),
            "LINT-CROSSWALK",
            f"version {newer.version} asks '{name}', and is no source of '{one.id}'",
            wanted="a source for each version that asks it, or its waves are left out",
            todo=f'add - {{version: "{newer.version}", question: {name}, ...}}, with verdict: '
            "break and the reason if its answers must not be compared",
        )
        for position, one in enumerate(crosswalk.harmonised)
        for newer, name in _not_carried(one, crosswalk.id, versions)
        if used is None or f"{newer.id}@{newer.version}" in used
    ]


def _readable(folder: Path) -> Iterator[Instrument]:
    """The versions that are in order, oldest first; of others the check itself tells."""
    for file in library.versions_in(folder):
        with contextlib.suppress(InstrumentError):
            yield library.load(file).instrument


def _not_carried(
    one: Harmonised, owner: str, versions: tuple[Instrument, ...]
) -> Iterator[tuple[Instrument, str]]:
    """Each version after the first source that could be one, and the question that it asks."""
    known = {version.version: version for version in versions}
    for newer in versions:
        before = [source for source in _sources(one, owner) if _order(source) < _order(newer)]
        listed = any(source.version == newer.version for source in _sources(one, owner))
        # A break that is declared last holds for what comes after, too.
        if before and not listed and before[-1].verdict in CARRIED:
            name = asking(one, newer, known)
            if name is not None:
                yield newer, name


def _order(versioned: SourceMap | Instrument) -> tuple[list[int], str]:
    """As `library.versions_in` sorts them."""
    return [int(n) for n in re.findall(r"\d+", versioned.version)], versioned.version


def _sources(one: Harmonised, owner: str) -> list[SourceMap]:
    """The sources of one questionnaire, from old to new."""
    return sorted((source for source in one.sources if source.instrument == owner), key=_order)


def asking(one: Harmonised, instrument: Instrument, known: Mapping[str, Instrument]) -> str | None:
    """The question of a version that could be a source of a harmonised question; None for none.

    Args:
        one: The harmonised question.
        instrument: A version that is no source of it.
        known: Versions of the same questionnaire, by their numbers.
    """
    for source in reversed(_sources(one, instrument.id)):
        if source.verdict in CARRIED:
            name = goes_on_as(source.question, source.version, instrument, known)
            if name is not None:
                return name
    return None


def goes_on_as(
    question: str, older: str, newer: Instrument, known: Mapping[str, Instrument]
) -> str | None:
    """What a version calls a question of an older one: by the same id, or as it declares.

    Args:
        question: The id in the older version.
        older: The older version.
        newer: The version that is looked at.
        known: The versions between, by their numbers.

    Returns:
        The id; None where the version has no such question, or declares a break.
    """
    told = [
        entry
        for entry in newer.declared
        if entry.other.version == older and (entry.other.question or entry.question) == question
    ]
    if carried := [entry.question for entry in told if entry.verdict in CARRIED]:
        return question if question in carried else carried[0]
    if not told and question in newer.question_ids:
        return question
    middle = newer.follows.version if isinstance(newer.follows, Follows) else older
    if told or middle == older or middle not in known:
        return None
    left = {version: one for version, one in known.items() if version != newer.version}
    between = goes_on_as(question, older, known[middle], left)
    return None if between is None else goes_on_as(between, middle, newer, left)
