"""Shares in words, such as "just under half": one table with its boundaries, for two languages.

These are words that we write. The words that a publisher printed, and the ranges that a study reads
them as, stand in the study's own `words.csv`. The boundaries stay inside what such words are
commonly taken to say: "about a third" is between 30 and 37 %, "just under half" between 45 and 50.
"""

from __future__ import annotations

from typing import NamedTuple


class Portion(NamedTuple):
    """Words for a stretch of shares.

    Args:
        low: Where it begins, in thousandths: this share and those above have these words.
        en: In English, before the name of those who answered.
        de: In German, likewise.
        several: Whether the German verb stands in the plural.
    """

    low: int
    en: str
    de: str
    several: bool = False


#: From 0 to 1 without a gap: each row reaches to the next. Below half a boundary belongs to the
#: row that it begins, above half to the row that it ends.
PORTIONS: tuple[Portion, ...] = (
    Portion(0, "none of", "niemand von den"),
    Portion(1, "hardly any of", "fast niemand von den"),
    Portion(30, "few of", "nur wenige der", several=True),
    Portion(80, "about one in ten of", "rund ein Zehntel der"),
    Portion(115, "about one in eight of", "rund ein Achtel der"),
    Portion(135, "about one in seven of", "rund ein Siebtel der"),
    Portion(155, "about one in six of", "rund ein Sechstel der"),
    Portion(180, "about one in five of", "rund ein Fünftel der"),
    Portion(220, "just under a quarter of", "knapp ein Viertel der"),
    Portion(240, "about a quarter of", "rund ein Viertel der"),
    Portion(260, "just over a quarter of", "gut ein Viertel der"),
    Portion(290, "just under a third of", "knapp ein Drittel der"),
    Portion(320, "about a third of", "rund ein Drittel der"),
    Portion(350, "just over a third of", "gut ein Drittel der"),
    Portion(380, "about two in five of", "rund zwei Fünftel der", several=True),
    Portion(420, "more than two in five of", "mehr als zwei Fünftel der", several=True),
    Portion(450, "just under half of", "knapp die Hälfte der"),
    Portion(500, "half of", "die Hälfte der"),
    Portion(501, "just over half of", "gut die Hälfte der"),
    Portion(551, "more than half of", "mehr als die Hälfte der"),
    Portion(581, "about three in five of", "rund drei Fünftel der", several=True),
    Portion(621, "just under two thirds of", "knapp zwei Drittel der", several=True),
    Portion(651, "about two thirds of", "rund zwei Drittel der", several=True),
    Portion(681, "just over two thirds of", "gut zwei Drittel der", several=True),
    Portion(721, "just under three quarters of", "knapp drei Viertel der", several=True),
    Portion(741, "about three quarters of", "rund drei Viertel der", several=True),
    Portion(761, "just over three quarters of", "gut drei Viertel der", several=True),
    Portion(781, "about four in five of", "rund vier Fünftel der", several=True),
    Portion(821, "more than four in five of", "mehr als vier Fünftel der", several=True),
    Portion(881, "about nine in ten of", "rund neun Zehntel der", several=True),
    Portion(921, "more than nine in ten of", "mehr als neun Zehntel der", several=True),
    Portion(971, "nearly all of", "fast alle", several=True),
    Portion(1000, "all of", "alle", several=True),
)


def portion(share: float) -> Portion:
    """The words for a share, by its thousandths; only nobody is "none", and only everybody "all".

    Args:
        share: A proportion.

    >>> portion(0.47).en, portion(0.5).en, portion(0.9996).en, portion(0.0001).de
    ('just under half of', 'half of', 'nearly all of', 'fast niemand von den')
    """
    thousandths = round(share * 1000)
    if 0 < share < 1:
        thousandths = min(max(thousandths, 1), 999)
    found = PORTIONS[0]
    for one in PORTIONS:
        if one.low <= thousandths:
            found = one
    return found


def portion_of_range(low: float, high: float) -> Portion | None:
    """The words for a range of shares: none unless all of it has the same.

    Args:
        low: The lowest share that it may be.
        high: The highest.

    >>> portion_of_range(0.45, 0.499).en
    'just under half of'
    >>> portion_of_range(0.44, 0.52) is None
    True
    """
    first = portion(low)
    return first if portion(high) is first else None
