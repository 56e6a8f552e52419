"""Three waves or more → trends: the size first, then the test, then what may be said."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

from surveylib.analysis.arguments import names as named
from surveylib.analysis.asking import UNASKED, asked_of
from surveylib.analysis.caveats import about_of, caveats_of
from surveylib.analysis.series.composition import cells_of_composition
from surveylib.analysis.series.family import adjusted, check_family
from surveylib.analysis.series.gate import runs, together
from surveylib.analysis.series.model_sums import Gathered
from surveylib.analysis.series.overlap import SAMPLES
from surveylib.analysis.series.printed import printed_trends
from surveylib.analysis.series.run import Run
from surveylib.analysis.series.saying import check_bends, few_for_bends, gaps, slope_of, told
from surveylib.analysis.series.taken import Between, take
from surveylib.analysis.series.tested import Asking
from surveylib.analysis.series.timing import (
    check_joints_of,
    given_joints,
    given_scores,
    is_wrong,
    joint_times,
    rising,
    times_of,
)
from surveylib.analysis.series.trending import TrendTest, check, check_for_samples, check_joints
from surveylib.analysis.study import Study
from surveylib.analysis.trends import NoTrend, Trend, Trends
from surveylib.errors import MethodError, NotEstimableError, UnknownNameError, listed, show
from surveylib.wave.responses import Wave
from surveylib.wave.states import STATES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from surveylib.analysis.series.composition import Composition
    from surveylib.analysis.series.gate import Gate
    from surveylib.analysis.series.table import Table
    from surveylib.analysis.series.taken import Taken
    from surveylib.wave.design import Design

#: Waves below which there is no trend.
FEWEST = 3


@dataclass(frozen=True, slots=True)
class _Options:
    test: str | None
    scores: Mapping[str, float] | None
    order: tuple[str, ...]
    composition: tuple[str, ...]
    asking: Asking
    samples: str
    joints: tuple[str | float, ...] = ()

    def chosen(self, *, simple: bool) -> str:
        """The test that was asked for, or the usual one of simple samples and of designs."""
        if self.test is not None:
            return self.test
        if self.samples not in {"independent", "shared-psu"}:
            return "least-squares"
        model = not simple or self.composition or self.joints
        return "logistic" if model else "cochran-armitage"


def trend(
    source: object,
    question: str | Sequence[str],
    *,
    test: str | None = None,
    scores: Mapping[str, float] | Sequence[float] | None = None,
    order: Sequence[str] = (),
    by: str | Sequence[str] | None = None,
    where: str | None = None,
    wave: str | None = None,
    base: str = "answered",
    adjust_for: str | Sequence[str] = (),
    degree: int = 1,
    joints: Sequence[float | str] = (),
    alternative: str = "two-sided",
    samples: str = "independent",
    ids: str | None = None,
    reused_ids: bool = False,
    interval: str | None = None,
    confidence_level: float = 0.95,
    adjust: str | None = None,
    family: str = "question",
    draws: int = 4_999,
    seed: int = 0,
    design: Design | None = None,
) -> Trends:
    """Say how the share of each answer moved over three waves or more.

    Waves that must not be compared end a series; the next one begins there.

    Args:
        source: A study; a data frame of any library that narwhals knows, or the path of a Parquet
            or CSV file, with `wave`; or the sums that `collapse` made of them.
        question: `question`, or `question/answer` for one answer; or several.
        test: A name in `surveylib.analysis.series.trending.TESTS`; left out, `cochran-armitage` for
            simple samples and printed figures, `logistic` for designs.
        scores: A time for each wave; left out, the middle of its fieldwork, or its name if that is
            a number or a date.
        order: Answers from low to high, for tests of ordered answers of a frame; a study's
            questionnaires have theirs.
        by: A question whose answers form groups; or several.
        where: One group, as `question=answer`.
        wave: The column of a frame that tells waves apart.
        base: A name in BASES.
        adjust_for: With `logistic` and `cumulative-link`, questions whose composition is held
            constant by the model.
        degree: With `logistic` and `least-squares`, 2 or 3 for bends beside the straight line.
        joints: With `logistic` and `least-squares`, times or waves at which the trend may bend,
            such as that of a law: each stretch has a slope of its own. `joinpoint` looks for them.
        alternative: `two-sided`, `increasing` or `decreasing`.
        samples: A name in `surveylib.analysis.series.overlap.SAMPLES`.
        ids: The column that says who each respondent is.
        reused_ids: Whether ids are given to others in other waves.
        interval: The interval of each share.
        confidence_level: Nominal coverage; the verdict is at 1 minus it.
        adjust: A name in `surveylib.stats.multiplicity.METHODS`, for many trends at once.
        family: Which are counted together: `question`, `waves` or `all`.
        draws: Draws of tests that need them.
        seed: What they start from: the same seed gives the same numbers.
        design: How every sample was drawn; left out, what each wave declares, or a simple sample.

    Returns:
        A row for each run of waves, group and answer; and the series without a trend, with why.

    Raises:
        UnknownNameError: No such question, answer, wave or column.
        MethodError: No such test, or one that cannot do what is asked.
        SampleError: Ids contradict what is declared of the samples.
        NotEstimableError: There is no run of three waves.

    Example:
        >>> import surveylib as sl
        >>> study = sl.load_study("waves/netclean")
        >>> found = sl.trend(study, "region/usa")
        >>> [(row.waves[0], row.waves[-1], row.verdict) for row in found.rows]
        [('2016', '2020', 'falling')]
    """
    # First of all, while nothing but arguments has a name here; scores are times, not of answers.
    own = set(UNASKED) - {"scores"}
    given = {name: value for name, value in locals().items() if name in own}
    asking = Asking(alternative, degree, confidence_level, draws=draws, seed=seed)
    held = (adjust_for,) if isinstance(adjust_for, str) else tuple(adjust_for)
    bends = given_joints(joints)
    options = _Options(test, given_scores(scores), tuple(order), held, asking, samples, bends)
    check_family(adjust, family)
    _check(options)
    timed = sorted(scores, key=lambda name: scores[name]) if isinstance(scores, Mapping) else ()
    between = Between(samples, ids, reused_ids, tuple(map(str, timed)))
    names = named("question", question, "a question")
    found = _trends(source, names, {**UNASKED, **given}, between, design, options)
    return replace(found, rows=tuple(adjusted(found.rows, adjust, family)))


def _trends(  # noqa: PLR0917 - what was asked for, in parts
    source: object,
    names: Sequence[str],
    given: Mapping[str, Any],
    between: Between,
    design: Design | None,
    options: _Options,
) -> Trends:
    """Trends of printed figures, or of single answers."""
    if not names:
        raise MethodError("question is empty; wanted the name of one, or of several")
    asked = [asked_of(name, given) for name in names]
    if isinstance(source, Study) and not any(isinstance(one, Wave) for one in source.waves):
        _check_printed(given, between, design, options)
        test = options.test or ("least-squares" if options.joints else "cochran-armitage")
        found = printed_trends(
            source, asked, test, options.asking, options.scores, joints=options.joints
        )
    else:
        found = _sampled(source, asked, between, design, options)
    if not found.rows:
        reasons = list(dict.fromkeys(one.reason for one in found.refused))
        kind = MethodError if is_wrong(reasons) else NotEstimableError
        raise kind(f"there is no trend of '{', '.join(names)}': {'; '.join(reasons)}")
    waves = {wave for row in found.rows for wave in row.waves}
    return replace(
        found,
        caveats=caveats_of(source, waves, changes=True),
        about=about_of(source, waves, (row.domain for row in found.rows)),
    )


def _check_printed(
    given: Mapping[str, Any], between: Between, design: Design | None, options: _Options
) -> None:
    """Refuse what printed figures cannot tell."""
    vain = [name for name in ("by", "where", "base", "wave") if given[name] != UNASKED[name]]
    vain += [
        name
        for name, value in (
            ("samples", between.samples != "independent"),
            ("ids", between.ids is not None),
            ("design", design is not None),
            ("adjust_for", bool(options.composition)),
            ("order", bool(options.order)),
        )
        if value
    ]
    if vain:
        message = f"trends of printed figures are of all respondents: leave out {listed(vain)}"
        raise MethodError(message)


def _check(options: _Options) -> None:
    if options.test is not None:
        check(options.test, options.asking)
    if options.joints:
        check_joints(options.test or "logistic", options.asking)
    if options.asking.alternative not in {"two-sided", "increasing", "decreasing"}:
        message = (
            f"alternative is '{options.asking.alternative}'; "
            "choose one of 'two-sided', 'increasing', 'decreasing'"
        )
        raise MethodError(message)
    if options.samples == "unknown":
        message = "a trend needs to know what samples share; samples is 'unknown': take sl.change"
        raise MethodError(message)
    if options.samples not in SAMPLES:
        raise MethodError(f"samples is {show(options.samples)}; choose one of {listed(SAMPLES)}")
    if options.composition and options.test not in {None, "logistic", "cumulative-link"}:
        message = f"adjust_for belongs to models; '{options.test}' is none: take 'logistic'"
        raise MethodError(message)


def _sampled(
    source: object, asked: Sequence[Any], between: Between, design: Design | None, options: _Options
) -> Trends:
    taken = take(source, asked, between, design)
    rows: list[Trend] = []
    refused: list[NoTrend] = []
    cells = cells_of_composition(source, asked, between, design, options.composition)
    for tables in taken.portions:
        gathered = Gathered()
        for table in tables:
            for found in _of_table(table, taken, cells, options, gathered):
                if isinstance(found, Trend):
                    rows.append(found)
                else:
                    refused.append(found)
        del tables, table, found, gathered  # so that their room is free for the next ones
    return Trends(rows=tuple(rows), refused=tuple(refused), done=taken.done, design=taken.design)


def _of_table(
    table: Table, taken: Taken, cells: Composition, options: _Options, gathered: Gathered
) -> Iterator[Trend | NoTrend]:
    """Each trend of a table, or why there is none."""
    simple = table.simple and not table.shared
    test = options.chosen(simple=simple)
    chosen = check(test, options.asking)
    check_for_samples(test, simple=table.simple, samples=options.samples)
    for answers in _answers(table, chosen, options):
        for one in _runs(table, answers, taken, options):
            if isinstance(one, NoTrend):
                yield one
                continue
            run, columns = cells.of(replace(one, gathered=gathered))
            times = times_of(table.waves, taken.times, options.scores)
            elsewhere = taken.times if options.scores is None else {}
            joints = joint_times(options.joints, {**elsewhere, **times})
            asking = replace(options.asking, composition=columns, joints=joints)
            result = _tested(run, test, chosen, asking, taken.gates[table.question])
            yield replace(result, samples=options.samples) if isinstance(result, Trend) else result


def _answers(table: Table, chosen: TrendTest, options: _Options) -> Iterator[tuple[int, ...]]:
    """Each answer by itself, or those that have an order together."""
    if chosen.whole and len(table.answers) < 2:
        message = "a test of all answers needs all of them: name the question without an answer"
        raise MethodError(message)
    if not chosen.whole:
        for place in range(len(table.answers)):
            yield (place,)
        return
    codes = options.order or tuple(code for code in table.answers if code not in STATES)
    for code in codes:
        if code not in table.answers:
            raise UnknownNameError.of("answer", code, table.answers, where=f"'{table.question}'")
        if codes.count(code) > 1:
            raise MethodError(f"the order has {show(code)} twice; wanted each answer once")
    yield tuple(table.answers.index(code) for code in codes)


def _runs(
    table: Table, answers: tuple[int, ...], taken: Taken, options: _Options
) -> Iterator[Run | NoTrend]:
    """Runs of waves of which each two may be compared, or why there is none."""
    known = [
        place
        for place in range(len(table.waves))
        if all(
            table.points[place][answer] is not None
            and math.isfinite(table.variances[place, answer])
            for answer in answers
        )
    ]
    names = [table.waves[place] for place in known]
    gate = taken.gates[table.question]
    found = runs(names, gate, table.answers[answers[0]])
    for run in found:
        if len(run) < FEWEST:
            if len(found) == 1 or len(run) > 1:
                yield _too_short(table, answers, run)
            continue
        places = tuple(table.waves.index(name) for name in run)
        every = times_of(table.waves, taken.times, options.scores)
        times = rising(every, run, scored=options.scores is not None)
        yield Run(table=table, places=places, times=times, answers=answers)
    if not found:
        yield _too_short(table, answers, ())


def _too_short(table: Table, answers: tuple[int, ...], run: Sequence[str]) -> NoTrend:
    count = {0: "no wave has it", 1: "one wave", 2: "two waves"}[len(run)]
    reason = f"{count}; a trend needs three that may be compared: take sl.change"
    return NoTrend(
        question=table.question,
        answer=table.answers[answers[0]] if len(answers) == 1 else "",
        domain=table.domain,
        waves=tuple(run),
        reason=reason,
    )


def _tested(run: Run, test: str, chosen: TrendTest, asking: Asking, gate: Gate) -> Trend | NoTrend:
    table, single = run.table, len(run.answers) == 1
    code = table.answers[run.answers[0]] if single else ""
    try:
        check_bends(len(run.waves), asking)
        check_joints_of(run.times, asking.joints)
        found = chosen.function(run, asking)
    except NotEstimableError as error:
        return NoTrend(
            question=table.question,
            answer=code,
            domain=table.domain,
            waves=run.waves,
            reason=str(error),
        )
    judged = [
        gate.judge(one, other, table.answers[run.answers[0]])
        for one, other in combinations(run.waves, 2)
    ]
    worst, reasons = together(judged)
    cares = [*gaps(run), *few_for_bends(len(run.waves), asking)]
    first = run.points[0]
    return Trend(
        question=table.question,
        answer=code,
        domain=table.domain,
        waves=run.waves,
        times=tuple(run.times.tolist()),
        points=run.points if single else (),
        **slope_of(found),
        **told(found, test, asking),
        comparability=worst,
        notes=(*reasons, *cares, *found.notes),
        samples="",
        p_adjusted=None,
        family="",
        title=first.title,
        answer_text=first.answer_text if single else "",
    )
