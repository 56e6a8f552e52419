"""Bands that do not align → what each wave can say of a share up to a number, and of its change."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.analysis.series.ordered import direction
from surveylib.analysis.series.sampled import sampled_wave
from surveylib.analysis.series.table import tables
from surveylib.analysis.shifts import Cut
from surveylib.instrument.coarsening import ends_at
from surveylib.stats.regression import t_quantile
from surveylib.wave.design import Design
from surveylib.wave.responses import Wave

if TYPE_CHECKING:
    from surveylib.analysis.asking import Asked
    from surveylib.analysis.series.gate import Mapped
    from surveylib.analysis.shifts import Shift
    from surveylib.analysis.study import Study
    from surveylib.instrument.mapping import SourceMap


class _Side(NamedTuple):
    """A share up to a number in one wave: its lowest and highest value, and their errors."""

    low: float
    high: float
    low_error: float
    high_error: float
    df: float


def cuts_of_bands(shift: Shift, study: Study, gate: Mapped, asked: Asked) -> Shift:
    """A shift with what can be said up to numbers that not both waves tell apart.

    The bands of each wave by themselves give the lowest and the highest share up to the number.
    The change is then somewhere between two others, each with its sampling error; where all of
    that is on one side of 0, the sign is known and the size is not.

    Args:
        shift: The shift, on bands that both waves have.
        study: The study.
        gate: The harmonised question, and the map of each wave.
        asked: What was asked.
    """
    harmonised = gate.harmonised
    ends = [gate.sources[name] for name in (shift.from_wave, shift.to_wave)]
    if harmonised.kind != "banded" or not all(end.intervals for end in ends):
        return shift
    open_ = [
        threshold
        for threshold in harmonised.thresholds
        if not all(harmonised.exact_at(threshold, _name(end)) for end in ends)
    ]
    names = (shift.from_wave, shift.to_wave)
    found = []
    for threshold in open_:
        sides = [
            _side(study, name, end, threshold, asked, shift.domain)
            for name, end in zip(names, ends, strict=True)
        ]
        if sides[0] is not None and sides[1] is not None:
            found.append(_cut(threshold, sides[0], sides[1], harmonised.unit,
                              shift.confidence_level))  # fmt: skip
    return replace(shift, cuts=(*shift.cuts, *found))


def _name(source: SourceMap) -> str:
    return f"{source.instrument}@{source.version}"


def _side(  # noqa: PLR0917 - the parts of one share
    study: Study, name: str, source: SourceMap, threshold: int, asked: Asked, domain: str
) -> _Side | None:
    wave = study.wave(name)
    if not isinstance(wave, Wave):
        return None
    own = replace(asked, question=source.question)
    sampled = sampled_wave(wave, Design.from_wave(wave), [own])
    table = next((one for one in tables(sampled, own, "independent") if one.domain == domain), None)
    if table is None:
        return None
    answers = [table.answers.index(code) for code in source.intervals if code in table.answers]
    codes = [table.answers[answer] for answer in answers]
    share = np.nan_to_num(table.numbers("estimate")[0, answers])
    spread = np.nan_to_num(table.covariance(answers, [0]))
    bands = [source.intervals[code] for code in codes]
    sure = np.array([ends_at(band) <= threshold for band in bands], np.float64)
    may = np.array([band[0] <= threshold for band in bands], np.float64)
    errors = [math.sqrt(max(float(way @ spread @ way), 0.0)) for way in (sure, may)]
    df = math.inf if table.simple else float(table.numbers("df")[0, answers[0]])
    return _Side(float(share @ sure), float(share @ may), errors[0], errors[1], df)


def _cut(threshold: int, first: _Side, second: _Side, unit: str, level: float) -> Cut:
    lowest, highest = second.low - first.high, second.high - first.low
    q = t_quantile(level, first.df + second.df)
    low = lowest - q * math.hypot(second.low_error, first.high_error)
    high = highest + q * math.hypot(second.high_error, first.low_error)
    said = direction(low, high)
    verdict = said if said == "no change shown" else f"{said}: sign known, size not"
    return Cut(
        up_to=f"at most {threshold:,} {unit}".strip(),
        share_from=first.low,
        share_from_high=first.high,
        share_to=second.low,
        share_to_high=second.high,
        ci_low=low,
        ci_high=high,
        p_value=None,
        p_adjusted=None,
        verdict=verdict,
    )
