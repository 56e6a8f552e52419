"""What a study declares that results must say: who answered, when, and what groups are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.analysis.about import About
from surveylib.analysis.study import Study
from surveylib.wave.model import PublishedWave
from surveylib.wave.responses import Wave

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

#: What is said of waves whose answers nobody gave.
_SIMULATED = "the answers are simulated: nobody gave them, and no figure is a finding"
#: What changes and trends say more.
_CHANGES = "A change between waves can be a change of who answered."


def caveats_of(
    source: object,
    waves: Collection[str] | None = None,
    *,
    changes: bool = False,
    made_up: bool = False,
) -> tuple[str, ...]:
    """The caveats of waves whose respondents are no random sample, or may be none.

    Args:
        source: A study or a wave; anything else declares nothing.
        waves: Names of the waves that a result is of; None for all.
        changes: Whether the result is of changes between waves.
        made_up: Whether simulated waves are told too; estimates have a flag for that.
    """
    every = source.waves if isinstance(source, Study) else (source,)
    found: dict[str, list[str]] = {}
    for wave in every:
        if not isinstance(wave, Wave | PublishedWave) or wave.manifest is None:
            continue
        if waves is not None and wave.name not in waves:
            continue
        if made_up and isinstance(wave, Wave) and wave.manifest.simulated:
            found.setdefault(_SIMULATED, []).append(wave.name)
        declared = wave.manifest.sampling
        if declared is not None and declared.caveat:
            found.setdefault(declared.caveat, []).append(wave.name)
    told = tuple(
        f"{', '.join(names)}: {caveat}." if len(every) > 1 else _sentence(caveat)
        for caveat, names in found.items()
    )
    return (*told, _CHANGES) if changes and found.keys() - {_SIMULATED} else told


def _sentence(caveat: str) -> str:
    return f"{caveat[0].upper()}{caveat[1:]}."


def about_of(source: object, waves: Collection[str], domains: Iterable[str] = ()) -> About:
    """What a study or a wave declares of the waves and groups of a result.

    Args:
        source: A study or a wave; anything else declares nothing.
        waves: Names of the waves.
        domains: Groups, as `question=answer`, several with commas.

    Example:
        >>> import surveylib as sl
        >>> study = sl.load_study("waves/organised_groups")
        >>> about_of(study, {"2025"}, {"region=usa"}).groups
        (('region=usa', 'United States of America'),)
    """
    every = source.waves if isinstance(source, Study) else (source,)
    known = [
        wave
        for wave in every
        if isinstance(wave, Wave | PublishedWave)
        and wave.manifest is not None
        and wave.name in waves
    ]
    dates = [(wave.name, wave.manifest.field_dates) for wave in known if wave.manifest]
    parts = sorted({part for domain in set(domains) for part in domain.split(", ") if part})
    return About(
        field_dates=tuple(
            (name, days.first, days.last) for name, days in dates if not isinstance(days, str)
        ),
        groups=tuple(_labels(known, parts)),
    )


def _labels(
    waves: Sequence[Wave | PublishedWave], parts: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """What answers are called in the last wave that has the question."""
    for part in parts:
        name, _, code = part.partition("=")
        asked = [wave for wave in waves if name in wave.instrument.question_ids]
        if asked:
            yield part, asked[-1].instrument.question(name).label(code)
