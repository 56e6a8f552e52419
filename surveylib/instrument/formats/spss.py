"""SPSS: an empty data file with every label, and the syntax that puts the labels on another.

Only written. The data file has no rows; it holds what SPSS calls the dictionary. The syntax says
the same in words, adds what the data file cannot hold (sets of variables, the questions in full,
the codes behind the numbers) and can be run on any file whose variables have the same names.
"""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from surveylib.errors import MissingExtraError
from surveylib.instrument.formats.base import Format
from surveylib.instrument.formats.variables import sets, unique_names, variables
from surveylib.instrument.question import DateQuestion, NumberQuestion, in_language

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from surveylib.instrument.formats.variables import Variable
    from surveylib.instrument.model import Instrument

#: Limits of SPSS, in bytes.
MOST_FILE_LABEL = 64
MOST_VARIABLE_LABEL = 255
MOST_VALUE_LABEL = 120
MOST_ATTRIBUTE = 32_000
#: Width of a text, in bytes; longer answers need a file of their own.
TEXT_WIDTH = 1_000
#: One line of syntax may have 251 bytes; a string begins after two spaces, a sign and a quote.
MOST_STRING = 200
MOST_COMMENT = 200

#: Names that SPSS gives to its own variables; a set is called $ and a name.
SYSTEM_NAMES = frozenset(
    {"casenum", "date", "date11", "jdate", "length", "sysmis", "time", "width"}
)

#: When the data file was made, as its header says: always the same, so that the bytes are.
MADE = b"01 Jan 7000:00:00"
#: Where the header of a data file holds the number of rows, and when it was made.
_ROWS_AT, _MADE_AT = 80, 92
#: Ends the dictionary: a record of type 999 and a filler.
_END = struct.pack("=ii", 999, 0)

_DATES = MappingProxyType({"year": "F8.0", "month": "MOYR8", "day": "SDATE10"})


def write(instrument: Instrument) -> dict[str, bytes]:
    """The data file and the syntax.

    Raises:
        MissingExtraError: pyreadstat is not installed.
    """
    made = variables(instrument)
    name = f"{instrument.id}-{instrument.version}"
    text = "".join(f"{line}\n" for line in _syntax(instrument, made))
    # SPSS and PSPP read syntax in the encoding of the machine unless the file says that it is UTF-8
    return {f"{name}.sav": _data_file(instrument, made), f"{name}.sps": text.encode("utf-8-sig")}


def _data_file(instrument: Instrument, made: Sequence[Variable]) -> bytes:
    try:
        import pandas as pd  # noqa: PLC0415 - pyreadstat takes nothing lighter that is installed
        from pyreadstat import write_sav  # noqa: PLC0415 - an optional part
    except ImportError as error:
        raise MissingExtraError.of("formats", "writing SPSS files") from error
    language = instrument.languages[0]
    numbers = [variable for variable in made if not variable.is_text]
    # One row: a text is as wide as the longest that the column holds.
    row = {entry.name: ["x" * TEXT_WIDTH] if entry.is_text else [0.0] for entry in made}
    ranges = {entry.name: entry.missing_range for entry in numbers}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.sav"
        write_sav(
            pd.DataFrame(row),
            path,
            file_label=_cut(in_language(instrument.title, language), MOST_FILE_LABEL),
            column_labels={entry.name: _label(entry, language) for entry in made},
            variable_value_labels={
                entry.name: labels for entry in numbers if (labels := _labels(entry, language))
            },
            missing_ranges={
                name: [{"lo": low, "hi": high}] for name, (low, high) in ranges.items()
            },
            variable_measure={entry.name: entry.level for entry in made},
            variable_format={entry.name: _display(entry) for entry in numbers},
            variable_display_width={entry.name: 40 for entry in made if entry.is_text},
        )
        return _without_rows(path.read_bytes())


def _without_rows(data: bytes) -> bytes:
    """The dictionary of an uncompressed data file, with no row and a fixed time of making."""
    found = bytearray(data[: data.rindex(_END) + len(_END)])
    struct.pack_into("=i", found, _ROWS_AT, 0)
    found[_MADE_AT : _MADE_AT + len(MADE)] = MADE
    # The last record before the end holds the number of rows once more, in 64 bits.
    struct.pack_into("=q", found, len(found) - len(_END) - 8, 0)
    return bytes(found)


def _display(variable: Variable) -> str:
    """How SPSS shows a number."""
    question = variable.question
    if isinstance(question, DateQuestion):
        return _DATES[question.precision]
    if not isinstance(question, NumberQuestion):
        return "F8.0"
    limits = [*variable.missing_range, question.minimum, question.maximum]
    digits = max(len(f"{int(limit)}") for limit in limits if limit is not None)
    return f"F{min(40, max(8, digits + question.decimals + 1))}.{question.decimals}"


def _syntax(instrument: Instrument, made: Sequence[Variable]) -> Iterator[str]:
    language = instrument.languages[0]
    yield "* Encoding: UTF-8."
    yield from _comment(in_language(instrument.title, language))
    yield from _comment(f"{instrument.id} {instrument.version}, labels in '{language}'")
    for variable in made:
        yield ""
        yield from _of_variable(variable, language)
    # SPSS takes two variables or more for a set.
    groups = {name: members for name, members in sets(made).items() if len(members) > 1}
    names = unique_names(((name,) for name in groups), reserved=SYSTEM_NAMES, most=63)
    for name, members in zip(names, groups.values(), strict=True):
        yield ""
        yield from _of_set(name, members, language)


def _of_set(name: str, members: Sequence[Variable], language: str) -> Iterator[str]:
    """The set of variables of a question with several answers."""
    question = members[0].question
    label = in_language({**question.text, **(question.title or {})}, language)
    yield "MRSETS"
    yield f"  /MDGROUP NAME=${name} CATEGORYLABELS=COUNTEDVALUES"
    yield from _string(_cut(label, MOST_VALUE_LABEL), start="  LABEL=")
    yield "  VARIABLES="
    yield from (f"    {member.name}" for member in members)
    yield "  VALUE=1."


def _of_variable(variable: Variable, language: str) -> Iterator[str]:
    """The commands for one variable, each by itself: one may fail and the others hold."""
    name, question = variable.name, variable.question
    about = f", option {variable.option.code}" if variable.option else ""
    yield from _comment(f"{name}: question {question.id}{about}")
    if variable.part == "answer" and variable.answers:
        codes = ", ".join(f"{entry.value} = {entry.code}" for entry in variable.answers)
        yield from _comment(f"{name}: {codes}")
    yield f"VARIABLE LABELS {name}"
    yield from _string(_label(variable, language), end=".")
    yield f"VARIABLE LEVEL {name} ({variable.level.upper()})."
    text = _cut(in_language(question.text, language), MOST_ATTRIBUTE)
    yield f"VARIABLE ATTRIBUTE VARIABLES={name} ATTRIBUTE=Question("
    yield from _string(text, end=").")
    if variable.is_text:
        return
    if labels := _labels(variable, language):
        yield f"VALUE LABELS {name}"
        last = list(labels)[-1]
        for value, label in labels.items():
            yield from _string(label, start=f"  {value} ", end="." if value == last else "")
    low, high = variable.missing_range
    yield f"MISSING VALUES {name} ({low} THRU {high})."


def _label(variable: Variable, language: str) -> str:
    return _cut(in_language(dict(variable.label), language), MOST_VARIABLE_LABEL)


def _labels(variable: Variable, language: str) -> dict[int | float, str]:
    """What each value means: the answers in order, then the missing states."""
    return {
        entry.value: _cut(in_language(dict(entry.label), language), MOST_VALUE_LABEL)
        for entry in (*variable.answers, *variable.missing)
    }


def _cut(text: str, most: int) -> str:
    """A text on one line, cut to a number of bytes."""
    line = " ".join(text.split())
    if len(line.encode("utf-8")) <= most:
        return line
    return line.encode("utf-8")[: most - 3].decode("utf-8", "ignore").rstrip() + "…"


def _string(text: str, *, start: str = "    ", end: str = "") -> Iterator[str]:
    """A string of the syntax, on as many lines as it needs; a quote in it is doubled."""
    parts, size = [""], 0
    for char in text:
        written = "''" if char == "'" else char
        size += len(written.encode("utf-8"))
        if size > MOST_STRING:
            parts.append("")
            size = len(written.encode("utf-8"))
        parts[-1] += written
    for place, part in enumerate(parts):
        yield f"{'    + ' if place else start}'{part}'{end if place == len(parts) - 1 else ''}"


def _comment(text: str) -> Iterator[str]:
    """A text as comments of one line each; the full stop ends a comment."""
    line = ""
    for word in text.split():
        for part in (word[at : at + 50] for at in range(0, len(word), 50)):
            if line and len(f"{line} {part}".encode()) > MOST_COMMENT:
                yield f"* {line}."
                line = ""
            line = f"{line} {part}".lstrip()
    yield f"* {line}."


FORMAT = Format(
    title="SPSS",
    suffix=".sav",
    keeps=frozenset({"version", "questions", "write-in"}),
    partly=MappingProxyType(
        {
            "title": "in the source language, cut at 64 bytes in the data file",
            "languages": "the source language alone",
            "kinds": "the level of measurement and the form of each variable",
            "texts": "in the source language, set by the syntax",
            "codes": "as numbers, which comments of the syntax explain; nets have none",
            "labels": "in the source language, cut at 120 bytes",
            "missing": "as values; texts have none",
            "missing labels": "in the source language, cut at 120 bytes",
            "other states": "as values; texts have none",
            "rows": "as variables, labelled in the source language",
            "cells": "the level of measurement and the form of each variable",
            "number limits": "the decimals",
            "dates": "the precision",
            "titles": "in the source language, cut at 255 bytes",
            "derived": "as variables, without the answers that lead to a value",
        }
    ),
    write=write,
    extra="formats",
)
