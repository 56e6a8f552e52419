"""Find and load instruments: instruments/<name>/<version>.yaml, every fault with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from surveylib.errors import Fault, InstrumentError, UnknownNameError, listed
from surveylib.instrument import structure, yamltext
from surveylib.instrument.checking import validate
from surveylib.instrument.model import Comparison, Instrument
from surveylib.instrument.question import AnyQuestion

if TYPE_CHECKING:
    from surveylib.instrument.yamltext import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedInstrument:
    """An instrument with the file it came from, for messages that name a line."""

    instrument: Instrument
    document: Document
    path: Path


def load_instrument(path: str | Path) -> Instrument:
    """Load one version of a questionnaire.

    Args:
        path: The file, such as `instruments/netclean/2018.yaml`.

    Raises:
        UnknownNameError: There is no such file.
        InstrumentError: The file is wrong; carries every fault with its line.

    Example:
        >>> instrument = load_instrument("instruments/netclean/2018.yaml")
        >>> instrument.id, instrument.version
        ('netclean', '2018')
    """
    return load(Path(path)).instrument


def load(path: Path, file: str | None = None) -> LoadedInstrument:
    """Load an instrument and keep where each part stands in its file.

    Args:
        path: The file.
        file: How to name it in messages; as given, where left out.
    """
    if not path.is_file():
        folder = path.parent
        known = sorted(entry.name for entry in folder.glob("*.yaml")) if folder.is_dir() else []
        raise UnknownNameError.of("instrument file", path.name, known, where=str(folder))
    document = yamltext.read(path, file or str(path))
    instrument, faults = validate(document, Instrument)
    if instrument is None:
        faults += _faults_between_parts(document, faults)
    else:
        faults += _misplaced(instrument, path, document)
    faults = sorted([*document.faults, *faults], key=lambda fault: fault.line or 0)
    if faults or instrument is None:
        raise InstrumentError(faults)
    return LoadedInstrument(instrument=instrument, document=document, path=path)


def _misplaced(instrument: Instrument, path: Path, document: Document) -> list[Fault]:
    """The id is the folder's name and the version the file's, so that a reference finds it."""
    found = []
    for key, stands, wanted in (
        ("id", instrument.id, path.absolute().parent.name),
        ("version", instrument.version, path.stem),
    ):
        if stands != wanted:
            place = "the folder" if key == "id" else "the file"
            what = f"'{key}' is not the name of {place} it stands in"
            parts = {"got": f"'{stands}'", "wanted": f"'{wanted}'"}
            found.append(document.fault((key,), "INSTRUMENT-PLACE", what, **parts))
    return found


def _faults_between_parts(document: Document, known: list[Fault]) -> list[Fault]:
    """Faults between questions, also where some question cannot be read: all of them at once."""
    if not isinstance(document.data, dict):
        return []
    questions = _readable(document.data.get("questions"), TypeAdapter(AnyQuestion))
    comparisons = _readable(document.data.get("comparisons"), TypeAdapter(Comparison))
    raw = document.data.get("questions")
    ids = {
        str(entry.get("id"))
        for entry in (raw if isinstance(raw, list) else [])
        if isinstance(entry, dict)
    }
    version = str(document.data.get("version", ""))
    found = [
        document.fault(place, code, what, **parts)
        for place, code, what, parts in (
            *structure.question_problems(questions, ids, ()),
            *structure.comparison_problems(comparisons, questions, ids, version),
        )
    ]
    return [fault for fault in found if fault not in known]


def _readable(entries: Any, adapter: TypeAdapter[Any]) -> list[tuple[int, Any]]:
    built = []
    for position, entry in enumerate(entries if isinstance(entries, list) else []):
        try:
            built.append((position, adapter.validate_python(entry)))
        except ValidationError:
            continue
    return built


def load_versions(folder: str | Path) -> tuple[Instrument, ...]:
    """Load every version of a questionnaire, oldest first.

    Args:
        folder: The questionnaire's folder, such as `instruments/netclean`.

    Raises:
        UnknownNameError: There is no version in the folder.
        InstrumentError: Files are wrong; carries every fault of all of them.

    Example:
        >>> [instrument.version for instrument in load_versions("instruments/netclean")]
        ['2015', '2016', '2017', '2018', '2019', '2020']
    """
    place = Path(folder)
    files = versions_in(place)
    if not files:
        message = f"no version of a questionnaire in {place}: wanted files such as 1.0.yaml"
        raise UnknownNameError(message)
    loaded: list[Instrument] = []
    faults: list[Fault] = []
    for file in files:
        try:
            loaded.append(load(file).instrument)
        except InstrumentError as error:
            faults += error.faults
    if faults:
        raise InstrumentError(faults)
    return tuple(loaded)


#: The file beside the versions that says which answers are which: `instrument/crosswalk.py`.
CROSSWALK = "crosswalk.yaml"


def versions_in(folder: Path) -> list[Path]:
    """The files of a questionnaire's versions, by version number where they have one."""
    files = [entry for entry in folder.glob("*.yaml") if entry.name != CROSSWALK]
    return sorted(
        files, key=lambda entry: ([int(n) for n in re.findall(r"\d+", entry.stem)], entry)
    )


def find(folder: Path, reference: str) -> Path:
    """The file of `name@version` below a folder of instruments.

    Raises:
        UnknownNameError: No such questionnaire, or no such version of it.
    """
    name, _, version = reference.partition("@")
    path = folder / name / f"{version}.yaml"
    if path.is_file() and path.name != CROSSWALK:
        return path
    known = sorted(
        f"{entry.parent.name}@{entry.stem}"
        for entry in folder.glob("*/*.yaml")
        if entry.name != CROSSWALK
    )
    if not known:
        message = f"no instruments in {folder}: wanted {name}/{version}.yaml there"
        raise UnknownNameError(message)
    message = f"no instrument '{reference}' in {folder}. Known: {listed(known)}."
    raise UnknownNameError(message)
