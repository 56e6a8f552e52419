"""A whole study: every share of every question; how its changes are computed is said here, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveylib.analysis.arguments import names as several
from surveylib.analysis.asking import UNASKED, asked_of
from surveylib.analysis.caveats import about_of, caveats_of
from surveylib.analysis.designed import estimate_wave
from surveylib.analysis.estimate import check_design_effect, declared_designs, estimate
from surveylib.analysis.results import Estimates, NotPrinted
from surveylib.analysis.series.family import check_family
from surveylib.analysis.series.overlap import SAMPLES
from surveylib.analysis.study import Study
from surveylib.errors import (
    MethodError,
    NotEstimableError,
    UnknownNameError,
    listed,
    no_method,
    show,
)
from surveylib.instrument.question import NumberQuestion
from surveylib.stats import differences, intervals
from surveylib.wave.design import Design
from surveylib.wave.model import PublishedWave
from surveylib.wave.responses import Wave

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from surveylib.analysis.results import Estimate
    from surveylib.analysis.study import AnyWave

    #: Called with the name of a step, how much of it is done, and of how much.
    Progress = Callable[[str, int, int], None]


def silent(_step: str, _done: int, _of: int) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """How a whole study is computed.

    Args:
        interval: A name in `surveylib.stats.intervals.METHODS`.
        method: A name in `surveylib.stats.differences.METHODS`, for figures that are compared as
            they stand; waves with designs are compared by the hybrid of both waves' limits.
        confidence_level: Nominal coverage.
        design_effect: Assumed for every wave without a design.
        by: Questions whose answers form groups, beside all respondents.
        samples: The relation between the samples of waves whose single answers are compared.
        ids: The column that says who each respondent is, for samples that share people.
        reused_ids: Whether ids, of respondents or sampling units, are given anew in each wave.
        adjust: A name in `surveylib.stats.multiplicity.METHODS`; None for none.
    """

    interval: str = "wilson"
    method: str = "newcombe"
    confidence_level: float = 0.95
    design_effect: float = 1.0
    by: tuple[str, ...] = ()
    samples: str = "independent"
    ids: str | None = None
    reused_ids: bool = False
    adjust: str | None = None

    @property
    def asked(self) -> dict[str, Any]:
        """What is asked of each question."""
        return {**UNASKED, "interval": self.interval, "confidence_level": self.confidence_level}


def check_whole(study: object, options: Whole) -> Study:
    """Refuse what is no study, and names, methods and levels that do not exist.

    Args:
        study: The study.
        options: How it is computed.

    Returns:
        The study.

    Raises:
        MethodError: One of them is wrong.
        UnknownNameError: A question that forms groups is in no wave.
    """
    if not isinstance(study, Study):
        message = f"source is a {type(study).__name__}; wanted a study from sl.load_study"
        raise MethodError(message)
    if options.interval not in intervals.METHODS:
        raise MethodError(no_method("interval", options.interval, intervals.METHODS))
    if options.method not in differences.METHODS:
        raise MethodError(no_method("difference", options.method, differences.METHODS))
    if options.samples not in SAMPLES:
        message = f"samples is {show(options.samples)}; choose one of {listed(SAMPLES)}"
        raise MethodError(message)
    intervals.check_level(options.confidence_level)
    check_design_effect(options.design_effect)
    check_family(options.adjust, "all")
    for name in several("by", options.by, "a question whose answers form groups"):
        if name not in study.question_ids:
            raise UnknownNameError.of("question", name, study.question_ids, where="by")
    if options.design_effect != 1 and (names := by_answers(study, options)):
        message = (
            f"waves {', '.join(names)} are estimated from single answers: leave out design_effect, "
            "which is for figures that are taken as they stand"
        )
        raise MethodError(message)
    return study


def by_answers(study: Study, options: Whole) -> list[str]:
    """The waves whose single answers are compared, and not their figures.

    Args:
        study: The study.
        options: How it is computed.
    """
    if declared_designs(study) or options.by or options.samples != "independent" or options.ids:
        return [wave.name for wave in study.waves if isinstance(wave, Wave)]
    return []


def whole_estimates(study: Study, options: Whole, progress: Progress = silent) -> Estimates:
    """Every share of every question, in each wave and group; trusts its arguments.

    Args:
        study: The study.
        options: How it is computed.
        progress: Called as waves are done.
    """
    rows: list[Estimate] = []
    missing: list[NotPrinted] = []
    designs: list[str] = []
    for place, wave in enumerate(study.waves):
        progress("Estimating", place, len(study.waves))
        if isinstance(wave, PublishedWave):
            _printed(wave, options, rows, missing)
        elif wave.manifest is not None and wave.manifest.design:
            drawn = Design.from_wave(wave)
            designs.append(drawn.describe())
            rows += _with_means(wave, _of_answers(wave, drawn, options), options)
        elif options.by:
            rows += _with_means(wave, _of_answers(wave, Design(), options), options)
        else:
            rows += _with_means(wave, _counted(wave, options), options)
    return Estimates(
        rows=tuple(rows),
        not_printed=tuple(missing),
        design=" ".join(dict.fromkeys(designs)),
        caveats=caveats_of(study),
        about=about_of(study, study.wave_names, (row.domain for row in rows)),
    )


def _counted(wave: Wave, options: Whole) -> Iterator[Estimate]:
    """Every question of a wave, as a simple sample of the design effect that is assumed."""
    for question in wave.instrument.items:
        yield from _tried(wave, question.id, "", options)


def _printed(
    wave: PublishedWave, options: Whole, rows: list[Estimate], missing: list[NotPrinted]
) -> None:
    """Every printed figure, groups included, and the answers of which none was printed."""
    for question in wave.instrument.items:
        printed: set[str] = set()
        for domain in wave.groups():
            found = _tried(wave, question.id, domain, options)
            rows += found
            printed |= {row.answer for row in found}
        missing += [
            NotPrinted(wave=wave.name, question=question.id, answer=code)
            for code in question.answer_codes
            if code not in printed
        ]


def _tried(wave: AnyWave, question: str, domain: str, options: Whole) -> tuple[Estimate, ...]:
    """The shares of one question in one group; none where there are none."""
    try:
        return estimate(
            wave,
            question,
            where=domain,
            interval=options.interval,
            confidence_level=options.confidence_level,
            design_effect=options.design_effect,
        ).rows
    except NotEstimableError:
        return ()


def _with_means(wave: Wave, shares: Iterable[Estimate], options: Whole) -> list[Estimate]:
    """The shares of a wave, and before those of a number its mean."""
    places = {name: place for place, name in enumerate(wave.instrument.question_ids)}
    rows = [*_means(wave, options), *shares]
    return sorted(rows, key=lambda row: places[row.question])


def _means(wave: Wave, options: Whole) -> Iterator[Estimate]:
    """The mean of every number that was asked, of all respondents and in each group."""
    asked = [one.id for one in wave.instrument.items if isinstance(one, NumberQuestion)]
    ids = wave.instrument.question_ids
    for question in asked:
        for by in (None, *(name for name in options.by if name in ids)):
            try:
                yield from estimate(
                    wave,
                    question,
                    statistic="mean",
                    by=by,
                    confidence_level=options.confidence_level,
                ).rows
            except NotEstimableError:
                continue  # nobody gave a number


def _of_answers(wave: Wave, design: Design, options: Whole) -> list[Estimate]:
    """Every question with listed answers, under the wave's design; groups after all respondents."""
    names = [question.id for question in wave.instrument.items if question.answers]
    rows: list[Estimate] = []
    for by in (None, *options.by):
        if by is not None and by not in wave.instrument.question_ids:
            continue
        asked = [asked_of(name, {**options.asked, "by": by}) for name in names if name != by]
        rows += [row for found in estimate_wave(wave, design, asked) for row in found.rows]
    order = {name: place for place, name in enumerate(names)}
    return sorted(rows, key=lambda row: order[row.question])
