"""Where a page comes from: who answered, how good answers are, methods, files and programs."""

from __future__ import annotations

import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

import surveylib
from surveylib.instrument.identity import instrument_hash
from surveylib.present import references, sentence
from surveylib.stats import differences
from surveylib.wave.design import Design
from surveylib.wave.responses import Wave
from surveylib.wave.states import ANSWERED, INVALID, STATE, STATES

if TYPE_CHECKING:
    from surveylib.analysis.changes import Changes
    from surveylib.analysis.study import AnyWave, Study
    from surveylib.analysis.whole import Whole

#: Packages whose arithmetic or texts a page rests on.
_PACKAGES = ("numpy", "scipy", "duckdb", "pydantic", "jinja2")
#: So many questions of a wave are told of which the fewest gave an answer.
_WORST = 5
#: Ways of not answering of those who were asked.
_UNANSWERED = ("dont_know", "refused", "no_answer", "invalid")


class Gap(NamedTuple):
    """A question that some of those who were asked did not answer."""

    question: str
    title: str
    answered: int
    asked: int


class Quality(NamedTuple):
    """How complete the answers of a wave are.

    Args:
        wave: Its name.
        rows: Respondents.
        questions: Questions with a column.
        asked: Answers that were asked for, over all respondents and questions.
        answered: Those that were given.
        quarantined: Cells that are no answer and are kept apart.
        worst: The questions with the most gaps.
    """

    wave: str
    rows: int
    questions: int
    asked: int
    answered: int
    quarantined: int
    worst: tuple[Gap, ...]


def quality(study: Study) -> list[Quality]:
    """How complete the answers are, wave by wave; of printed figures nothing is known.

    Args:
        study: The study.
    """
    return [_quality(wave) for wave in study.waves if isinstance(wave, Wave)]


def _quality(wave: Wave) -> Quality:
    gaps = []
    held = 0
    for one in wave.asked:
        counts = np.bincount(wave.states(one.name), minlength=len(STATES))
        asked = int(counts[ANSWERED] + sum(counts[STATE[name]] for name in _UNANSWERED))
        held += int(counts[INVALID])
        gaps.append(Gap(one.name, one.question.heading, int(counts[ANSWERED]), asked))
    some = [gap for gap in gaps if gap.answered < gap.asked]
    some.sort(key=lambda gap: (gap.answered / gap.asked, gap.question))
    return Quality(
        wave=wave.name,
        rows=wave.rows,
        questions=len(wave.asked),
        asked=sum(gap.asked for gap in gaps),
        answered=sum(gap.answered for gap in gaps),
        quarantined=held,
        worst=tuple(some[:_WORST]),
    )


class Sources:
    """Every source of every wave, numbered in order of appearance."""

    def __init__(self, study: Study) -> None:
        self.listed: dict[str, tuple[int, str, str]] = {}
        for wave in study.waves:
            for entry in wave.manifest.sources if wave.manifest else ():
                number = len(self.listed) + 1
                self.listed.setdefault(entry.address, (number, entry.title, entry.kind))

    def number(self, address: str) -> int | None:
        """The number of a source by its address; None of one that no wave lists."""
        return self.listed[address][0] if address in self.listed else None


class Origin(NamedTuple):
    """The files and programs behind a page.

    Args:
        instruments: Each questionnaire with its hash.
        files: For each wave its files with their SHA-256.
        programs: Each program with its version.
    """

    instruments: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str, str], ...]
    programs: tuple[tuple[str, str], ...]


def origin(study: Study) -> Origin:
    """What a page rests on, so that it can be made again.

    Args:
        study: The study.
    """
    used = {
        f"{wave.instrument.id}@{wave.instrument.version}": wave.instrument for wave in study.waves
    }
    return Origin(
        tuple((name, instrument_hash(one)) for name, one in used.items()),
        tuple((wave.name, path, digest) for wave in study.waves for path, digest in wave.files),
        (
            ("surveylib", surveylib.__version__),
            ("python", platform.python_version()),
            *((name, metadata.version(name)) for name in _PACKAGES),
        ),
    )


def design_of(wave: AnyWave) -> str:
    """How a wave's sample was drawn, in words; empty where nothing is declared.

    Args:
        wave: The wave.
    """
    if isinstance(wave, Wave) and wave.manifest is not None and wave.manifest.design:
        return Design.from_wave(wave).describe()
    return ""


def computed(options: Whole, changes: Changes) -> dict[str, Any]:
    """What a page says of its methods.

    Args:
        options: How the study is computed.
        changes: Its changes.
    """
    used = dict.fromkeys(row.method for row in changes.rows)
    simple = [name for name in used if name in differences.METHODS]
    return {
        "level": f"{options.confidence_level * 100:g}",
        "design_effect": f"{options.design_effect:g}",
        "interval": (options.interval, sentence.method_source("interval", options.interval)),
        "differences": [(name, sentence.method_source("difference", name)) for name in simple],
        "other_differences": [name for name in used if name not in simple],
        "formulas": references.FORMULAS,
        "references": references.REFERENCES,
    }


def notes(study: Study) -> list[tuple[str, list[str]]]:
    """What holds for single waves, each note once with its waves.

    Args:
        study: The study.
    """
    found: dict[str, list[str]] = {}
    for wave in study.waves:
        for caveat in wave.caveats:
            found.setdefault(caveat, []).append(wave.name)
    return list(found.items())
