"""Texts of respondents in cells: nothing can run, and each text can be had back as it was."""

from __future__ import annotations

import re

from surveylib.wave.text import guarded

#: What a spreadsheet may take for the end of a cell, whichever delimiter it expects.
_DELIMITER = re.compile(r"([;\t\n\r])")
#: Without one of these in it, a text has nothing that could run.
_SUSPECT = re.compile("[-=+@＝＋－＠\t\r]")
#: What falls away in front of a cell.
_BEFORE = re.compile(r"\A[\s'\"]+")
#: What XML 1.0 has no place for.
_NOT_IN_XML = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
#: These, and carriage returns, which XML readers turn into line breaks.
_TO_ESCAPE = re.compile(f"[\r{_NOT_IN_XML}]")
_LOST_IN_XML = re.compile(f"[{_NOT_IN_XML}]")
#: An underscore from which a reader of a workbook would read an escape that is none.
_LIKE_ESCAPE = re.compile(f"_(?=x[0-9A-Fa-f]{{4}}(?:_|[\r{_NOT_IN_XML}]))")


def safe(text: str) -> str:
    r"""Write a text for a CSV file so that no spreadsheet can run it or a part of it.

    An apostrophe goes in front of what `surveylib.wave.text.guarded` marks. So it does inside,
    after a semicolon, a tab or a line break, quotes or not: a spreadsheet that expects another
    delimiter takes what follows for a cell. Where apostrophes stand already one more is added,
    so that `restored` gives every text back.

    >>> safe("=1+1"), safe("it's 1-10"), safe("a;=1+1"), safe("'=1+1")
    ("'=1+1", "it's 1-10", "a;'=1+1", "''=1+1")
    """
    if not _SUSPECT.search(text):
        return text
    first, *others = _DELIMITER.split(text)
    whole = "".join([first, *(f"'{part}" if _part_runs(part) else part for part in others)])
    return f"'{whole}" if _runs(whole.lstrip("'")) else whole


def restored(cell: str) -> str:
    """The text that `safe` was given.

    >>> restored("'=1+1"), restored("'tis"), restored("''=1+1")
    ('=1+1', "'tis", "'=1+1")
    """
    if not _SUSPECT.search(cell):
        return cell
    whole = cell[1:] if cell.startswith("'") and _runs(cell.lstrip("'")) else cell
    first, *others = _DELIMITER.split(whole)
    parts = (part[1:] if part.startswith("'") and _part_runs(part) else part for part in others)
    return "".join([first, *parts])


def _runs(text: str) -> bool:
    return guarded(text) != text


def _part_runs(part: str) -> bool:
    """Whether a part of a text runs as the start of a cell; quotes in front fall away there.

    The rest of the line is in that cell, too: a number in front of it is no plain number.
    """
    return _runs(_BEFORE.sub("", part) + "…")


def in_workbook(text: str) -> str:
    r"""Write a text for a workbook: what its XML cannot hold as `_x0001_`, as spreadsheets do.

    >>> in_workbook("a\x01b\r"), in_workbook("_x0001_")
    ('a_x0001_b_x000D_', '_x005F_x0001_')
    """
    kept = _TO_ESCAPE.sub(_escape, _LIKE_ESCAPE.sub("_x005F_", text))
    # Readers trim a cell of nothing but spaces, whatever it asks for.
    return f"_x{ord(kept[0]):04X}_{kept[1:]}" if kept and not kept.strip() else kept


def _escape(found: re.Match[str]) -> str:
    return f"_x{ord(found.group()):04X}_"


def without_place_in_xml(text: str) -> bool:
    """Whether a text holds a character that a workbook holds as an escape only."""
    return _LOST_IN_XML.search(text) is not None
