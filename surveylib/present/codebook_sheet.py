"""A questionnaire as a respondent meets it, in one language: what stands on the page, in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from surveylib.instrument.conditions import Condition
from surveylib.instrument.fields import OFFERED
from surveylib.instrument.question import (
    DateQuestion,
    Derived,
    Grid,
    MultiAnswer,
    NumberQuestion,
    OpenCoded,
    TextQuantity,
    TextQuestion,
)
from surveylib.present import codebook_routes as routes
from surveylib.present import codebook_words as words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from surveylib.instrument.model import Instrument
    from surveylib.instrument.options import Option
    from surveylib.instrument.question import Question


class Shown(NamedTuple):
    """A text with the language it is in; `foreign` where that is not the page's language."""

    text: str
    language: str
    foreign: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """An answer that can be ticked."""

    label: Shown
    write_in: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question on the page.

    Args:
        id: Its id.
        number: Its number on the page.
        text: The question.
        route: Who answers it; empty for everybody.
        lines: How to answer, in sentences.
        glyph: `radio` where one answer is given, `tick` where several may be.
        choices: The answers; for a grid its columns.
        rows: The rows of a grid, each with its number.
        space: Where there is no list: `word` for one field, `lines` for room to write.
        unit: What stands behind the field.
        states: Ways of not answering that are offered.
        remarks: What a reader of the page should know, and no part of the questionnaire.
    """

    id: str
    number: int
    text: Shown
    route: tuple[Shown, ...] = ()
    lines: tuple[str, ...] = ()
    glyph: str = "radio"
    choices: tuple[Choice, ...] = ()
    rows: tuple[tuple[str, Shown], ...] = ()
    space: str = ""
    unit: Shown | None = None
    states: tuple[Choice, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A section with its questions; without a title where the questionnaire has no sections."""

    id: str
    title: Shown | None
    questions: tuple[Asked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A questionnaire in one language."""

    instrument: Instrument
    language: str
    title: Shown
    remarks: tuple[str, ...]
    introduction: Shown | None
    parts: tuple[Part, ...]


def text_in(texts: Mapping[str, str], language: str, source: str) -> Shown:
    """A text in a language; where it does not exist in it, in the source language, and marked."""
    if language in texts:
        return Shown(texts[language], language)
    found = source if source in texts else next(iter(texts))
    return Shown(texts[found], found, foreign=True)


def numbered(instrument: Instrument) -> dict[str, str]:
    """The number of each question that is asked; `3.2` is the second row of a grid."""
    asked = [entry for entry in instrument.questions if not isinstance(entry, Derived)]
    found = {entry.id: str(place) for place, entry in enumerate(asked, 1)}
    for entry in asked:
        if isinstance(entry, Grid):
            found |= {
                item.id: f"{found[entry.id]}.{row}" for row, item in enumerate(entry.items, 1)
            }
    return found


def sheet(instrument: Instrument, language: str) -> Sheet:
    """The questionnaire in a language, without derived questions and nets."""
    page = _Page(instrument, language)
    questions = [page.asked(entry) for entry in instrument.questions if entry.id in page.numbers]
    by_id = {entry.id: entry for entry in questions}
    parts = tuple(
        Part(
            id=section.id,
            title=page.text(section.title),
            questions=tuple(by_id[name] for name in section.questions if name in by_id),
        )
        for section in instrument.sections
    ) or (Part(id="questions", title=None, questions=tuple(questions)),)
    return Sheet(
        instrument=instrument,
        language=language,
        title=page.text(instrument.title),
        remarks=tuple(page.remarks()),
        introduction=page.text(instrument.introduction) if instrument.introduction else None,
        parts=tuple(part for part in parts if part.questions),
    )


class _Page:
    """What a page in one language needs to know to show a question."""

    def __init__(self, instrument: Instrument, language: str) -> None:
        self.instrument = instrument
        self.language = language
        self.source = instrument.languages[0]
        self.numbers = numbered(instrument)
        self.all_own_words = all(
            entry.wording == "own_words"
            for entry in instrument.questions
            if not isinstance(entry, Derived)
        )

    def phrase(self, name: str, **parts: object) -> str:
        return words.phrase(self.language, name, **parts)

    def text(self, texts: Mapping[str, str]) -> Shown:
        return text_in(texts, self.language, self.source)

    def plain(self, text: str) -> Shown:
        """A text that exists once, in the source language."""
        return Shown(text, self.source, foreign=self.source != self.language)

    def remarks(self) -> Iterator[str]:
        if words.spoken(self.language) != self.language.partition("-")[0]:
            yield f"Instructions are in English: there are none in '{self.language}'."
        if self.all_own_words:
            yield self.phrase("own_wording_all")

    def asked(self, question: Question) -> Asked:
        number = int(self.numbers[question.id])
        several = not question.exclusive and not isinstance(question, OpenCoded)
        open_answer = not question.answers or isinstance(question, OpenCoded)
        field = isinstance(question, NumberQuestion | DateQuestion)
        unit = getattr(question, "unit", "") if open_answer else ""
        return Asked(
            id=question.id,
            number=number,
            text=self.text(question.text),
            route=tuple(self._route(question)),
            lines=tuple(self._lines(question)),
            glyph="tick" if several else "radio",
            choices=() if open_answer else tuple(map(self._choice, _offered(question))),
            rows=tuple(self._rows(question)) if isinstance(question, Grid) else (),
            space=("word" if field else "lines") if open_answer else "",
            unit=self.plain(unit) if unit else None,
            states=tuple(
                Choice(label=self._state(state)) for state in question.missing if state in OFFERED
            ),
            remarks=tuple(self._about(question)),
        )

    def _rows(self, question: Grid) -> Iterator[tuple[str, Shown]]:
        for item, row in zip(question.items, question.rows, strict=True):
            yield self.numbers[item.id], self.text(row.text)

    def _choice(self, option: Option) -> Choice:
        return Choice(
            label=self.text(option.label),
            write_in=option.write_in,
            alone=bool(getattr(option, "exclusive", False)),
        )

    def _state(self, state: str) -> Shown:
        """A way of not answering as it is shown: by its label, or in plain words."""
        for known, label in self.instrument.missing_labels.items():
            if known == state:
                return self.text(label)
        if words.spoken(self.language) == "de":
            return Shown(words.STATES_DE.get(state, state), self.language)
        return Shown(self.instrument.missing_label(state), "en", foreign=self.language[:2] != "en")

    def _route(self, question: Question) -> Iterator[Shown]:
        """Who answers the question, in plain words."""
        base = question.base
        if base.condition is not None:
            told = routes.tell(self._asked_of(base.condition), self._voice())
            yield Shown(self.phrase("only_if", condition=told), self.language)
        elif base.asked == "unknown":
            yield Shown(self.phrase("asked_unknown"), self.language)
        elif base.asked != "all":
            foreign = self.source != self.language
            yield Shown(self.phrase("asked", who=base.asked), self.source, foreign=foreign)

    def _asked_of(self, condition: Condition) -> Condition:
        """A condition in which derived questions are replaced by what they follow from."""
        if condition.question is None:
            return Condition(
                all_of=tuple(map(self._asked_of, condition.all_of)),
                any_of=tuple(map(self._asked_of, condition.any_of)),
                none_of=tuple(map(self._asked_of, condition.none_of)),
            )
        other = self.instrument.question(condition.question)
        cases = [
            self._asked_of(option.when)
            for option in (other.options if isinstance(other, Derived) else ())
            if option.code in condition.answers
        ]
        if len(cases) != len(condition.answers) or not cases:
            return condition
        return cases[0] if len(cases) == 1 else Condition(any_of=tuple(cases))

    def _voice(self) -> routes.Voice:
        def question(name: str) -> str:
            number = self.numbers.get(name)
            if number is None:
                return words.quoted(self.language, self.instrument.question(name).heading)
            return self.phrase("to_question", number=number)

        def answer(name: str, code: str) -> str:
            labels = {o.code: o.label for o in self.instrument.question(name).answers}
            found = self.text(labels[code]) if code in labels else self._state(code)
            mark = f" [{found.language}]" if found.foreign else ""
            return f"{words.quoted(self.language, found.text)}{mark}"

        return routes.Voice(
            phrases=words.WORDS[words.spoken(self.language)],
            question=question,
            answer=answer,
            several=lambda name: not self.instrument.question(name).exclusive,
        )

    def _lines(self, question: Question) -> Iterator[str]:
        """How to answer: what the questionnaire says beside the question."""
        if isinstance(question, Grid):
            yield self.phrase("one_row" if question.exclusive else "in_row")
        if isinstance(question, OpenCoded | TextQuestion):
            yield self.phrase("own_words")
        elif isinstance(question, TextQuantity):
            yield self.phrase("quantity")
        elif isinstance(question, NumberQuestion):
            yield self._number(question)
        elif isinstance(question, DateQuestion):
            yield self._date(question)
        elif not question.exclusive:
            yield self._ticks(question)
        elif question.answers and not isinstance(question, Grid):
            yield self.phrase("one")
        if question.required:
            yield self.phrase("required")
        if told := words.period(question.period, self.language):
            written = not question.period.startswith("P") and self.source != self.language
            mark = f" [{self.source}, {self.phrase('untranslated')}]" if written else ""
            yield self.phrase("period", period=f"{told}{mark}")

    def _ticks(self, question: Question) -> str:
        """How many answers may be ticked."""
        low = high = None
        if isinstance(question, MultiAnswer):
            low, high = question.min_selected, question.max_selected
        if high is None:
            if not low:
                return self.phrase("all")
            if low == 1:
                return self.phrase("least_one")
            return self.phrase("least", n=words.number_word(self.language, low))
        if high == 1:
            return self.phrase("one")
        if not low or low == high:
            name = "exactly" if low == high else "most"
            return self.phrase(name, n=words.number_word(self.language, high))
        return self.phrase("between", low=low, high=high)

    def _number(self, question: NumberQuestion) -> str:
        places, low, high = question.decimals, question.minimum, question.maximum
        name = ("whole", "decimal_1")[places] if places < 2 else "decimal"
        kind = self.phrase(name, n=places)
        if low is None and high is None:
            return f"{kind}."
        limit = "at_most" if low is None else "at_least" if high is None else "from_to"
        return f"{kind}, {self.phrase(limit, low=low, high=high)}."

    def _date(self, question: DateQuestion) -> str:
        told = [self.phrase(question.precision)]
        if question.earliest:
            told.append(self.phrase("not_before", day=question.earliest))
        if question.latest:
            told.append(self.phrase("not_after", day=question.latest))
        return f"{', '.join(told)}."

    def _about(self, question: Question) -> Iterator[str]:
        """What is no part of the questionnaire: how the list is known, and the wording."""
        if getattr(question, "option_order", "") == "random":
            yield self.phrase("random")
        listed = question.answers and not isinstance(question, OpenCoded)
        if listed and getattr(question, "option_list", "") == "partial":
            yield self.phrase("partial")
        if question.wording == "own_words" and not self.all_own_words:
            yield self.phrase("own_wording")


def _offered(question: Question) -> Iterator[Option]:
    """The options that respondents see: all but nets."""
    return (option for option in question.answers if not option.net_of)
