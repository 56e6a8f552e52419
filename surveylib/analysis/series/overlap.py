"""Waves that share people or sampling units → how far their estimates move together."""

from __future__ import annotations

from itertools import combinations, pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from surveylib.analysis.shares import ShareSums, lines_of
from surveylib.errors import MethodError, NotEstimableError, SampleError, listed, show
from surveylib.stats import variance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.analysis.series.sampled import Sampled

    Floats = NDArray[np.float64]
    Key = tuple[str, str]

#: What may be declared about the samples of two waves.
SAMPLES: Mapping[str, str] = MappingProxyType(
    {
        "independent": "nobody, and no sampling unit, is in both",
        "panel": "the same people answered; of a change, who answered in one wave only is left out",
        "rotating": "some of the people answered in both",
        "shared-psu": "the same sampling units, with other people in them",
        "unknown": "nothing is known of who answered twice",
    }
)


class Shared(NamedTuple):
    """What two waves have in common: `units` or `respondents`, how many of each and in both."""

    what: str
    earlier: int
    later: int
    both: int

    def __str__(self) -> str:
        """`38 of 40 sampling units of the earlier wave are in the later one`."""
        return f"{self.both:,} of {self.earlier:,} {self.what} of the earlier wave are in the later"


def shared(earlier: Sampled, later: Sampled) -> Shared | None:
    """The people that two waves share or, where none are named, the sampling units.

    Args:
        earlier: The earlier wave.
        later: The later wave.

    Returns:
        None where nothing tells who or what was drawn.
    """
    if earlier.people is not None and later.people is not None:
        return _common("respondents", earlier.people.ids.tolist(), later.people.ids.tolist())
    if earlier.keys and later.keys:
        return _common("sampling units", earlier.keys, later.keys)
    return None


def _common(what: str, one: Sequence[object], other: Sequence[object]) -> Shared:
    first, second = set(one), set(other)
    return Shared(what, len(first), len(second), len(first & second))


def check_samples(samples: str, waves: Sequence[Sampled], *, reused: bool) -> None:
    """Refuse a relation between samples that the ids contradict.

    Args:
        samples: A name in SAMPLES.
        waves: The waves, in time order.
        reused: Whether codes of units are given to other units in other waves.

    Raises:
        MethodError: There is no such relation.
        SampleError: Ids coincide where samples are independent, or never do where they overlap.
    """
    if samples not in SAMPLES:
        raise MethodError(f"samples is {show(samples)}; choose one of {listed(SAMPLES)}")
    if reused or samples == "unknown":
        return
    for earlier, later in combinations(waves, 2):
        found = shared(earlier, later)
        if samples == "independent" and found is not None and found.both:
            raise SampleError(_coincide(earlier, later, found))
    # People and units leave after some waves: waves far apart may share nobody.
    for earlier, later in pairwise(waves) if samples != "independent" else ():
        _check_overlap(samples, earlier, later, shared(earlier, later))


def _coincide(earlier: Sampled, later: Sampled, found: Shared) -> str:
    kind = "'panel' or 'rotating'" if found.what == "respondents" else "'shared-psu'"
    return (
        f"samples is 'independent', but {found.both:,} of the {found.later:,} {found.what} of wave "
        f"{later.wave} have ids of wave {earlier.wave} ({found.earlier:,}). If they are the same: "
        f"declare samples={kind}. If ids are given anew in each wave: reused_ids=True"
    )


def _check_overlap(samples: str, earlier: Sampled, later: Sampled, found: Shared | None) -> None:
    people = samples in {"panel", "rotating"}
    if found is None or (people and found.what != "respondents"):
        needs = (
            "ids=, the column that says who each respondent is" if people else "a design with psu"
        )
        raise SampleError(f"samples is {show(samples)}, which needs {needs}")
    if not people and found.what == "respondents":
        found = _common("sampling units", earlier.keys, later.keys)
    if not found.both:
        raise SampleError(
            f"samples is {show(samples)}, but none of the {found.later:,} {found.what} of wave "
            f"{later.wave} has an id of wave {earlier.wave} ({found.earlier:,}): declare "
            "samples='independent', or see whether ids are written alike in both"
        )


class _Part(NamedTuple):
    """Linearised shares of one wave by unit, (U, K) of one group; each unit's key; who is held."""

    keys: Sequence[Key]
    totals: Floats
    held: NDArray[np.int64]


def correlations(waves: Sequence[Sampled], group: Sequence[int]) -> tuple[Floats, float]:
    """(W*K, W*K) correlations of K shares of one group in W waves, which share units.

    The waves are stacked: a unit that is in several counts once, and adds nothing to a wave that
    it is not in, as in R survey's svydesign of stacked waves. Correlations come from this design,
    and variances stay those of each wave by itself.

    Args:
        waves: The waves, with the same answers in the same order.
        group: The place of the group in each wave.

    Returns:
        The correlations, and the degrees of freedom of the stacked design: units less strata, of
        those that hold anybody of the group, or of all where the design says so.

    Raises:
        NotEstimableError: A wave has replicate weights, which say nothing of other waves.
    """
    if any(getattr(wave.sample.units, "replicates", None) is not None for wave in waves):
        raise NotEstimableError(
            "waves with replicate weights are compared as independent samples only: the weights "
            "of one wave do not say what the other's would have been"
        )
    parts = [
        _by_unit(wave, here) if wave.keys else _by_person(wave, here)
        for wave, here in zip(waves, group, strict=True)
    ]
    place = {key: position for position, key in enumerate(dict.fromkeys(_every(parts)))}
    strata = {
        name: position for position, name in enumerate(dict.fromkeys(key[0] for key in place))
    }
    wide = [np.zeros((len(place), part.totals.shape[1])) for part in parts]
    for table, part in zip(wide, parts, strict=True):
        table[[place[key] for key in part.keys]] = part.totals
    stratum = np.array([strata[key[0]] for key in place], np.int64)
    moments = variance.moments(np.hstack(wide), stratum, len(strata))
    found = variance.covariance(
        moments, fraction=np.zeros(len(strata)), lonely="certainty", names=tuple(strata)
    )
    error = np.sqrt(np.diag(found))
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = found / np.outer(error, error)
    scaled = np.where(np.isfinite(scaled), np.clip(scaled, -1.0, 1.0), 0.0)
    np.fill_diagonal(scaled, 1.0)
    counted = set(place)
    if waves[0].sample.design.df != "design":
        counted = {part.keys[unit] for part in parts for unit in part.held.tolist()}
    return np.asarray(scaled), float(len(counted) - len({key[0] for key in counted}))


def _every(parts: Sequence[_Part]) -> Iterator[Key]:
    for part in parts:
        yield from part.keys


def _by_unit(wave: Sampled, group: int) -> _Part:
    part = wave.shares.sums.only([group])
    return _Part(wave.keys, part.linearised(len(wave.keys)), np.unique(part.lines.unit))


def _by_person(wave: Sampled, group: int) -> _Part:
    """Every respondent is a unit of their own."""
    people = wave.people
    if people is None:
        message = f"wave {wave.wave} has neither sampling units nor ids to be known again by"
        raise NotEstimableError(message)
    sample = people.sample
    many = len(people.ids)
    lines = lines_of(people.classes, sample.groups, np.arange(many), many, sample.units.weights)
    part = ShareSums(lines, people.classes, len(sample.names)).only([group])
    keys = list(zip(people.strata.tolist(), people.ids.tolist(), strict=True))
    return _Part(keys, part.linearised(many), np.unique(part.lines.unit))
