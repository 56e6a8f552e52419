"""Response exports of Qualtrics: text with two header rows, or three with the ids of columns.

The older export has a row of names and a row of texts. The newer one, of Insights, has a third
row with an object such as `{"ImportId":"QID5-1"}` in each cell. Names and the order of columns
differ between the two, and with the settings of an export; the ids do not. Cells stay as they are:
a box that was ticked holds what the survey's recode value or label is, mostly `1`, and nothing
tells a box that was not ticked from one that was not shown.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from surveylib.errors import Fault, listed, show
from surveylib.wave.readers import delimited
from surveylib.wave.readers.base import refuse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from surveylib.wave.readers.base import Column, ReadOptions, Sheet

#: Columns that Qualtrics fills with what may tell who answered, by its own names.
PERSONAL = (
    *("IPAddress", "Name", "EmailAddress"),
    *("RecipientLastName", "RecipientFirstName", "RecipientEmail"),
    *("ExternalDataReference", "ExternalReference", "LocationLatitude", "LocationLongitude"),
)
_PERSONAL_IDS = frozenset(name.casefold() for name in PERSONAL)
#: Texts of the second row that stand above what Qualtrics itself knows of a response.
_OWN_TEXTS = frozenset(
    {
        *("responseid", "responseset", "startdate", "enddate", "recordeddate", "ipaddress"),
        *("locationlatitude", "locationlongitude"),
    }
)
#: What the older export calls columns of its own; their names stand in the second row.
_NUMBERED = re.compile(r"V[0-9]{1,4}")
_ID = "ImportId"
#: One pair of an object in single quotes, as Python shows it.
_PAIR = re.compile(r"""(['"])(?P<key>\w+)\1\s*:\s*(['"])(?P<value>(?:(?!\3)[^\\])*)\3""")
_LONGEST_ID = 10_000


def read(path: Path, options: ReadOptions) -> Sheet:
    """Open a response export of Qualtrics; how many header rows it has is seen in the file.

    Heads are name and text, and the id where the file has it: `QID5-1`. Where Qualtrics keeps the
    choice beside the id of the question, both are joined so. What else it says beside an id, such
    as the time zone of a date, is the label of the column.

    Args:
        path: The file, with commas or tabs.
        options: Encoding, delimiter, and rows that somebody put above the header. The number of
            header rows is not looked at.

    Raises:
        ResponsesError: The header is none of Qualtrics, or as for other files of text with a
            delimiter.
    """
    two = replace(options, header_rows=2, fill_heads=False)
    sheet = delimited.read(path, two)
    ids = [_object(cell) for cell in _first_row(sheet)]
    line = options.title_rows + 1
    if any(ids):
        sheet = delimited.read(path, replace(two, header_rows=3))
        columns = _with_ids(path, sheet.columns)
    else:
        _check_texts(path, [column.heads[1] for column in sheet.columns])
        columns = sheet.columns
    warnings = tuple(_personal(path, line, column) for column in columns if _is_personal(column))
    return replace(sheet, format="qualtrics", columns=columns, warnings=sheet.warnings + warnings)


def _first_row(sheet: Sheet) -> Sequence[str]:
    """The cells of the row below two header rows."""
    batch = next(sheet.batches(), None)
    if batch is None:
        return ()
    if batch.odd and batch.odd[0].record == 1:
        return batch.odd[0].cells
    return [cells[0] for cells in batch.columns]


def _object(cell: str) -> Mapping[str, str]:
    """What a cell of the third row holds; empty where it is no object with an id.

    >>> _object("{'ImportId': 'QID5-1'}")
    {'ImportId': 'QID5-1'}
    >>> _object('{"ImportId":"startDate","timeZone":"Europe/Berlin"}')["timeZone"]
    'Europe/Berlin'
    >>> _object("1"), _object('{"ImportId": 1}')
    ({}, {})
    """
    text = cell.strip()
    if not (text.startswith("{") and text.endswith("}")) or len(text) > _LONGEST_ID:
        return {}
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        pairs = list(_PAIR.finditer(text))
        rest = _PAIR.sub("", text[1:-1]).replace(",", "").strip()
        found = {pair["key"]: pair["value"] for pair in pairs} if not rest else {}
    texts = all(isinstance(value, str) for value in found.values())
    return found if texts and found.get(_ID) else {}


def _with_ids(path: Path, columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns with plain ids.

    Raises:
        ResponsesError: A cell of the third row holds something else.
    """
    ids = [_object(column.heads[2]) for column in columns]
    strange = [
        column.letter
        for column, told in zip(columns, ids, strict=True)
        if column.heads[2].strip() and not told
    ]
    if strange:
        refuse(
            path,
            "QUALTRICS-HEADER",
            f"the third row has ids of columns, and something else in column {listed(strange)}",
            got=show(columns[[c.letter for c in columns].index(strange[0])].heads[2]),
            wanted='an object such as {"ImportId":"QID1"} in each cell',
            todo="export the file again, and do not edit its header",
        )
    return tuple(
        replace(column, heads=(*column.heads[:2], _plain_id(told)), label=_beside(told))
        for column, told in zip(columns, ids, strict=True)
    )


def _plain_id(told: Mapping[str, str]) -> str:
    """The id of a column, with the choice where that stands beside it.

    >>> _plain_id({"ImportId": "QID5", "choiceId": "1"})
    'QID5-1'
    """
    return "-".join(told[key] for key in (_ID, "choiceId") if key in told)


def _beside(told: Mapping[str, str]) -> str:
    return "; ".join(f"{key}: {told[key]}" for key in told if key not in {_ID, "choiceId"})


def _check_texts(path: Path, texts: Sequence[str]) -> None:
    """Refuse a file whose second row may be a respondent.

    Raises:
        ResponsesError: Nothing in the row is a text of Qualtrics' own.
    """
    if not any("".join(text.split()).casefold() in _OWN_TEXTS for text in texts):
        refuse(
            path,
            "QUALTRICS-HEADER",
            "the second row may be a respondent: it names no column of Qualtrics' own",
            got=listed([text for text in texts if text.strip()], most=3),
            wanted="texts such as 'Response ID' and 'Start Date', or a third row of ids",
            todo="where it is a header, name the format csv and say header_rows: 2",
        )


def _is_personal(column: Column) -> bool:
    name, text, *ids = column.heads
    own = text if _NUMBERED.fullmatch(name.strip()) else name
    # `panel-RecipientEmail` in older exports, `recipientEmail` in newer ones.
    return own.strip() in PERSONAL or any(
        told.rpartition("-")[2].casefold() in _PERSONAL_IDS for told in ids
    )


def _personal(path: Path, line: int, column: Column) -> Fault:
    return Fault(
        code="PERSONAL-COLUMN",
        what=f"column {column.letter} is one in which Qualtrics keeps who answered, or where",
        file=str(path),
        line=line,
        got=show(column.head),
        todo="leave it out of the wave, and of the file where you can",
    )
