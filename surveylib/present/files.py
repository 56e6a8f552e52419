"""Write files together or not at all."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from surveylib.errors import OutputError
from surveylib.wave.swap import swap_in

if TYPE_CHECKING:
    from collections.abc import Mapping


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files into a folder, all of them or none.

    They are written beside the folder's own files first and then swapped in; on failure what was
    there comes back.

    Args:
        folder: Made if it is not there.
        files: Texts or bytes by file name, which may stand in folders below.

    Raises:
        OutputError: The folder or a file cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        blocked = [name for name in files if (folder / name).is_dir()]
        if blocked:
            message = f"{folder / blocked[0]} is a folder; a file goes there"
            raise OutputError(message)
        with tempfile.TemporaryDirectory(prefix=".surveylib-", dir=folder) as scratch:
            for name, content in files.items():
                raw = content if isinstance(content, bytes) else content.encode("utf-8")
                (Path(scratch) / name).parent.mkdir(parents=True, exist_ok=True)
                (Path(scratch) / name).write_bytes(raw)
            swap_in(folder, Path(scratch), list(files))
    except OSError as error:
        if isinstance(error, OutputError):
            raise
        place = error.filename or folder
        message = f"{place} cannot be written: {error.strerror or error}"
        raise OutputError(message) from error
