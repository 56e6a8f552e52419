"""Values of a SurveyJS file, taken out by what they should be; each fault with its JSON path."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NoReturn

from surveylib.errors import Fault, InstrumentError, show

_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "true or false", int: "a number"}
_CODE = re.compile(r"[A-Za-z0-9_.+-]+")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]+)*")
#: Stands after a brace in texts, so that SurveyJS takes what follows for no name; nobody sees it.
JOINER = "\u2060"
#: The language that SurveyJS calls `default` in texts that have the form's language besides.
DEFAULT = "en"


@dataclass(frozen=True, slots=True)
class Entry:
    """An object of the file.

    Args:
        data: What it holds.
        path: Where it stands, as a JSON path.
        file: The file.
        seen: Keys that were asked for.
    """

    data: dict[str, Any]
    path: str
    file: str
    seen: set[str] = field(default_factory=lambda: {"type", "name"})

    def refuse(
        self, key: str, what: str, *, code: str = "SURVEYJS-VALUE", got: str = ""
    ) -> NoReturn:
        """Stop at a fault of this object.

        Raises:
            InstrumentError: Always.
        """
        shown = key if key.isprintable() and len(key) < 80 else show(key)
        path = f"{self.path}.{shown}" if key else self.path
        raise InstrumentError([Fault(code=code, what=f"{path}: {what}", file=self.file, got=got)])

    def wrong(self, key: str, value: Any, wanted: str) -> NoReturn:
        """Stop at a value of a wrong type.

        Raises:
            InstrumentError: Always.
        """
        found = next((name for kind, name in _NAMES.items() if type(value) is kind), "a number")
        found = "nothing" if value is None else found
        self.refuse(key, f"wanted {wanted}, got {found}", got=show(value))

    def any_of(self, *keys: str) -> tuple[str, Any]:
        """The first of several spellings of a key that is there, and its value or None."""
        self.seen.update(keys)
        key = next((name for name in keys if name in self.data), keys[0])
        return key, self.data.get(key)

    def text(self, *keys: str) -> str:
        """A text; empty where there is none."""
        key, value = self.any_of(*keys)
        if value is not None and not isinstance(value, str):
            self.wrong(key, value, "a text")
        return self.clean(key, value or "")

    def flag(self, *keys: str) -> bool:
        """True or false; false where there is nothing."""
        key, value = self.any_of(*keys)
        if value is not None and not isinstance(value, bool):
            self.wrong(key, value, "true or false")
        return bool(value)

    def number(self, *keys: str) -> Decimal | None:
        """A number, which may stand there as text; None where there is none.

        Raises:
            InstrumentError: It is no number, or has an exponent beyond those of a float.
        """
        key, value = self.any_of(*keys)
        if value is None or value == "":
            return None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        plain = isinstance(value, str) and re.fullmatch(r"-?\d{1,40}(\.\d{1,40})?", value, re.ASCII)
        if not (number or plain) or (isinstance(value, float) and not math.isfinite(value)):
            self.wrong(key, value, "a number")
        return Decimal(str(value))

    def whole(self, key: str) -> int | None:
        """A whole number, none below 0; None where there is none."""
        value = self.number(key)
        if value is None:
            return None
        if value < 0 or value != value.to_integral_value():
            self.refuse(key, "wanted a whole number", got=show(value))
        return int(value)

    def items(self, *keys: str) -> list[Any]:
        """A list; empty where there is none."""
        key, value = self.any_of(*keys)
        if value is not None and not isinstance(value, list):
            self.wrong(key, value, "a list")
        return value or []

    def objects(self, *keys: str) -> list[Entry]:
        """A list of objects; empty where there is none."""
        key, _ = self.any_of(*keys)
        found = []
        for position, value in enumerate(self.items(*keys)):
            if not isinstance(value, dict):
                self.wrong(f"{key}[{position}]", value, "an object")
            found.append(Entry(value, f"{self.path}.{key}[{position}]", self.file))
        return found

    def values(self, *keys: str) -> list[Entry]:
        """A list of choices, rows or columns, in full: `"a"` is `{"value": "a"}`."""
        key, _ = self.any_of(*keys)
        found = []
        for position, value in enumerate(self.items(*keys)):
            plain = value if isinstance(value, dict) else {"value": value}
            entry = Entry(plain, f"{self.path}.{key}[{position}]", self.file)
            entry.seen.add("value")
            found.append(entry)
        return found

    def raw(self, *keys: str) -> str:
        """A value as expressions give it; empty where there is none."""
        key, value = self.any_of(*keys)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, float) and math.isfinite(value):
            return str(int(value)) if value.is_integer() else repr(value)
        if value is None or isinstance(value, int):
            return "" if value is None else str(value)
        if not isinstance(value, str):
            self.wrong(key, value, "a text or a number")
        return self.clean(key, value)

    def clean(self, key: str, text: str) -> str:
        """A text, composed and without spaces around it.

        Raises:
            InstrumentError: It holds a control character, or half of a character.
        """
        for char in text:
            if unicodedata.category(char) in {"Cc", "Cs"} and char not in "\t\n\r":
                self.refuse(key, f"control character {show(char)} in a text", got=show(text))
        return unicodedata.normalize("NFC", text).strip()

    def texts(self, key: str, source: str) -> dict[str, str]:
        """A text by language; empty where there is none.

        Args:
            key: The key.
            source: The language of the form.
        """
        _, value = self.any_of(key)
        if value is None or isinstance(value, str):
            text = self.text(key).replace("{" + JOINER, "{")
            return {source: text} if text else {}
        if not isinstance(value, dict):
            self.wrong(key, value, "a text, or texts by language")
        inner = Entry(value, f"{self.path}.{key}", self.file)
        usual = DEFAULT if source in value and source != DEFAULT else source
        order = sorted(value, key=lambda name: name != "default") if usual == source else value
        found: dict[str, str] = {}
        for name in order:
            text = inner.text(name).replace("{" + JOINER, "{")
            language = usual if name == "default" else name.replace("_", "-")
            if not _LANGUAGE.fullmatch(language):
                inner.refuse("", "no language has this name", got=show(name))
            if text:
                found.setdefault(language, text)
        return found

    def unread(self) -> list[str]:
        """Keys that nobody asked for."""
        return [name for name in self.data if name not in self.seen]


def slug(name: str, taken: set[str]) -> str:
    """An id made of a name: small letters, digits and `_`, and not taken already."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9_]+", "_", plain).strip("_")
    return _free(words if words[:1].isalpha() else f"q_{words}".rstrip("_"), taken)


def code(raw: str, taken: set[str]) -> str:
    """The code of a value: the value itself, or what is left of it as a code."""
    if _CODE.fullmatch(raw):
        taken.add(raw)
        return raw
    plain = unicodedata.normalize("NFKD", raw).encode("ascii", "ignore").decode()
    return _free(re.sub(r"[^A-Za-z0-9_.+-]+", "_", plain).strip("_") or "option", taken)


def _free(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where it is taken; it is taken from now on."""
    count, found = 1, name
    while found in taken:
        count += 1
        found = f"{name}_{count}"
    taken.add(found)
    return found
