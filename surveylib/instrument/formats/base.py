"""What every exchange format has: how to write it, how to read it, what it keeps and loses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from surveylib.instrument.formats.features import FEATURES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from surveylib.instrument.model import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """One thing that could not be carried over.

    Args:
        question: The question it belongs to, as the source calls it; empty for the whole.
        what: What was lost, and what stands in its place.
    """

    question: str
    what: str

    def __str__(self) -> str:
        """`question: what`."""
        return f"{self.question}: {self.what}" if self.question else self.what


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A questionnaire read from another format, to be completed by hand.

    Args:
        instrument: The draft; its status is `draft`.
        lost: What the file holds and an instrument cannot, and what was assumed or renamed.
    """

    instrument: Instrument
    lost: tuple[Lost, ...]


class Writer(Protocol):
    """Writes an instrument; the same instrument gives the same bytes."""

    def __call__(self, instrument: Instrument) -> dict[str, bytes]:
        """The files to write, by name."""


class Reader(Protocol):
    """Reads a file of a format as a draft."""

    def __call__(self, path: Path, *, name: str, version: str) -> Draft:
        """The draft, under the given id and version.

        Raises:
            InstrumentError: The file is wrong; carries every fault found.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One exchange format.

    Args:
        title: What people call it.
        suffix: How its files end.
        keeps: Names of FEATURES that survive: in the file, and through import where there is one.
        partly: Names of FEATURES that survive with a limit, and the limit.
        write: Writes it; None where it is only read.
        read: Reads it; None where it is only written.
        extra: The optional part of surveylib that it needs; empty for none.
    """

    title: str
    suffix: str
    keeps: frozenset[str]
    partly: Mapping[str, str] = field(default_factory=dict)
    write: Writer | None = None
    read: Reader | None = None
    extra: str = ""

    @property
    def loses(self) -> tuple[str, ...]:
        """Names of FEATURES that the format has no place for."""
        return tuple(name for name in FEATURES if name not in self.keeps | set(self.partly))

    def lost(self, instrument: Instrument) -> tuple[Lost, ...]:
        """What of this instrument is lost, or kept with a limit, when it is written."""
        found = []
        asked = {question.id for question in instrument.questions}
        for name, feature in FEATURES.items():
            used = feature.of(instrument)
            if name in self.keeps or not used:
                continue
            many = "1 question" if len(used) == 1 else f"{len(used)} questions"
            by_question = isinstance(used, dict) and set(used) <= asked
            count = f" ({many})" if by_question else ""
            limit = self.partly.get(name)
            what = f"{feature.what}{count}: {limit or 'not in the file'}"
            found.append(Lost(question="", what=what))
        return tuple(found)
