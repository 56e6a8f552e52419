"""Options: the answers of a closed list, of several kinds."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from surveylib.instrument.checking import Frozen
from surveylib.instrument.conditions import Condition  # noqa: TC001 - pydantic needs it at run time
from surveylib.instrument.fields import Code, End, Slug, Text, Texts, Whole  # noqa: TC001 - likewise


def _no_minus_zero(value: float) -> float:
    return value + 0.0


Score = Annotated[float, Field(allow_inf_nan=False), AfterValidator(_no_minus_zero)]


class Option(Frozen):
    """One answer of a closed list, or one category that open answers were coded into.

    Args:
        code: Stable and never reused for another meaning.
        label: The option as shown, by language.
        write_in: Whether the respondent may add text, as in "Other, please specify".
        net_of: Codes that this answer sums up; a net is not an answer of its own.
        net_complete: Whether nothing else is in the net, so that its parts add up to it.
        note: What a reader should know.
    """

    code: Code
    label: Texts
    write_in: bool = False
    net_of: tuple[Code, ...] = ()
    net_complete: bool = False
    note: str = ""


class OrderedOption(Option):
    """An answer on an ordered scale; `score` is what trend tests may use."""

    score: Annotated[float, Field(allow_inf_nan=False), AfterValidator(_no_minus_zero)] | None = (
        None
    )


class BandOption(Option):
    """A band of counts: lowest and highest whole number in it, both included; `open` for no end."""

    interval: tuple[Whole, End]


class ChoiceOption(Option):
    """An option of a list in which several may be ticked; `exclusive` ones stand alone."""

    exclusive: bool = False


class GridOption(OrderedOption):
    """A column of a grid: scored where cells are ordered, exclusive where several may be ticked."""

    exclusive: bool = False


class CaseOption(OrderedOption):
    """A value of a derived question, and the answers that lead to it."""

    when: Condition


class RetiredCode(Frozen):
    """The code of an option that is no longer offered: never used for another meaning.

    Args:
        code: The code.
        label: What it meant, by language.
        until: The last version that offered it.
    """

    code: Code
    label: Texts
    until: Text


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


class GridRow(Frozen):
    """One row of a grid: asked by itself, `grid.row` is the id of its question."""

    id: Slug
    text: Texts
    title: Texts | None = None
    concept: Slug | None = None
    note: str = ""
