"""Read a survey file of Qualtrics as a draft."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from surveylib.errors import Fault, InstrumentError, listed, show
from surveylib.instrument.conditions import Condition
from surveylib.instrument.formats.base import Draft, Lost
from surveylib.instrument.formats.markup import plain
from surveylib.instrument.formats.naming import Taken
from surveylib.instrument.formats.opening import json_object, refuse
from surveylib.instrument.formats.qualtrics.kinds import Built, built
from surveylib.instrument.formats.qualtrics.logic import Known, UnreadableError, condition
from surveylib.instrument.formats.qualtrics.values import Question, Value, language
from surveylib.instrument.model import Instrument
from surveylib.instrument.question import AnyQuestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from surveylib.instrument.question import Question as AnyKind

_QUESTION: TypeAdapter[AnyKind] = TypeAdapter(AnyQuestion)
_MOST_FAULTS = 100


def read(path: Path, *, name: str, version: str) -> Draft:
    """Read a survey file as a draft.

    Options have the code that exported data hold: the recode value, and the id of the choice
    where there is none.

    Args:
        path: The file.
        name: The id of the draft.
        version: Its version.

    Raises:
        UnknownNameError: There is no such file.
        InstrumentError: The file is no survey of Qualtrics; carries every fault found.
    """
    return _Reader(json_object(path), path).draft(name, version)


@dataclass(slots=True)
class _Block:
    """A block as the flow reaches it, and the logic of the branches around it."""

    value: Value
    logic: list[Value] = field(default_factory=list)


class _Reader:
    """Builds one draft."""

    def __init__(self, data: dict[str, Any], path: Path) -> None:
        self.path = path
        self.faults: list[Fault] = []
        self.lost: list[Lost] = []
        self.survey = Value(data, "$", self.faults)
        self.entry = self.survey.inside("SurveyEntry")
        self.source = language(self.entry.text("SurveyLanguage") or "EN")
        self.elements = [value for _, value in self.survey.objects("SurveyElements")]
        if not self.elements and not self.faults:
            what = "the file holds no 'SurveyElements'; it is no survey of Qualtrics"
            refuse(path, "QUALTRICS-EMPTY", what)
        self.taken = Taken()
        self.models: dict[str, AnyKind] = {}
        self.known: dict[str, list[Known]] = {}
        self.questions: dict[str, Question] = {}

    def lose(self, question: str, what: str) -> None:
        """List what could not be carried over."""
        self.lost.append(Lost(question=question, what=what))

    def draft(self, name: str, version: str) -> Draft:
        """The whole draft."""
        for element in self.elements:
            if element.text("Element") == "SQ":
                payload = element.inside("Payload")
                called = payload.text("QuestionID") or element.text("PrimaryAttribute")
                if called in self.questions:
                    self.lose(called, "a question stands twice; the first counts")
                self.questions.setdefault(called, Question(payload, self.source))
        sections, taken = [], Taken()
        for block in self.blocks():
            ids = [one for called in self.inside(block) for one in self.ask(called, block)]
            text = plain(block.value.text("Description"))[0] or "Block"
            if ids:
                section = {"id": taken.slug(text), "title": {self.source: text}, "questions": ids}
                sections.append(section)
        self.stop()
        self.rest()
        plain_data = {
            "format": "surveylib.instrument/1",
            "id": name,
            "version": version,
            "status": "draft",
            "title": {self.source: plain(self.entry.text("SurveyName"))[0] or name},
            "languages": self.languages(),
            "population": "Not stated in the survey.",
            "provenance": f"Read from the Qualtrics survey {self.path.name}.",
            "sections": sections if len(sections) > 1 else [],
            "questions": list(self.models.values()),
        }
        try:
            instrument = Instrument.model_validate(plain_data)
        except ValidationError as error:
            self.found(error, "")
            self.stop()
            raise
        return Draft(instrument=instrument, lost=tuple(self.lost))

    def stop(self) -> None:
        """Raise what was found wrong."""
        if self.faults:
            told = list(dict.fromkeys(self.faults))[:_MOST_FAULTS]
            raise InstrumentError([replace(fault, file=str(self.path)) for fault in told])
        if not self.models:
            refuse(self.path, "QUALTRICS-EMPTY", "no question that an instrument can hold")

    def found(self, error: ValidationError, question: str) -> None:
        """Report what a model found wrong with a question, or with the whole."""
        for detail in error.errors(include_url=False):
            told = detail.get("ctx", {})
            where = f"question {show(question)}: " if question else ""
            what = f"{where}{told.get('what') or detail['msg']}"
            code = str(told.get("code") or "QUALTRICS-VALUE")
            todo = str(told.get("todo", ""))
            self.faults.append(Fault(code=code, what=what, todo=todo))

    def languages(self) -> list[str]:
        """The languages in which something is written, that of the survey first."""
        told = [self.source]
        for model in self.models.values():
            told += model.text
            told += [name for option in model.answers for name in option.label]
            told += [name for row in getattr(model, "rows", ()) for name in row.text]
        return list(dict.fromkeys(told))

    def blocks(self) -> list[_Block]:
        """The blocks in the order in which respondents meet them."""
        every: dict[str, Value] = {}
        flows = []
        for element in self.elements:
            if element.text("Element") == "BL":
                every |= {value.text("ID"): value for _, value in element.objects("Payload")}
            elif element.text("Element") == "FL":
                flows.append(element.inside("Payload"))
        trash = [value for value in every.values() if value.text("Type") == "Trash"]
        left = [self.tag(called) for value in trash for called in self.inside(_Block(value))]
        if left:
            self.lose("", f"questions in the trash, left out: {listed(left)}")
        every = {name: one for name, one in every.items() if one.text("Type") != "Trash"}
        if not every:
            every = {"": self.without_blocks({*left})}
        met = [_Block(value) for value in every.values()]
        if flows:
            reached: dict[str, _Block] = {}
            for block in (block for flow in flows for block in self.flow(flow, every, [])):
                name = block.value.text("ID")
                if name in reached:
                    shown = show(block.value.text("Description"))
                    self.lose("", f"block {shown} is shown twice; the first time counts")
                reached.setdefault(name, block)
            met = list(reached.values())
            self.never_met(every, set(reached))
        return met

    def without_blocks(self, trash: set[str]) -> Value:
        """The questions of a file without blocks, as one."""
        names = [called for called in self.questions if self.tag(called) not in trash]
        elements = [{"QuestionID": called} for called in names]
        return Value({"Description": "Questions", "BlockElements": elements}, "$", self.faults)

    def never_met(self, every: Mapping[str, Value], met: set[str]) -> None:
        """List the blocks that the flow does not reach."""
        for name, value in every.items():
            if name not in met and (left := self.inside(_Block(value))):
                told = listed(self.tag(called) for called in left)
                shown = show(value.text("Description"))
                self.lose("", f"block {shown} is never shown, left out: {told}")

    def flow(self, flow: Value, every: dict[str, Value], logic: list[Value]) -> Iterator[_Block]:
        """The blocks of a part of the flow."""
        for _, part in flow.objects("Flow"):
            kind, name = part.text("Type"), part.text("ID")
            if name in every and kind in {"Block", "Standard", "Default"}:
                yield _Block(every[name], logic)
                continue
            inner = logic
            if kind == "Branch":
                inner = [*logic, part.inside("BranchLogic")]
            elif kind != "Group":
                self.lose("", f"{show(kind)} in the flow of the survey, left out")
            yield from self.flow(part, every, inner)

    def inside(self, block: _Block) -> list[str]:
        """The questions of a block that exist."""
        found = []
        for _, element in block.value.objects("BlockElements"):
            called = element.text("QuestionID")
            if called in self.questions:
                found.append(called)
            elif called:
                self.lose(called, "a block names a question that is not in the file")
            if element.data.get("SkipLogic"):
                self.lose(self.tag(called), "skip logic, left out")
        return found

    def tag(self, called: str) -> str:
        """What people call a question."""
        question = self.questions.get(called)
        return question.tag if question else called

    def ask(self, called: str, block: _Block) -> Iterator[str]:
        """Read one question; the ids of what it becomes."""
        question = self.questions[called]
        if called in self.known:
            self.lose(question.tag, "a question is asked twice; the first counts")
            return
        self.known[called] = []
        base = self.base(question, block)
        for one in built(question):
            wanted = f"{question.tag}_{one.part}" if one.part else question.tag
            name = self.taken.slug(wanted)
            if name != wanted:
                question.lost.append(f"{show(wanted)} is called '{name}' here")
            if self.keep(question, one, name, base):
                self.known[called].append(Known(name, one))
                yield name
        for what in dict.fromkeys(question.lost):
            self.lose(question.tag, what)

    def keep(self, question: Question, one: Built, name: str, base: dict[str, Any]) -> bool:
        """Whether a question can be made of what was read."""
        settings = question.payload.inside("Validation").inside("Settings")
        force = settings.text("ForceResponse")
        if "RequestResponse" in {force, settings.text("ForceResponseType")} and force != "OFF":
            question.lost.append("an answer is asked for once, and not required: not required here")
            force = "OFF"
        text = question.texts(
            question.payload.text("QuestionText"), "QuestionText", usual=question.tag or name
        )
        if one.text:
            text = {key: f"{text[key]} {told}" for key, told in one.text.items() if key in text}
        fields: dict[str, Any] = {
            "id": name,
            "concept": name,
            "text": text,
            "wording": "printed",
            "base": base,
        }
        fields |= {"period": "not_stated", "required": force == "ON"}
        try:
            self.models[name] = _QUESTION.validate_python(fields | one.fields)
        except ValidationError as error:
            self.found(error, question.tag)
            return False
        return True

    def base(self, question: Question, block: _Block) -> dict[str, Any]:
        """Who is asked; in words only, where logic states no condition."""
        logic = [*block.logic, question.payload.inside("DisplayLogic")]
        logic = [one for one in logic if one.data]
        if not logic:
            return {"asked": "all"}
        found, unsure = [], set[str]()
        known = {name: told for name, told in self.known.items() if told}
        for one in logic:
            try:
                told, doubtful = condition(one, known)
            except UnreadableError as error:
                question.lost.append(f"display logic, which is no condition here: {error}")
                return {"asked": "those for whom the display logic of the survey holds"}
            found.append(told)
            unsure |= doubtful
        if unsure:
            names = ", ".join(sorted(unsure))
            what = f"Qualtrics decides also for those who did not answer {names}"
            question.lost.append(f"{what}; here it cannot be told")
        whole = found[0] if len(found) == 1 else Condition(all_of=tuple(found))
        return {"asked": whole.in_words(), "if": whole}

    def rest(self) -> None:
        """List what belongs to no question."""
        about = plain(self.entry.text("SurveyDescription"))[0]
        if about and about != self.entry.text("SurveyName"):
            self.lose("", f"the description of the survey: {show(about)}")
        known = {"SQ", "BL", "FL", "SO", "SCO", "STAT", "QC", "RS", "PROJ", "NT", "PL"}
        strange = [element.text("Element") for element in self.elements]
        for name in dict.fromkeys(strange):
            if name not in known:
                self.lose("", f"elements of kind {show(name)}, left out")
        for element in self.elements:
            if element.text("Element") == "SO":
                for key in ("Header", "Footer"):
                    if text := plain(element.inside("Payload").text(key))[0]:
                        self.lose("", f"{key.lower()}: {show(text)}")
