"""Sums over people, of very many answers: a product for each class, and none for each stratum.

K stands for answers, D for groups, C for classes of people, H for strata.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

#: What rounding leaves of Σ y² - (Σ y)² / n where all are alike, for each √n of Σ y².
ROUNDING = 4 * np.finfo(np.float64).eps


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMoments:
    """The same of very many answers of people drawn singly: a product for each class of people.

    Args:
        n: (H,) people in each stratum.
        sums: (H, D*K) sums of the linearised values of K answers in D groups.
        squares: (H, D, C) sums of squared weights of each class of people.
        values: (D, C, K) what a unit of weight in a class adds to each answer.
    """

    n: Whole
    sums: Floats
    squares: Floats
    values: Floats

    def spread(self, scale: Floats) -> tuple[Floats, Floats]:
        """(K, K) products around strata's means, times `scale` (H,), and (K,) their rounding."""
        means = self.sums * np.sqrt(scale / np.maximum(self.n, 1))[:, None]
        found, k = -(means.T @ means), self.values.shape[2]
        squares = np.tensordot(scale, self.squares, axes=1)
        raw = []
        for group, (values, square) in enumerate(zip(self.values, squares, strict=True)):
            product = (values * square[:, None]).T @ values
            found[group * k : (group + 1) * k, group * k : (group + 1) * k] += product
            raw.append(np.diagonal(product))
        return found, ROUNDING * np.sqrt(self.n.sum()) * np.concatenate(raw)
