"""XLSForm, the workbook from which ODK, Kobo and others make forms."""

from __future__ import annotations

from surveylib.instrument.formats.base import Format
from surveylib.instrument.formats.xlsform.read import read
from surveylib.instrument.formats.xlsform.write import write

FORMAT = Format(
    title="XLSForm",
    suffix=".xlsx",
    keeps=frozenset(
        {
            *(
                "title",
                "introduction",
                "version",
                "languages",
                "questions",
                "kinds",
                "texts",
                "codes",
                "labels",
            ),
            *("routing", "required", "exclusive", "write-in", "ticks", "missing"),
            *("missing labels", "other states", "rows", "cells", "scores", "intervals", "units"),
            *("number limits", "dates", "sections", "titles", "concepts", "base", "period"),
            *("notes", "nets", "retired", "derived", "population"),
        }
    ),
    partly={
        "option order": "the form also shuffles the ways of not answering; the columns of a grid "
        "stay in order",
    },
    write=write,
    read=read,
    extra="formats",
)
