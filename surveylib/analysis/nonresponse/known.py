"""What is known of one wave: those who answered, and those who did not."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.analysis.figure import from_reading
from surveylib.analysis.nonresponse.missing import MISSING, SHARES, UNSURE, parted
from surveylib.analysis.rows import NO_FREEDOM, About, share_rows
from surveylib.analysis.samples import RowSample, freedom, is_simple
from surveylib.errors import MethodError
from surveylib.stats.nonresponse import Asked, of_counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked as Question
    from surveylib.analysis.figure import Options
    from surveylib.analysis.linear import Spread
    from surveylib.analysis.nonresponse.missing import Counting, Parted
    from surveylib.analysis.results import Estimate
    from surveylib.analysis.samples import Held, LineSample
    from surveylib.analysis.shares import Lines, ShareSums
    from surveylib.analysis.study import AnyWave
    from surveylib.wave.classes import Classes
    from surveylib.wave.readings import Reading

    Whole = NDArray[np.int64]


class Range(NamedTuple):
    """A share as low and as high as it may be; one and the same where it was counted."""

    low: Asked
    high: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One share in one wave.

    Args:
        wave: Name of the wave.
        question: Question id.
        answer: Option code.
        domain: The group.
        title: The question in a few words.
        answer_text: The answer's label.
        share: Of those who answered; None where nobody did.
        answered: The same for the arithmetic; None where its variance is not known.
        asked: Of all who were asked or invited; None where it is not known who did not answer.
        bounds: Lowest and highest share of all; None likewise.
        missing: Share of all who did not answer; None likewise.
        n_asked: Respondents who were asked; None where only figures survive.
        n_missing: Of them, those who did not answer.
        states: How they did not answer, and how many each way.
        unsure: Respondents who did not know, where they are not left out.
        unsure_counts: Whether “don't know” was offered, and counts as an answer.
        rate: Response rate; None where it is not known.
        notes: What a reader must know.
    """

    wave: str
    question: str
    answer: str
    domain: str
    title: str
    answer_text: str
    share: Estimate | None
    answered: Range | None
    asked: Range | None
    bounds: tuple[float, float] | None
    missing: float | None
    n_asked: int | None = None
    n_missing: int | None = None
    states: tuple[tuple[str, int], ...] = ()
    unsure: int = 0
    unsure_counts: bool = False
    rate: float | None = None
    notes: tuple[str, ...] = ()


def invited(asked: Asked, rate: float) -> Asked:
    """All who were invited, of whom some took part: those who did stand for no others.

    The rate varies as in a simple sample of the invited: of a simple sample of respondents this is
    the simple sample of all who were invited.

    Args:
        asked: Those who were asked, of those who took part.
        rate: Share of the invited who took part, above 0.

    Example:
        >>> found, counted = invited(of_counts(60, 150, 200), 0.5), of_counts(60, 150, 400)
        >>> found.yes == counted.yes, round(found.missing, 9) == counted.missing
        (True, True)
        >>> bool(np.allclose(found.covariance, counted.covariance))
        True
    """
    if rate == 1:
        return asked
    n = asked.n / rate
    took_part = np.array([asked.yes, asked.missing - 1])
    spread = rate**2 * asked.covariance
    spread = spread + rate * (1 - rate) / n * np.outer(took_part, took_part)
    return Asked(
        yes=rate * asked.yes,
        missing=1 - rate + rate * asked.missing,
        covariance=spread,
        n=n,
        df=asked.df,
    )


class Counted(NamedTuple):
    """One wave of which single answers survive.

    Args:
        sample: The sample, in the group that is asked for.
        classes: Every answer and way of not answering, of everybody.
        about: What is told of the question.
        sizes: (C,) respondents in each class, not weighted.
        lines: Sums by unit and class; None where rows are at hand.
    """

    sample: RowSample | LineSample
    classes: Classes
    about: About
    sizes: Whole
    lines: Lines | None

    def shares(self, classes: Classes) -> tuple[ShareSums, Spread, Held]:
        """The shares of answers that are put together otherwise.

        Args:
            classes: The same classes, with other answers.
        """
        if isinstance(self.sample, RowSample):
            return self.sample.shares(classes)
        if self.lines is None:
            message = "sums come without their lines"
            raise MethodError(message)
        return self.sample.shares(self.lines, classes)


def sizes_of_rows(classes: Classes, sample: RowSample) -> Whole:
    """(C,) respondents in each class, in the group that is asked for.

    Args:
        classes: What each row holds.
        sample: The sample.
    """
    people = (classes.place >= 0) & (sample.groups.place >= 0) & (sample.units.weights > 0)
    found = np.bincount(classes.place[people], minlength=len(classes.holds))
    return np.asarray(found, np.int64)


def of_counted(
    counted: Counted, question: Question, counting: Counting, rate: float | None
) -> Known | None:
    """One wave of which single answers survive; None where nobody was asked.

    Args:
        counted: The wave.
        question: The question and the answer.
        counting: What counts as missing, and what is left out.
        rate: Response rate; None where it is not known.
    """
    sample, about = counted.sample, counted.about
    three = parted(counted.classes, counted.sizes, question.answer, counting)
    found = counted.shares(three.classes)
    sums = found[0]
    if not sums.n[0, 1] or not sums.base[0, 1] > 0:
        return None
    label = about.answers.get(question.answer, question.answer)
    share = _answered(found, sample, replace(about, answers=dict.fromkeys(SHARES, label)), question)
    answered, asked = _ends(found, sample)
    part = 1.0 if rate is None else rate
    yes, missing = part * float(sums.estimates[0, 1]), 1 - part * float(1 - sums.estimates[0, 2])
    whole = None if asked is None else invited(asked, part)
    return Known(
        **{name: about.told[name] for name in ("wave", "question", "title")},
        answer=question.answer,
        domain=sample.names[0],
        answer_text=label,
        share=share,
        answered=None if answered is None else Range(answered, answered),
        asked=None if whole is None else Range(whole, whole),
        bounds=(yes, min(yes + missing, 1.0)),
        missing=missing,
        n_asked=int(sums.n[0, 1]),
        n_missing=int(sums.counts[0, 2]),
        states=three.states,
        unsure=three.unsure,
        rate=rate,
        notes=tuple(_notes(three, known=asked is not None)),
    )


def _answered(
    found: tuple[ShareSums, Spread, Held],
    sample: RowSample | LineSample,
    about: About,
    question: Question,
) -> Estimate | None:
    """The share of those who answered; None where nobody did."""
    about = replace(about, bases=dict.fromkeys(SHARES, "answered"))
    rows = share_rows(found, sample, about, question).rows
    shares = [replace(row, answer=question.answer) for row in rows if row.answer == SHARES[0]]
    return shares[0] if shares else None


_PERHAPS = (
    "Some of those who broke off before it, or whose route is not known, may not have been asked; "
    "the bounds hold then too."
)


def _notes(three: Parted, *, known: bool) -> Iterator[str]:
    """What a reader must know of one wave."""
    if not known:
        yield NO_FREEDOM[1]
    if three.left_out:
        ways = {**MISSING, UNSURE: "did not know"}
        left = ", ".join(f"{many:,} {ways[name]}" for name, many in three.left_out)
        yield f"Left out, as if they had not been asked: {left}."
    if three.routed and {name for name, _ in three.states} & {"not_reached", "unknown_blank"}:
        yield _PERHAPS


def _ends(
    found: tuple[ShareSums, Spread, Held], sample: RowSample | LineSample
) -> tuple[Asked | None, Asked | None]:
    """Those who answered, and all who were asked; None where no variance can be estimated."""
    sums, spread, units = found
    answered, asked = int(sums.n[0, 0]), int(sums.n[0, 1])
    if is_simple(sample.units):
        yes = int(sums.counts[0, 1])
        alone = of_counts(yes, answered, answered) if answered else None
        return alone, of_counts(yes, answered, asked)
    df, covariance = freedom(units, sample)[0], spread.covariance
    if df is None or covariance is None or not np.isfinite(covariance[1:, 1:]).all():
        return None, None
    share, yes_of_all, missing = (float(one) for one in sums.estimates[0])
    whole = Asked(yes=yes_of_all, missing=missing, covariance=covariance[1:, 1:], n=asked, df=df)
    if not answered or not math.isfinite(covariance[0, 0]):
        return None, whole
    own = np.array([[covariance[0, 0], 0.0], [0.0, 0.0]])
    return Asked(yes=share, missing=0.0, covariance=own, n=answered, df=df), whole


def of_reading(wave: AnyWave, reading: Reading, options: Options, rate: float | None) -> Known:
    """One wave of which a figure is printed: of those who did not answer nothing is.

    Args:
        wave: The wave.
        reading: Its figure.
        options: How the share is estimated.
        rate: Response rate; None where it is not known.
    """
    share = from_reading(wave, reading, options)
    n = reading.n_low or reading.n
    low, high = reading.shares
    answered = asked = bounds = None
    notes = []
    if n is None:
        notes.append("How many answered was not printed, so there are no intervals.")
    else:
        answered = Range(*(of_counts(one * n, n, n) for one in (low, high)))
    if rate is not None:
        bounds = rate * low, rate * high + 1 - rate
        if n is not None:
            asked = Range(*(of_counts(one * n, n, n / rate) for one in (low, high)))
    return Known(
        wave=wave.name,
        question=share.question,
        answer=share.answer,
        domain=share.domain,
        title=share.title,
        answer_text=share.answer_text,
        share=share,
        answered=answered,
        asked=asked,
        bounds=bounds,
        missing=None if rate is None else 1 - rate,
        rate=rate,
        notes=tuple(notes),
    )
