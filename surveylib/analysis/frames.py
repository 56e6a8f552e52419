"""Data frames under a declared design → shares, means, totals and quantiles.

A frame is collapsed by its own library, and rows are looked at only where that has no room, and to
say which of them are wrong.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from surveylib.analysis.answered import FrameAnswers, units_of
from surveylib.analysis.asking import STATISTICS
from surveylib.analysis.at_once import may_be_at_once, summed_at_once, unit_columns
from surveylib.analysis.bands import band_rows
from surveylib.analysis.collapsed import CollapsedFrame
from surveylib.analysis.columns import (
    FRAME,
    answers_of,
    chosen_bands,
    parts_by_wave,
    told,
    with_no_value,
)
from surveylib.analysis.designed import joined_name, no_bands, scored, together, up_to
from surveylib.analysis.quantiles import quantiles_of_rows
from surveylib.analysis.repeated import RepeatedFrame
from surveylib.analysis.rows import (
    About,
    Found,
    number_rows,
    quantile_rows,
    share_rows,
    with_note,
)
from surveylib.analysis.samples import RowSample, cells_of
from surveylib.analysis.shares import Groups
from surveylib.errors import DesignError, MethodError, UnknownNameError
from surveylib.wave.classes import plain
from surveylib.wave.collapsing import collapse_at_most, combinations
from surveylib.wave.design import Design
from surveylib.wave.design_columns import as_numbers
from surveylib.wave.design_units import read_design
from surveylib.wave.frame_files import opened
from surveylib.wave.framed import FrameColumns, text
from surveylib.wave.repeated_units import ReplicateColumns, plainly

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.samples import Cells
    from surveylib.wave.classes import Classes
    from surveylib.wave.framed import Weighing
    from surveylib.wave.totals import Totals


#: Sampling units up to which their sums are taken out of an engine.
_MOST_UNITS = 250_000
#: Sums of replicate weights of single numbers up to which they are taken out.
_MOST_NUMBERS = 20_000_000


def estimate_frame(frame: object, design: Design, asked: Sequence[Asked]) -> list[list[Found]]:
    """Estimate columns of a data frame under a design.

    Every value has a share of those who have one; a missing value is outside the base.

    Args:
        frame: Of any library that narwhals knows.
        design: How the sample was drawn, by names of columns.
        asked: What is asked: the same of each column.

    Returns:
        For each wave the rows of each question.

    Raises:
        UnknownNameError: There is no such column or value.
        DesignError: The data does not fit the design; carries every fault.
        NotEstimableError: Nobody is in the base, or no variance can be estimated.
    """
    table = _checked(frame, design, asked)
    found = _collapsed(table, design, asked)
    rows = estimate_rows(table, design, asked) if found is None else found.estimates()
    wave = asked[0].wave
    if wave is None:
        return rows
    out = _outside(table, wave) if found is None else found.outside
    return (
        [[with_note(one, *_no_wave(out, wave)) for one in each] for each in rows] if out else rows
    )


def frame_of(
    frame: object, design: Design, asked: Sequence[Asked]
) -> FrameColumns | CollapsedFrame:
    """A frame as the sums of its library, or its rows where those are needed.

    Args:
        frame: Of any library that narwhals knows.
        design: How the sample was drawn, by names of columns.
        asked: What is asked: the same of each column.

    Raises:
        UnknownNameError: There is no such column.
        DesignError: The data does not fit the design.
    """
    table = _checked(frame, design, asked)
    return _collapsed(table, design, asked) or table


def frame_rows(
    table: FrameColumns, design: Design, asked: Sequence[Asked]
) -> Iterator[tuple[str, FrameColumns, RowSample]]:
    """For each wave of a frame its name, its rows, and the rows as a sample.

    Args:
        table: The frame.
        design: How the sample was drawn, by names of columns.
        asked: The groups, and the column of waves.
    """
    for label, rows in parts_by_wave(table, asked[0].wave):
        name = f"wave {label} of {FRAME}" if label else FRAME
        units = units_of(design, rows, rows.rows, FrameAnswers(rows), name=name)
        yield label, rows, RowSample(units=units, groups=_groups(rows, asked[0]), design=design)


def cross_frame(frame: object, design: Design, asked: Asked) -> Cells:
    """Cross two columns of a data frame.

    Args:
        frame: Of any library that narwhals knows.
        design: How the sample was drawn, by names of columns.
        asked: The column of the columns, by that of the rows.
    """
    table = _checked(frame, design, [asked])
    found = _collapsed(table, design, [asked])
    if found is not None:
        return found.cells()
    place, values = table.codes(asked.question)
    columns = tuple(text(value) for value in values)
    units = units_of(design, table, table.rows, FrameAnswers(table), name=FRAME)
    sample = RowSample(units=units, groups=_groups(table, asked), design=design)
    rows = tuple(text(value) for value in table.codes(asked.by[0])[1])
    return cells_of(sample.crossed(plain(place, columns)), sample, (rows, columns))


def _collapsed(
    table: FrameColumns, design: Design, asked: Sequence[Asked]
) -> CollapsedFrame | None:
    """The frame as sums; None where rows have to be looked at."""
    first = asked[0]
    answers = [one.question for one in asked if not first.where]
    shifted = first.statistic in {"mean", "total"} and not (first.scores or first.bands)
    numbers = [one.question for one in asked if shifted]
    at_once = may_be_at_once(table, design, first)
    spans = [*unit_columns(design, first.wave), *first.by] if at_once else []
    weighing = table.weighing(design.weights, answers, numbers, spans=spans, summed=not at_once)
    if weighing is None or design.weighting is not None:
        return None
    if design.replication is not None:
        return _repeated(table, design, weighing, asked)
    found = summed_at_once(table, design, weighing, asked, _MOST_UNITS) if at_once else None
    if found is not None:
        return found
    if at_once and not table.adds_up(design.weights):
        return None
    return _by_units(table, design, weighing, asked)


def _by_units(
    table: FrameColumns, design: Design, weighing: Weighing, asked: Sequence[Asked]
) -> CollapsedFrame | None:
    """The frame as sums, where units have been found first; None where there are too many."""
    wave = asked[0].wave
    units = _units(table, design, wave, zeros=weighing.zeros)
    if units is None and design.psu in table:
        design = _singly(table, design, wave)
        units = None if design.psu else _units(table, design, wave, zeros=weighing.zeros)
    if units is None:
        return None
    try:
        return CollapsedFrame(table, design, weighing, units, asked)
    except DesignError:
        # Lines of a collapsed table are no rows: the rows say which of them are wrong.
        estimate_rows(table, design, asked)
        raise


def _repeated(
    table: FrameColumns, design: Design, weighing: Weighing, asked: Sequence[Asked]
) -> RepeatedFrame | None:
    """The frame as sums of replicate weights; None where rows have to be looked at."""
    first = asked[0]
    units = _units(table, design, first.wave, zeros=weighing.zeros)
    if units is None or not _fits(units, design, first.wave):
        return None
    columns = ReplicateColumns(table=table, design=design, wave=first.wave, unit=weighing.unit)
    independent = columns.independent()
    if independent is None:
        return None
    keys = [*([first.wave] if first.wave else []), *first.by]
    if first.statistic == "quantile" and not (first.scores or first.bands):
        lines = max(combinations(table.table, [*keys, one.question]) for one in asked)
        if lines * len(design.replicate_weights) > _MOST_NUMBERS:
            return None
    waves = units.by([first.wave] if first.wave else [])
    return RepeatedFrame(table, plainly(design), weighing, waves, asked, independent)


def _fits(units: Totals, design: Design, wave: str | None) -> bool:
    """Whether nothing is wrong with stages that are named, for which replicate weights stand."""
    if not design.strata and not design.psu:
        return True
    stages = Design(strata=design.strata, psu=design.psu, nested=design.nested)
    stages = replace(stages, lonely="certainty" if design.strata else "error")
    columns = {
        name: np.array([*values, None], np.object_)[units.keys[name]]
        for name, values in units.values.items()
    }
    waves = np.zeros(len(units), np.int64) if wave is None else units.keys[wave]
    try:
        for one in np.unique(waves).tolist():
            here = waves == one
            part = {name: column[here] for name, column in columns.items()}
            read_design(stages, part, int(here.sum()), name=FRAME, counts=units.sums["rows"][here])
    except DesignError:
        return False
    return True


def _checked(frame: object, design: Design, asked: Sequence[Asked]) -> FrameColumns:
    """The columns of a frame, without those that are not there or cannot be what is asked."""
    table = FrameColumns(opened(frame))
    first = asked[0]
    where = first.where.partition("=")[0] if first.where else None
    names = [*(one.question for one in asked), *first.by, where, first.wave, first.over]
    columns = [name for name in names if name]
    table.check(*columns)
    table.check_cells(*columns, *design.names)
    if first.base in {"asked", "mentions"}:
        message = (
            f"base={first.base!r}: a data frame does not say who was asked, or which columns are "
            "options of one question; ingest it with an instrument, or take 'answered' or 'all'"
        )
        raise MethodError(message)
    if STATISTICS[first.statistic].of_numbers and not (first.scores or first.bands):
        of = [name for name in (*(one.question for one in asked), first.over) if name]
        table = table.with_numbers(*of)
        schema = table.table.collect_schema()
        for name in of:
            if not schema[name].is_numeric():
                message = (
                    f"column '{name}' holds {schema[name]}; {STATISTICS[first.statistic].words} "
                    "is of numbers, or of answers with scores or bands"
                )
                raise MethodError(message)
    return table


def _outside(table: FrameColumns, wave: str) -> int:
    """How many rows are in no wave."""
    return int((table.codes(wave)[0] < 0).sum())


def _no_wave(rows: int, wave: str) -> tuple[str, str]:
    """The flag and the note of rows that are in no wave."""
    return "no_wave", f"{rows:,} rows have no value in '{wave}': they are in no wave."


def _units(table: FrameColumns, design: Design, wave: str | None, *, zeros: bool) -> Totals | None:
    """Every unit with its number of rows; None where there are too many, or a column is missing."""
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    keys = unit_columns(design, wave)
    if any(name not in table for name in keys):
        return None
    people = {"n": (nw.col(str(design.weights)) > 0).cast(nw.Float64)} if zeros else {}
    return collapse_at_most(_MOST_UNITS, table.table, keys, people)


def _singly(table: FrameColumns, design: Design, wave: str | None) -> Design:
    """The design without its PSUs where each respondent is one: that says the same in less room."""
    keys = [name for name in (wave, design.strata, design.psu) if name]
    if design.ssu or design.ssu_population or combinations(table.table, keys) < table.rows:
        return design
    return replace(design, psu=None, nested=True)


def estimate_rows(table: FrameColumns, design: Design, asked: Sequence[Asked]) -> list[list[Found]]:
    """Estimate columns of a data frame row by row.

    Args:
        table: The frame.
        design: How the sample was drawn, by names of columns.
        asked: What is asked: the same of each column.
    """
    return [
        [_estimated(rows, sample, one, wave) for one in asked]
        for wave, rows, sample in frame_rows(table, design, asked)
    ]


def _estimated(table: FrameColumns, sample: RowSample, asked: Asked, wave: str) -> Found:
    if STATISTICS[asked.statistic].of_numbers:
        return _of_numbers(table, sample, asked, wave)
    classes, about = column_shares(table, asked, wave)
    return share_rows(sample.shares(classes), sample, about, asked)


def column_shares(table: FrameColumns, asked: Asked, wave: str) -> tuple[Classes, About]:
    """The classes of a column's rows, and what the rows of a result say of it.

    Args:
        table: The rows.
        asked: The column, its answer and its base.
        wave: Their wave; empty where there is one.
    """
    place, values = table.codes(asked.question)
    answers = tuple(text(value) for value in values)
    if asked.base == "all":
        place = np.where(place < 0, len(answers), place)
        answers = with_no_value(answers)
    return answers_of(asked, answers, place, wave)


def _of_numbers(table: FrameColumns, sample: RowSample, asked: Asked, wave: str) -> Found:
    about = About(told={**told(asked, wave), "base": "answered"})
    if asked.bands is not None:
        place, values = table.codes(asked.question)
        keep, bands = chosen_bands(asked, tuple(text(value) for value in values))
        rank = np.full(len(values) + 1, -1)
        rank[keep] = range(len(keep))
        classes = plain(rank[place], tuple(asked.bands))
        return band_rows(sample.shares(classes), sample, bands, about, asked)
    no_bands(asked)
    if asked.scores is not None:
        place, values = table.codes(asked.question)
        top = scored(place, [text(value) for value in values], asked)
    else:
        top = as_numbers(table[asked.question])
    if asked.statistic == "quantile":
        return quantile_rows(list(quantiles_of_rows(sample, top, asked)), about, asked)
    if asked.statistic == "share_up_to":
        return together([up_to(sample, top, number, about, asked) for number in asked.threshold])
    bottom = None if asked.over is None else as_numbers(table[asked.over])
    found = sample.numbers(top, bottom, total=asked.statistic == "total")
    return number_rows(found, found[0].simple(*sample.people), sample, about, asked)


def _groups(table: FrameColumns, asked: Asked) -> Groups:
    inside = np.ones(table.rows, bool)
    if asked.where:
        name, _, value = asked.where.partition("=")
        places, values = table.codes(name)
        texts = [text(one) for one in values]
        if value not in texts:
            raise UnknownNameError.of("value", value, texts, where=f"column '{name}'")
        inside = places == texts.index(value)
    place = np.zeros(table.rows, np.int64)
    names = [asked.where or ""]
    for by in asked.by:
        codes, values = table.codes(by)
        inside &= codes >= 0
        place = place * len(values) + np.maximum(codes, 0)
        names = [joined_name(name, f"{by}={text(value)}") for name in names for value in values]
    return Groups(np.where(inside, place, -1), tuple(names))
