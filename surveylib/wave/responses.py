"""A wave of which every respondent's answers survive: answers and states, column by column."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from surveylib.errors import NotEstimableError, UnknownNameError
from surveylib.instrument.formats.variables import net_parts
from surveylib.instrument.question import OpenCoded
from surveylib.wave.coding import Coder, unmatched_by_frequency
from surveylib.wave.states import ANSWERED, STATES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from surveylib.instrument.library import LoadedInstrument
    from surveylib.instrument.model import Instrument
    from surveylib.instrument.yamltext import Document
    from surveylib.wave.coding import Unmatched
    from surveylib.wave.fields import Asked, Field
    from surveylib.wave.manifest import AlsoPrinted, ResponsesManifest, Source
    from surveylib.wave.readings import Reading

    Array = NDArray[Any]


class Kept(Protocol):
    """Where the columns of a wave are kept."""

    def column(self, field: Field) -> Array:
        """One column: places, ticks, numbers or texts."""


@dataclass(frozen=True, slots=True)
class InMemory:
    """Columns that are there already."""

    columns: Mapping[str, Array]

    def column(self, field: Field) -> Array:
        """One column."""
        return self.columns[field.name]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Responses that are kept outside the study and were not looked at."""

    def column(self, field: Field) -> Array:
        """Stop: there is nothing to read.

        Raises:
            NotEstimableError: Always.
        """
        message = f"the responses are kept elsewhere, so '{field.name}' cannot be read"
        raise NotEstimableError(message)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Wave:
    """A round of a survey, respondent by respondent.

    Args:
        name: The round's name, such as `2026`.
        instrument: The questionnaire; where a file mixes versions, the wave's own.
        asked: Every question of every version that rows were asked with.
        fields: The columns.
        rows: Number of respondents.
        source: Where the columns are kept.
        manifest: wave.yaml; None for a file that was read without one.
        sha256: Of the file that was read; empty for a data frame.
        loaded: The questionnaire with its file; None where it was given as it is.
        folder: The wave's folder; None without one.
        document: wave.yaml as text, for messages that name a line.
    """

    name: str
    instrument: Instrument
    asked: tuple[Asked, ...]
    fields: tuple[Field, ...]
    rows: int
    source: Kept = field(repr=False, compare=False)
    manifest: ResponsesManifest | None = field(default=None, repr=False)
    sha256: str = ""
    loaded: LoadedInstrument | None = field(default=None, compare=False, repr=False)
    folder: Path | None = field(default=None, compare=False)
    document: Document | None = field(default=None, compare=False, repr=False)
    #: What was counted already, by question and group.
    counted: dict[tuple[str, str], dict[str, Reading]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def n(self) -> int:
        """Number of respondents."""
        return self.rows

    @property
    def caveats(self) -> tuple[str, ...]:
        """What holds for every figure of the wave; first of all that answers are made up."""
        if self.manifest is None:
            return ()
        made_up = (f"Simulated: {self.manifest.simulated}",) if self.manifest.simulated else ()
        return (*made_up, *self.manifest.caveats)

    @property
    def files(self) -> tuple[tuple[str, str], ...]:
        """Path and SHA-256 of the file that the wave rests on."""
        return ((self.manifest.responses.path, self.sha256),) if self.manifest else ()

    @property
    def printed(self) -> tuple[AlsoPrinted, ...]:
        """Figures that are printed and are no shares: none."""
        return ()

    def source_of(self) -> Source | None:
        """Where the responses come from."""
        told = self.manifest.sources if self.manifest else ()
        wanted = self.manifest.responses.source if self.manifest else ""
        return next((entry for entry in told if entry.id == wanted), None)

    def groups(self, question: str = "") -> tuple[str, ...]:
        """Every group that respondents can be in, as `question=answer`; empty for everybody.

        Args:
            question: Not looked at: each group has figures of each question.
        """
        found = [
            f"{one.name}={code}" for one in self.asked if one.name != question for code in one.codes
        ]
        return ("", *found)

    @property
    def question_ids(self) -> tuple[str, ...]:
        """Every question, rows of grids one by one."""
        return tuple(one.name for one in self.asked)

    def question(self, name: str) -> Asked:
        """A question as the versions of this wave asked it.

        Raises:
            UnknownNameError: None of them has it.
        """
        for one in self.asked:
            if one.name == name:
                return one
        raise UnknownNameError.of("question", name, self.question_ids, where=f"wave {self.name}")

    def field(self, name: str) -> Field:
        """A column's description.

        Raises:
            UnknownNameError: The wave has no such column.
        """
        for one in self.fields:
            if one.name == name:
                return one
        names = [one.name for one in self.fields]
        raise UnknownNameError.of("column", name, names, where=f"wave {self.name}")

    def column(self, name: str) -> Array:
        """A column as it is kept: places in the field's levels, ticks, numbers or texts.

        Args:
            name: Such as `groups_count`, `groups_count:state` or `groups_places/darknet`.
        """
        return self.source.column(self.field(name))

    def states(self, question: str) -> NDArray[np.int8]:
        """For each respondent whether there is an answer, as a number of the table STATES."""
        return self.column(f"{self.question(question).name}:state").astype(np.int8)

    def counts(self, question: str, rows: NDArray[np.bool_] | None = None) -> dict[str, int]:
        """How many respondents gave each answer, and how many have each missing state.

        Every option has a count, also one that nobody chose; with several answers a respondent
        counts in each that they chose.

        Args:
            question: The question; for a row of a grid `grid.row`.
            rows: Which respondents to count; all of them where left out.
        """
        asked = self.question(question)
        state = self.states(question)
        keep = np.ones(self.rows, bool) if rows is None else rows
        found: dict[str, int] = {}
        if asked.codes:
            answered = keep & (state == ANSWERED)
            found = dict(zip(asked.codes, self._chosen(asked, answered), strict=True))
        by_state = np.bincount(state[keep], minlength=len(STATES))
        if not asked.codes:
            found["answered"] = int(by_state[ANSWERED])
        return found | {
            name: int(count) for name, count in zip(STATES[1:], by_state[1:], strict=True) if count
        }

    def _chosen(self, asked: Asked, rows: NDArray[np.bool_]) -> list[int]:
        if asked.question.exclusive:
            places = self.column(asked.name)[rows]
            return [int(n) for n in np.bincount(places[places >= 0], minlength=len(asked.codes))]
        return [int((self.column(f"{asked.name}/{code}")[rows] == 1).sum()) for code in asked.codes]

    def gave(self, question: str, answer: str) -> NDArray[np.bool_]:
        """Which respondents gave an answer, or have a missing state.

        Raises:
            UnknownNameError: The question has no such answer.
        """
        asked = self.question(question)
        if answer in STATES[1:]:
            return np.equal(self.states(question), STATES.index(answer))
        nets = {o.code for o in asked.question.answers if o.net_of}
        if answer in nets:
            parts = net_parts(asked.question, answer) & set(asked.codes)
            gave = [self.gave(question, part) for part in sorted(parts)]
            return np.asarray(np.any(np.array(gave).reshape(-1, self.rows), axis=0), bool)
        if answer not in asked.codes:
            known = (*asked.codes, *STATES[1:])
            raise UnknownNameError.of("answer", answer, known, where=f"question '{question}'")
        name, number = (f"{question}/{answer}", 1)
        if asked.question.exclusive:
            name, number = (question, asked.codes.index(answer))
        return np.equal(self.column(name), number)

    def uncoded(self, question: str) -> list[Unmatched]:
        """What respondents named and the dictionary does not know, the most frequent first.

        Args:
            question: An open question whose texts were coded.
        """
        asked = self.question(question)
        if not isinstance(asked.question, OpenCoded):
            return []
        coder = Coder(asked.question)
        texts = (text for text in self.column(f"{question}:text") if text is not None)
        return unmatched_by_frequency(coder.code(str(text)) for text in texts)

    def to_frame(self) -> pd.DataFrame:
        """A row for each respondent, with an answer and its state side by side.

        Listed answers are categories, ticks are nullable booleans.
        """
        import pandas as pd  # noqa: PLC0415 - opened when asked for

        return pd.DataFrame({one.name: _series(self.column(one.name), one) for one in self.fields})

    def __str__(self) -> str:
        """The wave in one line."""
        name = f"{self.instrument.id} {self.instrument.version}"
        return f"wave {self.name}: {self.rows} respondents, {len(self.asked)} questions of {name}"

    __repr__ = __str__


def _series(values: Array, field: Field) -> Any:
    import pandas as pd  # noqa: PLC0415 - opened when asked for

    if field.kind == "coded":
        return pd.Categorical.from_codes(values.astype(np.int16), categories=list(field.levels))  # type: ignore[call-overload]
    if field.kind == "tick":
        return pd.arrays.BooleanArray(values == 1, values == -1)
    return values
