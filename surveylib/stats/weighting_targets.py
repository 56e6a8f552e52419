"""Targets of a weighting, and everything about them that does not fit the respondents.

N stands for respondents, C for categories, R for replicates. `surveylib.stats.weighting` has all
of this under its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.errors import DesignError, Fault, MethodError, listed, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

#: Sums of two margins that differ by less than this part are the same number of people.
_SAME_SUM = 1e-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """What the weights of some categories shall add up to.

    Args:
        name: What the categories are of, such as "region"; for messages.
        category: (N,) place of each respondent's category, from 0; -1 where it is not known.
        categories: (C,) names of the categories.
        totals: (C,) what the weights of each shall add up to; nan where nobody said.
    """

    name: str
    category: Whole
    categories: tuple[str, ...]
    totals: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing about targets that does not fit.

    Args:
        code: A name in PROBLEMS.
        margin: The name of the margin.
        category: The name of the category; empty where the whole margin is meant.
        n: Respondents that are concerned.
        got: A number: the weight that respondents have, or the sum of the margin's totals.
        wanted: The target, or the sum of the first margin's totals; nan where there is none.
        other: The name of the first margin, where two do not agree.
        replicates: Which replicates, counted from 0, where only those are concerned.
    """

    code: str
    margin: str
    category: str = ""
    n: int = 0
    got: float = 0.0
    wanted: float = float("nan")
    other: str = ""
    replicates: tuple[int, ...] = ()

    def fault(self, *, file: str = "", line: int | None = None) -> Fault:
        """Say it in words, with the place of the targets where they stand in a file."""
        row = PROBLEMS[self.code]
        place = f"{show(self.margin)}"
        if self.category:
            place += f", category {show(self.category)}"
        words = {
            "place": place,
            "n": f"{self.n:,}",
            "got": f"{self.got:.12g}",
            "wanted": f"{self.wanted:.12g}",
            "other": show(self.other),
            "replicates": listed(str(place) for place in self.replicates),
        }
        return Fault(
            code=self.code,
            what=row.what.format(**words),
            file=file,
            line=line,
            got=row.got.format(**words),
            wanted=row.wanted.format(**words),
            todo=row.todo,
        )


class Row(NamedTuple):
    """How a problem is said."""

    what: str
    got: str
    wanted: str
    todo: str


def check_targets(
    weights: Floats, margins: Sequence[Margin], *, replicates: Floats | None = None
) -> tuple[Problem, ...]:
    """Find everything about targets that does not fit the respondents; empty where all is well.

    A respondent without weight is none: not in the sample, or not in the replicate.

    Args:
        weights: (N,) weights before.
        margins: The targets.
        replicates: (N, R) weights of each replicate before, if there are any.

    Raises:
        MethodError: Arrays that do not belong together.

    Example:
        >>> sizes = Margin(
        ...     name="size",
        ...     category=np.array([0, 0, 2]),
        ...     categories=("small", "middle", "large"),
        ...     totals=np.array([60.0, 30.0, 0.0]),
        ... )
        >>> for problem in check_targets(np.ones(3), [sizes]):
        ...     print(problem.code, problem.category, problem.wanted)
        TARGET-EMPTY middle 30.0
        TARGET-ZERO large 0.0
    """
    found: list[Problem] = []
    for margin in margins:
        _check_arrays(margin, len(weights))
        found += _of_categories(weights, margin)
        if replicates is not None:
            found += _of_replicates(weights, margin, replicates)
    return (*found, *_of_sums(margins))


def refuse(problems: Iterable[Problem]) -> None:
    """Stop with every problem there is.

    Raises:
        DesignError: There is one or more.
    """
    faults = [problem.fault() for problem in problems]
    if faults:
        raise DesignError(faults)


def sums_of(category: Whole, weights: Floats, many: int) -> Floats:
    """(C,) or (C, R) sums of weights by category; respondents of category -1 are left out."""
    known = category >= 0
    if weights.ndim == 1:
        return np.bincount(category[known], weights[known], many).astype(np.float64)
    columns = [np.bincount(category[known], column[known], many) for column in weights.T]
    return np.stack(columns, axis=1) if columns else np.zeros((many, 0))


def check_weights(weights: Floats, replicates: Floats | None) -> None:
    """Refuse weights that cannot be weighted again.

    Raises:
        MethodError: Not finite, negative, all 0, weight in a replicate only, or wrong shapes.
    """
    if weights.ndim != 1 or not len(weights):
        raise MethodError(f"weights have shape {weights.shape}; wanted (N,), one or more")
    if replicates is not None and (replicates.ndim != 2 or len(replicates) != len(weights)):
        raise MethodError(f"replicates of {replicates.shape}; wanted ({len(weights)}, R)")
    for name, values in (("weights", weights), ("replicates", replicates)):
        if values is not None and not (np.isfinite(values).all() and (values >= 0).all()):
            raise MethodError(f"{name} hold a negative number or none; wanted 0 or more")
    if not weights.any():
        raise MethodError("all weights are 0; wanted somebody with weight")
    if replicates is not None and replicates[weights == 0].any():
        raise MethodError("a replicate gives weight to somebody whose main weight is 0")


def _check_arrays(margin: Margin, n: int) -> None:
    """Refuse places and totals that do not belong together."""
    many = len(margin.categories)
    category = np.asarray(margin.category)
    if category.shape != (n,) or not np.issubdtype(category.dtype, np.integer):
        got = f"category of {category.shape} for {show(margin.name)}"
        raise MethodError(f"{got}; wanted {n} whole numbers, one for each respondent")
    if np.shape(margin.totals) != (many,):
        got = f"totals of {np.shape(margin.totals)} for {show(margin.name)}"
        raise MethodError(f"{got}; wanted {many}, one for each category")
    if len(set(margin.categories)) != many:
        raise MethodError(f"categories of {show(margin.name)}: a name stands there twice")
    if n and not -1 <= category.min() <= category.max() < many:
        got = f"category of {show(margin.name)} has {category.min()} to {category.max()}"
        raise MethodError(f"{got}; wanted -1 to {many - 1}")


def _of_categories(weights: Floats, margin: Margin) -> list[Problem]:
    """What is wrong with single categories."""
    many = len(margin.categories)
    some = weights > 0
    n = np.bincount(margin.category[some & (margin.category >= 0)], minlength=many)
    got = sums_of(margin.category, weights, many)
    found = []
    for place, name in enumerate(margin.categories):
        target = float(margin.totals[place])
        code = _wrong(int(n[place]), target)
        if code:
            found.append(
                Problem(
                    code=code,
                    margin=margin.name,
                    category=name,
                    n=int(n[place]),
                    got=float(got[place]),
                    wanted=target,
                )
            )
    unknown = some & (margin.category < 0)
    if unknown.any():
        weight = float(weights[unknown].sum())
        n_unknown = int(unknown.sum())
        found.append(Problem(code="TARGET-UNKNOWN", margin=margin.name, n=n_unknown, got=weight))
    return found


def _wrong(n: int, target: float) -> str:
    """The code of what is wrong with a category, or nothing."""
    if np.isnan(target):
        return "TARGET-MISSING" if n else ""
    if not 0 <= target < np.inf:
        return "TARGET-NEGATIVE"
    if n and target == 0:
        return "TARGET-ZERO"
    return "TARGET-EMPTY" if target > 0 and not n else ""


def _of_replicates(weights: Floats, margin: Margin, replicates: Floats) -> list[Problem]:
    """Categories that have somebody in the sample, and nobody in a replicate."""
    many = len(margin.categories)
    here = sums_of(margin.category, weights, many) > 0
    empty = sums_of(margin.category, replicates, many) <= 0
    gone = empty & (here & (margin.totals > 0))[:, None]
    return [
        Problem(
            code="TARGET-REPLICATE",
            margin=margin.name,
            category=margin.categories[place],
            wanted=float(margin.totals[place]),
            replicates=tuple(int(which) for which in np.flatnonzero(gone[place])),
        )
        for place in np.flatnonzero(gone.any(axis=1))
    ]


def _of_sums(margins: Sequence[Margin]) -> list[Problem]:
    """Margins whose totals do not add up to what those of the first add up to."""
    sums = [float(np.nansum(margin.totals)) for margin in margins]
    return [
        Problem(
            code="TARGET-SUM",
            margin=margin.name,
            got=total,
            wanted=sums[0],
            other=margins[0].name,
        )
        for margin, total in zip(margins[1:], sums[1:], strict=True)
        if not abs(total - sums[0]) <= _SAME_SUM * max(abs(total), abs(sums[0]))
    ]


#: What may be wrong with targets, and what to do about it.
PROBLEMS: Mapping[str, Row] = MappingProxyType(
    {
        "TARGET-EMPTY": Row(
            "{place}: nobody answered, so that no weight reaches the target",
            "no respondents with weight",
            "{wanted}",
            "put the category together with another one, in the targets and in the answers",
        ),
        "TARGET-ZERO": Row(
            "{place}: respondents are there of whom the targets say that there are none",
            "{n} respondents, weight {got}",
            "{wanted}",
            "correct the target, or leave these respondents out before weighting",
        ),
        "TARGET-NEGATIVE": Row(
            "{place}: the target is not a number of people",
            "{wanted}",
            "0 or more",
            "correct the target",
        ),
        "TARGET-MISSING": Row(
            "{place}: respondents have no target",
            "{n} respondents, weight {got}",
            "a target for every category that is answered",
            "add the target, or put the category together with another one",
        ),
        "TARGET-UNKNOWN": Row(
            "{place}: the category of some respondents is not known",
            "{n} respondents, weight {got}",
            "a category for everybody",
            "give them a category of its own with a target, or leave them out before weighting",
        ),
        "TARGET-REPLICATE": Row(
            "{place}: in replicates {replicates} (counted from 0) nobody is left",
            "no respondents with weight",
            "{wanted}",
            "put the category together with another one",
        ),
        "TARGET-SUM": Row(
            "{place}: the totals do not add up to those of {other}",
            "{got}",
            "{wanted}",
            "correct one of them; shares must be times the same number of people",
        ),
    }
)
