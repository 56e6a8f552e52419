"""Groups by the labels of their answers, where a result knows them: for charts and tables."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from surveylib.analysis.crosstab import Crosstab
from surveylib.present.disclosure_rules import parts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from surveylib.analysis.about import About

#: Fields of a row that are figures themselves.
_INNER = ("from_estimate", "to_estimate", "answered")


def about(result: Any) -> About | None:
    """What a result knows of its waves and groups; None of one that knows nothing.

    Args:
        result: A result.
    """
    found: About | None = getattr(_held(result), "about", None)
    return found


def labels_of(result: Any) -> dict[str, str]:
    """What groups are called, by `question=answer`.

    Args:
        result: A result.
    """
    known = about(result)
    return {} if known is None else dict(known.groups)


def labelled(result: Any) -> Any:
    """A result whose groups are named by labels in place of codes, to be drawn.

    Args:
        result: A result.
    """
    names = labels_of(result)
    if not names:
        return result
    if isinstance(result, Crosstab):
        return dataclasses.replace(result, within=labelled(result.within))
    changed: dict[str, Any] = {"rows": tuple(_row(row, names) for row in result.rows)}
    for field in ("refused", "changes"):
        rows = getattr(result, field, ())
        if rows and dataclasses.is_dataclass(rows[0]):
            changed[field] = tuple(_row(row, names) for row in rows)
    return dataclasses.replace(result, **changed)


def _held(result: Any) -> Any:
    return result.within if isinstance(result, Crosstab) else result


def _row(row: Any, names: Mapping[str, str]) -> Any:
    """A row, and the figures in it, with labels."""
    new: dict[str, Any] = {}
    domain = getattr(row, "domain", "")
    if domain:
        new["domain"] = _domain(domain, names)
    for field in _INNER:
        inner = getattr(row, field, None)
        if inner is not None and inner.domain:
            new[field] = _row(inner, names)
    if domain and getattr(row, "points", ()):
        new["points"] = tuple(None if one is None else _row(one, names) for one in row.points)
    return dataclasses.replace(row, **new) if new else row


def _domain(domain: str, names: Mapping[str, str]) -> str:
    """A group by its labels; by its codes where labels could not be told apart again.

    >>> _domain("region=usa, size=s", {"region=usa": "United States"})
    'region=United States, size=s'
    """
    parts = parts_of(domain)
    found = [(name, names.get(f"{name}={code}", code)) for name, code in parts]
    told = ", ".join(f"{name}={label}" for name, label in found)
    return told if list(parts_of(told)) == found else domain
