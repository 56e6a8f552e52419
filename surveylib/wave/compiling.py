"""A manifest's columns and a version of the questionnaire → what reads each question.

Faults between the two are found together: questions that nothing maps, layouts that do not fit
their question, codes that do not exist, texts that could mean two things.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from surveylib.errors import listed, nearest, show
from surveylib.instrument.fields import OFFERED
from surveylib.instrument.question import Derived, Grid, OpenCoded
from surveylib.wave.binding import mapped_names, placed
from surveylib.wave.cells import Meaning, Outcome, meaning, rejected
from surveylib.wave.columns import ColumnReader
from surveylib.wave.gather import OneColumnReader, WriteIns, is_listed
from surveylib.wave.layout import (
    CodedText,
    ColumnPerOption,
    DelimitedCell,
    GridRows,
    Mentions,
    NotInFile,
    OneColumn,
)
from surveylib.wave.repair import RepairContext
from surveylib.wave.sets import coded_text, delimited
from surveylib.wave.states import ANSWERED, BLANK, STATE
from surveylib.wave.text import lossless
from surveylib.wave.ticks import MentionsReader, PerOptionReader, SetReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from surveylib.errors import Fault
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.question import Question
    from surveylib.instrument.yamltext import Document, Place
    from surveylib.wave.binding import Binding, Bound
    from surveylib.wave.gather import QuestionReader
    from surveylib.wave.issues import Issues
    from surveylib.wave.layout import AnyLayout, Columns, InFile


def check_columns(
    columns: Columns, versions: Sequence[Instrument], document: Document | None, file: str
) -> list[Fault]:
    """What is wrong between the columns of a manifest and the versions that it names.

    Args:
        columns: What the manifest says.
        versions: The versions of the questionnaire, the wave's own first.
        document: The manifest as text, for messages that name a line.
        file: The file of responses, for messages without one.
    """
    check = _Check(versions, document, file)
    for name, layout in columns.columns.items():
        check.layout(name, layout, ("columns", name))
    check.kinds()
    mapped = {name for name, _ in mapped_names(columns)}
    for version in versions:
        for item in version.items:
            grid = item.id.partition(".")[0]
            if isinstance(item, Derived) or item.id in mapped or grid in mapped:
                continue
            what = f"question '{item.id}' of version {version.version} has no column"
            todo = "map it, or say {layout: not_in_file, reason: …}"
            check.fault(("columns",), "QUESTION-UNMAPPED", what, todo=todo)
    if columns.version is not None:
        known = {version.version for version in versions}
        plain: dict[str, set[str]] = {}
        for text, name in columns.version.values.items():
            plain.setdefault(lossless(text), set()).add(name)
        if unclear := [text for text, names in plain.items() if len(names) > 1]:
            what = f"texts could mean two versions: {listed(unclear)}"
            check.fault(("version", "values"), "TEXT-AMBIGUOUS", what)
        for text, name in columns.version.values.items():
            if name not in known:
                what = f"{show(text)} stands for version '{name}', which the wave does not name"
                place: Place = ("version", "values", text)
                check.fault(place, "VERSION-UNKNOWN", what, wanted=listed(known))
    return list(dict.fromkeys(check.faults))


@dataclass
class _Check:
    versions: Sequence[Instrument]
    document: Document | None
    file: str

    def __post_init__(self) -> None:
        self.faults: list[Fault] = []
        self.known: dict[str, list[Question]] = {}
        for version in self.versions:
            for question in version.questions:
                for item in dict.fromkeys((question.id, *(item.id for item in question.items))):
                    self.known.setdefault(item, []).append(version.question(item))

    def fault(self, place: Place, code: str, what: str, **parts: Any) -> None:
        self.faults.append(placed(self.document, self.file, place, code, what, **parts))

    def kinds(self) -> None:
        """One column cannot hold a question that versions ask in different ways."""
        for name, same in self.known.items():
            told = {(type(one), one.exclusive): str(getattr(one, "kind", "")) for one in same}
            listed_kinds = {is_listed(one) for one in same}
            if len({one.exclusive for one in same}) > 1 or (
                len(told) > 1 and listed_kinds != {True}
            ):
                what = f"versions ask '{name}' in different ways: {listed(told.values())}"
                todo = "give each version's rows a wave of their own"
                self.fault(("version",), "VERSION-KIND", what, todo=todo)
            codes = {option.code for one in same for option in one.answers}
            if len({code.casefold() for code in codes}) < len(codes):
                what = f"versions give '{name}' codes that differ in case alone"
                todo = "give each version's rows a wave of their own"
                self.fault(("version",), "VERSION-KIND", what, todo=todo)

    def layout(self, name: str, layout: AnyLayout, place: Place) -> None:
        """Check one entry under `columns`."""
        if name not in self.known:
            guess = nearest(name, self.known)
            todo = f"did you mean '{guess}'?" if guess else f"its questions: {listed(self.known)}"
            self.fault(place, "QUESTION-UNKNOWN", f"no version has a question '{name}'", todo=todo)
            return
        question = self.known[name][0]
        if isinstance(question, Derived):
            what = f"'{name}' follows from other answers and is not read from a file"
            self.fault(place, "QUESTION-DERIVED", what, todo="leave it out, or ignore the column")
        elif not isinstance(layout, NotInFile):
            self._fits(name, question, layout, place)

    def _fits(self, name: str, question: Question, layout: InFile, place: Place) -> None:
        if (wanted := _wanted(question, layout)) is not None:
            what = f"'{name}' cannot be laid out as '{layout.layout}'"
            self.fault(place, "LAYOUT", what, wanted=wanted)
            return
        if getattr(layout, "none_ticked", "") == "answered" and question.exclusive:
            what = f"'{name}' takes one answer: to leave all open is none"
            self.fault((*place, "none_ticked"), "LAYOUT", what, wanted="none_ticked: no_answer")
        if isinstance(layout, GridRows):
            rows = {item.id.partition(".")[2] for q in self.known[name] for item in q.items}
            self._codes("row", layout.rows, rows, (*place, "rows"), name)
        codes = [o.code for q in self.known[name] for o in q.answers if not o.net_of]
        offered = {str(state) for q in self.known[name] for state in q.missing}
        meanings = {*codes, *STATE} - ({"answered", "invalid", "withheld"} - offered)
        self._codes("answer", layout.values.values(), meanings, (*place, "values"), name)
        self._codes("answer", layout.write_in, set(codes), (*place, "write_in"), name)
        written = {o.code for q in self.known[name] for o in q.answers if o.write_in}
        for code in layout.write_in:
            if code in codes and code not in written:
                what = f"option '{code}' of '{name}' takes no text in the questionnaire"
                todo = "ignore the column, or say write_in: true in a version that asks for it"
                self.fault((*place, "write_in", code), "WRITE-IN-COLUMN", what, todo=todo)
        if isinstance(layout, ColumnPerOption):
            self._options(name, layout, list(dict.fromkeys(codes)), place)

    def _codes(
        self, kind: str, given: Iterable[str], known: set[str], place: Place, name: str
    ) -> None:
        for code in dict.fromkeys(given):
            if code not in known:
                what = f"'{name}' has no {kind} '{code}'"
                self.fault((*place, code), "CODE-UNKNOWN", what, wanted=listed(sorted(known)))

    def _options(
        self, name: str, layout: ColumnPerOption, codes: Sequence[str], place: Place
    ) -> None:
        self._codes("answer", layout.options, set(codes), (*place, "options"), name)
        self._codes("answer", layout.absent, set(codes), (*place, "absent"), name)
        told = {*layout.options, *layout.absent, *layout.text_ticks}
        if lost := [code for code in codes if code not in told]:
            what = f"options of '{name}' have no column: {listed(lost)}"
            todo = "name their columns; options that nobody chose go under 'absent'"
            self.fault(place, "OPTION-COLUMN", what, todo=todo)
        for code in layout.absent:
            if code in layout.options:
                what = f"option '{code}' of '{name}' has a column and is called absent"
                self.fault((*place, "absent"), "OPTION-COLUMN", what)


def _wanted(question: Question, layout: AnyLayout) -> str | None:
    """What fits a question, where a layout does not."""
    grid = isinstance(question, Grid)
    several = not question.exclusive
    if grid or isinstance(layout, GridRows):
        fits = grid and isinstance(layout, GridRows) and not several
        return (
            None
            if fits
            else (
                "layout: grid, or each row by itself as grid.row"
                if grid
                else "another layout: it is no grid"
            )
        )
    if isinstance(layout, CodedText):
        return None if isinstance(question, OpenCoded) else "coded_text is for open_coded questions"
    if isinstance(layout, OneColumn):
        return "delimited, column_per_option or mentions" if several else None
    if isinstance(layout, DelimitedCell):
        return None if several else "one_column, column_per_option or mentions"
    return None if is_listed(question) else "one_column"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one version's answers are read.

    Args:
        instrument: The version.
        levels: Place of each option's code, by question.
        questions: What reads each question that has columns.
        unasked: What reads columns of questions that this version does not have.
    """

    instrument: Instrument
    levels: Mapping[str, Mapping[str, int]]
    questions: Mapping[str, QuestionReader]
    unasked: Sequence[ColumnReader]


def compile_version(  # noqa: PLR0917 - one argument for each part of an ingest
    instrument: Instrument,
    binding: Binding,
    columns: Columns,
    levels: Mapping[str, Mapping[str, int]],
    issues: Issues,
    fault: Callable[..., None],
) -> Reading:
    """Make what reads each question of a version.

    Args:
        instrument: The version.
        binding: Where its columns stand.
        columns: What the manifest says beside that.
        levels: Place of each option's code, by question, over all versions.
        issues: Where rejected cells are recorded.
        fault: Takes place, code, what and parts of a fault.
    """
    made: dict[str, QuestionReader] = {}
    for item in instrument.items:
        bound = binding.questions.get(item.id)
        if bound is None or isinstance(item, Derived):
            continue
        known, unclear = meaning(
            item,
            levels[item.id],
            _missing_texts(instrument, item),
            _values(bound, item),
            repairs=bound.layout.repair,
            context=RepairContext(decimal=columns.decimal),
            blank=frozenset(columns.blank),
            decimal=columns.decimal,
        )
        known = _with_labels(known, bound, issues, fault)
        _check_heads(known, bound, issues, fault)
        if unclear:
            what = f"texts of '{item.id}' could mean two answers: {listed(unclear)}"
            todo = "say under 'values' which they mean"
            fault((*bound.place, "values"), "TEXT-AMBIGUOUS", what, todo=todo)
        reader = _reader(bound, known, levels[item.id], issues)
        if bound.write_in:
            reader = WriteIns(bound, known, levels[item.id], issues, reader)
        made[item.id] = reader
    unasked = [
        ColumnReader(position, name, _unasked(frozenset(columns.blank)), issues)
        for name, bound in binding.questions.items()
        if name not in made
        for position in (*bound.positions, *bound.write_in.values())
    ]
    return Reading(instrument=instrument, levels=levels, questions=made, unasked=unasked)


def _check_heads(known: Meaning, bound: Bound, issues: Issues, fault: Callable[..., None]) -> None:
    """Refuse a header row that is a respondent: it holds an answer to the column's question."""
    if bound.column is None or not is_listed(known.question):
        return
    column = issues.columns[bound.column]
    for text in column.heads[1:]:
        state, _ = known.plain.get(lossless(text), (BLANK, None))
        if text != column.heads[0] and state == ANSWERED:
            what = f"a header row holds an answer: {show(text)} in column {column.letter}"
            todo = "say how many rows the header has: header_rows"
            fault(bound.place, "HEADER-ANSWERS", what, todo=todo)


def _with_labels(
    known: Meaning, bound: Bound, issues: Issues, fault: Callable[..., None]
) -> Meaning:
    """What is known of texts, with what the file itself says of its values.

    A value whose label is an answer's means that answer. A value that the file declares missing is
    no answer unless somebody has said which way of not answering it is.
    """
    texts, plain = dict(known.texts), dict(known.plain)
    declared: set[str] = set()
    said = {lossless(text) for text in bound.layout.values}
    marks = {lossless(text) for text in getattr(bound.layout, "ticked", ())}
    marks |= {lossless(text) for text in getattr(bound.layout, "not_ticked", ())}
    for position in bound.positions:
        column = issues.columns[position]
        for value, label in column.values.items():
            meant, code = known.plain.get(lossless(label)), known.plain.get(value)
            if value in said | marks or meant is None or meant == code:
                continue
            if code is not None and value not in column.missing:
                what = f"column {column.letter} labels {show(value)} as {show(label)}"
                what += f", which is another answer to '{bound.name}' than the code {show(value)}"
                todo = f"say under 'values' what {show(value)} means"
                fault((*bound.place, "values"), "VALUE-LABEL", what, todo=todo)
            texts[value] = plain[value] = meant
        declared |= {
            value
            for value in column.missing
            if value not in said | marks and texts.get(value, (ANSWERED, None))[0] == ANSWERED
        }
    return replace(known, texts=texts, plain=plain, declared=frozenset(declared))


def _values(bound: Bound, item: Question) -> dict[str, str]:
    """Declared values, without those that mean an answer which this version did not offer."""
    offered = {option.code for option in item.answers}
    return {
        text: code for text, code in bound.layout.values.items() if code in STATE or code in offered
    }


def _unasked(blank: frozenset[str]) -> Callable[[str], Outcome]:
    """Reads a cell of a question that the version of its row did not ask."""
    what = "the version of this row did not ask this question"

    def read(raw: str) -> Outcome:
        plain = lossless(raw)
        if not plain or raw in blank or plain in blank:
            return Outcome(state=BLANK)
        return rejected("CELL-VERSION", what, todo="check which version the row has")

    return read


def _missing_texts(instrument: Instrument, item: Question) -> dict[str, list[str]]:
    """The labels of each way of not answering that a question offers, in every language."""
    found = {}
    for state in item.missing:
        if state in {"invalid", "unknown_blank"}:
            continue  # findings of an ingest, which nobody can have written into a file
        labels = instrument.missing_labels.get(state)
        texts = list(labels.values()) if labels else []
        if state in OFFERED and not texts:
            texts = [instrument.missing_label(state)]
        found[str(state)] = texts
    return found


def _reader(
    bound: Bound, known: Meaning, levels: Mapping[str, int], issues: Issues
) -> QuestionReader:
    layout = bound.layout
    if isinstance(layout, ColumnPerOption):
        return PerOptionReader(bound, known, levels, issues)
    if isinstance(layout, Mentions):
        return MentionsReader(bound, known, levels, issues)
    if isinstance(layout, DelimitedCell):
        split = delimited(known, layout.delimiter)
        return SetReader(bound, known, levels, issues, split, keep_text=False)
    if isinstance(layout, CodedText):
        split = coded_text(known, levels)
        return SetReader(bound, known, levels, issues, split, keep_text=True)
    return OneColumnReader(bound, known, issues)
