"""Shares as rows with intervals, over the waves, and in a panel for each group."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from surveylib.present import numbers
from surveylib.present.chart_look import LINE, columns_for, grid, named_rows, told_beside
from surveylib.present.chart_points import (
    READ_WORDS,
    group_of,
    is_drawn,
    kind_of,
    level_of,
    marks,
    name_of,
    point_of,
    short_title,
    titles_of,
    told_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.results import Estimate, Estimates
    from surveylib.present.chart_look import Look


def draw_rows(look: Look, result: Estimates) -> Any:
    """A row for each share, in the order of the result.

    Args:
        look: The look.
        result: Shares.
    """
    names, last = [], None
    for row in result.rows:
        head, tail = _row_name(row, result.rows)
        # What rows have in common is named once.
        names.append(": ".join(filter(None, (head if head != last else "", tail))) or head)
        last = head
    return _forest(look, result.rows, names)


def reading(result: Any) -> list[str]:
    """How to read points with intervals.

    Args:
        result: Shares.
    """
    told = f"Points with {level_of(result.rows)} intervals."
    words = any(row.estimate is None and is_drawn(row) for row in result.rows)
    return [f"{told} {READ_WORDS}" if words and _is_share(result.rows) else told]


def reading_waves(result: Any) -> list[str]:
    """How to read points over the waves.

    Args:
        result: Shares.
    """
    told = " ".join(reading(result))
    return [f"{told} They are not joined: whether waves compare is told by changes."]


def _is_share(rows: Sequence[Estimate]) -> bool:
    return all(row.statistic in numbers.SHARES for row in rows)


def _row_name(row: Estimate, rows: Sequence[Estimate]) -> tuple[str, str]:
    """What a row has in common with its neighbours, and what is its own."""
    whole = titles_of(rows)
    several = len({one.question for one in rows}) > 1
    title = short_title(row.title, whole) if several else ""
    answers = len({(one.question, one.answer) for one in rows})
    alone = several and answers == len({one.question for one in rows})
    answer = "" if alone else row.answer_text
    group = group_of(row.domain)
    if alone:
        return f"{title} ({group})" if group else title, row.wave
    named = f"{answer} ({group})" if group and answer else answer or group
    return "  ".join(filter(None, (row.wave, title))), named


def _forest(look: Look, rows: Sequence[Estimate], names: Sequence[str]) -> Any:
    """Rows with intervals and figures beside them; a withheld figure has a name and no mark."""
    told = [told_of(row) for row in rows]
    placed = named_rows(look, names, told)
    points = [
        {**(point_of(row, 0.0, kind_of(row)) if is_drawn(row) else {}), "order": number,
         "told": told[number]}
        for number, row in enumerate(rows)
    ]  # fmt: skip
    shown = look.data([point for point in points if "share" in point])
    x, low = look.percents("share"), look.percents("low")
    if not _is_share(rows):
        axis = look.alt.Axis(format=",", title=None, tickCount=5, domain=False, ticks=False)
        scale = look.alt.Scale(zero=False)
        x, low = (look.alt.X(f"{name}:Q", scale=scale, axis=axis) for name in ("share", "low"))
    drawn = marks(look, shown, x, placed.y, low=low)
    return look.alt.layer(*drawn, told_beside(look, look.data(points), placed)).properties(
        width=placed.width, height=look.alt.Step(placed.step)
    )


def draw_waves(look: Look, result: Estimates) -> Any:
    """A panel for each answer and group, with a point for each wave; points are not joined.

    Args:
        look: The look.
        result: Shares of two waves or more.
    """
    series = parted(result.rows, lambda row: (row.question, row.answer, row.domain))
    waves = list(dict.fromkeys(row.wave for row in result.rows))
    shown = [row for row in result.rows if is_drawn(row)]
    text = look.size.text
    # Room for the longest figure above each wave.
    least = len(waves) * (look.width_of([told_of(row) for row in shown], 0.92) + 0.6 * text)
    columns = columns_for(look, len(series), max(14.0, least / text + 5.2))
    width = min(max(26 * text, least), look.size.width / columns - 5.2 * text)
    top = max((point_of(row, 0, "number")["high"] for row in shown), default=1.0)
    whole = titles_of(result.rows)
    several = len({row.question for row in result.rows}) > 1
    panels = []
    for rows in series:
        title = short_title(rows[0].title, whole)
        name = f"{title}: {name_of(rows[0])}" if several else name_of(rows[0])
        panels.append(_over_waves(look, rows, waves, name, width=width, top=top))
    return grid(look, panels, columns)


def _over_waves(
    look: Look,
    rows: Sequence[Estimate],
    waves: Sequence[str],
    name: str,
    *,
    width: float,
    top: float,
) -> Any:
    text = look.size.text
    points = [point_of(row, waves.index(row.wave), kind_of(row)) for row in rows if is_drawn(row)]
    axis = look.alt.Axis(
        values=list(range(len(waves))), title=None, grid=False, ticks=False, labelOverlap=True,
        labelExpr=f"({json.dumps(list(waves))})[datum.value]",
    )  # fmt: skip
    scale = look.alt.Scale(domain=[-0.5, len(waves) - 0.5], nice=False)
    x = look.alt.X("year:Q", scale=scale, axis=axis)
    share = _is_share(rows)
    y = look.shares("share", min(1.12, top * 1.15 + 0.02))
    if not share:
        plain = look.alt.Axis(title=None, tickCount=4, domain=False, ticks=False)
        y = look.alt.Y("share:Q", scale=look.alt.Scale(zero=False), axis=plain)
    base = look.data(points)
    labels = base.mark_text(dy=-0.75 * text, fontSize=0.92 * text, color=look.theme.ink).encode(
        x=x, y=look.alt.Y("high:Q"), text="label:N"
    )
    return look.alt.layer(*marks(look, base, x, y), labels).properties(
        width=width, height=9 * text, title=look.over(look.wrap(name, width + 3 * text, 1.1))
    )


def parted(rows: Sequence[Any], key: Any) -> list[list[Any]]:
    """Rows with the same key together, in the order in which the keys first come.

    Args:
        rows: The rows.
        key: What they have in common.
    """
    found: dict[object, list[Any]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return list(found.values())


def draw_panels(look: Look, result: Estimates) -> Any:
    """A panel for each group, with the same rows and the same axis.

    Args:
        look: The look.
        result: Shares of two groups or more.
    """
    groups = parted(result.rows, lambda row: row.domain)
    # The waves of an answer stand below each other.
    answers = parted(result.rows, lambda row: (row.question, row.answer))
    names = list(dict.fromkeys(_inside(row, result.rows) for rows in answers for row in rows))
    text = look.size.text
    columns = columns_for(look, len(groups), 22.0)
    placed = named_rows(look, names)
    room = placed.width
    # The names of rows stand at the left of the first column only.
    width = max((room - (columns - 1) * 3 * text) / columns - 4.5 * text, 8 * text)
    panels = []
    for number, rows in enumerate(groups):
        points = [
            {**(point_of(row, 0.0, kind_of(row)) if is_drawn(row) else {}),
             "order": names.index(_inside(row, result.rows)), "told": told_of(row)}
            for row in rows
        ]  # fmt: skip
        shown = [point for point in points if "share" in point]
        base = look.data(shown)
        scale = look.alt.Scale(domain=list(range(len(names))))
        y = look.alt.Y("order:O", scale=scale, axis=placed.axis if number % columns == 0 else None)
        told = look.data(points).mark_text(align="left", fontSize=0.92 * text, color=look.theme.ink)
        panels.append(
            look.alt.layer(
                *marks(look, base, look.percents("share", ticks=3), y,
                       low=look.percents("low", ticks=3)),
                told.encode(y=y, x=look.alt.value(width + 0.7 * text), text="told:N"),
            ).properties(
                width=width, height=placed.step * len(names),
                title=look.heading(
                    look.wrap(group_of(rows[0].domain) or "all", width + 4 * text, 1.1),
                    frame="group", lineHeight=LINE * text,
                ),
            )
        )  # fmt: skip
    return grid(look, panels, columns)


def _inside(row: Estimate, rows: Sequence[Estimate]) -> str:
    """The name of a row within a group."""
    several = len({one.question for one in rows}) > 1
    named = [short_title(row.title, titles_of(rows))] if several else []
    named += [row.answer_text or row.title]
    named += [row.wave] if len({one.wave for one in rows}) > 1 else []
    return "  ".join(filter(None, named))
