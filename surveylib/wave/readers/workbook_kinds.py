"""What a file really is that was named as a workbook and is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from surveylib.errors import listed
from surveylib.wave.readers.base import refuse

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

_CHUNK = 1 << 20
_SAMPLE = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SAVE = "open it in a spreadsheet program and save it as .xlsx"
#: Names of streams in an OLE file → what holds them. The first that is found counts.
_STREAMS = (
    ("EncryptedPackage", "", ""),
    ("Workbook", "a workbook of the old kind (.xls)", _SAVE),
    ("Book", "a workbook of the old kind (.xls)", _SAVE),
    ("WordDocument", "a Word document of the old kind (.doc)", ""),
    ("PowerPoint Document", "a presentation of the old kind (.ppt)", ""),
)
#: First bytes → what the file is, and what to do.
_STARTS = (
    (b"\x1f\x8b", "a file compressed with gzip", "unpack it first"),
    (b"%PDF", "a PDF", ""),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it first"),
    (b"Rar!", "a RAR archive", "unpack it first"),
    (b"{\\rtf", "a text document (RTF)", ""),
)
#: Text that the beginning of a file holds, in small letters → what the file is, and what to do.
_TEXTS = (
    ("urn:schemas-microsoft-com:office:spreadsheet", "a workbook as one XML file (2003)", _SAVE),
    ("urn:oasis:names:tc:opendocument", "an OpenDocument file without an archive (.fods)", _SAVE),
    ("<html", "a web page (HTML)", _SAVE),
    ("<!doctype html", "a web page (HTML)", _SAVE),
    ("<table", "a web page (HTML)", _SAVE),
    ("<?xml", "an XML file", ""),
)
#: Parts of an archive → what the archive is, and what to do.
_PARTS = (
    ("xl/workbook.bin", "a binary workbook (.xlsb)", _SAVE),
    ("xl/workbook.xml", "a workbook (.xlsx)", "name its format: xlsx"),
    ("word/document.xml", "a Word document (.docx)", ""),
    ("ppt/presentation.xml", "a presentation (.pptx)", ""),
    ("index/document.iwa", "a Numbers file", "export it as .xlsx"),
    ("index.zip", "a Numbers file", "export it as .xlsx"),
)
_SHEETS = "application/vnd.oasis.opendocument.spreadsheet"


def refuse_other(path: Path) -> NoReturn:
    """Stop at a file that is no archive, and say what it is.

    Raises:
        ResponsesError: Always.
    """
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    if start.startswith(_OLE):
        _refuse_ole(path)
    for sign, kind, todo in _STARTS:
        if start.startswith(sign):
            _refuse_kind(path, kind, todo)
    text = _text(start)
    for begun, kind, todo in _TEXTS:
        if begun in text.lower():
            _refuse_kind(path, kind, todo)
    if text and all(char.isprintable() or char in "\t\r\n" for char in text):
        _refuse_kind(path, "a file of text such as CSV", "name its format: csv")
    _refuse_kind(path, "something else", _SAVE)


def refuse_archive(path: Path, names: Collection[str], mimetype: str) -> NoReturn:
    """Stop at an archive that is not the workbook it should be, and say what it is.

    Args:
        path: The file.
        names: Its members, in small letters.
        mimetype: What the archive says that it is; empty if it says nothing.

    Raises:
        ResponsesError: Always.
    """
    if mimetype.removesuffix("-template") == _SHEETS:
        _refuse_kind(path, "an OpenDocument spreadsheet (.ods)", "name its format: ods")
    if mimetype:
        _refuse_kind(path, f"a file of the kind {mimetype}", "")
    for part, kind, todo in _PARTS:
        if part in names:
            _refuse_kind(path, kind, todo)
    _refuse_kind(path, f"an archive of other files: {listed(sorted(names), most=5)}", _SAVE)


def _refuse_kind(path: Path, kind: str, todo: str) -> NoReturn:
    refuse(path, "FILE-KIND", "the file is not what its name says", got=kind, todo=todo)


def _refuse_ole(path: Path) -> NoReturn:
    """Say what an OLE file is, by the names in its directory, which may lie anywhere in it."""
    signs = {name: f"{name}\0".lower().encode("utf-16-le") for name, _, _ in _STREAMS}
    found, kept = set(), b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            held = (kept + chunk).lower()  # names in an OLE file are the same in any case
            found |= {name for name, sign in signs.items() if sign in held}
            kept = chunk[-64:]
    if "EncryptedPackage" in found:
        what = "the workbook is protected by a password"
        refuse(path, "FILE-PASSWORD", what, todo="open it and save it without a password")
    for name, kind, todo in _STREAMS:
        if name in found:
            _refuse_kind(path, kind, todo)
    _refuse_kind(path, "an OLE file, as old Office programs write them", _SAVE)


def _text(start: bytes) -> str:
    """The beginning of a file as text; empty if it is none."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"", "utf-8-sig")):
        if start.startswith(mark):
            try:
                # A character may be cut where the sample ends.
                return start.decode(
                    encoding, errors="ignore" if len(start) == _SAMPLE else "strict"
                )
            except UnicodeDecodeError:
                break
    return start.decode("cp1252", errors="replace") if b"\0" not in start else ""
