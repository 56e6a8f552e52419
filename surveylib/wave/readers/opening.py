"""The table of readers, and which of them a file needs."""

from __future__ import annotations

import os
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from surveylib.errors import MethodError, UnknownNameError, listed, no_method
from surveylib.wave.readers import (
    delimited,
    limesurvey,
    ods,
    parquet,
    qualtrics,
    statistical,
    surveyjs,
    workbook,
)
from surveylib.wave.readers.base import ReadOptions, Sheet, refuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def open_responses(
    path: str | Path, file_format: str | None = None, options: ReadOptions | None = None
) -> Sheet:
    """Open a file of responses: its columns now, its rows when they are asked for.

    Args:
        path: The file.
        file_format: A row of READERS; None to go by the file's extension.
        options: How to read it.

    Raises:
        UnknownNameError: There is no such file.
        MethodError: No such format.
        ResponsesError: The file cannot be read; carries every fault found.
    """
    if file_format is not None and file_format not in READERS:
        raise MethodError(no_method("format", file_format, READERS))
    place = Path(path)
    if not place.is_file():
        near = [entry.name for entry in place.parent.glob("*")] if place.parent.is_dir() else []
        raise UnknownNameError.of("file", place.name, near, where=str(place.parent))
    if place.stat().st_size == 0:
        refuse(place, "FILE-EMPTY", "the file is empty")
    if not os.access(place, os.R_OK):
        refuse(place, "FILE-OPEN", "the file cannot be opened: permission denied")
    return READERS[file_format or by_extension(place)](place, options or ReadOptions())


def by_extension(path: Path) -> str:
    """The reader that a file's extension stands for."""
    found = EXTENSIONS.get(path.suffix.lower())
    if found is None:
        refuse(
            path,
            "FORMAT-UNKNOWN",
            f"nothing is known of files that end in '{path.suffix}'",
            wanted=listed(EXTENSIONS),
            todo=f"name its format: {listed(READERS)}",
        )
    return found


#: Format → its reader. A reader takes a path and options and gives a Sheet.
READERS: Mapping[str, Callable[[Path, ReadOptions], Sheet]] = MappingProxyType(
    {
        "csv": delimited.read,
        "xlsx": workbook.read,
        "ods": ods.read,
        "sav": statistical.read_sav,
        "dta": statistical.read_dta,
        "parquet": parquet.read,
        "surveyjs": surveyjs.read,
        "qualtrics": qualtrics.read,
        "limesurvey": limesurvey.read,
    }
)
#: The format of each extension; formats without one have to be named. Old workbooks are refused by
#: the reader of new ones, which says what they are.
EXTENSIONS: Mapping[str, str] = MappingProxyType(
    {
        ".csv": "csv",
        ".tsv": "csv",
        ".txt": "csv",
        ".xlsx": "xlsx",
        ".xlsm": "xlsx",
        ".xls": "xlsx",
        ".xlsb": "xlsx",
        ".ods": "ods",
        ".sav": "sav",
        ".zsav": "sav",
        ".dta": "dta",
        ".parquet": "parquet",
        ".json": "surveyjs",
        ".jsonl": "surveyjs",
    }
)
