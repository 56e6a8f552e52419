"""Means, totals, ratios and quantiles of a number: ours beside R's."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import surveylib as sl
from surveylib.errors import MethodError, NotEstimableError
from tests.parity.differences import (
    Limit,
    Pair,
    averaged_otherwise,
    empty_replicate,
    inside,
    is_simple,
    number,
    of,
    of_limit,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np

    from tests.parity.differences import Theirs
    from tests.parity.drawn import Case

#: How each statistic of x is asked for, by what R's numbers are called.
STATISTICS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "x_mean": {"statistic": "mean"},
        "x_total": {"statistic": "total"},
        "x_ratio": {"statistic": "ratio", "over": "z"},
    }
)
QUANTILES = (0.1, 0.5, 0.9)
_FIELDS = MappingProxyType(
    {"": "estimate", "_standard_error": "standard_error", "_low": "ci_low", "_high": "ci_high"}
)


def compare_numbers(case: Case, theirs: Theirs) -> list[Pair]:
    """Every number of a numeric column that both have, of one sample."""
    found: list[Pair] = []
    for name, asked in STATISTICS.items():
        for domain, rows in _rows(case, asked).items():
            row = rows if isinstance(rows, str) else rows[0]
            found += _of_row(case, name, domain, row, theirs)
    asked = {"statistic": "quantile", "q": QUANTILES, "interval": "wald"}
    for domain, rows in _rows(case, asked).items():
        found += _of_quantiles(case, domain, rows, theirs)
    return found


def _rows(case: Case, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Rows by group, or the message of a refusal."""
    frame, rows = case.native, dict[str, Any]()
    groups = [f"g={group}" for group in sorted(set(case.frame["g"].dropna()))]
    if asked["statistic"] == "mean":  # each group by itself is another way to the same numbers
        return {domain or "": _alone(case, frame, domain, asked) for domain in (None, *groups)}
    for where in ({}, {"by": "g"}):
        try:
            found = sl.estimate(frame, "x", design=case.design, **where, **asked).rows
        except (MethodError, NotEstimableError):
            for domain in groups if where else [None]:
                rows[domain or ""] = _alone(case, frame, domain, asked)
            continue
        for row in found:
            rows.setdefault(row.domain, []).append(row)
    return rows


def _alone(case: Case, frame: Any, domain: str | None, asked: Mapping[str, Any]) -> Any:
    """The rows of one group, or the message of its refusal."""
    try:
        return list(sl.estimate(frame, "x", where=domain, design=case.design, **asked).rows)
    except (MethodError, NotEstimableError) as error:
        return str(error)


def _of_row(case: Case, name: str, domain: str, row: Any, theirs: Theirs) -> Iterator[Pair]:
    for ending, field in _FIELDS.items():
        key = of(name + ending, domain)
        if key not in theirs:
            continue
        if isinstance(row, str):
            yield Pair(key, math.nan, theirs[key], row)
            continue
        why = "" if ending == "" else empty_replicate(row) or _why(case, name, domain)
        if not why and field.startswith("ci") and row.standard_error == 0 and row.df is not None:
            why = "number without variation"
        yield Pair(key, number(getattr(row, field)), theirs[key], why)


def _why(case: Case, name: str, domain: str) -> str:
    """Why a standard error may differ."""
    if averaged_otherwise(case, inside(case, domain, "x")):
        return "lonely strata of a group"
    if name == "x_total" and case.design.lonely == "adjust":
        return "total under adjust"
    return ""


def _of_quantiles(case: Case, domain: str, rows: Any, theirs: Theirs) -> Iterator[Pair]:
    for place, q in enumerate(QUANTILES):
        name = f"x_quantile_{q}"
        for ending, field in _FIELDS.items():
            key = of(name + ending, domain)
            if key not in theirs:
                continue
            if isinstance(rows, str):
                yield Pair(key, math.nan, theirs[key], rows)
                continue
            row = rows[place]
            ours = number(getattr(row, field))
            why = empty_replicate(row) if ending else ""
            why = why or _smallest(case, domain, row, q, ending)
            if not why and ending:
                why = _why_quantile(case, domain, row, theirs)
                if not why and math.isnan(theirs[key]) and not math.isnan(ours):
                    why = "quantile beyond the data"
            yield Pair(key, ours, theirs[key], why)


def _weights(case: Case, domain: str) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of a group in order, and their weights; without weights of 0."""
    table = case.frame[inside(case, domain, "x")]
    table = table[table["w"] > 0].sort_values("x", kind="stable")
    return table["x"].to_numpy(), table["w"].to_numpy()


def _smallest(case: Case, domain: str, row: Any, q: float, ending: str) -> str:
    """Whether R gives the second number where the smallest alone weighs more than q."""
    x, weights = _weights(case, domain)
    affected = q < weights[0] / weights.sum()
    if ending:
        affected |= row.ci_low == x[0] or row.ci_high == x[0]
    return "quantile at the smallest number" if affected else ""


def _why_quantile(case: Case, domain: str, row: Any, theirs: Theirs) -> str:
    """Why a limit may differ: by the share of numbers that are not above the quantile."""
    x, weights = _weights(case, domain)
    rows = inside(case, domain, "x")
    share = float(weights[x <= row.estimate].sum() / weights.sum())
    if theirs[of("x_mean_standard_error", domain)] == 0:
        return "variance of 0"
    if averaged_otherwise(case, rows):
        return "lonely strata of a group"
    if is_simple(case):
        return "simple sample"
    size = row.n_effective
    plain = not 0 < share < 1 or not size
    df = theirs[of("x_df", domain)]
    limit = Limit(
        case=case,
        domain=domain,
        method="wald",
        low=True,
        share=share,
        n=row.n,
        error=0.0 if plain else math.sqrt(share * (1 - share) / size),
        df=df,
        df_of_group=df,
    )
    return of_limit(limit)
