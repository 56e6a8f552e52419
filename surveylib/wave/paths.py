"""Files that a manifest names: below its folder, there, and with the bytes that it knows."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from surveylib.errors import show
from surveylib.instrument import yamltext

if TYPE_CHECKING:
    from pathlib import Path

    from surveylib.errors import Fault
    from surveylib.wave.manifest import DataFile, ResponsesFile


def path_faults(
    document: yamltext.Document, place: yamltext.Place, folder: Path, path: str
) -> list[Fault]:
    """A path must stay below the folder, and lead to a regular file."""
    pure = PurePosixPath(path)
    odd = "\\" in path or ":" in path or "%" in path
    inside = not pure.is_absolute() and ".." not in pure.parts and not odd
    root = folder.resolve()
    try:
        inside = inside and (root / path).resolve().is_relative_to(root)
    except (OSError, ValueError, RuntimeError):
        inside = False  # a name that no file can have, or a link that leads to itself
    if not inside:
        return [
            document.fault(
                place,
                "PATH-LEAVES",
                f"path {show(path)} leaves the folder, or is no path",
                wanted=f"a file below {folder}",
                todo="copy the file there and name it by its relative path",
            )
        ]
    try:
        there = (root / path).is_file()
    except OSError:
        there = False
    if not there:
        return [document.fault(place, "FILE-MISSING", f"no file {show(path)} in {folder}")]
    return []


def file_faults(
    document: yamltext.Document,
    place: yamltext.Place,
    folder: Path,
    entry: DataFile | ResponsesFile,
) -> list[Fault]:
    """A file must be where the manifest says, and hold the bytes that it knows."""
    if found := path_faults(document, (*place, "path"), folder, entry.path):
        return found
    try:
        stands = yamltext.content_hash(folder / entry.path)
    except OSError as error:
        what = f"{show(entry.path)} cannot be opened: {error.strerror or error}"
        return [document.fault((*place, "path"), "FILE-OPEN", what)]
    if stands == entry.sha256:
        return []
    return [
        document.fault(
            (*place, "sha256"),
            "FILE-CHANGED",
            f"'{entry.path}' is not the file that this manifest was written for",
            got=f"sha256 {stands}",
            wanted=f"sha256 {entry.sha256}",
            todo="restore the file; or, if the change is meant, write its sha256 here",
        )
    ]
