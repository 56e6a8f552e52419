"""A questionnaire as data: questions of several kinds, their options, and what may be compared.

Models are frozen. A file that breaks a rule gives every fault with its line; the rules that look
at more than one field stand in `instrument/rules.py`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from surveylib.errors import UnknownNameError
from surveylib.instrument import rules, versions
from surveylib.instrument.checking import Frozen, refuse

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.+-]+$")]
Text = Annotated[str, StringConstraints(min_length=1)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$")]
Texts = Annotated[dict[Language, Text], Field(min_length=1)]


def _plain_digits(value: Any) -> Any:
    """Text is a number only as plain digits: not 1_000, not digits of another script."""
    if isinstance(value, str) and not re.fullmatch(r"\d+", value.strip(), re.ASCII):
        message = "wanted a whole number in plain digits"
        raise ValueError(message)
    return value


Whole = Annotated[int, BeforeValidator(_plain_digits), Field(ge=0)]

_DURATION = re.compile(r"^P(\d+[YMWD])+$")


def _period(value: str) -> str:
    if value in {"not_stated", "unknown"} or value.startswith("since ") or _DURATION.match(value):
        return value
    message = "wanted an ISO 8601 duration such as P3Y, 'since …', 'not_stated' or 'unknown'"
    raise ValueError(message)


Period = Annotated[str, AfterValidator(_period)]


def _open_end(value: Any) -> Any:
    return None if value == "open" else value


End = Annotated[Whole | None, BeforeValidator(_open_end)]

MissingState = Literal[
    "dont_know",
    "refused",
    "no_answer",
    "not_applicable",
    "not_reached",
    "not_asked_design",
    "invalid",
    "withheld",
    "unknown_blank",
]

#: How far two figures measure the same, from best to worst.
Verdict = Literal[
    "identical", "equivalent", "limited", "order_only", "break", "different_construct"
]


class Option(Frozen):
    """One answer of a closed list, or one category that open answers were coded into.

    Args:
        code: Stable and never reused for another meaning.
        label: The option as shown, by language.
        net_of: Codes that this answer sums up; a net is not an answer of its own.
        net_complete: Whether nothing else is in the net, so that its parts add up to it.
        note: What a reader should know.
    """

    code: Code
    label: Texts
    net_of: tuple[Code, ...] = ()
    net_complete: bool = False
    note: str = ""


class OrderedOption(Option):
    """An answer on an ordered scale; `score` is what trend tests may use."""

    score: Annotated[float, Field(allow_inf_nan=False)] | None = None


class BandOption(Option):
    """A band of counts: lowest and highest whole number in it, both included; `open` for no end."""

    interval: tuple[Whole, End]


class ChoiceOption(Option):
    """An option of a list in which several may be ticked; `exclusive` ones stand alone."""

    exclusive: bool = False


class Condition(Frozen):
    """Asked only of those who gave one of these answers to an earlier question."""

    question: Slug
    answers: Annotated[tuple[Code, ...], Field(min_length=1)]


class Base(Frozen):
    """Who was asked: `all`, `unknown`, or a group in words with the condition that forms it."""

    asked: Text
    condition: Condition | None = Field(default=None, alias="if")


class Question(Frozen):
    """What every kind of question has.

    Args:
        id: Stable over versions and never reused for another question.
        title: A few words for headings and tables; left out, the id in plain words.
        concept: What is measured. Questions of one concept are candidates for comparison.
        text: The question by language.
        wording: `printed` as in the questionnaire, or `own_words` where that is not public.
        base: Who was asked.
        period: The reference period that the question names.
        missing: Ways of not answering that were offered, or are known to occur.
        note: What a reader should know.
    """

    id: Slug
    title: Texts | None = None
    concept: Slug
    text: Texts
    wording: Literal["printed", "own_words"]
    base: Base
    period: Period
    missing: tuple[MissingState, ...] = ()
    note: str = ""

    @property
    def heading(self) -> str:
        """The title, or the id in plain words."""
        if self.title:
            return in_language(self.title)
        words = self.id.replace("_", " ")
        return words[:1].upper() + words[1:]

    @property
    def exclusive(self) -> bool:
        """Whether a respondent gives one answer only, so that shares add up to at most 1."""
        return True

    @property
    def answers(self) -> tuple[Option, ...]:
        """The options in the order of the questionnaire."""
        return ()

    @property
    def answer_codes(self) -> tuple[str, ...]:
        """Codes of the options, then the missing states that may be reported as a share."""
        return (*(option.code for option in self.answers), *self.missing)

    def label(self, code: str, language: str = "en") -> str:
        """The text of an answer, in a language it exists in; a missing state in plain words."""
        for option in self.answers:
            if option.code == code:
                return in_language(option.label, language)
        return code.replace("_", " ").replace("dont", "don't")


class _Listed(Question):
    """A question with a list of options, of which the source may have printed only some."""

    option_list: Literal["complete", "partial"]
    options: Annotated[tuple[Option, ...], Field(min_length=1)]

    @property
    def answers(self) -> tuple[Option, ...]:
        return self.options

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if found := rules.option_problems(self.options, self.missing):
            refuse(type(self).__name__, found)
        return self


class Single(_Listed):
    """One answer out of an unordered list."""

    kind: Literal["single"]


class Ordered(_Listed):
    """One answer out of an ordered list."""

    kind: Literal["ordered"]
    options: Annotated[tuple[OrderedOption, ...], Field(min_length=1)]


class Overlap(Frozen):
    """Two bands that a printed list lets overlap, and the values that both hold."""

    bands: tuple[Code, Code]
    values: tuple[Whole, End]


class BandList(Frozen):
    """What is wrong with a printed list of bands, declared, and how respondents read it.

    Args:
        overlaps: Every pair of bands that share values.
        gaps: Every run of whole numbers that no band holds.
        reading: `exclusive_of_lower`: a value in two bands belongs to the lower one.
    """

    overlaps: tuple[Overlap, ...] = ()
    gaps: tuple[tuple[Whole, End], ...] = ()
    reading: Literal["exclusive_of_lower"] | None = None


class Banded(_Listed):
    """A count answered in bands; `minimum` is the lowest count that can occur."""

    kind: Literal["banded"]
    unit: Text
    minimum: Whole = 0
    options: Annotated[tuple[BandOption, ...], Field(min_length=1)]
    bands: BandList = BandList()

    @model_validator(mode="after")
    def _bands_fit(self) -> Self:
        if found := rules.band_problems(self.options, self.minimum, self.bands):
            refuse("Banded", found)
        return self

    def as_read(self) -> dict[str, tuple[int, int | None]]:
        """Each band as respondents are taken to have read it: without what a lower band holds."""
        return rules.bands_as_read(self.options)


class MultiAnswer(_Listed):
    """Several answers out of a list."""

    kind: Literal["multi_answer"]
    options: Annotated[tuple[ChoiceOption, ...], Field(min_length=1)]

    @property
    def exclusive(self) -> bool:
        """Never: several may be ticked."""
        return False


class OpenCoded(_Listed):
    """An open question whose answers were coded into categories afterwards.

    Args:
        mentions: Whether one answer can count in `several` categories or in `one` only.
    """

    kind: Literal["open_coded"]
    mentions: Literal["one", "several"]

    @property
    def exclusive(self) -> bool:
        """Whether each respondent counts in one category only."""
        return self.mentions == "one"


class TextQuantity(Question):
    """A quantity answered in free text, such as "5,000-6,000": kept raw, never a share."""

    kind: Literal["text_quantity"]
    unit: Text


AnyQuestion = Annotated[
    Single | Ordered | Banded | MultiAnswer | OpenCoded | TextQuantity,
    Field(discriminator="kind"),
]


class OtherAnswer(Frozen):
    """The other side of a comparison; what is left out is as on this side."""

    version: Text
    question: Slug | None = None
    answer: Code | None = None


class Comparison(Frozen):
    """What may be said about an answer of this version beside one of an earlier version.

    Args:
        question: A question of this version.
        answer: One answer of it; left out, the verdict holds for every answer that both have.
        other: The earlier version, and its question and answer where they differ.
        verdict: How far the two measure the same; it gates arithmetic.
        reason: Printed beside every result that rests on it.
        order: With `order_only`: whether this version's share is `higher` or `lower`.
    """

    question: Slug
    answer: Code | None = None
    other: OtherAnswer = Field(alias="with")
    verdict: Verdict
    reason: Text
    order: Literal["higher", "lower"] | None = None


class Instrument(Frozen):
    """One version of a questionnaire.

    Args:
        id: The questionnaire, the same for all its versions.
        version: This version. A version that a wave has used is never edited.
        languages: The first is the source language; every text exists in it.
        provenance: Where this description comes from.
        population: Who the survey is about.
        comparisons: What repeats from earlier versions, and how far it can be compared.
    """

    format: Literal["surveylib.instrument/1"]
    id: Slug
    version: Text
    title: Texts
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    provenance: Text
    population: Text
    questions: Annotated[tuple[AnyQuestion, ...], Field(min_length=1)]
    comparisons: tuple[Comparison, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        questions = list(enumerate(self.questions))
        comparisons = list(enumerate(self.comparisons))
        ids = {question.id for question in self.questions}
        found = [
            *rules.question_problems(questions, ids, self.languages),
            *rules.comparison_problems(comparisons, questions, ids, self.version),
        ]
        if found:
            refuse("Instrument", found)
        return self

    def question(self, name: str) -> Question:
        """The question with this id.

        Raises:
            UnknownNameError: No question of this version has the id.
        """
        for question in self.questions:
            if question.id == name:
                return question
        where = f"{self.id} {self.version}"
        raise UnknownNameError.of("question", name, self.question_ids, where=where)

    def diff(self, other: Instrument) -> versions.VersionDiff:
        """Every change from this version to a newer one, and what it does to comparability."""
        return versions.diff(self, other)

    @property
    def question_ids(self) -> tuple[str, ...]:
        """The ids in the order of the questionnaire."""
        return tuple(question.id for question in self.questions)


def in_language(texts: dict[str, str], language: str = "en") -> str:
    """A text in a language, or in the first language it exists in.

    >>> in_language({"sv": "Ja", "en": "Yes"}), in_language({"sv": "Ja"})
    ('Yes', 'Ja')
    """
    return texts.get(language) or next(iter(texts.values()))
