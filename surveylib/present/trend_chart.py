"""Trends as an Altair chart: a panel for each answer and group, over the real times of the waves.

A point with its interval for each wave; a straight line, or its stretches, only where the verdict
is that the share moved. Nothing depends on colour: lines that were fitted are thick and dark, those
that only join the points thin and light, and dashes say that waves compare with limits.
"""

from __future__ import annotations

import json
import textwrap
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.errors import MethodError
from surveylib.present import numbers, trended
from surveylib.present.chart import BLUE, INK, QUIET, altair, inline, point_of, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.results import Estimate
    from surveylib.analysis.trends import Trend, Trends

    Floats = NDArray[np.float64]

_LIGHT = "#a9b3be"
_COLUMNS = 3
#: Pixels of a letter of a wave's name, of the gap beside it, of a narrow and a wide panel.
_LETTER, _GAP, _NARROW, _WIDE = 6.8, 9, 220, 460
#: A panel's height, and the letters that a line of its heading takes for each pixel.
_HEIGHT, _LETTERS = 150, 0.18
#: Room for the percents of a panel, so that those below each other begin at one place.
_AXIS = 34
#: Below this share the steps of an axis are no whole percents.
_SMALL = 0.045
#: Room left of the first and right of the last wave, as a part of the time between them.
_ROOM = 0.12


def draw(result: Trends) -> Any:
    """Draw every trend of a single answer.

    Args:
        result: Trends.

    Raises:
        MethodError: All are of several answers together, which have no shares of their own.
        MissingExtraError: The `report` extra is not installed.
    """
    rows = [row for row in result.rows if row.points]
    if not rows:
        message = (
            "a trend of all answers together has no share to draw: take a test of single answers, "
            "such as 'logistic'"
        )
        raise MethodError(message)
    blocks = [_block(part) for part in _parted(rows, lambda row: row.title)]
    alt = altair()
    whole = blocks[0] if len(blocks) == 1 else alt.vconcat(*blocks, spacing=34)
    return styled(whole)


def _parted(rows: Sequence[Trend], key: Any) -> list[list[Trend]]:
    """Rows with the same key together, in the order in which the keys first come."""
    parts: dict[object, list[Trend]] = {}
    for row in rows:
        parts.setdefault(key(row), []).append(row)
    return list(parts.values())


def _block(rows: Sequence[Trend]) -> Any:
    """A question: its title, how to read it, and a panel for each answer and group."""
    alt = altair()
    width = max(_width(row) for row in rows)
    panels = [
        _panel(alt, part, width) for part in _parted(rows, lambda row: (row.answer, row.domain))
    ]
    columns = max(1, min(_COLUMNS, len(panels), round(3.4 * _NARROW / width)))
    letters = int(max(columns * width, 380) * _LETTERS)
    title = alt.TitleParams(
        text=textwrap.wrap(rows[0].title, letters) or [""],
        subtitle=[line for told in _legend(rows) for line in textwrap.wrap(told, letters)],
        anchor="start",
        fontSize=15,
        color=INK,
        subtitleColor=QUIET,
        subtitleFontSize=11.5,
        subtitlePadding=5,
        offset=14,
    )
    return alt.concat(*panels, columns=columns, spacing={"row": 26, "column": 34}).properties(
        title=title
    )


def _legend(rows: Sequence[Trend]) -> list[str]:
    """How to read the panels: what bars and lines are, and what is dashed."""
    level = f"{rows[0].confidence_level * 100:g}{numbers.SPACE}%"
    told = f"Points with {level} intervals at the real times of the waves"
    lines = [f"{told}; each panel has its own scale."]
    if any(_fitted(row) for row in rows):
        lines.append("The dark line is what was fitted, drawn where the share rose, fell or bent.")
    limited = dict.fromkeys(
        note for row in rows if row.comparability == "limited" for note in row.notes
    )
    if limited:
        lines.append(f"Dashed: waves compare with limits. {' '.join(limited)}")
    return lines


def _width(row: Trend) -> float:
    """How wide a panel is so that the names of the two nearest waves stand beside each other."""
    letters = max(len(wave) for wave in row.waves)
    nearest = min(later - earlier for earlier, later in pairwise(row.times))
    whole = (row.times[-1] - row.times[0]) * (1 + 2 * _ROOM)
    return min(max((letters * _LETTER + _GAP) * whole / nearest, _NARROW), _WIDE)


def _panel(alt: Any, rows: Sequence[Trend], width: float) -> Any:
    """One answer of one group; where the series was broken, several runs of waves."""
    places = {time: wave for row in rows for time, wave in zip(row.times, row.waves, strict=True)}
    x = _axis(alt, dict(sorted(places.items())))
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
    y = _percents(alt, max(point["told_at"] for point in points))
    layers = [_line(alt, points, x, y, width=1, color=_LIGHT)]
    if fitted:
        layers.append(_line(alt, fitted, x, y, width=2.4, color=INK))
    return alt.layer(*layers, *_marks(alt, points, x, y)).properties(
        width=width, height=_HEIGHT, title=_heading(alt, rows, int(width * _LETTERS))
    )


def _marks(alt: Any, points: list[dict[str, Any]], x: Any, y: Any) -> list[Any]:
    """Intervals, points by how they were printed, and the numbers of the first and the last."""
    base = alt.Chart(inline(alt, points))
    shape = alt.Scale(domain=["number", "words"], range=["circle", "diamond"])
    return [
        base.mark_rule(strokeWidth=1.4, color=BLUE).encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_point(size=46, filled=True, color=BLUE, opacity=1).encode(
            x=x, y=y, shape=alt.Shape("kind:N", scale=shape, legend=None)
        ),
        base.mark_text(dy=-8, fontSize=11, color=INK).encode(
            x=x, y=alt.Y("told_at:Q"), text="told:N"
        ),
    ]


def _percents(alt: Any, top: float) -> Any:
    """Shares from 0 to a little above the highest interval."""
    return alt.Y(
        "share:Q",
        scale=alt.Scale(domain=[0, min(1.1, top * 1.15 + 0.002)], nice=False),
        axis=alt.Axis(
            format=".1%" if top < _SMALL else ".0%",
            title=None,
            tickCount=4,
            domain=False,
            ticks=False,
            minExtent=_AXIS,
        ),
    )


def _axis(alt: Any, places: dict[float, str]) -> Any:
    """The waves where they stand in time, named as they are."""
    times = list(places)
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
            tickColor="#c4cad2",
        ),
    )


def _points(row: Trend) -> list[dict[str, Any]]:
    """The figures of a run; the first and the last carry their number."""
    found = []
    for point, time in zip(row.points, row.times, strict=True):
        kind = "words" if point.estimate is None else "number"
        end = time in {row.times[0], row.times[-1]}
        found.append({**point_of(point, time, kind), "told": numbers.share(point) if end else ""})
    return found


def _dashed(row: Trend, number: int) -> dict[str, Any]:
    dash = "limited" if row.comparability == "limited" else "identical"
    return {"run": number, "dash": dash}


def _line(
    alt: Any, values: list[dict[str, Any]], x: Any, y: Any, *, width: float, color: str
) -> Any:
    dashes = alt.Scale(domain=["identical", "limited"], range=[[1, 0], [5, 4]])
    drawn = alt.Chart(inline(alt, values)).mark_line(strokeWidth=width, color=color)
    dash = alt.StrokeDash("dash:N", scale=dashes, legend=None)
    return drawn.encode(x=x, y=y, detail="run:N", strokeDash=dash)


def _heading(alt: Any, rows: Sequence[Trend], letters: int) -> Any:
    """The answer and its group, and below it what is said of each run."""
    group = ", ".join(part.partition("=")[2] for part in rows[0].domain.split(", ") if part)
    name = rows[0].answer_text + (f" ({group})" if group else "")
    told = []
    for row in rows:
        waves = f"{row.waves[0]}–{row.waves[-1]}: " if len(rows) > 1 else ""
        first, *more = _said(row)
        told += [line for one in (f"{waves}{first}", *more) for line in textwrap.wrap(one, letters)]
    return alt.TitleParams(
        text=textwrap.wrap(name, letters) or [""],
        subtitle=told,
        anchor="start",
        frame="group",
        fontSize=12.5,
        color=INK,
        subtitleColor=QUIET,
        subtitleFontSize=11.5,
        offset=8,
    )


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
