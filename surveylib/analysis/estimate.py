"""Waves and a question → shares with intervals."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from surveylib.analysis.arguments import check_design, is_number
from surveylib.analysis.arguments import names as several_names
from surveylib.analysis.asking import UNASKED, asked_of
from surveylib.analysis.caveats import about_of, caveats_of
from surveylib.analysis.columns import FRAME
from surveylib.analysis.designed import estimate_wave, joined
from surveylib.analysis.figure import Options, from_reading, held_together, readings_of
from surveylib.analysis.frames import estimate_frame
from surveylib.analysis.results import Estimates, NotPrinted
from surveylib.analysis.saved import SavedFrame
from surveylib.analysis.study import Study
from surveylib.errors import MethodError, NotEstimableError, UnknownNameError, listed
from surveylib.wave.design import Design
from surveylib.wave.door import Ingested
from surveylib.wave.model import PublishedWave
from surveylib.wave.responses import Wave
from surveylib.wave.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.study import AnyWave


def estimate(
    source: Study | AnyWave | Ingested | object,
    question: str | Sequence[str],
    *,
    statistic: str = "share",
    by: str | Sequence[str] | None = None,
    where: str | None = None,
    wave: str | None = None,
    base: str = "answered",
    over: str | None = None,
    q: float | Sequence[float] | None = None,
    scores: Mapping[str, float] | None = None,
    threshold: float | Sequence[float] | None = None,
    bands: Mapping[str, tuple[float, float]] | None = None,
    model: str | None = None,
    cap: float | None = None,
    interval: str | None = None,
    confidence_level: float = 0.95,
    simultaneous: str | None = None,
    kish: bool = False,
    design_effect: float = 1.0,
    design: Design | None = None,
) -> Estimates:
    """Estimate the share of each answer, or a mean, total, ratio or quantile, with an interval.

    Args:
        source: A study, one of its waves, the wave of an ingest; or a data frame of any library
            that narwhals knows, or the path of a Parquet or CSV file, whose columns are then the
            questions; or the sums that `collapse` made of them.
        question: `question`, or `question/answer` for one answer; of single answers also several
            questions, which a frame's library sums in one pass.
        statistic: A name in STATISTICS: `share` of each answer; of numbers `mean`, `total`,
            `ratio`, `quantile`, `median`, or `share_up_to` a number.
        by: A question whose answers form groups; of single answers also several.
        where: One group, as `question=answer`.
        wave: The column of a frame that tells waves apart, each of them a sample of its own.
        base: A name in BASES. `answered`: options are shares of those who answered, ways of not
            answering of those who were asked; published figures keep the base that they were
            printed with. `asked` and `all` count everybody who was, or is there; `mentions` every
            option ticked.
        over: With `ratio`, the question whose total is below the line.
        q: With `quantile`, the shares of people below, such as 0.5 or (0.1, 0.9).
        scores: With `mean` or `total` of a question with answers, the number that each stands for;
            answers without one are outside the base.
        threshold: With `share_up_to`, the number or several.
        bands: With answers in bands, of a frame: the lowest and highest number of each answer, in
            order, such as {"1-10": (1, 10), "more": (11, inf)}; a wave's instrument has them.
        model: With answers in bands: of quantiles `interpolated`, or `bounds`; of means `bounds`;
            of both `log-normal` and `negative-binomial` fits; for bands that overlap `turnbull`.
        cap: With bounds on a mean, the highest number in a band without an end.
        interval: A name in `surveylib.stats.intervals.METHODS`, or of means, totals and ratios in
            NUMBER_INTERVALS; left out, `wilson` or `t`.
        confidence_level: Nominal coverage, above 0 and below 1.
        simultaneous: By what the intervals of all answers of a question hold at once, in each wave
            and group: a name in `surveylib.analysis.simultaneous.TOGETHER`. `bonferroni` for any
            answers and designs; `goodman`, `quesenberry-hurst` or `sison-glaz` for exclusive
            answers of a simple sample. Left out, each interval holds alone.
        kish: Whether rows also have `n_kish`, the effective n of the weights alone.
        design_effect: Assumed variance relative to a simple random sample, at least 1; not
            together with a design, which gives its own.
        design: How the sample was drawn: weights, strata, sampling units, population sizes. Left
            out, it is what the wave's manifest declares, or a simple random sample.

    Returns:
        A row for each wave, group and answer. A share printed in words has a range and an
        envelope, and no estimate of its own.

    Raises:
        UnknownNameError: No such question, answer or group.
        MethodError: No such method, statistic, level or base.
        DesignError: The data does not fit the design.
        NotEstimableError: No figure was printed for what was asked.

    Example:
        >>> import surveylib as sl
        >>> study = sl.load_study("waves/netclean")
        >>> row = sl.estimate(study, "organised_groups_encountered").rows[0]
        >>> row.estimate, row.n, round(row.ci_low, 3), round(row.ci_high, 3)
        (0.85, 272, 0.803, 0.888)
    """
    # First of all, while nothing but arguments has a name here.
    given = {name: value for name, value in locals().items() if name in UNASKED}
    check_design_effect(design_effect)
    check_design(design)
    names = several_names("question", question, "the name of a question or column")
    asked = [asked_of(name, given) for name in names]
    source = source.wave if isinstance(source, Ingested) else source
    found = _estimated(source, asked, design, design_effect)
    waves = {row.wave for row in found.rows}
    about = about_of(source, waves, (row.domain for row in found.rows))
    return replace(found, caveats=caveats_of(source, waves), about=about)


def _estimated(
    source: object, asked: Sequence[Asked], design: Design | None, design_effect: float
) -> Estimates:
    """By the way that a source has: row by row, from what its library sums, or as printed."""
    if not asked:
        raise MethodError("no question is asked for: name one or several")
    if isinstance(source, Sums):
        _one_effect(design_effect)
        if design not in {None, source.design}:
            raise MethodError("sums have their design in them: leave out 'design'")
        return joined(SavedFrame(source, asked).estimates(), asked, "the sums", [source.design])
    if not isinstance(source, Study | PublishedWave | Wave):
        _one_effect(design_effect)
        found = estimate_frame(source, design or Design(), asked)
        return joined(found, asked, FRAME, [design or Design()])
    if asked[0].wave is not None:
        raise MethodError("wave names a column of a data frame; a study knows its waves: leave out")
    if design is not None or _needs_answers(asked) or declared_designs(source):
        _one_effect(design_effect)
        return _designed(source, design, asked)
    return _plain(source, asked[0], design_effect)


def _needs_answers(asked: Sequence[Asked]) -> bool:
    """Whether single answers are needed for what is asked, and not only figures."""
    first = asked[0]
    return (
        len(asked) > 1
        or len(first.by) > 1
        or first.statistic != "share"
        or first.base != "answered"
        or first.kish
        or first.simultaneous == "sison-glaz"  # it needs counts
    )


def _one_effect(design_effect: float) -> None:
    if design_effect != 1:
        message = "give a design or a design effect, not both: a design has its own effect"
        raise MethodError(message)


def _plain(source: Study | AnyWave, asked: Asked, design_effect: float) -> Estimates:
    """Shares as printed, or of a simple sample."""
    waves = source.waves if isinstance(source, Study) else (source,)
    name, answer, by = asked.question, asked.answer, asked.by[0] if asked.by else None
    _check_question(source, name, answer)
    asking = [wave for wave in waves if name in wave.instrument.question_ids]
    _check_group(asking, by, asked.where)
    options = Options(
        interval=asked.interval,
        confidence_level=asked.confidence_level,
        design_effect=design_effect,
        simultaneous=asked.simultaneous,
    )
    found = [_one_wave(wave, name, answer, _domains(wave, name, by, asked.where), options)
             for wave in asking]  # fmt: skip
    rows = tuple(row for estimates in found for row in estimates.rows)
    if not rows:
        question = f"{name}/{answer}" if answer else name
        raise NotEstimableError(_nothing_printed(asking, question, by, asked.where))
    missing = tuple(row for estimates in found for row in estimates.not_printed)
    return Estimates(rows=rows, not_printed=missing)


def declared_designs(source: Study | AnyWave) -> list[str]:
    """The waves whose manifest declares how their sample was drawn."""
    waves = source.waves if isinstance(source, Study) else (source,)
    return [
        wave.name
        for wave in waves
        if isinstance(wave, Wave) and wave.manifest is not None and wave.manifest.design
    ]


def _designed(source: Study | AnyWave, design: Design | None, asked: Sequence[Asked]) -> Estimates:
    """Every wave that asked the questions, with the design given or the one that it declares."""
    waves = source.waves if isinstance(source, Study) else (source,)
    names = [one.question for one in asked]
    names += [one.over for one in asked if one.over]
    for one in asked:
        _check_question(source, one.question, one.answer)
    asking = [wave for wave in waves if set(names) <= set(wave.instrument.question_ids)]
    printed = [wave.name for wave in asking if not isinstance(wave, Wave)]
    if printed:
        message = f"this needs single answers; of {', '.join(printed)} only figures survive"
        raise NotEstimableError(message)
    first = asked[0]
    for by in (*first.by, *([first.where.partition("=")[0]] if first.where else [])):
        _check_group(asking, by, None)
    _check_group(asking, None, first.where)
    if not asking:
        message = f"no wave asked all of {listed(names)}"
        raise NotEstimableError(message)
    taken = {wave: design or Design.from_wave(wave) for wave in asking if isinstance(wave, Wave)}
    found = [estimate_wave(wave, drawn, asked) for wave, drawn in taken.items()]
    return joined(found, asked, ", ".join(wave.name for wave in asking), list(taken.values()))


def _one_wave(
    wave: AnyWave, name: str, answer: str, domains: Sequence[str], options: Options
) -> Estimates:
    """The figures of one wave, and the answers without one."""
    rows, printed = [], set()
    for domain in domains:
        readings = [
            reading
            for reading in readings_of(wave, name, domain).values()
            if answer in {"", reading.figure.answer}
        ]
        printed |= {reading.figure.answer for reading in readings}
        together = held_together(options, wave, name, readings)
        rows += [from_reading(wave, reading, together) for reading in readings]
    if isinstance(wave, Wave):
        printed = set(wave.instrument.question(name).answer_codes)
    return Estimates(
        rows=tuple(rows),
        not_printed=tuple(
            NotPrinted(wave=wave.name, question=name, answer=code)
            for code in wave.instrument.question(name).answer_codes
            if code not in printed and answer in {"", code}
        ),
    )


def _check_group(waves: Sequence[AnyWave], by: str | None, where: str | None) -> None:
    """Refuse a group that no wave knows."""
    known = [name for wave in waves for name in wave.instrument.question_ids]
    if by is not None and by not in known:
        raise UnknownNameError.of("question", by, known, where="by")
    if not where:
        return
    name, _, code = where.partition("=")
    groups = [
        f"{question.id}={answer}"
        for wave in waves
        for question in wave.instrument.items
        for answer in question.answer_codes
    ]
    if f"{name}={code}" not in groups:
        printed = sorted({group for wave in waves for group in wave.groups()} - {""})
        raise UnknownNameError.of("group", where, printed or groups, where="where")


def check_design_effect(design_effect: float) -> None:
    """Refuse a design effect below 1: an assumption must not make intervals narrower."""
    if not is_number(design_effect) or design_effect < 1:
        message = f"design_effect is {design_effect}; wanted a number of at least 1"
        raise MethodError(message)


def _check_question(source: Study | AnyWave, name: str, answer: str) -> None:
    if isinstance(source, Study):
        source.answers(f"{name}/{answer}" if answer else name)
        return
    question = source.instrument.question(name)
    if answer and answer not in question.answer_codes:
        raise UnknownNameError.of("answer", answer, question.answer_codes, where=f"'{name}'")


def _domains(wave: AnyWave, question: str, by: str | None, where: str | None) -> Sequence[str]:
    """Which groups of one wave are asked for; empty stands for all respondents."""
    if where is not None:
        return [where]
    if by is None:
        return [""]
    return [group for group in wave.groups(question) if group.partition("=")[0] == by]


def _nothing_printed(
    waves: Sequence[AnyWave], question: str, by: str | None, where: str | None
) -> str:
    name = question.partition("/")[0]
    if by == name or (where or "").partition("=")[0] == name:
        return f"'{name}' cannot form the groups of its own shares"
    if all(isinstance(wave, Wave) for wave in waves):
        group = f" among {where}" if where else ""
        return f"nobody answered '{question}'{group} in {', '.join(w.name for w in waves)}"
    groups = {group for wave in waves if not isinstance(wave, Wave) for group in wave.groups(name)}
    asked = [wave.name for wave in waves if name in wave.instrument.question_ids]
    group = f" for {where}" if where else f" by {by}" if by else ""
    known = ", ".join(sorted(group or "all respondents" for group in groups))
    has = f"Figures exist for: {known}." if known else "No figure of it was printed at all."
    return f"no figure was printed for '{question}'{group}, asked in {', '.join(asked)}. {has}"
