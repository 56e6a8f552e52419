"""Check files without computing anything: every fault of an instrument or a study at once."""

from __future__ import annotations

from pathlib import Path

from surveylib.analysis.loading import load_study
from surveylib.analysis.study import COMPARABLE
from surveylib.errors import Fault, InputError, InstrumentError, StudyError, UnknownNameError
from surveylib.instrument.library import load


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
    if place.is_file():
        return [_check_instrument(place)]
    if (place / "study.yaml").is_file():
        return _check_study(place)
    files = sorted(place.glob("**/*.yaml"))
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
    if faults:
        raise InstrumentError(faults)
    return lines


def _check_instrument(file: Path) -> str:
    instrument = load(file).instrument
    return (
        f"{file}: in order, {len(instrument.questions)} questions, "
        f"{len(instrument.comparisons)} comparisons"
    )


def _check_study(folder: Path) -> list[str]:
    study = load_study(folder)
    faults = []
    for reference in study.manifest.headlines:
        try:
            study.answers(reference)
        except UnknownNameError as error:
            faults.append(Fault(code="HEADLINE", what=str(error), file=f"{folder}/study.yaml"))
    printed = {
        (wave.name, figure.question, figure.answer)
        for wave in study.waves
        for figure in wave.figures
        if not figure.domain
    }
    for answer in (entry for name in study.question_ids for entry in study.answers(name)):
        later = [
            entry
            for entry in study.answers(f"{answer.question}/{answer.answer}")
            if entry in printed and entry.wave > answer.wave
        ]
        if answer in printed and later and not study.relate(answer, later[0].wave)[0].verdict:
            faults.append(
                Fault(
                    code="COMPARISON-UNDECLARED",
                    what=f"{answer.question}/{answer.answer} was printed for {answer.wave} and "
                    f"{later[0].wave}, and there is no verdict on whether they compare",
                    file=str(study.wave(later[0].wave).loaded.path),
                    todo="declare one under 'comparisons'",
                )
            )
    if faults:
        raise StudyError(faults)
    comparable = sum(relation.verdict in COMPARABLE for relation in study.relations)
    return [
        *(
            f"{wave.folder}: in order, {len(wave.figures)} figures, "
            f"{len(wave.instrument.questions)} questions"
            for wave in study.waves
        ),
        f"{folder}: in order, {len(study.relations)} declared pairs, {comparable} comparable",
    ]
