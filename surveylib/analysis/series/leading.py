"""The waves that lead to a harmonised question, and what is said of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from surveylib.analysis.study import COMPARABLE
from surveylib.errors import UnknownNameError
from surveylib.instrument.carrying import asking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.study import AnyWave, Study
    from surveylib.instrument.mapping import Harmonised, SourceMap


class Leading(NamedTuple):
    """The map of each wave that can be carried over, and in words what was done, wave by wave."""

    sources: dict[str, SourceMap]
    told: tuple[tuple[str, str], ...]


def leading(study: Study, harmonised: Harmonised) -> Leading:
    """Find which waves can be carried over to a harmonised question.

    Args:
        study: The study.
        harmonised: The question.
    """
    found: dict[str, SourceMap] = {}
    told: list[tuple[str, str]] = []
    for wave in study.waves:
        instrument = wave.instrument
        own = [
            one
            for one in harmonised.sources
            if (one.instrument, one.version) == (instrument.id, instrument.version)
        ]
        if own and own[0].verdict in COMPARABLE:
            found[wave.name] = own[0]
            words = list(_words(wave.name, own[0], harmonised))
        elif own:
            verdict = own[0].verdict.replace("_", " ")
            words = [f"{wave.name}: left out ({verdict}). {own[0].reason}"]
        else:
            words = [_no_source(study, wave, harmonised)]
        told += [(wave.name, line) for line in words]
    return Leading(found, tuple(told))


def _no_source(study: Study, wave: AnyWave, harmonised: Harmonised) -> str:
    """Why a wave whose version is no source is left out, and what to do where it asked."""
    instrument = wave.instrument
    known = {
        one.instrument.version: one.instrument
        for one in study.waves
        if one.instrument.id == instrument.id
    }
    name = asking(harmonised, instrument, known)
    if name is None:
        return f"{wave.name}: no question leads to '{harmonised.id}', so it is left out."
    said = f"It asked '{name}' with {instrument.id} {instrument.version}"
    todo = "add it there, with verdict: break if it must not be compared"
    return (
        f"{wave.name}: left out. {said}, which is no source of '{harmonised.id}' in "
        f"crosswalk.yaml: {todo}."
    )


def harmonised_answer(harmonised: Harmonised, asked: Asked) -> tuple[str, list[str]]:
    """The harmonised answer that is asked for: by its own name, or by that of a version's answer.

    Args:
        harmonised: The question.
        asked: What is asked for.

    Returns:
        The answer, and what must be said of it.

    Raises:
        UnknownNameError: There is no such answer.
    """
    known = [option.code for option in harmonised.options]
    known += [one for source in harmonised.sources for one in source.targets.values()]
    if asked.answer in {"", *known}:
        return asked.answer, []
    found = {
        source.targets[asked.answer]
        for source in harmonised.sources
        if asked.answer in source.targets
    }
    if len(found) != 1:
        where = f"'{harmonised.id}', the question over all versions"
        raise UnknownNameError.of("answer", asked.answer, dict.fromkeys(known), where=where)
    (answer,) = found
    return answer, [f"'{asked.answer}' of the questionnaires is '{answer}' here."]


def _words(wave: str, source: SourceMap, harmonised: Harmonised) -> Iterator[str]:
    """What was done to the answers of one wave."""
    name = "" if source.question == harmonised.id else f" asked as '{source.question}',"
    yield f"{wave}:{name} {source.verdict}. {source.reason}"
    together: dict[str, list[str]] = {}
    for code, target in source.targets.items():
        together.setdefault(target, []).append(code)
    merged = [f"{' + '.join(codes)} → {target}" for target, codes in together.items()
              if len(codes) > 1]  # fmt: skip
    if merged:
        yield f"{wave}: put together {'; '.join(merged)}."
    if source.detail_lost:
        lost = ", ".join(f"{cut:,}" for cut in source.detail_lost)
        yield f"{wave}: bands also ended at {lost}, which not all waves can tell apart."
    if source.absent:
        yield f"{wave}: did not offer {', '.join(source.absent)}: not asked, so not compared."
