"""Data frames, and the sums of them: values of a column, and rows without one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.analysis.columns import NO_VALUE, with_no_value
from surveylib.analysis.frames import column_shares, frame_rows
from surveylib.analysis.nonresponse.known import Counted, of_counted, sizes_of_rows
from surveylib.analysis.nonresponse.missing import Counting
from surveylib.analysis.nonresponse.rates import rates_of
from surveylib.analysis.nonresponse.wanted import Found, judged_pairs, no_pair
from surveylib.analysis.samples import LineSample
from surveylib.analysis.series.gate import Gate
from surveylib.analysis.series.pairs import waves_compared
from surveylib.analysis.series.sampled import sampled_frame
from surveylib.analysis.series.taken import Between, take
from surveylib.errors import MethodError, UnknownNameError
from surveylib.wave.design import Design
from surveylib.wave.frame_files import opened
from surveylib.wave.framed import FrameColumns, text
from surveylib.wave.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Iterator

    from surveylib.analysis.nonresponse.known import Known
    from surveylib.analysis.nonresponse.wanted import Wanted

_WITHOUT = (
    "Rows without a value count as not having answered: take out, or leave out by where=, those "
    "who were not asked."
)


def of_frame(source: object, wanted: Wanted) -> Found:
    """What is known of the waves of a frame.

    Args:
        source: A data frame of any library that narwhals knows, a file, or sums.
        wanted: What is wanted.

    Raises:
        UnknownNameError: No such column or value.
        MethodError: Arguments that do not fit a frame.
    """
    asked = wanted.asked
    if isinstance(source, Sums):
        frame: Any = source
        wanted = replace(wanted, design=_design_of(source, wanted))
        counting = _of_values(_summed_values(source, wanted), wanted)
    else:
        frame = opened(source)
        counting = _of_values(_values(FrameColumns(frame), wanted), wanted)
    parts = dict(_parts(frame, wanted, counting))
    names, places = _compared(frame, list(parts), wanted)
    rates = rates_of(wanted.rates, names)
    kept = {names[one] for pair in places for one in pair} or set(names)
    found: dict[str, Known] = {}
    for name in names:
        if name in kept:
            known = of_counted(parts[name], asked, counting, rates.get(name))
            found |= {} if known is None else {name: known}
    pairs, refused = judged_pairs(found, names, places, Gate(), asked.answer)
    done = (_WITHOUT,) if any(one.n_missing for one in found.values()) else ()
    return Found(
        tuple(found.values()), pairs, refused, done, (wanted.design or Design()).describe()
    )


def _compared(
    frame: object, names: list[str], wanted: Wanted
) -> tuple[list[str], list[tuple[int, int]]]:
    """Waves in time order, and which of them are compared."""
    if names == [""] and isinstance(wanted.rates, dict):
        raise MethodError("without wave= there is one response rate: give a number")
    if len(names) == 1:
        no_pair(names[0], wanted)
        return names, []
    ends = tuple(one for one in (wanted.from_, wanted.to) if one is not None)
    between = Between(samples="independent", reused=wanted.reused, order=ends)
    taken = take(frame, [wanted.asked], between, wanted.design)
    names = list(next(iter(taken.tables)).waves)
    return names, waves_compared(names, wanted.from_, wanted.to, "before")


def _parts(frame: object, wanted: Wanted, counting: Counting) -> Iterator[tuple[str, Counted]]:
    """The answers of each wave: as sums of the frame's library, or row by row."""
    design, everybody = wanted.design or Design(), wanted.everybody
    by_rows = not isinstance(frame, Sums) and (
        bool(design.ssu or design.ssu_population) or f"{NO_VALUE}_" in counting.missing
    )
    if by_rows:
        for label, columns, sample in frame_rows(FrameColumns(frame), design, [everybody]):
            classes, about = column_shares(columns, everybody, label)
            sizes = sizes_of_rows(classes, sample)
            yield label, Counted(sample, classes, about, sizes, None)
        return
    for (part,) in sampled_frame(frame, design, [everybody]):
        sums = part.shares.sums
        sizes = np.bincount(sums.lines.place, sums.lines.n, len(sums.classes.holds))
        summed = isinstance(part.sample, LineSample)
        lines = sums.lines if summed else None
        yield part.wave, Counted(part.sample, sums.classes, part.shares.about, sizes, lines)


def _values(table: FrameColumns, wanted: Wanted) -> list[str]:
    """The values of the column that is asked for.

    Raises:
        UnknownNameError: There is no such column.
    """
    asked = wanted.asked
    where = asked.where.partition("=")[0] if asked.where else None
    names = [name for name in (asked.question, asked.wave, where) if name]
    table.check(*names)
    table.check_cells(*names, *(wanted.design.names if wanted.design else ()))
    return list(map(text, table.distinct(asked.question)))


def _design_of(sums: Sums, wanted: Wanted) -> Design:
    """The design of sums, of which sampling units are drawn once.

    Raises:
        MethodError: Another is given, or units were drawn within units.
    """
    if wanted.design not in {None, sums.design}:
        raise MethodError("sums have their design in them: leave out 'design'")
    if sums.design.ssu or sums.design.ssu_population:
        message = "units were drawn within units, and sums of those are not put together here"
        raise MethodError(f"{message}: go back to the rows")
    return sums.design


def _summed_values(sums: Sums, wanted: Wanted) -> list[str]:
    """The values of a column of sums.

    Raises:
        UnknownNameError: It was not collapsed.
    """
    name = wanted.asked.question
    if name not in sums.questions:
        raise UnknownNameError.of("column", name, sums.questions, where="the sums")
    return [text(one) for one in sums.questions[name] if one is not None]


def _of_values(values: list[str], wanted: Wanted) -> Counting:
    """The values of a column that count as missing, and what no value is called.

    Raises:
        UnknownNameError: There is no such value.
        MethodError: The answer is one of them.
    """
    asked, missing = wanted.asked, wanted.rule.missing or ()
    for value in (asked.answer, *missing):
        if value not in values:
            where = f"column '{asked.question}'"
            raise UnknownNameError.of("value", value, values, where=where)
    if asked.answer in missing:
        raise MethodError(f"'{asked.answer}' is the answer that is asked for, and in missing")
    return Counting((*missing, with_no_value(tuple(values))[-1]), ())
