"""Waves weighted to the same targets: what became of each answer, and what the weights cost."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from surveylib.analysis.answered import FrameAnswers, WaveAnswers
from surveylib.analysis.arguments import check_design, name, names
from surveylib.analysis.asking import Asked
from surveylib.analysis.caveats import caveats_of
from surveylib.analysis.columns import FRAME, parts_by_wave
from surveylib.analysis.designed import KeptColumns, cross_wave
from surveylib.analysis.estimate import estimate
from surveylib.analysis.frames import cross_frame
from surveylib.analysis.results import Shown, finite, rows_frame
from surveylib.analysis.study import Study
from surveylib.errors import MethodError, NotEstimableError, UnknownNameError, show
from surveylib.wave.design import Design
from surveylib.wave.design_units import read_design
from surveylib.wave.door import Ingested
from surveylib.wave.frame_files import opened
from surveylib.wave.framed import FrameColumns
from surveylib.wave.model import PublishedWave
from surveylib.wave.responses import Wave
from surveylib.wave.states import STATES
from surveylib.wave.sums import Sums
from surveylib.wave.weighted import weighted
from surveylib.wave.weighting import Target, Weighting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from surveylib.wave.weighted import Weighted
    from surveylib.wave.weighting import Missing

#: How far printed shares may add up from 100 % for all answers to be taken as printed.
_ROUNDED = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedAnswer:
    """An answer that has a target, in one wave.

    Args:
        wave: The wave; empty for a single sample.
        question: The question, or several joined by ×.
        answer: The answer, or several joined by ×.
        n: Respondents with a weight.
        before: Their share of all weight before, in [0, 1].
        target: Their share as wanted.
        after: Their share after.
        factor: Weight after by weight before, of all of them together; None for nobody.
    """

    wave: str
    question: str
    answer: str
    n: int
    before: float
    target: float
    after: float
    factor: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightedWave:
    """What weighting did to one wave.

    Args:
        wave: The wave; empty for a single sample.
        n: Respondents with a weight.
        kept: Of these, those that kept their weight for want of an answer.
        kish_before: Effective n of the weights before. Kish (1965).
        kish_after: Effective n of the weights after.
        least: Lowest weight after, as a multiple of the mean.
        most: Highest weight after, likewise.
        steps: How often weights were adjusted.
        farthest: What is left of the distance to the targets, as a part of one of them.
        weights: (n,) weights after, in the order of the rows.
    """

    wave: str
    n: int
    kept: int
    kish_before: float
    kish_after: float
    least: float
    most: float
    steps: int
    farthest: float
    weights: NDArray[np.float64] = dataclasses.field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Weights(Shown):
    """Waves weighted to the same targets.

    Args:
        rows: Every answer that has a target, wave by wave.
        waves: What weighting did to each wave.
        weighting: What they were weighted to.
        caveats: What must be said of those who answered, where they are no random sample.
    """

    rows: tuple[WeightedAnswer, ...]
    waves: tuple[WeightedWave, ...]
    weighting: Weighting
    caveats: tuple[str, ...] = ()

    def of(self, wave: str | int = "") -> NDArray[np.float64]:
        """The weights of a wave's respondents, in the order of its rows.

        Args:
            wave: The wave's name; empty for a single sample.

        Raises:
            UnknownNameError: There is none.
        """
        for one in self.waves:
            if one.wave == str(wave):
                return one.weights
        raise UnknownNameError.of("wave", str(wave), [one.wave for one in self.waves])

    def to_frame(self) -> pd.DataFrame:
        """One row for each wave and answer."""
        return rows_frame(WeightedAnswer, self.rows)

    def waves_frame(self) -> pd.DataFrame:
        """One row for each wave: its effective n and the range of its weights."""
        return rows_frame(WeightedWave, self.waves, without=("weights",))

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, with the name and version of its layout."""
        few = [dataclasses.replace(one, weights=np.zeros(0)) for one in self.waves]
        told = [dataclasses.asdict(one) for one in few]
        return {
            "schema": "surveylib.weights/1",
            "weighting": self.weighting.describe(),
            "caveats": list(self.caveats),
            "rows": [finite(dataclasses.asdict(row)) for row in self.rows],
            "waves": [{key: one[key] for key in one if key != "weights"} for one in told],
        }


def weight(
    source: Study | Wave | Ingested | object,
    weighting: Weighting,
    *,
    wave: str | None = None,
    design: Design | None = None,
) -> Weights:
    """Weight every wave to the same targets, and show what that does.

    Estimates, changes and trends do not need this first: they take `weighting=` themselves, and
    then also know what the targets leave of the variance.

    Args:
        source: A study, one of its waves, the wave of an ingest, or a data frame or file whose
            columns are the questions.
        weighting: What respondents are weighted to.
        wave: The column of a frame that tells waves apart.
        design: How the sample was drawn; its weights are those before. Left out, it is what the
            wave's manifest declares, or everybody weighs the same.

    Raises:
        MethodError: No weighting, or sums, which know no respondents.
        UnknownNameError: No such question or column.
        DesignError: Targets that do not fit the respondents, or cannot be reached.
        NotEstimableError: A wave of which only figures survive.

    Example:
        >>> import pandas as pd
        >>> import surveylib as sl
        >>> people = pd.DataFrame({"region": ["usa"] * 61 + ["other"] * 39})
        >>> found = sl.weight(people, sl.Weighting(targets={"region": {"usa": 0.5, "other": 0.5}}))
        >>> [(row.answer, row.before, round(row.after, 9)) for row in found.rows]
        [('usa', 0.61, 0.5), ('other', 0.39, 0.5)]
        >>> round(found.waves[0].kish_after, 1)
        95.2
    """
    _check(weighting)
    check_design(design)
    source = source.wave if isinstance(source, Ingested) else source
    found = list(_each(source, weighting, wave, design))
    rows, waves = [], []
    for label, one in found:
        rows += [
            WeightedAnswer(
                wave=label,
                question=category.question,
                answer=category.answer,
                n=category.n,
                before=category.before,
                target=category.target,
                after=category.after,
                factor=category.factor if category.n else None,
            )
            for category in one.categories
        ]
        waves.append(_told(label, one))
    caveats = caveats_of(source, {label for label, _ in found}, made_up=True)
    return Weights(rows=tuple(rows), waves=tuple(waves), weighting=weighting, caveats=caveats)


def _check(weighting: object) -> None:
    """Refuse what is no weighting."""
    if not isinstance(weighting, Weighting):
        wanted = "wanted a Weighting, such as sl.mix(wave, 'region')"
        raise MethodError(f"weighting: got {show(weighting)}, {wanted}")


def _told(label: str, found: Weighted) -> WeightedWave:
    return WeightedWave(
        wave=label,
        n=found.n,
        kept=found.kept,
        kish_before=found.kish_before,
        kish_after=found.kish_after,
        least=found.least,
        most=found.most,
        steps=found.steps,
        farthest=found.farthest,
        weights=found.weights,
    )


def _each(
    source: object, weighting: Weighting, wave: str | None, design: Design | None
) -> Iterator[tuple[str, Weighted]]:
    """Every wave, weighted."""
    if isinstance(source, Sums):
        raise MethodError("sums know no respondents: weight the rows")
    if not isinstance(source, Study | Wave | PublishedWave):
        yield from _of_frame(source, weighting, wave, design or Design())
        return
    if wave is not None:
        raise MethodError("wave names a column of a data frame; a study knows its waves: leave out")
    every = source.waves if isinstance(source, Study) else (source,)
    asked = [one for one in every if set(weighting.questions) <= set(one.instrument.question_ids)]
    if not asked:
        known = [question for one in every for question in one.instrument.question_ids]
        missing = next(one for one in weighting.questions if one not in known or len(every) > 1)
        raise UnknownNameError.of("question", missing, known, where="weighting")
    for one in asked:
        if not isinstance(one, Wave):
            message = f"of wave {one.name} only figures survive: nobody there can be weighted"
            raise NotEstimableError(message)
        drawn, records = design or Design.from_wave(one), one.column(":record").tolist()
        units = read_design(drawn, KeptColumns(one), one.rows, name=one.name, records=records)
        yield one.name, weighted(units, weighting, WaveAnswers(one), name=f"wave {one.name}")


def _of_frame(
    source: object, weighting: Weighting, wave: str | None, design: Design
) -> Iterator[tuple[str, Weighted]]:
    table = FrameColumns(opened(source))
    table.check(*weighting.questions, *([] if wave is None else [name("wave", wave, "a column")]))
    for label, rows in parts_by_wave(table, wave):
        called = f"wave {label} of {FRAME}" if label else FRAME
        units = read_design(design, rows, rows.rows, name=called)
        yield label, weighted(units, weighting, FrameAnswers(rows), name=called)


def mix(
    source: Wave | PublishedWave | object,
    of: str | Sequence[str],
    *,
    joint: bool = False,
    missing: Missing = "error",
    design: Design | None = None,
) -> Weighting:
    """Take the mix of one wave, or of a census table, as what all others are weighted to.

    Args:
        source: A wave, printed or not; or a data frame or file with a row for each person.
        of: The question, or several.
        joint: Whether combinations of two questions have the mix, and not each question alone.
        missing: What those without an answer do when they are weighted: a name in
            `surveylib.wave.weighting.MISSING`.
        design: How the sample was drawn; left out, as the wave's manifest says.

    Returns:
        A weighting with these shares as targets. Printed shares are put in proportion.

    Raises:
        NotEstimableError: Printed shares that leave out some answers.

    Example:
        >>> import surveylib as sl
        >>> study = sl.load_study("waves/netclean")
        >>> sl.mix(study.wave(2018), "country").targets[0].numbers[0]
        (('usa',), 0.544)
    """
    questions = names("of", of, "a question or column")
    source = source.wave if isinstance(source, Ingested) else source
    if isinstance(source, Study):
        message = "a study has the mix of each of its waves: name one, such as study.wave(2018)"
        raise MethodError(message)
    called = f"the mix of {source.name}" if isinstance(source, Wave | PublishedWave) else "a mix"
    if joint:
        if len(questions) != 2:
            raise MethodError(f"joint is about two questions; {len(questions)} are named")
        target = _joint(source, (questions[0], questions[1]), design, called)
        return Weighting(targets=target, rescale=True, missing=missing, name=called)
    targets = tuple(_target(source, question, design, called) for question in questions)
    return Weighting(targets=targets, rescale=True, missing=missing, name=called)


def _joint(
    source: object, questions: tuple[str, str], design: Design | None, called: str
) -> Target:
    """The shares of combinations of answers to two questions as a target."""
    if isinstance(source, PublishedWave):
        message = f"of wave {source.name} only figures survive, and none of combinations"
        raise NotEstimableError(message)
    asked = Asked(question=questions[1], by=(questions[0],))
    if isinstance(source, Wave):
        cells = cross_wave(source, design or Design.from_wave(source), asked)
    else:
        cells = cross_frame(source, design or Design(), asked)
    keys = [(row, column) for row in cells.rows for column in cells.columns]
    numbers = tuple(zip(keys, cells.shares.tolist(), strict=True))
    return Target(of=questions, numbers=numbers, source=called)


def _target(source: object, question: str, design: Design | None, called: str) -> Target:
    """The shares of a question's answers as a target."""
    found = estimate(source, question, design=design)
    rows = [row for row in found.rows if row.answer not in STATES]
    whole = sum(row.estimate or 0 for row in rows)
    if not isinstance(source, PublishedWave) and abs(whole - 1) > _ROUNDED:
        message = f"'{question}' does not put each respondent into one group"
        raise NotEstimableError(message)
    if isinstance(source, PublishedWave):
        words = [row.answer for row in rows if row.estimate is None]
        if words or abs(whole - 1) > _ROUNDED:
            what = f"printed shares of '{question}' in wave {source.name} add up to"
            todo = "a mix needs every answer; give the targets yourself, with the rest as one more"
            raise NotEstimableError(f"{what} {whole * 100:.1f} %: {todo}")
    numbers = tuple(((row.answer,), float(row.estimate or 0)) for row in rows)
    return Target(of=(question,), numbers=numbers, source=called)
