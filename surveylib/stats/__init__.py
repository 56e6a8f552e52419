"""Arithmetic on numbers and arrays: no frames, no files, no questions.

Modules are opened when first used, so that a first estimate does not wait for all of them.
"""

from importlib import import_module
from types import ModuleType

__all__ = [
    "banded",
    "bounds",
    "censored",
    "counts",
    "crosstabs",
    "cumulative",
    "decomposition",
    "detecting",
    "differences",
    "equivalence",
    "interpolation",
    "intervals",
    "joinpoint",
    "logistic",
    "margins",
    "mover",
    "multiplicity",
    "nonresponse",
    "odds",
    "ordered",
    "overlap",
    "paired",
    "paired_ratio",
    "planning",
    "ratios",
    "regression",
    "replicates",
    "segments",
    "shifts",
    "simultaneous",
    "sizes",
    "standardise",
    "suppression",
    "trends",
    "trends_fits",
    "trends_ordered",
    "trends_ranges",
    "trends_series",
    "trends_slopes",
    "turnbull",
    "turnover",
    "variance",
    "weighting",
]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        message = f"module 'surveylib.stats' has no attribute '{name}'"
        raise AttributeError(message)
    return import_module(f"surveylib.stats.{name}")


def __dir__() -> list[str]:
    return sorted(__all__)
