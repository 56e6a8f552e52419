"""A file of responses and its questionnaire → a wave, a quarantine, and accounts that add up.

Every cell of the file becomes an answer or a known way of not answering, or it is in the quarantine
with its reason. The file is read twice: once to find ids that are repeated and faults that stop it,
once to take its rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import Fault, ManifestError, ResponsesError
from surveylib.wave.accounts import Accounts, account
from surveylib.wave.answers import spread
from surveylib.wave.binding import bind, placed
from surveylib.wave.blanks import TRAILING, BlankRules, Blanks, places_in
from surveylib.wave.cells import Outcome
from surveylib.wave.columns import ColumnReader, take
from surveylib.wave.compiling import check_columns, compile_version
from surveylib.wave.fields import Asked, Field, asked_in, fields_of, flat, row_fields
from surveylib.wave.issues import Issues
from surveylib.wave.quality import Quality, QualityCounter, seconds_reader
from surveylib.wave.rows import Rows, repeated_ids, take_rows
from surveylib.wave.states import ANSWERED, BLANK, STATES
from surveylib.wave.text import lossless, trimmed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.instrument.model import Instrument
    from surveylib.instrument.yamltext import Document
    from surveylib.wave.answers import Answers
    from surveylib.wave.binding import Binding
    from surveylib.wave.compiling import Reading
    from surveylib.wave.layout import Columns
    from surveylib.wave.readers.base import Batch, Sheet
    from surveylib.wave.sinks import Memory, Table

    Progress = Callable[[int, int | None], None]

#: Ways of asking in which software carries out the routes.
_BY_SOFTWARE = frozenset(["web", "app", "telephone"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was taken from a file, beside the rows themselves.

    Args:
        asked: Every question of every version that rows were asked with.
        fields: The wave's columns.
        accounts: What became of rows and cells.
        issues: Cells and rows in quarantine, and cells that were repaired.
        quality: How good the answers are.
        warnings: What a reader of the results should know.
        sha256: Of the file that was read; empty for a data frame.
        columns: What was said of the file's columns.
        routed: For each version whether software carried out the routes.
    """

    asked: tuple[Asked, ...]
    fields: tuple[Field, ...]
    accounts: Accounts
    issues: Issues
    quality: Quality
    warnings: tuple[Fault, ...]
    sha256: str
    columns: Columns
    routed: Mapping[str, bool]


@dataclass(slots=True)
class Ingestion:
    """Reads one file.

    Args:
        sheet: The file.
        columns: What the manifest says of its columns.
        versions: The versions of the questionnaire that rows can have, the wave's own first.
        document: The manifest as text, for messages that name a line.
        progress: Called with the number of rows read so far and, where it is known, of all rows.

    Raises:
        ManifestError: The manifest does not fit the file or the questionnaire.
    """

    sheet: Sheet
    columns: Columns
    versions: Sequence[Instrument]
    document: Document | None = None
    progress: Progress = lambda _read, _all: None
    binding: Binding = field(init=False)
    asked: tuple[Asked, ...] = field(init=False)
    fields: tuple[Field, ...] = field(init=False)
    issues: Issues = field(init=False)
    _readings: dict[str, Reading] = field(init=False)
    _blanks: dict[str, Blanks] = field(init=False)
    _special: dict[str, ColumnReader] = field(init=False)
    _came_to_the_end: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        """Bind the columns and make what reads them."""
        self.issues = Issues(file=self.sheet.file, columns=self.sheet.columns)
        faults = check_columns(self.columns, self.versions, self.document, self.sheet.file)
        self.binding, found = bind(self.sheet, self.columns, self.document)
        faults += found
        if faults:
            raise ManifestError(faults)
        self.asked = asked_in([version.items for version in self.versions])
        names = [version.version for version in self.versions]
        self.fields = (
            *row_fields(names, self.binding.keep, timed=bool(self.binding.timing)),
            *(made for one in self.asked for made in fields_of(one)),
        )
        levels = {one.name: places_in(one.codes) for one in self.asked}
        self._readings, self._blanks = {}, {}
        for version in self.versions:
            self._readings[version.version] = compile_version(
                version, self.binding, self.columns, levels, self.issues, self._noter(faults)
            )
            self._blanks[version.version] = Blanks(version, levels, self._rules(version))
        if faults:
            raise ManifestError(list(dict.fromkeys(faults)))
        self._special = self._special_readers()

    def _noter(self, faults: list[Fault]) -> Callable[..., None]:
        def note(place: tuple[str | int, ...], code: str, what: str, **parts: Any) -> None:
            faults.append(placed(self.document, self.sheet.file, place, code, what, **parts))

        return note

    def _rules(self, version: Instrument) -> BlankRules:
        told = self.columns.blanks
        by_software = bool(version.mode) and set(version.mode) <= _BY_SOFTWARE
        routed = by_software if told.routed is None else told.routed == "by_software"
        return BlankRules(routed=routed, trailing=TRAILING[told.trailing])

    def _special_readers(self) -> dict[str, ColumnReader]:
        """Readers of the columns that say something of the row."""
        made: dict[str, ColumnReader] = {}
        if (finished := self.columns.blanks.finished) and self.binding.finished is not None:
            texts = {lossless(text) for text in finished.texts}
            made["finished"] = ColumnReader(
                self.binding.finished,
                "",
                lambda raw: self._end(int(lossless(raw) in texts)),
                self.issues,
            )
        if timing := self.columns.timing:
            for position, name in zip(self.binding.timing, ("first", "second"), strict=False):
                read = seconds_reader(timing)
                made[name] = ColumnReader(position, "", read, self.issues)
        for name, position in self.binding.keep.items():
            made[f"keep:{name}"] = ColumnReader(position, "", _as_it_stands, self.issues)
        return made

    def _end(self, reached: int) -> Outcome:
        self._came_to_the_end |= bool(reached)
        return Outcome(state=ANSWERED, value=reached)

    def run(self, sink: Memory | Table) -> Taken:
        """Read the file from the top into a sink.

        Raises:
            ResponsesError: The file has no row of responses.
        """
        repeats, every = repeated_ids(self.sheet, self.binding, self.columns)
        rows = Rows(self.binding, self.columns, self.issues, repeats)
        quality = QualityCounter(asked=self.asked, instrument=self.versions[0])
        for batch in self.sheet.batches():
            taken = rows.respondents(batch)
            if taken.records:
                arrays = self._arrays(taken, quality)
                sink.add(arrays)
            self.progress(rows.counts.read, every)
        if not rows.counts.read:
            what = "the file has a header and no row of responses"
            raise ResponsesError([Fault(code="RESPONSES-NONE", what=what, file=self.sheet.file)])
        return self._taken(rows, quality)

    def _arrays(self, batch: Batch, quality: QualityCounter) -> dict[str, NDArray[np.generic]]:
        """The wave's columns for a batch."""
        n = len(batch.records)
        made = self._row_arrays(batch, quality)
        answers = self._answers(batch, made, n)
        quality.add(answers, n)
        for one in self.asked:
            made |= flat(one, answers.get(one.name), n)
        return made

    def _row_arrays(self, batch: Batch, quality: QualityCounter) -> dict[str, NDArray[Any]]:
        n = len(batch.records)
        made: dict[str, NDArray[Any]] = {
            ":record": np.fromiter(batch.records, np.int64, n),
            ":respondent": np.full(n, None, np.object_),
            ":version": np.zeros(n, np.int16),
            ":finished": np.full(n, -1, np.int8),
        }
        if self.binding.respondent is not None:
            ids = [trimmed(raw) or None for raw in batch.columns[self.binding.respondent]]
            made[":respondent"] = np.array([*ids, None], np.object_)[:-1]
        if self.binding.version is not None and self.columns.version is not None:
            names = [version.version for version in self.versions]
            place = {
                lossless(text): names.index(name)
                for text, name in self.columns.version.values.items()
            }
            column = batch.columns[self.binding.version]
            made[":version"] = np.fromiter((place[lossless(raw)] for raw in column), np.int16, n)
        times = []
        for name, reader in self._special.items():
            places, outcomes = reader.read(batch)
            if name.startswith("keep:"):
                made[name] = take([one.value for one in outcomes], places, np.object_)
            elif name == "finished":
                made[":finished"] = take([one.value for one in outcomes], places, np.int8)
            else:
                values = [np.nan if one.value is None else one.value for one in outcomes]
                times.append(take(values, places, np.float64))
        if times:
            made[":seconds"] = times[0] if len(times) == 1 else times[1] - times[0]
            quality.add_seconds(made[":seconds"])
        return made

    def _answers(
        self, batch: Batch, made: Mapping[str, NDArray[Any]], n: int
    ) -> dict[str, Answers]:
        """Every row's answers, each read with the version that it was asked with."""
        versions = made[":version"]
        found: dict[str, Answers] = {}
        for number, version in enumerate(self.versions):
            rows = np.flatnonzero(versions == number)
            if not len(rows):
                continue
            whole = len(rows) == n
            part = batch if whole else take_rows(batch, rows)
            reading = self._readings[version.version]
            answers = {name: reader.read(part) for name, reader in reading.questions.items()}
            for reader in reading.unasked:
                reader.read(part)
            finished = made[":finished"][rows]
            decided = self._blanks[version.version].decide(answers, len(rows), finished)
            if whole:
                return decided
            for name, one in decided.items():
                found[name] = spread(one, rows, n, found.get(name))
        return found

    def _taken(self, rows: Rows, quality: QualityCounter) -> Taken:
        readers = [
            (name, reader)
            for reading in self._readings.values()
            for name, question in reading.questions.items()
            for reader in question.readers
        ]
        readers += [
            (reader.question, reader)
            for reading in self._readings.values()
            for reader in reading.unasked
        ]
        readers += [(name, reader) for name, reader in self._special.items()]
        empty = np.zeros(len(STATES), np.int64)
        states = {one.name: quality.states.get(one.name, empty) for one in self.asked}
        accounts = account(rows.counts, states, readers, self.issues, self.binding.ignored)
        if wrong := accounts.differences():
            message = f"the accounts of {self.sheet.file} do not add up: {'; '.join(wrong)}"
            raise AssertionError(message)
        return Taken(
            asked=self.asked,
            fields=self.fields,
            accounts=accounts,
            issues=self.issues,
            quality=quality.result(self._sum("off_route"), self._sum("required")),
            warnings=(*self._file_warnings(), *rows.warnings(self.sheet.file), *self._alone()),
            sha256=self.sheet.sha256,
            columns=self.columns,
            routed={name: blanks.rules.routed for name, blanks in self._blanks.items()},
        )

    def _file_warnings(self) -> list[Fault]:
        """What the reader says of the file, but for columns that are ignored on purpose."""
        found = [fault for fault in self.sheet.warnings if fault.code != "PERSONAL-COLUMN"]
        if "finished" in self._special and not self._came_to_the_end:
            what = "nobody came to the end, by the texts that 'finished' names"
            todo = "are its texts those of the file?"
            found.append(Fault(code="RULE-UNUSED", what=what, file=self.sheet.file, todo=todo))
        return found

    def _alone(self) -> list[Fault]:
        """Texts beside options that were not chosen: kept, and told."""
        counts: dict[str, int] = {}
        for reading in self._readings.values():
            for name, reader in reading.questions.items():
                if count := getattr(reader, "unticked", 0):
                    counts[name] = counts.get(name, 0) + count
        return [
            Fault(
                code="TEXT-UNTICKED",
                what=f"'{name}': {count} texts stand beside an option that was not chosen",
                file=self.sheet.file,
                todo="they are kept; name the option under text_ticks if its text is the choice",
            )
            for name, count in counts.items()
        ]

    def _sum(self, which: str) -> dict[str, int]:
        found: dict[str, int] = {}
        for blanks in self._blanks.values():
            counted: Mapping[str, int] = getattr(blanks.findings, which)
            for name, count in counted.items():
                found[name] = found.get(name, 0) + count
        return found


def _as_it_stands(raw: str) -> Outcome:
    return Outcome(state=ANSWERED, value=raw) if raw else Outcome(state=BLANK)
