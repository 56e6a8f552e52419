"""Shifts as an Altair chart: the share up to each answer, before and after.

An open circle is the earlier wave and a filled one the later. Where bands do not say a share, a
bar says where it lies.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from surveylib.present import numbers
from surveylib.present.chart import BLUE, INK, QUIET, altair, inline, styled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.shifts import Cut, Shift, Shifts

_WIDTH, _STEP = 300, 26
#: Letters of a heading over a panel and its labels.
_LETTERS = 78
_SHOWN = {
    "shifted up": "answers shifted up",
    "shifted down": "answers shifted down",
    "crosses": "up in one place, down in another",
    "not shown": "no shift is shown",
}


def draw(result: Shifts) -> Any:
    """Draw a panel for each group and two waves.

    Args:
        result: Shifts.

    Raises:
        MissingExtraError: The `report` extra is not installed.
    """
    alt = altair()
    titles = list(dict.fromkeys(row.title for row in result.rows))
    level = f"{result.rows[0].confidence_level * 100:g}{numbers.SPACE}%"
    told = (
        "The share that gave this answer or a lower one: ○ in the earlier wave, ● in the later. At "
        f"the right the change in points with its {level} interval."
    )
    limited = dict.fromkeys(
        note for row in result.rows if row.comparability == "limited" for note in row.notes
    )
    notes = [f"Waves compare with limits: {' '.join(limited)}"] if limited else []
    title = alt.TitleParams(
        text=[line for one in titles for line in textwrap.wrap(one, _LETTERS)] or [""],
        subtitle=[line for one in (told, *notes) for line in textwrap.wrap(one, _LETTERS)],
        anchor="start",
        fontSize=15,
        color=INK,
        subtitleColor=QUIET,
        subtitleFontSize=11.5,
        subtitlePadding=5,
        offset=14,
    )
    panels = [_panel(alt, row) for row in result.rows]
    return styled(alt.vconcat(*panels, spacing=22).properties(title=title))


def _panel(alt: Any, row: Shift) -> Any:
    values = [_values(cut) for cut in row.cuts]
    base = alt.Chart(inline(alt, values))
    order = [value["cut"] for value in values]
    y = alt.Y(
        "cut:N",
        sort=order,
        axis=alt.Axis(title=None, domain=False, ticks=False, labelLimit=260, labelPadding=10),
    )
    x = alt.X(
        "from:Q",
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format=".0%", title=None, tickCount=5, domain=False, ticks=False),
    )
    marks: Sequence[Any] = [
        base.mark_bar(size=3, color=QUIET, opacity=0.45).encode(
            y=y, x=alt.X("from_low:Q"), x2="from_high:Q", yOffset=alt.value(_STEP / 2 - 3)
        ),
        base.mark_bar(size=3, color=BLUE, opacity=0.8).encode(
            y=y, x=alt.X("to_low:Q"), x2="to_high:Q", yOffset=alt.value(_STEP / 2 + 3)
        ),
        base.mark_rule(strokeWidth=1.6, color=BLUE).encode(y=y, x=x, x2="to:Q"),
        base.mark_point(size=58, filled=True, fill="#ffffff", stroke=BLUE, opacity=1).encode(
            y=y, x=x
        ),
        base.mark_point(size=58, filled=True, color=BLUE, opacity=1).encode(y=y, x=alt.X("to:Q")),
        base.mark_text(align="left", fontSize=11, color=INK).encode(
            y=y, x=alt.value(_WIDTH + 12), text="told:N"
        ),
    ]
    return alt.layer(*marks).properties(
        width=_WIDTH, height=alt.Step(_STEP), title=_heading(alt, row)
    )


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


def _heading(alt: Any, row: Shift) -> Any:
    group = ", ".join(part.partition("=")[2] for part in row.domain.split(", ") if part)
    chance = numbers.percent(row.superiority)
    told = (
        f"{_SHOWN[row.verdict]}; a later respondent gave the higher answer {chance} of the time "
        f"({numbers.percents(row.ci_low, row.ci_high)}), ties half"
    )
    return alt.TitleParams(
        text=f"{row.from_wave} → {row.to_wave}" + (f" ({group})" if group else ""),
        subtitle=textwrap.wrap(told, _LETTERS),
        anchor="start",
        frame="bounds",
        fontSize=12.5,
        color=INK,
        subtitleColor=QUIET,
        subtitleFontSize=11.5,
        offset=8,
    )
