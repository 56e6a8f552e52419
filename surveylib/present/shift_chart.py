"""Shifts as an Altair chart: the share up to each answer, before and after.

An open circle is the earlier wave and a filled one the later. Where bands do not say a share, a
bar says where it lies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from surveylib.present import numbers
from surveylib.present.chart_look import beside, grid, named_rows, told_beside
from surveylib.present.chart_points import group_of, level_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.shifts import Cut, Shift, Shifts
    from surveylib.present.chart_look import Look, Rows

_SHOWN = {
    "shifted up": "answers shifted up",
    "shifted down": "answers shifted down",
    "crosses": "up in one place, down in another",
    "not shown": "no shift is shown",
}


def draw(look: Look, result: Shifts) -> Any:
    """Draw a panel for each group and two waves.

    Args:
        look: The look.
        result: Shifts.
    """
    panels = [[_values(cut) for cut in row.cuts] for row in result.rows]
    every = [value for values in panels for value in values]
    for order, value in enumerate(every):
        value["order"] = order
        (value["told"],) = beside(look, [value["told"]])
    # Room for the longest name and text of all, so that panels are as wide.
    rows = named_rows(look, [one["cut"] for one in every], [one["told"] for one in every])
    drawn = zip(result.rows, panels, strict=True)
    return grid(look, [_panel(look, row, values, rows) for row, values in drawn], 1)


def reading(result: Shifts) -> list[str]:
    """How to read the circles, and what must be known of waves that compare with limits.

    Args:
        result: Shifts.
    """
    told = (
        "The share that gave this answer or a lower one: ○ in the earlier wave, ● in the later. At "
        f"the right the change in points with its {level_of(result.rows)} interval."
    )
    limited = dict.fromkeys(
        note for row in result.rows if row.comparability == "limited" for note in row.notes
    )
    return [told, *([f"Waves compare with limits: {' '.join(limited)}"] if limited else [])]


def _panel(look: Look, row: Shift, values: list[dict[str, Any]], rows: Rows) -> Any:
    return look.alt.layer(*_marks(look, values, rows)).properties(
        width=rows.width, height=look.alt.Step(rows.step), title=_heading(look, row)
    )


def _marks(look: Look, values: list[dict[str, Any]], rows: Rows) -> Sequence[Any]:
    alt, theme, text = look.alt, look.theme, look.size.text
    base = look.data(values)
    y, x = rows.y, look.percents("from")
    middle, size = rows.step / 2, 0.4 * text**2

    def bar(end: str, colour: str, place: float) -> Any:
        """Where a share lies that bands do not say."""
        vague = look.data([one for one in values if one[f"{end}_low"] != one[f"{end}_high"]])
        return vague.mark_bar(size=0.25 * text, color=colour, opacity=0.6).encode(
            y=y, x=look.percents(f"{end}_low"), x2=f"{end}_high:Q", yOffset=alt.value(place)
        )

    return [
        bar("from", theme.quiet, middle - 0.25 * text),
        bar("to", theme.main, middle + 0.25 * text),
        base.mark_rule(strokeWidth=0.13 * text, color=theme.main).encode(y=y, x=x, x2="to:Q"),
        base.mark_point(
            size=size, filled=True, fill="#ffffff", stroke=theme.main, opacity=1,
            strokeWidth=0.12 * text,
        ).encode(y=y, x=x),
        base.mark_point(size=size, filled=True, color=theme.main, opacity=1).encode(
            y=y, x=look.percents("to")
        ),
        told_beside(look, base, rows),
    ]  # fmt: skip


def _values(cut: Cut) -> dict[str, Any]:
    """One cut: shares that bands do not say stand at the middle of where they lie."""
    known = cut.share_from == cut.share_from_high and cut.share_to == cut.share_to_high
    limits = f"{numbers.points(cut.ci_low)} to {numbers.points(cut.ci_high)}"
    return {
        "cut": cut.up_to,
        "from": (cut.share_from + cut.share_from_high) / 2,
        "to": (cut.share_to + cut.share_to_high) / 2,
        "from_low": cut.share_from,
        "from_high": cut.share_from_high,
        "to_low": cut.share_to,
        "to_high": cut.share_to_high,
        "told": f"{numbers.points(cut.share_to - cut.share_from)} ({limits})" if known else limits,
    }


def _heading(look: Look, row: Shift) -> Any:
    group = group_of(row.domain)
    chance = numbers.percent(row.superiority)
    told = (
        f"{_SHOWN[row.verdict]}; a later respondent gave the higher answer {chance} of the time "
        f"({numbers.percents(row.ci_low, row.ci_high)}), ties half"
    )
    name = f"{row.from_wave} → {row.to_wave}" + (f" ({group})" if group else "")
    return look.heading([name], look.wrap(told, look.size.width, 0.94))
