"""Numbers as a reader sees them: percent and points exist here and nowhere before."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt

    from surveylib.analysis.changes import Change
    from surveylib.analysis.results import Estimate

_MINUS = "\u2212"

SPACE = "\u00a0"
#: Methods as papers write them; others are written as they are called.
_METHODS = MappingProxyType(
    {
        "wilson": "Wilson",
        "clopper-pearson": "Clopper–Pearson",
        "jeffreys": "Jeffreys",
        "agresti-coull": "Agresti–Coull",
        "mid-p": "mid-P",
        "korn-graubard": "Korn–Graubard",
        "wald": "Wald",
        "newcombe": "Newcombe",
        "newcombe-continuity": "Newcombe with continuity correction",
        "miettinen-nurminen": "Miettinen–Nurminen",
        "mee": "Mee",
        "agresti-caffo": "Agresti–Caffo",
        "sison-glaz": "Sison–Glaz",
        "cochran-armitage": "Cochran–Armitage",
        "cochran-armitage-exact": "Cochran–Armitage, exact",
        "cochran-armitage-permutation": "Cochran–Armitage, by permutation",
        "cochran-q": "Cochran's Q",
        "cochran-q-exact": "Cochran's Q, exact",
        "jonckheere-terpstra": "Jonckheere–Terpstra",
        "mann-kendall": "Mann–Kendall",
    }
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

#: The flag of a row without its numbers, which few people are behind; `protect` sets it.
WITHHELD = "withheld"


def percent(share: float) -> str:
    r"""A proportion in percent.

    >>> percent(0.4567)
    '45.7\xa0%'
    """
    return f"{share * 100:.1f}{SPACE}%"


def percents(low: float, high: float) -> str:
    r"""Two proportions as a range in percent.

    >>> percents(0.803, 0.888)
    '80.3 to 88.8\xa0%'
    """
    return f"{low * 100:.1f} to {percent(high)}"


def points(difference: float) -> str:
    """A difference of proportions in percentage points, with its sign.

    >>> points(-0.171)
    '−17.1'
    """
    rounded = round(difference * 100, 1)
    sign = "+" if rounded > 0 else _MINUS if rounded < 0 else ""
    return f"{sign}{abs(rounded):.1f}"


#: Statistics that are shares, and so are told in percent; others have a unit of their own.
SHARES = frozenset(["share", "share_up_to"])


def is_withheld(estimate: Estimate) -> bool:
    """Whether a row has no numbers, because few people are behind them.

    Args:
        estimate: The row.
    """
    return WITHHELD in estimate.flags


def share(estimate: Estimate) -> str:
    """A figure as it is known: the number printed, or the range that its words or bands leave."""
    if is_withheld(estimate):
        return WITHHELD
    low, high = estimate.estimate_low, estimate.estimate_high
    if estimate.statistic not in SHARES:
        return number(low, estimate) if low == high else numbers(low, high, estimate)
    if estimate.estimate is None:
        return f"{low * 100:.1f}–{percent(high)}"
    if estimate.statistic == "share_up_to":
        return percent(estimate.estimate)
    return f"{estimate.read_as}{SPACE}%"


def number(value: float | None, estimate: Estimate) -> str:
    """A number to two digits of its standard error; to six where that is not known."""
    if value is None or math.isinf(value):
        return "no limit"
    error = estimate.standard_error
    if not error or not math.isfinite(error):
        return f"{value:,.6g}"
    decimals = min(max(0, 1 - math.floor(math.log10(error))), 12)
    # Without the sign of a number that rounds to 0.
    return f"{round(value, decimals) + 0.0:,.{decimals}f}"


def numbers(low: float | None, high: float | None, estimate: Estimate) -> str:
    """Two numbers as a range; either may have no limit."""
    return f"{number(low, estimate)} to {number(high, estimate)}"


def interval(low: float | None, high: float | None, estimate: Estimate) -> str:
    """An interval in percent, or in the unit of a number; a dash where there is none."""
    if estimate.statistic not in SHARES:
        return "–" if low is None and high is None else numbers(low, high, estimate)
    return "–" if low is None or high is None else percents(low, high)


def freedom(df: float | None) -> str:
    """Degrees of freedom; nothing for those of a simple sample."""
    return "" if df is None or math.isinf(df) else f"{df:g}"


def size(value: float | None) -> str:
    """An effective number of respondents."""
    return "–" if value is None else f"{value:,.1f}"


def p_value(value: float) -> str:
    """A p-value to three decimals, never as 0.

    >>> p_value(0.00002), p_value(0.0379)
    ('below 0.001', '0.038')
    """
    return "below 0.001" if value < 0.001 else f"{value:.3f}"


def p_values(change: Change) -> str:
    """The p-value, or its range over the possible counts where that shows in three decimals."""
    low, high = p_value(change.p_value_low), p_value(change.p_value_high)
    return low if low == high else f"{low} to {high}"


def base(estimate: Estimate) -> str:
    """The size of the base: a number, a range, or unknown."""
    if is_withheld(estimate):
        return "–"
    if estimate.n is None:
        return "unknown"
    if estimate.n_low is not None and estimate.n_low < estimate.n:
        return f"{estimate.n_low} to {estimate.n}"
    return str(estimate.n)


def verdict_name(verdict: str) -> str:
    """A comparability verdict in plain words."""
    return verdict.replace("_", " ")


def days(first: dt.date, last: dt.date) -> str:
    """Two days, each part of a date once.

    Args:
        first: The first day.
        last: The last day.

    >>> import datetime as dt
    >>> days(dt.date(2019, 4, 29), dt.date(2019, 8, 30)).replace(SPACE, " ")
    '29 Apr to 30 Aug 2019'
    >>> days(dt.date(2019, 4, 2), dt.date(2019, 4, 2)).replace(SPACE, " ")
    '2 Apr 2019'
    """
    end = f"{last.day}{SPACE}{_MONTHS[last.month - 1]}{SPACE}{last.year}"
    if first == last:
        return end
    begin = f"{first.day}"
    if (first.year, first.month) != (last.year, last.month):
        begin += f"{SPACE}{_MONTHS[first.month - 1]}"
    if first.year != last.year:
        begin += f"{SPACE}{first.year}"
    return f"{begin} to {end}"


def method(name: str) -> str:
    """A method as papers write it.

    Args:
        name: What it is called here.

    >>> method("clopper-pearson"), method("likelihood"), method("mover (wilson)")
    ('Clopper–Pearson', 'likelihood', 'MOVER (Wilson)')
    """
    outer, _, inner = name.removesuffix(")").partition(" (")
    if outer == "mover" and inner:
        return f"MOVER ({method(inner)})"
    return _METHODS.get(name, name)
