"""Answers of a wave → answers of the harmonised question that its version leads to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from surveylib.analysis.designed import bases_of, told_of
from surveylib.analysis.rows import About
from surveylib.errors import MethodError
from surveylib.instrument.question import in_language
from surveylib.wave.classes import Classes, answer_classes, with_states
from surveylib.wave.counted import ASKED
from surveylib.wave.states import ANSWERED, STATE, STATES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from surveylib.analysis.asking import Asked
    from surveylib.instrument.mapping import Harmonised, SourceMap
    from surveylib.wave.responses import Wave

    Truth = NDArray[np.bool_]
    States = NDArray[np.int8]


def harmonised_shares(
    wave: Wave, harmonised: Harmonised, source: SourceMap, asked: Asked
) -> tuple[Classes, About]:
    """Classes of a wave's rows by the options of a harmonised question.

    An option that several of the version's lead to is given by whoever gave one of them. Answers
    that lead to a way of not answering are counted there.

    Args:
        wave: The wave.
        harmonised: The question over all versions.
        source: The map from the wave's version.
        asked: The answer and the base that are asked for.

    Raises:
        MethodError: Mentions, which are counted before answers are put together.
    """
    if asked.base == "mentions":
        raise MethodError("mentions cannot be harmonised: take base='answered', 'asked' or 'all'")
    options, found = _mapped(wave, harmonised, source)
    names = {source.targets.get(str(one), str(one)) for one in _offered(wave, source)}
    names -= {option.code for option in harmonised.options}
    within = range(len(STATES)) if asked.base == "all" else ASKED
    states = found.astype(np.int64)  # beside as many classes as there are sets of answers
    classes = with_states(options, states, names, tuple(within), asked.base).only(asked.answer)
    texts = {option.code: in_language(option.label) for option in harmonised.options}
    texts |= {code: wave.question(source.question).question.label(code)
              for code in classes.answers if code not in texts}  # fmt: skip
    told = told_of(wave, replace(asked, question=source.question)) | {"question": harmonised.id}
    told["title"] = in_language(harmonised.title)
    answers = {code: texts[code] for code in classes.answers}
    return classes, About(told=told, answers=answers, bases=bases_of(classes.answers, asked.base))


def _offered(wave: Wave, source: SourceMap) -> tuple[object, ...]:
    return tuple(wave.question(source.question).question.missing)


def _mapped(wave: Wave, harmonised: Harmonised, source: SourceMap) -> tuple[Classes, States]:
    """Classes by harmonised option, and the state of each row after the map."""
    own = answer_classes(wave, source.question)
    states = wave.states(source.question).copy()
    codes = tuple(option.code for option in harmonised.options)
    parts = [
        [place for place, code in enumerate(own.answers) if source.targets.get(code) == wanted]
        for wanted in codes
    ]
    holds = np.column_stack([own.holds[:, part].any(axis=1) for part in parts])
    known = np.column_stack(
        [own.asked[:, part].astype(bool).all(axis=1) & bool(part) for part in parts]
    )
    place = own.place.copy()
    for column, code in enumerate(own.answers):
        target = source.targets.get(code)
        if target in STATE:  # an option that is a way of not answering
            gave = own.holds[:, column].astype(bool) & ~holds.any(axis=1)
            moved = np.flatnonzero((place >= 0) & gave[np.maximum(place, 0)])
            states[moved], place[moved] = STATE[str(target)], -1
    return _answering(Classes(place, holds, known | holds, codes), states, source)


def _answering(options: Classes, states: States, source: SourceMap) -> tuple[Classes, States]:
    """Ways of not answering that lead to an option or to another way of not answering."""
    place, holds, asked = options.place, options.holds, options.asked
    found = states.copy()
    for name, target in source.targets.items():
        if name not in STATE or target == name:
            continue
        rows = states == STATE[name]
        if target in STATE:
            found[rows] = STATE[target]
            continue
        new = np.array([[code == target for code in options.answers]])
        holds, asked = np.vstack([holds, new]), np.vstack([asked, np.ones_like(new)])
        place = np.where(rows, len(holds) - 1, place)
        found[rows] = ANSWERED
    absent = [place for place, code in enumerate(options.answers) if code in source.absent]
    asked = asked.astype(np.int8)
    asked[:, absent] = 0  # nobody was asked for what the version did not offer
    return Classes(place, holds.astype(np.int8), asked, options.answers), found
