"""Arithmetic on numbers and arrays: no frames, no files, no questions."""
