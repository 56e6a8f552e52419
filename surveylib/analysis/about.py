"""What a result knows of its waves and groups beside its numbers: field dates and labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import datetime as dt

    Days = tuple[str, dt.date, dt.date]


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """When waves were in the field, and what groups are called.

    Args:
        field_dates: Wave, first and last day of fieldwork, of each wave where they are known.
        groups: `question=answer` and its label, of each answer that forms a group.
    """

    field_dates: tuple[Days, ...] = ()
    groups: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "field_dates": {
                wave: [first.isoformat(), last.isoformat()]
                for wave, first, last in self.field_dates
            },
            "groups": dict(self.groups),
        }
