"""Rules inside one question that look at more than one field; each fault with its place."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from surveylib.errors import listed
from surveylib.instrument.checking import Problem, problem

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from surveylib.instrument.options import GridOption, GridRow, Option, RetiredCode


def _folded(name: str) -> str:
    """A name without what the eye can miss: case, width, leading zeros."""
    text = unicodedata.normalize("NFKC", name).casefold()
    return text.lstrip("0") or text[:1]


def twice(names: Sequence[str]) -> list[tuple[int, int]]:
    """Positions of names that repeat an earlier one, with the earlier position."""
    first: dict[str, int] = {}
    found = []
    for position, name in enumerate(names):
        key = _folded(name)
        if key in first:
            found.append((position, first[key]))
        first.setdefault(key, position)
    return found


def option_problems(
    options: Sequence[Option], missing: Sequence[str], retired: Sequence[RetiredCode]
) -> list[Problem]:
    """Codes that repeat, are retired or missing states, and nets of codes that are not there."""
    codes = [option.code for option in options]
    found = [
        problem(
            ("options", position, "code"),
            "OPTION-REPEATED",
            f"option code '{codes[position]}' stands twice, first as option {first + 1}",
            todo="give each option a code of its own; 1, 01 and upper case do not tell them apart",
        )
        for position, first in twice(codes)
    ]
    found += _retired_problems(options, retired)
    found += state_problems(missing)
    found += _net_problems(options)
    for position, option in enumerate(options):
        if option.code in missing:
            found.append(
                problem(
                    ("options", position, "code"),
                    "OPTION-MISSING-STATE",
                    f"'{option.code}' is both an option and a missing state",
                    todo="keep it under 'missing' only",
                )
            )
        found += [
            problem(
                ("options", position, "net_of"),
                "NET-UNKNOWN",
                f"the net '{option.code}' sums up '{part}', which is not another option",
                wanted=listed(code for code in codes if code != option.code),
            )
            for part in option.net_of
            if part not in codes or part == option.code
        ]
    return found


def state_problems(missing: Sequence[str]) -> list[Problem]:
    """Ways of not answering that stand twice."""
    return [
        problem(("missing", again), "STATE-REPEATED", f"'{missing[again]}' stands twice")
        for again, _ in twice(missing)
    ]


def _net_problems(options: Sequence[Option]) -> list[Problem]:
    """Nets of nets, which may go round in a circle, and complete nets of nothing."""
    nets = {option.code for option in options if option.net_of}
    found = []
    for position, option in enumerate(options):
        place = ("options", position)
        if inner := [part for part in option.net_of if part in nets]:
            what = f"the net '{option.code}' sums up another net, {listed(inner)}"
            found.append(problem((*place, "net_of"), "NET-OF-NET", what, todo="name its parts"))
        if option.net_complete and not option.net_of:
            what = f"'{option.code}' is a complete net of nothing"
            todo = "name its parts under 'net_of'"
            found.append(problem((*place, "net_complete"), "NET-OF-NET", what, todo=todo))
    return found


def _retired_problems(options: Sequence[Option], retired: Sequence[RetiredCode]) -> list[Problem]:
    gone = {_folded(entry.code): entry for entry in retired}
    return [
        problem(("retired", again), "OPTION-REPEATED", f"'{retired[again].code}' is retired twice")
        for again, _ in twice([entry.code for entry in retired])
    ] + [
        problem(
            ("options", position, "code"),
            "OPTION-RETIRED",
            f"code '{option.code}' is retired: until version {entry.until} it meant "
            f"“{next(iter(entry.label.values()))}”",
            todo="give the option a code that was never used; one that comes back with its old "
            "meaning leaves 'retired'",
        )
        for position, option in enumerate(options)
        if (entry := gone.get(_folded(option.code)))
    ]


def tick_problems(least: int | None, most: int | None, several: int) -> list[Problem]:
    """Numbers of ticks that no answer can have."""
    found = []
    if most is not None and not 1 <= most <= several:
        wanted = f"1 to {several}, the options that are not exclusive"
        what = f"at most {most} options may be ticked"
        found.append(problem(("max_selected",), "TICKS", what, wanted=wanted))
    if least is not None and least > (several if most is None else most):
        what = f"at least {least} options must be ticked, more than can be"
        found.append(problem(("min_selected",), "TICKS", what))
    return found


def range_problems(low: Decimal | None, high: Decimal | None, decimals: int) -> list[Problem]:
    """A range that ends before it starts, and limits with more decimals than answers have."""
    found = []
    if low is not None and high is not None and high < low:
        what = f"the range ends at {high}, before it starts at {low}"
        found.append(problem(("maximum",), "RANGE-REVERSED", what))
    for name, limit in (("minimum", low), ("maximum", high)):
        exponent = limit.normalize().as_tuple().exponent if limit is not None else 0
        if isinstance(exponent, int) and -exponent > decimals:
            what = f"'{name}' has more decimals than an answer can have"
            todo = f"write 'decimals: {-exponent}', or round the limit"
            found.append(problem((name,), "RANGE-DECIMALS", what, got=str(limit), todo=todo))
    return found


#: How many characters a date of each precision has.
_LENGTHS = {"year": 4, "month": 7, "day": 10}


def date_problems(precision: str, earliest: str | None, latest: str | None) -> list[Problem]:
    """Limits that are more or less exact than answers are, and a last day before the first."""
    found = []
    for name, limit in (("earliest", earliest), ("latest", latest)):
        if limit is not None and len(limit) != _LENGTHS[precision]:
            what = f"'{name}' is not as exact as the answers"
            parts = {"got": limit, "wanted": f"a {precision}"}
            found.append(problem((name,), "DATE-PRECISION", what, **parts))
    if not found and earliest and latest and latest < earliest:
        what = f"the range ends on {latest}, before it starts on {earliest}"
        found.append(problem(("latest",), "RANGE-REVERSED", what))
    return found


def sign_problems(decimal: str, group: Sequence[str]) -> list[Problem]:
    """A sign that would both group digits and begin the decimals."""
    if decimal not in group:
        return []
    what = f"'{decimal}' is both the decimal sign and a sign that groups digits"
    return [problem(("decimal",), "NUMBER-SIGNS", what, todo="write out 'group:' without it")]


def grid_problems(
    rows: Sequence[GridRow], options: Sequence[GridOption], cells: str
) -> list[Problem]:
    """Rows that repeat, and what only cells of another kind can have."""
    ids = [row.id for row in rows]
    found = [
        problem(
            ("rows", position, "id"),
            "ROW-REPEATED",
            f"row '{ids[position]}' stands twice, first as row {first + 1}",
        )
        for position, first in twice(ids)
    ]
    for position, option in enumerate(options):
        for name, value, kind in (
            ("exclusive", option.exclusive, "multi_answer"),
            ("score", option.score is not None, "ordered"),
        ):
            if value and cells != kind:
                what = f"'{name}' has a meaning in cells of kind {kind} only"
                place = ("options", position, name)
                found.append(problem(place, "GRID-CELLS", what, got=f"cells: {cells}"))
    return found
