"""The papers that the formulas come from."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


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
        "Goodman (1965)",
        "On simultaneous confidence intervals for multinomial proportions. Technometrics 7, "
        "247–254.",
    ),
    Reference(
        "Korn and Graubard (1998)",
        "Confidence intervals for proportions with small expected number of positive counts "
        "estimated from survey data. Survey Methodology 24, 193–201.",
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
        "Parker and others (2017)",
        "National Center for Health Statistics data presentation standards for proportions. Vital "
        "and Health Statistics 2(175).",
    ),
    Reference(
        "Quesenberry and Hurst (1964)",
        "Large sample simultaneous confidence intervals for multinomial proportions. Technometrics "
        "6, 191–195.",
    ),
    Reference(
        "Sison and Glaz (1995)",
        "Simultaneous confidence intervals and sample size determination for multinomial "
        "proportions. Journal of the American Statistical Association 90, 366–369.",
    ),
    Reference(
        "Wilson (1927)",
        "Probable inference, the law of succession, and statistical inference. Journal of the "
        "American Statistical Association 22, 209–212.",
    ),
)

#: What each method computes, with x of n, p = x/n, q = 1 - p and the normal quantile z.
FORMULAS: Mapping[str, str] = MappingProxyType(
    {
        "wilson": "(2np + z² ± z√(z² + 4npq)) / 2(n + z²)",
        "clopper-pearson": "the α/2 quantile of Beta(x, n−x+1) and the 1−α/2 one of Beta(x+1, n−x)",
        "jeffreys": "the α/2 and 1−α/2 quantiles of Beta(x+½, n−x+½); 0 for x = 0, 1 for x = n",
        "agresti-coull": "p̃ ± z√(p̃q̃/ñ) with ñ = n + z² and p̃ = (x + z²/2)/ñ, cut at 0 and 1",
        "mid-p": "P(X > x) + ½P(X = x) = α/2 and P(X < x) + ½P(X = x) = α/2, solved for the share",
        "korn-graubard": "Clopper–Pearson’s limits with n* for n and p·n* for x, where n* is the "
        "effective n, at most n, times (t(n−1)/t(df))²",
        "logit": "the share whose log odds are ln(p/q) ± z/√(npq); Clopper–Pearson’s limits for "
        "x = 0 and x = n",
        "arcsine": "sin²(arcsin√p ± z/(2√n)), with the angle cut at 0 and π/2",
        "likelihood": "every share θ with 2n(p ln(p/θ) + q ln(q/(1−θ))) ≤ z²",
        "newcombe": "D − √((p₂−l₂)² + (u₁−p₁)²) to D + √((u₂−p₂)² + (p₁−l₁)²), with D = p₂ − p₁ "
        "and Wilson’s limits l and u",
        "newcombe-continuity": "the same from Wilson’s limits with a correction for continuity",
        "miettinen-nurminen": "every δ with |D − δ| ≤ z√V(δ), V(δ) = (p̃₁q̃₁/n₁ + p̃₂q̃₂/n₂)·N/(N−1) "
        "at the likeliest shares that differ by δ",
        "mee": "every δ with |D − δ| ≤ z√V(δ), V(δ) = p̃₁q̃₁/n₁ + p̃₂q̃₂/n₂ at the likeliest shares "
        "that differ by δ",
        "agresti-caffo": "D̃ ± z√(p̃₁q̃₁/ñ₁ + p̃₂q̃₂/ñ₂) with p̃ = (x+1)/(n+2) and ñ = n + 2",
        "wald": "p ± z√(pq/n) for a share, cut at 0 and 1, with Clopper–Pearson’s limits for "
        "x = 0 and x = n; D ± z√(p₁q₁/n₁ + p₂q₂/n₂) for a difference",
        "goodman": "Wilson’s limits for each of k answers, with z² the 1−α/k quantile of χ²(1)",
        "quesenberry-hurst": "Wilson’s limits for each of k answers, with z² the 1−α quantile of "
        "χ²(k−1)",
        "sison-glaz": "p − c/n to p + (c+2γ)/n, with the c and γ at which samples with these "
        "shares have every count within c + γ of these with probability 1−α",
    }
)
