"""A table of two questions: shares within rows, and the test in one line."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING

from surveylib.errors import harmless
from surveylib.present import numbers
from surveylib.present.disclosure_rules import WITHHELD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from surveylib.analysis.crosstab import Crosstab
    from surveylib.analysis.results import Estimate
    from surveylib.stats.crosstabs import TableTest

#: Signs of a name in the head of a column.
_WIDEST = 17
#: What a test is called in a sentence.
TESTS: Mapping[str, str] = MappingProxyType(
    {
        "rao-scott-2": "Rao–Scott test, second order",
        "rao-scott-1": "Rao–Scott test, first order",
        "rao-scott-2-null": "Rao–Scott test, second order, at the expected shares",
        "wald": "Wald test",
        "adjusted-wald": "adjusted Wald test",
        "pearson": "Pearson's test, as if the sample were a simple one",
        "likelihood-ratio": "likelihood ratio test, as if the sample were a simple one",
    }
)


def title(result: Crosstab) -> str:
    """What is crossed with what."""
    return harmless(f"{result.columns} within {result.rows}")


def cells(result: Crosstab) -> tuple[list[str], list[list[str]]]:
    """The head and the rows of the table: shares within each row, with limits below each other."""
    found = {(row.domain, row.answer): row for row in result.within.rows}
    head = [cut(one) for one in (result.rows, *result.column_answers, "n", "share of all")]
    rows = []
    for place, answer in enumerate(result.row_answers):
        domain = f"{result.rows}={answer}"
        named = [found.get((domain, column)) for column in result.column_answers]
        line = [_share(one) for one in named]
        sizes = [one for one in named if one is not None]
        known = next((str(one.n) for one in sizes if one.n is not None), numbers.WITHHELD)
        whole = float(result.cells[place].sum())
        share = numbers.WITHHELD if math.isnan(whole) else numbers.percent(whole)
        rows.append([harmless(answer), *line, known if sizes else "0", share])
    return head, rows


def _share(row: Estimate | None) -> str:
    """A share with its limits; a dash in a row that holds nobody."""
    if row is not None and numbers.is_withheld(row):
        return numbers.WITHHELD
    if row is None or row.estimate is None:
        return "–"
    if row.ci_low is None or row.ci_high is None:
        return numbers.percent(row.estimate)
    limits = f"{row.ci_low * 100:.0f}–{row.ci_high * 100:.0f}"
    return f"{numbers.percent(row.estimate)} ({limits})"


def cut(name: str) -> str:
    """A name for the head of a column: without control characters, and not too long.

    >>> cut("yes"), cut("an answer of many words that has no end")
    ('yes', 'an answer of man…')
    """
    shown = harmless(name)
    return shown if len(shown) <= _WIDEST else shown[: _WIDEST - 1] + "…"


def notes(result: Crosstab) -> list[str]:
    """What must be known of the table: the test, who is in it, and the design."""
    level = f"{result.within.rows[0].confidence_level * 100:g} %"
    found = [
        *tested(result),
        f"in brackets {level} intervals of shares within rows",
        *([f"design: {result.within.design}"] if result.within.design else []),
    ]
    return list(map(harmless, found))


def tested(result: Crosstab) -> list[str]:
    """The test of the whole table and who is in it; or that they are withheld.

    Args:
        result: A crosstab.
    """
    gone = any(map(numbers.is_withheld, result.within.rows))
    if gone or result.test is None or result.n is None:
        return [WITHHELD, "the test and the shares of all are of every cell, and withheld too"]
    test = result.test
    notes = [f"test, with {result.rows} in rows: {note}" for note in test.notes]
    told = f"{TESTS[test.method]}: {statistic(test)}"
    return [told, f"n = {result.n:,} who answered both", *notes]


def statistic(test: TableTest) -> str:
    """A test statistic with its degrees of freedom and its p-value."""
    if test.distribution == "F":
        df = f"{test.df_numerator:.4g}, {_degrees(test.df_denominator)}"
        return f"F({df}) = {test.statistic:.4g}, p {_p(test.p_value)}"
    return f"χ²({test.df_numerator:.4g}) = {test.statistic:.4g}, p {_p(test.p_value)}"


def _degrees(df: float) -> str:
    return "∞" if math.isinf(df) else f"{df:.4g}"


def _p(value: float) -> str:
    return numbers.p_value(value) if value < 0.001 else f"= {numbers.p_value(value)}"
