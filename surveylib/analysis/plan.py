"""Next year's wave: how many respondents a change would need, from what past waves were like."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from surveylib.analysis.estimate import estimate
from surveylib.analysis.results import Shown, finite
from surveylib.errors import MethodError, NotEstimableError
from surveylib.stats import planning

if TYPE_CHECKING:
    from surveylib.analysis.results import Estimate
    from surveylib.wave.design import Design


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """What one change would need.

    Args:
        share_to: The share that the next wave would have.
        respondents: Who must answer; None where no number of them would do.
        invited: Who must be asked for that many to answer; None likewise.
        reason: Why no number would do; empty otherwise.
    """

    share_to: float
    respondents: int | None
    invited: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Plan(Shown):
    """The next wave of a question.

    Args:
        question: Question id.
        answer: Option code.
        wave: The last wave, which the next is to be compared with.
        last: Its share.
        change: The smallest change that would matter, as a proportion.
        up: What a rise of that size needs.
        down: What a fall needs.
        power: How often such a change shall be found.
        confidence_level: Of the two-sided test.
        design_effect: Of both waves.
        overlap: Part of the smaller sample that is in both.
        correlation: Of one respondent's, or one unit's, answers in both.
        response_rate: Part of those asked who answer.
    """

    question: str
    answer: str
    wave: str
    last: Estimate
    change: float
    up: Sized
    down: Sized
    power: float
    confidence_level: float
    design_effect: float
    overlap: float
    correlation: float
    response_rate: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        return {"schema": "surveylib.plan/1", **finite(dataclasses.asdict(self))}


def plan(
    source: object,
    question: str,
    change: float,
    *,
    power: float = 0.8,
    confidence_level: float = 0.95,
    overlap: float = 0.0,
    correlation: float = 0.0,
    response_rate: float = 1.0,
    design_effect: float | None = None,
    where: str | None = None,
    wave: str | None = None,
    design: Design | None = None,
) -> Plan:
    """Say how many respondents next year's wave needs to show a change from the last one.

    The last wave is fielded, so only the next can be larger: where it is too small for the change,
    no next wave would do, and the plan says so.

    Args:
        source: A study, one of its waves, or a data frame (with `wave`, where it has several).
        question: `question/answer`.
        change: The smallest change that would matter, as a proportion: 0.05 for five points.
        power: How often such a change shall be found, above 1/2.
        confidence_level: Of the two-sided test.
        overlap: Part of the smaller sample that will be in both waves, from 0 to 1.
        correlation: Of one respondent's answers in both waves; of shared sampling units, that of
            the two shares, with an overlap of 1. Past changes have it (`Change.correlation`).
        response_rate: Part of those asked who answer, above 0.
        design_effect: Of both waves; left out, that of the last one.
        where: One group, as `question=answer`.
        wave: The column of a frame that tells waves apart.
        design: How the last sample was drawn; left out, what the wave declares, or a simple one.

    Raises:
        UnknownNameError: No such question, answer or column.
        MethodError: Numbers outside their range, or no single answer.
        NotEstimableError: The last wave has no share to start from.

    Example:
        >>> import surveylib as sl
        >>> study = sl.load_study("waves/netclean")
        >>> found = plan(study, "region/usa", 0.1, response_rate=0.25)
        >>> found.wave, found.down.respondents, found.down.invited
        ('2020', 310, 1240)
    """
    _check(question, change)
    options: dict[str, Any] = {"where": where, "wave": wave, "design": design}
    last = _last(source, question, confidence_level, options)
    n, worth = float(last.n or 1), float(last.n_effective or 1)
    effect = design_effect or max(n / worth, 1.0)
    sampling = {
        "power": power,
        "confidence_level": confidence_level,
        "design_effect": effect,
        "overlap": overlap,
        "correlation": correlation,
    }
    up, down = (_sized(last, side * change, sampling, response_rate) for side in (1, -1))
    return Plan(
        question=last.question,
        answer=last.answer,
        wave=last.wave,
        last=last,
        change=change,
        up=up,
        down=down,
        response_rate=response_rate,
        **sampling,
    )


def _check(question: str, change: float) -> None:
    if "/" not in question:
        message = f"question is '{question}'; wanted question/answer, one share to plan for"
        raise MethodError(message)
    if not 0 < change < 1:
        raise MethodError(f"change is {change}; wanted a proportion between 0 and 1, such as 0.05")


def _last(source: object, question: str, level: float, options: dict[str, Any]) -> Estimate:
    """The share of the last wave."""
    last = estimate(source, question, confidence_level=level, **options).rows[-1]
    if last.estimate is None or last.n is None or last.n_effective is None:
        message = f"'{question}' has no share with a known base in {last.wave or 'the data'}"
        raise NotEstimableError(message)
    return last


def _sized(
    last: Estimate, change: float, sampling: dict[str, float], response_rate: float
) -> Sized:
    share = last.estimate or 0.0
    to = share + change
    if not 0 <= to <= 1:
        end = "1" if change > 0 else "0"
        reason = f"the share would pass {end}"
        return Sized(share_to=min(max(to, 0.0), 1.0), respondents=None, invited=None, reason=reason)
    try:
        found = planning.sample_size(
            share, to, n_from=last.n or 1, response_rate=response_rate, **sampling
        )
    except NotEstimableError:
        reason = f"{last.n} respondents of {last.wave or 'the last wave'} are too few for it"
        return Sized(share_to=to, respondents=None, invited=None, reason=reason)
    invited = math.inf if found.invited is None else found.invited
    return Sized(share_to=to, respondents=found.respondents, invited=int(invited))
