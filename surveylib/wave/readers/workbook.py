"""Workbooks of Excel (.xlsx, and .xlsm without its macros): what is stored, cell by cell.

The parts are read here and not by openpyxl. In the mode that needs little memory, openpyxl passes
over rows that stand out of order, knows no merged cells, gives a formula or its value but never
both, and takes three times as long. The tests compare with openpyxl and calamine.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, NoReturn

from surveylib.errors import Fault, show
from surveylib.wave.readers.base import ReadOptions, Sheet, file_hash, refuse
from surveylib.wave.readers.workbook_archive import Archive, open_archive
from surveylib.wave.readers.workbook_cells import TODO, Book, is_index, rich_text
from surveylib.wave.readers.workbook_choice import Tab, choose
from surveylib.wave.readers.workbook_kinds import refuse_archive
from surveylib.wave.readers.workbook_markup import local
from surveylib.wave.readers.workbook_numbers import BUILT_IN, Shown, shown_as
from surveylib.wave.readers.workbook_table import (
    MOST_MERGED,
    MOST_ROWS,
    Merged,
    Row,
    read_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

#: Texts that the cells of a workbook share.
MOST_TEXTS = 10_000_000
_HIDDEN = {"hidden": "hidden", "veryHidden": "very hidden"}


def read(path: Path, options: ReadOptions) -> Sheet:
    """Open a workbook of Excel.

    Args:
        path: The file.
        options: Which sheet, and how many rows stand above the answers.

    Raises:
        ResponsesError: The file is no such workbook, is damaged or not safe to read, or has no
            sheet that can be read as the options say; carries what was found.
        MissingExtraError: defusedxml is not installed.
    """
    archive = open_archive(path)
    digest = file_hash(path)
    workbook = _workbook_part(archive)
    tabs, from_1904 = _tabs(archive, workbook)
    kept = [_shared_texts(archive, workbook)]
    tab, warnings = choose(path, tabs, lambda one: _is_filled(archive, one, kept[0]), options)
    styles = _styles(archive, workbook)

    def rows(merged: list[Merged]) -> Iterator[Row]:
        texts = kept[0] if kept else _shared_texts(archive, workbook)
        return _rows(archive, tab.place, Book(path, texts, styles, from_1904), merged)

    columns, found, batches = read_rows(path, rows, options)
    kept.clear()  # rows are asked for later, if ever; until then the texts need no memory
    return Sheet(
        file=str(path),
        format="xlsx",
        sha256=digest,
        columns=columns,
        batches=batches,
        warnings=(*_macros(archive), *warnings, *found),
    )


def _macros(archive: Archive) -> list[Fault]:
    """A warning of macros: the values are read as they were stored, and no program is run."""
    if not any("vbaproject" in name or "/macrosheets/" in name for name in archive.places):
        return []
    what = "the workbook holds macros, which are not looked at; values are read as they were saved"
    return [Fault(code="WORKBOOK-MACROS", what=what, file=str(archive.path))]


def _workbook_part(archive: Archive) -> str:
    """The name of the part that lists the sheets."""
    others = archive.has("mimetype") or archive.has("xl/workbook.bin")
    if archive.has("_rels/.rels") and not others:
        for kind, target in _relations(archive, "").values():
            if kind == "officeDocument" and archive.has(target):
                sheets = next(archive.elements(target, "sheets"), None)
                if sheets is not None:
                    return target
    return _no_workbook(archive)


def _no_workbook(archive: Archive) -> NoReturn:
    mimetype = ""
    if archive.has("mimetype"):
        mimetype = next(archive.chunks("mimetype"), b"")[:100].decode("ascii", "replace").strip()
    refuse_archive(archive.path, archive.places, mimetype)


def _relations(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """What a part points to: id → kind and name of the part."""
    folder, name = posixpath.split(part)
    listing = posixpath.join(folder, "_rels", f"{name}.rels")
    found = {}
    for one in archive.elements(listing, "Relationship"):
        target = posixpath.normpath(posixpath.join("/", folder, one.get("Target", "")))
        kind = one.get("Type", "").rpartition("/")[2]
        if one.get("TargetMode") != "External":
            found[one.get("Id", "")] = (kind, target.lstrip("/"))
    return found


def _tabs(archive: Archive, workbook: str) -> tuple[list[Tab], bool]:
    """The sheets that hold cells, and whether days count from 1904."""
    relations = _relations(archive, workbook)
    tabs, from_1904 = [], False
    for element in archive.elements(workbook, "workbookPr", "sheet"):
        if local(element.tag) == "workbookPr":
            from_1904 = element.get("date1904") in {"1", "true"}
            continue
        name = element.get("name", "")
        ids = [value for key, value in element.items() if local(key) == "id"]
        kind, part = relations.get(ids[0] if ids else "", ("", ""))
        if kind == "worksheet":
            tabs.append(Tab(name, _HIDDEN.get(element.get("state", ""), ""), part))
        elif not kind:
            what = f"the workbook does not say where the sheet {show(name)} is"
            refuse(archive.path, "WORKBOOK", what, todo=TODO)
    return tabs, from_1904


def _part_of_kind(archive: Archive, workbook: str, kind: str) -> str:
    relations = _relations(archive, workbook).values()
    return next((part for found, part in relations if found == kind), "")


def _styles(archive: Archive, workbook: str) -> list[Shown]:
    """What the number format of each style makes of a number."""
    part = _part_of_kind(archive, workbook, "styles")
    if not part:
        return ["number"]
    formats: dict[int, Shown] = dict(BUILT_IN)
    styles: list[Shown] = []
    for element in archive.elements(part, "numFmts", "cellXfs"):
        for one in element:
            number = one.get("numFmtId", "0")
            if not is_index(number):
                what = f"a number format has the id {show(number)}"
                refuse(archive.path, "WORKBOOK", what, todo=TODO)
            if local(element.tag) == "numFmts":
                formats[int(number)] = shown_as(one.get("formatCode", ""))
            else:
                styles.append(formats.get(int(number), "number"))
    return styles or ["number"]


def _shared_texts(archive: Archive, workbook: str) -> list[str]:
    part = _part_of_kind(archive, workbook, "sharedStrings")
    if not archive.has(part):
        return []  # where no cell has a text, some programs name a part that is not there
    found: list[str] = []
    for element in archive.elements(part, "si"):
        found.append(rich_text(archive.path, element))
        if len(found) > MOST_TEXTS:
            refuse(archive.path, "SHEET-SIZE", f"the workbook has more than {MOST_TEXTS} texts")
    return found


def _is_filled(archive: Archive, tab: Tab, texts: list[str]) -> bool:
    """Whether a sheet has a cell with a value or a formula."""
    return any(
        _holds(archive.path, part, texts if cell.get("t") == "s" else None)
        for row in archive.elements(tab.place, "row")
        for cell in row
        for part in cell
    )


def _holds(file: Path, part: Element, texts: list[str] | None) -> bool:
    """Whether a part of a cell is a formula or a value other than the empty text."""
    name, value = local(part.tag), part.text or ""
    if name == "is":
        return bool(rich_text(file, part))
    if name != "v" or not value:
        return name == "f"
    if texts is None or not is_index(value) or int(value) >= len(texts):
        return True
    return bool(texts[int(value)])


def _rows(archive: Archive, part: str, book: Book, merged: list[Merged]) -> Iterator[Row]:
    last = 0
    for element in archive.elements(part, "row", "mergeCell"):
        if local(element.tag) == "mergeCell":
            merged.append(book.merged(element.get("ref", "")))
            if len(merged) > MOST_MERGED:
                refuse(archive.path, "SHEET-SIZE", f"more than {MOST_MERGED} merged ranges")
            continue
        text = element.get("r")
        line = last + 1 if text is None else int(text) if is_index(text) else 0
        if not last < line <= MOST_ROWS:
            what = f"the row {show(text)} follows the row {last}"
            refuse(archive.path, "WORKBOOK", what, todo=TODO)
        last = line
        cells, width = book.cells(element, line)
        yield Row(line, cells, width, 1, len(cells))
