"""Columns as a script gives them: a mapping, a model, or none, and then found by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from surveylib.errors import Fault, ManifestError
from surveylib.instrument.checking import as_faults
from surveylib.instrument.yamltext import Document
from surveylib.wave.layout import Columns

if TYPE_CHECKING:
    from surveylib.instrument.model import Instrument
    from surveylib.wave.readers.base import Sheet


def columns_of_script(
    given: Columns | Mapping[str, Any] | None, sheet: Sheet, instrument: Instrument
) -> Columns:
    """What is said of a file's columns.

    Args:
        given: As under `columns`, `ignore` and so on in wave.yaml, or the questions alone; None to
            find columns by ids and wording.
        sheet: The file.
        instrument: The questionnaire.

    Raises:
        ManifestError: The mapping is wrong, or columns cannot be placed for sure.
    """
    if isinstance(given, Columns):
        return given
    if isinstance(given, Mapping):
        if not set(given) & set(Columns.model_fields):
            given = {"columns": dict(given)}  # questions alone
        document = Document(file="columns", data=dict(given))
        try:
            return Columns.model_validate(dict(given))
        except ValidationError as error:
            raise ManifestError(as_faults(error, document, Columns)) from error
    from surveylib.wave.draft import draft  # noqa: PLC0415 - a manifest does without it

    found = draft(sheet, instrument)
    sure: Columns | None = found.columns
    if sure is not None:
        return sure
    raise ManifestError(
        [
            Fault(code="COLUMNS-UNCLEAR", what=what, file=sheet.file, todo=todo)
            for what, todo in found.unclear()
        ]
    )
