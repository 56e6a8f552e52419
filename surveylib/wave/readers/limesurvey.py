"""Response exports of LimeSurvey: text with one row of headings, as its export page offers them.

Headings are codes such as `Q1`, `Q1[SQ001]` for a part, `Q1[other]` for a text of one's own and
`Q1[SQ001comment]` for a comment; or full texts; or both, as `Q1[SQ001]. Where?`. Cells stay as they
are. A question with boxes to tick has one column for each box, with `Y`, `N` or nothing where
codes were exported and `Yes`, `No` or nothing where answers were.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from surveylib.wave.readers import delimited

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from surveylib.wave.readers.base import ReadOptions, Sheet

#: A code, its parts in brackets, and behind a point or colon the text, where there is one.
_HEADING = re.compile(
    r"(?P<code>[A-Za-z]\w*(?:\[[^\[\]]+\]){0,2})(?:[.:](?:\s+(?P<text>.*))?)?", re.DOTALL | re.ASCII
)


def read(path: Path, options: ReadOptions) -> Sheet:
    """Open a response export of LimeSurvey; it has one header row, whatever the options say.

    Args:
        path: The file, with commas, semicolons or tabs.
        options: Encoding, delimiter, and rows that somebody put above the headings.

    Raises:
        ResponsesError: As for other files of text with a delimiter.
    """
    sheet = delimited.read(path, replace(options, header_rows=1, fill_heads=False))
    heads = split_headings([column.heads[0] for column in sheet.columns])
    columns = tuple(
        replace(column, heads=texts) for column, texts in zip(sheet.columns, heads, strict=True)
    )
    return replace(sheet, format="limesurvey", columns=columns)


def split_headings(headings: Sequence[str]) -> list[tuple[str, ...]]:
    """Take code and text apart, in a file where every heading begins with a code.

    A full text such as `Comments: what else?` looks as if it had a code. A file of full texts has
    others that do not, such as `Response ID`; its headings stay whole.

    Args:
        headings: Those of the whole file.

    Returns:
        Code and text, or what there is.

    >>> split_headings(["id. Response ID", "Q1[SQ001]. Where? [North]", "Q2"])
    [('id', 'Response ID'), ('Q1[SQ001]', 'Where? [North]'), ('Q2',)]
    >>> split_headings(["Response ID", "Comments: what else?"])
    [('Response ID',), ('Comments: what else?',)]
    """
    found = [_HEADING.fullmatch(heading) for heading in headings]
    if not all(found):
        return [(heading,) for heading in headings]
    return [
        (match["code"], match["text"]) if match["text"] else (match["code"],)
        for match in found
        if match
    ]
