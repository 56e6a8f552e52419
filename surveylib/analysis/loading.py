"""Load a study: every wave, the instruments they used, and what does not fit together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from surveylib.analysis.study import Study
from surveylib.errors import (
    Fault,
    InputError,
    ManifestError,
    PublishedError,
    StudyError,
    UnknownNameError,
    listed,
)
from surveylib.instrument import library
from surveylib.instrument.identity import instrument_hash
from surveylib.wave.manifest import read_study_manifest, read_wave_manifest
from surveylib.wave.model import PublishedWave
from surveylib.wave.published import load_figures, read_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from surveylib.instrument.library import LoadedInstrument
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.yamltext import Document
    from surveylib.wave.manifest import WaveManifest
    from surveylib.wave.published import Words


def load_study(folder: str | Path, *, instruments: str | Path | None = None) -> Study:
    """Load every wave of a study, and the instruments they used.

    Args:
        folder: The study's folder, such as `waves/netclean`.
        instruments: Where instruments stand; left out, `instruments/` beside `waves/`.

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
    waves = _load_waves(place, shelf, words, faults)
    if faults := _faults_between_waves(waves):
        raise StudyError(faults)
    waves.sort(key=lambda wave: wave.manifest.order)
    return Study(manifest=manifest, waves=tuple(waves), folder=place, document=document)


def _shelf(folder: Path) -> Path:
    """The folder of instruments beside the one of waves, as short as the study's was given."""
    if len(folder.parts) >= 2 and ".." not in folder.parts:
        return folder.parent.parent / "instruments"
    return folder / ".." / ".." / "instruments"


#: Faults of figures that may follow from what is wrong with the words, and then are not told.
_OF_WORDS = frozenset({"WORDS-UNKNOWN", "RANGE-DIFFERS", "FIGURE-IMPOSSIBLE", "SHARES-OVER-100"})


def _load_waves(
    folder: Path, shelf: Path, words: Words, faults: list[Fault]
) -> list[PublishedWave]:
    """Every wave of a study, or every fault of all its files, each told once.

    Args:
        folder: The study's folder.
        shelf: The folder of instruments.
        words: What shares in words stand for.
        faults: What was wrong before.
    """
    waves: list[PublishedWave] = []
    kinds: set[type[InputError]] = {PublishedError} if faults else set()
    found = list(faults)
    loaded: dict[Path, LoadedInstrument] = {}
    for entry in sorted(place for place in folder.iterdir() if place.is_dir()):
        if entry.name.startswith((".", "_")):
            continue
        try:
            waves.append(_load_wave(entry, shelf, words, loaded))
        except InputError as error:
            told = [fault for fault in error.faults if not (faults and fault.code in _OF_WORDS)]
            if told:
                kinds.add(type(error))
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
    folder: Path, shelf: Path, words: Words, loaded: dict[Path, LoadedInstrument]
) -> PublishedWave:
    if not (folder / "wave.yaml").is_file():
        what = "a folder of the study has no wave.yaml"
        todo = "add one, or move the folder elsewhere"
        raise ManifestError([Fault(code="WAVE-MISSING", what=what, file=str(folder), todo=todo)])
    manifest, document = read_wave_manifest(folder)
    try:
        path = library.find(shelf, manifest.instrument)
    except UnknownNameError as error:
        fault = document.fault(("instrument",), "INSTRUMENT-UNKNOWN", str(error))
        raise ManifestError([fault]) from error
    if path not in loaded:
        loaded[path] = library.load(path)
    _check_hash(manifest, document, loaded[path])
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


def _check_hash(manifest: WaveManifest, document: Document, loaded: LoadedInstrument) -> None:
    """Stop where the version was edited after the wave had used it."""
    stands = instrument_hash(loaded.instrument)
    if manifest.instrument_hash == stands:
        return
    place: tuple[str, ...] = ("instrument_hash",)
    name = manifest.instrument
    if manifest.instrument_hash is None:
        place, what = ("instrument",), f"nothing holds {name} to what this wave was asked"
        todo = f"add instrument_hash: {stands}"
    else:
        what = f"{name} is not the version that this wave was asked: it was edited"
        todo = (
            f"undo the edit of {loaded.document.file}, and start a new version for it; or, if "
            f"the file was wrong about what was asked, write instrument_hash: {stands}"
        )
    raise ManifestError([document.fault(place, "INSTRUMENT-HASH", what, todo=todo)])


def _faults_between_waves(waves: list[PublishedWave]) -> list[Fault]:
    """The same data twice, and comparisons with what the other version does not have."""
    found = []
    data: dict[str, str] = {}
    for wave in waves:
        for position, entry in enumerate(wave.manifest.files):
            first = data.setdefault(entry.sha256, wave.name)
            if first != wave.name:
                what = f"waves {first} and {wave.name} are the same data"
                todo = "name the file of this wave, with its sha256"
                place = ("files", position, "sha256")
                found.append(wave.document.fault(place, "STUDY-SAME-DATA", what, todo=todo))
    versions = {wave.instrument.version: wave.instrument for wave in waves}
    for loaded in {wave.loaded.path: wave.loaded for wave in waves}.values():
        found += _comparison_faults(loaded, versions)
    return found


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
