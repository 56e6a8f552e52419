"""One figure, printed or counted → a row of a result, with its interval and its envelope."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from surveylib.analysis.results import Estimate
from surveylib.analysis.simultaneous import check_method, level_of, limits_of
from surveylib.instrument.question import in_language
from surveylib.stats import intervals
from surveylib.stats.bounds import envelope
from surveylib.wave.counted import count_readings
from surveylib.wave.readings import read_figures
from surveylib.wave.responses import Wave

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.study import AnyWave
    from surveylib.wave.readings import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a share is estimated.

    Args:
        interval: A name in `surveylib.stats.intervals.METHODS`.
        confidence_level: Nominal coverage.
        design_effect: Assumed.
        simultaneous: By what intervals hold at once; empty for each alone.
        together: How many intervals do.
    """

    interval: str
    confidence_level: float
    design_effect: float
    simultaneous: str = ""

    together: int = 1

    @property
    def used(self) -> str:
        """The method of the limits."""
        return limits_of(self.simultaneous, self.interval)

    @property
    def level(self) -> float:
        """The level of one interval."""
        if not self.simultaneous:
            return self.confidence_level
        return level_of(self.simultaneous, self.together, self.confidence_level)


def held_together(
    options: Options, wave: AnyWave, question: str, readings: Sequence[Reading]
) -> Options:
    """The options of figures whose intervals hold at once.

    Args:
        options: Those of each alone.
        wave: The wave.
        question: The question.
        readings: Its figures in one group.

    Raises:
        MethodError: The method does not fit the question.
    """
    if not options.simultaneous:
        return options
    asked = wave.instrument.question(question)
    nets = {option.code for option in asked.answers if option.net_of}
    printed = {reading.figure.answer for reading in readings}
    exclusive = asked.exclusive and not printed & nets
    simple = options.design_effect == 1
    check_method(options.simultaneous, question, exclusive=exclusive, simple=simple)
    rest = exclusive and sum(reading.shares[1] for reading in readings) < 1
    return replace(options, together=len(readings) + rest)


def from_reading(wave: AnyWave, reading: Reading, options: Options) -> Estimate:
    """One row from one printed figure; trusts its arguments."""
    figure = reading.figure
    question = wave.instrument.question(figure.question)
    low, high = reading.shares
    return Estimate(
        wave=wave.name,
        question=figure.question,
        answer=figure.answer,
        domain=figure.domain,
        n=reading.n,
        n_low=reading.n_low,
        estimate=None if figure.percent is None else float(figure.percent),
        estimate_low=low,
        estimate_high=high,
        df=None,
        design_effect=options.design_effect,
        base=figure.base,
        interval=options.used,
        confidence_level=options.confidence_level,
        simultaneous=options.simultaneous,
        flags=tuple(flag.code for flag in reading.flags),
        notes=tuple(flag.text for flag in reading.flags),
        printed=figure.printed,
        read_as=figure.read_as,
        certainty=figure.certainty,
        source=_address(wave, reading),
        place=figure.place,
        title=question.heading,
        question_text=in_language(question.text),
        answer_text=question.label(figure.answer),
        **_numbers(reading, options),
    )


def readings_of(wave: AnyWave, question: str, domain: str = "") -> dict[str, Reading]:
    """Every answer's count or printed figure, by answer.

    Args:
        wave: The wave.
        question: A question of its instrument.
        domain: `question=answer` of a group; empty for all respondents.
    """
    if isinstance(wave, Wave):
        return count_readings(wave, question, domain)
    return read_figures(wave, question, domain)


def _address(wave: AnyWave, reading: Reading) -> str:
    found = wave.source_of() if isinstance(wave, Wave) else wave.source(reading.figure)
    return found.address if found else ""


def _numbers(reading: Reading, options: Options) -> dict[str, Any]:
    """What is computed for a figure; None where the base is unknown, or the share in words."""
    names = ("n_effective", "standard_error", "ci_low", "ci_high", "envelope_low", "envelope_high")
    numbers: dict[str, Any] = dict.fromkeys(names)
    if reading.n is None or reading.candidates is None:
        return numbers
    method: dict[str, Any] = {
        "method": options.interval,
        "confidence_level": options.level,
    }
    n = reading.n / options.design_effect
    united = envelope(reading.candidates, design_effect=options.design_effect, **method)
    numbers |= {"n_effective": n, "envelope_low": united.low, "envelope_high": united.high}
    if reading.figure.percent is not None:
        share = float(reading.figure.percent)
        found = intervals.proportion(min(share * n, n), n, **method)
        numbers |= {"ci_low": found.low, "ci_high": found.high}
        numbers["standard_error"] = math.sqrt(share * (1 - share) / n)
    return numbers
