"""Ordered answers as bars to both sides of their middle; ways of not answering stand apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from surveylib.errors import MethodError, listed, show
from surveylib.present import numbers
from surveylib.present.chart_look import named_rows
from surveylib.present.chart_points import (
    MISSING,
    group_of,
    is_drawn,
    kind_of,
    point_of,
    short_title,
    titles_of,
)
from surveylib.present.chart_rows import parted
from surveylib.present.theme import is_dark, mixed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.analysis.results import Estimate
    from surveylib.present.chart_look import Look, Rows

#: Shares printed as whole percents add up to one within so much.
_NEAR = 0.04


def whole_of(rows: Sequence[Estimate]) -> list[list[Estimate]]:
    """Figures of each wave, group and question, where the answers add up to all who answered.

    Args:
        rows: Shares.
    """
    drawn = [row for row in rows if is_drawn(row) and row.statistic == "share"]
    found = parted(drawn, lambda row: (row.question, row.wave, row.domain))
    return [part for part in found if _is_whole(part)]


def _is_whole(rows: Sequence[Estimate]) -> bool:
    """Whether answers add up to one; or with ways of not answering, of all who were asked."""
    answers = sum(point_of(row, 0, "")["share"] for row in rows if row.answer not in MISSING)
    everybody = sum(point_of(row, 0, "")["share"] for row in rows)
    count = sum(row.answer not in MISSING for row in rows)
    return count > 1 and (abs(answers - 1) < _NEAR or abs(everybody - 1) < _NEAR)


def draw(look: Look, result: Any, neutral: str | None = None) -> Any:
    """A bar for each wave, group and question.

    Args:
        look: The look.
        result: Shares of ordered answers, from the first at the left to the last at the right.
        neutral: The answer in the middle; left out, the middle one of an odd number.

    Raises:
        MethodError: There is no such answer, or the questions have other answers.
    """
    bars = whole_of(result.rows)
    answers = _answers(bars)
    if neutral is not None and neutral not in answers:
        message = f"neutral={show(neutral)} is no answer here; choose one of {listed(answers)}"
        raise MethodError(message)
    codes = list(answers)
    middle = codes.index(neutral) if neutral is not None else (
        len(codes) // 2 if len(codes) % 2 else None)  # fmt: skip
    apart = list(dict.fromkeys(
        row.answer for bar in bars for row in bar if row.answer in MISSING))  # fmt: skip
    names = [_name(bar, bars) for bar in bars]
    rows = named_rows(look, names, least=2.3)
    segments = [one for order, bar in enumerate(bars)
                for one in _segments(bar, codes, middle, order)]  # fmt: skip
    colours = _colours(look, len(codes), middle)
    others = [
        {"order": order, "share": sum(point_of(row, 0, "")["share"]
                                      for row in bar if row.answer in MISSING)}
        for order, bar in enumerate(bars)
    ]  # fmt: skip
    # A percent is as long in both parts; letters stand beside the second.
    far = max(one["share"] for one in others)
    room = rows.width - (10 * look.size.text if apart else 0.0)
    unit = room / (_span(segments)[1] - _span(segments)[0] + (far if apart else 0.0))
    main = _bars(look, rows, segments, dict(zip(answers.values(), colours, strict=True)), unit)
    if not apart:
        return main
    told = [row.answer_text for bar in bars for row in bar if row.answer in MISSING]
    beside = _apart(look, rows, others, list(dict.fromkeys(told)), far * unit)
    whole = look.alt.hconcat(main, beside, spacing=1.6 * look.size.text)
    return whole.resolve_scale(fill="independent")


def _span(segments: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """From the lowest to the highest end of all bars, with the middle in it."""
    return min(0.0, *(one["from"] for one in segments)), max(0.0, *(one["to"] for one in segments))


def _answers(bars: Sequence[Sequence[Estimate]]) -> dict[str, str]:
    """Codes and labels of answers, which must be those of every question."""
    found = [
        {row.answer: row.answer_text for row in bar if row.answer not in MISSING} for bar in bars
    ]
    longest = max(found, key=len)
    for one in found:
        if not set(one) <= set(longest):
            message = (
                f"questions with other answers do not stand in one chart of bars: "
                f"{listed(longest)} and {listed(one)}"
            )
            raise MethodError(message)
    return longest


def _name(bar: Sequence[Estimate], bars: Sequence[Sequence[Estimate]]) -> str:
    first = bar[0]
    several = len({one[0].question for one in bars}) > 1
    title = short_title(first.title, titles_of([one[0] for one in bars])) if several else ""
    waves = len({one[0].wave for one in bars}) > 1 or not (title or first.domain)
    parts = (first.wave if waves else "", title, group_of(first.domain))
    return "  ".join(filter(None, parts)) or "all"


def _segments(
    bar: Sequence[Estimate], codes: Sequence[str], middle: int | None, order: int
) -> list[dict[str, Any]]:
    """Each answer from where to where; the middle of the middle answer is at 0."""
    rows = {row.answer: row for row in bar}
    shares = [point_of(rows[code], 0, kind_of(rows[code]))["share"] if code in rows else 0.0
              for code in codes]  # fmt: skip
    half = len(codes) // 2
    left = sum(shares[:half]) if middle is None else (
        sum(shares[:middle]) + shares[middle] / 2)  # fmt: skip
    found, at = [], -left
    for code, share in zip(codes, shares, strict=True):
        if code in rows:
            found.append({
                "order": order, "answer": rows[code].answer_text, "from": at, "to": at + share,
                "middle": at + share / 2, "share": share, "told": numbers.share(rows[code]),
            })  # fmt: skip
        at += share
    return found


def _colours(look: Look, count: int, middle: int | None) -> list[str]:
    """From the strong colour of one side over pale ones to the strong one of the other."""
    lower = middle if middle is not None else count // 2
    upper = count - lower - (middle is not None)

    def shades(colour: str, many: int) -> list[str]:
        return [mixed(colour, 1 - 0.5 * place / max(many - 1, 1)) for place in range(many)]

    between = [look.theme.neutral] if middle is not None else []
    return [*shades(look.theme.other, lower), *between, *reversed(shades(look.theme.main, upper))]


def _bars(
    look: Look, rows: Rows, segments: list[dict[str, Any]], colours: Mapping[str, str], unit: float
) -> Any:
    """The bars, with the percent of each answer where there is room, and what colours say."""
    alt, text = look.alt, look.size.text
    low, high = _span(segments)
    axis = alt.Axis(labelExpr="format(abs(datum.value), '.0%')", title=None, tickCount=5,
                    domain=False, ticks=False, labelOverlap=True)  # fmt: skip
    x = alt.X("from:Q", scale=alt.Scale(domain=[low, high], nice=False), axis=axis)
    for one in segments:
        one["ink"] = "#ffffff" if is_dark(colours[one["answer"]]) else look.theme.ink
        short = f"{one['share'] * 100:.0f}"
        one["short"] = short if one["share"] * unit > look.width_of([f"{short}."]) else ""
    letters = max(look.width_of([answer]) + 2.5 * text for answer in colours)
    legend = alt.Legend(
        orient="top", direction="horizontal", title=None, symbolType="square", labelLimit=0,
        columns=max(1, int(look.size.width // letters)), labelFontSize=0.95 * text,
        labelColor=look.theme.ink, symbolStrokeWidth=0, symbolSize=text**2, offset=0.6 * text,
    )  # fmt: skip
    shades = alt.Scale(domain=list(colours), range=list(colours.values()))
    colour = alt.Fill("answer:N", sort=None, legend=legend, scale=shades)
    base = look.data(segments)
    zero = look.data([{"at": 0}]).mark_rule(color=look.theme.ink, strokeWidth=0.08 * text)
    return alt.layer(
        zero.encode(x=alt.X("at:Q")),
        base.mark_bar(size=1.5 * text, stroke="#ffffff", strokeWidth=1).encode(
            y=rows.y, x=x, x2="to:Q", fill=colour
        ),
        base.mark_text(fontSize=0.92 * text).encode(
            y=rows.y, x=alt.X("middle:Q"), text="short:N", color=alt.Color("ink:N", scale=None)
        ),
    ).properties(width=(high - low) * unit, height=alt.Step(rows.step))  # fmt: skip


def _apart(
    look: Look, rows: Rows, values: list[dict[str, Any]], told: Sequence[str], width: float
) -> Any:
    """Ways of not answering, on an axis of their own with the same length of a percent."""
    alt, text = look.alt, look.size.text
    for one in values:
        one["told"] = f"{one['share'] * 100:.0f}{numbers.SPACE}%"
    y = alt.Y("order:O", axis=None)
    top = max(one["share"] for one in values)
    x = alt.X("share:Q", scale=alt.Scale(domain=[0, max(top, 0.01)], nice=False), axis=None)
    base = look.data(values)
    named = look.wrap("Apart: " + ", ".join(told), width + 5.5 * text, 0.92)
    return alt.layer(
        base.mark_bar(size=0.8 * text, color="#ffffff", stroke=look.theme.quiet,
                      strokeWidth=0.1 * text, strokeDash=[3, 2]).encode(y=y, x=x),
        base.mark_text(align="left", dx=0.4 * text, fontSize=0.92 * text, color=look.theme.ink)
        .encode(y=y, x=x, text="told:N"),
    ).properties(
        width=max(width, 1), height=alt.Step(rows.step),
        title=look.heading(named, fontSize=0.92 * text, fontWeight="normal", frame="group",
                           color=look.theme.quiet),
    )  # fmt: skip


def reading(result: Any) -> list[str]:
    """How to read bars to both sides.

    Args:
        result: Shares.
    """
    bars = whole_of(result.rows)
    apart = any(row.answer in MISSING for bar in bars for row in bar)
    of = "of all who were asked" if any(bar[0].base == "asked" for bar in bars) else ""
    told = f"Percent {of}".strip()
    more = (
        " Dashed bars at the right stand apart: they are no answers of the scale." if apart else ""
    )
    return [f"{told}, answers in the order of the questionnaire from left to right.{more}"]
