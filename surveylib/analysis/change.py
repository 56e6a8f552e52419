"""Pairs of waves → changes, where the two figures may be compared; refusals where not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from surveylib.analysis.arguments import is_number
from surveylib.analysis.arguments import names as named
from surveylib.analysis.asking import UNASKED, asked_of
from surveylib.analysis.caveats import about_of, caveats_of
from surveylib.analysis.changes import Change, Changes, Refusal
from surveylib.analysis.estimate import check_design_effect, declared_designs
from surveylib.analysis.series.comparing import Wanted, compared
from surveylib.analysis.series.contrasts import check_contrast, contrasted
from surveylib.analysis.series.family import adjusted, check_family
from surveylib.analysis.series.figures import FigureOptions, compare, nothing, relations
from surveylib.analysis.series.measures import MEASURES, Sizing
from surveylib.analysis.series.overlap import SAMPLES
from surveylib.analysis.series.pairs import AGAINST
from surveylib.analysis.series.taken import Between, take
from surveylib.analysis.study import Study
from surveylib.errors import (
    ComparabilityError,
    MethodError,
    listed,
    no_method,
    show,
)
from surveylib.stats import differences
from surveylib.stats.intervals import check_level
from surveylib.wave.responses import Wave

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.analysis.asking import Asked
    from surveylib.wave.design import Design


def change(
    source: object,
    question: str | Sequence[str],
    from_: str | int | None = None,
    to: str | int | None = None,
    *,
    against: str = "before",
    contrast: Mapping[str, float] | None = None,
    measure: str = "difference",
    method: str | None = None,
    by: str | Sequence[str] | None = None,
    where: str | None = None,
    wave: str | None = None,
    base: str = "answered",
    samples: str = "independent",
    ids: str | None = None,
    reused_ids: bool = False,
    margin: float | None = None,
    adjust: str | None = None,
    family: str = "all",
    interval: str | None = None,
    confidence_level: float = 0.95,
    design_effect: float = 1.0,
    design: Design | None = None,
) -> Changes:
    """Compare the share of each answer between waves, where that is allowed.

    Args:
        source: A study; a data frame of any library that narwhals knows, or the path of a Parquet
            or CSV file, with `wave`; or the sums that `collapse` made of them.
        question: `question`, or `question/answer` for one answer; or several.
        from_: The earlier wave. Left out with `to`: what `against` says.
        to: The later wave. Left out with `from_` given: every later wave.
        against: What each wave is compared with, where none is named: `before`, the wave before it
            and the last with the first; `first`; or `mean`, that of all waves.
        contrast: What each wave counts, of either sign, such as {"2018": -1, "2020": 0.5, "2021":
            0.5}: the rest of the waves against the first. Sums to 0.
        measure: A name in `surveylib.analysis.series.measures.MEASURES`: `difference`, `ratio`,
            `percent` or `odds_ratio`.
        method: A method of that measure; left out, `newcombe` for differences of simple samples,
            `tango` for those of the same people, and for designs the hybrid of both waves' limits.
        by: A question whose answers form groups; or several.
        where: One group, as `question=answer`.
        wave: The column of a frame that tells waves apart.
        base: A name in BASES.
        samples: A name in `surveylib.analysis.series.overlap.SAMPLES`.
        ids: The column that says who each respondent is, for samples that share people.
        reused_ids: Whether ids, of respondents or sampling units, are given anew in each wave.
        margin: A difference that counts as no change, as a proportion: tested as a claim of its
            own (two one-sided tests).
        adjust: A name in `surveylib.stats.multiplicity.METHODS`, for many changes at once.
        family: Which are counted together: `all`, `question`, or `waves` for all questions between
            the same two.
        interval: The limits that the hybrid for designs rests on: `wilson` or `logit`; and those
            of each share.
        confidence_level: Nominal coverage, above 0 and below 1.
        design_effect: Assumed for both waves, at least 1; not together with a design.
        design: How every sample was drawn; left out, what each wave declares, or a simple sample.

    Returns:
        Changes, later minus earlier; and the pairs that must not be compared, with reasons.

    Raises:
        UnknownNameError: No such question, answer, wave or column.
        MethodError: No such method, level or order of waves.
        SampleError: Ids contradict what is declared of the samples.
        ComparabilityError: Nothing that was asked for may be compared; says why.
        NotEstimableError: Fewer than two waves have what was asked for.

    Example:
        >>> import surveylib as sl
        >>> study = sl.load_study("waves/netclean")
        >>> row = sl.change(study, "rising_trends/social_and_apps", 2016, 2017).rows[0]
        >>> round(row.difference, 3), row.verdict, row.comparability
        (0.12, 'increased', 'limited')
    """
    # First of all, while nothing but arguments has a name here.
    asked = {name: value for name, value in locals().items() if name in UNASKED}
    sizing = Sizing(measure, method, interval or "wilson", confidence_level, samples)
    first, last = (None if one is None else str(one) for one in (from_, to))
    counted = None if contrast is None else {str(name): one for name, one in contrast.items()}
    wanted = Wanted(first, last, against, sizing, margin, counted)
    check_family(adjust, family)
    _check(wanted)
    ends = tuple(one for one in (wanted.from_, wanted.to) if one is not None)
    between = Between(samples, ids, reused_ids, ends, wanted.from_, wanted.to)
    names = named("question", question, "a question")
    found = _changes(source, names, {**UNASKED, **asked}, between, wanted, (design, design_effect))
    rows = tuple(adjusted(found.rows, adjust, family))
    return replace(found, rows=rows, **_declared(source, found, counted))


def _declared(
    source: object, found: Changes, contrast: Mapping[str, float] | None
) -> dict[str, Any]:
    """What must be said of those who answered in the waves that changes are of."""
    ends = {end for row in found.rows for end in (row.from_wave, row.to_wave)}
    counted = {name for name, value in (contrast or {}).items() if value}
    refused = {end for one in found.refused for end in (one.from_wave, one.to_wave)}
    domains = {row.domain for row in found.rows} | {one.domain for one in found.refused}
    return {
        "caveats": caveats_of(source, ends | counted, changes=True),
        "about": about_of(source, ends | counted | refused, domains),
    }


def _changes(  # noqa: PLR0917 - what was asked for, in parts
    source: object,
    names: Sequence[str],
    given: Mapping[str, Any],
    between: Between,
    wanted: Wanted,
    design: tuple[Design | None, float],
) -> Changes:
    """Figures as they stand where that is enough, single answers where they are needed."""
    if not names:
        raise MethodError("question is empty; wanted the name of one, or of several")
    asked = [asked_of(name, given) for name in names]
    single = design[0] is not None or between.ids is not None
    single |= any(given[name] != UNASKED[name] for name in ("by", "where", "base"))
    if isinstance(source, Study) and not single and _as_figures(source, asked, wanted):
        return _figures(source, names, wanted, design[1])
    if design[1] != 1:
        message = "give a design or a design effect, not both: a design has its own effect"
        raise MethodError(message)
    return _sampled(source, asked, between, wanted, design[0])


def _check(wanted: Wanted) -> None:
    """Refuse names and levels that do not exist."""
    check_level(wanted.sizing.confidence_level)
    if wanted.sizing.measure not in MEASURES:
        raise MethodError(no_method("measure", wanted.sizing.measure, MEASURES))
    if wanted.sizing.samples not in SAMPLES:
        message = f"samples is {show(wanted.sizing.samples)}; choose one of {listed(SAMPLES)}"
        raise MethodError(message)
    if wanted.against not in AGAINST:
        message = f"against is {show(wanted.against)}; choose one of {listed(AGAINST)}"
        raise MethodError(message)
    margin = wanted.margin
    if margin is not None and not (is_number(margin) and 0 < margin < 1):
        message = f"margin is {show(margin)}; wanted a proportion between 0 and 1, such as 0.03"
        raise MethodError(message)
    check_contrast(wanted)
    measure = MEASURES[wanted.sizing.measure]
    known = (*measure.simple, *measure.panel, "mover")
    if wanted.sizing.method is not None and wanted.sizing.method not in known:
        kind = wanted.sizing.measure.replace("_", " ")
        raise MethodError(no_method(kind, wanted.sizing.method, tuple(dict.fromkeys(known))))


def _as_figures(study: Study, asked: Sequence[Asked], wanted: Wanted) -> bool:
    """Whether figures are compared as they stand: printed, or counted in simple samples."""
    if not any(isinstance(wave, Wave) for wave in study.waves):
        return True
    plain = (
        wanted.sizing.measure == "difference"
        and wanted.sizing.samples == "independent"
        and wanted.against == "before"
        and wanted.margin is None
        and wanted.contrast is None
        and wanted.sizing.method in {None, *differences.METHODS}
    )
    harmonised = any(study.leads_to(one.question) is not None for one in asked)
    return plain and not harmonised and not declared_designs(study)


def _figures(study: Study, names: Sequence[str], wanted: Wanted, design_effect: float) -> Changes:
    """Figures as printed, along what the study declares."""
    _check_printed(wanted)
    check_design_effect(design_effect)
    options = FigureOptions(
        method=wanted.sizing.method or "newcombe",
        confidence_level=wanted.sizing.confidence_level,
        samples=wanted.sizing.samples,
        design_effect=design_effect,
    )
    rows: list[Change] = []
    refused: list[Refusal] = []
    for name in names:
        for relation in relations(study, name, wanted.from_, wanted.to):
            result = compare(study, relation, options)
            (rows if isinstance(result, Change) else refused).append(result)  # type: ignore[arg-type]
    if not rows and (refused or wanted.from_ is not None or wanted.to is not None):
        message = nothing(study, names, wanted.from_, wanted.to, refused)
        raise ComparabilityError(message)
    return Changes(rows=tuple(rows), refused=tuple(refused))


def _check_printed(wanted: Wanted) -> None:
    """Refuse what printed figures cannot tell."""
    sizing = wanted.sizing
    if sizing.samples != "independent":
        message = (
            f"samples is {show(sizing.samples)}; for published figures only 'independent' can be "
            "computed, since nothing printed tells who answered twice"
        )
        raise MethodError(message)
    more = (wanted.margin, wanted.contrast) != (None, None) or wanted.against != "before"
    if sizing.measure != "difference" or more:
        message = (
            "of published figures the difference from wave to wave is computed: leave out "
            "'measure', 'margin', 'contrast' and 'against'"
        )
        raise MethodError(message)
    if sizing.method not in {None, *differences.METHODS}:
        raise MethodError(no_method("difference", str(sizing.method), differences.METHODS))


def _sampled(
    source: object,
    asked: Sequence[Asked],
    between: Between,
    wanted: Wanted,
    design: Design | None,
) -> Changes:
    taken = take(source, asked, between, design)
    of_many = wanted.contrast is not None or wanted.against == "mean"
    rows, refused = (contrasted if of_many else compared)(taken, wanted)
    if not rows:
        lines = [
            f"  {one.from_wave} and {one.to_wave} {one.question}/{one.answer}: "
            f"{one.comparability.replace('_', ' ')}. {' '.join(one.reasons)}"
            for one in refused
        ]
        names = ", ".join(one.question for one in asked)
        raise ComparabilityError("\n".join([f"'{names}' must not be compared:", *lines]))
    return Changes(rows=tuple(rows), refused=tuple(refused), done=taken.done, design=taken.design)
