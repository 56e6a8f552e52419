"""The units of a sample with its weighting, and what respondents are weighted by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.errors import NotEstimableError
from surveylib.instrument.question import NumberQuestion
from surveylib.wave.classes import answer_classes
from surveylib.wave.design_columns import as_numbers
from surveylib.wave.design_units import read_design
from surveylib.wave.framed import text
from surveylib.wave.states import ANSWERED
from surveylib.wave.weighted import weighted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from surveylib.wave.design import Design
    from surveylib.wave.design_units import Units
    from surveylib.wave.framed import FrameColumns
    from surveylib.wave.responses import Wave
    from surveylib.wave.weighted import Answers

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


class WaveAnswers(NamedTuple):
    """What the respondents of a wave answered."""

    wave: Wave

    def codes(self, question: str) -> tuple[Whole, tuple[str, ...]]:
        """(n,) the place of each row's answer, -1 for none; and the answers.

        Raises:
            NotEstimableError: A question that does not put each respondent into one group.
        """
        asked = self.wave.question(question)
        if not asked.question.exclusive or not asked.codes:
            message = f"'{question}' does not put each respondent into one group"
            raise NotEstimableError(message)
        return answer_classes(self.wave, question).place, tuple(asked.codes)

    def numbers(self, question: str) -> Floats:
        """(n,) the number that each row answered; NaN for none.

        Raises:
            NotEstimableError: A question that is not answered with a number.
        """
        if not isinstance(self.wave.question(question).question, NumberQuestion):
            raise NotEstimableError(f"'{question}' is not answered with a number")
        answered = self.wave.states(question) == ANSWERED
        return np.where(answered, self.wave.column(question), np.nan).astype(np.float64)


class FrameAnswers(NamedTuple):
    """What the rows of a data frame hold."""

    table: FrameColumns

    def codes(self, question: str) -> tuple[Whole, tuple[str, ...]]:
        """(n,) the place of each row's value, -1 for none; and the values as texts."""
        place, values = self.table.codes(question)
        return place, tuple(text(value) for value in values)

    def numbers(self, question: str) -> Floats:
        """(n,) the number of each row; NaN for none."""
        self.table.check(question)
        return as_numbers(self.table[question])


def units_of(
    design: Design,
    columns: Mapping[str, Any],
    rows: int,
    answers: Answers,
    *,
    name: str,
    records: Sequence[int] | None = None,
) -> Units:
    """The units that a design names, weighted as it says.

    Args:
        design: The design.
        columns: Columns by name.
        rows: Number of rows.
        answers: What respondents answered.
        name: What messages call the data.
        records: Record number of each row; left out, rows are counted from 1.

    Raises:
        DesignError: The data does not fit the design, or the targets do not fit the data.
    """
    units = read_design(design, columns, rows, name=name, records=records)
    if design.weighting is None:
        return units
    return weighted(units, design.weighting, answers, name=name).units
