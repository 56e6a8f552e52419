"""Names of other makers as ids and codes: each fit for an instrument, and none twice."""

from __future__ import annotations

import re
import unicodedata

_SLUG = re.compile(r"[a-z][a-z0-9_]*")
_CODE = re.compile(r"[A-Za-z0-9_.+-]+")


class Taken:
    """The names that one list has so far; upper case and leading zeros do not tell them apart."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def free(self, name: str) -> str:
        """The name, with a number behind it where it is taken; it is taken from now on."""
        found = name
        while _folded(found) in self._counts:
            self._counts[_folded(name)] += 1
            found = f"{name}_{self._counts[_folded(name)]}"
        self._counts[_folded(found)] = 1
        return found

    def slug(self, name: str) -> str:
        """An id made of a name.

        >>> taken = Taken()
        >>> taken.slug("My-Name"), taken.slug("my name"), taken.slug("1")
        ('my_name', 'my_name_2', 'q_1')
        """
        words = re.sub(r"[^a-z0-9_]+", "_", _ascii(name).lower()).strip("_")
        return self.free(words if _SLUG.fullmatch(words) else f"q_{words}".rstrip("_"))

    def code(self, name: str) -> str:
        """A code made of a name."""
        words = name if _CODE.fullmatch(name) else ""
        words = words or re.sub(r"[^A-Za-z0-9_.+-]+", "_", _ascii(name)).strip("_")
        return self.free(words or "option")


def _ascii(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


def _folded(name: str) -> str:
    return name.casefold().lstrip("0") or name
