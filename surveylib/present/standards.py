"""Standards of presentation: which figures are too unsure to be shown, and which need a look.

A standard judges; it takes nothing away. Its flags are

| flag | meaning |
|---|---|
| `suppress` | too unsure to be shown |
| `review` | to be looked at by a statistician before it is shown |
| `complement` | shown, and the share of all others would be too unsure |
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from surveylib.analysis.changes import Changes
from surveylib.analysis.results import Estimate, Estimates
from surveylib.analysis.trends import Trends
from surveylib.errors import MethodError, listed, nearest, show
from surveylib.present import numbers
from surveylib.stats import intervals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Judged = TypeVar("Judged", Estimates, Changes, Trends)

#: What may be said of a figure.
FLAGS = ("suppress", "review", "complement")
_LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a rule looks at.

    Args:
        share: The estimate; not always a proportion.
        n: Respondents.
        n_effective: n divided by the design effect, at most n; not adjusted for few degrees of
            freedom.
        low: Lower limit of the 95 % interval by Korn and Graubard; by Clopper and Pearson where
            the sample is a simple one. Where nobody or everybody gave the answer, the share: such
            a figure is reviewed, and has no width to go by. Of a total or a ratio, the limit that
            the row has.
        high: Upper limit.
        df: Degrees of freedom; infinity for a simple sample.
        cv: The standard error divided by the estimate; infinity where nobody gave the answer.
    """

    share: float
    n: float
    n_effective: float
    low: float
    high: float
    df: float
    cv: float

    @property
    def width(self) -> float:
        """Of the interval, in the unit of the estimate."""
        return self.high - self.low

    @property
    def relative_width(self) -> float:
        """The width divided by the estimate; infinity where that is 0."""
        if self.width == 0:
            return 0.0
        return self.width / abs(self.share) if self.share else math.inf

    @property
    def complement_width(self) -> float:
        """The width divided by the share of all others."""
        return self.width / (1 - self.share) if self.share < 1 else 0.0


class Rule(NamedTuple):
    """One rule of a standard.

    Args:
        name: A short name.
        flag: `suppress`, `review` or `complement`.
        words: What it means for a figure, in a sentence.
        breaks: Whether a figure falls under it.
        shown_only: Whether it is asked of figures only that no earlier rule suppresses.
        statistics: The statistics that it judges.
    """

    name: str
    flag: str
    words: str
    breaks: Callable[[Facts], bool]
    shown_only: bool = False
    statistics: frozenset[str] = numbers.SHARES


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """Rules with a name.

    Args:
        name: What it is called, in the line that says what was checked.
        rules: The rules, in the order in which they are asked; suppressing ones first.
        source: Where they are published.

    Raises:
        MethodError: No rules, two of one name, or a flag that does not exist.

    Example:
        >>> few = Rule("few", "suppress", "Fewer than 50 respondents.", lambda row: row.n < 50)
        >>> Standard(name="our own", rules=(few,)).rules[0].flag
        'suppress'
    """

    name: str
    rules: tuple[Rule, ...]
    source: str = ""

    def __post_init__(self) -> None:
        """Check the rules."""
        names = [rule.name for rule in self.rules]
        if not names:
            raise MethodError(f"standard {show(self.name)} has no rules; wanted at least one Rule")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"standard {show(self.name)} has two rules called {listed(twice)}"
            raise MethodError(message)
        for rule in self.rules:
            if rule.flag not in FLAGS:
                raise MethodError(_unknown("flag", rule.flag, FLAGS))

    @property
    def statistics(self) -> frozenset[str]:
        """The statistics that it judges."""
        return frozenset(one for rule in self.rules for one in rule.statistics)

    def broken(self, facts: Facts, statistic: str) -> list[Rule]:
        """The rules under which a figure falls.

        Args:
            facts: What is known of it.
            statistic: What it is.
        """
        found: list[Rule] = []
        for rule in self.rules:
            out = any(one.flag == "suppress" for one in found)
            if (
                statistic in rule.statistics
                and not (out and rule.shown_only)
                and rule.breaks(facts)
            ):
                found.append(rule)
        return found


def facts_of(row: Estimate) -> Facts | None:
    """What rules look at; None where the base or the figure is not known as a number.

    Args:
        row: An estimate.
    """
    if row.estimate is None or not row.n:
        return None
    n, share, error = float(row.n), row.estimate, row.standard_error
    effective = row.n_effective
    if row.design_effect is not None and row.design_effect > 0:
        effective = n / row.design_effect
    effective = n if effective is None else min(effective, n)
    df = math.inf if row.df is None else row.df
    low, high = row.ci_low, row.ci_high
    if share in {0.0, 1.0} and row.statistic in numbers.SHARES:
        low = high = share
    elif row.statistic in numbers.SHARES:
        limits = intervals.design_proportion(
            share, n, n_effective=effective or n, df=max(df, 1.0), method="korn-graubard",
            confidence_level=_LEVEL,
        )  # fmt: skip
        low, high = float(limits.low), float(limits.high)
    return Facts(
        share=share,
        n=n,
        n_effective=effective,
        low=-math.inf if low is None else low,
        high=math.inf if high is None else high,
        df=df,
        cv=math.inf if error is None or not share else error / abs(share),
    )


_RATES = frozenset({"total", "ratio"})
_NUMBERS = frozenset({*numbers.SHARES, "mean", "total", "ratio"})
_ANY = frozenset({*_NUMBERS, "quantile"})


def _suppress(name: str, words: str, breaks: Callable[[Facts], bool], **more: Any) -> Rule:
    return Rule(name, "suppress", words, breaks, **more)


#: Parker et al. (2017), and for totals and ratios the report of 2023 on rates and counts.
NCHS = Standard(
    name="NCHS 2017 for proportions",
    rules=(
        _suppress("few respondents", "Fewer than 30 respondents, or as few effective ones.",
                  lambda row: row.n < 30 or row.n_effective < 30),
        _suppress("wide interval", "The 95 % interval is 30 points wide or more.",
                  lambda row: row.width >= 0.30, shown_only=True),
        _suppress("wide beside the share",
                  "The 95 % interval is wider than 5 points and than 130 % of the share.",
                  lambda row: row.width > 0.05 and row.relative_width > 1.30, shown_only=True),
        Rule("few degrees of freedom", "review", "Fewer than 8 degrees of freedom.",
             lambda row: row.df < 8, shown_only=True),
        Rule("none or all", "review", "Nobody or everybody gave the answer.",
             lambda row: row.share in {0.0, 1.0}),
        Rule("wide beside the others", "complement",
             "The share of all others would not be shown: the 95 % interval is wider than 130 % of "
             "it.",
             lambda row: row.width > 0.05 and row.complement_width > 1.30, shown_only=True),
        _suppress("few effective respondents", "Fewer than 10 effective respondents.",
                  lambda row: row.n_effective < 10, statistics=_RATES),
        _suppress("wide beside the number", "The interval is wider than 160 % of the number.",
                  lambda row: row.relative_width > 1.60, shown_only=True, statistics=_RATES),
        Rule("few degrees of freedom of a number", "review", "Fewer than 8 degrees of freedom.",
             lambda row: row.df < 8, shown_only=True, statistics=_RATES),
    ),
    source="Parker et al. (2017), Vital and Health Statistics 2(175); of totals and ratios, Parker "
    "et al. (2023), Vital and Health Statistics 2(200)",
)  # fmt: skip

THIRTY = Standard(
    name="30/30",
    rules=(
        _suppress("few respondents", "Fewer than 30 respondents.", lambda row: row.n < 30,
                  statistics=_ANY),
        _suppress("few effective respondents", "Fewer than 30 effective respondents.",
                  lambda row: row.n_effective < 30, statistics=_ANY),
        Rule("large standard error", "review",
             "The standard error is 30 % of the estimate or more.",
             lambda row: row.cv >= 0.30, shown_only=True, statistics=_NUMBERS),
    ),
    source="At least 30 respondents and 30 effective ones; a relative standard error of 30 % and "
    "more is footnoted, as the older standards of NCHS did",
)  # fmt: skip


def _percent(cv: float) -> float:
    """A coefficient of variation in percent to one decimal, as the limits are given."""
    return round(cv * 100, 1) if math.isfinite(cv) else cv


CV = Standard(
    name="coefficient of variation, 16.6 % and 33.3 %",
    rules=(
        _suppress("unacceptable", "The coefficient of variation is above 33.3 %.",
                  lambda row: _percent(row.cv) > 33.3, statistics=_NUMBERS),
        Rule("marginal", "review",
             "The coefficient of variation is from 16.6 to 33.3 %: use with care.",
             lambda row: _percent(row.cv) > 16.5, shown_only=True, statistics=_NUMBERS),
    ),
    source="Statistics Canada (2009), Quality Guidelines, 5th edition, as quoted by the manual of "
    "the R package SAEval, cv_table: up to 16.5 % without restriction, from 16.6 to 33.3 % with a "
    "warning, above that not to be published",
)  # fmt: skip


def judge(result: Judged, standard: str | Standard = "nchs") -> Judged:
    """Flag the figures of a result that a standard would not show as they are.

    Numbers stay. A change is judged by both of its figures, a trend by all.

    Args:
        result: Estimates, changes or trends.
        standard: A name in STANDARDS, or a standard of your own.

    Returns:
        The same result; its rows, or the figures behind them, with a flag and a note for each rule
        that they fall under, and `checked` with what was looked at.

    Raises:
        MethodError: No such standard, or a result of another kind.

    Example:
        >>> import pandas as pd, surveylib as sl
        >>> found = sl.estimate(pd.DataFrame({"use": ["yes"] * 12 + ["no"] * 8}), "use")
        >>> judge(found).rows[0].flags
        ('suppress',)
    """
    taken = _standard(standard)
    if isinstance(result, Estimates):
        rows = tuple(_flagged(row, taken) for row in result.rows)
        told = _checked(taken, rows)
        return dataclasses.replace(result, rows=rows, checked=told)
    if isinstance(result, Changes):
        changes = tuple(
            dataclasses.replace(
                row,
                from_estimate=_flagged(row.from_estimate, taken),
                to_estimate=_flagged(row.to_estimate, taken),
            )
            for row in result.rows
        )
        ends = [end for row in changes for end in (row.from_estimate, row.to_estimate)]
        return dataclasses.replace(result, rows=changes, checked=_checked(taken, ends))
    if isinstance(result, Trends):
        trends = tuple(
            dataclasses.replace(row, points=tuple(_flagged(one, taken) for one in row.points))
            for row in result.rows
        )
        points = [point for row in trends for point in row.points]
        return dataclasses.replace(result, rows=trends, checked=_checked(taken, points))
    message = f"a {type(result).__name__} cannot be judged; wanted Estimates, Changes or Trends"
    raise MethodError(message)


def _standard(given: str | Standard) -> Standard:
    if isinstance(given, Standard):
        return given
    if not isinstance(given, str) or given not in STANDARDS:
        raise MethodError(_unknown("standard", str(given), STANDARDS))
    return STANDARDS[given]


def _unknown(kind: str, name: str, choices: Iterable[str]) -> str:
    """The message for a name that does not exist."""
    names = list(choices)
    guess = nearest(name, names)
    hint = f"did you mean '{guess}'? " if guess else ""
    return f"no {kind} called {show(name)}; {hint}choose one of {listed(names)}"


def _flagged(row: Estimate, standard: Standard) -> Estimate:
    """A row with what a standard says of it; a rule that was told already is told once."""
    facts = None if numbers.is_withheld(row) else facts_of(row)
    broken = [] if facts is None else standard.broken(facts, row.statistic)
    told = set(zip(row.flags, row.notes, strict=True))
    new = [(rule.flag, _note(standard, rule)) for rule in broken]
    new = [one for one in new if one not in told]
    return dataclasses.replace(
        row,
        flags=(*row.flags, *(flag for flag, _ in new)),
        notes=(*row.notes, *(note for _, note in new)),
    )


def _note(standard: Standard, rule: Rule) -> str:
    return f"{rule.words} ({standard.name})"


def _checked(standard: Standard, rows: Iterable[Estimate]) -> str:
    """What was checked, and what there is to report."""
    counts: dict[str, int] = dict.fromkeys(FLAGS, 0)
    notes = {_note(standard, rule) for rule in standard.rules}
    unjudged = 0
    for row in dict.fromkeys(rows):
        if row.statistic not in standard.statistics or facts_of(row) is None:
            unjudged += not numbers.is_withheld(row)
        for flag in {
            flag for flag, note in zip(row.flags, row.notes, strict=True) if note in notes
        }:
            counts[flag] += 1
    found = [f"{count} {_COUNTED[flag]}" for flag, count in counts.items() if count]
    told = f"{'; '.join(found)}." if found else "Nothing to report."
    rest = f" Not judged, for want of a number or a rule: {unjudged}." if unjudged else ""
    return f"Checked the standard {standard.name}. {told[0].upper()}{told[1:]}{rest}"


_COUNTED: Mapping[str, str] = MappingProxyType(
    {
        "suppress": "not to be shown",
        "review": "to be reviewed",
        "complement": "whose complement is not to be shown",
    }
)

STANDARDS: Mapping[str, Standard] = MappingProxyType(
    {
        "nchs": NCHS,
        "thirty": THIRTY,
        "cv": CV,
    }
)
