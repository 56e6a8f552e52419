"""Labels of values that read like ways of not answering, in English and German."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from surveylib.errors import Fault, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from surveylib.wave.readers.base import Column

#: Without apostrophes, full stops and capitals, ß as ss. "Trifft nicht zu" and "does not apply"
#: are left out: on many scales they are an answer.
PHRASES = frozenset(
    {
        *("refused", "refuse", "refusal", "declined", "declined to answer", "refused to answer"),
        *("prefer not to say", "prefer not to answer", "rather not say", "would rather not say"),
        *("i prefer not to say", "i prefer not to answer", "id rather not say"),
        *("dont know", "do not know", "i dont know", "i do not know", "dont know refused"),
        *("not sure", "unsure", "cant say", "cannot say", "cant choose", "dk/na", "dk/ref"),
        *("no answer", "not answered", "no response", "unanswered", "not stated", "skipped"),
        *("not applicable", "n/a", "inapplicable", "not asked", "missing", "unknown"),
        *("weiss nicht", "weiss ich nicht", "ich weiss nicht", "weiss es nicht"),
        *("keine angabe", "keine angaben", "ka", "k a", "keine antwort", "verweigert"),
        *("antwort verweigert", "keine aussage", "moechte nicht antworten"),
        *("möchte nicht antworten", "möchte ich nicht sagen", "möchte ich nicht beantworten"),
        *("nicht beantwortet", "nicht zutreffend", "nicht anwendbar", "entfällt", "fehlend"),
    }
)
_PARTS = re.compile(r"[/,;:()\[\]|–—]|\s-\s|\s(?:or|oder|and|und)\s")


def reads_like_missing(label: str) -> bool:
    """Whether a label, or a part of it that stands for itself, says that there is no answer.

    >>> [reads_like_missing(text) for text in ("Don’t know", "Other / refused", "Refused entry")]
    [True, True, False]
    """
    plain = unicodedata.normalize("NFC", label).casefold()
    plain = " ".join(re.sub(r"['’ʼ.!?*]", "", plain).split())
    parts = (plain, *(part.strip() for part in _PARTS.split(plain)))
    return any(part in PHRASES for part in parts)


def label_faults(file: str, columns: Sequence[Column]) -> Iterator[Fault]:
    """A warning for each value that is labelled like a missing one and not declared as such."""
    for column in columns:
        for value, label in column.values.items():
            if value in column.missing or not reads_like_missing(label):
                continue
            yield Fault(
                code="LABEL-LIKE-MISSING",
                what=(
                    f"column {show(column.head)}: the value {show(value)} is labelled "
                    f"{show(label)}, and the file does not declare it missing"
                ),
                file=file,
                todo="say in the manifest which missing state it is, or that it is an answer",
            )
