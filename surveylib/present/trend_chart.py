"""Trends as an Altair chart: a panel for each answer and group, over the real times of the waves.

A point with its interval for each wave; a straight line, or its stretches, only where the verdict
is that the share moved. Nothing depends on colour: lines that were fitted are thick and dark, those
that only join the points thin and light, and dashes say that waves compare with limits.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.present import numbers, trended
from surveylib.present.chart_look import columns_for, grid
from surveylib.present.chart_points import (
    READ_WORDS,
    group_of,
    is_drawn,
    kind_of,
    level_of,
    marks,
    point_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.results import Estimate
    from surveylib.analysis.trends import Trend, Trends
    from surveylib.present.chart_look import Look

    Floats = NDArray[np.float64]

#: The gap beside a wave's name, in letters; how narrow and how wide a panel is.
_GAP, _NARROW, _WIDE = 0.8, 18.0, 38.0
#: A panel's height, in letters.
_HEIGHT = 12.5
#: Room for the percents of a panel, in letters.
_AXIS = 5.0
#: Room left of the first and right of the last wave, as a part of the time between them.
_ROOM = 0.12


def draw(look: Look, result: Trends) -> Any:
    """Draw every trend of a single answer.

    Args:
        look: The look.
        result: Trends, some of them of single answers.
    """
    rows = drawn_of(result)
    parts = _parted(rows, lambda row: row.title)
    blocks = [_block(look, part, several=len(parts) > 1) for part in parts]
    if len(blocks) == 1:
        return blocks[0]
    return look.alt.vconcat(*blocks, spacing=2.8 * look.size.text)


def drawn_of(result: Trends) -> list[Trend]:
    """Trends that have shares of their own.

    Args:
        result: Trends.
    """
    return [row for row in result.rows if any(map(is_drawn, row.points))]


def _parted(rows: Sequence[Trend], key: Any) -> list[list[Trend]]:
    """Rows with the same key together, in the order in which the keys first come."""
    parts: dict[object, list[Trend]] = {}
    for row in rows:
        parts.setdefault(key(row), []).append(row)
    return list(parts.values())


def _block(look: Look, rows: Sequence[Trend], *, several: bool) -> Any:
    """A question: a panel for each answer and group, below its title where there are several."""
    least = max(_width(look, row) for row in rows)
    parts = _parted(rows, lambda row: (row.answer, row.domain))
    text = look.size.text
    columns = columns_for(look, len(parts), least / text + _AXIS)
    room = look.size.width / columns - _AXIS * text
    width = min(max(least, room), _WIDE * text, look.size.width - _AXIS * text)
    drawn = grid(look, [_panel(look, part, width) for part in parts], columns)
    if not several:
        return drawn
    title = look.heading(look.wrap(rows[0].title, look.size.width, 1.15),
                         fontSize=1.15 * text, offset=text)  # fmt: skip
    return drawn.properties(title=title)


def reading(result: Trends) -> list[str]:
    """How to read the panels: what bars and lines are, and what is dashed.

    Args:
        result: Trends.
    """
    rows = drawn_of(result)
    told = f"Points with {level_of(rows)} intervals at the real times of the waves"
    lines = [f"{told}; each panel has its own scale."]
    if any(point.estimate is None for row in rows for point in row.points if is_drawn(point)):
        lines.append(READ_WORDS)
    if any(_fitted(row) for row in rows):
        lines.append("The dark line is what was fitted, drawn where the share rose, fell or bent.")
    limited = dict.fromkeys(
        note for row in rows if row.comparability == "limited" for note in row.notes
    )
    if limited:
        lines.append(f"Dashed: waves compare with limits. {' '.join(limited)}")
    return lines


def _width(look: Look, row: Trend) -> float:
    """How wide a panel is so that the names of the two nearest waves stand beside each other."""
    text = look.size.text
    name = look.width_of(row.waves) + _GAP * text
    nearest = min(later - earlier for earlier, later in pairwise(row.times))
    whole = (row.times[-1] - row.times[0]) * (1 + 2 * _ROOM)
    return min(max(name * whole / nearest, _NARROW * text), _WIDE * text)


def _panel(look: Look, rows: Sequence[Trend], width: float) -> Any:
    """One answer of one group; where the series was broken, several runs of waves."""
    text, theme = look.size.text, look.theme
    places = {time: wave for row in rows for time, wave in zip(row.times, row.waves, strict=True)}
    x = _axis(look, dict(sorted(places.items())))
    points = [
        _dashed(row, number) | point for number, row in enumerate(rows) for point in _points(row)
    ]
    fitted = [
        _dashed(row, number) | {"year": time, "share": share}
        for number, row in enumerate(rows)
        for time, share in _fitted(row)
    ]
    # A number stands above its interval, and above the fitted line where that is higher.
    above = {end["year"]: end["share"] for end in fitted}
    for point in points:
        point["told_at"] = max(point["high"], above.get(point["year"], 0.0))
    top = max(point["told_at"] for point in points)
    y = look.shares("share", min(1.15, top * 1.17 + 0.002))
    layers = [_line(look, points, x, y, width=0.085 * text, color=theme.quiet)]
    if fitted:
        layers.append(_line(look, fitted, x, y, width=FITTED * text, color=theme.ink))
    base = look.data(points)
    told = base.mark_text(dy=-0.7 * text, fontSize=0.95 * text, color=theme.ink)
    return look.alt.layer(
        *layers,
        *marks(look, base, x, y),
        told.encode(x=x, y=look.alt.Y("told_at:Q"), text="told:N"),
    ).properties(
        width=width, height=_HEIGHT * text, title=_heading(look, rows, width + 3 * text)
    )  # fmt: skip


#: How thick a fitted line is, in letters.
FITTED = 0.2


def _axis(look: Look, places: dict[float, str]) -> Any:
    """The waves where they stand in time, named as they are."""
    alt, times = look.alt, list(places)
    room = _ROOM * (times[-1] - times[0])
    names, at = json.dumps(list(places.values())), json.dumps(times)
    return alt.X(
        "year:Q",
        scale=alt.Scale(domain=[times[0] - room, times[-1] + room], nice=False),
        axis=alt.Axis(
            values=times,
            labelExpr=f"({names})[indexof({at}, datum.value)]",
            labelOverlap="greedy",
            title=None,
            grid=False,
        ),
    )


def _points(row: Trend) -> list[dict[str, Any]]:
    """The figures of a run; the first and the last carry their number."""
    found = []
    for point, time in zip(row.points, row.times, strict=True):
        if not is_drawn(point):
            continue
        end = time in {row.times[0], row.times[-1]}
        told = numbers.share(point) if end else ""
        found.append({**point_of(point, time, kind_of(point)), "told": told})
    return found


def _dashed(row: Trend, number: int) -> dict[str, Any]:
    dash = "limited" if row.comparability == "limited" else "identical"
    return {"run": number, "dash": dash}


def _line(
    look: Look, values: list[dict[str, Any]], x: Any, y: Any, *, width: float, color: str
) -> Any:
    alt = look.alt
    dashes = alt.Scale(domain=["identical", "limited"], range=[[1, 0], [5, 4]])
    drawn = look.data(values).mark_line(strokeWidth=width, color=color)
    dash = alt.StrokeDash("dash:N", scale=dashes, legend=None)
    return drawn.encode(x=x, y=y, detail="run:N", strokeDash=dash)


def _heading(look: Look, rows: Sequence[Trend], pixels: float) -> Any:
    """The answer and its group, and below it what is said of each run."""
    group = group_of(rows[0].domain)
    name = rows[0].answer_text + (f" ({group})" if group else "")
    told = []
    for row in rows:
        waves = f"{row.waves[0]}–{row.waves[-1]}: " if len(rows) > 1 else ""
        first, *more = _said(row)
        told += [
            line for one in (f"{waves}{first}", *more) for line in look.wrap(one, pixels, 0.94)
        ]
    return look.over(look.wrap(name, pixels, 1.1), told)


def _said(row: Trend) -> list[str]:
    """The verdict and, on a line of its own, the size."""
    if len(row.segments) > 1:
        slopes = " then ".join(trended.per_year(part.slope) for part in row.segments)
        return [row.verdict, f"{slopes} points a year"]
    if row.slope is None:
        return [row.verdict]
    alpha = 1 - row.confidence_level
    off = any(p is not None and p <= alpha for p in (row.lack_of_fit, row.curved))
    straight = ", not on a straight line" if off else ""
    limits = f" ({trended.span(row)})" if trended.span(row) else ""
    return [f"{row.verdict}{straight}", f"{trended.per_year(row.slope)} points a year{limits}"]


def _fitted(row: Trend) -> list[tuple[float, float]]:
    """Corners of the fitted line; none where no trend is shown.

    Slopes are known, and not how high the line lies: it goes through the mean of the waves, each
    counting as it does in the fit.
    """
    if row.verdict not in {"rising", "falling", "changing"} or row.slope is None:
        return []
    ends, slopes = [row.times[0], row.times[-1]], [row.slope]
    if len(row.segments) > 1:
        ends = [row.segments[0].from_time, *(part.to_time for part in row.segments)]
        slopes = [part.slope for part in row.segments]
    steps = [slope * (later - earlier) for slope, (earlier, later) in
             zip(slopes, pairwise(ends), strict=True)]  # fmt: skip
    heights = np.concatenate([[0.0], np.cumsum(steps)])
    shares = np.array([point_of(point, 0.0, "number")["share"] for point in row.points])
    beside = np.interp(row.times, ends, heights)
    level = np.average(shares - beside, weights=_weights(row.points))
    return [(time, float(height + level)) for time, height in zip(ends, heights, strict=True)]


def _weights(points: Sequence[Estimate]) -> Floats:
    """What each wave counts: its precision under a design, its respondents in a simple sample."""
    errors = np.array([point.standard_error or 0.0 for point in points])
    designed = any(point.df is not None and np.isfinite(point.df) for point in points)
    if designed and (errors > 0).all():
        return np.asarray(1 / errors**2)
    return np.array([point.n_effective or 1.0 for point in points])
