"""Single answers in two waves → a change, taken apart by groups."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from surveylib.analysis.answered import FrameAnswers
from surveylib.analysis.decompositions import Decomposition, Group
from surveylib.analysis.frame_units import unit_keys
from surveylib.analysis.frames import frame_rows
from surveylib.analysis.linear import drawn
from surveylib.analysis.series.mixing import Grouped, Rows, between, grouped, wave_rows
from surveylib.analysis.series.overlap import check_samples
from surveylib.analysis.series.pairs import waves_compared
from surveylib.analysis.series.printed_mix import parts_of, shown
from surveylib.analysis.series.sampled import people_of
from surveylib.analysis.series.taken import Between, Taken, take
from surveylib.analysis.study import Study
from surveylib.errors import MethodError, NotEstimableError, listed
from surveylib.stats.decomposition import decompose as taken_apart
from surveylib.wave.classes import plain
from surveylib.wave.design import Design
from surveylib.wave.frame_files import opened
from surveylib.wave.framed import FrameColumns
from surveylib.wave.responses import Wave
from surveylib.wave.states import STATES
from surveylib.wave.sums import Sums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from surveylib.analysis.asking import Asked
    from surveylib.analysis.rows import About
    from surveylib.analysis.series.gate import Judged
    from surveylib.stats import decomposition


class _Waves(NamedTuple):
    """Every wave that has both questions."""

    names: tuple[str, ...]
    rows: Mapping[str, Rows]
    about: tuple[About | None, About | None]
    groups: tuple[str, ...]


def parts_of_answers(
    source: object,
    asked: tuple[Asked, Asked],
    ends: tuple[str | None, str | None],
    links: Between,
    design: Design | None,
) -> tuple[list[Decomposition], list[str], tuple[str, ...], str]:
    """Changes of single answers, taken apart; what was not; what was done; and the design.

    Args:
        source: A study, or a data frame.
        asked: The question, and the one that forms groups.
        ends: The earlier and the later wave; None for any.
        links: The relation between the samples.
        design: How every sample was drawn; None for what is declared.

    Raises:
        MethodError: Sums, which do not say who is in which group.
        NotEstimableError: Fewer than two waves have both questions.
    """
    if isinstance(source, Sums):
        raise MethodError("sums do not say who is in which group: go back to the rows")
    if asked[0].question == asked[1].question:
        raise MethodError(f"'{asked[1].question}' cannot form the groups of its own shares")
    # Who may be compared, in which order, and whether samples are what they are said to be.
    parts = take(source, [asked[0]], links, design), take(source, [asked[1]], links, design)
    waves = _waves(source, asked, parts, links, design)
    rows, refused = [], []
    for earlier, later in waves_compared(waves.names, *ends, "before"):
        pair = waves.names[earlier], waves.names[later]
        answers = [asked[0].answer] if asked[0].answer else [
            one for one in waves.rows[pair[0]].question.answers if one not in STATES
        ]  # fmt: skip
        for answer in answers:
            found = _one(asked, answer, pair, waves, parts, links)
            if isinstance(found, str):
                refused.append(found)
            else:
                rows.append(found)
    told = {f"{name}:" for row in rows for name in (row.from_wave, row.to_wave)}
    done = [one for one in (*parts[0].done, *parts[1].done) if one.startswith(tuple(told))]
    return rows, refused, tuple(dict.fromkeys(done)), parts[0].design


def _waves(
    source: object,
    asked: tuple[Asked, Asked],
    parts: tuple[Taken, Taken],
    links: Between,
    design: Design | None,
) -> _Waves:
    """The rows of every wave that has both questions, in time order."""
    orders = [next(iter(part.tables)).waves for part in parts]
    names = tuple(name for name in orders[0] if name in orders[1])
    if len(names) < 2:
        message = f"'{asked[0].question}' and '{asked[1].question}' are in one wave together"
        raise NotEstimableError(f"{message}: a change needs two")
    if isinstance(source, Study):
        return _study_waves(source, asked, parts, names, design)
    return _frame_waves(source, asked, names, links, design or Design())


def _study_waves(
    study: Study,
    asked: tuple[Asked, Asked],
    parts: tuple[Taken, Taken],
    names: tuple[str, ...],
    design: Design | None,
) -> _Waves:
    gates = tuple(next(iter(part.gates.values())) for part in parts)
    rows, about = {}, None
    for name in names:
        wave = study.wave(name)
        if isinstance(wave, Wave):  # as those are that were taken
            drawn_as = design or Design.from_wave(wave)
            rows[name], about = wave_rows(wave, drawn_as, asked, (gates[0], gates[1]))
    nets = {
        option.code
        for name in names
        for option in getattr(_question(study, name, asked[1]), "answers", ())
        if option.net_of
    }
    groups = [one for one in rows[names[0]].groups.answers if one not in STATES and one not in nets]
    return _Waves(names, rows, about or (None, None), tuple(groups))


def _question(study: Study, wave: str, asked: Asked) -> object:
    """The question that a wave asked under this name; None where another one leads to it."""
    instrument = study.wave(wave).instrument
    if asked.question not in instrument.question_ids:
        return None
    return instrument.question(asked.question)


def _frame_waves(
    source: object,
    asked: tuple[Asked, Asked],
    names: tuple[str, ...],
    links: Between,
    design: Design,
) -> _Waves:
    table = FrameColumns(opened(source))
    every = [FrameAnswers(table).codes(one.question)[1] for one in asked]
    rows = {}
    for name, columns, sample in frame_rows(table, design, [asked[0]]):
        classes = []
        for one, answers in zip(asked, every, strict=True):
            place, own = FrameAnswers(columns).codes(one.question)
            of_own = np.array([answers.index(answer) for answer in own] or [-1], np.int64)
            classes.append(plain(np.where(place >= 0, of_own[place], -1), answers))
        keys = unit_keys(columns, design, drawn(sample.units)[0]) if design.psu else ()
        people = None
        if links.ids is not None:
            people = people_of(columns, design, links.ids, classes[0], sample, name)
        rows[name] = Rows(name, sample, classes[0], classes[1], keys, people)
    return _Waves(names, rows, (None, None), every[1])


def _one(  # noqa: PLR0917 - everything that is known of two waves
    asked: tuple[Asked, Asked],
    answer: str,
    pair: tuple[str, str],
    waves: _Waves,
    parts: tuple[Taken, Taken],
    links: Between,
) -> Decomposition | str:
    """One answer in two waves, or why it is not taken apart."""
    judged = _judged(pair, answer, waves.groups, parts)
    if isinstance(judged, str):
        return judged
    both = [grouped(waves.rows[name], answer, waves.groups) for name in pair]
    check_samples(links.samples, [one.sampled for one in both], reused=links.reused)
    shared, df = None, min(both[0].df, both[1].df)
    if links.samples != "independent":
        shared, df = between(*both)
    found = taken_apart(both[0].mixed, both[1].mixed, between=shared)
    return _row(asked, answer, pair, waves, both, found, judged, links, df)


def _judged(
    pair: tuple[str, str], answer: str, groups: Sequence[str], parts: tuple[Taken, Taken]
) -> Judged | str:
    """Whether the answer, and every group, means the same in both waves."""
    gates = [next(iter(part.gates.values())) for part in parts]
    where = f"{pair[0]} to {pair[1]}, {answer}"
    found = gates[0].judge(*pair, answer)
    if not found.comparable:
        return f"{where}: {' '.join(found.reasons) or 'nothing is declared.'}"
    for group in groups:
        one = gates[1].judge(*pair, group)
        if not one.comparable:
            told = " ".join(one.reasons) or "nothing is declared of it."
            return f"{where}: group '{group}' is not the same in both waves. {told}"
    return found


def _row(  # noqa: PLR0917 - the parts of a row
    asked: tuple[Asked, Asked],
    answer: str,
    pair: tuple[str, str],
    waves: _Waves,
    both: Sequence[Grouped],
    found: decomposition.Decomposition,
    judged: Judged,
    links: Between,
    df: float,
) -> Decomposition:
    level = asked[0].confidence_level
    texts = waves.about[1].answers if waves.about[1] else {}
    groups = tuple(
        _group(place, name, texts.get(name, name), both, found, (level, df))
        for place, name in enumerate(waves.groups)
        if both[0].n[place] or both[1].n[place]
    )
    absent = [waves.groups[place] for place in found.undetermined]
    note = f"Nobody of {listed(absent)} answered in one of the waves: no share, and only bounds."
    return Decomposition(
        answer=answer,
        from_wave=pair[0],
        to_wave=pair[1],
        n_from=sum(both[0].n),
        n_to=sum(both[1].n),
        share_from=_share(both[0]),
        share_to=_share(both[1]),
        groups=groups,
        comparability=judged.verdict or "undeclared",
        samples=links.samples,
        confidence_level=asked[0].confidence_level,
        df=df,
        notes=(note,) if absent else (),
        **_named(asked, answer, waves),
        **parts_of(found, level, df),
    )


def _named(asked: tuple[Asked, Asked], answer: str, waves: _Waves) -> dict[str, Any]:
    """What the questions and the answer are called."""
    told, by = (about.told if about else {} for about in waves.about)
    labels = waves.about[0].answers if waves.about[0] else {}
    return {
        "question": str(told.get("question", asked[0].question)),
        "title": str(told.get("title", asked[0].question)),
        "answer_text": labels.get(answer, answer),
        "by": str(by.get("question", asked[1].question)),
        "by_title": str(by.get("title", asked[1].question)),
    }


def _share(wave: Grouped) -> float:
    """The share of all who answered both questions."""
    return float(wave.mixed.mix @ np.nan_to_num(wave.mixed.rates))


def _group(  # noqa: PLR0917 - the parts of a group
    place: int,
    name: str,
    text: str,
    both: Sequence[Grouped],
    found: decomposition.Decomposition,
    certain: tuple[float, float],
) -> Group:
    level, df = certain
    rates = [float(one.mixed.rates[place]) for one in both]
    shares = [None if math.isnan(rate) else rate for rate in rates]
    parts = found.groups[place]
    return Group(
        group=name,
        text=text,
        n_from=both[0].n[place],
        n_to=both[1].n[place],
        mix_from=float(both[0].mixed.mix[place]),
        mix_to=float(both[1].mixed.mix[place]),
        share_from=shares[0],
        share_to=shares[1],
        mix=shown(parts.against, level, df),
        rate=shown(parts.rate, level, df),
    )
