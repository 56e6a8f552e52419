"""Two questions crossed: the shares of each cell under a design, and a test of the whole table."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveylib.analysis.arguments import check_design, name
from surveylib.analysis.asking import UNASKED, asked_of
from surveylib.analysis.designed import cross_wave
from surveylib.analysis.estimate import estimate
from surveylib.analysis.frames import cross_frame
from surveylib.analysis.results import Estimates, Shown, finite
from surveylib.analysis.saved import SavedFrame
from surveylib.analysis.study import Study
from surveylib.errors import MethodError, NotEstimableError, no_method, show
from surveylib.stats import crosstabs
from surveylib.wave.design import Design
from surveylib.wave.door import Ingested
from surveylib.wave.model import PublishedWave
from surveylib.wave.responses import Wave
from surveylib.wave.sums import Sums

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.samples import Cells
    from surveylib.stats.crosstabs import TableTest

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Crosstab(Shown):
    """Two questions crossed, of those who answered both.

    Args:
        rows: The question whose answers are the rows.
        columns: The question whose answers are the columns.
        row_answers: Its answers.
        column_answers: Likewise.
        cells: (R, C) shares of all, which sum to 1; NaN where any cell is withheld.
        covariance: (R * C, R * C) of the cells, row by row.
        within: The shares of columns within each row, with intervals.
        n: Respondents who answered both; None where any cell is withheld.
        df: Degrees of freedom of the design; infinity for a simple sample.
        test: The test that rows and columns have nothing to do with each other; None likewise.
    """

    rows: str
    columns: str
    row_answers: tuple[str, ...]
    column_answers: tuple[str, ...]
    cells: Floats
    covariance: Floats
    within: Estimates
    n: int | None
    df: float
    test: TableTest | None

    def to_frame(self) -> pd.DataFrame:
        """One row for each cell: its share within its row, with an interval, and of all."""
        frame = self.within.to_frame()
        places = {
            (f"{self.rows}={row}", column): (r, c)
            for r, row in enumerate(self.row_answers)
            for c, column in enumerate(self.column_answers)
        }
        frame["share_of_all"] = [
            float(self.cells[places[row.domain, row.answer]]) for row in self.within.rows
        ]
        return frame

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        test = None if self.test is None else dataclasses.asdict(self.test)
        if test is not None:
            test |= {name: test[name].tolist() for name in ("design_effects", "expected")}
        found = {
            "schema": "surveylib.crosstab/1",
            "rows": self.rows,
            "columns": self.columns,
            "row_answers": self.row_answers,
            "column_answers": self.column_answers,
            "cells": self.cells.tolist(),
            "n": self.n,
            "df": self.df,
            "within": [dataclasses.asdict(row) for row in self.within.rows],
            "test": test,
        }
        return {key: finite(value) for key, value in found.items()}

    def __eq__(self, other: object) -> bool:
        """Whether both tables hold the same figures, of the same questions and test."""
        return isinstance(other, Crosstab) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        """The same for equal tables."""
        return hash((self.rows, self.columns, self.n, self.within.rows))


def crosstab(
    source: Study | Wave | Ingested | object,
    rows: str,
    columns: str,
    *,
    where: str | None = None,
    test: str = "rao-scott-2",
    interval: str | None = None,
    confidence_level: float = 0.95,
    design: Design | None = None,
) -> Crosstab:
    """Cross two questions, and test whether they have anything to do with each other.

    Args:
        source: A wave, a study with one wave that asked both, the wave of an ingest, or a data
            frame whose columns are the questions.
        rows: A question with one answer each.
        columns: Another.
        where: One group, as `question=answer`.
        test: A name in `surveylib.stats.crosstabs.TESTS`.
        interval: A name in `surveylib.stats.intervals.METHODS`, for the shares within rows.
        confidence_level: Nominal coverage, above 0 and below 1.
        design: How the sample was drawn; left out, what the wave declares, or a simple sample.

    Raises:
        UnknownNameError: No such question or group.
        MethodError: No such method, or a source that has no single answers.
        DesignError: The data does not fit the design.
        NotEstimableError: Nobody answered both, or everybody is in one row or column.

    Example:
        >>> import surveylib as sl
        >>> wave = sl.load_wave("waves/organised_groups/2025")
        >>> table = sl.crosstab(wave, "region", "organisation_level_change")
        >>> table.n, table.test.method, round(float(table.cells.sum()), 6)
        (204, 'rao-scott-2', 1.0)
    """
    if not isinstance(test, str) or test not in crosstabs.TESTS:
        raise MethodError(no_method("test", str(test), crosstabs.TESTS))
    check_design(design)
    for argument, value in (("rows", rows), ("columns", columns)):
        if "/" in name(argument, value, "the name of a question or column"):
            raise MethodError(f"{show(value)} names an answer; a table is of two questions")
    if rows == columns:
        raise MethodError(f"'{rows}' is crossed with itself: name two questions")
    source = _one_wave(source, rows, columns)
    given: dict[str, Any] = {
        "by": (rows,),
        "where": where,
        "interval": interval,
        "confidence_level": confidence_level,
    }
    found = _crossed(source, asked_of(columns, {**UNASKED, **given}), design)
    cells = found.shares.reshape(len(found.rows), len(found.columns))
    return Crosstab(
        rows=rows,
        columns=columns,
        row_answers=found.rows,
        column_answers=found.columns,
        cells=cells,
        covariance=found.covariance,
        within=estimate(source, columns, design=design, **given),
        n=found.n,
        df=found.df,
        test=crosstabs.independence(cells, found.covariance, n=found.n, df=found.df, method=test),
    )


def _crossed(source: object, asked: Asked, design: Design | None) -> Cells:
    if isinstance(source, Wave):
        found = cross_wave(source, design or Design.from_wave(source), asked)
    elif isinstance(source, Sums):
        found = SavedFrame(source, [asked]).cells()
    else:
        found = cross_frame(source, design or Design(), asked)
    if not found.n:
        raise NotEstimableError(f"nobody answered both '{asked.by[0]}' and '{asked.question}'")
    return found


def _one_wave(source: object, rows: str, columns: str) -> object:
    """The one wave of a source that asked both questions; a frame as it is."""
    if isinstance(source, Ingested):
        return source.wave
    if isinstance(source, PublishedWave):
        raise MethodError("only figures survive of this wave; a table of two needs single answers")
    if not isinstance(source, Study):
        return source
    both = {rows, columns}
    asking = [w for w in source.waves if both <= set(w.instrument.question_ids)]
    waves = [wave for wave in asking if isinstance(wave, Wave)]
    if len(waves) != 1:
        names = ", ".join(wave.name for wave in waves) or "none"
        todo = "pass one of study.waves" if waves else "a table of two needs single answers"
        message = f"waves of single answers that asked '{rows}' and '{columns}': {names}; {todo}"
        raise MethodError(message)
    return waves[0]
