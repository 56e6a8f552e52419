"""Arithmetic on numbers and arrays: no frames, no files, no questions."""

from surveylib.stats import bounds, differences, intervals

__all__ = ["bounds", "differences", "intervals"]
