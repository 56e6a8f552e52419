"""LimeSurvey: its tab-separated survey structure, written and read, and its survey file, read."""

from __future__ import annotations

from types import MappingProxyType

from surveylib.instrument.formats.base import Format
from surveylib.instrument.formats.limesurvey.read import read_lss, read_tsv
from surveylib.instrument.formats.limesurvey.write import write

FORMAT = Format(
    title="LimeSurvey survey structure",
    suffix=".txt",
    keeps=frozenset(
        {
            *("title", "introduction", "version", "languages", "questions", "kinds", "texts"),
            *("codes", "labels", "routing", "required", "exclusive", "write-in", "ticks"),
            *("missing", "missing labels", "other states", "rows", "cells", "scores"),
            *("intervals", "units", "number limits", "dates", "sections", "titles", "concepts"),
            *("base", "period", "notes", "nets", "retired", "derived", "population"),
        }
    ),
    partly=MappingProxyType(
        {
            "option order": "LimeSurvey also shuffles the ways of not answering; the columns of a "
            "grid stay in order",
        }
    ),
    write=write,
    read=read_tsv,
)

LSS_FORMAT = Format(
    title="LimeSurvey survey file",
    suffix=".lss",
    keeps=frozenset(
        {
            *("title", "introduction", "version", "languages", "questions", "texts", "codes"),
            *("labels", "required", "exclusive", "rows", "dates", "sections"),
        }
    ),
    partly=MappingProxyType(
        {
            "kinds": "lists are single answers, unless surveylib wrote the survey",
            "routing": "equations that compare answers with values; others in words",
            "write-in": "LimeSurvey's own answer Other",
            "ticks": "where they are numbers",
            "cells": "one answer or several",
            "units": "what stands behind the field",
            "number limits": "how many decimals an answer has is not in the file",
            "option order": "random order",
        }
    ),
    read=read_lss,
    extra="formats",
)
