"""XML of any size, element by element: no document types, no entities, bounded memory.

defusedxml reads each part up to its first element. Document types and entities can be declared
there and nowhere else, so what follows may go to the parser of the standard library, which is
written in C and more than ten times as fast.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn
from xml.etree.ElementTree import ParseError, TreeBuilder, XMLParser

from surveylib.errors import MissingExtraError
from surveylib.wave.readers.base import refuse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from xml.etree.ElementTree import Element

MOST_DEPTH = 50
#: Bytes between the ends of two elements: a row of cells, or a text.
MOST_AT_ONCE = 16 * 1024 * 1024


def local(tag: str) -> str:
    """A tag without its namespace.

    >>> local("{http://example.org/ns}row")
    'row'
    """
    return tag.rpartition("}")[2]


class _BegunError(Exception):
    """The first element has begun."""


class _Begin:
    """What defusedxml hands elements to; the first one is enough."""

    def start(self, *_: Any) -> NoReturn:
        raise _BegunError

    def close(self) -> None:
        """Nothing to hand on."""


class Prologue:
    """Refuses document types and entities before the first element of a part.

    Args:
        file: The file that the part belongs to.
        part: Its name in the archive.

    Raises:
        MissingExtraError: defusedxml is not installed.
    """

    def __init__(self, file: Path, part: str) -> None:
        try:
            from defusedxml.common import DefusedXmlException  # noqa: PLC0415 - an optional part
            from defusedxml.ElementTree import DefusedXMLParser  # noqa: PLC0415 - an optional part
        except ImportError as error:
            raise MissingExtraError.of("formats", "reading a workbook") from error
        self.file, self.part, self.over = file, part, False
        self._refused = DefusedXmlException
        self._parser = DefusedXMLParser(target=_Begin(), forbid_dtd=True)

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes, unless the first element has begun.

        Raises:
            ResponsesError: A document type or an entity is declared.
            ParseError: No XML.
        """
        if self.over:
            return
        try:
            self._parser.feed(chunk)
        except _BegunError:
            self.over = True
        except self._refused:
            what = f"{self.part} declares a document type or entities, which are not read"
            refuse(self.file, "XML-ENTITY", what, todo="save the workbook again without them")


def elements(
    file: Path,
    part: str,
    chunks: Iterable[bytes],
    wanted: frozenset[str],
    *,
    marked: frozenset[str] = frozenset(),
    dropped: frozenset[str] = frozenset(),
) -> Iterator[Element]:
    """Elements of a part in order; each is forgotten when the next one is asked for.

    Args:
        file: The file, for messages.
        part: The part's name, for messages.
        chunks: Its bytes.
        wanted: Elements, by name without namespace, that are given whole when they end.
        marked: Elements that are given as soon as they begin, for their attributes.
        dropped: Elements whose contents are passed over.

    Raises:
        ResponsesError: No XML, a document type or entities, nested too deep, or an element that
            goes on for too long.
    """
    prologue = Prologue(file, part)
    tree = _Tree(file, part, wanted, marked, dropped)
    try:
        for chunk in chunks:
            prologue.feed(chunk)
            tree.parser.feed(chunk)
            tree.ended = 0
            yield from tree.drain(tree.top, whole=False, depth=0)
            tree.waiting = 0 if tree.ended else tree.waiting + len(chunk)
            if tree.waiting > MOST_AT_ONCE:
                what = f"a row or a text in {part} takes more than {MOST_AT_ONCE} bytes"
                refuse(file, "XML-SIZE", what)
        tree.parser.close()
    except ParseError as error:
        what = f"{part} is no valid XML: {str(error).partition(':')[0]}"
        refuse(file, "XML-SYNTAX", what, todo="save the workbook again")
    except (ValueError, LookupError) as error:
        # An encoding that does not exist or that XML cannot have.
        refuse(file, "XML-SYNTAX", f"{part} cannot be read: {error}")
    yield from tree.drain(tree.top, whole=True, depth=0)


class _Tree:
    """The part of a document that has been read and not yet been handed on.

    The document's own root becomes a child of `top`. Whatever stands before the last child of an
    open element has ended: it is handed on or dropped, and cut off.
    """

    def __init__(
        self,
        file: Path,
        part: str,
        wanted: frozenset[str],
        marked: frozenset[str],
        dropped: frozenset[str],
    ) -> None:
        builder = TreeBuilder()
        self.top: Element = builder.start("top", {})
        self.parser = XMLParser(target=builder)  # noqa: S314 - guarded by Prologue
        self.file, self.part = file, part
        self.wanted, self.marked, self.dropped = wanted, marked, dropped
        self.open_mark: Element | None = None
        self.ended = self.waiting = 0

    def drain(
        self, parent: Element, *, whole: bool, depth: int, quiet: bool = False
    ) -> Iterator[Element]:
        """Hand on what has ended below an element, and cut it off."""
        if depth > MOST_DEPTH:
            refuse(self.file, "XML-DEPTH", f"{self.part} is nested deeper than {MOST_DEPTH}")
        children = list(parent)
        done = len(children) if whole else max(len(children) - 1, 0)
        for child in children[:done]:
            yield from self._given(child, whole=True, depth=depth, quiet=quiet)
        if done:
            del parent[:done]
            self.ended += done
        for child in children[done:]:
            yield from self._given(child, whole=False, depth=depth, quiet=quiet)

    def _given(self, child: Element, *, whole: bool, depth: int, quiet: bool) -> Iterator[Element]:
        name = local(child.tag)
        if not quiet and name in self.wanted:
            return iter((child,)) if whole else iter(())
        quiet = quiet or name in self.dropped
        inner = self.drain(child, whole=whole, depth=depth + 1, quiet=quiet)
        if quiet or name not in self.marked or child is self.open_mark:
            return inner
        self.open_mark = child
        return chain((child,), inner)
