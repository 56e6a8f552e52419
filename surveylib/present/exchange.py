"""Write a questionnaire for other systems."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from surveylib.errors import OutputError
from surveylib.instrument import exchange
from surveylib.instrument.dump import dump
from surveylib.present.files import write

if TYPE_CHECKING:
    from surveylib.instrument.formats.base import Draft, Lost
    from surveylib.instrument.model import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenInstrument:
    """What an export wrote, and what of the questionnaire is not in it."""

    files: tuple[Path, ...]
    lost: tuple[Lost, ...]


def export_instrument(
    instrument: Instrument,
    format: str,  # noqa: A002 - what users call it
    folder: str | Path,
) -> WrittenInstrument:
    """Write a questionnaire in the format of another system.

    Args:
        instrument: The questionnaire.
        format: `xlsform`, `surveyjs`, `limesurvey`, `ddi` or `spss`.
        folder: Where to write; made if it is not there.

    Raises:
        MethodError: There is no such format.
        MissingExtraError: An optional part of surveylib is not installed.
        OutputError: The files cannot be written.

    Example:
        >>> import tempfile
        >>> from surveylib.instrument.library import load_instrument
        >>> instrument = load_instrument("instruments/organised_groups/1.0.yaml")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.name for path in export_instrument(instrument, "surveyjs", folder).files]
        ['organised_groups-1.0.json']
    """
    exported = exchange.export(instrument, format)
    place = Path(folder)
    write(place, exported.files)
    return WrittenInstrument(
        files=tuple(place / name for name in exported.files), lost=exported.lost
    )


def save_draft(draft: Draft, folder: str | Path = "instruments") -> Path:
    """Write an imported draft as <folder>/<id>/<version>.yaml, what was lost on top of it.

    Args:
        draft: What `import_instrument` gave.
        folder: The folder of instruments.

    Returns:
        The file.

    Raises:
        OutputError: The file exists, or cannot be written.
    """
    instrument = draft.instrument
    place = Path(folder) / instrument.id
    name = f"{instrument.version}.yaml"
    if (place / name).exists():
        message = f"{place / name} exists already; nothing was written"
        raise OutputError(message)
    told = [" ".join(str(entry).split()) for entry in draft.lost]
    head = ["# Not carried over, renamed or assumed:", *(f"#   {line}" for line in told)]
    text = "\n".join([*(head if told else []), dump(instrument)])
    write(place, {name: text})
    return place / name
