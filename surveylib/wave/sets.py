"""One text that stands for several answers: delimited, or coded with the question's dictionary."""

from __future__ import annotations

import csv
from dataclasses import replace
from typing import TYPE_CHECKING

from surveylib.errors import show
from surveylib.wave.cells import Meaning, Outcome, read_option, rejected
from surveylib.wave.coding import Coder
from surveylib.wave.states import ANSWERED, BLANK
from surveylib.wave.ticks import BOTH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    #: A way to read a cell: each state and answer in it, and what had to be repaired.
    Way = tuple[frozenset[tuple[int, int | None]], tuple[Outcome, ...]]


def delimited(known: Meaning, delimiter: str) -> Callable[[str], Outcome]:
    """Reads a cell with a delimiter between its answers, which may themselves hold it.

    Args:
        known: What texts mean.
        delimiter: What stands between answers.
    """
    # An answer is never joined from more parts than the longest text has.
    longest = 1 + max((text.count(delimiter) for text in known.plain), default=0)

    def read(raw: str) -> Outcome:
        whole = known.known(raw)
        if whole is not None:
            return _as_set(whole)
        parts = _split(raw, delimiter)
        if parts is None or not any(part.strip() for part in parts):
            return rejected("CELL-UNKNOWN", "the cell holds no answer")
        way = _only_way(known, parts, delimiter, longest)
        if way is None:
            return _no_set(known, parts)
        given, repaired = way
        states = {state for state, _ in given}
        if len(states) > 1 or (states != {ANSWERED} and len(given) > 1):
            return BOTH
        state = states.pop()
        places = tuple(sorted(place for _, place in given if place is not None))
        changed = Outcome(state=state, value=places if state == ANSWERED else None)
        return _with_repairs(changed, repaired)

    return read


def _with_repairs(found: Outcome, repaired: Sequence[Outcome]) -> Outcome:
    if not repaired:
        return found
    return Outcome(
        state=found.state,
        value=found.value,
        how="repaired",
        after="; ".join(dict.fromkeys(one.after for one in repaired)),
        why="; ".join(dict.fromkeys(one.why for one in repaired)),
    )


def _no_set(known: Meaning, parts: Sequence[str]) -> Outcome:
    """The rejection of the first part that is no answer."""
    for part in parts:
        outcome = read_option(known, part.strip())
        if outcome.code and len(parts) > 1:
            return replace(outcome, what=f"{show(part.strip())}: {outcome.what}")
        if outcome.code:
            return outcome
    todo = "write the answer as its label, or say under 'values' what it means"
    return rejected("CELL-UNKNOWN", "the parts of the cell are no answers", todo=todo)


def _as_set(outcome: Outcome) -> Outcome:
    if outcome.state != ANSWERED:
        return outcome
    return Outcome(state=ANSWERED, value=(outcome.value,), how=outcome.how, after=outcome.after)


def _split(raw: str, delimiter: str) -> list[str] | None:
    """The parts of a cell; a part in quotation marks may hold the delimiter."""
    if len(delimiter) > 1 or '"' not in raw:
        return raw.split(delimiter)
    line = " ".join(raw.splitlines())
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), None)
    except csv.Error:
        return None


def _only_way(known: Meaning, parts: Sequence[str], delimiter: str, longest: int) -> Way | None:
    """The only way to join parts into answers; None where there is none, or more than one.

    Ways that give the same answers are one.

    Args:
        known: What texts mean.
        parts: What stands between the delimiters.
        delimiter: What stands between them.
        longest: Most parts of one answer.
    """
    ways: list[dict[frozenset[tuple[int, int | None]], tuple[Outcome, ...]]] = [{frozenset(): ()}]
    for end in range(1, len(parts) + 1):
        here: dict[frozenset[tuple[int, int | None]], tuple[Outcome, ...]] = {}
        for start in range(max(0, end - longest), end):
            outcome = _part(known, delimiter.join(parts[start:end]).strip(), start + 1 == end)
            if outcome is None or not ways[start]:
                continue
            mark = (outcome,) if outcome.how == "repaired" else ()
            one = frozenset() if outcome.state == BLANK else {(outcome.state, outcome.value)}
            for given, repaired in ways[start].items():
                here.setdefault(given | one, repaired + mark)
        # Two are enough to know that there is more than one.
        ways.append(dict(list(here.items())[:2]))
    return next(iter(ways[-1].items())) if len(ways[-1]) == 1 else None


def _part(known: Meaning, text: str, alone: bool) -> Outcome | None:  # noqa: FBT001 - one of two
    """The outcome of a text between delimiters; repairs are tried on undivided ones only."""
    found = known.known(text)
    if found is None and alone and known.repairs:
        outcome = read_option(known, text)
        return None if outcome.code else outcome
    return found


def coded_text(known: Meaning, levels: Mapping[str, int]) -> Callable[[str], Outcome]:
    """Codes a text with the dictionary of its question.

    Args:
        known: What texts mean that need no dictionary.
        levels: Place of each option's code.
    """
    coder = Coder(known.question)

    def read(raw: str) -> Outcome:
        plain = known.known(raw)
        if plain is not None:
            return _as_set(plain)
        found = coder.code(raw)
        if found.conflict:
            what = "the text names several answers, and the question counts one"
            return rejected("CELL-SEVERAL", what, todo="code it by hand")
        places = tuple(levels[code] for code in found.codes)
        return Outcome(state=ANSWERED, value=places)

    return read
