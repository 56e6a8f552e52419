"""Options: the answers of a closed list, of several kinds."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field

from surveylib.errors import show
from surveylib.instrument.checking import Frozen, Problem, problem
from surveylib.instrument.conditions import Condition  # noqa: TC001 - pydantic needs it at run time
from surveylib.instrument.fields import Code, End, Slug, Text, Texts, Whole  # noqa: TC001 - likewise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


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
        terms: Words that respondents write for this option, such as other spellings of its label;
            case does not matter, and the label itself need not stand among them.
    """

    code: Code
    label: Texts
    write_in: bool = False
    net_of: tuple[Code, ...] = ()
    net_complete: bool = False
    note: str = ""
    terms: tuple[Text, ...] = ()


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
    terms: Annotated[tuple[Text, ...], Field(max_length=0)] = ()  # nobody writes such an answer


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


#: Characters that only typography tells apart, by their kind in Unicode: dashes, quotes, unseen.
_TYPOGRAPHY = {"Pd": "-", "Pi": "'", "Pf": "'", "Cf": ""}


def _as_compared(term: str) -> str:
    """A term without what does not tell it from another: case, spaces, typography."""
    plain = unicodedata.normalize("NFKC", term).casefold().replace('"', "'")
    signs = (_TYPOGRAPHY.get(unicodedata.category(char), char) for char in plain)
    return " ".join("".join(signs).split())


def term_problems(options: Sequence[Option], *, open_ended: bool) -> list[Problem]:
    """Terms that belong to two options, and terms where no answer is written.

    Args:
        options: The options of one question.
        open_ended: Whether answers are written in any case, without an option with text.
    """
    if not any(option.terms for option in options):
        return []
    written = open_ended or any(option.write_in for option in options)
    found = [*_misplaced_terms(options, written=written)]
    owners: dict[str, Option] = {}
    for option in options:
        for label in () if option.net_of else option.label.values():
            owners.setdefault(_as_compared(label), option)
    for position, option in enumerate(options):
        for place, term in enumerate(option.terms):
            owner = owners.setdefault(_as_compared(term), option)
            if owner is not option:
                what = f"{show(term)} belongs to two options, '{owner.code}' and '{option.code}'"
                todo = "leave it to one of them; a label is a term of its own option"
                where = ("options", position, "terms", place)
                found.append(problem(where, "TERM-TWICE", what, todo=todo))
    return found


def _misplaced_terms(options: Sequence[Option], *, written: bool) -> Iterator[Problem]:
    """Terms that no answer could ever meet."""
    for position, option in enumerate(options):
        if option.terms and (option.net_of or not written):
            what = f"option '{option.code}' has terms, but nothing is written for it"
            todo = "give terms to the options that a net sums up"
            if not written:
                todo = "remove them; only open_coded questions and write-ins have written answers"
            yield problem(("options", position, "terms"), "TERM-UNUSED", what, todo=todo)
