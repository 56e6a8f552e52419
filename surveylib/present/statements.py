"""A result in plain sentences, in English or German: what was found, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.analysis.changes import Change, Changes, Refusal
from surveylib.analysis.results import Estimates
from surveylib.analysis.trends import NoTrend, Trend, Trends
from surveylib.errors import MethodError
from surveylib.present.numbers import SPACE
from surveylib.present.statements_voice import Voice
from surveylib.present.statements_words import (
    capital,
    check_language,
    decimal,
    level,
    signed_points,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.study import Study

#: The reason of steps in a whole series that limit nothing.
_SAME_VERSION = "Asked with the same version of the questionnaire."


def state(
    result: object,
    *,
    language: str = "en",
    study: Study | None = None,
    respondents: str | None = None,
) -> list[str]:
    """Say a result in plain sentences, a statement for each row and then its caveats.

    A share has words of the table `statements_shares.PORTIONS`. No statement names a cause, and
    where no change is shown it is not said that there was none.

    Args:
        result: Estimates, changes or trends.
        language: `en` or `de`.
        study: Where questions and answers are worded in that language, and where it stands what
            those who answered are called; left out, they are worded as in the result.
        respondents: What those who answered are called, as it stands after "half of" or after "die
            Hälfte der"; left out, in English what the study says.

    Raises:
        MethodError: No such language, or a result without statements.

    Example:
        >>> import surveylib as sl
        >>> study = sl.load_study("waves/netclean")
        >>> found = sl.change(study, "region/usa", 2016, 2020)
        >>> print(state(found, study=study)[0][:58].replace(chr(160), " "))
        More than two in five of officers who answered (44 %, 95 %
    """
    check_language(language)
    voice = Voice.of(language, study, respondents)
    if isinstance(result, Estimates):
        told = [voice.share(row) for row in result.rows]
    elif isinstance(result, Changes):
        told = [change(row, voice) for row in result.rows]
        told += [refusal(row, voice) for row in result.refused]
    elif isinstance(result, Trends):
        told = [trend(row, voice) for row in result.rows]
        told += [no_trend(row, voice) for row in result.refused]
    else:
        message = (
            f"a {type(result).__name__} has no statements; wanted what sl.estimate, sl.change or "
            "sl.trend gives"
        )
        raise MethodError(message)
    return [*told, *(voice.say("caveat", text=text) for text in result.caveats)]


def change(row: Change, voice: Voice) -> str:
    """One change: both shares, its size, and what may be said of it.

    Args:
        row: The change.
        voice: Who speaks.
    """
    first, last = row.from_estimate, row.to_estimate
    kind = row.verdict if row.verdict in {"increased", "decreased"} else "beside"
    said = [
        voice.say(kind, now=voice.figure(last), before=voice.value(first),
                 then=voice.when(first.wave)),
        _verdict(row, voice),
    ]  # fmt: skip
    if row.measure != "difference":
        said.append(_measure(row, voice))
    if row.verdict == "no change shown" and row.detectable is not None:
        said.append(voice.say("detectable", points=voice.points(row.detectable)))
    notes = [note for note in row.notes if note != _SAME_VERSION]
    if row.comparability == "limited" and notes:
        said.append(voice.say("limited", notes=" ".join(notes)))
    return " ".join(capital(one) for one in said)


def _verdict(row: Change, voice: Voice) -> str:
    counted = all(end.certainty == "counted" for end in (row.from_estimate, row.to_estimate))
    names = {
        "increased": "chance" if counted else "chance_printed",
        "decreased": "chance" if counted else "chance_printed",
        "no change shown": "no_change",
        "no change beyond the margin": "margin",
        "undetermined by overlap": "overlap",
        "undetermined by rounding": "quarantine" if counted else "rounding",
    }
    margin = "" if row.margin is None else voice.points(row.margin)
    return voice.say(names[row.verdict], size=_size(row, voice), margin=margin)


def _size(row: Change, voice: Voice) -> str:
    """The difference in points, with its interval or the limits over all that it may be."""
    ends = (row.difference_low, row.difference_high)
    low, high = (signed_points(one, voice.language) for one in ends)
    points = low if low == high else voice.say("range", low=low, high=high)
    if row.measure != "difference":
        return voice.say("points_only", points=points)  # the interval is that of the measure
    limits = {
        "low": signed_points(row.envelope_low, voice.language),
        "high": signed_points(row.envelope_high, voice.language),
        "level": level(row.confidence_level, voice.language),
    }
    if row.difference is not None and low == high:
        return voice.say("points", points=signed_points(row.difference, voice.language), **limits)
    return voice.say("points_range", points=points, **limits)


def _measure(row: Change, voice: Voice) -> str:
    def told(value: float | None) -> str:
        if value is None or value in {float("inf"), float("-inf")}:
            return voice.say("no_limit")
        if row.measure == "percent":
            return f"{decimal(value, 1, voice.language)}{SPACE}%"
        return decimal(value, 2, voice.language)

    return voice.say(
        "measure",
        name=voice.say(f"of_{row.measure}"),
        effect=told(row.effect),
        low=told(row.envelope_low),
        high=told(row.envelope_high),
        level=level(row.confidence_level, voice.language),
    )


def refusal(row: Refusal, voice: Voice) -> str:
    """Why a pair is not compared; its shares are not put side by side.

    Args:
        row: The pair.
        voice: Who speaks.
    """
    before = voice.answer(row.from_wave, row.from_question, row.from_answer, row.from_answer_text)
    now = voice.answer(row.to_wave, row.question, row.answer, row.answer_text)
    when = voice.when(row.to_wave)
    told = voice.say("refused", before=before, then=voice.when(row.from_wave), now=now, when=when,
                    reasons=" ".join(row.reasons))  # fmt: skip
    order = voice.say(row.order, when=when) if row.order else ""
    return capital(" ".join(filter(None, (told, order))))


def trend(row: Trend, voice: Voice) -> str:
    """How a share moved over three waves or more.

    Args:
        row: The trend.
        voice: Who speaks.
    """
    names = {
        "no trend shown": "no_trend",
        "undetermined by rounding": "trend_rounding",
    }
    last = row.waves[-1]
    slope = ""
    if row.slope is not None and row.slope_low is not None and row.slope_high is not None:
        slope = voice.say(
            "slope",
            points=signed_points(row.slope, voice.language),
            low=signed_points(row.slope_low, voice.language),
            high=signed_points(row.slope_high, voice.language),
            level=level(row.confidence_level, voice.language),
        )
    text = row.points[-1].question_text if row.points else row.title
    return capital(
        voice.say(
            names.get(row.verdict, row.verdict),
            respondents=voice.grouped(last, row.domain),
            group=f" ({voice.within(last, row.domain)})" if row.domain else "",
            answer=voice.answer(last, row.question, row.answer, row.answer_text),
            question=voice.question(last, row.question, text),
            first=row.waves[0],
            last=last,
            slope=slope,
        )
    )


def no_trend(row: NoTrend, voice: Voice) -> str:
    """Why there is no trend to speak of.

    Args:
        row: The series.
        voice: Who speaks.
    """
    wave = row.waves[-1] if row.waves else ""
    question = voice.question(wave, row.question, row.question)
    return capital(voice.say("without_trend", question=question, reasons=row.reason))


def ranked(rows: Sequence[Change]) -> list[Change]:
    """Changes, what surely changed most first; then what stays open, then where none is shown.

    Sure is what the interval leaves: how far its nearer end is from no change.

    Args:
        rows: The changes.
    """
    order = ("increased", "decreased", "undetermined by rounding", "undetermined by overlap")

    def key(row: Change) -> tuple[int, int, float, float]:
        place = max(order.index(row.verdict) - 1, 0) if row.verdict in order else len(order)
        surely = max(row.envelope_low, -row.envelope_high, 0.0)
        size = max(abs(row.difference_low), abs(row.difference_high))
        return place, row.comparability == "limited", -surely, -size

    return sorted(rows, key=key)
