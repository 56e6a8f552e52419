"""`surveylib instrument`: questionnaires shown, compared, carried over and exchanged."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import surveylib as sl

if TYPE_CHECKING:
    from collections.abc import Iterable

app = typer.Typer(
    no_args_is_help=True, help="Questionnaires: show, compare, start the next, exchange."
)

File = Annotated[Path, typer.Argument(help="A version, such as instruments/netclean/2018.yaml.")]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def _note(lines: Iterable[object], head: str) -> None:
    """Print a list on standard error, so that output can be piped."""
    told = [f"  {line}" for line in lines]
    if told:
        sys.stderr.write("\n".join([head, *told]) + "\n")


@app.command()
def show(
    file: File,
    question: Annotated[str | None, typer.Option("--question", help="One question only.")] = None,
    language: Annotated[str | None, typer.Option("--language", help="Such as de.")] = None,
) -> None:
    """Show a questionnaire: questions, codes, routing, and its hash.

    Example: surveylib instrument show instruments/organised_groups/1.0.yaml --language de
    """
    instrument = sl.load_instrument(file)
    if language and language not in instrument.languages:
        raise sl.errors.UnknownNameError.of("language", language, instrument.languages)
    _say(instrument.outline(language or instrument.languages[0], question))


@app.command()
def diff(
    older: Annotated[Path, typer.Argument(help="The older version's file.")],
    newer: Annotated[Path, typer.Argument(help="The newer version's file.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """List every change between two versions, and what it does to comparability.

    Example: surveylib instrument diff instruments/netclean/2017.yaml instruments/netclean/2019.yaml
    """
    found = sl.load_instrument(older).diff(sl.load_instrument(newer))
    _say(json.dumps(found.to_dict(), ensure_ascii=False, indent=2) if as_json else str(found))


@app.command("new-version")
def new_version(
    file: File, version: Annotated[str, typer.Argument(help="Its number, such as 2027 or 1.1.")]
) -> None:
    """Start the next version, with what becomes of every question to be decided.

    Example: surveylib instrument new-version instruments/organised_groups/1.0.yaml 1.1
    """
    written = sl.new_version(file, version)
    _say(f"Wrote {written}: decide on each question under 'follows', then")
    _say(f"      surveylib check {written}")


@app.command()
def crosswalk(
    folder: Annotated[Path, typer.Argument(help="A questionnaire, such as instruments/ospo.")],
    question: Annotated[str | None, typer.Option("--question", help="One of them only.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Show which answers of each version are which of the harmonised questions.

    Example: surveylib instrument crosswalk instruments/organised_groups
    """
    loaded = sl.load_crosswalk(folder)
    found = [loaded[question]] if question else list(loaded.harmonised)
    if as_json:
        _say(json.dumps([entry.to_dict() for entry in found], ensure_ascii=False, indent=2))
    else:
        _say("\n\n".join(str(entry) for entry in found))


@app.command()
def pages(
    folder: Annotated[Path, typer.Argument(help="A questionnaire, such as instruments/ospo.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write; made if it is not there.")],
) -> None:
    """Write questionnaire, codebook and version history, as HTML and Markdown.

    Example: surveylib instrument pages instruments/organised_groups --out build/organised_groups
    """
    for path in sl.write_pages(sl.load_versions(folder), out).files:
        _say(f"Wrote {path}")


@app.command()
def export(
    file: File,
    format_: Annotated[str, typer.Option("--format", help="Such as xlsform or surveyjs.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write; made if it is not there.")],
) -> None:
    """Write a questionnaire for another system, and say what it has no place for.

    Example: surveylib instrument export instruments/organised_groups/1.0.yaml --format xlsform
    --out build/forms
    """
    written = sl.export_instrument(sl.load_instrument(file), format_, out)
    for path in written.files:
        _say(f"Wrote {path}")
    _note(written.lost, "Not in it, or not wholly:")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A form: .xlsx, .json, .qsf, .lss, .txt.")],
    name: Annotated[str, typer.Option("--id", help="The questionnaire's id.")],
    version: Annotated[str, typer.Option("--version", help="Its version.")] = "0.1",
    format_: Annotated[
        str | None, typer.Option("--format", help="Left out, the file's ending says it.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder of instruments.")] = Path(
        "instruments"
    ),
) -> None:
    """Read another system's form as a draft, and say what could not be carried over.

    Example: surveylib instrument import form.xlsx --id household --version 1.0
    """
    draft = sl.import_instrument(file, name, version, format=format_)
    _say(f"Wrote {sl.save_draft(draft, out)}")
    _note(draft.lost, "Not carried over, renamed or assumed:")


@app.command()
def formats() -> None:
    """List the formats: what each keeps, keeps in part, and loses."""
    _say(sl.formats())
