"""Printed figures: of those who did not answer nothing is known, but by a response rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.analysis.figure import Options, readings_of
from surveylib.analysis.nonresponse.bounding import Judged
from surveylib.analysis.nonresponse.known import of_reading
from surveylib.analysis.nonresponse.missing import Rule
from surveylib.analysis.nonresponse.wanted import Found, Pair, all_rates, no_pair, refusal
from surveylib.analysis.series.figures import relations
from surveylib.analysis.study import COMPARABLE
from surveylib.errors import MethodError, UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from surveylib.analysis.nonresponse.known import Known
    from surveylib.analysis.nonresponse.wanted import Wanted
    from surveylib.analysis.study import AnyWave, Relation, Study
    from surveylib.wave.model import PublishedWave


def _only_figures(wanted: Wanted) -> None:
    """Refuse what says nothing of printed figures."""
    usual = Rule(missing=None, dont_know="answer")
    if wanted.rule != usual or wanted.design is not None or wanted.reused:
        message = (
            "only figures survive, with the base that they were printed with: leave out 'missing', "
            "'dont_know', 'design' and 'reused_ids'"
        )
        raise MethodError(message)


def of_printed_wave(wave: PublishedWave, wanted: Wanted) -> Found:
    """One wave: a share, and no change.

    Args:
        wave: The wave.
        wanted: What is wanted.
    """
    _only_figures(wanted)
    no_pair(wave.name, wanted)
    asked = wanted.asked
    question = wave.instrument.question(asked.question)
    if asked.answer not in question.answer_codes:
        where = f"'{asked.question}'"
        raise UnknownNameError.of("answer", asked.answer, question.answer_codes, where=where)
    rates, told = all_rates((wave,), wanted)
    known, gone = _printed(wave, (asked.question, asked.answer), wanted, rates)
    return Found(() if known is None else (known,), done=(*gone, *told))


def _printed(
    wave: AnyWave, key: tuple[str, str], wanted: Wanted, rates: Mapping[str, float]
) -> tuple[Known | None, tuple[str, ...]]:
    """The figure of one answer; or, in words, that there is none."""
    group = wanted.asked.where or ""
    reading = readings_of(wave, key[0], group).get(key[1])
    if reading is None:
        among = f" among {group}" if group else ""
        return None, (f"{wave.name}: no figure of '{key[0]}/{key[1]}'{among} was printed.",)
    options = Options(
        interval="wilson", confidence_level=wanted.asked.confidence_level, design_effect=1.0
    )
    return of_reading(wave, reading, options, rates.get(wave.name)), ()


def of_figures(study: Study, wanted: Wanted) -> Found:
    """Figures as printed, along what the study declares.

    Args:
        study: A study of which only figures survive.
        wanted: What is wanted.
    """
    _only_figures(wanted)
    related = relations(study, wanted.name, wanted.from_, wanted.to)
    ends = [end for one in related for end in (one.earlier, one.later)]
    own = study.answers(wanted.name) if wanted.from_ is None and wanted.to is None else []
    rates, told = all_rates(study.waves, wanted)
    found: dict[tuple[str, ...], Known] = {}
    done: list[str] = []
    for answer in sorted({*own, *ends}, key=lambda one: (study.wave_names.index(one.wave), *one)):
        key = (answer.question, answer.answer)
        known, gone = _printed(study.wave(answer.wave), key, wanted, rates)
        done += gone
        if known is not None:
            found[tuple(answer)] = known
    pairs, refused = [], []
    for one in related:
        first, second = found.get(tuple(one.earlier)), found.get(tuple(one.later))
        if first is None or second is None:
            continue  # said already: no figure was printed
        if one.verdict in COMPARABLE and not wanted.asked.where:
            pairs.append(Pair(first, second, Judged(str(one.verdict), one.reasons)))
        else:
            refused.append(_printed_refusal(one, wanted))
    names = {known.wave for known in found.values()}
    done += [one for one in told if one.partition(":")[0] in names]
    return Found(tuple(found.values()), tuple(pairs), tuple(refused), tuple(done))


def _printed_refusal(relation: Relation, wanted: Wanted) -> str:
    reasons = relation.reasons
    if wanted.asked.where and relation.verdict in COMPARABLE:
        reasons = ("Printed figures of groups are not compared.",)
    return refusal(relation.earlier.wave, relation.later.wave, relation.verdict, reasons)
