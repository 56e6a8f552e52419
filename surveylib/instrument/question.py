"""Questions of every kind, as they were asked: options, bands, rows, ways of not answering.

Models are frozen. A file that breaks a rule gives every fault with its line; the rules that look
at more than one field stand in `instrument/rules.py` and `instrument/bands.py`.
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 - pydantic looks field types up at run time
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from surveylib.instrument import bands, quantity, rules
from surveylib.instrument.checking import Frozen, refuse
from surveylib.instrument.conditions import Condition  # noqa: TC001 - likewise
from surveylib.instrument.fields import (  # noqa: TC001 - likewise
    Day,
    MissingState,
    Number,
    Period,
    QuestionId,
    Slug,
    Text,
    Texts,
    Whole,
)
from surveylib.instrument.options import (
    BandList,
    BandOption,
    CaseOption,
    ChoiceOption,
    GridOption,
    GridRow,
    Option,
    OrderedOption,
    RetiredCode,
    term_problems,
)

if TYPE_CHECKING:
    from surveylib.instrument.quantity import Quantity, Unreadable


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
        required: Whether a respondent could not go on without an answer.
        note: What a reader should know.
    """

    id: QuestionId
    title: Texts | None = None
    concept: Slug
    text: Texts
    wording: Literal["printed", "own_words"]
    base: Base
    period: Period
    missing: tuple[MissingState, ...] = ()
    required: bool = False
    note: str = ""

    @property
    def heading(self) -> str:
        """The title, or the id in plain words."""
        if self.title:
            return in_language(self.title)
        words = self.id.replace("_", " ").replace(".", ": ")
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

    @property
    def items(self) -> tuple[Question, ...]:
        """The question itself; for a grid, a question for each of its rows."""
        return (self,)

    def label(self, code: str, language: str = "en") -> str:
        """The text of an answer, in a language it exists in; a missing state in plain words."""
        for option in self.answers:
            if option.code == code:
                return in_language(option.label, language)
        return code.replace("_", " ").replace("dont", "don't")


class _Listed(Question):
    """A question with a list of options, of which the source may have printed only some.

    Args:
        option_list: `partial` where only some of the options are known.
        option_order: `random` where each respondent saw another order.
        options: The options, in order.
        retired: Codes that earlier versions used.
    """

    option_list: Literal["complete", "partial"]
    option_order: Literal["fixed", "random"] = "fixed"
    options: Annotated[tuple[Option, ...], Field(min_length=1)]
    retired: tuple[RetiredCode, ...] = ()

    @property
    def answers(self) -> tuple[Option, ...]:
        return self.options

    @model_validator(mode="after")
    def _fits(self) -> Self:
        found = rules.option_problems(self.options, self.missing, self.retired)
        if found := found + term_problems(self.options, open_ended=isinstance(self, OpenCoded)):
            refuse(type(self).__name__, found)
        return self


class Single(_Listed):
    """One answer out of an unordered list."""

    kind: Literal["single"]


class Ordered(_Listed):
    """One answer out of an ordered list."""

    kind: Literal["ordered"]
    options: Annotated[tuple[OrderedOption, ...], Field(min_length=1)]


class Banded(_Listed):
    """A count answered in bands; `minimum` is the lowest count that can occur."""

    kind: Literal["banded"]
    unit: Text
    minimum: Whole = 0
    options: Annotated[tuple[BandOption, ...], Field(min_length=1)]
    bands: BandList = BandList()

    @model_validator(mode="after")
    def _bands_fit(self) -> Self:
        if found := bands.problems(self.options, self.minimum, self.bands):
            refuse("Banded", found)
        return self

    def as_read(self) -> dict[str, tuple[int, int | None]]:
        """Each band as respondents are taken to have read it: without what a lower band holds."""
        return bands.as_read(self.options)


class MultiAnswer(_Listed):
    """Several answers out of a list.

    Args:
        min_selected: Fewest options to tick; None for no rule.
        max_selected: Most options to tick, as in "choose three"; None for no rule.
    """

    kind: Literal["multi_answer"]
    options: Annotated[tuple[ChoiceOption, ...], Field(min_length=1)]
    min_selected: Whole | None = None
    max_selected: Whole | None = None

    @property
    def exclusive(self) -> bool:
        """Never: several may be ticked."""
        return False

    @model_validator(mode="after")
    def _ticks_fit(self) -> Self:
        several = sum(not option.exclusive for option in self.options)
        if found := rules.tick_problems(self.min_selected, self.max_selected, several):
            refuse("MultiAnswer", found)
        return self


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


class NumberQuestion(Question):
    """A number, asked as one.

    Args:
        unit: What is counted or measured.
        minimum: Lowest number accepted; None for no limit.
        maximum: Highest number accepted; None for no limit.
        decimals: How many decimals may be given; 0 for whole numbers.
    """

    kind: Literal["number"]
    unit: Text
    minimum: Number | None = None
    maximum: Number | None = None
    decimals: Annotated[Whole, Field(le=15)] = 0

    @model_validator(mode="after")
    def _range_fits(self) -> Self:
        if found := rules.range_problems(self.minimum, self.maximum, self.decimals):
            refuse("NumberQuestion", found)
        return self


class DateQuestion(Question):
    """A date, as exact as `precision` says; `earliest` and `latest` are written as exactly."""

    kind: Literal["date"]
    precision: Literal["year", "month", "day"]
    earliest: Day | None = None
    latest: Day | None = None

    @model_validator(mode="after")
    def _dates_fit(self) -> Self:
        if found := rules.date_problems(self.precision, self.earliest, self.latest):
            refuse("DateQuestion", found)
        return self


class TextQuestion(Question):
    """An answer in the respondent's own words.

    Args:
        disclosure: `restricted` texts may name people and leave the project only redacted.
    """

    kind: Literal["text"]
    disclosure: Literal["restricted", "open"] = "restricted"


class TextQuantity(Question):
    """A quantity answered in free text, such as "5,000-6,000": kept raw, never a share.

    Args:
        unit: What is counted.
        decimal: The decimal sign of the answers.
        group: Signs that group digits.
    """

    kind: Literal["text_quantity"]
    unit: Text
    decimal: Literal[".", ","] = "."
    group: tuple[Literal[",", ".", "'", "’", "space"], ...] = (",", "space", "'", "’")

    @model_validator(mode="after")
    def _signs_differ(self) -> Self:
        if found := rules.sign_problems(self.decimal, self.group):
            refuse("TextQuantity", found)
        return self

    def read(self, raw: str) -> Quantity | Unreadable:
        """Read one answer as an interval, or say why it cannot be read."""
        return quantity.read(raw, decimal=self.decimal, group=self.group, unit=self.unit)


class Grid(_Listed):
    """Several questions with the same options, one for each row.

    Args:
        rows: What is asked about, in order.
        cells: What kind of question each row is.
        options: The columns.
    """

    kind: Literal["grid"]
    rows: Annotated[tuple[GridRow, ...], Field(min_length=1)]
    cells: Literal["single", "ordered", "multi_answer"]
    options: Annotated[tuple[GridOption, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _cells_fit(self) -> Self:
        if found := rules.grid_problems(self.rows, self.options, self.cells):
            refuse("Grid", found)
        return self

    @property
    def exclusive(self) -> bool:
        """Whether each row has one answer only."""
        return self.cells != "multi_answer"

    @property
    def items(self) -> tuple[Question, ...]:
        """A question for each row, called `grid.row`; the grid's text stands before the row's."""
        return tuple(self._item(row) for row in self.rows)

    def _item(self, row: GridRow) -> Question:
        kinds: dict[str, type[Single | Ordered | MultiAnswer]] = {
            "single": Single,
            "ordered": Ordered,
            "multi_answer": MultiAnswer,
        }
        kind = kinds[self.cells]
        option = {"single": Option, "ordered": OrderedOption, "multi_answer": ChoiceOption}
        options: Sequence[Option] = [
            option[self.cells].model_construct(**_fields(entry, option[self.cells]))
            for entry in self.options
        ]
        shared = _fields(self, kind)
        heads = dict.fromkeys(row.text, self.heading) | (self.title or {})
        own: dict[str, Any] = {
            "kind": self.cells,
            "id": f"{self.id}.{row.id}",
            "title": row.title or {key: f"{heads[key]}: {text}" for key, text in row.text.items()},
            "concept": row.concept or f"{self.concept}_{row.id}",
            "text": {
                key: f"{text} {row.text[key]}" for key, text in self.text.items() if key in row.text
            },
            "options": tuple(options),
            "note": row.note or self.note,
        }
        return kind.model_construct(**{**shared, **own})


class Derived(Question):
    """A question that nobody was asked: its answers follow from those to others.

    Args:
        options: For each value, the answers that lead to it; no combination of answers may lead
            to two values or to none. Where an answer that is needed is missing, so is the value.
    """

    kind: Literal["derived"]
    wording: Literal["printed", "own_words"] = "own_words"
    options: Annotated[tuple[CaseOption, ...], Field(min_length=2)]

    @property
    def answers(self) -> tuple[Option, ...]:
        """The values."""
        return self.options

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if found := rules.option_problems(self.options, self.missing, ()):
            refuse("Derived", found)
        return self


AnyQuestion = Annotated[
    Single
    | Ordered
    | Banded
    | MultiAnswer
    | OpenCoded
    | NumberQuestion
    | DateQuestion
    | TextQuestion
    | TextQuantity
    | Grid
    | Derived,
    Field(discriminator="kind"),
]


def _fields(source: Frozen, kind: type[Frozen]) -> dict[str, Any]:
    """What a model holds of the fields that another model has."""
    return {name: getattr(source, name) for name in kind.model_fields if hasattr(source, name)}


def in_language(texts: dict[str, str], language: str = "en") -> str:
    """A text in a language, or in the first language it exists in.

    >>> in_language({"sv": "Ja", "en": "Yes"}), in_language({"sv": "Ja"})
    ('Yes', 'Ja')
    """
    return texts.get(language) or next(iter(texts.values()))
