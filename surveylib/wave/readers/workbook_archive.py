"""The archive that a workbook is: inflated once before anything is taken from it.

Sizes are counted while inflating and compared with what the archive says of itself; members may
not overlap, nor stand twice. What is no such archive is refused with what it is.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, NamedTuple
from xml.etree.ElementTree import ParseError

from surveylib.errors import listed, show
from surveylib.wave.readers.base import MOST_BYTES, refuse
from surveylib.wave.readers.workbook_kinds import refuse_other
from surveylib.wave.readers.workbook_markup import Prologue, elements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from xml.etree.ElementTree import Element

MOST_MEMBERS = 1_000
#: Bytes of the list of members, which has to be read as a whole.
MOST_LISTING = MOST_MEMBERS * 1024
MOST_EXPANDED = 1024 * 1024 * 1024
#: A member may grow this far whatever its size, and beyond that to so many times its size.
FREE_EXPANDED = 10 * 1024 * 1024
MOST_RATIO = 100
_CHUNK = 64 * 1024
#: The header before each member: its sign, then the lengths of its name and of extra fields.
_LOCAL = struct.Struct("<4s22xHH")
_ENCRYPTED, _UTF_8 = 0x1, 0x800
_DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, ValueError)
_TODO = "save the workbook again, or copy it again from where it came"


class _Place(NamedTuple):
    """Where a member lies in the file, how long it is there, and whether it is not compressed."""

    start: int
    size: int
    is_stored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An archive that has been read through once and found sound.

    Args:
        path: The file.
        places: Its members, by name in small letters: names of parts are the same in any case.
        stamp: Size and time of the file when it was looked at.
    """

    path: Path
    places: Mapping[str, _Place]
    stamp: tuple[int, int]

    def has(self, name: str) -> bool:
        """Whether there is such a member."""
        return name.lower() in self.places

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a member, piece by piece.

        Raises:
            ResponsesError: There is no such member, or the file is not the one that was checked.
        """
        if _stamp(self.path) != self.stamp:
            what = "the file was changed while it was read"
            refuse(self.path, "FILE-CHANGED", what, todo="read it again")
        if not self.has(name):
            refuse(self.path, "WORKBOOK", f"the workbook has no part {show(name)}", todo=_TODO)
        with self.path.open("rb") as file:
            for _, chunk in _pieces(file, self.places[name.lower()]):
                yield chunk

    def elements(self, name: str, *wanted: str) -> Iterator[Element]:
        """Elements of a member that is XML, whole, by their names without namespace.

        Raises:
            ResponsesError: There is no such member, or it is no sound XML.
        """
        return elements(self.path, name, self.chunks(name), frozenset(wanted))


def open_archive(path: Path) -> Archive:
    """Read an archive through once.

    Raises:
        ResponsesError: The file is too large, is no archive, is damaged, protected by a password,
            grows too large, or declares a document type or entities in a part.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        refuse(path, "FILE-SIZE", f"{size} bytes; a workbook may have {MOST_BYTES}")
    with path.open("rb") as file:
        if not file.read(4).startswith(b"PK"):
            refuse_other(path)
        stamp = _stamp(path)
        try:
            with _Listing(path) as listing, zipfile.ZipFile(listing) as archive:
                members, end = archive.infolist(), archive.start_dir
            _members(path, members)
            places = _inflate_all(path, file, members, end)
        except _DAMAGED as error:
            what = f"the archive is cut short or damaged: {show(error)}"
            refuse(path, "ARCHIVE", what, todo=_TODO)
    return Archive(path=path, places=places, stamp=stamp)


class _Listing(io.FileIO):
    """A file of which an archive's list of members is read, unless that is very long."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.path = path

    def read(self, size: int | None = -1, /) -> bytes:
        """Some bytes of the file."""
        if size is None or size < 0:
            size = self.path.stat().st_size - self.tell()
        if size > MOST_LISTING:
            what = f"the archive's list of parts is longer than {MOST_LISTING} bytes"
            refuse(self.path, "ARCHIVE-SIZE", what)
        return super().read(size)


def _stamp(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def _members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    """Refuse a list of members that no workbook has."""
    if len(members) > MOST_MEMBERS:
        what = f"{len(members)} parts in the archive; a workbook may have {MOST_MEMBERS}"
        refuse(path, "ARCHIVE-SIZE", what)
    names = [_name(member) for member in members]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        refuse(path, "ARCHIVE", f"parts of the archive stand twice: {listed(twice)}", todo=_TODO)
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            what = "the workbook is protected by a password"
            refuse(path, "FILE-PASSWORD", what, todo="open it and save it without a password")
        if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            what = f"{show(member.filename)} is compressed in a way that workbooks are not"
            refuse(path, "ARCHIVE", what, todo=_TODO)


def _name(member: zipfile.ZipInfo) -> str:
    """A member's name in small letters; some programs for Windows write it with backslashes."""
    return member.filename.replace("\\", "/").lower()


def _inflate_all(
    path: Path, file: IO[bytes], members: list[zipfile.ZipInfo], end: int
) -> dict[str, _Place]:
    """Inflate every member, where it really lies, and count."""
    expanded = reached = 0
    places = {}
    for member in sorted(members, key=lambda one: one.header_offset):
        file.seek(member.header_offset)
        sign, name_length, extra_length = _LOCAL.unpack(_exactly(file, _LOCAL.size))
        encoding = "utf-8" if member.flag_bits & _UTF_8 else "cp437"
        name = _exactly(file, name_length).decode(encoding)
        start = member.header_offset + _LOCAL.size + name_length + extra_length
        is_there = sign == b"PK\x03\x04" and name == member.orig_filename
        if not is_there or member.header_offset < reached:
            what = f"{show(member.filename)} overlaps with another part, or is not in its place"
            refuse(path, "ARCHIVE", what, todo=_TODO)
        reached = start + member.compress_size
        is_stored = member.compress_type == zipfile.ZIP_STORED
        place = places[_name(member)] = _Place(start, member.compress_size, is_stored)
        expanded += _inflate(path, file, member, place, expanded)
    if reached > end:
        refuse(path, "ARCHIVE", "the last part runs into the archive's list of parts", todo=_TODO)
    return places


def _inflate(
    path: Path, file: IO[bytes], member: zipfile.ZipInfo, place: _Place, before: int
) -> int:
    """Inflate one member; its real size.

    Args:
        path: The file, for messages.
        file: The file, open.
        member: What the archive says of the member.
        place: Where the member lies.
        before: Bytes that other members took.
    """
    size = check = 0
    name = member.filename
    is_xml = name.lower().endswith((".xml", ".rels"))
    prologue = Prologue(path, name) if is_xml else None
    for taken, chunk in _pieces(file, place):
        size += len(chunk)
        check = zlib.crc32(chunk, check)
        if before + size > MOST_EXPANDED:
            what = f"the archive expands to more than {MOST_EXPANDED} bytes"
            refuse(path, "ARCHIVE-SIZE", what)
        if size > FREE_EXPANDED and size > MOST_RATIO * taken:
            what = f"{show(name)} expands to more than {MOST_RATIO} times its size"
            refuse(path, "ARCHIVE-SIZE", what)
        try:
            if prologue:
                prologue.feed(chunk)
        except (ParseError, ValueError, LookupError):
            prologue = None  # a part that is needed is read again later, and refused there
    if size != member.file_size or check != member.CRC:
        what = f"{show(name)} is not what the archive says of it"
        got, wanted = f"{size} bytes", f"{member.file_size} bytes and the sum of its bytes"
        refuse(path, "ARCHIVE", what, got=got, wanted=wanted, todo=_TODO)
    return size


def _pieces(file: IO[bytes], place: _Place) -> Iterator[tuple[int, bytes]]:
    """Bytes taken so far and the next inflated piece, which is never longer than a chunk."""
    left, taken = place.size, 0
    file.seek(place.start)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while left:
        raw = _exactly(file, min(left, _CHUNK))
        left -= len(raw)
        taken += len(raw)
        if place.is_stored:
            yield taken, raw
            continue
        while raw and not inflater.eof:
            piece = inflater.decompress(raw, _CHUNK)
            raw = inflater.unconsumed_tail
            yield taken, piece
        if inflater.unused_data:
            message = "a part ends before its size"
            raise zipfile.BadZipFile(message)
    if not place.is_stored:
        # What is left inside the inflater comes out piece by piece as well.
        while piece := inflater.decompress(b"", _CHUNK):
            yield taken, piece
        if not inflater.eof:
            message = "a part is cut short"
            raise zipfile.BadZipFile(message)


def _exactly(file: IO[bytes], size: int) -> bytes:
    found = file.read(size)
    if len(found) < size:
        message = "the file ends too early"
        raise EOFError(message)
    return found
