"""The columns in which a wave leaves: which texts go, in which words, and what stays behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from surveylib.errors import UnknownNameError
from surveylib.instrument.formats.base import Lost
from surveylib.instrument.question import DateQuestion, in_language
from surveylib.wave.redaction import STATUSES, holds_address, restricted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from surveylib.wave.fields import Asked, Field
    from surveylib.wave.redaction import Redactions
    from surveylib.wave.responses import Wave

    Array = NDArray[Any]

Cell = str | int | float | None
Kind = Literal["word", "tick", "number", "whole", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column that leaves.

    Args:
        name: Its name.
        kind: `word` for places in `words`, -1 for none; `tick` for 1, 0 and -1 for unknown;
            `number` with NaN for none; `whole` numbers; `text` with None for none.
        holds: What its cells are, in a few words.
        values: A value for each respondent.
        words: What places point to.
        question: The question it belongs to; empty for what is known of the row.
        meanings: What codes mean that its cells hold, or that it is about.
        note: What a reader should know.
    """

    name: str
    kind: Kind
    holds: str
    values: Array = field(repr=False, compare=False)
    words: tuple[str, ...] = ()
    question: str = ""
    meanings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    note: str = ""

    def cells(self, first: int = 0, last: int | None = None) -> list[Cell]:
        """The cells of some rows: text, numbers, or None for nothing.

        Args:
            first: The first row, from 0.
            last: The row after the last; None for the end.
        """
        return _CELLS[self.kind](self.values[first:last], self.words)

    def texts(self) -> Iterator[str]:
        """Every text, once for each cell that holds one."""
        if self.kind == "text":
            yield from (str(text) for text in self.values if text is not None)


def _words(values: Array, words: tuple[str, ...]) -> list[Cell]:
    table = (*words, None)  # place -1, no answer, is the last
    return [table[place] for place in values.tolist()]


def _ticks(values: Array, _: tuple[str, ...]) -> list[Cell]:
    return [None if value == -1 else value for value in values.tolist()]


def _numbers(values: Array, _: tuple[str, ...]) -> list[Cell]:
    return [_number(value) for value in values.tolist()]


def _number(value: float) -> Cell:
    """No file has a number without end: it is written `inf`, which readers know."""
    if np.isnan(value):
        return None
    if np.isinf(value):
        return str(value)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _whole(values: Array, _: tuple[str, ...]) -> list[Cell]:
    return [int(value) for value in values.tolist()]


def _texts(values: Array, _: tuple[str, ...]) -> list[Cell]:
    return [None if value is None else str(value) for value in values.tolist()]


_CELLS: Mapping[str, Callable[[Array, tuple[str, ...]], list[Cell]]] = MappingProxyType(
    {"word": _words, "tick": _ticks, "number": _numbers, "whole": _whole, "text": _texts}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """What of a wave leaves.

    Args:
        wave: The wave.
        columns: Its columns as they leave.
        lost: What stays behind or changes, and what somebody should look at.
        labels: The language of labels that stand in place of codes; None for codes.
        ids: Whether ids of respondents leave.
    """

    wave: Wave
    columns: tuple[Column, ...]
    lost: tuple[Lost, ...]
    labels: str | None = None
    ids: bool = False


def leaving(wave: Wave, redactions: Redactions, *, labels: str | None, ids: bool) -> Leaving:
    """Decide column by column what leaves.

    Args:
        wave: A wave of responses.
        redactions: What was decided on texts in own words.
        labels: A language to write labels in; None for codes.
        ids: Whether ids of respondents leave.

    Raises:
        UnknownNameError: The questionnaire has no such language.
    """
    languages = wave.instrument.languages
    if labels is not None and labels not in languages:
        where = f"{wave.instrument.id} {wave.instrument.version}"
        raise UnknownNameError.of("language", labels, languages, where=where)
    maker = _Maker(wave, redactions, labels, ids=ids)
    columns = tuple(column for one in wave.fields for column in maker.columns(one))
    for column in columns:
        maker.look(column)
    return Leaving(wave=wave, columns=columns, lost=tuple(maker.lost), labels=labels, ids=ids)


class _Maker:
    """Makes the columns, and keeps account of what stays behind."""

    def __init__(
        self, wave: Wave, redactions: Redactions, labels: str | None, *, ids: bool
    ) -> None:
        self.wave = wave
        self.redactions = redactions
        self.labels = labels
        self.ids = ids
        self.names = frozenset(restricted(wave))
        self.asked: Mapping[str, Asked] = {one.name: one for one in wave.asked}
        self.lost: list[Lost] = []

    def columns(self, one: Field) -> list[Column]:
        """The columns that leave for one of the wave."""
        if one.name == ":respondent" and not self.ids:
            return [self._numbered()]
        if one.name in self.names:
            return self._released(one)
        values = self.wave.source.column(one)
        if one.kind == "coded":
            return [self._coded(one, values)]
        return [
            Column(
                name=one.name,
                kind=one.kind,
                holds=self._holds(one),
                values=values,
                question=one.question,
                meanings=self._option(one),
            )
        ]

    def _numbered(self) -> Column:
        if any(text is not None for text in self.wave.column(":respondent")):
            what = "ids of respondents stay behind; a running number stands in their place"
            self.lost.append(Lost(question=":respondent", what=what))
        holds = "a running number in place of the id; rows are in the order of the file"
        numbers = np.arange(1, self.wave.rows + 1)
        return Column(name=":respondent", kind="whole", holds=holds, values=numbers)

    def _released(self, one: Field) -> list[Column]:
        found = self.redactions.release(one.name, self.wave.source.column(one))
        counts = {status: found.count(status) for status in STATUSES}
        told = (
            f"{counts['withheld']} withheld, {counts['redacted']} redacted, "
            f"{counts['none']} as they stand"
        )
        if counts["withheld"] or counts["redacted"]:
            total = sum(counts.values())
            texts = "text" if total == 1 else "texts"
            self.lost.append(Lost(question=one.name, what=f"of {total} {texts}, {told}"))
        text = Column(
            name=one.name,
            kind="text",
            holds="text in own words, where it may leave",
            values=found.texts,
            question=one.question,
            meanings=self._option(one),
            note=told,
        )
        status = Column(
            name=f"{one.name}:redaction",
            kind="word",
            holds="what became of the text: none, redacted or withheld; empty where there is none",
            values=found.statuses,
            words=STATUSES,
            question=one.question,
        )
        return [text, status]

    def _coded(self, one: Field, values: Array) -> Column:
        words, meanings, holds = one.levels, {}, "version of the questionnaire"
        if one.name.endswith(":state"):
            holds = "whether there is an answer, or why not"
        elif one.question:
            meanings = self._labels(self.asked[one.question])
            holds = "code of the answer"
            if self.labels is not None:
                holds = f"label of the answer, in '{self.labels}'"
                words = tuple(meanings[code] for code in one.levels)
                meanings = {}
        return Column(
            name=one.name,
            kind="word",
            holds=holds,
            values=values,
            words=words,
            question=one.question,
            meanings=meanings,
        )

    def _option(self, one: Field) -> dict[str, str]:
        """The option that a column is about, with its label; empty where it is about none."""
        code = one.name.removeprefix(f"{one.question}/").removesuffix(":text")
        if not one.question or not one.name.startswith(f"{one.question}/"):
            return {}
        texts = labels_of(self.asked[one.question], code)
        language = self.labels or self.wave.instrument.languages[0]
        return {code: in_language(dict(texts), language)} if texts else {}

    def _labels(self, asked: Asked) -> dict[str, str]:
        """A label for each code: of its own, in the language that was asked for."""
        source = self.wave.instrument.languages[0]
        wanted = self.labels or source
        found, elsewhere, without = {}, [], []
        for code in asked.codes:
            texts = labels_of(asked, code)
            found[code] = texts.get(wanted) or texts.get(source) or next(iter(texts.values()), code)
            if not texts:
                without.append(code)
            elif wanted not in texts:
                elsewhere.append(code)
        told = list(found.values())
        twice = [code for code, label in found.items() if told.count(label) > 1]
        if self.labels is None:
            return found
        for codes, what in (
            (elsewhere, f"no label in '{wanted}', so that in another language stands: "),
            (without, "no label in any version at hand, so the code stands: "),
            (twice, "a label of several answers, so the code is added: "),
        ):
            if codes:
                self.lost.append(Lost(question=asked.name, what=what + ", ".join(codes)))
        return found | {code: f"{found[code]} [{code}]" for code in twice}

    def _holds(self, one: Field) -> str:
        if one.name.startswith("keep:"):
            return "a column of the file, as it stands"
        if one.name in _OF_THE_ROW:
            return _OF_THE_ROW[one.name]
        if one.kind == "tick":
            return "1 where the option was chosen, 0 where not"
        if one.name.endswith((":low", ":high")):
            side = "lowest" if one.name.endswith(":low") else "highest"
            return f"the {side} number that the quantity may be; inf for no end"
        if isinstance(self.asked[one.question].question, DateQuestion):
            return "date: year, month and day as far as asked"
        return "number" if one.kind == "number" else "text in own words"

    def look(self, column: Column) -> None:
        """Warn of addresses in texts that leave; none of them is shown."""
        count = sum(holds_address(text) for text in column.texts())
        if count:
            texts = "1 text that leaves holds" if count == 1 else f"{count} texts that leave hold"
            what = f"{texts} an address of e-mail or of a machine: look at it before you pass it on"
            self.lost.append(Lost(question=column.name, what=what))


def labels_of(asked: Asked, code: str) -> Mapping[str, str]:
    """The label of a code by language, also of one that is no longer offered; empty for none.

    Args:
        asked: The question.
        code: The option's code.
    """
    every = (*asked.question.answers, *getattr(asked.question, "retired", ()))
    return next((one.label for one in every if one.code == code), {})


_OF_THE_ROW: Mapping[str, str] = MappingProxyType(
    {
        ":record": "number of the record in the file",
        ":respondent": "id of the respondent",
        ":seconds": "seconds from start to end",
    }
)
