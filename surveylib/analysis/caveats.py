"""What every result of a wave must say of those who answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from surveylib.analysis.study import Study
from surveylib.wave.model import PublishedWave
from surveylib.wave.responses import Wave

if TYPE_CHECKING:
    from collections.abc import Collection

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
