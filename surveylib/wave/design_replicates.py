"""Replicate weights of a sample, checked against the main weight and against how they were made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from surveylib.errors import listed, show
from surveylib.wave.design import REPLICATIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from surveylib.wave.design import Design
    from surveylib.wave.design_columns import Check

    Floats = NDArray[np.float64]

#: Replicate weights whose totals are this far from the main weight's are factors, not weights.
_FAR_TOTAL = 10


def read_replicates(check: Check, weights: Floats | None) -> Floats | None:
    """Replicate weights side by side; None without, or after a fault.

    Args:
        check: The columns.
        weights: The main weights; None after a fault.
    """
    design = check.design
    if design.replication is None:
        return None
    kind = REPLICATIONS[design.replication]
    told = ("NEGATIVE",) if kind.differences else ()
    found = check.numbers("replicate_weights", *design.replicate_weights, told=told)
    if found is None or weights is None:
        return found
    told_apart(check, (found == weights[:, None]).all(0), found.sum(0), float(weights.sum()))
    _all_named(check)
    return found


def told_apart(check: Check, same: NDArray[np.bool_], totals: Floats, weight: float) -> None:
    """Note replicate weights that are none: equal to the main weight, or of another total.

    Args:
        check: What is found is noted here.
        same: (R,) whether each replicate weight equals the main weight everywhere.
        totals: (R,) the sum of each.
        weight: The sum of main weights.
    """
    design = check.design
    kind = REPLICATIONS[str(design.replication)]
    names = [
        show(name) for name, is_same in zip(design.replicate_weights, same, strict=True) if is_same
    ]
    if same.all():
        what = "every replicate weight equals the main weight, so that nothing would vary"
        check.fault("REPLICATE-ALL-MAIN", what, todo="name the columns of replicate weights")
    elif same.any():
        what = "the main weight stands among the replicate weights"
        todo = "leave the column out, and count again how many replicates there are"
        if kind.differences:
            what = "a replicate weight equals the main weight: right, where its factors are all 1"
            todo = "see whether the file's documentation says so"
        got = ", ".join(names)
        check.fault("REPLICATE-MAIN", what, told=kind.differences, got=got, todo=todo)
    if not totals.all():
        got = listed(np.array(design.replicate_weights, object)[totals == 0])
        check.fault("REPLICATE-ALL-ZERO", "replicate weights that add up to 0", got=got)
    if totals.all() and not totals_agree(weight, totals):
        what = "replicate weights do not add up to what the main weight adds up to"
        got = f"{np.median(totals) / weight:.3g} times as much, at the median"
        todo = "multiply them by the main weight, where they are factors"
        check.fault("REPLICATE-TOTAL", what, got=got, wanted="about as much", todo=todo)


def _all_named(check: Check) -> None:
    """A further column that carries on the numbers of the last one means a wrong count."""
    following = next_replicate(check.design)
    if following in check.columns and following not in check.design.columns:
        named = check.design.replicate_weights
        what = f"the data goes on with {show(following)}, which is not named"
        got = f"{len(named)} columns, the last {show(named[-1])}"
        todo = "name every replicate weight: the scale of the variance counts them"
        check.fault("REPLICATE-COUNT", what, got=got, todo=todo)


def next_replicate(design: Design) -> str | None:
    """What a column after the last replicate weight would be called; None where it may be there.

    Args:
        design: A design with replicate weights.

    >>> from surveylib.wave.design import Design
    >>> names = Design.numbered("r", 2, digits=2)
    >>> next_replicate(Design(weights="w", replicate_weights=names, replication="jk1"))
    'r03'
    """
    last = re.fullmatch(r"(.*?)([0-9]+)", design.replicate_weights[-1])
    if last is None or not REPLICATIONS[str(design.replication)].all_named:
        return None
    return f"{last[1]}{int(last[2]) + 1:0{len(last[2])}d}"


def totals_agree(weight: float, replicates: Floats) -> bool:
    """Whether replicate weights add up to about what the main weight adds up to.

    Args:
        weight: The sum of main weights.
        replicates: (R,) the sum of each replicate weight, none of them 0.
    """
    return bool(1 / _FAR_TOTAL < np.median(replicates) / weight < _FAR_TOTAL)
