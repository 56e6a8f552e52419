"""A design, read from the data and checked: weights, strata, PSUs, fractions, replicate weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from surveylib.errors import DesignError, listed, show
from surveylib.wave.design import LONELY
from surveylib.wave.design_columns import SHOWN, WORDS, Check, Codes, and_more, as_array
from surveylib.wave.design_replicates import read_replicates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from surveylib.errors import Fault
    from surveylib.stats.weighting_residuals import Auxiliaries
    from surveylib.wave.design import Design

    Floats = NDArray[np.float64]
    Places = NDArray[np.int32]
    Counts = NDArray[np.int64]

_LARGE_SHARE, _LARGE_RATIO = 0.1, 1000
_WITHIN = {"psu": "strata", "ssu": "PSUs"}


class Stage(NamedTuple):
    """U units that were drawn from G groups at one stage.

    Args:
        unit: Unit of each respondent, counted over all groups; -1 where respondents are drawn (n,).
        group: Group of each unit (U,); empty where respondents are drawn.
        names: Names of units, for messages.
        sampled: Number of units, or of respondents, in each group (G,).
        fraction: Share of each group that was drawn; 0 without population sizes (G,).
    """

    unit: Places
    group: Places
    names: Sequence[str]
    sampled: Counts
    fraction: Floats


#: What is wrong with population sizes, and what to do.
_SIZES = {
    "ZERO": ("populations of 0", "write how many units there are, or the fraction drawn"),
    "MIXED": ("sizes and fractions are mixed", "write sizes (from 1), or fractions (below 1)"),
    "WHOLE": ("sizes that are not whole", "write whole numbers, or fractions below 1 throughout"),
    "SMALL": (
        "populations smaller than the sample",
        "write how many units the population has; 1 is one unit, not all of them",
    ),
    "CENSUS": ("populations drawn as a whole have no sampling error", ""),
    "VARIES": ("other rows of the same group have another value", "write one value in each group"),
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Units:
    """What a design says of n respondents, in H strata and U PSUs.

    Args:
        weights: Weight of each respondent; 1 where none are declared (n,).
        stratum: Place in `strata` of each respondent (n,).
        strata: Names of strata (H,); one empty name without strata.
        psu: PSU of each respondent, counted over all strata; -1 where respondents were drawn (n,).
        psu_stratum: Stratum of each PSU (U,); empty where respondents were drawn.
        sampled: Number of PSUs, or of respondents, in each stratum (H,).
        fraction: Share of each stratum that was drawn; 0 without population sizes (H,).
        second: Units drawn within PSUs, which are their groups; None without a second stage.
        replicates: Replicate weights (n, R); None without.
        equal: Whether all weights are equal.
        warnings: What a reader of results should know.
        auxiliaries: What was kept of a weighting; None without one.
    """

    weights: Floats
    stratum: Places
    strata: tuple[str, ...]
    psu: Places
    psu_stratum: Places
    sampled: Counts
    fraction: Floats
    second: Stage | None
    replicates: Floats | None
    equal: bool
    warnings: tuple[Fault, ...]
    auxiliaries: Auxiliaries | None = None


@np.errstate(over="ignore", invalid="ignore")  # of totals of the very largest weights
def read_design(
    design: Design,
    columns: Mapping[str, Any],
    n_rows: int,
    *,
    name: str,
    records: Sequence[int] | None = None,
    counts: Counts | None = None,
    decimal: Literal[".", ","] = ".",
) -> Units:
    """Read the columns that a design names, and check each against the others.

    Args:
        design: The design.
        columns: Columns by name, each with a value for every row.
        n_rows: Number of rows.
        name: What messages call the data.
        records: Record number of each row; left out, rows are counted from 1.
        counts: How many respondents each row stands for; left out, one.
        decimal: The decimal sign of numbers that stand as text.

    Raises:
        DesignError: The data does not fit the design; carries every fault.

    >>> from surveylib.wave.design import Design
    >>> units = read_design(Design(psu="c"), {"c": ["x", "y", "x"]}, 3, name="demo")
    >>> units.psu.tolist(), units.psu_stratum.tolist()
    ([0, 1, 0], [0, 0])
    """
    rows = range(1, n_rows + 1) if records is None else records
    check = Check(design, columns, n_rows, name, rows, decimal, counts)
    if n_rows < 1:
        check.fault("DESIGN-EMPTY", "there are no rows, so there is no sample")
        raise DesignError(check.faults)
    weights = _weights(check)
    replicates = read_replicates(check, weights)
    strata = check.codes("strata") if design.strata else Codes(np.zeros(n_rows, np.int32), ("",))
    first = _stage(check, "psu", "population", strata)
    second = None
    if first and (design.ssu or design.ssu_population):
        second = _stage(check, "ssu", "ssu_population", Codes(first.unit, first.names))
    if check.faults or weights is None or strata is None or first is None:
        raise DesignError(check.faults)
    return Units(
        weights=weights,
        stratum=strata.place,
        strata=tuple(strata.labels),
        psu=first.unit,
        psu_stratum=first.group,
        sampled=first.sampled,
        fraction=first.fraction,
        second=second,
        replicates=replicates,
        equal=bool((weights == weights[0]).all()),
        warnings=tuple(check.warnings),
    )


def _weights(check: Check) -> Floats | None:
    """The main weights; None after a fault."""
    name = check.design.weights
    if name is None:
        return np.ones(check.n)
    found = check.numbers("weights", name)
    if found is None:
        return None
    weights = found[:, 0]
    zero = weights == 0
    if zero.all():
        check.fault("WEIGHT-ALL-ZERO", f"weights {show(name)}: every weight is 0")
        return None
    if zero.any():
        what = f"weights {show(name)}: rows of weight 0 stay in the design and do not count in n"
        check.fault("WEIGHT-ZERO", what, told=True, got=check.rows(zero))
    scaled = weights / weights.max()  # squares of very large or small weights would not be numbers
    _tell_sum(check, name, weights)
    share, ratio = 1 / scaled.sum(), 1 / max(float(scaled[~zero].min()), 1e-300)
    # Of a few respondents each has a large share: it is large at twice the mean share.
    if (share > _LARGE_SHARE and share * check.n > 2) or ratio > _LARGE_RATIO:
        kish = scaled.sum() ** 2 / (scaled**2).sum()
        what = f"weights {show(name)} are very unequal: the largest is {share:.1%} of their total"
        got = f"{check.rows(scaled == 1, found[:, 0])}; largest to smallest {ratio:,.0f} to 1"
        got += f"; Kish's effective n, from weights only, is {kish:,.1f} of {check.n:,}"
        check.fault("WEIGHT-LARGE", what, told=True, got=got, todo="check it; trim weights or not")
    return weights


def _tell_sum(check: Check, name: str, weights: Floats) -> None:
    """Tell that weights count nobody: waves whose weights do differ in totals, not in shares."""
    equal = bool((weights == weights[0]).all())
    for total, words in ((1, "1"), (check.n, "the number of respondents")):
        if (
            check.n > 1
            and math.isclose(weights.sum(), total, rel_tol=1e-6)
            and not (equal and total > 1)
        ):
            what = f"weights {show(name)} add up to {words}: totals count nobody, shares are right"
            check.fault("WEIGHT-SUM", what, told=True, got=f"{weights.sum():.10g}")
            return


def _stage(check: Check, role: str, sizes: str, groups: Codes | None) -> Stage | None:
    """Units of one stage within their groups; None after a fault."""
    units = check.codes(role) if getattr(check.design, role) else None
    if groups is None or (units is None and getattr(check.design, role)):
        return None
    group, n_groups = groups.place, len(groups.labels)
    if units is None:
        unit, of, names = np.full(check.n, -1, np.int32), np.zeros(0, np.int32), ()
        sampled = np.bincount(group, check.counts, n_groups).astype(np.int64)
    else:
        key = group.astype(np.int64) * len(units.labels) + units.place
        pairs, first, where = np.unique(key, return_index=True, return_inverse=True)
        of, code = np.divmod(pairs, len(units.labels))
        _in_one_group(check, role, units, groups, (of, code, first))
        unit, of = where.astype(np.int32), of.astype(np.int32)
        names = tuple(np.array(units.labels, object)[code])
        sampled = np.bincount(of, minlength=n_groups)
    fraction = _fractions(check, sizes, groups, sampled)
    if fraction is None:
        return None
    stage = Stage(unit, of, names, sampled, fraction)
    if check.design.replication is None:  # else replicate weights carry the variance
        _alone(check, role, groups, stage)
    return stage


def _in_one_group(
    check: Check,
    role: str,
    units: Codes,
    groups: Codes,
    where: tuple[Counts, Counts, Counts],
) -> None:
    """Note codes that stand in several groups: an error, or odd where most codes do not.

    `where` holds, for each pair of code and group that occurs, the group, the code, the first row.
    """
    of, code, first = where
    many = np.bincount(code, minlength=len(units.labels)) > 1
    nested = check.design.nested
    if not many.any() or (nested and 2 * many.sum() >= len(many)):
        return
    told = []
    for one in np.flatnonzero(many)[:SHOWN].tolist():
        places = np.flatnonzero(code == one)[:SHOWN]
        stands = (f"{show(groups.labels[of[k]])} ({check.at(first[k])})" for k in places)
        told.append(f"{show(units.labels[one])} in {', '.join(stands)}")
    word, within = WORDS[role], _WITHIN[role]
    got = "; ".join(told) + and_more(int(many.sum()))
    if nested:
        what = f"some codes of {word}s, not most, stand in several {within}; each counts as several"
        todo = "see whether they are slips; with nested=False they are errors"
        check.fault(f"{word}-REUSED", what, told=True, got=got, todo=todo)
    else:
        what = f"{word}s stand in several {within}, and nested=False says that a code is one {word}"
        todo = f"correct the codes, or say nested=True if they are counted within {within}"
        check.fault(f"{word}-NESTED", what, got=got, todo=todo)


def _fractions(check: Check, role: str, groups: Codes, sampled: Counts) -> Floats | None:
    """The share of each group that was drawn; None after a fault."""
    name, group, before = getattr(check.design, role), groups.place, len(check.faults)
    if name is None:
        return np.zeros(len(groups.labels))
    found = check.numbers(role, name)
    if found is None:
        return None
    size = found[:, 0]
    each = np.zeros(len(groups.labels))
    each[group] = size
    small = (size < 1) & (size > 0)
    fewer = small if 2 * small.sum() <= check.n else size >= 1
    wrong = {
        "ZERO": size == 0,
        "MIXED": fewer & small.any() & (size >= 1).any(),
        "WHOLE": (size > 1) & (size != np.floor(size)),
        "VARIES": size != each[group],
    }
    for kind, rows in wrong.items():
        if rows.any():
            what, todo = _SIZES[kind]
            got = check.rows(rows, as_array(check.columns[name]))
            if kind == "VARIES":
                places = np.unique(group[rows]).tolist()
                got = f"{listed((groups.labels[k] for k in places), most=SHOWN)}: {got}"
            check.fault(f"POPULATION-{kind}", f"{role} {show(name)}: {what}", got=got, todo=todo)
    if len(check.faults) > before:
        return None
    if small.any():
        return each
    _against_sample(check, role, groups, sampled, each)
    return None if len(check.faults) > before else sampled / each


def _against_sample(check: Check, role: str, groups: Codes, sampled: Counts, sizes: Floats) -> None:
    """Note groups whose population is smaller than their sample, or as large."""
    for code, wrong in (("SMALL", sizes < sampled), ("CENSUS", sizes == sampled)):
        if wrong.any():
            what, todo = _SIZES[code]
            places = np.flatnonzero(wrong)
            told = [
                f"{show(groups.labels[k]) + ': ' if groups.labels[k] else ''}"
                f"{sizes[k]:.0f} of which {sampled[k]} were drawn"
                for k in places[:SHOWN]
            ]
            check.fault(
                f"POPULATION-{code}",
                f"{role}: {what}",
                told=code == "CENSUS",
                got=", ".join(told) + and_more(len(places)),
                todo=todo,
            )


def _alone(check: Check, role: str, groups: Codes, stage: Stage) -> None:
    """Note groups with one unit, from which no variance can be estimated."""
    lonely = check.design.lonely
    alone = (stage.sampled == 1) & (stage.fraction < 1)
    if not alone.any():
        return
    unit = WORDS[role] if getattr(check.design, role) else "respondent"
    if role == "psu" and stage.sampled.sum() == 1:
        what = f"there is one {unit} in the whole design, so that no variance can be estimated"
        check.fault("PSU-ONE", what, todo="name the units that were drawn first")
        return
    if role == "psu" and (stage.sampled == 1).all():
        what = f"every stratum has one {unit}, so that no degrees of freedom are left"
        check.fault("DESIGN-FREEDOM", what, todo="put strata together")
        return
    word, many = ("STRATUM", "strata") if role == "psu" else ("PSU", "PSUs")
    told = lonely != "error"
    todo = LONELY[lonely]
    if not told:
        todo = "say lonely='certainty', 'adjust' or 'average', or put strata together"
    got = listed((groups.labels[k] for k in np.flatnonzero(alone).tolist()), most=SHOWN)
    check.fault(f"{word}-LONELY", f"{many} with one {unit}", told=told, got=got, todo=todo)
