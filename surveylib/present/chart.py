"""A result as an Altair chart: points with intervals, joined only where they may be compared.

Nothing depends on colour: what is comparable is told by lines, what was printed in words by
shape, what must not be compared by an open square and the sign ≠.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.analysis.bounded import Sensitivity
from surveylib.analysis.crosstab import Crosstab
from surveylib.analysis.plan import Plan
from surveylib.analysis.results import Estimate, Estimates
from surveylib.analysis.shifts import Shifts, Turnovers
from surveylib.analysis.study import COMPARABLE
from surveylib.analysis.trends import Trends
from surveylib.errors import MethodError, MissingExtraError
from surveylib.present import numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from altair import LayerChart

    from surveylib.analysis.changes import Change, Refusal

INK = "#1d2530"
QUIET = "#5b6673"
BLUE = "#1f5f8b"
_FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"


class Link(NamedTuple):
    """Two points of a panel, and whether they may be joined."""

    earlier: Estimate
    later: Estimate
    comparability: str


def altair() -> Any:
    """The package that draws.

    Raises:
        MissingExtraError: The `report` extra is not installed.
    """
    try:
        import altair as alt  # noqa: PLC0415 - an extra, opened when first used
    except ImportError as error:
        raise MissingExtraError.of("report", "a chart") from error
    return alt


def draw(result: Any) -> Any:
    """Draw a result, each kind in its own way.

    Estimates and bounds are rows; changes, trends and shifts a panel for each series.

    Args:
        result: The result.

    Raises:
        MethodError: Who went where, and a plan, are tables; trends of all answers together have no
            shares.
    """
    # These draw with what stands in this file.
    from surveylib.present import bounded_chart, shift_chart, trend_chart  # noqa: PLC0415 - as said above

    if isinstance(result, Crosstab):
        return forest(result.within.rows)
    if isinstance(result, Estimates):
        return forest(result.rows)
    drawn: dict[type, Callable[[Any], Any]] = {
        Sensitivity: bounded_chart.draw,
        Shifts: shift_chart.draw,
        Trends: trend_chart.draw,
    }
    if type(result) in drawn:
        return drawn[type(result)](result)
    if isinstance(result, Turnovers):
        raise MethodError("who went from which answer to which is a table: print it")
    if isinstance(result, Plan):
        raise MethodError("a plan is a table: print it")
    groups = series([*result.rows, *result.refused])
    if len(groups) == 1:
        return panel(groups[0])
    return styled(altair().vconcat(*(_named(group) for group in groups)))


def _named(group: Sequence[Change | Refusal]) -> Any:
    """A panel among several, with its answer and group above it."""
    last = next(link.later for entry in reversed(group) if (link := _link(entry)))
    within = ", ".join(part.partition("=")[2] for part in last.domain.split(", ") if part)
    name = f"{last.answer_text} ({within})" if within else last.answer_text
    style = {"anchor": "start", "fontSize": 12.5, "color": INK, "subtitleColor": QUIET}
    title = altair().TitleParams(text=name, subtitle=last.title, offset=8, **style)
    return _panel(group).properties(title=title)


def series(results: Sequence[Change | Refusal]) -> list[list[Change | Refusal]]:
    """Group pairs of figures that belong in one panel.

    Comparable pairs that share a figure are one series. A pair that must not be compared joins
    the series whose figure and question it shares; where there is none, it has no panel.
    """
    groups: list[list[Change | Refusal]] = []
    for entry in results:
        if entry.comparability not in COMPARABLE or not _link(entry):
            continue
        home = [group for group in groups if _touches(group, entry)]
        for group in home:
            groups.remove(group)
        groups.append([*(other for group in home for other in group), entry])
    joined = [list(group) for group in groups]
    for entry in results:
        if entry.comparability in COMPARABLE or not _link(entry):
            continue
        for group, core in zip(joined, groups, strict=True):
            if entry.question == core[0].question and _touches(core, entry):
                group.append(entry)
                break
    return joined


def _link(entry: Change | Refusal) -> Link | None:
    """The pair's two figures; None where one of them was not printed."""
    if entry.from_estimate is None or entry.to_estimate is None:
        return None
    return Link(entry.from_estimate, entry.to_estimate, entry.comparability)


def _ends(entry: Change | Refusal) -> set[tuple[str, str, str, str]]:
    return {_key(end) for end in (entry.from_estimate, entry.to_estimate) if end is not None}


def _touches(group: Sequence[Change | Refusal], entry: Change | Refusal) -> bool:
    return any(_ends(other) & _ends(entry) for other in group)


def _key(row: Estimate) -> tuple[str, str, str, str]:
    return row.wave, row.question, row.answer, row.domain


_KINDS = ("number", "words", "other")
_SHAPES = ("circle", "diamond", "square")


def point_of(row: Estimate, place: float, kind: str) -> dict[str, Any]:
    """A figure with its interval, as a row of a chart; a range stands at its middle.

    Args:
        row: The figure.
        place: Where it stands along the waves.
        kind: `number`, `words` or `other`.
    """
    low, high = row.estimate_low, row.estimate_high
    if math.isinf(high):  # a mean of bands whose last has no end
        high = low
    share = row.estimate if row.estimate is not None else (low + high) / 2
    return {
        "year": place,
        "wave": row.wave,
        "share": share,
        "low": row.envelope_low if row.envelope_low is not None else low,
        "high": row.envelope_high if row.envelope_high is not None else high,
        "words_low": low,
        "words_high": high,
        "kind": kind,
        "label": numbers.share(row),
        "answer": row.answer_text,
    }


def _waves(links: Sequence[Link]) -> dict[str, int]:
    """Where each wave stands: its year where the names are years, otherwise its turn."""
    names = {end.wave for link in links for end in link[:2]}
    if all(re.fullmatch(r"\d{4}", name) for name in names):
        return {name: int(name) for name in names}
    turns = dict.fromkeys(names, 0)
    for _ in names:  # a chain is at most this long
        for link in links:
            later = max(turns[link.later.wave], turns[link.earlier.wave] + 1)
            turns[link.later.wave] = later
    return turns


def _placed(
    links: Sequence[Link], waves: dict[str, int]
) -> dict[tuple[str, str, str, str], dict[str, Any]]:
    """The points of a panel; those of one wave stand beside each other."""
    comparable = [link for link in links if link.comparability in COMPARABLE]
    joined = {_key(end) for link in comparable for end in link[:2]}
    rows = {_key(end): end for link in links for end in link[:2]}
    beside: dict[int, int] = {}
    placed = {}
    for key, row in sorted(rows.items(), key=lambda entry: (entry[0] not in joined, entry[0])):
        wave = waves[row.wave]
        kind = "other" if key not in joined else "words" if row.estimate is None else "number"
        placed[key] = point_of(row, wave + 0.32 * beside.get(wave, 0), kind)
        beside[wave] = beside.get(wave, 0) + 1
    return placed


def _between(
    links: Sequence[Link], placed: dict[tuple[str, str, str, str], dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The ends of every line between comparable points, and every ≠ between others."""
    lines: list[dict[str, Any]] = []
    signs = []
    for number, link in enumerate(links):
        ends = [placed[_key(end)] for end in link[:2]]
        if link.comparability in COMPARABLE:
            dash = "limited" if link.comparability == "limited" else "identical"
            lines += [{**end, "link": number, "dash": dash} for end in ends]
        else:
            middle = {name: sum(end[name] for end in ends) / 2 for name in ("year", "share")}
            signs.append({**middle, "sign": "≠"})
    return lines, signs


def panel(group: Sequence[Change | Refusal]) -> LayerChart:
    """Points with envelopes over the waves; comparable pairs are joined, others carry a ≠.

    Args:
        group: Pairs of figures, a group of `series`.
    """
    found: LayerChart = styled(_panel(group))
    return found


def _panel(group: Sequence[Change | Refusal]) -> Any:
    alt = altair()
    # A whole series is drawn by its steps; the line from its first to its last wave is left out,
    # unless it is all there is.
    single = [entry for entry in group if entry.steps == 1] or group
    links = [link for entry in single if (link := _link(entry))]
    waves = _waves(links)
    placed = _placed(links, waves)
    lines, signs = _between(links, placed)
    x = _wave_axis(alt, waves)
    top = max(point["high"] for point in placed.values())
    scale = alt.Scale(domain=[0, min(1.08, top * 1.12 + 0.02)], nice=False)
    axis = alt.Axis(format=".0%", title=None, tickCount=5, domain=False, ticks=False)
    y = alt.Y("share:Q", scale=scale, axis=axis)
    layers = []
    if lines:
        dashes = alt.Scale(domain=["identical", "limited"], range=[[1, 0], [5, 4]])
        dash = alt.StrokeDash("dash:N", scale=dashes, legend=None)
        drawn = alt.Chart(inline(alt, lines)).mark_line(strokeWidth=1.6, color=BLUE)
        layers.append(drawn.encode(x=x, y=y, detail="link:N", strokeDash=dash))
    layers += _marks(alt, list(placed.values()), x, y)
    if signs:
        marks = alt.Chart(inline(alt, signs)).mark_text(fontSize=17, color=QUIET)
        layers.append(marks.encode(x=x, y=y, text="sign:N"))
    return alt.layer(*layers).properties(width=330, height=210)


def _wave_axis(alt: Any, waves: dict[str, int]) -> Any:
    """The waves from left to right, named as they are."""
    places = sorted(set(waves.values()))
    names = {
        place: " / ".join(sorted(name for name, at in waves.items() if at == place))
        for place in places
    }
    return alt.X(
        "year:Q",
        scale=alt.Scale(domain=[places[0] - 0.45, places[-1] + 0.55], nice=False),
        axis=alt.Axis(
            values=places,
            labelExpr=f"({json.dumps(names)})[datum.value]",
            title=None,
            grid=False,
            ticks=False,
        ),
    )


def _marks(alt: Any, points: list[dict[str, Any]], x: Any, y: Any) -> list[Any]:
    """Envelopes, points by how they were printed, and their shares in figures."""

    def by_kind(channel: Any, values: Sequence[str]) -> Any:
        scale = alt.Scale(domain=_KINDS, range=values)
        return channel("kind:N", scale=scale, legend=None)

    base = alt.Chart(inline(alt, points))
    stroke = by_kind(alt.Stroke, [BLUE, BLUE, QUIET])
    return [
        base.mark_rule(strokeWidth=1.4).encode(x=x, y=alt.Y("low:Q"), y2="high:Q", stroke=stroke),
        base.mark_point(size=62, strokeWidth=1.6, opacity=1).encode(
            x=x,
            y=y,
            shape=by_kind(alt.Shape, _SHAPES),
            fill=by_kind(alt.Fill, [BLUE, BLUE, "#ffffff"]),
            stroke=stroke,
        ),
        base.mark_text(dy=-9, fontSize=11.5, color=INK).encode(
            x=x, y=alt.Y("high:Q"), text="label:N"
        ),
    ]


def forest(rows: Sequence[Estimate], *, width: int = 420) -> LayerChart:
    """Shares as rows with intervals, in the order of the result."""
    alt = altair()
    points = []
    for number, row in enumerate(rows):
        kind = "words" if row.estimate is None else "number"
        group = f" ({row.domain.partition('=')[2]})" if row.domain else ""
        name = "  ".join(filter(None, (row.wave, f"{row.answer_text}{group}".strip())))
        points.append({**point_of(row, 0.0, kind), "row": name, "order": number})
    y = alt.Y(
        "row:N",
        sort=[point["row"] for point in points],
        axis=alt.Axis(title=None, domain=False, ticks=False, labelLimit=320, labelPadding=10),
    )
    percent = all(row.statistic in numbers.SHARES for row in rows)
    x_axis = alt.Axis(
        format=".0%" if percent else ",", title=None, tickCount=6, domain=False, ticks=False
    )
    scale = alt.Scale(domain=[0, 1]) if percent else alt.Scale(zero=False)
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=_KINDS[:2], range=_SHAPES[:2]), legend=None)
    base = alt.Chart(inline(alt, points))
    chart = alt.layer(
        base.mark_rule(strokeWidth=1.4, color=BLUE).encode(
            y=y, x=alt.X("low:Q", scale=scale, axis=x_axis), x2="high:Q"
        ),
        base.mark_point(size=62, filled=True, color=BLUE, opacity=1).encode(
            y=y, x=alt.X("share:Q"), shape=shape
        ),
    )
    found: LayerChart = styled(chart.properties(width=width, height=alt.Step(24)))
    return found


def inline(alt: Any, values: list[dict[str, Any]]) -> Any:
    """Rows that stand in the chart itself.

    Args:
        alt: The package.
        values: The rows.
    """
    return alt.InlineData(values=values)


def styled(chart: Any) -> Any:
    """A chart with the colours and letters of all charts here; for the outermost one only.

    Args:
        chart: The chart.
    """
    alt = altair()
    axis = {
        "gridColor": "#e6e9ed",
        "domainColor": "#c4cad2",
        "labelColor": QUIET,
        "labelFontSize": 11.5,
    }
    return chart.configure(
        axis=alt.AxisConfig(**axis),
        view=alt.ViewConfig(stroke=None),
        background="transparent",
        font=_FONT,
        padding=4,
    )


def svg(chart: Any) -> str:
    """A chart as SVG for a page: no ids, so that many stand in one page; the same bytes each time.

    Raises:
        MissingExtraError: The `report` extra is not installed.
    """
    try:
        import vl_convert  # noqa: PLC0415 - an extra, opened when first used
    except ImportError as error:
        raise MissingExtraError.of("report", "a chart in a page") from error
    return str(vl_convert.vegalite_to_svg(chart.to_dict()))
