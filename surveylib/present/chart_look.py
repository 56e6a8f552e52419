"""What all charts share: letters and colours, axes, headings, captions, and how they print."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from surveylib.errors import MissingExtraError
from surveylib.present.theme import Size, Theme

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How wide a letter is, and how high a line, as a part of the height of letters.
_LETTER, LINE = 0.54, 1.25
#: Between lines of a grid of shares.
_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25)
#: The fewest letters of a line, and a width, in letters, that is scarce.
_FEWEST, _SCARCE = 10, 40


def _altair() -> Any:
    """The package that draws.

    Raises:
        MissingExtraError: The `report` extra is not installed.
    """
    try:
        import altair as alt  # noqa: PLC0415 - an extra, opened when first used
    except ImportError as error:
        raise MissingExtraError.of("report", "a chart") from error
    return alt


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A theme at one size.

    Args:
        theme: Colours and letters.
        size: Width and height of letters, in pixels.
        alt: The package that draws.
    """

    theme: Theme = field(default_factory=Theme)
    size: Size = field(default_factory=lambda: Theme().sized("page"))
    alt: Any = field(default_factory=_altair)

    def wrap(self, text: str, pixels: float, scale: float = 1.0) -> list[str]:
        """Lines of a text that fit into a width.

        Args:
            text: The text.
            pixels: The width.
            scale: Height of its letters, as a part of that of all letters.
        """
        letters = int(pixels / (_LETTER * self.size.text * scale))
        return textwrap.wrap(text, max(letters, _FEWEST)) or [""]

    def width_of(self, texts: Sequence[str], scale: float = 1.0) -> float:
        """How many pixels the longest of some texts takes.

        Args:
            texts: Texts of one line each.
            scale: As for `wrap`.
        """
        return max(map(len, texts), default=0) * _LETTER * self.size.text * scale

    def data(self, values: list[dict[str, Any]]) -> Any:
        """A chart without marks, whose rows stand in the chart itself.

        Args:
            values: The rows.
        """
        return self.alt.Chart(self.alt.InlineData(values=values))

    def percents(self, name: str, domain: Sequence[float] = (0, 1), *, ticks: int = 5) -> Any:
        """Shares from left to right.

        Args:
            name: Their field.
            domain: From where to where.
            ticks: How many lines of a grid, about.
        """
        axis = self.alt.Axis(
            format=".0%", title=None, tickCount=ticks, domain=False, ticks=False,
            labelOverlap=True, labelFlush=False,
        )  # fmt: skip
        scale = self.alt.Scale(domain=list(domain), nice=False)
        return self.alt.X(f"{name}:Q", scale=scale, axis=axis)

    def shares(self, name: str, top: float) -> Any:
        """Shares from the foot up.

        Args:
            name: Their field.
            top: Where the axis ends.
        """
        step = next((one for one in _STEPS if top / one <= 5), _STEPS[-1])
        # None at the very top: its label would push the title of its panel above the others.
        values = [place * step for place in range(6) if place * step <= min(1, 0.95 * top)]
        axis = self.alt.Axis(
            format=".1%" if step < 0.01 else ".0%", title=None, domain=False, ticks=False,
            values=values, tickCount=2 * len(values), minExtent=2.8 * self.size.text,
        )  # fmt: skip
        scale = self.alt.Scale(domain=[0, top], nice=False)
        return self.alt.Y(f"{name}:Q", scale=scale, axis=axis)

    def heading(self, lines: Sequence[str], below: Sequence[str] = (), **more: Any) -> Any:
        """The title of a panel.

        Args:
            lines: Its lines.
            below: Lines in small letters.
            more: Other properties of an Altair title.
        """
        told = {"subtitle": list(below)} if below else {}
        given = {
            "anchor": "start", "frame": "bounds", "color": self.theme.ink,
            "fontSize": 1.08 * self.size.text, "fontWeight": "bold",
            "lineHeight": 1.08 * LINE * self.size.text, "offset": 0.7 * self.size.text,
            "subtitleColor": self.theme.quiet, "subtitleFontSize": 0.94 * self.size.text,
            "subtitleLineHeight": LINE * self.size.text, **more,
        }  # fmt: skip
        return self.alt.TitleParams(text=list(lines), **told, **given)

    def over(self, lines: Sequence[str], below: Sequence[str] = ()) -> Any:
        """The title of a panel with shares at its left, at one height in all panels of a row.

        Args:
            lines: Its lines.
            below: Lines in small letters.
        """
        return self.heading(lines, below, frame="group", dx=-3.2 * self.size.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Named rows of a chart, one below the other.

    Args:
        y: Where they stand, of the field `order`.
        axis: Their names.
        step: Pixels from one to the next.
        width: Pixels that are left for marks.
        beside: Where texts at the right begin.
    """

    y: Any
    axis: Any
    step: float
    width: float
    beside: float


def named_rows(
    look: Look, names: Sequence[str], beside: Sequence[str] = (), *, least: float = 1.9
) -> Rows:
    """Room for the names of rows at the left, marks, and texts at the right.

    Args:
        look: The look.
        names: A name for each row; long ones wrap.
        beside: Texts at the right.
        least: The step of rows whose names take one line, in letters.
    """
    text, whole = look.size.text, look.size.width
    told = [one.split("\n") for one in beside]
    right = look.width_of([line for one in told for line in one]) + text if told else 0.0
    lines = [look.wrap(name, min(0.4 * whole, max(whole - right - 9 * text, 0.3 * whole)))
             for name in names]  # fmt: skip
    left = look.width_of([line for one in lines for line in one])
    most = max(map(len, lines), default=1)
    tall = {count: [place for place, one in enumerate(lines) if len(one) == count]
            for count in range(2, most + 1)}  # fmt: skip
    offset: Any = 0
    if any(tall.values()):
        offset = {
            "condition": [
                {"test": f"indexof({places}, datum.value) >= 0",
                 "value": -(count - 1) * LINE * text / 2}
                for count, places in tall.items() if places
            ],
            "value": 0,
        }  # fmt: skip
    axis = look.alt.Axis(
        title=None, domain=False, ticks=False, labelLimit=0, labelPadding=0.8 * text,
        labelExpr=f"({json.dumps(lines)})[datum.value]", labelOffset=offset,
        labelLineHeight=LINE * text, labelColor=look.theme.ink, labelOverlap=False,
    )  # fmt: skip
    width = max(whole - left - right - 2.2 * text, 7 * text)
    return Rows(
        y=look.alt.Y("order:O", axis=axis),
        axis=axis,
        step=max(least * text, (max([most, *map(len, told)]) * LINE + 0.5) * text),
        width=width,
        beside=width + 0.9 * text,
    )


def beside(look: Look, texts: Sequence[str]) -> list[str]:
    """Texts at the right of rows, with their brackets on a line of their own where room is scarce.

    Args:
        look: The look.
        texts: Such as `+1.2 (−0.3 to +2.7)`.
    """
    scarce = look.size.width < _SCARCE * look.size.text
    return [text.replace(" (", "\n(") if scarce else text for text in texts]


def told_beside(look: Look, base: Any, rows: Rows, name: str = "told") -> Any:
    """Texts at the right of rows.

    Args:
        look: The look.
        base: A chart with the rows.
        rows: Where they stand.
        name: The field of the text.
    """
    half = LINE * look.size.text / 2
    drawn = base.mark_text(
        align="left", fontSize=look.size.text, color=look.theme.ink, lineBreak="\n",
        lineHeight=LINE * look.size.text,
        # A text of several lines begins in the middle of its row otherwise.
        dy=look.alt.expr(f"-{half} * (length(split(datum.{name}, '\\n')) - 1)"),
    )  # fmt: skip
    return drawn.encode(y=rows.y, x=look.alt.value(rows.beside), text=f"{name}:N")


def framed(
    look: Look, chart: Any, *, title: str, reading: Sequence[str], caption: Sequence[str], said: str
) -> Any:
    """A whole chart: its title and how to read it above, its caption below, and its text.

    Args:
        look: The look.
        chart: The panels.
        title: What it is of.
        reading: How to read it, in sentences.
        caption: Base, waves, number and method, in sentences.
        said: What it shows, for those who do not see it.
    """
    width, text = look.size.width, look.size.text
    above = look.heading(
        look.wrap(title, width, 1.3),
        [line for one in reading for line in look.wrap(one, width, 0.96)],
        fontSize=1.25 * text, lineHeight=1.25 * LINE * text, subtitlePadding=0.4 * text,
        offset=1.2 * text,
    )  # fmt: skip
    below = look.alt.TitleParams(
        text=[line for one in caption for line in look.wrap(one, width, 0.86)],
        orient="bottom", anchor="start", frame="bounds", color=look.theme.quiet,
        fontSize=0.84 * text, fontWeight="normal", lineHeight=LINE * 0.84 * text, offset=text,
    )  # fmt: skip
    whole = look.alt.vconcat(chart.properties(title=above)).properties(title=below)
    # So that a legend stands in its panel, below the title.
    return styled(whole.resolve_scale(fill="independent"), look).properties(description=said)


def grid(look: Look, panels: Sequence[Any], columns: int) -> Any:
    """Panels beside and below each other.

    Args:
        look: The look.
        panels: The panels.
        columns: How many stand beside each other.
    """
    text = look.size.text
    space = {"row": 2.2 * text, "column": 2.4 * text}
    return look.alt.concat(*panels, columns=columns, spacing=space)


def columns_for(look: Look, panels: int, least: float) -> int:
    """How many panels stand beside each other.

    Args:
        look: The look.
        panels: How many there are.
        least: How wide one is at least, in letters.
    """
    fit = int(look.size.width // (least * look.size.text))
    most = max(1, min(fit, panels))
    rows = -(-panels // most)
    return -(-panels // rows)


def styled(chart: Any, look: Look) -> Any:
    """A chart with the colours and letters of all charts here; for the outermost one only.

    Args:
        chart: The chart.
        look: The look.
    """
    alt, theme = look.alt, look.theme
    axis = {
        "gridColor": theme.line,
        "domainColor": theme.line,
        "tickColor": theme.line,
        "labelColor": theme.quiet,
        "labelFontSize": 0.94 * look.size.text,
    }
    return chart.configure(
        axis=alt.AxisConfig(**axis),
        view=alt.ViewConfig(stroke=None),
        background=theme.background,
        font=theme.font,
        padding=0.5 * look.size.text,
    )


def engine(what: str) -> Any:
    """The package that prints charts, without a browser and without the network.

    Args:
        what: What needs it, in words.

    Raises:
        MissingExtraError: The `report` extra is not installed.
    """
    try:
        import vl_convert  # noqa: PLC0415 - an extra, opened when first used
    except ImportError as error:
        raise MissingExtraError.of("report", what) from error
    return vl_convert
