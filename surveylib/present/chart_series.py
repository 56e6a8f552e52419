"""Changes over the waves: points with intervals, joined only where they may be compared.

Nothing depends on colour: what is comparable is told by lines, what was printed in words by
shape, what must not be compared by an open square and the sign ≠.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.analysis.study import COMPARABLE
from surveylib.present.chart_look import columns_for, grid
from surveylib.present.chart_points import (
    READ_WORDS,
    is_drawn,
    level_of,
    marks,
    name_of,
    point_of,
    short_title,
    titles_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.changes import Change, Changes, Refusal
    from surveylib.analysis.results import Estimate
    from surveylib.present.chart_look import Look


#: Wave, question, answer and group of a figure.
Key = tuple[str, str, str, str]


class Link(NamedTuple):
    """Two points of a panel, and whether they may be joined."""

    earlier: Estimate
    later: Estimate
    comparability: str


def draw(look: Look, result: Changes) -> Any:
    """A panel for each series of figures that compare; each group has its own.

    Args:
        look: The look.
        result: Changes.
    """
    groups = series([*result.rows, *result.refused])
    waves = [len({end.wave for entry in group if (link := _link(entry)) for end in link[:2]})
             for group in groups]  # fmt: skip
    columns = columns_for(look, len(groups), 4.5 * max(waves, default=2) + 7)
    text = look.size.text
    width = min(look.size.width / columns - 5.4 * text, 36 * text)
    tops = [_top(group) for group in groups]
    whole = titles_of([link.later for group in groups for entry in group if (link := _link(entry))])
    panels = [_named(look, group, width, max(tops), whole) for group in groups]
    return grid(look, panels, columns)


def reading(result: Changes) -> list[str]:
    """How to read points that are joined or not.

    Args:
        result: Changes.
    """
    groups = series([*result.rows, *result.refused])
    entries = [entry for group in groups for entry in group]
    links = [link for entry in entries if (link := _link(entry))]
    ends = [end for link in links for end in link[:2]]
    lines = [f"Points with {level_of(ends)} intervals; a line joins waves that compare."]
    if any(end.estimate is None for end in ends):
        lines.append(READ_WORDS)
    if any(link.comparability == "limited" for link in links):
        lines.append("Dashed: waves compare with limits.")
    if any(link.comparability not in COMPARABLE for link in links):
        lines.append(
            "≠ and open squares: figures that must not be compared, a break in the series."
        )
    return [" ".join(lines)]


def _named(
    look: Look, group: Sequence[Change | Refusal], width: float, top: float, whole: str
) -> Any:
    """A panel among several, with its answer and group above it."""
    last = next(link.later for entry in reversed(group) if (link := _link(entry)))
    short = short_title(last.title, whole)
    name = name_of(last) if last.title == whole else f"{short}: {name_of(last)}"
    title = look.over(look.wrap(name, width + 3 * look.size.text, 1.1))
    drawn = _panel(look, group, width, 10 * look.size.text, top)
    return drawn.properties(title=title)


def series(results: Sequence[Change | Refusal]) -> list[list[Change | Refusal]]:
    """Group pairs of figures that belong in one panel.

    Comparable pairs that share a figure are one series. A pair that must not be compared joins
    the series whose figure and question it shares; where there is none, it has no panel.

    Args:
        results: Pairs, compared or not.
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
    """The pair's two figures; None where one of them was not printed, or is withheld."""
    if entry.from_estimate is None or entry.to_estimate is None:
        return None
    if not (is_drawn(entry.from_estimate) and is_drawn(entry.to_estimate)):
        return None
    return Link(entry.from_estimate, entry.to_estimate, entry.comparability)


def _ends(entry: Change | Refusal) -> set[tuple[str, str, str, str]]:
    return {_key(end) for end in (entry.from_estimate, entry.to_estimate) if end is not None}


def _touches(group: Sequence[Change | Refusal], entry: Change | Refusal) -> bool:
    return any(_ends(other) & _ends(entry) for other in group)


def _key(row: Estimate) -> tuple[str, str, str, str]:
    return row.wave, row.question, row.answer, row.domain


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


def _links(group: Sequence[Change | Refusal]) -> list[Link]:
    # A whole series is drawn by its steps; the line from its first to its last wave is left out,
    # unless it is all there is.
    single = [entry for entry in group if entry.steps == 1] or group
    links = [link for entry in single if (link := _link(entry))]
    joined = {(_key(link.earlier), _key(link.later)) for link in links
              if link.comparability in COMPARABLE}  # fmt: skip
    return [link for link in links
            if link.comparability not in COMPARABLE or not _bridged(link, joined)]  # fmt: skip


def _bridged(link: Link, joined: set[tuple[Key, Key]]) -> bool:
    """Whether waves between the two lead from one to the other, so that its line says nothing."""
    start, end = _key(link.earlier), _key(link.later)
    reached, front = {start}, [start]
    while front:
        here = front.pop()
        for one, other in joined - {(start, end)}:
            if one == here and other not in reached:
                reached.add(other)
                front.append(other)
    return end in reached


def _top(group: Sequence[Change | Refusal]) -> float:
    """The highest end of an interval."""
    ends = [end for link in _links(group) for end in link[:2]]
    return float(max(point_of(end, 0, "number")["high"] for end in ends))


def _panel(
    look: Look, group: Sequence[Change | Refusal], width: float, height: float, top: float
) -> Any:
    alt, theme, text = look.alt, look.theme, look.size.text
    links = _links(group)
    waves = _waves(links)
    placed = _placed(links, waves)
    lines, signs = _between(links, placed)
    x = _wave_axis(look, waves, width)
    # Room for a label above the highest interval.
    y = look.shares("share", top * (1 + 1.9 * text / height) + 0.02)
    layers = []
    if lines:
        dashes = alt.Scale(domain=["identical", "limited"], range=[[1, 0], [5, 4]])
        dash = alt.StrokeDash("dash:N", scale=dashes, legend=None)
        drawn = look.data(lines).mark_line(strokeWidth=0.13 * text, color=theme.main)
        layers.append(drawn.encode(x=x, y=y, detail="link:N", strokeDash=dash))
    base = look.data(list(placed.values()))
    layers += marks(look, base, x, y)
    labels = base.mark_text(dy=-0.75 * text, fontSize=0.95 * text, color=theme.ink)
    layers.append(labels.encode(x=x, y=alt.Y("high:Q"), text="label:N"))
    if signs:
        drawn = look.data(signs).mark_text(fontSize=1.4 * text, color=theme.quiet)
        layers.append(drawn.encode(x=x, y=y, text="sign:N"))
    return alt.layer(*layers).properties(width=width, height=height)


def _wave_axis(look: Look, waves: dict[str, int], width: float) -> Any:
    """The waves from left to right, named as they are; where they are crowded some names go."""
    places = sorted(set(waves.values()))
    names = {
        place: " / ".join(sorted(name for name, at in waves.items() if at == place))
        for place in places
    }
    nearest = min((later - earlier for earlier, later in pairwise(places)), default=1)
    # Half a label of room at both ends.
    pixels = width / (places[-1] - places[0] + 1 * nearest)
    room = max(0.45, 0.5 * look.width_of(["00.0–00.0 %"]) / pixels)
    room = min(room, 0.45 * (places[-1] - places[0] + 1))
    scale = look.alt.Scale(domain=[places[0] - room, places[-1] + room], nice=False)
    return look.alt.X(
        "year:Q",
        scale=scale,
        axis=look.alt.Axis(
            values=places,
            labelExpr=f"({json.dumps(names)})[datum.value]",
            labelOverlap=True,
            title=None,
            grid=False,
            ticks=False,
        ),
    )
