"""Series of printed figures → trends, with the range that rounding leaves."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.analysis.figure import Options, from_reading, readings_of
from surveylib.analysis.series.saying import check_bends, slope_of, told
from surveylib.analysis.series.taken import wave_time
from surveylib.analysis.series.timing import check_joints_of, joint_times
from surveylib.analysis.series.trending import TESTS, check
from surveylib.analysis.study import COMPARABLE, VERDICTS, reasons_of
from surveylib.analysis.trends import NoTrend, Trend, Trends
from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats.trends_ranges import trend_range

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.results import Estimate
    from surveylib.analysis.series.tested import Asking, Tested
    from surveylib.analysis.study import Answer, Relation, Study
    from surveylib.wave.readings import Reading

    Floats = NDArray[np.float64]


class Link(NamedTuple):
    """An answer of a series, and how it is related to the one before it."""

    answer: Answer
    relation: Relation | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PrintedRun:
    """One answer over waves of which figures were printed, as simple samples.

    Args:
        points: The figures.
        readings: What each may be.
        times: (W,) their times, or scores.
    """

    points: tuple[Estimate, ...]
    readings: tuple[Reading, ...]
    times: Floats

    @property
    def simple(self) -> bool:
        """Printed figures are taken for simple samples."""
        return True

    @property
    def df(self) -> float:
        """Infinite, as of simple samples."""
        return math.inf

    @property
    def slope_df(self) -> float:
        """Infinite likewise."""
        return math.inf

    @property
    def fewest_df(self) -> float:
        """Infinite likewise."""
        return math.inf

    def column(self, name: str) -> Floats:
        """(W,) a number of each figure; the middle of its range where it was printed in words."""
        if name == "estimate":
            middle = [(one.estimate_low + one.estimate_high) / 2 for one in self.points]
            return np.array([middle[place] if one.estimate is None else one.estimate
                             for place, one in enumerate(self.points)], np.float64)  # fmt: skip
        return np.array([getattr(one, name) for one in self.points], np.float64)

    @property
    def counts(self) -> Floats:
        """(W, 1) the count that each figure stands for; it need not be whole."""
        return (self.column("estimate") * self.column("n"))[:, None]

    @property
    def covariance(self) -> Floats:
        """(W, W) of simple samples."""
        share = self.column("estimate")
        return np.diag(share * (1 - share) / self.column("n"))

    @property
    def ranges(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(W,) lowest and highest whole count at the base of each figure."""
        low, high = [], []
        for point, reading in zip(self.points, self.readings, strict=True):
            n = int(point.n or 0)
            low.append(math.ceil(round(reading.shares[0] * n, 9)))
            high.append(math.floor(round(reading.shares[1] * n, 9)))
        return np.array(low, np.int64), np.array(high, np.int64)


def printed_trends(
    study: Study,
    asked: Sequence[Asked],
    test: str,
    asking: Asking,
    scores: Mapping[str, float] | None,
    *,
    joints: Sequence[str | float] = (),
) -> Trends:
    """The trends of printed figures, along what the study declares to be comparable.

    Args:
        study: A study of which figures survive.
        asked: The questions.
        test: A name in TESTS.
        asking: How it is made.
        scores: A time for each wave; None for the middle of its fieldwork.
        joints: Times or waves at which a trend may bend.

    Raises:
        MethodError: A test that needs single answers, or groups of printed figures.
    """
    chosen = check(test, asking)
    if not chosen.printed:
        known = ", ".join(f"'{name}'" for name, one in TESTS.items() if one.printed)
        raise MethodError(f"'{test}' needs single answers; of printed figures take one of {known}")
    rows: list[Trend] = []
    refused: list[NoTrend] = []
    times = {wave.name: wave_time(wave) for wave in study.waves} if scores is None else scores
    asking = replace(asking, joints=joint_times(joints, times))
    for one in asked:
        name = f"{one.question}/{one.answer}" if one.answer else one.question
        for chain in _chains(study, name):
            found = _trend(study, chain, (test, asking), scores, one)
            if isinstance(found, Trend):
                rows.append(found)
            else:
                refused.append(found)
    return Trends(rows=tuple(rows), refused=tuple(refused))


def _chains(study: Study, name: str) -> Iterator[list[Link]]:
    """Series of comparable answers that this question, or answer, is in."""
    wanted = set(study.answers(name))
    steps: dict[Answer, Relation] = {}
    before: set[Answer] = set()
    for relation in study.relations:
        if relation.verdict in COMPARABLE and relation.earlier not in steps:
            steps[relation.earlier] = relation
            before.add(relation.later)
    starts = [answer for answer in steps if answer not in before]
    starts += [answer for answer in wanted if answer not in steps and answer not in before]
    for start in starts:
        chain = [Link(start, None)]
        while chain[-1].answer in steps:
            relation = steps[chain[-1].answer]
            chain.append(Link(relation.later, relation))
        if wanted & {link.answer for link in chain}:
            yield chain


def _trend(
    study: Study,
    chain: Sequence[Link],
    test: tuple[str, Asking],
    scores: Mapping[str, float] | None,
    asked: Asked,
) -> Trend | NoTrend:
    last = chain[-1].answer
    options = Options(
        interval=asked.interval, confidence_level=asked.confidence_level, design_effect=1.0
    )
    points, readings, times, links = [], [], [], []
    for link in chain:
        wave = study.wave(link.answer.wave)
        reading = readings_of(wave, link.answer.question).get(link.answer.answer)
        if reading is None or reading.candidates is None or reading.n is None:
            continue
        points.append(from_reading(wave, reading, options))
        readings.append(reading)
        times.append(wave_time(wave) if scores is None else scores.get(wave.name, math.nan))
        links.append(link)
    waves = tuple(point.wave for point in points)
    if len(points) < 3:
        reason = (
            f"{len(points) or 'no'} wave{'s' * (len(points) != 1)} with a figure that may be "
            "compared; a trend needs three: take sl.change"
        )
        return NoTrend(question=last.question, answer=last.answer, domain="", waves=waves,
                       reason=reason)  # fmt: skip
    if not np.isfinite(times).all():
        raise MethodError(f"scores is wanted for each of the waves {', '.join(waves)}")
    run = PrintedRun(points=tuple(points), readings=tuple(readings), times=np.array(times))
    return _row(run, links, test)


def _row(run: PrintedRun, links: Sequence[Link], test: tuple[str, Asking]) -> Trend | NoTrend:
    name, asking = test
    last, final = links[-1].answer, run.points[-1]
    waves = tuple(point.wave for point in run.points)
    try:
        check_bends(len(waves), asking)
        check_joints_of(run.times, asking.joints)
        found = TESTS[name].function(run, asking)
    except NotEstimableError as error:
        return NoTrend(question=last.question, answer=last.answer, domain="", waves=waves,
                       reason=str(error))  # fmt: skip
    relations = [link.relation for link in links if link.relation is not None]
    verdicts = [relation.verdict for relation in relations if relation.verdict is not None]
    worst = max(verdicts, key=VERDICTS.index)
    reasons = reasons_of(one.reasons for one in relations if one.verdict == worst)
    words = [point.wave for point in run.points if point.estimate is None]
    notes = [f"Printed in words in {', '.join(words)}: the middle of its range is taken."]
    return Trend(
        question=last.question,
        answer=last.answer,
        domain="",
        waves=waves,
        times=tuple(run.times.tolist()),
        points=run.points,
        comparability=worst,
        notes=(*reasons, *(notes if words else ()), *found.notes),
        samples="independent",
        p_adjusted=None,
        family="",
        title=final.title,
        answer_text=final.answer_text,
        **_numbers(run, found, name, asking),
    )


def _numbers(run: PrintedRun, found: Tested, name: str, asking: Asking) -> dict[str, Any]:
    """What the test says, over all that the figures may be where that can be searched."""
    numbers = {**slope_of(found), **told(found, name, asking)}
    if not name.startswith("cochran-armitage"):
        return numbers
    low, high = run.ranges
    if (low > high).any():
        return numbers
    ends = trend_range(low, high, run.column("n"), run.times, alternative=asking.alternative)
    numbers |= {"p_value_low": ends.p_low, "p_value_high": ends.p_high}
    alpha = 1 - asking.confidence_level
    if ends.p_low <= alpha < ends.p_high:
        numbers["verdict"] = "undetermined by rounding"
    elif ends.p_low > alpha:
        numbers["verdict"] = "no trend shown"
    return numbers
