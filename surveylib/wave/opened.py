"""A wave's folder → its respondents: from what an earlier ingest wrote, or from the file itself."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from surveylib.errors import ManifestError, MethodError, ResponsesError
from surveylib.wave import store
from surveylib.wave.door import (
    ingest,
    instrument_hashes,
    instruments_beside,
    load_versions_of,
    manifest_hash,
)
from surveylib.wave.fields import asked_in, fields_of, row_fields
from surveylib.wave.manifest import ResponsesManifest, read_wave_manifest
from surveylib.wave.responses import Wave

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.instrument.model import Instrument
    from surveylib.instrument.yamltext import Document

#: Where the command writes a wave, below the wave's folder.
INGESTED = "ingested"


def open_wave(
    folder: Path,
    manifest: ResponsesManifest,
    document: Document,
    versions: Sequence[Instrument],
    *,
    data: Path | None,
    shelf: Path,
) -> Wave:
    """Open a wave of responses.

    What an earlier ingest wrote is used where it was made from the same file, manifest and
    questionnaire; otherwise the file is read again.

    Args:
        folder: The wave's folder.
        manifest: Its wave.yaml.
        document: The same as text.
        versions: The versions that rows can have, the wave's own first.
        data: Where a file stands that is kept elsewhere.
        shelf: The folder of instruments.

    Raises:
        ManifestError: The responses are kept elsewhere and nobody said where.
        ResponsesError: They cannot be read, or too much of them is in quarantine.
    """
    path = folder / INGESTED / store.WAVE
    if path.is_file() and _is_fresh(path, manifest, document, versions):
        return stored_wave(path, manifest, versions)
    if manifest.responses.kept == "elsewhere" and data is None:
        source = next(one for one in manifest.sources if one.id == manifest.responses.source)
        what = f"the responses '{manifest.responses.path}' are kept elsewhere"
        todo = f"get them from {source.address}, and name the folder they stand in: data"
        raise ManifestError(
            [document.fault(("responses", "kept"), "RESPONSES-ELSEWHERE", what, todo=todo)]
        )
    return ingest(folder, data=data, instruments=shelf).wave


def load_wave(
    folder: str | Path, *, data: str | Path | None = None, instruments: str | Path | None = None
) -> Wave:
    """Load one wave of responses.

    Args:
        folder: The wave's folder, such as `waves/organised_groups/2025`.
        data: Where a file stands that is kept elsewhere.
        instruments: Where instruments stand; left out, beside `waves/`.

    Raises:
        UnknownNameError: There is no wave.yaml.
        MethodError: The wave holds printed figures.
        ManifestError: The manifest is wrong, or its responses are kept elsewhere.
        ResponsesError: They cannot be read, or too much of them is in quarantine.

    Example:
        >>> load_wave("waves/organised_groups/2025").n
        240
    """
    place, where = Path(folder), None if data is None else Path(data)
    manifest, document = read_wave_manifest(place, where)
    if not isinstance(manifest, ResponsesManifest):
        message = f"{folder} holds printed figures, not responses; load it with load_study"
        raise MethodError(message)
    shelf = Path(instruments) if instruments else instruments_beside(place)
    versions = load_versions_of(manifest, document, shelf)
    return open_wave(place, manifest, document, versions, data=where, shelf=shelf)


def _is_fresh(
    path: Path,
    manifest: ResponsesManifest,
    document: Document,
    versions: Sequence[Instrument],
) -> bool:
    try:
        told = store.about(path)
    except ResponsesError:
        return False  # the file itself is read instead, and a new ingest replaces what is damaged
    return (
        told.get("sha256") == manifest.responses.sha256
        and told.get("manifest") == manifest_hash(document)
        and told.get("surveylib") == version("surveylib")
        and told.get("instruments") == instrument_hashes(versions)
    )


def stored_wave(path: Path, manifest: ResponsesManifest, versions: Sequence[Instrument]) -> Wave:
    """The wave that an earlier ingest wrote.

    Args:
        path: Its Parquet file.
        manifest: The wave.yaml that it was made with.
        versions: The versions that rows can have, the wave's own first.
    """
    asked = asked_in([version.items for version in versions])
    names = [version.version for version in versions]
    fields = (
        *row_fields(names, manifest.keep, timed=manifest.timing is not None),
        *(made for one in asked for made in fields_of(one)),
    )
    return Wave(
        name=manifest.wave,
        instrument=versions[0],
        asked=asked,
        fields=fields,
        rows=store.row_count(path),
        source=store.Stored(path),
        manifest=manifest,
        sha256=manifest.responses.sha256,
    )
