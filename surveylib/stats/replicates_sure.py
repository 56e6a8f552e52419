"""How many replicates are independent, from sums over cells of respondents, where that is sure.

Sums over cells can hide what tells replicates apart, and never invent it: what is independent in
them is so in the respondents, too. What looks dependent has to be tried on the respondents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import linalg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

#: What rounding leaves of a replicate that depends on others; of its squared length.
_NOTHING = 1e-13
#: Well above what `independent` takes for nothing, 1e-10 of a squared length.
_SOMETHING = 1e-9
#: Well below that, in all respondents.
_SURELY_NOTHING = 1e-14
#: Mixtures of the replicates that look dependent, tried at once.
_TRIALS = 3


class Apart(NamedTuple):
    """Replicates that are surely independent, and what the others would have to follow from.

    Args:
        known: How many are independent; None where cells do not tell.
        mixtures: (M, R) sums of replicates, by these factors, that are 0 for every respondent if
            no more are independent than `known`; none where all are.
    """

    known: int | None
    mixtures: Floats


def apart(sums: Floats, rows: Whole, squares: Floats) -> Apart:
    """Say which replicates are surely independent.

    Args:
        sums: (C, R) sums of replicate weights over cells of respondents.
        rows: (C,) respondents of each cell.
        squares: (R,) sums of squared replicate weights of all respondents.
    """
    count = len(squares)
    if not (squares > 0).all() or not np.isfinite(sums).all() or not np.isfinite(squares).all():
        return Apart(None, np.zeros((0, count)))
    # By Cauchy and Schwarz, (Σ x)² / rows of a cell is at most its Σ x², whatever x combines.
    scaled = sums / np.sqrt(rows)[:, None] / np.sqrt(squares)
    products = scaled.T @ scaled
    _, pivots, rank, _ = linalg.lapack.dpstrf(products, tol=_NOTHING)
    order = np.asarray(pivots, np.int64) - 1
    kept, others = order[:rank], order[rank:]
    least = float(np.linalg.eigvalsh(products[np.ix_(kept, kept)]).min(initial=1.0))
    if not rank or least < _SOMETHING * rank:
        return Apart(None, np.zeros((0, count)))
    if not len(others):
        return Apart(count, np.zeros((0, count)))
    follow, *_ = np.linalg.lstsq(scaled[:, kept], scaled[:, others], rcond=None)
    random = np.random.default_rng(0).standard_normal((_TRIALS, len(others)))
    mixtures = np.zeros((_TRIALS, count))
    mixtures[:, others] = random
    mixtures[:, kept] = -random @ follow.T
    return Apart(int(rank), mixtures / np.sqrt(squares))


def is_nothing_left(squares: Floats) -> bool:
    """Whether mixtures of replicates are 0 but for rounding.

    Args:
        squares: (M,) sums of their squares over all respondents.
    """
    return bool((squares <= _SURELY_NOTHING).all())
