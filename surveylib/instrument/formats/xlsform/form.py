"""What stands in an XLSForm: its languages, its lists of choices, its groups and questions.

Everything that makes the workbook no form is found here, with the row it stands in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from surveylib.errors import Fault, InstrumentError, listed, nearest, show
from surveylib.instrument.formats.base import Lost
from surveylib.instrument.formats.opening import MOST_DEPTH
from surveylib.instrument.formats.xlsform.cells import (
    FILLED,
    Row,
    Sheet,
    occurring,
    plain,
    read_sheets,
)
from surveylib.instrument.formats.xlsform.languages import code_of

if TYPE_CHECKING:
    from pathlib import Path

YES = frozenset({"yes", "true", "true()"})
NO = frozenset({"", "no", "false", "false()"})

_BEGIN = re.compile(r"begin[ _](group|repeat|lgroup|looped group|loop)\b")
_END = re.compile(r"end[ _](group|repeat|lgroup|looped group|loop)$")
_SELECT = re.compile(
    r"(?P<one>select[ _]one|select1|select one from|add select one prompt using|"
    r"select[ _]multiple|select all that apply|select all that apply from|"
    r"add select multiple prompt using) (?P<list>\S+)"
    r"(?P<other> (?:or specify other|or_other|or other))?",
    re.IGNORECASE,
)
#: What a form records by itself: nobody is asked, and names may be left out.
RECORDED = frozenset(
    {
        *("start", "end", "today", "deviceid", "subscriberid", "simserial", "phonenumber"),
        *("username", "email", "audit", "start-geopoint", "background-audio", "hidden"),
        *("imei", "get_device_id", "uri:deviceid", "uri:username", "uri:email", "uri:phonenumber"),
        *("background-geopoint", "xml-external", "csv-external", "caseid"),
    }
)
_READ = frozenset({"survey", "choices", "settings"})


@dataclass(slots=True)
class Group:
    """A group of questions, or a repeat of them; the form itself is one without a row."""

    row: Row | None = None
    repeats: bool = False
    children: list[Group | Row] = field(default_factory=list)
    named: dict[str, Row] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name in the form."""
        return self.row.get("name") if self.row else ""


@dataclass(frozen=True, slots=True)
class Select:
    """What the type of a question with choices says."""

    several: bool
    list_name: str
    other: bool


def select(row: Row) -> Select | None:
    """The list that a question takes its choices from; None where it has none in this file."""
    found = _SELECT.fullmatch(" ".join(row.get("type").split()))
    if not found:
        return None
    several = "multiple" in found["one"].lower() or "all that apply" in found["one"].lower()
    return Select(several, found["list"], bool(found["other"]))


class Form:
    """A workbook as a form.

    Args:
        path: The workbook.

    Raises:
        InstrumentError: It is no form; carries every fault found.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.sheets = read_sheets(path, _READ)
        self.faults: list[Fault] = []
        self._lost: dict[Lost, None] = {}
        self.codes: dict[str, str] = {}
        self.lists: dict[str, dict[str, Row]] = {}
        self.top = Group()
        if "survey" not in self.sheets:
            guess = nearest("survey", self.sheets)
            todo = (
                f"rename the sheet '{guess}'" if guess else "name the sheet of questions 'survey'"
            )
            what = "the workbook has no sheet 'survey'"
            fault = Fault(code="XLSFORM-SHEET", what=what, file=str(path), todo=todo)
            raise InstrumentError([fault])
        self.settings = self._settings()
        self._need_columns()
        self._read_choices()
        self._read_survey()
        if self.faults:
            raise InstrumentError(self.faults)
        self._name_languages()
        for name in self.sheets:
            if name not in _READ:
                self.lose("", f"sheet '{name}': not read")

    def lose(self, question: str, what: str) -> None:
        """Keep what could not be carried over, once."""
        self._lost[Lost(question=question, what=what)] = None

    @property
    def lost(self) -> tuple[Lost, ...]:
        """What could not be carried over, in the order it was found."""
        return tuple(self._lost)

    def fault(self, code: str, what: str, *, sheet: str, line: int, **parts: str) -> None:
        """Keep a fault with its sheet and row."""
        what = f"sheet '{sheet}': {what}"
        self.faults.append(Fault(code=code, what=what, file=str(self.path), line=line, **parts))

    def _settings(self) -> Row:
        rows = self.sheets.get("settings", Sheet()).rows
        return rows[0] if rows else Row(line=2, cells={})

    def _need_columns(self) -> None:
        wanted = {"survey": ("type", "name"), "choices": ("list_name", "name")}
        for sheet, columns in wanted.items():
            if sheet not in self.sheets or (sheet == "choices" and not self.sheets[sheet].rows):
                continue
            there = {name for name, _ in self.sheets[sheet].columns}
            for column in columns:
                if column not in there:
                    shown = listed(sorted(there)) or "no column at all"
                    what = f"there is no column '{column}'"
                    self.fault("XLSFORM-COLUMN", what, sheet=sheet, line=1, got=shown)
        if self.faults:
            raise InstrumentError(self.faults)

    def _read_choices(self) -> None:
        twice_allowed = self.settings.get("allow_choice_duplicates").lower() in YES
        for row in self.sheets.get("choices", Sheet()).rows:
            name, choice = row.get("list_name"), row.get("name")
            if not name:
                continue
            there = self.lists.setdefault(name, {})
            before = there.get(choice)
            if not choice:
                what = f"a choice of list '{name}' has no name"
                self.fault("XLSFORM-CHOICE", what, sheet="choices", line=row.line)
            elif before and twice_allowed:
                what = f"choice '{choice}' stands twice in list '{name}': the second is left out"
                self.lose("", what)
            elif before:
                what = f"choice {show(choice)} stands twice in list '{name}'"
                todo = f"rename one; the first is in row {before.line}"
                self.fault("XLSFORM-CHOICE", what, sheet="choices", line=row.line, todo=todo)
            else:
                there[choice] = row

    def _read_survey(self) -> None:
        open_groups = [self.top]
        for row in self.sheets["survey"].rows:
            if row.get("disabled").lower() in YES - {""}:
                self.lose(row.get("name"), "disabled in the form: left out")
                continue
            kind = " ".join(row.get("type").split()).lower()
            if not kind:
                self._row_without_type(row)
            elif _END.match(kind):
                self._end(open_groups, row, repeats="group" not in kind or "looped" in kind)
            elif found := _BEGIN.match(kind):
                self._named(open_groups[-1], row)
                group = Group(row=row, repeats=found[1] != "group")
                open_groups[-1].children.append(group)
                open_groups.append(group)
                if len(open_groups) > MOST_DEPTH:
                    what = f"groups are nested deeper than {MOST_DEPTH}"
                    self.fault("XLSFORM-GROUP", what, sheet="survey", line=row.line)
                    return
            else:
                self._leaf(open_groups[-1], row, kind)
        for group in open_groups[1:]:
            what = f"the group '{group.name}' has no end"
            line = group.row.line if group.row else 1
            self.fault("XLSFORM-GROUP", what, sheet="survey", line=line, todo="add an end row")

    def _row_without_type(self, row: Row) -> None:
        if row.get("name") or row.texts("label"):
            what = f"a question has no type: {show(row.get('name'))}"
            self.fault("XLSFORM-TYPE", what, sheet="survey", line=row.line)
        else:
            self.lose("", f"row {row.line} of the sheet 'survey' has no type: left out")

    def _end(self, open_groups: list[Group], row: Row, *, repeats: bool) -> None:
        if len(open_groups) == 1 or open_groups[-1].repeats != repeats:
            what = f"{show(row.get('type'))} ends what was not begun, or not last"
            self.fault("XLSFORM-GROUP", what, sheet="survey", line=row.line)
        if len(open_groups) > 1:
            open_groups.pop()

    def _leaf(self, group: Group, row: Row, kind: str) -> None:
        if kind not in RECORDED and not (kind == "note" and not row.get("name")):
            self._named(group, row)
        chosen = select(row)
        # A list that is an answer to another question, or a file, is not in the workbook.
        if chosen and chosen.list_name not in self.lists and "${" not in chosen.list_name:
            guess = nearest(chosen.list_name, self.lists)
            todo = f"did you mean '{guess}'?" if guess else "add it to the sheet 'choices'"
            what = f"'{row.get('name')}' takes its choices from '{chosen.list_name}', no list here"
            self.fault("XLSFORM-LIST", what, sheet="survey", line=row.line, todo=todo)
        group.children.append(row)

    def _named(self, group: Group, row: Row) -> None:
        """A name, and one that no neighbour has."""
        name = row.get("name")
        if not name:
            what = f"{show(row.get('type'))} has no name"
            self.fault("XLSFORM-NAME", what, sheet="survey", line=row.line)
        first = group.named.setdefault(name, row)
        if name and first is not row:
            what = f"the name '{name}' stands twice in one group"
            todo = f"rename one; the first is in row {first.line}"
            self.fault("XLSFORM-NAME", what, sheet="survey", line=row.line, todo=todo)

    def _name_languages(self) -> None:
        """Codes for the languages of the columns; the one of plain columns is the source."""
        sheets = (self.sheets["survey"], self.sheets.get("choices", Sheet()))
        called = [name for sheet in sheets for name in occurring(sheet, "label")]
        told = [name for name in dict.fromkeys(called) if name]
        for name in told:
            code = code_of(name)
            self.codes[name] = code if code not in self.codes.values() else f"{code}-x{len(told)}"
            if f"({self.codes[name]})" not in name and self.codes[name] not in name.split():
                self.lose("", f"language '{name}' is called '{self.codes[name]}' here")
        default = self.settings.get("default_language")
        named = self.codes.get(default, code_of(default) if default else "")
        if named and (named in self.codes.values() or "" in called or not told):
            self.source = named
        elif told:
            self.source = self.codes[told[0]]
            if default:
                self.lose("", f"no column is in the default language, {show(default)}")
        else:
            self.source = "en"
            self.lose("", "the form does not say its language: 'en' is assumed")
        used = [self.source] if "" in called else []
        self.languages = list(dict.fromkeys([self.source, *used, *self.codes.values()]))
        self.codes[""] = self.source

    def texts(self, row: Row, column: str = "label") -> dict[str, str]:
        """The texts of a row by code of language, without those that only fill a gap."""
        found = {
            self.codes[name]: text for name, text in row.texts(column).items() if name in self.codes
        }
        source = found.get(self.source, "")
        return {
            code: plain(found[code])
            for code in self.languages
            if code in found and found[code] != FILLED + source
        }
