"""`ingest`: from a file, a data frame or a wave's folder to a wave with its accounts."""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surveylib.errors import (
    Fault,
    ManifestError,
    MethodError,
    UnknownNameError,
    listed,
    nearest,
    show,
)
from surveylib.instrument import library
from surveylib.instrument.identity import instrument_hash
from surveylib.instrument.model import Instrument
from surveylib.wave import store
from surveylib.wave.given import columns_of_script
from surveylib.wave.ingest import Ingestion
from surveylib.wave.limits import check_limit
from surveylib.wave.manifest import ResponsesManifest, read_wave_manifest, responses_folder
from surveylib.wave.readers.base import ReadOptions, Sheet
from surveylib.wave.readers.opening import READERS, open_responses
from surveylib.wave.responses import InMemory, Wave
from surveylib.wave.sinks import Memory, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from surveylib.instrument.library import LoadedInstrument
    from surveylib.instrument.yamltext import Document
    from surveylib.wave.accounts import Accounts
    from surveylib.wave.ingest import Progress, Taken
    from surveylib.wave.layout import Columns
    from surveylib.wave.quality import Quality


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Ingested:
    """What an ingest gives.

    Args:
        wave: The respondents that were accepted.
        taken: Accounts, quarantine, repairs and counts of data quality.
        folder: Where the wave was written; None where it was kept in memory.
    """

    wave: Wave
    taken: Taken = field(repr=False)
    folder: Path | None = None

    @property
    def accounts(self) -> Accounts:
        """What became of every row and cell."""
        return self.taken.accounts

    @property
    def quality(self) -> Quality:
        """How good the answers are."""
        return self.taken.quality

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What a reader of the results should know of the file."""
        return self.taken.warnings

    @property
    def quarantine(self) -> pd.DataFrame:
        """Every cell and row that was not taken, with its place and the reason."""
        return _frame(self.taken, "quarantine")

    @property
    def repairs(self) -> pd.DataFrame:
        """Every cell that was repaired: before, after and why."""
        return _frame(self.taken, "repairs")

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that was written; none for a wave in memory."""
        if self.folder is None:
            return ()
        every = (self.folder / name for name in (*store.LISTS, store.WAVE))
        return tuple(path for path in every if path.is_file())

    def __str__(self) -> str:
        """The wave and its accounts, for a terminal."""
        return f"{self.wave}\n{self.accounts}"

    __repr__ = __str__


def _frame(taken: Taken, which: Any) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - opened when asked for

    heads, *lines = taken.issues.table(which)
    return pd.DataFrame(lines, columns=list(heads))


def ingest(
    source: str | Path | object,
    instrument: Instrument | str | Path | None = None,
    *,
    columns: Columns | Mapping[str, Any] | None = None,
    file_format: str | None = None,
    options: ReadOptions | None = None,
    data: str | Path | None = None,
    instruments: str | Path | None = None,
    out: str | Path | None = None,
    most_quarantined: float | None = None,
    progress: Progress = lambda _read, _all: None,
) -> Ingested:
    """Read responses: each cell becomes an answer, a missing state, or goes into the quarantine.

    Args:
        source: A wave's folder with wave.yaml; or a file; or a data frame of any library that
            narwhals knows.
        instrument: The questionnaire, for a file or a frame.
        columns: Where each question's answers stand, as under `columns`, `ignore` and so on in
            wave.yaml; left out, columns must be named by question ids or by their wording.
        file_format: A row of `surveylib.wave.readers.opening.READERS`; left out, by extension.
        options: How the file is read: encoding, delimiter, header rows, sheet.
        data: For a wave's folder, where a file stands that is kept elsewhere.
        instruments: For a wave's folder, where instruments stand; left out, beside `waves/`.
        out: A folder to write the wave into, with quarantine and accounts; left out, the wave is
            kept in memory.
        most_quarantined: The share of cells that may be in quarantine before no wave is given;
            left out, what the manifest says or, without one, 1.
        progress: Called with the number of rows read so far and, where it is known, of all rows.

    Raises:
        ManifestError: The columns do not fit the file or the questionnaire.
        ResponsesError: The file cannot be read; or more is in quarantine than may be.
        UnknownNameError: There is no such file, folder or instrument.
        OutputError: The wave cannot be written; what was there is untouched.

    Example:
        >>> import surveylib as sl
        >>> found = sl.ingest("waves/organised_groups/2025")
        >>> found.accounts.rows_read == found.accounts.accepted
        True
    """
    if isinstance(source, str | Path):
        _must_exist(Path(source))
    if isinstance(source, str | Path) and Path(source).is_dir():
        _none_of("a wave's folder, whose wave.yaml says it", instrument=instrument, columns=columns,
                 file_format=file_format, options=options)  # fmt: skip
        job = _from_folder(Path(source), data, instruments)
    else:
        _none_of("a file or a frame", data=data, instruments=instruments)
        job = _from_file(source, instrument, columns, file_format, options)
    if most_quarantined is not None:
        if not 0 <= most_quarantined <= 1:
            message = f"most_quarantined is {most_quarantined}; wanted a share from 0 to 1"
            raise MethodError(message)
        job.most_quarantined = most_quarantined
    return _run(job, None if out is None else Path(out), progress)


def _must_exist(path: Path) -> None:
    if not path.exists():
        near = [entry.name for entry in path.parent.glob("*")] if path.parent.is_dir() else []
        raise UnknownNameError.of("file or folder", path.name, near, where=str(path.parent))


def _none_of(what: str, **given: object) -> None:
    """Refuse arguments that would not be looked at."""
    if names := [name for name, value in given.items() if value is not None]:
        message = f"{', '.join(names)} cannot be given for {what}"
        raise MethodError(message)


@dataclass(slots=True)
class _Job:
    sheet: Sheet
    columns: Columns
    versions: Sequence[Instrument]
    name: str
    most_quarantined: float
    manifest: ResponsesManifest | None = None
    document: Document | None = None


def _from_folder(folder: Path, data: str | Path | None, instruments: str | Path | None) -> _Job:
    where = None if data is None else Path(data)
    manifest, document = read_wave_manifest(folder, where)
    if not isinstance(manifest, ResponsesManifest):
        message = f"{folder} holds printed figures, not responses; load it with load_study"
        raise MethodError(message)
    place = responses_folder(manifest, folder, where)
    if place is None:
        source = next(one for one in manifest.sources if one.id == manifest.responses.source)
        message = (
            f"the responses of {folder} are kept elsewhere: get '{manifest.responses.path}' from "
            f"{source.address}, and name the folder it stands in: data= or --data"
        )
        raise UnknownNameError(message)
    shelf = Path(instruments) if instruments else instruments_beside(folder)
    _check_format(manifest, document)
    sheet = open_responses(
        place / manifest.responses.path, manifest.responses.format, read_options(manifest)
    )
    return _Job(
        sheet=sheet,
        columns=manifest,
        versions=load_versions_of(manifest, document, shelf),
        name=manifest.wave,
        most_quarantined=float(manifest.most_quarantined),
        manifest=manifest,
        document=document,
    )


def _check_format(manifest: ResponsesManifest, document: Document) -> None:
    """Refuse a format that does not exist, at its line."""
    told = manifest.responses.format
    if told is not None and told not in READERS:
        guess = nearest(told, READERS)
        todo = f"did you mean '{guess}'?" if guess else "leave it out to go by the extension"
        what = f"no format is called {show(told)}"
        place = ("responses", "format")
        wanted = listed(READERS)
        raise ManifestError(
            [document.fault(place, "FORMAT-UNKNOWN", what, wanted=wanted, todo=todo)]
        )


def read_options(manifest: ResponsesManifest) -> ReadOptions:
    """How a manifest says that its file is read."""
    told = manifest.responses
    return ReadOptions(
        encoding=told.encoding,
        delimiter=told.delimiter,
        title_rows=told.title_rows,
        header_rows=told.header_rows,
        sheet=told.sheet,
        fill_heads=told.fill_heads == "yes",
    )


def instruments_beside(folder: Path) -> Path:
    """The folder of instruments beside the one of waves."""
    return folder.resolve().parent.parent.parent / "instruments"


def load_versions_of(
    manifest: ResponsesManifest, document: Document, shelf: Path
) -> list[Instrument]:
    """The versions of the questionnaire that a wave's rows can have, the wave's own first.

    Raises:
        ManifestError: A version does not exist, or was edited after the wave had used it.
    """
    name = manifest.instrument.partition("@")[0]
    others = dict(manifest.version.values).values() if manifest.version else ()
    found: list[Instrument] = []
    references = dict.fromkeys([manifest.instrument, *(f"{name}@{one}" for one in others)])
    for reference in references:
        try:
            loaded = library.load(library.find(shelf, reference))
        except UnknownNameError as error:
            fault = document.fault(("instrument",), "INSTRUMENT-UNKNOWN", str(error))
            raise ManifestError([fault]) from error
        if not found:
            check_hash(manifest.instrument_hash, loaded, document)
        found.append(loaded.instrument)
    return found


def check_hash(wanted: str | None, loaded: LoadedInstrument, document: Document) -> None:
    """Stop where the version was edited after the wave had used it.

    Raises:
        ManifestError: The hash in the manifest is not that of the version, or is left out.
    """
    instrument = loaded.instrument
    stands = instrument_hash(instrument)
    if wanted == stands:
        return
    name = f"{instrument.id}@{instrument.version}"
    place: tuple[str, ...] = ("instrument_hash",)
    if wanted is None:
        place, what = ("instrument",), f"nothing holds {name} to what this wave was asked"
        todo = f"add instrument_hash: {stands}"
    else:
        what = f"{name} is not the version that this wave was asked: it was edited"
        todo = (
            f"undo the edit of {loaded.document.file}, and start a new version for it; or, if "
            f"the file was wrong about what was asked, write instrument_hash: {stands}"
        )
    raise ManifestError([document.fault(place, "INSTRUMENT-HASH", what, todo=todo)])


def _from_file(
    source: object,
    instrument: Instrument | str | Path | None,
    columns: Columns | Mapping[str, Any] | None,
    file_format: str | None,
    options: ReadOptions | None,
) -> _Job:
    if instrument is None:
        message = "which questionnaire was asked? give it as the second argument"
        raise MethodError(message)
    asked = (
        instrument if isinstance(instrument, Instrument) else library.load_instrument(instrument)
    )
    if isinstance(source, str | Path):
        sheet, name = open_responses(source, file_format, options), Path(source).stem
    else:
        from surveylib.wave.readers.frames import from_frame  # noqa: PLC0415 - files do without it

        sheet, name = from_frame(source), "data frame"
    return _Job(
        sheet=sheet,
        columns=columns_of_script(columns, sheet, asked),
        versions=[asked],
        name=name,
        most_quarantined=1.0,
    )


def _run(job: _Job, out: Path | None, progress: Progress) -> Ingested:
    ingestion = Ingestion(job.sheet, job.columns, job.versions, job.document, progress)
    about = {
        "sha256": job.sheet.sha256,
        "surveylib": version("surveylib"),
        "instruments": instrument_hashes(job.versions),
        "manifest": manifest_hash(job.document),
    }
    with ExitStack() as stack:
        sink: Memory | Table
        if out is None:
            sink = Memory(ingestion.fields)
        else:
            store.check_folder(out)
            place = stack.enter_context(store.workplace(out))
            sink = Table(ingestion.fields, place)
            stack.callback(sink.close)
        taken = ingestion.run(sink)
        wanted = out is not None or job.manifest is not None
        check_limit(job.sheet.file, taken, job.most_quarantined, wanted=wanted)
        source: Any
        if isinstance(sink, Memory):
            source = InMemory(sink.columns())
        else:
            assert out is not None  # noqa: S101 - a table is made for a folder only
            files = store.tables(taken) | store.uncoded(taken.asked, sink.texts)
            store.write(out, place, sink, files, about)
            store.clear_refused(out)
            source = store.Stored(out / store.WAVE)
    wave = Wave(
        name=job.name,
        instrument=job.versions[0],
        asked=taken.asked,
        fields=taken.fields,
        rows=taken.accounts.accepted,
        source=source,
        manifest=job.manifest,
        sha256=job.sheet.sha256,
    )
    return Ingested(wave=wave, taken=taken, folder=out)


def instrument_hashes(versions: Sequence[Instrument]) -> dict[str, str]:
    """The hash of each version that rows can have, by its name."""
    return {f"{one.id}@{one.version}": instrument_hash(one) for one in versions}


def manifest_hash(document: Document | None) -> str:
    """The hash of what a manifest says; empty without one."""
    if document is None:
        return ""
    return hashlib.sha256(json.dumps(document.data, sort_keys=True).encode("utf-8")).hexdigest()
