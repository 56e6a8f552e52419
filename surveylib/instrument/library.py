"""Find and load instruments: instruments/<name>/<version>.yaml, every fault with its line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from surveylib.errors import Fault, InstrumentError, UnknownNameError, listed
from surveylib.instrument import rules, yamltext
from surveylib.instrument.checking import validate
from surveylib.instrument.model import AnyQuestion, Comparison, Instrument

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
        ("id", instrument.id, path.parent.name),
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
            *rules.question_problems(questions, ids, ()),
            *rules.comparison_problems(comparisons, questions, ids, version),
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


def find(folder: Path, reference: str) -> Path:
    """The file of `name@version` below a folder of instruments.

    Raises:
        UnknownNameError: No such questionnaire, or no such version of it.
    """
    name, _, version = reference.partition("@")
    path = folder / name / f"{version}.yaml"
    if path.is_file():
        return path
    known = sorted(f"{entry.parent.name}@{entry.stem}" for entry in folder.glob("*/*.yaml"))
    if not known:
        message = f"no instruments in {folder}: wanted {name}/{version}.yaml there"
        raise UnknownNameError(message)
    message = f"no instrument '{reference}' in {folder}. Known: {listed(known)}."
    raise UnknownNameError(message)
