"""Where in a file each question's answers stand: the columns of wave.yaml.

A column is named by its header, by its letters as a spreadsheet shows them, or by both; with both,
each is checked against the other. Nothing is guessed: a column that is neither mapped nor ignored
is a fault, and so is a text that no rule explains.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from surveylib.instrument.checking import Frozen, problem, refuse
from surveylib.instrument.fields import (  # noqa: TC001 - pydantic looks field types up at run time
    Code,
    MissingState,
    Number,
    QuestionId,
    Slug,
    Text,
)
from surveylib.wave.design_model import DesignColumns  # noqa: TC001 - likewise
from surveylib.wave.repair import REPAIRS

Letters = Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,3}$")]
#: A cell's text as it stands in the file, spaces included.
Raw = Annotated[str, StringConstraints(strip_whitespace=False)]
RepairName = Annotated[str, StringConstraints(pattern=r"^[a-z_]+$")]


class ColumnName(Frozen):
    """A column: by `header`, by letters (`at`), or both.

    Args:
        header: The text of the header row that names the column; with several header rows, of the
            first one. A text that ends in `…` is how it begins.
        under: The text of the second header row.
        id: The text of the third header row, such as Qualtrics' ImportId.
        at: The column's letters in a spreadsheet.
    """

    header: Text | None = None
    under: Text | None = None
    id: Text | None = None
    at: Letters | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any((self.header, self.under, self.id, self.at)):
            what = "a column is named by 'header', by 'at', or by both"
            refuse("ColumnName", [problem((), "COLUMN-NAME", what)])
        return self

    def __str__(self) -> str:
        """The column as a message names it."""
        heads = " | ".join(text for text in (self.header, self.under, self.id) if text)
        told = [f"'{heads}'"] if heads else []
        return " in column ".join([*told, *([self.at] if self.at else [])])


def _from_text(value: Any) -> Any:
    return {"header": value} if isinstance(value, str) else value


#: A text stands for the header.
AColumn = Annotated[ColumnName, BeforeValidator(_from_text)]


class _Layout(Frozen):
    """What every layout can say of its cells.

    Args:
        values: What texts mean, as an option's code or a missing state, where they are no label
            and no code.
        repair: Repairs that are allowed in these cells; rows of the table REPAIRS.
        write_in: For an option with text, the column that holds the text.
        note: What a reader should know.
    """

    values: dict[Raw, Code] = Field(default_factory=dict)
    repair: tuple[RepairName, ...] = ()
    write_in: dict[Code, AColumn] = Field(default_factory=dict)
    note: str = ""

    @model_validator(mode="after")
    def _repairs_exist(self) -> Self:
        unknown = [
            problem(
                ("repair", place),
                "REPAIR-UNKNOWN",
                f"no repair is called '{name}'",
                wanted=", ".join(REPAIRS),
            )
            for place, name in enumerate(self.repair)
            if name not in REPAIRS
        ]
        if unknown:
            refuse(type(self).__name__, unknown)
        return self


class OneColumn(_Layout):
    """One column holds the answer: a label, a code, a number, a date or a text."""

    layout: Literal["one_column"]
    column: AColumn


class DelimitedCell(_Layout):
    """One column holds every answer given, with `delimiter` between them."""

    layout: Literal["delimited"]
    column: AColumn
    delimiter: Annotated[str, StringConstraints(min_length=1, strip_whitespace=False)]


class ColumnPerOption(_Layout):
    """A column for each option, for several answers or for one that was spread over columns.

    Args:
        options: The column of each option.
        ticked: Texts that mean that the option was chosen; left out, the option's label or code.
        not_ticked: Texts that mean that it was not chosen.
        blank: What a blank cell means where others of the row say something: `not_ticked`, or
            `unknown` where the file leaves it open. Left out, it is unknown where `not_ticked` says
            how "not chosen" is written, and else not ticked.
        missing: Columns for ways of not answering that could be ticked.
        absent: Options without a column, because nobody chose them.
        text_ticks: Options that are chosen by writing a text into their `write_in` column.
        none_ticked: What a row means in which every column says "not chosen": `no_answer`, or
            `answered` where leaving all blank was an answer.
    """

    layout: Literal["column_per_option"]
    options: dict[Code, AColumn] = Field(default_factory=dict)
    ticked: tuple[Raw, ...] = ()
    not_ticked: tuple[Raw, ...] = ()
    blank: Literal["not_ticked", "unknown"] | None = None
    missing: dict[MissingState, AColumn] = Field(default_factory=dict)
    absent: tuple[Code, ...] = ()
    text_ticks: tuple[Code, ...] = ()
    none_ticked: Literal["no_answer", "answered"] = "no_answer"

    @model_validator(mode="after")
    def _texts_have_columns(self) -> Self:
        lost = [
            problem(
                ("text_ticks", place),
                "WRITE-IN-COLUMN",
                f"option '{code}' is chosen by its text, and no column holds that",
                todo=f"name it under write_in: {code}",
            )
            for place, code in enumerate(self.text_ticks)
            if code not in self.write_in
        ]
        both = sorted(set(self.ticked) & set(self.not_ticked))
        lost += [
            problem(
                ("not_ticked",), "TEXT-AMBIGUOUS", f"'{text}' means that an option was chosen too"
            )
            for text in both
        ]
        if lost:
            refuse("ColumnPerOption", lost)
        return self


class Mentions(_Layout):
    """Columns for the first answer named, the second and so on."""

    layout: Literal["mentions"]
    columns: Annotated[tuple[AColumn, ...], Field(min_length=1)]


class GridRows(_Layout):
    """A column for each row of a grid."""

    layout: Literal["grid"]
    rows: Annotated[dict[Slug, AColumn], Field(min_length=1)]


class CodedText(_Layout):
    """A column of texts that are coded with the questionnaire's dictionary; the texts are kept."""

    layout: Literal["coded_text"]
    column: AColumn


class NotInFile(Frozen):
    """The file has no answers to this question."""

    layout: Literal["not_in_file"]
    reason: Text


def _default_layout(value: Any) -> Any:
    """A text or a single `column` means that one column holds the answer."""
    if isinstance(value, str):
        return {"layout": "one_column", "column": value}
    if isinstance(value, dict) and "layout" not in value:
        return {"layout": "one_column", **value}
    return value


#: Layouts that say where in the file something stands.
InFile = OneColumn | DelimitedCell | ColumnPerOption | Mentions | GridRows | CodedText

AnyLayout = Annotated[
    Annotated[
        OneColumn | DelimitedCell | ColumnPerOption | Mentions | GridRows | CodedText | NotInFile,
        Field(discriminator="layout"),
    ],
    BeforeValidator(_default_layout),
]


class Ignored(Frozen):
    """A column, or a run of columns, that is not read.

    Args:
        column: One column.
        first: The first of several that stand side by side.
        last: The last of them.
        reason: Why; personal data is ignored on purpose and by name.
    """

    column: AColumn | None = None
    first: AColumn | None = Field(default=None, alias="from")
    last: AColumn | None = Field(default=None, alias="to")
    reason: Text

    @model_validator(mode="after")
    def _names_columns(self) -> Self:
        run = (self.first is not None, self.last is not None)
        if (self.column is None) != (run == (True, True)) or run[0] != run[1]:
            what = "name either one 'column', or the first and last with 'from' and 'to'"
            refuse("Ignored", [problem((), "COLUMN-NAME", what)])
        return self


class RespondentId(Frozen):
    """The column that tells respondents apart.

    Args:
        column: The column.
        blank: Rows without an id: put aside (`quarantine`), or taken and known by their record
            number (`accept`).
        repeated: Rows with the same id: all put aside (`quarantine`), or only the `first` or the
            `last` taken and the others excluded.
    """

    column: AColumn
    blank: Literal["quarantine", "accept"] = "quarantine"
    repeated: Literal["quarantine", "first", "last"] = "quarantine"


class VersionColumn(Frozen):
    """The column that says which version of the questionnaire a row was asked with.

    Args:
        column: The column.
        values: Version of the wave's questionnaire for each text of the column.
    """

    column: AColumn
    values: Annotated[dict[Raw, Text], Field(min_length=1)]


class Finished(Frozen):
    """The column that says whether a respondent came to the end, and the texts that mean yes."""

    column: AColumn
    texts: Annotated[tuple[Raw, ...], Field(min_length=1)]


class Blanks(Frozen):
    """How blank cells are read where the questionnaire does not decide.

    Args:
        finished: Who came to the end: after the last answer of somebody who did not, nothing was
            reached; somebody who did left blanks unanswered.
        trailing: Without `finished`, what blanks after the last answer are.
        routed: Whether the questionnaire's routes were carried out by software, so that nobody was
            shown what follows from an answer they did not give.
    """

    finished: Finished | None = None
    trailing: Literal["unknown_blank", "no_answer", "not_reached"] = "unknown_blank"
    routed: Literal["by_software", "by_respondents", "unknown"] | None = None


class Timing(Frozen):
    """How long a respondent took: `seconds`, or when they `started` and `ended`.

    Args:
        seconds: A column of seconds.
        started: A column of times.
        ended: A column of times.
        format: How times are written: `iso`, `spreadsheet` for days since 1899-12-30, or a pattern
            such as `%m/%d/%Y %I:%M:%S %p`.
    """

    seconds: AColumn | None = None
    started: AColumn | None = None
    ended: AColumn | None = None
    format: Text = "iso"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        pair = (self.started is not None, self.ended is not None)
        if (self.seconds is None) != (pair == (True, True)) or pair[0] != pair[1]:
            what = "name either 'seconds', or both 'started' and 'ended'"
            refuse("Timing", [problem((), "TIMING", what)])
        return self


class Excluded(Frozen):
    """Rows that are no respondents, by a stated rule: those with one of these texts in a column."""

    column: AColumn
    texts: Annotated[tuple[Raw, ...], Field(min_length=1)]
    reason: Text


class Columns(Frozen):
    """Everything that wave.yaml says about the columns of a file of responses.

    Args:
        respondent: Who a row belongs to; left out, rows are known by their record numbers.
        version: Which version of the questionnaire a row was asked with, where a file mixes them.
        blanks: How blank cells are read.
        timing: How long respondents took.
        exclude: Rows that are no respondents.
        columns: Where each question's answers stand.
        keep: Further columns to keep as they are, such as weights or strata, by the name to give.
        ignore: Columns that are not read, each with the reason.
        blank: Texts that are blank besides the empty one.
        decimal: The decimal sign of numbers.
        design: How the sample was drawn, by columns that are kept.
        most_quarantined: The share of cells with an answer that may be in quarantine; above it no
            wave is written.
    """

    respondent: RespondentId | None = None
    version: VersionColumn | None = None
    blanks: Blanks = Blanks()
    timing: Timing | None = None
    exclude: tuple[Excluded, ...] = ()
    columns: Annotated[dict[QuestionId, AnyLayout], Field(min_length=1)]
    keep: dict[Slug, AColumn] = Field(default_factory=dict)
    ignore: tuple[Ignored, ...] = ()
    blank: tuple[Raw, ...] = ()
    decimal: Literal[".", ","] = "."
    design: DesignColumns | None = None
    most_quarantined: Annotated[Number, Field(ge=0, le=1)] = Decimal(0)

    @model_validator(mode="after")
    def _design_is_kept(self) -> Self:
        if self.design and (found := self.design.not_kept(self.keep)):
            refuse("Columns", found)
        return self
