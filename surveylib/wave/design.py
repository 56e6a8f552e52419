"""How a sample was drawn, declared once: weights, strata, PSUs, sizes, replicate weights.

A design names columns and changes nothing; `design_units.read_design` checks it against the data.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import chain
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast, get_args

from surveylib.errors import MethodError, listed, no_method, show
from surveylib.wave.weighting import Weighting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from surveylib.wave.responses import Wave

ReplicationName = Literal["jk1", "jkn", "brr", "fay", "bootstrap", "sdr", "acs"]
Centre = Literal["mean", "full"]
Lonely = Literal["error", "certainty", "adjust", "average"]
Freedom = Literal["domain", "design"]


class Replication(NamedTuple):
    """One way in which replicate weights are made.

    Args:
        words: What it is called in a sentence.
        published: Whether its scale or factors are taken from the file's documentation.
        replicates: How many it always has; None where that varies.
        differences: Whether replicates come from successive differences: then one may be the main
            weight, from a matrix column of ones, and some weights may be negative after raking.
        all_named: Whether the variance is wrong when some replicates of a file are left out.
    """

    words: str
    published: bool = False
    replicates: int | None = None
    differences: bool = False
    all_named: bool = True


REPLICATIONS: Mapping[str, Replication] = MappingProxyType(
    {
        "jk1": Replication("a jackknife without strata"),
        "jkn": Replication("a jackknife within strata", published=True),
        "brr": Replication("balanced half-samples"),
        "fay": Replication("Fay's balanced half-samples"),
        "bootstrap": Replication("a bootstrap", published=True, all_named=False),
        "sdr": Replication("successive differences", differences=True),
        "acs": Replication("successive differences as in the ACS", replicates=80, differences=True),
    }
)

#: What happens to a stratum with one PSU, and how degrees of freedom are counted, as sentences.
LONELY: Mapping[str, str] = MappingProxyType(
    {
        "error": "A stratum with one PSU is an error.",
        "certainty": "A stratum with one PSU adds no variance: it was selected with certainty.",
        "adjust": "A stratum with one PSU is set against the mean of all PSUs.",
        "average": "A stratum with one PSU gets the mean variance of the other strata.",
    }
)

FREEDOM: Mapping[str, str] = MappingProxyType(
    {
        "domain": "Degrees of freedom come from the units that hold the group asked about.",
        "design": "Degrees of freedom come from the whole design, whichever group is asked about.",
    }
)

_CHOICES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "replication": tuple(REPLICATIONS),
        "centre": get_args(Centre),
        "lonely": tuple(LONELY),
        "df": tuple(FREEDOM),
    }
)
COLUMNS = ("weights", "strata", "psu", "population", "ssu", "ssu_population")


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """How a sample was drawn; with nothing said, a simple random sample.

    Args:
        weights: The column of weights.
        strata: The column of strata.
        psu: The column of PSUs, the units drawn first; left out, respondents were drawn.
        population: The column that says how many PSUs each stratum has in the population, as sizes
            (whole numbers from 1) or as fractions drawn (between 0 and 1).
        ssu: The column of units drawn within PSUs; left out, respondents were drawn.
        ssu_population: The column that says how many of these each PSU has.
        replicate_weights: Columns of replicate weights, each of them a whole weight and no factor.
        replication: How they were made; a row of the table REPLICATIONS.
        rho: With `fay`, how much of a weight the half left out keeps.
        replicate_scale: With `jkn` and `bootstrap`, the number before the sum of squares.
        replicate_factors: With `jkn` and `bootstrap`, the number before each square.
        centre: Deviations of replicates from the `full` sample's estimate or from their `mean`.
        nested: Whether PSU codes are counted within strata, so that the same code in two strata
            means two PSUs; with False that is an error. The same goes for units within PSUs.
        lonely: What a stratum with one PSU does; a row of the table LONELY.
        df: How degrees of freedom are counted; a row of the table FREEDOM.
        weighting: What respondents are weighted to, in every wave alike; None for nothing.

    Raises:
        MethodError: Parts that do not go together, or an option's value that does not exist.

    >>> Design(weights="w", strata="region", psu="village").names
    ('w', 'region', 'village')
    """

    weights: str | None = None
    strata: str | None = None
    psu: str | None = None
    population: str | None = None
    ssu: str | None = None
    ssu_population: str | None = None
    replicate_weights: tuple[str, ...] = ()
    replication: ReplicationName | None = None
    rho: float | None = None
    replicate_scale: float | None = None
    replicate_factors: tuple[float, ...] = ()
    centre: Centre = "full"
    nested: bool = True
    lonely: Lonely = "error"
    df: Freedom = "domain"
    weighting: Weighting | None = None

    def __post_init__(self) -> None:
        for name in ("replicate_weights", "replicate_factors"):
            object.__setattr__(self, name, _as_tuple(name, getattr(self, name)))
        _check_names(self)
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices and not (name == "replication" and value is None):
                raise MethodError(no_method(name, str(value), choices))
        if not isinstance(self.nested, bool):
            raise MethodError(f"nested: got {show(self.nested)}, wanted True or False")
        if not isinstance(self.weighting, Weighting | None):
            raise MethodError(f"weighting: got {show(self.weighting)}, wanted a sl.Weighting")
        rules = _of_replication if self.replication else _without_replication
        for message in chain(_of_stages(self), rules(self), _of_numbers(self)):
            raise MethodError(message)

    @property
    def columns(self) -> dict[str, str]:
        """Every column that the design names, with what it is for."""
        named = {getattr(self, role): role for role in COLUMNS if getattr(self, role)}
        return named | dict.fromkeys(self.replicate_weights, "replicate_weights")

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that the design names."""
        return tuple(self.columns)

    @staticmethod
    def numbered(prefix: str, count: int, *, first: int = 1, digits: int = 0) -> tuple[str, ...]:
        """Names of columns that are numbered, for `replicate_weights`.

        Args:
            prefix: What stands before the number.
            count: How many there are, as the file's documentation says: one that is not in the file
                is then found missing.
            first: The first number.
            digits: Digits that numbers are filled up to with zeros.

        Raises:
            MethodError: The count is no whole number from 1.

        >>> Design.numbered("PWGTP", 3)
        ('PWGTP1', 'PWGTP2', 'PWGTP3')
        >>> Design.numbered("repwgt", 2, digits=3)
        ('repwgt001', 'repwgt002')
        """
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            raise MethodError(f"count: got {show(count)}, wanted a whole number from 1")
        return tuple(f"{prefix}{number:0{digits}d}" for number in range(first, first + count))

    @classmethod
    def from_wave(cls, wave: Wave) -> Design:
        """The design that a wave's wave.yaml declares.

        Args:
            wave: The wave; columns are named as it names them: `keep:w` for `w`.

        Raises:
            MethodError: wave.yaml says that answers are weighted, and not by which column.
        """
        declared = getattr(wave.manifest, "design", None)
        if declared is not None:
            return cast("Design", declared.as_design())
        weighting = wave.manifest.weighting if wave.manifest else "none"
        if weighting not in _UNWEIGHTED:
            what = f"wave {wave.name} says 'weighting: {weighting}', and not by which column"
            raise MethodError(f"{what}: keep it, and name it in wave.yaml under 'design'")
        return cls()

    def describe(self) -> str:
        """What the design assumes, in plain words.

        >>> Design().describe()
        'A simple random sample: every respondent counts the same and was drawn singly.'
        """
        if not self.names and self.weighting is None:
            return "A simple random sample: every respondent counts the same and was drawn singly."
        return " ".join(_sentences(self))


_UNWEIGHTED = frozenset(["unweighted", "none", "unknown"])


def _as_tuple(name: str, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (tuple, list)):
        raise MethodError(f"{name}: got {show(value)}, wanted several in a tuple")
    return tuple(value)


def _check_names(design: Design) -> None:
    """Each column is named by a text, and for one purpose."""
    purposes: dict[str, str] = {}
    roles = [role for role in COLUMNS if getattr(design, role) is not None]
    named = [(role, getattr(design, role)) for role in roles]
    for role, name in [*named, *(("replicate_weights", one) for one in design.replicate_weights)]:
        if not isinstance(name, str) or not name.strip():
            raise MethodError(f"{role}: got {show(name)}, wanted the name of a column")
        before, purposes[name] = purposes.get(name, ""), role
        if before == role:
            raise MethodError(f"{role} names {show(name)} twice: name each column once")
        if (before, role) == ("weights", "replicate_weights"):
            raise MethodError(f"the main weight {show(name)} is no replicate weight: leave it out")
        if before:
            what = f"column {show(name)} is named for {before} and for {role}"
            raise MethodError(f"{what}: name each column for one purpose")


def _of_stages(design: Design) -> Iterator[str]:
    """What is wrong where something is said that could not count."""
    second = design.ssu or design.ssu_population
    if second and not design.psu:
        yield "units of the second stage are named and the first stage is not: name 'psu'"
    if second and not design.population:
        told = "the second stage counts only where the first has population sizes"
        yield f"{told}: name 'population', or leave out 'ssu' and 'ssu_population'"
    if not design.nested and not (design.psu and (design.strata or design.ssu)):
        told = "nested=False is about the same PSU code in several strata"
        yield f"{told}: name 'psu' and 'strata', or leave out 'nested'"
    if design.lonely != "error" and not design.strata:
        told = f"lonely='{design.lonely}' is about strata with one PSU"
        yield f"{told}: name 'strata', or leave out 'lonely'"


def _without_replication(design: Design) -> Iterator[str]:
    """What is wrong where something is said of replicate weights, and not how they were made."""
    if design.replicate_weights:
        told = "replicate weights are named, and not how they were made"
        yield f"{told}: say 'replication', one of {listed(REPLICATIONS)}"
    for name in ("rho", "replicate_scale", "replicate_factors", "centre"):
        if getattr(design, name) not in (None, (), "full"):
            yield f"{name} is about replicate weights: name them, or leave out '{name}'"


def _of_replication(design: Design) -> Iterator[str]:
    """What is wrong with replicate weights, how they were made, and what belongs to that."""
    kind, count = REPLICATIONS[str(design.replication)], len(design.replicate_weights)
    told = f"replication='{design.replication}'"
    published = design.replicate_scale is not None or bool(design.replicate_factors)
    if not count:
        todo = "name their columns in 'replicate_weights'; Design.numbered writes numbered names"
        yield f"{told} and no replicate weights: {todo}"
    if not design.weights:
        yield "replicate weights need the main weight: name 'weights'"
    if count < 2 or kind.replicates not in {None, count}:
        yield f"{told} with {count} replicate weights: wanted {kind.replicates or 'at least 2'}"
    if design.replication == "fay" and design.rho is None:
        yield f"{told} needs 'rho', as the file's documentation gives it"
    if design.replication != "fay" and design.rho is not None:
        yield f"rho belongs to replication='fay': leave it out with '{design.replication}'"
    if kind.published and not published:
        names = "'replicate_scale' or 'replicate_factors'"
        yield f"{told} needs {names}, as the file's documentation gives them"
    if published and not kind.published:
        todo = "leave out 'replicate_scale' and 'replicate_factors'"
        yield f"{told} has a scale of its own: {todo}"
    if len(design.replicate_factors) not in {0, count}:
        told = f"{len(design.replicate_factors)} replicate_factors for {count} replicate weights"
        yield f"{told}: give one for each"
    if design.population or design.lonely != "error":
        todo = "leave out 'population', 'ssu', 'ssu_population' and 'lonely'"
        yield f"replicate weights carry population sizes and lonely PSUs already: {todo}"


def _of_numbers(design: Design) -> Iterator[str]:
    """What is wrong with numbers that belong to replicate weights."""
    rho, scale = design.rho, design.replicate_scale
    if rho is not None and not (_is_number(rho) and 0 < rho < 1):
        todo = "; with 0 they are 'brr'" if rho == 0 else ""
        yield f"rho: got {show(rho)}, wanted a number between 0 and 1{todo}"
    if scale is not None and not (_is_number(scale) and scale > 0):
        yield f"replicate_scale: got {show(scale)}, wanted a number above 0"
    for factor in design.replicate_factors:
        if not (_is_number(factor) and factor >= 0):
            yield f"replicate_factors: got {show(factor)}, wanted numbers from 0"


def _is_number(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def _of_weights(design: Design) -> Iterator[str]:
    """How much respondents count."""
    if design.weights:
        yield f"Weights: '{design.weights}'."
    elif design.weighting is None:
        yield "Every respondent counts the same."
    if design.weighting is not None:
        yield design.weighting.describe().strip()


def _sentences(design: Design) -> Iterator[str]:
    """What a design assumes, assumption by assumption."""
    strata, psu = design.strata, design.psu
    yield from _of_weights(design)
    within = f" within strata '{strata}'" if strata else ""
    if psu or strata or not design.replication:
        yield f"Drawn first{within}: PSUs '{psu}'." if psu else f"Respondents were drawn{within}."
    if psu and strata and design.nested:
        yield "PSUs are nested in strata: the same code in two strata means two PSUs."
    if psu and strata and not design.nested:
        yield "A PSU code stands for one PSU, in one stratum."
    if design.replication:
        count, kind = len(design.replicate_weights), REPLICATIONS[design.replication]
        yield f"Standard errors come from {count} replicate weights of {kind.words}."
        from_ = "the full sample's estimate" if design.centre == "full" else "the replicates' mean"
        yield f"Deviations are taken from {from_}."
    elif design.population:
        yield f"Population sizes, first stage: '{design.population}'."
    else:
        yield "The population is taken to be much larger than the sample."
    if design.ssu or design.ssu_population:
        units = f"units '{design.ssu}'" if design.ssu else "respondents"
        sizes = f"'{design.ssu_population}'" if design.ssu_population else "taken to be large"
        yield f"Drawn within PSUs: {units}; population sizes, second stage: {sizes}."
    if strata and not design.replication:
        yield LONELY[design.lonely]
    yield FREEDOM[design.df]
