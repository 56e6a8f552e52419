"""Whether cells can be read as a proposal says: by the code that will take them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from surveylib.errors import show
from surveylib.wave.binding import Binding, Bound
from surveylib.wave.blanks import places_in
from surveylib.wave.compiling import compile_version
from surveylib.wave.fields import asked_in
from surveylib.wave.issues import Issues
from surveylib.wave.layout import ColumnPerOption, Columns, Mentions
from surveylib.wave.readers.base import place_of
from surveylib.wave.readers.statistical_labels import reads_like_missing
from surveylib.wave.repair import REPAIRS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from surveylib.instrument.model import Instrument
    from surveylib.wave.answers import Answers
    from surveylib.wave.draft_sample import Sample
    from surveylib.wave.layout import ColumnName, InFile
    from surveylib.wave.readers.base import Batch, Sheet

#: Rows that are looked at first, and how many different texts may not be readable there: a column
#: of another kind is not read to its end.
_PROBES, _MOST_ODD = (20, 200), 10
#: Different texts that a message names; of a column with more of them, which may hold respondents'
#: own words, it names none.
_MOST_TOLD, _MOST_DIFFERENT = 4, 20
#: What a label-like way of not answering may mean, by parts of its text.
_STATES: Mapping[str, tuple[str, ...]] = {
    "refused": ("refus", "prefer", "declin", "rather not", "verweiger", "möchte"),
    "dont_know": ("know", "sure", "weiß", "weiss", "can't", "cannot", "unknown"),
    "not_applicable": ("n/a", "applicable", "zutreffend", "anwendbar", "entfällt"),
    "no_answer": ("",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How cells were read.

    Args:
        rows: How many rows were looked at.
        given: Cells with a value.
        bad: How often each text could not be read.
        why: What is wrong with each of these.
        unclear: Why a reading cannot be decided whatever the cells are; empty where it can.
        answers: The answers, with blank cells undecided.
    """

    rows: int
    given: int
    bad: Counter[str]
    why: Mapping[str, str]
    unclear: str
    answers: Answers

    @property
    def good(self) -> bool:
        """Whether every cell was read."""
        return not self.bad and not self.unclear

    @property
    def told(self) -> str:
        """What could not be read, as a sentence."""
        if not self.bad:
            return self.unclear
        head = f"{self.bad.total()} of {self.given} cells in {self.rows} rows cannot be read"
        if len(self.bad) > _MOST_DIFFERENT:
            return f"{head}: {len(self.bad)} different texts"
        common = self.bad.most_common(_MOST_TOLD)
        texts = ", ".join(f"{show(text)} ({times(count)})" for text, count in common)
        rest = len(self.bad) - len(common)
        more = f" and {rest} more texts" if rest else ""
        return f"{head}: {texts}{more}; {self.why[common[0][0]]}"


class Judge:
    """Reads the sample as proposals say.

    Args:
        sheet: The file.
        instrument: The questionnaire.
        sample: The file's first rows.
    """

    def __init__(self, sheet: Sheet, instrument: Instrument, sample: Sample) -> None:
        self.sheet = sheet
        self.instrument = instrument
        self.sample = sample
        asked = asked_in([instrument.items])
        self.levels = {one.name: places_in(one.codes) for one in asked}

    def read(self, name: str, layout: InFile) -> Verdict:
        """Read the cells of a question; if the first rows fit badly, only these.

        Args:
            name: The question; for a row of a grid `grid.row`.
            layout: Where its answers stand, its columns named by letters.
        """
        for rows in _PROBES:
            probe = self._read(name, layout, self.sample.first(rows))
            if len(probe.bad) > _MOST_ODD or self.sample.rows <= rows:
                return probe
        return self._read(name, layout, self.sample.batch)

    def _read(self, name: str, layout: InFile, batch: Batch) -> Verdict:
        bound = _bound(name, layout)
        issues = Issues(file=self.sheet.file, columns=self.sheet.columns)
        unclear: list[str] = []
        reading = compile_version(
            self.instrument,
            Binding(questions={name: bound}, not_in_file={}),
            Columns(columns={name: layout}),
            self.levels,
            issues,
            lambda _place, _code, what, **_parts: unclear.append(what),
        )
        answers = reading.questions[name].read(batch)
        real = [
            (issue.raw, issue.outcome.what)
            for issue in issues.cells
            if issue.outcome.code != "CELL-GROUP"
        ]
        positions = (*bound.positions, *bound.write_in.values())
        return Verdict(
            rows=len(batch.records),
            given=sum(bool(raw.strip()) for place in positions for raw in batch.columns[place]),
            bad=Counter(raw for raw, _ in real),
            why=dict(reversed(real)),
            unclear=unclear[0] if unclear else "",
            answers=answers,
        )

    def helpful_repairs(self, name: str, layout: InFile, verdict: Verdict) -> tuple[str, ...]:
        """The repairs that would restore cells which cannot be read."""
        if not verdict.bad:
            return ()
        found = []
        for repair in REPAIRS:
            tried = self.read(name, layout.model_copy(update={"repair": (repair,)}))
            if tried.rows == verdict.rows and tried.bad.total() < verdict.bad.total():
                found.append(repair)
        return tuple(found)

    def chosen(self, name: str, code: str, verdict: Verdict) -> NDArray[np.bool_]:
        """The rows in which an option was chosen."""
        place = self.levels[name][code]
        ticks, places = verdict.answers.ticks, verdict.answers.place
        found: NDArray[np.bool_] = (
            np.equal(np.asarray(places), place) if ticks is None else np.equal(ticks[:, place], 1)
        )
        return found


def times(count: int) -> str:
    """How often, in words.

    >>> times(1), times(3)
    ('once', '3 times')
    """
    return "once" if count == 1 else f"{count} times"


def like_missing(verdict: Verdict) -> dict[str, str]:
    """Texts that could not be read and read like ways of not answering, with what they may mean."""
    return {
        text: next(
            state
            for state, parts in _STATES.items()
            if any(part in text.casefold().replace("’", "'") for part in parts)
        )
        for text in verdict.bad
        if reads_like_missing(text)
    }


def _bound(name: str, layout: InFile) -> Bound:
    """The columns of a layout that names them by letters."""

    def at(column: ColumnName) -> int:
        return place_of(column.at or "")

    def many(columns: Mapping[str, ColumnName]) -> dict[str, int]:
        return {key: at(column) for key, column in columns.items()}

    column: ColumnName | None = getattr(layout, "column", None)
    spread = layout if isinstance(layout, ColumnPerOption) else None
    return Bound(
        name=name,
        layout=layout,
        column=None if column is None else at(column),
        options=many(spread.options) if spread else {},
        missing=many({str(k): v for k, v in spread.missing.items()}) if spread else {},
        mentions=tuple(map(at, layout.columns)) if isinstance(layout, Mentions) else (),
        write_in=many(layout.write_in),
    )
