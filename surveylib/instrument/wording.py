"""The words of a question: what typography hides, which words changed, and which of them matter.

A wording change is shown by its words, never by a similarity. Some words change what is measured
however few they are: not, and/or, numbers, periods, whom it is about. These are pointed out.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections import Counter
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SIGNS = str.maketrans(
    dict.fromkeys("‘’‚‛′`", "'") | dict.fromkeys("“”„‟″«»", '"') | dict.fromkeys("‐‑‒–—−", "-")
)
_TAG = re.compile(r"<[^>]*>")
_INNER = re.compile(r"(?<=\w)'(?=\w)")
_PUNCTUATION = re.compile(r"[^\w\s<>+%-](?:(?!\d)|(?<!\d.))")
_LETTER = "\N{MODIFIER LETTER APOSTROPHE}"  # the apostrophe of don't, as a letter


@lru_cache(maxsize=1 << 17)
def normalised(text: str) -> str:
    """A text without what does not change its meaning: tags, case, spaces, typography.

    Punctuation goes too, except between digits, where it is part of a number, and the signs that
    make bands.

    >>> normalised("<b>Have you  encountered…  “groups”?</b>")
    'have you encountered groups'
    >>> normalised("1–10"), normalised("> 1,000")
    ('1-10', '> 1,000')
    """
    plain = _TAG.sub(" ", text) if "<" in text else text
    plain = unicodedata.normalize("NFC", plain).translate(_SIGNS).casefold()
    if "'" in plain:
        plain = _INNER.sub(_LETTER, plain)
    plain = _PUNCTUATION.sub(" ", plain).replace(_LETTER, "'")
    return " ".join(plain.split())


#: Words that change what is measured, by kind. English; other languages are compared without them.
ALARMS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "negation": frozenset(
            ["no", "not", "never", "none", "neither", "nor", "without", "cannot"]
        ),
        "and/or": frozenset(["and", "or"]),
        "quantity": frozenset(
            [
                "all",
                "any",
                "some",
                "most",
                "many",
                "few",
                "several",
                "every",
                "each",
                "only",
                "at",
                "least",
            ]
        ),
        "time": frozenset(
            [
                "ever",
                "recently",
                "currently",
                "now",
                "last",
                "past",
                "previous",
                "next",
                "since",
                "during",
                "before",
                "after",
                "day",
                "days",
                "week",
                "weeks",
                "month",
                "months",
                "quarter",
                "year",
                "years",
                "yearly",
                "daily",
                "monthly",
                "often",
            ]
        ),
        "population": frozenset(
            [
                "you",
                "your",
                "colleagues",
                "company",
                "organization",
                "organisation",
                "unit",
                "department",
                "force",
                "agency",
                "team",
                "country",
                "officers",
                "employees",
                "members",
                "household",
            ]
        ),
        "unit": frozenset(
            ["cases", "images", "files", "hours", "groups", "people", "persons", "times", "percent"]
        ),
        "formality": frozenset(
            ["formal", "informal", "formally", "informally", "official", "unofficial"]
        ),
    }
)


_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        word: tuple(kind for kind, words in ALARMS.items() if word in words)
        for word in frozenset().union(*ALARMS.values())
    }
)


def wording(before: str, after: str) -> tuple[str, tuple[str, ...]]:
    """The words that changed between two texts, and which of them change what is measured.

    >>> wording("Inside and outside of work?", "Inside or outside of your work?")
    ('-and +or +your', ('and/or: and, or', 'population: your'))
    """
    old, new = normalised(before).split(), normalised(after).split()
    start, end = _shared_ends(old, new)
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    shown: list[str] = []
    for tag, a, b, c, d in _opcodes(old, new):
        if tag != "equal":
            shown += [f"-{word}" for word in old[a:b]] + [f"+{word}" for word in new[c:d]]
    return " ".join(shown), _alarms(shown)


def _alarms(shown: Sequence[str]) -> tuple[str, ...]:
    """Which of the words that went (-) or came (+) change what is measured, by kind.

    A word that only moved does not; a negation does, as it then denies something else.
    """
    found: dict[str, dict[str, None]] = {}
    counts = Counter(shown)
    for word in dict.fromkeys(entry[1:] for entry in shown):
        if counts[f"-{word}"] == counts[f"+{word}"] and "negation" not in _KINDS.get(word, ()):
            continue
        for kind in _KINDS.get(word, ()):
            found.setdefault(kind, {})[word] = None
        if word.endswith("n't"):
            found.setdefault("negation", {})[word] = None
        if any(char.isdigit() for char in word):
            found.setdefault("number", {})[word] = None
    return tuple(
        f"{kind}: {', '.join(found[kind])}" for kind in (*ALARMS, "number") if kind in found
    )


def _shared_ends(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many words two texts share at the beginning, and then at the end."""
    most = min(len(old), len(new))
    start = next((i for i in range(most) if old[i] != new[i]), most)
    most -= start
    end = next((i for i in range(most) if old[-1 - i] != new[-1 - i]), most)
    return start, end


#: Longer texts are shown as taken out and put in: comparing them word by word takes minutes.
MOST_PAIRS = 1_000_000


def _opcodes(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    if len(old) * len(new) > MOST_PAIRS or set(old).isdisjoint(new):
        return [("replace", 0, len(old), 0, len(new))]
    return difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes()
