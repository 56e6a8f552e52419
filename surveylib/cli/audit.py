"""`surveylib audit`: what a written report gives away."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer reads it
from typing import Annotated

import typer

import surveylib as sl


def audit(  # noqa: PLR0917 - typer reads arguments and options alike
    folder: Annotated[Path, typer.Argument(help="The folder that a report was written into.")],
    earlier: Annotated[
        list[Path] | None,
        typer.Option("--earlier", help="An earlier report of the study; may be given repeatedly."),
    ] = None,
    minimum: Annotated[
        int, typer.Option("--minimum", help="The smallest count that may be printed.")
    ] = 5,
    states: Annotated[  # noqa: FBT002 - a flag of the command
        bool,
        typer.Option("--states", help="Small counts of ways of not answering are secret, too."),
    ] = False,
    truth: Annotated[
        Path | None,
        typer.Option("--truth", help="A study.json of the same data with nothing withheld."),
    ] = None,
    study: Annotated[
        Path | None, typer.Option("--study", help="The study's folder: it declares the questions.")
    ] = None,
) -> None:
    """Try to work out what a report withholds; exit code 1 with a list if something can be.

    Example: surveylib audit build/report --earlier build/report-2024
    """
    found = sl.audit(
        folder,
        earlier=tuple(earlier or ()),
        minimum_cell=minimum,
        states="withheld" if states else "shown",
        truth=truth,
        study=None if study is None else sl.load_study(study),
    )
    sys.stdout.write(f"{found}\n")
    if found.faults:
        raise typer.Exit(1)
