"""One text that stands for several answers: delimited, or coded with the question's dictionary."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from surveylib.wave.cells import Meaning, Outcome, read_option, rejected
from surveylib.wave.coding import Coder
from surveylib.wave.states import ANSWERED, BLANK
from surveylib.wave.ticks import BOTH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def delimited(known: Meaning, delimiter: str) -> Callable[[str], Outcome]:
    """Reads a cell with a delimiter between its answers, which may themselves hold it."""

    def read(raw: str) -> Outcome:
        whole = known.known(raw)
        if whole is not None:
            return _as_set(whole)
        parts = _split(raw, delimiter)
        found = _segments(known, parts, delimiter)
        if found is None:
            odd = [part for part in parts if known.known(part.strip()) is None]
            return _no_set(known, odd)
        states = {outcome.state for outcome in found} - {BLANK}
        places = {outcome.value for outcome in found if outcome.state == ANSWERED}
        if states == {ANSWERED}:
            return Outcome(state=ANSWERED, value=tuple(sorted(places)))
        if len(states) == 1:
            return Outcome(state=states.pop())
        return BOTH if states else Outcome(state=BLANK)

    return read


def _no_set(known: Meaning, odd: Sequence[str]) -> Outcome:
    outcome = read_option(known, odd[0].strip()) if odd else rejected("CELL-UNKNOWN", "unclear")
    if outcome.code:
        return outcome
    todo = "write the answer as its label, or say under 'values' what it means"
    return rejected("CELL-UNKNOWN", "the parts of the cell are no answers", todo=todo)


def _as_set(outcome: Outcome) -> Outcome:
    if outcome.state != ANSWERED:
        return outcome
    return Outcome(state=ANSWERED, value=(outcome.value,), how=outcome.how, after=outcome.after)


def _split(raw: str, delimiter: str) -> list[str]:
    """The parts of a cell; a part in quotation marks may hold the delimiter."""
    if len(delimiter) == 1 and '"' in raw:
        return next(
            csv.reader([raw.replace("\n", " ")], delimiter=delimiter, skipinitialspace=True)
        )
    return raw.split(delimiter)


def _segments(known: Meaning, parts: Sequence[str], delimiter: str) -> list[Outcome] | None:
    """The only way to join parts into answers; None where there is none, or more than one.

    Args:
        known: What texts mean.
        parts: What stands between the delimiters.
        delimiter: What stands between them.
    """
    ways: list[list[list[Outcome]]] = [[[]]]
    for end in range(1, len(parts) + 1):
        here = []
        for start in range(end):
            if not ways[start]:
                continue
            outcome = known.known(delimiter.join(parts[start:end]).strip())
            if outcome is not None:
                here += [[*way, outcome] for way in ways[start]]
        ways.append(here[:2])
    return ways[-1][0] if len(ways[-1]) == 1 else None


def coded_text(known: Meaning, levels: Mapping[str, int]) -> Callable[[str], Outcome]:
    """Codes a text with the dictionary of its question."""
    coder = Coder(known.question)

    def read(raw: str) -> Outcome:
        plain = known.known(raw)
        if plain is not None and plain.state != ANSWERED:
            return plain
        found = coder.code(raw)
        if found.conflict:
            what = "the text names several answers, and the question counts one"
            return rejected("CELL-SEVERAL", what, todo="code it by hand")
        places = tuple(levels[code] for code in found.codes)
        return Outcome(state=ANSWERED, value=places)

    return read
