"""SPSS files (.sav, .zsav) and Stata files (.dta): labels, missing values, sets and weight.

Values that the file declares missing are kept as they are. Each file is parsed in a process of
its own, because a crafted file may crash the parser.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, NoReturn

from surveylib.errors import Fault, show
from surveylib.wave.readers.base import MOST_BYTES, Sheet, file_hash, refuse
from surveylib.wave.readers.statistical_header import DictionaryError, read_dictionary
from surveylib.wave.readers.statistical_labels import label_faults
from surveylib.wave.readers.statistical_process import Task, batches, describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from surveylib.wave.readers.base import AnswerSet, ReadOptions
    from surveylib.wave.readers.statistical_process import Description, FileFormat

_SPSS_SIGNS = (b"$FL2", b"$FL3")
_STATA_SIGN, _STATA_END = b"<stata_dta>", b"</stata_dta>"
#: First bytes of older Stata files: the number of the layout, and the order of the bytes.
_STATA_LAYOUTS, _STATA_ORDERS = range(104, 116), (1, 2)


def read_sav(path: Path, options: ReadOptions) -> Sheet:
    """Open an SPSS file, compressed or not.

    Args:
        path: The file.
        options: The encoding, where the file declares a wrong one.

    Raises:
        ResponsesError: It is no SPSS file, is damaged, or its texts cannot be decoded.
        MissingExtraError: pyreadstat is not installed.
    """
    if not _start(path).startswith(_SPSS_SIGNS):
        _other(path, "an SPSS file")
    task = _task(path, "sav", options)
    found = describe(task)
    weight, sets, faults = _dictionary(path, found)
    return _sheet(task, found, weight=weight, sets=sets, faults=faults)


def read_dta(path: Path, options: ReadOptions) -> Sheet:
    """Open a Stata file. Its missing values are `.a` to `.z`; a plain `.` is a blank.

    Args:
        path: The file.
        options: The encoding, where the file is older than Stata 14 and not in Windows-1252.

    Raises:
        ResponsesError: It is no Stata file, is damaged, or its texts cannot be decoded.
        MissingExtraError: pyreadstat is not installed.
    """
    start = _start(path)
    tagged = start.startswith(_STATA_SIGN)
    if not tagged and not (start[0] in _STATA_LAYOUTS and start[1:2] and start[1] in _STATA_ORDERS):
        _other(path, "a Stata file")
    task = _task(path, "dta", options)
    # The parser does not mind where labels, which come last, are cut off.
    if tagged and not _end(path).rstrip(b"\r\n\0").endswith(_STATA_END):
        refuse(
            path,
            "FILE-DAMAGED",
            "the file ends before its end mark",
            wanted="</stata_dta>",
            todo="copy or export it again",
        )
    found = describe(task)
    faults = [
        Fault(
            code="DATE-FORMAT",
            what=f"column {show(name)} holds periods or times that have no text; numbers are kept",
            file=str(path),
            got=show(display),
            wanted="%td, %tc or %tm",
            todo="give it another format in Stata, if it is a date",
        )
        for name, display in found.odd.items()
    ]
    return _sheet(task, found, faults=faults)


def _sheet(
    task: Task,
    found: Description,
    *,
    faults: list[Fault],
    weight: str = "",
    sets: Mapping[str, AnswerSet] | None = None,
) -> Sheet:
    width = len(found.columns)
    return Sheet(
        file=str(task.path),
        format=task.format,
        sha256=file_hash(task.path),
        columns=found.columns,
        batches=lambda: batches(task, width),
        encoding=found.encoding,
        warnings=(*faults, *label_faults(str(task.path), found.columns)),
        sets=sets or {},
        weight=weight,
    )


def _task(path: Path, file_format: FileFormat, options: ReadOptions) -> Task:
    size = path.stat().st_size
    if size > MOST_BYTES:
        refuse(path, "FILE-SIZE", f"{size:,} bytes; at most {MOST_BYTES:,} are read")
    declared = options.encoding
    encoding = None
    if declared is not None:
        try:
            encoding = _iconv_name(declared)
        except (LookupError, ValueError):
            what = f"no encoding is called {show(declared)}"
            refuse(path, "FILE-ENCODING", what, wanted="utf-8, cp1252, …")
    return Task(path=path, format=file_format, encoding=encoding, declared=declared)


def _iconv_name(declared: str) -> str:
    """An encoding as the parser's library calls it, from any name that Python knows.

    >>> _iconv_name("utf8"), _iconv_name("latin-1"), _iconv_name("euc_jp")
    ('UTF-8', 'ISO-8859-1', 'EUC-JP')
    """
    name = codecs.lookup(declared).name.removesuffix("-sig").replace("_", "-").upper()
    return name.replace("ISO8859", "ISO-8859").replace("MAC-ROMAN", "MACINTOSH")


def _dictionary(path: Path, found: Description) -> tuple[str, Mapping[str, AnswerSet], list[Fault]]:
    """Weight and sets, and what has to be said about them."""
    try:
        told = read_dictionary(path)
        sets = told.sets(found.encoding)
    except DictionaryError as error:
        what = f"the file could not be read: its dictionary is damaged ({error})"
        refuse(path, "FILE-DAMAGED", what, todo="export the file again")
    spare = told.spare(path.stat().st_size)
    if spare:
        what = "the file ends before its last row" if spare < 0 else "more follows its last row"
        got = f"{abs(spare):,} bytes too {'few' if spare < 0 else 'many'}"
        refuse(path, "FILE-DAMAGED", what, got=got, todo="copy or export it again")
    names = {column.heads[0] for column in found.columns}
    weight = told.weight(found.encoding)
    faults = [*_weight_faults(path, weight, names), *_set_faults(path, sets, names)]
    return weight if weight in names else "", sets, faults


def _weight_faults(path: Path, weight: str | None, names: set[str]) -> Iterator[Fault]:
    if weight is None:
        return
    which = f"the column {show(weight)}" if weight in names else "a column that is not there"
    yield Fault(
        code="WEIGHT-DECLARED",
        what=f"the file declares {which} as its weight; nothing is weighted by it by itself",
        file=str(path),
        todo="name it in the manifest as the weight, or leave it out there",
    )


def _set_faults(path: Path, sets: Mapping[str, AnswerSet], names: set[str]) -> Iterator[Fault]:
    for name, found in sets.items():
        for column in found.columns:
            if column not in names:
                yield Fault(
                    code="SET-COLUMN",
                    what=f"the set {show(name)} has a column that is not in the file",
                    file=str(path),
                    got=show(column),
                    todo="write the set's columns into the manifest",
                )


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        start = file.read(16)
    return start or refuse(path, "FILE-EMPTY", "the file is empty")


def _end(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-min(64, path.stat().st_size), 2)
        return file.read()


def _other(path: Path, wanted: str) -> NoReturn:
    """Stop at a file of another kind."""
    # The table of readers is there, and imports this module.
    from surveylib.wave.readers.base import magic  # noqa: PLC0415 - as said

    kind = magic(path)
    told = f"the file is {kind}" if kind else f"the file is not {wanted}"
    begins = f"the file begins with {show(_start(path)[:4].decode('latin-1'))}"
    refuse(path, "FILE-KIND", told, got="" if kind else begins, wanted=wanted)
