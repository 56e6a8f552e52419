"""LimeSurvey's own survey file: the tables of its database as XML, rows and columns.

Up to version 2 a row of a question or an answer holds its text in one language; since version 3
texts stand in tables of their own.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from surveylib.errors import show
from surveylib.instrument.formats import opening
from surveylib.instrument.formats.limesurvey.tables import Asked, Group, Part, Rule, Survey

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

_Row = dict[str, str]

_KINDS = ("Survey", "Group", "Question")
#: Tables that are read, and tables that say nothing about what is asked.
_READ = frozenset(
    {
        *("groups", "group_l10ns", "questions", "subquestions", "question_l10ns", "answers"),
        *("answer_l10ns", "question_attributes", "conditions", "surveys"),
        *("surveys_languagesettings", "languages", "themes", "themes_inherited"),
        *("LimeSurveyDocType", "DBVersion"),
    }
)


def survey(path: Path) -> Survey:
    """The survey that a file holds.

    Raises:
        UnknownNameError: There is no such file.
        InstrumentError: It is no XML, or no file of LimeSurvey.
        MissingExtraError: defusedxml is not installed.
    """
    root = opening.xml(path)
    kind = (root.findtext("LimeSurveyDocType") or "").strip()
    if root.tag != "document" or kind not in _KINDS:
        what = "the file is no survey, group or question exported by LimeSurvey"
        opening.refuse(path, "LIMESURVEY-KIND", what, got=show(kind or root.tag))
    return _Reader(root).survey


class _Reader:
    """Puts the tables of one file together."""

    def __init__(self, root: Element) -> None:
        self.survey = Survey()
        self.tables: dict[str, list[_Row]] = {}
        for table in root:
            self.tables.setdefault(table.tag, []).extend(
                {cell.tag: (cell.text or "").strip() for cell in row}
                for row in table.findall("./rows/row")
            )
        self.astray: Counter[str] = Counter()
        self.groups: dict[str, Group] = {}
        self.asked: dict[str, Asked] = {}
        self.parts: dict[str, Part] = {}
        named = [(entry.text or "").strip() for entry in root.findall("./languages/language")]
        self._languages(named)
        self.source = self.survey.languages[0]
        self._settings()
        self._groups()
        self._questions()
        self._subquestions()
        self._answers()
        self._attributes()
        self._conditions()
        self._rest()

    def rows(self, table: str, *order: str) -> list[_Row]:
        """The rows of a table, in order."""
        found = self.tables.get(table, [])
        return sorted(found, key=lambda row: [_whole(row.get(name, "")) for name in order])

    def _languages(self, named: list[str]) -> None:
        first = self.tables.get("surveys") or [{}]
        told = [first[0].get("language", ""), *first[0].get("additional_languages", "").split()]
        self.survey.languages = [name for name in dict.fromkeys([*told, *named]) if name] or ["en"]

    def _settings(self) -> None:
        """Title and welcome; what else is said around the questions is listed."""
        for row in self.rows("surveys_languagesettings"):
            language = row.get("surveyls_language") or self.source
            self.survey.titles[language] = row.get("surveyls_title", "")
            self.survey.welcome[language] = row.get("surveyls_welcometext", "")
            for name in ("description", "endtext", "policy_notice"):
                if text := row.get(f"surveyls_{name}"):
                    self.survey.lose("", f"surveyls_{name} ({language}): {show(text)}")

    def _groups(self) -> None:
        for row in self.rows("groups", "group_order"):
            name = row.get("gid", "")
            if name not in self.groups:
                self.groups[name] = Group(relevance=row.get("grelevance", ""))
                self.survey.groups.append(self.groups[name])
            if "group_name" in row:
                self._group_texts(self.groups[name], row)
        for row in self.rows("group_l10ns"):
            if row.get("gid", "") in self.groups:
                self._group_texts(self.groups[row["gid"]], row)
            else:
                self.astray["texts of groups"] += 1
        if "groups" not in self.tables:
            self.survey.groups.append(Group())

    def _group_texts(self, group: Group, row: _Row) -> None:
        language = row.get("language") or self.source
        group.titles[language] = row.get("group_name", "")
        group.descriptions[language] = row.get("description", "")

    def _questions(self) -> None:
        for row in self.rows("questions", "question_order"):
            group = self.groups.get(row.get("gid", ""))
            if group is None and "groups" not in self.tables:
                group = self.survey.groups[0]
            name, code = row.get("qid", ""), row.get("title", "")
            if group is None or not name:
                self.survey.lose(code, "a question of no group in the file, left out")
                continue
            asked, language = self.asked.get(name), row.get("language", "")
            if asked is None:
                asked = self.asked[name] = _question(row)
                group.questions.append(asked)
            elif not language or language in asked.texts:
                self.survey.lose(code, "a question stands twice; the first counts")
                continue
            if "question" in row:
                self._question_texts(asked, row)
        self._texts()

    def _texts(self) -> None:
        """Texts of questions and subquestions that stand in a table of their own."""
        parts = {row.get("qid", "") for row in self.tables.get("subquestions", [])}
        for row in self.rows("question_l10ns"):
            name = row.get("qid", "")
            if name in self.asked:
                self._question_texts(self.asked[name], row)
            elif name in parts:
                told = self.parts.setdefault(name, Part("")).texts
                told.setdefault(row.get("language") or self.source, row.get("question", ""))
            else:
                self.astray["texts of questions"] += 1

    def _question_texts(self, asked: Asked, row: _Row) -> None:
        language = row.get("language") or self.source
        asked.texts.setdefault(language, row.get("question", ""))
        if row.get("help"):
            asked.help.setdefault(language, row["help"])
        if row.get("script"):
            asked.attributes.setdefault("script", row["script"])

    def _subquestions(self) -> None:
        placed: set[str] = set()
        for row in self.rows("subquestions", "scale_id", "question_order"):
            asked = self.asked.get(row.get("parent_qid", ""))
            name, code = row.get("qid", ""), row.get("title", "")
            if asked is None:
                self.survey.lose(code, "a subquestion of no question in the file, left out")
                continue
            part = self.parts.setdefault(name, Part(""))
            if name not in placed:
                part.code, part.scale = code, row.get("scale_id") or "0"
                part.relevance = row.get("relevance", "")
                asked.subquestions.append(part)
                placed.add(name)
            elif "question" not in row or row.get("language", "") in part.texts:
                self.survey.lose(asked.code, f"subquestion {show(code)} stands twice")
            if "question" in row:
                part.texts.setdefault(row.get("language") or self.source, row["question"])

    def _answers(self) -> None:
        texts: dict[str, dict[str, str]] = {}
        for row in self.rows("answer_l10ns"):
            told = texts.setdefault(row.get("aid", ""), {})
            told.setdefault(row.get("language") or self.source, row.get("answer", ""))
        found: dict[tuple[str, str, str], Part] = {}
        for row in self.rows("answers", "scale_id", "sortorder"):
            asked, code = self.asked.get(row.get("qid", "")), row.get("code", "")
            if asked is None:
                self.survey.lose(code, "an answer to no question in the file, left out")
                continue
            scale, language = row.get("scale_id") or "0", row.get("language") or self.source
            told = texts.pop(row.get("aid", ""), {})
            if "answer" in row:
                told = {language: row["answer"]}
            key = (row.get("qid", ""), scale, code)
            if key not in found:
                found[key] = Part(code, scale=scale)
                asked.answers.append(found[key])
            elif set(told) & set(found[key].texts) or not told:
                what = f"answer code {show(code)} stands twice; the first counts"
                self.survey.lose(asked.code, what)
                continue
            found[key].texts |= told
        self.astray["texts of answers"] += len(texts)

    def _attributes(self) -> None:
        for row in self.rows("question_attributes"):
            asked = self.asked.get(row.get("qid", ""))
            name, value, language = (row.get(key, "") for key in ("attribute", "value", "language"))
            if asked is None:
                self.astray["attributes"] += row.get("qid", "") not in self.parts
            elif value and language:
                asked.spoken.setdefault(name, {}).setdefault(language, value)
            elif value:
                asked.attributes.setdefault(name, value)
        for row in self.tables.get("defaultvalues", []):
            asked = self.asked.get(row.get("qid", ""))
            if asked is not None:
                asked.attributes.setdefault("default", row.get("defaultvalue") or "a value")

    def _conditions(self) -> None:
        known = {*self.asked, "", "0"}
        for row in self.rows("conditions", "scenario"):
            asked = self.asked.get(row.get("qid", ""))
            if asked is None or row.get("cqid", "") not in known:
                self.astray["conditions"] += 1
                continue
            names = ("cfieldname", "method", "value", "scenario")
            asked.rules.append(Rule(*(row.get(name, "") for name in names)))

    def _rest(self) -> None:
        for what, count in self.astray.items():
            if count:
                self.survey.lose("", f"{count} {what} that belong to nothing in the file, left out")
        for name, rows in self.tables.items():
            known = name in _READ or name.startswith("defaultvalue")
            if rows and not known:
                self.survey.lose("", f"table {show(name)} with {len(rows)} rows, left out")


def _question(row: _Row) -> Asked:
    """A question, without its texts."""
    return Asked(
        code=row.get("title", ""),
        kind=row.get("type", ""),
        relevance=row.get("relevance", ""),
        mandatory=row.get("mandatory", "") in {"Y", "S"},
        other=row.get("other", "") == "Y",
        attributes={"validation": row["preg"]} if row.get("preg") else {},
        name=f"{row.get('sid', '')}X{row.get('gid', '')}X{row.get('qid', '')}",
    )


def _whole(text: str) -> int:
    """A number to sort by."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,15}", text) else 0
