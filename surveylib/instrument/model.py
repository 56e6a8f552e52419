"""One version of a questionnaire: its questions, what became of the last version's, verdicts."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from surveylib.errors import UnknownNameError
from surveylib.instrument import changes, outline, structure, versions
from surveylib.instrument.checking import Frozen, refuse
from surveylib.instrument.fields import (  # noqa: TC001 - pydantic looks field types up at run time
    Code,
    Language,
    MissingState,
    Mode,
    QuestionId,
    Slug,
    Text,
    Texts,
    Verdict,
    Version,
)
from surveylib.instrument.question import AnyQuestion, Question, in_language


class OtherAnswer(Frozen):
    """The other side of a comparison; what is left out is as on this side."""

    version: Version
    question: QuestionId | None = None
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

    question: QuestionId
    answer: Code | None = None
    other: OtherAnswer = Field(alias="with")
    verdict: Verdict
    reason: Text
    order: Literal["higher", "lower"] | None = None


class Section(Frozen):
    """A page or part of the questionnaire, with the questions on it in order."""

    id: Slug
    title: Texts
    questions: Annotated[tuple[Slug, ...], Field(min_length=1)]


class Decision(Frozen):
    """What became of one question of the version before.

    Args:
        question: Its id in the version before.
        decision: `same`: it goes on under this id; `replaced` by others; `dropped`; or not yet
            decided.
        by: The questions of this version that replace it.
        changed: Kinds of change that were made on purpose, as `surveylib instrument diff` calls
            them; a change that breaks comparability and is not named here is a fault.
        verdict: How far its answers can still be compared; left out, as far as nothing changed.
        reason: Why it was changed, replaced or dropped, and printed beside results.
        evidence: What supports the verdict, such as a pretest.
    """

    question: Slug
    decision: Literal["undecided", "same", "replaced", "dropped"]
    by: tuple[Slug, ...] = ()
    changed: tuple[Text, ...] = ()
    verdict: Verdict | None = None
    reason: str = ""
    evidence: str = ""


class Follows(Frozen):
    """The version before, and what became of each of its questions.

    Args:
        version: The version before.
        questions: One decision for each of its questions.
        changed: Kinds of change of the questionnaire itself that were made on purpose.
        reason: Why.
    """

    version: Version
    questions: tuple[Decision, ...] = ()
    changed: tuple[Text, ...] = ()
    reason: str = ""


Before = Annotated[
    Annotated[Follows, Tag("follows")] | Annotated[Literal["unknown"], Tag("word")],
    Discriminator(lambda value: "word" if isinstance(value, str) else "follows"),
]


class Instrument(Frozen):
    """One version of a questionnaire.

    Args:
        format: The layout of the file.
        id: The questionnaire, the same for all its versions.
        version: This version. A version that a wave has used is never edited.
        status: `draft` while it is written, `active` in the field, `retired` afterwards.
        title: The questionnaire's title, by language.
        languages: The first is the source language; every text exists in it.
        provenance: Where this description comes from.
        population: Who the survey is about.
        mode: How answers are collected.
        introduction: What respondents read before the first question, by language.
        follows: The version before and what became of its questions; `unknown` where a
            questionnaire is rebuilt from reports that do not say.
        missing_labels: How the ways of not answering are shown, by state and language.
        sections: Pages or parts; left out, the questionnaire is one.
        questions: In order.
        comparisons: What repeats from earlier versions, and how far it can be compared.
        note: What a reader should know.
    """

    format: Literal["surveylib.instrument/1"]
    id: Slug
    version: Version
    status: Literal["draft", "active", "retired"] = "active"
    title: Texts
    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    provenance: Text
    population: Text
    mode: tuple[Mode, ...] = ()
    introduction: Texts | None = None
    note: str = ""
    follows: Before | None = None
    missing_labels: dict[MissingState, Texts] = Field(default_factory=dict)
    sections: tuple[Section, ...] = ()
    questions: Annotated[tuple[AnyQuestion, ...], Field(min_length=1)]
    comparisons: tuple[Comparison, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        questions = list(enumerate(self.questions))
        ids = [question.id for question in self.questions]
        texts = [
            (("title",), self.title),
            *([(("introduction",), self.introduction)] if self.introduction else []),
            *((("sections", place), part.title) for place, part in enumerate(self.sections)),
            *((("missing_labels", state), label) for state, label in self.missing_labels.items()),
        ]
        found = [
            *structure.language_problems(self.languages),
            *structure.text_problems(texts, self.languages),
            *structure.question_problems(questions, ids, self.languages),
            *structure.section_problems(self.sections, ids),
            *structure.comparison_problems(
                list(enumerate(self.comparisons)), questions, ids, self.version
            ),
        ]
        if isinstance(self.follows, Follows):
            found += structure.lineage_problems(self.follows, self.version, ids)
        if found:
            refuse("Instrument", found)
        return self

    @cached_property
    def items(self) -> tuple[Question, ...]:
        """The questions in order, with each row of a grid as a question of its own."""
        return tuple(item for question in self.questions for item in question.items)

    @cached_property
    def _by_id(self) -> dict[str, Question]:
        grids = {question.id: question for question in self.questions}
        return {**grids, **{item.id: item for item in self.items}}

    def question(self, name: str) -> Question:
        """The question with this id; `grid.row` for a row of a grid.

        Raises:
            UnknownNameError: No question of this version has the id.
        """
        if name in self._by_id:
            return self._by_id[name]
        where = f"{self.id} {self.version}"
        raise UnknownNameError.of("question", name, self.question_ids, where=where)

    @cached_property
    def declared(self) -> tuple[Comparison, ...]:
        """Every verdict on earlier versions: the comparisons, then those of decisions.

        A question that stays the same without a declared change is identical.
        """
        decisions = self.follows.questions if isinstance(self.follows, Follows) else ()
        return (
            *(found for entry in self.comparisons for found in self._by_row(entry)),
            *(
                found
                for entry in decisions
                for found in self._compared(entry, self.follows.version)  # type: ignore[union-attr]
            ),
        )

    def _by_row(self, entry: Comparison) -> tuple[Comparison, ...]:
        """A comparison of a grid is one of each of its rows."""
        asked = self._by_id[entry.question]
        if asked.items == (asked,):
            return (entry,)
        there = entry.other.question or entry.question
        return tuple(
            entry.model_copy(
                update={
                    "question": item.id,
                    "other": entry.other.model_copy(
                        update={"question": f"{there}.{item.id.partition('.')[2]}"}
                    ),
                }
            )
            for item in asked.items
        )

    def _compared(self, entry: Decision, version: str) -> tuple[Comparison, ...]:
        if entry.decision == "same" and not entry.changed:
            verdict, reason = entry.verdict or "identical", entry.reason or "Asked as before."
        elif entry.verdict:
            verdict, reason = entry.verdict, entry.reason
        else:
            return ()
        new, old = (entry.by or (entry.question,))[0], entry.question
        here = self._by_id.get(new)
        pairs = [(item.id, item.id.replace(new, old, 1)) for item in (here.items if here else ())]
        return tuple(
            Comparison.model_validate(
                {
                    "question": mine,
                    "with": {"version": version, "question": theirs},
                    "verdict": verdict,
                    "reason": reason,
                }
            )
            for mine, theirs in pairs
        )

    def diff(self, other: Instrument) -> changes.VersionDiff:
        """Every change from this version to a newer one, and what it does to comparability."""
        return versions.diff(self, other)

    @property
    def question_ids(self) -> tuple[str, ...]:
        """The ids in the order of the questionnaire; for a grid those of its rows."""
        return tuple(item.id for item in self.items)

    def outline(self, language: str = "en", question: str | None = None) -> str:
        """The questionnaire as text, for a terminal.

        Args:
            language: The language of texts and labels, where they exist in it.
            question: One question only, by its id.
        """
        return outline.outline(self, language, question)

    def __repr__(self) -> str:
        """The questionnaire in one line; all of it is what `str` gives."""
        return f"Instrument('{self.id}@{self.version}', {len(self.question_ids)} questions)"

    def __str__(self) -> str:
        """The questionnaire as text, in its source language."""
        return self.outline(self.languages[0])

    def missing_label(self, state: str, language: str = "en") -> str:
        """How a way of not answering is shown; in plain words where no label is declared.

        Args:
            state: A missing state, such as `dont_know`.
            language: The language to show it in, where it exists in it.
        """
        for known, label in self.missing_labels.items():
            if known == state:
                return in_language(label, language)
        return state.replace("_", " ").replace("dont", "don't").capitalize()
