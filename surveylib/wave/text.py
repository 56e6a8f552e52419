"""What may be dropped when texts are matched, and how texts are shown without harm."""

from __future__ import annotations

import re
import unicodedata

#: Characters that take no room: soft hyphens, joiners, direction marks, byte order marks.
_UNSEEN = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
_WITHOUT_ROOM = re.compile(f"[{_UNSEEN}]")
_SIGNS = str.maketrans(
    dict.fromkeys("‘’‚‛′`´‹›＇", "'")
    | dict.fromkeys("“”„‟″«»＂", '"')
    | dict.fromkeys("‐‑‒–—―−﹘﹣－", "-")
)
#: How a text begins that a spreadsheet runs; the second four are of full width.
_FORMULA = tuple("=+-@＝＋－＠")
#: A number such as -3, +4.5 or -1,000, which no spreadsheet runs.
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*", re.ASCII)
#: Kinds of characters that are not seen in a log, or turn what stands beside them.
_NOT_SHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def lossless(text: str) -> str:
    r"""Drop what typing, typography and file formats add to a text, and nothing else.

    Characters without width go; letters and their accents become one character; every kind of
    space and line break becomes one space, and none is left at the ends; quotes and dashes are
    written in one way. Case, punctuation and digits stay.

    >>> lossless("\ufeff Greater than\xa010,000\r\n")
    'Greater than 10,000'
    >>> lossless("1–10"), lossless("Don’t know"), lossless("Yes ") == lossless("yes")
    ('1-10', "Don't know", False)
    """
    if text.isascii():  # nothing but spaces and the grave accent can vary
        return " ".join(text.replace("`", "'").split())
    plain = unicodedata.normalize("NFC", _WITHOUT_ROOM.sub("", text))
    return " ".join(plain.translate(_SIGNS).split())


def trimmed(text: str) -> str:
    r"""Drop characters without width, and spaces at the ends: what an id may have picked up.

    >>> trimmed("\ufeff 007 ")
    '007'
    """
    return text.strip() if text.isascii() else _WITHOUT_ROOM.sub("", text).strip()


def guarded(text: str) -> str:
    """Write a text so that a spreadsheet cannot run it as a formula.

    Where it begins, perhaps after white space, with =, +, - or @ or one of these in full width, or
    with a tab or a carriage return, an apostrophe goes in front. A plain number stays.

    >>> guarded("=1+1"), guarded(" @home"), guarded("－2+3")
    ("'=1+1", "' @home", "'－2+3")
    >>> guarded("-3"), guarded("-1,000"), guarded("1-10"), guarded("")
    ('-3', '-1,000', '1-10', '')
    """
    start = _WITHOUT_ROOM.sub("", text).strip()
    runs = start.startswith(_FORMULA) and not _PLAIN_NUMBER.fullmatch(start)
    return f"'{text}" if runs or text.startswith(("\t", "\r")) else text


def escaped(text: str) -> str:
    r"""Write control characters, and those that turn the direction of a text, as escapes.

    >>> print(escaped("two\nlines, \u202edenrut"))
    two\nlines, \u202edenrut
    """
    if text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode("ascii")
        if unicodedata.category(char) in _NOT_SHOWN
        else char
        for char in text
    )
