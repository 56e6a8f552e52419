"""Which texts may leave a project: texts in own words stay, unless somebody looked at each.

What respondents wrote can name people. Somebody reads each text and says in a CSV file with the
columns `respondent,question,status,text` what becomes of it:

| status | the text |
|---|---|
| `none` | may leave as it stands |
| `redacted` | leaves with the words in the column `text` |
| `withheld` | does not leave; so does a text that nobody said anything of |

`respondent` is the id or, where a wave has no ids, the number of the record. `question` is the
text as the columns of a wave name it: `quote`, `places/other:text`, `places:text`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from surveylib.errors import ResponsesError, UnknownNameError, listed, nearest, show
from surveylib.instrument.question import DateQuestion, TextQuestion
from surveylib.wave.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from surveylib.instrument.question import Question
    from surveylib.wave.fields import Field
    from surveylib.wave.responses import Wave
    from surveylib.wave.tables import Table

COLUMNS = ("respondent", "question", "status", "text")
Status = Literal["none", "redacted", "withheld"]
STATUSES: tuple[Status, ...] = get_args(Status)

#: An address of e-mail, or one of a machine with dots or with colons. What stands before the @ is
#: looked back at: a search that began with it would take the square of a long text's length.
_E_MAIL = re.compile(r"(?<=[^\s@])@[^\s@]+\.[a-z]{2,}", re.IGNORECASE)
_DOTS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])", re.ASCII)
_COLONS = re.compile(r"(?<![\w:])[0-9a-f:]{6,39}(?![\w:])", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What leaves of one column of texts.

    Args:
        texts: For each respondent the text that leaves; None for none.
        statuses: For each respondent a place in STATUSES; -1 where they wrote nothing.
    """

    texts: NDArray[np.object_]
    statuses: NDArray[np.int8]

    def count(self, status: Status) -> int:
        """How many texts have a status."""
        return int((self.statuses == STATUSES.index(status)).sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class Redactions:
    """What somebody decided on texts; with nothing given, every text is withheld.

    Args:
        decided: By column and row, from 0, the status and the words that take the text's place.
    """

    decided: Mapping[str, Mapping[int, tuple[Status, str]]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def release(self, name: str, texts: NDArray[np.generic]) -> Released:
        """Keep of a column what may leave.

        Args:
            name: The column.
            texts: Its text for each respondent, None for none.
        """
        wrote = np.fromiter((text is not None for text in texts), bool, len(texts))
        statuses = np.where(wrote, STATUSES.index("withheld"), -1).astype(np.int8)
        leaving = np.full(len(texts), None, np.object_)
        for row, (status, words) in self.decided.get(name, {}).items():
            statuses[row] = STATUSES.index(status)
            if status != "withheld":
                leaving[row] = words if status == "redacted" else texts[row]
        return Released(texts=leaving, statuses=statuses)


def restricted(wave: Wave) -> tuple[str, ...]:
    """The columns of a wave that hold texts in own words and leave it only with a status.

    They are the answers to a text question unless its disclosure is open, every text beside an
    option, texts that were coded, and quantities as they were written.

    Args:
        wave: A wave of responses.
    """
    return tuple(one.name for one in wave.fields if _is_restricted(one, wave))


def _is_restricted(one: Field, wave: Wave) -> bool:
    if one.kind != "text" or not one.question:
        return False
    if one.name != one.question:  # beside an option, or coded
        return True
    # A text that an older version of the wave restricted stays so where a newer one opens it.
    asked: list[Question] = [wave.question(one.question).question]
    asked += [item for item in wave.instrument.items if item.id == one.question]
    opened = all(isinstance(q, TextQuestion) and q.disclosure == "open" for q in asked)
    return not opened and not isinstance(asked[0], DateQuestion)


def holds_address(text: str) -> bool:
    """Whether a text holds an address of e-mail or of a machine.

    >>> holds_address("write to a@example.org"), holds_address("from 192.0.2.1")
    (True, True)
    >>> holds_address("from 2001:db8::1"), holds_address("at 10:30:00, std::cout, 1.2.3")
    (True, False)
    """
    if _E_MAIL.search(text) or _DOTS.search(text):
        return True
    return any(_is_machine(found.group()) for found in _COLONS.finditer(text))


def _is_machine(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def read_redactions(path: str | Path, wave: Wave) -> Redactions:
    """Read what was decided on the texts of a wave.

    Args:
        path: A CSV file with the columns `respondent,question,status,text`.
        wave: The wave that the texts are of.

    Raises:
        UnknownNameError: There is no such file.
        ResponsesError: The file does not fit the wave; carries every fault with its line.
    """
    place = Path(path)
    if not place.is_file():
        near = [entry.name for entry in place.parent.glob("*")] if place.parent.is_dir() else []
        raise UnknownNameError.of("file", place.name, near, where=str(place.parent))
    table = read_table(place.read_bytes(), str(place), COLUMNS)
    decided = _Reader(table, wave).read()
    if table.faults:
        raise ResponsesError(sorted(table.faults, key=lambda fault: fault.line or 0))
    return Redactions(decided=decided)


class _Reader:
    """Reads the rows of the table, and records what is wrong with each."""

    def __init__(self, table: Table, wave: Wave) -> None:
        self.table = table
        self.wave = wave
        self.names = restricted(wave)
        self.texts = {name: wave.column(name) for name in self.names}
        ids = wave.column(":respondent")
        self.by_id = any(one is not None for one in ids)
        keys = ids if self.by_id else wave.column(":record")
        self.rows: dict[str, list[int]] = {}
        for row, key in enumerate(keys):
            if key is not None:
                self.rows.setdefault(str(key), []).append(row)

    def read(self) -> dict[str, dict[int, tuple[Status, str]]]:
        """By column and row, the status and the words."""
        decided: dict[str, dict[int, tuple[Status, str]]] = {}
        seen: dict[tuple[str, str], int] = {}
        for line, cells in self.table.rows:
            known = self._name(line, cells["question"])
            row = self._row(line, cells["respondent"])
            status = self._status(line, cells["status"], cells["text"])
            key = (cells["respondent"], cells["question"])
            if key in seen:
                what = f"this text of the respondent has a status already, on line {seen[key]}"
                self.table.fault(line, "REDACTION-REPEATED", what, todo="keep one of the two")
                continue
            seen[key] = line
            if not known or row is None:
                continue
            if self.texts[cells["question"]][row] is None:
                what = f"the respondent wrote nothing under '{cells['question']}'"
                todo = "remove the row, or correct 'respondent' or 'question'"
                self.table.fault(line, "REDACTION-NOTHING", what, todo=todo)
            elif status is not None:
                decided.setdefault(cells["question"], {})[row] = (status, cells["text"])
        return decided

    def _name(self, line: int, name: str) -> bool:
        if name in self.names:
            return True
        fields = [one.name for one in self.wave.fields if one.kind == "text"]
        parts = [one.name for one in self.wave.fields if one.question == name]
        texts = [one for one in parts if one in self.names]
        if texts:
            what, todo = f"'{name}' has no text of its own", f"name one of {listed(texts)}"
        elif name in fields or parts:
            what = f"'{name}' holds no text that needs a status"
            todo = "remove the row: its answers leave as they stand"
        else:
            guess = nearest(name, self.names)
            what = "no such text in the wave"
            todo = f"did you mean '{guess}'?" if guess else "correct the name"
        got, wanted = show(name), listed(self.names) or "no row: the wave has no such texts"
        self.table.fault(line, "REDACTION-QUESTION", what, got=got, wanted=wanted, todo=todo)
        return False

    def _row(self, line: int, key: str) -> int | None:
        found = self.rows.get(key, [])
        if len(found) == 1:
            return found[0]
        wanted = "an id of the wave" if self.by_id else "the number of a record: there are no ids"
        what = "no such respondent in the wave"
        if found:
            what = f"{len(found)} respondents of the wave have this id"
        todo = "" if found else "correct the row, or remove it"
        self.table.fault(
            line, "REDACTION-RESPONDENT", what, got=show(key), wanted=wanted, todo=todo
        )
        return None

    def _status(self, line: int, name: str, text: str) -> Status | None:
        status = next((one for one in STATUSES if one == name), None)
        if status is None:
            got, wanted = show(name), listed(STATUSES)
            self.table.fault(line, "REDACTION-STATUS", "no such status", got=got, wanted=wanted)
        elif status == "redacted" and not text:
            what = "the status is 'redacted', and 'text' says nothing"
            todo = "write what leaves in place of the text, or 'withheld' as the status"
            self.table.fault(line, "REDACTION-TEXT", what, todo=todo)
        elif status != "redacted" and text:
            # What stands there may be the text itself: it is not shown.
            what = f"the status is '{status}', and words stand under 'text'"
            todo = "empty 'text', or write 'redacted' as the status"
            self.table.fault(line, "REDACTION-TEXT", what, todo=todo)
        else:
            return status
        return None
