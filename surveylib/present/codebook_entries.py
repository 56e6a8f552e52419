"""A codebook: for each question what an analyst needs to read its answers, as plain rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from surveylib.instrument.fields import OFFERED
from surveylib.instrument.identity import content_hashes
from surveylib.instrument.options import CaseOption
from surveylib.instrument.question import (
    Banded,
    DateQuestion,
    Grid,
    MultiAnswer,
    NumberQuestion,
    OpenCoded,
    TextQuantity,
    TextQuestion,
    in_language,
)
from surveylib.present import codebook_routes as routes
from surveylib.present import codebook_words as words
from surveylib.present.codebook_sheet import Shown, numbered, text_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from surveylib.instrument.conditions import Condition
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.options import Option
    from surveylib.instrument.question import Question

_MINUS = "\N{MINUS SIGN}"


class Cell(NamedTuple):
    """A text of a table or a fact; `code` where it is to be copied letter by letter."""

    text: str
    code: bool = False
    language: str = ""


class Row(NamedTuple):
    """A row of a table; `apart` for what is no answer."""

    cells: tuple[Cell, ...]
    apart: bool = False


class Table(NamedTuple):
    """A table: what it is about, the heads of its columns, its rows."""

    name: str
    heads: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A question in the codebook.

    Args:
        id: Its id.
        number: Its number in the questionnaire; empty where nobody is asked.
        heading: Its title.
        texts: The question, in every language of the questionnaire.
        facts: What there is to know of it, by name.
        tables: Its answers, and the rows of a grid.
    """

    id: str
    number: str
    heading: str
    texts: tuple[Shown, ...]
    facts: tuple[tuple[str, tuple[Cell, ...]], ...]
    tables: tuple[Table, ...]


def entries(instrument: Instrument) -> tuple[Entry, ...]:
    """Every question of a version, derived ones included."""
    numbers = numbered(instrument)
    return tuple(
        Entry(
            id=question.id,
            number=numbers.get(question.id, ""),
            heading=question.heading,
            texts=tuple(_in_every_language(question.text, instrument)),
            facts=tuple((name, tuple(cells)) for name, cells in _facts(question, instrument)),
            tables=tuple(_tables(question, instrument)),
        )
        for question in instrument.questions
    )


def states_table(instrument: Instrument) -> Table:
    """The ways of not answering: how they are shown, what they mean, how they are exported."""
    rows = []
    for state, about in words.STATES.items():
        used = [entry for entry in instrument.questions if state in entry.missing]
        labels = instrument.missing_labels.get(state, {})  # type: ignore[call-overload]
        plain = instrument.missing_label(state) if state in OFFERED else "–"
        shown = " / ".join(labels.values()) or plain
        rows.append(
            Row(
                (
                    Cell(state, code=True),
                    Cell(shown),
                    Cell(about.meaning),
                    Cell(about.asked),
                    Cell(about.answered),
                    Cell(str(about.export), code=True),
                    Cell(f"{len(used)} of {len(instrument.questions)}"),
                )
            )
        )
    heads = (
        "State",
        "Shown as",
        "Meaning",
        "Counts as asked",
        "Counts as answered",
        "Export code",
        "Questions",
    )
    return Table("Ways of not answering", heads, tuple(rows))


def condition_words(condition: Condition, instrument: Instrument) -> str:
    """A condition for an analyst: ids of questions, codes of answers with their labels."""

    def answer(name: str, code: str) -> str:
        question = instrument.question(name)
        return f"{code} (“{question.label(code, instrument.languages[0])}”)"

    voice = routes.Voice(
        phrases=routes.ANALYST,
        question=lambda name: name,
        answer=answer,
        several=lambda name: not instrument.question(name).exclusive,
    )
    return routes.tell(condition, voice)


def _in_every_language(texts: Mapping[str, str], instrument: Instrument) -> Iterator[Shown]:
    return (text_in(texts, language, instrument.languages[0]) for language in instrument.languages)


def _facts(question: Question, instrument: Instrument) -> Iterator[tuple[str, list[Cell]]]:
    """What there is to know of a question beside its answers."""
    kind = getattr(question, "kind", "")
    base = question.base
    asked = {"all": "everybody", "unknown": "not known"}.get(base.asked, base.asked)
    periods = {"not_stated": "not stated", "unknown": "not known"}
    yield "Concept", [Cell(question.concept, code=True)]
    yield "Kind", [Cell(kind, code=True), Cell(_kind_words(question))]
    if kind != "derived":
        printed = question.wording == "printed"
        yield "Wording", [Cell("as printed" if printed else "own words; the printed is not public")]
    yield "Asked of", [Cell(asked)]
    if base.condition is not None:
        yield "Condition", [Cell(condition_words(base.condition, instrument))]
    yield "Period", [Cell(periods.get(question.period) or words.period(question.period))]
    for name, told in _limits(question):
        yield name, [Cell(told)]
    if question.required:
        yield "Required", [Cell("yes: nobody goes on without an answer")]
    yield from _list_facts(question)
    if isinstance(question, Banded):
        yield from _band_facts(question, instrument)
    if question.note:
        yield "Note", [Cell(question.note, language=instrument.languages[0])]
    exact, normal = content_hashes(question)
    yield (
        "Content hash",
        [Cell(exact[:12], code=True), Cell("normalised"), Cell(normal[:12], code=True)],
    )


def _kind_words(question: Question) -> str:
    told = words.KINDS.get(getattr(question, "kind", ""), "")
    if isinstance(question, OpenCoded):
        several = "several categories" if question.mentions == "several" else "one category only"
        told = f"{told}; an answer counts in {several}"
    if isinstance(question, Grid):
        told = f"{told}; each row: {words.KINDS[question.cells]}"
    return told


def _limits(question: Question) -> Iterator[tuple[str, str]]:
    """Unit, range and ticks."""
    if unit := getattr(question, "unit", ""):
        yield "Unit", unit
    if isinstance(question, Banded):
        yield "Lowest count", str(question.minimum)
    if isinstance(question, NumberQuestion):
        yield "Range", _range(question.minimum, question.maximum)
        yield "Decimals", str(question.decimals)
    if isinstance(question, DateQuestion):
        yield "Precision", question.precision
        yield "Range", _range(question.earliest, question.latest)
    if isinstance(question, MultiAnswer):
        yield "Ticks", _range(question.min_selected, question.max_selected)
    if isinstance(question, TextQuestion):
        restricted = question.disclosure == "restricted"
        yield "Disclosure", "restricted: leaves the project only redacted" if restricted else "open"
    if isinstance(question, TextQuantity):
        yield "Decimal sign", question.decimal
        yield "Signs that group digits", " ".join(question.group) or "none"


def _range(low: object, high: object) -> str:
    if low is None and high is None:
        return "no limit"
    if low is None:
        return f"up to {high}"
    return f"{low} or more" if high is None else f"{low} to {high}"


def _list_facts(question: Question) -> Iterator[tuple[str, list[Cell]]]:
    """How far the list of answers is known, and which codes are no longer used."""
    if getattr(question, "option_list", "") == "partial":
        yield "List", [Cell("partial: only some of the answers are known")]
    if getattr(question, "option_order", "") == "random":
        yield "Order", [Cell("random: another one for each respondent")]
    retired = getattr(question, "retired", ())
    if retired:
        cells = []
        for entry in retired:
            told = f"“{in_language(entry.label)}”, until {entry.until}"
            cells += [Cell(entry.code, code=True), Cell(told)]
        yield "Retired codes", cells


def _band_facts(question: Banded, instrument: Instrument) -> Iterator[tuple[str, list[Cell]]]:
    """What is declared of bands that overlap or leave gaps."""
    source = instrument.languages[0]
    declared = question.bands
    both = [
        f"{' and '.join(f'“{question.label(code, source)}”' for code in entry.bands)} "
        f"both hold {_range(*entry.values)}"
        for entry in declared.overlaps
    ]
    if both:
        yield "Overlaps", [Cell("; ".join(both))]
    if declared.gaps:
        told = ", ".join(_one_or_range(*gap) for gap in declared.gaps)
        yield "Gaps", [Cell(f"no band holds {told}")]
    if declared.reading:
        yield "Reading", [Cell("a value in two bands belongs to the lower one")]


def _one_or_range(low: int, high: int | None) -> str:
    return str(low) if low == high else _range(low, high)


class _Column(NamedTuple):
    """A column of a table of answers."""

    head: str
    cells: list[Cell]
    always: bool = False


def _tables(question: Question, instrument: Instrument) -> Iterator[Table]:
    if isinstance(question, Grid):
        yield _rows_table(question, instrument)
    if question.answers or question.missing:
        yield _answers_table(question, instrument)


def _rows_table(grid: Grid, instrument: Instrument) -> Table:
    """The rows of a grid: each is a question of its own."""
    numbers = numbered(instrument)
    columns = [
        _Column("No.", [Cell(numbers[item.id]) for item in grid.items], always=True),
        _Column("Question", [Cell(item.id, code=True) for item in grid.items], always=True),
        *(
            _Column(
                f"Text ({language})",
                [_label(row.text, language, instrument) for row in grid.rows],
                always=True,
            )
            for language in instrument.languages
        ),
        _Column("Concept", [Cell(item.concept, code=True) for item in grid.items], always=True),
        _Column("Note", [Cell(row.note) for row in grid.rows]),
    ]
    return _table("Rows", columns, len(grid.rows), 0)


def _answers_table(question: Question, instrument: Instrument) -> Table:
    """The options with everything declared of them, then the ways of not answering."""
    options, states = question.answers, question.missing
    gap = [Cell("")] * len(states)
    read = question.as_read() if isinstance(question, Banded) else {}
    read = {} if not isinstance(question, Banded) or not question.bands.reading else read
    codes = [option.code for option in options] + list(states)
    columns = [
        _Column("Code", [Cell(code, code=True) for code in codes], always=True),
        *(
            _Column(
                f"Label ({language})",
                [_label(option.label, language, instrument) for option in options]
                + [_state_label(state, language, instrument) for state in states],
                always=True,
            )
            for language in instrument.languages
        ),
        _Column("Score", [_score(option) for option in options] + gap),
        _Column("Interval", [_interval(option) for option in options] + gap),
        _Column(
            "Read as",
            [Cell(_range(*read[o.code]) if o.code in read else "") for o in options] + gap,
        ),
        _Column("Follows from", [_case(option, instrument) for option in options] + gap),
        _Column(
            "Marks", [Cell(_marks(option)) for option in options] + list(map(_state_mark, states))
        ),
        _Column("Note", [Cell(option.note) for option in options] + gap),
    ]
    return _table("Answers", columns, len(options), len(states))


def _table(name: str, columns: Sequence[_Column], answers: int, states: int) -> Table:
    """A table of the columns that hold anything."""
    kept = [
        column for column in columns if column.always or any(cell.text for cell in column.cells)
    ]
    rows = [
        Row(tuple(column.cells[place] for column in kept), apart=place >= answers)
        for place in range(answers + states)
    ]
    return Table(name, tuple(column.head for column in kept), tuple(rows))


def _label(texts: Mapping[str, str], language: str, instrument: Instrument) -> Cell:
    """A label in a language; a dash where it has none, since the source stands beside it."""
    found = text_in(texts, language, instrument.languages[0])
    return Cell("–") if found.foreign else Cell(found.text, language=found.language)


def _state_label(state: str, language: str, instrument: Instrument) -> Cell:
    for known, label in instrument.missing_labels.items():
        if known == state:
            return _label(label, language, instrument)
    plain = instrument.missing_label(state) if language == instrument.languages[0] else "–"
    return Cell(plain)


def _score(option: Option) -> Cell:
    score = getattr(option, "score", None)
    return Cell("" if score is None else f"{score:g}".replace("-", _MINUS))


def _interval(option: Option) -> Cell:
    ends = getattr(option, "interval", None)
    return Cell("" if ends is None else _range(*ends))


def _case(option: Option, instrument: Instrument) -> Cell:
    if not isinstance(option, CaseOption):
        return Cell("")
    return Cell(condition_words(option.when, instrument))


def _marks(option: Option) -> str:
    """What there is to an option beside its label."""
    marks = []
    if getattr(option, "exclusive", False):
        marks.append("stands alone")
    if option.write_in:
        marks.append("with text")
    if option.net_of:
        complete = "all of it" if option.net_complete else "and more"
        marks.append(f"sums up {', '.join(option.net_of)} ({complete})")
    return "; ".join(marks)


def _state_mark(state: str) -> Cell:
    offered = "offered" if state in OFFERED else "not offered"
    about = words.STATES[state]
    return Cell(f"no answer, {offered}; exported as {_MINUS}{-about.export}")
