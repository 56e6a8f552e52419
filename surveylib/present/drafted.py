"""A first wave.yaml for a file of responses, with every doubt marked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from surveylib.errors import Fault, OutputError, ResponsesError, listed
from surveylib.instrument.library import load_instrument
from surveylib.present.files import write
from surveylib.wave.draft import draft, manifest_text
from surveylib.wave.readers.opening import open_responses

if TYPE_CHECKING:
    from surveylib.wave.draft import Draft
    from surveylib.wave.readers.base import ReadOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedWave:
    """A manifest that was drafted.

    Args:
        path: The file.
        draft: What is proposed for each column, and how sure that is.
    """

    path: Path
    draft: Draft


def draft_wave(
    file: str | Path,
    instrument: str | Path,
    folder: str | Path,
    *,
    file_format: str | None = None,
    options: ReadOptions | None = None,
) -> DraftedWave:
    """Draft a wave's manifest from a file of responses and its questionnaire.

    Every column gets a proposal. What is doubtful is marked so that the manifest is not valid
    before somebody has decided; nothing doubtful passes by itself.

    Args:
        file: The file of responses; inside the folder, or kept elsewhere.
        instrument: The questionnaire's file.
        folder: The wave's folder, such as `waves/household/2026`, where wave.yaml is written.
        file_format: A row of the table READERS; left out, by extension.
        options: How the file is read.

    Raises:
        OutputError: There is a wave.yaml already, or it cannot be written.
        ResponsesError: The file cannot be read, or none of its columns fits a question.
        InstrumentError: The questionnaire is wrong.
    """
    place = Path(folder)
    if (place / "wave.yaml").exists():
        message = (
            f"{place / 'wave.yaml'} is there already; nothing was written. Move it away first."
        )
        raise OutputError(message)
    asked = load_instrument(instrument)
    sheet = open_responses(file, file_format, options)
    found = draft(sheet, asked)
    if not any(one.layout for one in found.proposals):
        what = "no column of the file fits a question"
        heads = listed((column.head for column in sheet.columns), most=3)
        todo = "is it read as it should be: format, delimiter, header rows, encoding?"
        fault = Fault(code="COLUMNS-UNCLEAR", what=what, file=str(file), got=heads, todo=todo)
        raise ResponsesError([fault])
    inside = Path(file).resolve().is_relative_to(place.resolve())
    path = Path(file).resolve().relative_to(place.resolve()) if inside else Path(Path(file).name)
    text = manifest_text(
        found,
        sheet,
        asked,
        survey=place.resolve().parent.name,
        wave=place.resolve().name,
        path=path.as_posix(),
        kept="here" if inside else "elsewhere",
        options=options,
    )
    write(place, {"wave.yaml": text})
    return DraftedWave(path=place / "wave.yaml", draft=found)
