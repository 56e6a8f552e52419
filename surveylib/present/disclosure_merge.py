"""Small groups as one: their respondents counted together, where the sample is a simple one."""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from typing import TYPE_CHECKING

from surveylib.errors import MethodError
from surveylib.present.disclosure_earlier import figure_of
from surveylib.present.disclosure_rules import parts_of
from surveylib.stats import intervals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.results import Estimate, Estimates

#: What the group is called that small groups make together.
TOGETHER = "smaller groups together"
_FLAG = "merged"


def merged(estimates: Estimates, minimum: int) -> tuple[Estimates, set[tuple[str, str]]]:
    """Put groups below a size together, the same ones for every question of a wave.

    Where one group alone is too small, or all of them together are, the next smallest joins them.
    Where no more than one group would be left, groups stay as they are.

    Args:
        estimates: Estimates with groups by one question.
        minimum: The smallest base.

    Returns:
        The estimates, and the wave and name of each group that is no longer there.

    Raises:
        MethodError: Groups that are too small, and are of no simple sample or have no counts.
    """
    gone: set[tuple[str, str]] = set()
    for wave, groups in _sizes(estimates.rows).items():
        small = _taken(groups, minimum)
        gone |= {(wave[0], domain) for domain in small}
    if not gone:
        return estimates, gone
    rows: list[Estimate] = []
    made: dict[tuple[str, ...], list[Estimate]] = defaultdict(list)
    for row in estimates.rows:
        if (row.wave, row.domain) not in gone:
            rows.append(row)
            continue
        by = parts_of(row.domain)[0][0]
        made[row.wave, row.question, row.answer, row.base, row.statistic, by].append(row)
    rows += [_together(found, minimum) for found in made.values()]
    return dataclasses.replace(estimates, rows=tuple(rows), covariance=None), gone


def _sizes(rows: Sequence[Estimate]) -> dict[tuple[str, str], dict[str, int]]:
    """For each wave and question that makes groups, the smallest base of each group."""
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in rows:
        parts = parts_of(row.domain)
        if len(parts) == 1 and row.certainty == "counted" and row.n is not None:
            sizes = found[row.wave, parts[0][0]]
            sizes[row.domain] = min(row.n, sizes.get(row.domain, row.n))
    return found


def _taken(groups: dict[str, int], minimum: int) -> list[str]:
    """The groups that are put together, from the smallest up."""
    order = sorted(groups, key=lambda name: (groups[name], name))
    count = sum(groups[name] < minimum for name in order)
    while count and (count < 2 or sum(groups[name] for name in order[:count]) < minimum):
        count += 1
        if count > len(order):
            return []
    return order[:count] if len(order) - count >= 1 else []


def _together(rows: Sequence[Estimate], minimum: int) -> Estimate:
    """One row out of those of several groups."""
    events = [figure_of(dataclasses.asdict(row)).events for row in rows]
    first = rows[0]
    _check_simple(rows, minimum)
    count, n = sum(one or 0 for one in events), sum(row.n or 0 for row in rows)
    share = count / n
    limits = intervals.proportion(
        count, n, method=first.interval, confidence_level=first.confidence_level
    )
    low, high = float(limits.low), float(limits.high)
    by = parts_of(first.domain)[0][0]
    names = ", ".join(parts_of(row.domain)[0][1] for row in rows)
    return dataclasses.replace(
        first,
        domain=f"{by}={TOGETHER}",
        n=n,
        n_low=n,
        n_effective=float(n),
        estimate=share,
        estimate_low=share,
        estimate_high=share,
        standard_error=math.sqrt(share * (1 - share) / n * _scale(rows)),
        ci_low=low,
        ci_high=high,
        envelope_low=low,
        envelope_high=high,
        flags=(*first.flags, _FLAG),
        notes=(*first.notes, f"Small groups are taken together: {names}."),
        printed=f"{count} of {n}",
        read_as=f"{share * 100:.1f}",
    )


def _check_simple(rows: Sequence[Estimate], minimum: int) -> None:
    """Refuse shares that do not tell how many people together gave an answer."""
    for row in rows:
        simple = row.design_effect == 1 and row.df in {None, math.inf} and not row.simultaneous
        exact = row.estimate_low == row.estimate_high and row.n_low == row.n
        if not simple or not exact or row.statistic != "share":
            message = (
                f"groups of '{row.question}' have fewer than {minimum} respondents and cannot be "
                "put together from their shares, which needs a simple sample, shares without "
                "a range, and intervals that each hold alone; put the groups together in the "
                "data, or leave out 'merge'"
            )
            raise MethodError(message)


def _scale(rows: Sequence[Estimate]) -> float:
    """What the variance is multiplied by: n / (n - 1) of the whole sample, or 1 for printed counts.

    Every group of a simple sample has the same; one where all or nobody gave the answer has none.
    """
    for row in rows:
        share, error = row.estimate or 0.0, row.standard_error or 0.0
        if 0 < share < 1 and error and row.n:
            return error**2 * row.n / (share * (1 - share))
    return 1.0
