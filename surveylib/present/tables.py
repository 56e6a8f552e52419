"""Tables to hand on: for pages, papers and spreadsheets, and as data with a dictionary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from surveylib.analysis.bounded import Sensitivity
from surveylib.analysis.changes import Changes
from surveylib.analysis.crosstab import Crosstab
from surveylib.analysis.decompositions import Decompositions
from surveylib.analysis.results import Estimates
from surveylib.analysis.shifts import Shifts
from surveylib.analysis.standardise import Standardised
from surveylib.analysis.study import Study
from surveylib.analysis.trends import Trends
from surveylib.errors import MethodError, NotEstimableError, SurveylibError, no_method, show
from surveylib.present import files, tables_data, tables_xlsx
from surveylib.present.calm import calm
from surveylib.present.labelled import labels_of
from surveylib.present.tables_dictionary import of_layouts
from surveylib.present.tables_estimates import of_crosstab, of_estimates
from surveylib.present.tables_great import great
from surveylib.present.tables_html import html
from surveylib.present.tables_latex import latex
from surveylib.present.tables_letters import Marking, check, marked
from surveylib.present.tables_markdown import markdown
from surveylib.present.tables_more import (
    of_decompositions,
    of_sensitivity,
    of_shifts,
    of_standardised,
)
from surveylib.present.tables_series import of_changes, of_trends
from surveylib.present.tables_sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from surveylib.present.tables_layout import Layout

    Result = (
        Estimates
        | Changes
        | Trends
        | Crosstab
        | Standardised
        | Decompositions
        | Shifts
        | Sensitivity
    )

_LAYOUTS: Mapping[type, Callable[[Any, Mapping[str, str]], Layout]] = MappingProxyType(
    {
        Estimates: of_estimates,
        Changes: of_changes,
        Trends: of_trends,
        Crosstab: of_crosstab,
        Standardised: of_standardised,
        Decompositions: of_decompositions,
        Shifts: of_shifts,
        Sensitivity: of_sensitivity,
    }
)
_NAMES: Mapping[type, str] = MappingProxyType(
    {
        Estimates: "estimates",
        Changes: "changes",
        Trends: "trends",
        Crosstab: "crosstab",
        Standardised: "one mix",
        Decompositions: "taken apart",
        Shifts: "shifts",
        Sensitivity: "not answered",
    }
)
#: Results of which letters and arrows can be had.
_MARKED = (Estimates, Changes, Crosstab)
_KINDS = tuple(kind.__name__ for kind in _NAMES)
#: What a table can be written as.
FORMATS: Mapping[str, Callable[[Layout], Any]] = MappingProxyType(
    {"markdown": markdown, "html": html, "latex": latex, "great": great}
)
_NOTHING = (
    "nothing here can be compared: letters need groups of one wave, or changes; arrows need "
    "changes. Pass changes=sl.change(study, question), which says what may be compared, or make "
    "the table of the changes themselves"
)


def table(
    result: Result,
    *,
    format: str = "markdown",  # noqa: A002 - the word that readers look for
    letters: bool = False,
    arrows: bool = False,
    changes: Changes | Sequence[Changes] = (),
    adjust: str | None = "holm",
    family: str = "question",
    labels: Mapping[str, str] | None = None,
) -> Any:
    """Make the table of a result: answers in rows, waves and groups in columns.

    Every format shows the same texts: the figure, its interval, and below the table what flags,
    letters, arrows and signs mean. A figure that is withheld is `[c]`, and nothing else of it is
    shown.

    Args:
        result: Estimates, changes, trends, a crosstab, standardised shares, decompositions, shifts,
            or a sensitivity.
        format: `markdown`, `html` or `latex` for a text; `great` for an object of great_tables.
        letters: Whether a share names the columns, A, B, C, …, whose share is significantly
            lower: groups of one wave, and waves where `changes` compares them.
        arrows: Whether ▲ and ▼ say that a share rose or fell since the wave before, by `changes`.
        changes: What `change` says of the same question. A table of changes has them already.
        adjust: How tests of groups count each other: a name in
            `surveylib.stats.multiplicity.METHODS`; None for each on its own.
        family: Which of them are counted together: `question`, all of one question in one wave;
            `answer`, those of one answer; `all`.
        labels: What groups are called, by `question=answer`; left out, as the questionnaire does.

    Returns:
        A text; a `great_tables.GT` for `great`.

    Raises:
        MethodError: No such format, or a result without a table of this kind; letters or arrows
            where nothing can be compared.
        MissingExtraError: The `report` extra is not installed, for `great`.

    Example:
        >>> import surveylib as sl
        >>> study = sl.load_study("waves/netclean")
        >>> print(sl.table(sl.estimate(study, "ai_important"))[:20])
        **Importance of AI**
    """
    if not isinstance(format, str) or format not in FORMATS:
        raise MethodError(no_method("table", str(format), FORMATS))
    marking = _marking(letters, arrows, changes, adjust, family)
    made, has_signs = _layout(_checked(result), marking, _named(labels))
    if (letters or arrows) and not has_signs:
        raise MethodError(_NOTHING)
    return FORMATS[format](made)


def write_workbook(
    results: Result | Study | Iterable[Result],
    path: str | Path,
    *,
    letters: bool = False,
    arrows: bool = False,
    changes: Changes | Sequence[Changes] = (),
    adjust: str | None = "holm",
    family: str = "question",
    labels: Mapping[str, str] | None = None,
) -> Path:
    """Write results as a workbook: contents, a sheet for each question, and a dictionary.

    Numbers are numbers, with the decimals that readers see; no cell is a formula; the same
    results give the same bytes.

    Args:
        results: A result, or several; or a study, for the shares of every question.
        path: The file, which ends in `.xlsx`.
        letters: As in `table`, in every sheet where something can be compared.
        arrows: Likewise.
        changes: Of any of the questions. Of a study they are taken as `change` gives them.
        adjust: As in `table`.
        family: As in `table`.
        labels: As in `table`.

    Returns:
        The file.

    Raises:
        MethodError: No results, one without a table, or letters and arrows where nothing can be
            compared.
        OutputError: The file cannot be written, or a table is larger than a sheet.
        MissingExtraError: The `formats` extra is not installed.
    """
    target = Path(path)
    if target.suffix.lower() != ".xlsx":
        raise MethodError(
            f"path is {show(target.name)}; wanted the name of a file that ends in .xlsx"
        )
    marking = _marking(letters, arrows, changes, adjust, family)
    left_out: list[tuple[str, str, str]] = []
    if isinstance(results, Study):
        found, told = _of_study(results, changes=letters or arrows, left_out=left_out)
        marking = replace(marking, changes=(*marking.changes, *told))
    else:
        found = _several(results)
    parts = [part for result in found for part in _split(_checked(result))]
    if not parts:
        raise MethodError(f"results is empty; wanted one of: {', '.join(_KINDS)}")
    named = _named(labels)
    made = [_layout(part, marking, named) for part in parts]
    if (letters or arrows) and not any(has_signs for _, has_signs in made):
        raise MethodError(_NOTHING)
    names = tables_xlsx.sheet_names(map(_sheet_name, parts))
    sheets = [
        Sheet(name, layout, _NAMES[type(part)], _question(part))
        for name, (layout, _), part in zip(names, made, parts, strict=True)
    ]
    entries = of_layouts(layout for layout, _ in made)
    content = tables_xlsx.workbook(sheets, entries, left_out)
    files.write(target.parent, {target.name: content})
    return target


def write_data(result: Result, folder: str | Path) -> tuple[Path, ...]:
    """Write a result as data.csv, data.json and dictionary.csv, which says what columns are.

    Shares are proportions, with full digits; a figure that is withheld has a row with its names
    and flags, and no numbers. No text runs in a spreadsheet: an apostrophe goes in front of what
    would.

    Args:
        result: Estimates, changes, trends, a crosstab, standardised shares, decompositions, shifts,
            or a sensitivity.
        folder: Made if it is not there.

    Returns:
        The three files.

    Raises:
        MethodError: A result that has no such data.
        OutputError: A file cannot be written.
    """
    written = tables_data.files(_checked(result))
    files.write(Path(folder), written)
    return tuple(Path(folder) / name for name in written)


def _several(results: Any) -> list[Any]:
    """One result, or several, as a list."""
    if type(results) in _LAYOUTS or not isinstance(results, Iterable) or isinstance(results, str):
        return [results]
    return list(results)


def _checked(result: Any) -> Any:
    """A result that has a table, with texts that do nothing to who reads them."""
    if type(result) not in _LAYOUTS:
        message = f"result is a {type(result).__name__}; wanted one of: {', '.join(_KINDS)}"
        raise MethodError(message)
    return calm(result)


def _named(labels: Any) -> Mapping[str, str]:
    """What groups are called."""
    if labels is not None and not isinstance(labels, Mapping):
        message = f"labels is a {type(labels).__name__}; wanted names by 'question=answer'"
        raise MethodError(message)
    return {} if labels is None else {str(one): calm(str(text)) for one, text in labels.items()}


def _marking(
    letters: bool,  # noqa: FBT001 - both are named where they are asked for
    arrows: bool,  # noqa: FBT001 - likewise
    changes: Changes | Sequence[Changes],
    adjust: str | None,
    family: str,
) -> Marking:
    several: tuple[Any, ...] = (changes,) if isinstance(changes, Changes) else tuple(changes)
    for one in several:
        if not isinstance(one, Changes):
            message = f"changes holds a {type(one).__name__}; wanted what sl.change gives"
            raise MethodError(message)
    marking = Marking(
        letters=letters, arrows=arrows, changes=tuple(map(calm, several)), adjust=adjust,
        family=family,
    )  # fmt: skip
    check(marking)
    return marking


def _layout(result: Any, marking: Marking, labels: Mapping[str, str]) -> tuple[Layout, bool]:
    """The table of a result, and whether letters and arrows could be had."""
    known = {part: calm(label) for part, label in labels_of(result).items()}
    layout = _LAYOUTS[type(result)](result, {**known, **labels})
    if not (marking.letters or marking.arrows) or not isinstance(result, _MARKED):
        return layout, False
    if isinstance(result, Changes):
        found = marked(layout, replace(marking, changes=(result,)), None)
    else:
        estimates = result.within if isinstance(result, Crosstab) else result
        found = marked(layout, marking, estimates)
    return (layout, False) if found is None else (found, True)


def _split(result: Any) -> list[Any]:
    """A result of several questions as one for each."""
    if isinstance(result, Crosstab):
        return [result]
    questions = dict.fromkeys(row.question for row in result.rows)
    if len(questions) < 2:
        return [result]
    found = []
    for question in questions:
        rows = tuple(row for row in result.rows if row.question == question)
        rest: dict[str, Any] = {"rows": rows}
        for name in ("refused", "not_printed"):
            # What is refused in words stands with every question.
            kept = getattr(result, name, ())
            if not any(isinstance(one, str) for one in kept) and hasattr(result, name):
                rest[name] = tuple(row for row in kept if row.question == question)
        found.append(replace(result, **rest))
    return found


def _question(result: Any) -> str:
    if isinstance(result, Crosstab):
        return f"{result.columns} by {result.rows}"
    return str(result.rows[0].question) if result.rows else "no figures"


def _sheet_name(result: Any) -> str:
    question, kind = _question(result), _NAMES[type(result)]
    if isinstance(result, Estimates | Crosstab):
        return question
    return f"{question[: 30 - len(kind)]} {kind}"


def _of_study(
    study: Study, *, changes: bool, left_out: list[tuple[str, str, str]]
) -> tuple[list[Any], list[Changes]]:
    """The shares of every question, and what changed; questions without any are named."""
    found, told = [], []
    for question in study.question_ids:
        try:
            found.append(study.estimate(question))
        except (NotEstimableError, MethodError) as error:
            left_out.append(("no table", question, str(error)))
            continue
        if changes:
            try:
                told.append(study.change(question))
            except SurveylibError as error:
                left_out.append(("no changes", question, str(error)))
    return found, told
