"""What is asked of a source: a question, a statistic, groups, a base, an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from surveylib.analysis import arguments
from surveylib.analysis.simultaneous import TOGETHER, limits_of
from surveylib.errors import MethodError, listed, no_method, show
from surveylib.stats import intervals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Who is in the base of a share, in words.
BASES: Mapping[str, str] = MappingProxyType(
    {
        "answered": "those who answered; of ways of not answering, those who were asked",
        "asked": "those who were asked, whether they answered or not",
        "all": "everybody in the file, also those who were not asked",
        "mentions": "all options that were ticked, by all who answered",
    }
)


class Statistic(NamedTuple):
    """One kind of figure.

    Args:
        words: What it is called in a sentence.
        interval: Its interval where none is asked for.
        of_numbers: Whether it is of numbers, and not of answers.
    """

    words: str
    interval: str
    of_numbers: bool = True


STATISTICS: Mapping[str, Statistic] = MappingProxyType(
    {
        "share": Statistic("the share of each answer", "wilson", of_numbers=False),
        "mean": Statistic("the mean", "t"),
        "total": Statistic("the total in the population", "t"),
        "ratio": Statistic("the ratio of two totals", "t"),
        "quantile": Statistic("a quantile", "wilson"),
        "share_up_to": Statistic("the share up to a number", "wilson"),
    }
)

#: Intervals of means, totals and ratios: the estimate and its standard error, by Student's t.
NUMBER_INTERVALS: Mapping[str, str] = MappingProxyType(
    {
        "t": "estimate ± t(df) standard errors",
        "log": "the same on the logarithm, for numbers above 0",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a source.

    Args:
        question: The question, or a column of a frame.
        answer: One of its answers; empty for all.
        statistic: A name in STATISTICS.
        over: With `ratio`, the question below the line.
        q: With `quantile`, the shares of people below each.
        scores: With `mean`, the number that each answer stands for.
        threshold: With `share_up_to`, the numbers.
        bands: The lowest and the highest number that each answer of a frame stands for.
        model: How bands become a figure; a name in `bands.FIGURES`, empty for the usual one.
        cap: The highest number in a band without an end.
        by: Questions or columns whose values form groups.
        where: One group as `question=answer`; None for all respondents.
        wave: The column of a frame that tells waves apart.
        base: A name in BASES.
        interval: A name in the methods of its statistic.
        confidence_level: Nominal coverage.
        simultaneous: A name in `simultaneous.TOGETHER`; empty for each interval alone.
        kish: Whether the effective n of weights alone is wanted.
    """

    question: str
    answer: str = ""
    statistic: str = "share"
    over: str | None = None
    q: tuple[float, ...] = ()
    scores: Mapping[str, float] | None = field(default=None, hash=False)
    threshold: tuple[float, ...] = ()
    bands: Mapping[str, tuple[float, float]] | None = field(default=None, hash=False)
    model: str = ""
    cap: float | None = None
    by: tuple[str, ...] = ()
    where: str | None = None
    wave: str | None = None
    base: str = "answered"
    interval: str = "wilson"
    confidence_level: float = 0.95
    simultaneous: str = ""
    kish: bool = False

    @property
    def used(self) -> str:
        """The method of the limits."""
        return limits_of(self.simultaneous, self.interval)


#: The other arguments of `estimate` where none is given.
UNASKED: Mapping[str, Any] = MappingProxyType(
    {
        "statistic": "share",
        "by": None,
        "where": None,
        "wave": None,
        "base": "answered",
        "over": None,
        "q": None,
        "scores": None,
        "threshold": None,
        "bands": None,
        "model": None,
        "cap": None,
        "interval": None,
        "confidence_level": 0.95,
        "simultaneous": None,
        "kish": False,
    }
)


def asked_of(question: str, given: Mapping[str, Any]) -> Asked:
    """What is asked of one question.

    Args:
        question: `question`, or `question/answer`.
        given: The other arguments of `estimate`, as they were given.

    Raises:
        MethodError: Options that do not exist, or do not go together.
    """
    statistic = given["statistic"]
    if statistic == "median":
        if given["q"] is not None:
            raise MethodError("the median is the quantile at 0.5: leave out q, or the statistic")
        given = {**given, "q": 0.5}
        statistic = "quantile"
    if not isinstance(statistic, str) or statistic not in STATISTICS:
        raise MethodError(no_method("statistic", str(statistic), (*STATISTICS, "median")))
    for message in _in_vain(statistic, given):
        raise MethodError(message)
    name, _, answer = question.partition("/")
    if answer and STATISTICS[statistic].of_numbers:
        message = f"'{question}' names an answer; {STATISTICS[statistic].words} is of a question"
        raise MethodError(message)
    level = given["confidence_level"]
    if not arguments.is_number(level):
        raise MethodError(f"confidence_level is {level}; wanted a number such as 0.95")
    intervals.check_level(level)
    by = given["by"]
    return Asked(
        question=name,
        answer=answer,
        statistic=statistic,
        over=_name(given, "over", "a question"),
        by=() if by is None else arguments.names("by", by, "a question or column"),
        where=_name(given, "where", "a group such as 'question=answer'"),
        wave=_name(given, "wave", "a column of a data frame"),
        base=given["base"],
        interval=_interval(statistic, given["interval"]),
        confidence_level=float(level),
        simultaneous=_together(answer, given),
        kish=given["kish"],
        **_numbers(given),
    )


def _numbers(given: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that hold numbers, as Python has them."""
    scores, bands, cap, model = (given[name] for name in ("scores", "bands", "cap", "model"))
    return {
        "q": tuple(map(float, arguments.several(given["q"]))),
        "threshold": tuple(map(float, arguments.several(given["threshold"]))),
        "scores": scores and {code: float(score) for code, score in scores.items()},
        "bands": bands and {code: tuple(map(float, band)) for code, band in bands.items()},
        "cap": None if cap is None else float(cap),
        "model": "" if model is None else str(model),
    }


def _name(given: Mapping[str, Any], argument: str, wanted: str) -> str | None:
    value = given[argument]
    return None if value is None else arguments.name(argument, value, wanted)


def _interval(statistic: str, name: object) -> str:
    """The interval that is asked for, or the usual one of a statistic."""
    usual = STATISTICS[statistic].interval
    table = NUMBER_INTERVALS if usual in NUMBER_INTERVALS else intervals.METHODS
    if name is None:
        return usual
    if not isinstance(name, str) or name not in table:
        raise MethodError(no_method("interval", str(name), table))
    return name


def _together(answer: str, given: Mapping[str, Any]) -> str:
    """How intervals hold at once; empty where each stands alone."""
    name = given["simultaneous"]
    if name is None:
        return ""
    if not isinstance(name, str) or name not in TOGETHER:
        raise MethodError(no_method("simultaneous", str(name), TOGETHER))
    if answer:
        message = f"one answer is asked for, '{answer}': its interval holds alone"
        raise MethodError(f"{message}; name the question, or leave out simultaneous")
    if TOGETHER[name].exclusive and given["interval"] is not None:
        message = f"simultaneous='{name}' has limits of its own: leave out interval"
        raise MethodError(f"{message}, or take simultaneous='bonferroni'")
    return name


#: Options that only some statistics have.
_BELONGS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "over": ("ratio",),
        "q": ("quantile",),
        "scores": ("mean", "total"),
        "threshold": ("share_up_to",),
        "bands": ("mean", "quantile", "share_up_to"),
        "model": ("mean", "quantile", "share_up_to"),
        "cap": ("mean",),
        "simultaneous": ("share",),
    }
)
#: Statistics that tell the effective n of weights alone.
_KISH = ("share", "share_up_to", "mean", "total")
#: Options that a statistic cannot do without.
_NEEDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "ratio": {"over": "a ratio needs 'over', the question whose total is below the line"},
        "quantile": {
            "q": "a quantile needs q, a number between 0 and 1 or several; the median is 0.5"
        },
        "share_up_to": {"threshold": "a share up to a number needs 'threshold', the number"},
    }
)


def _in_vain(statistic: str, given: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong where an option is missing, or is given and could not count."""
    if not isinstance(given["base"], str) or given["base"] not in BASES:
        yield f"base is {show(given['base'])}; choose one of {listed(BASES)}"
    if statistic != "share" and given["base"] != "answered":
        yield f"base={show(given['base'])} is about shares: leave it out with {show(statistic)}"
    for name, statistics in _BELONGS.items():
        if given[name] is not None and statistic not in statistics:
            yield f"{name} belongs to statistic={listed(statistics)}: leave it out"
    for name, todo in _NEEDS.get(statistic, {}).items():
        if given[name] is None:
            yield todo
    if not isinstance(given["kish"], bool):
        yield f"kish: got {show(given['kish'])}, wanted True or False"
    elif given["kish"] and statistic not in _KISH:
        yield f"kish belongs to statistic={listed(_KISH)}: leave it out"
    yield from arguments.wrong_numbers("q", given["q"], 0, 1)
    for name in ("threshold", "cap"):
        yield from arguments.wrong_numbers(name, given[name], -math.inf, math.inf)
    yield from arguments.wrong_scores(given["scores"])
    yield from arguments.wrong_bands(given["bands"], overlap=given["model"] == "turnbull")
