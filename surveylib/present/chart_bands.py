"""Bands of a number as boxes on the axis of the number; those that overlap are told."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.errors import MethodError, listed, show
from surveylib.present.chart_look import grid
from surveylib.present.chart_points import MISSING, group_of, is_drawn, kind_of, level_of, point_of
from surveylib.present.chart_rows import parted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.analysis.results import Estimate
    from surveylib.present.chart_look import Look

    Bands = Mapping[str, tuple[float, float | None]]

_NUMBER = r"\d{1,3}(?:[,\u00a0\u202f]\d{3})+|\d+"
_UNIT = r"(?:\s+\D*)?%?\s*(?:\(.*\))?"
#: How labels of bands are read; what reads in none of these ways must be given.
_READ = (
    (re.compile(rf"({_NUMBER})\s*%?\s*(?:-|–|to)\s*({_NUMBER}){_UNIT}"), "between"),
    (re.compile(rf"(?:more than|over|above)\s+({_NUMBER}){_UNIT}", re.IGNORECASE), "above"),
    (re.compile(rf"({_NUMBER})\s*(?:\+|or more|and more){_UNIT}", re.IGNORECASE), "from"),
    (re.compile(rf"(?:up to|at most)\s+({_NUMBER}){_UNIT}", re.IGNORECASE), "to"),
    # No words: “1 very good” is no band.
    (re.compile(rf"({_NUMBER})\s*%?\s*(?:\(.*\))?"), "one"),
)


class Box(NamedTuple):
    """A band: its lowest and its highest number; None without an end."""

    low: float
    high: float | None


def read(label: str) -> Box | None:
    """A band as its label says it, in whole numbers; None where it does not.

    Args:
        label: Such as `51 to 100`, `More than 1,000` or `10+`.

    >>> read("101-1,000"), read("More than 1,000"), read("0")
    (Box(low=101, high=1000), Box(low=1001, high=None), Box(low=0, high=0))
    """
    for pattern, way in _READ:
        found = pattern.fullmatch(label.strip())
        if found:
            first, *rest = [int(re.sub(r"\D", "", part)) for part in found.groups()]
            return {
                "between": Box(first, rest[0] if rest else None),
                "above": Box(first + 1, None),
                "from": Box(first, None),
                "to": Box(0, first),
                "one": Box(first, first),
            }[way]
    return None


def boxes_of(rows: Sequence[Estimate], bands: Bands | None = None) -> dict[str, Box]:
    """The band of every answer, of those that have one.

    Args:
        rows: Shares.
        bands: The bands by answer; left out, they are read from labels.
    """
    labels = {row.answer: row.answer_text for row in rows if row.answer not in MISSING}
    if bands is None:
        found = {code: read(label) for code, label in labels.items()}
        return {code: box for code, box in found.items() if box is not None}
    return {code: Box(*bands[code]) for code in labels if code in bands}


def check(rows: Sequence[Estimate], bands: Bands) -> None:
    """Refuse bands that are none.

    Args:
        rows: Shares.
        bands: As given.

    Raises:
        MethodError: A band is no pair of numbers, or of no answer.
    """
    codes = list(dict.fromkeys(row.answer for row in rows if row.answer not in MISSING))
    wrong = [code for code in bands if code not in codes]
    if wrong:
        message = f"bands: {show(wrong[0])} is no answer here; choose among {listed(codes)}"
        raise MethodError(message)
    for code, ends in bands.items():
        pair = isinstance(ends, tuple | list) and len(ends) == 2
        if not pair or (ends[1] is not None and ends[1] < ends[0]):
            message = (
                f"bands: got {show(ends)} for '{code}', wanted its lowest and its highest number, "
                "such as (1, 10), or (11, None) without an end"
            )
            raise MethodError(message)


def overlaps(boxes: Mapping[str, Box]) -> list[tuple[str, str]]:
    """Pairs of bands that hold the same numbers.

    Args:
        boxes: Bands by answer.
    """
    return [
        (one, other)
        for one, other in combinations(boxes, 2)
        if max(boxes[one].low, boxes[other].low) <= min(_end(boxes[one]), _end(boxes[other]))
    ]


def _end(box: Box) -> float:
    return float("inf") if box.high is None else box.high


def draw(look: Look, result: Any, bands: Bands | None = None) -> Any:
    """A panel for each wave and group: how high a box is says the share, how wide the band.

    Args:
        look: The look.
        result: Shares of bands.
        bands: The bands by answer.
    """
    boxes = boxes_of(result.rows, bands)
    crossed = {code for pair in overlaps(boxes) for code in pair}
    shown = [row for row in result.rows if row.answer in boxes]
    groups = parted(shown, lambda row: (row.question, row.wave, row.domain))
    drawn = [row for row in shown if is_drawn(row)]
    top = max((point_of(row, 0, "")["high"] for row in drawn), default=1.0)
    last = max(box.low if box.high is None else box.high + 1 for box in boxes.values())
    # A band without an end is drawn to twice where it begins, with an open side.
    ends = {code: box.high + 1 if box.high is not None else 2 * max(box.low, last / 2, 1)
            for code, box in boxes.items()}  # fmt: skip
    panels = [_panel(look, rows, boxes, ends, crossed=crossed, top=top) for rows in groups]
    return grid(look, panels, 1)


def _panel(
    look: Look, rows: Sequence[Estimate], boxes: Mapping[str, Box], ends: Mapping[str, float], *,
    crossed: set[str], top: float,
) -> Any:  # fmt: skip
    alt, theme, text = look.alt, look.theme, look.size.text
    width = look.size.width - 2 * text
    values = [
        {**point_of(row, 0, kind_of(row)), "from": boxes[row.answer].low, "to": ends[row.answer],
         "zero": 0, "middle": _between(boxes[row.answer].low, ends[row.answer]),
         "box": "overlaps" if row.answer in crossed
         else "open" if boxes[row.answer].high is None else "alone"}
        for row in rows if is_drawn(row)
    ]  # fmt: skip
    x = _axis(look, boxes, ends, width)
    # Every box has its share above it.
    y = alt.Y("share:Q", axis=None,
              scale=alt.Scale(domain=[0, min(1.2, top * 1.3 + 0.02)], nice=False))  # fmt: skip
    base = look.data(values)
    labels = base.mark_text(dy=-0.75 * text, fontSize=0.92 * text, color=theme.ink)
    group = ", ".join(filter(None, (rows[0].wave, group_of(rows[0].domain)))) or rows[0].title
    filled = [
        look.data([one for one in values if one["box"] == way])
        .mark_rect(
            stroke=theme.main,
            strokeWidth=0.1 * text,
            strokeDash=dash,
            fill=theme.pale if way == "alone" else "#ffffff",
        )
        .encode(x=x, x2="to:Q", y=y, y2="zero:Q")
        for way, dash in (("alone", [1, 0]), ("open", [1.5, 2.5]), ("overlaps", [5, 3]))
    ]
    return alt.layer(
        *filled,
        base.mark_rule(strokeWidth=0.12 * text, color=theme.main).encode(
            x=alt.X("middle:Q"), y=alt.Y("low:Q"), y2="high:Q"
        ),
        labels.encode(x=alt.X("middle:Q"), y=alt.Y("high:Q"), text="label:N"),
    ).properties(
        width=width, height=6.5 * text, title=look.heading(look.wrap(group, width, 1.1))
    )  # fmt: skip


def _between(low: float, high: float) -> float:
    """The middle as it is seen on the axis, which grows as log(1 + x)."""
    return float(((1 + low) * (1 + high)) ** 0.5 - 1)


def _axis(look: Look, boxes: Mapping[str, Box], ends: Mapping[str, float], width: float) -> Any:
    """The number from left to right: steps of what it multiplies by, and 0 is on it."""
    lows = sorted({box.low for box in boxes.values()})
    names = {f"{low:g}": f"{low:,g}" for low in lows}
    axis = look.alt.Axis(
        values=lows, title=None, grid=False, labelOverlap="greedy", labelSeparation=4,
        labelExpr=f"({json.dumps(names)})[datum.value]",
    )  # fmt: skip
    scale = look.alt.Scale(
        type="symlog", constant=1, domain=[min(lows), max(ends.values())], nice=False,
        range=[0, width],
    )  # fmt: skip
    return look.alt.X("from:Q", scale=scale, axis=axis)


def reading(result: Any, bands: Bands | None = None) -> list[str]:
    """How to read boxes, and which overlap.

    Args:
        result: Shares of bands.
        bands: The bands by answer.
    """
    boxes = boxes_of(result.rows, bands)
    labels = {row.answer: row.answer_text for row in result.rows}
    first = (
        "A box is as wide as its band, on an axis that widens with the number, and as high as its "
        f"share, with its {level_of(result.rows)} interval. What is inside a band is not known."
    )
    lines = [first]
    if any(box.high is None for box in boxes.values()):
        lines.append("The dotted box has no upper end.")
    told = [f"“{labels[one]}” and “{labels[other]}”" for one, other in overlaps(boxes)]
    if told:
        lines.append(f"Dashed boxes overlap: {'; '.join(told)}.")
    left = [row.answer_text for row in result.rows if row.answer not in boxes]
    if left:
        lines.append(f"Not on the axis: {', '.join(dict.fromkeys(left))}.")
    return [" ".join(lines)]
