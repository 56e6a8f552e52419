"""Intervals of several shares that shall hold at once: which shares, and how wide each must be."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from surveylib.errors import MethodError
from surveylib.stats import intervals, simultaneous

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


class Together(NamedTuple):
    """One way of making intervals hold at once.

    Args:
        words: What it does.
        exclusive: Whether it is for answers of which each respondent gives exactly one, in a
            simple sample.
    """

    words: str
    exclusive: bool


TOGETHER: Mapping[str, Together] = MappingProxyType(
    {
        "bonferroni": Together(
            "each interval at the level 1 - α/k, for any answers", exclusive=False
        ),
        "goodman": Together("the score interval of each answer at 1 - α/k", exclusive=True),
        "quesenberry-hurst": Together(
            "the score test of all answers at once, turned round", exclusive=True
        ),
        "sison-glaz": Together("the smallest box of counts that samples fall into", exclusive=True),
    }
)


class Family(NamedTuple):
    """Shares of one question, wave, group and base.

    Args:
        rows: (k,) their places among all rows.
        exclusive: Whether each respondent of the base gave exactly one of these answers.
    """

    rows: Whole
    exclusive: bool


class Given(NamedTuple):
    """Shares, (R,) of each: with their base, its effective size, and degrees of freedom."""

    share: Floats
    n: Floats
    effective: Floats
    df: Floats


def level_of(method: str, answers: int, confidence_level: float) -> float:
    """The level of one interval by which those of several answers hold at once.

    Args:
        method: A name in TOGETHER that has such a level: any but `sison-glaz`.
        answers: k.
        confidence_level: Of all at once.

    Example:
        >>> round(level_of("bonferroni", 5, 0.95), 4)
        0.99
        >>> round(level_of("quesenberry-hurst", 2, 0.95), 4)  # one share decides the other
        0.95
    """
    alpha = 1 - confidence_level
    if method == "quesenberry-hurst":
        bound = special.chdtri(max(answers - 1, 1), alpha)
        return float(1 - 2 * special.ndtr(-np.sqrt(bound)))
    return 1 - alpha / answers


def limits_of(together: str, interval: str) -> str:
    """The name of the method that limits come from.

    Args:
        together: A name in TOGETHER; empty for each interval alone.
        interval: That of one interval.

    Example:
        >>> limits_of("bonferroni", "wilson"), limits_of("sison-glaz", "wilson")
        ('wilson', 'sison-glaz')
    """
    return together if together and TOGETHER[together].exclusive else interval


def check_method(method: str, what: str, *, exclusive: bool, simple: bool) -> None:
    """Refuse a method for exclusive answers of a simple sample where there are none.

    Args:
        method: A name in TOGETHER.
        what: The question, as messages name it.
        exclusive: Whether each respondent gave exactly one of the answers.
        simple: Whether the sample is a simple one.

    Raises:
        MethodError: It does not fit; `bonferroni` does.
    """
    if not TOGETHER[method].exclusive or (exclusive and simple):
        return
    why = "has answers that do not exclude each other" if not exclusive else "has a design"
    raise MethodError(
        f"simultaneous='{method}' is for a simple sample in which each respondent has exactly one "
        f"answer; '{what}' {why}: take simultaneous='bonferroni'"
    )


def joint_limits(
    given: Given, families: list[Family], asked: Asked, *, simple: bool
) -> tuple[Floats, Floats]:
    """Lower and upper limits (R,) that hold at once within each family.

    Args:
        given: The shares.
        families: Which rows hold together; every row is in one of them.
        asked: The method, the interval it rests on, and the level of all at once.
        simple: Whether the sample is a simple one.

    Raises:
        MethodError: The method does not fit the sample or the answers.
    """
    low, high = np.zeros(len(given.share)), np.ones(len(given.share))
    for family in families:
        check_method(asked.simultaneous, asked.question, exclusive=family.exclusive, simple=simple)
        rows = family.rows
        of = Given(*(column[rows] for column in given))
        if asked.simultaneous == "sison-glaz":
            low[rows], high[rows] = _boxed(of, family, asked.confidence_level)
            continue
        rest = _rest(of, family) > 0
        level = level_of(asked.simultaneous, len(rows) + rest, asked.confidence_level)
        found = intervals.design_proportion(
            of.share,
            of.n,
            n_effective=of.effective,
            df=of.df,
            method=asked.interval,
            confidence_level=level,
        )
        low[rows], high[rows] = found.low, found.high
    return low, high


def _rest(of: Given, family: Family) -> int:
    """Respondents of the base who gave none of the answers, where each gave at most one."""
    return int(np.rint(of.n[0] - np.rint(of.share * of.n).sum())) if family.exclusive else 0


def _boxed(of: Given, family: Family, confidence_level: float) -> tuple[Floats, Floats]:
    """Limits by counts, among them the rest of the base."""
    counts, rest = np.rint(of.share * of.n), _rest(of, family)
    if rest or len(counts) < 2:
        counts = np.append(counts, rest)
    found = simultaneous.multinomial(counts, method="sison-glaz", confidence_level=confidence_level)
    return found.low[: len(of.n)], found.high[: len(of.n)]
