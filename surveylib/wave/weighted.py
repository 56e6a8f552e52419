"""Respondents and what they are weighted to → weights after, and what became of each answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from surveylib.errors import DesignError, Fault, MethodError
from surveylib.stats import weighting as schemes
from surveylib.stats.variance import kish
from surveylib.stats.weighting_residuals import Auxiliaries
from surveylib.stats.weighting_targets import refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.wave.design_units import Units
    from surveylib.wave.weighting import Target, Weighting

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


class Answers(Protocol):
    """What respondents answered, by the names of questions."""

    def codes(self, question: str) -> tuple[Whole, tuple[str, ...]]:
        """(n,) the place of each row's answer, -1 for none; and the answers."""

    def numbers(self, question: str) -> Floats:
        """(n,) the number that each row answered; NaN for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One answer, or combination of answers, that has a target.

    Args:
        question: The question, or several joined by ×.
        answer: The answer, or several joined by ×.
        n: Respondents with a weight.
        before: Their share of all weight before.
        target: Their share of all weight as wanted.
        after: Their share after.
        factor: Weight after by weight before, of all of them.
    """

    question: str
    answer: str
    n: int
    before: float
    target: float
    after: float
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """What a weighting did to one sample.

    Args:
        units: The sample with its weights after.
        categories: Every answer that has a target.
        weights: (n,) weights after.
        n: Respondents with a weight.
        kept: Of these, rows that kept their weight for want of an answer.
        kish_before: Effective n of the weights before.
        kish_after: Effective n of the weights after.
        least: Lowest weight after, by the mean.
        most: Highest weight after, by the mean.
        steps: How often weights were adjusted.
        farthest: What is left of the distance to the targets, as a part of one of them.
    """

    units: Units
    categories: tuple[Category, ...]
    weights: Floats
    n: int
    kept: int
    kish_before: float
    kish_after: float
    least: float
    most: float
    steps: int
    farthest: float


class _Sample(NamedTuple):
    """The rows that are weighted, and what they shall weigh."""

    here: NDArray[np.bool_]
    weights: Floats
    replicates: Floats | None
    margins: tuple[schemes.Margin, ...]


def weighted(units: Units, weighting: Weighting, answers: Answers, *, name: str) -> Weighted:
    """Weight a sample.

    Args:
        units: Its weights, strata and sampling units.
        weighting: What it is weighted to.
        answers: What respondents answered.
        name: What messages call the data.

    Raises:
        DesignError: Targets that do not fit the respondents or cannot be reached; with everything
            that was found.
    """
    sample = _sample(units, weighting, answers)
    try:
        found = _schemed(sample, weighting, answers)
    except DesignError as error:
        raise DesignError([_placed(one, weighting, name) for one in error.faults]) from error
    weights = units.weights.copy()
    weights[sample.here] = found.weights
    replicates = units.replicates
    if replicates is not None and found.replicates is not None:
        replicates = replicates.copy()
        replicates[sample.here] = found.replicates
    # Rows that keep their weight are groups of their own without a target: nothing is explained.
    after = replace(
        units,
        weights=weights,
        replicates=replicates,
        equal=bool((weights == weights[0]).all()),
        auxiliaries=_widened(found.auxiliaries, sample.here, units.weights),
    )
    return _told(units, after, sample, found)


def _placed(fault: Fault, weighting: Weighting, name: str) -> Fault:
    """A fault with the data that it was found in, and the file that the targets stand in."""
    file = f"{weighting.place}, {name}" if weighting.place else name
    if fault.code == "TARGET-UNKNOWN":
        todo = "let them keep their weight, missing='keep'; or give them an answer with a target"
        fault = replace(fault, todo=todo)
    return replace(fault, file=file)


def _sample(units: Units, weighting: Weighting, answers: Answers) -> _Sample:
    """The rows that are weighted; all of them, unless some keep their weight."""
    joint = [_joint(target, answers) for target in weighting.targets]
    numbers = [answers.numbers(question) for question, _ in weighting.totals]
    here = np.ones(len(units.weights), bool)
    if weighting.missing == "keep":
        for place, _ in joint:
            here &= place >= 0
        for column in numbers:
            here &= np.isfinite(column)
    weights = units.weights[here]
    whole = float(weights.sum())
    share = whole / float(units.weights.sum()) if units.weights.any() else 1.0
    margins = tuple(
        _margin(target, place[here], names, whole, share if weighting.unit == "count" else None)
        for target, (place, names) in zip(weighting.targets, joint, strict=True)
    )
    replicates = None if units.replicates is None else units.replicates[here]
    return _Sample(here, weights, replicates, margins)


def _joint(target: Target, answers: Answers) -> tuple[Whole, tuple[tuple[str, ...], ...]]:
    """The combination of answers of each row, -1 where one is missing, and the combinations."""
    place: Whole = np.zeros(0, np.int64)
    names: tuple[tuple[str, ...], ...] = ((),)
    for position, question in enumerate(target.of):
        codes, own = answers.codes(question)
        codes = codes.astype(np.int64)
        if not position:
            place = np.zeros(len(codes), np.int64)
        both = (place >= 0) & (codes >= 0)
        place = np.where(both, place * max(len(own), 1) + codes, -1)
        names = tuple((*name, one) for name in names for one in own)
    return place, names


def _margin(
    target: Target,
    place: Whole,
    names: Sequence[tuple[str, ...]],
    whole: float,
    counted: float | None,
) -> schemes.Margin:
    """A target as numbers of people, its categories those that the target or the answers have.

    Args:
        target: The target.
        place: The combination of each row.
        names: All combinations of answers.
        whole: What the weights of the rows add up to.
        counted: Of numbers of people, the part of all weight that these rows have; of shares None.
    """
    numbers = dict(target.numbers)
    there = np.unique(place[place >= 0]).tolist()
    every = list(dict.fromkeys([*numbers, *(names[one] for one in there)]))
    rank = {key: position for position, key in enumerate(every)}
    of_place = np.array([rank.get(key, -1) for key in names] or [-1], np.int64)
    scale = counted if counted is not None else whole / sum(numbers.values())
    totals = np.array([numbers.get(key, np.nan) for key in every], np.float64) * scale
    category = np.where(place >= 0, of_place[np.maximum(place, 0)], -1)
    written = tuple(" × ".join(key) for key in every)
    return schemes.Margin(name=target.name, category=category, categories=written, totals=totals)


def _schemed(sample: _Sample, weighting: Weighting, answers: Answers) -> schemes.Weighting:
    """The weights that the scheme finds."""
    weights, margins, repeated = sample.weights, sample.margins, sample.replicates
    if weighting.trim:
        mean = weights.sum() / max(int((weights > 0).sum()), 1)
        if weighting.unit == "count":
            mean *= np.nansum(margins[0].totals) / weights.sum()
        low, high = (float(mean * limit) for limit in weighting.trim)
        return schemes.rake_trimmed(weights, margins, low=low, high=high, replicates=repeated)
    if weighting.method == "post-stratification":
        return schemes.post_stratify(weights, margins[0], replicates=repeated)
    if weighting.method == "raking":
        return schemes.rake(weights, margins, replicates=repeated)
    refuse(schemes.check_targets(weights, margins, replicates=repeated))
    columns, totals, names = _columns(sample, weighting, answers)
    return schemes.calibrate(
        weights,
        columns,
        totals,
        distance=weighting.method,
        bounds=weighting.bounds,
        names=names,
        replicates=repeated,
    )


def _columns(
    sample: _Sample, weighting: Weighting, answers: Answers
) -> tuple[Floats, Floats, list[str]]:
    """What is calibrated on: each category as 1 or 0, and numbers."""
    columns, totals, names = [], [], []
    for margin in sample.margins:
        columns += [margin.category == place for place in range(len(margin.categories))]
        totals += np.nan_to_num(margin.totals).tolist()
        names += [f"{margin.name}: {category}" for category in margin.categories]
    for question, total in weighting.totals:
        column = answers.numbers(question)[sample.here]
        if not np.isfinite(column).all():
            gone = int((~np.isfinite(column)).sum())
            message = (
                f"'{question}' has no number in {gone:,} rows: give them one, or missing='keep'"
            )
            raise MethodError(message)
        columns.append(column)
        totals.append(float(total))
        names.append(question)
    return np.column_stack(columns).astype(np.float64), np.array(totals, np.float64), names


def _widened(found: Auxiliaries, here: NDArray[np.bool_], weights: Floats) -> Auxiliaries:
    """What variances need, over all rows: those that kept their weight are in no target."""
    if here.all():
        return found
    group = np.full(len(here), found.groups, np.int64)
    group[here] = found.group
    before = weights.copy()
    before[here] = found.weights
    columns = np.eye(found.groups) if found.columns is None else found.columns
    wide = np.vstack([columns, np.zeros((1, columns.shape[1]))])
    return Auxiliaries(group=group, columns=wide, weights=before)


def _told(before: Units, after: Units, sample: _Sample, found: schemes.Weighting) -> Weighted:
    """What became of each answer, and of the weights."""
    some = after.weights > 0
    categories = []
    for margin in sample.margins:
        whole = float(np.nansum(margin.totals))
        for place, name in enumerate(margin.categories):
            rows = margin.category == place
            was, now = float(sample.weights[rows].sum()), float(found.weights[rows].sum())
            categories.append(
                Category(
                    question=margin.name,
                    answer=name,
                    n=int((sample.weights[rows] > 0).sum()),
                    before=was / float(sample.weights.sum()),
                    target=float(np.nan_to_num(margin.totals[place])) / whole,
                    after=now / float(found.weights.sum()),
                    factor=now / was if was > 0 else float("nan"),
                )
            )
    mean = float(after.weights[some].mean())
    return Weighted(
        units=after,
        categories=tuple(categories),
        weights=after.weights,
        n=int(some.sum()),
        kept=int((~sample.here & (before.weights > 0)).sum()),
        kish_before=_kish(before.weights),
        kish_after=_kish(after.weights),
        least=float(after.weights[some].min()) / mean,
        most=float(after.weights.max()) / mean,
        steps=found.steps,
        farthest=found.farthest.distance,
    )


def _kish(weights: Floats) -> float:
    return float(kish(weights.sum(), (weights**2).sum()))
