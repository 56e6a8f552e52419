"""Read SurveyJS JSON, written by surveylib or by anybody, as a draft.

Wrong types are faults, each with its place as a JSON path. What is right and has no place in an
instrument is listed as lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from surveylib.errors import Fault, InstrumentError, show
from surveylib.instrument.conditions import Condition
from surveylib.instrument.formats.base import Draft, Lost
from surveylib.instrument.formats.opening import json_object
from surveylib.instrument.formats.surveyjs.expressions import (
    BESIDE,
    NOT_ANSWERED,
    WRITTEN,
    Named,
    condition,
)
from surveylib.instrument.formats.surveyjs.kinds import KINDS, Form, state
from surveylib.instrument.formats.surveyjs.layout import Element, layout, unread
from surveylib.instrument.formats.surveyjs.syntax import UnreadableError
from surveylib.instrument.formats.surveyjs.values import Entry, slug
from surveylib.instrument.model import Instrument
from surveylib.instrument.question import AnyQuestion, Question

if TYPE_CHECKING:
    from pathlib import Path

#: The constant in which a form says which version it asks.
VERSION = "instrument-version"
#: The page of a form without sections.
ONE_PAGE = "questions"

_MOST_FAULTS = 100
_QUESTION: TypeAdapter[Question] = TypeAdapter(AnyQuestion)


def read(path: Path, *, name: str, version: str) -> Draft:
    """Read a form as a draft.

    Args:
        path: The file.
        name: The id of the draft.
        version: Its version.

    Raises:
        UnknownNameError: There is no such file.
        InstrumentError: The file is no such form; carries every fault with its JSON path.
    """
    return _Reading(Entry(json_object(path), "$", str(path)), path.name).draft(name, version)


class _Reading:
    """Reads one form."""

    def __init__(self, survey: Entry, file_name: str) -> None:
        self.survey = survey
        self.file_name = file_name
        self.source = (survey.text("locale") or "en").replace("_", "-")
        self.faults: list[Fault] = []
        self.lost: list[Lost] = []
        self.ids: set[str] = set()
        self.named: dict[str, Named] = {}
        self.questions: dict[str, Question] = {}
        self.labels: dict[str, dict[str, str]] = {}

    def loses(self, question: str, what: str) -> None:
        """List what could not be carried over."""
        self.lost.append(Lost(question=question, what=what))

    def draft(self, name: str, version: str) -> Draft:
        """The whole draft."""
        title = self.survey.texts("title", self.source)
        introduction = self.survey.texts("description", self.source)
        found = layout(self.survey, self.source)
        self.faults += found.faults
        self.lost += found.lost
        pages: dict[int, list[str]] = {}
        for element in found.elements:
            try:
                if called := self.question(element):
                    pages.setdefault(element.page, []).append(called)
            except InstrumentError as error:
                self.faults += error.faults
        self.raise_faults()
        if not self.questions:
            self.survey.refuse("", "no question that can be read", code="SURVEYJS-EMPTY")
        plain = {
            "format": "surveylib.instrument/1",
            "id": name,
            "version": version,
            "status": "draft",
            "title": {self.source: name} | title,
            "introduction": {self.source: name} | introduction if introduction else None,
            "provenance": f"Read from the SurveyJS form {self.file_name}.",
            "population": "Not stated in the form.",
            "sections": self.sections(found.pages, pages),
            "questions": list(self.questions.values()),
        }
        self.rest(name, version)
        return Draft(instrument=self.instrument(plain), lost=tuple(self.lost))

    def instrument(self, plain: dict[str, Any]) -> Instrument:
        """The instrument, with the labels that say more than its own words would."""
        said = [plain["title"], plain["introduction"] or {}]
        said += [part["title"] for part in plain["sections"]]
        for question in plain["questions"]:
            said += [question.text, *(option.label for option in question.answers)]
            said += [row.text for row in getattr(question, "rows", ())]
        languages = dict.fromkeys([self.source, *(name for text in said for name in text)])
        labels = {key: {self.source: key} | text for key, text in self.labels.items()}
        languages |= dict.fromkeys(name for text in labels.values() for name in text)
        try:
            found = Instrument.model_validate(plain | {"languages": list(languages)})
        except ValidationError as error:
            raise InstrumentError(_faults(error, self.survey)) from error
        usual = {key: {self.source: found.missing_label(key)} for key in labels}
        told = {key: text for key, text in labels.items() if text != usual[key]}
        return found.model_copy(update={"missing_labels": told})

    def raise_faults(self) -> None:
        """Stop where there are faults."""
        if self.faults:
            raise InstrumentError(self.faults[:_MOST_FAULTS])

    def question(self, element: Element) -> str:
        """Read one question; its id, or nothing where it is of a kind that does not exist here."""
        entry, name = element.entry, element.name
        kind = entry.text("type")
        read_kind = KINDS.get(kind)
        if read_kind is None:
            what = "a part without a type" if not kind else f"{show(kind)} is no question here"
            self.loses(name, f"{what}, and is left out")
            return ""
        form = read_kind(Form(entry, self.source))
        if form.fields.get("options") == []:
            self.loses(name, "a list without choices in the file, and is left out")
            return ""
        called = slug(name, self.ids)
        if called != name:
            self.loses(name, f"is called '{called}' here")
        text = entry.texts("title", self.source)
        plain = form.fields | {
            "id": called,
            "concept": called,
            "text": {self.source: name} | text,
            "wording": "printed",
            "period": "not_stated",
            "required": self.required(element),
            "base": self.base(called, element.shown),
        }
        for lower in element.below:
            self.companion(lower, plain, form)
        plain["missing"] = list(form.states)
        self.state_labels(called, form)
        try:
            built = _QUESTION.validate_python(plain)
        except ValidationError as error:
            raise InstrumentError(_faults(error, entry)) from error
        self.remember(name, built, form)
        for what in form.lost:
            self.loses(called, what)
        self.unread(entry, called)
        return called

    def required(self, element: Element) -> bool:
        """Whether nobody can go on without an answer to each part of it."""
        entry = element.entry
        every = entry.flag("eachRowRequired", "isAllRowRequired")
        some, when = entry.flag("isRequired"), entry.text("requiredIf")
        grid = entry.text("type") == "matrix"
        if grid and some and not every:
            self.loses(element.name, "one row must be answered; here all must be or none")
        own = when == f"{{{element.name}{NOT_ANSWERED}}} empty"
        if when and not own:
            self.loses(element.name, f"required only where {show(when)}; here it is not")
        return every if grid else some or own

    def companion(self, lower: Element, plain: dict[str, Any], form: Form) -> None:
        """Take in what stands below a question and belongs to it."""
        above = lower.name.rpartition(WRITTEN)
        if lower.entry.text("type") == "comment":
            code = form.codes[above[2]]
            for option in plain["options"]:
                if option["code"] == code:
                    option["write_in"] = True
            return
        form.entry.seen.update(("enableIf", "resetValueIf"))
        for choice in lower.entry.values("choices"):
            form.states[choice.raw("value")] = choice.texts("text", self.source)

    def state_labels(self, question: str, form: Form) -> None:
        """Keep how ways of not answering are shown: once for all questions."""
        for name, label in form.states.items():
            if label and self.labels.setdefault(name, label) != label:
                self.loses(question, f"its own label of '{name}', which other questions have too")

    def remember(self, name: str, built: Question, form: Form) -> None:
        """Keep a question under the names by which expressions call it."""
        self.questions[built.id] = built
        for item in built.items:
            row = item.id.partition(".")[2]
            raw = f"{name}.{form.rows[row]}" if row else name
            self.named[raw] = Named(question=item, codes=form.codes)

    def find(self, name: str) -> Named | None:
        """An earlier question by a name that an expression has for it."""
        folded = {known.casefold(): known for known in self.named}
        found = self.named.get(name) or self.named.get(folded.get(name.casefold(), ""))
        if found is None and name.endswith(NOT_ANSWERED):
            found = self.find(name.removesuffix(NOT_ANSWERED))
            if found and getattr(found.question, "kind", "") not in BESIDE:
                return None
        return found

    def base(self, question: str, shown: tuple[str, ...]) -> dict[str, Any]:
        """Who is asked; in words only, where an expression cannot be read."""
        if not shown:
            return {"asked": "all"}
        found, unanswered = [], dict[str, None]()
        for text in shown:
            try:
                told, names = condition(text, self.find)
            except UnreadableError as error:
                what = f"asked where {show(text)}, which is no condition here ({error})"
                self.loses(question, f"{what}; it stands in 'base' in words")
                return {"asked": f"those for whom {' and '.join(shown)}"}
            found.append(told)
            unanswered |= dict.fromkeys(names)
        if unanswered:
            names_ = ", ".join(unanswered)
            what = f"the form decides also for those who did not answer {names_}"
            self.loses(question, f"{what}; here it cannot be told")
        whole = found[0] if len(found) == 1 else Condition(all_of=tuple(found))
        for _, atom in whole.atoms():
            self.occurs(str(atom.question), atom.answers)
        return {"asked": whole.in_words(), "if": whole}

    def occurs(self, name: str, answers: tuple[str, ...]) -> None:
        """Add ways of not answering that a condition names, and nobody is offered."""
        parent = self.questions[name.partition(".")[0]]
        known = {*parent.missing, *(option.code for option in parent.answers)}
        new = [answer for answer in answers if answer not in known and state(answer)]
        if new:
            missing = (*parent.missing, *new)
            self.questions[parent.id] = parent.model_copy(update={"missing": missing})

    def sections(self, holders: list[Entry], pages: dict[int, list[str]]) -> list[dict[str, Any]]:
        """The pages with what was read of each; none where there is one page without a title."""
        taken: set[str] = set()
        found = []
        titled = False
        for number, page in enumerate(holders):
            title = page.texts("title", self.source) if page is not self.survey else {}
            name = page.text("name") or f"page_{number + 1}"
            if page is not self.survey:
                self.unread(page, name)
            if number not in pages:
                self.loses(name, "a page on which nothing is asked")
                continue
            titled |= bool(title)
            called = slug(name, taken)
            if called != name:
                self.loses(name, f"is called '{called}' here")
            text = {self.source: name} | title
            found.append({"id": called, "title": text, "questions": pages[number]})
        return found if len(found) > 1 or titled else []

    def unread(self, entry: Entry, name: str) -> None:
        """List the keys of an object that have no meaning here."""
        self.lost += unread(entry, name)

    def rest(self, name: str, version: str) -> None:
        """List what belongs to no question."""
        for entry in self.survey.objects("calculatedValues"):
            called, formula = entry.text("name"), entry.text("expression")
            if called == VERSION:
                if formula != f"'{name}@{version}'":
                    self.loses("", f"the file calls itself {show(formula.strip(chr(39)))}")
            else:
                self.loses(called, f"a value computed as {show(formula)}")
        self.unread(self.survey, "")
        what = "what was asked of whom, about what and over which period, in words of the library"
        self.loses("", f"{what}: to be written by hand")


def _faults(error: ValidationError, entry: Entry) -> list[Fault]:
    """What a model found wrong in an object of the file."""
    found = []
    for detail in error.errors(include_url=False):
        told = detail.get("ctx", {})
        what = told.get("what") or detail["msg"]
        code = told.get("code") or "SURVEYJS-VALUE"
        parts: dict[str, str] = {
            key: str(told[key]) for key in ("got", "wanted", "todo") if key in told
        }
        found.append(
            Fault(
                code=code,
                what=f"{entry.path}: {what}",
                file=entry.file,
                got=parts.get("got", ""),
                wanted=parts.get("wanted", ""),
                todo=parts.get("todo", ""),
            )
        )
    return found
