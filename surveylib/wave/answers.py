"""The answers to one question in a run of rows, column by column, with the state of each row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from surveylib.wave.states import BLANK, NOT_ASKED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    States = NDArray[np.int8]


@dataclass(slots=True)
class Answers:
    """What some rows hold on one question.

    Args:
        state: For each row a number of the table STATES, or BLANK while that is not decided.
        place: For a list with one answer, the option's place in the list; -1 for none.
        number: For a number, its value; NaN for none.
        text: For a date or a text, the text; None for none. For a quantity, the text as written.
        low: For a quantity, the lowest number that it may be.
        high: For a quantity, the highest number that it may be; infinite without an end.
        ticks: For several answers, a column for each option: 1 chosen, 0 not, -1 not known.
        written: The text beside an option, by its code; None for none.
    """

    state: States
    place: NDArray[np.int16] | None = None
    number: NDArray[np.float64] | None = None
    text: NDArray[np.object_] | None = None
    low: NDArray[np.float64] | None = None
    high: NDArray[np.float64] | None = None
    ticks: NDArray[np.int8] | None = None
    written: dict[str, NDArray[np.object_]] = field(default_factory=dict)

    def parts(self) -> dict[str, NDArray[np.generic]]:
        """Every array by its name; the text beside an option as `written:code`."""
        named = {name: getattr(self, name) for name in ("state", "place", "number", "text")}
        named |= {name: getattr(self, name) for name in ("low", "high", "ticks")}
        named |= {f"written:{code}": text for code, text in self.written.items()}
        return {name: values for name, values in named.items() if values is not None}


#: What stands in each array where there is nothing.
EMPTY = {
    "state": (np.int8, BLANK),
    "place": (np.int16, -1),
    "number": (np.float64, np.nan),
    "text": (np.object_, None),
    "low": (np.float64, np.nan),
    "high": (np.float64, np.nan),
    "ticks": (np.int8, -1),
}


def spread(found: Answers, rows: NDArray[np.intp], n: int, like: Answers | None) -> Answers:
    """Answers of some rows, as answers of `n` rows of which the others were not asked.

    Args:
        found: Answers of the rows.
        rows: Their places.
        n: How many rows there are.
        like: Answers of other rows, already spread, that these are put into.
    """
    made = like or Answers(state=np.full(n, NOT_ASKED, np.int8))
    for name, values in found.parts().items():
        kind, _, code = name.partition(":")
        old = made.written.get(code) if code else getattr(made, kind)
        if old is None:
            dtype, nothing = EMPTY["text" if code else kind]
            old = np.full((n, *values.shape[1:]), nothing, dtype)
        old[rows] = values
        if code:
            made.written[code] = old
        else:
            setattr(made, kind, old)
    return made
