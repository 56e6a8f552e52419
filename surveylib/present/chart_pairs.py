"""Two waves side by side: slopes between them, and arrows from the earlier to the later share.

What is shown to have moved is a thick line, what is not a thin dashed one; figures that must not be
compared are open squares without a line, and the sign ≠.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from surveylib.present import numbers
from surveylib.present.chart_look import LINE, beside, named_rows, told_beside
from surveylib.present.chart_points import (
    group_of,
    is_drawn,
    kind_of,
    level_of,
    point_of,
    short_title,
    titles_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.changes import Change, Changes, Refusal
    from surveylib.present.chart_look import Look

_SHOWN = {"increased", "decreased"}
_NOT_COMPARED = "≠ (not compared)"


def drawn_of(result: Changes) -> list[Change | Refusal]:
    """Pairs with two figures, compared or not.

    Args:
        result: Changes.
    """
    entries: list[Change | Refusal] = [*result.rows, *result.refused]
    return [
        entry for entry in entries if is_drawn(entry.from_estimate) and is_drawn(entry.to_estimate)
    ]


def _ends(entry: Change | Refusal) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both figures as points; the caller knows that they are there."""
    first: Any = entry.from_estimate
    last: Any = entry.to_estimate
    return point_of(first, 0, kind_of(first)), point_of(last, 1, kind_of(last))


def _moved(entry: Any) -> str:
    """`shown`, `not shown`, or `refused`."""
    if not hasattr(entry, "verdict"):
        return "refused"
    return "shown" if entry.verdict in _SHOWN else "not shown"


def _told(entry: Any) -> str:
    """The change in points with its limits."""
    if not hasattr(entry, "verdict"):
        return _NOT_COMPARED
    span = f"{numbers.points(entry.envelope_low)} to {numbers.points(entry.envelope_high)}"
    care = " ~" if entry.comparability == "limited" else ""
    if entry.difference is None:
        return f"({span}){care}"
    return f"{numbers.points(entry.difference)} ({span}){care}"


def _name(entry: Change | Refusal, entries: Sequence[Change | Refusal]) -> str:
    """What tells a row from the others: question, answer, group, waves."""
    lasts: list[Any] = [one.to_estimate for one in entries]
    last: Any = entry.to_estimate
    questions = {one.question for one in lasts}
    short = short_title(last.title, titles_of(lasts)) if len(questions) > 1 else ""
    alone = len(questions) > 1 and len({(one.question, one.answer) for one in lasts}) == len(
        questions
    )
    name = ": ".join(filter(None, (short, "" if alone else last.answer_text)))
    group = group_of(last.domain)
    name = f"{name} ({group})" if group else name
    pairs = {(one.from_wave, one.to_wave) for one in entries}
    return f"{entry.from_wave} → {entry.to_wave}  {name}" if len(pairs) > 1 else name


def reading(result: Changes) -> list[str]:
    """How to read slopes and arrows.

    Args:
        result: Changes.
    """
    entries = drawn_of(result)
    kinds = {_moved(entry) for entry in entries}
    waves = dict.fromkeys(f"{entry.from_wave} to {entry.to_wave}" for entry in entries)
    lines = [f"{', '.join(waves)}. Change in points with its {level_of(result.rows)} limits."
             if result.rows else f"From {', '.join(waves)}."]  # fmt: skip
    if kinds & {"shown", "not shown"}:
        lines.append("Thick: a change is shown. Thin and dashed: none is shown.")
    if "refused" in kinds:
        lines.append("Open squares: figures that must not be compared.")
    if any(entry.comparability == "limited" for entry in entries):
        lines.append("~ waves compare with limits.")
    if any(point["kind"] == "words" for entry in entries for point in _ends(entry)):
        lines.append("Diamonds: printed in words.")
    return [" ".join(lines)]


def reading_arrows(result: Changes) -> list[str]:
    """How to read arrows.

    Args:
        result: Changes.
    """
    told = " ".join(reading(result))
    return [f"{told} Grey lines: intervals of the shares, of the earlier wave above."]


def _encodings(look: Look) -> dict[str, Any]:
    """How lines say whether a change is shown."""
    alt, theme, text = look.alt, look.theme, look.size.text
    # What is not compared has no line, but its points share the colours.
    ways = ["shown", "not shown", "refused"]

    def of(channel: Any, values: list[Any]) -> Any:
        scale = alt.Scale(domain=ways[: len(values)], range=values)
        return channel("moved:N", scale=scale, legend=None)

    return {
        "strokeWidth": of(alt.StrokeWidth, [0.24 * text, 0.11 * text]),
        "strokeDash": of(alt.StrokeDash, [[1, 0], [4, 3]]),
        "stroke": of(alt.Stroke, [theme.main, theme.quiet, theme.quiet]),
    }


def _point(look: Look, base: Any, *, filled: bool) -> Any:
    """Points whose shape says how they were printed, and squares for what is not compared."""
    alt, theme, text = look.alt, look.theme, look.size.text
    shapes = alt.Scale(domain=["number", "words", "refused"], range=["circle", "diamond", "square"])
    edges = alt.Scale(domain=["shown", "not shown", "refused"],
                      range=[theme.main, theme.quiet, theme.quiet])  # fmt: skip
    fills = edges if filled else alt.Scale(domain=["shown"], range=["#ffffff"])
    if filled:
        fills = alt.Scale(domain=["shown", "not shown", "refused"],
                          range=[theme.main, theme.quiet, "#ffffff"])  # fmt: skip
    return base.mark_point(size=0.5 * text**2, strokeWidth=0.13 * text, opacity=1).encode(
        shape=alt.Shape("shape:N", scale=shapes, legend=None),
        stroke=alt.Stroke("moved:N", scale=edges, legend=None),
        fill=alt.Fill("moved:N", scale=fills, legend=None) if filled else alt.value("#ffffff"),
    )


def draw_arrows(look: Look, result: Changes) -> Any:
    """A row for each change: an open point, and an arrow to the filled one of the later wave.

    Args:
        look: The look.
        result: Changes.
    """
    entries = drawn_of(result)
    told = beside(look, [_told(entry) for entry in entries])
    rows = named_rows(look, [_name(entry, entries) for entry in entries], told)
    values = []
    for number, entry in enumerate(entries):
        first, last = _ends(entry)
        moved = _moved(entry)
        values.append({
            "order": number, "from": first["share"], "to": last["share"], "moved": moved,
            "from_low": first["low"], "from_high": first["high"], "to_low": last["low"],
            "to_high": last["high"], "told": told[number],
            "from_kind": "refused" if moved == "refused" else first["kind"],
            "to_kind": "refused" if moved == "refused" else last["kind"],
            "way": "right" if last["share"] >= first["share"] else "left",
        })  # fmt: skip
    return _arrows(look, rows, values)


def _arrows(look: Look, rows: Any, values: list[dict[str, Any]]) -> Any:
    alt, text = look.alt, look.size.text
    top = max((max(one["from_high"], one["to_high"]) for one in values), default=1.0)
    domain = [0, 1.0 if top > 0.5 else 0.5]
    x = look.percents("from", domain)
    shift = {"from": -0.36 * text, "to": 0.36 * text}
    base = look.data(values)
    layers = [
        base.mark_rule(strokeWidth=0.09 * text, color=look.theme.quiet, opacity=0.75).encode(
            y=rows.y, x=look.percents(f"{end}_low", domain), x2=f"{end}_high:Q",
            yOffset=alt.value(rows.step / 2 + shift[end]),
        )
        for end in ("from", "to")
    ]  # fmt: skip
    joined = look.data([one for one in values if one["moved"] != "refused"])
    layers.append(joined.mark_rule().encode(y=rows.y, x=x, x2="to:Q", **_encodings(look)))
    for end in ("from", "to"):
        part = look.data([{**one, "share": one[end], "shape": one[f"{end}_kind"]}
                          for one in values])  # fmt: skip
        layers.append(_point(look, part, filled=end == "to").encode(
            y=rows.y, x=look.percents("share", domain)))  # fmt: skip
    heads = look.data(_heads(values, domain[1], rows.width, text))
    ways = alt.Scale(domain=["left", "right"], range=["triangle-left", "triangle-right"])
    layers.append(
        heads.mark_point(size=0.3 * text**2, filled=True, opacity=1).encode(
            y=rows.y, x=look.percents("at", domain),
            shape=alt.Shape("way:N", scale=ways, legend=None),
            color=alt.Color("moved:N", legend=None, scale=alt.Scale(
                domain=["shown", "not shown"], range=[look.theme.main, look.theme.quiet])),
        )
    )  # fmt: skip
    layers.append(told_beside(look, base, rows))
    return (
        alt.layer(*layers)
        .resolve_scale(shape="independent")
        .properties(width=rows.width, height=alt.Step(rows.step))
    )


def _heads(
    values: Sequence[dict[str, Any]], top: float, width: float, text: float
) -> list[dict[str, Any]]:
    """Heads of arrows, before the later point; none where both points stand on each other."""
    letter = text * top / width
    found = []
    for one in values:
        length = abs(one["to"] - one["from"])
        if one["moved"] != "refused" and length > 1.5 * letter:
            way = 1 if one["way"] == "right" else -1
            found.append({**one, "at": one["to"] - way * 0.62 * letter})
    return found


def draw_slope(look: Look, result: Changes) -> Any:
    """A line for each change, from the earlier wave at the left to the later at the right.

    Args:
        look: The look.
        result: Changes between the same two waves.
    """
    entries = drawn_of(result)
    text, whole = look.size.text, look.size.width
    # A change is not torn at the end of a line.
    told = [_told(entry).replace(" ", numbers.SPACE) for entry in entries]
    names = [f"{_name(entry, entries)}: {one}" for entry, one in zip(entries, told, strict=True)]
    side = 0.52 * whole
    lines = [look.wrap(name, side, 0.95) for name in names]
    right = look.width_of([line for one in lines for line in one], 0.95)
    shares = [_ends(entry) for entry in entries]
    left = look.width_of([numbers.share(entry.from_estimate) for entry in entries
                          if entry.from_estimate])  # fmt: skip
    width = max(whole - right - left - 3.5 * text, 7 * text)
    line = LINE * 0.95 * text
    height = max(15 * text, 1.4 * line * sum(map(len, lines)))
    domain = _heights([point["share"] for ends in shares for point in ends])
    gap = line * (domain[1] - domain[0]) / height
    tall = [[0.0] * len(entries), [float(len(one)) for one in lines]]
    values = [
        {**point, "entry": number, "moved": _moved(entry), "name": lines[number],
         "shape": "refused" if _moved(entry) == "refused" else point["kind"]}
        for number, entry in enumerate(entries) for point in shares[number]
    ]  # fmt: skip
    for side_number in (0, 1):
        mine = [value for value in values if value["year"] == side_number]
        sizes = [max(size, 1.0) for size in tall[side_number]]
        for value, at in zip(mine, _apart(mine, sizes, gap), strict=True):
            value["at"] = at
    waves = [(entries[0].from_wave, entries[0].to_wave)[place] for place in (0, 1)]
    return _slope(look, values, waves, domain, (width, height))


def _heights(shares: Sequence[float]) -> tuple[float, float]:
    """Between which shares a slope chart reaches; from 0, where that leaves no great gap."""
    low, high = min(shares), max(shares)
    room = 0.12 * max(high - low, 0.05)
    return (0.0 if low < 0.3 * high else max(0.0, low - room)), min(1.0, high + room)


def reading_slope(result: Changes) -> list[str]:
    """How to read slopes.

    Args:
        result: Changes between the same two waves.
    """
    points = [point for entry in drawn_of(result) for point in _ends(entry)]
    low, _ = _heights([point["share"] for point in points])
    told = " ".join(reading(result))
    return [f"{told} Heights do not begin at 0." if low > 0 else told]


def _apart(values: Sequence[dict[str, Any]], lines: Sequence[float], gap: float) -> list[float]:
    """Where labels stand so that none stands on another, as near to their points as may be.

    Blocks that touch are put together around their mean, which is isotonic regression.
    """
    order = sorted(range(len(values)), key=lambda place: values[place]["share"])
    blocks: list[list[float]] = []  # sum of wished feet, how many, height, and members
    members: list[list[int]] = []
    for place in order:
        tall = lines[place] * gap
        blocks.append([values[place]["share"] - tall / 2, 1.0, tall])
        members.append([place])
        while len(blocks) > 1 and _foot(blocks[-2]) + blocks[-2][2] > _foot(blocks[-1]):
            last, names = blocks.pop(), members.pop()
            first = blocks[-1]
            first[0] += last[0] - last[1] * first[2]
            first[1] += last[1]
            first[2] += last[2]
            members[-1] += names
    found = [0.0] * len(values)
    for block, names in zip(blocks, members, strict=True):
        at = _foot(block)
        for place in names:
            tall = lines[place] * gap
            found[place] = at + tall / 2
            at += tall
    return found


def _foot(block: Sequence[float]) -> float:
    return block[0] / block[1]


def _slope(
    look: Look, values: list[dict[str, Any]], waves: Sequence[str],
    domain: tuple[float, float], size: tuple[float, float],
) -> Any:  # fmt: skip
    alt, theme, text = look.alt, look.theme, look.size.text
    axis = alt.Axis(values=[0, 1], title=None, grid=True, ticks=False, orient="top", domain=False,
                    labelExpr=f"({json.dumps(list(waves))})[datum.value]", labelFontWeight="bold",
                    labelColor=theme.ink, labelFontSize=text)  # fmt: skip
    x = alt.X("year:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=axis)
    scale = alt.Scale(domain=list(domain), nice=False)
    y = alt.Y("share:Q", scale=scale, axis=None)
    at = alt.Y("at:Q", scale=scale, axis=None)
    joined = look.data([one for one in values if one["moved"] != "refused"])
    lines = joined.mark_line().encode(x=x, y=y, detail="entry:N", **_encodings(look))
    points = _point(look, look.data(values), filled=True).encode(x=x, y=y)
    earlier = look.data([one for one in values if one["year"] == 0])
    later = look.data([{**one, "line": line, "down": place - (len(one["name"]) - 1) / 2}
                       for one in values if one["year"] == 1
                       for place, line in enumerate(one["name"])])  # fmt: skip
    step = LINE * 0.95 * text * (domain[1] - domain[0]) / size[1]
    moved = later.transform_calculate(at=f"datum.at - datum.down * {step}")
    return alt.layer(
        lines,
        points,
        earlier.mark_text(align="right", dx=-0.7 * text, fontSize=0.95 * text, color=theme.ink)
        .encode(x=x, y=at, text="label:N"),
        moved.mark_text(align="left", dx=0.7 * text, fontSize=0.95 * text, color=theme.ink)
        .encode(x=x, y=at, text="line:N"),
    ).properties(width=size[0], height=size[1])  # fmt: skip
