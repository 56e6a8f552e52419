"""Load a study: every wave, the instruments they used, and what does not fit together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from surveylib.analysis.study import Study
from surveylib.errors import (
    Fault,
    InputError,
    ManifestError,
    PublishedError,
    ResponsesError,
    StudyError,
    UnknownNameError,
    listed,
)
from surveylib.instrument import library
from surveylib.wave.compiling import check_columns
from surveylib.wave.door import check_hash, load_versions_of
from surveylib.wave.manifest import ResponsesManifest, read_study_manifest, read_wave_manifest
from surveylib.wave.model import PublishedWave
from surveylib.wave.opened import open_wave
from surveylib.wave.published import load_figures, read_words
from surveylib.wave.responses import Elsewhere, Wave

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from surveylib.analysis.study import AnyWave
    from surveylib.instrument.library import LoadedInstrument
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.yamltext import Document
    from surveylib.wave.published import Words


def load_study(
    folder: str | Path,
    *,
    instruments: str | Path | None = None,
    data: str | Path | None = None,
    look: bool = True,
) -> Study:
    """Load every wave of a study, and the instruments they used.

    Args:
        folder: The study's folder, such as `waves/netclean`.
        instruments: Where instruments stand; left out, `instruments/` beside `waves/`.
        data: Where responses stand that are kept outside the study's folder.
        look: Whether responses kept elsewhere are needed; without them, their waves have no rows.

    Raises:
        UnknownNameError: There is no such study.
        InputError: Files are wrong, or do not fit together; carries every fault.

    Example:
        >>> load_study("waves/netclean").wave_names
        ('2015', '2016', '2017', '2018', '2019', '2020')
    """
    place = Path(folder)
    if not (place / "study.yaml").is_file():
        near = sorted(entry.parent.name for entry in place.parent.glob("*/study.yaml"))
        hint = f" Studies in {place.parent}: {listed(near)}." if near else ""
        message = f"no study in {place}: there is no study.yaml.{hint}"
        raise UnknownNameError(message)
    manifest, document = read_study_manifest(place)
    words, faults = read_words(place / manifest.words if manifest.words else None)
    shelf = Path(instruments) if instruments else _shelf(place)
    outside = _Outside(data=None if data is None else Path(data), look=look)
    waves = _load_waves(place, shelf, words, faults, outside)
    if faults := _faults_between_waves(waves):
        raise StudyError(faults)
    waves.sort(key=_order)
    return Study(manifest=manifest, waves=tuple(waves), folder=place, document=document)


def _order(wave: AnyWave) -> tuple[str, str]:
    return wave.manifest.order if wave.manifest else (wave.name, wave.name)


def _shelf(folder: Path) -> Path:
    """The folder of instruments beside the one of waves, as short as the study's was given."""
    if len(folder.parts) >= 2 and ".." not in folder.parts:
        return folder.parent.parent / "instruments"
    return folder / ".." / ".." / "instruments"


#: Faults of figures that may follow from what is wrong with the words, and then are not told.
_OF_WORDS = frozenset({"WORDS-UNKNOWN", "RANGE-DIFFERS", "FIGURE-IMPOSSIBLE", "SHARES-OVER-100"})


class _Outside(NamedTuple):
    """Responses that are kept outside the study: where, and whether they are needed."""

    data: Path | None
    look: bool


def _load_waves(
    folder: Path, shelf: Path, words: Words, faults: list[Fault], outside: _Outside
) -> list[AnyWave]:
    """Every wave of a study, or every fault of all its files, each told once.

    Args:
        folder: The study's folder.
        shelf: The folder of instruments.
        words: What shares in words stand for.
        faults: What was wrong before.
        outside: Responses that are kept outside the study.
    """
    waves: list[AnyWave] = []
    kinds: set[type[InputError]] = {PublishedError} if faults else set()
    found = list(faults)
    loaded: dict[Path, LoadedInstrument] = {}
    for entry in sorted(place for place in folder.iterdir() if place.is_dir()):
        if entry.name.startswith((".", "_")):
            continue
        try:
            waves.append(_load_wave(entry, shelf, words, loaded, outside))
        except InputError as error:
            told = [fault for fault in error.faults if not (faults and fault.code in _OF_WORDS)]
            if told:
                kinds.add(ResponsesError if isinstance(error, ResponsesError) else type(error))
                found += told
    if not waves and not found:
        what = "the study has no wave"
        todo = "put each wave in a folder of its own, with a wave.yaml"
        found.append(Fault(code="STUDY-EMPTY", what=what, file=str(folder), todo=todo))
    if found:
        files = {fault.file for fault in found}
        single = kinds.pop() if len(kinds) == 1 and len(files) == 1 else StudyError
        raise single(list(dict.fromkeys(found)))
    return waves


def _load_wave(
    folder: Path,
    shelf: Path,
    words: Words,
    loaded: dict[Path, LoadedInstrument],
    outside: _Outside,
) -> AnyWave:
    if not (folder / "wave.yaml").is_file():
        what = "a folder of the study has no wave.yaml"
        todo = "add one, or move the folder elsewhere"
        raise ManifestError([Fault(code="WAVE-MISSING", what=what, file=str(folder), todo=todo)])
    manifest, document = read_wave_manifest(folder, outside.data)
    try:
        path = library.find(shelf, manifest.instrument)
    except UnknownNameError as error:
        fault = document.fault(("instrument",), "INSTRUMENT-UNKNOWN", str(error))
        raise ManifestError([fault]) from error
    if path not in loaded:
        loaded[path] = library.load(path)
    if isinstance(manifest, ResponsesManifest):
        return _load_responses(folder, manifest, document, loaded[path], shelf, outside)
    check_hash(manifest.instrument_hash, loaded[path], document)
    figures = [
        figure
        for entry in manifest.files
        for figure in load_figures(folder / entry.path, manifest, loaded[path].instrument, words)
    ]
    return PublishedWave(
        manifest=manifest,
        loaded=loaded[path],
        figures=tuple(figures),
        folder=folder,
        document=document,
    )


def _load_responses(  # noqa: PLR0917 - what one wave is loaded with
    folder: Path,
    manifest: ResponsesManifest,
    document: Document,
    loaded: LoadedInstrument,
    shelf: Path,
    outside: _Outside,
) -> Wave:
    versions = load_versions_of(manifest, document, shelf)
    if manifest.responses.kept == "elsewhere" and outside.data is None and not outside.look:
        if faults := check_columns(manifest, versions, document, document.file):
            raise ManifestError(faults)
        wave = Wave(
            name=manifest.wave,
            instrument=versions[0],
            asked=(),
            fields=(),
            rows=0,
            source=Elsewhere(),
            manifest=manifest,
            sha256=manifest.responses.sha256,
        )
    else:
        wave = open_wave(folder, manifest, document, versions, data=outside.data, shelf=shelf)
    return replace(wave, loaded=loaded, folder=folder, document=document)


def _faults_between_waves(waves: Sequence[AnyWave]) -> list[Fault]:
    """The same data twice, and comparisons with what the other version does not have."""
    found = []
    data: dict[str, str] = {}
    for wave in waves:
        for position, (_, digest) in enumerate(wave.files):
            first = data.setdefault(digest, wave.name)
            if first != wave.name and wave.document is not None:
                what = f"waves {first} and {wave.name} are the same data"
                todo = "name the file of this wave, with its sha256"
                place: tuple[str | int, ...] = ("files", position, "sha256")
                if isinstance(wave, Wave):
                    place = ("responses", "sha256")
                found.append(wave.document.fault(place, "STUDY-SAME-DATA", what, todo=todo))
    versions = {wave.instrument.version: wave.instrument for wave in waves}
    for loaded in loaded_instruments(waves):
        found += _comparison_faults(loaded, versions)
    return found


def loaded_instruments(waves: Sequence[AnyWave]) -> list[LoadedInstrument]:
    """The questionnaires of waves with their files, each once."""
    found = {wave.loaded.path: wave.loaded for wave in waves if wave.loaded is not None}
    return list(found.values())


def _comparison_faults(
    loaded: LoadedInstrument, versions: dict[str, Instrument]
) -> Iterator[Fault]:
    """Comparisons whose other side does not exist."""
    for position, entry in enumerate(loaded.instrument.comparisons):
        other = versions.get(entry.other.version)
        name = entry.other.question or entry.question
        code, what, wanted = "", "", ""
        if other is None:
            code = "COMPARISON-VERSION"
            what = f"no wave of this study used version '{entry.other.version}'"
            wanted = listed(versions)
        elif name not in other.question_ids:
            code = "COMPARISON-QUESTION"
            what = f"version {other.version} has no question '{name}'"
            wanted = listed(other.question_ids)
        else:
            answer = entry.other.answer or entry.answer
            known = other.question(name).answer_codes
            if answer and answer not in known:
                code = "COMPARISON-ANSWER"
                what = f"'{name}' of version {other.version} has no answer '{answer}'"
                wanted = listed(known)
        if code:
            place = ("comparisons", position, "with")
            yield loaded.document.fault(place, code, what, wanted=wanted)
