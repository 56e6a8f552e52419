"""`surveylib ingest` and `surveylib wave`: responses read, accounted for, drafted and handed on."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import surveylib as sl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

app = typer.Typer(no_args_is_help=True, help="Waves: draft a manifest, hand answers on.")
_ERR = Console(stderr=True, highlight=False, soft_wrap=True)

WaveFolder = Annotated[Path, typer.Argument(help="A wave, such as waves/organised_groups/2025.")]
DataFolder = Annotated[
    Path | None, typer.Option("--data", help="Where responses stand that are kept elsewhere.")
]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def ingest(
    wave: WaveFolder,
    data: DataFolder = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder to write; left out, the wave's ingested/.")
    ] = None,
) -> None:
    """Read a wave's responses: each cell becomes an answer or a missing state, or is put aside.

    Writes the wave as Parquet, quarantine.csv, repairs.csv, issues.json, summary.json and
    quality.html. Where more is in quarantine than wave.yaml allows, no wave is written: what was
    found is listed in the folder refused/.

    Example: surveylib ingest waves/organised_groups/2025 --out build/organised_groups_2025
    """
    folder = out or wave / "ingested"
    try:
        with _counting() as count:
            found = sl.ingest(wave, data=data, out=folder, progress=count)
    except sl.errors.QuarantineError as error:
        for warning in error.taken.warnings:
            _ERR.print(f"warning: {warning}", markup=False)
        try:
            for path in sl.write_refused(error, folder / "refused"):
                _ERR.print(f"Wrote {path}", markup=False)
        except sl.errors.OutputError as other:
            _ERR.print(f"the lists of what was found: {other}", markup=False)
        raise error from None
    _say(str(found))
    for warning in found.warnings:
        _ERR.print(f"warning: {warning}", markup=False)
    _say("")
    for path in (*found.paths, sl.write_quality(found, folder)):
        _say(f"Wrote {path}")


@contextmanager
def _counting() -> Iterator[Callable[[int, int | None], None]]:
    """A bar that counts rows; it is gone when all are read, and shows on a terminal only."""
    columns = (TextColumn("Reading rows"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_ERR, transient=True, disable=not _ERR.is_terminal) as bar:
        task = bar.add_task("rows", total=None)
        yield lambda read, every: bar.update(task, completed=read, total=every)


@app.command()
def new(  # noqa: PLR0917 - typer reads arguments and options alike
    file: Annotated[Path, typer.Argument(help="A file of responses.")],
    instrument: Annotated[
        Path, typer.Argument(help="Its questionnaire, as instruments/…/1.0.yaml.")
    ],
    folder: Annotated[
        Path, typer.Argument(help="The wave's folder, such as waves/household/2026.")
    ],
    file_format: Annotated[
        str | None, typer.Option("--format", help="Left out, the file's ending says it.")
    ] = None,
    header_rows: Annotated[int, typer.Option("--header-rows", min=1, max=3)] = 1,
    title_rows: Annotated[int, typer.Option("--title-rows", min=0, max=20)] = 0,
    encoding: Annotated[str | None, typer.Option("--encoding", help="Such as cp1252.")] = None,
    delimiter: Annotated[str | None, typer.Option("--delimiter", help="Such as ';'.")] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="A workbook's sheet.")] = None,
    *,
    fill_heads: Annotated[
        bool, typer.Option("--fill-heads", help="A blank head means the one to its left.")
    ] = False,
) -> None:
    """Draft wave.yaml from a file of responses: a proposal for each column, doubts marked.

    Example: surveylib wave new export.csv instruments/household/1.0.yaml waves/household/2026
    """
    options = sl.ReadOptions(
        encoding=encoding,
        delimiter=delimiter,
        title_rows=title_rows,
        header_rows=header_rows,
        sheet=sheet,
        fill_heads=fill_heads,
    )
    made = sl.draft_wave(file, instrument, folder, file_format=file_format, options=options)
    _say(str(made.draft))
    _say(f"Wrote {made.path}: decide what is marked, then")
    inside = file.resolve().is_relative_to(folder.resolve())
    _say(f"      surveylib ingest {folder}{'' if inside else f' --data {file.parent}'}")


@app.command()
def export(  # noqa: PLR0917 - typer reads arguments and options alike
    wave: WaveFolder,
    out: Annotated[Path, typer.Option("--out", help="Folder to write; made if it is not there.")],
    data: DataFolder = None,
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="csv or xlsx; several are possible.")
    ] = None,
    redactions: Annotated[
        Path | None, typer.Option("--redactions", help="Which texts may leave, as CSV.")
    ] = None,
    labels: Annotated[
        str | None, typer.Option("--labels", help="Labels in a language instead of codes.")
    ] = None,
    *,
    ids: Annotated[bool, typer.Option("--ids", help="Ids instead of numbers.")] = False,
) -> None:
    """Write a wave's answers for others: texts leave only with a redaction status.

    Example: surveylib wave export waves/organised_groups/2025 --format xlsx --out build/answers
    """
    written = sl.export_responses(
        sl.load_wave(wave, data=data),
        out,
        formats=formats or ["csv"],
        redactions=redactions,
        labels=labels,
        ids=ids,
    )
    for path in written.files:
        _say(f"Wrote {path}")
    for line in written.lost:
        _ERR.print(f"  {line}", markup=False)
