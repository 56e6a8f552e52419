"""Open files of other makers without being hurt: sizes, archives, entities, nesting.

Limits are checked while reading, never taken from what a file says about itself.
"""

from __future__ import annotations

import json
import math
import re
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, NoReturn
from xml.etree.ElementTree import ParseError

from surveylib.errors import Fault, InstrumentError, MissingExtraError, UnknownNameError, show

if TYPE_CHECKING:
    from pathlib import Path
    from xml.etree.ElementTree import Element

MOST_BYTES = 16 * 1024 * 1024
MOST_EXPANDED = 64 * 1024 * 1024
MOST_MEMBERS = 1_000
MOST_DEPTH = 50
_HALF = re.compile("[\x00\ud800-\udfff]")
MOST_NODES = 1_000_000
_ESCAPE = re.compile(r"\\.", re.DOTALL)
#: A quoted text, ended or not, is passed over at once; nothing is tried twice.
_JSON_MARK = re.compile(r'"[^"]*"?|(?P<opens>[\[{])|(?P<closes>[\]}])')
_CHUNK = 1024 * 1024


def refuse(path: Path, code: str, what: str, **parts: Any) -> NoReturn:
    """Stop at one fault of a file.

    Raises:
        InstrumentError: Always.
    """
    raise InstrumentError([Fault(code=code, what=what, file=str(path), **parts)])


def contents(path: Path) -> bytes:
    """The bytes of a file that is a regular file and not too large.

    Raises:
        UnknownNameError: There is no such file.
        InstrumentError: It is larger than 16 MiB, or empty.
    """
    if not path.is_file():
        known = sorted(entry.name for entry in path.parent.glob(f"*{path.suffix}"))
        raise UnknownNameError.of("file", path.name, known, where=str(path.parent))
    size = path.stat().st_size
    if size > MOST_BYTES:
        refuse(path, "FILE-SIZE", f"{size} bytes; a questionnaire holds at most {MOST_BYTES}")
    if size == 0:
        refuse(path, "FILE-EMPTY", "the file is empty")
    return path.read_bytes()


def text(path: Path) -> str:
    """The contents of a file as UTF-8, without a byte order mark and NUL.

    Raises:
        InstrumentError: A byte is not UTF-8, or is NUL.
    """
    raw = contents(path).removeprefix(b"\xef\xbb\xbf")
    try:
        found = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"byte 0x{raw[error.start]:02x} is not UTF-8"
        refuse(path, "FILE-ENCODING", what, line=line, todo="save the file as UTF-8")
    if "\0" in found:
        line = found.count("\n", 0, found.index("\0")) + 1
        refuse(path, "FILE-CHARACTER", "control character '\\x00' in the file", line=line)
    return found


def xml(path: Path) -> Element:
    """The root of an XML file, without document types and entities.

    Raises:
        InstrumentError: The file is no XML, or declares a document type or entities.
        MissingExtraError: defusedxml is not installed.
    """
    try:
        from defusedxml.common import DefusedXmlException  # noqa: PLC0415 - an optional part
        from defusedxml.ElementTree import fromstring  # noqa: PLC0415 - an optional part
    except ImportError as error:
        raise MissingExtraError.of("formats", "reading XML") from error
    raw = text(path)
    if raw.count("<") > MOST_NODES:
        refuse(path, "XML-SIZE", f"more than {MOST_NODES} elements")
    try:
        root: Element = fromstring(raw, forbid_dtd=True)
    except DefusedXmlException:
        what = "the file declares a document type or entities, which are not read"
        refuse(path, "XML-ENTITY", what, todo="export it again without them")
    except ParseError as error:
        what = f"not valid XML: {str(error).partition(':')[0]}"
        refuse(path, "XML-SYNTAX", what, line=error.position[0])
    except ValueError as error:
        refuse(path, "XML-SYNTAX", f"not valid XML: {error}")
    _shallow_xml(path, root)
    return root


def _shallow_xml(path: Path, root: Element) -> None:
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            refuse(path, "XML-DEPTH", f"nested deeper than {MOST_DEPTH}")
        level = [child for element in level for child in element]


def json_object(path: Path) -> dict[str, Any]:
    """The object that a JSON file holds: keys once each, numbers finite, nesting bounded.

    Raises:
        InstrumentError: The file is no JSON, or breaks one of these rules.
    """
    raw = text(path)
    if raw.count(",") + raw.count("[") + raw.count("{") > MOST_NODES:
        refuse(path, "JSON-SIZE", f"more than {MOST_NODES} values")
    if _json_depth(raw) > MOST_DEPTH:
        refuse(path, "JSON-DEPTH", f"nested deeper than {MOST_DEPTH}")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
            refuse(path, "JSON-DUPLICATE", f"key {show(name)} stands twice in one object")
        return found

    def number(text: str) -> float:
        value = float(text)
        if text in {"NaN", "Infinity", "-Infinity"} or not math.isfinite(value):
            refuse(path, "JSON-SYNTAX", f"{show(text)} is no number that can be kept")
        return int(text) if re.fullmatch(r"-?\d+", text) else value

    hooks: dict[str, Any] = {"parse_constant": number, "parse_float": number, "parse_int": number}
    try:
        data = json.loads(raw, object_pairs_hook=once, **hooks)
    except json.JSONDecodeError as error:
        refuse(path, "JSON-SYNTAX", f"not valid JSON: {error.msg}", line=error.lineno)
    if not isinstance(data, dict):
        refuse(path, "JSON-SYNTAX", "the file holds no JSON object")
    _plain_texts(path, data)
    return data


def _plain_texts(path: Path, data: Any) -> None:
    """Refuse texts that hold NUL or half a character."""
    waiting = [data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str) and _HALF.search(value):
            refuse(path, "FILE-CHARACTER", f"control or half character in {show(value)}")


def _json_depth(raw: str) -> int:
    """How deep brackets open outside quoted text, up to one more than is read."""
    depth = deepest = 0
    for found in _JSON_MARK.finditer(_ESCAPE.sub("", raw)):
        mark = found.lastgroup
        depth += (mark == "opens") - (mark == "closes")
        deepest = max(deepest, depth)
    return deepest


def check_archive(path: Path) -> None:
    """Read a ZIP archive through once, and refuse one that would grow too large.

    Raises:
        InstrumentError: The file is no archive, or holds too much.
    """
    contents(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                refuse(path, "ARCHIVE-SIZE", f"more than {MOST_MEMBERS} files in the archive")
            expanded = 0
            for member in members:
                if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                    refuse(path, "ARCHIVE", "compressed in a way that workbooks are not")
                if member.flag_bits & 0x1:
                    refuse(path, "ARCHIVE", "the file is protected by a password")
                with archive.open(member) as stream:
                    while part := stream.read(_CHUNK):
                        expanded += len(part)
                        if expanded > MOST_EXPANDED:
                            what = f"the archive expands to more than {MOST_EXPANDED} bytes"
                            refuse(path, "ARCHIVE-SIZE", what)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        refuse(path, "ARCHIVE", f"not a workbook, or damaged: {error}")
