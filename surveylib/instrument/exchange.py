"""Exchange a questionnaire with other systems: every format, what it keeps and what it loses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from surveylib.errors import MethodError, no_method, show
from surveylib.instrument.formats import (
    ddi,
    limesurvey,
    qualtrics,
    spss,
    surveyjs,
    xlsform,
)
from surveylib.instrument.formats.features import FEATURES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from surveylib.instrument.formats.base import Draft, Format, Lost
    from surveylib.instrument.model import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A questionnaire in another format.

    Args:
        files: Bytes by file name.
        lost: What of this questionnaire is not in them.
    """

    files: Mapping[str, bytes]
    lost: tuple[Lost, ...]


def export(instrument: Instrument, name: str) -> Exported:
    """Turn a questionnaire into another format.

    Args:
        instrument: The questionnaire.
        name: A row of FORMATS.

    Raises:
        MethodError: There is no such format, or it can only be read.
        MissingExtraError: An optional part of surveylib is not installed.
    """
    found = _format(name)
    if found.write is None:
        writable = [key for key, one in FORMATS.items() if one.write]
        raise MethodError(no_method("export", name, writable))
    return Exported(files=found.write(instrument), lost=found.lost(instrument))


def import_instrument(
    path: str | Path,
    name: str,
    version: str = "0.1",
    *,
    format: str | None = None,  # noqa: A002 - what users call it
) -> Draft:
    """Read a questionnaire of another system as a draft.

    Args:
        path: The file.
        name: The id that the draft gets.
        version: The version that the draft gets.
        format: A row of FORMATS; left out, the file's ending says it.

    Returns:
        The draft, and everything that could not be carried over, was renamed or assumed.

    Raises:
        InstrumentError: The file is wrong, or not safe to read.
        MethodError: There is no such format, or it can only be written.
        UnknownNameError: There is no such file.
        MissingExtraError: An optional part of surveylib is not installed.
    """
    place = Path(path)
    endings = {one.suffix: key for key, one in FORMATS.items() if one.read}
    if format is None and place.suffix.lower() not in endings:
        message = (
            f"no format that is read has files such as {show(place.name)}: wanted one that ends in "
            f"{', '.join(endings)}, or say what it is with format="
        )
        raise MethodError(message)
    key = format or endings[place.suffix.lower()]
    found = _format(key)
    if found.read is None:
        readable = [key for key, one in FORMATS.items() if one.read]
        raise MethodError(no_method("import", key, readable))
    return found.read(place, name=name, version=version)


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise MethodError(no_method("exchange", name, FORMATS))
    return FORMATS[name]


def formats() -> str:
    """The table of formats: what each keeps, keeps with a limit, and loses."""
    lines = []
    for name, one in FORMATS.items():
        ways = " and ".join(w for w, way in (("export", one.write), ("import", one.read)) if way)
        lines.append(f"{name}: {one.title} (*{one.suffix}, {ways})")
        lines.append(f"  keeps: {', '.join(key for key in FEATURES if key in one.keeps)}")
        lines += [f"  in part: {key}: {limit}" for key, limit in one.partly.items()]
        lines.append(f"  loses: {', '.join(one.loses) or 'nothing'}")
    return "\n".join(lines)


#: Every format, by the name that `--format` takes.
FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "xlsform": xlsform.FORMAT,
        "surveyjs": surveyjs.FORMAT,
        "limesurvey": limesurvey.FORMAT,
        "lss": limesurvey.LSS_FORMAT,
        "qsf": qualtrics.FORMAT,
        "ddi": ddi.FORMAT,
        "spss": spss.FORMAT,
    }
)
