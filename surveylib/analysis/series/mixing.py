"""One wave → the mix of its groups, and the share of an answer in each, with their covariance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.analysis.designed import KeptColumns, sample_of, shares_asked
from surveylib.analysis.frame_units import unit_keys
from surveylib.analysis.linear import drawn
from surveylib.analysis.rows import About, Shares
from surveylib.analysis.samples import freedom, is_simple
from surveylib.analysis.series.gate import Mapped
from surveylib.analysis.series.harmonised import harmonised_shares
from surveylib.analysis.series.overlap import correlations
from surveylib.analysis.series.sampled import People, Sampled
from surveylib.errors import NotEstimableError
from surveylib.stats.decomposition import Mixed
from surveylib.wave.classes import Classes, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.samples import RowSample
    from surveylib.analysis.series.gate import Gate
    from surveylib.wave.design import Design
    from surveylib.wave.responses import Wave

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]


class Grouped(NamedTuple):
    """One wave, as groups.

    Args:
        sampled: Its cells as shares: with and without the answer, group by group.
        mixed: The mix, the shares in groups, and their covariance.
        slopes: (2K, 2K) how these move with the cells.
        n: (K,) respondents of each group.
        df: Degrees of freedom; infinite for a simple sample.
    """

    sampled: Sampled
    mixed: Mixed
    slopes: Floats
    n: tuple[int, ...]
    df: float


class Rows(NamedTuple):
    """The rows of one wave.

    Args:
        wave: Its name.
        sample: The rows as a sample, in one group.
        question: The classes of the question.
        groups: The classes of the one that forms groups.
        keys: Stratum and code of each sampling unit; empty where respondents were drawn.
        people: Respondents with their ids; None where none are named.
    """

    wave: str
    sample: RowSample
    question: Classes
    groups: Classes
    keys: tuple[tuple[str, str], ...] = ()
    people: People | None = None


def wave_rows(
    wave: Wave, design: Design, asked: tuple[Asked, Asked], gates: tuple[Gate, Gate]
) -> tuple[Rows, tuple[About, About]]:
    """The rows of a wave of a study, by the harmonised questions where there are any.

    Args:
        wave: The wave.
        design: How its sample was drawn.
        asked: The question, and the one that forms groups.
        gates: What may be compared of each.
    """
    sample = sample_of(wave, design, asked[0])
    question, about = _classes(wave, asked[0], gates[0])
    by, about_by = _classes(wave, asked[1], gates[1])
    keys = unit_keys(KeptColumns(wave), design, drawn(sample.units)[0]) if design.psu else ()
    return Rows(wave.name, sample, question, by, keys), (about, about_by)


def _classes(wave: Wave, asked: Asked, gate: Gate) -> tuple[Classes, About]:
    if isinstance(gate, Mapped):
        return harmonised_shares(wave, gate.harmonised, gate.sources[wave.name], asked)
    return shares_asked(wave, asked)


def grouped(rows: Rows, answer: str, groups: Sequence[str]) -> Grouped:
    """The mix of the groups of a wave, and the share of an answer in each.

    Args:
        rows: Its rows.
        answer: The answer.
        groups: The groups, in order.

    Raises:
        NotEstimableError: Groups that share respondents, or nobody in any of them.
    """
    cells = _cells(rows, answer, groups)
    names = tuple(f"{group}/{part}" for group in groups for part in ("with", "without"))
    sums, spread, held = rows.sample.shares(plain(cells, names))
    if spread.covariance is None:
        raise NotEstimableError(f"{len(groups):,} groups are too many: put some together")
    if not sums.n[0].any():
        message = f"nobody in wave {rows.wave or 'of the data frame'} answered both questions"
        raise NotEstimableError(message)
    share = np.nan_to_num(sums.estimates[0]).reshape(-1, 2)
    mix = share.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        rates = np.where(mix > 0, share[:, 0] / mix, np.nan)
    slopes = _slopes(mix, rates)
    covariance = slopes @ spread.covariance @ slopes.T
    mixed = Mixed(mix=mix / mix.sum(), rates=rates, covariance=covariance)
    df = math.inf if is_simple(rows.sample.units) else freedom(held, rows.sample)[0] or 1.0
    n = sums.counts[0].reshape(-1, 2).sum(axis=1)
    about = About(told={}, answers=dict.fromkeys(names, ""), bases=dict.fromkeys(names, "answered"))
    people = rows.people
    if people is not None:
        people = people._replace(classes=plain(cells, names))
    sampled = Sampled(rows.wave, rows.sample, Shares(sums, spread, held, about), rows.keys, people)
    return Grouped(sampled, mixed, slopes, tuple(n.tolist()), float(df))


def _cells(rows: Rows, answer: str, groups: Sequence[str]) -> Whole:
    """(N,) the cell of each row, group by group with and without the answer; -1 outside."""
    question, by = rows.question, rows.groups
    column = question.answers.index(answer)
    gave = question.holds[:, column].astype(bool)
    base = question.asked[:, column].astype(bool)
    inside = (question.place >= 0) & (by.place >= 0)
    class_of, group_of = np.maximum(question.place, 0), np.maximum(by.place, 0)
    columns = [by.answers.index(group) for group in groups]
    holds = by.holds[:, columns].astype(bool)
    if (holds.sum(axis=1) > 1).any():
        raise NotEstimableError("groups share respondents: take a question with one answer each")
    group = np.where(holds.any(axis=1), holds.argmax(axis=1), -1)
    inside &= base[class_of] & (group[group_of] >= 0)
    cell = 2 * group[group_of] + ~gave[class_of]
    return np.where(inside, cell, -1).astype(np.int64)


def _slopes(mix: Floats, rates: Floats) -> Floats:
    """(2K, 2K) derivatives of mixes, then shares, by the cells with and without the answer."""
    many = len(mix)
    found = np.zeros((2 * many, 2 * many))
    for group in range(many):
        found[group, 2 * group : 2 * group + 2] = 1.0
        if mix[group] > 0:
            found[many + group, 2 * group] = (1 - rates[group]) / mix[group]
            found[many + group, 2 * group + 1] = -rates[group] / mix[group]
    return found


def between(earlier: Grouped, later: Grouped) -> tuple[Floats, float]:
    """(2K, 2K) covariance of mixes and shares of two waves that share people or units, and df.

    Args:
        earlier: The earlier wave.
        later: The later wave.
    """
    correlation, df = correlations([earlier.sampled, later.sampled], [0, 0])
    size = len(earlier.slopes)
    errors = [
        np.sqrt(np.maximum(one.sampled.shares.spread.variances, 0.0)) for one in (earlier, later)
    ]
    cells = correlation[:size, size:] * np.outer(*errors)
    return earlier.slopes @ cells @ later.slopes.T, df
