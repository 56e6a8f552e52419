"""Sums that were collapsed before → the same figures as from their rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.analysis.asking import STATISTICS
from surveylib.analysis.collapsed import CollapsedFrame
from surveylib.analysis.frame_units import FrameUnits
from surveylib.errors import MethodError, NotEstimableError, UnknownNameError
from surveylib.stats.replicates import independent_of
from surveylib.wave.design_columns import stage_columns
from surveylib.wave.framed import Weighing, text
from surveylib.wave.repeated import REPEATED
from surveylib.wave.repeated_units import check_products, plainly

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.frame_units import FrameWave
    from surveylib.wave.sums import Sums
    from surveylib.wave.totals import Totals


class SavedFrame(CollapsedFrame):
    """Figures from sums.

    Args:
        sums: The sums.
        asked: What is asked: the same of each column.

    Raises:
        UnknownNameError: A column that was not collapsed.
        MethodError: A statistic that needs single numbers.
        DesignError: The units do not fit the design.
    """

    def __init__(self, sums: Sums, asked: Sequence[Asked]) -> None:
        _check(sums, asked)
        asked = [replace(one, wave=sums.wave) for one in asked]
        least, most = sums.weights
        weighing = Weighing(least=least, most=most, shifts=sums.shifts)
        totals = _in_units(sums.totals, weighing.unit)
        self.sums = replace(sums, totals=totals)
        design = sums.design if sums.design.replication is None else plainly(sums.design)
        keys = [*([sums.wave] if sums.wave else []), *stage_columns(design)]
        by = {
            name: tuple(value for value in totals.values[name] if value is not None)
            for name in asked[0].by
        }
        FrameUnits.__init__(
            self,
            design,
            weighing,
            totals.by(list(dict.fromkeys(keys))),
            asked,
            by,
            _independent(self.sums),
        )

    def _parts(self) -> list[Totals]:
        """The sums of the group that is asked for, by unit and group."""
        totals, where = self.sums.totals, self.first.where
        if where:
            name, _, wanted = where.partition("=")
            here = np.array([text(one) == wanted for one in totals.values[name]])
            totals = totals.where(here[totals.keys[name]])
        return [totals.by(list(dict.fromkeys((*self.keys, *self.by))))]

    def summed_answers(self, _questions: Mapping[str, Sequence[Any]]) -> list[Totals]:
        """Sums by unit and group of each value of each question."""
        return self._parts()

    def summed_numbers(self) -> list[Totals]:
        """Sums by unit and group of the numbers that are asked for, and of their products."""
        return self._parts()

    def values(self, asked: Asked) -> tuple[Any, ...]:
        """The answers of a column; None for no value, where that has a share."""
        values = self.sums.questions[asked.question]
        return (*values, None) if asked.base == "all" else values

    def people(self, wave: FrameWave) -> tuple[float, int]:
        """Sum of weights of all respondents of a wave, and how many have a weight above 0."""
        units = self.units
        if self.first.wave is not None:
            here = np.array([text(one) == wave.name for one in units.values[self.first.wave]])
            units = units.where(here[units.keys[self.first.wave]])
        return float(units.sums["weight"].sum()), int(units.sums["n"].sum())


def _independent(sums: Sums) -> dict[Any, int]:
    """How many replicate weights are independent in each wave; of other designs nothing."""
    if sums.design.replication is None:
        return {}
    totals = sums.totals.by([sums.wave] if sums.wave else [])
    each = np.column_stack([totals.sums[REPEATED], totals.sums["weight"]])
    found = {}
    for line, rows in enumerate(totals.sums["rows"].tolist()):
        value = totals.values[sums.wave][totals.keys[sums.wave][line]] if sums.wave else None
        if value is None and sums.wave:
            continue
        name = f"wave {text(value)} of the sums" if sums.wave else "the sums"
        products = sums.products[value]
        check_products(sums.design, products, each[line], rows, name)
        found[value] = independent_of(products[:-1, :-1])
    return found


def _in_units(totals: Totals, unit: float) -> Totals:
    """Sums of weights, and of their squares, counted in a unit of weight."""
    if unit == 1:
        return totals
    sums = {}
    for name, column in totals.sums.items():
        kinds = name.split(":")[-2:]
        squares = "square" in {kinds[-1], *(kinds[:1] if kinds[-1] in {"yy", "yx", "xx"} else ())}
        whole = kinds[-1] in {"n", "rows"}
        sums[name] = column if whole else column / (unit**2 if squares else unit)
    return replace(totals, sums=sums)


def _check(sums: Sums, asked: Sequence[Asked]) -> None:
    """Refuse what was not collapsed."""
    first = asked[0]
    of_answers = first.statistic == "share" or first.scores or first.bands
    if not of_answers and (first.statistic not in {"mean", "total"} or first.over):
        words = STATISTICS[first.statistic].words
        raise MethodError(f"sums keep no single numbers: for {words} go back to the rows")
    known = list(sums.questions) if of_answers else list(sums.numbers)
    for one in asked:
        if one.question not in known:
            raise UnknownNameError.of("column", one.question, known, where="the sums")
    where = [first.where.partition("=")[0]] if first.where else []
    for name in (*first.by, *where):
        if name not in sums.by:
            raise UnknownNameError.of("group", name, sums.by, where="the sums")
    if first.where:
        values = [text(one) for one in sums.totals.values[where[0]] if one is not None]
        wanted = first.where.partition("=")[2]
        if wanted not in values:
            raise UnknownNameError.of("value", wanted, values, where=f"column '{where[0]}'")
    if first.wave not in {None, sums.wave}:
        raise MethodError(f"waves are told apart by {sums.wave!r} in these sums: leave out 'wave'")
    _check_kept(sums, first)


def _check_kept(sums: Sums, first: Asked) -> None:
    """Refuse what sums do not know."""
    if first.kish and "square" not in sums.totals.sums:
        raise NotEstimableError("sums by PSU hold no squares of weights: no n of weights alone")
    if first.base in {"asked", "mentions"}:
        raise MethodError(f"base={first.base!r} is not known of sums: take 'answered' or 'all'")
