"""Results whose texts do nothing to a terminal: what was written in answers is shown, not done."""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

from surveylib.errors import harmless

T = TypeVar("T")


def calm(value: T) -> T:
    r"""A result, or a part of one, with control characters written out in every text.

    Args:
        value: A dataclass, a text, or several in a tuple; anything else comes back as it is.

    >>> calm(("a\tb", 1))
    ('a\\tb', 1)
    """
    found: Any = value
    if isinstance(value, str):
        found = harmless(value)
    elif isinstance(value, tuple) and not hasattr(value, "_fields"):
        parts = tuple(calm(part) for part in value)
        found = parts if any(a is not b for a, b in zip(parts, value, strict=True)) else value
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: new
            for field in dataclasses.fields(value)
            if (new := calm(old := getattr(value, field.name))) is not old
        }
        found = dataclasses.replace(value, **changed) if changed else value
    return found  # type: ignore[no-any-return]
