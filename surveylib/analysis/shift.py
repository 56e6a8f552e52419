"""Ordered answers, bands and panels between two waves → shifts, and who went where."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.analysis import arguments
from surveylib.analysis.asking import UNASKED, asked_of
from surveylib.analysis.caveats import about_of, caveats_of
from surveylib.analysis.series.banding import cuts_of_bands
from surveylib.analysis.series.gate import Mapped
from surveylib.analysis.series.ordered import shift_of
from surveylib.analysis.series.overlap import SAMPLES
from surveylib.analysis.series.pairs import waves_compared
from surveylib.analysis.series.panel import crossed_counts
from surveylib.analysis.series.taken import Between, take
from surveylib.analysis.shifts import Shift, Shifts, Turnovers, TurnoverTable
from surveylib.analysis.study import Study
from surveylib.errors import (
    ComparabilityError,
    MethodError,
    NotEstimableError,
    UnknownNameError,
    listed,
    show,
)
from surveylib.instrument.question import Banded
from surveylib.stats import turnover as arithmetic
from surveylib.wave.states import STATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.series.table import Table
    from surveylib.analysis.series.taken import Taken
    from surveylib.wave.design import Design

    Band = tuple[float, float]


def shift(
    source: object,
    question: str,
    from_: str | int | None = None,
    to: str | int | None = None,
    *,
    order: Sequence[str] = (),
    bands: Mapping[str, Band] | None = None,
    cap: float | None = None,
    by: str | Sequence[str] | None = None,
    where: str | None = None,
    wave: str | None = None,
    samples: str = "independent",
    ids: str | None = None,
    reused_ids: bool = False,
    confidence_level: float = 0.95,
    design: Design | None = None,
) -> Shifts:
    """Say how ordered answers, or numbers in bands, moved between waves as a whole.

    Answers that one wave cannot tell apart are put together first, as the study's crosswalk says.

    Args:
        source: A study, a data frame with `wave`, or sums.
        question: A question whose answers have an order.
        from_: The earlier wave; left out with `to`, each wave against the one before it, and the
            last against the first.
        to: The later wave.
        order: Answers of a frame from low to high; a study's questionnaires have theirs.
        bands: Of a frame: the lowest and highest number of each answer, in order.
        cap: The highest number that anybody in a band without an end can have.
        by: A question whose answers form groups; or several.
        where: One group, as `question=answer`.
        wave: The column of a frame that tells waves apart.
        samples: A name in `surveylib.analysis.series.overlap.SAMPLES` but `unknown`.
        ids: The column that says who each respondent is.
        reused_ids: Whether ids are given to others in other waves.
        confidence_level: Nominal coverage.
        design: How every sample was drawn; left out, what each wave declares, or a simple sample.

    Returns:
        A row for each group and two waves, with the shares up to every answer.

    Raises:
        UnknownNameError: No such question, answer, wave or column.
        MethodError: Answers without an order.
        ComparabilityError: Nothing that was asked for may be compared; says why.

    Example:
        >>> import pandas as pd
        >>> answers = ["low"] * 50 + ["high"] * 50 + ["low"] * 30 + ["high"] * 70
        >>> rows = pd.DataFrame({"year": [2020] * 100 + [2021] * 100, "size": answers})
        >>> found = shift(rows, "size", wave="year", order=["low", "high"]).rows[0]
        >>> found.verdict, round(found.superiority, 2)
        ('shifted up', 0.6)
    """
    asked = _asked(question, by, where, wave, confidence_level)
    _check(samples, order, bands)
    between = Between(samples, ids, reused_ids, _ends(from_, to), _text(from_), _text(to))
    taken = take(source, [asked], between, design)
    names = tuple(bands or order)
    rows: list[Shift] = []
    refused: list[str] = []
    for table in taken.tables:
        codes = _order(source, table, names, taken)
        numbers = bands if bands is not None else _bands(source, taken, table, codes)
        answers = [table.answers.index(code) for code in codes]
        for places in waves_compared(table.waves, _text(from_), _text(to), "before"):
            found = _one(source, taken, table, places, answers, numbers, cap, asked, between)
            if isinstance(found, Shift):
                rows.append(found)
            else:
                refused.append(found)
    if not rows:
        raise ComparabilityError(f"'{question}' cannot be compared: {' '.join(refused)}")
    whole = Shifts(rows=tuple(rows), refused=tuple(refused), **_declared(source, rows))
    return replace(whole, done=taken.done, design=taken.design)


def _declared(source: object, rows: Sequence[Shift | TurnoverTable]) -> dict[str, Any]:
    """What must be said of those who answered in the waves that are compared."""
    ends = {end for row in rows for end in (row.from_wave, row.to_wave)}
    return {
        "caveats": caveats_of(source, ends, changes=True),
        "about": about_of(source, ends, (row.domain for row in rows)),
    }


def _check(samples: str, order: Sequence[str], bands: Mapping[str, Band] | None) -> None:
    """Refuse a relation that a shift cannot have, and two orders."""
    if samples not in SAMPLES or samples == "unknown":
        known = [name for name in SAMPLES if name != "unknown"]
        raise MethodError(f"samples is {show(samples)}; choose one of {listed(known)}")
    for message in arguments.wrong_bands(bands):
        raise MethodError(message)
    if bands and order:
        raise MethodError("bands have an order of their own: leave out 'order'")


def _ends(*names: str | int | None) -> tuple[str, ...]:
    return tuple(str(name) for name in names if name is not None)


def _text(name: str | int | None) -> str | None:
    return None if name is None else str(name)


def _asked(
    question: str,
    by: str | Sequence[str] | None,
    where: str | None,
    wave: str | None,
    level: float,
) -> Asked:
    given = {**UNASKED, "by": by, "where": where, "wave": wave, "confidence_level": level}
    return asked_of(arguments.name("question", question, "one question"), given)


def _order(source: object, table: Table, names: Sequence[str], taken: Taken) -> tuple[str, ...]:
    """The answers from low to high."""
    for name in names:
        if name not in table.answers:
            raise UnknownNameError.of("answer", name, table.answers, where=f"'{table.question}'")
        if names.count(name) > 1:
            raise MethodError(f"the order has {show(name)} twice; wanted each answer once")
    if names:
        return tuple(names)
    if not isinstance(source, Study):
        message = f"'{table.question}' is a column: give order=, its answers from low to high"
        raise MethodError(message)
    gate = taken.gates[table.question]
    codes = tuple(code for code in table.answers if code not in STATES)
    kind = ""
    if isinstance(gate, Mapped):
        kind = gate.harmonised.kind
        codes = tuple(option.code for option in gate.harmonised.options)
    else:
        asked = source.wave(table.waves[-1]).instrument.question(table.question)
        kind = type(asked).__name__.lower()
        codes = tuple(option.code for option in asked.answers if not option.net_of)
    if "ordered" not in kind and "band" not in kind:
        message = (
            f"the answers of '{table.question}' have no order; take sl.change, or give order= if "
            "they have one"
        )
        raise MethodError(message)
    return codes


def _bands(
    source: object, taken: Taken, table: Table, codes: Sequence[str]
) -> dict[str, Band] | None:
    """The numbers of each answer of a study, where its answers are bands."""
    gate = taken.gates[table.question]
    if isinstance(gate, Mapped):
        if gate.harmonised.kind != "banded":
            return None
        options: dict[str, object] = {one.code: one for one in gate.harmonised.options}
    elif isinstance(source, Study):
        asked = source.wave(table.waves[-1]).instrument.question(table.question)
        if not isinstance(asked, Banded):
            return None
        options = {option.code: option for option in asked.answers}
    else:
        return None
    ends = {code: getattr(options[code], "interval", None) for code in codes}
    if any(end is None for end in ends.values()):
        return None
    return {
        code: (float(end[0]), math.inf if end[1] is None else float(end[1]))
        for code, end in ends.items()
        if end is not None
    }


def _one(  # noqa: PLR0917 - the parts of one shift
    source: object,
    taken: Taken,
    table: Table,
    places: tuple[int, int],
    answers: Sequence[int],
    bands: Mapping[str, Band] | None,
    cap: float | None,
    asked: Asked,
    between: Between,
) -> Shift | str:
    """One shift, or in words why there is none."""
    if cap is not None and bands is None:
        raise MethodError("cap is of the last band of numbers in bands: leave out 'cap'")
    first, second = (table.waves[place] for place in places)
    gate = taken.gates[table.question]
    judged = [gate.judge(first, second, table.answers[answer]) for answer in answers]
    barred = [one for one in judged if not one.comparable]
    if barred:
        verdict = (barred[0].verdict or "undeclared").replace("_", " ")
        return f"{first} and {second}: {verdict}. {' '.join(barred[0].reasons)}"
    try:
        found = shift_of(
            table,
            places,
            answers,
            judged[0],
            level=asked.confidence_level,
            samples=between.samples,
            bands=None if bands is None else list(bands.values()),
            cap=cap,
        )
    except NotEstimableError as error:
        return f"{first} and {second}: {error}"
    if isinstance(source, Study) and isinstance(gate, Mapped):
        return cuts_of_bands(found, source, gate, asked)
    return found


def turnover(
    source: object,
    question: str,
    from_: str | int | None = None,
    to: str | int | None = None,
    *,
    ids: str,
    by: str | Sequence[str] | None = None,
    where: str | None = None,
    wave: str | None = None,
    confidence_level: float = 0.95,
    design: Design | None = None,
) -> Turnovers:
    """Count who went from which answer to which, of people who answered in both waves.

    Every person counts once, whatever their weight: it is a table of these people.

    Args:
        source: A study, or a data frame with `wave`.
        question: A question with one answer each.
        from_: The earlier wave; left out with `to`, each wave against the one before it, and the
            last against the first.
        to: The later wave.
        ids: The column that says who each respondent is.
        by: A question whose answers form groups: people who were in it both times.
        where: One group, as `question=answer`.
        wave: The column of a frame that tells waves apart.
        confidence_level: Nominal coverage of the shares beside it.
        design: How every sample was drawn.

    Raises:
        UnknownNameError: No such question, wave or column.
        NotEstimableError: Nobody answered in both waves, or somebody gave several answers.
        ComparabilityError: The two waves must not be compared.

    Example:
        >>> import pandas as pd
        >>> rows = pd.DataFrame({
        ...     "year": [2020] * 4 + [2021] * 4,
        ...     "person": [1, 2, 3, 4] * 2,
        ...     "met": ["no", "no", "no", "yes", "yes", "no", "yes", "yes"],
        ... })
        >>> found = turnover(rows, "met", wave="year", ids="person").rows[0]
        >>> found.counts, found.net
        (((1, 2), (0, 1)), (-2, 2))
    """
    asked = _asked(question, by, where, wave, confidence_level)
    if asked.answer:
        message = f"'{question}' names an answer; people go from one to another: leave it out"
        raise MethodError(message)
    first, last = _text(from_), _text(to)
    between = Between("panel", ids, order=_ends(from_, to), from_=first, to=last)
    taken = take(source, [asked], between, design)
    rows: list[TurnoverTable] = []
    refused: list[NotEstimableError] = []
    for table in taken.tables:
        for places in waves_compared(table.waves, first, last, "before"):
            try:
                rows.append(_turnover(taken, table, places))
            except NotEstimableError as error:
                refused.append(error)
    if not rows and refused:
        raise refused[0]
    return Turnovers(
        rows=tuple(rows),
        refused=tuple(map(str, refused)),
        done=taken.done,
        **_declared(source, rows),
    )


def _nobody(people: int, answer: Sequence[str], waves: str) -> str:
    """Why there is no table: all gave one answer, or there is nobody."""
    if not answer:
        return f"nobody answered in both of {waves}"
    return f"all {people:,} people answered {answer[0]}: nobody went to another answer"


def _turnover(taken: Taken, table: Table, places: tuple[int, int]) -> TurnoverTable:
    first, second = (table.waves[place] for place in places)
    gate = taken.gates[table.question]
    judged = [gate.judge(first, second, code) for code in table.answers if code not in STATES]
    barred = [one for one in judged if not one.comparable]
    if barred:
        reasons = " ".join(barred[0].reasons)
        raise ComparabilityError(f"{first} and {second} must not be compared. {reasons}")
    ends = table.sampled[places[0]], table.sampled[places[1]]
    counts, left_out = crossed_counts(*ends, table.domain)
    codes = list(ends[0].shares.about.answers)
    kept = np.flatnonzero(counts.sum(axis=0) + counts.sum(axis=1))
    if len(kept) < 2:
        group = f" ({table.domain})" if table.domain else ""
        told = [f"'{codes[place]}' in {first} and {second}{group}" for place in kept.tolist()]
        raise NotEstimableError(_nobody(int(counts.sum()), told, f"{first} and {second}{group}"))
    counts = counts[np.ix_(kept, kept)]
    found = arithmetic.turnover(counts)
    margins, symmetry = arithmetic.stuart_maxwell(counts), arithmetic.bowker(counts)
    known = next(point for point in table.points[places[1]] if point is not None)
    return TurnoverTable(
        question=table.question,
        domain=table.domain,
        from_wave=first,
        to_wave=second,
        answers=tuple(codes[place] for place in kept.tolist()),
        counts=tuple(tuple(int(one) for one in row) for row in counts.tolist()),
        n=int(counts.sum()),
        left_out=left_out,
        stayed=float(found.stayed_share),
        net=tuple(int(one) for one in np.asarray(found.net).tolist()),
        marginal_p_value=float(margins.p_value),
        marginal_statistic=float(margins.statistic),
        marginal_df=int(margins.df or 0),
        symmetry_p_value=float(symmetry.p_value),
        symmetry_statistic=float(symmetry.statistic),
        symmetry_df=int(symmetry.df or 0),
        title=known.title,
    )
