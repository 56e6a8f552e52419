"""Values of a Qualtrics file, taken out by what they should be; each fault with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from surveylib.errors import Fault, listed, show
from surveylib.instrument.formats.markup import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SCRIPTS = {"ZH-S": "zh-Hans", "ZH-T": "zh-Hant"}
_YES = frozenset({"true", "on", "yes", "1"})


@dataclass(frozen=True, slots=True)
class Value:
    """An object of the file.

    Args:
        data: What it holds.
        path: Where it stands.
        faults: Where faults go.
    """

    data: Mapping[str, Any]
    path: str
    faults: list[Fault]

    def fault(self, key: str, wanted: str) -> None:
        """Report a value of the wrong type."""
        found = self.data.get(key)
        what = f"{self.path}.{key[:60]} is of the wrong type"
        got = show(found) if isinstance(found, str | int | float) else type(found).__name__
        self.faults.append(Fault(code="QUALTRICS-VALUE", what=what, got=got, wanted=wanted))

    def text(self, key: str) -> str:
        """A text or a number as text; empty where there is none."""
        found = self.data.get(key)
        if found is None or found is False:
            return ""
        if isinstance(found, str | int | float):
            return str(found)
        self.fault(key, "a text")
        return ""

    def yes(self, key: str) -> bool:
        """Whether something is switched on."""
        return self.text(key).lower() in _YES

    def entries(self, key: str) -> dict[str, Any]:
        """What an object or a list holds, by key or position; Qualtrics writes either."""
        found = self.data.get(key)
        if found is None or isinstance(found, bool) or found == "":
            return {}
        if isinstance(found, dict):
            return found
        if isinstance(found, list):
            return {str(place): entry for place, entry in enumerate(found)}
        self.fault(key, "an object")
        return {}

    def inside(self, key: str) -> Value:
        """An object; an empty one where there is none."""
        return Value(self.entries(key), f"{self.path}.{key}", self.faults)

    def objects(self, key: str) -> Iterator[tuple[str, Value]]:
        """The objects that an object or a list holds."""
        inside = self.inside(key)
        for name, entry in inside.data.items():
            if isinstance(entry, dict):
                yield name, Value(entry, f"{inside.path}.{name[:60]}", self.faults)
            elif entry is not None and entry != []:
                inside.fault(name, "an object")

    def order(self, key: str, known: Mapping[str, Any]) -> list[str]:
        """The names of a list that exist, each once; then those that the list leaves out."""
        told = []
        for entry in self.entries(key).values():
            if isinstance(entry, str | int):
                told.append(str(entry))
            else:
                self.fault(key, "a list of ids")
        return list(dict.fromkeys([name for name in told if name in known] + list(known)))


@dataclass(slots=True)
class Question:
    """One question of the file, with what was read of it.

    Args:
        payload: What the file says.
        source: The language of the survey.
        lost: What could not be carried over.
    """

    payload: Value
    source: str
    lost: list[str] = field(default_factory=list)

    @property
    def tag(self) -> str:
        """What the question is called in exported data."""
        return self.payload.text("DataExportTag") or self.payload.text("QuestionID")

    def plain(self, raw: str) -> str:
        """A text without markup; what it showed beside the text is listed."""
        text, formatted = plain(raw)
        if formatted:
            self.lost.append(f"formatting of the text {show(text)}")
        if piped := re.search(r"\$\{[^{}]{1,200}\}", text):
            self.lost.append(f"{show(piped[0])} was filled in by Qualtrics; it stays as it is")
        return text

    def texts(self, raw: str, *place: str, usual: str) -> dict[str, str]:
        """A text in each language.

        Args:
            raw: The text in the language of the survey.
            place: Where a translation has it.
            usual: What stands where there is none.
        """
        found = {self.source: self.plain(raw) or usual}
        for name, translation in self.payload.objects("Language"):
            inside = translation
            for key in place[:-1]:
                inside = inside.inside(key)
            if text := self.plain(inside.text(place[-1])):
                found.setdefault(language(name), text)
        return found

    def choices(self, key: str) -> dict[str, Value]:
        """The choices or answers, by id and in order."""
        found = dict(self.payload.objects(key))
        order = {"Choices": "ChoiceOrder", "Answers": "AnswerOrder"}[key]
        return {name: found[name] for name in self.payload.order(order, found)}

    def unread(self, *handled: str) -> None:
        """List what Qualtrics does with the question and an instrument cannot."""
        for name, what in (
            ("SkipLogic", "skip logic"),
            ("QuestionJS", "a script"),
            ("DynamicChoices", "choices carried forward from another question"),
            ("Randomization", "random order"),
            ("DefaultChoices", "choices that are made already"),
            ("GradingData", "scores for grading"),
            ("InPageDisplayLogic", "display logic on its own page"),
        ):
            if name not in handled and self.payload.data.get(name) not in (None, False, "", [], {}):
                self.lost.append(f"{what}, left out")
        groups = [group.text("GroupLabel") for _, group in self.payload.objects("ChoiceGroups")]
        if groups:
            self.lost.append(f"groups of choices, left out: {listed(groups)}")


def language(name: str) -> str:
    """A language as an instrument calls it.

    >>> language("EN"), language("PT-BR"), language("ZH-S")
    ('en', 'pt-BR', 'zh-Hans')
    """
    first, *rest = name.strip().replace("_", "-").split("-")
    found = _SCRIPTS.get(name.upper()) or "-".join([first.lower(), *rest])
    return found if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", found) else "en"
