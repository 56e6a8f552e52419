"""Small charts for a page of many questions: one SVG of a few paths for each series of shares.

A chart by Vega takes a tenth of a second, and a page of a hundred questions holds hundreds. Here
every kind of mark is one path, however many marks it has. Nothing depends on colour: a solid line
joins what is identical, a dashed one what is comparable with limits, and nothing joins the rest.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from surveylib.analysis.changes import Change
from surveylib.analysis.study import COMPARABLE
from surveylib.present import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from surveylib.analysis.changes import Refusal
    from surveylib.analysis.results import Estimate

    Key = tuple[str, str, str, str]

WIDE, HIGH = 260, 132
_LEFT, _RIGHT, _TOP, _BOTTOM = 36, 14, 20, 20
#: Heights of the axis, as shares: the lowest of these that holds every interval of a question.
_TOPS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
#: Up to this many points each has its share in figures; of more, the first and the last.
_NAMED_POINTS = 4


class Join(NamedTuple):
    """Two shares, and whether a line joins them."""

    earlier: Key
    later: Key
    comparability: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Shares of one answer over the waves.

    Args:
        question: The question of the latest share.
        points: The shares, in time order.
        joins: Pairs of them: joined, or kept apart with a sign.
    """

    question: str
    points: tuple[Estimate, ...]
    joins: tuple[Join, ...]

    @property
    def last(self) -> Estimate:
        """The latest share."""
        return self.points[-1]


def key(row: Estimate) -> Key:
    """What a share is of.

    Args:
        row: The share.
    """
    return row.wave, row.question, row.answer, row.domain


def all_series(
    waves: Sequence[str],
    estimates: Iterable[Estimate],
    pairs: Sequence[Change | Refusal],
) -> list[Series]:
    """Put the shares of each answer together, over all names that it had.

    Args:
        waves: Names of the waves, in time order.
        estimates: Every share; those that are withheld have no place in a chart.
        pairs: Changes and pairs that must not be compared.
    """
    rows = {key(row): row for row in estimates if not numbers.is_withheld(row)}
    drawn: list[tuple[Change | Refusal, Join]] = []
    for pair in pairs:
        first, last = pair.from_estimate, pair.to_estimate
        if first is None or last is None or numbers.is_withheld(first) or numbers.is_withheld(last):
            continue
        rows.setdefault(key(first), first)
        rows.setdefault(key(last), last)
        drawn.append((pair, Join(key(first), key(last), pair.comparability)))
    # Of single answers the first wave is compared with the last one, too, in one step.
    every = any(isinstance(pair, Change) and pair.standard_error is not None for pair in pairs)
    place = {name: at for at, name in enumerate(waves)}
    joins = [
        join
        for pair, join in drawn
        if _is_step(pair, rows, waves[place[pair.from_wave] + 1 : place[pair.to_wave]]
                    if every else ())
    ]  # fmt: skip
    home = _homes(rows, joins)
    groups: dict[Key, list[Estimate]] = defaultdict(list)
    for name, row in rows.items():
        groups[home[name]].append(row)
    by_home: dict[Key, list[Join]] = defaultdict(list)
    for join in joins:
        if home[join.earlier] == home[join.later]:
            by_home[home[join.earlier]].append(join)
    found = []
    for root, points in groups.items():
        points.sort(key=lambda row: place[row.wave])
        found.append(Series(question=points[-1].question, points=tuple(points),
                            joins=tuple(by_home[root])))  # fmt: skip
    return found


def _is_step(pair: Change | Refusal, rows: Mapping[Key, Estimate], between: Sequence[str]) -> bool:
    """Whether a pair is drawn: one from the first to the last wave only where nothing is between.

    Args:
        pair: The pair.
        rows: Every share.
        between: Waves between the two, where every pair of waves was looked at.
    """
    name = (pair.question, pair.answer, pair.domain)
    return pair.steps == 1 and not any((wave, *name) in rows for wave in between)


def _homes(rows: Mapping[Key, Estimate], joins: Iterable[Join]) -> dict[Key, Key]:
    """For each share one that stands for its series."""
    parent = {name: name for name in rows}

    def root(name: Key) -> Key:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    seen: dict[tuple[str, ...], Key] = {}
    for name in rows:
        parent[root(name)] = root(seen.setdefault(name[1:], name))
    for join in joins:
        if join.comparability in COMPARABLE:
            parent[root(join.earlier)] = root(join.later)
    return {name: root(name) for name in rows}


class Axis(NamedTuple):
    """What an axis reaches from and to: shares from 0, numbers as far as there are any."""

    low: float
    high: float
    is_share: bool

    def name(self, value: float) -> str:
        """What stands at a line: a share in percent, a number in its own unit."""
        return f"{value * 100:g}" if self.is_share else f"{value:,.4g}"


def axis_of(series: Iterable[Series]) -> Axis:
    """The axis that some charts have in common.

    Args:
        series: The series of one question.
    """
    rows = [row for one in series for row in one.points]
    limits = [_limits(row) for row in rows]
    high = max((top for _, top in limits), default=1.0)
    if all(row.statistic in numbers.SHARES for row in rows):
        return Axis(0.0, next((top for top in _TOPS if high <= top), 1.0), is_share=True)
    low = min(low for low, _ in limits)
    return Axis(-_round_up(-low), _round_up(high) or float(low >= 0), is_share=False)


def _round_up(value: float) -> float:
    """A round number that is no smaller; 0 for what is below it.

    >>> [_round_up(value) for value in (-3.0, 0.12, 7.2, 450.0)]
    [0.0, 0.2, 10.0, 500.0]
    """
    if not value > 0 or not math.isfinite(value):
        return 0.0
    step = 10.0 ** math.floor(math.log10(value))
    return next((step * times for times in (1, 2, 4, 5) if value <= step * times), 10 * step)


def _limits(row: Estimate) -> tuple[float, float]:
    """Where the upright line of a share ends."""
    if row.envelope_low is not None and row.envelope_high is not None:
        return row.envelope_low, row.envelope_high
    return row.estimate_low, row.estimate_high


def alternative(series: Series) -> str:
    """A chart in words: every share with its wave, and what must not be compared.

    Args:
        series: The series.
    """
    told = "; ".join(f"{row.wave} {numbers.share(row)}" for row in series.points)
    apart = [f"{one.earlier[0]} and {one.later[0]}" for one in series.joins
             if one.comparability not in COMPARABLE]  # fmt: skip
    limited = [f"{one.earlier[0]} and {one.later[0]}" for one in series.joins
               if one.comparability == "limited"]  # fmt: skip
    of_shares = series.last.statistic in numbers.SHARES
    name = f"Shares of “{series.last.answer_text}”" if of_shares else "Means"
    told = f"{name}: {told}."
    told += f" Comparable with limits: {', '.join(limited)}." if limited else ""
    return told + (f" Not comparable: {', '.join(apart)}." if apart else "")


def svg(series: Series, axis: Axis, waves: Sequence[str]) -> str:
    """A chart of one series; the same bytes each time.

    Args:
        series: The series.
        axis: What its axis reaches from and to.
        waves: Names of the waves that the question's charts have in common, in time order.
    """
    at = _Places(waves, axis)
    spots = at.spots(series.points)
    parts = [at.grid(), at.names(), *_joins(series, spots)]
    bars, dots, boxes = "", "", ""
    for row in series.points:
        x, y = spots[key(row)]
        low, high = _limits(row)
        bars += f"M{x} {at.y(high)}V{at.y(low)}"
        if row.estimate is None:
            boxes += f"M{x - 4} {y}l4-4 4 4-4 4z"
        else:
            dots += f"M{x} {y}h0"
    dot = "dot" if len(series.points) <= _NAMED_POINTS else "dot many"
    for name, path in (("bar", bars), (dot, dots), ("box", boxes)):
        parts.append(f'<path class="{name}" d="{path}"/>' if path else "")
    parts += _labels(series.points, spots, at)
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" role="presentation" focusable="false">'
        f"{''.join(parts)}</svg>"
    )


class _Places:
    """Where waves and shares stand in a chart."""

    def __init__(self, waves: Sequence[str], axis: Axis) -> None:
        self._axis = axis
        years = all(re.fullmatch(r"\d{4}", name) for name in waves)
        at = [int(name) if years else place for place, name in enumerate(waves)]
        first, last = min(at), max(at)
        room = WIDE - _LEFT - _RIGHT - 24
        self.x = {
            name: round(
                _LEFT + 12 + room * ((one - first) / (last - first) if last > first else 0.5), 1
            )
            for name, one in zip(waves, at, strict=True)
        }

    def y(self, share: float) -> float:
        """How far down a share or a number stands."""
        low, high, _ = self._axis
        part = min((share - low) / (high - low), 1)
        return round(HIGH - _BOTTOM - (HIGH - _TOP - _BOTTOM) * part, 1)

    def spots(self, points: Sequence[Estimate]) -> dict[Key, tuple[float, float]]:
        """Where each share stands; those of one wave beside each other, a range at its middle."""
        beside: dict[str, int] = defaultdict(int)
        found = {}
        for row in points:
            share = row.estimate
            if share is None:
                share = (row.estimate_low + row.estimate_high) / 2
            found[key(row)] = round(self.x[row.wave] + 11 * beside[row.wave], 1), self.y(share)
            beside[row.wave] += 1
        return found

    def grid(self) -> str:
        """Lines below, half way up and at the top, with their shares or numbers."""
        path, texts = "", ""
        low, high, _ = self._axis
        for share in (low, (low + high) / 2, high):
            y = self.y(share)
            path += f"M{_LEFT} {y}H{WIDE - 4}"
            texts += (
                f'<text x="{_LEFT - 6}" y="{y + 3.5}" class="e">{self._axis.name(share)}</text>'
            )
        return f'<path class="grid" d="{path}"/>{texts}'

    def names(self) -> str:
        """The waves: all where there is room, otherwise the first and the last."""
        shown = list(self.x)
        if sum(max(len(name), 4) for name in shown) > 36:
            shown = [shown[0], shown[-1]]
        return "".join(
            f'<text x="{self.x[name]}" y="{HIGH - 5}" class="m">{_escaped(name)}</text>'
            for name in shown
        )


def _joins(series: Series, spots: Mapping[Key, tuple[float, float]]) -> list[str]:
    """Lines between what may be compared, and signs between what must not."""
    paths = {"join": "", "join limited": ""}
    signs = ""
    for one in series.joins:
        (x1, y1), (x2, y2) = spots[one.earlier], spots[one.later]
        if one.comparability in COMPARABLE:
            paths["join limited" if one.comparability == "limited" else "join"] += (
                f"M{x1} {y1}L{x2} {y2}"
            )
        else:
            x, y = round((x1 + x2) / 2, 1), round((y1 + y2) / 2, 1)
            signs += f'<text x="{x}" y="{y + 5}" class="m sign">≠</text>'
    return [*(f'<path class="{name}" d="{path}"/>' for name, path in paths.items() if path), signs]


def _labels(
    points: Sequence[Estimate], spots: Mapping[Key, tuple[float, float]], at: _Places
) -> list[str]:
    """The shares in figures, above their intervals."""
    shown = points if len(points) <= _NAMED_POINTS else (points[0], points[-1])
    told = []
    for row in shown:
        x = min(max(spots[key(row)][0], _LEFT + 22), WIDE - 18)  # beside the axis, not on it
        y = max(at.y(_limits(row)[1]) - 5, 10)
        told.append(f'<text x="{x}" y="{y}" class="m b">{_escaped(numbers.share(row))}</text>')
    return told


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
