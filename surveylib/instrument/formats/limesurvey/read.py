"""Read a LimeSurvey survey as a draft: what LimeSurvey says counts, the rest is listed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from surveylib.errors import Fault, InstrumentError, show
from surveylib.instrument.fields import OFFERED
from surveylib.instrument.formats.base import Draft
from surveylib.instrument.formats.limesurvey import lss, tsv
from surveylib.instrument.formats.limesurvey.kinds import Built, built
from surveylib.instrument.formats.limesurvey.relevance import Routes
from surveylib.instrument.formats.limesurvey.routes import Named, answered, cases
from surveylib.instrument.formats.limesurvey.source import Source
from surveylib.instrument.formats.limesurvey.tables import Asked, Group, Survey
from surveylib.instrument.formats.naming import Taken
from surveylib.instrument.model import Instrument
from surveylib.instrument.question import AnyQuestion, Derived, Question

if TYPE_CHECKING:
    from pathlib import Path

_QUESTION: TypeAdapter[Question] = TypeAdapter(AnyQuestion)
_ABOUT = ("population", "provenance", "mode", "note", "missing_labels")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
_MOST_FAULTS = 100
#: Stands where a text exists in another language only.
UNTRANSLATED = "(not in this language)"


def read_tsv(path: Path, *, name: str, version: str) -> Draft:
    """Read a tab-separated survey structure as a draft.

    Args:
        path: The file.
        name: The id of the draft.
        version: Its version.

    Raises:
        UnknownNameError: There is no such file.
        InstrumentError: The file is no such structure; carries every fault.
    """
    return _Reader(tsv.survey(path), path).draft(name, version)


def read_lss(path: Path, *, name: str, version: str) -> Draft:
    """Read a survey file of LimeSurvey as a draft; also a group or a question by itself.

    Args:
        path: The file.
        name: The id of the draft.
        version: Its version.

    Raises:
        UnknownNameError: There is no such file.
        InstrumentError: The file is no such file; carries every fault.
        MissingExtraError: defusedxml is not installed.
    """
    return _Reader(lss.survey(path), path).draft(name, version)


@dataclass(slots=True)
class _Entry:
    """A question of the draft, and what it is in the file."""

    source: Source
    built: Built
    fields: dict[str, Any]
    companion: str = ""
    states: dict[str, str] = field(default_factory=dict)
    options: dict[str, dict[str, Any]] = field(default_factory=dict)


class _Reader:
    """Builds one draft."""

    def __init__(self, survey: Survey, path: Path) -> None:
        self.survey = survey
        self.path = path
        self.languages = [one for one in survey.languages if _LANGUAGE.fullmatch(one)]
        for language in survey.languages:
            if language not in self.languages:
                survey.lose("", f"texts in {show(language)}, which is no language here")
        self.languages = self.languages or ["en"]
        self.taken = Taken()
        self.entries: dict[str, _Entry] = {}
        self.models: dict[str, Question] = {}
        self.routes = Routes()
        self.changed = ""
        self.labels: dict[str, dict[str, str]] = {}
        self.about: dict[str, Any] = {}
        self.faults: list[Fault] = []

    def draft(self, name: str, version: str) -> Draft:
        """The whole draft."""
        sections, filled, taken = [], 0, Taken()
        for group in self.survey.groups:
            before = len(self.models)
            for asked in group.questions:
                self.ask(asked, group)
            self.settle()
            if ids := list(self.models)[before:]:
                sections += self.section(group, ids, taken)
                filled += 1
        if self.faults:
            raise InstrumentError(self.faults[:_MOST_FAULTS])
        if not self.models:
            what = "no question that an instrument can hold"
            raise InstrumentError([Fault(code="LIMESURVEY-EMPTY", what=what, file=str(self.path))])
        plain = self.whole() | {"id": name, "version": version}
        plain["sections"] = sections if len(sections) == filled else []
        plain["questions"] = list(self.models.values())
        try:
            instrument = Instrument.model_validate(plain)
        except ValidationError as error:
            raise InstrumentError(self.found(error, "")) from error
        return Draft(instrument=instrument, lost=tuple(self.survey.lost))

    def found(self, error: ValidationError, question: str) -> list[Fault]:
        """What a model found wrong with a question, or with the whole."""
        faults = []
        for detail in error.errors(include_url=False):
            told = detail.get("ctx", {})
            what = str(told.get("what") or detail["msg"])
            parts: dict[str, Any] = {
                name: str(told[name]) for name in ("got", "wanted", "todo") if name in told
            }
            where = f"question {show(question)}: " if question else ""
            code = str(told.get("code") or "LIMESURVEY-VALUE")
            faults.append(Fault(code=code, what=where + what, file=str(self.path), **parts))
        return faults

    def whole(self) -> dict[str, Any]:
        """What the survey says of itself."""
        source = Source(Asked("", ""), self.languages)
        kept = {name: self.about[name] for name in _ABOUT if name in self.about}
        titles = _whole_title(source.texts(self.survey.titles), self.about.get("title"))
        found = {
            "format": "surveylib.instrument/1",
            "status": "draft",
            "title": {self.languages[0]: self.path.stem or "Survey"} | titles,
            "languages": self.languages,
            "population": "Not stated in the survey.",
            "provenance": f"Read from the LimeSurvey file {self.path.name}.",
        } | kept
        if welcome := source.texts(self.survey.welcome):
            found["introduction"] = {self.languages[0]: UNTRANSLATED} | welcome
        for what in source.lost:
            self.survey.lose("", what)
        found["missing_labels"] = self.missing_labels(kept.get("missing_labels"))
        return found

    def missing_labels(self, declared: object) -> dict[str, Any]:
        """How ways of not answering are shown: as declared, unless the answers say otherwise."""
        found = dict(declared) if isinstance(declared, dict) else {}
        for state, texts in self.labels.items():
            words = state.replace("_", " ").replace("dont", "don't").capitalize()
            usual = {self.languages[0]: words}
            if texts and texts != found.get(state, usual):
                found[state] = usual | texts
        return found

    def section(self, group: Group, ids: list[str], taken: Taken) -> list[dict[str, Any]]:
        """A group as a section; none where surveylib wrote it for questions without sections."""
        source = Source(group.questions[0], self.languages)
        ours = source.our("section")
        if "id" in source.ours and not ours:
            return []
        titles = _whole_title(source.texts(group.titles), ours.get("title"))
        wanted = str(ours.get("id") or titles.get(self.languages[0], "") or "group")
        for language, told in source.texts(group.descriptions).items():
            what = f"what stands above group {show(wanted)} ({language}): {show(told)}"
            self.survey.lose("", what)
        text = {self.languages[0]: wanted} | titles
        return [{"id": taken.slug(wanted), "title": text, "questions": ids}]

    def ask(self, asked: Asked, group: Group) -> None:
        """Read one question of the file."""
        source = Source(asked, self.languages)
        self.about = self.about or source.our("survey")
        if asked.name:
            self.routes.aliases[asked.name] = asked.code
            for part in asked.subquestions:
                self.routes.aliases[asked.name + part.code] = f"{asked.code}_{part.code}"
        parent = self.entries.get(str(source.ours.get("for")))
        if parent is None or parent.fields["id"] != self.changed:
            self.settle()
        if parent is not None:
            self.attach(source, parent)
        elif isinstance(source.ours.get("derived"), dict):
            self.derive(source)
        else:
            for one in built(source):
                self.keep(source, one, group)
        for what in dict.fromkeys(source.lost):
            self.survey.lose(asked.code, what)
        for state, texts in source.states.items():
            if self.labels.setdefault(state, texts) != texts:
                what = f"its own label of '{state}', which other questions have too"
                self.survey.lose(asked.code, what)

    def keep(self, source: Source, one: Built, group: Group) -> None:
        """Keep a question of the file, or one of several that it becomes."""
        asked = source.asked
        wanted = source.ours.get("id")
        wanted = wanted if isinstance(wanted, str) else asked.code
        called = self.taken.slug(f"{wanted}_{one.suffix}" if one.suffix else wanted)
        if not one.suffix and called != wanted:
            source.lost.append(f"is called '{called}' here")
        text = source.labelled(asked.texts, asked.code or called)
        for language, more in one.text.items():
            text[language] = f"{text.get(language, '')} {more}".strip()
        missing = one.fields.get("missing")
        missing = [s for s in missing if isinstance(s, str)] if isinstance(missing, list) else []
        seen = [state for state in source.states if state not in missing]
        fields = {
            "concept": called,
            "wording": "printed",
            "period": "not_stated",
            **one.fields,
            "id": called,
            "text": text,
            "required": asked.mandatory,
            "missing": [s for s in missing if s in source.states or s not in OFFERED] + seen,
        }
        fields["base"] = self.routes.base(source, group)
        entry = _Entry(source, one, fields)
        listed = fields.get("options", [])
        entry.options = {str(one.get("code")): one for one in listed if "net_of" not in one}
        self.entries[called] = entry
        self.model(called)

    def model(self, name: str) -> None:
        """Make a question, and name it for equations."""
        entry = self.entries[name]
        try:
            found = _QUESTION.validate_python(entry.fields)
        except ValidationError as error:
            self.faults += self.found(error, entry.source.asked.code)
            del self.entries[name]
            return
        self.models[name] = found
        for item in found.items:
            self.routes.add(_named(entry, item, item.id.partition(".")[2]))

    def attach(self, source: Source, parent: _Entry) -> None:
        """Take in a question that belongs to another: ways of not answering, or a text."""
        if "write_in" in source.ours:
            wanted = parent.built.codes.get(str(source.ours["write_in"]), "")
            if wanted in parent.options:
                parent.options[wanted]["write_in"] = True
        else:
            _, parent.states = source.options(source.asked.answers)
            parent.companion = source.asked.code
            known = parent.fields["missing"]
            parent.fields["missing"] = [*known, *(s for s in source.states if s not in known)]
            told = parent.source.asked.attributes.get("em_validation_q", "")
            parent.fields["required"] |= answered(source.asked.code) in told
        self.changed = parent.fields["id"]

    def settle(self) -> None:
        """Make the question again that the questions below it belong to."""
        if self.changed in self.entries:
            self.model(self.changed)
        self.changed = ""

    def derive(self, source: Source) -> None:
        """Read a derived question, where its equation still says what was written."""
        plain = {**source.our("derived")}
        plain["text"] = source.labelled(source.asked.texts, source.asked.code)
        told, equation = "", source.attribute("equation")
        try:
            found = _QUESTION.validate_python(plain)
            told = cases(found, self.routes.named) if isinstance(found, Derived) else ""
        except (ValidationError, KeyError):
            found = None
        if found is None or told != equation or self.taken.slug(found.id) != found.id:
            source.lost.append(f"an equation, left out: {show(equation)}")
            return
        self.models[found.id] = found
        self.routes.add(Named(question=found, variable=source.asked.code))


def _whole_title(told: dict[str, str], kept: object) -> dict[str, Any]:
    """A title; the whole one, where LimeSurvey has no room for it."""
    if isinstance(kept, dict) and any(text.endswith("…") for text in told.values()):
        return kept
    return told


def _named(entry: _Entry, item: Question, row: str) -> Named:
    """What a question is called in equations."""
    asked, one = entry.source.asked, entry.built
    variable = asked.code
    if row:
        codes = {name: code for code, name in one.rows.items()}
        variable = f"{variable}_{codes.get(row, row)}"
    if asked.kind == "1":
        variable = f"{variable}_{'1' if one.suffix else '0'}"
    elif one.suffix:
        variable = f"{variable}_{one.suffix}"
    codes = {ours: code for code, ours in (one.codes | entry.states).items()}
    return Named(
        question=item,
        variable=variable,
        codes=codes if item.exclusive else {},
        ticks={} if item.exclusive else {o: f"{variable}_{code}" for o, code in codes.items()},
        tick="1" if asked.kind == ":" else "Y",
        companion=entry.companion,
    )
