"""Waves or data frames under a declared design → shares with intervals and their covariance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.analysis.results import Estimate, Estimates
from surveylib.analysis.shares import Groups, Lines, shares, shares_of_lines
from surveylib.errors import NotEstimableError, UnknownNameError
from surveylib.instrument.question import in_language
from surveylib.stats import intervals, replicates, variance
from surveylib.wave.classes import Classes, answer_classes, state_classes
from surveylib.wave.counted import ASKED
from surveylib.wave.design_units import read_design
from surveylib.wave.framed import FrameColumns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.shares import Shares
    from surveylib.wave.design import Design
    from surveylib.wave.design_units import Units
    from surveylib.wave.framed import Coded
    from surveylib.wave.responses import Wave

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a source.

    Args:
        question: The question, or a column of a frame.
        answer: One of its answers; empty for all.
        by: Questions or columns whose values form groups.
        where: One group as `question=answer`; None for all respondents.
        interval: A name in `intervals.METHODS`.
        confidence_level: Nominal coverage.
    """

    question: str
    answer: str = ""
    by: tuple[str, ...] = ()
    where: str | None = None
    interval: str = "wilson"
    confidence_level: float = 0.95


class _KeptColumns(Mapping[str, Any]):
    """The columns of a wave as a design names them: `w` for what the manifest keeps as `w`."""

    def __init__(self, wave: Wave) -> None:
        self._wave = wave
        self._fields = {field.name.removeprefix("keep:"): field for field in wave.fields}

    def __getitem__(self, name: str) -> Any:
        """One column: codes as texts, None for no value."""
        field = self._fields[name.removeprefix("keep:")]
        values = self._wave.column(field.name)
        return np.array([*field.levels, None], np.object_)[values] if field.levels else values

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def estimate_wave(wave: Wave, design: Design, asked: Asked) -> Estimates:
    """Estimate shares of one question of a wave under a design.

    Options are shares of those who answered, ways of not answering of those who were asked. With
    `by` or `where`, everybody outside a group stays in the design.

    Args:
        wave: The wave.
        design: How its sample was drawn; its columns are those that the manifest keeps.
        asked: What is asked.

    Raises:
        DesignError: The data does not fit the design; carries every fault.
        NotEstimableError: Nobody is in the base, or no variance can be estimated.
    """
    records = wave.column(":record").tolist()
    units = read_design(design, _KeptColumns(wave), wave.rows, name=wave.name, records=records)
    question = wave.question(asked.question).question
    options, states = (
        answer_classes(wave, asked.question),
        state_classes(wave, asked.question, ASKED),
    )
    texts = {code: question.label(code) for code in (*options.answers, *states.answers)}
    about = {
        "wave": wave.name,
        "question": asked.question,
        "title": question.heading,
        "question_text": in_language(question.text),
        "place": f"wave {wave.name}",
    }
    sample = _Sample(units=units, groups=_groups(wave, asked), design=design, asked=asked)
    return sample.estimates({"answered": options, "asked": states}, about, texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sample:
    """Rows under a design, and what is asked of them."""

    units: Units
    groups: Groups
    design: Design
    asked: Asked
    lines: Lines | None = None

    def estimates(
        self, bases: Mapping[str, Classes], about: Mapping[str, str], texts: Mapping[str, str]
    ) -> Estimates:
        """A row for each group and answer, base by base, with the covariance of their shares."""
        rows: list[Estimate] = []
        blocks: list[Floats] = []
        for base, classes in bases.items():
            chosen = _chosen(classes, self.asked.answer)
            if not chosen.answers or not (chosen.place >= 0).any():
                continue
            table = self._shares(chosen)
            made, covariance = self._rows(table, chosen, {**about, "base": base}, texts)
            rows += made
            blocks.append(covariance)
        if not rows:
            message = f"nobody answered '{self.asked.question}' in {about['place']}"
            raise NotEstimableError(message)
        return Estimates(rows=tuple(rows), covariance=_block_diagonal(blocks))

    def _shares(self, classes: Classes) -> Shares:
        if self.lines is None:
            return shares(classes, self.groups, self.units, self.design)
        return shares_of_lines(self.lines, classes, len(self.groups.names), self.units, self.design)

    def _rows(
        self, table: Shares, classes: Classes, about: Mapping[str, str], texts: Mapping[str, str]
    ) -> tuple[list[Estimate], Floats]:
        names, k = self.groups.names, len(classes.answers)
        kept = [(d, a) for d in range(len(names)) for a in range(k) if table.n[d, a]]
        places = [d * k + a for d, a in kept]
        covariance = table.covariance[np.ix_(places, places)]
        rows = []
        for (d, a), spread in zip(kept, np.diag(covariance).tolist(), strict=True):
            answer = classes.answers[a]
            told = {"domain": names[d], "answer": answer, "answer_text": texts[answer]}
            rows.append(self._row(table, (d, a), spread, {**about, **told}))
        return rows, covariance

    def _row(
        self, table: Shares, place: tuple[int, int], spread: float, about: dict[str, str]
    ) -> Estimate:
        share, n = float(table.estimates[place]), int(table.n[place])
        simple = _is_simple(self.units)
        df = float("inf") if simple else _freedom(table, self.units, self.design, place[0])
        effective, effect = _effective(share, spread, n, simple=simple)
        found = intervals.design_proportion(
            share,
            n,
            n_effective=effective,
            df=df,
            method=self.asked.interval,
            confidence_level=self.asked.confidence_level,
        )
        return Estimate(
            **about,
            n=n,
            n_low=n,
            n_effective=effective,
            estimate=share,
            estimate_low=share,
            estimate_high=share,
            standard_error=spread**0.5,
            ci_low=found.low,
            ci_high=found.high,
            envelope_low=found.low,
            envelope_high=found.high,
            df=df,
            design_effect=effect,
            interval=self.asked.interval,
            confidence_level=self.asked.confidence_level,
            flags=(),
            notes=(),
            printed=f"{int(table.counts[place])} of {n}",
            read_as=f"{share * 100:.1f}",
            certainty="counted",
            source="",
        )


def estimate_frame(frame: object, design: Design, asked: Asked) -> Estimates:
    """Estimate shares of the values of a column of a data frame, under a design.

    Every value has a share of those who have one; a missing value is outside the base.

    Args:
        frame: Of any library that narwhals knows.
        design: How the sample was drawn, by names of columns.
        asked: What is asked, by names of columns.

    Raises:
        UnknownNameError: There is no such column or value.
        DesignError: The data does not fit the design; carries every fault.
        NotEstimableError: Nobody is in the base, or no variance can be estimated.
    """
    table = FrameColumns(frame)
    second = design.ssu or design.ssu_population
    # Where respondents themselves were drawn, or something is wrong, rows are looked at.
    if design.replicate_weights or second or not design.psu or table.troubled(design.weights):
        return _by_rows(table, design, asked)
    return _by_lines(table, design, asked)


def _by_rows(table: FrameColumns, design: Design, asked: Asked) -> Estimates:
    """Row by row: for replicates and second stages, and to say which rows are wrong."""
    units = read_design(design, table, table.rows, name=_FRAME)
    place, answers = table.codes(asked.question)
    one = np.eye(len(answers), dtype=bool)
    sample = _Sample(
        units=units, groups=_frame_groups(table, asked), design=design, asked=asked, lines=None
    )
    return _of_values(sample, Classes(place, one, np.ones_like(one), answers))


def _by_lines(table: FrameColumns, design: Design, asked: Asked) -> Estimates:
    """From a collapsed table, which the frame's own library makes: rows are never looked at."""
    where = asked.where.partition("=")[0] if asked.where else None
    drawn = (design.strata, design.psu, design.population)
    names = [name for name in (*drawn, where, *asked.by, asked.question) if name]
    found = table.collapsed(list(dict.fromkeys(names)), design.weights)
    without = replace(design, weights=None)
    units = read_design(without, found, found.rows, name=_FRAME)
    place, answers = found.codes(asked.question)
    one = np.eye(len(answers), dtype=bool)
    classes = Classes(place, one, np.ones_like(one), answers)
    groups = _frame_groups(found, asked)
    inside = (place >= 0) & (groups.place >= 0)
    lines = Lines(
        np.asarray(units.psu, np.int64),
        np.where(inside, groups.place, -1),
        np.maximum(place, 0),
        found.totals.n,
        found.totals.weight,
        found.totals.square,
    )
    sample = _Sample(units=units, groups=groups, design=design, asked=asked, lines=lines)
    return _of_values(sample, classes)


_FRAME = "the data frame"


def _of_values(sample: _Sample, classes: Classes) -> Estimates:
    asked, answers = sample.asked, classes.answers
    if asked.answer and asked.answer not in answers:
        where = f"column '{asked.question}'"
        raise UnknownNameError.of("value", asked.answer, answers, where=where)
    about = dict.fromkeys(("question", "title", "question_text"), asked.question)
    about |= {"wave": "", "place": _FRAME}
    texts = dict(zip(answers, answers, strict=True))
    return sample.estimates({"answered": classes}, about, texts)


def _frame_groups(table: Coded, asked: Asked) -> Groups:
    inside = np.ones(table.rows, bool)
    if asked.where:
        name, _, value = asked.where.partition("=")
        places, values = table.codes(name)
        if value not in values:
            raise UnknownNameError.of("value", value, values, where=f"column '{name}'")
        inside = places == values.index(value)
    place = np.zeros(table.rows, np.int64)
    names = [asked.where or ""]
    for by in asked.by:
        codes, values = table.codes(by)
        inside &= codes >= 0
        place = place * len(values) + np.maximum(codes, 0)
        names = [_joined(name, f"{by}={value}") for name in names for value in values]
    return Groups(np.where(inside, place, -1), tuple(names))


def _chosen(classes: Classes, answer: str) -> Classes:
    """The classes with one answer only, where one is asked for."""
    if not answer:
        return classes
    keep = [place for place, name in enumerate(classes.answers) if name == answer]
    return Classes(
        classes.place,
        classes.holds[:, keep],
        classes.asked[:, keep],
        tuple(classes.answers[place] for place in keep),
    )


def _groups(wave: Wave, asked: Asked) -> Groups:
    """The groups that are asked for; one that holds everybody where none is."""
    inside = np.ones(wave.rows, bool)
    if asked.where:
        name, _, code = asked.where.partition("=")
        inside = wave.gave(name, code)
    place = np.zeros(wave.rows, np.int64)
    names = [asked.where or ""]
    for by in asked.by:
        question = wave.question(by)
        if not question.question.exclusive or not question.codes:
            message = f"'{by}' does not put each respondent into one group"
            raise NotEstimableError(message)
        codes = wave.column(by).astype(np.int64)
        inside &= codes >= 0
        place = place * len(question.codes) + np.maximum(codes, 0)
        names = [_joined(name, f"{by}={code}") for name in names for code in question.codes]
    return Groups(np.where(inside, place, -1), tuple(names))


def _joined(one: str, other: str) -> str:
    return f"{one}, {other}" if one else other


def _is_simple(units: Units) -> bool:
    """Whether the sample is a simple one, for which the textbook's intervals hold as they are."""
    return (
        units.equal
        and units.replicates is None
        and len(units.psu_stratum) == 0
        and len(units.strata) == 1
        and not units.fraction.any()
    )


def _freedom(table: Shares, units: Units, design: Design, d: int) -> float:
    """Degrees of freedom of the design, by its rule; with replicates, their rank less one."""
    if units.replicates is not None:
        rank = replicates.independent(units.replicates)
        return float(variance.degrees_of_freedom(np.inf, 0, replicates=rank))
    if design.df == "domain":
        return float(variance.degrees_of_freedom(table.units[d], table.strata[d]))
    every = len(units.psu_stratum) or int(units.sampled.sum())
    return float(variance.degrees_of_freedom(every, len(units.strata)))


def _effective(share: float, spread: float, n: int, *, simple: bool) -> tuple[float, float]:
    """Effective respondents and design effect; n and 1 where the sample or the share is simple."""
    if simple or not 0 < share < 1 or spread <= 0 or n < 2:
        return float(n), 1.0
    effect = float(variance.design_effect(spread, share, n))
    return share * (1 - share) / spread, effect


def joined(found: Sequence[Estimates]) -> Estimates:
    """Estimates of independent samples as one, with the covariance of all of them."""
    rows = tuple(row for one in found for row in one.rows)
    blocks = [one.covariance for one in found if one.covariance is not None]
    return Estimates(rows=rows, covariance=_block_diagonal(blocks))


def _block_diagonal(blocks: Sequence[Floats]) -> Floats:
    size = sum(len(block) for block in blocks)
    found = np.zeros((size, size))
    start = 0
    for block in blocks:
        found[start : start + len(block), start : start + len(block)] = block
        start += len(block)
    return found
