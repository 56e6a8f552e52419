"""Shares as they would be under one mix of groups: direct standardisation of every wave."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.analysis.about import About
from surveylib.analysis.arguments import name
from surveylib.analysis.caveats import about_of, caveats_of
from surveylib.analysis.estimate import estimate
from surveylib.analysis.results import Shown, finite, rows_frame
from surveylib.analysis.study import Study
from surveylib.analysis.weight import mix
from surveylib.errors import MethodError, NotEstimableError, UnknownNameError, listed, show
from surveylib.stats import intervals
from surveylib.stats.standardise import standardise as standardised_sum
from surveylib.wave.door import Ingested
from surveylib.wave.model import PublishedWave
from surveylib.wave.responses import Wave
from surveylib.wave.weighting import Weighting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from surveylib.analysis.results import Estimate, Estimates
    from surveylib.wave.design import Design

    Floats = NDArray[np.float64]

_ENDS = ("estimate_low", "estimate_high")
#: A mix in which every group counts the same.
EQUAL = "equal"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardisedShare:
    """One share under a fixed mix. Shares and limits are proportions in [0, 1].

    Args:
        wave: The wave; empty for a single sample.
        question: Question id.
        answer: Option code.
        domain: `question=answer` of a further group; empty for all respondents.
        n: Respondents in the groups of the mix.
        crude: The share as it is, by whoever answered; None where words were printed.
        estimate: The share under the fixed mix; None where a group's share is printed in words.
        estimate_low: Lowest possible, by the ranges of printed shares.
        estimate_high: Highest possible.
        standard_error: Of the estimate, by the design; None without one.
        ci_low: Lower limit of its interval; of the lowest possible share.
        ci_high: Upper limit, of the highest.
        n_effective: Simple sample in which the share would be as sure.
        df: Degrees of freedom; None for printed figures.
        interval: Name of the interval method.
        confidence_level: Nominal coverage.
        title: The question in a few words.
        answer_text: The answer's label.
    """

    wave: str
    question: str
    answer: str
    domain: str
    n: int
    crude: float | None
    estimate: float | None
    estimate_low: float
    estimate_high: float
    standard_error: float | None
    ci_low: float
    ci_high: float
    n_effective: float
    df: float | None
    interval: str
    confidence_level: float
    title: str
    answer_text: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Standardised(Shown):
    """Shares of every wave under one mix.

    Args:
        rows: The shares.
        by: The question whose answers are mixed.
        standard: The mix: each answer, and the part that it has.
        told: Where the mix comes from, in words.
        refused: In words, what has no share under this mix, and why.
        design: How the samples were drawn, in words.
        caveats: What must be said of those who answered.
        about: When the waves were in the field, and what the groups are called.
    """

    rows: tuple[StandardisedShare, ...]
    by: str
    standard: tuple[tuple[str, float], ...]
    told: str
    refused: tuple[str, ...] = ()
    design: str = ""
    caveats: tuple[str, ...] = ()
    about: About = dataclasses.field(default=About(), compare=False)

    def to_frame(self) -> pd.DataFrame:
        """One row for each wave, group and answer."""
        return rows_frame(StandardisedShare, self.rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        return {
            "schema": "surveylib.standardised/1",
            "by": self.by,
            "standard": [list(pair) for pair in self.standard],
            "told": self.told,
            "design": self.design,
            "caveats": list(self.caveats),
            **self.about.to_dict(),
            "rows": [finite(dataclasses.asdict(row)) for row in self.rows],
            "refused": list(self.refused),
        }


def standardise(
    source: object,
    question: str,
    *,
    by: str,
    to: Mapping[str, float] | Weighting | str | int,
    over: str | None = None,
    wave: str | None = None,
    base: str = "answered",
    interval: str = "wilson",
    confidence_level: float = 0.95,
    design: Design | None = None,
) -> Standardised:
    """Estimate shares as they would be if the groups of every wave had one mix.

    Σ W p over groups, with the part W that the mix gives a group and the group's own share p. The
    variance is W' V W with the covariance V of the groups' shares under the design: the same as
    weighting to the mix, R survey's `svystandardize`. Of changes and trends the same is had with
    `design=sl.Design(weighting=sl.mix(…))`.

    Args:
        source: A study, a wave, a data frame or file, or sums; of printed waves, shares by group
            must be printed.
        question: `question`, or `question/answer`.
        by: The question whose answers are mixed.
        to: The mix: the name of a wave of the study; parts of each answer, which are put in
            proportion; a weighting with one target of `by`, as `mix` makes it; or `equal`.
        over: A question whose answers form groups, each of which gets the mix.
        wave: The column of a frame that tells waves apart.
        base: As for `estimate`.
        interval: A name in `surveylib.stats.intervals.METHODS`.
        confidence_level: Nominal coverage.
        design: How the sample was drawn; left out, as for `estimate`.

    Raises:
        MethodError: No such mix.
        UnknownNameError: No such question, answer, wave or group.
        NotEstimableError: No wave has every group of the mix.

    Example:
        >>> import pandas as pd
        >>> people = pd.DataFrame({
        ...     "size": ["small"] * 60 + ["large"] * 40,
        ...     "met": ["yes", *["no"] * 4] * 12 + [*["yes"] * 4, "no"] * 8,
        ... })
        >>> row = standardise(people, "met/yes", by="size", to="equal").rows[0]
        >>> round(row.crude, 3), round(row.estimate, 3)
        (0.44, 0.5)
    """
    source = source.wave if isinstance(source, Ingested) else source
    _check_groups(source, by)
    name("question", question, "one question")
    name("by", by, "one question")
    options: dict[str, Any] = {"wave": wave, "base": base, "interval": interval,
                               "confidence_level": confidence_level, "design": design}  # fmt: skip
    groups = by if over is None else [name("over", over, "one question"), by]
    found = estimate(source, question, by=groups, **options)
    crude = estimate(source, question, by=over, **options)
    standard, told = _standard(source, by, to, found, design)
    rows: list[StandardisedShare] = []
    refused: list[str] = []
    for cell in _cells(found, by, [group for group, _ in standard]):
        made = _one(cell, found, crude, standard)
        if isinstance(made, str):
            refused.append(made)
        else:
            rows.append(made)
    if not rows:
        raise NotEstimableError(f"no share under this mix: {' '.join(refused)}")
    waves = {row.wave for row in rows}
    domains = {row.domain for row in rows} | {f"{by}={answer}" for answer, _part in standard}
    return Standardised(rows=tuple(rows), by=by, standard=standard, told=told,
                        refused=tuple(refused), design=found.design,
                        caveats=caveats_of(source, waves, made_up=True),
                        about=about_of(source, waves, domains))  # fmt: skip


def _check_groups(source: object, by: str) -> None:
    """Refuse groups that share respondents.

    Raises:
        NotEstimableError: They do.
    """
    waves = source.waves if isinstance(source, Study) else (source,)
    for wave in waves:
        if not isinstance(wave, Wave | PublishedWave) or by not in wave.instrument.question_ids:
            continue
        if not wave.instrument.question(by).exclusive:
            raise NotEstimableError(f"'{by}' does not put each respondent into one group")


def _standard(
    source: object, by: str, to: object, found: Estimates, design: Design | None
) -> tuple[tuple[tuple[str, float], ...], str]:
    """The mix in proportion, and where it comes from."""
    if to == EQUAL:
        parts = dict.fromkeys(dict.fromkeys(_group(row, by) for row in found.rows), 1.0)
        told = "every group counts the same"
    elif isinstance(to, str | int) and not isinstance(to, bool):
        if not isinstance(source, Study):
            message = f"to: got {show(to)}, wanted 'equal', the parts of a mix, or sl.mix(...)"
            raise MethodError(message)
        to = mix(source.wave(to), by, design=design)
        parts, told = _of_weighting(to, by), to.name
    elif isinstance(to, Weighting):
        parts, told = _of_weighting(to, by), to.name or "a mix that was given"
    else:
        parts = _of_weighting(Weighting(targets={by: to}, rescale=True), by)
        told = "a mix that was given"
    known = {_group(row, by) for row in found.rows}
    for group in parts:
        if group not in known:
            raise UnknownNameError.of("group", group, sorted(known), where=f"'{by}'")
    whole = sum(parts.values())
    return tuple((group, part / whole) for group, part in parts.items() if part > 0), told


def _of_weighting(weighting: Weighting, by: str) -> dict[str, float]:
    """The parts of a weighting's target of one question."""
    for target in weighting.targets:
        if target.of == (by,):
            return {key[0]: float(number) for key, number in target.numbers}
    names = [target.name for target in weighting.targets]
    raise MethodError(f"to: a weighting to {listed(names)}, wanted one with a target of '{by}'")


def _group(row: Estimate, by: str) -> str:
    """The group of `by` that a row is of."""
    return row.domain.rpartition(f"{by}=")[2]


class _Cell(NamedTuple):
    """One answer of one wave and further group: its rows by group of the mix."""

    key: tuple[str, str, str]
    places: dict[str, int]


def _cells(found: Estimates, by: str, groups: Sequence[str]) -> Iterator[_Cell]:
    """Every answer of every wave and further group."""
    cells: dict[tuple[str, str, str], dict[str, int]] = {}
    for place, row in enumerate(found.rows):
        outer = row.domain.removesuffix(f"{by}={_group(row, by)}").removesuffix(", ")
        cells.setdefault((row.wave, outer, row.answer), {})[_group(row, by)] = place
    for key, places in cells.items():
        yield _Cell(key, {group: places[group] for group in groups if group in places})


def _one(
    cell: _Cell, found: Estimates, crude: Estimates, standard: Sequence[tuple[str, float]]
) -> StandardisedShare | str:
    """One answer under the mix, or why it has no share there."""
    wave, outer, answer = cell.key
    where = ", ".join(part for part in (wave, outer, answer) if part)
    absent = [group for group, _ in standard if group not in cell.places]
    if absent:
        return f"{where}: nobody answered, or nothing is printed, of {listed(absent)}."
    rows = [found.rows[cell.places[group]] for group, _ in standard]
    parts = np.array([part for _, part in standard])
    if any(row.n is None for row in rows):
        return f"{where}: a group's number of respondents is not known."
    spread = _covariance(found, [cell.places[group] for group, _ in standard])
    if not np.isfinite(spread).all():
        return f"{where}: a group has no variance of its own."
    whole = next(
        (row for row in crude.rows if (row.wave, row.domain, row.answer) == (wave, outer, answer)),
        None,
    )
    return _share(rows, parts, spread, whole, outer)


def _covariance(found: Estimates, places: Sequence[int]) -> Floats:
    """The covariance of groups' shares: by the design, or of simple samples that share nobody."""
    if found.covariance is not None:
        return np.asarray(found.covariance[np.ix_(places, places)])
    errors = [found.rows[place].standard_error for place in places]
    return np.diag([math.nan if error is None else error**2 for error in errors])


def _share(
    rows: Sequence[Estimate], parts: Floats, spread: Floats, whole: Estimate | None, outer: str
) -> StandardisedShare:
    first = rows[0]
    n = sum(row.n or 0 for row in rows)
    lows, highs = (np.array([getattr(row, end) for row in rows]) for end in _ENDS)
    ends = float(parts @ lows), float(parts @ highs)
    known = [row.estimate for row in rows]
    middle = None if None in known else float(parts @ np.array(known, np.float64))
    df = None if whole is None or first.df is None else whole.df
    limits = [
        _limits(share, rows, parts, spread, n, df)
        for share in (ends[0] if middle is None else middle, ends[1] if middle is None else middle)
    ]
    made = standardised_sum(np.clip(lows, 0, 1), parts, covariance=spread)
    effective = float(made.n_effective)
    return StandardisedShare(
        wave=first.wave,
        question=first.question,
        answer=first.answer,
        domain=outer,
        n=n,
        crude=None if whole is None else whole.estimate,
        estimate=middle,
        estimate_low=ends[0],
        estimate_high=ends[1],
        standard_error=None if middle is None else float(made.standard_error),
        ci_low=limits[0][0],
        ci_high=limits[1][1],
        n_effective=effective if math.isfinite(effective) else float(n),
        df=df,
        interval=first.interval,
        confidence_level=first.confidence_level,
        title=first.title,
        answer_text=first.answer_text,
    )


def _limits(  # noqa: PLR0917 - what an interval rests on
    share: float, rows: Sequence[Estimate], parts: Floats, spread: Floats, n: int, df: float | None
) -> tuple[float, float]:
    """The interval of a share under the mix, on the n that it is worth."""
    variance = float(parts @ spread @ parts)
    share = min(max(share, 0.0), 1.0)
    worth = 1 / float(parts**2 @ np.array([1 / (row.n_effective or row.n or 1) for row in rows]))
    effective = share * (1 - share) / variance if variance > 0 and 0 < share < 1 else worth
    found = intervals.design_proportion(
        share,
        n,
        n_effective=effective if effective > 0 else worth,
        df=math.inf if df is None else df,
        method=rows[0].interval,
        confidence_level=rows[0].confidence_level,
    )
    return float(found.low), float(found.high)
