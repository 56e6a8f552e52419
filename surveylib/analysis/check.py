"""Check files without computing anything: every fault of an instrument or a study at once."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from surveylib.analysis.loading import load_study
from surveylib.analysis.study import COMPARABLE, Answer
from surveylib.errors import Fault, InputError, InstrumentError, StudyError, UnknownNameError
from surveylib.instrument.library import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from surveylib.analysis.study import Study


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
    if faults := [*_headline_faults(study), *_undeclared_faults(study)]:
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
        for figure in wave.figures
        if not figure.domain
    }
    series: dict[tuple[str, str], list[Answer]] = {}
    for name in study.question_ids:
        for answer in study.answers(name):
            if answer in printed:
                series.setdefault((name, answer.answer), []).append(answer)
    for earlier, later in (pair for one in series.values() for pair in pairwise(one)):
        if not study.relate(earlier, later.wave)[0].verdict:
            yield Fault(
                code="COMPARISON-UNDECLARED",
                what=f"{earlier.question}/{earlier.answer} was printed for {earlier.wave} and "
                f"{later.wave}, and there is no verdict on whether they compare",
                file=str(study.wave(later.wave).loaded.path),
                todo="declare one under 'comparisons'",
            )
