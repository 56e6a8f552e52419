"""Arithmetic on numbers and arrays: no frames, no files, no questions."""

from surveylib.stats import bounds, counts, differences, intervals

__all__ = ["bounds", "counts", "differences", "intervals"]
