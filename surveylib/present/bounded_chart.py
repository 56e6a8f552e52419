"""Bounds as a chart: what the share of all may be as a wide bar, that of those who answered on it.

Nothing depends on colour: bounds are bars, intervals of them thin lines, answers are points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from surveylib.present import numbers
from surveylib.present.chart_look import named_rows
from surveylib.present.chart_points import is_drawn, level_of

if TYPE_CHECKING:
    from surveylib.analysis.bounded import BoundedShare, Sensitivity
    from surveylib.present.chart_look import Look


def draw(look: Look, result: Sensitivity) -> Any:
    """Draw a row for each wave.

    Args:
        look: The look.
        result: The result.
    """
    alt, theme, text = look.alt, look.theme, look.size.text
    points = [{**_point(row), "order": order} for order, row in enumerate(result.rows)]
    rows = named_rows(look, [row.wave or row.title for row in result.rows], least=3.2)
    base = look.data(points).encode(y=rows.y)
    shown = {name: look.percents(name, ticks=6) for name in ("low", "ci_low", "answered_low",
                                                            "answered")}  # fmt: skip
    layers = [
        base.mark_rule(strokeWidth=0.09 * text, color=theme.quiet).encode(
            x=shown["ci_low"], x2="ci_high:Q"
        ),
        base.mark_bar(size=text, color=theme.pale).encode(x=shown["low"], x2="high:Q"),
        base.mark_rule(strokeWidth=0.14 * text, color=theme.main).encode(
            x=shown["answered_low"], x2="answered_high:Q"
        ),
        base.mark_point(size=0.45 * text**2, filled=True, color=theme.main, opacity=1).encode(
            x=shown["answered"]
        ),
        base.mark_text(dy=-1.05 * text, fontSize=0.95 * text, color=theme.ink).encode(
            x=shown["answered"], text="label:N"
        ),
    ]
    return alt.layer(*layers).properties(width=rows.width, height=alt.Step(rows.step))


def reading(result: Sensitivity) -> list[str]:
    """How to read bars and points.

    Args:
        result: The result.
    """
    level = level_of(result.rows)
    told = f"Points: share of {result.respondents}, with its {level} interval."
    if any(row.low is not None for row in result.rows):
        told += (
            " Wide bars: where the share of all may be, whatever those missing would have said; "
            f"thin lines: with its {level} interval."
        )
    return [told]


def _point(row: BoundedShare) -> dict[str, Any]:
    """A wave as a row of the chart; what is not known is left out of it."""
    end = row.answered if is_drawn(row.answered) else None
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
