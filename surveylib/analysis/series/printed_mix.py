"""Printed waves → changes taken apart: by printed shares of groups, or as far as the mix can go."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.analysis.decompositions import Decomposition, Group, Share
from surveylib.analysis.figure import readings_of
from surveylib.analysis.series.pairs import waves_compared
from surveylib.analysis.study import COMPARABLE, Answer
from surveylib.errors import NotEstimableError, UnknownNameError
from surveylib.stats import sizes
from surveylib.stats.decomposition import decompose, simple_sample
from surveylib.wave.states import STATES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.study import AnyWave, Study
    from surveylib.stats import decomposition
    from surveylib.wave.readings import Reading

#: How far printed parts of a mix may be from adding up to 1 by rounding.
_ROUNDED = 0.02
#: A part below this is 0 and the rounding of sums.
_ROUNDING = 1e-14
#: What the groups that are not printed in both waves are called together.
REST = "all others"


class _Mix(NamedTuple):
    """The groups of one wave: part of all respondents, and share with the answer where printed."""

    parts: dict[str, float]
    rates: dict[str, float]
    n: int | None


def printed_parts(
    study: Study, asked: tuple[Asked, Asked], ends: tuple[str | None, str | None]
) -> tuple[list[Decomposition], list[str]]:
    """Changes of printed shares, taken apart; and what was not, and why.

    Args:
        study: The study.
        asked: The question with its answer, and the one that forms groups.
        ends: The earlier and the later wave; None for any.

    Raises:
        UnknownNameError: No such question, answer or wave.
        NotEstimableError: Fewer than two waves print the mix.
    """
    question, by = asked[0].question, asked[1].question
    study.answers(question)
    waves = [
        wave
        for wave in study.waves
        if {question, by} <= set(wave.instrument.question_ids)
        and _printed(wave, by)
        and readings_of(wave, question)
    ]
    names = tuple(wave.name for wave in waves)
    if by not in study.question_ids:
        raise UnknownNameError.of("question", by, study.question_ids, where="by")
    if len(names) < 2:
        message = f"'{question}' and the mix of '{by}' are printed in {len(names)} wave(s) together"
        message += ": a change needs two"
        raise NotEstimableError(message)
    rows: list[Decomposition] = []
    refused: list[str] = []
    for earlier, later in waves_compared(names, *ends, "before"):
        for answer in _answers(study, asked[0], names[later]):
            found = _one(study, asked, answer, (waves[earlier], waves[later]))
            if isinstance(found, str):
                refused.append(found)
            else:
                rows.append(found)
    return rows, refused


def _printed(wave: AnyWave, question: str) -> dict[str, Reading]:
    """Printed numbers of a question, by answer."""
    return {
        answer: reading
        for answer, reading in readings_of(wave, question).items()
        if reading.figure.percent is not None and answer not in STATES
    }


def _answers(study: Study, asked: Asked, wave: str) -> list[str]:
    if asked.answer:
        return [asked.answer]
    instrument = study.wave(wave).instrument
    if asked.question not in instrument.question_ids:
        return []
    return [one for one in instrument.question(asked.question).answer_codes if one not in STATES]


def _one(
    study: Study, asked: tuple[Asked, Asked], answer: str, waves: tuple[AnyWave, AnyWave]
) -> Decomposition | str:
    """One answer in two waves."""
    question, by = asked[0].question, asked[1].question
    where = f"{waves[0].name} to {waves[1].name}, {answer}"
    relation = [
        one
        for one in study.relate(Answer(waves[0].name, question, answer), waves[1].name)
        if one.verdict in COMPARABLE
    ]
    if not relation:
        return f"{where}: nothing says that it may be compared."
    mixes = [_mix(wave, question, answer, by) for wave in waves]
    groups = [one for one in mixes[0].parts if one in mixes[1].parts]
    if not groups:
        return f"{where}: no group of '{by}' is printed in both waves."
    if any(sum(one.parts[group] for group in groups) < 1 - _ROUNDED for one in mixes):
        groups = [*groups, REST]
        mixes = [_with_rest(one, groups) for one in mixes]
    known = all(group in one.rates for one in mixes for group in groups)
    parts = _known(mixes, groups) if known else None
    return _row(asked, answer, waves, mixes, groups, parts, str(relation[0].verdict))


def _mix(wave: AnyWave, question: str, answer: str, by: str) -> _Mix:
    printed = _printed(wave, by)
    options = {option.code: option for option in wave.instrument.question(by).answers}
    plain = {code: one for code, one in printed.items() if not options[code].net_of}
    parts = {code: float(one.figure.percent or 0) for code, one in plain.items()}
    rates = {}
    for group in parts:
        reading = readings_of(wave, question, f"{by}={group}").get(answer) \
            if question in wave.instrument.question_ids else None  # fmt: skip
        if reading is not None and reading.figure.percent is not None:
            rates[group] = float(reading.figure.percent)
    bases = {one.n for one in plain.values()}
    return _Mix(parts, rates, min((one for one in bases if one), default=None))


def _with_rest(mix: _Mix, groups: Sequence[str]) -> _Mix:
    rest = 1 - sum(mix.parts[group] for group in groups if group != REST)
    return mix._replace(parts={**mix.parts, REST: max(rest, 0.0)})


def _known(mixes: Sequence[_Mix], groups: Sequence[str]) -> decomposition.Decomposition | None:
    """The parts, where every group's share is printed; printed shares are taken as exact."""
    waves = []
    for mix in mixes:
        if not mix.n:
            return None
        part = np.array([mix.parts[group] for group in groups])
        ns = part / part.sum() * mix.n
        waves.append(simple_sample(ns * np.array([mix.rates[group] for group in groups]), ns))
    return decompose(*waves)


def _row(  # noqa: PLR0917 - the parts of a row
    asked: tuple[Asked, Asked],
    answer: str,
    waves: tuple[AnyWave, AnyWave],
    mixes: Sequence[_Mix],
    groups: Sequence[str],
    parts: decomposition.Decomposition | None,
    verdict: str,
) -> Decomposition:
    question = waves[1].instrument.question(asked[0].question)
    by = waves[1].instrument.question(asked[1].question)
    shares = [_share(wave, asked[0].question, answer) for wave in waves]
    moved = sum(abs(mixes[1].parts[group] - mixes[0].parts[group]) for group in groups) / 2
    level = asked[0].confidence_level
    found = parts_of(parts, level) if parts else _bounded(shares, moved)
    return Decomposition(
        question=asked[0].question,
        answer=answer,
        by=asked[1].question,
        from_wave=waves[0].name,
        to_wave=waves[1].name,
        n_from=mixes[0].n,
        n_to=mixes[1].n,
        share_from=shares[0],
        share_to=shares[1],
        groups=tuple(
            _group(place, group, by.label(group) if group != REST else REST, mixes, parts, level)
            for place, group in enumerate(groups)
        ),
        comparability=verdict,
        samples="independent",
        confidence_level=level,
        df=math.inf,
        notes=() if parts else (_note(asked[1].question, moved),),
        title=question.heading,
        answer_text=question.label(answer),
        by_title=by.heading,
        **found,
    )


def _note(by: str, moved: float) -> str:
    return (
        f"Shares by '{by}' are not printed in both waves. Whatever they are, the mix alone moves a "
        f"share by {moved * 100:.1f} points at most."
    )


def _share(wave: AnyWave, question: str, answer: str) -> float | None:
    reading = readings_of(wave, question).get(answer)
    percent = None if reading is None else reading.figure.percent
    return None if percent is None else float(percent)


def parts_of(
    parts: decomposition.Decomposition, level: float, df: float = math.inf
) -> dict[str, Any]:
    """Every part of a change by its name, with its interval.

    Args:
        parts: The change, taken apart.
        level: Nominal coverage.
        df: Degrees of freedom.
    """
    return {
        name: shown(getattr(parts, name), level, df)
        for name in ("change", "mix", "rate", "mix_before", "rate_before", "both")
    }


def _bounded(shares: Sequence[float | None], moved: float) -> dict[str, Share]:
    """Parts as far as the mix alone can have moved a share; no interval, for no share is known."""
    change = None if None in shares else float(shares[1] or 0) - float(shares[0] or 0)
    ends = (-1.0, 1.0) if change is None else (change, change)
    mix = (-moved, moved)
    rate = (ends[0] - moved, ends[1] + moved)
    every = {"change": ends, "mix": mix, "rate": rate, "mix_before": mix,
             "rate_before": (-1.0, 1.0), "both": (-2 * moved, 2 * moved)}  # fmt: skip
    return {
        name: Share(
            estimate=change if name == "change" else None,
            standard_error=None,
            low=low,
            high=high,
            ci_low=low,
            ci_high=high,
        )
        for name, (low, high) in every.items()
    }


def shown(part: decomposition.Part, level: float, df: float = math.inf) -> Share:
    """A part with its interval.

    Args:
        part: The part.
        level: Nominal coverage.
        df: Degrees of freedom.
    """
    t = float(sizes.quantile(np.array(df), 1 - level))
    return Share(
        estimate=None if part.estimate is None else _plain(part.estimate),
        standard_error=part.standard_error,
        low=_plain(part.low),
        high=_plain(part.high),
        ci_low=part.low - t * part.low_standard_error,
        ci_high=part.high + t * part.high_standard_error,
    )


def _plain(number: float) -> float:
    """A part without what rounding makes of exactly 0."""
    return 0.0 if abs(number) < _ROUNDING else number


def _group(  # noqa: PLR0917 - the parts of a group
    place: int,
    name: str,
    text: str,
    mixes: Sequence[_Mix],
    parts: decomposition.Decomposition | None,
    level: float,
) -> Group:
    rates = [one.rates.get(name) for one in mixes]
    more = mixes[1].parts[name] - mixes[0].parts[name]
    ends = sorted((0.0, more))
    none = Share(estimate=None, standard_error=None, low=ends[0], high=ends[1],
                 ci_low=ends[0], ci_high=ends[1])  # fmt: skip
    wide = Share(estimate=None, standard_error=None, low=-1.0, high=1.0, ci_low=-1.0, ci_high=1.0)
    return Group(
        group=name,
        text=text,
        n_from=None,
        n_to=None,
        mix_from=mixes[0].parts[name],
        mix_to=mixes[1].parts[name],
        share_from=rates[0],
        share_to=rates[1],
        mix=shown(parts.groups[place].against, level) if parts else none,
        rate=shown(parts.groups[place].rate, level) if parts else wide,
    )
