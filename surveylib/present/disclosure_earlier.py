"""What an earlier report of the same study printed: read from its study.json."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from surveylib.errors import Fault, StudyError, show
from surveylib.present import numbers
from surveylib.present.disclosure_rules import Figure
from surveylib.present.numbers import SHARES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAME = "study.json"
SCHEMA = "surveylib.study/1"
_COUNTED = re.compile(r"(\d+) of (\d+)")
_NAMES = ("wave", "question", "answer", "domain", "base", "statistic", "certainty", "printed")


def read_report(path: str | Path) -> dict[str, Any]:
    """The data of a report.

    Args:
        path: Its folder, or its study.json.

    Raises:
        StudyError: No such file, or not the data of a report.
    """
    file = Path(path)
    file = file / NAME if file.is_dir() else file
    try:
        found = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise StudyError([_fault("REPORT-MISSING", "no report stands here", file,
                                 got=error.strerror or "", todo="name the folder that a report "
                                 "was written into, or its study.json")]) from error  # fmt: skip
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise StudyError([_fault("REPORT-NOT-JSON", "this is not JSON", file, got=str(error),
                                 todo="write the report again")]) from error  # fmt: skip
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema != SCHEMA:
        raise StudyError([_fault("REPORT-SCHEMA", "this is not the data of a report", file,
                                 got=show(schema), wanted=f"the schema '{SCHEMA}'",
                                 todo="name the study.json of a report")])  # fmt: skip
    return _checked(found, file)


def _checked(found: dict[str, Any], file: Path) -> dict[str, Any]:
    """The data, after a look at every row that is going to be read."""
    estimates = found.get("estimates")
    rows = estimates.get("rows") if isinstance(estimates, dict) else None
    faults = []
    if not isinstance(rows, list):
        faults = [_fault("REPORT-ROWS", "no estimates stand in it", file, wanted="estimates.rows",
                         todo="write the report again")]  # fmt: skip
    for number, row in enumerate(rows or (), 1):
        wrong = _wrong(row)
        if wrong:
            what = f"row {number} of the estimates is none: {wrong}"
            todo = "write the report again, or correct the file"
            faults.append(_fault("REPORT-ROW", what, file, todo=todo))
    if faults:
        raise StudyError(faults)
    return found


def _wrong(row: object) -> str:
    if not isinstance(row, dict):
        return "it has no fields"
    missing = [name for name in _NAMES if not isinstance(row.get(name), str)]
    n = row.get("n")
    if missing:
        return f"'{missing[0]}' is no text"
    if n is not None and (isinstance(n, bool) or not isinstance(n, int)):
        return "'n' is no whole number"
    flags = row.get("flags")
    texts = isinstance(flags, list) and all(isinstance(flag, str) for flag in flags)
    return "" if texts else "'flags' are no texts"


def _fault(
    code: str, what: str, file: Path, *, got: str = "", wanted: str = "", todo: str = ""
) -> Fault:
    return Fault(code=code, what=what, file=str(file), got=got, wanted=wanted, todo=todo)


def earlier_figures(path: str | Path) -> list[Figure]:
    """The counts that a report printed; without those that it withheld.

    Args:
        path: Its folder, or its study.json.
    """
    return figures_of(row for row in read_report(path)["estimates"]["rows"] if not hidden(row))


def hidden(row: Mapping[str, Any]) -> bool:
    """Whether the numbers of a row are withheld."""
    return numbers.WITHHELD in row["flags"]


def figures_of(rows: Iterable[Mapping[str, Any]]) -> list[Figure]:
    """Rows of data as figures; without those that were printed elsewhere before.

    Args:
        rows: Rows as in a study.json.
    """
    return [
        figure_of(row) for row in rows
        if row["certainty"] == "counted" and (row["n"] is not None or hidden(row))
    ]  # fmt: skip


def figure_of(row: Mapping[str, Any]) -> Figure:
    """One row of data as a figure.

    >>> names = {"wave": "2024", "question": "use", "domain": "", "base": "answered"}
    >>> shown = {"statistic": "share", "printed": "7 of 15", "n": 15, "flags": []}
    >>> figure_of({**names, **shown, "answer": "yes"}).events
    7
    """
    found = _COUNTED.fullmatch(row["printed"]) if row["statistic"] in SHARES else None
    return Figure(
        wave=row["wave"],
        question=row["question"],
        answer=row["answer"],
        domain=row["domain"],
        base=row["base"],
        statistic=row["statistic"],
        events=int(found[1]) if found else None,
        n=row["n"],
        hidden=hidden(row),
    )
