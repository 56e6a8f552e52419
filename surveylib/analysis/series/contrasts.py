"""Several waves at once: each against the mean of all, or any contrast of them."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.analysis.arguments import is_number
from surveylib.analysis.changes import Change, Refusal
from surveylib.analysis.series.gate import together
from surveylib.errors import MethodError, UnknownNameError
from surveylib.stats import mover
from surveylib.stats.intervals import design_proportion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.results import Estimate
    from surveylib.analysis.series.comparing import Wanted
    from surveylib.analysis.series.table import Table
    from surveylib.analysis.series.taken import Taken

    Floats = NDArray[np.float64]

#: How near 0 the coefficients of a contrast have to add up.
_ROUNDING = 1e-9
#: Halvings of the level at which an interval reaches 0.
_HALVINGS = 60


class Contrast(NamedTuple):
    """What each wave counts (W,), and what the two sides are called."""

    coefficients: Floats
    earlier: str
    later: str


def check_contrast(wanted: Wanted) -> None:
    """Refuse contrasts that are none, or that do not go together with pairs of waves.

    Args:
        wanted: Which changes.

    Raises:
        MethodError: It is one.
    """
    if wanted.contrast is None and wanted.against != "mean":
        return
    if wanted.from_ is not None or wanted.to is not None:
        raise MethodError("from_ and to name two waves, a contrast counts all: give one of them")
    if wanted.sizing.measure != "difference" or wanted.margin is not None:
        message = "contrasts of several waves are differences: leave out 'measure' and 'margin'"
        raise MethodError(message)
    if wanted.sizing.samples == "unknown":
        raise MethodError("a contrast needs to know what samples share, and samples is 'unknown'")
    if wanted.contrast is None:
        return
    values = list(wanted.contrast.values())
    if not all(is_number(one) for one in values) or abs(sum(values)) > _ROUNDING:
        message = f"contrast is {dict(wanted.contrast)}; wanted numbers that add up to 0"
        raise MethodError(message)
    if not any(values):
        raise MethodError("contrast is 0 for every wave; wanted waves on either side")


def contrasted(taken: Taken, wanted: Wanted) -> tuple[list[Change], list[Refusal]]:
    """Every contrast that is wanted and may be had, and those that may not.

    The interval is the hybrid of the limits of all waves (Zou and Donner 2008), with their
    correlations; each wave's limits rest on its own degrees of freedom.

    Args:
        taken: Tables over waves.
        wanted: Which contrasts.

    Raises:
        UnknownNameError: A wave that there is not.
    """
    rows: list[Change] = []
    refused: list[Refusal] = []
    for table in taken.tables:
        for contrast in _contrasts(table, wanted):
            for answer in range(len(table.answers)):
                found = _one(table, answer, contrast, taken, wanted)
                if isinstance(found, Change):
                    rows.append(found)
                elif found is not None:
                    refused.append(found)
    return rows, refused


def _contrasts(table: Table, wanted: Wanted) -> Iterator[Contrast]:
    many = len(table.waves)
    if wanted.contrast is None:
        for place, name in enumerate(table.waves):
            coefficients = np.full(many, -1 / many)
            coefficients[place] += 1
            yield Contrast(coefficients, f"mean of {many} waves", name)
        return
    coefficients = np.zeros(many)
    for name, value in wanted.contrast.items():
        if name not in table.waves:
            raise UnknownNameError.of("wave", name, table.waves, where="the contrast")
        coefficients[table.waves.index(name)] = value
    yield Contrast(
        coefficients,
        " + ".join(_counted(table.waves, np.maximum(-coefficients, 0))),
        " + ".join(_counted(table.waves, np.maximum(coefficients, 0))),
    )


def _counted(waves: Sequence[str], coefficients: Floats) -> list[str]:
    return [
        name if value == 1 else f"{value:.3g} × {name}"
        for name, value in zip(waves, coefficients.tolist(), strict=True)
        if value
    ]


def _one(
    table: Table, answer: int, contrast: Contrast, taken: Taken, wanted: Wanted
) -> Change | Refusal | None:
    places = np.flatnonzero(contrast.coefficients)
    points = [table.points[place][answer] for place in places]
    if all(point is None for point in points):
        return None
    gate, code = taken.gates[table.question], table.answers[answer]
    names = [table.waves[place] for place in places]
    judged = [gate.judge(one, other, code) for one, other in combinations(names, 2)]
    gone = [name for name, point in zip(names, points, strict=True)
            if point is None or point.ci_low is None]  # fmt: skip
    barred = [one for one in judged if not one.comparable]
    if gone or barred:
        reasons = (f"No figure in {', '.join(gone)}.",) if gone else barred[0].reasons
        verdict = "no figure" if gone else barred[0].verdict or "undeclared"
        known = next(point for point in points if point is not None)
        return _refusal(known, contrast, verdict, reasons)
    known_points = [point for point in points if point is not None]
    found = _limits(table, answer, places, contrast.coefficients[places], wanted)
    return _change(known_points, contrast, places, found, together(judged), wanted)


def _refusal(
    known: Estimate, contrast: Contrast, verdict: str, reasons: tuple[str, ...]
) -> Refusal:
    return Refusal(
        question=known.question,
        answer=known.answer,
        from_wave=contrast.earlier,
        to_wave=contrast.later,
        from_question=known.question,
        from_answer=known.answer,
        comparability=verdict,
        order=None,
        reasons=reasons,
        from_estimate=None,
        to_estimate=None,
        title=known.title,
        from_title=known.title,
        answer_text=known.answer_text,
        from_answer_text=known.answer_text,
        steps=1,
        domain=known.domain,
    )


class _Limits(NamedTuple):
    low: float
    high: float
    p_value: float
    standard_error: float


def _limits(
    table: Table, answer: int, places: NDArray[np.intp], coefficients: Floats, wanted: Wanted
) -> _Limits:
    """The interval of a contrast, and the highest level at which it leaves 0 out."""
    columns = [table.numbers(name)[places, answer] for name in ("estimate", "n", "n_effective")]
    df = table.numbers("df")[places, answer]
    correlation, moving = None, table.together(tuple(places.tolist()))
    if moving is not None:
        chosen = np.arange(len(places)) * len(table.answers) + answer
        correlation = moving.correlation[np.ix_(chosen, chosen)]

    def at(level: float) -> tuple[float, float]:
        each = design_proportion(
            columns[0],
            columns[1],
            n_effective=columns[2],
            df=np.where(np.isfinite(df), df, np.inf),
            method=wanted.sizing.interval,
            confidence_level=level,
        )
        # At a level of nearly 0 limits are the share itself, but for rounding.
        low, high = np.minimum(each.low, columns[0]), np.maximum(each.high, columns[0])
        found = mover.contrast(columns[0], low, high, coefficients, correlation=correlation)
        return float(found.low), float(found.high)

    low, high = at(wanted.sizing.confidence_level)
    variance = coefficients @ table.covariance([answer], places.tolist()) @ coefficients
    rises = float(coefficients @ columns[0]) >= 0
    inside, outside = 1.0, 0.0  # levels at which 0 is inside the interval, and outside of it
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if middle in {1.0, inside, outside} or 1 - middle in {0.0, 1.0}:
            break  # beyond what a level can be told apart from 0 or 1
        limits = at(middle)
        beyond = limits[0] > 0 if rises else limits[1] < 0
        inside, outside = (inside, middle) if beyond else (middle, outside)
    return _Limits(low, high, 1 - outside, math.sqrt(max(float(variance), 0.0)))


def _change(  # noqa: PLR0917 - the parts of one change
    points: Sequence[Estimate],
    contrast: Contrast,
    places: NDArray[np.intp],
    found: _Limits,
    judged: tuple[str, tuple[str, ...]],
    wanted: Wanted,
) -> Change:
    coefficients = contrast.coefficients[places]
    if wanted.contrast is None:
        later = points[int(np.argmax(coefficients))]
        earlier = _side(points, np.full(len(points), 1 / len(points)), contrast.earlier)
    else:
        earlier = _side(points, np.maximum(-coefficients, 0), contrast.earlier)
        later = _side(points, np.maximum(coefficients, 0), contrast.later)
    size = float(coefficients @ np.array([point.estimate or 0.0 for point in points]))
    verdict = "no change shown"
    if found.low > 0 or found.high < 0:
        verdict = "increased" if found.low > 0 else "decreased"
    return Change(
        question=later.question,
        answer=later.answer,
        domain=later.domain,
        from_wave=contrast.earlier,
        to_wave=contrast.later,
        from_estimate=earlier,
        to_estimate=later,
        verdict=verdict,
        comparability=judged[0],
        notes=judged[1],
        method=f"mover ({wanted.sizing.interval})",
        confidence_level=wanted.sizing.confidence_level,
        samples=wanted.sizing.samples,
        design_effect=1.0,
        tolerated_design_effect=None,
        pairs=1,
        steps=1,
        **_size(size, found),
    )


def _size(size: float, found: _Limits) -> dict[str, Any]:
    """The size of a contrast as fields of a change."""
    ends = {"low": found.low, "high": found.high}
    return {
        **dict.fromkeys(("difference", "difference_low", "difference_high", "effect"), size),
        **{f"{kind}_{end}": value for kind in ("ci", "envelope") for end, value in ends.items()},
        **dict.fromkeys(("p_value", "p_value_low", "p_value_high"), found.p_value),
        "standard_error": found.standard_error,
    }


def _side(points: Sequence[Estimate], weights: Floats, name: str) -> Estimate:
    """One side of a contrast as an estimate: the share that its waves give together."""
    share = float(weights @ np.array([point.estimate or 0.0 for point in points]))
    people = [point.n or 0 for point, weight in zip(points, weights, strict=True) if weight]
    return replace(
        points[0],
        wave=name,
        n=sum(people),
        n_low=None,
        n_effective=None,
        estimate=share,
        estimate_low=share,
        estimate_high=share,
        standard_error=None,
        ci_low=None,
        ci_high=None,
        envelope_low=None,
        envelope_high=None,
        df=None,
        printed=f"{name} together",
        read_as=f"{share * 100:.1f}",
    )
