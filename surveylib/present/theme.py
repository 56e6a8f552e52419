"""How charts look: colours, letters and sizes, which a team may replace.

The colours are those of Okabe and Ito (2008), "Color universal design": people who see no red, no
green or no blue tell them apart. No chart needs them: shapes, dashes and labels say the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from surveylib.errors import MethodError, UnknownNameError, show

if TYPE_CHECKING:
    from collections.abc import Mapping

#: By the names of Okabe and Ito.
OKABE_ITO: Mapping[str, str] = MappingProxyType(
    {
        "black": "#000000",
        "orange": "#E69F00",
        "sky blue": "#56B4E9",
        "bluish green": "#009E73",
        "yellow": "#F0E442",
        "blue": "#0072B2",
        "vermillion": "#D55E00",
        "reddish purple": "#CC79A7",
    }
)
# Letters as wide as those that pictures are measured with, on every machine.
_FONT = "Arial, Liberation Sans, Helvetica, sans-serif"
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_COLOURS = ("ink", "quiet", "pale", "line", "main", "other", "neutral")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How large a chart is made.

    Args:
        width: Of the whole chart with its labels, in pixels, about.
        text: Height of its letters, in pixels.

    Raises:
        MethodError: Too small to hold labels and marks.
    """

    width: float
    text: float

    def __post_init__(self) -> None:
        """Refuse what holds nothing."""
        if not (self.text > 0 and self.width >= 20 * self.text):
            message = (
                f"a size {self.width:g} wide with letters of {self.text:g} holds no chart; wanted "
                "letters above 0 and a width of at least 20 letters"
            )
            raise MethodError(message)


#: What charts are made for.
SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "page": Size(width=640, text=12),
        "slide": Size(width=920, text=17),
        "column": Size(width=360, text=11),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Colours, letters and sizes of charts.

    Args:
        ink: Letters that are read first, and fitted lines.
        quiet: Letters of axes and captions, and what is not shown to have moved.
        pale: Wide bars behind points.
        line: Lines of axes and grids.
        main: Points, and the upper side of ordered answers.
        other: The lower side of ordered answers.
        neutral: The answer in their middle, and ways of not answering.
        background: A colour, or `transparent`.
        font: Families of letters, the first that is there is taken.
        sizes: `page`, `slide` and `column`, and any other by its name.

    Raises:
        MethodError: No such colour.

    Example:
        >>> Theme(main="#117733").main
        '#117733'
    """

    ink: str = "#1d2530"
    quiet: str = "#56606c"
    pale: str = "#c3d7e6"
    line: str = "#dde1e6"
    main: str = OKABE_ITO["blue"]
    other: str = OKABE_ITO["vermillion"]
    neutral: str = "#e4e7eb"
    background: str = "transparent"
    font: str = _FONT
    sizes: Mapping[str, Size] = field(default_factory=lambda: SIZES, hash=False)

    def __post_init__(self) -> None:
        """Refuse what is no colour."""
        wrong = [name for name in _COLOURS if not _COLOUR.fullmatch(getattr(self, name))]
        if self.background != "transparent" and not _COLOUR.fullmatch(self.background):
            wrong.append("background")
        if wrong:
            name = wrong[0]
            message = f"{name}={show(getattr(self, name))}: wanted a colour such as '#0072B2'"
            raise MethodError(message)

    def sized(self, name: str) -> Size:
        """The size with this name.

        Args:
            name: Such as `slide`.

        Raises:
            UnknownNameError: There is none.
        """
        if name not in self.sizes:
            raise UnknownNameError.of("size", name, self.sizes, where="the theme")
        return self.sizes[name]


def mixed(colour: str, share: float) -> str:
    """A colour with so much of it, the rest white.

    Args:
        colour: As `#0072B2`.
        share: From 0, white, to 1, the colour.

    >>> mixed("#000000", 0.5)
    '#808080'
    """
    return "#" + "".join(f"{round(255 + (part - 255) * share):02x}" for part in parts(colour))


def parts(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of a colour, each from 0 to 255.

    Args:
        colour: As `#0072B2`.
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def is_dark(colour: str) -> bool:
    """Whether white letters are read on a colour better than dark ones.

    Args:
        colour: As `#0072B2`.

    >>> is_dark("#0072B2"), is_dark("#F0E442")
    (True, False)
    """
    # Grey of a colour by the weights of ITU-R BT.709.
    red, green, blue = parts(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128
