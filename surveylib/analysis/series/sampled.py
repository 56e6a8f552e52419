"""Waves of which single answers survive → the shares of each, and what tells its units apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.analysis.designed import KeptColumns, sample_of, shares_asked
from surveylib.analysis.frame_units import unit_keys
from surveylib.analysis.frames import column_shares, frame_of, frame_rows
from surveylib.analysis.linear import drawn
from surveylib.analysis.rows import Shares
from surveylib.analysis.saved import SavedFrame
from surveylib.analysis.series.harmonised import harmonised_shares
from surveylib.errors import MethodError, NotEstimableError, UnknownNameError
from surveylib.wave.classes import Classes
from surveylib.wave.framed import FrameColumns, text
from surveylib.wave.states import INVALID
from surveylib.wave.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.rows import About
    from surveylib.analysis.samples import LineSample, RowSample
    from surveylib.instrument.mapping import Harmonised
    from surveylib.wave.design import Design
    from surveylib.wave.responses import Wave


#: Sums that are taken at once, so that room does not grow with the questions that are asked.
_AT_ONCE = 20_000_000


class People(NamedTuple):
    """Respondents one by one: who each is, and what each holds."""

    ids: NDArray[np.object_]
    strata: NDArray[np.object_]
    classes: Classes
    sample: RowSample


class Sampled(NamedTuple):
    """One question in one wave.

    Args:
        wave: The wave's name.
        sample: Its sample, in the groups that are asked for.
        shares: The shares of each group and answer.
        keys: Stratum and code of each sampling unit; empty where respondents were drawn.
        people: Respondents with their ids; None where none are named.
        held: (D,) answers of each group that are in quarantine; empty where nothing is.
    """

    wave: str
    sample: RowSample | LineSample
    shares: Shares
    keys: tuple[tuple[str, str], ...]
    people: People | None
    held: tuple[int, ...] = ()


def sampled_wave(
    wave: Wave,
    design: Design,
    asked: Sequence[Asked],
    *,
    harmonised: Harmonised | None = None,
    ids: str | None = None,
) -> list[Sampled]:
    """The questions of a wave, by its own design.

    Args:
        wave: The wave.
        design: How its sample was drawn; its columns are those that the manifest keeps.
        asked: What is asked: the same of each question.
        harmonised: The question over all versions that the one asked for belongs to.
        ids: A kept column that says who each respondent is.

    Raises:
        DesignError: The data does not fit the design.
        UnknownNameError: No such question, answer or column.
    """
    sample = sample_of(wave, design, asked[0])
    columns = KeptColumns(wave)
    keys = unit_keys(columns, design, drawn(sample.units)[0]) if design.psu else ()
    found = []
    for one in asked:
        if harmonised is None:
            classes, about = shares_asked(wave, one)
        else:
            source = harmonised.source(_version(wave, harmonised))
            classes, about = harmonised_shares(wave, harmonised, source, one)
        people = people_of(columns, design, ids, classes, sample, wave.name)
        shares = Shares(*sample.shares(classes), about)
        own = one.question if harmonised is None else source.question
        held = _held(wave, own, sample)
        found.append(Sampled(wave.name, sample, shares, keys, people, held))
    return found


def _held(wave: Wave, question: str, sample: RowSample) -> tuple[int, ...]:
    """How many answers of each group are in quarantine."""
    inside = (wave.states(question) == INVALID) & (sample.groups.place >= 0)
    found = np.bincount(sample.groups.place[inside], minlength=len(sample.names))
    return tuple(found.tolist()) if found.any() else ()


def _version(wave: Wave, harmonised: Harmonised) -> str:
    """The version of a wave as a harmonised question names its sources."""
    instrument = wave.instrument
    full = f"{instrument.id}@{instrument.version}"
    named = {f"{one.instrument}@{one.version}" for one in harmonised.sources}
    return full if full in named else instrument.version


def people_of(  # noqa: PLR0917 - the parts of one wave
    columns: Mapping[str, Any],
    design: Design,
    ids: str | None,
    classes: Classes,
    sample: RowSample,
    wave: str,
) -> People | None:
    """Respondents with their ids; None where no column of these is named.

    Args:
        columns: Columns by name.
        design: The design.
        ids: The column that says who each respondent is.
        classes: What each row holds.
        sample: The rows as a sample.
        wave: The wave's name, for messages.

    Raises:
        UnknownNameError: There is no such column.
        NotEstimableError: Rows without an id, or two with the same.
    """
    if ids is None:
        return None
    if ids not in columns:
        where = f"wave {wave}" if wave else "the data frame"
        raise UnknownNameError.of("column", ids, list(columns), where=where)
    found = np.asarray(columns[ids], np.object_)
    named = np.array([str(one) for one in found.tolist()], np.object_)
    if any(one is None or one != one for one in found.tolist()):  # noqa: PLR0124 - NaN
        gone = sum(one is None or one != one for one in found.tolist())  # noqa: PLR0124
        message = f"column '{ids}' names no respondent in {gone:,} rows of wave {wave}"
        raise NotEstimableError(message)
    twice = len(named) - len(set(named.tolist()))
    if twice:
        message = (
            f"column '{ids}' has {twice:,} ids more than once in wave {wave}: "
            "each respondent has one row in a wave"
        )
        raise NotEstimableError(message)
    strata = np.zeros(len(named), np.object_)
    if design.strata is not None:
        strata = np.array([str(one) for one in np.asarray(columns[design.strata])], np.object_)
    return People(named, strata, classes, sample)


class Portion(NamedTuple):
    """Some of the questions, in every wave: (waves, questions)."""

    asked: Sequence[Asked]
    waves: list[list[Sampled]]


def portions(
    source: object, design: Design, asked: Sequence[Asked], *, ids: str | None = None
) -> Iterator[Portion]:
    """The columns of a data frame: those of sums in portions, all others in one pass.

    Args:
        source: A data frame of any library that narwhals knows; or sums.
        design: How the sample was drawn, by names of columns.
        asked: What is asked, with the column of waves: the same of each column.
        ids: A column that says who each respondent is; rows are then looked at.

    Raises:
        UnknownNameError: No such column or answer.
        MethodError: Ids of sums, which know no respondents.
        DesignError: The data does not fit the design.
    """
    if not isinstance(source, Sums):
        yield Portion(asked, list(sampled_frame(source, design, asked, ids=ids)))
        return
    each = [len(_own_sums(source, [one])) * len(source.totals) for one in asked]
    many = max(_AT_ONCE // max(each), 1)
    for start in range(0, len(asked), many):
        part = asked[start : start + many]
        totals = replace(source.totals, sums=_own_sums(source, part))
        own = replace(source, totals=totals)
        yield Portion(part, list(sampled_frame(own, design, part, ids=ids)))


def _own_sums(sums: Sums, asked: Sequence[Asked]) -> dict[str, Any]:
    """The sums of everybody, and of some questions: their names begin with that of the question."""
    own = tuple(f"{one.question}:" for one in asked)
    every = tuple(f"{name}:" for name in (*sums.questions, *sums.numbers))
    return {
        name: column
        for name, column in sums.totals.sums.items()
        if name.startswith(own) or not name.startswith(every)
    }


def sampled_frame(
    frame: object, design: Design, asked: Sequence[Asked], *, ids: str | None = None
) -> Iterator[list[Sampled]]:
    """The columns of a data frame, wave by wave.

    Args:
        frame: Of any library that narwhals knows; or sums.
        design: How the sample was drawn, by names of columns.
        asked: What is asked, with the column of waves: the same of each column.
        ids: A column that says who each respondent is; rows are then looked at.

    Raises:
        UnknownNameError: No such column or answer.
        MethodError: Ids of sums, which know no respondents.
        DesignError: The data does not fit the design.
    """
    if isinstance(frame, Sums):
        if ids is not None:
            raise MethodError("sums know no respondents: for ids go back to the rows")
        yield from _summed(SavedFrame(frame, asked))
        return
    table = frame_of(frame, design, asked)
    if ids is None and not isinstance(table, FrameColumns):
        yield from _summed(table)
        return
    rows = table if isinstance(table, FrameColumns) else table.table
    every = {one.question: [text(value) for value in rows.codes(one.question)[1]] for one in asked}
    for wave, columns, sample in frame_rows(rows, design, asked):
        keys = unit_keys(columns, design, drawn(sample.units)[0]) if design.psu else ()
        found = []
        for one in asked:
            classes, about = column_shares(columns, replace(one, answer=""), wave)
            classes, about = _with_all(classes, about, one, every[one.question])
            people = people_of(columns, design, ids, classes, sample, wave)
            shares = Shares(*sample.shares(classes), about)
            found.append(Sampled(wave, sample, shares, keys, people))
        yield found


def _with_all(
    classes: Classes, about: About, asked: Asked, every: Sequence[str]
) -> tuple[Classes, About]:
    """Answers of all waves, also those that nobody gave in this one.

    Raises:
        UnknownNameError: There is no such answer in any wave.
    """
    missing = tuple(code for code in every if code not in classes.answers)
    added = np.zeros((len(classes.holds), len(missing)))
    wide = Classes(
        classes.place,
        np.hstack([classes.holds, added]),
        np.hstack([classes.asked, added + 1]),
        (*classes.answers, *missing),
    )
    if asked.answer and asked.answer not in wide.answers:
        where = f"column '{asked.question}'"
        raise UnknownNameError.of("value", asked.answer, wide.answers, where=where)
    wide = wide.only(asked.answer)
    names = {code: about.answers.get(code, code) for code in wide.answers}
    bases = {code: about.bases.get(code, asked.base) for code in wide.answers}
    return wide, replace(about, answers=names, bases=bases)


def _summed(frame: Any) -> Iterator[list[Sampled]]:
    for wave, found in frame.shares():
        yield [Sampled(wave.name, wave.sample, shares, wave.keys, None) for shares in found]
