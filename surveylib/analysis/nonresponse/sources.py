"""A source and an answer → what is known of each wave, and which waves may be compared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from surveylib.analysis.designed import sample_of, shares_asked
from surveylib.analysis.nonresponse.frames import of_frame
from surveylib.analysis.nonresponse.known import Counted, Known, of_counted, sizes_of_rows
from surveylib.analysis.nonresponse.missing import counting_of
from surveylib.analysis.nonresponse.printed import of_figures, of_printed_wave
from surveylib.analysis.nonresponse.wanted import Found, all_rates, judged_pairs, no_pair
from surveylib.analysis.series.gate import Gate, Mapped
from surveylib.analysis.series.harmonised import harmonised_shares
from surveylib.analysis.series.pairs import waves_compared
from surveylib.analysis.series.taken import Between, take
from surveylib.analysis.study import Study
from surveylib.errors import NotEstimableError, UnknownNameError
from surveylib.wave.design import Design
from surveylib.wave.model import PublishedWave
from surveylib.wave.responses import Wave
from surveylib.wave.states import STATES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from surveylib.analysis.nonresponse.wanted import Wanted


def find(source: object, wanted: Wanted) -> Found:
    """What is known of those who answered and of those who did not, wave by wave.

    Args:
        source: A study, one of its waves, or a data frame.
        wanted: The answer, and what counts as missing.

    Raises:
        UnknownNameError: No such question, answer, wave or column.
        MethodError: Arguments that do not fit the source.
        NotEstimableError: Nobody was asked.
    """
    if isinstance(source, Study):
        printed = not any(isinstance(wave, Wave) for wave in source.waves)
        found = (of_figures if printed else _of_study)(source, wanted)
    elif isinstance(source, PublishedWave):
        found = of_printed_wave(source, wanted)
    elif isinstance(source, Wave):
        found = _of_wave(source, wanted)
    else:
        found = of_frame(source, wanted)
    if not found.waves:
        raise NotEstimableError(" ".join([f"there is no share of '{wanted.name}'.", *found.done]))
    found = found._replace(done=(*found.done, *_unsure(found.waves)))
    if wanted.asked.where:
        group = wanted.asked.where.partition("=")[0]
        told = f"Who did not answer '{group}' is in no group, and outside these bounds."
        found = found._replace(done=(*found.done, told))
    return found


def _unsure(waves: Sequence[Known]) -> Iterator[str]:
    """How many did not know, where they count as an answer: other figures leave them out."""
    many = [f"{one.unsure:,} in {one.wave}" if one.wave else f"{one.unsure:,}"
            for one in waves if one.unsure and one.unsure_counts]  # fmt: skip
    if many:
        yield (
            f"“Don't know” counts as an answer here ({', '.join(many)}); shares of sl.estimate are "
            "of those who gave another: dont_know='outside'."
        )


def _of_study(study: Study, wanted: Wanted) -> Found:
    asked, harmonised = wanted.asked, study.leads_to(wanted.asked.question)
    if harmonised is None and asked.answer not in STATES:
        study.answers(wanted.name)  # says which there are
    asking = [
        wave
        for wave in study.waves
        if isinstance(wave, Wave) and asked.question in wave.instrument.question_ids
    ]
    if harmonised is None and len(asking) == 1:
        return _of_wave(asking[0], wanted, study)
    between = Between("independent", None, wanted.reused, from_=wanted.from_, to=wanted.to)
    taken = take(study, [asked], between, wanted.design)
    table, gate = next(iter(taken.tables)), next(iter(taken.gates.values()))
    places = waves_compared(table.waves, wanted.from_, wanted.to, "before")
    wanted = replace(wanted, asked=replace(asked, answer=table.answers[0]))
    rates, told = all_rates(study.waves, wanted)
    found: dict[str, Known] = {}
    done = [*taken.done]
    for name in (table.waves[place] for place in sorted({one for pair in places for one in pair})):
        wave = study.wave(name)
        known = _known(wave, wanted, gate, rates.get(name)) if isinstance(wave, Wave) else None
        if known is None:
            done.append(f"{name}: nobody was asked for '{wanted.asked.answer}'.")
        else:
            found[name] = known
    done += [one for one in told if one.partition(":")[0] in found]
    if wanted.from_ is not None and wanted.to is not None:
        others = {*study.wave_names} - {wanted.from_, wanted.to}
        done = [one for one in done if one.partition(":")[0] not in others]
    pairs, refused = judged_pairs(found, table.waves, places, gate, wanted.asked.answer)
    return Found(tuple(found.values()), pairs, refused, tuple(done), taken.design)


def _known(wave: Wave, wanted: Wanted, gate: Gate, rate: float | None) -> Known | None:
    """One wave; None where nobody was asked, or the answer was not offered."""
    asked, question = wanted.everybody, wanted.asked.question
    if isinstance(gate, Mapped):
        source = gate.sources[wave.name]
        question = source.question
        classes, about = harmonised_shares(wave, gate.harmonised, source, asked)
    else:
        classes, about = shares_asked(wave, asked)
    if wanted.asked.answer not in classes.answers:
        return None
    sample = sample_of(wave, wanted.design or Design.from_wave(wave), asked)
    counted = Counted(sample, classes, about, sizes_of_rows(classes, sample), None)
    known = of_counted(counted, wanted.asked, counting_of(wanted.rule), rate)
    offered = "dont_know" in {str(one) for one in wave.question(question).question.missing}
    counts = offered and wanted.rule.dont_know == "answer"
    return None if known is None else replace(known, unsure_counts=counts)


def _of_wave(wave: Wave, wanted: Wanted, study: Study | None = None) -> Found:
    """One wave: a share, and no change."""
    no_pair(wave.name, wanted)
    asked = wanted.asked
    codes = wave.question(asked.question).question.answer_codes
    if asked.answer not in {*codes, *STATES}:
        raise UnknownNameError.of("answer", asked.answer, codes, where=f"'{asked.question}'")
    rates, told = all_rates((wave,) if study is None else study.waves, wanted)
    known = _known(wave, wanted, Gate(), rates.get(wave.name))
    design = wanted.design or Design.from_wave(wave)
    return Found(() if known is None else (known,), done=tuple(told), design=design.describe())
