"""Shares, their covariance and tests of tables: ours beside R's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import surveylib as sl
from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats import crosstabs
from surveylib.stats.intervals import design_proportion
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
    zeros,
)
from tests.parity.drawn import ANSWERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.parity.differences import Key, Theirs
    from tests.parity.drawn import Case

#: R's methods of svyciprop that we have too, by our name.
METHODS = ("logit", "arcsine", "korn-graubard", "wald")
_SHARE = ("estimate", "standard_error", "design_effect")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """What we find.

    Args:
        rows: By (group, answer) and interval method.
        covariance: Of all groups, where none is refused.
        places: (group, answer) of its rows.
        refused: The message of each group that is.
    """

    rows: Mapping[tuple[str, str], Mapping[str, Any]]
    covariance: np.ndarray | None
    places: tuple[tuple[str, str], ...]
    refused: Mapping[str, str]

    def of_group(self, domain: str) -> Any:
        """Any row of a group; None without."""
        return next((rows["logit"] for (of, _), rows in self.rows.items() if of == domain), None)


def compare(case: Case, theirs: Theirs) -> list[Pair]:
    """Every number of shares that both have, of one sample."""
    ours = _estimates(case)
    return [
        *_of_groups(case, ours, theirs),
        *_of_shares(case, ours, theirs),
        *_of_likelihood(case, ours, theirs),
        *_of_covariances(case, ours, theirs),
        *_of_tables(case, theirs),
    ]


def _estimates(case: Case) -> Ours:
    frame = case.native
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    refused: dict[str, str] = {}
    spread, places = None, ()
    for method in METHODS:
        asked = {"design": case.design, "interval": method}
        for row in _whole(frame, asked, refused):
            rows.setdefault((row.domain, row.answer), {})[method] = row
        try:
            found = sl.estimate(frame, "q", by="g", **asked)
        except (MethodError, NotEstimableError):
            made = _one_by_one(case, frame, asked, refused)
        else:
            made = found.rows
            spread, places = found.covariance, tuple((row.domain, row.answer) for row in made)
        for row in made:
            rows.setdefault((row.domain, row.answer), {})[method] = row
    return Ours(rows=rows, covariance=spread, places=places, refused=refused)


def _whole(frame: Any, asked: Mapping[str, Any], refused: dict[str, str]) -> tuple[Any, ...]:
    try:
        return sl.estimate(frame, "q", **asked).rows
    except (MethodError, NotEstimableError) as error:
        refused[""] = str(error)
        return ()


def _one_by_one(
    case: Case, frame: Any, asked: Mapping[str, Any], refused: dict[str, str]
) -> list[Any]:
    """The groups that can be estimated, where one of them cannot."""
    rows: list[Any] = []
    for group in sorted(set(case.frame["g"].dropna())):
        domain = f"g={group}"
        try:
            rows += sl.estimate(frame, "q", where=domain, **asked).rows
        except (MethodError, NotEstimableError) as error:
            refused[domain] = str(error)
    return rows


def _of_groups(case: Case, ours: Ours, theirs: Theirs) -> Iterator[Pair]:
    """Respondents and degrees of freedom of each group."""
    for key, value in theirs.items():
        row = ours.of_group(key[1])
        if row is None:
            continue
        if key[0] == "n":
            yield Pair(key, row.n, value)
        if key[0] == "df_of_r":
            # Where we have none, R has 0.
            df, why = row.df or 0.0, "simple sample" if is_simple(case) else ""
            if case.design.df == "design":
                yield Pair(key, df, theirs[of("df_of_design")], why)
            elif case.design.replication and df != value:
                yield Pair(key, df, value, "replicate df of a group")
                yield Pair(key, df, theirs[of("df_of_design")])
            else:
                yield Pair(key, df, value, why)


def _of_shares(case: Case, ours: Ours, theirs: Theirs) -> Iterator[Pair]:
    for key, value in theirs.items():
        what, domain, answer = key[:3]
        method, _, side = what.rpartition("_")
        if what not in _SHARE and method not in METHODS:
            continue
        if domain in ours.refused:
            yield Pair(key, math.nan, value)
        elif (domain, answer) in ours.rows:
            rows = ours.rows[domain, answer]
            row = rows["logit"]
            if what != "estimate" and (why := empty_replicate(row)):
                yield Pair(key, math.nan, value, why)
            elif what in _SHARE:
                yield Pair(key, getattr(row, what), value, _why_share(case, row, what))
            else:
                limit = number(rows[method].ci_low if side == "low" else rows[method].ci_high)
                yield from _of_limit(key, limit, value, _limit(case, rows[method], key, theirs))


def _of_limit(key: Key, ours: float, theirs: float, limit: Limit) -> Iterator[Pair]:
    why = of_limit(limit)
    if not why and limit.method == "wald" and (theirs < 0 or theirs > 1):
        yield Pair(key, ours, theirs, "wald outside 0 and 1")
        yield Pair(key, ours, float(theirs > 0))
    else:
        yield Pair(key, ours, theirs, why)


def _limit(case: Case, row: Any, key: Key, theirs: Theirs) -> Limit:
    method, _, side = key[0].rpartition("_")
    return Limit(
        case=case,
        domain=row.domain,
        method=method,
        low=side == "low",
        share=row.estimate,
        n=row.n,
        error=number(row.standard_error),
        df=theirs[of("df", row.domain)],
        df_of_group=theirs[of("df_of_r", row.domain)],
    )


def _why_share(case: Case, row: Any, what: str) -> str:
    """Why a share, its standard error or its design effect may differ."""
    if what != "estimate" and averaged_otherwise(case, inside(case, row.domain)):
        return "lonely strata of a group"
    if what != "design_effect":
        return ""
    reasons = {
        "simple sample": is_simple(case),
        "share of 0 or 1": not 0 < row.estimate < 1,
        "variance of 0": row.standard_error == 0,
        "rows of weight 0 in n": bool(case.design.replication) and zeros(case, row.domain),
    }
    return next((name for name, holds in reasons.items() if holds), "")


def _of_likelihood(case: Case, ours: Ours, theirs: Theirs) -> Iterator[Pair]:
    """R multiplies by (n - 1) / n through its model's dispersion; so do we here."""
    for answer in ANSWERS:
        if of("likelihood_low", "", answer) not in theirs or ("", answer) not in ours.rows:
            continue
        row = ours.rows["", answer]["logit"]
        if empty_replicate(row):
            continue
        for side in ("low", "high"):
            key = of(f"likelihood_{side}", "", answer)
            limit = _limit(case, row, key, theirs)
            why = of_limit(limit)
            found = number(row.ci_low if side == "low" else row.ci_high)
            if not why and row.df is not None:
                shrunk = design_proportion(
                    limit.share,
                    limit.n,
                    n_effective=limit.size * (limit.n - 1) / limit.n,
                    df=row.df,
                    method="likelihood",
                )
                found = getattr(shrunk, side)
            yield Pair(key, found, theirs[key], why)


def _of_covariances(case: Case, ours: Ours, theirs: Theirs) -> Iterator[Pair]:
    # R leaves a replicate that one group has nobody in out of the covariance of all groups.
    if ours.covariance is None or np.isnan(ours.covariance).any():
        return
    where = {place: row for row, place in enumerate(ours.places)}
    rows = inside(case, "") & inside(case, "", "g")
    why = "lonely strata of a group" if averaged_otherwise(case, rows) else ""
    for key, value in theirs.items():
        if key[0] == "covariance":
            one, other = where[key[1], key[2]], where[key[3], key[4]]
            yield Pair(key, float(ours.covariance[one, other]), value, why)


_TABLE = ("F_statistic", "F_df_numerator", "F_df_denominator", "F_p_value", "Chisq_p_value")


def _of_tables(case: Case, theirs: Theirs) -> Iterator[Pair]:
    """Two questions: their cells as one question, and the tests on those shares."""
    keys = [of(what) for what in _TABLE]
    if not all(key in theirs for key in keys):
        return
    rows = inside(case, "") & inside(case, "", "r")
    joint = case.frame["q"].astype(str) + "|" + case.frame["r"].astype(str)
    frame = case.frame.assign(both=np.where(rows, joint, None))
    try:
        found = sl.estimate(frame, "both", design=case.design)
    except (MethodError, NotEstimableError) as error:
        yield from (Pair(key, math.nan, theirs[key], str(error)) for key in keys)
        return
    if empty_replicate(found.rows[0]):
        return
    cells, spread = _table(found)
    df = theirs[of("F_df_denominator")] / theirs[of("F_df_numerator")]
    if min(cells.shape) < 2 or not (df >= 1 and np.isfinite(df)):
        return
    why = "empty cells" if (cells == 0).any() else ""
    why = "lonely strata of a group" if averaged_otherwise(case, rows) else why
    row = found.rows[0]
    if not (why or is_simple(case) or case.design.replication or case.design.df == "design"):
        counted = "rows of weight 0 in n" if row.df != df else ""
        yield Pair(of("table_df"), number(row.df), df, counted)
    given = {"n": row.n, "df": df}
    second = crosstabs.independence(cells, spread, method="rao-scott-2", **given)
    first = crosstabs.independence(cells, spread, method="rao-scott-1", **given)
    ours = (
        second.statistic,
        second.df_numerator,
        second.df_denominator,
        second.p_value,
        first.p_value,
    )
    for key, value in zip(keys, ours, strict=True):
        yield Pair(key, value, theirs[key], why)


def _table(found: Any) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the cells of a table, and their covariance row by row; 0 where nobody is."""
    cells = [tuple(row.answer.split("|")) for row in found.rows]
    sides = [sorted(set(side)) for side in zip(*cells, strict=True)]
    high, wide = map(len, sides)
    place = [sides[0].index(one) * wide + sides[1].index(other) for one, other in cells]
    shares, spread = np.zeros(high * wide), np.zeros((high * wide, high * wide))
    shares[place] = [row.estimate for row in found.rows]
    spread[np.ix_(place, place)] = found.covariance
    return shares.reshape(high, wide), spread
