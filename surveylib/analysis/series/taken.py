"""A source and questions → tables over waves, with what was done so that waves can be compared."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from surveylib.analysis.series.gate import Gate, Mapped, SameQuestion
from surveylib.analysis.series.leading import harmonised_answer, leading
from surveylib.analysis.series.overlap import check_samples
from surveylib.analysis.series.sampled import portions, sampled_wave
from surveylib.analysis.series.table import tables
from surveylib.analysis.study import Study
from surveylib.errors import (
    ComparabilityError,
    MethodError,
    NotEstimableError,
    UnknownNameError,
    listed,
)
from surveylib.wave.design import Design
from surveylib.wave.door import Ingested
from surveylib.wave.model import PublishedWave
from surveylib.wave.responses import Wave
from surveylib.wave.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.series.sampled import Portion, Sampled
    from surveylib.analysis.series.table import Table
    from surveylib.analysis.study import AnyWave
    from surveylib.instrument.mapping import SourceMap

_DAYS = 365.25
#: A year with a month or a quarter.
_PART = re.compile(r"(\d{4})[-/ ]?(?:(0[1-9]|1[0-2])|[Qq]([1-4]))")


@dataclass(frozen=True, slots=True)
class Between:
    """What is declared of the samples of the waves.

    Args:
        samples: A name in SAMPLES.
        ids: The column that says who each respondent is.
        reused: Whether ids are given anew in each wave.
        order: Waves of a frame in time order, where their names do not say it.
        from_: The earlier wave that is asked about; None for any.
        to: The later wave that is asked about; None for any.
    """

    samples: str
    ids: str | None = None
    reused: bool = False
    order: tuple[str, ...] = ()
    from_: str | None = None
    to: str | None = None

    @property
    def ends(self) -> tuple[str, ...]:
        """The waves that are named."""
        return tuple(name for name in (self.from_, self.to) if name is not None)

    def among(self, names: Sequence[str]) -> list[str]:
        """Those of a study's waves that are asked about; all where one that is named is not there.

        Args:
            names: The waves, in time order.

        >>> Between("independent", to="2019").among(["2018", "2019", "2020"])
        ['2018', '2019']
        """
        if not {*self.ends} <= {*names} or self.from_ == self.to:
            return list(names)
        if len(self.ends) == 2:
            return [name for name in names if name in self.ends]
        place = names.index(self.ends[0])
        return list(names[place:] if self.to is None else names[: place + 1])


class Taken(NamedTuple):
    """Tables of each question and group, and what was done to have them.

    Args:
        portions: Tables, one for each question and group; each portion is gone through before the
            next one is made, and only once, so that not all of them are in memory.
        gates: By question, what may be compared.
        times: By wave, the middle of its fieldwork in years; not a number where it is unknown.
        done: In words, what was put together and what was left out.
        design: How the samples were drawn, in words.
    """

    portions: Iterable[tuple[Table, ...]]
    gates: dict[str, Gate]
    times: dict[str, float]
    done: tuple[str, ...]
    design: str

    @property
    def tables(self) -> Iterator[Table]:
        """The tables, one after the other."""
        return chain.from_iterable(self.portions)


def take(source: object, asked: Sequence[Asked], between: Between, design: Design | None) -> Taken:
    """Take questions from every wave of a source.

    Args:
        source: A study, a data frame with a column of waves, or sums.
        asked: What is asked: the same of each question.
        between: The relation between the samples.
        design: How every sample was drawn; None for what is declared, or a simple sample.

    Raises:
        UnknownNameError: No such question, answer, column or wave.
        MethodError: A source that has no waves.
        SampleError: Ids contradict what is declared of the samples.
        NotEstimableError: Fewer than two waves have the question.
        ComparabilityError: A wave that is named must not be compared, or its version is no source
            of the harmonised question.
    """
    if isinstance(source, Study):
        return _of_study(source, asked, between, design)
    if isinstance(source, Wave | PublishedWave | Ingested):
        kind = type(source).__name__
        message = f"source is a {kind}, one wave; wanted a study from sl.load_study"
        raise MethodError(message)
    if isinstance(source, Sums):
        if design not in {None, source.design}:
            raise MethodError("sums have their design in them: leave out 'design'")
        design = source.design
        wave = source.wave
    else:
        wave = asked[0].wave
    if wave is None:
        message = "a data frame needs wave=, the column that tells its waves apart"
        raise MethodError(message)
    drawn = design or Design()
    gates: dict[str, Gate] = {one.question: Gate() for one in asked}
    every = portions(source, drawn, asked, ids=between.ids)
    first = next(every)
    waves = _in_order(first.waves, between.order)
    # Waves, units and people are those of all questions.
    _check_waves([one[0] for one in waves], asked[0], between)
    times = {one[0].wave: time_of(one[0].wave) for one in waves}
    found = map(partial(_tables, between=between), chain([first], every))
    return Taken(found, gates, times, (), drawn.describe())


def _tables(portion: Portion, between: Between) -> tuple[Table, ...]:
    """The tables of some questions."""
    by_question = zip(*_in_order(portion.waves, between.order), strict=True)
    return tuple(
        table
        for one, waves in zip(portion.asked, by_question, strict=True)
        for table in tables(waves, one, between.samples)
    )


def _check_waves(waves: Sequence[Sampled], asked: Asked, between: Between) -> None:
    if len(waves) < 2:
        names = ", ".join(wave.wave for wave in waves)
        message = f"'{asked.question}' is in one wave only ({names}): a change needs two"
        raise NotEstimableError(message)
    check_samples(between.samples, waves, reused=between.reused)


def _in_order(waves: list[list[Sampled]], order: tuple[str, ...]) -> list[list[Sampled]]:
    """Waves by their times; where names tell none, those that are named, in the order given."""
    times = [time_of(one[0].wave) for one in waves]
    if all(math.isfinite(time) for time in times):
        return [waves[place] for place in sorted(range(len(waves)), key=lambda one: times[one])]
    named = {one[0].wave: one for one in waves}
    if len(order) > 1 and set(order) <= set(named):
        return [named[name] for name in order]
    message = (
        f"waves {listed(named)} are no numbers or dates, so which came first is not known: name "
        "both from_ and to, or give scores, a time for each wave"
    )
    raise MethodError(message)


def time_of(name: str) -> float:
    """A wave's name as a time in years: a number, a date, a month `2016-03`, a quarter `2016-Q1`.

    Args:
        name: The name; not a number where it is none of these.

    >>> time_of("2016"), time_of("2016-Q3"), time_of("spring")
    (2016.0, 2016.5, nan)
    """
    try:
        return float(name)
    except ValueError:
        pass
    if part := _PART.fullmatch(name):
        year, month, quarter = part.groups()
        return int(year) + (int(month) - 1) / 12 if month else int(year) + (int(quarter) - 1) / 4
    try:
        return _year(date.fromisoformat(name[:10]))
    except ValueError:
        return math.nan


def _year(day: date) -> float:
    return day.year + (day - date(day.year, 1, 1)).days / _DAYS


def wave_time(wave: AnyWave) -> float:
    """The middle of a wave's fieldwork in years; without dates, what its name says.

    Args:
        wave: The wave.
    """
    dates = None if wave.manifest is None else wave.manifest.field_dates
    if dates is None or isinstance(dates, str):
        year = time_of(wave.name[:4])
        return year + 0.5 if year == int(year) else year  # the middle of a year stands for it
    return (_year(dates.first) + _year(dates.last)) / 2


def _of_study(
    study: Study, asked: Sequence[Asked], between: Between, design: Design | None
) -> Taken:
    found: list[Table] = []
    done: list[str] = []
    gates: dict[str, Gate] = {}
    designs: list[str] = []
    for one in asked:
        part = _question(study, one, between, design)
        found += part.tables
        gates |= part.gates
        done += part.done
        designs.append(part.design)
    times = {wave.name: wave_time(wave) for wave in study.waves}
    return Taken([tuple(found)], gates, times, tuple(dict.fromkeys(done)),
                 " ".join(dict.fromkeys(designs)))  # fmt: skip


def _question(study: Study, asked: Asked, between: Between, design: Design | None) -> Taken:
    """One question of a study: harmonised where a crosswalk leads to it."""
    asked, gate, waves, done = _asking(study, asked, between)
    harmonised = gate.harmonised if isinstance(gate, Mapped) else None
    kept: list[Sampled] = []
    words = []
    for wave in waves:
        if not isinstance(wave, Wave):
            done.append(f"{wave.name}: only printed figures survive, so it is left out.")
            continue
        drawn = design or Design.from_wave(wave)
        words.append(drawn.describe())
        try:
            kept += sampled_wave(wave, drawn, [asked], harmonised=harmonised, ids=between.ids)
        except UnknownNameError as error:
            if asked.by and any(name not in wave.instrument.question_ids for name in asked.by):
                done.append(f"{wave.name}: left out. {error}")
                continue
            raise
    if harmonised is not None:
        asked = replace(asked, question=harmonised.id)
    if len(kept) < 2:
        raise NotEstimableError(_too_few(asked.question, [one.wave for one in kept], done))
    _check_waves(kept, asked, between)
    found = tuple(tables(kept, asked, between.samples))
    return Taken([found], {asked.question: gate}, {}, tuple(done), " ".join(dict.fromkeys(words)))


def _asking(
    study: Study, asked: Asked, between: Between
) -> tuple[Asked, Gate, list[AnyWave], list[str]]:
    """What is asked, what may be compared, the waves that have it, and what is said of them."""
    among = between.among(study.wave_names)
    harmonised = study.leads_to(asked.question)
    gate: Gate
    if harmonised is None:
        study.answers(asked.question)  # says which questions there are
        waves = [wave for wave in study.waves if asked.question in wave.instrument.question_ids]
        gate = SameQuestion(study=study, question=asked.question)
        done: list[str] = []
    else:
        sources, told = leading(study, harmonised)
        answer, done = harmonised_answer(harmonised, asked)
        asked = replace(asked, answer=answer)
        waves = [wave for wave in study.waves if wave.name in sources]
        gate = Mapped(harmonised=harmonised, sources=sources)
        _check_named(harmonised.id, between, sources, told)
        done += [line for name, line in told if name in among]
    if {*between.ends} <= {wave.name for wave in waves}:
        # Others could only stop it, by what is wrong with them.
        waves = [wave for wave in waves if wave.name in among]
    return asked, gate, waves, done


def _check_named(
    question: str,
    between: Between,
    sources: Mapping[str, SourceMap],
    told: Sequence[tuple[str, str]],
) -> None:
    """Refuse a wave that is named and does not lead to the question, with the reason.

    Raises:
        ComparabilityError: There is one.
    """
    lines = [line for name, line in told if name in between.ends and name not in sources]
    if lines:
        waves = f" from {between.from_}" if between.from_ else ""
        waves += f" to {between.to}" if between.to else ""
        said = "\n".join(
            [f"'{question}' cannot be compared{waves}:", *(f"  {one}" for one in lines)]
        )
        raise ComparabilityError(said)


def _too_few(question: str, waves: Sequence[str], done: Sequence[str]) -> str:
    names = f"one wave only ({waves[0]})" if waves else "no wave"
    told = f" {' '.join(done)}" if done else ""
    return f"'{question}' can be taken from {names}; to compare, two are needed.{told}"
