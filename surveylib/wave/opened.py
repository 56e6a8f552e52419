"""A wave's folder → its respondents: from what an earlier ingest wrote, or from the file itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.errors import ManifestError, ResponsesError
from surveylib.instrument.identity import instrument_hash
from surveylib.wave import store
from surveylib.wave.door import ingest, manifest_hash
from surveylib.wave.fields import asked_in, fields_of, row_fields
from surveylib.wave.responses import Wave

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from surveylib.instrument.model import Instrument
    from surveylib.instrument.yamltext import Document
    from surveylib.wave.manifest import ResponsesManifest

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
        and told.get("instrument_hash") == instrument_hash(versions[0])
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
