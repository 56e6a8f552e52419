"""Read an XLSForm as a draft: what a questionnaire can say is carried over, the rest is listed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from surveylib.errors import Fault, InstrumentError, listed, show
from surveylib.instrument.formats.base import Draft
from surveylib.instrument.formats.xlsform import expressions as xpath
from surveylib.instrument.formats.xlsform import question as rows
from surveylib.instrument.formats.xlsform.build import Builder
from surveylib.instrument.formats.xlsform.cells import Row, plain
from surveylib.instrument.formats.xlsform.form import RECORDED, Form, Group, Select, select
from surveylib.instrument.model import Instrument
from surveylib.instrument.question import Grid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SETTINGS = frozenset(
    {"form_title", "form_id", "version", "default_language", "allow_choice_duplicates"}
)
_MODES = frozenset({"web", "telephone", "face_to_face", "paper", "app", "not_stated"})


def read(path: Path, *, name: str, version: str) -> Draft:
    """Read an XLSForm workbook as a draft.

    Args:
        path: The workbook.
        name: The id of the draft.
        version: The version of the draft.

    Raises:
        InstrumentError: It is no workbook or no form; carries every fault found.
        UnknownNameError: There is no such file.
        MissingExtraError: openpyxl is not installed.
    """
    form = Form(path)
    reader = _Reader(form)
    reader.walk(form.top, [], 0)
    questions = reader.builder.questions
    if not form.faults and not questions:
        form.fault("XLSFORM-EMPTY", "no row is a question", sheet="survey", line=1)
    data = reader.settings() | {"id": name, "version": version, "questions": questions}
    data["sections"] = reader.whole_sections()
    if form.faults:
        raise InstrumentError(form.faults)
    try:
        instrument = Instrument.model_validate(data)
    except ValidationError as error:
        raise InstrumentError(list(_faults(error, path))) from error
    return Draft(instrument=instrument, lost=form.lost)


def _faults(error: ValidationError, path: Path) -> Iterator[Fault]:
    for detail in error.errors(include_url=False):
        context = detail.get("ctx", {})
        what = f"no questionnaire comes of this form: {context.get('what', detail['msg'])}"
        got = show(detail["input"]) if isinstance(detail["input"], str) and detail["input"] else ""
        yield Fault(code="XLSFORM-DRAFT", what=what, file=str(path), got=got)


class _Reader:
    """Walks through the rows of a form and has a question built of each that is one."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.introduction: dict[str, str] = {}
        self.sections: list[dict[str, Any]] = []
        leaves = list(_leaves(form.top))
        self.by_name = {row.get("name"): row for row in leaves}
        counts = Counter(row.get("name") for row in leaves)
        self.attached = rows.Attached()
        self.added = {row.line for row in leaves if self._attach(row)}
        repeated = {name for name, count in counts.items() if count > 1}
        self.builder = Builder(form, self.attached, repeated)

    def _attach(self, row: Row) -> bool:
        """Whether a row belongs to another question: a text to an option, or a list of states."""
        if rows.kind_of(row) == "text" and (told := _chosen(xpath.parse(row.get("relevant")))):
            name, code = told
            usual = {f"{name}_other", f"{name}_{code}", f"{name}_{code}_text"}
            asked = select(self.by_name.get(name, row))
            there = asked and (code in self.form.lists.get(asked.list_name, ()) or asked.other)
            if there and (row.get("surveylib_kind") == "write_in" or row.get("name") in usual):
                self.attached.write_ins.setdefault(name, []).append(code)
                return True
        limit = xpath.parse(row.get("constraint"))
        if row.get("surveylib_kind") == "missing" and limit and select(row):
            about = [
                name for name in limit.references() if rows.kind_of(self.by_name.get(name, row))
            ]
            self.attached.states |= dict.fromkeys(about[:1], row)
            return bool(about)
        return False

    def walk(self, group: Group, outer: list[str], depth: int) -> None:
        """Read a group's questions; a group of the form itself may become a section."""
        questions = self.builder.questions
        for child in group.children:
            before = len(questions)
            if isinstance(child, Row):
                self.ask(child, outer)
            elif chosen := self._table(child):
                self.grid(child, chosen, outer)
            else:
                self._group(child, outer, depth)
            if depth == 0 and len(questions) > before:
                self._section(child, [one.id for one in questions[before:]])

    def _group(self, child: Group, outer: list[str], depth: int) -> None:
        row = child.row or Row(line=1, cells={})
        rows.lose_rest(self.form, row)
        if child.repeats:
            self.form.lose(child.name, "a repeat: its questions stand here once")
        elif depth:
            self.form.lose(child.name, "a group inside another: its questions stand without it")
        own = [row.get("relevant")] if row.get("relevant") else []
        self.walk(child, outer + own, depth + 1)

    def _section(self, child: Group | Row, ids: list[str]) -> None:
        if isinstance(child, Row) or child.row is None or self._table(child):
            if self.sections and "id" not in self.sections[-1]:
                self.sections[-1]["questions"] += ids
            else:
                self.sections.append({"questions": ids})
            return
        row, taken = child.row, {one.get("id", "") for one in self.sections}
        name = rows.slug(row.get("surveylib_id") or row.get("name"), taken)
        self.sections.append({"id": name, "row": row, "questions": ids})

    def whole_sections(self) -> list[dict[str, Any]]:
        """The sections, where every question stands in one."""
        named = [part for part in self.sections if "id" in part]
        if named and len(named) < len(self.sections):
            told = listed(part["id"] for part in named)
            self.form.lose("", f"groups hold only some of the questions: no sections {told}")
            return []
        return [
            {"id": part["id"], "title": rows.text_of(self.form, part["row"])}
            | {"questions": part["questions"]}
            for part in named
        ]

    def ask(self, row: Row, outer: list[str]) -> None:
        """Read one row as a question."""
        name, kind = row.get("name"), " ".join(row.get("type").split()).lower()
        chosen = select(row)
        if row.line in self.added:
            return
        if kind == "calculate" and row.get("surveylib_kind") == "derived":
            self.builder.derived(row, outer)
            return
        if chosen and chosen.list_name in self.form.lists:
            wanted = row.get("surveylib_kind")
            found = rows.with_list(self.form, row, chosen, self.attached, wanted)
            self.builder.keep_labels(chosen.list_name, found.base["missing"])
        elif basic := rows.kind_of(row):
            found = rows.without_list(self.form, row, basic, self.builder.states(name))
        else:
            self._lose_row(row, kind)
            return
        rows.lose_rest(self.form, row)
        found.base |= {"text": rows.text_of(self.form, row)}
        found.base["required"] = self.builder.required(row)
        found.ours |= self.builder.common(found, row)
        self.builder.keep(row, found, outer)

    def _lose_row(self, row: Row, kind: str) -> None:
        """List a row that is no question here; a note in front of them is the introduction."""
        what = f"type {show(row.get('type'))}: no kind of question here, left out"
        begins = not (self.introduction or self.builder.questions or row.get("relevant"))
        if kind == "note" and begins and row.texts("label"):
            self.introduction = rows.text_of(self.form, row)
            rows.lose_rest(self.form, row)
            return
        if kind == "note":
            shown = show(next(iter(row.texts("label").values()), ""))
            what = f"a note, which no question is: {shown}"
        elif kind == "calculate":
            what = f"calculated, not asked: {show(row.get('calculation'))}, left out"
        elif kind in RECORDED:
            what = f"type {show(row.get('type'))}: recorded by the form itself, left out"
        self.form.lose(row.get("name"), what)

    def _table(self, group: Group) -> Select | None:
        """What a table chooses from: a group of questions with one list, shown side by side."""
        if group.row is None or group.repeats:
            return None
        children = [one for one in group.children if not self._is_added(one)]
        asked = [select(one) if isinstance(one, Row) else None for one in children]
        shown = [one.get("appearance").split() for one in children if isinstance(one, Row)]
        first = asked[0] if asked else None
        together = "table-list" in group.row.get("appearance").split() or (
            len(shown) > 1
            and "label" in shown[0]
            and all("list-nolabel" in words for words in shown[1:])
        )
        one_list = first is not None and not first.other and first.list_name in self.form.lists
        return first if together and one_list and all(one == first for one in asked) else None

    def _is_added(self, child: Group | Row) -> bool:
        return isinstance(child, Row) and child.line in self.added

    def grid(self, group: Group, chosen: Select, outer: list[str]) -> None:
        """Read a table as a grid."""
        row = group.row or Row(line=1, cells={})
        asked = [one for one in _leaves(group) if one.line not in self.added]
        asked = [one for one in asked if "label" not in one.get("appearance").split()]
        first = asked[0]
        codes = [code for one in asked for code in self.attached.write_ins.get(one.get("name"), ())]
        self.attached.write_ins[first.get("name")] = codes
        found = rows.with_list(self.form, first, chosen, self.attached, "grid")
        self.builder.keep_labels(chosen.list_name, found.base["missing"])
        required = {self.builder.required(one) for one in asked}
        self._lose_differences(group, asked, required)
        cells = "multi_answer" if chosen.several else "single"
        found.base |= {"kind": "grid", "cells": cells, "text": rows.text_of(self.form, row)}
        found.base |= {
            "required": required == {True},
            "rows": rows.grid_rows(self.form, row, asked),
        }
        found.ours |= self.builder.common(found, row)
        if (found.ours.get("cells") == "multi_answer") != chosen.several:
            found.ours.pop("cells", None)
        question = self.builder.keep(row, found, outer)
        if isinstance(question, Grid):
            self.builder.explained(first, question)
            for one, item in zip(asked, question.rows, strict=True):
                self.builder.name(one.get("name"), f"{question.id}.{item.id}", question)

    def _lose_differences(self, group: Group, asked: list[Row], required: set[bool]) -> None:
        """List what holds for some rows of a table only."""
        if len(required) > 1:
            self.form.lose(group.name, "only some of its rows are required: none is here")
        for one in (*([group.row] if group.row else []), *asked):
            rows.lose_rest(self.form, one)
        for one in asked:
            if one.get("relevant"):
                what = f"a row asked only where {show(one.get('relevant'))}: asked of all here"
                self.form.lose(one.get("name"), what)
            if one.get("constraint") != asked[0].get("constraint"):
                self.form.lose(one.get("name"), "its constraint is not that of the first row")

    def settings(self) -> dict[str, Any]:
        """What the sheet of settings says of the questionnaire."""
        form, row = self.form, self.form.settings
        for column, _ in row.cells:
            if column not in _SETTINGS and not column.startswith("surveylib_"):
                form.lose("", f"setting '{column}' left out: {show(row.get(column))}")
        titles = rows.structured(form, row, "surveylib_title", "settings")
        title = plain(row.get("form_title")) or row.get("form_id") or form.path.stem
        labels = rows.structured(form, row, "surveylib_missing_labels", "settings")
        return {
            "format": "surveylib.instrument/1",
            "status": "draft",
            "title": {form.source: title} | titles,
            "languages": form.languages,
            "population": plain(row.get("surveylib_population")) or rows.UNKNOWN,
            "provenance": plain(row.get("surveylib_provenance"))
            or f"Read from the XLSForm {form.path.name}.",
            "mode": [mode for mode in row.get("surveylib_mode").split() if mode in _MODES],
            "introduction": self.introduction or None,
            "note": plain(row.get("surveylib_note")),
            "missing_labels": self._labels(labels),
        }

    def _labels(self, declared: dict[str, Any]) -> dict[str, Any]:
        """How ways of not answering are shown: as declared, unless the choices say otherwise."""
        found = dict(declared)
        for state, texts in self.builder.labels.items():
            usual = {
                self.form.source: state.replace("_", " ").replace("dont", "don't").capitalize()
            }
            if texts != declared.get(state, usual):
                found[state] = texts if self.form.source in texts else usual | texts
        return found


def _leaves(group: Group) -> Iterator[Row]:
    for child in group.children:
        if isinstance(child, Row):
            yield child
        else:
            yield from _leaves(child)


def _chosen(node: xpath.Node | None) -> tuple[str, str] | None:
    """The question and the choice of an expression that asks for one choice only."""
    if node is None or [part.kind for part in node.parts] != ["reference", "text"]:
        return None
    asks = (node.kind, node.value) in {("call", "selected"), ("compare", "=")}
    return (node.parts[0].value, node.parts[1].value) if asks else None
