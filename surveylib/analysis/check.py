"""Check files without computing anything: every fault of an instrument or a study at once."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from surveylib.analysis.loading import load_study, loaded_instruments
from surveylib.analysis.study import COMPARABLE, Answer
from surveylib.errors import Fault, InputError, InstrumentError, StudyError, UnknownNameError
from surveylib.instrument import carrying, library, lineage
from surveylib.instrument.crosswalk import load_crosswalk
from surveylib.instrument.lint import lint as find_warnings
from surveylib.wave.model import PublishedWave
from surveylib.wave.responses import Elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from surveylib.analysis.study import AnyWave, Study


def check(path: str | Path) -> list[str]:
    """Check a study, a folder of instruments, or one instrument.

    Args:
        path: Such as `waves/netclean`, `instruments/netclean`, or one of its files.

    Returns:
        A line for each thing that is in order, saying what it holds.

    Raises:
        InputError: Something is wrong; carries every fault.
        UnknownNameError: There is nothing to check at this path.

    Example:
        >>> check("instruments/netclean/2018.yaml")
        ['instruments/netclean/2018.yaml: in order, 17 questions, 3 comparisons']
    """
    place = Path(path)
    if place.name == library.CROSSWALK:
        return [f"{place}: in order, {len(load_crosswalk(place).harmonised)} harmonised questions"]
    if place.is_file():
        return [_check_instrument(place)]
    if (place / "study.yaml").is_file():
        return _check_study(place)
    files = [file for file in sorted(place.glob("**/*.yaml")) if file.name != library.CROSSWALK]
    if not files or any(file.name == "wave.yaml" for file in files):
        message = f"nothing to check at {place}: wanted a study's folder or instruments"
        raise UnknownNameError(message)
    lines: list[str] = []
    faults: list[Fault] = []
    for file in files:
        try:
            lines.append(_check_instrument(file))
        except InputError as error:
            faults += error.faults
    if not faults:
        for file in sorted(place.glob(f"**/{library.CROSSWALK}")):
            count = len(load_crosswalk(file).harmonised)
            lines.append(f"{file}: in order, {count} harmonised questions")
    if faults:
        raise InstrumentError(faults)
    return lines


def _check_instrument(file: Path) -> str:
    loaded = library.load(file)
    if faults := lineage.check(loaded):
        raise InstrumentError(faults)
    instrument = loaded.instrument
    return (
        f"{file}: in order, {len(instrument.questions)} questions, "
        f"{len(instrument.comparisons)} comparisons"
    )


def lint(path: str | Path) -> list[Fault]:
    """Find what is allowed in instruments and will hurt later.

    Args:
        path: An instrument, a folder of instruments, or a study, whose instruments are looked at.

    Returns:
        Warnings, each with file and line; their codes begin with `LINT-`.

    Raises:
        InputError: An instrument is wrong.
        UnknownNameError: There is no such file.

    Example:
        >>> lint("instruments/organised_groups")
        []
    """
    place = Path(path)
    if (place / "study.yaml").is_file():
        waves = load_study(place, look=False).waves
        files = [loaded.path for loaded in loaded_instruments(waves)]
        used = {f"{wave.instrument.id}@{wave.instrument.version}" for wave in waves}
        crosswalks = [folder / library.CROSSWALK for folder in {file.parent: 0 for file in files}]
    else:
        files = sorted(place.glob("**/*.yaml")) if place.is_dir() else [place]
        used = None
        crosswalks = [file for file in files if file.name == library.CROSSWALK]
    found = [
        warning
        for file in files
        if file.name != library.CROSSWALK
        for warning in find_warnings(library.load(file))
    ]
    return found + [one for file in crosswalks for one in carrying.lint(file.parent, used)]


def _check_study(folder: Path) -> list[str]:
    study = load_study(folder, look=False)
    lineages = [
        fault for loaded in loaded_instruments(study.waves) for fault in lineage.check(loaded)
    ]
    if faults := [*lineages, *_headline_faults(study), *_undeclared_faults(study)]:
        raise StudyError(faults)
    comparable = sum(relation.verdict in COMPARABLE for relation in study.relations)
    return [
        *(
            f"{wave.folder}: in order, {_holds(wave)}, {len(wave.instrument.questions)} questions"
            for wave in study.waves
        ),
        f"{folder}: in order, {len(study.relations)} declared pairs, {comparable} comparable",
    ]


def _holds(wave: AnyWave) -> str:
    """What a wave holds, in a few words."""
    if isinstance(wave, PublishedWave):
        return f"{len(wave.figures)} figures"
    if isinstance(wave.source, Elsewhere):
        return "responses kept elsewhere and not looked at"
    return f"{wave.rows} respondents"


def _headline_faults(study: Study) -> Iterator[Fault]:
    """Headlines of a report that no wave can give."""
    for position, reference in enumerate(study.manifest.headlines):
        try:
            study.answers(reference)
        except UnknownNameError as error:
            yield study.document.fault(("headlines", position), "HEADLINE", str(error))


def _undeclared_faults(study: Study) -> Iterator[Fault]:
    """Answers printed for two successive waves without a verdict on whether they compare."""
    printed = {
        Answer(wave.name, figure.question, figure.answer)
        for wave in study.waves
        if isinstance(wave, PublishedWave)
        for figure in wave.figures
        if not figure.domain
    }
    series: dict[tuple[str, str], list[Answer]] = {}
    for name in study.question_ids:
        for answer in study.answers(name):
            if answer in printed:
                series.setdefault((name, answer.answer), []).append(answer)
    for earlier, later in (pair for one in series.values() for pair in pairwise(one)):
        loaded = study.wave(later.wave).loaded
        if not study.relate(earlier, later.wave)[0].verdict:
            yield Fault(
                code="COMPARISON-UNDECLARED",
                what=f"{earlier.question}/{earlier.answer} was printed for {earlier.wave} and "
                f"{later.wave}, and there is no verdict on whether they compare",
                file=str(loaded.path) if loaded else "",
                todo="declare one under 'comparisons'",
            )
