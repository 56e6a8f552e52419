"""Search the files of a report for numbers that are withheld."""

from __future__ import annotations

import csv
import dataclasses
import html
import io
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.analysis.changes import Change, Refusal
from surveylib.analysis.results import Estimate, NotPrinted
from surveylib.errors import Fault
from surveylib.present import numbers
from surveylib.present.disclosure_earlier import hidden

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Name = tuple[str, str, str, str]

_TEXTS = frozenset({".html", ".htm", ".csv", ".json", ".svg", ".md", ".txt", ".tex", ".log"})
#: Files that hold texts packed together, as workbooks do.
_PACKED = frozenset({".xlsx", ".xlsm", ".ods", ".docx", ".odt", ".pptx", ".zip"})
_NAMES = ("wave", "question", "answer", "domain")
#: Texts, which may look like numbers, and numbers that say nothing of people.
_HARMLESS = frozenset(
    {"confidence_level", "steps", "order", "year", "line"}
    | {
        field.name
        for kind in (Estimate, Change, Refusal, NotPrinted)
        for field in dataclasses.fields(kind)
        if str(field.type) == "str"
    }
) - {"printed", "read_as"}
_DATA = re.compile(r"<script[^>]*json[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)
#: A number with fewer digits than this can be another one's too.
_TELLING = 6


class Found(NamedTuple):
    """What a search found.

    Args:
        files: The files that were read, below the folder.
        unread: The files that no text can be read from, such as pictures.
        faults: What they give away.
    """

    files: list[str]
    unread: list[str]
    faults: list[Fault]


def search_files(folder: Path, rows: Sequence[Mapping[str, Any]]) -> Found:
    """Look in every file for numbers beside the names of a withheld row.

    Args:
        folder: The report's folder.
        rows: Its estimates.
    """
    away = {_name(row) for row in rows if hidden(row)}
    labels = {(str(row["wave"]), str(row.get("answer_text"))) for row in rows if hidden(row)}
    labels -= {(str(row["wave"]), str(row.get("answer_text"))) for row in rows if not hidden(row)}
    faults: dict[str, Fault] = {}
    files: list[str] = []
    unread: list[str] = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        text = _text_of(path)
        (unread if text is None else files).append(path.relative_to(folder).as_posix())
        for record in _records(path, text):
            found = _left(record, away, labels)
            if found:
                fault = Fault(
                    code="AUDIT-LEFT",
                    what=f"a number stands beside a withheld row: {found[0]}",
                    file=str(path),
                    got=found[1],
                    wanted="nothing",
                    todo="write the report again from protected results",
                )
                faults.setdefault(str(fault), fault)
    return Found(files, unread, list(faults.values()))


def _text_of(path: Path) -> str | None:
    """All text of a file; None of one that holds none that can be read."""
    kind = path.suffix.lower()
    if kind in _TEXTS:
        return path.read_text("utf-8", errors="replace")
    if kind not in _PACKED:
        return None
    try:
        with zipfile.ZipFile(path) as packed:
            parts = [
                packed.read(name).decode("utf-8", errors="replace")
                for name in sorted(packed.namelist())
                if Path(name).suffix.lower() in {*_TEXTS, ".xml"}
            ]
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return None  # damaged, or locked with a password
    return "\n".join(parts)


def _records(path: Path, text: str | None) -> Iterator[Mapping[str, Any]]:
    """Every record of a file that has names and values."""
    if text is None:
        return
    if path.suffix.lower() == ".csv":
        yield from csv.DictReader(io.StringIO(text))
    elif path.suffix.lower() == ".json":
        yield from _dicts(_parsed(text))
    else:
        for found in _DATA.findall(text):
            yield from _dicts(_parsed(html.unescape(found)))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _dicts(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object inside a value, at any depth."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            yield one
            stack.extend(reversed(list(one.values())))
        elif isinstance(one, list):
            stack.extend(reversed(one))


def _name(record: Mapping[str, Any]) -> Name:
    wave, question, answer, domain = (str(record.get(name) or "") for name in _NAMES)
    return wave, question, answer, domain


def _left(
    record: Mapping[str, Any], away: set[Name], labels: set[tuple[str, str]]
) -> tuple[str, str] | None:
    """The name of a withheld row and a number in a record of it; None where there is none."""
    named = [_name(record)]
    if "from_wave" in record:
        named = [_name({**record, "wave": record[end]}) for end in ("from_wave", "to_wave")]
    of_rows = [one for one in named if one in away]
    chart = "share" in record and "question" not in record
    if chart and (str(record.get("wave")), str(record.get("answer"))) in labels:
        of_rows = [(str(record["wave"]), "", str(record["answer"]), "")]
    if not of_rows:
        return None
    for field, value in record.items():
        if field not in _HARMLESS and _is_number(value):
            wave, question, answer, domain = of_rows[0]
            group = f" ({domain})" if domain else ""
            return f"{wave} {question}/{answer}{group}".strip(), f"{field} = {value}"
    return None


def _is_number(value: object) -> bool:
    """Whether a value is a number, or the text of one as a CSV has it."""
    if isinstance(value, bool) or value is None:
        return False
    return isinstance(value, int | float) or (
        isinstance(value, str) and re.fullmatch(r"[-+]?\d[\d.]*(e[-+]?\d+)?( of \d+)?", value)
        is not None
    )  # fmt: skip


def search_numbers(
    folder: Path,
    files: Iterable[str],
    rows: Sequence[Mapping[str, Any]],
    truth: Iterable[Mapping[str, Any]],
) -> list[Fault]:
    """Look in every file for the true numbers of withheld rows, as texts.

    Args:
        folder: The report's folder.
        files: Its files.
        rows: Its estimates.
        truth: The same rows with nothing withheld.
    """
    away = {_name(row) for row in rows if hidden(row)}
    said = {form for row in rows if not hidden(row) for form in _forms(row)}
    wanted = {
        form: _name(row) for row in truth if _name(row) in away for form in _forms(row) - said
    }
    if not wanted:
        return []
    either = "|".join(re.escape(form) for form in sorted(wanted, key=lambda one: (-len(one), one)))
    pattern = re.compile(rf"(?<![\d.])(?:{either})(?!\d)")
    faults: dict[tuple[str, str], Fault] = {}
    for file in files:
        text = html.unescape(_text_of(folder / file) or "")
        for found in pattern.findall(text.replace("\u00a0", " ")):
            wave, question, answer, domain = wanted[found]
            group = f" ({domain})" if domain else ""
            faults[file, found] = Fault(
                code="AUDIT-FOUND",
                what=f"a withheld number stands in a file: {wave} {question}/{answer}{group}",
                file=str(folder / file),
                got=f"'{found}'",
                wanted="nothing",
                todo="write the report again from protected results",
            )
    return list(faults.values())


def _forms(row: Mapping[str, Any]) -> set[str]:
    """The texts of a row's numbers that can hardly be another one's."""
    values = [row.get(name) for name in ("estimate", "standard_error", "ci_low", "ci_high")]
    full = {repr(value) for value in values if isinstance(value, float)}
    forms = {one for one in full if len(one.strip("0.-").replace(".", "")) >= _TELLING}
    low, high = row.get("ci_low"), row.get("ci_high")
    if isinstance(low, float) and isinstance(high, float):
        forms.add(numbers.percents(low, high).replace(numbers.SPACE, " "))
    printed = str(row["printed"])
    return forms | ({printed} if " of " in printed else set())
