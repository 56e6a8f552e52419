"""Data frames under a declared design → shares, means, totals and quantiles.

A frame is collapsed by its own library, and rows are never looked at; but for replicate weights,
second stages, and to say which rows are wrong.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from surveylib.analysis.asking import STATISTICS
from surveylib.analysis.bands import band_rows
from surveylib.analysis.collapsed import CollapsedFrame
from surveylib.analysis.columns import FRAME, NO_VALUE, answers_of, chosen_bands, told
from surveylib.analysis.designed import joined_name, no_bands, scored, together, up_to
from surveylib.analysis.quantiles import quantiles_of_rows
from surveylib.analysis.rows import About, Found, number_rows, quantile_rows, share_rows
from surveylib.analysis.samples import RowSample, cells_of
from surveylib.analysis.shares import Groups
from surveylib.errors import DesignError, MethodError, UnknownNameError
from surveylib.wave.classes import plain
from surveylib.wave.collapsing import collapse_at_most, combinations
from surveylib.wave.design_columns import as_numbers
from surveylib.wave.design_units import read_design
from surveylib.wave.framed import FrameColumns, opened, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.samples import Cells
    from surveylib.wave.design import Design
    from surveylib.wave.totals import Totals


#: Sampling units up to which their sums are taken out of an engine.
_MOST_UNITS = 250_000


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
    table = FrameColumns(opened(frame))
    _check(table, asked)
    found = _collapsed(table, design, asked)
    return estimate_rows(table, design, asked) if found is None else found.estimates()


def cross_frame(frame: object, design: Design, asked: Asked) -> Cells:
    """Cross two columns of a data frame.

    Args:
        frame: Of any library that narwhals knows.
        design: How the sample was drawn, by names of columns.
        asked: The column of the columns, by that of the rows.
    """
    table = FrameColumns(opened(frame))
    _check(table, [asked])
    found = _collapsed(table, design, [asked])
    if found is not None:
        return found.cells()
    place, values = table.codes(asked.question)
    columns = tuple(text(value) for value in values)
    units = read_design(design, table, table.rows, name=FRAME)
    sample = RowSample(units=units, groups=_groups(table, asked), design=design)
    rows = tuple(text(value) for value in table.codes(asked.by[0])[1])
    return cells_of(sample.crossed(plain(place, columns)), sample, (rows, columns))


def _collapsed(
    table: FrameColumns, design: Design, asked: Sequence[Asked]
) -> CollapsedFrame | None:
    """The frame as sums; None where rows have to be looked at."""
    answers = [one.question for one in asked if not asked[0].where]
    weighing = table.weighing(design.weights, answers)
    by_row = design.replicate_weights or design.ssu or design.ssu_population
    if by_row or weighing is None:
        return None
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


def _check(table: FrameColumns, asked: Sequence[Asked]) -> None:
    """Refuse columns that are not there, and statistics that a frame or a column cannot have."""
    first = asked[0]
    where = first.where.partition("=")[0] if first.where else None
    names = [*(one.question for one in asked), *first.by, where, first.wave, first.over]
    table.check(*(name for name in names if name))
    if first.base in {"asked", "mentions"}:
        message = (
            f"base={first.base!r}: a data frame does not say who was asked, or which columns are "
            "options of one question; ingest it with an instrument, or take 'answered' or 'all'"
        )
        raise MethodError(message)
    if STATISTICS[first.statistic].of_numbers and not (first.scores or first.bands):
        schema = table.table.collect_schema()
        for name in (*(one.question for one in asked), first.over):
            if name and not schema[name].is_numeric():
                message = (
                    f"column '{name}' holds {schema[name]}; {STATISTICS[first.statistic].words} "
                    "is of numbers, or of answers with scores or bands"
                )
                raise MethodError(message)


def _units(table: FrameColumns, design: Design, wave: str | None, *, zeros: bool) -> Totals | None:
    """Every unit with its number of rows; None where there are too many, or a column is missing."""
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    keys = [name for name in (wave, design.strata, design.psu, design.population) if name]
    if any(name not in table for name in keys):
        return None
    people = {"n": (nw.col(str(design.weights)) > 0).cast(nw.Float64)} if zeros else {}
    return collapse_at_most(_MOST_UNITS, table.table, list(dict.fromkeys(keys)), people)


def _singly(table: FrameColumns, design: Design, wave: str | None) -> Design:
    """The design without its PSUs where each respondent is one: that says the same in less room."""
    keys = [name for name in (wave, design.strata, design.psu) if name]
    if combinations(table.table, keys) < table.rows:
        return design
    return replace(design, psu=None, nested=True)


def estimate_rows(table: FrameColumns, design: Design, asked: Sequence[Asked]) -> list[list[Found]]:
    """Estimate columns of a data frame row by row.

    Args:
        table: The frame.
        design: How the sample was drawn, by names of columns.
        asked: What is asked: the same of each column.
    """
    import narwhals as nw  # noqa: PLC0415 - opened for frames only

    wave = asked[0].wave
    if wave is None:
        return [_rows(table, design, asked, "")]
    return [
        _rows(FrameColumns(table.table.filter(nw.col(wave) == value)), design, asked, text(value))
        for value in table.distinct(wave)
    ]


def _rows(table: FrameColumns, design: Design, asked: Sequence[Asked], wave: str) -> list[Found]:
    name = f"wave {wave} of {FRAME}" if wave else FRAME
    units = read_design(design, table, table.rows, name=name)
    sample = RowSample(units=units, groups=_groups(table, asked[0]), design=design)
    return [_estimated(table, sample, one, wave) for one in asked]


def _estimated(table: FrameColumns, sample: RowSample, asked: Asked, wave: str) -> Found:
    if STATISTICS[asked.statistic].of_numbers:
        return _of_numbers(table, sample, asked, wave)
    place, values = table.codes(asked.question)
    answers = tuple(text(value) for value in values)
    if asked.base == "all":
        place = np.where(place < 0, len(answers), place)
        answers = (*answers, NO_VALUE)
    classes, about = answers_of(asked, answers, place, wave)
    return share_rows(sample.shares(classes), sample, about, asked)


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
