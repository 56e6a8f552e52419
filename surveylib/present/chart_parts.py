"""Changes taken apart as bars: who answered and what they said, and what each group adds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from surveylib.present import numbers
from surveylib.present.chart_look import beside, grid, named_rows, told_beside
from surveylib.present.chart_points import level_of, name_of
from surveylib.present.decomposed import part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.decompositions import Decomposition, Decompositions, Share
    from surveylib.analysis.standardise import Standardised
    from surveylib.present.chart_look import Look, Rows

#: Points with their sign, and 0 without one.
_SIGNED = "datum.value == 0 ? '0' : format(datum.value * 100, '+')"
_PARTS = (("change", "The change"), ("mix", "Who answered"), ("rate", "What they said"))


def draw(look: Look, result: Decompositions) -> Any:
    """A panel for each change, with a bar for the whole and one for each part.

    Args:
        look: The look.
        result: Changes taken apart.
    """
    bars = [
        [(name, getattr(row, field), field == "change") for field, name in _PARTS]
        for row in result.rows
    ]
    return _panels(look, result.rows, bars)


def draw_groups(look: Look, result: Decompositions) -> Any:
    """A panel for each change, with two bars for each group.

    Args:
        look: The look.
        result: Changes taken apart.
    """
    bars = [
        [bar for group in row.groups
         for bar in ((f"{group.text}: its size", group.mix, False),
                     (f"{group.text}: its share", group.rate, True))]
        for row in result.rows
    ]  # fmt: skip
    return _panels(look, result.rows, bars)


def reading(result: Decompositions) -> list[str]:
    """How to read the bars.

    Args:
        result: Changes taken apart.
    """
    by = ", ".join(dict.fromkeys(row.by_title for row in result.rows))
    told = (
        f"Percentage points, later minus earlier, with {level_of(result.rows)} intervals. "
        f"Groups are by “{by}”. Parts add up."
    )
    if any(part.estimate is None for row in result.rows for part in (row.mix, row.rate)):
        told += " Dashed: where a part lies, where groups without a share leave it open."
    return [told]


Bar = tuple[str, "Share", bool]


def _panels(look: Look, rows: Sequence[Decomposition], bars: Sequence[Sequence[Bar]]) -> Any:
    ends = [abs(end) for panel in bars for _, share, _ in panel
            for end in (share.ci_low, share.ci_high, share.low, share.high)]  # fmt: skip
    most = max([*ends, 0.01]) * 1.05
    names = [name for panel in bars for name, _, _ in panel]
    told = beside(look, [part(share) for panel in bars for _, share, _ in panel])
    placed = named_rows(look, names, told)
    panels = []
    start = 0
    for row, panel in zip(rows, bars, strict=True):
        panels.append(_panel(look, placed, row, panel, most=most, start=start))
        start += len(panel)
    return grid(look, panels, 1)


def _panel(
    look: Look, placed: Rows, row: Decomposition, bars: Sequence[Bar], *, most: float, start: int
) -> Any:
    alt, theme, text = look.alt, look.theme, look.size.text
    values = [
        {"order": start + place, "zero": 0, "share": share.estimate, "low": share.low,
         "high": share.high, "ci_low": share.ci_low, "ci_high": share.ci_high,
         "told": beside(look, [part(share)])[0], "strong": "yes" if strong else "no"}
        for place, (_, share, strong) in enumerate(bars)
    ]  # fmt: skip
    axis = alt.Axis(title=None, tickCount=5, domain=False, ticks=False, labelOverlap=True,
                    labelExpr=_SIGNED)  # fmt: skip
    scale = alt.Scale(domain=[-most, most], nice=False)
    fills = alt.Scale(domain=["yes", "no"], range=[theme.main, theme.pale])
    strong = alt.Fill("strong:N", legend=None, scale=fills)
    known = look.data([one for one in values if one["share"] is not None])
    vague = look.data([one for one in values if one["share"] is None])
    x = alt.X("zero:Q", scale=scale, axis=axis)
    zero = look.data([{"zero": 0}]).mark_rule(color=theme.ink, strokeWidth=0.08 * text)
    name = f"{name_in(row)}, {row.from_wave} to {row.to_wave}"
    return alt.layer(
        known.mark_bar(size=1.1 * text, stroke=theme.main, strokeWidth=0.09 * text).encode(
            y=placed.y, x=x, x2="share:Q", fill=strong
        ),
        vague.mark_bar(size=0.9 * text, color="#ffffff", stroke=theme.quiet,
                       strokeDash=[3, 2]).encode(y=placed.y, x=alt.X("low:Q"), x2="high:Q"),
        look.data(values).mark_rule(strokeWidth=0.13 * text, color=theme.ink).encode(
            y=placed.y, x=alt.X("ci_low:Q"), x2="ci_high:Q"
        ),
        zero.encode(x=x),
        told_beside(look, look.data(values), placed),
    ).properties(
        width=placed.width, height=alt.Step(placed.step),
        title=look.heading(look.wrap(name, look.size.width, 1.1)),
    )  # fmt: skip


def name_in(row: Decomposition) -> str:
    """The answer whose change is taken apart.

    Args:
        row: The change.
    """
    return f"{row.title}: {row.answer_text}"


def draw_mix(look: Look, result: Standardised) -> Any:
    """A row for each share: an open point as it is, a filled one with an interval under one mix.

    Args:
        look: The look.
        result: Shares under one mix.
    """
    rows = result.rows
    answers = len({(row.question, row.answer, row.domain) for row in rows}) > 1
    names = ["  ".join(filter(None, (row.wave, name_of(row) if answers or not row.wave else "")))
             for row in rows]  # fmt: skip
    values: list[dict[str, Any]] = []
    for order, row in enumerate(rows):
        share = row.estimate
        if share is None:
            share = (row.estimate_low + row.estimate_high) / 2
        values.append({"order": order, "wave": row.wave, "share": share, "crude": row.crude,
                       "low": row.ci_low, "high": row.ci_high,
                       "told": numbers.percent(share) if row.estimate is not None
                       else numbers.percents(row.estimate_low, row.estimate_high)})  # fmt: skip
    placed = named_rows(look, names, [one["told"] for one in values])
    alt, theme, text = look.alt, look.theme, look.size.text
    base = look.data(values)
    crude = look.data([one for one in values if one["crude"] is not None])
    size = 0.45 * text**2
    x = look.percents("share")
    return alt.layer(
        base.mark_rule(strokeWidth=0.12 * text, color=theme.main).encode(
            y=placed.y, x=look.percents("low"), x2="high:Q"
        ),
        base.mark_point(size=size, filled=True, color=theme.main, opacity=1).encode(
            y=placed.y, x=x
        ),
        crude.mark_point(size=1.5 * size, filled=False, stroke=theme.quiet,
                         strokeWidth=0.12 * text, opacity=1).encode(
            y=placed.y, x=look.percents("crude")
        ),
        told_beside(look, base, placed),
    ).properties(width=placed.width, height=alt.Step(placed.step))  # fmt: skip


def reading_mix(result: Standardised) -> list[str]:
    """How to read open and filled points.

    Args:
        result: Shares under one mix.
    """
    by = result.by.replace("_", " ")
    told = (
        f"● under one mix of “{by}” ({result.told}), with {level_of(result.rows)} intervals; "
        "○ as it is, by whoever answered."
    )
    return [told]
