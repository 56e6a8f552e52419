"""Results of SurveyJS: JSON with one object for each respondent, which holds answers by name.

A name becomes a column, in order of first appearance. Where an answer is a list, each value found
becomes a column `question/value` with `1`, with `0` for those who answered without it, and blank
for those without an answer. Rows of a matrix become `question.row`, and `question.row/value`
where several can be ticked. Comments have names of their own: `question-Comment`.

The file names no option that nobody ticked, so there is no column for one. The order of a list,
as in a ranking, is not kept; a warning says so where every list holds the same values.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.errors import Fault, ResponsesError, listed, show
from surveylib.wave.readers.base import (
    BATCH_ROWS,
    MOST_BYTES,
    MOST_COLUMNS,
    Batch,
    Column,
    ReadOptions,
    Sheet,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MOST_DEPTH = 50
#: Where an object may hold the results.
LISTS = ("data", "results")
_HALF = re.compile("[\x00\ud800-\udfff]")
#: Numbers that are written out; others stay as they are.
_SHORT = re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,2})?")


class _NoNumber(str):  # noqa: SLOT000 - there are few
    """What stands where a number should, such as NaN."""


class _Key(NamedTuple):
    """A question, or a row of one; in columns of lists, with the value that is ticked there."""

    name: str
    row: str | None
    value: str | None = None

    def __str__(self) -> str:
        place = self.name if self.row is None else f"{self.name}.{self.row}"
        return place if self.value is None else f"{place}/{self.value}"


#: Answers by question and row: a text, or the values of a list.
_Row = dict[_Key, "str | tuple[str, ...]"]


def read(path: Path, options: ReadOptions) -> Sheet:  # noqa: ARG001 - readers are called alike
    """Open results of SurveyJS: a list, an object with one, or one object in each line.

    The file is read as a whole. JSON is UTF-8 and has no header, so no option is looked at. Lines
    of a list are numbers of records.

    Args:
        path: The file.
        options: Of other formats.

    Raises:
        ResponsesError: The file is no JSON or too large; a key stands twice; a number is none; an
            answer is nested deeper than rows of lists, or of another shape than in other records.
    """
    text, digest = _text(path)
    results = _results(path, text)
    if not results.records:
        refuse(path, "FILE-EMPTY", "the file holds no results")
    answers = _Answers(results.faults)
    for at, record in enumerate(results.records):
        answers.add(record, _Where(at + 1, results.lines[at] if results.by_line else None))
    # Kept for the batches; the parsed file is not.
    keys, rows, lines = answers.columns(), answers.rows, results.lines
    _check_heads(path, keys, results.faults)
    if results.faults.found:
        raise ResponsesError(results.faults.told(path))
    return Sheet(
        file=str(path),
        format="surveyjs",
        sha256=digest,
        columns=tuple(Column(position=at, heads=(str(key),)) for at, key in enumerate(keys)),
        batches=lambda: _batches(keys, rows, lines),
        encoding="utf-8",
        warnings=(*results.warnings, *_rankings(path, keys, rows)),
    )


def _text(path: Path) -> tuple[str, str]:
    """The text of the file, and the hash of its bytes."""
    size = path.stat().st_size
    if size > MOST_BYTES:
        refuse(path, "FILE-SIZE", f"{size} bytes; JSON is read up to {MOST_BYTES}")
    raw = path.read_bytes()
    try:
        found = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{raw[error.start]:02x} is not UTF-8, which JSON is"
        refuse(path, "FILE-ENCODING", what, line=line, todo="save the file as UTF-8")
    if not found.strip():
        refuse(path, "FILE-EMPTY", "the file is empty")
    return found, hashlib.sha256(raw).hexdigest()


class _Where(NamedTuple):
    """A record, and its line where that is known."""

    record: int
    line: int | None


@dataclass(slots=True)
class _Faults:
    """Faults by what they are of: the first of each, and how many there are."""

    found: dict[tuple[str, str], tuple[Fault, int]] = field(default_factory=dict)

    def add(self, code: str, of: str, what: str, line: int | None = None, **parts: str) -> None:
        first, count = self.found.get((code, of), (None, 0))
        fault = first or Fault(code=code, what=what, line=line, **parts)
        self.found[code, of] = (fault, count + 1)

    def told(self, path: Path) -> list[Fault]:
        found = []
        for fault, count in sorted(self.found.values(), key=lambda told: told[0].line or 0):
            more = f"; and {count - 1:,} more such" if count > 1 else ""
            found.append(replace(fault, file=str(path), what=fault.what + more))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Results:
    """Records, and the line of each, or its number where lines are not known."""

    records: Sequence[Any]
    lines: Sequence[int]
    by_line: bool = False
    faults: _Faults = field(default_factory=_Faults)
    warnings: tuple[Fault, ...] = ()


def _results(path: Path, text: str) -> _Results:
    begun = len(text) - len(text.lstrip())
    ended = text.find("\n", begun)
    one_line = ended < 0 or not re.compile(r"\S").search(text, ended)
    if not one_line and text[begun] == "{":
        faults = _Faults()
        if isinstance(_decoded(text[begun:ended], faults), dict) and not faults.found:
            return _from_lines(text)
    faults = _Faults()
    data = _decoded(text, faults)
    if faults.found:
        raise ResponsesError(faults.told(path))
    if isinstance(data, list):
        return _Results(records=data, lines=range(1, len(data) + 1))
    if not isinstance(data, dict):
        refuse(path, "JSON-RECORD", "the file holds no list of results", got=show(data))
    return _from_object(path, data, one_line=one_line)


class _Doubled(dict[str, Any]):
    """An object in which a key stands twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _Doubled(found)


def _decoded(text: str, faults: _Faults, line: int | None = None) -> Any:
    """Decode JSON; what is no JSON and yet passes is marked, to be refused with its place."""
    try:
        hooks: dict[str, Any] = {"parse_float": _number, "parse_constant": _NoNumber}
        return json.loads(text, object_pairs_hook=_once, parse_int=str, **hooks)
    except RecursionError:
        faults.add("JSON-DEPTH", "", f"nested deeper than {MOST_DEPTH}", line)
    except json.JSONDecodeError as error:
        what = f"not valid JSON: {error.msg}, at place {error.colno} of the line"
        faults.add("JSON-SYNTAX", error.msg, what, line or error.lineno, todo="export it again")
    return {}


def _number(text: str) -> str:
    """A number with a point or an exponent, without them where it has no fraction.

    >>> _number("3.0"), _number("2.50"), _number("1e3")
    ('3', '2.50', '1000')
    """
    if not math.isfinite(float(text)):
        return _NoNumber(text)
    if not _SHORT.fullmatch(text):
        return text
    value = Decimal(text)
    return str(int(value)) if value == value.to_integral_value() else f"{value:f}"


def _from_lines(text: str) -> _Results:
    """One object in each line; lines that cannot be read are faults."""
    records, lines, faults = [], [], _Faults()
    for number, line in enumerate(text.split("\n"), start=1):
        if line and not line.isspace():
            records.append(_decoded(line, faults, number))
            lines.append(number)
    return _Results(records=records, lines=lines, by_line=True, faults=faults)


def _from_object(path: Path, data: dict[str, Any], *, one_line: bool) -> _Results:
    """The list that an object holds; an object without one is a record, if it is a line."""
    if isinstance(data, _Doubled):
        refuse(path, "JSON-DUPLICATE", "a key stands twice in the object that is the file")
    names = [name for name in LISTS if isinstance(data.get(name), list)]
    if not names and one_line:
        return _Results(records=[data], lines=[1], by_line=True)
    if len(names) != 1:
        what = f"the file is one object with {'two lists' if names else 'no list'} of results"
        wanted = f"a list, an object with one called {' or '.join(LISTS)}, or an object a line"
        refuse(path, "JSON-RECORD", what, got=listed(data, most=6), wanted=wanted)
    beside = [name for name in data if name != names[0]]
    what = f"the file holds more than its list of results; not read: {listed(beside)}"
    told = (Fault(code="JSON-BESIDE", what=what, file=str(path)),) if beside else ()
    records = data[names[0]]
    return _Results(records=records, lines=range(1, len(records) + 1), warnings=told)


class _Answers:
    """Takes records apart, and collects what is wrong."""

    def __init__(self, faults: _Faults) -> None:
        self.faults = faults
        self.rows: list[_Row] = []
        #: Rows and values by name, in order of first appearance; a plain question has row None.
        self.seen: dict[str, dict[str | None, dict[str, None]]] = {}
        self.shapes: dict[_Key | str, tuple[str, int]] = {}
        #: Each place once, however many records have it.
        self.places: dict[_Key, _Key] = {}

    def add(self, record: Any, where: _Where) -> None:
        """One respondent's answers."""
        row: _Row = {}
        self.rows.append(row)
        if not isinstance(record, dict):
            self.fault(where, "JSON-RECORD", "", f"is {_kind(record)}, and no object")
            return
        self.check("", record, where)
        for name, value in record.items():
            if name not in self.seen:
                self.seen[name] = {}
                self.check(name, name, where)
            is_matrix = isinstance(value, dict)
            if value is None or not self.fits(name, "an object", where, is_so=is_matrix):
                continue
            self.check(name, value if is_matrix else None, where)
            for part, answer in value.items() if is_matrix else ((None, value),):
                place = _Key(name, part)
                self.check(name, part, where)
                self.check(place, answer, where)
                self.answer(self.places.setdefault(place, place), answer, row, where)

    def answer(self, place: _Key, value: Any, row: _Row, where: _Where) -> None:
        """An answer that is no object."""
        values = self.seen[place.name].setdefault(place.row, {})
        if isinstance(value, dict):
            self.nested(str(place), value, where)
        elif value is not None and self.fits(place, "a list", where, is_so=isinstance(value, list)):
            if isinstance(value, list):
                row[place] = found = self.listed(place, value, where)
                values.update(dict.fromkeys(found))
            else:
                row[place] = _told(value)

    def listed(self, place: _Key, entries: list[Any], where: _Where) -> tuple[str, ...]:
        """The values of a list."""
        found: dict[str, None] = {}
        for at, entry in enumerate(entries):
            path = f"{place}[{at}]"
            if isinstance(entry, dict | list):
                self.nested(path, entry, where, of=str(place))
            elif entry is None:
                self.fault(where, "JSON-VALUE", place, f"{_plain(path)} is null in a list")
            elif (text := _told(entry)) in found:
                what = f"the list {_plain(place)} has {show(text)} twice"
                self.fault(where, "JSON-DUPLICATE", place, what)
            else:
                self.check(path, entry, where)
                found[text] = None
        return tuple(found)

    def fits(self, place: _Key | str, shape: str, where: _Where, *, is_so: bool) -> bool:
        """Whether a place holds what it held before."""
        told = f"is {shape}" if is_so else f"is not {shape}"
        before, record = self.shapes.setdefault(place, (told, where.record))
        if before == told:
            return True
        what = f"{_plain(place)} {told}; in record {record:,} it {before}"
        self.fault(where, "JSON-MIXED", place, what)
        return False

    def nested(self, path: str, value: Any, where: _Where, *, of: str = "") -> None:
        """Refuse what is nested deeper than answers are."""
        if _is_deep(value):
            code, what = "JSON-DEPTH", f"is nested deeper than {MOST_DEPTH}"
        else:
            code, what = "JSON-NESTED", f"is {_kind(value)}, nested deeper than answers are read"
        todo = "take it apart before, one name for each answer, or leave the question out"
        self.fault(where, code, of or path, f"{_plain(path)} {what}", todo=todo)

    def check(self, place: _Key | str, value: Any, where: _Where) -> None:
        """Refuse keys that stand twice, NaN, NUL and half characters."""
        if isinstance(value, _Doubled):
            what = f"a key stands twice in {_plain(place)}" if place else "a key stands twice"
            self.fault(where, "JSON-DUPLICATE", place, what)
        elif isinstance(value, _NoNumber):
            what = f"{_plain(place)} is no number that can be kept"
            self.fault(where, "JSON-SYNTAX", place, what, got=show(value))
        elif isinstance(value, str) and _HALF.search(value):
            what = f"control or half character in {_plain(place)}"
            self.fault(where, "FILE-CHARACTER", place, what, got=show(value))

    def fault(self, where: _Where, code: str, of: _Key | str, what: str, **parts: str) -> None:
        """A fault of a record."""
        self.faults.add(code, str(of), f"record {where.record:,}: {what}", where.line, **parts)

    def columns(self) -> list[_Key]:
        """What each column holds; a name that never had an answer has one too."""
        found: list[_Key] = []
        for name, rows in self.seen.items():
            for part, values in (rows or {None: {}}).items():
                found += [_Key(name, part, value) for value in values] or [_Key(name, part)]
        return found


def _plain(place: _Key | str) -> str:
    path = str(place)
    return path if path.isprintable() and len(path) <= 80 else show(path)


def _kind(value: Any) -> str:
    kinds = ((dict, "an object"), (list, "a list"), (object, "a value"))
    return next(name for kind, name in kinds if isinstance(value, kind))


def _is_deep(value: Any, left: int = MOST_DEPTH - 2) -> bool:
    """Whether an answer, which stands two levels deep, holds too many levels of its own."""
    inside = value.values() if isinstance(value, dict) else value
    return left < 1 or any(
        _is_deep(child, left - 1) for child in inside if isinstance(child, dict | list)
    )


def _check_heads(path: Path, keys: Sequence[_Key], faults: _Faults) -> None:
    if len(keys) > MOST_COLUMNS:
        refuse(path, "FILE-COLUMNS", f"{len(keys)} columns; at most {MOST_COLUMNS} are read")
    counts = Counter(str(key) for key in keys)
    for head in (head for head in counts if counts[head] > 1):
        what = f"{counts[head]} answers would stand in columns called {show(head)}"
        faults.add("JSON-HEAD", head, what, todo="rename a question in the file")


def _told(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _batches(keys: Sequence[_Key], rows: Sequence[_Row], lines: Sequence[int]) -> Iterator[Batch]:
    for begun in range(0, len(rows), BATCH_ROWS):
        part = rows[begun : begun + BATCH_ROWS]
        numbers = range(begun + 1, begun + len(part) + 1)
        places = lines[begun : begun + BATCH_ROWS]
        yield Batch(numbers, places, [_cells(key, part) for key in keys])


def _cells(key: _Key, rows: Sequence[_Row]) -> list[str]:
    answers = (row.get(_Key(key.name, key.row), "") for row in rows)
    if key.value is None:
        return [answer if isinstance(answer, str) else "" for answer in answers]
    return ["" if isinstance(answer, str) else "01"[key.value in answer] for answer in answers]


def _rankings(path: Path, keys: Sequence[_Key], rows: Sequence[_Row]) -> Iterator[Fault]:
    """Lists that look like rankings: all have the same values, not all in the same order."""
    for place in dict.fromkeys(key._replace(value=None) for key in keys if key.value is not None):
        lists = {answer for row in rows if isinstance(answer := row.get(place), tuple)}
        if len(lists) > 1 and len({frozenset(one) for one in lists}) == 1:
            what = f"every list of {_plain(place)} holds the same values; their order is lost"
            yield Fault(code="JSON-ORDER", what=what, file=str(path))
