"""A study at a glance: a line for each wave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.errors import harmless
from surveylib.instrument.question import in_language
from surveylib.present import numbers

if TYPE_CHECKING:
    from surveylib.analysis.study import AnyWave, Study


def title(study: Study) -> str:
    """What the survey is called.

    Args:
        study: The study.
    """
    return harmless(in_language(study.manifest.title))


def cells(study: Study) -> tuple[list[str], list[list[str]]]:
    """When each wave was in the field, its questionnaire, respondents and questions.

    Args:
        study: The study.
    """
    head = ["wave", "in the field", "questionnaire", "respondents", "questions"]
    return head, [_line(wave) for wave in study.waves]


def _line(wave: AnyWave) -> list[str]:
    known = None if wave.manifest is None else wave.manifest.field_dates
    days = "unknown" if known is None or isinstance(known, str) else (
        numbers.days(known.first, known.last))  # fmt: skip
    size = wave.n
    told = f"{size:,}" if isinstance(size, int) else "unknown"
    asked = wave.instrument
    name = f"{asked.id} {asked.version}"
    return [harmless(wave.name), days, harmless(name), told, str(len(asked.question_ids))]


def notes(study: Study) -> list[str]:
    """What the survey is about.

    Args:
        study: The study.
    """
    return [harmless(study.manifest.about)]
