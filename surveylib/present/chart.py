"""A result as an Altair chart: points with intervals, joined only where they may be compared.

Nothing depends on colour: what is comparable is told by lines, what was printed in words by
shape, what must not be compared by an open square and the sign ≠.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.analysis.results import Changes, Estimate, Estimates
from surveylib.errors import MissingExtraError
from surveylib.present import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import altair as alt

    from surveylib.analysis.results import Change, Refusal

INK = "#1d2530"
QUIET = "#7b8694"
BLUE = "#1f5f8b"
_FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"


class Link(NamedTuple):
    """Two points of a panel, and whether they may be joined."""

    earlier: Estimate
    later: Estimate
    comparability: str


def _altair() -> Any:
    try:
        import altair  # noqa: PLC0415, ICN001 - an extra, opened when first used
    except ImportError as error:
        raise MissingExtraError.of("report", "a chart") from error
    return altair


def draw(result: Estimates | Changes) -> alt.LayerChart | alt.VConcatChart:
    """Estimates as rows with intervals; changes as a panel for each series of answers."""
    if isinstance(result, Estimates):
        return forest(result.rows)
    panels = [panel(links) for links in series([*result.rows, *result.refused]) if links]
    return panels[0] if len(panels) == 1 else _altair().vconcat(*panels)


def links_of(results: Iterable[Change | Refusal]) -> list[Link]:
    """The pairs of figures of changes and refusals; a pair without a figure is left out."""
    return [
        Link(entry.from_estimate, entry.to_estimate, entry.comparability)
        for entry in results
        if entry.from_estimate is not None and entry.to_estimate is not None
    ]


def series(results: Sequence[Change | Refusal]) -> list[list[Link]]:
    """Pairs in groups that share figures: each group is one panel, and holds a comparable pair.

    A pair that must not be compared joins the panel of a comparable one it touches; the others
    follow as panels of their own.
    """
    links = links_of(results)
    groups: list[list[Link]] = []
    for link in sorted(links, key=lambda entry: entry.comparability not in {"identical", "limited"}):
        home = [group for group in groups if _touches(group, link)]
        comparable = link.comparability in {"identical", "equivalent", "limited"}
        if comparable and len(home) > 1:
            for group in home[1:]:
                home[0].extend(group)
                groups.remove(group)
        if home:
            home[0].append(link)
        else:
            groups.append([link])
    return groups


def _touches(group: Sequence[Link], link: Link) -> bool:
    ends = {_key(end) for entry in group for end in entry[:2]}
    return _key(link.earlier) in ends or _key(link.later) in ends


def _key(row: Estimate) -> tuple[str, str, str]:
    return row.wave, row.question, row.answer


def _point(row: Estimate, year: float, kind: str) -> dict[str, Any]:
    low, high = row.estimate_low, row.estimate_high
    share = row.estimate if row.estimate is not None else (low + high) / 2
    return {
        "year": year,
        "wave": row.wave,
        "share": share,
        "low": row.envelope_low if row.envelope_low is not None else low,
        "high": row.envelope_high if row.envelope_high is not None else high,
        "words_low": low,
        "words_high": high,
        "kind": kind,
        "label": numbers.share(row).replace(" to ", "–"),
        "answer": row.answer_text,
    }


_KINDS = ("number", "words", "other")
_SHAPES = ("circle", "diamond", "square")


def _placed(links: Sequence[Link]) -> dict[tuple[str, str, str], dict[str, Any]]:
    """The points of a panel; those of one year stand beside each other."""
    comparable = [link for link in links if link.comparability in {"identical", "limited"}]
    joined = {_key(end) for link in comparable for end in link[:2]}
    rows = {_key(end): end for link in links for end in link[:2]}
    years: dict[str, int] = {}
    placed = {}
    for key, row in sorted(rows.items(), key=lambda entry: (entry[0] not in joined, entry[0])):
        beside = years.get(row.wave, 0)
        years[row.wave] = beside + 1
        kind = "other" if key not in joined else "words" if row.estimate is None else "number"
        placed[key] = _point(row, float(row.wave[:4]) + 0.32 * beside, kind)
    return placed


def panel(links: Sequence[Link], *, width: int = 330, height: int = 210) -> alt.LayerChart:
    """Points with envelopes over the years; comparable pairs are joined, others carry a ≠.

    Args:
        links: Pairs of figures.
        width: Of the plot, in pixels.
        height: Of the plot, in pixels.
    """
    alt = _altair()
    placed = _placed(links)
    points = list(placed.values())
    lines, signs = [], []
    for number, link in enumerate(links):
        ends = [placed[_key(end)] for end in link[:2]]
        if link.comparability in {"identical", "equivalent", "limited"}:
            dash = "limited" if link.comparability == "limited" else "identical"
            lines += [{**end, "link": number, "dash": dash} for end in ends]
        else:
            middle = {
                name: sum(end[name] for end in ends) / 2 for name in ("year", "share")
            }
            signs.append({**middle, "sign": "≠"})
    years = sorted({int(point["year"]) for point in points})
    top = max(point["high"] for point in points)
    x = alt.X(
        "year:Q",
        scale=alt.Scale(domain=[years[0] - 0.35, years[-1] + 0.75], nice=False),
        axis=alt.Axis(values=years, format="d", title=None, grid=False, ticks=False),
    )
    y_scale = alt.Scale(domain=[0, min(1.0, top + 0.08)], nice=False)
    y_axis = alt.Axis(format=".0%", title=None, tickCount=5, domain=False, ticks=False)
    y = alt.Y("share:Q", scale=y_scale, axis=y_axis)
    shape = alt.Shape("kind:N", scale=alt.Scale(domain=_KINDS, range=_SHAPES), legend=None)
    fill = alt.Fill(
        "kind:N", scale=alt.Scale(domain=_KINDS, range=[BLUE, BLUE, "#ffffff"]), legend=None
    )
    stroke = alt.Stroke(
        "kind:N", scale=alt.Scale(domain=_KINDS, range=[BLUE, BLUE, QUIET]), legend=None
    )
    dash = alt.StrokeDash(
        "dash:N",
        scale=alt.Scale(domain=["identical", "limited"], range=[[1, 0], [5, 4]]),
        legend=None,
    )
    base = alt.Chart(_data(alt, points))
    layers = [
        base.mark_rule(strokeWidth=1.4).encode(x=x, y=alt.Y("low:Q"), y2="high:Q", stroke=stroke),
        base.mark_point(size=62, strokeWidth=1.6, opacity=1).encode(
            x=x, y=y, shape=shape, fill=fill, stroke=stroke
        ),
        base.mark_text(align="left", dx=8, dy=-1, fontSize=11.5, color=INK).encode(
            x=x, y=y, text="label:N"
        ),
    ]
    if lines:
        drawn = alt.Chart(_data(alt, lines)).mark_line(strokeWidth=1.6, color=BLUE)
        layers.insert(0, drawn.encode(x=x, y=y, detail="link:N", strokeDash=dash))
    if signs:
        marks = alt.Chart(_data(alt, signs)).mark_text(fontSize=17, color=QUIET)
        layers.append(marks.encode(x=x, y=y, text="sign:N"))
    return _styled(alt.layer(*layers).properties(width=width, height=height))


def forest(rows: Sequence[Estimate], *, width: int = 420) -> alt.LayerChart:
    """Shares as rows with intervals, in the order of the result."""
    alt = _altair()
    points = []
    for number, row in enumerate(rows):
        kind = "words" if row.estimate is None else "number"
        group = f" ({row.domain.partition('=')[2]})" if row.domain else ""
        name = f"{row.wave}  {row.answer_text}{group}"
        points.append({**_point(row, 0.0, kind), "row": name, "order": number})
    y = alt.Y(
        "row:N",
        sort=[point["row"] for point in points],
        axis=alt.Axis(title=None, domain=False, ticks=False, labelLimit=320, labelPadding=10),
    )
    x_axis = alt.Axis(format=".0%", title=None, tickCount=6, domain=False, ticks=False)
    scale = alt.Scale(domain=[0, 1])
    shape = alt.Shape(
        "kind:N", scale=alt.Scale(domain=_KINDS[:2], range=_SHAPES[:2]), legend=None
    )
    base = alt.Chart(_data(alt, points))
    chart = alt.layer(
        base.mark_rule(strokeWidth=1.4, color=BLUE).encode(
            y=y, x=alt.X("low:Q", scale=scale, axis=x_axis), x2="high:Q"
        ),
        base.mark_point(size=62, filled=True, color=BLUE, opacity=1).encode(
            y=y, x=alt.X("share:Q"), shape=shape
        ),
    )
    return _styled(chart.properties(width=width, height=alt.Step(24)))


def _data(alt: Any, values: list[dict[str, Any]]) -> Any:
    return alt.InlineData(values=values)


def _styled(chart: Any) -> Any:
    return (
        chart.configure_view(stroke=None)
        .configure_axis(
            gridColor="#e6e9ed",
            domainColor="#c4cad2",
            labelColor=QUIET,
            labelFontSize=11.5,
            labelFont=_FONT,
        )
        .configure_text(font=_FONT)
        .configure(padding=4, background="transparent", font=_FONT)
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
