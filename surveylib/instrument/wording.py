"""The words of a question: what typography hides, which words changed, and which of them matter.

A wording change is shown by its words, never by a similarity. Some words change what is measured
however few they are: not, and/or, numbers, periods, whom it is about. These are pointed out.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUOTES = str.maketrans(dict.fromkeys("‘’‚‛′`", "'") | dict.fromkeys("“”„‟″«»", '"'))
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", "-"))


def normalised(text: str) -> str:
    """A text without what does not change its meaning: tags, case, spaces, typography.

    Punctuation goes too, except between digits, where it is part of a number, and the signs that
    make bands.

    >>> normalised("<b>Have you  encountered…  “groups”?</b>")
    'have you encountered groups'
    >>> normalised("1–10"), normalised("> 1,000")
    ('1-10', '> 1,000')
    """
    plain = unicodedata.normalize("NFC", re.sub(r"<[^>]*>", " ", text))
    plain = plain.translate(_QUOTES).translate(_DASHES).casefold()
    plain = re.sub(r"(?<=\w)'(?=\w)", "\N{MODIFIER LETTER APOSTROPHE}", plain)  # a letter: don't
    plain = re.sub(r"(?<!\d)[^\w\s<>+%-]|[^\w\s<>+%-](?!\d)", " ", plain)
    plain = plain.replace("\N{MODIFIER LETTER APOSTROPHE}", "'")
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


def wording(before: str, after: str) -> tuple[str, tuple[str, ...]]:
    """The words that changed between two texts, and which of them change what is measured.

    >>> wording("Inside and outside of work?", "Inside or outside of your work?")
    ('-and +or +your', ('and/or: and, or', 'population: your'))
    """
    old, new = normalised(before).split(), normalised(after).split()
    gone: list[str] = []
    shown: list[str] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        if tag != "equal":
            shown += [f"-{word}" for word in old[a:b]] + [f"+{word}" for word in new[c:d]]
            gone += old[a:b] + new[c:d]
    alarms = [
        f"{kind}: {', '.join(dict.fromkeys(found))}"
        for kind, words in ALARMS.items()
        if (found := [word for word in gone if word in words or _negates(word, kind)])
    ]
    numbers = [word for word in gone if re.search(r"\d", word)]
    if numbers:
        alarms.append(f"number: {', '.join(dict.fromkeys(numbers))}")
    return " ".join(shown), tuple(alarms)


def _negates(word: str, kind: str) -> bool:
    """Whether a word is a verb with its not: don't, isn't."""
    return kind == "negation" and word.endswith("n't")
