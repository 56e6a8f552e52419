"""Our numbers beside R's, and the differences between them that are meant."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from tests.parity.drawn import Case

#: What R calls a number: (what, group, answer, other group, other answer).
Key = tuple[str, str, str, str, str]
Theirs = Mapping[Key, float]

#: Differences that are meant, with the reason. Each is found, and is one, in every run.
DIFFERENCES: Mapping[str, str] = MappingProxyType(
    {
        "effective n above n": "it counts as n in intervals: Parker and others (2017)",
        "share of 0 or 1": "R has no interval, or one without width, and no design effect",
        "variance of 0": "R's effective n is infinite; ours is n, and an interval has width",
        "arcsine below 0": "R's lower limit turns upward; ours is cut at 0",
        "wald outside 0 and 1": "R's limits leave [0, 1]; ours are cut",
        "simple sample": "R adjusts for n - 1 degrees of freedom; ours is the textbook's",
        "lonely strata of a group": "R averages over strata of the group, we over the design's",
        "total under adjust": "wrong in R survey 4.1.1, corrected in 4.5",
        "replicate without an estimate": "R drops it with a warning; we give no variance",
        "replicate df of a group": "R takes the rank of the group's weights, we the sample's",
        "beta and df of the design": "R's beta reads the group's df whatever it is told",
        "rows of weight 0 in n": "R's beta, design effects of replicates and svychisq count them",
        "likelihood with a df below 7": "far limits, where R's splines have few digits or none",
        "empty cells": "R's design effects of tables take 0 for 1 / 0",
        "number without variation": "R's interval is a point; we give none, and say why",
        "quantile at the smallest number": "R survey 4.1.1 gives the second where it weighs enough",
        "quantile beyond the data": "R has no limit; ours is the smallest or largest number",
    }
)


class Pair(NamedTuple):
    """A number of ours and R's; `difference` names why they may differ, where they may."""

    key: Key
    ours: float
    theirs: float
    difference: str = ""

    @property
    def what(self) -> str:
        return self.key[0]


def close(pair: Pair, relative: float = 1e-8, absolute: float = 1e-10) -> bool:
    """Whether both are the same number; nan is only nan."""
    if math.isnan(pair.ours) or math.isnan(pair.theirs):
        return math.isnan(pair.ours) and math.isnan(pair.theirs)
    if pair.what.endswith("standard_error"):  # a root would make much of what rounding leaves of 0
        return math.isclose(pair.ours**2, pair.theirs**2, rel_tol=2 * relative, abs_tol=1e-15)
    return math.isclose(pair.ours, pair.theirs, rel_tol=relative, abs_tol=absolute)


def number(value: float | None) -> float:
    """What we have no number for is nan, as in R."""
    return math.nan if value is None else value


def of(what: str, domain: str = "", answer: str = "") -> Key:
    """The key of a number that is of one group and answer."""
    return (what, domain, answer, "", "")


def empty_replicate(row: Any) -> str:
    """The difference that a row without a variance is."""
    return "replicate without an estimate" if row.standard_error is None and row.df else ""


def is_simple(case: Case) -> bool:
    """Whether we take the sample for a simple one."""
    return case.design.names == ()


def inside(case: Case, domain: str, column: str = "q") -> np.ndarray:
    """The rows of a group that have a value in a column."""
    has = case.frame[column].notna().to_numpy()
    return has & (case.frame["g"] == domain[2:]).to_numpy() if domain else has


def zeros(case: Case, domain: str) -> bool:
    """Whether rows of weight 0 are among those of a group who answered."""
    return bool((case.frame["w"].to_numpy()[inside(case, domain)] == 0).any())


def averaged_otherwise(case: Case, rows: np.ndarray) -> bool:
    """Whether a stratum without any of some rows counts in the mean over strata."""
    strata = case.frame["s"].to_numpy()
    return case.design.lonely == "average" and len(set(strata[rows])) < len(set(strata))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A limit of an interval for a share, and what it rests on.

    Args:
        case: The sample.
        domain: The group.
        method: Our name of the method.
        low: Whether it is the lower one.
        share: The share.
        n: Respondents in the base.
        error: Its standard error.
        df: R's degrees of freedom.
        df_of_group: Those of the group, which R's beta takes.
    """

    case: Case
    domain: str
    method: str
    low: bool
    share: float
    n: int
    error: float
    df: float
    df_of_group: float

    @property
    def size(self) -> float:
        return self.share * (1 - self.share) / self.error**2

    @property
    def adjusted(self) -> float:
        """The effective n of Korn and Graubard."""
        own = stats.t.ppf(0.025, max(self.n - 1, 1))
        return float(self.size * (own / stats.t.ppf(0.025, self.df)) ** 2)

    @property
    def turns(self) -> bool:
        """Whether the angle of arcsine leaves its range."""
        share = self.share if self.low else 1 - self.share
        half = stats.t.ppf(0.975, self.df) / (2 * math.sqrt(self.size))
        return bool(half > math.asin(math.sqrt(share)))


#: Why a limit may differ: the first that holds.
_OF_LIMITS: Mapping[str, Callable[[Limit], bool]] = MappingProxyType(
    {
        "share of 0 or 1": lambda limit: not 0 < limit.share < 1,
        "lonely strata of a group": lambda limit: averaged_otherwise(
            limit.case, inside(limit.case, limit.domain)
        ),
        "simple sample": lambda limit: is_simple(limit.case),
        "variance of 0": lambda limit: limit.error == 0,
        "beta and df of the design": lambda limit: (
            limit.method == "korn-graubard"
            and limit.case.design.df == "design"
            and limit.df != limit.df_of_group
        ),
        "rows of weight 0 in n": lambda limit: (
            limit.method == "korn-graubard" and zeros(limit.case, limit.domain)
        ),
        "effective n above n": lambda limit: (
            limit.size > limit.n or (limit.method == "korn-graubard" and limit.adjusted > limit.n)
        ),
        "arcsine below 0": lambda limit: limit.method == "arcsine" and limit.turns,
        "likelihood with a df below 7": lambda limit: limit.method == "likelihood" and limit.df < 7,
    }
)


def of_limit(limit: Limit) -> str:
    """Why a limit may differ; empty where it may not."""
    if not limit.df >= 1:  # neither has an interval
        return ""
    return next((name for name, holds in _OF_LIMITS.items() if holds(limit)), "")
