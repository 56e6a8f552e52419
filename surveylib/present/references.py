"""The papers that the formulas come from."""

from __future__ import annotations

from typing import NamedTuple


class Reference(NamedTuple):
    """A paper: its short name in docstrings, and where to find it."""

    name: str
    full: str


REFERENCES = (
    Reference(
        "Agresti and Caffo (2000)",
        "Simple and effective confidence intervals for proportions and differences of proportions "
        "result from adding two successes and two failures. The American Statistician 54, 280–288.",
    ),
    Reference(
        "Agresti and Coull (1998)",
        "Approximate is better than “exact” for interval estimation of binomial proportions. The "
        "American Statistician 52, 119–126.",
    ),
    Reference(
        "Berry and Armitage (1995)",
        "Mid-P confidence intervals: a brief review. The Statistician 44, 417–423.",
    ),
    Reference(
        "Brown, Cai and DasGupta (2001)",
        "Interval estimation for a binomial proportion. Statistical Science 16, 101–133.",
    ),
    Reference(
        "Clopper and Pearson (1934)",
        "The use of confidence or fiducial limits illustrated in the case of the binomial. "
        "Biometrika 26, 404–413.",
    ),
    Reference(
        "Mee (1984)",
        "Confidence bounds for the difference between two probabilities. Biometrics 40, 1175–1176.",
    ),
    Reference(
        "Miettinen and Nurminen (1985)",
        "Comparative analysis of two rates. Statistics in Medicine 4, 213–226.",
    ),
    Reference(
        "Newcombe (1998)",
        "Two-sided confidence intervals for the single proportion: comparison of seven methods. "
        "Statistics in Medicine 17, 857–872; and: Interval estimation for the difference between "
        "independent proportions: comparison of eleven methods. Statistics in Medicine 17, "
        "873–890.",
    ),
    Reference(
        "Wilson (1927)",
        "Probable inference, the law of succession, and statistical inference. Journal of the "
        "American Statistical Association 22, 209–212.",
    ),
)
