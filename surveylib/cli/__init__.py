"""The `surveylib` command: thin calls of the front door."""

from __future__ import annotations

import io
import json
import sys
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

import surveylib as sl
from surveylib.analysis.changes import Change
from surveylib.analysis.results import Estimate
from surveylib.analysis.trends import Trend
from surveylib.cli.audit import audit
from surveylib.cli.instrument import app as instrument_app
from surveylib.cli.wave import app as wave_app
from surveylib.cli.wave import ingest
from surveylib.errors import (
    ComparabilityError,
    InputError,
    NotEstimableError,
    SurveylibError,
)
from surveylib.stats import differences, intervals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

app = typer.Typer(
    name="surveylib",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Repeated surveys: shares with intervals, and what changed from year to year.\n\n"
    "Start with [bold]surveylib check waves/netclean[/bold], then "
    "[bold]surveylib report waves/netclean --out build/report[/bold].\n\n"
    "Exit codes: 0 done; 1 a file is wrong; 2 the command is wrong; 3 the figures must not be "
    "compared, or nothing can be estimated.",
)
_OUT = Console(highlight=False, soft_wrap=True)
_ERR = Console(stderr=True, highlight=False, soft_wrap=True)

IntervalMethod = StrEnum("IntervalMethod", {name: name for name in intervals.METHODS})  # type: ignore[misc]
DifferenceMethod = StrEnum("DifferenceMethod", {name: name for name in differences.METHODS})  # type: ignore[misc]
_WILSON = IntervalMethod("wilson")
_NEWCOMBE = DifferenceMethod("newcombe")


class Format(StrEnum):
    """How a result is written."""

    table = "table"
    csv = "csv"
    json = "json"
    explain = "explain"


StudyFolder = Annotated[Path, typer.Argument(help="The study's folder, such as waves/netclean.")]
QuestionName = Annotated[
    str, typer.Argument(help="A question, or question/answer, such as region/usa.")
]
Interval = Annotated[IntervalMethod, typer.Option("--interval", help="Interval method.")]
Difference = Annotated[DifferenceMethod, typer.Option("--method", help="Difference method.")]
DataFolder = Annotated[
    Path | None, typer.Option("--data", help="Where responses stand that are kept elsewhere.")
]
Level = Annotated[float, typer.Option("--level", help="Confidence level.")]
DesignEffect = Annotated[
    float, typer.Option("--design-effect", help="Assumed variance beside a simple random sample.")
]
Groups = Annotated[
    list[str] | None, typer.Option("--by", help="A question whose answers form groups.")
]
Samples = Annotated[str, typer.Option("--samples", help="What samples share, as in sl.change.")]
Ids = Annotated[
    str | None, typer.Option("--ids", help="The column that says who each respondent is.")
]
ReusedIds = Annotated[
    bool, typer.Option("--reused-ids", help="Ids, also of units, are given anew in each wave.")
]
Adjust = Annotated[
    str | None, typer.Option("--adjust", help="p-values for all comparisons, such as holm.")
]
MinimumCell = Annotated[
    int | None,
    typer.Option("--minimum-cell", help="Withhold counts below this, and what gives them away."),
]
MinimumBase = Annotated[
    int | None,
    typer.Option("--minimum-base", help="Withhold groups below this, with their size: 10."),
]
HideStates = Annotated[
    bool, typer.Option("--hide-states", help="Small counts of ways of not answering, too.")
]
StandardName = Annotated[
    str,
    typer.Option("--standard", help="Flag shares: nchs, thirty, cv; or none."),
]
Earlier = Annotated[
    Path | None, typer.Option("--earlier", help="Folder of an earlier report: say what is new.")
]
Templates = Annotated[
    Path | None, typer.Option("--templates", help="A folder whose files replace ours by name.")
]
OutputFormat = Annotated[Format, typer.Option("--format", help="How to write the result.")]


def _write(result: Any, style: Format, kind: type, without: tuple[str, ...] = ()) -> None:
    if style is Format.json:
        text = json.dumps(result.to_dict(), ensure_ascii=False, indent=2)
    elif style is Format.csv:
        from surveylib.present.table import to_csv  # noqa: PLC0415 - opened when asked for

        text = to_csv(kind, result.rows, without).rstrip("\n")
    elif style is Format.explain:
        text = result.explain()
    else:
        text = str(result)
    sys.stdout.write(text + "\n")


@app.command()
def estimate(  # noqa: PLR0917 - typer reads arguments and options alike
    study: StudyFolder,
    question: QuestionName,
    wave: Annotated[str | None, typer.Option("--wave", help="One wave only.")] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="A question whose answers form groups.")
    ] = None,
    interval: Interval = _WILSON,
    level: Level = 0.95,
    design_effect: DesignEffect = 1.0,
    style: OutputFormat = Format.table,
    data: DataFolder = None,
) -> None:
    """Print the share of each answer in each wave, with intervals.

    Example: surveylib estimate waves/netclean organised_groups_encountered
    """
    loaded = sl.load_study(study, data=data)
    result = sl.estimate(
        loaded.wave(wave) if wave else loaded,
        question,
        by=by,
        interval=str(interval.value),
        confidence_level=level,
        design_effect=design_effect,
    )
    _write(result, style, Estimate)


@app.command()
def change(  # noqa: PLR0917 - typer reads arguments and options alike
    study: StudyFolder,
    question: QuestionName,
    from_: Annotated[str | None, typer.Option("--from", help="The earlier wave.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="The later wave.")] = None,
    method: Difference = _NEWCOMBE,
    level: Level = 0.95,
    design_effect: DesignEffect = 1.0,
    style: OutputFormat = Format.table,
    data: DataFolder = None,
) -> None:
    """Print what changed between waves, and which figures must not be compared.

    Example: surveylib change waves/netclean region/usa --from 2016 --to 2020
    """
    result = sl.change(
        sl.load_study(study, data=data),
        question,
        from_,
        to,
        method=str(method.value),
        confidence_level=level,
        design_effect=design_effect,
    )
    _write(result, style, Change, ("from_estimate", "to_estimate"))


@app.command()
def trend(  # noqa: PLR0917 - typer reads arguments and options alike
    study: StudyFolder,
    question: QuestionName,
    test: Annotated[
        str | None, typer.Option("--test", help="The test, such as logistic or least-squares.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", help="A question whose answers form groups.")
    ] = None,
    level: Level = 0.95,
    style: OutputFormat = Format.table,
    data: DataFolder = None,
) -> None:
    """Print how shares moved over three waves or more, and whether that is more than chance.

    Example: surveylib trend waves/netclean region/usa
    """
    loaded = sl.load_study(study, data=data)
    result = sl.trend(loaded, question, test=test, by=by, confidence_level=level)
    _write(result, style, Trend, ("points", "segments"))


@contextmanager
def _steps() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each step; it is gone when all are done, and shows on a terminal only."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_ERR, transient=True, disable=not _ERR.is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda step, done, of: bar.update(task, description=step, completed=done, total=of)


def _protection(cell: int | None, base: int | None, *, hide_states: bool) -> sl.Protection:
    """What is small: of the two numbers one is enough."""
    least = 5 if cell is None else cell
    return sl.Protection(
        minimum_cell=least,
        minimum_base=max(10, least) if base is None else base,
        states="withheld" if hide_states else "shown",
    )


@app.command()
def report(  # noqa: PLR0917 - typer reads arguments and options alike
    study: StudyFolder,
    out: Annotated[Path, typer.Option("--out", help="Folder to write; made if it is not there.")],
    by: Groups = None,
    interval: Interval = _WILSON,
    method: Difference = _NEWCOMBE,
    level: Level = 0.95,
    design_effect: DesignEffect = 1.0,
    samples: Samples = "independent",
    ids: Ids = None,
    reused_ids: ReusedIds = False,  # noqa: FBT002 - a flag of the command
    adjust: Adjust = None,
    minimum_cell: MinimumCell = None,
    minimum_base: MinimumBase = None,
    hide_states: HideStates = False,  # noqa: FBT002 - a flag of the command
    standard: StandardName = "nchs",
    earlier: Earlier = None,
    templates: Templates = None,
    data: DataFolder = None,
) -> None:
    """Write one HTML page with everything the study found, and its tables beside it.

    Example: surveylib report waves/netclean --out build/report
    """
    with _ERR.status("Reading the study …"):
        loaded = sl.load_study(study, data=data)
    methods = {"interval": str(interval.value), "method": str(method.value), "adjust": adjust}
    between = {"samples": samples, "ids": ids, "reused_ids": reused_ids}
    assumed = {"confidence_level": level, "design_effect": design_effect}
    options: dict[str, Any] = {**methods, **between, **assumed, "by": by or ()}
    options["standard"] = None if standard == "none" else standard
    if minimum_cell is not None or minimum_base is not None or hide_states:
        options["protection"] = _protection(minimum_cell, minimum_base, hide_states=hide_states)
    with _steps() as told:
        written = sl.report(
            loaded, out, earlier=earlier, templates=templates, progress=told, **options
        )
    for place, path in enumerate((written.page, *written.tables)):
        _OUT.print(f"{'      ' if place else 'Wrote '}{path}", markup=False)


@app.command()
def check(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Studies (waves/…), folders of instruments, or instrument files."),
    ],
) -> None:
    """Check instruments and waves, and list every fault with its file and line.

    Warnings, whose codes begin with LINT-, say what will hurt later; they do not fail the check.

    Example: surveylib check waves/netclean instruments/netclean
    """
    faults = 0
    for path in paths:
        try:
            for line in sl.check(path):
                _OUT.print(line, markup=False)
            for warning in sl.lint(path):
                _ERR.print(f"warning: {warning}", markup=False)
        except InputError as error:
            faults += len(error.faults)
            _ERR.print(str(error), markup=False)
    if faults:
        raise typer.Exit(1)


app.command()(ingest)
app.command()(audit)
app.add_typer(instrument_app, name="instrument")
app.add_typer(wave_app, name="wave")


def main() -> None:
    """Run the command; an error of surveylib is a message and an exit code, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal without arrows and lines gets their codes instead of a traceback.
            stream.reconfigure(errors="backslashreplace")
    try:
        app(standalone_mode=True)
    except (ComparabilityError, NotEstimableError) as error:
        _ERR.print(str(error), markup=False)
        sys.exit(3)
    except InputError as error:
        _ERR.print(str(error), markup=False)
        sys.exit(1)
    except SurveylibError as error:
        _ERR.print(str(error), markup=False)
        sys.exit(2)
