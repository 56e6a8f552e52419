"""YAML as text: every scalar a string, every node with its line, nothing that can surprise.

Other readers turn `no` into False, `12:30` into 750 and `2024-01-02` into a date. Here a plain
scalar is the characters that stand in the file; the models give them their types. Aliases, tags
and a second document are refused, duplicate keys are faults with both lines.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from surveylib.errors import Fault, show

if TYPE_CHECKING:
    from pathlib import Path

#: libyaml where it is built in, the same events from Python where it is not.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MOST_BYTES = 16 * 1024 * 1024
MOST_NODES = 1_000_000
MOST_DEPTH = 50

#: Characters that YAML does not allow unescaped; and U+0085, U+2028 and U+2029, at which YAML 1.1,
#: which the parser speaks, breaks lines and YAML 1.2 does not. Escaped, both agree.
_REFUSED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")

Place = tuple[str | int, ...]


@dataclass(slots=True)
class Document:
    """A YAML file as text, with the line of every node.

    Args:
        file: How the file is named in messages.
        data: Nested dictionaries, lists and strings; an empty dictionary if nothing could be read.
        lines: The line, counted from 1, of each node by its path of keys and positions.
        faults: What was wrong with the file as YAML.
        unquoted: Plain texts that other readers take for something else, with their places; a
            key has the place of its value.
    """

    file: str
    data: Any = field(default_factory=dict)
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    unquoted: list[tuple[Place, str]] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of a node; of the nearest node above it that exists in the file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def fault(self, place: Place, code: str, what: str, **parts: str) -> Fault:
        """A fault at a node of this file."""
        return Fault(code=code, what=what, file=self.file, line=self.line(place), **parts)


_RESOLVER = yaml.resolver.Resolver()


def read_elsewhere_as(text: str) -> str:
    """What a reader of YAML 1.1 takes an unquoted text for, as its tag.

    >>> read_elsewhere_as("no"), read_elsewhere_as("2024-01-02")
    ('tag:yaml.org,2002:bool', 'tag:yaml.org,2002:timestamp')
    """
    if text in {"y", "Y", "n", "N"}:
        return "tag:yaml.org,2002:bool"  # by the specification; not every reader keeps to it
    if re.fullmatch(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+", text):
        return "tag:yaml.org,2002:float"  # to readers of YAML 1.2
    return str(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False)))  # type: ignore[no-untyped-call]


def content_hash(path: Path) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(path: Path, file: str) -> Document:
    """Read a YAML file as text.

    Args:
        path: The file.
        file: How to name it in messages.

    Returns:
        The document; what is wrong with it as YAML stands in its `faults`.
    """
    document = Document(file=file)
    text = _decode(path, document)
    if text is None:
        return document
    try:
        _Builder(document).build(text)
    except _RefusedError:
        document.data = {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "cannot be read"
        if "maximum nesting depth" in what:  # newer parsers have a limit of their own
            line = mark.line + 1 if mark else None
            told = f"nested deeper than {MOST_DEPTH}"
            document.faults.append(Fault(code="YAML-DEPTH", what=told, file=file, line=line))
            document.data = {}
            return document
        document.faults.append(
            Fault(
                code="YAML-SYNTAX",
                what=f"not valid YAML: {what}",
                file=file,
                line=mark.line + 1 if mark else None,
                todo="quote texts that begin with > | & * ! % @ or hold ': ' or ' #'",
            )
        )
        document.data = {}
    return document


def _decode(path: Path, document: Document) -> str | None:
    """The file's text, or None with the reason among the document's faults."""

    def refuse(code: str, what: str, line: int | None = None, todo: str = "") -> None:
        document.faults.append(
            Fault(code=code, what=what, file=document.file, line=line, todo=todo)
        )

    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            what = f"{size} bytes; an instrument or manifest holds at most {MOST_BYTES}"
            refuse("FILE-SIZE", what)
            return None
        raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        refuse("FILE-OPEN", f"the file cannot be opened: {error.strerror or error}")
        return None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        byte = raw[error.start]
        refuse("FILE-ENCODING", f"byte 0x{byte:02x} is not UTF-8", line, "save the file as UTF-8")
        return None
    if foreign := _REFUSED.search(text):
        line = text.count("\n", 0, foreign.start()) + 1
        what = f"control character {show(foreign[0])} in the file"
        refuse("FILE-CHARACTER", what, line, "remove it, or escape it")
        return None
    return text


class _RefusedError(Exception):
    """The file holds something that is not read at all; the fault is already recorded."""


class _Builder:
    """Turns parser events into data, lines and faults; keeps its own stack, so depth is bounded."""

    def __init__(self, document: Document) -> None:
        self.document = document
        # Each open collection: (its data, its place, the key waiting for a value).
        self.stack: list[tuple[dict[str, Any] | list[Any], Place, str | None]] = []
        self.nodes = 0
        self.documents = 0

    def build(self, text: str) -> None:
        """Read every event of the text."""
        for event in yaml.parse(text, Loader=_LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    self._refuse("YAML-DOCUMENTS", "a second document begins here", line)
            elif isinstance(event, yaml.NodeEvent):
                self._node(event, line)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.stack.pop()

    def _refuse(self, code: str, what: str, line: int) -> None:
        file = self.document.file
        self.document.faults.append(Fault(code=code, what=what, file=file, line=line))
        raise _RefusedError

    def _node(self, event: yaml.NodeEvent, line: int) -> None:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            self._refuse("YAML-SIZE", f"more than {MOST_NODES} values", line)
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            self._refuse(
                "YAML-ALIAS", f"anchors and aliases are not read: write {event.anchor} out", line
            )
        tag = getattr(event, "tag", None)
        if tag and tag != "!":
            self._refuse("YAML-TAG", f"tags are not read: remove {show(tag)}", line)
        if isinstance(event, yaml.ScalarEvent):
            text = unicodedata.normalize("NFC", event.value)
            place = self._scalar(text, line)
            plain = event.style in {None, ""} and not (
                text[:1].isalpha() and len(text) > len("false")
            )
            if plain and read_elsewhere_as(text) != "tag:yaml.org,2002:str":
                self.document.unquoted.append((place, text))
            return
        if len(self.stack) >= MOST_DEPTH:
            self._refuse("YAML-DEPTH", f"nested deeper than {MOST_DEPTH}", line)
        opened: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append((opened, self._place(opened, line), None))

    def _scalar(self, value: str, line: int) -> Place:
        if self.stack:
            holder, place, key = self.stack[-1]
            if isinstance(holder, dict) and key is None:
                if value in holder:
                    first = self.document.lines[*place, value]
                    self.document.faults.append(
                        Fault(
                            code="YAML-DUPLICATE",
                            what=f"key {show(value)} stands twice: first on line {first}",
                            file=self.document.file,
                            line=line,
                            todo="keep one of the two",
                        )
                    )
                else:
                    self.document.lines[*place, value] = line
                self.stack[-1] = (holder, place, value)
                return (*place, value)
        return self._place(value, line)

    def _place(self, value: Any, line: int) -> Place:
        """Hang a value into the open collection; the place it got."""
        if not self.stack:
            self.document.data = value
            self.document.lines[()] = line
            return ()
        holder, place, key = self.stack[-1]
        if isinstance(holder, list):
            holder.append(value)
            mine: Place = (*place, len(holder) - 1)
            self.document.lines[mine] = line
            return mine
        if key is None:
            self._refuse("YAML-KEY", "a key must be text", line)
        self.stack[-1] = (holder, place, None)
        if key in holder:
            # Already a fault. The first value stays, and so do its lines: a place of no key.
            return (*place, str(key), "", "again")
        holder[str(key)] = value
        return (*place, str(key))
