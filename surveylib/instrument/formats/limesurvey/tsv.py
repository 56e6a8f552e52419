"""LimeSurvey's tab-separated survey structure: one row for each part in each language."""

from __future__ import annotations

import csv
import io
from collections import Counter
from itertools import zip_longest
from typing import TYPE_CHECKING

from surveylib.errors import Fault, InstrumentError, listed, show
from surveylib.instrument.formats import opening
from surveylib.instrument.formats.limesurvey.tables import Asked, Group, Part, Rule, Survey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_COLUMNS = (
    *("id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language"),
    *("validation", "mandatory", "encrypted", "other", "default", "same_default", "same_script"),
)
_NEEDED = ("class", "type/scale", "name", "text", "language")
#: Attributes that have a text for each language.
_SPOKEN = frozenset(
    {
        *("suffix", "prefix", "other_replace_text", "em_validation_q_tip", "em_validation_sq_tip"),
        *("choice_title", "rank_title", "dualscale_headerA", "dualscale_headerB"),
        *("slider_min_text", "slider_max_text", "printable_help", "time_limit_message"),
    }
)
_Row = dict[str, str]


def rows(survey: Survey) -> bytes:
    """The file that holds a survey, as LimeSurvey writes it: UTF-8 with a byte order mark."""
    source = survey.languages[0]
    told = [
        {"class": "S", "name": "language", "text": source},
        {"class": "S", "name": "additional_languages", "text": " ".join(survey.languages[1:])},
        {"class": "S", "name": "format", "text": "G"},
        # The ways of not answering are those that the questionnaire names.
        {"class": "S", "name": "shownoanswer", "text": "N"},
    ]
    for language in survey.languages:
        for name, texts in (
            ("surveyls_title", survey.titles),
            ("surveyls_welcometext", survey.welcome),
        ):
            text = texts.get(language, "")
            told.append({"class": "SL", "name": name, "text": text, "language": language})
    for language in survey.languages:
        told += _Numbered(language, first=language == source).survey(survey)
    beside = sorted({name for row in told for name in row} - set(_COLUMNS))
    columns = (*_COLUMNS, *beside)
    lines = ["\t".join(columns)]
    lines += ["\t".join(row.get(name, "") for name in columns) for row in told]
    return b"\xef\xbb\xbf" + ("\n".join(lines) + "\n").encode()


class _Numbered:
    """Writes the rows of one language; parts have the same numbers in each."""

    def __init__(self, language: str, *, first: bool) -> None:
        self.language = language
        self.first = first
        self.count = 0

    def survey(self, survey: Survey) -> list[_Row]:
        """The rows of every group."""
        found = []
        for number, group in enumerate(survey.groups, 1):
            found.append(
                self.row(
                    "G",
                    {"id": str(number), "type/scale": str(number)},
                    name=group.titles.get(self.language, ""),
                    text=group.descriptions.get(self.language, ""),
                    relevance=group.relevance,
                )
            )
            for asked in group.questions:
                found += self.question(asked)
        return found

    def row(self, kind: str, more: _Row, **cells: str) -> _Row:
        """One row."""
        return {"class": kind, "language": self.language} | more | cells

    def question(self, asked: Asked) -> list[_Row]:
        """The rows of one question; attributes without language stand in the first one."""
        self.count += 1
        own = {"id": str(self.count), "type/scale": asked.kind}
        own |= {"mandatory": "Y" if asked.mandatory else "N", "encrypted": "N", "other": "N"}
        own |= {"same_default": "0", "same_script": "0"}
        own |= {name: texts.get(self.language, "") for name, texts in asked.spoken.items()}
        if self.first:
            own |= asked.attributes
        text = asked.texts.get(self.language, "")
        found = [self.row("Q", own, name=asked.code, text=text, relevance=asked.relevance)]
        parent = {"id": own["id"]}
        for part in asked.subquestions:
            self.count += 1
            about = {"id": str(self.count), "related_id": parent["id"], "type/scale": part.scale}
            text = part.texts.get(self.language, "")
            found.append(self.row("SQ", about, name=part.code, text=text, relevance="1"))
        for part in asked.answers:
            text = part.texts.get(self.language, "")
            found.append(
                self.row("A", parent | {"type/scale": part.scale}, name=part.code, text=text)
            )
        return found


def survey(path: Path) -> Survey:
    """The survey that a file holds.

    Raises:
        UnknownNameError: There is no such file.
        InstrumentError: It is no tab-separated survey structure.
    """
    return _Reader(path).survey


class _Reader:
    """Puts the rows of one file together."""

    def __init__(self, path: Path) -> None:
        self.survey = Survey()
        self.source = ""
        self.groups: dict[tuple[str, int | str], Group] = {}
        self.counts: Counter[tuple[str, str]] = Counter()
        self.group: Group | None = None
        self.asked: Asked | None = None
        self.found: dict[tuple[str, int], Asked] = {}
        self.parts: dict[tuple[int, str, str, str], Part] = {}
        self.strange: Counter[str] = Counter()
        table = list(_table(path))
        self._settings(row for _, row in table)
        for line, row in table:
            self._row(path, line, row)
        for kind, count in self.strange.items():
            self.survey.lose("", f"{count} rows of class {show(kind)}, left out")

    def _settings(self, table: Iterable[_Row]) -> None:
        """The languages, which may stand anywhere in the file."""
        told: dict[str, str] = {}
        spoken: dict[str, None] = {}
        for row in table:
            if row["class"] == "S":
                told[row["name"]] = row["text"]
            elif row["language"]:
                spoken[row["language"]] = None
        named = [told.get("language", ""), *told.get("additional_languages", "").split()]
        self.survey.languages = [name for name in dict.fromkeys([*named, *spoken]) if name] or [
            "en"
        ]
        self.source = self.survey.languages[0]
        known = {"language", "additional_languages", "format", "shownoanswer"}
        if left := [name for name, text in told.items() if text and name not in known]:
            self.survey.lose("", f"settings of the survey left out: {listed(left)}")

    def _row(self, path: Path, line: int, row: _Row) -> None:
        kind, language = row["class"], row["language"] or self.source
        if kind == "S":
            return
        if kind == "SL":
            self._text(row, language)
        elif kind == "G":
            self._group(row, language)
        elif kind == "Q":
            self._question(row, language)
        elif kind in {"SQ", "A"}:
            if self.asked is None:
                what = "a subquestion or an answer stands before the first question"
                opening.refuse(path, "LIMESURVEY-ROW", what, line=line, got=show(row["name"]))
            self._part(self.asked, row, language)
        elif kind == "C" and self.asked is not None:
            rule = Rule(row["name"], row.get("relevance", ""), row["text"], row["type/scale"])
            self.asked.rules.append(rule)
        elif kind or any(row.values()):
            self.strange[kind] += 1

    def _text(self, row: _Row, language: str) -> None:
        places = {
            "surveyls_title": self.survey.titles,
            "surveyls_welcometext": self.survey.welcome,
        }
        if row["name"] in places:
            places[row["name"]][language] = row["text"]
        elif row["text"] and row["name"] in {"surveyls_description", "surveyls_endtext"}:
            self.survey.lose("", f"{row['name']} ({language}): {show(row['text'])}")

    def _group(self, row: _Row, language: str) -> None:
        self.counts[language, ""] += 1
        key: tuple[str, int | str] = ("named", row["type/scale"])
        if not row["type/scale"]:
            key = ("counted", self.counts[language, ""])
        if key not in self.groups:
            self.groups[key] = Group(relevance=row.get("relevance", ""))
            self.survey.groups.append(self.groups[key])
        self.group = self.groups[key]
        self.group.titles[language] = row["name"]
        self.group.descriptions[language] = row["text"]

    def _question(self, row: _Row, language: str) -> None:
        """A question, or its texts in another language."""
        if self.group is None:
            self.group = Group()
            self.survey.groups.append(self.group)
        self.counts[language, row["name"]] += 1
        key = (row["name"], self.counts[language, row["name"]])
        if key not in self.found:
            self.found[key] = Asked(
                code=row["name"],
                kind=row["type/scale"] or "T",
                relevance=row.get("relevance", ""),
                mandatory=row.get("mandatory", "") in {"Y", "S"},
                other=row.get("other", "") == "Y",
            )
            self.group.questions.append(self.found[key])
        self.asked = asked = self.found[key]
        asked.texts[language] = row["text"]
        if row.get("help"):
            asked.help[language] = row["help"]
        for name, value in row.items():
            if name in _SPOKEN and value:
                asked.spoken.setdefault(name, {})[language] = value
            elif name not in _COLUMNS and value:
                asked.attributes.setdefault(name, value)
        if preg := row.get("validation"):
            asked.attributes.setdefault("validation", preg)
        if row.get("default"):
            asked.attributes.setdefault("default", row["default"])

    def _part(self, asked: Asked, row: _Row, language: str) -> None:
        key = (id(asked), row["class"], row["type/scale"] or "0", row["name"])
        if row["class"] == "SQ" and asked.other and row["name"] == "other":
            return
        if key not in self.parts:
            part = Part(row["name"], scale=row["type/scale"] or "0")
            part.relevance = row.get("relevance", "") if row["class"] == "SQ" else ""
            self.parts[key] = part
            (asked.subquestions if row["class"] == "SQ" else asked.answers).append(part)
        elif language in self.parts[key].texts:
            self.survey.lose(asked.code, f"code {show(row['name'])} stands twice; the first counts")
            return
        self.parts[key].texts[language] = row["text"]


def _table(path: Path) -> list[tuple[int, _Row]]:
    """The rows, with their lines."""
    reader = csv.reader(io.StringIO(opening.text(path), newline=""), delimiter="\t")
    found: list[tuple[int, _Row]] = []
    header: list[str] = []
    try:
        for cells in reader:
            if not header:
                header = [cell.strip() for cell in cells]
                _check_header(path, header)
                continue
            # A missing cell is an empty one: spreadsheets leave them out at the end of a row.
            told = zip_longest(header, cells[: len(header)], fillvalue="")
            row = {name: _unquoted(cell) for name, cell in told if name}
            row["class"] = row["class"].strip()
            found.append((reader.line_num, row))
    except csv.Error as error:
        opening.refuse(path, "LIMESURVEY-ROW", f"not a row: {error}", line=reader.line_num)
    return found


def _unquoted(cell: str) -> str:
    """A cell without the quotes that a spreadsheet put around those of the file."""
    whole = len(cell) > 1 and cell[0] == cell[-1] == '"' and "\n" not in cell
    return cell[1:-1].replace('""', '"') if whole else cell


def _check_header(path: Path, header: list[str]) -> None:
    faults = [
        Fault(
            code="LIMESURVEY-HEADER",
            what=f"no column {show(name)}; this is no survey structure of LimeSurvey",
            file=str(path),
            line=1,
            wanted=listed(_NEEDED),
        )
        for name in _NEEDED
        if name not in header
    ]
    faults += [
        Fault(
            code="LIMESURVEY-HEADER",
            what=f"column {show(name)} stands twice",
            file=str(path),
            line=1,
        )
        for name, count in Counter(header).items()
        if count > 1 and name
    ]
    if faults:
        raise InstrumentError(faults)
