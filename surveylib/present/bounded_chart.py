"""Bounds as a chart: what the share of all may be as a wide bar, that of those who answered on it.

Nothing depends on colour: bounds are bars, intervals of them thin lines, answers are points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from surveylib.present import numbers
from surveylib.present.chart import BLUE, INK, QUIET, altair, inline, styled

if TYPE_CHECKING:
    from surveylib.analysis.bounded import BoundedShare, Sensitivity

_LIGHT = "#c9d9e6"


def draw(result: Sensitivity) -> Any:
    """Draw a row for each wave.

    Args:
        result: The result.
    """
    alt = altair()
    points = [_point(row) for row in result.rows]
    axis = alt.Axis(title=None, domain=False, ticks=False, labelPadding=10)
    y = alt.Y("wave:N", sort=[point["wave"] for point in points], axis=axis)
    x_axis = alt.Axis(format=".0%", title=None, tickCount=6, domain=False, ticks=False)
    scale = alt.Scale(domain=[0, 1])

    def x(name: str) -> Any:
        return alt.X(f"{name}:Q", scale=scale, axis=x_axis)

    base = alt.Chart(inline(alt, points)).encode(y=y)
    layers = [
        base.mark_rule(strokeWidth=1, color=QUIET).encode(x=x("ci_low"), x2="ci_high:Q"),
        base.mark_bar(size=12, color=_LIGHT).encode(x=x("low"), x2="high:Q"),
        base.mark_rule(strokeWidth=1.6, color=BLUE).encode(
            x=x("answered_low"), x2="answered_high:Q"
        ),
        base.mark_point(size=62, filled=True, color=BLUE, opacity=1).encode(x=x("answered")),
        base.mark_text(dy=-12, fontSize=11.5, color=INK).encode(x=x("answered"), text="label:N"),
    ]
    return styled(alt.layer(*layers).properties(width=420, height=alt.Step(38)))


def _point(row: BoundedShare) -> dict[str, Any]:
    """A wave as a row of the chart; what is not known is left out of it."""
    end = row.answered
    middle = None
    if end is not None:
        middle = (
            end.estimate if end.estimate is not None else (end.estimate_low + end.estimate_high) / 2
        )
    return {
        "wave": row.wave or row.title,
        "low": row.low,
        "high": row.high,
        "ci_low": row.ci_low,
        "ci_high": row.ci_high,
        "answered": middle,
        "answered_low": None if end is None else end.envelope_low,
        "answered_high": None if end is None else end.envelope_high,
        "label": "" if end is None else numbers.share(end),
    }
