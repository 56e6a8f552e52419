"""Qualtrics' survey files, read only: Qualtrics does not say how to write them."""

from __future__ import annotations

from types import MappingProxyType

from surveylib.instrument.formats.base import Format
from surveylib.instrument.formats.qualtrics.read import read

FORMAT = Format(
    title="Qualtrics survey",
    suffix=".qsf",
    keeps=frozenset(
        {
            *("title", "version", "questions", "texts", "codes", "labels", "required"),
            *("exclusive", "write-in", "ticks", "rows", "sections"),
        }
    ),
    partly=MappingProxyType(
        {
            "languages": "those in which something is written",
            "kinds": "choices are single answers, and bands and scales are choices",
            "routing": "display and branch logic that compares answers; other logic in words",
            "cells": "one answer or several",
            "number limits": "where the answer is checked to be a number",
            "option order": "random order of all choices",
        }
    ),
    read=read,
)
