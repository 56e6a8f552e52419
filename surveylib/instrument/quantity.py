"""Quantities answered in free text: "5,000-6,000", "about 100", "up to 50" → an interval.

The text is kept as it was written; the interval never replaces it. What can be read in two ways is
not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Kind = Literal["exact", "range", "at_least", "at_most", "approximate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A quantity as somebody wrote it, and what it may be.

    Args:
        raw: The answer as written.
        low: Lowest value that it may be.
        high: Highest value that it may be; None for no end.
        kind: How it was given. An `approximate` one has the number named as both ends: how far
            about reaches is not for a reader to say.
    """

    raw: str
    low: Decimal
    high: Decimal | None
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """An answer that is no quantity, or could be two, and why."""

    raw: str
    reason: str


#: Words and signs before or after a number, English and German; whole phrases, longest first.
_PHRASES: Mapping[str, tuple[Kind, int]] = MappingProxyType(
    {
        "no more than": ("at_most", 0),
        "not more than": ("at_most", 0),
        "up to": ("at_most", 0),
        "at most": ("at_most", 0),
        "maximum": ("at_most", 0),
        "max": ("at_most", 0),
        "bis zu": ("at_most", 0),
        "höchstens": ("at_most", 0),
        "maximal": ("at_most", 0),
        "fewer than": ("at_most", -1),
        "less than": ("at_most", -1),
        "under": ("at_most", -1),
        "below": ("at_most", -1),
        "weniger als": ("at_most", -1),
        "unter": ("at_most", -1),
        "at least": ("at_least", 0),
        "minimum": ("at_least", 0),
        "min": ("at_least", 0),
        "mindestens": ("at_least", 0),
        "more than": ("at_least", 1),
        "over": ("at_least", 1),
        "above": ("at_least", 1),
        "mehr als": ("at_least", 1),
        "über": ("at_least", 1),
        "approximately": ("approximate", 0),
        "approx": ("approximate", 0),
        "around": ("approximate", 0),
        "about": ("approximate", 0),
        "roughly": ("approximate", 0),
        "circa": ("approximate", 0),
        "ca": ("approximate", 0),
        "etwa": ("approximate", 0),
        "ungefähr": ("approximate", 0),
        "rund": ("approximate", 0),
        "<=": ("at_most", 0),
        "≤": ("at_most", 0),
        "<": ("at_most", -1),
        ">=": ("at_least", 0),
        "≥": ("at_least", 0),
        ">": ("at_least", 1),
        "~": ("approximate", 0),
        "≈": ("approximate", 0),
    }
)
_BEFORE = "|".join(re.escape(phrase) for phrase in sorted(_PHRASES, key=len, reverse=True))
_NUMBER = r"\d[\d.,'’\u00a0\u202f ]*"
_DASH = r"\s*(?:-|‐|‑|–|—|to|bis)\s*"
_ONE = re.compile(
    rf"(?P<phrase>{_BEFORE})?\.?\s*(?P<number>{_NUMBER})\s*(?P<after>\+|or more|oder mehr)?",
    re.ASCII,
)
_TWO = re.compile(rf"(?P<low>{_NUMBER}){_DASH}(?P<high>{_NUMBER})", re.ASCII)
_BETWEEN = re.compile(
    rf"(?:between|zwischen)\s+(?P<low>{_NUMBER})\s*(?:and|und)\s*(?P<high>{_NUMBER})", re.ASCII
)
_SPACES = "\u00a0\u202f "


def read(raw: str, *, decimal: str, group: Sequence[str], unit: str) -> Quantity | Unreadable:
    """Read a quantity.

    Args:
        raw: The answer as written.
        decimal: The decimal sign.
        group: Signs that group digits; `space` for spaces.
        unit: A word that may follow the number.

    Returns:
        The quantity, or why it cannot be read.
    """
    text = re.sub(r"\s+", " ", raw.strip().casefold()).rstrip(".")
    text = text.removesuffix(unit.casefold()).strip()
    signs = "".join(_SPACES if sign == "space" else sign for sign in group)
    if found := _TWO.fullmatch(text) or _BETWEEN.fullmatch(text):
        ends = [_number(found[name], decimal, signs) for name in ("low", "high")]
        return _range(raw, *ends)
    found = _ONE.fullmatch(text)
    if not found:
        return Unreadable(raw=raw, reason="no number, or more than one")
    if found["after"] and found["phrase"]:
        return Unreadable(raw=raw, reason="limited on both sides of one number")
    phrase = _PHRASES.get(found["phrase"] or "", ("exact", 0))
    value = _number(found["number"], decimal, signs)
    return _limited(raw, value, *(("at_least", 0) if found["after"] else phrase))


def _range(raw: str, low: Decimal | str, high: Decimal | str) -> Quantity | Unreadable:
    """Two ends, each a number or why it is none."""
    for end in (low, high):
        if isinstance(end, str):
            return Unreadable(raw=raw, reason=end)
    low, high = Decimal(low), Decimal(high)
    if high < low:
        return Unreadable(raw=raw, reason="the range ends before it starts")
    return Quantity(raw=raw, low=low, high=high, kind="range")


def _limited(raw: str, value: Decimal | str, kind: Kind, beyond: int) -> Quantity | Unreadable:
    """A number with what was said about it; `beyond` is 1 or -1 where it is itself left out."""
    if isinstance(value, str):
        return Unreadable(raw=raw, reason=value)
    if beyond and value != value.to_integral_value():
        return Unreadable(raw=raw, reason="which number comes next to a fraction is not known")
    if kind == "at_least":
        return Quantity(raw=raw, low=value + beyond, high=None, kind=kind)
    if kind == "at_most":
        if value + beyond < 0:
            return Unreadable(raw=raw, reason="fewer than none")
        return Quantity(raw=raw, low=Decimal(0), high=value + beyond, kind=kind)
    return Quantity(raw=raw, low=value, high=value, kind=kind)


def _number(text: str, decimal: str, group: str) -> Decimal | str:
    """A number without its signs, or why it cannot be read."""
    text = text.strip()
    whole, sign, fraction = text.partition(decimal)
    if sign and len(fraction) == 3 and fraction.isdecimal() and 1 <= len(whole) <= 3:
        return f"'{text}' may be a fraction or a number of thousands"
    parts = re.split(f"[{re.escape(group)}]", whole) if group else [whole]
    grouped = len(parts) == 1 or (len(parts[0]) <= 3 and all(len(p) == 3 for p in parts[1:]))
    digits = all(re.fullmatch(r"\d+", part, re.ASCII) for part in parts)
    if not digits or not grouped or (sign and not re.fullmatch(r"\d+", fraction, re.ASCII)):
        return f"'{text}' is not a number with these signs"
    return Decimal("".join(parts) + (f".{fraction}" if sign else ""))
