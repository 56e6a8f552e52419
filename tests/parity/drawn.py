"""Samples drawn at random, each with its design for us and for R: every kind, in turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pandas as pd
from scipy.linalg import hadamard

import surveylib as sl

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: How many samples a run draws, and where the random numbers start: each run draws the same.
CASES, SEED = 120, 20_260

ANSWERS = ("a", "b", "c", "d")
GROUPS = ("u", "v", "w", "x")


def _polars(frame: pd.DataFrame) -> Any:
    import polars as pl  # noqa: PLC0415 - other tests are collected without it

    columns = {name: frame[name].tolist() for name in frame}
    return pl.DataFrame(
        {name: [None if one != one else one for one in columns[name]] for name in columns}  # noqa: PLR0124 - NaN
    )


#: Each library that a frame may be of.
LIBRARIES: Mapping[str, Callable[[pd.DataFrame], Any]] = MappingProxyType(
    {
        "pandas": lambda frame: frame,
        "polars": _polars,
        "duckdb": lambda frame: duckdb.connect().from_df(frame),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One sample.

    Args:
        number: Which of the run.
        kind: A name in KINDS.
        library: A name in LIBRARIES.
        frame: Its rows, with the columns that the design names.
        sizes: Population sizes as R takes them, by column: sizes also where we read fractions.
        design: The design for us.
        told: The design for R: what `cases.csv` holds of it.
    """

    number: int
    kind: str
    library: str
    frame: pd.DataFrame
    sizes: Mapping[str, np.ndarray]
    design: sl.Design
    told: Mapping[str, Any]

    @property
    def native(self) -> Any:
        """The rows as a frame of the case's library."""
        return LIBRARIES[self.library](self.frame)


@dataclass(slots=True, kw_only=True)
class _Sample:
    """A sample while it is drawn."""

    rng: np.random.Generator
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    sizes: dict[str, np.ndarray] = field(default_factory=dict)
    said: dict[str, Any] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.columns["s"])

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)


def draw(number: int) -> Case:
    """Draw one sample; the same number gives the same one."""
    kinds, libraries = tuple(KINDS), tuple(LIBRARIES)
    kind = kinds[number % len(kinds)]
    sample = _Sample(rng=np.random.default_rng([SEED, number]))
    KINDS[kind](sample)
    _answers(sample)
    frame = pd.DataFrame(sample.columns)
    # Kinds and libraries must not keep step: each meets all of the other.
    library = libraries[(number % len(kinds) + number // len(kinds)) % len(libraries)]
    return Case(
        number=number,
        kind=kind,
        library=library,
        frame=frame,
        sizes=sample.sizes,
        design=sl.Design(**sample.said),
        told=sample.told,
    )


def _units(sample: _Sample, *, strata: int, least: int = 2, most: int = 8, people: int = 7) -> None:
    """Rows of strata and units: some codes are used again in the next stratum, some are not."""
    rng = sample.rng
    again = sample.chance(0.5)
    s, p = [], []
    for stratum, many in enumerate(rng.integers(least, most + 1, strata)):
        for unit in range(many):
            size = int(rng.integers(1, people + 1))
            s += [f"s{stratum}"] * size
            p += [unit + 1 if again else 100 * stratum + unit + 1] * size
    order = rng.permutation(len(s))
    sample.columns["s"] = np.array(s, object)[order]
    sample.columns["p"] = np.array(p)[order]
    sample.columns["u"] = np.arange(1, len(s) + 1)
    if not again and strata > 1 and sample.chance(0.5):
        sample.said["nested"] = False


def _weigh(sample: _Sample, *, zero: float = 0.3) -> None:
    """Weights that differ; sometimes some are 0, sometimes those of a whole unit."""
    rng, rows = sample.rng, sample.rows
    weights = np.round(rng.gamma(1.2, 5.0, rows) + 0.05, 3)
    if sample.chance(zero):
        weights[rng.random(rows) < 0.1] = 0
        if sample.chance(0.4):
            one = rng.integers(rows)
            weights[_same(sample, one)] = 0
    if not weights.any():
        weights[:] = 1
    sample.columns["w"] = weights
    sample.said["weights"] = "w"


def _same(sample: _Sample, row: int) -> np.ndarray:
    s, p = sample.columns["s"], sample.columns["p"]
    return np.asarray((s == s[row]) & (p == p[row]))


def _populate(
    sample: _Sample, name: str, groups: np.ndarray, units: np.ndarray, *, census: float = 0.1
) -> None:
    """Population sizes of groups, as sizes or as fractions; some groups are taken as a whole."""
    rng, fractions = sample.rng, sample.chance(0.4)
    census = 1.0 if sample.chance(0.2) else census
    given, sizes = np.zeros(len(groups)), np.zeros(len(groups))
    for group in sorted(set(groups.tolist())):
        inside = groups == group
        drawn = len(set(units[inside].tolist()))
        whole = not fractions and sample.chance(census)
        size = drawn if whole else drawn + int(rng.integers(1, 40))
        sizes[inside], given[inside] = size, drawn / size if fractions else size
    sample.columns[name], sample.sizes[name] = given, sizes
    sample.said[name] = name


def _lonely(sample: _Sample) -> None:
    """Sometimes leave one unit of a stratum only, and say what that means."""
    s, p = sample.columns["s"], sample.columns["p"]
    if len(set(s.tolist())) < 3 or not sample.chance(0.4):
        return
    unit = p if "psu" in sample.said else sample.columns["u"]
    inside = s == s[0]
    keep = ~inside | (unit == unit[0])
    sample.columns = {name: column[keep] for name, column in sample.columns.items()}
    sample.said["lonely"] = str(sample.rng.choice(["certainty", "adjust", "average"]))


def _freedom(sample: _Sample) -> None:
    if sample.chance(0.25):
        sample.said["df"] = "design"


# --- kinds ----------------------------------------------------------------------------------------


def _simple(sample: _Sample) -> None:
    """A simple random sample, now and then of a population whose size is known."""
    _units(sample, strata=1)
    sample.said.pop("nested", None)
    sample.columns["w"] = np.ones(sample.rows)
    if sample.chance(0.3):
        _populate(sample, "population", np.zeros(sample.rows), sample.columns["u"])


def _weights_only(sample: _Sample) -> None:
    _units(sample, strata=1)
    sample.said.pop("nested", None)
    _weigh(sample)
    _freedom(sample)


def _people_in_strata(sample: _Sample) -> None:
    _units(sample, strata=int(sample.rng.integers(2, 7)))
    sample.said.pop("nested", None)
    sample.said["strata"] = "s"
    _lonely(sample)
    _weigh(sample)
    if sample.chance(0.6):
        _populate(sample, "population", sample.columns["s"], sample.columns["u"])
    _freedom(sample)


def _clusters(sample: _Sample) -> None:
    _units(sample, strata=1, least=4, most=12)
    sample.said.pop("nested", None)
    sample.said["psu"] = "p"
    _weigh(sample)
    if sample.chance(0.5):
        _populate(sample, "population", np.zeros(sample.rows), sample.columns["p"])
    _freedom(sample)


def _clusters_in_strata(sample: _Sample) -> None:
    _units(sample, strata=int(sample.rng.integers(2, 7)))
    sample.said |= {"strata": "s", "psu": "p"}
    _lonely(sample)
    _weigh(sample)
    if sample.chance(0.5):
        _populate(sample, "population", sample.columns["s"], sample.columns["p"])
    _freedom(sample)


def _two_stages(sample: _Sample) -> None:
    """Units in units, or respondents in units, all with population sizes at the first stage."""
    rng = sample.rng
    _units(sample, strata=int(rng.integers(1, 4)), most=5, people=9)
    sample.said |= {"psu": "p", "strata": "s"}
    _lonely(sample)
    people = sample.chance(0.4)
    if not people:  # two to four units in each, counted in each from 1; one of one is lonely
        s, p = sample.columns["s"], sample.columns["p"]
        for one in sorted(set(zip(s.tolist(), p.tolist(), strict=True))):
            inside = (s == one[0]) & (p == one[1])
            sample.columns["u"][inside] = np.arange(inside.sum()) % rng.integers(2, 5) + 1
        sample.said["ssu"] = "u"
    _weigh(sample)
    _populate(sample, "population", sample.columns["s"], sample.columns["p"])
    within = np.array([f"{a} {b}" for a, b in zip(*_first_stage(sample), strict=True)], object)
    single = [len(set(sample.columns["u"][within == one].tolist())) == 1 for one in set(within)]
    if any(single) and sample.said.get("lonely", "average") == "average":
        sample.said["lonely"] = str(rng.choice(["certainty", "adjust"]))
    sample.sizes["ssu_population"] = np.full(sample.rows, np.inf)
    if people or sample.chance(0.7):
        _populate(sample, "ssu_population", within, sample.columns["u"])
    sample.said.pop("nested", None)
    _freedom(sample)


def _first_stage(sample: _Sample) -> tuple[list[Any], list[Any]]:
    return sample.columns["s"].tolist(), sample.columns["p"].tolist()


def _pairs(sample: _Sample) -> tuple[np.ndarray, np.ndarray]:
    """Strata of two units: each row's stratum, counted from 0, and which half it is in."""
    strata = int(sample.rng.integers(2, 7))
    _units(sample, strata=strata, least=2, most=2)
    stratum = np.array([int(one[1:]) for one in sample.columns["s"]])
    return stratum, sample.columns["p"] % 2


def _replicate(sample: _Sample, factors: np.ndarray, kind: str, **said: Any) -> None:
    """Replicate weights, from factors (N, R) of the main weights."""
    weights = np.round(sample.columns["w"][:, None] * factors, 6)
    names = tuple(f"r{number}" for number in range(1, weights.shape[1] + 1))
    sample.columns |= dict(zip(names, weights.T, strict=True))
    sample.said |= {"replicate_weights": names, "replication": kind, **said}
    sample.said.pop("nested", None)
    if sample.chance(0.4):
        sample.said["centre"] = "mean"
    scale, own = said.get("replicate_scale"), said.get("replicate_factors")
    sample.told |= {
        "scale": "" if scale is None and own is None else 1.0 if scale is None else scale,
        "factors": "" if own is None else " ".join(map(repr, own)),
        "rho": said.get("rho", ""),
    }


def _jk1(sample: _Sample) -> None:
    _units(sample, strata=1, least=5, most=14)
    _weigh(sample, zero=0.1)
    codes, where = np.unique(sample.columns["p"], return_inverse=True)
    many = len(codes)
    _replicate(sample, (where[:, None] != np.arange(many)) * many / (many - 1), "jk1")


def _jkn(sample: _Sample) -> None:
    _units(sample, strata=int(sample.rng.integers(2, 6)))
    _weigh(sample, zero=0.1)
    s, p = (np.array(one, object) for one in _first_stage(sample))
    factors, own = [], []
    for stratum in sorted(set(s)):
        inside = s == stratum
        units = sorted(set(p[inside]))
        for unit in units:
            kept = np.where(p == unit, 0.0, len(units) / (len(units) - 1))
            factors.append(np.where(inside, kept, 1.0))
            own.append((len(units) - 1) / len(units))
    _replicate(sample, np.stack(factors, axis=1), "jkn", replicate_factors=tuple(own))


def _halves(sample: _Sample, kept: float) -> np.ndarray:
    stratum, half = _pairs(sample)
    _weigh(sample, zero=0.1)
    signs = hadamard(8)[1:, :][stratum % 7]  # (N, 8)
    return np.where((signs > 0) == (half == 1)[:, None], 2 - kept, kept)


def _brr(sample: _Sample) -> None:
    _replicate(sample, _halves(sample, 0.0), "brr")


def _fay(sample: _Sample) -> None:
    rho = float(sample.rng.choice([0.3, 0.5]))
    _replicate(sample, _halves(sample, rho), "fay", rho=rho)


def _bootstrap(sample: _Sample) -> None:
    """Units drawn again within strata, one fewer than there are. Rao and Wu (1988)."""
    _units(sample, strata=int(sample.rng.integers(1, 5)), least=3)
    _weigh(sample, zero=0.1)
    count = int(sample.rng.integers(10, 31))
    s, p = (np.array(one, object) for one in _first_stage(sample))
    factors = np.zeros((sample.rows, count))
    for stratum in sorted(set(s)):
        units = sorted(set(p[s == stratum]))
        times = sample.rng.multinomial(len(units) - 1, np.full(len(units), 1 / len(units)), count)
        for place, unit in enumerate(units):
            rows = (s == stratum) & (p == unit)
            factors[rows] = times[:, place] * len(units) / (len(units) - 1)
    said = {"replicate_scale": 1 / count}
    if sample.chance(0.5):
        own = tuple(np.round(sample.rng.uniform(0.5, 1.5, count), 3).tolist())
        said = {"replicate_factors": own, "replicate_scale": 1 / count}
    _replicate(sample, factors, "bootstrap", **said)


def _successive(sample: _Sample, count: int, kind: str) -> None:
    """Factors 1 + (a - b) / 2^1.5 from two rows of a Hadamard matrix. Fay and Train (1995)."""
    _units(sample, strata=1, least=10, most=16)
    _weigh(sample, zero=0.1)
    signs = np.kron(hadamard(4), _PALEY) if count == 80 else hadamard(count)
    _, where = np.unique(sample.columns["p"], return_inverse=True)
    first, second = signs[1 + where], signs[2 + where]
    _replicate(sample, 1 + (first - second) / 2**1.5, kind)


def _paley(prime: int) -> np.ndarray:
    """A Hadamard matrix of one more than a prime of the form 4k + 3. Paley (1933)."""
    squares = {one * one % prime for one in range(1, prime)}
    places = np.subtract.outer(np.arange(prime), np.arange(prime)) % prime
    jacobsthal = np.where(places == 0, 0, np.where(np.isin(places, list(squares)), 1, -1))
    bordered = np.zeros((prime + 1, prime + 1), int)
    bordered[0, 1:], bordered[1:, 0], bordered[1:, 1:] = 1, -1, jacobsthal
    return bordered + np.eye(prime + 1, dtype=int)


_PALEY = _paley(19)


def _sdr(sample: _Sample) -> None:
    _successive(sample, 32, "sdr")


def _acs(sample: _Sample) -> None:
    _successive(sample, 80, "acs")


#: Ways of drawing a sample; those that are used most are drawn most.
KINDS: Mapping[str, Callable[[_Sample], None]] = MappingProxyType(
    {
        "simple": _simple,
        "weights": _weights_only,
        "people in strata": _people_in_strata,
        "people in strata, again": _people_in_strata,
        "clusters": _clusters,
        "clusters in strata": _clusters_in_strata,
        "clusters in strata, again": _clusters_in_strata,
        "clusters in strata, once more": _clusters_in_strata,
        "two stages": _two_stages,
        "two stages, again": _two_stages,
        "jk1": _jk1,
        "jkn": _jkn,
        "brr": _brr,
        "fay": _fay,
        "bootstrap": _bootstrap,
        "sdr": _sdr,
        "acs": _acs,
    }
)


# --- answers --------------------------------------------------------------------------------------


def _answers(sample: _Sample) -> None:
    """Two questions, groups, and two numbers, all alike within units, some of them missing."""
    rng, rows = sample.rng, sample.rows
    keys = [f"{a} {b}" for a, b in zip(*_first_stage(sample), strict=True)]
    _, unit = np.unique(keys, return_inverse=True)
    tilt = rng.normal(0, 1.2, unit.max() + 1)[unit]
    many = int(rng.integers(2, 5))
    place = np.clip((rng.normal(0, 1, rows) + tilt + many / 2).astype(int), 0, many - 1)
    if sample.chance(0.08):
        place[:] = 0  # everybody gives one answer
    other = np.where(rng.random(rows) < 0.4, place % 3, rng.integers(0, 3, rows))
    sample.columns["q"] = _blanked(sample, np.array(ANSWERS, object)[place])
    sample.columns["r"] = _blanked(sample, np.array(["k", "l", "m"], object)[other])
    sample.columns["g"] = _grouped(sample, unit)
    x = np.round(np.exp(rng.normal(1, 0.8, rows) + tilt / 2), int(rng.integers(0, 3)))
    x[rng.random(rows) < rng.choice([0, 0.1])] = np.nan
    sample.columns["x"], sample.columns["z"] = x, np.round(rng.gamma(3, 2, rows) + 0.1, 2)
    if all(one is None for one in sample.columns["q"]):
        sample.columns["q"][0] = "a"
    counted = sample.columns["w"] > 0
    if all(one is None for one in sample.columns["q"][counted]):
        sample.columns["q"][np.flatnonzero(counted)[0]] = "a"


def _blanked(sample: _Sample, values: np.ndarray) -> np.ndarray:
    share = sample.rng.choice([0, 0.1, 0.3])
    values[sample.rng.random(len(values)) < share] = None
    return values


def _grouped(sample: _Sample, unit: np.ndarray) -> np.ndarray:
    """Groups across units, or of whole units, or one in one stratum; in some nobody answered."""
    rng = sample.rng
    many = int(rng.integers(2, 5))
    place = rng.integers(0, many, sample.rows)
    if sample.chance(0.3):
        place = unit % many
    elif sample.chance(0.2):
        place = np.where(sample.columns["s"] == sample.columns["s"][0], 0, 1)
    groups = np.array(GROUPS, object)[place]
    if sample.chance(0.15):  # an empty one
        sample.columns["q"][groups == "u"] = None
    return _blanked(sample, groups)
