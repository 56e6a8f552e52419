"""What a LimeSurvey survey consists of, whichever file it stands in; texts with their markup."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from surveylib.instrument.formats.base import Lost

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The attribute in which surveylib keeps what LimeSurvey has no place for; LimeSurvey stores it.
OURS = "surveylib"
#: Relevance of what is always shown.
ALWAYS = ("", "1")


@dataclass(slots=True)
class Part:
    """An answer, or a subquestion.

    Args:
        code: Its code in LimeSurvey.
        texts: What is shown, by language.
        scale: `1` for the second axis of an array.
        relevance: When a subquestion is shown.
    """

    code: str
    texts: dict[str, str] = field(default_factory=dict)
    scale: str = "0"
    relevance: str = ""


@dataclass(slots=True)
class Rule:
    """A condition as it was stored before there were relevance equations."""

    field: str
    method: str
    value: str
    scenario: str


@dataclass(slots=True)
class Asked:
    """A question.

    Args:
        code: Its code in LimeSurvey.
        kind: LimeSurvey's letter for the kind of question.
        texts: The question, by language.
        help: The help text, by language.
        relevance: The equation that says when it is shown.
        mandatory: Whether it must be answered.
        other: Whether LimeSurvey adds an answer "Other" with a text.
        attributes: Its attributes without language.
        spoken: Attributes by language.
        subquestions: In order.
        answers: In order.
        rules: Old conditions.
        name: How expressions without codes call it, such as `123456X1X4`.
    """

    code: str
    kind: str
    texts: dict[str, str] = field(default_factory=dict)
    help: dict[str, str] = field(default_factory=dict)
    relevance: str = ""
    mandatory: bool = False
    other: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    spoken: dict[str, dict[str, str]] = field(default_factory=dict)
    subquestions: list[Part] = field(default_factory=list)
    answers: list[Part] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    name: str = ""

    def told(self, attribute: str, language: str) -> str:
        """An attribute, in a language where it has one."""
        spoken = self.spoken.get(attribute, {})
        return spoken.get(language) or self.attributes.get(attribute, "")


@dataclass(slots=True)
class Group:
    """A group of questions: one page."""

    titles: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    relevance: str = ""
    questions: list[Asked] = field(default_factory=list)


@dataclass(slots=True)
class Survey:
    """A whole survey, and what of the file stands in no part of it."""

    languages: list[str] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)
    welcome: dict[str, str] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)

    def lose(self, question: str, what: str) -> None:
        """List what could not be carried over."""
        self.lost.append(Lost(question=question, what=what))

    def questions(self) -> Iterable[Asked]:
        """The questions in order."""
        return (asked for group in self.groups for asked in group.questions)
