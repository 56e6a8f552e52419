"""A share in each wave, and its changes → what those who did not answer could make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.analysis.arguments import check_design, is_number, name
from surveylib.analysis.asking import UNASKED, asked_of
from surveylib.analysis.bounded import Sensitivity
from surveylib.analysis.caveats import about_of, caveats_of
from surveylib.analysis.nonresponse.bounding import Limits, bounded_change, bounded_share
from surveylib.analysis.nonresponse.missing import rule_of
from surveylib.analysis.nonresponse.rates import check_rates
from surveylib.analysis.nonresponse.sources import find
from surveylib.analysis.nonresponse.wanted import Wanted
from surveylib.analysis.study import Study
from surveylib.errors import MethodError, no_method, show
from surveylib.stats import nonresponse
from surveylib.wave.door import Ingested
from surveylib.wave.model import PublishedWave
from surveylib.wave.responses import Wave
from surveylib.wave.states import STATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.analysis.bounded import BoundedChange
    from surveylib.wave.design import Design


def sensitivity(
    source: object,
    question: str,
    from_: str | int | None = None,
    to: str | int | None = None,
    *,
    missing: str | Sequence[str] | None = None,
    dont_know: str = "answer",
    response_rate: float | Mapping[str, float] | Mapping[int, float] | None = None,
    threshold: float | None = None,
    where: str | None = None,
    wave: str | None = None,
    samples: str = "independent",
    reused_ids: bool = False,
    method: str = "wilson",
    steps: int = 5,
    confidence_level: float = 0.95,
    design: Design | None = None,
) -> Sensitivity:
    """Say what those who did not answer could make of a share, and of its changes.

    Nothing is assumed of them: from nobody to everybody may have given the answer. Who was not
    asked is not among them.

    Args:
        source: A study, one of its waves, the wave of an ingest; or a data frame, the path of a
            Parquet or CSV file, or the sums that `collapse` made of them, in which a row without a
            value has not answered.
        question: `question/answer`.
        from_: The earlier wave. Left out with `to`: each wave and the one before it, and the last
            and the first.
        to: The later wave.
        missing: Ways of not answering that count: names in
            `surveylib.analysis.nonresponse.missing.MISSING`, all of them where it is left out; of
            a data frame, the values that stand for no answer.
        dont_know: What “don't know” counts as, a name in
            `surveylib.analysis.nonresponse.missing.DONT_KNOW`: an `answer` like any other, not
            having answered (`missing`), or not having been asked (`outside`).
        response_rate: Share of those invited who took part, or one for each wave; who did not is
            missing too. Left out, the one number that a wave's manifest states.
        threshold: A share that each wave is said to be above or below, such as 0.5: tells what
            would undo that.
        where: One group, as `question=answer`.
        wave: The column of a frame that tells waves apart.
        samples: `independent`.
        reused_ids: Whether ids of sampling units are given anew in each wave.
        method: A name in `surveylib.stats.nonresponse.METHODS`.
        steps: How many shares among those who did not answer are tried, from 0 to 1.
        confidence_level: Nominal coverage, above 0 and below 1.
        design: How every sample was drawn; left out, what each wave declares, or a simple sample.

    Returns:
        A row for each wave, and one for each two that may be compared.

    Raises:
        UnknownNameError: No such question, answer, wave or column.
        MethodError: Numbers outside their range, or no single answer.
        SampleError: Sampling units have the same ids in two waves.
        NotEstimableError: Nobody was asked.

    Example:
        A quarter of 200 left the question open, and 60 of the others said yes.

        >>> import pandas as pd
        >>> rows = pd.DataFrame({"member": ["yes"] * 60 + ["no"] * 90 + [None] * 50})
        >>> found = sensitivity(rows, "member/yes").rows[0]
        >>> found.answered.estimate, found.missing, found.low, found.high
        (0.4, 0.25, 0.3, 0.55)
    """
    source = source.wave if isinstance(source, Ingested) else source
    _check(question, samples, design)
    check_rates(response_rate)
    _check_limits(method, threshold, steps)
    has_states = isinstance(source, Study | Wave | PublishedWave)
    rule = rule_of(missing, dont_know, states=has_states)
    given = {"where": where, "wave": wave, "confidence_level": confidence_level}
    asked = asked_of(question, {**UNASKED, **given})
    if has_states:
        _check_answer(asked.answer, rule.answers, wave)
    wanted = Wanted(
        asked=asked,
        rule=rule,
        rates=response_rate,
        from_=None if from_ is None else str(from_),
        to=None if to is None else str(to),
        design=design,
        reused=reused_ids,
    )
    return _result(source, wanted, Limits(method, asked.confidence_level, threshold, steps))


def _result(source: object, wanted: Wanted, limits: Limits) -> Sensitivity:
    found = find(source, wanted)
    changes: list[BoundedChange] = []
    why: dict[str, list[str]] = {}
    for pair in found.pairs:
        change = bounded_change(*pair, limits)
        if isinstance(change, str):
            why.setdefault(change, []).append(f"{pair.earlier.wave}→{pair.later.wave}")
        else:
            changes.append(change)
    refused = [f"{', '.join(pairs)}: no bounds. {reason}" for reason, pairs in why.items()]
    waves = {one.wave for one in found.waves}
    told = {"respondents": source.manifest.respondents} if isinstance(source, Study) else {}
    rows = tuple(bounded_share(one, limits) for one in found.waves)
    return Sensitivity(
        rows=rows,
        changes=tuple(changes),
        refused=(*found.refused, *refused),
        done=found.done,
        design=found.design,
        method=limits.method,
        caveats=caveats_of(source, waves, changes=bool(changes)),
        about=about_of(source, waves, {row.domain for row in rows}),
        **told,
    )


def _check(question: object, samples: object, design: object) -> None:
    """Refuse what is no answer, and what bounds cannot be had of."""
    check_design(design)
    answer = name("question", question, "question/answer, one share").partition("/")[2]
    if not answer:
        message = f"question is {show(question)}; wanted question/answer, one share"
        raise MethodError(message)
    if samples != "independent":
        message = (
            f"samples is {show(samples)}; wanted 'independent': what answering and not answering "
            "in two waves of the same people or units have in common is not estimated here"
        )
        raise MethodError(message)


def _check_limits(method: object, threshold: object, steps: object) -> None:
    """Refuse methods that do not exist, and numbers outside their range."""
    if not isinstance(method, str) or method not in nonresponse.METHODS:
        raise MethodError(no_method("limit", str(method), nonresponse.METHODS))
    if threshold is not None and not (is_number(threshold) and 0 < threshold < 1):  # type: ignore[operator]
        message = f"threshold is {show(threshold)}; wanted a share above 0 and below 1, such as 0.5"
        raise MethodError(message)
    if isinstance(steps, bool) or not isinstance(steps, int) or not 2 <= steps <= 101:
        message = f"steps is {show(steps)}; wanted a whole number from 2 to 101"
        raise MethodError(message)


def _check_answer(answer: str, answers: Sequence[str], wave: str | None) -> None:
    """Refuse the share of a way of not answering, and a column of waves where there is none."""
    if answer in STATES and answer not in answers:
        message = f"'{answer}' is a way of not answering here, and no answer: name another"
        raise MethodError(message)
    if wave is not None:
        raise MethodError("wave names a column of a data frame; a study knows its waves: leave out")
